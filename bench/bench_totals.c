/* How long a re-evaluated total takes in process after changing one field: for sliders and sweeps. */
#include <stdio.h>
#include <time.h>

#include "weigh/weigh.h"

#define ROUNDS 2000

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Best of five averages, in microseconds, so that a busy machine disturbs little; negative on failure. */
static double measure(weigh_library *library, const char *name) {
  weigh_model *model = NULL;
  weigh_model_request request = {.model = name};
  double best = -1;
  if (weigh_model_open(library, &request, &model, NULL) != WEIGH_OK) return best;
  for (int round = 0; round < 5; round++) {
    double start = now();
    for (int i = 0; i < ROUNDS; i++) {
      char setting[64];
      const char *settings[1] = {setting};
      weigh_count total = 0;
      snprintf(setting, sizeof setting, "num_hidden_layers=%d", 20 + i % 40);
      if (weigh_model_total_with(model, settings, 1, &total, NULL) != WEIGH_OK) return -1;
    }
    double each = (now() - start) / ROUNDS;
    if (best < 0 || each < best) best = each;
  }
  weigh_model_free(model);
  return best;
}

int main(void) {
  static const char *const names[] = {"Qwen/Qwen3-8B", "meta-llama/Llama-3.1-8B-Instruct", "deepseek-ai/DeepSeek-V3"};
  weigh_library *library = NULL;
  if (weigh_library_open(NULL, &library, NULL) != WEIGH_OK) return 1;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    printf("%s\t%.2f us\n", names[i], measure(library, names[i]));
  weigh_library_free(library);
  return 0;
}
