/* Weights as loaded: which tensors stand on a device of a stage, and in how many bytes. */
#ifndef WB_ESTIMATE_LOADED_H
#define WB_ESTIMATE_LOADED_H

#include "estimate/placement.h"
#include "estimate/weights.h"

/* A model's weights in a format, as an engine holds them. */
typedef struct wb_loaded {
  wb_model *model;
  const wb_weights *weights;
  bool with_mtp;
  wb_i128 vocabulary_multiple; /* vocabulary tables are filled up to such a multiple of rows; 1: as they are */
} wb_loaded;

/* Tensors of one row on a device: how many, and the bytes of what it holds of each. */
typedef struct wb_loaded_row {
  const wb_row *row;
  wb_num tensors, bytes;
  wb_str format;
} wb_loaded_row;

size_t wb_loaded_count(const wb_loaded *loaded);
wb_loaded_row wb_loaded_at(const wb_loaded *loaded, const wb_layout *layout, wb_stage stage, size_t i);

/* All of them together, rounded up. Fails the model's context on overflow. */
wb_i128 wb_loaded_bytes(const wb_loaded *loaded, const wb_layout *layout, wb_stage stage);

#endif
