/* A question as it comes over the wire: the body's JSON object, or a line (face/share.h). */
#ifndef WEIGH_SERVER_QUESTION_H
#define WEIGH_SERVER_QUESTION_H

#include "base/ctx.h"
#include "face/share.h"

typedef struct srv_question {
  const face_command *command;
  face_question asked;
  const char *configs[2]; /* instead of a word that names a model; NULL: none */
  size_t config_sizes[2];
} srv_question;

/* Reads a body. Keys are those of face_set_named; values are texts, numbers, true, or lists of them for what may be given
 * several times; "set" and the engine's options may be objects, "set": {"num_hidden_layers": 4}. "config" is a configuration
 * (an object, or its text) in place of the first word, and an object in place of any model is one too. Texts live in `ctx`,
 * which fails when memory runs out; configurations stay in the body. Fails with server_body, usage_*. */
weigh_status srv_question_body(wb_ctx *ctx, const char *body, size_t size, srv_question *out, weigh_error *err);

/* Whether answering is quick: of a model that the catalogue knows, unchanged, and not one of the long questions. */
bool srv_question_is_quick(const srv_question *question);

/* Whether it names configurations that were sent: these may be gone the next time. */
bool srv_question_is_of_sent(const srv_question *question);

#endif
