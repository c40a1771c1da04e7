/* weigh params: how many parameters, and where they sit. */
#include "report/report.h"

#include <string.h>

#include "estimate/compare.h"
#include "estimate/loaded.h"
#include "report/method.h"

typedef struct facts { /* what every format shows */
  wb_num total, active;
  const wb_method_result *method; /* that --method asks for; NULL: none */
  const wb_comparison *formula;   /* total by the rule of thumb */
  const wb_weights *stored;       /* as the checkpoint holds them, where it is quantised; NULL: as the dtype says */
} facts;

static wb_num whole(wb_num n) {
  wb_num_floor(n, &n);
  return n;
}

/* METHOD, whose answer to this question it is, or any METHOD.FUNCTION with its inputs taken from the model. */
static const wb_method_result *asked(wb_model *m, const char *name) {
  if (!name) return NULL;
  const char *dot = strchr(name, '.');
  const wb_decl *function;
  if (dot)
    function = wb_method_function(&m->ctx, wb_method_find(m->lib, &m->ctx, (wb_str){name, (size_t)(dot - name)}),
                                  wb_str_of(dot + 1));
  else function = wb_method_for(m, name, "parameters", NULL);
  wb_method_result *result = WB_NEW(&m->ctx, wb_method_result);
  *result = wb_method_on(m, function, NULL, NULL, 0);
  return result;
}

static facts gather(wb_model *m, const char *method) {
  facts f = {.total = m->total, .active = whole(m->active)};
  f.formula = wb_compare_config(m);
  if (f.formula->notable) wb_warn_formula(m, f.formula);
  f.method = asked(m, method);
  f.stored = wb_weights_stored(m);
  return f;
}

static wb_str percent(wb_ctx *ctx, wb_num part, wb_num all) {
  double share = all.num ? 100.0 * wb_num_double(part) / wb_num_double(all) : 0;
  return wb_str_fmt(ctx, "%.2f %%", share);
}

/* 8.19 B: short scale, for reading aloud; the exact count stands beside it. */
static wb_str short_count(wb_ctx *ctx, wb_num n) {
  static const struct {
    double size;
    const char *name;
  } scale[] = {{1e12, "T"}, {1e9, "B"}, {1e6, "M"}, {1e3, "K"}};
  double value = wb_num_double(n);
  for (size_t i = 0; i < 4; i++)
    if (value >= scale[i].size) return wb_str_fmt(ctx, "%.2f %s", value / scale[i].size, scale[i].name);
  return wb_str_fmt(ctx, "%.0f", value);
}

static wb_str gib(wb_ctx *ctx, wb_i128 bytes) { return wb_str_fmt(ctx, "%.2f GiB", (double)bytes / WB_GIB); }

static wb_i128 plain_bytes(const wb_model *m) {
  wb_i128 bytes = m->formula_only ? m->total.num * (wb_i128)wb_dtype_bytes(m->dtype) : 0;
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (row->kind == WB_PARAM && !row->mtp)
      bytes += row->elements.num * row->copies.num * (wb_i128)wb_dtype_bytes(row->dtype);
  }
  return bytes;
}

static void write_json_groups(wb_json_out *j, const wb_model *m) {
  wb_jo_begin(j, "groups", '[');
  for (int g = 0; g < WB_GROUP_COUNT; g++) {
    if (!m->groups[g].num) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", wb_str_of(wb_group_name((wb_group)g)));
    wb_jo_int(j, "parameters", m->groups[g].num);
    wb_jo_real(j, "share", m->total.num ? wb_num_double(m->groups[g]) / wb_num_double(m->total) : 0);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void write_json_layers(wb_json_out *j, wb_model *m) {
  wb_layer_class *classes = NULL;
  size_t count = wb_layer_classes(m, &classes);
  wb_jo_begin(j, "layers", '[');
  for (size_t i = 0; i < count; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "layers", classes[i].name);
    wb_jo_int(j, "count", classes[i].layers.num);
    wb_jo_int(j, "parameters_each", classes[i].each.num);
    wb_jo_int(j, "parameters", classes[i].all.num);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

/* What the file holds: by format, all layers together. */
static void write_json_stored(wb_json_out *j, const wb_weights *stored) {
  wb_weights_part *parts;
  const size_t count = wb_weights_parts(stored, &parts);
  wb_jo_begin(j, "stored", '{');
  wb_jo_str(j, "format", stored->name);
  wb_jo_num(j, "bytes", stored->stored);
  wb_jo_real(j, "bits_per_weight", wb_weights_bits(stored, false));
  wb_jo_begin(j, "parts", '[');
  for (size_t i = 0; i < count; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "format", parts[i].name);
    wb_jo_num(j, "parameters", parts[i].parameters);
    wb_jo_num(j, "bytes", parts[i].stored);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
  wb_jo_end(j, '}');
}

static void write_json_formula(wb_json_out *j, const facts *f) {
  if (!f->formula->applies) {
    wb_jo_null(j, "formula_total_parameters");
    return;
  }
  wb_jo_num(j, "formula_total_parameters", f->formula->total);
  wb_jo_real(j, "formula_difference", f->formula->relative);
}

static void write_json(wb_out *out, wb_model *m, const facts *f) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "params");
  wb_jo_str(&j, "model", m->name);
  wb_jo_str(&j, "model_type", m->model_type);
  wb_jo_str(&j, "family", m->family->name->name);
  wb_jo_str(&j, "family_source", m->family->is_override ? WB_STR("user") : WB_STR("built-in"));
  wb_jo_str(&j, "dtype", m->dtype);
  wb_jo_int(&j, "total_parameters", f->total.num);
  wb_jo_int(&j, "active_parameters", f->active.num);
  wb_jo_real(&j, "sparsity", f->total.num ? 1 - wb_num_double(f->active) / wb_num_double(f->total) : 0);
  wb_jo_int(&j, "buffer_elements", m->buffers.num);
  wb_jo_int(&j, "mtp_parameters", m->mtp.num);
  wb_jo_int(&j, "parameter_bytes", plain_bytes(m));
  if (f->stored) write_json_stored(&j, f->stored);
  write_json_formula(&j, f);
  wb_jo_bool(&j, "enumeration_available", wb_model_enumerated(m));
  wb_jo_bool(&j, "complete", wb_model_enumerated(m));
  wb_jo_bool(&j, "tied_embeddings", m->tied_embeddings);
  wb_jo_begin(&j, "undescribed_parts", '[');
  for (size_t i = 0; i < m->undescribed_count; i++) wb_jo_str(&j, NULL, m->undescribed[i]);
  wb_jo_end(&j, ']');
  write_json_groups(&j, m);
  if (out->options->per_layer) write_json_layers(&j, m);
  if (f->method) wb_json_method(&j, "method", f->method);
  wb_json_fields(&j, m);
  wb_json_unused(&j, m);
  wb_json_warnings(&j, m);
  wb_jo_end(&j, '}');
}

static const wb_column GROUP_COLUMNS[] = {
    {"group", WB_LABEL_GROUP, false}, {"parameters", WB_LABEL_PARAMETERS, true}, {"share", WB_LABEL_SHARE, true}};
static const wb_column LAYER_COLUMNS[] = {{"layers", WB_LABEL_LAYERS, false},
                                          {"count", WB_LABEL_COUNT, true},
                                          {"parameters_each", WB_LABEL_EACH, true},
                                          {"parameters", WB_LABEL_PARAMETERS, true}};

static void write_groups(wb_out *out, const wb_model *m) {
  wb_table table = {out->text.ctx, GROUP_COLUMNS, 3, NULL, 0, 0};
  for (int g = 0; g < WB_GROUP_COUNT; g++) {
    if (!m->groups[g].num) continue;
    wb_table_cell(&table, wb_str_of(wb_group_name((wb_group)g)));
    wb_table_cell(&table, wb_out_number(out, m->groups[g].num));
    if (wb_out_plain(out))
      wb_table_cell(&table, wb_str_fmt(out->text.ctx, "%.12g", wb_num_double(m->groups[g]) / wb_num_double(m->total)));
    else wb_table_cell(&table, percent(out->text.ctx, m->groups[g], m->total));
  }
  wb_table_cell(&table, WB_STR("total"));
  wb_table_cell(&table, wb_out_number(out, m->total.num));
  wb_table_cell(&table, wb_out_plain(out) ? WB_STR("1") : WB_STR("100.00 %"));
  wb_table_write(out, &table);
}

static void write_layers(wb_out *out, wb_model *m) {
  wb_layer_class *classes = NULL;
  size_t count = wb_layer_classes(m, &classes);
  wb_table table = {out->text.ctx, LAYER_COLUMNS, 4, NULL, 0, 0};
  for (size_t i = 0; i < count; i++) {
    wb_table_cell(&table, classes[i].name);
    wb_table_cell(&table, wb_out_number(out, classes[i].layers.num));
    wb_table_cell(&table, wb_out_number(out, classes[i].each.num));
    wb_table_cell(&table, wb_out_number(out, classes[i].all.num));
  }
  wb_table_write(out, &table);
}

static void line(wb_out *out, wb_message_id label, wb_str value, wb_str note) {
  wb_str name = wb_str_of(wb_out_label(out, label));
  size_t used = wb_text_columns(name);
  wb_text_adds(&out->text, "  ");
  wb_text_add(&out->text, name);
  wb_text_addn(&out->text, ' ', used < 22 ? 22 - used : 1);
  wb_text_addn(&out->text, ' ', value.len < 20 ? 20 - value.len : 0);
  wb_text_add(&out->text, value);
  if (note.len) wb_text_addf(&out->text, "   %.*s", WB_STR_ARG(note));
  wb_text_addc(&out->text, '\n');
}

static wb_str message(wb_out *out, wb_message_id id, wb_str a, wb_str b) {
  wb_text text = {.ctx = out->text.ctx};
  wb_message_add(&text, id, out->lang, (wb_str[]){a, b}, 2);
  return wb_text_str(&text);
}

static void write_figures(wb_out *out, wb_model *m, const facts *f) {
  wb_ctx *ctx = out->text.ctx;
  line(out, WB_LABEL_TOTAL, wb_out_number(out, f->total.num), short_count(ctx, f->total));
  wb_num idle;
  wb_num_sub(f->total, f->active, &idle);
  line(out, WB_LABEL_ACTIVE, wb_out_number(out, f->active.num),
       idle.num ? message(out, WB_NOTE_SPARSITY, short_count(ctx, f->active), percent(ctx, idle, f->total))
                : message(out, WB_NOTE_DENSE, WB_STR(""), WB_STR("")));
  line(out, WB_LABEL_PARAMETER_BYTES, gib(ctx, plain_bytes(m)),
       m->dtype_given ? m->dtype : message(out, WB_NOTE_DTYPE_DEFAULT, m->dtype, WB_STR("")));
  if (f->stored) line(out, WB_LABEL_STORED_BYTES, gib(ctx, whole(f->stored->stored).num), f->stored->name);
  if (m->buffers.num)
    line(out, WB_LABEL_BUFFERS, wb_out_number(out, m->buffers.num),
         message(out, WB_NOTE_BUFFERS, WB_STR(""), WB_STR("")));
  if (m->mtp.num)
    line(out, WB_LABEL_MTP, wb_out_number(out, m->mtp.num), message(out, WB_NOTE_MTP, WB_STR(""), WB_STR("")));
  if (m->tied_embeddings) line(out, WB_LABEL_TIED, WB_STR(""), message(out, WB_NOTE_TIED, WB_STR(""), WB_STR("")));
}

static void write_formula(wb_out *out, const facts *f) {
  if (!f->formula->applies) return;
  wb_str difference = wb_str_fmt(out->text.ctx, "%+.2f %%", 100 * f->formula->relative);
  line(out, WB_LABEL_FORMULA, wb_out_number(out, f->formula->total.num), difference);
}

static void write_method(wb_out *out, const facts *f) {
  const wb_decl *function = f->method->function;
  wb_text_addf(&out->text, "  %s `%.*s`, %.*s\n", wb_out_label(out, WB_LABEL_METHOD),
               WB_STR_ARG(function->method->name->name), WB_STR_ARG(function->name->name));
  wb_write_notes(out, f->method);
  wb_write_method(out, f->method);
}

static void write_text(wb_out *out, wb_model *m, const facts *f) {
  bool markdown = out->options->format == WEIGH_FORMAT_MARKDOWN;
  wb_text_addf(&out->text, markdown ? "## %.*s\n\n" : "%.*s\n", WB_STR_ARG(m->name));
  wb_out_warnings(out, m);
  if (markdown) wb_text_adds(&out->text, m->warning_count ? "\n```text\n" : "```text\n");
  write_figures(out, m, f);
  write_formula(out, f);
  if (markdown) wb_text_adds(&out->text, "```\n");
  wb_text_addc(&out->text, '\n');
  write_groups(out, m);
  if (out->options->per_layer) {
    wb_text_addc(&out->text, '\n');
    write_layers(out, m);
  }
  if (!f->method) return;
  wb_text_adds(&out->text, markdown ? "\n```text\n" : "\n");
  write_method(out, f);
  if (markdown) wb_text_adds(&out->text, "```\n");
}

void wb_report_params(wb_out *out, wb_model *m) {
  facts f = gather(m, out->options->method);
  if (out->options->format == WEIGH_FORMAT_JSON) write_json(out, m, &f);
  else if (!wb_out_plain(out)) write_text(out, m, &f);
  else if (out->options->per_layer) write_layers(out, m);
  else write_groups(out, m);
}
