/* One question to a model that stays open. What a report makes is released behind it, so that a model may be asked any number
 * of times; where something that was there before was given a part of it (a name worked out for the first time, formats
 * weighed), all of it stays, and is found the next time. */
#ifndef WB_API_TURN_H
#define WB_API_TURN_H

#include "model/model.h"

typedef struct wb_turn {
  wb_model before;
  wb_mark mark;
} wb_turn;

void wb_turn_begin(wb_turn *turn, wb_model *model);

/* Puts the warnings back to those that the model itself has. */
void wb_turn_end(wb_turn *turn, wb_model *model);

#endif
