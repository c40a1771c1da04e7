#include "estimate/convention.h"

#define MOST 64

static void put_in_effect(wb_model *m, const wb_pass *pass) {
  wb_num open[WB_Q_COUNT];
  wb_pass_open(pass, 0, open);
  if (!wb_forms_set(m->forms, open)) WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
}

/* Of the phase: forward, forward and backward, or what is left of the two for the backward alone. */
static wb_convention of_method(wb_model *m, const wb_pass *pass, const wb_decl *decl) {
  wb_method_result result = wb_method_on(m, wb_method_answering(decl, "flops", NULL), NULL, NULL, 0);
  const wb_node *forward = wb_method_quantity(&result, "forward_flops");
  const wb_node *train = wb_method_quantity(&result, "train_flops");
  wb_convention out = {.name = decl->name->name, .source = result.function->source, .applies = forward && train};
  if (!out.applies) return out;
  const weigh_phase phase = pass->asked.phase;
  out.node = phase < WEIGH_PHASE_BACKWARD ? forward : train;
  out.flops = out.node->value.u.num;
  if (phase == WEIGH_PHASE_BACKWARD) wb_num_sub(out.flops, forward->value.u.num, &out.flops);
  return out;
}

static wb_convention exact(wb_model *m, const weigh_pass *asked, const char *name, bool unmasked, bool only_weights) {
  static const char source[] = "the operations of the description, added up";
  weigh_pass own = *asked;
  own.unmasked_pairs = unmasked;
  wb_pass pass = wb_pass_new(m, &own);
  wb_compute_options options = wb_pass_options(m, &pass);
  wb_work work = wb_pass_total(m, &wb_compute_build(m, &options)->total, &pass);
  wb_convention out = {.name = wb_str_of(name), .source = WB_STR(source), .applies = true};
  out.flops = work.flops[WB_MATMUL];
  if (!only_weights && !wb_work_total(&pass, &work, &out.flops))
    WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
  return out;
}

void wb_exact_flops(wb_model *m, const weigh_pass *asked, wb_num *products, wb_num *scores) {
  wb_pass pass = wb_pass_new(m, asked);
  wb_compute_options options = wb_pass_options(m, &pass);
  const wb_work work = wb_pass_total(m, &wb_compute_build(m, &options)->total, &pass);
  put_in_effect(m, &pass);
  *scores = work.flops[WB_ATTENTION];
  if (!wb_num_add(work.flops[WB_MATMUL], work.flops[WB_CONVOLUTION], products))
    WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
}

size_t wb_conventions(wb_model *m, const weigh_pass *asked, wb_convention **list) {
  wb_convention *out = *list = WB_NEWN(&m->ctx, wb_convention, MOST);
  size_t count = 0;
  const wb_decl *decl;
  if (asked->mix) return 0;
  out[count++] = exact(m, asked, "exact", false, false);
  out[count++] = exact(m, asked, "exact_unmasked", true, false);
  out[count++] = exact(m, asked, "exact_matmul", false, true);
  wb_pass pass = wb_pass_new(m, asked);
  put_in_effect(m, &pass);
  for (size_t i = 0; count < MOST && (decl = wb_method_at(m->lib, &m->ctx, i)); i++)
    if (wb_method_answering(decl, "flops", NULL)) out[count++] = of_method(m, &pass, decl);
  return count;
}

wb_convention wb_convention_named(wb_model *m, const weigh_pass *asked, wb_str name) {
  wb_convention *all = NULL;
  size_t count = wb_conventions(m, asked, &all);
  wb_text names = {.ctx = &m->ctx};
  for (size_t i = 0; i < count; i++) {
    if (wb_str_eq(all[i].name, name)) return all[i];
    wb_text_addf(&names, "%s%.*s", i ? ", " : "", WB_STR_ARG(all[i].name));
  }
  WB_FAIL(&m->ctx, WB_CONVENTION_UNKNOWN, WB_NOWHERE, name, wb_text_str(&names));
}
