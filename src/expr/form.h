/* Closed forms: numbers that wait for a workload.
 *
 * A description bound to a configuration leaves a few quantities open: how many sequences, tokens, cached tokens, images.
 * An expression that reads them evaluates to a form: a sum of products of atoms. An atom is such a quantity, or a
 * function of forms that is no polynomial (a minimum, a rounding, a comparison as 0 or 1). Forms are canonical sums, so
 * a whole model's FLOPs collapse into a handful of terms that are evaluated for millions of workloads a second. Where a
 * product would grow too long or too high, a side of it becomes an atom: the value is the same, the sum less canonical.
 *
 * A table holds the atoms of one model and the workload that is in effect; it is not shared between threads that set
 * workloads, but wb_form_at may be called from any number of threads with values of their own.
 */
#ifndef WB_EXPR_FORM_H
#define WB_EXPR_FORM_H

#include "expr/ast.h"

#define WB_FORM_DEGREE 8 /* factors of one term */
#define WB_FORM_ATOMS  1024
#define WB_FORM_TERMS  4096
#define WB_FORM_SPREAD 64 /* terms of a product; beyond it its sides become factors */

typedef struct wb_term {
  wb_num factor;
  uint16_t atoms[WB_FORM_DEGREE]; /* ascending, with repeats for powers */
  uint16_t count;
} wb_term;

struct wb_forms;

struct wb_form {
  struct wb_forms *table;
  const wb_term *terms; /* ordered by their atoms; no two alike, none zero */
  size_t count;
};

typedef enum wb_atom_kind {
  WB_ATOM_OPEN, /* a quantity of the workload */
  WB_ATOM_SUM,  /* a form taken as one factor, where multiplying it out would be too long */
  WB_ATOM_MIN,
  WB_ATOM_MAX,
  WB_ATOM_FLOOR,
  WB_ATOM_CEIL,
  WB_ATOM_ISQRT, /* the largest integer whose square is not above a */
  WB_ATOM_LESS,  /* a < b: 1, else 0 */
  WB_ATOM_EQUAL,
  WB_ATOM_QUOTIENT, /* a / b, exact */
  WB_ATOM_DISTINCT  /* expected number of distinct ones: see wb_distinct */
} wb_atom_kind;

typedef struct wb_atom {
  wb_atom_kind kind;
  const wb_sym *name; /* OPEN */
  wb_value a, b, c;
} wb_atom;

typedef struct wb_forms {
  wb_ctx *ctx;
  wb_atom *atoms;
  size_t count, cap;
  size_t open_count; /* the first atoms are the open quantities, in the order of wb_form_open */
  bool has_workload; /* the open quantities have values */
  bool is_set;       /* so have all atoms */
  wb_num *values;    /* of every atom, for the workload in effect */
  size_t room;       /* for so many values */
  uint32_t born;     /* the turn that made it: see wb_ctx */
} wb_forms;

wb_forms *wb_forms_new(wb_ctx *ctx);

/* A new open quantity. All are made before any other atom. */
wb_value wb_form_open(wb_forms *table, const wb_sym *name);

/* Arithmetic where at least one side is a form; comparisons give 0 or 1. Fails when it grows beyond the limits. */
wb_value wb_form_binary(wb_ctx *ctx, wb_place place, wb_op op, const wb_value *a, const wb_value *b);
wb_value wb_form_unary(wb_ctx *ctx, wb_place place, wb_atom_kind kind, const wb_value *a); /* FLOOR, CEIL, ISQRT */
/* 1 where the value is not 0, else 0: a condition on the workload. */
wb_value wb_form_truth(wb_ctx *ctx, wb_place place, const wb_value *value);
wb_value wb_form_choose(wb_ctx *ctx, wb_place place, const wb_value *condition, const wb_value *yes,
                        const wb_value *no);
wb_value wb_form_function(wb_ctx *ctx, wb_place place, wb_atom_kind kind, const wb_value *a, const wb_value *b,
                          const wb_value *c);

/* An atom as a form of its own; a value with atoms replaced by others (by their number in the table). */
wb_value wb_form_atom(wb_forms *table, size_t atom);
wb_value wb_form_made(wb_ctx *ctx, wb_forms *table, const wb_atom *atom);
wb_value wb_form_with(wb_ctx *ctx, const wb_value *value, const wb_value *atoms);

/* Expected number of distinct members when `draws` times `take` different ones of `all` are taken at random:
 * all · (1 − (1 − take/all)^draws), rounded to the nearest integer. */
wb_num wb_distinct(wb_num all, wb_num take, wb_num draws);

wb_num wb_isqrt(wb_num n); /* of 0 to 2^62 */

/* Puts a workload in effect: values of the open quantities in order. False on overflow (nothing is in effect then). */
bool wb_forms_set(wb_forms *table, const wb_num *open);

/* Values of all atoms for a workload into `values` (room for table->count); false on overflow. Changes nothing. */
bool wb_forms_atoms(const wb_forms *table, const wb_num *open, wb_num *values);
bool wb_atom_at(const wb_atom *atom, const wb_num *values, wb_num *out);
bool wb_form_at(const wb_form *form, const wb_num *values, wb_num *out);

/* "2048 * ceil(context / 16) * sequences"; with `numbers`, the open quantities as the workload in effect has them.
 * What wb_settled has been asked of: the number of distinct ones is printed as a number. */
void wb_form_print(wb_text *out, const wb_form *form, bool numbers);

/* The number that a value stands for under the workload in effect; other values are returned as they are. */
wb_value wb_settled(const wb_value *value);

#endif
