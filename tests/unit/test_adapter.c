/* Adapters on models: what is meant by which names, what is refused and how, what is frozen, and how a figure comes about.
 * Figures: PEFT 0.21.2 on the same configuration, or worked out from the formulas that its file names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/handle.h"
#include "estimate/adapter.h"

static weigh_library *library;
static weigh_error err;

static weigh_model *open_named(const char *name) {
  weigh_model *model = NULL;
  weigh_model_request request = {.model = name};
  if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) fail_msg("%s: %s", name, err.message);
  return model;
}

static weigh_model *open_text(const char *text) {
  weigh_model *model = NULL;
  weigh_model_request request = {.config = text, .config_size = strlen(text)};
  if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) fail_msg("%s", err.message);
  return model;
}

/* Options separated by blanks. NULL where it fails; err then says why. */
static const wb_adapter *apply(weigh_model *model, const char *name, const char *options) {
  static char text[1024];
  const char *items[16];
  size_t count = 0;
  wb_ctx *ctx = &model->model.ctx;
  snprintf(text, sizeof text, "%s", options);
  for (char *at = strtok(text, " "); at && count < 16; at = strtok(NULL, " ")) items[count++] = at;
  if (WB_BEGIN(ctx))
    return wb_adapter_apply(&model->model, wb_adapter_find(model->model.lib, ctx, wb_str_of(name)), items, count);
  wb_report_failure(ctx, library, &err);
  return NULL;
}

static const wb_adapter *must_apply(weigh_model *model, const char *name, const char *options) {
  const wb_adapter *out = apply(model, name, options);
  if (!out) fail_msg("%s %s: %s", name, options, err.message);
  return out;
}

static int64_t whole(wb_num n) {
  assert_true(wb_num_is_int(n));
  return (int64_t)n.num;
}

#define TINY                                                                                                           \
  "{\"model_type\":\"llama\",\"torch_dtype\":\"bfloat16\",\"vocab_size\":96,\"hidden_size\":16,\"intermediate_size\":" \
  "40,"                                                                                                                \
  "\"num_hidden_layers\":12,\"num_attention_heads\":4,\"num_key_value_heads\":2}"

/* ---- names ---- */

static void names_mean_modules(void **state) {
  (void)state;
  static const struct {
    const char *options;
    int64_t modules, parameters;
  } rows[] = {
      {"r=1", 24, 12 * (16 + 16 + 16 + 8)},
      {"r=1 target_modules=qv", 24, 12 * (16 + 16 + 16 + 8)},
      {"r=1 target_modules=self_attn.q_proj", 12, 12 * 32},
      {"r=1 target_modules=roj", 0, 0}, /* an end of a name, but not after a dot */
      {"r=1 target_modules=layers.1.self_attn.q_proj", 1, 32},
      {"r=1 target_modules=q_proj exclude_modules=layers.1.self_attn.q_proj", 11, 11 * 32},
      {"r=1 target_modules=q_proj layers_to_transform=1,10,11", 3, 3 * 32},
      {"r=1 target_modules=q_proj layers_to_transform=12", 0, 0},
      {"r=1 target_modules=all-linear", 84, 12 * (32 + 24 + 24 + 32 + 3 * 56)},
      {"r=1 target_modules=embed_tokens,lm_head", 2, 96 + 16 + 16 + 96},
      {"r=1 target_modules=q_proj,lm_head modules_to_save=lm_head", 12, 12 * 32 + 16 * 96},
  };
  weigh_model *model = open_text(TINY);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const wb_adapter *a = apply(model, "lora", rows[i].options);
    if (!rows[i].modules) {
      assert_null(a);
      assert_string_equal(err.code, "adapter_no_match");
      continue;
    }
    if (!a) fail_msg("%s: %s", rows[i].options, err.message);
    if (whole(a->adapted) != rows[i].modules || whole(a->parameters) != rows[i].parameters)
      fail_msg("%s: %lld modules, %lld parameters", rows[i].options, (long long)whole(a->adapted),
               (long long)whole(a->parameters));
  }
  weigh_model_free(model);
}

/* ---- what is refused ---- */

static void refusals_say_why(void **state) {
  (void)state;
  static const struct {
    const char *model, *adapter, *options, *code, *part;
  } rows[] = {
      {"mistralai/Mixtral-8x7B-v0.1", "dora", "target_modules=all-linear", "adapter_refused", "use_dora=True"},
      {"mistralai/Mixtral-8x7B-v0.1", "lora", "target_modules=w1,w2", "adapter_fused", "w3"},
      {"mistralai/Mixtral-8x7B-v0.1", "lora", "", "adapter_no_default", "target_modules"},
      {"openai-community/gpt2", "oft", "target_modules=c_attn", "adapter_refused",
       "transformer.h.*.attn.c_attn (conv1d)"},
      {"openai-community/gpt2", "lora", "target_modules=attn", "adapter_holder", "c_attn"},
      {"openai-community/gpt2", "lora", "target_modules=ln_1", "adapter_refused", "(norm)"},
      {"openai-community/gpt2", "lora", "target_modules=.*attn", "adapter_expression", ".*attn"},
      {"openai-community/gpt2", "lora", "rank=8", "adapter_option", "lora_alpha"},
      {"openai-community/gpt2", "lora", "r=much", "adapter_option_value", "much"},
      {"openai-community/gpt2", "lora", "r=0", "adapter_refused", "positive"},
      {"openai-community/gpt2", "lora", "bias=some", "adapter_option_value", "lora_only"},
      {"openai-community/gpt2", "vblora", "vector_length=100", "adapter_refused", "divisible"},
      {"openai-community/gpt2", "bitfit", "", "adapter_unknown", "lora, dora"},
      {"state-spaces/mamba-130m-hf", "lora", "target_modules=out_proj", "adapter_refused", "mamba"},
      {"state-spaces/mamba-130m-hf", "lora", "", "adapter_no_default", "target_modules"},
      {"state-spaces/mamba-130m-hf", "prefix_tuning", "", "adapter_refused", "num_attention_heads"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    weigh_model *model = open_named(rows[i].model);
    if (apply(model, rows[i].adapter, rows[i].options))
      fail_msg("%s %s: not refused", rows[i].adapter, rows[i].options);
    if (strcmp(err.code, rows[i].code) != 0 || !strstr(err.message, rows[i].part))
      fail_msg("%s %s: %s: %s", rows[i].adapter, rows[i].options, err.code, err.message);
    weigh_model_free(model);
  }
}

/* Sizes beyond all numbers are an error, and so is work without an end. */
static void hostile_options_end(void **state) {
  (void)state;
  static const char *const rows[][2] = {
      {"lora", "r=170141183460469231731687303715884105727 target_modules=all-linear"},
      {"vera", "r=99999999999999999999999999999999999999 target_modules=all-linear"},
      {"oft", "oft_block_size=99999999999 target_modules=all-linear"},
      {"lokr", "decompose_factor=-7 target_modules=all-linear r=1e30"},
      {"prefix_tuning", "num_virtual_tokens=99999999999999999999999999999999999999"},
      {"lora", "target_modules=................"},
      {"lora", "target_modules=,,,,"},
      {"lora", "target_modules=q_proj layers_to_transform=99999999999999999999"},
  };
  weigh_model *model = open_text(TINY);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) apply(model, rows[i][0], rows[i][1]);
  assert_non_null(must_apply(model, "lora", "r=1"));
  weigh_model_free(model);
}

/* ---- what is made ---- */

static void dtypes_and_what_is_frozen(void **state) {
  (void)state;
  weigh_model *model = open_text(TINY);
  const wb_adapter *a = must_apply(model, "lora", "r=2 target_modules=q_proj modules_to_save=lm_head");
  for (size_t i = 0; i < a->trained.count; i++) {
    const bool saved = wb_str_is(a->trained.items[i].pattern, "lm_head.modules_to_save.weight");
    assert_true(wb_str_is(a->trained.items[i].dtype, saved ? "bfloat16" : "float32"));
    assert_true(a->trained.items[i].is_adapter);
    assert_non_null(a->trained.items[i].row);
  }
  a = must_apply(model, "lora", "r=2 target_modules=q_proj autocast_adapter_dtype=false");
  assert_true(wb_str_is(a->trained.items[0].dtype, "bfloat16"));
  a = must_apply(model, "lora_fa", "r=2 target_modules=q_proj"); /* B alone trains */
  assert_int_equal(whole(a->parameters), 12 * 2 * 16);
  assert_int_equal(whole(a->frozen_elements), 12 * 2 * 16);
  a = must_apply(model, "vera", "r=4 target_modules=q_proj,down_proj"); /* one A and one B, as wide as the widest */
  assert_int_equal(whole(a->frozen_elements), 4 * 40 + 16 * 4);
  assert_int_equal(whole(a->parameters), 12 * 2 * (16 + 4));
  assert_int_equal(a->frozen.count, 2);
  weigh_model_free(model);
}

/* Both experts' tensors, and the router beside them: rank 2·E·r, E·r and r. */
static void experts_are_parameters(void **state) {
  (void)state;
  weigh_model *model = open_named("mistralai/Mixtral-8x7B-v0.1");
  const wb_adapter *a = must_apply(model, "lora", "r=8 target_modules=w1,w2,w3,gate");
  const int64_t fused = 2 * 8 * 8 * (4096 + 2 * 14336), down = 8 * 8 * (14336 + 4096), router = 8 * (4096 + 8);
  assert_int_equal(whole(a->parameters), 32 * (fused + down + router));
  assert_int_equal(whole(a->adapted), 0);
  weigh_model_free(model);
}

/* A derivation's numbers come to the figure, and its leaves lead to the configuration and the options. */
static void figures_are_derived(void **state) {
  (void)state;
  weigh_model *model = open_text(TINY);
  wb_ctx *ctx = &model->model.ctx;
  const wb_adapter *a = must_apply(model, "lora", "r=3 target_modules=q_proj,up_proj modules_to_save=lm_head bias=all");
  bool field = false, option = false;
  if (!WB_BEGIN(ctx)) fail_msg("no derivation");
  const wb_derivation *d = wb_adapter_derive(&model->model, a);
  assert_int_equal(whole(d->root->value.u.num), whole(a->parameters));
  assert_int_equal(d->root->count, a->trained.count);
  for (size_t i = 0; i < d->count; i++) {
    field = field || d->nodes[i]->origin.kind == WB_FROM_FIELD;
    option = option || (d->nodes[i]->origin.kind == WB_FROM_WORKLOAD && wb_str_is(d->nodes[i]->name, "r"));
  }
  assert_true(field);
  assert_true(option);
  weigh_model_free(model);
}

/* LSTM of p-tuning: torch's LSTM(h, i, 2 layers, both directions) and two products. */
static void prompt_encoders(void **state) {
  (void)state;
  weigh_model *model = open_text(TINY);
  const wb_adapter *a = must_apply(model, "p-tuning", "encoder_reparameterization_type=LSTM encoder_hidden_size=8");
  const int64_t first = 2 * 4 * 8 * (16 + 8 + 2), second = 2 * 4 * 8 * (16 + 8 + 2);
  assert_int_equal(whole(a->parameters), 20 * 16 + first + second + 16 * 16 + 16 + 16 * 16 + 16);
  a = must_apply(model, "prompt-tuning", "num_virtual_tokens=5 num_transformer_submodules=2");
  assert_int_equal(whole(a->parameters), 10 * 16);
  a = must_apply(model, "prefix_tuning", "num_virtual_tokens=5"); /* two heads of four numbers each */
  assert_int_equal(whole(a->parameters), 5 * 12 * 2 * 8);
  weigh_model_free(model);
}

static int begin(void **state) {
  (void)state;
  return weigh_library_open(&(weigh_library_options){0}, &library, &err) == WEIGH_OK ? 0 : -1;
}

static int end(void **state) {
  (void)state;
  weigh_library_free(library);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(names_mean_modules),     cmocka_unit_test(refusals_say_why),
      cmocka_unit_test(hostile_options_end),    cmocka_unit_test(dtypes_and_what_is_frozen),
      cmocka_unit_test(experts_are_parameters), cmocka_unit_test(figures_are_derived),
      cmocka_unit_test(prompt_encoders),
  };
  return cmocka_run_group_tests_name("adapters", tests, begin, end);
}
