/* weigh methods: which published rules of thumb there are; one of them with its functions, inputs and formulas. */
#include "report/methods.h"

/* ---- texts ---- */

wb_str wb_about_title(wb_out *out, const wb_decl *decl) {
  wb_message_id id;
  size_t at = 0;
  return wb_about_next(decl, "title", &at, &id) ? wb_str_of(wb_out_label(out, id)) : decl->name->name;
}

wb_str wb_input_meaning(wb_out *out, const wb_field *input) {
  wb_message_id id;
  return wb_about_input(out->text.ctx, input, &id) ? wb_str_of(wb_out_label(out, id)) : WB_STR("");
}

wb_str wb_input_no_effect(wb_out *out, const wb_decl *function, const wb_field *input) {
  wb_message_id id;
  return wb_about_no_effect(function, input, &id) ? wb_str_of(wb_out_label(out, id)) : WB_STR("");
}

wb_str wb_cause_meaning(wb_out *out, wb_str name) {
  wb_message_id id;
  return wb_message_find(wb_str_fmt(out->text.ctx, "CAUSE_%.*s", WB_STR_ARG(name)), &id)
             ? wb_str_of(wb_out_label(out, id))
             : name;
}

wb_str wb_choice_meaning(wb_out *out, const wb_value *choice) {
  if (choice->kind != WB_TEXT) return WB_STR("");
  wb_text id = {.ctx = out->text.ctx};
  wb_message_id found;
  wb_text_addf(&id, "CHOICE_%.*s", WB_STR_ARG(choice->u.text));
  for (size_t i = 0; i < id.len; i++)
    if (id.ptr[i] == '-') id.ptr[i] = '_';
  return wb_message_find(wb_text_str(&id), &found) ? wb_str_of(wb_out_label(out, found)) : WB_STR("");
}

wb_str wb_names_joined(wb_ctx *ctx, wb_str before, wb_str name) {
  return before.len ? wb_str_fmt(ctx, "%.*s, %.*s", WB_STR_ARG(before), WB_STR_ARG(name)) : name;
}

static wb_str functions_of(wb_ctx *ctx, const wb_decl *m) {
  wb_str out = WB_STR("");
  for (size_t i = 0; i < m->function_count; i++) out = wb_names_joined(ctx, out, m->functions[i]->name->name);
  return out;
}

/* "memory, train" */
static wb_str answers_of(wb_ctx *ctx, const wb_decl *m) {
  wb_str out = WB_STR("");
  for (size_t i = 0; i < m->function_count; i++)
    for (size_t k = 0; k < m->functions[i]->answer_count; k++) {
      const wb_str question = m->functions[i]->answers[k].question;
      bool seen = false;
      for (size_t f = 0; f <= i && !seen; f++)
        for (size_t a = 0; (f < i || a < k) && a < m->functions[f]->answer_count && !seen; a++)
          seen = wb_str_eq(m->functions[f]->answers[a].question, question);
      if (!seen) out = wb_names_joined(ctx, out, question);
    }
  return out;
}

wb_str wb_formula_text(wb_ctx *ctx, const wb_expr *expr, wb_style style) {
  wb_text out = {.ctx = ctx};
  if (expr) wb_expr_print(&out, expr, style, NULL);
  return wb_text_str(&out);
}

/* ---- all ---- */

static const wb_column WIDE[] = {{"method", WB_LABEL_METHOD, false},
                                 {"title", WB_LABEL_TITLE, false},
                                 {"answers", WB_LABEL_ANSWERS, false},
                                 {"functions", WB_LABEL_FUNCTIONS, false},
                                 {"source", WB_LABEL_SOURCE, false}};

/* For people the first three: the others are long, and stand with each method. */
static void write_list(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  const wb_decl *m;
  wb_table table = {ctx, WIDE, wb_out_plain(out) ? 5 : 3, NULL, 0, 0};
  for (size_t i = 0; (m = wb_method_at(lib, ctx, i)) != NULL; i++) {
    wb_table_cell(&table, m->name->name);
    wb_table_cell(&table, wb_about_title(out, m));
    wb_table_cell(&table, answers_of(ctx, m));
    if (!wb_out_plain(out)) continue;
    wb_table_cell(&table, functions_of(ctx, m));
    wb_table_cell(&table, wb_out_told(out, m->source));
  }
  wb_table_write(out, &table);
}

void wb_report_methods(wb_out *out, wb_library *lib) {
  if (out->options->format != WEIGH_FORMAT_JSON) {
    write_list(out, lib);
    return;
  }
  const wb_decl *m;
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "methods");
  wb_jo_begin(&j, "methods", '[');
  for (size_t i = 0; (m = wb_method_at(lib, out->text.ctx, i)) != NULL; i++) {
    wb_jo_begin(&j, NULL, '{');
    wb_json_method_about(&j, lib, m, false);
    wb_jo_end(&j, '}');
  }
  wb_jo_end(&j, ']');
  wb_jo_end(&j, '}');
}

/* ---- inputs ---- */

static const wb_column INPUTS[] = {{"function", WB_LABEL_FUNCTION, false}, {"input", WB_LABEL_INPUT, false},
                                   {"default", WB_LABEL_DEFAULT, true},    {"range", WB_LABEL_RANGE, false},
                                   {"best", WB_LABEL_BEST_RANGE, false},   {"unit", WB_LABEL_UNIT, false},
                                   {"impact", WB_LABEL_IMPACT, false},     {"meaning", WB_LABEL_MEANING, false}};

static wb_str spanned(wb_ctx *ctx, const wb_expr *low, const wb_expr *high) {
  const wb_str a = wb_formula_text(ctx, low, WB_AS_FORMULA), b = wb_formula_text(ctx, high, WB_AS_FORMULA);
  return low ? wb_str_fmt(ctx, "%.*s-%.*s", WB_STR_ARG(a), WB_STR_ARG(b)) : WB_STR("");
}

static wb_str range_of(wb_ctx *ctx, const wb_input *in) {
  wb_str out = spanned(ctx, in->low, in->high);
  wb_str listed = WB_STR("");
  for (size_t i = 0; i < in->choice_count; i++) {
    wb_text text = {.ctx = ctx};
    wb_value_print(&text, &in->choices[i]);
    listed = wb_names_joined(ctx, listed, in->choices[i].kind == WB_TEXT ? in->choices[i].u.text : wb_text_str(&text));
  }
  return listed.len ? (out.len ? wb_str_fmt(ctx, "%.*s (%.*s)", WB_STR_ARG(out), WB_STR_ARG(listed)) : listed) : out;
}

static void input_row(wb_out *out, wb_table *table, const wb_decl *f, const wb_field *field) {
  wb_ctx *ctx = out->text.ctx;
  const bool effect = wb_input_has_effect(ctx, f, field->name);
  const wb_str meaning = wb_input_meaning(out, field), why = wb_input_no_effect(out, f, field);
  wb_table_cell(table, field->name->name);
  wb_table_cell(table, wb_formula_text(ctx, field->fallback, WB_AS_FORMULA));
  wb_table_cell(table, range_of(ctx, field->input));
  wb_table_cell(table, spanned(ctx, field->input->best_low, field->input->best_high));
  wb_table_cell(table, field->input->unit);
  wb_table_cell(table, effect ? field->input->impact : wb_str_of(wb_out_label(out, WB_LABEL_NO_EFFECT)));
  wb_table_cell(table, why.len ? wb_str_fmt(ctx, "%.*s (%.*s)", WB_STR_ARG(meaning), WB_STR_ARG(why)) : meaning);
}

void wb_write_inputs(wb_out *out, const wb_decl *m, const wb_decl *function) {
  wb_table table = {out->text.ctx, function ? INPUTS + 1 : INPUTS, function ? 7 : 8, NULL, 0, 0};
  for (size_t i = 0; i < m->function_count; i++) {
    const wb_decl *f = m->functions[i];
    if (function && f != function) continue;
    for (size_t k = 0; k < f->field_count; k++) {
      if (!function) wb_table_cell(&table, f->name->name);
      input_row(out, &table, f, &f->fields[k]);
    }
  }
  wb_table_write(out, &table);
}

/* ---- errata ---- */

static wb_str short_number(wb_ctx *ctx, wb_num n) {
  wb_text text = {.ctx = ctx};
  if (wb_num_is_int(n)) wb_i128_print_grouped(&text, n.num);
  else wb_text_addf(&text, "%.6g", wb_num_double(n));
  return wb_text_str(&text);
}

wb_str wb_erratum_text(wb_out *out, wb_library *lib, const wb_erratum *e) {
  wb_ctx *ctx = out->text.ctx;
  wb_text text = {.ctx = ctx};
  wb_num beside;
  wb_str args[] = {short_number(ctx, e->published), short_number(ctx, e->correct), WB_STR("")};
  if (e->beside.len && wb_proof_figure(ctx, lib, &e->right, e->beside, &beside)) args[2] = short_number(ctx, beside);
  wb_message_add(&text, e->text, out->lang, args, 3);
  return wb_text_str(&text);
}

wb_str wb_proof_text(wb_ctx *ctx, wb_library *lib, const wb_proof *proof) {
  const wb_proof_kind kind = wb_proof_kind_of(proof);
  wb_num figure;
  if (kind == WB_PROOF_NONE) return WB_STR("");
  const wb_str what = kind == WB_PROOF_EXPRESSION
                          ? proof->input
                          : wb_str_fmt(ctx, "%.*s %.*s", WB_STR_ARG(proof->by), WB_STR_ARG(proof->input));
  if (!wb_proof_figure(ctx, lib, proof, WB_STR(""), &figure)) return what;
  const wb_str value = short_number(ctx, figure);
  return wb_str_fmt(ctx, "%.*s = %.*s", WB_STR_ARG(what), WB_STR_ARG(value));
}

static void write_errata(wb_out *out, wb_library *lib, const wb_decl *m) {
  wb_ctx *ctx = out->text.ctx;
  wb_text *t = &out->text;
  wb_erratum e;
  for (size_t at = 0, n = 0; wb_erratum_next(m, &at, &e); n++) {
    const wb_str right = wb_proof_text(ctx, lib, &e.right), wrong = wb_proof_text(ctx, lib, &e.wrong);
    if (!n) wb_text_addf(t, "\n%s\n", wb_out_label(out, WB_LABEL_ERRATA));
    const wb_str published = wb_num_is_int(e.published) ? short_number(ctx, e.published) : e.published_text;
    wb_text_addf(t, "  %.*s %.*s: ", WB_STR_ARG(published), WB_STR_ARG(e.unit));
    wb_text_add(t, wb_erratum_text(out, lib, &e));
    wb_text_addf(t, "\n    %s: ", wb_out_label(out, WB_LABEL_CORRECT));
    wb_text_add(t, right);
    if (wrong.len) {
      wb_text_addf(t, "\n    %s: ", wb_out_label(out, WB_LABEL_PUBLISHED));
      wb_text_add(t, wrong);
    }
    wb_text_addc(t, '\n');
  }
}

/* ---- one ---- */

static void write_about(wb_out *out, const wb_decl *decl) {
  static const struct {
    const char *kind;
    wb_message_id label;
  } said[] = {{"validity", WB_LABEL_VALIDITY}, {"accuracy", WB_LABEL_ACCURACY}, {"property", WB_LABEL_PROPERTIES}};
  wb_message_id id;
  for (size_t k = 0; k < 3; k++)
    for (size_t at = 0; wb_about_next(decl, said[k].kind, &at, &id);)
      wb_text_addf(&out->text, "  %s: %s\n", wb_out_label(out, said[k].label), wb_out_label(out, id));
}

void wb_write_about(wb_out *out, const wb_decl *f) {
  write_about(out, f->method);
  write_about(out, f);
}

static void write_body(wb_out *out, const wb_body *body) {
  wb_ctx *ctx = out->text.ctx;
  for (size_t i = 0; i < body->count; i++) {
    const wb_stmt *s = body->items[i];
    if (!s->name || !s->expr) continue;
    const bool is_let = s->kind == WB_S_LET;
    const wb_str unit = is_let ? WB_STR("") : wb_quantity_unit(ctx, s);
    wb_text_addf(&out->text, is_let ? "    %.*s" : "  * %.*s",
                 WB_STR_ARG(is_let ? s->name->name : wb_quantity_label(s)));
    if (unit.len) wb_text_addf(&out->text, " [%.*s]", WB_STR_ARG(unit));
    wb_text_adds(&out->text, " = ");
    wb_text_add(&out->text, wb_formula_text(ctx, s->expr, WB_AS_FORMULA));
    wb_text_addc(&out->text, '\n');
  }
}

static void write_function(wb_out *out, const wb_decl *f) {
  const wb_str title = wb_about_title(out, f);
  wb_text_addf(&out->text, "\n%.*s", WB_STR_ARG(f->name->name));
  if (!wb_str_eq(title, f->name->name)) wb_text_addf(&out->text, "   %.*s", WB_STR_ARG(title));
  if (!wb_str_eq(f->source, f->method->source))
    wb_text_addf(&out->text, "   [%.*s]", WB_STR_ARG(wb_out_told(out, f->source)));
  wb_text_addc(&out->text, '\n');
  write_about(out, f);
  write_body(out, &f->body);
}

static void write_one(wb_out *out, wb_library *lib, const wb_decl *m) {
  const wb_str title = wb_about_title(out, m);
  wb_text_addf(&out->text, "%.*s", WB_STR_ARG(m->name->name));
  if (!wb_str_eq(title, m->name->name)) wb_text_addf(&out->text, "   %.*s", WB_STR_ARG(title));
  wb_text_addf(&out->text, "   [%.*s]\n", WB_STR_ARG(wb_out_told(out, m->source)));
  write_about(out, m);
  wb_text_addc(&out->text, '\n');
  wb_write_inputs(out, m, NULL);
  write_body(out, &m->body);
  for (size_t i = 0; i < m->function_count; i++) write_function(out, m->functions[i]);
  write_errata(out, lib, m);
}

void wb_report_one_method(wb_out *out, wb_library *lib, const wb_decl *m) {
  wb_json_out j = {.out = out, .first = true};
  switch (out->options->format) {
    case WEIGH_FORMAT_TEXT: write_one(out, lib, m); break;
    case WEIGH_FORMAT_MARKDOWN: wb_write_method_page(out, lib, m); break;
    case WEIGH_FORMAT_CSV:
    case WEIGH_FORMAT_TSV: wb_write_inputs(out, m, NULL); break;
    case WEIGH_FORMAT_JSON:
      wb_jo_begin(&j, NULL, '{');
      wb_json_head(&j, "method");
      wb_json_method_about(&j, lib, m, true);
      wb_jo_end(&j, '}');
      break;
  }
}
