/* What a description gives beside parameters: caches, states, operations with shapes, cuts. Figures are from papers and
 * published documents, named at each row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/handle.h"
#include "expr/eval.h"

static weigh_library *library;

static weigh_model *open_named(const char *name) {
  weigh_model *model = NULL;
  weigh_error err = {0};
  weigh_model_request request = {.model = name};
  if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) fail_msg("%s: %s", name, err.message);
  return model;
}

/* Elements kept for one token (or one sequence), all layers together. */
static int64_t kept(const weigh_model *model, bool per_token) {
  int64_t sum = 0;
  for (size_t i = 0; i < model->model.kept_count; i++) {
    const wb_kept *k = &model->model.kept[i];
    const int64_t inputs = k->over.num ? (int64_t)k->over.num - 1 : 1; /* of a convolution: all but the newest */
    if (k->per_token == per_token && !k->mtp) sum += inputs * (int64_t)(k->elements.num * k->copies.num);
  }
  return sum;
}

static void caches_per_token(void **state) {
  (void)state;
  static const struct {
    const char *model;
    int64_t elements;
    const char *source;
  } rows[] = {
      {"deepseek-ai/DeepSeek-V3", 61 * 576, "arXiv:2412.19437: 512 + 64 for each of 61 layers"},
      {"Qwen/Qwen3-8B", 36LL * 2 * 8 * 128, "arXiv:2305.13245: 2 · layers · KV heads · head dimension"},
      {"meta-llama/Llama-3.1-8B-Instruct", 32LL * 2 * 8 * 128, "arXiv:2305.13245"},
      {"state-spaces/mamba-370m-hf", 0, "arXiv:2312.00752: no cache that grows"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    weigh_model *model = open_named(rows[i].model);
    assert_int_equal(kept(model, true), rows[i].elements);
    weigh_model_free(model);
  }
}

static void states_per_sequence(void **state) {
  (void)state;
  weigh_model *model = open_named("state-spaces/mamba-370m-hf");
  /* 48 layers · inner 2048 · (16 states + 3 inputs that a convolution over 4 keeps) */
  assert_int_equal(kept(model, false), 48LL * 2048 * (16 + 3));
  weigh_model_free(model);
}

static const wb_op_use *find_op(const weigh_model *model, const char *operation, const char *ending) {
  for (size_t i = 0; i < model->model.op_count; i++) {
    const wb_op_use *use = &model->model.ops[i];
    if (wb_str_is(use->operation->name->name, operation) && wb_str_ends(use->pattern, wb_str_of(ending))) return use;
  }
  fail_msg("no %s at %s", operation, ending);
  return NULL;
}

static void operations_have_shapes_and_counts(void **state) {
  (void)state;
  weigh_model *model = open_named("Qwen/Qwen3-8B");
  const wb_op_use *down = find_op(model, "linear", "mlp.down_proj");
  assert_int_equal((int64_t)wb_shape_width(&model->model.ctx, down->outputs[0], WB_NOWHERE).num, 4096);
  assert_int_equal((int64_t)down->repeats.num, 36);
  weigh_model_free(model);
}

static void experts_run_for_the_tokens_sent_to_them(void **state) {
  (void)state;
  weigh_model *model = open_named("deepseek-ai/DeepSeek-V3");
  const wb_op_use *up = find_op(model, "linear", "up_proj");
  for (size_t i = 0; i < model->model.op_count; i++) {
    const wb_op_use *use = &model->model.ops[i];
    if (use->routed && !use->mtp && wb_str_ends(use->pattern, WB_STR("up_proj"))) up = use;
  }
  assert_true(up->routed);
  assert_int_equal((int64_t)up->top_k.num, 8);
  assert_int_equal((int64_t)up->experts.num, 256);
  assert_int_equal((int64_t)up->repeats.num, 58); /* once a layer: a token meets 8 of the 256 */
  weigh_model_free(model);
}

static void latent_attention_has_two_computations_over_the_same_weights(void **state) {
  (void)state;
  weigh_model *model = open_named("deepseek-ai/DeepSeek-V3");
  size_t expanded = 0, absorbed = 0;
  for (size_t i = 0; i < model->model.op_count; i++) {
    const wb_op_use *use = &model->model.ops[i];
    if (!wb_str_is(use->operation->name->name, "attention")) continue;
    expanded += wb_str_is(use->path, "expanded");
    absorbed += wb_str_is(use->path, "absorbed");
  }
  assert_true(expanded > 0);
  assert_int_equal(expanded, absorbed);
  weigh_model_free(model);
}

static void windows_bound_the_cache(void **state) {
  (void)state;
  weigh_model *model = open_named("google/gemma-3-4b-it");
  size_t windowed = 0, whole = 0;
  for (size_t i = 0; i < model->model.kept_count; i++) {
    wb_kept *k = &model->model.kept[i];
    const wb_value *window = k->within ? wb_force(&model->model.ctx, k->within) : NULL;
    if (window && window->kind == WB_NUM) windowed += (size_t)k->copies.num;
    else whole += (size_t)k->copies.num;
  }
  assert_int_equal(windowed, 29); /* five of six layers, arXiv:2503.19786 */
  assert_int_equal(whole, 5);
  weigh_model_free(model);
}

static void linears_say_how_they_are_cut(void **state) {
  (void)state;
  weigh_model *model = open_named("Qwen/Qwen3-8B");
  for (size_t i = 0; i < model->model.row_count; i++) {
    const wb_row *row = &model->model.rows[i];
    if (wb_str_ends(row->pattern, WB_STR("q_proj.weight"))) assert_int_equal(row->cut, WB_CUT_COLUMNS);
    if (wb_str_ends(row->pattern, WB_STR("o_proj.weight"))) assert_int_equal(row->cut, WB_CUT_ROWS);
    if (wb_str_ends(row->pattern, WB_STR("k_proj.weight"))) {
      assert_non_null(row->cut_by);
      assert_int_equal((int64_t)wb_force(&model->model.ctx, row->cut_by)->u.num.num, 8);
    }
  }
  weigh_model_free(model);
}

static int open_library(void **state) {
  (void)state;
  return (int)weigh_library_open(NULL, &library, NULL);
}

static int close_library(void **state) {
  (void)state;
  weigh_library_free(library);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(caches_per_token),
      cmocka_unit_test(states_per_sequence),
      cmocka_unit_test(operations_have_shapes_and_counts),
      cmocka_unit_test(experts_run_for_the_tokens_sent_to_them),
      cmocka_unit_test(latent_attention_has_two_computations_over_the_same_weights),
      cmocka_unit_test(windows_bound_the_cache),
      cmocka_unit_test(linears_say_how_they_are_cut),
  };
  return cmocka_run_group_tests(tests, open_library, close_library);
}
