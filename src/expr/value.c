#include "expr/value.h"

#include "expr/eval.h"
#include "expr/form.h"

const wb_sym *wb_intern_find(const wb_symtab *table, wb_str name) {
  if (!table->cap) return NULL;
  uint64_t hash = wb_str_hash(name);
  for (size_t i = hash & (table->cap - 1);; i = (i + 1) & (table->cap - 1)) {
    const wb_sym *sym = table->slots[i];
    if (!sym || (sym->hash == hash && wb_str_eq(sym->name, name))) return sym;
  }
}

static void rehash(wb_symtab *table) {
  size_t cap = table->cap ? table->cap * 2 : 1024;
  const wb_sym **slots = WB_NEWN(table->ctx, const wb_sym *, cap);
  for (size_t i = 0; i < table->cap; i++) {
    if (!table->slots[i]) continue;
    size_t at = table->slots[i]->hash & (cap - 1);
    while (slots[at]) at = (at + 1) & (cap - 1);
    slots[at] = table->slots[i];
  }
  table->slots = slots;
  table->cap = cap;
}

const wb_sym *wb_intern(wb_symtab *table, wb_str name) {
  const wb_sym *known = wb_intern_find(table, name);
  if (known) return known;
  if (table->count * 2 >= table->cap) rehash(table);
  wb_sym *sym = WB_NEW(table->ctx, wb_sym);
  *sym = (wb_sym){.name = wb_str_copy(table->ctx, name), .hash = wb_str_hash(name)};
  size_t at = sym->hash & (table->cap - 1);
  while (table->slots[at]) at = (at + 1) & (table->cap - 1);
  table->slots[at] = sym;
  table->count++;
  return sym;
}

wb_scope *wb_scope_new(wb_ctx *ctx, wb_scope *parent) {
  wb_scope *scope = WB_NEW(ctx, wb_scope);
  scope->parent = parent;
  scope->born = ctx->turn;
  return scope;
}

wb_binding *wb_scope_find_here(const wb_scope *scope, const wb_sym *name) {
  for (size_t i = scope->count; i-- > 0;)
    if (scope->items[i]->name == name) return scope->items[i];
  return NULL;
}

wb_binding *wb_scope_find(wb_ctx *ctx, wb_scope *scope, const wb_sym *name) {
  for (; scope; scope = scope->parent) {
    wb_binding *found = wb_scope_find_here(scope, name);
    if (!found && scope->resolve) found = scope->resolve(ctx, scope, name);
    if (found) return found;
  }
  return NULL;
}

void wb_scope_share(wb_ctx *ctx, wb_scope *scope, wb_binding *binding) {
  ctx->lasting += scope->born != ctx->turn;
  if (!scope->items) {
    scope->items = scope->few;
    scope->cap = WB_SCOPE_FEW;
  }
  WB_PUSH_ROOM(ctx, scope->items, scope->count, scope->cap);
  scope->items[scope->count++] = binding;
}

static wb_binding *bind(wb_ctx *ctx, wb_scope *scope, const wb_sym *name) {
  wb_binding *binding = WB_NEW(ctx, wb_binding);
  binding->name = name;
  binding->born = ctx->turn;
  wb_scope_share(ctx, scope, binding);
  return binding;
}

wb_binding *wb_bind_expr(wb_ctx *ctx, wb_scope *scope, const wb_sym *name, const wb_expr *expr, wb_scope *in) {
  wb_binding *binding = bind(ctx, scope, name);
  binding->expr = expr;
  binding->scope = in;
  return binding;
}

wb_binding *wb_bind_value(wb_ctx *ctx, wb_scope *scope, const wb_sym *name, wb_value value) {
  wb_binding *binding = bind(ctx, scope, name);
  binding->value = value;
  binding->state = WB_EVALUATED;
  return binding;
}

const char *wb_kind_name(const wb_value *value) {
  static const char *const names[] = {"null", "true or false", "number",     "real number", "text",
                                      "list", "object",        "activation", "block",       "quantity of the workload"};
  if (value->kind == WB_NUM) return wb_num_is_int(value->u.num) ? "integer" : "fraction";
  return names[value->kind];
}

static void print_list(wb_text *out, const wb_value *value) {
  wb_text_addc(out, '[');
  for (size_t i = 0; i < value->u.list.count; i++) {
    if (i) wb_text_adds(out, ", ");
    if (i == 8 && value->u.list.count > 10) {
      wb_text_adds(out, "…");
      break;
    }
    wb_value_print(out, &value->u.list.items[i]);
  }
  wb_text_addc(out, ']');
}

static void print_form(wb_text *out, const wb_value *value) {
  wb_value number = wb_settled(value);
  wb_num_print(out, number.u.num);
}

void wb_value_print(wb_text *out, const wb_value *value) {
  switch (value->kind) {
    case WB_NULL: wb_text_adds(out, "null"); break;
    case WB_BOOL: wb_text_adds(out, value->u.boolean ? "true" : "false"); break;
    case WB_NUM: wb_num_print(out, value->u.num); break;
    case WB_REAL: wb_text_addf(out, "%.10g", value->u.real); break;
    case WB_TEXT:
      wb_text_addc(out, '"');
      wb_text_add(out, value->u.text);
      wb_text_addc(out, '"');
      break;
    case WB_LIST: print_list(out, value); break;
    case WB_RECORD: wb_text_adds(out, "{…}"); break;
    case WB_SHAPE: wb_text_adds(out, "activation"); break;
    case WB_CLOSURE: wb_text_add(out, value->u.closure->name); break;
    case WB_FORM: print_form(out, value); break;
  }
}

static bool list_eq(const wb_value *a, const wb_value *b) {
  if (a->u.list.count != b->u.list.count) return false;
  for (size_t i = 0; i < a->u.list.count; i++)
    if (!wb_value_eq(&a->u.list.items[i], &b->u.list.items[i])) return false;
  return true;
}

bool wb_value_eq(const wb_value *a, const wb_value *b) {
  if (a->kind != b->kind) {
    /* Python's True == 1: configurations write flags either way. */
    if (a->kind == WB_BOOL && b->kind == WB_NUM) return b->u.num.den == 1 && b->u.num.num == (a->u.boolean ? 1 : 0);
    if (a->kind == WB_NUM && b->kind == WB_BOOL) return wb_value_eq(b, a);
    return false;
  }
  switch (a->kind) {
    case WB_NULL: return true;
    case WB_BOOL: return a->u.boolean == b->u.boolean;
    case WB_NUM: return a->u.num.num == b->u.num.num && a->u.num.den == b->u.num.den;
    case WB_REAL: return !(a->u.real < b->u.real) && !(a->u.real > b->u.real);
    case WB_TEXT: return wb_str_eq(a->u.text, b->u.text);
    case WB_LIST: return list_eq(a, b);
    case WB_RECORD: return a->u.record.items == b->u.record.items;
    case WB_SHAPE: return a->u.shape == b->u.shape;
    case WB_CLOSURE: return a->u.closure == b->u.closure;
    case WB_FORM: return a->u.form == b->u.form;
  }
  return false;
}

wb_num wb_shape_width(wb_ctx *ctx, const wb_shape *shape, wb_place place) {
  wb_num width = wb_num_int(1);
  for (uint32_t i = 0; i < shape->rank; i++) {
    const wb_value *axis = wb_force(ctx, shape->axes[i]);
    if (!wb_num_mul(width, axis->u.num, &width)) WB_FAIL(ctx, WB_LANG_OVERFLOW, place, WB_STR("*"));
  }
  return width;
}
