/* Any bytes as a config.json: a model is opened and asked for everything there is. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "weigh/weigh.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool swallow(void *user, const char *bytes, size_t size) {
  size_t *written = user;
  *written += size;
  return size == 0 || bytes[0] != '\x7f'; /* reads what is handed over */
}

static bool add(void *user, const weigh_tensor *tensor) {
  int64_t *total = user;
  if (strcmp(tensor->kind, "param") == 0) *total += tensor->elements;
  return true;
}

/* A failure has a code and a message; a good answer agrees with the totals. */
static void told(weigh_status status, const weigh_error *err) {
  if (status == WEIGH_OK || status == WEIGH_NO) return;
  if (!err->code[0] || !err->message[0] || err->status != status) abort();
}

static void ask(weigh_library *library, weigh_model *model) {
  static const char *const settings[] = {"num_hidden_layers=2"};
  weigh_error err = {0};
  weigh_totals totals = {0};
  weigh_count sum = 0, with = 0;
  weigh_status status = weigh_model_totals(model, &totals, &err);
  told(status, &err);
  if (status == WEIGH_OK && totals.active_parameters > totals.total_parameters) abort();
  if (status == WEIGH_OK && totals.total_parameters < 1000000000) {
    told(weigh_model_tensors(model, false, add, &sum, &err), &err);
    if (sum != totals.total_parameters) abort();
  }
  told(weigh_model_total_with(model, settings, 1, &with, &err), &err);
  for (int kind = WEIGH_REPORT_PARAMS; kind <= WEIGH_REPORT_DIFF; kind++) {
    for (int format = WEIGH_FORMAT_TEXT; format <= WEIGH_FORMAT_CSV; format++) {
      weigh_report_options options = {
          .format = (weigh_format)format, .compact = true, .per_layer = true, .latex = true};
      size_t written = 0;
      status = weigh_report(library, (weigh_report_kind)kind, model, model, &options, swallow, &written, &err);
      told(status, &err);
      if ((status == WEIGH_OK) != (written > 0)) abort(); /* a model differs in nothing from itself */
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static weigh_library *library; /* kept: its descriptions are parsed once */
  weigh_model_request request = {.config = (const char *)data, .config_size = size};
  weigh_model *model = NULL;
  weigh_error err = {0};
  if (!library && weigh_library_open(NULL, &library, NULL) != WEIGH_OK) return 0;
  weigh_status status = weigh_model_open(library, &request, &model, &err);
  told(status, &err);
  if (status == WEIGH_OK) ask(library, model);
  weigh_model_free(model);
  return 0;
}
