/* Bytes of one rank, against sums written out by hand from the rules that the descriptions cite. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/handle.h"
#include "estimate/sharding.h"

static weigh_library *library;
static wb_ctx ctx;

static int begin(void **state) {
  (void)state;
  memset(&ctx, 0, sizeof ctx);
  return wb_ctx_open(&ctx, 0) && weigh_library_open(NULL, &library, NULL) == WEIGH_OK ? 0 : -1;
}

static int end(void **state) {
  (void)state;
  wb_ctx_close(&ctx);
  weigh_library_free(library);
  return 0;
}

/* 1,000,003 × 3 and seven vectors of 5: 3,000,044 elements. */
static wb_trained tensors[2];

static wb_trained_list list_of(const char *dtype) {
  const wb_num million = wb_num_int(1000003), three = wb_num_int(3), five = wb_num_int(5);
  tensors[0] = (wb_trained){WB_STR("matrix"), {million, three}, 2, wb_num_int(1), wb_str_of(dtype), NULL, false, false};
  tensors[1] = (wb_trained){WB_STR("vector"), {five}, 1, wb_num_int(7), wb_str_of(dtype), NULL, false, false};
  return (wb_trained_list){tensors, 2, 2};
}

typedef struct question {
  const char *sharding, *precision, *optimizer, *options[2];
  size_t option_count;
  wb_i128 gpus;
} question;

static wb_i128 part(const question *q, const char *name) {
  if (!WB_BEGIN(&ctx)) fail_msg("message %d", (int)ctx.failure.message);
  const wb_trained_list list = list_of("bfloat16");
  const wb_precision precision = wb_precision_find(&ctx, wb_str_of(q->precision));
  const wb_optimizer optimizer = wb_optimizer_find(&library->lib, &ctx, wb_str_of(q->optimizer), NULL, 0);
  const wb_sharding_ask ask = {.lib = &library->lib,
                               .ctx = &ctx,
                               .trained = &list,
                               .optimizer = &optimizer,
                               .precision = &precision,
                               .sharding = wb_str_of(q->sharding),
                               .options = q->options,
                               .option_count = q->option_count,
                               .gpus = q->gpus};
  const wb_sharded found = wb_shard(&ask);
  wb_derivation d = {.ctx = &ctx};
  const wb_node *root = wb_sharded_derive(&ask, &found, &d);
  assert_true(root->value.u.num.num == found.device + found.host);
  const wb_share *share = wb_sharded_part(&found, name);
  return share ? share->best : 0;
}

static void expect(question q, const char *name, wb_i128 bytes) {
  const wb_i128 found = part(&q, name);
  if (found != bytes) fail_msg("%s %s: %lld, expected %lld", q.sharding, name, (long long)found, (long long)bytes);
}

#define ALL 3000044

static void stage_0_holds_all_on_every_rank(void **state) {
  (void)state;
  const question q = {.sharding = "0", .precision = "deepspeed", .optimizer = "adamw", .gpus = 8};
  expect(q, "weights", 2 * ALL);
  expect(q, "gradients", 2 * ALL);
  expect(q, "master", 4 * ALL);
  expect(q, "states", 8 * ALL);
  expect(q, "host_states", 4);
}

static void stages_1_and_2_cut_one_flat_tensor_padded_to_twice_the_ranks(void **state) {
  (void)state;
  const wb_i128 padded = 3000048, own = padded / 8; /* a multiple of 16 */
  question q = {.sharding = "zero1", .precision = "deepspeed", .optimizer = "adamw", .gpus = 8};
  expect(q, "weights", 2 * padded);
  expect(q, "gradients", 2 * ALL);
  expect(q, "master", 4 * own);
  expect(q, "states", 8 * own);
  q.sharding = "2";
  expect(q, "weights", 2 * padded);
  expect(q, "gradients", 2 * own);
  expect(q, "states", 8 * own);
  expect(q, "step_gradients", 4 * own);
}

static void what_is_laid_flat_is_no_matrix_to_the_optimizer(void **state) {
  (void)state;
  const question q = {.sharding = "2", .precision = "deepspeed", .optimizer = "adafactor", .gpus = 8};
  expect(q, "states", 4 * 3000048 / 8 + 4);
}

static void stage_3_cuts_every_tensor_rounded_up(void **state) {
  (void)state;
  const wb_i128 own = 375002 + 7 * 1; /* 3,000,009 over 8 ranks, 5 over 8 seven times */
  question q = {.sharding = "3", .precision = "deepspeed", .optimizer = "adamw", .gpus = 8};
  expect(q, "weights", 2 * own);
  expect(q, "gradients", 2 * own);
  expect(q, "master", 4 * own);
  expect(q, "states", 8 * own);
  expect(q, "persistent_weights", 2 * 35);
  expect(q, "live_parameters", 2 * ALL);
  q.gpus = 1;
  expect(q, "persistent_weights", 0);
  expect(q, "live_parameters", 0);
}

static void an_offloaded_optimizer_lies_on_the_host(void **state) {
  (void)state;
  const question q = {.sharding = "3",
                      .precision = "deepspeed",
                      .optimizer = "cpu_adam",
                      .options = {"offload_optimizer", "offload_param"},
                      .option_count = 2,
                      .gpus = 8};
  expect(q, "states", 0); /* all of them are host_states */
  expect(q, "host_states", 8 * 375009);
  expect(q, "gradients", 0);
  expect(q, "host_gradients", 4 * 375009);
}

static void fsdp_cuts_the_first_dimension(void **state) {
  (void)state;
  const wb_i128 own = 125001 * 3 + 7; /* ceil(1,000,003 / 8) rows */
  question q = {.sharding = "fsdp", .precision = "fsdp_mixed", .optimizer = "adamw", .gpus = 8};
  expect(q, "weights", 4 * own);
  expect(q, "states", 8 * own);
  q.optimizer = "adafactor"; /* the part is a matrix still */
  expect(q, "states", 4 * (125001 + 3) + 4 + 7 * (4 * 1 + 4));
  q.sharding = "fsdp_hybrid";
  q.gpus = 16;
  expect(q, "weights", 4 * own);
}

static void policies_say_bytes(void **state) {
  (void)state;
  static const struct {
    const char *policy;
    wb_i128 each;
  } rows[] = {{"fp32", 16},
              {"bf16", 8},
              {"megatron", 18},
              {"deepspeed", 16},
              {"torchtitan_bf16_states", 12},
              {"amp", 16},
              {"bf16_fp32_states", 12},
              {"deepseek_v3", 14}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const question q = {.sharding = "none", .precision = rows[i].policy, .optimizer = "adamw", .gpus = 1};
    const wb_i128 sum = part(&q, "weights") + part(&q, "gradients") + part(&q, "master") + part(&q, "states");
    if (sum != rows[i].each * ALL) fail_msg("%s: %lld", rows[i].policy, (long long)sum);
  }
}

/* Every stored parameter of a model, trained in full. */
static wb_trained_list all_of(const wb_model *model) {
  wb_trained_list list = {.items = WB_NEWN(&ctx, wb_trained, model->row_count)};
  for (size_t i = 0; i < model->row_count; i++) {
    const wb_row *row = &model->rows[i];
    if (row->kind != WB_PARAM) continue;
    wb_trained *t = &list.items[list.count++];
    *t = (wb_trained){
        .pattern = row->pattern, .rank = row->rank, .copies = row->copies, .dtype = row->dtype, .row = row};
    for (uint32_t d = 0; d < row->rank; d++) t->dims[d] = row->dims[d]->value.u.num;
  }
  return list;
}

static wb_i128 unit_of(const weigh_model *model) {
  if (!WB_BEGIN(&ctx)) return 0;
  const wb_trained_list list = all_of(&model->model);
  return wb_largest_unit(&(wb_sharding_ask){.ctx = &ctx, .trained = &list}).trained.num;
}

static void the_largest_unit_is_a_layer_or_what_is_in_none(void **state) {
  (void)state;
  static const char config[] =
      "{\"model_type\":\"llama\",\"vocab_size\":%d,\"hidden_size\":16,\"intermediate_size\":40,"
      "\"num_hidden_layers\":3,\"num_attention_heads\":4,\"num_key_value_heads\":2,"
      "\"tie_word_embeddings\":false}";
  /* q, o: 16 × 16; k, v: 16 × 8; three of 16 × 40; two norms */
  const wb_i128 layer = 2 * 256 + 2 * 128 + 3 * 640 + 32;
  const int words[] = {8, 4096};
  const wb_i128 wanted[] = {layer, 2 * 16 * 4096 + 16};
  for (int i = 0; i < 2; i++) {
    char text[512];
    snprintf(text, sizeof text, config, words[i]);
    const weigh_model_request request = {.config = text, .config_size = strlen(text)};
    weigh_model *model = NULL;
    weigh_error err = {0};
    if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) fail_msg("%s", err.message);
    assert_true(unit_of(model) == wanted[i]);
    weigh_model_free(model);
  }
}

static void unknown_names_are_refused_with_those_that_are_known(void **state) {
  (void)state;
  const struct {
    const char *sharding, *precision, *optimizer;
    wb_message_id message;
  } rows[] = {{"4", "bf16", "adamw", WB_SHARDING_UNKNOWN},
              {"3", "bf17", "adamw", WB_PRECISION_UNKNOWN},
              {"3", "bf16", "adamww", WB_OPTIMIZER_UNKNOWN}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (WB_BEGIN(&ctx)) {
      wb_sharding_find(&library->lib, &ctx, wb_str_of(rows[i].sharding));
      wb_precision_find(&ctx, wb_str_of(rows[i].precision));
      wb_optimizer_find(&library->lib, &ctx, wb_str_of(rows[i].optimizer), NULL, 0);
      fail();
    }
    assert_int_equal(ctx.failure.message, rows[i].message);
    assert_true(ctx.failure.args[1].len > 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(stage_0_holds_all_on_every_rank),
      cmocka_unit_test(stages_1_and_2_cut_one_flat_tensor_padded_to_twice_the_ranks),
      cmocka_unit_test(what_is_laid_flat_is_no_matrix_to_the_optimizer),
      cmocka_unit_test(stage_3_cuts_every_tensor_rounded_up),
      cmocka_unit_test(an_offloaded_optimizer_lies_on_the_host),
      cmocka_unit_test(fsdp_cuts_the_first_dimension),
      cmocka_unit_test(policies_say_bytes),
      cmocka_unit_test(the_largest_unit_is_a_layer_or_what_is_in_none),
      cmocka_unit_test(unknown_names_are_refused_with_those_that_are_known),
  };
  return cmocka_run_group_tests(tests, begin, end);
}
