#include "estimate/paging.h"

#include "estimate/exact.h"
#include "expr/eval.h"

static wb_i128 up(wb_i128 a, wb_i128 b) { return a / b + (a % b > 0); }
static wb_i128 least(wb_i128 a, wb_i128 b) { return a < b ? a : b; }

/* ---- specs ---- */

static wb_page_spec *same_spec(wb_paging *p, const wb_page_spec *wanted) {
  for (size_t i = 0; i < p->count; i++) {
    wb_page_spec *s = &p->specs[i];
    if (s->kind == wanted->kind && s->token_bytes == wanted->token_bytes && s->window == wanted->window &&
        s->state_bytes == wanted->state_bytes && s->entries == wanted->entries && s->of_source == wanted->of_source)
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

static bool same_layers(const wb_kept *a, const wb_kept *b) {
  return a->index_count && b->index_count && a->indices[0] == b->indices[0];
}

/* The states of a layer are one page. */
static void add_states(wb_ctx *ctx, wb_paging *p, const wb_cache_kind *kinds, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const wb_cache_kind *kind = &kinds[i];
    if (kind->kept->per_token) continue;
    bool first = true;
    wb_page_spec spec = {.kind = WB_PAGE_STATE, .layers = kind->layers, .copies = kind->copies};
    for (size_t k = 0; k < count; k++) {
      if (kinds[k].kept->per_token || (k != i && !same_layers(kind->kept, kinds[k].kept))) continue;
      if (k < i) first = false;
      spec.state_bytes = wb_plus(ctx, spec.state_bytes, kinds[k].entry_bytes);
    }
    if (first) add_spec(ctx, p, &spec);
  }
}

wb_paging wb_paging_of(wb_ctx *ctx, const wb_cache_kind *kinds, size_t count, const wb_cache_rules *rules,
                       const wb_layout *layout) {
  wb_paging p = {.block_size = rules->page,
                 .in_flight = rules->in_flight,
                 .ranks = (wb_i128)layout->cp * layout->dcp,
                 .request = rules->request};
  for (size_t i = 0; i < count; i++) {
    if (!kinds[i].kept->per_token) continue;
    const wb_page_spec spec = {.kind = kinds[i].window ? WB_PAGE_WINDOW : WB_PAGE_FULL,
                               .layers = kinds[i].layers,
                               .token_bytes = up(kinds[i].entry_bytes, kinds[i].every),
                               .window = kinds[i].window,
                               .entries = kinds[i].entries,
                               .of_source = kinds[i].of_source};
    add_spec(ctx, &p, &spec);
  }
  add_states(ctx, &p, kinds, count);
  return p;
}

/* ---- blocks ---- */

/* Attention blocks grow until they hold a state: block_size = 16 · ceil(state / (16 · bytes of a token)). */
static void align_to_states(wb_ctx *ctx, const wb_paging *p, wb_blocks *out) {
  wb_i128 state = 0, token = 0;
  for (size_t i = 0; i < p->count; i++) {
    const wb_page_spec *s = &p->specs[i];
    if (s->kind == WB_PAGE_STATE && s->state_bytes > state) state = s->state_bytes;
    if (s->kind != WB_PAGE_STATE && (!token || s->token_bytes < token)) token = s->token_bytes;
  }
  for (size_t i = 0; i < p->count; i++) {
    const bool is_state = p->specs[i].kind == WB_PAGE_STATE;
    const wb_i128 block = wb_times(ctx, p->block_size, token);
    const bool small = token && block < state;
    out->block_sizes[i] = is_state ? 0 : small ? wb_times(ctx, p->block_size, up(state, block)) : p->block_size;
  }
  out->page_bytes = state;
}

static bool all_full(const wb_paging *p) {
  for (size_t i = 0; i < p->count; i++)
    if (p->specs[i].kind != WB_PAGE_FULL) return false;
  return true;
}

/* Layers that keep all tokens, of whatever widths, are one group: a block is a page of each of them. */
static bool uniform(wb_ctx *ctx, const wb_paging *p, wb_blocks *out) {
  out->group_size = out->groups = 1;
  for (size_t i = 0; i < p->count; i++) {
    out->block_sizes[i] = p->block_size;
    const wb_i128 block = wb_times(ctx, p->block_size, p->specs[i].token_bytes);
    out->block_bytes = wb_plus(ctx, out->block_bytes, wb_times(ctx, p->specs[i].layers, block));
  }
  out->page_bytes = out->block_bytes;
  return out->block_bytes > 0;
}

/* Layers with smaller pages take larger blocks, by a whole factor. */
static bool make_equal(wb_ctx *ctx, const wb_paging *p, wb_blocks *out) {
  for (size_t i = 0; i < p->count; i++) {
    const wb_i128 page = wb_times(ctx, out->block_sizes[i], p->specs[i].token_bytes);
    if (page > out->page_bytes) out->page_bytes = page;
  }
  for (size_t i = 0; i < p->count; i++) {
    const wb_i128 page = wb_times(ctx, out->block_sizes[i], p->specs[i].token_bytes);
    if (p->specs[i].kind == WB_PAGE_STATE) continue; /* padded */
    if (!page || out->page_bytes % page) return false;
    out->block_sizes[i] = wb_times(ctx, out->block_sizes[i], out->page_bytes / page);
  }
  return out->page_bytes > 0;
}

/* The smallest number of layers of a kind, unless the largest is less than half as many again. */
static void group(wb_ctx *ctx, const wb_paging *p, wb_blocks *out) {
  wb_i128 smallest = p->specs[0].layers, largest = 0;
  for (size_t i = 0; i < p->count; i++) {
    smallest = least(smallest, p->specs[i].layers);
    if (p->specs[i].layers > largest) largest = p->specs[i].layers;
  }
  out->group_size = 2 * largest < 3 * smallest ? largest : smallest;
  out->groups = 0;
  for (size_t i = 0; i < p->count; i++) out->groups += up(p->specs[i].layers, out->group_size);
  out->block_bytes = wb_times(ctx, out->group_size, out->page_bytes);
}

bool wb_blocks_of(wb_ctx *ctx, const wb_paging *p, wb_blocks *out) {
  *out = (wb_blocks){.page_bytes = 0};
  if (!p->count) return false;
  if (p->count > 1 && all_full(p)) return uniform(ctx, p, out);
  align_to_states(ctx, p, out);
  if (!make_equal(ctx, p, out)) return false;
  group(ctx, p, out);
  return true;
}

/* ---- requests ---- */

static wb_value pages_of(wb_ctx *ctx, const wb_value *tokens, wb_i128 page) {
  if (page == 1) return *tokens;
  const wb_value size = wb_integer(page);
  wb_value out = wb_binary(ctx, WB_NOWHERE, WB_OP_DIV, tokens, &size);
  if (out.kind == WB_FORM) return wb_form_unary(ctx, WB_NOWHERE, WB_ATOM_CEIL, &out);
  wb_num_ceil(out.u.num, &out.u.num);
  return out;
}

/* Pages that a request holds in one group of a kind. */
static wb_value group_pages(wb_ctx *ctx, const wb_paging *p, size_t i, wb_i128 block, const wb_value *tokens) {
  const wb_page_spec *s = &p->specs[i];
  if (s->kind == WB_PAGE_STATE) return wb_integer(s->copies ? s->copies : 1);
  const wb_value fixed = s->of_source ? wb_prompt_of(ctx, &p->request, tokens) : wb_integer(s->entries);
  const wb_value own = pages_of(ctx, s->of_source || s->entries ? &fixed : tokens, p->ranks), one = wb_integer(1);
  if (s->kind == WB_PAGE_FULL) return pages_of(ctx, &own, block);
  const wb_value most = wb_integer(wb_plus(ctx, s->window - 1, p->in_flight));
  wb_value held = own.kind == WB_FORM              ? wb_form_function(ctx, WB_NOWHERE, WB_ATOM_MIN, &own, &most, NULL)
                  : own.u.num.num > most.u.num.num ? most
                                                   : own;
  held = pages_of(ctx, &held, block);
  return wb_binary(ctx, WB_NOWHERE, WB_OP_ADD, &held, &one);
}

wb_value wb_request_blocks(wb_ctx *ctx, const wb_paging *p, const wb_blocks *cut, bool states, const wb_value *tokens) {
  wb_value sum = wb_integer(0);
  const bool one_group = p->count > 1 && all_full(p);
  for (size_t i = 0; i < (one_group ? 1 : p->count); i++) {
    if ((p->specs[i].kind == WB_PAGE_STATE) != states) continue;
    const wb_value pages = group_pages(ctx, p, i, cut->block_sizes[i], tokens);
    const wb_value groups = wb_integer(one_group ? 1 : up(p->specs[i].layers, cut->group_size));
    const wb_value all = wb_binary(ctx, WB_NOWHERE, WB_OP_MUL, &pages, &groups);
    sum = wb_binary(ctx, WB_NOWHERE, WB_OP_ADD, &sum, &all);
  }
  return sum;
}

bool wb_pages_at(wb_ctx *ctx, const wb_paging *p, wb_i128 pool, wb_i128 length, wb_pages *out) {
  *out = (wb_pages){.blocks = 0};
  if (!wb_blocks_of(ctx, p, &out->cut)) return false;
  out->blocks = pool / out->cut.page_bytes / out->cut.group_size;
  const wb_value tokens = wb_integer(length);
  for (int states = 0; states < 2; states++)
    out->request_blocks =
        wb_plus(ctx, out->request_blocks, wb_request_blocks(ctx, p, &out->cut, states, &tokens).u.num.num);
  wb_i128 shortest = 0;
  for (size_t i = 0; i < p->count; i++)
    if (out->cut.block_sizes[i] && (!shortest || out->cut.block_sizes[i] < shortest))
      shortest = out->cut.block_sizes[i];
  out->tokens_old = wb_times(ctx, wb_times(ctx, out->blocks / out->cut.groups, shortest), p->ranks);
  out->concurrency = out->request_blocks ? (double)out->blocks / (double)out->request_blocks : 0;
  /* int(concurrency × length), with the quotient as the engine makes it: in floating point */
  const double tokens_now = out->concurrency * (double)length;
  if (tokens_now > 1e37) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  out->tokens_new = (wb_i128)tokens_now;
  return true;
}
