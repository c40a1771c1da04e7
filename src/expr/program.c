#include "expr/program.h"

#include <string.h>

typedef struct int_term {
  wb_i128 factor;
  double size; /* |factor| */
  uint16_t atoms[WB_FORM_DEGREE];
  uint16_t count;
} int_term;

typedef struct int_form {
  wb_i128 divisor;
  const int_term *terms;
  size_t count;
} int_form;

typedef struct step { /* one atom */
  uint16_t atom;
  wb_atom_kind kind;
  int_form a, b, c;
} step;

struct wb_program {
  const wb_forms *table;
  const wb_value *outputs;
  int_form *forms; /* of the outputs */
  size_t count;
  step *steps; /* the open quantities are not among them */
  size_t step_count;
};

/* ---- making ---- */

static void mark(const wb_value *value, bool *used) {
  if (value->kind != WB_FORM) return;
  for (size_t i = 0; i < value->u.form->count; i++)
    for (size_t k = 0; k < value->u.form->terms[i].count; k++) used[value->u.form->terms[i].atoms[k]] = true;
}

/* The least common denominator, or 0 when it does not fit. */
static wb_i128 denominator(const wb_form *form) {
  wb_num common = wb_num_int(1), fraction;
  for (size_t i = 0; i < form->count; i++) { /* common / den in lowest terms: what is left below must come in */
    if (!wb_num_div(common, wb_num_int(form->terms[i].factor.den), &fraction)) return 0;
    if (!wb_num_mul(common, wb_num_int(fraction.den), &common)) return 0;
  }
  return common.num;
}

static int_form compiled(wb_ctx *ctx, const wb_value *value) {
  const wb_term alone = {.factor = value->kind == WB_NUM ? value->u.num : wb_num_int(0)};
  const wb_form constant = {NULL, &alone, 1}, *form = value->kind == WB_FORM ? value->u.form : &constant;
  int_term *terms = WB_NEWN(ctx, int_term, form->count);
  int_form out = {denominator(form), terms, form->count};
  for (size_t i = 0; i < form->count; i++) {
    const wb_term *from = &form->terms[i];
    wb_num factor = wb_num_int(0);
    if (!out.divisor || !wb_num_mul(from->factor, wb_num_int(out.divisor), &factor)) out.divisor = 0;
    terms[i] = (int_term){.factor = factor.num, .size = wb_num_double(factor), .count = from->count};
    if (terms[i].size < 0) terms[i].size = -terms[i].size;
    memcpy(terms[i].atoms, from->atoms, sizeof terms[i].atoms);
  }
  return out;
}

static size_t find_used(const wb_forms *table, const wb_value *outputs, size_t count, bool *used) {
  size_t n = 0;
  for (size_t i = 0; i < count; i++) mark(&outputs[i], used);
  for (size_t i = table->count; i-- > table->open_count;) { /* arguments stand before the atom that reads them */
    if (!used[i]) continue;
    n++;
    mark(&table->atoms[i].a, used);
    mark(&table->atoms[i].b, used);
    mark(&table->atoms[i].c, used);
  }
  return n;
}

/* What an atom of one table is in another, where some open quantities are known. */
static wb_value fixed_atom(wb_ctx *ctx, const wb_atom *atom, size_t at, wb_forms *own, const wb_num *fixed,
                           const wb_value *known) {
  if (atom->kind == WB_ATOM_OPEN) return fixed && fixed[at].den ? wb_number(fixed[at]) : wb_form_atom(own, at);
  const wb_value a = wb_form_with(ctx, &atom->a, known), b = wb_form_with(ctx, &atom->b, known);
  const wb_value c = wb_form_with(ctx, &atom->c, known);
  const wb_atom numbers = {.kind = atom->kind, .a = a, .b = b, .c = c};
  wb_num out;
  const bool open = a.kind == WB_FORM || b.kind == WB_FORM || c.kind == WB_FORM;
  if (!open && wb_atom_at(&numbers, NULL, &out)) return wb_number(out);
  return wb_form_made(ctx, own, &numbers);
}

/* The outputs in a table of the program's own: with the open quantities, and only the atoms that are met. */
static wb_forms *own_forms(wb_ctx *ctx, const wb_forms *table, wb_value *outputs, size_t count, const wb_num *fixed) {
  wb_forms *own = wb_forms_new(ctx);
  bool *used = WB_NEWN(ctx, bool, table->count);
  wb_value *known = WB_NEWN(ctx, wb_value, table->count);
  for (size_t i = 0; i < table->open_count; i++) wb_form_open(own, table->atoms[i].name);
  find_used(table, outputs, count, used);
  for (size_t i = 0; i < table->count; i++)
    if (used[i] || i < table->open_count) known[i] = fixed_atom(ctx, &table->atoms[i], i, own, fixed, known);
  for (size_t i = 0; i < count; i++) outputs[i] = wb_form_with(ctx, &outputs[i], known);
  return own;
}

wb_program *wb_program_new(wb_ctx *ctx, const wb_forms *from, const wb_value *outputs, size_t count,
                           const wb_num *fixed) {
  wb_program *p = WB_NEW(ctx, wb_program);
  wb_value *own = WB_NEWN(ctx, wb_value, count);
  for (size_t i = 0; i < count; i++) own[i] = outputs[i];
  const wb_forms *table = own_forms(ctx, from, own, count, fixed);
  bool *used = WB_NEWN(ctx, bool, table->count);
  *p = (wb_program){.table = table, .outputs = own, .forms = WB_NEWN(ctx, int_form, count), .count = count};
  for (size_t i = 0; i < count; i++) p->forms[i] = compiled(ctx, &own[i]);
  p->steps = WB_NEWN(ctx, step, find_used(table, own, count, used));
  for (size_t i = table->open_count; i < table->count; i++) {
    const wb_atom *atom = &table->atoms[i];
    if (!used[i]) continue;
    p->steps[p->step_count++] =
        (step){(uint16_t)i, atom->kind, compiled(ctx, &atom->a), compiled(ctx, &atom->b), compiled(ctx, &atom->c)};
  }
  return p;
}

/* ---- running with integers ---- */

#define FITS 1.6e38 /* below 2^127, with room for the rounding of the shadow */

typedef struct cell {
  wb_i128 value;
  double size;
} cell;

/* The sum times the divisor. `size` bounds it from above, whatever cancels. */
static inline bool whole_value(const int_form *form, const cell *cells, cell *out) {
  wb_u128 sum = 0; /* wraps where the shadow says that it would not have fitted */
  double size = 0;
  for (size_t i = 0; i < form->count; i++) {
    const int_term *term = &form->terms[i];
    wb_u128 value = (wb_u128)term->factor;
    double shadow = term->size;
    for (unsigned k = 0; k < term->count; k++) {
      value *= (wb_u128)cells[term->atoms[k]].value;
      shadow *= cells[term->atoms[k]].size;
    }
    sum += value;
    size += shadow;
  }
  *out = (cell){(wb_i128)sum, size};
  return form->divisor && size < FITS;
}

static inline bool form_value(const int_form *form, const cell *cells, cell *out) {
  if (!whole_value(form, cells, out)) return false;
  if (form->divisor == 1) return true;
  if (form->divisor == 2 ? (int)(out->value & 1) : out->value % form->divisor != 0) return false;
  out->value = form->divisor == 2 ? out->value >> 1 : out->value / form->divisor;
  return true;
}

/* a / b rounded down or up; the atom's argument before it was made an integer. */
static wb_i128 rounded(wb_i128 a, wb_i128 b, bool up) {
  wb_i128 q = a / b;
  if (a % b == 0) return q;
  return up ? q + (a > 0) : q - (a < 0);
}

static bool step_value(const step *s, const cell *cells, cell *out) {
  cell a, b;
  if (s->kind == WB_ATOM_FLOOR || s->kind == WB_ATOM_CEIL) {
    if (!whole_value(&s->a, cells, &a)) return false;
    *out = (cell){rounded(a.value, s->a.divisor, s->kind == WB_ATOM_CEIL), a.size + 1};
    return true;
  }
  if (s->kind == WB_ATOM_SUM) return form_value(&s->a, cells, out);
  if (s->kind > WB_ATOM_MAX && s->kind != WB_ATOM_LESS && s->kind != WB_ATOM_EQUAL) return false;
  if (!form_value(&s->a, cells, &a) || !form_value(&s->b, cells, &b)) return false;
  if (s->kind == WB_ATOM_MIN) *out = a.value < b.value ? a : b;
  else if (s->kind == WB_ATOM_MAX) *out = a.value > b.value ? a : b;
  else *out = (cell){s->kind == WB_ATOM_LESS ? a.value < b.value : a.value == b.value, 1};
  return true;
}

/* A coverage of experts is a power of a real number: by its own function, with the cells as fractions. */
static bool real_step(const step *s, const cell *cells, cell *out) {
  cell a, b, c;
  if (!form_value(&s->a, cells, &a) || !form_value(&s->b, cells, &b) || !form_value(&s->c, cells, &c)) return false;
  const wb_num n = wb_distinct(wb_num_int(a.value), wb_num_int(b.value), wb_num_int(c.value));
  *out = (cell){n.num, wb_num_double(n)};
  return true;
}

static bool run_integers(const wb_program *p, const wb_num *open, wb_num *out) {
  cell cells[WB_FORM_ATOMS];
  for (size_t i = 0; i < p->table->open_count; i++) {
    if (open[i].den != 1) return false;
    cells[i] = (cell){open[i].num, open[i].num < 0 ? -(double)open[i].num : (double)open[i].num};
  }
  for (size_t i = 0; i < p->step_count; i++) {
    const step *s = &p->steps[i];
    bool known =
        s->kind == WB_ATOM_DISTINCT ? real_step(s, cells, &cells[s->atom]) : step_value(s, cells, &cells[s->atom]);
    if (!known) return false;
  }
  for (size_t i = 0; i < p->count; i++) {
    cell figure;
    if (!form_value(&p->forms[i], cells, &figure)) return false;
    out[i] = wb_num_int(figure.value);
  }
  return true;
}

/* ---- running with fractions ---- */

static bool run_fractions(const wb_program *p, const wb_num *open, wb_num *out) {
  wb_num values[WB_FORM_ATOMS];
  memcpy(values, open, p->table->open_count * sizeof *values);
  for (size_t i = 0; i < p->step_count; i++) {
    const uint16_t atom = p->steps[i].atom;
    if (!wb_atom_at(&p->table->atoms[atom], values, &values[atom])) return false;
  }
  for (size_t i = 0; i < p->count; i++) {
    const wb_value *value = &p->outputs[i];
    if (value->kind != WB_FORM) out[i] = value->u.num;
    else if (!wb_form_at(value->u.form, values, &out[i])) return false;
  }
  return true;
}

bool wb_program_run(const wb_program *p, const wb_num *open, wb_num *out) {
  return run_integers(p, open, out) || run_fractions(p, open, out);
}
