#include "expr/form.h"

static void print_side(wb_text *out, const wb_value *value, bool numbers) {
  if (value->kind == WB_FORM) wb_form_print(out, value->u.form, numbers);
  else wb_value_print(out, value);
}

static void print_call(wb_text *out, const char *name, const wb_atom *atom, bool numbers) {
  wb_text_addf(out, "%s(", name);
  print_side(out, &atom->a, numbers);
  if (atom->kind == WB_ATOM_MIN || atom->kind == WB_ATOM_MAX) {
    wb_text_adds(out, ", ");
    print_side(out, &atom->b, numbers);
  }
  wb_text_addc(out, ')');
}

static void print_infix(wb_text *out, const char *sign, const wb_atom *atom, bool numbers) {
  wb_text_addc(out, '(');
  print_side(out, &atom->a, numbers);
  wb_text_adds(out, sign);
  print_side(out, &atom->b, numbers);
  wb_text_addc(out, ')');
}

static void print_atom(wb_text *out, const wb_forms *table, uint16_t which, bool numbers) {
  const wb_atom *atom = &table->atoms[which];
  switch (atom->kind) {
    case WB_ATOM_OPEN:
      if (numbers) wb_num_print(out, table->values[which]);
      else wb_text_add(out, atom->name->name);
      break;
    case WB_ATOM_SUM: print_call(out, "", atom, numbers); break;
    case WB_ATOM_MIN: print_call(out, "min", atom, numbers); break;
    case WB_ATOM_MAX: print_call(out, "max", atom, numbers); break;
    case WB_ATOM_FLOOR: print_call(out, "floor", atom, numbers); break;
    case WB_ATOM_CEIL: print_call(out, "ceil", atom, numbers); break;
    case WB_ATOM_ISQRT: print_call(out, "isqrt", atom, numbers); break;
    case WB_ATOM_QUOTIENT: print_infix(out, ") / (", atom, numbers); break;
    case WB_ATOM_LESS: print_infix(out, " < ", atom, numbers); break;
    case WB_ATOM_EQUAL: print_infix(out, " == ", atom, numbers); break;
    case WB_ATOM_DISTINCT: wb_num_print(out, table->values[which]); break;
  }
}

static void print_factor(wb_text *out, wb_num factor) {
  const bool fraction = !wb_num_is_int(factor);
  if (!fraction) {
    wb_num_print(out, factor);
    return;
  }
  wb_text_addc(out, '(');
  wb_i128_print(out, factor.num);
  wb_text_adds(out, " / ");
  wb_i128_print(out, factor.den);
  wb_text_addc(out, ')');
}

/* One term; a factor of 1 is left out where atoms follow. */
static void print_term(wb_text *out, const wb_forms *table, const wb_term *term, bool numbers) {
  const bool one = term->factor.num == term->factor.den && term->count > 0;
  if (!one) print_factor(out, term->factor);
  for (uint16_t i = 0; i < term->count; i++) {
    if (i || !one) wb_text_adds(out, " * ");
    print_atom(out, table, term->atoms[i], numbers);
  }
}

void wb_form_print(wb_text *out, const wb_form *form, bool numbers) {
  for (size_t i = form->count; i-- > 0;) {
    if (i + 1 < form->count) wb_text_adds(out, " + ");
    print_term(out, form->table, &form->terms[i], numbers);
  }
  if (!form->count) wb_text_addc(out, '0');
}
