/* How many estimates of speed a second, for changing lengths and sequences on a built model: two prompts and a step each,
 * three readings of all. */
#include <stdio.h>
#include <time.h>

#include "api/handle.h"
#include "estimate/speed.h"

#define ROUNDS 50000

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const wb_speed *build(wb_model *model) {
  const wb_speed_question q = {.card = wb_card_find(&model->ctx, WB_STR("H100 SXM5 80GB"))};
  return wb_speed_new(model, &q);
}

static const wb_speed *open_speed(weigh_model *model) {
  return WB_BEGIN(&model->model.ctx) ? build(&model->model) : NULL;
}

/* The best of five rounds, so that a busy machine disturbs little; negative on failure. */
static double measure(weigh_library *library, const char *name) {
  weigh_model *model = NULL;
  wb_speed_answer answer;
  double best = -1;
  if (weigh_model_open(library, &(weigh_model_request){.model = name}, &model, NULL) != WEIGH_OK) return best;
  const wb_speed *speed = open_speed(model);
  for (int round = 0; speed && round < 5; round++) {
    const double start = now();
    for (int i = 0; i < ROUNDS; i++)
      if (!wb_speed_at(speed, 1 + i % 64, 1 + i % 32768, 1 + i % 4096, &answer)) return -1;
    const double rate = ROUNDS / (now() - start);
    if (rate > best) best = rate;
  }
  weigh_model_free(model);
  return best;
}

int main(void) {
  static const char *const names[] = {"Qwen/Qwen3-8B", "google/gemma-2-9b-it", "deepseek-ai/DeepSeek-V3"};
  weigh_library *library = NULL;
  if (weigh_library_open(NULL, &library, NULL) != WEIGH_OK) return 1;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    printf("%s\tspeed\t%.2f million/s\n", names[i], measure(library, names[i]) / 1e6);
  weigh_library_free(library);
  return 0;
}
