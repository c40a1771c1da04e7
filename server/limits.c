#include "server/limits.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

uint64_t srv_now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t srv_now_ms(void) { return srv_now_us() / 1000; }

/* ---- rates ---- */

#define CLIENTS 4096 /* buckets; a client that comes to a taken one shares it until that is full */

typedef struct bucket {
  uint64_t client; /* a hash */
  double left;
  uint64_t at;
} bucket;

struct srv_rates {
  pthread_mutex_t lock;
  double rate;
  bucket buckets[CLIENTS];
};

srv_rates *srv_rates_new(uint64_t rate) {
  srv_rates *r = calloc(1, sizeof *r);
  if (!r) return NULL;
  pthread_mutex_init(&r->lock, NULL);
  r->rate = (double)rate;
  return r;
}

void srv_rates_free(srv_rates *r) {
  if (!r) return;
  pthread_mutex_destroy(&r->lock);
  free(r);
}

/* Whoever has one IPv6 address has a network of 64 bits. */
static uint64_t hash_of(const char *client) {
  uint64_t hash = 14695981039346656037u;
  int groups = 0;
  for (; *client && groups < 4; client++) {
    groups += *client == ':';
    hash = (hash ^ (unsigned char)*client) * 1099511628211u;
  }
  return hash ? hash : 1;
}

bool srv_rates_take(srv_rates *r, const char *client) {
  if (r->rate <= 0) return true;
  const uint64_t hash = hash_of(client), now = srv_now_ms();
  const double most = r->rate * 2;
  bucket *b = &r->buckets[hash % CLIENTS];
  pthread_mutex_lock(&r->lock);
  if (!b->client) *b = (bucket){hash, most, now};
  b->left += (double)(now - b->at) / 1000 * r->rate;
  b->at = now;
  if (b->left >= most) {
    b->left = most;
    b->client = hash;
  }
  const bool fine = b->left >= 1;
  if (fine) b->left -= 1;
  pthread_mutex_unlock(&r->lock);
  return fine;
}

/* ---- connections ---- */

struct srv_watched {
  srv_watched *next, *prev;
  uint64_t until; /* 0: any time */
  int fd;
};

struct srv_watch {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  pthread_t thread;
  srv_watched all; /* a ring */
  bool ends;
};

/* Shutting a socket down is all: the server's own thread sees its end and closes it. */
static void shut_late_ones(srv_watch *w) {
  const uint64_t now = srv_now_ms();
  for (srv_watched *c = w->all.next; c != &w->all; c = c->next) {
    if (!c->until || c->until > now) continue;
    shutdown(c->fd, SHUT_RDWR);
    c->until = 0;
  }
}

static void *watch_all(void *user) {
  srv_watch *w = user;
  pthread_mutex_lock(&w->lock);
  while (!w->ends) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 1;
    pthread_cond_timedwait(&w->wake, &w->lock, &until);
    shut_late_ones(w);
  }
  pthread_mutex_unlock(&w->lock);
  return NULL;
}

srv_watch *srv_watch_new(void) {
  srv_watch *w = calloc(1, sizeof *w);
  if (!w) return NULL;
  w->all.next = w->all.prev = &w->all;
  pthread_mutex_init(&w->lock, NULL);
  pthread_cond_init(&w->wake, NULL);
  if (pthread_create(&w->thread, NULL, watch_all, w) == 0) return w;
  free(w);
  return NULL;
}

void srv_watch_free(srv_watch *w) {
  if (!w) return;
  pthread_mutex_lock(&w->lock);
  w->ends = true;
  pthread_cond_signal(&w->wake);
  pthread_mutex_unlock(&w->lock);
  pthread_join(w->thread, NULL);
  while (w->all.next != &w->all) srv_watch_remove(w, w->all.next);
  free(w);
}

srv_watched *srv_watch_add(srv_watch *w, int fd) {
  srv_watched *c = calloc(1, sizeof *c);
  if (!c) return NULL;
  c->fd = fd;
  c->until = srv_now_ms() + SRV_HEAD_SECONDS * UINT64_C(1000);
  pthread_mutex_lock(&w->lock);
  c->prev = &w->all;
  c->next = w->all.next;
  c->next->prev = w->all.next = c;
  pthread_mutex_unlock(&w->lock);
  return c;
}

void srv_watch_remove(srv_watch *w, srv_watched *c) {
  if (!c) return;
  pthread_mutex_lock(&w->lock);
  c->next->prev = c->prev;
  c->prev->next = c->next;
  pthread_mutex_unlock(&w->lock);
  free(c);
}

void srv_watch_give(srv_watch *w, srv_watched *c, unsigned seconds) {
  if (!c) return;
  const uint64_t until = seconds ? srv_now_ms() + seconds * UINT64_C(1000) : 0;
  pthread_mutex_lock(&w->lock);
  c->until = until;
  pthread_mutex_unlock(&w->lock);
}
