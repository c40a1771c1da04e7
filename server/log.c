#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/poll.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "server/server.h"

typedef struct line {
  char text[1024];
  size_t used;
} line;

static void put(line *l, const char *text) {
  const size_t length = strlen(text), room = sizeof l->text - 4 - l->used; /* for what closes the line */
  const size_t part = length < room ? length : room;
  memcpy(l->text + l->used, text, part);
  l->used += part;
}

/* What clients sent is cut and bare of everything that a line of JSON or a terminal could trip over. */
static void put_quoted(line *l, const char *key, const char *text) {
  char out[320];
  size_t used = 0;
  for (; *text && used < sizeof out - 7; text++) {
    const unsigned char c = (unsigned char)*text;
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') out[used++] = (char)c;
    else used += (size_t)snprintf(out + used, 7, "\\u%04x", c);
  }
  out[used] = '\0';
  put(l, ", \"");
  put(l, key);
  put(l, "\": \"");
  put(l, out);
  put(l, "\"");
}

static void begin(line *l, const char *level) {
  struct timeval now;
  struct tm utc;
  char text[80];
  gettimeofday(&now, NULL);
  gmtime_r(&now.tv_sec, &utc);
  snprintf(text, sizeof text, "{\"time\": \"%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ\"", (utc.tm_year + 1900) % 10000,
           (utc.tm_mon + 1) % 100, utc.tm_mday % 100, utc.tm_hour % 100, utc.tm_min % 100, utc.tm_sec % 100,
           (long)now.tv_usec / 1000 % 1000);
  l->used = 0;
  put(l, text);
  put_quoted(l, "level", level);
}

/* One call a line, so that lines of several threads stay whole. Whoever reads the log may be slow or stuck: then lines are
 * left out, and how many is said with the next; an answer never waits for its line. */
static void end(line *l) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  static unsigned long left_out;
  struct pollfd out = {.fd = STDERR_FILENO, .events = POLLOUT};
  memcpy(l->text + l->used, "}\n", 2);
  pthread_mutex_lock(&lock);
  if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT)) {
    char said[64];
    const int length = snprintf(said, sizeof said, "{\"level\": \"warning\", \"left_out\": %lu}\n", left_out);
    if (!left_out || write(STDERR_FILENO, said, (size_t)length) == length) left_out = 0;
    if (write(STDERR_FILENO, l->text, l->used + 2) < 0) left_out++; /* no reason to stop */
  } else {
    left_out++;
  }
  pthread_mutex_unlock(&lock);
}

void srv_log_request(const srv_request *r, uint64_t microseconds) {
  const char *what = r->server->settings.log;
  if (strcmp(what, "none") == 0 || (strcmp(what, "errors") == 0 && r->sent_http < 500)) return;
  line l;
  char numbers[128];
  begin(&l, r->sent_http >= 500 ? "error" : "info");
  put_quoted(&l, "id", r->id);
  put_quoted(&l, "client", r->client);
  put_quoted(&l, "method", r->method ? r->method : "");
  put_quoted(&l, "path", r->path ? r->path : "");
  snprintf(numbers, sizeof numbers, ", \"status\": %u, \"bytes\": %llu, \"ms\": %.3f", r->sent_http,
           (unsigned long long)r->sent_bytes, (double)microseconds / 1000);
  put(&l, numbers);
  if (r->reply.code[0]) put_quoted(&l, "code", r->reply.code);
  end(&l);
}

void srv_log(const srv_server *server, const char *level, const char *text, const char *detail) {
  if (strcmp(server->settings.log, "none") == 0) return;
  line l;
  begin(&l, level);
  put_quoted(&l, "event", text);
  if (detail) put_quoted(&l, "detail", detail);
  end(&l);
}
