/* weigh check --log: what an engine printed against what was predicted. */
#include "estimate/logged.h"
#include "report/report.h"

/* ---- JSON ---- */

static void json_setting(wb_json_out *j, const wb_log *log, size_t i) {
  const wb_log_setting *setting = &log->settings[i];
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "name", setting->name);
  wb_jo_str(j, "value", setting->value);
  wb_jo_str(j, "engine", setting->engine);
  wb_jo_int(j, "line", setting->line);
  wb_jo_end(j, '}');
}

static void json_fact(wb_json_out *j, const wb_log_fact *fact) {
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "quantity", fact->quantity);
  wb_jo_num(j, "value", fact->value);
  wb_jo_num(j, "half_digit", fact->half);
  wb_jo_str(j, "unit", fact->unit);
  wb_jo_str(j, "printed", fact->printed);
  if (fact->device.len) wb_jo_str(j, "device", fact->device);
  if (fact->rank.len) wb_jo_str(j, "rank", fact->rank);
  wb_jo_str(j, "engine", fact->engine);
  wb_jo_int(j, "line", fact->line);
  wb_jo_end(j, '}');
}

static void json_compared(wb_json_out *j, const wb_compared *c) {
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "quantity", wb_str_of(c->predicted.quantity));
  wb_jo_str(j, "unit", c->fact->unit);
  wb_jo_num(j, "logged", c->logged);
  wb_jo_num(j, "half_digit", c->half);
  wb_jo_num(j, "predicted", c->predicted.best);
  wb_jo_num(j, "low", c->predicted.low);
  wb_jo_num(j, "high", c->predicted.high);
  if (c->predicted.given) wb_jo_str(j, "given", wb_str_of(c->predicted.given));
  wb_jo_str(j, "basis", wb_str_of(wb_basis_name(c->predicted.basis)));
  wb_jo_real(j, "difference_percent", c->difference);
  wb_jo_bool(j, "inside", c->inside);
  wb_jo_int(j, "line", c->fact->line);
  wb_jo_end(j, '}');
}

/* The question that was asked of the estimate. */
static void json_set_up(wb_json_out *j, const wb_log_set_up *up) {
  const weigh_serving *s = &up->serving;
  const struct {
    const char *name, *value;
  } texts[] = {
      {"engine", s->engine}, {"dtype", s->dtype}, {"quant", s->quant}, {"kv_dtype", s->kv_dtype}, {"gpu", s->gpu}};
  const struct {
    const char *name;
    weigh_count value;
  } counts[] = {{"gpu_memory_bytes", s->gpu_memory_bytes},
                {"gpus", s->gpus},
                {"tp", s->tp},
                {"pp", s->pp},
                {"dp", s->dp},
                {"context", s->context}};
  wb_jo_begin(j, "asked", '{');
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    if (texts[i].value) wb_jo_str(j, texts[i].name, wb_str_of(texts[i].value));
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    if (counts[i].value) wb_jo_int(j, counts[i].name, counts[i].value);
  wb_jo_begin(j, "engine_options", '[');
  for (size_t i = 0; i < s->engine_option_count; i++) wb_jo_str(j, NULL, wb_str_of(s->engine_options[i]));
  wb_jo_end(j, ']');
  wb_jo_end(j, '}');
}

/* Why quantities of the log have no prediction, in the order of wb_log_need. */
static const struct {
  const char *name;
  wb_message_id message;
} REASONS[WB_LOG_NEEDS] = {{"set_up", WB_LOG_SKIP_SET_UP},  {"weights", WB_LOG_SKIP_WEIGHTS},
                           {"cache", WB_LOG_SKIP_CACHE},    {"drafting", WB_LOG_SKIP_TARGET},
                           {"card", WB_LOG_SKIP_CARD},      {"places", WB_LOG_SKIP_PLACES},
                           {"context", WB_LOG_SKIP_CONTEXT}};

static void json_skipped(wb_json_out *j, const wb_log_check *check) {
  wb_jo_begin(j, "not_predicted", '[');
  for (size_t i = 0; i < WB_LOG_NEEDS; i++) {
    const wb_str quantities = wb_text_str(&check->prediction.skipped[i]);
    wb_str name;
    if (!quantities.len) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "missing", wb_str_of(REASONS[i].name));
    wb_jo_begin(j, "quantities", '[');
    for (size_t at = 0; wb_str_next(quantities, ',', &at, &name);) wb_jo_str(j, NULL, name);
    wb_jo_end(j, ']');
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void write_json(wb_out *out, const wb_log *log, wb_model *m, const wb_log_check *check) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "check_log");
  wb_jo_str(&j, "log", wb_str_of(out->options->log));
  wb_jo_str(&j, "engine", log->engine);
  wb_jo_str(&j, "engine_version", wb_log_setting_of(log, "version"));
  if (m) wb_jo_str(&j, "model", m->name);
  else wb_jo_null(&j, "model");
  wb_jo_int(&j, "starts", (wb_i128)log->starts);
  wb_jo_int(&j, "lines", (wb_i128)log->lines);
  wb_jo_int(&j, "recognised_lines", (wb_i128)log->recognised);
  wb_jo_int(&j, "shortened_lines", (wb_i128)log->shortened);
  wb_jo_int(&j, "dropped", (wb_i128)log->dropped);
  wb_jo_begin(&j, "settings", '[');
  for (size_t i = 0; i < log->setting_count; i++) json_setting(&j, log, i);
  wb_jo_end(&j, ']');
  wb_jo_begin(&j, "facts", '[');
  for (size_t i = 0; i < log->fact_count; i++) json_fact(&j, &log->facts[i]);
  wb_jo_end(&j, ']');
  if (m) json_set_up(&j, &check->prediction.set_up);
  wb_jo_begin(&j, "compared", '[');
  for (size_t i = 0; i < check->count; i++) json_compared(&j, &check->items[i]);
  wb_jo_end(&j, ']');
  if (check->count) wb_jo_bool(&j, "all_inside", check->yes);
  else wb_jo_null(&j, "all_inside");
  json_skipped(&j, check);
  if (m) wb_json_warnings(&j, m);
  wb_jo_end(&j, '}');
}

/* ---- the table ---- */

static const wb_column COLUMNS[] = {{"quantity", WB_LABEL_QUANTITY, false},
                                    {"where", WB_LABEL_DEVICE, false},
                                    {"logged", WB_LABEL_LOGGED, true},
                                    {"predicted", WB_LABEL_PREDICTED, true},
                                    {"low", WB_LABEL_LOW, true},
                                    {"high", WB_LABEL_HIGH, true},
                                    {"difference_percent", WB_LABEL_DIFFERENCE_PERCENT, true},
                                    {"inside", WB_LABEL_INSIDE, false},
                                    {"basis", WB_LABEL_BASIS, false},
                                    {"given", WB_LABEL_GIVEN, false},
                                    {"line", WB_LABEL_LINE, true}};

static wb_str figure(wb_out *out, wb_str unit, wb_num value) {
  wb_ctx *ctx = out->text.ctx;
  const double number = wb_num_double(value), gib = number / WB_GIB;
  const int places = wb_str_is(unit, "bytes") ? 0 : 2;
  if (wb_out_plain(out) || !wb_str_is(unit, "bytes"))
    return wb_num_is_int(value) ? wb_out_number(out, value.num) : wb_str_fmt(ctx, "%.*f", places, number);
  if (gib >= 1 || gib <= -1) return wb_str_fmt(ctx, "%.2f GiB", gib);
  return wb_str_fmt(ctx, "%.2f MiB", gib * 1024);
}

static bool is_sum(const wb_compared *c) {
  return c->predicted.fold == WB_LOG_SUM || c->predicted.fold == WB_LOG_OF_DEVICES ||
         c->predicted.fold == WB_LOG_OF_HOST;
}

static void add_compared(wb_out *out, wb_table *table, const wb_compared *c) {
  wb_ctx *ctx = out->text.ctx;
  wb_table_cell(table, wb_str_of(c->predicted.quantity));
  wb_table_cell(table, is_sum(c) ? WB_STR("") : c->fact->device.len ? c->fact->device : c->fact->rank);
  wb_table_cell(table, figure(out, c->fact->unit, c->logged));
  wb_table_cell(table, figure(out, c->fact->unit, c->predicted.best));
  wb_table_cell(table, figure(out, c->fact->unit, c->predicted.low));
  wb_table_cell(table, figure(out, c->fact->unit, c->predicted.high));
  wb_table_cell(table, wb_str_fmt(ctx, "%+.2f", c->difference));
  wb_table_cell(table, wb_out_plain(out) ? wb_str_of(c->inside ? "true" : "false")
                                         : wb_str_of(wb_out_label(out, c->inside ? WB_LABEL_YES : WB_LABEL_NO)));
  wb_table_cell(table, wb_str_of(wb_basis_name(c->predicted.basis)));
  wb_table_cell(table, wb_str_of(c->predicted.given ? c->predicted.given : ""));
  wb_table_cell(table, wb_str_fmt(ctx, "%u", c->fact->line));
}

static bool is_compared(const wb_log_check *check, const wb_log_fact *fact) {
  for (size_t i = 0; i < check->count; i++)
    if (wb_str_is(fact->quantity, check->items[i].predicted.quantity)) return true;
  return false;
}

/* Whether an earlier fact said the same of the same device: ranks repeat each other. */
static bool is_repeated(const wb_log *log, size_t i) {
  for (size_t k = i > 400 ? i - 400 : 0; k < i; k++)
    if (wb_str_eq(log->facts[k].quantity, log->facts[i].quantity) &&
        wb_str_eq(log->facts[k].device, log->facts[i].device) &&
        wb_str_eq(log->facts[k].printed, log->facts[i].printed))
      return true;
  return false;
}

static void add_fact(wb_out *out, wb_table *table, const wb_log_fact *fact) {
  wb_table_cell(table, fact->quantity);
  wb_table_cell(table, fact->device.len ? fact->device : fact->rank);
  const bool as_printed = !wb_out_plain(out) && wb_str_ends(fact->printed, WB_STR("iB"));
  wb_table_cell(table, as_printed ? fact->printed : figure(out, fact->unit, fact->value));
  for (int i = 0; i < 7; i++) wb_table_cell(table, WB_STR(""));
  wb_table_cell(table, wb_str_fmt(out->text.ctx, "%u", fact->line));
}

/* People get at most so many figures without a prediction. */
#define SHOWN 40

static void write_table(wb_out *out, const wb_log *log, const wb_log_check *check) {
  wb_table table = {out->text.ctx, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, NULL, 0, 0};
  const bool all = wb_out_plain(out);
  size_t shown = 0;
  for (size_t i = 0; i < check->count; i++) add_compared(out, &table, &check->items[i]);
  for (size_t i = 0; i < log->fact_count; i++) {
    if (!all && (is_compared(check, &log->facts[i]) || is_repeated(log, i) || shown++ >= SHOWN)) continue;
    add_fact(out, &table, &log->facts[i]);
  }
  wb_table_write(out, &table);
}

/* ---- text ---- */

/* Which sentence says what was found. */
static wb_message_id finding(const wb_log *log, const wb_model *m, wb_str named) {
  if (m) return log->engine.len ? WB_LOG_SET_UP : WB_LOG_TOOL;
  if (!log->engine.len) return WB_LOG_TOOL;
  return named.len ? WB_LOG_NO_MODEL : WB_LOG_NO_NAME;
}

static void write_settings(wb_out *out, const wb_log *log) {
  size_t column = 0;
  for (size_t i = 0; i < log->setting_count; i++) {
    const wb_log_setting *setting = &log->settings[i];
    const wb_str shown = wb_str_fmt(out->text.ctx, "%.*s %.*s", WB_STR_ARG(setting->name), WB_STR_ARG(setting->value));
    if (column && column + shown.len > 110) column = 0;
    wb_text_addf(&out->text, "%s%.*s", column ? " · " : i ? "\n  " : "  ", WB_STR_ARG(shown));
    column += shown.len + 3;
  }
  if (log->setting_count) wb_text_addc(&out->text, '\n');
}

static void write_set_up(wb_out *out, const wb_log *log, const wb_model *m) {
  const wb_str version = wb_log_setting_of(log, "version");
  wb_str named = wb_log_setting_of(log, "model"), engine = log->engine;
  if (!named.len) named = wb_log_setting_of(log, "model_path");
  if (version.len) engine = wb_str_fmt(out->text.ctx, "%.*s %.*s", WB_STR_ARG(engine), WB_STR_ARG(version));
  wb_str args[3] = {engine, m ? m->name : named, wb_out_number(out, (wb_i128)log->recognised)};
  if (out->options->log) wb_text_addf(&out->text, "%s\n", out->options->log);
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, finding(log, m, named), 3, args);
  wb_text_addc(&out->text, '\n');
  write_settings(out, log);
}

static void write_skipped(wb_out *out, const wb_log_check *check) {
  const wb_log_set_up *up = &check->prediction.set_up;
  for (size_t i = 0; i < WB_LOG_NEEDS; i++) {
    const wb_str quantities = wb_text_str(&check->prediction.skipped[i]);
    const wb_str named = 1u << i == WB_LOG_NEEDS_WEIGHTS ? up->format : up->cache;
    if (!quantities.len) continue;
    wb_text_adds(&out->text, "  ");
    wb_out_message(out, REASONS[i].message, 2, (wb_str[]){quantities, named.len ? named : WB_STR("?")});
    wb_text_addc(&out->text, '\n');
  }
}

static void write_text(wb_out *out, const wb_log *log, wb_model *m, const wb_log_check *check) {
  write_set_up(out, log, m);
  if (m) wb_out_warnings(out, m);
  if (m && check->count) {
    wb_text_adds(&out->text, "  ");
    wb_out_message(out, check->yes ? WB_LOG_ALL_INSIDE : WB_LOG_OUTSIDE, 0, NULL);
    wb_text_addc(&out->text, '\n');
  }
  if (m) write_skipped(out, check);
  if (!log->fact_count) return;
  wb_text_addc(&out->text, '\n');
  write_table(out, log, check);
}

bool wb_report_check_log(wb_out *out, const wb_log *log, wb_model *m) {
  wb_log_check check = {.yes = true};
  if (m) check = wb_log_compare(m, log, &out->options->serving);
  if (out->options->format == WEIGH_FORMAT_JSON) write_json(out, log, m, &check);
  else if (out->options->format == WEIGH_FORMAT_TEXT) write_text(out, log, m, &check);
  else write_table(out, log, &check);
  return check.yes;
}
