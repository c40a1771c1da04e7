/* weigh params: how many parameters, and where they sit. */
#include "base/data.h"
#include "report/report.h"

#ifndef WEIGH_VERSION_STRING
#define WEIGH_VERSION_STRING "0.1.0"
#endif

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
    wb_message_add(&text, warning->message, WB_LANG_EN, warning->args, WB_MESSAGE_ARGS);
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "code", wb_str_of(wb_message_code(warning->message)));
    wb_jo_str(j, "message", wb_text_str(&text));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void write_json(wb_out *out, wb_model *m) {
  wb_json_out j = {.out = out, .first = true};
  wb_num active = m->active;
  wb_num_floor(active, &active);
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "params");
  wb_jo_str(&j, "model", m->name);
  wb_jo_str(&j, "model_type", m->model_type);
  wb_jo_str(&j, "family", m->family->name->name);
  wb_jo_str(&j, "dtype", m->dtype);
  wb_jo_int(&j, "total_parameters", m->total.num);
  wb_jo_int(&j, "active_parameters", active.num);
  wb_jo_int(&j, "buffer_elements", m->buffers.num);
  wb_jo_int(&j, "mtp_parameters", m->mtp.num);
  wb_jo_bool(&j, "enumeration_available", wb_model_enumerated(m));
  wb_jo_bool(&j, "complete", wb_model_enumerated(m));
  wb_jo_bool(&j, "tied_embeddings", m->tied_embeddings);
  wb_jo_begin(&j, "undescribed_parts", '[');
  for (size_t i = 0; i < m->undescribed_count; i++) wb_jo_str(&j, NULL, m->undescribed[i]);
  wb_jo_end(&j, ']');
  wb_jo_begin(&j, "groups", '[');
  for (int g = 0; g < WB_GROUP_COUNT; g++) {
    if (!m->groups[g].num) continue;
    wb_jo_begin(&j, NULL, '{');
    wb_jo_str(&j, "name", wb_str_of(wb_group_name((wb_group)g)));
    wb_jo_int(&j, "parameters", m->groups[g].num);
    wb_jo_end(&j, '}');
  }
  wb_jo_end(&j, ']');
  wb_json_warnings(&j, m);
  wb_jo_end(&j, '}');
}

void wb_report_params(wb_out *out, wb_model *m) { write_json(out, m); }
