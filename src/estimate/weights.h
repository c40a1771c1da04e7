/* The weights of a model in a format: as its configuration says, or as asked ("nf4", "gptq-8-128").
 *
 *   const wb_weights *w = wb_weights_as(model, WB_STR("int4"), WB_STR(""));
 *   for (size_t i = 0; i < w->count; i++) … w->items[i].loaded × w->items[i].row.copies …
 *
 * A row of the model whose layers are held in different formats (skip lists) comes apart into several items, so that the
 * items together stand for exactly the rows of the model that have storage of their own.
 */
#ifndef WB_ESTIMATE_WEIGHTS_H
#define WB_ESTIMATE_WEIGHTS_H

#include "estimate/format.h"

typedef struct wb_weight {
  wb_row row;              /* of the model, with the layers and the copies that this is about */
  const wb_format *format; /* NULL: plain numbers */
  wb_str dtype;            /* of plain numbers; of scales in the model's own dtype */
  wb_matrix matrix;        /* where there is a format */
  wb_num stored, loaded;   /* bytes of one tensor, with all that belongs to it: in the file, in an engine */
  wb_num stored_elements;  /* of one tensor: what registries count as parameters */
} wb_weight;

typedef struct wb_weights {
  wb_model *model;
  wb_str name; /* of the choice; of the method that the configuration names; of the dtype */
  bool asked;  /* false: as the configuration says */
  wb_weight *items;
  size_t count, cap;
  /* All of it, prediction layers (mtp) apart. */
  wb_num parameters, quantized; /* elements of the model; those that a format holds */
  wb_num stored, loaded, stored_elements;
  wb_num mtp_stored, mtp_loaded, mtp_stored_elements;
  wb_warning *warnings;
  size_t warning_count, warning_cap;
} wb_weights;

/* `asked`: a name of data/formats/choices.tsv, perhaps with numbers (gptq-8-128), or a dtype; empty: as the configuration
 * says. `rest`: dtype of what no format holds; empty: the model's. Fails the model's context with weights_unknown, and
 * with field_* where quantization_config has settings of the wrong type. Found once; it is the model's. */
const wb_weights *wb_weights_as(wb_model *model, wb_str asked, wb_str rest);

/* Bytes of one tensor on one of several devices, each of which has the share (0 to 1) of the side that `cut` names. Where
 * a format cannot hold such a part, the share of its bytes. */
wb_num wb_weight_share(const wb_weights *weights, const wb_weight *weight, wb_cut cut, wb_num share, bool loaded);

/* Says on the model what the weights warn of, unless it was said. */
void wb_weights_warn(const wb_weights *weights);
void wb_weights_warn_once(wb_model *model, wb_message_id message, const wb_str args[WB_MESSAGE_ARGS]);

/* Bits for each parameter of the model, with all that belongs to formats. */
double wb_weights_bits(const wb_weights *weights, bool loaded);

/* What is held in one format or plain dtype, all layers together; false past the last. */
typedef struct wb_weights_part {
  wb_str name;
  wb_num parameters, stored, loaded;
} wb_weights_part;
size_t wb_weights_parts(const wb_weights *weights, wb_weights_part **parts);

/* A choice of data/formats/choices.tsv that tables show; false past the last. */
typedef struct wb_weights_choice {
  wb_str name, text;
} wb_weights_choice;
bool wb_weights_known(wb_str name); /* whether one is called so, with numbers at its end or without */
bool wb_weights_listed(size_t i, wb_weights_choice *out);

#endif
