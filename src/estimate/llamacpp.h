/* llama.cpp: the buffers that it allocates, from what a GGUF file or a model says. Sources: data/engines/llamacpp*.tsv.
 *
 *   facts (of a model) + context (what was asked, made regular as the engine does) -> bytes per layer -> buffers.
 *
 * Caches, states, the output buffer and weights are exact; the compute buffer is an interval (llamacpp_compute.c). */
#ifndef WB_ESTIMATE_LLAMACPP_H
#define WB_ESTIMATE_LLAMACPP_H

#include "estimate/ggml.h"
#include "model/model.h"

/* No value of a model or a request is above this: every product of the rules then fits wb_i128. */
#define WB_LLAMA_VALUE_MAX  ((int64_t)1 << 31)
#define WB_LLAMA_LAYERS_MAX 1024

/* The newest build whose buffers were recorded: what "llama.cpp" without a build means. */
#define WB_LLAMA_NEWEST 11434

/* ---- what the engine knows of an architecture: a row of data/engines/llamacpp-architectures.tsv ---- */

typedef enum wb_llama_memory {
  WB_LLAMA_ATTENTION,
  WB_LLAMA_NO_MEMORY,
  WB_LLAMA_RECURRENT,
  WB_LLAMA_HYBRID
} wb_llama_memory;

typedef enum wb_llama_indexer {
  WB_LLAMA_NO_INDEXER,
  WB_LLAMA_DSA, /* one key head beside a latent cache */
  WB_LLAMA_MSA, /* one head of keys and values on sparse layers */
  WB_LLAMA_DSV4 /* compressed caches beside a raw window */
} wb_llama_indexer;

typedef struct wb_llama_rules {
  wb_str architecture;
  wb_llama_memory memory;
  wb_llama_indexer indexer;
  wb_str recurrent, period, window, only_if, owners, nextn, latent, graph, model_types,
      source; /* the cells as they stand */
  bool dense_first;
  bool no_flash;
  bool encoder;         /* the output buffer holds embeddings too; outputs cannot be limited */
  bool embedding_twice; /* the output is asked for first, so that a tied embedding is read twice even on one device */
} wb_llama_rules;

/* By GGUF architecture, or by a configuration's model_type. False when llama.cpp is not known to have it; `rules` is then
 * that of a plain decoder. */
bool wb_llama_rules_of(wb_str architecture, wb_llama_rules *rules);
bool wb_llama_rules_for_type(wb_str model_type, wb_llama_rules *rules);

/* ---- the facts of a model ---- */

typedef struct wb_llama_layer {
  int64_t k_width, v_width; /* elements of a token; v_width 0: no V (latent cache) */
  int64_t index_k, index_v; /* of the indexer's cache */
  int64_t state_r, state_s; /* elements of a sequence: convolution or token shift, and state */
  int64_t heads, head_dim, ff;
  int64_t ratio; /* tokens to an entry of the compressed cache; 0: none */
  bool sliding;
  bool attends; /* has attention */
  bool owns;    /* and a cache of its own */
  bool recurrent;
  bool nextn;
} wb_llama_layer;

#define WB_LLAMA_TYPES 16 /* that a cache may have */

/* Layers that are alike: the first of them, and how many. */
typedef struct wb_llama_group {
  uint32_t layer, count;
} wb_llama_group;

typedef struct wb_llama_phase wb_llama_phase; /* of the compute buffer */

typedef struct wb_llama_facts {
  wb_llama_rules rules;
  bool known; /* an architecture of llama.cpp; otherwise read as a plain decoder */
  wb_llama_layer *layers;
  uint32_t layer_count; /* prediction layers among them, at the end */
  uint32_t nextn;
  int64_t embd, embd_out, vocabulary, trained_context;
  int64_t head_dim_k, head_dim_v; /* of layers without a window: what a block of the cache type must divide */
  int64_t window;                 /* 0: none */
  int64_t index_width;            /* head size of an indexer */
  int64_t experts, experts_used, expert_ff, shared_ff, shared_experts;
  int64_t dense_layers, expert_step;     /* leading layers without experts; every so many layers has them */
  int64_t latent_rank, query_full;       /* MLA: of the latent, and a head of queries before it is absorbed */
  int64_t conv_kernel, state_size;       /* of state-space layers */
  int64_t embd_per_layer, hidden_copies; /* Gemma 3n and 4 */
  bool latent;                           /* MLA as one cache */
  bool causal;
  /* made ready for many questions by wb_llama_prepare */
  wb_llama_group *groups;
  uint32_t group_count;
  wb_ggml_type types[WB_LLAMA_TYPES];
  uint32_t type_count;
  wb_llama_phase *phases;
  uint32_t phase_count;
} wb_llama_facts;

/* Groups, types and phases; whoever changes layers of facts calls it again. */
void wb_llama_prepare(wb_ctx *ctx, wb_llama_facts *facts);

/* The values of one GGUF key without its architecture: "attention.head_count_kv". Booleans are 0 and 1. */
typedef struct wb_llama_value {
  const int64_t *values;
  size_t count;
  bool list;
} wb_llama_value;

/* Looks a key up; false when it is absent or holds no whole numbers. */
typedef struct wb_llama_keys {
  bool (*find)(void *user, wb_str key, wb_llama_value *out);
  void *user;
} wb_llama_keys;

/* Facts from a GGUF file's keys. Fails with LLAMA_KEY_BAD. */
wb_llama_facts *wb_llama_facts_of_keys(wb_ctx *ctx, wb_str architecture, const wb_llama_keys *keys);

/* Facts from a configuration, by the keys that the converter would write. Where llama.cpp has no such architecture
 * (`known` false), from what the description keeps: K and V of each layer, windows and states. Fails the model's context. */
wb_llama_facts *wb_llama_facts_of_model(wb_model *model);

/* ---- what was asked, as the engine makes it regular (src/llama-context.cpp) ---- */

typedef enum wb_llama_switch { WB_LLAMA_AUTO, WB_LLAMA_ON, WB_LLAMA_OFF } wb_llama_switch;

typedef struct wb_llama_asked {
  int64_t n_ctx; /* 0: as trained */
  int64_t n_batch, n_ubatch;
  int64_t n_seq_max;     /* sequences at once */
  int64_t n_rs_seq;      /* states kept beside the newest, for speculation */
  int64_t n_outputs_max; /* 0: n_batch */
  wb_llama_switch flash;
  wb_str type_k, type_v; /* GGML types: f16 … */
  bool unified, swa_full, embeddings;
  bool one_each; /* no more outputs than sequences, whatever n_outputs_max says */
  bool mtp;      /* the context of the prediction layers */
  int64_t build; /* 10261 */
} wb_llama_asked;

/* What one of its programs asks where the user does not: server, cli, bench, perplexity, embedding. False: no such
 * program. Whoever asks for a number of sequences sets unified too (it is on only where the server chose their number). */
bool wb_llama_defaults(wb_str program, wb_llama_asked *asked);

typedef struct wb_llama_context {
  wb_llama_asked asked; /* regular */
  int64_t n_ctx_seq;    /* cells of a full cache, for each stream */
  int64_t n_stream;
  bool flash;
  int64_t k_block, k_bytes, v_block, v_bytes; /* elements and bytes of a block of each type */
  int64_t v_width;                            /* without flash attention: V of every layer is as wide as the widest */
} wb_llama_context;

/* Fails with LLAMA_ASKED_BAD, LLAMA_CACHE_TYPE, and with what the engine refuses: LLAMA_V_NEEDS_FLASH … */
wb_llama_context wb_llama_context_of(wb_ctx *ctx, const wb_llama_facts *facts, const wb_llama_asked *asked);

/* ---- buffers ---- */

typedef enum wb_llama_kind {
  WB_LLAMA_KV,         /* caches of full attention, or all where there is no sliding one */
  WB_LLAMA_KV_SLIDING, /* of sliding layers */
  WB_LLAMA_KV_INDEXER,
  WB_LLAMA_STATE, /* recurrent */
  WB_LLAMA_KINDS
} wb_llama_kind;

/* Bytes of one layer in one kind of buffer, each tensor padded to the backend's alignment (32 on a CPU, 128 on CUDA). */
wb_i128 wb_llama_layer_bytes(const wb_llama_facts *facts, const wb_llama_context *context, uint32_t layer,
                             wb_llama_kind kind, int64_t alignment);

/* The same over all layers. */
wb_i128 wb_llama_buffer(const wb_llama_facts *facts, const wb_llama_context *context, wb_llama_kind kind,
                        int64_t alignment);

/* Cells of the sliding cache, for each stream. */
int64_t wb_llama_sliding_cells(const wb_llama_facts *facts, const wb_llama_context *context);

/* The output buffer, always on the host, as it stands when the context is made. */
wb_i128 wb_llama_output(const wb_llama_facts *facts, const wb_llama_context *context);

/* ---- the compute buffer (llamacpp_compute.c) ---- */

/* Bytes of the compute buffer when all runs on one backend: an interval, measured (data/engines/llamacpp-phases.tsv). On
 * several devices each has one of about this size, as what it holds ends inside a layer. */
typedef struct wb_llama_compute {
  wb_i128 low, best, high;
  wb_str phase; /* the form that gave `best`, for people */
} wb_llama_compute;

/* The phases that this model can have. Called by wb_llama_prepare. */
void wb_llama_phases(wb_ctx *ctx, wb_llama_facts *facts);

wb_llama_compute wb_llama_compute_of(const wb_llama_facts *facts, const wb_llama_context *context);

/* ---- words ---- */

bool wb_llama_has_word(wb_str list, wb_str word); /* of words with one blank between them */

/* ---- weights (llamacpp_weights.c) ---- */

typedef struct wb_llama_tensor {
  wb_str name; /* blk.0.attn_q.weight */
  wb_str type; /* of GGML */
  uint32_t rank;
  int64_t dims[4]; /* row length first */
} wb_llama_tensor;

/* The buffer of weights that are read, all on one device: each tensor padded. `mtp`: prediction layers are loaded. */
wb_i128 wb_llama_weights(const wb_llama_facts *facts, const wb_llama_tensor *tensors, size_t count, bool mtp,
                         int64_t alignment);

/* The mapped span: first to last byte of used tensors, as they stand in the file one after another. */
wb_i128 wb_llama_mapped(const wb_llama_facts *facts, const wb_llama_tensor *tensors, size_t count, bool mtp,
                        int64_t build, int64_t alignment);

/* ---- devices (llamacpp_devices.c) ---- */

#define WB_LLAMA_DEVICES 16

typedef struct wb_llama_devices {
  uint32_t count;                /* accelerators; 0: all on the host */
  float split[WB_LLAMA_DEVICES]; /* shares: --tensor-split, else the free memory of each */
  int64_t layers;                /* --n-gpu-layers; the output layer is counted first */
  bool kv_on_host;               /* --no-kv-offload */
  const uint32_t *known;         /* devices of layers, worked out before; NULL: they are not */
} wb_llama_devices;

/* The device of a layer (layer_count: the output): 0 is the host, 1 the first accelerator. */
uint32_t wb_llama_device_of(const wb_llama_facts *facts, const wb_llama_devices *devices, uint32_t layer);

/* Bytes of caches of one kind on a device. */
wb_i128 wb_llama_on_device(const wb_llama_facts *facts, const wb_llama_context *context, wb_llama_kind kind,
                           const wb_llama_devices *devices, uint32_t device, int64_t alignment);

/* Bytes of weights on a device when each is a buffer of its own. Tied embeddings stand on the host and, when the output
 * layer is on an accelerator, there too. */
wb_i128 wb_llama_weights_on(const wb_llama_facts *facts, const wb_llama_tensor *tensors, size_t count, bool mtp,
                            const wb_llama_devices *devices, uint32_t device, int64_t alignment);

#endif
