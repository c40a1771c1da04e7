/* Configurations that were sent, kept in memory by the digest of their text: bounded, the longest unused goes first. Any
 * thread may call. One interface, so that a registry may stand behind it. */
#ifndef WEIGH_SERVER_MODELS_H
#define WEIGH_SERVER_MODELS_H

#include "server/reply.h"

#define SRV_MODEL_ID       24 /* "sha256-" and 16 digits, and the end */
#define SRV_MODELS_MAX     256
#define SRV_MODELS_BYTES   ((size_t)64 << 20)
#define SRV_MODEL_NAME_MAX 128

typedef struct srv_models srv_models;

srv_models *srv_models_new(void);
void srv_models_free(srv_models *models);

/* Whether a text has the form of an id. */
bool srv_models_is_id(const char *text);

/* Keeps a configuration; `name` is a label of the sender's ("" for none). False: there is no room in memory. */
bool srv_models_put(srv_models *models, const char *name, const char *config, size_t size, char id[SRV_MODEL_ID],
                    bool *is_new);

/* A copy of a configuration, to be freed with free(), and its label; NULL: there is none. */
char *srv_models_get(srv_models *models, const char *id, size_t *size, char name[SRV_MODEL_NAME_MAX + 1]);
bool srv_models_remove(srv_models *models, const char *id);

/* Calls `each` for every one. */
typedef void (*srv_models_fn)(void *user, const char *id, const char *name, size_t size);
void srv_models_each(srv_models *models, srv_models_fn each, void *user);

#endif
