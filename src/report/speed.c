/* weigh speed: time to the first token and tokens per second, as bounds. */
#include "estimate/speed.h"
#include "report/report.h"

typedef struct facts {
  wb_model *model;
  wb_speed *speed;
  const wb_speed_question *question;
  const wb_rates *rates;
  wb_speed_lengths lengths;
  wb_speed_answer answer;
  wb_i128 turning, weights_turning;
} facts;

static facts gather(wb_model *m, const weigh_report_options *options) {
  facts f = {.model = m};
  f.speed = wb_speed_ask(m, &options->serving, &f.lengths);
  f.question = wb_speed_asked(f.speed);
  f.rates = wb_speed_rates(f.speed);
  if (!wb_speed_at(f.speed, f.lengths.sequences, f.lengths.middle, f.lengths.prompt, &f.answer))
    WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  f.turning = wb_speed_turning(f.speed, f.lengths.middle, false);
  f.weights_turning = wb_speed_turning(f.speed, f.lengths.middle, true);
  return f;
}

static bool is_split(const facts *f) { return f->question->layout.tp > 1 || f->question->layout.pp > 1; }

/* ---- how a time comes about ---- */

/* max(flops / (rate * share), bytes / (bandwidth * share)) of each sort, and what comes on top: the best reading with its
 * numbers, which evaluates to the figure. */
static wb_str numbers_of(const facts *f, const wb_pass_speed *p) {
  const wb_rates *r = f->rates;
  const double rate = r->compute.best, share = r->shares[WB_SHARE_COMPUTE].value.best;
  const double reach = r->shares[WB_SHARE_BANDWIDTH].value.best;
  wb_text t = {.ctx = &f->model->ctx};
  for (int i = 0; i < WB_SORT_COUNT; i++) {
    const double beside[WB_SORT_COUNT] = {p->activation_bytes.best, 0, p->cache_bytes.best};
    const double bytes = p->weight_bytes[i] + beside[i];
    if (!(bytes > 0) && !(p->flops[i] > 0)) continue;
    wb_text_adds(&t, t.len ? " + " : "");
    if (rate > 0 && p->flops[i] > 0)
      wb_text_addf(&t, "max(%.9g / (%.9g * %g), %.9g / (%.9g * %g))", p->flops[i], rate, share, bytes, r->bandwidth,
                   reach);
    else wb_text_addf(&t, "%.9g / (%.9g * %g)", bytes, r->bandwidth, reach);
  }
  const double hops = f->question->layout.pp - 1, each = r->shares[WB_SHARE_ALL_REDUCE_SECONDS].value.best;
  if (p->link_bytes > 0)
    wb_text_addf(&t, " + %.9g / (%.9g * %g)", p->link_bytes, r->link, r->shares[WB_SHARE_ALL_REDUCE].value.best);
  if (is_split(f)) wb_text_addf(&t, " + (%g + %g) * %g", p->sums, hops, each);
  wb_text_addf(&t, " + %g", p->overhead_s.best);
  return wb_text_str(&t);
}

static const char FORMULA[] =
    "max(dense_flops / (peak * share), (dense_bytes + activation_bytes) / (bandwidth * share)) "
    "+ max(routed_flops / (peak * share), routed_bytes / (bandwidth * share)) "
    "+ max(attention_flops / (peak * share), cache_bytes / (bandwidth * share)) "
    "+ activation_bytes / (bandwidth * share) "
    "+ link_bytes / (link * share) + (sums + hops) * all_reduce_seconds + overhead";

/* ---- JSON ---- */

static void json_interval(wb_json_out *j, const char *key, const wb_interval *i, const char *basis, const char *formula,
                          wb_str numbers) {
  if (!(i->best > 0)) {
    wb_jo_null(j, key);
    return;
  }
  wb_jo_begin(j, key, '{');
  wb_jo_real(j, "low", i->low);
  wb_jo_real(j, "best", i->best);
  wb_jo_real(j, "high", i->high);
  if (basis) wb_jo_str(j, "basis", wb_str_of(basis));
  if (formula) wb_jo_str(j, "formula", wb_str_of(formula));
  if (numbers.len) wb_jo_str(j, "numbers", numbers);
  wb_jo_end(j, '}');
}

static void json_range(wb_json_out *j, const char *key, const wb_interval *i) {
  wb_jo_begin(j, key, '{');
  wb_jo_real(j, "low", i->low);
  wb_jo_real(j, "best", i->best);
  wb_jo_real(j, "high", i->high);
  wb_jo_end(j, '}');
}

static void json_pass(wb_json_out *j, const char *key, const wb_pass_speed *p) {
  wb_jo_begin(j, key, '{');
  wb_jo_str(j, "bound", wb_str_of(wb_bound_name(p->bound)));
  wb_jo_begin(j, "work", '[');
  for (int i = 0; i < WB_SORT_COUNT; i++) {
    if (!(p->flops[i] > 0) && !(p->weight_bytes[i] > 0)) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", wb_str_of(wb_sort_name((wb_sort)i)));
    wb_jo_real(j, "flops", p->flops[i]);
    if (i == WB_SORT_ATTENTION) wb_jo_real(j, "unskipped_flops", p->unskipped_flops);
    wb_jo_real(j, "weight_bytes", p->weight_bytes[i]);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
  json_range(j, "cache_bytes", &p->cache_bytes);
  json_range(j, "activation_bytes", &p->activation_bytes);
  wb_jo_real(j, "link_bytes", p->link_bytes);
  const struct {
    const char *key;
    const wb_interval *value;
  } sides[] = {
      {"compute_s", &p->compute_s}, {"memory_s", &p->memory_s}, {"link_s", &p->link_s}, {"overhead_s", &p->overhead_s}};
  for (size_t i = 0; p->bound != WB_BOUND_UNKNOWN && i < sizeof sides / sizeof *sides; i++)
    json_range(j, sides[i].key, sides[i].value);
  wb_jo_end(j, '}');
}

static void json_rates(wb_json_out *j, const facts *f) {
  const wb_card *card = &f->question->card;
  const wb_rates *r = f->rates;
  wb_jo_begin(j, "gpu", '{');
  wb_jo_str(j, "name", card->name);
  if (r->bandwidth > 0) wb_jo_real(j, "bandwidth_gb_s", r->bandwidth / 1e9);
  if (r->compute.best > 0) {
    wb_jo_real(j, "compute_tflops", r->compute.best / 1e12);
    wb_jo_str(j, "compute_rate", r->compute_name);
  }
  if (is_split(f) && r->link > 0) wb_jo_real(j, "link_gb_s", r->link / 1e9);
  wb_jo_str(j, "source", card->source);
  wb_jo_end(j, '}');
  wb_jo_begin(j, "shares", '[');
  for (int i = 0; i < WB_SHARE_COUNT; i++) {
    if (!is_split(f) && (i == WB_SHARE_ALL_REDUCE || i == WB_SHARE_ALL_REDUCE_SECONDS)) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", r->shares[i].name);
    wb_jo_real(j, "low", r->shares[i].value.low);
    wb_jo_real(j, "best", r->shares[i].value.best);
    wb_jo_real(j, "high", r->shares[i].value.high);
    wb_jo_str(j, "basis", r->shares[i].basis);
    wb_jo_str(j, "source", r->shares[i].source);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

/* What is not known, as sentences. */
#define UNKNOWNS 4
static size_t unknowns(const wb_out *out, const facts *f, wb_str texts[UNKNOWNS]) {
  const wb_rates *r = f->rates;
  size_t n = 0;
  wb_text compute = {.ctx = out->text.ctx};
  const wb_str name[] = {f->question->dtype};
  if (!(r->bandwidth > 0)) texts[n++] = wb_str_of(wb_out_label(out, WB_NOTE_NO_BANDWIDTH));
  if (!(r->compute.best > 0)) {
    wb_message_add(&compute, WB_NOTE_NO_COMPUTE, out->lang, name, 1);
    texts[n++] = wb_text_str(&compute);
  }
  if (!wb_speed_generates(f->speed)) texts[n++] = wb_str_of(wb_out_label(out, WB_NOTE_NO_STEPS));
  if (f->question->layout.tp > 1 && !(r->link > 0)) texts[n++] = wb_str_of(wb_out_label(out, WB_NOTE_NO_LINK));
  return n;
}

static void json_question(wb_json_out *j, const facts *f) {
  wb_jo_str(j, "model", f->model->name);
  wb_jo_str(j, "model_type", f->model->model_type);
  wb_jo_int(j, "prompt", f->lengths.prompt);
  wb_jo_int(j, "output", f->lengths.output);
  wb_jo_int(j, "context", f->lengths.context);
  wb_jo_int(j, "tokens_at_step", f->lengths.middle);
  wb_jo_int(j, "sequences", f->lengths.sequences);
  wb_jo_str(j, "weights", f->question->weights);
  wb_jo_str(j, "dtype", f->question->dtype);
  wb_jo_str(j, "kv_dtype", f->question->kv_dtype);
  wb_jo_int(j, "gpus", (wb_i128)f->question->layout.tp * f->question->layout.pp);
  wb_jo_int(j, "tp", f->question->layout.tp);
  wb_jo_int(j, "pp", f->question->layout.pp);
}

static void json_turn(wb_json_out *j, const char *key, wb_i128 batch) {
  if (batch) wb_jo_int(j, key, batch);
  else wb_jo_null(j, key);
}

static void write_json(wb_out *out, const facts *f) {
  const wb_speed_answer *a = &f->answer;
  wb_json_out j = {.out = out, .first = true};
  wb_str texts[UNKNOWNS];
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "speed");
  json_question(&j, f);
  json_interval(&j, "time_to_first_token_s", &a->first_token_s, "heuristic", FORMULA, numbers_of(f, &a->first));
  json_interval(&j, "time_to_first_token_all_s", &a->all_first_tokens_s, "heuristic", FORMULA, numbers_of(f, &a->all));
  json_interval(&j, "time_per_output_token_s", &a->step_s, "heuristic", FORMULA, numbers_of(f, &a->step));
  json_interval(&j, "tokens_per_second_per_sequence", &a->per_sequence, "heuristic", "1 / time_per_output_token_s",
                WB_STR(""));
  json_interval(&j, "tokens_per_second", &a->total, "heuristic", "sequences / time_per_output_token_s", WB_STR(""));
  json_interval(&j, "prompt_tokens_per_second", &a->prompt_rate, "heuristic", "prompt / time_to_first_token_s",
                WB_STR(""));
  wb_jo_str(&j, "bound", wb_str_of(wb_bound_name(a->step.bound)));
  wb_jo_str(&j, "prompt_bound", wb_str_of(wb_bound_name(a->first.bound)));
  json_turn(&j, "turning_batch", f->turning);
  json_turn(&j, "weights_turning_batch", f->weights_turning);
  json_pass(&j, "prompt_pass", &a->first);
  json_pass(&j, "step", &a->step);
  json_rates(&j, f);
  wb_jo_begin(&j, "unknown", '[');
  for (size_t i = 0, n = unknowns(out, f, texts); i < n; i++) wb_jo_str(&j, NULL, texts[i]);
  wb_jo_end(&j, ']');
  wb_jo_bool(&j, "complete", wb_model_enumerated(f->model));
  wb_json_warnings(&j, f->model);
  wb_jo_end(&j, '}');
}

/* ---- text and tables ---- */

static const wb_column COLUMNS[] = {{"figure", WB_LABEL_FIGURE, false},
                                    {"best", WB_LABEL_BEST, true},
                                    {"low", WB_LABEL_LOW, true},
                                    {"high", WB_LABEL_HIGH, true}};

static wb_str shown(const wb_out *out, double value, double scale) {
  if (!(value > 0)) return WB_STR("");
  if (wb_out_plain(out)) return wb_str_fmt(out->text.ctx, "%.6g", value);
  return wb_str_fmt(out->text.ctx,
                    value * scale >= 100  ? "%.0f"
                    : value * scale >= 10 ? "%.1f"
                                          : "%.2f",
                    value * scale);
}

static void row(wb_out *out, wb_table *table, const char *key, wb_message_id label, const wb_interval *i,
                double scale) {
  wb_table_cell(table, wb_out_plain(out) ? wb_str_of(key) : wb_str_of(wb_out_label(out, label)));
  wb_table_cell(table, shown(out, i->best, scale));
  wb_table_cell(table, shown(out, i->low, scale));
  wb_table_cell(table, shown(out, i->high, scale));
}

static void write_table(wb_out *out, const facts *f) {
  const wb_speed_answer *a = &f->answer;
  wb_table table = {out->text.ctx, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, NULL, 0, 0};
  row(out, &table, "time_to_first_token_s", WB_LABEL_FIRST_TOKEN, &a->first_token_s, 1e3);
  if (f->lengths.sequences > 1 || wb_out_plain(out))
    row(out, &table, "time_to_first_token_all_s", WB_LABEL_FIRST_TOKENS, &a->all_first_tokens_s, 1e3);
  row(out, &table, "time_per_output_token_s", WB_LABEL_STEP, &a->step_s, 1e3);
  row(out, &table, "tokens_per_second_per_sequence", WB_LABEL_RATE_EACH, &a->per_sequence, 1);
  row(out, &table, "tokens_per_second", WB_LABEL_RATE_ALL, &a->total, 1);
  row(out, &table, "prompt_tokens_per_second", WB_LABEL_RATE_PROMPT, &a->prompt_rate, 1);
  wb_table_write(out, &table);
}

static void line(wb_out *out, wb_message_id id, size_t count, const wb_str *args) {
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, id, count, args);
  wb_text_addc(&out->text, '\n');
}

static wb_str share_text(wb_ctx *ctx, const wb_share *share) {
  return wb_str_fmt(ctx, "%.0f–%.0f %%", 100 * share->value.low, 100 * share->value.high);
}

static wb_str bound_text(const wb_out *out, wb_bound bound) {
  static const wb_message_id NAMES[] = {WB_LABEL_BOUND_UNKNOWN, WB_LABEL_BOUND_COMPUTE, WB_LABEL_BOUND_BANDWIDTH,
                                        WB_LABEL_BOUND_LINK, WB_LABEL_BOUND_OVERHEAD};
  return wb_str_of(wb_out_label(out, NAMES[bound]));
}

static void write_notes(wb_out *out, const facts *f) {
  wb_ctx *ctx = out->text.ctx;
  const wb_rates *r = f->rates;
  wb_str texts[UNKNOWNS];
  const size_t count = unknowns(out, f, texts);
  const wb_str bounds[] = {bound_text(out, f->answer.first.bound), bound_text(out, f->answer.step.bound)};
  if (f->answer.step.bound != WB_BOUND_UNKNOWN) line(out, WB_NOTE_BOUND, 2, bounds);
  const wb_str turning[] = {wb_out_number(out, f->turning ? f->turning : f->weights_turning)};
  if (f->turning) line(out, WB_NOTE_TURNS, 1, turning);
  else if (f->weights_turning) line(out, WB_NOTE_WEIGHTS_TURN, 1, turning);
  const wb_str args[] = {wb_str_fmt(ctx, "%.6g", r->bandwidth / 1e9), share_text(ctx, &r->shares[WB_SHARE_BANDWIDTH]),
                         wb_str_fmt(ctx, "%.6g", r->compute.best / 1e12), r->compute_name,
                         share_text(ctx, &r->shares[WB_SHARE_COMPUTE])};
  if (!count) line(out, WB_NOTE_SHARES, 5, args);
  if (!count && r->compute_stands_in) line(out, WB_NOTE_STANDS_IN, 0, NULL);
  for (size_t i = 0; i < count; i++) wb_text_addf(&out->text, "  %.*s\n", WB_STR_ARG(texts[i]));
}

static void write_text(wb_out *out, const facts *f) {
  wb_ctx *ctx = out->text.ctx;
  const wb_speed_question *q = f->question;
  wb_text_addf(&out->text, "%.*s, %u × %.*s\n", WB_STR_ARG(f->model->name), q->layout.tp * q->layout.pp,
               WB_STR_ARG(q->card.name));
  wb_out_warnings(out, f->model);
  const wb_str args[] = {wb_out_number(out, f->lengths.sequences), wb_out_number(out, f->lengths.prompt),
                         wb_str_copy(ctx, wb_out_number(out, f->lengths.output)), q->weights, q->kv_dtype};
  line(out, WB_NOTE_SPEED, 5, args);
  wb_text_addc(&out->text, '\n');
  write_table(out, f);
  wb_text_addc(&out->text, '\n');
  write_notes(out, f);
}

void wb_write_speed_line(wb_out *out, wb_model *m, const weigh_serving *asked) {
  wb_ctx *ctx = out->text.ctx;
  wb_speed_lengths lengths;
  wb_speed_answer a;
  if (!asked->gpu) return;
  const wb_speed *speed = wb_speed_ask(m, asked, &lengths);
  if (!wb_speed_at(speed, lengths.sequences, lengths.middle, lengths.prompt, &a)) return;
  if (!(a.first_token_s.best > 0) || !(a.step_s.best > 0)) return;
  const wb_str args[] = {
      wb_str_fmt(ctx, "%.3g (%.3g–%.3g)", a.first_token_s.best, a.first_token_s.low, a.first_token_s.high),
      wb_out_number(out, lengths.prompt),
      wb_str_fmt(ctx, "%.3g (%.3g–%.3g)", a.per_sequence.best, a.per_sequence.low, a.per_sequence.high),
      wb_str_fmt(ctx, "%.3g", a.total.best), bound_text(out, a.step.bound)};
  line(out, WB_NOTE_SPEED_LINE, 5, args);
}

void wb_report_speed(wb_out *out, wb_model *m) {
  const facts f = gather(m, out->options);
  out->figures_are_loaded = true;
  if (out->options->format == WEIGH_FORMAT_JSON) write_json(out, &f);
  else if (out->options->format == WEIGH_FORMAT_TEXT) write_text(out, &f);
  else write_table(out, &f);
}
