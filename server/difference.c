/* Two shared questions of one command, and every number in which their answers differ or agree. */
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "server/server.h"

#define PATH_MOST  256
#define DEPTH_MOST 8

typedef struct pair {
  yajl_val a, b; /* NULL: one side has it not */
} pair;

typedef struct walk {
  srv_bytes *out;
  char path[PATH_MOST]; /* of the number, "worst_device.components.weights.bytes" */
  size_t depth;
  bool any;
} walk;

static yajl_val member(yajl_val object, const char *name) {
  for (size_t i = 0; YAJL_IS_OBJECT(object) && i < object->u.object.len; i++)
    if (strcmp(object->u.object.keys[i], name) == 0) return object->u.object.values[i];
  return NULL;
}

static yajl_val item(yajl_val list, long long i) {
  return YAJL_IS_ARRAY(list) && i >= 0 && (size_t)i < list->u.array.len ? list->u.array.values[i] : NULL;
}

static yajl_val named(yajl_val list, const char *name) {
  for (size_t i = 0; YAJL_IS_ARRAY(list) && i < list->u.array.len; i++) {
    yajl_val found = member(list->u.array.values[i], "name");
    if (YAJL_IS_STRING(found) && strcmp(found->u.string, name) == 0) return list->u.array.values[i];
  }
  return NULL;
}

/* ---- numbers ---- */

static void write_number(srv_bytes *out, const char *key, yajl_val v) {
  srv_bytes_addf(out, ", \"%s\": %s", key, YAJL_IS_NUMBER(v) ? YAJL_GET_NUMBER(v) : "null");
}

static void write_difference(srv_bytes *out, yajl_val a, yajl_val b) {
  long long difference;
  if (YAJL_IS_INTEGER(a) && YAJL_IS_INTEGER(b) &&
      !__builtin_sub_overflow(YAJL_GET_INTEGER(b), YAJL_GET_INTEGER(a), &difference))
    srv_bytes_addf(out, ", \"difference\": %lld", difference);
  else srv_bytes_addf(out, ", \"difference\": %.12g", YAJL_GET_DOUBLE(b) - YAJL_GET_DOUBLE(a));
  if (YAJL_GET_DOUBLE(a) > 0 && YAJL_GET_DOUBLE(b) > 0)
    srv_bytes_addf(out, ", \"ratio\": %.12g", YAJL_GET_DOUBLE(b) / YAJL_GET_DOUBLE(a));
}

static void write_figure(walk *w, pair p) {
  srv_bytes_adds(w->out, w->any ? ",\n    {\"name\": " : "\n    {\"name\": ");
  w->any = true;
  srv_bytes_json(w->out, w->path);
  write_number(w->out, "a", p.a);
  write_number(w->out, "b", p.b);
  if (YAJL_IS_NUMBER(p.a) && YAJL_IS_NUMBER(p.b)) write_difference(w->out, p.a, p.b);
  srv_bytes_adds(w->out, "}");
}

/* ---- what stands at the same place of both ---- */

static void compare(walk *w, const char *name, pair p);

/* Members of A in their order, then those that B alone has. */
static void compare_members(walk *w, pair p) {
  for (int side = 0; side < 2; side++) {
    yajl_val own = side ? p.b : p.a;
    for (size_t i = 0; YAJL_IS_OBJECT(own) && i < own->u.object.len; i++) {
      const char *key = own->u.object.keys[i];
      if (!side) compare(w, key, (pair){own->u.object.values[i], member(p.b, key)});
      else if (!member(p.a, key)) compare(w, key, (pair){NULL, own->u.object.values[i]});
    }
  }
}

/* Items that have names; other lists hold rows of their own order, which do not belong together. */
static void compare_items(walk *w, pair p) {
  for (int side = 0; side < 2; side++) {
    yajl_val own = side ? p.b : p.a;
    for (size_t i = 0; YAJL_IS_ARRAY(own) && i < own->u.array.len; i++) {
      yajl_val name = member(own->u.array.values[i], "name");
      if (!YAJL_IS_STRING(name)) continue;
      if (!side) compare(w, name->u.string, (pair){own->u.array.values[i], named(p.b, name->u.string)});
      else if (!named(p.a, name->u.string)) compare(w, name->u.string, (pair){NULL, own->u.array.values[i]});
    }
  }
}

static void compare(walk *w, const char *name, pair p) {
  const size_t before = strlen(w->path), length = strlen(name);
  yajl_val known = p.a ? p.a : p.b;
  if (before + length + 2 > PATH_MOST || w->depth == DEPTH_MOST) return;
  w->depth++;
  if (before) w->path[before] = '.';
  memcpy(w->path + before + (before > 0), name, length + 1);
  if (YAJL_IS_NUMBER(p.a) || YAJL_IS_NUMBER(p.b)) write_figure(w, p);
  else if (YAJL_IS_OBJECT(known)) compare_members(w, p);
  else if (YAJL_IS_ARRAY(known)) compare_items(w, p);
  w->path[before] = '\0';
  w->depth--;
}

/* Of devices the fullest of each. */
static yajl_val worst(yajl_val answer) {
  yajl_val at = member(answer, "worst_device");
  return YAJL_IS_INTEGER(at) ? item(member(answer, "per_device"), YAJL_GET_INTEGER(at)) : NULL;
}

/* ---- the questions ---- */

static bool collect(void *user, const char *bytes, size_t size) { return srv_bytes_add(user, bytes, size); }

/* Freed with yajl_tree_free; NULL: `err` says why not. */
static yajl_val answer_of(srv_request *r, srv_worker *worker, wb_ctx *ctx, const char *text,
                          const face_command **command, weigh_error *err) {
  srv_question *q = WB_NEW(ctx, srv_question);
  srv_bytes body = {.ptr = NULL};
  q->asked.language = r->language;
  q->asked.report.format = WEIGH_FORMAT_JSON;
  char *room = WB_NEWN(ctx, char, strlen(text) + 1);
  if (face_read_question(text, room, &q->command, &q->asked, err) != WEIGH_OK) return NULL;
  *command = q->command;
  q->asked.report.sweep.lines = false;
  const weigh_status status = srv_worker_answer(worker, q, collect, &body, err);
  srv_bytes_add(&body, "", 1);
  yajl_val tree =
      (status == WEIGH_OK || status == WEIGH_NO) && !body.failed ? yajl_tree_parse(body.ptr, NULL, 0) : NULL;
  free(body.ptr);
  if (!tree && !err->code[0]) weigh_error_set(err, r->language, "OUT_OF_MEMORY", NULL, 0);
  return tree;
}

static void write_answer(srv_request *r, const char *command, yajl_val a, yajl_val b) {
  walk w = {.out = &r->reply.body};
  srv_bytes_adds(w.out, "{\n  \"schema_version\": 1,\n  \"report\": \"difference\",\n  \"command\": ");
  srv_bytes_json(w.out, command);
  srv_bytes_adds(w.out, ",\n  \"figures\": [");
  if (worst(a) || worst(b)) compare(&w, "fullest", (pair){worst(a), worst(b)});
  compare_members(&w, (pair){a, b});
  srv_bytes_adds(w.out, "\n  ]\n}\n");
  r->reply.http = 200;
  r->reply.type = "application/json";
}

static bool both(srv_request *r, srv_worker *worker, const char *const texts[2], yajl_val trees[2], weigh_error *err) {
  wb_ctx *ctx = srv_worker_scratch(worker);
  const face_command *commands[2] = {NULL, NULL};
  weigh_error_set(err, r->language, "OUT_OF_MEMORY", NULL, 0);
  if (!ctx || !WB_GUARD(ctx)) return false;
  for (int i = 0; i < 2; i++)
    if (!(trees[i] = answer_of(r, worker, ctx, texts[i], &commands[i], err))) return false;
  if (commands[0] == commands[1]) return true;
  weigh_error_set(err, r->language, "USAGE_QUESTION", &texts[1], 1);
  return false;
}

static void work(void *user, srv_worker *worker, srv_job *job) {
  srv_request *r = user;
  weigh_error err = {.status = WEIGH_OK};
  const char *const texts[2] = {srv_request_parameter(r, "a"), srv_request_parameter(r, "b")};
  yajl_val trees[2] = {NULL, NULL};
  if (!texts[0] || !texts[1]) {
    weigh_error_set(&err, r->language, "USAGE_QUESTION", (const char *const[]){""}, 1);
    srv_request_fail(r, &err);
    return;
  }
  const bool fine = both(r, worker, texts, trees, &err);
  if (!fine && !err.code[0]) weigh_error_set(&err, r->language, "OUT_OF_MEMORY", NULL, 0);
  if (!fine) srv_request_fail(r, &err);
  else if (srv_job_is_late(job)) srv_request_refuse_above(r, "SERVER_TIME", SRV_JOB_SECONDS);
  else write_answer(r, strndupa(texts[0], strcspn(texts[0], "?")), trees[0], trees[1]);
  yajl_tree_free(trees[0]);
  yajl_tree_free(trees[1]);
}

void srv_difference(srv_request *r, srv_worker *worker) {
  (void)worker;
  srv_request_by_job(r, work);
}
