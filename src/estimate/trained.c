#include "estimate/trained.h"

#include <string.h>

/* One thing that does not train. */
typedef struct frozen {
  wb_str name;
  bool is_group, is_layers;
  wb_group group;
  wb_str stack; /* layers: the name before the numbers, with its dot */
  uint32_t low, high;
} frozen;

typedef struct training {
  wb_model *m;
  const frozen *frozen;
  size_t count;
  wb_trained_ops *out;
} training;

/* ---- what was said ---- */

/* "model.layers.0-15": a name up to a dot and the numbers of layers behind it. */
static bool read_layers(wb_str name, frozen *out) {
  size_t digits = name.len;
  while (digits && ((name.ptr[digits - 1] >= '0' && name.ptr[digits - 1] <= '9') || name.ptr[digits - 1] == '-'))
    digits--;
  if (digits == name.len || (digits && name.ptr[digits - 1] != '.')) return false;
  wb_str numbers = wb_str_slice(name, digits, name.len);
  const char *dash = memchr(numbers.ptr, '-', numbers.len);
  size_t first = dash ? (size_t)(dash - numbers.ptr) : numbers.len;
  wb_num low, high;
  if (!wb_num_parse(wb_str_slice(numbers, 0, first), &low)) return false;
  high = low;
  if (dash && !wb_num_parse(wb_str_slice(numbers, first + 1, numbers.len), &high)) return false;
  if (low.num > UINT32_MAX || high.num > UINT32_MAX) return false;
  out->stack = wb_str_slice(name, 0, digits);
  out->low = (uint32_t)low.num;
  out->high = (uint32_t)high.num;
  return true;
}

static frozen read_one(wb_str name) {
  frozen out = {.name = name};
  out.is_group = wb_group_parse(name, &out.group);
  out.is_layers = !out.is_group && read_layers(name, &out);
  return out;
}

static size_t stack_end(wb_str pattern) {
  const char *mark = memchr(pattern.ptr, WB_INDEX_MARK, pattern.len);
  return mark ? (size_t)(mark - pattern.ptr) : pattern.len;
}

/* Whether it names a tensor or a place, of layers the stack that they are in. */
static bool names(const frozen *f, wb_str pattern, wb_group group) {
  if (f->is_group) return group == f->group;
  if (f->is_layers) return wb_str_eq(wb_str_slice(pattern, 0, stack_end(pattern)), f->stack);
  return wb_str_starts(pattern, f->name) && (pattern.len == f->name.len || pattern.ptr[f->name.len] == '.');
}

/* ---- layers of one operation ---- */

static bool trains_at(const training *t, wb_str pattern, wb_group group, uint32_t layer) {
  for (size_t i = 0; i < t->count; i++) {
    const frozen *f = &t->frozen[i];
    if (names(f, pattern, group) && (!f->is_layers || (layer >= f->low && layer <= f->high))) return false;
  }
  return true;
}

/* A matrix that is stored elsewhere trains with the place and group of the operation that reads it. */
static bool borrows(const wb_op_use *use) {
  if (use->end_row > use->first_row) return false;
  for (size_t i = 0; i < use->operation->costs.count; i++) {
    const wb_stmt *line = use->operation->costs.items[i];
    if (line->kind == WB_S_COST && line->cost == WB_COST_WEIGHTS) return true;
  }
  return false;
}

static bool own_trains(const training *t, const wb_op_use *use, uint32_t layer) {
  for (size_t r = use->first_row; r < use->end_row; r++) {
    const wb_row *row = &t->m->rows[r];
    if (row->kind != WB_BUFFER && trains_at(t, row->pattern, row->group, layer)) return true;
  }
  return borrows(use) && trains_at(t, use->pattern, use->group, layer);
}

/* Whether a frozen thing is there: some operation has such a tensor, in a layer that is meant. */
static bool holds_any(const wb_op_use *use, const frozen *f) {
  const wb_number_set *set = use->index_count ? use->indices[0] : NULL;
  if (!f->is_layers) return true;
  for (size_t r = 0; set && r < set->range_count; r++)
    if (set->ranges[r].low <= f->high && f->low <= set->ranges[r].high && f->low <= f->high) return true;
  return false;
}

static bool is_there(const wb_model *m, const frozen *f) {
  for (size_t i = 0; i < m->op_count; i++) {
    const wb_op_use *use = &m->ops[i];
    if (!holds_any(use, f)) continue;
    if (borrows(use) && names(f, use->pattern, use->group)) return true;
    for (size_t r = use->first_row; r < use->end_row; r++)
      if (m->rows[r].kind != WB_BUFFER && names(f, m->rows[r].pattern, m->rows[r].group)) return true;
  }
  return false;
}

typedef bool (*layer_test)(const training *t, size_t op, uint32_t layer);

/* The share of an operation's layers for which a test holds; without layers it is asked once. Without frozen layers
 * one answer holds for all. */
static wb_num share_of_layers(const training *t, size_t op, bool by_layer, layer_test test) {
  const wb_op_use *use = &t->m->ops[op];
  const wb_number_set *set = use->index_count ? use->indices[0] : NULL;
  if (use->no_gradient) return wb_num_int(0);
  if (!set || !set->size) return wb_num_int(test(t, op, 0));
  if (!by_layer) return wb_num_int(test(t, op, set->ranges[0].low));
  wb_num out = wb_num_int(0);
  wb_i128 held = 0;
  for (size_t r = 0; r < set->range_count; r++)
    for (uint32_t layer = set->ranges[r].low; layer <= set->ranges[r].high; layer++) {
      wb_step(&t->m->ctx, WB_NOWHERE);
      held += test(t, op, layer);
    }
  wb_num_div(wb_num_int(held), wb_num_int((wb_i128)set->size), &out);
  return out;
}

static wb_num share(const training *t, size_t op, bool by_layer, layer_test test) {
  wb_num out = share_of_layers(t, op, by_layer, test);
  wb_num_mul(out, t->m->ops[op].trained, &out); /* shares: they fit */
  return out;
}

static bool test_own(const training *t, size_t op, uint32_t layer) { return own_trains(t, &t->m->ops[op], layer); }

/* ---- what lies before ---- */

static bool same_stack(const wb_op_use *a, const wb_op_use *b) {
  if (!a->index_count || !b->index_count) return false;
  return wb_str_eq(wb_str_slice(a->pattern, 0, stack_end(a->pattern)),
                   wb_str_slice(b->pattern, 0, stack_end(b->pattern)));
}

/* Of the same stack: an earlier layer lies before, and in the same layer what feeds into it. */
static bool before_in_stack(const training *t, size_t op, size_t other, uint32_t layer, bool feeds) {
  const wb_op_use *a = &t->m->ops[op], *b = &t->m->ops[other];
  const wb_number_set *set = b->indices[0];
  for (size_t r = 0; r < set->range_count; r++)
    for (uint32_t i = set->ranges[r].low; i <= set->ranges[r].high && i < layer; i++) {
      wb_step(&t->m->ctx, WB_NOWHERE);
      if (own_trains(t, b, i)) return true;
    }
  return feeds && a->indices[0] == b->indices[0] && own_trains(t, b, layer);
}

static const wb_shape *input_of(const training *t, const wb_op_use *use, size_t which) {
  wb_binding *input = wb_scope_find(&t->m->ctx, use->scope, use->operation->params[which].name);
  return input && input->state == WB_EVALUATED && input->value.kind == WB_SHAPE ? input->value.u.shape : NULL;
}

static bool feeds_into(const training *t, size_t op, size_t other) {
  const wb_op_use *use = &t->m->ops[op];
  for (size_t i = 0; i < use->operation->param_count; i++) {
    const wb_shape *shape = input_of(t, use, i);
    if (shape && other / 64 < shape->from_words && shape->from[other / 64] >> (other % 64) & 1) return true;
  }
  return false;
}

static bool test_input(const training *t, size_t op, uint32_t layer) {
  bool any = false;
  for (size_t i = 0; i < t->m->op_count && !any; i++) {
    if (!t->out->own[i].num) continue;
    const bool feeds = feeds_into(t, op, i), stack = same_stack(&t->m->ops[op], &t->m->ops[i]);
    /* The first layer's operations do not see those of later layers; what feeds a stack feeds all of its layers. */
    any = stack ? before_in_stack(t, op, i, layer, feeds) : feeds;
  }
  return any;
}

/* Without frozen things: whatever stores a tensor trains in all layers, and a layer after the first has others before. */
static bool test_any_input(const training *t, size_t op, uint32_t layer) {
  (void)layer;
  for (size_t i = 0; i < t->m->op_count; i++)
    if (t->out->own[i].num && feeds_into(t, op, i)) return true;
  return false;
}

wb_trained_ops *wb_trained_build(wb_model *m, const wb_str *frozen_names, size_t count) {
  wb_trained_ops *out = WB_NEW(&m->ctx, wb_trained_ops);
  frozen *all = WB_NEWN(&m->ctx, frozen, count);
  const training t = {m, all, count, out};
  out->own = WB_NEWN(&m->ctx, wb_num, m->op_count);
  out->input = WB_NEWN(&m->ctx, wb_num, m->op_count);
  for (size_t i = 0; i < count; i++) {
    all[i] = read_one(frozen_names[i]);
    if (!is_there(m, &all[i])) WB_FAIL(&m->ctx, WB_FROZEN_UNKNOWN, WB_NOWHERE, all[i].name);
  }
  for (size_t i = 0; i < m->op_count; i++) out->own[i] = share(&t, i, count > 0, test_own);
  for (size_t i = 0; i < m->op_count; i++) out->input[i] = share(&t, i, count > 0, count ? test_input : test_any_input);
  return out;
}
