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

/* Every allocation in turn fails: alone, and with all that follow. What must hold each time: the failure is
 * out_of_memory and nothing else, results are untouched, no report is written in part, the same handles answer as if
 * nothing had happened once memory is back, and every block is released. */

/* ---- an allocator that fails on purpose ---- */

static size_t calls, failed, live;
static size_t fail_at;    /* the number of the call that fails; 0: none */
static bool fail_forever; /* so do all after it */

static void *failing_alloc(size_t size) {
  calls++;
  if (fail_at && (calls == fail_at || (fail_forever && calls > fail_at))) {
    failed++;
    return NULL;
  }
  live++;
  return malloc(size);
}

static void counted_free(void *block) {
  live -= block != NULL;
  free(block);
}

static void arm(size_t at, bool forever) {
  calls = failed = 0;
  fail_at = at;
  fail_forever = forever;
}

static void disarm(void) { fail_at = 0; }

/* ---- what is asked ---- */

typedef struct model_case {
  const char *name, *config;
  bool user_folder;
} model_case;

static const model_case LLAMA = {
    "llama",
    "{\"model_type\":\"llama\",\"vocab_size\":96,\"hidden_size\":16,\"intermediate_size\":40,\"num_hidden_layers\":3,"
    "\"num_attention_heads\":4,\"num_key_value_heads\":2,\"unheard_of\":1}",
    false};
static const model_case DEEPSEEK = {
    "deepseek",
    "{\"model_type\":\"deepseek_v3\",\"vocab_size\":96,\"hidden_size\":16,\"intermediate_size\":40,"
    "\"moe_intermediate_size\":8,\"num_hidden_layers\":4,\"first_k_dense_replace\":1,\"num_attention_heads\":4,"
    "\"num_key_value_heads\":4,\"q_lora_rank\":8,\"kv_lora_rank\":4,\"qk_nope_head_dim\":4,\"qk_rope_head_dim\":2,"
    "\"v_head_dim\":4,\"n_routed_experts\":8,\"n_shared_experts\":1,\"num_experts_per_tok\":2,\"n_group\":2,"
    "\"topk_group\":1}",
    false};
static const model_case T5 = {
    "t5",
    "{\"model_type\":\"t5\",\"vocab_size\":96,\"d_model\":16,\"d_kv\":4,\"d_ff\":40,\"num_layers\":2,"
    "\"num_decoder_layers\":3,\"num_heads\":4}",
    false};
static const model_case MAMBA = {
    "mamba",
    "{\"model_type\":\"mamba\",\"vocab_size\":96,\"hidden_size\":16,\"num_hidden_layers\":2,\"state_size\":4,"
    "\"conv_kernel\":4,\"expand\":2,\"time_step_rank\":2}",
    false};
static const model_case OWN = {"a family of the user's own", "{\"model_type\":\"shed\",\"width\":12,\"depth\":2}",
                               true};

static char folder[] = "/tmp/weigh-memory-XXXXXX";
static char families_folder[64], index_folder[64];

typedef struct session {
  weigh_library *library;
  weigh_model *model;
  char *said; /* what was written */
  size_t length;
} session;

static bool keep(void *user, const char *bytes, size_t size) {
  session *s = user;
  char *grown = realloc(s->said, s->length + size + 1);
  if (!grown) return false;
  memcpy(grown + s->length, bytes, size);
  s->said = grown;
  s->length += size;
  grown[s->length] = '\0';
  return true;
}

static weigh_status open_library(const model_case *c, session *s, weigh_error *err) {
  const char *folders[] = {families_folder};
  weigh_library_options options = {.data_dirs = folders, .data_dir_count = c->user_folder ? 1 : 0};
  return weigh_library_open(&options, &s->library, err);
}

static weigh_status open_model(const model_case *c, session *s, weigh_error *err) {
  static const char *const settings[] = {"text_config.anything=1"};
  weigh_model_request request = {
      .config = c->config, .config_size = strlen(c->config), .settings = settings, .setting_count = 1};
  return weigh_model_open(s->library, &request, &s->model, err);
}

typedef struct question {
  const char *name;
  weigh_report_kind kind;
  weigh_report_options options;
} question;

static weigh_status ask(const question *q, session *s, weigh_error *err) {
  weigh_report_options options = q->options;
  if (q->kind == WEIGH_REPORT_CHECK) options.folder = index_folder;
  return weigh_report(s->library, q->kind, s->model, s->model, &options, keep, s, err);
}

static const char *const VARY[] = {"kv-dtype=bf16,nosuch", "set:num_hidden_layers=1"};

static const question REPORTS[] = {
    {"params", WEIGH_REPORT_PARAMS, {0}},
    {"params per layer", WEIGH_REPORT_PARAMS, {.per_layer = true, .color = true}},
    {"params json", WEIGH_REPORT_PARAMS, {.format = WEIGH_FORMAT_JSON}},
    {"params csv", WEIGH_REPORT_PARAMS, {.format = WEIGH_FORMAT_CSV}},
    {"params markdown", WEIGH_REPORT_PARAMS, {.format = WEIGH_FORMAT_MARKDOWN}},
    {"params by method", WEIGH_REPORT_PARAMS, {.method = "config"}},
    {"tensors", WEIGH_REPORT_TENSORS, {.with_mtp = true}},
    {"tensors json", WEIGH_REPORT_TENSORS, {.format = WEIGH_FORMAT_JSON}},
    {"tensors tsv sorted", WEIGH_REPORT_TENSORS, {.format = WEIGH_FORMAT_TSV, .sort = "bytes", .filter = "mlp"}},
    {"tensors compact", WEIGH_REPORT_TENSORS, {.compact = true}},
    {"explain", WEIGH_REPORT_EXPLAIN, {0}},
    {"explain json latex", WEIGH_REPORT_EXPLAIN, {.format = WEIGH_FORMAT_JSON, .latex = true}},
    {"explain active csv", WEIGH_REPORT_EXPLAIN, {.format = WEIGH_FORMAT_CSV, .quantity = "active_parameters"}},
    {"flops", WEIGH_REPORT_FLOPS, {.pass = {.phase = WEIGH_PHASE_STEP, .prompt = 9}}},
    {"flops json", WEIGH_REPORT_FLOPS, {.format = WEIGH_FORMAT_JSON, .conventions = true, .method = "palm"}},
    {"flops of a mix", WEIGH_REPORT_FLOPS, {.pass = {.mix = "2x3,1@4"}, .by = WEIGH_BY_LAYER}},
    {"why flops", WEIGH_REPORT_EXPLAIN, {.quantity = "total_flops", .pass = {.phase = WEIGH_PHASE_TRAIN}}},
    {"speed", WEIGH_REPORT_SPEED, {.serving = {.gpu = "Tesla V100 PCIe 32GB", .tp = 2, .sequences = 3}}},
    {"speed json", WEIGH_REPORT_SPEED, {.format = WEIGH_FORMAT_JSON, .serving = {.gpu = "M3 Max 64GB"}}},
    {"diff", WEIGH_REPORT_DIFF, {0}},
    {"diff json", WEIGH_REPORT_DIFF, {.format = WEIGH_FORMAT_JSON}},
    {"check", WEIGH_REPORT_CHECK, {0}},
    {"check json", WEIGH_REPORT_CHECK, {.format = WEIGH_FORMAT_JSON}},
    {"log", WEIGH_REPORT_LOG, {.log = "tests/logs/vllm-v0.log"}},
    {"log json", WEIGH_REPORT_LOG, {.log = "tests/logs/vllm-v0.log", .format = WEIGH_FORMAT_JSON}},
    {"sweep", WEIGH_REPORT_SWEEP, {.serving = {.gpu = "RTX 4090"}, .sweep = {VARY, 2, true, .with_speed = true}}},
    {"sweep json", WEIGH_REPORT_SWEEP, {.format = WEIGH_FORMAT_JSON, .sweep = {VARY, 1, .with_reach = false}}},
    {"engines", WEIGH_REPORT_ENGINES, {0}},
    {"engine json", WEIGH_REPORT_ENGINES, {.format = WEIGH_FORMAT_JSON, .serving = {.engine = "generic"}}},
    {"adapters", WEIGH_REPORT_ADAPTERS, {0}},
    {"adapter json", WEIGH_REPORT_ADAPTERS, {.format = WEIGH_FORMAT_JSON, .adapter = "lora"}},
    {"families", WEIGH_REPORT_FAMILIES, {0}},
    {"families json", WEIGH_REPORT_FAMILIES, {.format = WEIGH_FORMAT_JSON}},
};
#define REPORT_COUNT (sizeof REPORTS / sizeof *REPORTS)

/* ---- checks ---- */

static void is_out_of_memory(const char *what, weigh_status status, const weigh_error *err) {
  if (status == WEIGH_ENVIRONMENT && err->status == status && strcmp(err->code, "out_of_memory") == 0) return;
  fail_msg("%s, allocation %zu%s: status %d, %s, %s", what, fail_at, fail_forever ? " and after" : "", (int)status,
           err->code, err->message);
}

static void answers(const char *what, weigh_status status, const weigh_error *err) {
  if (status == WEIGH_OK || status == WEIGH_NO) return;
  fail_msg("%s, asked again: status %d, %s, %s (%s:%u)", what, (int)status, err->code, err->message, err->file,
           err->line);
}

static void close_session(session *s) {
  weigh_model_free(s->model);
  weigh_library_free(s->library);
  free(s->said);
  *s = (session){NULL, NULL, NULL, 0};
  assert_int_equal(live, 0);
}

static session opened(const model_case *c) {
  session s = {NULL, NULL, NULL, 0};
  weigh_error err = {0};
  disarm();
  answers(c->name, open_library(c, &s, &err), &err);
  answers(c->name, open_model(c, &s, &err), &err);
  return s;
}

/* From nothing to an answer; where memory fails, it comes back and the same handles go on. Returns whether it failed. */
static bool survives_from_nothing(const model_case *c, const question *q, size_t at, bool forever, const char *wanted) {
  session s = {NULL, NULL, NULL, 0};
  weigh_error err = {0};
  arm(at, forever);
  if (open_library(c, &s, &err) != WEIGH_OK) {
    is_out_of_memory(c->name, err.status, &err);
    assert_null(s.library);
    disarm();
    answers(c->name, open_library(c, &s, &err), &err);
  }
  if (open_model(c, &s, &err) != WEIGH_OK) {
    is_out_of_memory(c->name, err.status, &err);
    assert_null(s.model);
    disarm();
    answers(c->name, open_model(c, &s, &err), &err);
  }
  weigh_status status = ask(q, &s, &err);
  if (status != WEIGH_OK) {
    is_out_of_memory(q->name, status, &err);
    assert_int_equal(s.length, 0);
    disarm();
    answers(q->name, ask(q, &s, &err), &err);
  }
  disarm();
  assert_string_equal(s.said, wanted);
  close_session(&s);
  return failed > 0;
}

static void every_allocation_fails_once(const model_case *c, const question *q) {
  session s = opened(c);
  weigh_error err = {0};
  answers(q->name, ask(q, &s, &err), &err);
  char *wanted = strdup(s.said);
  assert_non_null(wanted);
  close_session(&s);
  size_t at = 1;
  for (bool more = true; more; at++) {
    more = survives_from_nothing(c, q, at, false, wanted);
    if (survives_from_nothing(c, q, at, true, wanted)) more = true;
  }
  assert_true(at > 3);
  free(wanted);
}

/* One question to an open model, its memory failing; then the same without a failure. */
static bool survives_a_question(session *s, const question *q, size_t at, bool forever) {
  weigh_error err = {0};
  s->length = 0;
  arm(at, forever);
  weigh_status status = ask(q, s, &err);
  disarm();
  if (failed) {
    is_out_of_memory(q->name, status, &err);
    assert_int_equal(s->length, 0);
  }
  answers(q->name, ask(q, s, &err), &err);
  assert_true(s->length > 0);
  return failed > 0;
}

static void every_report_survives(const model_case *c, bool without_model) {
  for (size_t i = 0; i < REPORT_COUNT; i++) {
    if (REPORTS[i].kind == WEIGH_REPORT_FAMILIES && !without_model) continue;
    bool more = true;
    for (size_t at = 1; more; at++) {
      session s = opened(c);
      more = survives_a_question(&s, &REPORTS[i], at, false);
      more |= survives_a_question(&s, &REPORTS[i], at, true);
      close_session(&s);
    }
  }
}

/* ---- tests ---- */

static const question JSON = {"params json", WEIGH_REPORT_PARAMS, {.format = WEIGH_FORMAT_JSON}};

static void a_dense_model_survives(void **state) {
  (void)state;
  every_allocation_fails_once(&LLAMA, &JSON);
}

static void a_model_of_experts_survives(void **state) {
  (void)state;
  every_allocation_fails_once(&DEEPSEEK, &JSON);
}

static void an_encoder_and_decoder_survive(void **state) {
  (void)state;
  every_allocation_fails_once(&T5, &JSON);
}

static void a_state_space_model_survives(void **state) {
  (void)state;
  every_allocation_fails_once(&MAMBA, &JSON);
}

static void a_family_of_the_users_own_survives(void **state) {
  (void)state;
  every_allocation_fails_once(&OWN, &JSON);
}

static void every_report_of_a_dense_model_survives(void **state) {
  (void)state;
  every_report_survives(&LLAMA, true);
}

static void every_report_of_a_model_of_experts_survives(void **state) {
  (void)state;
  every_report_survives(&DEEPSEEK, false);
}

static bool count_tensor(void *user, const weigh_tensor *tensor) {
  (void)tensor;
  ++*(size_t *)user;
  return true;
}

static bool count_name(void *user, const char *name) {
  (void)name;
  ++*(size_t *)user;
  return true;
}

enum { TOTALS, TOTAL_WITH, TENSORS, CHECK_ALL, NAMES, PLAIN_CALLS };

static weigh_status plain_call(int which, session *s, size_t *seen, weigh_error *err) {
  static const char *const settings[] = {"num_hidden_layers=7", "hidden_size=32"};
  weigh_totals totals;
  weigh_count total = 0;
  switch (which) {
    case TOTALS: return weigh_model_totals(s->model, &totals, err);
    case TOTAL_WITH: return weigh_model_total_with(s->model, settings, 2, &total, err);
    case TENSORS: return weigh_model_tensors(s->model, true, count_tensor, seen, err);
    case CHECK_ALL: return weigh_library_check(s->library, err);
    default: return weigh_catalogue_names(s->library, "", count_name, seen, err);
  }
}

static void calls_without_a_report_survive(void **state) {
  (void)state;
  for (int which = 0; which < PLAIN_CALLS; which++) {
    bool more = true;
    for (size_t at = 1; more; at++) {
      session s = opened(&DEEPSEEK);
      weigh_error err = {0};
      size_t seen = 0;
      arm(at, at % 2 == 0);
      weigh_status status = plain_call(which, &s, &seen, &err);
      disarm();
      more = failed > 0;
      if (more) is_out_of_memory("a call", status, &err);
      answers("a call", plain_call(which, &s, &seen, &err), &err);
      close_session(&s);
    }
  }
}

static void put(const char *dir, const char *name, const char *text) {
  char path[256];
  snprintf(path, sizeof path, "%s/%s", dir, name);
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  fputs(text, out);
  fclose(out);
}

static int set_up(void **state) {
  (void)state;
  if (!mkdtemp(folder)) return -1;
  snprintf(families_folder, sizeof families_folder, "%s/families", folder);
  snprintf(index_folder, sizeof index_folder, "%s/index", folder);
  if (mkdir(families_folder, 0700) || mkdir(index_folder, 0700)) return -1;
  put(families_folder, "shed.weigh",
      "block plank(x, width)\n"
      "  y = linear saw(x, width)\n"
      "  return y\n"
      "family shed\n"
      "  model_type shed\n"
      "  fields\n"
      "    width = 8\n"
      "    depth = 1\n"
      "  model\n"
      "    x = given [width]\n"
      "    stack planks[i] of depth\n"
      "      x = plank(x, width)\n");
  put(index_folder, "model.safetensors.index.json",
      "{\"metadata\":{\"total_size\":4},\"weight_map\":{\"lm_head.weight\":\"a.safetensors\"}}");
  weigh_set_allocator(failing_alloc, counted_free);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  char path[256];
  weigh_set_allocator(NULL, NULL);
  snprintf(path, sizeof path, "%s/shed.weigh", families_folder);
  unlink(path);
  snprintf(path, sizeof path, "%s/model.safetensors.index.json", index_folder);
  unlink(path);
  return rmdir(families_folder) | rmdir(index_folder) | rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_dense_model_survives),
      cmocka_unit_test(a_model_of_experts_survives),
      cmocka_unit_test(an_encoder_and_decoder_survive),
      cmocka_unit_test(a_state_space_model_survives),
      cmocka_unit_test(a_family_of_the_users_own_survives),
      cmocka_unit_test(every_report_of_a_dense_model_survives),
      cmocka_unit_test(every_report_of_a_model_of_experts_survives),
      cmocka_unit_test(calls_without_a_report_survive),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
