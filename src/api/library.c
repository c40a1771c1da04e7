#include "api/handle.h"
#include "api/ladder.h"
#include "base/data.h"
#include "model/catalogue.h"
#include "source/reader.h"

#ifndef WEIGH_VERSION_STRING
#define WEIGH_VERSION_STRING "0.1.0"
#endif

const char *weigh_version(void) { return WEIGH_VERSION_STRING; }

const char *weigh_data_digest(void) { return wb_data_digest; }

/* Every *.weigh file in the folder and one level below it, in order of names. `shown`: what the folder is called in
 * messages, "" for one that strangers need not know. */
static void add_folder(wb_library *lib, wb_str folder, wb_str shown, int level) {
  wb_str *names = NULL;
  size_t count = wb_list_folder(&lib->ctx, folder, &names);
  for (size_t i = 0; i < count; i++) {
    wb_str path = wb_path_join(&lib->ctx, folder, names[i]);
    wb_str name = shown.len ? wb_path_join(&lib->ctx, shown, names[i]) : names[i];
    if (wb_str_ends(names[i], WB_STR(".weigh")))
      wb_library_add(lib, name, wb_read_file(&lib->ctx, path, WB_SOURCE_MAX));
    else if (level == 0 && wb_path_is_folder(&lib->ctx, path)) add_folder(lib, path, name, 1);
  }
}

static weigh_status open_library(const weigh_library_options *options, weigh_library **out, weigh_error *err) {
  wb_arena *arena = wb_arena_new(0);
  weigh_library *library = arena ? wb_arena_try(arena, sizeof *library) : NULL;
  if (!library) {
    wb_arena_free(arena);
    return wb_no_memory(options->language, err);
  }
  wb_ctx *ctx = &library->lib.ctx;
  ctx->arena = arena;
  library->language = options->language;
  if (WB_BEGIN(ctx)) {
    wb_library_init(&library->lib);
    for (size_t i = 0; i < options->data_dir_count; i++) {
      wb_str folder = wb_str_of(options->data_dirs[i]);
      add_folder(&library->lib, folder, options->sealed ? WB_STR("") : folder, 0);
    }
    wb_library_parse_added(&library->lib);
    library->sealed = library->lib.ctx.sealed = options->sealed;
    *out = library;
    return WEIGH_OK;
  }
  weigh_status status = wb_report_failure(ctx, library, err);
  weigh_library_free(library);
  return status;
}

weigh_status weigh_library_open(const weigh_library_options *options, weigh_library **out, weigh_error *err) {
  static const weigh_library_options none = {.language = WEIGH_ENGLISH};
  return open_library(options ? options : &none, out, err);
}

void weigh_library_free(weigh_library *library) {
  if (!library) return;
  wb_ladder_close(library);
  wb_arena_pool_clear(&library->pool);
  wb_arena_free(library->lib.ctx.arena); /* the handle lives in its own arena */
}

size_t weigh_library_memory(const weigh_library *library) { return wb_arena_mark(library->lib.ctx.arena).total; }

weigh_status weigh_library_check(weigh_library *library, weigh_error *err) {
  wb_ctx ctx = {0};
  if (!wb_ctx_open(&ctx, 0)) return wb_no_memory(library->language, err);
  weigh_status status = WEIGH_OK;
  if (WB_BEGIN(&ctx)) wb_library_parse_all(&library->lib, &ctx);
  else status = wb_report_failure(&ctx, library, err);
  wb_ctx_close(&ctx);
  return status;
}

weigh_status weigh_catalogue_names(weigh_library *library, const char *prefix, weigh_name_fn each, void *user,
                                   weigh_error *err) {
  wb_ctx ctx = {0};
  if (!wb_ctx_open(&ctx, 0)) return wb_no_memory(library->language, err);
  weigh_status status = WEIGH_OK;
  if (WB_BEGIN(&ctx)) {
    wb_catalogue_entry entry;
    wb_str start = wb_str_of(prefix);
    for (size_t at = 0; wb_catalogue_next(&at, &entry);)
      if (wb_str_starts(entry.name, start) && !each(user, wb_str_cstr(&ctx, entry.name))) break;
  } else {
    status = wb_report_failure(&ctx, library, err);
  }
  wb_ctx_close(&ctx);
  return status;
}
