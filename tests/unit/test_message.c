#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <string.h>

#include "base/ctx.h"
#include "base/data.h"
#include "base/message.h"

static wb_str filled(wb_ctx *ctx, wb_message_id id, wb_lang lang, const wb_str *args, size_t count) {
  wb_text out = {.ctx = ctx};
  wb_message_add(&out, id, lang, args, count);
  return wb_text_str(&out);
}

static void places_are_filled_in_the_order_of_the_text(void **state) {
  wb_str args[] = {WB_STR("a comma"), WB_STR("a value")};
  wb_str text = filled(*state, WB_JSON_SYNTAX, WB_LANG_EN, args, 2);
  const char *start = "This is not valid JSON: a comma was found where a value was expected.";
  assert_true(wb_str_starts(text, wb_str_of(start)));
}

static void an_argument_is_not_searched_for_places(void **state) {
  wb_str args[] = {WB_STR("{1}{0}"), WB_STR("X")};
  wb_str text = filled(*state, WB_FILE_OPEN, WB_LANG_EN, args, 2);
  assert_true(wb_str_starts(text, WB_STR("{1}{0} cannot be opened: X.")));
}

static void a_place_without_argument_stays_visible(void **state) {
  wb_str args[] = {WB_STR("a.json")};
  wb_str text = filled(*state, WB_FILE_OPEN, WB_LANG_EN, args, 1);
  assert_true(wb_str_starts(text, WB_STR("a.json cannot be opened: {1}.")));
}

static void every_message_has_two_texts_and_a_code(void **state) {
  (void)state;
  for (int id = 0; id < WB_MESSAGE_COUNT; id++) {
    assert_true(strlen(wb_message_text((wb_message_id)id, WB_LANG_EN)) > 0);
    assert_true(strlen(wb_message_text((wb_message_id)id, WB_LANG_ZH)) > 0);
    for (const char *c = wb_message_code((wb_message_id)id); *c; c++)
      assert_true(islower((unsigned char)*c) || isdigit((unsigned char)*c) || *c == '_');
  }
  assert_string_equal(wb_message_code(WB_JSON_DUPLICATE_KEY), "json_duplicate_key");
  assert_int_equal(wb_message_status(WB_FILE_OPEN), WEIGH_ENVIRONMENT);
  assert_int_equal(wb_message_status(WB_JSON_SYNTAX), WEIGH_REFUSED);
  assert_int_equal(wb_message_status(WB_SET_SYNTAX), WEIGH_USAGE);
}

static void an_id_outside_the_table_is_harmless(void **state) {
  (void)state;
  assert_string_equal(wb_message_code(WB_MESSAGE_COUNT), "unknown");
  assert_string_equal(wb_message_text(WB_MESSAGE_COUNT, WB_LANG_ZH), "");
}

static void an_id_of_a_description_finds_its_message(void **state) {
  (void)state;
  wb_message_id id = WB_MESSAGE_COUNT;
  assert_true(wb_message_find(WB_STR("CHECK_HEADS"), &id));
  assert_int_equal(id, WB_CHECK_HEADS);
  assert_true(wb_message_find(WB_STR("INPUT_params_b"), &id));
  assert_int_equal(id, WB_INPUT_PARAMS_B);
  assert_false(wb_message_find(WB_STR("CHECK_HEAD"), &id));
  assert_false(wb_message_find(WB_STR("CHECK_HEADS_"), &id));
  assert_false(wb_message_find(WB_STR(""), &id));
}

static void the_embedded_files_are_sorted_and_ended(void **state) {
  (void)state;
  assert_int_equal(strlen(wb_data_digest), 64);
  for (size_t i = 0; i < wb_data_file_count; i++) {
    const wb_data_file *f = &wb_data_files[i];
    assert_int_equal(f->bytes[f->length], 0);
    assert_true(i == 0 || strcmp(wb_data_files[i - 1].path, f->path) < 0);
  }
}

static int set_up(void **state) {
  static wb_ctx ctx;
  ctx.arena = wb_arena_new(0);
  *state = &ctx;
  return ctx.arena ? 0 : -1;
}

static int tear_down(void **state) {
  wb_arena_free(((wb_ctx *)*state)->arena);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(places_are_filled_in_the_order_of_the_text),
      cmocka_unit_test(an_argument_is_not_searched_for_places),
      cmocka_unit_test(a_place_without_argument_stays_visible),
      cmocka_unit_test(every_message_has_two_texts_and_a_code),
      cmocka_unit_test(an_id_outside_the_table_is_harmless),
      cmocka_unit_test(an_id_of_a_description_finds_its_message),
      cmocka_unit_test(the_embedded_files_are_sorted_and_ended),
  };
  return cmocka_run_group_tests_name("message", tests, set_up, tear_down);
}
