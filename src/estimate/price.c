#include "estimate/price.h"

#include "base/tsv.h"

/* Machines that are joined into one layout: smaller ones have no fast link between them. */
#define NODE 8

enum { PROVIDER, INSTANCE, SOLD, LISTED, CARDS, USD, AS_OF, LEFT_OUT, SOURCE, COLUMNS };

typedef struct offer {
  wb_str names; /* cards that it may be */
  bool by_card;
  wb_i128 cards;
  double usd;
  wb_str provider, instance, as_of, source;
} offer;

struct wb_prices {
  offer *offers;
  size_t count, cap;
};

/* Cards as price lists name them. */
typedef struct listing {
  wb_str listed, names;
} listing;

static listing *read_listings(wb_ctx *ctx, size_t *count) {
  listing *out = NULL;
  size_t cap = 0;
  wb_str c[2];
  *count = 0;
  for (size_t at = 0; wb_tsv_next(wb_data_text("prices/cards.tsv"), &at, c, 2);) {
    WB_PUSH_ROOM(ctx, out, *count, cap);
    out[(*count)++] = (listing){c[0], c[1]};
  }
  return out;
}

/* Our names of a card; empty: none. */
static wb_str names_of(const listing *listings, size_t count, wb_str listed) {
  for (size_t i = 0; i < count; i++)
    if (wb_str_eq(listings[i].listed, listed)) return listings[i].names;
  return WB_STR("");
}

static bool names_card(wb_str names, wb_str card) {
  wb_str name;
  for (size_t at = 0; wb_str_next(names, '|', &at, &name);)
    if (wb_str_eq(name, card)) return true;
  return false;
}

wb_prices *wb_prices_read(wb_ctx *ctx, wb_str card) {
  wb_prices *p = WB_NEW(ctx, wb_prices);
  wb_str c[COLUMNS];
  size_t count;
  const listing *listings = read_listings(ctx, &count);
  for (size_t at = 0; wb_tsv_next(wb_data_text("prices/cloud.tsv"), &at, c, COLUMNS);) {
    if (c[LEFT_OUT].len || !c[AS_OF].len) continue;
    const wb_str names = names_of(listings, count, c[LISTED]);
    if (!names.len || (card.len && !names_card(names, card))) continue;
    if (wb_tsv_real(c[USD]) <= 0 || wb_tsv_real(c[CARDS]) < 1) continue;
    WB_PUSH_ROOM(ctx, p->offers, p->count, p->cap);
    p->offers[p->count++] = (offer){.names = names,
                                    .by_card = wb_str_is(c[SOLD], "card"),
                                    .cards = (wb_i128)wb_tsv_real(c[CARDS]),
                                    .usd = wb_tsv_real(c[USD]),
                                    .provider = c[PROVIDER],
                                    .instance = c[INSTANCE],
                                    .as_of = c[AS_OF],
                                    .source = c[SOURCE]};
  }
  return p;
}

bool wb_price_of(const wb_prices *prices, wb_str card, wb_i128 count, wb_price *out) {
  bool found = false;
  if (count < 1) return false;
  for (size_t i = 0; i < prices->count; i++) {
    const offer *o = &prices->offers[i];
    if (!names_card(o->names, card)) continue;
    const wb_i128 times = (count + o->cards - 1) / o->cards;
    if (times > 1 && !o->by_card && o->cards < NODE) continue;
    const double usd = (double)times * o->usd;
    if (found && usd >= out->usd_per_hour) continue;
    *out = (wb_price){usd, times * o->cards, o->provider, o->instance, o->as_of, o->source};
    found = true;
  }
  return found;
}

bool wb_price_of_cards(wb_ctx *ctx, const wb_card *cards, size_t count, wb_price *out) {
  for (size_t i = 1; i < count; i++)
    if (!wb_str_eq(cards[i].name, cards[0].name)) return false;
  return count > 0 && cards[0].name.len > 0 &&
         wb_price_of(wb_prices_read(ctx, cards[0].name), cards[0].name, (wb_i128)count, out);
}
