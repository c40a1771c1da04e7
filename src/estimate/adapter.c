#include "estimate/adapter.h"

#include <string.h>

#include "base/tsv.h"
#include "estimate/adapter_target.h"
#include "expr/eval.h"
#include "expr/print.h"

typedef struct applying {
  wb_model *m;
  wb_adapter *out;
  wb_inputs *inputs;
  wb_scope *model_scope; /* lets that read no module */
  wb_modules all;
  wb_names_list feedforward;
  bool shared_made; /* what all modules have in common stands in the list */
} applying;

/* ---- names and values ---- */

static const wb_sym *symbol(const applying *a, const char *name) {
  return wb_intern_find(&a->m->lib->symbols, wb_str_of(name));
}

/* A let or an option by name; NULL when the description has none, or for null. */
static const wb_value *value_in(const applying *a, wb_scope *scope, const char *name) {
  const wb_sym *sym = symbol(a, name);
  wb_binding *binding = sym ? wb_scope_find(&a->m->ctx, scope, sym) : NULL;
  const wb_value *value = binding ? wb_force(&a->m->ctx, binding) : NULL;
  return value && value->kind != WB_NULL && value->kind != WB_CLOSURE ? value : NULL;
}

static wb_str text_of(const applying *a, const char *name) {
  const wb_value *value = value_in(a, a->model_scope, name);
  if (!value) return WB_STR("");
  if (value->kind == WB_TEXT) return value->u.text;
  wb_text out = {.ctx = &a->m->ctx};
  wb_value_print(&out, value); /* layers_to_transform=0 */
  return wb_text_str(&out);
}

static bool flag_of(const applying *a, const char *name, bool usual) {
  const wb_value *value = value_in(a, a->model_scope, name);
  return value ? wb_truth(value) : usual;
}

static void give(const applying *a, wb_scope *scope, const char *name, wb_value value) {
  const wb_sym *sym = symbol(a, name);
  if (!sym) return; /* no formula reads it */
  wb_origin *origin = WB_NEW(&a->m->ctx, wb_origin);
  *origin = (wb_origin){WB_FROM_MODEL, WB_STR("model"), WB_STR(""), 0};
  wb_bind_value(&a->m->ctx, scope, sym, value)->origin = origin;
}

/* A dimension of the model under a name of the formulas: its derivation goes on to where the dimension comes from. */
static void give_dimension(const applying *a, wb_scope *scope, const char *name, const wb_binding *dim) {
  const wb_sym *sym = symbol(a, name);
  if (!sym) return;
  wb_binding *own = wb_bind_value(&a->m->ctx, scope, sym, dim ? dim->value : wb_null());
  if (!dim) return;
  own->expr = dim->expr;
  own->scope = dim->scope;
  own->origin = dim->origin;
}

static void bind_lets(const applying *a, wb_scope *scope) {
  const wb_body *body = &a->out->decl->body;
  for (size_t i = 0; i < body->count; i++)
    if (body->items[i]->kind == WB_S_LET)
      wb_bind_expr(&a->m->ctx, scope, body->items[i]->name, body->items[i]->expr, scope);
}

/* ---- tensors ---- */

static void add_elements(wb_ctx *ctx, wb_num *sum, const wb_trained *item) {
  wb_num elements = item->copies;
  bool fits = true;
  for (size_t i = 0; i < item->rank; i++) fits = fits && wb_num_mul(elements, item->dims[i], &elements);
  if (!fits || !wb_num_add(*sum, elements, sum)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
}

static void put(applying *a, const wb_trained *item, const wb_made *made) {
  wb_ctx *ctx = &a->m->ctx;
  wb_adapter *out = a->out;
  const size_t before = out->trained.cap;
  WB_PUSH_ROOM(ctx, out->trained.items, out->trained.count, out->trained.cap);
  if (out->trained.cap != before) {
    wb_made *all = WB_NEWN(ctx, wb_made, out->trained.cap);
    if (out->trained.count) memcpy(all, out->made, out->trained.count * sizeof *all);
    out->made = all;
  }
  out->made[out->trained.count] = *made;
  out->trained.items[out->trained.count++] = *item;
  add_elements(ctx, &out->parameters, item);
}

static void put_frozen(applying *a, const wb_trained *item) {
  wb_trained_list *list = &a->out->frozen;
  WB_PUSH_ROOM(&a->m->ctx, list->items, list->count, list->cap);
  list->items[list->count++] = *item;
  add_elements(&a->m->ctx, &a->out->frozen_elements, item);
}

/* Adapters of a model in 16 bits or fewer are held in float32, unless asked otherwise (tuners_utils.py,
 * cast_adapter_dtype). */
static wb_str adapter_dtype(const applying *a) {
  return flag_of(a, "autocast_adapter_dtype", true) ? WB_STR("float32") : a->m->dtype;
}

/* A name pattern for people: each index is a star. */
static wb_str starred(wb_ctx *ctx, wb_str pattern) {
  wb_text out = {.ctx = ctx};
  for (size_t i = 0; i < pattern.len; i++) wb_text_addc(&out, pattern.ptr[i] == WB_INDEX_MARK ? '*' : pattern.ptr[i]);
  return wb_text_str(&out);
}

static wb_str joined(wb_ctx *ctx, wb_str module, wb_str tensor) {
  if (!module.len) return tensor;
  return wb_str_fmt(ctx, "%.*s.%.*s", WB_STR_ARG(module), WB_STR_ARG(tensor));
}

/* A `param` or `buffer` line for one module (NULL: for the model). */
static void make(applying *a, const wb_stmt *stmt, wb_scope *scope, const wb_module *module) {
  wb_ctx *ctx = &a->m->ctx;
  const bool shared = stmt->mod.tied_to != NULL;
  if ((shared && a->shared_made) || (stmt->mod.when && !wb_eval_bool(ctx, stmt->mod.when, scope))) return;
  wb_trained item = {.copies = module && !shared ? module->copies : wb_num_int(1), .dtype = adapter_dtype(a)};
  wb_made made = {.module = module ? starred(ctx, module->name) : WB_STR("")};
  item.pattern = joined(ctx, made.module, stmt->path->plain);
  item.row = module ? module->rows : NULL;
  item.is_adapter = true;
  for (; item.rank < stmt->arg_count && item.rank < WB_TRAINED_RANK; item.rank++) {
    wb_binding *dim = WB_NEW(ctx, wb_binding);
    *dim = (wb_binding){.expr = stmt->args[item.rank].expr, .scope = scope, .state = WB_EVALUATED};
    dim->value = wb_number(wb_eval_size(ctx, dim->expr, scope));
    made.dims[item.rank] = dim;
    item.dims[item.rank] = dim->value.u.num;
  }
  if (stmt->kind == WB_S_BUFFER) put_frozen(a, &item);
  else put(a, &item, &made);
}

/* A tensor of the model that trains: itself, or as a copy below another name. */
static void put_row(applying *a, const wb_row *row, wb_str pattern, bool is_copy) {
  wb_trained item = {.pattern = pattern,
                     .rank = row->rank,
                     .copies = row->copies,
                     .row = row,
                     .is_adapter = is_copy,
                     .of_model = true};
  wb_made made = {.module = WB_STR("")};
  item.dtype = row->dtype.len ? row->dtype : a->m->dtype;
  for (size_t i = 0; i < row->rank; i++) {
    item.dims[i] = row->dims[i]->value.u.num;
    made.dims[i] = row->dims[i];
  }
  put(a, &item, &made);
}

/* ---- modules ---- */

static void count_module(applying *a, wb_str name, wb_num copies) {
  wb_adapter *out = a->out;
  wb_ctx *ctx = &a->m->ctx;
  if (!wb_num_add(out->adapted, copies, &out->adapted)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
  for (size_t i = 0; i < out->module_count; i++)
    if (wb_str_eq(out->modules[i].name, name)) {
      wb_num_add(out->modules[i].count, copies, &out->modules[i].count); /* fits: the sum of all does */
      return;
    }
  WB_PUSH_ROOM(ctx, out->modules, out->module_count, out->module_cap);
  out->modules[out->module_count++] = (wb_adapted){name, copies};
}

static bool is_feedforward(const applying *a, wb_str name) {
  for (size_t i = 0; i < a->feedforward.count; i++)
    if (wb_str_ends(name, a->feedforward.items[i])) return true;
  return false;
}

/* What formulas read of a module. */
static wb_scope *scope_of(const applying *a, const wb_module *module) {
  wb_ctx *ctx = &a->m->ctx;
  wb_scope *scope = wb_scope_new(ctx, &a->inputs->scope);
  wb_value *kernel = WB_NEWN(ctx, wb_value, WB_MODULE_SIDES);
  for (uint32_t i = 0; i < module->sides; i++) kernel[i] = module->kernel[i]->value;
  give(a, scope, "kind", wb_string(wb_str_of(wb_module_words[module->kind])));
  give_dimension(a, scope, "in_features", module->in);
  give_dimension(a, scope, "out_features", module->out);
  give(a, scope, "kernel", (wb_value){.kind = WB_LIST, .u.list = {kernel, module->sides}});
  give(a, scope, "sides", wb_integer(module->sides));
  give(a, scope, "groups", wb_number(module->groups));
  give(a, scope, "dilation", wb_number(module->dilation));
  give(a, scope, "experts", wb_number(module->experts));
  give(a, scope, "fused", wb_number(module->fused));
  give(a, scope, "has_bias", wb_bool(module->has_bias));
  give(a, scope, "feedforward", wb_bool(is_feedforward(a, module->name)));
  bind_lets(a, scope);
  return scope;
}

/* The `require` lines of a description, for a module or for the model. */
static void check_required(const applying *a, wb_scope *scope, const wb_module *module) {
  const wb_body *body = &a->out->decl->body;
  wb_ctx *ctx = &a->m->ctx;
  for (size_t i = 0; i < body->count; i++) {
    const wb_stmt *stmt = body->items[i];
    if (stmt->kind != WB_S_REQUIRE || wb_eval_bool(ctx, stmt->expr, scope)) continue;
    wb_str what =
        module ? wb_str_fmt(ctx, "%.*s (%s)", WB_STR_ARG(starred(ctx, module->name)), wb_module_words[module->kind])
               : a->m->name;
    WB_FAIL(ctx, WB_ADAPTER_REFUSED, WB_NOWHERE, a->out->decl->name->name, what, stmt->text);
  }
}

static void check_known_refusals(const applying *a, const wb_module *module) {
  const wb_str list = text_of(a, "refusals");
  wb_str cells[3];
  if (!list.len) return;
  for (size_t at = 0; wb_tsv_next(wb_data_text("adapters/refused.tsv"), &at, cells, 3);)
    if (wb_str_eq(cells[0], list) && wb_str_eq(cells[1], a->m->model_type) &&
        wb_str_eq(cells[2], wb_module_leaf(module->name)))
      WB_FAIL(&a->m->ctx, WB_ADAPTER_REFUSED, WB_NOWHERE, a->out->decl->name->name, starred(&a->m->ctx, module->name),
              wb_str_fmt(&a->m->ctx, "incompatible with models of type %.*s", WB_STR_ARG(a->m->model_type)));
}

static void make_all(applying *a, wb_scope *scope, const wb_module *module) {
  const wb_body *body = &a->out->decl->body;
  check_required(a, scope, module);
  for (size_t i = 0; i < body->count; i++)
    if (body->items[i]->kind == WB_S_PARAM || body->items[i]->kind == WB_S_BUFFER)
      make(a, body->items[i], scope, module);
}

/* The widest of what is adapted, for matrices that all share. */
static void give_widest(const applying *a, const wb_modules *targets) {
  wb_num in = wb_num_int(0), out = wb_num_int(0);
  for (size_t i = 0; i < targets->count; i++) {
    const wb_module *t = &targets->items[i];
    if (t->in && t->in->value.u.num.num > in.num) in = t->in->value.u.num;
    if (t->out && t->out->value.u.num.num > out.num) out = t->out->value.u.num;
  }
  give(a, &a->inputs->scope, "widest_in", wb_number(in));
  give(a, &a->inputs->scope, "widest_out", wb_number(out));
}

static void adapt(applying *a, const wb_modules *targets) {
  give_widest(a, targets);
  for (size_t i = 0; i < targets->count; i++) {
    const wb_module *module = &targets->items[i];
    check_known_refusals(a, module);
    make_all(a, scope_of(a, module), module);
    a->shared_made = true;
    if (module->kind != WB_M_PARAMETER) count_module(a, starred(&a->m->ctx, module->name), module->copies);
  }
}

/* ---- tensors of the model ---- */

static bool is_tensor(const wb_row *row) { return !row->mtp && row->kind != WB_BUFFER; }

static wb_str parent(wb_str name) {
  const size_t leaf = wb_module_leaf(name).len;
  return wb_str_slice(name, 0, name.len > leaf ? name.len - leaf - 1 : 0);
}

typedef bool (*name_test)(wb_str name, wb_str target);

/* The outermost module around a tensor that one of the names means; empty for none. */
static wb_str module_around(wb_str tensor, const wb_names_list *names, name_test means) {
  wb_str found = WB_STR("");
  for (wb_str at = parent(tensor); at.len; at = parent(at))
    for (size_t i = 0; i < names->count; i++)
      if (means(at, names->items[i])) found = at;
  return found;
}

/* Copies of whole modules that train: "lm_head.weight" becomes "lm_head.modules_to_save.weight". */
static bool copy_modules(applying *a, const wb_names_list *names, name_test means, const char *below, bool count) {
  wb_ctx *ctx = &a->m->ctx;
  wb_str last = WB_STR("");
  bool any = false;
  for (size_t i = 0; i < a->m->row_count && names->count; i++) {
    const wb_row *row = &a->m->rows[i];
    const wb_str name = is_tensor(row) ? wb_module_name(a->m, row->pattern) : WB_STR("");
    const wb_str module = module_around(name, names, means);
    if (!module.len) continue;
    const wb_str rest = wb_str_slice(name, module.len + 1, name.len);
    const bool same = any && wb_str_eq(last, module) && row->indices[0] == a->m->rows[i - 1].indices[0];
    put_row(a, row, starred(ctx, wb_str_fmt(ctx, "%.*s.%s.%.*s", WB_STR_ARG(module), below, WB_STR_ARG(rest))), true);
    if (count && !same) count_module(a, starred(ctx, module), row->copies);
    last = module;
    any = true;
  }
  return any;
}

static bool is_adapted(const wb_modules *targets, wb_str module) {
  for (size_t i = 0; targets && i < targets->count; i++)
    if (wb_str_eq(targets->items[i].name, module)) return true;
  return false;
}

/* bias=all, or those of adapted modules alone (tuners_utils.py, _mark_only_adapters_as_trainable). */
static void train_biases(applying *a, const wb_modules *targets) {
  const wb_str bias = text_of(a, "bias"), own = text_of(a, "own_bias");
  wb_ctx *ctx = &a->m->ctx;
  const bool all = wb_str_is(bias, "all");
  if (!bias.len || wb_str_is(bias, "none")) return;
  if (!all && !wb_str_eq(bias, own))
    WB_FAIL(ctx, WB_ADAPTER_OPTION_VALUE, WB_NOWHERE, WB_STR("bias"), bias,
            wb_str_fmt(ctx, "none, all, %.*s", WB_STR_ARG(own)));
  for (size_t i = 0; i < a->m->row_count; i++) {
    const wb_row *row = &a->m->rows[i];
    if (row->mtp || row->kind != WB_PARAM || !wb_str_is(wb_module_leaf(row->pattern), "bias")) continue;
    const wb_str module = parent(wb_module_name(a->m, row->pattern));
    const bool adapted = is_adapted(targets, module);
    if (!all && !adapted) continue;
    put_row(a, row, starred(ctx, joined(ctx, module, adapted ? WB_STR("base_layer.bias") : WB_STR("bias"))), false);
  }
}

/* ---- one adapter ---- */

static bool has_component(wb_str name, const char *word) {
  size_t at = 0;
  for (wb_str part; wb_str_next(name, '.', &at, &part);)
    if (wb_str_is(part, word)) return true;
  return false;
}

/* A model of two stacks, one of which reads what the other gives. */
static bool is_encoder_decoder(const wb_model *m) {
  bool encoder = false, decoder = false;
  for (size_t i = 0; i < m->row_count; i++) {
    encoder = encoder || has_component(m->rows[i].pattern, "encoder");
    decoder = decoder || has_component(m->rows[i].pattern, "decoder");
  }
  return encoder && decoder;
}

static void read_feedforward(applying *a) {
  const wb_str list = text_of(a, "feedforwards"), asked = text_of(a, "feedforward_modules");
  wb_str within;
  if (!list.len) return;
  if (asked.len) a->feedforward = wb_names_split(&a->m->ctx, asked);
  else if (!wb_adapter_defaults(a->m, list, &a->feedforward, &within))
    WB_FAIL(&a->m->ctx, WB_ADAPTER_NO_DEFAULT, WB_NOWHERE, a->m->model_type, WB_STR("feedforward_modules"));
}

static void apply_modules(applying *a) {
  wb_ctx *ctx = &a->m->ctx;
  const wb_names_list saved = wb_names_split(ctx, text_of(a, "modules_to_save"));
  const wb_targeting asked = {.asked = text_of(a, "target_modules"),
                              .list = text_of(a, "targets"),
                              .excluded = text_of(a, "exclude_modules"),
                              .saved = text_of(a, "modules_to_save"),
                              .layers = text_of(a, "layers_to_transform"),
                              .parameters = text_of(a, "parameters").len > 0};
  const wb_str copies = text_of(a, "copies");
  if (copies.len) {
    wb_str within = WB_STR("");
    wb_names_list names = wb_names_split(ctx, asked.asked);
    if (!names.count && !wb_adapter_defaults(a->m, asked.list, &names, &within))
      WB_FAIL(ctx, WB_ADAPTER_NO_DEFAULT, WB_NOWHERE, a->m->model_type, WB_STR("target_modules"));
    if (!copy_modules(a, &names, wb_module_is, wb_str_cstr(ctx, copies), true))
      WB_FAIL(ctx, WB_ADAPTER_NO_MATCH, WB_NOWHERE, asked.asked.len ? asked.asked : a->m->model_type);
  } else {
    read_feedforward(a);
    a->all = wb_modules_of(a->m);
    const wb_modules targets = wb_adapter_targets(a->m, &a->all, &asked);
    adapt(a, &targets);
    train_biases(a, &targets);
  }
  copy_modules(a, &saved, wb_str_ends, "modules_to_save", false);
}

static bool is_unseen(const wb_model *m, wb_str field) {
  wb_str cells[2];
  for (size_t at = 0; wb_tsv_next(wb_data_text("adapters/unseen.tsv"), &at, cells, 2);)
    if (wb_str_eq(cells[0], m->model_type) && wb_str_eq(cells[1], field)) return true;
  return false;
}

/* A key of the configuration that the model's description does not read but the library does. */
static const wb_json *unread(const wb_model *m, const wb_field *field) {
  for (size_t i = WB_LANGUAGE_CONFIGS; i-- > 0;)
    for (size_t k = 0; k < field->alias_count; k++) {
      const wb_json *object = wb_language_config(m, i);
      const wb_json *found = object ? wb_json_get(object, field->aliases[k]->name) : NULL;
      if (found && found->kind == WB_JSON_INT) return found;
    }
  return NULL;
}

/* Fields as the library finds them: not those that it looks for under other names than the class has (unseen.tsv), and
 * also those that no tensor depends on. */
static void settle_fields(const applying *a) {
  wb_ctx *ctx = &a->m->ctx;
  for (size_t i = 0; i < a->out->decl->field_count; i++) {
    const wb_field *field = &a->out->decl->fields[i];
    const char *name = wb_str_cstr(ctx, field->name->name);
    if (field->option || field->derived) continue;
    const bool unseen = is_unseen(a->m, field->name->name);
    if (!unseen && value_in(a, &a->inputs->scope, name)) continue;
    const wb_json *found = unseen ? NULL : unread(a->m, field);
    give(a, &a->inputs->scope, name, found ? wb_value_of_json(ctx, found) : wb_null());
  }
}

static const wb_adapter *apply(wb_model *m, const wb_decl *decl, const char *const *options, size_t count) {
  wb_ctx *ctx = &m->ctx;
  applying a = {.m = m, .out = WB_NEW(ctx, wb_adapter), .inputs = wb_inputs_new(m, decl)};
  a.out->decl = decl;
  a.out->parameters = a.out->frozen_elements = a.out->adapted = wb_num_int(0);
  a.inputs->options = wb_adapter_options(ctx, decl, options, count);
  a.inputs->option_count = count;
  wb_adapter_check_options(m, a.inputs);
  give(&a, &a.inputs->scope, "encoder_decoder", wb_bool(is_encoder_decoder(m)));
  settle_fields(&a);
  a.model_scope = wb_scope_new(ctx, &a.inputs->scope);
  bind_lets(&a, a.model_scope);
  if (flag_of(&a, "per_module", true)) apply_modules(&a);
  else make_all(&a, a.model_scope, NULL);
  return a.out;
}

typedef struct applied {
  const wb_decl *decl;
  const char *const *options;
  size_t count;
  const wb_adapter *adapter;
  const struct applied *next;
} applied;

static bool same_options(const applied *known, const char *const *options, size_t count) {
  if (known->count != count) return false;
  for (size_t i = 0; i < count; i++)
    if (strcmp(known->options[i], options[i]) != 0) return false;
  return true;
}

const wb_adapter *wb_adapter_apply(wb_model *m, const wb_decl *decl, const char *const *options, size_t count) {
  for (const applied *known = m->adapters; known; known = known->next)
    if (known->decl == decl && same_options(known, options, count)) return known->adapter;
  const size_t warned = m->warning_count;
  const char **own = WB_NEWN(&m->ctx, const char *, count);
  for (size_t i = 0; i < count; i++) own[i] = wb_str_cstr(&m->ctx, wb_str_of(options[i]));
  const wb_adapter *adapter = apply(m, decl, own, count);
  if (m->warning_count != warned) return adapter; /* it is to be said again */
  applied *kept = WB_NEW(&m->ctx, applied);
  *kept = (applied){decl, own, count, adapter, m->adapters};
  m->adapters = kept;
  return adapter;
}
