/* What has been asked and how long it took, as Prometheus reads it. Any thread may count. */
#ifndef WEIGH_SERVER_METRICS_H
#define WEIGH_SERVER_METRICS_H

#include "server/reply.h"
#include "server/worker.h"

#define SRV_ROUTES_MAX 64
#define SRV_BUCKETS    12
#define SRV_STATUSES   6 /* 1xx … 5xx */

typedef struct srv_metrics {
  _Atomic uint64_t requests[SRV_ROUTES_MAX][SRV_STATUSES];
  _Atomic uint64_t buckets[SRV_BUCKETS + 1], microseconds, bytes;
  _Atomic int64_t in_flight, connections, jobs_waiting, jobs_running;
  _Atomic uint64_t jobs_done, limited;
  srv_worker_counts answers;
  int64_t started; /* seconds since 1970 */
} srv_metrics;

void srv_metrics_count(srv_metrics *metrics, size_t route, unsigned http, uint64_t microseconds, uint64_t bytes);

/* `route_name`: of each route counted; NULL at the end. */
void srv_metrics_write(srv_metrics *metrics, const char *(*route_name)(size_t index), srv_bytes *out);

#endif
