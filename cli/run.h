/* Runs a program without a shell and keeps what it prints. */
#ifndef WEIGH_CLI_RUN_H
#define WEIGH_CLI_RUN_H

#include <stddef.h>

/* `command`: words between blanks, the first looked for in PATH. Its output goes to `out`, its errors nowhere, its input is
 * empty. After two seconds, or when `out` is full, it is killed with all that it started. How many bytes it printed; 0 when
 * it could not be started, was killed or did not end with 0. */
size_t cli_run_program(const char *command, char *out, size_t size);

#endif
