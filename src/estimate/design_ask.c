/* The question of weigh design: the reserve, and the machine that an amount of money rents. */
#include <string.h>

#include "base/tsv.h"
#include "estimate/design.h"
#include "estimate/price.h"

wb_num wb_design_rule(const char *name) {
  wb_str c[2];
  wb_num out = wb_num_int(0);
  for (size_t at = 0; wb_tsv_next(wb_data_text("design/rules.tsv"), &at, c, 2);)
    if (wb_str_is(c[0], name)) wb_design_ratio(c[1], &out);
  return out;
}

bool wb_design_ratio(wb_str text, wb_num *out) {
  const char *bar = text.len ? memchr(text.ptr, '/', text.len) : NULL;
  const size_t at = bar ? (size_t)(bar - text.ptr) : text.len;
  wb_num over = wb_num_int(1), value;
  if (!wb_num_parse(wb_str_trim(wb_str_slice(text, 0, at)), &value)) return false;
  if (bar && !wb_num_parse(wb_str_trim(wb_str_slice(text, at + 1, text.len)), &over)) return false;
  return wb_num_div(value, over, out);
}

bool wb_design_share(wb_str text, wb_num *out) {
  text = wb_str_trim(text);
  const bool percent = wb_str_ends(text, WB_STR("%"));
  wb_num share;
  if (!wb_design_ratio(wb_str_trim(wb_str_slice(text, 0, text.len - percent)), &share)) return false;
  if (percent && !wb_num_div(share, wb_num_int(100), &share)) return false;
  if (share.num < 0 || share.num >= share.den) return false;
  *out = share;
  return true;
}

/* ---- the reserve ---- */

static bool is_given(const weigh_serving *a, const char *name) {
  const size_t length = strlen(name);
  for (size_t i = 0; i < a->engine_option_count; i++)
    if (strncmp(a->engine_options[i], name, length) == 0 && a->engine_options[i][length] == '=') return true;
  return false;
}

/* An engine that keeps a share free by itself is told this one, so that weigh fit, asked with it, says the same. */
static void tell_engine(wb_ctx *ctx, wb_library *lib, wb_design_question *q) {
  const wb_decl *engine = wb_engine_find(lib, ctx, wb_str_of(q->asked.engine ? q->asked.engine : "generic"));
  if (!wb_engine_has_option(engine, WB_STR("reserve")) || is_given(&q->asked, "reserve")) return;
  const char **options = WB_NEWN(ctx, const char *, q->asked.engine_option_count + 1);
  for (size_t i = 0; i < q->asked.engine_option_count; i++) options[i] = q->asked.engine_options[i];
  options[q->asked.engine_option_count++] =
      wb_str_cstr(ctx, wb_str_fmt(ctx, "reserve=%.9g", wb_num_double(q->reserve)));
  q->asked.engine_options = options;
  q->reserve_of_engine = true;
}

/* ---- money ---- */

#define NODE 8 /* cards of one machine */

typedef struct offer {
  wb_card card;
  wb_i128 gpus;
  wb_price price;
} offer;

/* More memory comes first, then what is faster, then what costs less. */
static bool better(const offer *a, const offer *b) {
  const wb_i128 mine = a->card.usable_bytes * a->gpus, other = b->card.usable_bytes * b->gpus;
  if (mine != other) return mine > other;
  if (a->card.bandwidth != b->card.bandwidth) return a->card.bandwidth > b->card.bandwidth;
  return a->price.usd_per_hour < b->price.usd_per_hour;
}

/* The best number of one card that the money rents, and the cheapest that it could. */
static void try_card(const wb_prices *prices, const wb_card *card, weigh_count gpus, double usd, offer *best,
                     offer *cheapest) {
  for (wb_i128 n = gpus ? gpus : 1; n <= (gpus ? gpus : NODE); n *= 2) {
    offer o = {.card = *card, .gpus = n};
    if (!wb_price_of(prices, card->name, n, &o.price)) continue;
    if (!cheapest->gpus || o.price.usd_per_hour < cheapest->price.usd_per_hour) *cheapest = o;
    if (o.price.usd_per_hour <= usd && (!best->gpus || better(&o, best))) *best = o;
  }
}

static void take_offer(wb_ctx *ctx, wb_design_question *q, const offer *best) {
  q->asked.gpu = wb_str_cstr(ctx, best->card.name);
  q->asked.gpus = (weigh_count)best->gpus;
}

/* With money alone, the machine that it rents; with a card, as many of it. A memory alone has no price. */
static void rent(wb_ctx *ctx, wb_design_question *q, double usd) {
  if (!q->asked.gpu && q->asked.gpu_memory_bytes) wb_fail(ctx, WB_DESIGN_NAMELESS, WB_NOWHERE, 0, NULL);
  const wb_prices *prices = wb_prices_read(ctx, WB_STR(""));
  offer best = {.gpus = 0}, cheapest = best;
  wb_card card;
  if (q->asked.gpu) {
    card = wb_card_find(ctx, wb_str_of(q->asked.gpu));
    try_card(prices, &card, q->asked.gpus, usd, &best, &cheapest);
  } else {
    for (size_t at = 0; wb_card_next(&at, &card);)
      if (card.usable_bytes > 0) try_card(prices, &card, q->asked.gpus, usd, &best, &cheapest);
  }
  if (!cheapest.gpus) WB_FAIL(ctx, WB_DESIGN_NO_PRICE, WB_NOWHERE, q->asked.gpu ? card.name : WB_STR("*"));
  if (!best.gpus)
    WB_FAIL(ctx, WB_DESIGN_TOO_DEAR, WB_NOWHERE, wb_str_fmt(ctx, usd < 0.01 ? "%g" : "%.2f", usd), cheapest.card.name,
            wb_str_fmt(ctx, "%.2f", cheapest.price.usd_per_hour));
  take_offer(ctx, q, &best);
}

void wb_design_price(wb_ctx *ctx, wb_design_question *q, const wb_card *cards, size_t count) {
  wb_price price;
  if (!wb_price_of_cards(ctx, cards, count, &price)) return;
  q->usd = price.usd_per_hour;
  q->usd_cards = price.cards;
  q->usd_source = wb_str_fmt(ctx, "%.*s, %.*s", WB_STR_ARG(price.provider), WB_STR_ARG(price.as_of));
}

wb_design_question wb_design_ask(wb_ctx *ctx, wb_library *lib, const weigh_serving *asked, const weigh_design *design) {
  wb_design_question q = {.asked = *asked, .reserve = wb_design_rule("reserve"), .vocabulary = design->vocab_size};
  const wb_str reserve = wb_str_of(design->reserve);
  if (design->reserve && !wb_design_share(reserve, &q.reserve)) WB_FAIL(ctx, WB_DESIGN_RESERVE, WB_NOWHERE, reserve);
  if (design->usd_per_hour > 0) rent(ctx, &q, design->usd_per_hour);
  if (!q.asked.gpu && !q.asked.gpu_memory_bytes) wb_fail(ctx, WB_DESIGN_NO_MACHINE, WB_NOWHERE, 0, NULL);
  if (design->tokens_per_second > 0 && !q.asked.gpu) wb_fail(ctx, WB_SPEED_NO_GPU, WB_NOWHERE, 0, NULL);
  q.least_rate = design->tokens_per_second;
  tell_engine(ctx, lib, &q);
  return q;
}
