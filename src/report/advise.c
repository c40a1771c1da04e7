/* weigh advise: which cards, what saves memory, what to do when it does not suffice; every figure of the case at hand. */
#include "report/advise.h"

#include "report/memory.h"

wb_str wb_scenario_title(wb_out *out, const wb_scenario *s) {
  if (s->title == WB_SCENARIO_OTHER) return s->name;
  return wb_str_of(wb_out_label(out, s->title));
}

wb_str wb_refusal(wb_out *out, const wb_failure *f) {
  wb_text text = {.ctx = out->text.ctx};
  wb_message_add(&text, f->message, out->lang, f->args, WB_MESSAGE_ARGS);
  return wb_text_str(&text);
}

double wb_saved_percent(const wb_tradeoff *t) {
  if (!t->before_part) return 0;
  return 100 * (1 - (double)t->after_part / (double)t->before_part);
}

bool wb_claim_range(const wb_tradeoff *t, wb_str claim, double *low, double *high) {
  size_t at = 0;
  wb_str item;
  wb_num n;
  if (wb_str_is(claim, "divide")) {
    *low = *high = 100 - 100.0 / (double)t->after_way.training.gpus;
    return true;
  }
  if (!wb_str_next(claim, '-', &at, &item) || !wb_num_parse(item, &n)) return false;
  *low = *high = wb_num_double(n);
  if (wb_str_next(claim, '-', &at, &item) && wb_num_parse(item, &n)) *high = wb_num_double(n);
  return true;
}

static void heading(wb_out *out, wb_message_id id, size_t count, const wb_str *args) {
  const bool markdown = out->options->format == WEIGH_FORMAT_MARKDOWN;
  if (out->options->color) wb_text_adds(&out->text, "\033[1m");
  wb_text_adds(&out->text, markdown ? "### " : "  ");
  wb_out_message(out, id, count, args);
  wb_text_adds(&out->text, markdown ? "\n\n" : "\n");
  if (out->options->color) wb_text_adds(&out->text, "\033[0m");
}

void wb_advise_title(wb_out *out, wb_message_id id, size_t count, const wb_str *args) {
  if (wb_out_plain(out)) return;
  wb_text_addc(&out->text, '\n');
  heading(out, id, count, args);
}

void wb_advise_table(wb_out *out, const wb_table *table) {
  wb_table_write(out, table);
  if (wb_out_plain(out)) wb_text_addc(&out->text, '\n');
}

/* A sentence of its own: not between the tables of CSV and TSV. */
static void sentence(wb_out *out, wb_message_id id, size_t count, const wb_str *args) {
  if (wb_out_plain(out)) return;
  wb_text_adds(&out->text, out->options->format == WEIGH_FORMAT_MARKDOWN ? "\n" : "    ");
  wb_out_message(out, id, count, args);
  wb_text_addc(&out->text, '\n');
}

static wb_str percent(wb_ctx *ctx, int reserve) { return wb_str_fmt(ctx, "%d", reserve); }

/* ---- what is needed ---- */

static const wb_column NEEDED[] = {
    {"scenario", WB_LABEL_ADVISE_SCENARIO, false},         {"total_bytes", WB_LABEL_TOTAL_GIB, true},
    {"with_reserve_bytes", WB_LABEL_ADVISE_RESERVE, true}, {"method_1", WB_LABEL_ADVISE_BY_METHOD, false},
    {"method_2", WB_LABEL_ADVISE_BY_METHOD, false},        {"activation_bytes", WB_LABEL_ADVISE_PER_SEQUENCE, true},
    {"largest_batch", WB_LABEL_ADVISE_LARGEST, true},      {"method_at_largest", WB_LABEL_ADVISE_AT_LARGEST, false}};

static wb_str said_text(wb_out *out, const wb_advice *a, const wb_said *s) {
  wb_ctx *ctx = out->text.ctx;
  if (!s->known) return WB_STR("-");
  const wb_str with = wb_out_bytes(out, wb_with_reserve(ctx, s->bytes, a->reserve));
  return wb_str_fmt(ctx, "%.*s %.*s (%.*s)", WB_STR_ARG(s->method->name->name), WB_STR_ARG(wb_out_bytes(out, s->bytes)),
                    WB_STR_ARG(with));
}

/* "pai 9.80 ×0.35": activations by the method at the largest batch. */
static wb_str at_largest(wb_out *out, const wb_scenario *s) {
  wb_ctx *ctx = out->text.ctx;
  const wb_said *said = &s->largest_said;
  if (!s->largest || !said->known) return WB_STR("-");
  const wb_str text = wb_str_fmt(ctx, "%.*s %.*s", WB_STR_ARG(said->method->name->name),
                                 WB_STR_ARG(wb_out_bytes(out, said->activations)));
  if (!said->has_factor || !s->way.trains || wb_str_is(s->name, "full")) return text;
  return wb_str_fmt(ctx, "%.*s ×%.3g", WB_STR_ARG(text), wb_num_double(said->factor));
}

static void needed_row(wb_out *out, wb_table *table, const wb_advice *a, const wb_scenario *s) {
  const wb_way_held *h = &s->held;
  wb_table_cell(table, wb_out_plain(out) ? s->name : wb_scenario_title(out, s));
  wb_table_cell(table, h->known ? wb_out_bytes(out, h->total) : WB_STR("-"));
  wb_table_cell(table,
                h->known ? wb_out_bytes(out, wb_with_reserve(out->text.ctx, h->total, a->reserve)) : WB_STR("-"));
  for (size_t i = 0; i < a->method_count; i++) wb_table_cell(table, said_text(out, a, &s->said[i]));
  if (wb_out_plain(out)) wb_table_cell(table, h->known ? wb_out_bytes(out, h->activations) : WB_STR("-"));
  if (!a->has_card) return;
  wb_table_cell(table, s->has_largest ? wb_out_number(out, s->largest) : WB_STR("-"));
  wb_table_cell(table, at_largest(out, s));
}

void wb_advise_needed(wb_out *out, const wb_advice *a) {
  wb_ctx *ctx = out->text.ctx;
  wb_column columns[8];
  size_t n = 0;
  for (size_t i = 0; i < 8; i++)
    if ((i != 4 || a->method_count > 1) && (i < 6 || a->has_card) && (i != 5 || wb_out_plain(out)))
      columns[n++] = NEEDED[i];
  wb_table table = {ctx, columns, n, NULL, 0, 0};
  const wb_str args[] = {percent(ctx, a->reserve)};
  wb_advise_title(out, WB_NOTE_ADVISE_NEEDED, 1, args);
  for (size_t i = 0; i < a->scenario_count; i++) needed_row(out, &table, a, &a->scenarios[i]);
  wb_advise_table(out, &table);
  for (size_t i = 0; i < a->scenario_count; i++) {
    const wb_scenario *s = &a->scenarios[i];
    if (s->held.known) continue;
    const wb_str why[] = {wb_scenario_title(out, s), wb_refusal(out, &s->held.refused)};
    sentence(out, WB_NOTE_ADVISE_REFUSED, 2, why);
  }
}

/* ---- cards ---- */

static wb_str cards_text(wb_out *out, const wb_cards_needed *c) {
  if (!c->gpus) return WB_STR("-");
  return wb_str_fmt(out->text.ctx, "%.*s%s", WB_STR_ARG(wb_out_number(out, c->gpus)), c->checkpointing ? "*" : "");
}

void wb_advise_cards(wb_out *out, const wb_advice *a) {
  wb_ctx *ctx = out->text.ctx;
  wb_column columns[WB_TABLE_COLUMNS] = {{"gpu", WB_LABEL_ADVISE_CARD, false},
                                         {"usable_bytes", WB_LABEL_ADVISE_USABLE, true}};
  size_t n = 2;
  for (size_t i = 0; i < a->scenario_count && n < WB_TABLE_COLUMNS; i++)
    columns[n++] = (wb_column){wb_str_cstr(ctx, a->scenarios[i].name), a->scenarios[i].title, true};
  wb_table table = {ctx, columns, n, NULL, 0, 0};
  const wb_str args[] = {percent(ctx, a->reserve), wb_out_number(out, WB_SOLVE_CARDS)};
  wb_advise_title(out, WB_NOTE_ADVISE_CARDS, 2, args);
  for (size_t k = 0; k < a->card_count; k++) {
    wb_table_cell(&table, a->cards[k].name);
    wb_table_cell(&table, wb_out_bytes(out, a->cards[k].usable_bytes));
    for (size_t i = 0; i < n - 2; i++) wb_table_cell(&table, cards_text(out, &a->scenarios[i].cards[k]));
  }
  wb_advise_table(out, &table);
  bool several = false;
  for (size_t i = 0; i < a->scenario_count * a->card_count; i++)
    several = several || a->scenarios[i / a->card_count].cards[i % a->card_count].gpus > 1;
  if (several) sentence(out, WB_NOTE_ADVISE_LAYOUT, 0, NULL);
}

/* ---- trade-offs ---- */

static const wb_column TRADEOFFS[] = {{"measure", WB_LABEL_ADVISE_MEASURE, false},
                                      {"part", WB_LABEL_ADVISE_OF, false},
                                      {"before_bytes", WB_LABEL_ADVISE_BEFORE, true},
                                      {"after_bytes", WB_LABEL_ADVISE_AFTER, true},
                                      {"saved_bytes", WB_LABEL_ADVISE_SAVED, true},
                                      {"saved_percent", WB_LABEL_ADVISE_SAVED_PERCENT, true},
                                      {"claimed_percent", WB_LABEL_ADVISE_CLAIMED, true},
                                      {"slower_percent", WB_LABEL_ADVISE_SLOWER, true},
                                      {"source", WB_LABEL_SOURCE, false}};

static wb_str claim_text(wb_out *out, const wb_tradeoff *t, wb_str claim) {
  double low, high;
  if (!wb_claim_range(t, claim, &low, &high)) return WB_STR("-");
  return wb_str_fmt(out->text.ctx, low == high ? "%.4g" : "%.4g–%.4g", low, high);
}

static void write_tradeoffs(wb_out *out, const wb_advice *a) {
  wb_table table = {out->text.ctx, TRADEOFFS, sizeof TRADEOFFS / sizeof *TRADEOFFS, NULL, 0, 0};
  wb_advise_title(out, WB_NOTE_ADVISE_TRADEOFFS, 0, NULL);
  for (size_t i = 0; i < a->tradeoff_count; i++) {
    const wb_tradeoff *t = &a->tradeoffs[i];
    wb_table_cell(&table, t->name);
    wb_table_cell(&table, t->part);
    wb_table_cell(&table, wb_out_bytes(out, t->before_part));
    wb_table_cell(&table, wb_out_bytes(out, t->after_part));
    wb_table_cell(&table, wb_out_bytes(out, t->before_part - t->after_part));
    wb_table_cell(&table, wb_str_fmt(out->text.ctx, "%.1f", wb_saved_percent(t)));
    wb_table_cell(&table, claim_text(out, t, t->saves));
    wb_table_cell(&table, claim_text(out, t, t->slower));
    wb_table_cell(&table, out->options->format == WEIGH_FORMAT_TEXT ? t->by : t->source);
  }
  wb_advise_table(out, &table);
}

/* ---- out of memory ---- */

static const wb_column REMEDIES[] = {
    {"step", WB_LABEL_ADVISE_REMEDY, true},       {"remedy", WB_LABEL_ADVISE_MEASURE, false},
    {"change", WB_LABEL_ADVISE_CHANGE, false},    {"before_bytes", WB_LABEL_ADVISE_BEFORE, true},
    {"after_bytes", WB_LABEL_ADVISE_AFTER, true}, {"saved_bytes", WB_LABEL_ADVISE_SAVED, true},
    {"effect", WB_LABEL_ADVISE_EFFECT, false}};

static wb_str effect_of(wb_out *out, const wb_remedy *r) {
  if (r->state == WB_REMEDY_REFUSED) return wb_str_of(wb_out_label(out, WB_NOTE_ADVISE_REFUSES));
  if (r->state == WB_REMEDY_NOTHING) return wb_str_of(wb_out_label(out, WB_NOTE_ADVISE_NOTHING));
  return r->fits ? wb_str_of(wb_out_label(out, WB_NOTE_ADVISE_STOPS)) : WB_STR("");
}

static wb_str change_text(wb_out *out, const wb_remedy *r) {
  wb_str item = r->change;
  if (wb_str_is(r->name, "batch")) return wb_str_fmt(out->text.ctx, "batch=%lld", (long long)r->way.training.batch);
  if (!wb_str_ends(item, WB_STR("gpus=@"))) return item;
  item = wb_str_slice(item, 0, item.len - 1);
  return wb_str_fmt(out->text.ctx, "%.*s%lld", WB_STR_ARG(item), (long long)r->way.training.gpus);
}

static void write_verdict(wb_out *out, const wb_advice *a) {
  wb_ctx *ctx = out->text.ctx;
  if (a->remedied) {
    const wb_remedy *r = &a->remedies[a->remedy_count - 1];
    const wb_str args[] = {wb_gib(ctx, r->after), wb_gib(ctx, a->card.usable_bytes), percent(ctx, a->reserve)};
    sentence(out, WB_NOTE_ADVISE_REMEDIED, 3, args);
    return;
  }
  const wb_str last[] = {wb_out_number(out, a->last.gpus), a->last.card.name, wb_gib(ctx, a->last.device)};
  sentence(out, a->last.gpus ? WB_NOTE_ADVISE_LAST : WB_NOTE_ADVISE_NO_LAST, a->last.gpus ? 3 : 0, last);
}

static void write_remedies(wb_out *out, const wb_advice *a) {
  wb_ctx *ctx = out->text.ctx;
  const wb_str mode = wb_str_of(a->train.training.mode);
  if (a->fits) {
    const wb_str args[] = {mode, wb_gib(ctx, a->as_asked.total), wb_gib(ctx, a->card.usable_bytes),
                           percent(ctx, a->reserve)};
    wb_advise_title(out, WB_NOTE_ADVISE_FITS, 4, args);
    return;
  }
  if (!a->remedy_count) return;
  wb_table table = {ctx, REMEDIES, sizeof REMEDIES / sizeof *REMEDIES, NULL, 0, 0};
  wb_advise_title(out, WB_NOTE_ADVISE_REMEDIES, 1, &mode);
  for (size_t i = 0; i < a->remedy_count; i++) {
    const wb_remedy *r = &a->remedies[i];
    wb_table_cell(&table, wb_out_number(out, (wb_i128)i + 1));
    wb_table_cell(&table, r->name);
    wb_table_cell(&table, change_text(out, r));
    wb_table_cell(&table, wb_out_bytes(out, r->before));
    wb_table_cell(&table, wb_out_bytes(out, r->after));
    wb_table_cell(&table, wb_out_bytes(out, r->before - r->after));
    wb_table_cell(&table, effect_of(out, r));
  }
  wb_advise_table(out, &table);
  write_verdict(out, a);
}

/* ---- optimizers, speed ---- */

static const wb_column OPTIMIZERS[] = {{"optimizer", WB_LABEL_OPTIMIZER, false},
                                       {"state_bytes", WB_LABEL_STATES, true},
                                       {"bytes_per_parameter", WB_LABEL_ADVISE_PER_PARAMETER, true},
                                       {"total_bytes", WB_LABEL_TOTAL_GIB, true},
                                       {"method", WB_LABEL_ADVISE_SAID, false},
                                       {"note", WB_LABEL_ADVISE_NOTE, false}};

void wb_advise_optimizers(wb_out *out, const wb_advice *a) {
  wb_ctx *ctx = out->text.ctx;
  const wb_str mode = wb_str_of(a->train.training.mode);
  wb_table table = {ctx, OPTIMIZERS, sizeof OPTIMIZERS / sizeof *OPTIMIZERS, NULL, 0, 0};
  if (!a->optimizer_count) return;
  wb_advise_title(out, WB_NOTE_ADVISE_OPTIMIZERS, 1, &mode);
  for (size_t i = 0; i < a->optimizer_count; i++) {
    const wb_optimizer_choice *o = &a->optimizers[i];
    const wb_i128 states = o->held.states;
    const double trained = wb_num_double(o->held.trainable);
    wb_table_cell(&table, o->name);
    wb_table_cell(&table, wb_out_bytes(out, states));
    wb_table_cell(&table, wb_str_fmt(ctx, "%.2f", trained > 0 ? (double)states / trained : 0));
    wb_table_cell(&table, wb_out_bytes(out, o->held.total));
    wb_table_cell(&table, o->said.known ? wb_str_fmt(ctx, "%.*s %.*s", WB_STR_ARG(o->said.method->name->name),
                                                     WB_STR_ARG(wb_out_bytes(out, o->said.states)))
                                        : WB_STR("-"));
    wb_table_cell(&table, wb_str_of(wb_out_label(out, o->text)));
  }
  wb_advise_table(out, &table);
}

static void write_faster(wb_out *out, const wb_advice *a) {
  wb_ctx *ctx = out->text.ctx;
  if (wb_out_plain(out) || !a->faster_count) return;
  wb_text_addc(&out->text, '\n');
  heading(out, WB_NOTE_ADVISE_FASTER, 0, NULL);
  for (size_t i = 0; i < a->faster_count; i++) {
    const wb_faster *f = &a->faster[i];
    wb_message_id id;
    const wb_i128 more = f->held.total - f->instead;
    const wb_str args[] = {wb_out_number(out, f->number), wb_gib(ctx, f->held.total),
                           wb_gib(ctx, more < 0 ? -more : more)};
    wb_text upper = {.ctx = ctx};
    wb_text_addf(&upper, "note_advise_faster_%.*s", WB_STR_ARG(f->name));
    if (wb_message_find(wb_text_str(&upper), &id)) sentence(out, id, 3, args);
  }
}

#define NO_EFFECT_LINE 2 /* of them on a line */

static void write_no_effect(wb_out *out, const wb_advice *a) {
  if (wb_out_plain(out)) return;
  const bool markdown = out->options->format == WEIGH_FORMAT_MARKDOWN;
  if (markdown) wb_text_addc(&out->text, '\n');
  heading(out, WB_NOTE_ADVISE_NO_EFFECT, 0, NULL);
  for (size_t i = 0; i < a->no_effect_count; i++) {
    const wb_str line[] = {a->no_effect[i].name, wb_str_of(wb_out_label(out, a->no_effect[i].reason))};
    const bool begins = markdown || i % NO_EFFECT_LINE == 0;
    wb_text_adds(&out->text, markdown ? "- " : begins ? "    " : "; ");
    wb_out_message(out, WB_NOTE_ADVISE_REFUSED, 2, line);
    if (markdown || i % NO_EFFECT_LINE == NO_EFFECT_LINE - 1 || i + 1 == a->no_effect_count)
      wb_text_addc(&out->text, '\n');
  }
}

/* ---- the whole ---- */

static void write_head(wb_out *out, const wb_advice *a) {
  wb_ctx *ctx = out->text.ctx;
  const weigh_training *t = &a->train.training;
  wb_text serving = {.ctx = ctx};
  const wb_str lengths[] = {wb_out_number(out, a->serve.serving.sequences),
                            wb_out_number(out, a->serve.serving.context)};
  wb_message_add(&serving, WB_NOTE_ADVISE_INFERENCE, out->lang, lengths, 2);
  const wb_str head[] = {a->model->name, wb_out_number(out, t->batch), wb_out_number(out, t->sequence),
                         wb_str_of(t->optimizer), wb_text_str(&serving)};
  if (wb_out_plain(out)) return;
  wb_out_message(out, WB_NOTE_ADVISE, 5, head);
  wb_text_addc(&out->text, '\n');
  if (a->has_card) {
    const wb_str card[] = {wb_out_number(out, a->gpus), a->card.name, wb_gib(ctx, a->card.usable_bytes)};
    sentence(out, WB_NOTE_ADVISE_CARD, 3, card);
  }
  wb_out_warnings(out, a->model);
}

bool wb_report_advise(wb_out *out, wb_model *m) {
  const weigh_report_options *o = out->options;
  out->figures_are_loaded = true;
  const wb_advice *a = wb_advice_new(m, &o->training, &o->serving, o->method);
  if (o->format == WEIGH_FORMAT_JSON) {
    wb_advise_json(out, a);
    return true;
  }
  write_head(out, a);
  wb_advise_needed(out, a);
  wb_advise_cards(out, a);
  write_tradeoffs(out, a);
  write_remedies(out, a);
  wb_advise_optimizers(out, a);
  write_faster(out, a);
  write_no_effect(out, a);
  sentence(out, WB_NOTE_ADVISE_BASIS, 0, NULL);
  return true;
}
