/* What the files of the registry's public functions share. */
#ifndef WB_API_REGISTRY_H
#define WB_API_REGISTRY_H

#include "api/handle.h"
#include "registry/registry.h"
#include "weigh/registry.h"

struct weigh_registry {
  wb_registry reg;
  bool read_only;
  bool there; /* false: opened for reading, and there is no file */
  weigh_language language;
};

/* Ends a call: after a failure what is half done is undone and the failure becomes `err`. Use as
 * if (WB_BEGIN(&r->reg.ctx)) { …; return WEIGH_OK; } return wb_registry_failed(r, err); */
weigh_status wb_registry_failed(weigh_registry *r, weigh_error *err);

/* Releases what earlier calls gave. */
void wb_registry_fresh(weigh_registry *r);

/* Begins a transaction that writes; fails the registry's context. */
void wb_registry_begin(weigh_registry *r);

wb_stored wb_stored_of(const weigh_config *config);

/* What an import is told beside its path. */
typedef struct wb_import {
  wb_str id, source, revision;
  bool adds; /* a file is one configuration, else lines */
} wb_import;
weigh_status wb_import_path(weigh_registry *r, const char *path, const wb_import *how, weigh_fault_fn each, void *user,
                            weigh_imported *out, weigh_error *err);

#endif
