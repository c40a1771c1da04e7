/* weigh_registry_import: many configurations in one transaction. Each is read in memory of its own, so that one that is
 * refused is a line in the report and no more. */
#include <stdio.h>
#include <string.h>

#include "api/registry.h"
#include "source/json.h"
#include "source/reader.h"

#define LINES_MAX \
  ((size_t)192 << 20) /* of a file of lines: with what is made of it, it stays below one context's memory */

typedef struct importing {
  weigh_registry *r;
  const wb_import *how;
  wb_ctx all, one; /* paths or lines; the entry at work */
  wb_mark mark;    /* of `one`, empty */
  weigh_fault_fn each;
  void *user;
  weigh_imported counts;
} importing;

static void refuse(importing *im, const char *what) {
  weigh_error why = {0};
  wb_failure_in(&im->one, im->r->language, &why);
  im->counts.refused++;
  if (im->each) im->each(im->user, what, &why);
}

static wb_stored read_config(importing *im, wb_str path) {
  wb_ctx *ctx = &im->one;
  wb_stored e = {.id = im->how->id.len ? im->how->id : wb_registry_id_of(ctx, path),
                 .config = wb_read_file(ctx, path, WB_REGISTRY_CONFIG_MAX),
                 .source = im->how->source.len ? im->how->source : path,
                 .revision = im->how->revision};
  wb_registry_fill(ctx, &e, path);
  return e;
}

/* Within the transaction. Fails the registry's context. */
static void keep(importing *im, const wb_stored *entry) {
  wb_registry *r = &im->r->reg;
  wb_stored before;
  const wb_mark mark = wb_arena_mark(r->ctx.arena);
  const bool there = r->driver->find(&r->ctx, r->store, entry->id, WB_STORE_EXACT, &before, 1) > 0;
  const bool same = there && wb_str_eq(before.digest, entry->digest) && wb_str_eq(before.config, entry->config) &&
                    wb_str_eq(before.source, entry->source) && wb_str_eq(before.revision, entry->revision) &&
                    wb_str_eq(before.type, entry->type);
  if (!same) r->driver->put(&r->ctx, r->store, entry);
  if (same) im->counts.unchanged++;
  else if (there) im->counts.replaced++;
  else im->counts.added++;
  wb_arena_reset(r->ctx.arena, mark);
}

/* False when it was refused. */
static bool read_one(importing *im, wb_str path, wb_str line, size_t number, wb_stored *out) {
  char what[560];
  const char *const format = number ? "%.*s:%zu" : "%.*s";
  snprintf(what, sizeof what, format, WB_STR_ARG(path), number);
  wb_arena_reset(im->one.arena, im->mark);
  if (WB_BEGIN(&im->one)) {
    *out = number ? wb_registry_read_line(&im->one, line, wb_str_of(what)) : read_config(im, path);
    return true;
  }
  refuse(im, what);
  return false;
}

static void keep_lines(importing *im, wb_str path, wb_str text) {
  wb_stored entry;
  size_t number = 0;
  for (size_t at = 0; at < text.len;) {
    const char *end = memchr(text.ptr + at, '\n', text.len - at);
    const size_t stop = end ? (size_t)(end - text.ptr) : text.len;
    const wb_str line = wb_str_trim(wb_str_slice(text, at, stop));
    at = stop + 1;
    number++;
    if (line.len && read_one(im, path, line, number, &entry)) keep(im, &entry);
  }
}

/* What there is to keep: paths, or a text of lines. */
typedef struct work {
  wb_str path, text, *paths;
  size_t count;
  bool lines;
} work;

static weigh_status find_work(importing *im, const char *path, work *w, weigh_error *err) {
  wb_ctx *ctx = &im->all;
  if (!WB_BEGIN(ctx)) return wb_failure_in(ctx, im->r->language, err);
  w->path = wb_str_copy(ctx, wb_str_of(path));
  if (wb_path_is_folder(ctx, w->path)) {
    w->count = wb_registry_configs(ctx, w->path, &w->paths);
    if (!w->count) WB_FAIL(ctx, WB_REGISTRY_EMPTY_FOLDER, WB_NOWHERE, w->path);
    if (im->how->id.len && w->count > 1) WB_FAIL(ctx, WB_REGISTRY_ONE_ID, WB_NOWHERE, im->how->id, w->path);
  } else if (im->how->adds || wb_str_ends(w->path, WB_STR("/config.json"))) {
    w->paths = &w->path;
    w->count = 1;
  } else {
    w->lines = true;
    w->text = wb_read_file(ctx, w->path, LINES_MAX);
  }
  return WEIGH_OK;
}

static weigh_status keep_all(importing *im, const work *w, weigh_error *err) {
  wb_registry *r = &im->r->reg;
  wb_stored entry;
  wb_registry_fresh(im->r);
  if (!WB_BEGIN(&r->ctx)) return wb_registry_failed(im->r, err);
  wb_registry_begin(im->r);
  r->ctx.max_steps = 0;
  if (w->lines) keep_lines(im, w->path, w->text);
  for (size_t i = 0; i < w->count; i++)
    if (read_one(im, w->paths[i], WB_STR(""), 0, &entry)) keep(im, &entry);
  r->driver->commit(&r->ctx, r->store);
  return WEIGH_OK;
}

weigh_status wb_import_path(weigh_registry *r, const char *path, const wb_import *how, weigh_fault_fn each, void *user,
                            weigh_imported *out, weigh_error *err) {
  importing im = {.r = r, .how = how, .each = each, .user = user};
  work w = {.count = 0};
  weigh_status status = WEIGH_OK;
  if (!wb_ctx_open(&im.all, 0) || !wb_ctx_open(&im.one, 0)) status = wb_no_memory(r->language, err);
  if (status == WEIGH_OK) {
    im.mark = wb_arena_mark(im.one.arena);
    status = find_work(&im, path, &w, err);
  }
  if (status == WEIGH_OK) status = keep_all(&im, &w, err);
  wb_ctx_close(&im.one);
  wb_ctx_close(&im.all);
  if (status == WEIGH_OK) *out = im.counts;
  return status;
}

weigh_status weigh_registry_import(weigh_registry *r, const char *path, weigh_fault_fn each, void *user,
                                   weigh_imported *out, weigh_error *err) {
  static const wb_import plain = {.adds = false};
  return wb_import_path(r, path, &plain, each, user, out, err);
}
