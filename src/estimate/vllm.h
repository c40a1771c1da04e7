/* vLLM: what it takes of a card, its profile run, its pool of pages. Sources: data/engines/vllm.tsv. */
#ifndef WB_ESTIMATE_VLLM_H
#define WB_ESTIMATE_VLLM_H

#include "estimate/serving.h"

/* A release by "vllm" (the newest with a number), "vllm@2025" or "vllm@early-v1". Fails engine_unknown. */
wb_vllm wb_vllm_find(wb_ctx *ctx, wb_str engine);

/* Options that were not given, by the card; budget and reserve by the utilization. */
void wb_vllm_defaults(wb_serving *serving);

/* Memory that torch did not allocate, and what communication adds to it. */
wb_component wb_vllm_runtime(wb_serving *serving);
wb_component wb_vllm_communication(wb_serving *serving);

/* Peak of the profile run: the larger of a pass over max_num_batched_tokens and of the sampler over max_num_seqs rows. */
wb_component wb_vllm_activations(wb_serving *serving);

#endif
