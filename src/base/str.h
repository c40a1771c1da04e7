/* Borrowed strings and a growing text buffer. A wb_str is a slice: never NUL-terminated by promise, never owned. */
#ifndef WB_BASE_STR_H
#define WB_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct wb_str {
  const char *ptr;
  size_t len;
} wb_str;

#define WB_STR(literal) ((wb_str){(literal), sizeof(literal) - 1})

static inline wb_str wb_str_of(const char *text) { return (wb_str){text, text ? strlen(text) : 0}; } /* NULL: empty */
static inline bool wb_str_eq(wb_str a, wb_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
static inline bool wb_str_is(wb_str a, const char *text) { return wb_str_eq(a, wb_str_of(text)); }
static inline bool wb_str_starts(wb_str a, wb_str prefix) {
  return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.ptr, prefix.ptr, prefix.len) == 0);
}
bool wb_str_ends(wb_str a, wb_str suffix);
bool wb_str_holds(wb_str a, wb_str part);                             /* anywhere in it */
int wb_str_cmp(wb_str a, wb_str b);                                   /* by bytes, as qsort wants */
static inline wb_str wb_str_slice(wb_str a, size_t from, size_t to) { /* what lies beyond its end is not there */
  if (to > a.len) to = a.len;
  if (from > to) from = to;
  return (wb_str){a.ptr ? a.ptr + from : NULL, to - from};
}
uint64_t wb_str_hash(wb_str a);           /* FNV-1a, 64 bit; for tables, not for security */
#define WB_HASH_BEGIN 0xcbf29ce484222325u /* … of nothing, and of one byte more: */
static inline uint64_t wb_hash_on(uint64_t hash, char byte) { return (hash ^ (unsigned char)byte) * 0x100000001b3u; }
wb_str wb_str_trim(wb_str a); /* without ASCII blanks at both ends */

/* Length of the well-formed UTF-8 sequence at the start of `s`, which holds `left` > 0 bytes; 0: there is none. */
size_t wb_str_utf8(const char *s, size_t left);

/* How many bytes at the start stand within quotes of JSON as they are. */
size_t wb_str_plain(const char *s, size_t left);

/* The first character of `s` as it stands within quotes of JSON, into `out`: how many bytes there goes to `written`, how
 * many of `s` it took is returned. What is not UTF-8 becomes U+FFFD. */
size_t wb_str_json(const char *s, size_t left, char out[8], size_t *written);

/* The next item of a list, trimmed; empty ones are passed over. Start with *at 0; false at the end. */
bool wb_str_next(wb_str list, char separator, size_t *at, wb_str *item);

/* Edit distance without regard to ASCII case, at most `limit`+1; for "did you mean". */
size_t wb_str_distance(wb_str a, wb_str b, size_t limit);

struct wb_ctx;

/* A text that grows in a context's arena. Zero-initialise with its context: `wb_text t = {ctx}`. */
typedef struct wb_text {
  struct wb_ctx *ctx;
  char *ptr;
  size_t len;
  size_t cap;
} wb_text;

void wb_text_add(wb_text *text, wb_str part);
void wb_text_adds(wb_text *text, const char *part);
void wb_text_grow(wb_text *text, size_t more);
static inline void wb_text_room(wb_text *text, size_t more) { /* makes room for so many bytes and one more */
  if (text->cap - text->len <= more) wb_text_grow(text, more);
}
static inline void wb_text_addc(wb_text *text, char c) {
  wb_text_room(text, 1);
  text->ptr[text->len++] = c;
}
void wb_text_addn(wb_text *text, char c, size_t count);
void wb_text_addf(wb_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
wb_str wb_text_str(const wb_text *text);

wb_str wb_str_copy(struct wb_ctx *ctx, wb_str a);
wb_str wb_str_join(struct wb_ctx *ctx, wb_str a, wb_str b);
char *wb_str_cstr(struct wb_ctx *ctx, wb_str a); /* NUL-terminated copy */
wb_str wb_str_fmt(struct wb_ctx *ctx, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* For printf's "%.*s"; of a text from outside no more than its first 4,096 bytes. */
#define WB_STR_ARG(s) (int)((s).len > 4096 ? 4096 : (s).len), (s).ptr ? (s).ptr : ""

#endif
