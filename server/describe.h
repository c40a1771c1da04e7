/* What a command takes from elsewhere, for those who describe it. */
#ifndef WEIGH_SERVER_DESCRIBE_H
#define WEIGH_SERVER_DESCRIBE_H

#include "face/share.h"
#include "server/reply.h"

typedef struct srv_item {
  char name[64];
  const char *about;
  const face_option *option; /* NULL: a word */
  bool required, is_model;
} srv_item;

/* The words, then the options that mean something from elsewhere; start with 0, false at the end. */
bool srv_item_next(const face_command *command, size_t *at, srv_item *out);
void srv_item_schema(srv_bytes *out, const srv_item *item, bool in_query);

#endif
