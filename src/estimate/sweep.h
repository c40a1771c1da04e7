/* Sweeps: a serving question asked for every combination of the values of some of its variables. */
#ifndef WB_ESTIMATE_SWEEP_H
#define WB_ESTIMATE_SWEEP_H

#include "estimate/serving.h"
#include "estimate/speed.h"

#define WB_SWEEP_VARIABLES 16
#define WB_SWEEP_POINTS    1000000

/* What must be made again when a variable changes: nothing but lengths, the question, the model. */
typedef enum wb_sweep_depth { WB_SWEEP_LENGTH, WB_SWEEP_QUESTION, WB_SWEEP_MODEL } wb_sweep_depth;

typedef enum wb_sweep_kind { WB_SWEEP_COUNT, WB_SWEEP_BYTES, WB_SWEEP_FLAG, WB_SWEEP_TEXT } wb_sweep_kind;

/* A variable by its name on the command line. */
typedef struct wb_sweep_name {
  const char *name;
  wb_sweep_kind kind;
  wb_sweep_depth depth;
  size_t at;         /* member of weigh_serving */
  weigh_count least; /* of a count */
} wb_sweep_name;

typedef struct wb_sweep_value {
  const char *text;   /* NULL: a number */
  weigh_count number; /* of a flag: 0 or 1 */
} wb_sweep_value;

typedef struct wb_sweep_variable {
  wb_str name;                 /* "context", "max_num_seqs", "set:num_hidden_layers" */
  wb_str key;                  /* behind "set:"; of an option its name */
  const wb_sweep_name *member; /* NULL: an option of an engine, or a field of the configuration */
  wb_sweep_kind kind;
  wb_sweep_depth depth;
  wb_sweep_value *values;
  size_t count, cap;
} wb_sweep_variable;

typedef struct wb_sweep {
  wb_sweep_variable variables[WB_SWEEP_VARIABLES];
  size_t count;
  size_t points;
} wb_sweep;

/* Reads texts "NAME=VALUES". VALUES are items behind commas (behind bars where an item may hold commas: cards, mixes, and
 * any list with a bar in it); an item is a value or a range, "1k..8k:+1k" or "1..256:x2". Fails with sweep_*. */
wb_sweep *wb_sweep_new(wb_ctx *ctx, wb_library *lib, const char *const *vary, size_t count);

/* A place in a sweep, with the question there. */
typedef struct wb_sweep_point {
  const wb_sweep *sweep;
  size_t number;                 /* from 0 */
  size_t at[WB_SWEEP_VARIABLES]; /* each variable's value */
  weigh_serving asked;
  const char **options; /* asked.engine_options: the varied ones before all others, so that they hold */
  const char *settings[WB_SWEEP_VARIABLES]; /* "num_hidden_layers=48" */
  size_t setting_count;
} wb_sweep_point;

wb_sweep_point wb_sweep_first(wb_ctx *ctx, const wb_sweep *sweep, const weigh_serving *asked);

/* Goes on, the last variable fastest; false behind the last point. `depth`: of what changed. */
bool wb_sweep_next(wb_sweep_point *point, wb_sweep_depth *depth);

/* A variable's value there: appended as text. */
void wb_sweep_show(wb_text *out, const wb_sweep_variable *variable, size_t value);

/* ---- answers ---- */

/* The lengths that a serving question was built for, as far as what was built depends on them. Two points of one question
 * with equal keys share it. */
typedef struct wb_sweep_key {
  wb_i128 pass, prompt, context, sequences;
} wb_sweep_key;

/* Which lengths a question's forms hold as numbers. */
typedef struct wb_sweep_reads {
  bool pass, prompt, context, sequences;
} wb_sweep_reads;

/* `serving` may be one that wb_serving_asked made: then caches of what an encoder made are not known yet. */
wb_sweep_reads wb_sweep_reads_of(const wb_serving *serving);
wb_sweep_key wb_sweep_key_of(const wb_sweep_reads *reads, const weigh_serving *asked);

/* Whether points may share what is built: sequences of one length, in bounds. `asked` has its lengths filled in. */
bool wb_sweep_may_share(const weigh_serving *asked);

/* What a point comes to: the figures of `weigh memory` (of the fullest device), and of `weigh speed` where asked. */
typedef struct wb_sweep_figures {
  wb_bytes device;
  wb_i128 weights, kv_cache, state, total, budget;
  bool has_card, fits;
  wb_i128 max_context, max_sequences; /* with a card */
  wb_i128 tokens;                     /* that the engine's pool holds; 0: it has none */
  const struct wb_place_on *place;    /* the fullest device's: names and sources of its parts */
  wb_i128 parts[WB_MAX_PARTS];        /* of it, as many as the question has */
  size_t part_count;
  wb_interval first_token_s, per_sequence, rate; /* 0: not known */
} wb_sweep_figures;

/* The pool last looked at: it stays while only sequences change and it is a number. */
typedef struct wb_sweep_pool {
  const wb_serving *of;
  wb_i128 longest, tokens;
} wb_sweep_pool;

/* Answers a built question for other lengths of the same key. `speed` may be NULL. Fails the model's context with
 * lang_overflow, speed_lengths. */
void wb_sweep_measure(wb_serving *built, const weigh_serving *asked, bool reach, const wb_speed *speed,
                      wb_sweep_pool *pool, wb_sweep_figures *out);

#endif
