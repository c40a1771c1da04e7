/* What is wrong with a JSON text, in the words of its reader: found this, expected that.
 *
 * The library that reads says "parse error: invalid object key"; a person wants the place and the token. So once
 * reading has stopped, the few tokens from the last good one on are looked at again.
 */
#include <string.h>

#include "source/json_internal.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c); }
static bool is_number(char c) { return is_digit(c) || c == '.' || c == '+' || c == '-' || c == 'e' || c == 'E'; }

#define TOKEN_SHOWN 40u

static wb_str token_found(wb_ctx *ctx, wb_str text, size_t at) {
  if (at >= text.len) return WB_STR("the end of the text");
  char c = text.ptr[at];
  size_t to = at + 1;
  if (c == '"') return WB_STR("a string");
  if (is_digit(c) || c == '-' || c == '+' || c == '.') {
    while (to < text.len && is_number(text.ptr[to])) to++;
  } else if (is_word(c)) {
    while (to < text.len && is_word(text.ptr[to])) to++;
  } else {
    while (to < text.len && ((unsigned char)text.ptr[to] & 0xc0) == 0x80) to++; /* one character */
  }
  if ((unsigned char)c < ' ' || c == 127) return wb_str_fmt(ctx, "the control character 0x%02x", (unsigned char)c);
  const char *more = to - at > TOKEN_SHOWN ? "…" : "";
  if (*more) to = at + TOKEN_SHOWN;
  return wb_str_fmt(ctx, "`%.*s%s`", WB_STR_ARG(wb_json_shown(ctx, wb_str_slice(text, at, to))), more);
}

static void fault_at(wb_json_fault *fault, size_t offset, wb_str found, const char *expected) {
  *fault = (wb_json_fault){WB_JSON_SYNTAX, offset, {found, wb_str_of(expected)}};
}

/* A fault inside the string whose quote stands at `at`; false when it is a good one. */
static bool string_fault(wb_ctx *ctx, wb_str text, size_t at, wb_json_fault *fault) {
  size_t quote = at;
  for (at++; at < text.len && text.ptr[at] != '"'; at++) {
    if ((unsigned char)text.ptr[at] < ' ') {
      const char *expected = text.ptr[at] == '\n' ? "`\"`, which ends a string before its line ends"
                                                  : "an escape such as \\t or \\u0001 inside a string";
      fault_at(fault, at, text.ptr[at] == '\n' ? WB_STR("the end of the line") : token_found(ctx, text, at), expected);
      return true;
    }
    if (text.ptr[at] != '\\') continue;
    size_t escape = at++;
    if (at >= text.len) break;
    bool good = text.ptr[at] && strchr("\"\\/bfnrtu", text.ptr[at]);
    for (size_t i = 1; good && text.ptr[at] == 'u' && i <= 4; i++)
      good = at + i < text.len && text.ptr[at + i] && strchr("0123456789abcdefABCDEF", text.ptr[at + i]);
    if (good) continue;
    size_t to = escape + (text.ptr[at] == 'u' ? 6 : 2);
    while (to < text.len && ((unsigned char)text.ptr[to] & 0xc0) == 0x80) to++; /* no half character */
    wb_str shown = wb_json_shown(ctx, wb_str_slice(text, escape, to));
    fault_at(fault, escape, wb_str_fmt(ctx, "`%.*s`", WB_STR_ARG(shown)),
             "an escape: \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u and four hex digits");
    return true;
  }
  if (at < text.len) return false;
  fault_at(fault, quote, WB_STR("a string without its end"), "`\"` at the end of the string");
  return true;
}

/* Passes the comma or colon that is in its place, and says what must stand behind it. */
static const char *expected_here(wb_str text, size_t *at, wb_json_expect expect, bool *key) {
  char c = *at < text.len ? text.ptr[*at] : '\0';
  bool passed = (expect == WB_EXPECT_COLON && c == ':') ||
                ((expect == WB_EXPECT_NEXT_ITEM || expect == WB_EXPECT_NEXT_KEY) && c == ',');
  if (passed) *at = wb_json_skip_blanks(text, *at + 1);
  *key = expect == WB_EXPECT_FIRST_KEY || (expect == WB_EXPECT_NEXT_KEY && passed);
  switch (expect) {
    case WB_EXPECT_VALUE: return "a value";
    case WB_EXPECT_FIRST_ITEM: return "a value or `]`";
    case WB_EXPECT_NEXT_ITEM: return passed ? "a value after the comma" : "`,` or `]`";
    case WB_EXPECT_FIRST_KEY: return "a key in double quotes or `}`";
    case WB_EXPECT_NEXT_KEY: return passed ? "a key in double quotes after the comma" : "`,` or `}`";
    case WB_EXPECT_COLON: return passed ? "a value" : "`:` after the key";
    case WB_EXPECT_END: break;
  }
  return "the end of the text";
}

static const char *python_word(wb_str text, size_t at) {
  static const char *const words[][2] = {{"True", "`true`"}, {"False", "`false`"}, {"None", "`null`"}};
  size_t to = at;
  while (to < text.len && is_word(text.ptr[to])) to++;
  for (size_t i = 0; i < 3; i++)
    if (wb_str_is(wb_str_slice(text, at, to), words[i][0])) return words[i][1];
  return NULL;
}

void wb_json_explain(wb_ctx *ctx, wb_str text, size_t at, wb_json_expect expect, wb_json_fault *fault) {
  bool key = false;
  at = wb_json_skip_blanks(text, at);
  const char *expected = expected_here(text, &at, expect, &key);
  char c = at < text.len ? text.ptr[at] : '\0';
  bool value = expected[0] == 'a' && !key;
  if (c == '"' && (key || value) && string_fault(ctx, text, at, fault)) return;
  if (value && (is_digit(c) || c == '-')) expected = "a number as JSON writes it, such as -1.5e3";
  const char *word = value ? python_word(text, at) : NULL;
  fault_at(fault, at, token_found(ctx, text, at), word ? word : expected);
}
