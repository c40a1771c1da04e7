/* Units of quantities: products of powers of six base units. Adding different units is an error, so bytes are never
 * added to FLOPs. A plain number has the unit "1". */
#ifndef WB_EXPR_UNIT_H
#define WB_EXPR_UNIT_H

#include "base/str.h"

typedef enum wb_base_unit {
  WB_ELEMENTS,
  WB_BYTES,
  WB_FLOPS,
  WB_TOKENS,
  WB_SECONDS,
  WB_MONEY,
  WB_BASE_UNITS
} wb_base_unit;

typedef struct wb_unit {
  int8_t power[WB_BASE_UNITS];
} wb_unit;

#define WB_PLAIN ((wb_unit){{0}})

bool wb_unit_eq(wb_unit a, wb_unit b);
bool wb_unit_plain(wb_unit a);
bool wb_unit_mul(wb_unit a, wb_unit b, int sign, wb_unit *out); /* a·b^sign; false when a power overflows */
bool wb_unit_parse(wb_str text, wb_unit *out);                  /* "bytes", "bytes/tokens", "elements*bytes" */
void wb_unit_print(wb_text *out, wb_unit unit);                 /* "bytes/tokens"; nothing for a plain number */

/* A multiple that a published method speaks in: "GiB" of bytes, "billions" of elements. NULL: the name is of none. */
typedef struct wb_scaled_unit {
  const char *name, *of;
  int64_t factor; /* so many of the base unit */
} wb_scaled_unit;
const wb_scaled_unit *wb_unit_scaled(wb_str name);

#endif
