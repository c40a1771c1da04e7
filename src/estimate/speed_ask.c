/* A question of `weigh speed` as the library takes it, with what it leaves open filled in. */
#include "estimate/speed.h"

#include "estimate/serving.h"

#define DEFAULT_CONTEXT 4096
#define DEFAULT_PROMPT  1024
#define LARGEST         ((weigh_count)1 << 40)

static wb_str number(wb_ctx *ctx, weigh_count n) { return wb_str_fmt(ctx, "%lld", (long long)n); }

static void check_count(wb_model *m, const char *option, weigh_count value, weigh_count least, weigh_count most) {
  if (value >= least && value <= most) return;
  WB_FAIL(&m->ctx, WB_PASS_COUNT, WB_NOWHERE, wb_str_of(option), number(&m->ctx, value), number(&m->ctx, least));
}

void wb_speed_fill_lengths(wb_model *m, const weigh_serving *a, wb_speed_lengths *out) {
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

static wb_speed_question question_of(const wb_serving *s) {
  const double bits = wb_loaded_bits(&s->loaded);
  wb_speed_question q = {.card = s->cards[0],
                         .weights = wb_loaded_name(&s->loaded),
                         .dtype = s->dtype,
                         .kv_dtype = s->dtype,
                         .layout = s->layout};
  for (weigh_count i = 1; i < s->asked.gpus; i++) /* of unequal cards the slowest sets the pace */
    if (s->cards[i].bandwidth < q.card.bandwidth) q.card = s->cards[i];
  if (wb_loaded_quantized(&s->loaded)) q.weight_bits = bits;
  if (s->asked.kv_dtype && wb_dtype_name(wb_str_of(s->asked.kv_dtype)).len)
    q.kv_dtype = wb_dtype_name(wb_str_of(s->asked.kv_dtype));
  return q;
}

/* ---- what does not change with the lengths ---- */

typedef struct built {
  wb_speed_question question;
  wb_speed *speed;
  const struct built *next;
} built;

static bool same_rates(const wb_card *a, const wb_card *b) {
  return wb_str_eq(a->name, b->name) && wb_str_eq(a->vendor, b->vendor) && a->bandwidth == b->bandwidth &&
         a->bf16 == b->bf16 && a->fp8 == b->fp8 && a->int8 == b->int8 && a->fp4 == b->fp4 && a->fp32 == b->fp32 &&
         a->interconnect_rate == b->interconnect_rate;
}

static bool same_question(const wb_speed_question *a, const wb_speed_question *b) {
  return same_rates(&a->card, &b->card) && wb_str_eq(a->weights, b->weights) && wb_str_eq(a->dtype, b->dtype) &&
         wb_str_eq(a->kv_dtype, b->kv_dtype) && a->weight_bits == b->weight_bits &&
         wb_layout_eq(&a->layout, &b->layout);
}

static wb_speed *kept_speed(wb_model *m, const wb_speed_question *q) {
  for (const built *known = m->speeds; known; known = known->next)
    if (same_question(&known->question, q)) return known->speed;
  built *own = WB_NEW(&m->ctx, built);
  *own = (built){*q, wb_speed_new(m, q), m->speeds};
  m->speeds = own;
  return own->speed;
}

wb_speed *wb_speed_of(const wb_serving *s, wb_speed_lengths *lengths) {
  const wb_speed_question q = question_of(s);
  wb_speed_fill_lengths(s->model, &s->asked, lengths);
  return kept_speed(s->model, &q);
}

wb_speed *wb_speed_ask(wb_model *m, const weigh_serving *a, wb_speed_lengths *lengths) {
  if (!a->gpu) wb_fail(&m->ctx, WB_SPEED_NO_GPU, WB_NOWHERE, 0, NULL);
  wb_speed_fill_lengths(m, a, lengths); /* before the question's defaults hide what is missing */
  const wb_serving *s = wb_serving_asked(m, a);
  const wb_speed_question q = question_of(s);
  wb_loaded_warn(&s->loaded);
  return wb_speed_new(m, &q);
}
