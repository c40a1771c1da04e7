/* What was asked of llama.cpp, made regular as its context does (src/llama-context.cpp, common/common.h), and what it
 * refuses. */
#include "estimate/llamacpp.h"

static int64_t padded(int64_t value, int64_t to) { return (value + to - 1) / to * to; }
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* ---- checks ---- */

static void check_range(wb_ctx *ctx, const char *name, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return;
  WB_FAIL(ctx, WB_LLAMA_ASKED_BAD, WB_NOWHERE, wb_str_of(name), wb_str_fmt(ctx, "%lld", (long long)low),
          wb_str_fmt(ctx, "%lld", (long long)high), wb_str_fmt(ctx, "%lld", (long long)value));
}

static void check_type(wb_ctx *ctx, const wb_llama_facts *f, wb_str type, int64_t *elems, int64_t *bytes) {
  for (size_t i = 0; i < f->type_count; i++) {
    if (!wb_str_eq(f->types[i].name, type)) continue;
    *elems = f->types[i].elements;
    *bytes = f->types[i].bytes;
    return;
  }
  wb_text known = {.ctx = ctx};
  for (size_t i = 0; i < f->type_count; i++)
    wb_text_addf(&known, "%s%.*s", i ? ", " : "", WB_STR_ARG(f->types[i].name));
  WB_FAIL(ctx, WB_LLAMA_CACHE_TYPE, WB_NOWHERE, type, wb_text_str(&known));
}

static void check_block(wb_ctx *ctx, wb_str type, int64_t block, int64_t head_dim) {
  if (head_dim % block == 0) return;
  WB_FAIL(ctx, WB_LLAMA_BLOCK_SIZE, WB_NOWHERE, type, wb_str_fmt(ctx, "%lld", (long long)block),
          wb_str_fmt(ctx, "%lld", (long long)head_dim));
}

static void check_refusals(wb_ctx *ctx, const wb_llama_facts *f, const wb_llama_context *c) {
  const wb_llama_asked *a = &c->asked;
  if (f->rules.memory == WB_LLAMA_RECURRENT) return;
  if (c->v_block > 1 && !c->flash) WB_FAIL(ctx, WB_LLAMA_V_NEEDS_FLASH, WB_NOWHERE, a->type_v);
  if (f->latent && !wb_str_eq(a->type_k, a->type_v))
    WB_FAIL(ctx, WB_LLAMA_TYPES_DIFFER, WB_NOWHERE, a->type_k, a->type_v);
  check_block(ctx, a->type_k, c->k_block, f->head_dim_k);
  check_block(ctx, a->type_v, c->v_block, f->head_dim_v);
  if (f->rules.encoder && f->rules.memory == WB_LLAMA_ATTENTION && c->n_stream > 1)
    WB_FAIL(ctx, WB_LLAMA_STREAMS, WB_NOWHERE, f->rules.architecture);
}

static int64_t widest_v(const wb_llama_facts *f) {
  int64_t most = 0;
  for (uint32_t i = 0; i < f->group_count; i++) {
    const int64_t width = f->layers[f->groups[i].layer].v_width;
    if (width > most) most = width;
  }
  return most;
}

/* ---- the context ---- */

wb_llama_context wb_llama_context_of(wb_ctx *ctx, const wb_llama_facts *f, const wb_llama_asked *asked) {
  wb_llama_context c = {.asked = *asked};
  wb_llama_asked *a = &c.asked;
  check_range(ctx, "n_seq_max", a->n_seq_max, 1, 256);
  check_range(ctx, "n_rs_seq", a->n_rs_seq, 0, 1024);
  check_range(ctx, "n_ctx", a->n_ctx, 0, WB_LLAMA_VALUE_MAX);
  check_range(ctx, "n_batch", a->n_batch, 1, WB_LLAMA_VALUE_MAX);
  check_range(ctx, "n_ubatch", a->n_ubatch, 0, WB_LLAMA_VALUE_MAX);
  check_type(ctx, f, a->type_k, &c.k_block, &c.k_bytes);
  check_type(ctx, f, a->type_v, &c.v_block, &c.v_bytes);
  if (!a->n_ctx) a->n_ctx = f->trained_context;
  if (f->causal) a->n_batch = smaller(a->n_ctx, a->n_batch);
  a->n_ubatch = smaller(a->n_batch, a->n_ubatch ? a->n_ubatch : a->n_batch);
  if (a->one_each) a->n_outputs_max = a->n_seq_max;
  if (!a->n_outputs_max || f->rules.encoder) a->n_outputs_max = a->n_batch;
  a->n_ctx = padded(a->n_ctx, 256);
  if (f->rules.indexer == WB_LLAMA_DSV4) a->unified = false;
  c.n_stream = a->unified ? 1 : a->n_seq_max;
  c.n_ctx_seq = a->unified ? a->n_ctx : padded(a->n_ctx / a->n_seq_max, 256);
  a->n_ctx = c.n_ctx_seq * c.n_stream;
  c.flash = a->flash != WB_LLAMA_OFF && !f->rules.no_flash;
  c.v_width = widest_v(f);
  check_refusals(ctx, f, &c);
  return c;
}
