/* Worked cases of the published calculators (data/cases): by the source's method, and exactly. */
#ifndef WB_ESTIMATE_CASES_H
#define WB_ESTIMATE_CASES_H

#include "estimate/advise.h"
#include "estimate/errata.h"

typedef struct wb_case {
  /* of the table */
  wb_str name, model, scenario, printed, erratum, source; /* "-": none */
  wb_message_id title;
  weigh_count batch, sequences, gpus;
  wb_card card;
  wb_proof method;
  /* by the method: in GB */
  wb_num said, said_with_reserve;
  bool said_fits; /* on the cards' memory as sold */
  /* exactly */
  wb_message_id scenario_title;
  bool known, fits;
  wb_i128 total, device; /* on one card; of the fullest of those named */
  wb_i128 fewest;        /* of the card; 0: no number does */
  bool checkpointing;    /* only with it */
  wb_str *words;         /* what asks whether it fits */
  size_t word_count;
} wb_case;

/* Rows of one case, or of all (`name` empty), with the method's figures. Fails case_unknown. */
wb_case *wb_cases_read(wb_ctx *ctx, wb_library *lib, wb_str name, size_t *count);

/* Fills in the exact part; texts are copied into `ctx`. */
void wb_case_weigh(wb_model *model, wb_ctx *ctx, wb_case *one);

/* The name that stands for the tables without cases. */
#define WB_CASES_QUICK "quick"

/* Batches that sources recommend, for a size in billions (data/advice/batches.tsv). */
typedef struct wb_batch_advice {
  wb_str size_b, scenario, least, most, source;
} wb_batch_advice;
bool wb_batch_advice_next(size_t *at, wb_batch_advice *out);

#endif
