/* weigh_report for a log: read once, the model that it names opened, compared. */
#include "api/handle.h"
#include "estimate/logged.h"
#include "report/report.h"
#include "source/reader.h"

/* A log and the name of its model, in memory of its own. */
typedef struct reading {
  wb_ctx ctx;
  const wb_log *log;
  const char *name;
} reading;

static wb_str text_of(wb_ctx *ctx, const weigh_report_options *o) {
  if (!o->log_text) return wb_read_file(ctx, wb_str_of(o->log), WB_LOG_MAX_BYTES);
  const wb_str text = wb_str_of(o->log_text);
  const wb_str where = WB_STR("log_text");
  if (text.len > WB_LOG_MAX_BYTES)
    WB_FAIL(ctx, WB_FILE_TOO_BIG, WB_NOWHERE, where, wb_str_fmt(ctx, "%zu", (size_t)WB_LOG_MAX_BYTES));
  return text;
}

static void take_log(reading *r, const weigh_report_options *options) {
  r->log = wb_log_read(&r->ctx, text_of(&r->ctx, options));
  if (!r->log->fact_count && !r->log->setting_count) wb_fail(&r->ctx, WB_LOG_NOTHING, WB_NOWHERE, 0, NULL);
  r->name = wb_str_cstr(&r->ctx, wb_log_model(&r->ctx, r->log));
}

static weigh_status read_log(reading *r, const weigh_report_options *options, const weigh_library *library,
                             weigh_error *err) {
  wb_ctx *ctx = &r->ctx;
  if (!WB_BEGIN(ctx)) return wb_report_failure(ctx, library, err);
  take_log(r, options);
  return WEIGH_OK;
}

static weigh_status write_report(wb_out *out, const reading *r, weigh_model *model, const weigh_library *library,
                                 weigh_error *err) {
  wb_ctx *ctx = out->text.ctx;
  if (!WB_BEGIN(ctx)) return wb_report_failure(ctx, library, err);
  const bool yes = wb_report_check_log(out, r->log, model ? &model->model : NULL);
  wb_out_flush(out, true);
  return yes ? WEIGH_OK : WEIGH_NO;
}

weigh_status wb_answer_log(wb_out *out, weigh_library *library, weigh_model *model, weigh_error *err) {
  reading r = {.log = NULL};
  weigh_model *named = NULL;
  if (!out->options->log && !out->options->log_text)
    return weigh_error_set(err, library->language, "LOG_NOT_GIVEN", NULL, 0);
  if (!wb_ctx_open(&r.ctx, 0)) return wb_no_memory(library->language, err);
  r.ctx.sealed = library->sealed;
  weigh_status status = read_log(&r, out->options, library, err);
  if (status == WEIGH_OK && !model && r.name[0])
    status = weigh_model_open(library, &(weigh_model_request){.model = r.name}, &named, err);
  if (!model) model = named;
  if (model) out->text.ctx = &model->model.ctx; /* what fails there unwinds to write_report */
  if (status == WEIGH_OK) status = write_report(out, &r, model, library, err);
  weigh_model_free(named);
  wb_ctx_close(&r.ctx);
  return status;
}
