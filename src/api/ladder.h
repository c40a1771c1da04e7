/* From a name to a configuration: the registry, the catalogue, and what is left when neither can be described. */
#ifndef WB_API_LADDER_H
#define WB_API_LADDER_H

#include "api/handle.h"
#include "model/resolution.h"

/* What a name means. */
typedef struct wb_known {
  wb_str id, config;
  wb_rung from;
} wb_known;

/* Looks a name up, noting each rung in model->model.resolution. False: nobody knows it. Fails the model's context. */
bool wb_ladder_find(weigh_model *model, wb_str name, wb_known *out);

/* Fails when the registry could not be read: the name may stand there. */
void wb_ladder_unread(weigh_model *model, wb_str name);

/* Gives a model whose type is not described and that was asked by name the rule of thumb's total. Fails the model's
 * context as it did before when that needs fields that are not there. */
void wb_ladder_formula(weigh_model *model, const wb_failure *why, double began);

/* Whether that may be tried after a failure. */
bool wb_ladder_goes_on(const weigh_model *model);

/* Closes what weigh_library_use_registry opened. */
void wb_ladder_close(weigh_library *library);

#endif
