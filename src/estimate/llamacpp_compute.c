/* The compute buffer of llama.cpp: the largest of the phases in data/engines/llamacpp-phases.tsv, with the interval that
 * recorded buffers kept around each. Exact would be a replay of ggml's allocator over the list of operations. */
#include "base/tsv.h"
#include "estimate/llamacpp.h"

/* The build since which three inputs (inp_mixed_embd and its kin), one as wide as the hidden state, stay in the graph. */
#define MIXED_INPUTS 11434

/* Builds before stand for those of 2025, of which only logs are known. */
#define RECORDED 10000

/* ---- what the letters of a form stand for ---- */

typedef struct graph {
  wb_i128 letters[128];
  wb_i128 mask; /* attention masks, and indices into a transposed V */
  bool attention, latent, experts, dense, shared, per_layer;
  wb_str traits;
} graph;

static wb_i128 larger(wb_i128 a, wb_i128 b) { return a > b ? a : b; }
static wb_i128 smaller(wb_i128 a, wb_i128 b) { return a < b ? a : b; }

static bool has(const graph *g, const char *trait) { return wb_llama_has_word(g->traits, wb_str_of(trait)); }

static void widen(wb_i128 *most, wb_i128 value) { *most = larger(*most, value); }

/* The widest layer of each kind, of those that the context runs. */
static void see_layers(graph *g, const wb_llama_facts *f, const wb_llama_context *c) {
  wb_i128 *l = g->letters;
  for (uint32_t i = 0; i < f->group_count; i++) {
    const wb_llama_layer *layer = &f->layers[f->groups[i].layer];
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
 * element by element, with an index of 8 bytes each; early builds copied it. */
static void see_mask(graph *g, const wb_llama_facts *f, const wb_llama_context *c) {
  const wb_i128 *l = g->letters;
  const wb_i128 each = c->flash ? 2 : 4, tokens = l['B'];
  if (!g->attention) return;
  wb_i128 cells = l['n'];
  if (f->window) cells += f->rules.memory == WB_LLAMA_NO_MEMORY ? l['n'] : wb_llama_sliding_cells(f, c);
  g->mask = each * tokens * cells;
  if (!c->flash && c->asked.build >= RECORDED) g->mask += 8 * tokens * l['v'] * (f->window ? 2 : 1);
  if (has(g, "bias")) g->mask *= 2;
}

static void see_context(graph *g, const wb_llama_facts *f, const wb_llama_context *c) {
  see_batch(g, f, c);
  see_layers(g, f, c);
  see_width(g, f, c);
  see_mask(g, f, c);
}

static graph graph_of_model(const wb_llama_facts *f) {
  graph g = {
      .traits = f->rules.graph, .latent = f->latent, .experts = f->experts > 0, .per_layer = f->embd_per_layer > 0};
  g.shared = g.experts && (f->shared_ff || f->shared_experts || has(&g, "shared"));
  g.dense = !g.experts || f->dense_layers || f->expert_step > 1 || has(&g, "dense_too");
  return g;
}

/* ---- phases, read once for a model ---- */

#define TERMS 8

typedef struct term {
  int32_t factor;
  uint8_t letters[4]; /* 0: none */
} term;

/* What of a context a phase asks for. */
enum {
  NEEDS_FLASH = 1,
  NEEDS_NO_FLASH = 2,
  NEEDS_F32 = 4,
  NEEDS_NEWER = 8,
  NEEDS_OLDER = 16,
  NEEDS_LOGITS = 32,
  NEEDS_ATTENTION = 64,
  NEEDS_FF = 128,
  NEEDS_EARLY = 256
};

struct wb_llama_phase {
  wb_str form;
  term terms[TERMS];
  uint32_t term_count;
  uint32_t needs;
  bool mask;
  int32_t percent[3], tenths[3]; /* low, best, high: of the form, and of tensors of the hidden width */
};

static bool need(uint32_t *needs, uint32_t what) {
  *needs |= what;
  return true;
}

/* Whether a model can have a trait; those of a context are added to `needs`. */
static bool holds(const graph *g, wb_str trait, uint32_t *needs) {
  if (wb_str_is(trait, "flash")) return need(needs, NEEDS_FLASH);
  if (wb_str_is(trait, "noflash")) return need(needs, NEEDS_NO_FLASH);
  if (wb_str_is(trait, "f32")) return need(needs, NEEDS_F32);
  if (wb_str_is(trait, "newer")) return need(needs, NEEDS_NEWER);
  if (wb_str_is(trait, "older")) return need(needs, NEEDS_OLDER);
  if (wb_str_is(trait, "early")) return need(needs, NEEDS_EARLY);
  if (wb_str_is(trait, "logits")) return need(needs, NEEDS_LOGITS);
  if (wb_str_is(trait, "out")) return true;
  if (wb_str_is(trait, "attn")) return !g->latent && need(needs, NEEDS_ATTENTION);
  if (wb_str_is(trait, "latent")) return g->latent && need(needs, NEEDS_ATTENTION);
  if (wb_str_is(trait, "moe")) return g->experts;
  if (wb_str_is(trait, "shared")) return g->shared;
  if (wb_str_is(trait, "plain")) return g->dense && has(g, "plain") && need(needs, NEEDS_FF);
  if (wb_str_is(trait, "gated")) return g->dense && !has(g, "plain") && need(needs, NEEDS_FF);
  if (wb_str_is(trait, "ple")) return g->per_layer;
  return wb_llama_has_word(g->traits, trait);
}

static bool all_hold(const graph *g, wb_str when, uint32_t *needs) {
  for (size_t from = 0, to; from < when.len; from = to + 1) {
    for (to = from; to < when.len && when.ptr[to] != ' ';) to++;
    if (!holds(g, wb_str_slice(when, from, to), needs)) return false;
  }
  return true;
}

/* 8BE+12BF */
static void read_form(wb_llama_phase *p, wb_str form) {
  for (size_t i = 0; i < form.len && p->term_count < TERMS; i++) {
    term *t = &p->terms[p->term_count++];
    size_t letters = 0;
    for (; i < form.len && form.ptr[i] >= '0' && form.ptr[i] <= '9'; i++)
      t->factor = t->factor * 10 + (form.ptr[i] - '0');
    for (; i < form.len && form.ptr[i] != '+'; i++)
      if (letters < sizeof t->letters) t->letters[letters++] = (uint8_t)form.ptr[i] & 127;
  }
}

static int32_t times(wb_str cell, int32_t unit) {
  wb_num n;
  return wb_num_parse(cell, &n) ? (int32_t)(n.num * unit / n.den) : 0;
}

enum { F_WHEN, F_FORM, F_MASK, F_PERCENT, F_TENSORS = F_PERCENT + 3, F_ROWS = F_TENSORS + 3, F_COUNT };

void wb_llama_phases(wb_ctx *ctx, wb_llama_facts *f) {
  const wb_str text = wb_data_text("engines/llamacpp-phases.tsv");
  const graph g = graph_of_model(f);
  wb_str cells[F_COUNT];
  size_t cap = 0, count = 0;
  f->phases = NULL;
  for (size_t at = 0; wb_tsv_next(text, &at, cells, F_COUNT);) {
    wb_llama_phase p = {.form = cells[F_FORM], .mask = wb_str_is(cells[F_MASK], "yes")};
    if (!all_hold(&g, cells[F_WHEN], &p.needs)) continue;
    read_form(&p, cells[F_FORM]);
    for (size_t i = 0; i < 3; i++) {
      p.percent[i] = times(cells[F_PERCENT + i], 1);
      p.tenths[i] = times(cells[F_TENSORS + i], 10);
    }
    WB_PUSH_ROOM(ctx, f->phases, count, cap);
    f->phases[count++] = p;
  }
  f->phase_count = (uint32_t)count;
}

/* ---- the buffer ---- */

static uint32_t met_by(const graph *g, const wb_llama_context *c) {
  const int64_t build = c->asked.build;
  uint32_t met = build >= MIXED_INPUTS ? NEEDS_NEWER : build >= RECORDED ? NEEDS_OLDER : NEEDS_EARLY;
  if (g->attention) met |= NEEDS_ATTENTION | (c->flash ? NEEDS_FLASH : NEEDS_NO_FLASH);
  if (g->attention && g->letters['K']) met |= NEEDS_F32;
  if (g->letters['F']) met |= NEEDS_FF;
  if (!has(g, "pooled") && !(has(g, "embeds") && c->asked.embeddings)) met |= NEEDS_LOGITS;
  return met;
}

static wb_i128 form_bytes(const graph *g, const wb_llama_phase *p) {
  wb_i128 sum = 0;
  for (uint32_t i = 0; i < p->term_count; i++) {
    const term *t = &p->terms[i];
    wb_i128 product = t->factor;
    for (size_t k = 0; k < sizeof t->letters && t->letters[k]; k++) product *= g->letters[t->letters[k]];
    sum += product;
  }
  return sum;
}

static wb_i128 spread(const wb_llama_phase *p, wb_i128 bytes, wb_i128 tensor, size_t which) {
  const wb_i128 part = p->percent[which] == 100 ? bytes : bytes * p->percent[which] / 100;
  return p->tenths[which] ? part + tensor * p->tenths[which] / 10 : part;
}

wb_llama_compute wb_llama_compute_of(const wb_llama_facts *f, const wb_llama_context *c) {
  graph g = graph_of_model(f);
  see_context(&g, f, c);
  const uint32_t met = met_by(&g, c);
  const wb_i128 tensor = 4 * g.letters['B'] * g.letters['E'];
  const wb_i128 added = c->asked.build >= MIXED_INPUTS ? tensor : 0;
  wb_llama_compute out = {.phase = WB_STR("")};
  for (uint32_t i = 0; i < f->phase_count; i++) {
    const wb_llama_phase *p = &f->phases[i];
    if ((p->needs & met) != p->needs) continue;
    const wb_i128 bytes = form_bytes(&g, p) + added + (p->mask ? g.mask : 0);
    const wb_i128 best = spread(p, bytes, tensor, 1);
    if (best > out.best) out.phase = p->form;
    out.low = larger(out.low, spread(p, bytes, tensor, 0));
    out.best = larger(out.best, best);
    out.high = larger(out.high, spread(p, bytes, tensor, 2));
  }
  return out;
}
