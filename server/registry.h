/* The registry behind /api/v1/models: a handle for each request, so that threads share nothing. */
#ifndef WEIGH_SERVER_REGISTRY_H
#define WEIGH_SERVER_REGISTRY_H

#include "server/settings.h"
#include "weigh/registry.h"

/* Whether the server has a registry at all. */
bool srv_registry_is_there(const srv_settings *settings);

/* Opens it for a client, who is not told in which folder it stands. Fails with registry_*. */
weigh_status srv_registry_open(const srv_settings *settings, weigh_language language, bool writes, weigh_registry **out,
                               weigh_error *err);

/* Finds where it stands (settings->registry, else the usual place) and whether it can be read: one that was named must be. */
weigh_status srv_registry_find(srv_settings *settings, weigh_error *warning, weigh_error *err);

/* The configuration of a model that is asked for by its id, in any case of letters, or, where `short_too`, by its last part.
 * WEIGH_OK with *registry NULL: there is none. `out` lives as long as *registry, which the caller frees. */
weigh_status srv_registry_get(const srv_settings *settings, weigh_language language, const char *id, bool short_too,
                              weigh_registry **registry, weigh_config *out, weigh_error *err);

#endif
