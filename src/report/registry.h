/* Reports about remembered configurations. */
#ifndef WB_REPORT_REGISTRY_H
#define WB_REPORT_REGISTRY_H

#include "registry/store.h"
#include "report/report.h"

/* What was refused, or is at fault. */
typedef struct wb_registry_fault {
  wb_str what, code, message;
} wb_registry_fault;

/* What came of something that was done. A count below 0 has no meaning there and is not shown. */
typedef struct wb_registry_done {
  const char *action; /* "add", "remove" … */
  wb_str where;
  wb_i128 added, replaced, unchanged, refused, removed, checked;
  wb_registry_fault *faults;
  size_t fault_count, fault_cap;
} wb_registry_done;

void wb_report_configs(wb_out *out, wb_str where, const wb_stored *rows, size_t count, bool more);
void wb_report_config(wb_out *out, wb_str where, const wb_stored *entry);
void wb_report_registry_done(wb_out *out, const wb_registry_done *done);

#endif
