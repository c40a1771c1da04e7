/* A model once more: the same configuration with further settings, in memory of its own. */
#include "api/handle.h"

/* What was read is shared; which settings were used is each model's own. */
static void take_config(wb_model *m, const wb_config *from, const char *const *settings, size_t count) {
  m->config = *from;
  m->config.set_paths = WB_NEWN(&m->ctx, wb_str, from->set_count + count);
  m->config.set_used = WB_NEWN(&m->ctx, bool, from->set_count + count);
  for (size_t i = 0; i < from->set_count; i++) m->config.set_paths[i] = from->set_paths[i];
  for (size_t i = 0; i < count; i++) wb_apply_setting(m, settings[i]);
}

weigh_status wb_model_again(const weigh_model *base, const char *const *settings, size_t count, weigh_model **out,
                            weigh_error *err) {
  wb_arena *arena = wb_arena_new_in(&base->library->pool, 0);
  weigh_model *model = arena ? wb_arena_try(arena, sizeof *model) : NULL;
  if (!model) {
    wb_arena_free(arena);
    return wb_no_memory(base->library->language, err);
  }
  wb_model *m = &model->model;
  m->ctx.arena = arena;
  m->ctx.sealed = base->library->sealed;
  m->lib = base->model.lib;
  m->name = base->model.name;
  m->assumed = base->model.assumed;
  m->asked_total = base->model.asked_total;
  m->asked_active = base->model.asked_active;
  model->library = base->library;
  if (WB_BEGIN(&m->ctx)) {
    take_config(m, &base->model.config, settings, count);
    wb_model_choose(m);
    wb_model_build(m);
    wb_model_review(m);
    *out = model;
    return WEIGH_OK;
  }
  const weigh_status status = wb_report_failure(&m->ctx, base->library, err);
  weigh_model_free(model);
  return status;
}
