#include "estimate/pool.h"

#include "estimate/exact.h"
#include "expr/eval.h"

static wb_value combine(wb_ctx *ctx, wb_op op, const wb_value *a, const wb_value *b) {
  return wb_binary(ctx, WB_NOWHERE, op, a, b);
}

static wb_value larger(wb_ctx *ctx, const wb_value *a, const wb_value *b) {
  if (a->kind == WB_FORM || b->kind == WB_FORM) return wb_form_function(ctx, WB_NOWHERE, WB_ATOM_MAX, a, b, NULL);
  int order = 0;
  wb_num_cmp(a->u.num, b->u.num, &order);
  return order < 0 ? *b : *a;
}

static wb_value up(wb_ctx *ctx, const wb_value *a) {
  if (a->kind == WB_FORM) return wb_form_unary(ctx, WB_NOWHERE, WB_ATOM_CEIL, a);
  wb_value out = *a;
  wb_num_ceil(a->u.num, &out.u.num);
  return out;
}

static void allocate(wb_place_on *p, wb_part part, wb_value bytes, wb_str source) {
  wb_component *c = &p->parts[part];
  c->low = c->best = c->high = bytes;
  c->basis = WB_BASIS_ENGINE;
  c->source = source;
}

/* Sequences of one replica. */
static wb_value own_sequences(wb_serving *s) {
  const wb_value ranks = wb_integer(s->layout.dp);
  if (s->layout.dp == 1) return s->sequences;
  wb_value out = combine(&s->model->ctx, WB_OP_DIV, &s->sequences, &ranks);
  return up(&s->model->ctx, &out);
}

/* ---- vllm: blocks of equal bytes ---- */

static void allocate_blocks(wb_serving *s, wb_place_on *p) {
  wb_ctx *ctx = &s->model->ctx;
  const wb_paging paging = wb_paging_of(ctx, p->kinds, p->kind_count, &s->rules, &s->layout);
  wb_blocks cut;
  if (s->rules.shared_prefix || !wb_blocks_of(ctx, &paging, &cut)) return;
  const wb_value own = own_sequences(s), block = wb_integer(cut.block_bytes);
  for (int states = 0; states < 2; states++) {
    wb_value bytes = wb_request_blocks(ctx, &paging, &cut, states, &s->context);
    bytes = combine(ctx, WB_OP_MUL, &bytes, &block);
    bytes = combine(ctx, WB_OP_MUL, &bytes, &own);
    allocate(p, states ? WB_PART_STATE : WB_PART_KV_CACHE, bytes, s->engine->source);
  }
}

static bool vllm_pool(const wb_serving *s, const wb_place_on *p, wb_pool *out) {
  wb_ctx *ctx = &s->model->ctx;
  const wb_paging paging = wb_paging_of(ctx, p->kinds, p->kind_count, &s->rules, &s->layout);
  out->paged = wb_pages_at(ctx, &paging, out->bytes, s->longest, &out->pages);
  out->unequal = !out->paged && paging.count > 0;
  const bool by_concurrency = wb_engine_flag(s->model, &p->engine, "prints_concurrency");
  out->tokens = by_concurrency ? out->pages.tokens_new : out->pages.tokens_old;
  out->blocks = out->pages.blocks;
  out->block_tokens = out->paged ? out->pages.cut.block_sizes[0] : s->rules.page;
  return true;
}

/* ---- sglang: tokens of all layers, windows in proportion, states apart ---- */

/* The bytes of one token: a window's layers hold `ratio` tokens for each of the full ones. */
static wb_num cell_of(const wb_serving *s, const wb_place_on *p, wb_num ratio) {
  wb_ctx *ctx = &s->model->ctx;
  wb_num cell = wb_num_int(0);
  bool full = false;
  for (size_t i = 0; i < p->kind_count; i++) full = full || (p->kinds[i].grows && !p->kinds[i].window);
  for (size_t i = 0; i < p->kind_count; i++) {
    const wb_cache_kind *kind = &p->kinds[i];
    wb_num bytes;
    if (!kind->grows) continue;
    bool fits = wb_num_div(wb_num_int(wb_times(ctx, kind->layers, kind->entry_bytes)), wb_num_int(kind->every), &bytes);
    if (kind->window && full) fits = fits && wb_num_mul(bytes, ratio, &bytes);
    if (!fits || !wb_num_add(cell, bytes, &cell)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  }
  return cell;
}

static wb_num ratio_of(const wb_serving *s, const wb_place_on *p, const char *name) {
  const wb_value *value = wb_engine_value(s->model, &p->engine, name);
  return value && value->kind == WB_NUM && value->u.num.num > 0 ? value->u.num : wb_num_int(1);
}

static bool has_states(const wb_place_on *p) {
  for (size_t i = 0; i < p->kind_count; i++)
    if (!p->kinds[i].kept->per_token) return true;
  return false;
}

/* Tokens and states come out of one pool in a fixed proportion: whichever needs more draws the other up. */
static void allocate_shares(wb_serving *s, wb_place_on *p) {
  wb_ctx *ctx = &s->model->ctx;
  if (!has_states(p) || !cell_of(s, p, wb_num_int(1)).num) return; /* one of the two has all of it */
  const wb_value q = wb_number(ratio_of(s, p, "mamba_full_memory_ratio"));
  const wb_value caches = p->parts[WB_PART_KV_CACHE].best, states = p->parts[WB_PART_STATE].best;
  wb_value by_states = combine(ctx, WB_OP_DIV, &states, &q), by_caches = combine(ctx, WB_OP_MUL, &caches, &q);
  allocate(p, WB_PART_KV_CACHE, larger(ctx, &caches, &by_states), s->engine->source);
  allocate(p, WB_PART_STATE, larger(ctx, &states, &by_caches), s->engine->source);
}

static wb_i128 states_of(wb_ctx *ctx, const wb_place_on *p) {
  wb_i128 sum = 0;
  for (size_t i = 0; i < p->kind_count; i++) {
    const wb_cache_kind *kind = &p->kinds[i];
    if (kind->kept->per_token) continue;
    sum = wb_plus(ctx, sum, wb_times(ctx, kind->layers, wb_times(ctx, kind->entry_bytes, kind->copies)));
  }
  return sum;
}

/* Slots for states out of their share, the rest for tokens; one row more than slots is allocated. */
static wb_i128 set_states_aside(const wb_serving *s, const wb_place_on *p, wb_pool *out) {
  wb_ctx *ctx = &s->model->ctx;
  const wb_i128 each = states_of(ctx, p);
  const wb_num q = ratio_of(s, p, "mamba_full_memory_ratio");
  wb_num share = wb_num_int(out->bytes), one = wb_num_int(1);
  if (!each) return out->bytes;
  if (!wb_num_add(one, q, &one) || !wb_num_mul(share, q, &share) || !wb_num_div(share, one, &share))
    WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  wb_i128 slots = share.num / share.den / each;
  const wb_i128 asked = wb_engine_whole(s->model, &p->engine, "max_mamba_cache_size", 0);
  if (asked) slots = asked;
  out->state_slots = slots;
  out->state_bytes = wb_times(ctx, wb_plus(ctx, slots, 1), each);
  const wb_i128 taken = wb_times(ctx, slots, each);
  return out->bytes > taken ? out->bytes - taken : 0;
}

static bool sglang_pool(const wb_serving *s, const wb_place_on *p, wb_pool *out) {
  const wb_num cell = cell_of(s, p, ratio_of(s, p, "swa_full_tokens_ratio"));
  wb_num tokens;
  const wb_i128 rest = set_states_aside(s, p, out);
  if (cell.num < 1 || !wb_num_div(wb_num_int(rest), cell, &tokens)) return true;
  wb_num_floor(tokens, &tokens);
  const wb_i128 page = s->rules.page, most = wb_engine_whole(s->model, &p->engine, "max_total_tokens", 0);
  const bool capped = most && (most < tokens.num || out->bytes == 0); /* no card is named: what was asked */
  out->tokens = (capped ? most : tokens.num) / page * page;
  out->block_tokens = page;
  out->blocks = out->tokens / page;
  wb_num_floor(cell, &tokens);
  out->token_bytes = tokens.num;
  return true;
}

/* ---- tensorrt-llm: blocks of all layers ---- */

static bool tensorrt_pool(const wb_serving *s, const wb_place_on *p, wb_pool *out) {
  const wb_num cell = cell_of(s, p, wb_num_int(1));
  if (cell.num < 1) return true;
  wb_num tokens;
  if (!wb_num_div(wb_num_int(out->bytes), cell, &tokens)) return true;
  const wb_i128 most = wb_engine_whole(s->model, &p->engine, "max_tokens", 0);
  wb_num_floor(tokens, &tokens);
  out->blocks =
      wb_plus(&s->model->ctx, tokens.num, s->rules.page - 1) / s->rules.page; /* rounded up, by logs of 0.2 and 1.0 */
  if (most && most / s->rules.page < out->blocks) out->blocks = most / s->rules.page;
  out->block_tokens = s->rules.page;
  out->tokens = wb_times(&s->model->ctx, out->blocks, s->rules.page);
  out->token_bytes = cell.num / cell.den;
  return true;
}

/* ---- which ---- */

static const struct {
  const char *name; /* as the engine's `allocation` says */
  void (*allocate)(wb_serving *s, wb_place_on *p);
  bool (*pool)(const wb_serving *s, const wb_place_on *p, wb_pool *out);
} ALLOCATIONS[] = {{"vllm", allocate_blocks, vllm_pool},
                   {"sglang", allocate_shares, sglang_pool},
                   {"tensorrt_llm", NULL, tensorrt_pool}};
#define ALLOCATION_COUNT (sizeof ALLOCATIONS / sizeof *ALLOCATIONS)

static size_t allocation_of(const wb_serving *s, const wb_place_on *p) {
  wb_str name = wb_engine_text(s->model, &p->engine, "allocation");
  size_t i = 0;
  while (i < ALLOCATION_COUNT && !wb_str_is(name, ALLOCATIONS[i].name)) i++;
  if (i == ALLOCATION_COUNT && name.len && !wb_str_is(name, "llama.cpp"))
    WB_FAIL(&s->model->ctx, WB_ENGINE_ALLOCATION, WB_NOWHERE, name, WB_STR("vllm, sglang, tensorrt_llm, llama.cpp"));
  return i;
}

void wb_pool_allocate(wb_serving *s, wb_place_on *p) {
  const size_t i = allocation_of(s, p);
  if (i < ALLOCATION_COUNT && ALLOCATIONS[i].allocate) ALLOCATIONS[i].allocate(s, p);
}

const wb_place_on *wb_pool_place(const wb_serving *s, wb_i128 *out) {
  const wb_place_on *least = NULL;
  for (uint32_t i = 0; i < s->place_count; i++) {
    const wb_place_on *p = &s->places[i];
    const wb_value *value = wb_engine_value(s->model, &p->engine, "pool");
    if (!value || (p->stage.host && s->place_count > 1)) continue;
    wb_num bytes = wb_serving_number(s, value);
    wb_num_floor(bytes, &bytes);
    if (least && bytes.num >= *out) continue;
    *out = bytes.num;
    least = p;
  }
  return least;
}

bool wb_pool_of(const wb_serving *s, wb_pool *out) {
  *out = (wb_pool){.bytes = 0};
  const wb_place_on *least = wb_pool_place(s, &out->bytes);
  const size_t i = least ? allocation_of(s, least) : ALLOCATION_COUNT;
  return i < ALLOCATION_COUNT && ALLOCATIONS[i].pool(s, least, out);
}
