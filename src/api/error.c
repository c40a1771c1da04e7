#include <stdio.h>
#include <string.h>

#include "api/handle.h"
#include "base/tsv.h"

bool wb_ctx_open(wb_ctx *ctx, size_t cap) {
  ctx->arena = wb_arena_new(cap);
  return ctx->arena != NULL;
}

void wb_ctx_close(wb_ctx *ctx) {
  wb_arena_free(ctx->arena);
  ctx->arena = NULL;
}

void wb_ctx_begin(wb_ctx *ctx) {
  ctx->steps = 0;
  ctx->max_steps = WEIGH_MAX_STEPS;
  ctx->depth = ctx->eval_depth = 0;
  ctx->at = WB_NOWHERE;
  ctx->trail = NULL;
  ctx->begun = NULL;
  ctx->failure.excerpt = WB_STR("");
}

/* Copies as much as fits, never cutting a UTF-8 sequence. */
static void put(char *out, size_t size, wb_str text) {
  size_t n = text.len < size - 1 ? text.len : size - 1;
  while (n && n < text.len && ((unsigned char)text.ptr[n] & 0xC0) == 0x80) n--;
  if (n) memcpy(out, text.ptr, n);
  out[n] = '\0';
}

static size_t fill_place(char *out, size_t size, size_t at, wb_str arg) {
  for (size_t i = 0; i < arg.len && at + 1 < size; i++) out[at++] = arg.ptr[i];
  return at;
}

/* The message with its places filled, without allocating: memory may just have run out. */
static void fill_message(char *out, size_t size, wb_message_id id, wb_lang lang, const wb_str *args, size_t count) {
  const char *text = wb_message_text(id, lang);
  char buffer[2048];
  size_t at = 0;
  for (const char *c = text; *c && at + 1 < sizeof buffer; c++) {
    bool place = c[0] == '{' && c[1] >= '0' && c[1] <= '9' && c[2] == '}';
    if (place && (size_t)(c[1] - '0') < count) {
      const wb_str arg = args[c[1] - '0'];
      at = fill_place(buffer, sizeof buffer, at, wb_message_is_name(text, c) ? arg : wb_message_fragment(arg, lang));
      c += 2;
    } else {
      buffer[at++] = *c;
    }
  }
  put(out, size, (wb_str){buffer, at});
}

/* ---- the option at fault ---- */

static bool code_fits(wb_str pattern, const char *code) {
  const bool open = pattern.len && pattern.ptr[pattern.len - 1] == '*';
  return open ? strncmp(pattern.ptr, code, pattern.len - 1) == 0 : wb_str_is(pattern, code);
}

/* "--context" is context, "MODEL [QUANTITY]" is model: words of commands are named in capitals. */
static void put_name(char *out, size_t size, wb_str text) {
  size_t used = 0, from = 0;
  while (from < text.len && text.ptr[from] == '-') from++;
  const bool word = from < text.len && text.ptr[from] >= 'A' && text.ptr[from] <= 'Z';
  for (; from < text.len && text.ptr[from] != ' ' && text.ptr[from] != '=' && used + 1 < size; from++)
    out[used++] = word && text.ptr[from] >= 'A' && text.ptr[from] <= 'Z' ? (char)(text.ptr[from] + 32) : text.ptr[from];
  out[used] = '\0';
}

static void fill_field(weigh_error *err, const wb_str *args) {
  wb_str c[2];
  for (size_t at = 0; wb_tsv_next(wb_data_text("options/faults.tsv"), &at, c, 2);) {
    if (!code_fits(c[0], err->code)) continue;
    const bool place = c[1].len == 3 && c[1].ptr[0] == '{';
    put_name(err->field, sizeof err->field, place ? args[(c[1].ptr[1] - '0') % WB_MESSAGE_ARGS] : c[1]);
    return;
  }
}

weigh_status wb_report_failure(wb_ctx *ctx, const weigh_library *library, weigh_error *err) {
  if (library && err) wb_library_locate(&library->lib, &ctx->failure);
  return wb_failure_in(ctx, library ? library->language : WEIGH_ENGLISH, err);
}

/* An operation's fault is most often its user's: where the family's own file led there. */
static void add_use(weigh_error *err, wb_lang language, const wb_place *used) {
  char line[16], column[16];
  if (!used->line) return;
  snprintf(line, sizeof line, "%u", (unsigned)used->line);
  snprintf(column, sizeof column, "%u", (unsigned)used->column);
  const size_t at = strlen(err->message);
  fill_message(err->message + at, sizeof err->message - at, WB_MODEL_USED_AT, language,
               (wb_str[]){used->file, wb_str_of(line), wb_str_of(column)}, 3);
}

weigh_status wb_failure_in(const wb_ctx *ctx, weigh_language language, weigh_error *err) {
  const wb_failure *failure = &ctx->failure;
  weigh_status status = wb_message_status(failure->message);
  if (status == WEIGH_OK) status = WEIGH_REFUSED;
  if (!err) return status;
  *err = (weigh_error){.status = status};
  put(err->code, sizeof err->code, wb_str_of(wb_message_code(failure->message)));
  fill_message(err->message, sizeof err->message, failure->message, (wb_lang)language, failure->args, WB_MESSAGE_ARGS);
  add_use(err, (wb_lang)language, &failure->used);
  fill_field(err, failure->args);
  put(err->file, sizeof err->file, failure->place.file);
  if (failure->place.line) {
    err->line = failure->place.line;
    err->column = failure->place.column;
    put(err->excerpt, sizeof err->excerpt, failure->excerpt);
  }
  return status;
}

weigh_status wb_no_memory(weigh_language language, weigh_error *err) {
  return weigh_error_set(err, language, "OUT_OF_MEMORY", NULL, 0);
}

/* By code or id in any case. The table is sorted by ids, which are in capitals: `_` comes behind letters. */
static int compare_ids(const char *a, const char *b) {
  for (;; a++, b++) {
    const char x = *a >= 'a' && *a <= 'z' ? (char)(*a - 32) : *a, y = *b >= 'a' && *b <= 'z' ? (char)(*b - 32) : *b;
    if (x != y || !x) return x - y;
  }
}

static bool find_message(const char *id, wb_message_id *out) {
  int from = 0, to = WB_MESSAGE_COUNT;
  while (from < to) {
    const int middle = from + (to - from) / 2;
    const int order = compare_ids(wb_message_code((wb_message_id)middle), id);
    if (order == 0) return *out = (wb_message_id)middle, true;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return false;
}

const char *weigh_text(const char *id, weigh_language language) {
  wb_message_id message;
  return id && find_message(id, &message) ? wb_message_text(message, (wb_lang)language) : NULL;
}

weigh_status weigh_error_set(weigh_error *err, weigh_language language, const char *id, const char *const *args,
                             size_t arg_count) {
  wb_message_id message = WB_OUT_OF_MEMORY;
  wb_str texts[WB_MESSAGE_ARGS] = {{NULL, 0}};
  if (id) find_message(id, &message);
  weigh_status status = wb_message_status(message);
  if (!err) return status;
  for (size_t i = 0; i < arg_count && i < WB_MESSAGE_ARGS; i++) texts[i] = wb_str_of(args[i]);
  *err = (weigh_error){.status = status};
  put(err->code, sizeof err->code, wb_str_of(wb_message_code(message)));
  fill_message(err->message, sizeof err->message, message, (wb_lang)language, texts, WB_MESSAGE_ARGS);
  fill_field(err, texts);
  return status;
}

void weigh_set_allocator(void *(*alloc)(size_t size), void (*release)(void *block)) { wb_alloc_hook(alloc, release); }
