/* Which published model a name means that engines are given: a path, a name with the format of its weights at the end. */
#ifndef WB_ESTIMATE_PUBLISHED_H
#define WB_ESTIMATE_PUBLISHED_H

#include "base/ctx.h"

/* The catalogue's entry that a name or path means, with ends that name no other model left out ("-Q4_K_M.gguf", "-AWQ",
 * data/logs/suffixes.tsv); empty: none, or several would do. `ends`, unless NULL: what was left out. */
wb_str wb_published_find(wb_ctx *ctx, wb_str name, wb_str *ends);

/* Whether the end of a name names a format of the weights. */
bool wb_published_names_format(wb_str name);

#endif
