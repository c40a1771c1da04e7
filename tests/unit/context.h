/* A context of its own for each test: what the tests of functions that take one begin and end with. */
#ifndef WEIGH_TESTS_CONTEXT_H
#define WEIGH_TESTS_CONTEXT_H

#include "base/ctx.h"

static wb_ctx ctx;

static int open_memory(void **state) {
  (void)state;
  ctx = (wb_ctx){.arena = wb_arena_new(0)};
  return ctx.arena ? 0 : -1;
}

static int close_memory(void **state) {
  (void)state;
  wb_arena_free(ctx.arena);
  return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_memory, close_memory)

#endif
