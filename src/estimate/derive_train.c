#include "estimate/derive_train.h"

#include "estimate/derive_parts.h"
#include "expr/form.h"

static const wb_unit BYTES = {{0, 1, 0, 0, 0, 0}}, ELEMENTS = {{1, 0, 0, 0, 0, 0}};

typedef struct deriving {
  wb_derivation *d;
  const wb_train *t;
} deriving;

static deriving begin(const wb_train *t) {
  deriving g = {WB_NEW(&t->model->ctx, wb_derivation), t};
  g.d->ctx = &t->model->ctx;
  return g;
}

static wb_node *leaf(deriving *g, const char *name, wb_i128 value, wb_origin origin) {
  wb_node *node = wb_d_new_node(g->d, wb_str_of(name), NULL);
  node->value = wb_integer(value);
  node->numbers = wb_i128_str(g->d->ctx, value);
  node->origin = origin;
  return node;
}

/* ---- what a method tells ---- */

/* Quantities are written in the unit of their line; parts are whole bytes. */
static wb_node *in_bytes(deriving *g, wb_str name, const wb_method_result *r, const wb_stmt *stmt) {
  const wb_sym *symbol = stmt->name;
  wb_node *told = (wb_node *)wb_derive_binding(g->d, wb_scope_find_here(r->scope, symbol));
  const wb_scaled_unit *unit = wb_unit_scaled(stmt->text);
  const wb_num factor = wb_num_int(unit ? unit->factor : 1);
  wb_num value = told->value.u.num;
  told->unit = stmt->unit;
  told->source = r->function->source;
  if (told->value.kind != WB_NUM) return told;
  if (!wb_num_mul(value, factor, &value)) WB_FAIL(g->d->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  wb_node *node = wb_d_new_node(g->d, name, NULL);
  wb_formula f = wb_d_new_formula(g->d);
  wb_d_factor_number(&f, wb_str_cstr(g->d->ctx, told->name), told->value.u.num);
  if (factor.num != 1) wb_d_factor_number(&f, NULL, factor);
  const wb_str symbols = wb_text_str(&f.symbols), numbers = wb_text_str(&f.numbers);
  const bool whole = wb_num_is_int(value);
  node->formula = whole ? symbols : wb_str_fmt(g->d->ctx, "floor(%.*s)", WB_STR_ARG(symbols));
  node->numbers = whole ? numbers : wb_str_fmt(g->d->ctx, "floor(%.*s)", WB_STR_ARG(numbers));
  node->latex = node->numbers;
  wb_num_floor(value, &value);
  node->value = wb_number(value);
  node->unit = BYTES;
  wb_d_add_child(g->d, node, told);
  return node;
}

static const wb_stmt *quantity_of(const wb_method_result *r, wb_str label) {
  for (size_t i = 0; i < r->count; i++)
    if (wb_str_eq(wb_quantity_label(r->stmts[i]), label)) return r->stmts[i];
  return NULL;
}

static const wb_train_told *told_of(const wb_train *t, wb_str name) {
  for (size_t i = 0; i < t->told_count; i++)
    if (wb_str_eq(t->told[i].name, name)) return &t->told[i];
  return NULL;
}

/* ---- what operations keep ---- */

static void add_open(deriving *g, wb_node *node, const wb_value *value) {
  wb_model *m = g->t->model;
  const wb_form *form = value->kind == WB_FORM ? value->u.form : NULL;
  for (size_t i = 0; form && i < form->count; i++)
    for (uint16_t k = 0; k < form->terms[i].count; k++) {
      const wb_atom *atom = &form->table->atoms[form->terms[i].atoms[k]];
      if (atom->kind == WB_ATOM_OPEN) {
        wb_d_add_child(g->d, node, wb_derive_binding(g->d, wb_scope_find(&m->ctx, m->root, atom->name)));
        continue;
      }
      add_open(g, node, &atom->a);
      add_open(g, node, &atom->b);
      add_open(g, node, &atom->c);
    }
}

/* The closed form of one operation, in all of its layers. */
static void derive_kept(deriving *g, wb_node *parent, const wb_op_use *use, const wb_value *value, wb_unit unit) {
  const wb_value each = wb_settled(value);
  if (each.kind != WB_NUM || !each.u.num.num) return;
  wb_node *node = wb_d_new_node(g->d, wb_d_operation_name(g->d, parent, use), NULL);
  wb_text symbols = {.ctx = g->d->ctx}, numbers = {.ctx = g->d->ctx};
  if (value->kind == WB_FORM) {
    wb_form_print(&symbols, value->u.form, false);
    wb_form_print(&numbers, value->u.form, true);
    add_open(g, node, value);
  } else {
    wb_value_print(&symbols, value);
    wb_value_print(&numbers, value);
  }
  node->formula = wb_text_str(&symbols);
  node->numbers = node->latex = wb_text_str(&numbers);
  node->value = each;
  node->unit = unit;
  node->source = use->operation->source;
  wb_d_add_child(g->d, parent, node);
}

static wb_node *derive_kept_of(deriving *g, const char *name, const wb_compute *c, bool bytes, wb_unit unit) {
  wb_node *node = wb_d_new_node(g->d, wb_str_of(name), NULL);
  for (size_t i = 0; i < c->count; i++) {
    const wb_amount *saves = &c->ops[i].cost.saves;
    derive_kept(g, node, c->ops[i].use, bytes ? &saves->bytes : &saves->elements, unit);
  }
  wb_d_sum_up(g->d, node, unit);
  return node;
}

/* saved_elements × bytes of one, and what keeps a type of its own. */
static const wb_node *derive_saved(deriving *g) {
  wb_pass numbers;
  wb_num bytes = wb_num_int(0), all;
  wb_train_saved(g->t, &numbers, &bytes); /* it was a number when the part was made */
  const wb_compute *c = wb_forward_passes(g->t->model);
  wb_node *node = wb_d_new_node(g->d, WB_STR("activations"), NULL);
  wb_formula f = wb_d_new_formula(g->d);
  const wb_node *elements = derive_kept_of(g, "saved_elements", c, false, ELEMENTS);
  wb_d_add_child(g->d, node, elements);
  wb_d_factor_number(&f, "saved_elements", elements->value.u.num);
  const wb_origin origin = {WB_FROM_MODEL, numbers.dtype, WB_STR(""), 0};
  wb_d_add_child(g->d, node, leaf(g, "element_bytes", numbers.dtype_bytes.num, origin));
  wb_d_factor_number(&f, "element_bytes", numbers.dtype_bytes);
  if (wb_num_mul(elements->value.u.num, numbers.dtype_bytes, &all) && (all.num != bytes.num || all.den != bytes.den)) {
    const wb_node *own = derive_kept_of(g, "saved_bytes", c, true, BYTES);
    wb_d_add_child(g->d, node, own);
    wb_d_join(&f, " + ", " + ");
    wb_text_add(&f.symbols, own->name);
    wb_value_print(&f.numbers, &own->value);
    wb_value_print(&f.latex, &own->value);
  }
  wb_d_take(node, &f);
  node->value = wb_number(bytes);
  node->unit = BYTES;
  if (wb_num_is_int(bytes)) return node;
  return wb_d_rounded(g->d, WB_STR("whole_bytes_of_activations"), node, false, BYTES);
}

/* ---- parts ---- */

static const wb_node *derive_reference(deriving *g, const wb_train_part *p) {
  const wb_share *held = wb_sharded_part(&g->t->referenced, "weights");
  wb_node *node = (wb_node *)wb_sharded_derive_part(&g->t->reference, held, WB_OF_ALL, g->d);
  node->name = p->name;
  return node;
}

/* Where all is laid flat, the adapter's bytes are taken off the sum. */
static const wb_node *derive_rest(deriving *g, const wb_share *share, const wb_train_part *p) {
  const wb_node *all = wb_sharded_derive_part(&g->t->sharding, share, WB_OF_ALL, g->d);
  wb_node *node = wb_d_new_node(g->d, p->name, NULL);
  ((wb_node *)all)->name = WB_STR("all_weights");
  const wb_i128 less = all->value.u.num.num - p->best;
  wb_node *own = leaf(g, "adapters", less, (wb_origin){WB_FROM_MODEL, g->t->adapter->decl->name->name, WB_STR(""), 0});
  own->unit = node->unit = BYTES;
  node->formula = WB_STR("all_weights - adapters");
  wb_text numbers = {.ctx = g->d->ctx};
  wb_value_print(&numbers, &all->value);
  wb_text_adds(&numbers, " - ");
  wb_i128_print(&numbers, less);
  node->numbers = node->latex = wb_text_str(&numbers);
  node->value = wb_integer(p->best);
  wb_d_add_child(g->d, node, all);
  wb_d_add_child(g->d, node, own);
  return node;
}

static bool has_part(const wb_train *t, const char *name) {
  for (size_t i = 0; i < t->part_count; i++)
    if (wb_str_is(t->parts[i].name, name)) return true;
  return false;
}

static const wb_node *derive_adapters(deriving *g, const wb_train_part *p) {
  const wb_share *weights = wb_sharded_part(&g->t->sharded, "weights");
  wb_node *node = (wb_node *)wb_sharded_derive_part(&g->t->sharding, weights, WB_OF_ADAPTER, g->d);
  if (!node) {
    const wb_node *parameters = wb_adapter_derive_in(g->d, g->t->adapter, WB_STR("adapter_parameters"), true);
    wb_num each;
    node = wb_d_new_node(g->d, p->name, NULL);
    wb_num_div(wb_num_int(p->best), parameters->value.u.num, &each);
    wb_formula f = wb_d_new_formula(g->d);
    wb_d_factor_number(&f, "adapter_parameters", parameters->value.u.num);
    wb_d_factor_number(&f, NULL, each);
    wb_d_take(node, &f);
    node->value = wb_integer(p->best);
    wb_d_add_child(g->d, node, parameters);
  }
  node->name = p->name;
  node->unit = BYTES;
  return node;
}

static const wb_node *derive_share(deriving *g, const wb_train_part *p) {
  const bool optimizer = wb_str_is(p->name, "optimizer"), weights = wb_str_is(p->name, "weights");
  const wb_share *share = wb_sharded_part(&g->t->sharded, optimizer ? "states" : wb_str_cstr(g->d->ctx, p->name));
  const wb_derived_of of = weights && has_part(g->t, "adapters") ? WB_OF_OTHERS : WB_OF_ALL;
  if (!share) return NULL;
  wb_node *node = (wb_node *)wb_sharded_derive_part(&g->t->sharding, share, of, g->d);
  if (!node) return derive_rest(g, share, p);
  node->name = p->name;
  if (node->value.kind == WB_NUM && !wb_num_is_int(node->value.u.num))
    return wb_d_rounded(g->d, wb_str_fmt(g->d->ctx, "whole_bytes_of_%.*s", WB_STR_ARG(p->name)), node, true, BYTES);
  return node;
}

static const wb_node *derive_part(deriving *g, const wb_train_part *p) {
  const wb_train_told *told = told_of(g->t, p->name);
  wb_node *node;
  if (told) node = in_bytes(g, p->name, told->result, quantity_of(told->result, wb_str_of(told->best)));
  else if (wb_str_is(p->name, "reference")) node = (wb_node *)derive_reference(g, p);
  else if (wb_str_is(p->name, "activations")) node = (wb_node *)derive_saved(g);
  else if (wb_str_is(p->name, "adapters")) node = (wb_node *)derive_adapters(g, p);
  else node = (wb_node *)derive_share(g, p);
  if (!node) return NULL;
  if (!node->source.len) node->source = p->source;
  node->known = (wb_node_known){true, p->basis, p->low, p->high};
  return node;
}

/* ---- sums and others ---- */

static const wb_node *derive_sum(deriving *g, wb_str name, bool host) {
  wb_node *node = wb_d_new_node(g->d, name, NULL);
  for (size_t i = 0; i < g->t->part_count; i++)
    if (g->t->parts[i].host == host && g->t->parts[i].best) wb_d_add_child(g->d, node, derive_part(g, &g->t->parts[i]));
  wb_d_sum_up(g->d, node, BYTES);
  if (!host) node->known = (wb_node_known){true, WB_BASIS_HEURISTIC, g->t->low, g->t->high};
  return node;
}

/* What trains alone, or with all that does not. */
static const wb_node *derive_parameters(deriving *g, wb_str name, bool trainable) {
  const wb_train *t = g->t;
  if (!t->adapter) {
    wb_node *all = (wb_node *)wb_derive_total(g->d, t->model);
    all->name = name;
    return all;
  }
  if (trainable) return wb_adapter_derive_in(g->d, t->adapter, name, false);
  wb_node *node = wb_d_new_node(g->d, name, NULL);
  wb_node *model = (wb_node *)wb_derive_total(g->d, t->model);
  model->name = WB_STR("model_parameters");
  wb_d_add_child(g->d, node, model);
  wb_d_add_child(g->d, node, wb_adapter_derive_in(g->d, t->adapter, WB_STR("adapter_parameters"), true));
  wb_d_sum_up(g->d, node, ELEMENTS);
  return node;
}

/* floor(usable × (100 − reserve) / 100) */
static const wb_node *derive_budget(deriving *g) {
  const wb_train *t = g->t;
  wb_node *node = wb_d_new_node(g->d, WB_STR("budget_bytes"), NULL);
  const wb_i128 usable = t->card.usable_bytes, reserve = t->asked.reserve_percent;
  const wb_origin card = {t->card.usable_source.len ? WB_FROM_CONSTANT : WB_FROM_WORKLOAD,
                          t->card.name.len ? t->card.name : WB_STR("--gpu-memory"), t->card.usable_source, 0};
  const wb_origin asked = {WB_FROM_WORKLOAD, WB_STR("--reserve"), WB_STR(""), 0};
  wb_d_add_child(g->d, node, leaf(g, "usable_bytes", usable, card));
  wb_d_add_child(g->d, node, leaf(g, "reserve_percent", reserve, asked));
  wb_text numbers = {.ctx = g->d->ctx};
  wb_text_adds(&numbers, "floor(");
  wb_i128_print(&numbers, usable);
  wb_text_addf(&numbers, " * (100 - %d) / 100)", t->asked.reserve_percent);
  node->formula = WB_STR("floor(usable_bytes * (100 - reserve_percent) / 100)");
  node->numbers = node->latex = wb_text_str(&numbers);
  node->value = wb_integer(usable * (100 - reserve) / 100);
  node->unit = BYTES;
  return node;
}

static const wb_node *derive_named(deriving *g, wb_str quantity) {
  const wb_train *t = g->t;
  if (wb_str_is(quantity, "total_bytes")) return derive_sum(g, quantity, false);
  if (wb_str_is(quantity, "host_bytes")) return derive_sum(g, quantity, true);
  if (wb_str_is(quantity, "trainable_parameters")) return derive_parameters(g, quantity, true);
  if (wb_str_is(quantity, "total_parameters")) return derive_parameters(g, quantity, false);
  if (wb_str_is(quantity, "budget_bytes") && t->card.usable_bytes > 0) return derive_budget(g);
  for (size_t i = 0; i < t->part_count; i++)
    if (wb_str_eq(t->parts[i].name, quantity)) return derive_part(g, &t->parts[i]);
  return NULL;
}

static wb_str known_quantities(const wb_train *t) {
  wb_text out = {.ctx = &t->model->ctx};
  wb_text_adds(&out, "total_bytes, host_bytes, trainable_parameters, total_parameters");
  if (t->card.usable_bytes > 0) wb_text_adds(&out, ", budget_bytes");
  for (size_t i = 0; i < t->part_count; i++) wb_text_addf(&out, ", %.*s", WB_STR_ARG(t->parts[i].name));
  return wb_text_str(&out);
}

wb_derivation *wb_derive_train(const wb_train *t, wb_str quantity) {
  deriving g = begin(t);
  g.d->root = derive_named(&g, quantity);
  if (!g.d->root) WB_FAIL(g.d->ctx, WB_TRAIN_QUANTITY, WB_NOWHERE, quantity, known_quantities(t));
  return g.d;
}

wb_derivation *wb_derive_told(const wb_train *t, const wb_method_result *r, wb_str quantity) {
  deriving g = begin(t);
  wb_str label = quantity;
  if (wb_str_is(quantity, "total_bytes"))
    label = wb_method_answer(r->function, "train", wb_str_cstr(g.d->ctx, t->mode.name));
  const wb_stmt *stmt = quantity_of(r, label);
  wb_text known = {.ctx = g.d->ctx};
  wb_text_adds(&known, "total_bytes");
  for (size_t i = 0; i < r->count; i++) wb_text_addf(&known, ", %.*s", WB_STR_ARG(wb_quantity_label(r->stmts[i])));
  if (!stmt) WB_FAIL(g.d->ctx, WB_TRAIN_QUANTITY, WB_NOWHERE, quantity, wb_text_str(&known));
  g.d->root = in_bytes(&g, quantity, r, stmt);
  return g.d;
}
