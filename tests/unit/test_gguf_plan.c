/* Models as GGUF files. Figures: what llama.cpp b10261's quantiser says of the same tensors. */
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
#include "estimate/gguf_plan.h"

static weigh_library *library;

static weigh_model *open_model(const char *name) {
  weigh_model *model = NULL;
  weigh_error err = {0};
  weigh_model_request request = {.model = name};
  if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) fail_msg("%s: %s", name, err.message);
  return model;
}

static const wb_gguf_plan *plan_of(weigh_model *model, const char *file) {
  wb_ctx *ctx = &model->model.ctx;
  if (!WB_BEGIN(ctx)) fail_msg("%s failed", file);
  return wb_gguf_plan_for(&model->model, wb_str_of(file));
}

static void files_of_published_models(void **state) {
  (void)state;
  static const struct {
    const char *model, *file;
    int64_t bytes;
  } rows[] = {
      {"Qwen/Qwen3-8B", "F16", 16382087168},
      {"meta-llama/Llama-2-7b-hf", "F16", 13477363712},
      {"google/gemma-2-2b-it", "F16", 5229167616},
      {"Qwen/Qwen3-30B-A3B", "F16", 61089832960},
      {"deepseek-ai/DeepSeek-V3", "F16", 1342267742208},
      {"openai/gpt-oss-20b", "F16", 41847879936},
      {"state-spaces/mamba-130m-hf", "F16", 260004864},
      {"Qwen/Qwen3-8B", "Q4_K_M", 5021827072},
      {"Qwen/Qwen3-8B", "q8_0", 8703561728},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    weigh_model *model = open_model(rows[i].model);
    const wb_gguf_plan *plan = plan_of(model, rows[i].file);
    if (plan->unknown || plan->refused || plan->bytes != rows[i].bytes)
      fail_msg("%s %s: %lld bytes, %zu unknown", rows[i].model, rows[i].file, (long long)plan->bytes, plan->unknown);
    weigh_model_free(model);
  }
}

static size_t row_named(const weigh_model *model, const char *end) {
  for (size_t i = 0; i < model->model.row_count; i++)
    if (wb_str_ends(model->model.rows[i].pattern, wb_str_of(end))) return i;
  fail_msg("no row %s", end);
  return 0;
}

static void parts_come_to_the_whole(void **state) {
  (void)state;
  weigh_model *model = open_model("Qwen/Qwen3-30B-A3B");
  const wb_gguf_plan *plan = plan_of(model, "Q4_K_M");
  wb_i128 rows = 0, layers = wb_gguf_layer_bytes(plan, -1, -1);
  for (size_t i = 0; i < model->model.row_count; i++) rows += wb_gguf_row_bytes(plan, i, -1, INT64_MAX);
  for (int64_t i = 0; i < 48; i++) layers += wb_gguf_layer_bytes(plan, i, i);
  assert_true(rows == plan->bytes && layers == plan->bytes);
  assert_true(wb_gguf_layer_bytes(plan, 0, 19) + wb_gguf_layer_bytes(plan, 20, 47) +
                  wb_gguf_layer_bytes(plan, -1, -1) ==
              plan->bytes);
  assert_int_equal((int64_t)plan->elements, (int64_t)model->model.total.num);
  weigh_model_free(model);
}

static void one_expert_and_all(void **state) {
  (void)state;
  weigh_model *model = open_model("Qwen/Qwen3-30B-A3B");
  const wb_gguf_plan *plan = plan_of(model, "Q4_K_M");
  size_t row = row_named(model, "up_proj.weight");
  wb_num one = wb_gguf_tensor_bytes(&model->model, plan, row, 7);
  assert_int_equal((int64_t)one.num, 768 * 2048 / 256 * 144);
  assert_int_equal((int64_t)wb_gguf_row_bytes(plan, row, 7, 8), 2 * 128 * (int64_t)one.num);
  assert_int_equal((int64_t)wb_gguf_row_bytes(plan, model->model.row_count, -1, 99), 0);
  weigh_model_free(model);
}

static void latent_attention_is_cut(void **state) {
  (void)state;
  weigh_model *model = open_model("deepseek-ai/DeepSeek-V3");
  const wb_gguf_plan *plan = plan_of(model, "Q4_K_M");
  size_t found = 0;
  for (size_t i = 0; i < plan->count; i++) {
    const wb_gguf_tensor *t = &plan->tensors[i];
    if (!wb_str_is(t->name, "blk.9.attn_k_b.weight")) continue;
    found++;
    assert_true(t->ne[0] == 128 && t->ne[1] == 512 && t->ne[2] == 128);
    assert_true(wb_str_is(t->type->name, "q5_0")); /* rows of 128 are no whole block of q4_K */
  }
  assert_int_equal(found, 1);
  assert_true(plan->left_out == 0); /* it has no tower; its prediction layer is none */
  weigh_model_free(model);
}

static void unknown_file_types_are_refused(void **state) {
  (void)state;
  weigh_model *model = open_model("Qwen/Qwen3-8B");
  wb_ctx *ctx = &model->model.ctx;
  const wb_str name = WB_STR("Q4_K_XXL");
  if (WB_BEGIN(ctx)) {
    wb_gguf_plan_for(&model->model, name);
    fail_msg("Q4_K_XXL was taken");
  }
  assert_int_equal(ctx->failure.message, WB_GGUF_TYPE_UNKNOWN);
  weigh_model_free(model);
}

/* ---- truth/llamacpp ---- */

static char *read_all(const char *path) {
  FILE *f = fopen(path, "rb");
  if (!f) return NULL;
  fseek(f, 0, SEEK_END);
  size_t size = (size_t)ftell(f);
  rewind(f);
  char *bytes = malloc(size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, size, f), size);
  bytes[size] = '\0';
  fclose(f);
  return bytes;
}

static char *read_truth(const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/truth/llamacpp/%s", getenv("WEIGH_TRUTH_DIR"), name);
  char *bytes = read_all(path);
  if (!bytes) fail_msg("%s is not there", path);
  return bytes;
}

static weigh_model *open_config(wb_str config) {
  char path[4096];
  snprintf(path, sizeof path, "%s/models/%.*s/config.json", getenv("WEIGH_TRUTH_DIR"), WB_STR_ARG(config));
  FILE *f = fopen(path, "rb");
  if (!f) snprintf(path, sizeof path, "%.*s", WB_STR_ARG(config));
  else fclose(f);
  return open_model(path);
}

static bool is_number(wb_str text, wb_i128 wanted) {
  wb_num n;
  return wb_num_parse(text, &n) && n.num == wanted;
}

typedef struct tally {
  size_t models, models_good, files, files_good;
} tally;

/* All files of one model; differences are said. */
static void compare(wb_str dims, wb_str lines, const wb_str *model_row, tally *t) {
  weigh_model *model = open_config(model_row[1]);
  wb_ctx *ctx = &model->model.ctx;
  wb_str c[7];
  if (!WB_BEGIN(ctx)) fail_msg("the plan failed");
  const wb_gguf_recipe *recipe = wb_gguf_recipe_read(ctx);
  wb_gguf_plan *plan = wb_gguf_plan_of(&model->model, recipe);
  for (size_t at = 0; wb_tsv_next(dims, &at, c, 7);) {
    if (!wb_str_eq(c[0], model_row[0])) continue;
    t->models++;
    if (is_number(c[4], plan->stored_bytes)) t->models_good++;
    else
      print_message("# %.*s: %lld bytes as converted, predicted %lld\n", WB_STR_ARG(c[0]), strtoll(c[4].ptr, NULL, 10),
                    (long long)plan->stored_bytes);
  }
  for (size_t at = 0; wb_tsv_next(lines, &at, c, 7);) {
    if (!wb_str_eq(c[0], model_row[0])) continue;
    wb_gguf_mode mode = {wb_str_is(c[3], "imatrix"), wb_str_is(c[3], "pure"), wb_str_is(c[3], "leave-output")};
    t->files++;
    wb_gguf_plan_type(plan, wb_gguf_file_find(recipe, c[2]), mode);
    if (is_number(c[5], plan->bytes)) t->files_good++;
    else
      print_message("# %.*s %.*s %.*s: %lld bytes, predicted %lld\n", WB_STR_ARG(c[0]), WB_STR_ARG(c[2]),
                    WB_STR_ARG(c[3]), strtoll(c[5].ptr, NULL, 10), (long long)plan->bytes);
  }
  weigh_model_free(model);
}

static void configurations_become_the_engine_s_files(void **state) {
  (void)state;
  const char *ci = getenv("CI");
  if (!getenv("WEIGH_TRUTH_DIR") && ci && strcmp(ci, "true") == 0) fail_msg("WEIGH_TRUTH_DIR is not set");
  if (!getenv("WEIGH_TRUTH_DIR")) return; /* the truth folder widens this test */
  char *map = read_all("tests/truth/gguf-models.tsv"), *dims = read_truth("dims.tsv"),
       *lines = read_truth("quantize.tsv");
  assert_non_null(map);
  tally t = {0, 0, 0, 0};
  wb_str row[3];
  for (size_t at = 0; wb_tsv_next(wb_str_of(map), &at, row, 3);)
    if (!row[2].len) compare(wb_str_of(dims), wb_str_of(lines), row, &t);
  print_message("# %zu of %zu models, %zu of %zu files to the byte\n", t.models_good, t.models, t.files_good, t.files);
  free(map);
  free(dims);
  free(lines);
  assert_int_equal(t.models_good, t.models);
  assert_int_equal(t.files_good, t.files);
}

static int setup(void **state) {
  (void)state;
  weigh_error err;
  return weigh_library_open(NULL, &library, &err) == WEIGH_OK ? 0 : 1;
}

static int teardown(void **state) {
  (void)state;
  weigh_library_free(library);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(files_of_published_models),
      cmocka_unit_test(parts_come_to_the_whole),
      cmocka_unit_test(one_expert_and_all),
      cmocka_unit_test(latent_attention_is_cut),
      cmocka_unit_test(unknown_file_types_are_refused),
      cmocka_unit_test(configurations_become_the_engine_s_files),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
