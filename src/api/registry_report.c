/* weigh_registry_report: does what is asked of a registry and writes what came of it. */
#include "report/registry.h"

#include "api/registry.h"

static const char *const ACTIONS[] = {"list", "show", "add", "remove", "export", "import", "verify"};

/* Collects rows and faults in the report's memory. Once that failed, `failed` keeps the rest away. */
typedef struct gathering {
  wb_ctx *ctx;
  wb_stored *rows;
  size_t count, cap;
  wb_registry_done done;
  bool failed;
} gathering;

static void keep_row(gathering *g, const weigh_config *c) {
  WB_PUSH_ROOM(g->ctx, g->rows, g->count, g->cap);
  const wb_stored e = wb_stored_of(c);
  g->rows[g->count++] = (wb_stored){.id = wb_str_copy(g->ctx, e.id),
                                    .type = wb_str_copy(g->ctx, e.type),
                                    .config = wb_str_copy(g->ctx, e.config),
                                    .updated = wb_str_copy(g->ctx, e.updated),
                                    .source = wb_str_copy(g->ctx, e.source),
                                    .revision = wb_str_copy(g->ctx, e.revision),
                                    .digest = wb_str_copy(g->ctx, wb_str_of(c->digest))};
}

static bool gather_row(void *user, const weigh_config *c) {
  gathering *g = user;
  if (WB_GUARD(g->ctx)) keep_row(g, c);
  else g->failed = true;
  return !g->failed;
}

static void keep_fault(gathering *g, const char *what, const weigh_error *why) {
  wb_registry_done *d = &g->done;
  WB_PUSH_ROOM(g->ctx, d->faults, d->fault_count, d->fault_cap);
  d->faults[d->fault_count++] = (wb_registry_fault){.what = wb_str_copy(g->ctx, wb_str_of(what)),
                                                    .code = wb_str_copy(g->ctx, wb_str_of(why->code)),
                                                    .message = wb_str_copy(g->ctx, wb_str_of(why->message))};
}

static void gather_fault(void *user, const char *what, const weigh_error *why) {
  gathering *g = user;
  if (!g->failed && WB_GUARD(g->ctx)) keep_fault(g, what, why);
  else g->failed = true;
}

static weigh_status take_in(weigh_registry *r, const weigh_registry_question *q, gathering *g, weigh_error *err) {
  const wb_import how = {.id = wb_str_of(q->id),
                         .source = wb_str_of(q->source),
                         .revision = wb_str_of(q->revision),
                         .adds = q->action == WEIGH_REGISTRY_ADD};
  weigh_imported counts;
  const weigh_status status = wb_import_path(r, q->name, &how, gather_fault, g, &counts, err);
  if (status != WEIGH_OK) return status;
  g->done.added = counts.added;
  g->done.replaced = counts.replaced;
  g->done.unchanged = counts.unchanged;
  g->done.refused = counts.refused;
  return counts.refused ? WEIGH_NO : WEIGH_OK;
}

static weigh_status show(weigh_registry *r, const char *name, gathering *g, weigh_error *err) {
  weigh_config config;
  const weigh_status status = weigh_registry_get(r, name, &config, err);
  if (status == WEIGH_OK) gather_row(g, &config);
  return status;
}

static weigh_status verify(weigh_registry *r, gathering *g, weigh_error *err) {
  weigh_count checked;
  const weigh_status status = weigh_registry_verify(r, gather_fault, g, &checked, err);
  g->done.checked = checked;
  return status;
}

static weigh_count limit_of(const weigh_registry_question *q) { return q->limit > 0 ? q->limit : 1000; }

static weigh_status act(weigh_registry *r, const weigh_registry_question *q, gathering *g, weigh_error *err) {
  g->done.removed = q->action == WEIGH_REGISTRY_REMOVE ? 1 : -1;
  switch (q->action) {
    case WEIGH_REGISTRY_ADD:
    case WEIGH_REGISTRY_IMPORT: return take_in(r, q, g, err);
    case WEIGH_REGISTRY_REMOVE: return weigh_registry_remove(r, q->name, err);
    case WEIGH_REGISTRY_SHOW: return show(r, q->name, g, err);
    case WEIGH_REGISTRY_VERIFY: return verify(r, g, err);
    default: break;
  }
  /* One more than is shown tells whether there are more. */
  const weigh_count limit = limit_of(q);
  return weigh_registry_list(r, q->name, q->after, limit < INT64_MAX ? limit + 1 : limit, gather_row, g, err);
}

static weigh_status write_answer(wb_out *out, weigh_registry *r, const weigh_registry_question *q, gathering *g,
                                 weigh_error *err) {
  if (g->failed || !WB_BEGIN(g->ctx)) return wb_failure_in(g->ctx, r->language, err);
  const size_t limit = (size_t)limit_of(q);
  const bool more = g->count > limit;
  if (q->action == WEIGH_REGISTRY_LIST) wb_report_configs(out, r->reg.shown, g->rows, more ? limit : g->count, more);
  else if (q->action == WEIGH_REGISTRY_SHOW) wb_report_config(out, r->reg.shown, g->rows);
  else wb_report_registry_done(out, &g->done);
  wb_out_flush(out, true);
  return WEIGH_OK;
}

weigh_status weigh_registry_report(weigh_registry *r, const weigh_registry_question *q,
                                   const weigh_report_options *options, weigh_write_fn write, void *user,
                                   weigh_error *err) {
  static const weigh_report_options none = {0};
  if (q->action == WEIGH_REGISTRY_EXPORT) return weigh_registry_export(r, q->name, write, user, err);
  wb_ctx ctx = {0};
  if (!wb_ctx_open(&ctx, 0)) return wb_no_memory(r->language, err);
  gathering g = {.ctx = &ctx,
                 .done = {.action = ACTIONS[q->action],
                          .where = r->reg.shown,
                          .added = -1,
                          .replaced = -1,
                          .unchanged = -1,
                          .refused = -1,
                          .removed = -1,
                          .checked = -1}};
  wb_out out = {.text = {.ctx = &ctx},
                .write = write,
                .user = user,
                .options = options ? options : &none,
                .lang = (wb_lang)r->language};
  wb_ctx_begin(&ctx);
  const weigh_status status = act(r, q, &g, err);
  weigh_status written = status;
  if (status == WEIGH_OK || status == WEIGH_NO) written = write_answer(&out, r, q, &g, err);
  wb_ctx_close(&ctx);
  return written == WEIGH_OK ? status : written;
}
