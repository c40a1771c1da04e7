#include "estimate/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"

#define TABLE   "accelerators/accelerators.tsv"
#define COLUMNS 22
#define MIB     ((wb_i128)1 << 20)

static const char *const BASES[] = {"stored", "exact", "engine", "measured", "heuristic", "assumed"};
const char *wb_basis_name(wb_basis basis) { return BASES[basis]; }

bool wb_basis_parse(wb_str name, wb_basis *out) {
  for (int i = 0; i <= WB_BASIS_ASSUMED; i++) {
    if (!wb_str_is(name, BASES[i])) continue;
    *out = (wb_basis)i;
    return true;
  }
  return false;
}

static wb_i128 bytes_of(wb_str cell, wb_i128 unit) {
  wb_num n;
  if (!wb_num_parse(cell, &n) || !wb_num_mul(n, wb_num_int(unit), &n)) return 0;
  wb_num_floor(n, &n);
  return n.num;
}

/* The next card at *at, and what a process was seen to have of it (0: nobody looked); what is usable is left open. */
static bool next_row(size_t *at, wb_card *out, wb_i128 *seen) {
  wb_str c[COLUMNS];
  if (!wb_tsv_next(wb_data_text(TABLE), at, c, COLUMNS)) return false;
  *out =
      (wb_card){.vendor = c[0], .name = c[1], .aliases = c[2], .interconnect = c[13], .arch = c[17], .source = c[19]};
  out->vendor_bytes = bytes_of(c[3], wb_str_is(c[4], "GB") ? 1000000000 : MIB * 1024);
  out->driver_bytes = bytes_of(c[5], MIB);
  *seen = bytes_of(c[6], MIB);
  double *const rates[] = {&out->bandwidth, &out->bf16, &out->fp8, &out->int8, &out->fp4, &out->fp32};
  for (int i = 0; i < 6; i++) *rates[i] = wb_tsv_real(c[7 + i]);
  out->interconnect_rate = wb_tsv_real(c[14]);
  out->pcie = (int)wb_tsv_real(c[15]);
  out->tdp = wb_tsv_real(c[16]);
  out->year = (int)wb_tsv_real(c[18]);
  out->kind = c[20];
  out->announced = wb_str_is(c[21], "yes");
  return true;
}

bool wb_card_next(size_t *at, wb_card *out) {
  wb_i128 seen;
  if (!next_row(at, out, &seen)) return false;
  wb_card_set_usable(out, seen);
  return true;
}

/* ---- all of them ---- */

typedef struct table {
  wb_card *cards;
  size_t count, cap;
} table;

static const void *read_all(wb_ctx *ctx) {
  table *t = WB_NEW(ctx, table);
  wb_card card;
  for (size_t at = 0; wb_card_next(&at, &card);) {
    WB_PUSH_ROOM(ctx, t->cards, t->count, t->cap);
    t->cards[t->count++] = card;
  }
  return t;
}

const wb_card *wb_cards(wb_library *lib, wb_ctx *ctx, size_t *count) {
  const table *t = wb_library_made(lib, ctx, read_all);
  *count = t->count;
  return t->cards;
}

wb_card wb_card_of_bytes(wb_i128 bytes) {
  return (wb_card){.vendor = WB_STR(""),
                   .name = WB_STR("custom"),
                   .aliases = WB_STR(""),
                   .interconnect = WB_STR(""),
                   .arch = WB_STR(""),
                   .source = WB_STR(""),
                   .kind = WB_STR(""),
                   .vendor_bytes = bytes,
                   .usable_low = bytes,
                   .usable_bytes = bytes,
                   .usable_high = bytes,
                   .usable_source = WB_STR(""),
                   .usable_basis = WB_BASIS_ASSUMED};
}

void wb_card_limit(wb_card *card, wb_i128 bytes) {
  card->usable_low = card->usable_bytes = card->usable_high = bytes;
  card->usable_basis = WB_BASIS_ASSUMED;
  card->usable_source = WB_STR("");
}

wb_str wb_card_line(const wb_card *card) {
  size_t end = 0;
  while (end < card->name.len && card->name.ptr[end] != ' ') end++;
  return wb_str_slice(card->name, 0, end);
}

/* ---- by name ---- */

static bool parts_words(char c) { return c == ' ' || c == '-' || c == '_'; }

static char small(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* The same letters and digits: RTX-4090 is RTX 4090. */
static bool same(wb_str a, wb_str b) {
  size_t i = 0, k = 0;
  for (;; i++, k++) {
    while (i < a.len && parts_words(a.ptr[i])) i++;
    while (k < b.len && parts_words(b.ptr[k])) k++;
    if (i == a.len || k == b.len) return i == a.len && k == b.len;
    if (small(a.ptr[i]) != small(b.ptr[k])) return false;
  }
}

static bool contains(wb_str text, wb_str part) {
  for (size_t i = 0; i + part.len <= text.len; i++)
    if (wb_str_distance(wb_str_slice(text, i, i + part.len), part, 0) == 0) return true;
  return false;
}

/* Every word of the name asked for is in the card's name, or is its vendor: A100 80GB, NVIDIA A100-SXM4-80GB. */
static bool has_words(const wb_card *card, wb_str asked) {
  size_t words = 0;
  for (size_t from = 0, to; from < asked.len; from = to + 1) {
    for (to = from; to < asked.len && !parts_words(asked.ptr[to]); to++) {}
    const wb_str word = wb_str_slice(asked, from, to);
    if (word.len && !contains(card->name, word) && !same(card->vendor, word)) return false;
    words += word.len > 0;
  }
  return words > 0;
}

static bool is_alias(wb_str aliases, wb_str name) {
  wb_str alias;
  for (size_t at = 0; wb_str_next(aliases, '|', &at, &alias);)
    if (same(alias, name)) return true;
  return false;
}

static _Noreturn void unknown(wb_ctx *ctx, wb_str name) {
  wb_text near = {.ctx = ctx};
  wb_card card;
  wb_i128 seen;
  size_t count = 0, limit = name.len / 3 + 1;
  for (size_t at = 0; next_row(&at, &card, &seen) && count < 6;) {
    if (wb_str_distance(card.name, name, limit) > limit && !is_alias(card.aliases, name)) continue;
    wb_text_addf(&near, "%s%.*s", count++ ? ", " : "", WB_STR_ARG(card.name));
  }
  if (!count) wb_text_adds(&near, "H100 SXM5 80GB, RTX 4090, M3 Max");
  WB_FAIL(ctx, WB_GPU_UNKNOWN, WB_NOWHERE, name, wb_text_str(&near));
}

/* The first card whose name means it, by itself or as one alias; else how many names contain it, or all its words where
 * none does, and the first of them. */
static size_t search(wb_str name, wb_card *found, wb_i128 *seen, wb_text *names) {
  wb_card card;
  size_t count = 0;
  wb_i128 bytes;
  wb_str c[3];
  const wb_str rows = wb_data_text(TABLE);
  for (size_t at = 0, from = 0; wb_tsv_next(rows, &at, c, 3); from = at) /* names first: a whole row takes far longer */
    if (same(c[1], name) || is_alias(c[2], name)) return next_row(&from, found, seen);
  for (int words = 0; words < 2 && !count; words++)
    for (size_t at = 0; next_row(&at, &card, &bytes);) {
      if (words ? !has_words(&card, name) : !name.len || !contains(card.name, name)) continue;
      if (count < 8) wb_text_addf(names, "%s%.*s", count ? ", " : "", WB_STR_ARG(card.name));
      if (count++) continue;
      *found = card;
      *seen = bytes;
    }
  return count;
}

wb_card wb_card_find(wb_ctx *ctx, wb_str name) {
  wb_card found = {.year = 0};
  wb_text names = {.ctx = ctx};
  wb_i128 seen = 0;
  const size_t count = search(name, &found, &seen, &names);
  if (!count) unknown(ctx, name);
  if (count > 1) WB_FAIL(ctx, WB_GPU_AMBIGUOUS, WB_NOWHERE, name, wb_text_str(&names));
  wb_card_set_usable(&found, seen);
  return found;
}

typedef struct asked {
  wb_str name;
  wb_card card;
  const struct asked *next;
} asked;

wb_card wb_card_of(wb_model *m, wb_str name) {
  for (const asked *known = m->cards; known; known = known->next)
    if (wb_str_eq(known->name, name)) return known->card;
  const wb_card card = wb_card_find(&m->ctx, name);
  asked *own = WB_NEW(&m->ctx, asked);
  *own = (asked){wb_str_copy(&m->ctx, name), card, m->cards};
  m->cards = own;
  return card;
}
