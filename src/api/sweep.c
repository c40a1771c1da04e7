/* weigh_report for a sweep: a model of its own that answers point after point.
 *
 * A model's memory only grows, so what is made for changing questions goes into a model of the sweep's own, which is
 * opened again when its configuration changes or when it has grown to MEMORY. Points that differ in lengths alone share
 * what was built.
 */
#include <string.h>

#include "api/handle.h"
#include "estimate/sweep.h"
#include "report/report.h"

#define MEMORY ((size_t)160 << 20)

/* A question built for one key, or why it could not be. */
typedef struct build {
  size_t question; /* the number of the question that it is of, from 1 */
  wb_sweep_key key;
  wb_serving *serving; /* NULL: it failed */
  weigh_error error;
} build;

#define BUILDS \
  1024 /* kept, each in the place that its key gives; then places for what has no key, what is not shared */

typedef struct sweeping {
  const weigh_model *base;
  weigh_library *library;
  const weigh_report_options *options;
  const wb_sweep *sweep;
  wb_sweep_point point;
  weigh_model *model; /* NULL: to be opened */
  bool model_failed;  /* until its configuration changes; `model_error` says why */
  weigh_error model_error;
  build *builds;
  size_t question;
  wb_sweep_reads reads; /* of this question */
  bool reads_known, built, question_fails;
  wb_speed *speed;
  wb_sweep_pool pool;
  wb_sweep_figures figures;
  weigh_error error;
} sweeping;

/* ---- what is made, and thrown away ---- */

static void forget_question(sweeping *w) {
  w->question++;
  w->reads_known = w->built = w->question_fails = false;
  w->speed = NULL;
  w->pool = (wb_sweep_pool){.of = NULL};
}

static void forget_model(sweeping *w) {
  forget_question(w);
  weigh_model_free(w->model);
  w->model = NULL;
  w->model_failed = false;
}

static bool need_model(sweeping *w) {
  if (w->model && wb_arena_mark(w->model->model.ctx.arena).total > MEMORY) forget_model(w);
  if (!w->model && !w->model_failed)
    w->model_failed = wb_model_again(w->base, w->point.settings, w->point.setting_count, &w->model, &w->model_error);
  if (w->model_failed) w->error = w->model_error;
  return !w->model_failed;
}

static build *place_of(sweeping *w, const wb_sweep_key *key) {
  return &w->builds[(wb_u128)(key->pass + 31 * key->prompt + 37 * key->context + 41 * key->sequences) % BUILDS];
}

/* Which lengths the question's builds depend on, from one, or from the question as it stands before anything is built. */
static void learn(sweeping *w, const wb_serving *s) {
  w->reads = wb_sweep_reads_of(s);
  w->reads_known = true;
}

/* After a failed build: whether the question cannot be at any lengths, so that it is not tried at each. Where
 * memory runs out nothing is learnt, and that is the answer. */
static void probe(sweeping *w, build *b) {
  wb_model *m = &w->model->model;
  weigh_serving asked = w->point.asked;
  asked.context = asked.sequences = asked.prompt = asked.output = 0;
  if (WB_BEGIN(&m->ctx)) {
    learn(w, wb_serving_asked(m, &asked));
    return;
  }
  weigh_error why = {0};
  w->question_fails = wb_report_failure(&m->ctx, w->library, &why) != WEIGH_ENVIRONMENT;
  if (!w->question_fails) b->error = why;
}

static bool make(sweeping *w, build *b) {
  wb_model *m = &w->model->model;
  b->serving = NULL;
  w->pool.of = NULL;
  if (WB_BEGIN(&m->ctx)) {
    b->serving = wb_serving_new(m, &w->point.asked);
    if (!w->built) learn(w, b->serving);
    w->built = true;
    return true;
  }
  b->serving = NULL;
  wb_report_failure(&m->ctx, w->library, &b->error);
  return false;
}

/* The build that answers the point: one that was made before where only lengths differ that it does not depend on. What
 * must not be shared has a place of its own. */
static build *build_for(sweeping *w) {
  weigh_serving filled = w->point.asked;
  wb_serving_fill_lengths(&filled);
  const bool share = wb_sweep_may_share(&filled), keyed = share && w->reads_known;
  const wb_sweep_key key = wb_sweep_key_of(&w->reads, &filled);
  build *b = keyed ? place_of(w, &key) : &w->builds[share ? BUILDS : BUILDS + 1];
  if (share && w->question_fails) return b;
  if (keyed && b->question == w->question && memcmp(&b->key, &key, sizeof key) == 0) return b;
  if (!make(w, b) && share && !w->reads_known) probe(w, b);
  b->question = w->question;
  b->key = key;
  return b;
}

static void measure(sweeping *w, wb_serving *serving) {
  const weigh_sweep *options = &w->options->sweep;
  const bool timed = options->with_speed && serving->asked.gpu;
  wb_speed_lengths lengths;
  if (timed && !w->speed) w->speed = wb_speed_ask(&w->model->model, &w->point.asked, &lengths);
  wb_sweep_measure(serving, &w->point.asked, options->with_reach, timed ? w->speed : NULL, &w->pool, &w->figures);
}

/* False: `error` says why not. */
static bool answer(sweeping *w) {
  if (!need_model(w)) return false;
  build *b = build_for(w);
  if (!b->serving) {
    w->error = b->error;
    return false;
  }
  wb_ctx *ctx = &w->model->model.ctx;
  if (WB_BEGIN(ctx)) {
    measure(w, b->serving);
    return true;
  }
  wb_report_failure(ctx, w->library, &w->error);
  return false;
}

/* ---- all of them ---- */

/* Stops only where memory runs out, which is no matter of the point. */
static weigh_status go_through(sweeping *w, wb_out *out) {
  const weigh_sweep *options = &w->options->sweep;
  wb_sweep_writer *writer = wb_sweep_begin(out, &w->base->model, w->sweep);
  for (;;) {
    const bool answered = answer(w);
    wb_sweep_depth changed;
    if (!answered && w->error.status == WEIGH_ENVIRONMENT) return WEIGH_ENVIRONMENT;
    wb_sweep_row(writer, &w->point, &w->figures, answered ? NULL : &w->error);
    if (options->progress) options->progress(options->progress_user, w->point.number + 1, w->sweep->points);
    if (!wb_sweep_next(&w->point, &changed)) break;
    if (changed == WB_SWEEP_MODEL) forget_model(w);
    else if (changed == WB_SWEEP_QUESTION) forget_question(w);
  }
  wb_sweep_end(writer);
  wb_out_flush(out, true);
  return WEIGH_OK;
}

static bool has_card(const wb_sweep *sweep, const weigh_serving *asked) {
  for (size_t i = 0; i < sweep->count; i++)
    if (wb_str_is(sweep->variables[i].name, "gpu")) return true;
  return asked->gpu != NULL;
}

static sweeping *begin(wb_ctx *ctx, const weigh_model *base, const weigh_report_options *options) {
  sweeping *w = WB_NEW(ctx, sweeping);
  w->base = base;
  w->library = base->library;
  w->options = options;
  w->question = 1;
  w->builds = WB_NEWN(ctx, build, BUILDS + 2);
  w->sweep = wb_sweep_new(ctx, &base->library->lib, options->sweep.vary, options->sweep.vary_count);
  if (options->sweep.with_speed && !has_card(w->sweep, &options->serving))
    wb_fail(ctx, WB_SPEED_NO_GPU, WB_NOWHERE, 0, NULL);
  w->point = wb_sweep_first(ctx, w->sweep, &options->serving);
  return w;
}

weigh_status wb_answer_sweep(wb_out *out, weigh_library *library, const weigh_model *model, weigh_error *err) {
  wb_ctx *ctx = out->text.ctx;
  sweeping *volatile w = NULL; /* its model is not of this context's memory */
  weigh_status status;
  if (WB_BEGIN(ctx)) {
    w = begin(ctx, model, out->options);
    status = go_through(w, out);
    if (status != WEIGH_OK && err) *err = w->error;
  } else {
    status = wb_report_failure(ctx, library, err);
  }
  if (w) forget_model(w);
  return status;
}
