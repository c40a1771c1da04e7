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
#include "expr/program.h"

/* A formula in n, m and k is evaluated twice: with n and m open, as a closed form that is then given numbers, and with
 * the numbers from the start. Both must be the same; so must a program made of the form. */

static wb_ctx ctx;
static wb_symtab symbols;

static int begin(void **state) {
  (void)state;
  ctx = (wb_ctx){.arena = wb_arena_new(0)};
  symbols = (wb_symtab){.ctx = &ctx};
  return ctx.arena ? 0 : -1;
}

static int end(void **state) {
  (void)state;
  wb_arena_free(ctx.arena);
  return 0;
}

static const wb_expr *parsed(const char *text) {
  return wb_parse_formula(&ctx, &symbols, wb_str_of(text), WB_STR("t"));
}

static const wb_sym *sym(const char *name) { return wb_intern(&symbols, wb_str_of(name)); }

static wb_scope *numbers(int n, int m) {
  wb_scope *scope = wb_scope_new(&ctx, NULL);
  wb_bind_value(&ctx, scope, sym("n"), wb_integer(n));
  wb_bind_value(&ctx, scope, sym("m"), wb_integer(m));
  wb_bind_value(&ctx, scope, sym("k"), wb_integer(7));
  return scope;
}

static wb_scope *open_scope(wb_forms *forms) {
  wb_scope *scope = wb_scope_new(&ctx, NULL);
  wb_bind_value(&ctx, scope, sym("n"), wb_form_open(forms, sym("n")));
  wb_bind_value(&ctx, scope, sym("m"), wb_form_open(forms, sym("m")));
  wb_bind_value(&ctx, scope, sym("k"), wb_integer(7));
  return scope;
}

static const char *const FORMULAS[] = {"n",
                                       "n + m",
                                       "n - m",
                                       "2 * n * m - 3",
                                       "(n + m) ^ 3",
                                       "n / 4",
                                       "n // 4",
                                       "n % 4",
                                       "(n * (n - 1)) / 2",
                                       "min(n, m)",
                                       "max(n, m, k)",
                                       "min(n * m, 40) + max(0, n - m)",
                                       "ceil(n / 3) * floor(m / 2)",
                                       "round_up(n, 16)",
                                       "round_up(40, m + 1)",
                                       "round_up(n * 3 [bytes], 16)",
                                       "if n > m then n * k else m - n",
                                       "if n >= 5 and m < 3 then 1 else 2",
                                       "if n == 4 or m == 9 then n else m",
                                       "if not (n <= m) then 10 else 20",
                                       "if n then 10 else 20",
                                       "if not n then 10 else 20",
                                       "if n and m then 10 else 20",
                                       "if k and n or n > m then 10 else 20",
                                       "if n * 2 [bytes] then 1 else 2",
                                       "if n in [2, 5, m] then 10 else 20",
                                       "if 5 in [n, k, m] then 10 else 20",
                                       "if 7 in [n, k, m] or n in [\"a\"] then 10 else 20",
                                       "count(i in 9: i < n)",
                                       "count(i in [n, k, m, 0]: i)",
                                       "if count(i in 9: i < n or i > m) then n else m",
                                       "n / (m + 1)",
                                       "isqrt(n * n + m)",
                                       "sum(i in 4: n * i + m)",
                                       "-n + 2 * m",
                                       "k * n ^ 2 + (if n != m then 1 else 0)",
                                       "distinct(256, 8, n)",
                                       "(n - m) * (n + m) - n ^ 2 + m ^ 2",
                                       "max(n - m, 0) * (if m % 2 == 0 then 3 else 5)",
                                       "min(ceil(n / 2), m) * 2 [bytes] + 1 [bytes]"};

static void expect_same(const char *text, int n, int m, const wb_value *form, const wb_program *program) {
  const wb_value wanted = wb_eval(&ctx, parsed(text), numbers(n, m));
  const wb_num open[2] = {wb_num_int(n), wb_num_int(m)};
  wb_num made;
  if (form->kind == WB_FORM) assert_true(wb_forms_set(form->u.form->table, open));
  const wb_value found = wb_settled(form);
  if (!wb_value_eq(&found, &wanted)) fail_msg("%s at n = %d, m = %d", text, n, m);
  assert_true(wb_unit_eq(found.unit, wanted.unit));
  assert_true(wb_program_run(program, open, &made));
  if (made.num != wanted.u.num.num || made.den != wanted.u.num.den)
    fail_msg("program of %s at n = %d, m = %d", text, n, m);
}

static void forms_are_what_numbers_give(void **state) {
  (void)state;
  assert_true(WB_GUARD(&ctx));
  for (size_t i = 0; i < sizeof FORMULAS / sizeof *FORMULAS; i++) {
    wb_forms *forms = wb_forms_new(&ctx);
    const wb_value form = wb_eval(&ctx, parsed(FORMULAS[i]), open_scope(forms));
    const wb_program *program = wb_program_new(&ctx, forms, &form, 1, NULL);
    for (int n = 0; n < 12; n++)
      for (int m = 0; m < 12; m++) expect_same(FORMULAS[i], n, m, &form, program);
  }
}

static void fixed_quantities_leave_the_same_figures(void **state) {
  (void)state;
  assert_true(WB_GUARD(&ctx));
  for (size_t i = 0; i < sizeof FORMULAS / sizeof *FORMULAS; i++)
    for (int m = 0; m < 6; m++) {
      wb_forms *forms = wb_forms_new(&ctx);
      const wb_value form = wb_eval(&ctx, parsed(FORMULAS[i]), open_scope(forms));
      const wb_num fixed[2] = {{0, 0}, wb_num_int(m)};
      const wb_program *program = wb_program_new(&ctx, forms, &form, 1, fixed);
      for (int n = 0; n < 12; n++) expect_same(FORMULAS[i], n, m, &form, program);
    }
}

static void sums_are_canonical(void **state) {
  (void)state;
  assert_true(WB_GUARD(&ctx));
  wb_forms *forms = wb_forms_new(&ctx);
  wb_scope *scope = open_scope(forms);
  const wb_value zero = wb_eval(&ctx, parsed("(n + m) ^ 2 - n ^ 2 - 2 * n * m - m ^ 2"), scope);
  const wb_value twice = wb_eval(&ctx, parsed("min(n, m) + min(n, m)"), scope);
  assert_int_equal(zero.kind, WB_NUM);
  assert_true(zero.u.num.num == 0);
  assert_int_equal(twice.u.form->count, 1);
  assert_int_equal(forms->count, 3); /* n, m and one minimum */
}

static void beyond_64_bits(void **state) {
  (void)state;
  assert_true(WB_GUARD(&ctx));
  wb_forms *forms = wb_forms_new(&ctx);
  const wb_value form = wb_eval(&ctx, parsed("n ^ 3 * m + 1"), open_scope(forms));
  const wb_program *program = wb_program_new(&ctx, forms, &form, 1, NULL);
  const wb_num large[2] = {wb_num_int((wb_i128)1 << 40), wb_num_int(5)},
               larger[2] = {wb_num_int((wb_i128)1 << 50), wb_num_int(5)};
  wb_num out;
  assert_true(wb_program_run(program, large, &out));
  assert_true(out.num == ((wb_i128)5 << 120) + 1);
  assert_false(wb_program_run(program, larger, &out));
}

static void conditions_of_descriptions_cannot_wait(void **state) {
  (void)state;
  wb_forms *forms = wb_forms_new(&ctx);
  if (WB_GUARD(&ctx)) {
    wb_eval_bool(&ctx, parsed("n > 3"), open_scope(forms));
    fail_msg("a condition on the workload was decided");
  }
  assert_string_equal(wb_message_code(ctx.failure.message), "lang_type");
}

static const char *fault_of(const char *text) {
  if (WB_GUARD(&ctx)) {
    wb_eval(&ctx, parsed(text), open_scope(wb_forms_new(&ctx)));
    return "none";
  }
  return wb_message_code(ctx.failure.message);
}

/* What is no number of the configuration does not become one because the workload is not known yet. */
static void forms_are_made_of_numbers(void **state) {
  (void)state;
  assert_string_equal(fault_of("min(n, null)"), "lang_type");
  assert_string_equal(fault_of("max(\"a\", n)"), "lang_type");
  assert_string_equal(fault_of("max(n, m, [1])"), "lang_type");
  assert_string_equal(fault_of("distinct(n, \"a\", 3)"), "lang_type");
  assert_string_equal(fault_of("n * 2 [bytes] + 1 [tokens]"), "lang_unit");
  assert_string_equal(fault_of("n * 1 [bytes*bytes*bytes*bytes*bytes] * 1 [bytes*bytes*bytes*bytes*bytes]"),
                      "lang_unit");
  assert_string_equal(fault_of("min(n * 2 [bytes], 3 [tokens])"), "lang_unit");
  assert_string_equal(fault_of("max(3 [bytes], 4 [bytes], n)"), "lang_unit");
  assert_string_equal(fault_of("round_up(n * 2 [bytes], 3 [tokens])"), "lang_unit");
  assert_string_equal(fault_of("round_up(n, 0)"), "lang_type");
  assert_string_equal(fault_of("round_up(n, null)"), "lang_type");
  assert_string_equal(fault_of("-(n * 2 [bytes]) + 1 [bytes]"), "none");
}

static void draws_take_no_more_than_there_are(void **state) {
  (void)state;
  static const struct {
    int all, take, draws, parts, met;
  } cases[] = {{8, 2, 1, 1, 2},       {8, 2, 1000, 1, 8},  {8, 9, 1, 1, 8}, {8, 1000, 3, 2, 8},
               {8, 1000, 4096, 1, 8}, {8, -3, 4096, 1, 0}, {8, 0, 7, 1, 0}, {0, 2, 7, 1, 0}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const wb_num met =
        wb_distinct(wb_num_int(cases[i].all), wb_num_int(cases[i].take), (wb_num){cases[i].draws, cases[i].parts});
    assert_true(met.den == 1 && met.num == cases[i].met);
  }
}

/* What would be too long multiplied out becomes a factor, and comes to the same. */
static void growth_is_bounded(void **state) {
  (void)state;
  static const char *const large[] = {"(n + m) * (n + m + 1) ^ 8 * (n + 2)",
                                      "((n + m + n * m + 1) ^ 3 + n) ^ 3 * (m + n) ^ 2"};
  assert_true(WB_GUARD(&ctx));
  for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
    wb_forms *forms = wb_forms_new(&ctx);
    const wb_value form = wb_eval(&ctx, parsed(large[i]), open_scope(forms));
    const wb_program *program = wb_program_new(&ctx, forms, &form, 1, NULL);
    assert_true(form.u.form->count <= WB_FORM_SPREAD);
    for (int n = 0; n < 5; n++) expect_same(large[i], n, 3, &form, program);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(forms_are_what_numbers_give, begin, end),
      cmocka_unit_test_setup_teardown(fixed_quantities_leave_the_same_figures, begin, end),
      cmocka_unit_test_setup_teardown(sums_are_canonical, begin, end),
      cmocka_unit_test_setup_teardown(beyond_64_bits, begin, end),
      cmocka_unit_test_setup_teardown(conditions_of_descriptions_cannot_wait, begin, end),
      cmocka_unit_test_setup_teardown(growth_is_bounded, begin, end),
      cmocka_unit_test_setup_teardown(forms_are_made_of_numbers, begin, end),
      cmocka_unit_test_setup_teardown(draws_take_no_more_than_there_are, begin, end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
