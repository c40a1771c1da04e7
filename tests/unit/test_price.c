#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/tsv.h"
#include "estimate/price.h"
#include "weigh/weigh.h"

static wb_ctx ctx;
static wb_prices *prices;

static int open_memory(void **state) {
  (void)state;
  ctx = (wb_ctx){.arena = wb_arena_new(0)};
  if (!ctx.arena || !WB_GUARD(&ctx)) return 1;
  prices = wb_prices_read(&ctx, WB_STR(""));
  return 0;
}

static int close_memory(void **state) {
  (void)state;
  wb_arena_free(ctx.arena);
  return 0;
}

/* ---- the tables ---- */

static bool is_card(wb_str name) {
  wb_card c;
  for (size_t at = 0; wb_card_next(&at, &c);)
    if (wb_str_eq(c.name, name)) return true;
  return false;
}

static void every_listed_name_is_a_card_or_says_why_not(void **state) {
  (void)state;
  wb_str c[3], name;
  for (size_t at = 0; wb_tsv_next(wb_data_text("prices/cards.tsv"), &at, c, 3);) {
    if (!c[1].len && !c[2].len) fail_msg("%s", wb_str_cstr(&ctx, c[0]));
    for (size_t i = 0; wb_str_next(c[1], '|', &i, &name);)
      if (!is_card(name)) fail_msg("%s: there is no card %s", wb_str_cstr(&ctx, c[0]), wb_str_cstr(&ctx, name));
  }
}

static size_t times_listed(wb_str name) {
  wb_str c[3];
  size_t count = 0;
  for (size_t at = 0; wb_tsv_next(wb_data_text("prices/cards.tsv"), &at, c, 3);) count += wb_str_eq(c[0], name);
  return count;
}

static void every_price_has_a_listed_name_a_date_or_a_reason_and_a_source(void **state) {
  (void)state;
  wb_str c[9];
  wb_num usd, cards;
  size_t count = 0;
  for (size_t at = 0; wb_tsv_next(wb_data_text("prices/cloud.tsv"), &at, c, 9); count++) {
    const bool whole = wb_num_parse(c[4], &cards) && cards.den == 1 && cards.num > 0;
    const bool sold = wb_str_is(c[2], "card") || wb_str_is(c[2], "machine");
    if (times_listed(c[3]) != 1 || !whole || !sold || !wb_num_parse(c[5], &usd) || usd.num <= 0 || !c[8].len ||
        (!c[6].len && !c[7].len))
      fail_msg("%s, %s", wb_str_cstr(&ctx, c[0]), wb_str_cstr(&ctx, c[1]));
  }
  assert_true(count > 200);
}

/* ---- answers ---- */

static void the_cheapest_offer_counts(void **state) {
  (void)state;
  wb_str c[9];
  wb_price found;
  assert_true(wb_price_of(prices, WB_STR("L4"), 1, &found));
  for (size_t at = 0; wb_tsv_next(wb_data_text("prices/cloud.tsv"), &at, c, 9);) {
    wb_num usd;
    const bool is_l4 = wb_str_is(c[3], "L4") || wb_str_is(c[3], "L4 24GB");
    if (!is_l4 || c[7].len || !wb_num_parse(c[5], &usd)) continue;
    if (wb_num_double(usd) < found.usd_per_hour) fail_msg("%s asks less", wb_str_cstr(&ctx, c[0]));
  }
  assert_true(found.as_of.len > 0 && found.source.len > 0 && found.provider.len > 0);
}

static void more_cards_never_cost_less(void **state) {
  (void)state;
  wb_card c;
  for (size_t at = 0; wb_card_next(&at, &c);) {
    double before = 0;
    for (wb_i128 n = 1; n <= 64; n++) {
      wb_price p;
      if (!wb_price_of(prices, c.name, n, &p)) continue;
      if (p.usd_per_hour < before || p.cards < n) fail_msg("%s", wb_str_cstr(&ctx, c.name));
      before = p.usd_per_hour;
    }
  }
}

/* Eight machines of one card are no machine of eight; two of eight are sixteen. */
static void small_machines_are_not_joined(void **state) {
  (void)state;
  wb_price p;
  assert_true(wb_price_of(prices, WB_STR("A10G"), 1, &p)); /* sold by AWS alone, machines of 1, 4 and 8 */
  assert_true(p.usd_per_hour > 1.005 && p.usd_per_hour < 1.007);
  assert_true(wb_price_of(prices, WB_STR("A10G"), 2, &p));
  assert_true(p.cards == 4);
  assert_true(wb_price_of(prices, WB_STR("A10G"), 9, &p));
  assert_true(p.cards == 16);
}

static void what_has_no_dated_price_has_none(void **state) {
  (void)state;
  wb_price p;
  assert_false(wb_price_of(prices, WB_STR("TPU v5p"), 1, &p)); /* rows without a date */
  assert_false(wb_price_of(prices, WB_STR("M3 Max 64GB"), 1, &p));
  assert_false(wb_price_of(prices, WB_STR("H100 SXM5 80GB MIG 3g.40gb"), 1, &p));
  assert_false(wb_price_of(prices, WB_STR("L4"), 0, &p));
}

/* ---- rankings ---- */

typedef struct tally {
  size_t cards, priced;
} tally;

static bool agrees(void *user, const weigh_ranked *card) {
  tally *t = user;
  wb_price p;
  const bool known = wb_price_of(prices, wb_str_of(card->gpu), card->gpus, &p);
  t->cards++;
  t->priced += known;
  if (known ? card->usd_per_hour < p.usd_per_hour || card->usd_per_hour > p.usd_per_hour : card->usd_per_hour > 0)
    fail_msg("%s: %f", card->gpu, card->usd_per_hour);
  return true;
}

static void rankings_have_the_prices_of_their_layouts(void **state) {
  (void)state;
  static const char config[] =
      "{\"model_type\":\"llama\",\"vocab_size\":32000,\"hidden_size\":8192,"
      "\"intermediate_size\":28672,\"num_hidden_layers\":80,\"num_attention_heads\":64,"
      "\"num_key_value_heads\":8}";
  const weigh_model_request request = {.config = config, .config_size = sizeof config - 1};
  const weigh_serving asked = {.quant = "int8"};
  weigh_library *library = NULL;
  weigh_model *model = NULL;
  tally t = {0, 0};
  assert_int_equal(weigh_library_open(NULL, &library, NULL), WEIGH_OK);
  assert_int_equal(weigh_model_open(library, &request, &model, NULL), WEIGH_OK);
  assert_int_equal(weigh_memory_rank(model, &asked, 8, agrees, &t, NULL), WEIGH_OK);
  weigh_model_free(model);
  weigh_library_free(library);
  assert_true(t.cards > 100 && t.priced > 15);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_listed_name_is_a_card_or_says_why_not),
      cmocka_unit_test(every_price_has_a_listed_name_a_date_or_a_reason_and_a_source),
      cmocka_unit_test(the_cheapest_offer_counts),
      cmocka_unit_test(more_cards_never_cost_less),
      cmocka_unit_test(small_machines_are_not_joined),
      cmocka_unit_test(rankings_have_the_prices_of_their_layouts),
      cmocka_unit_test(what_has_no_dated_price_has_none),
  };
  return cmocka_run_group_tests(tests, open_memory, close_memory);
}
