#include "base/num.h"

#include <string.h>

/* -2^127 is left out, so that negation never overflows. */
#define I128_MAX ((wb_i128)(((wb_u128)1 << 127) - 1))

static wb_i128 iabs(wb_i128 a) { return a < 0 ? -a : a; }

static bool small(wb_i128 a) { return a <= INT64_MAX && a >= -INT64_MAX; }

/* 128 bits divide slowly, and few numbers need them. */
static uint64_t gcd_of_small(uint64_t a, uint64_t b) {
  while (b) {
    const uint64_t r = a % b;
    a = b;
    b = r;
  }
  return a;
}

static wb_i128 gcd(wb_i128 a, wb_i128 b) {
  a = iabs(a);
  b = iabs(b);
  while (b && !(small(a) && small(b))) {
    wb_i128 r = a % b;
    a = b;
    b = r;
  }
  return b ? (wb_i128)gcd_of_small((uint64_t)a, (uint64_t)b) : a;
}

static wb_u128 tenth(wb_u128 n) { return n <= UINT64_MAX ? (uint64_t)n / 10 : n / 10; }

static bool mul(wb_i128 a, wb_i128 b, wb_i128 *out) {
  if (small(a) && small(b)) {
    *out = a * b;
    return true;
  }
  return !__builtin_mul_overflow(a, b, out) && *out >= -I128_MAX;
}

static bool add(wb_i128 a, wb_i128 b, wb_i128 *out) { return !__builtin_add_overflow(a, b, out) && *out >= -I128_MAX; }

static bool lowest(wb_i128 num, wb_i128 den, wb_num *out) {
  if (den == 0) return false;
  if (den == 1) {
    *out = (wb_num){num, 1};
    return true;
  }
  wb_i128 g = gcd(num, den);
  if (den < 0) g = -g;
  *out = (wb_num){num / g, den / g};
  return true;
}

bool wb_num_add(wb_num a, wb_num b, wb_num *out) {
  wb_i128 x = 0, y = 0, den = 0, sum = 0;
  if (a.den == 1 && b.den == 1) return add(a.num, b.num, &sum) && lowest(sum, 1, out);
  return mul(a.num, b.den, &x) && mul(b.num, a.den, &y) && mul(a.den, b.den, &den) && add(x, y, &sum) &&
         lowest(sum, den, out);
}

bool wb_num_sub(wb_num a, wb_num b, wb_num *out) { return wb_num_add(a, (wb_num){-b.num, b.den}, out); }

bool wb_num_mul(wb_num a, wb_num b, wb_num *out) {
  wb_i128 num = 0, den = 0;
  if (a.den == 1 && b.den == 1) return mul(a.num, b.num, &num) && lowest(num, 1, out);
  wb_i128 g = gcd(a.num, b.den), h = gcd(b.num, a.den);
  if (g == 0 || h == 0) { /* a zero factor */
    *out = wb_num_int(0);
    return true;
  }
  return mul(a.num / g, b.num / h, &num) && mul(a.den / h, b.den / g, &den) && lowest(num, den, out);
}

bool wb_num_div(wb_num a, wb_num b, wb_num *out) {
  if (b.num == 0) return false;
  wb_num inverse = b.num < 0 ? (wb_num){-b.den, -b.num} : (wb_num){b.den, b.num};
  return wb_num_mul(a, inverse, out);
}

bool wb_num_pow(wb_num a, wb_num b, wb_num *out) {
  if (b.den != 1 || iabs(b.num) > 1024) return false;
  wb_num result = wb_num_int(1);
  for (wb_i128 i = 0; i < iabs(b.num); i++)
    if (!wb_num_mul(result, a, &result)) return false;
  return b.num < 0 ? wb_num_div(wb_num_int(1), result, out) : (*out = result, true);
}

bool wb_num_cmp(wb_num a, wb_num b, int *out) {
  wb_i128 x = 0, y = 0;
  if (!mul(a.num, b.den, &x) || !mul(b.num, a.den, &y)) return false;
  *out = x < y ? -1 : x > y;
  return true;
}

bool wb_num_floor(wb_num a, wb_num *out) {
  wb_i128 q = a.num / a.den;
  *out = wb_num_int(q - (a.num < 0 && a.num % a.den != 0));
  return true;
}

bool wb_num_ceil(wb_num a, wb_num *out) {
  if (a.den == 1) {
    *out = a;
    return true;
  }
  wb_i128 q = a.num / a.den;
  *out = wb_num_int(q + (a.num > 0 && a.num % a.den != 0));
  return true;
}

static bool digits(wb_str text, size_t *at, wb_i128 *value, int *count) {
  bool any = false;
  for (; *at < text.len; ++*at) {
    char c = text.ptr[*at];
    if (c == '_' && any) continue;
    if (c < '0' || c > '9') break;
    if (!mul(*value, 10, value) || !add(*value, c - '0', value)) return false;
    any = true;
    ++*count;
  }
  return true;
}

static bool scale(wb_num value, int exponent, wb_num *out) {
  wb_num power;
  if (exponent > 40 || exponent < -40) return value.num == 0 ? (*out = value, true) : false;
  return wb_num_pow(wb_num_int(10), wb_num_int(exponent), &power) && wb_num_mul(value, power, out);
}

bool wb_num_parse(wb_str text, wb_num *out) {
  size_t at = 0;
  wb_i128 mantissa = 0, power = 0;
  int whole = 0, fraction = 0, unused = 0;
  bool negative = at < text.len && text.ptr[at] == '-', down = false;
  at += negative;
  if (!digits(text, &at, &mantissa, &whole) || !whole) return false;
  if (at < text.len && text.ptr[at] == '.') {
    at++;
    if (!digits(text, &at, &mantissa, &fraction) || !fraction) return false;
  }
  if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
    at++;
    if (at < text.len && (text.ptr[at] == '-' || text.ptr[at] == '+')) down = text.ptr[at++] == '-';
    if (!digits(text, &at, &power, &unused) || !unused || power > 1000) return false;
  }
  if (at != text.len) return false;
  return scale(wb_num_int(negative ? -mantissa : mantissa), (down ? -(int)power : (int)power) - fraction, out);
}

double wb_num_double(wb_num a) { return (double)a.num / (double)a.den; }

static size_t decimal(wb_i128 a, char out[64], bool grouped) {
  char reversed[64];
  size_t n = 0, digit = 0;
  wb_u128 rest = (wb_u128)iabs(a);
  do {
    if (grouped && digit && digit % 3 == 0) reversed[n++] = ',';
    const wb_u128 next = tenth(rest);
    reversed[n++] = (char)('0' + (int)(rest - next * 10));
    rest = next;
    digit++;
  } while (rest);
  if (a < 0) reversed[n++] = '-';
  for (size_t i = 0; i < n; i++) out[i] = reversed[n - 1 - i];
  return n;
}

/* Nearly all figures fit in a machine word. */
static wb_str small_decimal(uint64_t a, char text[24]) {
  size_t at = 24;
  do text[--at] = (char)('0' + a % 10);
  while (a /= 10);
  return (wb_str){text + at, 24 - at};
}

void wb_i128_print(wb_text *out, wb_i128 a) {
  char text[64];
  if (a >= 0 && a <= INT64_MAX) {
    wb_text_add(out, small_decimal((uint64_t)a, text));
    return;
  }
  wb_text_add(out, (wb_str){text, decimal(a, text, false)});
}

wb_str wb_i128_str(struct wb_ctx *ctx, wb_i128 a) {
  wb_text out = {.ctx = ctx};
  wb_i128_print(&out, a);
  return wb_text_str(&out);
}

void wb_i128_print_grouped(wb_text *out, wb_i128 a) {
  char text[64];
  wb_text_add(out, (wb_str){text, decimal(a, text, true)});
}

void wb_num_print(wb_text *out, wb_num a) {
  wb_i128_print(out, a.num);
  if (a.den == 1) return;
  wb_text_addc(out, '/');
  wb_i128_print(out, a.den);
}

static const struct {
  const char *suffix;
  wb_i128 factor;
  bool decimal; /* of 1000 where it does not count tokens */
} UNITS[] = {{"KiB", (wb_i128)1 << 10, false},
             {"MiB", (wb_i128)1 << 20, false},
             {"GiB", (wb_i128)1 << 30, false},
             {"TiB", (wb_i128)1 << 40, false},
             {"KB", 1000, false},
             {"MB", 1000000, false},
             {"GB", 1000000000, false},
             {"TB", 1000000000000, false},
             {"K", (wb_i128)1 << 10, false},
             {"M", (wb_i128)1 << 20, false},
             {"G", (wb_i128)1 << 30, false},
             {"k", (wb_i128)1 << 10, true},
             {"m", (wb_i128)1 << 20, true},
             {"g", (wb_i128)1 << 30, true}};

static wb_i128 in_thousands(wb_i128 binary) {
  wb_i128 out = 1;
  for (; binary > 1; binary >>= 10) out *= 1000;
  return out;
}

bool wb_num_parse_units(wb_str text, bool tokens, wb_num *out) {
  text = wb_str_trim(text);
  if (wb_num_parse(text, out)) return true;
  for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
    const wb_str unit = wb_str_of(UNITS[i].suffix);
    wb_num n;
    if (!wb_str_ends(text, unit)) continue;
    if (!wb_num_parse(wb_str_trim(wb_str_slice(text, 0, text.len - unit.len)), &n)) continue;
    const wb_i128 factor = UNITS[i].decimal && !tokens ? in_thousands(UNITS[i].factor) : UNITS[i].factor;
    return wb_num_mul(n, wb_num_int(factor), out);
  }
  return false;
}
