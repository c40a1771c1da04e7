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
    if (out->options->color) wb_text_adds(&out->text, "\033[33m");
    wb_text_addf(&out->text, "  %s: ", wb_out_label(out, WB_LABEL_WARNING));
    wb_warning_add(&out->text, warning, out->lang);
    if (out->options->color) wb_text_adds(&out->text, "\033[0m");
    wb_text_addc(&out->text, '\n');
  }
}
