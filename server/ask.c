/* The questions of the command line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/server.h"

/* ---- answers ---- */

static const char *type_of(const face_question *q) {
  static const char *const types[] = {"text/plain; charset=utf-8", "application/json", "text/csv; charset=utf-8",
                                      "text/tab-separated-values; charset=utf-8", "text/markdown; charset=utf-8"};
  return q->report.sweep.lines ? "application/x-ndjson" : types[q->report.format];
}

static bool collect(void *user, const char *bytes, size_t size) { return srv_bytes_add(user, bytes, size); }

static void finish(srv_request *r, const srv_question *q, weigh_status status, const weigh_error *err) {
  if (r->reply.body.failed) {
    srv_request_refuse_above(r, "SERVER_LONG", SRV_REPLY_MAX);
  } else if (status != WEIGH_OK && err->code[0]) {
    srv_request_fail(r, err);
  } else {
    r->reply.http = srv_http_of(status);
    r->reply.type = type_of(&q->asked);
    r->reply.no = status == WEIGH_NO;
  }
}

/* ---- the question ---- */

static bool is_get(const srv_request *r) { return strcmp(r->method, "POST") != 0; }

/* Of a question of GET the line, of one of POST the body: a query beside it is not read. */
static wb_str sent_of(const srv_request *r) {
  if (is_get(r)) return wb_str_of(r->query);
  return r->body_size ? (wb_str){r->body, r->body_size} : WB_STR("{}");
}

static weigh_status read_question(srv_request *r, wb_ctx *ctx, srv_question *q, weigh_error *err) {
  q->asked.language = r->language;
  q->asked.report.format = WEIGH_FORMAT_JSON;
  q->asked.report.one_line = true;
  q->asked.report.sweep.lines = r->lines;
  const wb_str sent = sent_of(r);
  if (!is_get(r)) return srv_question_body(ctx, sent.ptr, sent.len, q, err);
  char *room = WB_NEWN(ctx, char, sent.len + strlen(q->command->name) + 2);
  wb_text line = {.ctx = ctx};
  wb_text_addf(&line, "%s?", q->command->name);
  wb_text_add(&line, sent);
  return face_read_question(wb_str_cstr(ctx, wb_text_str(&line)), room, &q->command, &q->asked, err);
}

/* NULL: `reply` says why not. */
static srv_question *question_of(srv_request *r, srv_worker *worker, const face_command *command) {
  weigh_error err = {.status = WEIGH_OK};
  wb_ctx *ctx = srv_worker_scratch(worker);
  srv_question *volatile q = NULL;
  volatile weigh_status status = WEIGH_ENVIRONMENT;
  if (ctx && WB_GUARD(ctx)) {
    q = WB_NEW(ctx, srv_question);
    q->command = command;
    status = read_question(r, ctx, q, &err);
  }
  if (status == WEIGH_OK) return q;
  if (!err.code[0]) weigh_error_set(&err, r->language, "OUT_OF_MEMORY", NULL, 0);
  srv_request_fail(r, &err);
  return NULL;
}

/* ---- at once, or by a thread of its own ---- */

typedef struct streaming {
  srv_job *job;
  srv_request *request;
  bool any;
} streaming;

static bool stream(void *user, const char *bytes, size_t size) {
  streaming *s = user;
  if (!s->any) {
    s->request->reply.http = 200;
    s->request->reply.type = "application/x-ndjson";
  }
  s->any = true;
  return srv_job_write(s->job, bytes, size);
}

typedef struct timed {
  srv_job *job;
  srv_bytes *body;
} timed;

static bool collect_in_time(void *user, const char *bytes, size_t size) {
  timed *t = user;
  return !srv_job_is_late(t->job) && srv_bytes_add(t->body, bytes, size);
}

static void work(void *user, srv_worker *worker, srv_job *job) {
  srv_request *r = user;
  weigh_error err;
  srv_question *q = question_of(r, worker, &FACE_COMMANDS[r->command]);
  if (!q) return;
  if (q->asked.report.sweep.lines && q->command->kind == WEIGH_REPORT_SWEEP) {
    streaming s = {job, r, false};
    const weigh_status status = srv_worker_answer(worker, q, stream, &s, &err);
    if (s.any && status != WEIGH_OK) srv_job_break(job);
    else if (!s.any) finish(r, q, status, &err);
    return;
  }
  timed t = {job, &r->reply.body};
  const weigh_status status = srv_worker_answer(worker, q, collect_in_time, &t, &err);
  if (srv_job_is_late(job)) srv_request_refuse_above(r, "SERVER_TIME", SRV_JOB_SECONDS);
  else finish(r, q, status, &err);
}

/* What decides an answer: the bytes that were sent, and how. */
static wb_str key_of(srv_request *r, srv_worker *worker, const face_command *command) {
  wb_ctx *ctx = srv_worker_scratch(worker);
  if (!ctx || !WB_GUARD(ctx)) return WB_STR("");
  wb_text key = {.ctx = ctx};
  wb_text_addf(&key, "%d%c%c%s?", (int)r->language, r->lines ? 'l' : '-', is_get(r) ? 'g' : 'p', command->name);
  wb_text_add(&key, sent_of(r));
  return wb_text_str(&key);
}

/* Of an answer but for the times that finding its model took: a weak tag. */
static void tag(srv_reply *reply) {
  static const char times[] = "\"seconds\":";
  uint64_t hash = 0;
  const char *at = reply->body.ptr, *const end = at + reply->body.size;
  while (at < end) {
    const char *to = memmem(at, (size_t)(end - at), times, sizeof times - 1);
    to = to ? to + sizeof times - 1 : end;
    hash = hash * 0x9E3779B97F4A7C15u + wb_str_hash((wb_str){at, (size_t)(to - at)});
    for (at = to; at < end && strchr("0123456789.e+-", *at);) at++;
  }
  snprintf(reply->etag, sizeof reply->etag, "W/\"%016llx\"", (unsigned long long)hash);
  reply->cache = "no-cache";
}

static void answer_at_once(srv_request *r, srv_worker *worker, srv_question *q) {
  weigh_error err;
  const weigh_status status = srv_worker_answer(worker, q, collect, &r->reply.body, &err);
  finish(r, q, status, &err);
  if (r->reply.http == 200 && is_get(r)) tag(&r->reply);
}

/* The whole of a table, which nothing changes while the server runs. */
static bool is_of_data(const srv_question *q) { return !q->command->models && !q->asked.word_count; }

static bool wants_lines(const srv_request *r) {
  const char *accepted = MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, "Accept");
  return accepted && strstr(accepted, "application/x-ndjson");
}

void srv_ask(srv_request *r, srv_worker *worker, const face_command *command) {
  r->command = (size_t)(command - FACE_COMMANDS);
  r->lines = command->kind == WEIGH_REPORT_SWEEP && wants_lines(r);
  srv_worker_refresh(worker, r->language);
  const wb_str key = key_of(r, worker, command);
  char *copy = NULL;
  if (key.len && key.len <= SRV_KEY_MAX) {
    if (srv_worker_recall(worker, key.ptr, key.len, &r->reply)) {
      if (is_get(r)) r->reply.cache = "no-cache";
      return;
    }
    copy = malloc(key.len); /* the question's memory takes the place of the key's */
    if (copy) memcpy(copy, key.ptr, key.len);
  }
  const size_t key_size = key.len;
  srv_question *q = question_of(r, worker, command);
  if (q && srv_question_is_quick(q)) {
    answer_at_once(r, worker, q);
    if (copy && r->reply.http == 200 && !srv_question_is_of_sent(q))
      srv_worker_remember(worker, copy, key_size, is_of_data(q), &r->reply);
  } else if (q) {
    srv_request_by_job(r, work);
  }
  free(copy);
}

void srv_ask_shared(srv_request *r, srv_worker *worker) {
  const char *given = srv_request_parameter(r, "q"), *q = given ? given : "";
  const size_t length = strcspn(q, "?");
  char name[64] = "";
  if (length < sizeof name) memcpy(name, q, length);
  const face_command *command = face_find_command(name);
  if (!command) {
    weigh_error err;
    weigh_error_set(&err, r->language, "USAGE_QUESTION", &q, 1);
    srv_request_fail(r, &err);
    return;
  }
  r->query = q[length] ? q + length + 1 : "";
  srv_ask(r, worker, command);
}
