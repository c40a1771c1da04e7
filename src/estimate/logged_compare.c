/* What was predicted against what was logged. */
#include <string.h>

#include "estimate/logged.h"

static bool add(wb_num *a, wb_num b) { return wb_num_add(*a, b, a); }

/* Keys and values printed in one line are one figure. */
static bool keys_and_values(const wb_log *log, size_t i, wb_num *value, wb_num *half) {
  if (i + 1 >= log->fact_count) return false;
  const wb_log_fact *k = &log->facts[i], *v = &log->facts[i + 1];
  *value = k->value;
  *half = k->half;
  return wb_str_is(k->quantity, "k_cache") && wb_str_is(v->quantity, "v_cache") && k->line == v->line &&
         add(value, v->value) && add(half, v->half);
}

/* The finest print wins, then the largest figure: engines say the same thing more than once, ranks differ a little. */
static bool better(wb_num value, wb_num half, const wb_compared *than) {
  int finer = 0, larger = 0;
  if (!than->fact) return true;
  wb_num_cmp(half, than->half, &finer);
  wb_num_cmp(value, than->logged, &larger);
  return finer < 0 || (finer == 0 && larger > 0);
}

static bool is_meant(const wb_compared *c, const wb_log_fact *fact) {
  const bool host = wb_log_on_host(fact->device);
  switch (c->predicted.fold) {
    case WB_LOG_OF_HOST: return host;
    case WB_LOG_OF_DEVICES:
    case WB_LOG_TOP_DEVICE: return !host;
    case WB_LOG_MOST:
    case WB_LOG_SUM: break;
  }
  return true;
}

static void fold(wb_compared *c, const wb_log_fact *fact, wb_num value, wb_num half) {
  const wb_log_fold how = c->predicted.fold;
  if (!is_meant(c, fact)) return;
  if (value.num < 0 && c->predicted.low.num > 0)
    return; /* vLLM: what graphs changed in free memory, not what they take */
  if (c->fact && (how == WB_LOG_SUM || how == WB_LOG_OF_DEVICES || how == WB_LOG_OF_HOST)) {
    if (add(&c->logged, value)) add(&c->half, half);
  } else if (better(value, half, c)) {
    c->logged = value;
    c->half = half;
    c->fact = fact;
  }
}

static void collect(const wb_log *log, wb_compared *c) {
  const bool cache = strcmp(c->predicted.quantity, "kv_cache") == 0;
  wb_num value, half;
  for (size_t i = 0; i < log->fact_count; i++)
    if (wb_str_is(log->facts[i].quantity, c->predicted.quantity))
      fold(c, &log->facts[i], log->facts[i].value, log->facts[i].half);
  for (size_t i = 0; cache && !wb_log_fact_of(log, "kv_cache") && i < log->fact_count; i++)
    if (keys_and_values(log, i, &value, &half)) fold(c, &log->facts[i], value, half);
}

static void judge(wb_compared *c) {
  wb_num least = c->logged, most = c->logged;
  int below = 0, above = 0;
  const double logged = wb_num_double(c->logged);
  const bool fits = wb_num_sub(c->logged, c->half, &least) && wb_num_add(c->logged, c->half, &most) &&
                    wb_num_cmp(most, c->predicted.low, &below) && wb_num_cmp(least, c->predicted.high, &above);
  c->inside = fits && below >= 0 && above <= 0;
  if (logged > 0 || logged < 0) c->difference = 100 * (wb_num_double(c->predicted.best) - logged) / logged;
}

wb_log_check wb_log_compare(wb_model *model, const wb_log *log, const weigh_serving *asked) {
  wb_log_check check = {.yes = true, .prediction = wb_log_predict(model, log, asked)};
  for (size_t i = 0; i < check.prediction.count; i++) {
    wb_compared compared = {.predicted = check.prediction.items[i]};
    collect(log, &compared);
    if (!compared.fact) continue;
    judge(&compared);
    check.yes = check.yes && compared.inside;
    check.items[check.count++] = compared;
  }
  return check;
}
