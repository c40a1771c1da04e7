/* One of /api/v1/models: shown, sent, kept in the registry, taken away. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/server.h"

/* ---- what it is ---- */

typedef struct shown {
  const char *id, *name, *source;
  const char *config; /* NULL: it is not shown */
  size_t size;
  const weigh_config *kept; /* in the registry; NULL: it is not */
} shown;

static void write_kept(srv_bytes *out, const weigh_config *kept) {
  const char *const members[][2] = {{"model_type", kept->model_type},
                                    {"updated_at", kept->updated_at},
                                    {"source", kept->source},
                                    {"revision", kept->revision},
                                    {"digest", kept->digest}};
  srv_bytes_adds(out, ",\n  \"registry\": {");
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    srv_bytes_addf(out, "%s\"%s\": ", i ? ", " : "", members[i][0]);
    srv_bytes_json(out, members[i][1]);
  }
  srv_bytes_adds(out, "}");
}

static void write_model(srv_request *r, const shown *m, const weigh_totals *t) {
  srv_bytes *out = &r->reply.body;
  srv_bytes_adds(out, "{\n  \"schema_version\": 1,\n  \"id\": ");
  srv_bytes_json(out, m->id);
  if (*m->name) {
    srv_bytes_adds(out, ",\n  \"name\": ");
    srv_bytes_json(out, m->name);
  }
  srv_bytes_addf(out, ",\n  \"source\": \"%s\"", m->source);
  if (m->kept) write_kept(out, m->kept);
  srv_bytes_addf(out, ",\n  \"total_parameters\": %lld,\n  \"active_parameters\": %lld", (long long)t->total_parameters,
                 (long long)t->active_parameters);
  srv_bytes_addf(out, ",\n  \"enumeration_available\": %s", t->enumeration_available ? "true" : "false");
  if (m->config) {
    srv_bytes_adds(out, ",\n  \"config\": ");
    srv_bytes_add(out, m->config, m->size);
  }
  srv_bytes_adds(out, "\n}\n");
  r->reply.type = "application/json";
  r->reply.http = 200;
}

static const char *id_of(const srv_request *r) { return r->path + r->rest; }

/* ---- shown ---- */

/* A registry's configuration is shown by the name that a question would find it by. */
static void show(srv_request *r, srv_worker *worker, const shown *m) {
  weigh_totals totals;
  weigh_error err;
  const bool sent = m->config && !m->kept;
  const weigh_status status = srv_worker_totals(worker, r->language, sent ? NULL : m->id, sent ? m->config : NULL,
                                                sent ? m->size : 0, &totals, &err);
  if (status == WEIGH_OK) write_model(r, m, &totals);
  else srv_request_fail(r, &err);
}

static void show_named(srv_request *r, srv_worker *worker) {
  const bool known = srv_catalogue_has(r->server, id_of(r));
  weigh_registry *registry;
  weigh_config kept;
  weigh_error err;
  if (srv_registry_get(&r->server->settings, r->language, id_of(r), !known, &registry, &kept, &err) != WEIGH_OK) {
    srv_request_fail(r, &err);
    return;
  }
  if (registry) show(r, worker, &(shown){kept.model_id, "", "registry", kept.config_json, kept.config_size, &kept});
  else if (known) show(r, worker, &(shown){id_of(r), "", "catalogue", NULL, 0, NULL});
  else srv_request_refuse(r, "SERVER_NO_MODEL", id_of(r), NULL);
  weigh_registry_free(registry);
}

void srv_models_show(srv_request *r, srv_worker *worker) {
  char name[SRV_MODEL_NAME_MAX + 1] = "";
  size_t size = 0;
  char *config = srv_models_is_id(id_of(r)) ? srv_models_get(r->server->models, id_of(r), &size, name) : NULL;
  if (config) show(r, worker, &(shown){id_of(r), name, "sent", config, size, NULL});
  else show_named(r, worker);
  free(config);
}

/* ---- who may change something ---- */

/* Without a token: by a page of this server, or by no page at all. */
static bool may_write(srv_request *r) {
  const srv_server *s = r->server;
  const char *origin = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Origin");
  const char *host = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Host");
  if (s->token[0]) return true;
  const char *site = origin ? strstr(origin, "://") : NULL;
  const bool own = !origin || (site && host && strcmp(site + 3, host) == 0);
  if (!own) srv_request_refuse(r, "SERVER_ORIGIN", origin, NULL);
  return own;
}

static bool may_change_registry(srv_request *r) {
  const srv_server *s = r->server;
  const bool here = s->local && !s->settings.proxy;
  if (s->settings.read_only) srv_request_refuse(r, "SERVER_READ_ONLY", NULL, NULL);
  else if (!here && !s->token[0]) srv_request_refuse(r, "SERVER_KEEP", NULL, NULL);
  else return true;
  return false;
}

/* ---- sent ---- */

static void keep_in_memory(srv_request *r, const weigh_totals *totals) {
  char id[SRV_MODEL_ID];
  bool is_new;
  if (!srv_models_put(r->server->models, r->label, r->body, r->body_size, id, &is_new)) {
    srv_request_refuse(r, "OUT_OF_MEMORY", NULL, NULL);
    return;
  }
  write_model(r, &(shown){id, r->label, "sent", r->body, r->body_size, NULL}, totals);
  r->reply.http = is_new ? 201 : 200;
  snprintf(r->reply.location, sizeof r->reply.location, "/api/v1/models/%s", id);
}

/* What stands in the path of a URL as it is. */
static void place_location(srv_reply *reply, const char *id) {
  static const char *const plain = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.~/";
  size_t used = (size_t)snprintf(reply->location, sizeof reply->location, "/api/v1/models/");
  for (const unsigned char *c = (const unsigned char *)id; *c && used + 4 <= sizeof reply->location; c++)
    used += (size_t)snprintf(reply->location + used, 4, strchr(plain, *c) ? "%c" : "%%%02X", *c);
}

static void keep_in_registry(srv_request *r, const weigh_totals *totals) {
  const srv_settings *settings = &r->server->settings;
  weigh_registry *registry = NULL;
  weigh_error err;
  weigh_config kept;
  const weigh_config config = {.model_id = r->keep.id,
                               .config_json = r->body,
                               .config_size = r->body_size,
                               .source = r->keep.source,
                               .revision = r->keep.revision};
  weigh_status status = srv_registry_open(settings, r->language, true, &registry, &err);
  const bool replaced = status == WEIGH_OK && weigh_registry_get(registry, r->keep.id, &kept, &err) == WEIGH_OK &&
                        strcmp(kept.model_id, r->keep.id) == 0;
  if (status == WEIGH_OK) status = weigh_registry_put(registry, &config, &err);
  if (status == WEIGH_OK) {
    r->server->metrics.answers.registry_changes++;
    status = weigh_registry_get(registry, r->keep.id, &kept, &err);
  }
  if (status == WEIGH_OK) {
    write_model(r, &(shown){kept.model_id, "", "registry", kept.config_json, kept.config_size, &kept}, totals);
    r->reply.http = replaced ? 200 : 201;
    place_location(&r->reply, kept.model_id);
  } else {
    srv_request_fail(r, &err);
  }
  weigh_registry_free(registry);
}

static void upload(void *user, srv_worker *worker, srv_job *job) {
  srv_request *r = user;
  weigh_totals totals;
  weigh_error err;
  (void)job;
  if (srv_worker_totals(worker, r->language, NULL, r->body, r->body_size, &totals, &err) != WEIGH_OK)
    srv_request_fail(r, &err);
  else if (r->keep.id && srv_registry_is_there(&r->server->settings)) keep_in_registry(r, &totals);
  else keep_in_memory(r, &totals);
}

static char *copy_of(const srv_request *r, const char *name) {
  const char *text = srv_request_parameter(r, name);
  return text ? strdup(text) : NULL;
}

void srv_models_upload(srv_request *r, srv_worker *worker) {
  const char *name = srv_request_parameter(r, "name");
  (void)worker;
  r->keep = (srv_keep){copy_of(r, "id"), copy_of(r, "source"), copy_of(r, "revision")};
  if (!name) name = r->keep.id;
  if (name) snprintf(r->label, sizeof r->label, "%s", name);
  if (!may_write(r)) return;
  if (r->keep.id && srv_registry_is_there(&r->server->settings) && !may_change_registry(r)) return;
  if (r->body_size) srv_request_by_job(r, upload); /* what strangers describe may take long to understand */
  else srv_request_refuse(r, "SERVER_MODEL_BODY", NULL, NULL);
}

/* ---- taken away ---- */

static void forget(void *user, srv_worker *worker, srv_job *job) {
  srv_request *r = user;
  const srv_settings *settings = &r->server->settings;
  weigh_registry *registry = NULL;
  weigh_config kept;
  weigh_error err;
  (void)worker;
  (void)job;
  weigh_status status = srv_registry_get(settings, r->language, id_of(r), false, &registry, &kept, &err);
  if (status == WEIGH_OK && !registry) { /* nor is a file made to look for it */
    srv_request_refuse(r, "SERVER_NO_MODEL", id_of(r), NULL);
    return;
  }
  weigh_registry_free(registry);
  registry = NULL;
  if (status == WEIGH_OK) status = srv_registry_open(settings, r->language, true, &registry, &err);
  if (status == WEIGH_OK) status = weigh_registry_remove(registry, id_of(r), &err);
  weigh_registry_free(registry);
  if (status == WEIGH_OK) {
    r->server->metrics.answers.registry_changes++;
    r->reply.http = 204;
  } else if (strcmp(err.code, "registry_unknown") == 0) {
    srv_request_refuse(r, "SERVER_NO_MODEL", id_of(r), NULL);
  } else {
    srv_request_fail(r, &err);
  }
}

void srv_models_delete(srv_request *r, srv_worker *worker) {
  (void)worker;
  if (!may_write(r)) return;
  if (srv_models_is_id(id_of(r)) || !srv_registry_is_there(&r->server->settings)) {
    if (srv_models_remove(r->server->models, id_of(r))) r->reply.http = 204;
    else srv_request_refuse(r, "SERVER_NO_MODEL", id_of(r), NULL);
  } else if (may_change_registry(r)) {
    srv_request_by_job(r, forget);
  }
}
