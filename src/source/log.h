/* What an engine or a monitoring tool printed: bytes in, facts and settings out.
 *
 * Which sentences mean what is known to data/logs alone: this code looks for patterns with typed holes and keeps what
 * stands in the holes, with the precision that the printed digits have. Any bytes are fine: a line that is no
 * pattern's is passed over, and so is what does not fit the limits below.
 */
#ifndef WB_SOURCE_LOG_H
#define WB_SOURCE_LOG_H

#include "base/ctx.h"
#include "base/num.h"

/* A figure. `value` is in the unit of the quantity: bytes, tokens, or a plain number. */
typedef struct wb_log_fact {
  wb_str engine, quantity, unit;
  wb_str device; /* "CUDA0", "GPU 1"; empty: not said */
  wb_str rank;   /* "tp_rank 1", empty: not said */
  wb_num value;
  wb_num half;    /* half a unit of the last printed digit; 0: exact */
  wb_str printed; /* "14.99 GiB" */
  uint32_t line;
} wb_log_fact;

/* What was asked of the engine, or what it is. */
typedef struct wb_log_setting {
  wb_str engine, name, value;
  uint32_t line;
} wb_log_setting;

typedef struct wb_log {
  wb_str engine; /* who wrote most of it, empty: nothing was recognised */
  wb_log_fact *facts;
  size_t fact_count, fact_cap;
  wb_log_setting *settings; /* each name and value once, in the order of the log */
  size_t setting_count, setting_cap;
  size_t starts; /* of the engine, where it says so; what is kept is of the last */
  size_t lines, recognised;
  size_t shortened; /* lines longer than WB_LOG_LINE_MAX */
  size_t dropped;   /* facts and settings beyond the limits */
} wb_log;

#define WB_LOG_LINE_MAX     ((size_t)1 << 16)
#define WB_LOG_FACTS_MAX    ((size_t)20000)
#define WB_LOG_SETTINGS_MAX ((size_t)1000)
/* The largest log that is read; what matters stands at its beginning. */
#define WB_LOG_MAX_BYTES    ((size_t)64 << 20)

/* Never fails on bytes, only when memory runs out. Strings in it refer to the context's memory, not to `text`. */
wb_log *wb_log_read(wb_ctx *ctx, wb_str text);

/* What a setting was first set to (a draft model comes second); empty: not said. */
wb_str wb_log_setting_of(const wb_log *log, const char *name);

/* The rows of data/logs/patterns.tsv that cannot be used, as text; empty when all can. For tests. */
wb_str wb_log_faulty_patterns(wb_ctx *ctx);

#endif
