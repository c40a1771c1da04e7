/* A checkpoint's stored names against the predicted ones. */
#ifndef WB_ESTIMATE_CHECK_H
#define WB_ESTIMATE_CHECK_H

#include "model/model.h"

typedef struct wb_names {
  wb_str *items;
  size_t count, cap;
} wb_names;

typedef struct wb_check {
  wb_str index; /* path of the index read */
  size_t predicted, stored, matched;
  wb_names missing;   /* predicted parameters that are not stored */
  wb_names extra;     /* stored and neither predicted nor explained */
  wb_names buffers;   /* predicted buffers that are not stored: they are computed when absent */
  size_t tied_stored; /* stored copies of tied tensors */
  size_t mtp_stored;  /* prediction layers that are stored */
  size_t stale, companions, packed, undescribed; /* stored names explained by data/checkpoints or undescribed parts */
  wb_str prefix;                                 /* stored names lack it ("transformer."); empty: none */
  bool has_total_size;
  wb_i128 total_size; /* as the index says */
} wb_check;

/* Reads the folder's index and compares. Fails with check_no_index, and like the readers. */
wb_check wb_check_folder(wb_model *model, wb_str folder);

#endif
