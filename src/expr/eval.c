#include "expr/eval.h"

#include "expr/form.h"
#include "expr/parse.h"
#include "expr/print.h"

#define EACH_MAX 1000000 /* rounds of one sum, count or each */

static _Noreturn void type_fault(wb_ctx *ctx, wb_place place, const char *op, const wb_value *found, const char *want) {
  WB_FAIL(ctx, WB_LANG_TYPE, place, wb_str_of(op), wb_str_of(wb_kind_name(found)), wb_str_of(want));
}

const wb_value *wb_force(wb_ctx *ctx, wb_binding *binding) {
  if (binding->state == WB_EVALUATED) return &binding->value;
  wb_place place = binding->expr ? binding->expr->place : WB_NOWHERE;
  if (binding->state == WB_EVALUATING) WB_FAIL(ctx, WB_LANG_CYCLE, place, binding->name->name);
  const wb_begun begun = {&binding->state, ctx->begun};
  binding->state = WB_EVALUATING;
  ctx->lasting += binding->born != ctx->turn;
  ctx->begun = &begun;
  wb_enter(ctx, place);
  binding->value = wb_eval(ctx, binding->expr, binding->scope);
  wb_leave(ctx);
  ctx->begun = begun.outer;
  binding->state = WB_EVALUATED;
  return &binding->value;
}

bool wb_truth(const wb_value *value) {
  switch (value->kind) {
    case WB_NULL: return false;
    case WB_BOOL: return value->u.boolean;
    case WB_NUM: return value->u.num.num != 0;
    case WB_REAL: return value->u.real < 0 || value->u.real > 0;
    case WB_TEXT: return value->u.text.len != 0;
    case WB_LIST: return value->u.list.count != 0;
    case WB_RECORD: return value->u.record.count != 0;
    case WB_FORM: return wb_settled(value).u.num.num != 0;
    case WB_SHAPE:
    case WB_CLOSURE: break;
  }
  return true;
}

/* What a description is made of cannot hang on the workload: one model serves all of them. */
bool wb_eval_bool(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_value value = wb_eval(ctx, expr, scope);
  if (value.kind == WB_FORM && !value.u.form->table->has_workload)
    type_fault(ctx, expr->place, "when", &value, "what the configuration decides");
  return wb_truth(&value);
}

static _Noreturn void unit_fault(wb_ctx *ctx, wb_place place, const char *what, const wb_value *a, const wb_value *b) {
  wb_text left = {.ctx = ctx}, right = {.ctx = ctx};
  wb_unit_print(&left, a->unit);
  wb_unit_print(&right, b->unit);
  WB_FAIL(ctx, WB_LANG_UNIT, place, wb_str_of(what), wb_text_str(&left), wb_text_str(&right));
}

void wb_same_unit(wb_ctx *ctx, wb_place place, const char *what, const wb_value *a, const wb_value *b) {
  if (!wb_unit_eq(a->unit, b->unit)) unit_fault(ctx, place, what, a, b);
}

static bool ordered(wb_ctx *ctx, wb_place place, wb_op op, const wb_value *a, const wb_value *b) {
  int order = 0;
  wb_same_unit(ctx, place, wb_ops[op].text, a, b);
  if (!wb_num_cmp(a->u.num, b->u.num, &order)) WB_FAIL(ctx, WB_LANG_OVERFLOW, place, wb_str_of(wb_ops[op].text));
  if (op == WB_OP_LT) return order < 0;
  if (op == WB_OP_LE) return order <= 0;
  return op == WB_OP_GT ? order > 0 : order >= 0;
}

static wb_value member_of(wb_ctx *ctx, wb_place place, const wb_value *a, const wb_value *b) {
  if (b->kind != WB_LIST) type_fault(ctx, place, "in", b, "a list");
  wb_value waiting = wb_bool(false), whole = wb_integer(1), none = wb_integer(0);
  for (size_t i = 0; i < b->u.list.count; i++) {
    wb_value same = wb_binary(ctx, place, WB_OP_EQ, a, &b->u.list.items[i]);
    if (same.kind == WB_FORM)
      waiting = wb_form_choose(ctx, place, &same, &whole, waiting.kind == WB_FORM ? &waiting : &none);
    else if (wb_truth(&same)) return wb_bool(true);
  }
  return waiting;
}

static wb_value floor_divide(wb_ctx *ctx, wb_place place, wb_op op, wb_num a, wb_num b) {
  wb_num quotient; /* b is not 0: the caller has looked */
  if (!wb_num_div(a, b, &quotient)) WB_FAIL(ctx, WB_LANG_OVERFLOW, place, wb_str_of(wb_ops[op].text));
  wb_num_floor(quotient, &quotient);
  if (op == WB_OP_FLOORDIV) return wb_number(quotient);
  wb_num back, rest;
  if (!wb_num_mul(quotient, b, &back) || !wb_num_sub(a, back, &rest))
    WB_FAIL(ctx, WB_LANG_OVERFLOW, place, WB_STR("%"));
  return wb_number(rest);
}

static wb_value arithmetic(wb_ctx *ctx, wb_place place, wb_op op, const wb_value *a, const wb_value *b) {
  wb_value out = wb_integer(0);
  bool fits = true, units = true;
  switch (op) {
    case WB_OP_ADD: fits = wb_num_add(a->u.num, b->u.num, &out.u.num); break;
    case WB_OP_SUB: fits = wb_num_sub(a->u.num, b->u.num, &out.u.num); break;
    case WB_OP_MUL: fits = wb_num_mul(a->u.num, b->u.num, &out.u.num); break;
    case WB_OP_POW: fits = wb_num_pow(a->u.num, b->u.num, &out.u.num); break;
    default:
      if (b->u.num.num == 0) WB_FAIL(ctx, WB_LANG_DIVIDE, place, WB_STR(""));
      if (op == WB_OP_DIV) fits = wb_num_div(a->u.num, b->u.num, &out.u.num);
      else out = floor_divide(ctx, place, op, a->u.num, b->u.num);
  }
  if (!fits) WB_FAIL(ctx, WB_LANG_OVERFLOW, place, wb_str_of(wb_ops[op].text));
  if (op == WB_OP_ADD || op == WB_OP_SUB || op == WB_OP_MOD) {
    units = wb_unit_eq(a->unit, b->unit);
    out.unit = a->unit;
  } else if (op == WB_OP_POW) {
    units = wb_unit_plain(a->unit) && wb_unit_plain(b->unit);
  } else {
    units = wb_unit_mul(a->unit, b->unit, op == WB_OP_MUL ? 1 : -1, &out.unit);
  }
  if (!units) unit_fault(ctx, place, wb_ops[op].text, a, b);
  return out;
}

/* Time, money and rates are real numbers: they meet exact ones here. */
static wb_value real_arithmetic(wb_ctx *ctx, wb_place place, wb_op op, const wb_value *a, const wb_value *b) {
  double x = a->kind == WB_REAL ? a->u.real : wb_num_double(a->u.num);
  double y = b->kind == WB_REAL ? b->u.real : wb_num_double(b->u.num);
  wb_value out = {.kind = WB_REAL};
  bool units = true;
  if (op >= WB_OP_LT && op <= WB_OP_GE) {
    wb_same_unit(ctx, place, wb_ops[op].text, a, b);
    return wb_bool(op == WB_OP_LT ? x < y : op == WB_OP_LE ? x <= y : op == WB_OP_GT ? x > y : x >= y);
  }
  if (op == WB_OP_ADD || op == WB_OP_SUB) {
    out.u.real = op == WB_OP_ADD ? x + y : x - y;
    units = wb_unit_eq(a->unit, b->unit);
    out.unit = a->unit;
  } else if (op == WB_OP_MUL || op == WB_OP_DIV) {
    if (op == WB_OP_DIV && !(y < 0) && !(y > 0)) WB_FAIL(ctx, WB_LANG_DIVIDE, place, WB_STR(""));
    out.u.real = op == WB_OP_MUL ? x * y : x / y;
    units = wb_unit_mul(a->unit, b->unit, op == WB_OP_MUL ? 1 : -1, &out.unit);
  } else {
    type_fault(ctx, place, wb_ops[op].text, a, "exact numbers");
  }
  if (!units) unit_fault(ctx, place, wb_ops[op].text, a, b);
  return out;
}

static wb_value concatenate(wb_ctx *ctx, const wb_value *a, const wb_value *b) {
  size_t n = a->u.list.count + b->u.list.count;
  wb_value *items = WB_NEWN(ctx, wb_value, n);
  for (size_t i = 0; i < n; i++)
    items[i] = i < a->u.list.count ? a->u.list.items[i] : b->u.list.items[i - a->u.list.count];
  return (wb_value){.kind = WB_LIST, .u.list = {items, n}};
}

static bool open_number(const wb_value *value) { return value->kind == WB_FORM || value->kind == WB_NUM; }

/* Units of forms are those of their numbers. */
static wb_value form_arithmetic(wb_ctx *ctx, wb_place place, wb_op op, const wb_value *a, const wb_value *b) {
  const bool alike = op == WB_OP_ADD || op == WB_OP_SUB || op == WB_OP_MOD || (op >= WB_OP_EQ && op <= WB_OP_GE);
  wb_unit unit; /* the form's own arithmetic takes it for granted that there is one */
  const bool units = alike             ? wb_unit_eq(a->unit, b->unit)
                     : op == WB_OP_POW ? true
                                       : wb_unit_mul(a->unit, b->unit, op == WB_OP_MUL ? 1 : -1, &unit);
  if (!units) unit_fault(ctx, place, wb_ops[op].text, a, b);
  return wb_form_binary(ctx, place, op, a, b);
}

wb_value wb_binary(wb_ctx *ctx, wb_place place, wb_op op, const wb_value *a, const wb_value *b) {
  if ((a->kind == WB_FORM && open_number(b)) || (b->kind == WB_FORM && open_number(a)))
    return form_arithmetic(ctx, place, op, a, b);
  if ((op == WB_OP_EQ || op == WB_OP_NE) && a->kind == WB_NUM && b->kind == WB_NUM)
    wb_same_unit(ctx, place, wb_ops[op].text, a, b);
  if (op == WB_OP_EQ) return wb_bool(wb_value_eq(a, b));
  if (op == WB_OP_NE) return wb_bool(!wb_value_eq(a, b));
  if (op == WB_OP_IN) return member_of(ctx, place, a, b);
  if (op == WB_OP_ADD && a->kind == WB_LIST && b->kind == WB_LIST) return concatenate(ctx, a, b);
  bool numeric_a = a->kind == WB_NUM || a->kind == WB_REAL, numeric_b = b->kind == WB_NUM || b->kind == WB_REAL;
  if (!numeric_a) type_fault(ctx, place, wb_ops[op].text, a, "a number");
  if (!numeric_b) type_fault(ctx, place, wb_ops[op].text, b, "a number");
  if (a->kind == WB_REAL || b->kind == WB_REAL) return real_arithmetic(ctx, place, op, a, b);
  if (op >= WB_OP_LT && op <= WB_OP_GE) return wb_bool(ordered(ctx, place, op, a, b));
  return arithmetic(ctx, place, op, a, b);
}

static wb_value eval_name(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_binding *binding = wb_scope_find(ctx, scope, expr->u.name);
  if (!binding) wb_unknown_name(ctx, expr->place, scope, expr->u.name->name);
  return *wb_force(ctx, binding);
}

/* What a value is as a condition: true or false, or 1 or 0 once a workload is known. */
static wb_value truth_of(wb_ctx *ctx, wb_place place, const wb_value *value) {
  return value->kind == WB_FORM ? wb_form_truth(ctx, place, value) : wb_bool(wb_truth(value));
}

/* a and b is their product, a or b is 1 where a is, else b. */
static wb_value form_logic(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope, const wb_value *left) {
  wb_value b = wb_eval(ctx, expr->u.op.b, scope), right = truth_of(ctx, expr->place, &b), whole = wb_integer(1);
  if (right.kind != WB_FORM) right = wb_integer(right.u.boolean);
  if (expr->u.op.op == WB_OP_AND) return wb_binary(ctx, expr->place, WB_OP_MUL, left, &right);
  return wb_form_choose(ctx, expr->place, left, &whole, &right);
}

static wb_value eval_binary(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_op op = expr->u.op.op;
  if (op == WB_OP_AND || op == WB_OP_OR) {
    wb_value a = wb_eval(ctx, expr->u.op.a, scope), left = truth_of(ctx, expr->place, &a);
    if (left.kind == WB_FORM) return form_logic(ctx, expr, scope, &left);
    if (left.u.boolean == (op == WB_OP_OR)) return left;
    wb_value right = wb_eval(ctx, expr->u.op.b, scope);
    return truth_of(ctx, expr->place, &right);
  }
  wb_value a = wb_eval(ctx, expr->u.op.a, scope), b = wb_eval(ctx, expr->u.op.b, scope);
  return wb_binary(ctx, expr->place, op, &a, &b);
}

static wb_value eval_unary(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_value a = wb_eval(ctx, expr->u.op.a, scope);
  if (a.kind == WB_FORM) {
    wb_value from = wb_integer(expr->u.op.op == WB_OP_NOT ? 1 : 0);
    if (expr->u.op.op == WB_OP_NOT) a = truth_of(ctx, expr->place, &a);
    from.unit = a.unit;
    return wb_binary(ctx, expr->place, WB_OP_SUB, &from, &a);
  }
  if (expr->u.op.op == WB_OP_NOT) return wb_bool(!wb_truth(&a));
  if (a.kind == WB_REAL) a.u.real = -a.u.real;
  else if (a.kind == WB_NUM) a.u.num.num = -a.u.num.num;
  else type_fault(ctx, expr->place, "-", &a, "a number");
  return a;
}

/* Where to look for a fault in an expression: the configuration when its values come from there, else the line. */
static wb_place blame(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_binding **leaves = NULL;
  size_t n = wb_expr_leaves(ctx, expr, scope, &leaves);
  for (size_t i = 0; i < n; i++) {
    const wb_origin *origin = leaves[i]->origin;
    if (origin->kind == WB_FROM_FIELD || origin->kind == WB_FROM_ALIAS || origin->kind == WB_FROM_SET ||
        origin->kind == WB_FROM_ASSUMED)
      return wb_in_file(origin->source);
  }
  return expr->place;
}

static wb_value eval_index(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_value a = wb_eval(ctx, expr->u.index.a, scope), i = wb_eval(ctx, expr->u.index.index, scope);
  if (a.kind != WB_LIST) type_fault(ctx, expr->place, "[ ]", &a, "a list");
  if (i.kind != WB_NUM || i.u.num.den != 1) type_fault(ctx, expr->place, "[ ]", &i, "an integer");
  wb_i128 at = i.u.num.num, count = (wb_i128)a.u.list.count;
  if (at < 0) at += count; /* from the end, as in Python */
  if (at < 0 || at >= count) {
    wb_text index = {.ctx = ctx}, length = {.ctx = ctx}, what = {.ctx = ctx};
    wb_num_print(&index, i.u.num);
    wb_i128_print(&length, count);
    wb_expr_print(&what, expr->u.index.a, WB_AS_FORMULA, scope);
    WB_FAIL(ctx, WB_LANG_INDEX, blame(ctx, expr, scope), wb_text_str(&what), wb_text_str(&index), wb_text_str(&length));
  }
  return a.u.list.items[at];
}

static wb_value eval_member(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_value a = wb_eval(ctx, expr->u.member.a, scope);
  if (a.kind == WB_NULL) return wb_null();
  if (a.kind != WB_RECORD) type_fault(ctx, expr->place, ".", &a, "an object");
  for (size_t i = 0; i < a.u.record.count; i++)
    if (wb_str_eq(a.u.record.keys[i], expr->u.member.name)) return a.u.record.items[i];
  return wb_null();
}

static wb_value eval_list(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_value *items = WB_NEWN(ctx, wb_value, expr->u.list.count);
  for (size_t i = 0; i < expr->u.list.count; i++) items[i] = wb_eval(ctx, expr->u.list.items[i], scope);
  return (wb_value){.kind = WB_LIST, .u.list = {items, expr->u.list.count}};
}

static size_t rounds(wb_ctx *ctx, const wb_expr *expr, const wb_value *over) {
  if (over->kind == WB_LIST) return over->u.list.count;
  if (over->kind != WB_NUM || over->u.num.den != 1) type_fault(ctx, expr->place, "in", over, "a list or a count");
  if (over->u.num.num > EACH_MAX) WB_FAIL(ctx, WB_TOO_MUCH_WORK, expr->place, WB_STR("1000000"));
  return over->u.num.num < 0 ? 0 : (size_t)over->u.num.num;
}

static wb_value eval_each(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_value over = wb_eval(ctx, expr->u.each.over, scope), sum = wb_integer(0);
  size_t n = rounds(ctx, expr, &over);
  wb_value *items = expr->u.each.what == WB_EACH_LIST ? WB_NEWN(ctx, wb_value, n) : NULL;
  wb_scope *inner = wb_scope_new(ctx, scope);
  wb_binding *item = wb_bind_value(ctx, inner, expr->u.each.name, wb_null());
  for (size_t i = 0; i < n; i++) {
    item->value = over.kind == WB_LIST ? over.u.list.items[i] : wb_integer((wb_i128)i);
    wb_value one = wb_eval(ctx, expr->u.each.body, inner);
    if (items) {
      items[i] = one;
      continue;
    }
    if (expr->u.each.what == WB_EACH_COUNT) one = truth_of(ctx, expr->place, &one);
    if (expr->u.each.what == WB_EACH_COUNT && one.kind == WB_BOOL) one = wb_integer(one.u.boolean);
    sum = i ? wb_binary(ctx, expr->place, WB_OP_ADD, &sum, &one) : one;
  }
  return expr->u.each.what == WB_EACH_LIST ? (wb_value){.kind = WB_LIST, .u.list = {items, n}} : sum;
}

#define CALL_ARGS 16
__attribute__((noinline)) static wb_value eval_call(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_value few[CALL_ARGS], *args = few;
  size_t n = expr->u.call.count;
  if (n > CALL_ARGS) args = WB_NEWN(ctx, wb_value, n);
  for (size_t i = 0; i < n; i++) args[i] = wb_eval(ctx, expr->u.call.args[i], scope);
  return expr->u.call.function->run(ctx, expr->place, args, n);
}

static wb_value eval_apply(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_binding *binding = wb_scope_find(ctx, scope, expr->u.apply.name);
  if (!binding) wb_unknown_name(ctx, expr->place, scope, expr->u.apply.name->name);
  const wb_value *base = wb_force(ctx, binding);
  if (base->kind != WB_CLOSURE) type_fault(ctx, expr->place, "( )", base, "a block, an operation or a function");
  wb_closure *closure = WB_NEW(ctx, wb_closure);
  *closure = *base->u.closure;
  closure->base = base->u.closure;
  closure->args = expr->u.apply.args;
  closure->arg_count = expr->u.apply.arg_count;
  closure->renames = expr->u.apply.renames;
  closure->rename_count = expr->u.apply.rename_count;
  closure->scope = scope;
  return (wb_value){.kind = WB_CLOSURE, .u.closure = closure};
}

static wb_value eval_branch(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_value asked = wb_eval(ctx, expr->u.branch.cond, scope), condition = truth_of(ctx, expr->place, &asked);
  if (condition.kind != WB_FORM)
    return wb_eval(ctx, condition.u.boolean ? expr->u.branch.yes : expr->u.branch.no, scope);
  wb_value yes = wb_eval(ctx, expr->u.branch.yes, scope), no = wb_eval(ctx, expr->u.branch.no, scope);
  return wb_form_choose(ctx, expr->place, &condition, &yes, &no);
}

static wb_value eval_node(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  switch (expr->kind) {
    case WB_X_LITERAL: return expr->u.literal;
    case WB_X_NAME: return eval_name(ctx, expr, scope);
    case WB_X_UNARY: return eval_unary(ctx, expr, scope);
    case WB_X_BINARY: return eval_binary(ctx, expr, scope);
    case WB_X_IF: return eval_branch(ctx, expr, scope);
    case WB_X_CALL: return eval_call(ctx, expr, scope);
    case WB_X_APPLY: return eval_apply(ctx, expr, scope);
    case WB_X_INDEX: return eval_index(ctx, expr, scope);
    case WB_X_MEMBER: return eval_member(ctx, expr, scope);
    case WB_X_LIST: return eval_list(ctx, expr, scope);
    case WB_X_EACH: return eval_each(ctx, expr, scope);
  }
  return wb_null();
}

/* Trees are at most 1,000 deep, names at most 200; together they might meet, so evaluation counts for itself. */
#define EVAL_DEPTH 5000u
wb_value wb_eval(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_step(ctx, expr->place);
  if (++ctx->eval_depth > EVAL_DEPTH) wb_too_deep(ctx, expr->place, EVAL_DEPTH);
  wb_value value = eval_node(ctx, expr, scope);
  ctx->eval_depth--;
  return value;
}

wb_num wb_eval_size(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope) {
  wb_value value = wb_eval(ctx, expr, scope);
  bool whole = value.kind == WB_NUM && value.u.num.den == 1 && value.u.num.num >= 0;
  if (whole) return value.u.num;
  wb_text formula = {.ctx = ctx}, numbers = {.ctx = ctx}, found = {.ctx = ctx};
  wb_expr_print(&formula, expr, WB_AS_FIELDS, scope);
  wb_expr_print(&numbers, expr, WB_AS_FIELD_NUMBERS, scope);
  wb_value_print(&found, &value);
  if (value.kind != WB_NUM)
    WB_FAIL(ctx, WB_LANG_NO_SIZE, blame(ctx, expr, scope), wb_text_str(&formula), wb_text_str(&found));
  WB_FAIL(ctx, WB_LANG_NOT_WHOLE, blame(ctx, expr, scope), wb_text_str(&formula), wb_text_str(&numbers),
          wb_text_str(&found));
}
