/* What the writers of weigh design share. Internal to src/report. */
#ifndef WB_REPORT_DESIGN_H
#define WB_REPORT_DESIGN_H

#include "estimate/design.h"
#include "report/report.h"

extern const char *const WB_DESIGN_ROLE_NAMES[WB_DESIGN_ROLES];

/* Of a training run with the least compute, by rule of thumb. */
wb_i128 wb_design_training_tokens(const wb_design_row *row);

void wb_design_json(wb_out *out, const wb_design *design);

#endif
