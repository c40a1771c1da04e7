/* weigh cases: what published calculators work through, by their method and exactly, and the tables behind it. */
#include "report/cases.h"

#include "report/advise.h"
#include "report/methods.h"

static wb_str gigabytes(wb_out *out, wb_i128 bytes) {
  return wb_out_plain(out) ? wb_out_number(out, bytes) : wb_str_fmt(out->text.ctx, "%.2f", (double)bytes / 1e9);
}

static wb_str yes(wb_out *out, bool is) { return wb_str_of(wb_out_label(out, is ? WB_LABEL_YES : WB_LABEL_NO)); }

/* ---- cases ---- */

static const wb_column CASES[] = {{"case", WB_LABEL_NAME, false},
                                  {"model", WB_LABEL_CASE_MODEL, false},
                                  {"scenario", WB_LABEL_ADVISE_SCENARIO, false},
                                  {"printed_gb", WB_LABEL_CASE_PRINTED, true},
                                  {"method_gb", WB_LABEL_CASE_SAID, true},
                                  {"with_reserve_gb", WB_LABEL_ADVISE_RESERVE, true},
                                  {"exact_bytes", WB_LABEL_CASE_EXACT, true},
                                  {"cards", WB_LABEL_CASE_MACHINE, false},
                                  {"method_fits", WB_LABEL_CASE_METHOD_FITS, false},
                                  {"exact_fits", WB_LABEL_CASE_FITS, false},
                                  {"fewest", WB_LABEL_CASE_FEWEST, true}};
#define CASE_COLUMNS (sizeof CASES / sizeof *CASES)

static wb_str fewest_text(wb_out *out, const wb_case *c) {
  if (!c->known || !c->fewest) return WB_STR("-");
  return wb_str_fmt(out->text.ctx, "%.*s%s", WB_STR_ARG(wb_out_number(out, c->fewest)), c->checkpointing ? "*" : "");
}

static void case_row(wb_out *out, wb_table *table, const wb_case *c) {
  wb_ctx *ctx = out->text.ctx;
  wb_str card = c->card.name;
  if (wb_str_starts(card, WB_STR("GeForce "))) card = wb_str_slice(card, 8, card.len);
  if (wb_out_plain(out)) wb_table_cell(table, c->name); /* elsewhere a title says it */
  wb_table_cell(table, c->model);
  wb_table_cell(table, wb_out_plain(out) || !c->known ? c->scenario : wb_str_of(wb_out_label(out, c->scenario_title)));
  wb_table_cell(table, c->printed);
  wb_table_cell(table, wb_str_fmt(ctx, "%.2f", wb_num_double(c->said)));
  wb_table_cell(table, wb_str_fmt(ctx, "%.2f", wb_num_double(c->said_with_reserve)));
  wb_table_cell(table, c->known ? gigabytes(out, c->total) : WB_STR("-"));
  wb_table_cell(table, wb_str_fmt(ctx, "%lld × %.*s", (long long)c->gpus, WB_STR_ARG(card)));
  wb_table_cell(table, yes(out, c->said_fits));
  wb_table_cell(table, yes(out, c->fits));
  wb_table_cell(table, fewest_text(out, c));
}

static bool erratum_of(wb_out *out, wb_library *lib, const wb_case *c, wb_erratum *e) {
  wb_ctx *ctx = out->text.ctx;
  const wb_decl *method = wb_method_find(lib, ctx, WB_STR("pai"));
  for (size_t at = 0; wb_erratum_next(method, &at, e);)
    if (wb_str_eq(e->id, c->erratum)) return true;
  return false;
}

/* Why the source's figures or cards fail, each sentence once. */
static void write_why(wb_out *out, wb_library *lib, const wb_case *cases, size_t count) {
  wb_erratum e;
  wb_str *said = WB_NEWN(out->text.ctx, wb_str, count);
  for (size_t i = 0; i < count; i++) {
    bool again = false;
    if (!erratum_of(out, lib, &cases[i], &e)) continue;
    said[i] = wb_erratum_text(out, lib, &e);
    for (size_t k = 0; k < i; k++) again = again || wb_str_eq(said[k], said[i]);
    if (!again) wb_text_addf(&out->text, "    %.*s\n", WB_STR_ARG(said[i]));
  }
}

static void json_case(wb_out *out, wb_json_out *j, wb_library *lib, const wb_case *c) {
  wb_erratum e;
  wb_num printed;
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "case", c->name);
  wb_jo_str(j, "title", wb_str_of(wb_out_label(out, c->title)));
  wb_jo_str(j, "model", c->model);
  wb_jo_str(j, "scenario", c->scenario);
  wb_jo_str(j, "gpu", c->card.name);
  wb_jo_int(j, "gpus", c->gpus);
  if (wb_num_parse(c->printed, &printed)) wb_jo_num(j, "printed_gb", printed);
  wb_jo_str(j, "method", c->method.by);
  wb_jo_str(j, "input", c->method.input);
  wb_jo_num(j, "method_gb", c->said);
  wb_jo_num(j, "with_reserve_gb", c->said_with_reserve);
  wb_jo_bool(j, "method_fits", c->said_fits);
  if (c->known) {
    wb_jo_int(j, "exact_bytes", c->total);
    wb_jo_int(j, "device_bytes", c->device);
    wb_jo_bool(j, "exact_fits", c->fits);
    if (c->fewest) wb_jo_int(j, "fewest", c->fewest);
    wb_jo_bool(j, "checkpointing_added", c->checkpointing);
    wb_jo_begin(j, "confirm", '[');
    for (size_t i = 0; i < c->word_count; i++) wb_jo_str(j, NULL, c->words[i]);
    wb_jo_end(j, ']');
  }
  if (erratum_of(out, lib, c, &e)) {
    wb_jo_str(j, "erratum", e.id);
    wb_jo_str(j, "why", wb_erratum_text(out, lib, &e));
  }
  wb_jo_str(j, "source", c->source);
  wb_jo_end(j, '}');
}

void wb_write_cases(wb_out *out, wb_json_out *j, wb_library *lib, const wb_case *cases, size_t count) {
  if (out->options->format == WEIGH_FORMAT_JSON) {
    wb_jo_begin(j, NULL, '{');
    wb_json_head(j, "cases");
    wb_jo_begin(j, "cases", '[');
    for (size_t i = 0; i < count; i++) json_case(out, j, lib, &cases[i]);
    wb_jo_end(j, ']');
    return;
  }
  if (!count) return;
  const bool plain = wb_out_plain(out);
  if (!plain) wb_advise_title(out, WB_NOTE_CASES, 0, NULL);
  for (size_t i = 0, n; i < count; i += n) {
    for (n = 1; i + n < count && (plain || wb_str_eq(cases[i + n].name, cases[i].name));) n++;
    wb_table table = {out->text.ctx, plain ? CASES : CASES + 1, CASE_COLUMNS - !plain, NULL, 0, 0};
    if (!plain) wb_advise_title(out, cases[i].title, 0, NULL);
    for (size_t k = i; k < i + n; k++) case_row(out, &table, &cases[k]);
    wb_advise_table(out, &table);
    if (!plain) write_why(out, lib, cases + i, n);
  }
}

/* ---- quick tables ---- */

static const wb_column BATCHES[] = {{"scenario", WB_LABEL_ADVISE_SCENARIO, false},
                                    {"batch", WB_LABEL_ADVISE_BATCH, true},
                                    {"method_factor", WB_LABEL_CASE_FACTOR, true},
                                    {"method_bytes", WB_LABEL_CASE_METHOD_GB, true},
                                    {"exact_bytes", WB_LABEL_CASE_EXACT_GB, true}};

static const weigh_count SOME_BATCHES[] = {1, 2, 4, 8};
#define BATCH_COUNT (sizeof SOME_BATCHES / sizeof *SOME_BATCHES)

/* Activations of a scenario at one batch: by the first method, with its factor on two bytes of an active parameter. */
typedef struct at_batch {
  wb_way_held held;
  wb_said said[WB_ADVICE_METHODS];
  double factor;
} at_batch;

static at_batch weigh_batch(wb_advice *a, const wb_scenario *s, weigh_count batch) {
  at_batch out = {.factor = 0};
  wb_way way = s->way;
  way.training.batch = batch;
  out.held = wb_way_compare(a, &way, NULL, out.said);
  const wb_model *m = a->model;
  const wb_num active = m->asked_active.num ? m->asked_active : m->assumed ? m->asked_total : m->active;
  out.factor = (double)out.said[0].activations / (2.0 * wb_num_double(active) * (double)batch);
  return out;
}

static void write_batches(wb_out *out, wb_json_out *j, wb_advice *a) {
  const bool json = out->options->format == WEIGH_FORMAT_JSON;
  wb_ctx *ctx = out->text.ctx;
  wb_table table = {ctx, BATCHES, sizeof BATCHES / sizeof *BATCHES, NULL, 0, 0};
  if (json) wb_jo_begin(j, "activations_by_batch", '[');
  else wb_advise_title(out, WB_NOTE_CASES_BATCHES, 0, NULL);
  for (size_t i = 0; i < a->scenario_count * BATCH_COUNT; i++) {
    const wb_scenario *s = &a->scenarios[i / BATCH_COUNT];
    const weigh_count batch = SOME_BATCHES[i % BATCH_COUNT];
    if (!s->way.trains || !s->held.known) continue;
    const at_batch b = weigh_batch(a, s, batch);
    if (json) {
      wb_jo_begin(j, NULL, '{');
      wb_jo_str(j, "scenario", s->name);
      wb_jo_int(j, "batch", batch);
      wb_jo_real(j, "method_factor", b.factor);
      wb_jo_int(j, "method_bytes", b.said[0].activations);
      wb_jo_int(j, "exact_bytes", b.held.activations);
      wb_jo_end(j, '}');
      continue;
    }
    wb_table_cell(&table, wb_out_plain(out) ? s->name : wb_scenario_title(out, s));
    wb_table_cell(&table, wb_out_number(out, batch));
    wb_table_cell(&table, wb_str_fmt(ctx, "%.3g", b.factor));
    wb_table_cell(&table, gigabytes(out, b.said[0].activations));
    wb_table_cell(&table, gigabytes(out, b.held.activations));
  }
  if (json) wb_jo_end(j, ']');
  else wb_advise_table(out, &table);
}

static const wb_column ADVISED[] = {{"scenario", WB_LABEL_ADVISE_SCENARIO, false},
                                    {"advised", WB_LABEL_CASE_CLAIM, true},
                                    {"largest", WB_LABEL_ADVISE_LARGEST, true},
                                    {"source", WB_LABEL_SOURCE, false}};

/* A source's "qlora" is QLoRA in 4 and in 8 bits, its "inference" in each precision. */
static void write_advised(wb_out *out, wb_json_out *j, const wb_advice *a) {
  const bool json = out->options->format == WEIGH_FORMAT_JSON;
  wb_table table = {out->text.ctx, ADVISED, sizeof ADVISED / sizeof *ADVISED, NULL, 0, 0};
  wb_batch_advice b;
  if (json) wb_jo_begin(j, "advised_batches", '[');
  else wb_advise_title(out, WB_NOTE_CASES_ADVISED, 1, &a->card.name);
  for (size_t at = 0; wb_batch_advice_next(&at, &b);)
    for (size_t i = 0; i < a->scenario_count; i++) {
      const wb_scenario *s = &a->scenarios[i];
      if (!wb_str_is(b.size_b, "7") || !wb_str_starts(s->name, b.scenario)) continue;
      if (json) {
        wb_jo_begin(j, NULL, '{');
        wb_jo_str(j, "scenario", s->name);
        wb_jo_str(j, "least", b.least);
        wb_jo_str(j, "most", b.most);
        wb_jo_int(j, "largest", s->largest);
        wb_jo_str(j, "source", b.source);
        wb_jo_end(j, '}');
        continue;
      }
      wb_table_cell(&table, wb_out_plain(out) ? s->name : wb_scenario_title(out, s));
      wb_table_cell(&table, wb_str_fmt(table.ctx, "%.*s–%.*s", WB_STR_ARG(b.least), WB_STR_ARG(b.most)));
      wb_table_cell(&table, wb_out_number(out, s->largest));
      wb_table_cell(&table, b.source);
    }
  if (json) wb_jo_end(j, ']');
  else wb_advise_table(out, &table);
}

void wb_write_quick(wb_out *out, wb_json_out *j, wb_advice *one, wb_advice *all) {
  if (out->options->format == WEIGH_FORMAT_JSON) {
    wb_jo_begin(j, "quick", '{');
    wb_jo_str(j, "model", all->model->name);
    wb_advise_json_scenarios(j, all);
    wb_advise_json_optimizers(j, all);
  } else {
    wb_advise_needed(out, all);
    wb_advise_cards(out, all);
    wb_advise_optimizers(out, all);
  }
  write_batches(out, j, all);
  write_advised(out, j, one);
  if (out->options->format == WEIGH_FORMAT_JSON) wb_jo_end(j, '}');
}

void wb_end_cases(wb_out *out, wb_json_out *j) {
  if (out->options->format == WEIGH_FORMAT_JSON) wb_jo_end(j, '}');
}
