/* Memory of contexts: zeroed, bounded, given back to a pool and taken from it again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/ctx.h"

static size_t allocations;

static void *counted(size_t size) {
  allocations++;
  return malloc(size);
}

static bool is_zero(const unsigned char *bytes, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (bytes[i]) return false;
  return true;
}

/* Takes blocks of many sizes, and leaves them full of ones. */
static void fill(wb_arena *arena) {
  for (size_t size = 0; size < 3000; size += 7) {
    unsigned char *block = wb_arena_try(arena, size);
    assert_non_null(block);
    assert_int_equal((uintptr_t)block % 16, 0);
    assert_true(is_zero(block, size));
    memset(block, 255, size);
  }
}

static void blocks_are_zeroed_also_from_a_pool(void **state) {
  (void)state;
  wb_arena_pool pool = {NULL, 0};
  for (int i = 0; i < 3; i++) {
    wb_arena *arena = wb_arena_new_in(&pool, 0);
    fill(arena);
    wb_arena_free(arena);
  }
  wb_arena_pool_clear(&pool);
  assert_null(pool.open);
  assert_int_equal(pool.bytes, 0);
}

static void a_pool_saves_allocations_and_keeps_no_more_than_it_may(void **state) {
  (void)state;
  if (WB_ARENA_EACH) skip();
  wb_arena_pool pool = {NULL, 0};
  wb_alloc_hook(counted, free);
  for (int i = 0; i < 4; i++) {
    wb_arena *arena = wb_arena_new_in(&pool, 0);
    for (size_t taken = 0; taken < 2 * WB_POOL_MOST; taken += 100000) assert_non_null(wb_arena_try(arena, 100000));
    const size_t before = allocations;
    wb_arena_free(arena);
    assert_true(pool.bytes <= WB_POOL_MOST && pool.bytes > WB_POOL_MOST / 2);
    wb_arena *next = wb_arena_new_in(&pool, 0); /* the handle itself is one */
    fill(next);
    assert_int_equal(allocations, before + 1);
    wb_arena_free(next);
  }
  wb_arena_pool_clear(&pool);
  wb_alloc_hook(NULL, NULL);
}

static void a_block_larger_than_all_others_is_no_pools(void **state) {
  (void)state;
  wb_arena_pool pool = {NULL, 0};
  wb_arena *arena = wb_arena_new_in(&pool, 0);
  assert_non_null(wb_arena_try(arena, (size_t)5 << 20));
  wb_arena_free(arena);
  assert_int_equal(pool.bytes, 0);
  wb_arena_pool_clear(&pool);
}

static void the_cap_holds(void **state) {
  (void)state;
  wb_arena *arena = wb_arena_new(1000);
  assert_null(wb_arena_try(arena, 1001));
  assert_null(wb_arena_try(arena, SIZE_MAX));
  assert_non_null(wb_arena_try(arena, 900));
  assert_true(wb_arena_would_pass(arena, 200));
  assert_null(wb_arena_try(arena, 200));
  assert_non_null(wb_arena_try(arena, 50));
  wb_arena_free(arena);
}

static void a_reset_releases_what_came_later(void **state) {
  (void)state;
  wb_arena_pool pool = {NULL, 0};
  for (int pooled = 0; pooled < 2; pooled++) {
    wb_arena *arena = wb_arena_new_in(pooled ? &pool : NULL, 0);
    const wb_mark empty = wb_arena_mark(arena);
    unsigned char *first = wb_arena_try(arena, 100);
    const wb_mark mark = wb_arena_mark(arena);
    unsigned char *second = wb_arena_try(arena, 10);
    for (int i = 0; i < 30; i++) fill(arena);
    memset(first, 7, 100);
    wb_arena_reset(arena, mark);
    assert_int_equal(wb_arena_mark(arena).total, mark.total);
    unsigned char *third = wb_arena_try(arena, 10);
    assert_true(WB_ARENA_EACH || third == second);
    assert_int_equal(first[99], 7);
    wb_arena_reset(arena, empty);
    assert_non_null(wb_arena_try(arena, 0));
    fill(arena);
    wb_arena_free(arena);
  }
  wb_arena_pool_clear(&pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(blocks_are_zeroed_also_from_a_pool),
      cmocka_unit_test(a_pool_saves_allocations_and_keeps_no_more_than_it_may),
      cmocka_unit_test(a_block_larger_than_all_others_is_no_pools),
      cmocka_unit_test(the_cap_holds),
      cmocka_unit_test(a_reset_releases_what_came_later),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
