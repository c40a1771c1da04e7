/* What monitoring programs and drivers say of the cards of this machine: bytes in, devices out. Pure: nothing is started or
 * opened here. Which tools there are and what their words mean is known to data/accelerators/probes.tsv. */
#ifndef WB_SOURCE_PROBE_H
#define WB_SOURCE_PROBE_H

#include "base/ctx.h"
#include "base/num.h"

#define WB_SEEN_MOST 64

/* One device, as it was printed; what was not said is empty or 0. */
typedef struct wb_seen {
  wb_str vendor, name, id;
  wb_i128 total, used; /* bytes */
} wb_seen;

/* The devices of a tool's output; none when the tool is not known or says of none. Any bytes are fine; no more than
 * WB_SEEN_MOST devices are read. Strings refer to `text`. */
wb_seen *wb_probe_read(wb_ctx *ctx, wb_str tool, wb_str text, size_t *count);

#endif
