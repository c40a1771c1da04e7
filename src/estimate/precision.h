/* Precision policies: in which types a training run holds weights, gradients, a master copy and states
 * (data/precision/policies.tsv). */
#ifndef WB_ESTIMATE_PRECISION_H
#define WB_ESTIMATE_PRECISION_H

#include "estimate/trainable.h"

typedef struct wb_precision {
  wb_str name, aliases;
  wb_str weights, gradients, master, stepped, compute; /* torch's names; master empty: none */
  wb_str basis, source;
} wb_precision;

/* Fails precision_unknown, with the list. */
wb_precision wb_precision_find(wb_ctx *ctx, wb_str asked);

/* Types of one trained tensor under a policy (NULL: as it is stored, its gradient and states like it). */
wb_precision wb_precision_of(const wb_precision *policy, const wb_trained *tensor);

#endif
