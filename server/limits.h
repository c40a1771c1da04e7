/* Who may ask how much: requests a second of one client, and how long a connection may take for each step of a request. */
#ifndef WEIGH_SERVER_LIMITS_H
#define WEIGH_SERVER_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

/* ---- rates: a bucket for each client that fills at `rate` a second, and holds twice that ---- */

typedef struct srv_rates srv_rates;
srv_rates *srv_rates_new(uint64_t rate);
void srv_rates_free(srv_rates *rates);
/* `client`: an address as text; of IPv6 the first four groups count. False: it asks too much. */
bool srv_rates_take(srv_rates *rates, const char *client);

/* ---- connections: a thread of its own shuts those down that pass their time ---- */

typedef struct srv_watch srv_watch;
typedef struct srv_watched srv_watched;

#define SRV_HEAD_SECONDS  20 /* until a head is whole, from the connection's begin or the last answer */
#define SRV_BODY_SECONDS  60
#define SRV_REPLY_SECONDS 300

srv_watch *srv_watch_new(void);
void srv_watch_free(srv_watch *watch);
srv_watched *srv_watch_add(srv_watch *watch, int fd); /* NULL: no memory */
void srv_watch_remove(srv_watch *watch, srv_watched *connection);
/* From now on it has so many seconds; 0: any number. */
void srv_watch_give(srv_watch *watch, srv_watched *connection, unsigned seconds);

uint64_t srv_now_ms(void); /* of a clock that only goes on */
uint64_t srv_now_us(void);

#endif
