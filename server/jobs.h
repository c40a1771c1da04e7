/* Long questions: answered by threads of their own, so that those who read requests never wait for one. */
#ifndef WEIGH_SERVER_JOBS_H
#define WEIGH_SERVER_JOBS_H

#include <microhttpd.h>

#include "server/metrics.h"
#include "server/worker.h"

typedef struct srv_jobs srv_jobs;
typedef struct srv_job srv_job;

#define SRV_JOBS_WAITING 256
#define SRV_JOB_SECONDS  60 /* a job that writes longer is given up */

/* Works out a job's reply, or its stream: returns when all is written. */
typedef void (*srv_job_fn)(void *user, srv_worker *worker, srv_job *job);

srv_jobs *srv_jobs_new(size_t threads, const srv_settings *settings, srv_models *models, srv_metrics *metrics);
/* What waits is refused, what runs is ended at its next line; connections go on. */
void srv_jobs_stop(srv_jobs *jobs);
void srv_jobs_free(srv_jobs *jobs);

/* Queues a job and suspends the connection until it has something to say; `drop` is called when the job has ended, be the
 * connection there or not. NULL: too many wait; `drop` is not called. */
srv_job *srv_jobs_add(srv_jobs *jobs, struct MHD_Connection *connection, srv_job_fn work, void (*drop)(void *user),
                      void *user);

/* For the job itself: writes a piece of a stream, waiting while the client is slow; false: nobody wants it any more. */
bool srv_job_write(srv_job *job, const char *bytes, size_t size);
bool srv_job_is_late(const srv_job *job);

/* For the connection, once it goes on: whether there is a stream to send; else the work is done. */
bool srv_job_streams(srv_job *job);
bool srv_job_was_stopped(srv_job *job); /* before it ran */
struct MHD_Response *srv_job_response(srv_job *job);
/* The stream's job failed: the client must not take it for whole. */
void srv_job_break(srv_job *job);
void srv_job_release(srv_job *job); /* by the connection, when the request ends */

#endif
