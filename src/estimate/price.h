/* What cards cost by the hour, where a dated price is known: data/prices. */
#ifndef WB_ESTIMATE_PRICE_H
#define WB_ESTIMATE_PRICE_H

#include "estimate/machine.h"

typedef struct wb_price {
  double usd_per_hour; /* of all cards that are rented */
  wb_i128 cards;       /* rented; more than asked where machines are larger */
  wb_str provider, instance, as_of, source;
} wb_price;

/* The price lists, read once for many questions; of one card alone where it is named. */
typedef struct wb_prices wb_prices;
wb_prices *wb_prices_read(wb_ctx *ctx, wb_str card);

/* The cheapest known way to rent so many cards on demand: by the card, one machine that has them, or whole machines of eight
 * and more. False where no dated price is known. */
bool wb_price_of(const wb_prices *prices, wb_str card, wb_i128 count, wb_price *out);

/* The same for cards of a layout; false when they are not all of one kind. */
bool wb_price_of_cards(wb_ctx *ctx, const wb_card *cards, size_t count, wb_price *out);

#endif
