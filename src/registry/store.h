/* Where configurations are kept: the one interface between the registry and a database.
 *
 * SQLite stands behind it (sqlite.c); a shared database can follow by filling in a table of the same functions. Each
 * function fails its context with a registry_* message. A failure unwinds and may leave a question or a transaction half
 * done: whoever catches it calls `settle`. Memory of a store that is not the context's is released by `close`.
 */
#ifndef WB_REGISTRY_STORE_H
#define WB_REGISTRY_STORE_H

#include "base/ctx.h"

/* A configuration as it is kept. Texts that were not said are empty. */
typedef struct wb_stored {
  wb_str id;      /* "Qwen/Qwen3-8B" */
  wb_str type;    /* model_type */
  wb_str config;  /* the text of its config.json, byte for byte */
  wb_str updated; /* "2026-01-31T12:00:00Z" */
  wb_str source, revision;
  wb_str digest; /* SHA-256 of `config`, hex */
} wb_stored;

/* How a name may be meant. */
typedef enum wb_store_match {
  WB_STORE_EXACT,
  WB_STORE_ANY_CASE, /* ASCII letters in either case */
  WB_STORE_LAST_PART /* what stands behind the organisation, in any case */
} wb_store_match;

/* A page of the list: ids that begin with `prefix` and come behind `after` by their bytes. */
typedef struct wb_store_page {
  wb_str prefix, after;
  size_t limit;
  bool with_config; /* else `config` stays empty */
} wb_store_page;

typedef enum wb_store_mode {
  WB_STORE_READ,  /* nothing is ever changed; the store must exist */
  WB_STORE_WRITE, /* made, or brought to this version, where need be */
} wb_store_mode;

typedef struct wb_store_driver {
  const char *name;
  void *(*make)(wb_ctx *ctx); /* a store that is not open yet, in the context's memory */
  /* False when there is none to read. What is no registry, is damaged or is of a later version is refused, untouched.
   * `shown`, in the context's memory: its name in messages. */
  bool (*open)(wb_ctx *ctx, void *store, wb_str where, wb_str shown, wb_store_mode mode);
  void (*close)(void *store);               /* also of one that was never opened, or twice */
  void (*settle)(void *store);              /* ends what a failure left; undoes an open transaction */
  void (*begin)(wb_ctx *ctx, void *store);  /* a transaction that writes; waits for other writers */
  void (*commit)(wb_ctx *ctx, void *store); /* when it returns, what was written stays */
  void (*put)(wb_ctx *ctx, void *store, const wb_stored *entry); /* in the place of one of the same id */
  bool (*remove)(wb_ctx *ctx, void *store, wb_str id);           /* false: there was none */
  /* Up to `room` entries that a name means, in order of ids; returns how many. */
  size_t (*find)(wb_ctx *ctx, void *store, wb_str name, wb_store_match match, wb_stored *out, size_t room);
  size_t (*list)(wb_ctx *ctx, void *store, const wb_store_page *page, wb_stored *out); /* `out` has room for `limit` */
  size_t (*count)(wb_ctx *ctx, void *store);
  void (*check)(wb_ctx *ctx, void *store); /* fails when the store's own structure is damaged */
  /* A number above 0 that is another one when somebody else changed what is stored; 0: the store stands there no more. */
  uint64_t (*changes)(wb_ctx *ctx, void *store);
} wb_store_driver;

extern const wb_store_driver wb_sqlite_driver;

#endif
