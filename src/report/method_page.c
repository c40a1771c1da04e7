/* A published method as a page of Markdown: where it holds, its inputs, formulas as LaTeX, constants, errata. */
#include "report/methods.h"

/* A label as a heading: with a capital. */
static void heading(wb_out *out, const char *marks, wb_message_id label) {
  const char *text = wb_out_label(out, label);
  const char first = *text >= 'a' && *text <= 'z' ? (char)(*text - 32) : *text;
  wb_text_addf(&out->text, "\n%s %c%s\n", marks, first, text + 1);
}

static void said(wb_out *out, const wb_decl *decl, const char *kind, wb_message_id label) {
  wb_message_id id;
  for (size_t at = 0; wb_about_next(decl, kind, &at, &id);) {
    wb_text_addf(&out->text, "- **%s**: ", wb_out_label(out, label));
    wb_out_cell(out, wb_str_of(wb_out_label(out, id)));
    wb_text_addc(&out->text, '\n');
  }
}

static void source(wb_out *out, const wb_decl *decl) {
  wb_text_addf(&out->text, "- **%s**: ", wb_out_label(out, WB_LABEL_SOURCE));
  wb_out_cell(out, wb_out_told(out, decl->source));
  wb_text_addc(&out->text, '\n');
}

static void about(wb_out *out, const wb_decl *decl) {
  said(out, decl, "validity", WB_LABEL_VALIDITY);
  said(out, decl, "accuracy", WB_LABEL_ACCURACY);
  said(out, decl, "property", WB_LABEL_PROPERTIES);
}

/* ---- formulas ---- */

static void latex_words(wb_text *t, wb_str words) {
  for (size_t i = 0; i < words.len; i++) {
    if (words.ptr[i] == '_') wb_text_addc(t, '\\');
    wb_text_addc(t, words.ptr[i]);
  }
}

static void equation(wb_out *out, const wb_stmt *s) {
  wb_text *t = &out->text;
  const bool is_quantity = s->kind == WB_S_QUANTITY;
  const wb_str unit = is_quantity ? wb_quantity_unit(t->ctx, s) : WB_STR("");
  wb_text_adds(t, is_quantity ? "\\mathbf{" : "\\mathrm{");
  latex_words(t, s->name->name);
  wb_text_adds(t, "}");
  if (is_quantity && !wb_str_eq(wb_quantity_label(s), s->name->name)) {
    wb_text_adds(t, "\\;(\\text{");
    latex_words(t, wb_quantity_label(s));
    wb_text_adds(t, "})");
  }
  wb_text_adds(t, " &= ");
  wb_text_add(t, wb_formula_text(t->ctx, s->expr, WB_AS_LATEX));
  if (unit.len) wb_text_addf(t, "\\quad[\\text{%.*s}]", WB_STR_ARG(unit));
}

static bool is_equation(const wb_stmt *s) { return s->name && (s->kind == WB_S_LET || s->kind == WB_S_QUANTITY); }

static void formulas(wb_out *out, const wb_body *body) {
  wb_text *t = &out->text;
  size_t n = 0;
  for (size_t i = 0; i < body->count; i++) {
    if (!is_equation(body->items[i])) continue;
    wb_text_adds(t, n++ ? " \\\\\n" : "\n```math\n\\begin{aligned}\n");
    equation(out, body->items[i]);
  }
  if (n) wb_text_adds(t, "\n\\end{aligned}\n```\n");
  wb_out_flush(out, false);
}

/* ---- constants ---- */

/* The numbers of a formula that say something: not 0 and 1, not powers (10^9, 2^30, a square). */
static void numbers(wb_ctx *ctx, const wb_expr *e, wb_str *found) {
  wb_num n;
  switch (e->kind) {
    case WB_X_LITERAL:
      n = e->u.literal.kind == WB_NUM ? e->u.literal.u.num : wb_num_int(0);
      if (n.den != 1 || n.num < 0 || n.num > 1)
        *found = wb_names_joined(ctx, *found, wb_formula_text(ctx, e, WB_AS_FORMULA));
      break;
    case WB_X_UNARY: numbers(ctx, e->u.op.a, found); break;
    case WB_X_BINARY:
      if (e->u.op.op == WB_OP_POW) break;
      numbers(ctx, e->u.op.a, found);
      numbers(ctx, e->u.op.b, found);
      break;
    case WB_X_IF:
      numbers(ctx, e->u.branch.cond, found);
      numbers(ctx, e->u.branch.yes, found);
      numbers(ctx, e->u.branch.no, found);
      break;
    case WB_X_CALL:
      for (size_t i = 0; i < e->u.call.count; i++) numbers(ctx, e->u.call.args[i], found);
      break;
    case WB_X_EACH:
      numbers(ctx, e->u.each.over, found);
      numbers(ctx, e->u.each.body, found);
      break;
    default: break;
  }
}

static const wb_column CONSTANTS[] = {
    {"in", WB_LABEL_QUANTITY, false}, {"constants", WB_LABEL_CONSTANTS, false}, {"source", WB_LABEL_SOURCE, false}};

static void constants(wb_out *out, const wb_decl *decl, const wb_body *body) {
  wb_ctx *ctx = out->text.ctx;
  wb_table table = {ctx, CONSTANTS, 3, NULL, 0, 0};
  for (size_t i = 0; i < body->count; i++) {
    wb_str found = WB_STR("");
    if (!is_equation(body->items[i])) continue;
    numbers(ctx, body->items[i]->expr, &found);
    if (!found.len) continue;
    wb_table_cell(&table, body->items[i]->name->name);
    wb_table_cell(&table, found);
    wb_table_cell(&table, wb_out_told(out, decl->source));
  }
  if (!table.count) return;
  wb_text_addc(&out->text, '\n');
  wb_table_write(out, &table);
}

/* ---- functions ---- */

static void answers(wb_out *out, const wb_decl *f) {
  wb_ctx *ctx = out->text.ctx;
  for (size_t i = 0; i < f->answer_count; i++) {
    const wb_answers *a = &f->answers[i];
    wb_str modes = WB_STR("");
    for (size_t k = 0; k < a->mode_count; k++) modes = wb_names_joined(ctx, modes, a->modes[k]);
    wb_text_addf(&out->text, "- **%s**: %.*s", wb_out_label(out, WB_LABEL_ANSWERS), WB_STR_ARG(a->question));
    if (modes.len) wb_text_addf(&out->text, " (%.*s)", WB_STR_ARG(modes));
    wb_text_addf(&out->text, ": `%.*s`\n", WB_STR_ARG(a->quantity));
  }
}

static const wb_column CAUSES[] = {{"cause", WB_LABEL_WHY, false}, {"formula", WB_LABEL_FORMULA_COLUMN, false}};

/* What a figure is held against, and what each cause adds to it. */
static void causes(wb_out *out, const wb_decl *f) {
  wb_ctx *ctx = out->text.ctx;
  for (size_t i = 0; i < f->against_count; i++) {
    const wb_against *a = &f->against[i];
    const wb_str exact = wb_formula_text(ctx, a->exact, WB_AS_FORMULA);
    wb_table table = {ctx, CAUSES, 2, NULL, 0, 0};
    for (size_t k = 0; k < a->count; k++) {
      wb_table_cell(&table, wb_cause_meaning(out, a->causes[k].name->name));
      wb_table_cell(&table, wb_formula_text(ctx, a->causes[k].expr, WB_AS_FORMULA));
    }
    wb_text_addf(&out->text, "\n`%.*s` − `%.*s`\n\n", WB_STR_ARG(a->quantity), WB_STR_ARG(exact));
    if (table.count) wb_table_write(out, &table);
  }
}

static void function(wb_out *out, const wb_decl *f) {
  const wb_str title = wb_about_title(out, f);
  wb_text_addf(&out->text, "\n### `%.*s`", WB_STR_ARG(f->name->name));
  if (!wb_str_eq(title, f->name->name)) wb_text_addf(&out->text, ": %.*s", WB_STR_ARG(title));
  wb_text_adds(&out->text, "\n\n");
  source(out, f);
  answers(out, f);
  about(out, f);
  wb_text_addc(&out->text, '\n');
  wb_write_inputs(out, f->method, f);
  formulas(out, &f->body);
  constants(out, f, &f->body);
  causes(out, f);
}

/* ---- errata ---- */

static const wb_column ERRATA[] = {{"id", WB_LABEL_NAME, false},        {"published", WB_LABEL_PUBLISHED, true},
                                   {"correct", WB_LABEL_CORRECT, true}, {"unit", WB_LABEL_UNIT, false},
                                   {"why", WB_LABEL_WHY, false},        {"shown_by", WB_LABEL_SHOWN_BY, false},
                                   {"made_by", WB_LABEL_MADE_BY, false}};

static void errata(wb_out *out, wb_library *lib, const wb_decl *m) {
  wb_ctx *ctx = out->text.ctx;
  wb_table table = {ctx, ERRATA, 7, NULL, 0, 0};
  wb_erratum e;
  for (size_t at = 0; wb_erratum_next(m, &at, &e);) {
    wb_table_cell(&table, e.id);
    wb_table_cell(&table, e.published_text);
    wb_table_cell(&table, e.correct_text);
    wb_table_cell(&table, e.unit);
    wb_table_cell(&table, wb_erratum_text(out, lib, &e));
    wb_table_cell(&table, wb_proof_text(ctx, lib, &e.right));
    wb_table_cell(&table, wb_proof_text(ctx, lib, &e.wrong));
  }
  if (!table.count) return;
  heading(out, "##", WB_LABEL_ERRATA);
  wb_text_addc(&out->text, '\n');
  wb_table_write(out, &table);
}

void wb_write_method_page(wb_out *out, wb_library *lib, const wb_decl *m) {
  wb_text_addf(&out->text, "# `%.*s`: ", WB_STR_ARG(m->name->name));
  wb_text_add(&out->text, wb_about_title(out, m));
  wb_text_adds(&out->text, "\n\n");
  source(out, m);
  about(out, m);
  if (m->body.count) {
    heading(out, "##", WB_LABEL_FORMULAS);
    formulas(out, &m->body);
    constants(out, m, &m->body);
  }
  heading(out, "##", WB_LABEL_FUNCTIONS);
  for (size_t i = 0; i < m->function_count; i++) function(out, m->functions[i]);
  errata(out, lib, m);
}
