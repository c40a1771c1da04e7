/* Published conventions for counting FLOPs: methods of data/methods that have a quantity `forward_flops`. */
#ifndef WB_ESTIMATE_CONVENTION_H
#define WB_ESTIMATE_CONVENTION_H

#include "estimate/method.h"
#include "estimate/pass.h"

typedef struct wb_convention {
  wb_str name, source;
  bool applies;        /* the model has a stack of attention and feed-forward layers */
  wb_num flops;        /* of the pass's phase */
  const wb_node *node; /* the quantity it came from */
} wb_convention;

/* All of them for a pass, the exact counts first: exact (all pairs), exact_unmasked, exact_matmul. A mix of sequences
 * has no such figures: none. Returns how many. */
size_t wb_conventions(wb_model *model, const weigh_pass *asked, wb_convention **out);

/* FLOPs of a forward pass over the lengths of `asked`: of matrices and convolutions, and of scores over all pairs. The open quantities stand at these lengths afterwards, so that methods
 * may read them. */
void wb_exact_flops(wb_model *model, const weigh_pass *asked, wb_num *products, wb_num *scores);

/* One by name. Fails with convention_unknown. */
wb_convention wb_convention_named(wb_model *model, const weigh_pass *asked, wb_str name);

#endif
