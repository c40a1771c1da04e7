/* Published figures that must not be used (data/methods/errata.tsv), each with the figure that is right and, where it
 * can be made again, what makes the wrong one. The figures are computed when asked, so that the proof is the program's. */
#ifndef WB_ESTIMATE_ERRATA_H
#define WB_ESTIMATE_ERRATA_H

#include "estimate/method.h"

/* Where a figure comes from: `by` is METHOD.FUNCTION:QUANTITY with its inputs as JSON, "=" with an expression, or
 * model:QUANTITY with a model's name; empty: nothing makes it. */
typedef struct wb_proof {
  wb_str by, input;
} wb_proof;

typedef struct wb_erratum {
  wb_str id, method, kind;
  wb_proof right, wrong;
  wb_num correct, published; /* as printed */
  wb_str correct_text, published_text;
  wb_str beside; /* another quantity of the right function that the text names; may be empty */
  wb_str unit;
  wb_message_id text; /* {0} published, {1} correct, {2} beside */
} wb_erratum;

/* The next erratum of a method; start with *at 0. False: no more. */
bool wb_erratum_next(const wb_decl *method, size_t *at, wb_erratum *out);

/* Computes a figure, or another quantity of its function (empty: its own). False: nothing makes it, or it is a model's,
 * which is not at hand. */
bool wb_proof_figure(wb_ctx *ctx, wb_library *lib, const wb_proof *proof, wb_str quantity, wb_num *out);

typedef enum wb_proof_kind { WB_PROOF_NONE, WB_PROOF_METHOD, WB_PROOF_EXPRESSION, WB_PROOF_MODEL } wb_proof_kind;
wb_proof_kind wb_proof_kind_of(const wb_proof *proof);

/* The inputs as options, in order. */
wb_option *wb_proof_inputs(wb_ctx *ctx, const wb_proof *proof, size_t *count);

#endif
