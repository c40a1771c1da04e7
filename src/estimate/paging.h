/* Paged caches as vLLM allocates them: layers of one kind form groups, groups share blocks of equal bytes.
 * Source: vllm/v1/kv_cache_interface.py, vllm/v1/core/kv_cache_utils.py. */
#ifndef WB_ESTIMATE_PAGING_H
#define WB_ESTIMATE_PAGING_H

#include "estimate/cache.h"

typedef enum wb_page_kind { WB_PAGE_FULL, WB_PAGE_WINDOW, WB_PAGE_STATE } wb_page_kind;

/* Layers that keep the same. */
typedef struct wb_page_spec {
  wb_page_kind kind;
  wb_i128 layers;
  wb_i128 token_bytes; /* FULL, WINDOW: of one token, in one layer, on one rank */
  wb_i128 state_bytes; /* STATE: of one sequence, in one layer, on one rank */
  wb_i128 window;
  wb_i128 copies;  /* STATE: pages of one sequence */
  wb_i128 entries; /* FULL: of a cache that does not grow with the context; 0: it does */
  bool of_source;  /* FULL: an entry for each token of the prompt */
} wb_page_spec;

#define WB_MAX_SPECS 16

typedef struct wb_paging {
  wb_page_spec specs[WB_MAX_SPECS];
  size_t count;
  wb_i128 block_size; /* tokens of an attention block, as asked */
  wb_i128 in_flight;  /* tokens that may be in flight: windows keep so many more */
  wb_i128 ranks;      /* that share the tokens of a sequence */
  wb_request request;
} wb_paging;

/* How blocks are cut, whatever the pool. */
typedef struct wb_blocks {
  wb_i128 block_sizes[WB_MAX_SPECS]; /* tokens, after pages were made equal; 0 for states */
  wb_i128 page_bytes, group_size, groups;
  wb_i128 block_bytes; /* of a block: a page of each layer of a group */
} wb_blocks;

/* What a pool holds. */
typedef struct wb_pages {
  wb_blocks cut;
  wb_i128 blocks;
  wb_i128 request_blocks;         /* of one request of the length asked for, over all groups */
  wb_i128 tokens_old, tokens_new; /* "GPU KV cache size" up to 0.20 and from 0.21 */
  double concurrency;
} wb_pages;

/* The specs of what a rank keeps. Fails when there are too many. */
wb_paging wb_paging_of(wb_ctx *ctx, const wb_cache_kind *kinds, size_t count, const wb_cache_rules *rules,
                       const wb_layout *layout);

/* False when the pages of different kinds cannot be made equal. */
bool wb_blocks_of(wb_ctx *ctx, const wb_paging *paging, wb_blocks *out);

/* Blocks of a request of so many tokens, of attention or of states; as a form of the tokens. */
wb_value wb_request_blocks(wb_ctx *ctx, const wb_paging *paging, const wb_blocks *cut, bool states,
                           const wb_value *tokens);

/* Blocks that a pool of so many bytes holds, for requests of `length`. False as for wb_blocks_of. */
bool wb_pages_at(wb_ctx *ctx, const wb_paging *paging, wb_i128 pool, wb_i128 length, wb_pages *out);

#endif
