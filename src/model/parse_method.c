#include "model/parse_method.h"

#include "expr/parse.h"
#include "model/parse_stmt.h"

/* ---- inputs ---- */

/* fp16 | "text+image" | 0.5 */
static wb_value choice(wb_tokens *t) {
  const wb_token *token = wb_peek(t);
  wb_value value = wb_string(token->text);
  if (token->kind == WB_T_NUMBER) {
    value = wb_integer(0);
    if (!wb_num_parse(token->text, &value.u.num)) wb_syntax(t, "a number of at most 38 digits");
  } else if (token->kind != WB_T_NAME && token->kind != WB_T_STRING) {
    wb_syntax(t, "a choice");
  }
  t->at++;
  return value;
}

static void choices(wb_tokens *t, wb_input *input) {
  size_t cap = 0;
  do {
    WB_PUSH_ROOM(t->ctx, input->choices, input->choice_count, cap);
    input->choices[input->choice_count++] = choice(t);
  } while (wb_accept(t, WB_T_PUNCT, ","));
}

static void such_as(wb_tokens *t, wb_input *input) {
  wb_expect(t, WB_T_NAME, "as", "`as` and choices");
  input->is_open = true;
  choices(t, input);
}

static void span(wb_tokens *t, const wb_expr **low, const wb_expr **high) {
  *low = wb_parse_expr(t);
  wb_expect(t, WB_T_NAME, "to", "`to` and the highest");
  *high = wb_parse_expr(t);
}

/* name ["=" expr] {"from" expr | "range" a "to" b | "step" e | "best" a "to" b | "of" a, b | "such as" a, b | "unit" "u" | "impact" w |
 * "list"} */
static void input(wb_tokens *t, wb_decl *function, size_t *cap) {
  wb_input *in = WB_NEW(t->ctx, wb_input);
  WB_PUSH_ROOM(t->ctx, function->fields, function->field_count, *cap);
  wb_field *field = &function->fields[function->field_count++];
  *field = (wb_field){.place = {t->file, 0, wb_peek(t)->offset}, .from = WB_STR(""), .option = true, .input = in};
  in->unit = in->impact = WB_STR("");
  field->name = wb_parse_name(t, "an input's name");
  if (wb_accept(t, WB_T_PUNCT, "=")) field->fallback = wb_parse_expr(t);
  while (!wb_accept(t, WB_T_NEWLINE, NULL)) {
    if (wb_accept(t, WB_T_NAME, "from")) in->from = wb_parse_expr(t);
    else if (wb_accept(t, WB_T_NAME, "range")) span(t, &in->low, &in->high);
    else if (wb_accept(t, WB_T_NAME, "step")) in->step = wb_parse_expr(t);
    else if (wb_accept(t, WB_T_NAME, "best")) span(t, &in->best_low, &in->best_high);
    else if (wb_accept(t, WB_T_NAME, "of")) choices(t, in);
    else if (wb_accept(t, WB_T_NAME, "such")) such_as(t, in);
    else if (wb_accept(t, WB_T_NAME, "unit")) in->unit = wb_expect(t, WB_T_STRING, NULL, "a unit in quotes")->text;
    else if (wb_accept(t, WB_T_NAME, "impact")) in->impact = wb_parse_name(t, "high, medium, low or none")->name;
    else if (wb_accept(t, WB_T_NAME, "list")) in->takes_list = true;
    else wb_syntax(t, "from, range, step, best, of, such as, unit, impact, list or the end of the line");
  }
}

/* ---- answers and causes ---- */

static void answers(wb_tokens *t, wb_decl *function) {
  WB_PUSH_ROOM(t->ctx, function->answers, function->answer_count, function->answer_cap);
  wb_answers *a = &function->answers[function->answer_count++];
  size_t cap = 0;
  *a = (wb_answers){.question = wb_parse_name(t, "parameters, memory, train or flops")->name};
  if (wb_accept(t, WB_T_NAME, "for")) do {
      WB_PUSH_ROOM(t->ctx, a->modes, a->mode_count, cap);
      a->modes[a->mode_count++] = wb_parse_name(t, "a mode of training")->name;
    } while (wb_accept(t, WB_T_PUNCT, ","));
  wb_expect(t, WB_T_NAME, "with", "`with` and a quantity");
  a->quantity = wb_parse_dotted(t);
  wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
}

/* compare total with EXPR, and a line for each cause: name = expr */
static void compare(wb_tokens *t, wb_decl *function) {
  WB_PUSH_ROOM(t->ctx, function->against, function->against_count, function->against_cap);
  wb_against *against = &function->against[function->against_count++];
  *against = (wb_against){.quantity = wb_parse_dotted(t)};
  wb_expect(t, WB_T_NAME, "with", "`with` and the exact figure");
  against->exact = wb_parse_expr(t);
  wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
  if (!wb_accept(t, WB_T_INDENT, NULL)) return;
  while (!wb_accept(t, WB_T_DEDENT, NULL)) {
    WB_PUSH_ROOM(t->ctx, against->causes, against->count, against->cap);
    wb_cause *cause = &against->causes[against->count++];
    cause->name = wb_parse_name(t, "a cause's name");
    wb_expect(t, WB_T_PUNCT, "=", NULL);
    cause->expr = wb_parse_expr(t);
    wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
  }
}

static void function_line(wb_tokens *t, wb_decl *f, size_t *cap) {
  if (wb_accept(t, WB_T_NAME, "formula")) {
    wb_parse_body(t, &f->body);
    wb_check_formulas(t, f);
  } else if (wb_accept(t, WB_T_NAME, "inputs")) {
    wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
    wb_expect(t, WB_T_INDENT, NULL, "an indented input");
    while (!wb_accept(t, WB_T_DEDENT, NULL)) input(t, f, cap);
  } else if (wb_accept(t, WB_T_NAME, "answers")) {
    answers(t, f);
  } else if (wb_accept(t, WB_T_NAME, "compare")) {
    compare(t, f);
  } else if (wb_accept(t, WB_T_NAME, "source")) {
    f->source = wb_expect(t, WB_T_STRING, NULL, "a citation")->text;
    wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
  } else {
    wb_syntax(t, "answers, source, inputs, formula or compare");
  }
}

void wb_parse_function(wb_tokens *t, wb_decl *method) {
  wb_decl *f = WB_NEW(t->ctx, wb_decl);
  size_t cap = 0;
  f->kind = WB_D_METHOD;
  f->place = (wb_place){t->file, 0, wb_peek(t)->offset};
  f->method = method;
  f->source = method->source;
  t->at++;
  f->name = wb_parse_name(t, "a function's name");
  wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
  wb_expect(t, WB_T_INDENT, NULL, "an indented line");
  while (!wb_accept(t, WB_T_DEDENT, NULL)) function_line(t, f, &cap);
  if (!f->body.count) wb_syntax(t, "a formula section in the function above");
  WB_PUSH_ROOM(t->ctx, method->functions, method->function_count, method->function_cap);
  method->functions[method->function_count++] = f;
}
