#include "estimate/solve.h"

#include <stdlib.h>
#include <string.h>

#include "estimate/price.h"

/* ---- layouts ---- */

#define NODE 8 /* cards that tensor parallelism reaches over */

wb_i128 wb_solve_heads(const wb_model *m) {
  static const char *const keys[] = {"num_attention_heads", "n_head"};
  for (size_t i = 0; i < (size_t)2 * WB_LANGUAGE_CONFIGS; i++) {
    const wb_json *object = wb_language_config(m, i / 2);
    const wb_json *value = object ? wb_json_get(object, wb_str_of(keys[i % 2])) : NULL;
    if (value && value->kind == WB_JSON_INT && value->u.integer > 0) return value->u.integer;
  }
  return 0;
}

/* The most ranks up to a node that heads divide over. */
static uint32_t most_ranks(const wb_model *m) {
  const wb_i128 heads = wb_solve_heads(m);
  uint32_t tp = 1;
  while (tp < NODE && heads % ((wb_i128)2 * tp) == 0) tp *= 2;
  return tp;
}

bool wb_solve_layout(const wb_serving *asked, wb_i128 gpus, wb_layout *out) {
  const uint32_t most = most_ranks(asked->model);
  uint32_t tp = 1;
  if (asked->by_layers) {
    *out = (wb_layout){1, (uint32_t)gpus, 1, 1, 1, false};
    return gpus <= 16;
  }
  while (tp < most && gpus % ((wb_i128)2 * tp) == 0) tp *= 2;
  *out = (wb_layout){tp, (uint32_t)(gpus / tp), 1, 1, 1, false};
  return gpus / tp == 1 || tp == most || gpus / tp <= 4;
}

wb_serving *wb_solve_on(const wb_serving *asked, const wb_card *card, const wb_layout *layout) {
  wb_ctx *ctx = &asked->model->ctx;
  wb_serving *s = WB_NEW(ctx, wb_serving);
  *s = *asked;
  s->layout = *layout;
  s->layout.expert_parallel = asked->layout.expert_parallel;
  s->asked.tp = layout->tp;
  s->asked.pp = layout->pp;
  s->asked.dp = layout->dp;
  s->asked.cp = layout->cp;
  s->asked.dcp = layout->dcp;
  s->asked.gpus = (weigh_count)layout->tp * layout->pp * layout->dp * layout->cp;
  s->cards = WB_NEWN(ctx, wb_card, (size_t)s->asked.gpus);
  for (weigh_count i = 0; i < s->asked.gpus; i++) s->cards[i] = *card;
  wb_serving_build(s);
  return s;
}

/* ---- trying things out ---- */

typedef struct trial {
  wb_model *model;
  const weigh_serving *asked;
  wb_serving *out;
} trial;

static void make(void *user) {
  trial *t = user;
  t->out = wb_serving_new(t->model, t->asked);
}

wb_serving *wb_serving_try(wb_model *m, const weigh_serving *asked) {
  trial t = {m, asked, NULL};
  return wb_try(&m->ctx, make, &t, NULL) ? t.out : NULL;
}

static size_t count_fields(const wb_model *m) {
  size_t n = 0;
  for (const wb_fields *f = m->all_fields; f; f = f->next) n++;
  return n;
}

wb_trial wb_trial_begin(wb_model *m) {
  wb_trial t = {.model = m, .before = *m, .root = *m->root, .start = wb_arena_mark(m->ctx.arena)};
  t.fields = WB_NEWN(&m->ctx, wb_fields, count_fields(m));
  size_t n = 0;
  for (const wb_fields *f = m->all_fields; f; f = f->next) t.fields[n++] = *f;
  t.mark = wb_arena_mark(m->ctx.arena);
  return t;
}

void wb_trial_forget(wb_trial *t) {
  size_t n = 0;
  wb_model *m = t->model;
  const wb_ctx ctx = m->ctx;
  *m = t->before;
  m->ctx = ctx;
  *m->root = t->root;
  for (wb_fields *f = m->all_fields; f; f = f->next) *f = t->fields[n++];
  wb_arena_reset(m->ctx.arena, t->mark);
}

void wb_trial_end(wb_trial *t) {
  wb_trial_forget(t);
  wb_arena_reset(t->model->ctx.arena, t->start);
}

/* ---- how many ---- */

/* Weights alone say below how many there is no hope. */
static wb_i128 least_of(const wb_serving *asked, const wb_card *card) {
  const wb_layout one = {1, 1, 1, 1, 1, false};
  const wb_stage all = {0, 0, 1, 1, true, true, false};
  const wb_i128 weights = wb_loaded_bytes(&asked->loaded, &one, all);
  const wb_i128 least = card->usable_bytes > 0 ? weights / card->usable_bytes : WB_SOLVE_CARDS;
  return least < 1 ? 1 : least;
}

wb_i128 wb_solve_next(wb_i128 gpus) {
  if (gpus < 4) return gpus + 1;
  if (gpus < 8) return gpus + 2;
  return gpus < 64 ? gpus + NODE : 2 * gpus;
}

/* The load of the fullest device where it fits. */
static bool tries(const wb_serving *asked, const wb_card *card, const wb_layout *layout, wb_load *load) {
  const wb_serving *s = wb_solve_on(asked, card, layout);
  return wb_serving_fits_now(s) && wb_serving_now(s, wb_serving_worst(s), load);
}

static wb_i128 first_that_fits(const wb_serving *asked, const wb_card *card, wb_i128 most, wb_layout *layout,
                               wb_load *load) {
  const wb_i128 least = least_of(asked, card);
  wb_i128 found = 0;
  wb_trial t = wb_trial_begin(asked->model);
  for (wb_i128 gpus = 1; gpus <= most && !found; gpus = wb_solve_next(gpus)) {
    if (gpus < least || !wb_solve_layout(asked, gpus, layout)) continue;
    const bool fits = tries(asked, card, layout, load);
    wb_trial_forget(&t);
    if (fits) found = gpus;
  }
  wb_trial_end(&t);
  return found;
}

/* The same for the layout that was asked for, and no other. */
static wb_i128 fits_as_asked(const wb_serving *asked, const wb_card *card, wb_layout *layout, wb_load *load) {
  *layout = asked->layout;
  wb_trial t = wb_trial_begin(asked->model);
  const bool fits = tries(asked, card, layout, load);
  wb_trial_end(&t);
  return fits ? asked->asked.gpus : 0;
}

/* Names that formulas read are found once, so that a trial has nothing to forget that outlives it. */
static void warm_up(const wb_serving *asked, const wb_card *card) {
  if (asked->model->tried == asked->engine) return;
  const wb_layout one = {1, 1, 1, 1, 1, false};
  wb_layout two;
  wb_solve_layout(asked, 2, &two);
  wb_solve_on(asked, card, &one);
  wb_solve_on(asked, card, &two);
  asked->model->tried = asked->engine;
}

wb_i128 wb_solve_fewest(const wb_serving *asked, const wb_card *card, wb_layout *layout) {
  wb_load load;
  warm_up(asked, card);
  return first_that_fits(asked, card, WB_SOLVE_CARDS, layout, &load);
}

/* ---- which card ---- */

static int cheaper(const void *a, const void *b) {
  const wb_ranked *x = a, *y = b;
  if (x->memory != y->memory) return x->memory < y->memory ? -1 : 1;
  if (x->card.year != y->card.year) return x->card.year > y->card.year ? -1 : 1;
  return wb_str_cmp(x->card.name, y->card.name);
}

/* A processor and an Apple GPU are computers of their own: nobody puts several into one. */
static bool is_computer(const wb_card *card) {
  return wb_str_is(card->vendor, "CPU") || wb_str_is(card->vendor, "Apple");
}

/* Cards that formulas cannot tell apart have one answer. */
typedef struct told_apart {
  bool by_vendor, by_line; /* the engine reads it */
} told_apart;

static told_apart by_what(const wb_serving *asked) {
  wb_model *m = asked->model;
  return (told_apart){asked->llama || wb_engine_reads(m->lib, &m->ctx, asked->engine, "gpu_vendor"),
                      asked->llama || wb_engine_reads(m->lib, &m->ctx, asked->engine, "gpu_line")};
}

static const wb_ranked *same_card(const wb_ranked *known, size_t count, const wb_card *card, told_apart how) {
  for (size_t i = 0; i < count; i++)
    if (known[i].card.usable_bytes == card->usable_bytes && is_computer(&known[i].card) == is_computer(card) &&
        (!how.by_vendor || wb_str_eq(known[i].card.vendor, card->vendor)) &&
        (!how.by_line || wb_str_eq(wb_card_line(&known[i].card), wb_card_line(card))))
      return &known[i];
  return NULL;
}

static wb_ranked ranked(const wb_serving *asked, const wb_card *card, wb_i128 most, const wb_ranked *same) {
  wb_ranked out = {.card = *card};
  if (same) {
    out = *same;
    out.card = *card;
    return out;
  }
  if (is_computer(card)) most = 1;
  if (!asked->layout_given) out.gpus = first_that_fits(asked, card, most, &out.layout, &out.load);
  else if (most > 1 || asked->asked.gpus == 1) out.gpus = fits_as_asked(asked, card, &out.layout, &out.load);
  out.memory = card->usable_bytes * out.gpus;
  return out;
}

wb_ranked *wb_solve_rank(const wb_serving *asked, wb_i128 most, size_t limit, size_t *count) {
  const told_apart how = by_what(asked);
  size_t all, n = 0, fit = 0;
  const wb_card *cards = wb_cards(asked->model->lib, &asked->model->ctx, &all);
  wb_ranked *out = WB_NEWN(&asked->model->ctx, wb_ranked, all);
  for (const wb_card *card = cards; card < cards + all; card++) {
    if (card->usable_bytes <= 0) continue;
    if (!n) warm_up(asked, card);
    out[n] = ranked(asked, card, most, same_card(out, n, card, how));
    n++;
  }
  for (size_t i = 0; i < n; i++)
    if (out[i].gpus) out[fit++] = out[i];
  if (fit) qsort(out, fit, sizeof *out, cheaper);
  *count = fit < limit ? fit : limit;
  const wb_prices *prices = wb_prices_read(&asked->model->ctx, WB_STR(""));
  for (size_t i = 0; i < *count; i++) {
    wb_price price;
    if (wb_price_of(prices, out[i].card.name, out[i].gpus, &price)) out[i].price = price.usd_per_hour;
  }
  return out;
}
