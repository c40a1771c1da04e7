#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/handle.h"
#include "base/tsv.h"
#include "estimate/speed.h"

static weigh_library *library;

static int setup(void **state) {
  (void)state;
  return weigh_library_open(NULL, &library, NULL) == WEIGH_OK ? 0 : -1;
}

static int teardown(void **state) {
  (void)state;
  weigh_library_free(library);
  return 0;
}

static weigh_model *opened(const char *name, const char *const *settings, size_t count) {
  const weigh_model_request request = {.model = name, .settings = settings, .setting_count = count};
  weigh_model *out = NULL;
  weigh_error err;
  if (weigh_model_open(library, &request, &out, &err) != WEIGH_OK) fail_msg("%s: %s", name, err.message);
  return out;
}

static wb_speed *speed_of(weigh_model *model, const wb_speed_question *q) {
  wb_ctx *ctx = &model->model.ctx;
  if (!WB_BEGIN(ctx)) {
    fail_msg("message %d", (int)ctx->failure.message);
    return NULL;
  }
  return wb_speed_new(&model->model, q);
}

static wb_card card_named(weigh_model *model, const char *name) {
  wb_ctx *ctx = &model->model.ctx;
  if (!WB_BEGIN(ctx)) fail_msg("no card %s", name);
  return wb_card_find(ctx, wb_str_of(name));
}

/* A card of which everything is known: 1 TB/s, 100 TFLOP/s, 50 GB/s one way. */
static wb_card plain_card(void) {
  wb_card card = wb_card_of_bytes((wb_i128)80 << 30);
  card.vendor = WB_STR("NVIDIA");
  card.bandwidth = 1000;
  card.bf16 = 100;
  card.fp8 = card.int8 = 200;
  card.fp32 = 20;
  card.interconnect_rate = 100;
  return card;
}

static wb_speed_answer at(const wb_speed *s, wb_i128 sequences, wb_i128 context, wb_i128 prompt) {
  wb_speed_answer out;
  assert_true(wb_speed_at(s, sequences, context, prompt, &out));
  return out;
}

#define NEAR(found, wanted) assert_true(fabs((found) - (wanted)) <= 1e-9 * fabs((double)(wanted)))

/* tests/configs/tiny-llama.json by hand: 16 wide, 3 layers, 4 heads of 4, 2 of them for keys and values, 40 inside, 96
 * words. A layer's products have 16·16 + 2·16·8 + 16·16 + 3·16·40 = 2,688 weights, its norms 32; the head 1,536; the
 * last norm 16. One token reads all of them and one row of the table. */
static void a_tiny_model_by_hand(void **state) {
  (void)state;
  weigh_model *model = opened("tests/configs/tiny-llama.json", NULL, 0);
  const wb_speed_question q = {.card = plain_card()};
  const wb_speed *s = speed_of(model, &q);
  const wb_speed_answer a = at(s, 2, 10, 7);
  const double weights = 2 * (3 * (2688 + 32) + 16 + 1536), rows = 2 * 16;
  NEAR(a.step.weight_bytes[WB_SORT_DENSE], weights + 2 * rows);
  NEAR(a.step.flops[WB_SORT_DENSE], 2.0 * 2 * (3 * 2688 + 1536));
  NEAR(a.step.flops[WB_SORT_ATTENTION], 2.0 * 3 * 4 * 10 * 16);
  const double cache = 2.0 * 3 * 10 * 2 * 8 * 2; /* sequences, layers, tokens, keys and values, bytes */
  NEAR(a.step.cache_bytes.low, cache);
  NEAR(a.step.cache_bytes.high, cache + 2.0 * 3 * 16 * 2); /* attention reads its queries too */
  NEAR(a.first.flops[WB_SORT_DENSE], 2.0 * (7 * 3 * 2688 + 1536));
  NEAR(a.first.weight_bytes[WB_SORT_DENSE], weights + 7 * rows);
  NEAR(a.first.flops[WB_SORT_ATTENTION], 3.0 * 4 * (7 * 8 / 2) * 16);
  NEAR(a.first.unskipped_flops, 3.0 * 4 * (7 * 7) * 16);
  /* All of it is traffic, at the largest share of 10^12 bytes a second. */
  NEAR(a.step_s.low, (weights + 2 * rows + cache) / (1e12 * wb_speed_rates(s)->shares[WB_SHARE_BANDWIDTH].value.high));
  assert_int_equal(a.step.sums, 0);
  weigh_model_free(model);
}

/* One sequence of a dense model in bf16 goes at bandwidth over weight bytes, less what the cache and the rest take. */
static void one_sequence_goes_at_the_bandwidth(void **state) {
  (void)state;
  weigh_model *model = opened("meta-llama/Llama-3.1-8B", NULL, 0);
  const wb_speed_question q = {.card = card_named(model, "H100 SXM5 80GB")};
  const wb_speed *s = speed_of(model, &q);
  const wb_speed_answer a = at(s, 1, 1, 1);
  const double share = wb_speed_rates(s)->shares[WB_SHARE_BANDWIDTH].value.high;
  const double roof = share * 3350e9 / a.step.weight_bytes[WB_SORT_DENSE];
  assert_int_equal(a.step.bound, WB_BOUND_BANDWIDTH);
  assert_true(a.per_sequence.high < roof && a.per_sequence.high > 0.99 * roof);
  assert_true(a.per_sequence.low < a.per_sequence.best && a.per_sequence.best < a.per_sequence.high);
  weigh_model_free(model);
}

static void experts_are_read_by_coverage(void **state) {
  (void)state;
  weigh_model *model = opened("Qwen/Qwen3-30B-A3B", NULL, 0);
  const wb_speed_question q = {.card = plain_card()};
  const wb_speed *s = speed_of(model, &q);
  const double one = at(s, 1, 100, 1).step.weight_bytes[WB_SORT_ROUTED];
  const double many = at(s, 16, 100, 1).step.weight_bytes[WB_SORT_ROUTED];
  const double all = at(s, 4096, 100, 1).step.weight_bytes[WB_SORT_ROUTED];
  NEAR(all / one, 128.0 / 8);
  assert_true(many > 10 * one && many < 0.7 * all); /* 128 · (1 − (1 − 8/128)^16) = 82 of 128 */
  weigh_model_free(model);
}

/* More bandwidth or compute is never slower, a longer context never faster, more sequences never fewer tokens in all. */
static void what_must_hold(const char *name) {
  weigh_model *model = opened(name, NULL, 0);
  wb_speed_question q = {.card = card_named(model, "H100 SXM5 80GB")};
  const wb_speed *s = speed_of(model, &q);
  q.card.bandwidth *= 1.5;
  const wb_speed *wider = speed_of(model, &q);
  q.card.bandwidth /= 1.5;
  q.card.bf16 *= 1.5, q.card.fp32 *= 1.5;
  const wb_speed *quicker = speed_of(model, &q);
  double before = 0;
  for (wb_i128 sequences = 1; sequences <= 4096; sequences *= 4) {
    double last = 0;
    for (wb_i128 context = 64; context <= 65536; context *= 4) {
      const wb_speed_answer a = at(s, sequences, context, 64);
      const double step = a.step_s.best;
      assert_true(a.step_s.low <= step && step <= a.step_s.high);
      assert_true(step >= last);
      assert_true(at(wider, sequences, context, 64).step_s.best <= step);
      assert_true(at(quicker, sequences, context, 64).step_s.best <= step);
      last = step;
    }
    const double total = at(s, sequences, 1024, 64).total.best;
    assert_true(total >= before * (1 - 1e-9));
    before = total;
  }
  weigh_model_free(model);
}

static void bounds_are_monotone(void **state) {
  (void)state;
  static const char *const models[] = {"meta-llama/Llama-3.1-8B", "Qwen/Qwen3-30B-A3B", "deepseek-ai/DeepSeek-V3",
                                       "google/gemma-3-4b-it", "state-spaces/mamba-130m-hf"};
  for (size_t i = 0; i < sizeof models / sizeof *models; i++) what_must_hold(models[i]);
}

static void the_turn_is_the_first_that_computes(void **state) {
  (void)state;
  weigh_model *model = opened("meta-llama/Llama-3.1-8B", NULL, 0);
  const wb_speed_question q = {.card = card_named(model, "M3 Max 64GB")};
  const wb_speed *s = speed_of(model, &q);
  const wb_i128 turn = wb_speed_turning(s, 512, false);
  assert_true(turn > 1);
  const wb_speed_answer under = at(s, turn - 1, 512, 1), over = at(s, turn, 512, 1);
  assert_int_equal(under.step.bound, WB_BOUND_BANDWIDTH);
  assert_int_equal(over.step.bound, WB_BOUND_COMPUTE);
  weigh_model_free(model);
}

/* Two ranks hold half of what is cut and send each sum once around: two products a layer, 2 · (2 − 1) / 2 of its bytes. */
static void ranks_share_and_sum(void **state) {
  (void)state;
  weigh_model *model = opened("meta-llama/Llama-3.1-8B", NULL, 0);
  wb_speed_question q = {.card = plain_card()};
  const wb_speed_answer one = at(speed_of(model, &q), 4, 100, 100);
  q.layout = (wb_layout){2, 1, 1, 1, 1, false};
  const wb_speed_answer two = at(speed_of(model, &q), 4, 100, 100);
  assert_int_equal(two.step.sums, 64);
  NEAR(two.step.link_bytes, 64.0 * 4 * 4096 * 2);
  assert_true(fabs(two.step.weight_bytes[WB_SORT_DENSE] / one.step.weight_bytes[WB_SORT_DENSE] - 0.5) < 1e-3);
  NEAR(two.step.cache_bytes.best * 2, one.step.cache_bytes.best);
  assert_true(two.step_s.best < one.step_s.best);
  weigh_model_free(model);
}

static void what_is_not_known_has_no_figure(void **state) {
  (void)state;
  weigh_model *model = opened("tests/configs/tiny-llama.json", NULL, 0);
  wb_speed_question q = {.card = plain_card()};
  q.card.bf16 = q.card.fp32 = 0;
  wb_speed_answer a = at(speed_of(model, &q), 1, 8, 8);
  assert_true(a.first_token_s.best == 0 && a.first.bound == WB_BOUND_UNKNOWN && a.step_s.best > 0);
  q.card.bandwidth = 0;
  a = at(speed_of(model, &q), 1, 8, 8);
  assert_true(a.step_s.best == 0 && a.per_sequence.best == 0 && a.step.bound == WB_BOUND_UNKNOWN);
  assert_int_equal(wb_speed_turning(speed_of(model, &q), 8, true), 0);
  weigh_model_free(model);
}

/* ---- what others measured ---- */

#define COLUMNS 13

static double number(wb_str cell) {
  wb_num n;
  return wb_num_parse(cell, &n) ? wb_num_double(n) : 0;
}

static char *text_of(wb_str cell) {
  char *out = calloc(1, cell.len + 1);
  if (cell.len) memcpy(out, cell.ptr, cell.len);
  return out;
}

static wb_str file_text(const char *path) {
  static char bytes[65536];
  FILE *in = fopen(path, "rb");
  assert_non_null(in);
  const size_t size = fread(bytes, 1, sizeof bytes, in);
  fclose(in);
  assert_true(size < sizeof bytes);
  return (wb_str){bytes, size};
}

/* All prompts at once, then the output token by token. */
static wb_interval throughput(const wb_speed_answer *a, double sequences, double output) {
  return (wb_interval){sequences * output / (a->all_first_tokens_s.high + output * a->step_s.high),
                       sequences * output / (a->all_first_tokens_s.best + output * a->step_s.best),
                       sequences * output / (a->all_first_tokens_s.low + output * a->step_s.low)};
}

static wb_interval figure_of(const wb_str *c, const wb_speed_answer *a) {
  if (wb_str_is(c[9], "rate")) return a->per_sequence;
  if (wb_str_is(c[9], "prompt")) return a->prompt_rate;
  if (wb_str_is(c[9], "throughput")) return throughput(a, number(c[6]), number(c[8]));
  const wb_interval *s = wb_str_is(c[9], "first_ms") ? &a->first_token_s : &a->step_s;
  return (wb_interval){1e3 * s->low, 1e3 * s->best, 1e3 * s->high};
}

static bool holds(const wb_str *c, double *width, double *off) {
  char *name = text_of(c[0]), *setting = text_of(c[1]), *gpu = text_of(c[2]);
  weigh_model *model = opened(name, (const char *const[]){setting}, c[1].len > 0);
  const wb_i128 prompt = (wb_i128)number(c[7]), output = (wb_i128)number(c[8]);
  const wb_speed_question q = {.card = card_named(model, gpu),
                               .dtype = wb_dtype_name(c[4]),
                               .kv_dtype = wb_str_is(c[4], "int8") ? WB_STR("float16") : WB_STR(""),
                               .weight_bits = number(c[5]),
                               .layout = {(uint32_t)number(c[3]), 1, 1, 1, 1, false}};
  const wb_speed_answer a = at(speed_of(model, &q), (wb_i128)number(c[6]), prompt + (output + 1) / 2, prompt);
  const wb_interval f = figure_of(c, &a);
  const double value = number(c[10]);
  const bool within = f.low <= value && value <= f.high;
  *width = (f.high - f.low) / value;
  *off = fabs(f.best / value - 1);
  print_message("%s %-32s %-18s tp %.0f %4g bit %4.0f x %4.0f + %4.0f  %-10.*s %8g of %8.4g … %8.4g … %8.4g%s\n",
                within ? "  " : "✗ ", name, gpu, number(c[3]), number(c[5]), number(c[6]), number(c[7]), number(c[8]),
                WB_STR_ARG(c[9]), value, f.low, f.best, f.high, wb_str_is(c[11], "yes") ? "  (used)" : "");
  weigh_model_free(model);
  free(name), free(setting), free(gpu);
  return within;
}

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Readings that no share was made from lie within the bounds, but for one in ten. */
static void measured_speeds_lie_within_the_bounds(void **state) {
  (void)state;
  const wb_str text = file_text("tests/vectors/speed.tsv");
  wb_str c[COLUMNS];
  int held[2] = {0, 0}, all[2] = {0, 0};
  double widths[512], off[512];
  size_t count = 0;
  for (size_t place = 0; wb_tsv_next(text, &place, c, COLUMNS);) {
    assert_true(count < 512);
    const int used = wb_str_is(c[11], "yes");
    held[used] += holds(c, &widths[count], &off[count]);
    count++;
    all[used]++;
  }
  qsort(widths, count, sizeof *widths, by_size);
  qsort(off, count, sizeof *off, by_size);
  print_message("within the bounds: %d of %d held out, %d of %d used; median width %.2f; best off by %.3f (median)\n",
                held[0], all[0], held[1], all[1], widths[count / 2], off[count / 2]);
  assert_true(held[0] * 10 >= all[0] * 9);
  assert_true(held[1] * 10 >= all[1] * 9);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_tiny_model_by_hand),
      cmocka_unit_test(one_sequence_goes_at_the_bandwidth),
      cmocka_unit_test(experts_are_read_by_coverage),
      cmocka_unit_test(bounds_are_monotone),
      cmocka_unit_test(the_turn_is_the_first_that_computes),
      cmocka_unit_test(ranks_share_and_sum),
      cmocka_unit_test(what_is_not_known_has_no_figure),
      cmocka_unit_test(measured_speeds_lie_within_the_bounds),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
