/* Advice: what published calculators recommend, computed for one model. Cases, order and claims are data (data/advice);
 * every figure is the estimator's, and no card is named on which it, asked again, does not keep the reserve free. */
#ifndef WB_ESTIMATE_ADVISE_H
#define WB_ESTIMATE_ADVISE_H

#include "estimate/solve.h"
#include "estimate/train.h"

/* A way of using the model: a question that weigh train or weigh fit takes. */
typedef struct wb_way {
  bool trains;
  weigh_training training;
  weigh_serving serving;
} wb_way;

/* What it takes, of the fullest device. The parts add up to the total. */
typedef struct wb_way_held {
  bool known; /* false: `refused` says why not */
  wb_failure refused;
  wb_i128 total, weights, cache, gradients, optimizer, activations, other;
  wb_i128 states; /* of the optimizer alone, without a master copy */
  wb_num trainable;
  bool fits;    /* on the cards named, with the reserve */
  wb_i128 most; /* of serving there: sequences at once */
} wb_way_held;

/* What a method says of the same; `known` false: it has no answer. */
typedef struct wb_said {
  const wb_decl *method;
  bool known, has_states, has_factor;
  wb_i128 bytes, activations, states;
  wb_num factor; /* activations per activated parameter and sample, where the method has such */
} wb_said;

#define WB_ADVICE_METHODS   4
#define WB_ADVICE_CARDS     16
#define WB_ADVICE_SCENARIOS 12
#define WB_ADVICE_ROWS      16
#define WB_ADVICE_WARM      128

/* The fewest of one card; gpus 0: no number up to WB_SOLVE_CARDS does. */
typedef struct wb_cards_needed {
  wb_card card;
  wb_i128 gpus, device; /* bytes of the fullest */
  bool checkpointing;   /* nothing fits without it */
  wb_way way;           /* that was asked again */
  bool has_fewer;       /* the next smaller number that can be asked about: it does not fit */
  wb_way fewer;
} wb_cards_needed;

typedef struct wb_scenario {
  wb_str name;
  wb_message_id title;
  wb_way way;
  wb_way_held held;
  wb_said said[WB_ADVICE_METHODS];
  wb_cards_needed cards[WB_ADVICE_CARDS];
  bool has_largest;
  wb_i128 largest;      /* sequences at once that the named cards take */
  wb_way largest_way;   /* where `largest` is not 0 */
  wb_said largest_said; /* by the first method, at that batch */
} wb_scenario;

typedef struct wb_tradeoff {
  wb_str name, part, saves, slower, by, source; /* claims as written; "-": none */
  wb_way before_way, after_way;
  wb_way_held before, after;
  wb_i128 before_part, after_part;
} wb_tradeoff;

typedef enum wb_remedy_state { WB_REMEDY_HELPS, WB_REMEDY_NOTHING, WB_REMEDY_REFUSED } wb_remedy_state;
typedef struct wb_remedy {
  wb_str name, change, source;
  wb_remedy_state state;
  wb_way way; /* with those before */
  wb_i128 before, after;
  bool fits;
} wb_remedy;

typedef struct wb_optimizer_choice {
  wb_str name, source;
  wb_message_id text;
  wb_way way;
  wb_way_held held;
  wb_said said; /* of the first method that says something */
} wb_optimizer_choice;

/* What makes training faster, and what it takes. */
typedef struct wb_faster {
  wb_str name; /* "batch", "accumulation", "sequence", "distributed" */
  wb_way way;
  wb_way_held held;
  wb_i128 number;  /* sequences, steps, tokens, cards */
  wb_i128 instead; /* bytes of what it is compared with: as asked; of accumulation, all sequences at once */
} wb_faster;

typedef struct wb_no_effect {
  wb_str name;
  wb_message_id reason;
} wb_no_effect;

typedef struct wb_advice {
  wb_model *model;
  bool warm[WB_ADVICE_WARM]; /* kinds of questions that were asked once, so that others can be forgotten */
  int reserve;               /* per cent of a card */
  wb_way train, serve;
  bool has_card;
  wb_card card;
  wb_i128 gpus; /* as asked, 1 where it was not */
  const wb_decl *methods[WB_ADVICE_METHODS];
  size_t method_count;
  wb_card cards[WB_ADVICE_CARDS];
  size_t card_count;
  wb_scenario scenarios[WB_ADVICE_SCENARIOS];
  size_t scenario_count;
  wb_tradeoff tradeoffs[WB_ADVICE_ROWS];
  size_t tradeoff_count;
  wb_way_held alone;    /* the mode asked for, on one card */
  wb_way_held as_asked; /* the mode asked for, on the cards asked for */
  bool fits;            /* it does already */
  wb_remedy remedies[WB_ADVICE_ROWS];
  size_t remedy_count;
  bool remedied;        /* the last remedy makes it fit */
  wb_cards_needed last; /* where nothing does: the first card of the list that does, after all remedies */
  wb_optimizer_choice optimizers[WB_ADVICE_ROWS];
  size_t optimizer_count;
  wb_faster faster[WB_ADVICE_ROWS];
  size_t faster_count;
  wb_no_effect no_effect[WB_ADVICE_ROWS];
  size_t no_effect_count;
} wb_advice;

/* `method` NULL: pai and unified. Fails train_mode_unknown, method_unknown, gpu_unknown, serving_*. */
wb_advice *wb_advice_new(wb_model *model, const weigh_training *training, const weigh_serving *serving,
                         const char *method);

/* ---- for those who build on it ---- */

/* The question alone, before anything is looked at. */
wb_advice *wb_advice_begin(wb_model *model, const weigh_training *training, const weigh_serving *serving,
                           const char *method);

/* The same way with changes of data/advice; false: a word of them is none. */
bool wb_way_change(const wb_advice *advice, wb_way *way, wb_str changes);
wb_way_held wb_way_weigh(wb_advice *advice, const wb_way *way);
/* The same, and what the advice's methods say of it; `optimizer` NULL: they know it by the same name. */
wb_way_held wb_way_compare(wb_advice *advice, const wb_way *way, const char *optimizer, wb_said *said);
/* The way on cards, as it is asked again. */
wb_way wb_way_on(const wb_advice *advice, const wb_way *way, const wb_card *card, wb_i128 gpus,
                 const wb_layout *layout);
wb_cards_needed wb_way_fewest(wb_advice *advice, const wb_way *way, const wb_card *card);

/* What asks it again on the command line: "train", the model, options. */
wb_str *wb_way_words(const wb_advice *advice, const wb_way *way, size_t *count);

/* Sections that advise.c fills by these. */
void wb_advise_tradeoffs(wb_advice *advice);
void wb_advise_remedies(wb_advice *advice);
void wb_advise_choices(wb_advice *advice);

/* bytes with the reserve on top, as the sources advise it. */
wb_i128 wb_with_reserve(wb_ctx *ctx, wb_i128 bytes, int percent);

#endif
