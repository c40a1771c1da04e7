/* Writers of weigh cases; JSON is one object over all of them. */
#ifndef WB_REPORT_CASES_H
#define WB_REPORT_CASES_H

#include "estimate/cases.h"
#include "report/report.h"

/* The card of the first worked case, for which the quick tables say how many sequences it takes. */
#define WB_QUICK_CARD "RTX 4090"

void wb_write_cases(wb_out *out, wb_json_out *json, wb_library *lib, const wb_case *cases, size_t count);
/* Tables of one model: `one` on a card, `all` over the usual ones. */
void wb_write_quick(wb_out *out, wb_json_out *json, wb_advice *one, wb_advice *all);
void wb_end_cases(wb_out *out, wb_json_out *json);

#endif
