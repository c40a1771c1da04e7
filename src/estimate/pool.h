/* Pools: engines that give what is left of a card to caches, and cut it their own way. */
#ifndef WB_ESTIMATE_POOL_H
#define WB_ESTIMATE_POOL_H

#include "estimate/paging.h"
#include "estimate/serving.h"

/* What an engine would make of its pool: that of the device which has least for it, as all have one number of blocks. */
typedef struct wb_pool {
  wb_i128 bytes;
  wb_i128 tokens;                   /* that it says it holds */
  wb_i128 token_bytes;              /* of one token in all layers, as it counts */
  wb_i128 state_slots, state_bytes; /* sglang: set aside for states */
  wb_i128 block_tokens;             /* tokens of a block or page */
  wb_i128 blocks;
  bool unequal;   /* vllm: they could not */
  bool paged;     /* vllm: pages of all kinds could be made equal */
  wb_pages pages; /* vllm */
} wb_pool;

/* The place with the smallest pool, and its bytes; NULL: the engine has none. */
const wb_place_on *wb_pool_place(const wb_serving *serving, wb_i128 *bytes);

/* False for engines without a pool, and without a card to take it from. */
bool wb_pool_of(const wb_serving *serving, wb_pool *out);

/* Puts what the engine allocates in the place of what caches and states need: whole pages, padded groups, shares of a
 * pool. Engines that allocate what is needed leave it. */
void wb_pool_allocate(wb_serving *serving, wb_place_on *place);

#endif
