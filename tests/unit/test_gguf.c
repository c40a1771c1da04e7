#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "estimate/gguf_recipe.h"

static wb_ctx ctx;
static const wb_gguf_recipe *recipe;

static int setup(void **state) {
  (void)state;
  ctx = (wb_ctx){.arena = wb_arena_new(0)};
  if (!WB_GUARD(&ctx)) return 1;
  recipe = wb_gguf_recipe_read(&ctx);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  wb_arena_free(ctx.arena);
  return 0;
}

/* ---- types ---- */

static void a_row_is_whole_blocks(void **state) {
  (void)state;
  wb_ggml_type type;
  wb_i128 bytes;
  assert_true(wb_ggml_find(WB_STR("Q4_k"), &type));
  assert_true(wb_ggml_row_bytes(&type, 4096, &bytes));
  assert_int_equal((int64_t)bytes, 16 * 144);
  assert_false(wb_ggml_row_bytes(&type, 4096 + 128, &bytes));
  assert_true(wb_ggml_bytes(&type, (wb_i128[]){512, 3, 2}, 3, &bytes));
  assert_int_equal((int64_t)bytes, 2 * 144 * 6);
  wb_num bits = wb_ggml_bits(&type);
  assert_true(bits.num == 9 && bits.den == 2);
}

static void a_row_may_have_bytes_of_its_own(void **state) {
  (void)state;
  wb_ggml_type type;
  wb_i128 bytes;
  assert_true(wb_ggml_find(WB_STR("iq4_ks"), &type));
  assert_true(wb_ggml_bytes(&type, (wb_i128[]){256, 10}, 2, &bytes));
  assert_int_equal((int64_t)bytes, 10 * (136 + 4));
}

static void sizes_that_do_not_fit_are_refused(void **state) {
  (void)state;
  wb_ggml_type type;
  wb_i128 bytes, huge = (wb_i128)1 << 100;
  assert_true(wb_ggml_find(WB_STR("f32"), &type));
  assert_false(wb_ggml_bytes(&type, (wb_i128[]){huge, huge}, 2, &bytes));
  assert_false(wb_ggml_row_bytes(&type, -32, &bytes));
  assert_false(wb_ggml_find(WB_STR("q4"), &type));
  assert_false(wb_ggml_find(WB_STR(""), &type));
}

static void every_rule_is_understood(void **state) {
  (void)state;
  size_t count;
  assert_int_equal(wb_gguf_recipe_faults(recipe), 0);
  const wb_gguf_file *files = wb_gguf_files(recipe, &count);
  for (size_t i = 0; i < count; i++) assert_ptr_equal(wb_gguf_file_find(recipe, files[i].name), &files[i]);
  assert_string_equal(wb_str_cstr(&ctx, wb_gguf_file_find(recipe, WB_STR("q4_k"))->name), "Q4_K_M");
  assert_null(wb_gguf_file_find(recipe, WB_STR("Q9")));
}

/* ---- a made-up model of 16 blocks ---- */

#define LAYERS 16
static const char *const PARTS[] = {"attn_k", "attn_v", "attn_output", "ffn_down", "ffn_gate_inp", "attn_norm"};
static wb_gguf_tensor tensors[LAYERS * 6 + 2];

static size_t made_up(bool output, wb_i128 row) {
  size_t n = 0;
  const wb_ggml_type *f16 = wb_gguf_type(recipe, WB_STR("f16")), *f32 = wb_gguf_type(recipe, WB_STR("f32"));
  tensors[n++] = (wb_gguf_tensor){.name = WB_STR("token_embd.weight"), .ne = {row, 1000, 1, 1}, .stored = f16};
  if (output) tensors[n++] = (wb_gguf_tensor){.name = WB_STR("output.weight"), .ne = {row, 1000, 1, 1}, .stored = f16};
  for (int i = 0; i < LAYERS; i++)
    for (int p = 0; p < 6; p++)
      tensors[n++] = (wb_gguf_tensor){.name = wb_str_fmt(&ctx, "blk.%d.%s.weight", i, PARTS[p]),
                                      .ne = {row, p < 5 ? 256 : 1, 1, 1},
                                      .stored = p < 4 ? f16 : f32};
  for (size_t i = 0; i < n; i++) wb_gguf_classify(recipe, &tensors[i]);
  wb_gguf_sort(tensors, n);
  return n;
}

static void expect(size_t n, const char *name, const char *type) {
  for (size_t i = 0; i < n; i++)
    if (wb_str_is(tensors[i].name, name)) return assert_string_equal(wb_str_cstr(&ctx, tensors[i].type->name), type);
  fail_msg("%s is not there", name);
}

static void assign(const char *file, wb_gguf_facts facts, wb_gguf_mode mode, size_t n) {
  facts.layers = LAYERS;
  assert_null(wb_gguf_assign(recipe, wb_gguf_file_find(recipe, wb_str_of(file)), &facts, mode, tensors, n));
}

static void some_layers_get_more_bits(void **state) {
  (void)state;
  size_t n = made_up(true, 512);
  assign("q4_k_m", (wb_gguf_facts){.arch = WB_STR("llama"), .gqa = 4}, (wb_gguf_mode){.imatrix = false}, n);
  expect(n, "output.weight", "q6_K");
  expect(n, "token_embd.weight", "q4_K");
  expect(n, "blk.1.ffn_down.weight", "q6_K");
  expect(n, "blk.2.ffn_down.weight", "q4_K");
  expect(n, "blk.4.attn_v.weight", "q6_K");
  expect(n, "blk.10.attn_v.weight", "q6_K");
  expect(n, "blk.15.attn_v.weight", "q6_K");
  expect(n, "blk.3.attn_k.weight", "q4_K");
  expect(n, "blk.3.ffn_gate_inp.weight", "f32");
  expect(n, "blk.3.attn_norm.weight", "f32");
}

static void a_tied_embedding_is_an_output(void **state) {
  (void)state;
  size_t n = made_up(false, 512);
  assign("IQ2_XS", (wb_gguf_facts){.arch = WB_STR("llama"), .gqa = 1}, (wb_gguf_mode){.imatrix = true}, n);
  expect(n, "token_embd.weight", "q5_K");
  expect(n, "blk.0.attn_v.weight", "q2_K");
  expect(n, "blk.1.ffn_down.weight", "q2_K");
  expect(n, "blk.2.ffn_down.weight", "iq2_xs");
}

static void eight_experts_are_a_case_of_their_own(void **state) {
  (void)state;
  size_t n = made_up(true, 512);
  assign("Q3_K_M", (wb_gguf_facts){.arch = WB_STR("llama"), .gqa = 4, .experts = 8}, (wb_gguf_mode){.pure = false}, n);
  expect(n, "blk.9.attn_v.weight", "q8_0");
  expect(n, "blk.9.attn_k.weight", "q8_0");
  expect(n, "blk.9.attn_output.weight", "q5_K");
}

static void rows_that_do_not_fit_fall_back(void **state) {
  (void)state;
  size_t n = made_up(true, 480);
  assign("Q4_K_S", (wb_gguf_facts){.arch = WB_STR("llama"), .gqa = 1}, (wb_gguf_mode){.pure = true}, n);
  expect(n, "blk.9.attn_k.weight", "q5_0");
  assign("Q4_K_S", (wb_gguf_facts){.arch = WB_STR("llama"), .gqa = 1}, (wb_gguf_mode){.leave_output = true}, n);
  expect(n, "output.weight", "f16");
  expect(n, "blk.0.ffn_down.weight", "q5_1");
  n = made_up(true, 500);
  assign("Q4_K_S", (wb_gguf_facts){.arch = WB_STR("llama"), .gqa = 1}, (wb_gguf_mode){.pure = true}, n);
  expect(n, "blk.9.attn_k.weight", "f16");
  wb_gguf_facts facts = {.arch = WB_STR("llama"), .layers = LAYERS, .gqa = 1};
  assert_non_null(wb_gguf_assign(recipe, wb_gguf_file_find(recipe, WB_STR("Q8_0")), &facts,
                                 (wb_gguf_mode){.pure = false}, tensors, n));
}

static void a_block_beyond_the_model_is_refused(void **state) {
  (void)state;
  size_t n = made_up(true, 512);
  wb_gguf_facts facts = {.arch = WB_STR("llama"), .layers = LAYERS - 1, .gqa = 1, .experts = 4};
  assert_non_null(wb_gguf_assign(recipe, wb_gguf_file_find(recipe, WB_STR("Q6_K")), &facts,
                                 (wb_gguf_mode){.pure = false}, tensors, n));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_row_is_whole_blocks),
      cmocka_unit_test(a_row_may_have_bytes_of_its_own),
      cmocka_unit_test(sizes_that_do_not_fit_are_refused),
      cmocka_unit_test(every_rule_is_understood),
      cmocka_unit_test(some_layers_get_more_bits),
      cmocka_unit_test(a_tied_embedding_is_an_output),
      cmocka_unit_test(eight_experts_are_a_case_of_their_own),
      cmocka_unit_test(rows_that_do_not_fit_fall_back),
      cmocka_unit_test(a_block_beyond_the_model_is_refused),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
