/* A model: what a description says about one configuration. Immutable once built.
 *
 * Tensors are kept as rows: one name pattern with index sets, so 45,000 tensors of DeepSeek-V3 are about sixty rows.
 * Every dimension of a row is a binding, hence knows its formula and origin.
 */
#ifndef WB_MODEL_MODEL_H
#define WB_MODEL_MODEL_H

#include "model/config.h"
#include "model/resolution.h"
#include "model/workload.h"

/* Numbers that take the place of a mark in a name pattern: ranges, ascending. */
typedef struct wb_range {
  uint32_t low, high;
} wb_range; /* both inclusive */
typedef struct wb_number_set {
  wb_range *ranges;
  size_t range_count, range_cap;
  uint64_t size;
  const wb_expr *expr; /* where the set is all of a stack: the expression that counts it; NULL for a part of one */
  wb_scope *scope;
} wb_number_set;

#define WB_INDEX_MARK  '\x01'
#define WB_MAX_INDICES 4
#define WB_NAME_MAX    900 /* bytes of a pattern: with its numbers a name stays below 1,024 */

typedef enum wb_group {
  WB_G_EMBEDDING,
  WB_G_ATTENTION,
  WB_G_MLP,
  WB_G_ROUTER,
  WB_G_ROUTED_EXPERT,
  WB_G_SHARED_EXPERT,
  WB_G_NORM,
  WB_G_HEAD,
  WB_G_STATE_SPACE,
  WB_G_CONVOLUTION,
  WB_G_VISION,
  WB_G_AUDIO,
  WB_G_PROJECTOR,
  WB_G_MTP,
  WB_G_OTHER,
  WB_GROUP_COUNT
} wb_group;
const char *wb_group_name(wb_group group);
bool wb_group_parse(wb_str name, wb_group *out);

typedef enum wb_tensor_kind { WB_PARAM, WB_BUFFER, WB_TIED } wb_tensor_kind;

typedef struct wb_row {
  wb_str pattern; /* each WB_INDEX_MARK stands for one index */
  const wb_number_set *indices[WB_MAX_INDICES];
  uint32_t index_count;
  uint32_t stack_last; /* of an indexed row: the highest first index of the rows of its stack, over all classes */
  uint32_t rank;
  wb_binding *dims[WB_MAX_RANK];
  wb_tensor_kind kind;
  wb_group group;
  bool mtp;
  wb_str dtype;
  wb_str tied_to;  /* WB_TIED: a full name */
  wb_num elements; /* of one tensor */
  wb_num copies;   /* how many tensors the row stands for */
  bool routed;     /* held by experts of which each token takes top_k of experts */
  wb_num top_k, experts;
  wb_cut cut;
  wb_binding *cut_by; /* NULL: by single elements */
  const wb_stmt *stmt;
  const wb_decl *decl;
} wb_row;

/* One operation of the forward pass, for the layers of its indices. */
typedef struct wb_op_use {
  const wb_decl *operation;
  wb_str pattern;
  const wb_number_set *indices[WB_MAX_INDICES];
  uint32_t index_count;
  wb_scope *scope; /* its parameters, inputs among them */
  wb_group group;
  const wb_axis *positions;
  size_t first_row, end_row; /* of the tensors that it stores itself */
  const wb_shape **outputs;
  size_t output_count;
  wb_num repeats; /* how often it runs in one pass, all indices together */
  bool routed;
  bool mtp;         /* of a prediction layer */
  bool no_gradient; /* it has no backward */
  wb_num trained;   /* the share of its repeats that has one */
  wb_num top_k, experts;
  wb_str path; /* "expanded", "absorbed" …; empty: always */
} wb_op_use;

#define WB_KEPT_WIDTHS 4

/* What serving keeps: per token (cache) or per sequence (state). */
typedef struct wb_kept {
  bool per_token;
  bool mtp; /* of a prediction layer */
  wb_str name;
  wb_num elements;               /* in one layer, for one token or one sequence */
  wb_num widths[WB_KEPT_WIDTHS]; /* of a cache: of each activation that it keeps, side by side */
  uint32_t width_count;
  wb_num over; /* of a state: kernel of the convolution whose last inputs it keeps, `elements` for each; 0: none */
  const wb_axis *positions; /* of a cache: those of this pass and before that it has an entry for; NULL: the tokens */
  wb_binding *within;       /* window in tokens; NULL: unbounded */
  wb_cut cut;               /* over ranks of tensor parallelism; NONE: every rank holds all */
  wb_binding *cut_by;
  wb_binding *every; /* one entry for so many tokens; NULL: for each */
  wb_str dtype;      /* the model's, or a name of data/formats/cache.tsv */
  wb_num copies;     /* layers */
  const wb_number_set *indices[WB_MAX_INDICES];
  uint32_t index_count;
  /* of src/estimate: how its positions grow, once somebody needed it */
  bool span_known, grows, of_source;
  wb_i128 entries;
} wb_kept;

typedef struct wb_warning {
  wb_message_id message;
  wb_str args[WB_MESSAGE_ARGS];
  const wb_message_id *details; /* sentences that follow the message */
  size_t detail_count;
} wb_warning;

/* Appends a warning with its details in a language. */
void wb_warning_add(wb_text *out, const wb_warning *warning, wb_lang lang);

typedef struct wb_model {
  wb_ctx ctx;
  wb_library *lib;
  wb_config config;
  wb_str name; /* as asked for: a path, a catalogue name */
  const wb_decl *family;
  wb_str model_type;
  wb_scope *root;    /* operations and blocks in use */
  wb_fields *fields; /* the root configuration's */
  wb_fields *all_fields;
  wb_row *rows;
  size_t row_count, row_cap;
  wb_op_use *ops;
  size_t op_count, op_cap;
  wb_forms *forms; /* of the open quantities */
  wb_kept *kept;
  size_t kept_count, kept_cap;
  wb_str *undescribed;
  size_t undescribed_count, undescribed_cap;
  wb_warning *warnings;
  size_t warning_count, warning_cap;
  wb_str dtype;                     /* the configuration's, by its torch name */
  bool dtype_given;                 /* false: the configuration names none, torch's default is assumed */
  bool generic;                     /* the family was guessed */
  void *passes;                     /* of src/estimate: the closed forms of a forward pass, once somebody needed them */
  void *moves;                      /* of src/estimate: what its operations read and write, likewise */
  const struct wb_assumed *assumed; /* a size was given and no architecture: what stands for one; NULL: a model was */
  wb_resolution *resolution;        /* how its name was found; NULL: it was not asked by name */
  bool formula_only;                /* no rows: the total is a rule of thumb's */
  wb_num asked_total, asked_active; /* the size as typed; 0: none was */
  struct wb_model *draft;           /* a smaller model that drafts its tokens while it is served; NULL: none */
  const void *tried;                /* of src/estimate: the engine whose names trials have found already */
  const void *cards;                /* of src/estimate: cards that were asked for by name, likewise */
  const void *speeds;               /* of src/estimate: what was built of its speed, likewise */
  const void *loaded;               /* of src/estimate: formats that its weights were weighed in, likewise */
  const void *stored;               /* of src/estimate: its weights as the checkpoint holds them, likewise */
  const void *measured;             /* of src/estimate: what its rows show of dimensions, likewise */
  const void *llama;                /* of src/estimate: what llama.cpp would know of it, likewise */
  const wb_i128 *longest;           /* of src/estimate: the longest sequence that it is for, likewise */
  const void *comparison;           /* of src/estimate: its total beside that of the "config" method, likewise */
  const void *plans;                /* of src/estimate: the same, without the places that they are on */
  const void *adapters;             /* of src/estimate: what adapters make of it, likewise */
  const void *modules;              /* of src/estimate: its modules as libraries have them, likewise */
  const void *renamings;            /* of src/estimate: how libraries name its modules, likewise */
  const void *servings;             /* of src/estimate: questions of memory that stay built, likewise */
  const wb_num *config_kv;          /* of src/estimate: what the "config" method keeps of a token, likewise */
  /* totals */
  wb_num total, buffers, mtp, active;
  wb_num groups[WB_GROUP_COUNT];
  bool tied_embeddings;
} wb_model;

/* Finds the family that model->config means and sets model_type, family, generic. Warns when it is not by model_type;
 * fails with model_unknown when the configuration does not look like a decoder. */
void wb_model_choose(wb_model *model);

/* Builds the model. model->ctx, lib, config and name must be set. Fails model->ctx. */
void wb_model_build(wb_model *model);

/* Adds the warnings about how the configuration was read: defaults, unused settings, undescribed parts. */
void wb_model_review(wb_model *model);

/* Warns where the conditions of data/checks do not hold, with the values that would meet them. */
void wb_model_check(wb_model *model);

/* Keys of the configuration that no description read and that are not known to be harmless, with their prefix. */
size_t wb_unused_keys(wb_model *model, wb_str **keys);

/* Only the total, for model->config as it stands now: no names, rows or operations are made. Replaces model->fields;
 * whoever asks puts them back and releases the memory. */
wb_num wb_model_count(wb_model *model);

/* True only when the whole model is described: nothing undescribed, nothing guessed. */
bool wb_model_enumerated(const wb_model *model);

wb_warning *wb_model_warn(wb_model *model, wb_message_id message, size_t count, const wb_str *args);

/* The objects in which a configuration speaks of its language model, to be asked in this order: the whole (0), then the
 * nested ones that published configurations use; NULL where there is none. */
#define WB_LANGUAGE_CONFIGS 6
const wb_json *wb_language_config(const wb_model *model, size_t i);

/* Active parameters of a row: with routed experts only the share that a token takes. */
wb_num wb_row_active(wb_ctx *ctx, const wb_row *row);

/* Calls `each` for every tensor of a row, in order, with its full name; stops when it returns false. */
typedef bool (*wb_tensor_fn)(void *user, wb_str name);
void wb_row_expand(wb_ctx *ctx, const wb_row *row, wb_tensor_fn each, void *user);

void wb_numbers_add(wb_ctx *ctx, wb_number_set *set, uint32_t n);     /* above all that the set holds */
bool wb_numbers_meet(const wb_number_set *a, const wb_number_set *b); /* whether two sets have a number in common */

/* 4096x1024, or scalar. */
wb_str wb_row_shape(wb_ctx *ctx, const wb_row *row);

/* A name pattern with its index sets written out. */
void wb_pattern_print(wb_text *out, wb_str pattern, const wb_number_set *const *indices, uint32_t count);

/* The same of a row: model.layers.{0-60}.mlp.gate.weight */
void wb_row_print(wb_text *out, const wb_row *row);

size_t wb_dtype_bytes(wb_str dtype); /* 0 when unknown */
wb_str wb_dtype_name(wb_str name);   /* torch's name for "bf16", "torch.bfloat16", …; empty when unknown */

#endif
