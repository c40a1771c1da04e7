#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "api_fixture.h"

typedef struct failing {
  const char *config, *model, *setting;
  weigh_status status;
  const char *code, *english, *chinese; /* parts of the message */
  uint32_t line, column;
} failing;

static const failing FAILING[] = {
    {"", NULL, NULL, WEIGH_REFUSED, "json_empty", "Nothing was found", "没有任何内容", 0, 0},
    {"{\n  \"a\": ,\n}", NULL, NULL, WEIGH_REFUSED, "json_syntax", "a value", "合法的 JSON", 2, 8},
    {"{\"a\": 1, \"a\": 2}", NULL, NULL, WEIGH_REFUSED, "json_duplicate_key", "\"a\"", "“a”", 1, 10},
    {"[1]", NULL, NULL, WEIGH_REFUSED, "model_not_object", "list", "config.json", 0, 0},
    {"{\"model_type\":\"llama\",\n\"hidden_size\":\"x\"}", NULL, NULL, WEIGH_REFUSED, "field_type",
     "`hidden_size` is \"x\"", "`hidden_size` 为", 2, 15},
    {"{\"model_type\":\"llama\",\"num_hidden_layers\":-1}", NULL, NULL, WEIGH_REFUSED, "field_range",
     "num_hidden_layers", "num_hidden_layers", 1, 43},
    {"{\"model_type\":\"llama\",\"hidden_size\":100,\"num_attention_heads\":3}", NULL, NULL, WEIGH_REFUSED,
     "field_not_whole", "hidden_size / num_attention_heads = 100 / 3", "不是整数", 0, 0},
    {NULL, "nowhere/config.json", NULL, WEIGH_ENVIRONMENT, "file_open", "nowhere/config.json cannot be opened",
     "无法打开 nowhere", 0, 0},
    {NULL, "tests/configs", NULL, WEIGH_ENVIRONMENT, "file_open", "tests/configs/config.json",
     "tests/configs/config.json", 0, 0},
    {NULL, "qqqqqqqqqqqqqqqqqqqq", NULL, WEIGH_REFUSED, "catalogue_unknown", "qqqqqqqqqqqqqqqqqqqq",
     "qqqqqqqqqqqqqqqqqqqq", 0, 0},
    {SMALL, NULL, "hidden_size", WEIGH_USAGE, "set_syntax", "\"hidden_size\" is not a setting", "“hidden_size”", 0, 0},
    {SMALL, NULL, "=3", WEIGH_USAGE, "set_syntax", "\"=3\"", "“=3”", 0, 0},
    {SMALL, NULL, "hidden_size.deep=3", WEIGH_USAGE, "set_path", "\"hidden_size.deep\"", "hidden_size.deep", 0, 0},
    {SMALL, NULL, "hidden_size=0", WEIGH_REFUSED, "field_range", "`hidden_size` is 0", "`hidden_size` 为 0", 0, 0},
};

static void fails_as_told(weigh_library *library, const failing *f, weigh_language language) {
  weigh_model_request request = {.model = f->model,
                                 .config = f->config,
                                 .config_size = f->config ? strlen(f->config) : 0,
                                 .settings = &f->setting,
                                 .setting_count = f->setting ? 1 : 0};
  weigh_model *untouched = (weigh_model *)library;
  weigh_error err;
  memset(&err, 0xEE, sizeof err);
  weigh_status status = weigh_model_open(library, &request, &untouched, &err);
  const char *part = language == WEIGH_CHINESE ? f->chinese : f->english;
  bool good = status == f->status && err.status == status && strcmp(err.code, f->code) == 0 &&
              strstr(err.message, part) && err.line == f->line && err.column == f->column &&
              untouched == (weigh_model *)library && !strstr(err.message, "{0}");
  if (!good)
    fail_msg("%s: status %d, %s at %u:%u of %s: %s", f->code, (int)status, err.code, err.line, err.column, err.file,
             err.message);
  if (err.line) assert_true(strlen(err.excerpt) > 0 && strchr(err.excerpt, '\n') == NULL);
  assert_int_equal(weigh_model_open(library, &request, &untouched, NULL), f->status);
}

static void errors_have_status_code_sentence_and_place(void **state) {
  for (size_t i = 0; i < sizeof FAILING / sizeof *FAILING; i++) fails_as_told(*state, &FAILING[i], WEIGH_ENGLISH);
}

static void errors_speak_chinese(void **state) {
  (void)state;
  weigh_library *library = NULL;
  weigh_library_options options = {.language = WEIGH_CHINESE};
  assert_int_equal(weigh_library_open(&options, &library, NULL), WEIGH_OK);
  for (size_t i = 0; i < sizeof FAILING / sizeof *FAILING; i++) fails_as_told(library, &FAILING[i], WEIGH_CHINESE);
  weigh_library_free(library);
}

/* Text from a configuration that does not fit is cut between characters, never within one. */
static void long_messages_are_cut_as_utf8(void **state) {
  char config[8192] = "{\"model_type\":\"llama\",\"hidden_size\":\"";
  for (int i = 0; i < 2000; i++) strcat(config, "\xe4\xb8\xad");
  strcat(config, "\"}");
  weigh_model_request request = {.config = config, .config_size = strlen(config)};
  weigh_model *model = NULL;
  weigh_error err = {0};
  assert_int_equal(weigh_model_open(*state, &request, &model, &err), WEIGH_REFUSED);
  assert_string_equal(err.code, "field_type");
  const char *texts[] = {err.message, err.excerpt};
  for (size_t t = 0; t < 2; t++) {
    size_t pending = 0;
    for (const unsigned char *c = (const unsigned char *)texts[t]; *c; c++) {
      if ((*c & 0xC0) == 0x80) {
        assert_true(pending > 0);
        pending--;
      } else {
        assert_int_equal(pending, 0);
        pending = *c >= 0xF0 ? 3 : *c >= 0xE0 ? 2 : *c >= 0xC0 ? 1 : 0;
      }
    }
    if (t == 0) assert_int_equal(pending, 0);
  }
}

static void faces_report_in_the_same_shape(void **state) {
  (void)state;
  weigh_error err = {0};
  const char *args[] = {"x.json", "gone"};
  assert_int_equal(weigh_error_set(&err, WEIGH_ENGLISH, "FILE_OPEN", args, 2), WEIGH_ENVIRONMENT);
  assert_string_equal(err.code, "file_open");
  assert_non_null(strstr(err.message, "x.json cannot be opened: gone"));
  assert_int_equal(weigh_error_set(NULL, WEIGH_ENGLISH, "FILE_OPEN", args, 2), WEIGH_ENVIRONMENT);
  assert_non_null(weigh_text("CLI_OPTIONS", WEIGH_ENGLISH));
  assert_string_not_equal(weigh_text("CLI_OPTIONS", WEIGH_ENGLISH), weigh_text("CLI_OPTIONS", WEIGH_CHINESE));
  assert_null(weigh_text("NO_SUCH_TEXT", WEIGH_ENGLISH));
  assert_null(weigh_text(NULL, WEIGH_ENGLISH));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(errors_have_status_code_sentence_and_place),
      TEST(errors_speak_chinese),
      TEST(long_messages_are_cut_as_utf8),
      TEST(faces_report_in_the_same_shape),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
