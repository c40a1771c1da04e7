#define _DEFAULT_SOURCE /* madvise */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK_MIN   ((size_t)64 << 10)
#define CHUNK_MAX   ((size_t)4 << 20)
#define ALIGN       16u
#define LARGE_PAGE  ((size_t)2 << 20) /* of x86-64 and of arm64 with pages of 4 KiB */
#define SLAB        (2 * LARGE_PAGE)
#define SLAB_CHUNKS 32

typedef struct slab slab;

typedef struct chunk {
  struct chunk *prev;
  size_t size; /* usable bytes after this header */
  slab *of;    /* NULL: it is the system's alone */
  void *unused;
} chunk;

_Static_assert(sizeof(chunk) % 16 == 0, "what follows is aligned");
#define CHUNK_POOLED (SLAB / SLAB_CHUNKS - sizeof(chunk))

struct slab {            /* at the beginning of what the system gave */
  slab *before, *behind; /* among those of its pool with a free chunk */
  chunk *free;
  size_t used; /* chunks */
  bool mapped; /* by the system itself, and so given back to it whole; else by the hook */
};
#define SLAB_WHOLE (sizeof(slab) + LARGE_PAGE + SLAB)

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

/* Hundreds of page faults become one, which takes half of a model's time where the machine is virtual. */
static void prefer_large_pages(char *from) {
#ifdef MADV_HUGEPAGE
  madvise(from, SLAB, MADV_HUGEPAGE); /* advice: it may be refused */
#else
  (void)from;
#endif
}

static void unlink_slab(wb_arena_pool *pool, slab *s) {
  if (s->before) s->before->behind = s->behind;
  else pool->open = s->behind;
  if (s->behind) s->behind->before = s->before;
}

static void link_slab(wb_arena_pool *pool, slab *s) {
  s->before = NULL;
  s->behind = pool->open;
  if (s->behind) s->behind->before = s;
  pool->open = s;
}

/* Not by malloc, which would keep what was freed: a server would hold as much as it ever needed at once. */
static slab *new_slab(void) {
  slab *s;
  if (alloc_fn != malloc) {
    if ((s = alloc_fn(SLAB_WHOLE))) *s = (slab){.mapped = false};
    return s;
  }
  s = mmap(NULL, SLAB_WHOLE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (s == MAP_FAILED) return NULL;
  *s = (slab){.mapped = true};
  return s;
}

static void free_slab(slab *s) {
  if (s->mapped) munmap(s, SLAB_WHOLE);
  else free_fn(s);
}

static void add_slab(wb_arena_pool *pool) {
  slab *s = new_slab();
  if (!s) return;
  char *from = (char *)(((uintptr_t)(s + 1) + LARGE_PAGE - 1) & ~(uintptr_t)(LARGE_PAGE - 1));
  prefer_large_pages(from);
  for (size_t i = SLAB_CHUNKS; i-- > 0;) {
    chunk *c = (chunk *)(void *)(from + i * (SLAB / SLAB_CHUNKS));
    *c = (chunk){.prev = s->free, .size = CHUNK_POOLED, .of = s};
    s->free = c;
  }
  pool->bytes += SLAB;
  link_slab(pool, s);
}

/* So that the others come free whole: what lives long would else hold a little of each. */
static slab *fullest(const wb_arena_pool *pool) {
  slab *out = pool->open;
  for (slab *s = out; s; s = s->behind)
    if (s->used > out->used) out = s;
  return out;
}

/* Those of a pool are all alike, so that each serves any arena. */
static chunk *take_pooled(wb_arena_pool *pool) {
  if (!pool->open) add_slab(pool);
  slab *s = fullest(pool);
  if (!s) return NULL;
  chunk *c = s->free;
  s->free = c->prev;
  s->used++;
  pool->bytes -= SLAB / SLAB_CHUNKS;
  if (!s->free) unlink_slab(pool, s);
  return c;
}

static void give_back(wb_arena_pool *pool, chunk *c) {
  if (!c || !c->of) {
    free_fn(c);
    return;
  }
  slab *s = c->of;
  if (!s->free) link_slab(pool, s);
  c->prev = s->free;
  s->free = c;
  s->used--;
  pool->bytes += SLAB / SLAB_CHUNKS;
  if (s->used || pool->bytes <= WB_POOL_MOST) return;
  unlink_slab(pool, s);
  pool->bytes -= SLAB;
  free_slab(s);
}

void wb_arena_pool_clear(wb_arena_pool *pool) {
  for (slab *s = pool->open, *next; s; s = next) {
    next = s->behind;
    free_slab(s);
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
  if (!spare || spare->size < size || WB_ARENA_EACH) return NULL;
  arena->spare = NULL;
  return spare;
}

static chunk *new_chunk(wb_arena *arena, size_t size) {
  size_t want = WB_ARENA_EACH ? size : arena->pool ? CHUNK_POOLED : arena->top ? arena->top->size * 2 : CHUNK_MIN;
  if (want > CHUNK_MAX) want = CHUNK_MAX;
  if (want < size) want = size;
  if (!WB_ARENA_EACH && arena->pool && want == CHUNK_POOLED) return take_pooled(arena->pool);
  chunk *c = alloc_fn(sizeof *c + want);
  if (c) *c = (chunk){.size = want};
  return c;
}

static chunk *push_chunk(wb_arena *arena, size_t size) {
  chunk *c = take_spare(arena, size);
  if (!c) c = new_chunk(arena, size);
  if (!c) return NULL;
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
    if (!WB_ARENA_EACH && (!arena->spare || arena->spare->size < arena->top->size)) {
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
