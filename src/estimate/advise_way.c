/* A way of using the model: changed, weighed, put on cards, written as a command. */
#include <string.h>

#include "estimate/advise.h"
#include "estimate/exact.h"
#include "estimate/side_by_side.h"
#include "expr/eval.h"

wb_i128 wb_with_reserve(wb_ctx *ctx, wb_i128 bytes, int percent) {
  return (wb_times(ctx, bytes, 100 + percent) + 99) / 100;
}

/* ---- changes ---- */

static bool change_serving(weigh_serving *s, wb_str key, const char *value) {
  if (wb_str_is(key, "quant")) s->quant = value, s->dtype = NULL;
  else if (wb_str_is(key, "dtype")) s->dtype = value, s->quant = NULL;
  else return false;
  return true;
}

static bool change_training(const wb_advice *a, weigh_training *t, wb_str key, const char *value) {
  if (wb_str_is(key, "mode")) t->mode = value;
  else if (wb_str_is(key, "batch")) t->batch = 1;
  else if (wb_str_is(key, "checkpointing")) t->checkpointing = true;
  else if (wb_str_is(key, "precision")) t->precision = value;
  else if (wb_str_is(key, "optimizer")) t->optimizer = value, t->optimizer_option_count = 0;
  else if (wb_str_is(key, "sharding")) t->sharding = value;
  else if (wb_str_is(key, "gpus")) t->gpus = strcmp(value, "@") == 0 ? (weigh_count)a->gpus : 1;
  else return false;
  return true;
}

bool wb_way_change(const wb_advice *a, wb_way *way, wb_str changes) {
  wb_str word;
  for (size_t at = 0; wb_str_next(changes, ' ', &at, &word);) {
    const char *equals = memchr(word.ptr, '=', word.len);
    const size_t length = equals ? (size_t)(equals - word.ptr) : word.len;
    const char *value = wb_str_cstr(&a->model->ctx, wb_str_slice(word, equals ? length + 1 : length, word.len));
    const wb_str key = wb_str_slice(word, 0, length);
    if (wb_str_is(word, "-")) continue;
    if (!(way->trains ? change_training(a, &way->training, key, value) : change_serving(&way->serving, key, value)))
      return false;
  }
  return true;
}

/* ---- weighed ---- */

static void take_training(wb_way_held *out, const wb_train *t) {
  const wb_exact_figures e = wb_exact_training(t);
  out->total = t->best;
  out->weights = e.weights + e.adapters;
  out->gradients = e.gradients;
  out->optimizer = e.optimizer;
  out->activations = e.activations;
  out->other = e.runtime;
  out->trainable = t->trainable;
  out->fits = t->fits;
  for (size_t i = 0; i < t->part_count; i++)
    if (wb_str_is(t->parts[i].name, "optimizer") && !t->parts[i].host) out->states += t->parts[i].best;
}

/* Of the fullest device. */
static void take_serving(wb_way_held *out, const wb_serving *s) {
  wb_load load;
  const uint32_t worst = wb_serving_worst(s);
  if (!wb_serving_now(s, worst, &load)) WB_FAIL(&s->model->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  out->total = load.all.best;
  out->weights = load.parts[WB_PART_WEIGHTS].best + load.parts[WB_PART_ADAPTERS].best;
  out->cache = load.parts[WB_PART_KV_CACHE].best + load.parts[WB_PART_STATE].best;
  for (size_t i = 0; i < s->part_count; i++) {
    const wb_str name = s->places[worst].parts[i].name;
    if (wb_str_is(name, "activations") || wb_str_is(name, "output")) out->activations += load.parts[i].best;
  }
  out->other = out->total - out->weights - out->cache - out->activations;
  out->fits = wb_serving_fits_now(s);
  if (load.budget > 0) out->most = wb_serving_max_sequences(s);
}

/* ---- what methods say ---- */

static bool read_factor(const wb_advice *a, const wb_method_result *r, wb_num *out) {
  const wb_sym *name = wb_intern_find(&a->model->lib->symbols, WB_STR("factor"));
  wb_binding *binding = name ? wb_scope_find_here(r->scope, name) : NULL;
  if (!binding) return false;
  const wb_value *value = wb_force(&a->model->ctx, binding);
  if (value->kind == WB_NUM) *out = value->u.num;
  return value->kind == WB_NUM;
}

static bool read_bytes(const wb_method_result *r, const char *label, wb_i128 *out) {
  wb_num n;
  if (!wb_method_base(r, label, &n)) return false;
  *out = n.num / n.den;
  return true;
}

static wb_said say(const wb_advice *a, const wb_decl *method, const wb_way *way, const wb_method_question *asked) {
  wb_said out = {.method = method};
  const char *question = way->trains ? "train" : "memory", *mode = way->trains ? way->training.mode : NULL;
  const wb_decl *function = wb_method_answering(method, question, mode);
  if (!function) return out;
  const wb_method_result r = wb_method_on(a->model, function, asked, NULL, 0);
  const wb_str label = wb_method_answer(function, question, mode);
  if (!r.applies || !read_bytes(&r, wb_str_cstr(&a->model->ctx, label), &out.bytes)) return out;
  out.known = true;
  out.has_states = read_bytes(&r, "optimizer_states", &out.states) || read_bytes(&r, "optimizer", &out.states);
  read_bytes(&r, "activations", &out.activations);
  out.has_factor = way->trains && read_factor(a, &r, &out.factor);
  return out;
}

/* ---- both, and forgotten ---- */

/* Texts of a failure that outlive what is forgotten. */
typedef struct kept_texts {
  char text[WB_MESSAGE_ARGS][240];
  size_t length[WB_MESSAGE_ARGS];
} kept_texts;

static void keep(kept_texts *k, const wb_failure *f) {
  for (size_t i = 0; i < WB_MESSAGE_ARGS; i++) {
    k->length[i] = f->args[i].len < sizeof k->text[i] ? f->args[i].len : sizeof k->text[i];
    if (k->length[i]) memcpy(k->text[i], f->args[i].ptr, k->length[i]);
  }
}

static wb_failure restore(wb_ctx *ctx, const kept_texts *k, const wb_failure *f) {
  wb_failure out = {.message = f->message};
  for (size_t i = 0; i < WB_MESSAGE_ARGS; i++) out.args[i] = wb_str_copy(ctx, (wb_str){k->text[i], k->length[i]});
  return out;
}

static wb_way_held ask(const wb_advice *a, const wb_way *way, const char *optimizer, wb_said *said) {
  wb_model *m = a->model;
  wb_way_held out = {.known = false};
  wb_train *t = way->trains ? wb_train_try(m, &way->training, wb_str_of(way->training.mode), NULL) : NULL;
  wb_serving *s = way->trains ? NULL : wb_serving_try(m, &way->serving);
  if (!t && !s) return out;
  out.known = true;
  if (t) take_training(&out, t);
  else take_serving(&out, s);
  if (!said) return out;
  wb_method_question asked = t ? wb_question_of_training(t) : wb_question_of_serving(s);
  if (optimizer) asked.optimizer = optimizer;
  for (size_t i = 0; i < a->method_count; i++) said[i] = say(a, a->methods[i], way, &asked);
  return out;
}

/* Questions of one kind resolve the same names of the model. */
static size_t kind_of(const wb_way *way, bool compared) {
  size_t mode = 0;
  wb_train_mode known;
  for (size_t at = 0; way->trains && wb_train_mode_next(&at, &known); mode++)
    if (wb_str_is(known.name, way->training.mode)) break;
  const size_t kind = (size_t)way->trains | (size_t)compared << 1 | (size_t)(way->training.gpus > 1) << 2 | mode << 3;
  return kind % WB_ADVICE_WARM;
}

wb_way_held wb_way_compare(wb_advice *a, const wb_way *way, const char *optimizer, wb_said *said) {
  wb_ctx *ctx = &a->model->ctx;
  kept_texts texts;
  bool *warm = &a->warm[kind_of(way, said != NULL)];
  wb_trial trial = wb_trial_begin(a->model);
  const bool forget = *warm;
  wb_way_held out = ask(a, way, optimizer, said);
  *warm = *warm || out.known;
  const wb_failure failure = ctx->failure;
  if (!out.known) keep(&texts, &failure);
  if (forget) wb_trial_forget(&trial);
  if (!out.known) out.refused = restore(ctx, &texts, &failure);
  return out;
}

wb_way_held wb_way_weigh(wb_advice *a, const wb_way *way) { return wb_way_compare(a, way, NULL, NULL); }

/* ---- on cards ---- */

wb_way wb_way_on(const wb_advice *a, const wb_way *way, const wb_card *card, wb_i128 gpus, const wb_layout *layout) {
  wb_way out = *way;
  const bool is_memory = card->vendor.len == 0;
  const char *name = is_memory ? NULL : wb_str_cstr(&a->model->ctx, card->name);
  out.training.gpu = out.serving.gpu = name;
  out.training.gpu_memory_bytes = out.serving.gpu_memory_bytes = is_memory ? (weigh_count)card->usable_bytes : 0;
  out.training.gpus = out.serving.gpus = (weigh_count)gpus;
  if (gpus > 1 && !way->training.sharding) out.training.sharding = "zero_3";
  if (layout) out.serving.tp = layout->tp, out.serving.pp = layout->pp;
  return out;
}

static bool fits_on(wb_advice *a, const wb_way *way, const wb_card *card, wb_i128 gpus) {
  const wb_way on = wb_way_on(a, way, card, gpus, NULL);
  return wb_way_weigh(a, &on).fits;
}

/* A rank holds the less the more there are, but that several need buffers that one does not. */
static wb_i128 fewest_ranks(wb_advice *a, const wb_way *way, const wb_card *card) {
  wb_i128 low = 1, high = WB_SOLVE_CARDS;
  if (fits_on(a, way, card, 1)) return 1;
  if (!fits_on(a, way, card, high)) return 0;
  while (high - low > 1) {
    const wb_i128 middle = (low + high) / 2;
    if (fits_on(a, way, card, middle)) high = middle;
    else low = middle;
  }
  return high;
}

static void confirm(wb_advice *a, wb_cards_needed *out) {
  const wb_way_held held = wb_way_weigh(a, &out->way);
  if (!held.fits) out->gpus = 0; /* nothing is advised that is not confirmed */
  out->device = held.total;
}

static wb_cards_needed fewest_training(wb_advice *a, const wb_way *way, const wb_card *card) {
  wb_cards_needed out = {.card = *card};
  wb_way with = *way;
  out.gpus = fewest_ranks(a, &with, card);
  if (!out.gpus && !with.training.checkpointing) {
    with.training.checkpointing = out.checkpointing = true;
    out.gpus = fewest_ranks(a, &with, card);
  }
  if (!out.gpus) return out;
  out.way = wb_way_on(a, &with, card, out.gpus, NULL);
  out.has_fewer = out.gpus > 1;
  if (out.has_fewer) out.fewer = wb_way_on(a, &with, card, out.gpus - 1, NULL);
  confirm(a, &out);
  return out;
}

/* Down to the fewest cards that can be laid out: what the search for a number passes over may fit too. */
static wb_i128 go_down(const wb_serving *s, const wb_card *card, wb_layout *layout, wb_i128 gpus, wb_layout *fewer,
                       wb_i128 *fewer_gpus) {
  *fewer_gpus = 0;
  wb_trial t = wb_trial_begin(s->model);
  for (wb_i128 n = gpus - 1; n >= 1 && !*fewer_gpus; n--) {
    wb_layout other;
    if (!wb_solve_layout(s, n, &other)) continue;
    const bool fits = wb_serving_fits_now(wb_solve_on(s, card, &other));
    wb_trial_forget(&t);
    if (fits) gpus = n, *layout = other;
    else *fewer = other, *fewer_gpus = n;
  }
  wb_trial_end(&t);
  return gpus;
}

/* Cards and layouts; gpus 0: none. */
typedef struct laid_out {
  wb_i128 gpus, fewer_gpus;
  wb_layout layout, fewer;
} laid_out;

static laid_out lay_out(wb_advice *a, const wb_way *way, const wb_card *card) {
  laid_out out = {.gpus = 0};
  const wb_way one = wb_way_on(a, way, card, 1, NULL);
  wb_serving *s = wb_serving_try(a->model, &one.serving);
  if (!s) return out;
  a->model->tried = NULL; /* another format reads other names */
  out.gpus = wb_solve_fewest(s, card, &out.layout);
  if (out.gpus) out.gpus = go_down(s, card, &out.layout, out.gpus, &out.fewer, &out.fewer_gpus);
  return out;
}

static wb_cards_needed fewest_serving(wb_advice *a, const wb_way *way, const wb_card *card) {
  wb_cards_needed out = {.card = *card};
  bool *warm = &a->warm[0];
  const bool forget = *warm;
  wb_trial trial = wb_trial_begin(a->model);
  const laid_out found = lay_out(a, way, card);
  if (forget) wb_trial_forget(&trial);
  *warm = *warm || found.gpus;
  if (!found.gpus) return out;
  out.gpus = found.gpus;
  out.way = wb_way_on(a, way, card, found.gpus, &found.layout);
  out.has_fewer = found.fewer_gpus > 0;
  if (out.has_fewer) out.fewer = wb_way_on(a, way, card, found.fewer_gpus, &found.fewer);
  confirm(a, &out);
  return out;
}

/* A question of its own, with its own limit: advice asks it of every card. */
wb_cards_needed wb_way_fewest(wb_advice *a, const wb_way *way, const wb_card *card) {
  uint64_t *steps = &a->model->ctx.steps;
  const uint64_t before = *steps;
  const wb_cards_needed out = way->trains ? fewest_training(a, way, card) : fewest_serving(a, way, card);
  *steps = before;
  return out;
}

/* ---- as a command ---- */

typedef struct words {
  wb_ctx *ctx;
  wb_str *items;
  size_t count, cap;
} words;

static void word(words *w, wb_str text) {
  WB_PUSH_ROOM(w->ctx, w->items, w->count, w->cap);
  w->items[w->count++] = text;
}

static void option(words *w, const char *name, const char *value) {
  if (!value) return;
  word(w, wb_str_of(name));
  word(w, wb_str_of(value));
}

static void number(words *w, const char *name, weigh_count value, weigh_count usual) {
  if (!value || value == usual) return;
  word(w, wb_str_of(name));
  word(w, wb_str_fmt(w->ctx, "%lld", (long long)value));
}

static void flag(words *w, const char *name, bool set) {
  if (set) word(w, wb_str_of(name));
}

static void list(words *w, const char *name, const char *const *values, size_t count) {
  for (size_t i = 0; i < count; i++) option(w, name, values[i]);
}

static void training_words(words *w, const weigh_training *t, int reserve) {
  option(w, "--mode", t->mode);
  number(w, "--batch", t->batch, 1);
  number(w, "--sequence", t->sequence, 0);
  option(w, "--optimizer", t->optimizer);
  list(w, "--optimizer-option", t->optimizer_options, t->optimizer_option_count);
  option(w, "--precision", t->precision);
  flag(w, "--checkpointing", t->checkpointing);
  if (t->eager) option(w, "--attention", "eager");
  option(w, "--adapter", t->adapter);
  number(w, "--rank", t->rank, 0);
  option(w, "--target-modules", t->target_modules);
  list(w, "--adapter-option", t->adapter_options, t->adapter_option_count);
  if (t->has_generations) number(w, "--generations", t->generations, 0);
  flag(w, "--reference", t->reference);
  number(w, "--gpus", t->gpus, 1);
  option(w, "--sharding", t->sharding);
  list(w, "--sharding-option", t->sharding_options, t->sharding_option_count);
  option(w, "--gpu", t->gpu);
  if (!t->gpu) number(w, "--gpu-memory", t->gpu_memory_bytes, 0);
  option(w, "--reserve", wb_str_cstr(w->ctx, wb_str_fmt(w->ctx, "%d", reserve)));
}

static void serving_words(words *w, const weigh_serving *s) {
  option(w, "--quant", s->quant);
  option(w, "--dtype", s->dtype);
  number(w, "--context", s->context, 0);
  number(w, "--sequences", s->sequences, 0);
  list(w, "--engine-option", s->engine_options, s->engine_option_count);
  option(w, "--gpu", s->gpu);
  if (!s->gpu) number(w, "--gpu-memory", s->gpu_memory_bytes, 0);
  number(w, "--gpus", s->gpus, 1);
  number(w, "--tp", s->tp, 1);
  number(w, "--pp", s->pp, 1);
}

wb_str *wb_way_words(const wb_advice *a, const wb_way *way, size_t *count) {
  words w = {.ctx = &a->model->ctx};
  const bool on_card = way->serving.gpu || way->serving.gpu_memory_bytes;
  word(&w, way->trains ? WB_STR("train") : on_card ? WB_STR("fit") : WB_STR("memory"));
  word(&w, a->model->name);
  if (way->trains) training_words(&w, &way->training, a->reserve);
  else serving_words(&w, &way->serving);
  *count = w.count;
  return w.items;
}
