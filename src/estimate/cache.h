/* Caches and states on one rank of a stage, as an engine allocates them: bytes as forms of context and sequences. */
#ifndef WB_ESTIMATE_CACHE_H
#define WB_ESTIMATE_CACHE_H

#include "estimate/cachetype.h"
#include "estimate/placement.h"
#include "expr/form.h"

/* A request's prompt: so many tokens, or (0) all of its context but the output. */
typedef struct wb_request {
  wb_i128 prompt, output;
} wb_request;
wb_value wb_prompt_of(wb_ctx *ctx, const wb_request *request, const wb_value *context);

/* What an engine says of its allocation. */
typedef struct wb_cache_rules {
  wb_cache_type type;    /* of keys, values and latents that the description leaves to the model's dtype */
  wb_cache_type indexer; /* of an indexer's keys; without a name: as the others */
  wb_str state_dtype;    /* empty: as described */
  wb_i128 latent_elements, latent_heads; /* of a token, where keys and values stand for latents; 0: latents are kept */
  wb_i128 page;                          /* tokens allocated at a time */
  wb_i128 in_flight;                     /* tokens that a window keeps beside its own */
  bool paged_windows;                    /* a window takes whole pages and one more */
  wb_i128 state_columns;                 /* inputs of a convolution kept beside kernel − 1 */
  wb_i128 state_copies;                  /* of each state, for one sequence */
  wb_request request;                    /* its prompt is what an encoder reads */
  wb_i128 shared_prefix;                 /* tokens that all sequences have in common, kept once */
  bool whole_windows;                    /* windows are kept like full attention */
} wb_cache_rules;

/* What one kind of cache or state takes, of one sequence, in all of a stage's layers. */
typedef struct wb_cache_kind {
  const wb_kept *kept;
  wb_str name; /* "kv", "kv_swa", "cross", or as described */
  wb_str dtype;
  wb_i128 layers;
  wb_i128 entry_bytes; /* of one token (or of the state) in one layer on one rank */
  wb_i128 copies;      /* of a state, for one sequence */
  bool grows;          /* an entry for each token of the context */
  bool of_source;      /* an entry for each token that an encoder read */
  wb_i128 entries;     /* of a cache that is neither: of what an encoder made of other things */
  wb_i128 window;      /* tokens; 0: all */
  wb_i128 every;       /* one entry for so many tokens */
} wb_cache_kind;

/* The kinds on a stage; `mtp`: with those of prediction layers. */
wb_cache_kind *wb_cache_kinds(wb_model *model, const wb_layout *layout, wb_stage stage, const wb_cache_rules *rules,
                              bool mtp, size_t *count);

/* Tokens (entries) that one sequence takes of a kind of cache. */
wb_value wb_cache_entries(wb_ctx *ctx, const wb_cache_kind *kind, const wb_cache_rules *rules, const wb_layout *layout,
                          const wb_value *context);

/* Bytes of all sequences: of caches (per_token) or of states. */
wb_value wb_cache_bytes(wb_ctx *ctx, const wb_cache_kind *kinds, size_t count, const wb_cache_rules *rules,
                        const wb_layout *layout, bool per_token, const wb_value *context, const wb_value *sequences);

#endif
