#include "server/models.h"

#include <pthread.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct kept {
  char id[SRV_MODEL_ID];
  char name[SRV_MODEL_NAME_MAX + 1];
  char *config; /* NULL: the place is free */
  size_t size;
  uint64_t used;
} kept;

struct srv_models {
  pthread_mutex_t lock;
  kept all[SRV_MODELS_MAX];
  size_t bytes;
  uint64_t clock;
};

srv_models *srv_models_new(void) {
  srv_models *m = calloc(1, sizeof *m);
  if (m) pthread_mutex_init(&m->lock, NULL);
  return m;
}

void srv_models_free(srv_models *m) {
  if (!m) return;
  for (size_t i = 0; i < SRV_MODELS_MAX; i++) free(m->all[i].config);
  pthread_mutex_destroy(&m->lock);
  free(m);
}

bool srv_models_is_id(const char *text) {
  return strncmp(text, "sha256-", 7) == 0 && strlen(text) == SRV_MODEL_ID - 1 &&
         strspn(text + 7, "0123456789abcdef") == SRV_MODEL_ID - 8;
}

static void name_by_digest(const char *config, size_t size, char id[SRV_MODEL_ID]) {
  char hex[SHA256_DIGEST_STRING_LENGTH];
  SHA256Data((const uint8_t *)config, size, hex);
  snprintf(id, SRV_MODEL_ID, "sha256-%.16s", hex);
}

static kept *find(srv_models *m, const char *id) {
  for (size_t i = 0; i < SRV_MODELS_MAX; i++)
    if (m->all[i].config && strcmp(m->all[i].id, id) == 0) return &m->all[i];
  return NULL;
}

static void drop(srv_models *m, kept *k) {
  m->bytes -= k->size;
  free(k->config);
  *k = (kept){.config = NULL};
}

/* A free place, with `size` bytes to spare. */
static kept *place_for(srv_models *m, size_t size) {
  for (;;) {
    kept *oldest = NULL, *empty = NULL;
    for (size_t i = 0; i < SRV_MODELS_MAX; i++) {
      kept *k = &m->all[i];
      if (!k->config) empty = k;
      else if (!oldest || k->used < oldest->used) oldest = k;
    }
    if (empty && m->bytes + size <= SRV_MODELS_BYTES) return empty;
    if (!oldest) return NULL;
    drop(m, oldest);
  }
}

bool srv_models_put(srv_models *m, const char *name, const char *config, size_t size, char id[SRV_MODEL_ID],
                    bool *is_new) {
  char *copy = size <= SRV_MODELS_BYTES ? malloc(size + 1) : NULL;
  if (!copy) return false;
  memcpy(copy, config, size);
  copy[size] = '\0';
  name_by_digest(config, size, id);
  pthread_mutex_lock(&m->lock);
  kept *k = find(m, id);
  *is_new = !k;
  if (k || !(k = place_for(m, size))) free(copy);
  if (k && *is_new) {
    *k = (kept){.config = copy, .size = size};
    memcpy(k->id, id, SRV_MODEL_ID);
    m->bytes += size;
  }
  if (k) {
    snprintf(k->name, sizeof k->name, "%s", name);
    k->used = ++m->clock;
  }
  pthread_mutex_unlock(&m->lock);
  return k != NULL;
}

char *srv_models_get(srv_models *m, const char *id, size_t *size, char name[SRV_MODEL_NAME_MAX + 1]) {
  char *out = NULL;
  pthread_mutex_lock(&m->lock);
  kept *k = find(m, id);
  if (k) out = malloc(k->size + 1);
  if (out) {
    memcpy(out, k->config, k->size + 1);
    *size = k->size;
    if (name) memcpy(name, k->name, sizeof k->name);
    k->used = ++m->clock;
  }
  pthread_mutex_unlock(&m->lock);
  return out;
}

bool srv_models_remove(srv_models *m, const char *id) {
  pthread_mutex_lock(&m->lock);
  kept *k = find(m, id);
  if (k) drop(m, k);
  pthread_mutex_unlock(&m->lock);
  return k != NULL;
}

void srv_models_each(srv_models *m, srv_models_fn each, void *user) {
  pthread_mutex_lock(&m->lock);
  for (size_t i = 0; i < SRV_MODELS_MAX; i++)
    if (m->all[i].config) each(user, m->all[i].id, m->all[i].name, m->all[i].size);
  pthread_mutex_unlock(&m->lock);
}
