/* What was made and may be needed again, by its key; of what was not used for longest, only so much is kept. */
#ifndef WEIGH_CLI_CACHE_H
#define WEIGH_CLI_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cli_cached cli_cached;

typedef struct cli_cache {
  size_t most_bytes;            /* of keys and values */
  size_t least;                 /* so many of the newest stay, whatever their size */
  void (*release)(void *value); /* of a value that goes */
  cli_cached **slots;           /* chains by hash */
  size_t slot_count, count, bytes;
  cli_cached *newest, *oldest;
} cli_cache;

/* The value, which becomes the newest; NULL: not there. */
void *cli_cache_get(cli_cache *cache, const char *key, size_t size);

/* Keeps a value of so many bytes, and releases what is too much: this one too, when memory is short, or when it is too large
 * and least is 0. False then. The key must not be there. */
bool cli_cache_put(cli_cache *cache, const char *key, size_t size, void *value, size_t bytes);

/* The newest value takes so many bytes now. */
void cli_cache_weigh(cli_cache *cache, size_t bytes);

void cli_cache_drop(cli_cache *cache, const char *key, size_t size); /* releases it, if it is there */
void cli_cache_clear(cli_cache *cache);

#endif
