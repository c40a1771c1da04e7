/* Where no published model fits: what the nearest needs. Every change is asked again. */
#include "estimate/design.h"
#include "estimate/whatif.h"

/* Cards of the kind on which it keeps the reserve: as many as fit, and more where the engine keeps less. */
static wb_i128 fewest_cards(const wb_design_question *q, const wb_serving *s, wb_layout *layout) {
  wb_i128 gpus = wb_solve_fewest(s, &s->cards[0], layout);
  wb_trial t = wb_trial_begin(s->model);
  for (bool keeps = false; gpus && gpus <= WB_SOLVE_CARDS; gpus = wb_solve_next(gpus)) {
    if (wb_solve_layout(s, gpus, layout)) keeps = wb_design_keeps(q, wb_solve_on(s, &s->cards[0], layout));
    wb_trial_forget(&t);
    if (keeps) break;
  }
  wb_trial_end(&t);
  return gpus <= WB_SOLVE_CARDS ? gpus : 0;
}

static bool helps(wb_model *m, const wb_design_question *q, const weigh_serving *asked) {
  wb_trial t = wb_trial_begin(m);
  const wb_serving *s = wb_serving_try(m, asked);
  const bool keeps = s && wb_design_keeps(q, s);
  wb_trial_forget(&t);
  return keeps;
}

#define MIB ((wb_i128)1 << 20)

/* What a process must be able to use of each card, to a MiB: what it needs now, and more where an engine takes a share. */
static wb_i128 least_usable(const wb_design_question *q, wb_model *m, wb_i128 need) {
  weigh_serving asked = q->asked;
  wb_num left, usable;
  if (!wb_num_sub(wb_num_int(1), q->reserve, &left) || !wb_num_div(wb_num_int(need), left, &usable)) return 0;
  wb_i128 mib = usable.num / usable.den / MIB + 1;
  for (int tries = 0; tries < 16; tries++, mib += mib / 16 + 1) {
    if (mib > WB_SERVING_MOST / MIB) return 0;
    asked.gpu_memory_bytes = (weigh_count)(mib * MIB);
    if (helps(m, q, &asked)) return mib * MIB;
  }
  return 0;
}

/* ---- changes ---- */

/* A question with a change that wb_whatif_changes names: "--context 2048", or an option of the engine. */
static weigh_serving changed(wb_ctx *ctx, const weigh_serving *asked, wb_str change) {
  weigh_serving q = *asked;
  wb_str words[2] = {WB_STR(""), WB_STR("")};
  for (size_t i = 0, at = 0; i < 2 && wb_str_next(change, ' ', &at, &words[i]);) i++;
  wb_num n = wb_num_int(0);
  wb_num_parse(words[1], &n);
  if (wb_str_is(words[0], "--context")) {
    q.context = (weigh_count)n.num;
    q.prompt = q.output = 0;
  } else if (wb_str_is(words[0], "--sequences")) {
    q.sequences = (weigh_count)n.num;
  } else if (wb_str_is(words[0], "--gpus")) {
    q.gpus = (weigh_count)n.num;
    q.tp = 0;
  } else if (wb_str_is(words[0], "--quant")) {
    q.quant = wb_str_cstr(ctx, words[1]);
  } else if (wb_str_is(words[0], "--kv-dtype")) {
    q.kv_dtype = wb_str_cstr(ctx, words[1]);
  } else {
    const char **options = WB_NEWN(ctx, const char *, q.engine_option_count + 1);
    for (size_t i = 0; i < q.engine_option_count; i++) options[i + 1] = q.engine_options[i];
    options[0] = wb_str_cstr(ctx, change);
    q.engine_option_count++;
    q.engine_options = options;
  }
  return q;
}

/* Knobs that make room by the engine's account need not keep the reserve: each is asked again. */
static void find_changes(wb_model *m, wb_ctx *ctx, wb_design *d, const wb_serving *s) {
  size_t count;
  const wb_change *changes = wb_whatif_changes(s, &count);
  for (size_t i = 0; i < count && d->change_count < sizeof d->changes / sizeof *d->changes; i++) {
    const weigh_serving asked = changed(&m->ctx, &s->asked, changes[i].text);
    if (helps(m, &d->question, &asked)) d->changes[d->change_count++] = wb_str_copy(ctx, changes[i].text);
  }
}

void wb_design_rescue(wb_model *m, wb_ctx *ctx, wb_design *d) {
  const wb_design_question *q = &d->question;
  wb_design_figures *f = &d->smallest.figures;
  wb_serving *s = wb_serving_new(m, &q->asked);
  const uint32_t worst = wb_serving_worst(s);
  if (!wb_serving_now(s, worst, &f->load)) return;
  f->usable = s->places[worst].card.usable_bytes;
  f->budget = wb_design_budget(q, &s->places[worst].card, &f->load);
  wb_design_measure(q, s, f);
  find_changes(m, ctx, d, s);
  d->least_usable = least_usable(q, m, f->load.all.best);
  d->fewest = fewest_cards(q, s, &d->fewest_layout);
}
