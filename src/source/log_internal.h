/* What the files of the log reader share; nobody else includes this. */
#ifndef WB_SOURCE_LOG_INTERNAL_H
#define WB_SOURCE_LOG_INTERNAL_H

#include "source/log.h"

/* What stands in a hole. */
typedef enum wb_log_type {
  WB_LOG_AMOUNT, /* a number of the type's unit */
  WB_LOG_SIZE,   /* a number with its unit behind it */
  WB_LOG_WORD,   /* up to a blank or , ; ' " ) ] } | */
  WB_LOG_NAME,   /* up to two blanks or the next | */
  WB_LOG_DEVICE, /* letters, digits, _ and - */
  WB_LOG_TEXT    /* as little as possible */
} wb_log_type;

typedef enum wb_log_kind {
  WB_LOG_FACT,
  WB_LOG_SETTING,
  WB_LOG_RANK,    /* whose line it is */
  WB_LOG_PLACE,   /* the device that the facts of this line are about */
  WB_LOG_START,   /* the engine starts: what it said before is of another run */
  WB_LOG_SECTION, /* the device that facts are about from here on */
  WB_LOG_IGNORED
} wb_log_kind;

typedef struct wb_log_quantity {
  wb_str name, unit;
  wb_log_kind kind;
} wb_log_quantity;

typedef enum wb_log_step {
  WB_LOG_LITERAL,
  WB_LOG_BLANKS,
  WB_LOG_MAYBE_BLANKS,
  WB_LOG_ANYTHING,
  WB_LOG_HOLE
} wb_log_step;

typedef struct wb_log_token {
  wb_log_step step;
  wb_log_type type;
  wb_str text;                     /* LITERAL */
  wb_i128 scale;                   /* AMOUNT: bytes of the unit, 1 for plain numbers */
  bool counts;                     /* AMOUNT: printed exactly when it is whole */
  const wb_log_quantity *quantity; /* HOLE; NULL: not kept */
} wb_log_token;

#define WB_LOG_TOKENS 64
#define WB_LOG_HOLES  12

typedef struct wb_log_pattern {
  wb_str engine;
  wb_log_token *tokens;
  size_t count;
  wb_str anchor; /* its longest literal: a line without it cannot match */
  size_t next;   /* in its bucket, from 1; 0: the last */
  uint32_t seen; /* the line, from 1, in which the anchor was seen last */
} wb_log_pattern;

/* What a pattern's hole held. */
typedef struct wb_log_capture {
  const wb_log_token *hole;
  wb_str text;  /* of the value alone */
  wb_str shown; /* with its unit */
  wb_num value, half;
} wb_log_capture;

typedef struct wb_log_match {
  wb_log_capture captures[WB_LOG_HOLES];
  size_t count;
} wb_log_match;

/* A column of data/logs/columns.tsv. */
typedef struct wb_log_column {
  wb_str engine, header;
  wb_log_token hole;
} wb_log_column;

#define WB_LOG_BUCKETS 4096u

typedef struct wb_log_patterns {
  wb_log_pattern *items;
  size_t count, cap;
  bool begins[1 << 16];           /* whether an anchor begins with these two bytes */
  size_t buckets[WB_LOG_BUCKETS]; /* anchors of four bytes and more, by the first four; from 1 */
  size_t brief;                   /* shorter anchors; from 1 */
  wb_log_quantity *quantities;
  size_t quantity_count, quantity_cap;
  wb_log_column *columns;
  size_t column_count, column_cap;
  wb_text faulty;
} wb_log_patterns;

wb_log_patterns *wb_log_patterns_read(wb_ctx *ctx);

/* Keys of an anchor's first two and four bytes. */
static inline size_t wb_log_pair(const char *at) {
  return (size_t)(unsigned char)at[0] << 8 | (size_t)(unsigned char)at[1];
}
static inline size_t wb_log_bucket(const char *at) {
  return (uint32_t)(wb_log_pair(at) << 16 | wb_log_pair(at + 2)) * 2654435761u >> 20;
}

/* Where the value that begins at `at` ends; `at` itself when there is none. */
size_t wb_log_take(const wb_log_token *hole, wb_str line, size_t at, wb_log_capture *out);

/* Finds the pattern in a line. Bounded: gives up on a line that would take long. */
bool wb_log_find(const wb_log_pattern *pattern, wb_str line, wb_log_match *match);

/* ---- log_table.c ---- */

#define WB_LOG_COLUMNS 32

/* A table of comma-separated values whose header was seen. */
typedef struct wb_log_table {
  wb_str engine;
  wb_log_token holes[WB_LOG_COLUMNS];
  size_t count; /* columns; 0: no table */
} wb_log_table;

/* Looks at a line as a header (then the table begins) or as a row of the table, whose values are put into `match`. True
 * when it is one of them; any other line ends the table. */
bool wb_log_table_line(const wb_log_patterns *all, wb_log_table *table, wb_str line, wb_log_match *match);

#endif
