#include "report/out.h"

void wb_table_cell(wb_table *table, wb_str text) {
  WB_PUSH_ROOM(table->ctx, table->cells, table->count, table->cap);
  table->cells[table->count++] = text;
}

static uint32_t next_char(wb_str text, size_t *at) {
  unsigned char c = (unsigned char)text.ptr[(*at)++];
  uint32_t code = c;
  int more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : c >= 0xC0 ? 1 : 0;
  if (more) code = c & (0x3Fu >> more);
  while (more-- > 0 && *at < text.len) code = code << 6 | ((unsigned char)text.ptr[(*at)++] & 0x3F);
  return code;
}

/* East Asian wide blocks, as terminals draw them (Unicode UAX #11, the common ranges). */
static bool wide(uint32_t c) {
  return (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE4F) || (c >= 0xFF00 && c <= 0xFF60) ||
         (c >= 0xFFE0 && c <= 0xFFE6);
}

size_t wb_text_columns(wb_str text) {
  size_t columns = 0;
  for (size_t at = 0; at < text.len;) columns += wide(next_char(text, &at)) ? 2 : 1;
  return columns;
}

static void pad(wb_text *out, wb_str text, size_t width, bool right, bool last) {
  size_t used = wb_text_columns(text), blank = width > used ? width - used : 0;
  if (right) wb_text_addn(out, ' ', blank);
  wb_text_add(out, text);
  if (!right && !last) wb_text_addn(out, ' ', blank);
}

static size_t column_width(wb_out *out, const wb_table *t, size_t column) {
  size_t width = wb_text_columns(wb_str_of(wb_out_label(out, t->columns[column].label)));
  for (size_t i = column; i < t->count; i += t->column_count) {
    size_t w = wb_text_columns(t->cells[i]);
    if (w > width) width = w;
  }
  return width;
}

/* Empty cells at the end leave no blanks behind. */
static void end_line(wb_text *out) {
  while (out->len && out->ptr[out->len - 1] == ' ') out->len--;
  wb_text_addc(out, '\n');
}

static void write_text(wb_out *out, const wb_table *t) {
  size_t widths[WB_TABLE_COLUMNS];
  const bool color = out->options->color;
  for (size_t c = 0; c < t->column_count; c++) widths[c] = column_width(out, t, c);
  if (color) wb_text_adds(&out->text, "\033[1m");
  for (size_t c = 0; c < t->column_count; c++) {
    wb_text_adds(&out->text, "  ");
    pad(&out->text, wb_str_of(wb_out_label(out, t->columns[c].label)), widths[c], t->columns[c].right,
        c + 1 == t->column_count);
  }
  if (color) wb_text_adds(&out->text, "\033[0m");
  wb_text_addc(&out->text, '\n');
  for (size_t i = 0; i < t->count; i++) {
    size_t c = i % t->column_count;
    wb_text_adds(&out->text, "  ");
    pad(&out->text, t->cells[i], widths[c], t->columns[c].right, c + 1 == t->column_count);
    if (c + 1 == t->column_count) {
      end_line(&out->text);
      wb_out_flush(out, false);
    }
  }
}

static void csv_cell(wb_text *out, wb_str cell) {
  bool quote = false;
  for (size_t i = 0; i < cell.len; i++)
    quote = quote || cell.ptr[i] == ',' || cell.ptr[i] == '"' || cell.ptr[i] == '\n' || cell.ptr[i] == '\r';
  if (!quote) {
    wb_text_add(out, cell);
    return;
  }
  wb_text_addc(out, '"');
  for (size_t i = 0; i < cell.len; i++) {
    if (cell.ptr[i] == '"') wb_text_addc(out, '"');
    wb_text_addc(out, cell.ptr[i]);
  }
  wb_text_addc(out, '"');
}

/* A tab or a line end inside a cell would make another cell: a blank takes its place. */
static void tsv_cell(wb_text *out, wb_str cell) {
  for (size_t i = 0; i < cell.len; i++) {
    char c = cell.ptr[i];
    wb_text_addc(out, c == '\t' || c == '\n' || c == '\r' ? ' ' : c);
  }
}

/* A line end would end the row; what Markdown would take for a mark of its own is escaped. An underscore inside a word
 * is none. */
static void markdown_cell(wb_text *out, wb_str cell) {
  for (size_t i = 0; i < cell.len; i++) {
    char c = cell.ptr[i];
    bool alone = i > 0 && i + 1 < cell.len && cell.ptr[i - 1] == ' ' && cell.ptr[i + 1] == ' ';
    if (c == '|' || c == '\\' || c == '`' || ((c == '*' || c == '<') && !alone)) wb_text_addc(out, '\\');
    wb_text_addc(out, c == '\n' || c == '\r' ? ' ' : c);
  }
}

void wb_out_cell(wb_out *out, wb_str cell) {
  if (out->options->format == WEIGH_FORMAT_TSV) tsv_cell(&out->text, cell);
  else if (out->options->format == WEIGH_FORMAT_MARKDOWN) markdown_cell(&out->text, cell);
  else csv_cell(&out->text, cell);
}

static void write_separated(wb_out *out, const wb_table *t) {
  bool tsv = out->options->format == WEIGH_FORMAT_TSV;
  for (size_t c = 0; c < t->column_count; c++)
    wb_text_addf(&out->text, "%s%s", c ? (tsv ? "\t" : ",") : "", t->columns[c].key);
  wb_text_addc(&out->text, '\n');
  for (size_t i = 0; i < t->count; i++) {
    size_t c = i % t->column_count;
    if (c) wb_text_addc(&out->text, tsv ? '\t' : ',');
    wb_out_cell(out, t->cells[i]);
    if (c + 1 == t->column_count) {
      wb_text_addc(&out->text, '\n');
      wb_out_flush(out, false);
    }
  }
}

static void write_markdown(wb_out *out, const wb_table *t) {
  for (size_t c = 0; c < t->column_count; c++)
    wb_text_addf(&out->text, "| %s ", wb_out_label(out, t->columns[c].label));
  wb_text_adds(&out->text, "|\n");
  for (size_t c = 0; c < t->column_count; c++) wb_text_adds(&out->text, t->columns[c].right ? "| --: " : "| --- ");
  wb_text_adds(&out->text, "|\n");
  for (size_t i = 0; i < t->count; i++) {
    wb_text_adds(&out->text, "| ");
    markdown_cell(&out->text, t->cells[i]);
    wb_text_addc(&out->text, ' ');
    if (i % t->column_count + 1 == t->column_count) {
      wb_text_adds(&out->text, "|\n");
      wb_out_flush(out, false);
    }
  }
}

void wb_table_write(wb_out *out, const wb_table *table) {
  switch (out->options->format) {
    case WEIGH_FORMAT_CSV:
    case WEIGH_FORMAT_TSV: write_separated(out, table); break;
    case WEIGH_FORMAT_MARKDOWN: write_markdown(out, table); break;
    case WEIGH_FORMAT_TEXT:
    case WEIGH_FORMAT_JSON: write_text(out, table); break;
  }
}
