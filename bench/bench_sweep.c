/* Sweeps: processor time of 10,000 points, by what varies, and of one with all that can be asked of it. */
#include <stdio.h>

#include "bench/measure.h"
#include "weigh/weigh.h"

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* Milliseconds, the best of three; below 0 on failure. */
static double sweep(weigh_library *library, weigh_model *model, const weigh_report_options *options) {
  double best = -1;
  for (int round = 0; round < 3; round++) {
    size_t written = 0;
    const double start = now();
    if (weigh_report(library, WEIGH_REPORT_SWEEP, model, NULL, options, count, &written, NULL) != WEIGH_OK) return -1;
    const double each = 1000 * (now() - start);
    if (best < 0 || each < best) best = each;
  }
  return best;
}

static const char *const LENGTHS[] = {"context=1k..100k:+1k", "sequences=1..100"};
static const char *const SHORT[] = {"sequences=1..100", "context=10..1000:+10"};
static const char *const LAYOUTS[] = {"tp=1,2,4,8", "kv-dtype=bf16,fp8", "context=1k..50k:+1k", "sequences=1..25"};
static const char *const LAYERS[] = {"set:num_hidden_layers=1..100", "context=1k..100k:+1k"};

static const struct {
  const char *name;
  weigh_sweep sweep;
} SWEEPS[] = {{"context x sequences", {LENGTHS, COUNT(LENGTHS), .with_reach = false}},
              {"sequences x context below 1k", {SHORT, COUNT(SHORT), .with_reach = false}},
              {"tp x kv-dtype x context x sequences", {LAYOUTS, COUNT(LAYOUTS), .with_reach = false}},
              {"layers x context", {LAYERS, COUNT(LAYERS), .with_reach = false}},
              {"context x sequences, with reach", {LENGTHS, COUNT(LENGTHS), .with_reach = true}},
              {"context x sequences, with speed", {LENGTHS, COUNT(LENGTHS), .with_speed = true}}};

int main(void) {
  static const char *const names[] = {"Qwen/Qwen3-8B", "deepseek-ai/DeepSeek-V3"};
  static const char *const engines[] = {"generic", "vllm", "sglang"};
  weigh_library *library = NULL;
  if (weigh_library_open(NULL, &library, NULL) != WEIGH_OK) return 1;
  printf("10,000 points\tmodel\tgeneric ms\tvllm ms\tsglang ms\n");
  for (size_t s = 0; s < COUNT(SWEEPS); s++)
    for (size_t i = 0; i < COUNT(names); i++) {
      weigh_model *model = NULL;
      const weigh_model_request request = {.model = names[i]};
      if (weigh_model_open(library, &request, &model, NULL) != WEIGH_OK) return 1;
      printf("%s\t%s", SWEEPS[s].name, names[i]);
      for (size_t e = 0; e < COUNT(engines); e++) {
        const weigh_report_options options = {.format = WEIGH_FORMAT_CSV,
                                              .serving = {.gpu = "H100 SXM5 80GB", .engine = engines[e]},
                                              .sweep = SWEEPS[s].sweep};
        printf("\t%.1f", sweep(library, model, &options));
      }
      printf("\n");
      weigh_model_free(model);
    }
  weigh_library_free(library);
  return 0;
}
