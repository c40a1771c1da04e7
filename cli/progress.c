/* How far a sweep is, on the last line of a terminal. */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#define FIRST 0.4 /* seconds before anything is shown, so that quick answers stay plain */
#define EACH  0.1
#define BAR   30

static double now(void) {
  struct timespec t;
  if (!timespec_get(&t, TIME_UTC)) return 0;
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void cli_progress_begin(cli_progress *p) {
  /* Rows on the same terminal show it themselves, and would be torn. */
  *p = (cli_progress){.wanted = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO), .began = now()};
}

void cli_progress_show(void *user, size_t done, size_t all) {
  cli_progress *p = user;
  const double time = p->wanted && done < all ? now() : 0;
  if (time < p->began + FIRST || time < p->shown + EACH) return;
  const int full = (int)((double)done / (double)all * BAR);
  fprintf(stderr, "\r  [");
  for (int i = 0; i < BAR; i++) fputs(i < full ? "█" : "·", stderr);
  fprintf(stderr, "] %zu / %zu  %.0f s\033[K", done, all, (time - p->began) * (double)(all - done) / (double)done);
  fflush(stderr);
  p->shown = time;
}

void cli_progress_end(cli_progress *p) {
  if (p->shown > 0) fprintf(stderr, "\r\033[K");
}
