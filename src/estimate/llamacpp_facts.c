/* The facts of a model from the keys of a GGUF file, as llama.cpp's loader reads them (src/llama-model.cpp,
 * src/llama-hparams.cpp, src/models/). */
#include "estimate/llamacpp.h"

#include <string.h>

#define STATE_MAX ((wb_i128)1 << 40) /* elements of a state */

typedef struct reader {
  wb_ctx *ctx;
  const wb_llama_keys *keys;
  wb_llama_facts *facts;
} reader;

/* ---- values ---- */

_Noreturn static void bad(const reader *r, const char *key) {
  const wb_str most = wb_str_fmt(r->ctx, "%lld", (long long)WB_LLAMA_VALUE_MAX);
  WB_FAIL(r->ctx, WB_LLAMA_KEY_BAD, WB_NOWHERE, wb_str_of(key), most);
}

static bool find(const reader *r, const char *key, wb_llama_value *out) {
  if (!r->keys->find(r->keys->user, wb_str_of(key), out) || !out->count) return false;
  for (size_t i = 0; i < out->count; i++)
    if (out->values[i] < 0 || out->values[i] > WB_LLAMA_VALUE_MAX) bad(r, key);
  return true;
}

static int64_t scalar(const reader *r, const char *key, int64_t otherwise) {
  wb_llama_value v;
  return find(r, key, &v) ? v.values[0] : otherwise;
}

static int64_t required(const reader *r, const char *key) {
  const int64_t value = scalar(r, key, -1);
  if (value < 0) bad(r, key);
  return value;
}

/* A value for each layer: a list of at least so many, or one for all. Looked up once, as a look-up may be slow. */
typedef struct column {
  const char *key;
  int64_t *values;
  size_t count;
  bool given, list;
} column;

static column read_column(const reader *r, const char *key) {
  wb_llama_value v;
  column c = {.key = key};
  if (!find(r, key, &v)) return c;
  c = (column){key, WB_NEWN(r->ctx, int64_t, v.count), v.count, true, v.list};
  memcpy(c.values, v.values, v.count * sizeof *v.values);
  return c;
}

static int64_t at_layer(const reader *r, const column *c, uint32_t layer, int64_t otherwise) {
  if (!c->given) return otherwise;
  if (!c->list) return c->values[0];
  if (layer >= c->count) bad(r, c->key);
  return c->values[layer];
}

static int64_t number_in(wb_str cell) {
  wb_num n;
  return wb_num_parse(cell, &n) && wb_num_is_int(n) ? (int64_t)n.num : 0;
}

/* ---- layers ---- */

static void read_widths(const reader *r) {
  wb_llama_facts *f = r->facts;
  const column heads = read_column(r, "attention.head_count"), kv = read_column(r, "attention.head_count_kv");
  const column ff = read_column(r, "feed_forward_length");
  const int64_t first = at_layer(r, &heads, 0, 0), even = first ? f->embd / first : 0;
  const int64_t k = scalar(r, "attention.key_length", even), v = scalar(r, "attention.value_length", even);
  const int64_t k_swa = scalar(r, "attention.key_length_swa", k), v_swa = scalar(r, "attention.value_length_swa", v);
  f->head_dim_k = k;
  f->head_dim_v = v;
  f->latent = scalar(r, "attention.key_length_mla", 0) > 0 && scalar(r, "attention.value_length_mla", 0) > 0;
  for (uint32_t i = 0; i < f->layer_count; i++) {
    wb_llama_layer *l = &f->layers[i];
    l->heads = at_layer(r, &heads, i, 0);
    const int64_t kv_heads = at_layer(r, &kv, i, l->heads);
    l->ff = at_layer(r, &ff, i, 0);
    l->head_dim = l->sliding ? k_swa : k;
    l->k_width = l->head_dim * kv_heads;
    l->v_width = f->latent || f->rules.indexer == WB_LLAMA_DSV4 ? 0 : (l->sliding ? v_swa : v) * kv_heads;
    l->attends = kv_heads > 0;
    if (l->k_width > WB_LLAMA_VALUE_MAX || l->v_width > WB_LLAMA_VALUE_MAX) bad(r, "attention.head_count_kv");
  }
}

/* llama_hparams::n_embd_r and n_embd_s: which keys are there decides, not the architecture. */
static void state_widths(const reader *r, int64_t *out_r, int64_t *out_s) {
  const wb_llama_facts *f = r->facts;
  const wb_i128 wkv = scalar(r, "wkv.head_size", 0), short_conv = scalar(r, "shortconv.l_cache", 0);
  const wb_i128 kda = scalar(r, "kda.head_dim", 0), conv = scalar(r, "ssm.conv_kernel", 0);
  const wb_i128 inner = scalar(r, "ssm.inner_size", 0), state = scalar(r, "ssm.state_size", 0);
  const wb_i128 groups = scalar(r, "ssm.group_count", 0), heads = f->layer_count ? f->layers[0].heads : 0;
  wb_i128 width_r = (conv > 0 ? conv - 1 : 0) * (inner + 2 * groups * state), width_s = state * inner;
  if (wkv) {
    width_r = (wb_i128)scalar(r, "token_shift_count", 2) * f->embd;
    width_s = f->embd * wkv;
  } else if (short_conv) {
    width_r = f->embd * (short_conv - 1);
    width_s = 0;
  } else if (kda) {
    width_r = 3 * (conv > 0 ? conv - 1 : 3) * heads * kda;
    width_s = kda * kda * heads;
  }
  if (width_r > STATE_MAX || width_s > STATE_MAX) bad(r, "ssm.state_size");
  *out_r = (int64_t)width_r;
  *out_s = (int64_t)width_s;
}

static bool is_recurrent(const reader *r, const column *listed, int64_t interval, uint32_t i, bool *attends) {
  const wb_str rule = r->facts->rules.recurrent;
  const wb_llama_layer *l = &r->facts->layers[i];
  if (wb_str_is(rule, "every")) *attends = false;
  if (wb_str_is(rule, "every") || wb_str_is(rule, "both")) return true;
  if (wb_str_is(rule, "no_kv_heads")) return !l->attends;
  if (wb_str_is(rule, "no_kv_heads_no_ff")) {
    const bool state = !l->attends && !l->ff;
    *attends = l->attends && !l->ff;
    return state;
  }
  if (!wb_str_is(rule, "interval") || l->nextn) return false;
  const bool state = at_layer(r, listed, i, interval && (i + 1) % interval != 0) != 0;
  *attends = !state;
  return state;
}

static void read_states(const reader *r) {
  int64_t width_r, width_s;
  state_widths(r, &width_r, &width_s);
  const column listed = read_column(r, "attention.recurrent_layers");
  const int64_t interval = scalar(r, "full_attention_interval", 4);
  for (uint32_t i = 0; i < r->facts->layer_count; i++) {
    wb_llama_layer *l = &r->facts->layers[i];
    l->recurrent = is_recurrent(r, &listed, interval, i, &l->attends);
    if (!l->recurrent) continue;
    l->state_r = width_r;
    l->state_s = width_s;
  }
}

/* Layers that keep a cache of their own, by build (src/llama-model.cpp, create_memory). */
static void read_owners(const reader *r) {
  wb_llama_facts *f = r->facts;
  const wb_str owners = f->rules.owners;
  int64_t own = f->layer_count;
  if (wb_str_is(owners, "shared")) own -= scalar(r, "attention.shared_kv_layers", 0);
  else if (owners.len) own = number_in(owners);
  for (uint32_t i = 0; i < f->layer_count; i++) f->layers[i].owns = f->layers[i].attends && (int64_t)i < own;
}

/* ---- windows ---- */

static int64_t window_of(const reader *r) {
  const wb_llama_rules *rules = &r->facts->rules;
  const wb_str w = rules->window, layers = WB_STR("layers=");
  const int64_t key = scalar(r, "attention.sliding_window", -1);
  if (!w.len || wb_str_is(w, "off") || key == 0) return 0;
  if (wb_str_is(rules->only_if, "key") && key < 0) return 0;
  if (wb_str_starts(rules->only_if, layers) &&
      number_in(wb_str_slice(rules->only_if, layers.len, rules->only_if.len)) != r->facts->layer_count)
    return 0;
  if (w.ptr[0] == '=') return number_in(wb_str_slice(w, 1, w.len));
  if (key > 0) return key;
  if (wb_str_is(w, "key")) bad(r, "attention.sliding_window");
  return number_in(w);
}

static bool slides(const wb_llama_rules *rules, int64_t period, int64_t layer) {
  if (period == 0) return true;
  return rules->dense_first ? layer % period != 0 : layer % period < period - 1;
}

static void read_windows(const reader *r) {
  wb_llama_facts *f = r->facts;
  f->window = window_of(r);
  if (!f->window) return;
  const column pattern = read_column(r, "attention.sliding_window_pattern"),
               kv = read_column(r, "attention.head_count_kv");
  if (!pattern.given && wb_str_is(f->rules.period, "list")) bad(r, "attention.sliding_window_pattern");
  for (uint32_t i = 0; i < f->layer_count; i++) {
    wb_llama_layer *l = &f->layers[i];
    if (wb_str_is(f->rules.period, "all")) l->sliding = true;
    else if (l->nextn) l->sliding = false;
    else if (wb_str_is(f->rules.period, "attention")) l->sliding = at_layer(r, &kv, i, 1) > 0;
    else if (pattern.list) l->sliding = i < pattern.count && pattern.values[i] != 0;
    else l->sliding = slides(&f->rules, pattern.given ? pattern.values[0] : number_in(f->rules.period), i);
  }
}

/* ---- second caches ---- */

static void read_indexer(const reader *r) {
  wb_llama_facts *f = r->facts;
  if (f->rules.indexer == WB_LLAMA_NO_INDEXER) return;
  f->index_width = required(r, "attention.indexer.key_length");
  const column ratios = read_column(r, "attention.compress_ratios"), full = read_column(r, "attention.indexer.types");
  for (uint32_t i = 0; i < f->layer_count; i++) {
    wb_llama_layer *l = &f->layers[i];
    if (f->rules.indexer == WB_LLAMA_DSV4) {
      l->ratio = at_layer(r, &ratios, i, 0);
      l->index_k = l->ratio == 4 ? f->index_width : 0;
      continue;
    }
    const bool sparse =
        f->rules.indexer == WB_LLAMA_MSA ? (int64_t)i >= f->dense_layers : at_layer(r, &full, i, 1) != 0;
    l->index_k = sparse ? f->index_width : 0;
    l->index_v = sparse && f->rules.indexer == WB_LLAMA_MSA ? f->index_width : 0;
  }
}

/* ---- made ready ---- */

static bool alike(const wb_llama_layer *a, const wb_llama_layer *b) {
  return a->k_width == b->k_width && a->v_width == b->v_width && a->index_k == b->index_k && a->index_v == b->index_v &&
         a->state_r == b->state_r && a->state_s == b->state_s && a->heads == b->heads && a->head_dim == b->head_dim &&
         a->ff == b->ff && a->ratio == b->ratio && a->sliding == b->sliding && a->attends == b->attends &&
         a->owns == b->owns && a->recurrent == b->recurrent && a->nextn == b->nextn;
}

void wb_llama_prepare(wb_ctx *ctx, wb_llama_facts *f) {
  f->groups = WB_NEWN(ctx, wb_llama_group, f->layer_count + 1);
  f->group_count = 0;
  for (uint32_t i = 0; i < f->layer_count; i++) {
    uint32_t g = 0;
    while (g < f->group_count && !alike(&f->layers[f->groups[g].layer], &f->layers[i])) g++;
    if (g == f->group_count) f->groups[f->group_count++] = (wb_llama_group){i, 0};
    f->groups[g].count++;
  }
  f->type_count = 0;
  for (size_t at = 0; f->type_count < WB_LLAMA_TYPES && wb_ggml_next(&at, &f->types[f->type_count]);)
    f->type_count += f->types[f->type_count].cache && wb_str_is(f->types[f->type_count].project, "llama.cpp");
  wb_llama_phases(ctx, f);
}

wb_llama_facts *wb_llama_facts_of_keys(wb_ctx *ctx, wb_str architecture, const wb_llama_keys *keys) {
  wb_llama_facts *f = WB_NEW(ctx, wb_llama_facts);
  const reader r = {ctx, keys, f};
  f->known = wb_llama_rules_of(architecture, &f->rules);
  const int64_t layers = required(&r, "block_count"), nextn = scalar(&r, "nextn_predict_layers", 0);
  if (layers > WB_LLAMA_LAYERS_MAX) bad(&r, "block_count");
  if (nextn > layers) bad(&r, "nextn_predict_layers");
  f->layer_count = (uint32_t)layers;
  f->nextn = (uint32_t)nextn;
  f->layers = WB_NEWN(ctx, wb_llama_layer, f->layer_count + 1);
  for (uint32_t i = f->layer_count - f->nextn; i < f->layer_count; i++) f->layers[i].nextn = true;
  f->embd = required(&r, "embedding_length");
  f->embd_out = scalar(&r, "embedding_length_out", f->embd);
  f->vocabulary = scalar(&r, "vocab_size", 0);
  f->trained_context = scalar(&r, "context_length", 0);
  f->causal = scalar(&r, "attention.causal", 1) != 0;
  f->experts = scalar(&r, "expert_count", 0);
  f->experts_used = scalar(&r, "expert_used_count", 0);
  f->expert_ff = scalar(&r, "expert_feed_forward_length", 0);
  f->shared_ff = scalar(&r, "expert_shared_feed_forward_length", 0);
  f->shared_experts = scalar(&r, "expert_shared_count", 0);
  f->dense_layers = scalar(&r, "leading_dense_block_count", 0);
  f->expert_step = scalar(&r, "interleave_moe_layer_step", 1);
  f->latent_rank = scalar(&r, "attention.kv_lora_rank", 0);
  f->query_full = scalar(&r, "attention.key_length_mla", 0);
  f->conv_kernel = scalar(&r, "shortconv.l_cache", scalar(&r, "ssm.conv_kernel", 0));
  f->state_size = scalar(&r, "ssm.state_size", 0);
  f->embd_per_layer = scalar(&r, "embedding_length_per_layer_input", 0);
  f->hidden_copies = scalar(&r, "altup.num_inputs", 0);
  read_windows(&r);
  read_widths(&r);
  read_states(&r);
  read_owners(&r);
  read_indexer(&r);
  wb_llama_prepare(ctx, f);
  return f;
}
