/* Closed forms made ready to be evaluated very often: only the atoms that they read, in order, in plain integers.
 *
 * Coefficients of a form are brought to one denominator, so that a run multiplies and adds 128-bit integers; a
 * floating-point shadow of each product tells in time when one would not fit. Where a value is no integer (a quotient),
 * the run is done again with fractions.
 */
#ifndef WB_EXPR_PROGRAM_H
#define WB_EXPR_PROGRAM_H

#include "expr/form.h"

typedef struct wb_program wb_program;

/* `fixed`: values of open quantities that no run changes (the others have a denominator of 0); NULL: none. */
wb_program *wb_program_new(wb_ctx *ctx, const wb_forms *table, const wb_value *outputs, size_t count,
                           const wb_num *fixed);

/* Values of the outputs for a workload (as for wb_forms_atoms). Changes nothing: any number of threads may run one
 * program. False on overflow. */
bool wb_program_run(const wb_program *program, const wb_num *open, wb_num *out);

#endif
