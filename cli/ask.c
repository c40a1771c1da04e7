#include "ask.h"

#include <stdio.h>

#include "local.h"

static weigh_status open_new(void *user, const weigh_model_request *request, weigh_model **out, weigh_error *err) {
  return weigh_model_open(user, request, out, err);
}

static void free_model(void *user, weigh_model *model) {
  (void)user;
  weigh_model_free(model);
}

bool cli_write_stdout(void *user, const char *bytes, size_t size) {
  (void)user;
  return fwrite(bytes, 1, size, stdout) == size;
}

cli_models cli_models_of(weigh_library *library) { return (cli_models){open_new, free_model, library}; }

weigh_status cli_ask(const face_command *command, face_question *o, weigh_library *library, const cli_models *models,
                     weigh_write_fn write, void *user, weigh_error *err) {
  weigh_model *opened[2] = {NULL, NULL};
  weigh_local found;
  weigh_status status = cli_place_local(library, o, &found, err);
  const bool logged = o->report.log || o->report.log_text;
  const weigh_report_kind kind = logged ? WEIGH_REPORT_LOG : command->kind;
  face_place_words(command, o);
  const size_t count = logged && !o->word_count && !o->setting_count ? 0 : command->models;
  for (size_t i = 0; i < count && status == WEIGH_OK; i++) {
    const bool sent = i == 0 && o->config;
    const weigh_model_request request = {.model = !sent && i < o->word_count ? o->words[i] : NULL,
                                         .config = sent ? o->config : NULL,
                                         .config_size = sent ? o->config_size : 0,
                                         .settings = o->settings,
                                         .setting_count = o->setting_count};
    status = models->open(models->user, &request, &opened[i], err);
  }
  if (status == WEIGH_OK && o->draft && count == 1) {
    const weigh_model_request draft = {.model = o->draft};
    status = models->open(models->user, &draft, &opened[1], err);
    if (status != WEIGH_OK) face_blame(err, "draft");
  }
  if (status == WEIGH_OK) status = weigh_report(library, kind, opened[0], opened[1], &o->report, write, user, err);
  models->release(models->user, opened[0]);
  models->release(models->user, opened[1]);
  return status;
}
