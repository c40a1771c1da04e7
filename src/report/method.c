/* weigh method: what a function of a published method answers, with every formula in symbols and numbers. */
#include "report/method.h"

#include "expr/print.h"
#include "report/methods.h"
#include "source/reader.h"

/* The longest inputs read from a stream. */
#define INPUT_MAX ((size_t)1 << 20)

/* "18.2 GB", "8,030,261,248", "good". */
static wb_str quantity_text(wb_out *out, const wb_stmt *stmt, const wb_value *value) {
  wb_ctx *ctx = out->text.ctx;
  wb_text text = {.ctx = ctx};
  const wb_str unit = wb_quantity_unit(ctx, stmt);
  if (value->kind == WB_TEXT) return value->u.text;
  if (value->kind != WB_NUM) wb_value_print(&text, value);
  else if (wb_num_is_int(value->u.num)) wb_i128_print_grouped(&text, value->u.num.num);
  else wb_text_addf(&text, "%.6g", wb_num_double(value->u.num));
  if (wb_str_is(unit, "percent")) wb_text_adds(&text, " %");
  else if (unit.len) wb_text_addf(&text, " %.*s", WB_STR_ARG(unit));
  return wb_text_str(&text);
}

/* As members of the object at hand, by their labels. */
static void json_quantities(wb_json_out *j, const wb_method_result *r) {
  for (size_t i = 0; i < r->count; i++)
    wb_json_value(j, wb_str_cstr(j->out->text.ctx, wb_quantity_label(r->stmts[i])), &r->quantities[i]->value);
}

static void json_derivation(wb_json_out *j, const wb_method_result *r) {
  wb_ctx *ctx = j->out->text.ctx;
  wb_jo_begin(j, "derivation", '[');
  for (size_t i = 0; i < r->count; i++) {
    const wb_node *node = r->quantities[i];
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", wb_quantity_label(r->stmts[i]));
    wb_jo_str(j, "formula", node->formula);
    wb_jo_str(j, "numbers", node->numbers);
    if (j->out->options->latex && node->latex.len) wb_jo_str(j, "latex", node->latex);
    wb_json_value(j, "value", &node->value);
    wb_jo_str(j, "unit", wb_quantity_unit(ctx, r->stmts[i]));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_inputs(wb_json_out *j, const wb_method_result *r) {
  wb_ctx *ctx = j->out->text.ctx;
  wb_jo_begin(j, "inputs", '{');
  for (size_t i = 0; i < r->input_count; i++)
    wb_json_value(j, wb_str_cstr(ctx, r->inputs[i].field->name->name), &r->inputs[i].binding->value);
  wb_jo_end(j, '}');
  wb_jo_begin(j, "ignored", '[');
  for (size_t i = 0; i < r->input_count; i++)
    if (!r->inputs[i].is_read) wb_jo_str(j, NULL, r->inputs[i].field->name->name);
  wb_jo_end(j, ']');
}

static void json_notes(wb_json_out *j, const wb_method_result *r) {
  wb_jo_begin(j, "notes", '[');
  for (size_t i = 0; i < r->note_count; i++) {
    wb_text text = {.ctx = j->out->text.ctx};
    wb_warning_add(&text, &r->notes[i], j->out->lang);
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "code", wb_str_of(wb_message_code(r->notes[i].message)));
    wb_jo_str(j, "message", wb_text_str(&text));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_body(wb_json_out *j, const wb_method_result *r) {
  wb_jo_str(j, "source", wb_out_told(j->out, r->function->source));
  json_inputs(j, r);
  json_derivation(j, r);
  json_notes(j, r);
}

void wb_json_method(wb_json_out *j, const char *key, const wb_method_result *r) {
  wb_jo_begin(j, key, '{');
  wb_jo_str(j, "name", r->function->method->name->name);
  wb_jo_str(j, "function", r->function->name->name);
  json_quantities(j, r);
  json_body(j, r);
  wb_jo_end(j, '}');
}

void wb_write_notes(wb_out *out, const wb_method_result *r) {
  for (size_t i = 0; i < r->note_count; i++) {
    wb_text_addf(&out->text, "  %s: ", wb_out_label(out, WB_LABEL_NOTE));
    wb_warning_add(&out->text, &r->notes[i], out->lang);
    wb_text_addc(&out->text, '\n');
  }
}

void wb_write_method(wb_out *out, const wb_method_result *r) {
  wb_text *t = &out->text;
  if (!r->applies) wb_text_addf(t, "  %s\n", wb_out_label(out, WB_NOTE_NO_FORMULA));
  for (size_t i = 0; i < r->count; i++) {
    const wb_node *node = r->quantities[i];
    const wb_str label = wb_quantity_label(r->stmts[i]);
    wb_text_addf(t, "  %.*s = ", WB_STR_ARG(label));
    wb_text_add(t, node->formula);
    wb_text_adds(t, "\n    = ");
    wb_text_add(t, node->numbers);
    wb_text_addf(t, "\n    = %.*s\n", WB_STR_ARG(quantity_text(out, r->stmts[i], &node->value)));
  }
}

static bool ignored(wb_ctx *ctx, const wb_method_result *r, const wb_given_option *option) {
  return option->given && (!option->name || !wb_method_reads(ctx, r, option->name));
}

void wb_write_ignored(wb_out *out, const wb_method_result *r, const wb_given_option *options, size_t count) {
  wb_text text = {.ctx = out->text.ctx};
  for (size_t i = 0; i < count; i++)
    if (ignored(out->text.ctx, r, &options[i])) wb_text_addf(&text, "%s--%s", text.len ? ", " : "", options[i].option);
  if (!text.len) return;
  const wb_str args[] = {r->function->method->name->name, wb_text_str(&text)};
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, WB_NOTE_METHOD_IGNORES, 2, args);
  wb_text_addc(&out->text, '\n');
}

void wb_json_ignored(wb_json_out *j, const wb_method_result *r, const wb_given_option *options, size_t count) {
  wb_jo_begin(j, "ignored_options", '[');
  for (size_t i = 0; i < count; i++)
    if (ignored(j->out->text.ctx, r, &options[i])) wb_jo_str(j, NULL, wb_str_of(options[i].option));
  wb_jo_end(j, ']');
}

/* ---- one call without a model ---- */

static void write_names(wb_out *out, wb_message_id label, const wb_method_result *r, bool is_read) {
  bool any = false;
  for (size_t i = 0; i < r->input_count; i++) {
    wb_text value = {.ctx = out->text.ctx};
    if (r->inputs[i].is_read != is_read) continue;
    wb_text_addf(&out->text, any ? ", " : "  %s: ", wb_out_label(out, label));
    wb_value_print(&value, &r->inputs[i].binding->value);
    wb_text_addf(&out->text, "%.*s = %.*s", WB_STR_ARG(r->inputs[i].field->name->name),
                 WB_STR_ARG(wb_text_str(&value)));
    any = true;
  }
  if (any) wb_text_addc(&out->text, '\n');
}

static const wb_column COLUMNS[] = {{"quantity", WB_LABEL_QUANTITY, false},
                                    {"value", WB_LABEL_VALUE, true},
                                    {"unit", WB_LABEL_UNIT, false},
                                    {"formula", WB_LABEL_FORMULA_COLUMN, false},
                                    {"numbers", WB_LABEL_NUMBERS, false}};

static void write_table(wb_out *out, const wb_method_result *r) {
  wb_table table = {out->text.ctx, COLUMNS, 5, NULL, 0, 0};
  for (size_t i = 0; i < r->count; i++) {
    wb_text value = {.ctx = out->text.ctx};
    const wb_value *v = &r->quantities[i]->value;
    if (v->kind == WB_NUM && !wb_num_is_int(v->u.num)) wb_text_addf(&value, "%.10g", wb_num_double(v->u.num));
    else wb_value_print(&value, v);
    wb_table_cell(&table, wb_quantity_label(r->stmts[i]));
    wb_table_cell(&table, wb_text_str(&value));
    wb_table_cell(&table, wb_quantity_unit(out->text.ctx, r->stmts[i]));
    wb_table_cell(&table, r->quantities[i]->formula);
    wb_table_cell(&table, r->quantities[i]->numbers);
  }
  wb_table_write(out, &table);
}

static void write_call(wb_out *out, const wb_method_result *r) {
  const wb_decl *f = r->function;
  if (out->options->format == WEIGH_FORMAT_JSON) {
    wb_json_out j = {.out = out, .first = true};
    wb_jo_begin(&j, NULL, '{');
    wb_json_head(&j, "method");
    wb_jo_str(&j, "method", f->method->name->name);
    wb_jo_str(&j, "function", f->name->name);
    json_quantities(&j, r);
    json_body(&j, r);
    wb_json_about(&j, f);
    wb_jo_end(&j, '}');
  } else if (out->options->format != WEIGH_FORMAT_TEXT) {
    write_table(out, r);
  } else {
    wb_text_addf(&out->text, "%.*s %.*s   [%.*s]\n", WB_STR_ARG(f->method->name->name), WB_STR_ARG(f->name->name),
                 WB_STR_ARG(wb_out_told(out, f->source)));
    wb_write_notes(out, r);
    write_names(out, WB_LABEL_INPUTS, r, true);
    write_names(out, WB_LABEL_IGNORED, r, false);
    wb_text_addc(&out->text, '\n');
    wb_write_method(out, r);
    wb_text_addc(&out->text, '\n');
    wb_write_about(out, f);
  }
}

/* {"params_b": 7, "scenario": "lora"} */
static wb_option *read_inputs(wb_ctx *ctx, wb_str text, size_t *count) {
  *count = 0;
  if (!text.len) return NULL;
  const wb_json *json = wb_json_read(ctx, text, WB_STR("--input"));
  if (json->kind != WB_JSON_OBJECT)
    WB_FAIL(ctx, WB_METHOD_INPUT_SYNTAX, WB_NOWHERE, WB_STR("{\"params_b\": 7}"), wb_str_of(wb_json_kind_name(json)));
  wb_option *out = WB_NEWN(ctx, wb_option, json->u.object.count);
  for (size_t i = 0; i < json->u.object.count; i++)
    out[(*count)++] =
        (wb_option){json->u.object.members[i].key, wb_value_of_json(ctx, json->u.object.members[i].value)};
  return out;
}

void wb_report_method(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  const weigh_report_options *o = out->options;
  const wb_decl *method = wb_method_find(lib, ctx, wb_str_of(o->method ? o->method : ""));
  if (!o->function) {
    wb_report_one_method(out, lib, method);
    return;
  }
  const wb_decl *function = wb_method_function(ctx, method, wb_str_of(o->function));
  size_t count = 0;
  wb_str input = wb_str_of(o->input ? o->input : "");
  if (wb_str_is(input, "-")) input = wb_read_file(ctx, input, INPUT_MAX);
  wb_option *given = read_inputs(ctx, input, &count);
  const wb_method_result result = wb_method_call(ctx, lib, function, given, count);
  write_call(out, &result);
}
