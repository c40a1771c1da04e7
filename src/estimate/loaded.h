/* Weights as loaded: which tensors stand on a device of a stage, and in how many bytes. */
#ifndef WB_ESTIMATE_LOADED_H
#define WB_ESTIMATE_LOADED_H

#include "estimate/gguf_plan.h"
#include "estimate/placement.h"
#include "estimate/weights.h"

/* What was found of a tensor's shares: the same few come up for every card that is tried. */
#define WB_SHARES 4
typedef struct wb_known_share {
  wb_num share, bytes; /* share.den 0: none yet */
} wb_known_share;

/* The same of all of them on a stage: whatever else is asked, the same few stages come up. */
#define WB_KNOWN_STAGES 64
typedef struct wb_known_stages {
  struct wb_known_stage {
    wb_layout layout;
    wb_stage stage;
    bool with_mtp;
    wb_i128 vocabulary_multiple, low, best, high;
  } items[WB_KNOWN_STAGES];
  size_t count; /* that were ever noted: the oldest give way */
} wb_known_stages;

/* A model's weights in a format, as an engine holds them. */
typedef struct wb_loaded {
  wb_model *model;
  const wb_weights *weights;
  wb_known_share (*shares)[WB_SHARES]; /* of each item of `weights`, as loaded */
  wb_known_stages *stages;
  wb_gguf_plan *gguf;          /* NULL: not of a GGUF file, `weights` holds */
  bool with_mtp, as_stored;    /* as_stored: all that the file holds stays */
  wb_i128 vocabulary_multiple; /* vocabulary tables are filled up to such a multiple of rows; 1: as they are */
} wb_loaded;

/* "int4", "q4_k_m", "" (as the configuration says); `rest`: see wb_weights_as. `from_file`: names that mean both a dtype
 * and a file type mean the file. Fails as wb_weights_as does. */
wb_loaded wb_loaded_as(wb_model *model, wb_str asked, wb_str rest, bool from_file);
wb_str wb_loaded_name(const wb_loaded *loaded);
double wb_loaded_bits(const wb_loaded *loaded); /* for each parameter, all tensors together */
bool wb_loaded_quantized(const wb_loaded *loaded);
void wb_loaded_warn(const wb_loaded *loaded); /* of what is not held as asked, once, on the model */

/* Tensors of one row on a device: how many, and the bytes of what it holds of each. */
typedef struct wb_loaded_row {
  const wb_row *row; /* NULL: tensors that no row of the model stands for */
  wb_num tensors, bytes;
  wb_str format;
} wb_loaded_row;

size_t wb_loaded_count(const wb_loaded *loaded);
wb_loaded_row wb_loaded_at(const wb_loaded *loaded, const wb_layout *layout, wb_stage stage, size_t i);

/* All of them together, rounded up. Fails the model's context on overflow. */
wb_i128 wb_loaded_bytes(const wb_loaded *loaded, const wb_layout *layout, wb_stage stage);

/* The same with what is open: whether kernels keep what the file holds beside what they need (zero points, orders), and
 * whether a GGUF file was made with an importance matrix. */
typedef struct wb_loaded_range {
  wb_i128 low, best, high;
} wb_loaded_range;
wb_loaded_range wb_loaded_within(const wb_loaded *loaded, const wb_layout *layout, wb_stage stage);

/* The weights as the checkpoint holds them, found once; NULL: it is not quantised, or not in a way that is known. */
const wb_weights *wb_weights_stored(wb_model *model);

#endif
