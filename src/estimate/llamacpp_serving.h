/* llama.cpp behind a serving question: its own buffers in place of caches that are counted from the model alone. */
#ifndef WB_ESTIMATE_LLAMACPP_SERVING_H
#define WB_ESTIMATE_LLAMACPP_SERVING_H

#include "estimate/llamacpp.h"
#include "estimate/serving.h"

typedef struct wb_llama_serving {
  const wb_llama_facts *facts;
  wb_llama_asked asked; /* all but context and sequences */
  bool sequences_given; /* n_seq_max is an option of the engine */
  wb_llama_devices devices;
  int64_t alignment;
  wb_i128 copied_head;    /* bytes of a head on the host that a card computes with */
  size_t compute, output; /* parts */
  struct {
    wb_i128 tokens, sequences; /* 0: none yet */
    wb_llama_context context;
    wb_llama_compute compute;
  } last; /* places ask for the same lengths one after another */
} wb_llama_serving;

/* True for an engine whose `allocation` is llama.cpp. */
bool wb_llama_serves(wb_model *model, const wb_engine *engine);

/* Gives each place the layers that llama.cpp puts there; before anything is counted. */
void wb_llama_place(wb_serving *serving);

/* After the places are built: finds the parts that its buffers take. Fails as wb_llama_context_of does. */
void wb_llama_attach(wb_serving *serving, const wb_engine *engine);

/* Puts the buffers for so many tokens and sequences into a load. False when llama.cpp takes no such context. */
bool wb_llama_load(const wb_serving *serving, uint32_t place, wb_i128 context, wb_i128 sequences, wb_load *load);

/* One kind of buffer on a place, for the lengths asked for; its cells are 0 for states. */
typedef struct wb_llama_cache {
  const char *name; /* "kv", "kv_swa", "kv_indexer", "rs" */
  wb_i128 bytes, cells;
} wb_llama_cache;
size_t wb_llama_caches(const wb_serving *serving, uint32_t place, wb_llama_cache out[WB_LLAMA_KINDS]);

#endif
