#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"
#include "estimate/machine.h"

#include "context.h"

static wb_card card_of(const char *name) {
  if (!WB_GUARD(&ctx)) fail_msg("there is no card %s", name);
  return wb_card_find(&ctx, wb_str_of(name));
}

static double gib(wb_i128 bytes) { return (double)bytes / 1073741824.0; }

static void assert_near(double found, double wanted, double share) {
  if (found < wanted * (1 - share) || found > wanted * (1 + share)) fail_msg("%.4f is not %.4f", found, wanted);
}

/* ---- what a process can use ---- */

static void every_card_has_an_interval_around_what_is_usable(void **state) {
  (void)state;
  wb_card c;
  size_t count = 0;
  for (size_t at = 0; wb_card_next(&at, &c); count++) {
    if (!c.vendor_bytes) continue; /* "CPU": told with --gpu-memory */
    const wb_i128 most = c.driver_bytes > c.vendor_bytes ? c.driver_bytes : c.vendor_bytes; /* GB300 has more */
    if (!c.usable_low || c.usable_low > c.usable_bytes || c.usable_bytes > c.usable_high ||
        c.usable_high > most * 1003 / 1000 || !c.usable_source.len)
      fail_msg("%s: %.2f, %.2f, %.2f of %.2f GiB", wb_str_cstr(&ctx, c.name), gib(c.usable_low), gib(c.usable_bytes),
               gib(c.usable_high), gib(c.vendor_bytes));
  }
  assert_true(count > 380);
}

/* Readings that stand in no row of the table, from logs: every one lies in the interval. */
static void readings_lie_in_the_interval(void **state) {
  (void)state;
  const struct {
    const char *card;
    double gib;
  } seen[] = {{"A100 SXM4 80GB", 79.25},
              {"A100 SXM4 80GB", 79.15},
              {"H100 SXM5 80GB", 79.18},
              {"H100 SXM5 80GB", 79.10},
              {"RTX 6000 Ada", 47.50},
              {"RTX A6000", 47.54},
              {"RTX A6000", 47.37},
              {"GeForce RTX 3090", 24121 / 1024.0},
              {"RTX A400", 3768 / 1024.0},
              {"Tesla V100 SXM2 16GB", 15.77},
              {"GeForce RTX 3080", 10239 / 1024.0},
              {"M1 16GB", 11453.25e6 / 1073741824.0},
              {"M3 Pro 18GB", 14302.25e6 / 1073741824.0},
              {"M4 32GB", 26800.60e6 / 1073741824.0},
              {"M4 Max 36GB", 28991.03e6 / 1073741824.0},
              {"M4 Max 36GB", 30150.67e6 / 1073741824.0},
              {"M4 Max 128GB", 115448.73e6 / 1073741824.0},
              {"GB10", 121.69}};
  for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
    const wb_card c = card_of(seen[i].card);
    if (seen[i].gib < gib(c.usable_low) - 0.005 || seen[i].gib > gib(c.usable_high) + 0.005)
      fail_msg("%s: %.3f is not in %.3f to %.3f", seen[i].card, seen[i].gib, gib(c.usable_low), gib(c.usable_high));
  }
}

static void a_working_set_is_two_thirds_or_three_quarters(void **state) {
  (void)state;
  assert_near(gib(card_of("M2 Max 32GB").usable_bytes), 32 * 2 / 3.0, 0.0001);
  assert_near(gib(card_of("M2 Ultra 192GB").usable_bytes), 144, 0.0001);
}

/* ---- processors ---- */

static void bandwidth_of_processors_is_channels_by_rate(void **state) {
  (void)state;
  wb_card c;
  size_t count = 0;
  for (size_t at = 0; wb_card_next(&at, &c);) {
    if (!wb_str_is(c.vendor, "CPU") || !c.vendor_bytes) continue;
    const char *name = wb_str_cstr(&ctx, c.name), *rate = strchr(name, '-'), *channels = strstr(name, " x");
    assert_non_null(rate);
    assert_non_null(channels);
    const double wanted = strtod(rate + 1, NULL) * 8 * strtod(channels + 2, NULL) / 1000;
    assert_near(c.bandwidth, wanted, 1e-9);
    count++;
  }
  assert_true(count >= 40);
}

static void no_card_stands_twice(void **state) {
  (void)state;
  wb_card a, b;
  for (size_t i = 0; wb_card_next(&i, &a);)
    for (size_t k = i; wb_card_next(&k, &b);)
      if (wb_str_eq(a.name, b.name)) fail_msg("%s", wb_str_cstr(&ctx, a.name));
}

/* ---- slices ---- */

/* GiB as NVIDIA's tools list them for a profile. */
static void slices_have_the_memory_of_the_guide(void **state) {
  (void)state;
  const struct {
    const char *card, *profile;
    double gib;
  } seen[] = {{"A100 SXM4 40GB", "1g.5gb", 4.75},
              {"A100 SXM4 40GB", "2g.10gb", 9.75},
              {"A100 SXM4 40GB", "3g.20gb", 19.62},
              {"A100 SXM4 40GB", "7g.40gb", 39.50},
              {"A100 SXM4 80GB", "1g.10gb", 9.5},
              {"A100 SXM4 80GB", "3g.40gb", 39.25},
              {"H100 SXM5 80GB", "1g.10gb", 9.62},
              {"H100 PCIe 80GB", "2g.20gb", 19.50},
              {"H100 SXM5 80GB", "3g.40gb", 39.5},
              {"H200 SXM 141GB", "1g.18gb", 16.0},
              {"H200 SXM 141GB", "2g.35gb", 32.5},
              {"A30", "2g.12gb", 11.69},
              {"A30", "4g.24gb", 23.69},
              {"B200", "1g.23gb", 20.5},
              {"H100 NVL 94GB", "1g.12gb", 11.0},
              {"RTX PRO 6000 Blackwell Server", "1g.24gb", 23.625}};
  for (size_t i = 0; i < sizeof seen / sizeof *seen; i++) {
    wb_card c = card_of(seen[i].card);
    wb_card_slice(&ctx, &c, wb_str_of(seen[i].profile));
    assert_near(gib(c.usable_bytes), seen[i].gib, 0.02);
  }
}

static void slices_share_bandwidth_and_compute(void **state) {
  (void)state;
  const wb_card whole = card_of("H100 SXM5 80GB");
  wb_card c = whole;
  wb_card_slice(&ctx, &c, WB_STR("3g.40gb"));
  assert_near(c.bandwidth, whole.bandwidth / 2, 1e-9);
  assert_near(c.bf16, whole.bf16 * 3 / 7, 1e-9);
  c = whole;
  wb_card_slice(&ctx, &c, WB_STR("1c.3g.40gb+me"));
  assert_near(c.bf16, whole.bf16 / 7, 1e-9);
  assert_near(gib(c.usable_bytes), 39.5, 1e-9);
}

static void refuse(const char *name, const char *profile) {
  wb_card c = card_of(name);
  if (WB_GUARD(&ctx)) {
    wb_card_slice(&ctx, &c, wb_str_of(profile));
    fail_msg("%s of %s", profile, name);
  }
  assert_int_equal(ctx.failure.message, WB_GPU_SLICE);
}

static void what_is_no_slice_is_refused(void **state) {
  (void)state;
  const char *const wrong[][2] = {
      {"RTX 4090", "1g.10gb"},        {"A100 SXM4 80GB", "1g.5gb"}, {"A30", "7g.24gb"},
      {"H100 SXM5 80GB", ""},         {"H100 SXM5 80GB", "."},      {"H100 SXM5 80GB", "9c.3g.40gb"},
      {"H100 SXM5 80GB", "gb.g.c.+"}, {"M3 Max 64GB", "3g.40gb"}};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) refuse(wrong[i][0], wrong[i][1]);
}

static bool sliced(wb_card *card, wb_str profile) {
  if (!WB_GUARD(&ctx)) return false;
  wb_card_slice(&ctx, card, profile);
  return card->usable_low <= card->usable_bytes && card->usable_bytes <= card->usable_high;
}

static bool a_card_is_sliced(wb_str name, wb_str profile) {
  wb_card c;
  for (size_t i = 0; wb_card_next(&i, &c);)
    if (wb_str_is(c.vendor, "NVIDIA") && wb_card_named(&c, name) && sliced(&c, profile)) return true;
  return false;
}

static void every_row_of_slices_has_a_card(void **state) {
  (void)state;
  wb_str row[7];
  for (size_t at = 0; wb_tsv_next(wb_data_text("accelerators/slices.tsv"), &at, row, 7);)
    if (!a_card_is_sliced(row[0], row[2])) fail_msg("%s of %s", wb_str_cstr(&ctx, row[2]), wb_str_cstr(&ctx, row[0]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_card_has_an_interval_around_what_is_usable),
      cmocka_unit_test(readings_lie_in_the_interval),
      cmocka_unit_test(a_working_set_is_two_thirds_or_three_quarters),
      cmocka_unit_test(bandwidth_of_processors_is_channels_by_rate),
      cmocka_unit_test(no_card_stands_twice),
      cmocka_unit_test(slices_have_the_memory_of_the_guide),
      cmocka_unit_test(slices_share_bandwidth_and_compute),
      cmocka_unit_test(what_is_no_slice_is_refused),
      cmocka_unit_test(every_row_of_slices_has_a_card),
  };
  return cmocka_run_group_tests(tests, open_memory, close_memory);
}
