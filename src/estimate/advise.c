#include "estimate/advise.h"

#include <string.h>

#include "base/tsv.h"
#include "estimate/about.h"

/* ---- the question ---- */

static int reserve_of(int percent) { return percent < 0 ? 0 : percent ? percent : 20; }

/* The generic engine keeps the share free that weigh train keeps. */
static void ask_serving(wb_advice *a, const weigh_serving *asked) {
  wb_ctx *ctx = &a->model->ctx;
  const char **options = WB_NEWN(ctx, const char *, 1);
  options[0] = wb_str_cstr(ctx, wb_str_fmt(ctx, "reserve=%.9g", a->reserve / 100.0));
  a->serve.serving = (weigh_serving){.context = asked->context ? asked->context : 4096,
                                     .sequences = asked->sequences ? asked->sequences : 1,
                                     .engine_options = options,
                                     .engine_option_count = 1};
}

/* As on one card; `machine` is put under it later. */
static void ask_training(wb_advice *a, const weigh_training *asked) {
  weigh_training *t = &a->train.training;
  a->train.trains = true;
  *t = *asked;
  if (!t->mode) t->mode = "full";
  if (!t->batch) t->batch = 1;
  if (!t->sequence) t->sequence = 2048;
  if (!t->optimizer) t->optimizer = "adamw";
  t->gpus = 1;
  t->gpu = NULL;
  t->gpu_memory_bytes = 0;
  wb_train_mode_find(&a->model->ctx, wb_str_of(t->mode));
}

static void ask_cards(wb_advice *a, const weigh_training *asked) {
  wb_ctx *ctx = &a->model->ctx;
  wb_str c[2];
  a->gpus = asked->gpus ? asked->gpus : 1;
  a->has_card = asked->gpu || asked->gpu_memory_bytes;
  if (a->has_card) {
    a->card = asked->gpu ? wb_card_find(ctx, wb_str_of(asked->gpu)) : wb_card_of_bytes(asked->gpu_memory_bytes);
    a->cards[a->card_count++] = a->card;
    return;
  }
  for (size_t at = 0; a->card_count < WB_ADVICE_CARDS && wb_tsv_next(wb_data_text("advice/cards.tsv"), &at, c, 2);)
    a->cards[a->card_count++] = wb_card_find(ctx, c[0]);
}

static void ask_methods(wb_advice *a, const char *method) {
  static const char *const usual[] = {"pai", "unified"};
  wb_library *lib = a->model->lib;
  wb_ctx *ctx = &a->model->ctx;
  if (method) a->methods[a->method_count++] = wb_method_find(lib, ctx, wb_str_of(method));
  for (size_t i = 0; !method && i < 2; i++)
    a->methods[a->method_count++] = wb_method_find(lib, ctx, wb_str_of(usual[i]));
}

/* ---- scenarios ---- */

/* The most sequences at once that the named cards take with the reserve. */
static bool fits_with(wb_advice *a, const wb_way *way, wb_i128 count, wb_way *asked) {
  wb_way with = *way;
  with.training.batch = with.serving.sequences = (weigh_count)count;
  *asked = wb_way_on(a, &with, &a->card, a->gpus, NULL);
  return wb_way_weigh(a, asked).fits;
}

#define MOST_SEQUENCES ((wb_i128)1 << 20)

/* Of training by trying; of serving the closed form knows. 0: not one; above MOST_SEQUENCES: nothing depends on it. */
static wb_i128 search_batch(wb_advice *a, const wb_way *way) {
  wb_i128 low = 1, high = 2;
  wb_way asked;
  if (!fits_with(a, way, 1, &asked)) return 0;
  while (high <= MOST_SEQUENCES && fits_with(a, way, high, &asked)) low = high, high *= 2;
  while (high <= MOST_SEQUENCES && high - low > 1) {
    const wb_i128 middle = (low + high) / 2;
    if (fits_with(a, way, middle, &asked)) low = middle;
    else high = middle;
  }
  return high > MOST_SEQUENCES ? high : low;
}

static void find_largest(wb_advice *a, wb_scenario *s) {
  wb_said said[WB_ADVICE_METHODS];
  const wb_way there = wb_way_on(a, &s->way, &a->card, a->gpus, NULL);
  const wb_i128 most = s->way.trains ? search_batch(a, &s->way) : wb_way_weigh(a, &there).most;
  s->has_largest = most <= (s->way.trains ? MOST_SEQUENCES : WB_SERVING_MOST - 1);
  s->largest = s->has_largest ? most : 0;
  if (!s->largest) return;
  if (!fits_with(a, &s->way, s->largest, &s->largest_way)) s->largest = 0; /* only what is confirmed is said */
  wb_way_compare(a, &s->largest_way, NULL, said);
  s->largest_said = said[0];
}

/* Models whose modules no library names get adapters on all of them. */
static void choose_targets(wb_advice *a) {
  weigh_training *t = &a->train.training;
  wb_way way = a->train;
  if (t->target_modules) return;
  way.training.mode = "lora";
  if (wb_way_weigh(a, &way).known) return;
  way.training.target_modules = "all-linear";
  if (wb_way_weigh(a, &way).known) t->target_modules = "all-linear";
}

static void look_at(wb_advice *a, wb_scenario *s) {
  s->held = wb_way_compare(a, &s->way, NULL, s->said);
  if (!s->held.known) return;
  for (size_t i = 0; i < a->card_count; i++) s->cards[i] = wb_way_fewest(a, &s->way, &a->cards[i]);
  if (a->has_card) find_largest(a, s);
}

static wb_scenario *add_scenario(wb_advice *a, wb_str name, wb_str does, wb_str change, wb_str title) {
  wb_scenario *s = &a->scenarios[a->scenario_count];
  *s = (wb_scenario){.name = name, .way = wb_str_is(does, "train") ? a->train : a->serve};
  if (!wb_way_change(a, &s->way, change) || !wb_message_find(title, &s->title)) return NULL;
  a->scenario_count++;
  return s;
}

static bool has_mode(const wb_advice *a) {
  for (size_t i = 0; i < a->scenario_count; i++)
    if (a->scenarios[i].way.trains && strcmp(a->scenarios[i].way.training.mode, a->train.training.mode) == 0)
      return true;
  return false;
}

/* Those of the table, and the mode asked for where it is none of them. */
static void find_scenarios(wb_advice *a) {
  wb_str c[4];
  for (size_t at = 0;
       a->scenario_count < WB_ADVICE_SCENARIOS - 1 && wb_tsv_next(wb_data_text("advice/scenarios.tsv"), &at, c, 4);)
    add_scenario(a, c[0], c[1], c[2], c[3]);
  if (!has_mode(a))
    add_scenario(a, wb_str_of(a->train.training.mode), WB_STR("train"), WB_STR("-"), WB_STR("SCENARIO_OTHER"));
  for (size_t i = 0; i < a->scenario_count; i++) look_at(a, &a->scenarios[i]);
}

/* ---- what takes nothing ---- */

static void find_no_effect(wb_advice *a) {
  wb_str c[3];
  wb_ctx *ctx = &a->model->ctx;
  for (size_t at = 0;
       a->no_effect_count < WB_ADVICE_ROWS && wb_tsv_next(wb_data_text("advice/no_effect.tsv"), &at, c, 3);) {
    const wb_decl *function = wb_method_function(ctx, wb_method_find(a->model->lib, ctx, c[0]), c[1]);
    wb_no_effect *out = &a->no_effect[a->no_effect_count];
    for (size_t i = 0; i < function->field_count; i++)
      if (wb_str_eq(function->fields[i].name->name, c[2]) &&
          wb_about_no_effect(function, &function->fields[i], &out->reason)) {
        out->name = c[2];
        a->no_effect_count++;
      }
  }
}

wb_advice *wb_advice_begin(wb_model *m, const weigh_training *training, const weigh_serving *serving,
                           const char *method) {
  wb_advice *a = WB_NEW(&m->ctx, wb_advice);
  a->model = m;
  a->reserve = reserve_of(training->reserve_percent);
  ask_cards(a, training);
  ask_training(a, training);
  ask_serving(a, serving);
  ask_methods(a, method);
  choose_targets(a);
  return a;
}

wb_advice *wb_advice_new(wb_model *m, const weigh_training *training, const weigh_serving *serving,
                         const char *method) {
  wb_advice *a = wb_advice_begin(m, training, serving, method);
  find_scenarios(a);
  wb_advise_tradeoffs(a);
  wb_advise_remedies(a);
  wb_advise_choices(a);
  find_no_effect(a);
  return a;
}
