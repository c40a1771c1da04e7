/* Layers and experts. A stack's body may use the layer's number only in its leading `let` lines; layers whose lets
 * have the same values are one class, walked once for all of them. */
#include "expr/eval.h"
#include "expr/print.h"
#include "model/walk.h"

#define STACK_MAX 1000000

typedef struct layer_class {
  wb_scope *scope; /* the lets, evaluated */
  wb_number_set index;
  struct layer_class *next;
} layer_class;

static size_t leading_lets(const wb_body *body) {
  size_t n = 0;
  while (n < body->count && body->items[n]->kind == WB_S_LET) n++;
  return n;
}

/* The lets of one layer: bindings that may use its number, and the scope in which only they are visible. */
typedef struct layer {
  wb_binding *number; /* stays unevaluated until a let reads it */
  wb_expr *literal;
  wb_scope *visible;
} layer;

static layer new_layer(wb_walk *w, wb_frame *f, const wb_stmt *stmt, size_t lets) {
  wb_scope *numbered = wb_scope_new(w->ctx, f->scope);
  wb_expr *literal = WB_NEW(w->ctx, wb_expr);
  literal->kind = WB_X_LITERAL;
  layer out = {wb_bind_expr(w->ctx, numbered, stmt->name, literal, numbered), literal, wb_scope_new(w->ctx, f->scope)};
  for (size_t i = 0; i < lets; i++) {
    const wb_stmt *let = stmt->body.items[i];
    wb_binding *binding = wb_bind_expr(w->ctx, numbered, let->name, let->expr, numbered);
    wb_scope_share(w->ctx, out.visible, binding);
  }
  return out;
}

static void evaluate(wb_walk *w, const layer *l, wb_i128 number) {
  l->literal->u.literal = wb_integer(number);
  l->number->state = WB_UNEVALUATED;
  for (size_t i = 0; i < l->visible->count; i++) l->visible->items[i]->state = WB_UNEVALUATED;
  for (size_t i = 0; i < l->visible->count; i++) wb_force(w->ctx, l->visible->items[i]);
}

static bool same_values(const wb_scope *a, const wb_scope *b) {
  for (size_t i = 0; i < a->count; i++)
    if (!wb_value_eq(&a->items[i]->value, &b->items[i]->value)) return false;
  return true;
}

static layer_class *find_class(wb_walk *w, const wb_stmt *stmt, layer_class *classes, const wb_scope *scope) {
  while (classes && !same_values(classes->scope, scope)) {
    wb_step(w->ctx, stmt->place); /* as many classes as layers would make this quadratic */
    classes = classes->next;
  }
  return classes;
}

static layer_class *new_class(wb_walk *w, layer_class **classes, wb_scope *scope) {
  while (*classes) classes = &(*classes)->next;
  *classes = WB_NEW(w->ctx, layer_class);
  (*classes)->scope = scope;
  return *classes;
}

static uint32_t checked_count(wb_walk *w, const wb_stmt *stmt, wb_num n) {
  if (n.num > STACK_MAX) WB_FAIL(w->ctx, WB_MODEL_TOO_MANY, stmt->place, WB_STR("1000000"));
  return (uint32_t)n.num;
}

/* All that a stack counts: its numbers from the first on. */
static wb_number_set whole_index(wb_walk *w, wb_frame *f, const wb_stmt *stmt, uint32_t from, uint32_t count) {
  wb_number_set all = {.size = count, .range_count = 1, .range_cap = 1, .expr = stmt->expr, .scope = f->scope};
  all.ranges = WB_NEW(w->ctx, wb_range);
  all.ranges[0] = (wb_range){from, from + count - 1};
  return all;
}

static layer_class *classify(wb_walk *w, wb_frame *f, const wb_stmt *stmt, uint32_t from, uint32_t count) {
  layer_class *classes = NULL;
  size_t lets = leading_lets(&stmt->body);
  if (lets == 0) {
    new_class(w, &classes, f->scope)->index = whole_index(w, f, stmt, from, count);
    return classes;
  }
  layer next = new_layer(w, f, stmt, lets);
  for (uint32_t i = 0; i < count; i++) {
    evaluate(w, &next, from + i);
    const bool read = next.number->state != WB_UNEVALUATED;
    layer_class *found = find_class(w, stmt, classes, next.visible);
    if (!found) {
      found = new_class(w, &classes, next.visible);
      next = new_layer(w, f, stmt, lets);
    }
    wb_numbers_add(w->ctx, &found->index, from + i);
    if (read) continue;
    found->index.ranges[found->index.range_count - 1].high = from + count - 1; /* no let asks which layer it is */
    found->index.size += count - 1 - i;
    break;
  }
  if (classes && !classes->next) {
    classes->index.expr = stmt->expr;
    classes->index.scope = f->scope;
  }
  return classes;
}

static void push_index(wb_walk *w, const wb_stmt *stmt, const wb_number_set *index) {
  if (w->index_count == WB_MAX_INDICES) WB_FAIL(w->ctx, WB_TOO_DEEP, stmt->place, WB_STR("4"));
  w->indices[w->index_count++] = index;
}

static void multiply(wb_walk *w, const wb_stmt *stmt, wb_num *product, uint64_t factor) {
  if (!wb_num_mul(*product, wb_num_int(factor), product)) WB_FAIL(w->ctx, WB_LANG_OVERFLOW, stmt->place, WB_STR("*"));
}

/* Walks `from` and the following statements of a body, `times` over, under the names of an index. */
static void walk_indexed(wb_walk *w, wb_frame *f, const wb_stmt *stmt, const wb_number_set *index, size_t first) {
  const bool layers = stmt->kind == WB_S_STACK; /* experts do not run one after the other */
  wb_num copies = w->copies, repeats = w->repeats;
  const wb_naming *outer = f->naming;
  multiply(w, stmt, &w->copies, index->size);
  if (layers) multiply(w, stmt, &w->repeats, index->size);
  if (!w->counting) {
    wb_naming *inner = WB_NEW(w->ctx, wb_naming);
    wb_str prefix = stmt->path ? wb_name_of(w, outer, stmt->path, f->scope) : outer->prefix;
    inner->prefix = inner->above = wb_name_index(w, prefix);
    f->naming = inner;
    push_index(w, stmt, index);
  }
  wb_body rest = {stmt->body.items + first, stmt->body.count - first, 0};
  wb_walk_body(w, f, &rest);
  if (!w->counting) w->index_count--;
  f->naming = outer;
  w->copies = copies;
  w->repeats = repeats;
}

void wb_walk_stack(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  uint32_t count = checked_count(w, stmt, wb_eval_size(w->ctx, stmt->expr, f->scope));
  uint32_t from = stmt->second ? checked_count(w, stmt, wb_eval_size(w->ctx, stmt->second, f->scope)) : 0;
  if (!count) return;
  size_t lets = leading_lets(&stmt->body);
  wb_scope *outer = f->scope;
  for (layer_class *c = classify(w, f, stmt, from, count); c; c = c->next) {
    if (lets) {
      /* Classes after the first go on from what the class before returned. */
      c->scope->parent = f->scope;
      f->scope = c->scope;
    } else {
      f->scope = outer;
    }
    walk_indexed(w, f, stmt, &c->index, lets);
  }
}

static wb_number_set *expert_index(wb_walk *w, wb_frame *f, const wb_stmt *stmt, uint32_t count) {
  uint32_t from = 0;
  if (stmt->arg_count) from = checked_count(w, stmt, wb_eval_size(w->ctx, stmt->args[0].expr, f->scope));
  wb_number_set *index = WB_NEW(w->ctx, wb_number_set);
  *index = whole_index(w, f, stmt, from, count);
  return index;
}

/* No token can go to more experts than there are. */
static void check_take(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  int order = 0;
  if (wb_num_cmp(w->top_k, w->experts, &order) && order <= 0) return;
  const wb_expr *parts[2] = {stmt->second, stmt->expr};
  const wb_num values[2] = {w->top_k, w->experts};
  wb_text texts[4] = {{.ctx = w->ctx}, {.ctx = w->ctx}, {.ctx = w->ctx}, {.ctx = w->ctx}};
  for (size_t i = 0; i < 2; i++) {
    wb_expr_print(&texts[2 * i], parts[i], WB_AS_FIELDS, f->scope);
    wb_num_print(&texts[2 * i + 1], values[i]);
  }
  WB_FAIL(w->ctx, WB_MODEL_TAKE, wb_in_file(w->model->config.file), wb_text_str(&texts[0]), wb_text_str(&texts[1]),
          wb_text_str(&texts[2]), wb_text_str(&texts[3]));
}

/* dispatch experts[e] of E take k: without a path the tensors hold all experts themselves. */
void wb_walk_dispatch(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  uint32_t count = checked_count(w, stmt, wb_eval_size(w->ctx, stmt->expr, f->scope));
  bool routed = w->routed;
  wb_num top_k = w->top_k, experts = w->experts;
  if (!count) return;
  w->routed = true;
  w->experts = wb_num_int(count);
  w->top_k = wb_eval_size(w->ctx, stmt->second, f->scope);
  check_take(w, f, stmt);
  if (stmt->path) walk_indexed(w, f, stmt, expert_index(w, f, stmt, count), 0);
  else wb_walk_body(w, f, &stmt->body);
  w->routed = routed;
  w->top_k = top_k;
  w->experts = experts;
}
