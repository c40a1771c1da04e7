#include "estimate/paging.h"

#include "expr/eval.h"

static wb_i128 up(wb_i128 a, wb_i128 b) { return (a + b - 1) / b; }
static wb_i128 least(wb_i128 a, wb_i128 b) { return a < b ? a : b; }

/* ---- specs ---- */

static wb_page_spec *same_spec(wb_paging *p, const wb_page_spec *wanted) {
  for (size_t i = 0; i < p->count; i++) {
    wb_page_spec *s = &p->specs[i];
    if (s->kind == wanted->kind && s->token_bytes == wanted->token_bytes && s->window == wanted->window &&
        s->state_bytes == wanted->state_bytes)
      return s;
  }
  return NULL;
}

static void add_spec(wb_ctx *ctx, wb_paging *p, const wb_page_spec *spec) {
  wb_page_spec *known = same_spec(p, spec);
  if (known) {
    known->layers += spec->layers;
    return;
  }
  if (p->count == WB_MAX_SPECS) WB_FAIL(ctx, WB_TOO_DEEP, WB_NOWHERE, WB_STR("16"));
  p->specs[p->count++] = *spec;
}

static wb_i128 on_rank(wb_ctx *ctx, const wb_kept *kept, const wb_layout *layout) {
  wb_num out = wb_kept_share(ctx, kept, layout);
  if (!wb_num_mul(out, kept->elements, &out)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  wb_num_ceil(out, &out);
  return out.num;
}

static bool same_layers(const wb_kept *a, const wb_kept *b) {
  return a->index_count && b->index_count && a->indices[0] == b->indices[0];
}

/* The states of a layer are one page. */
static void add_states(wb_model *m, const wb_layout *layout, wb_paging *p) {
  for (size_t i = 0; i < m->kept_count; i++) {
    const wb_kept *kept = &m->kept[i];
    if (kept->per_token || kept->mtp) continue;
    bool first = true;
    wb_page_spec spec = {.kind = WB_PAGE_STATE, .layers = kept->copies.num};
    for (size_t k = 0; k < m->kept_count; k++) {
      const wb_kept *other = &m->kept[k];
      if (other->per_token || other->mtp || (k != i && !same_layers(kept, other))) continue;
      if (k < i) first = false;
      spec.state_bytes += on_rank(&m->ctx, other, layout) * (wb_i128)wb_dtype_bytes(other->dtype);
    }
    if (first) add_spec(&m->ctx, p, &spec);
  }
}

wb_paging wb_paging_of(wb_model *m, const wb_layout *layout, wb_i128 kv_bytes) {
  wb_paging p = {.count = 0, .block_size = 16};
  for (size_t i = 0; i < m->kept_count; i++) {
    const wb_kept *kept = &m->kept[i];
    if (!kept->per_token || kept->mtp) continue;
    const wb_value *within = kept->within ? wb_force(&m->ctx, kept->within) : NULL;
    wb_page_spec spec = {.kind = within && within->kind == WB_NUM ? WB_PAGE_WINDOW : WB_PAGE_FULL,
                         .layers = kept->copies.num,
                         .token_bytes = on_rank(&m->ctx, kept, layout) * kv_bytes};
    if (spec.kind == WB_PAGE_WINDOW) spec.window = within->u.num.num;
    add_spec(&m->ctx, &p, &spec);
  }
  add_states(m, layout, &p);
  return p;
}

/* ---- blocks ---- */

/* Attention blocks beside states are as long as it takes to hold a state's page, in steps of 16 tokens. */
static void align_to_states(const wb_paging *p, wb_pages *out) {
  wb_i128 state = 0, token = 0;
  for (size_t i = 0; i < p->count; i++) {
    if (p->specs[i].state_bytes > state) state = p->specs[i].state_bytes;
    if (p->specs[i].kind != WB_PAGE_STATE && p->specs[i].token_bytes > token) token = p->specs[i].token_bytes;
  }
  for (size_t i = 0; i < p->count; i++) {
    out->block_sizes[i] = p->specs[i].kind == WB_PAGE_STATE ? 0 : p->block_size;
    if (state && token && p->specs[i].kind != WB_PAGE_STATE)
      out->block_sizes[i] = p->block_size * up(state, p->block_size * token);
  }
  out->page_bytes = state && !token ? state : 0;
}

/* Pages of one size: layers with the smaller page get longer blocks. */
static bool make_equal(const wb_paging *p, wb_pages *out) {
  for (size_t i = 0; i < p->count; i++) {
    wb_i128 page = p->specs[i].token_bytes * out->block_sizes[i];
    if (page > out->page_bytes) out->page_bytes = page;
  }
  for (size_t i = 0; i < p->count; i++) {
    if (p->specs[i].kind == WB_PAGE_STATE) continue;
    wb_i128 page = p->specs[i].token_bytes * out->block_sizes[i];
    if (page == 0 || out->page_bytes % page) return false;
    out->block_sizes[i] *= out->page_bytes / page;
  }
  return out->page_bytes > 0;
}

/* The smallest number of layers of a kind, unless the largest is less than half as many again. */
static void group(const wb_paging *p, wb_pages *out) {
  wb_i128 smallest = p->specs[0].layers, largest = 0;
  for (size_t i = 0; i < p->count; i++) {
    smallest = least(smallest, p->specs[i].layers);
    if (p->specs[i].layers > largest) largest = p->specs[i].layers;
  }
  out->group_size = 2 * largest < 3 * smallest ? largest : smallest;
  out->groups = 0;
  for (size_t i = 0; i < p->count; i++) out->groups += up(p->specs[i].layers, out->group_size);
}

/* Pages that a request of the maximum length holds in one group of a kind. */
static wb_i128 pages_of(const wb_paging *p, size_t i, wb_i128 block) {
  const wb_page_spec *s = &p->specs[i];
  if (s->kind == WB_PAGE_STATE) return 1;
  if (s->kind == WB_PAGE_FULL) return up(p->max_length, block);
  return up(least(s->window - 1 + p->in_flight, p->max_length), block) + 1;
}

bool wb_pages_at(const wb_paging *p, wb_i128 pool, wb_pages *out) {
  *out = (wb_pages){.page_bytes = 0};
  if (!p->count) return false;
  align_to_states(p, out);
  if (!make_equal(p, out)) return false;
  group(p, out);
  out->blocks = pool / out->page_bytes / out->group_size;
  wb_i128 shortest = 0;
  for (size_t i = 0; i < p->count; i++) {
    out->request_pages += up(p->specs[i].layers, out->group_size) * pages_of(p, i, out->block_sizes[i]);
    if (out->block_sizes[i] && (!shortest || out->block_sizes[i] < shortest)) shortest = out->block_sizes[i];
  }
  out->tokens_old = out->blocks / out->groups * shortest;
  out->concurrency = out->request_pages ? (double)out->blocks / (double)out->request_pages : 0;
  /* int(concurrency × length), with the quotient as the engine makes it: in floating point */
  out->tokens_new = (wb_i128)(out->concurrency * (double)p->max_length);
  return true;
}
