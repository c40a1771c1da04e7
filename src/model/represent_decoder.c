/* Scaling a published decoder to a size. The total is affine in the number of layers, the inner width and the number of
 * experts, each taken alone, so eight counts by the family give it for all of them; the search itself is arithmetic. */
#include <math.h>

#include "model/represent.h"

#define WIDTHS     5    /* hidden sizes tried, the most fitting first */
#define GOOD       0.25 /* a shape this near to the anchor's is good enough to stop */
#define SAME_WIDTH 0.25 /* of sizes that differ by no more the anchor's width is the natural one */
#define STEP_COSTS 0.02 /* for each halving of the step that the inner width is rounded to */

static const wb_str HIDDEN = {"hidden_size", 11}, LAYERS = {"num_hidden_layers", 17},
                    HEADS = {"num_attention_heads", 19}, KV_HEADS = {"num_key_value_heads", 19},
                    HEAD_DIM = {"head_dim", 8}, VOCAB = {"vocab_size", 10}, TOP_K = {"num_experts_per_tok", 19},
                    INNER = {"intermediate_size", 17};

/* The counts as a polynomial: [layers][experts][width]. */
typedef struct poly {
  double c[2][2][2];
} poly;

typedef struct shape {
  double hidden, heads, kv_heads, head_dim, vocab, inner; /* inner: of the layers without experts */
  double layers, width, experts, top_k;
  double cost, off;
} shape;

typedef struct search {
  wb_knobs *knobs;
  const wb_anchor *anchor;
  shape from, wanted, best;
  double total, active, near;
  double vocab_share;
  bool latent, experts_vary, inner_apart, tied;
} search;

static double nearest_multiple(double value, double step) {
  const double n = floor(value / step + 0.5);
  return (n < 1 ? 1 : n) * step;
}

static void read_anchor(search *s) {
  const wb_json *c = s->anchor->config;
  const wb_json *tied = wb_json_get(c, WB_STR("tie_word_embeddings"));
  shape *f = &s->from;
  f->hidden = wb_knob(c, HIDDEN, 1);
  f->layers = wb_knob(c, LAYERS, 1);
  f->heads = wb_knob(c, HEADS, 1);
  f->kv_heads = wb_knob(c, KV_HEADS, f->heads);
  f->head_dim = wb_knob(c, HEAD_DIM, f->hidden / f->heads);
  f->vocab = wb_knob(c, VOCAB, 1);
  f->inner = wb_knob(c, INNER, 0);
  f->width = wb_knob(c, s->anchor->width_key, 1);
  f->experts = wb_knob(c, s->anchor->experts_key, 1);
  f->top_k = wb_knob(c, TOP_K, 1);
  s->tied = tied && tied->kind == WB_JSON_BOOL && tied->u.boolean;
  s->latent = wb_json_get(c, WB_STR("kv_lora_rank")) != NULL;
  s->inner_apart = !wb_str_eq(s->anchor->width_key, INNER);
}

/* Width grows with the 3/8th power of the size and depth with the fourth root, so that a model of 70 billion is as much
 * wider than deeper, against one of 7, as published ones are (8192 · 80 against 4096 · 32). */
static void scale(search *s) {
  const double ratio = s->active > 0 ? s->active / s->anchor->active : s->total / s->anchor->total;
  const double fourth = sqrt(sqrt(ratio));
  s->wanted = s->from;
  if (wb_apart(ratio, 1) > SAME_WIDTH) s->wanted.hidden *= fourth * sqrt(fourth);
  s->wanted.layers *= fourth;
  const double own = s->from.vocab * s->from.hidden * (s->tied ? 1 : 2) / s->anchor->active;
  const double most = wb_num_double(wb_sized_bound(&s->knobs->model->ctx, "embedding"));
  s->vocab_share = own > most ? own : most;
}

static double greatest_divisor(double n, double most) {
  for (double d = floor(most); d > 1; d--)
    if (fmod(n, d) == 0) return d;
  return 1;
}

/* As many key/value heads as the anchor has where four query heads or more (or as many as there) share each of them,
 * as eight have become usual whatever the size; else as many as share alike. */
static double kv_heads_of(double heads, double usual, double group) {
  const double least = group < 4 ? group : 4;
  if (group == 1) return heads;
  if (fmod(heads, usual) == 0 && heads / usual >= least) return usual;
  const double most = heads / group;
  return greatest_divisor(heads, most < usual ? most : usual);
}

/* Heads stay as wide as the anchor's, unless fewer than four of them (or the anchor's own few) would be left. */
static void set_heads(search *s, shape *t, double nth) {
  const double attention = s->from.heads * s->from.head_dim / s->from.hidden; /* how much wider than the model */
  const double few = s->from.heads < 4 ? s->from.heads : 4, group = s->from.heads / s->from.kv_heads;
  t->head_dim = s->from.head_dim;
  while (attention * s->wanted.hidden / t->head_dim < few && t->head_dim > 8) t->head_dim /= 2;
  const double fitting = attention * s->wanted.hidden / t->head_dim;
  const double unit = fitting >= 64 ? 8 : fitting >= 32 ? 4 : fitting >= 16 ? 2 : 1;
  t->heads = nearest_multiple(fitting, unit) + nth * unit;
  t->hidden = t->heads * t->head_dim / attention;
  t->kv_heads = kv_heads_of(t->heads, s->from.kv_heads, group);
}

/* Latent attention has heads of sizes of their own; there the width is chosen and the heads follow. */
static void set_latent_heads(search *s, shape *t, double nth) {
  const double unit = s->wanted.hidden >= 4096 ? 512 : s->wanted.hidden >= 1024 ? 128 : 32;
  t->hidden = nearest_multiple(s->wanted.hidden, unit) + nth * unit;
  t->heads = nearest_multiple(s->from.heads * t->hidden / s->from.hidden, t->hidden >= 1024 ? 8 : 1);
  t->kv_heads = t->heads;
}

static void set_vocab(const search *s, shape *t) {
  const double room = s->vocab_share * (s->active > 0 ? s->active : s->total) / (t->hidden * (s->tied ? 1 : 2));
  t->vocab = s->from.vocab;
  if (room >= t->vocab) return;
  t->vocab = floor(room / 256) * 256;
  if (t->vocab < 256) t->vocab = 256;
}

/* The nth fitting width: 0 the nearest, then one more, one less, two more … False where there is none. */
static bool set_width(search *s, shape *t, int n) {
  const double nth = n % 2 ? (n + 1) / 2 : -(n / 2);
  *t = s->from;
  if (s->latent) set_latent_heads(s, t, nth);
  else set_heads(s, t, nth);
  if (t->heads < 1 || t->hidden < 16 || t->hidden != floor(t->hidden) || fmod(t->hidden, 8) != 0) return false;
  set_vocab(s, t);
  if (s->inner_apart)
    t->inner = nearest_multiple(s->from.inner * t->hidden / s->from.hidden, t->hidden >= 1024 ? 128 : 8);
  return true;
}

static void turn_to(search *s, const shape *t) {
  wb_knobs *k = s->knobs;
  wb_turn(k, HIDDEN, t->hidden);
  wb_turn(k, LAYERS, t->layers);
  wb_turn(k, HEADS, t->heads);
  wb_turn(k, KV_HEADS, t->kv_heads);
  if (!s->latent && (wb_json_get(k->root, HEAD_DIM) || t->heads * t->head_dim != t->hidden))
    wb_turn(k, HEAD_DIM, t->head_dim);
  wb_turn(k, VOCAB, t->vocab);
  if (s->inner_apart) wb_turn(k, INNER, t->inner);
  wb_turn(k, s->anchor->width_key, t->width);
  if (!s->experts_vary) return;
  wb_turn(k, s->anchor->experts_key, t->experts);
  wb_turn(k, TOP_K, t->top_k);
}

/* From values at two points along one side to a constant and a slope. */
static void to_slope(double *at_low, double *at_high, double low, double high) {
  const double slope = (*at_high - *at_low) / (high - low);
  *at_low -= slope * low;
  *at_high = slope;
}

static poly measure(search *s, const shape *t) {
  static const double at[3][2] = {{8, 16}, {64, 128}, {256, 512}}; /* layers, experts, width */
  const int sides = s->experts_vary ? 2 : 1;
  poly p = {{{{0}}}};
  for (int l = 0; l < 2; l++)
    for (int e = 0; e < sides; e++)
      for (int w = 0; w < 2; w++) {
        shape corner = *t;
        corner.layers = at[0][l];
        if (s->experts_vary) corner.experts = at[1][e];
        corner.width = at[2][w];
        turn_to(s, &corner);
        p.c[l][e][w] = wb_knobs_count(s->knobs);
      }
  for (int i = 0; i < sides; i++)
    for (int k = 0; k < 2; k++) to_slope(&p.c[0][i][k], &p.c[1][i][k], at[0][0], at[0][1]);
  for (int i = 0; i < 2 && sides == 2; i++)
    for (int k = 0; k < 2; k++) to_slope(&p.c[i][0][k], &p.c[i][1][k], at[1][0], at[1][1]);
  for (int i = 0; i < 2; i++)
    for (int k = 0; k < sides; k++) to_slope(&p.c[i][k][0], &p.c[i][k][1], at[2][0], at[2][1]);
  return p;
}

/* What stands at width^w, experts^e for so many layers. */
static double term(const poly *p, int e, int w, double layers) { return p->c[0][e][w] + p->c[1][e][w] * layers; }

/* What is counted of every expert that a token does not go to is not active: the products of experts and width. */
static void judge(const search *s, const poly *p, shape *t) {
  const double held = term(p, 1, 1, t->layers) * t->width;
  const double rest =
      term(p, 0, 0, t->layers) + term(p, 0, 1, t->layers) * t->width + term(p, 1, 0, t->layers) * t->experts;
  t->off = wb_apart(rest + (s->experts_vary ? held * t->experts : 0), s->total);
  const double of_active = s->experts_vary ? wb_apart(rest + held * t->top_k, s->active) : 0;
  if (of_active > t->off) t->off = of_active;
  const shape *f = &s->from;
  t->cost += wb_apart(t->hidden, s->wanted.hidden) + wb_apart(t->layers, s->wanted.layers) +
             0.5 * wb_apart(t->width / t->hidden, f->width / f->hidden) + 0.3 * wb_apart(t->kv_heads, f->kv_heads);
  if (s->experts_vary) t->cost += wb_apart(t->top_k, f->top_k) + 0.5 * wb_apart(t->experts, f->experts);
}

/* Near enough: the cheapest. None near enough yet: the nearest. */
static void keep_better(search *s, const shape *t) {
  const shape *b = &s->best;
  const bool near = t->off <= s->near, had = b->hidden > 0, was_near = had && b->off <= s->near;
  if (!had || (near && !was_near) || (near && t->cost < b->cost) || (!near && !was_near && t->off < b->off))
    s->best = *t;
}

static void try_dense(search *s, const poly *p, shape t) {
  const double exact = (s->total - term(p, 0, 0, t.layers)) / term(p, 0, 1, t.layers);
  if (exact < 8) return;
  double cost = 0;
  for (double step = 256; step >= 1; step /= 2, cost += STEP_COSTS) {
    shape tried = t;
    tried.cost = cost;
    tried.width = nearest_multiple(exact, step);
    judge(s, p, &tried);
    keep_better(s, &tried);
    if (tried.off <= s->near) return;
  }
}

/* Many experts come in eights, as they are shared out over devices. */
static double round_experts(double n) {
  const double unit = n >= 64 ? 8 : n >= 32 ? 4 : 1;
  return nearest_multiple(n, unit);
}

/* The width from what is active, then the experts from the total, with the router's share of both; rounded in turn. */
static void try_experts(search *s, const poly *p, shape t) {
  const double fixed = term(p, 0, 0, t.layers), by_width = term(p, 0, 1, t.layers), by_expert = term(p, 1, 0, t.layers),
               by_both = term(p, 1, 1, t.layers);
  double width = 0, experts = s->from.experts;
  for (int i = 0; i < 3; i++) {
    width = (s->active - fixed - by_expert * experts) / (by_width + by_both * t.top_k);
    if (width < 4) return;
    experts = (s->total - fixed - by_width * width) / (by_expert + by_both * width);
    if (experts <= t.top_k) return;
  }
  double cost = 0;
  for (double step = 256; step >= 1; step /= 2, cost += STEP_COSTS) {
    shape tried = t;
    tried.cost = cost;
    tried.width = nearest_multiple(width, step);
    tried.experts = round_experts((s->total - fixed - by_width * tried.width) / (by_expert + by_both * tried.width));
    if (tried.experts <= t.top_k) continue;
    judge(s, p, &tried);
    keep_better(s, &tried);
    if (tried.off <= s->near) return;
  }
}

/* What is already found costs no more than this would at best. */
static bool hopeless(const search *s, const shape *t) {
  const shape *b = &s->best;
  if (!(b->hidden > 0) || b->off > s->near) return false;
  const double least = wb_apart(t->hidden, s->wanted.hidden) + wb_apart(t->layers, s->wanted.layers) +
                       0.3 * wb_apart(t->kv_heads, s->from.kv_heads) + wb_apart(t->top_k, s->from.top_k);
  return least >= b->cost;
}

static void try_depth(search *s, const poly *p, shape t) {
  if (t.layers < 2 || hopeless(s, &t)) return;
  if (!s->experts_vary) {
    try_dense(s, p, t);
    return;
  }
  const double most = 2 * s->from.top_k < 8 ? 8 : 2 * s->from.top_k;
  for (t.top_k = 1; t.top_k <= most; t.top_k++)
    if (!hopeless(s, &t)) try_experts(s, p, t);
}

/* From the depth that is wanted outwards, to a third more and a quarter less of it. */
static void try_depths(search *s, const poly *p, shape t) {
  const double middle = floor(s->wanted.layers + 0.5);
  for (double n = 0; n <= s->wanted.layers / 3 + 2; n++) {
    t.layers = middle + n;
    try_depth(s, p, t);
    t.layers = middle - n;
    if (n > 0 && n <= s->wanted.layers / 4 + 2) try_depth(s, p, t);
  }
}

void wb_represent_decoder(wb_knobs *knobs, const wb_anchor *anchor, double total, double active) {
  search s = {.knobs = knobs, .anchor = anchor, .total = total, .active = active, .experts_vary = active > 0};
  s.near = wb_num_double(wb_sized_bound(&knobs->model->ctx, active > 0 ? "near_moe" : "near_dense"));
  read_anchor(&s);
  scale(&s);
  for (int n = 0; n < WIDTHS; n++) {
    shape t;
    if (!set_width(&s, &t, n)) continue;
    t.layers = s.wanted.layers;
    if (hopeless(&s, &t)) continue;
    const poly p = measure(&s, &t);
    try_depths(&s, &p, t);
    if (s.best.hidden > 0 && s.best.off <= s.near && s.best.cost < GOOD) break;
  }
  if (!(s.best.hidden > 0))
    WB_FAIL(&knobs->model->ctx, WB_SIZED_NO_SHAPE, WB_NOWHERE, knobs->model->name, anchor->name);
  turn_to(&s, &s.best);
}
