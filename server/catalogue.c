/* GET /api/v1/models: what is known by name, in the registry and in the catalogue, and what was sent. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/server.h"

#define LIST_MOST     1000
#define LIST_REGISTRY 100000 /* so many are looked through */

/* ---- names, read once ---- */

static bool keep_name(void *user, const char *name) {
  srv_server *s = user;
  if (s->name_count == s->name_cap) {
    const size_t cap = s->name_cap ? s->name_cap * 2 : 256;
    char **grown = realloc(s->names, cap * sizeof *grown);
    if (!grown) return false;
    s->names = grown;
    s->name_cap = cap;
  }
  s->names[s->name_count] = strdup(name);
  if (!s->names[s->name_count]) return false;
  s->name_count++;
  return true;
}

weigh_status srv_catalogue_read(srv_server *s, weigh_error *err) {
  weigh_library *library = NULL;
  const weigh_library_options options = {.language = s->settings.language,
                                         .data_dirs = s->settings.data_dirs,
                                         .data_dir_count = s->settings.data_dir_count};
  weigh_status status = weigh_library_open(&options, &library, err);
  if (status == WEIGH_OK) status = weigh_catalogue_names(library, "", keep_name, s, err);
  weigh_library_free(library);
  return status;
}

void srv_catalogue_free(srv_server *s) {
  for (size_t i = 0; i < s->name_count; i++) free(s->names[i]);
  free(s->names);
}

/* Both names and registries are sorted by bytes. SIZE_MAX: it is not there. */
static size_t place_in_catalogue(const srv_server *s, const char *id) {
  size_t from = 0, to = s->name_count;
  while (from < to) {
    const size_t middle = from + (to - from) / 2;
    const int order = strcmp(s->names[middle], id);
    if (order == 0) return middle;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return SIZE_MAX;
}

bool srv_catalogue_has(const srv_server *s, const char *id) { return place_in_catalogue(s, id) != SIZE_MAX; }

/* ---- search ---- */

static bool holds(const char *text, const char *part) {
  for (; *text; text++) {
    size_t i = 0;
    while (part[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i])) i++;
    if (!part[i]) return true;
  }
  return !*part;
}

typedef struct listing {
  const srv_server *server;
  srv_bytes *out;
  const char *part;
  size_t offset, limit, seen, written;
  bool *kept; /* of the catalogue's names: the registry has it, which comes first */
} listing;

static void list_one(listing *l, const char *id, const char *name, const char *source) {
  if (!holds(id, l->part) && !holds(name, l->part)) return;
  if (l->seen++ < l->offset || l->written == l->limit) return;
  srv_bytes_adds(l->out, l->written++ ? ",\n    {\"id\": " : "\n    {\"id\": ");
  srv_bytes_json(l->out, id);
  if (*name) {
    srv_bytes_adds(l->out, ", \"name\": ");
    srv_bytes_json(l->out, name);
  }
  srv_bytes_addf(l->out, ", \"source\": \"%s\"}", source);
}

static void list_sent(void *user, const char *id, const char *name, size_t size) {
  (void)size;
  list_one(user, id, name, "sent");
}

static bool list_kept(void *user, const weigh_config *config) {
  listing *l = user;
  const size_t at = place_in_catalogue(l->server, config->model_id);
  if (at != SIZE_MAX) l->kept[at] = true;
  list_one(l, config->model_id, "", "registry");
  return true;
}

/* False: the registry cannot be read, and the request is refused. */
static bool list_registry(srv_request *r, listing *l) {
  const srv_settings *settings = &r->server->settings;
  weigh_registry *registry = NULL;
  weigh_error err;
  if (!srv_registry_is_there(settings)) return true;
  weigh_status status = srv_registry_open(settings, r->language, false, &registry, &err);
  if (status == WEIGH_OK) status = weigh_registry_list(registry, NULL, NULL, LIST_REGISTRY, list_kept, l, &err);
  weigh_registry_free(registry);
  if (status == WEIGH_OK) return true;
  srv_request_fail(r, &err);
  return false;
}

/* A number of the query; false: it is none, and the request is refused. */
static bool read_number(srv_request *r, const char *name, size_t most, size_t *out) {
  const char *text = srv_request_parameter(r, name);
  weigh_error err;
  if (!text) return true;
  const bool plain = *text && !text[strspn(text, "0123456789")] && strlen(text) < 10;
  *out = plain ? (size_t)strtoul(text, NULL, 10) : 0;
  if (plain && *out <= most) return true;
  weigh_error_set(&err, r->language, "USAGE_COUNT", (const char *const[]){text, name}, 2);
  srv_request_fail(r, &err);
  return false;
}

static void write_list(srv_request *r, listing *l) {
  srv_bytes_adds(l->out, "{\n  \"schema_version\": 1,\n  \"models\": [");
  srv_models_each(r->server->models, list_sent, l);
  if (!list_registry(r, l)) return;
  for (size_t i = 0; i < r->server->name_count; i++)
    if (!l->kept[i]) list_one(l, r->server->names[i], "", "catalogue");
  srv_bytes_adds(l->out, l->written ? "\n  ],\n" : "],\n");
  srv_bytes_addf(l->out, "  \"total\": %zu,\n  \"offset\": %zu,\n  \"limit\": %zu\n}\n", l->seen, l->offset, l->limit);
  r->reply.http = 200;
  r->reply.type = "application/json";
}

void srv_models_list(srv_request *r, srv_worker *worker) {
  const char *part = srv_request_parameter(r, "q");
  listing l = {.server = r->server, .out = &r->reply.body, .part = part ? part : "", .limit = 100};
  (void)worker;
  if (!read_number(r, "offset", 999999999, &l.offset) || !read_number(r, "limit", LIST_MOST, &l.limit)) return;
  l.kept = calloc(r->server->name_count + 1, sizeof *l.kept);
  if (l.kept) write_list(r, &l);
  else srv_request_refuse(r, "OUT_OF_MEMORY", NULL, NULL);
  free(l.kept);
}
