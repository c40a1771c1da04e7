/* weigh gpus: the accelerators that are known. */
#include "estimate/machine.h"
#include "report/report.h"

void wb_json_usable(wb_json_out *j, const wb_card *c) {
  wb_jo_int(j, "usable_bytes", c->usable_bytes);
  wb_jo_int(j, "usable_low_bytes", c->usable_low);
  wb_jo_int(j, "usable_high_bytes", c->usable_high);
  wb_jo_str(j, "usable_basis", wb_str_of(wb_basis_name(c->usable_basis)));
  if (c->usable_source.len) wb_jo_str(j, "usable_source", c->usable_source);
}

static void json_card(wb_json_out *j, const wb_card *c) {
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "vendor", c->vendor);
  wb_jo_str(j, "name", c->name);
  wb_jo_str(j, "aliases", c->aliases);
  wb_jo_str(j, "kind", c->kind);
  wb_jo_bool(j, "announced", c->announced);
  wb_jo_int(j, "vendor_bytes", c->vendor_bytes);
  if (c->driver_bytes) wb_jo_int(j, "driver_bytes", c->driver_bytes);
  wb_json_usable(j, c);
  const struct {
    const char *key;
    double value;
  } rates[] = {
      {"bandwidth_gb_s", c->bandwidth}, {"bf16_tflops", c->bf16}, {"fp8_tflops", c->fp8}, {"int8_tops", c->int8},
      {"fp4_tflops", c->fp4},           {"fp32_tflops", c->fp32}, {"tdp_w", c->tdp}};
  for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
    if (rates[i].value > 0) wb_jo_real(j, rates[i].key, rates[i].value);
  wb_jo_str(j, "interconnect", c->interconnect);
  if (c->interconnect_rate > 0) wb_jo_real(j, "interconnect_gb_s", c->interconnect_rate);
  wb_jo_str(j, "architecture", c->arch);
  if (c->year) wb_jo_int(j, "year", c->year);
  wb_jo_str(j, "source", c->source);
  wb_jo_end(j, '}');
}

/* Whether a card is among those asked for: of a vendor (`filter`), sold with so much memory. */
static bool is_asked(const wb_out *out, const wb_card *c) {
  const wb_str vendor = wb_str_of(out->options->filter);
  if (vendor.len && (vendor.len != c->vendor.len || wb_str_distance(vendor, c->vendor, 0) != 0)) return false;
  return c->vendor_bytes >= out->options->serving.gpu_memory_bytes;
}

static bool next_asked(const wb_out *out, size_t *at, wb_card *card) {
  while (wb_card_next(at, card))
    if (is_asked(out, card)) return true;
  return false;
}

static void write_json(wb_out *out) {
  wb_json_out j = {.out = out, .first = true};
  wb_card card;
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "gpus");
  wb_jo_begin(&j, "gpus", '[');
  for (size_t at = 0; next_asked(out, &at, &card);) json_card(&j, &card);
  wb_jo_end(&j, ']');
  wb_jo_end(&j, '}');
}

static const wb_column COLUMNS[] = {{"vendor", WB_LABEL_VENDOR, false},
                                    {"name", WB_LABEL_NAME, false},
                                    {"memory_gib", WB_LABEL_MEMORY, true},
                                    {"usable_gib", WB_LABEL_USABLE, true},
                                    {"bandwidth_gb_s", WB_LABEL_BANDWIDTH, true},
                                    {"bf16_tflops", WB_LABEL_BF16, true},
                                    {"fp8_tflops", WB_LABEL_FP8, true},
                                    {"interconnect", WB_LABEL_LINK, false},
                                    {"year", WB_LABEL_YEAR, true}};

static wb_str known(wb_ctx *ctx, double value) { return value > 0 ? wb_str_fmt(ctx, "%.6g", value) : WB_STR(""); }

static wb_str known_gib(wb_ctx *ctx, wb_i128 bytes) { return bytes ? wb_gib(ctx, bytes) : WB_STR(""); }

void wb_report_gpus(wb_out *out) {
  wb_ctx *ctx = out->text.ctx;
  wb_table table = {ctx, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, NULL, 0, 0};
  wb_card card;
  if (out->options->format == WEIGH_FORMAT_JSON) {
    write_json(out);
    return;
  }
  for (size_t at = 0; next_asked(out, &at, &card);) {
    wb_table_cell(&table, card.vendor);
    wb_table_cell(&table, card.name);
    wb_table_cell(&table, known_gib(ctx, card.vendor_bytes));
    wb_table_cell(&table, known_gib(ctx, card.usable_bytes));
    wb_table_cell(&table, known(ctx, card.bandwidth));
    wb_table_cell(&table, known(ctx, card.bf16));
    wb_table_cell(&table, known(ctx, card.fp8));
    wb_table_cell(&table, card.interconnect);
    wb_table_cell(&table, known(ctx, card.year));
  }
  wb_table_write(out, &table);
}
