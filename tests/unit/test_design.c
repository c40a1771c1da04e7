#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "estimate/design.h"
#include "weigh/weigh.h"

/* ---- shares ---- */

static bool share_is(const char *text, wb_i128 num, wb_i128 den) {
  wb_num n;
  return wb_design_share(wb_str_of(text), &n) && n.num == num && n.den == den;
}

static void a_share_is_read_exactly(void **state) {
  (void)state;
  assert_true(share_is("20%", 1, 5));
  assert_true(share_is(" 12.5 % ", 1, 8));
  assert_true(share_is("0.15", 3, 20));
  assert_true(share_is("1/3", 1, 3));
  assert_true(share_is("0", 0, 1));
}

static void what_is_no_share_is_refused(void **state) {
  static const char *const texts[] = {"", "%", "1", "100%", "-1%", "1/0", "/", "1/", "x", "nan", "1e99", "20%%"};
  (void)state;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    wb_num n;
    if (wb_design_share(wb_str_of(texts[i]), &n)) fail_msg("%s is taken", texts[i]);
  }
}

/* ---- the grid ---- */

typedef struct world {
  wb_ctx ctx;
  wb_design_question question;
} world;

static void with_families(void (*each)(world *, const wb_design_family *)) {
  static const char *const names[] = {"llama", "mistral", "qwen2", "qwen3", "phi3"};
  world w = {.ctx = {.arena = wb_arena_new(0)}};
  if (!WB_GUARD(&w.ctx)) fail_msg("it failed");
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const wb_design_family family = wb_design_family_of(&w.ctx, wb_str_of(names[i]));
    each(&w, &family);
  }
  wb_arena_free(w.ctx.arena);
}

static void check_column(const wb_design_column *c, wb_i128 ranks) {
  const wb_design_shape *s = &c->shape;
  assert_true(s->heads * s->head_dim == s->width && s->heads % s->kv_heads == 0 && s->heads % ranks == 0);
  assert_true(s->kv_heads % c->fewest_kv_heads == 0 && s->ffn % 256 == 0 && s->ffn > s->width);
  for (wb_i128 depth = c->least; depth <= c->most; depth += c->step) {
    int wide, deep, bands = 0;
    wb_num aspect, least = c->deepest;
    wb_num_div(wb_num_int(s->width), wb_num_int(depth), &aspect);
    assert_true(wb_num_cmp(aspect, c->widest, &wide) && wide <= 0);
    assert_true(wb_num_cmp(aspect, least, &deep) && deep >= 0);
    for (int role = 0; role < WB_DESIGN_LONGER; role++) {
      wb_i128 from, to;
      bands += wb_design_band(c, (wb_design_role)role, &from, &to) && depth >= from && depth <= to;
    }
    assert_int_equal(bands, 1); /* each depth is of one third */
  }
}

static void check_columns(world *w, const wb_design_family *family) {
  static const wb_i128 ranks[] = {1, 2, 3, 8};
  for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
    size_t count;
    const wb_design_column *columns = wb_design_columns(&w->ctx, family, &w->question, ranks[i], &count);
    assert_true(count > 0);
    for (size_t k = 0; k < count; k++) {
      check_column(&columns[k], ranks[i]);
      if (k) assert_true(columns[k].shape.width <= columns[k - 1].shape.width);
    }
  }
}

static void the_grid_keeps_within_published_practice(void **state) {
  (void)state;
  with_families(check_columns);
}

/* ---- memory that runs out ---- */

static size_t calls, fail_at, live;

static void *failing(size_t size) {
  if (++calls == fail_at) return NULL;
  void *block = malloc(size);
  live += block != NULL;
  return block;
}

static void counted_free(void *block) {
  live -= block != NULL;
  free(block);
}

static bool count_bytes(void *user, const char *bytes, size_t size) {
  (void)bytes;
  *(size_t *)user += size;
  return true;
}

static weigh_status design(weigh_library *library, size_t *written, weigh_error *err) {
  const weigh_report_options options = {.serving = {.gpu = "RTX 4090", .quant = "int4", .context = 8192},
                                        .design = {.top = 1}};
  *written = 0;
  return weigh_report(library, WEIGH_REPORT_DESIGN, NULL, NULL, &options, count_bytes, written, err);
}

/* A sample of allocations over the whole search: each failure is told, nothing is written, nothing stays. */
static void an_allocation_that_fails_is_told(void **state) {
  weigh_library *library = NULL;
  weigh_error err;
  size_t written, before, all;
  (void)state;
  weigh_set_allocator(failing, counted_free);
  fail_at = 0;
  assert_int_equal(weigh_library_open(NULL, &library, &err), WEIGH_OK);
  assert_int_equal(design(library, &written, &err), WEIGH_OK); /* descriptions are parsed once */
  calls = 0;
  before = live;
  assert_int_equal(design(library, &written, &err), WEIGH_OK);
  all = calls;
  assert_int_equal(live, before);
  for (size_t i = 0; i < 6; i++) {
    fail_at = 1 + i * (all - 1) / 5;
    calls = 0;
    assert_int_equal(design(library, &written, &err), WEIGH_ENVIRONMENT);
    assert_string_equal(err.code, "out_of_memory");
    assert_int_equal(written, 0);
    assert_int_equal(live, before);
  }
  fail_at = 0;
  weigh_library_free(library);
  assert_int_equal(live, 0);
  weigh_set_allocator(NULL, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_share_is_read_exactly),
      cmocka_unit_test(what_is_no_share_is_refused),
      cmocka_unit_test(the_grid_keeps_within_published_practice),
      cmocka_unit_test(an_allocation_that_fails_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
