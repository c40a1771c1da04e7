#include "api/handle.h"
#include "report/report.h"

static void write_report(wb_out *out, weigh_report_kind kind, weigh_model *a, weigh_model *b) {
  (void)b;
  switch (kind) {
    case WEIGH_REPORT_PARAMS: wb_report_params(out, &a->model); break;
    case WEIGH_REPORT_TENSORS: wb_report_tensors(out, &a->model); break;
    default: break;
  }
  wb_out_flush(out, true);
}

weigh_status weigh_report(weigh_library *library, weigh_report_kind kind, weigh_model *a, weigh_model *b,
                          const weigh_report_options *options, weigh_write_fn write, void *user, weigh_error *err) {
  static const weigh_report_options none = {0};
  wb_ctx *ctx = &a->model.ctx;
  wb_out out = {.text = {.ctx = ctx}, .write = write, .user = user, .options = options ? options : &none,
                .lang = (wb_lang)library->language};
  if (!WB_BEGIN(ctx)) return wb_report_failure(ctx, library, err);
  write_report(&out, kind, a, b);
  return WEIGH_OK;
}
