/* A model at work on a machine, for changing lengths: closed forms made ready once, then evaluated without allocating. */
#include "api/handle.h"
#include "estimate/exact.h"
#include "estimate/solve.h"

struct weigh_memory { /* lives in its model's memory */
  weigh_model *model;
  wb_serving *serving;
};

weigh_status weigh_memory_open(weigh_model *model, const weigh_serving *asked, weigh_memory **out, weigh_error *err) {
  wb_ctx *ctx = &model->model.ctx;
  if (!WB_BEGIN(ctx)) return wb_report_failure(ctx, model->library, err);
  weigh_memory *memory = WB_NEW(ctx, weigh_memory);
  memory->model = model;
  const weigh_serving question = wb_asked(model, asked);
  memory->serving = wb_serving_new(&model->model, &question);
  *out = memory;
  return WEIGH_OK;
}

void weigh_memory_free(weigh_memory *memory) { (void)memory; }

/* Fails where a figure of bytes does not fit. */
static weigh_count count_of(wb_ctx *ctx, wb_i128 n) {
  if (n > INT64_MAX) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  return (weigh_count)n;
}

static void check_length(wb_ctx *ctx, const char *name, weigh_count n) {
  if (n < 0 || n > WB_SERVING_MOST)
    WB_FAIL(ctx, WB_SERVING_COUNT, WB_NOWHERE, wb_str_of(name), wb_str_fmt(ctx, "%lld", (long long)n), WB_STR("0"),
            wb_str_fmt(ctx, "%lld", (long long)WB_SERVING_MOST));
}

/* The fullest device, and all of them together. */
static weigh_memory_result result_at(const wb_serving *s, wb_i128 context, wb_i128 sequences) {
  wb_ctx *ctx = &s->model->ctx;
  const wb_i128 ranks = (wb_i128)s->layout.tp * s->layout.dp * s->layout.cp;
  wb_i128 total = 0;
  double fullest = -1;
  weigh_memory_result out = {.fits = true};
  for (uint32_t place = 0; place < s->place_count; place++) {
    wb_load load;
    if (!wb_serving_at(s, place, context, sequences, &load)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
    if (s->places[place].stage.host && s->place_count > 1) continue;
    const double full = (double)load.all.best / (load.budget > 0 ? (double)load.budget : 1);
    total = wb_plus(ctx, total, wb_times(ctx, load.all.best, ranks));
    out.fits = out.fits && load.all.best <= load.budget;
    if (full <= fullest) continue;
    fullest = full;
    out.device_bytes = count_of(ctx, load.all.best);
    out.low_bytes = count_of(ctx, load.all.low);
    out.high_bytes = count_of(ctx, load.all.high);
    out.budget_bytes = count_of(ctx, load.budget);
    out.weights_bytes = count_of(ctx, load.parts[WB_PART_WEIGHTS].best);
    out.kv_cache_bytes = count_of(ctx, load.parts[WB_PART_KV_CACHE].best);
    out.state_bytes = count_of(ctx, load.parts[WB_PART_STATE].best);
  }
  out.total_bytes = count_of(ctx, total);
  return out;
}

weigh_status weigh_memory_at(const weigh_memory *memory, weigh_count context, weigh_count sequences,
                             weigh_memory_result *out, weigh_error *err) {
  wb_ctx *ctx = &memory->model->model.ctx;
  if (!WB_BEGIN(ctx)) return wb_report_failure(ctx, memory->model->library, err);
  check_length(ctx, "context", context);
  check_length(ctx, "sequences", sequences);
  *out = result_at(memory->serving, context, sequences);
  return WEIGH_OK;
}

weigh_status weigh_memory_reach(const weigh_memory *memory, weigh_count *max_context, weigh_count *max_sequences,
                                weigh_error *err) {
  wb_ctx *ctx = &memory->model->model.ctx;
  if (!WB_BEGIN(ctx)) return wb_report_failure(ctx, memory->model->library, err);
  const weigh_count tokens = (weigh_count)wb_serving_max_context(memory->serving);
  *max_sequences = (weigh_count)wb_serving_max_sequences(memory->serving);
  *max_context = tokens; /* once neither can fail any more */
  return WEIGH_OK;
}

weigh_status weigh_memory_fewest(weigh_model *model, const weigh_serving *asked, weigh_count *gpus, weigh_error *err) {
  wb_ctx *ctx = &model->model.ctx;
  if (!WB_BEGIN(ctx)) return wb_report_failure(ctx, model->library, err);
  const weigh_serving question = wb_asked(model, asked);
  wb_serving *s = wb_serving_asked(&model->model, &question);
  wb_layout layout;
  *gpus = (weigh_count)wb_solve_fewest(s, &s->cards[0], &layout);
  return WEIGH_OK;
}

weigh_status weigh_memory_rank(weigh_model *model, const weigh_serving *asked, weigh_count most, weigh_ranked_fn each,
                               void *user, weigh_error *err) {
  wb_ctx *ctx = &model->model.ctx;
  if (!WB_BEGIN(ctx)) return wb_report_failure(ctx, model->library, err);
  const weigh_serving question = wb_asked(model, asked);
  const wb_serving *s = wb_serving_asked(&model->model, &question);
  size_t count;
  const wb_ranked *ranked = wb_solve_rank(s, most > 0 ? most : 8, SIZE_MAX, &count);
  for (size_t i = 0; i < count; i++) {
    const weigh_ranked row = {.gpu = wb_str_cstr(ctx, ranked[i].card.name),
                              .gpus = (weigh_count)ranked[i].gpus,
                              .tp = ranked[i].layout.tp,
                              .pp = ranked[i].layout.pp,
                              .device_bytes = count_of(ctx, ranked[i].load.all.best),
                              .budget_bytes = count_of(ctx, ranked[i].load.budget),
                              .usd_per_hour = ranked[i].price};
    if (!each(user, &row)) break;
  }
  return WEIGH_OK;
}
