/* weigh serve: settings, a socket, threads, signals. */
#include <errno.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "server/server.h"

static weigh_status fail(const srv_settings *s, weigh_error *err, const char *id, const char *a, const char *b) {
  return weigh_error_set(err, s->language, id, (const char *const[]){a, b}, 2);
}

/* ---- settings ---- */

static void fill_defaults(srv_settings *s) {
  const long cores = sysconf(_SC_NPROCESSORS_ONLN);
  const weigh_count threads = cores < 2 ? 2 : cores > 16 ? 16 : cores;
  if (!s->listen) s->listen = "127.0.0.1:7860";
  if (!s->threads) s->threads = threads;
  if (!s->workers) s->workers = threads;
  if (!s->connections) s->connections = 1024;
  if (!s->per_client) s->per_client = 512;
  if (s->per_client > s->connections) s->per_client = s->connections;
  if (!s->log) s->log = "requests";
}

static bool token_is_good(const char *token) {
  const size_t length = strlen(token);
  for (size_t i = 0; i < length; i++)
    if (token[i] <= ' ' || token[i] > '~') return false;
  return length >= 16 && length <= 256;
}

static weigh_status read_token(srv_server *s, weigh_error *err) {
  const char *name = s->settings.token_file, *given = getenv("WEIGH_TOKEN");
  char text[300] = "";
  if (!name && !(given && *given)) return WEIGH_OK;
  if (name) {
    FILE *in = fopen(name, "r");
    const size_t size = in ? fread(text, 1, sizeof text - 1, in) : 0;
    if (in) fclose(in);
    text[size] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
  } else {
    snprintf(text, sizeof text, "%s", given);
  }
  if (!token_is_good(text)) return fail(&s->settings, err, "SERVE_TOKEN_FILE", name ? name : "WEIGH_TOKEN", "");
  memcpy(s->token, text, strlen(text) + 1);
  return WEIGH_OK;
}

/* ---- the socket ---- */

/* "127.0.0.1:7860" or "[::1]:7860": an address, no name that would have to be looked up. */
static bool split_address(const char *text, char host[64], char port[8]) {
  const char *colon = strrchr(text, ':');
  size_t length = colon ? (size_t)(colon - text) : 0;
  const bool brackets = length > 2 && text[0] == '[' && text[length - 1] == ']';
  if (brackets) text++, length -= 2;
  if (!colon || !length || length >= 64 || strlen(colon + 1) > 5 || !colon[1] || strtol(colon + 1, NULL, 10) > 65535)
    return false;
  memcpy(host, text, length);
  host[length] = '\0';
  snprintf(port, 8, "%s", colon + 1);
  return strcmp(host, "localhost") == 0 ? (snprintf(host, 64, "127.0.0.1"), true) : true;
}

static bool is_local(const struct sockaddr *address) {
  if (address->sa_family == AF_INET)
    return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 == 127;
  return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static int listen_on(const struct addrinfo *found) {
  const int yes = 1, fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1024) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

/* A socket that systemd made (LISTEN_FDS) comes before --listen. */
static int passed_socket(void) {
  const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
  return pid && count && strtol(pid, NULL, 10) == (long)getpid() && strtol(count, NULL, 10) >= 1 ? 3 : -1;
}

static weigh_status open_socket(srv_server *s, int *fd, weigh_error *err) {
  char host[64], port[8];
  struct addrinfo *found = NULL;
  const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
  *fd = passed_socket();
  if (*fd >= 0) {
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    s->local = getsockname(*fd, (struct sockaddr *)(void *)&address, &size) == 0 && address.ss_family != AF_UNIX &&
               is_local((const struct sockaddr *)(const void *)&address);
    return WEIGH_OK;
  }
  if (!split_address(s->settings.listen, host, port) || getaddrinfo(host, port, &hints, &found) != 0)
    return fail(&s->settings, err, "SERVE_LISTEN", s->settings.listen, "");
  *fd = listen_on(found);
  const int error = errno;
  s->local = is_local(found->ai_addr);
  freeaddrinfo(found);
  return *fd >= 0 ? WEIGH_OK : fail(&s->settings, err, "SERVE_BIND", s->settings.listen, strerror(error));
}

/* Where it listens, as a URL: port 0 has become one. */
static void describe_socket(int fd, char out[128]) {
  union {
    struct sockaddr any;
    struct sockaddr_in6 six;
    struct sockaddr_storage room;
  } address;
  socklen_t size = sizeof address;
  char host[64] = "?", port[8] = "?";
  if (getsockname(fd, &address.any, &size) == 0)
    getnameinfo(&address.any, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
  snprintf(out, 128, strchr(host, ':') ? "http://[%s]:%s" : "http://%s:%s", host, port);
}

/* ---- the service manager ---- */

/* sd_notify(3): one datagram to the socket that $NOTIFY_SOCKET names; @ begins an abstract one. */
static void notify(const char *state) {
  const char *name = getenv("NOTIFY_SOCKET");
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  const size_t length = name ? strlen(name) : 0;
  if (!length || length >= sizeof to.sun_path || (name[0] != '/' && name[0] != '@')) return;
  memcpy(to.sun_path, name, length);
  if (name[0] == '@') to.sun_path[0] = '\0';
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)(const void *)&to,
         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
  close(fd);
}

/* ---- life ---- */

static bool make_parts(srv_server *s) {
  s->models = srv_models_new();
  s->rates = srv_rates_new((uint64_t)s->settings.rate);
  s->watch = srv_watch_new();
  s->metrics.started = (int64_t)time(NULL);
  if (!s->models || !s->rates || !s->watch || !srv_openapi_write(&s->openapi)) return false;
  s->jobs = srv_jobs_new((size_t)s->settings.workers, &s->settings, s->models, &s->metrics);
  return s->jobs != NULL;
}

static void free_parts(srv_server *s) {
  srv_jobs_free(s->jobs);
  srv_watch_free(s->watch);
  srv_rates_free(s->rates);
  srv_models_free(s->models);
  srv_catalogue_free(s);
  free(s->openapi.ptr);
  free(s->ranges.ptr);
}

/* As many descriptors as connections need. */
static void raise_limits(const srv_server *s) {
  struct rlimit limit;
  const rlim_t need = (rlim_t)s->settings.connections + 64;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need) return;
  limit.rlim_cur = limit.rlim_max < need ? limit.rlim_max : need;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static weigh_status serve(srv_server *s, const sigset_t *stops, weigh_error *err) {
  int fd, signal_number;
  char url[128];
  weigh_error warning = {.status = WEIGH_OK};
  weigh_status status = read_token(s, err);
  if (status == WEIGH_OK) status = srv_registry_find(&s->settings, &warning, err);
  if (status == WEIGH_OK) status = srv_catalogue_read(s, err);
  if (status == WEIGH_OK) status = open_socket(s, &fd, err);
  if (status != WEIGH_OK) return status;
  raise_limits(s);
  if (!make_parts(s) || !srv_http_start(s, fd)) return fail(&s->settings, err, "SERVE_START", strerror(errno), "");
  describe_socket(fd, url);
  srv_log(s, "info", "listening", url);
  /* For people, and for scripts that asked for any free port; the log is another stream. */
  printf("%s\n", url);
  fflush(stdout);
  if (warning.code[0]) srv_log(s, "warning", "the registry is passed over", warning.message);
  if (!s->local && !s->token[0]) srv_log(s, "warning", "anybody may ask: no token is set", NULL);
  notify("READY=1");
  srv_ranges(s); /* so that the first page need not wait for them; this thread has nothing else to do */
  sigwait(stops, &signal_number);
  notify("STOPPING=1");
  srv_log(s, "info", "stopping", NULL);
  srv_http_stop(s);
  close(fd);
  srv_log(s, "info", "stopped", NULL);
  return WEIGH_OK;
}

int main(int argc, char **argv) {
  static srv_server server;
  weigh_error err = {.status = WEIGH_OK};
  sigset_t stops;
  server.settings = (srv_settings){.language = face_locale_language(), .rate = 200};
  weigh_status status = srv_settings_read(argc, argv, &server.settings, &err);
  if (status == WEIGH_OK && server.settings.help) {
    srv_settings_help(&server.settings);
    return 0;
  }
  fill_defaults(&server.settings);
  /* Threads inherit the mask, so the signals wait for sigwait. */
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigaddset(&stops, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stops, NULL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  /* What an opened model held serves the next: pages need not go back to the system and come again. */
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  if (status == WEIGH_OK) status = serve(&server, &stops, &err);
  if (status != WEIGH_OK) fprintf(stderr, "weigh: %s\n", err.message);
  free_parts(&server);
  return (int)status;
}
