/* Nearly all texts are plain: no escape, no fault. They are read here at ten times the library's speed; at the first byte
 * that is anything else this gives up, and the library reads the text from its beginning and says what is wrong. So this
 * needs to be right about what it takes, and about nothing else. */
#include <string.h>

#include "source/json_internal.h"

typedef struct quick {
  wb_json_tree tree;
  const char *text, *end;
} quick;

static const char *blanks(const quick *q, const char *at) {
  if (at < q->end && (unsigned char)*at > ' ') return at;
  while (at < q->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
  return at;
}

/* Whether none of eight bytes is a quote, a backslash or a control character (as in wb_str_plain). */
static bool is_inside(uint64_t x) {
  const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
  const uint64_t quote = x ^ ones * '"', slash = x ^ ones * '\\';
  return !((((x - ones * 0x20) & ~x) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & high);
}

/* Behind the closing quote of the string that begins at `at`; NULL: it has an escape, a control character or no end. */
static const char *string_end(const quick *q, const char *at) {
  at++;
  for (uint64_t eight; q->end - at >= (ptrdiff_t)sizeof eight; at += sizeof eight) {
    memcpy(&eight, at, sizeof eight);
    if (!is_inside(eight)) break;
  }
  for (; at < q->end && *at != '"'; at++)
    if ((unsigned char)*at < 0x20 || *at == '\\') return NULL;
  return at < q->end ? at + 1 : NULL;
}

static const char *digits_end(const quick *q, const char *at) {
  while (at < q->end && *at >= '0' && *at <= '9') at++;
  return at;
}

/* -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?; NULL: something else. */
static const char *number_end(const quick *q, const char *at) {
  at += *at == '-';
  const char *end = digits_end(q, at);
  if (end == at || (*at == '0' && end - at > 1)) return NULL;
  if (end < q->end && *end == '.') {
    at = end + 1;
    end = digits_end(q, at);
    if (end == at) return NULL;
  }
  if (end < q->end && (*end == 'e' || *end == 'E')) {
    at = end + 1;
    at += at < q->end && (*at == '+' || *at == '-');
    end = digits_end(q, at);
    if (end == at) return NULL;
  }
  return end;
}

static const char *word(quick *q, const char *at, const char *name, wb_json_kind kind, bool truth) {
  const size_t length = strlen(name), left = (size_t)(q->end - at);
  if (left < length || memcmp(at, name, length) != 0) return NULL;
  wb_json_tree_add(&q->tree, kind, (size_t)(at - q->text), length)->u.boolean = truth;
  return at + length;
}

static const char *string(quick *q, const char *at) {
  const char *end = string_end(q, at);
  if (!end) return NULL;
  const size_t length = (size_t)(end - at);
  wb_json_tree_add(&q->tree, WB_JSON_STRING, (size_t)(at - q->text), length)->u.text = (wb_str){at + 1, length - 2};
  return end;
}

/* "key": and the blanks around it; at the value. */
static const char *key(quick *q, const char *at) {
  if (at == q->end || *at != '"') return NULL;
  const char *end = string_end(q, at);
  if (!end) return NULL;
  const size_t length = (size_t)(end - at);
  wb_json_tree_key(&q->tree, (wb_str){at + 1, length - 2}, (size_t)(at - q->text), length);
  end = blanks(q, end);
  return end < q->end && *end == ':' ? blanks(q, end + 1) : NULL;
}

/* A value that holds no other. */
static const char *scalar(quick *q, const char *at) {
  switch (*at) {
    case '"': return string(q, at);
    case 't': return word(q, at, "true", WB_JSON_BOOL, true);
    case 'f': return word(q, at, "false", WB_JSON_BOOL, false);
    case 'n': return word(q, at, "null", WB_JSON_NULL, false);
    default: break;
  }
  const char *end = number_end(q, at);
  if (end) wb_json_tree_number(&q->tree, (wb_str){at, (size_t)(end - at)}, (size_t)(at - q->text));
  return end;
}

static bool in_object(const quick *q) { return q->tree.frames[q->tree.depth - 1].container->kind == WB_JSON_OBJECT; }

static bool end_of(quick *q, const char *at) {
  wb_json_member first, second;
  const size_t end = (size_t)(at - q->text) + 1;
  if (in_object(q)) return *at == '}' && wb_json_tree_end_object(&q->tree, end, &first, &second);
  if (*at == ']') wb_json_tree_end_array(&q->tree, end);
  return *at == ']';
}

/* Behind a value: closes what ends here. At the next value, at the end of the text, or NULL. */
static const char *next(quick *q, const char *at) {
  while ((at = blanks(q, at)) < q->end && q->tree.depth && *at != ',')
    if (!end_of(q, at++)) return NULL;
  if (!q->tree.depth) return at == q->end ? at : NULL;
  if (at == q->end) return NULL;
  at = blanks(q, at + 1);
  return in_object(q) ? key(q, at) : at;
}

/* Opens a container; at its first value, or behind it when it is empty, as *is_empty says. */
static const char *begin(quick *q, const char *at, bool *is_empty) {
  const bool object = *at == '{';
  if (!wb_json_tree_open(&q->tree, object ? WB_JSON_OBJECT : WB_JSON_ARRAY, (size_t)(at - q->text))) return NULL;
  at = blanks(q, at + 1);
  *is_empty = at < q->end && *at == (object ? '}' : ']');
  if (*is_empty) return end_of(q, at) ? at + 1 : NULL;
  return object ? key(q, at) : at;
}

wb_json *wb_json_quick(wb_ctx *ctx, wb_str text) {
  quick *q = WB_NEW(ctx, quick);
  *q = (quick){.tree = {.ctx = ctx}, .text = text.ptr, .end = text.ptr + text.len};
  const char *at = blanks(q, text.ptr + wb_json_start(text));
  do {
    bool ended = true;
    if (at == q->end) return NULL;
    if (*at == '{' || *at == '[') at = begin(q, at, &ended);
    else at = scalar(q, at);
    if (at && ended) at = next(q, at);
  } while (at && q->tree.depth);
  return at ? q->tree.root : NULL;
}
