#include "estimate/loaded.h"

static wb_num product(wb_ctx *ctx, wb_num a, wb_num b) {
  wb_num out;
  if (!wb_num_mul(a, b, &out)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  return out;
}

/* Items of the format's plan come first, then the model's rows for the tied heads among them. */
size_t wb_loaded_count(const wb_loaded *l) { return l->weights->count + l->model->row_count; }

static bool is_vocabulary(const wb_row *row) {
  return (row->group == WB_G_EMBEDDING || row->group == WB_G_HEAD) && row->rank == 2;
}

static wb_num filled_up(const wb_loaded *l, const wb_row *row, wb_num bytes) {
  if (l->vocabulary_multiple <= 1 || !is_vocabulary(row)) return bytes;
  const wb_num rows = row->dims[0]->value.u.num;
  wb_num out = bytes;
  const wb_i128 more = (rows.num + l->vocabulary_multiple - 1) / l->vocabulary_multiple * l->vocabulary_multiple;
  if (rows.num > 0 && more != rows.num) wb_num_div(product(&l->model->ctx, bytes, wb_num_int(more)), rows, &out);
  return out;
}

static wb_loaded_row of_plan(const wb_loaded *l, const wb_layout *layout, wb_stage stage, const wb_weight *w) {
  wb_ctx *ctx = &l->model->ctx;
  const wb_num share = wb_row_share(ctx, &w->row, layout);
  wb_loaded_row out = {.row = &w->row, .format = w->format ? w->format->name : w->dtype};
  out.tensors = w->row.mtp && !l->with_mtp ? wb_num_int(0) : wb_row_copies(l->model, &w->row, stage);
  if (w->row.routed && layout->expert_parallel) { /* whole experts */
    out.tensors = product(ctx, out.tensors, share);
    out.bytes = w->loaded;
  } else {
    out.bytes = wb_weight_share(l->weights, w, w->row.cut, share, true);
  }
  out.bytes = filled_up(l, &w->row, out.bytes);
  return out;
}

/* A tied head is a tensor of its own where the embedding stands on another device. */
static wb_loaded_row of_tied(const wb_loaded *l, const wb_layout *layout, wb_stage stage, const wb_row *row) {
  wb_ctx *ctx = &l->model->ctx;
  wb_loaded_row out = {.row = row, .tensors = wb_num_int(0), .bytes = wb_num_int(0), .format = row->dtype};
  if (row->kind != WB_TIED || row->mtp || row->group != WB_G_HEAD || !stage.last || stage.first) return out;
  out.tensors = wb_row_copies(l->model, row, stage);
  out.bytes = product(ctx, row->elements, wb_num_int((wb_i128)wb_dtype_bytes(row->dtype)));
  out.bytes = filled_up(l, row, product(ctx, out.bytes, wb_row_share(ctx, row, layout)));
  return out;
}

wb_loaded_row wb_loaded_at(const wb_loaded *l, const wb_layout *layout, wb_stage stage, size_t i) {
  const size_t items = l->weights->count;
  return i < items ? of_plan(l, layout, stage, &l->weights->items[i])
                   : of_tied(l, layout, stage, &l->model->rows[i - items]);
}

wb_i128 wb_loaded_bytes(const wb_loaded *l, const wb_layout *layout, wb_stage stage) {
  wb_ctx *ctx = &l->model->ctx;
  wb_num sum = wb_num_int(0);
  for (size_t i = 0; i < wb_loaded_count(l); i++) {
    const wb_loaded_row row = wb_loaded_at(l, layout, stage, i);
    if (row.tensors.num && !wb_num_add(sum, product(ctx, row.tensors, row.bytes), &sum))
      WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
  }
  wb_num_ceil(sum, &sum);
  return sum.num;
}
