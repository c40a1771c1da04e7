/* A thread that answers: its own handles of the library, the models that it has open, the answers that it gave lately. */
#ifndef WEIGH_SERVER_WORKER_H
#define WEIGH_SERVER_WORKER_H

#include "server/models.h"
#include "server/question.h"
#include "server/reply.h"
#include "server/settings.h"

typedef struct srv_worker srv_worker;

/* What all of them count. */
typedef struct srv_worker_counts {
  _Atomic uint64_t models_opened, models_found, answers_found, answers_made;
  _Atomic uint64_t registry_changes; /* by this server: all look at once whether what they keep is still right */
} srv_worker_counts;

srv_worker *srv_worker_new(const srv_settings *settings, srv_models *models, srv_worker_counts *counts);
void srv_worker_free(srv_worker *worker);

/* Memory for one request; freed by the next call. NULL: there is none. */
wb_ctx *srv_worker_scratch(srv_worker *worker);

/* Drops what was kept of a registry that has changed since, whoever changed it (looked at once a millisecond). Returns a
 * number that is another one then. */
uint64_t srv_worker_refresh(srv_worker *worker, weigh_language language);

/* Answers a question through `write`. What fails is in `err`; WEIGH_NO with an empty code is an answer. */
weigh_status srv_worker_answer(srv_worker *worker, srv_question *question, weigh_write_fn write, void *user,
                               weigh_error *err);

/* Longer keys are not kept. */
#define SRV_KEY_MAX ((size_t)8 << 10)

/* An answer that was given to the same bytes before; true: the reply is made. `key` is whatever decides the answer. */
bool srv_worker_recall(srv_worker *worker, const char *key, size_t size, srv_reply *reply);
/* `stays`: it depends on nothing but the data and the language, and is kept whatever its size. */
void srv_worker_remember(srv_worker *worker, const char *key, size_t size, bool stays, const srv_reply *reply);

/* A model's configuration and totals, for who asks what it is. */
weigh_status srv_worker_totals(srv_worker *worker, weigh_language language, const char *model, const char *config,
                               size_t config_size, weigh_totals *out, weigh_error *err);

#endif
