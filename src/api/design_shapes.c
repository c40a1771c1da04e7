/* Dimensions for a machine: of each third of the depths that are published, the most parameters that fit.
 *
 * Over the depth of one width everything grows, so the deepest that fits is found by halving; totals of the grid are
 * counted without building anything, and a width is only tried where it could hold more than what was found.
 */
#include "api/design.h"

typedef struct grid {
  wb_designing *w;
  weigh_model *base; /* counts totals */
  const wb_design_column *columns;
  size_t count;
  wb_design_row best[WB_DESIGN_LONGER]; /* of each role; config.len 0: none */
  wb_i128 totals[WB_DESIGN_LONGER];
} grid;

static wb_i128 context_of(const grid *g) { return g->w->design->longest; }

static wb_str config_of(const grid *g, const wb_design_shape *shape) {
  return wb_design_config(g->w->ctx, &g->w->design->family, shape, context_of(g));
}

static wb_design_shape at_depth(const wb_design_column *c, wb_i128 depth) {
  wb_design_shape out = c->shape;
  out.depth = depth;
  return out;
}

/* Parameters of a shape, 0 where they cannot be counted. */
static wb_i128 total_of(const grid *g, const wb_design_shape *s) {
  wb_ctx *ctx = g->w->ctx;
  const struct {
    const char *key;
    wb_i128 value;
  } members[] = {
      {"hidden_size", s->width},         {"intermediate_size", s->ffn},        {"num_hidden_layers", s->depth},
      {"num_attention_heads", s->heads}, {"num_key_value_heads", s->kv_heads}, {"head_dim", s->head_dim},
      {"vocab_size", s->vocabulary},     {"tie_word_embeddings", s->tied}};
  const char *settings[sizeof members / sizeof *members];
  const size_t count = sizeof members / sizeof *members;
  const wb_mark mark = wb_arena_mark(ctx->arena);
  for (size_t i = 0; i < count; i++)
    settings[i] =
        wb_str_cstr(ctx, i + 1 == count ? wb_str_fmt(ctx, "%s=%s", members[i].key, s->tied ? "true" : "false")
                                        : wb_str_fmt(ctx, "%s=%lld", members[i].key, (long long)members[i].value));
  weigh_count total = 0;
  const weigh_status status = weigh_model_total_with(g->base, settings, count, &total, NULL);
  wb_arena_reset(ctx->arena, mark);
  wb_designing_stop(g->w, status);
  return total;
}

/* ---- one width ---- */

static bool tries(const grid *g, const wb_design_column *c, wb_i128 depth, wb_i128 *bytes) {
  const wb_mark mark = wb_arena_mark(g->w->ctx->arena);
  const wb_design_shape shape = at_depth(c, depth);
  const bool fits = wb_designing_try(g->w, config_of(g, &shape), WB_DESIGN_WHETHER) == WB_DESIGN_FITS;
  *bytes = g->w->figures.load.all.best;
  wb_arena_reset(g->w->ctx->arena, mark);
  return fits;
}

/* Between two depths, where a straight line through their bytes meets the budget; the middle where that is not known. */
static wb_i128 guess(const wb_design_column *c, wb_i128 low, wb_i128 high, wb_i128 low_bytes, wb_i128 high_bytes,
                     wb_i128 budget) {
  const wb_i128 steps = (high - low) / c->step;
  wb_i128 at = steps / 2;
  if (high_bytes > budget && budget >= low_bytes && low_bytes)
    at = (wb_i128)((double)steps * (double)(budget - low_bytes) / (double)(high_bytes - low_bytes));
  if (at < 1) at = 1;
  return low + c->step * (at >= steps ? steps - 1 : at);
}

/* The deepest that fits, 0: none does. */
static wb_i128 deepest(const grid *g, const wb_design_column *c) {
  wb_i128 low = c->least, high = c->most, low_bytes, high_bytes, bytes;
  if (!tries(g, c, low, &low_bytes)) return 0;
  const wb_i128 budget = g->w->figures.budget;
  if (low == high || tries(g, c, high, &high_bytes)) return high;
  while (high - low > c->step) {
    const wb_i128 middle = guess(c, low, high, low_bytes, high_bytes, budget);
    if (tries(g, c, middle, &bytes)) {
      low = middle;
      low_bytes = bytes;
    } else {
      high = middle;
      high_bytes = bytes;
    }
  }
  return low;
}

/* Whether some third of a width could hold more than was found for it. */
static bool is_worth(const grid *g, const wb_design_column *c) {
  wb_i128 least, most;
  for (int role = 0; role < WB_DESIGN_LONGER; role++) {
    if (!wb_design_band(c, (wb_design_role)role, &least, &most)) continue;
    const wb_design_shape shape = at_depth(c, most);
    if (total_of(g, &shape) > g->totals[role]) return true;
  }
  return false;
}

static void take(grid *g, const wb_design_column *c, wb_design_role role, wb_i128 depth) {
  const wb_design_shape shape = at_depth(c, depth);
  const wb_i128 total = total_of(g, &shape);
  if (total <= g->totals[role]) return;
  g->totals[role] = total;
  g->best[role] = (wb_design_row){.role = role, .shape = shape, .bounds = c->models};
}

static void search_column(grid *g, const wb_design_column *c) {
  wb_i128 least, most;
  if (c->least > c->most || !is_worth(g, c)) return;
  const wb_i128 depth = deepest(g, c);
  for (int role = 0; role < WB_DESIGN_LONGER && depth; role++)
    if (wb_design_band(c, (wb_design_role)role, &least, &most) && depth >= least)
      take(g, c, (wb_design_role)role, depth < most ? depth : most);
}

/* ---- what comes of it ---- */

/* Measures a row and, where it does fit, puts it in its place, most parameters first. */
static void propose(grid *g, wb_design_row row) {
  wb_design *d = g->w->design;
  row.config = config_of(g, &row.shape);
  const wb_i128 others = row.role == WB_DESIGN_LONGER ? row.figures.max_context : 0;
  if (wb_designing_try(g->w, row.config, WB_DESIGN_HOW_FAR) != WB_DESIGN_FITS) return;
  row.figures = g->w->figures;
  if (row.figures.max_context <= others) return; /* ranks hold copies of the few heads that there are */
  size_t at = d->proposal_count++;
  for (; at && wb_design_before(WB_DESIGN_PARAMETERS, &row.figures, &d->proposals[at - 1].figures); at--)
    d->proposals[at] = d->proposals[at - 1];
  d->proposals[at] = row;
}

/* The first with as few heads in the cache as are published. */
static void propose_longer(grid *g) {
  wb_design *d = g->w->design;
  const wb_design_row *first = &d->proposals[0];
  for (size_t i = 0; i < g->count && d->proposal_count; i++) {
    const wb_design_column *c = &g->columns[i];
    if (c->shape.width != first->shape.width || c->fewest_kv_heads >= first->shape.kv_heads) continue;
    wb_design_row row = *first;
    row.role = WB_DESIGN_LONGER;
    row.shape.kv_heads = c->fewest_kv_heads;
    propose(g, row);
    return;
  }
}

/* The least depth of a width that has more parameters than so many; 0: none has. */
static wb_i128 first_above(const grid *g, const wb_design_column *c, wb_i128 parameters, wb_i128 *total) {
  wb_i128 low = c->least, high = c->most;
  wb_design_shape shape = at_depth(c, high);
  if (low > high || total_of(g, &shape) <= parameters) return 0;
  while (low < high) {
    const wb_i128 middle = low + (high - low) / (2 * c->step) * c->step;
    shape.depth = middle;
    if (total_of(g, &shape) > parameters) high = middle;
    else low = middle + c->step;
  }
  shape.depth = low;
  *total = total_of(g, &shape);
  return low;
}

/* The next larger step of the grid than the first proposal; without one, the smallest of all. It does not fit. */
static void find_next(grid *g) {
  wb_design *d = g->w->design;
  wb_i128 least = 0, total = 0;
  for (size_t i = 0; i < g->count; i++) {
    const wb_design_column *c = &g->columns[i];
    const wb_i128 depth = first_above(g, c, d->proposal_count ? d->proposals[0].figures.parameters : 0, &total);
    if (!depth || (least && total >= least)) continue;
    least = total;
    d->next = (wb_design_row){.shape = at_depth(c, depth), .bounds = c->models};
  }
  if (!least) return;
  d->has_next = true;
  d->next.config = config_of(g, &d->next.shape);
  d->next_verdict = wb_designing_try(g->w, d->next.config, WB_DESIGN_LOAD);
  d->next.figures = g->w->figures;
}

static void search(grid *g) {
  for (size_t i = 0; i < g->count; i++) search_column(g, &g->columns[i]);
  for (int role = 0; role < WB_DESIGN_LONGER; role++)
    if (g->totals[role]) propose(g, g->best[role]);
  find_next(g);
  propose_longer(g);
}

void wb_designing_propose(wb_designing *w) {
  wb_design *d = w->design;
  grid *g = WB_NEW(w->ctx, grid);
  g->w = w;
  g->columns = wb_design_columns(w->ctx, &d->family, &d->question, d->ranks, &g->count);
  if (!g->count) return;
  const wb_str config = config_of(g, &g->columns[g->count - 1].shape);
  const weigh_model_request request = {.config = config.ptr, .config_size = config.len};
  const weigh_status status = weigh_model_open(w->library, &request, &w->base, &w->error);
  wb_designing_stop(w, status);
  if (status != WEIGH_OK) return;
  g->base = w->base;
  search(g);
}
