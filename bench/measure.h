/* What benchmarks that ask the library share: processor time, and a sink that counts what it is given. */
#ifndef WEIGH_BENCH_MEASURE_H
#define WEIGH_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* Seconds of processor time of this process. */
static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A weigh_sink; `user` is a size_t. */
static inline bool count(void *user, const char *bytes, size_t size) {
  (void)bytes;
  *(size_t *)user += size;
  return true;
}

#endif
