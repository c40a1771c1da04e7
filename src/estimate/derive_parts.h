/* What derivations are put together from. Internal to src/estimate. */
#ifndef WB_ESTIMATE_DERIVE_PARTS_H
#define WB_ESTIMATE_DERIVE_PARTS_H

#include "estimate/derive.h"
#include "estimate/trainable.h"
#include "expr/print.h"

/* One product, written three ways at once. */
typedef struct wb_formula {
  wb_text symbols, numbers, latex;
} wb_formula;

wb_node *wb_d_new_node(wb_derivation *d, wb_str name, const void *key);
void wb_d_add_child(wb_derivation *d, wb_node *node, const wb_node *child);

wb_formula wb_d_new_formula(wb_derivation *d);
void wb_d_join(wb_formula *f, const char *op, const char *latex_op);              /* nothing before the first factor */
void wb_d_factor_number(wb_formula *f, const char *name, wb_num value);           /* name NULL: the number itself */
void wb_d_factor_expr(wb_derivation *d, wb_formula *f, const wb_binding *factor); /* in closed form */
void wb_d_add_leaves(wb_derivation *d, wb_node *node, const wb_binding *factor);
void wb_d_factor_text(wb_formula *f, wb_str symbols, wb_str numbers);
void wb_d_take(wb_node *node, const wb_formula *f);

/* The name, with _2, _3 … behind it where a child of the parent has it. */
wb_str wb_d_unlike(wb_derivation *d, const wb_node *parent, wb_str name);
wb_str wb_d_tensor_name(wb_derivation *d, const wb_node *parent, const wb_trained *tensor);

wb_str wb_d_operation_name(wb_derivation *d, const wb_node *parent, const wb_op_use *use);

/* ceil(of), floor(of) under a name of its own. */
wb_node *wb_d_rounded(wb_derivation *d, wb_str name, const wb_node *of, bool up, wb_unit unit);

/* Makes a node the sum of its children. */
void wb_d_sum_up(wb_derivation *d, wb_node *node, wb_unit unit);

#endif
