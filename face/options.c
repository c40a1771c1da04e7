#include "options.h"

#include <stddef.h>
#include <string.h>

const face_command FACE_COMMANDS[] = {
    {"params", WEIGH_REPORT_PARAMS, 0, 1, "MODEL", "CLI_ABOUT_PARAMS", "slM", 1},
    {"tensors", WEIGH_REPORT_TENSORS, 0, 1, "MODEL", "CLI_ABOUT_TENSORS", "smtFoQ", 1},
    {"explain", WEIGH_REPORT_EXPLAIN, 0, 2, "MODEL [QUANTITY]", "CLI_ABOUT_EXPLAIN", "sxw", 1},
    {"flops", WEIGH_REPORT_FLOPS, 0, 1, "MODEL", "CLI_ABOUT_FLOPS", "swyC", 1},
    {"memory", WEIGH_REPORT_MEMORY, 0, 1, "MODEL", "CLI_ABOUT_MEMORY", "sSdXxM", 1},
    {"fit", WEIGH_REPORT_FIT, 0, 1, "MODEL", "CLI_ABOUT_FIT", "sSdXxM", 1},
    {"speed", WEIGH_REPORT_SPEED, 0, 1, "MODEL", "CLI_ABOUT_SPEED", "sSd", 1},
    {"sweep", WEIGH_REPORT_SWEEP, 0, 1, "MODEL", "CLI_ABOUT_SWEEP", "sSdV", 1},
    {"train", WEIGH_REPORT_TRAIN, 0, 1, "MODEL", "CLI_ABOUT_TRAIN", "sTXxM", 1},
    {"advise", WEIGH_REPORT_ADVISE, 0, 1, "MODEL", "CLI_ABOUT_ADVISE", "sTAM", 1},
    {"cases", WEIGH_REPORT_CASES, 0, 1, "[CASE]", "CLI_ABOUT_CASES", "", 0},
    {"design", WEIGH_REPORT_DESIGN, 0, 0, "", "CLI_ABOUT_DESIGN", "SD", 0},
    {"diff", WEIGH_REPORT_DIFF, 2, 2, "A B", "CLI_ABOUT_DIFF", "s", 2},
    {"check", WEIGH_REPORT_CHECK, 1, 1, "FOLDER", "CLI_ABOUT_CHECK", "sSdL", 1},
    {"families", WEIGH_REPORT_FAMILIES, 0, 0, "", "CLI_ABOUT_FAMILIES", "", 0},
    {"gpus", WEIGH_REPORT_GPUS, 0, 0, "", "CLI_ABOUT_GPUS", "G", 0},
    {"compare-methods", WEIGH_REPORT_COMPARE, 0, 1, "MODEL", "CLI_ABOUT_COMPARE_METHODS", "sSdM", 1},
    {"methods", WEIGH_REPORT_METHODS, 0, 0, "", "CLI_ABOUT_METHODS", "", 0},
    {"method", WEIGH_REPORT_METHOD, 1, 2, "METHOD [FUNCTION]", "CLI_ABOUT_METHOD", "xi", 0},
    {"engines", WEIGH_REPORT_ENGINES, 0, 1, "[ENGINE]", "CLI_ABOUT_ENGINES", "", 0},
    {"adapters", WEIGH_REPORT_ADAPTERS, 0, 1, "[ADAPTER]", "CLI_ABOUT_ADAPTERS", "", 0},
    {"optimizers", WEIGH_REPORT_OPTIMIZERS, 0, 1, "[OPTIMIZER]", "CLI_ABOUT_OPTIMIZERS", "Z", 0},
};
const size_t FACE_COMMAND_COUNT = sizeof FACE_COMMANDS / sizeof *FACE_COMMANDS;

#define AT(member) offsetof(face_question, member)

const face_option FACE_OPTIONS[] = {
    {"format", 'f', '*', "FORMAT", "text json csv tsv markdown", FACE_CHOICE, AT(report.format), "CLI_OPT_FORMAT"},
    {"set", 's', 's', "FIELD=VALUE", NULL, FACE_SETTING, 0, "CLI_OPT_SET"},
    {"per-layer", 0, 'l', NULL, NULL, FACE_FLAG, AT(report.per_layer), "CLI_OPT_LAYERS"},
    {"method", 0, 'M', "METHOD", NULL, FACE_TEXT, AT(report.method), "CLI_OPT_METHOD"},
    {"method", 0, 'C', "METHOD", NULL, FACE_TEXT, AT(report.method), "CLI_OPT_CONVENTION"},
    {"phase", 'p', 'w', "PHASE", "forward prefill decode backward train step", FACE_CHOICE, AT(report.pass.phase),
     "CLI_OPT_PHASE"},
    {"batch", 'b', 'w', "N", NULL, FACE_POSITIVE, AT(report.pass.batch), "CLI_OPT_BATCH"},
    {"prompt", 'n', 'w', "TOKENS", NULL, FACE_POSITIVE, AT(report.pass.prompt), "CLI_OPT_PROMPT"},
    {"depth", 'd', 'w', "TOKENS", NULL, FACE_DEPTH, AT(report.pass.depth), "CLI_OPT_DEPTH"},
    {"mix", 0, 'w', "LIST", NULL, FACE_TEXT, AT(report.pass.mix), "CLI_OPT_MIX"},
    {"images", 0, 'w', "N", NULL, FACE_COUNT, AT(report.pass.images), "CLI_OPT_IMAGES"},
    {"image-size", 0, 'w', "WIDTHxHEIGHT", NULL, FACE_SIZE, AT(report.pass.image_width), "CLI_OPT_IMAGE_SIZE"},
    {"video-frames", 0, 'w', "N", NULL, FACE_COUNT, AT(report.pass.video_frames), "CLI_OPT_VIDEO"},
    {"audio-seconds", 0, 'w', "SECONDS", NULL, FACE_SECONDS, AT(report.pass.audio_milliseconds), "CLI_OPT_AUDIO"},
    {"dtype", 0, 'w', "DTYPE", NULL, FACE_TEXT, AT(report.pass.dtype), "CLI_OPT_DTYPE"},
    {"logits", 0, 'w', "WHICH", "all last", FACE_SWITCH, AT(report.pass.last_logits), "CLI_OPT_LOGITS"},
    {"pairs", 0, 'w', "WHICH", "all unmasked", FACE_SWITCH, AT(report.pass.unmasked_pairs), "CLI_OPT_PAIRS"},
    {"mla", 0, 'w', "PATH", "expanded absorbed", FACE_SWITCH, AT(report.pass.absorbed), "CLI_OPT_MLA"},
    {"attention", 0, 'w', "KERNEL", "eager sdpa", FACE_SWITCH, AT(report.pass.fused_attention), "CLI_OPT_ATTENTION"},
    {"checkpointing", 0, 'w', NULL, NULL, FACE_FLAG, AT(report.pass.checkpointing), "CLI_OPT_CHECKPOINTING"},
    {"elementwise", 0, 'w', NULL, NULL, FACE_FLAG, AT(report.pass.with_elementwise), "CLI_OPT_ELEMENTWISE"},
    {"freeze", 0, 'w', "NAME", NULL, FACE_FREEZE, 0, "CLI_OPT_FREEZE"},
    {"by", 0, 'y', "WHAT", "operation layer group", FACE_CHOICE, AT(report.by), "CLI_OPT_BY"},
    {"conventions", 0, 'y', NULL, NULL, FACE_FLAG, AT(report.conventions), "CLI_OPT_CONVENTIONS"},
    {"context", 'c', 'S', "TOKENS", NULL, FACE_POSITIVE, AT(report.serving.context), "CLI_OPT_CONTEXT"},
    {"prompt", 0, 'S', "TOKENS", NULL, FACE_POSITIVE, AT(report.serving.prompt), "CLI_OPT_REQUEST_PROMPT"},
    {"output", 0, 'S', "TOKENS", NULL, FACE_COUNT, AT(report.serving.output), "CLI_OPT_REQUEST_OUTPUT"},
    {"sequences", 'n', 'S', "N", NULL, FACE_POSITIVE, AT(report.serving.sequences), "CLI_OPT_SEQUENCES"},
    {"mix", 0, 'S', "LIST", NULL, FACE_TEXT, AT(report.serving.mix), "CLI_OPT_SERVING_MIX"},
    {"shared-prefix", 0, 'S', "TOKENS", NULL, FACE_COUNT, AT(report.serving.shared_prefix), "CLI_OPT_SHARED_PREFIX"},
    {"images", 0, 'S', "N", NULL, FACE_COUNT, AT(report.serving.images), "CLI_OPT_IMAGES"},
    {"image-size", 0, 'S', "WIDTHxHEIGHT", NULL, FACE_SIZE, AT(report.serving.image_width), "CLI_OPT_IMAGE_SIZE"},
    {"loras", 0, 'S', "N", NULL, FACE_COUNT, AT(report.serving.loras), "CLI_OPT_LORAS"},
    {"lora-rank", 0, 'S', "N", NULL, FACE_POSITIVE, AT(report.serving.lora_rank), "CLI_OPT_LORA_RANK"},
    {"draft", 0, 'd', "MODEL", NULL, FACE_TEXT, AT(draft), "CLI_OPT_DRAFT"},
    {"mtp", 0, 'S', NULL, NULL, FACE_FLAG, AT(report.serving.with_mtp), "CLI_OPT_MTP"},
    {"dtype", 0, 'S', "DTYPE", NULL, FACE_TEXT, AT(report.serving.dtype), "CLI_OPT_WEIGHT_DTYPE"},
    {"quant", 'q', 'S', "FORMAT", NULL, FACE_TEXT, AT(report.serving.quant), "CLI_OPT_QUANT"},
    {"quant", 'q', 'Q', "FORMAT", NULL, FACE_TEXT, AT(report.serving.quant), "CLI_OPT_STORED_AS"},
    {"kv-dtype", 0, 'S', "DTYPE", NULL, FACE_TEXT, AT(report.serving.kv_dtype), "CLI_OPT_KV_DTYPE"},
    {"state-dtype", 0, 'S', "DTYPE", NULL, FACE_TEXT, AT(report.serving.state_dtype), "CLI_OPT_STATE_DTYPE"},
    {"gpu", 'g', 'S', "NAMES", NULL, FACE_TEXT, AT(report.serving.gpu), "CLI_OPT_GPU"},
    {"gpu-memory", 0, 'S', "SIZE", NULL, FACE_BYTES, AT(report.serving.gpu_memory_bytes), "CLI_OPT_GPU_MEMORY"},
    {"mig", 0, 'S', "PROFILE", NULL, FACE_TEXT, AT(report.serving.mig), "CLI_OPT_MIG"},
    {"gpus", 0, 'S', "N", NULL, FACE_POSITIVE, AT(report.serving.gpus), "CLI_OPT_GPUS"},
    {"tp", 0, 'S', "N", NULL, FACE_POSITIVE, AT(report.serving.tp), "CLI_OPT_TP"},
    {"pp", 0, 'S', "N", NULL, FACE_POSITIVE, AT(report.serving.pp), "CLI_OPT_PP"},
    {"dp", 0, 'S', "N", NULL, FACE_POSITIVE, AT(report.serving.dp), "CLI_OPT_DP"},
    {"cp", 0, 'S', "N", NULL, FACE_POSITIVE, AT(report.serving.cp), "CLI_OPT_CP"},
    {"dcp", 0, 'S', "N", NULL, FACE_POSITIVE, AT(report.serving.dcp), "CLI_OPT_DCP"},
    {"expert-parallel", 0, 'S', NULL, NULL, FACE_FLAG, AT(report.serving.expert_parallel), "CLI_OPT_EP"},
    {"gpu-layers", 0, 'S', "N", NULL, FACE_GPU_LAYERS, AT(report.serving.gpu_layers), "CLI_OPT_GPU_LAYERS"},
    {"explain", 0, 'X', "QUANTITY", NULL, FACE_TEXT, AT(report.quantity), "CLI_OPT_EXPLAIN"},
    {"engine", 'e', 'S', "ENGINE", NULL, FACE_TEXT, AT(report.serving.engine), "CLI_OPT_ENGINE"},
    {"engine-option", 'o', 'S', "NAME=VALUE", NULL, FACE_ENGINE, 0, "CLI_OPT_ENGINE_OPTION"},
    {"option", 'o', 'Z', "NAME=VALUE", NULL, FACE_ENGINE, 0, "CLI_OPT_OPTIMIZER_OPTION"},
    {"vary", 'v', 'V', "NAME=VALUES", NULL, FACE_VARY, 0, "CLI_OPT_VARY"},
    {"reach", 0, 'V', NULL, NULL, FACE_FLAG, AT(report.sweep.with_reach), "CLI_OPT_REACH"},
    {"components", 0, 'V', NULL, NULL, FACE_FLAG, AT(report.sweep.with_components), "CLI_OPT_COMPONENTS"},
    {"lines", 0, 'V', NULL, NULL, FACE_FLAG, AT(report.sweep.lines), "CLI_OPT_LINES"},
    {"speed", 0, 'V', NULL, NULL, FACE_FLAG, AT(report.sweep.with_speed), "CLI_OPT_SPEED"},
    {"mode", 'm', 'T', "MODE", NULL, FACE_TEXT, AT(report.training.mode), "CLI_OPT_MODE"},
    {"batch", 'b', 'T', "N", NULL, FACE_POSITIVE, AT(report.training.batch), "CLI_OPT_TRAIN_BATCH"},
    {"sequence", 'n', 'T', "TOKENS", NULL, FACE_POSITIVE, AT(report.training.sequence), "CLI_OPT_SEQUENCE"},
    {"optimizer", 0, 'T', "NAME", NULL, FACE_TEXT, AT(report.training.optimizer), "CLI_OPT_OPTIMIZER"},
    {"optimizer-option", 0, 'T', "NAME=VALUE", NULL, FACE_OPTIMIZER, 0, "CLI_OPT_OPTIMIZER_OPTION"},
    {"precision", 0, 'T', "POLICY", NULL, FACE_TEXT, AT(report.training.precision), "CLI_OPT_PRECISION"},
    {"checkpointing", 0, 'T', NULL, NULL, FACE_FLAG, AT(report.training.checkpointing), "CLI_OPT_CHECKPOINTING"},
    {"attention", 0, 'T', "KERNEL", "sdpa eager", FACE_SWITCH, AT(report.training.eager), "CLI_OPT_ATTENTION"},
    {"adapter", 0, 'T', "NAME", NULL, FACE_TEXT, AT(report.training.adapter), "CLI_OPT_ADAPTER"},
    {"rank", 'r', 'T', "N", NULL, FACE_POSITIVE, AT(report.training.rank), "CLI_OPT_RANK"},
    {"target-modules", 0, 'T', "NAMES", NULL, FACE_TEXT, AT(report.training.target_modules), "CLI_OPT_TARGETS"},
    {"adapter-option", 0, 'T', "NAME=VALUE", NULL, FACE_ADAPTER, 0, "CLI_OPT_ADAPTER_OPTION"},
    {"generations", 'k', 'T', "N", NULL, FACE_GENERATIONS, AT(report.training.generations), "CLI_OPT_GENERATIONS"},
    {"reference", 0, 'T', NULL, NULL, FACE_FLAG, AT(report.training.reference), "CLI_OPT_REFERENCE"},
    {"gpus", 0, 'T', "N", NULL, FACE_POSITIVE, AT(report.training.gpus), "CLI_OPT_TRAIN_GPUS"},
    {"zero", 'z', 'T', "STAGE", "0 1 2 3", FACE_TEXT, AT(report.training.sharding), "CLI_OPT_ZERO"},
    {"sharding", 0, 'T', "NAME", NULL, FACE_TEXT, AT(report.training.sharding), "CLI_OPT_SHARDING"},
    {"sharding-option", 0, 'T', "NAME=VALUE", NULL, FACE_SHARDING, 0, "CLI_OPT_SHARDING_OPTION"},
    {"gpu", 'g', 'T', "NAME", NULL, FACE_TEXT, AT(report.training.gpu), "CLI_OPT_TRAIN_GPU"},
    {"gpu-memory", 0, 'T', "SIZE", NULL, FACE_BYTES, AT(report.training.gpu_memory_bytes), "CLI_OPT_GPU_MEMORY"},
    {"reserve", 0, 'T', "PERCENT", NULL, FACE_PERCENT, AT(report.training.reserve_percent), "CLI_OPT_TRAIN_RESERVE"},
    {"context", 'c', 'A', "TOKENS", NULL, FACE_POSITIVE, AT(report.serving.context), "CLI_OPT_ADVISE_CONTEXT"},
    {"sequences", 0, 'A', "N", NULL, FACE_POSITIVE, AT(report.serving.sequences), "CLI_OPT_ADVISE_SEQUENCES"},
    {"reserve", 0, 'D', "SHARE", NULL, FACE_TEXT, AT(report.design.reserve), "CLI_OPT_RESERVE"},
    {"usd-per-hour", 0, 'D', "USD", NULL, FACE_REAL, AT(report.design.usd_per_hour), "CLI_OPT_USD"},
    {"tokens-per-second", 0, 'D', "N", NULL, FACE_REAL, AT(report.design.tokens_per_second), "CLI_OPT_LEAST_RATE"},
    {"family", 0, 'D', "FAMILY", NULL, FACE_TEXT, AT(report.design.family), "CLI_OPT_FAMILY"},
    {"vocab-size", 0, 'D', "N", NULL, FACE_POSITIVE, AT(report.design.vocab_size), "CLI_OPT_VOCAB"},
    {"top", 0, 'D', "N", NULL, FACE_POSITIVE, AT(report.design.top), "CLI_OPT_TOP"},
    {"sort", 0, 'D', "KEY", "parameters context speed", FACE_TEXT, AT(report.sort), "CLI_OPT_DESIGN_SORT"},
    {"log", 0, 'L', "FILE", NULL, FACE_TEXT, AT(report.log), "CLI_OPT_LOG"},
    {"log-text", 0, 'L', "TEXT", NULL, FACE_TEXT, AT(report.log_text), "CLI_OPT_LOG_TEXT"},
    {"mtp", 0, 'm', NULL, NULL, FACE_FLAG, AT(report.with_mtp), "CLI_OPT_MTP"},
    {"mtp", 0, 'w', NULL, NULL, FACE_FLAG, AT(report.pass.with_mtp), "CLI_OPT_MTP"},
    {"offset", 0, 't', "N", NULL, FACE_COUNT, AT(report.offset), "CLI_OPT_OFFSET"},
    {"limit", 0, 't', "N", NULL, FACE_POSITIVE, AT(report.limit), "CLI_OPT_LIMIT"},
    {"compact", 0, 't', NULL, NULL, FACE_FLAG, AT(report.compact), "CLI_OPT_COMPACT"},
    {"filter", 0, 'F', "TEXT", NULL, FACE_TEXT, AT(report.filter), "CLI_OPT_FILTER"},
    {"sort", 0, 'o', "KEY", "name elements bytes group", FACE_TEXT, AT(report.sort), "CLI_OPT_SORT"},
    {"latex", 0, 'x', NULL, NULL, FACE_FLAG, AT(report.latex), "CLI_OPT_LATEX"},
    {"input", 0, 'i', "JSON", NULL, FACE_TEXT, AT(report.input), "CLI_OPT_INPUT"},
    {"local", 0, 'G', NULL, NULL, FACE_FLAG, AT(local), "CLI_OPT_LOCAL"},
    {"vendor", 0, 'G', "VENDOR", NULL, FACE_TEXT, AT(report.filter), "CLI_OPT_VENDOR"},
    {"min-memory", 0, 'G', "SIZE", NULL, FACE_BYTES, AT(report.serving.gpu_memory_bytes), "CLI_OPT_MIN_MEMORY"},
    {"command", 0, 'B', "COMMAND", NULL, FACE_TEXT, AT(batch_command), "CLI_OPT_COMMAND"},
    {"jobs", 'j', 'B', "N", NULL, FACE_POSITIVE, AT(jobs), "CLI_OPT_JOBS"},
    {"id", 0, 'R', "ID", NULL, FACE_TEXT, AT(kept.id), "CLI_OPT_REGISTRY_ID"},
    {"source", 0, 'R', "TEXT", NULL, FACE_TEXT, AT(kept.source), "CLI_OPT_REGISTRY_SOURCE"},
    {"revision", 0, 'R', "TEXT", NULL, FACE_TEXT, AT(kept.revision), "CLI_OPT_REGISTRY_REVISION"},
    {"limit", 0, 'R', "N", NULL, FACE_POSITIVE, AT(kept.limit), "CLI_OPT_REGISTRY_LIMIT"},
    {"after", 0, 'R', "ID", NULL, FACE_TEXT, AT(kept.after), "CLI_OPT_REGISTRY_AFTER"},
    {"registry", 0, '*', "FILE", NULL, FACE_TEXT, AT(registry), "CLI_OPT_REGISTRY"},
    {"share", 0, '*', NULL, NULL, FACE_FLAG, AT(share), "CLI_OPT_SHARE"},
    {"data", 0, '*', "DIR", NULL, FACE_DATA, 0, "CLI_OPT_DATA"},
    {"lang", 0, '*', "LANG", "en zh", FACE_CHOICE, AT(language), "CLI_OPT_LANG"},
    {"color", 0, '*', "WHEN", "auto always never", FACE_TEXT, AT(color), "CLI_OPT_COLOR"},
    {"help", 'h', '*', NULL, NULL, FACE_FLAG, AT(help), "CLI_OPT_HELP"},
};
const size_t FACE_OPTION_COUNT = sizeof FACE_OPTIONS / sizeof *FACE_OPTIONS;

const face_command *face_find_command(const char *name) {
  for (size_t i = 0; i < FACE_COMMAND_COUNT; i++)
    if (strcmp(FACE_COMMANDS[i].name, name) == 0) return &FACE_COMMANDS[i];
  return NULL;
}

bool face_takes(const face_command *command, const face_option *option) {
  return option->of == '*' || strchr(command->options, option->of);
}

const face_option *face_find_option(const face_command *command, const char *name, size_t length) {
  for (size_t i = 0; i < FACE_OPTION_COUNT; i++) {
    const face_option *option = &FACE_OPTIONS[i];
    const bool named = strlen(option->name) == length && strncmp(option->name, name, length) == 0;
    if (named && (!command || face_takes(command, option))) return option;
  }
  return NULL;
}

const face_option *face_find_letter(const face_command *command, char letter) {
  for (size_t i = 0; letter && i < FACE_OPTION_COUNT; i++) {
    const face_option *option = &FACE_OPTIONS[i];
    if (option->letter == letter && (!command || face_takes(command, option))) return option;
  }
  return NULL;
}

bool face_is_repeatable(const face_option *option) {
  switch (option->kind) {
    case FACE_SETTING:
    case FACE_DATA:
    case FACE_FREEZE:
    case FACE_ENGINE:
    case FACE_OPTIMIZER:
    case FACE_ADAPTER:
    case FACE_SHARDING:
    case FACE_VARY: return true;
    default: return false;
  }
}

weigh_status face_fail(weigh_error *err, const face_question *o, const char *id, const char *a, const char *b) {
  return weigh_error_set(err, o->language, id, (const char *const[]){a, b}, 2);
}

void face_blame(weigh_error *err, const char *option) {
  size_t n = strlen(option);
  if (!err || n >= sizeof err->field) return;
  memcpy(err->field, option, n + 1);
}
