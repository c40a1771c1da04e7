/* Inverse questions: how many cards, which card, which format, what to change. Every answer is one that the estimate,
 * asked again, confirms. */
#ifndef WB_ESTIMATE_SOLVE_H
#define WB_ESTIMATE_SOLVE_H

#include "estimate/serving.h"

/* The same question otherwise: NULL where it cannot be (a format that holds none of the model's matrices, an engine that
 * refuses); the failure is forgotten. Shortage of memory or work fails the context all the same. */
wb_serving *wb_serving_try(wb_model *model, const weigh_serving *asked);

#define WB_SOLVE_CARDS 1024

/* Attention heads of the language model, which tensor parallelism divides; 0: the configuration names none. */
wb_i128 wb_solve_heads(const wb_model *model);

/* The same question on `gpus` cards of a kind, cut over as many as eight of them by tensor parallelism and over the rest
 * by pipeline stages; false when the number cannot be cut so (no power of two within a stage). */
bool wb_solve_layout(const wb_serving *asked, wb_i128 gpus, wb_layout *out);
wb_serving *wb_solve_on(const wb_serving *asked, const wb_card *card, const wb_layout *layout);

/* Numbers of cards that are tried: 1, 2, 3, 4, 6, 8, then whole nodes, doubling past 64. */
wb_i128 wb_solve_next(wb_i128 gpus);

/* The fewest cards of a kind on which the question fits; 0: no number up to WB_SOLVE_CARDS does. */
wb_i128 wb_solve_fewest(const wb_serving *asked, const wb_card *card, wb_layout *layout);

/* A card in the ranking. */
typedef struct wb_ranked {
  wb_card card;
  wb_layout layout;
  wb_i128 gpus, memory; /* cards, and bytes that they have together */
  wb_load load;         /* of the fullest */
  double price;         /* USD an hour of all of them, 0: not known */
} wb_ranked;

/* Cards on which the question fits, the least memory first (then the newest), at most `limit`: each in the layout that was
 * asked for, else with the fewest of them up to `most` (of computers of their own, one). */
wb_ranked *wb_solve_rank(const wb_serving *asked, wb_i128 most, size_t limit, size_t *count);

/* What is tried out is forgotten: its memory, and what names resolved to meanwhile. Results must be copied out. */
typedef struct wb_trial {
  wb_model *model;
  wb_mark start, mark; /* before, behind what this trial itself needs */
  wb_model before;     /* all but its context */
  wb_scope root;
  wb_fields *fields; /* copies, in order */
} wb_trial;
wb_trial wb_trial_begin(wb_model *model);
void wb_trial_forget(wb_trial *trial); /* another try may follow */
void wb_trial_end(wb_trial *trial);

#endif
