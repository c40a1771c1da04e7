/* Any bytes as a description beside the built-in ones: parsed, and each family in it built on an empty configuration. */
#include <stdint.h>
#include <stdlib.h>

#include "estimate/compute.h"
#include "model/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const wb_str named = {"fuzz.weigh", 10};

static bool opened(wb_library *lib, wb_str text) {
  if (!WB_GUARD(&lib->ctx)) return false;
  wb_library_init(lib);
  wb_library_add(lib, named, text);
  return true;
}

/* Steps are few, so that an input is quick; what does not end would be seen all the same. */
static void begin(wb_ctx *ctx) {
  ctx->steps = ctx->depth = 0;
  ctx->max_steps = 200000;
}

static void parse(wb_library *lib) {
  begin(&lib->ctx);
  if (WB_GUARD(&lib->ctx)) wb_library_parse_added(lib);
  else wb_library_locate(lib, &lib->ctx.failure);
}

static void build_guarded(wb_model *model) {
  begin(&model->ctx);
  if (!WB_GUARD(&model->ctx)) {
    wb_library_locate(model->lib, &model->ctx.failure);
    return;
  }
  model->config.root = wb_json_read(&model->ctx, model->config.text, model->config.file);
  model->family = wb_library_type(model->lib, &model->ctx, model->model_type);
  if (!model->family) return;
  wb_model_build(model);
  wb_model_review(model);
  wb_model_count(model);
  const wb_compute_options options = {.path = WB_STR("expanded")};
  wb_compute_build(model, &options);
}

static void build(wb_library *lib, wb_str type) {
  wb_model model = {.lib = lib, .model_type = type};
  model.name = model.config.file = WB_STR("config.json");
  model.config.text = WB_STR("{}");
  model.ctx.arena = wb_arena_new((size_t)32 << 20);
  if (!model.ctx.arena) return;
  build_guarded(&model);
  wb_arena_free(model.ctx.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  wb_library lib = {.ctx = {.arena = wb_arena_new((size_t)64 << 20)}};
  if (lib.ctx.arena && opened(&lib, (wb_str){(const char *)data, size})) {
    size_t file = lib.file_count - 1, built = 0;
    parse(&lib);
    for (size_t i = 0; i < lib.type_count && built < 4; i++) {
      if (lib.entries[lib.types[i].entry].file != file) continue;
      build(&lib, lib.types[i].type);
      built++;
    }
  }
  wb_arena_free(lib.ctx.arena);
  return 0;
}
