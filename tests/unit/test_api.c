#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_fixture.h"

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

/* ---- the rest ---- */

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
      TEST(version_and_digest),
      TEST(freeing_nothing_is_fine),
      TEST(names_of_the_catalogue_can_be_stopped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
