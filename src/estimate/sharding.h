/* What one of several data-parallel ranks holds of what is trained, by descriptions of data/sharding. */
#ifndef WB_ESTIMATE_SHARDING_H
#define WB_ESTIMATE_SHARDING_H

#include "estimate/optimizer.h"
#include "estimate/precision.h"

typedef struct wb_sharding_ask {
  wb_library *lib;
  wb_ctx *ctx;
  const wb_trained_list *trained;
  const wb_trained_list *frozen; /* weights that are not trained, as they are stored; NULL: none */
  const wb_optimizer *optimizer; /* NULL: no states */
  const wb_precision *precision; /* NULL: as the tensors are stored */
  wb_str sharding;               /* "zero_2", "2", "fsdp"; empty: none */
  const char *const *options;    /* "offload_optimizer", "reduce_bucket_size=2e8" */
  size_t option_count;
  wb_i128 gpus; /* ranks of data parallelism */
} wb_sharding_ask;

/* Bytes of the fullest rank: "weights", "gradients", "master", "states", "persistent_weights", and the description's buffers. */
typedef struct wb_share {
  wb_str name;
  wb_i128 low, best, high;
  bool host; /* in the host's memory */
  wb_basis basis;
  wb_str source;
  wb_binding *binding; /* of a buffer: its formula; NULL: summed over tensors */
} wb_share;

typedef struct wb_sharded {
  const wb_decl *decl;
  wb_share *items; /* those that are not 0 */
  size_t count;
  wb_i128 device, host; /* sums of the best */
} wb_sharded;

/* By name: also "0" … "3", "zero3", "hsdp" (data/sharding/names.tsv). Fails sharding_unknown. */
const wb_decl *wb_sharding_find(wb_library *lib, wb_ctx *ctx, wb_str asked);

wb_sharded wb_shard(const wb_sharding_ask *ask);

/* A part by name; NULL when it takes nothing. */
const wb_share *wb_sharded_part(const wb_sharded *sharded, const char *name);

/* All that a rank holds, on its card and on the host: a node for each part, formulas of buffers and of states below. */
const wb_node *wb_sharded_derive(const wb_sharding_ask *ask, const wb_sharded *sharded, wb_derivation *d);

/* One part. Of weights: all, or only those of an adapter that train, or all but those; NULL where they cannot be told apart,
 * as the description lays all flat. */
typedef enum wb_derived_of { WB_OF_ALL, WB_OF_ADAPTER, WB_OF_OTHERS } wb_derived_of;
const wb_node *wb_sharded_derive_part(const wb_sharding_ask *ask, const wb_share *share, wb_derived_of of,
                                      wb_derivation *d);

/* What is gathered as one. */
typedef struct wb_gathered {
  wb_num trained;        /* elements that train */
  wb_num held, computed; /* bytes of all of it, in the types in which it is held and in which passes compute */
} wb_gathered;

/* The unit with most bytes: the tensors of one layer, or all that are in no layer. */
wb_gathered wb_largest_unit(const wb_sharding_ask *ask);
wb_gathered wb_gathered_whole(const wb_sharding_ask *ask); /* all of it */

#endif
