/* `weigh fit` asked again and again of an open model, another length each time, as a page that is dragged asks it:
 * milliseconds of processor time an answer (the first, then the median), and KiB that each leaves in the model's memory. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/measure.h"
#include "weigh/weigh.h"

typedef struct case_of {
  const char *model, *gpu;
  weigh_count gpus;
} case_of;

static const case_of CASES[] = {
    {"Qwen/Qwen3-8B", "RTX 4090", 1},        {"Qwen/Qwen3-8B", NULL, 1},
    {"google/gemma-2-9b-it", "RTX 4090", 1}, {"Qwen/Qwen3-Next-80B-A3B-Instruct", "H200", 2},
    {"deepseek-ai/DeepSeek-V3", "H200", 8},  {"deepseek-ai/DeepSeek-V3", NULL, 1}};
static const char *const ENGINES[] = {"generic", "vllm", "sglang", "tensorrt_llm", "llama.cpp"};
#define COUNT(a) (sizeof(a) / sizeof *(a))

static bool ask(weigh_library *library, weigh_model *model, const case_of *c, const char *engine, int i) {
  size_t bytes = 0;
  const weigh_report_options options = {.format = WEIGH_FORMAT_JSON,
                                        .serving = {.context = 1024 + i * 7919 % 131072,
                                                    .sequences = 1 + i % 64,
                                                    .engine = engine,
                                                    .gpu = c->gpu,
                                                    .gpus = c->gpus}};
  const weigh_status status = weigh_report(library, WEIGH_REPORT_FIT, model, NULL, &options, count, &bytes, NULL);
  return status == WEIGH_OK || status == WEIGH_NO;
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

#define MOST 1000

static bool measure(weigh_library *library, const case_of *c, const char *engine, int rounds) {
  const weigh_model_request request = {.model = c->model};
  weigh_model *model = NULL;
  if (weigh_model_open(library, &request, &model, NULL) != WEIGH_OK) return false;
  double start = now();
  bool fine = ask(library, model, c, engine, 0);
  const double first = now() - start;
  const size_t before = weigh_model_memory(model);
  double times[MOST];
  for (int i = 0; i < rounds && fine; i++) {
    start = now();
    fine = ask(library, model, c, engine, i + 1);
    times[i] = now() - start;
  }
  qsort(times, (size_t)rounds, sizeof *times, by_size);
  const double each = times[rounds / 2];
  const size_t left = (weigh_model_memory(model) - before) / (size_t)rounds;
  if (fine)
    printf("%s\t%s\t%s\t%.1f\t%.2f\t%.0f\n", c->model, c->gpu ? c->gpu : "-", engine, 1000 * first, 1000 * each,
           (double)left / 1024);
  weigh_model_free(model);
  return fine;
}

/* bench_fit [CASE ENGINE [ROUNDS]]: one of them alone, as a profiler wants it. */
int main(int argc, char **argv) {
  weigh_library *library = NULL;
  bool fine = weigh_library_open(NULL, &library, NULL) == WEIGH_OK;
  const size_t only = argc > 2 ? strtoul(argv[1], NULL, 10) % COUNT(CASES) : COUNT(CASES);
  const int rounds = argc > 3 ? atoi(argv[3]) : 0;
  printf("model\tcard\tengine\tfirst ms\tms\tKiB left\n");
  if (fine && argc > 2) fine = measure(library, &CASES[only], argv[2], rounds > 0 && rounds <= MOST ? rounds : 20);
  for (size_t i = 0; i < COUNT(CASES) && argc <= 2 && fine; i++)
    for (size_t e = 0; e < COUNT(ENGINES) && fine; e++) fine = measure(library, &CASES[i], ENGINES[e], 10);
  weigh_library_free(library);
  return !fine;
}
