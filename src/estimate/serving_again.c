/* Questions that differ in context and sequences alone have the same forms: those of a few stay with the model. */
#include <stddef.h>
#include <string.h>

#include "estimate/serving.h"

#define KEPT_MOST 8 /* of one model; what comes later is built each time */

typedef struct kept_serving {
  weigh_serving asked; /* its texts are its own; context and sequences are nobody's */
  const wb_serving *built;
  const struct kept_serving *next;
} kept_serving;

static const size_t TEXTS[] = {offsetof(weigh_serving, mix),         offsetof(weigh_serving, dtype),
                               offsetof(weigh_serving, quant),       offsetof(weigh_serving, kv_dtype),
                               offsetof(weigh_serving, state_dtype), offsetof(weigh_serving, gpu),
                               offsetof(weigh_serving, mig),         offsetof(weigh_serving, engine)};
#define TEXT_COUNT (sizeof TEXTS / sizeof *TEXTS)

static const char **text_of(weigh_serving *asked, size_t i) {
  return (const char **)(void *)((char *)asked + TEXTS[i]);
}

static bool same_text(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

/* Takes the texts out, so that the rest can be compared as it lies. */
static void take_texts(weigh_serving *asked, const char *texts[TEXT_COUNT]) {
  for (size_t i = 0; i < TEXT_COUNT; i++) {
    texts[i] = *text_of(asked, i);
    *text_of(asked, i) = NULL;
  }
}

/* What lies between members may differ: then they are taken for different questions. */
static bool same_question(const weigh_serving *kept, const weigh_serving *asked) {
  weigh_serving a, b;
  const char *mine[TEXT_COUNT], *theirs[TEXT_COUNT];
  memcpy(&a, kept, sizeof a);
  memcpy(&b, asked, sizeof b);
  const char *const *const options = b.engine_options;
  a.engine_options = b.engine_options = NULL;
  a.context = b.context = a.sequences = b.sequences = 0;
  take_texts(&a, mine);
  take_texts(&b, theirs);
  if (memcmp(&a, &b, sizeof a) != 0) return false;
  for (size_t i = 0; i < TEXT_COUNT; i++)
    if (!same_text(mine[i], theirs[i])) return false;
  for (size_t i = 0; i < b.engine_option_count; i++)
    if (!same_text(kept->engine_options[i], options[i])) return false;
  return true;
}

static weigh_serving own_texts(wb_ctx *ctx, const weigh_serving *asked) {
  weigh_serving out;
  memcpy(&out, asked, sizeof out);
  for (size_t i = 0; i < TEXT_COUNT; i++) {
    const char **text = text_of(&out, i);
    if (*text) *text = wb_str_cstr(ctx, wb_str_of(*text));
  }
  const char **options = WB_NEWN(ctx, const char *, out.engine_option_count);
  for (size_t i = 0; i < out.engine_option_count; i++)
    options[i] = wb_str_cstr(ctx, wb_str_of(asked->engine_options[i]));
  out.engine_options = options;
  return out;
}

/* Built of nothing but what is compared: no length is read as a number, nothing was warned of. */
static bool stays(const wb_serving *s, size_t warned) {
  static const char *const LENGTHS[] = {"longest_context", "all_sequences"};
  wb_model *m = s->model;
  if (s->asked.mix || s->llama || s->draft || m->warning_count != warned) return false;
  for (size_t i = 0; i < sizeof LENGTHS / sizeof *LENGTHS; i++)
    if (wb_engine_reads(m->lib, &m->ctx, s->engine, LENGTHS[i])) return false;
  return true;
}

static wb_serving *first_time(wb_model *m, const weigh_serving *asked) {
  const size_t warned = m->warning_count;
  kept_serving *kept = WB_NEW(&m->ctx, kept_serving);
  kept->asked = own_texts(&m->ctx, asked);
  wb_serving *s = wb_serving_new(m, &kept->asked);
  if (!stays(s, warned)) return s;
  kept->built = s;
  kept->next = m->servings;
  m->servings = kept;
  return s;
}

wb_serving *wb_serving_again(wb_model *m, const weigh_serving *asked) {
  size_t count = 0;
  for (const kept_serving *kept = m->servings; kept; kept = kept->next, count++) {
    if (m->draft || !same_question(&kept->asked, asked)) continue;
    wb_serving *s = WB_NEW(&m->ctx, wb_serving);
    *s = *kept->built;
    wb_serving_lengths(s, asked);
    wb_serving_check(s);
    return s;
  }
  return m->draft || count == KEPT_MOST ? wb_serving_new(m, asked) : first_time(m, asked);
}
