/* The command line: which command, which words, which options. */
#ifndef WEIGH_CLI_PARSE_H
#define WEIGH_CLI_PARSE_H

#include "face/options.h"

/* Commands that the command answers itself, without the library's reports; `kind` has no meaning. */
extern const face_command CLI_OWN[];
extern const size_t CLI_OWN_COUNT;
const face_command *cli_find_command(const char *name);

/* Sets one option of a command by its name on the command line (without --), as a line of a batch has it; `value` of a flag
 * is "true". What the command does not know is an option of its engine, where it has one. `value` must outlive `out`. */
weigh_status cli_set(const face_command *command, const char *name, const char *value, face_question *out,
                     weigh_error *err);
bool cli_is_flag(const face_command *command, const char *name);

/* How answers and errors are to be written, wherever on the line it stands: --format and --lang, before anything else
 * is read. What is wrong with them is left to cli_parse. */
void cli_glance(int argc, char **argv, face_question *out);

/* Options that every command takes may stand before it: moves the command to argv[1] and them behind it. --help and
 * --version there count as commands. Without any command, argv[1] is an option or missing. */
weigh_status cli_command_first(int argc, char **argv, const face_question *o, weigh_error *err);

/* Reads the arguments after the command's name. On failure fills err (usage_*) and returns its status. */
weigh_status cli_parse(const face_command *command, int argc, char **argv, face_question *out, weigh_error *err);

/* The completion script of a shell; false: there is none. */
bool cli_print_completion(const char *shell);

#endif
