#include "estimate/trained.h"

static bool names_row(wb_str frozen, const wb_row *row) {
  wb_group group;
  if (wb_group_parse(frozen, &group)) return row->group == group;
  return wb_str_starts(row->pattern, frozen) &&
         (row->pattern.len == frozen.len || row->pattern.ptr[frozen.len] == '.');
}

static bool trains(const wb_row *row, const wb_str *frozen, size_t count) {
  if (row->kind == WB_BUFFER) return false;
  for (size_t i = 0; i < count; i++)
    if (names_row(frozen[i], row)) return false;
  return true;
}

/* A matrix that is stored elsewhere trains with the group that the operation is of. */
static bool borrows(const wb_op_use *use, const wb_str *frozen, size_t count) {
  bool reads = false;
  for (size_t i = 0; i < use->operation->body.count; i++) {
    const wb_stmt *line = use->operation->body.items[i];
    reads = reads || (line->kind == WB_S_COST && line->cost == WB_COST_WEIGHTS);
  }
  if (!reads || use->end_row > use->first_row) return false;
  wb_row like = {.pattern = use->pattern, .group = use->group};
  return trains(&like, frozen, count);
}

static void check(wb_model *m, wb_str frozen) {
  for (size_t i = 0; i < m->row_count; i++)
    if (names_row(frozen, &m->rows[i])) return;
  WB_FAIL(&m->ctx, WB_FROZEN_UNKNOWN, WB_NOWHERE, frozen);
}

/* The operation's first activation: what its input gradient would flow to. */
static const wb_shape *input_of(wb_ctx *ctx, const wb_op_use *use, size_t which) {
  wb_binding *input = wb_scope_find(ctx, use->scope, use->operation->params[which].name);
  return input && input->state == WB_EVALUATED && input->value.kind == WB_SHAPE ? input->value.u.shape : NULL;
}

static bool any_before(wb_ctx *ctx, const wb_trained *t, const wb_op_use *use) {
  for (size_t i = 0; i < use->operation->param_count; i++) {
    const wb_shape *shape = input_of(ctx, use, i);
    for (size_t n = 0; shape && n < shape->from_words * 64; n++)
      if (shape->from[n / 64] >> (n % 64) & 1 && t->own[n]) return true;
  }
  return false;
}

wb_trained *wb_trained_build(wb_model *m, const wb_str *frozen, size_t count) {
  wb_trained *t = WB_NEW(&m->ctx, wb_trained);
  t->own = WB_NEWN(&m->ctx, bool, m->op_count + 64);
  t->input = WB_NEWN(&m->ctx, bool, m->op_count + 1);
  for (size_t i = 0; i < count; i++) check(m, frozen[i]);
  for (size_t i = 0; i < m->op_count; i++) {
    const wb_op_use *use = &m->ops[i];
    for (size_t r = use->first_row; r < use->end_row; r++)
      t->own[i] = t->own[i] || trains(&m->rows[r], frozen, count);
    t->own[i] = t->own[i] || borrows(use, frozen, count);
  }
  for (size_t i = 0; i < m->op_count; i++) t->input[i] = any_before(&m->ctx, t, &m->ops[i]);
  return t;
}
