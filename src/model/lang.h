/* Descriptions: operations, blocks and families as parsed from data/. Grammar: docs/language.md.
 *
 * A block is its forward pass written once; an operation is a leaf of it (what it stores, what shape it returns);
 * a family names the fields of a configuration with the model class's defaults, and the model made from them; a method
 * is a published rule of thumb with the inputs it reads; an engine is a serving program with its options and what it
 * takes of a device; a format names the tensors that a checkpoint stores for one matrix.
 */
#ifndef WB_MODEL_LANG_H
#define WB_MODEL_LANG_H

#include "expr/ast.h"
#include "expr/lex.h"

typedef struct wb_stmt wb_stmt;

typedef struct wb_body {
  wb_stmt **items;
  size_t count;
  size_t cap;
} wb_body;

/* A tensor's name relative to its scope: parts of text and of expressions ("{expr}"), joined by dots but where they touch. */
typedef struct wb_path_part {
  wb_str text;
  const wb_expr *expr; /* NULL: text */
  bool touches;        /* the part before it: {name}_proj */
} wb_path_part;

typedef struct wb_path {
  wb_path_part *parts;
  size_t count;
  size_t cap;
  wb_str plain; /* the whole path when no part is an expression */
  bool is_plain;
} wb_path;

typedef enum wb_cut { WB_CUT_NONE, WB_CUT_COLUMNS, WB_CUT_ROWS, WB_CUT_EXPERTS, WB_CUT_REPLICATE } wb_cut;

/* What may stand after a call or a tensor. */
typedef struct wb_modifiers {
  const wb_expr *when; /* only when true */
  const wb_sym *group; /* NULL: the block's */
  wb_cut cut;
  const wb_expr *cut_by;
  wb_path *tied_to; /* from the root of the family's names */
  const wb_expr *tied_when;
  wb_str dtype;                /* empty: the configuration's */
  const wb_expr *routed_top_k; /* `routed k of E`: a tensor that holds all experts */
  const wb_expr *routed_of;
  const wb_rename *renames;
  size_t rename_count;
} wb_modifiers;

typedef enum wb_stmt_kind {
  WB_S_LET,
  WB_S_SAME,
  WB_S_CALL,
  WB_S_PARAM,
  WB_S_BUFFER,
  WB_S_CACHE,
  WB_S_STATE,
  WB_S_WHEN,
  WB_S_STACK,
  WB_S_REPEAT,
  WB_S_SCOPE,
  WB_S_DISPATCH,
  WB_S_RETURN,
  WB_S_YIELD,
  WB_S_REQUIRE,
  WB_S_GROUP,
  WB_S_PATH,
  WB_S_PART,
  WB_S_UNDESCRIBED,
  WB_S_APART,
  WB_S_GIVEN,
  WB_S_ON,
  WB_S_WITHOUT_GRADIENT,
  WB_S_COST,
  WB_S_TRAINING,
  WB_S_QUANTITY,
  WB_S_COMPONENT,
  WB_S_CHECK
} wb_stmt_kind;

/* `on a, b after c times d`: positions of what follows (or of what an operation returns). */
typedef struct wb_on {
  const wb_expr *extents[WB_MAX_EXTENTS];
  uint32_t rank;
  const wb_expr *past, *times; /* NULL: none; 1 */
} wb_on;

/* What an operation costs; `wb_cost_words` has the words in this order. */
typedef enum wb_cost_kind {
  WB_COST_FLOPS,
  WB_COST_RECOMPUTE, /* FLOPs that a fused backward does again */
  WB_COST_BACKWARD,  /* FLOPs of the backward beside one more forward for each gradient; may be below 0 */
  WB_COST_READS,     /* elements of activations, where it is not each input once */
  WB_COST_WRITES,    /* … not each result once */
  WB_COST_WEIGHTS,   /* elements of stored matrices read, where they are not its own, all of them */
  WB_COST_TEMP,      /* elements that live only while it runs */
  WB_COST_SAVES,     /* elements that its backward needs */
  WB_COST_COUNT
} wb_cost_kind;
extern const char *const wb_cost_words[WB_COST_COUNT];

typedef enum wb_flop_kind { WB_MATMUL, WB_ATTENTION, WB_CONVOLUTION, WB_OTHER_FLOPS, WB_FLOP_KINDS } wb_flop_kind;

struct wb_stmt {
  wb_stmt_kind kind;
  wb_place place;
  const wb_sym **targets; /* names that receive the results */
  size_t target_count;
  wb_unit unit; /* QUANTITY, COMPONENT */
  const wb_sym *
      name; /* LET, QUANTITY, COMPONENT, GROUP, PATH, APART (group), STACK/DISPATCH (index), CALL (callee), STATE, CACHE (or NULL) */
  wb_path *path;       /* CALL, PARAM, BUFFER, STACK, SCOPE, DISPATCH, PART: may be NULL */
  const wb_expr *expr; /* LET, COST value, WHEN condition, STACK/REPEAT/DISPATCH count, REQUIRE condition, PART field,
                            * GIVEN like */
  const wb_expr *
      second; /* CHECK what to try, STACK from, DISPATCH top_k, CACHE within, STATE over, REPEAT training, COMPONENT low */
  const wb_expr *every;    /* CACHE: one entry for so many tokens; COMPONENT high */
  const wb_argument *args; /* CALL; CACHE, RETURN values; dims of PARAM, BUFFER, STATE, GIVEN, YIELD */
  size_t arg_count;
  wb_str text;     /* REQUIRE message, UNDESCRIBED what, PART default family, COMPONENT source, QUANTITY unit, CHECK
                    * message's id */
  wb_str basis;    /* COMPONENT: "measured", "heuristic" … */
  wb_str label;    /* QUANTITY: what answers call it where it is not its name */
  bool is_fixed;   /* PART: `as`, not `default` */
  const wb_on *on; /* ON, YIELD; NULL: the positions of the first activation */
  wb_cost_kind cost;
  wb_flop_kind flops;
  wb_body body;
  wb_body other; /* WHEN else */
  wb_modifiers mod;
};

typedef enum wb_decl_kind {
  WB_D_OPERATION,
  WB_D_BLOCK,
  WB_D_FAMILY,
  WB_D_METHOD,
  WB_D_ENGINE,
  WB_D_OPTIMIZER,
  WB_D_ADAPTER,
  WB_D_SHARDING,
  WB_D_CONSTANT,
  WB_D_FORMAT
} wb_decl_kind;

typedef struct wb_parameter {
  const wb_sym *name;
  const wb_expr *fallback; /* NULL: must be given */
} wb_parameter;

/* What a function of a method may be given, as a control offers it. Every expression may be NULL. */
typedef struct wb_input {
  const wb_expr *from; /* of a model and a question; NULL: only when it is given */
  const wb_expr *low, *high, *step;
  const wb_expr *best_low, *best_high; /* where its source says that it does best */
  wb_value *choices;                   /* nothing else is taken; none: any */
  size_t choice_count;
  wb_str unit, impact; /* "pixels"; "high", "medium", "low" or "none" on memory; may be empty */
  bool takes_list;     /* a number for each segment of layers instead of one */
  bool is_open;        /* `such as`: the choices are those that the source names, others are taken */
} wb_input;

/* Why a quantity of a method differs from the exact one: what each cause adds to it. What is left over is said too. */
typedef struct wb_cause {
  const wb_sym *name;
  const wb_expr *expr;
} wb_cause;

typedef struct wb_against {
  wb_str quantity;      /* its label */
  const wb_expr *exact; /* in the quantity's own unit */
  wb_cause *causes;
  size_t count, cap;
} wb_against;

/* `answers train for lora, qlora4 with total`: the question that a function answers and its figure. */
typedef struct wb_answers {
  wb_str question; /* "parameters", "memory", "train", "flops" */
  wb_str *modes;   /* of training; none: any */
  size_t mode_count;
  wb_str quantity; /* its label */
} wb_answers;

/* A field of a family: how it is called in a configuration and what the class assumes without it. */
typedef struct wb_field {
  const wb_sym *name;
  const wb_expr *fallback; /* NULL: must be given */
  const wb_sym **aliases;
  size_t alias_count;
  wb_str from;           /* dotted path in the configuration, empty: the name */
  bool nullable;         /* null stays null instead of meaning "absent" */
  bool option;           /* of an engine: set on its command line, not read from a configuration */
  bool derived;          /* `let`: never read from the configuration */
  const wb_input *input; /* of a method's function; NULL: it is none */
  wb_place place;
} wb_field;

typedef struct wb_decl {
  wb_decl_kind kind;
  const wb_sym *name;
  wb_place place;
  wb_str source; /* citation */
  wb_parameter *params;
  size_t param_count;
  wb_body body;
  wb_body costs;        /* OPERATION: its cost lines, apart from what a walk does */
  const wb_expr *value; /* CONSTANT */
  /* families only */
  const struct wb_decl *like;
  wb_str *model_types;
  size_t model_type_count;
  wb_str class_name;
  wb_field *fields; /* own and inherited, own last wins */
  size_t field_count;
  /* methods only: their functions; of a function, the method and what it answers and is compared with */
  struct wb_decl **functions;
  size_t function_count, function_cap;
  const struct wb_decl *method;
  wb_answers *answers;
  size_t answer_count, answer_cap;
  wb_against *against;
  size_t against_count, against_cap;
  bool is_override; /* from a user's folder */
  bool is_generic;  /* the fallback for unknown types */
} wb_decl;

/* Parses every declaration of a file and hands over each as soon as it is read, so that a later one may be `like` an
 * earlier one. `like` finds the family or engine that another one is like, NULL if there is none. */
typedef struct wb_decl_sink {
  wb_decl *(*like)(void *user, wb_decl_kind kind, wb_str name, wb_place place);
  void (*found)(void *user, wb_decl *decl);
  void *user;
} wb_decl_sink;
/* The kind of declaration that a word begins. */
bool wb_decl_kind_named(wb_str word, wb_decl_kind *kind);

void wb_parse_descriptions(wb_ctx *ctx, wb_symtab *symbols, wb_str source, wb_str file, const wb_decl_sink *sink);

#endif
