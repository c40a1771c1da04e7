#include "estimate/solve.h"

#include <stdlib.h>

#include "estimate/price.h"

/* ---- layouts ---- */

#define NODE 8 /* cards that tensor parallelism reaches over */

bool wb_solve_layout(wb_i128 gpus, wb_layout *out) {
  uint32_t tp = 1;
  while (tp < NODE && gpus % (2 * tp) == 0) tp *= 2;
  *out = (wb_layout){tp, (uint32_t)(gpus / tp), 1, 1, 1, false};
  return gpus / tp == 1 || tp == NODE || gpus / tp <= 4;
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

/* ---- how many ---- */

/* Weights alone say below how many there is no hope. */
static wb_i128 least_of(const wb_serving *asked, const wb_card *card) {
  const wb_layout one = {1, 1, 1, 1, 1, false};
  const wb_stage all = {0, 0, 1, 1, true, true, false};
  const wb_i128 weights = wb_loaded_bytes(&asked->loaded, &one, all);
  const wb_i128 least = card->usable_bytes > 0 ? weights / card->usable_bytes : WB_SOLVE_CARDS;
  return least < 1 ? 1 : least;
}

/* 1, 2, 3, 4, 6, 8, then whole nodes, doubling past 64. */
static wb_i128 next_number(wb_i128 gpus) {
  if (gpus < 4) return gpus + 1;
  if (gpus < 8) return gpus + 2;
  return gpus < 64 ? gpus + NODE : 2 * gpus;
}

static wb_serving *first_that_fits(const wb_serving *asked, const wb_card *card, wb_i128 most, wb_layout *layout) {
  const wb_i128 least = least_of(asked, card);
  for (wb_i128 gpus = 1; gpus <= most; gpus = next_number(gpus)) {
    if (gpus < least || !wb_solve_layout(gpus, layout)) continue;
    wb_serving *s = wb_solve_on(asked, card, layout);
    if (wb_serving_fits_now(s)) return s;
  }
  return NULL;
}

wb_i128 wb_solve_fewest(const wb_serving *asked, const wb_card *card, wb_layout *layout) {
  const wb_serving *s = first_that_fits(asked, card, WB_SOLVE_CARDS, layout);
  return s ? s->asked.gpus : 0;
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

wb_ranked *wb_solve_rank(const wb_serving *asked, wb_i128 most, size_t limit, size_t *count) {
  wb_ctx *ctx = &asked->model->ctx;
  wb_ranked *out = NULL;
  size_t n = 0, cap = 0;
  wb_card card;
  for (size_t at = 0; wb_card_next(&at, &card);) {
    wb_layout layout;
    wb_serving *s =
        card.usable_bytes > 0 ? first_that_fits(asked, &card, is_computer(&card) ? 1 : most, &layout) : NULL;
    if (!s) continue;
    WB_PUSH_ROOM(ctx, out, n, cap);
    wb_ranked *r = &out[n++];
    *r = (wb_ranked){card, layout, s->asked.gpus, card.usable_bytes * s->asked.gpus, {.budget = 0}, 0};
    wb_serving_now(s, wb_serving_worst(s), &r->load);
  }
  if (n) qsort(out, n, sizeof *out, cheaper);
  *count = n < limit ? n : limit;
  const wb_prices *prices = wb_prices_read(ctx);
  for (size_t i = 0; i < *count; i++) {
    wb_price price;
    if (wb_price_of(prices, out[i].card.name, out[i].gpus, &price)) out[i].price = price.usd_per_hour;
  }
  return out;
}
