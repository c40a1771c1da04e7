/* weigh sweep: a row for each point, written as it is found. Nothing is kept of a row, so a million take no memory. */
#include <stddef.h>

#include "estimate/sweep.h"
#include "report/report.h"

typedef enum cell { CELL_BYTES, CELL_COUNT, CELL_FITS, CELL_SECONDS, CELL_RATE } cell;

/* When a column is there, and what its figures need to be known. */
typedef enum need { NEED_NOTHING, NEED_CARD, NEED_POOL, NEED_REACH, NEED_SPEED } need;

typedef struct column {
  const char *key;
  wb_message_id label;
  cell cell;
  need need;
  size_t at;     /* in wb_sweep_figures */
  bool for_eyes; /* in text and Markdown too */
} column;

#define AT(member) offsetof(wb_sweep_figures, member)

static const column COLUMNS[] = {
    {"device_bytes", WB_LABEL_SWEEP_DEVICE, CELL_BYTES, NEED_NOTHING, AT(device.best), true},
    {"low_bytes", WB_LABEL_LOW, CELL_BYTES, NEED_NOTHING, AT(device.low), true},
    {"high_bytes", WB_LABEL_HIGH, CELL_BYTES, NEED_NOTHING, AT(device.high), true},
    {"total_bytes", WB_LABEL_SWEEP_TOTAL, CELL_BYTES, NEED_NOTHING, AT(total), false},
    {"weights_bytes", WB_LABEL_SWEEP_WEIGHTS, CELL_BYTES, NEED_NOTHING, AT(weights), true},
    {"kv_cache_bytes", WB_LABEL_SWEEP_CACHE, CELL_BYTES, NEED_NOTHING, AT(kv_cache), true},
    {"state_bytes", WB_LABEL_SWEEP_STATE, CELL_BYTES, NEED_NOTHING, AT(state), true},
    {"budget_bytes", WB_LABEL_SWEEP_BUDGET, CELL_BYTES, NEED_CARD, AT(budget), true},
    {"fits", WB_LABEL_SWEEP_FITS, CELL_FITS, NEED_CARD, AT(fits), true},
    {"kv_cache_tokens", WB_LABEL_SWEEP_TOKENS, CELL_COUNT, NEED_POOL, AT(tokens), true},
    {"max_context", WB_LABEL_SWEEP_CONTEXT, CELL_COUNT, NEED_REACH, AT(max_context), true},
    {"max_sequences", WB_LABEL_SWEEP_SEQUENCES, CELL_COUNT, NEED_REACH, AT(max_sequences), true},
    {"time_to_first_token_s", WB_LABEL_SWEEP_FIRST, CELL_SECONDS, NEED_SPEED, AT(first_token_s.best), true},
    {"time_to_first_token_s_low", WB_LABEL_LOW, CELL_SECONDS, NEED_SPEED, AT(first_token_s.low), false},
    {"time_to_first_token_s_high", WB_LABEL_HIGH, CELL_SECONDS, NEED_SPEED, AT(first_token_s.high), false},
    {"tokens_per_second_per_sequence", WB_LABEL_RATE_EACH, CELL_RATE, NEED_SPEED, AT(per_sequence.best), true},
    {"tokens_per_second_per_sequence_low", WB_LABEL_LOW, CELL_RATE, NEED_SPEED, AT(per_sequence.low), false},
    {"tokens_per_second_per_sequence_high", WB_LABEL_HIGH, CELL_RATE, NEED_SPEED, AT(per_sequence.high), false},
    {"tokens_per_second", WB_LABEL_RATE_ALL, CELL_RATE, NEED_SPEED, AT(rate.best), true},
    {"tokens_per_second_low", WB_LABEL_LOW, CELL_RATE, NEED_SPEED, AT(rate.low), false},
    {"tokens_per_second_high", WB_LABEL_HIGH, CELL_RATE, NEED_SPEED, AT(rate.high), false},
};
#define COLUMN_COUNT (sizeof COLUMNS / sizeof *COLUMNS)

struct wb_sweep_writer {
  wb_out *out;
  const wb_sweep *sweep;
  wb_json_out json;
  bool shown[COLUMN_COUNT];
  size_t widths[COLUMN_COUNT]; /* of text */
  size_t variable_widths[WB_SWEEP_VARIABLES];
  bool any; /* a row was written */
  bool lines;
  wb_text cell;
};

/* ---- which columns ---- */

static bool varies(const wb_sweep *sweep, const char *name) {
  for (size_t i = 0; i < sweep->count; i++)
    if (wb_str_is(sweep->variables[i].name, name)) return true;
  return false;
}

/* People are shown what may hold something; programs always the same columns. */
static bool is_shown(const wb_sweep_writer *w, const column *c) {
  const weigh_report_options *o = w->out->options;
  const weigh_serving *asked = &o->serving;
  const bool for_eyes = o->format == WEIGH_FORMAT_TEXT || o->format == WEIGH_FORMAT_MARKDOWN;
  const bool card = asked->gpu || asked->gpu_memory_bytes || varies(w->sweep, "gpu") || varies(w->sweep, "gpu-memory");
  if (for_eyes && !c->for_eyes) return false;
  if (c->need == NEED_REACH) return o->sweep.with_reach;
  if (c->need == NEED_SPEED) return o->sweep.with_speed;
  if (for_eyes && c->need == NEED_CARD) return card;
  if (for_eyes && c->need == NEED_POOL) return asked->engine || varies(w->sweep, "engine");
  return true;
}

static bool is_known(const column *c, const wb_sweep_figures *f) {
  const char *at = (const char *)f + c->at;
  if (c->need == NEED_CARD) return f->has_card;
  if (c->need == NEED_REACH) return f->has_card && *(const wb_i128 *)(const void *)at < WB_SERVING_MOST;
  if (c->need == NEED_POOL) return f->tokens > 0;
  if (c->need == NEED_SPEED) return *(const double *)(const void *)at > 0;
  return true;
}

/* ---- cells ---- */

/* As programs read it. */
static void add_plain(wb_text *out, const column *c, const wb_sweep_figures *f) {
  const void *at = (const char *)f + c->at;
  switch (c->cell) {
    case CELL_BYTES:
    case CELL_COUNT: wb_i128_print(out, *(const wb_i128 *)at); break;
    case CELL_FITS: wb_text_adds(out, f->fits ? "true" : "false"); break;
    case CELL_SECONDS:
    case CELL_RATE: wb_text_addf(out, "%.12g", *(const double *)at); break;
  }
}

/* As people do: GiB, grouped digits, milliseconds. */
static void add_readable(const wb_sweep_writer *w, wb_text *out, const column *c, const wb_sweep_figures *f) {
  const void *at = (const char *)f + c->at;
  switch (c->cell) {
    case CELL_BYTES: wb_text_addf(out, "%.2f", (double)*(const wb_i128 *)at / WB_GIB); break;
    case CELL_COUNT: wb_i128_print_grouped(out, *(const wb_i128 *)at); break;
    case CELL_FITS: wb_text_adds(out, wb_out_label(w->out, f->fits ? WB_LABEL_YES : WB_LABEL_NO)); break;
    case CELL_SECONDS: wb_text_addf(out, "%.4g", *(const double *)at * 1000); break;
    case CELL_RATE: wb_text_addf(out, "%.4g", *(const double *)at); break;
  }
}

static wb_str variable_cell(wb_sweep_writer *w, const wb_sweep_point *point, size_t i) {
  w->cell.len = 0;
  wb_sweep_show(&w->cell, &w->sweep->variables[i], point->at[i]);
  return wb_text_str(&w->cell);
}

static wb_str readable_cell(wb_sweep_writer *w, const column *c, const wb_sweep_figures *f) {
  w->cell.len = 0;
  if (is_known(c, f)) add_readable(w, &w->cell, c, f);
  return wb_text_str(&w->cell);
}

/* ---- text ---- */

#define NUMBER 10 /* columns that a figure takes at least: 999,999.99 */

static void pad(wb_text *out, wb_str text, size_t width, bool right) {
  const size_t used = wb_text_columns(text), blank = width > used ? width - used : 0;
  wb_text_adds(out, "  ");
  if (right) wb_text_addn(out, ' ', blank);
  wb_text_add(out, text);
  if (!right) wb_text_addn(out, ' ', blank);
}

static void end_line(wb_text *out) {
  while (out->len && out->ptr[out->len - 1] == ' ') out->len--;
  wb_text_addc(out, '\n');
}

static size_t widest_value(wb_sweep_writer *w, size_t variable) {
  const wb_sweep_variable *v = &w->sweep->variables[variable];
  size_t widest = wb_text_columns(v->name);
  for (size_t i = 0; i < v->count; i++) {
    w->cell.len = 0;
    wb_sweep_show(&w->cell, v, i);
    const size_t width = wb_text_columns(wb_text_str(&w->cell));
    if (width > widest) widest = width;
  }
  return widest;
}

static bool is_number(const wb_sweep_variable *v) { return v->kind == WB_SWEEP_COUNT || v->kind == WB_SWEEP_BYTES; }

static void begin_text(wb_sweep_writer *w) {
  wb_text *out = &w->out->text;
  const bool color = w->out->options->color;
  if (color) wb_text_adds(out, "\033[1m");
  for (size_t i = 0; i < w->sweep->count; i++) {
    w->variable_widths[i] = widest_value(w, i);
    pad(out, w->sweep->variables[i].name, w->variable_widths[i], is_number(&w->sweep->variables[i]));
  }
  for (size_t i = 0; i < COLUMN_COUNT; i++) {
    const wb_str label = wb_str_of(wb_out_label(w->out, COLUMNS[i].label));
    const size_t width = wb_text_columns(label), least = COLUMNS[i].cell == CELL_FITS ? 0 : NUMBER;
    w->widths[i] = width > least ? width : least;
    if (w->shown[i]) pad(out, label, w->widths[i], true);
  }
  if (color) wb_text_adds(out, "\033[0m");
  wb_text_addc(out, '\n');
}

static void text_row(wb_sweep_writer *w, const wb_sweep_point *point, const wb_sweep_figures *f,
                     const weigh_error *failed) {
  wb_text *out = &w->out->text;
  for (size_t i = 0; i < w->sweep->count; i++)
    pad(out, variable_cell(w, point, i), w->variable_widths[i], is_number(&w->sweep->variables[i]));
  if (failed) pad(out, wb_str_of(failed->message), 0, false);
  for (size_t i = 0; i < COLUMN_COUNT && !failed; i++)
    if (w->shown[i]) pad(out, readable_cell(w, &COLUMNS[i], f), w->widths[i], true);
  end_line(out);
}

/* ---- Markdown ---- */

static void begin_markdown(wb_sweep_writer *w) {
  wb_text *out = &w->out->text;
  for (size_t i = 0; i < w->sweep->count; i++) {
    wb_text_adds(out, "| ");
    wb_out_cell(w->out, w->sweep->variables[i].name);
    wb_text_addc(out, ' ');
  }
  for (size_t i = 0; i < COLUMN_COUNT; i++)
    if (w->shown[i]) wb_text_addf(out, "| %s ", wb_out_label(w->out, COLUMNS[i].label));
  wb_text_addf(out, "| %s |\n", wb_out_label(w->out, WB_LABEL_SWEEP_ERROR));
  for (size_t i = 0; i < w->sweep->count; i++)
    wb_text_adds(out, is_number(&w->sweep->variables[i]) ? "| --: " : "| --- ");
  for (size_t i = 0; i < COLUMN_COUNT; i++)
    if (w->shown[i]) wb_text_adds(out, "| --: ");
  wb_text_adds(out, "| --- |\n");
}

static void markdown_row(wb_sweep_writer *w, const wb_sweep_point *point, const wb_sweep_figures *f,
                         const weigh_error *failed) {
  wb_text *out = &w->out->text;
  for (size_t i = 0; i < w->sweep->count; i++) {
    wb_text_adds(out, "| ");
    wb_out_cell(w->out, variable_cell(w, point, i));
    wb_text_addc(out, ' ');
  }
  for (size_t i = 0; i < COLUMN_COUNT; i++) {
    if (!w->shown[i]) continue;
    wb_text_adds(out, "| ");
    if (!failed) wb_text_add(out, readable_cell(w, &COLUMNS[i], f));
    wb_text_addc(out, ' ');
  }
  wb_text_adds(out, "| ");
  if (failed) wb_out_cell(w->out, wb_str_of(failed->message));
  wb_text_adds(out, " |\n");
}

/* ---- CSV, TSV ---- */

static void begin_separated(wb_sweep_writer *w) {
  wb_text *out = &w->out->text;
  const char mark = w->out->options->format == WEIGH_FORMAT_TSV ? '\t' : ',';
  for (size_t i = 0; i < w->sweep->count; i++) {
    wb_out_cell(w->out, w->sweep->variables[i].name);
    wb_text_addc(out, mark);
  }
  for (size_t i = 0; i < COLUMN_COUNT; i++)
    if (w->shown[i]) wb_text_addf(out, "%s%c", COLUMNS[i].key, mark);
  wb_text_addf(out, "error%cmessage\n", mark);
}

static void separated_row(wb_sweep_writer *w, const wb_sweep_point *point, const wb_sweep_figures *f,
                          const weigh_error *failed) {
  wb_text *out = &w->out->text;
  const char mark = w->out->options->format == WEIGH_FORMAT_TSV ? '\t' : ',';
  for (size_t i = 0; i < w->sweep->count; i++) {
    wb_out_cell(w->out, variable_cell(w, point, i));
    wb_text_addc(out, mark);
  }
  for (size_t i = 0; i < COLUMN_COUNT; i++) {
    if (!w->shown[i]) continue;
    if (!failed && is_known(&COLUMNS[i], f)) add_plain(out, &COLUMNS[i], f);
    wb_text_addc(out, mark);
  }
  if (failed) wb_out_cell(w->out, wb_str_of(failed->code));
  wb_text_addc(out, mark);
  if (failed) wb_out_cell(w->out, wb_str_of(failed->message));
  wb_text_addc(out, '\n');
}

/* ---- JSON ---- */

/* Numbers and truth as such, whatever they are values of. */
static void json_value(wb_text *out, const wb_sweep_variable *v, wb_str value) {
  wb_num n;
  const bool typed = is_number(v) || v->kind == WB_SWEEP_FLAG;
  const bool bare = !v->member && (wb_str_is(value, "true") || wb_str_is(value, "false") ||
                                   (wb_num_parse(value, &n) && wb_num_is_int(n) && value.ptr[0] != '0'));
  if (typed || bare) wb_text_add(out, value);
  else wb_json_string(out, value);
}

static void begin_json(wb_sweep_writer *w, const wb_model *model) {
  wb_json_out *j = &w->json;
  wb_jo_begin(j, NULL, '{');
  wb_json_head(j, "sweep");
  wb_jo_str(j, "model", model->name);
  wb_jo_str(j, "model_type", model->model_type);
  wb_jo_begin(j, "variables", '[');
  for (size_t i = 0; i < w->sweep->count; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", w->sweep->variables[i].name);
    wb_jo_int(j, "values", (wb_i128)w->sweep->variables[i].count);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
  wb_jo_int(j, "point_count", (wb_i128)w->sweep->points);
  if (!w->lines) wb_jo_begin(j, "points", '[');
  else {
    wb_jo_end(j, '}');
    wb_text_addc(&w->out->text, '\n');
  }
}

/* Every part of the fullest device, and what a process can use of its card. */
static void json_components(wb_text *out, const wb_sweep_figures *f) {
  const wb_i128 usable = f->place->card.usable_bytes;
  if (f->has_card) {
    wb_text_adds(out, ", \"capacity_bytes\": ");
    wb_i128_print(out, usable > f->budget ? usable : f->budget);
  }
  wb_text_adds(out, ", \"components\": [");
  for (size_t i = 0; i < f->part_count; i++) {
    wb_text_adds(out, i ? ", {\"name\": " : "{\"name\": ");
    wb_json_string(out, f->place->parts[i].name);
    wb_text_adds(out, ", \"bytes\": ");
    wb_i128_print(out, f->parts[i]);
    wb_text_addc(out, '}');
  }
  wb_text_addc(out, ']');
}

/* One line a point. */
static void json_row(wb_sweep_writer *w, const wb_sweep_point *point, const wb_sweep_figures *f,
                     const weigh_error *failed) {
  wb_text *out = &w->out->text;
  if (w->any && !w->lines) wb_text_addc(out, ',');
  if (!w->out->one_line) wb_text_adds(out, "\n    ");
  wb_text_addc(out, '{');
  for (size_t i = 0; i < w->sweep->count; i++) {
    if (i) wb_text_adds(out, ", ");
    wb_json_string(out, w->sweep->variables[i].name);
    wb_text_adds(out, ": ");
    json_value(out, &w->sweep->variables[i], variable_cell(w, point, i));
  }
  for (size_t i = 0; i < COLUMN_COUNT && !failed; i++) {
    if (!w->shown[i]) continue;
    wb_text_adds(out, ", \"");
    wb_text_adds(out, COLUMNS[i].key);
    wb_text_adds(out, "\": ");
    if (is_known(&COLUMNS[i], f)) add_plain(out, &COLUMNS[i], f);
    else wb_text_adds(out, "null");
  }
  if (!failed && w->out->options->sweep.with_components) json_components(out, f);
  if (failed) {
    wb_text_addf(out, ", \"error\": {\"code\": \"%s\", \"message\": ", failed->code);
    wb_json_string(out, wb_str_of(failed->message));
    wb_text_addc(out, '}');
  }
  wb_text_adds(out, w->lines ? "}\n" : "}");
}

/* ---- all formats ---- */

wb_sweep_writer *wb_sweep_begin(wb_out *out, const wb_model *model, const wb_sweep *sweep) {
  wb_sweep_writer *w = WB_NEW(out->text.ctx, wb_sweep_writer);
  w->out = out;
  w->sweep = sweep;
  w->lines = out->options->sweep.lines;
  out->one_line = out->one_line || w->lines;
  w->cell.ctx = out->text.ctx;
  w->json = (wb_json_out){.out = out, .first = true};
  for (size_t i = 0; i < COLUMN_COUNT; i++) w->shown[i] = is_shown(w, &COLUMNS[i]);
  switch (out->options->format) {
    case WEIGH_FORMAT_TEXT: begin_text(w); break;
    case WEIGH_FORMAT_MARKDOWN: begin_markdown(w); break;
    case WEIGH_FORMAT_JSON: begin_json(w, model); break;
    case WEIGH_FORMAT_CSV:
    case WEIGH_FORMAT_TSV: begin_separated(w); break;
  }
  return w;
}

void wb_sweep_row(wb_sweep_writer *w, const wb_sweep_point *point, const wb_sweep_figures *f,
                  const weigh_error *failed) {
  switch (w->out->options->format) {
    case WEIGH_FORMAT_TEXT: text_row(w, point, f, failed); break;
    case WEIGH_FORMAT_MARKDOWN: markdown_row(w, point, f, failed); break;
    case WEIGH_FORMAT_JSON: json_row(w, point, f, failed); break;
    case WEIGH_FORMAT_CSV:
    case WEIGH_FORMAT_TSV: separated_row(w, point, f, failed); break;
  }
  w->any = true;
  wb_out_flush(w->out, false);
}

void wb_sweep_end(wb_sweep_writer *w) {
  if (w->out->options->format != WEIGH_FORMAT_JSON || w->lines) return;
  w->json.first = !w->any;
  wb_jo_end(&w->json, ']');
  wb_jo_end(&w->json, '}');
}
