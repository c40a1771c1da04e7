/* What a process can use of a card: data/accelerators/usable.tsv. */
#include "base/tsv.h"
#include "estimate/machine.h"

#define COLUMNS 10
#define MIB     ((wb_i128)1 << 20)

bool wb_card_named(const wb_card *card, wb_str names) {
  wb_str name;
  for (size_t at = 0; wb_str_next(names, '|', &at, &name);)
    if (wb_str_is(name, "*") || wb_str_starts(card->name, name)) return true;
  return false;
}

static wb_i128 gib(wb_str cell) {
  wb_num n;
  return wb_num_parse(cell, &n) && n.den == 1 ? n.num << 30 : 0;
}

/* A row of the card's vendor. */
static bool serves(const wb_str *c, const wb_card *card) {
  if (card->vendor_bytes <= gib(c[2])) return false;
  return (!c[3].len || card->vendor_bytes <= gib(c[3])) && wb_card_named(card, c[1]);
}

/* "0.9375 - 698": a share, less MiB. */
static wb_i128 part(wb_str cell, wb_i128 whole) {
  wb_str words[3] = {WB_STR("1"), WB_STR(""), WB_STR("")};
  for (size_t i = 0, at = 0; i < 3 && wb_str_next(cell, ' ', &at, &words[i]);) i++;
  wb_num share, less = wb_num_int(0);
  if (!wb_num_parse(words[0], &share) || !wb_num_mul(share, wb_num_int(whole), &share)) return 0;
  wb_num_floor(share, &share);
  wb_num_parse(words[2], &less);
  const wb_i128 out = share.num - less.num * MIB;
  return out > 0 ? out : 0;
}

void wb_card_set_usable(wb_card *card, wb_i128 seen) {
  wb_str c[COLUMNS];
  const wb_str rules = wb_data_text("accelerators/usable.tsv");
  for (size_t at = 0, from = 0; wb_tsv_next(rules, &at, c, 1); from = at) {
    /* The vendor first: a row in full takes ten times as long, and the ranking asks for every card there is. */
    if (!wb_str_is(c[0], "*") && !wb_str_eq(c[0], card->vendor)) continue;
    if (!wb_tsv_next(rules, &from, c, COLUMNS)) return;
    const wb_i128 whole = wb_str_is(c[4], "cuda")     ? seen
                          : wb_str_is(c[4], "driver") ? card->driver_bytes
                                                      : card->vendor_bytes;
    if (!whole || !serves(c, card)) continue;
    card->usable_low = part(c[5], whole);
    card->usable_bytes = part(c[6], whole);
    card->usable_high = part(c[7], whole);
    wb_basis_parse(c[8], &card->usable_basis);
    card->usable_source = c[9];
    return;
  }
}
