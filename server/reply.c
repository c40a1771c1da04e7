#include "server/reply.h"
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- bytes ---- */

bool srv_bytes_add(srv_bytes *b, const char *bytes, size_t size) {
  if (b->failed || size > SRV_REPLY_MAX - b->size) {
    b->failed = true;
    return false;
  }
  if (b->size + size > b->cap) {
    size_t cap = b->cap ? b->cap * 2 : 4096;
    while (cap < b->size + size) cap *= 2;
    char *grown = realloc(b->ptr, cap);
    if (!grown) {
      b->failed = true;
      return false;
    }
    b->ptr = grown;
    b->cap = cap;
  }
  if (size) memcpy(b->ptr + b->size, bytes, size);
  b->size += size;
  return true;
}

bool srv_bytes_adds(srv_bytes *b, const char *text) { return srv_bytes_add(b, text, strlen(text)); }

bool srv_bytes_addf(srv_bytes *b, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  const int length = vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (length < 0 || (size_t)length >= sizeof text) {
    b->failed = true;
    return false;
  }
  return srv_bytes_add(b, text, (size_t)length);
}

bool srv_bytes_json(srv_bytes *b, const char *text) {
  if (!text) return srv_bytes_adds(b, "null");
  srv_bytes_adds(b, "\"");
  for (size_t left = strlen(text), taken, written; left; left -= taken, text += taken) {
    char bytes[8];
    if ((taken = wb_str_plain(text, left))) {
      srv_bytes_add(b, text, taken);
      continue;
    }
    taken = wb_str_json(text, left, bytes, &written);
    srv_bytes_add(b, bytes, written);
  }
  return srv_bytes_adds(b, "\"");
}

const char *srv_accepted_next(const char **list, double *weight) {
  if (!*list) return NULL;
  const char *item = *list + strspn(*list, " ,\t"), *end = item + strcspn(item, ",");
  *list = end;
  *weight = 1;
  for (const char *at = item; (at = memchr(at, ';', (size_t)(end - at))) != NULL;) {
    at += 1 + strspn(at + 1, " \t");
    if (at + 2 <= end && (at[0] == 'q' || at[0] == 'Q') && at[1] == '=') *weight = strtod(at + 2, NULL);
  }
  return item < end ? item : NULL;
}

void srv_reply_tag(srv_reply *reply) {
  const char *bytes = reply->fixed ? reply->fixed : reply->body.ptr;
  const size_t size = reply->fixed ? reply->fixed_size : reply->body.size;
  uint64_t hash = 14695981039346656037u; /* FNV-1a */
  for (size_t i = 0; i < size; i++) hash = (hash ^ (unsigned char)bytes[i]) * 1099511628211u;
  snprintf(reply->etag, sizeof reply->etag, "\"%016llx-%zx\"", (unsigned long long)hash, size);
}

/* ---- problems ---- */

/* The one table of statuses. An answer that is "no" is an answer. */
static const struct {
  weigh_status status;
  unsigned http;
} STATUSES[] = {
    {WEIGH_OK, 200}, {WEIGH_USAGE, 400}, {WEIGH_REFUSED, 422}, {WEIGH_NO, 200}, {WEIGH_ENVIRONMENT, 503},
};

unsigned srv_http_of(weigh_status status) {
  for (size_t i = 0; i < sizeof STATUSES / sizeof *STATUSES; i++)
    if (STATUSES[i].status == status) return STATUSES[i].http;
  return 500;
}

/* What has no status of the library's. */
static const struct {
  const char *message;
  unsigned http;
} REFUSALS[] = {
    {"SERVER_BODY", 400},     {"SERVER_HOST", 403},          {"SERVER_TOKEN", 401},      {"SERVER_NO_PAGE", 404},
    {"SERVER_NO_MODEL", 404}, {"SERVER_METHOD", 405},        {"SERVER_NO_LENGTH", 411},  {"SERVER_TOO_BIG", 413},
    {"SERVER_TOO_MANY", 429}, {"SERVER_BUSY", 503},          {"SERVER_STOPPING", 503},   {"SERVER_LONG", 413},
    {"SERVER_TIME", 503},     {"SERVER_QUESTION_LONG", 414}, {"SERVER_MODEL_BODY", 400}, {"SERVER_ORIGIN", 403},
    {"SERVER_KEEP", 403},     {"SERVER_READ_ONLY", 403},     {"OUT_OF_MEMORY", 503},
};

static const char *title_of(unsigned http) {
  static const struct {
    unsigned http;
    const char *title;
  } titles[] = {{400, "Bad Request"},       {401, "Unauthorized"},       {403, "Forbidden"},
                {404, "Not Found"},         {405, "Method Not Allowed"}, {411, "Length Required"},
                {413, "Content Too Large"}, {414, "URI Too Long"},       {422, "Unprocessable Content"},
                {429, "Too Many Requests"}, {503, "Service Unavailable"}};
  for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
    if (titles[i].http == http) return titles[i].title;
  return "Internal Server Error";
}

static void write_problem(srv_reply *reply, unsigned http, const weigh_error *err, const char *request_id) {
  free(reply->body.ptr);
  *reply = (srv_reply){.http = http, .allow = reply->allow};
  reply->type = "application/problem+json";
  snprintf(reply->code, sizeof reply->code, "%s", err->code);
  srv_bytes *b = &reply->body;
  srv_bytes_addf(b, "{\n  \"type\": \"urn:weighbridge:error:%s\",\n  \"title\": \"%s\",\n", err->code,
                 title_of(reply->http));
  srv_bytes_addf(b, "  \"status\": %u,\n  \"code\": \"%s\",\n  \"exit\": %d,\n  \"detail\": ", reply->http, err->code,
                 (int)err->status);
  srv_bytes_json(b, err->message);
  if (err->field[0]) {
    srv_bytes_adds(b, ",\n  \"field\": ");
    srv_bytes_json(b, err->field);
  }
  if (err->file[0]) {
    srv_bytes_adds(b, ",\n  \"file\": ");
    srv_bytes_json(b, err->file);
  }
  if (err->line) srv_bytes_addf(b, ",\n  \"line\": %u,\n  \"column\": %u", err->line, err->column);
  srv_bytes_addf(b, ",\n  \"instance\": \"urn:request:%s\"\n}\n", request_id);
}

void srv_problem(srv_reply *reply, const weigh_error *err, const char *request_id) {
  write_problem(reply, srv_http_of(err->status), err, request_id);
}

void srv_refuse(srv_reply *reply, weigh_language language, const char *message, const char *a, const char *b,
                const char *request_id) {
  weigh_error err;
  unsigned http = 500;
  weigh_error_set(&err, language, message, (const char *const[]){a ? a : "", b ? b : ""}, 2);
  for (size_t i = 0; i < sizeof REFUSALS / sizeof *REFUSALS; i++)
    if (strcmp(REFUSALS[i].message, message) == 0) http = REFUSALS[i].http;
  write_problem(reply, http, &err, request_id);
}
