#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_fixture.h"

/* ---- reports ---- */

static void every_report_in_every_format(void **state) {
  static const char *const begins[] = {"", "{", "", "", ""};
  weigh_model *model = opened(*state, SMALL), *other = opened(*state, "{\"model_type\":\"t5\"}");
  for (int kind = WEIGH_REPORT_PARAMS; kind <= WEIGH_REPORT_FAMILIES; kind++) {
    if (kind == WEIGH_REPORT_CHECK) continue; /* needs a folder: tests/cli/check.cases */
    if (kind == WEIGH_REPORT_LOG) continue;   /* needs a file: tests/cli/log.cases */
    if (kind == WEIGH_REPORT_SPEED) continue; /* needs a card: tests/cli/speed.cases */
    for (int format = WEIGH_FORMAT_TEXT; format <= WEIGH_FORMAT_MARKDOWN; format++) {
      page p = {NULL, 0, 0, false};
      weigh_error err = {0};
      weigh_report_options options = {.format = (weigh_format)format};
      bool families = kind == WEIGH_REPORT_FAMILIES, diff = kind == WEIGH_REPORT_DIFF;
      weigh_status status = weigh_report(*state, (weigh_report_kind)kind, families ? NULL : model, diff ? other : NULL,
                                         &options, keep, &p, &err);
      if (status != (diff ? WEIGH_NO : WEIGH_OK)) fail_msg("%d as %d: %d, %s", kind, format, (int)status, err.message);
      assert_true(p.length > 20);
      assert_int_equal(strncmp(p.text, begins[format], strlen(begins[format])), 0);
      assert_int_equal(p.text[p.length - 1], '\n');
      assert_int_equal(strlen(p.text), p.length);
      free(p.text);
    }
  }
  weigh_model_free(model);
  weigh_model_free(other);
}

static void a_report_can_be_stopped_and_asked_again(void **state) {
  weigh_model *model = opened(*state, SMALL);
  page closed = {.refuse = true}, open = {NULL, 0, 0, false};
  weigh_error err = {0};
  assert_int_equal(weigh_report(*state, WEIGH_REPORT_PARAMS, model, NULL, NULL, keep, &closed, &err),
                   WEIGH_ENVIRONMENT);
  assert_string_equal(err.code, "write_failed");
  assert_int_equal(weigh_report(*state, WEIGH_REPORT_PARAMS, model, NULL, NULL, keep, &open, &err), WEIGH_OK);
  assert_non_null(strstr(open.text, "11,248"));
  free(open.text);
  weigh_model_free(model);
}

static void wrong_questions_are_refused(void **state) {
  static const struct {
    weigh_report_kind kind;
    weigh_report_options options;
    const char *code;
  } cases[] = {
      {WEIGH_REPORT_EXPLAIN, {.quantity = "nonsense"}, "quantity_unknown"},
      {WEIGH_REPORT_PARAMS, {.method = "nonsense"}, "method_unknown"},
      {WEIGH_REPORT_TENSORS, {.sort = "nonsense"}, "sort_unknown"},
  };
  weigh_model *model = opened(*state, SMALL);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    page p = {NULL, 0, 0, false};
    weigh_error err = {0};
    weigh_status status = weigh_report(*state, cases[i].kind, model, NULL, &cases[i].options, keep, &p, &err);
    if (status != WEIGH_USAGE || strcmp(err.code, cases[i].code) != 0)
      fail_msg("%d, %s: %s", (int)status, err.code, err.message);
    assert_non_null(strstr(err.message, "nonsense"));
    assert_int_equal(p.calls, 0);
  }
  weigh_error err = {0};
  assert_int_equal(weigh_report(*state, WEIGH_REPORT_PARAMS, NULL, NULL, NULL, keep, NULL, &err), WEIGH_USAGE);
  assert_int_equal(weigh_report(*state, WEIGH_REPORT_DIFF, model, NULL, NULL, keep, NULL, NULL), WEIGH_USAGE);
  assert_int_equal(weigh_report(*state, WEIGH_REPORT_LOG, model, NULL, NULL, keep, NULL, NULL), WEIGH_USAGE);
  weigh_model_free(model);
}

/* A model may be asked any number of times: its memory is limited, and answers do not use it up. */
static bool swallow(void *user, const char *bytes, size_t size) {
  (void)user, (void)bytes, (void)size;
  return true;
}

static void a_model_answers_any_number_of_times(void **state) {
  weigh_model *model = opened(*state, SMALL);
  weigh_report_options options = {.format = WEIGH_FORMAT_JSON};
  weigh_error err = {0};
  for (int i = 0; i < 3000; i++) {
    if (weigh_report(*state, WEIGH_REPORT_EXPLAIN, model, NULL, &options, swallow, NULL, &err) != WEIGH_OK)
      fail_msg("report %d: %s", i, err.message);
  }
  for (int i = 0; i < 20000; i++) {
    static const char *const settings[] = {"num_hidden_layers=5"}, *const wrong[] = {"hidden_size=x"};
    weigh_count total;
    assert_int_equal(weigh_model_total_with(model, settings, 1, &total, NULL), WEIGH_OK);
    assert_int_equal(weigh_model_total_with(model, wrong, 1, &total, NULL), WEIGH_REFUSED);
  }
  weigh_model_free(model);
}

/* What a report found of the model for the first time stays; what is of one question goes. */
static void a_model_does_not_grow_by_answers(void **state) {
  static const weigh_report_kind kinds[] = {WEIGH_REPORT_PARAMS, WEIGH_REPORT_MEMORY, WEIGH_REPORT_FLOPS};
  weigh_model *model = opened(*state, SMALL);
  size_t before = 0;
  for (int i = 0; i < 90; i++) {
    weigh_report_options options = {
        .format = WEIGH_FORMAT_JSON, .serving = {.context = 100 + i}, .pass = {.prompt = 50 + i}};
    weigh_error err = {0};
    if (weigh_report(*state, kinds[i % 3], model, NULL, &options, swallow, NULL, &err) != WEIGH_OK)
      fail_msg("report %d: %s", i, err.message);
    if (i == 29) before = weigh_model_memory(model);
  }
  assert_int_equal(weigh_model_memory(model), before);
  weigh_model_free(model);
}

/* What memory is asked for in the test below; texts lie in buffers that the next question overwrites. */
static void set_question(weigh_serving *q, int i, char gpu[32], char engine[16]) {
  static const char *const gpus[] = {"RTX 4090", "H100 SXM5 80GB", "2xRTX 3090", "A100 80GB"};
  static const char *const engines[] = {"generic", "vllm", "llama.cpp", "sglang"};
  const int kind = i % 13;
  memset(q, 0, sizeof *q);
  snprintf(gpu, 32, "%s", gpus[kind % 4]);
  snprintf(engine, 16, "%s", engines[kind / 3 % 4]);
  q->context = 1000 + 37 * i;
  q->sequences = 1 + i % 5;
  if (kind % 3) q->gpu = gpu;
  if (kind != 6) q->engine = engine;
  if (kind == 4) q->kv_dtype = "fp8";
  if (kind == 5) q->mix = "8x4096,1x8192";
  if (kind == 8) q->quant = "int4";
  if (kind == 10) q->tp = 2;
  if (kind == 12) q->prompt = 512;
}

static char *told(weigh_library *library, weigh_model *model, const weigh_serving *q, weigh_status *status) {
  weigh_report_options options = {.format = WEIGH_FORMAT_TEXT, .serving = *q};
  page p = {NULL, 0, 0, false};
  *status = weigh_report(library, WEIGH_REPORT_FIT, model, NULL, &options, keep, &p, NULL);
  return p.text;
}

static void what_was_asked_before_changes_no_answer(void **state) {
  weigh_model *asked_often = opened(*state, SMALL);
  for (int i = 0; i < 104; i++) {
    char gpu[32], engine[16];
    weigh_serving q;
    weigh_status often, once;
    weigh_model *fresh = opened(*state, SMALL);
    set_question(&q, i, gpu, engine);
    char *again = told(*state, asked_often, &q, &often), *first = told(*state, fresh, &q, &once);
    assert_int_equal(often, once);
    if (first) assert_string_equal(again, first);
    free(again);
    free(first);
    weigh_model_free(fresh);
  }
  weigh_model_free(asked_often);
}

/* ---- compute ---- */

/* What weigh_compute_at gives is what the report says, for lengths that it was not opened with. */
static void same_as_report(weigh_library *library, weigh_model *model, const weigh_compute *compute, weigh_pass pass) {
  weigh_report_options options = {.format = WEIGH_FORMAT_JSON, .pass = pass};
  weigh_compute_result result;
  page p = {NULL, 0, 0, false};
  char wanted[64];
  assert_int_equal(weigh_report(library, WEIGH_REPORT_FLOPS, model, NULL, &options, keep, &p, NULL), WEIGH_OK);
  assert_int_equal(weigh_compute_at(compute, pass.batch, pass.prompt, pass.depth, &result, NULL), WEIGH_OK);
  assert_int_equal(result.total_flops.high, 0);
  snprintf(wanted, sizeof wanted, "\"total_flops\": %llu,", (unsigned long long)result.total_flops.low);
  if (!strstr(p.text, wanted)) fail_msg("%s is not in %s", wanted, p.text);
  snprintf(wanted, sizeof wanted, "\"read_bytes\": %llu,", (unsigned long long)result.read_bytes.low);
  if (!strstr(p.text, wanted)) fail_msg("%s is not in %s", wanted, p.text);
  free(p.text);
}

static void compute_for_changing_lengths(void **state) {
  weigh_model *model = opened(*state, SMALL);
  for (int phase = WEIGH_PHASE_FORWARD; phase <= WEIGH_PHASE_STEP; phase++) {
    weigh_pass pass = {.phase = (weigh_phase)phase, .has_depth = true};
    weigh_compute *compute = NULL;
    assert_int_equal(weigh_compute_open(model, &pass, &compute, NULL), WEIGH_OK);
    for (int i = 1; i < 6; i++) {
      pass.batch = i;
      pass.prompt = 7 * i;
      pass.depth = 100 * i;
      same_as_report(*state, model, compute, pass);
    }
    weigh_compute_free(compute);
  }
  weigh_model_free(model);
}

static void compute_beyond_64_bits(void **state) {
  weigh_model *model = opened(*state, SMALL);
  weigh_compute *compute = NULL;
  weigh_compute_result result;
  weigh_error err = {0};
  const weigh_count many = (weigh_count)1 << 40, too_many = (weigh_count)1 << 60;
  assert_int_equal(weigh_compute_open(model, NULL, &compute, NULL), WEIGH_OK);
  assert_int_equal(weigh_compute_at(compute, many, 1024, 0, &result, &err), WEIGH_OK);
  assert_true(result.total_flops.high > 0);
  assert_int_equal(weigh_compute_at(compute, too_many, too_many, 0, &result, &err), WEIGH_REFUSED);
  assert_true(err.message[0]);
  weigh_compute_free(compute);
  weigh_model_free(model);
}

static void passes_that_make_no_sense(void **state) {
  static const char *const nothing[] = {"nothing"};
  static const struct {
    weigh_pass pass;
    const char *code;
  } cases[] = {{{.batch = -1}, "pass_count"},
               {{.dtype = "float3"}, "pass_dtype"},
               {{.mix = "a"}, "pass_mix"},
               {{.mix = ""}, "pass_mix"},
               {{.prompt = (weigh_count)1 << 50}, "pass_count"},
               {{.frozen = nothing, .frozen_count = 1}, "frozen_unknown"}};
  weigh_model *model = opened(*state, SMALL);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    weigh_compute *compute = NULL;
    weigh_error err = {0};
    weigh_status status = weigh_compute_open(model, &cases[i].pass, &compute, &err);
    if (status != WEIGH_USAGE || strcmp(err.code, cases[i].code) != 0) fail_msg("%zu: %d %s", i, (int)status, err.code);
  }
  weigh_model_free(model);
}

/* ---- serving ---- */

/* Lengths from nowhere are errors, and a failed call leaves what it was given; the most cards work as few do. */
static void lengths_that_cannot_be(void **state) {
  weigh_model *model = opened(*state, SMALL);
  const weigh_serving spread = {.gpu = "RTX 4090", .pp = 64};
  const weigh_serving below = {.engine = "llama.cpp", .has_gpu_layers = true, .gpu_layers = INT64_MIN};
  weigh_memory *memory = NULL;
  weigh_error err = {0};
  assert_int_equal(weigh_memory_open(model, &below, &memory, &err), WEIGH_USAGE);
  assert_int_equal(weigh_memory_open(model, &spread, &memory, &err), WEIGH_OK);
  const weigh_count never[] = {-1, INT64_MIN, INT64_MAX, ((weigh_count)1 << 40) + 1};
  for (size_t i = 0; i < sizeof never / sizeof *never; i++) {
    weigh_memory_result result = {.device_bytes = 7};
    assert_int_equal(weigh_memory_at(memory, never[i], 1, &result, &err), WEIGH_USAGE);
    assert_int_equal(weigh_memory_at(memory, 1, never[i], &result, &err), WEIGH_USAGE);
    assert_string_equal(err.code, "serving_count");
    assert_int_equal(result.device_bytes, 7);
  }
  weigh_memory_result result = {.device_bytes = 7};
  assert_int_equal(weigh_memory_at(memory, (weigh_count)1 << 40, (weigh_count)1 << 40, &result, &err), WEIGH_REFUSED);
  assert_int_equal(result.device_bytes, 7);
  for (int i = 0; i < 100; i++) assert_int_equal(weigh_memory_at(memory, i, 2, &result, NULL), WEIGH_OK);
  weigh_count tokens, sequences;
  assert_int_equal(weigh_memory_reach(memory, &tokens, &sequences, NULL), WEIGH_OK);
  assert_true(tokens > 0);
  weigh_memory_free(memory);
  weigh_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_report_in_every_format),     TEST(a_report_can_be_stopped_and_asked_again),
      TEST(wrong_questions_are_refused),      TEST(a_model_answers_any_number_of_times),
      TEST(compute_for_changing_lengths),     TEST(compute_beyond_64_bits),
      TEST(passes_that_make_no_sense),        TEST(lengths_that_cannot_be),
      TEST(a_model_does_not_grow_by_answers), TEST(what_was_asked_before_changes_no_answer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
