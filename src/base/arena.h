/* Memory for one opened thing (a library, a model, a request).
 *
 * Everything inside the library is allocated from an arena and released at once, so ownership is the arena's and
 * no code path frees single blocks. All arenas draw from one seam (wb_alloc_hook), so a test can make the n-th
 * allocation fail; running out of memory unwinds to the guard of the arena's context (see ctx.h).
 */
#ifndef WB_BASE_ARENA_H
#define WB_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct wb_arena wb_arena;

/* Under AddressSanitizer every block is the allocator's own: overruns and uses after a reset are seen, and a test that makes
 * the n-th allocation fail reaches every one. */
#if defined(__SANITIZE_ADDRESS__)
#define WB_ARENA_EACH 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WB_ARENA_EACH 1
#endif
#endif
#ifndef WB_ARENA_EACH
#define WB_ARENA_EACH 0
#endif

/* A position in an arena; wb_arena_reset releases what was allocated after it. */
typedef struct wb_mark {
  void *chunk;
  char *at;
  size_t total;
} wb_mark;

/* Where the next block comes from, for those who allocate all the time; the rest is arena.c's own. */
struct wb_arena_room {
  char *at, *end; /* of the present chunk; aligned to 16 bytes */
  size_t total, cap;
};

/* The only doors to the system's allocator. Tests replace them; NULL restores malloc and free. */
typedef void *(*wb_alloc_fn)(size_t size);
typedef void (*wb_free_fn)(void *block);
void wb_alloc_hook(wb_alloc_fn alloc, wb_free_fn release);

/* Blocks that arenas gave back, for those that come next: memory that the system has already handed out and that the
 * processor has at hand. It comes from the system in slabs of many blocks, whose pages are large where the system has such;
 * a slab that nobody uses goes back when more than WB_POOL_MOST would lie idle. A pool and its arenas belong to one thread
 * at a time; it outlives them. Zero-initialise. */
typedef struct wb_arena_pool {
  void *open;   /* slabs with a free block */
  size_t bytes; /* of free blocks */
} wb_arena_pool;
#define WB_POOL_MOST ((size_t)16 << 20)
void wb_arena_pool_clear(wb_arena_pool *pool);

/* Returns an empty arena that may hold at most `cap` bytes (0: WB_ARENA_CAP), or NULL when memory is short. */
wb_arena *wb_arena_new(size_t cap);
wb_arena *wb_arena_new_in(wb_arena_pool *pool, size_t cap);
void wb_arena_free(wb_arena *arena); /* NULL is fine */

/* Returns zeroed memory aligned to 16 bytes, or NULL when memory or the cap is exhausted. */
void *wb_arena_more(wb_arena *arena, size_t size); /* from a new chunk */
static inline void *wb_arena_try(wb_arena *arena, size_t size) {
  struct wb_arena_room *room = (struct wb_arena_room *)arena; /* stands first in it */
  const size_t whole = (size + 15u) & ~(size_t)15u;
  if (size > room->cap || whole >= (size_t)(room->end - room->at) || room->total > room->cap - whole)
    return wb_arena_more(arena, size);
  char *out = room->at;
  room->at += whole;
  room->total += whole;
  return memset(out, 0, whole);
}

wb_mark wb_arena_mark(const wb_arena *arena);
void wb_arena_reset(wb_arena *arena, wb_mark mark);
bool wb_arena_would_pass(const wb_arena *arena, size_t size); /* true when the cap, not the system, refuses `size` */

/* The largest amount one arena may hold unless told otherwise: 256 MiB. */
#define WB_ARENA_CAP ((size_t)256 << 20)

#endif
