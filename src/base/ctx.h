/* The context of one piece of work: its memory, its limits, its one error and the place to unwind to.
 *
 * Inside the library a failure calls wb_fail, which fills ctx->error and unwinds to the WB_GUARD of the public
 * function that began the work (the way Lua reports errors); at the public boundary every failure is a value.
 * Unwinding is safe because all memory belongs to the context's arena and no other resource is held meanwhile.
 */
#ifndef WB_BASE_CTX_H
#define WB_BASE_CTX_H

#include <setjmp.h>

#include "base/arena.h"
#include "base/message.h"
#include "base/str.h"

/* Where something stands in a text from outside or in a description. line 0: unknown. */
typedef struct wb_place {
  wb_str file;
  uint32_t line;
  uint32_t column;
} wb_place;

#define WB_MESSAGE_ARGS 5

/* One failure: which message, with what put into it, and where. Set once, where the fault is found. */
typedef struct wb_failure {
  wb_message_id message;
  wb_place place;
  wb_str args[WB_MESSAGE_ARGS];
  wb_str excerpt; /* the source line at fault, for the caret; may be empty */
  wb_place used;  /* in a file of its own: the statement of the family that led there */
} wb_failure;

/* The statements that are being walked, innermost first; each stands in its walker's frame. */
typedef struct wb_trail {
  wb_place place;
  const struct wb_trail *outer;
} wb_trail;

/* What is being worked out, innermost first: a failure puts it back, or whoever asks again would take it for a circle. */
typedef struct wb_begun {
  unsigned *state; /* 0 before it began */
  const struct wb_begun *outer;
} wb_begun;

typedef struct wb_ctx {
  wb_arena *arena;
  wb_failure failure;
  jmp_buf guard;
  uint64_t steps;     /* work done so far */
  uint64_t max_steps; /* 0: unlimited */
  uint32_t depth;
  uint32_t eval_depth;
  bool sealed; /* no file is looked at: a question came from somebody who must not name any */
  const wb_trail *trail;
  const wb_begun *begun;
  uint32_t turn;    /* of the questions to what was opened; 0: it is being opened */
  uint32_t lasting; /* how often what was there before this turn was given something that is of it */
  wb_place at;      /* the statement begun last: where to look when memory or steps run out */
} wb_ctx;

/* True on the way in, false when something below failed: if (WB_GUARD(ctx)) { work } else { report }. */
#define WB_GUARD(context) (setjmp((context)->guard) == 0)

/* Fails with a message from data/messages; the strings fill {0}, {1}, … in order. Does not return. */
_Noreturn void wb_fail(wb_ctx *ctx, wb_message_id message, wb_place place, size_t count, const wb_str *args);
_Noreturn void wb_unwind(wb_ctx *ctx); /* to the guard, with a failure that is there already */
#define WB_FAIL(ctx, message, place, ...) \
  wb_fail((ctx), (message), (place), sizeof((wb_str[]){__VA_ARGS__}) / sizeof(wb_str), (wb_str[]){__VA_ARGS__})
/* A file without a line; in a description, line 0 with an offset in `column` until somebody asks for the line. */
static inline wb_place wb_in_file(wb_str file) { return (wb_place){file, 0, 0}; }
#define WB_NOWHERE ((wb_place){{NULL, 0}, 0, 0})

/* Does a piece of work that may be refused: false where it failed, with `why` filled (NULL: nobody asks). Running out of
 * memory or of steps is no refusal: that fails the context as it would have. */
bool wb_try(wb_ctx *ctx, void (*work)(void *user), void *user, wb_failure *why);

/* Zeroed memory that lives as long as the context; fails the context when there is none. */
_Noreturn void wb_no_room(wb_ctx *ctx, size_t size); /* SIZE_MAX: more than any arena may hold */
static inline void *wb_new_bytes(wb_ctx *ctx, size_t count, size_t size) {
  if (size && count > WB_ARENA_CAP / size) wb_no_room(ctx, SIZE_MAX);
  void *out = wb_arena_try(ctx->arena, count * size);
  if (!out) wb_no_room(ctx, count * size);
  return out;
}
#define WB_NEW(ctx, type)     ((type *)wb_new_bytes((ctx), 1, sizeof(type)))
#define WB_NEWN(ctx, type, n) ((type *)wb_new_bytes((ctx), (n), sizeof(type)))

/* Memory for parsers that are not ours: blocks that can grow, in the context that is the first argument. */
void *wb_block_new(void *ctx, size_t size);
void *wb_block_grow(void *ctx, void *block, size_t size); /* NULL: none yet */
void wb_block_free(void *ctx, void *block);               /* nothing: they live as long as the context */

/* Counts one unit of work and fails when the context's budget is spent, so every evaluation ends. */
_Noreturn void wb_out_of_steps(wb_ctx *ctx, wb_place place);
static inline void wb_step(wb_ctx *ctx, wb_place place) {
  if (++ctx->steps > ctx->max_steps && ctx->max_steps) wb_out_of_steps(ctx, place);
}

/* Fails when nesting passes WB_MAX_DEPTH; pair each enter with one leave. */
#define WB_MAX_DEPTH 200u
_Noreturn void wb_too_deep(wb_ctx *ctx, wb_place place, unsigned limit);
static inline void wb_enter(wb_ctx *ctx, wb_place place) {
  if (++ctx->depth > WB_MAX_DEPTH) wb_too_deep(ctx, place, WB_MAX_DEPTH);
}
static inline void wb_leave(wb_ctx *ctx) { ctx->depth--; }

/* Makes room for one more element in an arena-held array: array, count, capacity, all lvalues. */
#define WB_PUSH_ROOM(ctx, array, count, cap)                                          \
  do {                                                                                \
    if ((count) == (cap)) (array) = wb_grow((ctx), (array), &(cap), sizeof *(array)); \
  } while (0)
void *wb_grow(wb_ctx *ctx, const void *array, size_t *cap, size_t size);

#endif
