/* The words of the command line, by the tables of face/options.c. */
#include "parse.h"

#include <string.h>

const face_command CLI_OWN[] = {
    {"registry", 0, 1, 2, "ACTION [NAME]", "CLI_ABOUT_REGISTRY", "R", 0},
    {"batch", 0, 0, 1, "[FILE]", "CLI_ABOUT_BATCH", "B", 0},
    {"open", 0, 1, 1, "QUESTION", "CLI_ABOUT_OPEN", "", 0},
    {"serve", 0, 0, 0, "[OPTIONS]", "CLI_ABOUT_SERVE", "", 0},
    {"completion", 0, 0, 1, "SHELL", "CLI_ABOUT_COMPLETION", "", 0},
    {"version", 0, 0, 0, "", "CLI_ABOUT_VERSION", "", 0},
    {"help", 0, 0, 1, "[COMMAND]", "CLI_ABOUT_HELP", "", 0},
};
const size_t CLI_OWN_COUNT = sizeof CLI_OWN / sizeof *CLI_OWN;

const face_command *cli_find_command(const char *name) {
  for (size_t i = 0; i < CLI_OWN_COUNT; i++)
    if (strcmp(CLI_OWN[i].name, name) == 0) return &CLI_OWN[i];
  return face_find_command(name);
}

static bool is_option(const char *arg) { return arg[0] == '-' && arg[1]; }

/* The option that an argument names, and the value that it holds itself: --format=json, -fjson; else NULL. */
static const face_option *read_option(const face_command *command, const char *arg, const char **value) {
  const char *name = arg + 2;
  *value = NULL;
  if (arg[1] == '-') {
    const char *equals = strchr(name, '=');
    if (equals) *value = equals + 1;
    return face_find_option(command, name, equals ? (size_t)(equals - name) : strlen(name));
  }
  if (arg[2]) *value = name;
  return face_find_letter(command, arg[1]);
}

/* --max-num-seqs 256, which the command does not know, is max-num-seqs=256 of the engine. */
static weigh_status engine_option(char **argv, int *at, face_question *o, weigh_error *err) {
  const char *name = argv[*at] + 2, *value = strchr(name, '=') ? NULL : argv[*at + 1];
  if (value && is_option(value)) value = NULL;
  if (value) ++*at;
  return face_set_engine(name, value, o, err);
}

weigh_status cli_set(const face_command *command, const char *name, const char *value, face_question *o,
                     weigh_error *err) {
  const face_option *option = face_find_option(command, name, strlen(name));
  if (!option && strchr(command->options, 'S')) return face_set_engine(name, value, o, err);
  if (!option) return face_fail(err, o, "USAGE_OPTION", name, command->name);
  if (!option->value && strcmp(value, "true") != 0) return face_fail(err, o, "USAGE_NO_VALUE", name, option->name);
  return face_set(option, value, o, err);
}

bool cli_is_flag(const face_command *command, const char *name) {
  const face_option *option = face_find_option(command, name, strlen(name));
  return option && !option->value;
}

static weigh_status one_option(const face_command *command, char **argv, int *at, face_question *o, weigh_error *err) {
  const char *arg = argv[*at], *value;
  const face_option *option = read_option(command, arg, &value);
  if (!option && strchr(command->options, 'S') && arg[1] == '-') return engine_option(argv, at, o, err);
  if (!option) return face_fail(err, o, "USAGE_OPTION", arg, command->name);
  if (!option->value) {
    if (value) return face_fail(err, o, "USAGE_NO_VALUE", arg, option->name);
    return face_set(option, "", o, err);
  }
  if (!value) value = argv[++*at];
  if (!value) return face_fail(err, o, "USAGE_VALUE", option->name, option->value);
  return face_set(option, value, o, err);
}

void cli_glance(int argc, char **argv, face_question *out) {
  for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
    const char *value;
    const face_option *option = is_option(argv[i]) ? read_option(NULL, argv[i], &value) : NULL;
    if (!option || !option->value || option->of != '*') continue;
    if (!value) value = argv[++i];
    bool decides = strcmp(option->name, "format") == 0 || strcmp(option->name, "lang") == 0;
    if (value && decides) face_set(option, value, out, NULL);
  }
}

weigh_status cli_command_first(int argc, char **argv, const face_question *o, weigh_error *err) {
  int at = 1;
  while (at < argc && is_option(argv[at])) {
    const char *value;
    if (strcmp(argv[at], "--version") == 0) break;
    const face_option *option = read_option(NULL, argv[at], &value);
    if (!option || option->of != '*') return face_fail(err, o, "USAGE_BEFORE", argv[at], "");
    if (strcmp(option->name, "help") == 0) break; /* a command itself */
    if (!option->value) value = "";
    if (!value && !argv[at + 1]) return face_fail(err, o, "USAGE_VALUE", option->name, option->value);
    at += value ? 1 : 2;
  }
  if (at >= argc) return WEIGH_OK;
  char *command = argv[at];
  for (; at > 1; at--) argv[at] = argv[at - 1];
  argv[1] = command;
  return WEIGH_OK;
}

weigh_status cli_parse(const face_command *command, int argc, char **argv, face_question *o, weigh_error *err) {
  bool only_words = false;
  for (int i = 0; i < argc; i++) {
    if (!only_words && strcmp(argv[i], "--") == 0) {
      only_words = true;
    } else if (!only_words && is_option(argv[i])) {
      weigh_status status = one_option(command, argv, &i, o, err);
      if (status != WEIGH_OK) return status;
    } else {
      if (o->word_count >= command->max_words) return face_fail(err, o, "USAGE_WORD", argv[i], command->name);
      o->words[o->word_count++] = argv[i];
    }
  }
  return o->help ? WEIGH_OK : face_check_words(command, o, err);
}
