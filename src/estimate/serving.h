/* Serving: bytes on each device while a model answers, by component, as closed forms of context and sequences. */
#ifndef WB_ESTIMATE_SERVING_H
#define WB_ESTIMATE_SERVING_H

#include "estimate/machine.h"
#include "estimate/paging.h"
#include "estimate/placement.h"
#include "expr/program.h"
#include "weigh/weigh.h"

typedef enum wb_part {
  WB_PART_WEIGHTS,
  WB_PART_KV_CACHE,
  WB_PART_STATE,
  WB_PART_ACTIVATIONS,
  WB_PART_OUTPUT,
  WB_PART_RUNTIME,
  WB_PART_COMMUNICATION,
  WB_PART_COUNT
} wb_part;
const char *wb_part_name(wb_part part);

/* One component of one device, as forms of (context, sequences). */
typedef struct wb_component {
  wb_value low, best, high;
  wb_basis basis;
} wb_component;

/* A release of vLLM: a row of data/engines/vllm.tsv. */
typedef struct wb_vllm {
  wb_str version, releases, source;
  double utilization;
  bool graphs, prints_concurrency;
  wb_i128 in_flight;
} wb_vllm;

/* A question with its defaults filled in, and the forms that answer it. */
typedef struct wb_serving {
  wb_model *model;
  weigh_serving asked;
  wb_card card;
  wb_layout layout;
  wb_str dtype, kv_dtype;
  wb_forms *forms;                   /* open: context, sequences */
  wb_component parts[WB_PART_COUNT]; /* of the stage that holds most */
  wb_component (*stages)[WB_PART_COUNT];
  wb_program *program; /* all components of all stages: low, best, high */
  wb_i128 budget;      /* usable less the reserve, of one device */
  wb_i128 reserve;
  bool is_vllm;
  wb_vllm release;
} wb_serving;

typedef struct wb_bytes {
  wb_i128 low, best, high;
} wb_bytes;

/* What vLLM would do with the card: bytes of one device, and what it prints. */
typedef struct wb_vllm_answer {
  wb_vllm release;
  wb_i128 requested, pool;
  wb_i128 batched_tokens, max_num_seqs;
  bool paged; /* the pages could be made equal */
  wb_pages pages;
} wb_vllm_answer;

/* A named constant of data/constants that is a whole number. */
wb_i128 wb_constant_of(wb_model *model, const char *name);

/* Checks what was asked and makes the forms. Fails the model's context with serving_*. */
wb_serving *wb_serving_new(wb_model *model, const weigh_serving *asked);

/* Bytes of a stage's component, or of all of them (part WB_PART_COUNT). False on overflow. */
bool wb_serving_at(const wb_serving *serving, uint32_t stage, wb_i128 context, wb_i128 sequences,
                   wb_bytes parts[WB_PART_COUNT + 1]);

/* engine vllm on a named card: its pool and pages. Fails when no card is named. */
wb_vllm_answer wb_serving_vllm(const wb_serving *serving);

/* Whether the best estimate of every device keeps the reserve free. */
bool wb_serving_fits(const wb_serving *serving, wb_i128 context, wb_i128 sequences);

/* The longest context at the asked sequences, and the most sequences at the asked context, that fit; 0: not even one. */
wb_i128 wb_serving_max_context(const wb_serving *serving);
wb_i128 wb_serving_max_sequences(const wb_serving *serving);

#endif
