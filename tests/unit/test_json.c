#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_fixture.h"

static bool guarded_read(wb_ctx *c, wb_str text) {
  if (!WB_GUARD(c)) return false;
  wb_json_read(c, text, named);
  return true;
}

/* Reads a copy of just so many bytes, so that a sanitizer sees one byte too far. */
static bool is_read(const char *text, size_t length) {
  char *copy = malloc(length ? length : 1);
  if (!copy) return false;
  memcpy(copy, text, length);
  bool read = guarded_read(&ctx, (wb_str){copy, length});
  free(copy);
  return read;
}

/* ---- what is read ---- */

static void values_come_back(void **state) {
  (void)state;
  SAME("null");
  SAME("true");
  SAME("false");
  SAME("\"\"");
  SAME("[]");
  SAME("{}");
  SAME("[[],{},[{\"a\":[null,true,false]}]]");
  SAME("{\"\":1,\"a b\":\"c\"}");
  READS(" \t\r\n[ 1 , 2 ]\n", "[1,2]");
  READS("\xef\xbb\xbf{\"a\": 1}", "{\"a\":1}");
}

/* A text without escapes is read by one reader, the same inside a list with an escape by the other. */
static void both_readers_agree(void **state) {
  (void)state;
  static const char *const texts[] = {
      "null",
      "[]",
      " { } ",
      "\"\xc3\xa9\x7f\"",
      "[0,-0,12,-7,170141183460469231731687303715884105727,1701411834604692317316873037158841057270]",
      "[0.1,-2.5e-3,1E5,1e+22,1e23,123456789012345678.5,0.30000000000000004,1e308,1e400,-0.0,1e-400,0e5,5e-324]",
      "[[[1],{\"a\":{}}],{\"b\":[true,false,null],\"\":\"x y\"}]",
      "{\"a\" : 1 ,\r\n\t\"b\": [ 1 , 2 ] }",
      "[01]",
      "[1.]",
      "[.5]",
      "[1e]",
      "[-]",
      "[+1]",
      "[1,]",
      "[,1]",
      "[1 2]",
      "{\"a\":1,}",
      "{\"a\" 1}",
      "{a:1}",
      "{\"a\":1,\"a\":2}",
      "[tru]",
      "[nulll]",
      "[NaN,-Infinity]",
      "[\"a\tb\"]",
      "[\"a\001\"]",
      "[1}",
      "{\"a\":1]",
      "[\f1]",
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    char wrapped[400], other[400];
    snprintf(wrapped, sizeof wrapped, "[%s,\"\\u0041\"]", texts[i]);
    const char *plain = read_back(texts[i]), *with = read_back(wrapped);
    const bool good = strstr(plain, "json_") == NULL;
    snprintf(other, sizeof other, "[%s,\"A\"]", plain);
    if (good) assert_string_equal(with, other);
    else assert_non_null(strstr(with, "json_"));
  }
}

static void integers_are_exact_up_to_127_bits(void **state) {
  (void)state;
  SAME("0");
  SAME("-1");
  READS("-0", "0");
  SAME("[999999999999999999,1000000000000000000,9223372036854775808,18446744073709551616]");
  SAME("-170141183460469231731687303715884105727");
  assert_int_equal(tree_of("170141183460469231731687303715884105727")->kind, WB_JSON_INT);
  const wb_json *big = tree_of("[170141183460469231731687303715884105728]")->u.array.items[0];
  assert_int_equal(big->kind, WB_JSON_BIG);
  assert_true(wb_str_is(big->u.text, "170141183460469231731687303715884105728"));
  assert_int_equal(tree_of("-1180591620717411303424")->u.integer == -((wb_i128)1 << 70), 1);
}

static void decimals_keep_how_they_were_written(void **state) {
  (void)state;
  const wb_json *list = tree_of("[1e-05, 0.10, -2.50E+3, 10000.0, 1e400, 4.9e-324]");
  static const char *const raw[] = {"1e-05", "0.10", "-2.50E+3", "10000.0"};
  static const double values[] = {1e-05, 0.1, -2500, 10000};
  for (size_t i = 0; i < 4; i++) {
    const wb_json *item = list->u.array.items[i];
    assert_int_equal(item->kind, WB_JSON_REAL);
    assert_true(item->u.real == values[i]);
    assert_true(wb_str_is(item->raw, raw[i]));
  }
  assert_int_equal(list->u.array.items[4]->kind, WB_JSON_BIG);
  assert_true(wb_str_is(list->u.array.items[4]->u.text, "1e400"));
  assert_int_equal(list->u.array.items[5]->kind, WB_JSON_REAL);
  READS("0.333333333333333333333333333333333333333333333333333333333333333333333333333333333",
        "0.333333333333333333333333333333333333333333333333333333333333333333333333333333333");
}

static void a_locale_with_comma_does_not_matter_where_there_is_one(void **state) {
  (void)state;
  if (!setlocale(LC_NUMERIC, "de_DE.UTF-8") && !setlocale(LC_NUMERIC, "fr_FR.UTF-8")) return;
  double value = tree_of("1.5")->u.real;
  setlocale(LC_NUMERIC, "C");
  assert_true(value == 1.5);
}

static void not_finite_numbers_are_read_outside_strings_only(void **state) {
  (void)state;
  SAME("[NaN,Infinity,-Infinity]");
  SAME("NaN");
  SAME("-Infinity");
  SAME("{\"NaN\":\"NaN, -Infinity \\\" NaN \\\\\",\"b\":NaN,\"c\":\"[NaN]\"}");
  READS("{\"a\" :\n Infinity\n}", "{\"a\":Infinity}");
  READS("\xef\xbb\xbf[NaN]", "[NaN]");
  const wb_json *list = tree_of("[\"NaN\", 111, NaN, 1.5]");
  assert_int_equal(list->u.array.items[1]->kind, WB_JSON_INT);
  assert_int_equal(list->u.array.items[2]->kind, WB_JSON_NONFINITE);
  assert_int_equal(list->u.array.items[2]->offset, 13);
  assert_int_equal(list->u.array.items[3]->kind, WB_JSON_REAL);
}

static void escapes_are_decoded(void **state) {
  (void)state;
  const wb_json *text = tree_of("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u4e2d\\ud83d\\ude00\\u0000.\"");
  wb_str expected = WB_STR("\"\\/\b\f\n\r\tA\xc3\xa9\xe4\xb8\xad\xf0\x9f\x98\x80\0.");
  assert_true(wb_str_eq(text->u.text, expected));
  const wb_json *object = tree_of("{\"\\u0061\\n\": [\"\\\\\", \"b\"], \"c\\\"\": 2}");
  assert_int_equal(wb_json_get(object, WB_STR("a\n"))->kind, WB_JSON_ARRAY);
  assert_int_equal((int)wb_json_get(object, WB_STR("c\""))->u.integer, 2);
}

static void strings_without_escapes_are_slices(void **state) {
  (void)state;
  const char *text = "{\"key\": \"value\"}";
  const wb_json_member *member = tree_of(text)->u.object.members;
  assert_ptr_equal(member->key.ptr, text + 2);
  assert_ptr_equal(member->value->u.text.ptr, text + 9);
}

static void offsets_give_line_and_column(void **state) {
  (void)state;
  wb_str text = WB_STR("\xef\xbb\xbf{\"a\\n\": 1,\n  \"b\" : [true, {\"c\":\"\\u0041\"}, NaN, null , -2.5e1]\n}");
  const wb_json *root = tree_of(text.ptr), *list = wb_json_get(root, WB_STR("b"));
  static const unsigned columns[] = {10, 16, 32, 37, 44};
  for (size_t i = 0; i < 5; i++) {
    wb_place place = wb_json_place(text, WB_STR("f"), list->u.array.items[i]);
    assert_int_equal(place.line, 2);
    assert_int_equal(place.column, columns[i]);
  }
  assert_int_equal(wb_json_place(text, WB_STR("f"), root).column, 1);
  assert_int_equal(wb_json_place(text, WB_STR("f"), wb_json_get(root, WB_STR("a\n"))).column, 9);
  assert_int_equal(root->u.object.members[1].key_offset, 16);
}

/* ---- large objects ---- */

static void members_are_found_in_objects_of_any_size(void **state) {
  (void)state;
  static const size_t sizes[] = {1, 2, 15, 16, 17, 18, 31, 100, 1000, 100000};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    const wb_json *object = wb_json_read(&ctx, numbered_object(sizes[s], "}"), WB_STR("t"));
    assert_int_equal(object->u.object.count, sizes[s]);
    for (size_t i = 0; i < sizes[s]; i += 1 + sizes[s] / 500) {
      const wb_json *value = wb_json_get(object, wb_str_fmt(&ctx, "model.layers.%zu.weight", i * 7919));
      assert_non_null(value);
      assert_true(value->u.integer == (wb_i128)i);
    }
    assert_null(wb_json_get(object, WB_STR("model.layers.1.weight")));
    assert_null(wb_json_get(object, WB_STR("")));
  }
  assert_null(wb_json_get(tree_of("[1]"), WB_STR("a")));
  assert_null(wb_json_get(NULL, WB_STR("a")));
}

static void a_key_that_stands_twice_is_refused(void **state) {
  (void)state;
  READS("{\"a\":1,\n\"b\":2,\n \"a\":3}", "3:2 json_duplicate_key | a | 1");
  READS("{\"a\":1,\"\\u0061\":3}", "1:8 json_duplicate_key | a | 1");
  READS("{\"\":1,\"\":3}", "1:7 json_duplicate_key");
  READS("[{\"a\":{\"a\":1}},{\"a\":2}]", "[{\"a\":{\"a\":1}},{\"a\":2}]");
  READS("{\"a\\u001b[31m\":1,\"a\\u001b[31m\":3}", "1:18 json_duplicate_key | a\\u001b[31m | 1");
  wb_str twice = numbered_object(50000, ",\n\"x\": 1, \"model.layers.79190.weight\": 2, \"model.layers.0.weight\": 3}");
  assert_string_equal(read_back(wb_str_cstr(&ctx, twice)),
                      "50001:9 json_duplicate_key | model.layers.79190.weight | 11");
}

/* ---- what is refused ---- */

static void syntax_errors_say_place_finding_and_expectation(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"{\"a\":1,\n \"b\":True}", "2:6 json_syntax | `True` | `true`"},
      {"[None]", "1:2 json_syntax | `None` | `null`"},
      {"[1,2", "1:5 json_syntax | the end of the text | `,` or `]`"},
      {"[1,2\n", "2:1 json_syntax | the end of the text | `,` or `]`"},
      {"{\"a\" 1}", "1:6 json_syntax | `1` | `:` after the key"},
      {"{\"a\":1,}", "1:8 json_syntax | `}` | a key in double quotes after the comma"},
      {"[1,]", "1:4 json_syntax | `]` | a value after the comma"},
      {"{'a':1}", "1:2 json_syntax | `'` | a key in double quotes or `}`"},
      {"{1:2}", "1:2 json_syntax | `1` | a key in double quotes or `}`"},
      {"{NaN:2}", "1:2 json_syntax | `NaN` | a key in double quotes or `}`"},
      {"{\"a\":\"b\" \"c\"}", "1:10 json_syntax | a string | `,` or `}`"},
      {"[1}", "1:3 json_syntax | `}` | `,` or `]`"},
      {"{\"a\":1]", "1:7 json_syntax | `]` | `,` or `}`"},
      {"1 2", "1:3 json_syntax | `2` | the end of the text"},
      {"{} }", "1:4 json_syntax | `}` | the end of the text"},
      {"1\"q", "1:2 json_syntax | a string | the end of the text"},
      {"{} tru", "1:4 json_syntax | `tru` | the end of the text"},
      {"NaN \"", "1:5 json_syntax | a string | the end of the text"},
      {"1 -", "1:3 json_syntax | `-` | the end of the text"},
      {"[1]\f", "1:4 json_syntax | the control character 0x0c | a space, a tab or a line end"},
      {"// c", "1:1 json_syntax | `/` | a value"},
      {"[01]", "1:3 json_syntax | `1` | `,` or `]`"},
      {"[1.]", "1:2 json_syntax | `1.` | a number as JSON writes it, such as -1.5e3"},
      {"[-]", "1:2 json_syntax | `-` | a number as JSON writes it, such as -1.5e3"},
      {"[+1]", "1:2 json_syntax | `+1` | a value or `]`"},
      {"[.5]", "1:2 json_syntax | `.5` | a value or `]`"},
      {"[1NaN]", "1:3 json_syntax | `NaN` | `,` or `]`"},
      {"[NaN,1NaN]", "1:7 json_syntax | `NaN` | `,` or `]`"},
      {"[-NaN]", "1:2 json_syntax | `-` | a number as JSON writes it, such as -1.5e3"},
      {"NaNx", "1:1 json_syntax | `NaNx` | a value"},
      {"[1,\v2]", "1:4 json_syntax | the control character 0x0b | a space, a tab or a line end"},
      {"[\xc3\xa9]", "1:2 json_syntax | `\xc3\xa9` | a value or `]`"},
      {"\xef\xbb\xbf{\"x\":}", "1:6 json_syntax | `}` | a value"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) READS(cases[i][0], cases[i][1]);
}

static void faults_within_strings_say_what_belongs_there(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"[\"a\\q\"]",
       "1:4 json_syntax | `\\q` | an escape: \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hex digits"},
      {"[\"a\\\xc3\xa9\"]",
       "1:4 json_syntax | `\\\xc3\xa9` | an escape: \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hex digits"},
      {"[\"a\nb\"]", "1:4 json_syntax | the end of the line | `\"`, which ends a string before its line ends"},
      {"[\"a\x1b[31m\"]",
       "1:4 json_syntax | the control character 0x1b | an escape such as \\t or \\u0001 inside a string"},
      {"[\"abc", "1:2 json_syntax | a string without its end | `\"` at the end of the string"},
      {"[\"abc\\", "1:2 json_syntax | a string without its end | `\"` at the end of the string"},
      {"[\"\\ud83d\"]",
       "1:3 json_syntax | `\\ud83d`, half of a surrogate pair, | both halves, such as `\\ud83d\\ude00`"},
      {"[\"a\\\\\\ude00\"]",
       "1:6 json_syntax | `\\ude00`, half of a surrogate pair, | both halves, such as `\\ud83d\\ude00`"},
      {"[\"\\ud83d\\u0041\"]",
       "1:3 json_syntax | `\\ud83d`, half of a surrogate pair, | both halves, such as `\\ud83d\\ude00`"},
      {"{\"\\ud83dx\":1}",
       "1:3 json_syntax | `\\ud83d`, half of a surrogate pair, | both halves, such as `\\ud83d\\ude00`"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) READS(cases[i][0], cases[i][1]);
}

static void nothing_and_what_is_not_utf8_are_refused(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"", "0:0 json_empty"},
      {" \n\t", "0:0 json_empty"},
      {"\xef\xbb\xbf", "0:0 json_empty"},
      {"[\"\xff\"]", "1:3 json_encoding"},
      {"[\n\"\xc0\x80\"]", "2:2 json_encoding"},
      {"[\"12345678\xed\xa0\x80\"]", "1:11 json_encoding"},
      {"[\"\xf0\x9f\x98", "1:3 json_encoding"},
      {"[\"\xf4\x90\x80\x80\"]", "1:3 json_encoding"},
      {"\xff\xfe[\0]\0", "1:1 json_encoding"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) READS(cases[i][0], cases[i][1]);
}

static void a_nul_byte_is_refused(void **state) {
  (void)state;
  static const wb_str texts[] = {{"[1\0]", 4}, {"\0", 1}, {"[\"a\0b\"]", 7}, {"{}\0", 3}};
  static const unsigned columns[] = {3, 1, 4, 3};
  for (size_t i = 0; i < 4; i++) {
    assert_false(is_read(texts[i].ptr, texts[i].len));
    assert_int_equal(ctx.failure.place.column, columns[i]);
    assert_true(wb_str_is(ctx.failure.args[0], "the control character 0x00"));
  }
}

static void the_line_at_fault_is_shown_unless_it_is_too_long(void **state) {
  (void)state;
  read_back("{\n  \"a\":\tnothing,\n \"b\": 1}");
  assert_true(wb_str_is(ctx.failure.excerpt, "  \"a\": nothing,"));
  read_back("\xef\xbb\xbf[x]");
  assert_true(wb_str_is(ctx.failure.excerpt, "[x]"));
  wb_text longer = {.ctx = &ctx};
  wb_text_adds(&longer, "[");
  for (int i = 0; i < 100; i++) wb_text_adds(&longer, "100, ");
  wb_text_adds(&longer, "x]");
  read_back(wb_str_cstr(&ctx, wb_text_str(&longer)));
  assert_int_equal(ctx.failure.place.column, 502);
  assert_int_equal(ctx.failure.excerpt.len, 0);
}

static void nesting_ends_at_64_levels(void **state) {
  (void)state;
  SAME(nested(64, "[", "]"));
  SAME(nested(64, "{\"a\":", "}"));
  READS(nested(65, "[", "]"), "1:65 json_too_deep | 64");
  READS(nested(65, "{\"a\":", "}"), "1:321 json_too_deep | 64");
  READS(nested(100000, "[", ""), "1:65 json_too_deep | 64");
}

static void a_text_longer_than_the_limit_is_not_looked_at(void **state) {
  (void)state;
  assert_false(guarded_read(&ctx, (wb_str){"1", WB_JSON_MAX_BYTES + 1}));
  assert_string_equal(failure_line(), "0:0 json_too_big | 536870912");
}

static const char sample[] =
    "\xef\xbb\xbf {\n \"text\\u00e9\": \"caf\xc3\xa9 \\ud83d\\ude00\", \"n\": [0, -1.5e-3, 12345678901234567890123, "
    "NaN,\n"
    "  true, false, null, -Infinity], \"o\": {\"a\": {}, \"b\": []}}\n";

static void a_text_cut_anywhere_is_refused_without_harm(void **state) {
  (void)state;
  size_t whole = sizeof sample - 2; /* the line end at the end may go */
  for (size_t length = 0; length < whole; length++) assert_false(is_read(sample, length));
  for (size_t length = 1; length < whole - 4; length++) { /* the same behind a whole document */
    char text[2 * sizeof sample];
    memcpy(text, sample, whole);
    memcpy(text + whole, sample + 4, length);
    assert_false(is_read(text, whole + length));
  }
  assert_int_equal(tree_of(sample)->u.object.count, 3);
}

static void a_text_with_any_byte_changed_ends_in_a_value(void **state) {
  (void)state;
  static const char bytes[] = "\"\\{}[],:0-N\n\x01\xff\x80 x";
  for (size_t at = 0; at < sizeof sample - 1; at++) {
    for (size_t b = 0; b < sizeof bytes; b++) {
      wb_mark mark = wb_arena_mark(ctx.arena);
      char text[sizeof sample];
      memcpy(text, sample, sizeof sample);
      text[at] = bytes[b];
      is_read(text, sizeof sample - 1);
      wb_arena_reset(ctx.arena, mark);
    }
  }
}

/* ---- memory ---- */

static size_t allocations_left, blocks;

static void *counted_alloc(size_t size) {
  if (allocations_left == 0) return NULL;
  allocations_left--;
  blocks++;
  return malloc(size);
}

static void counted_free(void *block) {
  if (block) blocks--;
  free(block);
}

static void running_out_of_memory_anywhere_leaks_nothing(void **state) {
  (void)state;
  wb_str text = wb_str_copy(&ctx, numbered_object(4000, ", \"e\\n\": NaN}"));
  wb_alloc_hook(counted_alloc, counted_free);
  bool done = false;
  for (size_t allowed = 1; !done && allowed < 100; allowed++) {
    allocations_left = allowed;
    blocks = 0;
    wb_ctx small = {.arena = wb_arena_new(0)};
    done = guarded_read(&small, text);
    assert_true(done || small.failure.message == WB_OUT_OF_MEMORY || small.failure.message == WB_TOO_MUCH_MEMORY);
    wb_arena_free(small.arena);
    assert_int_equal(blocks, 0);
  }
  wb_alloc_hook(NULL, NULL);
  assert_true(done);
}

static void a_small_arena_is_enough_or_fails(void **state) {
  (void)state;
  wb_str text = wb_str_copy(&ctx, numbered_object(500, ", \"e\\n\": NaN}"));
  bool done = false;
  for (size_t cap = 16; !done; cap += cap / 8 + 16) {
    wb_ctx small = {.arena = wb_arena_new(cap)};
    done = guarded_read(&small, text);
    assert_true(done || small.failure.message == WB_OUT_OF_MEMORY || small.failure.message == WB_TOO_MUCH_MEMORY);
    wb_arena_free(small.arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(values_come_back),
      TEST(both_readers_agree),
      TEST(integers_are_exact_up_to_127_bits),
      TEST(decimals_keep_how_they_were_written),
      TEST(a_locale_with_comma_does_not_matter_where_there_is_one),
      TEST(not_finite_numbers_are_read_outside_strings_only),
      TEST(escapes_are_decoded),
      TEST(strings_without_escapes_are_slices),
      TEST(offsets_give_line_and_column),
      TEST(members_are_found_in_objects_of_any_size),
      TEST(a_key_that_stands_twice_is_refused),
      TEST(syntax_errors_say_place_finding_and_expectation),
      TEST(faults_within_strings_say_what_belongs_there),
      TEST(nothing_and_what_is_not_utf8_are_refused),
      TEST(a_nul_byte_is_refused),
      TEST(the_line_at_fault_is_shown_unless_it_is_too_long),
      TEST(nesting_ends_at_64_levels),
      TEST(a_text_longer_than_the_limit_is_not_looked_at),
      TEST(a_text_cut_anywhere_is_refused_without_harm),
      TEST(a_text_with_any_byte_changed_ends_in_a_value),
      TEST(running_out_of_memory_anywhere_leaks_nothing),
      TEST(a_small_arena_is_enough_or_fails),
  };
  return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
