/* Every method's answers to one question beside the exact figures. */
#ifndef WB_ESTIMATE_SIDE_BY_SIDE_H
#define WB_ESTIMATE_SIDE_BY_SIDE_H

#include "estimate/deviation.h"

typedef struct wb_side_by_side {
  const wb_serving *serving; /* the exact answer */
  wb_exact_figures exact;
  wb_method_question asked;
  wb_deviation *items; /* by question, then in order of methods */
  size_t count, cap;
} wb_side_by_side;

/* What a serving question says to a method: lengths, bytes of an element, how the weights are held. */
wb_method_question wb_question_of_serving(const wb_serving *serving);

/* Parameters, caches, weights, serving memory and FLOPs of a model by all methods, or by one (`method`; fails
 * method_unknown). */
wb_side_by_side wb_compare_methods(wb_model *model, const weigh_serving *asked, const char *method);

#endif
