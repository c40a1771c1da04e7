#include "estimate/rates.h"

#include "base/tsv.h"

#define COLUMNS 8
#define GIGA    1e9
#define TERA    1e12

/* A vendor's cards, those whose names begin so, or any. */
static bool serves(wb_str cards, const wb_card *card) {
  return wb_str_is(cards, "*") || wb_str_eq(cards, card->vendor) || wb_str_starts(card->name, cards);
}

/* The first row of a quantity that serves the card and the width of the weights. */
static wb_share share_of(const char *quantity, const wb_card *card, double bits) {
  wb_str c[COLUMNS];
  for (size_t at = 0; wb_tsv_next(wb_data_text("speed/shares.tsv"), &at, c, COLUMNS);) {
    if (!wb_str_is(c[0], quantity) || !serves(c[1], card)) continue;
    if (c[2].len && bits > wb_tsv_real(c[2])) continue;
    return (wb_share){c[0], {wb_tsv_real(c[3]), wb_tsv_real(c[4]), wb_tsv_real(c[5])}, c[6], c[7]};
  }
  return (wb_share){wb_str_of(quantity), {0, 0, 0}, WB_STR("assumed"), WB_STR("")};
}

static double pcie_rate(int generation) {
  wb_str c[3];
  for (size_t at = 0; generation && wb_tsv_next(wb_data_text("speed/pcie.tsv"), &at, c, 3);)
    if ((int)wb_tsv_real(c[0]) == generation) return wb_tsv_real(c[1]);
  return 0;
}

static wb_interval all(double tera) { return (wb_interval){tera * TERA, tera * TERA, tera * TERA}; }

/* Weights of 8 bits in floating point go through the unit that takes them, where there is one; whole numbers may be
 * widened first or multiplied as they are, by the engine; everything narrower is widened. Where a card's rate for 16 bits
 * is not stated, its float32 rate stands in: what Apple's GPUs reach with 16 bits is stated nowhere else. */
static const char *choose_compute(wb_rates *r, const wb_card *card, wb_str dtype, double bits) {
  const double wide = card->bf16 > 0 ? card->bf16 : card->fp32;
  const bool floating = wb_str_starts(dtype, WB_STR("float"));
  r->compute_name = card->bf16 > 0 ? WB_STR("bf16") : WB_STR("fp32");
  r->compute_stands_in = !(card->bf16 > 0);
  r->compute = all(wide);
  if (bits >= 32) {
    r->compute_name = WB_STR("fp32");
    r->compute_stands_in = false;
    r->compute = all(card->fp32);
    return "compute_32";
  }
  if (bits == 8 && floating && card->fp8 > 0) {
    r->compute_name = WB_STR("fp8");
    r->compute_stands_in = false;
    r->compute = all(card->fp8);
    return "compute_8";
  }
  if (bits == 8 && !floating && card->int8 > wide) r->compute.high = card->int8 * TERA;
  return "compute_16";
}

wb_rates wb_rates_of(const wb_card *card, wb_str dtype, double bits) {
  wb_rates r = {.bandwidth = card->bandwidth * GIGA, .link = card->interconnect_rate / 2 * GIGA}; /* stated both ways */
  const char *compute = choose_compute(&r, card, dtype, bits);
  const char *const quantities[WB_SHARE_COUNT] = {"bandwidth",          compute,           "all_reduce",
                                                  "all_reduce_seconds", "prefill_seconds", "decode_seconds"};
  if (!(r.link > 0)) {
    r.link = pcie_rate(card->pcie) * GIGA;
    r.link_is_pcie = r.link > 0;
  }
  for (int i = 0; i < WB_SHARE_COUNT; i++) r.shares[i] = share_of(quantities[i], card, bits);
  return r;
}
