/* Where things lie: which share of a tensor or a cache one rank of a layout holds. */
#ifndef WB_ESTIMATE_PLACEMENT_H
#define WB_ESTIMATE_PLACEMENT_H

#include "model/model.h"

typedef struct wb_layout {
  uint32_t tp, pp, ep; /* tensor, pipeline, expert parallel; tp × pp devices, experts spread over ep of tp */
} wb_layout;

/* The layers of a stack are cut evenly over the stages, earlier ones first; what stands outside of layers lies on the
 * first stage, heads and what follows the layers on the last. */
typedef struct wb_stage {
  uint32_t index, count;
} wb_stage;

/* Elements of a row on one rank of a stage. Cut by whole heads or columns, at least one each; what is not cut is on every
 * rank. Fails on overflow. */
wb_num wb_row_on_rank(wb_ctx *ctx, const wb_model *model, const wb_row *row, const wb_layout *layout, wb_stage stage);

/* Layers of a cache or state on a stage, and the share of one layer's elements on a rank. */
wb_num wb_kept_layers(const wb_model *model, const wb_kept *kept, wb_stage stage);
wb_num wb_kept_share(wb_ctx *ctx, const wb_kept *kept, const wb_layout *layout);

#endif
