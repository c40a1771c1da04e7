/* A log against the estimate: which model and set-up it is about, what was predicted for it, what lies outside. */
#ifndef WB_ESTIMATE_LOGGED_H
#define WB_ESTIMATE_LOGGED_H

#include "estimate/serving.h"
#include "source/log.h"

/* A figure that the estimate has for a quantity of the log. */
typedef struct wb_predicted {
  const char *quantity; /* a row of data/logs/quantities.tsv */
  wb_bytes value;       /* bytes, tokens, blocks: as the quantity's unit says */
  wb_basis basis;
  bool sum; /* of everything that the log has of it; else of the rank that has most */
} wb_predicted;

#define WB_PREDICTED_MAX 16

typedef struct wb_compared {
  wb_predicted predicted;
  const wb_log_fact *fact; /* the printed one, or the first of a sum */
  wb_num logged, half;
  double difference; /* of the prediction, in percent of what was logged; 0 when that is 0 */
  bool inside;       /* the printed figure, give or take half a digit, meets the interval */
} wb_compared;

typedef struct wb_log_check {
  wb_compared items[WB_PREDICTED_MAX];
  size_t count;
  bool yes; /* all inside */
} wb_log_check;

/* The published model that the log names, as the catalogue calls it; empty: none, or several would do. */
wb_str wb_log_model(wb_ctx *ctx, const wb_log *log);

/* The set-up that the log tells of; what is set in `asked` stays. */
weigh_serving wb_log_serving(wb_ctx *ctx, const wb_log *log, const weigh_serving *asked);

/* What the estimate says of the log's quantities. Returns how many. */
size_t wb_log_predict(wb_model *model, const wb_log *log, const weigh_serving *asked,
                      wb_predicted out[WB_PREDICTED_MAX]);

wb_log_check wb_log_compare(wb_model *model, const wb_log *log, const weigh_serving *asked);

#endif
