/* weigh train: what one rank holds in each mode of training, and what published methods say of the same. */
#include "estimate/derive_train.h"

#include <string.h>

#include "estimate/exact.h"
#include "expr/print.h"
#include "report/method.h"

#define MODES 16

/* A mode's answer: exact with a marked activation part, or a method's. */
typedef struct answer {
  wb_train *train;
  const wb_method_result *method; /* NULL: the exact answer */
  wb_train_part *parts;           /* of the method */
  size_t part_count;
  wb_i128 total;
  wb_failure why; /* train NULL: the mode is refused */
  wb_str mode;
} answer;

typedef struct answers {
  answer items[MODES];
  size_t count;
  answer refused[MODES]; /* modes that cannot be */
  size_t refused_count;
  wb_deviation *deviations;
  size_t deviation_count, deviation_cap;
} answers;

/* ---- gathering ---- */

static bool adds_up_to(wb_ctx *ctx, const wb_expr *total, const wb_sym *name) {
  const wb_sym **names = NULL;
  const size_t n = wb_expr_names(ctx, total, &names);
  for (size_t i = 0; i < n; i++)
    if (names[i] == name) return true;
  return false;
}

/* A method's components are the quantities that its total reads. */
static void take_parts(wb_ctx *ctx, answer *a, wb_str label) {
  const wb_method_result *r = a->method;
  const wb_stmt *total = NULL;
  wb_num n;
  for (size_t i = 0; i < r->count; i++)
    if (wb_str_eq(wb_quantity_label(r->stmts[i]), label)) total = r->stmts[i];
  a->parts = WB_NEWN(ctx, wb_train_part, r->count);
  for (size_t i = 0; total && i < r->count; i++) {
    const wb_str name = wb_quantity_label(r->stmts[i]);
    if (!adds_up_to(ctx, total->expr, r->stmts[i]->name) || !wb_method_base(r, wb_str_cstr(ctx, name), &n)) continue;
    const wb_i128 bytes = n.num / n.den;
    a->parts[a->part_count++] =
        (wb_train_part){name, bytes, bytes, bytes, WB_BASIS_HEURISTIC, r->function->source, false};
  }
  if (total && wb_method_base(r, wb_str_cstr(ctx, label), &n)) a->total = n.num / n.den;
}

static void ask_method(wb_model *m, answer *a, const char *method) {
  wb_ctx *ctx = &m->ctx;
  const char *mode = wb_str_cstr(ctx, a->train->mode.name);
  const wb_decl *function = wb_method_for(m, method, "train", mode);
  wb_method_result *r = WB_NEW(ctx, wb_method_result);
  const wb_method_question asked = wb_question_of_training(a->train);
  *r = wb_method_on(m, function, &asked, NULL, 0);
  a->method = r;
  take_parts(ctx, a, wb_method_answer(function, "train", mode));
}

static void compare(wb_model *m, answers *all, const wb_train *t) {
  wb_ctx *ctx = &m->ctx;
  const wb_decl *method;
  wb_exact_figures *exact = WB_NEW(ctx, wb_exact_figures);
  const wb_method_question asked = wb_question_of_training(t);
  *exact = wb_exact_training(t);
  for (size_t i = 0; (method = wb_method_at(m->lib, ctx, i)) != NULL; i++) {
    const wb_decl *function = wb_method_answering(method, "train", asked.mode);
    wb_deviation found;
    if (!function || !wb_deviate(m, function, "train", &asked, exact, &found)) continue;
    WB_PUSH_ROOM(ctx, all->deviations, all->deviation_count, all->deviation_cap);
    all->deviations[all->deviation_count++] = found;
  }
}

static bool answers_mode(wb_model *m, const char *method, wb_str mode) {
  if (!method) return true;
  const wb_decl *decl = wb_method_find(m->lib, &m->ctx, wb_str_of(method));
  return wb_method_answering(decl, "train", wb_str_cstr(&m->ctx, mode)) != NULL;
}

/* One mode of several that cannot be: said, and the others stand. What is wrong with the question itself fails in each. */
static void refuse(const wb_out *out, wb_model *m, const answer *a) {
  wb_text why = {.ctx = &m->ctx};
  wb_message_add(&why, a->why.message, out->lang, a->why.args, WB_MESSAGE_ARGS);
  const wb_str args[] = {a->mode, wb_text_str(&why)};
  wb_model_warn(m, WB_TRAIN_REFUSED, 2, args);
}

static answers gather(wb_out *out, wb_model *m) {
  const weigh_report_options *o = out->options;
  answers all = {.count = 0};
  wb_train_mode mode;
  for (size_t at = 0; wb_train_mode_next(&at, &mode) && all.count + all.refused_count < MODES;) {
    if (o->training.mode ? !wb_str_is(mode.name, o->training.mode) : !answers_mode(m, o->method, mode.name)) continue;
    answer *a = &all.items[all.count];
    *a = (answer){.mode = mode.name};
    a->train =
        o->training.mode ? wb_train_new(m, &o->training, mode.name) : wb_train_try(m, &o->training, mode.name, &a->why);
    if (!a->train) {
      refuse(out, m, a);
      all.refused[all.refused_count++] = *a;
      continue;
    }
    all.count++;
    a->total = a->train->best;
    if (o->method) ask_method(m, a, o->method);
    else compare(m, &all, a->train);
  }
  if (!all.count) {
    if (all.refused_count) wb_train_new(m, &o->training, all.refused[0].mode); /* fails as every mode did */
    if (o->training.mode) wb_train_mode_find(&m->ctx, wb_str_of(o->training.mode));
    wb_method_for(m, o->method, "train", NULL);
  }
  return all;
}

#define TRAIN_OPTIONS 16

/* What was given, with the name under which a method may take it. */
static void given_options(const weigh_training *a, wb_given_option out[TRAIN_OPTIONS]) {
  const wb_given_option all[TRAIN_OPTIONS] = {{"batch", "sequences", a->batch > 0},
                                              {"sequence", "context", a->sequence > 0},
                                              {"optimizer", "optimizer", a->optimizer != NULL},
                                              {"precision", "weight_bytes", a->precision != NULL},
                                              {"rank", "rank", a->rank > 0},
                                              {"generations", "generations", a->has_generations},
                                              {"checkpointing", "checkpointing", a->checkpointing},
                                              {"reference", "reference", a->reference},
                                              {"attention", "fused_attention", a->eager},
                                              {"adapter", NULL, a->adapter != NULL},
                                              {"target-modules", NULL, a->target_modules != NULL},
                                              {"gpus", NULL, a->gpus > 0},
                                              {"zero", NULL, a->sharding != NULL},
                                              {"optimizer-option", NULL, a->optimizer_option_count > 0},
                                              {"adapter-option", NULL, a->adapter_option_count > 0},
                                              {"sharding-option", NULL, a->sharding_option_count > 0}};
  for (size_t i = 0; i < TRAIN_OPTIONS; i++) out[i] = all[i];
}

/* Whether an option that was given changes nothing in a mode: what is an adapter's where all weights train, completions where
 * none are asked for, a reference that is the model itself with its adapter switched off. */
static bool is_idle(const wb_train *t, const wb_given_option *option) {
  static const char *const of_adapters[] = {"adapter", "rank", "target-modules", "adapter-option"};
  const wb_str name = wb_str_of(option->option);
  if (!option->given) return false;
  for (size_t i = 0; i < sizeof of_adapters / sizeof *of_adapters; i++)
    if (wb_str_is(name, of_adapters[i])) return !t->adapter;
  if (wb_str_is(name, "generations")) return !wb_str_is(t->mode.batch, "k");
  return wb_str_is(name, "reference") && !wb_str_is(t->mode.reference, "1");
}

static void json_idle(wb_json_out *j, const wb_train *t) {
  wb_given_option given[TRAIN_OPTIONS];
  given_options(&j->out->options->training, given);
  wb_jo_begin(j, "ignored_options", '[');
  for (size_t i = 0; i < TRAIN_OPTIONS; i++)
    if (is_idle(t, &given[i])) wb_jo_str(j, NULL, wb_str_of(given[i].option));
  wb_jo_end(j, ']');
}

static void write_idle(wb_out *out, const wb_train *t) {
  wb_given_option given[TRAIN_OPTIONS];
  wb_text text = {.ctx = out->text.ctx};
  given_options(&out->options->training, given);
  for (size_t i = 0; i < TRAIN_OPTIONS; i++)
    if (is_idle(t, &given[i])) wb_text_addf(&text, "%s--%s", text.len ? ", " : "", given[i].option);
  if (!text.len) return;
  const wb_str args[] = {t->mode.name, wb_text_str(&text)};
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, WB_NOTE_MODE_IGNORES, 2, args);
  wb_text_addc(&out->text, '\n');
}

/* Whether what is answered fits with the reserve: a method's total may, where the exact one does not. */
static bool fits(wb_ctx *ctx, const answer *a) {
  const wb_train *t = a->train;
  if (!a->method) return t->fits;
  return t->card.usable_bytes > 0 &&
         wb_times(ctx, a->total, 100) <= wb_times(ctx, t->card.usable_bytes, 100 - t->asked.reserve_percent);
}

/* ---- JSON ---- */

static void json_parts(wb_json_out *j, const wb_train_part *parts, size_t count) {
  wb_jo_begin(j, "components", '[');
  for (size_t i = 0; i < count; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", parts[i].name);
    wb_jo_int(j, "bytes", parts[i].best);
    wb_jo_int(j, "low_bytes", parts[i].low);
    wb_jo_int(j, "high_bytes", parts[i].high);
    wb_jo_str(j, "basis", wb_str_of(wb_basis_name(parts[i].basis)));
    wb_jo_str(j, "on", parts[i].host ? WB_STR("host") : WB_STR("device"));
    wb_jo_str(j, "source", wb_out_told(j->out, parts[i].source));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_adapter(wb_json_out *j, const wb_train *t) {
  if (!t->adapter) return;
  wb_jo_begin(j, "adapter", '{');
  wb_jo_str(j, "name", t->adapter->decl->name->name);
  wb_jo_num(j, "parameters", t->adapter->parameters);
  wb_jo_num(j, "adapted_modules", t->adapter->adapted);
  wb_jo_begin(j, "modules", '[');
  for (size_t i = 0; i < t->adapter->module_count; i++) wb_jo_str(j, NULL, t->adapter->modules[i].name);
  wb_jo_end(j, ']');
  wb_jo_end(j, '}');
}

static void json_answer(wb_json_out *j, const answer *a) {
  const wb_train *t = a->train;
  wb_jo_str(j, "mode", t->mode.name);
  wb_jo_str(j, "method", a->method ? a->method->function->method->name->name : WB_STR("exact"));
  wb_jo_int(j, "total_bytes", a->total);
  if (!a->method) {
    wb_jo_int(j, "low_bytes", t->low);
    wb_jo_int(j, "high_bytes", t->high);
    wb_jo_int(j, "host_bytes", t->host);
    wb_jo_num(j, "trainable_parameters", t->trainable);
    if (t->total.num) wb_jo_real(j, "trainable_share", wb_num_double(t->trainable) / wb_num_double(t->total));
    wb_jo_num(j, "total_parameters", t->total);
    wb_jo_str(j, "precision", wb_str_of(t->asked.precision ? t->asked.precision : "as stored"));
    json_adapter(j, t);
  }
  if (t->card.usable_bytes > 0) {
    wb_jo_bool(j, "fits", fits(j->out->text.ctx, a));
    wb_jo_int(j, "spare_bytes", t->card.usable_bytes - a->total);
  }
  if (a->method) json_parts(j, a->parts, a->part_count);
  else json_parts(j, t->parts, t->part_count);
  if (!a->method) {
    json_idle(j, t);
    return;
  }
  wb_given_option given[TRAIN_OPTIONS];
  given_options(&j->out->options->training, given);
  wb_json_method(j, "answer", a->method);
  wb_json_ignored(j, a->method, given, TRAIN_OPTIONS);
}

static void json_refused(wb_json_out *j, const answers *all) {
  wb_jo_begin(j, "refused", '[');
  for (size_t i = 0; i < all->refused_count; i++) {
    const wb_failure *why = &all->refused[i].why;
    wb_text text = {.ctx = j->out->text.ctx};
    wb_message_add(&text, why->message, j->out->lang, why->args, WB_MESSAGE_ARGS);
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "mode", all->refused[i].mode);
    wb_jo_str(j, "code", wb_str_of(wb_message_code(why->message)));
    wb_jo_str(j, "reason", wb_text_str(&text));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_card(wb_json_out *j, const wb_train *t) {
  if (t->card.usable_bytes <= 0) return;
  wb_jo_int(j, "usable_bytes", t->card.usable_bytes);
  const wb_i128 budget = t->card.usable_bytes * (100 - t->asked.reserve_percent) / 100;
  wb_jo_int(j, "budget_bytes", budget);
  wb_jo_int(j, "reserve_bytes", t->card.usable_bytes - budget);
}

static void write_json(wb_out *out, wb_model *m, const answers *all) {
  const wb_train *t = all->items[0].train;
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "train");
  wb_jo_str(&j, "model", m->name);
  wb_jo_int(&j, "batch", t->asked.batch);
  wb_jo_int(&j, "sequence", t->asked.sequence);
  wb_jo_str(&j, "optimizer", wb_str_of(t->asked.optimizer));
  wb_jo_bool(&j, "checkpointing", t->asked.checkpointing);
  wb_jo_int(&j, "gpus", t->asked.gpus);
  wb_jo_str(&j, "sharding", wb_str_of(t->asked.sharding ? t->asked.sharding : "none"));
  json_card(&j, t);
  if (out->options->training.mode) json_answer(&j, &all->items[0]);
  wb_jo_begin(&j, "modes", '[');
  for (size_t i = 0; i < all->count; i++) {
    wb_jo_begin(&j, NULL, '{');
    json_answer(&j, &all->items[i]);
    wb_jo_end(&j, '}');
  }
  wb_jo_end(&j, ']');
  json_refused(&j, all);
  wb_json_deviations(&j, all->deviations, all->deviation_count);
  wb_json_warnings(&j, m);
  wb_jo_end(&j, '}');
}

/* ---- tables ---- */

static const wb_column COLUMNS[] = {{"mode", WB_LABEL_MODE, false},
                                    {"trainable", WB_LABEL_TRAINABLE, true},
                                    {"weights", WB_LABEL_HELD_WEIGHTS, true},
                                    {"adapters", WB_LABEL_ADAPTERS, true},
                                    {"gradients", WB_LABEL_GRADIENTS, true},
                                    {"optimizer", WB_LABEL_OPTIMIZER, true},
                                    {"activations", WB_LABEL_ACTIVATIONS, true},
                                    {"other", WB_LABEL_OTHER, true},
                                    {"total", WB_LABEL_TOTAL_GIB, true},
                                    {"low", WB_LABEL_LOW, true},
                                    {"high", WB_LABEL_HIGH, true},
                                    {"fits", WB_LABEL_FITS, false}};

/* Bytes of the parts whose names begin so; the column "other" takes what no column names. */
static wb_i128 sum_of(const wb_train_part *parts, size_t count, const char *const *names, size_t name_count,
                      bool others) {
  wb_i128 sum = 0;
  for (size_t i = 0; i < count; i++) {
    bool named = false;
    for (size_t k = 0; k < name_count && !named; k++) named = wb_str_starts(parts[i].name, wb_str_of(names[k]));
    if (!parts[i].host && named != others) sum += parts[i].best;
  }
  return sum;
}

static void write_row(wb_out *out, wb_table *table, const answer *a) {
  static const char *const weights[] = {"weights", "reference"}, *const adapters[] = {"adapters"},
                           *const gradients[] = {"gradients"}, *const optimizer[] = {"optimizer", "master"},
                           *const activations[] = {"activations", "logits"}, *const all[] = {"weights",     "reference",
                                                                                             "adapters",    "gradients",
                                                                                             "optimizer",   "master",
                                                                                             "activations", "logits"};
  const wb_train *t = a->train;
  const wb_train_part *parts = a->method ? a->parts : t->parts;
  const size_t count = a->method ? a->part_count : t->part_count;
  wb_table_cell(table, t->mode.name);
  wb_table_cell(table, wb_out_number(out, t->trainable.num / t->trainable.den));
  wb_table_cell(table, wb_out_bytes(out, sum_of(parts, count, weights, 2, false)));
  wb_table_cell(table, wb_out_bytes(out, sum_of(parts, count, adapters, 1, false)));
  wb_table_cell(table, wb_out_bytes(out, sum_of(parts, count, gradients, 1, false)));
  wb_table_cell(table, wb_out_bytes(out, sum_of(parts, count, optimizer, 2, false)));
  wb_table_cell(table, wb_out_bytes(out, sum_of(parts, count, activations, 2, false)));
  wb_table_cell(table, wb_out_bytes(out, sum_of(parts, count, all, 8, true)));
  wb_table_cell(table, wb_out_bytes(out, a->total));
  wb_table_cell(table, wb_out_bytes(out, a->method ? a->total : t->low));
  wb_table_cell(table, wb_out_bytes(out, a->method ? a->total : t->high));
  if (t->card.usable_bytes > 0)
    wb_table_cell(table, wb_str_of(wb_out_label(out, fits(out->text.ctx, a) ? WB_LABEL_YES : WB_LABEL_NO)));
}

static void write_modes(wb_out *out, const answers *all) {
  const bool card = all->items[0].train->card.usable_bytes > 0;
  wb_table table = {out->text.ctx, COLUMNS, card ? 12 : 11, NULL, 0, 0};
  for (size_t i = 0; i < all->count; i++) write_row(out, &table, &all->items[i]);
  wb_table_write(out, &table);
}

/* One mode alone: each part with how it is known and from where. */
static void write_parts(wb_out *out, const answer *a) {
  static const wb_column columns[] = {{"component", WB_LABEL_COMPONENT, false}, {"bytes", WB_LABEL_GIB, true},
                                      {"low_bytes", WB_LABEL_LOW, true},        {"high_bytes", WB_LABEL_HIGH, true},
                                      {"basis", WB_LABEL_BASIS, false},         {"source", WB_LABEL_SOURCE, false}};
  wb_table table = {out->text.ctx, columns, 6, NULL, 0, 0};
  const wb_train *t = a->train;
  const wb_train_part *parts = a->method ? a->parts : t->parts;
  const size_t count = a->method ? a->part_count : t->part_count;
  for (size_t i = 0; i < count; i++) {
    wb_table_cell(&table,
                  parts[i].host ? wb_str_fmt(out->text.ctx, "%.*s (host)", WB_STR_ARG(parts[i].name)) : parts[i].name);
    wb_table_cell(&table, wb_out_bytes(out, parts[i].best));
    wb_table_cell(&table, wb_out_bytes(out, parts[i].low));
    wb_table_cell(&table, wb_out_bytes(out, parts[i].high));
    wb_table_cell(&table, wb_str_of(wb_basis_name(parts[i].basis)));
    wb_table_cell(&table, wb_out_told(out, parts[i].source));
  }
  wb_table_write(out, &table);
}

static void write_head(wb_out *out, wb_model *m, const answers *all) {
  wb_ctx *ctx = out->text.ctx;
  const wb_train *t = all->items[0].train;
  const wb_str head[] = {m->name, wb_out_number(out, t->asked.batch), wb_out_number(out, t->asked.sequence),
                         wb_str_of(t->asked.optimizer), wb_out_number(out, t->asked.gpus)};
  wb_out_message(out, WB_NOTE_TRAINING, 5, head);
  wb_text_addc(&out->text, '\n');
  if (t->card.usable_bytes > 0) {
    const wb_str card[] = {t->card.name, wb_gib(ctx, t->card.usable_bytes),
                           wb_str_fmt(ctx, "%d", t->asked.reserve_percent)};
    wb_text_adds(&out->text, "  ");
    wb_out_message(out, WB_NOTE_TRAINING_CARD, 3, card);
    wb_text_addc(&out->text, '\n');
  }
  wb_out_warnings(out, m);
  wb_text_addc(&out->text, '\n');
}

static void write_text(wb_out *out, wb_model *m, const answers *all) {
  const bool one = out->options->training.mode != NULL;
  write_head(out, m, all);
  if (all->items[0].method) {
    wb_given_option given[TRAIN_OPTIONS];
    given_options(&out->options->training, given);
    wb_write_ignored(out, all->items[0].method, given, TRAIN_OPTIONS);
  }
  if (one && !all->items[0].method) write_idle(out, all->items[0].train);
  write_modes(out, all);
  wb_text_addc(&out->text, '\n');
  if (one) {
    write_parts(out, &all->items[0]);
    wb_text_addc(&out->text, '\n');
  }
  if (one && all->items[0].method) wb_write_method(out, all->items[0].method);
  if (out->options->method) return;
  wb_text_addf(&out->text, "  %s\n\n", wb_out_label(out, WB_NOTE_TRAINING_BASIS));
  wb_write_deviations(out, all->deviations, all->deviation_count);
}

/* Of one mode: the exact answer's figures, or those of the method that --method names. */
static void write_derivation(wb_out *out, wb_model *m, const answers *all) {
  const wb_str quantity = wb_str_of(out->options->quantity);
  const answer *a = &all->items[0];
  if (!out->options->training.mode) WB_FAIL(&m->ctx, WB_TRAIN_EXPLAIN_MODE, WB_NOWHERE, quantity);
  wb_report_derivation(out, m,
                       a->method ? wb_derive_told(a->train, a->method, quantity) : wb_derive_train(a->train, quantity));
}

bool wb_report_train(wb_out *out, wb_model *m) {
  out->figures_are_loaded = true;
  const answers all = gather(out, m);
  if (out->options->quantity) {
    write_derivation(out, m, &all);
    return true;
  }
  bool all_fit = true;
  for (size_t i = 0; i < all.count; i++)
    all_fit = all_fit && (all.items[i].train->card.usable_bytes == 0 || fits(&m->ctx, &all.items[i]));
  if (out->options->format == WEIGH_FORMAT_JSON) write_json(out, m, &all);
  else if (out->options->format == WEIGH_FORMAT_TEXT) write_text(out, m, &all);
  else write_modes(out, &all);
  return all_fit || !out->options->training.mode;
}
