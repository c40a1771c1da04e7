/* A progress bar on standard error, where that is a terminal and the answer goes elsewhere. */
#ifndef WEIGH_CLI_PROGRESS_H
#define WEIGH_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

typedef struct cli_progress {
  bool wanted;
  double began, shown; /* seconds; shown 0: never */
} cli_progress;

void cli_progress_begin(cli_progress *progress);
void cli_progress_show(void *progress, size_t done, size_t all); /* a weigh_progress_fn */
void cli_progress_end(cli_progress *progress);

#endif
