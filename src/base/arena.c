#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_MIN    ((size_t)64 << 10)
#define CHUNK_MAX    ((size_t)4 << 20)
#define CHUNK_POOLED ((size_t)512 << 10)
#define ALIGN        16u

typedef struct chunk {
  struct chunk *prev;
  size_t size; /* usable bytes after this header */
} chunk;

_Static_assert(sizeof(chunk) % 16 == 0, "what follows is aligned");

struct wb_arena {
  struct wb_arena_room room; /* first */
  chunk *top;
  chunk *spare;        /* one chunk kept by a reset, so that repeated mark/reset does not go back to the allocator */
  wb_arena_pool *pool; /* NULL: the system's allocator alone */
};

static wb_alloc_fn alloc_fn = malloc;
static wb_free_fn free_fn = free;

void wb_alloc_hook(wb_alloc_fn alloc, wb_free_fn release) {
  alloc_fn = alloc ? alloc : malloc;
  free_fn = release ? release : free;
}

wb_arena *wb_arena_new(size_t cap) { return wb_arena_new_in(NULL, cap); }

wb_arena *wb_arena_new_in(wb_arena_pool *pool, size_t cap) {
  wb_arena *arena = alloc_fn(sizeof *arena);
  if (!arena) return NULL;
  *arena = (wb_arena){.room = {.cap = cap ? cap : WB_ARENA_CAP}, .pool = pool};
  return arena;
}

/* Those of a pool are all alike, so that each serves any arena. */
static chunk *take_pooled(wb_arena_pool *pool, size_t size) {
  chunk *c = pool && size == CHUNK_POOLED ? pool->free : NULL;
  if (!c) return NULL;
  pool->free = c->prev;
  pool->bytes -= c->size;
  return c;
}

static void give_back(wb_arena_pool *pool, chunk *c) {
  if (!c || !pool || c->size != CHUNK_POOLED || pool->bytes + c->size > WB_POOL_MOST) {
    free_fn(c);
    return;
  }
  c->prev = pool->free;
  pool->free = c;
  pool->bytes += c->size;
}

void wb_arena_pool_clear(wb_arena_pool *pool) {
  for (chunk *c = pool->free, *next; c; c = next) {
    next = c->prev;
    free_fn(c);
  }
  *pool = (wb_arena_pool){NULL, 0};
}

void wb_arena_free(wb_arena *arena) {
  if (!arena) return;
  while (arena->top) {
    chunk *prev = arena->top->prev;
    give_back(arena->pool, arena->top);
    arena->top = prev;
  }
  give_back(arena->pool, arena->spare);
  free_fn(arena);
}

static chunk *take_spare(wb_arena *arena, size_t size) {
  chunk *spare = arena->spare;
  if (!spare || spare->size < size) return NULL;
  arena->spare = NULL;
  return spare;
}

static chunk *push_chunk(wb_arena *arena, size_t size) {
  chunk *c = take_spare(arena, size);
  if (!c) {
    size_t want = arena->pool ? CHUNK_POOLED : arena->top ? arena->top->size * 2 : CHUNK_MIN;
    if (want > CHUNK_MAX) want = CHUNK_MAX;
    if (want < size) want = size;
    c = take_pooled(arena->pool, want);
    if (!c) {
      c = alloc_fn(sizeof *c + want);
      if (!c) return NULL;
      c->size = want;
    }
  }
  c->prev = arena->top;
  arena->top = c;
  arena->room.at = (char *)(c + 1);
  arena->room.end = arena->room.at + c->size;
  return c;
}

void *wb_arena_more(wb_arena *arena, size_t size) {
  if (size > arena->room.cap) return NULL;
  size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
  if (wb_arena_would_pass(arena, size) || !push_chunk(arena, size)) return NULL;
  char *out = arena->room.at;
  arena->room.at += size;
  arena->room.total += size;
  return memset(out, 0, size);
}

wb_mark wb_arena_mark(const wb_arena *arena) {
  return (wb_mark){.chunk = arena->top, .at = arena->room.at, .total = arena->room.total};
}

void wb_arena_reset(wb_arena *arena, wb_mark mark) {
  while (arena->top && arena->top != mark.chunk) {
    chunk *prev = arena->top->prev;
    if (!arena->spare || arena->spare->size < arena->top->size) {
      give_back(arena->pool, arena->spare);
      arena->spare = arena->top;
    } else {
      give_back(arena->pool, arena->top);
    }
    arena->top = prev;
  }
  arena->room.at = mark.at;
  arena->room.end = arena->top ? (char *)(arena->top + 1) + arena->top->size : mark.at;
  arena->room.total = mark.total;
}

bool wb_arena_would_pass(const wb_arena *arena, size_t size) {
  return size > arena->room.cap || arena->room.total > arena->room.cap - size;
}
