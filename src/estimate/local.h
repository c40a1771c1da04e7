/* Cards that this machine was seen to have, matched to data/accelerators. */
#ifndef WB_ESTIMATE_LOCAL_H
#define WB_ESTIMATE_LOCAL_H

#include "estimate/machine.h"
#include "source/probe.h"

/* Cards of one kind. */
typedef struct wb_local {
  wb_card card;
  bool known;    /* a row of accelerators.tsv; else only its memory is known, and the name that the driver gives it */
  wb_i128 count; /* at least 1 */
  wb_i128 total, used; /* bytes, as reported of one: the least memory, the most in use; 0: not said */
  wb_str said;         /* its name as reported */
} wb_local;

/* Kinds in the order in which they were seen first. */
wb_local *wb_local_cards(wb_ctx *ctx, const wb_seen *seen, size_t seen_count, size_t *count);

#endif
