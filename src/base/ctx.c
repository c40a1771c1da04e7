#include "base/ctx.h"

#include <string.h>

/* Of the file that all began in, the innermost statement; nowhere, where the fault stands in that file itself. */
static wb_place used_at(const wb_trail *trail, wb_str file) {
  const wb_trail *first = trail;
  while (first && first->outer) first = first->outer;
  if (!first || !file.len || wb_str_eq(first->place.file, file)) return WB_NOWHERE;
  while (!wb_str_eq(trail->place.file, first->place.file)) trail = trail->outer;
  return trail->place;
}

_Noreturn void wb_unwind(wb_ctx *ctx) {
  for (const wb_begun *begun = ctx->begun; begun; begun = begun->outer) *begun->state = 0;
  ctx->trail = NULL; /* both stand in frames that are left now */
  ctx->begun = NULL;
  longjmp(ctx->guard, 1);
}

_Noreturn void wb_fail(wb_ctx *ctx, wb_message_id message, wb_place place, size_t count, const wb_str *args) {
  ctx->failure.message = message;
  ctx->failure.place = place;
  ctx->failure.used = used_at(ctx->trail, place.file);
  for (size_t i = 0; i < WB_MESSAGE_ARGS; i++) ctx->failure.args[i] = i < count ? args[i] : WB_STR("");
  wb_unwind(ctx);
}

void wb_no_room(wb_ctx *ctx, size_t size) {
  if (size == SIZE_MAX || wb_arena_would_pass(ctx->arena, size))
    WB_FAIL(ctx, WB_TOO_MUCH_MEMORY, ctx->at, WB_STR("256 MiB"));
  wb_fail(ctx, WB_OUT_OF_MEMORY, WB_NOWHERE, 0, NULL);
}

_Noreturn void wb_out_of_steps(wb_ctx *ctx, wb_place place) {
  wb_text limit = {.ctx = ctx};
  wb_text_addf(&limit, "%llu", (unsigned long long)ctx->max_steps);
  ctx->max_steps = 0; /* so that reporting has room to work */
  WB_FAIL(ctx, WB_TOO_MUCH_WORK, place, wb_text_str(&limit));
}

_Noreturn void wb_too_deep(wb_ctx *ctx, wb_place place, unsigned limit) {
  WB_FAIL(ctx, WB_TOO_DEEP, place, wb_str_fmt(ctx, "%u", limit));
}

void *wb_grow(wb_ctx *ctx, const void *array, size_t *cap, size_t size) {
  size_t more = *cap ? *cap * 2 : 8;
  void *grown = wb_new_bytes(ctx, more, size);
  if (*cap) memcpy(grown, array, *cap * size);
  *cap = more;
  return grown;
}

bool wb_try(wb_ctx *ctx, void (*work)(void *user), void *user, wb_failure *why) {
  jmp_buf outer;
  memcpy(&outer, &ctx->guard, sizeof outer);
  const uint32_t depth = ctx->depth, eval_depth = ctx->eval_depth;
  const wb_trail *trail = ctx->trail;
  const wb_begun *begun = ctx->begun;
  volatile bool done = false;
  ctx->begun = NULL; /* what began outside of the work goes on when it fails */
  if (WB_GUARD(ctx)) {
    work(user);
    done = true;
  }
  memcpy(&ctx->guard, &outer, sizeof outer);
  ctx->depth = depth;
  ctx->eval_depth = eval_depth;
  ctx->trail = trail;
  ctx->begun = begun;
  if (done) return true;
  const wb_failure f = ctx->failure;
  const bool limit = f.message == WB_OUT_OF_MEMORY || f.message == WB_TOO_MUCH_MEMORY || f.message == WB_TOO_MUCH_WORK;
  if (limit) wb_fail(ctx, f.message, f.place, WB_MESSAGE_ARGS, f.args);
  if (why) *why = f;
  return false;
}

/* ---- blocks that begin with their size, so that they can grow ---- */

#define BLOCK_HEAD 16u

void *wb_block_new(void *ctx, size_t size) {
  char *block = wb_new_bytes(ctx, 1, size + BLOCK_HEAD);
  memcpy(block, &size, sizeof size);
  return block + BLOCK_HEAD;
}

void *wb_block_grow(void *ctx, void *old, size_t size) {
  void *grown = wb_block_new(ctx, size);
  size_t had = 0;
  if (old) memcpy(&had, (char *)old - BLOCK_HEAD, sizeof had);
  if (had) memcpy(grown, old, had < size ? had : size);
  return grown;
}

void wb_block_free(void *ctx, void *block) { (void)ctx, (void)block; }
