/* Training: what one rank holds, exact for parameters, gradients and states, by named methods for what a pass keeps. */
#ifndef WB_ESTIMATE_TRAIN_H
#define WB_ESTIMATE_TRAIN_H

#include "estimate/adapter.h"
#include "estimate/deviation.h"
#include "estimate/machine.h"
#include "estimate/pass.h"
#include "estimate/sharding.h"

/* A row of data/training/modes.tsv. */
typedef struct wb_train_mode {
  wb_str name, trains, adapter, quant, rest, precision, batch, reference, source;
} wb_train_mode;
bool wb_train_mode_next(size_t *at, wb_train_mode *out);
/* Fails train_mode_unknown. */
wb_train_mode wb_train_mode_find(wb_ctx *ctx, wb_str name);

typedef struct wb_train_part {
  wb_str name; /* "weights", "gradients" … */
  wb_i128 low, best, high;
  wb_basis basis;
  wb_str source;
  bool host;
} wb_train_part;

/* A part that a method tells: which quantity of it is the part's best figure. */
typedef struct wb_train_told {
  wb_str name;
  const wb_method_result *result;
  const char *best;
} wb_train_told;

#define WB_TRAIN_TOLD 3

typedef struct wb_train {
  wb_model *model;
  wb_train_mode mode;
  weigh_training asked;              /* with defaults filled in */
  bool precision_given, own_adapter; /* own: the mode's, as none was named */
  const wb_adapter *adapter;         /* NULL: all weights train */
  wb_trained_list trained, frozen;
  wb_optimizer optimizer;
  wb_num trainable, total; /* parameters; of the whole with the adapter */
  wb_num passes;           /* sequences in a pass */
  wb_train_part *parts;    /* of the fullest rank */
  size_t part_count, part_cap;
  wb_precision policy;
  wb_sharding_ask sharding; /* what of it one rank holds, and the answer */
  wb_sharded sharded;
  wb_trained_list copied; /* of the reference model, which is held as frozen weights are */
  wb_sharding_ask reference;
  wb_sharded referenced;
  wb_train_told told[WB_TRAIN_TOLD];
  size_t told_count;
  wb_i128 low, best, high, host;
  wb_card card; /* usable_bytes 0: none was named */
  bool fits;    /* with the reserve */
} wb_train;

/* One mode. Fails with train_*, adapter_*, optimizer_*, sharding_*, weights_unknown, gpu_unknown. */
wb_train *wb_train_new(wb_model *model, const weigh_training *asked, wb_str mode);

/* The same; NULL where it is refused (an adapter that finds nothing to adapt, say), and `why` says so. Fails where a limit of
 * memory or work is reached. */
wb_train *wb_train_try(wb_model *model, const weigh_training *asked, wb_str mode, wb_failure *why);

/* What the backward needs of each operation, added up, for a model that no method knows; its workload is in effect then. False
 * where it is no number. */
bool wb_train_saved(const wb_train *train, wb_pass *numbers, wb_num *bytes);

/* Exact figures that causes are told by, and what the question says to a method. */
wb_exact_figures wb_exact_training(const wb_train *train);
wb_method_question wb_question_of_training(const wb_train *train);

#endif
