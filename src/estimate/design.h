/* A configuration for the hardware: published models and dimensions of one's own that a machine takes, each as the
 * serving estimate, asked about it, says. */
#ifndef WB_ESTIMATE_DESIGN_H
#define WB_ESTIMATE_DESIGN_H

#include "estimate/serving.h"
#include "estimate/speed.h"

/* ---- the question ---- */

/* A serving question without a model, with what is kept free and what is asked for besides. */
typedef struct wb_design_question {
  weigh_serving asked; /* with engine option `reserve` where the engine has one and it was not given */
  wb_num reserve;      /* share of what a process can use of a card that is kept free */
  bool reserve_of_engine;
  double least_rate;  /* tokens a second of one sequence; 0: any */
  wb_i128 usd_cards;  /* cards rented for `usd`; 0: no price is known */
  double usd;         /* an hour, of all cards */
  wb_str usd_source;  /* provider, date */
  wb_i128 vocabulary; /* 0: the family's */
} wb_design_question;

/* Reads cards, reserve and budget. Fails design_*, gpu_*, engine_*. */
wb_design_question wb_design_ask(wb_ctx *ctx, wb_library *lib, const weigh_serving *asked, const weigh_design *design);

/* What the cards cost an hour, where that is known. */
void wb_design_price(wb_ctx *ctx, wb_design_question *question, const wb_card *cards, size_t count);

/* ---- an answer about one model ---- */

typedef struct wb_design_figures {
  wb_i128 parameters, active;
  wb_load load;   /* of the fullest device */
  wb_i128 budget; /* of it: what the engine grants and the reserve leaves, whichever is less */
  wb_i128 usable; /* of its card */
  uint32_t tp, pp;
  wb_i128 gpus;
  wb_i128 token_bytes; /* of one more token of a sequence */
  bool no_length;      /* the configuration says of no length, and the model keeps something of every token */
  wb_i128 made_for;    /* tokens that the configuration says it is for; 0: it does not */
  wb_i128 max_context, max_sequences;                         /* that memory allows */
  wb_i128 longest;                                            /* of the question */
  wb_interval first_token_s, prompt_rate, per_sequence, rate; /* 0: not known */
} wb_design_figures;

/* Why a model is no answer. */
typedef enum wb_design_verdict {
  WB_DESIGN_FITS,
  WB_DESIGN_TOO_LARGE,
  WB_DESIGN_TOO_SLOW,
  WB_DESIGN_TOO_SHORT, /* it is made for fewer tokens than are asked for */
  WB_DESIGN_NO_TOKENS, /* it makes no text */
  WB_DESIGN_UNKNOWN,   /* not all of it is described, so nothing it is said to weigh would hold */
  WB_DESIGN_UNDIVIDED, /* its heads do not divide over the ranks */
  WB_DESIGN_REFUSED,   /* the engine or the format refuses it */
  WB_DESIGN_VERDICTS
} wb_design_verdict;

/* Whether a model fits. Of one whose weights alone are too much only they are known, but with `whole`. Fails the model's
 * context as wb_serving_new does. `serving`: what was built; left alone where it was not needed. */
wb_design_verdict wb_design_fits(wb_model *model, const wb_design_question *question, bool whole,
                                 wb_design_figures *out, wb_serving **serving);

/* What all parts may take on a device: as the engine says, and as the reserve leaves. */
wb_i128 wb_design_budget(const wb_design_question *question, const wb_card *card, const wb_load *load);

/* Whether every device of a built question keeps within that. */
bool wb_design_keeps(const wb_design_question *question, const wb_serving *serving);

/* What fits further: how far it goes and how fast. */
void wb_design_measure(const wb_design_question *question, wb_serving *serving, wb_design_figures *out);

/* ---- dimensions ---- */

typedef struct wb_design_shape {
  wb_i128 width, depth, heads, kv_heads, head_dim, ffn, vocabulary;
  bool tied;
} wb_design_shape;

/* A width with a feed-forward, and the depths that published models of that width have. */
typedef struct wb_design_column {
  wb_design_shape shape; /* of the least depth */
  wb_i128 least, most, step;
  wb_i128 fewest_kv_heads;
  wb_num widest, deepest; /* bounds of width over depth */
  wb_str models;          /* whose figures bound it */
} wb_design_column;

typedef struct wb_design_family {
  wb_str name, config, source;
  wb_i128 head_dim, vocabulary;
} wb_design_family;

/* Fails design_family, with those that there are. */
wb_design_family wb_design_family_of(wb_ctx *ctx, wb_str name);

/* All columns, the widest first; none whose heads do not divide over `ranks`. */
wb_design_column *wb_design_columns(wb_ctx *ctx, const wb_design_family *family, const wb_design_question *question,
                                    wb_i128 ranks, size_t *count);

/* The configuration of a shape, as config.json has it. */
wb_str wb_design_config(wb_ctx *ctx, const wb_design_family *family, const wb_design_shape *shape, wb_i128 context);

/* A figure of data/design/rules.tsv. */
wb_num wb_design_rule(const char *name);

/* "8/3", "3.5"; false: it is no number. "20%", "0.2", "1/5": the same of a share, from 0 to below 1. */
bool wb_design_ratio(wb_str text, wb_num *out);
bool wb_design_share(wb_str text, wb_num *out);

/* ---- the answer ---- */

/* Thirds of the depths that are published for a width; and one of them with fewer heads in the cache. */
typedef enum wb_design_role {
  WB_DESIGN_DEEPER,
  WB_DESIGN_BALANCED,
  WB_DESIGN_WIDER,
  WB_DESIGN_LONGER,
  WB_DESIGN_ROLES
} wb_design_role;

/* Which depths of a column are of a role; false: none. */
bool wb_design_band(const wb_design_column *column, wb_design_role role, wb_i128 *least, wb_i128 *most);

typedef struct wb_design_row {
  wb_str name;   /* published: of the catalogue */
  wb_str config; /* text */
  wb_str *alike; /* names with the same figures */
  size_t alike_count, alike_cap;
  wb_design_role role; /* proposed */
  wb_design_shape shape;
  wb_str bounds; /* models whose figures bound it */
  wb_design_figures figures;
} wb_design_row;

typedef enum wb_design_sort { WB_DESIGN_PARAMETERS, WB_DESIGN_CONTEXT, WB_DESIGN_SPEED } wb_design_sort;
/* NULL: by parameters. Fails usage_choice. */
wb_design_sort wb_design_sort_of(wb_ctx *ctx, const char *name);

/* Whether `a` comes before `b`. */
bool wb_design_before(wb_design_sort sort, const wb_design_figures *a, const wb_design_figures *b);

/* Tokens that a sequence can have: what memory allows, and what the model is made for; WB_SERVING_MOST: any number. */
wb_i128 wb_design_reach(const wb_design_figures *figures);

typedef struct wb_design {
  wb_design_question question;
  wb_design_family family;
  wb_design_sort sort; /* of the published */
  size_t top;
  wb_i128 longest, sequences; /* of the question, defaults filled in */
  wb_str engine, quant, kv_dtype, machine;
  wb_i128 usable; /* of the first card */
  weigh_count gpus;
  wb_str parts[WB_MAX_PARTS]; /* of every load here */
  size_t part_count;
  wb_i128 ranks; /* of tensor parallelism */
  wb_design_row *published;
  size_t published_count, published_cap;
  size_t verdicts[WB_DESIGN_VERDICTS]; /* of the catalogue's models that were asked */
  wb_design_row proposals[WB_DESIGN_ROLES];
  size_t proposal_count;
  bool has_next;      /* the next larger step of the grid than the first proposal */
  wb_design_row next; /* does not fit, or is too slow */
  wb_design_verdict next_verdict;
  /* Where no published model does, what came nearest; name empty: none. */
  wb_design_row smallest;   /* of those too large */
  wb_design_row fastest;    /* of those too slow */
  wb_design_row lengthiest; /* of those made for too few tokens */
  wb_str changes[4];        /* that make it fit */
  size_t change_count;
  wb_i128 fewest;          /* cards of the kind on which it fits; 0: no number does */
  wb_layout fewest_layout; /* how they share it */
  wb_i128 least_usable;    /* bytes of a card on which it does; 0: it was not found */
} wb_design;

/* For the smallest published model, where none fits: what it needs, which single changes make it fit, on how many cards it
 * does. Texts are copied into `ctx`. */
void wb_design_rescue(wb_model *model, wb_ctx *ctx, wb_design *design);

#endif
