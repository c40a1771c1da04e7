/* Whole numbers that end the question where they do not fit: an engine's options and a hostile configuration may make
 * any count as large as they like. */
#ifndef WB_ESTIMATE_EXACT_H
#define WB_ESTIMATE_EXACT_H

#include "base/ctx.h"
#include "base/num.h"

static inline wb_i128 wb_times(wb_ctx *ctx, wb_i128 a, wb_i128 b) {
  wb_i128 out;
  if (__builtin_mul_overflow(a, b, &out)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  return out;
}

static inline wb_i128 wb_plus(wb_ctx *ctx, wb_i128 a, wb_i128 b) {
  wb_i128 out;
  if (__builtin_add_overflow(a, b, &out)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
  return out;
}

#endif
