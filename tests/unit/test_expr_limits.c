#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "expr_fixture.h"

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

static void a_name_that_failed_fails_the_same_again(void **state) {
  (void)state;
  refresh();
  name_formula("a", "b + 1");
  name_formula("b", "1 / zero");
  assert_true(says("a", "lang_divide"));
  assert_true(says("a", "lang_divide"));
  assert_true(says("b", "lang_divide"));
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

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(nesting_has_a_limit),
      TEST(long_chains_are_answered_or_refused),
      TEST(work_has_a_limit),
      TEST(a_name_that_needs_itself_is_refused),
      TEST(a_name_that_failed_fails_the_same_again),
      TEST(long_sources_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
