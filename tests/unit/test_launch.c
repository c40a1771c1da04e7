/* Command lines of engines: words, flags, what they set, and that what is written reads back as the same question. */
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
#include "estimate/flags.h"
#include "source/shell.h"

static weigh_library *library;
static weigh_error err;
static wb_ctx ctx;

static weigh_model *try_open(const char *text) {
  weigh_model *model = NULL;
  err = (weigh_error){0};
  weigh_model_open(library, &(weigh_model_request){.model = text}, &model, &err);
  return model;
}

static weigh_model *must_open(const char *text) {
  weigh_model *model = try_open(text);
  if (!model) fail_msg("%s: %s", text, err.message);
  return model;
}

/* ---- words ---- */

static void words_are_those_of_a_shell(void **state) {
  (void)state;
  static const struct {
    const char *text, *words; /* | between */
  } rows[] = {{"a b\tc", "a|b|c"},
              {"  a  \n b ", "a|b"},
              {"a 'b c' \"d e\"", "a|b c|d e"},
              {"a\\ b 'it'\\''s'", "a b|it's"},
              {"\"x\\\"y\" '\\n'", "x\"y|\\n"},
              {"a \\\n  b \\  \n c\\\n", "a|b|c"},
              {"a \\\r\n b", "a|b"},
              {"a '' b", "a||b"},
              {"a # rest 'of", "a"},
              {"a#b", "a#b"},
              {"a --x='{\"k\": 3}' b", "a|--x={\"k\": 3}|b"},
              {"a b > log 2>&1", "a|b"},
              {"a b 2>&1 | tee", "a|b"},
              {"a b&& c", "a|b"},
              {"a b;c", "a|b"},
              {"", ""}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    wb_ctx_begin(&ctx);
    if (!WB_GUARD(&ctx)) fail_msg("%s fails", rows[i].text);
    const wb_words words = wb_shell_words(&ctx, wb_str_of(rows[i].text));
    wb_text joined = {.ctx = &ctx};
    for (size_t n = 0; n < words.count; n++) {
      if (n) wb_text_addc(&joined, '|');
      wb_text_add(&joined, words.items[n]);
    }
    assert_string_equal(wb_str_cstr(&ctx, wb_text_str(&joined)), rows[i].words);
  }
}

static void quoted_words_read_back(void **state) {
  (void)state;
  static const char *const words[] = {"plain", "a b", "it's", "", "{\"a\": 3}", "$x `y` \\", "#no", "a;b|c", "é", "~x"};
  wb_ctx_begin(&ctx);
  if (!WB_GUARD(&ctx)) fail();
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    wb_text text = {.ctx = &ctx};
    wb_shell_quote(&text, wb_str_of(words[i]));
    const wb_words back = wb_shell_words(&ctx, wb_text_str(&text));
    assert_int_equal(back.count, 1);
    assert_true(wb_str_is(back.items[0], words[i]));
  }
}

/* ---- which texts are command lines ---- */

static void only_command_lines_are_read_as_such(void **state) {
  (void)state;
  static const char *const yes[] = {"vllm serve x",
                                    "/opt/a/vllm serve x",
                                    "A=1 B='x y' sudo -E vllm serve x",
                                    "python -m sglang.launch_server --model-path x",
                                    "python3.12 -u -m vllm.entrypoints.openai.api_server --model x",
                                    "./llama-server -m x",
                                    "C:\\llama\\llama-server.exe -m x",
                                    "trtllm-serve x",
                                    "trtllm-serve serve x",
                                    "vllm \\\n serve x"};
  static const char *const no[] = {"",
                                   "vllm",
                                   "vllm serve",
                                   "llama-server",
                                   "Qwen/Qwen3-8B",
                                   "a.json",
                                   "/vllm serve.json",
                                   "vllm bench x",
                                   "python -m x y"};
  for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
    if (!wb_launch_is(wb_str_of(yes[i]))) fail_msg("not seen: %s", yes[i]);
  for (size_t i = 0; i < sizeof no / sizeof *no; i++)
    if (wb_launch_is(wb_str_of(no[i]))) fail_msg("seen: %s", no[i]);
}

/* ---- what flags set ---- */

static void print_question(char *out, size_t size, const weigh_serving *s) {
  int at = snprintf(out, size,
                    "context %lld sequences %lld tp %lld pp %lld dp %lld cp %lld dcp %lld ep %d loras %lld/%lld mtp %d",
                    (long long)s->context, (long long)s->sequences, (long long)s->tp, (long long)s->pp,
                    (long long)s->dp, (long long)s->cp, (long long)s->dcp, s->expert_parallel, (long long)s->loras,
                    (long long)s->lora_rank, s->with_mtp);
  at += snprintf(out + at, size - (size_t)at, " %s/%s/%s/%s", s->dtype ? s->dtype : "-", s->quant ? s->quant : "-",
                 s->kv_dtype ? s->kv_dtype : "-", s->state_dtype ? s->state_dtype : "-");
  if (s->has_gpu_layers) at += snprintf(out + at, size - (size_t)at, " layers %lld", (long long)s->gpu_layers);
  for (size_t i = 0; i < s->engine_option_count; i++)
    at += snprintf(out + at, size - (size_t)at, " %s", s->engine_options[i]);
}

static void flags_set_what_they_mean(void **state) {
  (void)state;
  static const struct {
    const char *text, *question;
  } rows[] = {
      {"vllm serve Qwen/Qwen3-8B -tp 2 --pipeline_parallel_size=3 -dp 4 -dcp 2 -ep --max-model-len 1.5k",
       "context 1500 sequences 0 tp 2 pp 3 dp 4 cp 0 dcp 2 ep 1 loras 0/0 mtp 0 -/-/-/-"},
      {"vllm serve Qwen/Qwen3-8B --max-model-len 8 --tensor-parallel 2 --dtype half -q fp8 --kv-cache-dtype fp8_e5m2",
       "context 8 sequences 0 tp 2 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 0/0 mtp 0 float16/fp8/fp8/-"},
      {"vllm serve Qwen/Qwen3-8B-AWQ --max-model-len 8 -q awq_marlin",
       "context 8 sequences 0 tp 0 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 0/0 mtp 0 -/awq/-/-"},
      {"vllm serve Qwen/Qwen3-8B --max-model-len 8 --max-loras 4 --max-lora-rank 64",
       "context 8 sequences 0 tp 0 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 0/0 mtp 0 -/-/-/-"},
      {"vllm serve Qwen/Qwen3-8B --max-model-len 8 --enable-lora --max-lora-rank 64",
       "context 8 sequences 0 tp 0 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 1/64 mtp 0 -/-/-/-"},
      {"vllm serve Qwen/Qwen3-8B --max-model-len 8 --speculative-config.method mtp "
       "--speculative-config.num_speculative_tokens 2",
       "context 8 sequences 0 tp 0 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 0/0 mtp 1 -/-/-/- num_speculative_tokens=2"},
      {"vllm serve Qwen/Qwen3-8B --max-model-len 8 --max-num-seqs 3 --max-num-seqs 4",
       "context 8 sequences 0 tp 0 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 0/0 mtp 0 -/-/-/- max_num_seqs=4 max_num_seqs=3"},
      {"vllm serve Qwen/Qwen3-8B --hf-overrides '{\"max_position_embeddings\": 77}' -O3 --compilation-config "
       "'{\"cudagraph_mode\": \"NONE\"}'",
       "context 77 sequences 0 tp 0 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 0/0 mtp 0 -/-/-/- enforce_eager=true"},
      {"vllm serve Qwen/Qwen3-8B --hf-overrides '{\"max_position_embeddings\": 40960}' --rope-scaling "
       "'{\"rope_type\":\"yarn\",\"factor\":4.0,\"original_max_position_embeddings\":32768}'",
       "context 131072 sequences 0 tp 0 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 0/0 mtp 0 -/-/-/-"},
      {"sglang serve Qwen/Qwen3-8B --tp 8 --dp 4 --enable-dp-attention --context-length 9 --ep 8",
       "context 9 sequences 0 tp 2 pp 0 dp 4 cp 0 dcp 0 ep 1 loras 0/0 mtp 0 -/-/-/- enable_dp_attention=true"},
      {"python -m sglang.launch_server --model Qwen/Qwen3-8B --context-length 9 --lora-paths a=b c=d --mem-fraction "
       "0.7",
       "context 9 sequences 0 tp 0 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 8/0 mtp 0 -/-/-/- mem_fraction_static=0.7"},
      {"trtllm-serve Qwen/Qwen3-8B --tp_size 4 --ep_size 4 --max_seq_len 100 --kv-cache-free-gpu-memory-fraction 0.5",
       "context 100 sequences 0 tp 4 pp 0 dp 0 cp 0 dcp 0 ep 1 loras 0/0 mtp 0 -/-/-/- free_gpu_memory_fraction=0.5"},
      {"llama-server -hf unsloth/Qwen3-8B-GGUF:Q5_K_M -c 4096 -np 2 -ngl all --jinja -ctk q8_0 -ctv q8_0",
       "context 2048 sequences 2 tp 0 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 0/0 mtp 0 -/q5_k_m/q8_0/-"},
      {"llama-cli -m models/Qwen3-8B-IQ4_XS.gguf -c 64 -ngl 7 -p 'say -c 9'",
       "context 64 sequences 0 tp 0 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 0/0 mtp 0 -/iq4_xs/-/- layers 7 program=cli"},
      {"CUDA_VISIBLE_DEVICES=0,1 llama-server -m Qwen3-8B-F16.gguf -c 4096 -fa on -ctv q8_0 -sm layer",
       "context 4096 sequences 1 tp 0 pp 0 dp 0 cp 0 dcp 0 ep 0 loras 0/0 mtp 0 -/f16/-/- n_seq_max=4 kv_unified=true "
       "type_v=q8_0 flash_attn=true"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char found[2048];
    weigh_model *model = must_open(rows[i].text);
    wb_ctx *own = &model->model.ctx;
    if (!WB_BEGIN(own)) fail();
    const weigh_serving question = wb_asked(model, NULL);
    print_question(found, sizeof found, &question);
    if (strcmp(found, rows[i].question) != 0)
      fail_msg("%s\nwanted %s\nfound  %s", rows[i].text, rows[i].question, found);
    assert_true(wb_str_is(model->model.name, "Qwen/Qwen3-8B"));
    weigh_model_free(model);
  }
}

static void faults_are_named(void **state) {
  (void)state;
  static const struct {
    const char *text, *code;
  } rows[] = {{"vllm serve Qwen/Qwen3-8B -tp", "launch_no_value"},
              {"vllm serve Qwen/Qwen3-8B -tp -pp 2", "launch_no_value"},
              {"vllm serve Qwen/Qwen3-8B -tp 1.5", "launch_value_count"},
              {"vllm serve Qwen/Qwen3-8B -tp -2", "launch_value_count"},
              {"vllm serve Qwen/Qwen3-8B --max-model-len 8x", "launch_value_human"},
              {"vllm serve Qwen/Qwen3-8B --max-model-len 999999999999999999999T", "launch_value_human"},
              {"vllm serve Qwen/Qwen3-8B --gpu-memory-utilization 0", "launch_value_fraction"},
              {"vllm serve Qwen/Qwen3-8B --cpu-offload-gb much", "launch_value_number"},
              {"vllm serve Qwen/Qwen3-8B --dtype int7", "launch_choice"},
              {"vllm serve Qwen/Qwen3-8B --hf-overrides 3", "launch_value_object"},
              {"vllm serve --port 3", "launch_model"},
              {"vllm serve Qwen/Qwen3-8B 'x", "launch_quote"},
              {"vllm serve nobody/has-this-model-at-all-xyz", "catalogue_unknown"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_null(try_open(rows[i].text));
    if (strcmp(err.code, rows[i].code) != 0) fail_msg("%s: %s (%s)", rows[i].text, err.code, err.message);
  }
  assert_null(try_open("vllm serve Qwen/Qwen3-8B --hf-overrides '{\"a\": '"));
  assert_int_equal(strncmp(err.code, "json_", 5), 0);
}

static bool warns(const weigh_model *model, wb_message_id id, const char *what) {
  for (size_t i = 0; i < model->model.warning_count; i++)
    if (model->model.warnings[i].message == id && (!what || wb_str_is(model->model.warnings[i].args[0], what)))
      return true;
  return false;
}

static void nothing_is_lost_silently(void **state) {
  (void)state;
  weigh_model *model = must_open(
      "vllm serve Qwen/Qwen3-8B extra --max-model-len 8 --nope 3 --enable-eplb --host h "
      "--speculative-config '{\"method\":\"eagle3\",\"model\":\"m\",\"odd\":1}' -q torchao");
  assert_true(warns(model, WB_LAUNCH_UNKNOWN, "extra, --nope, --speculative-config.odd"));
  assert_true(warns(model, WB_LAUNCH_UNCOUNTED,
                    "--enable-eplb, --speculative-config.method eagle3, --speculative-config.model m, -q torchao"));
  weigh_model_free(model);
  model = must_open("vllm serve Qwen/Qwen3-8B-Base"); /* its facts hold no longest sequence */
  assert_true(warns(model, WB_LAUNCH_LENGTH, "--max-model-len"));
  weigh_model_free(model);
}

/* ---- the tables ---- */

static const char *value_for(const wb_flag *flag, char *buffer, size_t size) {
  wb_str first = WB_STR(""), item;
  for (size_t at = 0; wb_str_next(flag->values, ' ', &at, &item) && !first.len;)
    if (!wb_str_is(item, "*") && !wb_str_is(item, "-") && !wb_str_starts(item, WB_STR("~"))) first = item;
  const char *equals = first.len ? memchr(first.ptr, '=', first.len) : NULL;
  if (equals) first.len = (size_t)(equals - first.ptr);
  if (wb_str_is(flag->takes, "flag") || wb_str_is(flag->takes, "not")) return "";
  if (first.len && !wb_str_starts(first, WB_STR("-")) && !wb_str_is(first, "*")) {
    snprintf(buffer, size, "%.*s", WB_STR_ARG(first));
    return buffer;
  }
  const bool object = wb_str_is(flag->takes, "text") && wb_str_starts(flag->sets, WB_STR("setting"));
  if (object || wb_str_is(flag->takes, "json")) return "{}";
  return wb_str_is(flag->sets, "model") ? "Qwen/Qwen3-8B" : "1";
}

static void try_flag(const wb_program *program, const wb_flag *flag) {
  wb_str name;
  char text[512], value[128];
  for (size_t at = 0; wb_str_next(flag->names, ',', &at, &name);) {
    const bool by_word = wb_str_is(program->model, "word");
    wb_text words = {.ctx = &ctx};
    for (size_t i = 0; i < program->words.len; i++)
      if (program->words.ptr[i] != '*') wb_text_addc(&words, program->words.ptr[i]);
    const bool variable = name.ptr[0] != '-';
    if (variable)
      snprintf(text, sizeof text, "%.*s=0 %.*s %.*s Qwen/Qwen3-8B", WB_STR_ARG(name), WB_STR_ARG(wb_text_str(&words)),
               WB_STR_ARG(program->model));
    else
      snprintf(text, sizeof text, "%.*s %.*s Qwen/Qwen3-8B %.*s %s", WB_STR_ARG(wb_text_str(&words)),
               WB_STR_ARG(by_word ? WB_STR("") : program->model), WB_STR_ARG(name),
               value_for(flag, value, sizeof value));
    weigh_model *model = must_open(text);
    if (warns(model, WB_LAUNCH_UNKNOWN, NULL)) fail_msg("not known: %s", text);
    weigh_model_free(model);
  }
}

static void every_flag_of_the_table_is_read(void **state) {
  (void)state;
  wb_program program;
  wb_str done = WB_STR("");
  for (size_t at = 0; wb_program_next(&at, &program);) {
    if (wb_str_eq(program.flags, done)) continue;
    done = program.flags;
    const wb_flags flags = wb_flags_of(&ctx, &program);
    assert_true(flags.count > 10);
    for (size_t i = 0; i < flags.count; i++)
      if (!wb_str_is(flags.items[i].sets, "none")) try_flag(&program, &flags.items[i]);
  }
}

static void no_flag_stands_twice(void **state) {
  (void)state;
  wb_program program;
  for (size_t at = 0; wb_program_next(&at, &program);) {
    const wb_flags flags = wb_flags_of(&ctx, &program);
    wb_str name;
    for (size_t i = 0; i < flags.count; i++)
      for (size_t n = 0; wb_str_next(flags.items[i].names, ',', &n, &name);)
        if (wb_flag_find(&flags, name) != &flags.items[i]) fail_msg("twice: %.*s", WB_STR_ARG(name));
  }
}

/* ---- hostile ---- */

static void long_texts_end(void **state) {
  (void)state;
  const size_t size = (size_t)1 << 20;
  char *text = malloc(size + 1);
  static const char *const heads[] = {"vllm serve Qwen/Qwen3-8B ", "llama-server -m "};
  static const char *const units[] = {"x",  "--tp 2 ", "--nope ", "'",    "\"a\" ", "\\\n",
                                      "\\", "-c 8 ",   "A=1 ",    "{[\"", "\n"};
  for (size_t h = 0; h < 2; h++)
    for (size_t u = 0; u < sizeof units / sizeof *units; u++)
      for (size_t length = 1000; length <= size; length = length < 100000 ? 100000 : length < size ? size : size + 1) {
        size_t at = strlen(heads[h]);
        memcpy(text, heads[h], at);
        for (const size_t n = strlen(units[u]); at + n <= length; at += n) memcpy(text + at, units[u], n);
        text[at] = '\0';
        weigh_model_free(try_open(text));
        if (length > WB_SHELL_MAX_BYTES) assert_string_equal(err.code, "launch_long");
      }
  free(text);
}

static void json_that_nests_too_deep(void **state) {
  (void)state;
  char text[5000] = "vllm serve Qwen/Qwen3-8B --hf-overrides '";
  size_t at = strlen(text);
  while (at < 4900) at += (size_t)snprintf(text + at, sizeof text - at, "{\"a_config\":");
  text[at++] = '\'';
  text[at] = '\0';
  assert_null(try_open(text));
}

/* ---- what is written reads back ---- */

static uint64_t seed = 88172645463325252u;
static uint64_t draw(uint64_t below) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed % below;
}

static const char *pick(const char *const *list, size_t count) { return list[draw(count)]; }
#define PICK(...) pick((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

typedef struct figures {
  weigh_memory_result memory;
  weigh_count context, sequences;
  char text[4096];
} figures;

static bool figures_of(weigh_model *model, const weigh_serving *asked, figures *out) {
  wb_ctx *own = &model->model.ctx;
  weigh_memory *memory;
  *out = (figures){0};
  if (weigh_memory_open(model, asked, &memory, &err) != WEIGH_OK) return false;
  if (!WB_BEGIN(own)) return false;
  const weigh_serving question = wb_asked(model, asked);
  const wb_serving *s = wb_serving_new(&model->model, &question);
  out->context = (weigh_count)s->longest;
  out->sequences = (weigh_count)s->in_all;
  snprintf(out->text, sizeof out->text, "%s", wb_str_cstr(own, wb_launch_text(own, s)));
  weigh_memory_at(memory, out->context, out->sequences, &out->memory, &err);
  weigh_memory_free(memory);
  return true;
}

static weigh_serving random_llama(const char **options, char (*texts)[64]) {
  weigh_serving q = {.gpu = PICK("H100 SXM5 80GB", "RTX 4090"),
                     .context = (weigh_count)(256 * (1 + draw(100))),
                     .sequences = (weigh_count)(1 + draw(8)),
                     .engine = "llama.cpp",
                     .quant = PICK("q4_k_m", "q8_0", "f16", "iq4_xs"),
                     .engine_options = options};
  if (draw(3) == 0) q.kv_dtype = PICK("q8_0", "q4_0", "f16", "bf16");
  if (draw(3) == 0) q.gpus = 2;
  if (draw(3) == 0) q.has_gpu_layers = true, q.gpu_layers = (weigh_count)draw(40);
  size_t n = 0;
  if (draw(2)) snprintf(texts[n++], 64, "%s", PICK("flash_attn=on", "flash_attn=off", "flash_attn=auto"));
  if (draw(3) == 0) snprintf(texts[n++], 64, "n_ubatch=%d", (int)(64 << draw(4)));
  if (draw(3) == 0) snprintf(texts[n++], 64, "type_v=%s", PICK("q8_0", "f16"));
  if (draw(4) == 0) snprintf(texts[n++], 64, "%s", PICK("swa_full", "no_kv_offload", "program=cli"));
  for (size_t i = 0; i < n; i++) options[i] = texts[i];
  q.engine_option_count = n;
  return q;
}

static weigh_serving random_question(const char **options, char (*texts)[64]) {
  static const weigh_count powers[] = {1, 2, 4, 8};
  weigh_serving q = {.gpu = PICK("H100 SXM5 80GB", "RTX 4090", "A100 SXM4 80GB"),
                     .context = (weigh_count)(1 + draw(100000)),
                     .sequences = (weigh_count)(1 + draw(2000)),
                     .tp = powers[draw(4)],
                     .engine = PICK("vllm", "sglang", "tensorrt_llm"),
                     .engine_options = options};
  const bool vllm = strcmp(q.engine, "vllm") == 0, sglang = strcmp(q.engine, "sglang") == 0;
  if (draw(3) == 0) q.pp = 2;
  if (draw(3) == 0 && vllm) q.dp = 2;
  if (draw(4) == 0 && q.tp % 2 == 0 && vllm) q.dcp = 2;
  if (draw(3) == 0) q.expert_parallel = q.tp > 1;
  if (draw(3) == 0) q.kv_dtype = PICK("fp8", "nvfp4");
  if (draw(4) == 0 && !strstr(q.engine, "tensorrt")) q.dtype = PICK("float16", "bfloat16", "float32");
  if (draw(4) == 0 && !strstr(q.engine, "tensorrt")) q.quant = PICK("fp8", "awq", "nf4", "gptq", "int4");
  if (draw(4) == 0 && !strstr(q.engine, "tensorrt")) q.loras = (weigh_count)(1 + draw(9)), q.lora_rank = 8;
  if (draw(4) == 0 && vllm) q.with_mtp = true;
  size_t n = 0;
  if (draw(2))
    snprintf(texts[n++], 64,
             vllm     ? "gpu_memory_utilization=0.%d"
             : sglang ? "mem_fraction_static=0.%d"
                      : "free_gpu_memory_fraction=0.%d",
             (int)(50 + draw(45)));
  if (draw(2) && vllm) snprintf(texts[n++], 64, "max_num_seqs=%d", (int)(1 + draw(500)));
  if (draw(2) && vllm) snprintf(texts[n++], 64, "%s", PICK("enforce_eager", "enforce_eager=false", "block_size=32"));
  if (draw(3) == 0 && vllm) snprintf(texts[n++], 64, "kv_cache_memory_bytes=%dGiB", (int)(1 + draw(20)));
  if (draw(3) == 0 && vllm) snprintf(texts[n++], 64, "enable_prefix_caching=%s", PICK("true", "false"));
  if (draw(3) == 0 && sglang) snprintf(texts[n++], 64, "page_size=%d", (int)(16 << draw(3)));
  if (draw(2) && !vllm && !sglang) snprintf(texts[n++], 64, "max_num_tokens=%d", (int)(1024 << draw(4)));
  for (size_t i = 0; i < n; i++) options[i] = texts[i];
  q.engine_option_count = n;
  return q;
}

/* More sequences than the engine runs at once by itself: the command raises its limit, which the question did not. */
static bool raised(const char *text, const weigh_serving *question) {
  for (size_t i = 0; i < question->engine_option_count; i++)
    if (strstr(question->engine_options[i], "max_num_seqs")) return false;
  return strstr(text, "--max-num-seqs") != NULL;
}

static void same_memory(const char *text, const weigh_memory_result *a, const weigh_memory_result *b) {
  const bool same = a->device_bytes == b->device_bytes && a->low_bytes == b->low_bytes &&
                    a->high_bytes == b->high_bytes && a->weights_bytes == b->weights_bytes &&
                    a->kv_cache_bytes == b->kv_cache_bytes && a->budget_bytes == b->budget_bytes &&
                    a->total_bytes == b->total_bytes && a->fits == b->fits;
  if (!same) fail_msg("%s: %lld, then %lld", text, (long long)a->device_bytes, (long long)b->device_bytes);
}

static void what_is_written_reads_back(void **state) {
  (void)state;
  static const char *const models[] = {"Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-V3", "mistralai/Mixtral-8x7B-v0.1"};
  int compared = 0;
  for (int i = 0; i < 400; i++) {
    const char *options[8];
    char texts[8][64];
    figures first, second;
    const bool llama = draw(4) == 0;
    const weigh_serving question = llama ? random_llama(options, texts) : random_question(options, texts);
    weigh_model *model = must_open(models[i % 3]);
    if (figures_of(model, &question, &first)) {
      /* the machine and the load stand beside the command */
      const weigh_serving beside = {
          .gpu = question.gpu, .gpus = llama ? question.gpus : 0, .sequences = llama ? 0 : question.sequences};
      weigh_model *again = must_open(first.text);
      if (!figures_of(again, &beside, &second)) fail_msg("%s: %s", first.text, err.message);
      assert_string_equal(second.text, first.text);
      assert_int_equal(second.context, first.context);
      if (!raised(first.text, &question)) same_memory(first.text, &first.memory, &second.memory);
      weigh_model_free(again);
      compared++;
    }
    weigh_model_free(model);
  }
  assert_true(compared > 200);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(words_are_those_of_a_shell),
      cmocka_unit_test(quoted_words_read_back),
      cmocka_unit_test(only_command_lines_are_read_as_such),
      cmocka_unit_test(flags_set_what_they_mean),
      cmocka_unit_test(faults_are_named),
      cmocka_unit_test(nothing_is_lost_silently),
      cmocka_unit_test(every_flag_of_the_table_is_read),
      cmocka_unit_test(no_flag_stands_twice),
      cmocka_unit_test(long_texts_end),
      cmocka_unit_test(json_that_nests_too_deep),
      cmocka_unit_test(what_is_written_reads_back),
  };
  wb_ctx_open(&ctx, 0);
  weigh_library_open(NULL, &library, NULL);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  weigh_library_free(library);
  wb_ctx_close(&ctx);
  return failed;
}
