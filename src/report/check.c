/* weigh check: does the checkpoint hold what the description predicts? */
#include "estimate/check.h"
#include "report/report.h"

#define SHOWN 20

static void json_names(wb_json_out *j, const char *key, const wb_names *names) {
  wb_jo_begin(j, key, '[');
  for (size_t i = 0; i < names->count; i++) wb_jo_str(j, NULL, names->items[i]);
  wb_jo_end(j, ']');
}

static void write_json(wb_out *out, wb_model *m, const wb_check *c, bool yes) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "check");
  wb_jo_str(&j, "model", m->name);
  wb_jo_str(&j, "index", c->index);
  wb_jo_bool(&j, "matches", yes);
  wb_jo_int(&j, "predicted_parameters", (wb_i128)c->predicted);
  wb_jo_int(&j, "stored_tensors", (wb_i128)c->stored);
  wb_jo_int(&j, "matched", (wb_i128)c->matched);
  wb_jo_int(&j, "tied_copies_stored", (wb_i128)c->tied_stored);
  wb_jo_int(&j, "mtp_stored", (wb_i128)c->mtp_stored);
  wb_jo_int(&j, "stale_buffers", (wb_i128)c->stale);
  wb_jo_int(&j, "quantization_companions", (wb_i128)c->companions);
  wb_jo_int(&j, "packed", (wb_i128)c->packed);
  wb_jo_int(&j, "undescribed", (wb_i128)c->undescribed);
  wb_jo_str(&j, "missing_prefix", c->prefix);
  if (c->has_total_size) wb_jo_int(&j, "total_size", c->total_size);
  json_names(&j, "missing", &c->missing);
  json_names(&j, "extra", &c->extra);
  json_names(&j, "buffers_not_stored", &c->buffers);
  wb_json_warnings(&j, m);
  wb_jo_end(&j, '}');
}

static void list_names(wb_out *out, wb_message_id title, const wb_names *names) {
  if (!names->count) return;
  wb_str count = wb_out_number(out, (wb_i128)names->count);
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, title, 1, &count);
  wb_text_addc(&out->text, '\n');
  for (size_t i = 0; i < names->count && i < SHOWN; i++)
    wb_text_addf(&out->text, "    %.*s\n", WB_STR_ARG(names->items[i]));
  if (names->count > SHOWN) wb_text_adds(&out->text, "    …\n");
}

static void count_line(wb_out *out, wb_message_id id, size_t count) {
  if (!count) return;
  wb_str number = wb_out_number(out, (wb_i128)count);
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, id, 1, &number);
  wb_text_addc(&out->text, '\n');
}

static void write_text(wb_out *out, wb_model *m, const wb_check *c, bool yes) {
  wb_str numbers[3] = {wb_out_number(out, (wb_i128)c->matched), wb_out_number(out, (wb_i128)c->stored),
                       wb_out_number(out, (wb_i128)c->predicted)};
  wb_text_addf(&out->text, "%.*s\n", WB_STR_ARG(c->index));
  wb_out_warnings(out, m);
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, !yes ? WB_CHECK_NO : c->undescribed ? WB_CHECK_PART : WB_CHECK_YES, 3, numbers);
  wb_text_addc(&out->text, '\n');
  count_line(out, WB_CHECK_TIED, c->tied_stored);
  count_line(out, WB_CHECK_MTP, c->mtp_stored);
  count_line(out, WB_CHECK_STALE, c->stale);
  count_line(out, WB_CHECK_COMPANIONS, c->companions);
  count_line(out, WB_CHECK_UNDESCRIBED, c->undescribed);
  list_names(out, WB_CHECK_MISSING, &c->missing);
  list_names(out, WB_CHECK_EXTRA, &c->extra);
  list_names(out, WB_CHECK_BUFFERS, &c->buffers);
}

static const wb_column COLUMNS[] = {{"name", WB_LABEL_NAME, false}, {"finding", WB_LABEL_FINDING, false}};

static void add_rows(wb_table *table, const wb_names *names, const char *finding) {
  for (size_t i = 0; i < names->count; i++) {
    wb_table_cell(table, names->items[i]);
    wb_table_cell(table, wb_str_of(finding));
  }
}

bool wb_report_check(wb_out *out, wb_model *m) {
  wb_check c = wb_check_folder(m, wb_str_of(out->options->folder));
  bool yes = c.missing.count == 0 && c.extra.count == 0;
  if (out->options->format == WEIGH_FORMAT_JSON) write_json(out, m, &c, yes);
  else if (out->options->format == WEIGH_FORMAT_TEXT) write_text(out, m, &c, yes);
  else {
    wb_table table = {out->text.ctx, COLUMNS, 2, NULL, 0, 0};
    add_rows(&table, &c.missing, "missing");
    add_rows(&table, &c.extra, "extra");
    add_rows(&table, &c.buffers, "buffer_not_stored");
    wb_table_write(out, &table);
  }
  return yes;
}
