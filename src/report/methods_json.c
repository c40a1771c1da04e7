/* Published methods as JSON: functions, inputs, formulas, and which published figures must not be used. */
#include "report/methods.h"

static wb_str text_of(wb_out *out, wb_message_id id) { return wb_str_of(wb_out_label(out, id)); }

static void about(wb_json_out *j, const wb_decl *decl) {
  wb_message_id id;
  size_t at = 0;
  wb_jo_str(j, "title", wb_about_title(j->out, decl));
  static const char *const kinds[] = {"validity", "accuracy"};
  for (size_t k = 0; k < 2; k++) {
    at = 0;
    if (wb_about_next(decl, kinds[k], &at, &id)) wb_jo_str(j, kinds[k], text_of(j->out, id));
  }
  wb_jo_begin(j, "properties", '[');
  for (at = 0; wb_about_next(decl, "property", &at, &id);) wb_jo_str(j, NULL, text_of(j->out, id));
  wb_jo_end(j, ']');
}

void wb_json_about(wb_json_out *j, const wb_decl *f) {
  const wb_decl *both[] = {f->method, f};
  wb_message_id id;
  size_t at = 0;
  if (wb_about_next(f->method, "validity", &at, &id)) wb_jo_str(j, "validity", text_of(j->out, id));
  wb_jo_begin(j, "properties", '[');
  for (size_t k = 0; k < 2; k++)
    for (at = 0; wb_about_next(both[k], "property", &at, &id);) wb_jo_str(j, NULL, text_of(j->out, id));
  wb_jo_end(j, ']');
}

static void member(wb_json_out *j, const char *key, const wb_expr *expr) {
  if (expr) wb_jo_str(j, key, wb_formula_text(j->out->text.ctx, expr, WB_AS_FORMULA));
}

/* What choices mean, in their order; nothing where all of them say it themselves. */
static void choice_meanings(wb_json_out *j, const wb_input *in) {
  bool any = false;
  for (size_t i = 0; i < in->choice_count; i++) any |= wb_choice_meaning(j->out, &in->choices[i]).len > 0;
  if (!any) return;
  wb_jo_begin(j, "choice_meanings", '[');
  for (size_t i = 0; i < in->choice_count; i++) wb_jo_str(j, NULL, wb_choice_meaning(j->out, &in->choices[i]));
  wb_jo_end(j, ']');
}

static void input(wb_json_out *j, const wb_decl *f, const wb_field *field) {
  wb_ctx *ctx = j->out->text.ctx;
  const wb_input *in = field->input;
  const wb_str meaning = wb_input_meaning(j->out, field), why = wb_input_no_effect(j->out, f, field);
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "name", field->name->name);
  if (meaning.len) wb_jo_str(j, "meaning", meaning);
  wb_jo_str(j, "default", wb_formula_text(ctx, field->fallback, WB_AS_FORMULA));
  member(j, "from", in->from);
  member(j, "low", in->low);
  member(j, "high", in->high);
  member(j, "step", in->step);
  member(j, "best_low", in->best_low);
  member(j, "best_high", in->best_high);
  if (in->choice_count) {
    wb_jo_begin(j, in->is_open ? "suggestions" : "choices", '[');
    for (size_t i = 0; i < in->choice_count; i++) wb_json_value(j, NULL, &in->choices[i]);
    wb_jo_end(j, ']');
    choice_meanings(j, in);
  }
  if (in->unit.len) wb_jo_str(j, "unit", in->unit);
  wb_jo_str(j, "impact", in->impact);
  wb_jo_bool(j, "has_effect", wb_input_has_effect(ctx, f, field->name));
  if (why.len) wb_jo_str(j, "no_effect_because", why);
  wb_jo_end(j, '}');
}

static void formula(wb_json_out *j, const wb_stmt *s, bool is_quantity) {
  wb_ctx *ctx = j->out->text.ctx;
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "name", is_quantity ? wb_quantity_label(s) : s->name->name);
  if (is_quantity) wb_jo_str(j, "unit", wb_quantity_unit(ctx, s));
  wb_jo_str(j, "formula", wb_formula_text(ctx, s->expr, WB_AS_FORMULA));
  wb_jo_str(j, "latex", wb_formula_text(ctx, s->expr, WB_AS_LATEX));
  wb_jo_end(j, '}');
}

static void body(wb_json_out *j, const wb_body *b) {
  wb_jo_begin(j, "lets", '[');
  for (size_t i = 0; i < b->count; i++)
    if (b->items[i]->kind == WB_S_LET) formula(j, b->items[i], false);
  wb_jo_end(j, ']');
}

static void answers(wb_json_out *j, const wb_decl *f) {
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
}

static void compared(wb_json_out *j, const wb_decl *f) {
  wb_ctx *ctx = j->out->text.ctx;
  wb_jo_begin(j, "compared", '[');
  for (size_t i = 0; i < f->against_count; i++) {
    const wb_against *a = &f->against[i];
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "quantity", a->quantity);
    wb_jo_str(j, "with", wb_formula_text(ctx, a->exact, WB_AS_FORMULA));
    wb_jo_begin(j, "causes", '[');
    for (size_t k = 0; k < a->count; k++) {
      wb_jo_begin(j, NULL, '{');
      wb_jo_str(j, "name", a->causes[k].name->name);
      wb_jo_str(j, "meaning", wb_cause_meaning(j->out, a->causes[k].name->name));
      wb_jo_str(j, "formula", wb_formula_text(ctx, a->causes[k].expr, WB_AS_FORMULA));
      wb_jo_end(j, '}');
    }
    wb_jo_end(j, ']');
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void function(wb_json_out *j, const wb_decl *f) {
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "name", f->name->name);
  about(j, f);
  wb_jo_str(j, "source", wb_out_told(j->out, f->source));
  answers(j, f);
  wb_jo_begin(j, "inputs", '[');
  for (size_t i = 0; i < f->field_count; i++) input(j, f, &f->fields[i]);
  wb_jo_end(j, ']');
  body(j, &f->body);
  wb_jo_begin(j, "quantities", '[');
  for (size_t i = 0; i < f->body.count; i++)
    if (f->body.items[i]->kind == WB_S_QUANTITY) formula(j, f->body.items[i], true);
  wb_jo_end(j, ']');
  compared(j, f);
  wb_jo_end(j, '}');
}

/* ---- errata ---- */

static void proof(wb_json_out *j, wb_library *lib, const char *key, const wb_proof *p) {
  wb_ctx *ctx = j->out->text.ctx;
  const wb_proof_kind kind = wb_proof_kind_of(p);
  wb_num figure;
  if (kind == WB_PROOF_NONE) return;
  wb_jo_begin(j, key, '{');
  if (kind == WB_PROOF_EXPRESSION) wb_jo_str(j, "expression", p->input);
  else wb_jo_str(j, kind == WB_PROOF_MODEL ? "quantity" : "function", p->by);
  if (kind == WB_PROOF_MODEL) wb_jo_str(j, "model", p->input);
  if (kind == WB_PROOF_METHOD) {
    size_t count = 0;
    const wb_option *given = wb_proof_inputs(ctx, p, &count);
    wb_jo_begin(j, "inputs", '{');
    for (size_t i = 0; i < count; i++) wb_json_value(j, wb_str_cstr(ctx, given[i].name), &given[i].value);
    wb_jo_end(j, '}');
  }
  if (wb_proof_figure(ctx, lib, p, WB_STR(""), &figure)) wb_jo_num(j, "value", figure);
  wb_jo_end(j, '}');
}

static void errata(wb_json_out *j, wb_library *lib, const wb_decl *m) {
  wb_erratum e;
  wb_jo_begin(j, "errata", '[');
  for (size_t at = 0; wb_erratum_next(m, &at, &e);) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "id", e.id);
    wb_jo_str(j, "kind", e.kind);
    wb_jo_num(j, "published", e.published);
    wb_jo_num(j, "correct", e.correct);
    wb_jo_str(j, "unit", e.unit);
    wb_jo_str(j, "text", wb_erratum_text(j->out, lib, &e));
    proof(j, lib, "right", &e.right);
    proof(j, lib, "wrong", &e.wrong);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

void wb_json_method_about(wb_json_out *j, wb_library *lib, const wb_decl *m, bool with_errata) {
  wb_jo_str(j, "name", m->name->name);
  about(j, m);
  wb_jo_str(j, "source", wb_out_told(j->out, m->source));
  wb_jo_str(j, "origin", m->is_override ? WB_STR("user") : WB_STR("built-in"));
  body(j, &m->body);
  wb_jo_begin(j, "functions", '[');
  for (size_t i = 0; i < m->function_count; i++) function(j, m->functions[i]);
  wb_jo_end(j, ']');
  if (with_errata) errata(j, lib, m);
}
