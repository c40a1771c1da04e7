/* What a sharded run gathers as one: a layer's tensors, or those that are in no layer. */
#include <stdlib.h>
#include <string.h>

#include "estimate/sharding.h"

static void add(wb_ctx *ctx, wb_num *sum, wb_num a) {
  if (!wb_num_add(*sum, a, sum)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
}

static void add_all(wb_ctx *ctx, wb_gathered *sum, const wb_gathered *more) {
  add(ctx, &sum->trained, more->trained);
  add(ctx, &sum->held, more->held);
  add(ctx, &sum->computed, more->computed);
}

static wb_num times(wb_ctx *ctx, wb_num a, wb_num b) {
  if (!wb_num_mul(a, b, &a)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  return a;
}

/* ---- pieces ---- */

/* What one tensor, or that of each layer in a set of them, adds to the unit that it is in. */
typedef struct piece {
  wb_str stack; /* the name above its layers' numbers; empty: it is in no layer */
  const wb_number_set *layers;
  wb_gathered whole, of_layer;
} piece;

typedef struct pieces {
  const wb_sharding_ask *ask;
  piece *items;
  size_t count;
} pieces;

static wb_str stack_of(const wb_row *row) {
  const char *mark = row && row->index_count ? memchr(row->pattern.ptr, WB_INDEX_MARK, row->pattern.len) : NULL;
  return mark ? (wb_str){row->pattern.ptr, (size_t)(mark - row->pattern.ptr)} : WB_STR("");
}

/* A policy computes in its own type, but for what a format holds as bytes. */
static wb_str computed_in(const wb_precision *policy, wb_str dtype) {
  return policy && policy->compute.len && !wb_str_is(dtype, "uint8") ? policy->compute : dtype;
}

static void add_piece(pieces *p, const wb_trained *t, wb_str held, bool trains) {
  wb_ctx *ctx = p->ask->ctx;
  const wb_num elements = times(ctx, wb_trained_elements(ctx, t), t->copies);
  const wb_num in_held = wb_num_int((wb_i128)wb_dtype_bytes(held));
  const wb_num in_computed = wb_num_int((wb_i128)wb_dtype_bytes(computed_in(p->ask->precision, held)));
  piece *out = &p->items[p->count++];
  out->stack = stack_of(t->row);
  out->whole.trained = trains ? elements : wb_num_int(0);
  out->whole.held = times(ctx, elements, in_held);
  out->whole.computed = times(ctx, elements, in_computed);
  if (!out->stack.len) return;
  out->layers = t->row->indices[0];
  const wb_num share = {1, (wb_i128)out->layers->size};
  out->of_layer = (wb_gathered){times(ctx, out->whole.trained, share), times(ctx, out->whole.held, share),
                                times(ctx, out->whole.computed, share)};
}

static pieces pieces_of(const wb_sharding_ask *ask) {
  const size_t frozen = ask->frozen ? ask->frozen->count : 0;
  pieces p = {ask, WB_NEWN(ask->ctx, piece, ask->trained->count + frozen), 0};
  for (size_t i = 0; i < ask->trained->count; i++) {
    const wb_trained *t = &ask->trained->items[i];
    add_piece(&p, t, wb_precision_of(ask->precision, t).weights, true);
  }
  for (size_t i = 0; i < frozen; i++) add_piece(&p, &ask->frozen->items[i], ask->frozen->items[i].dtype, false);
  return p;
}

wb_gathered wb_gathered_whole(const wb_sharding_ask *ask) {
  const pieces p = pieces_of(ask);
  wb_gathered out = {wb_num_int(0), wb_num_int(0), wb_num_int(0)};
  for (size_t i = 0; i < p.count; i++) add_all(ask->ctx, &out, &p.items[i].whole);
  return out;
}

/* ---- units ---- */

typedef struct unit {
  wb_str stack;
  uint32_t layer;
  wb_gathered sum;
} unit;

static int by_place(const void *a, const void *b) {
  const unit *x = a, *y = b;
  const int stacks = wb_str_cmp(x->stack, y->stack);
  return stacks ? stacks : (x->layer > y->layer) - (x->layer < y->layer);
}

/* In order: the first layer of each run of layers that a piece is of, for within a run they are alike. */
static unit *units_of(const pieces *p, size_t *count) {
  size_t most = 0, n = 0;
  for (size_t i = 0; i < p->count; i++) most += p->items[i].layers ? p->items[i].layers->range_count : 0;
  unit *out = WB_NEWN(p->ask->ctx, unit, most);
  for (size_t i = 0; i < p->count; i++)
    for (size_t r = 0; p->items[i].layers && r < p->items[i].layers->range_count; r++)
      out[n++] = (unit){.stack = p->items[i].stack, .layer = p->items[i].layers->ranges[r].low};
  if (n) qsort(out, n, sizeof *out, by_place);
  *count = 0;
  for (size_t i = 0; i < n; i++)
    if (!i || by_place(&out[i], &out[i - 1]) != 0) out[(*count)++] = out[i];
  for (size_t i = 0; i < *count; i++) out[i].sum = (wb_gathered){wb_num_int(0), wb_num_int(0), wb_num_int(0)};
  return out;
}

/* The first unit that does not stand before a layer. */
static size_t first_from(const unit *units, size_t count, const unit *wanted) {
  size_t low = 0, high = count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (by_place(&units[middle], wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

static void add_to_units(wb_ctx *ctx, const piece *p, unit *units, size_t count) {
  for (size_t r = 0; r < p->layers->range_count; r++) {
    const unit low = {.stack = p->stack, .layer = p->layers->ranges[r].low};
    const unit high = {.stack = p->stack, .layer = p->layers->ranges[r].high};
    for (size_t u = first_from(units, count, &low); u < count && by_place(&units[u], &high) <= 0; u++) {
      wb_step(ctx, WB_NOWHERE); /* layers all unlike, each of many runs, would make this quadratic */
      add_all(ctx, &units[u].sum, &p->of_layer);
    }
  }
}

wb_gathered wb_largest_unit(const wb_sharding_ask *ask) {
  const pieces p = pieces_of(ask);
  size_t count;
  unit *units = units_of(&p, &count);
  wb_gathered most = {wb_num_int(0), wb_num_int(0), wb_num_int(0)};
  for (size_t i = 0; i < p.count; i++) {
    if (p.items[i].layers) add_to_units(ask->ctx, &p.items[i], units, count);
    else add_all(ask->ctx, &most, &p.items[i].whole);
  }
  for (size_t i = 0; i < count; i++) {
    int order = 0;
    if (wb_num_cmp(units[i].sum.held, most.held, &order) && order > 0) most = units[i].sum;
  }
  return most;
}
