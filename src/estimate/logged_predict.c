/* What the estimate says of the quantities of a log. */
#include <string.h>

#include "base/tsv.h"
#include "estimate/llamacpp_serving.h"
#include "estimate/logged.h"
#include "estimate/pool.h"
#include "estimate/solve.h"

typedef struct predicting {
  wb_model *model;
  const wb_log *log;
  wb_log_prediction *out;
  const wb_serving *serving;
  wb_load *loads;                         /* of its places, for the lengths asked for */
  const char *left_out[WB_PREDICTED_MAX]; /* quantities, and the first need that each lacks */
  size_t lacking[WB_PREDICTED_MAX], left_count;
} predicting;

/* A sum of parts, and the weakest basis among them. */
typedef struct amount {
  wb_bytes bytes;
  wb_basis basis;
} amount;

/* ---- what is said ---- */

static bool is_logged(const wb_log *log, const char *quantity) {
  const bool cache = strcmp(quantity, "kv_cache") == 0;
  for (size_t i = 0; i < log->fact_count; i++)
    if (wb_str_is(log->facts[i].quantity, quantity) || (cache && wb_str_is(log->facts[i].quantity, "k_cache")))
      return true;
  return false;
}

/* Notes that a quantity of the log is left out when something is missing for it. */
static bool lacks(predicting *p, const char *quantity, unsigned needs) {
  const unsigned missing = (needs | WB_LOG_NEEDS_SET_UP) & ~p->out->set_up.known;
  size_t first = 0;
  if (!missing) return false;
  while (!(missing & 1u << first)) first++;
  for (size_t i = 0; i < p->left_count; i++)
    if (strcmp(p->left_out[i], quantity) == 0) return true;
  if (p->left_count == WB_PREDICTED_MAX || !is_logged(p->log, quantity)) return true;
  p->left_out[p->left_count] = quantity;
  p->lacking[p->left_count++] = first;
  return true;
}

/* Lists what was left out, but for what was predicted in another way. */
static void list_left_out(predicting *p) {
  for (size_t i = 0; i < p->left_count; i++) {
    wb_text *skipped = &p->out->skipped[p->lacking[i]];
    bool predicted = false;
    for (size_t k = 0; k < p->out->count; k++)
      predicted = predicted || strcmp(p->out->items[k].quantity, p->left_out[i]) == 0;
    skipped->ctx = &p->model->ctx;
    if (!predicted) wb_text_addf(skipped, "%s%s", skipped->len ? ", " : "", p->left_out[i]);
  }
}

static void put(predicting *p, wb_predicted predicted) {
  int order = -1;
  wb_num_cmp(predicted.high, wb_num_int(0), &order);
  if (order > 0 && p->out->count < WB_PREDICTED_MAX && is_logged(p->log, predicted.quantity))
    p->out->items[p->out->count++] = predicted;
}

static void predict(predicting *p, const char *quantity, amount a, wb_log_fold fold, unsigned needs) {
  if (lacks(p, quantity, needs)) return;
  put(p, (wb_predicted){quantity, wb_num_int(a.bytes.low), wb_num_int(a.bytes.best), wb_num_int(a.bytes.high), a.basis,
                        fold, NULL});
}

/* ---- amounts ---- */

static void add(amount *to, const wb_bytes *more, wb_basis basis) {
  to->bytes.low += more->low;
  to->bytes.best += more->best;
  to->bytes.high += more->high;
  if (more->high && basis > to->basis) to->basis = basis;
}

/* Tables and rounding that loading adds to the tensors. */
static wb_i128 loaded_more(const predicting *p, wb_i128 weights) {
  wb_num mib;
  if (!wb_num_parse(wb_log_engine_cell(p->log->engine, 3), &mib) || !mib.num) return 0;
  return (mib.num << 20) + weights / 500;
}

static bool is_named(wb_str name, const char *const *names) {
  for (; *names; names++)
    if (wb_str_is(name, *names)) return true;
  return false;
}

/* Parts of a place by name (up to NULL), all of them when `names` is NULL. */
static amount parts_at(const predicting *p, uint32_t place, const char *const *names) {
  amount out = {{0, 0, 0}, WB_BASIS_EXACT};
  for (size_t i = 0; i < p->serving->part_count; i++) {
    const wb_component *part = &p->serving->places[place].parts[i];
    if (names && !is_named(part->name, names)) continue;
    add(&out, &p->loads[place].parts[i], part->basis);
    if (i != WB_PART_WEIGHTS) continue;
    out.bytes.high += loaded_more(p, p->loads[place].parts[i].best);
    if (p->out->set_up.assumed) out.basis = WB_BASIS_ASSUMED;
  }
  return out;
}

static bool is_host(const wb_serving *s, uint32_t place) { return s->places[place].stage.host; }

/* On the device that has most of them. */
static amount most_of(const predicting *p, const char *const *names) {
  amount most = {{0, 0, 0}, WB_BASIS_EXACT};
  for (uint32_t i = 0; i < p->serving->place_count; i++) {
    if (is_host(p->serving, i) && p->serving->place_count > 1) continue;
    const amount here = parts_at(p, i, names);
    if (here.bytes.best >= most.bytes.best) most = here;
  }
  return most;
}

static amount sum_of(const predicting *p, const char *const *names, bool devices, bool host) {
  amount sum = {{0, 0, 0}, WB_BASIS_EXACT};
  for (uint32_t i = 0; i < p->serving->place_count; i++) {
    if (!(is_host(p->serving, i) ? host : devices)) continue;
    const amount here = parts_at(p, i, names);
    add(&sum, &here.bytes, here.basis);
  }
  return sum;
}

#define PARTS(...) ((const char *const[]){__VA_ARGS__, NULL})

/* ---- questions ---- */

/* The same question with one more option, which counts before others. */
static wb_serving *ask_with(const predicting *p, const char *option, wb_i128 value) {
  wb_ctx *ctx = &p->model->ctx;
  weigh_serving asked = p->out->set_up.serving;
  const char **all = WB_NEWN(ctx, const char *, asked.engine_option_count + 1);
  wb_text text = {.ctx = ctx};
  wb_text_addf(&text, "%s=", option);
  wb_i128_print(&text, value);
  all[0] = wb_str_cstr(ctx, wb_text_str(&text));
  for (size_t i = 0; i < asked.engine_option_count; i++) all[i + 1] = asked.engine_options[i];
  asked.engine_options = all;
  asked.engine_option_count++;
  return wb_engine_has_option(p->serving->engine, wb_str_of(option)) ? wb_serving_try(p->model, &asked) : NULL;
}

static void use(predicting *p, const wb_serving *serving) {
  p->serving = serving;
  p->loads = WB_NEWN(&p->model->ctx, wb_load, serving->place_count);
  for (uint32_t i = 0; i < serving->place_count; i++)
    if (!wb_serving_now(serving, i, &p->loads[i])) p->loads[i] = (wb_load){.budget = 0};
}

/* ---- pools ---- */

/* Whether the engine was told the size of its pool. */
static bool pool_is_told(const predicting *p, const wb_engine *engine) {
  static const char *const options[] = {"kv_cache_memory_bytes", "kv_pool_bytes"};
  for (size_t i = 0; i < 2; i++) {
    const wb_value *value = wb_engine_value(p->model, engine, options[i]);
    if (value && value->kind == WB_NUM) return true;
  }
  return false;
}

/* How far the pool may be off, by what the engine takes off it that is not certain (data/logs/taken.tsv). */
static void pool_range(const predicting *p, wb_i128 pool, wb_bytes *out) {
  const wb_place_on *place = &p->serving->places[wb_serving_worst(p->serving)];
  const wb_load *load = &p->loads[wb_serving_worst(p->serving)];
  const wb_str allocation = wb_engine_text(p->model, &place->engine, "allocation");
  double low = 0, high = 0;
  wb_str c[4];
  *out = (wb_bytes){pool, pool, pool};
  if (pool_is_told(p, &place->engine)) return;
  for (size_t at = 0; wb_tsv_next(wb_data_text("logs/taken.tsv"), &at, c, 4);) {
    const char *flag = wb_str_cstr(&p->model->ctx, c[2]), *times = wb_str_cstr(&p->model->ctx, c[3]);
    if (!wb_str_eq(c[0], allocation) || (*flag && !wb_engine_flag(p->model, &place->engine, flag))) continue;
    const wb_value *factor = *times ? wb_engine_value(p->model, &place->engine, times) : NULL;
    const double by = factor && factor->kind == WB_NUM ? wb_num_double(factor->u.num) : 1;
    for (size_t i = 0; i < p->serving->part_count; i++) {
      if (!wb_str_eq(place->parts[i].name, c[1])) continue;
      low += by * (double)(load->parts[i].high - load->parts[i].best);
      high += by * (double)(load->parts[i].best - load->parts[i].low);
    }
  }
  *out =
      (wb_bytes){pool - (wb_i128)low - loaded_more(p, load->parts[WB_PART_WEIGHTS].best), pool, pool + (wb_i128)high};
  if (out->low < 0) out->low = 0;
}

static wb_num ratio(wb_i128 a, wb_i128 b) {
  wb_num out = wb_num_int(0);
  wb_num_div(wb_num_int(a), wb_num_int(b ? b : 1), &out);
  return out;
}

/* Tokens, blocks and requests of a pool between two others. */
static void predict_cut(predicting *p, const wb_pool pools[3], wb_basis basis, const char *given, unsigned needs) {
  wb_num tokens[3], blocks[3], at_once[3];
  for (int i = 0; i < 3; i++) {
    tokens[i] = wb_num_int(pools[i].tokens);
    blocks[i] = wb_num_int(pools[i].blocks);
    at_once[i] = ratio(pools[i].pages.blocks, pools[i].pages.request_blocks);
  }
  const wb_predicted all[] = {{"kv_cache_tokens", tokens[0], tokens[1], tokens[2], basis, WB_LOG_MOST, given},
                              {"kv_blocks", blocks[0], blocks[1], blocks[2], basis, WB_LOG_MOST, given},
                              {"max_concurrency", at_once[0], at_once[1], at_once[2], basis, WB_LOG_MOST, given}};
  for (size_t i = 0; i < 3; i++)
    if (!lacks(p, all[i].quantity, needs | (i == 2 ? WB_LOG_NEEDS_CONTEXT : 0))) put(p, all[i]);
}

/* The same pool at another size: what it holds grows in proportion. */
static wb_pool scaled(const wb_pool *pool, wb_i128 bytes, bool up) {
  wb_pool out = *pool;
  wb_i128 *const counts[] = {&out.tokens, &out.blocks, &out.pages.blocks};
  const wb_i128 rest = up ? pool->bytes - 1 : 0;
  out.bytes = bytes;
  for (size_t i = 0; i < 3 && pool->bytes > 0; i++) *counts[i] = (*counts[i] * bytes + rest) / pool->bytes;
  return out;
}

/* From the card alone. */
static void predict_pool(predicting *p) {
  const unsigned needs = WB_LOG_NEEDS_WEIGHTS | WB_LOG_NEEDS_TARGET | WB_LOG_NEEDS_CARD;
  wb_pool pool = {.bytes = 0};
  const bool known = (p->out->set_up.known & needs) == needs;
  if (known && !wb_pool_of(p->serving, &pool)) return;
  wb_bytes range = {0, 0, 0};
  if (known) pool_range(p, pool.bytes, &range);
  predict(p, "kv_cache_pool", (amount){range, WB_BASIS_HEURISTIC}, WB_LOG_MOST, needs);
  const wb_pool pools[3] = {scaled(&pool, range.low, false), pool, scaled(&pool, range.high, true)};
  predict_cut(p, pools, WB_BASIS_HEURISTIC, NULL, needs | WB_LOG_NEEDS_CACHE);
}

/* vLLM: from the pool that it measured, as far as that was printed. NULL: it was not. */
static const wb_serving *given_pool(predicting *p) {
  const wb_log_fact *fact = wb_log_least_of(p->log, "kv_cache_pool");
  const wb_serving *middle = NULL;
  wb_pool pools[3];
  wb_num at;
  for (int i = 0; fact && i < 3; i++) {
    at = fact->value;
    if (i == 0) wb_num_sub(at, fact->half, &at);
    if (i == 2) wb_num_add(at, fact->half, &at);
    if (!wb_num_floor(at, &at) || at.num < 1) return NULL;
    const wb_serving *s = ask_with(p, "kv_cache_memory_bytes", at.num);
    if (!s || !wb_pool_of(s, &pools[i])) return NULL;
    if (i == 1) middle = s;
  }
  if (middle) predict_cut(p, pools, WB_BASIS_ENGINE, "kv_cache_pool", WB_LOG_NEEDS_CACHE | WB_LOG_NEEDS_TARGET);
  return middle;
}

/* The others: bytes of the tokens that were printed; less than a page's are left over. */
static void given_tokens(predicting *p) {
  const wb_log_fact *fact = wb_log_least_of(p->log, "kv_cache_tokens");
  const wb_serving *s = fact && wb_num_is_int(fact->value) ? ask_with(p, "max_total_tokens", fact->value.num) : NULL;
  wb_pool pool;
  if (!s && fact) s = p->serving;
  if (!s || !wb_num_is_int(fact->value) || !wb_pool_of(s, &pool) || pool.token_bytes < 1) return;
  if (fact->value.num > (wb_i128)1 << 40) return;
  const wb_i128 bytes = fact->value.num * pool.token_bytes, page = pool.block_tokens * pool.token_bytes;
  const char *const quantities[] = {"kv_cache_pool", "kv_cache"};
  for (size_t i = 0; i < 2; i++)
    if (!lacks(p, quantities[i], WB_LOG_NEEDS_CACHE))
      put(p, (wb_predicted){quantities[i], wb_num_int(bytes), wb_num_int(bytes), wb_num_int(bytes + page),
                            WB_BASIS_ENGINE, WB_LOG_MOST, "kv_cache_tokens"});
}

/* What a device holds once the engine is ready: activations come and go. */
static void predict_totals(predicting *p, const wb_serving *given) {
  const bool full = given != NULL;
  if (full) use(p, given);
  const uint32_t worst = wb_serving_worst(p->serving);
  const wb_i128 budget = p->loads[worst].budget;
  const amount passing = parts_at(p, worst, PARTS("activations", "output"));
  const amount lasting = parts_at(p, worst, PARTS("runtime", "communication", "graphs"));
  const wb_i128 less = passing.bytes.high + lasting.bytes.best - lasting.bytes.low;
  const amount all = {{budget > less ? budget - less : 0, budget, budget + lasting.bytes.high - lasting.bytes.best},
                      WB_BASIS_HEURISTIC};
  const unsigned needs = WB_LOG_NEEDS_CARD | (full ? WB_LOG_NEEDS_WEIGHTS : 0u);
  predict(p, "process_used", all, WB_LOG_MOST, needs);
  predict(p, "device_used", all, WB_LOG_MOST, needs);
}

static void predict_ranks(predicting *p) {
  const wb_engine *engine = &p->serving->places[wb_serving_worst(p->serving)].engine;
  const unsigned weights = WB_LOG_NEEDS_WEIGHTS | WB_LOG_NEEDS_TARGET;
  const bool v = wb_str_is(wb_engine_text(p->model, engine, "allocation"), "vllm");
  predict(p, "weights", most_of(p, PARTS("weights")), WB_LOG_MOST, WB_LOG_NEEDS_WEIGHTS);
  predict(p, "activations", most_of(p, PARTS("activations", "output")), WB_LOG_MOST, WB_LOG_NEEDS_CARD);
  predict(p, "non_torch", most_of(p, PARTS("runtime", "communication")), WB_LOG_MOST, 0);
  predict(p, "cuda_graphs", most_of(p, PARTS("graphs")), WB_LOG_MOST, WB_LOG_NEEDS_TARGET);
  predict(p, "consumed", most_of(p, PARTS("weights", "runtime", "communication")), WB_LOG_MOST, weights);
  predict(p, "non_kv", most_of(p, PARTS("weights", "activations", "output", "runtime", "communication")), WB_LOG_MOST,
          weights | WB_LOG_NEEDS_CARD);
  predict(p, "torch_peak", most_of(p, PARTS("weights", "activations")), WB_LOG_MOST, weights | WB_LOG_NEEDS_CARD);
  predict(p, "kv_cache_needed", most_of(p, PARTS("kv_cache", "state")), WB_LOG_MOST,
          WB_LOG_NEEDS_CACHE | WB_LOG_NEEDS_TARGET | WB_LOG_NEEDS_CONTEXT);
  const wb_value *requested = wb_engine_value(p->model, engine, "requested");
  if (requested && requested->kind == WB_NUM && wb_num_is_int(requested->u.num)) {
    const wb_i128 bytes = requested->u.num.num;
    predict(p, "requested", (amount){{bytes, bytes, bytes}, WB_BASIS_ENGINE}, WB_LOG_MOST, WB_LOG_NEEDS_CARD);
  }
  predict_pool(p);
  const wb_serving *given = v ? given_pool(p) : NULL;
  if (!v) given_tokens(p);
  predict_totals(p, given);
}

/* ---- llama.cpp: buffers ---- */

static void predict_cells(predicting *p, unsigned needs) {
  wb_llama_cache all[WB_LLAMA_KINDS];
  if (!p->serving->llama) return; /* the engine refused */
  for (uint32_t place = 0; place < p->serving->place_count; place++) {
    const size_t count = wb_llama_caches(p->serving, place, all);
    for (size_t i = 0; i < count; i++) {
      const bool full = strcmp(all[i].name, "kv") == 0, window = strcmp(all[i].name, "kv_swa") == 0;
      const amount cells = {{all[i].cells, all[i].cells, all[i].cells}, WB_BASIS_ENGINE};
      if (full || window) predict(p, full ? "full_cells" : "window_cells", cells, WB_LOG_MOST, needs);
    }
    if (count) return;
  }
}

/* One device's weights in files that are mapped are a range of the file: only where the host has none of the layers is
 * that its own tensors. */
static void predict_weights(predicting *p) {
  const unsigned needs = WB_LOG_NEEDS_WEIGHTS | WB_LOG_NEEDS_PLACES;
  const wb_place_on *first = &p->serving->places[0];
  const bool whole = !first->stage.host || first->stage.from == first->stage.to;
  predict(p, "weights_buffer", sum_of(p, PARTS("weights"), true, false), WB_LOG_OF_DEVICES, needs);
  if (whole) predict(p, "weights_buffer", sum_of(p, PARTS("weights"), false, true), WB_LOG_OF_HOST, needs);
  predict(p, "model_memory", sum_of(p, PARTS("weights"), true, false), WB_LOG_OF_DEVICES, needs);
  const wb_loaded *loaded = &p->serving->loaded;
  const wb_layout one = {1, 1, 1, 1, 1, false};
  const wb_stage all = {.to = wb_model_depth(p->model), .total = wb_model_depth(p->model), .first = true, .last = true};
  const wb_i128 file = loaded->gguf ? wb_loaded_bytes(loaded, &one, all) : 0;
  predict(p, "model_file", (amount){{file, file, file}, p->out->set_up.assumed ? WB_BASIS_ASSUMED : WB_BASIS_ENGINE},
          WB_LOG_MOST, WB_LOG_NEEDS_WEIGHTS);
}

static void predict_buffers(predicting *p) {
  const unsigned cache = WB_LOG_NEEDS_CACHE | WB_LOG_NEEDS_CONTEXT, placed = cache | WB_LOG_NEEDS_PLACES;
  const unsigned all = placed | WB_LOG_NEEDS_WEIGHTS;
  predict_weights(p);
  predict(p, "kv_cache", sum_of(p, PARTS("kv_cache"), true, true), WB_LOG_SUM, cache);
  predict(p, "kv_buffer", sum_of(p, PARTS("kv_cache"), true, true), WB_LOG_SUM, cache);
  predict(p, "state", sum_of(p, PARTS("state"), true, true), WB_LOG_SUM, cache);
  predict(p, "state_buffer", sum_of(p, PARTS("state"), true, true), WB_LOG_SUM, cache);
  predict_cells(p, cache);
  predict(p, "context_memory", sum_of(p, PARTS("kv_cache", "state"), true, false), WB_LOG_OF_DEVICES, placed);
  predict(p, "compute_buffer", most_of(p, PARTS("compute")), WB_LOG_TOP_DEVICE, placed);
  predict(p, "compute_memory", most_of(p, PARTS("compute")), WB_LOG_TOP_DEVICE, placed);
  predict(p, "output_buffer", sum_of(p, PARTS("output"), true, true), WB_LOG_SUM, WB_LOG_NEEDS_CONTEXT);
  predict(p, "buffers", most_of(p, PARTS("weights", "kv_cache", "state", "compute")), WB_LOG_TOP_DEVICE, all);
  predict(p, "total_memory", sum_of(p, PARTS("weights", "kv_cache", "state", "compute"), true, true), WB_LOG_MOST, all);
  predict(p, "process_used", most_of(p, NULL), WB_LOG_MOST, all);
  predict(p, "device_used", most_of(p, NULL), WB_LOG_MOST, all);
}

/* ---- all ---- */

wb_log_prediction wb_log_predict(wb_model *m, const wb_log *log, const weigh_serving *asked) {
  wb_log_prediction out = {.set_up = wb_log_set_up_of(m, log, asked)};
  predicting p = {.model = m, .log = log, .out = &out};
  const wb_serving *serving = wb_serving_try(m, &out.set_up.serving);
  const wb_decl *engine = wb_engine_find(m->lib, &m->ctx, wb_str_of(out.set_up.serving.engine));
  if (!serving) { /* what was asked is at fault by itself, or the log's set-up is */
    serving = wb_serving_new(m, asked);
    out.set_up.known = 0;
  }
  use(&p, serving);
  const wb_engine rules = wb_engine_new(m, engine, NULL, 0);
  if (wb_llama_serves(m, &rules)) predict_buffers(&p);
  else predict_ranks(&p);
  list_left_out(&p);
  return out;
}
