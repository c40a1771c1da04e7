/* One pass through a model: the workload's numbers, and what the closed forms give for them. */
#ifndef WB_ESTIMATE_PASS_H
#define WB_ESTIMATE_PASS_H

#include "estimate/compute.h"
#include "weigh/weigh.h"

typedef struct wb_pass {
  weigh_pass asked;
  wb_str dtype;
  wb_num dtype_bytes;
  wb_num sequences[64][3]; /* of a mix: count, new tokens, cached tokens */
  size_t sequence_count;   /* 0: all alike */
} wb_pass;

/* FLOPs by kind and bytes moved by one operation or by all. */
typedef struct wb_work {
  wb_num flops[WB_FLOP_KINDS];
  wb_num weight_bytes, read_bytes, written_bytes;
} wb_work;

/* Checks what was asked and fills in defaults. Fails model->ctx with pass_*. */
wb_pass wb_pass_new(wb_model *model, const weigh_pass *asked);
wb_compute_options wb_pass_options(wb_model *model, const wb_pass *pass);

/* Values of the open quantities for sequence group `which` of a mix (0 when there is none). */
void wb_pass_open(const wb_pass *pass, size_t which, wb_num open[WB_Q_COUNT]);

/* The work of a cost in the pass's phase, mixes added up (weights are read once). Fails the model's context on overflow. */
wb_work wb_pass_total(wb_model *model, const wb_cost *cost, const wb_pass *pass);

/* Warns of pictures, films and sounds that were asked for and that no part of the model reads. */
void wb_pass_warn(wb_model *model, const wb_cost *cost, const wb_pass *pass);

/* Sum of flops: without elementwise work unless asked. False on overflow. */
bool wb_work_total(const wb_pass *pass, const wb_work *work, wb_num *out);

/* The figures of a pass as forms, in this order: FLOPs by kind, then bytes of weights read, activations read, written. */
#define WB_PASS_FIGURES (WB_FLOP_KINDS + 3)
void wb_pass_figures(wb_ctx *ctx, const wb_cost *cost, const wb_pass *pass, wb_value out[WB_PASS_FIGURES]);

const char *wb_phase_name(weigh_phase phase);

#endif
