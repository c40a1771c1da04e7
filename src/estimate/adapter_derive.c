/* How many parameters an adapter trains, tensor by tensor. */
#include "estimate/adapter.h"
#include "estimate/derive_parts.h"

static const wb_unit ELEMENTS = {{1, 0, 0, 0, 0, 0}};

/* copies × dimensions. */
static const wb_node *derive_tensor(wb_derivation *d, const wb_node *parent, const wb_trained *item,
                                    const wb_made *made, wb_str source) {
  wb_node *node = wb_d_new_node(d, wb_d_tensor_name(d, parent, item), NULL);
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

/* `own_only`: without tensors of the model that train. */
wb_node *wb_adapter_derive_in(wb_derivation *d, const wb_adapter *adapter, wb_str name, bool own_only) {
  wb_node *root = wb_d_new_node(d, name, NULL);
  const wb_trained_list *list = &adapter->trained;
  for (size_t i = 0; i < list->count; i++)
    if (!own_only || list->items[i].is_adapter)
      wb_d_add_child(d, root, derive_tensor(d, root, &list->items[i], &adapter->made[i], adapter->decl->source));
  wb_d_sum_up(d, root, ELEMENTS);
  return root;
}

wb_derivation *wb_adapter_derive(wb_model *m, const wb_adapter *adapter) {
  wb_derivation *d = WB_NEW(&m->ctx, wb_derivation);
  d->ctx = &m->ctx;
  d->root = wb_adapter_derive_in(d, adapter, WB_STR("adapter_parameters"), false);
  return d;
}
