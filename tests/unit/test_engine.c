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

/* Engines as a user describes them: a folder with engines/mine.weigh, asked through the public API. */

static const char CONFIG[] =
    "{\"model_type\":\"llama\",\"torch_dtype\":\"bfloat16\",\"vocab_size\":96,\"hidden_size\":16,\"intermediate_size\":"
    "40,"
    "\"num_hidden_layers\":3,\"num_attention_heads\":4,\"num_key_value_heads\":2}";

/* ---- one question ---- */

static char folder[] = "/tmp/weigh-engine-XXXXXX";
static char described[512];

static int make_folder(void **state) {
  (void)state;
  char engines[sizeof folder + 16];
  if (!mkdtemp(folder)) return -1;
  snprintf(engines, sizeof engines, "%s/engines", folder);
  snprintf(described, sizeof described, "%s/engines/mine.weigh", folder);
  return mkdir(engines, 0700);
}

static int remove_folder(void **state) {
  (void)state;
  char engines[sizeof folder + 16];
  snprintf(engines, sizeof engines, "%s/engines", folder);
  remove(described);
  rmdir(engines);
  return rmdir(folder);
}

typedef struct question {
  const char *text; /* of the description */
  const char *options[4];
  size_t option_count;
  weigh_count context, sequences, gpu_memory_bytes;
} question;

typedef struct answer {
  weigh_status status;
  weigh_error error;
  weigh_memory_result bytes;
  weigh_count max_context, max_sequences;
} answer;

static void ask_model(weigh_library *library, const question *q, answer *out) {
  const weigh_model_request request = {.config = CONFIG, .config_size = strlen(CONFIG)};
  const weigh_serving serving = {.engine = "mine",
                                 .engine_options = q->options,
                                 .engine_option_count = q->option_count,
                                 .context = q->context,
                                 .sequences = q->sequences,
                                 .gpu_memory_bytes = q->gpu_memory_bytes};
  weigh_model *model = NULL;
  weigh_memory *memory = NULL;
  assert_int_equal(weigh_model_open(library, &request, &model, &out->error), WEIGH_OK);
  out->status = weigh_memory_open(model, &serving, &memory, &out->error);
  if (out->status == WEIGH_OK)
    out->status = weigh_memory_at(memory, q->context ? q->context : 4096, q->sequences ? q->sequences : 1, &out->bytes,
                                  &out->error);
  if (out->status == WEIGH_OK && q->gpu_memory_bytes)
    out->status = weigh_memory_reach(memory, &out->max_context, &out->max_sequences, &out->error);
  weigh_memory_free(memory);
  weigh_model_free(model);
}

static answer ask(const question *q) {
  const char *folders[] = {folder};
  const weigh_library_options options = {.data_dirs = folders, .data_dir_count = 1};
  answer out = {.status = WEIGH_OK};
  FILE *file = fopen(described, "w");
  assert_non_null(file);
  fputs(q->text, file);
  fclose(file);
  weigh_library *library = NULL;
  out.status = weigh_library_open(&options, &library, &out.error); /* reads the user's files */
  if (out.status == WEIGH_OK) ask_model(library, q, &out);
  weigh_library_free(library);
  return out;
}

static void refused(const char *text, const char *code, uint32_t line, const char *says) {
  const answer a = ask(&(question){.text = text});
  assert_int_not_equal(a.status, WEIGH_OK);
  assert_string_equal(a.error.code, code);
  assert_int_equal(a.error.line, line);
  if (!strstr(a.error.message, says)) fail_msg("`%s` does not say `%s`", a.error.message, says);
}

/* Weights 22,496 bytes; 96 bytes of cache for a token. */
#define MODEL_BYTES (22496 + 96 * 4096)

/* ---- options ---- */

#define OPTIONS                                                                                          \
  "engine mine\n"                                                                                        \
  "    source \"a log\"\n"                                                                               \
  "    options\n"                                                                                        \
  "        slots = 4\n"                                                                                  \
  "        room aliases extra_room, more = slots * pages\n"                                              \
  "        padded = true\n"                                                                              \
  "        limit nullable = null\n"                                                                      \
  "    formula\n"                                                                                        \
  "        let pages = 1024\n"                                                                           \
  "        component scratch [bytes] = room from room / 2 to 2 * room basis measured source \"a log\"\n" \
  "        component padding [bytes] = if padded then 7 else 0 basis assumed\n"                          \
  "        component extra [bytes] = if limit == null then 0 else limit basis engine\n"

static weigh_count beside_the_model(const char *option) {
  question q = {.text = OPTIONS, .options = {option}, .option_count = option != NULL};
  const answer a = ask(&q);
  if (a.status != WEIGH_OK) fail_msg("%s: %s", option ? option : "-", a.error.message);
  return a.bytes.device_bytes - MODEL_BYTES;
}

static void a_default_reads_other_options_and_formulas(void **state) {
  (void)state;
  assert_int_equal(beside_the_model(NULL), 4 * 1024 + 7);
  assert_int_equal(beside_the_model("slots=6"), 6 * 1024 + 7);
}

static void an_option_has_aliases_and_signs_do_not_matter(void **state) {
  (void)state;
  assert_int_equal(beside_the_model("room=10"), 17);
  assert_int_equal(beside_the_model("extra_room=10"), 17);
  assert_int_equal(beside_the_model("extra-room=10"), 17);
  assert_int_equal(beside_the_model("More = 10"), 17);
}

/* k is a thousand, K 1024, as vLLM reads them. */
static void numbers_have_units(void **state) {
  (void)state;
  assert_int_equal(beside_the_model("room=4.25GiB"), ((weigh_count)17 << 28) + 7);
  assert_int_equal(beside_the_model("room=2MiB"), (2 << 20) + 7);
  assert_int_equal(beside_the_model("room=8k"), 8007);
  assert_int_equal(beside_the_model("room=8K"), 8199);
}

static void a_flag_needs_no_value_and_null_is_one(void **state) {
  (void)state;
  assert_int_equal(beside_the_model("padded"), 4096 + 7);
  assert_int_equal(beside_the_model("padded=off"), 4096);
  assert_int_equal(beside_the_model("padded=false"), 4096);
  assert_int_equal(beside_the_model("limit=5"), 4096 + 12);
  assert_int_equal(beside_the_model("limit=null"), 4096 + 7);
}

static void wrong_option(const char *option, const char *code, const char *says) {
  const answer a = ask(&(question){.text = OPTIONS, .options = {option}, .option_count = 1});
  assert_int_equal(a.status, WEIGH_USAGE);
  assert_string_equal(a.error.code, code);
  if (!strstr(a.error.message, says)) fail_msg("`%s` does not say `%s`", a.error.message, says);
}

static void wrong_options_are_told(void **state) {
  (void)state;
  wrong_option("slack=4", "engine_option",
               "`slack` is no option of mine known here; it has: slots, room, padded, limit");
  wrong_option("slot=4", "engine_option_near", "did you mean `slots`?");
  wrong_option("contex=4", "engine_option_near", "did you mean `context`?"); /* the question's own */
  wrong_option("scratch=4", "engine_option", "scratch");                     /* a component is none */
  wrong_option("", "engine_option", "it has: slots");
  wrong_option("slots=many", "engine_option_value", "slots");
  wrong_option("slots=", "engine_option_value", "slots");
  wrong_option("slots=true", "engine_option_value", "slots");
  wrong_option("slots=-4", "engine_option_value", "-4");
  wrong_option("slots=1e400", "engine_option_value", "slots");
  wrong_option("padded=7", "engine_option_value", "true or false");
}

static void an_engine_may_require(void **state) {
  (void)state;
  const char *text =
      "engine mine\n    source \"x\"\n    options\n        slots = 3\n    formula\n"
      "        require slots <= 4, \"the kernel has four\"\n"
      "        component a [bytes] = slots basis engine\n";
  assert_int_equal(ask(&(question){.text = text, .options = {"slots=4"}, .option_count = 1}).status, WEIGH_OK);
  const answer a = ask(&(question){.text = text, .options = {"slots=5"}, .option_count = 1});
  assert_string_equal(a.error.code, "engine_require");
  assert_string_equal(a.error.message, "the engine refuses slots = 5: slots <= 4 (the kernel has four)");
}

/* ---- like ---- */

static void like_inherits_all_but_what_is_written(void **state) {
  (void)state;
  static const char *text =
      "engine yours\n    source \"x\"\n    options\n        slots = 3\n        wide = 10\n"
      "    fields\n        let factor = 100\n    formula\n"
      "        component a [bytes] = (slots + wide) * factor basis engine\n"
      "engine mine like yours\n    source \"y\"\n    options\n        slots = 5\n"
      "    fields\n        let factor = 1000\n";
  assert_int_equal(ask(&(question){.text = text}).bytes.device_bytes, MODEL_BYTES + 15000);
  const answer a = ask(&(question){.text = text, .options = {"wide=1"}, .option_count = 1});
  assert_int_equal(a.bytes.device_bytes, MODEL_BYTES + 6000);
}

static void like_of_nobody_or_itself(void **state) {
  (void)state;
  refused("engine mine like nobody\n    source \"y\"\n", "lang_unknown_name", 1, "nobody");
  refused("engine mine like mine\n    source \"y\"\n", "lang_like_circle", 1, "mine");
}

/* ---- components ---- */

#define ENGINE(formula) "engine mine\n    source \"x\"\n    formula\n        " formula "\n"

static void components_that_are_none(void **state) {
  (void)state;
  refused(ENGINE("component a [bytes] = 3"), "lang_syntax", 4, "expected `basis`");
  refused(ENGINE("component a [bytes] = 3 from 1 basis exact"), "lang_syntax", 4, "expected `to`");
  refused(ENGINE("component a [bytes] = 3 basis guessed"), "lang_syntax", 4, "`guessed`, expected exact, engine");
  refused(ENGINE("component a [bytes] = \"three\" basis exact"), "lang_type", 4, "expected a number");
  refused(ENGINE("component a [bytes] = nobody basis exact"), "lang_unknown_name", 4, "nobody");
  refused(ENGINE("component = 3 basis exact"), "lang_syntax", 4, "expected");
  refused(ENGINE("param weight [5]"), "lang_syntax", 4, "expected let, quantity, component or require");
  refused(ENGINE("when true\n            let a = 3"), "lang_syntax", 4, "expected let, quantity, component or require");
}

static void components_in_a_circle(void **state) {
  (void)state;
  refused(ENGINE("component a [bytes] = a + 1 basis exact"), "lang_cycle", 4, "`a` is defined by itself");
  refused(ENGINE("component a [bytes] = b basis exact\n        let b = a"), "lang_cycle", 5, "defined by itself");
  refused(ENGINE("let page_tokens = kv_cache\n        component a [bytes] = 1 basis exact"), "lang_unknown_name", 4,
          "kv_cache");
}

static void components_that_are_no_bytes(void **state) {
  (void)state;
  refused(ENGINE("component a [bytes] = 3 - 5 basis exact"), "engine_component", 0, "`a` comes to -2 ≤ -2 ≤ -2 bytes");
  refused(ENGINE("component a [bytes] = 5 from 9 to 10 basis exact"), "engine_component", 0, "9 ≤ 5 ≤ 10");
  refused(ENGINE("component a [bytes] = 5 from 1 to 4 basis exact"), "engine_component", 0, "1 ≤ 5 ≤ 4");
  refused(ENGINE("component a [bytes] = 10 - sequences * context basis exact"), "engine_component", 0, "`a`");
  refused(ENGINE("component a [bytes] = 1 / 0 basis exact"), "lang_divide", 4, "zero");
  refused(ENGINE("component a [bytes] = 10^37 * context basis exact"), "lang_overflow", 0, "128 bits");
}

static void components_with_a_name_that_is_taken(void **state) {
  (void)state;
  refused(ENGINE("component a [bytes] = 1 basis exact\n        component a [bytes] = 2 basis exact"),
          "engine_component_twice", 0, "`a`");
  refused(ENGINE("component weights [bytes] = 1 basis exact"), "engine_component_twice", 0, "`weights`");
}

static void too_many_components(void **state) {
  (void)state;
  char text[4096] = "engine mine\n    source \"x\"\n    formula\n";
  for (int i = 0; i < 13; i++) {
    char line[80];
    snprintf(line, sizeof line, "        component a%d [bytes] = 1 basis exact\n", i);
    strcat(text, line);
  }
  refused(text, "engine_component_many", 0, "13 components, at most 12");
}

static void unknown_ways_of_allocating(void **state) {
  (void)state;
  refused(ENGINE("let allocation = \"mystery\"\n        component a [bytes] = 1 basis exact"), "engine_allocation", 0,
          "`mystery`");
  refused(ENGINE("let kv_dtype = \"mystery\"\n        component a [bytes] = 1 basis exact"), "serving_kv_dtype", 0,
          "`mystery`");
  refused(ENGINE("let page_tokens = 0\n        component a [bytes] = 1 basis exact"), "serving_count", 0,
          "page_tokens");
}

/* ---- what is asked of it ---- */

static void pages_and_budget(void **state) {
  (void)state;
  const question q = {.text = ENGINE("let page_tokens = 32\n"
                                     "        component a [bytes] = 1000 * sequences basis exact\n"
                                     "        quantity budget [bytes] = gpu_memory - 100"),
                      .context = 33,
                      .sequences = 2,
                      .gpu_memory_bytes = 22496 + 2 * (96 * 96 + 1000) + 100};
  const answer a = ask(&q);
  assert_int_equal(a.bytes.device_bytes, 22496 + 2 * (96 * 64 + 1000));
  assert_int_equal(a.bytes.budget_bytes, q.gpu_memory_bytes - 100);
  assert_int_equal(a.max_context, 96);
  assert_int_equal(a.max_sequences, 2);
}

static void without_a_budget_all_of_the_card(void **state) {
  (void)state;
  const question q = {
      .text = ENGINE("component a [bytes] = 10 basis exact"), .context = 1, .gpu_memory_bytes = 22496 + 96 * 7 + 10};
  const answer a = ask(&q);
  assert_true(a.bytes.fits);
  assert_int_equal(a.bytes.budget_bytes, q.gpu_memory_bytes);
  assert_int_equal(a.max_context, 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(a_default_reads_other_options_and_formulas),
                                     cmocka_unit_test(an_option_has_aliases_and_signs_do_not_matter),
                                     cmocka_unit_test(numbers_have_units),
                                     cmocka_unit_test(a_flag_needs_no_value_and_null_is_one),
                                     cmocka_unit_test(wrong_options_are_told),
                                     cmocka_unit_test(an_engine_may_require),
                                     cmocka_unit_test(like_inherits_all_but_what_is_written),
                                     cmocka_unit_test(like_of_nobody_or_itself),
                                     cmocka_unit_test(components_that_are_none),
                                     cmocka_unit_test(components_in_a_circle),
                                     cmocka_unit_test(components_that_are_no_bytes),
                                     cmocka_unit_test(components_with_a_name_that_is_taken),
                                     cmocka_unit_test(too_many_components),
                                     cmocka_unit_test(unknown_ways_of_allocating),
                                     cmocka_unit_test(pages_and_budget),
                                     cmocka_unit_test(without_a_budget_all_of_the_card)};
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
