/* A model's compute for changing lengths: closed forms made ready once, then evaluated without allocating. */
#include "api/handle.h"
#include "estimate/pass.h"
#include "expr/program.h"

struct weigh_compute { /* lives in its model's memory */
  weigh_model *model;
  wb_pass pass;
  const wb_program *program;
};

static weigh_compute *build(weigh_model *model, const weigh_pass *asked) {
  wb_model *m = &model->model;
  weigh_compute *out = WB_NEW(&m->ctx, weigh_compute);
  out->model = model;
  out->pass = wb_pass_new(m, asked);
  wb_compute_options options = wb_pass_options(m, &out->pass);
  wb_compute *compute = wb_compute_build(m, &options);
  wb_value figures[WB_PASS_FIGURES];
  wb_pass_figures(&m->ctx, &compute->total, &out->pass, figures);
  wb_num fixed[WB_Q_COUNT]; /* all but lengths and batch */
  wb_pass_open(&out->pass, 0, fixed);
  for (int i = 0; i <= WB_Q_PAST_SOURCE; i++) fixed[i].den = 0;
  out->program = wb_program_new(&m->ctx, m->forms, figures, WB_PASS_FIGURES, fixed);
  return out;
}

weigh_status weigh_compute_open(weigh_model *model, const weigh_pass *pass, weigh_compute **out, weigh_error *err) {
  static const weigh_pass none = {0};
  wb_ctx *ctx = &model->model.ctx;
  if (!WB_BEGIN(ctx)) return wb_report_failure(ctx, model->library, err);
  *out = build(model, pass ? pass : &none);
  return WEIGH_OK;
}

void weigh_compute_free(weigh_compute *compute) { (void)compute; }

static void wide(wb_num n, weigh_wide *out) {
  wb_num_floor(n, &n);
  *out = (weigh_wide){(uint64_t)n.num, (int64_t)(n.num >> 64)};
}

static bool fill(const weigh_compute *c, const wb_num figures[WB_PASS_FIGURES], weigh_compute_result *out) {
  wb_work work = {.flops = {figures[0], figures[1], figures[2], figures[3]}};
  wb_num total;
  if (!wb_work_total(&c->pass, &work, &total)) return false;
  weigh_wide *const wides[] = {&out->matmul_flops, &out->attention_flops, &out->convolution_flops, &out->other_flops,
                               &out->weight_bytes, &out->read_bytes,      &out->written_bytes};
  for (int i = 0; i < WB_PASS_FIGURES; i++) wide(figures[i], wides[i]);
  wide(total, &out->total_flops);
  return true;
}

weigh_status weigh_compute_at(const weigh_compute *c, weigh_count batch, weigh_count prompt, weigh_count depth,
                              weigh_compute_result *out, weigh_error *err) {
  wb_num open[WB_Q_COUNT], figures[WB_PASS_FIGURES];
  wb_pass pass;
  pass.asked = c->pass.asked;
  pass.sequence_count = 0;
  pass.asked.batch = batch;
  pass.asked.prompt = prompt;
  pass.asked.depth = depth;
  wb_pass_open(&pass, 0, open);
  if (wb_program_run(c->program, open, figures) && fill(c, figures, out)) return WEIGH_OK;
  return weigh_error_set(err, c->model->library->language, "LANG_OVERFLOW", (const char *const[]){"*"}, 1);
}
