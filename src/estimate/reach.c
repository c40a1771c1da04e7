/* How far a question reaches: the longest context, the most sequences that fit.
 *
 * Memory only grows with either, and nearly in a straight line: two probes say where it ends, a few more around that place
 * show it. Whatever a guess is, the bracket it narrows is of probes.
 */
#include "estimate/serving.h"

typedef struct search {
  const wb_serving *serving;
  bool of_context;
  wb_i128 low, high;   /* the one fits, the other does not */
  wb_i128 at[2];       /* the last two probes whose bytes could be counted, */
  double room[2];      /* and what they left */
  unsigned seen, near; /* how many there were; steps that were made around a guess */
  bool up;             /* the last probe fitted */
} search;

static void probe(search *q, wb_i128 n) {
  const wb_serving *s = q->serving;
  const wb_i128 context = q->of_context ? n : s->longest, sequences = q->of_context ? s->in_all : n;
  wb_i128 room;
  const bool counted = wb_serving_room(s, context, sequences, &room), fits = counted && room >= 0;
  if (counted) {
    q->at[0] = q->at[1];
    q->room[0] = q->room[1];
    q->at[1] = n;
    q->room[1] = (double)room;
    q->seen++;
  }
  if (fits) q->low = n;
  else q->high = n;
  if (fits != q->up) q->near = 0;
  q->up = fits;
}

/* Where a line through the last two probes has no room left; 0: there is no such place. */
static wb_i128 end_of_line(const search *q) {
  const double fall = (q->room[0] - q->room[1]) / (double)(q->at[1] - q->at[0]);
  const double end = fall > 0 ? (double)q->at[1] + q->room[1] / fall : 0;
  return end > (double)q->low && end < (double)q->high ? (wb_i128)end : 0;
}

#define STEP_BITS 4 /* pages make stairs: 1, 16, 256 tokens away */
#define STEPS     3

static wb_i128 next_of(search *q) {
  const wb_i128 middle = q->low + (q->high - q->low) / 2;
  wb_i128 out = middle;
  if (q->seen < 2) {
    out = q->up ? 2 * q->low : middle;
  } else if (!q->near) {
    const wb_i128 end = end_of_line(q);
    if (end) out = end;
    q->near = end > 0;
  } else if (q->near <= STEPS) {
    const wb_i128 step = (wb_i128)1 << (STEP_BITS * (q->near++ - 1));
    if (step < middle - q->low) out = q->up ? q->low + step : q->high - step;
  } else {
    q->near = 0;
  }
  return out <= q->low ? q->low + 1 : out >= q->high ? q->high - 1 : out;
}

static wb_i128 largest(const wb_serving *s, bool of_context) {
  search q = {.serving = s, .of_context = of_context, .high = WB_SERVING_MOST + 1};
  wb_i128 n = of_context ? s->longest : s->in_all;
  if (n < 1 || n > WB_SERVING_MOST) n = WB_SERVING_MOST;
  for (probe(&q, n); q.high - q.low > 1; probe(&q, n)) n = next_of(&q);
  return q.low;
}

wb_i128 wb_serving_max_context(const wb_serving *s) { return largest(s, true); }
wb_i128 wb_serving_max_sequences(const wb_serving *s) { return largest(s, false); }
