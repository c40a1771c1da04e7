/* Text as it stands in JSON: every byte that came is UTF-8 afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static const char *quoted(const char *text, size_t left) {
  static char out[256];
  size_t used = 0;
  for (size_t taken, written; left; left -= taken, text += taken, used += written)
    taken = wb_str_json(text, left, out + used, &written);
  out[used] = '\0';
  return out;
}

static void quotes_and_controls_are_escaped(void **state) {
  (void)state;
  assert_string_equal(quoted("a\"\\\n\t\x7f", 6), "a\\\"\\\\\\n\\u0009\\u007f");
  assert_string_equal(quoted("\0", 1), "\\u0000");
}

static void text_that_is_utf8_stays(void **state) {
  static const char *const texts[] = {"plain",        "\xC3\xA4",         "\xE6\xA8\xA1",    "\xED\x9F\xBF",
                                      "\xEE\x80\x80", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    assert_string_equal(quoted(texts[i], strlen(texts[i])), texts[i]);
}

/* Too long, surrogates, beyond the last plane, cut. */
static void bytes_that_are_not_are_replaced(void **state) {
  static const char *const texts[] = {"\xFF",
                                      "\x80",
                                      "\xC0\xAF",
                                      "\xE0\x80\x80",
                                      "\xED\xA0\x80",
                                      "\xF0\x80\x80\x80",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xE6\xA8"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    const char *out = quoted(texts[i], strlen(texts[i]));
    assert_int_equal(strlen(out), 3 * strlen(texts[i]));
    assert_memory_equal(out, "\xEF\xBF\xBD", 3);
  }
}

static void plain_bytes_are_counted(void **state) {
  (void)state;
  assert_int_equal(wb_str_plain("abc\"d", 5), 3);
  assert_int_equal(wb_str_plain("abc", 3), 3);
  assert_int_equal(wb_str_plain("\xC3\xA4", 2), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(quotes_and_controls_are_escaped),
      cmocka_unit_test(text_that_is_utf8_stays),
      cmocka_unit_test(bytes_that_are_not_are_replaced),
      cmocka_unit_test(plain_bytes_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
