/* What `weigh flops` shows, gathered once for every format. */
#ifndef WB_REPORT_FLOPS_H
#define WB_REPORT_FLOPS_H

#include "estimate/pass.h"
#include "report/report.h"

typedef struct wb_flops_row {
  wb_str name;      /* an operation's place and kind, a class of layers, a group */
  wb_str operation; /* by operation: its kind */
  wb_num count;     /* runs, layers */
  wb_cost cost;
  wb_work work;
  wb_num flops; /* those that count in the total */
  wb_num bytes;
} wb_flops_row;

typedef struct wb_flops_facts {
  wb_pass pass;
  wb_compute *compute;
  wb_work work;
  wb_num total, bytes;
  wb_num saved_bytes, temp_bytes; /* kept for backward; the largest one operation needs beside its results */
  wb_num routed, shared, dense;   /* active parameters by parts */
  wb_flops_row *rows;
  size_t row_count, row_cap;
} wb_flops_facts;

wb_flops_facts wb_flops_gather(wb_model *model, const weigh_report_options *options);

/* conventions.c */
void wb_json_conventions(wb_json_out *j, wb_model *model, const weigh_pass *pass);
void wb_write_conventions(wb_out *out, wb_model *model, const weigh_pass *pass);

#endif
