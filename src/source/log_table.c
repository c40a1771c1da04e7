/* Tables of comma-separated values with a header, as monitoring tools write them (data/logs/columns.tsv). */
#include <string.h>

#include "source/log_internal.h"

/* Cells of a line; 0 when there are too many. */
static size_t split(wb_str line, wb_str cells[WB_LOG_COLUMNS]) {
  size_t count = 0;
  for (size_t from = 0; from <= line.len; count++) {
    const char *comma = from < line.len ? memchr(line.ptr + from, ',', line.len - from) : NULL;
    const size_t to = comma ? (size_t)(comma - line.ptr) : line.len;
    if (count == WB_LOG_COLUMNS) return 0;
    cells[count] = wb_str_trim(wb_str_slice(line, from, to));
    from = to + 1;
  }
  return count;
}

static const wb_log_column *column_of(const wb_log_patterns *all, wb_str header) {
  for (size_t i = 0; i < all->column_count; i++)
    if (wb_str_eq(all->columns[i].header, header)) return &all->columns[i];
  return NULL;
}

/* A header holds a column of figures: words such as "name" alone are none. */
static bool read_header(const wb_log_patterns *all, wb_log_table *table, const wb_str *cells, size_t count) {
  bool figures = false;
  for (size_t i = 0; i < count; i++) {
    const wb_log_column *column = column_of(all, cells[i]);
    table->holes[i] = column ? column->hole : (wb_log_token){.quantity = NULL};
    if (!column) continue;
    table->engine = column->engine;
    figures = figures || column->hole.quantity->kind == WB_LOG_FACT;
  }
  table->count = figures ? count : 0;
  return figures;
}

bool wb_log_table_line(const wb_log_patterns *all, wb_log_table *table, wb_str line, wb_log_match *match) {
  wb_str cells[WB_LOG_COLUMNS];
  match->count = 0;
  if (!memchr(line.ptr, ',', line.len)) {
    table->count = 0;
    return false;
  }
  const size_t count = split(line, cells);
  const bool row = count > 0 && count == table->count;
  for (size_t i = 0; row && i < count && match->count < WB_LOG_HOLES; i++) {
    wb_log_capture capture = {0};
    if (!table->holes[i].quantity || wb_log_take(&table->holes[i], cells[i], 0, &capture) == 0) continue;
    match->captures[match->count++] = capture;
  }
  if (match->count) return true;
  return read_header(all, table, cells, count);
}
