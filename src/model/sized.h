/* A size in the place of a model: "7B dense", "671B with 37B active", "671B-A37B", "8x7B", "CNN 25M", "671B 激活 37B". */
#ifndef WB_MODEL_SIZED_H
#define WB_MODEL_SIZED_H

#include "base/ctx.h"
#include "base/num.h"

typedef enum wb_sized_kind {
  WB_SIZED_DENSE,
  WB_SIZED_MOE,
  WB_SIZED_MIXTURE, /* "8x7B": so many experts, each with what a dense model of that size has */
  WB_SIZED_CNN
} wb_sized_kind;

typedef struct wb_sized {
  wb_sized_kind kind;
  wb_num total;   /* as typed; of 8x7B the product, as the rules of thumb take it */
  wb_num active;  /* as typed; 0: none was */
  wb_num experts; /* of 8x7B: 8 */
  wb_num each;    /* of 8x7B: 7B */
} wb_sized;

/* Longer texts are no size. */
#define WB_SIZED_MAX_BYTES 120

/* Reads a size; false when the text is none (a name, a path). Fails with sized_* messages, which show the accepted
 * forms, when it is nearly one or contradicts itself. The words are those of data/representatives/words.tsv. */
bool wb_sized_read(wb_ctx *ctx, wb_str text, wb_sized *out);

/* A number of data/representatives/search.tsv. */
wb_num wb_sized_bound(wb_ctx *ctx, const char *name);

#endif
