/* Derivations of a pass's FLOPs: each operation's products in the configuration's fields and the workload's numbers. */
#ifndef WB_ESTIMATE_DERIVE_FLOPS_H
#define WB_ESTIMATE_DERIVE_FLOPS_H

#include "estimate/derive.h"
#include "estimate/pass.h"

/* "total_flops", "matmul_flops", "attention_flops", "convolution_flops" or "other_flops". */
bool wb_is_flops_quantity(wb_str quantity);

/* Derives one of them. A mix of sequences has no one formula: fails with pass_mix_explain. */
wb_derivation *wb_derive_flops(wb_model *model, wb_str quantity, const weigh_pass *asked);

#endif
