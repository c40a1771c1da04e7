/* How a configuration says that its checkpoint is quantised: quantization_config (or compression_config), at the top or
 * in a nested configuration, read by the tables of data/formats. */
#ifndef WB_ESTIMATE_QUANTIZATION_H
#define WB_ESTIMATE_QUANTIZATION_H

#include "estimate/format.h"
#include "estimate/names.h"

#define WB_SCHEME_FORMATS 4 /* formats of one scheme, by groups of tensors */

/* Some modules, and the formats that hold their matrices. */
typedef struct wb_scheme {
  wb_names *targets; /* NULL: all that the method takes */
  struct {
    uint32_t groups; /* a bit for each wb_group */
    const wb_format *format;
  } formats[WB_SCHEME_FORMATS];
  size_t format_count;
} wb_scheme;

typedef struct wb_quantization {
  wb_str method;  /* its first name in data/formats/methods.tsv */
  wb_str rest;    /* dtype of what is not quantised, when the configuration gives none */
  uint32_t never; /* groups that only a pattern with their name quantises */
  wb_names *skips, *always;
  wb_scheme *schemes; /* the first that means a module holds it */
  size_t scheme_count, scheme_cap;
  bool by_expert; /* some pattern may tell experts of a layer apart */
  bool uniform;   /* no pattern: all layers alike */
} wb_quantization;

/* What the configuration says; NULL when it is not quantised, or by an unknown method (then `unknown` names it).
 * `odd`: a pattern that was not understood, empty if none. Fails the model's context when a setting has the wrong type. */
wb_quantization *wb_quantization_read(wb_model *model, wb_str *unknown, wb_str *odd);

/* As if quantised by one format, by the rules of a method. */
wb_quantization *wb_quantization_of(wb_model *model, wb_str method, const wb_format *format);

/* The format of a module's matrix; NULL: it stays as it is. `other`: another name of the same, or empty. */
const wb_format *wb_quantization_format(const wb_quantization *quantization, wb_group group, wb_str module,
                                        wb_str other);

#endif
