/* Which modules of a model an adapter takes. Internal to src/estimate. */
#ifndef WB_ESTIMATE_ADAPTER_TARGET_H
#define WB_ESTIMATE_ADAPTER_TARGET_H

#include "estimate/inputs.h"
#include "estimate/modules.h"

/* Names as a user lists them: "q_proj, v_proj". */
typedef struct wb_names_list {
  wb_str *items;
  size_t count, cap;
} wb_names_list;
wb_names_list wb_names_split(wb_ctx *ctx, wb_str text);

typedef struct wb_targeting {
  wb_str asked;           /* target_modules as given; empty: not given */
  wb_str list;            /* of targets.tsv, for models without a word on it */
  wb_str excluded, saved; /* exclude_modules, modules_to_save */
  wb_str layers;          /* layers_to_transform */
  bool parameters;        /* experts that were modules once are adapted as tensors (experts.tsv) */
} wb_targeting;

/* The modules to adapt, with how many copies of each. Fails adapter_targets. */
wb_modules wb_adapter_targets(wb_model *model, const wb_modules *all, const wb_targeting *targeting);

/* The names that a list of targets.tsv has for the model's type; false for none. */
bool wb_adapter_defaults(wb_model *model, wb_str list, wb_names_list *names, wb_str *within);

/* adapter_options.c: options from texts, and whether they are of the kinds of their defaults. */
wb_option *wb_adapter_options(wb_ctx *ctx, const wb_decl *decl, const char *const *texts, size_t count);
void wb_adapter_check_options(wb_model *model, const wb_inputs *inputs);

#endif
