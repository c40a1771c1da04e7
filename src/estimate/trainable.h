/* What a training run trains: the list that adapters make and optimizers, gradients and sharding are counted over. */
#ifndef WB_ESTIMATE_TRAINABLE_H
#define WB_ESTIMATE_TRAINABLE_H

#include "model/model.h"

#define WB_TRAINED_RANK 6

/* Tensors of one shape. They need not be the model's own: an adapter's matrices are not. */
typedef struct wb_trained {
  wb_str pattern; /* "model.layers.*.self_attn.q_proj.lora_A.weight": one for all copies */
  wb_num dims[WB_TRAINED_RANK];
  size_t rank;
  wb_num copies;     /* tensors of this shape */
  wb_str dtype;      /* torch's name: "float32" */
  const wb_row *row; /* the model's tensor, or the one that is adapted; NULL: of neither */
  bool is_adapter;   /* made for the adapter: it stands beside the model's weights */
  bool of_model;     /* a tensor of the model, itself or a copy beside it: in the type that the model is held in */
} wb_trained;

typedef struct wb_trained_list {
  wb_trained *items;
  size_t count, cap;
} wb_trained_list;

#endif
