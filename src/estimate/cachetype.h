/* How cached activations are held: a row of data/formats/cache.tsv, or a type of GGML. */
#ifndef WB_ESTIMATE_CACHETYPE_H
#define WB_ESTIMATE_CACHETYPE_H

#include "model/model.h"

typedef struct wb_cache_type {
  wb_str name, source;
  wb_str others;                       /* of the activations after the first; empty: the same */
  wb_i128 block_elements, block_bytes; /* so many elements in so many bytes; a last, smaller block is filled up */
  wb_i128 head_bytes;                  /* for each token and head, of each activation */
} wb_cache_type;

/* By name or alias without regard to case. False when there is none. */
bool wb_cache_type_find(wb_str name, wb_cache_type *out);

/* All names, for messages: "float32, bfloat16, …". */
wb_str wb_cache_type_names(wb_ctx *ctx);

/* Bytes of `elements` that lie together, of so many heads. */
wb_i128 wb_cache_type_bytes(const wb_cache_type *type, wb_i128 elements, wb_i128 heads);

#endif
