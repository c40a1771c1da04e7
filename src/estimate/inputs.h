/* What formulas of data/ read: dimensions of the model as built, fields of its configuration, options that were given. */
#ifndef WB_ESTIMATE_INPUTS_H
#define WB_ESTIMATE_INPUTS_H

#include "model/model.h"

/* An option of an engine as it was given. */
typedef struct wb_option {
  wb_str name;
  wb_value value;
} wb_option;

/* The scope of a method's or an engine's formulas. Names are, in this order: what wb_inputs_give gave, what the model as
 * built gives (V, H, I, L, tied, rms, totals), options and fields that the declaration names, constants. */
typedef struct wb_inputs {
  wb_scope scope; /* first */
  const wb_decl *decl;
  wb_model *model; /* NULL: none was asked about */
  wb_fields *fields;
  const wb_option *options;
  size_t option_count;
  wb_scope
      *formulas; /* where defaults of options are evaluated, so that they read the formulas' names too; NULL: here */
} wb_inputs;

wb_inputs *wb_inputs_new(wb_model *model, const wb_decl *decl);
/* The same without a model: options, what is given, constants. */
wb_inputs *wb_inputs_bare(wb_library *lib, wb_ctx *ctx, const wb_decl *decl);
/* Whether the model is a stack of attention and feed-forward layers. */
bool wb_inputs_apply(wb_model *model);
void wb_inputs_give(wb_ctx *ctx, wb_inputs *inputs, const wb_sym *name, wb_value value, wb_origin_kind origin);

/* Whether a name is a field's own or one of its aliases. */
bool wb_option_is(const wb_field *field, wb_str name);

/* Dimensions of the model as built, for formulas that know one kind of layer. */
typedef struct wb_dimensions {
  wb_num vocabulary, hidden, inner;
  uint64_t layers;
} wb_dimensions;
wb_dimensions wb_model_dimensions(wb_model *model);

#endif
