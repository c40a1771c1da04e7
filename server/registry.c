#include "server/registry.h"

#include <ctype.h>
#include <string.h>

bool srv_registry_is_there(const srv_settings *s) { return s->registry_path[0] != '\0'; }

weigh_status srv_registry_open(const srv_settings *s, weigh_language language, bool writes, weigh_registry **out,
                               weigh_error *err) {
  char path[FACE_PATH_SIZE];
  if (writes) face_registry_path(s->registry, path, sizeof path, true); /* makes its folders */
  const weigh_registry_options options = {s->registry_path, !writes, language, true};
  *out = NULL;
  return weigh_registry_open(&options, out, err);
}

weigh_status srv_registry_find(srv_settings *s, weigh_error *warning, weigh_error *err) {
  weigh_registry *registry = NULL;
  if (!face_registry_path(s->registry, s->registry_path, sizeof s->registry_path, false)) s->registry_path[0] = '\0';
  if (!srv_registry_is_there(s)) return WEIGH_OK;
  const weigh_registry_options options = {.path = s->registry_path, .read_only = true, .language = s->language};
  const weigh_status status = weigh_registry_open(&options, &registry, s->registry ? err : warning);
  weigh_registry_free(registry);
  return s->registry ? status : WEIGH_OK;
}

static bool is_same(const char *a, const char *b) {
  while (*a && tolower((unsigned char)*a) == tolower((unsigned char)*b)) a++, b++;
  return !*a && !*b;
}

weigh_status srv_registry_get(const srv_settings *s, weigh_language language, const char *id, bool short_too,
                              weigh_registry **registry, weigh_config *out, weigh_error *err) {
  *registry = NULL;
  if (!srv_registry_is_there(s)) return WEIGH_OK;
  weigh_status status = srv_registry_open(s, language, false, registry, err);
  if (status == WEIGH_OK) status = weigh_registry_get(*registry, id, out, err);
  const bool unknown = status != WEIGH_OK && strcmp(err->code, "registry_unknown") == 0;
  const bool another = status == WEIGH_OK && !short_too && !is_same(out->model_id, id);
  if (status == WEIGH_OK && !another) return WEIGH_OK;
  weigh_registry_free(*registry);
  *registry = NULL;
  return unknown || another ? WEIGH_OK : status;
}
