#include "model/workload.h"

const wb_quantity_info WB_QUANTITIES[WB_Q_COUNT] = {
    [WB_Q_BATCH] = {"batch", "--batch", 1},
    [WB_Q_NEW] = {"new_tokens", "--prompt", 1},
    [WB_Q_PAST] = {"past_tokens", "--depth", 0},
    [WB_Q_SOURCE] = {"source_tokens", "--prompt", 1},
    [WB_Q_PAST_SOURCE] = {"past_source_tokens", "--prompt", 0},
    [WB_Q_LOGITS] = {"logit_tokens", "--logits", 1},
    [WB_Q_IMAGES] = {"images", "--images", 0},
    [WB_Q_PAST_IMAGES] = {"past_images", "--images", 0},
    [WB_Q_IMAGE_HEIGHT] = {"image_height", "--image-size", 0},
    [WB_Q_IMAGE_WIDTH] = {"image_width", "--image-size", 0},
    [WB_Q_VIDEO_FRAMES] = {"video_frames", "--video-frames", 0},
    [WB_Q_AUDIO_SECONDS] = {"audio_seconds", "--audio-seconds", 0},
    [WB_Q_UNMASKED] = {"unmasked", "--pairs", 0},
};

void wb_workload_names(wb_symtab *symbols) {
  for (int i = 0; i < WB_Q_COUNT; i++) wb_intern(symbols, wb_str_of(WB_QUANTITIES[i].name));
}

wb_forms *wb_workload_open(wb_ctx *ctx, const wb_symtab *symbols, wb_scope *scope) {
  wb_forms *forms = wb_forms_new(ctx);
  for (int i = 0; i < WB_Q_COUNT; i++) {
    const wb_quantity_info *info = &WB_QUANTITIES[i];
    const wb_sym *name = wb_intern_find(symbols, wb_str_of(info->name));
    wb_origin *origin = WB_NEW(ctx, wb_origin);
    *origin = (wb_origin){.kind = WB_FROM_WORKLOAD, .key = wb_str_of(info->option), .source = WB_STR("")};
    wb_bind_value(ctx, scope, name, wb_form_open(forms, name))->origin = origin;
  }
  return forms;
}
