/* Modules of a model as a library of adapters sees them: what holds tensors, by name, with its kind and its shape. */
#ifndef WB_ESTIMATE_MODULES_H
#define WB_ESTIMATE_MODULES_H

#include "model/model.h"

#define WB_MODULE_SIDES 3

/* Words as formulas of data/adapters write them. */
typedef enum wb_module_kind {
  WB_M_OTHER,
  WB_M_LINEAR,
  WB_M_CONV1D, /* a product with its matrix stored as [in, out]: transformers' Conv1D */
  WB_M_CONV,
  WB_M_EMBEDDING,
  WB_M_NORM,
  WB_M_ROUTER,    /* scores experts: a class of its own that holds a matrix */
  WB_M_EXPERT,    /* one matrix of all experts: no module, a part of a tensor */
  WB_M_PARAMETER, /* a tensor that is adapted without its module */
  WB_MODULE_KINDS
} wb_module_kind;
extern const char *const wb_module_words[WB_MODULE_KINDS];

/* Modules of one shape in the layers of a class: where a row stands for 32 matrices, it is one of these. */
typedef struct wb_module {
  wb_str name; /* the pattern of its tensors less their last name; index marks stand as in rows */
  wb_module_kind kind;
  const wb_row *rows; /* its own tensors, the matrix first */
  size_t row_count;
  wb_binding *in, *out; /* in_features, out_features as torch counts them; NULL where it has none */
  wb_binding *kernel[WB_MODULE_SIDES];
  uint32_t sides;
  wb_num groups;
  wb_num copies;            /* modules, all layers; experts together are one */
  wb_num experts, fused;    /* WB_M_PARAMETER: matrices that the tensor holds: for how many experts, how many of each */
  bool has_bias, is_output; /* is_output: scores of a vocabulary */
} wb_module;

typedef struct wb_modules {
  wb_module *items;
  size_t count, cap;
} wb_modules;

/* All that hold a matrix or a norm of the model, prediction layers apart, in the order of the forward pass. */
wb_modules wb_modules_of(wb_model *model);

/* A tensor's name as the library's modules have it, where checkpoints have another (names.tsv). Index marks may stand in it. */
wb_str wb_module_name(wb_model *model, wb_str tensor);

/* The last part of a name: q_proj. */
wb_str wb_module_leaf(wb_str name);

/* Whether a name is `target` or ends with it after a dot. */
bool wb_module_is(wb_str name, wb_str target);

#endif
