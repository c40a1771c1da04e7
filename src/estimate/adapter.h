/* Adapters: what stands beside a model's weights and trains instead of them, as data/adapters describes it. */
#ifndef WB_ESTIMATE_ADAPTER_H
#define WB_ESTIMATE_ADAPTER_H

#include "estimate/derive.h"
#include "estimate/inputs.h"
#include "estimate/modules.h"
#include "estimate/trainable.h"

/* How a tensor of the list came about: the same index as in `trained`. */
typedef struct wb_made {
  wb_str module; /* name pattern of the adapted module; empty: of none */
  wb_binding *dims[WB_TRAINED_RANK];
} wb_made;

/* Modules of one name that were adapted. */
typedef struct wb_adapted {
  wb_str name; /* "model.layers.*.self_attn.q_proj" */
  wb_num count;
} wb_adapted;

typedef struct wb_adapter {
  const wb_decl *decl;
  wb_trained_list trained; /* what trains: the adapter's, saved modules' copies, biases of the model */
  wb_made *made;
  wb_trained_list frozen; /* what it makes that does not train: VeRA's shared matrices */
  wb_adapted *modules;    /* without tensors adapted as parameters: those are no modules */
  size_t module_count, module_cap;
  wb_num parameters; /* elements of `trained` */
  wb_num frozen_elements;
  wb_num adapted; /* modules, all names */
} wb_adapter;

/* "lora", "LoRA", "LN-tuning": by the name of a description, its case and signs aside. Fails adapter_unknown. */
const wb_decl *wb_adapter_find(wb_library *lib, wb_ctx *ctx, wb_str asked);

/* An adapter on a model. Options as texts, by PEFT's names: "r=16", "target_modules=q_proj,v_proj" (or all-linear, or qv:
 * queries and values under the names that the model has for them), "modules_to_save=lm_head", "bias=all". Fails
 * adapter_unknown, adapter_option, adapter_option_value, adapter_targets (nothing to adapt, or no list known for the
 * model's type), adapter_refused (a module or a combination that PEFT refuses, with its reason). Made once for the same options; it is the
 * model's. */
const wb_adapter *wb_adapter_apply(wb_model *model, const wb_decl *decl, const char *const *options, size_t count);

/* How many parameters train, tensor by tensor, down to fields of the configuration and options. */
wb_derivation *wb_adapter_derive(wb_model *model, const wb_adapter *adapter);
wb_node *wb_adapter_derive_in(wb_derivation *d, const wb_adapter *adapter, wb_str name, bool own_only);

#endif
