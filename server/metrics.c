#include "server/metrics.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const uint64_t EDGES[SRV_BUCKETS] = {50,   100,   250,   500,    1000,    2500,
                                            5000, 10000, 50000, 250000, 1000000, 10000000}; /* microseconds */

void srv_metrics_count(srv_metrics *m, size_t route, unsigned http, uint64_t microseconds, uint64_t bytes) {
  size_t bucket = 0;
  while (bucket < SRV_BUCKETS && microseconds > EDGES[bucket]) bucket++;
  m->requests[route % SRV_ROUTES_MAX][http / 100 % SRV_STATUSES]++;
  m->buckets[bucket]++;
  m->microseconds += microseconds;
  m->bytes += bytes;
}

static void head(srv_bytes *out, const char *name, const char *type, const char *about) {
  srv_bytes_addf(out, "# HELP weigh_%s %s\n# TYPE weigh_%s %s\n", name, about, name, type);
}

static void one(srv_bytes *out, const char *name, const char *type, const char *about, long long value) {
  head(out, name, type, about);
  srv_bytes_addf(out, "weigh_%s %lld\n", name, value);
}

static void write_times(srv_metrics *m, srv_bytes *out) {
  uint64_t sum = 0;
  head(out, "request_seconds", "histogram", "Time from a request's head to the end of its answer.");
  for (size_t i = 0; i < SRV_BUCKETS; i++) {
    sum += m->buckets[i];
    srv_bytes_addf(out, "weigh_request_seconds_bucket{le=\"%g\"} %llu\n", (double)EDGES[i] / 1e6,
                   (unsigned long long)sum);
  }
  sum += m->buckets[SRV_BUCKETS];
  srv_bytes_addf(out, "weigh_request_seconds_bucket{le=\"+Inf\"} %llu\n", (unsigned long long)sum);
  srv_bytes_addf(out, "weigh_request_seconds_sum %.6f\nweigh_request_seconds_count %llu\n",
                 (double)m->microseconds / 1e6, (unsigned long long)sum);
}

/* Resident pages, the second number of /proc/self/statm. */
static long long resident_bytes(void) {
  long long pages = 0;
  FILE *in = fopen("/proc/self/statm", "r");
  if (!in) return 0;
  if (fscanf(in, "%*d %lld", &pages) != 1) pages = 0;
  fclose(in);
  return pages * sysconf(_SC_PAGESIZE);
}

void srv_metrics_write(srv_metrics *m, const char *(*route_name)(size_t index), srv_bytes *out) {
  head(out, "build_info", "gauge", "Version and descriptions.");
  srv_bytes_addf(out, "weigh_build_info{version=\"%s\",data=\"%.12s\"} 1\n", weigh_version(), weigh_data_digest());
  head(out, "requests_total", "counter", "Requests by route and class of status.");
  const char *name;
  for (size_t i = 0; i < SRV_ROUTES_MAX && (name = route_name(i)) != NULL; i++)
    for (int k = 1; k < SRV_STATUSES; k++)
      if (m->requests[i][k])
        srv_bytes_addf(out, "weigh_requests_total{route=\"%s\",status=\"%dxx\"} %llu\n", name, k,
                       (unsigned long long)m->requests[i][k]);
  write_times(m, out);
  one(out, "reply_bytes_total", "counter", "Bytes of answers.", (long long)m->bytes);
  one(out, "requests_in_flight", "gauge", "Requests being read or answered.", m->in_flight);
  one(out, "connections", "gauge", "Open connections.", m->connections);
  one(out, "requests_limited_total", "counter", "Requests refused for their rate.", (long long)m->limited);
  one(out, "jobs_waiting", "gauge", "Long questions that wait.", m->jobs_waiting);
  one(out, "jobs_running", "gauge", "Long questions being answered.", m->jobs_running);
  one(out, "jobs_total", "counter", "Long questions answered.", (long long)m->jobs_done);
  one(out, "models_opened_total", "counter", "Models opened.", (long long)m->answers.models_opened);
  one(out, "models_reused_total", "counter", "Models found open.", (long long)m->answers.models_found);
  one(out, "answers_reused_total", "counter", "Answers given before.", (long long)m->answers.answers_found);
  one(out, "answers_made_total", "counter", "Answers worked out.", (long long)m->answers.answers_made);
  head(out, "start_time_seconds", "gauge", "When the server started.");
  srv_bytes_addf(out, "weigh_start_time_seconds %lld\n", (long long)m->started);
  one(out, "resident_bytes", "gauge", "Resident memory.", resident_bytes());
}
