/* weigh methods: which published rules of thumb there are; one of them with its functions, inputs and formulas. */
#include "report/method.h"

#include "expr/print.h"

static wb_str joined(wb_ctx *ctx, wb_str before, wb_str name) {
  return before.len ? wb_str_fmt(ctx, "%.*s, %.*s", WB_STR_ARG(before), WB_STR_ARG(name)) : name;
}

static wb_str functions_of(wb_ctx *ctx, const wb_decl *m) {
  wb_str out = WB_STR("");
  for (size_t i = 0; i < m->function_count; i++) out = joined(ctx, out, m->functions[i]->name->name);
  return out;
}

static wb_str answers_of(wb_ctx *ctx, const wb_decl *m) {
  wb_str out = WB_STR("");
  for (size_t i = 0; i < m->function_count; i++)
    for (size_t k = 0; k < m->functions[i]->answer_count; k++) {
      const wb_str question = m->functions[i]->answers[k].question;
      bool seen = false;
      for (size_t f = 0; f <= i && !seen; f++)
        for (size_t a = 0; a < m->functions[f]->answer_count && (f < i || a < k) && !seen; a++)
          seen = wb_str_eq(m->functions[f]->answers[a].question, question);
      if (!seen) out = joined(ctx, out, question);
    }
  return out;
}

static wb_str formula(wb_ctx *ctx, const wb_expr *expr) {
  wb_text out = {.ctx = ctx};
  if (expr) wb_expr_print(&out, expr, WB_AS_FORMULA, NULL);
  return wb_text_str(&out);
}

/* ---- what a formula of a function reads ---- */

static bool names(wb_ctx *ctx, const wb_expr *expr, const wb_sym *name) {
  const wb_sym **read = NULL;
  const size_t n = expr ? wb_expr_names(ctx, expr, &read) : 0;
  for (size_t i = 0; i < n; i++)
    if (read[i] == name) return true;
  return false;
}

static bool body_reads(wb_ctx *ctx, const wb_body *body, const wb_sym *name) {
  for (size_t i = 0; i < body->count; i++)
    if (body->items[i]->kind != WB_S_CHECK && names(ctx, body->items[i]->expr, name)) return true;
  return false;
}

/* Whether any formula of the function, its inputs' defaults or the method's shared formulas contain an input. */
static bool contains(wb_ctx *ctx, const wb_decl *f, const wb_sym *name) {
  if (body_reads(ctx, &f->body, name)) return true;
  const wb_body *shared = &f->method->body;
  for (size_t i = 0; i < shared->count; i++)
    if (names(ctx, shared->items[i]->expr, name) && shared->items[i]->name && contains(ctx, f, shared->items[i]->name))
      return true;
  for (size_t i = 0; i < f->field_count; i++)
    if (names(ctx, f->fields[i].fallback, name) && f->fields[i].name != name && contains(ctx, f, f->fields[i].name))
      return true;
  return false;
}

/* ---- all ---- */

static const wb_column COLUMNS[] = {{"method", WB_LABEL_METHOD, false},
                                    {"functions", WB_LABEL_FUNCTIONS, false},
                                    {"answers", WB_LABEL_ANSWERS, false},
                                    {"source", WB_LABEL_SOURCE, false}};

static void json_input(wb_json_out *j, const wb_decl *f, const wb_field *field) {
  wb_ctx *ctx = j->out->text.ctx;
  const wb_input *in = field->input;
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "name", field->name->name);
  wb_jo_str(j, "default", formula(ctx, field->fallback));
  if (in->from) wb_jo_str(j, "from", formula(ctx, in->from));
  if (in->low) {
    wb_jo_str(j, "low", formula(ctx, in->low));
    wb_jo_str(j, "high", formula(ctx, in->high));
  }
  if (in->step) wb_jo_str(j, "step", formula(ctx, in->step));
  if (in->best_low) {
    wb_jo_str(j, "best_low", formula(ctx, in->best_low));
    wb_jo_str(j, "best_high", formula(ctx, in->best_high));
  }
  if (in->choice_count) {
    wb_jo_begin(j, in->is_open ? "suggestions" : "choices", '[');
    for (size_t i = 0; i < in->choice_count; i++) {
      wb_text text = {.ctx = ctx};
      wb_value_print(&text, &in->choices[i]);
      if (in->choices[i].kind == WB_TEXT) wb_jo_str(j, NULL, in->choices[i].u.text);
      else wb_jo_num(j, NULL, in->choices[i].u.num);
    }
    wb_jo_end(j, ']');
  }
  if (in->unit.len) wb_jo_str(j, "unit", in->unit);
  wb_jo_str(j, "impact", in->impact);
  wb_jo_bool(j, "has_effect", contains(ctx, f, field->name));
  wb_jo_end(j, '}');
}

static void json_function(wb_json_out *j, const wb_decl *f) {
  wb_ctx *ctx = j->out->text.ctx;
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "name", f->name->name);
  wb_jo_str(j, "source", f->source);
  wb_jo_begin(j, "answers", '[');
  for (size_t i = 0; i < f->answer_count; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "question", f->answers[i].question);
    wb_jo_str(j, "quantity", f->answers[i].quantity);
    wb_jo_begin(j, "modes", '[');
    for (size_t k = 0; k < f->answers[i].mode_count; k++) wb_jo_str(j, NULL, f->answers[i].modes[k]);
    wb_jo_end(j, ']');
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
  wb_jo_begin(j, "inputs", '[');
  for (size_t i = 0; i < f->field_count; i++) json_input(j, f, &f->fields[i]);
  wb_jo_end(j, ']');
  wb_jo_begin(j, "quantities", '[');
  for (size_t i = 0; i < f->body.count; i++) {
    const wb_stmt *s = f->body.items[i];
    if (s->kind != WB_S_QUANTITY) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", wb_quantity_label(s));
    wb_jo_str(j, "unit", wb_quantity_unit(ctx, s));
    wb_jo_str(j, "formula", formula(ctx, s->expr));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
  wb_jo_end(j, '}');
}

static void json_one(wb_json_out *j, const wb_decl *m) {
  wb_jo_str(j, "name", m->name->name);
  wb_jo_str(j, "source", m->source);
  wb_jo_str(j, "origin", m->is_override ? WB_STR("user") : WB_STR("built-in"));
  wb_jo_begin(j, "functions", '[');
  for (size_t i = 0; i < m->function_count; i++) json_function(j, m->functions[i]);
  wb_jo_end(j, ']');
}

void wb_report_methods(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  const wb_decl *m;
  if (out->options->format == WEIGH_FORMAT_JSON) {
    wb_json_out j = {.out = out, .first = true};
    wb_jo_begin(&j, NULL, '{');
    wb_json_head(&j, "methods");
    wb_jo_begin(&j, "methods", '[');
    for (size_t i = 0; (m = wb_method_at(lib, ctx, i)) != NULL; i++) {
      wb_jo_begin(&j, NULL, '{');
      json_one(&j, m);
      wb_jo_end(&j, '}');
    }
    wb_jo_end(&j, ']');
    wb_jo_end(&j, '}');
    return;
  }
  wb_table table = {ctx, COLUMNS, 4, NULL, 0, 0};
  for (size_t i = 0; (m = wb_method_at(lib, ctx, i)) != NULL; i++) {
    wb_table_cell(&table, m->name->name);
    wb_table_cell(&table, functions_of(ctx, m));
    wb_table_cell(&table, answers_of(ctx, m));
    wb_table_cell(&table, m->source);
  }
  wb_table_write(out, &table);
}

/* ---- one ---- */

static const wb_column INPUTS[] = {{"function", WB_LABEL_FUNCTION, false}, {"input", WB_LABEL_INPUT, false},
                                   {"default", WB_LABEL_DEFAULT, true},    {"range", WB_LABEL_RANGE, false},
                                   {"best", WB_LABEL_BEST_RANGE, false},   {"unit", WB_LABEL_UNIT, false},
                                   {"impact", WB_LABEL_IMPACT, false}};

static wb_str spanned(wb_ctx *ctx, const wb_expr *low, const wb_expr *high) {
  const wb_str a = formula(ctx, low), b = formula(ctx, high);
  return low ? wb_str_fmt(ctx, "%.*s-%.*s", WB_STR_ARG(a), WB_STR_ARG(b)) : WB_STR("");
}

static wb_str range_of(wb_ctx *ctx, const wb_input *in) {
  wb_str out = spanned(ctx, in->low, in->high);
  wb_str listed = WB_STR("");
  for (size_t i = 0; i < in->choice_count; i++) {
    wb_text text = {.ctx = ctx};
    wb_value_print(&text, &in->choices[i]);
    listed = joined(ctx, listed, in->choices[i].kind == WB_TEXT ? in->choices[i].u.text : wb_text_str(&text));
  }
  return listed.len ? (out.len ? wb_str_fmt(ctx, "%.*s (%.*s)", WB_STR_ARG(out), WB_STR_ARG(listed)) : listed) : out;
}

static void write_inputs(wb_out *out, const wb_decl *m) {
  wb_ctx *ctx = out->text.ctx;
  wb_table table = {ctx, INPUTS, 7, NULL, 0, 0};
  for (size_t i = 0; i < m->function_count; i++)
    for (size_t k = 0; k < m->functions[i]->field_count; k++) {
      const wb_field *field = &m->functions[i]->fields[k];
      const bool effect = contains(ctx, m->functions[i], field->name);
      wb_table_cell(&table, m->functions[i]->name->name);
      wb_table_cell(&table, field->name->name);
      wb_table_cell(&table, formula(ctx, field->fallback));
      wb_table_cell(&table, range_of(ctx, field->input));
      wb_table_cell(&table, spanned(ctx, field->input->best_low, field->input->best_high));
      wb_table_cell(&table, field->input->unit);
      wb_table_cell(&table, effect ? field->input->impact : wb_str_of(wb_out_label(out, WB_LABEL_NO_EFFECT)));
    }
  wb_table_write(out, &table);
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
    wb_text_add(&out->text, formula(ctx, s->expr));
    wb_text_addc(&out->text, '\n');
  }
}

void wb_report_one_method(wb_out *out, wb_library *lib, const wb_decl *m) {
  (void)lib;
  if (out->options->format == WEIGH_FORMAT_JSON) {
    wb_json_out j = {.out = out, .first = true};
    wb_jo_begin(&j, NULL, '{');
    wb_json_head(&j, "method");
    json_one(&j, m);
    wb_jo_end(&j, '}');
    return;
  }
  if (out->options->format != WEIGH_FORMAT_TEXT) {
    write_inputs(out, m);
    return;
  }
  wb_text_addf(&out->text, "%.*s   [%.*s]\n\n", WB_STR_ARG(m->name->name), WB_STR_ARG(m->source));
  write_inputs(out, m);
  write_body(out, &m->body);
  for (size_t i = 0; i < m->function_count; i++) {
    const wb_decl *f = m->functions[i];
    wb_text_addf(&out->text, "\n%.*s", WB_STR_ARG(f->name->name));
    if (!wb_str_eq(f->source, m->source)) wb_text_addf(&out->text, "   [%.*s]", WB_STR_ARG(f->source));
    wb_text_addc(&out->text, '\n');
    write_body(out, &f->body);
  }
}
