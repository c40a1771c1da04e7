#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expr_fixture.h"

/* Formulas as text: what they parse to, and how they are printed. */

/* ---- parsing ---- */

/* The tree in brackets, so that precedence shows. */
static void tree(wb_text *out, const wb_expr *e);

static void tree_of_operator(wb_text *out, const wb_expr *e) {
  wb_text_addc(out, '(');
  if (e->kind == WB_X_IF) {
    wb_text_adds(out, "if ");
    tree(out, e->u.branch.cond);
    wb_text_addc(out, ' ');
    tree(out, e->u.branch.yes);
    wb_text_addc(out, ' ');
    tree(out, e->u.branch.no);
  } else {
    if (e->kind == WB_X_BINARY) {
      tree(out, e->u.op.a);
      wb_text_addc(out, ' ');
    }
    wb_text_addf(out, "%s ", wb_ops[e->u.op.op].text);
    tree(out, e->kind == WB_X_BINARY ? e->u.op.b : e->u.op.a);
  }
  wb_text_addc(out, ')');
}

static void tree(wb_text *out, const wb_expr *e) {
  switch (e->kind) {
    case WB_X_LITERAL:
      wb_value_print(out, &e->u.literal);
      if (e->u.literal.kind == WB_NUM) wb_unit_print(out, e->u.literal.unit);
      break;
    case WB_X_NAME: wb_text_add(out, e->u.name->name); break;
    case WB_X_UNARY:
    case WB_X_BINARY:
    case WB_X_IF: tree_of_operator(out, e); break;
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

/* ---- printing ---- */

static void parses_back(const char *const *formulas, size_t count) {
  size_t wrong = 0;
  for (size_t i = 0; i < count; i++) {
    const char *again = printed(formulas[i], WB_AS_FORMULA);
    const char *value = value_of(formulas[i]), *parsed = tree_of(formulas[i]);
    if (strcmp(value_of(again), value) == 0 && strcmp(tree_of(again), parsed) == 0) continue;
    print_message("# %s\n#   prints %s\n#   %s -> %s\n#   %s -> %s\n", formulas[i], again, parsed, tree_of(again),
                  value, value_of(again));
    wrong++;
  }
  assert_int_equal(wrong, 0);
}

static void operators_are_printed_with_the_brackets_they_need(void **state) {
  (void)state;
  static const char *const formulas[] = {
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
      "if 1 < 2 then 3 else 4",
      "(if 1 then 2 else 3) * 4",
      "2 * (if 0 then 2 else 3)",
      "if (if 1 then 0 else 1) then 2 else 3",
      "if 1 then if 0 then 2 else 3 else 4",
      "(-1) * (-2)",
      "1 - -1",
  };
  parses_back(formulas, sizeof formulas / sizeof *formulas);
}

static void values_and_calls_are_printed_as_they_parse(void **state) {
  (void)state;
  static const char *const formulas[] = {
      "1",
      "1 in [1, 2]",
      "[1, [2, 3], []]",
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
      "abs(-3) ^ 2",
      "170141183460469231731687303715884105727",
  };
  parses_back(formulas, sizeof formulas / sizeof *formulas);
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

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(operators_bind_as_in_python),
      TEST(faults_are_told_with_place_and_expectation),
      TEST(operators_are_printed_with_the_brackets_they_need),
      TEST(values_and_calls_are_printed_as_they_parse),
      TEST(numbers_put_in_give_the_same_value),
      TEST(numbers_stand_where_names_stood),
      TEST(latex_is_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
