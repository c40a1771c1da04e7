/* A design while it is searched for. Internal to src/api. */
#ifndef WB_API_DESIGN_H
#define WB_API_DESIGN_H

#include "api/handle.h"
#include "estimate/design.h"
#include "report/report.h"

/* How much is found out about a model: whether it fits; all of it where it does; its load even where weights alone are too
 * much. */
typedef enum wb_design_work { WB_DESIGN_WHETHER, WB_DESIGN_HOW_FAR, WB_DESIGN_LOAD } wb_design_work;

typedef struct wb_designing {
  wb_ctx *ctx; /* of the report; models have their own */
  weigh_library *library;
  wb_design *design;
  wb_i128 room;      /* bytes of all cards together; 0: weights may stand elsewhere too */
  double least_bits; /* that a weight takes, surely */
  wb_design_work work;
  wb_design_verdict verdict; /* of the model tried last, with its figures */
  wb_design_figures figures;
  weigh_error error;
  weigh_model *base; /* that totals of the grid are counted with; freed at the end */
} wb_designing;

/* Tries a configuration in memory of its own; the figures are in `designing`. Fails the report's context where memory
 * runs out, and with nothing else. */
wb_design_verdict wb_designing_try(wb_designing *designing, wb_str config, wb_design_work work);

/* Fails the report's context where memory ran out, which is no matter of the model. */
void wb_designing_stop(wb_designing *designing, weigh_status status);

/* Fills in proposals, and the next larger step. */
void wb_designing_propose(wb_designing *designing);

#endif
