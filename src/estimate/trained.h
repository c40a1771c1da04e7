/* Which operations need gradients, and in what share of their layers: of what they store, and of what they are given. */
#ifndef WB_ESTIMATE_TRAINED_H
#define WB_ESTIMATE_TRAINED_H

#include "model/model.h"

typedef struct wb_trained_ops {
  wb_num *own;   /* by operation of the model: in how much of it a matrix trains that it stores or reads, 0 to 1 */
  wb_num *input; /* in how much of it something before it trains */
} wb_trained_ops;

/* `frozen`: what does not train: a group ("embedding"), the beginning of tensors' names up to a dot ("vision_tower"), or
 * layers ("model.layers.0-15"). Fails frozen_unknown when one names nothing. */
wb_trained_ops *wb_trained_build(wb_model *model, const wb_str *frozen, size_t count);

#endif
