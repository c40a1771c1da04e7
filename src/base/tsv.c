#include "base/tsv.h"

#include "base/num.h"

#include <string.h>

#include "base/data.h"

wb_str wb_data_text(const char *path) {
  size_t from = 0, to = wb_data_file_count; /* sorted by path */
  while (from < to) {
    const size_t middle = from + (to - from) / 2;
    const wb_data_file *file = &wb_data_files[middle];
    const int order = strcmp(file->path, path);
    if (order == 0) return (wb_str){file->bytes, file->length};
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return WB_STR("");
}

static bool next_line(wb_str text, size_t *at, wb_str *line) {
  while (*at < text.len) {
    const char *end = memchr(text.ptr + *at, '\n', text.len - *at);
    size_t to = end ? (size_t)(end - text.ptr) : text.len;
    *line = wb_str_slice(text, *at, to);
    *at = to + 1;
    if (line->len && line->ptr[0] != '#') return true;
  }
  return false;
}

static wb_str cell(wb_str line, size_t *at) {
  size_t from = *at < line.len ? *at : line.len;
  const char *tab = from < line.len ? memchr(line.ptr + from, '\t', line.len - from) : NULL;
  size_t to = tab ? (size_t)(tab - line.ptr) : line.len;
  *at = to + 1;
  return wb_str_trim(wb_str_slice(line, from, to));
}

bool wb_tsv_next(wb_str text, size_t *at, wb_str *cells, size_t columns) {
  wb_str line;
  bool header = *at == 0;
  if (header && !next_line(text, at, &line)) return false;
  if (!next_line(text, at, &line)) return false;
  size_t column = 0;
  for (size_t i = 0; i < columns; i++) cells[i] = cell(line, &column);
  return true;
}

double wb_tsv_real(wb_str cell) {
  wb_num n;
  return wb_num_parse(cell, &n) ? wb_num_double(n) : 0;
}
