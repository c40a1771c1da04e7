/* The JSON library (yajl) and the tree made from what it tells. See docs/decisions/0002-json-reader.md.
 *
 * yajl reports one token after the other. Between two reports stand only blanks, commas and colons, so each token's
 * offset follows from the end of the one before. All its memory comes from the context's arena, and it holds nothing
 * else: when memory runs out inside it, unwinding leaves nothing behind.
 */
#define _POSIX_C_SOURCE 200809L /* newlocale */

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "source/json_internal.h"

typedef struct frame {
  wb_json *container;
  size_t first; /* its members begin here among the pending */
} frame;

typedef struct reader {
  wb_ctx *ctx;
  wb_str text;  /* as it came */
  wb_str clean; /* as yajl reads it: the same, or with numbers in place of NaN and Infinity */
  size_t end;   /* of the last token */
  wb_json *root;
  wb_json_member *pending; /* of all open containers, the innermost last; items of lists have no key */
  size_t count, cap;
  wb_json *nodes; /* made in advance */
  size_t node_count;
  frame frames[WB_JSON_MAX_DEPTH];
  size_t depth;
  wb_json_fault *fault;
} reader;

/* Nodes made at once: one for a bare value, then many. */
enum { NODES_FIRST = 1, NODES_MORE = 32 };

enum { GO_ON = 1, STOP = 0 }; /* what yajl wants from a callback */

/* ---- memory for yajl: its blocks begin with their size, so that they can grow ---- */

#define BLOCK_HEAD 16u

static void *block_new(void *ctx, size_t size) {
  char *block = wb_new_bytes(ctx, 1, size + BLOCK_HEAD);
  memcpy(block, &size, sizeof size);
  return block + BLOCK_HEAD;
}

static void *block_grow(void *ctx, void *old, size_t size) {
  void *grown = block_new(ctx, size);
  size_t had = 0;
  if (old) memcpy(&had, (char *)old - BLOCK_HEAD, sizeof had);
  if (had) memcpy(grown, old, had < size ? had : size);
  return grown;
}

static void block_free(void *ctx, void *block) { (void)ctx, (void)block; }

/* ---- the tree ---- */

static size_t token_start(const reader *r) {
  size_t at = r->end;
  for (; at < r->clean.len; at++) {
    char c = r->clean.ptr[at];
    if (c != ',' && c != ':' && c != ' ' && (c < '\t' || c > '\r')) break;
  }
  return at;
}

static wb_json_expect expected_next(const reader *r) {
  if (r->depth == 0) return r->root ? WB_EXPECT_END : WB_EXPECT_VALUE;
  const frame *top = &r->frames[r->depth - 1];
  bool empty = r->count == top->first;
  if (top->container->kind == WB_JSON_ARRAY) return empty ? WB_EXPECT_FIRST_ITEM : WB_EXPECT_NEXT_ITEM;
  if (empty) return WB_EXPECT_FIRST_KEY;
  return r->pending[r->count - 1].value ? WB_EXPECT_NEXT_KEY : WB_EXPECT_COLON;
}

static wb_json *new_node(reader *r) {
  if (r->node_count == 0) {
    r->node_count = r->root ? NODES_MORE : NODES_FIRST;
    r->nodes = WB_NEWN(r->ctx, wb_json, r->node_count);
  }
  r->node_count--;
  return r->nodes++;
}

/* Hangs a new value, whose token begins at `start` and has `length` bytes, where the next one belongs. */
static wb_json *add(reader *r, wb_json_kind kind, size_t start, size_t length) {
  wb_json *value = new_node(r);
  value->kind = kind;
  value->offset = (uint32_t)start;
  r->end = start + length;
  if (r->depth == 0) {
    r->root = value;
  } else if (r->frames[r->depth - 1].container->kind == WB_JSON_OBJECT) {
    r->pending[r->count - 1].value = value;
  } else {
    WB_PUSH_ROOM(r->ctx, r->pending, r->count, r->cap);
    r->pending[r->count++] = (wb_json_member){.value = value};
  }
  return value;
}

static int stop(reader *r, wb_message_id id, size_t offset, wb_str a, wb_str b) {
  *r->fault = (wb_json_fault){id, offset, {a, b}};
  return STOP;
}

static int on_null(void *user) {
  add(user, WB_JSON_NULL, token_start(user), 4);
  return GO_ON;
}

static int on_boolean(void *user, int value) {
  add(user, WB_JSON_BOOL, token_start(user), value ? 4 : 5)->u.boolean = value != 0;
  return GO_ON;
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

/* strtod follows the program's locale, which a library must neither trust nor change for others. */
static double real_of(wb_ctx *ctx, wb_str digits) {
  char small[64], *text = small;
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

static int on_number(void *user, const char *number, size_t length) {
  reader *r = user;
  (void)number; /* where the text ends with it, it is not in the text */
  wb_json *value = add(r, WB_JSON_INT, token_start(r), length);
  wb_str digits = wb_str_slice(r->text, value->offset, r->end);
  if (r->text.ptr != r->clean.ptr && wb_json_nonfinite(r->text, value->offset)) {
    value->kind = WB_JSON_NONFINITE;
    value->u.text = digits;
    return GO_ON;
  }
  number_kind kind = number_of(digits, &value->u.integer);
  if (kind == NUMBER_WHOLE) return GO_ON;
  double real = kind == NUMBER_REAL ? real_of(r->ctx, digits) : HUGE_VAL;
  if (isfinite(real)) {
    value->kind = WB_JSON_REAL;
    value->u.real = real;
    value->raw = digits;
  } else {
    value->kind = WB_JSON_BIG;
    value->u.text = digits;
  }
  return GO_ON;
}

/* The decoded string: a slice of the text where there is no escape. *token_length 0: a bad escape. */
static wb_str string_of(reader *r, const unsigned char *string, size_t length, size_t start, size_t *token_length) {
  *token_length = length + 2;
  if ((const char *)string == r->clean.ptr + start + 1) return wb_str_slice(r->text, start + 1, start + 1 + length);
  *token_length = wb_json_string_end(r->text, start) - start;
  size_t lone = length + 2 == *token_length ? r->text.len : wb_json_lone_surrogate(r->text, start);
  if (lone < r->text.len) {
    wb_str found =
        wb_str_fmt(r->ctx, "`%.*s`, half of a surrogate pair,", WB_STR_ARG(wb_str_slice(r->text, lone, lone + 6)));
    stop(r, WB_JSON_SYNTAX, lone, found, WB_STR("both halves, such as `\\ud83d\\ude00`"));
    *token_length = 0;
  }
  return wb_str_copy(r->ctx, (wb_str){(const char *)string, length});
}

static int on_string(void *user, const unsigned char *string, size_t length) {
  size_t start = token_start(user), token = 0;
  wb_str decoded = string_of(user, string, length, start, &token);
  if (!token) return STOP;
  add(user, WB_JSON_STRING, start, token)->u.text = decoded;
  return GO_ON;
}

static int on_key(void *user, const unsigned char *string, size_t length) {
  reader *r = user;
  size_t start = token_start(r), token = 0;
  wb_str decoded = string_of(r, string, length, start, &token);
  if (!token) return STOP;
  WB_PUSH_ROOM(r->ctx, r->pending, r->count, r->cap);
  r->pending[r->count++] = (wb_json_member){.key = decoded, .key_offset = (uint32_t)start};
  r->end = start + token;
  return GO_ON;
}

static int open_container(reader *r, wb_json_kind kind) {
  size_t start = token_start(r);
  if (r->depth == WB_JSON_MAX_DEPTH)
    return stop(r, WB_JSON_TOO_DEEP, start, wb_str_fmt(r->ctx, "%u", WB_JSON_MAX_DEPTH), WB_STR(""));
  wb_json *container = add(r, kind, start, 1);
  r->frames[r->depth++] = (frame){container, r->count};
  return GO_ON;
}

static int on_array(void *user) { return open_container(user, WB_JSON_ARRAY); }
static int on_object(void *user) { return open_container(user, WB_JSON_OBJECT); }

/* Takes what is pending for the innermost container; returns how many there are. */
static size_t close_container(reader *r, wb_json **container, const wb_json_member **members) {
  const frame *top = &r->frames[--r->depth];
  size_t count = r->count - top->first;
  r->end = token_start(r) + 1;
  r->count = top->first;
  *container = top->container;
  *members = count ? r->pending + top->first : NULL;
  return count;
}

static int on_array_end(void *user) {
  reader *r = user;
  wb_json *array;
  const wb_json_member *members;
  size_t count = close_container(r, &array, &members);
  array->u.array.count = count;
  array->u.array.items = WB_NEWN(r->ctx, wb_json *, count);
  for (size_t i = 0; i < count; i++) array->u.array.items[i] = members[i].value;
  return GO_ON;
}

static int on_object_end(void *user) {
  reader *r = user;
  wb_json *object;
  const wb_json_member *members;
  size_t count = close_container(r, &object, &members), first = 0, second = 0;
  object->u.object.count = count;
  object->u.object.members = WB_NEWN(r->ctx, wb_json_member, count);
  if (count) memcpy(object->u.object.members, members, count * sizeof *members);
  if (wb_json_index(r->ctx, object, &first, &second)) return GO_ON;
  wb_place place = wb_json_place_at(r->text, WB_STR(""), members[first].key_offset);
  return stop(r, WB_JSON_DUPLICATE_KEY, members[second].key_offset, wb_json_shown(r->ctx, members[second].key),
              wb_str_fmt(r->ctx, "%u", place.line));
}

/* ---- reading ---- */

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_object_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_array_end,
};

/* yajl takes \v and \f for blanks. In strings it refuses them, so where one is left it stands outside. */
static bool only_json_blanks(wb_str text, wb_json_fault *fault) {
  const char *v = memchr(text.ptr, '\v', text.len), *f = memchr(text.ptr, '\f', text.len);
  const char *at = v && (!f || v < f) ? v : f;
  if (!at) return true;
  *fault = (wb_json_fault){WB_JSON_SYNTAX,
                           (size_t)(at - text.ptr),
                           {at == v ? WB_STR("the control character 0x0b") : WB_STR("the control character 0x0c"),
                            WB_STR("a space, a tab or a line end")}};
  return false;
}

static wb_json *run(wb_ctx *ctx, wb_str text, wb_str clean, wb_json_fault *fault) {
  size_t start = wb_json_start(text);
  yajl_alloc_funcs memory = {block_new, block_grow, block_free, ctx};
  reader *r = WB_NEW(ctx, reader);
  *r = (reader){.ctx = ctx, .text = text, .clean = clean, .end = start, .fault = fault};
  yajl_handle yajl = yajl_alloc(&callbacks, &memory, r);
  yajl_config(yajl, yajl_dont_validate_strings, 1); /* done already, and more strictly */
  yajl_status status = yajl_parse(yajl, (const unsigned char *)clean.ptr + start, clean.len - start);
  if (status == yajl_status_ok) status = yajl_complete_parse(yajl);
  if (status == yajl_status_client_canceled) return NULL;
  if (status == yajl_status_ok && !only_json_blanks(text, fault)) return NULL;
  /* yajl does not mind a string or a word without its end behind the document. */
  if (status == yajl_status_ok && wb_json_skip_blanks(text, r->end) == text.len) return r->root;
  wb_json_explain(ctx, text, r->end, expected_next(r), fault);
  return NULL;
}

wb_json *wb_json_parse(wb_ctx *ctx, wb_str text, wb_json_fault *fault) {
  *fault = (wb_json_fault){.id = WB_JSON_EMPTY};
  size_t bad = 0;
  if (text.len > WB_JSON_MAX_BYTES) {
    *fault = (wb_json_fault){WB_JSON_TOO_BIG, 0, {wb_str_fmt(ctx, "%zu", WB_JSON_MAX_BYTES), {NULL, 0}}};
    return NULL;
  }
  if (wb_json_skip_blanks(text, wb_json_start(text)) == text.len) return NULL;
  if ((bad = wb_json_not_utf8(text)) < text.len) {
    *fault = (wb_json_fault){.id = WB_JSON_ENCODING, .offset = bad};
    return NULL;
  }
  wb_mark mark = wb_arena_mark(ctx->arena);
  wb_json *root = run(ctx, text, text, fault);
  if (root || fault->id != WB_JSON_SYNTAX) return root;
  /* Few files hold NaN or Infinity, so it is looked for only now, when something was wrong anyway. */
  wb_json_fault first = *fault;
  wb_str clean;
  if (!wb_json_nonfinite(text, first.offset)) return NULL;
  wb_arena_reset(ctx->arena, mark);
  return wb_json_without_nonfinite(ctx, text, &clean) ? run(ctx, text, clean, fault) : run(ctx, text, text, fault);
}
