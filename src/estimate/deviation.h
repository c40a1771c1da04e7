/* Why a rule of thumb's figure differs from the exact one: the causes that its description names, and what is left over.
 * Causes and the rest add up to the deviation. */
#ifndef WB_ESTIMATE_DEVIATION_H
#define WB_ESTIMATE_DEVIATION_H

#include "estimate/method.h"
#include "estimate/serving.h"

#define WB_DEVIATION_CAUSES 24

typedef struct wb_deviation_cause {
  wb_str name;    /* "grouped_queries"; "other" for what is left over */
  wb_str formula; /* as the description writes it; empty for the rest */
  wb_num amount;  /* in the base unit, as all figures here */
} wb_deviation_cause;

typedef struct wb_deviation {
  const wb_method_result *result;
  const wb_stmt *stmt; /* of the quantity */
  wb_str question, mode, label, unit;
  wb_num figure, exact, difference; /* bytes, elements or FLOPs */
  double relative;                  /* of the exact figure */
  wb_deviation_cause causes[WB_DEVIATION_CAUSES];
  size_t cause_count;
} wb_deviation;

/* Exact figures that causes are told by: bytes are those of all devices together. */
typedef struct wb_exact_figures {
  wb_num products, scores; /* FLOPs of a forward pass: matrices and convolutions; attention over the context */
  wb_i128 weights, cache, activations, runtime, total; /* of serving */
  wb_i128 gradients, optimizer, adapters, training;    /* of training, with weights and activations */
} wb_exact_figures;

wb_exact_figures wb_exact_serving(const wb_serving *serving);

/* What a function answers to one question about a model, held against the exact figure. False: it does not apply, or it
 * has no exact figure to be held against. Fails lang_overflow. */
bool wb_deviate(wb_model *model, const wb_decl *function, const char *question, const wb_method_question *asked,
                const wb_exact_figures *exact, wb_deviation *out);

#endif
