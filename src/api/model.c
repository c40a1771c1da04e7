#include <string.h>

#include "api/handle.h"
#include "api/ladder.h"

/* The second model of a command line. */
static weigh_status open_draft(weigh_model *model, weigh_error *err) {
  if (!model->launch || !model->launch->draft) return WEIGH_OK;
  const weigh_model_request request = {.model = model->launch->draft};
  return weigh_model_open(model->library, &request, &model->draft, err);
}

/* From the configuration to a model. A type that is not described is read as a decoder: one more rung for a name. */
static void describe(weigh_model *model) {
  wb_model *m = &model->model;
  const double began = wb_clock();
  wb_model_choose(m);
  wb_model_build(m);
  wb_model_review(m);
  if (m->resolution && m->generic)
    wb_resolution_add(m->resolution, WB_RUNG_REBUILT, true, began, WB_RUNG_AS_DECODER, m->model_type, WB_STR(""));
}

static weigh_status describe_by_formula(weigh_model *model, weigh_error *err) {
  wb_ctx *ctx = &model->model.ctx;
  const wb_failure why = ctx->failure;
  if (WB_BEGIN(ctx)) {
    wb_ladder_formula(model, &why, wb_clock());
    return WEIGH_OK;
  }
  ctx->failure = why; /* what is missing for the formula is not what is wrong */
  return wb_report_failure(ctx, model->library, err);
}

weigh_status weigh_model_open(weigh_library *library, const weigh_model_request *request, weigh_model **out,
                              weigh_error *err) {
  if (request->model && request->config) return weigh_error_set(err, library->language, "REQUEST_BOTH", NULL, 0);
  wb_arena *arena = wb_arena_new_in(&library->pool, 0);
  weigh_model *model = arena ? wb_arena_try(arena, sizeof *model) : NULL;
  if (!model) {
    wb_arena_free(arena);
    return wb_no_memory(library->language, err);
  }
  wb_ctx *ctx = &model->model.ctx;
  ctx->arena = arena;
  model->library = library;
  model->model.lib = &library->lib;
  ctx->sealed = library->sealed;
  if (WB_BEGIN(ctx)) {
    wb_open_source(model, request);
    describe(model);
    if (model->launch) wb_launch_settle(model->launch, &model->model);
    const weigh_status status = open_draft(model, err);
    if (status == WEIGH_OK) *out = model;
    else weigh_model_free(model);
    return status;
  }
  const weigh_status status =
      wb_ladder_goes_on(model) ? describe_by_formula(model, err) : wb_report_failure(ctx, library, err);
  if (status == WEIGH_OK) *out = model;
  else weigh_model_free(model);
  return status;
}

void weigh_model_free(weigh_model *model) {
  if (!model) return;
  weigh_model_free(model->draft);
  wb_arena_free(model->model.ctx.arena); /* the handle lives in its own arena */
}

size_t weigh_model_memory(const weigh_model *model) {
  return wb_arena_mark(model->model.ctx.arena).total + (model->draft ? weigh_model_memory(model->draft) : 0);
}

static weigh_count count_of(wb_model *m, wb_num n) {
  if (n.den != 1 || n.num > INT64_MAX) WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
  return (weigh_count)n.num;
}

weigh_status weigh_model_totals(weigh_model *model, weigh_totals *out, weigh_error *err) {
  wb_model *m = &model->model;
  if (!WB_BEGIN(&m->ctx)) return wb_report_failure(&m->ctx, model->library, err);
  wb_num active = m->active;
  wb_num_floor(active, &active);
  *out = (weigh_totals){.total_parameters = count_of(m, m->total),
                        .active_parameters = count_of(m, active),
                        .buffer_elements = count_of(m, m->buffers),
                        .mtp_parameters = count_of(m, m->mtp),
                        .enumeration_available = wb_model_enumerated(m),
                        .tied_embeddings = m->tied_embeddings};
  return WEIGH_OK;
}

static weigh_count total_with(weigh_model *model, const char *const *settings, size_t count) {
  wb_model *m = &model->model;
  const wb_config opened = m->config;
  m->config.set_paths = WB_NEWN(&m->ctx, wb_str, m->config.set_count + count);
  m->config.set_used = WB_NEWN(&m->ctx, bool, m->config.set_count + count);
  for (size_t i = 0; i < opened.set_count; i++) m->config.set_paths[i] = opened.set_paths[i];
  for (size_t i = 0; i < count; i++) wb_apply_setting(m, settings[i]);
  return count_of(m, wb_model_count(m));
}

weigh_status weigh_model_total_with(weigh_model *model, const char *const *settings, size_t setting_count,
                                    weigh_count *total, weigh_error *err) {
  wb_model *m = &model->model;
  const wb_config config = m->config;
  wb_fields *const fields = m->fields, *const all_fields = m->all_fields;
  const wb_mark mark = wb_arena_mark(m->ctx.arena);
  weigh_status status = WEIGH_OK;
  if (WB_BEGIN(&m->ctx)) *total = total_with(model, settings, setting_count);
  else status = wb_report_failure(&m->ctx, model->library, err);
  m->config = config;
  m->fields = fields;
  m->all_fields = all_fields;
  wb_arena_reset(m->ctx.arena, mark);
  return status;
}

typedef struct emission {
  weigh_tensor_fn each;
  void *user;
  weigh_tensor tensor;
  char name[1025];
  bool stopped;
} emission;

static bool emit(void *user, wb_str name) {
  emission *e = user;
  memcpy(e->name, name.ptr, name.len);
  e->name[name.len] = '\0';
  e->tensor.name = e->name;
  e->stopped = !e->each(e->user, &e->tensor);
  return !e->stopped;
}

static void emit_row(wb_model *m, emission *e, const wb_row *row) {
  static const char *const kinds[] = {"param", "buffer", "tied"};
  int64_t *shape = WB_NEWN(&m->ctx, int64_t, row->rank);
  for (uint32_t i = 0; i < row->rank; i++) shape[i] = count_of(m, row->dims[i]->value.u.num);
  e->tensor = (weigh_tensor){.shape = shape,
                             .rank = row->rank,
                             .dtype = wb_str_cstr(&m->ctx, row->dtype),
                             .elements = count_of(m, row->elements),
                             .group = wb_group_name(row->group),
                             .kind = kinds[row->kind],
                             .tied_to = row->kind == WB_TIED ? wb_str_cstr(&m->ctx, row->tied_to) : NULL};
  wb_num bytes;
  if (!wb_num_mul(row->elements, wb_num_int((wb_i128)wb_dtype_bytes(row->dtype)), &bytes))
    bytes = wb_num_int(INT64_MAX);
  e->tensor.bytes = count_of(m, bytes);
  wb_row_expand(&m->ctx, row, emit, e);
}

weigh_status weigh_model_tensors(weigh_model *model, bool with_mtp, weigh_tensor_fn each, void *user,
                                 weigh_error *err) {
  wb_model *m = &model->model;
  wb_mark mark = wb_arena_mark(m->ctx.arena);
  if (!WB_BEGIN(&m->ctx)) return wb_report_failure(&m->ctx, model->library, err);
  emission *e = WB_NEW(&m->ctx, emission);
  e->each = each;
  e->user = user;
  for (size_t i = 0; i < m->row_count && !e->stopped; i++)
    if (with_mtp || !m->rows[i].mtp) emit_row(m, e, &m->rows[i]);
  wb_arena_reset(m->ctx.arena, mark);
  return WEIGH_OK;
}
