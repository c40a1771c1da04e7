/* A log's model and set-up, as a serving question. */
#include "estimate/logged.h"

#include <string.h>

#include "base/tsv.h"
#include "estimate/flags.h"
#include "estimate/published.h"

/* ---- what the log has ---- */

wb_str wb_log_engine_cell(wb_str engine, size_t column) {
  wb_str cells[5];
  for (size_t at = 0; wb_tsv_next(wb_data_text("logs/engines.tsv"), &at, cells, 5);)
    if (wb_str_eq(cells[0], engine)) return cells[column];
  return WB_STR("");
}

/* Whether a tool that shows devices printed it, whatever runs there. */
static bool is_by_tool(const wb_log_fact *fact) { return wb_str_is(wb_log_engine_cell(fact->engine, 1), "tool"); }

const wb_log_fact *wb_log_fact_of(const wb_log *log, const char *quantity) {
  for (size_t i = 0; i < log->fact_count; i++)
    if (wb_str_is(log->facts[i].quantity, quantity) && !is_by_tool(&log->facts[i])) return &log->facts[i];
  return NULL;
}

const wb_log_fact *wb_log_least_of(const wb_log *log, const char *quantity) {
  const wb_log_fact *least = NULL;
  for (size_t i = 0; i < log->fact_count; i++) {
    const wb_log_fact *fact = &log->facts[i];
    int order = -1;
    if (!wb_str_is(fact->quantity, quantity) || is_by_tool(fact) || fact->value.num <= 0) continue;
    if (least) wb_num_cmp(fact->value, least->value, &order);
    if (order < 0) least = fact;
  }
  return least;
}

bool wb_log_on_host(wb_str device) {
  wb_str name[2];
  for (size_t at = 0; wb_tsv_next(wb_data_text("logs/devices.tsv"), &at, name, 2);) {
    const bool ends = name[0].ptr[0] == '*', begins = wb_str_ends(name[0], WB_STR("*"));
    const wb_str text = wb_str_slice(name[0], ends, name[0].len - begins);
    if (begins ? wb_str_starts(device, text) : ends ? wb_str_ends(device, text) : wb_str_eq(device, text)) return true;
  }
  return false;
}

/* What a setting was set to last. */
static wb_str last_of(const wb_log *log, const char *name) {
  for (size_t i = log->setting_count; i-- > 0;)
    if (wb_str_is(log->settings[i].name, name)) return log->settings[i].value;
  return WB_STR("");
}

static bool is_none(wb_str value) { return !value.len || wb_str_is(value, "None") || wb_str_is(value, "none"); }

/* ---- which model ---- */

static bool names_model(const wb_log_setting *setting) {
  return wb_str_is(setting->name, "model") || wb_str_is(setting->name, "model_path");
}

wb_str wb_log_model(wb_ctx *ctx, const wb_log *log) {
  for (size_t i = 0; i < log->setting_count; i++) {
    if (!names_model(&log->settings[i])) continue;
    const wb_str found = wb_published_find(ctx, log->settings[i].value, NULL);
    if (found.len) return found;
  }
  return WB_STR("");
}

/* ---- which engine ---- */

/* Whether release `a` is not older than `b`: numbers between dots, what follows does not count. */
static bool not_older(wb_str a, wb_str b) {
  for (size_t i = 0, k = 0; k < b.len; i++, k++) {
    uint64_t x = 0, y = 0;
    if (i < a.len && (a.ptr[i] == 'v' || a.ptr[i] == 'b')) i++;
    for (; i < a.len && a.ptr[i] >= '0' && a.ptr[i] <= '9' && x < 1000000000; i++)
      x = x * 10 + (uint64_t)(a.ptr[i] - '0');
    for (; k < b.len && b.ptr[k] >= '0' && b.ptr[k] <= '9' && y < 1000000000; k++)
      y = y * 10 + (uint64_t)(b.ptr[k] - '0');
    if (x != y) return x > y;
    if (i >= a.len) return k >= b.len;
  }
  return true;
}

static bool says(const wb_log *log, wb_str quantity, wb_str at_least, wb_ctx *ctx) {
  const char *name = wb_str_cstr(ctx, quantity);
  const wb_str value = wb_log_setting_of(log, name);
  if (!quantity.len) return true;
  if (!at_least.len) return value.len || wb_log_fact_of(log, name);
  if (at_least.ptr[0] < '0' || at_least.ptr[0] > '9') return wb_str_eq(value, at_least);
  return value.len && not_older(value, at_least);
}

/* The engine and release of data/engines; empty: none is described. */
static wb_str engine_of(wb_ctx *ctx, const wb_log *log) {
  wb_str cells[5];
  for (size_t at = 0; log->engine.len && wb_tsv_next(wb_data_text("logs/releases.tsv"), &at, cells, 5);)
    if (wb_str_eq(cells[0], log->engine) && says(log, cells[1], cells[2], ctx)) return cells[3];
  return WB_STR("");
}

/* ---- its options ---- */

/* A whole number above 0 and up to `most`; 0: not said, or nothing that could be meant. */
static weigh_count count_of(const wb_log *log, const char *name, weigh_count most) {
  wb_num n;
  wb_str value = wb_log_setting_of(log, name);
  char digits[32];
  size_t length = 0;
  for (size_t i = 0; i < value.len && length < sizeof digits; i++)
    if (value.ptr[i] != ',') digits[length++] = value.ptr[i];
  if (!wb_num_parse((wb_str){digits, length}, &n) || !wb_num_is_int(n) || n.num < 1 || n.num > most) return 0;
  return (weigh_count)n.num;
}

/* True, enabled, 1: "true"; empty: neither. */
static wb_str flag_of(wb_str value) {
  static const char *const words[][2] = {{"True", "true"},      {"true", "true"},   {"1", "true"},
                                         {"enabled", "true"},   {"False", "false"}, {"false", "false"},
                                         {"disabled", "false"}, {"0", "false"}};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (wb_str_is(value, words[i][0])) return wb_str_of(words[i][1]);
  return WB_STR("");
}

/* A setting's or figure's value as an option of such a kind; empty: not said, or nothing that could be meant. */
static wb_str option_value(wb_ctx *ctx, const wb_log *log, const char *name, wb_str kind) {
  const wb_str value = wb_log_setting_of(log, name);
  wb_cache_type type;
  wb_num n;
  int above = 0;
  if (wb_str_is(kind, "bytes")) {
    const wb_log_fact *fact = wb_log_least_of(log, name);
    if (!fact || !wb_num_floor(fact->value, &n)) return WB_STR("");
    return wb_i128_str(ctx, n.num);
  }
  if (wb_str_is(kind, "whole")) {
    const weigh_count count = count_of(log, name, (weigh_count)1 << 40);
    return count ? wb_i128_str(ctx, count) : WB_STR("");
  }
  if (wb_str_is(kind, "number")) {
    const bool good = wb_num_parse(value, &n) && n.num > 0 && wb_num_cmp(n, wb_num_int(1), &above) && above <= 0;
    return good ? value : WB_STR("");
  }
  if (wb_str_is(kind, "type")) return wb_cache_type_find(value, &type) ? value : WB_STR("");
  return flag_of(wb_str_is(kind, "last") ? last_of(log, name) : value);
}

/* The question's own options first: of two the first counts. */
static void take_options(wb_model *m, const wb_log *log, wb_log_set_up *up) {
  wb_ctx *ctx = &m->ctx;
  weigh_serving *s = &up->serving;
  const wb_decl *engine = wb_engine_find(m->lib, ctx, wb_str_of(s->engine));
  const char **all = WB_NEWN(ctx, const char *, s->engine_option_count + 32);
  const wb_str over = wb_log_engine_cell(up->family, 2);
  size_t count = 0;
  wb_str c[4];
  for (size_t i = 0; i < s->engine_option_count; i++) all[count++] = s->engine_options[i];
  for (size_t at = 0;
       wb_tsv_next(wb_data_text("logs/options.tsv"), &at, c, 4) && count < s->engine_option_count + 32;) {
    if (!wb_str_eq(c[0], up->family) && !wb_str_eq(c[0], over)) continue;
    const wb_str value = option_value(ctx, log, wb_str_cstr(ctx, c[1]), c[3]);
    if (!value.len || !wb_engine_has_option(engine, c[2])) continue;
    all[count++] = wb_str_cstr(ctx, wb_str_fmt(ctx, "%.*s=%.*s", WB_STR_ARG(c[2]), WB_STR_ARG(value)));
  }
  s->engine_options = all;
  s->engine_option_count = count;
}

/* ---- weights ---- */

/* Ends of the model's name that name a format: "AWQ", "Q4_K_M.gguf". */
static bool named_format(const wb_log *log) {
  for (size_t i = 0; i < log->setting_count; i++)
    if (names_model(&log->settings[i]) && wb_published_names_format(log->settings[i].value)) return true;
  return false;
}

/* What --quantization of the engine's own command line means by a word (data/engines/flags.tsv); empty: nothing in full. */
static wb_str quant_of(wb_ctx *ctx, wb_str family, wb_str method) {
  wb_program program;
  wb_str meaning = WB_STR("");
  for (size_t at = 0; wb_program_next(&at, &program);) {
    if (!wb_str_eq(program.flags, family)) continue;
    const wb_flags flags = wb_flags_of(ctx, &program);
    const wb_flag *flag = wb_flag_find(&flags, WB_STR("--quantization"));
    return flag && wb_flag_value(flag, method, &meaning) ? meaning : WB_STR("");
  }
  return meaning;
}

static wb_str file_type_of(wb_str printed) {
  wb_str row[2];
  for (size_t at = 0; printed.len && wb_tsv_next(wb_data_text("logs/file_types.tsv"), &at, row, 2);)
    if (wb_str_eq(row[0], printed)) return row[1];
  return WB_STR("");
}

static bool by_buffers(const wb_log_set_up *up) {
  return wb_str_starts(wb_str_of(up->serving.engine), WB_STR("llama.cpp")) ||
         wb_str_starts(wb_str_of(up->serving.engine), WB_STR("ik_llama.cpp"));
}

/* Whether the engine's logs would say if weights or the cache were of another type than the model's. */
static bool tells(const wb_log_set_up *up) {
  return !wb_log_engine_cell(up->family, 1).len || wb_str_is(wb_log_engine_cell(up->family, 4), "yes");
}

static bool is_quantised(const wb_model *m) {
  return wb_json_get(m->config.root, WB_STR("quantization_config")) != NULL;
}

/* GPTQ's word tells neither bits nor groups; AWQ's kernels know one kind, the others say all. */
static void take_weights(wb_model *m, const wb_log *log, wb_log_set_up *up) {
  wb_ctx *ctx = &m->ctx;
  weigh_serving *s = &up->serving;
  const bool own = s->dtype || s->quant, buffers = by_buffers(up);
  wb_str quant = WB_STR("");
  up->format = wb_log_setting_of(log, buffers ? "file_type" : "quantization");
  if (buffers) quant = file_type_of(up->format);
  else if (!wb_str_starts(up->format, WB_STR("gptq"))) quant = quant_of(ctx, up->family, up->format);
  const bool configured = is_quantised(m) && !buffers;
  const bool plain = is_none(up->format) && !named_format(log) && tells(up);
  if (own || plain || configured || quant.len) up->known |= WB_LOG_NEEDS_WEIGHTS;
  if (own || configured || plain || !quant.len) return;
  s->quant = wb_str_cstr(ctx, quant);
  up->assumed = !wb_dtype_name(quant).len;
}

/* torch's name of a dtype as engines print it (vLLM's fp8_e4m3 is float8_e4m3fn); NULL: it is none. */
static const char *dtype_of(wb_ctx *ctx, const wb_log *log, const char *name) {
  const wb_str value = wb_log_setting_of(log, name);
  const wb_str dtype = wb_dtype_name(wb_str_is(value, "fp8_e4m3") ? WB_STR("fp8") : value);
  return wb_dtype_bytes(dtype) ? wb_str_cstr(ctx, dtype) : NULL;
}

/* Of a model that is stored quantised the log's dtype is that of its passes, not of its weights.
 * vLLM and SGLang load float32 in 16 bits unless told otherwise (vllm/config/model.py, _get_and_verify_dtype). */
static void take_dtype(wb_model *m, const wb_log *log, weigh_serving *s) {
  if (is_quantised(m)) return;
  if (!s->dtype) s->dtype = dtype_of(&m->ctx, log, "dtype");
  if (!s->dtype && wb_str_is(m->dtype, "float32")) s->dtype = "bfloat16";
}

/* ---- the cache ---- */

static void take_cache(wb_model *m, const wb_log *log, wb_log_set_up *up) {
  wb_ctx *ctx = &m->ctx;
  static const char *const names[] = {"kv_dtype", "type_k", "type_v"};
  weigh_serving *s = &up->serving;
  wb_cache_type type;
  bool good = s->kv_dtype || tells(up);
  for (size_t i = 0; i < 3 && !s->kv_dtype; i++) {
    const wb_str value = wb_log_setting_of(log, names[i]);
    if (!value.len || wb_str_is(value, "auto")) continue;
    if (wb_cache_type_find(value, &type) || dtype_of(ctx, log, names[i])) continue;
    up->cache = value;
    good = false;
  }
  if (good) up->known |= WB_LOG_NEEDS_CACHE;
  if (s->kv_dtype || by_buffers(up)) return; /* llama.cpp: options of their own */
  const wb_str value = wb_log_setting_of(log, "kv_dtype");
  s->kv_dtype = wb_cache_type_find(value, &type) ? wb_str_cstr(ctx, value) : dtype_of(ctx, log, "kv_dtype");
}

/* ---- cards ---- */

static bool same(wb_str a, wb_str b) { return a.len == b.len && wb_str_distance(a, b, 0) == 0; }

static bool is_card(const wb_card *card, wb_str name) {
  wb_str alias;
  bool found = same(card->name, name);
  for (size_t at = 0; !found && wb_str_next(card->aliases, '|', &at, &alias);) found = same(alias, name);
  return found;
}

/* The card that a driver's name means, with or without the maker's words before it ("NVIDIA GeForce RTX 3090"). */
static wb_str card_named(wb_str name) {
  wb_card card;
  while (name.len) {
    for (size_t at = 0; wb_card_next(&at, &card);)
      if (is_card(&card, name)) return card.name;
    const char *blank = memchr(name.ptr, ' ', name.len);
    if (!blank) break;
    name = wb_str_slice(name, (size_t)(blank - name.ptr) + 1, name.len);
  }
  return WB_STR("");
}

/* The cards that the log names, as --gpu takes them; NULL: one of them is not known, or they are not as many. */
static const char *cards_of(wb_ctx *ctx, const wb_log *log, size_t count) {
  wb_text out = {.ctx = ctx};
  wb_str first = WB_STR("");
  size_t named = 0;
  for (size_t i = 0; i < log->setting_count; i++) {
    if (!wb_str_is(log->settings[i].name, "device_name")) continue;
    const wb_str card = card_named(log->settings[i].value);
    if (!card.len) return NULL;
    if (named && same(card, first)) continue;
    if (!named) first = card;
    wb_text_addf(&out, "%s%.*s", named++ ? "," : "", WB_STR_ARG(card));
  }
  return named == 1 || (named > 1 && named == count) ? wb_str_cstr(ctx, wb_text_str(&out)) : NULL;
}

/* What the process sees of a card comes before what is known of its kind. */
static void take_card(wb_ctx *ctx, const wb_log *log, wb_log_set_up *up, size_t count) {
  weigh_serving *s = &up->serving;
  const bool own = s->gpu || s->gpu_memory_bytes;
  const wb_log_fact *total = wb_log_least_of(log, "device_total");
  const wb_log_fact *free = wb_log_least_of(log, "device_free");
  wb_num bytes = wb_num_int(0);
  if (!own) s->gpu = cards_of(ctx, log, count);
  if (!own && !by_buffers(up) && total && wb_num_floor(total->value, &bytes) && bytes.num <= (wb_i128)1 << 50)
    s->gpu_memory_bytes = (weigh_count)bytes.num;
  const bool measured = free && (wb_str_is(up->family, "sglang") || wb_str_is(up->family, "tensorrt-llm"));
  if (s->gpu || s->gpu_memory_bytes || measured) up->known |= WB_LOG_NEEDS_CARD;
}

/* ---- places: what llama.cpp put where ---- */

#define DEVICES 16

/* Cards that hold buffers. */
static size_t devices_of(const wb_log *log) {
  static const char *const buffers[] = {"weights_buffer", "kv_buffer", "compute_buffer", "model_memory"};
  wb_str seen[DEVICES];
  size_t count = 0;
  for (size_t i = 0; i < log->fact_count && count < DEVICES; i++) {
    const wb_log_fact *fact = &log->facts[i];
    bool buffer = false, known = false;
    for (size_t k = 0; k < 4; k++) buffer = buffer || wb_str_is(fact->quantity, buffers[k]);
    for (size_t k = 0; k < count; k++) known = known || wb_str_eq(seen[k], fact->device);
    if (buffer && fact->device.len && !known && !wb_log_on_host(fact->device)) seen[count++] = fact->device;
  }
  return count;
}

static bool kept_there(const wb_log *log, bool host) {
  for (size_t i = 0; i < log->fact_count; i++)
    if (wb_str_is(log->facts[i].quantity, "kv_buffer") && wb_log_on_host(log->facts[i].device) == host) return true;
  return false;
}

static void take_places(wb_model *m, const wb_log *log, wb_log_set_up *up, size_t devices) {
  weigh_serving *s = &up->serving;
  const bool own = s->gpus || s->gpu || s->has_gpu_layers;
  const weigh_count offloaded = count_of(log, "n_gpu_layers", 1 << 16);
  const bool all = devices && ((kept_there(log, false) && !kept_there(log, true)) || offloaded > wb_model_depth(m));
  const bool none = !devices && kept_there(log, true);
  const bool some = devices == 1 && offloaded > 0;
  if (wb_log_setting_of(log, "tensor_override").len) return;
  if (own || all || none || some) up->known |= WB_LOG_NEEDS_PLACES;
  if (own) return;
  if (devices > 1) s->gpus = (weigh_count)devices;
  if (none) s->has_gpu_layers = true;
}

/* ---- the question ---- */

static void take(weigh_count *asked, weigh_count logged) {
  if (!*asked) *asked = logged;
}

static void take_layout(const wb_log *log, weigh_serving *s) {
  if (s->tp || s->pp || s->dp || s->gpus) return;
  s->tp = count_of(log, "tp", 1024);
  s->pp = count_of(log, "pp", 128);
  if (!wb_str_is(log->engine, "sglang")) s->dp = count_of(log, "dp_size", 1024);
  s->expert_parallel = s->expert_parallel || wb_str_is(flag_of(wb_log_setting_of(log, "expert_parallel")), "true");
}

static bool plain_target(const wb_log *log) {
  return is_none(wb_log_setting_of(log, "speculative")) &&
         !wb_str_is(flag_of(wb_log_setting_of(log, "dp_attention")), "true");
}

wb_log_set_up wb_log_set_up_of(wb_model *m, const wb_log *log, const weigh_serving *asked) {
  const weigh_count tokens = (weigh_count)1 << 40;
  wb_ctx *ctx = &m->ctx;
  wb_log_set_up up = {.serving = *asked, .family = log->engine, .known = WB_LOG_NEEDS_SET_UP};
  weigh_serving *s = &up.serving;
  const wb_str engine = engine_of(ctx, log);
  if (!s->engine) s->engine = engine.len ? wb_str_cstr(ctx, engine) : "generic";
  const size_t devices = by_buffers(&up) ? devices_of(log) : 0;
  take(&s->context, count_of(log, by_buffers(&up) ? "n_ctx" : "max_model_len", tokens));
  if (s->context || s->prompt || s->output || s->mix) up.known |= WB_LOG_NEEDS_CONTEXT;
  if (plain_target(log)) up.known |= WB_LOG_NEEDS_TARGET;
  take_layout(log, s);
  take_weights(m, log, &up);
  if (!by_buffers(&up)) take_dtype(m, log, s);
  take_cache(m, log, &up);
  take_card(ctx, log, &up, devices);
  if (by_buffers(&up)) take_places(m, log, &up, devices);
  take_options(m, log, &up);
  return up;
}
