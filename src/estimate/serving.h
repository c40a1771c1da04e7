/* Serving: bytes on each device while a model answers, by component, as closed forms of context and sequences. */
#ifndef WB_ESTIMATE_SERVING_H
#define WB_ESTIMATE_SERVING_H

#include "estimate/cache.h"
#include "estimate/engine.h"
#include "estimate/loaded.h"
#include "expr/program.h"
#include "weigh/weigh.h"

#define WB_MAX_PARTS 16

/* The parts that are counted from the model; the engine's components follow. */
typedef enum wb_part { WB_PART_WEIGHTS, WB_PART_KV_CACHE, WB_PART_STATE, WB_PART_ADAPTERS, WB_PART_ENGINE } wb_part;

/* Sequences of one length. */
#define WB_MAX_MIX 64
typedef struct wb_lengths {
  wb_i128 count, tokens;
} wb_lengths;

/* Cards that hold one stage, or the host, with what they hold. */
typedef struct wb_place_on {
  wb_stage stage;
  wb_card card; /* the smallest of them; of the host, its memory may be unknown (0) */
  wb_engine engine;
  wb_cache_kind *kinds; /* what it keeps */
  size_t kind_count;
  wb_component parts[WB_MAX_PARTS];
  wb_value budget;   /* bytes that all parts together may take on one device; 0: not limited */
  wb_i128 offloaded; /* bytes of weights that the engine leaves on the host, of each rank */
} wb_place_on;

#define WB_MOST_OUTPUTS 256 /* figures that answers hold themselves */

/* A question with its defaults filled in, and the forms that answer it. */
typedef struct wb_serving {
  wb_model *model;
  weigh_serving asked;
  const wb_decl *engine;
  wb_option *options;
  size_t option_count;
  bool by_layers; /* cards hold runs of layers, not parts of tensors */
  wb_card *cards; /* of the devices, in order */
  wb_layout layout;
  bool layout_given; /* it was asked for: how many cards, or how they share */
  wb_str dtype;      /* that passes are computed in */
  wb_loaded loaded;  /* the weights */
  wb_cache_rules rules;
  wb_lengths mix[WB_MAX_MIX];
  size_t mix_count;        /* at least 1 */
  wb_i128 longest, in_all; /* tokens of the longest sequence; sequences */
  wb_forms *forms;         /* open: context, sequences */
  wb_value context, sequences;
  wb_place_on *places; /* stages, the host's first where there is one */
  uint32_t place_count;
  size_t part_count;
  struct wb_serving *draft; /* of the draft model, on the cards of the last stage */
  size_t draft_part;
  struct wb_llama_serving *llama; /* llama.cpp: its own buffers take the place of the forms; NULL: another engine */
  wb_program *program;            /* all parts of all places: low, best, high */
  wb_num *figures;                /* room for what it gives where that is much; else NULL */
} wb_serving;

typedef struct wb_bytes {
  wb_i128 low, best, high;
} wb_bytes;

/* What a device of a place holds. */
typedef struct wb_load {
  wb_bytes parts[WB_MAX_PARTS];
  wb_bytes all;
  wb_i128 budget; /* that all may take; 0: not limited */
} wb_load;

/* The names of a load's parts, in their order: of every place, and of whatever layout or card is tried, the same. */
size_t wb_serving_parts(const wb_serving *serving, wb_str names[WB_MAX_PARTS]);

/* Checks what was asked and makes the forms. Fails the model's context with serving_*. */
wb_serving *wb_serving_new(wb_model *model, const weigh_serving *asked);

/* Fills in defaults and reads cards, layout, lengths, engine and options: the part of it before anything is counted. */
wb_serving *wb_serving_asked(wb_model *model, const weigh_serving *asked);

/* The same; of questions alike but for context and sequences, the forms are made once. What it points to is the model's. */
wb_serving *wb_serving_again(wb_model *model, const weigh_serving *asked);

/* Reads context, prompt, output and sequences again. */
void wb_serving_lengths(wb_serving *serving, const weigh_serving *asked);

/* Fails where an engine's components are no bytes at the lengths that were asked for. */
void wb_serving_check(const wb_serving *serving);

/* Counts what stands on the places, for the layout and cards as they stand in `serving`. */
void wb_serving_build(wb_serving *serving);

/* Outputs of the program: of each place its parts, low, best, high, and its budget. */
size_t wb_serving_outputs(const wb_serving *serving);

/* Weights, caches and states of the draft model on each card of the last stage. */
bool wb_draft_bytes(const wb_serving *serving, wb_i128 context, wb_i128 sequences, wb_i128 *out);

/* The load of a place. False on overflow. */
bool wb_serving_at(const wb_serving *serving, uint32_t place, wb_i128 context, wb_i128 sequences, wb_load *out);

/* The same for the lengths that were asked for. */
bool wb_serving_now(const wb_serving *serving, uint32_t place, wb_load *out);

/* Bytes that the fullest place leaves of its budget, negative where they are too many. False on overflow. */
bool wb_serving_room(const wb_serving *serving, wb_i128 context, wb_i128 sequences, wb_i128 *room);

bool wb_serving_fits_now(const wb_serving *serving);

/* The place that is fullest against its budget; without budgets the one that holds most. Never the host. */
uint32_t wb_serving_worst(const wb_serving *serving);

/* The longest context at the asked sequences, and the most sequences at the asked context, that fit; 0: not even one,
 * WB_SERVING_MOST: memory sets no limit. */
wb_i128 wb_serving_max_context(const wb_serving *serving);
wb_i128 wb_serving_max_sequences(const wb_serving *serving);

/* The number that a value stands for at the lengths that were asked for; 0 on overflow. */
wb_num wb_serving_number(const wb_serving *serving, const wb_value *value);

/* Of one sequence on a device of a place: bytes that one more token takes where no window is full yet or bounds it, and
 * those that do not grow with it (states, full windows). */
wb_i128 wb_serving_token_bytes(const wb_serving *serving, uint32_t place);
wb_i128 wb_serving_fixed_bytes(const wb_serving *serving, uint32_t place);

/* An open workload is at most so long, so many. */
#define WB_SERVING_MOST ((wb_i128)1 << 40)

/* The widest operation is looked for in a pass over at most so many tokens. */
#define WB_SERVING_PASS 2048

/* Puts the defaults of context, prompt, output, sequences into what was asked. */
void wb_serving_fill_lengths(weigh_serving *asked);

#endif
