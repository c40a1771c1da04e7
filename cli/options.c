#include "options.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const cli_command CLI_COMMANDS[] = {
    {"params", WEIGH_REPORT_PARAMS, 0, 1, "MODEL", "CLI_ABOUT_PARAMS", "slM", 1},
    {"tensors", WEIGH_REPORT_TENSORS, 0, 1, "MODEL", "CLI_ABOUT_TENSORS", "smtFoQ", 1},
    {"explain", WEIGH_REPORT_EXPLAIN, 0, 2, "MODEL [QUANTITY]", "CLI_ABOUT_EXPLAIN", "sxw", 1},
    {"flops", WEIGH_REPORT_FLOPS, 0, 1, "MODEL", "CLI_ABOUT_FLOPS", "swyC", 1},
    {"memory", WEIGH_REPORT_MEMORY, 0, 1, "MODEL", "CLI_ABOUT_MEMORY", "sSdM", 1},
    {"fit", WEIGH_REPORT_FIT, 0, 1, "MODEL", "CLI_ABOUT_FIT", "sSdM", 1},
    {"speed", WEIGH_REPORT_SPEED, 0, 1, "MODEL", "CLI_ABOUT_SPEED", "sSd", 1},
    {"sweep", WEIGH_REPORT_SWEEP, 0, 1, "MODEL", "CLI_ABOUT_SWEEP", "sSdV", 1},
    {"train", WEIGH_REPORT_TRAIN, 0, 1, "MODEL", "CLI_ABOUT_TRAIN", "sTM", 1},
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
const size_t CLI_COMMAND_COUNT = sizeof CLI_COMMANDS / sizeof *CLI_COMMANDS;

const cli_command CLI_OWN[] = {
    {"registry", 0, 1, 2, "ACTION [NAME]", "CLI_ABOUT_REGISTRY", "R", 0},
    {"batch", 0, 0, 1, "[FILE]", "CLI_ABOUT_BATCH", "B", 0},
    {"completion", 0, 0, 1, "SHELL", "CLI_ABOUT_COMPLETION", "", 0},
    {"version", 0, 0, 0, "", "CLI_ABOUT_VERSION", "", 0},
    {"help", 0, 0, 1, "[COMMAND]", "CLI_ABOUT_HELP", "", 0},
};
const size_t CLI_OWN_COUNT = sizeof CLI_OWN / sizeof *CLI_OWN;

#define AT(member) offsetof(cli_options, member)

const cli_option CLI_OPTIONS[] = {
    {"format", 'f', '*', "FORMAT", "text json csv tsv markdown", CLI_CHOICE, AT(report.format), "CLI_OPT_FORMAT"},
    {"set", 's', 's', "FIELD=VALUE", NULL, CLI_SETTING, 0, "CLI_OPT_SET"},
    {"per-layer", 0, 'l', NULL, NULL, CLI_FLAG, AT(report.per_layer), "CLI_OPT_LAYERS"},
    {"method", 0, 'M', "METHOD", NULL, CLI_TEXT, AT(report.method), "CLI_OPT_METHOD"},
    {"method", 0, 'C', "METHOD", NULL, CLI_TEXT, AT(report.method), "CLI_OPT_CONVENTION"},
    {"phase", 'p', 'w', "PHASE", "forward prefill decode backward train step", CLI_CHOICE, AT(report.pass.phase),
     "CLI_OPT_PHASE"},
    {"batch", 'b', 'w', "N", NULL, CLI_POSITIVE, AT(report.pass.batch), "CLI_OPT_BATCH"},
    {"prompt", 'n', 'w', "TOKENS", NULL, CLI_POSITIVE, AT(report.pass.prompt), "CLI_OPT_PROMPT"},
    {"depth", 'd', 'w', "TOKENS", NULL, CLI_DEPTH, AT(report.pass.depth), "CLI_OPT_DEPTH"},
    {"mix", 0, 'w', "LIST", NULL, CLI_TEXT, AT(report.pass.mix), "CLI_OPT_MIX"},
    {"images", 0, 'w', "N", NULL, CLI_COUNT, AT(report.pass.images), "CLI_OPT_IMAGES"},
    {"image-size", 0, 'w', "WIDTHxHEIGHT", NULL, CLI_SIZE, AT(report.pass.image_width), "CLI_OPT_IMAGE_SIZE"},
    {"video-frames", 0, 'w', "N", NULL, CLI_COUNT, AT(report.pass.video_frames), "CLI_OPT_VIDEO"},
    {"audio-seconds", 0, 'w', "SECONDS", NULL, CLI_SECONDS, AT(report.pass.audio_milliseconds), "CLI_OPT_AUDIO"},
    {"dtype", 0, 'w', "DTYPE", NULL, CLI_TEXT, AT(report.pass.dtype), "CLI_OPT_DTYPE"},
    {"logits", 0, 'w', "WHICH", "all last", CLI_SWITCH, AT(report.pass.last_logits), "CLI_OPT_LOGITS"},
    {"pairs", 0, 'w', "WHICH", "all unmasked", CLI_SWITCH, AT(report.pass.unmasked_pairs), "CLI_OPT_PAIRS"},
    {"mla", 0, 'w', "PATH", "expanded absorbed", CLI_SWITCH, AT(report.pass.absorbed), "CLI_OPT_MLA"},
    {"attention", 0, 'w', "KERNEL", "eager sdpa", CLI_SWITCH, AT(report.pass.fused_attention), "CLI_OPT_ATTENTION"},
    {"checkpointing", 0, 'w', NULL, NULL, CLI_FLAG, AT(report.pass.checkpointing), "CLI_OPT_CHECKPOINTING"},
    {"elementwise", 0, 'w', NULL, NULL, CLI_FLAG, AT(report.pass.with_elementwise), "CLI_OPT_ELEMENTWISE"},
    {"freeze", 0, 'w', "NAME", NULL, CLI_FREEZE, 0, "CLI_OPT_FREEZE"},
    {"by", 0, 'y', "WHAT", "operation layer group", CLI_CHOICE, AT(report.by), "CLI_OPT_BY"},
    {"conventions", 0, 'y', NULL, NULL, CLI_FLAG, AT(report.conventions), "CLI_OPT_CONVENTIONS"},
    {"context", 'c', 'S', "TOKENS", NULL, CLI_POSITIVE, AT(report.serving.context), "CLI_OPT_CONTEXT"},
    {"prompt", 0, 'S', "TOKENS", NULL, CLI_POSITIVE, AT(report.serving.prompt), "CLI_OPT_REQUEST_PROMPT"},
    {"output", 0, 'S', "TOKENS", NULL, CLI_COUNT, AT(report.serving.output), "CLI_OPT_REQUEST_OUTPUT"},
    {"sequences", 'n', 'S', "N", NULL, CLI_POSITIVE, AT(report.serving.sequences), "CLI_OPT_SEQUENCES"},
    {"mix", 0, 'S', "LIST", NULL, CLI_TEXT, AT(report.serving.mix), "CLI_OPT_SERVING_MIX"},
    {"shared-prefix", 0, 'S', "TOKENS", NULL, CLI_COUNT, AT(report.serving.shared_prefix), "CLI_OPT_SHARED_PREFIX"},
    {"images", 0, 'S', "N", NULL, CLI_COUNT, AT(report.serving.images), "CLI_OPT_IMAGES"},
    {"image-size", 0, 'S', "WIDTHxHEIGHT", NULL, CLI_SIZE, AT(report.serving.image_width), "CLI_OPT_IMAGE_SIZE"},
    {"loras", 0, 'S', "N", NULL, CLI_COUNT, AT(report.serving.loras), "CLI_OPT_LORAS"},
    {"lora-rank", 0, 'S', "N", NULL, CLI_POSITIVE, AT(report.serving.lora_rank), "CLI_OPT_LORA_RANK"},
    {"draft", 0, 'd', "MODEL", NULL, CLI_TEXT, AT(draft), "CLI_OPT_DRAFT"},
    {"mtp", 0, 'S', NULL, NULL, CLI_FLAG, AT(report.serving.with_mtp), "CLI_OPT_MTP"},
    {"dtype", 0, 'S', "DTYPE", NULL, CLI_TEXT, AT(report.serving.dtype), "CLI_OPT_WEIGHT_DTYPE"},
    {"quant", 'q', 'S', "FORMAT", NULL, CLI_TEXT, AT(report.serving.quant), "CLI_OPT_QUANT"},
    {"quant", 'q', 'Q', "FORMAT", NULL, CLI_TEXT, AT(report.serving.quant), "CLI_OPT_STORED_AS"},
    {"kv-dtype", 0, 'S', "DTYPE", NULL, CLI_TEXT, AT(report.serving.kv_dtype), "CLI_OPT_KV_DTYPE"},
    {"state-dtype", 0, 'S', "DTYPE", NULL, CLI_TEXT, AT(report.serving.state_dtype), "CLI_OPT_STATE_DTYPE"},
    {"gpu", 'g', 'S', "NAMES", NULL, CLI_TEXT, AT(report.serving.gpu), "CLI_OPT_GPU"},
    {"gpu-memory", 0, 'S', "SIZE", NULL, CLI_BYTES, AT(report.serving.gpu_memory_bytes), "CLI_OPT_GPU_MEMORY"},
    {"mig", 0, 'S', "PROFILE", NULL, CLI_TEXT, AT(report.serving.mig), "CLI_OPT_MIG"},
    {"gpus", 0, 'S', "N", NULL, CLI_POSITIVE, AT(report.serving.gpus), "CLI_OPT_GPUS"},
    {"tp", 0, 'S', "N", NULL, CLI_POSITIVE, AT(report.serving.tp), "CLI_OPT_TP"},
    {"pp", 0, 'S', "N", NULL, CLI_POSITIVE, AT(report.serving.pp), "CLI_OPT_PP"},
    {"dp", 0, 'S', "N", NULL, CLI_POSITIVE, AT(report.serving.dp), "CLI_OPT_DP"},
    {"cp", 0, 'S', "N", NULL, CLI_POSITIVE, AT(report.serving.cp), "CLI_OPT_CP"},
    {"dcp", 0, 'S', "N", NULL, CLI_POSITIVE, AT(report.serving.dcp), "CLI_OPT_DCP"},
    {"expert-parallel", 0, 'S', NULL, NULL, CLI_FLAG, AT(report.serving.expert_parallel), "CLI_OPT_EP"},
    {"gpu-layers", 0, 'S', "N", NULL, CLI_GPU_LAYERS, AT(report.serving.gpu_layers), "CLI_OPT_GPU_LAYERS"},
    {"explain", 0, 'd', "QUANTITY", NULL, CLI_TEXT, AT(report.quantity), "CLI_OPT_EXPLAIN"},
    {"engine", 'e', 'S', "ENGINE", NULL, CLI_TEXT, AT(report.serving.engine), "CLI_OPT_ENGINE"},
    {"engine-option", 'o', 'S', "NAME=VALUE", NULL, CLI_ENGINE, 0, "CLI_OPT_ENGINE_OPTION"},
    {"option", 'o', 'Z', "NAME=VALUE", NULL, CLI_ENGINE, 0, "CLI_OPT_OPTIMIZER_OPTION"},
    {"vary", 'v', 'V', "NAME=VALUES", NULL, CLI_VARY, 0, "CLI_OPT_VARY"},
    {"reach", 0, 'V', NULL, NULL, CLI_FLAG, AT(report.sweep.with_reach), "CLI_OPT_REACH"},
    {"speed", 0, 'V', NULL, NULL, CLI_FLAG, AT(report.sweep.with_speed), "CLI_OPT_SPEED"},
    {"mode", 'm', 'T', "MODE", NULL, CLI_TEXT, AT(report.training.mode), "CLI_OPT_MODE"},
    {"batch", 'b', 'T', "N", NULL, CLI_POSITIVE, AT(report.training.batch), "CLI_OPT_TRAIN_BATCH"},
    {"sequence", 'n', 'T', "TOKENS", NULL, CLI_POSITIVE, AT(report.training.sequence), "CLI_OPT_SEQUENCE"},
    {"optimizer", 0, 'T', "NAME", NULL, CLI_TEXT, AT(report.training.optimizer), "CLI_OPT_OPTIMIZER"},
    {"optimizer-option", 0, 'T', "NAME=VALUE", NULL, CLI_OPTIMIZER, 0, "CLI_OPT_OPTIMIZER_OPTION"},
    {"precision", 0, 'T', "POLICY", NULL, CLI_TEXT, AT(report.training.precision), "CLI_OPT_PRECISION"},
    {"checkpointing", 0, 'T', NULL, NULL, CLI_FLAG, AT(report.training.checkpointing), "CLI_OPT_CHECKPOINTING"},
    {"attention", 0, 'T', "KERNEL", "sdpa eager", CLI_SWITCH, AT(report.training.eager), "CLI_OPT_ATTENTION"},
    {"adapter", 0, 'T', "NAME", NULL, CLI_TEXT, AT(report.training.adapter), "CLI_OPT_ADAPTER"},
    {"rank", 'r', 'T', "N", NULL, CLI_POSITIVE, AT(report.training.rank), "CLI_OPT_RANK"},
    {"target-modules", 0, 'T', "NAMES", NULL, CLI_TEXT, AT(report.training.target_modules), "CLI_OPT_TARGETS"},
    {"adapter-option", 0, 'T', "NAME=VALUE", NULL, CLI_ADAPTER, 0, "CLI_OPT_ADAPTER_OPTION"},
    {"generations", 'k', 'T', "N", NULL, CLI_GENERATIONS, AT(report.training.generations), "CLI_OPT_GENERATIONS"},
    {"reference", 0, 'T', NULL, NULL, CLI_FLAG, AT(report.training.reference), "CLI_OPT_REFERENCE"},
    {"gpus", 0, 'T', "N", NULL, CLI_POSITIVE, AT(report.training.gpus), "CLI_OPT_TRAIN_GPUS"},
    {"zero", 'z', 'T', "STAGE", "0 1 2 3", CLI_TEXT, AT(report.training.sharding), "CLI_OPT_ZERO"},
    {"sharding", 0, 'T', "NAME", NULL, CLI_TEXT, AT(report.training.sharding), "CLI_OPT_SHARDING"},
    {"sharding-option", 0, 'T', "NAME=VALUE", NULL, CLI_SHARDING, 0, "CLI_OPT_SHARDING_OPTION"},
    {"gpu", 'g', 'T', "NAME", NULL, CLI_TEXT, AT(report.training.gpu), "CLI_OPT_TRAIN_GPU"},
    {"gpu-memory", 0, 'T', "SIZE", NULL, CLI_BYTES, AT(report.training.gpu_memory_bytes), "CLI_OPT_GPU_MEMORY"},
    {"reserve", 0, 'T', "PERCENT", NULL, CLI_PERCENT, AT(report.training.reserve_percent), "CLI_OPT_TRAIN_RESERVE"},
    {"context", 'c', 'A', "TOKENS", NULL, CLI_POSITIVE, AT(report.serving.context), "CLI_OPT_ADVISE_CONTEXT"},
    {"sequences", 0, 'A', "N", NULL, CLI_POSITIVE, AT(report.serving.sequences), "CLI_OPT_ADVISE_SEQUENCES"},
    {"reserve", 0, 'D', "SHARE", NULL, CLI_TEXT, AT(report.design.reserve), "CLI_OPT_RESERVE"},
    {"usd-per-hour", 0, 'D', "USD", NULL, CLI_REAL, AT(report.design.usd_per_hour), "CLI_OPT_USD"},
    {"tokens-per-second", 0, 'D', "N", NULL, CLI_REAL, AT(report.design.tokens_per_second), "CLI_OPT_LEAST_RATE"},
    {"family", 0, 'D', "FAMILY", NULL, CLI_TEXT, AT(report.design.family), "CLI_OPT_FAMILY"},
    {"vocab-size", 0, 'D', "N", NULL, CLI_POSITIVE, AT(report.design.vocab_size), "CLI_OPT_VOCAB"},
    {"top", 0, 'D', "N", NULL, CLI_POSITIVE, AT(report.design.top), "CLI_OPT_TOP"},
    {"sort", 0, 'D', "KEY", "parameters context speed", CLI_TEXT, AT(report.sort), "CLI_OPT_DESIGN_SORT"},
    {"log", 0, 'L', "FILE", NULL, CLI_TEXT, AT(report.log), "CLI_OPT_LOG"},
    {"mtp", 0, 'm', NULL, NULL, CLI_FLAG, AT(report.with_mtp), "CLI_OPT_MTP"},
    {"mtp", 0, 'w', NULL, NULL, CLI_FLAG, AT(report.pass.with_mtp), "CLI_OPT_MTP"},
    {"compact", 0, 't', NULL, NULL, CLI_FLAG, AT(report.compact), "CLI_OPT_COMPACT"},
    {"filter", 0, 'F', "TEXT", NULL, CLI_TEXT, AT(report.filter), "CLI_OPT_FILTER"},
    {"sort", 0, 'o', "KEY", "name elements bytes group", CLI_TEXT, AT(report.sort), "CLI_OPT_SORT"},
    {"latex", 0, 'x', NULL, NULL, CLI_FLAG, AT(report.latex), "CLI_OPT_LATEX"},
    {"input", 0, 'i', "JSON", NULL, CLI_TEXT, AT(report.input), "CLI_OPT_INPUT"},
    {"local", 0, 'G', NULL, NULL, CLI_FLAG, AT(local), "CLI_OPT_LOCAL"},
    {"vendor", 0, 'G', "VENDOR", NULL, CLI_TEXT, AT(report.filter), "CLI_OPT_VENDOR"},
    {"min-memory", 0, 'G', "SIZE", NULL, CLI_BYTES, AT(report.serving.gpu_memory_bytes), "CLI_OPT_MIN_MEMORY"},
    {"command", 0, 'B', "COMMAND", NULL, CLI_TEXT, AT(batch_command), "CLI_OPT_COMMAND"},
    {"jobs", 'j', 'B', "N", NULL, CLI_POSITIVE, AT(jobs), "CLI_OPT_JOBS"},
    {"id", 0, 'R', "ID", NULL, CLI_TEXT, AT(kept.id), "CLI_OPT_REGISTRY_ID"},
    {"source", 0, 'R', "TEXT", NULL, CLI_TEXT, AT(kept.source), "CLI_OPT_REGISTRY_SOURCE"},
    {"revision", 0, 'R', "TEXT", NULL, CLI_TEXT, AT(kept.revision), "CLI_OPT_REGISTRY_REVISION"},
    {"limit", 0, 'R', "N", NULL, CLI_POSITIVE, AT(kept.limit), "CLI_OPT_REGISTRY_LIMIT"},
    {"after", 0, 'R', "ID", NULL, CLI_TEXT, AT(kept.after), "CLI_OPT_REGISTRY_AFTER"},
    {"registry", 0, '*', "FILE", NULL, CLI_TEXT, AT(registry), "CLI_OPT_REGISTRY"},
    {"data", 0, '*', "DIR", NULL, CLI_DATA, 0, "CLI_OPT_DATA"},
    {"lang", 0, '*', "LANG", "en zh", CLI_CHOICE, AT(language), "CLI_OPT_LANG"},
    {"color", 0, '*', "WHEN", "auto always never", CLI_TEXT, AT(color), "CLI_OPT_COLOR"},
    {"help", 'h', '*', NULL, NULL, CLI_FLAG, AT(help), "CLI_OPT_HELP"},
};
const size_t CLI_OPTION_COUNT = sizeof CLI_OPTIONS / sizeof *CLI_OPTIONS;

const cli_command *cli_find_report(const char *name) {
  for (size_t i = 0; i < CLI_COMMAND_COUNT; i++)
    if (strcmp(CLI_COMMANDS[i].name, name) == 0) return &CLI_COMMANDS[i];
  return NULL;
}

const cli_command *cli_find_command(const char *name) {
  const cli_command *report = cli_find_report(name);
  if (report) return report;
  for (size_t i = 0; i < CLI_OWN_COUNT; i++)
    if (strcmp(CLI_OWN[i].name, name) == 0) return &CLI_OWN[i];
  return NULL;
}

static weigh_status fail(weigh_error *err, const cli_options *o, const char *id, const char *a, const char *b) {
  return weigh_error_set(err, o->language, id, (const char *const[]){a, b}, 2);
}

static bool is_option(const char *arg) { return arg[0] == '-' && arg[1]; }

/* An option of a command; `command` NULL: of any. */
static const cli_option *find_option(const cli_command *command, const char *name, size_t length, char letter) {
  for (size_t i = 0; i < CLI_OPTION_COUNT; i++) {
    const cli_option *option = &CLI_OPTIONS[i];
    bool named = name ? strlen(option->name) == length && strncmp(option->name, name, length) == 0
                      : letter && option->letter == letter;
    if (named && (!command || option->of == '*' || strchr(command->options, option->of))) return option;
  }
  return NULL;
}

/* The option that an argument names, and the value that it holds itself: --format=json, -fjson; else NULL. */
static const cli_option *read_option(const cli_command *command, const char *arg, const char **value) {
  const char *name = arg + 2;
  *value = NULL;
  if (arg[1] == '-') {
    const char *equals = strchr(name, '=');
    if (equals) *value = equals + 1;
    return find_option(command, name, equals ? (size_t)(equals - name) : strlen(name), 0);
  }
  if (arg[2]) *value = name;
  return find_option(command, NULL, 0, arg[1]);
}

/* The position of a word in a blank-separated list, or -1. */
static int choice(const char *list, const char *word) {
  size_t length = strlen(word);
  for (int at = 0; *list; at++) {
    size_t n = strcspn(list, " ");
    if (n == length && strncmp(list, word, n) == 0) return at;
    list += n;
    while (*list == ' ') list++;
  }
  return -1;
}

static weigh_status add(weigh_error *err, cli_options *o, const char **list, size_t *count, const char *value) {
  if (*count == CLI_MAX_LIST) return fail(err, o, "USAGE_TOO_MANY", value, "64");
  list[(*count)++] = value;
  return WEIGH_OK;
}

/* A whole number with an optional k, M or G behind it (powers of 1024 for tokens: 32k is 32768); -1: it is none. */
static weigh_count read_count(const char *text) {
  weigh_count value = 0;
  size_t digits = strspn(text, "0123456789");
  if (!digits || digits > 15) return -1;
  for (size_t i = 0; i < digits; i++) value = value * 10 + (text[i] - '0');
  const char *suffix = text + digits;
  const int shift = *suffix == 'k' || *suffix == 'K' ? 10 : *suffix == 'M' ? 20 : *suffix == 'G' ? 30 : 0;
  if (shift) suffix++;
  return *suffix || value > INT64_MAX >> shift ? -1 : value << shift;
}

static weigh_status counted(const cli_option *option, const char *value, cli_options *o, weigh_error *err) {
  weigh_count number = read_count(value);
  if (number < 0) return fail(err, o, "USAGE_COUNT", value, option->name);
  *(weigh_count *)((char *)o + option->at) = number;
  if (option->kind == CLI_DEPTH) o->report.pass.has_depth = true;
  if (option->kind == CLI_POSITIVE && number == 0) return fail(err, o, "USAGE_COUNT", value, option->name);
  return WEIGH_OK;
}

/* 24GiB, 24GB, 512MiB, 24G as people write it, or plain bytes: so many that no unit was forgotten. */
static weigh_status sized_bytes(const cli_option *option, const char *value, cli_options *o, weigh_error *err) {
  static const struct {
    const char *name;
    double bytes;
  } units[] = {{"", 1},     {"B", 1},    {"GiB", 1073741824.0}, {"MiB", 1048576.0},
               {"GB", 1e9}, {"MB", 1e6}, {"G", 1073741824.0},   {"M", 1048576.0}};
  char *end = NULL;
  double amount = strtod(value, &end);
  while (end != value && *end == ' ') end++;
  for (size_t i = 0; end != value && i < sizeof units / sizeof *units; i++) {
    if (strcmp(end, units[i].name) != 0 || !(amount > 0) || amount * units[i].bytes > 1e15) continue;
    if (amount * units[i].bytes < 1e6) continue;
    *(weigh_count *)((char *)o + option->at) = (weigh_count)(amount * units[i].bytes);
    return WEIGH_OK;
  }
  return fail(err, o, "USAGE_BYTES", value, option->name);
}

/* 640x480, or 448 for a square. */
static weigh_status sized(const cli_option *option, const char *value, cli_options *o, weigh_error *err) {
  char width[32] = "";
  const char *x = strchr(value, 'x');
  if (x && (size_t)(x - value) < sizeof width) memcpy(width, value, (size_t)(x - value));
  o->report.pass.image_width = o->report.serving.image_width = read_count(x ? width : value);
  o->report.pass.image_height = o->report.serving.image_height = read_count(x ? x + 1 : value);
  if (o->report.pass.image_width < 1 || o->report.pass.image_height < 1)
    return fail(err, o, "USAGE_SIZE", value, option->name);
  return WEIGH_OK;
}

/* 20, 20 %: of a hundred; none is below 0, as 0 means the default. */
static weigh_status percentage(const cli_option *option, const char *value, cli_options *o, weigh_error *err) {
  char *end = NULL;
  const long percent = strtol(value, &end, 10);
  while (end != value && (*end == ' ' || *end == '%')) end++;
  if (end == value || *end || percent < 0 || percent > 99) return fail(err, o, "USAGE_PERCENT", value, option->name);
  *(int *)((char *)o + option->at) = percent ? (int)percent : -1;
  return WEIGH_OK;
}

static weigh_status timed(const cli_option *option, const char *value, cli_options *o, weigh_error *err) {
  char *end = NULL;
  double seconds = strtod(value, &end);
  if (end == value || *end || !(seconds >= 0) || seconds > 1e9) return fail(err, o, "USAGE_COUNT", value, option->name);
  *(weigh_count *)((char *)o + option->at) = (weigh_count)(seconds * 1000 + 0.5);
  return WEIGH_OK;
}

/* A number above 0, of money or of a rate. */
static weigh_status real(const cli_option *option, const char *value, cli_options *o, weigh_error *err) {
  char *end = NULL;
  const double number = strtod(value, &end);
  if (end == value || *end || !(number > 0) || number > 1e15) return fail(err, o, "USAGE_REAL", value, option->name);
  *(double *)((char *)o + option->at) = number;
  return WEIGH_OK;
}

static weigh_status apply(const cli_option *option, const char *value, cli_options *o, weigh_error *err) {
  int chosen = option->choices ? choice(option->choices, value) : 0;
  if (strcmp(option->name, "format") == 0 && strcmp(value, "md") == 0) chosen = WEIGH_FORMAT_MARKDOWN;
  if (chosen < 0) {
    const char *const args[] = {value, option->name, option->choices};
    return weigh_error_set(err, o->language, "USAGE_CHOICE", args, 3);
  }
  void *at = (char *)o + option->at;
  switch (option->kind) {
    case CLI_FLAG: *(bool *)at = true; break;
    case CLI_SWITCH: *(bool *)at = chosen == 1; break;
    case CLI_CHOICE: memcpy(at, &chosen, sizeof chosen); break; /* the enumerations of weigh.h are ints */
    case CLI_TEXT: *(const char **)at = value; break;
    case CLI_COUNT:
    case CLI_POSITIVE:
    case CLI_DEPTH: return counted(option, value, o, err);
    case CLI_BYTES: return sized_bytes(option, value, o, err);
    case CLI_SIZE: return sized(option, value, o, err);
    case CLI_REAL: return real(option, value, o, err);
    case CLI_SECONDS: return timed(option, value, o, err);
    case CLI_GENERATIONS: o->report.training.has_generations = true; return counted(option, value, o, err);
    case CLI_PERCENT: return percentage(option, value, o, err);
    case CLI_GPU_LAYERS: o->report.serving.has_gpu_layers = true; return counted(option, value, o, err);
    case CLI_ENGINE:
      o->report.serving.engine_options = o->engine_options;
      return add(err, o, o->engine_options, &o->report.serving.engine_option_count, value);
    case CLI_OPTIMIZER:
      o->report.training.optimizer_options = o->optimizer_options;
      return add(err, o, o->optimizer_options, &o->report.training.optimizer_option_count, value);
    case CLI_ADAPTER:
      o->report.training.adapter_options = o->adapter_options;
      return add(err, o, o->adapter_options, &o->report.training.adapter_option_count, value);
    case CLI_SHARDING:
      o->report.training.sharding_options = o->sharding_options;
      return add(err, o, o->sharding_options, &o->report.training.sharding_option_count, value);
    case CLI_VARY: o->report.sweep.vary = o->vary; return add(err, o, o->vary, &o->report.sweep.vary_count, value);
    case CLI_SETTING: return add(err, o, o->settings, &o->setting_count, value);
    case CLI_DATA: return add(err, o, o->data_dirs, &o->data_dir_count, value);
    case CLI_FREEZE:
      o->report.pass.frozen = o->frozen;
      return add(err, o, o->frozen, &o->report.pass.frozen_count, value);
  }
  return WEIGH_OK;
}

/* max-num-seqs and 256, which the command does not know, is max-num-seqs=256 of the engine. */
static weigh_status add_engine_option(const char *name, const char *value, cli_options *o, weigh_error *err) {
  char *text = o->engine_text + o->engine_used;
  const size_t room = sizeof o->engine_text - o->engine_used;
  const int length = snprintf(text, room, value ? "%s=%s" : "%s", name, value);
  if (length < 0 || (size_t)length >= room) return fail(err, o, "USAGE_TOO_MANY", name, "4096");
  o->engine_used += (size_t)length + 1;
  o->report.serving.engine_options = o->engine_options;
  return add(err, o, o->engine_options, &o->report.serving.engine_option_count, text);
}

static weigh_status engine_option(char **argv, int *at, cli_options *o, weigh_error *err) {
  const char *name = argv[*at] + 2, *value = strchr(name, '=') ? NULL : argv[*at + 1];
  if (value && is_option(value)) value = NULL;
  if (value) ++*at;
  return add_engine_option(name, value, o, err);
}

weigh_status cli_set(const cli_command *command, const char *name, const char *value, cli_options *o,
                     weigh_error *err) {
  const cli_option *option = find_option(command, name, strlen(name), 0);
  if (!option && strchr(command->options, 'S')) return add_engine_option(name, value, o, err);
  if (!option) return fail(err, o, "USAGE_OPTION", name, command->name);
  if (!option->value && strcmp(value, "true") != 0) return fail(err, o, "USAGE_NO_VALUE", name, option->name);
  return apply(option, value, o, err);
}

bool cli_is_flag(const cli_command *command, const char *name) {
  const cli_option *option = find_option(command, name, strlen(name), 0);
  return option && !option->value;
}

weigh_status cli_enough_words(const cli_command *command, const cli_options *o, weigh_error *err) {
  /* A model may be typed in with --set alone. */
  bool model = command->max_words > 0 && strchr(command->options, 's');
  size_t least = command->min_words ? command->min_words : model && o->setting_count == 0 ? 1 : 0;
  if (o->report.log) least = 0; /* it may name its model */
  if (!o->help && o->word_count < least) return fail(err, o, "USAGE_MISSING", command->words, command->name);
  return WEIGH_OK;
}

static weigh_status one_option(const cli_command *command, char **argv, int *at, cli_options *o, weigh_error *err) {
  const char *arg = argv[*at], *value;
  const cli_option *option = read_option(command, arg, &value);
  if (!option && strchr(command->options, 'S') && arg[1] == '-') return engine_option(argv, at, o, err);
  if (!option) return fail(err, o, "USAGE_OPTION", arg, command->name);
  if (!option->value) {
    if (value) return fail(err, o, "USAGE_NO_VALUE", arg, option->name);
    return apply(option, "", o, err);
  }
  if (!value) value = argv[++*at];
  if (!value) return fail(err, o, "USAGE_VALUE", option->name, option->value);
  return apply(option, value, o, err);
}

void cli_glance(int argc, char **argv, cli_options *out) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    const char *value;
    const cli_option *option = is_option(argv[i]) ? read_option(NULL, argv[i], &value) : NULL;
    if (!option || !option->value || option->of != '*') continue;
    if (!value) value = argv[++i];
    bool decides = strcmp(option->name, "format") == 0 || strcmp(option->name, "lang") == 0;
    if (value && decides) apply(option, value, out, NULL);
  }
}

weigh_status cli_command_first(int argc, char **argv, const cli_options *o, weigh_error *err) {
  int at = 1;
  while (at < argc && is_option(argv[at])) {
    const char *value;
    if (strcmp(argv[at], "--version") == 0) break;
    const cli_option *option = read_option(NULL, argv[at], &value);
    if (!option || option->of != '*') return fail(err, o, "USAGE_BEFORE", argv[at], "");
    if (!option->value) break; /* --help, the only flag of every command */
    if (!value && !argv[at + 1]) return fail(err, o, "USAGE_VALUE", option->name, option->value);
    at += value ? 1 : 2;
  }
  if (at >= argc) return WEIGH_OK;
  char *command = argv[at];
  for (; at > 1; at--) argv[at] = argv[at - 1];
  argv[1] = command;
  return WEIGH_OK;
}

weigh_status cli_parse(const cli_command *command, int argc, char **argv, cli_options *o, weigh_error *err) {
  bool only_words = false;
  for (int i = 0; i < argc; i++) {
    if (!only_words && strcmp(argv[i], "--") == 0) {
      only_words = true;
    } else if (!only_words && argv[i][0] == '-' && argv[i][1]) {
      weigh_status status = one_option(command, argv, &i, o, err);
      if (status != WEIGH_OK) return status;
    } else {
      if (o->word_count >= command->max_words) return fail(err, o, "USAGE_WORD", argv[i], command->name);
      o->words[o->word_count++] = argv[i];
    }
  }
  return cli_enough_words(command, o, err);
}
