/* A log against the estimate: which model and set-up it is about, what was predicted for it, what lies outside. */
#ifndef WB_ESTIMATE_LOGGED_H
#define WB_ESTIMATE_LOGGED_H

#include "estimate/serving.h"
#include "source/log.h"

/* What has to be known of a set-up before a quantity is predicted; of several that are missing the first is told. */
typedef enum wb_log_need {
  WB_LOG_NEEDS_SET_UP = 1,   /* one that the engine takes */
  WB_LOG_NEEDS_WEIGHTS = 2,  /* their format */
  WB_LOG_NEEDS_CACHE = 4,    /* its type */
  WB_LOG_NEEDS_TARGET = 8,   /* nothing is drafted, attention is not data parallel */
  WB_LOG_NEEDS_CARD = 16,    /* its memory */
  WB_LOG_NEEDS_PLACES = 32,  /* what stands on cards, what on the host */
  WB_LOG_NEEDS_CONTEXT = 64, /* the length of requests */
} wb_log_need;
#define WB_LOG_NEEDS 7

/* The question that a log asks. */
typedef struct wb_log_set_up {
  weigh_serving serving;
  wb_str family;  /* its rows in data/logs/options.tsv */
  unsigned known; /* wb_log_need */
  bool assumed;   /* the weights' format is named, not described: with its usual settings */
  wb_str format;  /* of the weights, as the log names it */
  wb_str cache;   /* its type, likewise */
} wb_log_set_up;

/* Which figures of a log a prediction is for, and what is made of several. */
typedef enum wb_log_fold {
  WB_LOG_MOST,       /* of the rank or device that has most */
  WB_LOG_SUM,        /* of everything */
  WB_LOG_OF_DEVICES, /* sum of what stands on cards */
  WB_LOG_OF_HOST,    /* sum of what stands in host memory */
  WB_LOG_TOP_DEVICE  /* of the card that has most */
} wb_log_fold;

/* A figure that the estimate has for a quantity of the log: bytes, tokens, blocks, as the quantity's unit says. */
typedef struct wb_predicted {
  const char *quantity; /* a row of data/logs/quantities.tsv */
  wb_num low, best, high;
  wb_basis basis;
  wb_log_fold fold;
  const char *given; /* the quantity of the log that it was predicted from; NULL: from the set-up alone */
} wb_predicted;

#define WB_PREDICTED_MAX 32

/* Quantities of the log that were not predicted, by what is missing. */
typedef struct wb_log_prediction {
  wb_predicted items[WB_PREDICTED_MAX];
  size_t count;
  wb_text skipped[WB_LOG_NEEDS]; /* "weights, kv_cache_pool" */
  wb_log_set_up set_up;
} wb_log_prediction;

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
  wb_log_prediction prediction;
} wb_log_check;

/* The published model that the log names, as the catalogue calls it; empty: none, or several would do. */
wb_str wb_log_model(wb_ctx *ctx, const wb_log *log);

/* The set-up that the log tells of; what is set in `asked` stays. */
wb_log_set_up wb_log_set_up_of(wb_model *model, const wb_log *log, const weigh_serving *asked);

/* What the estimate says of the log's quantities. Fails as wb_serving_new does for what was asked without the log. */
wb_log_prediction wb_log_predict(wb_model *model, const wb_log *log, const weigh_serving *asked);

wb_log_check wb_log_compare(wb_model *model, const wb_log *log, const weigh_serving *asked);

/* ---- for the files of this module ---- */

/* The first figure of a quantity that an engine (not a tool) printed; NULL: none. */
const wb_log_fact *wb_log_fact_of(const wb_log *log, const char *quantity);
/* The least of them, of those that are above 0. */
const wb_log_fact *wb_log_least_of(const wb_log *log, const char *quantity);
/* Whether a device's or buffer's name is that of host memory (data/logs/devices.tsv). */
bool wb_log_on_host(wb_str device);
/* A cell of the row of the log's engine in data/logs/engines.tsv. */
wb_str wb_log_engine_cell(wb_str engine, size_t column);

#endif
