/* The registry: configurations that are kept under the names that people know, in a file of SQLite.
 *
 *   weigh_registry_open(&(weigh_registry_options){.path = "registry.sqlite"}, &registry, &err);
 *   weigh_registry_import(registry, "datasets", NULL, NULL, &counts, &err);   every org/model/config.json in it
 *   weigh_registry_get(registry, "org/model", &config, &err);
 *
 * A file holds the table configs(model_id, model_type, config_json, updated_at, source, revision, digest) and may be read
 * with any SQLite. Conventions (statuses, errors, threads) are those of weigh.h; further:
 * - Several programs and threads may have the same file open, each with a handle of its own. Writers wait for each other,
 *   for 30 s at most. What a call has written when it returns outlives a crash of the program and of the machine.
 * - A file that is no registry, is damaged or was written by a later version is refused and left as it is, byte for byte.
 * - Limits: an id has 200 bytes, a configuration 16 MiB.
 */
#ifndef WEIGH_REGISTRY_H
#define WEIGH_REGISTRY_H

#include "weigh/weigh.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weigh_registry weigh_registry;

typedef struct weigh_registry_options {
  const char *path;        /* of the file; its folder must exist */
  bool read_only;          /* nothing is changed, and no file made: one that is missing reads as empty */
  weigh_language language; /* of messages and reports */
  bool sealed;             /* answers go to strangers: messages do not say in which folder the file stands */
} weigh_registry_options;

/* Opens a registry, makes its file or brings it to this version where need be. Errors: registry_no_database,
 * registry_foreign, registry_newer, registry_corrupt, registry_busy, registry_failed. */
weigh_status weigh_registry_open(const weigh_registry_options *options, weigh_registry **out, weigh_error *err);
void weigh_registry_free(weigh_registry *registry);

/* One configuration. Strings that a call gives live until the next call on the handle. */
typedef struct weigh_config {
  const char *model_id;    /* "Qwen/Qwen3-8B" */
  const char *model_type;  /* putting, NULL: as the configuration says */
  const char *config_json; /* its text, byte for byte; NULL in lists */
  size_t config_size;
  const char *updated_at;        /* UTC, "2026-01-31T12:00:00Z"; putting, NULL: now */
  const char *source, *revision; /* where it came from, as whoever put it said; NULL: not said */
  const char *digest;            /* SHA-256 of the text, hex; putting, ignored */
} weigh_config;

/* Keeps a configuration, in the place of one of the same id. Errors: registry_id for a name that a question would take for
 * something else, json_* and model_not_object for a text that is no configuration, registry_busy. */
weigh_status weigh_registry_put(weigh_registry *registry, const weigh_config *config, weigh_error *err);

/* The configuration that a name means: its id, in any case of letters, or the part behind the organisation where that is one
 * alone. Errors: registry_unknown, registry_ambiguous, registry_digest when its text is not what was stored. */
weigh_status weigh_registry_get(weigh_registry *registry, const char *name, weigh_config *out, weigh_error *err);

/* Errors: registry_unknown. */
weigh_status weigh_registry_remove(weigh_registry *registry, const char *id, weigh_error *err);

/* Calls `each` for the ids that begin with `prefix` (NULL: all) and come behind `after` (NULL: from the first), sorted by
 * bytes, until it returns false or there were `limit` (0: 1,000): the next page comes behind the last id. */
typedef bool (*weigh_config_fn)(void *user, const weigh_config *config);
weigh_status weigh_registry_list(weigh_registry *registry, const char *prefix, const char *after, weigh_count limit,
                                 weigh_config_fn each, void *user, weigh_error *err);

/* Writes all whose ids begin with `prefix` as lines of JSON, which import reads: model_id, model_type, updated_at, source,
 * revision, digest, config_json (the text, as a string). */
weigh_status weigh_registry_export(weigh_registry *registry, const char *prefix, weigh_write_fn write, void *user,
                                   weigh_error *err);

typedef struct weigh_imported {
  weigh_count added, replaced, unchanged, refused;
} weigh_imported;

/* Calls for each that was refused, or found at fault: a file or "FILE:LINE", or an id. */
typedef void (*weigh_fault_fn)(void *user, const char *what, const weigh_error *why);

/* Keeps all that a path holds: a folder with config.json files at most three levels down, each under its last two folders'
 * names ("org/model"); one config.json likewise; or lines of JSON, "-" for standard input. What is no configuration is
 * counted and told, the rest is kept, all of it or (when the call fails) none. */
weigh_status weigh_registry_import(weigh_registry *registry, const char *path, weigh_fault_fn each, void *user,
                                   weigh_imported *out, weigh_error *err);

/* Looks at every page of the file, at every index and at every digest. Returns WEIGH_NO when a configuration is not what was
 * stored; `each` is told its id. Errors: registry_corrupt. */
weigh_status weigh_registry_verify(weigh_registry *registry, weigh_fault_fn each, void *user, weigh_count *checked,
                                   weigh_error *err);

/* ---- Reports ------------------------------------------------------------------------------------------------------ */

typedef enum weigh_registry_action {
  WEIGH_REGISTRY_LIST,
  WEIGH_REGISTRY_SHOW,
  WEIGH_REGISTRY_ADD, /* name: a path; as import, with what is said below */
  WEIGH_REGISTRY_REMOVE,
  WEIGH_REGISTRY_EXPORT, /* lines of JSON in every format */
  WEIGH_REGISTRY_IMPORT,
  WEIGH_REGISTRY_VERIFY
} weigh_registry_action;

/* Zero is a good default for every member. */
typedef struct weigh_registry_question {
  weigh_registry_action action;
  const char *name;              /* list, export: a prefix; show, remove: a model; add, import: a path */
  const char *id;                /* add: under this id, where the path is one config.json or its folder */
  const char *source, *revision; /* add: are noted; source NULL: the path */
  const char *after;             /* list: as above */
  weigh_count limit;
} weigh_registry_question;

/* Does it and writes what came of it. Returns WEIGH_NO when something was refused or is at fault, which the report names. */
weigh_status weigh_registry_report(weigh_registry *registry, const weigh_registry_question *question,
                                   const weigh_report_options *options, weigh_write_fn write, void *user,
                                   weigh_error *err);

/* ---- The ladder ---------------------------------------------------------------------------------------------------- */

/* Models asked by name are looked for in this file first, then in the catalogue. It is opened, for reading alone, when a
 * name is first asked for; a file that is missing is passed over, one that cannot be read is passed over with a warning in
 * the answer. `path` is copied. Reports then say where a model came from (`resolution`). */
weigh_status weigh_library_use_registry(weigh_library *library, const char *path, weigh_error *err);

/* A number that is another one once the registry changed, whoever changed it: models opened by name before that, and
 * answers about them, may be out of date. Opens the registry where there is one; takes a few microseconds. 0: the library has
 * no registry. */
uint64_t weigh_library_registry_state(weigh_library *library);

#ifdef __cplusplus
}
#endif
#endif
