#include "expr/unit.h"

#include <string.h>

static const char *const NAMES[WB_BASE_UNITS] = {"elements", "bytes", "FLOPs", "tokens", "seconds", "USD"};

bool wb_unit_eq(wb_unit a, wb_unit b) { return memcmp(&a, &b, sizeof a) == 0; }

bool wb_unit_plain(wb_unit a) { return wb_unit_eq(a, WB_PLAIN); }

bool wb_unit_mul(wb_unit a, wb_unit b, int sign, wb_unit *out) {
  for (int i = 0; i < WB_BASE_UNITS; i++) {
    int power = a.power[i] + sign * b.power[i];
    if (power > 9 || power < -9) return false;
    out->power[i] = (int8_t)power;
  }
  return true;
}

static bool base_unit(wb_str name, int sign, wb_unit *out) {
  if (wb_str_is(name, "1")) return true;
  for (int i = 0; i < WB_BASE_UNITS; i++) {
    if (!wb_str_is(name, NAMES[i])) continue;
    out->power[i] = (int8_t)(out->power[i] + sign);
    return out->power[i] < 10 && out->power[i] > -10;
  }
  return false;
}

bool wb_unit_parse(wb_str text, wb_unit *out) {
  int sign = 1;
  size_t from = 0;
  *out = WB_PLAIN;
  for (size_t at = 0; at <= text.len; at++) {
    bool end = at == text.len;
    if (!end && text.ptr[at] != '*' && text.ptr[at] != '/') continue;
    if (!base_unit(wb_str_trim(wb_str_slice(text, from, at)), sign, out)) return false;
    if (!end) sign = text.ptr[at] == '/' ? -1 : 1;
    from = at + 1;
  }
  return true;
}

static void side(wb_text *out, wb_unit unit, int sign) {
  bool first = true;
  for (int i = 0; i < WB_BASE_UNITS; i++) {
    for (int n = unit.power[i] * sign; n > 0; n--) {
      if (!first) wb_text_addc(out, sign > 0 ? '*' : '/');
      wb_text_adds(out, NAMES[i]);
      first = false;
    }
  }
  if (first && sign > 0) wb_text_addc(out, '1');
}

void wb_unit_print(wb_text *out, wb_unit unit) {
  if (wb_unit_plain(unit)) return;
  bool below = false;
  for (int i = 0; i < WB_BASE_UNITS; i++) below = below || unit.power[i] < 0;
  side(out, unit, 1);
  if (!below) return;
  wb_text_addc(out, '/');
  side(out, unit, -1);
}

static const wb_scaled_unit SCALED[] = {{"GB", "bytes", 1000000000},
                                        {"GiB", "bytes", 1073741824},
                                        {"MiB", "bytes", 1048576},
                                        {"KiB", "bytes", 1024},
                                        {"Mi", "elements", 1048576},
                                        {"millions", "elements", 1000000},
                                        {"billions", "elements", 1000000000},
                                        {"percent", "1", 1},
                                        {"times", "1", 1}};

const wb_scaled_unit *wb_unit_scaled(wb_str name) {
  for (size_t i = 0; i < sizeof SCALED / sizeof *SCALED; i++)
    if (wb_str_is(name, SCALED[i].name)) return &SCALED[i];
  return NULL;
}
