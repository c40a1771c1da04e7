/* weigh/local.h: cards that tools name, for faces. */
#include "weigh/local.h"

#include <string.h>

#include "api/handle.h"
#include "base/tsv.h"
#include "estimate/local.h"
#include "report/report.h"

#define COLUMNS 4

weigh_status weigh_probes(weigh_library *library, weigh_probe_fn each, void *user, weigh_error *err) {
  wb_ctx ctx = {0};
  wb_str c[COLUMNS];
  if (!wb_ctx_open(&ctx, 0)) return wb_no_memory(library->language, err);
  weigh_status status = WEIGH_OK;
  if (WB_BEGIN(&ctx)) {
    for (size_t at = 0; wb_tsv_next(wb_data_text("accelerators/probes.tsv"), &at, c, COLUMNS);) {
      const weigh_probe probe = {wb_str_cstr(&ctx, c[0]), wb_str_is(c[1], "program"), wb_str_cstr(&ctx, c[2]),
                                 wb_str_cstr(&ctx, c[3])};
      if (!each(user, &probe)) break;
    }
  } else {
    status = wb_report_failure(&ctx, library, err);
  }
  wb_ctx_close(&ctx);
  return status;
}

static wb_local *read_cards(wb_ctx *ctx, const char *tool, const char *output, size_t size, size_t *count) {
  size_t seen_count;
  const wb_seen *seen = wb_probe_read(ctx, wb_str_of(tool), (wb_str){output, size}, &seen_count);
  return wb_local_cards(ctx, seen, seen_count, count);
}

/* Cards of one kind by their name, several as "2xA,1xB"; by the memory of the smallest where one has no row. */
static void fill(wb_ctx *ctx, const wb_local *cards, size_t count, weigh_local *out) {
  wb_text names = {.ctx = ctx};
  wb_i128 least = 0;
  bool by_name = count > 0;
  memset(out, 0, sizeof *out);
  for (size_t i = 0; i < count; i++) {
    const wb_local *l = &cards[i];
    const bool processor = wb_str_is(l->card.vendor, "CPU");
    if (count > 1) wb_text_addf(&names, "%s%lldx", i ? "," : "", (long long)l->count);
    wb_text_add(&names, l->card.name);
    by_name = by_name && (l->known || processor);
    if (!least || l->card.usable_bytes < least) least = l->card.usable_bytes;
    out->gpus += (weigh_count)l->count;
  }
  if (by_name && names.len && names.len < sizeof out->gpu) memcpy(out->gpu, names.ptr, names.len);
  else out->gpu_memory_bytes = (weigh_count)least;
}

weigh_status weigh_local_find(weigh_library *library, const char *tool, const char *output, size_t size,
                              weigh_local *out, weigh_error *err) {
  wb_ctx ctx = {0};
  if (!wb_ctx_open(&ctx, 0)) return wb_no_memory(library->language, err);
  weigh_status status = WEIGH_OK;
  if (WB_BEGIN(&ctx)) {
    size_t count;
    const wb_local *cards = read_cards(&ctx, tool, output, size, &count);
    fill(&ctx, cards, count, out);
  } else {
    status = wb_report_failure(&ctx, library, err);
  }
  wb_ctx_close(&ctx);
  return status;
}

weigh_status weigh_local_report(weigh_library *library, const char *tool, const char *output, size_t size,
                                const weigh_report_options *options, weigh_write_fn write, void *user,
                                weigh_error *err) {
  static const weigh_report_options none = {0};
  wb_ctx ctx = {0};
  if (!wb_ctx_open(&ctx, 0)) return wb_no_memory(library->language, err);
  wb_out out = {.text = {.ctx = &ctx},
                .write = write,
                .user = user,
                .options = options ? options : &none,
                .lang = (wb_lang)library->language};
  weigh_status status = WEIGH_OK;
  if (WB_BEGIN(&ctx)) {
    size_t count;
    const wb_local *cards = read_cards(&ctx, tool, output, size, &count);
    wb_report_local(&out, wb_str_of(tool), cards, count);
    wb_out_flush(&out, true);
  } else {
    status = wb_report_failure(&ctx, library, err);
  }
  wb_ctx_close(&ctx);
  return status;
}
