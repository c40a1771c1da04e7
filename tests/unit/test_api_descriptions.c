#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api_fixture.h"

/* The descriptions that a library reads: its own, and those of a user's folder. */

static void the_built_in_descriptions_parse(void **state) {
  weigh_error err = {0};
  if (weigh_library_check(*state, &err) != WEIGH_OK)
    fail_msg("%s:%u:%u: %s", err.file, err.line, err.column, err.message);
}

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

static bool add_name(void *user, const weigh_tensor *tensor) {
  strcat(strcat(user, tensor->name), " ");
  return true;
}

/* A rename may begin in one scope and end in another; its new name counts from where it is written. */
static void renames_reach_into_scopes(void **state) {
  (void)state;
  weigh_error err = {0};
  char names[200] = "";
  put("own.weigh",
      "block inside(x)\n"
      "  scope deep\n"
      "    param w [2]\n"
      "    y = linear fc1(x, 3, bias = true)\n"
      "    z = linear fc2(x, 3)\n"
      "  return x\n"
      "family own\n"
      "  model_type own\n"
      "  fields\n"
      "    n = 2\n"
      "  model\n"
      "    x = given [n]\n"
      "    x = inside mlp(x) named {mlp: no, deep.fc1: first, deep.fc2.weight: deep.other}\n"
      "    x = inside b(x) named {deep: shallow, deep.fc1: fc}\n");
  weigh_library *library = with_own(WEIGH_OK, &err);
  weigh_model *model = opened(library, "{\"model_type\":\"own\"}");
  assert_int_equal(weigh_model_tensors(model, true, add_name, names, NULL), WEIGH_OK);
  assert_string_equal(names,
                      "mlp.deep.w mlp.first.weight mlp.first.bias mlp.deep.other "
                      "b.shallow.w b.fc.weight b.fc.bias b.shallow.fc2.weight ");
  weigh_model_free(model);
  weigh_library_free(library);
  drop("own.weigh");
}

/* Strangers, whom a sealed library answers, are told the file but not the folder that it lies in. */
static void a_sealed_library_names_no_folder(void **state) {
  (void)state;
  put("own.weigh", "family own\n  model_type own\n  fields\n    n = 2\n  model\n    param w [4 // n]\n");
  const char *folders[] = {folder};
  weigh_library_options options = {.data_dirs = folders, .data_dir_count = 1, .sealed = true};
  weigh_library *library = NULL;
  weigh_error err = {0};
  assert_int_equal(weigh_library_open(&options, &library, &err), WEIGH_OK);
  const char *config = "{\"model_type\":\"own\"}", *wrong = "{\"model_type\":\"own\",\"n\":0}";
  weigh_model *model = opened(library, config);
  page p = {NULL, 0, 0, false};
  assert_int_equal(weigh_report(library, WEIGH_REPORT_PARAMS, model, NULL, NULL, keep, &p, &err), WEIGH_OK);
  assert_non_null(strstr(p.text, "(own.weigh)"));
  assert_null(strstr(p.text, folder));
  free(p.text);
  weigh_model_free(model);
  weigh_model_request request = {.config = wrong, .config_size = strlen(wrong)};
  assert_int_equal(weigh_model_open(library, &request, &model, &err), WEIGH_REFUSED);
  assert_string_equal(err.file, "own.weigh");
  assert_int_equal(err.line, 6);
  weigh_library_free(library);
  drop("own.weigh");
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

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
  (void)state;
  return rmdir(folder);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(the_built_in_descriptions_parse),      TEST(a_family_of_the_users_own_replaces_the_built_in_one),
      TEST(a_family_may_be_like_a_built_in_one),  TEST(renames_reach_into_scopes),
      TEST(a_sealed_library_names_no_folder),     TEST(a_faulty_description_is_told_the_same_each_time),
      TEST(a_folder_that_cannot_be_read_is_told),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
