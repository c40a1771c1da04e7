/* Paged caches as vLLM allocates them: layers of one kind form groups, groups share blocks of equal bytes.
 * Source: vllm/v1/kv_cache_interface.py, vllm/v1/core/kv_cache_utils.py. */
#ifndef WB_ESTIMATE_PAGING_H
#define WB_ESTIMATE_PAGING_H

#include "estimate/placement.h"

typedef enum wb_page_kind { WB_PAGE_FULL, WB_PAGE_WINDOW, WB_PAGE_STATE } wb_page_kind;

/* Layers that keep the same. */
typedef struct wb_page_spec {
  wb_page_kind kind;
  wb_i128 layers;
  wb_i128 token_bytes; /* FULL, WINDOW: of one token, in one layer, on one rank */
  wb_i128 state_bytes; /* STATE: of one sequence, in one layer, on one rank */
  wb_i128 window;
} wb_page_spec;

#define WB_MAX_SPECS 16

typedef struct wb_paging {
  wb_page_spec specs[WB_MAX_SPECS];
  size_t count;
  wb_i128 block_size; /* tokens of an attention block, as asked */
  wb_i128 in_flight;  /* tokens that may be in flight: windows keep so many more */
  wb_i128 max_length; /* of a request */
} wb_paging;

typedef struct wb_pages {
  wb_i128 block_sizes[WB_MAX_SPECS]; /* tokens, after pages were made equal; 0 for states */
  wb_i128 page_bytes, group_size, groups, blocks;
  wb_i128 request_pages;          /* of one request of max_length, over all groups */
  wb_i128 tokens_old, tokens_new; /* "GPU KV cache size" up to 0.20 and from 0.21 */
  double concurrency;
} wb_pages;

/* The specs of a model's caches and states on one rank. `bytes` of a cache element. Fails when there are too many. */
wb_paging wb_paging_of(wb_model *model, const wb_layout *layout, wb_i128 kv_bytes);

/* Blocks that a pool of so many bytes holds. False when the pages of different kinds cannot be made equal. */
bool wb_pages_at(const wb_paging *paging, wb_i128 pool, wb_pages *out);

#endif
