/* weigh_report for worked cases: each model in memory of its own. */
#include "estimate/cases.h"
#include "api/handle.h"
#include "report/cases.h"

typedef struct visiting {
  wb_out *out;
  wb_json_out *json;
  wb_case *cases;
  size_t count;
} visiting;

typedef void (*visit)(visiting *v, wb_model *model);

static weigh_status open_and(weigh_library *library, wb_ctx *ctx, wb_str name, visiting *v, visit what,
                             weigh_error *err) {
  const weigh_model_request request = {.model = wb_str_cstr(ctx, name)};
  weigh_model *volatile model = NULL;
  weigh_status status = weigh_model_open(library, &request, (weigh_model **)&model, err);
  if (status != WEIGH_OK) return status;
  if (WB_BEGIN(&model->model.ctx)) what(v, &model->model);
  else status = wb_report_failure(&model->model.ctx, library, err);
  weigh_model_free(model);
  return status;
}

/* All cases of the model, by its name. */
static void weigh_cases(visiting *v, wb_model *m) {
  for (size_t i = 0; i < v->count; i++)
    if (wb_str_eq(v->cases[i].model, m->name)) wb_case_weigh(m, v->out->text.ctx, &v->cases[i]);
}

static void write_quick(visiting *v, wb_model *m) {
  const weigh_training training = {.gpu = WB_QUICK_CARD};
  const weigh_serving serving = {.context = 2048};
  wb_advice *one = wb_advice_new(m, &training, &serving, NULL);
  wb_advice *all = wb_advice_new(m, &(weigh_training){.batch = 1}, &serving, NULL);
  wb_write_quick(v->out, v->json, one, all);
}

static bool is_first(const visiting *v, size_t i) {
  for (size_t k = 0; k < i; k++)
    if (wb_str_eq(v->cases[k].model, v->cases[i].model)) return false;
  return true;
}

static weigh_status answer(wb_out *out, weigh_library *library, weigh_error *err) {
  wb_ctx *ctx = out->text.ctx;
  const wb_str name = wb_str_of(out->options->worked_case);
  wb_json_out json = {.out = out, .first = true};
  visiting v = {.out = out, .json = &json};
  weigh_status status = WEIGH_OK;
  v.cases = wb_cases_read(ctx, &library->lib, name, &v.count);
  for (size_t i = 0; i < v.count && status == WEIGH_OK; i++)
    if (is_first(&v, i)) status = open_and(library, ctx, v.cases[i].model, &v, weigh_cases, err);
  if (status != WEIGH_OK) return status;
  wb_write_cases(out, &json, &library->lib, v.cases, v.count);
  if (!name.len || wb_str_is(name, WB_CASES_QUICK)) status = open_and(library, ctx, WB_STR("7B"), &v, write_quick, err);
  if (status == WEIGH_OK) wb_end_cases(out, &json);
  wb_out_flush(out, status == WEIGH_OK);
  return status;
}

weigh_status wb_answer_cases(wb_out *out, weigh_library *library, weigh_error *err) {
  if (WB_BEGIN(out->text.ctx)) return answer(out, library, err);
  return wb_report_failure(out->text.ctx, library, err);
}
