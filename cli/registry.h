/* weigh registry, and where its file is. */
#ifndef WEIGH_CLI_REGISTRY_H
#define WEIGH_CLI_REGISTRY_H

#include "parse.h"

#define CLI_PATH_SIZE 4096

/* The file: --registry, else WEIGH_REGISTRY, else weigh/registry.sqlite in the XDG data folder. False: there is none (an
 * empty name, or no data folder). `made` makes the folders of the usual place. */
bool cli_registry_path(const face_question *o, char *path, size_t size, bool made);

/* weigh registry ACTION [NAME]. */
weigh_status cli_registry(face_question *o, weigh_error *err);

#endif
