/* Optimizers: what each keeps for a tensor that is trained, by descriptions of data/optimizers.
 *
 * A description's quantities in bytes are the states that the optimizer makes for one tensor; four of them have a meaning:
 * state_bytes is all of them, host_bytes and paged_bytes are the parts of it that lie in the host's memory and in pages that
 * the driver may move there, shared_bytes is made once for all tensors and stands beside state_bytes.
 */
#ifndef WB_ESTIMATE_OPTIMIZER_H
#define WB_ESTIMATE_OPTIMIZER_H

#include "estimate/derive.h"
#include "estimate/engine.h"
#include "estimate/trainable.h"

typedef struct wb_optimizer {
  wb_library *lib;
  wb_ctx *ctx;
  const wb_decl *decl;
  wb_str asked; /* as it was asked for */
  wb_option *options;
  size_t option_count;
} wb_optimizer;

/* By its name, by one that a library or a trainer has for it ("bitsandbytes.AdamW8bit", "adamw_torch_fused": names.tsv), with
 * options as "momentum=0.9". Fails optimizer_unknown with near names, and engine_option. */
wb_optimizer wb_optimizer_find(wb_library *lib, wb_ctx *ctx, wb_str asked, const char *const *options, size_t count);

/* A row of data/optimizers/names.tsv. */
typedef struct wb_optimizer_name {
  wb_str name, optimizer, options, source;
} wb_optimizer_name;
bool wb_optimizer_name_next(size_t *at, wb_optimizer_name *out);

typedef struct wb_kept_state {
  wb_str name; /* "exp_avg" */
  wb_i128 bytes;
  wb_binding *binding; /* its formula */
} wb_kept_state;

/* What is kept for one tensor, or for all of a list. */
typedef struct wb_optimizer_bytes {
  wb_i128 state, host, paged, shared; /* host and paged are parts of state */
  wb_kept_state *parts;               /* of one tensor: those that are not 0 */
  size_t part_count;
  wb_engine bound; /* of one tensor: its formulas */
} wb_optimizer_bytes;

/* `trained`: elements of all tensors of the run, for optimizers that keep something of all at once. */
wb_optimizer_bytes wb_optimizer_of(const wb_optimizer *optimizer, const wb_trained *tensor, wb_num trained);

/* Whether it takes such a tensor; wb_optimizer_of fails description_require where it does not. */
bool wb_optimizer_takes(const wb_optimizer *optimizer, const wb_trained *tensor);

/* Sums over a list, copies included; `shared` is what is made once. */
wb_optimizer_bytes wb_optimizer_over(const wb_optimizer *optimizer, const wb_trained_list *list);

typedef enum wb_states_on { WB_STATES_ON_BOTH, WB_STATES_ON_CARD, WB_STATES_ON_HOST } wb_states_on;

/* All bytes of a list, or those on one side: a node for each shape, with the formulas of its states below. */
const wb_node *wb_optimizer_derive(const wb_optimizer *optimizer, const wb_trained_list *list, wb_states_on on,
                                   wb_derivation *d);

wb_num wb_trained_elements(wb_ctx *ctx, const wb_trained *tensor); /* of one */
wb_num wb_trained_total(wb_ctx *ctx, const wb_trained_list *list);

#endif
