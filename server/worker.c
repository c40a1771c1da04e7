#include "server/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/limits.h"
#include "weigh/registry.h"

#define LOOK_EACH_US 1000u /* at the registry: other programs change it, and end, in longer */
#define MODELS       12
#define MODEL_MOST   ((size_t)4 << 20) /* a model that answers made larger by more is opened again */
#define MODELS_MOST  ((size_t)24 << 20)
#define LIBRARY_MOST ((size_t)48 << 20)
#define ANSWERS      512 /* places; a key has one of two */
#define ANSWER_MOST  ((size_t)64 << 10)
#define ANSWERS_MOST ((size_t)8 << 20)
#define STAYING_MOST ((size_t)4 << 20) /* of answers that stay, whatever the size of each */

typedef struct opened {
  char *key; /* what was asked for, which holds the texts that the model keeps; NULL: the place is free */
  size_t key_size;
  weigh_library *library;
  weigh_model *model;
  size_t bytes; /* it took when it was opened */
  uint64_t used;
  bool busy;
} opened;

typedef struct given {
  char *key; /* followed by the answer; NULL: free */
  size_t key_size, size;
  uint64_t hash;
  const char *type;
  char etag[40];
  bool no, stays;
} given;

struct srv_worker {
  const srv_settings *settings;
  srv_models *models;
  srv_worker_counts *counts;
  weigh_library *libraries[2];
  uint64_t states[2]; /* of their registry when it was looked at, 0: never */
  uint64_t looked_us[2], changes_seen[2];
  opened opened[MODELS];
  uint64_t clock;
  wb_ctx scratch;
  given answers[ANSWERS];
  size_t answer_bytes, staying_bytes; /* these are no part of those */
};

srv_worker *srv_worker_new(const srv_settings *settings, srv_models *models, srv_worker_counts *counts) {
  srv_worker *w = calloc(1, sizeof *w);
  if (!w) return NULL;
  w->settings = settings;
  w->models = models;
  w->counts = counts;
  return w;
}

/* ---- memory ---- */

static void close_model(opened *o) {
  weigh_model_free(o->model);
  free(o->key);
  *o = (opened){.key = NULL};
}

static void close_library(srv_worker *w, int language) {
  weigh_library *library = w->libraries[language];
  for (size_t i = 0; i < MODELS; i++)
    if (w->opened[i].key && w->opened[i].library == library) close_model(&w->opened[i]);
  weigh_library_free(library);
  w->libraries[language] = NULL;
  w->states[language] = 0;
}

void srv_worker_free(srv_worker *w) {
  if (!w) return;
  for (int i = 0; i < 2; i++) close_library(w, i);
  for (size_t i = 0; i < ANSWERS; i++) free(w->answers[i].key);
  wb_arena_free(w->scratch.arena);
  free(w);
}

wb_ctx *srv_worker_scratch(srv_worker *w) {
  if (w->scratch.arena) wb_arena_reset(w->scratch.arena, (wb_mark){NULL, 0, 0});
  else w->scratch.arena = wb_arena_new((size_t)128 << 20);
  w->scratch.failure = (wb_failure){.excerpt = WB_STR("")};
  return w->scratch.arena ? &w->scratch : NULL;
}

/* In a language; NULL: it cannot be opened, `err` says why. */
static weigh_library *library_of(srv_worker *w, weigh_language language, weigh_error *err) {
  const int i = language == WEIGH_CHINESE;
  if (w->libraries[i] && weigh_library_memory(w->libraries[i]) > LIBRARY_MOST) close_library(w, i);
  if (w->libraries[i]) return w->libraries[i];
  const weigh_library_options options = {.language = language,
                                         .data_dirs = w->settings->data_dirs,
                                         .data_dir_count = w->settings->data_dir_count,
                                         .sealed = true};
  if (weigh_library_open(&options, &w->libraries[i], err) != WEIGH_OK) return NULL;
  if (weigh_library_use_registry(w->libraries[i], w->settings->registry_path, err) != WEIGH_OK) close_library(w, i);
  return w->libraries[i];
}

/* ---- the registry ---- */

static void drop_answer(srv_worker *w, given *g) {
  size_t *bytes = g->stays ? &w->staying_bytes : &w->answer_bytes;
  *bytes -= g->key_size + g->size;
  free(g->key);
  *g = (given){.key = NULL};
}

/* No registry changes those that stay. */
static void drop_answers(srv_worker *w) {
  for (size_t i = 0; i < ANSWERS; i++)
    if (!w->answers[i].stays) drop_answer(w, &w->answers[i]);
}

static bool is_by_name(const opened *o) { return o->key && o->key[1] == 'm'; }

uint64_t srv_worker_refresh(srv_worker *w, weigh_language language) {
  const int i = language == WEIGH_CHINESE;
  const uint64_t changes = w->counts->registry_changes;
  weigh_library *library = w->settings->registry_path[0] ? library_of(w, language, NULL) : NULL;
  if (!library) return 0;
  const uint64_t now = srv_now_us();
  if (w->states[i] && changes == w->changes_seen[i] && now - w->looked_us[i] < LOOK_EACH_US) return w->states[i];
  const uint64_t state = weigh_library_registry_state(library);
  w->looked_us[i] = now;
  w->changes_seen[i] = changes;
  if (state == w->states[i]) return state;
  for (size_t k = 0; k < MODELS; k++)
    if (is_by_name(&w->opened[k]) && w->opened[k].library == library) close_model(&w->opened[k]);
  drop_answers(w);
  return w->states[i] = state;
}

/* ---- models ---- */

/* A model that is wanted: all texts in one block, which the place keeps. */
typedef struct wanted {
  char *key;
  size_t size;
  const char *settings[FACE_MAX_LIST];
  weigh_model_request request;
} wanted;

static size_t add_text(char *to, size_t at, const char *text, size_t size) {
  if (to) {
    memcpy(to + at, text, size);
    to[at + size] = '\0';
  }
  return at + size + 1;
}

/* Lays texts out behind one another; `to` NULL: only counts. */
static size_t lay_out(wanted *want, char *to, weigh_language language, const weigh_model_request *request) {
  const char head[2] = {language == WEIGH_CHINESE ? 'z' : 'e', request->config ? 'c' : request->model ? 'm' : 's'};
  const char *source = request->config ? request->config : request->model ? request->model : "";
  const size_t size = request->config ? request->config_size : strlen(source);
  size_t at = add_text(to, 0, head, sizeof head);
  want->request = *request;
  if (to && request->config) want->request.config = to + at;
  if (to && request->model) want->request.model = to + at;
  at = add_text(to, at, source, size);
  for (size_t i = 0; i < request->setting_count; i++) {
    if (to) want->settings[i] = to + at;
    at = add_text(to, at, request->settings[i], strlen(request->settings[i]));
  }
  want->request.settings = want->settings;
  return at;
}

static bool want_model(wanted *want, weigh_language language, const weigh_model_request *request) {
  want->size = lay_out(want, NULL, language, request);
  want->key = malloc(want->size);
  if (want->key) lay_out(want, want->key, language, request);
  return want->key != NULL;
}

static opened *find_open(srv_worker *w, const wanted *want) {
  for (size_t i = 0; i < MODELS; i++) {
    opened *o = &w->opened[i];
    if (o->key && !o->busy && o->key_size == want->size && memcmp(o->key, want->key, want->size) == 0) return o;
  }
  return NULL;
}

/* A free place: the longest unused goes, and more while all together are too large. */
static opened *place_for_model(srv_worker *w) {
  for (;;) {
    opened *oldest = NULL, *empty = NULL;
    size_t bytes = 0;
    for (size_t i = 0; i < MODELS; i++) {
      opened *o = &w->opened[i];
      if (!o->key) {
        empty = o;
        continue;
      }
      bytes += weigh_model_memory(o->model);
      if (!o->busy && (!oldest || o->used < oldest->used)) oldest = o;
    }
    if (empty && (bytes <= MODELS_MOST || !oldest)) return empty;
    close_model(oldest); /* at most two are busy */
  }
}

static opened *open_model(srv_worker *w, weigh_language language, const weigh_model_request *request,
                          weigh_error *err) {
  wanted want;
  weigh_library *library = library_of(w, language, err);
  if (!library) return NULL;
  if (!want_model(&want, language, request)) {
    weigh_error_set(err, language, "OUT_OF_MEMORY", NULL, 0);
    return NULL;
  }
  opened *o = find_open(w, &want);
  if (o) {
    free(want.key);
    w->counts->models_found++;
  } else {
    weigh_model *model;
    w->counts->models_opened++;
    if (weigh_model_open(library, &want.request, &model, err) != WEIGH_OK) {
      free(want.key);
      return NULL;
    }
    o = place_for_model(w);
    *o = (opened){
        .key = want.key, .key_size = want.size, .library = library, .model = model, .bytes = weigh_model_memory(model)};
  }
  o->busy = true;
  o->used = ++w->clock;
  return o;
}

static void release(opened *o) {
  if (!o) return;
  o->busy = false;
  if (weigh_model_memory(o->model) > o->bytes + MODEL_MOST) close_model(o);
}

/* A word that names a model: a configuration sent along, one sent before, or a name of the library's. */
static opened *open_word(srv_worker *w, const srv_question *q, size_t i, weigh_error *err) {
  const face_question *a = &q->asked;
  weigh_model_request request = {.settings = a->settings, .setting_count = a->setting_count};
  const char *word = i < a->word_count ? a->words[i] : NULL;
  char *kept = NULL;
  if (q->configs[i]) {
    request.config = q->configs[i];
    request.config_size = q->config_sizes[i];
  } else if (word && srv_models_is_id(word)) {
    kept = srv_models_get(w->models, word, &request.config_size, NULL);
    request.config = kept;
    if (!kept) {
      weigh_error_set(err, a->language, "SERVER_NO_MODEL", &word, 1);
      return NULL;
    }
  } else {
    request.model = word;
  }
  opened *o = open_model(w, a->language, &request, err);
  free(kept);
  return o;
}

weigh_status srv_worker_answer(srv_worker *w, srv_question *q, weigh_write_fn write, void *user, weigh_error *err) {
  face_question *a = &q->asked;
  opened *models[2] = {NULL, NULL};
  *err = (weigh_error){.status = WEIGH_OK};
  srv_worker_refresh(w, a->language);
  weigh_library *library = library_of(w, a->language, err);
  bool fine = library != NULL;
  face_place_words(q->command, a);
  const bool is_log = q->command->kind == WEIGH_REPORT_CHECK; /* of folders only the command line knows */
  const bool unnamed = is_log && !a->word_count && !a->setting_count;
  for (size_t i = 0; i < q->command->models && fine && !unnamed; i++)
    fine = (models[i] = open_word(w, q, i, err)) != NULL;
  if (fine && a->draft && q->command->models == 1) {
    srv_question draft = {.command = q->command};
    draft.asked.language = a->language;
    draft.asked.words[0] = a->draft;
    draft.asked.word_count = 1;
    fine = (models[1] = open_word(w, &draft, 0, err)) != NULL;
    if (!fine) face_blame(err, "draft");
  }
  weigh_status status = err->status;
  if (fine)
    status = weigh_report(library, is_log ? WEIGH_REPORT_LOG : q->command->kind, models[0] ? models[0]->model : NULL,
                          models[1] ? models[1]->model : NULL, &a->report, write, user, err);
  release(models[0]);
  release(models[1]);
  return status;
}

weigh_status srv_worker_totals(srv_worker *w, weigh_language language, const char *model, const char *config,
                               size_t config_size, weigh_totals *out, weigh_error *err) {
  const weigh_model_request request = {.model = model, .config = config, .config_size = config_size};
  srv_worker_refresh(w, language);
  opened *o = open_model(w, language, &request, err);
  if (!o) return err->status;
  const weigh_status status = weigh_model_totals(o->model, out, err);
  release(o);
  return status;
}

/* ---- answers ---- */

static given *place_of(srv_worker *w, const char *key, size_t size, uint64_t *hash) {
  *hash = wb_str_hash((wb_str){key, size});
  return &w->answers[*hash % ANSWERS];
}

bool srv_worker_recall(srv_worker *w, const char *key, size_t size, srv_reply *reply) {
  uint64_t hash;
  const given *g = place_of(w, key, size, &hash);
  if (!g->key || g->hash != hash || g->key_size != size || memcmp(g->key, key, size) != 0) return false;
  reply->http = 200;
  reply->type = g->type;
  reply->no = g->no;
  memcpy(reply->etag, g->etag, sizeof g->etag);
  w->counts->answers_found++;
  return srv_bytes_add(&reply->body, g->key + size, g->size);
}

/* The others make room, as far as it takes. */
static void make_room(srv_worker *w, const given *kept) {
  for (size_t i = 1; i < ANSWERS && w->answer_bytes > ANSWERS_MOST; i++) {
    given *other = &w->answers[((size_t)(kept - w->answers) + i) % ANSWERS];
    if (other->key && !other->stays) drop_answer(w, other);
  }
}

void srv_worker_remember(srv_worker *w, const char *key, size_t size, bool stays, const srv_reply *reply) {
  const size_t length = reply->body.size;
  uint64_t hash;
  w->counts->answers_made++;
  stays = stays && w->staying_bytes + size + length <= STAYING_MOST;
  if ((length > ANSWER_MOST && !stays) || size > SRV_KEY_MAX) return;
  given *g = place_of(w, key, size, &hash);
  if (g->stays && !stays) return;
  char *copy = malloc(size + length);
  if (!copy) return;
  memcpy(copy, key, size);
  memcpy(copy + size, reply->body.ptr, length);
  drop_answer(w, g);
  *g = (given){.key = copy,
               .key_size = size,
               .size = length,
               .hash = hash,
               .type = reply->type,
               .no = reply->no,
               .stays = stays};
  memcpy(g->etag, reply->etag, sizeof g->etag);
  *(stays ? &w->staying_bytes : &w->answer_bytes) += size + length;
  make_room(w, g);
}
