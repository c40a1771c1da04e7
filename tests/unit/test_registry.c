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

#include "weigh/registry.h"

/* Every test has a registry in a new folder of its own. tests/registry/ has what needs several processes. */

#define LLAMA                                                                                               \
  "{\"model_type\": \"llama\", \"hidden_size\": 64, \"num_hidden_layers\": 2, \"num_attention_heads\": 4, " \
  "\"vocab_size\": 100, \"intermediate_size\": 128}\n"

static char folder[64], file[80];
static weigh_registry *registry;
static weigh_error err;

static weigh_registry *open_at(const char *path, bool read_only) {
  const weigh_registry_options options = {.path = path, .read_only = read_only};
  weigh_registry *opened = NULL;
  memset(&err, 0, sizeof err);
  weigh_registry_open(&options, &opened, &err);
  return opened;
}

static int setup(void **state) {
  (void)state;
  strcpy(folder, "/tmp/weigh-test-XXXXXX");
  assert_non_null(mkdtemp(folder));
  snprintf(file, sizeof file, "%s/r.sqlite", folder);
  registry = open_at(file, false);
  return registry ? 0 : -1;
}

static int teardown(void **state) {
  char command[128];
  (void)state;
  weigh_registry_free(registry);
  registry = NULL;
  snprintf(command, sizeof command, "rm -rf %s", folder);
  return system(command);
}

static weigh_status put(const char *id, const char *text) {
  const weigh_config config = {.model_id = id, .config_json = text, .config_size = strlen(text)};
  memset(&err, 0, sizeof err);
  return weigh_registry_put(registry, &config, &err);
}

static const char *text_of(const char *name) {
  weigh_config config;
  memset(&err, 0, sizeof err);
  return weigh_registry_get(registry, name, &config, &err) == WEIGH_OK ? config.config_json : NULL;
}

static void what_is_put_is_got_byte_for_byte(void **state) {
  (void)state;
  const char *text = "  {\"a\" : 1,\r\n \"model_type\":\"llama\", \"\\u00e9\": \"\xc3\xa9\"}\n\n";
  const weigh_config given = {.model_id = "org/model",
                              .config_json = text,
                              .config_size = strlen(text),
                              .updated_at = "2026-01-31T12:00:00Z",
                              .source = "hub",
                              .revision = "abc"};
  weigh_config got;
  assert_int_equal(weigh_registry_put(registry, &given, &err), WEIGH_OK);
  assert_int_equal(weigh_registry_get(registry, "org/model", &got, &err), WEIGH_OK);
  assert_string_equal(got.config_json, text);
  assert_int_equal(got.config_size, strlen(text));
  assert_string_equal(got.model_type, "llama");
  assert_string_equal(got.updated_at, "2026-01-31T12:00:00Z");
  assert_string_equal(got.source, "hub");
  assert_string_equal(got.revision, "abc");
  assert_int_equal(strlen(got.digest), 64);
}

static void a_later_one_takes_the_place_of_an_earlier(void **state) {
  (void)state;
  assert_int_equal(put("a/b", "{\"x\": 1}"), WEIGH_OK);
  assert_int_equal(put("a/b", "{\"x\": 2}"), WEIGH_OK);
  assert_string_equal(text_of("a/b"), "{\"x\": 2}");
}

static void a_name_is_meant_in_any_case_and_by_its_last_part(void **state) {
  (void)state;
  put("Org/Model", "{\"x\": 1}");
  put("org/model", "{\"x\": 2}");
  put("Other/Thing", "{\"x\": 3}");
  assert_string_equal(text_of("org/model"), "{\"x\": 2}");
  assert_string_equal(text_of("other/thing"), "{\"x\": 3}");
  assert_string_equal(text_of("THING"), "{\"x\": 3}");
  assert_null(text_of("ORG/MODEL"));
  assert_string_equal(err.code, "registry_ambiguous");
  assert_null(text_of("thin"));
  assert_string_equal(err.code, "registry_unknown");
}

static void names_that_a_question_would_read_otherwise_are_refused(void **state) {
  (void)state;
  char longest[202];
  memset(longest, 'a', sizeof longest);
  longest[201] = '\0';
  const char *const bad[] = {"",       "/a",   "./a", "~a",     "-a",   "a.json", "a//b",
                             "a/../b", "a\nb", "a/",  "a/.b/c", "a\\b", " a",     longest};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(put(bad[i], "{}"), WEIGH_REFUSED);
    assert_string_equal(err.code, "registry_id");
  }
  longest[200] = '\0';
  assert_int_equal(put(longest, "{}"), WEIGH_OK);
}

static void a_text_that_is_no_configuration_is_refused(void **state) {
  (void)state;
  assert_int_equal(put("a/b", "[1]"), WEIGH_REFUSED);
  assert_string_equal(err.code, "model_not_object");
  assert_int_equal(put("a/b", "{\"a\": 1, \"a\": 2}"), WEIGH_REFUSED);
  assert_string_equal(err.code, "json_duplicate_key");
  assert_int_equal(put("a/b", "{\"a\": \"\xff\"}"), WEIGH_REFUSED);
  const weigh_config nul = {.model_id = "a/b", .config_json = "{}\0", .config_size = 3};
  assert_int_equal(weigh_registry_put(registry, &nul, &err), WEIGH_REFUSED);
  char *large = malloc(((size_t)16 << 20) + 2);
  assert_non_null(large);
  memset(large, ' ', ((size_t)16 << 20) + 1);
  memcpy(large, "{}", 2);
  const weigh_config big = {.model_id = "a/b", .config_json = large, .config_size = ((size_t)16 << 20) + 1};
  assert_int_equal(weigh_registry_put(registry, &big, &err), WEIGH_REFUSED);
  assert_string_equal(err.code, "file_too_big");
  free(large);
  assert_null(text_of("a/b"));
}

typedef struct seen {
  char ids[4096];
  size_t count, most;
} seen;

static bool see(void *user, const weigh_config *config) {
  seen *s = user;
  if (s->count < 10) {
    strcat(s->ids, config->model_id);
    strcat(s->ids, " ");
  }
  return ++s->count != s->most;
}

static void pages_follow_each_other(void **state) {
  (void)state;
  const char *const ids[] = {"b/2", "a/1", "b/1", "bb/1", "b/3", "c"};
  for (size_t i = 0; i < 6; i++) put(ids[i], "{}");
  seen s = {.count = 0}, t = {.count = 0}, u = {.count = 0, .most = 2};
  assert_int_equal(weigh_registry_list(registry, "b/", NULL, 2, see, &s, &err), WEIGH_OK);
  assert_string_equal(s.ids, "b/1 b/2 ");
  assert_int_equal(weigh_registry_list(registry, "b/", "b/2", 2, see, &t, &err), WEIGH_OK);
  assert_string_equal(t.ids, "b/3 ");
  assert_int_equal(weigh_registry_list(registry, NULL, NULL, 0, see, &u, &err), WEIGH_OK);
  assert_string_equal(u.ids, "a/1 b/1 ");
}

static void a_list_of_many_is_whole(void **state) {
  (void)state;
  char id[32];
  seen s = {.count = 0};
  for (int i = 0; i < 600; i++) {
    snprintf(id, sizeof id, "org/%03d", i);
    assert_int_equal(put(id, "{}"), WEIGH_OK);
  }
  assert_int_equal(weigh_registry_list(registry, "", "", 5000, see, &s, &err), WEIGH_OK);
  assert_int_equal(s.count, 600);
}

static void what_is_removed_is_gone(void **state) {
  (void)state;
  put("a/b", "{}");
  assert_int_equal(weigh_registry_remove(registry, "a/b", &err), WEIGH_OK);
  assert_null(text_of("a/b"));
  assert_int_equal(weigh_registry_remove(registry, "a/b", &err), WEIGH_REFUSED);
  assert_string_equal(err.code, "registry_unknown");
  assert_int_equal(put("a/c", "{}"), WEIGH_OK); /* the failed one holds no lock */
}

static bool to_file(void *user, const char *bytes, size_t size) { return fwrite(bytes, 1, size, user) == size; }

static void count_fault(void *user, const char *what, const weigh_error *why) {
  (void)what;
  (void)why;
  ++*(int *)user;
}

static void what_is_exported_is_imported_alike(void **state) {
  (void)state;
  char lines[96], other[96];
  weigh_imported counts;
  snprintf(lines, sizeof lines, "%s/lines", folder);
  snprintf(other, sizeof other, "%s/other.sqlite", folder);
  const char *text = "{\"a\": \"\\\"\\n\x7f\",\t\"model_type\": \"llama\"}\n";
  put("a/b", text);
  put("a/c", LLAMA);
  FILE *out = fopen(lines, "w");
  assert_int_equal(weigh_registry_export(registry, NULL, to_file, out, &err), WEIGH_OK);
  fclose(out);
  weigh_registry_free(registry);
  registry = open_at(other, false);
  assert_non_null(registry);
  assert_int_equal(weigh_registry_import(registry, lines, NULL, NULL, &counts, &err), WEIGH_OK);
  assert_int_equal(counts.added, 2);
  assert_string_equal(text_of("a/b"), text);
  assert_int_equal(weigh_registry_import(registry, lines, NULL, NULL, &counts, &err), WEIGH_OK);
  assert_int_equal(counts.unchanged, 2);
}

static void lines_that_are_wrong_are_told_and_the_rest_is_kept(void **state) {
  (void)state;
  char lines[96];
  int faults = 0;
  weigh_imported counts;
  snprintf(lines, sizeof lines, "%s/lines", folder);
  FILE *out = fopen(lines, "w");
  fputs(
      "{\"model_id\": \"a/1\", \"config_json\": {\"x\": \"}\\\"\", \"y\": [1, {}]}, \"source\": null}\n"
      "\n[1]\n{\"model_id\": \"a/2\"}\n{\"model_id\": 3, \"config_json\": {}}\nnonsense\n"
      "{\"model_id\": \"a/3\", \"config_json\": \"{}\", \"digest\": \"00\"}\n"
      "{\"model_id\": \"a/4\", \"config_json\": \"{}\"}",
      out);
  fclose(out);
  assert_int_equal(weigh_registry_import(registry, lines, count_fault, &faults, &counts, &err), WEIGH_OK);
  assert_int_equal(counts.added, 2);
  assert_int_equal(counts.refused, 5);
  assert_int_equal(faults, 5);
  assert_string_equal(text_of("a/1"), "{\"x\": \"}\\\"\", \"y\": [1, {}]}");
  assert_non_null(text_of("a/4"));
}

static void a_file_that_is_missing_reads_as_empty_and_is_not_made(void **state) {
  (void)state;
  char none[96];
  struct stat info;
  seen s = {.count = 0};
  weigh_config config;
  snprintf(none, sizeof none, "%s/none.sqlite", folder);
  weigh_registry *r = open_at(none, true);
  assert_non_null(r);
  assert_int_equal(weigh_registry_list(r, NULL, NULL, 0, see, &s, &err), WEIGH_OK);
  assert_int_equal(s.count, 0);
  assert_int_equal(weigh_registry_get(r, "a", &config, &err), WEIGH_REFUSED);
  config = (weigh_config){.model_id = "a", .config_json = "{}", .config_size = 2};
  assert_int_equal(weigh_registry_put(r, &config, &err), WEIGH_USAGE);
  assert_string_equal(err.code, "registry_read_only");
  weigh_registry_free(r);
  assert_int_equal(stat(none, &info), -1);
}

static void a_folder_is_no_registry(void **state) {
  (void)state;
  assert_null(open_at(folder, false));
  assert_string_equal(err.code, "registry_no_file");
}

static weigh_status total_of(weigh_library *library, const char *name, weigh_count *total) {
  const weigh_model_request request = {.model = name};
  weigh_model *model = NULL;
  weigh_totals totals;
  weigh_status status = weigh_model_open(library, &request, &model, &err);
  if (status == WEIGH_OK) status = weigh_model_totals(model, &totals, &err);
  if (status == WEIGH_OK) *total = totals.total_parameters;
  weigh_model_free(model);
  return status;
}

static void a_name_goes_to_the_registry_before_the_catalogue(void **state) {
  (void)state;
  weigh_library *library = NULL;
  weigh_count built_in = 0, kept = 0, mine = 0;
  assert_int_equal(weigh_library_open(NULL, &library, &err), WEIGH_OK);
  assert_int_equal(total_of(library, "Qwen/Qwen3-8B", &built_in), WEIGH_OK);
  assert_int_equal(weigh_library_use_registry(library, file, &err), WEIGH_OK);
  assert_int_equal(total_of(library, "Qwen/Qwen3-8B", &kept), WEIGH_OK);
  assert_int_equal(kept, built_in);
  put("me/mine", LLAMA);
  put("me/Qwen3-8B", LLAMA); /* another's last part does not take a name of the catalogue */
  assert_int_equal(total_of(library, "mine", &mine), WEIGH_OK);
  assert_int_equal(total_of(library, "Qwen3-8B", &kept), WEIGH_OK);
  assert_int_equal(kept, built_in);
  put("Qwen/Qwen3-8B", LLAMA);
  assert_int_equal(total_of(library, "qwen3-8b", &kept), WEIGH_OK);
  assert_int_equal(kept, mine);
  weigh_library_free(library);
}

static long allocations_left;

static void *failing(size_t size) { return allocations_left-- > 0 ? malloc(size) : NULL; }

static void every_allocation_may_fail(void **state) {
  (void)state;
  weigh_status status = WEIGH_ENVIRONMENT;
  put("a/b", LLAMA);
  weigh_registry_free(registry);
  registry = NULL;
  for (long n = 0; status != WEIGH_OK && n < 200; n++) {
    weigh_config got;
    allocations_left = n;
    weigh_set_allocator(failing, free);
    weigh_registry *r = open_at(file, false);
    status = r ? weigh_registry_get(r, "a/b", &got, &err) : err.status;
    weigh_registry_free(r);
    weigh_set_allocator(NULL, NULL);
    assert_true(status == WEIGH_OK || status == WEIGH_ENVIRONMENT);
  }
  assert_int_equal(status, WEIGH_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(what_is_put_is_got_byte_for_byte),
      TEST(a_later_one_takes_the_place_of_an_earlier),
      TEST(a_name_is_meant_in_any_case_and_by_its_last_part),
      TEST(names_that_a_question_would_read_otherwise_are_refused),
      TEST(a_text_that_is_no_configuration_is_refused),
      TEST(pages_follow_each_other),
      TEST(a_list_of_many_is_whole),
      TEST(what_is_removed_is_gone),
      TEST(what_is_exported_is_imported_alike),
      TEST(lines_that_are_wrong_are_told_and_the_rest_is_kept),
      TEST(a_file_that_is_missing_reads_as_empty_and_is_not_made),
      TEST(a_folder_is_no_registry),
      TEST(a_name_goes_to_the_registry_before_the_catalogue),
      TEST(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
