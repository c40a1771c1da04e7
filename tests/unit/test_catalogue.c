/* Every entry of the catalogue against its recorded total and digest: figures of the reference library or of the
 * publisher, so a clone alone proves the descriptions. The digest is over "name\tshape\tkind" of the whole list. */
#include <sha2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

#include "model/catalogue.h"
#include "weigh/weigh.h"

typedef struct lines {
  char **items;
  size_t count, cap;
} lines;

static bool add_line(void *user, const weigh_tensor *t) {
  lines *l = user;
  char text[2400];
  int n = snprintf(text, sizeof text, "%s\t", t->name);
  for (size_t i = 0; i < t->rank; i++)
    n += snprintf(text + n, sizeof text - (size_t)n, "%s%lld", i ? "x" : "", (long long)t->shape[i]);
  snprintf(text + n, sizeof text - (size_t)n, "%s\t%s%s%s", t->rank ? "" : "scalar", t->kind, t->tied_to ? ":" : "",
           t->tied_to ? t->tied_to : "");
  if (l->count == l->cap) {
    l->cap = l->cap ? l->cap * 2 : 1024;
    l->items = realloc(l->items, l->cap * sizeof *l->items);
    assert_non_null(l->items);
  }
  l->items[l->count] = strdup(text);
  assert_non_null(l->items[l->count++]);
  return true;
}

static int by_bytes(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void digest_of(weigh_model *model, char hex[65]) {
  lines l = {0};
  SHA2_CTX sha;
  uint8_t sum[SHA256_DIGEST_LENGTH];
  assert_int_equal(weigh_model_tensors(model, false, add_line, &l, NULL), WEIGH_OK);
  qsort(l.items, l.count, sizeof *l.items, by_bytes);
  SHA256Init(&sha);
  for (size_t i = 0; i < l.count; i++) {
    if (i) SHA256Update(&sha, (const uint8_t *)"\n", 1);
    SHA256Update(&sha, (const uint8_t *)l.items[i], strlen(l.items[i]));
    free(l.items[i]);
  }
  free(l.items);
  SHA256Final(sum, &sha);
  for (size_t i = 0; i < sizeof sum; i++) snprintf(hex + 2 * i, 3, "%02x", sum[i]);
}

/* Returns false and says why when the entry is not what was recorded. */
static bool entry_holds(weigh_library *library, const wb_catalogue_entry *entry) {
  char name[256], total[64], hex[65] = "";
  weigh_error err;
  weigh_model *model = NULL;
  weigh_totals totals;
  snprintf(name, sizeof name, "%.*s", (int)entry->name.len, entry->name.ptr);
  weigh_model_request request = {.model = name};
  if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) {
    print_message("# %s: %s\n", name, err.message);
    return false;
  }
  bool holds = weigh_model_totals(model, &totals, &err) == WEIGH_OK;
  snprintf(total, sizeof total, "%lld", (long long)totals.total_parameters);
  if (holds && totals.enumeration_available && entry->total.len && !wb_str_is(entry->total, total)) {
    print_message("# %s: total %s, recorded %.*s\n", name, total, (int)entry->total.len, entry->total.ptr);
    holds = false;
  }
  if (holds && entry->digest.len) {
    digest_of(model, hex);
    holds = wb_str_is(entry->digest, hex);
    if (!holds) print_message("# %s: the tensor list differs from the recorded one\n", name);
  }
  weigh_model_free(model);
  return holds;
}

static void every_entry_has_its_recorded_total_and_list(void **state) {
  (void)state;
  weigh_library *library = NULL;
  wb_catalogue_entry entry;
  size_t checked = 0, failed = 0;
  assert_int_equal(weigh_library_open(NULL, &library, NULL), WEIGH_OK);
  for (size_t at = 0; wb_catalogue_next(&at, &entry); checked++) failed += !entry_holds(library, &entry);
  print_message("# %zu entries\n", checked);
  weigh_library_free(library);
  assert_true(checked >= 300);
  assert_int_equal(failed, 0);
}

static void every_entry_names_its_source_and_date(void **state) {
  (void)state;
  wb_catalogue_entry entry;
  for (size_t at = 0; wb_catalogue_next(&at, &entry);) {
    assert_true(entry.source.len > 10);
    assert_int_equal(entry.date.len, 10);
    assert_true(entry.config.len > 2);
  }
}

static void names_are_found_without_case_and_organisation(void **state) {
  (void)state;
  static const char *const asked[] = {"Qwen/Qwen3-8B", "qwen/qwen3-8b", "QWEN3-8B"};
  weigh_library *library = NULL;
  assert_int_equal(weigh_library_open(NULL, &library, NULL), WEIGH_OK);
  for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
    weigh_model *model = NULL;
    weigh_totals totals;
    weigh_model_request request = {.model = asked[i]};
    assert_int_equal(weigh_model_open(library, &request, &model, NULL), WEIGH_OK);
    assert_int_equal(weigh_model_totals(model, &totals, NULL), WEIGH_OK);
    assert_true(totals.total_parameters == 8190735360);
    weigh_model_free(model);
  }
  weigh_library_free(library);
}

static void near_misses_are_suggested(void **state) {
  (void)state;
  weigh_library *library = NULL;
  weigh_model *model = NULL;
  weigh_error err;
  weigh_model_request request = {.model = "Qwen/Qwen3-8x"};
  assert_int_equal(weigh_library_open(NULL, &library, NULL), WEIGH_OK);
  assert_int_equal(weigh_model_open(library, &request, &model, &err), WEIGH_REFUSED);
  assert_string_equal(err.code, "catalogue_near");
  assert_non_null(strstr(err.message, "Qwen/Qwen3-8B"));
  weigh_library_free(library);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_entry_has_its_recorded_total_and_list),
      cmocka_unit_test(every_entry_names_its_source_and_date),
      cmocka_unit_test(names_are_found_without_case_and_organisation),
      cmocka_unit_test(near_misses_are_suggested),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
