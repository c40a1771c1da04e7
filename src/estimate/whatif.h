/* What if: the same question with other formats, and knobs that save memory. */
#ifndef WB_ESTIMATE_WHATIF_H
#define WB_ESTIMATE_WHATIF_H

#include "estimate/solve.h"

/* The question with another format of the weights, and what each of two types of cache then allows. */
#define WB_CHOICE_CACHES 2
typedef struct wb_choice {
  wb_str quant;
  double bits;
  wb_i128 weights, device; /* bytes on the fullest device, with the first type of cache */
  bool fits, is_asked;
  wb_i128 max_context[WB_CHOICE_CACHES], max_sequences[WB_CHOICE_CACHES];
} wb_choice;

typedef struct wb_choices {
  wb_str caches[WB_CHOICE_CACHES]; /* as asked, and in eight bits; empty: there is no second */
  wb_choice *items;
  size_t count;
} wb_choices;

/* The format that was asked for first, then those that tables show. */
wb_choices wb_whatif_choices(const wb_serving *asked);

/* The most bits of weights that fit as asked, with the cache as asked before one in eight bits; NULL: none. `cache`: which. */
const wb_choice *wb_whatif_best(const wb_serving *asked, const wb_choices *choices, int *cache);

/* One knob, what it is turned to, and how much room it makes on the fullest device. */
typedef struct wb_change {
  wb_str text; /* "--kv-dtype fp8" */
  wb_i128 saved;
  bool fits;    /* it is enough by itself */
  wb_i128 cost; /* what it gives up: the order of data/engines/knobs.tsv */
} wb_change;

/* Knobs that make room, of data/engines/knobs.tsv. Where memory is short those that are enough come first, the cheapest
 * before all; otherwise, and behind them, those that make most room. */
wb_change *wb_whatif_changes(const wb_serving *asked, size_t *count);

#endif
