/* weigh/registry.h: opening, putting, getting, listing. */
#include "api/registry.h"

#include <string.h>

#define PAGE ((size_t)256)

void wb_registry_fresh(weigh_registry *r) { wb_arena_reset(r->reg.ctx.arena, r->reg.mark); }

weigh_status wb_registry_failed(weigh_registry *r, weigh_error *err) {
  if (r->reg.store) r->reg.driver->settle(r->reg.store);
  return wb_failure_in(&r->reg.ctx, r->language, err);
}

weigh_status weigh_registry_open(const weigh_registry_options *options, weigh_registry **out, weigh_error *err) {
  wb_arena *arena = wb_arena_new(0);
  weigh_registry *r = arena ? wb_arena_try(arena, sizeof *r) : NULL;
  if (!r) {
    wb_arena_free(arena);
    return wb_no_memory(options->language, err);
  }
  r->reg.ctx.arena = arena;
  r->language = options->language;
  r->read_only = options->read_only;
  if (WB_BEGIN(&r->reg.ctx)) {
    r->there = wb_registry_open(&r->reg, wb_str_of(options->path), options->sealed,
                                options->read_only ? WB_STORE_READ : WB_STORE_WRITE);
    *out = r;
    return WEIGH_OK;
  }
  const weigh_status status = wb_registry_failed(r, err);
  weigh_registry_free(r);
  return status;
}

void weigh_registry_free(weigh_registry *r) {
  if (!r) return;
  if (r->reg.store) r->reg.driver->close(r->reg.store);
  wb_arena_free(r->reg.ctx.arena); /* the handle lives in its own arena */
}

wb_stored wb_stored_of(const weigh_config *c) {
  return (wb_stored){.id = wb_str_of(c->model_id),
                     .type = wb_str_of(c->model_type),
                     .config = {c->config_json, c->config_size},
                     .updated = wb_str_of(c->updated_at),
                     .source = wb_str_of(c->source),
                     .revision = wb_str_of(c->revision)};
}

static weigh_config config_of(wb_ctx *ctx, const wb_stored *e, bool with_text) {
  return (weigh_config){.model_id = wb_str_cstr(ctx, e->id),
                        .model_type = wb_str_cstr(ctx, e->type),
                        .config_json = with_text ? wb_str_cstr(ctx, e->config) : NULL,
                        .config_size = with_text ? e->config.len : 0,
                        .updated_at = wb_str_cstr(ctx, e->updated),
                        .source = wb_str_cstr(ctx, e->source),
                        .revision = wb_str_cstr(ctx, e->revision),
                        .digest = wb_str_cstr(ctx, e->digest)};
}

/* Begins a transaction that writes. */
void wb_registry_begin(weigh_registry *r) {
  if (r->read_only) WB_FAIL(&r->reg.ctx, WB_REGISTRY_READ_ONLY, WB_NOWHERE, r->reg.shown);
  r->reg.driver->begin(&r->reg.ctx, r->reg.store);
}

weigh_status weigh_registry_put(weigh_registry *r, const weigh_config *config, weigh_error *err) {
  wb_ctx *ctx = &r->reg.ctx;
  wb_registry_fresh(r);
  if (!WB_BEGIN(ctx)) return wb_registry_failed(r, err);
  wb_stored entry = wb_stored_of(config);
  wb_registry_fill(ctx, &entry, entry.id);
  wb_registry_begin(r);
  r->reg.driver->put(ctx, r->reg.store, &entry);
  r->reg.driver->commit(ctx, r->reg.store);
  return WEIGH_OK;
}

static _Noreturn void unknown(weigh_registry *r, const char *name) {
  WB_FAIL(&r->reg.ctx, WB_REGISTRY_UNKNOWN, WB_NOWHERE, wb_str_of(name), r->reg.shown);
}

weigh_status weigh_registry_get(weigh_registry *r, const char *name, weigh_config *out, weigh_error *err) {
  wb_stored entry;
  wb_registry_fresh(r);
  if (!WB_BEGIN(&r->reg.ctx)) return wb_registry_failed(r, err);
  if (!r->there || !wb_registry_mean(&r->reg, wb_str_of(name), true, &entry)) unknown(r, name);
  *out = config_of(&r->reg.ctx, &entry, true);
  return WEIGH_OK;
}

weigh_status weigh_registry_remove(weigh_registry *r, const char *id, weigh_error *err) {
  wb_ctx *ctx = &r->reg.ctx;
  wb_registry_fresh(r);
  if (!WB_BEGIN(ctx)) return wb_registry_failed(r, err);
  wb_registry_begin(r);
  if (!r->reg.driver->remove(ctx, r->reg.store, wb_str_of(id))) unknown(r, id);
  r->reg.driver->commit(ctx, r->reg.store);
  return WEIGH_OK;
}

/* One page into `out`, which has room for PAGE; its memory is released by the next. */
static size_t page_of(weigh_registry *r, wb_store_page *page, wb_stored *out) {
  return r->there ? r->reg.driver->list(&r->reg.ctx, r->reg.store, page, out) : 0;
}

typedef struct listing {
  weigh_registry *r;
  wb_store_page page;
  wb_stored *rows;
  size_t left;
} listing;

/* The next rows; 0 at the end. Their memory lasts until the call after, but for the id that it goes on behind. */
static size_t next_rows(listing *l, wb_mark mark) {
  char after[WB_REGISTRY_ID_MAX + 1];
  const size_t used = l->page.after.len < sizeof after ? l->page.after.len : sizeof after - 1;
  if (used) memcpy(after, l->page.after.ptr, used);
  wb_arena_reset(l->r->reg.ctx.arena, mark);
  l->page.after = wb_str_copy(&l->r->reg.ctx, (wb_str){after, used});
  l->page.limit = l->left < PAGE ? l->left : PAGE;
  l->rows = WB_NEWN(&l->r->reg.ctx, wb_stored, PAGE);
  const size_t count = l->left ? page_of(l->r, &l->page, l->rows) : 0;
  if (count) l->page.after = l->rows[count - 1].id;
  l->left -= count;
  return count;
}

weigh_status weigh_registry_list(weigh_registry *r, const char *prefix, const char *after, weigh_count limit,
                                 weigh_config_fn each, void *user, weigh_error *err) {
  wb_ctx *ctx = &r->reg.ctx;
  wb_registry_fresh(r);
  if (!WB_BEGIN(ctx)) return wb_registry_failed(r, err);
  listing l = {.r = r,
               .page = {.prefix = wb_str_of(prefix), .after = wb_str_of(after)},
               .left = limit > 0 ? (size_t)limit : 1000};
  for (size_t count; (count = next_rows(&l, r->reg.mark)) > 0;)
    for (size_t i = 0; i < count; i++) {
      const weigh_config config = config_of(ctx, &l.rows[i], false);
      if (!each(user, &config)) return WEIGH_OK;
    }
  return WEIGH_OK;
}

weigh_status weigh_registry_export(weigh_registry *r, const char *prefix, weigh_write_fn write, void *user,
                                   weigh_error *err) {
  wb_ctx *ctx = &r->reg.ctx;
  wb_registry_fresh(r);
  if (!WB_BEGIN(ctx)) return wb_registry_failed(r, err);
  listing l = {.r = r, .page = {.prefix = wb_str_of(prefix), .with_config = true}, .left = SIZE_MAX};
  for (size_t count; (count = next_rows(&l, r->reg.mark)) > 0;)
    for (size_t i = 0; i < count; i++) {
      wb_text line = {.ctx = ctx};
      wb_registry_line(&line, &l.rows[i]);
      if (!write(user, line.ptr, line.len)) WB_FAIL(ctx, WB_WRITE_FAILED, WB_NOWHERE, WB_STR(""));
    }
  return WEIGH_OK;
}

/* Whether all of a page is what was stored. */
static bool intact(const listing *l, size_t count, weigh_fault_fn each, void *user) {
  weigh_registry *r = l->r;
  bool sound = true;
  for (size_t i = 0; i < count; i++) {
    if (wb_registry_intact(&l->rows[i])) continue;
    weigh_error why;
    const char *const args[] = {wb_str_cstr(&r->reg.ctx, l->rows[i].id), wb_str_cstr(&r->reg.ctx, r->reg.shown)};
    weigh_error_set(&why, r->language, "REGISTRY_DIGEST", args, 2);
    if (each) each(user, args[0], &why);
    sound = false;
  }
  return sound;
}

static bool verify_all(weigh_registry *r, weigh_fault_fn each, void *user, weigh_count *checked) {
  bool sound = true;
  if (r->there) r->reg.driver->check(&r->reg.ctx, r->reg.store);
  listing l = {.r = r, .page = {.with_config = true}, .left = SIZE_MAX};
  for (size_t count; (count = next_rows(&l, r->reg.mark)) > 0; *checked += (weigh_count)count)
    sound = intact(&l, count, each, user) && sound;
  return sound;
}

weigh_status weigh_registry_verify(weigh_registry *r, weigh_fault_fn each, void *user, weigh_count *checked,
                                   weigh_error *err) {
  wb_registry_fresh(r);
  *checked = 0;
  if (!WB_BEGIN(&r->reg.ctx)) return wb_registry_failed(r, err);
  return verify_all(r, each, user, checked) ? WEIGH_OK : WEIGH_NO;
}
