/* Speed, as bounds: how long a prompt and each further token take on a machine, from what they compute and move.
 *
 * A pass has three sorts of work, one after the other: products with the weights that every token meets, products with
 * those of routed experts, and attention over the cache. Each takes as long as its arithmetic or its memory traffic,
 * whichever is longer (a roofline, Williams et al. 2009), at the card's stated rates times the share of them that was
 * measured. Sums over ranks and what every pass costs come on top. The fastest reading takes the largest share and
 * everything that can be fused as fused, the slowest the smallest share and every operation alone.
 */
#ifndef WB_ESTIMATE_SPEED_H
#define WB_ESTIMATE_SPEED_H

#include "estimate/placement.h"
#include "estimate/rates.h"
#include "expr/program.h"
#include "weigh/weigh.h"

typedef enum wb_bound {
  WB_BOUND_UNKNOWN,
  WB_BOUND_COMPUTE,
  WB_BOUND_BANDWIDTH,
  WB_BOUND_LINK,
  WB_BOUND_OVERHEAD
} wb_bound;
const char *wb_bound_name(wb_bound bound);

typedef enum wb_sort { WB_SORT_DENSE, WB_SORT_ROUTED, WB_SORT_ATTENTION, WB_SORT_COUNT } wb_sort;
const char *wb_sort_name(wb_sort sort);

/* What is asked. Zero: the model's dtypes, one device. */
typedef struct wb_speed_question {
  wb_card card;
  wb_str weights; /* the name of their format, for people */
  wb_str dtype, kv_dtype;
  double weight_bits; /* of weights in the model's dtype, when it is none of whole bytes; 0: the dtype's */
  wb_layout layout;
} wb_speed_question;

/* One pass on the busiest rank: its work, and how long it takes. */
typedef struct wb_pass_speed {
  double flops[WB_SORT_COUNT];
  double unskipped_flops; /* of attention, when pairs that the mask leaves out are computed too */
  double weight_bytes[WB_SORT_COUNT];
  wb_interval cache_bytes;                             /* read of the cache, states read and written */
  wb_interval activation_bytes;                        /* between operations: all fused, between products, each alone */
  double link_bytes, sums;                             /* sent by a rank for sums over ranks; how many there are */
  wb_interval compute_s, memory_s, link_s, overhead_s; /* each sort's longer side, by side */
  wb_interval seconds;
  wb_bound bound;
} wb_pass_speed;

typedef struct wb_speed_answer {
  wb_pass_speed first; /* the prompt of one sequence */
  wb_pass_speed all;   /* the prompts of all, together */
  wb_pass_speed step;  /* a token for each sequence */
  wb_interval first_token_s, all_first_tokens_s, step_s;
  wb_interval per_sequence, total; /* tokens per second: low is the slowest */
  wb_interval prompt_rate;         /* prompt tokens per second of one sequence */
} wb_speed_answer;

typedef struct wb_speed wb_speed;

/* Builds the closed forms for both phases. Fails the model's context with pass_dtype. */
wb_speed *wb_speed_new(wb_model *model, const wb_speed_question *question);
const wb_rates *wb_speed_rates(const wb_speed *speed);
const wb_speed_question *wb_speed_asked(const wb_speed *speed); /* defaults filled in */

/* The figures for so many sequences that have `context` tokens when the next one is made, and prompts of `prompt` tokens.
 * Where a rate is not known, times are 0 and `bound` is UNKNOWN. Allocates nothing. False on overflow. */
bool wb_speed_at(const wb_speed *speed, wb_i128 sequences, wb_i128 context, wb_i128 prompt, wb_speed_answer *out);

/* A serving question with its lengths filled in. Of `prompt`, `output` and `context` any two give the third. One alone is
 * all there is, except that an output needs a prompt: 1024 tokens. Without any: a prompt of 4096. */
typedef struct wb_speed_lengths {
  wb_i128 prompt, output, context; /* context = prompt + output */
  wb_i128 middle;                  /* tokens that there are half-way through the output */
  wb_i128 sequences;
} wb_speed_lengths;

/* Fails with speed_lengths, pass_count. */
void wb_speed_fill_lengths(wb_model *model, const weigh_serving *asked, wb_speed_lengths *out);

/* The same for what `weigh speed` takes. Fails with speed_no_gpu, speed_lengths, pass_count, serving_layout. */
wb_speed *wb_speed_ask(wb_model *model, const weigh_serving *asked, wb_speed_lengths *lengths);

/* The same for a serving question whose defaults are filled in; its cards must be known. */
struct wb_serving;
wb_speed *wb_speed_of(const struct wb_serving *serving, wb_speed_lengths *lengths);

/* Whether the model makes token after token: it keeps something of earlier ones. Else only the prompt has figures. */
bool wb_speed_generates(const wb_speed *speed);

/* The fewest sequences at which a step takes longer to compute than to move, or of it the products with weights that
 * every token meets; 0: none up to a million. */
wb_i128 wb_speed_turning(const wb_speed *speed, wb_i128 context, bool only_weights);

#endif
