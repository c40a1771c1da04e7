#include "estimate/derive_parts.h"

#include "expr/eval.h"
#include "expr/form.h"
#include "expr/print.h"

static const wb_unit ELEMENTS = {{1, 0, 0, 0, 0, 0}};

wb_node *wb_d_new_node(wb_derivation *d, wb_str name, const void *key) {
  wb_node *node = WB_NEW(d->ctx, wb_node);
  node->name = name;
  node->key = key;
  node->formula = node->numbers = node->latex = node->source = WB_STR("");
  WB_PUSH_ROOM(d->ctx, d->nodes, d->count, d->cap);
  d->nodes[d->count++] = node;
  return node;
}

static wb_node *known(const wb_derivation *d, const void *key) {
  for (size_t i = 0; key && i < d->count; i++)
    if (d->nodes[i]->key == key) return d->nodes[i];
  return NULL;
}

void wb_d_add_child(wb_derivation *d, wb_node *node, const wb_node *child) {
  for (size_t i = 0; i < node->count; i++)
    if (node->children[i] == child) return;
  WB_PUSH_ROOM(d->ctx, node->children, node->count, node->cap);
  node->children[node->count++] = child;
}

static wb_str printed(wb_derivation *d, const wb_expr *expr, wb_style style, wb_scope *scope) {
  wb_text text = {.ctx = d->ctx};
  wb_expr_print(&text, expr, style, scope);
  return wb_text_str(&text);
}

static wb_str value_text(wb_derivation *d, const wb_value *value) {
  wb_text text = {.ctx = d->ctx};
  wb_value_print(&text, value);
  return wb_text_str(&text);
}

static void add_names(wb_derivation *d, wb_node *node, const wb_expr *expr, wb_scope *scope) {
  const wb_sym **names = NULL;
  size_t n = wb_expr_names(d->ctx, expr, &names);
  for (size_t i = 0; i < n; i++) {
    wb_binding *binding = wb_scope_find(d->ctx, scope, names[i]);
    if (!binding) continue; /* the counting name of a sum: bound inside the expression */
    if (wb_force(d->ctx, binding)->kind != WB_CLOSURE) wb_d_add_child(d, node, wb_derive_binding(d, binding));
  }
}

static void use_expr(wb_derivation *d, wb_node *node, const wb_expr *expr, wb_scope *scope) {
  if (!d->figures_only) {
    node->formula = printed(d, expr, WB_AS_LABELS, scope);
    node->numbers = printed(d, expr, WB_AS_NUMBERS, scope);
    node->latex = printed(d, expr, WB_AS_LATEX, scope);
  }
  add_names(d, node, expr, scope);
}

/* An activation stands in formulas as width(x): the product of the axes it was made with. */
static void use_shape(wb_derivation *d, wb_node *node, const wb_shape *shape) {
  wb_text formula = {.ctx = d->ctx}, numbers = {.ctx = d->ctx}, latex = {.ctx = d->ctx};
  node->name = wb_str_fmt(d->ctx, "width(%.*s)", WB_STR_ARG(node->name));
  node->value = wb_number(wb_shape_width(d->ctx, shape, WB_NOWHERE));
  for (uint32_t i = 0; i < shape->rank; i++) {
    const wb_binding *axis = shape->axes[i];
    if (i) wb_text_adds(&formula, " * "), wb_text_adds(&numbers, " * "), wb_text_adds(&latex, " \\cdot ");
    wb_value_print(&numbers, &axis->value);
    if (!axis->expr) {
      wb_value_print(&formula, &axis->value);
      continue;
    }
    bool bracket = shape->rank > 1 && axis->expr->kind == WB_X_BINARY;
    wb_text_addf(&formula, bracket ? "(%.*s)" : "%.*s", WB_STR_ARG(printed(d, axis->expr, WB_AS_LABELS, axis->scope)));
    wb_text_add(&latex, printed(d, axis->expr, WB_AS_LATEX, axis->scope));
    add_names(d, node, axis->expr, axis->scope);
  }
  node->formula = wb_text_str(&formula);
  node->numbers = wb_text_str(&numbers);
  node->latex = wb_text_str(&latex);
}

const wb_node *wb_derive_binding(wb_derivation *d, wb_binding *binding) {
  wb_node *node = known(d, binding);
  if (node) return node;
  const wb_value *value = wb_force(d->ctx, binding);
  wb_enter(d->ctx, WB_NOWHERE);
  node = wb_d_new_node(d, wb_binding_label(d->ctx, binding), binding);
  node->value = wb_settled(value);
  node->unit = value->unit;
  if (binding->origin) node->origin = *binding->origin;
  if (value->kind == WB_SHAPE) use_shape(d, node, value->u.shape);
  else if (binding->expr && binding->expr->kind != WB_X_LITERAL) use_expr(d, node, binding->expr, binding->scope);
  else if (!d->figures_only) node->numbers = value_text(d, value);
  wb_leave(d->ctx);
  return node;
}

wb_formula wb_d_new_formula(wb_derivation *d) {
  return (wb_formula){{.ctx = d->ctx}, {.ctx = d->ctx}, {.ctx = d->ctx}};
}

void wb_d_join(wb_formula *f, const char *op, const char *latex_op) {
  if (!f->numbers.len) return;
  wb_text_adds(&f->symbols, op);
  wb_text_adds(&f->numbers, op);
  wb_text_adds(&f->latex, latex_op);
}

void wb_d_factor_number(wb_formula *f, const char *name, wb_num value) {
  wb_d_join(f, " * ", " \\cdot ");
  if (name) wb_text_adds(&f->symbols, name);
  else wb_num_print(&f->symbols, value);
  wb_num_print(&f->numbers, value);
  wb_num_print(&f->latex, value);
}

void wb_d_factor_expr(wb_derivation *d, wb_formula *f, const wb_binding *dim) {
  static const wb_style styles[] = {WB_AS_FIELDS, WB_AS_FIELD_NUMBERS, WB_AS_FIELD_LATEX};
  wb_text *texts[] = {&f->symbols, &f->numbers, &f->latex};
  wb_d_join(f, " * ", " \\cdot ");
  for (int i = 0; i < 3; i++) {
    wb_str text = printed(d, dim->expr, styles[i], dim->scope);
    bool compound = false;
    for (size_t c = 0; c < text.len; c++) compound = compound || text.ptr[c] == ' ';
    wb_text_addf(texts[i], compound ? (i == 2 ? "\\left(%.*s\\right)" : "(%.*s)") : "%.*s", WB_STR_ARG(text));
  }
}

void wb_d_add_leaves(wb_derivation *d, wb_node *node, const wb_binding *dim) {
  wb_binding **found = NULL;
  size_t n = wb_expr_leaves(d->ctx, dim->expr, dim->scope, &found);
  for (size_t i = 0; i < n; i++) wb_d_add_child(d, node, wb_derive_binding(d, found[i]));
}

void wb_d_factor_text(wb_formula *f, wb_str symbols, wb_str numbers) {
  wb_d_join(f, " * ", " \\cdot ");
  wb_text_add(&f->symbols, symbols);
  wb_text_add(&f->numbers, numbers);
  wb_text_add(&f->latex, numbers);
}

void wb_d_take(wb_node *node, const wb_formula *f) {
  node->formula = wb_text_str(&f->symbols);
  node->numbers = wb_text_str(&f->numbers);
  node->latex = wb_text_str(&f->latex);
}

static bool is_child(const wb_node *parent, wb_str name) {
  for (size_t i = 0; i < parent->count; i++)
    if (wb_str_eq(parent->children[i]->name, name)) return true;
  return false;
}

wb_str wb_d_unlike(wb_derivation *d, const wb_node *parent, wb_str name) {
  wb_str out = name;
  for (int n = 2; is_child(parent, out); n++) out = wb_str_fmt(d->ctx, "%.*s_%d", WB_STR_ARG(name), n);
  return out;
}

/* An adapter's patterns have a star for each index of the row that is adapted. */
wb_str wb_d_tensor_name(wb_derivation *d, const wb_node *parent, const wb_trained *t) {
  wb_text marks = {.ctx = d->ctx}, text = {.ctx = d->ctx};
  for (size_t i = 0; i < t->pattern.len; i++)
    wb_text_addc(&marks, t->pattern.ptr[i] == '*' ? WB_INDEX_MARK : t->pattern.ptr[i]);
  const uint32_t count = t->row ? t->row->index_count : 0;
  wb_pattern_print(&text, wb_text_str(&marks), count ? t->row->indices : NULL, count);
  return wb_d_unlike(d, parent, wb_text_str(&text));
}

wb_node *wb_d_rounded(wb_derivation *d, wb_str name, const wb_node *of, bool up, wb_unit unit) {
  wb_num whole = of->value.u.num;
  const char *function = up ? "ceil" : "floor";
  wb_node *node = wb_d_new_node(d, name, NULL);
  if (up) wb_num_ceil(whole, &whole);
  else wb_num_floor(whole, &whole);
  node->formula = wb_str_fmt(d->ctx, "%s(%.*s)", function, WB_STR_ARG(of->name));
  node->numbers = node->latex = wb_str_fmt(d->ctx, "%s(%.*s)", function, WB_STR_ARG(value_text(d, &of->value)));
  node->value = wb_number(whole);
  node->unit = unit;
  wb_d_add_child(d, node, of);
  return node;
}

/* How many tensors a row stands for: each index set by the expression that counts it (num_hidden_layers), or by number
 * where it is a part of a stack. */
static void factor_copies(wb_derivation *d, wb_node *node, wb_formula *f, const wb_row *row) {
  for (uint32_t i = 0; i < row->index_count; i++) {
    const wb_number_set *set = row->indices[i];
    if (!set->expr && set->size == 1) continue;
    if (!set->expr) {
      wb_d_factor_number(f, NULL, wb_num_int(set->size));
      continue;
    }
    wb_binding count = {.expr = set->expr, .scope = set->scope};
    wb_d_factor_expr(d, f, &count);
    wb_d_add_leaves(d, node, &count);
  }
}

/* copies × dimensions, times the share of experts that a token takes when only active ones count. */
static const wb_node *derive_row(wb_derivation *d, const wb_row *row, bool active, bool one) {
  wb_text name = {.ctx = d->ctx};
  wb_formula f = wb_d_new_formula(d);
  wb_row_print(&name, row);
  wb_node *node = wb_d_new_node(d, wb_text_str(&name), NULL);
  node->unit = ELEMENTS;
  node->source = row->decl->source;
  wb_num value = row->elements;
  if (!one) {
    factor_copies(d, node, &f, row);
    wb_num_mul(value, row->copies, &value); /* fits: the model's totals were added up from the same products */
  }
  for (uint32_t i = 0; i < row->rank; i++) {
    wb_d_factor_expr(d, &f, row->dims[i]);
    wb_d_add_leaves(d, node, row->dims[i]);
  }
  if (!f.numbers.len) wb_d_factor_number(&f, NULL, wb_num_int(1));
  if (active && row->routed) {
    value = wb_row_active(d->ctx, row);
    wb_d_factor_number(&f, NULL, row->top_k);
    wb_d_join(&f, " / ", " / ");
    wb_num_print(&f.symbols, row->experts);
    wb_num_print(&f.numbers, row->experts);
    wb_num_print(&f.latex, row->experts);
  }
  wb_d_take(node, &f);
  node->value = wb_number(value);
  return node;
}

void wb_d_sum_up(wb_derivation *d, wb_node *node, wb_unit unit) {
  wb_formula f = wb_d_new_formula(d);
  wb_num sum = wb_num_int(0);
  for (size_t i = 0; i < node->count; i++) {
    const wb_node *child = node->children[i];
    wb_d_join(&f, " + ", " + ");
    wb_text_add(&f.symbols, child->name);
    wb_value_print(&f.numbers, &child->value);
    wb_value_print(&f.latex, &child->value);
    wb_num_add(sum, child->value.u.num, &sum);
  }
  if (!node->count) wb_text_adds(&f.numbers, "0");
  wb_d_take(node, &f);
  node->value = wb_number(sum);
  node->unit = unit;
}

typedef bool (*row_test)(const wb_row *row, int group);

static bool is_group(const wb_row *row, int group) {
  return row->kind == WB_PARAM && !row->mtp && row->group == (wb_group)group;
}
static bool is_buffer(const wb_row *row, int group) { return row->kind == WB_BUFFER && !row->mtp && group < 0; }
static bool is_mtp(const wb_row *row, int group) { return row->kind == WB_PARAM && row->mtp && group < 0; }

static wb_node *derive_rows(wb_derivation *d, const wb_model *m, wb_str name, row_test test, int group, bool active) {
  wb_node *node = wb_d_new_node(d, name, NULL);
  for (size_t i = 0; i < m->row_count; i++)
    if (test(&m->rows[i], group)) wb_d_add_child(d, node, derive_row(d, &m->rows[i], active, false));
  wb_d_sum_up(d, node, ELEMENTS);
  return node;
}

static wb_node *derive_groups(wb_derivation *d, const wb_model *m, wb_str name, bool active) {
  wb_node *node = wb_d_new_node(d, name, NULL);
  for (int g = 0; g < WB_GROUP_COUNT; g++) {
    if (!m->groups[g].num) continue;
    wb_d_add_child(d, node, derive_rows(d, m, wb_str_of(wb_group_name((wb_group)g)), is_group, g, active));
  }
  wb_d_sum_up(d, node, ELEMENTS);
  return node;
}

const wb_node *wb_derive_total(wb_derivation *d, const wb_model *m) {
  return derive_groups(d, m, WB_STR("total_parameters"), false);
}

typedef struct search {
  wb_str name;
  bool found;
} search;

static bool same_name(void *user, wb_str name) {
  search *s = user;
  s->found = wb_str_eq(name, s->name);
  return !s->found;
}

static const wb_node *derive_tensor(wb_derivation *d, const wb_model *m, wb_str name) {
  for (size_t i = 0; i < m->row_count; i++) {
    search s = {name, false};
    wb_text pattern = {.ctx = d->ctx};
    wb_row_print(&pattern, &m->rows[i]);
    if (wb_str_eq(wb_text_str(&pattern), name)) return derive_row(d, &m->rows[i], false, false);
    wb_row_expand(d->ctx, &m->rows[i], same_name, &s);
    if (!s.found) continue;
    wb_node *node = (wb_node *)derive_row(d, &m->rows[i], false, true);
    node->name = name;
    return node;
  }
  return NULL;
}

wb_derivation *wb_derive(wb_model *m, wb_str quantity) {
  wb_derivation *d = WB_NEW(&m->ctx, wb_derivation);
  d->ctx = &m->ctx;
  wb_group group;
  if (wb_str_is(quantity, "total_parameters")) d->root = derive_groups(d, m, quantity, false);
  else if (wb_str_is(quantity, "active_parameters")) d->root = derive_groups(d, m, quantity, true);
  else if (wb_str_is(quantity, "buffer_elements")) d->root = derive_rows(d, m, quantity, is_buffer, -1, false);
  else if (wb_str_is(quantity, "mtp_parameters")) d->root = derive_rows(d, m, quantity, is_mtp, -1, false);
  else if (wb_group_parse(quantity, &group)) d->root = derive_rows(d, m, quantity, is_group, (int)group, false);
  else d->root = derive_tensor(d, m, quantity);
  if (!d->root) WB_FAIL(d->ctx, WB_QUANTITY_UNKNOWN, WB_NOWHERE, quantity);
  return d;
}
