/* Statuses of every call. One table (data/messages) maps each error to its status; this maps a status to the
 * command line's exit code. */
#ifndef WEIGH_STATUS_H
#define WEIGH_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum weigh_status {
  WEIGH_OK = 0,         /* answered */
  WEIGH_USAGE = 1,      /* the question itself is wrong: unknown option, quantity, format */
  WEIGH_REFUSED = 2,    /* the input is wrong: a broken config, a contradictory field, a faulty description */
  WEIGH_NO = 3,         /* answered, and the answer is "no" (check, diff) */
  WEIGH_ENVIRONMENT = 4 /* a file cannot be opened, memory is short */
} weigh_status;

#ifdef __cplusplus
}
#endif
#endif
