/* weigh registry: what is remembered, and what came of adding, removing, verifying. */
#include "report/registry.h"

#include "report/report.h"

#define DIGEST_SHOWN 12

static void json_entry(wb_json_out *j, const wb_stored *e) {
  wb_jo_str(j, "model_id", e->id);
  wb_jo_str(j, "model_type", e->type);
  wb_jo_str(j, "updated_at", e->updated);
  wb_jo_str(j, "source", e->source);
  wb_jo_str(j, "revision", e->revision);
  wb_jo_str(j, "digest", e->digest);
}

static const wb_column COLUMNS[] = {{"model_id", WB_LABEL_MODEL_ID, false},  {"model_type", WB_LABEL_MODEL_TYPE, false},
                                    {"updated_at", WB_LABEL_UPDATED, false}, {"source", WB_LABEL_SOURCE, false},
                                    {"revision", WB_LABEL_REVISION, false},  {"digest", WB_LABEL_DIGEST, false}};

static void write_rows(wb_out *out, const wb_stored *rows, size_t count) {
  wb_table table = {out->text.ctx, COLUMNS, 6, NULL, 0, 0};
  for (size_t i = 0; i < count; i++) {
    const wb_stored *e = &rows[i];
    const wb_str digest = wb_out_plain(out) ? e->digest : wb_str_slice(e->digest, 0, DIGEST_SHOWN);
    const wb_str cells[] = {e->id, e->type, e->updated, e->source, e->revision, digest};
    for (size_t c = 0; c < 6; c++) wb_table_cell(&table, cells[c]);
  }
  wb_table_write(out, &table);
}

void wb_report_configs(wb_out *out, wb_str where, const wb_stored *rows, size_t count, bool more) {
  if (out->options->format != WEIGH_FORMAT_JSON) {
    write_rows(out, rows, count);
    if (wb_out_plain(out) || !more) return;
    wb_text_addc(&out->text, '\n');
    wb_out_message(out, WB_REGISTRY_MORE, 1, &rows[count - 1].id);
    wb_text_addc(&out->text, '\n');
    return;
  }
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "registry");
  wb_jo_str(&j, "registry", where);
  wb_jo_begin(&j, "configs", '[');
  for (size_t i = 0; i < count; i++) {
    wb_jo_begin(&j, NULL, '{');
    json_entry(&j, &rows[i]);
    wb_jo_end(&j, '}');
  }
  wb_jo_end(&j, ']');
  if (more) wb_jo_str(&j, "next", rows[count - 1].id);
  else wb_jo_null(&j, "next");
  wb_jo_end(&j, '}');
}

static void member(wb_out *out, wb_message_id label, wb_str value) {
  const wb_str name = wb_str_of(wb_out_label(out, label));
  const size_t used = wb_text_columns(name);
  if (!value.len) return;
  wb_text_adds(&out->text, out->options->format == WEIGH_FORMAT_MARKDOWN ? "- " : "  ");
  wb_text_add(&out->text, name);
  wb_text_addn(&out->text, ' ', used < 16 ? 16 - used : 1);
  wb_text_add(&out->text, value);
  wb_text_addc(&out->text, '\n');
}

static void write_text(wb_out *out, const wb_stored *e) {
  const bool markdown = out->options->format == WEIGH_FORMAT_MARKDOWN;
  wb_text_adds(&out->text, markdown ? "## " : "");
  wb_text_add(&out->text, e->id);
  wb_text_adds(&out->text, markdown ? "\n\n" : "\n");
  member(out, WB_LABEL_MODEL_TYPE, e->type);
  member(out, WB_LABEL_UPDATED, e->updated);
  member(out, WB_LABEL_SOURCE, e->source);
  member(out, WB_LABEL_REVISION, e->revision);
  member(out, WB_LABEL_DIGEST, e->digest);
  wb_text_adds(&out->text, markdown ? "\n```json\n" : "\n");
  wb_text_add(&out->text, e->config);
  if (e->config.len && e->config.ptr[e->config.len - 1] != '\n') wb_text_addc(&out->text, '\n');
  if (markdown) wb_text_adds(&out->text, "```\n");
}

void wb_report_config(wb_out *out, wb_str where, const wb_stored *e) {
  if (wb_out_plain(out)) {
    write_rows(out, e, 1);
  } else if (out->options->format == WEIGH_FORMAT_JSON) {
    wb_json_out j = {.out = out, .first = true};
    wb_jo_begin(&j, NULL, '{');
    wb_json_head(&j, "registry");
    wb_jo_str(&j, "registry", where);
    json_entry(&j, e);
    wb_jo_str(&j, "config_json", e->config);
    wb_jo_end(&j, '}');
  } else {
    write_text(out, e);
  }
}

/* ---- what came of it ---- */

static void json_done(wb_out *out, const wb_registry_done *d) {
  wb_json_out j = {.out = out, .first = true};
  const struct {
    const char *key;
    wb_i128 value;
  } counts[] = {{"added", d->added},     {"replaced", d->replaced}, {"unchanged", d->unchanged},
                {"refused", d->refused}, {"removed", d->removed},   {"checked", d->checked}};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "registry");
  wb_jo_str(&j, "registry", d->where);
  wb_jo_str(&j, "action", wb_str_of(d->action));
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    if (counts[i].value >= 0) wb_jo_int(&j, counts[i].key, counts[i].value);
  wb_jo_begin(&j, "faults", '[');
  for (size_t i = 0; i < d->fault_count; i++) {
    wb_jo_begin(&j, NULL, '{');
    wb_jo_str(&j, "what", d->faults[i].what);
    wb_jo_str(&j, "code", d->faults[i].code);
    wb_jo_str(&j, "message", d->faults[i].message);
    wb_jo_end(&j, '}');
  }
  wb_jo_end(&j, ']');
  wb_jo_end(&j, '}');
}

static const wb_column FAULTS[] = {
    {"what", WB_LABEL_NAME, false}, {"code", WB_LABEL_FAULT, false}, {"message", WB_LABEL_REASON, false}};

void wb_report_registry_done(wb_out *out, const wb_registry_done *d) {
  if (out->options->format == WEIGH_FORMAT_JSON) {
    json_done(out, d);
    return;
  }
  wb_ctx *ctx = out->text.ctx;
  if (!wb_out_plain(out)) {
    const wb_str imported[] = {wb_out_number(out, d->added), wb_out_number(out, d->replaced),
                               wb_out_number(out, d->unchanged), wb_out_number(out, d->refused), d->where};
    const wb_str at_fault = wb_str_fmt(ctx, "%zu", d->fault_count);
    if (d->added >= 0) wb_out_message(out, WB_REGISTRY_IMPORTED, 5, imported);
    if (d->removed >= 0)
      wb_out_message(out, WB_REGISTRY_REMOVED, 2, (wb_str[]){wb_out_number(out, d->removed), d->where});
    if (d->checked >= 0)
      wb_out_message(out, WB_REGISTRY_VERIFIED, 3, (wb_str[]){wb_out_number(out, d->checked), at_fault, d->where});
    wb_text_addc(&out->text, '\n');
    if (!d->fault_count) return;
    wb_text_addc(&out->text, '\n');
  }
  wb_table table = {ctx, FAULTS, 3, NULL, 0, 0};
  for (size_t i = 0; i < d->fault_count; i++) {
    wb_table_cell(&table, d->faults[i].what);
    wb_table_cell(&table, d->faults[i].code);
    wb_table_cell(&table, d->faults[i].message);
  }
  wb_table_write(out, &table);
}
