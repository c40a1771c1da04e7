/* From what a user names to a configuration: a path, a folder, standard input, a catalogue name, typed dimensions. */
#include <string.h>

#include "api/handle.h"
#include "api/ladder.h"
#include "model/catalogue.h"
#include "model/represent.h"
#include "source/reader.h"

/* The largest config.json read; the largest published one is a few hundred kilobytes. */
#define CONFIG_MAX ((size_t)16 << 20)

static void use_text(wb_model *m, wb_str text, wb_str file) {
  m->config.text = text;
  m->config.file = file;
  m->config.root = wb_json_read(&m->ctx, text, file);
  if (m->config.root->kind != WB_JSON_OBJECT)
    WB_FAIL(&m->ctx, WB_MODEL_NOT_OBJECT, wb_in_file(file), WB_STR("config.json"),
            wb_str_of(wb_json_kind_name(m->config.root)));
}

static bool looks_like_path(wb_str name) {
  return !name.len || name.ptr[0] == '/' || name.ptr[0] == '.' || name.ptr[0] == '~' ||
         wb_str_ends(name, WB_STR(".json"));
}

/* A name, or a size in the place of one. */
static void use_known(weigh_model *model, wb_str name) {
  wb_model *m = &model->model;
  wb_sized size;
  wb_known known;
  if (wb_ladder_find(model, name, &known)) {
    m->name = known.id;
    use_text(m, known.config, wb_str_fmt(&m->ctx, "%s:%.*s", wb_rung_name(known.from), WB_STR_ARG(known.id)));
  } else if (wb_sized_read(&m->ctx, name, &size)) {
    m->resolution = NULL;
    const wb_str text = wb_represent(m, &size);
    m->config.assumed = true;
    use_text(m, text, wb_str_fmt(&m->ctx, "representative:%.*s", WB_STR_ARG(m->assumed->anchor)));
  } else {
    wb_ladder_unread(model, name);
    wb_catalogue_find(&m->ctx, name); /* fails, with what is near */
  }
}

static void use_name(weigh_model *model, wb_str name) {
  wb_model *m = &model->model;
  if (wb_str_is(name, "-")) {
    use_text(m, wb_read_file(&m->ctx, name, CONFIG_MAX), WB_STR("<stdin>"));
  } else if (wb_path_is_folder(&m->ctx, name)) {
    wb_str path = wb_path_join(&m->ctx, name, WB_STR("config.json"));
    use_text(m, wb_read_file(&m->ctx, path, CONFIG_MAX), path);
  } else if (wb_path_exists(&m->ctx, name) || looks_like_path(name)) {
    use_text(m, wb_read_file(&m->ctx, name, CONFIG_MAX), name);
  } else {
    use_known(model, name);
  }
}

void wb_apply_setting(wb_model *m, const char *setting) {
  wb_ctx *ctx = &m->ctx;
  wb_str text = wb_str_of(setting);
  const char *equals = memchr(text.ptr, '=', text.len);
  if (!equals || equals == text.ptr) WB_FAIL(ctx, WB_SET_SYNTAX, WB_NOWHERE, text);
  wb_str path = wb_str_trim(wb_str_slice(text, 0, (size_t)(equals - text.ptr)));
  wb_str typed = wb_str_trim(wb_str_slice(text, (size_t)(equals - text.ptr) + 1, text.len));
  m->config.root = wb_json_with(ctx, m->config.root, path,
                                wb_json_typed(ctx, typed, wb_str_fmt(ctx, "--set %.*s", WB_STR_ARG(path))));
  m->config.set_paths[m->config.set_count++] = wb_str_copy(ctx, path);
}

weigh_serving wb_asked(weigh_model *model, const weigh_serving *asked) {
  static const weigh_serving none = {0};
  if (model->draft && !model->model.draft) {
    wb_ctx_begin(&model->draft->model.ctx);
    model->model.draft = &model->draft->model;
  }
  return wb_launch_over(&model->model, model->launch, asked ? asked : &none);
}

void wb_open_source(weigh_model *model, const weigh_model_request *request) {
  wb_model *m = &model->model;
  wb_ctx *ctx = &m->ctx;
  const wb_str command = wb_str_of(request->model);
  if (wb_launch_is(command)) model->launch = wb_launch_read(m, wb_str_copy(ctx, command));
  const size_t told = model->launch ? model->launch->setting_count : 0;
  m->config.set_paths = WB_NEWN(ctx, wb_str, request->setting_count + told);
  m->config.set_used = WB_NEWN(ctx, bool, request->setting_count + told);
  if (model->launch) {
    m->name = model->launch->model;
    use_name(model, m->name);
  } else if (request->model) {
    wb_str name = wb_str_copy(ctx, wb_str_of(request->model));
    m->name = name;
    use_name(model, name);
  } else if (request->config) {
    m->name = WB_STR("config.json");
    use_text(m, (wb_str){request->config, request->config_size}, m->name);
  } else {
    m->name = WB_STR("--set");
    use_text(m, WB_STR("{}"), m->name);
  }
  for (size_t i = 0; i < told; i++) {
    wb_apply_setting(m, model->launch->settings[i]);
    m->config.set_used[i] = wb_library_ignores(m->lib, m->config.set_paths[i]); /* no dimension: right to be unread */
  }
  for (size_t i = 0; i < request->setting_count; i++) wb_apply_setting(m, request->settings[i]);
}
