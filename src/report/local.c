/* weigh gpus --local: the cards of this machine. */
#include "estimate/local.h"

#include "report/report.h"

static void json_card(wb_json_out *j, const wb_local *l) {
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "vendor", l->card.vendor);
  wb_jo_str(j, "name", l->card.name);
  wb_jo_bool(j, "known", l->known);
  if (l->said.len) wb_jo_str(j, "reported_name", l->said);
  wb_jo_int(j, "count", l->count);
  if (l->total) wb_jo_int(j, "reported_bytes", l->total);
  if (l->used) wb_jo_int(j, "used_bytes", l->used);
  wb_json_usable(j, &l->card);
  wb_jo_end(j, '}');
}

static void write_json(wb_out *out, wb_str tool, const wb_local *cards, size_t count) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "local");
  wb_jo_str(&j, "tool", tool);
  wb_jo_begin(&j, "gpus", '[');
  for (size_t i = 0; i < count; i++) json_card(&j, &cards[i]);
  wb_jo_end(&j, ']');
  wb_jo_end(&j, '}');
}

static const wb_column COLUMNS[] = {
    {"vendor", WB_LABEL_VENDOR, false},    {"name", WB_LABEL_NAME, false},      {"count", WB_LABEL_COUNT, true},
    {"memory_gib", WB_LABEL_MEMORY, true}, {"used_gib", WB_LABEL_IN_USE, true}, {"usable_gib", WB_LABEL_USABLE, true},
    {"low_gib", WB_LABEL_LOW, true},       {"high_gib", WB_LABEL_HIGH, true},   {"source", WB_LABEL_SOURCE, false}};

static wb_str known_gib(wb_ctx *ctx, wb_i128 bytes) { return bytes ? wb_gib(ctx, bytes) : WB_STR(""); }

void wb_report_local(wb_out *out, wb_str tool, const wb_local *cards, size_t count) {
  wb_ctx *ctx = out->text.ctx;
  wb_table table = {ctx, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, NULL, 0, 0};
  if (out->options->format == WEIGH_FORMAT_JSON) {
    write_json(out, tool, cards, count);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    const wb_card *c = &cards[i].card;
    wb_table_cell(&table, c->vendor);
    wb_table_cell(&table, c->name);
    wb_table_cell(&table, wb_str_fmt(ctx, "%lld", (long long)cards[i].count));
    wb_table_cell(&table, known_gib(ctx, cards[i].total ? cards[i].total : c->vendor_bytes));
    wb_table_cell(&table, known_gib(ctx, cards[i].used));
    wb_table_cell(&table, known_gib(ctx, c->usable_bytes));
    wb_table_cell(&table, known_gib(ctx, c->usable_low));
    wb_table_cell(&table, known_gib(ctx, c->usable_high));
    wb_table_cell(&table, tool);
  }
  wb_table_write(out, &table);
}
