#include "expr/print.h"

#include <string.h>

#include "expr/eval.h"
#include "expr/form.h"
#include "expr/parse.h"

typedef struct printer {
  wb_text *out;
  bool latex, numbers, inlined, labelled;
  int bound; /* inside the body of a sum: its counting name has no value */
  wb_scope *scope;
  struct leaves *leaves; /* collected while a closed form is printed; NULL: not wanted */
} printer;

typedef struct leaves {
  wb_binding **items;
  size_t count, cap;
} leaves;

static void print(printer *p, const wb_expr *expr, int least);

static void add(printer *p, const char *text) { wb_text_adds(p->out, text); }

static void latex_text(printer *p, wb_str text) {
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] && strchr("_%#&${}", text.ptr[i])) wb_text_addc(p->out, '\\');
    wb_text_addc(p->out, text.ptr[i]);
  }
}

static void latex_name(printer *p, wb_str name) {
  add(p, "\\mathrm{");
  latex_text(p, name);
  add(p, "}");
}

/* 0.25 rather than 1/4, where the fraction is a decimal one: it reads back as the same literal. */
static bool print_decimal(printer *p, wb_num value) {
  wb_num scaled = value;
  int places = 0;
  while (scaled.den != 1 && places < 40 && wb_num_mul(scaled, wb_num_int(10), &scaled)) places++;
  if (scaled.den != 1 || value.num < 0) return false;
  wb_text digits = {.ctx = p->out->ctx};
  wb_i128_print(&digits, scaled.num);
  size_t lead = digits.len > (size_t)places ? digits.len - (size_t)places : 0;
  if (!lead) add(p, "0");
  wb_text_add(p->out, wb_str_slice(wb_text_str(&digits), 0, lead));
  add(p, ".");
  wb_text_addn(p->out, '0', lead ? 0 : (size_t)places - digits.len);
  wb_text_add(p->out, wb_str_slice(wb_text_str(&digits), lead, digits.len));
  return true;
}

static void print_value(printer *p, const wb_value *open) {
  const wb_value settled = wb_settled(open), *value = &settled;
  bool fraction = value->kind == WB_NUM && value->u.num.den != 1;
  bool negative = value->kind == WB_NUM && value->u.num.num < 0;
  bool bracket = value->kind == WB_NUM && (negative || fraction);
  if (p->latex && value->kind == WB_TEXT) {
    add(p, "\\text{");
    latex_text(p, value->u.text);
    add(p, "}");
  } else if (!fraction || !print_decimal(p, value->u.num)) {
    if (bracket) add(p, "(");
    wb_value_print(p->out, value);
    if (bracket) add(p, ")");
  }
  if ((value->kind == WB_NUM || value->kind == WB_REAL) && !wb_unit_plain(value->unit) && !p->latex) {
    add(p, " [");
    wb_unit_print(p->out, value->unit);
    add(p, "]");
  }
}

static void print_list(printer *p, const wb_expr *const *items, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (i) add(p, ", ");
    print(p, items[i], 0);
  }
}

static void print_binary(printer *p, const wb_expr *expr, int least) {
  const wb_op_info *op = &wb_ops[expr->u.op.op];
  if (p->latex && (expr->u.op.op == WB_OP_DIV || expr->u.op.op == WB_OP_FLOORDIV)) {
    add(p, expr->u.op.op == WB_OP_DIV ? "\\frac{" : "\\left\\lfloor\\frac{");
    print(p, expr->u.op.a, 0);
    add(p, "}{");
    print(p, expr->u.op.b, 0);
    add(p, expr->u.op.op == WB_OP_DIV ? "}" : "}\\right\\rfloor");
    return;
  }
  bool bracket = op->precedence < least;
  if (bracket) add(p, p->latex ? "\\left(" : "(");
  print(p, expr->u.op.a, expr->u.op.op == WB_OP_POW ? op->precedence + 1 : op->precedence);
  wb_text_addf(p->out, expr->u.op.op == WB_OP_POW ? "%s" : " %s ", p->latex ? op->latex : op->text);
  if (p->latex && expr->u.op.op == WB_OP_POW) add(p, "{");
  print(p, expr->u.op.b, p->latex && expr->u.op.op == WB_OP_POW ? 0 : op->precedence + 1);
  if (p->latex && expr->u.op.op == WB_OP_POW) add(p, "}");
  if (bracket) add(p, p->latex ? "\\right)" : ")");
}

static void print_unary(printer *p, const wb_expr *expr, int least) {
  const wb_op_info *op = &wb_ops[expr->u.op.op];
  bool bracket = op->precedence < least;
  if (bracket) add(p, p->latex ? "\\left(" : "(");
  add(p, p->latex ? op->latex : op->text);
  if (expr->u.op.op == WB_OP_NOT) add(p, " ");
  print(p, expr->u.op.a, op->precedence);
  if (bracket) add(p, p->latex ? "\\right)" : ")");
}

static void print_branch(printer *p, const wb_expr *expr, int least) {
  if ((p->numbers || p->inlined) && !p->bound) { /* only the branch that was taken */
    bool yes = wb_eval_bool(p->out->ctx, expr->u.branch.cond, p->scope);
    print(p, yes ? expr->u.branch.yes : expr->u.branch.no, least);
    return;
  }
  const char *words[] = {"if ", " then ", " else "}, *latex[] = {"\\text{if } ", "\\text{ then }", "\\text{ else }"};
  const char *const *w = p->latex ? latex : words;
  if (least > 0) add(p, "(");
  add(p, w[0]);
  print(p, expr->u.branch.cond, 1);
  add(p, w[1]);
  print(p, expr->u.branch.yes, 1);
  add(p, w[2]);
  print(p, expr->u.branch.no, 0);
  if (least > 0) add(p, ")");
}

static void keep_leaf(printer *p, wb_binding *binding) {
  if (!p->leaves) return;
  for (size_t i = 0; i < p->leaves->count; i++)
    if (p->leaves->items[i] == binding) return;
  WB_PUSH_ROOM(p->out->ctx, p->leaves->items, p->leaves->count, p->leaves->cap);
  p->leaves->items[p->leaves->count++] = binding;
}

/* An expression of another scope in the place of a name. */
static void print_inside(printer *p, const wb_binding *binding, int least) {
  wb_scope *scope = p->scope;
  p->scope = binding->scope;
  wb_enter(p->out->ctx, binding->expr->place);
  print(p, binding->expr, least);
  wb_leave(p->out->ctx);
  p->scope = scope;
}

static void print_name(printer *p, const wb_expr *expr, int least) {
  wb_binding *binding = p->inlined ? wb_scope_find(p->out->ctx, p->scope, expr->u.name) : NULL;
  const wb_value *value = binding ? wb_force(p->out->ctx, binding) : NULL;
  bool field = binding && binding->origin;
  bool passes =
      binding && binding->expr &&
      (binding->expr->kind == WB_X_NAME || binding->expr->kind == WB_X_INDEX || binding->expr->kind == WB_X_MEMBER);
  const bool number = value && (value->kind == WB_NUM || value->kind == WB_FORM);
  if (binding && !field && binding->expr && (number || passes)) {
    print_inside(p, binding, least);
    return;
  }
  if (field) keep_leaf(p, binding);
  if (p->labelled) binding = wb_scope_find(p->out->ctx, p->scope, expr->u.name);
  const wb_str name = binding ? wb_binding_label(p->out->ctx, binding) : expr->u.name->name;
  if (p->inlined && binding && (!field || p->numbers)) print_value(p, value);
  else if (p->latex) latex_name(p, name);
  else wb_text_add(p->out, name);
}

wb_str wb_binding_label(wb_ctx *ctx, const wb_binding *binding) {
  const wb_origin *origin = binding->origin;
  const bool is_field = origin && origin->kind <= WB_FROM_DEFAULT && origin->key.len;
  size_t dot = is_field ? origin->key.len : 0;
  while (dot && origin->key.ptr[dot - 1] != '.') dot--;
  if (!dot) return binding->name->name;
  return wb_str_fmt(ctx, "%.*s%.*s", (int)dot, origin->key.ptr, WB_STR_ARG(binding->name->name));
}

static void print_factor(printer *p, const wb_binding *factor, bool first) {
  if (!first) add(p, p->latex ? " \\cdot " : " * ");
  if (factor->expr) print_inside(p, factor, 7);
  else print_value(p, &factor->value);
}

/* rows(x), length(x), segments(x), past(x) in a closed form: by what the positions of x were made with. */
static bool print_positions(printer *p, const wb_expr *expr, int least) {
  wb_str name = wb_str_of(expr->u.call.function->name);
  const bool all = wb_str_is(name, "rows"), past = wb_str_is(name, "past");
  const bool segments = all || wb_str_is(name, "segments"), length = all || wb_str_is(name, "length");
  if (!p->inlined || (!segments && !length && !past)) return false;
  wb_value value = wb_eval(p->out->ctx, expr->u.call.args[0], p->scope);
  const wb_axis *axis = value.kind == WB_SHAPE ? value.u.shape->positions : NULL;
  if (!axis || (past && !axis->past)) {
    add(p, past ? "0" : "1");
    return true;
  }
  uint32_t n = 0;
  if (least > 6) add(p, p->latex ? "\\left(" : "(");
  for (uint32_t i = 0; segments && i < axis->segment_count; i++) print_factor(p, axis->segments[i], n++ == 0);
  for (uint32_t i = 0; length && i < axis->rank; i++) print_factor(p, axis->extents[i], n++ == 0);
  if (past) print_factor(p, axis->past, true);
  else if (!n) add(p, "1");
  if (least > 6) add(p, p->latex ? "\\right)" : ")");
  return true;
}

/* width(x) in a closed form: the product of the axes that x was made with. False when it is something else. */
static bool print_width(printer *p, const wb_expr *expr, int least) {
  if (!p->inlined || !wb_str_is(wb_str_of(expr->u.call.function->name), "width")) return false;
  wb_value value = wb_eval(p->out->ctx, expr->u.call.args[0], p->scope);
  if (value.kind != WB_SHAPE) return false;
  const wb_shape *shape = value.u.shape;
  bool bracket = shape->rank > 1 && least > 6;
  if (bracket) add(p, "(");
  for (uint32_t i = 0; i < shape->rank; i++) {
    if (i) add(p, p->latex ? " \\cdot " : " * ");
    if (shape->axes[i]->expr) print_inside(p, shape->axes[i], shape->rank > 1 ? 7 : least);
    else print_value(p, &shape->axes[i]->value);
  }
  if (shape->rank == 0) add(p, "1");
  if (bracket) add(p, ")");
  return true;
}

static void print_call(printer *p, const wb_expr *expr, int least) {
  if (print_width(p, expr, least) || print_positions(p, expr, least)) return;
  const wb_builtin *function = expr->u.call.function;
  if (p->latex && function->latex) {
    for (const char *c = function->latex; *c; c++) {
      if (c[0] == '%' && c[1] == 's') {
        print_list(p, expr->u.call.args, expr->u.call.count);
        c++;
      } else {
        wb_text_addc(p->out, *c);
      }
    }
    return;
  }
  if (p->latex) {
    add(p, "\\operatorname{");
    latex_text(p, wb_str_of(function->name));
    add(p, "}");
  } else {
    add(p, function->name);
  }
  add(p, "(");
  print_list(p, expr->u.call.args, expr->u.call.count);
  add(p, ")");
}

static void print_each_body(printer *p, const wb_expr *expr, int least) {
  p->bound++;
  print(p, expr->u.each.body, least);
  p->bound--;
}

static void print_each(printer *p, const wb_expr *expr) {
  static const char *const names[] = {"each", "sum", "count"};
  static const char *const latex[] = {"\\operatorname*{each}", "\\sum", "\\operatorname*{count}"};
  if (p->latex) {
    wb_text_addf(p->out, "%s_{%.*s \\in ", latex[expr->u.each.what], WB_STR_ARG(expr->u.each.name->name));
    print(p, expr->u.each.over, 0);
    add(p, "} ");
    print_each_body(p, expr, 6);
    return;
  }
  wb_text_addf(p->out, "%s(%.*s in ", names[expr->u.each.what], WB_STR_ARG(expr->u.each.name->name));
  print(p, expr->u.each.over, 0);
  add(p, ": ");
  print_each_body(p, expr, 0);
  add(p, ")");
}

static void print_apply(printer *p, const wb_expr *expr) {
  wb_text_add(p->out, expr->u.apply.name->name);
  add(p, "(");
  for (size_t i = 0; i < expr->u.apply.arg_count; i++) {
    const wb_argument *arg = &expr->u.apply.args[i];
    if (i) add(p, ", ");
    if (arg->name) wb_text_addf(p->out, "%.*s = ", WB_STR_ARG(arg->name->name));
    print(p, arg->expr, 0);
  }
  add(p, ")");
}

static bool is_arithmetic(const wb_builtin *function) {
  static const char *const names[] = {"floor", "ceil", "round_up", "min", "max", "log2", "isqrt", "abs", "int"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (wb_str_is(wb_str_of(function->name), names[i])) return true;
  return false;
}

static bool is_of_shape(const wb_builtin *function) {
  static const char *const names[] = {"width", "rows", "length", "segments", "past"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (wb_str_is(wb_str_of(function->name), names[i])) return true;
  return false;
}

/* In numbers, whatever is not plain arithmetic stands as its value: list members, widths, sums, comparisons. */
static bool as_value(const wb_expr *expr, bool inlined) {
  switch (expr->kind) {
    case WB_X_NAME: return !inlined;
    case WB_X_INDEX:
    case WB_X_MEMBER:
    case WB_X_EACH: return true;
    case WB_X_CALL:
      if (inlined && is_of_shape(expr->u.call.function)) return false;
      if (!is_arithmetic(expr->u.call.function)) return true;
      for (size_t i = 0; i < expr->u.call.count; i++) {
        wb_expr_kind kind = expr->u.call.args[i]->kind;
        if (kind == WB_X_NAME || kind == WB_X_LIST || kind == WB_X_EACH) return true;
      }
      return false;
    default: return false;
  }
}

/* A number before "[" would be read as one with a unit. */
static void print_indexed(printer *p, const wb_expr *expr) {
  bool number = expr->kind == WB_X_LITERAL && expr->u.literal.kind == WB_NUM;
  if (number) add(p, "(");
  print(p, expr, 9);
  if (number) add(p, ")");
}

static void print(printer *p, const wb_expr *expr, int least) {
  if (p->numbers && as_value(expr, p->inlined)) {
    wb_value value = wb_eval(p->out->ctx, expr, p->scope);
    print_value(p, &value);
    return;
  }
  switch (expr->kind) {
    case WB_X_LITERAL: print_value(p, &expr->u.literal); break;
    case WB_X_NAME: print_name(p, expr, least); break;
    case WB_X_UNARY: print_unary(p, expr, least); break;
    case WB_X_BINARY: print_binary(p, expr, least); break;
    case WB_X_IF: print_branch(p, expr, least); break;
    case WB_X_CALL: print_call(p, expr, least); break;
    case WB_X_APPLY: print_apply(p, expr); break;
    case WB_X_INDEX:
      print_indexed(p, expr->u.index.a);
      add(p, p->latex ? "_{" : "[");
      print(p, expr->u.index.index, 0);
      add(p, p->latex ? "}" : "]");
      break;
    case WB_X_MEMBER:
      print(p, expr->u.member.a, 9);
      wb_text_addf(p->out, ".%.*s", WB_STR_ARG(expr->u.member.name));
      break;
    case WB_X_LIST:
      add(p, "[");
      print_list(p, expr->u.list.items, expr->u.list.count);
      add(p, "]");
      break;
    case WB_X_EACH: print_each(p, expr); break;
  }
}

void wb_expr_print(wb_text *out, const wb_expr *expr, wb_style style, wb_scope *scope) {
  printer p = {.out = out, .scope = scope};
  p.latex = style == WB_AS_LATEX || style == WB_AS_FIELD_LATEX;
  p.numbers = style == WB_AS_NUMBERS || style == WB_AS_FIELD_NUMBERS;
  p.inlined = style >= WB_AS_FIELDS && style <= WB_AS_FIELD_LATEX;
  p.labelled = style == WB_AS_LABELS;
  print(&p, expr, 0);
}

size_t wb_expr_leaves(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope, wb_binding ***out) {
  wb_text text = {.ctx = ctx};
  leaves found = {NULL, 0, 0};
  printer p = {.out = &text, .scope = scope, .inlined = true, .leaves = &found};
  print(&p, expr, 0);
  *out = found.items;
  return found.count;
}

typedef struct names {
  wb_ctx *ctx;
  const wb_sym **items;
  size_t count, cap;
} names;

static void note(names *n, const wb_sym *name) {
  for (size_t i = 0; i < n->count; i++)
    if (n->items[i] == name) return;
  WB_PUSH_ROOM(n->ctx, n->items, n->count, n->cap);
  n->items[n->count++] = name;
}

static void collect(names *n, const wb_expr *expr) {
  switch (expr->kind) {
    case WB_X_LITERAL: break;
    case WB_X_NAME: note(n, expr->u.name); break;
    case WB_X_UNARY: collect(n, expr->u.op.a); break;
    case WB_X_BINARY: collect(n, expr->u.op.a), collect(n, expr->u.op.b); break;
    case WB_X_IF: collect(n, expr->u.branch.cond), collect(n, expr->u.branch.yes), collect(n, expr->u.branch.no); break;
    case WB_X_CALL:
      for (size_t i = 0; i < expr->u.call.count; i++) collect(n, expr->u.call.args[i]);
      break;
    case WB_X_APPLY:
      for (size_t i = 0; i < expr->u.apply.arg_count; i++) collect(n, expr->u.apply.args[i].expr);
      break;
    case WB_X_INDEX: collect(n, expr->u.index.a), collect(n, expr->u.index.index); break;
    case WB_X_MEMBER: collect(n, expr->u.member.a); break;
    case WB_X_LIST:
      for (size_t i = 0; i < expr->u.list.count; i++) collect(n, expr->u.list.items[i]);
      break;
    case WB_X_EACH: collect(n, expr->u.each.over), collect(n, expr->u.each.body); break;
  }
}

size_t wb_expr_names(wb_ctx *ctx, const wb_expr *expr, const wb_sym ***out) {
  names n = {.ctx = ctx};
  collect(&n, expr);
  *out = n.items;
  return n.count;
}
