#include "estimate/train.h"

#include <string.h>

#include "base/tsv.h"
#include "estimate/exact.h"
#include "expr/eval.h"
#include "expr/form.h"

#define MODE_COLUMNS 9

bool wb_train_mode_next(size_t *at, wb_train_mode *out) {
  wb_str c[MODE_COLUMNS];
  const wb_str text = wb_data_text("training/modes.tsv");
  if (!wb_tsv_next(text, at, c, MODE_COLUMNS)) return false;
  for (size_t i = 0; i < MODE_COLUMNS; i++)
    if (wb_str_is(c[i], "-")) c[i] = WB_STR("");
  *out = (wb_train_mode){c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8]};
  return true;
}

wb_train_mode wb_train_mode_find(wb_ctx *ctx, wb_str name) {
  wb_train_mode mode;
  wb_text known = {.ctx = ctx};
  for (size_t at = 0; wb_train_mode_next(&at, &mode);) {
    if (wb_str_eq(mode.name, name)) return mode;
    wb_text_addf(&known, "%s%.*s", known.len ? ", " : "", WB_STR_ARG(mode.name));
  }
  WB_FAIL(ctx, WB_TRAIN_MODE_UNKNOWN, WB_NOWHERE, name, wb_text_str(&known));
}

/* ---- what trains, and what does not ---- */

static wb_trained *push(wb_ctx *ctx, wb_trained_list *list) {
  WB_PUSH_ROOM(ctx, list->items, list->count, list->cap);
  return &list->items[list->count++];
}

/* A model's tensor that keeps its shape. */
static wb_trained as_row(const wb_row *row, wb_str dtype) {
  wb_trained out = {.pattern = row->pattern, .copies = row->copies, .dtype = dtype, .row = row};
  for (; out.rank < row->rank && out.rank < WB_TRAINED_RANK; out.rank++)
    out.dims[out.rank] = row->dims[out.rank]->value.u.num;
  return out;
}

/* Every parameter that has storage of its own; prediction layers are left out as trainers do. */
static void take_rows(wb_model *m, wb_trained_list *list) {
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (row->kind == WB_PARAM && !row->mtp) *push(&m->ctx, list) = as_row(row, row->dtype);
  }
}

/* The type of what no format holds; empty: the model's own. A base that is not quantised is loaded as the policy says. */
static wb_str frozen_dtype(const wb_train *t) {
  if (t->mode.quant.len || !t->asked.precision) return t->mode.rest;
  return wb_precision_find(&t->model->ctx, wb_str_of(t->asked.precision)).weights;
}

/* What becomes of a row of the model beside an adapter. */
typedef struct beside {
  wb_str dtype; /* of plain numbers; empty: a format holds it, or another tensor */
  bool trains;  /* itself: a bias */
} beside;

/* The frozen weights as they are held; in a format, of each tensor so many bytes. Items of the weights stand in the order of
 * rows. */
static void take_frozen(wb_train *t, const wb_weights *w, beside *rows) {
  const wb_model *m = t->model;
  for (size_t i = 0, r = 0; i < w->count; i++) {
    const wb_weight *item = &w->items[i];
    while (r + 1 < m->row_count &&
           (m->rows[r].pattern.ptr != item->row.pattern.ptr || m->rows[r].dims[0] != item->row.dims[0]))
      r++;
    if (!item->format) rows[r].dtype = item->dtype;
    if (item->row.mtp || rows[r].trains) continue;
    wb_trained one = as_row(&item->row, item->format ? WB_STR("uint8") : item->dtype);
    if (item->format) one.dims[0] = item->loaded, one.rank = 1;
    *push(&t->model->ctx, &t->frozen) = one;
  }
}

/* Tensors of the model are held as it is. Adapters that are not float32 are made like what they adapt, where those are plain
 * numbers (layer.py, _move_adapter_to_device_of_base_layer). */
static void settle_types(const wb_train *t, const wb_trained_list *from, const beside *rows, wb_trained_list *to) {
  const wb_str loaded = frozen_dtype(t);
  for (size_t i = 0; i < from->count; i++) {
    wb_trained one = from->items[i];
    const wb_str held = one.row ? rows[one.row - t->model->rows].dtype : WB_STR("");
    if (one.of_model && held.len) one.dtype = held;
    else if (one.of_model && one.row->kind == WB_TIED && loaded.len) one.dtype = loaded;
    else if (one.row && !one.of_model && !wb_str_is(one.dtype, "float32"))
      one.dtype = held.len ? held : WB_STR("float32");
    *push(&t->model->ctx, to) = one;
  }
}

static void take_tensors(wb_train *t) {
  wb_model *m = t->model;
  const wb_trained_list *made = &t->adapter->trained;
  const wb_weights *w = wb_weights_as(m, t->mode.quant, frozen_dtype(t));
  beside *rows = WB_NEWN(&m->ctx, beside, m->row_count);
  wb_weights_warn(w);
  for (size_t i = 0; i < made->count; i++)
    if (made->items[i].of_model && !made->items[i].is_adapter) rows[made->items[i].row - m->rows].trains = true;
  take_frozen(t, w, rows);
  settle_types(t, made, rows, &t->trained);
  settle_types(t, &t->adapter->frozen, rows, &t->frozen);
}

typedef struct adapting {
  wb_train *train;
  const wb_decl *decl;
  const char **options;
  size_t count;
} adapting;

static void adapt(void *user) {
  adapting *a = user;
  a->train->adapter = wb_adapter_apply(a->train->model, a->decl, a->options, a->count);
}

/* Where the library knows no modules of the model's type, all linear layers are what people ask for then. `a->options` has room
 * for one more. */
static void adapt_somewhere(adapting *a) {
  wb_ctx *ctx = &a->train->model->ctx;
  wb_failure why;
  if (wb_try(ctx, adapt, a, &why)) return;
  a->options[a->count++] = "target_modules=all-linear";
  const bool targets = why.message == WB_ADAPTER_NO_MATCH || why.message == WB_ADAPTER_NO_DEFAULT;
  if (!targets || !wb_try(ctx, adapt, a, NULL)) wb_fail(ctx, why.message, why.place, WB_MESSAGE_ARGS, why.args);
  const wb_str args[] = {a->decl->name->name, a->train->model->model_type};
  const wb_model *m = a->train->model;
  for (size_t i = 0; i < m->warning_count; i++)
    if (m->warnings[i].message == WB_TRAIN_ALL_LINEAR && wb_str_eq(m->warnings[i].args[0], args[0])) return;
  wb_model_warn(a->train->model, WB_TRAIN_ALL_LINEAR, 2, args);
}

/* Whether an option is to be given to the adapter. One that the mode brings itself need not have it: it is said, and left out. */
static bool concerns(wb_train *t, const wb_decl *decl, const char *name, const char *control) {
  if (!t->own_adapter || wb_engine_has_option(decl, wb_str_of(name))) return true;
  const wb_str args[] = {wb_str_of(control), decl->name->name, t->mode.name};
  wb_model_warn(t->model, WB_TRAIN_NO_OPTION, 3, args);
  return false;
}

static void take_adapter(wb_train *t) {
  wb_ctx *ctx = &t->model->ctx;
  const weigh_training *a = &t->asked;
  const wb_decl *decl = wb_adapter_find(t->model->lib, ctx, wb_str_of(a->adapter));
  const char **options = WB_NEWN(ctx, const char *, a->adapter_option_count + 3);
  size_t count = 0;
  if (a->rank && concerns(t, decl, "r", "rank"))
    options[count++] = wb_str_cstr(ctx, wb_str_fmt(ctx, "r=%lld", (long long)a->rank));
  const bool targets = a->target_modules && concerns(t, decl, "target_modules", "target-modules");
  if (targets) options[count++] = wb_str_cstr(ctx, wb_str_fmt(ctx, "target_modules=%s", a->target_modules));
  for (size_t i = 0; i < a->adapter_option_count; i++) options[count++] = a->adapter_options[i];
  bool chosen = targets;
  for (size_t i = 0; i < a->adapter_option_count; i++)
    chosen = chosen || wb_str_starts(wb_str_of(a->adapter_options[i]), WB_STR("target_modules"));
  adapting ask = {t, decl, options, count};
  if (chosen) adapt(&ask);
  else adapt_somewhere(&ask);
  take_tensors(t);
}

/* ---- parts ---- */

static void part(wb_train *t, wb_train_part p) {
  if (!p.best && !p.high) return;
  WB_PUSH_ROOM(&t->model->ctx, t->parts, t->part_count, t->part_cap);
  t->parts[t->part_count++] = p;
  if (p.host) {
    t->host = wb_plus(&t->model->ctx, t->host, p.best);
    return;
  }
  t->low = wb_plus(&t->model->ctx, t->low, p.low);
  t->best = wb_plus(&t->model->ctx, t->best, p.best);
  t->high = wb_plus(&t->model->ctx, t->high, p.high);
}

static wb_i128 bytes_of(wb_ctx *ctx, const wb_trained_list *list, bool adapter) {
  wb_num sum = wb_num_int(0);
  for (size_t i = 0; i < list->count; i++) {
    wb_num all;
    const wb_trained *t = &list->items[i];
    if (t->is_adapter != adapter) continue;
    if (!wb_num_mul(wb_trained_elements(ctx, t), t->copies, &all) ||
        !wb_num_mul(all, wb_num_int((wb_i128)wb_dtype_bytes(t->dtype)), &all) || !wb_num_add(sum, all, &sum))
      WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  }
  return sum.num / sum.den;
}

/* Weights, gradients, master copy and states of one rank, with the buffers that sharding needs. */
static void take_sharded(wb_train *t) {
  wb_ctx *ctx = &t->model->ctx;
  const weigh_training *a = &t->asked;
  if (a->precision) t->policy = wb_precision_find(ctx, wb_str_of(a->precision));
  t->sharding = (wb_sharding_ask){.lib = t->model->lib,
                                  .ctx = ctx,
                                  .trained = &t->trained,
                                  .frozen = t->frozen.count ? &t->frozen : NULL,
                                  .optimizer = &t->optimizer,
                                  .precision = a->precision ? &t->policy : NULL,
                                  .sharding = wb_str_of(a->sharding ? a->sharding : ""),
                                  .options = a->sharding_options,
                                  .option_count = a->sharding_option_count,
                                  .gpus = a->gpus};
  const wb_sharded sharded = t->sharded = wb_shard(&t->sharding);
  const wb_i128 of_adapter = t->adapter ? bytes_of(ctx, &t->trained, true) : 0;
  for (size_t i = 0; i < sharded.count; i++) {
    const wb_share *s = &sharded.items[i];
    wb_train_part p = {s->name, s->low, s->best, s->high, s->basis, s->source, s->host};
    if (wb_str_is(p.name, "states")) p.name = WB_STR("optimizer");
    /* on one rank the adapter's weights can be told apart */
    if (of_adapter && a->gpus == 1 && wb_str_is(p.name, "weights") && !p.host && p.best > of_adapter) {
      part(t, (wb_train_part){WB_STR("adapters"), of_adapter, of_adapter, of_adapter, WB_BASIS_EXACT,
                              t->adapter->decl->source, false});
      p.low -= of_adapter, p.best -= of_adapter, p.high -= of_adapter;
    }
    part(t, p);
  }
}

static wb_i128 whole(const wb_method_result *r, const char *label) {
  wb_num n;
  return r->applies && wb_method_base(r, label, &n) ? n.num / n.den : 0;
}

/* Bytes by a function of a method, with its own interval. */
static void take_method(wb_train *t, const char *name, const char *method, const char *function, const char *best,
                        wb_basis basis) {
  wb_ctx *ctx = &t->model->ctx;
  const wb_decl *f =
      wb_method_function(ctx, wb_method_find(t->model->lib, ctx, wb_str_of(method)), wb_str_of(function));
  wb_method_question asked = wb_question_of_training(t);
  asked.sequences = t->passes.num;
  asked.has_checkpointing = asked.has_fused = true;
  asked.checkpointing = t->asked.checkpointing;
  asked.fused_attention = !t->asked.eager;
  wb_method_result *r = WB_NEW(ctx, wb_method_result);
  *r = wb_method_on(t->model, f, &asked, NULL, 0);
  const size_t before = t->part_count;
  part(t, (wb_train_part){wb_str_of(name), whole(r, "low"), whole(r, best), whole(r, "high"), basis, f->source, false});
  if (t->part_count > before) t->told[t->told_count++] = (wb_train_told){wb_str_of(name), r, best};
}

bool wb_train_saved(const wb_train *t, wb_pass *numbers, wb_num *bytes) {
  wb_model *m = t->model;
  const weigh_pass asked = {
      .phase = WEIGH_PHASE_TRAIN, .batch = (weigh_count)t->passes.num, .prompt = t->asked.sequence};
  *numbers = wb_pass_new(m, &asked);
  const wb_compute *compute = wb_forward_passes(m);
  wb_num open[WB_Q_COUNT];
  wb_pass_open(numbers, 0, open);
  if (!wb_forms_set(m->forms, open)) WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  const wb_value saved = wb_settled(&compute->total.saves.bytes);
  const wb_value elements = wb_settled(&compute->total.saves.elements);
  if (saved.kind != WB_NUM || elements.kind != WB_NUM) return false;
  return wb_num_mul(elements.u.num, numbers->dtype_bytes, bytes) && wb_num_add(*bytes, saved.u.num, bytes);
}

/* A model that is no stack of attention and feed-forward layers: what its operations say that their backward needs. */
static void take_saved(wb_train *t) {
  wb_pass numbers;
  wb_num bytes;
  if (!wb_train_saved(t, &numbers, &bytes)) return;
  const wb_i128 n = bytes.num / bytes.den;
  part(t, (wb_train_part){
              WB_STR("activations"), n / 2, n, 2 * n, WB_BASIS_HEURISTIC,
              WB_STR("what each operation's backward needs, added up; half of it shared, twice with copies"), false});
}

/* A rank holds of it what it holds of frozen weights: whole, or cut by what cuts weights (trl/models/utils.py,
 * prepare_deepspeed: stage 3 shards the reference too). */
static void take_reference(wb_train *t) {
  wb_model *m = t->model;
  const bool asked = wb_str_is(t->mode.reference, "1") || (wb_str_is(t->mode.reference, "ask") && t->asked.reference);
  if (!asked || t->adapter) return; /* an adapter is switched off for the reference */
  take_rows(m, &t->copied);
  for (size_t i = 0; i < t->copied.count; i++) t->copied.items[i].dtype = WB_STR("bfloat16");
  t->reference = t->sharding;
  t->reference.trained = WB_NEW(&m->ctx, wb_trained_list);
  t->reference.frozen = &t->copied;
  t->reference.optimizer = NULL;
  t->reference.precision = NULL;
  t->referenced = wb_shard(&t->reference);
  const wb_share *held = wb_sharded_part(&t->referenced, "weights");
  if (held)
    part(t, (wb_train_part){WB_STR("reference"), held->low, held->best, held->high, held->basis, t->mode.source,
                            held->host});
}

/* ---- the whole ---- */

static void fill(wb_train *t) {
  weigh_training *a = &t->asked;
  t->precision_given = a->precision != NULL;
  if (!a->batch) a->batch = 1;
  if (!a->sequence) a->sequence = 2048;
  if (!a->gpus) a->gpus = 1;
  if (!a->generations) a->generations = 8;
  if (!a->optimizer) a->optimizer = "adamw";
  t->own_adapter = !a->adapter;
  if (!a->adapter && t->mode.adapter.len) a->adapter = wb_str_cstr(&t->model->ctx, t->mode.adapter);
  if (!a->precision && t->mode.precision.len) a->precision = wb_str_cstr(&t->model->ctx, t->mode.precision);
  a->reserve_percent = a->reserve_percent < 0 ? 0 : a->reserve_percent ? a->reserve_percent : 20;
}

static wb_num passes_of(const wb_train *t) {
  const wb_i128 each = wb_str_is(t->mode.batch, "k") ? t->asked.generations : wb_str_is(t->mode.batch, "2") ? 2 : 1;
  return wb_num_int(wb_times(&t->model->ctx, t->asked.batch, each));
}

static void see_card(wb_train *t) {
  const weigh_training *a = &t->asked;
  wb_ctx *ctx = &t->model->ctx;
  if (a->gpu) t->card = wb_card_find(ctx, wb_str_of(a->gpu));
  else if (a->gpu_memory_bytes) t->card = wb_card_of_bytes(a->gpu_memory_bytes);
  t->fits = t->card.usable_bytes > 0 &&
            wb_times(ctx, t->best, 100) <= wb_times(ctx, t->card.usable_bytes, 100 - a->reserve_percent);
}

wb_train *wb_train_new(wb_model *m, const weigh_training *asked, wb_str mode) {
  wb_ctx *ctx = &m->ctx;
  wb_train *t = WB_NEW(ctx, wb_train);
  *t = (wb_train){.model = m, .mode = wb_train_mode_find(ctx, mode), .asked = *asked};
  fill(t);
  t->optimizer = wb_optimizer_find(m->lib, ctx, wb_str_of(t->asked.optimizer), t->asked.optimizer_options,
                                   t->asked.optimizer_option_count);
  t->passes = passes_of(t);
  if (wb_str_is(t->mode.trains, "adapter")) take_adapter(t);
  else take_rows(m, &t->trained);
  t->trainable = wb_trained_total(ctx, &t->trained);
  t->total = m->total;
  for (size_t i = 0; i < t->trained.count && t->adapter; i++) {
    wb_num all;
    const wb_trained *one = &t->trained.items[i];
    if (one->is_adapter && wb_num_mul(wb_trained_elements(ctx, one), one->copies, &all))
      wb_num_add(t->total, all, &t->total);
  }
  take_sharded(t);
  take_reference(t);
  const size_t before = t->part_count;
  take_method(t, "activations", "korthikanti", "activations", "total", WB_BASIS_HEURISTIC);
  if (t->part_count == before) take_saved(t);
  else take_method(t, "logits", "measured", "logits", "best", WB_BASIS_MEASURED);
  take_method(t, "runtime", "measured", "runtime", "best", WB_BASIS_MEASURED);
  see_card(t);
  return t;
}

typedef struct trial {
  wb_model *model;
  const weigh_training *asked;
  wb_str mode;
  wb_train *out;
} trial;

static void make(void *user) {
  trial *t = user;
  t->out = wb_train_new(t->model, t->asked, t->mode);
}

wb_train *wb_train_try(wb_model *m, const weigh_training *asked, wb_str mode, wb_failure *why) {
  trial t = {m, asked, mode, NULL};
  return wb_try(&m->ctx, make, &t, why) ? t.out : NULL;
}

/* ---- for methods ---- */

wb_exact_figures wb_exact_training(const wb_train *t) {
  wb_exact_figures out = {.products = wb_num_int(0), .scores = wb_num_int(0)};
  for (size_t i = 0; i < t->part_count; i++) {
    const wb_train_part *p = &t->parts[i];
    if (p->host) continue;
    wb_i128 *into = wb_str_is(p->name, "weights") || wb_str_is(p->name, "reference")    ? &out.weights
                    : wb_str_is(p->name, "adapters")                                    ? &out.adapters
                    : wb_str_is(p->name, "gradients")                                   ? &out.gradients
                    : wb_str_is(p->name, "optimizer") || wb_str_is(p->name, "master")   ? &out.optimizer
                    : wb_str_is(p->name, "activations") || wb_str_is(p->name, "logits") ? &out.activations
                                                                                        : &out.runtime;
    *into += p->best;
  }
  out.training = t->best;
  return out;
}

/* A policy that was asked for is told by the width of its weights; without one a method's own default holds. */
wb_method_question wb_question_of_training(const wb_train *t) {
  const weigh_training *a = &t->asked;
  const wb_str weights =
      t->precision_given ? wb_precision_find(&t->model->ctx, wb_str_of(a->precision)).weights : WB_STR("");
  return (wb_method_question){.weight_bytes = wb_num_int((wb_i128)(weights.len ? wb_dtype_bytes(weights) : 0)),
                              .precision = !weights.len                    ? NULL
                                           : wb_str_is(weights, "float32") ? "fp32"
                                                                           : "bf16",
                              .mode = wb_str_cstr(&t->model->ctx, t->mode.name),
                              .context = a->sequence,
                              .sequences = a->batch,
                              .rank = a->rank,
                              .generations = a->has_generations ? a->generations : 0,
                              .optimizer = a->optimizer,
                              .reference = a->reference,
                              .has_checkpointing = a->checkpointing,
                              .checkpointing = a->checkpointing};
}
