/* What a control of an option offers: data/options, whose README says what the columns are. */
#ifndef WEIGH_FACE_RANGES_H
#define WEIGH_FACE_RANGES_H

#include "base/str.h"
#include "face/options.h"

/* What a value is, for those who offer a control: flag, choice, count, number, percent, bytes, size, text, list, members. */
const char *face_kind_name(const face_option *option);
bool face_is_number(const face_option *option);

/* A row of ranges.tsv; cells that say nothing are empty. */
typedef struct face_range {
  wb_str option, of, assumed, low, high, step, ticks, best, unit, impact, source;
} face_range;

/* The next row at *at (start with 0); false at the end. */
bool face_range_next(size_t *at, face_range *out);

/* The row of an option; false: there is none. */
bool face_range_find(const face_option *option, face_range *out);

/* What the row says in words, "default 4k; 1..16M tokens"; false: nothing. */
bool face_range_text(const face_option *option, weigh_language language, char *out, size_t size);

/* The next choice of an option at *at that a message says the meaning of, and the id of that message. */
bool face_choice_next(const face_option *option, size_t *at, wb_str *choice, wb_str *about);

/* Where the names stand that an option takes, of kind table, report or models. */
typedef struct face_list {
  wb_str kind, name;
} face_list;
bool face_list_next(const face_option *option, size_t *at, face_list *out);

/* A number as it is typed, "4k", "0.5"; false: it is none. */
bool face_range_number(wb_str cell, double *out);

#endif
