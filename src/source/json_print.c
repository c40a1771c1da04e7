/* JSON for messages: compact, of bounded length, safe for a terminal. */
#include <stdio.h>
#include <string.h>

#include "source/json_internal.h"

typedef struct printer {
  wb_text *out;
  size_t left; /* bytes that may still come */
  bool cut;
} printer;

/* Adds a part whole or not at all; after the first that did not fit, nothing. */
static void add(printer *p, wb_str part) {
  p->cut = p->cut || part.len > p->left;
  if (p->cut) return;
  wb_text_add(p->out, part);
  p->left -= part.len;
}

/* Characters that would change the terminal: C0, DEL, and C1 (two bytes, 0xc2 0x80 to 0x9f); where the text stands in
 * quotes, those that would end it too. */
static size_t escaped(const char *s, size_t left, bool quoted, char out[8]) {
  static const char letters[] = "\bb\ff\nn\rr\tt\"\"\\\\";
  unsigned char c = (unsigned char)s[0];
  for (size_t i = 0; i < (quoted ? 14 : 10); i += 2) {
    if (letters[i] != s[0]) continue;
    snprintf(out, 8, "\\%c", letters[i + 1]);
    return 1;
  }
  bool c1 = c == 0xc2 && left > 1 && (unsigned char)s[1] < 0xa0;
  if (c >= ' ' && c != 127 && !c1) return 0;
  snprintf(out, 8, "\\u%04x", c1 ? (unsigned char)s[1] : c);
  return c1 ? 2 : 1;
}

static void print_text(printer *p, wb_str text, bool quoted) {
  for (size_t at = 0; at < text.len && !p->cut;) {
    char escape[8];
    size_t length = escaped(text.ptr + at, text.len - at, quoted, escape);
    if (length) {
      add(p, wb_str_of(escape));
    } else {
      for (length = 1; at + length < text.len && ((unsigned char)text.ptr[at + length] & 0xc0) == 0x80;) length++;
      add(p, wb_str_slice(text, at, at + length));
    }
    at += length;
  }
}

static void print_string(printer *p, wb_str text) {
  add(p, WB_STR("\""));
  print_text(p, text, true);
  add(p, WB_STR("\""));
}

static void print_number(printer *p, const wb_json *value) {
  char digits[64];
  wb_text text = {.ctx = p->out->ctx};
  if (value->kind == WB_JSON_INT) {
    wb_i128_print(&text, value->u.integer);
    add(p, wb_text_str(&text));
  } else if (value->raw.len) {
    add(p, value->raw);
  } else {
    snprintf(digits, sizeof digits, "%.17g", value->u.real);
    add(p, wb_str_of(digits));
  }
}

static void print(printer *p, const wb_json *value);

static void print_array(printer *p, const wb_json *array) {
  add(p, WB_STR("["));
  for (size_t i = 0; i < array->u.array.count && !p->cut; i++) {
    if (i) add(p, WB_STR(","));
    print(p, array->u.array.items[i]);
  }
  add(p, WB_STR("]"));
}

static void print_object(printer *p, const wb_json *object) {
  add(p, WB_STR("{"));
  for (size_t i = 0; i < object->u.object.count && !p->cut; i++) {
    if (i) add(p, WB_STR(","));
    print_string(p, object->u.object.members[i].key);
    add(p, WB_STR(":"));
    print(p, object->u.object.members[i].value);
  }
  add(p, WB_STR("}"));
}

/* Recursion is bounded by WB_JSON_MAX_DEPTH, twice over for edited trees. */
static void print(printer *p, const wb_json *value) {
  switch (value->kind) {
    case WB_JSON_NULL: add(p, WB_STR("null")); break;
    case WB_JSON_BOOL: add(p, value->u.boolean ? WB_STR("true") : WB_STR("false")); break;
    case WB_JSON_INT:
    case WB_JSON_REAL: print_number(p, value); break;
    case WB_JSON_NONFINITE:
    case WB_JSON_BIG: print_text(p, value->u.text, false); break;
    case WB_JSON_STRING: print_string(p, value->u.text); break;
    case WB_JSON_ARRAY: print_array(p, value); break;
    case WB_JSON_OBJECT: print_object(p, value); break;
  }
}

void wb_json_print(wb_text *out, const wb_json *value, size_t limit) {
  printer p = {out, limit, false};
  print(&p, value);
  if (p.cut) wb_text_adds(out, "…");
}

wb_str wb_json_shown(wb_ctx *ctx, wb_str text) {
  wb_text out = {.ctx = ctx};
  printer p = {&out, 80, false};
  print_text(&p, text, false);
  if (p.cut) wb_text_adds(&out, "…");
  return wb_text_str(&out);
}
