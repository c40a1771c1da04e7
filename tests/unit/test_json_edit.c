#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "json_fixture.h"

/* ---- printing ---- */

static void printing_is_cut_at_its_limit(void **state) {
  (void)state;
  const wb_json *list = tree_of("[1,\"abcdef\",{\"k\":[2.50,null]}]");
  static const char *const cut[] = {"…", "[…", "[1…", "[1,…", "[1,\"…", "[1,\"a…"};
  for (size_t limit = 0; limit < 6; limit++) {
    wb_text out = {.ctx = &ctx};
    wb_json_print(&out, list, limit);
    assert_string_equal(wb_str_cstr(&ctx, wb_text_str(&out)), cut[limit]);
  }
  SAME("[1,\"abcdef\",{\"k\":[2.50,null]}]");
  wb_text half = {.ctx = &ctx};
  wb_json_print(&half, tree_of("\"\xe4\xb8\xad\xe6\x96\x87\""), 6);
  assert_true(wb_str_is(wb_text_str(&half), "\"\xe4\xb8\xad…"));
}

static void printing_escapes_what_would_change_a_terminal(void **state) {
  (void)state;
  SAME("\"\\u001b[31m\\n\\t\\\"\\\\\"");
  READS("\"\\u007f\\u009b\\u00a0\\/\"", "\"\\u007f\\u009b\xc2\xa0/\"");
}

static void values_that_say_the_same_are_the_same(void **state) {
  (void)state;
  static const char *const texts[] = {
      "null", "true",  "false", "1",  "1.0",       "1e400",     "\"1\"",     "[]",
      "[1]",  "[1,2]", "[2,1]", "{}", "{\"a\":1}", "{\"a\":2}", "{\"b\":1}", "{\"a\":1,\"b\":[{}]}"};
  const size_t count = sizeof texts / sizeof *texts;
  for (size_t i = 0; i < count; i++)
    for (size_t k = 0; k < count; k++)
      if (wb_json_same(tree_of(texts[i]), tree_of(texts[k])) != (i == k)) fail_msg("%s %s", texts[i], texts[k]);
  assert_true(wb_json_same(tree_of("{\"a\":1,\"b\":2}"), tree_of("{\"b\":2,\"a\":1}")));
  assert_true(wb_json_same(tree_of("[1.50]"), tree_of("[15e-1]")));
}

static void a_number_made_by_hand_is_printed_exactly(void **state) {
  (void)state;
  wb_json value = {.kind = WB_JSON_REAL, .u.real = 0.1};
  assert_true(strtod(printed(&value), NULL) == 0.1);
}

static void kinds_have_names(void **state) {
  (void)state;
  const wb_json *list = tree_of("[null,true,1,1.5,NaN,1e999,\"\",[],{}]");
  static const char *const names[] = {
      "null", "boolean", "integer", "number", "not a finite number", "very large number", "string", "list", "object"};
  for (size_t i = 0; i < 9; i++) assert_string_equal(wb_json_kind_name(list->u.array.items[i]), names[i]);
}

/* ---- editing ---- */

static const char *edited(const char *root, const char *path, const char *value) {
  const wb_json *before = tree_of(root);
  wb_json *put = tree_of(value);
  if (!WB_GUARD(&ctx)) return failure_line();
  return printed(wb_json_with(&ctx, before, wb_str_of(path), put));
}

static void a_path_is_set_in_a_copy(void **state) {
  (void)state;
  assert_string_equal(edited("{\"a\":1,\"b\":2}", "a", "3"), "{\"a\":3,\"b\":2}");
  assert_string_equal(edited("{\"a\":1}", "b", "[3]"), "{\"a\":1,\"b\":[3]}");
  assert_string_equal(edited("{}", "a.b.c", "true"), "{\"a\":{\"b\":{\"c\":true}}}");
  assert_string_equal(edited("{\"t\":{\"n\":1,\"m\":2},\"z\":0}", "t.n", "9"), "{\"t\":{\"n\":9,\"m\":2},\"z\":0}");
  assert_string_equal(edited("{\"t\":{\"n\":1}}", "t", "null"), "{\"t\":null}");
  assert_string_equal(edited("{\"t\":{\"n\":1}}", "t.o.p", "4"), "{\"t\":{\"n\":1,\"o\":{\"p\":4}}}");
  wb_json *root = tree_of("{\"t\":{\"n\":1},\"u\":{}}");
  const wb_json *copy = wb_json_with(&ctx, root, WB_STR("t.n"), tree_of("2"));
  assert_string_equal(printed(root), "{\"t\":{\"n\":1},\"u\":{}}");
  assert_ptr_equal(wb_json_get(copy, WB_STR("u")), wb_json_get(root, WB_STR("u")));
}

static void a_path_through_something_else_is_refused(void **state) {
  (void)state;
  assert_string_equal(edited("{\"a\":1}", "a.b", "3"), "0:0 set_path | a.b | an integer");
  assert_string_equal(edited("{\"a\":{\"b\":[1]}}", "a.b.c.d", "3"), "0:0 set_path | a.b.c.d | a list");
  assert_string_equal(edited("{\"a\":null}", "a.b", "3"), "0:0 set_path | a.b | null");
  assert_string_equal(edited("[1]", "a", "3"), "0:0 set_path | a | a list");
  assert_string_equal(edited("{}", "", "3"), "0:0 set_syntax");
  assert_string_equal(edited("{}", "a..b", "3"), "0:0 set_syntax | a..b");
  assert_string_equal(edited("{}", "a.", "3"), "0:0 set_syntax | a.");
  assert_string_equal(edited("{}", nested(64, "a.", ""), "3"), "0:0 json_too_deep | 64");
  assert_int_equal(strncmp(edited("{}", nested(63, "a.", ""), "3"), "{\"a\":{", 6), 0);
}

static void large_objects_stay_searchable_when_edited(void **state) {
  (void)state;
  const wb_json *root = wb_json_read(&ctx, numbered_object(16, "}"), WB_STR("t"));
  for (int i = 0; i < 40; i++) {
    root = wb_json_with(&ctx, root, wb_str_fmt(&ctx, "new_%d", i),
                        wb_json_typed(&ctx, wb_str_fmt(&ctx, "%d", i), WB_STR("typed")));
    root =
        wb_json_with(&ctx, root, wb_str_fmt(&ctx, "new_%d", i / 2), wb_json_typed(&ctx, WB_STR("7"), WB_STR("typed")));
  }
  assert_int_equal(root->u.object.count, 56);
  assert_int_equal((int)wb_json_get(root, WB_STR("new_19"))->u.integer, 7);
  assert_int_equal((int)wb_json_get(root, WB_STR("new_20"))->u.integer, 20);
  assert_int_equal((int)wb_json_get(root, WB_STR("new_39"))->u.integer, 39);
  assert_int_equal((int)wb_json_get(root, WB_STR("model.layers.7919.weight"))->u.integer, 1);
}

static const char *typed(const char *text) {
  if (!WB_GUARD(&ctx)) return failure_line();
  const wb_json *value = wb_json_typed(&ctx, wb_str_of(text), WB_STR("typed"));
  assert_int_equal(value->offset, 0);
  return wb_str_cstr(&ctx, wb_str_fmt(&ctx, "%s %s", wb_json_kind_name(value), printed(value)));
}

static void typed_values_are_json_or_a_bare_word(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"8", "integer 8"},
      {"8.5", "number 8.5"},
      {"-1", "integer -1"},
      {"1e3", "number 1e3"},
      {"NaN", "not a finite number NaN"},
      {"true", "boolean true"},
      {"True", "boolean true"},
      {"False", "boolean false"},
      {"None", "null null"},
      {"null", "null null"},
      {"[1, 2]", "list [1,2]"},
      {" {\"a\": [true]}", "object {\"a\":[true]}"},
      {"\"quoted\"", "string \"quoted\""},
      {"\"8\"", "string \"8\""},
      {"bareword", "string \"bareword\""},
      {"qwen3 moe", "string \"qwen3 moe\""},
      {"TRUE", "string \"TRUE\""},
      {"08", "string \"08\""},
      {"1 2", "string \"1 2\""},
      {".5", "string \".5\""},
      {"8k", "string \"8k\""},
      {"", "string \"\""},
      {"a\"b", "string \"a\\\"b\""},
      {"[1,2", "1:5 json_syntax | the end of the text | `,` or `]`"},
      {"[True]", "1:2 json_syntax | `True` | `true`"},
      {"\"x", "1:1 json_syntax | a string without its end | `\"` at the end of the string"},
      {"{\"a\":1,\"a\":2}", "1:8 json_duplicate_key | a | 1"},
      {"caf\xe9", "1:4 json_encoding"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) assert_string_equal(typed(cases[i][0]), cases[i][1]);
  assert_string_equal(typed(nested(65, "[", "]")), "1:65 json_too_deep | 64");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(printing_is_cut_at_its_limit),
      TEST(printing_escapes_what_would_change_a_terminal),
      TEST(a_number_made_by_hand_is_printed_exactly),
      TEST(values_that_say_the_same_are_the_same),
      TEST(kinds_have_names),
      TEST(a_path_is_set_in_a_copy),
      TEST(a_path_through_something_else_is_refused),
      TEST(large_objects_stay_searchable_when_edited),
      TEST(typed_values_are_json_or_a_bare_word),
  };
  return cmocka_run_group_tests_name("json_edit", tests, NULL, NULL);
}
