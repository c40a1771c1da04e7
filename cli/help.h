/* What the command says of itself, to people and to programs (scripts/manual.py makes the manual of the latter). */
#ifndef WEIGH_CLI_HELP_H
#define WEIGH_CLI_HELP_H

#include <stdio.h>

#include "parse.h"

/* A name and the id of the message about it; a name of NULL ends a list. */
typedef struct cli_pair {
  const char *name, *about;
} cli_pair;

extern const cli_pair CLI_EXITS[];       /* exit statuses */
extern const cli_pair CLI_ENVIRONMENT[]; /* variables that are read */

/* A message, or its id where there is none. */
const char *cli_message(const char *id, weigh_language language);

/* A text in quotes of JSON. */
void cli_print_quoted(FILE *to, const char *text, size_t size);

/* Whether an option stands in the help of a command; NULL: in that of the program. */
bool cli_is_listed(const face_command *command, const face_option *option);

/* Help of one command, or of the program (NULL), as text and as JSON. */
void cli_print_help(const face_command *command, weigh_language language);
void cli_print_help_json(const face_command *command, weigh_language language);

#endif
