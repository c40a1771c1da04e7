#include "estimate/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"

#define COLUMNS 20
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

static double number(wb_str cell) {
  wb_num n;
  return wb_num_parse(cell, &n) ? wb_num_double(n) : 0;
}

static wb_i128 bytes_of(wb_str cell, wb_i128 unit) {
  wb_num n;
  if (!wb_num_parse(cell, &n) || !wb_num_mul(n, wb_num_int(unit), &n)) return 0;
  wb_num_floor(n, &n);
  return n.num;
}

/* What a process sees: read off where somebody has; else the driver's figure less 1 %, as cards differ there by 0.4 to
 * 1.4 % (A100 0.85, H100 0.54, H200 0.43, RTX 4090 1.44); else the vendor's less 2 %. */
static void usable(wb_card *card, wb_i128 cuda) {
  card->usable_basis = cuda ? WB_BASIS_MEASURED : WB_BASIS_ASSUMED;
  if (cuda) card->usable_bytes = cuda;
  else if (card->driver_bytes) card->usable_bytes = card->driver_bytes * 99 / 100;
  else card->usable_bytes = card->vendor_bytes * 98 / 100;
}

bool wb_card_next(size_t *at, wb_card *out) {
  wb_str c[COLUMNS];
  if (!wb_tsv_next(wb_data_text("accelerators/accelerators.tsv"), at, c, COLUMNS)) return false;
  *out =
      (wb_card){.vendor = c[0], .name = c[1], .aliases = c[2], .interconnect = c[13], .arch = c[17], .source = c[19]};
  out->vendor_bytes = bytes_of(c[3], wb_str_is(c[4], "GB") ? 1000000000 : MIB * 1024);
  out->driver_bytes = bytes_of(c[5], MIB);
  usable(out, bytes_of(c[6], MIB));
  double *const rates[] = {&out->bandwidth, &out->bf16, &out->fp8, &out->int8, &out->fp4, &out->fp32};
  for (int i = 0; i < 6; i++) *rates[i] = number(c[7 + i]);
  out->interconnect_rate = number(c[14]);
  out->pcie = (int)number(c[15]);
  out->tdp = number(c[16]);
  out->year = (int)number(c[18]);
  return true;
}

wb_card wb_card_of_bytes(wb_i128 bytes) {
  return (wb_card){.vendor = WB_STR(""),
                   .name = WB_STR("custom"),
                   .aliases = WB_STR(""),
                   .interconnect = WB_STR(""),
                   .arch = WB_STR(""),
                   .source = WB_STR(""),
                   .vendor_bytes = bytes,
                   .usable_bytes = bytes,
                   .usable_basis = WB_BASIS_ASSUMED};
}

void wb_card_limit(wb_card *card, wb_i128 bytes) {
  card->usable_bytes = bytes;
  card->usable_basis = WB_BASIS_ASSUMED;
}

wb_str wb_card_line(const wb_card *card) {
  size_t end = 0;
  while (end < card->name.len && card->name.ptr[end] != ' ') end++;
  return wb_str_slice(card->name, 0, end);
}

/* NVIDIA Multi-Instance GPU User Guide, "GPU instance profiles". */
void wb_card_slice(wb_ctx *ctx, wb_card *card, wb_str profile) {
  wb_str parts[2] = {profile, WB_STR("")};
  wb_num compute, memory;
  for (size_t i = 0, at = 0; i < 2 && wb_str_next(profile, '.', &at, &parts[i]);) i++;
  const bool shaped = wb_str_ends(parts[0], WB_STR("g")) && wb_str_ends(parts[1], WB_STR("gb")) &&
                      wb_num_parse(wb_str_slice(parts[0], 0, parts[0].len - 1), &compute) &&
                      wb_num_parse(wb_str_slice(parts[1], 0, parts[1].len - 2), &memory);
  const double whole = (double)card->vendor_bytes / 1e9;
  const double eighths = shaped && whole > 0 ? (double)(int)(8 * wb_num_double(memory) / whole + 0.5) : 0;
  const double most = card->vendor_bytes < ((wb_i128)30 << 30) ? 4 : 7;
  if (eighths < 1 || eighths > 8 || compute.num < 1 || wb_num_double(compute) > most ||
      !wb_str_is(card->vendor, "NVIDIA"))
    WB_FAIL(ctx, WB_GPU_SLICE, WB_NOWHERE, profile, card->name);
  card->name = wb_str_fmt(ctx, "%.*s MIG %.*s", WB_STR_ARG(card->name), WB_STR_ARG(profile));
  card->usable_bytes = card->usable_bytes * (wb_i128)eighths / 8;
  card->bandwidth *= eighths / 8;
  double *const rates[] = {&card->bf16, &card->fp8, &card->int8, &card->fp4, &card->fp32};
  for (int i = 0; i < 5; i++) *rates[i] *= wb_num_double(compute) / most;
}

/* ---- by name ---- */

static bool same(wb_str a, wb_str b) { return a.len == b.len && wb_str_distance(a, b, 0) == 0; }

static bool contains(wb_str text, wb_str part) {
  for (size_t i = 0; i + part.len <= text.len; i++)
    if (wb_str_distance(wb_str_slice(text, i, i + part.len), part, 0) == 0) return true;
  return false;
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
  size_t count = 0, limit = name.len / 3 + 1;
  for (size_t at = 0; wb_card_next(&at, &card) && count < 6;) {
    if (wb_str_distance(card.name, name, limit) > limit && !is_alias(card.aliases, name)) continue;
    wb_text_addf(&near, "%s%.*s", count++ ? ", " : "", WB_STR_ARG(card.name));
  }
  if (!count) wb_text_adds(&near, "H100 SXM5 80GB, RTX 4090, M3 Max");
  WB_FAIL(ctx, WB_GPU_UNKNOWN, WB_NOWHERE, name, wb_text_str(&near));
}

wb_card wb_card_find(wb_ctx *ctx, wb_str name) {
  wb_card card, found = {.year = 0};
  wb_text names = {.ctx = ctx};
  size_t count = 0;
  for (size_t at = 0; wb_card_next(&at, &card);)
    if (same(card.name, name) || is_alias(card.aliases, name)) return card;
  for (size_t at = 0; wb_card_next(&at, &card);) {
    if (!contains(card.name, name)) continue;
    if (count < 8) wb_text_addf(&names, "%s%.*s", count ? ", " : "", WB_STR_ARG(card.name));
    if (!count++) found = card;
  }
  if (!count) unknown(ctx, name);
  if (count > 1) WB_FAIL(ctx, WB_GPU_AMBIGUOUS, WB_NOWHERE, name, wb_text_str(&names));
  return found;
}
