#include "model/resolution.h"

#include <time.h>

const char *wb_rung_name(wb_rung rung) {
  static const char *const names[] = {"registry", "catalogue", "rebuilt", "formula"};
  return names[rung];
}

double wb_clock(void) {
  struct timespec t;
  return timespec_get(&t, TIME_UTC) ? (double)t.tv_sec + (double)t.tv_nsec / 1e9 : 0;
}

void wb_resolution_add(wb_resolution *r, wb_rung rung, bool found, double began, wb_message_id reason, wb_str a,
                       wb_str b) {
  const double took = wb_clock() - began;
  if (r->count < WB_RUNGS_TRIED)
    r->steps[r->count++] = (wb_step_tried){rung, found, took > 0 ? took : 0, reason, {a, b}};
}
