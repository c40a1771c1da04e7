/* What optimizers keep: tests/vectors/optimizers.tsv (recorded by running the libraries), and every row of
 * truth/training/optimizers.tsv where WEIGH_TRUTH_DIR names the folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/handle.h"
#include "base/tsv.h"
#include "estimate/optimizer.h"

static weigh_library *library;

static int open_library(void **state) {
  (void)state;
  return weigh_library_open(NULL, &library, NULL) == WEIGH_OK ? 0 : -1;
}

static int close_library(void **state) {
  (void)state;
  weigh_library_free(library);
  return 0;
}

/* ---- recorded rows ---- */

#define COLUMNS 8
enum { LIBRARY, OPTIMIZER, SETTINGS, PARAM, SHAPE, DTYPE, NUMEL, STATE_BYTES };

static wb_str read_all(const char *path) {
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  fseek(f, 0, SEEK_END);
  size_t size = (size_t)ftell(f);
  rewind(f);
  char *bytes = malloc(size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, size, f), size);
  fclose(f);
  bytes[size] = '\0';
  return (wb_str){bytes, size};
}

static wb_i128 number(wb_str text) {
  wb_num n = {0, 1};
  assert_true(wb_num_parse(text, &n));
  return n.num;
}

/* Recorded settings that our options say otherwise. */
static const char *said(wb_str optimizer, wb_str setting) {
  static const struct {
    const char *optimizer, *setting, *option;
  } same[] = {
      {"APOLLOAdamW", "tensor(mini)", "scale_type=tensor"},
      {"LBFGS", "history_size=4", "pairs=1"}, /* two steps of one iteration leave one pair */
  };
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    if (wb_str_is(optimizer, same[i].optimizer) && wb_str_is(setting, same[i].setting)) return same[i].option;
  return NULL;
}

static size_t options_of(wb_ctx *ctx, const wb_str *row, const char **out, size_t max) {
  size_t n = 0;
  wb_str item;
  if (wb_str_is(row[SETTINGS], "default")) return 0;
  for (size_t at = 0; n < max && wb_str_next(row[SETTINGS], ',', &at, &item);) {
    const char *option = said(row[OPTIMIZER], item);
    out[n++] = option ? option : wb_str_cstr(ctx, item);
  }
  return n;
}

static wb_trained tensor_of(const wb_str *row) {
  wb_trained t = {.pattern = row[PARAM], .copies = wb_num_int(1)};
  t.dtype = wb_str_is(row[DTYPE], "bf16") ? WB_STR("bfloat16") : WB_STR("float32");
  wb_str dim;
  if (!wb_str_is(row[SHAPE], "scalar"))
    for (size_t at = 0; wb_str_next(row[SHAPE], 'x', &at, &dim);) t.dims[t.rank++] = wb_num_int(number(dim));
  return t;
}

static bool same_run(const wb_str *a, const wb_str *b) {
  return wb_str_eq(a[LIBRARY], b[LIBRARY]) && wb_str_eq(a[OPTIMIZER], b[OPTIMIZER]) &&
         wb_str_eq(a[SETTINGS], b[SETTINGS]) && wb_str_eq(a[DTYPE], b[DTYPE]);
}

typedef struct run {
  wb_ctx *ctx;
  wb_str (*rows)[COLUMNS];
  size_t count, cap;
  bool shared; /* what all have was counted with a tensor before */
  wb_num trained;
} run;

/* What all tensors share was recorded with the first that has it. */
static size_t wrong_of(run *r, const wb_optimizer *optimizer, const wb_str *row) {
  const wb_trained t = tensor_of(row);
  const wb_optimizer_bytes found = wb_optimizer_of(optimizer, &t, r->trained);
  const wb_i128 wanted = number(row[STATE_BYTES]);
  const wb_i128 once = r->shared ? 0 : found.shared;
  r->shared = r->shared || found.shared;
  wb_i128 sum = 0;
  for (size_t i = 0; i < found.part_count; i++) sum += found.parts[i].bytes;
  if (found.state + once == wanted && sum == found.state) return 0;
  fprintf(stderr, "# %.*s %.*s %.*s %.*s %.*s: %lld, recorded %lld\n", WB_STR_ARG(row[LIBRARY]),
          WB_STR_ARG(row[OPTIMIZER]), WB_STR_ARG(row[SETTINGS]), WB_STR_ARG(row[SHAPE]), WB_STR_ARG(row[DTYPE]),
          (long long)(found.state + once), (long long)wanted);
  return 1;
}

static wb_str name_of(const run *r) {
  return wb_str_fmt(r->ctx, "%.*s.%.*s", WB_STR_ARG(r->rows[0][LIBRARY]), WB_STR_ARG(r->rows[0][OPTIMIZER]));
}

static size_t wrong_rows(run *r) {
  const char *options[4];
  const size_t n = options_of(r->ctx, r->rows[0], options, 4);
  const wb_optimizer optimizer = wb_optimizer_find(&library->lib, r->ctx, name_of(r), options, n);
  size_t wrong = 0;
  for (size_t i = 0; i < r->count; i++) wrong += wrong_of(r, &optimizer, r->rows[i]);
  return wrong;
}

/* The rows of one optimizer over one list of tensors. */
static size_t wrong_in(run *r) {
  r->trained = wb_num_int(0);
  r->shared = false;
  for (size_t i = 0; i < r->count; i++) wb_num_add(r->trained, wb_num_int(number(r->rows[i][NUMEL])), &r->trained);
  if (WB_BEGIN(r->ctx)) return wrong_rows(r);
  fprintf(stderr, "# %.*s: message %d (%.*s)\n", WB_STR_ARG(r->rows[0][OPTIMIZER]), (int)r->ctx->failure.message,
          WB_STR_ARG(r->ctx->failure.args[0]));
  return r->count;
}

static void compare(const char *path, size_t least) {
  wb_ctx ctx = {0};
  assert_true(wb_ctx_open(&ctx, 0));
  const wb_str text = read_all(path);
  static wb_str rows[64][COLUMNS];
  run r = {.ctx = &ctx, .rows = rows};
  wb_str row[COLUMNS];
  size_t wrong = 0, compared = 0;
  for (size_t at = 0; wb_tsv_next(text, &at, row, COLUMNS);) {
    const bool embed = r.count && wb_str_eq(row[PARAM], rows[0][PARAM]);
    if (r.count && (!same_run(rows[0], row) || embed || r.count == 64)) {
      wrong += wrong_in(&r);
      r.count = 0;
    }
    memcpy(rows[r.count++], row, sizeof row);
    compared++;
  }
  if (r.count) wrong += wrong_in(&r);
  fprintf(stderr, "# %s: %zu rows, %zu differ\n", path, compared, wrong);
  assert_true(compared >= least);
  assert_int_equal(wrong, 0);
  free((char *)text.ptr);
  wb_ctx_close(&ctx);
}

static void recorded_states_are_reproduced(void **state) {
  (void)state;
  compare("tests/vectors/optimizers.tsv", 100);
}

static void every_row_of_the_truth_is_reproduced(void **state) {
  (void)state;
  const char *folder = getenv("WEIGH_TRUTH_DIR");
  char path[4096];
  const char *ci = getenv("CI");
  if (!folder && ci && strcmp(ci, "true") == 0) fail_msg("WEIGH_TRUTH_DIR is not set");
  if (!folder) return; /* the truth folder widens this test */
  snprintf(path, sizeof path, "%s/truth/training/optimizers.tsv", folder);
  compare(path, 1600);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(recorded_states_are_reproduced),
      cmocka_unit_test(every_row_of_the_truth_is_reproduced),
  };
  return cmocka_run_group_tests(tests, open_library, close_library);
}
