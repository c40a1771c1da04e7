/* libmicrohttpd at work: connections in, requests read within their limits, replies out with the headers that all have. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "server/server.h"

#define ARGUMENT_SIZE 80                 /* bytes that libmicrohttpd keeps of each, and to spare */
#define SRV_LINE_MAX  (SRV_HEAD_MAX / 2) /* of the line of a request, with what it keeps */

/* ---- a worker for each thread that reads ---- */

static _Thread_local srv_worker *own_worker;
static pthread_key_t worker_key;

static void end_worker(void *worker) { srv_worker_free(worker); }

static srv_worker *worker_of(srv_server *s) {
  if (own_worker) return own_worker;
  own_worker = srv_worker_new(&s->settings, s->models, &s->metrics.answers);
  pthread_setspecific(worker_key, own_worker);
  return own_worker;
}

/* ---- requests ---- */

static const char *header(const srv_request *r, const char *name) {
  return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

/* Ids are unlike in one run and between runs. */
static void make_id(char out[SRV_ID_MAX + 1]) {
  static _Atomic uint64_t count;
  static _Atomic uint64_t seed;
  if (!seed) seed = srv_now_us() * 0x9E3779B97F4A7C15u + (uint64_t)time(NULL);
  uint64_t z = seed + ++count * 0x9E3779B97F4A7C15u; /* splitmix64 */
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  snprintf(out, SRV_ID_MAX + 1, "%016llx", (unsigned long long)(z ^ (z >> 31)));
}

/* The library keeps each argument of a line in the memory of the connection's head, and falls silent where that ends: a line that
 * would come near is refused before it is taken apart. */
static void refuse_long_line(srv_request *r) {
  size_t arguments = 1;
  for (const char *c = r->query; *c; c++) arguments += *c == '&';
  if (strlen(r->target) + arguments * ARGUMENT_SIZE <= SRV_LINE_MAX) return;
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (!info) return;
  char head[200];
  srv_request_refuse_above(r, "SERVER_QUESTION_LONG", SRV_LINE_MAX);
  const int size =
      snprintf(head, sizeof head,
               "HTTP/1.1 %u URI Too Long\r\nConnection: close\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
               r->reply.http, r->reply.type, r->reply.body.size);
  (void)!send(info->connect_fd, head, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT | MSG_MORE);
  (void)!send(info->connect_fd, r->reply.body.ptr, r->reply.body.size, MSG_NOSIGNAL | MSG_DONTWAIT);
  free(r->reply.body.ptr);
  r->reply = (srv_reply){.http = 0};
  shutdown(info->connect_fd, SHUT_WR);
  srv_watch_give(r->server->watch, r->watched, 1);
}

static void *on_target(void *user, const char *target, struct MHD_Connection *connection) {
  srv_server *s = user;
  srv_request *r = calloc(1, sizeof *r);
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  if (!r) return NULL;
  r->server = s;
  r->connection = connection;
  r->owners = 1;
  r->route = SIZE_MAX;
  r->watched = info ? info->socket_context : NULL;
  r->started_us = srv_now_us();
  r->target = strdup(target ? target : "");
  r->query = r->target ? strchr(r->target, '?') : NULL;
  r->query = r->query ? r->query + 1 : "";
  make_id(r->id);
  s->metrics.in_flight++;
  if (r->target) refuse_long_line(r);
  return r;
}

void srv_request_release(void *request) {
  srv_request *r = request;
  if (--r->owners) return;
  free(r->target);
  free(r->path);
  free(r->keep.id);
  free(r->keep.source);
  free(r->keep.revision);
  free(r->body);
  free(r->reply.body.ptr);
  free(r);
}

static void on_completed(void *user, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code) {
  srv_server *s = user;
  srv_request *r = *context;
  (void)connection;
  (void)code;
  if (!r) return;
  *context = NULL;
  if (r->job) srv_job_release(r->job);
  const uint64_t took = srv_now_us() - r->started_us;
  if (r->answered) {
    srv_metrics_count(&s->metrics, r->route == SIZE_MAX ? 0 : r->route, r->sent_http, took, r->sent_bytes);
    srv_log_request(r, took);
  }
  srv_watch_give(s->watch, r->watched, SRV_HEAD_SECONDS + SRV_IDLE);
  s->metrics.in_flight--;
  srv_request_release(r);
}

static void on_connection(void *user, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode code) {
  srv_server *s = user;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = info ? srv_watch_add(s->watch, info->connect_fd) : NULL;
    s->metrics.connections++;
  } else {
    srv_watch_remove(s->watch, *context);
    s->metrics.connections--;
  }
}

void srv_request_refuse(srv_request *r, const char *message, const char *a, const char *b) {
  srv_refuse(&r->reply, r->language, message, a, b, r->id);
}

void srv_request_refuse_above(srv_request *r, const char *message, uint64_t limit) {
  char text[32];
  snprintf(text, sizeof text, "%llu", (unsigned long long)limit);
  srv_request_refuse(r, message, text, NULL);
}

void srv_request_fail(srv_request *r, const weigh_error *err) { srv_problem(&r->reply, err, r->id); }

/* ---- what a head says ---- */

static void read_client(srv_request *r) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  const struct sockaddr *address = info ? info->client_addr : NULL;
  const char *forwarded = r->server->settings.proxy ? header(r, "X-Forwarded-For") : NULL;
  if (forwarded) { /* the last is whom the proxy saw itself */
    const char *comma = strrchr(forwarded, ',');
    const char *last = comma ? comma + 1 : forwarded;
    snprintf(r->client, sizeof r->client, "%s", last + strspn(last, " "));
  } else if (address && address->sa_family == AF_INET) {
    inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, r->client, sizeof r->client);
  } else if (address && address->sa_family == AF_INET6) {
    inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, r->client, sizeof r->client);
  }
}

static bool is_of_this_machine(const char *client) {
  return strncmp(client, "127.", 4) == 0 || strcmp(client, "::1") == 0 || strncmp(client, "::ffff:127.", 11) == 0;
}

static void read_id(srv_request *r) {
  const char *given = header(r, "X-Request-Id");
  const size_t length = given ? strlen(given) : 0;
  const char *const plain = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.";
  if (length && length <= SRV_ID_MAX && strspn(given, plain) == length) memcpy(r->id, given, length + 1);
}

/* A page of another site must not reach a local server by giving its own name this machine's address. */
static bool host_is_fine(const srv_request *r) {
  const srv_settings *s = &r->server->settings;
  const char *host = header(r, "Host");
  if (!host) return false;
  if (!r->server->local || s->proxy) return true;
  const size_t length = host[0] == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
  static const char *const known[] = {"localhost", "127.0.0.1", "[::1]"};
  for (size_t i = 0; i < 3; i++)
    if (strlen(known[i]) == length && strncmp(host, known[i], length) == 0) return true;
  for (size_t i = 0; i < s->host_count; i++)
    if (strlen(s->hosts[i]) == length && strncmp(host, s->hosts[i], length) == 0) return true;
  return false;
}

/* In the same time wherever they differ. */
static bool token_is_fine(const srv_request *r) {
  const char *token = r->server->token, *given = header(r, "Authorization");
  if (!*token) return true;
  if (!given || strncmp(given, "Bearer ", 7) != 0 || strlen(given + 7) != strlen(token)) return false;
  unsigned char differ = 0;
  for (size_t i = 0; token[i]; i++) differ |= (unsigned char)(token[i] ^ given[7 + i]);
  return differ == 0;
}

static const char *allowed_origin(const srv_request *r) {
  const char *origin = header(r, "Origin");
  const srv_settings *s = &r->server->settings;
  for (size_t i = 0; origin && i < s->origin_count; i++)
    if (strcmp(s->origins[i], "*") == 0 || strcmp(s->origins[i], origin) == 0) return origin;
  return NULL;
}

const char *srv_request_parameter(const srv_request *r, const char *name) {
  return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* Whether the body can be taken: its length is told once and is not too much. */
static const char *body_refusal(const srv_request *r) {
  const char *length = header(r, "Content-Length"), *coding = header(r, "Transfer-Encoding");
  if (coding && length) return "SERVER_NO_LENGTH"; /* a way to smuggle requests past proxies */
  if (!length) return NULL;
  if (!*length || length[strspn(length, "0123456789")] || strlen(length) > 15) return "SERVER_NO_LENGTH";
  if (strtoull(length, NULL, 10) > SRV_BODY_MAX) return "SERVER_TOO_BIG";
  return NULL;
}

/* ---- replies ---- */

#define PAGE_POLICY                                                                                              \
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src " \
  "'self'; "                                                                                                     \
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#define DATA_POLICY "default-src 'none'; frame-ancestors 'none'"

static void add(struct MHD_Response *out, const char *name, const char *value) {
  MHD_add_response_header(out, name, value);
}

static void add_origin(const srv_request *r, struct MHD_Response *out) {
  if (!r->server->settings.origin_count) return;
  const char *origin = allowed_origin(r);
  add(out, "Vary", "Origin");
  if (!origin) return;
  add(out, "Access-Control-Allow-Origin", origin);
  add(out, "Access-Control-Expose-Headers", "X-Request-Id, ETag, Weigh-Answer, Location");
}

static void add_headers(const srv_request *r, struct MHD_Response *out) {
  const srv_reply *reply = &r->reply;
  add(out, "X-Request-Id", r->id);
  add(out, "X-Content-Type-Options", "nosniff");
  add(out, "Content-Security-Policy", reply->page ? PAGE_POLICY : DATA_POLICY);
  add(out, "Cache-Control", reply->cache ? reply->cache : "no-store");
  if (reply->type) add(out, "Content-Type", reply->type);
  if (reply->etag[0]) add(out, "ETag", reply->etag);
  if (reply->etag[0] && !reply->fixed) add(out, "Vary", "Accept-Language");
  if (reply->gzip) add(out, "Content-Encoding", "gzip");
  if (reply->allow) add(out, "Allow", reply->allow);
  if (reply->no) add(out, "Weigh-Answer", "no");
  if (reply->location[0]) add(out, "Location", reply->location);
  if (reply->http == 401) add(out, "WWW-Authenticate", "Bearer realm=\"weigh\"");
  if (reply->http == 429 || reply->http == 503) add(out, "Retry-After", "1");
  if (reply->page) {
    add(out, "Vary", "Accept-Encoding");
    add(out, "Referrer-Policy", "no-referrer");
    add(out, "Cross-Origin-Opener-Policy", "same-origin");
    add(out, "Cross-Origin-Resource-Policy", "same-origin");
  }
  if (r->server->stopping) add(out, "Connection", "close");
  add_origin(r, out);
}

/* If-None-Match: a list of tags, or *. */
static bool is_known(const srv_request *r) {
  const char *known = r->reply.etag[0] && r->reply.http == 200 ? header(r, "If-None-Match") : NULL;
  return known && (strcmp(known, "*") == 0 || strstr(known, r->reply.etag));
}

static struct MHD_Response *response_of(srv_request *r) {
  srv_reply *reply = &r->reply;
  if (reply->http == 304 || reply->http == 204) return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  if (reply->fixed) {
    r->sent_bytes = reply->fixed_size;
    union {
      const void *in;
      void *out;
    } bytes = {reply->fixed}; /* the library asks for what it does not write to */
    return MHD_create_response_from_buffer(reply->fixed_size, bytes.out, MHD_RESPMEM_PERSISTENT);
  }
  r->sent_bytes = reply->body.size;
  struct MHD_Response *out = MHD_create_response_from_buffer(reply->body.size, reply->body.ptr, MHD_RESPMEM_MUST_FREE);
  if (out) reply->body = (srv_bytes){.ptr = NULL};
  return out;
}

static enum MHD_Result send_reply(srv_request *r, struct MHD_Response *out) {
  if (!out) return MHD_NO;
  add_headers(r, out);
  r->answered = true;
  r->sent_http = r->reply.http;
  srv_watch_give(r->server->watch, r->watched, SRV_REPLY_SECONDS);
  const enum MHD_Result result = MHD_queue_response(r->connection, r->reply.http, out);
  MHD_destroy_response(out);
  return result;
}

static enum MHD_Result reply_now(srv_request *r) {
  if (is_known(r)) r->reply.http = 304;
  return send_reply(r, response_of(r));
}

static enum MHD_Result refuse(srv_request *r, const char *message, const char *a) {
  srv_request_refuse(r, message, a, NULL);
  return reply_now(r);
}

static enum MHD_Result refuse_above(srv_request *r, const char *message, uint64_t limit) {
  srv_request_refuse_above(r, message, limit);
  return reply_now(r);
}

/* ---- the way of a request ---- */

static enum MHD_Result preflight(srv_request *r) {
  struct MHD_Response *out = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
  r->reply.http = 204;
  if (out && allowed_origin(r)) {
    add(out, "Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE");
    add(out, "Access-Control-Allow-Headers", "Authorization, Content-Type, X-Request-Id");
    add(out, "Access-Control-Max-Age", "600");
  }
  return send_reply(r, out);
}

/* The better liked of the two languages, RFC 9110, 12.5.4; neither is named: the server's own. */
static weigh_language language_of(const char *accepted, weigh_language own) {
  double best = 0, weight;
  weigh_language out = own;
  for (const char *item; (item = srv_accepted_next(&accepted, &weight)) != NULL;) {
    const bool zh = strncasecmp(item, "zh", 2) == 0, en = strncasecmp(item, "en", 2) == 0;
    if ((!zh && !en) || weight <= best) continue;
    best = weight;
    out = zh ? WEIGH_CHINESE : WEIGH_ENGLISH;
  }
  return out;
}

/* The head is whole. What is refused here is refused before its body is read. */
static enum MHD_Result begin(srv_request *r, const char *url, const char *method) {
  srv_server *s = r->server;
  const char *language = header(r, "Accept-Language");
  r->began = true;
  r->method = method;
  r->path = strdup(url);
  if (!r->target || !r->path) return MHD_NO;
  r->language = language_of(language, s->settings.language);
  read_id(r);
  read_client(r);
  srv_watch_give(s->watch, r->watched, SRV_BODY_SECONDS);
  if (!host_is_fine(r)) return refuse(r, "SERVER_HOST", header(r, "Host"));
  if ((s->settings.proxy || !is_of_this_machine(r->client)) && !srv_rates_take(s->rates, r->client)) {
    s->metrics.limited++;
    return refuse_above(r, "SERVER_TOO_MANY", (uint64_t)s->settings.rate);
  }
  if (strcmp(method, "OPTIONS") == 0 && header(r, "Access-Control-Request-Method")) return preflight(r);
  if (!srv_route_find(r)) return reply_now(r);
  if (!srv_route_is_open(r) && !token_is_fine(r)) return refuse(r, "SERVER_TOKEN", NULL);
  const char *refusal = body_refusal(r);
  return refusal ? refuse_above(r, refusal, SRV_BODY_MAX) : MHD_YES;
}

static void take_body(srv_request *r, const char *bytes, size_t size) {
  if (r->too_big || !srv_route_takes_body(r)) return;
  r->too_big = size > SRV_BODY_MAX - r->body_size;
  if (r->too_big) return;
  if (r->body_size + size > r->body_cap) {
    size_t cap = r->body_cap ? r->body_cap * 2 : size < 1024 ? 1024 : size;
    while (cap < r->body_size + size) cap *= 2;
    char *grown = realloc(r->body, cap);
    if (!grown) {
      r->too_big = true;
      return;
    }
    r->body = grown;
    r->body_cap = cap;
  }
  memcpy(r->body + r->body_size, bytes, size);
  r->body_size += size;
}

/* A job said something. */
static enum MHD_Result go_on(srv_request *r) {
  if (srv_job_was_stopped(r->job)) return refuse(r, "SERVER_STOPPING", NULL);
  if (!srv_job_streams(r->job)) return reply_now(r);
  struct MHD_Response *out = srv_job_response(r->job);
  if (out) add(out, "X-Accel-Buffering", "no"); /* a proxy passes lines on as they come */
  return send_reply(r, out);
}

static enum MHD_Result answer(srv_request *r) {
  srv_watch_give(r->server->watch, r->watched, 0);
  if (r->too_big) return refuse_above(r, "SERVER_TOO_BIG", SRV_BODY_MAX);
  srv_worker *worker = worker_of(r->server);
  if (!worker) return MHD_NO;
  srv_route_answer(r, worker);
  return r->job ? MHD_YES : reply_now(r);
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **context) {
  srv_request *r = *context;
  (void)user;
  (void)connection;
  (void)version;
  if (!r) return MHD_NO;
  if (!r->began) return begin(r, url, method);
  if (r->answered) { /* refused; what it still sends is passed over */
    *upload_size = 0;
    return MHD_YES;
  }
  if (r->job) return go_on(r);
  if (!*upload_size) return answer(r);
  take_body(r, upload, *upload_size);
  *upload_size = 0;
  return MHD_YES;
}

static void on_trouble(void *user, const char *format, va_list args) {
  char text[256];
  vsnprintf(text, sizeof text, format, args);
  text[strcspn(text, "\n")] = '\0';
  srv_log(user, "debug", "http", text);
}

bool srv_http_start(srv_server *s, int socket) {
  const srv_settings *set = &s->settings;
  const unsigned threads = set->threads > 1 ? (unsigned)set->threads : 0; /* a pool of one is refused */
  if (pthread_key_create(&worker_key, end_worker) != 0) return false;
  s->daemon = MHD_start_daemon(
      MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, s,
      MHD_OPTION_EXTERNAL_LOGGER, on_trouble, s, MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_THREAD_POOL_SIZE, threads,
      MHD_OPTION_CONNECTION_LIMIT, (unsigned)set->connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
      (unsigned)set->per_client, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)SRV_IDLE, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      SRV_HEAD_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
      MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
  return s->daemon != NULL;
}

/* Nobody new is let in; what was asked is answered, within a few seconds, and each connection closed with its answer. Who
 * was let in a moment ago has not been heard yet: there is always a while. */
void srv_http_stop(srv_server *s) {
  s->stopping = true;
  MHD_quiesce_daemon(s->daemon); /* the socket may be a service manager's: it is left to listen, not shut down */
  for (int i = 0; i < 500 && (i < 10 || s->metrics.in_flight > 0); i++) {
    const struct timespec pause = {0, 10000000};
    nanosleep(&pause, NULL);
  }
  srv_jobs_stop(s->jobs);
  MHD_stop_daemon(s->daemon);
}
