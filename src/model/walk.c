/* The forward pass, walked statement by statement. Shapes are checked where they meet: by the `require` lines of
 * operations, which see the activations they are given. */
#include "model/walk.h"

#include "expr/eval.h"
#include "expr/print.h"

/* A new scope for each assignment keeps what earlier formulas meant, for derivations; a count needs none. */
void wb_walk_assign(wb_walk *w, wb_frame *f, const wb_sym *name, wb_value value) {
  wb_binding *old = w->counting ? wb_scope_find_here(f->scope, name) : NULL;
  if (old) {
    *old = (wb_binding){.name = name, .value = value, .state = WB_EVALUATED};
    return;
  }
  if (w->counting) {
    wb_bind_value(w->ctx, f->scope, name, value);
    return;
  }
  f->scope = wb_scope_new(w->ctx, f->scope);
  wb_bind_value(w->ctx, f->scope, name, value);
}

static void bind_argument(wb_walk *w, wb_scope *into, const wb_sym *name, const wb_expr *expr, wb_scope *from) {
  wb_binding *old = wb_scope_find_here(into, name);
  if (old) {
    *old = (wb_binding){.name = name, .expr = expr, .scope = from};
    return;
  }
  wb_bind_expr(w->ctx, into, name, expr, from);
}

static const wb_parameter *parameter(const wb_decl *decl, const wb_sym *name) {
  for (size_t i = 0; i < decl->param_count; i++)
    if (decl->params[i].name == name) return &decl->params[i];
  return NULL;
}

static wb_str parameters_of(wb_walk *w, const wb_decl *decl) {
  wb_text names = {.ctx = w->ctx};
  for (size_t i = 0; i < decl->param_count; i++) {
    if (i) wb_text_add(&names, WB_STR(", "));
    wb_text_add(&names, decl->params[i].name->name);
  }
  return wb_text_str(&names);
}

static void bind_named(wb_walk *w, const wb_decl *decl, wb_scope *into, const wb_argument *arg, wb_scope *from) {
  if (!parameter(decl, arg->name))
    WB_FAIL(w->ctx, WB_MODEL_NO_PARAMETER, arg->expr->place, decl->name->name, arg->name->name, parameters_of(w, decl));
  bind_argument(w, into, arg->name, arg->expr, from);
}

/* Arguments given in advance, innermost closure first, so that later ones replace earlier ones. */
static void bind_closure(wb_walk *w, const wb_decl *decl, wb_scope *into, const wb_closure *closure) {
  if (closure->base) bind_closure(w, decl, into, closure->base);
  for (size_t i = 0; i < closure->arg_count; i++) {
    const wb_argument *arg = &closure->args[i];
    if (!arg->name) WB_FAIL(w->ctx, WB_MODEL_POSITIONAL, arg->expr->place, decl->name->name);
    bind_named(w, decl, into, arg, closure->scope);
  }
}

static void bind_call(wb_walk *w, const wb_decl *decl, wb_scope *into, const wb_stmt *stmt, wb_scope *from) {
  size_t position = 0;
  for (size_t i = 0; i < stmt->arg_count; i++) {
    const wb_argument *arg = &stmt->args[i];
    if (arg->name) {
      bind_named(w, decl, into, arg, from);
    } else {
      if (position >= decl->param_count)
        WB_FAIL(w->ctx, WB_MODEL_ARGUMENTS, stmt->place, decl->name->name, parameters_of(w, decl));
      bind_argument(w, into, decl->params[position++].name, arg->expr, from);
    }
  }
  for (size_t i = 0; i < decl->param_count; i++) {
    const wb_parameter *param = &decl->params[i];
    if (wb_scope_find_here(into, param->name)) continue;
    if (!param->fallback) WB_FAIL(w->ctx, WB_MODEL_MISSING_ARGUMENT, stmt->place, decl->name->name, param->name->name);
    /* `head_dim = head_dim` means the field of that name. */
    bool field = param->fallback->kind == WB_X_NAME && param->fallback->u.name == param->name;
    wb_bind_expr(w->ctx, into, param->name, param->fallback, field ? into->parent : into);
  }
}

static const wb_naming *inner_naming(wb_walk *w, wb_frame *f, const wb_stmt *stmt, const wb_closure *closure) {
  const wb_naming *base = f->naming;
  if (w->counting) return base;
  if (stmt->path) base = wb_naming_below(w, f->naming, stmt->path, f->scope);
  for (; closure; closure = closure->base) {
    if (!closure->rename_count) continue;
    wb_naming *more = WB_NEW(w->ctx, wb_naming);
    *more = (wb_naming){base->prefix, base->prefix, closure->renames, closure->rename_count, base};
    base = more;
  }
  if (!stmt->mod.rename_count) return base;
  wb_naming *more = WB_NEW(w->ctx, wb_naming);
  *more = (wb_naming){base->prefix, base->prefix, stmt->mod.renames, stmt->mod.rename_count, base};
  return more;
}

static wb_group group_of(wb_walk *w, wb_frame *f, const wb_sym *name, wb_place place) {
  wb_group group = f->group;
  if (w->grouped || f->grouped || !name) return group;
  if (!wb_group_parse(name->name, &group)) WB_FAIL(w->ctx, WB_MODEL_GROUP, place, name->name);
  return group;
}

static void take_results(wb_walk *w, wb_frame *f, const wb_stmt *stmt, const wb_frame *inner) {
  if (!stmt->target_count) return;
  if (inner->result_count != stmt->target_count) {
    wb_text found = {.ctx = w->ctx}, wanted = {.ctx = w->ctx};
    wb_i128_print(&found, (wb_i128)inner->result_count);
    wb_i128_print(&wanted, (wb_i128)stmt->target_count);
    WB_FAIL(w->ctx, WB_MODEL_RESULTS, stmt->place, inner->decl->name->name, wb_text_str(&found), wb_text_str(&wanted));
  }
  for (size_t i = 0; i < stmt->target_count; i++) wb_walk_assign(w, f, stmt->targets[i], inner->results[i]);
}

static bool tie_holds(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  return stmt->mod.tied_to && (!stmt->mod.tied_when || wb_eval_bool(w->ctx, stmt->mod.tied_when, f->scope));
}

static const wb_closure *callee(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_binding *binding = wb_scope_find(w->ctx, f->scope, stmt->name);
  if (!binding) wb_unknown_name(w->ctx, stmt->place, f->scope, stmt->name->name);
  const wb_value *value = wb_force(w->ctx, binding);
  if (value->kind != WB_CLOSURE)
    WB_FAIL(w->ctx, WB_LANG_TYPE, stmt->place, stmt->name->name, wb_str_of(wb_kind_name(value)),
            WB_STR("a block or an operation"));
  return value->u.closure;
}

static void walk_call(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  if (stmt->mod.when && !wb_eval_bool(w->ctx, stmt->mod.when, f->scope)) return; /* targets keep what they were */
  const wb_closure *closure = callee(w, f, stmt);
  const wb_decl *decl = closure->target;
  const wb_trail trail = {stmt->place, w->ctx->trail};
  wb_enter(w->ctx, stmt->place);
  w->ctx->trail = &trail;
  wb_frame inner = {.decl = decl, .scope = wb_scope_new(w->ctx, f->fields), .fields = f->fields, .root = f->root};
  bind_closure(w, decl, inner.scope, closure);
  bind_call(w, decl, inner.scope, stmt, f->scope);
  inner.naming = inner_naming(w, f, stmt, closure);
  inner.group = group_of(w, f, stmt->mod.group, stmt->place);
  inner.grouped = f->grouped || stmt->mod.group;
  wb_tie tie = {stmt->mod.tied_to, f->scope, f->root};
  if (decl->kind == WB_D_OPERATION) {
    inner.call = &stmt->mod;
    inner.call_scope = f->scope;
  }
  wb_donor donor;
  inner.donor = f->donor;
  if (tie_holds(w, f, stmt)) {
    inner.tie = decl->kind == WB_D_OPERATION ? &tie : NULL;
    if (decl->kind == WB_D_BLOCK) {
      donor = (wb_donor){inner.naming->prefix, w->counting ? WB_STR("") : wb_name_of(w, f->root, tie.to, f->scope)};
      inner.donor = &donor;
    }
  }
  if (decl->kind == WB_D_OPERATION && !w->counting) wb_enter_operation(w, &inner);
  wb_walk_body(w, &inner, &decl->body);
  if (decl->kind == WB_D_OPERATION) wb_walk_operation(w, &inner);
  w->ctx->trail = trail.outer;
  wb_leave(w->ctx);
  take_results(w, f, stmt, &inner);
}

static void walk_return(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_value *results = WB_NEWN(w->ctx, wb_value, stmt->arg_count);
  for (size_t i = 0; i < stmt->arg_count; i++) results[i] = wb_eval(w->ctx, stmt->args[i].expr, f->scope);
  f->results = results;
  f->result_count = stmt->arg_count;
  f->returned = true;
}

static const wb_axis *result_positions(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  const wb_axis *base = f->positions ? f->positions : w->positions;
  return stmt->on && base ? wb_positions(w, stmt->on, base, f->scope) : base;
}

/* The axis that width(x) means: x's own, so that a formula below a thousand layers does not go through each. NULL: it is
 * something else. */
static wb_binding *axis_of(wb_walk *w, wb_frame *f, const wb_expr *expr) {
  if (expr->kind != WB_X_CALL || !wb_str_is(wb_str_of(expr->u.call.function->name), "width")) return NULL;
  const wb_value x = wb_eval(w->ctx, expr->u.call.args[0], f->scope);
  return x.kind == WB_SHAPE && x.u.shape->rank == 1 ? x.u.shape->axes[0] : NULL;
}

static wb_value shape_of(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_shape *shape = WB_NEW(w->ctx, wb_shape);
  shape->positions = result_positions(w, f, stmt);
  shape->rank = (uint32_t)stmt->arg_count;
  for (uint32_t i = 0; i < shape->rank; i++) {
    shape->axes[i] = axis_of(w, f, stmt->args[i].expr);
    if (shape->axes[i]) continue;
    wb_binding *axis = WB_NEW(w->ctx, wb_binding);
    *axis = (wb_binding){.expr = stmt->args[i].expr, .scope = f->scope};
    axis->value = wb_number(wb_eval_size(w->ctx, axis->expr, axis->scope));
    axis->state = WB_EVALUATED;
    shape->axes[i] = axis;
  }
  return (wb_value){.kind = WB_SHAPE, .u.shape = shape};
}

/* The list that an expression names, where it is written out: so that each width keeps its formula. */
static const wb_expr *written_list(wb_walk *w, const wb_expr *expr, wb_scope **scope) {
  while (expr && expr->kind == WB_X_NAME) {
    wb_binding *binding = wb_scope_find(w->ctx, *scope, expr->u.name);
    expr = binding && !binding->origin ? binding->expr : NULL;
    *scope = binding ? binding->scope : NULL;
  }
  return expr && expr->kind == WB_X_LIST ? expr : NULL;
}

static void must_be_width(wb_walk *w, const wb_stmt *stmt, const wb_value *width) {
  if (width->kind == WB_NUM && wb_num_is_int(width->u.num) && width->u.num.num >= 0) return;
  wb_text found = {.ctx = w->ctx};
  wb_value_print(&found, width);
  WB_FAIL(w->ctx, WB_LANG_NO_SIZE, stmt->place, WB_STR("yields"), wb_text_str(&found));
}

static wb_value shape_of_width(wb_walk *w, const wb_axis *positions, const wb_value *width, const wb_expr *expr,
                               wb_scope *scope) {
  wb_shape *shape = WB_NEW(w->ctx, wb_shape);
  wb_binding *axis = WB_NEW(w->ctx, wb_binding);
  axis->expr = expr;
  axis->scope = scope;
  axis->value = *width;
  axis->state = WB_EVALUATED;
  shape->rank = 1;
  shape->positions = positions;
  shape->axes[0] = axis;
  return (wb_value){.kind = WB_SHAPE, .u.shape = shape};
}

static void walk_yield(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_value *results = NULL;
  if (!stmt->expr) {
    f->results = results = WB_NEW(w->ctx, wb_value);
    f->result_count = 1;
    results[0] = shape_of(w, f, stmt);
    return;
  }
  wb_value widths = wb_eval(w->ctx, stmt->expr, f->scope);
  if (widths.kind != WB_LIST)
    WB_FAIL(w->ctx, WB_LANG_TYPE, stmt->place, WB_STR("yields"), wb_str_of(wb_kind_name(&widths)), WB_STR("a list"));
  f->result_count = widths.u.list.count;
  f->results = results = WB_NEWN(w->ctx, wb_value, f->result_count);
  wb_scope *scope = f->scope;
  const wb_expr *list = w->counting ? NULL : written_list(w, stmt->expr, &scope);
  const wb_axis *positions = result_positions(w, f, stmt);
  for (size_t i = 0; i < f->result_count; i++) must_be_width(w, stmt, &widths.u.list.items[i]);
  for (size_t i = 0; i < f->result_count; i++)
    results[i] = shape_of_width(w, positions, &widths.u.list.items[i], list ? list->u.list.items[i] : NULL, scope);
}

/* A demand that fails is told in the configuration's own field names; a description without fields tells its line. */
static void walk_require(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  if (wb_eval_bool(w->ctx, stmt->expr, f->scope)) return;
  wb_text formula = {.ctx = w->ctx}, numbers = {.ctx = w->ctx}, values = {.ctx = w->ctx};
  wb_expr_print(&formula, stmt->expr, WB_AS_FIELDS, f->scope);
  wb_expr_print(&numbers, stmt->expr, WB_AS_FIELD_NUMBERS, f->scope);
  wb_binding **leaves = NULL;
  size_t n = wb_expr_leaves(w->ctx, stmt->expr, f->scope, &leaves);
  for (size_t i = 0; i < n; i++) {
    wb_text_addf(&values, "%s`%.*s` = ", i ? ", " : "", WB_STR_ARG(leaves[i]->name->name));
    wb_value_print(&values, wb_force(w->ctx, leaves[i]));
  }
  if (!n) wb_text_add(&values, wb_text_str(&numbers));
  WB_FAIL(w->ctx, WB_MODEL_REQUIRE, n ? wb_in_file(w->model->config.file) : stmt->place, wb_text_str(&formula),
          wb_text_str(&values), stmt->text);
}

static void walk_scope(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  const wb_naming *outer = f->naming;
  if (!w->counting) f->naming = wb_naming_below(w, outer, stmt->path, f->scope);
  wb_walk_body(w, f, &stmt->body);
  f->naming = outer;
}

static void walk_repeat(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_num before = w->repeats, trained = w->trained, n = wb_eval_size(w->ctx, stmt->expr, f->scope);
  if (stmt->second && n.num) {
    wb_num part = wb_eval_size(w->ctx, stmt->second, f->scope);
    wb_num_div(part, n, &part);
    wb_num_mul(trained, part, &w->trained); /* shares: they fit */
  }
  if (!wb_num_mul(before, n, &w->repeats)) WB_FAIL(w->ctx, WB_LANG_OVERFLOW, stmt->place, WB_STR("repeat"));
  wb_walk_body(w, f, &stmt->body);
  w->trained = trained;
  w->repeats = before;
}

static void walk_path(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_str before = w->path;
  w->path = stmt->name->name;
  wb_walk_body(w, f, &stmt->body);
  w->path = before;
}

/* apart mtp: layers that are described and counted beside the total, not in it. */
static void walk_apart(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  if (w->counting) return;
  bool mtp = w->mtp, grouped = w->grouped;
  wb_group group = f->group;
  f->group = group_of(w, f, stmt->name, stmt->place);
  w->mtp = w->grouped = true;
  wb_walk_body(w, f, &stmt->body);
  w->mtp = mtp;
  w->grouped = grouped;
  f->group = group;
}

static void walk_let(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_scope *in = f->scope;
  if (!w->counting) f->scope = wb_scope_new(w->ctx, in);
  wb_bind_expr(w->ctx, f->scope, stmt->name, stmt->expr, in);
}

static void walk_same(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  if (stmt->mod.when && !wb_eval_bool(w->ctx, stmt->mod.when, f->scope)) return; /* the name keeps what it was */
  wb_walk_assign(w, f, stmt->name, wb_eval(w->ctx, stmt->expr, f->scope));
}

static void walk_given(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_value shape = shape_of(w, f, stmt);
  wb_value like = stmt->expr ? wb_eval(w->ctx, stmt->expr, f->scope) : wb_null();
  if (like.kind == WB_SHAPE) {
    wb_shape *own = (wb_shape *)shape.u.shape; /* made just now */
    own->positions = like.u.shape->positions;
    own->from = like.u.shape->from;
    own->from_words = like.u.shape->from_words;
  }
  for (size_t i = 0; i < stmt->target_count; i++) wb_walk_assign(w, f, stmt->targets[i], shape);
}

static void walk_without_gradient(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  const bool outer = w->no_gradient;
  w->no_gradient = true;
  wb_walk_body(w, f, &stmt->body);
  w->no_gradient = outer;
}

/* A tensor, which a name in front of it makes an activation too. */
static void walk_tensor(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_walk_tensor(w, f, stmt);
  if (!stmt->target_count) return;
  wb_value activation = shape_of(w, f, stmt);
  wb_walk_learned(w, f, stmt, activation);
  wb_walk_assign(w, f, stmt->targets[0], activation);
}

static void walk_statement(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_step(w->ctx, stmt->place);
  w->ctx->at = stmt->place;
  switch (stmt->kind) {
    case WB_S_LET: walk_let(w, f, stmt); break;
    case WB_S_SAME: walk_same(w, f, stmt); break;
    case WB_S_CALL: walk_call(w, f, stmt); break;
    case WB_S_PARAM:
    case WB_S_BUFFER: walk_tensor(w, f, stmt); break;
    case WB_S_CACHE:
    case WB_S_STATE: wb_walk_kept(w, f, stmt); break;
    case WB_S_ON: wb_walk_on(w, f, stmt); break;
    case WB_S_WITHOUT_GRADIENT: walk_without_gradient(w, f, stmt); break;
    case WB_S_WHEN: wb_walk_body(w, f, wb_eval_bool(w->ctx, stmt->expr, f->scope) ? &stmt->body : &stmt->other); break;
    case WB_S_STACK: wb_walk_stack(w, f, stmt); break;
    case WB_S_REPEAT: walk_repeat(w, f, stmt); break;
    case WB_S_SCOPE: walk_scope(w, f, stmt); break;
    case WB_S_DISPATCH: wb_walk_dispatch(w, f, stmt); break;
    case WB_S_RETURN: walk_return(w, f, stmt); break;
    case WB_S_YIELD: walk_yield(w, f, stmt); break;
    case WB_S_REQUIRE: walk_require(w, f, stmt); break;
    case WB_S_GROUP: f->group = group_of(w, f, stmt->name, stmt->place); break;
    case WB_S_PATH: walk_path(w, f, stmt); break;
    case WB_S_APART: walk_apart(w, f, stmt); break;
    case WB_S_PART: wb_walk_part(w, f, stmt); break;
    case WB_S_UNDESCRIBED: wb_walk_undescribed(w, f, stmt); break;
    case WB_S_GIVEN: walk_given(w, f, stmt); break;
    case WB_S_TRAINING: /* of operations, apart from what is walked; here they would be lost */
    case WB_S_COST:
      WB_FAIL(w->ctx, WB_LANG_SYNTAX, stmt->place, WB_STR("a cost line"), WB_STR("it directly in an operation"));
    case WB_S_QUANTITY:
    case WB_S_COMPONENT:
    case WB_S_CHECK: break; /* of methods, which are not walked */
  }
}

void wb_walk_body(wb_walk *w, wb_frame *f, const wb_body *body) {
  for (size_t i = 0; i < body->count && !f->returned; i++) walk_statement(w, f, body->items[i]);
}
