#include "estimate/logged.h"

#include <string.h>

#include "base/tsv.h"
#include "estimate/published.h"
#include "expr/eval.h"

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

/* ---- which set-up ---- */

/* A cell of the row of the log's engine in data/logs/engines.tsv. */
static wb_str of_engine(const wb_log *log, size_t column) {
  const wb_str text = wb_data_text("logs/engines.tsv");
  wb_str cells[5];
  for (size_t at = 0; wb_tsv_next(text, &at, cells, 5);)
    if (wb_str_eq(cells[0], log->engine)) return cells[column];
  return WB_STR("");
}

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

/* torch's name of a dtype as engines print it (vLLM's fp8_e4m3 is float8_e4m3fn); empty: it is none. */
static wb_str dtype_named(wb_str name) {
  const wb_str dtype = wb_dtype_name(wb_str_is(name, "fp8_e4m3") ? WB_STR("fp8") : name);
  return wb_dtype_bytes(dtype) ? dtype : WB_STR("");
}

/* NULL: not said, or the engine's own choice. */
static const char *dtype_of(wb_ctx *ctx, const wb_log *log, const char *name) {
  const wb_str dtype = dtype_named(wb_log_setting_of(log, name));
  return dtype.len ? wb_str_cstr(ctx, dtype) : NULL;
}

static void take(weigh_count *asked, weigh_count logged) {
  if (!*asked) *asked = logged;
}

weigh_serving wb_log_serving(wb_ctx *ctx, const wb_log *log, const weigh_serving *asked) {
  const weigh_count tokens = (weigh_count)1 << 40;
  weigh_serving s = *asked;
  take(&s.context, count_of(log, "max_model_len", tokens));
  take(&s.context, count_of(log, "n_ctx", tokens));
  take(&s.tp, count_of(log, "tp", 1024));
  take(&s.pp, count_of(log, "pp", 128));
  if (!s.dtype) s.dtype = dtype_of(ctx, log, "dtype");
  if (!s.kv_dtype) s.kv_dtype = dtype_of(ctx, log, "kv_dtype");
  if (!s.kv_dtype) s.kv_dtype = dtype_of(ctx, log, "type_k");
  const wb_str usual = of_engine(log, 4);
  if (!s.kv_dtype && usual.len) s.kv_dtype = wb_str_cstr(ctx, usual);
  return s;
}

/* ---- what was predicted ---- */

typedef struct predicting {
  const wb_log *log;
  const wb_serving *serving;
  wb_predicted *out;
  size_t count;
} predicting;

static void predict(predicting *p, const char *quantity, wb_bytes value, wb_basis basis, bool sum) {
  if (p->count == WB_PREDICTED_MAX || value.high <= 0) return;
  p->out[p->count++] = (wb_predicted){quantity, value, basis, sum};
}

/* A component of the stage that has most of it. */
static wb_bytes most_of(const wb_serving *s, wb_part part, wb_i128 context, wb_i128 sequences, wb_basis *basis) {
  wb_bytes most = {0, 0, 0};
  for (uint32_t place = 0; place < s->place_count; place++) {
    wb_load load;
    if (!wb_serving_at(s, place, context, sequences, &load) || load.parts[part].best < most.best) continue;
    most = load.parts[part];
    *basis = s->places[place].parts[part].basis;
  }
  return most;
}

static const wb_log_fact *first_fact(const wb_log *log, const char *quantity) {
  for (size_t i = 0; i < log->fact_count; i++)
    if (wb_str_is(log->facts[i].quantity, quantity)) return &log->facts[i];
  return NULL;
}

/* A whole count of the log, 0 when it says none. */
static wb_i128 logged_count(const wb_log *log, const char *quantity) {
  const wb_log_fact *fact = first_fact(log, quantity);
  const bool fits = fact && wb_num_is_int(fact->value) && fact->value.num > 0 && fact->value.num <= (wb_i128)1 << 40;
  return fits ? fact->value.num : 0;
}

/* Tables and rounding that loading adds to the tensors. False: the engine's line is not about weights alone. */
static bool loaded_more(const wb_log *log, wb_i128 weights, wb_i128 *more) {
  wb_num mib;
  if (!wb_num_parse(of_engine(log, 3), &mib)) return false;
  *more = mib.num ? (mib.num << 20) + weights / 500 : 0;
  return true;
}

/* Formats of its own that the estimate is not asked for make the weights another matter. */
static bool plain_weights(const wb_log *log, const weigh_serving *asked) {
  const wb_str format = wb_log_setting_of(log, "quantization"), file = wb_log_setting_of(log, "file_type");
  bool plain = (!format.len || wb_str_is(format, "None")) && !file.len;
  for (size_t i = 0; i < log->setting_count; i++) {
    if (names_model(&log->settings[i])) plain = plain && !wb_published_names_format(log->settings[i].value);
  }
  return asked->dtype || plain;
}

/* Whether the cache's type is the one that the log tells of, as far as it does. */
static bool plain_cache(const wb_log *log, const weigh_serving *asked) {
  static const char *const names[] = {"kv_dtype", "type_k", "type_v"};
  const wb_str k = wb_log_setting_of(log, "type_k"), v = wb_log_setting_of(log, "type_v");
  if (asked->kv_dtype) return true;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const wb_str type = wb_log_setting_of(log, names[i]);
    if (type.len && !wb_str_is(type, "auto") && !dtype_named(type).len) return false;
  }
  return !v.len || wb_str_eq(k, v);
}

/* Every token of every layer is kept, and nothing else: what is printed as tokens is that then. */
static bool grows_evenly(wb_model *m) {
  for (size_t i = 0; i < m->kept_count; i++) {
    const wb_kept *kept = &m->kept[i];
    const wb_value *within = kept->within ? wb_force(&m->ctx, kept->within) : NULL;
    const wb_value *every = kept->every ? wb_force(&m->ctx, kept->every) : NULL;
    const bool all = (!within || within->kind != WB_NUM) && (!every || every->kind != WB_NUM || every->u.num.num <= 1);
    if (!kept->mtp && !(kept->per_token && all)) return false;
  }
  return m->kept_count > 0;
}

/* The pool holds whole blocks, and less than one is left over. */
static void predict_pool(predicting *p) {
  const weigh_count logged = count_of(p->log, "block_size", 1 << 20), block = logged ? logged : 16;
  wb_i128 tokens = logged_count(p->log, "kv_cache_tokens");
  if (!tokens) tokens = logged_count(p->log, "kv_blocks") * block;
  wb_basis basis = WB_BASIS_EXACT;
  if (!tokens) return;
  wb_bytes pool = most_of(p->serving, WB_PART_KV_CACHE, tokens, 1, &basis);
  pool.high = most_of(p->serving, WB_PART_KV_CACHE, tokens + block, 1, &basis).high;
  predict(p, "kv_cache_pool", pool, basis, false);
  predict(p, "kv_cache", pool, basis, false);
}

/* llama.cpp: every cell is there from the start, and devices share one cache. */
static void predict_cells(predicting *p) {
  const wb_i128 cells = p->serving->asked.context;
  wb_basis basis = WB_BASIS_EXACT;
  predict(p, "kv_cache", most_of(p->serving, WB_PART_KV_CACHE, cells, 1, &basis), basis, true);
}

size_t wb_log_predict(wb_model *model, const wb_log *log, const weigh_serving *asked,
                      wb_predicted out[WB_PREDICTED_MAX]) {
  weigh_serving set_up = wb_log_serving(&model->ctx, log, asked);
  const bool ranks = first_fact(log, "weights") || first_fact(log, "kv_cache_tokens") || first_fact(log, "kv_blocks");
  wb_basis basis = WB_BASIS_EXACT;
  /* vLLM and SGLang load float32 in 16 bits unless told otherwise (vllm/config/model.py, _get_and_verify_dtype). */
  if (ranks && !set_up.dtype && wb_str_is(model->dtype, "float32")) set_up.dtype = "bfloat16";
  set_up.engine = "generic"; /* weights and caches only, for now */
  predicting p = {log, wb_serving_new(model, &set_up), out, 0};
  wb_bytes weights = most_of(p.serving, WB_PART_WEIGHTS, 1, 1, &basis);
  wb_i128 more = 0;
  if (plain_weights(log, asked) && loaded_more(log, weights.best, &more)) {
    weights.high += more;
    predict(&p, ranks ? "weights" : "weights_buffer", weights, basis, !ranks);
  }
  if (!plain_cache(log, asked) || !grows_evenly(model)) return p.count;
  if (ranks) predict_pool(&p);
  else if (wb_log_setting_of(log, "n_ctx").len) predict_cells(&p);
  return p.count;
}

/* ---- what was logged ---- */

/* Adds b to *a; false when it does not fit. */
static bool add(wb_num *a, wb_num b) { return wb_num_add(*a, b, a); }

/* Keys and values printed in one line are one figure. */
static bool keys_and_values(const wb_log *log, size_t i, wb_num *value, wb_num *half) {
  if (i + 1 >= log->fact_count) return false;
  const wb_log_fact *k = &log->facts[i], *v = &log->facts[i + 1];
  *value = k->value;
  *half = k->half;
  return wb_str_is(k->quantity, "k_cache") && wb_str_is(v->quantity, "v_cache") && k->line == v->line &&
         add(value, v->value) && add(half, v->half);
}

/* The finest print wins, then the largest figure: engines say the same thing more than once, ranks differ a little. */
static bool better(wb_num value, wb_num half, const wb_compared *than) {
  int finer = 0, larger = 0;
  if (!than->fact) return true;
  wb_num_cmp(half, than->half, &finer);
  wb_num_cmp(value, than->logged, &larger);
  return finer < 0 || (finer == 0 && larger > 0);
}

static void fold(wb_compared *c, const wb_log_fact *fact, wb_num value, wb_num half) {
  if (c->predicted.sum && c->fact) {
    if (add(&c->logged, value)) add(&c->half, half);
  } else if (better(value, half, c)) {
    c->logged = value;
    c->half = half;
    c->fact = fact;
  }
}

static void collect(const wb_log *log, wb_compared *c) {
  const bool cache = strcmp(c->predicted.quantity, "kv_cache") == 0;
  wb_num value, half;
  for (size_t i = 0; i < log->fact_count; i++)
    if (wb_str_is(log->facts[i].quantity, c->predicted.quantity))
      fold(c, &log->facts[i], log->facts[i].value, log->facts[i].half);
  for (size_t i = 0; cache && !first_fact(log, "kv_cache") && i < log->fact_count; i++)
    if (keys_and_values(log, i, &value, &half)) fold(c, &log->facts[i], value, half);
}

static void judge(wb_compared *c) {
  wb_num least = c->logged, most = c->logged;
  int below = 0, above = 0;
  const double logged = wb_num_double(c->logged);
  const bool fits = wb_num_sub(c->logged, c->half, &least) && wb_num_add(c->logged, c->half, &most) &&
                    wb_num_cmp(most, wb_num_int(c->predicted.value.low), &below) &&
                    wb_num_cmp(least, wb_num_int(c->predicted.value.high), &above);
  c->inside = fits && below >= 0 && above <= 0;
  if (logged > 0 || logged < 0) c->difference = 100 * ((double)c->predicted.value.best - logged) / logged;
}

wb_log_check wb_log_compare(wb_model *model, const wb_log *log, const weigh_serving *asked) {
  wb_predicted predicted[WB_PREDICTED_MAX];
  wb_log_check check = {.yes = true};
  const size_t count = wb_log_predict(model, log, asked, predicted);
  for (size_t i = 0; i < count; i++) {
    wb_compared compared = {.predicted = predicted[i]};
    collect(log, &compared);
    if (!compared.fact) continue;
    judge(&compared);
    check.yes = check.yes && compared.inside;
    check.items[check.count++] = compared;
  }
  return check;
}
