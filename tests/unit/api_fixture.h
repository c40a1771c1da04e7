/* What the tests of the public API share: the public header and nothing else. `state` is a library, opened anew for each
 * test. */
#ifndef WEIGH_TESTS_API_FIXTURE_H
#define WEIGH_TESTS_API_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "weigh/weigh.h"

#define SMALL                                                                                               \
  "{\"model_type\":\"llama\",\"vocab_size\":96,\"hidden_size\":16,\"intermediate_size\":40,"                \
  "\"num_hidden_layers\":3,\"num_attention_heads\":4,\"num_key_value_heads\":2,\"torch_dtype\":\"float16\"" \
  ",\"tie_word_embeddings\":false}"

/* By hand: 96·16 twice; per layer q and o 16·16, k and v 16·8, three of 16·40, two norms of 16; one norm at the end. */
enum { EMBEDDING = 96 * 16, LAYER = 2 * 256 + 2 * 128 + 3 * 640 + 2 * 16, TOTAL = 2 * EMBEDDING + 3 * LAYER + 16 };

static inline weigh_model *opened(weigh_library *library, const char *config) {
  weigh_model_request request = {.config = config, .config_size = strlen(config)};
  weigh_model *model = NULL;
  weigh_error err = {0};
  if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) fail_msg("%s: %s", err.code, err.message);
  assert_non_null(model);
  return model;
}

/* What a report wrote. */
typedef struct page {
  char *text;
  size_t length, calls;
  bool refuse;
} page;

static inline bool keep(void *user, const char *bytes, size_t size) {
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_library, close_library)

#endif
