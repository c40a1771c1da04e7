#include "estimate/compare.h"

#include <string.h>

#define NOTABLE 0.01

static void reason(wb_comparison *c, wb_message_id id) {
  for (size_t i = 0; i < c->reason_count; i++)
    if (c->reasons[i] == id) return;
  if (c->reason_count < WB_REASONS) c->reasons[c->reason_count++] = id;
}

static bool stored_as(const wb_row *row, const char *part) { return wb_str_holds(row->pattern, wb_str_of(part)); }

static wb_num hidden_of(const wb_method_result *result) {
  for (size_t i = 0; i < result->derivation->count; i++)
    if (wb_str_is(result->derivation->nodes[i]->name, "hidden")) return result->derivation->nodes[i]->value.u.num;
  return wb_num_int(0);
}

static void see_row(wb_comparison *c, const wb_row *row, wb_num hidden) {
  if (row->kind != WB_PARAM || row->mtp) return;
  if (row->group == WB_G_ATTENTION && stored_as(row, "kv_a_proj")) reason(c, WB_REASON_MLA);
  else if (row->group == WB_G_ATTENTION && (stored_as(row, "k_proj.weight") || stored_as(row, ".wk.")) &&
           row->rank == 2 && row->dims[0]->value.u.num.num < hidden.num)
    reason(c, WB_REASON_GQA);
  else if (row->group == WB_G_ATTENTION && stored_as(row, "q_proj.weight") && row->rank == 2 &&
           row->dims[0]->value.u.num.num != hidden.num)
    reason(c, WB_REASON_HEAD_DIM);
  if (row->group == WB_G_SHARED_EXPERT) reason(c, WB_REASON_SHARED);
  if (row->group == WB_G_STATE_SPACE || row->group == WB_G_CONVOLUTION) reason(c, WB_REASON_RECURRENT);
  if (row->group == WB_G_VISION || row->group == WB_G_AUDIO || row->group == WB_G_PROJECTOR)
    reason(c, WB_REASON_TOWERS);
}

/* Two matrices instead of three: as much goes into the inner width as comes out of it. Gate and up may be one tensor,
 * so elements are compared, not tensors. */
static bool ungated(const wb_model *m, wb_num hidden) {
  wb_num in = wb_num_int(0), out = wb_num_int(0);
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (row->group != WB_G_MLP || row->kind != WB_PARAM || row->mtp || row->rank != 2) continue;
    wb_num all;
    wb_num_mul(row->elements, row->copies, &all); /* fits: part of the total */
    wb_num *side = row->dims[1]->value.u.num.num == hidden.num ? &in : &out;
    wb_num_add(*side, all, side);
  }
  return in.num && in.num == out.num;
}

/* Positions, token types, embeddings per layer: what stands beside V·H. */
static bool more_embeddings(const wb_model *m, const wb_method_result *result) {
  for (size_t i = 0; i < result->derivation->count; i++) {
    const wb_node *node = result->derivation->nodes[i];
    if (!wb_str_is(node->name, "embedding") || node->value.kind != WB_NUM) continue;
    return wb_num_double(m->groups[WB_G_EMBEDDING]) > 1.001 * wb_num_double(node->value.u.num);
  }
  return false;
}

static wb_comparison compare(const wb_model *m, const wb_method_result *result) {
  wb_comparison c = {0};
  const wb_node *total = wb_method_quantity(result, "total");
  if (!total) return c;
  c.applies = true;
  c.total = total->value.u.num;
  if (!m->total.num) return c;
  const double exact = wb_num_double(m->total);
  c.relative = (wb_num_double(c.total) - exact) / exact;
  c.notable = c.relative >= NOTABLE || c.relative <= -NOTABLE;
  wb_num hidden = hidden_of(result);
  for (size_t i = 0; i < m->row_count; i++) see_row(&c, &m->rows[i], hidden);
  if (more_embeddings(m, result)) reason(&c, WB_REASON_EMBEDDINGS);
  if (ungated(m, hidden)) reason(&c, WB_REASON_UNGATED);
  return c;
}

const wb_comparison *wb_compare_config(wb_model *m) {
  if (m->comparison) return m->comparison;
  const wb_method_result result = wb_method_figures(m, "config", "params");
  wb_comparison *kept = WB_NEW(&m->ctx, wb_comparison);
  *kept = compare(m, &result);
  return m->comparison = kept;
}

void wb_warn_formula(wb_model *m, const wb_comparison *c) {
  wb_str difference = wb_str_fmt(&m->ctx, "%+.1f %%", 100 * c->relative);
  wb_warning *warning = wb_model_warn(m, WB_FORMULA_DIFFERENCE, 1, &difference);
  wb_message_id *details = WB_NEWN(&m->ctx, wb_message_id, c->reason_count);
  for (size_t i = 0; i < c->reason_count; i++) details[i] = c->reasons[i];
  warning->details = details;
  warning->detail_count = c->reason_count;
}

static size_t layer_prefix(const wb_row *row) {
  const char *mark = memchr(row->pattern.ptr, WB_INDEX_MARK, row->pattern.len);
  return mark ? (size_t)(mark - row->pattern.ptr) : 0;
}

static wb_layer_class *class_of(wb_model *m, const wb_row *row, wb_layer_class **classes, size_t *count, size_t *cap) {
  wb_row layer = *row;
  wb_text name = {.ctx = &m->ctx};
  layer.pattern = wb_str_slice(row->pattern, 0, layer_prefix(row) + 1);
  wb_row_print(&name, &layer);
  for (size_t i = 0; i < *count; i++)
    if (wb_str_eq((*classes)[i].name, wb_text_str(&name))) return &(*classes)[i];
  if (*count == *cap) *classes = wb_grow(&m->ctx, *classes, cap, sizeof **classes);
  (*classes)[*count] =
      (wb_layer_class){wb_text_str(&name), wb_num_int(row->indices[0]->size), wb_num_int(0), wb_num_int(0)};
  return &(*classes)[(*count)++];
}

size_t wb_layer_classes(wb_model *m, wb_layer_class **out) {
  size_t count = 0, cap = 0;
  *out = NULL;
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (row->kind != WB_PARAM || row->mtp || !row->index_count) continue;
    wb_layer_class *c = class_of(m, row, out, &count, &cap);
    wb_num all;
    wb_num_mul(row->elements, row->copies, &all); /* fits: part of the total */
    wb_num_add(c->all, all, &c->all);
  }
  for (size_t i = 0; i < count; i++) wb_num_div((*out)[i].all, (*out)[i].layers, &(*out)[i].each);
  return count;
}

wb_num wb_compare_config_kv(wb_model *m) {
  if (m->config_kv) return *m->config_kv;
  const wb_method_result result = wb_method_figures(m, "config", "kv");
  const wb_node *elements = wb_method_quantity(&result, "elements_per_token");
  wb_num *kept = WB_NEW(&m->ctx, wb_num);
  *kept = elements && elements->value.kind == WB_NUM ? elements->value.u.num : wb_num_int(0);
  m->config_kv = kept;
  return *kept;
}
