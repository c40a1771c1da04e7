#include "expr/axis.h"

static wb_value product(wb_ctx *ctx, wb_place place, wb_binding *const *factors, uint32_t count) {
  wb_value out = wb_integer(1);
  for (uint32_t i = 0; i < count; i++) out = wb_binary(ctx, place, WB_OP_MUL, &out, wb_force(ctx, factors[i]));
  return out;
}

wb_value wb_axis_length(wb_ctx *ctx, wb_place place, const wb_axis *axis) {
  return axis ? product(ctx, place, axis->extents, axis->rank) : wb_integer(1);
}

wb_value wb_axis_segments(wb_ctx *ctx, wb_place place, const wb_axis *axis) {
  return axis ? product(ctx, place, axis->segments, axis->segment_count) : wb_integer(1);
}

wb_value wb_axis_rows(wb_ctx *ctx, wb_place place, const wb_axis *axis) {
  wb_value length = wb_axis_length(ctx, place, axis), segments = wb_axis_segments(ctx, place, axis);
  return wb_binary(ctx, place, WB_OP_MUL, &segments, &length);
}

wb_value wb_axis_past(wb_ctx *ctx, const wb_axis *axis) {
  return axis && axis->past ? *wb_force(ctx, axis->past) : wb_integer(0);
}

wb_value wb_axis_extent(wb_ctx *ctx, const wb_axis *axis, uint32_t which) {
  return axis && which < axis->rank ? *wb_force(ctx, axis->extents[which]) : wb_integer(1);
}

wb_value wb_shape_elements(wb_ctx *ctx, wb_place place, const wb_shape *shape) {
  wb_value rows = wb_axis_rows(ctx, place, shape->positions), width = wb_number(wb_shape_width(ctx, shape, place));
  return wb_binary(ctx, place, WB_OP_MUL, &rows, &width);
}
