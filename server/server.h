/* The server's parts, and a request on its way through them. */
#ifndef WEIGH_SERVER_SERVER_H
#define WEIGH_SERVER_SERVER_H

#include <microhttpd.h>

#include "server/assets.h"
#include "server/jobs.h"
#include "server/limits.h"
#include "server/metrics.h"
#include "server/registry.h"

#define SRV_BODY_MAX ((size_t)16 << 20)
#define SRV_HEAD_MAX ((size_t)32 << 10) /* of a connection: its head and what is being sent */
#define SRV_IDLE     15                 /* seconds that a connection may be silent */
#define SRV_ID_MAX   64

typedef struct srv_server {
  srv_settings settings;
  struct MHD_Daemon *daemon;
  srv_models *models;
  srv_metrics metrics;
  srv_rates *rates;
  srv_watch *watch;
  srv_jobs *jobs;
  char token[257]; /* empty: none is asked for */
  bool local;      /* listens on an address of this machine alone */
  srv_bytes openapi, ranges;
  _Atomic bool ranges_made;
  char **names; /* of the catalogue, in its order */
  size_t name_count, name_cap;
  _Atomic bool stopping;
} srv_server;

/* What is to be kept in the registry, in the request's memory; NULL: not said. */
typedef struct srv_keep {
  char *id, *source, *revision;
} srv_keep;

typedef struct srv_request {
  srv_server *server;
  struct MHD_Connection *connection;
  srv_watched *watched;
  _Atomic int owners;
  char id[SRV_ID_MAX + 1];
  char client[64];
  char label[SRV_MODEL_NAME_MAX + 1]; /* of a configuration that is sent */
  srv_keep keep;
  char *target;      /* as sent: path?query */
  const char *query; /* as sent; "" if none */
  const char *method;
  char *path; /* decoded */
  char *body;
  size_t body_size, body_cap;
  size_t command; /* of FACE_COMMANDS, once it is a question */
  size_t route;   /* SIZE_MAX: not found yet */
  size_t rest;    /* where in `path` the route's {id} begins */
  weigh_language language;
  bool began, answered, too_big, lines;
  uint64_t started_us;
  srv_job *job;
  srv_reply reply;
  unsigned sent_http;
  uint64_t sent_bytes;
} srv_request;

/* ---- routes.c ---- */

/* Has a thread for long questions do it; the request waits. */
void srv_request_by_job(srv_request *request, srv_job_fn work);

/* Finds the route; false: `request->reply` refuses. */
bool srv_route_find(srv_request *request);
bool srv_route_is_open(const srv_request *request); /* needs no token */
bool srv_route_takes_body(const srv_request *request);

/* Answers into request->reply, or sets request->job. */
void srv_route_answer(srv_request *request, srv_worker *worker);

/* ---- ask.c ---- */

void srv_ask(srv_request *request, srv_worker *worker, const face_command *command);
void srv_ask_shared(srv_request *request, srv_worker *worker); /* ?q=QUESTION */

/* ---- difference.c ---- */

void srv_difference(srv_request *request, srv_worker *worker); /* ?a=QUESTION&b=QUESTION */

/* ---- catalogue.c ---- */

weigh_status srv_catalogue_read(srv_server *server, weigh_error *err);
void srv_catalogue_free(srv_server *server);
bool srv_catalogue_has(const srv_server *server, const char *id);
void srv_models_list(srv_request *request, srv_worker *worker);

/* ---- keep.c ---- */

void srv_models_show(srv_request *request, srv_worker *worker);
void srv_models_upload(srv_request *request, srv_worker *worker);
void srv_models_delete(srv_request *request, srv_worker *worker);

/* ---- openapi.c ---- */

/* Made once, when the server starts. */
bool srv_openapi_write(srv_bytes *out);

/* ---- ranges.c ---- */

/* Made when it is first asked for; NULL: memory is short. */
const srv_bytes *srv_ranges(srv_server *server);
bool srv_ranges_are_made(srv_server *server);

/* ---- http.c ---- */

/* Refuses a request in its language. */
void srv_request_refuse(srv_request *request, const char *message, const char *a, const char *b);
/* The same where a limit is passed, which the message names. */
void srv_request_refuse_above(srv_request *request, const char *message, uint64_t limit);
/* Answers with a failure of the library's. */
void srv_request_fail(srv_request *request, const weigh_error *err);
/* A parameter of the query, decoded, in the request's memory; NULL: it is not there. */
const char *srv_request_parameter(const srv_request *request, const char *name);
void srv_request_release(void *request);

bool srv_http_start(srv_server *server, int socket);
void srv_http_stop(srv_server *server);

/* ---- log.c ---- */

void srv_log_request(const srv_request *request, uint64_t microseconds);
/* `text` is what happened, in a word or two for programs; `detail` may be NULL. */
void srv_log(const srv_server *server, const char *level, const char *text, const char *detail);

#endif
