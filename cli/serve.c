/* weigh serve: the server is a program of its own beside this one, so that no other command pays for its libraries. */
#include "serve.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM "weigh-serve"

void cli_serve(char **argv) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - sizeof PROGRAM - 1);
  if (length > 0) {
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    memcpy(slash ? slash + 1 : path, PROGRAM, sizeof PROGRAM);
    execv(path, argv);
  }
  execvp(PROGRAM, argv);
}
