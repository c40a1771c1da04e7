#include "server/jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/limits.h"

#define RING     ((size_t)256 << 10)
#define STALL_MS 10000u

struct srv_job {
  srv_jobs *jobs;
  struct MHD_Connection *connection;
  srv_job_fn work;
  void (*drop)(void *user);
  void *user;
  srv_job *next;
  pthread_mutex_t lock;
  pthread_cond_t room;
  bool suspended, streams, done, stopped, broken, unwanted;
  int owners; /* its thread, its connection */
  uint64_t began;
  char *ring;
  size_t from, used;
};

struct srv_jobs {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  pthread_t *threads;
  size_t thread_count, waiting;
  srv_job *first, **last;
  _Atomic bool ends;
  const srv_settings *settings;
  srv_models *models;
  srv_metrics *metrics;
};

/* ---- one job ---- */

static void disown(srv_job *job) {
  pthread_mutex_lock(&job->lock);
  const bool last = --job->owners == 0;
  pthread_mutex_unlock(&job->lock);
  if (!last) return;
  pthread_mutex_destroy(&job->lock);
  pthread_cond_destroy(&job->room);
  free(job->ring);
  free(job);
}

/* With the lock held. */
static void go_on(srv_job *job) {
  if (job->suspended) MHD_resume_connection(job->connection);
  job->suspended = false;
}

static void finish(srv_job *job, bool stopped) {
  void (*const drop)(void *) = job->drop;
  void *const user = job->user;
  pthread_mutex_lock(&job->lock);
  job->done = true;
  job->stopped = stopped;
  go_on(job);
  pthread_mutex_unlock(&job->lock);
  disown(job);
  drop(user);
}

bool srv_job_is_late(const srv_job *job) {
  return job->jobs->ends || srv_now_ms() - job->began > SRV_JOB_SECONDS * UINT64_C(1000);
}

/* With the lock held; false: the client took nothing for too long, or is gone. */
static bool wait_for_room(srv_job *job) {
  const uint64_t since = srv_now_ms();
  while (job->used == RING && !job->unwanted && !srv_job_is_late(job) && srv_now_ms() - since < STALL_MS) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    pthread_cond_timedwait(&job->room, &job->lock, &until);
  }
  return job->used < RING && !job->unwanted;
}

bool srv_job_write(srv_job *job, const char *bytes, size_t size) {
  pthread_mutex_lock(&job->lock);
  if (!job->ring) job->ring = malloc(RING);
  bool fine = job->ring && !job->unwanted && !srv_job_is_late(job);
  job->streams = true;
  while (fine && size) {
    fine = wait_for_room(job);
    if (!fine) break;
    const size_t to = (job->from + job->used) % RING, free_bytes = RING - job->used;
    size_t part = size < free_bytes ? size : free_bytes;
    if (part > RING - to) part = RING - to;
    memcpy(job->ring + to, bytes, part);
    job->used += part;
    bytes += part;
    size -= part;
    go_on(job);
  }
  pthread_mutex_unlock(&job->lock);
  return fine;
}

void srv_job_break(srv_job *job) {
  pthread_mutex_lock(&job->lock);
  job->broken = true;
  pthread_mutex_unlock(&job->lock);
}

static ssize_t read_ring(void *user, uint64_t at, char *to, size_t most) {
  srv_job *job = user;
  ssize_t out = 0;
  (void)at;
  pthread_mutex_lock(&job->lock);
  if (job->used) {
    size_t part = job->used < most ? job->used : most;
    if (part > RING - job->from) part = RING - job->from;
    memcpy(to, job->ring + job->from, part);
    job->from = (job->from + part) % RING;
    job->used -= part;
    out = (ssize_t)part;
    pthread_cond_signal(&job->room);
  } else if (job->done) {
    out = job->broken ? MHD_CONTENT_READER_END_WITH_ERROR : MHD_CONTENT_READER_END_OF_STREAM;
  } else {
    job->suspended = true;
    MHD_suspend_connection(job->connection);
  }
  pthread_mutex_unlock(&job->lock);
  return out;
}

bool srv_job_streams(srv_job *job) {
  pthread_mutex_lock(&job->lock);
  const bool streams = job->streams;
  pthread_mutex_unlock(&job->lock);
  return streams;
}

bool srv_job_was_stopped(srv_job *job) {
  pthread_mutex_lock(&job->lock);
  const bool stopped = job->stopped;
  pthread_mutex_unlock(&job->lock);
  return stopped;
}

struct MHD_Response *srv_job_response(srv_job *job) {
  return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 32768, read_ring, job, NULL);
}

void srv_job_release(srv_job *job) {
  pthread_mutex_lock(&job->lock);
  job->unwanted = true;
  pthread_cond_signal(&job->room);
  pthread_mutex_unlock(&job->lock);
  disown(job);
}

/* ---- all of them ---- */

static srv_job *take(srv_jobs *jobs) {
  pthread_mutex_lock(&jobs->lock);
  while (!jobs->first && !jobs->ends) pthread_cond_wait(&jobs->wake, &jobs->lock);
  srv_job *job = jobs->first;
  if (job) {
    jobs->first = job->next;
    if (!jobs->first) jobs->last = &jobs->first;
    jobs->waiting--;
    jobs->metrics->jobs_waiting--;
  }
  pthread_mutex_unlock(&jobs->lock);
  return job;
}

static void *work_on(void *user) {
  srv_jobs *jobs = user;
  srv_worker *worker = srv_worker_new(jobs->settings, jobs->models, &jobs->metrics->answers);
  for (srv_job *job; (job = take(jobs)) != NULL;) {
    const bool stopped = jobs->ends || !worker;
    jobs->metrics->jobs_running++;
    job->began = srv_now_ms();
    if (!stopped) job->work(job->user, worker, job);
    jobs->metrics->jobs_running--;
    jobs->metrics->jobs_done++;
    finish(job, stopped);
  }
  srv_worker_free(worker);
  return NULL;
}

srv_jobs *srv_jobs_new(size_t threads, const srv_settings *settings, srv_models *models, srv_metrics *metrics) {
  srv_jobs *jobs = calloc(1, sizeof *jobs);
  if (!jobs) return NULL;
  pthread_mutex_init(&jobs->lock, NULL);
  pthread_cond_init(&jobs->wake, NULL);
  jobs->last = &jobs->first;
  jobs->settings = settings;
  jobs->models = models;
  jobs->metrics = metrics;
  jobs->threads = calloc(threads, sizeof *jobs->threads);
  while (jobs->threads && jobs->thread_count < threads &&
         pthread_create(&jobs->threads[jobs->thread_count], NULL, work_on, jobs) == 0)
    jobs->thread_count++;
  return jobs;
}

void srv_jobs_stop(srv_jobs *jobs) {
  pthread_mutex_lock(&jobs->lock);
  jobs->ends = true;
  pthread_cond_broadcast(&jobs->wake);
  pthread_mutex_unlock(&jobs->lock);
  for (size_t i = 0; i < jobs->thread_count; i++) pthread_join(jobs->threads[i], NULL);
  jobs->thread_count = 0;
}

void srv_jobs_free(srv_jobs *jobs) {
  if (!jobs) return;
  srv_jobs_stop(jobs);
  free(jobs->threads);
  free(jobs);
}

srv_job *srv_jobs_add(srv_jobs *jobs, struct MHD_Connection *connection, srv_job_fn work, void (*drop)(void *user),
                      void *user) {
  srv_job *job = calloc(1, sizeof *job);
  if (!job) return NULL;
  *job = (srv_job){
      .jobs = jobs, .connection = connection, .work = work, .drop = drop, .user = user, .suspended = true, .owners = 2};
  pthread_mutex_init(&job->lock, NULL);
  pthread_cond_init(&job->room, NULL);
  pthread_mutex_lock(&jobs->lock);
  const bool fine = !jobs->ends && jobs->thread_count && jobs->waiting < SRV_JOBS_WAITING;
  if (fine) {
    MHD_suspend_connection(connection);
    jobs->waiting++;
    jobs->metrics->jobs_waiting++;
    *jobs->last = job;
    jobs->last = &job->next;
    pthread_cond_signal(&jobs->wake);
  }
  pthread_mutex_unlock(&jobs->lock);
  if (fine) return job;
  job->owners = 1;
  disown(job);
  return NULL;
}
