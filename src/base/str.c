#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ctx.h"

bool wb_str_ends(wb_str a, wb_str suffix) {
  return a.len >= suffix.len && (suffix.len == 0 || memcmp(a.ptr + (a.len - suffix.len), suffix.ptr, suffix.len) == 0);
}

bool wb_str_holds(wb_str a, wb_str part) {
  if (!part.len) return true;
  for (const char *at = a.ptr, *end = a.ptr + a.len; at && (size_t)(end - at) >= part.len; at++) {
    at = memchr(at, part.ptr[0], (size_t)(end - at) - part.len + 1);
    if (!at) return false;
    if (memcmp(at, part.ptr, part.len) == 0) return true;
  }
  return false;
}

int wb_str_cmp(wb_str a, wb_str b) {
  size_t n = a.len < b.len ? a.len : b.len;
  int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
  if (order) return order;
  return a.len < b.len ? -1 : a.len > b.len;
}

uint64_t wb_str_hash(wb_str a) {
  uint64_t h = WB_HASH_BEGIN;
  for (size_t i = 0; i < a.len; i++) h = wb_hash_on(h, a.ptr[i]);
  return h;
}

static bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

wb_str wb_str_trim(wb_str a) {
  while (a.len && blank(*a.ptr)) a.ptr++, a.len--;
  while (a.len && blank(a.ptr[a.len - 1])) a.len--;
  return a;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* Unicode 15, table 3-7. */
size_t wb_str_utf8(const char *text, size_t left) {
  const unsigned char *s = (const unsigned char *)text;
  unsigned char low = 0x80, high = 0xbf;
  size_t length = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
  if (length == 1) return 1;
  if (s[0] < 0xc2 || s[0] > 0xf4 || left < length) return 0;
  if (s[0] == 0xe0) low = 0xa0;
  if (s[0] == 0xed) high = 0x9f; /* no surrogates */
  if (s[0] == 0xf0) low = 0x90;
  if (s[0] == 0xf4) high = 0x8f;
  if (s[1] < low || s[1] > high) return 0;
  for (size_t i = 2; i < length; i++)
    if ((s[i] & 0xc0) != 0x80) return 0;
  return length;
}

/* Whether eight bytes hold one that is not plain. The tests are those of any byte below, equal to and above a number (H.
 * Warren, Hacker's Delight, 2nd edition, 6-1): right about the eight together. */
static bool any_not_plain(uint64_t x) {
  const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
  const uint64_t quote = x ^ ones * '"', slash = x ^ ones * '\\';
  return ((x - ones * 0x20) | (x + ones) | x | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & high;
}

size_t wb_str_plain(const char *s, size_t left) {
  size_t n = 0;
  uint64_t eight;
  for (; left - n >= sizeof eight; n += sizeof eight) {
    memcpy(&eight, s + n, sizeof eight);
    if (any_not_plain(eight)) break;
  }
  if (left >= sizeof eight && left - n < sizeof eight) { /* the last eight, some of them for the second time */
    memcpy(&eight, s + left - sizeof eight, sizeof eight);
    if (!any_not_plain(eight)) return left;
  }
  while (n < left && s[n] >= 0x20 && s[n] < 0x7f && s[n] != '"' && s[n] != '\\') n++;
  return n;
}

size_t wb_str_json(const char *s, size_t left, char out[8], size_t *written) {
  const size_t length = wb_str_utf8(s, left);
  const unsigned char c = (unsigned char)s[0];
  if (length == 1 && (c == '"' || c == '\\')) *written = (size_t)snprintf(out, 8, "\\%c", c);
  else if (length == 1 && c == '\n') *written = (size_t)snprintf(out, 8, "\\n");
  else if (length == 1 && (c < 0x20 || c == 0x7f)) *written = (size_t)snprintf(out, 8, "\\u%04x", c);
  else memcpy(out, length ? s : "\xEF\xBF\xBD", *written = length ? length : 3);
  return length ? length : 1;
}

bool wb_str_next(wb_str list, char separator, size_t *at, wb_str *item) {
  while (*at < list.len) {
    size_t end = *at;
    while (end < list.len && list.ptr[end] != separator) end++;
    *item = wb_str_trim(wb_str_slice(list, *at, end));
    *at = end + 1;
    if (item->len) return true;
  }
  return false;
}

/* Levenshtein with one row; names longer than the row never match closely. */
#define DISTANCE_MAX 128
size_t wb_str_distance(wb_str a, wb_str b, size_t limit) {
  size_t gap = a.len > b.len ? a.len - b.len : b.len - a.len;
  if (gap > limit || a.len >= DISTANCE_MAX || b.len >= DISTANCE_MAX) return limit + 1;
  size_t row[DISTANCE_MAX + 1];
  for (size_t j = 0; j <= b.len; j++) row[j] = j;
  for (size_t i = 1; i <= a.len; i++) {
    size_t diagonal = row[0], least = i;
    row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
      size_t cost = diagonal + (lower(a.ptr[i - 1]) != lower(b.ptr[j - 1]));
      diagonal = row[j];
      if (row[j] + 1 < cost) cost = row[j] + 1;
      if (row[j - 1] + 1 < cost) cost = row[j - 1] + 1;
      row[j] = cost;
      if (cost < least) least = cost;
    }
    if (least > limit) return limit + 1; /* it only grows from row to row */
  }
  return row[b.len] > limit ? limit + 1 : row[b.len];
}

void wb_text_grow(wb_text *text, size_t more) {
  size_t cap = text->cap ? text->cap : 64;
  while (cap - text->len <= more) cap *= 2;
  char *grown = wb_new_bytes(text->ctx, cap, 1);
  if (text->len) memcpy(grown, text->ptr, text->len);
  text->ptr = grown;
  text->cap = cap;
}

void wb_text_add(wb_text *text, wb_str part) {
  if (!part.len) return;
  wb_text_room(text, part.len);
  memcpy(text->ptr + text->len, part.ptr, part.len);
  text->len += part.len;
}

void wb_text_adds(wb_text *text, const char *part) { wb_text_add(text, wb_str_of(part)); }

void wb_text_addn(wb_text *text, char c, size_t count) {
  if (!count) return;
  wb_text_room(text, count);
  memset(text->ptr + text->len, c, count);
  text->len += count;
}

void wb_text_addf(wb_text *text, const char *format, ...) {
  char small[256];
  va_list list;
  va_start(list, format);
  int n = vsnprintf(small, sizeof small, format, list);
  va_end(list);
  if (n < 0) return;
  if ((size_t)n < sizeof small) {
    wb_text_add(text, (wb_str){small, (size_t)n});
    return;
  }
  wb_text_room(text, (size_t)n + 1);
  va_start(list, format);
  vsnprintf(text->ptr + text->len, (size_t)n + 1, format, list);
  va_end(list);
  text->len += (size_t)n;
}

wb_str wb_text_str(const wb_text *text) { return (wb_str){text->ptr ? text->ptr : "", text->len}; }

char *wb_str_cstr(wb_ctx *ctx, wb_str a) {
  char *out = wb_new_bytes(ctx, a.len + 1, 1);
  if (a.len) memcpy(out, a.ptr, a.len);
  return out;
}

wb_str wb_str_copy(wb_ctx *ctx, wb_str a) { return (wb_str){wb_str_cstr(ctx, a), a.len}; }

wb_str wb_str_join(wb_ctx *ctx, wb_str a, wb_str b) {
  char *out = wb_new_bytes(ctx, a.len + b.len + 1, 1);
  if (a.len) memcpy(out, a.ptr, a.len);
  if (b.len) memcpy(out + a.len, b.ptr, b.len);
  return (wb_str){out, a.len + b.len};
}

wb_str wb_str_fmt(wb_ctx *ctx, const char *format, ...) {
  char small[256];
  va_list list;
  va_start(list, format);
  int n = vsnprintf(small, sizeof small, format, list);
  va_end(list);
  if (n < 0) return WB_STR("");
  if ((size_t)n < sizeof small) return wb_str_copy(ctx, (wb_str){small, (size_t)n});
  char *out = wb_new_bytes(ctx, (size_t)n + 1, 1);
  va_start(list, format);
  vsnprintf(out, (size_t)n + 1, format, list);
  va_end(list);
  return (wb_str){out, (size_t)n};
}
