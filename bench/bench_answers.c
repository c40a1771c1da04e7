/* Answers a second, the configuration read anew for each: bench_answers CONFIG… prints path, answers a second and bytes. */
#include <stdio.h>
#include <time.h>

#include "weigh/weigh.h"

#define CONTEXT 131072
#define SECONDS 0.5

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool answer(weigh_library *library, const char *path, weigh_memory_result *out) {
  static const weigh_serving serving = {.context = CONTEXT, .sequences = 1};
  const weigh_model_request request = {.model = path};
  weigh_model *model = NULL;
  weigh_memory *memory = NULL;
  if (weigh_model_open(library, &request, &model, NULL) != WEIGH_OK) return false;
  const bool done = weigh_memory_open(model, &serving, &memory, NULL) == WEIGH_OK &&
                    weigh_memory_at(memory, CONTEXT, 1, out, NULL) == WEIGH_OK;
  weigh_model_free(model);
  return done;
}

int main(int count, char **paths) {
  weigh_library *library = NULL;
  if (weigh_library_open(NULL, &library, NULL) != WEIGH_OK) return 1;
  for (int i = 1; i < count; i++) {
    weigh_memory_result result = {0};
    int answers = 0;
    const double start = now();
    for (; now() - start < SECONDS; answers++)
      if (!answer(library, paths[i], &result)) return 1;
    printf("%s\t%.1f\t%lld\n", paths[i], answers / (now() - start), (long long)result.total_bytes);
  }
  weigh_library_free(library);
  return 0;
}
