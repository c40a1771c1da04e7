/* weigh registry. */
#ifndef WEIGH_CLI_REGISTRY_H
#define WEIGH_CLI_REGISTRY_H

#include "face/place.h"

#include "parse.h"

/* weigh registry ACTION [NAME]. */
weigh_status cli_registry(face_question *o, weigh_error *err);

#endif
