/* Looks for the cards of this machine: runs the tools and reads the files that weigh/local.h lists. */
#ifndef WEIGH_CLI_LOCAL_H
#define WEIGH_CLI_LOCAL_H

#include "parse.h"
#include "weigh/local.h"

/* weigh gpus --local. */
weigh_status cli_report_local(weigh_library *library, face_question *o, weigh_error *err);

/* --gpu local: puts what is found in its place; how many cards, and their memory, only where they were not given. Does
 * nothing for any other name. `found` must outlive the question. */
weigh_status cli_place_local(weigh_library *library, face_question *o, weigh_local *found, weigh_error *err);

#endif
