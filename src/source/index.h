/* Indexes of sharded checkpoints, *.index.json: which tensor is stored in which file.
 *
 *   {"metadata": {"total_size": 16060522496}, "weight_map": {"lm_head.weight": "model-00004-of-00004.safetensors"}}
 *
 * Written by transformers and diffusers for safetensors and for pytorch_model.bin alike. They name tensors but tell
 * neither shapes nor dtypes; total_size is what the writer believed.
 */
#ifndef WB_SOURCE_INDEX_H
#define WB_SOURCE_INDEX_H

#include "base/ctx.h"
#include "base/num.h"

typedef struct wb_index_entry {
  wb_str name;
  uint32_t shard; /* among the index's shards */
} wb_index_entry;

typedef struct wb_index {
  wb_str path;
  wb_index_entry *tensors; /* sorted by the bytes of their names */
  size_t count;
  wb_str *shards; /* file names without a folder, sorted by bytes; each holds at least one tensor */
  size_t shard_count;
  bool has_total_size;
  wb_i128 total_size; /* bytes, as metadata.total_size says */
} wb_index;

/* Reads the text of an index; `file` names it in errors. Fails with json_*, index_field when a field is not what it
 * must be, index_file_name when a shard's name would lead out of the checkpoint's folder. `text` must outlive the index. */
wb_index *wb_index_read(wb_ctx *ctx, wb_str text, wb_str file);

/* Opens and reads an index file. Fails like wb_read_file and wb_index_read. */
wb_index *wb_index_open(wb_ctx *ctx, wb_str path);

/* Paths of the indexes in a folder, the likeliest first: model.safetensors.index.json, other safetensors indexes,
 * pytorch_model.bin.index.json, others. Returns how many there are. Fails with file_open. */
size_t wb_index_find(wb_ctx *ctx, wb_str folder, wb_str **paths);

/* The tensor's entry, or NULL. */
const wb_index_entry *wb_index_get(const wb_index *index, wb_str name);

/* The largest index read: 64 MiB, room for half a million tensors. */
#define WB_INDEX_MAX_BYTES ((size_t)64 << 20)

#endif
