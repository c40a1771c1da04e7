/* /api/v1/models: what is known by name, and what was sent. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/server.h"

#define LIST_MOST 1000

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
  srv_bytes *out;
  const char *part;
  size_t offset, limit, seen, written;
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

/* A number of the query; false: it is none, and the request is refused. */
static bool read_number(srv_request *r, const char *name, size_t most, size_t *out) {
  const char *text = srv_request_parameter(r, name);
  weigh_error err;
  if (!text) return true;
  const bool plain = *text && !text[strspn(text, "0123456789")] && strlen(text) < 10;
  *out = plain ? (size_t)strtoul(text, NULL, 10) : 0;
  if (plain && *out <= most) return true;
  weigh_error_set(&err, r->language, "USAGE_COUNT", (const char *const[]){text, name}, 2);
  srv_problem(&r->reply, 0, &err, r->id);
  return false;
}

void srv_models_list(srv_request *r, srv_worker *worker) {
  const char *part = srv_request_parameter(r, "q");
  listing l = {.out = &r->reply.body, .part = part ? part : "", .limit = 100};
  (void)worker;
  if (!read_number(r, "offset", 999999999, &l.offset) || !read_number(r, "limit", LIST_MOST, &l.limit)) return;
  srv_bytes_adds(l.out, "{\n  \"schema_version\": 1,\n  \"models\": [");
  srv_models_each(r->server->models, list_sent, &l);
  for (size_t i = 0; i < r->server->name_count; i++) list_one(&l, r->server->names[i], "", "catalogue");
  srv_bytes_adds(l.out, l.written ? "\n  ],\n" : "],\n");
  srv_bytes_addf(l.out, "  \"total\": %zu,\n  \"offset\": %zu,\n  \"limit\": %zu\n}\n", l.seen, l.offset, l.limit);
  r->reply.http = 200;
  r->reply.type = "application/json";
}

/* ---- one of them ---- */

static void write_totals(srv_bytes *out, const weigh_totals *t) {
  srv_bytes_addf(out, ",\n  \"total_parameters\": %lld,\n  \"active_parameters\": %lld", (long long)t->total_parameters,
                 (long long)t->active_parameters);
  srv_bytes_addf(out, ",\n  \"enumeration_available\": %s", t->enumeration_available ? "true" : "false");
}

static void write_model(srv_request *r, const char *id, const char *name, const weigh_totals *totals,
                        const char *config, size_t size) {
  srv_bytes *out = &r->reply.body;
  srv_bytes_adds(out, "{\n  \"schema_version\": 1,\n  \"id\": ");
  srv_bytes_json(out, id);
  if (*name) {
    srv_bytes_adds(out, ",\n  \"name\": ");
    srv_bytes_json(out, name);
  }
  srv_bytes_addf(out, ",\n  \"source\": \"%s\"", config ? "sent" : "catalogue");
  write_totals(out, totals);
  if (config) {
    srv_bytes_adds(out, ",\n  \"config\": ");
    srv_bytes_add(out, config, size);
  }
  srv_bytes_adds(out, "\n}\n");
  r->reply.type = "application/json";
}

static const char *id_of(const srv_request *r) { return r->path + r->rest; }

static bool is_in_catalogue(const srv_server *s, const char *id) {
  for (size_t i = 0; i < s->name_count; i++)
    if (strcmp(s->names[i], id) == 0) return true;
  return false;
}

void srv_models_show(srv_request *r, srv_worker *worker) {
  const char *id = id_of(r);
  char name[SRV_MODEL_NAME_MAX + 1] = "";
  size_t size = 0;
  weigh_totals totals;
  weigh_error err;
  char *config = srv_models_is_id(id) ? srv_models_get(r->server->models, id, &size, name) : NULL;
  if (!config && !is_in_catalogue(r->server, id)) {
    srv_request_refuse(r, "SERVER_NO_MODEL", id, NULL);
    return;
  }
  if (srv_worker_totals(worker, r->language, config ? NULL : id, config, size, &totals, &err) == WEIGH_OK) {
    write_model(r, id, name, &totals, config, size);
    r->reply.http = 200;
  } else {
    srv_problem(&r->reply, 0, &err, r->id);
  }
  free(config);
}

/* ---- sent, taken away ---- */

/* By a thread for long questions: what strangers describe may take long to understand. */
static void upload(void *user, srv_worker *worker, srv_job *job) {
  srv_request *r = user;
  const char *name = r->label;
  char id[SRV_MODEL_ID];
  bool is_new;
  weigh_totals totals;
  weigh_error err;
  (void)job;
  if (srv_worker_totals(worker, r->language, NULL, r->body, r->body_size, &totals, &err) != WEIGH_OK) {
    srv_problem(&r->reply, 0, &err, r->id);
    return;
  }
  if (!srv_models_put(r->server->models, name, r->body, r->body_size, id, &is_new)) {
    srv_request_refuse(r, "OUT_OF_MEMORY", NULL, NULL);
    return;
  }
  write_model(r, id, name, &totals, r->body, r->body_size);
  r->reply.http = is_new ? 201 : 200;
  snprintf(r->reply.location, sizeof r->reply.location, "/api/v1/models/%s", id);
}

void srv_models_upload(srv_request *r, srv_worker *worker) {
  const char *name = srv_request_parameter(r, "name");
  (void)worker;
  if (name) snprintf(r->label, sizeof r->label, "%s", name);
  if (!r->body_size) {
    weigh_error err;
    weigh_error_set(&err, r->language, "SERVER_MODEL_BODY", NULL, 0);
    srv_problem(&r->reply, 0, &err, r->id);
    return;
  }
  r->owners++;
  r->job = srv_jobs_add(r->server->jobs, r->connection, upload, srv_request_release, r);
  if (r->job) return;
  r->owners--;
  srv_request_refuse(r, "SERVER_BUSY", NULL, NULL);
}

void srv_models_delete(srv_request *r, srv_worker *worker) {
  (void)worker;
  if (!srv_models_remove(r->server->models, id_of(r))) srv_request_refuse(r, "SERVER_NO_MODEL", id_of(r), NULL);
  else r->reply.http = 204;
}
