#include "estimate/precision.h"

#include "base/tsv.h"
#include "estimate/engine.h"

#define COLUMNS 9

static bool next_row(size_t *at, wb_precision *out) {
  wb_str c[COLUMNS];
  if (!wb_tsv_next(wb_data_text("precision/policies.tsv"), at, c, COLUMNS)) return false;
  *out = (wb_precision){c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8]};
  return true;
}

static bool means(const wb_precision *policy, wb_str name) {
  wb_str alias;
  for (size_t at = 0; wb_str_next(policy->aliases, '|', &at, &alias);)
    if (wb_str_eq(alias, name)) return true;
  return wb_str_eq(policy->name, name);
}

wb_precision wb_precision_find(wb_ctx *ctx, wb_str asked) {
  const wb_str name = asked.len < 64 ? wb_engine_plain(ctx, wb_str_trim(asked)) : WB_STR("");
  wb_text known = {.ctx = ctx};
  wb_precision row;
  for (size_t at = 0; next_row(&at, &row);) {
    if (means(&row, name)) return row;
    wb_text_addf(&known, "%s%.*s", known.len ? ", " : "", WB_STR_ARG(row.name));
  }
  WB_FAIL(ctx, WB_PRECISION_UNKNOWN, WB_NOWHERE, asked, wb_text_str(&known));
}

wb_precision wb_precision_of(const wb_precision *policy, const wb_trained *t) {
  wb_precision out = policy ? *policy : (wb_precision){.name = WB_STR("stored")};
  if (policy && !t->is_adapter) return out;
  const bool full = wb_str_is(t->dtype, "float32");
  out.weights = out.gradients = t->dtype;
  if (!policy || full || !out.master.len) out.stepped = t->dtype;
  if (!policy || full) out.master = WB_STR("");
  if (!policy) out.compute = t->dtype;
  return out;
}
