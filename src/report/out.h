/* Where a report goes: text collected in an arena and handed to the caller in pieces. */
#ifndef WB_REPORT_OUT_H
#define WB_REPORT_OUT_H

#include "base/ctx.h"
#include "base/num.h"
#include "weigh/weigh.h"

typedef struct wb_out {
  wb_text text;
  weigh_write_fn write;
  void *user;
  const weigh_report_options *options;
  wb_lang lang;
  bool one_line;           /* JSON without newlines and the blanks that go with them */
  bool figures_are_loaded; /* a quantised checkpoint is weighed as such: no warning that it is not */
} wb_out;

/* Hands over what has been collected when it is more than a page (or `all`); fails the context with write_failed. */
void wb_out_flush(wb_out *out, bool all);

/* Where a figure comes from, in the report's language where it is prose (data/messages/sources.tsv). */
wb_str wb_out_told(const wb_out *out, wb_str source);

/* A message of data/messages in the report's language, with places filled. */
void wb_out_message(wb_out *out, wb_message_id id, size_t count, const wb_str *args);
const char *wb_out_label(const wb_out *out, wb_message_id id);

/* ---- JSON ---- */

typedef struct wb_json_out {
  wb_out *out;
  uint32_t depth;
  bool first; /* nothing written yet at this level */
} wb_json_out;

void wb_jo_begin(wb_json_out *j, const char *key, char bracket); /* '{' or '['; key NULL inside lists */
void wb_jo_end(wb_json_out *j, char bracket);
void wb_jo_str(wb_json_out *j, const char *key, wb_str value);
void wb_jo_int(wb_json_out *j, const char *key, wb_i128 value);
void wb_jo_num(wb_json_out *j, const char *key, wb_num value); /* integers exactly, fractions as decimals */
void wb_jo_real(wb_json_out *j, const char *key, double value);
void wb_jo_bool(wb_json_out *j, const char *key, bool value);
void wb_jo_null(wb_json_out *j, const char *key);
void wb_json_string(wb_text *out, wb_str value); /* quoted and escaped */

/* ---- Tables ---- */

#define WB_TABLE_COLUMNS 12

typedef struct wb_column {
  const char *key;     /* CSV, TSV header: never translated */
  wb_message_id label; /* text and Markdown header */
  bool right;          /* numbers */
} wb_column;

typedef struct wb_table {
  wb_ctx *ctx;
  const wb_column *columns;
  size_t column_count;
  wb_str *cells; /* row by row */
  size_t count, cap;
} wb_table;

void wb_table_cell(wb_table *table, wb_str text);
/* As text, CSV, TSV or Markdown, by the options of `out`. Numbers are grouped (1,234) in text and Markdown by whoever
 * fills the cells: see wb_out_plain. */
void wb_table_write(wb_out *out, const wb_table *table);

/* True when numbers must stand without separators: CSV, TSV. */
bool wb_out_plain(const wb_out *out);
wb_str wb_out_number(const wb_out *out, wb_i128 value);

#define WB_GIB 1073741824.0
wb_str wb_gib(wb_ctx *ctx, wb_i128 bytes);             /* "12.34" */
wb_str wb_out_bytes(const wb_out *out, wb_i128 bytes); /* as wb_gib for people, bytes in CSV and TSV */

/* One cell of CSV, TSV or Markdown, for reports whose rows are written as they are made. */
void wb_out_cell(wb_out *out, wb_str cell);

/* How many terminal columns a text takes: Chinese characters take two. */
size_t wb_text_columns(wb_str text);

#endif
