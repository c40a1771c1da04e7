/* Which operations need gradients: of what they store, and of what they are given. */
#ifndef WB_ESTIMATE_TRAINED_H
#define WB_ESTIMATE_TRAINED_H

#include "model/model.h"

typedef struct wb_trained {
  bool *own;   /* by operation of the model: stores or reads a matrix that trains */
  bool *input; /* something before it trains */
} wb_trained;

/* `frozen`: what does not train: a group ("embedding"), or the beginning of tensors' names up to a dot ("model.layers.3").
 * Fails frozen_unknown when one names nothing. */
wb_trained *wb_trained_build(wb_model *model, const wb_str *frozen, size_t count);

#endif
