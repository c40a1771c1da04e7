/* Serving memory: estimates a second for changing lengths on a built model, time of a solver, of a build, of a sweep. */
#include <stdio.h>
#include <time.h>

#include "weigh/weigh.h"

#define ROUNDS 100000

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double estimates(const weigh_memory *memory) {
  double best = 0;
  weigh_memory_result result;
  for (int round = 0; round < 5; round++) {
    const double start = now();
    for (int i = 0; i < ROUNDS; i++)
      if (weigh_memory_at(memory, 1 + i % 131072, 1 + i % 256, &result, NULL) != WEIGH_OK) return -1;
    const double rate = ROUNDS / (now() - start);
    if (rate > best) best = rate;
  }
  return best;
}

static double reach(const weigh_memory *memory) {
  weigh_count context, sequences;
  const double start = now();
  for (int i = 0; i < 100; i++) weigh_memory_reach(memory, &context, &sequences, NULL);
  return (now() - start) / 100;
}

static double fewest(weigh_model *model, const weigh_serving *serving) {
  weigh_count gpus;
  const double start = now();
  for (int i = 0; i < 10; i++) weigh_memory_fewest(model, serving, &gpus, NULL);
  return (now() - start) / 10;
}

static double build(weigh_model *model, const weigh_serving *serving) {
  weigh_memory *memory;
  const double start = now();
  for (int i = 0; i < 20; i++) weigh_memory_open(model, serving, &memory, NULL);
  return (now() - start) / 20;
}

static bool skip(void *user, const weigh_ranked *card) {
  (void)card;
  ++*(int *)user;
  return true;
}

static double rank(weigh_model *model, const weigh_serving *serving) {
  int cards = 0;
  const double start = now();
  for (int i = 0; i < 3; i++) weigh_memory_rank(model, serving, 8, skip, &cards, NULL);
  return (now() - start) / 3;
}

int main(void) {
  static const char *const names[] = {"Qwen/Qwen3-8B", "google/gemma-2-9b-it", "Qwen/Qwen3-Next-80B-A3B-Instruct",
                                      "deepseek-ai/DeepSeek-V3"};
  static const char *const engines[] = {"generic", "vllm", "sglang"};
  weigh_library *library = NULL;
  if (weigh_library_open(NULL, &library, NULL) != WEIGH_OK) return 1;
  printf("model\tengine\testimates/s\treach ms\tfewest cards ms\tbuild ms\trank ms\n");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    for (size_t e = 0; e < sizeof engines / sizeof *engines; e++) {
      weigh_model *model = NULL;
      weigh_memory *memory = NULL;
      const weigh_model_request request = {.model = names[i]};
      const weigh_serving serving = {.gpu = "H100 SXM5 80GB", .engine = engines[e]};
      if (weigh_model_open(library, &request, &model, NULL) != WEIGH_OK) return 1;
      if (weigh_memory_open(model, &serving, &memory, NULL) != WEIGH_OK) return 1;
      printf("%s\t%s\t%.0f\t%.3f\t%.3f\t%.3f\t%.1f\n", names[i], engines[e], estimates(memory), 1000 * reach(memory),
             1000 * fewest(model, &serving), 1000 * build(model, &serving), 1000 * rank(model, &serving));
      weigh_model_free(model);
    }
  weigh_library_free(library);
  return 0;
}
