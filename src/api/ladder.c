/* The ladder: each step is noted with its time, so that an answer says where it came from. */
#include "api/ladder.h"

#include "api/registry.h"
#include "estimate/method.h"
#include "model/catalogue.h"

/* ---- the registry of a library ---- */

void wb_ladder_close(weigh_library *library) {
  weigh_registry_free(library->registry);
  library->registry = NULL;
}

static bool keep_path(weigh_library *library, wb_str path) {
  wb_ctx *ctx = &library->lib.ctx;
  if (!WB_BEGIN(ctx)) return false;
  library->registry_path = path.len ? wb_str_cstr(ctx, path) : NULL;
  return true;
}

weigh_status weigh_library_use_registry(weigh_library *library, const char *path, weigh_error *err) {
  wb_ladder_close(library);
  return keep_path(library, wb_str_of(path)) ? WEIGH_OK : wb_report_failure(&library->lib.ctx, library, err);
}

/* Opened by the first name that is asked for. NULL when there is none to read. */
static weigh_registry *registry_of(weigh_library *library, weigh_error *err) {
  if (library->registry && library->registry->there) return library->registry;
  if (library->registry) wb_ladder_close(library); /* there was no file: there may be one now */
  const weigh_registry_options options = {library->registry_path, true, library->language, library->sealed};
  if (weigh_registry_open(&options, &library->registry, err) != WEIGH_OK || !library->registry->there) return NULL;
  library->registry_opened++;
  return library->registry;
}

/* 0: the file is there no more, or cannot be read. */
static uint64_t changes_of(weigh_registry *r) {
  wb_registry_fresh(r);
  if (WB_BEGIN(&r->reg.ctx)) return r->reg.driver->changes(&r->reg.ctx, r->reg.store);
  wb_registry_failed(r, NULL);
  return 0;
}

uint64_t weigh_library_registry_state(weigh_library *library) {
  weigh_error err;
  if (!library->registry_path) return 0;
  for (int tries = 0; tries < 2; tries++) {
    weigh_registry *r = registry_of(library, &err);
    const uint64_t seen = r ? changes_of(r) : 0;
    if (seen) return library->registry_opened << 32 | (seen & UINT32_MAX);
    if (!r) break;
    wb_ladder_close(library);
  }
  return library->registry_opened << 32 | 0x80000000u;
}

typedef enum answer { NOT_THERE, THERE, UNREADABLE } answer;

/* `entry` lives until the next question to the registry. */
static answer ask_registry(weigh_registry *r, wb_str name, bool short_too, wb_stored *entry, weigh_error *err) {
  wb_registry_fresh(r);
  if (WB_BEGIN(&r->reg.ctx)) return wb_registry_mean(&r->reg, name, short_too, entry) ? THERE : NOT_THERE;
  wb_registry_failed(r, err);
  return UNREADABLE;
}

static bool take(weigh_model *model, const wb_stored *entry, wb_known *out) {
  wb_ctx *ctx = &model->model.ctx;
  *out = (wb_known){wb_str_copy(ctx, entry->id), wb_str_copy(ctx, entry->config), WB_RUNG_REGISTRY};
  return true;
}

/* A registry that cannot be read must not keep the catalogue from answering, nor be passed over in silence. */
static bool in_registry(weigh_model *model, wb_str name, bool short_too, wb_known *out) {
  wb_model *m = &model->model;
  weigh_library *library = model->library;
  weigh_error err = {0};
  wb_stored entry;
  if (!library->registry_path) return false;
  const double began = wb_clock();
  weigh_registry *r = registry_of(library, &err);
  if (!r && !err.code[0]) return false; /* none was ever made */
  const answer said = r ? ask_registry(r, name, short_too, &entry, &err) : UNREADABLE;
  const wb_str why = wb_str_copy(&m->ctx, wb_str_of(err.message));
  if (said == THERE) take(model, &entry, out);
  if (said == UNREADABLE) {
    wb_model_warn(m, WB_REGISTRY_PASSED, 1, &why);
    wb_resolution_add(m->resolution, WB_RUNG_REGISTRY, false, began, WB_REGISTRY_PASSED, why, WB_STR(""));
  } else {
    wb_resolution_add(m->resolution, WB_RUNG_REGISTRY, said == THERE, began,
                      said == THERE ? WB_RUNG_IN_REGISTRY : WB_RUNG_NOT_IN_REGISTRY, said == THERE ? out->id : name,
                      wb_str_copy(&m->ctx, r->reg.shown));
  }
  return said == THERE;
}

/* ---- the steps ---- */

/* A name means the catalogue's id where it is one of its names; that id's configuration may be remembered too. */
static bool in_catalogue(weigh_model *model, wb_str name, wb_known *out) {
  wb_model *m = &model->model;
  const double began = wb_clock();
  wb_catalogue_entry entry;
  if (!wb_catalogue_look(&m->ctx, name, &entry)) {
    wb_resolution_add(m->resolution, WB_RUNG_CATALOGUE, false, began, WB_RUNG_NOT_IN_CATALOGUE, name, WB_STR(""));
    return false;
  }
  *out = (wb_known){entry.name, entry.config, WB_RUNG_CATALOGUE};
  wb_resolution_add(m->resolution, WB_RUNG_CATALOGUE, true, began, WB_RUNG_IN_CATALOGUE, entry.name, WB_STR(""));
  return wb_str_eq(entry.name, name) || in_registry(model, entry.name, false, out) || true;
}

bool wb_ladder_find(weigh_model *model, wb_str name, wb_known *out) {
  model->model.resolution = WB_NEW(&model->model.ctx, wb_resolution);
  name = wb_catalogue_bare(name);
  return in_registry(model, name, false, out) || in_catalogue(model, name, out) || in_registry(model, name, true, out);
}

void wb_ladder_unread(weigh_model *model, wb_str name) {
  const wb_resolution *r = model->model.resolution;
  for (size_t i = 0; i < r->count; i++)
    if (r->steps[i].reason == WB_REGISTRY_PASSED)
      WB_FAIL(&model->model.ctx, WB_REGISTRY_UNREAD, WB_NOWHERE, name, r->steps[i].args[0]);
}

/* ---- what is left ---- */

bool wb_ladder_goes_on(const weigh_model *model) {
  const wb_message_id why = model->model.ctx.failure.message;
  return model->model.resolution && !model->model.family && (why == WB_MODEL_UNKNOWN || why == WB_MODEL_UNKNOWN_NEAR);
}

void wb_ladder_formula(weigh_model *model, const wb_failure *why, double began) {
  wb_model *m = &model->model;
  m->generic = m->formula_only = true;
  m->family = wb_library_find(m->lib, &m->ctx, WB_D_FAMILY, WB_STR("generic"));
  wb_model_build(m);
  const wb_method_result result = wb_method_figures(m, "config", "params");
  const wb_node *total = wb_method_quantity(&result, "total");
  if (!total || total->value.kind != WB_NUM || !wb_num_floor(total->value.u.num, &m->total))
    wb_fail(&m->ctx, why->message, why->place, WB_MESSAGE_ARGS, why->args);
  m->active = m->total;
  m->row_count = m->op_count = m->kept_count = m->undescribed_count = 0;
  m->buffers = m->mtp = wb_num_int(0);
  for (int g = 0; g < WB_GROUP_COUNT; g++) m->groups[g] = wb_num_int(0);
  m->groups[WB_G_OTHER] = m->total;
  wb_model_warn(m, WB_FORMULA_ONLY, 1, &m->model_type);
  wb_resolution_add(m->resolution, WB_RUNG_FORMULA, true, began, WB_FORMULA_ONLY, m->model_type, WB_STR(""));
}
