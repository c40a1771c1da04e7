/* What the environment says of whoever runs the program. */
#ifndef WEIGH_FACE_PLACE_H
#define WEIGH_FACE_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "weigh/weigh.h"

#define FACE_PATH_SIZE 4096

/* The registry's file: `named` if it is given, else WEIGH_REGISTRY, else weigh/registry.sqlite in the XDG data folder. False:
 * there is none (an empty name, or no data folder). `made` makes the folders of the usual place. */
bool face_registry_path(const char *named, char *path, size_t size, bool made);

/* English, or Chinese where the locale of messages begins with zh. */
weigh_language face_locale_language(void);

#endif
