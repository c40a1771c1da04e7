/* How a model that was asked by name was found: the rungs of a ladder that were tried, in order. The last one answers. */
#ifndef WB_MODEL_RESOLUTION_H
#define WB_MODEL_RESOLUTION_H

#include "base/ctx.h"

typedef enum wb_rung {
  WB_RUNG_REGISTRY,  /* configurations that somebody asked to remember */
  WB_RUNG_CATALOGUE, /* those built in */
  WB_RUNG_REBUILT,   /* of a type that is not described: read as a decoder, with fields filled */
  WB_RUNG_FORMULA    /* not even that: the rule of thumb alone */
} wb_rung;

typedef struct wb_step_tried {
  wb_rung rung;
  bool found;
  double seconds;
  wb_message_id reason;
  wb_str args[2];
} wb_step_tried;

#define WB_RUNGS_TRIED 8

typedef struct wb_resolution {
  wb_step_tried steps[WB_RUNGS_TRIED];
  size_t count;
} wb_resolution;

const char *wb_rung_name(wb_rung rung); /* "registry" */

/* Seconds since some moment, for differences. */
double wb_clock(void);

/* Notes that a rung was tried since `began`. */
void wb_resolution_add(wb_resolution *resolution, wb_rung rung, bool found, double began, wb_message_id reason,
                       wb_str a, wb_str b);

#endif
