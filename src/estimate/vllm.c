#include "estimate/vllm.h"

#include "base/tsv.h"
#include "estimate/method.h"

#define COLUMNS 7
#define GIB     ((wb_i128)1 << 30)

/* ---- releases ---- */

static double number(wb_str cell) {
  wb_num n;
  return wb_num_parse(cell, &n) ? wb_num_double(n) : 0;
}

wb_vllm wb_vllm_find(wb_ctx *ctx, wb_str engine) {
  const wb_str name = WB_STR("vllm");
  wb_str cells[COLUMNS], wanted = WB_STR("2026");
  wb_text known = {.ctx = ctx};
  if (wb_str_starts(engine, WB_STR("vllm@"))) wanted = wb_str_slice(engine, name.len + 1, engine.len);
  else if (!wb_str_eq(engine, name)) wanted = WB_STR("");
  wb_text_adds(&known, "generic, vllm");
  for (size_t at = 0; wb_tsv_next(wb_data_text("engines/vllm.tsv"), &at, cells, COLUMNS);) {
    wb_text_addf(&known, ", vllm@%.*s", WB_STR_ARG(cells[0]));
    if (!wb_str_eq(cells[0], wanted)) continue;
    return (wb_vllm){.version = cells[0],
                     .releases = cells[1],
                     .source = cells[6],
                     .utilization = number(cells[2]),
                     .graphs = wb_str_is(cells[3], "yes"),
                     .in_flight = (wb_i128)number(cells[4]),
                     .prints_concurrency = wb_str_is(cells[5], "concurrency")};
  }
  WB_FAIL(ctx, WB_ENGINE_UNKNOWN, WB_NOWHERE, engine, wb_text_str(&known));
}

/* vllm/engine/arg_utils.py, get_batch_defaults: cards of 70 GiB and more that are no A100 run larger batches. */
static bool is_large(const wb_card *card) {
  for (size_t i = 0; i + 4 <= card->name.len; i++)
    if (wb_str_is(wb_str_slice(card->name, i, i + 4), "A100")) return false;
  return card->usable_bytes >= 70 * GIB;
}

void wb_vllm_defaults(wb_serving *s) {
  weigh_serving *a = &s->asked;
  const bool large = is_large(&s->card);
  if (!(a->utilization > 0)) a->utilization = s->release.utilization;
  if (!a->batched_tokens) a->batched_tokens = large ? 8192 : 2048;
  if (!a->max_num_seqs) a->max_num_seqs = large ? 1024 : 256;
  if (!a->block_size) a->block_size = 16;
  s->budget = (wb_i128)((double)s->card.usable_bytes * a->utilization);
  s->reserve = s->card.usable_bytes - s->budget;
}

/* ---- the profile run ---- */

/* Sampler: 38.4 to 39.6 bytes for each row and vocabulary entry in six of seven published runs, 17 in the other. Pass:
 * max_num_batched_tokens · 2 · (3·I/tp + 3·h) bytes, within 0.8 % of two logs (vllm-project/vllm#10517). */
wb_component wb_vllm_activations(wb_serving *s) {
  const wb_dimensions d = wb_model_dimensions(s->model);
  const wb_i128 vocabulary = d.vocabulary.num, rows = s->asked.max_num_seqs;
  const wb_i128 pass = s->asked.batched_tokens * 2 * (3 * d.inner.num / (wb_i128)s->layout.tp + 3 * d.hidden.num);
  const wb_i128 low = 17 * rows * vocabulary, best = 39 * rows * vocabulary, high = 40 * rows * vocabulary;
  return (wb_component){wb_integer(pass > low ? pass : low), wb_integer(pass > best ? pass : best),
                        wb_integer(pass + pass / 10 > high ? pass + pass / 10 : high), WB_BASIS_HEURISTIC};
}

static wb_component constants(wb_serving *s, const char *low, const char *best, const char *high) {
  wb_model *m = s->model;
  return (wb_component){wb_integer(wb_constant_of(m, low)), wb_integer(wb_constant_of(m, best)),
                        wb_integer(wb_constant_of(m, high)), WB_BASIS_MEASURED};
}

wb_component wb_vllm_runtime(wb_serving *s) {
  return constants(s, "vllm_non_torch_low_bytes", "vllm_non_torch_bytes", "vllm_non_torch_high_bytes");
}

wb_component wb_vllm_communication(wb_serving *s) {
  if (s->layout.tp * s->layout.pp == 1)
    return (wb_component){wb_integer(0), wb_integer(0), wb_integer(0), WB_BASIS_MEASURED};
  return constants(s, "vllm_communication_low_bytes", "vllm_communication_bytes", "vllm_communication_high_bytes");
}

/* ---- the pool ---- */

/* What is left of the budget on the fullest stage after all that is no cache. */
static wb_i128 left_for_cache(const wb_serving *s) {
  wb_i128 least = s->budget;
  for (uint32_t stage = 0; stage < s->layout.pp; stage++) {
    wb_bytes parts[WB_PART_COUNT + 1];
    if (!wb_serving_at(s, stage, s->asked.context, s->asked.sequences, parts)) return 0;
    wb_i128 rest = s->budget - parts[WB_PART_WEIGHTS].best - parts[WB_PART_ACTIVATIONS].best -
                   parts[WB_PART_RUNTIME].best - parts[WB_PART_COMMUNICATION].best;
    if (rest < least) least = rest;
  }
  return least > 0 ? least : 0;
}

wb_vllm_answer wb_serving_vllm(const wb_serving *s) {
  const weigh_serving *a = &s->asked;
  wb_vllm_answer out = {.release = s->release,
                        .requested = s->budget,
                        .batched_tokens = a->batched_tokens,
                        .max_num_seqs = a->max_num_seqs};
  out.pool = a->kv_cache_bytes ? a->kv_cache_bytes : left_for_cache(s);
  wb_paging paging = wb_paging_of(s->model, &s->layout, (wb_i128)wb_dtype_bytes(s->kv_dtype));
  paging.block_size = a->block_size;
  paging.in_flight = s->release.in_flight * a->batched_tokens;
  paging.max_length = a->context;
  out.paged = wb_pages_at(&paging, out.pool, &out.pages);
  return out;
}
