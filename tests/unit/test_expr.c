#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "expr_fixture.h"

/* What formulas come to. */

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
      {"head_dims * 2", "1:1 lang_unknown_near | head_dims | head_dim"},
      {"Heads", "1:1 lang_unknown_near | Heads | heads"},
      {"roundup(3, 2)", "1:1 lang_unknown_near | roundup | round_up"},
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

static void functions_of_numbers(void **state) {
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
      {"distinct(256, 8, 1)", "8"},
      {"distinct(256, 8, 0)", "0"},
      {"distinct(10, 1, 100000)", "10"},
      {"distinct(64, 8, 4)", "26"},
  };
  ALL(pairs, value_of);
}

static void functions_of_lists_and_objects(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"len(list)", "4"},
      {"len(text)", "5"},
      {"len(object)", "2"},
      {"len(3)", "1:1 lang_type | len | integer | a list"},
      {"total(list)", "21"},
      {"total(empty)", "0"},
      {"total(3)", "1:1 lang_type | total | integer | a list of numbers"},
      {"is_list(list)", "true"},
      {"is_list(3)", "false"},
      {"cycle([1, 2], 5)", "[1, 2, 1, 2, 1]"},
      {"cycle([1], 0)", "[]"},
      {"cycle(empty, 3)", "1:1 lang_type | cycle | list | a list with members"},
      {"cycle([1], 200000)", "1:1 lang_type | cycle | integer | a length of at most 100000"},
      {"cycle([1], -1)", "1:1 lang_type | cycle | integer | a length of at most 100000"},
      {"default(none, 3)", "3"},
      {"default(4, 3)", "4"},
      {"default(false, 3)", "false"},
      {"get(object, \"a\")", "1"},
      {"get(object, 5)", "50"},
      {"get(object, 6)", "null"},
      {"get(none, 6)", "null"},
      {"get(3, 6)", "1:1 lang_type | get | integer | an object"},
  };
  ALL(pairs, value_of);
}

static void functions_of_texts(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"is_text(text)", "true"},
      {"is_text(none)", "false"},
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
  };
  ALL(pairs, value_of);
}

static void functions_of_activations(void **state) {
  (void)state;
  static const pair pairs[] = {
      {"width(x)", "32"},
      {"width(3)", "1:1 lang_type | width | integer | an activation"},
      {"length(x)", "1"}, /* without positions: one of each */
      {"rows(x)", "1"},
      {"segments(x)", "1"},
      {"past(x)", "0"},
      {"extent(x, 1)", "1"},
      {"length(3)", "1:1 lang_type | length | integer | an activation"},
      {"extent(x, 3)", "1:1 lang_type | extent | integer | 0, 1 or 2"},
  };
  ALL(pairs, value_of);
}

/* A function that nobody tests is noticed here. */
static void every_function_is_in_a_table_above(void **state) {
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
      {"2 [bytes] == 2 [bytes]", "true"},
      {"2 [bytes] == 2 [tokens]", "1:11 lang_unit | == | bytes | tokens"},
      {"2 [bytes] != 2 [tokens]", "1:11 lang_unit | != | bytes | tokens"},
      {"round_up(2 [bytes], 3 [tokens])", "1:1 lang_unit | round_up | bytes | tokens"},
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

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(numbers_are_exact),
      TEST(what_does_not_fit_is_an_error),
      TEST(conditions_choose_and_stop_early),
      TEST(lists_and_objects_are_looked_up),
      TEST(functions_of_numbers),
      TEST(functions_of_lists_and_objects),
      TEST(functions_of_texts),
      TEST(functions_of_activations),
      TEST(every_function_is_in_a_table_above),
      TEST(units_are_checked),
      TEST(sizes_must_be_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
