#include "estimate/local.h"

#include "base/tsv.h"

/* A card is the one with that name when its memory is the reported one within so many percent: drivers hold back up to 8 %
 * (small cards, ECC), sizes of one name differ by more. */
#define NEAR 8

static bool same(wb_str a, wb_str b) { return a.len == b.len && wb_str_distance(a, b, 0) == 0; }

static bool begins(wb_str text, wb_str with) {
  return text.len >= with.len && same(wb_str_slice(text, 0, with.len), with);
}

/* "NVIDIA H100 NVL" without the vendor. */
static wb_str bare(wb_str name, wb_str vendor) {
  if (vendor.len && begins(name, vendor) && name.len > vendor.len)
    return wb_str_trim(wb_str_slice(name, vendor.len, name.len));
  return name;
}

/* The name itself, or with a size or a remark behind it: "GeForce RTX 3080 12GB", "GB10 (DGX Spark)". */
static bool means(const wb_card *card, wb_str name) {
  if (!name.len || !begins(card->name, name)) return false;
  const wb_str rest = wb_str_trim(wb_str_slice(card->name, name.len, card->name.len));
  return !rest.len ||
         (card->name.ptr[name.len] == ' ' && ((rest.ptr[0] >= '0' && rest.ptr[0] <= '9') || rest.ptr[0] == '('));
}

/* One name is the end of the other, from a word on. */
static bool ends(wb_str text, wb_str with) {
  if (with.len >= text.len || text.ptr[text.len - with.len - 1] != ' ') return false;
  return same(wb_str_slice(text, text.len - with.len, text.len), with);
}

/* "Radeon RX 7900 XT/7900 XTX/7900M", "Radeon Instinct MI50 32GB": shorter or longer than our names at their beginning. */
static bool among(const wb_card *card, wb_str names) {
  wb_str name;
  for (size_t at = 0; wb_str_next(names, '/', &at, &name);)
    if (means(card, name) || ends(card->name, name) || ends(name, card->name)) return true;
  return false;
}

/* What stands in brackets, "Vega 20 [Radeon Pro VII/Radeon Instinct MI50 32GB]"; empty: no brackets. */
static wb_str bracketed(wb_str name) {
  size_t from = 0;
  while (from < name.len && name.ptr[from] != '[') from++;
  size_t to = from;
  while (to < name.len && name.ptr[to] != ']') to++;
  return to < name.len ? wb_str_slice(name, from + 1, to) : WB_STR("");
}

static wb_str cards_of_id(wb_str id) {
  wb_str c[2];
  for (size_t at = 0; id.len && wb_tsv_next(wb_data_text("accelerators/pci.tsv"), &at, c, 2);)
    if (same(c[0], id)) return c[1];
  return WB_STR("");
}

static bool is_named(const wb_card *card, const wb_seen *seen) {
  const wb_str name = bare(seen->name, seen->vendor);
  wb_str alias;
  if (!wb_str_eq(card->vendor, seen->vendor)) return false;
  if (seen->name.len) {
    for (size_t at = 0; wb_str_next(card->aliases, '|', &at, &alias);)
      if (same(alias, seen->name) || same(alias, name)) return true;
    if (means(card, name) || among(card, bracketed(name))) return true;
  }
  wb_str exact;
  const wb_str cards = cards_of_id(seen->id);
  for (size_t at = 0; wb_str_next(cards, '|', &at, &exact);)
    if (wb_str_eq(card->name, exact)) return true;
  return false;
}

/* How far the reported memory is from what the card has. */
static wb_i128 distance(const wb_card *card, wb_i128 total) {
  wb_i128 least = total > card->vendor_bytes ? total - card->vendor_bytes : card->vendor_bytes - total;
  const wb_i128 driver = total > card->driver_bytes ? total - card->driver_bytes : card->driver_bytes - total;
  return card->driver_bytes && driver < least ? driver : least;
}

/* The one card that it can be; false when there is none, or several are as near. */
static bool match(const wb_seen *seen, wb_card *out) {
  wb_card card;
  wb_i128 nearest = 0;
  size_t count = 0;
  for (size_t at = 0; wb_card_next(&at, &card);) {
    if (!is_named(&card, seen)) continue;
    const wb_i128 far = seen->total ? distance(&card, seen->total) : 0;
    if (far * 100 > card.vendor_bytes * NEAR || (count && far > nearest)) continue;
    count = count && far == nearest ? count + 1 : 1;
    nearest = far;
    *out = card;
  }
  return count == 1;
}

/* A processor, and a card that has no row: its memory by the rules of its vendor. */
static wb_card by_memory(wb_ctx *ctx, const wb_seen *seen) {
  const bool processor = wb_str_is(seen->vendor, "CPU");
  wb_card card = processor ? wb_card_find(ctx, WB_STR("CPU")) : wb_card_of_bytes(seen->total);
  card.vendor = seen->vendor;
  card.vendor_bytes = seen->total;
  card.driver_bytes = processor || wb_str_is(seen->vendor, "Apple") ? 0 : seen->total;
  if (!processor) card.name = seen->name.len ? seen->name : WB_STR("custom");
  if (seen->total) wb_card_set_usable(&card, 0);
  return card;
}

wb_local *wb_local_cards(wb_ctx *ctx, const wb_seen *seen, size_t seen_count, size_t *count) {
  wb_local *out = WB_NEWN(ctx, wb_local, seen_count ? seen_count : 1);
  *count = 0;
  for (size_t i = 0; i < seen_count; i++) {
    wb_local new = {.count = 1, .total = seen[i].total, .used = seen[i].used, .said = seen[i].name};
    new.known = match(&seen[i], &new.card);
    if (!new.known && !seen[i].total) continue; /* neither its name nor its memory is known */
    if (!new.known) new.card = by_memory(ctx, &seen[i]);
    wb_local *old = NULL;
    for (size_t k = 0; k < *count && !old; k++)
      if (wb_str_eq(out[k].card.name, new.card.name) && out[k].card.vendor_bytes == new.card.vendor_bytes)
        old = &out[k];
    if (!old) {
      out[(*count)++] = new;
      continue;
    }
    old->count++;
    if (new.total < old->total) old->total = new.total;
    if (new.used > old->used) old->used = new.used;
  }
  return out;
}
