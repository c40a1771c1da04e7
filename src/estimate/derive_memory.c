#include "estimate/derive_memory.h"

#include "estimate/derive_parts.h"
#include "expr/eval.h"

static const wb_unit BYTES = {{0, 1, 0, 0, 0, 0}};

typedef struct deriving {
  wb_derivation *d;
  const wb_serving *s;
  const wb_place_on *place;
} deriving;

/* ---- weights ---- */

/* tensors on the device × bytes of one. */
static void derive_row(deriving *g, wb_node *parent, size_t i) {
  const wb_loaded_row held = wb_loaded_at(&g->s->loaded, &g->s->layout, g->place->stage, i);
  wb_text name = {.ctx = g->d->ctx};
  if (!held.tensors.num) return;
  if (held.row) wb_row_print(&name, held.row);
  else wb_text_adds(&name, "others");
  wb_node *node = wb_d_new_node(g->d, wb_text_str(&name), NULL);
  wb_formula f = wb_d_new_formula(g->d);
  wb_d_factor_number(&f, NULL, held.tensors);
  wb_d_factor_number(&f, NULL, held.bytes);
  wb_d_take(node, &f);
  wb_num value;
  if (!wb_num_mul(held.tensors, held.bytes, &value)) WB_FAIL(g->d->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  node->value = wb_number(value);
  node->unit = BYTES;
  node->source = held.format;
  wb_d_add_child(g->d, parent, node);
}

static void derive_weights(deriving *g, wb_node *node) {
  for (size_t i = 0; i < wb_loaded_count(&g->s->loaded); i++) derive_row(g, node, i);
  wb_d_sum_up(g->d, node, BYTES);
}

/* ---- caches ---- */

static wb_node *open_leaf(deriving *g, const char *name, wb_i128 value) {
  wb_node *node = wb_d_new_node(g->d, wb_str_of(name), name);
  node->value = wb_integer(value);
  wb_text text = {.ctx = g->d->ctx};
  wb_i128_print(&text, value);
  node->numbers = wb_text_str(&text);
  node->origin = (wb_origin){WB_FROM_WORKLOAD, wb_str_of(name), WB_STR(""), 0};
  return node;
}

static const wb_node *leaf(deriving *g, const char *name, wb_i128 value) {
  for (size_t i = 0; i < g->d->count; i++)
    if (g->d->nodes[i]->key && wb_str_is(g->d->nodes[i]->name, name)) return g->d->nodes[i];
  return open_leaf(g, name, value);
}

/* A closed form of context and sequences, and the same with their numbers. */
static void use_form(deriving *g, wb_node *node, const wb_value *value) {
  wb_text symbols = {.ctx = g->d->ctx}, numbers = {.ctx = g->d->ctx};
  if (value->kind == WB_FORM) {
    wb_form_print(&symbols, value->u.form, false);
    wb_form_print(&numbers, value->u.form, true);
    wb_d_add_child(g->d, node, leaf(g, "context", g->s->longest));
    wb_d_add_child(g->d, node, leaf(g, "sequences", g->s->in_all));
  } else {
    wb_value_print(&numbers, value);
  }
  node->formula = wb_text_str(&symbols);
  node->numbers = node->latex = wb_text_str(&numbers);
  node->value = wb_settled(value);
  node->unit = BYTES;
}

/* Bytes that one entry takes in one layer: what is kept side by side, each in its type. */
static void derive_kind(deriving *g, wb_node *parent, const wb_cache_kind *kind) {
  wb_ctx *ctx = g->d->ctx;
  wb_node *node = wb_d_new_node(g->d,
                                wb_str_fmt(ctx, "%.*s: %s", WB_STR_ARG(kind->name),
                                           kind->kept->per_token ? "bytes of a token" : "bytes of a sequence"),
                                NULL);
  wb_formula f = wb_d_new_formula(g->d);
  wb_d_factor_number(&f, NULL, wb_num_int(kind->layers));
  wb_d_factor_number(&f, NULL, wb_num_int(kind->entry_bytes));
  wb_d_take(node, &f);
  node->value = wb_integer(kind->layers * kind->entry_bytes);
  node->unit = BYTES;
  node->source = kind->dtype;
  wb_d_add_child(g->d, parent, node);
}

static void derive_caches(deriving *g, wb_node *node, wb_part part) {
  for (size_t i = 0; i < g->place->kind_count; i++)
    if (g->place->kinds[i].kept->per_token == (part == WB_PART_KV_CACHE)) derive_kind(g, node, &g->place->kinds[i]);
  use_form(g, node, &g->place->parts[part].best);
}

/* ---- parts ---- */

static const wb_node *derive_part(deriving *g, size_t part) {
  const wb_component *c = &g->place->parts[part];
  if (c->binding) {
    wb_node *node = (wb_node *)wb_derive_binding(g->d, c->binding);
    node->source = c->source;
    node->unit = BYTES;
    return node;
  }
  wb_node *node = wb_d_new_node(g->d, c->name, NULL);
  node->source = c->source;
  if (part == WB_PART_WEIGHTS && !g->place->offloaded) derive_weights(g, node);
  else if (part == WB_PART_KV_CACHE || part == WB_PART_STATE) derive_caches(g, node, (wb_part)part);
  else use_form(g, node, &c->best);
  return node;
}

static const wb_node *derive_all(deriving *g) {
  wb_node *node = wb_d_new_node(g->d, WB_STR("device_bytes"), NULL);
  for (size_t i = 0; i < g->s->part_count; i++) {
    const wb_value value = wb_settled(&g->place->parts[i].best);
    if (value.u.num.num) wb_d_add_child(g->d, node, derive_part(g, i));
  }
  wb_d_sum_up(g->d, node, BYTES);
  return node;
}

static const wb_node *derive_named(deriving *g, wb_str quantity) {
  for (size_t i = 0; i < g->s->part_count; i++)
    if (wb_str_eq(g->place->parts[i].name, quantity)) return derive_part(g, i);
  const wb_sym *name = wb_intern_find(&g->s->model->lib->symbols, quantity);
  wb_binding *binding = name ? wb_scope_find(g->d->ctx, g->place->engine.scope, name) : NULL;
  const wb_value *value = binding ? wb_force(g->d->ctx, binding) : NULL;
  return value && (value->kind == WB_NUM || value->kind == WB_FORM) ? wb_derive_binding(g->d, binding) : NULL;
}

wb_derivation *wb_derive_memory(const wb_serving *s, wb_str quantity) {
  wb_ctx *ctx = &s->model->ctx;
  const wb_num open[2] = {wb_num_int(s->longest), wb_num_int(s->in_all)};
  deriving g = {WB_NEW(ctx, wb_derivation), s, &s->places[wb_serving_worst(s)]};
  g.d->ctx = ctx;
  if (s->mix_count > 1) WB_FAIL(ctx, WB_PASS_MIX_EXPLAIN, WB_NOWHERE, wb_str_of(s->asked.mix));
  if (!wb_forms_set(s->forms, open)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  g.d->root = wb_str_is(quantity, "device_bytes") ? derive_all(&g) : derive_named(&g, quantity);
  if (!g.d->root) WB_FAIL(ctx, WB_QUANTITY_UNKNOWN, WB_NOWHERE, quantity);
  return g.d;
}
