#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expr/eval.h"
#include "expr/parse.h"
#include "expr/print.h"

/* Every test has a context and a scope of its own with some names. value_of gives what a formula comes to as one line:
 * its value with its unit, or "LINE:COLUMN code | found | …". */

static wb_ctx ctx;
static wb_symtab symbols;
static wb_scope *scope;
static const wb_str named = {"t", 1};

static void name_value(const char *name, wb_value value) {
  static const wb_origin origin = {.kind = WB_FROM_DEFAULT};
  wb_bind_value(&ctx, scope, wb_intern(&symbols, wb_str_of(name)), value)->origin = &origin;
}

static wb_value list_of(size_t count, const int *numbers) {
  wb_value *items = WB_NEWN(&ctx, wb_value, count);
  for (size_t i = 0; i < count; i++) items[i] = wb_integer(numbers[i]);
  return (wb_value){.kind = WB_LIST, .u.list = {items, count}};
}

static wb_value record_of(size_t count, const char *const *keys, const int *numbers) {
  wb_str *names = WB_NEWN(&ctx, wb_str, count);
  for (size_t i = 0; i < count; i++) names[i] = wb_str_of(keys[i]);
  wb_value list = list_of(count, numbers);
  return (wb_value){.kind = WB_RECORD, .u.record = {names, list.u.list.items, count}};
}

static wb_value shape_of(size_t rank, const int *axes) {
  wb_shape *shape = WB_NEW(&ctx, wb_shape);
  wb_scope *inner = wb_scope_new(&ctx, NULL);
  shape->rank = (uint32_t)rank;
  for (size_t i = 0; i < rank; i++)
    shape->axes[i] = wb_bind_value(&ctx, inner, wb_intern(&symbols, WB_STR("axis")), wb_integer(axes[i]));
  return (wb_value){.kind = WB_SHAPE, .u.shape = shape};
}

static void fill_scope(void) {
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

static const char *failure_line(wb_str source) {
  wb_failure f = ctx.failure;
  if (!f.place.line && f.place.file.ptr) f.place = wb_text_place(source, f.place.file, f.place.column);
  wb_text out = {.ctx = &ctx};
  wb_text_addf(&out, "%u:%u %s", f.place.line, f.place.column, wb_message_code(f.message));
  for (size_t i = 0; i < WB_MESSAGE_ARGS && f.args[i].len; i++) wb_text_addf(&out, " | %.*s", WB_STR_ARG(f.args[i]));
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

static const char *shown(const wb_value *value) {
  wb_text out = {.ctx = &ctx};
  wb_value_print(&out, value);
  if (value->kind == WB_NUM && !wb_unit_plain(value->unit)) {
    wb_text_addc(&out, ' ');
    wb_unit_print(&out, value->unit);
  }
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

static void refresh(void) {
  ctx.depth = 0;
  ctx.steps = 0;
  ctx.max_steps = 1000000;
}

static const char *value_of(const char *formula) {
  wb_str text = wb_str_of(formula);
  refresh();
  if (!WB_GUARD(&ctx)) return failure_line(text);
  wb_value value = wb_eval(&ctx, wb_parse_formula(&ctx, &symbols, text, named), scope);
  return shown(&value);
}

static const char *printed(const char *formula, wb_style style) {
  wb_str text = wb_str_of(formula);
  refresh();
  if (!WB_GUARD(&ctx)) return failure_line(text);
  wb_text out = {.ctx = &ctx};
  wb_expr_print(&out, wb_parse_formula(&ctx, &symbols, text, named), style, scope);
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

/* The tree in brackets, so that precedence shows. */
static void tree(wb_text *out, const wb_expr *e) {
  switch (e->kind) {
    case WB_X_LITERAL:
      wb_value_print(out, &e->u.literal);
      if (e->u.literal.kind == WB_NUM) wb_unit_print(out, e->u.literal.unit);
      break;
    case WB_X_NAME: wb_text_add(out, e->u.name->name); break;
    case WB_X_UNARY:
      wb_text_addf(out, "(%s ", wb_ops[e->u.op.op].text);
      tree(out, e->u.op.a);
      wb_text_addc(out, ')');
      break;
    case WB_X_BINARY:
      wb_text_addc(out, '(');
      tree(out, e->u.op.a);
      wb_text_addf(out, " %s ", wb_ops[e->u.op.op].text);
      tree(out, e->u.op.b);
      wb_text_addc(out, ')');
      break;
    case WB_X_IF:
      wb_text_adds(out, "(if ");
      tree(out, e->u.branch.cond);
      wb_text_addc(out, ' ');
      tree(out, e->u.branch.yes);
      wb_text_addc(out, ' ');
      tree(out, e->u.branch.no);
      wb_text_addc(out, ')');
      break;
    case WB_X_CALL:
      wb_text_adds(out, e->u.call.function->name);
      for (size_t i = 0; i < e->u.call.count; i++) {
        wb_text_addc(out, i ? ',' : '<');
        tree(out, e->u.call.args[i]);
      }
      wb_text_addc(out, '>');
      break;
    case WB_X_APPLY:
      wb_text_add(out, e->u.apply.name->name);
      for (size_t i = 0; i < e->u.apply.arg_count; i++) {
        wb_text_addc(out, i ? ',' : '<');
        if (e->u.apply.args[i].name) {
          wb_text_add(out, e->u.apply.args[i].name->name);
          wb_text_addc(out, '=');
        }
        tree(out, e->u.apply.args[i].expr);
      }
      wb_text_addc(out, '>');
      break;
    case WB_X_INDEX:
      tree(out, e->u.index.a);
      wb_text_addc(out, '[');
      tree(out, e->u.index.index);
      wb_text_addc(out, ']');
      break;
    case WB_X_MEMBER:
      tree(out, e->u.member.a);
      wb_text_addf(out, ".%.*s", WB_STR_ARG(e->u.member.name));
      break;
    case WB_X_LIST:
      wb_text_addc(out, '[');
      for (size_t i = 0; i < e->u.list.count; i++) {
        if (i) wb_text_addc(out, ' ');
        tree(out, e->u.list.items[i]);
      }
      wb_text_addc(out, ']');
      break;
    case WB_X_EACH:
      wb_text_addf(out, "each%d<%.*s in ", (int)e->u.each.what, WB_STR_ARG(e->u.each.name->name));
      tree(out, e->u.each.over);
      wb_text_addc(out, ' ');
      tree(out, e->u.each.body);
      wb_text_addc(out, '>');
      break;
  }
}

static const char *tree_of(const char *formula) {
  wb_str text = wb_str_of(formula);
  refresh();
  if (!WB_GUARD(&ctx)) return failure_line(text);
  wb_text out = {.ctx = &ctx};
  tree(&out, wb_parse_formula(&ctx, &symbols, text, named));
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

typedef struct pair {
  const char *formula, *wanted;
} pair;

static void all(const pair *pairs, size_t count, const char *(*of)(const char *)) {
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

/* ---- parsing ---- */

static void operators_bind_as_in_python(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"1 + 2 * 3", "(1 + (2 * 3))"},
      {"1 * 2 + 3", "((1 * 2) + 3)"},
      {"1 - 2 - 3", "((1 - 2) - 3)"},
      {"8 / 4 / 2", "((8 / 4) / 2)"},
      {"8 // 4 * 2 % 3", "(((8 // 4) * 2) % 3)"},
      {"2 ^ 3 ^ 2", "(2 ^ (3 ^ 2))"},
      {"-2 ^ 2", "(- (2 ^ 2))"},
      {"2 ^ -1", "(2 ^ (- 1))"},
      {"-2 * 3", "((- 2) * 3)"},
      {"2 * -3", "(2 * (- 3))"},
      {"--2", "(- (- 2))"},
      {"1 + 2 == 3", "((1 + 2) == 3)"},
      {"1 < 2 and 3 < 4 or 5 < 6", "(((1 < 2) and (3 < 4)) or (5 < 6))"},
      {"1 or 2 and 3", "(1 or (2 and 3))"},
      {"not 1 and 2", "((not 1) and 2)"},
      {"not 1 == 2", "(not (1 == 2))"},
      {"not not 1", "(not (not 1))"},
      {"1 in [1, 2] and 3", "((1 in [1 2]) and 3)"},
      {"if 1 then 2 else 3 + 4", "(if 1 2 (3 + 4))"},
      {"if 1 then 2 else if 3 then 4 else 5", "(if 1 2 (if 3 4 5))"},
      {"(if 1 then 2 else 3) + 4", "((if 1 2 3) + 4)"},
      {"list[1] * 2", "(list[1] * 2)"},
      {"-list[1]", "(- list[1])"},
      {"list[1] ^ 2", "(list[1] ^ 2)"},
      {"object.a.b[0].c", "object.a.b[0].c"},
      {"[[1, 2], [], [3,]]", "[[1 2] [] [3]]"},
      {"sum(i in 3: i + 1) * 2", "(each1<i in 3 (i + 1)> * 2)"},
      {"each(i in list: if i then 1 else 2)", "each0<i in list (if i 1 2)>"},
      {"count(i in list: i > 4)", "each2<i in list (i > 4)>"},
      {"min(1, 2, 3)", "min<1,2,3>"},
      {"gqa(heads, bias = 1 == 2)", "gqa<heads,bias=(1 == 2)>"},
      {"1 + # a comment\n", "1:16 lang_syntax | the end of the line | a value"},
      {"(1 + # a comment\n 2\n)", "(1 + 2)"},
      {"min(\n  1,\n\n  2\n)", "min<1,2>"},
  };
  ALL(pairs, tree_of);
}

static void faults_are_told_with_place_and_expectation(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"", "1:1 lang_syntax | the end of the file | a value"},
      {"   ", "1:4 lang_syntax | the end of the file | a value"},
      {"1 +", "1:4 lang_syntax | the end of the line | a value"},
      {"1 + * 2", "1:5 lang_syntax | `*` | a value"},
      {"(1 + 2", "1:7 lang_syntax | the end of the line | )"},
      {"1 + 2)", "1:6 lang_syntax | `)` | an operator or the end of the formula"},
      {"[1, 2", "1:6 lang_syntax | the end of the line | ]"},
      {"list[1", "1:7 lang_syntax | the end of the line | ]"},
      {"1 2", "1:3 lang_syntax | `2` | an operator or the end of the formula"},
      {"\"open", "1:1 lang_syntax | a string without end | a closing \""},
      {"1 ? 2", "1:3 lang_syntax | ? | a name, a number, a string or an operator"},
      {"1 + 2 \xc2\xa7 3", "1:7 lang_syntax | \xc2\xa7 | a name, a number, a string or an operator"},
      {"(1 +\n  2 +\n  $)", "3:3 lang_syntax | $ | a name, a number, a string or an operator"},
      {"if 1 then 2", "1:12 lang_syntax | the end of the line | `else`"},
      {"if 1 else 2", "1:6 lang_syntax | `else` | `then`"},
      {"object.1", "1:8 lang_syntax | `1` | a member's name"},
      {"min()", "1:6 lang_syntax | the end of the line | another number of arguments for this function"},
      {"floor(1, 2)", "1:12 lang_syntax | the end of the line | another number of arguments for this function"},
      {"round_up(1)", "1:12 lang_syntax | the end of the line | another number of arguments for this function"},
      {"sum(i in 3)", "1:11 lang_syntax | `)` | `:` and what to take for each"},
      {"each(1 in 3: 1)", "1:6 lang_syntax | `1` | a name to count with"},
      {"2 [parsecs]", "1:11 lang_syntax | `]` | a unit such as [bytes/elements]"},
      {"2 [bytes", "1:9 lang_syntax | the end of the line | a unit such as [bytes/elements]"},
      {"1\n2", "2:1 lang_syntax | `2` | an operator or the end of the formula"},
      {"999999999999999999999999999999999999999999",
       "1:43 lang_syntax | the end of the line | a number of at most 38 digits"},
      {"\t1", "1:1 lang_syntax | a tab | spaces"},
  };
  ALL(pairs, tree_of);
}

/* ---- values ---- */

static void numbers_are_exact(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"1 / 3 + 1 / 3 + 1 / 3", "1"},
      {"0.1 + 0.2", "3/10"},
      {"0.1 + 0.2 == 0.3", "true"},
      {"1e3", "1000"},
      {"2.5e-1", "1/4"},
      {"1_000_000", "1000000"},
      {"7 / 2", "7/2"},
      {"8 / 2", "4"},
      {"7 // 2", "3"},
      {"-7 // 2", "-4"},
      {"7 // -2", "-4"},
      {"7 % 3", "1"},
      {"-7 % 3", "2"},
      {"7 % -3", "-2"},
      {"7.5 // 2", "3"},
      {"7.5 % 2", "3/2"},
      {"2 ^ 10", "1024"},
      {"2 ^ -2", "1/4"},
      {"(2 / 3) ^ 3", "8/27"},
      {"0 ^ 0", "1"},
      {"9223372036854775807 + 1", "9223372036854775808"},
      {"9223372036854775808 * 2", "18446744073709551616"},
      {"4294967296 * 4294967296 * 4294967296", "79228162514264337593543950336"},
      {"2 ^ 126 + (2 ^ 126 - 1)", "170141183460469231731687303715884105727"},
      {"-(2 ^ 126) - (2 ^ 126 - 1)", "-170141183460469231731687303715884105727"},
      {"10 ^ 38 / 10 ^ 38", "1"},
      {"2 ^ 120 / 2 ^ 60 * 2 ^ 60", "1329227995784915872903807060280344576"},
      {"heads * head_dim", "4096"},
  };
  ALL(pairs, value_of);
}

static void what_does_not_fit_is_an_error(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"2 ^ 127", "1:3 lang_overflow | ^"},
      {"2 ^ 126 + 2 ^ 126", "1:9 lang_overflow | +"},
      {"-(2 ^ 126) - 2 ^ 126", "1:12 lang_overflow | -"},
      {"10 ^ 20 * 10 ^ 20", "1:9 lang_overflow | *"},
      {"1 / 10 ^ 20 / 10 ^ 20", "1:13 lang_overflow | /"},
      {"1 / (2 ^ 120) + 1 / (3 ^ 70)", "1:15 lang_overflow | +"},
      {"2 ^ 2000", "1:3 lang_overflow | ^"},
      {"2 ^ 0.5", "1:3 lang_overflow | ^"},
      {"round_up(10 ^ 38, 9 * 10 ^ 37)", "1:1 lang_overflow | round_up"},
      {"1 / 0", "1:3 lang_divide"},
      {"1 // 0", "1:3 lang_divide"},
      {"1 % zero", "1:3 lang_divide"},
      {"heads / (zero * 3)", "1:7 lang_divide"},
      {"0 ^ -1", "1:3 lang_overflow | ^"},
  };
  ALL(pairs, value_of);
}

static void conditions_choose_and_stop_early(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"1 < 2", "true"},
      {"2 <= 1", "false"},
      {"1 / 3 < 0.3333", "false"},
      {"3 >= 3 and 3 > 3", "false"},
      {"1 == 1.0", "true"},
      {"1 != 2", "true"},
      {"yes == 1", "true"},
      {"\"a\" == \"a\"", "true"},
      {"\"a\" == 1", "false"},
      {"none == null", "true"},
      {"none == 0", "false"},
      {"[1, 2] == [1, 2]", "true"},
      {"[1, 2] == [1, 3]", "false"},
      {"not none", "true"},
      {"not 0", "true"},
      {"not \"\"", "true"},
      {"not empty", "true"},
      {"not list", "false"},
      {"1 and 0", "false"},
      {"false and 1 / 0", "false"},
      {"true or nobody", "true"},
      {"if true then 1 else 1 / 0", "1"},
      {"if none then 1 else 2", "2"},
      {"if heads > 16 then \"many\" else \"few\"", "\"many\""},
      {"5 in list", "true"},
      {"6 in list", "false"},
      {"\"a\" in [\"b\", \"a\"]", "true"},
      {"none in [null]", "true"},
      {"1 in 2", "1:3 lang_type | in | integer | a list"},
      {"\"a\" < \"b\"", "1:5 lang_type | < | text | a number"},
      {"1 + true", "1:3 lang_type | + | true or false | a number"},
      {"1 + none", "1:3 lang_type | + | null | a number"},
      {"-\"a\"", "1:1 lang_type | - | text | a number"},
      {"nobody", "1:1 lang_unknown_name | nobody"},
      {"1 + (2 *\n  nobody)", "2:3 lang_unknown_name | nobody"},
      {"gqa(1)", "1:1 lang_unknown_name | gqa"},
      {"heads(1)", "1:1 lang_type | ( ) | integer | a block, an operation or a function"},
  };
  ALL(pairs, value_of);
}

static void lists_and_objects_are_looked_up(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"list", "[3, 5, 8, 5]"},
      {"list[0]", "3"},
      {"list[3]", "5"},
      {"list[-1]", "5"},
      {"list[-4]", "3"},
      {"list[4]", "1:5 lang_index | list | 4 | 4"},
      {"list[-5]", "1:5 lang_index | list | -5 | 4"},
      {"list[1 / 2]", "1:5 lang_type | [ ] | fraction | an integer"},
      {"list[\"a\"]", "1:5 lang_type | [ ] | text | an integer"},
      {"heads[0]", "1:6 lang_type | [ ] | integer | a list"},
      {"empty[0]", "1:6 lang_index | empty | 0 | 0"},
      {"[1, [2, 3]][1][0]", "2"},
      {"[1, 2] + [3]", "[1, 2, 3]"},
      {"[1] + empty", "[1]"},
      {"[1] + 2", "1:5 lang_type | + | list | a number"},
      {"object.a", "1"},
      {"object.b", "null"},
      {"none.b", "null"},
      {"heads.b", "1:6 lang_type | . | integer | an object"},
      {"sum(i in 5: i)", "10"},
      {"sum(i in list: i * 2)", "42"},
      {"sum(i in 0: i)", "0"},
      {"sum(i in -3: i)", "0"},
      {"sum(i in empty: 1 / 0)", "0"},
      {"count(i in list: i == 5)", "2"},
      {"count(i in 10: i % 3 == 0)", "4"},
      {"each(i in 3: i * i)", "[0, 1, 4]"},
      {"each(i in 0: i)", "[]"},
      {"each(i in list: each(j in i: j))[0]", "[0, 1, 2]"},
      {"sum(i in 3: sum(i in 2: i) + i)", "6"},
      {"each(i in 20: i)", "[0, 1, 2, 3, 4, 5, 6, 7, …]"},
      {"sum(i in \"abc\": 1)", "1:1 lang_type | in | text | a list or a count"},
      {"sum(i in 1.5: 1)", "1:1 lang_type | in | fraction | a list or a count"},
      {"sum(i in 3: \"a\")", "1:1 lang_type | + | text | a number"},
      {"sum(i in 2000000: 1)", "1:1 too_much_work | 1000000"},
  };
  ALL(pairs, value_of);
}

static void functions_do_what_they_say(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"floor(7 / 2)", "3"},
      {"floor(-7 / 2)", "-4"},
      {"ceil(7 / 2)", "4"},
      {"ceil(-7 / 2)", "-3"},
      {"ceil(3)", "3"},
      {"floor(\"a\")", "1:1 lang_type | floor | text | a number"},
      {"round_up(10, 4)", "12"},
      {"round_up(12, 4)", "12"},
      {"round_up(0, 4)", "0"},
      {"round_up(7 / 2, 1 / 4)", "7/2"},
      {"round_up(7, 0)", "1:1 lang_type | round_up | integer | a number above 0"},
      {"min(3, 1, 2)", "1"},
      {"max(3, 1, 2)", "3"},
      {"min(list)", "3"},
      {"max(list)", "8"},
      {"max(1 / 3, 1 / 2)", "1/2"},
      {"min(empty)", "1:1 lang_type | min | an empty list | a number"},
      {"min(1, \"a\")", "1:1 lang_type | < | text | a number"},
      {"log2(1)", "0"},
      {"log2(1024)", "10"},
      {"log2(1025)", "11"},
      {"log2(2 ^ 126 + 1)", "127"},
      {"log2(0)", "1:1 lang_type | log2 | integer | an integer above 0"},
      {"isqrt(0)", "0"},
      {"isqrt(15)", "3"},
      {"isqrt(16)", "4"},
      {"isqrt(2 ^ 62)", "2147483648"},
      {"isqrt(-1)", "1:1 lang_type | isqrt | integer | a number from 0 to 2^62"},
      {"abs(-3)", "3"},
      {"abs(3 / 2)", "3/2"},
      {"int(7 / 2)", "3"},
      {"int(-7 / 2)", "-3"},
      {"int(yes)", "1"},
      {"int(\"3\")", "1:1 lang_type | int | text | a number"},
      {"len(list)", "4"},
      {"len(text)", "5"},
      {"len(object)", "2"},
      {"len(3)", "1:1 lang_type | len | integer | a list"},
      {"total(list)", "21"},
      {"total(empty)", "0"},
      {"total(3)", "1:1 lang_type | total | integer | a list of numbers"},
      {"width(x)", "32"},
      {"width(3)", "1:1 lang_type | width | integer | an activation"},
      {"length(x)", "1"}, /* without positions: one of each */
      {"rows(x)", "1"},
      {"segments(x)", "1"},
      {"past(x)", "0"},
      {"extent(x, 1)", "1"},
      {"length(3)", "1:1 lang_type | length | integer | an activation"},
      {"extent(x, 3)", "1:1 lang_type | extent | integer | 0, 1 or 2"},
      {"distinct(256, 8, 1)", "8"},
      {"distinct(256, 8, 0)", "0"},
      {"distinct(10, 1, 100000)", "10"},
      {"distinct(64, 8, 4)", "26"},
      {"is_list(list)", "true"},
      {"is_list(3)", "false"},
      {"is_text(text)", "true"},
      {"is_text(none)", "false"},
      {"cycle([1, 2], 5)", "[1, 2, 1, 2, 1]"},
      {"cycle([1], 0)", "[]"},
      {"cycle(empty, 3)", "1:1 lang_type | cycle | list | a list with members"},
      {"cycle([1], 200000)", "1:1 lang_type | cycle | integer | a length of at most 100000"},
      {"cycle([1], -1)", "1:1 lang_type | cycle | integer | a length of at most 100000"},
      {"default(none, 3)", "3"},
      {"default(4, 3)", "4"},
      {"default(false, 3)", "false"},
      {"chars(text)", "[\"M\", \"-\", \"M\", \"*\", \"E\"]"},
      {"count(c in chars(text): c == \"M\")", "2"},
      {"chars(\"\")", "[]"},
      {"chars(3)", "1:1 lang_type | chars | integer | a text"},
      {"numbers(\"3,4, 50\")", "[3, 4, 50]"},
      {"numbers(\"a1b22\")", "[1, 22]"},
      {"numbers(\"\")", "[]"},
      {"starts_with(text, \"M-\")", "true"},
      {"starts_with(text, \"X\")", "false"},
      {"starts_with(none, \"X\")", "false"},
      {"ends_with(text, \"*E\")", "true"},
      {"ends_with(3, \"*E\")", "1:1 lang_type | ends_with | integer | a text"},
      {"get(object, \"a\")", "1"},
      {"get(object, 5)", "50"},
      {"get(object, 6)", "null"},
      {"get(none, 6)", "null"},
      {"get(3, 6)", "1:1 lang_type | get | integer | an object"},
  };
  ALL(pairs, value_of);
}

/* A function that nobody tests is noticed here. */
static void every_function_is_in_the_table_above(void **state) {
  (void)state;
  static const char *const tested[] = {"floor",   "ceil",   "round_up", "min",         "max",       "log2",     "isqrt",
                                       "length",  "extent", "segments", "past",        "rows",      "distinct", "abs",
                                       "int",     "len",    "total",    "width",       "is_list",   "is_text",  "cycle",
                                       "default", "chars",  "numbers",  "starts_with", "ends_with", "get"};
  size_t count = 0;
  const wb_builtin *functions = wb_builtin_all(&count);
  for (size_t i = 0; i < count; i++) {
    bool found = false;
    for (size_t k = 0; k < sizeof tested / sizeof *tested; k++) found |= strcmp(functions[i].name, tested[k]) == 0;
    if (!found) fail_msg("%s is not tested", functions[i].name);
  }
}

static void units_are_checked(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"2 [bytes] + 3 [bytes]", "5 bytes"},
      {"2 [bytes/elements] * 3 [elements]", "6 bytes"},
      {"6 [bytes] / 3 [elements]", "2 bytes/elements"},
      {"6 [bytes] / 3 [bytes]", "2"},
      {"6 [bytes] // 4 [bytes]", "1"},
      {"2 [FLOPs*tokens] / 1 [tokens]", "2 FLOPs"},
      {"1 / 2 [seconds]", "1/2 1/seconds"},
      {"-(2 [bytes])", "-2 bytes"},
      {"floor(7 [bytes] / 2)", "3 bytes"},
      {"max(2 [bytes], 3 [bytes])", "3 bytes"},
      {"2 [bytes] + 3 [FLOPs]", "1:11 lang_unit | + | bytes | FLOPs"},
      {"2 [bytes] - 3 [tokens]", "1:11 lang_unit | - | bytes | tokens"},
      {"2 [bytes] < 3 [elements]", "1:11 lang_unit | < | bytes | elements"},
      {"max(2 [bytes], 3 [tokens])", "1:1 lang_unit | > | tokens | bytes"},
      {"sum(i in [1 [bytes], 2 [tokens]]: i)", "1:1 lang_unit | + | bytes | tokens"},
      {"total([1 [bytes], 2 [tokens]])", "1:1 lang_unit | + | bytes | tokens"},
      {"2 [bytes] ^ 2 [bytes]", "1:11 lang_unit | ^ | bytes | bytes"},
      {"1 [bytes*bytes*bytes*bytes*bytes] * 1 [bytes*bytes*bytes*bytes*bytes]",
       "1:35 lang_unit | * | bytes*bytes*bytes*bytes*bytes | bytes*bytes*bytes*bytes*bytes"},
      {"2 [bytes] * (3 [bytes/tokens] + 1 [bytes])", "1:31 lang_unit | + | bytes/tokens | bytes"},
  };
  ALL(pairs, value_of);
}

/* ---- printing ---- */

static void what_is_printed_parses_to_the_same(void **state) {
  (void)state;
  static const char *const formulas[] = {
      "1",
      "heads * head_dim",
      "1 + 2 * 3",
      "(1 + 2) * 3",
      "1 - (2 - 3)",
      "1 - 2 - 3",
      "8 / (4 / 2)",
      "8 / 4 / 2",
      "2 ^ 3 ^ 2",
      "(2 ^ 3) ^ 2",
      "-2 ^ 2",
      "(-2) ^ 2",
      "2 ^ -1",
      "2 * -3",
      "- -2",
      "-(1 + 2)",
      "8 // 3 * 2",
      "8 // (3 * 2)",
      "7 % (3 % 2)",
      "not 1 == 2",
      "(not 1) == 2",
      "not (1 or 0)",
      "(1 or 0) and 1",
      "1 or 0 and 1",
      "(1 < 2) == (2 < 3)",
      "1 in [1, 2]",
      "[1, [2, 3], []]",
      "if 1 < 2 then 3 else 4",
      "(if 1 then 2 else 3) * 4",
      "2 * (if 0 then 2 else 3)",
      "if (if 1 then 0 else 1) then 2 else 3",
      "if 1 then if 0 then 2 else 3 else 4",
      "list[1]",
      "list[-1] + 1",
      "[1, 2][0]",
      "(list + [1])[4]",
      "object.a",
      "(if 1 then object else none).a",
      "sum(i in 3: i + 1) * 2",
      "sum(i in list: i) / 2",
      "each(i in 3: if i then 1 else 2)",
      "count(i in list: i > 4 and i < 8)",
      "min(1, 2 + 3, max(4, 5))",
      "floor((1 + 2) / 2)",
      "round_up(heads + 1, 8)",
      "default(none, \"text\")",
      "text == \"M-M*E\"",
      "true and not false",
      "null == none",
      "2 [bytes] * 3",
      "6 [bytes/elements] / 2",
      "0.5",
      "2 ^ 2 * 0.5",
      "1 / 0.25",
      "8 * 0.125 + 1",
      "1e20",
      "1.5e-3 * 2",
      "3 % 0.5 + 1",
      "(-1) * (-2)",
      "abs(-3) ^ 2",
      "1 - -1",
      "170141183460469231731687303715884105727",
  };
  size_t wrong = 0;
  for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
    const char *again = printed(formulas[i], WB_AS_FORMULA);
    const char *value = value_of(formulas[i]), *tree = tree_of(formulas[i]);
    if (strcmp(value_of(again), value) == 0 && strcmp(tree_of(again), tree) == 0) continue;
    print_message("# %s\n#   prints %s\n#   %s -> %s\n#   %s -> %s\n", formulas[i], again, tree, tree_of(again), value,
                  value_of(again));
    wrong++;
  }
  assert_int_equal(wrong, 0);
}

static void numbers_put_in_give_the_same_value(void **state) {
  (void)state;
  static const char *const formulas[] = {
      "heads * head_dim",
      "heads * (head_dim - heads) // 3",
      "-heads ^ 2",
      "(-heads) ^ 2",
      "heads / (heads + head_dim)",
      "(heads / 3) * 3",
      "list[1] * heads",
      "sum(i in list: i * heads)",
      "if heads > 3 then heads else head_dim",
      "max(heads, head_dim) + 1",
      "min(list) * 2",
      "round_up(heads + 1, heads)",
      "object.a + heads",
      "len(list) * heads",
      "2 ^ (1 / 1)",
      "heads - (zero - heads)",
      "floor(heads / 3) % 4",
      "count(i in list: i > 4) * 2",
      "width(x) * 2",
      "2 * (if yes then heads - 40 else 1)",
      "default(none, heads) + 1",
      "heads * 0.5 ^ 2",
  };
  size_t wrong = 0;
  for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++) {
    const char *numbers = printed(formulas[i], WB_AS_NUMBERS), *value = value_of(formulas[i]);
    if (strcmp(value_of(numbers), value) == 0) continue;
    print_message("# %s = %s\n#   as numbers %s = %s\n", formulas[i], value, numbers, value_of(numbers));
    wrong++;
  }
  assert_int_equal(wrong, 0);
}

static const char *numbers_of(const char *formula) { return printed(formula, WB_AS_NUMBERS); }
static const char *latex_of(const char *formula) { return printed(formula, WB_AS_LATEX); }

static void numbers_stand_where_names_stood(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"heads * head_dim", "32 * 128"},
      {"heads * (zero - 3)", "32 * (0 - 3)"},
      {"list[1] + list[-1]", "5 + 5"},
      {"sum(i in list: i) / 2", "21 / 2"},
      {"if heads > 3 then heads else zero", "32"},
      {"floor(heads / 3)", "floor(32 / 3)"},
      {"max(heads, 3)", "32"},
  };
  ALL(pairs, numbers_of);
}

static void latex_is_written(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"heads * head_dim", "\\mathrm{heads} \\cdot \\mathrm{head\\_dim}"},
      {"1 / (2 + heads)", "\\frac{1}{2 + \\mathrm{heads}}"},
      {"heads // 2", "\\left\\lfloor\\frac{\\mathrm{heads}}{2}\\right\\rfloor"},
      {"2 ^ (heads + 1)", "2^{\\mathrm{heads} + 1}"},
      {"(1 + 2) * 3", "\\left(1 + 2\\right) \\cdot 3"},
      {"floor(heads / 2)", "\\lfloor \\frac{\\mathrm{heads}}{2} \\rfloor"},
      {"max(1, heads)", "\\max\\left(1, \\mathrm{heads}\\right)"},
      {"round_up(heads, 8)", "\\operatorname{round\\_up}(\\mathrm{heads}, 8)"},
      {"sum(i in heads: i * 2)", "\\sum_{i \\in \\mathrm{heads}} \\mathrm{i} \\cdot 2"},
      {"if heads in [\"a_b\", 2] then 1 else 0",
       "\\text{if } \\mathrm{heads} \\in [\\text{a\\_b}, 2]\\text{ then }1\\text{ else }0"},
      {"\"50%\" == \"{#}\"", "\\text{50\\%} = \\text{\\{\\#\\}}"},
      {"count(i in heads: i == 2)", "\\operatorname*{count}_{i \\in \\mathrm{heads}} \\left(\\mathrm{i} = 2\\right)"},
      {"1 <= 2 and not 3 != 4", "1 \\leq 2 \\land \\lnot 3 \\neq 4"},
  };
  ALL(pairs, latex_of);
}

/* ---- limits ---- */

static const char *repeated(const char *before, const char *part, size_t times, const char *middle, const char *after) {
  wb_text out = {.ctx = &ctx};
  wb_text_adds(&out, before);
  for (size_t i = 0; i < times; i++) wb_text_adds(&out, part);
  wb_text_adds(&out, middle);
  for (size_t i = 0; i < times && *after; i++) wb_text_adds(&out, after);
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

static bool says(const char *formula, const char *code) { return strstr(value_of(formula), code) != NULL; }

static void nesting_has_a_limit(void **state) {
  (void)state;
  static const struct {
    const char *before, *part, *middle, *after, *value;
  } ways[] = {
      {"", "(", "7", ")", "7"},
      {"", "- ", "7", "", "7"},
      {"", "[", "7", "]", NULL},
      {"", "not ", "7", "", "true"},
      {"", "if true then ", "7", " else 0", "7"},
      {"", "abs(", "7", ")", "7"},
      {"", "1 + (", "7", ")", "37"},
      {"", "2 ^ (1 - ", "1", ")", NULL},
  };
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    const char *few = repeated(ways[i].before, ways[i].part, 30, ways[i].middle, ways[i].after);
    const char *many = repeated(ways[i].before, ways[i].part, 10000, ways[i].middle, ways[i].after);
    if (ways[i].value) assert_string_equal(value_of(few), ways[i].value);
    assert_false(says(few, "too_deep"));
    if (!says(many, "too_deep | 200")) fail_msg("%s 10000 times: %.100s", ways[i].part, value_of(many));
    if (says(many, "0:0 ")) fail_msg("%s 10000 times: no place", ways[i].part);
  }
}

/* Chains do not nest in the text, but their trees do. */
static void long_chains_are_answered_or_refused(void **state) {
  (void)state;
  assert_string_equal(value_of(repeated("0", " + 1", 150, "", "")), "150");
  assert_true(says(repeated("1", " + 1", 1001, "", ""), "too_deep | 1000"));
  static const pair ways[] = {{"1", " + 1"}, {"1", " and 1"}, {"list", "[0]"}, {"object", ".a"}, {"1", " == 1"}};
  for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
    const char *formula = repeated(ways[i].formula, ways[i].wanted, 50000, "", "");
    const char *answer = value_of(formula), *back = printed(formula, WB_AS_FORMULA);
    bool refused = strstr(answer, "too_deep") || strstr(answer, "too_much_work") || strstr(answer, "lang_type");
    if (!refused && answer[0] != '5' && answer[0] != 't') fail_msg("%s: %.100s", ways[i].wanted, answer);
    if (!strstr(back, "too_deep")) assert_true(strlen(back) >= strlen(formula) - 2);
  }
}

static void work_has_a_limit(void **state) {
  (void)state;
  assert_true(says("sum(i in 1000: sum(j in 1000: sum(k in 1000: k)))", " too_much_work | 1000000"));
  assert_string_equal(value_of("sum(i in 1000001: 1)"), "1:1 too_much_work | 1000000");
  assert_string_equal(value_of("sum(i in 400000: 1)"), "400000");
}

static void name_formula(const char *name, const char *formula) {
  wb_str text = wb_str_of(formula);
  const wb_expr *expr = wb_parse_formula(&ctx, &symbols, text, named);
  wb_bind_expr(&ctx, scope, wb_intern(&symbols, wb_str_of(name)), expr, scope);
}

static void a_name_that_needs_itself_is_refused(void **state) {
  (void)state;
  refresh();
  name_formula("a", "b + 1");
  name_formula("b", "a - 1");
  assert_string_equal(value_of("a * 2"), "1:3 lang_cycle | a");
}

static void long_sources_are_refused(void **state) {
  (void)state;
  size_t length = WB_SOURCE_MAX + 1;
  char *text = malloc(length + 1);
  assert_non_null(text);
  memset(text, ' ', length);
  text[0] = '1';
  text[length] = '\0';
  assert_string_equal(value_of(text), "1:1 lang_too_long | 1048576");
  text[length - 1] = '\0';
  assert_string_equal(value_of(text), "1");
  free(text);
}

static const char *size_of(const char *formula) {
  wb_str text = wb_str_of(formula);
  refresh();
  if (!WB_GUARD(&ctx)) return failure_line(text);
  wb_value size = wb_number(wb_eval_size(&ctx, wb_parse_formula(&ctx, &symbols, text, named), scope));
  return shown(&size);
}

static void sizes_must_be_whole(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"heads * 3", "96"},
      {"zero", "0"},
      {"heads / 3", "1:7 lang_not_whole | heads / 3 | 32 / 3 | 32/3"},
      {"heads - 40", "1:7 lang_not_whole | heads - 40 | 32 - 40 | -8"},
      {"text", "1:1 lang_no_size | text | \"M-M*E\""},
      {"none", "1:1 lang_no_size | none | null"},
  };
  ALL(pairs, size_of);
  /* What the configuration itself gave is to blame with its file. */
  static const wb_origin given = {.kind = WB_FROM_FIELD, .source = {"config.json", 11}};
  wb_binding *binding = wb_bind_value(&ctx, scope, wb_intern(&symbols, WB_STR("given")), wb_integer(5));
  binding->origin = &given;
  assert_string_equal(size_of("given / 3"), "1:1 lang_not_whole | given / 3 | 5 / 3 | 5/3");
  assert_true(wb_str_is(ctx.failure.place.file, "config.json"));
}

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

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(operators_bind_as_in_python),
      TEST(faults_are_told_with_place_and_expectation),
      TEST(numbers_are_exact),
      TEST(what_does_not_fit_is_an_error),
      TEST(conditions_choose_and_stop_early),
      TEST(lists_and_objects_are_looked_up),
      TEST(functions_do_what_they_say),
      TEST(every_function_is_in_the_table_above),
      TEST(units_are_checked),
      TEST(what_is_printed_parses_to_the_same),
      TEST(numbers_put_in_give_the_same_value),
      TEST(numbers_stand_where_names_stood),
      TEST(latex_is_written),
      TEST(nesting_has_a_limit),
      TEST(long_chains_are_answered_or_refused),
      TEST(work_has_a_limit),
      TEST(a_name_that_needs_itself_is_refused),
      TEST(long_sources_are_refused),
      TEST(sizes_must_be_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
