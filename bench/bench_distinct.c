/* Questions that all differ, asked of one library: bench_distinct CONFIG… (or none: models of the catalogue). Prints, for a
 * model opened anew each time and for a question about memory of one that is open, answers a second of processor time. */
#include <stdio.h>

#include "bench/measure.h"
#include "weigh/weigh.h"

#define SECONDS 1.0

static const char *const KNOWN[] = {"Qwen/Qwen3-8B", "01-ai/Yi-1.5-9B-Chat", "google/gemma-3-27b-it",
                                    "openai/gpt-oss-120b", "deepseek-ai/DeepSeek-V3"};

/* The total of each, as `weigh params -f json` answers it. */
static bool open_and_ask(weigh_library *library, const char *name, size_t *bytes) {
  static const weigh_report_options options = {.format = WEIGH_FORMAT_JSON};
  const weigh_model_request request = {.model = name};
  weigh_model *model = NULL;
  if (weigh_model_open(library, &request, &model, NULL) != WEIGH_OK) return false;
  const bool done = weigh_report(library, WEIGH_REPORT_PARAMS, model, NULL, &options, count, bytes, NULL) == WEIGH_OK;
  weigh_model_free(model);
  return done;
}

static int opening(weigh_library *library, const char *const *names, int n) {
  size_t bytes = 0;
  int asked = 0, refused = 0;
  for (int i = 0; i < n; i++) refused += !open_and_ask(library, names[i], &bytes); /* families are parsed once */
  const double start = now();
  for (; now() - start < SECONDS; asked++) open_and_ask(library, names[asked % n], &bytes);
  printf("params, a model opened for each\t%.0f/s\t%d of %d models answer\n", asked / (now() - start), n - refused, n);
  return refused == n;
}

static int asking(weigh_library *library, const char *name) {
  const weigh_model_request request = {.model = name};
  weigh_model *model = NULL;
  size_t bytes = 0;
  int asked = 0;
  const double start = now();
  for (; now() - start < SECONDS; asked++) {
    if (asked % 100 == 0) { /* what a report needs stays in its model's memory */
      weigh_model_free(model);
      model = NULL;
      if (weigh_model_open(library, &request, &model, NULL) != WEIGH_OK) return 1;
    }
    const weigh_report_options options = {
        .format = WEIGH_FORMAT_JSON, .serving = {.context = 1024 + asked * 7919 % 131072, .sequences = 1 + asked % 64}};
    if (weigh_report(library, WEIGH_REPORT_MEMORY, model, NULL, &options, count, &bytes, NULL) != WEIGH_OK) return 1;
  }
  printf("memory, another length each\t%.0f/s\t%s\n", asked / (now() - start), name);
  weigh_model_free(model);
  return 0;
}

int main(int argc, char **argv) {
  weigh_library *library = NULL;
  const bool given = argc > 1;
  if (weigh_library_open(NULL, &library, NULL) != WEIGH_OK) return 1;
  const int failed = opening(library, given ? (const char *const *)(argv + 1) : KNOWN, given ? argc - 1 : 5) ||
                     asking(library, KNOWN[0]);
  weigh_library_free(library);
  return failed;
}
