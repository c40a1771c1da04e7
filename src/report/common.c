/* What all reports share: the head of JSON answers, warnings, fields that nobody read. */
#include "base/data.h"
#include "report/report.h"

void wb_json_head(wb_json_out *j, const char *report) {
  wb_jo_int(j, "schema_version", WB_SCHEMA_VERSION);
  wb_jo_str(j, "report", wb_str_of(report));
  wb_jo_str(j, "version", wb_str_of(weigh_version()));
  wb_jo_str(j, "data_digest", wb_str_of(wb_data_digest));
}

void wb_json_warnings(wb_json_out *j, wb_model *m) {
  wb_jo_begin(j, "warnings", '[');
  for (size_t i = 0; i < m->warning_count; i++) {
    const wb_warning *warning = &m->warnings[i];
    if (warning->message == WB_QUANTIZED && j->out->figures_are_loaded) continue;
    wb_text text = {.ctx = j->out->text.ctx};
    wb_warning_add(&text, warning, WB_LANG_EN);
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "code", wb_str_of(wb_message_code(warning->message)));
    wb_jo_str(j, "message", wb_text_str(&text));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

void wb_json_unused(wb_json_out *j, wb_model *m) {
  wb_str *keys = NULL;
  size_t count = wb_unused_keys(m, &keys);
  wb_jo_begin(j, "unused_fields", '[');
  for (size_t i = 0; i < count; i++) wb_jo_str(j, NULL, keys[i]);
  wb_jo_end(j, ']');
}

void wb_out_warnings(wb_out *out, wb_model *m) {
  for (size_t i = 0; i < m->warning_count; i++) {
    const wb_warning *warning = &m->warnings[i];
    if (warning->message == WB_QUANTIZED && out->figures_are_loaded) continue;
    if (out->options->color) wb_text_adds(&out->text, "\033[33m");
    bool markdown = out->options->format == WEIGH_FORMAT_MARKDOWN; /* each an item, else they run together */
    wb_text_addf(&out->text, "%s%s: ", markdown ? "- " : "  ", wb_out_label(out, WB_LABEL_WARNING));
    wb_warning_add(&out->text, warning, out->lang);
    if (out->options->color) wb_text_adds(&out->text, "\033[0m");
    wb_text_addc(&out->text, '\n');
  }
}

static const char *const ORIGINS[] = {"formula", "field", "alias", "set", "default", "constant", "model", "workload"};

const char *wb_origin_name(wb_origin_kind kind) { return ORIGINS[kind]; }

static void json_value(wb_json_out *j, const char *key, const wb_value *value) {
  wb_text text = {.ctx = j->out->text.ctx};
  switch (value->kind) {
    case WB_NULL: wb_jo_null(j, key); return;
    case WB_BOOL: wb_jo_bool(j, key, value->u.boolean); return;
    case WB_NUM: wb_jo_num(j, key, value->u.num); return;
    case WB_REAL: wb_jo_real(j, key, value->u.real); return;
    case WB_TEXT: wb_jo_str(j, key, value->u.text); return;
    default: wb_value_print(&text, value); wb_jo_str(j, key, wb_text_str(&text));
  }
}

void wb_json_fields(wb_json_out *j, const wb_model *m) {
  wb_jo_begin(j, "fields", '[');
  for (const wb_fields *f = m->all_fields; f; f = f->next)
    for (size_t i = 0; i < f->used_count; i++) {
      const wb_binding *binding = f->used[i].binding;
      if (binding->state != WB_EVALUATED || binding->origin->kind == WB_FROM_FORMULA) continue;
      wb_jo_begin(j, NULL, '{');
      wb_jo_str(j, "name", f->used[i].field->name->name);
      wb_jo_str(j, "key", binding->origin->key);
      json_value(j, "value", &binding->value);
      wb_jo_str(j, "origin", wb_str_of(ORIGINS[binding->origin->kind]));
      wb_jo_end(j, '}');
    }
  wb_jo_end(j, ']');
}
