#include "estimate/llamacpp_serving.h"

bool wb_llama_serves(wb_model *m, const wb_engine *engine) {
  return wb_str_is(wb_engine_text(m, engine, "allocation"), "llama.cpp");
}

static const wb_llama_facts *facts_of(wb_model *m) {
  if (!m->llama) m->llama = wb_llama_facts_of_model(m);
  return m->llama;
}

/* ---- places ---- */

static const uint32_t *devices_of_layers(wb_ctx *ctx, const wb_llama_facts *facts, const wb_llama_devices *devices) {
  uint32_t *out = WB_NEWN(ctx, uint32_t, (size_t)facts->layer_count + 1);
  for (uint32_t layer = 0; layer <= facts->layer_count; layer++) out[layer] = wb_llama_device_of(facts, devices, layer);
  return out;
}

static wb_llama_devices devices_of(const wb_serving *s, const wb_llama_facts *facts) {
  const bool host = s->places[0].stage.host;
  const int64_t all = (int64_t)facts->layer_count + 1;
  wb_llama_devices out = {.layers = s->asked.has_gpu_layers ? (int64_t)s->asked.gpu_layers : all};
  for (uint32_t i = host; i < s->place_count && out.count < WB_LLAMA_DEVICES; i++) {
    const wb_i128 mib = s->places[i].card.usable_bytes >> 20;
    out.split[out.count++] = mib > 0 ? (float)mib : 1;
  }
  out.known = devices_of_layers(&s->model->ctx, facts, &out);
  return out;
}

void wb_llama_place(wb_serving *s) {
  const wb_llama_facts *facts = facts_of(s->model);
  const wb_llama_devices devices = devices_of(s, facts);
  const uint32_t depth = wb_model_depth(s->model), first = s->places[0].stage.host;
  if (s->place_count - first > WB_LLAMA_DEVICES) WB_FAIL(&s->model->ctx, WB_TOO_DEEP, WB_NOWHERE, WB_STR("16"));
  if (!depth || !first) return;
  for (uint32_t i = 0; i < s->place_count; i++) {
    wb_stage *stage = &s->places[i].stage;
    uint32_t from = 0, to = 0; /* layers of a device lie side by side */
    for (uint32_t layer = 0; layer < depth; layer++) {
      if (wb_llama_device_of(facts, &devices, layer) != i) continue;
      if (!to) from = layer;
      to = layer + 1;
    }
    *stage = (wb_stage){.index = i, .from = from, .to = to, .total = depth};
    stage->host = stage->first = i == 0;
    stage->last = wb_llama_device_of(facts, &devices, facts->layer_count) == i;
  }
}

/* ---- the question ---- */

/* ik_llama.cpp's -mla, and files whose kv_b is not split: 0 keeps keys and values of all heads, 1 without flash attention
 * the latents transposed beside them; 2, 3 and llama.cpp itself the latents alone. */
static const wb_llama_facts *with_mla(wb_model *m, const wb_engine *e, const wb_llama_facts *facts, bool flash) {
  const wb_i128 mla = wb_engine_whole(m, e, "mla", 3);
  if (!facts->latent || mla > 1 || (mla == 1 && flash)) return facts;
  wb_llama_facts *out = WB_NEW(&m->ctx, wb_llama_facts);
  *out = *facts;
  out->latent = mla == 1;
  out->layers = WB_NEWN(&m->ctx, wb_llama_layer, facts->layer_count);
  const int64_t v_dim = (int64_t)wb_engine_whole(m, e, "v_head_dim", 0);
  for (uint32_t i = 0; i < facts->layer_count; i++) {
    wb_llama_layer *l = &out->layers[i];
    *l = facts->layers[i];
    if (!l->k_width) continue;
    l->v_width = mla ? facts->latent_rank : l->heads * v_dim;
    if (mla) continue;
    l->head_dim = facts->query_full;
    l->k_width = l->heads * l->head_dim;
  }
  if (!mla) {
    out->head_dim_k = facts->query_full;
    out->head_dim_v = v_dim;
  }
  wb_llama_prepare(&m->ctx, out);
  return out;
}

static wb_llama_switch switch_of(wb_model *m, const wb_engine *e, const char *name) {
  const wb_value *value = wb_engine_value(m, e, name);
  if (!value || value->kind == WB_TEXT) return WB_LLAMA_AUTO;
  return wb_engine_flag(m, e, name) ? WB_LLAMA_ON : WB_LLAMA_OFF;
}

/* GGML's name of a cache type: an option's, the question's, or f16. */
static wb_str type_of(const wb_serving *s, const wb_engine *e, const char *name) {
  static const struct {
    const char *torch, *ggml;
  } names[] = {{"float32", "f32"}, {"float16", "f16"}, {"bfloat16", "bf16"}};
  wb_str type = wb_engine_text(s->model, e, name);
  wb_cache_type known;
  if (!type.len && s->asked.kv_dtype) type = wb_str_of(s->asked.kv_dtype);
  if (!type.len) return WB_STR("f16");
  if (wb_cache_type_find(type, &known)) type = known.name;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (wb_str_is(type, names[i].torch)) return wb_str_of(names[i].ggml);
  return type;
}

static int64_t whole(wb_model *m, const wb_engine *e, const char *name) {
  const wb_i128 n = wb_engine_whole(m, e, name, 0);
  return n < 0 ? 0 : n > WB_LLAMA_VALUE_MAX ? WB_LLAMA_VALUE_MAX : (int64_t)n;
}

static size_t part_named(const wb_serving *s, const char *name) {
  for (size_t i = WB_PART_ENGINE; i < s->part_count; i++)
    if (wb_str_is(s->places[0].parts[i].name, name)) return i;
  return WB_MAX_PARTS;
}

/* From 32 rows on a card does products with weights that stand on the host, each copied into its compute buffer
 * (ggml-cuda.cu, ggml_backend_cuda_device_offload_op). The head is the widest of them, beside the logits. */
#define OFFLOADED_ROWS 32

static wb_i128 head_on_host(const wb_serving *s) {
  const wb_stage stage = s->places[0].stage;
  wb_i128 most = 0;
  if (!stage.host || !stage.last || s->place_count < 2) return 0;
  for (size_t i = 0; i < wb_loaded_count(&s->loaded); i++) {
    const wb_loaded_row held = wb_loaded_at(&s->loaded, &s->layout, stage, i);
    const bool vocabulary = held.row && (held.row->group == WB_G_HEAD || held.row->group == WB_G_EMBEDDING);
    if (vocabulary && held.tensors.num && held.bytes.den == 1 && held.bytes.num > most) most = held.bytes.num;
  }
  return most;
}

void wb_llama_attach(wb_serving *s, const wb_engine *e) {
  wb_model *m = s->model;
  wb_llama_serving *out = WB_NEW(&m->ctx, wb_llama_serving);
  wb_llama_asked *a = &out->asked;
  out->facts = facts_of(m);
  if (!wb_llama_defaults(wb_engine_text(m, e, "program"), a))
    WB_FAIL(&m->ctx, WB_ENGINE_OPTION_VALUE, WB_NOWHERE, WB_STR("program"), wb_engine_text(m, e, "program"),
            WB_STR("server, cli, bench, perplexity, embedding"), WB_STR("program"));
  a->n_batch = whole(m, e, "n_batch");
  a->n_ubatch = whole(m, e, "n_ubatch");
  a->flash = switch_of(m, e, "flash_attn");
  a->type_k = type_of(s, e, "type_k");
  a->type_v = type_of(s, e, "type_v");
  a->unified = wb_engine_flag(m, e, "kv_unified");
  a->swa_full = wb_engine_flag(m, e, "swa_full");
  a->build = whole(m, e, "build");
  if (whole(m, e, "n_outputs_max")) {
    a->n_outputs_max = whole(m, e, "n_outputs_max");
    a->one_each = false;
  }
  a->n_seq_max = whole(m, e, "n_seq_max");
  out->sequences_given = a->n_seq_max > 0;
  out->facts = with_mla(m, e, out->facts, a->flash != WB_LLAMA_OFF);
  out->devices = devices_of(s, out->facts);
  out->devices.kv_on_host = wb_engine_flag(m, e, "no_kv_offload");
  out->alignment = wb_str_is(s->cards[0].vendor, "NVIDIA") ? 128 : 32;
  out->copied_head = head_on_host(s);
  out->compute = part_named(s, "compute");
  out->output = part_named(s, "output");
  for (uint32_t i = 0; i < s->place_count; i++)
    for (int part = WB_PART_KV_CACHE; part <= WB_PART_STATE; part++) {
      s->places[i].parts[part].basis = WB_BASIS_ENGINE;
      s->places[i].parts[part].source = s->engine->source;
    }
  s->llama = out;
  wb_load now = {0}; /* refuses now what the engine would refuse later */
  if (!wb_llama_load(s, 0, s->longest, s->in_all, &now))
    WB_FAIL(&m->ctx, WB_LLAMA_ASKED_BAD, WB_NOWHERE, WB_STR("n_seq_max, n_ctx"), WB_STR("1"), WB_STR("256, 2^31"),
            WB_STR("more"));
}

/* ---- answers ---- */

static bool context_at(const wb_serving *s, wb_i128 context, wb_i128 sequences, const wb_llama_context **out) {
  wb_llama_serving *l = s->llama;
  *out = &l->last.context;
  if (l->last.sequences == sequences && l->last.tokens == context && context) return true;
  wb_llama_asked a = l->asked;
  const wb_i128 tokens = context * sequences;
  if (!l->sequences_given) a.n_seq_max = sequences > 256 ? 0 : (int64_t)sequences;
  if (a.n_seq_max < 1 || tokens < 1 || tokens > WB_LLAMA_VALUE_MAX) return false;
  if (l->facts->rules.encoder && a.n_seq_max > 1 && !a.unified) return false;
  a.n_ctx = (int64_t)tokens;
  l->last.tokens = 0;
  l->last.context = wb_llama_context_of(&s->model->ctx, l->facts, &a);
  l->last.compute = wb_llama_compute_of(l->facts, &l->last.context);
  l->last.tokens = context;
  l->last.sequences = sequences;
  return true;
}

/* Which of the engine's devices a place is: 0 the host. */
static uint32_t device_of(const wb_serving *s, uint32_t place) { return s->places[0].stage.host ? place : place + 1; }

static wb_i128 kind_on(const wb_serving *s, const wb_llama_context *c, wb_llama_kind kind, uint32_t place) {
  const wb_llama_serving *l = s->llama;
  const bool all = l->devices.layers > l->facts->layer_count && l->devices.count == 1 && !l->devices.kv_on_host;
  if (all) return device_of(s, place) ? wb_llama_buffer(l->facts, c, kind, l->alignment) : 0;
  return wb_llama_on_device(l->facts, c, kind, &l->devices, device_of(s, place), l->alignment);
}

static void set_part(wb_load *load, size_t part, wb_bytes bytes) {
  if (part >= WB_MAX_PARTS) return;
  load->all.low += bytes.low - load->parts[part].low;
  load->all.best += bytes.best - load->parts[part].best;
  load->all.high += bytes.high - load->parts[part].high;
  load->parts[part] = bytes;
}

static wb_bytes exactly(wb_i128 n) { return (wb_bytes){n, n, n}; }

/* The host computes nothing but the look-up of embeddings where all layers stand on cards. */
static wb_bytes compute_on(const wb_serving *s, uint32_t place) {
  const wb_llama_context *c = &s->llama->last.context;
  const wb_stage *stage = &s->places[place].stage;
  if (stage->host && s->place_count > 1 && stage->from == stage->to) return exactly(0);
  const wb_llama_compute compute = s->llama->last.compute;
  const bool copies = !stage->host && c->asked.n_ubatch >= OFFLOADED_ROWS && c->asked.n_ctx >= OFFLOADED_ROWS;
  const wb_i128 head = copies ? s->llama->copied_head : 0;
  return (wb_bytes){compute.low, compute.best + head, compute.high + head};
}

bool wb_llama_load(const wb_serving *s, uint32_t place, wb_i128 context, wb_i128 sequences, wb_load *load) {
  const wb_llama_serving *l = s->llama;
  const wb_llama_context *c;
  if (!context_at(s, context, sequences, &c)) return false;
  wb_i128 caches = 0;
  for (int kind = WB_LLAMA_KV; kind <= WB_LLAMA_KV_INDEXER; kind++) caches += kind_on(s, c, (wb_llama_kind)kind, place);
  set_part(load, WB_PART_KV_CACHE, exactly(caches));
  set_part(load, WB_PART_STATE, exactly(kind_on(s, c, WB_LLAMA_STATE, place)));
  set_part(load, l->compute, compute_on(s, place));
  const bool holds_output = s->places[place].stage.host || s->place_count == 1;
  set_part(load, l->output, exactly(holds_output ? wb_llama_output(l->facts, c) : 0));
  return true;
}

size_t wb_llama_caches(const wb_serving *s, uint32_t place, wb_llama_cache out[WB_LLAMA_KINDS]) {
  static const char *const names[] = {"kv", "kv_swa", "kv_indexer", "rs"};
  const wb_llama_context *c;
  size_t count = 0;
  if (!context_at(s, s->longest, s->in_all, &c)) return 0;
  for (int kind = 0; kind < WB_LLAMA_KINDS; kind++) {
    const wb_i128 bytes = kind_on(s, c, (wb_llama_kind)kind, place);
    const int64_t sliding = wb_llama_sliding_cells(s->llama->facts, c);
    const int64_t cells = kind == WB_LLAMA_STATE ? 0 : kind == WB_LLAMA_KV_SLIDING ? sliding : c->n_ctx_seq;
    if (bytes) out[count++] = (wb_llama_cache){names[kind], bytes, cells};
  }
  return count;
}
