/* A rule of thumb beside the exact count: how far apart, and why. And the layers of a model by class. */
#ifndef WB_ESTIMATE_COMPARE_H
#define WB_ESTIMATE_COMPARE_H

#include "estimate/method.h"

#define WB_REASONS 8

typedef struct wb_comparison {
  bool applies;    /* false: the formula says nothing of this model */
  wb_num total;    /* the formula's */
  double relative; /* (formula − exact) / exact */
  bool notable;    /* more than 1 % apart */
  wb_message_id reasons[WB_REASONS];
  size_t reason_count;
} wb_comparison;

/* Compares the total of the "config" method with the model's, once. The reasons are read off the model: what it has that
 * the formula leaves out, or has in another size. */
const wb_comparison *wb_compare_config(wb_model *model);

/* Adds the warning formula_difference, with percentage and reasons. */
void wb_warn_formula(wb_model *model, const wb_comparison *comparison);

/* Elements that the "config" method keeps of one token, of every layer and head; 0: it does not say. */
wb_num wb_compare_config_kv(wb_model *model);

/* Layers that have the same tensors. */
typedef struct wb_layer_class {
  wb_str name; /* "model.layers.{0-2}" */
  wb_num layers, each, all;
} wb_layer_class;
size_t wb_layer_classes(wb_model *model, wb_layer_class **out);

#endif
