/* Any bytes as the body of a request, or as a shared question: read, and answered as the server would. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ANSWER_MOST ((size_t)1 << 20) /* enough of a sweep */

static bool count_bytes(void *user, const char *bytes, size_t size) {
  size_t *sum = user;
  if (size && !bytes) abort();
  return (*sum += size) < ANSWER_MOST;
}

/* What looks for the best of many takes seconds; it is read only. */
static bool is_search(weigh_report_kind kind) { return kind == WEIGH_REPORT_DESIGN || kind == WEIGH_REPORT_ADVISE; }

/* Every refusal has a code and says why. */
static bool is_fine(weigh_status status, const weigh_error *err) {
  if (status == WEIGH_OK) return true;
  if (status != WEIGH_NO && (!err->code[0] || !err->message[0])) abort();
  return false;
}

static weigh_status read_it(wb_ctx *ctx, srv_question *q, bool line, const char *text, size_t size, weigh_error *err) {
  if (!line) return srv_question_body(ctx, text, size, q, err);
  wb_text whole = {.ctx = ctx};
  wb_text_addf(&whole, "%s?", q->command->name);
  wb_text_add(&whole, (wb_str){text, strnlen(text, size)});
  const char *copy = wb_str_cstr(ctx, wb_text_str(&whole));
  return face_read_question(copy, WB_NEWN(ctx, char, whole.len + 1), &q->command, &q->asked, err);
}

static srv_question *question_of(srv_worker *worker, const uint8_t *data, size_t size) {
  weigh_error err = {.status = WEIGH_OK};
  wb_ctx *ctx = srv_worker_scratch(worker);
  if (!ctx || !WB_GUARD(ctx)) return NULL;
  srv_question *q = WB_NEW(ctx, srv_question);
  q->command = &FACE_COMMANDS[data[0] / 2 % FACE_COMMAND_COUNT];
  q->asked.report.format = WEIGH_FORMAT_JSON;
  const char *text = wb_str_cstr(ctx, (wb_str){(const char *)data + 1, size - 1});
  return is_fine(read_it(ctx, q, data[0] % 2, text, size - 1, &err), &err) ? q : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static srv_settings settings;
  static srv_worker_counts counts;
  static srv_models *models;
  static srv_worker *worker;
  weigh_error err;
  if (!models) models = srv_models_new();
  if (!worker) worker = srv_worker_new(&settings, models, &counts);
  if (!size || !worker) return 0;
  size_t written = 0;
  srv_question *q = question_of(worker, data, size);
  if (!q || is_search(q->command->kind)) return 0;
  const weigh_status status = srv_worker_answer(worker, q, count_bytes, &written, &err);
  if (written < ANSWER_MOST) is_fine(status, &err);
  return 0;
}
