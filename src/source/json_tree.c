/* The tree as it grows: values in the order of the text, taken together where a container ends. */
#define _POSIX_C_SOURCE 200809L /* newlocale */

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "source/json_internal.h"

/* Nodes made at once: one for a bare value, then many. */
enum { NODES_FIRST = 1, NODES_MORE = 32 };

static wb_json *new_node(wb_json_tree *t) {
  if (t->node_count == 0) {
    t->node_count = t->root ? NODES_MORE : NODES_FIRST;
    t->nodes = WB_NEWN(t->ctx, wb_json, t->node_count);
  }
  t->node_count--;
  return t->nodes++;
}

wb_json *wb_json_tree_add(wb_json_tree *t, wb_json_kind kind, size_t start, size_t length) {
  wb_json *value = new_node(t);
  value->kind = kind;
  value->offset = (uint32_t)start;
  t->end = start + length;
  if (t->depth == 0) {
    t->root = value;
  } else if (t->frames[t->depth - 1].container->kind == WB_JSON_OBJECT) {
    t->pending[t->count - 1].value = value;
  } else {
    WB_PUSH_ROOM(t->ctx, t->pending, t->count, t->cap);
    t->pending[t->count++] = (wb_json_member){.value = value};
  }
  return value;
}

void wb_json_tree_key(wb_json_tree *t, wb_str key, size_t start, size_t length) {
  WB_PUSH_ROOM(t->ctx, t->pending, t->count, t->cap);
  t->pending[t->count++] = (wb_json_member){.key = key, .key_offset = (uint32_t)start};
  t->end = start + length;
}

bool wb_json_tree_open(wb_json_tree *t, wb_json_kind kind, size_t start) {
  if (t->depth == WB_JSON_MAX_DEPTH) return false;
  wb_json *container = wb_json_tree_add(t, kind, start, 1);
  t->frames[t->depth++] = (wb_json_frame){container, t->count};
  return true;
}

/* Takes what is pending for the innermost container; returns how many there are. */
static size_t close_container(wb_json_tree *t, size_t end, wb_json **container, const wb_json_member **members) {
  const wb_json_frame *top = &t->frames[--t->depth];
  size_t count = t->count - top->first;
  t->end = end;
  t->count = top->first;
  *container = top->container;
  *members = count ? t->pending + top->first : NULL;
  return count;
}

void wb_json_tree_end_array(wb_json_tree *t, size_t end) {
  wb_json *array;
  const wb_json_member *members;
  size_t count = close_container(t, end, &array, &members);
  array->u.array.count = count;
  array->u.array.items = WB_NEWN(t->ctx, wb_json *, count);
  for (size_t i = 0; i < count; i++) array->u.array.items[i] = members[i].value;
}

bool wb_json_tree_end_object(wb_json_tree *t, size_t end, wb_json_member *first, wb_json_member *second) {
  wb_json *object;
  const wb_json_member *members;
  size_t count = close_container(t, end, &object, &members), a = 0, b = 0;
  object->u.object.count = count;
  object->u.object.members = WB_NEWN(t->ctx, wb_json_member, count);
  if (count) memcpy(object->u.object.members, members, count * sizeof *members);
  if (wb_json_index(t->ctx, object, &a, &b)) return true;
  *first = members[a];
  *second = members[b];
  return false;
}

typedef enum number_kind { NUMBER_WHOLE, NUMBER_LONG, NUMBER_REAL } number_kind;

/* Whole numbers up to 127 bits into *out. */
static number_kind number_of(wb_str digits, wb_i128 *out) {
  bool negative = digits.ptr[0] == '-', longer = false;
  uint64_t low = 0; /* the first 18 digits fit, and most numbers have no more */
  wb_i128 value = 0;
  for (size_t i = negative; i < digits.len; i++) {
    char c = digits.ptr[i];
    if (c < '0' || c > '9') return NUMBER_REAL;
    if (i < 18) low = low * 10 + (uint64_t)(c - '0');
    if (i < 18) value = (wb_i128)low;
    else longer = longer || __builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, c - '0', &value);
  }
  *out = negative ? -value : value;
  return longer ? NUMBER_LONG : NUMBER_WHOLE;
}

/* Up to 15 digits and a power of ten up to 22 are exact as doubles, and so is their quotient rounded once (W. Clinger, How
 * to read floating point numbers accurately, 1990): that is nearly all that configurations hold. */
static bool simple_real(wb_str digits, double *out) {
  static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  size_t i = digits.ptr[0] == '-', count = 0;
  uint64_t mantissa = 0;
  int down = 0, exponent = 0;
  bool point = false;
  for (; i < digits.len && (digits.ptr[i] == '.' || (digits.ptr[i] >= '0' && digits.ptr[i] <= '9')); i++) {
    if (digits.ptr[i] == '.') {
      point = true;
      continue;
    }
    mantissa = mantissa * 10 + (uint64_t)(digits.ptr[i] - '0');
    count += mantissa != 0;
    down += point;
    if (count > 15) return false;
  }
  if (i < digits.len) {
    const bool negative = ++i < digits.len && digits.ptr[i] == '-';
    i += negative || (i < digits.len && digits.ptr[i] == '+');
    if (digits.len - i > 3) return false;
    for (; i < digits.len; i++) exponent = exponent * 10 + (digits.ptr[i] - '0');
    if (negative) exponent = -exponent;
  }
  exponent -= down;
  if (exponent > 22 || exponent < -22) return false;
  *out = exponent < 0 ? (double)mantissa / powers[-exponent] : (double)mantissa * powers[exponent];
  if (digits.ptr[0] == '-') *out = -*out;
  return true;
}

/* strtod follows the program's locale, which a library must neither trust nor change for others. */
static double real_of(wb_ctx *ctx, wb_str digits) {
  char small[64], *text = small;
  double simple;
  if (simple_real(digits, &simple)) return simple;
  if (digits.len < sizeof small) {
    memcpy(small, digits.ptr, digits.len);
    small[digits.len] = '\0';
  } else {
    text = wb_str_cstr(ctx, digits);
  }
  locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  locale_t before = plain ? uselocale(plain) : (locale_t)0;
  double value = strtod(text, NULL);
  if (plain) {
    uselocale(before);
    freelocale(plain);
  }
  return value;
}

void wb_json_tree_number(wb_json_tree *t, wb_str digits, size_t start) {
  wb_json *value = wb_json_tree_add(t, WB_JSON_INT, start, digits.len);
  number_kind kind = number_of(digits, &value->u.integer);
  if (kind == NUMBER_WHOLE) return;
  double real = kind == NUMBER_REAL ? real_of(t->ctx, digits) : HUGE_VAL;
  if (isfinite(real)) {
    value->kind = WB_JSON_REAL;
    value->u.real = real;
    value->raw = digits;
  } else {
    value->kind = WB_JSON_BIG;
    value->u.text = digits;
  }
}
