/* What a question leaves open about a pass through a model: its workload.
 *
 * Descriptions read these quantities by name; the table says what each means, what it is when nobody says, and which
 * option sets it. They are the open quantities of a model's closed forms, in this order.
 */
#ifndef WB_MODEL_WORKLOAD_H
#define WB_MODEL_WORKLOAD_H

#include "expr/form.h"

typedef enum wb_quantity {
  WB_Q_BATCH,
  WB_Q_NEW,
  WB_Q_PAST,
  WB_Q_SOURCE,
  WB_Q_PAST_SOURCE,
  WB_Q_LOGITS,
  WB_Q_IMAGES,
  WB_Q_PAST_IMAGES,
  WB_Q_IMAGE_HEIGHT,
  WB_Q_IMAGE_WIDTH,
  WB_Q_VIDEO_FRAMES,
  WB_Q_AUDIO_SECONDS,
  WB_Q_UNMASKED,
  WB_Q_COUNT
} wb_quantity;

typedef struct wb_quantity_info {
  const char *name;   /* in descriptions */
  const char *option; /* that sets it, for derivations */
  wb_i128 fallback;
} wb_quantity_info;

extern const wb_quantity_info WB_QUANTITIES[WB_Q_COUNT];

/* Makes the names known to a library, before anything is parsed. */
void wb_workload_names(wb_symtab *symbols);

/* Makes the open quantities in a new table and binds their names in a scope. */
wb_forms *wb_workload_open(wb_ctx *ctx, const wb_symtab *symbols, wb_scope *scope);

#endif
