/* Placement: which share of a model stands on a device under tensor, data, context, expert and pipeline parallelism. */
#ifndef WB_ESTIMATE_PLACEMENT_H
#define WB_ESTIMATE_PLACEMENT_H

#include "model/model.h"

/* A group of dp · cp · tp cards holds each stage. */
typedef struct wb_layout {
  uint32_t tp; /* ranks that share attention and dense layers */
  uint32_t pp; /* stages */
  uint32_t dp; /* replicas of attention and dense layers, each with sequences of its own */
  uint32_t cp; /* ranks that each hold a part of every sequence, and all weights */
  uint32_t
      dcp; /* tp ranks that hold the same heads each hold a part of every sequence (vLLM's decode context parallel) */
  bool expert_parallel; /* routed experts are spread whole over the tp · dp ranks instead of cut */
} wb_layout;

/* A run of layers: from `from` to before `to`, of `total`. Stacks of other heights are cut in proportion. */
typedef struct wb_stage {
  uint32_t index;
  uint32_t from, to, total;
  bool first, last; /* holds what stands before, behind the layers */
  bool host;        /* in the machine's own memory */
} wb_stage;

bool wb_layout_eq(const wb_layout *a, const wb_layout *b);
bool wb_stage_eq(const wb_stage *a, const wb_stage *b);

/* How many tensors of a row stand on a stage, and the share of each that a rank holds. */
wb_num wb_row_copies(const wb_row *row, wb_stage stage);
wb_num wb_row_share(wb_ctx *ctx, const wb_row *row, const wb_layout *layout);

/* Layers of a stage that keep so, and the share of it that a rank keeps. */
wb_num wb_kept_layers(const wb_model *model, const wb_kept *kept, wb_stage stage);
wb_num wb_kept_share(wb_ctx *ctx, const wb_kept *kept, const wb_layout *layout);

/* Key/value heads of a rank (1 where a cache is not cut by heads). */
wb_num wb_kept_heads(wb_ctx *ctx, const wb_kept *kept, const wb_layout *layout);

/* Layers of the model's deepest stack. */
uint32_t wb_model_depth(const wb_model *model);

#endif
