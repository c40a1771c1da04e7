/* How many evaluations a second of a whole pass's FLOPs and traffic, for changing batch and length on a built model. */
#include <stdio.h>
#include <time.h>

#include "weigh/weigh.h"

#define ROUNDS 200000

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Evaluations a second of processor time: the best of five rounds, so that a busy machine disturbs little; negative on failure. */
static double measure(weigh_library *library, const char *name, weigh_phase phase) {
  weigh_model *model = NULL;
  weigh_compute *compute = NULL;
  const weigh_model_request request = {.model = name};
  const weigh_pass pass = {.phase = phase};
  weigh_compute_result result;
  double best = -1;
  if (weigh_model_open(library, &request, &model, NULL) != WEIGH_OK) return best;
  if (weigh_compute_open(model, &pass, &compute, NULL) != WEIGH_OK) return best;
  for (int round = 0; round < 5; round++) {
    double start = now();
    for (int i = 0; i < ROUNDS; i++)
      if (weigh_compute_at(compute, 1 + i % 64, 1 + i % 4096, i % 32768, &result, NULL) != WEIGH_OK) return -1;
    double rate = ROUNDS / (now() - start);
    if (rate > best) best = rate;
  }
  weigh_compute_free(compute);
  weigh_model_free(model);
  return best;
}

int main(void) {
  static const char *const names[] = {"Qwen/Qwen3-8B", "google/gemma-2-9b-it", "deepseek-ai/DeepSeek-V3"};
  static const char *const phases[] = {"forward", "prefill", "decode", "backward", "train", "step"};
  weigh_library *library = NULL;
  if (weigh_library_open(NULL, &library, NULL) != WEIGH_OK) return 1;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    for (int phase = WEIGH_PHASE_FORWARD; phase <= WEIGH_PHASE_TRAIN; phase += 2)
      printf("%s\t%s\t%.2f million/s\n", names[i], phases[phase], measure(library, names[i], (weigh_phase)phase) / 1e6);
  weigh_library_free(library);
  return 0;
}
