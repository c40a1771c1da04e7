/* Adapters by name, and their options from texts. */
#include <string.h>

#include "estimate/adapter.h"
#include "estimate/adapter_target.h"
#include "estimate/engine.h"
#include "expr/eval.h"

/* Names are compared without case and signs: "LN-tuning" is ln_tuning. */
static wb_str plain(wb_ctx *ctx, wb_str asked) {
  wb_text out = {.ctx = ctx};
  for (size_t i = 0; i < asked.len; i++) {
    const char c = asked.ptr[i];
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) wb_text_addc(&out, upper ? (char)(c + 32) : c);
  }
  return wb_text_str(&out);
}

const wb_decl *wb_adapter_find(wb_library *lib, wb_ctx *ctx, wb_str asked) {
  const wb_decl *decl = NULL;
  const wb_str wanted = plain(ctx, wb_str_slice(asked, 0, asked.len < 64 ? asked.len : 64));
  wb_text known = {.ctx = ctx};
  for (size_t i = 0; (decl = wb_library_at(lib, ctx, WB_D_ADAPTER, i)) != NULL; i++) {
    if (wb_str_eq(plain(ctx, decl->name->name), wanted)) return decl;
    wb_text_addf(&known, "%s%.*s", i ? ", " : "", WB_STR_ARG(decl->name->name));
  }
  WB_FAIL(ctx, WB_ADAPTER_UNKNOWN, WB_NOWHERE, asked, wb_text_str(&known));
}

static const wb_field *option_of(const wb_decl *decl, wb_str name) {
  for (size_t i = 0; i < decl->field_count; i++)
    if (decl->fields[i].option && wb_option_is(&decl->fields[i], name)) return &decl->fields[i];
  return NULL;
}

static _Noreturn void unknown_option(wb_ctx *ctx, const wb_decl *decl, wb_str name) {
  wb_text known = {.ctx = ctx};
  for (size_t i = 0; i < decl->field_count; i++)
    if (decl->fields[i].option)
      wb_text_addf(&known, "%s%.*s", known.len ? ", " : "", WB_STR_ARG(decl->fields[i].name->name));
  WB_FAIL(ctx, WB_ADAPTER_OPTION, WB_NOWHERE, name, decl->name->name, wb_text_str(&known));
}

/* A number; true or false, None, as Python writes them too; else text. */
static wb_value value_of(wb_ctx *ctx, wb_str text) {
  wb_num n;
  if (text.len && text.ptr[0] == '-' && wb_num_parse(wb_str_slice(text, 1, text.len), &n))
    return wb_number((wb_num){-n.num, n.den});
  if (wb_num_parse_units(text, false, &n)) return wb_number(n);
  if (wb_str_is(text, "true") || wb_str_is(text, "True")) return wb_bool(true);
  if (wb_str_is(text, "false") || wb_str_is(text, "False")) return wb_bool(false);
  if (wb_str_is(text, "null") || wb_str_is(text, "None")) return wb_null();
  return wb_string(wb_str_copy(ctx, text));
}

wb_option *wb_adapter_options(wb_ctx *ctx, const wb_decl *decl, const char *const *texts, size_t count) {
  wb_option *out = WB_NEWN(ctx, wb_option, count);
  for (size_t i = 0; i < count; i++) {
    const wb_str text = wb_str_of(texts[i]);
    const char *equals = memchr(text.ptr, '=', text.len);
    const size_t at = equals ? (size_t)(equals - text.ptr) : text.len;
    const wb_str name = wb_str_trim(wb_str_slice(text, 0, at));
    const wb_field *option = option_of(decl, name);
    if (!option) unknown_option(ctx, decl, name);
    out[i].name = option->name->name;
    out[i].value = equals ? value_of(ctx, wb_str_trim(wb_str_slice(text, at + 1, text.len))) : wb_bool(true);
  }
  wb_options_once(ctx, decl, out, count);
  return out;
}

static bool fits(const wb_value *given, const wb_value *usual) {
  if (usual->kind == WB_TEXT) return given->kind == WB_TEXT;
  if (usual->kind == WB_NUM) return given->kind == WB_NUM && given->u.num.den >= 1;
  const bool zero_or_one = given->kind == WB_NUM && (given->u.num.num == 0 || given->u.num.num == 1);
  return usual->kind != WB_BOOL || given->kind == WB_BOOL || zero_or_one;
}

/* A number stays a number, true or false stay so; what may be null is the formulas' own matter. */
void wb_adapter_check_options(wb_model *m, const wb_inputs *inputs) {
  for (size_t i = 0; i < inputs->option_count; i++) {
    const wb_option *given = &inputs->options[i];
    const wb_field *option = option_of(inputs->decl, given->name);
    if (!option->fallback || option->nullable) continue;
    const wb_value usual = wb_eval(&m->ctx, option->fallback, (wb_scope *)&inputs->scope);
    wb_text found = {.ctx = &m->ctx}, wanted = {.ctx = &m->ctx};
    if (fits(&given->value, &usual)) continue;
    wb_value_print(&found, &given->value);
    wb_value_print(&wanted, &usual);
    WB_FAIL(&m->ctx, WB_ADAPTER_OPTION_VALUE, WB_NOWHERE, given->name, wb_text_str(&found), wb_text_str(&wanted));
  }
}
