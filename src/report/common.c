/* What all reports share: the head of JSON answers, warnings, fields that nobody read. */
#include "base/data.h"
#include "model/represent.h"
#include "report/report.h"

void wb_json_head(wb_json_out *j, const char *report) {
  wb_jo_int(j, "schema_version", WB_SCHEMA_VERSION);
  wb_jo_str(j, "report", wb_str_of(report));
  wb_jo_str(j, "version", wb_str_of(weigh_version()));
  wb_jo_str(j, "data_digest", wb_str_of(wb_data_digest));
}

static void json_shape(wb_json_out *j, const wb_json *root) {
  wb_jo_begin(j, "shape", '{');
  for (size_t i = 0; i < root->u.object.count; i++) {
    const wb_json *value = root->u.object.members[i].value;
    const char *key = wb_str_cstr(j->out->text.ctx, root->u.object.members[i].key);
    if (value->kind == WB_JSON_INT) wb_jo_int(j, key, value->u.integer);
    if (value->kind != WB_JSON_ARRAY || !value->u.array.count || value->u.array.items[0]->kind != WB_JSON_INT) continue;
    wb_jo_begin(j, key, '[');
    for (size_t k = 0; k < value->u.array.count; k++) wb_jo_int(j, NULL, value->u.array.items[k]->u.integer);
    wb_jo_end(j, ']');
  }
  wb_jo_end(j, '}');
}

/* Of a model that was given by its size alone: what stands for it. */
static void json_assumed(wb_json_out *j, const wb_model *m) {
  static const char *const kinds[] = {"dense", "moe", "mixture", "cnn"};
  const wb_assumed *a = m->assumed;
  wb_jo_bool(j, "assumed", true);
  wb_jo_begin(j, "representative", '{');
  wb_jo_str(j, "kind", wb_str_of(kinds[a->asked.kind]));
  wb_jo_str(j, "like", a->anchor);
  wb_jo_str(j, "source", a->source);
  wb_jo_bool(j, "scaled", !a->unchanged);
  wb_jo_num(j, "asked_total", m->asked_total);
  if (m->asked_active.num) wb_jo_num(j, "asked_active", m->asked_active);
  else wb_jo_null(j, "asked_active");
  wb_jo_num(j, "total_parameters", m->total);
  wb_jo_real(j, "total_off", wb_num_double(m->total) / wb_num_double(m->asked_total) - 1);
  if (m->asked_active.num) wb_jo_real(j, "active_off", wb_num_double(m->active) / wb_num_double(m->asked_active) - 1);
  json_shape(j, m->config.root);
  wb_jo_end(j, '}');
}

static wb_str reason_of(wb_ctx *ctx, const wb_step_tried *step, wb_lang lang) {
  wb_text text = {.ctx = ctx};
  wb_message_add(&text, step->reason, lang, step->args, 2);
  return wb_text_str(&text);
}

static void json_resolution(wb_json_out *j, const wb_model *m) {
  wb_jo_begin(j, "resolution", '[');
  for (size_t i = 0; i < m->resolution->count; i++) {
    const wb_step_tried *step = &m->resolution->steps[i];
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "step", wb_str_of(wb_rung_name(step->rung)));
    wb_jo_bool(j, "found", step->found);
    wb_jo_real(j, "seconds", step->seconds);
    wb_jo_str(j, "reason", reason_of(j->out->text.ctx, step, j->out->lang));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

/* How the name was found, a line: unless it was where names of models are always found, at once. */
static void write_resolution(wb_out *out, const wb_model *m) {
  const wb_resolution *r = m->resolution;
  if (!r || (r->count == 1 && r->steps[0].rung == WB_RUNG_CATALOGUE)) return;
  wb_text_addf(&out->text, "%s%s: ", out->options->format == WEIGH_FORMAT_MARKDOWN ? "- " : "  ",
               wb_out_label(out, WB_LABEL_FOUND));
  for (size_t i = 0; i < r->count; i++) {
    wb_text_adds(&out->text, i ? "; " : "");
    wb_text_add(&out->text, reason_of(out->text.ctx, &r->steps[i], out->lang));
    wb_text_addf(&out->text, " (%.1f ms)", 1000 * r->steps[i].seconds);
  }
  wb_text_addc(&out->text, '\n');
}

void wb_json_warnings(wb_json_out *j, wb_model *m) {
  if (m->assumed) json_assumed(j, m);
  if (m->resolution) json_resolution(j, m);
  wb_jo_begin(j, "warnings", '[');
  for (size_t i = 0; i < m->warning_count; i++) {
    const wb_warning *warning = &m->warnings[i];
    if (warning->message == WB_QUANTIZED && j->out->figures_are_loaded) continue;
    wb_text text = {.ctx = j->out->text.ctx};
    wb_warning_add(&text, warning, j->out->lang);
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
  write_resolution(out, m);
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

static const char *const ORIGINS[] = {"formula", "field",    "alias", "set",     "assumed",
                                      "default", "constant", "model", "workload"};

const char *wb_origin_name(wb_origin_kind kind) { return ORIGINS[kind]; }

static void as_text(wb_json_out *j, const char *key, const wb_value *value) {
  wb_text text = {.ctx = j->out->text.ctx};
  wb_value_print(&text, value);
  wb_jo_str(j, key, wb_text_str(&text));
}

void wb_json_value(wb_json_out *j, const char *key, const wb_value *value) {
  switch (value->kind) {
    case WB_NULL: wb_jo_null(j, key); return;
    case WB_BOOL: wb_jo_bool(j, key, value->u.boolean); return;
    case WB_NUM: wb_jo_num(j, key, value->u.num); return;
    case WB_REAL: wb_jo_real(j, key, value->u.real); return;
    case WB_TEXT: wb_jo_str(j, key, value->u.text); return;
    case WB_LIST:
      wb_jo_begin(j, key, '[');
      for (size_t i = 0; i < value->u.list.count; i++) wb_json_value(j, NULL, &value->u.list.items[i]);
      wb_jo_end(j, ']');
      return;
    default: as_text(j, key, value);
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
      if (binding->value.kind == WB_LIST) as_text(j, "value", &binding->value); /* abridged */
      else wb_json_value(j, "value", &binding->value);
      wb_jo_str(j, "origin", wb_str_of(ORIGINS[binding->origin->kind]));
      wb_jo_end(j, '}');
    }
  wb_jo_end(j, ']');
}
