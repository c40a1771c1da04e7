/* Along which positions operations run: tokens of text, patches of an image, frames of sound. */
#include "expr/eval.h"
#include "model/walk.h"

static wb_binding *quantity(wb_walk *w, wb_quantity which) {
  const wb_scope *root = w->root;
  for (size_t i = 0; i < root->count; i++)
    if (wb_str_is(root->items[i]->name->name, WB_QUANTITIES[which].name)) return root->items[i];
  return NULL;
}

/* An unnamed binding that stands for a quantity of the workload, with an expression that names it. */
static wb_binding *named(wb_walk *w, wb_quantity which) {
  wb_binding *found = quantity(w, which), *out = WB_NEW(w->ctx, wb_binding);
  wb_expr *name = WB_NEW(w->ctx, wb_expr);
  name->kind = WB_X_NAME;
  name->u.name = found->name;
  *out = (wb_binding){.name = found->name, .expr = name, .scope = w->root};
  return out;
}

/* The positions of a language model's text: `new_tokens` of each of `batch` sequences, after `past_tokens`. */
const wb_axis *wb_text_positions(wb_walk *w) {
  wb_axis *axis = WB_NEW(w->ctx, wb_axis);
  *axis = (wb_axis){.segments = {named(w, WB_Q_BATCH)},
                    .segment_count = 1,
                    .extents = {named(w, WB_Q_NEW)},
                    .rank = 1,
                    .past = named(w, WB_Q_PAST)};
  return axis;
}

static wb_binding *unnamed(wb_walk *w, const wb_expr *expr, wb_scope *scope) {
  wb_binding *out = WB_NEW(w->ctx, wb_binding);
  *out = (wb_binding){.expr = expr, .scope = scope};
  wb_eval(w->ctx, expr, scope); /* faults show where they are written */
  return out;
}

const wb_axis *wb_positions(wb_walk *w, const wb_on *on, const wb_axis *base, wb_scope *scope) {
  wb_axis *axis = WB_NEW(w->ctx, wb_axis);
  *axis = *base;
  axis->rank = on->rank;
  for (uint32_t i = 0; i < on->rank; i++) axis->extents[i] = unnamed(w, on->extents[i], scope);
  axis->past = on->past ? unnamed(w, on->past, scope) : NULL;
  if (!on->times) return axis;
  if (axis->segment_count == WB_MAX_SEGMENTS) WB_FAIL(w->ctx, WB_TOO_DEEP, on->times->place, WB_STR("6"));
  axis->segments[axis->segment_count++] = unnamed(w, on->times, scope);
  return axis;
}

void wb_walk_on(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  const wb_axis *outer = w->positions;
  if (outer) w->positions = wb_positions(w, stmt->on, outer, f->scope);
  wb_walk_body(w, f, &stmt->body);
  w->positions = outer;
}

/* `here`: an activation without features, for operations that are given none to ask for their rows. */
static void bind_here(wb_walk *w, wb_frame *f) {
  wb_shape *shape = WB_NEW(w->ctx, wb_shape);
  shape->positions = w->positions;
  wb_bind_value(w->ctx, f->scope, w->lib->here, (wb_value){.kind = WB_SHAPE, .u.shape = shape});
}

void wb_enter_operation(wb_walk *w, wb_frame *f) {
  f->first_row = w->model->row_count;
  f->positions = w->positions;
  bind_here(w, f);
  if (!f->decl->param_count) return;
  wb_binding *first = wb_scope_find_here(f->scope, f->decl->params[0].name);
  const wb_value *value = first ? wb_force(w->ctx, first) : NULL;
  if (value && value->kind == WB_SHAPE && value->u.shape->positions) f->positions = value->u.shape->positions;
}
