/* Scaling a residual network to a size: its widths together, then how often the blocks of each stage are repeated. The
 * total is affine in the repetitions, so five counts by the family give it for all of them at one width. */
#include <math.h>

#include "model/represent.h"

#define STAGES 4
#define WIDTHS 13

typedef struct net {
  double width; /* of the first stage; each further one is twice as wide */
  double depths[STAGES];
  double cost, off;
} net;

typedef struct search {
  wb_knobs *knobs;
  net from, best;
  double stem, wanted, total, near;
} search;

static wb_json *list(wb_ctx *ctx, const double *values) {
  wb_json *node = WB_NEW(ctx, wb_json);
  *node = (wb_json){.kind = WB_JSON_ARRAY};
  node->u.array.items = WB_NEWN(ctx, wb_json *, STAGES);
  node->u.array.count = STAGES;
  for (int i = 0; i < STAGES; i++) {
    node->u.array.items[i] = WB_NEW(ctx, wb_json);
    *node->u.array.items[i] = (wb_json){.kind = WB_JSON_INT};
    node->u.array.items[i]->u.integer = (wb_i128)values[i];
  }
  return node;
}

static void read_list(const wb_json *root, wb_str key, double *out) {
  const wb_json *node = wb_json_get(root, key);
  for (size_t i = 0; i < STAGES; i++)
    out[i] =
        node && node->kind == WB_JSON_ARRAY && i < node->u.array.count ? (double)node->u.array.items[i]->u.integer : 1;
}

static void turn_to(search *s, const net *t) {
  wb_ctx *ctx = &s->knobs->model->ctx;
  double widths[STAGES];
  for (int i = 0; i < STAGES; i++) widths[i] = t->width * (1 << i);
  s->knobs->root = wb_json_with(ctx, s->knobs->root, WB_STR("hidden_sizes"), list(ctx, widths));
  s->knobs->root = wb_json_with(ctx, s->knobs->root, WB_STR("depths"), list(ctx, t->depths));
  const double stem = floor(s->stem * t->width / s->from.width / 8 + 0.5) * 8;
  wb_turn(s->knobs, WB_STR("embedding_size"), stem < 8 ? 8 : stem);
}

/* each[0]: of one block in every stage; each[s + 1]: of one more in stage s. */
static void measure(search *s, double width, double *each) {
  net t = {.width = width, .depths = {2, 2, 2, 2}};
  turn_to(s, &t);
  each[0] = wb_knobs_count(s->knobs);
  for (int i = 0; i < STAGES; i++) {
    t.depths[i] = 3;
    turn_to(s, &t);
    each[i + 1] = wb_knobs_count(s->knobs) - each[0];
    t.depths[i] = 2;
  }
  for (int i = 1; i <= STAGES; i++) each[0] -= each[i]; /* the first of a stage counted twice above */
}

static void judge(search *s, net t, const double *each) {
  double total = each[0];
  for (int i = 0; i < STAGES; i++) total += each[i + 1] * (t.depths[i] - 1);
  t.off = wb_apart(total, s->total);
  t.cost = 2 * wb_apart(t.width, s->wanted);
  for (int i = 0; i < STAGES; i++) t.cost += 0.25 * wb_apart(t.depths[i], s->from.depths[i]);
  const net *b = &s->best;
  const bool near = t.off <= s->near, had = b->width > 0, was_near = had && b->off <= s->near;
  if (!had || (near && !was_near) || (near && t.cost < b->cost) || (!near && !was_near && t.off < b->off)) s->best = t;
}

static double at_least_one(double n) { return n < 1 ? 1 : n; }

static void try_depths(search *s, double width, const double *each) {
  const double *f = s->from.depths;
  net t = {.width = width};
  double *d = t.depths;
  for (d[0] = at_least_one(f[0] - 1); d[0] <= f[0] + 2; d[0]++)
    for (d[1] = at_least_one(f[1] - 2); d[1] <= f[1] + 2; d[1]++)
      for (d[2] = at_least_one(floor(f[2] * 0.7)); d[2] <= f[2] * 1.4 + 1; d[2]++)
        for (d[3] = at_least_one(f[3] - 1); d[3] <= f[3] + 1; d[3]++) judge(s, t, each);
}

void wb_represent_convnet(wb_knobs *knobs, const wb_anchor *anchor, double total) {
  search s = {.knobs = knobs, .total = total};
  double widths[STAGES];
  read_list(anchor->config, WB_STR("hidden_sizes"), widths);
  read_list(anchor->config, WB_STR("depths"), s.from.depths);
  s.from.width = widths[0];
  s.stem = wb_knob(anchor->config, WB_STR("embedding_size"), widths[0]);
  s.near = wb_num_double(wb_sized_bound(&knobs->model->ctx, "near_cnn"));
  s.wanted = s.from.width * sqrt(total / anchor->total);
  const double unit = s.wanted >= 512 ? 32 : s.wanted >= 128 ? 16 : s.wanted >= 48 ? 8 : 4;
  for (int n = 0; n < WIDTHS; n++) {
    const double nth = n % 2 ? (n + 1) / 2 : -(n / 2), width = floor(s.wanted / unit + 0.5) * unit + nth * unit;
    double each[STAGES + 1];
    if (width < 4) continue;
    measure(&s, width, each);
    try_depths(&s, width, each);
    if (s.best.width > 0 && s.best.off <= s.near && n >= 2) break;
  }
  turn_to(&s, &s.best);
}
