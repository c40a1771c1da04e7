#ifndef WEIGH_CLI_SERVE_H
#define WEIGH_CLI_SERVE_H

/* Becomes the server. `argv` as of a program: its first word is passed over. Returns only when there is no server. */
void cli_serve(char **argv);

#endif
