/* Evaluation: exact, budgeted, and always ending. */
#ifndef WB_EXPR_EVAL_H
#define WB_EXPR_EVAL_H

#include "expr/ast.h"

/* The value of an expression in a scope. Fails with lang_* messages that carry the expression's place. */
wb_value wb_eval(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope);

/* The value of a binding, evaluated on first use. A binding that needs itself fails with lang_cycle. */
const wb_value *wb_force(wb_ctx *ctx, wb_binding *binding);

bool wb_eval_bool(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope); /* null counts as false, numbers as != 0 */
bool wb_truth(const wb_value *value);
/* A whole number >= 0 (a size); fails with lang_not_whole, which shows the formula with its numbers. */
wb_num wb_eval_size(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope);

/* Fails with lang_unit where the units of two numbers differ. */
void wb_same_unit(wb_ctx *ctx, wb_place place, const char *what, const wb_value *a, const wb_value *b);

/* Fails with lang_unknown_name, or lang_unknown_near where a name that is known in the scope is close. */
_Noreturn void wb_unknown_name(wb_ctx *ctx, wb_place place, const wb_scope *scope, wb_str name);

wb_value wb_binary(wb_ctx *ctx, wb_place place, wb_op op, const wb_value *a, const wb_value *b);

#endif
