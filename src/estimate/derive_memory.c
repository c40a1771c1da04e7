#include "estimate/derive_memory.h"

#include "estimate/derive_parts.h"
#include "estimate/exact.h"
#include "estimate/pool.h"
#include "expr/eval.h"

static const wb_unit BYTES = {{0, 1, 0, 0, 0, 0}};

typedef struct deriving {
  wb_derivation *d;
  const wb_serving *s;
  const wb_place_on *place;
  wb_load load; /* what the place holds */
  wb_i128 context, sequences;
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
  node->numbers = wb_i128_str(g->d->ctx, value);
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
    wb_d_add_child(g->d, node, leaf(g, "context", g->context));
    wb_d_add_child(g->d, node, leaf(g, "sequences", g->sequences));
  } else {
    wb_value_print(&numbers, value);
  }
  node->formula = wb_text_str(&symbols);
  node->numbers = node->latex = wb_text_str(&numbers);
  node->value = wb_settled(value);
  node->unit = BYTES;
}

/* A name as formulas write it, the same in every language; numbered where several kinds share it. */
static wb_str kind_name(deriving *g, const wb_cache_kind *kind) {
  const char *of = kind->kept->per_token ? "token" : "sequence";
  int number = 0, count = 0;
  for (size_t i = 0; i < g->place->kind_count; i++) {
    const wb_cache_kind *other = &g->place->kinds[i];
    if (!wb_str_eq(other->name, kind->name)) continue;
    count++;
    if (other <= kind) number++;
  }
  if (count == 1) return wb_str_fmt(g->d->ctx, "%.*s_%s_bytes", WB_STR_ARG(kind->name), of);
  return wb_str_fmt(g->d->ctx, "%.*s_%d_%s_bytes", WB_STR_ARG(kind->name), number, of);
}

/* Bytes that one entry takes in one layer: what is kept side by side, each in its type. */
static void derive_kind(deriving *g, wb_node *parent, const wb_cache_kind *kind) {
  wb_node *node = wb_d_new_node(g->d, kind_name(g, kind), NULL);
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

/* A buffer that an engine lays out by rules of its own (llama.cpp): no formula, but its source. */
static const wb_node *laid_out(deriving *g, const wb_component *c, wb_i128 bytes) {
  wb_node *node = open_leaf(g, wb_str_cstr(g->d->ctx, c->name), bytes);
  node->origin = (wb_origin){WB_FROM_MODEL, c->name, WB_STR(""), 0};
  node->source = c->source;
  node->unit = BYTES;
  return node;
}

static const wb_node *derive_bytes(deriving *g, size_t part) {
  const wb_component *c = &g->place->parts[part];
  const wb_value best = wb_settled(&c->best);
  const wb_i128 bytes = g->load.parts[part].best;
  if (g->s->llama && !(best.kind == WB_NUM && wb_num_is_int(best.u.num) && best.u.num.num == bytes))
    return laid_out(g, c, bytes);
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

/* Reports give whole bytes: of parts rounded up, of what may be taken rounded down. */
static const wb_node *in_whole_bytes(deriving *g, const wb_node *of, bool up) {
  if (of->value.kind != WB_NUM || wb_num_is_int(of->value.u.num)) return of;
  return wb_d_rounded(g->d, wb_str_fmt(g->d->ctx, "whole_bytes_of_%.*s", WB_STR_ARG(of->name)), of, up, BYTES);
}

static const wb_node *derive_part(deriving *g, size_t part) {
  wb_node *node = (wb_node *)in_whole_bytes(g, derive_bytes(g, part), true);
  const wb_bytes *held = &g->load.parts[part];
  node->known = (wb_node_known){true, g->place->parts[part].basis, held->low, held->high};
  return node;
}

static wb_node *derive_all(deriving *g, const char *name) {
  wb_node *node = wb_d_new_node(g->d, wb_str_of(name), NULL);
  for (size_t i = 0; i < g->s->part_count; i++)
    if (g->load.parts[i].best) wb_d_add_child(g->d, node, derive_part(g, i));
  wb_d_sum_up(g->d, node, BYTES);
  return node;
}

static const wb_node *derive_named(deriving *g, wb_str quantity) {
  for (size_t i = 0; i < g->s->part_count; i++)
    if (wb_str_eq(g->place->parts[i].name, quantity)) return derive_part(g, i);
  const wb_sym *name = wb_intern_find(&g->s->model->lib->symbols, quantity);
  wb_binding *binding = name ? wb_scope_find(g->d->ctx, g->place->engine.scope, name) : NULL;
  const wb_value *value = binding ? wb_force(g->d->ctx, binding) : NULL;
  if (!value || (value->kind != WB_NUM && value->kind != WB_FORM)) return NULL;
  const wb_node *node = wb_derive_binding(g->d, binding);
  const bool taken = wb_str_is(quantity, "pool") || wb_str_is(quantity, "budget");
  return taken ? in_whole_bytes(g, node, false) : node;
}

/* ---- limits ---- */

/* The same place with other lengths in effect; its nodes are its own, as formulas have other numbers. */
static deriving at_lengths(const deriving *g, wb_i128 context, wb_i128 sequences) {
  const wb_num open[2] = {wb_num_int(context), wb_num_int(sequences)};
  deriving out = *g;
  out.d = WB_NEW(g->d->ctx, wb_derivation);
  out.d->ctx = g->d->ctx;
  out.context = context;
  out.sequences = sequences;
  const uint32_t place = (uint32_t)(g->place - g->s->places);
  if (!wb_forms_set(g->s->forms, open) || !wb_serving_at(g->s, place, context, sequences, &out.load))
    WB_FAIL(g->d->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  return out;
}

static wb_node *bytes_at(deriving *g, const char *name, wb_i128 context, wb_i128 sequences) {
  deriving there = at_lengths(g, context, sequences);
  wb_node *node = derive_all(&there, name);
  for (size_t i = 0; i < there.d->count; i++) {
    WB_PUSH_ROOM(g->d->ctx, g->d->nodes, g->d->count, g->d->cap);
    g->d->nodes[g->d->count++] = there.d->nodes[i];
  }
  return node;
}

/* The place that is too full at one more; NULL where none is, as the engine takes no more (llama.cpp counts sequences). */
static const wb_place_on *full_place(const wb_serving *s, wb_i128 context, wb_i128 sequences) {
  wb_load load;
  for (uint32_t i = 0; i < s->place_count; i++)
    if (!s->places[i].stage.host && wb_serving_at(s, i, context, sequences, &load) && load.all.best > load.budget)
      return &s->places[i];
  return NULL;
}

static const wb_node *budget_at(deriving *g, wb_i128 context, wb_i128 sequences) {
  deriving there = at_lengths(g, context, sequences);
  there.d = g->d;
  const wb_node *node = derive_named(&there, WB_STR("budget"));
  if (node) return node;
  return open_leaf(g, "budget", there.load.budget);
}

static void one_side(wb_formula *f, wb_str left, wb_num less, const char *sign, wb_str right, wb_num more) {
  wb_d_join(f, " * ", ",\\quad ");
  wb_text *const texts[] = {&f->symbols, &f->numbers, &f->latex};
  for (int i = 0; i < 3; i++) {
    const bool latex = i == 2;
    wb_text_adds(texts[i], latex ? "" : "(");
    if (i) wb_num_print(texts[i], less);
    else wb_text_add(texts[i], left);
    wb_text_adds(texts[i], latex && sign[1] == '=' ? " \\le " : latex ? " < " : sign[1] == '=' ? " <= " : " < ");
    if (i) wb_num_print(texts[i], more);
    else wb_text_add(texts[i], right);
    wb_text_adds(texts[i], latex ? "" : ")");
  }
}

/* n where bytes at n keep within the budget and bytes at n + 1 do not: a comparison counts 1 where it holds. Without a limit the
 * node has no value and shows the bytes at the lengths asked for. */
static const wb_node *derive_reach(deriving *g, wb_str quantity, bool of_context) {
  const wb_serving *s = g->s;
  const wb_i128 n = of_context ? wb_serving_max_context(s) : wb_serving_max_sequences(s);
  const bool bounded = n < WB_SERVING_MOST;
  const wb_i128 at[2] = {bounded ? n : of_context ? s->longest : s->in_all, n + 1};
  wb_node *node = wb_d_new_node(g->d, quantity, NULL);
  const wb_place_on *full = full_place(s, of_context ? at[1] : s->longest, of_context ? s->in_all : at[1]);
  if (bounded && full) g->place = full;
  const wb_i128 known = n > 0 ? at[0] : full ? 1 : of_context ? s->longest : s->in_all;
  const wb_node *budget = budget_at(g, of_context ? known : s->longest, of_context ? s->in_all : known);
  wb_formula f = wb_d_new_formula(g->d);
  wb_node *own = bounded ? open_leaf(g, "n", n) : NULL;
  if (own) {
    own->origin.key = wb_str_of(of_context ? "--context" : "--sequences");
    if (!full) own->source = s->engine->source;
    wb_d_factor_number(&f, "n", wb_num_int(n));
  }
  if (n > 0) {
    const wb_node *within =
        bytes_at(g, "device_bytes_at_n", of_context ? at[0] : s->longest, of_context ? s->in_all : at[0]);
    wb_d_add_child(g->d, node, within);
    one_side(&f, within->name, within->value.u.num, "<=", budget->name, budget->value.u.num);
  }
  if (bounded && full) {
    const wb_node *beyond =
        bytes_at(g, "device_bytes_at_n_plus_1", of_context ? at[1] : s->longest, of_context ? s->in_all : at[1]);
    wb_d_add_child(g->d, node, beyond);
    one_side(&f, budget->name, budget->value.u.num, "< ", beyond->name, beyond->value.u.num);
  }
  if (own) wb_d_add_child(g->d, node, own);
  wb_d_add_child(g->d, node, budget);
  wb_d_take(node, &f);
  node->value = bounded ? wb_integer(n) : wb_null();
  return node;
}

/* What a kind takes of one more token, or of one sequence however long: its part of the sums of per_sequence. */
static void derive_each(deriving *g, wb_node *parent, const wb_cache_kind *kind, bool growing) {
  const wb_serving *s = g->s;
  wb_ctx *ctx = g->d->ctx;
  const wb_value length = wb_integer(kind->of_source ? s->longest : WB_SERVING_MOST);
  const bool counted = !growing && kind->kept->per_token;
  const wb_value entries =
      counted ? wb_cache_entries(ctx, kind, &s->rules, &s->layout, &length) : wb_integer(growing ? 1 : kind->copies);
  const wb_i128 parts[] = {(wb_i128)s->layout.cp * s->layout.dcp, kind->every};
  wb_node *node = wb_d_new_node(g->d, wb_d_unlike(g->d, parent, kind->name), NULL);
  wb_formula f = wb_d_new_formula(g->d);
  wb_i128 value = wb_times(ctx, wb_times(ctx, kind->layers, kind->entry_bytes), entries.u.num.num);
  wb_d_factor_number(&f, NULL, wb_num_int(kind->layers));
  wb_d_factor_number(&f, NULL, wb_num_int(kind->entry_bytes));
  if (!growing) wb_d_factor_number(&f, NULL, entries.u.num);
  for (int i = 0; growing && i < 2; i++) {
    if (parts[i] == 1) continue;
    const wb_str by = wb_str_fmt(ctx, "%lld", (long long)parts[i]);
    wb_d_join(&f, " // ", " // ");
    wb_text_add(&f.symbols, by);
    wb_text_add(&f.numbers, by);
    wb_text_add(&f.latex, by);
    value /= parts[i];
  }
  wb_d_take(node, &f);
  node->value = wb_integer(value);
  node->unit = BYTES;
  node->source = kind->dtype;
  wb_d_add_child(g->d, parent, node);
}

static const wb_node *derive_per_sequence(deriving *g, wb_str quantity, bool growing) {
  wb_node *node = wb_d_new_node(g->d, quantity, NULL);
  for (size_t i = 0; i < g->place->kind_count; i++) {
    const wb_cache_kind *kind = &g->place->kinds[i];
    if ((kind->grows && !kind->window) == growing) derive_each(g, node, kind, growing);
  }
  wb_d_sum_up(g->d, node, BYTES);
  return node;
}

static const wb_node *derive_limit(deriving *g, wb_str quantity) {
  const bool card = g->place->card.usable_bytes > 0;
  if (card && wb_str_is(quantity, "max_context")) return derive_reach(g, quantity, true);
  if (card && wb_str_is(quantity, "max_sequences")) return derive_reach(g, quantity, false);
  if (wb_str_is(quantity, "kv_bytes_per_token")) return derive_per_sequence(g, quantity, true);
  if (wb_str_is(quantity, "fixed_bytes_per_sequence")) return derive_per_sequence(g, quantity, false);
  return NULL;
}

static wb_str known_quantities(deriving *g) {
  wb_text out = {.ctx = g->d->ctx};
  wb_text_adds(&out, "device_bytes, kv_bytes_per_token, fixed_bytes_per_sequence");
  if (g->place->card.usable_bytes > 0) wb_text_adds(&out, ", max_context, max_sequences");
  for (size_t i = 0; i < g->s->part_count; i++) wb_text_addf(&out, ", %.*s", WB_STR_ARG(g->place->parts[i].name));
  const wb_body *body = &g->s->engine->body;
  for (size_t i = 0; i < body->count; i++)
    if (body->items[i]->kind == WB_S_QUANTITY) wb_text_addf(&out, ", %.*s", WB_STR_ARG(body->items[i]->name->name));
  return wb_text_str(&out);
}

wb_derivation *wb_derive_memory(const wb_serving *s, wb_str quantity) {
  wb_ctx *ctx = &s->model->ctx;
  const wb_num open[2] = {wb_num_int(s->longest), wb_num_int(s->in_all)};
  const uint32_t worst = wb_serving_worst(s);
  deriving g = {WB_NEW(ctx, wb_derivation), s, &s->places[worst], {.budget = 0}, s->longest, s->in_all};
  g.d->ctx = ctx;
  if (s->mix_count > 1) WB_FAIL(ctx, WB_SERVING_MIX_EXPLAIN, WB_NOWHERE, wb_str_of(s->asked.mix));
  if (!wb_forms_set(s->forms, open) || !wb_serving_now(s, worst, &g.load))
    WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  g.d->root = wb_str_is(quantity, "device_bytes") ? derive_all(&g, "device_bytes") : derive_limit(&g, quantity);
  wb_i128 pool = 0;
  const wb_place_on *pooled = wb_str_is(quantity, "pool") ? wb_pool_place(s, &pool) : NULL;
  if (pooled) g.place = pooled;
  if (!g.d->root) g.d->root = derive_named(&g, quantity);
  if (!g.d->root) WB_FAIL(ctx, WB_SERVING_QUANTITY, WB_NOWHERE, quantity, known_quantities(&g));
  return g.d;
}
