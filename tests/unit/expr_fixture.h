/* What the tests of formulas share. Every test has a context and a scope of its own with some names; value_of gives what
 * a formula comes to as one line: its value with its unit, or "LINE:COLUMN code | found | …". */
#ifndef WEIGH_TESTS_EXPR_FIXTURE_H
#define WEIGH_TESTS_EXPR_FIXTURE_H

#include <string.h>

#include "expr/eval.h"
#include "expr/parse.h"
#include "expr/print.h"

static wb_ctx ctx;
static wb_symtab symbols;
static wb_scope *scope;
static const wb_str named = {"t", 1};

static inline void name_value(const char *name, wb_value value) {
  static const wb_origin origin = {.kind = WB_FROM_DEFAULT};
  wb_bind_value(&ctx, scope, wb_intern(&symbols, wb_str_of(name)), value)->origin = &origin;
}

static inline wb_value list_of(size_t count, const int *numbers) {
  wb_value *items = WB_NEWN(&ctx, wb_value, count);
  for (size_t i = 0; i < count; i++) items[i] = wb_integer(numbers[i]);
  return (wb_value){.kind = WB_LIST, .u.list = {items, count}};
}

static inline wb_value record_of(size_t count, const char *const *keys, const int *numbers) {
  wb_str *names = WB_NEWN(&ctx, wb_str, count);
  for (size_t i = 0; i < count; i++) names[i] = wb_str_of(keys[i]);
  wb_value list = list_of(count, numbers);
  return (wb_value){.kind = WB_RECORD, .u.record = {names, list.u.list.items, count}};
}

static inline wb_value shape_of(size_t rank, const int *axes) {
  wb_shape *shape = WB_NEW(&ctx, wb_shape);
  wb_scope *inner = wb_scope_new(&ctx, NULL);
  shape->rank = (uint32_t)rank;
  for (size_t i = 0; i < rank; i++)
    shape->axes[i] = wb_bind_value(&ctx, inner, wb_intern(&symbols, WB_STR("axis")), wb_integer(axes[i]));
  return (wb_value){.kind = WB_SHAPE, .u.shape = shape};
}

static inline void fill_scope(void) {
  static const char *const keys[] = {"a", "05"};
  scope = wb_scope_new(&ctx, NULL);
  name_value("heads", wb_integer(32));
  name_value("head_dim", wb_integer(128));
  name_value("zero", wb_integer(0));
  name_value("yes", wb_bool(true));
  name_value("none", wb_null());
  name_value("text", wb_string(WB_STR("M-M*E")));
  name_value("list", list_of(4, (const int[]){3, 5, 8, 5}));
  name_value("empty", list_of(0, NULL));
  name_value("object", record_of(2, keys, (const int[]){1, 50}));
  name_value("x", shape_of(2, (const int[]){4, 8}));
}

static inline const char *failure_line(wb_str source) {
  wb_failure f = ctx.failure;
  if (!f.place.line && f.place.file.ptr) f.place = wb_text_place(source, f.place.file, f.place.column);
  wb_text out = {.ctx = &ctx};
  wb_text_addf(&out, "%u:%u %s", f.place.line, f.place.column, wb_message_code(f.message));
  for (size_t i = 0; i < WB_MESSAGE_ARGS && f.args[i].len; i++) wb_text_addf(&out, " | %.*s", WB_STR_ARG(f.args[i]));
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

static inline const char *shown(const wb_value *value) {
  wb_text out = {.ctx = &ctx};
  wb_value_print(&out, value);
  if (value->kind == WB_NUM && !wb_unit_plain(value->unit)) {
    wb_text_addc(&out, ' ');
    wb_unit_print(&out, value->unit);
  }
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

static inline void refresh(void) {
  ctx.depth = 0;
  ctx.steps = 0;
  ctx.max_steps = 1000000;
}

static inline const char *value_of(const char *formula) {
  wb_str text = wb_str_of(formula);
  refresh();
  if (!WB_GUARD(&ctx)) return failure_line(text);
  wb_value value = wb_eval(&ctx, wb_parse_formula(&ctx, &symbols, text, named), scope);
  return shown(&value);
}

static inline const char *printed(const char *formula, wb_style style) {
  wb_str text = wb_str_of(formula);
  refresh();
  if (!WB_GUARD(&ctx)) return failure_line(text);
  wb_text out = {.ctx = &ctx};
  wb_expr_print(&out, wb_parse_formula(&ctx, &symbols, text, named), style, scope);
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

typedef struct pair {
  const char *formula, *wanted;
} pair;

static inline void all(const pair *pairs, size_t count, const char *(*of)(const char *)) {
  size_t wrong = 0;
  for (size_t i = 0; i < count; i++) {
    const char *got = of(pairs[i].formula);
    if (strcmp(got, pairs[i].wanted) == 0) continue;
    print_message("# %s\n#   gives  %s\n#   wanted %s\n", pairs[i].formula, got, pairs[i].wanted);
    wrong++;
  }
  assert_int_equal(wrong, 0);
}
#define ALL(pairs, of) all((pairs), sizeof(pairs) / sizeof *(pairs), (of))

static int set_up(void **state) {
  (void)state;
  ctx = (wb_ctx){.arena = wb_arena_new(0)};
  if (!ctx.arena || !WB_GUARD(&ctx)) return -1;
  symbols = (wb_symtab){.ctx = &ctx};
  fill_scope();
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  wb_arena_free(ctx.arena);
  return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
