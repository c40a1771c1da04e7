#include "estimate/optimizer.h"

#include <string.h>

#include "base/tsv.h"
#include "estimate/derive_parts.h"
#include "expr/eval.h"

static const wb_unit BYTES = {{0, 1, 0, 0, 0, 0}};

static _Noreturn void overflow(wb_ctx *ctx) { WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*")); }

static wb_num product(wb_ctx *ctx, wb_num a, wb_num b) {
  if (!wb_num_mul(a, b, &a)) overflow(ctx);
  return a;
}

static wb_num sum(wb_ctx *ctx, wb_num a, wb_num b) {
  if (!wb_num_add(a, b, &a)) overflow(ctx);
  return a;
}

wb_num wb_trained_elements(wb_ctx *ctx, const wb_trained *t) {
  wb_num out = wb_num_int(1);
  for (size_t i = 0; i < t->rank; i++) out = product(ctx, out, t->dims[i]);
  return out;
}

wb_num wb_trained_total(wb_ctx *ctx, const wb_trained_list *list) {
  wb_num out = wb_num_int(0);
  for (size_t i = 0; i < list->count; i++)
    out = sum(ctx, out, product(ctx, wb_trained_elements(ctx, &list->items[i]), list->items[i].copies));
  return out;
}

/* ---- by name ---- */

#define NAME_COLUMNS 4

bool wb_optimizer_name_next(size_t *at, wb_optimizer_name *out) {
  wb_str c[NAME_COLUMNS];
  if (!wb_tsv_next(wb_data_text("optimizers/names.tsv"), at, c, NAME_COLUMNS)) return false;
  *out = (wb_optimizer_name){c[0], c[1], c[2], c[3]};
  return true;
}

static bool named(wb_str name, wb_optimizer_name *out) {
  for (size_t at = 0; wb_optimizer_name_next(&at, out);)
    if (wb_str_eq(out->name, name)) return true;
  return false;
}

/* Near ones, of descriptions and of other names; all descriptions where nothing is near. */
static wb_str known(wb_library *lib, wb_ctx *ctx, wb_str name) {
  wb_text near = {.ctx = ctx}, all = {.ctx = ctx};
  const size_t limit = name.len / 4 + 1;
  const wb_decl *decl;
  for (size_t i = 0; (decl = wb_library_at(lib, ctx, WB_D_OPTIMIZER, i)) != NULL; i++) {
    const wb_str own = decl->name->name;
    wb_text_addf(&all, "%s%.*s", all.len ? ", " : "", WB_STR_ARG(own));
    if (wb_str_distance(own, name, limit) <= limit)
      wb_text_addf(&near, "%s%.*s", near.len ? ", " : "", WB_STR_ARG(own));
  }
  wb_optimizer_name row;
  for (size_t at = 0; wb_optimizer_name_next(&at, &row);)
    if (wb_str_distance(row.name, name, limit) <= limit)
      wb_text_addf(&near, "%s%.*s", near.len ? ", " : "", WB_STR_ARG(row.name));
  return wb_text_str(near.len ? &near : &all);
}

#define NAME_OPTIONS 4

/* Options of the name first, so that what was given stands after them. */
static void take_options(wb_optimizer *o, wb_str own, const char *const *options, size_t count) {
  const char *texts[NAME_OPTIONS];
  size_t n = 0;
  wb_str item;
  for (size_t at = 0; n < NAME_OPTIONS && wb_str_next(own, ' ', &at, &item);) texts[n++] = wb_str_cstr(o->ctx, item);
  wb_option *first = wb_engine_options(o->ctx, o->decl, options, count),
            *second = wb_engine_options(o->ctx, o->decl, texts, n);
  wb_options_once(o->ctx, o->decl, first, count);
  o->options = WB_NEWN(o->ctx, wb_option, count + n);
  for (size_t i = 0; i < count; i++) o->options[o->option_count++] = first[i];
  for (size_t i = 0; i < n; i++) {
    bool given = false;
    for (size_t k = 0; k < count && !given; k++) given = wb_str_eq(first[k].name, second[i].name);
    if (!given) o->options[o->option_count++] = second[i];
  }
}

wb_optimizer wb_optimizer_find(wb_library *lib, wb_ctx *ctx, wb_str asked, const char *const *options, size_t count) {
  wb_optimizer out = {.lib = lib, .ctx = ctx, .asked = asked};
  const wb_str name = asked.len < 64 ? wb_engine_plain(ctx, wb_str_trim(asked)) : WB_STR("");
  wb_optimizer_name row = {.options = WB_STR("")};
  out.decl = name.len ? wb_library_find(lib, ctx, WB_D_OPTIMIZER, name) : NULL;
  if (!out.decl && name.len && named(name, &row)) out.decl = wb_library_find(lib, ctx, WB_D_OPTIMIZER, row.optimizer);
  if (!out.decl) WB_FAIL(ctx, WB_OPTIMIZER_UNKNOWN, WB_NOWHERE, asked, known(lib, ctx, name));
  take_options(&out, row.options, options, count);
  return out;
}

/* ---- what is kept ---- */

static void give(const wb_optimizer *o, wb_engine *to, const char *name, wb_value value) {
  const wb_sym *sym = wb_intern_find(&o->lib->symbols, wb_str_of(name));
  if (sym) wb_inputs_give(o->ctx, to->inputs, sym, value, WB_FROM_MODEL);
}

static void give_shape(const wb_optimizer *o, wb_engine *to, const wb_trained *t) {
  wb_value *dims = WB_NEWN(o->ctx, wb_value, t->rank + 1);
  for (size_t i = 0; i < t->rank; i++) dims[i] = wb_number(t->dims[i]);
  wb_value list = {.kind = WB_LIST};
  list.u.list.items = dims;
  list.u.list.count = t->rank;
  const wb_num one = wb_num_int(1);
  give(o, to, "dims", list);
  give(o, to, "ndim", wb_integer((wb_i128)t->rank));
  give(o, to, "numel", wb_number(wb_trained_elements(o->ctx, t)));
  give(o, to, "columns", wb_number(t->rank ? t->dims[t->rank - 1] : one));
  give(o, to, "rows", wb_number(t->rank > 1 ? t->dims[t->rank - 2] : one));
}

static wb_engine bind(const wb_optimizer *o, const wb_trained *t, wb_num trained) {
  wb_engine out = wb_engine_bare(o->lib, o->ctx, o->decl, o->options, o->option_count);
  const size_t width = wb_dtype_bytes(t->dtype);
  if (!width) WB_FAIL(o->ctx, WB_OPTIMIZER_DTYPE, WB_NOWHERE, t->dtype, t->pattern);
  give_shape(o, &out, t);
  give(o, &out, "width", wb_integer((wb_i128)width));
  give(o, &out, "dtype", wb_string(t->dtype));
  give(o, &out, "trained", wb_number(trained));
  const bool own = t->row && !t->is_adapter;
  give(o, &out, "group", wb_string(wb_str_of(own ? wb_group_name(t->row->group) : "")));
  return out;
}

bool wb_optimizer_takes(const wb_optimizer *o, const wb_trained *t) {
  const wb_engine bound = bind(o, t, wb_trained_elements(o->ctx, t));
  for (size_t i = 0; i < o->decl->body.count; i++) {
    const wb_stmt *stmt = o->decl->body.items[i];
    if (stmt->kind == WB_S_REQUIRE && !wb_eval_bool(o->ctx, stmt->expr, bound.scope)) return false;
  }
  return true;
}

static wb_i128 bytes_of(const wb_optimizer *o, wb_binding *binding) {
  const wb_value *value = wb_force(o->ctx, binding);
  if (value->kind == WB_NUM && wb_num_is_int(value->u.num) && value->u.num.num >= 0) return value->u.num.num;
  wb_text found = {.ctx = o->ctx};
  wb_value_print(&found, value);
  WB_FAIL(o->ctx, WB_OPTIMIZER_BYTES, WB_NOWHERE, o->decl->name->name, binding->name->name, wb_text_str(&found));
}

wb_optimizer_bytes wb_optimizer_of(const wb_optimizer *o, const wb_trained *t, wb_num trained) {
  const wb_body *body = &o->decl->body;
  wb_optimizer_bytes out = {.state = -1, .bound = bind(o, t, trained)};
  wb_engine_check_bare(o->ctx, &out.bound);
  out.parts = WB_NEWN(o->ctx, wb_kept_state, body->count);
  for (size_t i = 0; i < body->count; i++) {
    const wb_stmt *stmt = body->items[i];
    if (stmt->kind != WB_S_QUANTITY) continue;
    wb_binding *binding = wb_scope_find_here(out.bound.scope, stmt->name);
    const wb_i128 bytes = bytes_of(o, binding);
    const wb_str name = stmt->name->name;
    if (wb_str_is(name, "state_bytes")) out.state = bytes;
    else if (wb_str_is(name, "host_bytes")) out.host = bytes;
    else if (wb_str_is(name, "paged_bytes")) out.paged = bytes;
    else if (wb_str_is(name, "shared_bytes")) out.shared = bytes;
    else if (bytes) out.parts[out.part_count++] = (wb_kept_state){name, bytes, binding};
  }
  if (out.state < 0)
    WB_FAIL(o->ctx, WB_OPTIMIZER_BYTES, WB_NOWHERE, o->decl->name->name, WB_STR("state_bytes"), WB_STR("null"));
  return out;
}

static wb_i128 times(wb_ctx *ctx, wb_i128 total, wb_i128 bytes, wb_num copies) {
  return sum(ctx, wb_num_int(total), product(ctx, wb_num_int(bytes), copies)).num;
}

wb_optimizer_bytes wb_optimizer_over(const wb_optimizer *o, const wb_trained_list *list) {
  wb_optimizer_bytes out = {0};
  const wb_num trained = wb_trained_total(o->ctx, list);
  for (size_t i = 0; i < list->count; i++) {
    const wb_trained *t = &list->items[i];
    const wb_optimizer_bytes one = wb_optimizer_of(o, t, trained);
    out.state = times(o->ctx, out.state, one.state, t->copies);
    out.host = times(o->ctx, out.host, one.host, t->copies);
    out.paged = times(o->ctx, out.paged, one.paged, t->copies);
    if (one.shared > out.shared) out.shared = one.shared;
  }
  return out;
}

/* ---- derived ---- */

static const wb_node *derive_named(const wb_optimizer *o, const wb_engine *bound, const char *name, wb_derivation *d) {
  const wb_sym *sym = wb_intern_find(&o->lib->symbols, wb_str_of(name));
  wb_binding *binding = sym ? wb_scope_find_here(bound->scope, sym) : NULL;
  if (!binding) return NULL;
  wb_node *node = (wb_node *)wb_derive_binding(d, binding);
  node->unit = BYTES;
  node->source = o->decl->source;
  return node;
}

/* copies × what is kept for one. */
static void derive_tensor(const wb_optimizer *o, const wb_trained *t, wb_num trained, wb_states_on on, wb_derivation *d,
                          wb_node *parent) {
  const wb_optimizer_bytes one = wb_optimizer_of(o, t, trained);
  const bool less = on == WB_STATES_ON_CARD && one.host;
  const wb_i128 bytes = on == WB_STATES_ON_HOST ? one.host : less ? one.state - one.host : one.state;
  if (!bytes) return;
  wb_node *node = wb_d_new_node(d, wb_d_tensor_name(d, parent, t), NULL);
  wb_formula f = wb_d_new_formula(d);
  wb_d_factor_number(&f, NULL, t->copies);
  if (less) {
    const wb_str numbers = wb_str_fmt(d->ctx, "(%lld - %lld)", (long long)one.state, (long long)one.host);
    wb_d_factor_text(&f, WB_STR("(state_bytes - host_bytes)"), numbers);
  } else {
    wb_d_factor_number(&f, on == WB_STATES_ON_HOST ? "host_bytes" : "state_bytes", wb_num_int(bytes));
  }
  wb_d_take(node, &f);
  node->value = wb_integer(times(o->ctx, 0, bytes, t->copies));
  node->unit = BYTES;
  if (on != WB_STATES_ON_HOST) wb_d_add_child(d, node, derive_named(o, &one.bound, "state_bytes", d));
  if (less || on == WB_STATES_ON_HOST) wb_d_add_child(d, node, derive_named(o, &one.bound, "host_bytes", d));
  wb_d_add_child(d, parent, node);
}

const wb_node *wb_optimizer_derive(const wb_optimizer *o, const wb_trained_list *list, wb_states_on on,
                                   wb_derivation *d) {
  wb_node *root = wb_d_new_node(d, WB_STR("optimizer_states"), NULL);
  const wb_num trained = wb_trained_total(o->ctx, list);
  wb_i128 shared = 0;
  size_t most = 0;
  for (size_t i = 0; i < list->count; i++) {
    derive_tensor(o, &list->items[i], trained, on, d, root);
    const wb_optimizer_bytes one = wb_optimizer_of(o, &list->items[i], trained);
    if (one.shared <= shared || on == WB_STATES_ON_HOST) continue;
    shared = one.shared;
    most = i;
  }
  const wb_node *once = NULL;
  if (shared) {
    const wb_optimizer_bytes one = wb_optimizer_of(o, &list->items[most], trained);
    once = derive_named(o, &one.bound, "shared_bytes", d);
  }
  if (once) wb_d_add_child(d, root, once);
  wb_d_sum_up(d, root, BYTES);
  return root;
}
