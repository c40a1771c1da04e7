/* Serving: bytes on each device while a model answers, by component, as closed forms of context and sequences. */
#ifndef WB_ESTIMATE_SERVING_H
#define WB_ESTIMATE_SERVING_H

#include "estimate/machine.h"
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

/* A question with its defaults filled in, and the forms that answer it. */
typedef struct wb_serving {
  wb_model *model;
  weigh_serving asked;
  wb_card card;
  wb_layout layout;
  wb_str dtype, kv_dtype;
  wb_forms *forms; /* open: context, sequences */
  wb_component parts[WB_PART_COUNT]; /* of the stage that holds most */
  wb_component (*stages)[WB_PART_COUNT];
  wb_program *program;               /* all components of all stages: low, best, high */
  wb_i128 budget;                    /* usable less the reserve, of one device */
  wb_i128 reserve;
} wb_serving;

typedef struct wb_bytes {
  wb_i128 low, best, high;
} wb_bytes;

/* Checks what was asked and makes the forms. Fails the model's context with serving_*. */
wb_serving *wb_serving_new(wb_model *model, const weigh_serving *asked);

/* Bytes of a stage's component, or of all of them (part WB_PART_COUNT). False on overflow. */
bool wb_serving_at(const wb_serving *serving, uint32_t stage, wb_i128 context, wb_i128 sequences,
                   wb_bytes parts[WB_PART_COUNT + 1]);

/* Whether the best estimate of every device keeps the reserve free. */
bool wb_serving_fits(const wb_serving *serving, wb_i128 context, wb_i128 sequences);

/* The longest context at the asked sequences, and the most sequences at the asked context, that fit; 0: not even one. */
wb_i128 wb_serving_max_context(const wb_serving *serving);
wb_i128 wb_serving_max_sequences(const wb_serving *serving);

#endif
