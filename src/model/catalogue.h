/* Published models known by name: facts of their configurations in data/catalogue, one line each. */
#ifndef WB_MODEL_CATALOGUE_H
#define WB_MODEL_CATALOGUE_H

#include "base/ctx.h"

/* Columns of data/catalogue/models.tsv. `config` is a compact JSON object of the fields that the family reads. */
typedef struct wb_catalogue_entry {
  wb_str name; /* "Qwen/Qwen3-8B" */
  wb_str model_type;
  wb_str total;  /* parameters, decimal digits; recorded, not computed */
  wb_str digest; /* SHA-256 of the tensor list, as in tests/catalogue; may be empty */
  wb_str source;
  wb_str date;
  wb_str config;
} wb_catalogue_entry;

/* The entry a user means: exact, else without regard to case, else by the part after "/". Fails with catalogue_unknown
 * (near misses suggested) or catalogue_ambiguous (the names that match). */
wb_catalogue_entry wb_catalogue_find(wb_ctx *ctx, wb_str name);

/* The same; false when there is none. */
bool wb_catalogue_look(wb_ctx *ctx, wb_str name, wb_catalogue_entry *out);

/* The name within a page's address, without a trailing slash. */
wb_str wb_catalogue_bare(wb_str name);

/* The next entry at *at (start with 0); false at the end. */
bool wb_catalogue_next(size_t *at, wb_catalogue_entry *out);

#endif
