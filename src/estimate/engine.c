#include "estimate/engine.h"

#include <string.h>

#include "base/tsv.h"
#include "expr/eval.h"
#include "expr/print.h"

/* ---- by name ---- */

wb_str wb_engine_plain(wb_ctx *ctx, wb_str asked) {
  wb_text out = {.ctx = ctx};
  for (size_t i = 0; i < asked.len; i++) {
    char c = asked.ptr[i];
    const bool upper = c >= 'A' && c <= 'Z', word = upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    wb_text_addc(&out, upper ? (char)(c + 32) : word ? c : '_');
  }
  return wb_text_str(&out);
}

const wb_decl *wb_engine_find(wb_library *lib, wb_ctx *ctx, wb_str asked) {
  const wb_decl *decl = asked.len < 64 ? wb_library_find(lib, ctx, WB_D_ENGINE, wb_engine_plain(ctx, asked)) : NULL;
  if (decl) return decl;
  wb_text known = {.ctx = ctx};
  for (size_t i = 0; (decl = wb_library_at(lib, ctx, WB_D_ENGINE, i)) != NULL; i++)
    wb_text_addf(&known, "%s%.*s", i ? ", " : "", WB_STR_ARG(decl->name->name));
  WB_FAIL(ctx, WB_ENGINE_UNKNOWN, WB_NOWHERE, asked, wb_text_str(&known));
}

/* ---- options ---- */

/* A number, with a unit or not; true, false; else text. */
static wb_value value_of(wb_str text) {
  wb_num n;
  if (wb_num_parse_units(text, false, &n)) return wb_number(n);
  if (wb_str_is(text, "true") || wb_str_is(text, "on") || wb_str_is(text, "yes")) return wb_bool(true);
  if (wb_str_is(text, "false") || wb_str_is(text, "off") || wb_str_is(text, "no")) return wb_bool(false);
  if (wb_str_is(text, "null") || wb_str_is(text, "none")) return wb_null();
  return wb_string(text);
}

static const wb_field *option_of(const wb_decl *engine, wb_str name) {
  for (size_t i = 0; i < engine->field_count; i++)
    if (engine->fields[i].option && wb_option_is(&engine->fields[i], name)) return &engine->fields[i];
  return NULL;
}

bool wb_engine_has_option(const wb_decl *engine, wb_str name) { return option_of(engine, name) != NULL; }

/* The control that takes it, for whoever shows the failure (data/options/faults.tsv): an engine's option is its own. */
static wb_str control_of(const wb_decl *decl, wb_str option) {
  if (decl->kind == WB_D_OPTIMIZER) return WB_STR("optimizer-option");
  if (decl->kind == WB_D_ADAPTER) return WB_STR("adapter-option");
  return decl->kind == WB_D_SHARDING ? WB_STR("sharding-option") : option;
}

/* "context" for "contex": of its own options and, as whoever mistypes one of the command's ends up here, of those that a
 * serving question has. Empty: none is near. */
static wb_str nearest_option(const wb_decl *decl, wb_str name) {
  size_t best = name.len < 5 ? 1 : 2;
  wb_str out = WB_STR(""), cell[2];
  for (size_t at = 0; decl->kind == WB_D_ENGINE && wb_tsv_next(wb_data_text("options/ranges.tsv"), &at, cell, 2);) {
    const size_t distance = wb_str_is(cell[1], "S") ? wb_str_distance(cell[0], name, best) : best + 1;
    if (distance < best + !out.len) best = distance, out = cell[0];
  }
  for (size_t i = 0; i < decl->field_count; i++) {
    const wb_str own = decl->fields[i].name->name;
    const size_t distance = decl->fields[i].option ? wb_str_distance(own, name, best) : best + 1;
    if (distance < best + !out.len) best = distance, out = own;
  }
  return out;
}

static _Noreturn void unknown_option(wb_ctx *ctx, const wb_decl *engine, wb_str name) {
  wb_text known = {.ctx = ctx};
  for (size_t i = 0; i < engine->field_count; i++)
    if (engine->fields[i].option)
      wb_text_addf(&known, "%s%.*s", known.len ? ", " : "", WB_STR_ARG(engine->fields[i].name->name));
  if (!known.len)
    WB_FAIL(ctx, wb_str_is(engine->name->name, "none") ? WB_OPTION_OF_NO_SHARDING : WB_OPTION_OF_NONE, WB_NOWHERE, name,
            engine->name->name, WB_STR(""), control_of(engine, name));
  const wb_str near = nearest_option(engine, name), all = wb_text_str(&known);
  WB_FAIL(ctx, near.len ? WB_ENGINE_OPTION_NEAR : WB_ENGINE_OPTION, WB_NOWHERE, name, engine->name->name, all,
          control_of(engine, name), near);
}

wb_option *wb_engine_options(wb_ctx *ctx, const wb_decl *engine, const char *const *texts, size_t count) {
  wb_option *out = WB_NEWN(ctx, wb_option, count);
  for (size_t i = 0; i < count; i++) {
    wb_str text = wb_str_of(texts[i]);
    const char *equals = memchr(text.ptr, '=', text.len);
    size_t at = equals ? (size_t)(equals - text.ptr) : text.len;
    wb_str name = wb_engine_plain(ctx, wb_str_trim(wb_str_slice(text, 0, at)));
    wb_str value = equals ? wb_str_trim(wb_str_slice(text, at + 1, text.len)) : WB_STR("true");
    const wb_field *option = option_of(engine, name);
    if (!option) unknown_option(ctx, engine, name);
    out[i] = (wb_option){option->name->name, value_of(value)};
    if (out[i].value.kind == WB_TEXT) out[i].value = wb_string(wb_str_copy(ctx, value));
  }
  return out;
}

void wb_options_once(wb_ctx *ctx, const wb_decl *decl, const wb_option *options, size_t count) {
  for (size_t i = 1; i < count; i++)
    for (size_t k = 0; k < i; k++) {
      if (!wb_str_eq(options[i].name, options[k].name)) continue;
      wb_text first = {.ctx = ctx}, second = {.ctx = ctx};
      wb_value_print(&first, &options[k].value);
      wb_value_print(&second, &options[i].value);
      if (wb_str_eq(wb_text_str(&first), wb_text_str(&second))) break;
      WB_FAIL(ctx, WB_OPTION_TWICE, WB_NOWHERE, options[i].name, wb_text_str(&first), wb_text_str(&second),
              control_of(decl, options[i].name));
    }
}

/* ---- formulas ---- */

static bool reads(wb_ctx *ctx, const wb_expr *expr, const wb_sym *name) {
  const wb_sym **names = NULL;
  size_t n = expr ? wb_expr_names(ctx, expr, &names) : 0;
  for (size_t i = 0; i < n; i++)
    if (names[i] == name) return true;
  return false;
}

bool wb_engine_reads(wb_library *lib, wb_ctx *ctx, const wb_decl *engine, const char *name) {
  const wb_sym *sym = wb_intern_find(&lib->symbols, wb_str_of(name));
  for (size_t i = 0; sym && i < engine->body.count; i++) {
    const wb_stmt *s = engine->body.items[i];
    if (reads(ctx, s->expr, sym) || reads(ctx, s->second, sym) || reads(ctx, s->every, sym)) return true;
  }
  for (size_t i = 0; sym && i < engine->field_count; i++)
    if (reads(ctx, engine->fields[i].fallback, sym)) return true;
  return false;
}

static wb_engine bound(wb_ctx *ctx, wb_inputs *inputs, const wb_option *options, size_t option_count) {
  const wb_decl *decl = inputs->decl;
  wb_engine out = {.decl = decl, .inputs = inputs};
  out.inputs->options = options;
  out.inputs->option_count = option_count;
  out.scope = out.inputs->formulas = wb_scope_new(ctx, &out.inputs->scope);
  for (size_t i = 0; i < decl->body.count; i++) {
    const wb_stmt *stmt = decl->body.items[i];
    if (stmt->name) wb_bind_expr(ctx, out.scope, stmt->name, stmt->expr, out.scope);
  }
  return out;
}

wb_engine wb_engine_new(wb_model *m, const wb_decl *decl, const wb_option *options, size_t option_count) {
  return bound(&m->ctx, wb_inputs_new(m, decl), options, option_count);
}

wb_engine wb_engine_bare(wb_library *lib, wb_ctx *ctx, const wb_decl *decl, const wb_option *options, size_t count) {
  return bound(ctx, wb_inputs_bare(lib, ctx, decl), options, count);
}

static bool is_given(const wb_engine *engine, wb_str name) {
  for (size_t i = 0; i < engine->inputs->option_count; i++) {
    const wb_field *option = option_of(engine->decl, engine->inputs->options[i].name);
    if (option && wb_str_eq(option->name->name, name)) return true;
  }
  return false;
}

/* The engine's own `require` lines. */
static void check_required(wb_ctx *ctx, const wb_engine *engine, const wb_stmt *stmt) {
  if (wb_eval_bool(ctx, stmt->expr, engine->scope)) return;
  wb_text formula = {.ctx = ctx}, values = {.ctx = ctx};
  wb_binding **leaves = NULL;
  const size_t n = wb_expr_leaves(ctx, stmt->expr, engine->scope, &leaves);
  wb_expr_print(&formula, stmt->expr, WB_AS_FIELDS, engine->scope);
  for (size_t i = 0; i < n; i++) {
    wb_text_addf(&values, "%s%.*s = ", i ? ", " : "", WB_STR_ARG(leaves[i]->name->name));
    wb_value_print(&values, wb_force(ctx, leaves[i]));
  }
  const bool own = engine->decl->kind == WB_D_ENGINE;
  wb_str control = own                                   ? WB_STR("engine")
                   : engine->decl->kind == WB_D_SHARDING ? WB_STR("sharding")
                                                         : WB_STR("optimizer");
  for (size_t i = n; own && i-- > 0;)
    if (is_given(engine, leaves[i]->name->name)) control = leaves[i]->name->name;
  WB_FAIL(ctx, own ? WB_ENGINE_REQUIRE : WB_DESCRIPTION_REQUIRE, WB_NOWHERE, wb_text_str(&values),
          wb_text_str(&formula), stmt->text, engine->decl->name->name, control);
}

/* A number stays a number, true or false stay so; what a text may be is the formulas' own matter. */
void wb_engine_check(wb_model *m, const wb_engine *engine) { wb_engine_check_bare(&m->ctx, engine); }

void wb_engine_check_bare(wb_ctx *ctx, const wb_engine *engine) {
  for (size_t i = 0; i < engine->inputs->option_count; i++) {
    const wb_option *given = &engine->inputs->options[i];
    const wb_field *option = option_of(engine->decl, given->name);
    if (!option->fallback || option->nullable) continue;
    const wb_value usual = wb_eval(ctx, option->fallback, engine->scope);
    const bool zero_or_one =
        given->value.kind == WB_NUM && (given->value.u.num.num == 0 || given->value.u.num.num == 1);
    const bool fits = usual.kind == WB_TEXT || (usual.kind == WB_BOOL && zero_or_one) ||
                      (usual.kind == WB_NUM && given->value.kind == WB_NUM && given->value.u.num.num >= 0) ||
                      (usual.kind == WB_BOOL && given->value.kind == WB_BOOL);
    wb_text found = {.ctx = ctx};
    if (fits) continue;
    wb_value_print(&found, &given->value);
    WB_FAIL(ctx, engine->decl->kind == WB_D_ENGINE ? WB_ENGINE_OPTION_VALUE : WB_OPTION_VALUE, WB_NOWHERE, given->name,
            wb_text_str(&found), wb_str_of(wb_kind_name(&usual)), control_of(engine->decl, given->name),
            engine->decl->name->name);
  }
  const wb_body *body = &engine->decl->body;
  for (size_t i = 0; i < body->count; i++)
    if (body->items[i]->kind == WB_S_REQUIRE) check_required(ctx, engine, body->items[i]);
}

void wb_engine_give(wb_model *m, wb_engine *engine, const char *name, wb_value value, wb_origin_kind origin) {
  const wb_sym *sym = wb_intern_find(&m->lib->symbols, wb_str_of(name));
  if (sym) wb_inputs_give(&m->ctx, engine->inputs, sym, value, origin);
}

const wb_value *wb_engine_value(wb_model *m, const wb_engine *engine, const char *name) {
  const wb_sym *sym = wb_intern_find(&m->lib->symbols, wb_str_of(name));
  wb_binding *binding = sym ? wb_scope_find(&m->ctx, engine->scope, sym) : NULL;
  const wb_value *value = binding ? wb_force(&m->ctx, binding) : NULL;
  return value && value->kind != WB_NULL && value->kind != WB_CLOSURE ? value : NULL;
}

wb_i128 wb_engine_whole(wb_model *m, const wb_engine *engine, const char *name, wb_i128 fallback) {
  const wb_value *value = wb_engine_value(m, engine, name);
  if (!value || value->kind != WB_NUM) return fallback;
  wb_num out = value->u.num;
  wb_num_floor(out, &out);
  return out.num;
}

wb_str wb_engine_text(wb_model *m, const wb_engine *engine, const char *name) {
  const wb_value *value = wb_engine_value(m, engine, name);
  return value && value->kind == WB_TEXT ? value->u.text : WB_STR("");
}

bool wb_engine_flag(wb_model *m, const wb_engine *engine, const char *name) {
  const wb_value *value = wb_engine_value(m, engine, name);
  return value && ((value->kind == WB_BOOL && value->u.boolean) || (value->kind == WB_NUM && value->u.num.num != 0));
}

static wb_value bytes_of(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_value out = wb_eval(ctx, expr, scope);
  if (out.kind != WB_NUM && out.kind != WB_FORM)
    WB_FAIL(ctx, WB_LANG_TYPE, expr->place, WB_STR("component"), wb_str_of(wb_kind_name(&out)), WB_STR("a number"));
  out.unit = (wb_unit){{0}};
  return out;
}

wb_component *wb_engine_components(wb_model *m, const wb_engine *engine, size_t *count) {
  const wb_body *body = &engine->decl->body;
  wb_component *out = WB_NEWN(&m->ctx, wb_component, body->count);
  *count = 0;
  for (size_t i = 0; i < body->count; i++) {
    const wb_stmt *stmt = body->items[i];
    if (stmt->kind != WB_S_COMPONENT) continue;
    wb_component *c = &out[(*count)++];
    c->name = stmt->name->name;
    c->source = stmt->text.len ? stmt->text : engine->decl->source;
    c->binding = wb_scope_find_here(engine->scope, stmt->name);

    c->best = bytes_of(&m->ctx, stmt->expr, engine->scope);
    c->low = stmt->second ? bytes_of(&m->ctx, stmt->second, engine->scope) : c->best;
    c->high = stmt->every ? bytes_of(&m->ctx, stmt->every, engine->scope) : c->best;
    if (!wb_basis_parse(stmt->basis, &c->basis))
      WB_FAIL(&m->ctx, WB_LANG_SYNTAX, stmt->place, wb_str_fmt(&m->ctx, "`%.*s`", WB_STR_ARG(stmt->basis)),
              WB_STR("exact, engine, measured, heuristic or assumed"));
  }
  return out;
}
