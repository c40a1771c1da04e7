/* A command line under a question: what the question does not say itself is the command's. */
#include <stddef.h>
#include <string.h>

#include "base/tsv.h"
#include "estimate/launch.h"

#define AT(member) offsetof(weigh_serving, member)

static const wb_member MEMBERS[] = {{"context", AT(context), WB_MEMBER_COUNT},
                                    {"sequences", AT(sequences), WB_MEMBER_COUNT},
                                    {"loras", AT(loras), WB_MEMBER_COUNT},
                                    {"lora_rank", AT(lora_rank), WB_MEMBER_COUNT},
                                    {"with_mtp", AT(with_mtp), WB_MEMBER_FLAG},
                                    {"dtype", AT(dtype), WB_MEMBER_TEXT},
                                    {"quant", AT(quant), WB_MEMBER_TEXT},
                                    {"kv_dtype", AT(kv_dtype), WB_MEMBER_TEXT},
                                    {"state_dtype", AT(state_dtype), WB_MEMBER_TEXT},
                                    {"gpus", AT(gpus), WB_MEMBER_COUNT},
                                    {"tp", AT(tp), WB_MEMBER_COUNT},
                                    {"pp", AT(pp), WB_MEMBER_COUNT},
                                    {"dp", AT(dp), WB_MEMBER_COUNT},
                                    {"cp", AT(cp), WB_MEMBER_COUNT},
                                    {"dcp", AT(dcp), WB_MEMBER_COUNT},
                                    {"expert_parallel", AT(expert_parallel), WB_MEMBER_FLAG},
                                    {"gpu_layers", AT(gpu_layers), WB_MEMBER_COUNT},
                                    {"engine", AT(engine), WB_MEMBER_TEXT}};

const wb_member *wb_member_find(wb_str name) {
  for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++)
    if (wb_str_is(name, MEMBERS[i].name)) return &MEMBERS[i];
  return NULL;
}

static void take_member(const wb_member *member, const weigh_serving *from, weigh_serving *to) {
  const char *source = (const char *)from + member->at;
  char *target = (char *)to + member->at;
  if (member->kind == WB_MEMBER_FLAG) {
    *(bool *)target = *(const bool *)source || *(bool *)target;
  } else if (member->kind == WB_MEMBER_TEXT) {
    const char **text = (const char **)(void *)target;
    if (!*text) *text = *(const char *const *)(const void *)source;
  } else {
    weigh_count *count = (weigh_count *)(void *)target;
    if (!*count) *count = *(const weigh_count *)(const void *)source;
  }
}

/* ---- what the model's configuration says ---- */

static wb_num number_in(const wb_json *object, const char *key) {
  const wb_json *value = wb_json_get(object, wb_str_of(key));
  wb_num n = wb_num_int(0);
  if (value && value->kind == WB_JSON_INT) n = wb_num_int(value->u.integer);
  else if (value && value->kind == WB_JSON_REAL) wb_num_parse(value->raw, &n);
  return n;
}

static wb_str text_in(const wb_json *object, const char *key) {
  const wb_json *value = wb_json_get(object, wb_str_of(key));
  return value && value->kind == WB_JSON_STRING ? value->u.text : WB_STR("");
}

/* vllm/config, _get_and_verify_max_len: positions that a scaled rotary embedding reaches. */
static wb_i128 scaled(const wb_json *object, wb_i128 length) {
  const wb_json *scaling = wb_json_get(object, WB_STR("rope_scaling"));
  if (!scaling) scaling = wb_json_get(object, WB_STR("rope_parameters"));
  wb_str type = text_in(scaling, "rope_type");
  if (!type.len) type = text_in(scaling, "type");
  const wb_num factor = number_in(scaling, "factor"), original = number_in(scaling, "original_max_position_embeddings");
  const bool whole = wb_str_is(type, "su") || wb_str_is(type, "longrope") || wb_str_is(type, "llama3");
  if (!type.len || whole || factor.num <= 0) return length;
  if (wb_str_is(type, "yarn") && original.num > 0) length = original.num;
  wb_num out;
  if (!wb_num_mul(wb_num_int(length), factor, &out)) return length;
  wb_num_floor(out, &out);
  return out.num;
}

/* The longest sequence that a configuration is for: the least of the fields that say so; 0: none does. */
static wb_i128 longest_in(const wb_json *object) {
  wb_str key[2];
  wb_i128 least = 0;
  for (size_t at = 0; object && wb_tsv_next(wb_data_text("engines/lengths.tsv"), &at, key, 2);) {
    const wb_json *value = wb_json_get(object, key[0]);
    const wb_i128 n = value && value->kind == WB_JSON_INT ? value->u.integer : 0;
    if (n > 0 && n <= WB_SIZE_MAX && (!least || n < least)) least = n;
  }
  return least ? scaled(object, least) : 0;
}

wb_i128 wb_launch_longest(wb_model *m) {
  if (m->longest) return *m->longest;
  wb_i128 *length = WB_NEW(&m->ctx, wb_i128);
  for (size_t i = 0; !*length && i < WB_LANGUAGE_CONFIGS; i++) *length = longest_in(wb_language_config(m, i));
  if (*length > WB_SERVING_MOST) *length = 0;
  m->longest = length;
  return *length;
}

void wb_launch_settle(wb_launch *launch, wb_model *m) {
  weigh_serving *s = &launch->serving;
  if (launch->quant_of_config && wb_json_get(m->config.root, WB_STR("quantization_config"))) s->quant = NULL;
  if (s->context) return;
  const wb_i128 longest = wb_launch_longest(m);
  const wb_i128 slots = launch->per_slot && s->sequences > 1 ? s->sequences : 1;
  s->context = (weigh_count)(longest / slots);
  if (!s->context) wb_model_warn(m, WB_LAUNCH_LENGTH, 2, (wb_str[]){launch->length_flag, m->name});
}

/* ---- over a question ---- */

static wb_str name_of(const char *option) {
  const char *equals = strchr(option, '=');
  return equals ? (wb_str){option, (size_t)(equals - option)} : wb_str_of(option);
}

/* The question's options first: of two the first counts. What another engine does not have is left out. */
static void take_options(wb_ctx *ctx, const wb_decl *engine, const weigh_serving *from, weigh_serving *to) {
  const char **all = WB_NEWN(ctx, const char *, from->engine_option_count + to->engine_option_count + 1);
  size_t count = 0;
  for (size_t i = 0; i < to->engine_option_count; i++) all[count++] = to->engine_options[i];
  for (size_t i = from->engine_option_count; i-- > 0;) /* of repeated flags the last counts */
    if (wb_engine_has_option(engine, name_of(from->engine_options[i]))) all[count++] = from->engine_options[i];
  to->engine_options = all;
  to->engine_option_count = count;
}

weigh_serving wb_launch_over(wb_model *m, const wb_launch *launch, const weigh_serving *asked) {
  weigh_serving out = *asked;
  if (!launch) return out;
  const weigh_serving *from = &launch->serving;
  const bool own_lengths = asked->context || asked->prompt || asked->output || asked->mix;
  if (!asked->has_gpu_layers) out.has_gpu_layers = from->has_gpu_layers;
  for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++) {
    const size_t at = MEMBERS[i].at;
    if (at == AT(gpu_layers) && asked->has_gpu_layers) continue;
    if (at == AT(context) && own_lengths && !launch->says_context) continue;
    take_member(&MEMBERS[i], from, &out);
  }
  const wb_decl *engine = wb_engine_find(m->lib, &m->ctx, wb_str_of(out.engine));
  take_options(&m->ctx, engine, from, &out);
  return out;
}
