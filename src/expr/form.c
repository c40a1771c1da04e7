#include "expr/form.h"

#include "expr/eval.h"

#include <math.h>
#include <string.h>

static _Noreturn void too_large(wb_ctx *ctx, wb_place place, wb_i128 most) {
  WB_FAIL(ctx, WB_TOO_MUCH_WORK, place, wb_i128_str(ctx, most));
}

wb_forms *wb_forms_new(wb_ctx *ctx) {
  wb_forms *table = WB_NEW(ctx, wb_forms);
  table->ctx = ctx;
  table->born = ctx->turn;
  return table;
}

/* A part is given to a table, which may be older than the turn that gives it. */
static void grown(wb_forms *table) { table->ctx->lasting += table->born != table->ctx->turn; }

/* ---- sums of products ---- */

static wb_value value_of(wb_forms *table, wb_unit unit, const wb_term *terms, size_t count) {
  if (count == 0) return (wb_value){.kind = WB_NUM, .unit = unit, .u.num = wb_num_int(0)};
  if (count == 1 && terms[0].count == 0) return (wb_value){.kind = WB_NUM, .unit = unit, .u.num = terms[0].factor};
  wb_form *form = WB_NEW(table->ctx, wb_form);
  *form = (wb_form){table, terms, count};
  return (wb_value){.kind = WB_FORM, .unit = unit, .u.form = form};
}

static wb_forms *table_of(const wb_value *a, const wb_value *b) {
  return a->kind == WB_FORM ? a->u.form->table : b->u.form->table;
}

/* A number as a form of one term, in the caller's room. */
static wb_form form_of(const wb_value *value, wb_term *room) {
  if (value->kind == WB_FORM) return *value->u.form;
  *room = (wb_term){.factor = value->u.num};
  return (wb_form){NULL, room, value->u.num.num != 0};
}

static int order(const wb_term *a, const wb_term *b) {
  size_t n = a->count < b->count ? a->count : b->count;
  for (size_t i = 0; i < n; i++)
    if (a->atoms[i] != b->atoms[i]) return a->atoms[i] < b->atoms[i] ? -1 : 1;
  return a->count == b->count ? 0 : a->count < b->count ? -1 : 1;
}

static wb_value sum(wb_ctx *ctx, wb_place place, wb_forms *table, wb_unit unit, const wb_form *a, const wb_form *b) {
  wb_term *terms = WB_NEWN(table->ctx, wb_term, a->count + b->count);
  size_t n = 0, i = 0, k = 0;
  while (i < a->count || k < b->count) {
    int at = i == a->count ? 1 : k == b->count ? -1 : order(&a->terms[i], &b->terms[k]);
    wb_term *term = &terms[n];
    *term = at <= 0 ? a->terms[i++] : b->terms[k++];
    if (at == 0 && !wb_num_add(term->factor, b->terms[k++].factor, &term->factor))
      WB_FAIL(ctx, WB_LANG_OVERFLOW, place, WB_STR("+"));
    n += term->factor.num != 0;
  }
  if (n > WB_FORM_TERMS) too_large(ctx, place, WB_FORM_TERMS);
  return value_of(table, unit, terms, n);
}

static wb_term times(wb_ctx *ctx, wb_place place, const wb_term *a, const wb_term *b) {
  wb_term out = {.count = (uint16_t)(a->count + b->count)};
  if (out.count > WB_FORM_DEGREE) too_large(ctx, place, WB_FORM_DEGREE);
  if (!wb_num_mul(a->factor, b->factor, &out.factor)) WB_FAIL(ctx, WB_LANG_OVERFLOW, place, WB_STR("*"));
  size_t i = 0, k = 0;
  for (size_t n = 0; n < out.count; n++) {
    bool left = k == b->count || (i < a->count && a->atoms[i] <= b->atoms[k]);
    out.atoms[n] = left ? a->atoms[i++] : b->atoms[k++];
  }
  return out;
}

static wb_value product(wb_ctx *ctx, wb_place place, wb_forms *table, wb_unit unit, const wb_form *a,
                        const wb_form *b) {
  wb_value all = {.kind = WB_NUM, .unit = unit, .u.num = wb_num_int(0)};
  for (size_t i = 0; i < a->count; i++) {
    wb_term *row = WB_NEWN(table->ctx, wb_term, b->count), room;
    for (size_t k = 0; k < b->count; k++) {
      wb_step(ctx, place);
      row[k] = times(ctx, place, &a->terms[i], &b->terms[k]);
      for (size_t at = k; at > 0 && order(&row[at], &row[at - 1]) < 0; at--) { /* merging kept them nearly in order */
        wb_term swap = row[at];
        row[at] = row[at - 1];
        row[at - 1] = swap;
      }
    }
    wb_form before = form_of(&all, &room), more = {table, row, b->count};
    all = sum(ctx, place, table, unit, &before, &more);
  }
  return all;
}

/* ---- atoms ---- */

static bool same(const wb_value *a, const wb_value *b) {
  if (a->kind != b->kind) return false;
  if (a->kind != WB_FORM) return wb_value_eq(a, b);
  if (a->u.form->count != b->u.form->count) return false;
  for (size_t i = 0; i < a->u.form->count; i++) {
    const wb_term *x = &a->u.form->terms[i], *y = &b->u.form->terms[i];
    if (order(x, y) != 0 || x->factor.num != y->factor.num || x->factor.den != y->factor.den) return false;
  }
  return true;
}

static wb_value atom(wb_ctx *ctx, wb_place place, wb_forms *table, const wb_atom *wanted, wb_unit unit) {
  size_t at = 0;
  while (at < table->count) {
    const wb_atom *known = &table->atoms[at];
    if (known->kind == wanted->kind && known->name == wanted->name && same(&known->a, &wanted->a) &&
        same(&known->b, &wanted->b) && same(&known->c, &wanted->c))
      break;
    at++;
  }
  if (at == WB_FORM_ATOMS) too_large(ctx, place, WB_FORM_ATOMS);
  if (at == table->count) {
    WB_PUSH_ROOM(table->ctx, table->atoms, table->count, table->cap);
    table->atoms[table->count++] = *wanted;
    grown(table);
    table->is_set = false;
  }
  wb_value out = wb_form_atom(table, at);
  out.unit = unit;
  return out;
}

wb_value wb_form_atom(wb_forms *table, size_t at) {
  wb_term *term = WB_NEW(table->ctx, wb_term);
  *term = (wb_term){.factor = wb_num_int(1), .atoms = {(uint16_t)at}, .count = 1};
  return value_of(table, WB_PLAIN, term, 1);
}

wb_value wb_form_made(wb_ctx *ctx, wb_forms *table, const wb_atom *wanted) {
  return atom(ctx, WB_NOWHERE, table, wanted, WB_PLAIN);
}

wb_value wb_form_open(wb_forms *table, const wb_sym *name) {
  table->open_count++;
  return atom(table->ctx, WB_NOWHERE, table, &(wb_atom){.kind = WB_ATOM_OPEN, .name = name}, WB_PLAIN);
}

wb_value wb_form_function(wb_ctx *ctx, wb_place place, wb_atom_kind kind, const wb_value *a, const wb_value *b,
                          const wb_value *c) {
  wb_atom wanted = {.kind = kind, .a = *a};
  const wb_value *form = a->kind == WB_FORM ? a : b && b->kind == WB_FORM ? b : c;
  if (b) wanted.b = *b;
  if (c) wanted.c = *c;
  return atom(ctx, place, form->u.form->table, &wanted, a->unit);
}

wb_value wb_form_unary(wb_ctx *ctx, wb_place place, wb_atom_kind kind, const wb_value *a) {
  return wb_form_function(ctx, place, kind, a, NULL, NULL);
}

/* ---- arithmetic ---- */

static size_t degree(const wb_form *form) {
  size_t most = 0;
  for (size_t i = 0; i < form->count; i++)
    if (form->terms[i].count > most) most = form->terms[i].count;
  return most;
}

/* A side of a product as one factor. */
static wb_value as_factor(wb_ctx *ctx, wb_place place, const wb_value *value) {
  return value->kind == WB_FORM ? wb_form_unary(ctx, place, WB_ATOM_SUM, value) : *value;
}

/* The longer or higher side first, then the other one: two atoms always fit. */
static wb_value bounded_product(wb_ctx *ctx, wb_place place, const wb_value *a, const wb_value *b, wb_unit unit) {
  wb_forms *table = table_of(a, b);
  wb_value sides[2] = {*a, *b};
  wb_term rooms[2];
  wb_form x = form_of(&sides[0], &rooms[0]), y = form_of(&sides[1], &rooms[1]);
  for (int i = 0; i < 2; i++) {
    const bool high = degree(&x) + degree(&y) > WB_FORM_DEGREE, wide = x.count * y.count > WB_FORM_SPREAD;
    const bool both = x.count > 1 && y.count > 1;
    if (!high && !(wide && both)) break;
    const bool first = high ? degree(&x) >= degree(&y) : x.count >= y.count;
    sides[first ? 0 : 1] = as_factor(ctx, place, &sides[first ? 0 : 1]);
    x = form_of(&sides[0], &rooms[0]);
    y = form_of(&sides[1], &rooms[1]);
  }
  return product(ctx, place, table, unit, &x, &y);
}

static wb_value negative(wb_ctx *ctx, wb_place place, const wb_value *a) {
  wb_value minus = wb_integer(-1);
  return wb_form_binary(ctx, place, WB_OP_MUL, a, &minus);
}

static wb_value quotient(wb_ctx *ctx, wb_place place, const wb_value *a, const wb_value *b) {
  if (b->kind == WB_FORM) return wb_form_function(ctx, place, WB_ATOM_QUOTIENT, a, b, NULL);
  wb_value inverse = {.kind = WB_NUM};
  if (b->u.num.num == 0) WB_FAIL(ctx, WB_LANG_DIVIDE, place, WB_STR(""));
  wb_num_div(wb_num_int(1), b->u.num, &inverse.u.num);
  return wb_form_binary(ctx, place, WB_OP_MUL, a, &inverse);
}

static wb_value floored(wb_ctx *ctx, wb_place place, const wb_value *a, const wb_value *b) {
  wb_value parts = quotient(ctx, place, a, b);
  return wb_form_unary(ctx, place, WB_ATOM_FLOOR, &parts);
}

static wb_value power(wb_ctx *ctx, wb_place place, const wb_value *a, const wb_value *b) {
  if (b->kind != WB_NUM || b->u.num.den != 1 || b->u.num.num < 0 || b->u.num.num > WB_FORM_DEGREE)
    too_large(ctx, place, WB_FORM_DEGREE);
  wb_value out = wb_integer(1);
  for (wb_i128 i = 0; i < b->u.num.num; i++) out = wb_binary(ctx, place, WB_OP_MUL, &out, a);
  return out;
}

static wb_value opposite(wb_ctx *ctx, wb_place place, const wb_value *truth) {
  wb_value one = wb_integer(1);
  return wb_form_binary(ctx, place, WB_OP_SUB, &one, truth);
}

static wb_value compared(wb_ctx *ctx, wb_place place, wb_op op, const wb_value *a, const wb_value *b) {
  const bool swap = op == WB_OP_GT || op == WB_OP_LE;
  const bool equal = op == WB_OP_EQ || op == WB_OP_NE;
  wb_value out = wb_form_function(ctx, place, equal ? WB_ATOM_EQUAL : WB_ATOM_LESS, swap ? b : a, swap ? a : b, NULL);
  out.unit = WB_PLAIN;
  return op == WB_OP_LE || op == WB_OP_GE || op == WB_OP_NE ? opposite(ctx, place, &out) : out;
}

wb_value wb_form_binary(wb_ctx *ctx, wb_place place, wb_op op, const wb_value *a, const wb_value *b) {
  wb_forms *table = table_of(a, b);
  wb_term rooms[2];
  wb_form x = form_of(a, &rooms[0]), y = form_of(b, &rooms[1]);
  wb_unit unit = a->unit;
  wb_value other;
  if (op == WB_OP_MUL || op == WB_OP_DIV || op == WB_OP_FLOORDIV)
    wb_unit_mul(a->unit, b->unit, op == WB_OP_MUL ? 1 : -1, &unit);
  switch (op) {
    case WB_OP_ADD: return sum(ctx, place, table, unit, &x, &y);
    case WB_OP_SUB:
      other = b->kind == WB_FORM ? negative(ctx, place, b) : wb_number((wb_num){-b->u.num.num, b->u.num.den});
      y = form_of(&other, &rooms[1]);
      return sum(ctx, place, table, unit, &x, &y);
    case WB_OP_MUL: return bounded_product(ctx, place, a, b, unit);
    case WB_OP_DIV: other = quotient(ctx, place, a, b); break;
    case WB_OP_FLOORDIV: other = floored(ctx, place, a, b); break;
    case WB_OP_MOD:
      other = floored(ctx, place, a, b);
      other = wb_form_binary(ctx, place, WB_OP_MUL, &other, b);
      return wb_form_binary(ctx, place, WB_OP_SUB, a, &other);
    case WB_OP_POW: return power(ctx, place, a, b);
    default: return compared(ctx, place, op, a, b);
  }
  other.unit = unit;
  return other;
}

/* Whether a form can be 0 and 1 only, seen at once: comparisons multiplied, and 1 less that. */
static bool is_truth(const wb_form *form) {
  const wb_term *term = &form->terms[form->count - 1];
  const bool opposite_of = form->count == 2 && form->terms[0].count == 0;
  const int sign = opposite_of ? -1 : 1;
  if (form->count > (opposite_of ? 2 : 1) || term->factor.num != sign || term->factor.den != 1) return false;
  if (opposite_of && (form->terms[0].factor.num != 1 || form->terms[0].factor.den != 1)) return false;
  for (size_t i = 0; i < term->count; i++) {
    const wb_atom_kind kind = form->table->atoms[term->atoms[i]].kind;
    if (kind != WB_ATOM_LESS && kind != WB_ATOM_EQUAL) return false;
  }
  return true;
}

wb_value wb_form_truth(wb_ctx *ctx, wb_place place, const wb_value *value) {
  if (is_truth(value->u.form)) return *value;
  wb_value zero = {.kind = WB_NUM, .unit = value->unit, .u.num = wb_num_int(0)};
  return wb_form_binary(ctx, place, WB_OP_NE, value, &zero);
}

wb_value wb_form_choose(wb_ctx *ctx, wb_place place, const wb_value *condition, const wb_value *yes,
                        const wb_value *no) {
  wb_value difference = wb_binary(ctx, place, WB_OP_SUB, yes, no);
  wb_value part = wb_binary(ctx, place, WB_OP_MUL, condition, &difference);
  return wb_binary(ctx, place, WB_OP_ADD, no, &part);
}

wb_value wb_form_with(wb_ctx *ctx, const wb_value *value, const wb_value *atoms) {
  if (value->kind != WB_FORM) return *value;
  wb_value out = {.kind = WB_NUM, .unit = value->unit, .u.num = wb_num_int(0)};
  for (size_t i = 0; i < value->u.form->count; i++) {
    const wb_term *term = &value->u.form->terms[i];
    wb_value part = {.kind = WB_NUM, .unit = value->unit, .u.num = term->factor};
    for (size_t k = 0; k < term->count; k++)
      part = wb_binary(ctx, WB_NOWHERE, WB_OP_MUL, &part, &atoms[term->atoms[k]]);
    out = wb_binary(ctx, WB_NOWHERE, WB_OP_ADD, &out, &part);
  }
  return out;
}

/* ---- values ---- */

wb_num wb_isqrt(wb_num n) {
  wb_num_floor(n, &n);
  wb_i128 low = 0, high = (wb_i128)1 << 31;
  while (low < high) {
    wb_i128 middle = (low + high + 1) / 2;
    if (middle * middle <= n.num) low = middle;
    else high = middle - 1;
  }
  return wb_num_int(low);
}

wb_num wb_distinct(wb_num all, wb_num take, wb_num draws) {
  const double n = wb_num_double(all), share = wb_num_double(take) / n;
  if (n <= 0 || draws.num <= 0 || share <= 0) return wb_num_int(0);
  if (share >= 1) { /* one draw takes all that there are; the power of what is below 0 would be no number */
    wb_num_floor(all, &all);
    return all;
  }
  const double missed = pow(1 - share, wb_num_double(draws));
  return wb_num_int((wb_i128)(n * (1 - missed) + 0.5));
}

bool wb_form_at(const wb_form *form, const wb_num *values, wb_num *out) {
  wb_num total = wb_num_int(0);
  for (size_t i = 0; i < form->count; i++) {
    const wb_term *term = &form->terms[i];
    wb_num part = term->factor;
    for (size_t k = 0; k < term->count; k++)
      if (!wb_num_mul(part, values[term->atoms[k]], &part)) return false;
    if (!wb_num_add(total, part, &total)) return false;
  }
  *out = total;
  return true;
}

static bool number_at(const wb_value *value, const wb_num *values, wb_num *out) {
  if (value->kind == WB_FORM) return wb_form_at(value->u.form, values, out);
  *out = value->kind == WB_NUM ? value->u.num : wb_num_int(0);
  return true;
}

bool wb_atom_at(const wb_atom *a, const wb_num *values, wb_num *out) {
  wb_num x, y, z;
  int ordered = 0;
  if (!number_at(&a->a, values, &x) || !number_at(&a->b, values, &y) || !number_at(&a->c, values, &z)) return false;
  switch (a->kind) {
    case WB_ATOM_SUM: *out = x; return true;
    case WB_ATOM_FLOOR: return wb_num_floor(x, out);
    case WB_ATOM_CEIL: return wb_num_ceil(x, out);
    case WB_ATOM_ISQRT:
      if (x.num < 0 || x.num / x.den > (wb_i128)1 << 62) return false;
      *out = wb_isqrt(x);
      return true;
    case WB_ATOM_QUOTIENT: return wb_num_div(x, y, out);
    case WB_ATOM_DISTINCT: *out = wb_distinct(x, y, z); return true;
    default: break;
  }
  if (!wb_num_cmp(x, y, &ordered)) return false;
  if (a->kind == WB_ATOM_LESS || a->kind == WB_ATOM_EQUAL)
    *out = wb_num_int(a->kind == WB_ATOM_LESS ? ordered < 0 : ordered == 0);
  else *out = (ordered < 0) == (a->kind == WB_ATOM_MIN) ? x : y;
  return true;
}

bool wb_forms_atoms(const wb_forms *table, const wb_num *open, wb_num *values) {
  memcpy(values, open, table->open_count * sizeof *values);
  for (size_t i = table->open_count; i < table->count; i++) /* an atom's arguments are made before it */
    if (!wb_atom_at(&table->atoms[i], values, &values[i])) return false;
  return true;
}

static void make_room(wb_forms *table) {
  if (table->room >= table->count) return;
  table->room = table->cap;
  table->values = WB_NEWN(table->ctx, wb_num, table->room);
  grown(table);
}

bool wb_forms_set(wb_forms *table, const wb_num *open) {
  make_room(table);
  table->is_set = table->has_workload = wb_forms_atoms(table, open, table->values);
  return table->is_set;
}

wb_value wb_settled(const wb_value *value) {
  if (value->kind != WB_FORM) return *value;
  wb_forms *table = value->u.form->table;
  wb_value out = {.kind = WB_NUM, .unit = value->unit, .u.num = wb_num_int(0)};
  if (!table->is_set &&
      table->has_workload) { /* atoms were made since; the open quantities stand first, as they were */
    wb_num open[WB_FORM_ATOMS];
    memcpy(open, table->values, table->open_count * sizeof *open);
    if (!wb_forms_set(table, open)) return out;
  }
  make_room(table);
  wb_form_at(value->u.form, table->values, &out.u.num);
  return out;
}
