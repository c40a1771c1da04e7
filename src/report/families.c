/* weigh families: what is described, and on how many published configurations each is verified. */
#include "model/catalogue.h"
#include "report/report.h"

static const wb_column COLUMNS[] = {{"model_type", WB_LABEL_MODEL_TYPE, false},
                                    {"family", WB_LABEL_FAMILY, false},
                                    {"verified", WB_LABEL_VERIFIED, true},
                                    {"origin", WB_LABEL_ORIGIN, false},
                                    {"source", WB_LABEL_SOURCE, false}};

static size_t verified(wb_str type) {
  size_t count = 0;
  wb_catalogue_entry entry;
  for (size_t at = 0; wb_catalogue_next(&at, &entry);) count += wb_str_eq(entry.model_type, type) && entry.digest.len;
  return count;
}

typedef struct row {
  wb_str type;
  const wb_decl *family;
  size_t verified;
} row;

static size_t gather(wb_ctx *ctx, wb_library *lib, row **out) {
  row *rows = WB_NEWN(ctx, row, lib->type_count);
  size_t n = 0;
  for (size_t i = 0; i < lib->type_count; i++) {
    wb_str type = lib->types[i].type;
    bool seen = false;
    for (size_t k = 0; k < n && !seen; k++) seen = wb_str_eq(rows[k].type, type);
    if (seen) continue;
    size_t at = n++;
    for (; at > 0 && wb_str_cmp(rows[at - 1].type, type) > 0; at--) rows[at] = rows[at - 1];
    rows[at] = (row){type, wb_library_type(lib, ctx, type), verified(type)};
  }
  *out = rows;
  return n;
}

static void write_json(wb_out *out, const row *rows, size_t count) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "families");
  wb_jo_begin(&j, "families", '[');
  for (size_t i = 0; i < count; i++) {
    wb_jo_begin(&j, NULL, '{');
    wb_jo_str(&j, "model_type", rows[i].type);
    wb_jo_str(&j, "family", rows[i].family->name->name);
    wb_jo_int(&j, "verified", (wb_i128)rows[i].verified);
    wb_jo_str(&j, "origin", rows[i].family->is_override ? WB_STR("user") : WB_STR("built-in"));
    wb_jo_str(&j, "source", rows[i].family->source);
    wb_jo_end(&j, '}');
  }
  wb_jo_end(&j, ']');
  wb_jo_end(&j, '}');
}

void wb_report_families(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  row *rows = NULL;
  size_t count = gather(ctx, lib, &rows);
  if (out->options->format == WEIGH_FORMAT_JSON) {
    write_json(out, rows, count);
    return;
  }
  wb_table table = {ctx, COLUMNS, 5, NULL, 0, 0};
  for (size_t i = 0; i < count; i++) {
    wb_table_cell(&table, rows[i].type);
    wb_table_cell(&table, rows[i].family->name->name);
    wb_table_cell(&table, wb_out_number(out, (wb_i128)rows[i].verified));
    wb_table_cell(&table, rows[i].family->is_override ? WB_STR("user") : WB_STR("built-in"));
    wb_table_cell(&table, rows[i].family->source);
  }
  wb_table_write(out, &table);
}
