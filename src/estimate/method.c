#include "estimate/deviation.h"

#include "expr/eval.h"
#include "expr/print.h"

/* ---- by name ---- */

const wb_decl *wb_method_at(wb_library *lib, wb_ctx *ctx, size_t i) {
  const wb_decl *decl;
  for (size_t n = 0; (decl = wb_library_at(lib, ctx, WB_D_METHOD, n)) != NULL; n++)
    if (decl->function_count && i-- == 0) return decl;
  return NULL;
}

const wb_decl *wb_method_find(wb_library *lib, wb_ctx *ctx, wb_str name) {
  const wb_decl *decl = wb_library_find(lib, ctx, WB_D_METHOD, name);
  if (decl && decl->function_count) return decl;
  wb_text known = {.ctx = ctx};
  for (size_t i = 0; (decl = wb_method_at(lib, ctx, i)) != NULL; i++)
    wb_text_addf(&known, "%s%.*s", i ? ", " : "", WB_STR_ARG(decl->name->name));
  WB_FAIL(ctx, WB_METHOD_UNKNOWN, WB_NOWHERE, name, wb_text_str(&known));
}

const wb_decl *wb_method_function(wb_ctx *ctx, const wb_decl *method, wb_str name) {
  wb_text known = {.ctx = ctx};
  for (size_t i = 0; i < method->function_count; i++) {
    const wb_decl *function = method->functions[i];
    if (wb_str_eq(function->name->name, name)) return function;
    wb_text_addf(&known, "%s%.*s", i ? ", " : "", WB_STR_ARG(function->name->name));
  }
  WB_FAIL(ctx, WB_METHOD_FUNCTION_UNKNOWN, WB_NOWHERE, method->name->name, name, wb_text_str(&known));
}

static const wb_answers *answers_of(const wb_decl *function, const char *question, const char *mode) {
  for (size_t i = 0; i < function->answer_count; i++) {
    const wb_answers *a = &function->answers[i];
    if (!wb_str_is(a->question, question)) continue;
    if (!mode || !a->mode_count) return a;
    for (size_t k = 0; k < a->mode_count; k++)
      if (wb_str_is(a->modes[k], mode)) return a;
  }
  return NULL;
}

const wb_decl *wb_method_answering(const wb_decl *method, const char *question, const char *mode) {
  for (size_t i = 0; i < method->function_count; i++)
    if (answers_of(method->functions[i], question, mode)) return method->functions[i];
  return NULL;
}

const wb_decl *wb_method_for(wb_model *m, const char *name, const char *question, const char *mode) {
  wb_ctx *ctx = &m->ctx;
  const wb_decl *method = wb_method_find(m->lib, ctx, wb_str_of(name));
  const wb_decl *function = wb_method_answering(method, question, mode);
  if (function) return function;
  wb_text known = {.ctx = ctx};
  for (size_t i = 0; (method = wb_method_at(m->lib, ctx, i)) != NULL; i++)
    if (wb_method_answering(method, question, mode))
      wb_text_addf(&known, "%s%.*s", known.len ? ", " : "", WB_STR_ARG(method->name->name));
  WB_FAIL(ctx, WB_METHOD_NO_ANSWER, WB_NOWHERE, wb_str_of(name), wb_str_of(mode ? mode : question),
          wb_text_str(&known));
}

wb_str wb_method_answer(const wb_decl *function, const char *question, const char *mode) {
  const wb_answers *a = answers_of(function, question, mode);
  return a ? a->quantity : WB_STR("");
}

wb_str wb_quantity_label(const wb_stmt *stmt) { return stmt->label.len ? stmt->label : stmt->name->name; }

wb_str wb_quantity_unit(wb_ctx *ctx, const wb_stmt *stmt) {
  if (stmt->text.len) return stmt->text;
  wb_text out = {.ctx = ctx};
  wb_unit_print(&out, stmt->unit);
  return wb_text_str(&out);
}

/* ---- inputs ---- */

/* Names of a function's inputs. Where the model and the question are known their names are next outwards. */
typedef struct wb_call_scope {
  wb_scope scope; /* first */
  const wb_decl *function;
  const wb_option *given;
  size_t given_count;
  wb_scope *reader; /* NULL: no model was asked about */
  wb_scope *formulas;
} wb_call_scope;

static const wb_value *given_for(const wb_call_scope *call, const wb_sym *name) {
  for (size_t i = 0; i < call->given_count; i++)
    if (wb_str_eq(call->given[i].name, name->name) && call->given[i].value.kind != WB_NULL)
      return &call->given[i].value;
  return NULL;
}

/* Whether everything that an expression reads is known, so that a question may leave things unsaid. */
static bool can_read(wb_ctx *ctx, const wb_expr *expr, wb_scope *reader) {
  const wb_sym **names = NULL;
  const size_t n = wb_expr_names(ctx, expr, &names);
  for (size_t i = 0; i < n; i++)
    if (!wb_scope_find(ctx, reader, names[i])) return false;
  return true;
}

/* An input's value keeps the origin of what it is taken from, where that is one name. */
static wb_binding *from_model(wb_ctx *ctx, wb_call_scope *call, const wb_field *field) {
  const wb_expr *from = field->input->from;
  if (!from || !call->reader || !can_read(ctx, from, call->reader)) return NULL;
  const wb_value value = wb_eval(ctx, from, call->reader);
  if (value.kind == WB_NULL) return NULL;
  wb_binding *found = from->kind == WB_X_NAME ? wb_scope_find(ctx, call->reader, from->u.name) : NULL;
  wb_binding *own = wb_bind_value(ctx, &call->scope, field->name, value);
  wb_origin *origin = WB_NEW(ctx, wb_origin);
  *origin = (wb_origin){WB_FROM_MODEL, WB_STR("model"), WB_STR(""), 0};
  own->origin = found && found->origin ? found->origin : origin;
  return own;
}

static wb_binding *resolve(wb_ctx *ctx, wb_scope *scope, const wb_sym *name) {
  wb_call_scope *call = (wb_call_scope *)scope;
  for (size_t i = 0; i < call->function->field_count; i++) {
    const wb_field *field = &call->function->fields[i];
    if (field->name != name) continue;
    const wb_value *given = given_for(call, name);
    wb_origin *origin = WB_NEW(ctx, wb_origin);
    *origin = (wb_origin){given ? WB_FROM_WORKLOAD : WB_FROM_DEFAULT, name->name, call->function->source, 0};
    if (given) {
      wb_binding *own = wb_bind_value(ctx, scope, name, *given);
      own->origin = origin;
      return own;
    }
    wb_binding *own = from_model(ctx, call, field);
    if (own || !field->fallback) return own;
    own = wb_bind_expr(ctx, scope, name, field->fallback, scope);
    if (field->fallback->kind == WB_X_LITERAL) own->origin = origin;
    return own;
  }
  return NULL;
}

static const wb_field *input_of(const wb_decl *function, wb_str name) {
  for (size_t i = 0; i < function->field_count; i++)
    if (wb_str_eq(function->fields[i].name->name, name)) return &function->fields[i];
  return NULL;
}

static wb_str printed(wb_ctx *ctx, const wb_value *value) {
  wb_text out = {.ctx = ctx};
  wb_value_print(&out, value);
  return wb_text_str(&out);
}

static wb_str choices_of(wb_ctx *ctx, const wb_input *input) {
  wb_text out = {.ctx = ctx};
  for (size_t i = 0; i < input->choice_count; i++) {
    const wb_value *c = &input->choices[i];
    if (i) wb_text_adds(&out, ", ");
    if (c->kind == WB_TEXT) wb_text_add(&out, c->u.text);
    else wb_value_print(&out, c);
  }
  return wb_text_str(&out);
}

static bool is_choice(const wb_input *input, const wb_value *value) {
  for (size_t i = 0; i < input->choice_count; i++)
    if (wb_value_eq(&input->choices[i], value)) return true;
  return false;
}

static bool numbers(const wb_value *value, bool list) {
  if (value->kind == WB_NUM) return value->u.num.num >= 0;
  if (value->kind != WB_LIST || !list) return false;
  for (size_t i = 0; i < value->u.list.count; i++)
    if (!numbers(&value->u.list.items[i], false)) return false;
  return value->u.list.count > 0;
}

/* What an input may be follows from its default and its choices. */
static void check_given(wb_ctx *ctx, const wb_decl *function, wb_scope *scope, const wb_option *given) {
  const wb_field *field = input_of(function, given->name);
  if (!field) {
    wb_text known = {.ctx = ctx};
    for (size_t i = 0; i < function->field_count; i++)
      wb_text_addf(&known, "%s%.*s", i ? ", " : "", WB_STR_ARG(function->fields[i].name->name));
    WB_FAIL(ctx, WB_METHOD_INPUT_UNKNOWN, WB_NOWHERE, given->name, function->name->name, wb_text_str(&known));
  }
  const wb_input *input = field->input;
  const wb_value *value = &given->value;
  if (value->kind == WB_NULL) return;
  if (input->choice_count && !input->is_open && input->choices[0].kind == WB_TEXT) {
    if (!is_choice(input, value))
      WB_FAIL(ctx, WB_METHOD_INPUT_VALUE, WB_NOWHERE, given->name, printed(ctx, value), choices_of(ctx, input));
    return;
  }
  const wb_value usual = field->fallback ? wb_eval(ctx, field->fallback, scope) : wb_null();
  const bool text = usual.kind == WB_TEXT, truth = usual.kind == WB_BOOL;
  const bool fits = text ? value->kind == WB_TEXT : truth ? value->kind == WB_BOOL : numbers(value, input->takes_list);
  const char *wanted = text ? "text" : truth ? "true or false" : "a number that is not negative";
  if (!fits) WB_FAIL(ctx, WB_METHOD_INPUT_VALUE, WB_NOWHERE, given->name, printed(ctx, value), wb_str_of(wanted));
}

/* ---- notes ---- */

typedef struct notes {
  wb_ctx *ctx;
  wb_warning *items;
  size_t count, cap;
} notes;

static void note(notes *all, wb_message_id id, const wb_str *args, size_t count) {
  WB_PUSH_ROOM(all->ctx, all->items, all->count, all->cap);
  wb_warning *w = &all->items[all->count++];
  *w = (wb_warning){.message = id};
  for (size_t i = 0; i < count && i < WB_MESSAGE_ARGS; i++) w->args[i] = args[i];
}

static void note_range(notes *all, const wb_field *field, const wb_value *value, wb_scope *scope) {
  const wb_input *in = field->input;
  if (!in->low || value->kind != WB_NUM) return;
  const wb_value low = wb_eval(all->ctx, in->low, scope), high = wb_eval(all->ctx, in->high, scope);
  int below = 0, above = 0;
  if (!wb_num_cmp(value->u.num, low.u.num, &below) || !wb_num_cmp(value->u.num, high.u.num, &above)) return;
  if (below >= 0 && above <= 0) return;
  const wb_str args[] = {field->name->name, printed(all->ctx, value), printed(all->ctx, &low),
                         printed(all->ctx, &high)};
  note(all, WB_METHOD_INPUT_RANGE, args, 4);
}

/* What the check reads, with values, and what it suggests. */
static void note_check(notes *all, const wb_stmt *stmt, wb_scope *scope) {
  wb_ctx *ctx = all->ctx;
  wb_binding **leaves = NULL;
  wb_text values = {.ctx = ctx};
  if (wb_eval_bool(ctx, stmt->expr, scope)) return;
  const size_t n = wb_expr_leaves(ctx, stmt->expr, scope, &leaves);
  for (size_t i = 0; i < n; i++) {
    wb_text_addf(&values, "%s%.*s = ", i ? ", " : "", WB_STR_ARG(leaves[i]->name->name));
    wb_value_print(&values, wb_force(ctx, leaves[i]));
  }
  const wb_value tried = stmt->second ? wb_eval(ctx, stmt->second, scope) : wb_null();
  const wb_str args[] = {wb_text_str(&values), printed(ctx, &tried)};
  wb_message_id id;
  if (!wb_message_find(stmt->text, &id)) WB_FAIL(ctx, WB_LANG_UNKNOWN_NAME, stmt->place, stmt->text);
  note(all, id, args, 2);
}

static void see_notes(wb_method_result *out, wb_ctx *ctx) {
  notes all = {.ctx = ctx};
  for (size_t i = 0; i < out->input_count; i++)
    if (out->inputs[i].is_read)
      note_range(&all, out->inputs[i].field, wb_force(ctx, out->inputs[i].binding), out->scope);
  for (size_t i = 0; i < out->function->body.count; i++)
    if (out->function->body.items[i]->kind == WB_S_CHECK) note_check(&all, out->function->body.items[i], out->scope);
  out->notes = all.items;
  out->note_count = all.count;
}

/* ---- evaluation ---- */

/* Formulas that all functions of a method share come first. */
static void bind_formulas(wb_ctx *ctx, const wb_body *body, wb_scope *scope) {
  for (size_t i = 0; i < body->count; i++)
    if (body->items[i]->name && body->items[i]->expr)
      wb_bind_expr(ctx, scope, body->items[i]->name, body->items[i]->expr, scope);
}

static void take_quantities(wb_ctx *ctx, wb_method_result *out, const wb_body *body) {
  for (size_t i = 0; i < body->count; i++) {
    const wb_stmt *stmt = body->items[i];
    if (stmt->kind != WB_S_QUANTITY) continue;
    wb_node *node = (wb_node *)wb_derive_binding(out->derivation, wb_scope_find_here(out->scope, stmt->name));
    node->unit = stmt->unit;
    node->value = wb_settled(&node->value);
    node->source = out->function->source;
    out->stmts[out->count] = stmt;
    out->quantities[out->count++] = node;
  }
  (void)ctx;
}

static void take_inputs(wb_ctx *ctx, wb_method_result *out, wb_scope *inputs) {
  const wb_decl *f = out->function;
  out->inputs = WB_NEWN(ctx, wb_used_input, f->field_count);
  for (size_t i = 0; i < f->field_count; i++) {
    wb_binding *binding = wb_scope_find(ctx, inputs, f->fields[i].name);
    if (!binding) continue;
    wb_force(ctx, binding);
    const bool is_read = out->derivation->figures_only || wb_input_has_effect(ctx, f, f->fields[i].name);
    out->inputs[out->input_count++] = (wb_used_input){&f->fields[i], binding, is_read};
  }
}

static wb_method_result evaluate(wb_ctx *ctx, wb_scope *root, wb_scope *reader, const wb_decl *function,
                                 const wb_option *given, size_t count, bool figures_only) {
  wb_method_result out = {.function = function, .applies = true, .reader = reader};
  wb_call_scope *call = WB_NEW(ctx, wb_call_scope);
  *call = (wb_call_scope){.scope = {.parent = root, .resolve = resolve, .born = ctx->turn},
                          .function = function,
                          .given = given,
                          .given_count = count,
                          .reader = reader};
  for (size_t i = 0; i < count; i++) check_given(ctx, function, &call->scope, &given[i]);
  out.scope = wb_scope_new(ctx, &call->scope);
  if (function->method) bind_formulas(ctx, &function->method->body, out.scope);
  bind_formulas(ctx, &function->body, out.scope);
  out.derivation = WB_NEW(ctx, wb_derivation);
  *out.derivation = (wb_derivation){.ctx = ctx, .figures_only = figures_only};
  out.quantities = WB_NEWN(ctx, const wb_node *, function->body.count);
  out.stmts = WB_NEWN(ctx, const wb_stmt *, function->body.count);
  take_quantities(ctx, &out, &function->body);
  take_inputs(ctx, &out, &call->scope);
  if (!figures_only) see_notes(&out, ctx);
  return out;
}

wb_method_result wb_method_call(wb_ctx *ctx, wb_library *lib, const wb_decl *function, const wb_option *given,
                                size_t count) {
  return evaluate(ctx, wb_library_scope(lib, ctx, NULL), NULL, function, given, count, false);
}

/* ---- on a model ---- */

static void say(wb_model *m, wb_inputs *in, const char *name, wb_value value) {
  const wb_sym *sym = wb_intern_find(&m->lib->symbols, wb_str_of(name));
  if (sym) wb_inputs_give(&m->ctx, in, sym, value, WB_FROM_WORKLOAD);
}

static void say_count(wb_model *m, wb_inputs *in, const char *name, wb_i128 n) {
  if (n > 0) say(m, in, name, wb_integer(n));
}

static void say_text(wb_model *m, wb_inputs *in, const char *name, const char *text) {
  if (text) say(m, in, name, wb_string(wb_str_of(text)));
}

static void say_exact(wb_model *m, wb_inputs *in, const wb_exact_figures *e) {
  const struct {
    const char *name;
    wb_i128 bytes;
  } all[] = {{"exact_weights", e->weights},     {"exact_cache", e->cache},       {"exact_activations", e->activations},
             {"exact_runtime", e->runtime},     {"exact_total", e->total},       {"exact_gradients", e->gradients},
             {"exact_optimizer", e->optimizer}, {"exact_adapters", e->adapters}, {"exact_training", e->training}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) say(m, in, all[i].name, wb_integer(all[i].bytes));
  say(m, in, "exact_products", wb_number(e->products));
  say(m, in, "exact_scores", wb_number(e->scores));
}

static void say_question(wb_model *m, wb_inputs *in, const wb_method_question *asked) {
  say_text(m, in, "mode", asked->mode);
  say_count(m, in, "context", asked->context);
  say_count(m, in, "sequences", asked->sequences);
  say_count(m, in, "rank", asked->rank);
  say_count(m, in, "generations", asked->generations);
  say_count(m, in, "tp", asked->tp);
  if (asked->weight_bytes.num) say(m, in, "weight_bytes", wb_number(asked->weight_bytes));
  if (asked->kv_bytes.num) say(m, in, "kv_bytes", wb_number(asked->kv_bytes));
  say_text(m, in, "optimizer", asked->optimizer);
  say_text(m, in, "precision", asked->precision);
  say_text(m, in, "weights_as", asked->weights_as);
  if (asked->exact) say_exact(m, in, asked->exact);
  if (asked->offload) say(m, in, "offload", wb_bool(true));
  if (asked->reference) say(m, in, "reference", wb_bool(true));
  if (asked->has_checkpointing) say(m, in, "checkpointing", wb_bool(asked->checkpointing));
  if (asked->has_fused) say(m, in, "fused_attention", wb_bool(asked->fused_attention));
  if (asked->has_8bit) say(m, in, "optimizer_8bit", wb_bool(asked->optimizer_8bit));
}

/* Whether a function takes dimensions of a stack of layers from a model. */
static bool reads_a_stack(wb_ctx *ctx, const wb_decl *function) {
  static const char *const dimensions[] = {"V", "H", "I", "L"};
  for (size_t i = 0; i < function->field_count; i++) {
    const wb_sym **names = NULL;
    const wb_expr *from = function->fields[i].input->from;
    const size_t n = from ? wb_expr_names(ctx, from, &names) : 0;
    for (size_t k = 0; k < n; k++)
      for (size_t d = 0; d < sizeof dimensions / sizeof *dimensions; d++)
        if (wb_str_is(names[k]->name, dimensions[d])) return true;
  }
  return false;
}

static wb_method_result on_model(wb_model *m, const wb_decl *function, const wb_method_question *asked,
                                 const wb_option *given, size_t count, bool figures_only) {
  wb_inputs *reader = wb_inputs_new(m, wb_library_find(m->lib, &m->ctx, WB_D_METHOD, WB_STR("dimensions")));
  if (!wb_inputs_apply(m) && reads_a_stack(&m->ctx, function)) return (wb_method_result){.function = function};
  if (asked) say_question(m, reader, asked);
  return evaluate(&m->ctx, m->root, &reader->scope, function, given, count, figures_only);
}

wb_method_result wb_method_on(wb_model *m, const wb_decl *function, const wb_method_question *asked,
                              const wb_option *given, size_t count) {
  return on_model(m, function, asked, given, count, false);
}

wb_method_result wb_method_figures(wb_model *m, const char *method, const char *function) {
  const wb_decl *decl = wb_method_find(m->lib, &m->ctx, wb_str_of(method));
  return on_model(m, wb_method_function(&m->ctx, decl, wb_str_of(function)), NULL, NULL, 0, true);
}

/* ---- what a function's formulas read ---- */

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

static bool reaches(wb_ctx *ctx, const wb_decl *f, const wb_sym *name);

/* Through the method's shared formulas and other inputs' defaults. */
static bool reaches_through(wb_ctx *ctx, const wb_decl *f, const wb_sym *name) {
  const wb_body *shared = &f->method->body;
  for (size_t i = 0; i < shared->count; i++)
    if (names(ctx, shared->items[i]->expr, name) && shared->items[i]->name && reaches(ctx, f, shared->items[i]->name))
      return true;
  for (size_t i = 0; i < f->field_count; i++)
    if (names(ctx, f->fields[i].fallback, name) && f->fields[i].name != name && reaches(ctx, f, f->fields[i].name))
      return true;
  return false;
}

/* Defaults that name each other in a circle end at the context's limit. */
static bool reaches(wb_ctx *ctx, const wb_decl *f, const wb_sym *name) {
  wb_step(ctx, f->place);
  wb_enter(ctx, f->place);
  const bool found = body_reads(ctx, &f->body, name) || reaches_through(ctx, f, name);
  wb_leave(ctx);
  return found;
}

bool wb_input_has_effect(wb_ctx *ctx, const wb_decl *f, const wb_sym *name) { return reaches(ctx, f, name); }

bool wb_method_reads(wb_ctx *ctx, const wb_method_result *r, const char *name) {
  for (size_t i = 0; i < r->input_count; i++) {
    const wb_field *field = r->inputs[i].field;
    const wb_sym **read = NULL;
    const size_t n = field->input->from ? wb_expr_names(ctx, field->input->from, &read) : 0;
    for (size_t k = 0; k < n; k++)
      if (wb_str_is(read[k]->name, name) && wb_input_has_effect(ctx, r->function, field->name)) return true;
  }
  return false;
}

const wb_node *wb_method_quantity(const wb_method_result *result, const char *label) {
  for (size_t i = 0; i < result->count; i++)
    if (wb_str_is(wb_quantity_label(result->stmts[i]), label)) return result->quantities[i];
  return NULL;
}

bool wb_method_base(const wb_method_result *result, const char *label, wb_num *out) {
  for (size_t i = 0; i < result->count; i++) {
    if (!wb_str_is(wb_quantity_label(result->stmts[i]), label)) continue;
    const wb_scaled_unit *unit = wb_unit_scaled(result->stmts[i]->text);
    if (result->quantities[i]->value.kind != WB_NUM) return false;
    *out = result->quantities[i]->value.u.num;
    return !unit || wb_num_mul(*out, wb_num_int(unit->factor), out);
  }
  return false;
}
