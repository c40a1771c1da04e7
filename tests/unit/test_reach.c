/* The longest context and the most sequences are what halving finds, whichever way they are looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "weigh/weigh.h"

#define MOST ((weigh_count)1 << 40)

static bool fits(const weigh_memory *memory, weigh_count context, weigh_count sequences) {
  weigh_memory_result result;
  return weigh_memory_at(memory, context, sequences, &result, NULL) == WEIGH_OK && result.fits;
}

static weigh_count by_halves(const weigh_memory *memory, weigh_count context, weigh_count sequences) {
  weigh_count low = 0, high = MOST;
  while (low < high) {
    const weigh_count middle = low + (high - low + 1) / 2;
    if (fits(memory, context ? context : middle, sequences ? sequences : middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

static void reach_is_what_halving_finds(void **state) {
  static const char *const models[] = {"Qwen/Qwen3-8B", "google/gemma-2-9b-it", "Qwen/Qwen3-Next-80B-A3B-Instruct",
                                       "deepseek-ai/DeepSeek-V3"};
  static const char *const engines[] = {"generic", "vllm", "sglang", "tensorrt_llm", "llama.cpp", "transformers"};
  static const weigh_count lengths[][3] = {{1, 1, 1}, {4096, 1, 1}, {100003, 7, 8}, {1 << 20, 64, 8}};
  weigh_library *library = NULL;
  int answered = 0;
  (void)state;
  assert_int_equal(weigh_library_open(NULL, &library, NULL), WEIGH_OK);
  for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
    const weigh_model_request request = {.model = models[m]};
    weigh_model *model = NULL;
    assert_int_equal(weigh_model_open(library, &request, &model, NULL), WEIGH_OK);
    for (size_t i = 0; i < sizeof engines / sizeof *engines * 4; i++) {
      const weigh_count *l = lengths[i % 4];
      const weigh_serving asked = {
          .engine = engines[i / 4], .gpu = "H200 SXM 141GB", .context = l[0], .sequences = l[1], .gpus = l[2]};
      weigh_memory *memory = NULL;
      weigh_count context, sequences;
      if (weigh_memory_open(model, &asked, &memory, NULL) != WEIGH_OK) continue; /* refused, as llama.cpp would */
      assert_int_equal(weigh_memory_reach(memory, &context, &sequences, NULL), WEIGH_OK);
      assert_int_equal(context, by_halves(memory, 0, l[1]));
      assert_int_equal(sequences, by_halves(memory, l[0], 0));
      weigh_memory_free(memory);
      answered++;
    }
    weigh_model_free(model);
  }
  weigh_library_free(library);
  assert_true(answered > 80);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(reach_is_what_halving_finds)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
