/* Exact numbers: 128-bit integers with overflow detection, and rationals of them.
 *
 * Sizes of models fit 64 bits; products with tokens, batches and layers need not. Every operation reports overflow
 * instead of wrapping. A wb_num is always in lowest terms with den > 0, so equality is equality of the parts.
 */
#ifndef WB_BASE_NUM_H
#define WB_BASE_NUM_H

#include <stdbool.h>

#include "base/str.h"

__extension__ typedef __int128 wb_i128;
__extension__ typedef unsigned __int128 wb_u128;

typedef struct wb_num {
  wb_i128 num;
  wb_i128 den;
} wb_num;

static inline wb_num wb_num_int(wb_i128 n) { return (wb_num){n, 1}; }
static inline bool wb_num_is_int(wb_num a) { return a.den == 1; }

/* Each returns false and leaves *out alone on overflow (or division by zero). */
bool wb_num_add(wb_num a, wb_num b, wb_num *out);
bool wb_num_sub(wb_num a, wb_num b, wb_num *out);
bool wb_num_mul(wb_num a, wb_num b, wb_num *out);
bool wb_num_div(wb_num a, wb_num b, wb_num *out);
bool wb_num_pow(wb_num a, wb_num b, wb_num *out); /* b: integer, |b| <= 1024 */
bool wb_num_cmp(wb_num a, wb_num b, int *out);    /* -1, 0, 1 */
bool wb_num_floor(wb_num a, wb_num *out);
bool wb_num_ceil(wb_num a, wb_num *out);

/* "123", "-4.5e3", "1_000": exact; false when it is no number or does not fit. */
bool wb_num_parse(wb_str text, wb_num *out);
double wb_num_double(wb_num a);

/* A number with or without a unit: KiB, MiB, GiB, TiB; KB, MB, GB, TB; K, M, G (powers of 1024); k, m, g (powers of 1000;
 * with `tokens`, powers of 1024 too, as people write context lengths: 32k is 32768). */
bool wb_num_parse_units(wb_str text, bool tokens, wb_num *out);

/* Decimal digits without separators into `out`; rationals as "n/d". */
void wb_num_print(wb_text *out, wb_num a);
void wb_i128_print(wb_text *out, wb_i128 a);
wb_str wb_i128_str(struct wb_ctx *ctx, wb_i128 a);
void wb_i128_print_grouped(wb_text *out, wb_i128 a); /* 8,030,261,248 */

#endif
