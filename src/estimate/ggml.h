/* GGML tensor types: rows of whole blocks. Table and sources: data/formats/ggml.tsv. */
#ifndef WB_ESTIMATE_GGML_H
#define WB_ESTIMATE_GGML_H

#include "base/num.h"

#define WB_GGML_DIMS 4

typedef struct wb_ggml_type {
  wb_str name;
  uint32_t id, elements, bytes; /* of a block */
  uint32_t row_bytes;           /* once a row, beside its blocks */
  wb_str fallback;              /* for rows that are no whole number of blocks; empty: there is none */
  bool cache;                   /* a KV cache may be kept in it */
  wb_str project;
} wb_ggml_type;

/* The next type at *at (start with 0); false at the end. */
bool wb_ggml_next(size_t *at, wb_ggml_type *out);

/* By name, without regard to case. */
bool wb_ggml_find(wb_str name, wb_ggml_type *out);

/* Bytes of one row. False when it is no whole number of blocks or the bytes do not fit. */
bool wb_ggml_row_bytes(const wb_ggml_type *type, wb_i128 elements, wb_i128 *out);

/* Bytes of a tensor; ne[0] is the length of a row. Same. */
bool wb_ggml_bytes(const wb_ggml_type *type, const wb_i128 *ne, size_t dims, wb_i128 *out);

/* Bits an element, without what a row adds: 4.5 for q4_K. */
wb_num wb_ggml_bits(const wb_ggml_type *type);

#endif
