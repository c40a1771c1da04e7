/* Reading a JSON text from its two sides: the failure it may end in, and the places of its values. */
#include "source/json.h"

#include <string.h>

#include "source/json_internal.h"

_Noreturn void wb_json_fail(wb_ctx *ctx, wb_str text, wb_str file, const wb_json_fault *fault) {
  bool has_line = fault->id != WB_JSON_TOO_BIG && fault->id != WB_JSON_EMPTY;
  wb_place place = has_line ? wb_json_place_at(text, file, fault->offset) : wb_in_file(file);
  bool shown = has_line && fault->id != WB_JSON_ENCODING;
  ctx->failure.excerpt = shown ? wb_json_excerpt(ctx, text, fault->offset) : WB_STR("");
  wb_fail(ctx, fault->id, place, 2, fault->args);
}

wb_json *wb_json_read(wb_ctx *ctx, wb_str text, wb_str file) {
  wb_json_fault fault = {.offset = 0};
  wb_json *root = wb_json_parse(ctx, text, &fault);
  if (!root) wb_json_fail(ctx, text, file, &fault);
  return root;
}

wb_place wb_json_place_at(wb_str text, wb_str file, size_t offset) {
  if (offset > text.len) offset = text.len;
  size_t line = 1, start = wb_json_start(text);
  const char *newline;
  while (start < offset && (newline = memchr(text.ptr + start, '\n', offset - start)) != NULL) {
    line++;
    start = (size_t)(newline - text.ptr) + 1;
  }
  size_t column = offset < start ? 1 : offset - start + 1;
  return (wb_place){file, (uint32_t)line, (uint32_t)column};
}

wb_place wb_json_place(wb_str text, wb_str file, const wb_json *value) {
  return wb_json_place_at(text, file, value->offset);
}

#define EXCERPT_MAX 200u

wb_str wb_json_excerpt(wb_ctx *ctx, wb_str text, size_t offset) {
  if (offset > text.len) offset = text.len;
  size_t from = offset, to = offset, begin = wb_json_start(text);
  while (from > begin && text.ptr[from - 1] != '\n' && offset - from < EXCERPT_MAX) from--;
  if (offset - from >= EXCERPT_MAX) return WB_STR("");
  while (to < text.len && text.ptr[to] != '\n' && to - from < EXCERPT_MAX) to++;
  while (to > offset && to < text.len && ((unsigned char)text.ptr[to] & 0xc0) == 0x80) to--; /* no half character */
  char *line = wb_str_cstr(ctx, wb_str_slice(text, from, to));
  for (size_t i = 0; i < to - from; i++)
    if ((unsigned char)line[i] < ' ' || line[i] == 127) line[i] = ' ';
  return (wb_str){line, to - from};
}

const char *wb_json_kind_name(const wb_json *value) {
  static const char *const names[] = {[WB_JSON_NULL] = "null",
                                      [WB_JSON_BOOL] = "boolean",
                                      [WB_JSON_INT] = "integer",
                                      [WB_JSON_REAL] = "number",
                                      [WB_JSON_NONFINITE] = "not a finite number",
                                      [WB_JSON_BIG] = "very large number",
                                      [WB_JSON_STRING] = "string",
                                      [WB_JSON_ARRAY] = "list",
                                      [WB_JSON_OBJECT] = "object"};
  return names[value->kind];
}
