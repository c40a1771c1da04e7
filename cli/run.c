#include "run.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/fcntl.h>
#include <sys/poll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MILLISECONDS 2000
#define WORDS_MOST   16

static long long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool split(const char *command, char *buffer, size_t size, char **words) {
  size_t count = 0;
  if (snprintf(buffer, size, "%s", command) >= (int)size) return false;
  for (char *at = buffer; *at && count < WORDS_MOST;) {
    words[count++] = at;
    at += strcspn(at, " ");
    while (*at == ' ') *at++ = '\0';
  }
  words[count] = NULL;
  return count > 0;
}

/* In the child: a group of its own, so that all of it can be killed. */
static void become(char **words, int out) {
  const int nothing = open("/dev/null", O_RDWR);
  setpgid(0, 0);
  if (nothing >= 0) {
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDERR_FILENO);
  }
  dup2(out, STDOUT_FILENO);
  execvp(words[0], words);
  _exit(127);
}

/* What is printed until it ends; false when time or room is up. */
static bool collect(int from, char *out, size_t size, size_t *used, long long end) {
  for (;;) {
    struct pollfd wait = {.fd = from, .events = POLLIN};
    const long long left = end - now();
    const int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0 || *used == size) return false;
    const ssize_t got = read(from, out + *used, size - *used);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return got == 0;
    *used += (size_t)got;
  }
}

/* Whether the program ends by itself, with 0, before the time is up; else it is killed. */
static bool ended(pid_t child, bool in_time, long long end) {
  int status = 0;
  const struct timespec pause = {0, 5000000};
  while (in_time && waitpid(child, &status, WNOHANG) == 0) {
    in_time = now() < end;
    nanosleep(&pause, NULL);
  }
  if (in_time) return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  kill(-child, SIGKILL);
  kill(child, SIGKILL); /* it may not be the leader of its group yet */
  waitpid(child, &status, 0);
  return false;
}

size_t cli_run_program(const char *command, char *out, size_t size) {
  char buffer[512], *words[WORDS_MOST + 1];
  int ends[2];
  size_t used = 0;
  if (!split(command, buffer, sizeof buffer, words) || pipe(ends) != 0) return 0;
  const long long end = now() + MILLISECONDS;
  const pid_t child = fork();
  if (child == 0) become(words, ends[1]);
  close(ends[1]);
  const bool whole = child > 0 && collect(ends[0], out, size, &used, end);
  close(ends[0]);
  return child > 0 && ended(child, whole, end) ? used : 0;
}
