/* How a figure of training memory comes about. Internal to src/estimate and src/report. */
#ifndef WB_ESTIMATE_DERIVE_TRAIN_H
#define WB_ESTIMATE_DERIVE_TRAIN_H

#include "estimate/derive.h"
#include "estimate/train.h"

/* "total_bytes" (all that stands on the fullest card), "host_bytes", one of the components, "trainable_parameters",
 * "total_parameters", or with a card "budget_bytes". Fails with train_quantity. */
wb_derivation *wb_derive_train(const wb_train *train, wb_str quantity);

/* A quantity of what a method says of a mode: "total_bytes" is the one that answers. Fails with train_quantity. */
wb_derivation *wb_derive_told(const wb_train *train, const wb_method_result *result, wb_str quantity);

#endif
