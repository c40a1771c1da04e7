#include "report/report.h"

#include <stdio.h>

#include "api/handle.h"
#include "api/turn.h"

#define USUAL 8192 /* bytes of a report: growing to it would take as many again */

/* Writes and returns whether the answer is yes. */
static bool write_report(wb_out *out, weigh_library *library, weigh_report_kind kind, weigh_model *a, weigh_model *b) {
  bool yes = true;
  wb_text_room(&out->text, USUAL);
  switch (kind) {
    case WEIGH_REPORT_PARAMS: wb_report_params(out, &a->model); break;
    case WEIGH_REPORT_TENSORS: wb_report_tensors(out, &a->model); break;
    case WEIGH_REPORT_EXPLAIN: wb_report_explain(out, &a->model); break;
    case WEIGH_REPORT_DIFF: yes = wb_report_diff(out, &a->model, &b->model); break;
    case WEIGH_REPORT_CHECK: yes = wb_report_check(out, &a->model); break;
    case WEIGH_REPORT_FAMILIES: wb_report_families(out, &library->lib); break;
    case WEIGH_REPORT_MEMORY: yes = wb_report_memory(out, &a->model, false); break;
    case WEIGH_REPORT_FIT: yes = wb_report_memory(out, &a->model, true); break;
    case WEIGH_REPORT_GPUS: wb_report_gpus(out); break;
    case WEIGH_REPORT_TRAIN: yes = wb_report_train(out, &a->model); break;
    case WEIGH_REPORT_ADVISE: yes = wb_report_advise(out, &a->model); break;
    case WEIGH_REPORT_COMPARE: wb_report_compare_methods(out, &a->model); break;
    case WEIGH_REPORT_METHODS: wb_report_methods(out, &library->lib); break;
    case WEIGH_REPORT_METHOD: wb_report_method(out, &library->lib); break;
    case WEIGH_REPORT_ADAPTERS: wb_report_adapters(out, &library->lib); break;
    case WEIGH_REPORT_ENGINES: wb_report_engines(out, &library->lib); break;
    case WEIGH_REPORT_OPTIMIZERS: wb_report_optimizers(out, &library->lib); break;
    case WEIGH_REPORT_SPEED: wb_report_speed(out, &a->model); break;
    case WEIGH_REPORT_FLOPS: wb_report_flops(out, &a->model); break;
    case WEIGH_REPORT_LOG:   /* wb_answer_log */
    case WEIGH_REPORT_SWEEP: /* wb_answer_sweep */
    case WEIGH_REPORT_CASES: /* wb_answer_cases */
    case WEIGH_REPORT_DESIGN: /* wb_answer_design */ break;
  }
  wb_out_flush(out, true);
  return yes;
}

/* What a command line says is part of the question. */
static bool write_asked(wb_out *out, weigh_library *library, weigh_report_kind kind, weigh_model *a, weigh_model *b) {
  if (!a || !a->launch) return write_report(out, library, kind, a, b);
  const weigh_report_options *given = out->options;
  weigh_report_options *with = WB_NEW(&a->model.ctx, weigh_report_options);
  *with = *given;
  with->serving = wb_asked(a, &given->serving);
  out->options = with;
  const bool yes = write_report(out, library, kind, a, b);
  out->options = given;
  return yes;
}

/* The same for a report that works in other memory than the model's. */
static weigh_status take_command(weigh_model *model, weigh_serving *asked, weigh_error *err) {
  wb_ctx *ctx = &model->model.ctx;
  if (!model->launch) return WEIGH_OK;
  if (!WB_BEGIN(ctx)) return wb_report_failure(ctx, model->library, err);
  *asked = wb_asked(model, asked);
  return WEIGH_OK;
}

static weigh_status answer_sweep(wb_out *out, weigh_library *library, weigh_model *model, weigh_error *err) {
  weigh_report_options with = *out->options;
  const weigh_report_options *given = out->options;
  weigh_status status = take_command(model, &with.serving, err);
  if (status != WEIGH_OK) return status;
  out->options = &with;
  status = wb_answer_sweep(out, library, model, err);
  out->options = given;
  return status;
}

/* The others list what is known; a log may name its model itself. */
static bool is_about_a_model(weigh_report_kind kind) {
  switch (kind) {
    case WEIGH_REPORT_FAMILIES:
    case WEIGH_REPORT_GPUS:
    case WEIGH_REPORT_ENGINES:
    case WEIGH_REPORT_OPTIMIZERS:
    case WEIGH_REPORT_ADAPTERS:
    case WEIGH_REPORT_METHODS:
    case WEIGH_REPORT_METHOD:
    case WEIGH_REPORT_DESIGN:
    case WEIGH_REPORT_CASES:
    case WEIGH_REPORT_LOG: return false;
    default: return true;
  }
}

/* A model without rows has a total and nothing else. */
static weigh_status refuse_formula(const weigh_model *model, weigh_error *err) {
  char name[256];
  snprintf(name, sizeof name, "%.*s", WB_STR_ARG(model->model.name));
  return weigh_error_set(err, model->library->language, "MODEL_FORMULA_ONLY", (const char *const[]){name}, 1);
}

/* Reports work in memory of their own, so that a model may be asked any number of times. */
weigh_status weigh_report(weigh_library *library, weigh_report_kind kind, weigh_model *a, weigh_model *b,
                          const weigh_report_options *options, weigh_write_fn write, void *user, weigh_error *err) {
  static const weigh_report_options none = {0};
  const bool needs_model = is_about_a_model(kind);
  if ((needs_model && !a) || (kind == WEIGH_REPORT_DIFF && !b))
    return weigh_error_set(err, library->language, "REPORT_NO_MODEL", NULL, 0);
  if (needs_model && kind != WEIGH_REPORT_PARAMS && a->model.formula_only) return refuse_formula(a, err);
  const bool own_memory = !needs_model || kind == WEIGH_REPORT_SWEEP;
  wb_ctx own = {0};
  if (own_memory && !wb_ctx_open(&own, 0)) return wb_no_memory(library->language, err);
  own.sealed = library->sealed;
  wb_ctx *ctx = own_memory ? &own : &a->model.ctx;
  wb_out out = {.text = {.ctx = ctx},
                .write = write,
                .user = user,
                .options = options ? options : &none,
                .one_line = options && options->one_line,
                .lang = (wb_lang)library->language};
  const size_t warned[2] = {a ? a->model.warning_count : 0, b ? b->model.warning_count : 0};
  const bool alone = a && !b && !own_memory;
  wb_turn turn;
  weigh_status status;
  if (b && b != a) { /* nobody drafts for itself */
    wb_ctx_begin(&b->model.ctx);
    b->model.draft = NULL;
  }
  if (needs_model) a->model.draft = b && b != a && kind != WEIGH_REPORT_DIFF ? &b->model : NULL;
  if (alone) wb_turn_begin(&turn, &a->model);
  if (kind == WEIGH_REPORT_LOG) status = wb_answer_log(&out, library, a, err);
  else if (kind == WEIGH_REPORT_SWEEP) status = answer_sweep(&out, library, a, err);
  else if (kind == WEIGH_REPORT_DESIGN) status = wb_answer_design(&out, library, err);
  else if (kind == WEIGH_REPORT_CASES) status = wb_answer_cases(&out, library, err);
  else if (WB_BEGIN(ctx)) status = write_asked(&out, library, kind, a, b) ? WEIGH_OK : WEIGH_NO;
  else status = wb_report_failure(ctx, library, err);
  if (alone && status != WEIGH_OK && status != WEIGH_NO) a->model.ctx.lasting++; /* it was left anywhere */
  if (alone) wb_turn_end(&turn, &a->model);
  if (a) a->model.warning_count = warned[0]; /* what this report warned of is no part of the next */
  if (b) b->model.warning_count = warned[1];
  wb_ctx_close(&own);
  return status;
}
