#include "cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define SLOTS ((size_t)4096)

struct cli_cached {
  cli_cached *chain;         /* of the same slot */
  cli_cached *newer, *older; /* in order of use */
  void *value;
  uint64_t hash;
  size_t bytes, size;
  char key[];
};

static uint64_t hash_of(const char *key, size_t size) { return wb_str_hash((wb_str){key, size}); }

/* Where the pointer to an entry stands, or would stand. */
static cli_cached **place(const cli_cache *c, uint64_t hash, const char *key, size_t size) {
  cli_cached **at = &c->slots[hash % c->slot_count];
  while (*at && !((*at)->hash == hash && (*at)->size == size && memcmp((*at)->key, key, size) == 0)) at = &(*at)->chain;
  return at;
}

static void unlink_use(cli_cache *c, cli_cached *e) {
  if (e->newer) e->newer->older = e->older;
  else c->newest = e->older;
  if (e->older) e->older->newer = e->newer;
  else c->oldest = e->newer;
}

static void link_newest(cli_cache *c, cli_cached *e) {
  e->newer = NULL;
  e->older = c->newest;
  if (c->newest) c->newest->newer = e;
  else c->oldest = e;
  c->newest = e;
}

static void drop(cli_cache *c, cli_cached *e) {
  *place(c, e->hash, e->key, e->size) = e->chain;
  unlink_use(c, e);
  c->count--;
  c->bytes -= e->bytes;
  c->release(e->value);
  free(e);
}

void *cli_cache_get(cli_cache *c, const char *key, size_t size) {
  cli_cached *e = c->slots ? *place(c, hash_of(key, size), key, size) : NULL;
  if (!e) return NULL;
  unlink_use(c, e);
  link_newest(c, e);
  return e->value;
}

static void make_room(cli_cache *c) {
  while (c->count > c->least && c->bytes > c->most_bytes) drop(c, c->oldest);
}

bool cli_cache_put(cli_cache *c, const char *key, size_t size, void *value, size_t bytes) {
  if (!c->slots && (c->slots = calloc(SLOTS, sizeof *c->slots))) c->slot_count = SLOTS;
  bytes += size + sizeof(cli_cached);
  const bool fits = c->slots && (c->least || bytes <= c->most_bytes);
  cli_cached *e = fits ? malloc(sizeof *e + size) : NULL;
  if (!e) {
    c->release(value);
    return false;
  }
  *e = (cli_cached){.value = value, .hash = hash_of(key, size), .bytes = bytes, .size = size};
  memcpy(e->key, key, size);
  cli_cached **at = &c->slots[e->hash % c->slot_count];
  e->chain = *at;
  *at = e;
  link_newest(c, e);
  c->count++;
  c->bytes += bytes;
  make_room(c);
  return true;
}

void cli_cache_weigh(cli_cache *c, size_t bytes) {
  bytes += c->newest->size + sizeof(cli_cached);
  c->bytes += bytes - c->newest->bytes; /* either may be the larger: it wraps and comes back */
  c->newest->bytes = bytes;
  make_room(c);
}

void cli_cache_drop(cli_cache *c, const char *key, size_t size) {
  cli_cached *e = c->slots ? *place(c, hash_of(key, size), key, size) : NULL;
  if (e) drop(c, e);
}

void cli_cache_clear(cli_cache *c) {
  while (c->oldest) drop(c, c->oldest);
  free(c->slots);
  c->slots = NULL;
}
