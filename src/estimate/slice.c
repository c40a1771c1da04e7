/* Slices of a card: data/accelerators/slices.tsv. */
#include "base/tsv.h"
#include "estimate/machine.h"

#define COLUMNS 7

typedef struct slice {
  wb_str profile;
  double bytes, compute, eighths; /* bytes: 0: not known */
  double parts;                   /* into which the card's compute is cut */
} slice;

/* The card is sold with so much memory, in GiB or in GB. */
static bool holds(wb_str sizes, const wb_card *card) {
  wb_str size;
  if (!sizes.len) return true;
  for (size_t at = 0; wb_str_next(sizes, '|', &at, &size);) {
    wb_num n;
    if (!wb_num_parse(size, &n)) continue;
    if (card->vendor_bytes == n.num << 30 || card->vendor_bytes == n.num * 1000000000) return true;
  }
  return false;
}

/* "3g" of "3g.40gb". */
static double compute_of(wb_str profile) {
  size_t digits = 0;
  while (digits < profile.len && profile.ptr[digits] >= '0' && profile.ptr[digits] <= '9') digits++;
  return wb_tsv_real(wb_str_slice(profile, 0, digits));
}

static bool next_slice(const wb_card *card, size_t *at, slice *out) {
  wb_str c[COLUMNS];
  while (wb_tsv_next(wb_data_text("accelerators/slices.tsv"), at, c, COLUMNS)) {
    if (!wb_card_named(card, c[0]) || !holds(c[1], card)) continue;
    *out = (slice){c[2], wb_tsv_real(c[4]) * 1073741824.0, compute_of(c[2]), wb_tsv_real(c[5]), wb_tsv_real(c[3])};
    return true;
  }
  return false;
}

/* "1c.3g.40gb+me": a compute instance, and media engines, within a slice of 3g.40gb; their number is left aside. */
static wb_str bare(wb_str profile) {
  wb_str first = WB_STR("");
  size_t at = 0, end = 0;
  if (wb_str_next(profile, '.', &at, &first) && wb_str_ends(first, WB_STR("c")))
    profile = wb_str_slice(profile, at, profile.len);
  while (end < profile.len && profile.ptr[end] != '+' && profile.ptr[end] != '-') end++;
  return wb_str_slice(profile, 0, end);
}

static double instances(wb_str profile) {
  wb_str first = WB_STR("");
  size_t at = 0;
  return wb_str_next(profile, '.', &at, &first) && wb_str_ends(first, WB_STR("c")) ? compute_of(first) : 0;
}

static _Noreturn void no_slice(wb_ctx *ctx, const wb_card *card, wb_str profile) {
  wb_text all = {.ctx = ctx};
  slice s;
  for (size_t at = 0; next_slice(card, &at, &s);)
    wb_text_addf(&all, "%s%.*s", all.len ? ", " : "", WB_STR_ARG(s.profile));
  if (!all.len) wb_text_adds(&all, "-");
  WB_FAIL(ctx, WB_GPU_SLICE, WB_NOWHERE, profile, card->name, wb_text_str(&all));
}

/* A slice that somebody has read by its reading, any other by its eighths of the card. */
static void set_memory(wb_card *card, const slice *s) {
  wb_str c[5];
  const bool seen = s->bytes > 0;
  wb_i128 *const all[] = {&card->usable_low, &card->usable_bytes, &card->usable_high};
  for (size_t at = 0; wb_tsv_next(wb_data_text("accelerators/slice_shares.tsv"), &at, c, 5);) {
    if (seen ? !wb_str_is(c[0], "seen") : wb_tsv_real(c[0]) < s->eighths) continue;
    for (int i = 0; i < 3; i++)
      *all[i] = (wb_i128)((seen ? s->bytes : (double)*all[i] * s->eighths / 8) * wb_tsv_real(c[1 + i]));
    card->usable_basis = seen ? WB_BASIS_MEASURED : WB_BASIS_HEURISTIC;
    card->usable_source = c[4];
    return;
  }
}

void wb_card_slice(wb_ctx *ctx, wb_card *card, wb_str profile) {
  slice s = {.eighths = 0};
  bool found = false;
  const wb_str wanted = bare(profile);
  for (size_t at = 0; !found && next_slice(card, &at, &s);)
    found = s.profile.len == wanted.len && wb_str_distance(s.profile, wanted, 0) == 0;
  const double compute = instances(profile) > 0 ? instances(profile) : s.compute;
  if (!found || compute > s.compute) no_slice(ctx, card, profile);
  card->name = wb_str_fmt(ctx, "%.*s MIG %.*s", WB_STR_ARG(card->name), WB_STR_ARG(profile));
  set_memory(card, &s);
  card->bandwidth *= s.eighths / 8;
  double *const rates[] = {&card->bf16, &card->fp8, &card->int8, &card->fp4, &card->fp32};
  for (int i = 0; i < 5; i++) *rates[i] *= compute / s.parts;
}
