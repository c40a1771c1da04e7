/* What is looked at in the bytes of a JSON text, outside the library that reads it. */
#include <string.h>

#include "source/json_internal.h"

size_t wb_json_start(wb_str text) { return wb_str_starts(text, WB_STR(WB_JSON_BOM)) ? 3 : 0; }

size_t wb_json_skip_blanks(wb_str text, size_t at) {
  for (; at < text.len; at++) {
    char c = text.ptr[at];
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') break;
  }
  return at;
}

size_t wb_json_not_utf8(wb_str text) {
  const unsigned char *s = (const unsigned char *)text.ptr;
  size_t at = 0;
  while (at < text.len) {
    uint64_t word;
    while (text.len - at >= sizeof word && (memcpy(&word, s + at, sizeof word), !(word & 0x8080808080808080u)))
      at += sizeof word;
    if (at == text.len) break;
    size_t length = wb_str_utf8(text.ptr + at, text.len - at);
    if (!length) return at;
    at += length;
  }
  return text.len;
}

size_t wb_json_string_end(wb_str text, size_t quote) {
  for (size_t at = quote + 1; at < text.len; at++) {
    if (text.ptr[at] == '"') return at + 1;
    if (text.ptr[at] == '\\') at++;
  }
  return text.len;
}

/* The value of the four digits of an escape \uXXXX at `at`, or 0. */
static unsigned escaped_unit(wb_str text, size_t at) {
  if (text.len - at < 6 || text.ptr[at] != '\\' || text.ptr[at + 1] != 'u') return 0;
  unsigned unit = 0;
  for (size_t i = at + 2; i < at + 6; i++) {
    char c = text.ptr[i];
    unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : ((unsigned)c | 32u) - 'a' + 10;
    if (digit > 15) return 0;
    unit = unit * 16 + digit;
  }
  return unit;
}

size_t wb_json_lone_surrogate(wb_str text, size_t quote) {
  size_t end = wb_json_string_end(text, quote);
  for (size_t at = quote + 1; at < end; at++) {
    if (text.ptr[at] != '\\') continue;
    unsigned unit = escaped_unit(text, at);
    bool high = unit >= 0xd800 && unit < 0xdc00;
    if (unit >= 0xdc00 && unit < 0xe000) return at;
    unsigned next = high ? escaped_unit(text, at + 6) : 0;
    if (high && (next < 0xdc00 || next >= 0xe000)) return at;
    at += high ? 11 : 1;
  }
  return text.len;
}

size_t wb_json_nonfinite(wb_str text, size_t at) {
  static const char *const names[] = {"NaN", "Infinity", "-Infinity"};
  wb_str rest = wb_str_slice(text, at, text.len);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (wb_str_starts(rest, wb_str_of(names[i]))) return strlen(names[i]);
  return 0;
}

static bool delimits(wb_str text, size_t at) {
  return at >= text.len || (text.ptr[at] && strchr(" \t\n\r,:[]{}", text.ptr[at]));
}

/* The same length keeps every offset right, so that places and slices refer to the text as it came. */
bool wb_json_without_nonfinite(wb_ctx *ctx, wb_str text, wb_str *out) {
  char *copy = NULL;
  size_t start = wb_json_start(text);
  for (size_t at = start; at < text.len;) {
    size_t length = wb_json_nonfinite(text, at);
    if (text.ptr[at] == '"') {
      at = wb_json_string_end(text, at);
    } else if (length && (at == start || delimits(text, at - 1)) && delimits(text, at + length)) {
      if (!copy) copy = wb_str_cstr(ctx, text);
      size_t sign = text.ptr[at] == '-';
      memset(copy + at + sign, '1', length - sign);
      at += length;
    } else {
      at++;
    }
  }
  *out = (wb_str){copy, text.len};
  return copy != NULL;
}
