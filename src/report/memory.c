/* weigh memory, weigh fit: bytes on each device while serving, what fits, how far. */
#include "estimate/serving.h"
#include "report/report.h"

typedef struct facts {
  wb_serving *serving;
  wb_bytes (*stages)[WB_PART_COUNT + 1];
  wb_i128 total;
  bool has_card, fits;
  wb_i128 max_context, max_sequences;
} facts;

static facts gather(wb_model *m, const weigh_report_options *options) {
  wb_ctx *ctx = &m->ctx;
  facts f = {.serving = wb_serving_new(m, &options->serving)};
  const weigh_serving *a = &f.serving->asked;
  f.stages = (wb_bytes(*)[WB_PART_COUNT + 1]) WB_NEWN(ctx, wb_bytes, (size_t)a->pp * (WB_PART_COUNT + 1));
  for (uint32_t i = 0; i < f.serving->layout.pp; i++) {
    if (!wb_serving_at(f.serving, i, a->context, a->sequences, f.stages[i]))
      WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
    f.total += f.stages[i][WB_PART_COUNT].best * a->tp;
  }
  f.has_card = f.serving->card.usable_bytes > 0;
  if (!f.has_card) return f;
  f.fits = wb_serving_fits(f.serving, a->context, a->sequences);
  f.max_context = wb_serving_max_context(f.serving);
  f.max_sequences = wb_serving_max_sequences(f.serving);
  return f;
}

/* ---- JSON ---- */

static void json_components(wb_json_out *j, const wb_component *components, const wb_bytes *parts) {
  wb_jo_begin(j, "components", '[');
  for (int i = 0; i < WB_PART_COUNT; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", wb_str_of(wb_part_name((wb_part)i)));
    wb_jo_int(j, "bytes", parts[i].best);
    wb_jo_int(j, "low_bytes", parts[i].low);
    wb_jo_int(j, "high_bytes", parts[i].high);
    wb_jo_str(j, "basis", wb_str_of(wb_basis_name(components[i].basis)));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_devices(wb_json_out *j, const facts *f) {
  const weigh_serving *a = &f->serving->asked;
  wb_jo_begin(j, "per_device", '[');
  for (weigh_count device = 0; device < a->gpus; device++) {
    const size_t stage = (size_t)(device / a->tp);
    const wb_bytes *all = &f->stages[stage][WB_PART_COUNT];
    wb_jo_begin(j, NULL, '{');
    wb_jo_int(j, "device", device);
    wb_jo_int(j, "pipeline_stage", (wb_i128)stage);
    wb_jo_int(j, "tensor_rank", device % a->tp);
    wb_jo_int(j, "bytes", all->best);
    wb_jo_int(j, "low_bytes", all->low);
    wb_jo_int(j, "high_bytes", all->high);
    json_components(j, f->serving->stages[stage], f->stages[stage]);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_vllm(wb_json_out *j, const facts *f) {
  const wb_vllm_answer v = wb_serving_vllm(f->serving);
  wb_jo_begin(j, "vllm", '{');
  wb_jo_str(j, "version", v.release.version);
  wb_jo_str(j, "releases", v.release.releases);
  wb_jo_str(j, "source", v.release.source);
  wb_jo_real(j, "gpu_memory_utilization", f->serving->asked.utilization);
  wb_jo_int(j, "max_num_batched_tokens", v.batched_tokens);
  wb_jo_int(j, "max_num_seqs", v.max_num_seqs);
  wb_jo_int(j, "requested_bytes", v.requested);
  wb_jo_int(j, "kv_cache_bytes", v.pool);
  if (v.paged) {
    wb_jo_int(j, "num_gpu_blocks", v.pages.blocks);
    wb_jo_int(j, "page_bytes", v.pages.page_bytes);
    wb_jo_int(j, "kv_cache_tokens", v.release.prints_concurrency ? v.pages.tokens_new : v.pages.tokens_old);
    wb_jo_int(j, "kv_cache_tokens_by_blocks", v.pages.tokens_old);
    wb_jo_int(j, "kv_cache_tokens_by_concurrency", v.pages.tokens_new);
    wb_jo_real(j, "max_concurrency", v.pages.concurrency);
  }
  wb_jo_end(j, '}');
}

static void json_card(wb_json_out *j, const facts *f) {
  const wb_card *card = &f->serving->card;
  wb_jo_begin(j, "gpu", '{');
  wb_jo_str(j, "name", card->name);
  wb_jo_int(j, "vendor_bytes", card->vendor_bytes);
  wb_jo_int(j, "usable_bytes", card->usable_bytes);
  wb_jo_str(j, "usable_basis", wb_str_of(wb_basis_name(card->usable_basis)));
  wb_jo_end(j, '}');
  wb_jo_bool(j, "fits", f->fits);
  wb_jo_int(j, "reserve_bytes", f->serving->reserve);
  wb_jo_int(j, "max_context", f->max_context);
  wb_jo_int(j, "max_sequences", f->max_sequences);
}

static void write_json(wb_out *out, wb_model *m, const facts *f) {
  const weigh_serving *a = &f->serving->asked;
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "memory");
  wb_jo_str(&j, "model", m->name);
  wb_jo_str(&j, "model_type", m->model_type);
  wb_jo_str(&j, "engine", f->serving->is_vllm ? WB_STR("vllm") : WB_STR("generic"));
  wb_jo_int(&j, "context", a->context);
  wb_jo_int(&j, "sequences", a->sequences);
  wb_jo_str(&j, "dtype", f->serving->dtype);
  wb_jo_str(&j, "kv_dtype", f->serving->kv_dtype);
  wb_jo_int(&j, "gpus", a->gpus);
  wb_jo_int(&j, "tp", a->tp);
  wb_jo_int(&j, "pp", a->pp);
  wb_jo_int(&j, "total_bytes", f->total);
  json_devices(&j, f);
  if (f->has_card) json_card(&j, f);
  if (f->serving->is_vllm && (f->has_card || a->kv_cache_bytes)) json_vllm(&j, f);
  wb_jo_bool(&j, "complete", wb_model_enumerated(m));
  wb_json_warnings(&j, m);
  wb_jo_end(&j, '}');
}

/* ---- text ---- */

static wb_str gib(wb_ctx *ctx, wb_i128 bytes) { return wb_str_fmt(ctx, "%.2f", (double)bytes / 1073741824.0); }

static const wb_column COLUMNS[] = {{"component", WB_LABEL_COMPONENT, false},
                                    {"bytes", WB_LABEL_GIB, true},
                                    {"low_bytes", WB_LABEL_LOW, true},
                                    {"high_bytes", WB_LABEL_HIGH, true},
                                    {"basis", WB_LABEL_BASIS, false}};

static wb_str amount(wb_out *out, wb_i128 bytes) {
  return wb_out_plain(out) ? wb_out_number(out, bytes) : gib(out->text.ctx, bytes);
}

static void row(wb_out *out, wb_table *table, wb_str name, const wb_bytes *bytes, wb_str basis) {
  wb_table_cell(table, name);
  wb_table_cell(table, amount(out, bytes->best));
  wb_table_cell(table, amount(out, bytes->low));
  wb_table_cell(table, amount(out, bytes->high));
  wb_table_cell(table, basis);
}

/* The stage that holds most. */
static uint32_t worst(const facts *f) {
  uint32_t at = 0;
  for (uint32_t i = 1; i < f->serving->layout.pp; i++)
    if (f->stages[i][WB_PART_COUNT].best > f->stages[at][WB_PART_COUNT].best) at = i;
  return at;
}

static void write_table(wb_out *out, const facts *f) {
  const uint32_t stage = worst(f);
  wb_table table = {out->text.ctx, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, NULL, 0, 0};
  for (int i = 0; i < WB_PART_COUNT; i++) {
    const wb_bytes *part = &f->stages[stage][i];
    if (!part->high) continue;
    row(out, &table, wb_str_of(wb_part_name((wb_part)i)), part,
        wb_str_of(wb_basis_name(f->serving->stages[stage][i].basis)));
  }
  row(out, &table, WB_STR("total"), &f->stages[stage][WB_PART_COUNT], WB_STR(""));
  wb_table_write(out, &table);
}

#define LOAD 40
/* The load against what a process can use, the reserve as a mark. */
static void write_load(wb_out *out, const facts *f) {
  const double used = (double)f->stages[worst(f)][WB_PART_COUNT].best / (double)f->serving->card.usable_bytes;
  const int full = used >= 1 ? LOAD : (int)(used * LOAD + 0.5), mark = LOAD * 9 / 10;
  wb_text_adds(&out->text, "  [");
  for (int i = 0; i < LOAD; i++) wb_text_adds(&out->text, i < full ? "█" : i == mark ? "|" : "·");
  wb_text_addf(&out->text, "] %.1f %%\n", 100 * used);
}

static void write_verdict(wb_out *out, const facts *f) {
  const weigh_serving *a = &f->serving->asked;
  wb_ctx *ctx = out->text.ctx;
  const wb_card *card = &f->serving->card;
  wb_str args[5] = {wb_str_fmt(ctx, "%lld", (long long)a->gpus), card->name, gib(ctx, card->usable_bytes),
                    gib(ctx, f->serving->reserve), gib(ctx, f->stages[worst(f)][WB_PART_COUNT].best)};
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, f->fits ? WB_NOTE_FITS : WB_NOTE_DOES_NOT_FIT, 5, args);
  wb_text_addc(&out->text, '\n');
  write_load(out, f);
  wb_str reach[4] = {wb_out_number(out, f->max_context), wb_str_fmt(ctx, "%lld", (long long)a->sequences),
                     wb_out_number(out, f->max_sequences), wb_str_fmt(ctx, "%lld", (long long)a->context)};
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, WB_NOTE_REACH, 4, reach);
  wb_text_addc(&out->text, '\n');
}

/* The lines that the engine itself prints. */
static void write_vllm(wb_out *out, const facts *f) {
  const wb_vllm_answer v = wb_serving_vllm(f->serving);
  wb_ctx *ctx = out->text.ctx;
  wb_text_addf(&out->text, "  vllm@%.*s: Available KV cache memory: %.*s GiB\n", WB_STR_ARG(v.release.version),
               WB_STR_ARG(gib(ctx, v.pool)));
  if (!v.paged) {
    wb_text_addf(&out->text, "  %s\n", wb_out_label(out, WB_NOTE_NOT_PAGED));
    return;
  }
  wb_str tokens = wb_out_number(out, v.release.prints_concurrency ? v.pages.tokens_new : v.pages.tokens_old);
  wb_text_addf(&out->text, "  vllm@%.*s: GPU KV cache size: %.*s tokens\n", WB_STR_ARG(v.release.version),
               WB_STR_ARG(tokens));
  wb_text_addf(&out->text, "  vllm@%.*s: Maximum concurrency for %.*s tokens per request: %.2fx\n",
               WB_STR_ARG(v.release.version), WB_STR_ARG(wb_out_number(out, f->serving->asked.context)),
               v.pages.concurrency);
}

static void write_text(wb_out *out, wb_model *m, const facts *f) {
  const weigh_serving *a = &f->serving->asked;
  wb_ctx *ctx = out->text.ctx;
  wb_text_addf(&out->text, "%.*s\n", WB_STR_ARG(m->name));
  wb_out_warnings(out, m);
  wb_str args[4] = {wb_str_fmt(ctx, "%lld", (long long)a->sequences), wb_str_fmt(ctx, "%lld", (long long)a->context),
                    f->serving->dtype, f->serving->kv_dtype};
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, WB_NOTE_SERVING, 4, args);
  wb_text_addc(&out->text, '\n');
  if (f->has_card) write_verdict(out, f);
  if (f->serving->is_vllm && (f->has_card || a->kv_cache_bytes)) write_vllm(out, f);
  wb_text_addc(&out->text, '\n');
  write_table(out, f);
}

bool wb_report_memory(wb_out *out, wb_model *m) {
  facts f = gather(m, out->options);
  if (out->options->format == WEIGH_FORMAT_JSON) write_json(out, m, &f);
  else if (out->options->format == WEIGH_FORMAT_TEXT) write_text(out, m, &f);
  else write_table(out, &f);
  return !f.has_card || f.fits;
}
