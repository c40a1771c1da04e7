/* Any bytes as a formula: parsed, evaluated, printed, and parsed again to the same text and the same value. */
#include <stdint.h>
#include <stdlib.h>

#include "expr/eval.h"
#include "expr/parse.h"
#include "expr/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const wb_str named = {"fuzz", 4};

typedef struct session {
  wb_ctx ctx;
  wb_symtab symbols;
  wb_scope *scope;
} session;

static void give(session *s, const char *name, wb_value value) {
  wb_bind_value(&s->ctx, s->scope, wb_intern(&s->symbols, wb_str_of(name)), value);
}

static void names(session *s) {
  static wb_value items[3];
  static const wb_str keys[3] = {{"a", 1}, {"b", 1}, {"05", 2}};
  s->symbols = (wb_symtab){.ctx = &s->ctx};
  s->scope = wb_scope_new(&s->ctx, NULL);
  for (int i = 0; i < 3; i++) items[i] = wb_integer(3 + i * i);
  give(s, "n", wb_integer(32));
  give(s, "list", (wb_value){.kind = WB_LIST, .u.list = {items, 3}});
  give(s, "object", (wb_value){.kind = WB_RECORD, .u.record = {keys, items, 3}});
  give(s, "text", wb_string(WB_STR("M-M*E")));
  give(s, "none", wb_null());
}

static const wb_expr *parsed(session *s, wb_str text) {
  if (!WB_GUARD(&s->ctx)) {
    if (s->ctx.failure.place.line > text.len + 1 || s->ctx.failure.place.column > text.len + 1) abort();
    return NULL;
  }
  return wb_parse_formula(&s->ctx, &s->symbols, text, named);
}

static bool evaluated(session *s, const wb_expr *expr, wb_value *out) {
  s->ctx.steps = s->ctx.depth = 0;
  s->ctx.max_steps = 100000;
  if (!WB_GUARD(&s->ctx)) return false;
  *out = wb_eval(&s->ctx, expr, s->scope);
  return true;
}

static wb_str printed(session *s, const wb_expr *expr, wb_style style) {
  wb_text out = {.ctx = &s->ctx};
  s->ctx.steps = s->ctx.depth = 0;
  s->ctx.max_steps = 100000;
  if (!WB_GUARD(&s->ctx)) return (wb_str){NULL, 0};
  wb_expr_print(&out, expr, style, s->scope);
  return wb_text_str(&out);
}

static void check(session *s, wb_str text) {
  const wb_expr *expr = parsed(s, text), *again;
  if (!expr) return;
  wb_value value = wb_null(), same = wb_null();
  bool known = evaluated(s, expr, &value);
  wb_str written = printed(s, expr, WB_AS_FORMULA);
  if (written.len && text.len < 4000) { /* longer texts are cut when they are shown */
    s->ctx.depth = 0;
    again = parsed(s, written);
    if (!again && s->ctx.failure.message != WB_TOO_DEEP) abort();
    if (again && !wb_str_eq(printed(s, again, WB_AS_FORMULA), written)) abort();
    if (again && known && (!evaluated(s, again, &same) || (value.kind < WB_RECORD && !wb_value_eq(&value, &same))))
      abort();
  }
  for (int style = WB_AS_NUMBERS; style <= WB_AS_FIELD_LATEX; style++) printed(s, expr, (wb_style)style);
}

static void guarded(session *s, wb_str text) {
  if (!WB_GUARD(&s->ctx)) return;
  names(s);
  check(s, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  session s = {.ctx = {.arena = wb_arena_new((size_t)64 << 20)}};
  if (!s.ctx.arena) return 0;
  guarded(&s, (wb_str){(const char *)data, size});
  wb_arena_free(s.ctx.arena);
  return 0;
}
