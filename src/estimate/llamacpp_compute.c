/* The compute buffer of llama.cpp: the largest of the phases in data/engines/llamacpp-phases.tsv, with the interval that
 * recorded buffers kept around each. Exact would be a replay of ggml's allocator over the list of operations. */
#include "base/tsv.h"
#include "estimate/llamacpp.h"

/* ---- what the letters of a form stand for ---- */

typedef struct graph {
  wb_i128 letters[128];
  wb_i128 mask;  /* attention masks, and indices into a transposed V */
  wb_i128 added; /* inputs that later builds keep */
  bool attention, latent, experts, dense, shared, f32;
  bool flash, logits;
  wb_str traits;
} graph;

static wb_i128 larger(wb_i128 a, wb_i128 b) { return a > b ? a : b; }
static wb_i128 smaller(wb_i128 a, wb_i128 b) { return a < b ? a : b; }

static bool has(const graph *g, const char *trait) { return wb_llama_has_word(g->traits, wb_str_of(trait)); }

static void widen(wb_i128 *most, wb_i128 value) { *most = larger(*most, value); }

/* The widest layer of each kind, of those that the context runs. */
static void see_layers(graph *g, const wb_llama_facts *f, const wb_llama_context *c) {
  wb_i128 *l = g->letters;
  for (uint32_t i = 0; i < f->layer_count; i++) {
    const wb_llama_layer *layer = &f->layers[i];
    if (layer->nextn != c->asked.mtp) continue;
    widen(&l['F'], layer->ff);
    widen(&l['S'], layer->state_s);
    widen(&l['C'], f->conv_kernel > 1 ? layer->state_r / (f->conv_kernel - 1) : 0);
    if (!layer->attends) continue;
    g->attention = true;
    widen(&l['H'], layer->heads);
    widen(&l['q'], (wb_i128)layer->heads * layer->head_dim);
    widen(&l['k'], layer->k_width);
    widen(&l['v'], layer->v_width);
    widen(&l['a'], (wb_i128)layer->heads * f->head_dim_v);
  }
  l['D'] = f->state_size ? l['S'] / f->state_size : 0;
  l['S'] *= c->asked.n_seq_max;
}

static void see_batch(graph *g, const wb_llama_facts *f, const wb_llama_context *c) {
  wb_i128 *l = g->letters;
  const wb_llama_asked *a = &c->asked;
  const wb_i128 tokens = smaller(a->n_ctx, a->n_ubatch), sequences = a->n_seq_max;
  l['B'] = (tokens + sequences - 1) / sequences * sequences;
  l['O'] = larger(smaller(l['B'], a->n_outputs_max), sequences);
  l['V'] = f->vocabulary;
  l['E'] = f->embd;
  l['n'] = f->rules.memory == WB_LLAMA_NO_MEMORY ? l['B'] : c->n_ctx_seq;
  l['T'] = c->n_stream;
  l['L'] = f->layer_count;
  l['Z'] = f->trained_context;
}

static void see_width(graph *g, const wb_llama_facts *f, const wb_llama_context *c) {
  wb_i128 *l = g->letters;
  l['U'] = f->experts_used;
  l['f'] = has(g, "ff_experts") || !f->expert_ff ? l['F'] : f->expert_ff;
  l['g'] = f->shared_ff ? f->shared_ff : f->expert_ff * larger(f->shared_experts, 1);
  l['N'] = f->state_size;
  l['e'] = f->embd_per_layer;
  l['A'] = f->hidden_copies;
  l['x'] = l['H'] * f->query_full;
  l['y'] = l['H'] * f->head_dim_k;
  l['z'] = l['H'] * f->latent_rank;
  if (f->latent) l['v'] = 0;
  if (wb_str_is(c->asked.type_k, "f32")) l['K'] += l['k'];
  if (wb_str_is(c->asked.type_v, "f32")) l['K'] += l['v'];
}

/* F16 masks with flash attention, F32 without; a second one for sliding layers. Without flash attention V is written
 * element by element, with an index of 8 bytes each. */
static void see_mask(graph *g, const wb_llama_facts *f, const wb_llama_context *c) {
  const wb_i128 *l = g->letters;
  const wb_i128 each = g->flash ? 2 : 4, tokens = l['B'];
  if (!g->attention) return;
  wb_i128 cells = l['n'];
  if (f->window) cells += f->rules.memory == WB_LLAMA_NO_MEMORY ? l['n'] : wb_llama_sliding_cells(f, c);
  g->mask = each * tokens * cells;
  if (!g->flash) g->mask += 8 * tokens * l['v'] * (f->window ? 2 : 1);
  if (has(g, "bias")) g->mask *= 2;
}

static graph graph_of(const wb_llama_facts *f, const wb_llama_context *c) {
  graph g = {.traits = f->rules.graph, .flash = c->flash, .latent = f->latent};
  see_batch(&g, f, c);
  see_layers(&g, f, c);
  see_width(&g, f, c);
  see_mask(&g, f, c);
  g.experts = f->experts > 0;
  g.shared = g.experts && (f->shared_ff || f->shared_experts || has(&g, "shared"));
  g.dense = !g.experts || f->dense_layers || f->expert_step > 1 || has(&g, "dense_too");
  g.f32 = g.letters['K'] > 0;
  g.logits = !has(&g, "pooled") && !(has(&g, "embeds") && c->asked.embeddings);
  /* b11434 keeps three more inputs (inp_mixed_embd and its kin) as wide as the hidden state, or one that counts. */
  g.added = c->asked.build >= 11434 ? 4 * g.letters['B'] * g.letters['E'] : 0;
  return g;
}

/* ---- forms ---- */

static bool holds(const graph *g, wb_str trait) {
  if (wb_str_is(trait, "out")) return true;
  if (wb_str_is(trait, "logits")) return g->logits;
  if (wb_str_is(trait, "newer")) return g->added > 0;
  if (wb_str_is(trait, "older")) return g->added == 0;
  if (wb_str_is(trait, "attn")) return g->attention && !g->latent;
  if (wb_str_is(trait, "latent")) return g->attention && g->latent;
  if (wb_str_is(trait, "flash")) return g->attention && g->flash;
  if (wb_str_is(trait, "noflash")) return g->attention && !g->flash;
  if (wb_str_is(trait, "f32")) return g->attention && g->f32;
  if (wb_str_is(trait, "moe")) return g->experts;
  if (wb_str_is(trait, "shared")) return g->shared;
  if (wb_str_is(trait, "plain")) return g->dense && has(g, "plain");
  if (wb_str_is(trait, "gated")) return g->dense && !has(g, "plain") && g->letters['F'] > 0;
  if (wb_str_is(trait, "ple")) return g->letters['e'] > 0;
  return wb_llama_has_word(g->traits, trait);
}

static bool all_hold(const graph *g, wb_str when) {
  for (size_t from = 0, to; from < when.len; from = to + 1) {
    for (to = from; to < when.len && when.ptr[to] != ' ';) to++;
    if (!holds(g, wb_str_slice(when, from, to))) return false;
  }
  return true;
}

/* 8BE+12BF */
static wb_i128 form_bytes(const graph *g, wb_str form) {
  wb_i128 sum = 0;
  for (size_t i = 0; i < form.len; i++) {
    wb_i128 term = 0;
    for (; i < form.len && form.ptr[i] >= '0' && form.ptr[i] <= '9'; i++) term = term * 10 + (form.ptr[i] - '0');
    for (; i < form.len && form.ptr[i] != '+'; i++) term *= g->letters[(unsigned char)form.ptr[i] & 127];
    sum += term;
  }
  return sum;
}

static wb_i128 scaled(wb_i128 bytes, wb_str cell, wb_i128 unit) {
  wb_num n;
  return wb_num_parse(cell, &n) && n.num < (1 << 20) && n.num > -(1 << 20) ? bytes * n.num / (n.den * unit) : 0;
}

enum { F_WHEN, F_FORM, F_MASK, F_PERCENT, F_TENSORS = F_PERCENT + 3, F_ROWS = F_TENSORS + 3, F_COUNT };

/* low (0), best (1) or high (2) of a row */
static wb_i128 spread(const graph *g, const wb_str *cells, wb_i128 bytes, size_t which) {
  const wb_i128 tensor = 4 * g->letters['B'] * g->letters['E'];
  return scaled(bytes, cells[F_PERCENT + which], 100) + scaled(tensor, cells[F_TENSORS + which], 1);
}

wb_llama_compute wb_llama_compute_of(const wb_llama_facts *f, const wb_llama_context *c) {
  const graph g = graph_of(f, c);
  const wb_str text = wb_data_text("engines/llamacpp-phases.tsv");
  wb_llama_compute out = {.phase = WB_STR("")};
  wb_str cells[F_COUNT];
  for (size_t at = 0; wb_tsv_next(text, &at, cells, F_COUNT);) {
    if (!all_hold(&g, cells[F_WHEN])) continue;
    const wb_i128 bytes = form_bytes(&g, cells[F_FORM]) + g.added + (wb_str_is(cells[F_MASK], "yes") ? g.mask : 0);
    const wb_i128 best = spread(&g, cells, bytes, 1);
    if (best > out.best) out.phase = cells[F_FORM];
    out.low = larger(out.low, spread(&g, cells, bytes, 0));
    out.best = larger(out.best, best);
    out.high = larger(out.high, spread(&g, cells, bytes, 2));
  }
  return out;
}
