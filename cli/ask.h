/* One question: opens what it names and has the report written. The command line and batches ask alike. */
#ifndef WEIGH_CLI_ASK_H
#define WEIGH_CLI_ASK_H

#include "parse.h"

/* How a model is opened and given back: a batch keeps those that it will need again. */
typedef struct cli_models {
  weigh_status (*open)(void *user, const weigh_model_request *request, weigh_model **out, weigh_error *err);
  void (*release)(void *user, weigh_model *model);
  void *user;
} cli_models;

/* Opened from a library for one question. */
cli_models cli_models_of(weigh_library *library);

/* Where reports go, as a weigh_write_fn. */
bool cli_write_stdout(void *user, const char *bytes, size_t size);

weigh_status cli_ask(const face_command *command, face_question *o, weigh_library *library, const cli_models *models,
                     weigh_write_fn write, void *user, weigh_error *err);

#endif
