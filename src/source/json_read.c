/* The JSON library (yajl) and the tree made from what it tells. See docs/decisions/0002-json-reader.md. Texts without
 * escapes and faults never come so far: json_quick.c has read them.
 *
 * yajl reports one token after the other. Between two reports stand only blanks, commas and colons, so each token's
 * offset follows from the end of the one before. All its memory comes from the context's arena, and it holds nothing
 * else: when memory runs out inside it, unwinding leaves nothing behind.
 */
#include <string.h>

#include <yajl/yajl_parse.h>

#include "source/json_internal.h"

typedef struct reader {
  wb_json_tree tree; /* first */
  wb_ctx *ctx;
  wb_str text;  /* as it came */
  wb_str clean; /* as yajl reads it: the same, or with numbers in place of NaN and Infinity */
  wb_json_fault *fault;
} reader;

enum { GO_ON = 1, STOP = 0 }; /* what yajl wants from a callback */

/* ---- events ---- */

static size_t token_start(const reader *r) {
  size_t at = r->tree.end;
  for (; at < r->clean.len; at++) {
    char c = r->clean.ptr[at];
    if (c != ',' && c != ':' && c != ' ' && (c < '\t' || c > '\r')) break;
  }
  return at;
}

static wb_json_expect expected_next(const wb_json_tree *t) {
  if (t->depth == 0) return t->root ? WB_EXPECT_END : WB_EXPECT_VALUE;
  const wb_json_frame *top = &t->frames[t->depth - 1];
  bool empty = t->count == top->first;
  if (top->container->kind == WB_JSON_ARRAY) return empty ? WB_EXPECT_FIRST_ITEM : WB_EXPECT_NEXT_ITEM;
  if (empty) return WB_EXPECT_FIRST_KEY;
  return t->pending[t->count - 1].value ? WB_EXPECT_NEXT_KEY : WB_EXPECT_COLON;
}

static int stop(reader *r, wb_message_id id, size_t offset, wb_str a, wb_str b) {
  *r->fault = (wb_json_fault){id, offset, {a, b}};
  return STOP;
}

static int on_null(void *user) {
  wb_json_tree_add(user, WB_JSON_NULL, token_start(user), 4);
  return GO_ON;
}

static int on_boolean(void *user, int value) {
  wb_json_tree_add(user, WB_JSON_BOOL, token_start(user), value ? 4 : 5)->u.boolean = value != 0;
  return GO_ON;
}

static int on_number(void *user, const char *number, size_t length) {
  reader *r = user;
  (void)number; /* where the text ends with it, it is not in the text */
  const size_t start = token_start(r);
  const wb_str digits = wb_str_slice(r->text, start, start + length);
  if (r->text.ptr != r->clean.ptr && wb_json_nonfinite(r->text, start))
    wb_json_tree_add(&r->tree, WB_JSON_NONFINITE, start, length)->u.text = digits;
  else wb_json_tree_number(&r->tree, digits, start);
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
  wb_json_tree_add(user, WB_JSON_STRING, start, token)->u.text = decoded;
  return GO_ON;
}

static int on_key(void *user, const unsigned char *string, size_t length) {
  reader *r = user;
  size_t start = token_start(r), token = 0;
  wb_str decoded = string_of(r, string, length, start, &token);
  if (!token) return STOP;
  wb_json_tree_key(&r->tree, decoded, start, token);
  return GO_ON;
}

static int open_container(reader *r, wb_json_kind kind) {
  size_t start = token_start(r);
  if (wb_json_tree_open(&r->tree, kind, start)) return GO_ON;
  return stop(r, WB_JSON_TOO_DEEP, start, wb_str_fmt(r->ctx, "%u", WB_JSON_MAX_DEPTH), WB_STR(""));
}

static int on_array(void *user) { return open_container(user, WB_JSON_ARRAY); }
static int on_object(void *user) { return open_container(user, WB_JSON_OBJECT); }

static int on_array_end(void *user) {
  reader *r = user;
  wb_json_tree_end_array(&r->tree, token_start(r) + 1);
  return GO_ON;
}

static int on_object_end(void *user) {
  reader *r = user;
  wb_json_member first, second;
  if (wb_json_tree_end_object(&r->tree, token_start(r) + 1, &first, &second)) return GO_ON;
  wb_place place = wb_json_place_at(r->text, WB_STR(""), first.key_offset);
  return stop(r, WB_JSON_DUPLICATE_KEY, second.key_offset, wb_json_shown(r->ctx, second.key),
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
  yajl_alloc_funcs memory = {wb_block_new, wb_block_grow, wb_block_free, ctx};
  reader *r = WB_NEW(ctx, reader);
  *r = (reader){.tree = {.ctx = ctx, .end = start}, .ctx = ctx, .text = text, .clean = clean, .fault = fault};
  yajl_handle yajl = yajl_alloc(&callbacks, &memory, r);
  yajl_config(yajl, yajl_dont_validate_strings, 1); /* done already, and more strictly */
  yajl_status status = yajl_parse(yajl, (const unsigned char *)clean.ptr + start, clean.len - start);
  if (status == yajl_status_ok) status = yajl_complete_parse(yajl);
  if (status == yajl_status_client_canceled) return NULL;
  if (status == yajl_status_ok && !only_json_blanks(text, fault)) return NULL;
  /* yajl does not mind a string or a word without its end behind the document. */
  if (status == yajl_status_ok && wb_json_skip_blanks(text, r->tree.end) == text.len) return r->tree.root;
  wb_json_explain(ctx, text, r->tree.end, expected_next(&r->tree), fault);
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
  wb_json *root = wb_json_quick(ctx, text);
  if (root) return root;
  wb_arena_reset(ctx->arena, mark);
  root = run(ctx, text, text, fault);
  if (root || fault->id != WB_JSON_SYNTAX) return root;
  /* Few files hold NaN or Infinity, so it is looked for only now, when something was wrong anyway. */
  wb_json_fault first = *fault;
  wb_str clean;
  if (!wb_json_nonfinite(text, first.offset)) return NULL;
  wb_arena_reset(ctx->arena, mark);
  return wb_json_without_nonfinite(ctx, text, &clean) ? run(ctx, text, clean, fault) : run(ctx, text, text, fault);
}
