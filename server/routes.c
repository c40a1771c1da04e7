/* What is where. Paths of commands come from the table of face/options.c. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server/server.h"

#define API "/api/v1/"

static void health(srv_request *r, srv_worker *worker);
static void metrics(srv_request *r, srv_worker *worker);
static void openapi(srv_request *r, srv_worker *worker);
static void ranges_of(srv_request *r, srv_worker *worker);
static void page(srv_request *r, srv_worker *worker);

typedef struct route {
  const char *method, *path; /* {id} at its end takes all that follows */
  void (*answer)(srv_request *request, srv_worker *worker);
  bool open; /* needs no token */
} route;

static const route ROUTES[] = {
    {"", "none", NULL, true}, /* what was refused before its route was known */
    {"GET", "/healthz", health, true},
    {"GET", "/metrics", metrics, false},
    {"GET", API "openapi.json", openapi, true},
    {"GET", API "ranges", ranges_of, false},
    {"GET", API "ask", srv_ask_shared, false},
    {"GET", API "difference", srv_difference, false},
    {"GET", API "models", srv_models_list, false},
    {"POST", API "models", srv_models_upload, false},
    {"GET", API "models/{id}", srv_models_show, false},
    {"DELETE", API "models/{id}", srv_models_delete, false},
    {"GET", "page", page, true},
};
#define ROUTE_COUNT (sizeof ROUTES / sizeof *ROUTES)
#define PAGE        (ROUTE_COUNT - 1)

/* Its name in /metrics; NULL at the end. */
static const char *route_name(size_t index) {
  if (index < ROUTE_COUNT) return ROUTES[index].path;
  return index - ROUTE_COUNT < FACE_COMMAND_COUNT ? FACE_COMMANDS[index - ROUTE_COUNT].name : NULL;
}

static const face_command *command_of(const srv_request *r) {
  return r->route < ROUTE_COUNT ? NULL : &FACE_COMMANDS[r->route - ROUTE_COUNT];
}

/* ---- finding ---- */

static bool is_method(const srv_request *r, const char *method) {
  return strcmp(r->method, method) == 0 || (strcmp(method, "GET") == 0 && strcmp(r->method, "HEAD") == 0);
}

static bool is_path(const route *at, const char *path, size_t *rest) {
  const char *brace = strchr(at->path, '{');
  if (!brace) return strcmp(at->path, path) == 0;
  *rest = (size_t)(brace - at->path);
  return strncmp(at->path, path, *rest) == 0 && path[*rest];
}

static bool wrong_method(srv_request *r, const char *allowed) {
  r->reply.allow = allowed;
  srv_request_refuse(r, "SERVER_METHOD", r->path, allowed);
  return false;
}

static const char *methods_of(size_t first, const char *path) {
  size_t rest;
  bool post = false, removal = false;
  for (size_t i = first; i < PAGE; i++) {
    if (!is_path(&ROUTES[i], path, &rest)) continue;
    post = post || ROUTES[i].method[0] == 'P';
    removal = removal || ROUTES[i].method[0] == 'D';
  }
  return removal ? "GET, HEAD, DELETE" : post ? "GET, HEAD, POST" : "GET, HEAD";
}

static bool find_command(srv_request *r) {
  const char *name = r->path + strlen(API);
  const face_command *command = face_find_command(name);
  if (!command) {
    srv_request_refuse(r, "SERVER_NO_PAGE", r->path, NULL);
    return false;
  }
  if (!is_method(r, "GET") && !is_method(r, "POST")) return wrong_method(r, "GET, HEAD, POST");
  r->route = ROUTE_COUNT + (size_t)(command - FACE_COMMANDS);
  return true;
}

bool srv_route_find(srv_request *r) {
  size_t found = 0;
  for (size_t i = 1; i < PAGE; i++) {
    size_t rest = 0;
    if (!is_path(&ROUTES[i], r->path, &rest)) continue;
    found = i;
    if (!is_method(r, ROUTES[i].method)) continue;
    r->route = i;
    r->rest = rest;
    return true;
  }
  if (found) return wrong_method(r, methods_of(1, r->path));
  if (strncmp(r->path, API, strlen(API)) == 0) return find_command(r);
  if (!is_method(r, "GET")) return wrong_method(r, "GET, HEAD");
  r->route = PAGE;
  return true;
}

bool srv_route_is_open(const srv_request *r) { return r->route < ROUTE_COUNT && ROUTES[r->route].open; }

bool srv_route_takes_body(const srv_request *r) { return strcmp(r->method, "POST") == 0; }

void srv_route_answer(srv_request *r, srv_worker *worker) {
  if (r->job) return;
  const face_command *command = command_of(r);
  if (command) srv_ask(r, worker, command);
  else ROUTES[r->route].answer(r, worker);
}

void srv_request_by_job(srv_request *r, srv_job_fn work) {
  r->owners++;
  r->job = srv_jobs_add(r->server->jobs, r->connection, work, srv_request_release, r);
  if (r->job) return;
  r->owners--;
  srv_request_refuse(r, "SERVER_BUSY", NULL, NULL);
}

/* ---- the server's own ---- */

static void fixed(srv_request *r, const char *type, const char *bytes, size_t size) {
  r->reply.http = 200;
  r->reply.type = type;
  r->reply.fixed = bytes;
  r->reply.fixed_size = size;
}

static void health(srv_request *r, srv_worker *worker) {
  static const char fine[] = "{\"status\": \"ok\"}\n";
  (void)worker;
  fixed(r, "application/json", fine, sizeof fine - 1);
}

static void metrics(srv_request *r, srv_worker *worker) {
  (void)worker;
  srv_metrics_write(&r->server->metrics, route_name, &r->reply.body);
  r->reply.http = 200;
  r->reply.type = "text/plain; version=0.0.4; charset=utf-8";
}

static void document(srv_request *r, const srv_bytes *bytes) {
  fixed(r, "application/json", bytes->ptr, bytes->size);
  r->reply.cache = "no-cache";
  srv_reply_tag(&r->reply);
}

static void openapi(srv_request *r, srv_worker *worker) {
  (void)worker;
  document(r, &r->server->openapi);
}

static void make_ranges(void *user, srv_worker *worker, srv_job *job) {
  srv_request *r = user;
  (void)worker;
  (void)job;
  const srv_bytes *ranges = srv_ranges(r->server);
  if (ranges) document(r, ranges);
  else srv_request_refuse(r, "OUT_OF_MEMORY", NULL, NULL);
}

static void ranges_of(srv_request *r, srv_worker *worker) {
  if (srv_ranges_are_made(r->server)) make_ranges(r, worker, NULL);
  else srv_request_by_job(r, make_ranges);
}

/* ---- the page ---- */

static const srv_asset *find_asset(const char *path) {
  for (size_t i = 0; i < srv_asset_count; i++)
    if (strcmp(srv_assets[i].path, path) == 0) return &srv_assets[i];
  return NULL;
}

/* Whether gzip is among the codings that are accepted, and not with a weight of 0. */
static bool accepts_gzip(const srv_request *r) {
  const char *accepted = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Accept-Encoding");
  double weight;
  for (const char *item; (item = srv_accepted_next(&accepted, &weight)) != NULL;)
    if (strncasecmp(item, "gzip", 4) == 0 && strcspn(item, " \t,;") == 4) return weight > 0;
  return false;
}

/* A table is looked up; no path from outside reaches a file. */
static void page(srv_request *r, srv_worker *worker) {
  (void)worker;
  const srv_asset *asset = find_asset(strcmp(r->path, "/") == 0 ? "/index.html" : r->path);
  if (!asset) {
    srv_request_refuse(r, "SERVER_NO_PAGE", r->path, NULL);
    return;
  }
  const bool gzip = asset->gzip && accepts_gzip(r);
  fixed(r, asset->type, (const char *)(gzip ? asset->gzip : asset->bytes), gzip ? asset->gzip_size : asset->size);
  r->reply.page = true;
  r->reply.gzip = gzip;
  /* Names with a digest in them never change. */
  r->reply.cache = strncmp(asset->path, "/assets/", 8) == 0 ? "public, max-age=31536000, immutable" : "no-cache";
  const size_t length = strlen(asset->etag);
  snprintf(r->reply.etag, sizeof r->reply.etag, "%.*s%s\"", (int)length - 1, asset->etag, gzip ? "-gz" : "");
}
