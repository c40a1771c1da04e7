/* A method's answer, for the reports that show one. */
#ifndef WB_REPORT_METHOD_H
#define WB_REPORT_METHOD_H

#include "estimate/side_by_side.h"
#include "report/report.h"

/* An object: name, function, source, quantities, derivation, inputs, ignored, notes. */
void wb_json_method(wb_json_out *j, const char *key, const wb_method_result *result);
/* Each quantity as formula, numbers, value. */
void wb_write_method(wb_out *out, const wb_method_result *result);
void wb_write_notes(wb_out *out, const wb_method_result *result);
/* Methods beside the exact figures: a table, an array "methods". */
void wb_write_deviations(wb_out *out, const wb_deviation *items, size_t count);
void wb_json_deviations(wb_json_out *j, const wb_deviation *items, size_t count);
/* What a method that was asked for says beside the exact answer: its formulas and causes; a member "method". */
void wb_write_asked_method(wb_out *out, const wb_deviation *item);
void wb_json_asked_method(wb_json_out *j, const wb_deviation *item);
/* An option of a command that a method may read under a name of the question (NULL: none does). */
typedef struct wb_given_option {
  const char *option, *name;
  bool given;
} wb_given_option;
/* Options that were given and that a method does not read: as a line, and as "ignored_options". */
void wb_write_ignored(wb_out *out, const wb_method_result *result, const wb_given_option *options, size_t count);
void wb_json_ignored(wb_json_out *j, const wb_method_result *result, const wb_given_option *options, size_t count);

#endif
