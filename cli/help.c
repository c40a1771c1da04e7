#include <stdio.h>
#include <string.h>

#include "parse.h"

static const char *text(const char *id, weigh_language language) {
  const char *found = weigh_text(id, language);
  return found ? found : id;
}

static void print_options(const face_command *command, weigh_language language) {
  for (size_t i = 0; i < FACE_OPTION_COUNT; i++) {
    const face_option *option = &FACE_OPTIONS[i];
    if (option->of != '*' && (!command || !strchr(command->options, option->of))) continue;
    char head[64];
    snprintf(head, sizeof head, "%s--%s%s%s", option->letter ? "" : "    ", option->name, option->value ? " " : "",
             option->value ? option->value : "");
    if (option->letter) printf("  -%c, %-24s %s", option->letter, head, text(option->about, language));
    else printf("  %-28s %s", head, text(option->about, language));
    if (option->choices) printf(" [%s]", option->choices);
    printf("\n");
  }
}

static void print_commands(const face_command *commands, size_t count, weigh_language language) {
  for (size_t i = 0; i < count; i++) {
    char head[64];
    snprintf(head, sizeof head, "%s %s", commands[i].name, commands[i].words);
    printf("  %-28s %s\n", head, text(commands[i].about, language));
  }
}

void cli_print_help(const face_command *command, weigh_language language) {
  if (command) {
    printf("weigh %s%s%s\n\n%s\n\n%s\n", command->name, *command->words ? " " : "", command->words,
           text(command->about, language), text("CLI_OPTIONS", language));
    print_options(command, language);
    return;
  }
  printf("%s\n\n%s\n", text("CLI_HEAD", language), text("CLI_COMMANDS", language));
  print_commands(FACE_COMMANDS, FACE_COMMAND_COUNT, language);
  print_commands(CLI_OWN, CLI_OWN_COUNT, language);
  printf("\n%s\n", text("CLI_OPTIONS", language));
  print_options(NULL, language);
  printf("\n%s\n", text("CLI_TAIL", language));
}
