/* Each allocation of a question fails once, in a process of its own: the answer is then "out of memory" or the whole answer,
 * never a crash, a part of an answer, or memory that nobody gives back. Under AddressSanitizer each block is an allocation
 * (WB_ARENA_EACH); WEIGH_ALLOCATIONS says how many of a question's are tried then, spread evenly (0: all). */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weigh/weigh.h"

#define SMALL                                                                                 \
  "{\"model_type\":\"llama\",\"vocab_size\":96,\"hidden_size\":64,\"intermediate_size\":128," \
  "\"num_hidden_layers\":2,\"num_attention_heads\":4,\"num_key_value_heads\":2,\"torch_dtype\":\"float16\"}"

typedef struct question {
  const char *title;
  weigh_report_kind kind;
  const char *model, *other; /* a name, a command line or, from '{', a configuration; NULL: none */
  weigh_report_options options;
} question;

static const char *const VARY[] = {"context=1k,2k", "tp=1,2"};
#define CARD .gpu = "RTX 4090", .context = 2048

static const question QUESTIONS[] = {
    {"params", WEIGH_REPORT_PARAMS, SMALL, NULL, {.per_layer = true, .method = "config"}},
    {"params of a size", WEIGH_REPORT_PARAMS, "7B", NULL, {.format = WEIGH_FORMAT_JSON}},
    {"tensors", WEIGH_REPORT_TENSORS, SMALL, NULL, {.format = WEIGH_FORMAT_CSV, .sort = "bytes"}},
    {"explain", WEIGH_REPORT_EXPLAIN, SMALL, NULL, {.format = WEIGH_FORMAT_JSON, .latex = true}},
    {"flops", WEIGH_REPORT_FLOPS, SMALL, NULL, {.pass = {.phase = WEIGH_PHASE_TRAIN}, .conventions = true}},
    {"memory", WEIGH_REPORT_MEMORY, SMALL, NULL, {.serving = {CARD, .engine = "vllm"}, .format = WEIGH_FORMAT_JSON}},
    {"memory of llama.cpp",
     WEIGH_REPORT_MEMORY,
     "Qwen/Qwen3-0.6B",
     NULL,
     {.serving = {CARD, .engine = "llama.cpp", .quant = "q4_k_m"}}},
    {"memory of a command line",
     WEIGH_REPORT_MEMORY,
     "vllm serve Qwen/Qwen3-0.6B --max-model-len 2048",
     NULL,
     {.serving = {.gpu = "RTX 4090"}}},
    {"fit", WEIGH_REPORT_FIT, "Qwen/Qwen3-0.6B", NULL, {.serving = {CARD}}},
    {"fit without a card", WEIGH_REPORT_FIT, SMALL, NULL, {.format = WEIGH_FORMAT_JSON}},
    {"speed", WEIGH_REPORT_SPEED, SMALL, NULL, {.serving = {CARD}}},
    {"sweep", WEIGH_REPORT_SWEEP, SMALL, NULL, {.serving = {CARD}, .sweep = {.vary = VARY, .vary_count = 2}}},
    {"train", WEIGH_REPORT_TRAIN, SMALL, NULL, {.training = {.gpu = "RTX 4090"}}},
    {"train of an adapter",
     WEIGH_REPORT_TRAIN,
     SMALL,
     NULL,
     {.training = {.mode = "lora"}, .format = WEIGH_FORMAT_JSON}},
    {"advise", WEIGH_REPORT_ADVISE, SMALL, NULL, {.training = {.gpu = "RTX 4090"}}},
    {"diff", WEIGH_REPORT_DIFF, SMALL, "Qwen/Qwen3-0.6B", {.format = WEIGH_FORMAT_MARKDOWN}},
    {"log", WEIGH_REPORT_LOG, NULL, NULL, {.log = "tests/logs/vllm-v1.log"}},
    {"methods", WEIGH_REPORT_METHODS, NULL, NULL, {.format = WEIGH_FORMAT_JSON}},
    {"compare", WEIGH_REPORT_COMPARE, SMALL, NULL, {.format = WEIGH_FORMAT_TEXT}},
    {"cards", WEIGH_REPORT_GPUS, NULL, NULL, {.filter = "NVIDIA"}},
    {"an engine", WEIGH_REPORT_ENGINES, NULL, NULL, {.serving = {.engine = "sglang"}}},
    {"an adapter", WEIGH_REPORT_ADAPTERS, NULL, NULL, {.adapter = "lora"}},
    {"an optimizer", WEIGH_REPORT_OPTIMIZERS, NULL, NULL, {.optimizer = "adamw"}},
};

/* ---- asking ---- */

#define ANSWER_MOST ((size_t)4 << 20)

typedef struct answer {
  weigh_status status;
  weigh_error err;
  size_t size;
  char *text;
} answer;

static bool keep(void *user, const char *bytes, size_t size) {
  answer *a = user;
  if (size > ANSWER_MOST - a->size) return false;
  memcpy(a->text + a->size, bytes, size);
  a->size += size;
  return true;
}

static weigh_status opened(weigh_library *library, const char *name, weigh_model **out, weigh_error *err) {
  if (!name) return WEIGH_OK;
  weigh_model_request request = {.model = name};
  if (name[0] == '{') request = (weigh_model_request){.config = name, .config_size = strlen(name)};
  return weigh_model_open(library, &request, out, err);
}

static void ask(const question *q, answer *a) {
  weigh_library *library = NULL;
  weigh_model *model = NULL, *other = NULL;
  a->size = 0;
  a->err = (weigh_error){.status = WEIGH_OK};
  a->status = weigh_library_open(NULL, &library, &a->err);
  if (a->status == WEIGH_OK) a->status = opened(library, q->model, &model, &a->err);
  if (a->status == WEIGH_OK) a->status = opened(library, q->other, &other, &a->err);
  if (a->status == WEIGH_OK) a->status = weigh_report(library, q->kind, model, other, &q->options, keep, a, &a->err);
  weigh_model_free(other);
  weigh_model_free(model);
  weigh_library_free(library);
}

/* ---- failing ---- */

static size_t allocation, every, tried;
static long blocks;
static bool is_child;
static size_t faults;

static void release(void *block) {
  if (block) blocks--;
  free(block);
}

/* In the child the allocation fails; the parent waits for what came of it and goes on. */
static bool fails(void) {
  if (is_child || !every || ++allocation % every) return false;
  tried++;
  fflush(NULL);
  const pid_t child = fork();
  assert_true(child >= 0);
  if (!child) {
    is_child = true;
    alarm(60);
    return true;
  }
  int status = 0;
  while (waitpid(child, &status, 0) != child) continue;
  if (status) {
    faults++;
    print_message("# allocation %zu: status %#x\n", allocation, (unsigned)status);
  }
  return false;
}

static void *allocate(size_t size) {
  if (fails()) return NULL;
  void *block = malloc(size);
  if (block) blocks++;
  return block;
}

/* What is wrong with the child's end; NULL: nothing. */
static const char *wrong(const answer *got, const answer *whole) {
  if (blocks) return "memory was not given back";
  if (strcmp(got->err.code, "out_of_memory") == 0)
    return got->status == WEIGH_ENVIRONMENT ? NULL : "the status is another";
  if (got->status != whole->status) return "another failure than out_of_memory";
  if (got->size != whole->size || memcmp(got->text, whole->text, got->size) != 0) return "another answer";
  return NULL;
}

static void each_allocation_may_fail(void **state) {
  const question *q = *state;
  static char first[ANSWER_MOST], second[ANSWER_MOST];
  answer whole = {.text = first}, got = {.text = second};
  const char *most = getenv("WEIGH_ALLOCATIONS");
  allocation = every = 0;
  weigh_set_allocator(allocate, release);
  ask(q, &whole);
  if (whole.status != WEIGH_OK && whole.status != WEIGH_NO) fail_msg("%s: %s", whole.err.code, whole.err.message);
  assert_int_equal(blocks, 0);
  every = SIZE_MAX; /* counts */
  ask(q, &whole);
  const size_t all = allocation, wanted = most ? strtoull(most, NULL, 10) : 40;
  every = !wanted || all < wanted ? 1 : all / wanted;
  allocation = tried = faults = 0;
  ask(q, &got);
  const char *fault = wrong(&got, &whole);
  if (is_child) {
    if (fault)
      print_message("# %s: allocation %zu of %zu: %s (%s %s)\n", q->title, allocation, all, fault, got.err.code,
                    got.err.message);
    fflush(NULL);
    _exit(fault != NULL);
  }
  weigh_set_allocator(NULL, NULL);
  print_message("# %s: %zu of %zu allocations failed\n", q->title, tried, all);
  assert_null(fault);
  assert_int_equal(faults, 0);
}

int main(void) {
  enum { COUNT = sizeof QUESTIONS / sizeof *QUESTIONS };
  struct CMUnitTest tests[COUNT];
  for (size_t i = 0; i < COUNT; i++)
    tests[i] =
        (struct CMUnitTest){QUESTIONS[i].title, each_allocation_may_fail, NULL, NULL, (void *)(uintptr_t)&QUESTIONS[i]};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
