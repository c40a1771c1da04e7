/* How many positions an activation has. Without positions (a description read alone) one of each. */
#ifndef WB_EXPR_AXIS_H
#define WB_EXPR_AXIS_H

#include "expr/eval.h"

wb_value wb_axis_length(wb_ctx *ctx, wb_place place, const wb_axis *axis); /* in one segment */
wb_value wb_axis_segments(wb_ctx *ctx, wb_place place,
                          const wb_axis *axis);                          /* independent sequences, images, windows */
wb_value wb_axis_rows(wb_ctx *ctx, wb_place place, const wb_axis *axis); /* in all segments */
wb_value wb_axis_past(wb_ctx *ctx, const wb_axis *axis);                 /* kept before those of this pass */
wb_value wb_axis_extent(wb_ctx *ctx, const wb_axis *axis, uint32_t which);

/* rows × width: the elements of an activation. */
wb_value wb_shape_elements(wb_ctx *ctx, wb_place place, const wb_shape *shape);

#endif
