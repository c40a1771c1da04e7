/* Engines: programs that serve models, described in data/engines: their options, how they allocate caches, what they take
 * of a device beside weights and caches. */
#ifndef WB_ESTIMATE_ENGINE_H
#define WB_ESTIMATE_ENGINE_H

#include "estimate/inputs.h"
#include "estimate/machine.h"

/* A quantity of an engine that takes memory, as forms of context and sequences. */
typedef struct wb_component {
  wb_str name;
  wb_value low, best, high;
  wb_basis basis;
  wb_str source;       /* citation; may be empty */
  wb_binding *binding; /* of the best, for its derivation; NULL: counted from the model */
} wb_component;

/* An engine for one question: its formulas bound to what they read. */
typedef struct wb_engine {
  const wb_decl *decl;
  wb_inputs *inputs;
  wb_scope *scope;
} wb_engine;

/* A name as descriptions write it: in lower case, signs that no name has as underscores. */
wb_str wb_engine_plain(wb_ctx *ctx, wb_str asked);

/* "vllm", "vllm@2025", "llama.cpp": signs that no name has stand as underscores in descriptions. Fails engine_unknown. */
const wb_decl *wb_engine_find(wb_library *lib, wb_ctx *ctx, wb_str asked);

/* Options as texts, "max_num_seqs=256", checked against those that the engine has. Fails engine_option, with the list. */
wb_option *wb_engine_options(wb_ctx *ctx, const wb_decl *engine, const char *const *texts, size_t count);
/* Fails option_twice where one name has two values: an optimizer, a sharding or an adapter takes one of each. */
void wb_options_once(wb_ctx *ctx, const wb_decl *decl, const wb_option *options, size_t count);

bool wb_engine_has_option(const wb_decl *engine, wb_str name);

/* Whether a formula of the engine reads a name, so that what takes long is made only then. */
bool wb_engine_reads(wb_library *lib, wb_ctx *ctx, const wb_decl *engine, const char *name);

/* Binds an engine's formulas. What they read of the question is given before anything is asked of it. */
wb_engine wb_engine_new(wb_model *model, const wb_decl *decl, const wb_option *options, size_t option_count);
/* The same for formulas that read no model: of optimizers and of sharding. */
wb_engine wb_engine_bare(wb_library *lib, wb_ctx *ctx, const wb_decl *decl, const wb_option *options, size_t count);

/* Fails engine_option_value where an option that was given is of another kind than its default, and engine_require where
 * a `require` of the engine does not hold. */
void wb_engine_check(wb_model *model, const wb_engine *engine);
void wb_engine_check_bare(wb_ctx *ctx, const wb_engine *engine);
void wb_engine_give(wb_model *model, wb_engine *engine, const char *name, wb_value value, wb_origin_kind origin);

/* A quantity, option or let by name; NULL when the engine has none. */
const wb_value *wb_engine_value(wb_model *model, const wb_engine *engine, const char *name);
wb_i128 wb_engine_whole(wb_model *model, const wb_engine *engine, const char *name,
                        wb_i128 fallback);                                         /* rounded down */
wb_str wb_engine_text(wb_model *model, const wb_engine *engine, const char *name); /* "" for none */
bool wb_engine_flag(wb_model *model, const wb_engine *engine, const char *name);

/* Its components in order. */
wb_component *wb_engine_components(wb_model *model, const wb_engine *engine, size_t *count);

#endif
