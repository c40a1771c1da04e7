/* Tensors as a format or a GGUF file stores them: bytes of each, with scales and all that belongs to it. */
#ifndef WB_ESTIMATE_STORED_H
#define WB_ESTIMATE_STORED_H

#include "model/model.h"

/* Tensors of one row that are stored alike. */
typedef struct wb_stored {
  wb_row row;
  wb_str format; /* or the dtype; of a GGUF file the type; empty: not stored there */
  wb_i128 bytes; /* of one tensor */
} wb_stored;

/* `asked`: see wb_loaded_as. In the order of the model's rows; then tied tensors, which are not stored again. */
wb_stored *wb_stored_rows(wb_model *model, wb_str asked, size_t *count);

#endif
