/* weigh batch. One thread reads the questions and cuts them into pieces of a few lines; the others answer a piece each, and
 * whoever finds that the first piece not yet written is done writes it and those behind it. So answers come in order and as
 * soon as they can, and what is read ahead is bounded. */
#include "batch.h"
#include "folder.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "progress.h"

#define PIECES      64
#define PIECE_LINES 32
#define READ_SIZE   ((size_t)64 << 10)

typedef enum state { EMPTY, READY, TAKEN, DONE } state;

typedef struct piece {
  state state;
  char *lines; /* each ends with a NUL, and behind the last stands another */
  size_t count, first;
  size_t end; /* how far the input is read behind it */
  cli_text out;
} piece;

typedef struct batch {
  const face_question *o;
  size_t threads;
  pthread_mutex_t lock;
  pthread_cond_t work, room;
  piece pieces[PIECES];
  size_t written, taken, filled; /* how many pieces, each counted from the start */
  bool ended, writing, failed;   /* failed: nobody takes the answers */
  bool refused;                  /* one of the questions */
  weigh_error error;             /* of a worker that could not begin */
  cli_progress progress;
  size_t all; /* bytes of input; 0: not known */
} batch;

/* ---- answers ---- */

static void answer_piece(batch *b, cli_worker *worker, piece *p) {
  char *line = p->lines;
  bool refused = false;
  p->out.size = 0;
  for (size_t i = 0; i < p->count; i++) {
    const char *const end = line + strlen(line); /* the question may be changed while it is read */
    const size_t size = (size_t)(end - line);
    if (size) refused = !cli_worker_answer(worker, line, size, p->first + i, &p->out) || refused;
    line += size + 1;
  }
  pthread_mutex_lock(&b->lock);
  b->refused = b->refused || refused;
  b->failed = b->failed || p->out.failed;
  p->state = DONE;
}

/* Writes what is done and next. Called and left with the lock held; it is given up while writing. */
static void write_done(batch *b) {
  if (b->writing) return;
  b->writing = true;
  for (piece *p; (p = &b->pieces[b->written % PIECES])->state == DONE && b->written < b->filled;) {
    pthread_mutex_unlock(&b->lock);
    const bool taken = fwrite(p->out.bytes, 1, p->out.size, stdout) == p->out.size && fflush(stdout) == 0;
    if (b->all) cli_progress_show(&b->progress, p->end, b->all);
    free(p->lines);
    pthread_mutex_lock(&b->lock);
    p->lines = NULL;
    p->state = EMPTY;
    b->failed = b->failed || !taken;
    b->written++;
    pthread_cond_signal(&b->room);
  }
  b->writing = false;
}

static void *work(void *user) {
  batch *b = user;
  weigh_error err = {0};
  cli_worker *worker = cli_worker_new(b->o, b->threads, &err);
  pthread_mutex_lock(&b->lock);
  if (!worker) {
    b->error = err;
    b->failed = true;
    pthread_cond_broadcast(&b->room);
  }
  while (worker) {
    while (b->taken == b->filled && !b->ended && !b->failed) pthread_cond_wait(&b->work, &b->lock);
    if (b->taken == b->filled || b->failed) break;
    piece *p = &b->pieces[b->taken++ % PIECES];
    p->state = TAKEN;
    pthread_mutex_unlock(&b->lock);
    answer_piece(b, worker, p);
    write_done(b);
  }
  pthread_cond_broadcast(&b->room);
  pthread_mutex_unlock(&b->lock);
  cli_worker_free(worker);
  return NULL;
}

/* ---- questions ---- */

typedef struct input {
  int fd;
  char *bytes;
  size_t begin, size, room; /* not yet cut */
  size_t read, line;        /* bytes so far; the next line's number */
  bool ended, skips;        /* the rest of a line that was too long */
  bool starved;             /* memory was short */
} input;

/* False when the answers are not wanted any more. */
static bool put_piece(batch *b, char *lines, size_t count, size_t first, size_t end) {
  pthread_mutex_lock(&b->lock);
  while (b->filled - b->written == PIECES && !b->failed) pthread_cond_wait(&b->room, &b->lock);
  const bool wanted = !b->failed;
  if (wanted) {
    piece *p = &b->pieces[b->filled++ % PIECES];
    p->state = READY;
    p->lines = lines;
    p->count = count;
    p->first = first;
    p->end = end;
    pthread_cond_signal(&b->work);
  }
  pthread_mutex_unlock(&b->lock);
  if (!wanted) free(lines);
  return wanted;
}

/* A line without blanks around it goes to `to`; one that is no question leaves nothing. Returns how many bytes. */
static size_t put_line(char *to, const char *line, size_t size) {
  while (size && strchr(" \t\r", line[0])) line++, size--;
  while (size && strchr(" \t\r", line[size - 1])) size--;
  if (size > CLI_LINE_MOST) size = CLI_LINE_MOST;
  for (size_t i = 0; i < size; i++) to[i] = line[i] ? line[i] : '?'; /* a NUL is in no name and no JSON */
  to[size] = '\0';
  return size + 1;
}

/* Drops what is left of a line that was too long. */
static void skip(input *in) {
  const char *end = memchr(in->bytes + in->begin, '\n', in->size - in->begin);
  in->begin = end ? (size_t)(end - in->bytes) + 1 : in->size;
  in->skips = !end;
}

/* Cuts the next few whole lines. 0: there is none yet; -1: memory is short, or nobody wants them. */
static int cut(batch *b, input *in) {
  if (in->skips) skip(in);
  const size_t first = in->line;
  size_t count = 0, at = in->begin;
  while (count < PIECE_LINES && at < in->size) {
    const char *end = memchr(in->bytes + at, '\n', in->size - at);
    if (!end && !in->ended && in->size - at <= CLI_LINE_MOST) break;
    in->skips = !end && !in->ended;
    at = end ? (size_t)(end - in->bytes) + 1 : in->size;
    count++;
  }
  if (!count) return 0;
  char *lines = malloc(at - in->begin + count + 1);
  in->starved = !lines;
  if (!lines) return -1;
  size_t used = 0;
  for (size_t i = 0; i < count; i++) {
    const char *line = in->bytes + in->begin, *end = memchr(line, '\n', at - in->begin);
    const size_t size = end ? (size_t)(end - line) : at - in->begin;
    used += put_line(lines + used, line, size);
    in->begin += size + (end != NULL);
  }
  in->line += count;
  return put_piece(b, lines, count, first, in->read - (in->size - in->begin)) ? 1 : -1;
}

/* Appends what can be read now. False when memory is short or reading fails. */
static bool read_more(input *in) {
  if (in->begin) memmove(in->bytes, in->bytes + in->begin, in->size - in->begin);
  in->size -= in->begin;
  in->begin = 0;
  if (in->room - in->size < READ_SIZE) {
    const size_t room = in->room * 2 + READ_SIZE;
    char *grown = realloc(in->bytes, room);
    if (!grown) return false;
    in->bytes = grown;
    in->room = room;
  }
  ssize_t got;
  do got = read(in->fd, in->bytes + in->size, READ_SIZE);
  while (got < 0 && errno == EINTR);
  if (got > 0) in->size += (size_t)got, in->read += (size_t)got;
  in->ended = got == 0;
  return got >= 0;
}

/* The paths in a folder are questions that were read already. */
static bool read_folder(batch *b, input *in, const char *folder) {
  cli_text paths = {.size = 0};
  cli_folder_configs(folder, &paths);
  in->bytes = paths.bytes;
  in->size = in->read = b->all = paths.size;
  in->ended = true;
  return !paths.failed;
}

static weigh_status read_all(batch *b, input *in, const char *name, weigh_error *err) {
  int cuts;
  do {
    if (!in->ended && !read_more(in))
      return weigh_error_set(err, b->o->language, "FILE_READ", (const char *const[]){name, strerror(errno)}, 2);
    while ((cuts = cut(b, in)) > 0) {}
  } while (!in->ended && cuts == 0);
  return in->starved ? weigh_error_set(err, b->o->language, "OUT_OF_MEMORY", NULL, 0) : WEIGH_OK;
}

/* ---- the whole ---- */

static size_t thread_count(const face_question *o) {
  const long cores = o->jobs ? (long)o->jobs : sysconf(_SC_NPROCESSORS_ONLN);
  return cores < 1 ? 1 : cores > CLI_THREADS_MOST ? CLI_THREADS_MOST : (size_t)cores;
}

static weigh_status run(batch *b, input *in, const char *name, weigh_error *err) {
  pthread_t threads[CLI_THREADS_MOST];
  size_t count = 0;
  b->threads = thread_count(b->o);
  while (count < b->threads && pthread_create(&threads[count], NULL, work, b) == 0) count++;
  if (!count) return weigh_error_set(err, b->o->language, "OUT_OF_MEMORY", NULL, 0);
  weigh_status status = read_all(b, in, name, err);
  pthread_mutex_lock(&b->lock);
  b->ended = true;
  pthread_cond_broadcast(&b->work);
  pthread_mutex_unlock(&b->lock);
  for (size_t i = 0; i < count; i++) pthread_join(threads[i], NULL);
  if (status == WEIGH_OK && b->error.code[0]) {
    *err = b->error;
    status = b->error.status;
  }
  if (status == WEIGH_OK && b->failed) status = weigh_error_set(err, b->o->language, "WRITE_FAILED", NULL, 0);
  return status == WEIGH_OK && b->refused ? WEIGH_NO : status;
}

weigh_status cli_batch(face_question *o, weigh_error *err) {
  const char *name = o->word_count ? o->words[0] : "-";
  struct stat info;
  input in = {.fd = strcmp(name, "-") == 0 ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC), .line = 1};
  if (in.fd < 0) return weigh_error_set(err, o->language, "FILE_OPEN", (const char *const[]){name, strerror(errno)}, 2);
  batch *b = calloc(1, sizeof *b);
  if (!b) return weigh_error_set(err, o->language, "OUT_OF_MEMORY", NULL, 0);
  b->o = o;
  const bool known = fstat(in.fd, &info) == 0;
  if (known && S_ISREG(info.st_mode)) b->all = (size_t)info.st_size;
  if (known && S_ISDIR(info.st_mode) && !read_folder(b, &in, name))
    weigh_error_set(&b->error, o->language, "FILE_READ", (const char *const[]){name, strerror(errno)}, 2);
  pthread_mutex_init(&b->lock, NULL);
  pthread_cond_init(&b->work, NULL);
  pthread_cond_init(&b->room, NULL);
  cli_progress_begin(&b->progress);
  const weigh_status status = run(b, &in, name, err);
  cli_progress_end(&b->progress);
  for (size_t i = 0; i < PIECES; i++) {
    free(b->pieces[i].lines);
    free(b->pieces[i].out.bytes);
  }
  free(in.bytes);
  free(b);
  if (in.fd != STDIN_FILENO) close(in.fd);
  return status;
}
