/* What may be kept, and what a name means. */
#define _POSIX_C_SOURCE 200809L

#include "registry/registry.h"

#include <sha2.h>
#include <string.h>
#include <time.h>

#include "source/json.h"

#define AMBIGUOUS_SHOWN 5

/* The path's last part, for strangers: they are not told where files are. */
static wb_str without_folders(wb_str path) {
  size_t from = path.len;
  while (from && path.ptr[from - 1] != '/') from--;
  return wb_str_slice(path, from, path.len);
}

bool wb_registry_open(wb_registry *r, wb_str where, bool sealed, wb_store_mode mode) {
  r->driver = &wb_sqlite_driver;
  r->shown = wb_str_copy(&r->ctx, sealed ? without_folders(where) : where);
  r->store = r->driver->make(&r->ctx);
  const bool there = r->driver->open(&r->ctx, r->store, where, r->shown, mode);
  r->mark = wb_arena_mark(r->ctx.arena);
  return there;
}

/* ---- what may be kept ---- */

/* Names that a question would read as a path or as an option could never be found again. */
static bool is_id(wb_str id) {
  if (!id.len || id.len > WB_REGISTRY_ID_MAX || wb_str_ends(id, WB_STR(".json"))) return false;
  if (strchr("/.~-", id.ptr[0]) || id.ptr[id.len - 1] == '/' || id.ptr[0] == ' ' || id.ptr[id.len - 1] == ' ')
    return false;
  for (size_t i = 0; i < id.len; i++) {
    const unsigned char c = (unsigned char)id.ptr[i];
    if (c < 0x20 || c == 0x7f || c == '\\') return false;
    if (c == '/' && (id.ptr[i + 1] == '/' || id.ptr[i + 1] == '.')) return false;
  }
  return true;
}

static void check_note(wb_ctx *ctx, const char *name, wb_str text) {
  bool plain = text.len <= WB_REGISTRY_NOTE_MAX;
  for (size_t i = 0; plain && i < text.len; i++) plain = (unsigned char)text.ptr[i] >= 0x20;
  if (!plain) WB_FAIL(ctx, WB_REGISTRY_NOTE, WB_NOWHERE, wb_str_of(name), wb_json_shown(ctx, text));
}

static wb_str digest_of(wb_str text, char hex[SHA256_DIGEST_STRING_LENGTH]) {
  SHA256Data((const uint8_t *)(text.ptr ? text.ptr : ""), text.len, hex);
  return (wb_str){hex, SHA256_DIGEST_STRING_LENGTH - 1};
}

static wb_str now(wb_ctx *ctx) {
  const time_t seconds = time(NULL);
  struct tm parts;
  char text[32] = "";
  if (!gmtime_r(&seconds, &parts) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)) text[0] = '\0';
  return wb_str_copy(ctx, wb_str_of(text));
}

void wb_registry_fill(wb_ctx *ctx, wb_stored *e, wb_str file) {
  char hex[SHA256_DIGEST_STRING_LENGTH];
  if (!is_id(e->id)) WB_FAIL(ctx, WB_REGISTRY_ID, wb_in_file(file), wb_json_shown(ctx, e->id));
  check_note(ctx, "source", e->source);
  check_note(ctx, "revision", e->revision);
  check_note(ctx, "model_type", e->type);
  check_note(ctx, "updated_at", e->updated);
  if (e->config.len > WB_REGISTRY_CONFIG_MAX)
    WB_FAIL(ctx, WB_FILE_TOO_BIG, wb_in_file(file), file, wb_str_fmt(ctx, "%zu", WB_REGISTRY_CONFIG_MAX));
  if (e->config.len && memchr(e->config.ptr, '\0', e->config.len))
    WB_FAIL(ctx, WB_JSON_ENCODING, wb_in_file(file), WB_STR(""));
  const wb_json *root = wb_json_read(ctx, e->config, file);
  if (root->kind != WB_JSON_OBJECT)
    WB_FAIL(ctx, WB_MODEL_NOT_OBJECT, wb_in_file(file), WB_STR("config.json"), wb_str_of(wb_json_kind_name(root)));
  const wb_json *type = wb_json_get(root, WB_STR("model_type"));
  if (!e->type.len && type && type->kind == WB_JSON_STRING) {
    e->type = wb_str_copy(ctx, type->u.text);
    check_note(ctx, "model_type", e->type);
  }
  if (!e->updated.len) e->updated = now(ctx);
  e->digest = wb_str_copy(ctx, digest_of(e->config, hex));
}

bool wb_registry_intact(const wb_stored *e) {
  char hex[SHA256_DIGEST_STRING_LENGTH];
  return wb_str_eq(e->digest, digest_of(e->config, hex));
}

/* ---- what a name means ---- */

static void must_be_intact(wb_registry *r, const wb_stored *e) {
  if (!wb_registry_intact(e)) WB_FAIL(&r->ctx, WB_REGISTRY_DIGEST, WB_NOWHERE, e->id, r->shown);
}

static bool get_exact(wb_registry *r, wb_str id, wb_stored *out) {
  if (!r->driver->find(&r->ctx, r->store, id, WB_STORE_EXACT, out, 1)) return false;
  must_be_intact(r, out);
  return true;
}

static bool one_of(wb_registry *r, wb_str name, wb_store_match match, wb_stored *out) {
  wb_stored found[AMBIGUOUS_SHOWN];
  const size_t count = r->driver->find(&r->ctx, r->store, name, match, found, AMBIGUOUS_SHOWN);
  wb_text names = {.ctx = &r->ctx};
  for (size_t i = 0; count > 1 && i < count; i++)
    wb_text_addf(&names, "%s%.*s", i ? ", " : "", WB_STR_ARG(found[i].id));
  if (count > 1) WB_FAIL(&r->ctx, WB_REGISTRY_AMBIGUOUS, WB_NOWHERE, name, wb_text_str(&names));
  if (count == 1) *out = found[0];
  return count == 1;
}

bool wb_registry_mean(wb_registry *r, wb_str name, bool short_too, wb_stored *out) {
  if (get_exact(r, name, out)) return true;
  if (!one_of(r, name, WB_STORE_ANY_CASE, out) && !(short_too && one_of(r, name, WB_STORE_LAST_PART, out)))
    return false;
  must_be_intact(r, out);
  return true;
}
