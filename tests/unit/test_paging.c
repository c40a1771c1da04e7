#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "estimate/paging.h"

/* Figures that engines printed, or that follow from their source. */

static wb_ctx ctx;
#define GIB(x) ((wb_i128)((x)*1073741824.0))

/* gemma-4-26B-A4B: 25 sliding layers of 8 × 256, 5 full ones of 2 × 512; the log said 78,433 tokens. */
static void windows_beside_full_attention(void **state) {
  (void)state;
  const wb_paging p = {.specs = {{WB_PAGE_WINDOW, 25, 8 * 512 * 2, 0, 1024, 0, 0, false},
                                 {WB_PAGE_FULL, 5, 2 * 1024 * 2, 0, 0, 0, 0, false}},
                       .count = 2,
                       .block_size = 16,
                       .ranks = 1,
                       .in_flight = 4992};
  wb_pages out;
  assert_true(wb_pages_at(&ctx, &p, GIB(4.25), 32768, &out));
  assert_int_equal((int64_t)out.cut.page_bytes, 131072);
  assert_int_equal((int64_t)out.cut.block_sizes[1], 32);
  assert_int_equal((int64_t)out.cut.group_size, 5);
  assert_int_equal((int64_t)out.cut.groups, 6);
  assert_int_equal((int64_t)out.blocks, 6963);
  assert_int_equal((int64_t)out.request_blocks, 5 * 377 + 1024);
  assert_int_equal((int64_t)out.tokens_new, 78433);
}

/* Mistral-Small-3.2-24B, blocks of 128 tokens, 28.203 GiB: the log said 184,832 tokens. */
static void one_kind_of_layer(void **state) {
  (void)state;
  const wb_paging p = {
      .specs = {{WB_PAGE_FULL, 40, 8 * 256 * 2, 0, 0, 0, 0, false}}, .count = 1, .block_size = 128, .ranks = 1};
  wb_pages out;
  assert_true(wb_pages_at(&ctx, &p, GIB(28.203125), 15049, &out));
  assert_int_equal((int64_t)out.blocks, 1444);
  assert_int_equal((int64_t)out.tokens_old, 184832);
  assert_int_equal((int64_t)out.request_blocks, 118);
}

/* 8 full and 8 sliding layers with equal pages of 32,768 bytes, 1 GiB, the older figure. */
static void two_kinds_of_equal_pages(void **state) {
  (void)state;
  const wb_paging p = {
      .specs = {{WB_PAGE_FULL, 8, 2048, 0, 0, 0, 0, false}, {WB_PAGE_WINDOW, 8, 2048, 0, 512, 0, 0, false}},
      .count = 2,
      .block_size = 16,
      .ranks = 1,
      .in_flight = 2048};
  wb_pages out;
  assert_true(wb_pages_at(&ctx, &p, GIB(1), 8192, &out));
  assert_int_equal((int64_t)out.cut.groups, 2);
  assert_int_equal((int64_t)out.blocks, 4096);
  assert_int_equal((int64_t)out.tokens_old, 32768);
}

/* Qwen3-Next at tp 1 with a state in bfloat16: attention blocks of 544 tokens. */
static void blocks_are_aligned_to_states(void **state) {
  (void)state;
  const wb_paging p = {
      .specs = {{WB_PAGE_STATE, 36, 0, 1097728, 0, 0, 0, false}, {WB_PAGE_FULL, 12, 2048, 0, 0, 0, 0, false}},
      .count = 2,
      .block_size = 16,
      .ranks = 1};
  wb_pages out;
  assert_true(wb_pages_at(&ctx, &p, GIB(10), 8192, &out));
  assert_int_equal((int64_t)out.cut.block_sizes[1], 544);
  assert_int_equal((int64_t)out.cut.page_bytes, 544 * 2048);
  assert_int_equal((int64_t)out.cut.group_size, 12);
}

static void pages_that_cannot_be_made_equal(void **state) {
  (void)state;
  const wb_paging p = {
      .specs = {{WB_PAGE_FULL, 4, 3000, 0, 0, 0, 0, false}, {WB_PAGE_WINDOW, 4, 2000, 0, 128, 0, 0, false}},
      .count = 2,
      .block_size = 16,
      .ranks = 1};
  wb_pages out;
  assert_false(wb_pages_at(&ctx, &p, GIB(1), 8192, &out));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(windows_beside_full_attention),   cmocka_unit_test(one_kind_of_layer),
      cmocka_unit_test(two_kinds_of_equal_pages),        cmocka_unit_test(blocks_are_aligned_to_states),
      cmocka_unit_test(pages_that_cannot_be_made_equal),
  };
  ctx = (wb_ctx){.arena = wb_arena_new(0)};
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  wb_arena_free(ctx.arena);
  return failed;
}
