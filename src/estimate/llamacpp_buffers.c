/* Caches, states and the output buffer of llama.cpp: exact. Sources: src/llama-kv-cache.cpp, src/llama-kv-cache-iswa.cpp,
 * src/llama-kv-cache-dsa.cpp, src/llama-kv-cache-dsv4.cpp, src/llama-memory-recurrent.cpp of ggml-org/llama.cpp b10256. */
#include "estimate/llamacpp.h"

static wb_i128 padded(wb_i128 value, wb_i128 to) { return (value + to - 1) / to * to; }

/* Whether the cache of the context covers a layer: prediction layers have a context of their own. */
static bool covers(const wb_llama_facts *f, const wb_llama_context *c, const wb_llama_layer *l) {
  if (f->rules.memory == WB_LLAMA_NO_MEMORY) return false;
  if (c->asked.mtp || !l->nextn || !f->rules.nextn.len) return l->nextn || !c->asked.mtp;
  wb_num from;
  return !wb_num_parse(f->rules.nextn, &from) || c->asked.build < from.num;
}

int64_t wb_llama_sliding_cells(const wb_llama_facts *f, const wb_llama_context *c) {
  const wb_llama_asked *a = &c->asked;
  if (a->swa_full) return c->n_ctx_seq;
  const int64_t wanted = f->window * (a->unified ? a->n_seq_max : 1) + a->n_ubatch;
  return (int64_t)padded(wanted < c->n_ctx_seq ? wanted : c->n_ctx_seq, 256);
}

/* Rows of K and of V, each a tensor of so many cells in every stream. */
static wb_i128 cache_bytes(const wb_llama_context *c, wb_i128 k, wb_i128 v, wb_i128 cells, int64_t alignment) {
  const wb_i128 rows = cells * c->n_stream;
  return padded(k / c->k_block * c->k_bytes * rows, alignment) + padded(v / c->v_block * c->v_bytes * rows, alignment);
}

static wb_i128 attention_bytes(const wb_llama_facts *f, const wb_llama_context *c, const wb_llama_layer *l,
                               int64_t alignment) {
  const int64_t cells = l->sliding ? wb_llama_sliding_cells(f, c) : c->n_ctx_seq;
  const int64_t v = !c->flash && l->v_width ? c->v_width : l->v_width;
  return cache_bytes(c, l->k_width, v, cells, alignment);
}

/* ceil(n / ratio) entries, padded to 256 (src/llama-kv-cache-dsv4.cpp). */
static wb_i128 compressed(const wb_llama_context *c, const wb_llama_layer *l, int64_t width, int64_t alignment) {
  return cache_bytes(c, width, 0, padded((c->n_ctx_seq + l->ratio - 1) / l->ratio, 256), alignment);
}

/* Two F32 tensors of the compressor: 8 rows of twice the width at ratio 4, 128 rows at ratio 128. */
static wb_i128 compressor_state(const wb_llama_context *c, const wb_llama_layer *l, int64_t width, int64_t alignment) {
  const wb_i128 streams = (wb_i128)c->n_stream * (1 + c->asked.n_rs_seq);
  const wb_i128 elements = l->ratio == 4 ? (wb_i128)2 * width * 8 : (wb_i128)width * l->ratio;
  return 2 * padded(4 * elements * streams, alignment);
}

static wb_i128 state_bytes(const wb_llama_facts *f, const wb_llama_context *c, const wb_llama_layer *l,
                           int64_t alignment) {
  if (f->rules.indexer == WB_LLAMA_DSV4)
    return !l->ratio ? 0
                     : compressor_state(c, l, l->k_width, alignment) +
                           (l->index_k ? compressor_state(c, l, l->index_k, alignment) : 0);
  if (!l->recurrent) return 0;
  const wb_i128 rows = (wb_i128)c->asked.n_seq_max * (1 + c->asked.n_rs_seq);
  return padded(4 * rows * l->state_r, alignment) + padded(4 * rows * l->state_s, alignment);
}

wb_i128 wb_llama_layer_bytes(const wb_llama_facts *f, const wb_llama_context *c, uint32_t layer, wb_llama_kind kind,
                             int64_t alignment) {
  const wb_llama_layer *l = &f->layers[layer];
  if (!covers(f, c, l)) return 0;
  const bool compresses = f->rules.indexer == WB_LLAMA_DSV4 && l->ratio > 0;
  switch (kind) {
    case WB_LLAMA_KV: {
      const wb_i128 own = l->owns && !l->sliding ? attention_bytes(f, c, l, alignment) : 0;
      return own + (compresses ? compressed(c, l, l->k_width, alignment) : 0);
    }
    case WB_LLAMA_KV_SLIDING: return l->owns && l->sliding ? attention_bytes(f, c, l, alignment) : 0;
    case WB_LLAMA_KV_INDEXER:
      if (compresses) return l->index_k ? compressed(c, l, l->index_k, alignment) : 0;
      return cache_bytes(c, l->index_k, l->index_v, c->n_ctx_seq, alignment);
    case WB_LLAMA_STATE: return c->asked.mtp ? 0 : state_bytes(f, c, l, alignment);
    default: return 0;
  }
}

wb_i128 wb_llama_buffer(const wb_llama_facts *f, const wb_llama_context *c, wb_llama_kind kind, int64_t alignment) {
  wb_i128 sum = 0;
  for (uint32_t i = 0; i < f->group_count; i++)
    sum += f->groups[i].count * wb_llama_layer_bytes(f, c, f->groups[i].layer, kind, alignment);
  return sum;
}

wb_i128 wb_llama_output(const wb_llama_facts *f, const wb_llama_context *c) {
  const int64_t embeddings = c->asked.embeddings || f->rules.encoder ? f->embd_out : 0;
  return (wb_i128)4 * c->asked.n_seq_max * (f->vocabulary + embeddings);
}
