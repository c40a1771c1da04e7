/* A library for questions from strangers, and a model that is asked again and again. The public header and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weigh/weigh.h"

typedef struct text {
  char bytes[65536];
  size_t size;
} text;

static bool keep(void *user, const char *bytes, size_t size) {
  text *t = user;
  if (size > sizeof t->bytes - 1 - t->size) return false;
  memcpy(t->bytes + t->size, bytes, size);
  t->size += size;
  t->bytes[t->size] = '\0';
  return true;
}

static weigh_library *open_library(bool sealed) {
  weigh_library *library = NULL;
  const weigh_library_options options = {.sealed = sealed};
  assert_int_equal(weigh_library_open(&options, &library, NULL), WEIGH_OK);
  return library;
}

static void a_sealed_library_opens_no_file(void **state) {
  (void)state;
  static const char *const names[] = {"tests/configs/tiny-llama.json", "tests/configs",     "-",       "/etc/passwd",
                                      "vllm serve tests/configs",      "llama-server -m -", "./x.json"};
  weigh_library *library = open_library(true);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const weigh_model_request request = {.model = names[i]};
    weigh_model *model = NULL;
    weigh_error err = {0};
    if (weigh_model_open(library, &request, &model, &err) != WEIGH_REFUSED) fail_msg("%s: %s", names[i], err.code);
    assert_null(model);
  }
  const weigh_report_options options = {.method = "config", .function = "params", .input = "-", .log = "-"};
  weigh_error err = {0};
  text t = {.size = 0};
  assert_int_equal(weigh_report(library, WEIGH_REPORT_METHOD, NULL, NULL, &options, keep, &t, &err), WEIGH_REFUSED);
  assert_string_equal(err.code, "file_sealed");
  assert_int_equal(weigh_report(library, WEIGH_REPORT_LOG, NULL, NULL, &options, keep, &t, &err), WEIGH_REFUSED);
  assert_string_equal(err.code, "file_sealed");
  weigh_library_free(library);
}

static void a_sealed_library_knows_names_and_texts(void **state) {
  (void)state;
  static const char config[] = "{\"model_type\":\"llama\",\"num_hidden_layers\":2}";
  const weigh_model_request requests[] = {
      {.model = "Qwen/Qwen3-8B"}, {.model = "7B"}, {.config = config, .config_size = sizeof config - 1}};
  weigh_library *library = open_library(true);
  for (size_t i = 0; i < 3; i++) {
    weigh_model *model = NULL;
    assert_int_equal(weigh_model_open(library, &requests[i], &model, NULL), WEIGH_OK);
    assert_true(weigh_model_memory(model) > 0);
    weigh_model_free(model);
  }
  assert_true(weigh_library_memory(library) > 0);
  weigh_library_free(library);
}

/* What a question puts into `quant` is overwritten after it, as a server's memory is. */
static void ask(weigh_library *library, weigh_model *model, const char *quant, weigh_count tp, text *out) {
  char given[32] = "";
  snprintf(given, sizeof given, "%s", quant);
  weigh_report_options options = {.format = WEIGH_FORMAT_JSON};
  options.serving.quant = *quant ? given : NULL;
  options.serving.tp = tp;
  out->size = 0;
  assert_int_equal(weigh_report(library, WEIGH_REPORT_MEMORY, model, NULL, &options, keep, out, NULL), WEIGH_OK);
  memset(given, '#', sizeof given);
}

/* How long each rung of the ladder took differs from one time to the next. */
static void without_times(text *t) {
  static const char name[] = "\"seconds\": ";
  char *at = t->bytes;
  while ((at = strstr(at, name)) != NULL) {
    at += sizeof name - 1;
    const size_t digits = strspn(at, "0123456789.e-+");
    memmove(at, at + digits, strlen(at + digits) + 1);
  }
}

static void a_question_leaves_nothing_behind(void **state) {
  (void)state;
  static const struct {
    const char *quant;
    weigh_count tp;
  } questions[] = {{"", 1}, {"gptq-4-128", 3}, {"q4_k_m", 1}, {"", 3}, {"gptq-4-128", 1}, {"", 1}};
  static text asked, fresh;
  weigh_library *library = open_library(true);
  const weigh_model_request request = {.model = "meta-llama/Llama-3.1-8B"};
  weigh_model *kept = NULL, *other = NULL;
  assert_int_equal(weigh_model_open(library, &request, &kept, NULL), WEIGH_OK);
  for (size_t i = 0; i < 3 * sizeof questions / sizeof *questions; i++) {
    const size_t k = i % (sizeof questions / sizeof *questions);
    weigh_report_options params = {.format = WEIGH_FORMAT_JSON};
    asked.size = 0;
    assert_int_equal(weigh_report(library, WEIGH_REPORT_PARAMS, kept, NULL, &params, keep, &asked, NULL), WEIGH_OK);
    ask(library, kept, questions[k].quant, questions[k].tp, &asked);
    assert_int_equal(weigh_model_open(library, &request, &other, NULL), WEIGH_OK);
    ask(library, other, questions[k].quant, questions[k].tp, &fresh);
    weigh_model_free(other);
    without_times(&asked);
    without_times(&fresh);
    assert_string_equal(asked.bytes, fresh.bytes);
  }
  weigh_model_free(kept);
  weigh_library_free(library);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_sealed_library_opens_no_file),
      cmocka_unit_test(a_sealed_library_knows_names_and_texts),
      cmocka_unit_test(a_question_leaves_nothing_behind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
