/* Derivations: how a figure comes about, down to fields of the configuration and cited defaults.
 *
 * A derivation is a graph of nodes. Each node has its formula in symbols, the same with numbers put in (a text of the
 * formula language that evaluates to the node's value), the value with its unit, and the nodes of the names that the
 * formula reads. Leaves carry an origin.
 */
#ifndef WB_ESTIMATE_DERIVE_H
#define WB_ESTIMATE_DERIVE_H

#include "estimate/machine.h"

/* How the figure of a component is known, and between what. */
typedef struct wb_node_known {
  bool is_told;
  wb_basis basis;
  wb_i128 low, high;
} wb_node_known;

typedef struct wb_node {
  wb_str name;    /* the symbol as formulas above write it, or a tensor's name */
  wb_str formula; /* "heads * head_dim"; empty for a leaf */
  wb_str numbers; /* "32 * 128"; for a leaf the value itself */
  wb_str latex;
  wb_value value;
  wb_unit unit;
  wb_origin origin; /* kind WB_FROM_FORMULA: the formula is the origin */
  wb_str source;    /* of a tensor: citation of the block */
  const struct wb_node **children;
  size_t count, cap;
  wb_node_known known;
  const void *key; /* what it was made from: equal keys, one node */
} wb_node;

typedef struct wb_derivation {
  wb_ctx *ctx;
  wb_node **nodes; /* all, in order of making */
  size_t count, cap;
  const wb_node *root;
  bool figures_only; /* nobody will read the formulas: nodes have values alone */
} wb_derivation;

/* Derives a quantity of a model: "total_parameters", "active_parameters", "buffer_elements", "mtp_parameters", a group's
 * name, or the name of one tensor. Fails with quantity_unknown. */
wb_derivation *wb_derive(wb_model *model, wb_str quantity);

/* A node for all parameters of the model, with all below it. */
const wb_node *wb_derive_total(wb_derivation *d, const wb_model *model);

/* A node for a bound name, with all below it. */
const wb_node *wb_derive_binding(wb_derivation *d, wb_binding *binding);

#endif
