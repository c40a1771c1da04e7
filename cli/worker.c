/* What one thread of a batch needs: a library of its own (descriptions are parsed into it as they are needed), the models
 * asked last, and answers given: a question that comes again is a copy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#include "ask.h"
#include "batch.h"
#include "cache.h"
#include "registry.h"

/* Bytes, of all threads together; most models take below a megabyte, few take ten. */
#define MODELS_SIZE  ((size_t)512 << 20)
#define ANSWERS_SIZE ((size_t)128 << 20)
#define MODEL_MOST   ((size_t)16 << 20) /* what was found of a model stays with it: beyond this it is opened anew */

/* What opening came to: a model, or why there is none. */
typedef struct kept_model {
  weigh_model *model;
  weigh_error *error;
  size_t opened; /* bytes it had then */
  size_t key_size;
  char key[];
} kept_model;

typedef struct kept_answer {
  size_t size;
  bool good;
  char text[];
} kept_answer;

struct cli_worker {
  const face_question *base;
  weigh_library *library;
  cli_cache models, answers;
  cli_text key;
  cli_question question;
};

static void free_kept(void *value) {
  kept_model *kept = value;
  weigh_model_free(kept->model);
  free(kept->error);
  free(kept);
}

/* ---- models ---- */

/* False when memory is short: a key that was cut could be another model's. */
static bool make_key(cli_text *key, const weigh_model_request *request) {
  key->size = 0;
  key->failed = false;
  const char *const model = request->model ? request->model : "";
  cli_text_add(key, model, strlen(model) + 1);
  if (request->config) cli_text_add(key, request->config, request->config_size);
  for (size_t i = 0; i < request->setting_count; i++)
    cli_text_add(key, request->settings[i], strlen(request->settings[i]) + 1);
  return !key->failed;
}

/* The cache holds it afterwards; NULL when memory is short. */
static kept_model *keep_opened(cli_worker *w, weigh_model *model, const weigh_error *err) {
  const size_t bytes = model ? weigh_model_memory(model) : sizeof *err;
  kept_model *kept = malloc(sizeof *kept);
  if (kept) *kept = (kept_model){.model = model, .error = model ? NULL : malloc(sizeof *err), .opened = bytes};
  if (!kept || (!model && !kept->error)) {
    weigh_model_free(model);
    free(kept);
    return NULL;
  }
  if (kept->error) *kept->error = *err;
  return cli_cache_put(&w->models, w->key.bytes, w->key.size, kept, bytes) ? kept : NULL;
}

static weigh_status open_model(void *user, const weigh_model_request *request, weigh_model **out, weigh_error *err) {
  cli_worker *w = user;
  if (!make_key(&w->key, request)) return weigh_error_set(err, w->base->language, "OUT_OF_MEMORY", NULL, 0);
  kept_model *kept = cli_cache_get(&w->models, w->key.bytes, w->key.size);
  const size_t now = kept && kept->model ? weigh_model_memory(kept->model) : 0;
  if (kept && now < kept->opened + MODEL_MOST) {
    if (kept->model) cli_cache_weigh(&w->models, now);
  } else {
    weigh_model *model = NULL;
    if (kept) cli_cache_drop(&w->models, w->key.bytes, w->key.size);
    const weigh_status status = weigh_model_open(w->library, request, &model, err);
    if (status == WEIGH_ENVIRONMENT) return status; /* it may not be so the next time */
    kept = keep_opened(w, model, err);
    if (!kept) return weigh_error_set(err, w->base->language, "OUT_OF_MEMORY", NULL, 0);
  }
  if (kept->error) *err = *kept->error;
  *out = kept->model;
  return kept->error ? kept->error->status : WEIGH_OK;
}

static void keep_model(void *user, weigh_model *model) {
  (void)user; /* the cache has it: two models of one question are never more than it holds */
  (void)model;
}

/* ---- answers ---- */

static bool write_answer(void *user, const char *bytes, size_t size) {
  cli_text *out = user;
  cli_text_add(out, bytes, size);
  return !out->failed;
}

static void add_quoted(cli_text *out, const char *text) {
  cli_text_add(out, "\"", 1);
  for (size_t left = strlen(text), taken, written; left; left -= taken, text += taken) {
    char bytes[8];
    taken = wb_str_json(text, left, bytes, &written);
    cli_text_add(out, bytes, written);
  }
  cli_text_add(out, "\"", 1);
}

/* All but the number of the line, which is not the same when the question comes again. */
static void add_error(cli_text *out, const char *id, const weigh_error *err) {
  char head[320];
  const int size =
      snprintf(head, sizeof head, "{%s%s%s\"schema_version\":1,\"error\":{\"status\":%d,\"code\":\"%s\",\"message\":",
               *id ? "\"id\":" : "", id, *id ? "," : "", (int)err->status, err->code);
  cli_text_add(out, head, (size_t)size);
  add_quoted(out, err->message);
  if (err->file[0]) {
    cli_text_add(out, ",\"file\":", 8);
    add_quoted(out, err->file);
  }
  cli_text_add(out, "},\"line\":", 9);
}

/* The id that a question gave goes behind the first bracket of its answer. */
static void add_id(cli_text *out, size_t start, const char *id) {
  char member[160];
  const size_t size = (size_t)snprintf(member, sizeof member, "\"id\":%s,", id);
  cli_text_add(out, member, size);
  if (out->failed) return;
  memmove(out->bytes + start + 1 + size, out->bytes + start + 1, out->size - start - 1 - size);
  memcpy(out->bytes + start + 1, member, size);
}

static bool answer(cli_worker *w, char *line, cli_text *out) {
  const cli_models models = {open_model, keep_model, w};
  const size_t start = out->size;
  weigh_error err = {0};
  cli_question *q = &w->question;
  weigh_status status = cli_question_read(q, line, w->base, &err);
  if (status == WEIGH_OK) status = cli_ask(q->command, &q->options, w->library, &models, write_answer, out, &err);
  const bool good = status == WEIGH_OK || (status == WEIGH_NO && !err.code[0]);
  if (good && q->id[0] && out->size > start) add_id(out, start, q->id);
  if (!good) {
    out->size = start;
    add_error(out, q->id, &err);
  }
  cli_question_free(q);
  return good;
}

static void keep_answer(cli_worker *w, const char *line, size_t size, const char *text, size_t text_size, bool good) {
  kept_answer *kept = malloc(sizeof *kept + text_size);
  if (!kept) return;
  *kept = (kept_answer){.size = text_size, .good = good};
  memcpy(kept->text, text, text_size);
  cli_cache_put(&w->answers, line, size, kept, sizeof *kept + text_size);
}

bool cli_worker_answer(cli_worker *w, char *line, size_t size, size_t number, cli_text *out) {
  const kept_answer *kept = cli_cache_get(&w->answers, line, size);
  const size_t start = out->size;
  const bool good = kept ? kept->good : answer(w, line, out);
  char end[40];
  if (kept) cli_text_add(out, kept->text, kept->size);
  else if (!out->failed) keep_answer(w, line, size, out->bytes + start, out->size - start, good);
  snprintf(end, sizeof end, good ? "\n" : "%zu}\n", number);
  cli_text_add(out, end, strlen(end));
  return good;
}

cli_worker *cli_worker_new(const face_question *base, size_t threads, weigh_error *err) {
  char registry[FACE_PATH_SIZE];
  const weigh_library_options options = {
      .language = base->language, .data_dirs = base->data_dirs, .data_dir_count = base->data_dir_count};
  cli_worker *w = calloc(1, sizeof *w);
  if (!w) {
    weigh_error_set(err, base->language, "OUT_OF_MEMORY", NULL, 0);
    return NULL;
  }
  w->base = base;
  w->models = (cli_cache){.most_bytes = MODELS_SIZE / threads, .least = 2, .release = free_kept}; /* of one question */
  w->answers = (cli_cache){.most_bytes = ANSWERS_SIZE / threads, .release = free};
  weigh_status status = weigh_library_open(&options, &w->library, err);
  if (status == WEIGH_OK && face_registry_path(base->registry, registry, sizeof registry, false))
    status = weigh_library_use_registry(w->library, registry, err);
  if (status == WEIGH_OK) return w;
  cli_worker_free(w);
  return NULL;
}

void cli_worker_free(cli_worker *w) {
  if (!w) return;
  cli_cache_clear(&w->models);
  cli_cache_clear(&w->answers);
  weigh_library_free(w->library);
  free(w->key.bytes);
  free(w);
}
