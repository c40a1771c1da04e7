/* Any bytes as a log: read, and every figure is inside what was promised. */
#include <stdint.h>
#include <stdlib.h>

#include "source/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const wb_log *log, size_t size) {
  if (log->lines > size || log->recognised > size || log->fact_count > WB_LOG_FACTS_MAX) abort();
  for (size_t i = 0; i < log->fact_count; i++) {
    const wb_log_fact *fact = &log->facts[i];
    if (fact->value.den < 1 || fact->half.den < 1 || fact->half.num < 0) abort();
    if (!fact->printed.len || !fact->quantity.len || fact->line > log->lines || fact->device.len > 64) abort();
  }
  if (log->setting_count > WB_LOG_SETTINGS_MAX) abort();
  for (size_t i = 0; i < log->setting_count; i++)
    if (log->settings[i].value.len > WB_LOG_LINE_MAX || log->settings[i].line > log->lines) abort();
}

static void read_log(wb_ctx *ctx, wb_str text) {
  if (WB_GUARD(ctx)) check(wb_log_read(ctx, text), text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  wb_ctx ctx = {.arena = wb_arena_new((size_t)64 << 20)};
  if (!ctx.arena) return 0;
  const wb_str text = {(const char *)data, size};
  read_log(&ctx, text);
  wb_arena_free(ctx.arena);
  return 0;
}
