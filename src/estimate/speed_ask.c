/* A question of `weigh speed` as the library takes it, with what it leaves open filled in. */
#include "estimate/speed.h"

#define DEFAULT_CONTEXT 4096
#define DEFAULT_PROMPT  1024
#define LARGEST         ((weigh_count)1 << 40)

static wb_str number(wb_ctx *ctx, weigh_count n) { return wb_str_fmt(ctx, "%lld", (long long)n); }

static void check_count(wb_model *m, const char *option, weigh_count value, weigh_count least, weigh_count most) {
  if (value >= least && value <= most) return;
  WB_FAIL(&m->ctx, WB_PASS_COUNT, WB_NOWHERE, wb_str_of(option), number(&m->ctx, value), number(&m->ctx, least));
}

static void fill_lengths(wb_model *m, const weigh_serving *a, wb_speed_lengths *out) {
  check_count(m, "--prompt", a->prompt, 0, LARGEST);
  check_count(m, "--output", a->output, 0, LARGEST);
  check_count(m, "--context", a->context, 0, LARGEST);
  check_count(m, "--sequences", a->sequences, 0, LARGEST);
  weigh_count prompt = a->prompt, output = a->output, context = a->context;
  if (!prompt && !output && !context) context = DEFAULT_CONTEXT;
  if (!prompt) prompt = context ? context - output : DEFAULT_PROMPT;
  else if (!output && context) output = context - prompt;
  if (!context) context = prompt + output;
  if (prompt < 1 || output < 0 || prompt + output != context)
    WB_FAIL(&m->ctx, WB_SPEED_LENGTHS, WB_NOWHERE, number(&m->ctx, a->prompt ? a->prompt : prompt),
            number(&m->ctx, a->output ? a->output : output), number(&m->ctx, context));
  *out = (wb_speed_lengths){.prompt = prompt,
                            .output = output,
                            .context = context,
                            .middle = prompt + (output + 1) / 2,
                            .sequences = a->sequences ? a->sequences : 1};
}

static wb_layout layout_of(wb_model *m, const weigh_serving *a) {
  weigh_count pp = a->pp ? a->pp : 1, tp = a->tp, gpus = a->gpus;
  check_count(m, "--pp", pp, 1, 65536);
  if (!tp) tp = gpus > 0 && gpus % pp == 0 ? gpus / pp : 1;
  check_count(m, "--tp", tp, 1, 65536);
  if (!gpus) gpus = tp * pp;
  check_count(m, "--gpus", gpus, 1, 65536);
  if (tp * pp != gpus)
    WB_FAIL(&m->ctx, WB_SERVING_LAYOUT, WB_NOWHERE, number(&m->ctx, tp), number(&m->ctx, pp), number(&m->ctx, gpus));
  return (wb_layout){(uint32_t)tp, (uint32_t)pp, a->expert_parallel ? (uint32_t)tp : 1};
}

static wb_str dtype_of(wb_model *m, const char *asked) {
  if (!asked) return WB_STR("");
  const wb_str name = wb_dtype_name(wb_str_of(asked));
  if (!name.len) WB_FAIL(&m->ctx, WB_PASS_DTYPE, WB_NOWHERE, wb_str_of(asked));
  return name;
}

wb_speed *wb_speed_ask(wb_model *m, const weigh_serving *a, wb_speed_lengths *lengths) {
  wb_speed_question q = {.dtype = dtype_of(m, a->dtype), .kv_dtype = dtype_of(m, a->kv_dtype)};
  fill_lengths(m, a, lengths);
  q.layout = layout_of(m, a);
  if (!a->gpu) wb_fail(&m->ctx, WB_SPEED_NO_GPU, WB_NOWHERE, 0, NULL);
  q.card = wb_card_find(&m->ctx, wb_str_of(a->gpu));
  return wb_speed_new(m, &q);
}
