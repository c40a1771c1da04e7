/* Compute: what a pass through a model does, operation by operation, as closed forms of the workload.
 *
 * FLOPs count a multiplication and an addition as two. `matmul` are products with stored matrices, `attention` products
 * of activations, `convolution` convolutions; `other` is elementwise work. Elements moved are those that an operation
 * reads and writes when it runs alone, unfused: each input and each stored tensor once, each result once, unless its
 * description says otherwise.
 */
#ifndef WB_ESTIMATE_COMPUTE_H
#define WB_ESTIMATE_COMPUTE_H

#include "model/model.h"

/* Elements in the dtype of the pass, and bytes of what keeps a dtype of its own. */
typedef struct wb_amount {
  wb_value elements, bytes;
} wb_amount;

/* What moves between memory and the arithmetic. */
typedef struct wb_moves {
  wb_amount weights;      /* stored tensors read */
  wb_amount gradients;    /* gradients of stored tensors written */
  wb_value reads, writes; /* activations, elements */
} wb_moves;

/* The work of some operations: closed forms, for all layers and all chosen experts together. */
typedef struct wb_cost {
  wb_value forward[WB_FLOP_KINDS], backward[WB_FLOP_KINDS];
  wb_value again[WB_FLOP_KINDS]; /* the part of forward inside layers: what checkpointing of layers runs again */
  wb_value recompute;            /* FLOPs that a fused attention does again in its backward */
  wb_moves forward_moves, backward_moves;
  wb_value update, update_reads, update_writes; /* of the optimizer: FLOPs, elements */
  wb_amount saves;                              /* what the backward needs */
} wb_cost;

typedef struct wb_op_cost {
  const wb_op_use *use;
  wb_cost cost;
  wb_value more[WB_FLOP_KINDS];   /* of the backward, beside one more forward for each gradient */
  wb_value temp;                  /* elements that live only while one such operation runs, in one layer */
  wb_num input_grad, weight_grad; /* the share of its layers in which each is asked for */
  bool only_training;             /* a loss, dropout: no part of a forward that does not train */
  bool is_update;                 /* no part of the pass: what the optimizer does after it */
} wb_op_cost;

typedef struct wb_compute_options {
  wb_str path;          /* of alternative computations: "expanded", "absorbed"; empty: expanded */
  bool with_mtp;        /* prediction layers take part */
  const wb_str *frozen; /* what does not train: groups, or beginnings of tensors' names */
  size_t frozen_count;
} wb_compute_options;

typedef struct wb_compute {
  wb_model *model;
  wb_op_cost *ops;
  size_t count, cap;
  wb_cost total;
} wb_compute;

/* Builds the closed forms. Fails model->ctx. */
wb_compute *wb_compute_build(wb_model *model, const wb_compute_options *options);

/* Sums of costs, for reports by layer or group. */
void wb_cost_zero(wb_cost *cost);
void wb_cost_add(wb_ctx *ctx, wb_cost *sum, wb_cost *more);

/* Forward passes without choices, made once for a model: training asks them of many lengths. */
wb_compute *wb_forward_passes(wb_model *model);

/* Elements that an operation reads and writes, in one layer and, with experts, for one of those that a token goes to. */
typedef struct wb_op_moves {
  const wb_op_use *use;
  wb_value reads, writes;
} wb_op_moves;

typedef struct wb_widest {
  wb_num open[WB_Q_COUNT], elements;
} wb_widest;

/* Of one token and of a whole pass the widest operation is asked for again and again. */
typedef struct wb_pass_moves {
  wb_op_moves *ops;
  size_t count;
  wb_widest widest[2];
  size_t widest_count; /* of all that were asked for; the last two are kept */
} wb_pass_moves;

/* Elements that the widest operation of a forward pass reads and writes, in one layer, for quantities as given. */
wb_num wb_pass_widest(wb_model *model, const wb_num open[WB_Q_COUNT]);

#endif
