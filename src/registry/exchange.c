/* What comes from outside and goes out again: folders of configurations, and lines of JSON. */
#include <string.h>

#include "registry/registry.h"
#include "source/json.h"
#include "source/reader.h"

#define LEVELS      3
#define CONFIG_NAME "config.json"

/* ---- folders ---- */

typedef struct found {
  wb_ctx *ctx;
  wb_str *paths;
  size_t count, cap;
} found;

static void walk(found *f, wb_str folder, int level) {
  const wb_str config = wb_path_join(f->ctx, folder, WB_STR(CONFIG_NAME));
  wb_str *names = NULL;
  if (wb_path_exists(f->ctx, config) && !wb_path_is_folder(f->ctx, config)) {
    WB_PUSH_ROOM(f->ctx, f->paths, f->count, f->cap);
    f->paths[f->count++] = config;
  }
  const size_t count = level < LEVELS ? wb_list_folder(f->ctx, folder, &names) : 0;
  for (size_t i = 0; i < count; i++) {
    const wb_str path = wb_path_join(f->ctx, folder, names[i]);
    if (!wb_str_is(names[i], CONFIG_NAME) && wb_path_is_folder(f->ctx, path)) walk(f, path, level + 1);
  }
}

size_t wb_registry_configs(wb_ctx *ctx, wb_str folder, wb_str **paths) {
  found f = {.ctx = ctx};
  walk(&f, folder, 0);
  *paths = f.paths;
  return f.count;
}

wb_str wb_registry_id_of(wb_ctx *ctx, wb_str path) {
  wb_str part, parts[2] = {{NULL, 0}, {NULL, 0}};
  size_t at = 0;
  if (wb_str_ends(path, WB_STR(".json"))) { /* the file's own name is no part */
    while (path.len && path.ptr[path.len - 1] != '/') path.len--;
  }
  while (wb_str_next(path, '/', &at, &part)) {
    if (wb_str_is(part, ".")) continue;
    parts[0] = parts[1];
    parts[1] = part;
    if (wb_str_is(part, "..")) parts[0] = parts[1] = WB_STR("");
  }
  if (!parts[0].len) return wb_str_copy(ctx, parts[1]);
  return wb_str_fmt(ctx, "%.*s/%.*s", WB_STR_ARG(parts[0]), WB_STR_ARG(parts[1]));
}

/* ---- lines ---- */

static void quoted(wb_text *out, wb_str text) {
  wb_text_addc(out, '"');
  for (size_t at = 0, written; at < text.len;) {
    char bytes[8];
    at += wb_str_json(text.ptr + at, text.len - at, bytes, &written);
    wb_text_add(out, (wb_str){bytes, written});
  }
  wb_text_addc(out, '"');
}

void wb_registry_line(wb_text *out, const wb_stored *e) {
  const struct {
    const char *key;
    wb_str value;
  } members[] = {{"model_id", e->id},       {"model_type", e->type}, {"updated_at", e->updated}, {"source", e->source},
                 {"revision", e->revision}, {"digest", e->digest},   {"config_json", e->config}};
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    wb_text_addf(out, "%s\"%s\": ", i ? ", " : "{", members[i].key);
    quoted(out, members[i].value);
  }
  wb_text_adds(out, "}\n");
}

/* The text of the object that begins at `from`: up to the bracket that closes it. It was parsed: it is well formed. */
static wb_str object_at(wb_str text, size_t from) {
  size_t depth = 0;
  bool inside = false;
  for (size_t i = from; i < text.len; i++) {
    const char c = text.ptr[i];
    if (inside && c == '\\') i++;
    else if (c == '"') inside = !inside;
    else if (!inside && (c == '{' || c == '[')) depth++;
    else if (!inside && (c == '}' || c == ']') && --depth == 0) return wb_str_slice(text, from, i + 1);
  }
  return wb_str_slice(text, from, text.len);
}

static wb_str member(wb_ctx *ctx, const wb_json *line, const char *key, wb_str file) {
  const wb_json *value = wb_json_get(line, wb_str_of(key));
  if (!value || value->kind == WB_JSON_NULL) return WB_STR("");
  if (value->kind != WB_JSON_STRING)
    WB_FAIL(ctx, WB_REGISTRY_LINE, wb_in_file(file), wb_str_of(key), wb_str_of(wb_json_kind_name(value)));
  return value->u.text;
}

wb_stored wb_registry_read_line(wb_ctx *ctx, wb_str line, wb_str file) {
  const wb_json *root = wb_json_read(ctx, line, file);
  if (root->kind != WB_JSON_OBJECT)
    WB_FAIL(ctx, WB_REGISTRY_LINE, wb_in_file(file), WB_STR("line"), wb_str_of(wb_json_kind_name(root)));
  const wb_json *config = wb_json_get(root, WB_STR("config_json"));
  wb_stored e = {.id = member(ctx, root, "model_id", file),
                 .type = member(ctx, root, "model_type", file),
                 .updated = member(ctx, root, "updated_at", file),
                 .source = member(ctx, root, "source", file),
                 .revision = member(ctx, root, "revision", file)};
  const wb_str digest = member(ctx, root, "digest", file);
  if (config && config->kind == WB_JSON_OBJECT) e.config = object_at(line, config->offset);
  else e.config = member(ctx, root, "config_json", file);
  wb_registry_fill(ctx, &e, file);
  if (digest.len && !wb_str_eq(digest, e.digest)) WB_FAIL(ctx, WB_REGISTRY_DIGEST, wb_in_file(file), e.id, file);
  return e;
}
