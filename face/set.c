/* An option from its text, as it is typed, sent or shared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face/options.h"

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

static weigh_status add(weigh_error *err, face_question *o, const char **list, size_t *count, const char *value) {
  if (*count == FACE_MAX_LIST) return face_fail(err, o, "USAGE_TOO_MANY", value, "64");
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

static weigh_status counted(const face_option *option, const char *value, face_question *o, weigh_error *err) {
  weigh_count number = read_count(value);
  if (number < 0) return face_fail(err, o, "USAGE_COUNT", value, option->name);
  *(weigh_count *)((char *)o + option->at) = number;
  if (option->kind == FACE_DEPTH) o->report.pass.has_depth = true;
  if (option->kind == FACE_POSITIVE && number == 0) return face_fail(err, o, "USAGE_COUNT", value, option->name);
  return WEIGH_OK;
}

/* 24GiB, 24GB, 512MiB, 24G as people write it, or plain bytes: so many that no unit was forgotten. */
static weigh_status sized_bytes(const face_option *option, const char *value, face_question *o, weigh_error *err) {
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
  return face_fail(err, o, "USAGE_BYTES", value, option->name);
}

/* 640x480, or 448 for a square. */
static weigh_status sized(const face_option *option, const char *value, face_question *o, weigh_error *err) {
  char width[32] = "";
  const char *x = strchr(value, 'x');
  if (x && (size_t)(x - value) < sizeof width) memcpy(width, value, (size_t)(x - value));
  o->report.pass.image_width = o->report.serving.image_width = read_count(x ? width : value);
  o->report.pass.image_height = o->report.serving.image_height = read_count(x ? x + 1 : value);
  if (o->report.pass.image_width < 1 || o->report.pass.image_height < 1)
    return face_fail(err, o, "USAGE_SIZE", value, option->name);
  return WEIGH_OK;
}

/* 20, 20 %: of a hundred; 0 is kept as -1, because 0 means the default there. */
static weigh_status percentage(const face_option *option, const char *value, face_question *o, weigh_error *err) {
  char *end = NULL;
  const long percent = strtol(value, &end, 10);
  while (end != value && (*end == ' ' || *end == '%')) end++;
  if (end == value || *end || percent < 0 || percent > 99)
    return face_fail(err, o, "USAGE_PERCENT", value, option->name);
  *(int *)((char *)o + option->at) = percent ? (int)percent : -1;
  return WEIGH_OK;
}

static weigh_status timed(const face_option *option, const char *value, face_question *o, weigh_error *err) {
  char *end = NULL;
  double seconds = strtod(value, &end);
  if (end == value || *end || !(seconds >= 0) || seconds > 1e9)
    return face_fail(err, o, "USAGE_COUNT", value, option->name);
  *(weigh_count *)((char *)o + option->at) = (weigh_count)(seconds * 1000 + 0.5);
  return WEIGH_OK;
}

/* A number above 0, of money or of a rate. */
static weigh_status real(const face_option *option, const char *value, face_question *o, weigh_error *err) {
  char *end = NULL;
  const double number = strtod(value, &end);
  if (end == value || *end || !(number > 0) || number > 1e15)
    return face_fail(err, o, "USAGE_REAL", value, option->name);
  *(double *)(void *)((char *)o + option->at) = number;
  return WEIGH_OK;
}

static weigh_status apply(const face_option *option, const char *value, face_question *o, weigh_error *err) {
  int chosen = option->choices ? choice(option->choices, value) : 0;
  if (strcmp(option->name, "format") == 0 && strcmp(value, "md") == 0) chosen = WEIGH_FORMAT_MARKDOWN;
  if (chosen < 0) {
    const char *const args[] = {value, option->name, option->choices};
    return weigh_error_set(err, o->language, "USAGE_CHOICE", args, 3);
  }
  void *at = (char *)o + option->at;
  switch (option->kind) {
    case FACE_FLAG: *(bool *)at = true; break;
    case FACE_SWITCH: *(bool *)at = chosen == 1; break;
    case FACE_CHOICE: memcpy(at, &chosen, sizeof chosen); break; /* the enumerations of weigh.h are ints */
    case FACE_TEXT: *(const char **)at = value; break;
    case FACE_COUNT:
    case FACE_POSITIVE:
    case FACE_DEPTH: return counted(option, value, o, err);
    case FACE_BYTES: return sized_bytes(option, value, o, err);
    case FACE_SIZE: return sized(option, value, o, err);
    case FACE_REAL: return real(option, value, o, err);
    case FACE_SECONDS: return timed(option, value, o, err);
    case FACE_GENERATIONS: o->report.training.has_generations = true; return counted(option, value, o, err);
    case FACE_PERCENT: return percentage(option, value, o, err);
    case FACE_GPU_LAYERS: o->report.serving.has_gpu_layers = true; return counted(option, value, o, err);
    case FACE_ENGINE:
      o->report.serving.engine_options = o->engine_options;
      return add(err, o, o->engine_options, &o->report.serving.engine_option_count, value);
    case FACE_OPTIMIZER:
      o->report.training.optimizer_options = o->optimizer_options;
      return add(err, o, o->optimizer_options, &o->report.training.optimizer_option_count, value);
    case FACE_ADAPTER:
      o->report.training.adapter_options = o->adapter_options;
      return add(err, o, o->adapter_options, &o->report.training.adapter_option_count, value);
    case FACE_SHARDING:
      o->report.training.sharding_options = o->sharding_options;
      return add(err, o, o->sharding_options, &o->report.training.sharding_option_count, value);
    case FACE_VARY: o->report.sweep.vary = o->vary; return add(err, o, o->vary, &o->report.sweep.vary_count, value);
    case FACE_SETTING: return add(err, o, o->settings, &o->setting_count, value);
    case FACE_DATA: return add(err, o, o->data_dirs, &o->data_dir_count, value);
    case FACE_FREEZE:
      o->report.pass.frozen = o->frozen;
      return add(err, o, o->frozen, &o->report.pass.frozen_count, value);
  }
  return WEIGH_OK;
}

weigh_status face_set(const face_option *option, const char *value, face_question *o, weigh_error *err) {
  const weigh_status status = apply(option, value, o, err);
  if (status != WEIGH_OK || option->of == '*') return status;
  if (o->given_count == FACE_MAX_GIVEN) return face_fail(err, o, "USAGE_TOO_MANY", option->name, "256");
  o->given[o->given_count++] = (face_given){option, value};
  return WEIGH_OK;
}

weigh_status face_set_engine(const char *name, const char *value, face_question *o, weigh_error *err) {
  char *text = o->engine_text + o->engine_used;
  const size_t room = sizeof o->engine_text - o->engine_used;
  const int length = snprintf(text, room, value ? "%s=%s" : "%s", name, value);
  if (length < 0 || (size_t)length >= room) return face_fail(err, o, "USAGE_TOO_MANY", name, "4096");
  o->engine_used += (size_t)length + 1;
  return face_set(face_find_option(NULL, "engine-option", strlen("engine-option")), text, o, err);
}

void face_place_words(const face_command *command, face_question *o) {
  weigh_report_options *report = &o->report;
  const char *first = o->word_count ? o->words[0] : NULL, *second = o->word_count > 1 ? o->words[1] : NULL;
  switch (command->kind) {
    case WEIGH_REPORT_ENGINES:
      if (first) report->serving.engine = first;
      break;
    case WEIGH_REPORT_ADAPTERS: report->adapter = first; break;
    case WEIGH_REPORT_OPTIMIZERS: report->optimizer = first; break;
    case WEIGH_REPORT_METHOD:
      report->method = first;
      report->function = second;
      break;
    case WEIGH_REPORT_CASES: report->worked_case = first; break;
    case WEIGH_REPORT_CHECK: report->folder = first; break;
    case WEIGH_REPORT_EXPLAIN: report->quantity = second; break;
    default: break;
  }
}

weigh_status face_check_words(const face_command *command, const face_question *o, weigh_error *err) {
  /* A model may be typed in with --set alone. */
  const bool model = command->max_words > 0 && strchr(command->options, 's');
  size_t least = command->min_words ? command->min_words : model && o->setting_count == 0 ? 1 : 0;
  if (o->report.log || o->report.log_text) least = 0; /* it may name its model */
  size_t given = 0;
  while (given < o->word_count && o->words[given]) given++;
  return given < least ? face_fail(err, o, "USAGE_MISSING", command->words, command->name) : WEIGH_OK;
}
