#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weigh/weigh.h"

/* The public header and nothing else. `state` is a library, opened anew for each test. */

#define SMALL                                                                                               \
  "{\"model_type\":\"llama\",\"vocab_size\":96,\"hidden_size\":16,\"intermediate_size\":40,"                \
  "\"num_hidden_layers\":3,\"num_attention_heads\":4,\"num_key_value_heads\":2,\"torch_dtype\":\"float16\"" \
  ",\"tie_word_embeddings\":false}"

/* By hand: 96·16 twice; per layer q and o 16·16, k and v 16·8, three of 16·40, two norms of 16; one norm at the end. */
enum { EMBEDDING = 96 * 16, LAYER = 2 * 256 + 2 * 128 + 3 * 640 + 2 * 16, TOTAL = 2 * EMBEDDING + 3 * LAYER + 16 };

static weigh_model *opened(weigh_library *library, const char *config) {
  weigh_model_request request = {.config = config, .config_size = strlen(config)};
  weigh_model *model = NULL;
  weigh_error err = {0};
  if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) fail_msg("%s: %s", err.code, err.message);
  assert_non_null(model);
  return model;
}

/* ---- totals ---- */

static void totals_are_exact(void **state) {
  weigh_model *model = opened(*state, SMALL);
  weigh_totals totals;
  assert_int_equal(weigh_model_totals(model, &totals, NULL), WEIGH_OK);
  assert_int_equal(totals.total_parameters, TOTAL);
  assert_int_equal(totals.total_parameters, 11248);
  assert_int_equal(totals.active_parameters, TOTAL);
  assert_int_equal(totals.buffer_elements, 0);
  assert_int_equal(totals.mtp_parameters, 0);
  assert_true(totals.enumeration_available);
  assert_false(totals.tied_embeddings);
  weigh_model_free(model);
}

static void totals_of_published_class_defaults(void **state) {
  weigh_model *model = opened(*state, "{\"model_type\":\"llama\"}"); /* Llama 2 7B */
  weigh_totals totals;
  assert_int_equal(weigh_model_totals(model, &totals, NULL), WEIGH_OK);
  assert_int_equal(totals.total_parameters, 6738415616);
  weigh_model_free(model);
}

static void a_total_with_other_fields(void **state) {
  weigh_model *model = opened(*state, SMALL);
  static const struct {
    const char *settings[3];
    size_t count;
    weigh_count total;
  } cases[] = {
      {{NULL}, 0, TOTAL},
      {{"num_hidden_layers=5"}, 1, TOTAL + 2 * LAYER},
      {{"num_hidden_layers=0"}, 1, TOTAL - 3 * LAYER},
      {{"n_layer=5"}, 1, TOTAL + 2 * LAYER},
      {{"num_hidden_layers=9", "num_hidden_layers=5"}, 2, TOTAL + 2 * LAYER},
      {{"vocab_size=97", "tie_word_embeddings=true"}, 2, TOTAL - EMBEDDING + 16},
      {{"model_type=mamba"}, 1, TOTAL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    weigh_count total = -1;
    weigh_error err = {0};
    if (weigh_model_total_with(model, cases[i].settings, cases[i].count, &total, &err) != WEIGH_OK)
      fail_msg("%s", err.message);
    assert_int_equal(total, cases[i].total);
  }
  weigh_count untouched = -1;
  weigh_error err = {0};
  static const char *const wrong[] = {"hidden_size=wide"}, *const bad[] = {"hidden_size"};
  assert_int_equal(weigh_model_total_with(model, wrong, 1, &untouched, &err), WEIGH_REFUSED);
  assert_string_equal(err.code, "field_type");
  assert_int_equal(weigh_model_total_with(model, bad, 1, &untouched, &err), WEIGH_USAGE);
  assert_string_equal(err.code, "set_syntax");
  assert_int_equal(weigh_model_total_with(model, bad, 1, &untouched, NULL), WEIGH_USAGE);
  assert_int_equal(untouched, -1);
  weigh_totals totals; /* the model is as it was */
  assert_int_equal(weigh_model_totals(model, &totals, NULL), WEIGH_OK);
  assert_int_equal(totals.total_parameters, TOTAL);
  weigh_model_free(model);
}

/* ---- tensors ---- */

typedef struct seen {
  size_t count, stop_after;
  weigh_count elements, bytes;
  char first[64], last[64];
  bool lm_head;
} seen;

static bool look(void *user, const weigh_tensor *tensor) {
  seen *s = user;
  weigh_count product = 1;
  for (size_t i = 0; i < tensor->rank; i++) product *= tensor->shape[i];
  assert_int_equal(product, tensor->elements);
  assert_string_equal(tensor->dtype, "float16");
  assert_string_equal(tensor->kind, "param");
  assert_null(tensor->tied_to);
  snprintf(s->count ? s->last : s->first, sizeof s->first, "%s", tensor->name);
  if (strcmp(tensor->name, "lm_head.weight") == 0) {
    s->lm_head = true;
    assert_int_equal(tensor->rank, 2);
    assert_int_equal(tensor->shape[0], 96);
    assert_int_equal(tensor->shape[1], 16);
    assert_string_equal(tensor->group, "head");
  }
  s->elements += tensor->elements;
  s->bytes += tensor->bytes;
  return ++s->count != s->stop_after;
}

static void tensors_add_up(void **state) {
  weigh_model *model = opened(*state, SMALL);
  seen s = {.count = 0};
  assert_int_equal(weigh_model_tensors(model, true, look, &s, NULL), WEIGH_OK);
  assert_int_equal(s.count, 30);
  assert_int_equal(s.elements, TOTAL);
  assert_int_equal(s.bytes, 2 * TOTAL);
  assert_true(s.lm_head);
  assert_string_equal(s.first, "model.embed_tokens.weight");
  seen few = {.stop_after = 7};
  assert_int_equal(weigh_model_tensors(model, true, look, &few, NULL), WEIGH_OK);
  assert_int_equal(few.count, 7);
  weigh_model_free(model);
}

static bool note_tied(void *user, const weigh_tensor *tensor) {
  if (strcmp(tensor->kind, "tied") == 0) snprintf(user, 128, "%s -> %s", tensor->name, tensor->tied_to);
  return true;
}

static void tied_tensors_name_their_holder(void **state) {
  static const char *const settings[] = {"tie_word_embeddings=true"};
  weigh_model_request request = {
      .config = SMALL, .config_size = strlen(SMALL), .settings = settings, .setting_count = 1};
  weigh_model *model = NULL;
  assert_int_equal(weigh_model_open(*state, &request, &model, NULL), WEIGH_OK);
  char tied[128] = "";
  assert_int_equal(weigh_model_tensors(model, false, note_tied, tied, NULL), WEIGH_OK);
  assert_string_equal(tied, "lm_head.weight -> model.embed_tokens.weight");
  weigh_model_free(model);
}

/* ---- where a model comes from ---- */

static void models_open_from_files_text_and_settings(void **state) {
  static const char *const typed[] = {
      "model_type=llama",    "vocab_size=96",         "hidden_size=16",        "intermediate_size=40",
      "num_hidden_layers=3", "num_attention_heads=4", "num_key_value_heads=2", "tie_word_embeddings=false"};
  const weigh_model_request requests[] = {
      {.model = "tests/configs/tiny-llama.json"},
      {.model = "./tests/configs/tiny-llama.json"},
      {.config = SMALL, .config_size = strlen(SMALL)},
      {.settings = typed, .setting_count = sizeof typed / sizeof *typed},
  };
  for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
    weigh_model *model = NULL;
    weigh_totals totals;
    weigh_error err = {0};
    if (weigh_model_open(*state, &requests[i], &model, &err) != WEIGH_OK) fail_msg("%zu: %s", i, err.message);
    assert_int_equal(weigh_model_totals(model, &totals, NULL), WEIGH_OK);
    assert_int_equal(totals.total_parameters, TOTAL);
    weigh_model_free(model);
  }
}

/* The text need not end with NUL, and is not read behind its size. */
static void a_text_ends_where_its_size_says(void **state) {
  size_t size = strlen(SMALL);
  char *exact = malloc(size);
  assert_non_null(exact);
  memcpy(exact, SMALL, size);
  weigh_model_request request = {.config = exact, .config_size = size};
  weigh_model *model = NULL;
  assert_int_equal(weigh_model_open(*state, &request, &model, NULL), WEIGH_OK);
  weigh_totals totals;
  assert_int_equal(weigh_model_totals(model, &totals, NULL), WEIGH_OK);
  assert_int_equal(totals.total_parameters, TOTAL);
  weigh_model_free(model);
  free(exact);
}

static void many_models_live_on_one_library(void **state) {
  weigh_model *models[50];
  for (size_t i = 0; i < 50; i++) models[i] = opened(*state, i % 2 ? SMALL : "{\"model_type\":\"t5\"}");
  for (size_t i = 0; i < 50; i++) {
    weigh_totals totals;
    assert_int_equal(weigh_model_totals(models[i], &totals, NULL), WEIGH_OK);
    assert_int_equal(totals.total_parameters, i % 2 ? TOTAL : 60506624);
    weigh_model_free(models[i]);
  }
}

/* ---- errors ---- */

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

/* ---- reports ---- */

typedef struct page {
  char *text;
  size_t length, calls;
  bool refuse;
} page;

static bool keep(void *user, const char *bytes, size_t size) {
  page *p = user;
  p->calls++;
  if (p->refuse) return false;
  char *grown = realloc(p->text, p->length + size + 1);
  if (!grown) return false;
  memcpy(grown + p->length, bytes, size);
  p->text = grown;
  p->length += size;
  grown[p->length] = '\0';
  return true;
}

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

/* ---- the user's own descriptions ---- */

static char folder[] = "/tmp/weigh-api-XXXXXX";

static void put(const char *name, const char *text) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
}

static void drop(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  unlink(path);
}

static weigh_library *with_own(weigh_status wanted, weigh_error *err) {
  const char *folders[] = {folder};
  weigh_library_options options = {.data_dirs = folders, .data_dir_count = 1};
  weigh_library *library = NULL;
  weigh_status status = weigh_library_open(&options, &library, err);
  if (status != wanted) fail_msg("status %d: %s", (int)status, err->message);
  return library;
}

static void a_family_of_the_users_own_replaces_the_built_in_one(void **state) {
  (void)state;
  weigh_error err = {0};
  weigh_totals totals;
  put("llama.weigh",
      "family llama\n"
      "  model_type llama\n"
      "  fields\n"
      "    hidden_size = 8\n"
      "  model\n"
      "    param only [hidden_size, 3]\n");
  put("ignored.txt", "not a description");
  weigh_library *library = with_own(WEIGH_OK, &err);
  weigh_model *model = opened(library, SMALL);
  assert_int_equal(weigh_model_totals(model, &totals, NULL), WEIGH_OK);
  assert_int_equal(totals.total_parameters, 16 * 3);
  weigh_model_free(model);
  model = opened(library, "{\"model_type\":\"t5\"}"); /* the others stay */
  assert_int_equal(weigh_model_totals(model, &totals, NULL), WEIGH_OK);
  assert_int_equal(totals.total_parameters, 60506624);
  weigh_model_free(model);
  assert_int_equal(weigh_library_check(library, &err), WEIGH_OK);
  weigh_library_free(library);
  drop("llama.weigh");
  drop("ignored.txt");
}

static void a_family_may_be_like_a_built_in_one(void **state) {
  (void)state;
  weigh_error err = {0};
  weigh_totals totals;
  put("mine.weigh",
      "family mine like llama\n"
      "  model_type mine\n"
      "  fields\n"
      "    num_hidden_layers = 3\n");
  weigh_library *library = with_own(WEIGH_OK, &err);
  weigh_model *model = opened(library,
                              "{\"model_type\":\"mine\",\"vocab_size\":96,\"hidden_size\":16,\"intermediate_size\":40,"
                              "\"num_attention_heads\":4,\"num_key_value_heads\":2}");
  assert_int_equal(weigh_model_totals(model, &totals, NULL), WEIGH_OK);
  assert_int_equal(totals.total_parameters, TOTAL);
  weigh_model_free(model);
  weigh_library_free(library);
  drop("mine.weigh");
}

/* Whichever question meets it first, and however often it is asked: the same fault at the same place. */
static void a_faulty_description_is_told_the_same_each_time(void **state) {
  (void)state;
  put("a.weigh", "family first like second\n  model_type first\n");
  put("b.weigh", "family second\n  model_type second\n  model\n    param w [\n");
  for (int round = 0; round < 2; round++) {
    const char *folders[] = {folder};
    weigh_library_options options = {.data_dirs = folders, .data_dir_count = 1};
    weigh_library *library = NULL;
    weigh_error err = {0};
    weigh_status status = weigh_library_open(&options, &library, &err);
    for (int i = 0; status == WEIGH_OK && i < 3; i++) {
      const char *config = "{\"model_type\":\"first\"}";
      weigh_model_request request = {.config = config, .config_size = strlen(config)};
      weigh_model *model = NULL;
      assert_int_equal(weigh_model_open(library, &request, &model, &err), WEIGH_REFUSED);
      assert_string_equal(err.code, "lang_syntax");
      assert_non_null(strstr(err.file, "/b.weigh"));
      assert_true(err.line == 4 || err.line == 5);
      assert_int_equal(weigh_library_check(library, &err), WEIGH_REFUSED);
      assert_string_equal(err.code, "lang_syntax");
    }
    if (status != WEIGH_OK) {
      assert_int_equal(status, WEIGH_REFUSED);
      assert_string_equal(err.code, "lang_syntax");
      assert_non_null(strstr(err.file, "/b.weigh"));
      assert_null(library);
    }
    weigh_library_free(library);
  }
  drop("a.weigh");
  drop("b.weigh");
}

static void a_folder_that_cannot_be_read_is_told(void **state) {
  (void)state;
  const char *folders[] = {"/nowhere/at/all"};
  weigh_library_options options = {.data_dirs = folders, .data_dir_count = 1};
  weigh_library *library = NULL;
  weigh_error err = {0};
  assert_int_equal(weigh_library_open(&options, &library, &err), WEIGH_ENVIRONMENT);
  assert_non_null(strstr(err.message, "/nowhere/at/all"));
  assert_null(library);
}

/* ---- the rest ---- */

static void the_built_in_descriptions_parse(void **state) {
  weigh_error err = {0};
  if (weigh_library_check(*state, &err) != WEIGH_OK)
    fail_msg("%s:%u:%u: %s", err.file, err.line, err.column, err.message);
}

static void version_and_digest(void **state) {
  (void)state;
  assert_int_equal(weigh_version()[0], '0');
  assert_int_equal(strlen(weigh_data_digest()), 64);
  assert_int_equal(strspn(weigh_data_digest(), "0123456789abcdef"), 64);
}

static void freeing_nothing_is_fine(void **state) {
  (void)state;
  weigh_model_free(NULL);
  weigh_library_free(NULL);
}

static bool first_three(void *user, const char *name) {
  assert_true(strlen(name) > 0);
  return ++*(int *)user < 3;
}

static void names_of_the_catalogue_can_be_stopped(void **state) {
  int count = 0, none = 0;
  assert_int_equal(weigh_catalogue_names(*state, "", first_three, &count, NULL), WEIGH_OK);
  assert_true(count <= 3);
  assert_int_equal(weigh_catalogue_names(*state, "no such prefix", first_three, &none, NULL), WEIGH_OK);
  assert_int_equal(none, 0);
}

static int open_library(void **state) {
  weigh_library *library = NULL;
  weigh_status status = weigh_library_open(NULL, &library, NULL);
  *state = library;
  return status == WEIGH_OK ? 0 : -1;
}

static int close_library(void **state) {
  weigh_library_free(*state);
  return 0;
}

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_library, close_library)

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
      TEST(totals_are_exact),
      TEST(totals_of_published_class_defaults),
      TEST(a_total_with_other_fields),
      TEST(tensors_add_up),
      TEST(tied_tensors_name_their_holder),
      TEST(models_open_from_files_text_and_settings),
      TEST(a_text_ends_where_its_size_says),
      TEST(many_models_live_on_one_library),
      TEST(lengths_that_cannot_be),
      TEST(errors_have_status_code_sentence_and_place),
      TEST(errors_speak_chinese),
      TEST(long_messages_are_cut_as_utf8),
      TEST(faces_report_in_the_same_shape),
      TEST(every_report_in_every_format),
      TEST(a_report_can_be_stopped_and_asked_again),
      TEST(compute_for_changing_lengths),
      TEST(compute_beyond_64_bits),
      TEST(passes_that_make_no_sense),
      TEST(wrong_questions_are_refused),
      TEST(a_model_answers_any_number_of_times),
      TEST(a_family_of_the_users_own_replaces_the_built_in_one),
      TEST(a_family_may_be_like_a_built_in_one),
      TEST(a_faulty_description_is_told_the_same_each_time),
      TEST(a_folder_that_cannot_be_read_is_told),
      TEST(the_built_in_descriptions_parse),
      TEST(version_and_digest),
      TEST(freeing_nothing_is_fine),
      TEST(names_of_the_catalogue_can_be_stopped),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
