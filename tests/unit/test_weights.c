/* Weights in formats. Figures: definitions of the formats, sizes that publishers and registries print, and measurements;
 * each row says whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/handle.h"
#include "estimate/names.h"
#include "estimate/weights.h"

static weigh_library *library;
static weigh_error err;

static weigh_model *open_with(const char *name, const char *setting) {
  weigh_model *model = NULL;
  weigh_model_request request = {.model = name, .settings = &setting, .setting_count = setting ? 1 : 0};
  if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) fail_msg("%s: %s", name, err.message);
  return model;
}

/* NULL where the plan fails; err then says why. */
static const wb_weights *plan(weigh_model *model, const char *asked, const char *rest) {
  wb_ctx *ctx = &model->model.ctx;
  if (WB_BEGIN(ctx)) return wb_weights_as(&model->model, wb_str_of(asked), wb_str_of(rest));
  wb_report_failure(ctx, library, &err);
  return NULL;
}

static const wb_weights *must_plan(weigh_model *model, const char *asked, const char *rest) {
  const wb_weights *w = plan(model, asked, rest);
  if (!w) fail_msg("%s: %s", asked, err.message);
  return w;
}

static int64_t whole(wb_num n) {
  assert_true(wb_num_is_int(n));
  return (int64_t)n.num;
}

/* ---- one matrix ---- */

static void bits_of_one_matrix(void **state) {
  (void)state;
  static const struct {
    const char *asked;
    int64_t millibits; /* as printed */
    const char *source;
  } rows[] = {
      {"gptq-4-64", 4315, "(4096 · 14336 / 2 + 64 · 14336 · 2.5 + 4 · 4096) · 8 / (4096 · 14336)"},
      {"gptq-8-128", 8190, "AutoGPTQ, the same with 8 bits and groups of 128"},
      {"w4a16-4-32", 4500, "compressed-tensors: 4 + 16 / 32"},
      {"fp8-block", 8002, "DeepSeek-V3: 8 + 32 / 16384"},
      {"mxfp4", 4250, "OCP microscaling formats: 4 + 8 / 32"},
      {"nvfp4", 4500, "4 + 8 / 16"},
      {"nf4", 4500, "QLoRA, arXiv:2305.14314: 4 + 32 / 64"},
      {"nf4-dq", 4127, "QLoRA, arXiv:2305.14314: 4 + 8 / 64 + 32 / (64 · 256)"},
      {"fp8", 8000, "one scale a tensor"},
  };
  weigh_model *model = open_with("mistralai/Mixtral-8x7B-v0.1", NULL);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const wb_weights *w = must_plan(model, rows[i].asked, "");
    bool seen = false;
    for (size_t k = 0; k < w->count; k++) {
      const wb_weight *item = &w->items[k];
      if (!item->format || item->matrix.inputs.num != 4096 || item->matrix.outputs.num != 14336) continue;
      const double bits = 8 * wb_num_double(item->stored) / wb_num_double(item->row.elements);
      seen = true;
      if ((int64_t)(bits * 1000 + 0.5) != rows[i].millibits) fail_msg("%s: %.6f bits", rows[i].asked, bits);
    }
    assert_true(seen);
  }
  weigh_model_free(model);
}

/* ---- whole models ---- */

#define FP8 "quantization_config={\"quant_method\":\"fp8\",\"weight_block_size\":[128,128]}"
#define MXFP4                                                                                                 \
  "quantization_config={\"quant_method\":\"mxfp4\",\"modules_to_not_convert\":[\"model.layers.*.self_attn\"," \
  "\"model.layers.*.mlp.router\",\"model.embed_tokens\",\"lm_head\"]}"

static void published_sizes(void **state) {
  (void)state;
  static const struct {
    const char *model, *setting;
    int64_t bytes, elements; /* 0: not published; elements with prediction layers */
    const char *source;
  } rows[] = {
      {"openai/gpt-oss-120b", MXFP4, 65248815744, 0, "model.safetensors.index.json, total_size"},
      {"openai/gpt-oss-20b", MXFP4, 13761264768, 0, "model.safetensors.index.json, total_size"},
      {"deepseek-ai/DeepSeek-V3", FP8, 0, 684531386000, "registry of the publisher, safetensors total"},
      {"deepseek-ai/DeepSeek-V3.2", FP8, 0, 685396921376, "registry of the publisher, safetensors total"},
      {"Qwen/Qwen3-32B-FP8", FP8, 0, 32764027904, "registry of the publisher, safetensors total"},
      {"MiniMaxAI/MiniMax-M2.5", FP8, 0, 228703644928, "registry of the publisher, safetensors total"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    weigh_model *model = open_with(rows[i].model, rows[i].setting);
    const wb_weights *w = must_plan(model, "", "");
    if (rows[i].bytes && whole(w->stored) != rows[i].bytes)
      fail_msg("%s: %lld", rows[i].model, (long long)whole(w->stored));
    const int64_t elements = whole(w->stored_elements) + whole(w->mtp_stored_elements);
    if (rows[i].elements && elements != rows[i].elements) fail_msg("%s: %lld", rows[i].model, (long long)elements);
    assert_int_equal(w->warning_count, 0);
    weigh_model_free(model);
  }
}

/* Anassbzdd/fitcheck: measured on a T4; what is not quantised stands in 32 bits, as training keeps it. */
static void measured_nf4(void **state) {
  (void)state;
  weigh_model *model = open_with("meta-llama/Llama-3.1-8B", NULL);
  const wb_weights *w = must_plan(model, "nf4", "fp32");
  assert_int_equal((whole(w->loaded) + (1 << 19)) >> 20, 7753);
  weigh_model_free(model);
  model = open_with("Qwen/Qwen2.5-1.5B", NULL);
  w = must_plan(model, "nf4", "fp32");
  assert_int_equal(whole(w->quantized), 1310195712);
  int64_t packed = whole(w->quantized) / 2, scales = -packed;
  for (size_t i = 0; i < w->count; i++)
    if (w->items[i].format) scales += whole(w->items[i].loaded) * whole(w->items[i].row.copies);
  assert_int_equal((packed * 100 + (1 << 19)) >> 20, 62475);
  assert_int_equal((scales * 100 + (1 << 19)) >> 20, 7811);
  weigh_model_free(model);
}

/* llm-d-incubation/llm-d-planner: vLLM 0.11.0 on one H100, within 1 %. */
static void loaded_by_an_engine(void **state) {
  (void)state;
  static const struct {
    const char *model, *setting, *asked;
    double gib;
  } rows[] = {{"openai/gpt-oss-120b", MXFP4, "", 64.38},
              {"openai/gpt-oss-20b", MXFP4, "", 13.47},
              {"meta-llama/Llama-3.1-8B", NULL, "bf16", 14.99}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    weigh_model *model = open_with(rows[i].model, rows[i].setting);
    const double gib = wb_num_double(must_plan(model, rows[i].asked, "")->loaded) / 1073741824.0;
    if (gib < rows[i].gib * 0.99 || gib > rows[i].gib * 1.01) fail_msg("%s: %.3f GiB", rows[i].model, gib);
    weigh_model_free(model);
  }
}

/* Real files with their lists of names, where they are at hand. */
static void published_files(void **state) {
  (void)state;
  static const struct {
    const char *model;
    int64_t elements; /* stored, with prediction layers */
    bool packed;      /* the registry counts packed bytes and leaves scales out (NVFP4) */
  } rows[] = {
      {"deepseek-ai/DeepSeek-R1", 684531386000, false},
      {"deepseek-ai/DeepSeek-V4-Flash", 158069433298, false},
      {"deepseek-ai/DeepSeek-V4-Pro", 861608274846, false},
      {"zai-org/GLM-5-FP8", 753910024032, false},
      {"zai-org/GLM-5.1-FP8", 753910024032, false},
      {"Qwen/Qwen3-Next-80B-A3B-Instruct-FP8", 81329784384, false},
      {"Qwen/Qwen3-VL-235B-A22B-Instruct-FP8", 235684292848, false},
      {"RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic", 108659340800, false},
      {"microsoft/bitnet-b1.58-2B-4T", 849787090, false},
      {"nvidia/MiniMax-M2.5-NVFP4", 116349510656, true},
      {"nvidia/Gemma-4-31B-IT-NVFP4", 20868591152, true},
  };
  const char *folder = getenv("WEIGH_TRUTH_DIR");
  if (!folder) return; /* the truth folder widens this test */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/models/%s/config.json", folder, rows[i].model);
    weigh_model *model = open_with(path, NULL);
    const wb_weights *w = must_plan(model, "", "");
    int64_t elements = whole(w->stored_elements) + whole(w->mtp_stored_elements);
    if (rows[i].packed) elements = whole(w->parameters) - whole(w->quantized) / 2;
    if (elements != rows[i].elements) fail_msg("%s: %lld", rows[i].model, (long long)elements);
    weigh_model_free(model);
  }
}

/* ---- which matrices ---- */

static void lists_of_names(void **state) {
  (void)state;
  static const struct {
    const char *pattern, *name;
    bool means;
  } rows[] = {
      {"lm_head", "lm_head", true},
      {"lm_head", "language_model.lm_head", true},
      {"model.layers.3", "model.layers.3.mlp.up_proj", true},
      {"model.layers.3", "model.layers.30.mlp.up_proj", false},
      {"gate", "model.layers.0.block_sparse_moe.gate", true},
      {"gate", "model.layers.0.mlp.gate_proj", false},
      {"model.visual.blocks.0.attn.qkv", "visual.blocks.0.attn.qkv", true},
      {"model.layers.*.self_attn", "model.layers.17.self_attn.q_proj", true},
      {"model.layers.0.self_attn*", "model.language_model.layers.0.self_attn.q_proj", true},
      {"model.layers.1.*", "model.layers.10.mlp.up_proj", false},
      {"*.mlp.shared_expert.*", "model.layers.0.mlp.shared_expert.up_proj", true},
      {"re:.*self_attn.*", "model.layers.0.self_attn.q_proj", true},
      {"re:.*mlp\\.(gate|up|gate_up|down)_proj.*", "model.layers.0.mlp.gate_proj", true},
      {"re:.*mlp\\.(gate|up|gate_up|down)_proj.*", "model.layers.0.mlp.experts.3.gate_proj", false},
      {"re:.*layers\\.([1-9]|[12]\\d|30)\\..*(w[1-3]|gate_proj)$", "model.layers.30.mlp.gate_proj", true},
      {"re:.*layers\\.([1-9]|[12]\\d|30)\\..*(w[1-3]|gate_proj)$", "model.layers.31.mlp.gate_proj", false},
      {"re:.*layers\\.([1-9]|[12]\\d|30)\\..*(w[1-3]|gate_proj)$", "model.layers.30.mlp.gate_proj_b", false},
      {"re:model\\.layers", "my.model.layers", false},
      {"re:^a{2,3}b?$", "aaa", true},
      {"re:^a{2,3}b?$", "aaaa", false},
      {"re:(?:ab)+c*?$", "ababcc", true},
      {"re:[^.]+\\.w", "model.w", true},
      {"re:[^.]+\\.w", "a.b.w", false},
      {"re:(a*)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false},
  };
  wb_ctx ctx = {0};
  assert_true(wb_ctx_open(&ctx, 0));
  assert_true(WB_BEGIN(&ctx));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    wb_names *names = wb_names_new(&ctx, WB_STR("whole end"));
    assert_true(wb_names_add(names, wb_str_of(rows[i].pattern)));
    if (wb_names_mean(names, wb_str_of(rows[i].name)) != rows[i].means)
      fail_msg("%s: %s", rows[i].pattern, rows[i].name);
  }
  static const char *const odd[] = {
      "re:(", "re:a)", "re:[a", "re:*", "re:(?!x)y", "re:a\\", "re:\\1", "re:a{9999}", "re:((((a{99}){99}){99}){99})"};
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
    if (wb_names_add(wb_names_new(&ctx, WB_STR("whole")), wb_str_of(odd[i]))) fail_msg("%s", odd[i]);
  wb_ctx_close(&ctx);
}

/* One set, asked of one name after the other: what it keeps of the names before must not tell. */
static void a_set_of_names_keeps_layers_apart(void **state) {
  (void)state;
  static const struct {
    const char *patterns[3], *names[6];
    bool means[6];
  } rows[] = {
      {{"re:.*layers\\.\\d\\.mlp", "*.gate"},
       {"layers.1.mlp", "layers.2.mlp", "layers.12.mlp", "layers.2.attn", "layers.7.gate", "layers.33.gate"},
       {true, true, false, false, true, true}},
      {{"re:.*layers\\.[0-4]\\.mlp", "*.gate"},
       {"layers.1.mlp", "layers.2.mlp", "layers.7.mlp", "layers.4.mlp", "layers.7.gate", "layers.33.gate"},
       {true, true, false, true, true, true}},
      {{"*.1.mlp"},
       {"layers.1.mlp", "layers.2.mlp", "layers.1.mlp.up", "layers.11.mlp", "layers.1.attn", "x.y.1.mlp"},
       {true, false, true, false, false, true}},
      {{"layers.1*", "layers.20.mlp*", "layers.?*.gate"},
       {"model.layers.1.mlp", "layers.12", "layers.2.mlp", "layers.20.mlp.up", "layers.20.attn", "layers.30.gate"},
       {true, true, false, true, false, true}},
  };
  wb_ctx ctx = {0};
  assert_true(wb_ctx_open(&ctx, 0));
  assert_true(WB_BEGIN(&ctx));
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    wb_names *names = wb_names_new(&ctx, WB_STR("whole"));
    for (size_t k = 0; k < 3 && rows[i].patterns[k]; k++)
      assert_true(wb_names_add(names, wb_str_of(rows[i].patterns[k])));
    for (size_t k = 0; k < 12; k++)
      if (wb_names_mean(names, wb_str_of(rows[i].names[k % 6])) != rows[i].means[k % 6])
        fail_msg("%s: %s", rows[i].patterns[0], rows[i].names[k % 6]);
  }
  wb_ctx_close(&ctx);
}

static int64_t held(const wb_weights *w, const char *part) {
  int64_t sum = 0;
  for (size_t i = 0; i < w->count; i++) {
    char pattern[WB_NAME_MAX + 1] = {0};
    memcpy(pattern, w->items[i].row.pattern.ptr, w->items[i].row.pattern.len);
    if (w->items[i].format && strstr(pattern, part)) sum += whole(w->items[i].row.copies);
  }
  return sum;
}

static void what_stays_as_it_is(void **state) {
  (void)state;
  weigh_model *model = open_with("mistralai/Mixtral-8x7B-v0.1", NULL);
  const wb_weights *w = must_plan(model, "int4", "");
  assert_int_equal(held(w, "embed"), 0);
  assert_int_equal(held(w, "head"), 0);
  assert_int_equal(held(w, "norm"), 0);
  assert_int_equal(held(w, ".gate.weight"), 0); /* the router */
  assert_int_equal(held(w, "self_attn"), 32 * 4);
  assert_int_equal(held(w, "experts"), 32 * 8 * 3);
  weigh_model_free(model);

  /* one layer, some layers, one expert in one layer */
  model = open_with("mistralai/Mixtral-8x7B-v0.1",
                    "quantization_config={\"quant_method\":\"fp8\",\"modules_to_not_convert\":[\"model.layers.3\","
                    "\"model.layers.1*.self_attn\",\"model.layers.5.block_sparse_moe.experts.2\"]}");
  w = must_plan(model, "", "");
  assert_int_equal(held(w, "self_attn"), (32 - 1 - 11) * 4);
  assert_int_equal(held(w, "experts"), 31 * 8 * 3 - 3);
  weigh_model_free(model);

  /* GPTQModel: another width for some, none for others; the head too */
  model = open_with("meta-llama/Llama-3.1-8B",
                    "quantization_config={\"quant_method\":\"gptq\",\"bits\":4,\"group_size\":128,\"lm_head\":true,"
                    "\"dynamic\":{\"-:.*down_proj\":{},\"+:.*q_proj\":{\"bits\":8}}}");
  w = must_plan(model, "", "");
  assert_int_equal(held(w, "down_proj"), 0);
  assert_int_equal(held(w, "lm_head"), 1);
  for (size_t i = 0; i < w->count; i++) {
    const wb_weight *item = &w->items[i];
    if (!item->format) continue;
    const double bits = 8 * wb_num_double(item->stored) / wb_num_double(item->row.elements);
    const bool wide = wb_str_ends(item->row.pattern, WB_STR("q_proj.weight"));
    assert_true(wide ? bits > 8 && bits < 8.3 : bits > 4 && bits < 4.3);
  }
  weigh_model_free(model);
}

static void what_a_format_cannot_hold(void **state) {
  (void)state;
  weigh_model *model = open_with("meta-llama/Llama-3.1-8B", "intermediate_size=14400");
  const wb_weights *w = must_plan(model, "awq", "");
  assert_int_equal(held(w, "down_proj"), 0);
  assert_int_equal(held(w, "up_proj"), 32);
  assert_int_equal(w->warning_count, 1);
  assert_int_equal(w->warnings[0].message, WB_QUANTIZATION_LEFT);
  weigh_model_free(model);
}

/* ---- every model, every choice ---- */

static void parts_make_the_whole(void **state) {
  (void)state;
  static const char *const models[] = {"meta-llama/Llama-3.1-8B", "deepseek-ai/DeepSeek-V3", "openai/gpt-oss-20b",
                                       "Qwen/Qwen3-VL-235B-A22B-Instruct", "state-spaces/mamba-370m-hf"};
  static const char *const choices[] = {"",         "bf16",  "fp8",    "fp8-block", "fp8-channel", "int8",
                                        "bnb-int8", "nf4",   "nf4-dq", "int4",      "awq",         "w4a16",
                                        "nvfp4",    "mxfp4", "mxfp8",  "mlx"};
  for (size_t m = 0; m < sizeof models / sizeof *models; m++)
    for (size_t c = 0; c < sizeof choices / sizeof *choices; c++) {
      weigh_model *model = open_with(models[m], NULL);
      const wb_weights *w = must_plan(model, choices[c], "");
      int64_t stored = 0, copies = 0, rows = 0, parts_stored = 0;
      for (size_t i = 0; i < w->count; i++) {
        const wb_weight *item = &w->items[i];
        copies += whole(item->row.copies);
        if (!item->row.mtp) stored += whole(item->stored) * whole(item->row.copies);
        assert_int_equal(whole(wb_weight_share(w, item, WB_CUT_COLUMNS, wb_num_int(1), false)), whole(item->stored));
        assert_int_equal(whole(wb_weight_share(w, item, WB_CUT_ROWS, wb_num_int(1), true)), whole(item->loaded));
        const wb_num half = {1, 2}, part = wb_weight_share(w, item, WB_CUT_COLUMNS, half, true);
        assert_true(2 * whole(part) >= whole(item->loaded) && whole(part) <= whole(item->loaded));
      }
      for (size_t i = 0; i < model->model.row_count; i++)
        if (model->model.rows[i].kind != WB_TIED) rows += whole(model->model.rows[i].copies);
      wb_weights_part *parts;
      const size_t n = wb_weights_parts(w, &parts);
      for (size_t i = 0; i < n; i++) parts_stored += whole(parts[i].stored);
      assert_int_equal(copies, rows);
      assert_int_equal(stored, whole(w->stored));
      assert_int_equal(parts_stored, whole(w->stored));
      assert_int_equal(whole(w->parameters), whole(model->model.total));
      weigh_model_free(model);
    }
}

static void names_of_choices(void **state) {
  (void)state;
  static const char *const wrong[] = {
      "q9", "gptq-4-64-3", "nf4-", "-4", "gptq--4", "bf16-8", "gptq-4-99999999999999999999"};
  weigh_model *model = open_with("meta-llama/Llama-3.1-8B", NULL);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (plan(model, wrong[i], "")) fail_msg("%s", wrong[i]);
  assert_null(plan(model, "q9", ""));
  assert_string_equal(err.code, "weights_unknown");
  wb_weights_choice choice;
  size_t listed = 0;
  for (; wb_weights_listed(listed, &choice); listed++) {
    char name[32] = {0};
    memcpy(name, choice.name.ptr, choice.name.len);
    must_plan(model, name, "");
  }
  assert_true(listed >= 5);
  assert_int_equal(whole(must_plan(model, "torch.float16", "")->stored), 2 * 8030261248);
  weigh_model_free(model);
}

/* ---- settings from outside ---- */

static void hostile_settings(void **state) {
  (void)state;
  static const struct {
    const char *setting, *code; /* NULL: answered, with a warning */
  } rows[] = {
      {"\"4bit\"", "model_not_object"},
      {"[]", "model_not_object"},
      {"{\"quant_method\":4}", "field_type"},
      {"{\"quant_method\":\"unheard-of\"}", NULL},
      {"{}", NULL},
      {"{\"quant_method\":\"gptq\",\"bits\":0}", NULL},
      {"{\"quant_method\":\"gptq\",\"bits\":\"four\"}", "field_type"},
      {"{\"quant_method\":\"gptq\",\"bits\":4.5}", "field_type"},
      {"{\"quant_method\":\"gptq\",\"bits\":-4}", "field_range"},
      {"{\"quant_method\":\"gptq\",\"group_size\":0}", NULL},
      {"{\"quant_method\":\"gptq\",\"group_size\":-7}", "field_range"},
      {"{\"quant_method\":\"gptq\",\"sym\":[]}", "field_type"},
      {"{\"quant_method\":\"gptq\",\"dynamic\":[]}", "field_type"},
      {"{\"quant_method\":\"gptq\",\"dynamic\":{\"-:(\":{}}}", NULL},
      {"{\"quant_method\":\"awq\",\"group_size\":0}", NULL},
      {"{\"quant_method\":\"fp8\",\"modules_to_not_convert\":\"lm_head\"}", "field_type"},
      {"{\"quant_method\":\"fp8\",\"modules_to_not_convert\":[1]}", "field_type"},
      {"{\"quant_method\":\"fp8\",\"weight_block_size\":128}", "field_type"},
      {"{\"quant_method\":\"fp8\",\"weight_block_size\":[0,0]}", NULL},
      {"{\"quant_method\":\"fp8\",\"weight_block_size\":[]}", NULL},
      {"{\"quant_method\":\"fp8\",\"weight_block_size\":[\"a\",\"b\"]}", "lang_type"},
      {"{\"quant_method\":\"compressed-tensors\"}", NULL},
      {"{\"quant_method\":\"compressed-tensors\",\"config_groups\":3}", "field_type"},
      {"{\"quant_method\":\"compressed-tensors\",\"config_groups\":{\"g\":3}}", "field_type"},
      {"{\"quant_method\":\"compressed-tensors\",\"format\":\"pack-quantized\",\"config_groups\":{\"g\":{\"targets\":"
       "[\"re:[\"],\"weights\":{\"num_bits\":4}}}}",
       NULL},
      {"{\"quant_method\":\"modelopt\",\"quantized_layers\":7}", "field_type"},
      {"{\"quant_method\":\"modelopt\",\"quantized_layers\":{\"a\":7}}", "field_type"},
      {"{\"quant_method\":\"modelopt\",\"quantized_layers\":{\"a\":{\"quant_algo\":\"Q\"}}}", NULL},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char setting[512];
    snprintf(setting, sizeof setting, "quantization_config=%s", rows[i].setting);
    weigh_model *model = open_with("meta-llama/Llama-3.1-8B", setting);
    const wb_weights *w = plan(model, "", "");
    if (rows[i].code && w) fail_msg("%s: accepted", rows[i].setting);
    if (rows[i].code && strcmp(err.code, rows[i].code) != 0) fail_msg("%s: %s", rows[i].setting, err.code);
    if (!rows[i].code && !w) fail_msg("%s: %s", rows[i].setting, err.message);
    if (w && !w->warning_count) fail_msg("%s: no warning", rows[i].setting);
    weigh_model_free(model);
  }
}

/* Ten thousand names and an expression that backtracking would never finish: answered, or refused for its length. */
static void long_lists(void **state) {
  (void)state;
  char *text = malloc(1 << 20);
  size_t n = (size_t)sprintf(
      text, "quantization_config={\"quant_method\":\"fp8\",\"modules_to_not_convert\":[\"re:(a*)*(.*)*x\"");
  for (int i = 0; i < 10000; i++) n += (size_t)sprintf(text + n, ",\"model.layers.%d.mlp.experts.%d*\"", i % 61, i);
  sprintf(text + n, "]}");
  weigh_model *model = open_with("deepseek-ai/DeepSeek-V3", text);
  if (!plan(model, "", "")) assert_string_equal(err.code, "too_much_work");
  weigh_model_free(model);
  free(text);
}

static int open_library(void **state) {
  (void)state;
  return weigh_library_open(&(weigh_library_options){0}, &library, &err) == WEIGH_OK ? 0 : -1;
}

static int close_library(void **state) {
  (void)state;
  weigh_library_free(library);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bits_of_one_matrix),
      cmocka_unit_test(published_sizes),
      cmocka_unit_test(measured_nf4),
      cmocka_unit_test(loaded_by_an_engine),
      cmocka_unit_test(published_files),
      cmocka_unit_test(lists_of_names),
      cmocka_unit_test(what_stays_as_it_is),
      cmocka_unit_test(what_a_format_cannot_hold),
      cmocka_unit_test(parts_make_the_whole),
      cmocka_unit_test(names_of_choices),
      cmocka_unit_test(hostile_settings),
      cmocka_unit_test(long_lists),
      cmocka_unit_test(a_set_of_names_keeps_layers_apart),
  };
  return cmocka_run_group_tests(tests, open_library, close_library);
}
