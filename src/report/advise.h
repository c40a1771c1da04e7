/* What the writers of weigh advise share. Internal to src/report. */
#ifndef WB_REPORT_ADVISE_H
#define WB_REPORT_ADVISE_H

#include "estimate/advise.h"
#include "report/report.h"

void wb_advise_json(wb_out *out, const wb_advice *advice);
void wb_advise_json_scenarios(wb_json_out *j, const wb_advice *advice);
void wb_advise_json_optimizers(wb_json_out *j, const wb_advice *advice);
/* A section's title, not in CSV and TSV; there tables are set apart by an empty line behind each. */
void wb_advise_title(wb_out *out, wb_message_id id, size_t count, const wb_str *args);
void wb_advise_table(wb_out *out, const wb_table *table);
void wb_advise_needed(wb_out *out, const wb_advice *advice);
void wb_advise_cards(wb_out *out, const wb_advice *advice);
void wb_advise_optimizers(wb_out *out, const wb_advice *advice);
wb_str wb_scenario_title(wb_out *out, const wb_scenario *scenario);
/* The sentence of a failure that was met on the way. */
wb_str wb_refusal(wb_out *out, const wb_failure *failure);
/* Per cent saved of the part that the claim is about. */
double wb_saved_percent(const wb_tradeoff *tradeoff);
/* The claim in numbers, "30-50", "divide"; false: none. */
bool wb_claim_range(const wb_tradeoff *tradeoff, wb_str claim, double *low, double *high);

#endif
