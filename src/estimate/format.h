/* Weight formats: what is stored for one matrix (data/formats). */
#ifndef WB_ESTIMATE_FORMAT_H
#define WB_ESTIMATE_FORMAT_H

#include "model/model.h"

/* A format with its settings, as a configuration or a question gives them. */
typedef struct wb_format {
  const wb_decl *decl;
  wb_str name;             /* as shown: the format's, or the choice that means it */
  const wb_value **values; /* of its parameters in order; NULL: the default */
} wb_format;

/* One matrix that a format holds, or several alike (experts in one tensor). */
typedef struct wb_matrix {
  wb_num inputs, outputs, experts;
} wb_matrix;

typedef struct wb_held {
  bool fits;       /* false: the format cannot hold such a matrix */
  wb_str reason;   /* … and why */
  wb_num bytes;    /* with scales, zero points and all that belongs to it */
  wb_num elements; /* stored elements: what registries count as parameters */
} wb_held;

/* Finds the settings that the format knows in `objects` (the first that has one holds). Fails the model's context when
 * one has the wrong type. */
const wb_format *wb_format_new(wb_model *model, const wb_decl *decl, wb_str name, const wb_json *const *objects,
                               size_t count);

/* `loaded`: as an engine holds it, else as stored. `dtype`: of scales in the model's own dtype. */
wb_held wb_format_hold(wb_model *model, const wb_format *format, wb_matrix matrix, bool loaded, wb_str dtype);

/* Whether a row is a matrix (or experts of them) that a format may replace: data/formats/matrices.tsv. */
bool wb_row_matrix(wb_model *model, const wb_row *row, wb_matrix *out);

#endif
