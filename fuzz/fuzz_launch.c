/* Any bytes behind the name of a program as its command line: read, and what is written of it reads back. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/handle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Empty: the question is none. */
static void write_again(weigh_model *model, char *out, size_t size) {
  wb_ctx *ctx = &model->model.ctx;
  out[0] = '\0';
  if (!WB_BEGIN(ctx)) return;
  const weigh_serving question = wb_asked(model, NULL);
  const wb_str text = wb_launch_text(ctx, wb_serving_new(&model->model, &question));
  if (text.len >= size) return;
  memcpy(out, text.ptr, text.len);
  out[text.len] = '\0';
}

static void read_command(weigh_library *library, const char *text) {
  static char first[65536], second[65536];
  weigh_model *model = NULL, *again = NULL;
  weigh_error err = {0};
  if (weigh_model_open(library, &(weigh_model_request){.model = text}, &model, &err) != WEIGH_OK) {
    if (!err.code[0] || !err.message[0]) abort();
    return;
  }
  write_again(model, first, sizeof first);
  if (first[0]) {
    if (weigh_model_open(library, &(weigh_model_request){.model = first}, &again, &err) != WEIGH_OK) abort();
    write_again(again, second, sizeof second);
    if (strcmp(first, second) != 0) abort();
  }
  weigh_model_free(again);
  weigh_model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const programs[] = {"vllm serve Qwen/Qwen3-8B ", "sglang serve Qwen/Qwen3-8B ",
                                         "trtllm-serve Qwen/Qwen3-8B ", "llama-server -m Qwen3-8B-Q4_K_M.gguf "};
  weigh_library *library = NULL;
  if (size < 1 || weigh_library_open(NULL, &library, NULL) != WEIGH_OK) return 0;
  const char *program = programs[data[0] % 4];
  char *text = malloc(strlen(program) + size);
  if (text) {
    memcpy(text, program, strlen(program));
    memcpy(text + strlen(program), data + 1, size - 1);
    text[strlen(program) + size - 1] = '\0';
    read_command(library, text);
  }
  free(text);
  weigh_library_free(library);
  return 0;
}
