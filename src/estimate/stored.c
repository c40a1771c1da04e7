#include "estimate/stored.h"

#include <stdlib.h>

#include "estimate/loaded.h"

typedef struct listing {
  wb_model *model;
  wb_stored *rows;
  size_t count, cap;
} listing;

static void add(listing *l, const wb_row *row, wb_str format, wb_num bytes) {
  WB_PUSH_ROOM(&l->model->ctx, l->rows, l->count, l->cap);
  wb_num_ceil(bytes, &bytes);
  l->rows[l->count++] = (wb_stored){*row, format, bytes.num};
}

static void add_items(listing *l, const wb_weights *w) {
  for (size_t i = 0; i < w->count; i++) {
    const wb_weight *item = &w->items[i];
    add(l, &item->row, item->format ? item->format->name : item->dtype, item->stored);
  }
}

/* ---- GGUF: of each row the layers of one type together ---- */

static int by_place(const void *a, const void *b) {
  const wb_gguf_tensor *x = *(const wb_gguf_tensor *const *)a, *y = *(const wb_gguf_tensor *const *)b;
  if (x->tag != y->tag) return x->tag < y->tag ? -1 : 1;
  return x->block < y->block ? -1 : x->block > y->block;
}

static const wb_gguf_tensor **in_places(wb_ctx *ctx, const wb_gguf_plan *plan) {
  const wb_gguf_tensor **out = WB_NEWN(ctx, const wb_gguf_tensor *, plan->count + 1);
  for (size_t i = 0; i < plan->count; i++) out[i] = &plan->tensors[i];
  if (plan->count) qsort(out, plan->count, sizeof *out, by_place);
  return out;
}

/* A row's layer, and the type of what became of it there. */
typedef struct layer {
  int64_t block;
  wb_str type;
} layer;

static size_t layers_of(const wb_gguf_tensor *const *tensors, size_t count, layer *out) {
  size_t n = 0;
  for (size_t i = 0; i < count; i++) {
    const wb_str type = tensors[i]->type ? tensors[i]->type->name : WB_STR("");
    if (!n || out[n - 1].block != tensors[i]->block) out[n++] = (layer){tensors[i]->block, type};
    else if (!wb_str_eq(out[n - 1].type, type)) out[n - 1].type = WB_STR("mixed");
  }
  return n;
}

/* The layers from the first of these on that have its type. */
static void add_alike(listing *l, const wb_gguf_plan *plan, size_t row, const layer *layers, size_t count) {
  wb_ctx *ctx = &l->model->ctx;
  wb_row part = l->model->rows[row];
  if (part.index_count) {
    wb_number_set *set = WB_NEW(ctx, wb_number_set);
    for (size_t i = 0; i < count; i++)
      if (wb_str_eq(layers[i].type, layers[0].type)) wb_numbers_add(ctx, set, (uint32_t)layers[i].block);
    const wb_num all = wb_num_int((wb_i128)part.indices[0]->size), here = wb_num_int((wb_i128)set->size);
    if (wb_num_mul(part.copies, here, &part.copies)) wb_num_div(part.copies, all, &part.copies);
    part.indices[0] = set;
  }
  add(l, &part, layers[0].type, wb_gguf_tensor_bytes(l->model, plan, row, layers[0].block));
}

static bool listed(const listing *l, size_t from, wb_str type) {
  for (size_t i = from; i < l->count; i++)
    if (wb_str_eq(l->rows[i].format, type)) return true;
  return false;
}

static void add_file(listing *l, const wb_gguf_plan *plan) {
  wb_ctx *ctx = &l->model->ctx;
  const wb_gguf_tensor **tensors = in_places(ctx, plan);
  layer *layers = WB_NEWN(ctx, layer, plan->count + 1);
  for (size_t row = 0, at = 0, end; row < l->model->row_count; row++, at = end) {
    for (end = at; end < plan->count && tensors[end]->tag == row;) end++;
    const size_t count = layers_of(tensors + at, end - at, layers), from = l->count;
    if (l->model->rows[row].kind == WB_TIED) continue;
    if (!count) add(l, &l->model->rows[row], WB_STR(""), wb_num_int(0));
    for (size_t i = 0; i < count; i++)
      if (!listed(l, from, layers[i].type)) add_alike(l, plan, row, layers + i, count - i);
  }
}

wb_stored *wb_stored_rows(wb_model *m, wb_str asked, size_t *count) {
  const wb_loaded loaded = wb_loaded_as(m, asked, WB_STR(""), false);
  listing l = {.model = m};
  if (loaded.gguf) add_file(&l, loaded.gguf);
  else add_items(&l, loaded.weights);
  for (size_t i = 0; i < m->row_count; i++)
    if (m->rows[i].kind == WB_TIED) add(&l, &m->rows[i], WB_STR(""), wb_num_int(0));
  *count = l.count;
  return l.rows;
}
