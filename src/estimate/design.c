/* One model against a machine: whether it keeps the reserve free, how far it goes. */
#include "estimate/design.h"

#include <string.h>

#include "estimate/launch.h"
#include "estimate/solve.h"

/* ---- whether ---- */

wb_i128 wb_design_budget(const wb_design_question *q, const wb_card *card, const wb_load *load) {
  wb_num kept;
  if (!wb_num_mul(q->reserve, wb_num_int(card->usable_bytes), &kept)) return 0;
  wb_num_ceil(kept, &kept);
  const wb_i128 left = card->usable_bytes - kept.num;
  return load->budget < left ? load->budget : left;
}

static bool keeps(const wb_design_question *q, const wb_serving *s, uint32_t place, const wb_load *load) {
  return s->places[place].stage.host || load->all.best <= wb_design_budget(q, &s->places[place].card, load);
}

bool wb_design_keeps(const wb_design_question *q, const wb_serving *s) {
  for (uint32_t place = 0; place < s->place_count; place++) {
    wb_load load;
    if (!wb_serving_now(s, place, &load) || !keeps(q, s, place, &load)) return false;
  }
  return true;
}

static bool fits_at(const wb_design_question *q, const wb_serving *s, wb_i128 context, wb_i128 sequences) {
  for (uint32_t place = 0; place < s->place_count; place++) {
    wb_load load;
    if (!wb_serving_at(s, place, context, sequences, &load) || !keeps(q, s, place, &load)) return false;
  }
  return true;
}

/* Weights that no device could hold between them, whatever comes on top. An option may leave some on the host. */
static bool outweighs(const wb_design_question *q, const wb_serving *s, wb_i128 *weights) {
  const wb_layout one = {1, 1, 1, 1, 1, false};
  const wb_stage all = {0, 0, 1, 1, true, true, false};
  wb_i128 room = 0;
  if (s->by_layers || s->asked.has_gpu_layers || s->option_count > q->reserve_of_engine) return false;
  *weights = wb_loaded_bytes(&s->loaded, &one, all);
  for (weigh_count i = 0; i < s->asked.gpus; i++) room += s->cards[i].usable_bytes;
  return *weights > room;
}

static double rate_of(const wb_serving *s, wb_design_figures *out) {
  wb_speed_lengths lengths;
  wb_speed_answer answer;
  if (!s->asked.gpu || s->places[wb_serving_worst(s)].card.bandwidth <= 0) return 0;
  const wb_speed *speed = wb_speed_of(s, &lengths);
  if (!wb_speed_at(speed, lengths.sequences, lengths.middle, lengths.prompt, &answer)) return 0;
  if (answer.step.bound == WB_BOUND_UNKNOWN) return 0;
  out->first_token_s = answer.first_token_s;
  out->prompt_rate = answer.prompt_rate;
  out->per_sequence = answer.per_sequence;
  out->rate = answer.total;
  return answer.per_sequence.best;
}

static wb_i128 whole(wb_num n) {
  wb_num_floor(n, &n);
  return n.num;
}

/* What can be said before anything is laid out. */
static wb_design_verdict judge(wb_model *m, const wb_serving *s, wb_design_figures *out) {
  const wb_i128 heads = wb_solve_heads(m);
  out->made_for = wb_launch_longest(m);
  out->longest = s->longest;
  for (size_t i = 0; i < m->kept_count && !out->made_for; i++) out->no_length |= m->kept[i].per_token;
  if (out->made_for && s->longest > out->made_for) return WB_DESIGN_TOO_SHORT;
  return heads % s->layout.tp ? WB_DESIGN_UNDIVIDED : WB_DESIGN_FITS;
}

wb_design_verdict wb_design_fits(wb_model *m, const wb_design_question *q, bool whole_load, wb_design_figures *out,
                                 wb_serving **serving) {
  *out = (wb_design_figures){.parameters = whole(m->total), .active = whole(m->active)};
  if (!m->kept_count) return WB_DESIGN_NO_TOKENS;
  if (!wb_model_enumerated(m)) return WB_DESIGN_UNKNOWN;
  const wb_serving *asked = wb_serving_asked(m, &q->asked);
  const wb_design_verdict early = judge(m, asked, out);
  if (early != WB_DESIGN_FITS) return early;
  if (!whole_load && outweighs(q, asked, &out->load.parts[WB_PART_WEIGHTS].best)) return WB_DESIGN_TOO_LARGE;
  wb_serving *s = wb_serving_new(m, &q->asked);
  const uint32_t worst = wb_serving_worst(s);
  *serving = s;
  if (!wb_serving_now(s, worst, &out->load)) WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  out->usable = s->places[worst].card.usable_bytes;
  out->budget = wb_design_budget(q, &s->places[worst].card, &out->load);
  if (!wb_design_keeps(q, s)) return WB_DESIGN_TOO_LARGE;
  return q->least_rate > 0 && rate_of(s, out) < q->least_rate ? WB_DESIGN_TOO_SLOW : WB_DESIGN_FITS;
}

/* ---- how far ---- */

/* The largest n up to 2^40 for which it fits, as memory only grows. */
static wb_i128 largest(const wb_design_question *q, const wb_serving *s, bool of_context) {
  wb_i128 low = 0, high = WB_SERVING_MOST;
  while (low < high) {
    const wb_i128 middle = (low + high + 1) / 2;
    if (of_context ? fits_at(q, s, middle, s->in_all) : fits_at(q, s, s->longest, middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

void wb_design_measure(const wb_design_question *q, wb_serving *s, wb_design_figures *out) {
  out->tp = s->layout.tp;
  out->pp = s->layout.pp;
  out->gpus = s->asked.gpus;
  out->token_bytes = wb_serving_token_bytes(s, wb_serving_worst(s));
  out->max_context = largest(q, s, true);
  out->max_sequences = largest(q, s, false);
  rate_of(s, out);
}

wb_i128 wb_design_reach(const wb_design_figures *f) {
  return f->made_for && f->made_for < f->max_context ? f->made_for : f->max_context;
}

/* ---- order ---- */

static int by_size(wb_i128 a, wb_i128 b) { return a > b ? -1 : a < b; }

/* A model that says nothing of lengths comes after those that do: nobody knows how far it is good. */
static wb_i128 stated_reach(const wb_design_figures *f) { return f->made_for ? wb_design_reach(f) : 0; }

bool wb_design_before(wb_design_sort sort, const wb_design_figures *a, const wb_design_figures *b) {
  int order = 0;
  if (sort == WB_DESIGN_CONTEXT) order = by_size(stated_reach(a), stated_reach(b));
  if (sort == WB_DESIGN_SPEED && a->per_sequence.best != b->per_sequence.best)
    order = a->per_sequence.best > b->per_sequence.best ? -1 : 1;
  if (!order) order = by_size(a->parameters, b->parameters);
  return order ? order < 0 : a->load.all.best < b->load.all.best;
}

wb_design_sort wb_design_sort_of(wb_ctx *ctx, const char *name) {
  static const char *const names[] = {"parameters", "context", "speed"};
  for (int i = 0; name && i < 3; i++)
    if (strcmp(name, names[i]) == 0) return (wb_design_sort)i;
  if (name) WB_FAIL(ctx, WB_DESIGN_SORT, WB_NOWHERE, wb_str_of(name), WB_STR("parameters, context, speed"));
  return WB_DESIGN_PARAMETERS;
}
