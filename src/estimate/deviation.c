#include "estimate/deviation.h"

#include "expr/eval.h"
#include "expr/print.h"

wb_exact_figures wb_exact_serving(const wb_serving *s) {
  wb_exact_figures out = {0};
  for (uint32_t i = 0; i < s->place_count; i++) {
    wb_load load;
    const wb_i128 ranks = s->places[i].stage.host ? 1 : (wb_i128)s->layout.tp * s->layout.dp * s->layout.cp;
    if (!wb_serving_now(s, i, &load)) WB_FAIL(&s->model->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
    for (size_t k = 0; k < s->part_count; k++) {
      const wb_str name = s->places[i].parts[k].name;
      const bool works = wb_str_is(name, "activations") || wb_str_is(name, "output");
      wb_i128 *into = k == WB_PART_WEIGHTS || k == WB_PART_ADAPTERS ? &out.weights
                      : k == WB_PART_KV_CACHE || k == WB_PART_STATE ? &out.cache
                      : works                                       ? &out.activations
                                                                    : &out.runtime;
      *into += load.parts[k].best * ranks;
    }
    out.total += load.all.best * ranks;
  }
  return out;
}

/* Names that causes read: of the function itself, then of the model and the question. */
typedef struct causes_scope {
  wb_scope scope; /* first */
  const wb_method_result *result;
} causes_scope;

static wb_binding *resolve(wb_ctx *ctx, wb_scope *scope, const wb_sym *name) {
  const wb_method_result *r = ((causes_scope *)scope)->result;
  wb_binding *own = wb_scope_find_here(r->scope, name);
  if (own) return own;
  for (size_t i = 0; i < r->function->field_count; i++)
    if (r->function->fields[i].name == name) return wb_scope_find(ctx, r->scope, name);
  return wb_scope_find(ctx, r->reader, name);
}

static wb_num amount(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope, wb_num factor) {
  wb_value value = wb_eval(ctx, expr, scope);
  value = wb_settled(&value);
  if (value.kind != WB_NUM || !wb_num_mul(value.u.num, factor, &value.u.num))
    WB_FAIL(ctx, value.kind == WB_NUM ? WB_LANG_OVERFLOW : WB_LANG_TYPE, expr->place, WB_STR("compare"),
            wb_str_of(wb_kind_name(&value)), WB_STR("a number"));
  return value.u.num;
}

static const wb_against *against_of(const wb_decl *function, wb_str label) {
  for (size_t i = 0; i < function->against_count; i++)
    if (wb_str_eq(function->against[i].quantity, label)) return &function->against[i];
  return NULL;
}

static const wb_stmt *stmt_of(const wb_method_result *r, wb_str label) {
  for (size_t i = 0; i < r->count; i++)
    if (wb_str_eq(wb_quantity_label(r->stmts[i]), label)) return r->stmts[i];
  return NULL;
}

static void add_cause(wb_deviation *out, wb_str name, wb_str formula, wb_num by, wb_num *left, wb_ctx *ctx) {
  if (!wb_num_sub(*left, by, left)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("-"));
  if (by.num == 0 || out->cause_count == WB_DEVIATION_CAUSES - 1) return;
  out->causes[out->cause_count++] = (wb_deviation_cause){name, formula, by};
}

static void take_causes(wb_ctx *ctx, wb_deviation *out, const wb_against *against, wb_scope *scope, wb_num factor) {
  wb_num left = out->difference, rest;
  for (size_t i = 0; i < against->count; i++) {
    wb_text formula = {.ctx = ctx};
    wb_expr_print(&formula, against->causes[i].expr, WB_AS_FORMULA, NULL);
    add_cause(out, against->causes[i].name->name, wb_text_str(&formula),
              amount(ctx, against->causes[i].expr, scope, factor), &left, ctx);
  }
  rest = left; /* what no cause explains is one */
  add_cause(out, WB_STR("other"), WB_STR(""), rest, &left, ctx);
}

/* Needs of a question that an exact figure of training, say, was not given for. */
static bool can_read(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  const wb_sym **names = NULL;
  const size_t n = wb_expr_names(ctx, expr, &names);
  for (size_t i = 0; i < n; i++)
    if (!wb_scope_find(ctx, scope, names[i])) return false;
  return true;
}

bool wb_deviate(wb_model *m, const wb_decl *function, const char *question, const wb_method_question *asked,
                const wb_exact_figures *exact, wb_deviation *out) {
  wb_ctx *ctx = &m->ctx;
  wb_method_question with = *asked;
  wb_method_result *result = WB_NEW(ctx, wb_method_result);
  with.exact = exact;
  *result = wb_method_on(m, function, &with, NULL, 0);
  *out = (wb_deviation){
      .result = result, .question = wb_str_of(question), .mode = wb_str_of(asked->mode ? asked->mode : "")};
  out->label = wb_method_answer(function, question, asked->mode);
  if (!result->applies) return false;
  out->stmt = stmt_of(result, out->label);
  const wb_against *against = against_of(function, out->label);
  if (!out->stmt || !wb_method_base(result, wb_str_cstr(ctx, out->label), &out->figure)) return false;
  const wb_scaled_unit *unit = wb_unit_scaled(out->stmt->text);
  const wb_num factor = wb_num_int(unit ? unit->factor : 1);
  out->unit = unit ? wb_str_of(unit->of) : wb_quantity_unit(ctx, out->stmt);
  if (!against) return false;
  causes_scope *scope = WB_NEW(ctx, causes_scope);
  *scope = (causes_scope){.scope = {.resolve = resolve, .born = ctx->turn}, .result = result};
  if (!can_read(ctx, against->exact, &scope->scope)) return false;
  out->exact = amount(ctx, against->exact, &scope->scope, factor);
  if (!wb_num_sub(out->figure, out->exact, &out->difference)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("-"));
  out->relative = out->exact.num ? wb_num_double(out->difference) / wb_num_double(out->exact) : 0;
  take_causes(ctx, out, against, &scope->scope, factor);
  return true;
}
