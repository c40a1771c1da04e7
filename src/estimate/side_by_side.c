#include "estimate/side_by_side.h"

#include "estimate/convention.h"

/* The width that rules of thumb know nearest to what a parameter takes: 4, 2, 1 or 1/2 bytes. */
static wb_num nearest_width(double bytes) {
  static const struct {
    double from;
    wb_num width;
  } widths[] = {{3, {4, 1}}, {1.5, {2, 1}}, {0.75, {1, 1}}, {0, {1, 2}}};
  size_t i = 0;
  while (bytes < widths[i].from) i++;
  return widths[i].width;
}

static const char *held_as(wb_num width) { return width.den == 2 ? "int4" : width.num == 1 ? "int8" : "none"; }

static const char *precision_of(wb_str dtype) {
  return wb_str_is(dtype, "float32") ? "fp32" : wb_str_is(dtype, "float16") ? "fp16" : "bf16";
}

wb_method_question wb_question_of_serving(const wb_serving *s) {
  wb_method_question out = {.context = s->longest, .sequences = s->in_all, .tp = 1};
  out.weight_bytes = nearest_width(wb_loaded_bits(&s->loaded) / 8);
  wb_num_div(wb_num_int(s->rules.type.block_bytes), wb_num_int(s->rules.type.block_elements), &out.kv_bytes);
  out.precision = precision_of(s->dtype);
  out.weights_as = held_as(out.weight_bytes);
  return out;
}

static void add(wb_side_by_side *all, wb_model *m, const wb_decl *function, const char *question) {
  wb_deviation found;
  if (!wb_deviate(m, function, question, &all->asked, &all->exact, &found)) return;
  WB_PUSH_ROOM(&m->ctx, all->items, all->count, all->cap);
  all->items[all->count++] = found;
}

wb_side_by_side wb_compare_methods(wb_model *m, const weigh_serving *asked, const char *method) {
  static const char *const questions[] = {"parameters", "weights", "cache", "memory", "flops"};
  wb_side_by_side out = {.serving = wb_serving_new(m, asked)};
  const wb_decl *only = method ? wb_method_find(m->lib, &m->ctx, wb_str_of(method)) : NULL;
  const weigh_pass pass = {.prompt = (weigh_count)out.serving->longest, .batch = (weigh_count)out.serving->in_all};
  out.exact = wb_exact_serving(out.serving);
  wb_exact_flops(m, &pass, &out.exact.products, &out.exact.scores);
  out.asked = wb_question_of_serving(out.serving);
  for (size_t q = 0; q < sizeof questions / sizeof *questions; q++) {
    const wb_decl *decl;
    for (size_t i = 0; (decl = wb_method_at(m->lib, &m->ctx, i)) != NULL; i++)
      for (size_t f = 0; (!only || only == decl) && f < decl->function_count; f++)
        if (wb_method_answer(decl->functions[f], questions[q], NULL).len)
          add(&out, m, decl->functions[f], questions[q]);
  }
  return out;
}
