/* How `weigh serve` runs: its options, as one table that parsing and help share. */
#ifndef WEIGH_SERVER_SETTINGS_H
#define WEIGH_SERVER_SETTINGS_H

#include "face/place.h"
#include "weigh/weigh.h"

#define SRV_MAX_LIST 16

typedef struct srv_settings {
  const char *listen; /* "127.0.0.1:7860", "[::1]:7860" */
  const char *token_file;
  const char *origins[SRV_MAX_LIST]; /* that may ask from another site's page */
  size_t origin_count;
  const char *hosts[SRV_MAX_LIST]; /* names that a local server is called by, besides localhost */
  size_t host_count;
  const char *data_dirs[SRV_MAX_LIST];
  size_t data_dir_count;
  weigh_count threads, workers, connections, per_client, rate;
  const char *registry;               /* as it was named; NULL: it was not */
  char registry_path[FACE_PATH_SIZE]; /* empty: there is none */
  bool read_only;                     /* the registry is not changed */
  bool proxy;                         /* clients are who X-Forwarded-For says */
  const char *log;
  weigh_language language;
  bool help;
} srv_settings;

/* Fails with usage_*. */
weigh_status srv_settings_read(int argc, char **argv, srv_settings *out, weigh_error *err);
void srv_settings_help(const srv_settings *settings);

#endif
