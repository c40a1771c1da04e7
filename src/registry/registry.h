/* Configurations that somebody asked to remember, by the names that people know. */
#ifndef WB_REGISTRY_REGISTRY_H
#define WB_REGISTRY_REGISTRY_H

#include "registry/store.h"

/* An opened registry. Its context's memory is released after each question, so texts live until the next. */
typedef struct wb_registry {
  wb_ctx ctx;
  const wb_store_driver *driver;
  void *store;
  wb_str shown; /* the file, as messages name it */
  wb_mark mark; /* of what belongs to the handle */
} wb_registry;

/* Limits; each has a test in tests/unit/test_registry.c. */
#define WB_REGISTRY_ID_MAX     200u
#define WB_REGISTRY_CONFIG_MAX ((size_t)16 << 20) /* as weigh_model_open reads */
#define WB_REGISTRY_NOTE_MAX   1000u              /* source, revision */

/* Opens the file. False when there is none to read. r->ctx must be ready. `sealed`: messages name no folder. */
bool wb_registry_open(wb_registry *r, wb_str where, bool sealed, wb_store_mode mode);

/* Checks and fills an entry: `id`, `config`, `source` and `revision` are given, the rest follows from them; `updated` and
 * `type` only where they are empty. `file` names the configuration in errors. Fails with registry_id, registry_note, json_*,
 * model_not_object. */
void wb_registry_fill(wb_ctx *ctx, wb_stored *entry, wb_str file);

/* Whether `digest` is that of `config`. */
bool wb_registry_intact(const wb_stored *entry);

/* The entry that a name means: in any case of letters, with `short_too` also by what stands behind the organisation.
 * Fails with registry_ambiguous when there are several. */
bool wb_registry_mean(wb_registry *r, wb_str name, bool short_too, wb_stored *out);

/* One line of an exported file, with its newline; and back. The line's "config_json" is the text of a config.json, or an
 * object, of which the bytes are taken as they stand. `file` names the line in errors. */
void wb_registry_line(wb_text *out, const wb_stored *entry);
wb_stored wb_registry_read_line(wb_ctx *ctx, wb_str line, wb_str file);

/* The id of a configuration found at …/org/model/config.json: the last two folders on the path, fewer where there are
 * fewer. Empty when the path names none. */
wb_str wb_registry_id_of(wb_ctx *ctx, wb_str path);

/* Every config.json in a folder and at most three levels below it, in order of names. */
size_t wb_registry_configs(wb_ctx *ctx, wb_str folder, wb_str **paths);

#endif
