/* weigh families: what is described, and on how many published configurations each is verified. */
#include "base/tsv.h"
#include "model/catalogue.h"
#include "report/report.h"

static const wb_column COLUMNS[] = {
    {"model_type", WB_LABEL_MODEL_TYPE, false}, {"family", WB_LABEL_FAMILY, false},
    {"verified", WB_LABEL_VERIFIED, true},      {"verified_made_up", WB_LABEL_MADE_UP, true},
    {"origin", WB_LABEL_ORIGIN, false},         {"source", WB_LABEL_SOURCE, false}};

/* Counts of data/catalogue/verified.tsv, and of the catalogue's entries that give the recorded list or total. */
static void count_verified(wb_str type, size_t *published, size_t *made_up) {
  wb_str cells[3], text = wb_data_text("catalogue/verified.tsv");
  size_t entries = 0;
  wb_catalogue_entry entry;
  for (size_t at = 0; wb_catalogue_next(&at, &entry);) entries += wb_str_eq(entry.model_type, type) && entry.total.len;
  *published = entries;
  *made_up = 0;
  for (size_t at = 0; wb_tsv_next(text, &at, cells, 3);) {
    wb_num n;
    if (!wb_str_eq(cells[0], type)) continue;
    if (wb_num_parse(cells[1], &n) && n.num > (wb_i128)entries) *published = (size_t)n.num;
    if (wb_num_parse(cells[2], &n)) *made_up = (size_t)n.num;
  }
}

typedef struct row {
  wb_str type;
  const wb_decl *family;
  size_t published, made_up;
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
    rows[at] = (row){type, wb_library_type(lib, ctx, type), 0, 0};
    count_verified(type, &rows[at].published, &rows[at].made_up);
  }
  *out = rows;
  return n;
}

static void write_classes(wb_json_out *j, wb_library *lib, const wb_decl *family) {
  wb_jo_begin(j, "classes", '[');
  for (size_t i = 0; i < lib->class_count; i++) {
    wb_str name = lib->classes[i].type;
    bool same = wb_library_class(lib, j->out->text.ctx, name) == family;
    if (same && lib->entries[lib->classes[i].entry].decl == family) wb_jo_str(j, NULL, name);
  }
  wb_jo_end(j, ']');
}

static void write_json(wb_out *out, wb_library *lib, const row *rows, size_t count) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "families");
  wb_jo_begin(&j, "families", '[');
  for (size_t i = 0; i < count; i++) {
    wb_jo_begin(&j, NULL, '{');
    wb_jo_str(&j, "model_type", rows[i].type);
    wb_jo_str(&j, "family", rows[i].family->name->name);
    write_classes(&j, lib, rows[i].family);
    wb_jo_int(&j, "verified", (wb_i128)rows[i].published);
    wb_jo_int(&j, "verified_made_up", (wb_i128)rows[i].made_up);
    wb_jo_str(&j, "origin", rows[i].family->is_override ? WB_STR("user") : WB_STR("built-in"));
    wb_jo_str(&j, "source", rows[i].family->source);
    wb_jo_end(&j, '}');
  }
  wb_jo_end(&j, ']');
  wb_jo_end(&j, '}');
}

/* A family may have several model types; it is counted at the first. */
static void write_count(wb_out *out, const row *rows, size_t count) {
  size_t families = 0;
  for (size_t i = 0; i < count; i++) {
    size_t k = 0;
    while (k < i && rows[k].family != rows[i].family) k++;
    families += k == i;
  }
  wb_text_addc(&out->text, '\n');
  wb_out_message(out, WB_FAMILIES_COUNT, 2,
                 (wb_str[]){wb_out_number(out, (wb_i128)count), wb_out_number(out, (wb_i128)families)});
  wb_text_addc(&out->text, '\n');
}

void wb_report_families(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  row *rows = NULL;
  size_t count = gather(ctx, lib, &rows);
  if (out->options->format == WEIGH_FORMAT_JSON) {
    write_json(out, lib, rows, count);
    return;
  }
  wb_table table = {ctx, COLUMNS, 6, NULL, 0, 0};
  for (size_t i = 0; i < count; i++) {
    wb_table_cell(&table, rows[i].type);
    wb_table_cell(&table, rows[i].family->name->name);
    wb_table_cell(&table, wb_out_number(out, (wb_i128)rows[i].published));
    wb_table_cell(&table, wb_out_number(out, (wb_i128)rows[i].made_up));
    wb_table_cell(&table, rows[i].family->is_override ? WB_STR("user") : WB_STR("built-in"));
    wb_table_cell(&table, rows[i].family->source);
  }
  wb_table_write(out, &table);
  if (out->options->format == WEIGH_FORMAT_TEXT) write_count(out, rows, count);
}
