#include "estimate/whatif.h"

#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"

/* ---- formats ---- */

static void reach(const wb_serving *s, wb_choice *out, int cache) {
  if (s->places[wb_serving_worst(s)].card.usable_bytes <= 0) return;
  out->max_context[cache] = wb_serving_max_context(s);
  out->max_sequences[cache] = wb_serving_max_sequences(s);
}

typedef struct wanted {
  wb_model *model;
  const weigh_serving *asked;
} wanted;

static void ask_weights(void *user) {
  const wanted *w = user;
  wb_serving_asked(w->model, w->asked);
}

/* Weighs what is asked for where a trial's end does not take it away again, so that a format is weighed once a model. */
static void keep_weights(wb_model *m, const weigh_serving *asked) {
  wanted w = {m, asked};
  const void *const known = m->loaded;
  wb_trial t = wb_trial_begin(m);
  wb_try(&m->ctx, ask_weights, &w, NULL);
  const bool is_new = m->loaded != known;
  wb_trial_end(&t);
  if (is_new) wb_try(&m->ctx, ask_weights, &w, NULL);
}

static bool weigh_choice(wb_model *m, weigh_serving *asked, const wb_str caches[WB_CHOICE_CACHES], wb_choice *out) {
  keep_weights(m, asked);
  for (int cache = 0; cache < WB_CHOICE_CACHES && caches[cache].len; cache++) {
    asked->kv_dtype = wb_str_cstr(&m->ctx, caches[cache]); /* outlives the trial, as what asks does */
    wb_trial t = wb_trial_begin(m);
    const wb_serving *s = wb_serving_try(m, asked);
    wb_load load = {.budget = 0};
    const bool good = s && wb_serving_now(s, wb_serving_worst(s), &load);
    if (good && !cache) {
      out->bits = wb_loaded_bits(&s->loaded);
      out->weights = load.parts[WB_PART_WEIGHTS].best;
      out->device = load.all.best;
      out->fits = wb_serving_fits_now(s);
    }
    if (good) reach(s, out, cache);
    wb_trial_end(&t);
    if (!good) return false;
  }
  return true;
}

/* Names of the weights' own table, and file types: few beside it, more where the engine reads nothing else. */
static bool listed(bool only_files, size_t i, wb_str *out) {
  static const char *const files[] = {"Q8_0", "Q4_K_M", "Q6_K", "Q5_K_M", "IQ4_XS", "Q3_K_M", "Q2_K"};
  const size_t count = only_files ? sizeof files / sizeof *files : 2;
  wb_weights_choice choice;
  size_t n = 0;
  while (!only_files && wb_weights_listed(n, &choice)) n++;
  if (i < n && wb_weights_listed(i, &choice)) *out = choice.name;
  else if (i - n < count) *out = wb_str_of(files[i - n]);
  else return false;
  return true;
}

wb_choices wb_whatif_choices(const wb_serving *asked) {
  wb_model *m = asked->model;
  wb_choices out = {.items = WB_NEWN(&m->ctx, wb_choice, 32)};
  const wb_str eight = asked->loaded.gguf ? WB_STR("q8_0") : WB_STR("fp8");
  wb_cache_type type;
  out.caches[0] = asked->rules.type.name;
  const bool second = wb_cache_type_find(eight, &type) && type.block_bytes * asked->rules.type.block_elements <
                                                              asked->rules.type.block_bytes * type.block_elements;
  out.caches[1] = second ? eight : WB_STR("");
  weigh_serving question = asked->asked;
  wb_choice own = {.quant = wb_loaded_name(&asked->loaded), .is_asked = true};
  if (weigh_choice(m, &question, out.caches, &own)) out.items[out.count++] = own;
  wb_str name;
  for (size_t i = 0; listed(asked->llama, i, &name) && out.count < 32; i++) {
    wb_choice choice = {.quant = name};
    question.quant = wb_str_cstr(&m->ctx, name);
    question.dtype = NULL;
    if (!weigh_choice(m, &question, out.caches, &choice)) continue;
    if (choice.weights != own.weights) out.items[out.count++] = choice;
  }
  return out;
}

const wb_choice *wb_whatif_best(const wb_serving *asked, const wb_choices *choices, int *cache) {
  const wb_choice *best = NULL;
  for (*cache = 0; *cache < WB_CHOICE_CACHES && choices->caches[*cache].len; ++*cache) {
    for (size_t i = 0; i < choices->count; i++) {
      const wb_choice *c = &choices->items[i];
      if (c->max_context[*cache] >= asked->longest && (!best || c->bits > best->bits)) best = c;
    }
    if (best) return best;
  }
  return NULL;
}

/* ---- knobs ---- */

static weigh_count turned(wb_str value, weigh_count now) {
  return wb_str_is(value, "/2") ? now / 2 : wb_str_is(value, "x2") ? now * 2 : now;
}

/* The question with a knob turned; false when there is nothing to turn. `text`: how a user would. */
static bool turn(wb_ctx *ctx, wb_str option, wb_str value, weigh_serving *q, wb_str *text) {
  const struct {
    const char *option;
    weigh_count *count;
    const char **word;
  } knobs[] = {{"--context", &q->context, NULL},
               {"--sequences", &q->sequences, NULL},
               {"--gpus", &q->gpus, NULL},
               {"--quant", NULL, &q->quant},
               {"--kv-dtype", NULL, &q->kv_dtype}};
  for (size_t i = 0; i < sizeof knobs / sizeof *knobs; i++) {
    if (!wb_str_is(option, knobs[i].option)) continue;
    if (knobs[i].word) *knobs[i].word = wb_str_cstr(ctx, value);
    else if (turned(value, *knobs[i].count) < 1 || q->mix) return false;
    else *knobs[i].count = turned(value, *knobs[i].count);
    *text = knobs[i].word ? wb_str_fmt(ctx, "%.*s %.*s", WB_STR_ARG(option), WB_STR_ARG(value))
                          : wb_str_fmt(ctx, "%.*s %lld", WB_STR_ARG(option), (long long)*knobs[i].count);
    if (knobs[i].count == &q->gpus) q->tp = 0;
    if (knobs[i].count == &q->context) q->prompt = q->output = 0;
    return true;
  }
  const char **options = WB_NEWN(ctx, const char *, q->engine_option_count + 1);
  for (size_t i = 0; i < q->engine_option_count; i++) options[i] = q->engine_options[i];
  *text = wb_str_fmt(ctx, "%.*s=%.*s", WB_STR_ARG(option), WB_STR_ARG(value));
  options[q->engine_option_count++] = wb_str_cstr(ctx, *text);
  q->engine_options = options;
  return true;
}

/* Bytes that are left on the fullest device; without a card, what stands there as a debt. */
static wb_i128 room_of(const wb_serving *s) {
  wb_load load = {.budget = 0};
  if (!wb_serving_now(s, wb_serving_worst(s), &load)) return 0;
  return load.budget - load.all.best;
}

static bool of_engine(const wb_serving *s, wb_str engine) {
  if (engine.len && engine.ptr[0] == '!') return !of_engine(s, wb_str_slice(engine, 1, engine.len));
  return wb_str_is(engine, "*") || wb_str_eq(engine, s->engine->name->name) ||
         wb_str_eq(engine, wb_engine_text(s->model, &s->places[0].engine, "allocation"));
}

/* An option of the engine that was given already stays. */
static bool is_given(const wb_serving *s, wb_str option) {
  for (size_t i = 0; i < s->option_count; i++)
    if (wb_str_eq(s->options[i].name, option)) return true;
  return false;
}

/* What the weights, or the cache, are held in already is no change. */
static bool is_held(const wb_serving *s, wb_str option, wb_str value) {
  if (wb_str_is(option, "--quant")) return wb_str_eq(wb_loaded_name(&s->loaded), value);
  return wb_str_is(option, "--kv-dtype") && wb_str_eq(s->rules.type.name, value);
}

static int most_first(const void *a, const void *b) {
  const wb_change *x = a, *y = b;
  return x->saved == y->saved ? wb_str_cmp(x->text, y->text) : x->saved > y->saved ? -1 : 1;
}

static int cheapest_first(const void *a, const void *b) {
  const wb_change *x = a, *y = b;
  if (x->fits != y->fits) return x->fits ? -1 : 1;
  return x->fits && x->cost != y->cost ? (x->cost < y->cost ? -1 : 1) : most_first(a, b);
}

wb_change *wb_whatif_changes(const wb_serving *asked, size_t *count) {
  wb_model *m = asked->model;
  wb_change *out = WB_NEWN(&m->ctx, wb_change, 64);
  const wb_i128 before = room_of(asked);
  wb_str c[4];
  *count = 0;
  for (size_t at = 0; *count < 64 && wb_tsv_next(wb_data_text("engines/knobs.tsv"), &at, c, 4);) {
    weigh_serving question = asked->asked;
    wb_change change = {.saved = 0};
    wb_num cost = wb_num_int(0);
    if (!of_engine(asked, c[0]) || is_given(asked, c[1]) || is_held(asked, c[1], c[2])) continue;
    if (!turn(&m->ctx, c[1], c[2], &question, &change.text)) continue;
    wb_num_parse(c[3], &cost);
    change.cost = cost.num;
    wb_trial t = wb_trial_begin(m);
    const wb_serving *s = wb_serving_try(m, &question);
    change.saved = s ? room_of(s) - before : 0;
    change.fits = s && wb_serving_fits_now(s);
    wb_trial_end(&t);
    if (change.saved > 0) out[(*count)++] = change;
  }
  const bool is_short = asked->places[wb_serving_worst(asked)].card.usable_bytes > 0 && !wb_serving_fits_now(asked);
  if (*count) qsort(out, *count, sizeof *out, is_short ? cheapest_first : most_first);
  return out;
}
