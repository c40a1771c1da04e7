/* weigh batch: many questions, answered on all cores, in order. */
#ifndef WEIGH_CLI_BATCH_H
#define WEIGH_CLI_BATCH_H

#include "base/ctx.h"
#include "parse.h"

/* What a batch may take; each has a test in tests/registry/batch.t. */
#define CLI_LINE_MOST    ((size_t)1 << 20) /* bytes of one question */
#define CLI_THREADS_MOST 64

/* Reads the questions of a file ("-": standard input) and writes the answers. WEIGH_NO when one of them was an error. */
weigh_status cli_batch(face_question *o, weigh_error *err);

/* ---- question.c: one line ---- */

/* Buffers of a question and its answer, used again for the next. */
typedef struct cli_text {
  char *bytes;
  size_t size, room;
  bool failed; /* memory was short */
} cli_text;

void cli_text_add(cli_text *text, const char *bytes, size_t size);

typedef struct cli_question {
  const face_command *command;
  face_question options;
  wb_ctx memory; /* of its texts */
  char id[128];  /* JSON, as it is given back; empty: none */
} cli_question;

/* Reads a line: a JSON object with "command", "model" (or "words") and options by their names on the command line, or a
 * model's name alone. `line` ends with a NUL; the question refers to it. `base` holds the command line of the batch. */
weigh_status cli_question_read(cli_question *q, char *line, const face_question *base, weigh_error *err);
void cli_question_free(cli_question *q);

/* ---- worker.c: a thread's library and memory ---- */

typedef struct cli_worker cli_worker;
/* One of so many, which share what may be kept. NULL: err says why. */
cli_worker *cli_worker_new(const face_question *base, size_t threads, weigh_error *err);
void cli_worker_free(cli_worker *worker);

/* Appends the answer to a line, one line of JSON. False when it is an error. */
bool cli_worker_answer(cli_worker *worker, char *line, size_t size, size_t number, cli_text *out);

#endif
