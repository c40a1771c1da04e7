/* How many parameters an adapter trains, tensor by tensor. */
#include "estimate/adapter.h"
#include "estimate/derive_parts.h"

static const wb_unit ELEMENTS = {{1, 0, 0, 0, 0, 0}};

/* copies × dimensions. */
static const wb_node *derive_tensor(wb_derivation *d, const wb_trained *item, const wb_made *made, wb_str source) {
  wb_node *node = wb_d_new_node(d, item->pattern, NULL);
  wb_formula f = wb_d_new_formula(d);
  wb_num value = item->copies;
  if (item->copies.num != 1) wb_d_factor_number(&f, NULL, item->copies);
  for (size_t i = 0; i < item->rank; i++) {
    wb_num_mul(value, item->dims[i], &value); /* fits: the adapter's total was added up from the same products */
    if (!made->dims[i]->expr) {
      wb_d_factor_number(&f, NULL, item->dims[i]);
      continue;
    }
    wb_d_factor_expr(d, &f, made->dims[i]);
    wb_d_add_leaves(d, node, made->dims[i]);
  }
  if (!f.numbers.len) wb_d_factor_number(&f, NULL, wb_num_int(1));
  wb_d_take(node, &f);
  node->value = wb_number(value);
  node->unit = ELEMENTS;
  node->source = source;
  return node;
}

wb_derivation *wb_adapter_derive(wb_model *m, const wb_adapter *adapter) {
  wb_derivation *d = WB_NEW(&m->ctx, wb_derivation);
  d->ctx = &m->ctx;
  wb_node *root = wb_d_new_node(d, WB_STR("adapter_parameters"), NULL);
  for (size_t i = 0; i < adapter->trained.count; i++)
    wb_d_add_child(d, root, derive_tensor(d, &adapter->trained.items[i], &adapter->made[i], adapter->decl->source));
  wb_d_sum_up(d, root, ELEMENTS);
  d->root = root;
  return d;
}
