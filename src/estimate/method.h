/* Named methods: published rules of thumb, written in the language (data/methods), beside the exact figures. */
#ifndef WB_ESTIMATE_METHOD_H
#define WB_ESTIMATE_METHOD_H

#include "estimate/derive.h"

/* What a method computed for a model: its quantities, each derived. `nodes` NULL when the method does not apply. */
typedef struct wb_method_result {
  const wb_decl *method;
  wb_derivation *derivation;
  const wb_node **quantities;
  size_t count;
} wb_method_result;

/* Runs a method. Fails with method_unknown. `applies` in the result is quantities != NULL: the "config" method needs a
 * stack of attention and feed-forward layers. */
wb_method_result wb_method_run(wb_model *model, wb_str name);

/* A quantity of a result by name; NULL when the method did not apply or has none of that name. */
const wb_node *wb_method_quantity(const wb_method_result *result, const char *name);

#endif
