/* An answer on its way out: bytes with their type, and what failed as application/problem+json (RFC 9457). */
#ifndef WEIGH_SERVER_REPLY_H
#define WEIGH_SERVER_REPLY_H

#include "weigh/weigh.h"

/* Bytes that grow; freed with free(). */
typedef struct srv_bytes {
  char *ptr;
  size_t size, cap;
  bool failed; /* memory ran out, or it would be longer than SRV_REPLY_MAX */
} srv_bytes;

#define SRV_REPLY_MAX ((size_t)64 << 20)

bool srv_bytes_add(srv_bytes *b, const char *bytes, size_t size);
bool srv_bytes_adds(srv_bytes *b, const char *text);
bool srv_bytes_addf(srv_bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool srv_bytes_json(srv_bytes *b, const char *text); /* quoted and escaped; NULL: null */

typedef struct srv_reply {
  unsigned http;     /* status */
  const char *type;  /* content type, static */
  srv_bytes body;    /* owned */
  const char *fixed; /* instead of a body: bytes that live as long as the server */
  size_t fixed_size;
  char etag[40];      /* quoted; empty: none */
  const char *cache;  /* Cache-Control; NULL: no-store */
  char location[640]; /* of what was made */
  char code[48];      /* of the failure; empty: none */
  bool gzip, page;    /* compressed ahead; a part of the page */
  bool no;            /* answered, and the answer is no */
  const char *allow;
} srv_reply;

/* The status of HTTP for a status of the library. */
unsigned srv_http_of(weigh_status status);

/* Makes the reply the problem that `err` is. */
void srv_problem(srv_reply *reply, const weigh_error *err, const char *request_id);

/* The same for one of the server's own messages, with up to two texts. Its status is in a table. */
void srv_refuse(srv_reply *reply, weigh_language language, const char *message, const char *a, const char *b,
                const char *request_id);

/* The next item of a header such as Accept-Language, with its weight (RFC 9110, 12.4.2), and `*list` behind it; NULL at the
 * end. `*list` may be NULL. */
const char *srv_accepted_next(const char **list, double *weight);

/* A tag from the bytes. */
void srv_reply_tag(srv_reply *reply);

#endif
