/* What a card's stated rates are worth to a running model: rates for a kind of weights, and the shares of them that were
 * measured (data/speed). */
#ifndef WB_ESTIMATE_RATES_H
#define WB_ESTIMATE_RATES_H

#include "estimate/machine.h"

/* Three readings of one figure. Of a time, low is the fastest; of a rate, the slowest. */
typedef struct wb_interval {
  double low, best, high;
} wb_interval;

typedef enum wb_share_kind {
  WB_SHARE_BANDWIDTH,
  WB_SHARE_COMPUTE,
  WB_SHARE_ALL_REDUCE,
  WB_SHARE_ALL_REDUCE_SECONDS, /* paid for each sum over ranks */
  WB_SHARE_PREFILL_SECONDS,    /* paid once a pass */
  WB_SHARE_DECODE_SECONDS,
  WB_SHARE_COUNT
} wb_share_kind;

typedef struct wb_share {
  wb_str name; /* the row's quantity */
  wb_interval value;
  wb_str basis, source;
} wb_share;

/* Rates of one card in units of one: bytes/s, FLOP/s; 0: not known. */
typedef struct wb_rates {
  double bandwidth;
  wb_interval compute; /* stated; an interval where kernels may use one unit or another */
  double link;         /* one way */
  wb_str compute_name; /* "bf16", "fp8", "int8", "fp32": whose rate it is */
  bool compute_stands_in, link_is_pcie;
  wb_share shares[WB_SHARE_COUNT];
} wb_rates;

/* Rates for weights of a dtype and of so many bits. */
wb_rates wb_rates_of(const wb_card *card, wb_str dtype, double weight_bits);

#endif
