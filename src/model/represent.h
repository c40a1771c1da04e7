/* A representative architecture for a size: the shape of a published model of that size, scaled until the exact total
 * (and of a mixture of experts what is active) is as asked. See data/representatives/README.md. */
#ifndef WB_MODEL_REPRESENT_H
#define WB_MODEL_REPRESENT_H

#include "model/model.h"
#include "model/sized.h"

typedef struct wb_assumed {
  wb_sized asked;
  wb_str anchor; /* the published model */
  wb_str source; /* where its configuration is from */
  wb_str table;  /* the same in short: the source, or the catalogue */
  bool unchanged;
} wb_assumed;

/* The configuration that stands for a size, as JSON text; sets model->assumed, asked_total, asked_active. Leaves
 * model->config as it was. Fails the model's context only where a description does. */
wb_str wb_represent(wb_model *model, const wb_sized *asked);

/* Warns that the architecture is assumed, and how far it is from what was asked. */
void wb_assumed_warn(wb_model *model);

/* Internal to the search. One field of the configuration under search, changed in place between counts. */
typedef struct wb_knobs {
  wb_model *model;
  wb_json *root;
} wb_knobs;

/* A published model of data/representatives/anchors.tsv. */
typedef struct wb_anchor {
  wb_str name, source, table, experts_key, width_key, sold_as;
  double total, active;
  const wb_json *config;
} wb_anchor;

double wb_knob(const wb_json *root, wb_str key, double absent);
void wb_turn(wb_knobs *knobs, wb_str key, double value);
double wb_knobs_count(wb_knobs *knobs);

/* Fill knobs->root: of a decoder, `active` 0 for a dense one; of a convolutional network. */
void wb_represent_decoder(wb_knobs *knobs, const wb_anchor *anchor, double total, double active);
void wb_represent_convnet(wb_knobs *knobs, const wb_anchor *anchor, double total);

/* How far apart two sizes are: 0 when equal, 1 when one is twice the other. */
static inline double wb_apart(double a, double b) { return (a > b ? a / b : b / a) - 1; }

#endif
