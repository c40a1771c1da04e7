/* How a figure of serving memory comes about. Internal to src/estimate and src/report. */
#ifndef WB_ESTIMATE_DERIVE_MEMORY_H
#define WB_ESTIMATE_DERIVE_MEMORY_H

#include "estimate/derive.h"
#include "estimate/serving.h"

/* "device_bytes" (all that stands on the fullest device), one of its components, or a quantity of the engine (budget,
 * pool). Fails with quantity_unknown. */
wb_derivation *wb_derive_memory(const wb_serving *serving, wb_str quantity);

#endif
