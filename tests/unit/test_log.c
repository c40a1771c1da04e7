#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"
#include "source/log_internal.h"
#include "source/reader.h"

#include "context.h"

static wb_log *read_text(const char *text) { return wb_log_read(&ctx, wb_str_of(text)); }

static const wb_log_fact *fact_of(const wb_log *log, const char *quantity) {
  for (size_t i = 0; i < log->fact_count; i++)
    if (wb_str_is(log->facts[i].quantity, quantity)) return &log->facts[i];
  fail_msg("there is no %s", quantity);
  return NULL;
}

static void assert_text(wb_str found, const char *wanted) { assert_string_equal(wb_str_cstr(&ctx, found), wanted); }

/* A fact in hundredths of its unit. */
static void assert_hundredths(const wb_log_fact *fact, long long unit, long long hundredths) {
  assert_true(fact->value.num * 100 == (wb_i128)hundredths * unit * fact->value.den);
}

/* ---- the tables ---- */

static void every_pattern_can_be_used(void **state) {
  (void)state;
  assert_text(wb_log_faulty_patterns(&ctx), "");
}

/* Whether some line of tests/logs holds the pattern and gives all that it names. */
static bool has_line(const wb_log_pattern *pattern, wb_str *texts, size_t count) {
  wb_log_match match;
  for (size_t i = 0; i < count; i++)
    for (size_t at = 0; at < texts[i].len;) {
      const char *end = memchr(texts[i].ptr + at, '\n', texts[i].len - at);
      const size_t to = end ? (size_t)(end - texts[i].ptr) : texts[i].len;
      if (wb_log_find(pattern, wb_str_slice(texts[i], at, to), &match)) return true;
      at = to + 1;
    }
  return false;
}

static size_t read_logs(wb_str texts[32]) {
  wb_str *names;
  const size_t count = wb_list_folder(&ctx, WB_STR("tests/logs"), &names);
  assert_in_range(count, 1, 32);
  for (size_t i = 0; i < count; i++)
    texts[i] = wb_read_file(&ctx, wb_path_join(&ctx, WB_STR("tests/logs"), names[i]), 0);
  return count;
}

static void every_pattern_has_a_line_in_tests_logs(void **state) {
  (void)state;
  wb_str texts[32];
  const size_t count = read_logs(texts);
  const wb_log_patterns *all = wb_log_patterns_read(&ctx);
  size_t missing = 0;
  for (size_t i = 0; i < all->count; i++) {
    if (has_line(&all->items[i], texts, count)) continue;
    print_message("no line for the %.*s pattern with %.*s\n", WB_STR_ARG(all->items[i].engine),
                  WB_STR_ARG(all->items[i].anchor));
    missing++;
  }
  assert_int_equal(missing, 0);
}

static void every_column_has_a_header_in_tests_logs(void **state) {
  (void)state;
  wb_str texts[32], row[2];
  const size_t count = read_logs(texts);
  for (size_t at = 0; wb_tsv_next(wb_data_text("logs/columns.tsv"), &at, row, 2);) {
    bool found = false;
    for (size_t i = 0; i < count; i++) found = found || strstr(wb_str_cstr(&ctx, texts[i]), wb_str_cstr(&ctx, row[1]));
    if (!found) fail_msg("no header %.*s", WB_STR_ARG(row[1]));
  }
}

static void logs_are_known_by_their_engine(void **state) {
  (void)state;
  static const char *const logs[][2] = {{"vllm-v1", "vllm"},
                                        {"vllm-v0", "vllm"},
                                        {"sglang", "sglang"},
                                        {"llama-cpp", "llama.cpp"},
                                        {"llama-cpp-old", "llama.cpp"},
                                        {"ik-llama-cpp", "ik_llama.cpp"},
                                        {"ollama", "ollama"},
                                        {"tensorrt-llm", "tensorrt-llm"},
                                        {"nvidia-smi", ""},
                                        {"rocm-smi", ""}};
  for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
    const wb_str path = wb_str_fmt(&ctx, "tests/logs/%s.log", logs[i][0]);
    assert_text(wb_log_read(&ctx, wb_read_file(&ctx, path, 0))->engine, logs[i][1]);
  }
}

/* ---- figures ---- */

static void a_figure_has_the_precision_of_its_print(void **state) {
  (void)state;
  const wb_log_fact *fact = fact_of(read_text("Model loading took 14.9889 GiB and 3.2 seconds"), "weights");
  assert_true(fact->value.num * 10000 == (wb_i128)149889 * fact->value.den << 30);
  assert_true(fact->half.num * 20000 == fact->half.den << 30);
  assert_text(fact->printed, "14.9889 GiB");
  assert_int_equal(fact->line, 1);
}

static void gb_in_logs_of_vllm_is_2_to_the_30(void **state) {
  (void)state;
  assert_hundredths(fact_of(read_text("Loading model weights took 2.89 GB"), "weights"), 1LL << 30, 289);
}

static void counts_are_exact_and_may_have_commas(void **state) {
  (void)state;
  const wb_log_fact *fact = fact_of(read_text("GPU KV cache size: 1,687,476 tokens"), "kv_cache_tokens");
  assert_true(fact->value.num == 1687476 && fact->value.den == 1 && fact->half.num == 0);
}

static void negative_figures_are_kept(void **state) {
  (void)state;
  assert_hundredths(fact_of(read_text("Available KV cache memory: -7.83 GiB"), "kv_cache_pool"), 1LL << 30, -783);
}

static void colours_and_prefixes_do_not_matter(void **state) {
  (void)state;
  const wb_log *log = read_text(
      "\033[1;36m(Worker_PP1_TP3 pid=12)\033[0;0m INFO 11-02 [a.py:2] Available KV \033[1mcache"
      " memory: 8.69 GiB\n#033[1;36m(VllmWorker rank=2 pid=9)#033[0;0m Available KV cache memory:"
      " 8.70 GiB\r\n");
  assert_int_equal(log->fact_count, 2);
  assert_text(log->facts[0].rank, "pp_rank 1 tp_rank 3");
  assert_text(log->facts[1].rank, "rank 2");
  assert_int_equal(log->facts[1].line, 2);
  assert_int_equal(log->lines, 2);
}

static void progress_bars_end_with_carriage_returns(void **state) {
  (void)state;
  const wb_log *log =
      read_text("10%|#\r 100%|##\rAvailable KV cache memory: 8.69 GiB\nAvailable KV cache memory: 8 GiB");
  assert_int_equal(log->fact_count, 2);
  assert_int_equal(log->facts[0].line, 1);
  assert_int_equal(log->lines, 2);
}

static void settings_are_read_out_of_long_dumps(void **state) {
  (void)state;
  const wb_log *log = wb_log_read(&ctx, wb_read_file(&ctx, WB_STR("tests/logs/vllm-v1.log"), 0));
  assert_text(wb_log_setting_of(log, "model"), "meta-llama/Llama-3.1-8B-Instruct");
  assert_text(wb_log_setting_of(log, "max_model_len"), "16000");
  assert_text(wb_log_setting_of(log, "gpu_memory_utilization"), "0.9");
  assert_text(wb_log_setting_of(log, "version"), "0.11.0");
  assert_text(wb_log_setting_of(log, "no_such"), "");
}

static void figures_of_nvidia_smi_belong_to_the_card_above(void **state) {
  (void)state;
  const wb_log *log = wb_log_read(&ctx, wb_read_file(&ctx, WB_STR("tests/logs/nvidia-smi.log"), 0));
  assert_int_equal(log->fact_count, 5);
  assert_text(log->facts[0].quantity, "device_used");
  assert_text(log->facts[0].device, "GPU 0");
  assert_text(log->facts[2].device, "GPU 1");
  assert_text(log->facts[4].quantity, "process_used");
  assert_hundredths(&log->facts[4], 1 << 20, 7250400);
}

static void a_table_with_a_header_is_read_by_its_columns(void **state) {
  (void)state;
  const wb_log *log = wb_log_read(&ctx, wb_read_file(&ctx, WB_STR("tests/logs/nvidia-smi-csv.log"), 0));
  assert_int_equal(log->fact_count, 7);
  assert_text(log->facts[3].device, "GPU 1");
  assert_hundredths(&log->facts[3], 1 << 20, 8155900);
  assert_text(log->facts[6].quantity, "process_used");
}

/* ---- what strangers send ---- */

static void numbers_that_are_none_are_passed_over(void **state) {
  (void)state;
  static const char *const lines[] = {
      "Available KV cache memory: nan GiB",
      "Available KV cache memory: inf GiB",
      "Available KV cache memory: GiB",
      "Available KV cache memory: -",
      "Available KV cache memory: 8.69",
      "Available KV cache memory: 8.69 Gi",
      "Available KV cache memory: 12345678901234567890123456789012345678901234567890 GiB",
      "Available KV cache memory: 1.123456789012345678901234567890123456789 GiB",
      "Available KV cache memory: 1.2.3 GiB",
      "Available KV cache memory: 0x10 GiB"};
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    if (read_text(lines[i])->fact_count) fail_msg("taken: %s", lines[i]);
  }
}

static void any_bytes_are_read(void **state) {
  (void)state;
  char bytes[4096];
  uint32_t seed = 1;
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (char)((seed = seed * 1664525u + 1013904223u) >> 24);
  wb_log *log = wb_log_read(&ctx, (wb_str){bytes, sizeof bytes});
  assert_int_equal(log->fact_count, 0);
  assert_int_equal(read_text("")->lines, 0);
  assert_int_equal(read_text("\n")->lines, 1);
  assert_int_equal(read_text("\033")->fact_count, 0);
  assert_int_equal(read_text("\033[")->fact_count, 0);
}

static void the_last_start_counts(void **state) {
  (void)state;
  const wb_log *log = read_text(
      "vLLM API server version 0.11.0\nvLLM API server version 0.11.0\n"
      "non-default args: {'max_model_len': 1000}\nAvailable KV cache memory: 1.00 GiB\n"
      "GPU[0] : VRAM Total Memory (B): 1024\nvLLM API server version 0.11.1\n"
      "non-default args: {'max_model_len': 2000}\nAvailable KV cache memory: 2.00 GiB\n");
  assert_int_equal(log->starts, 2);
  assert_int_equal(log->fact_count, 2);
  assert_text(log->facts[0].engine, "rocm-smi");
  assert_hundredths(&log->facts[1], 1 << 30, 200);
  assert_text(wb_log_setting_of(log, "max_model_len"), "2000");
  assert_text(wb_log_setting_of(log, "version"), "0.11.1");
}

static void utf_16_is_read(void **state) {
  (void)state;
  static const char line[] = "Available KV cache memory: 8.69 GiB\n";
  char bytes[2 + 2 * sizeof line] = "\xff\xfe";
  for (size_t i = 0; i + 1 < sizeof line; i++) bytes[2 + 2 * i] = line[i];
  wb_log *log = wb_log_read(&ctx, (wb_str){bytes, 2 * sizeof line});
  assert_int_equal(log->fact_count, 1);
  assert_int_equal(log->lines, 1);
}

static void texts_may_go_to_a_terminal(void **state) {
  (void)state;
  const wb_log *log =
      read_text("non-default args: {'model': 'a\302\23331mb'}\nvllm serve \xff\xfe/x\nvllm serve \xe6\xa8\xa1");
  assert_text(log->settings[0].value, "a\?\?31mb");
  assert_text(log->settings[1].value, "\?\?/x");
  assert_text(log->settings[2].value, "\xe6\xa8\xa1");
}

/* A line of 32 MiB is cut, what stands behind it is read, and it takes no time worth the name. */
static void long_lines_are_cut(void **state) {
  (void)state;
  static const char piece[] = "model buffer size = KV Cache is allocated. LLM engine (v with config: ";
  const size_t size = (size_t)32 << 20;
  char *text = malloc(size + 64);
  assert_non_null(text);
  for (size_t i = 0; i < size; i++) text[i] = piece[i % (sizeof piece - 1)];
  const int behind = snprintf(text + size, 64, "\nAvailable KV cache memory: 8.69 GiB\n");
  wb_log *log = wb_log_read(&ctx, (wb_str){text, size + (size_t)behind});
  assert_int_equal(log->shortened, 1);
  assert_int_equal(log->fact_count, 1);
  assert_int_equal(log->facts[0].line, 2);
  free(text);
}

static void facts_beyond_the_limit_are_counted(void **state) {
  (void)state;
  wb_text text = {.ctx = &ctx};
  for (size_t i = 0; i < WB_LOG_FACTS_MAX + 5; i++) wb_text_addf(&text, "Available KV cache memory: %zu GiB\n", i);
  wb_log *log = wb_log_read(&ctx, wb_text_str(&text));
  assert_int_equal(log->fact_count, WB_LOG_FACTS_MAX);
  assert_int_equal(log->dropped, 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(every_pattern_can_be_used),
      TEST(every_pattern_has_a_line_in_tests_logs),
      TEST(every_column_has_a_header_in_tests_logs),
      TEST(logs_are_known_by_their_engine),
      TEST(a_figure_has_the_precision_of_its_print),
      TEST(gb_in_logs_of_vllm_is_2_to_the_30),
      TEST(counts_are_exact_and_may_have_commas),
      TEST(negative_figures_are_kept),
      TEST(colours_and_prefixes_do_not_matter),
      TEST(progress_bars_end_with_carriage_returns),
      TEST(settings_are_read_out_of_long_dumps),
      TEST(figures_of_nvidia_smi_belong_to_the_card_above),
      TEST(a_table_with_a_header_is_read_by_its_columns),
      TEST(numbers_that_are_none_are_passed_over),
      TEST(any_bytes_are_read),
      TEST(the_last_start_counts),
      TEST(utf_16_is_read),
      TEST(texts_may_go_to_a_terminal),
      TEST(long_lines_are_cut),
      TEST(facts_beyond_the_limit_are_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
