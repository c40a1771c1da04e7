/* Help as text, by the tables of face/. */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "face/ranges.h"

const char *cli_message(const char *id, weigh_language language) {
  const char *found = weigh_text(id, language);
  return found ? found : id;
}

bool cli_is_listed(const face_command *command, const face_option *option) {
  return option->of == '*' || (command && face_takes(command, option));
}

/* (default 4k; 1..16M tokens). Whether there is a part with bounds. */
static bool print_range(const face_option *option, weigh_language language) {
  char said[160];
  face_range r;
  if (!face_range_text(option, language, said, sizeof said)) return false;
  printf(language == WEIGH_CHINESE ? "（%s）" : " (%s)", said);
  return face_range_find(option, &r) && r.low.len;
}

static bool print_option(const face_option *option, weigh_language language) {
  char head[64];
  snprintf(head, sizeof head, "%s--%s%s%s", option->letter ? "" : "    ", option->name, option->value ? " " : "",
           option->value ? option->value : "");
  if (option->letter) printf("  -%c, %-24s %s", option->letter, head, cli_message(option->about, language));
  else printf("  %-28s %s", head, cli_message(option->about, language));
  if (option->choices) printf(" [%s]", option->choices);
  const bool bounded = print_range(option, language);
  printf("\n");
  return bounded;
}

/* Whether one of them has bounds. */
static bool print_options(const face_command *command, weigh_language language) {
  bool bounded = false;
  printf("%s\n", cli_message("CLI_OPTIONS", language));
  for (size_t i = 0; i < FACE_OPTION_COUNT; i++)
    if (cli_is_listed(command, &FACE_OPTIONS[i])) bounded |= print_option(&FACE_OPTIONS[i], language);
  return bounded;
}

static void print_commands(const face_command *commands, size_t count, weigh_language language) {
  for (size_t i = 0; i < count; i++) {
    char head[64];
    snprintf(head, sizeof head, "%s %s", commands[i].name, commands[i].words);
    printf("  %-28s %s\n", head, cli_message(commands[i].about, language));
  }
}

static void print_pairs(const char *title, const cli_pair *pairs, weigh_language language) {
  printf("\n%s\n", cli_message(title, language));
  for (; pairs->name; pairs++) printf("  %-28s %s\n", pairs->name, cli_message(pairs->about, language));
}

static void print_command(const face_command *command, weigh_language language) {
  printf("weigh %s%s%s\n\n%s\n\n", command->name, *command->words ? " " : "", command->words,
         cli_message(command->about, language));
  if (print_options(command, language)) printf("\n%s\n", cli_message("CLI_BOUNDS", language));
}

void cli_print_help(const face_command *command, weigh_language language) {
  if (command) {
    print_command(command, language);
    return;
  }
  printf("%s\n\n%s\n", cli_message("CLI_HEAD", language), cli_message("CLI_COMMANDS", language));
  print_commands(FACE_COMMANDS, FACE_COMMAND_COUNT, language);
  print_commands(CLI_OWN, CLI_OWN_COUNT, language);
  printf("\n");
  print_options(NULL, language);
  print_pairs("CLI_EXITS", CLI_EXITS, language);
  print_pairs("CLI_ENVIRONMENT", CLI_ENVIRONMENT, language);
  printf("\n%s\n", cli_message("CLI_TAIL", language));
}
