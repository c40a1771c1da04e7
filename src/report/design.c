/* weigh design: what a machine takes, as a screen of at most 40 lines, Markdown, CSV, TSV. */
#include "report/design.h"

#include "report/memory.h"

const char *const WB_DESIGN_ROLE_NAMES[WB_DESIGN_ROLES] = {"deeper", "balanced", "wider", "longer"};
static const wb_message_id ROLES[WB_DESIGN_ROLES] = {WB_LABEL_DESIGN_DEEPER, WB_LABEL_DESIGN_BALANCED,
                                                     WB_LABEL_DESIGN_WIDER, WB_LABEL_DESIGN_LONGER};

/* ---- cells ---- */

static wb_str rate(wb_ctx *ctx, double value) { return value > 0 ? wb_str_fmt(ctx, "%.4g", value) : WB_STR(""); }

static wb_str name_of(const wb_out *out, const wb_design_row *row) {
  if (!row->name.len) return wb_str_of(wb_out_label(out, ROLES[row->role]));
  if (!row->alike_count) return row->name;
  return wb_str_fmt(out->text.ctx, "%.*s (+%zu)", WB_STR_ARG(row->name), row->alike_count);
}

static wb_str kib(wb_ctx *ctx, wb_i128 bytes) { return wb_str_fmt(ctx, "%.2f", (double)bytes / 1024); }

static wb_str length(const wb_out *out, wb_i128 tokens) {
  return tokens < WB_SERVING_MOST ? wb_out_number(out, tokens) : wb_str_of(wb_out_label(out, WB_LABEL_DESIGN_ANY));
}

static wb_i128 room_of(const wb_design_figures *f) { return f->usable - f->load.all.best; }

/* ---- published models ---- */

static const wb_column PUBLISHED[] = {{"name", WB_LABEL_NAME, false},
                                      {"parameters", WB_LABEL_PARAMETERS, true},
                                      {"device", WB_LABEL_ON_DEVICE, true},
                                      {"free", WB_LABEL_DESIGN_FREE, true},
                                      {"max_context", WB_LABEL_MAX_CONTEXT, true},
                                      {"max_sequences", WB_LABEL_MAX_SEQUENCES, true},
                                      {"prompt_rate", WB_LABEL_DESIGN_PROMPT_RATE, true},
                                      {"rate", WB_LABEL_DESIGN_RATE, true}};

static void published_row(wb_out *out, wb_table *table, const wb_design_row *row) {
  wb_ctx *ctx = out->text.ctx;
  const wb_design_figures *f = &row->figures;
  wb_table_cell(table, name_of(out, row));
  wb_table_cell(table, wb_out_number(out, f->parameters));
  wb_table_cell(table, wb_gib(ctx, f->load.all.best));
  wb_table_cell(table, wb_gib(ctx, room_of(f)));
  const wb_str reach = length(out, wb_design_reach(f));
  wb_table_cell(table, f->no_length ? wb_str_fmt(ctx, "%.*s ?", WB_STR_ARG(reach)) : reach);
  wb_table_cell(table, wb_out_reach(out, f->max_sequences));
  wb_table_cell(table, rate(ctx, f->prompt_rate.best));
  wb_table_cell(table, rate(ctx, f->per_sequence.best));
}

/* ---- proposals ---- */

static const wb_column SHAPES[] = {{"role", WB_LABEL_DESIGN_ROLE, false},
                                   {"parameters", WB_LABEL_PARAMETERS, true},
                                   {"depth", WB_LABEL_DESIGN_DEPTH, true},
                                   {"width", WB_LABEL_DESIGN_WIDTH, true},
                                   {"heads", WB_LABEL_DESIGN_HEADS, true},
                                   {"kv_heads", WB_LABEL_DESIGN_KV_HEADS, true},
                                   {"head_dim", WB_LABEL_DESIGN_HEAD_DIM, true},
                                   {"ffn", WB_LABEL_DESIGN_FFN, true},
                                   {"vocabulary", WB_LABEL_DESIGN_VOCABULARY, true},
                                   {"tied", WB_LABEL_DESIGN_TIED, false},
                                   {"training_tokens", WB_LABEL_DESIGN_TRAINING, true}};

static const wb_column FIGURES[] = {{"role", WB_LABEL_DESIGN_ROLE, false},
                                    {"device", WB_LABEL_ON_DEVICE, true},
                                    {"free", WB_LABEL_DESIGN_FREE, true},
                                    {"weights", WB_LABEL_DESIGN_WEIGHTS, true},
                                    {"token", WB_LABEL_DESIGN_TOKEN, true},
                                    {"max_context", WB_LABEL_MAX_CONTEXT, true},
                                    {"max_sequences", WB_LABEL_MAX_SEQUENCES, true},
                                    {"prompt_rate", WB_LABEL_DESIGN_PROMPT_RATE, true},
                                    {"rate", WB_LABEL_DESIGN_RATE, true}};

wb_i128 wb_design_training_tokens(const wb_design_row *row) {
  wb_num out;
  if (!wb_num_mul(wb_design_rule("tokens_per_parameter"), wb_num_int(row->figures.parameters), &out)) return 0;
  wb_num_ceil(out, &out);
  return out.num;
}

static void shape_row(wb_out *out, wb_table *table, const wb_design_row *row) {
  const wb_design_shape *s = &row->shape;
  const wb_i128 numbers[] = {
      row->figures.parameters, s->depth, s->width, s->heads, s->kv_heads, s->head_dim, s->ffn, s->vocabulary};
  wb_table_cell(table, name_of(out, row));
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) wb_table_cell(table, wb_out_number(out, numbers[i]));
  wb_table_cell(table, wb_str_of(wb_out_label(out, s->tied ? WB_LABEL_YES : WB_LABEL_NO)));
  wb_table_cell(table, wb_str_fmt(table->ctx, "%.3g", (double)wb_design_training_tokens(row)));
}

static void figures_row(wb_out *out, wb_table *table, const wb_design_row *row) {
  wb_ctx *ctx = out->text.ctx;
  const wb_design_figures *f = &row->figures;
  wb_table_cell(table, name_of(out, row));
  wb_table_cell(table, wb_gib(ctx, f->load.all.best));
  wb_table_cell(table, wb_gib(ctx, room_of(f)));
  wb_table_cell(table, wb_gib(ctx, f->load.parts[WB_PART_WEIGHTS].best));
  wb_table_cell(table, kib(ctx, f->token_bytes));
  wb_table_cell(table, wb_out_reach(out, f->max_context));
  wb_table_cell(table, wb_out_reach(out, f->max_sequences));
  wb_table_cell(table, rate(ctx, f->prompt_rate.best));
  wb_table_cell(table, rate(ctx, f->per_sequence.best));
}

typedef void (*row_writer)(wb_out *out, wb_table *table, const wb_design_row *row);

static void write_rows(wb_out *out, const wb_column *columns, size_t count, row_writer write, const wb_design_row *rows,
                       size_t row_count) {
  wb_table table = {out->text.ctx, columns, count, NULL, 0, 0};
  for (size_t i = 0; i < row_count; i++) write(out, &table, &rows[i]);
  wb_table_write(out, &table);
}

/* ---- notes ---- */

static wb_str machine_memory(wb_ctx *ctx, const wb_design *d) {
  wb_text out = {.ctx = ctx};
  if (d->question.usd > 0)
    wb_text_addf(&out, "; %.2f USD/h (%.*s)", d->question.usd, WB_STR_ARG(d->question.usd_source));
  return wb_text_str(&out);
}

static void write_head(wb_out *out, const wb_design *d) {
  wb_ctx *ctx = out->text.ctx;
  const double share = wb_num_double(d->question.reserve);
  const wb_str machine[] = {d->machine, wb_gib(ctx, d->usable), wb_gib(ctx, (wb_i128)((double)d->usable * share)),
                            wb_str_fmt(ctx, "%.4g", 100 * share), machine_memory(ctx, d)};
  const weigh_serving *a = &d->question.asked;
  const wb_str asked[] = {wb_out_number(out, d->sequences), wb_out_number(out, d->longest),
                          a->quant || a->dtype ? d->quant : wb_str_of(wb_out_label(out, WB_LABEL_DESIGN_OWN)),
                          a->kv_dtype ? d->kv_dtype : wb_str_of(wb_out_label(out, WB_LABEL_DESIGN_OWN)), d->engine};
  wb_out_message(out, WB_NOTE_DESIGN_MACHINE, 5, machine);
  wb_text_addc(&out->text, '\n');
  wb_memory_line(out, WB_NOTE_DESIGN_SERVING, 5, asked);
}

static void write_passed_over(wb_out *out, const wb_design *d) {
  static const struct {
    wb_design_verdict verdict;
    wb_message_id label;
  } kinds[] = {{WB_DESIGN_TOO_LARGE, WB_NOTE_DESIGN_LARGE},     {WB_DESIGN_TOO_SLOW, WB_NOTE_DESIGN_SLOW},
               {WB_DESIGN_TOO_SHORT, WB_NOTE_DESIGN_SHORT},     {WB_DESIGN_UNDIVIDED, WB_NOTE_DESIGN_HEADS},
               {WB_DESIGN_UNKNOWN, WB_NOTE_DESIGN_UNDESCRIBED}, {WB_DESIGN_REFUSED, WB_NOTE_DESIGN_REFUSED}};
  wb_text list = {.ctx = out->text.ctx};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (d->verdicts[kinds[i].verdict])
      wb_text_addf(&list, "%s%zu %s", list.len ? ", " : "", d->verdicts[kinds[i].verdict],
                   wb_out_label(out, kinds[i].label));
  const wb_str args[] = {wb_text_str(&list)};
  if (list.len) wb_memory_line(out, WB_NOTE_DESIGN_PASSED, 1, args);
}

/* What came nearest, and what would do. */
static void write_nearest(wb_out *out, const wb_design *d) {
  wb_ctx *ctx = out->text.ctx;
  const wb_design_figures *f = &d->smallest.figures;
  wb_memory_line(out, WB_NOTE_DESIGN_NONE, 0, NULL);
  if (d->smallest.name.len) {
    const wb_str args[] = {d->smallest.name, wb_gib(ctx, f->load.all.best), wb_gib(ctx, f->budget)};
    wb_memory_line(out, WB_NOTE_DESIGN_SMALLEST, 3, args);
    wb_text changes = {.ctx = ctx};
    for (size_t i = 0; i < d->change_count; i++)
      wb_text_addf(&changes, "%s%.*s", i ? "; " : "", WB_STR_ARG(d->changes[i]));
    const wb_str list = wb_text_str(&changes), context = wb_out_reach(out, f->max_context),
                 memory = wb_gib(ctx, d->least_usable);
    const wb_str cards[] = {wb_out_number(out, d->fewest), wb_str_fmt(ctx, "%u", d->fewest_layout.tp),
                            wb_str_fmt(ctx, "%u", d->fewest_layout.pp)};
    if (changes.len) wb_memory_line(out, WB_NOTE_DESIGN_CHANGES, 1, &list);
    if (f->max_context) wb_memory_line(out, WB_NOTE_DESIGN_CONTEXT, 1, &context);
    if (d->least_usable) wb_memory_line(out, WB_NOTE_DESIGN_MEMORY, 1, &memory);
    if (d->fewest) wb_memory_line(out, WB_NOTE_DESIGN_CARDS, 3, cards);
  }
  if (d->fastest.name.len) {
    const wb_str args[] = {d->fastest.name, rate(ctx, d->fastest.figures.per_sequence.best)};
    wb_memory_line(out, WB_NOTE_DESIGN_FASTEST, 2, args);
  }
  if (d->lengthiest.name.len && !d->smallest.name.len && !d->fastest.name.len) {
    const wb_str args[] = {d->lengthiest.name, wb_out_number(out, d->lengthiest.figures.made_for)};
    wb_memory_line(out, WB_NOTE_DESIGN_LENGTHIEST, 2, args);
  }
}

static void write_next(wb_out *out, const wb_design *d) {
  wb_ctx *ctx = out->text.ctx;
  const wb_design_row *n = &d->next;
  if (!d->has_next) {
    const wb_str cards = wb_out_number(out, d->ranks);
    if (!d->proposal_count) wb_memory_line(out, WB_NOTE_DESIGN_NO_WIDTH, 1, &cards);
    else wb_memory_line(out, WB_NOTE_DESIGN_END, 0, NULL);
    return;
  }
  const bool slow = d->next_verdict == WB_DESIGN_TOO_SLOW;
  const wb_str shape = wb_str_fmt(ctx, "%lld × %lld, FFN %lld", (long long)n->shape.depth, (long long)n->shape.width,
                                  (long long)n->shape.ffn);
  const wb_str args[] = {shape, wb_out_number(out, n->figures.parameters),
                         slow ? rate(ctx, n->figures.per_sequence.best) : wb_gib(ctx, n->figures.load.all.best),
                         wb_gib(ctx, n->figures.budget)};
  if (!d->proposal_count) wb_memory_line(out, slow ? WB_NOTE_DESIGN_GRID_SLOW : WB_NOTE_DESIGN_GRID, 4, args);
  else wb_memory_line(out, slow ? WB_NOTE_DESIGN_NEXT_SLOW : WB_NOTE_DESIGN_NEXT, 4, args);
}

/* ---- as one table ---- */

static const wb_column PLAIN[] = {{"kind", WB_LABEL_DESIGN_ROLE, false},
                                  {"name", WB_LABEL_NAME, false},
                                  {"parameters", WB_LABEL_PARAMETERS, true},
                                  {"device_bytes", WB_LABEL_ON_DEVICE, true},
                                  {"budget_bytes", WB_LABEL_DESIGN_FREE, true},
                                  {"weights_bytes", WB_LABEL_DESIGN_WEIGHTS, true},
                                  {"kv_bytes_per_token", WB_LABEL_DESIGN_TOKEN, true},
                                  {"max_context", WB_LABEL_MAX_CONTEXT, true},
                                  {"made_for_context", WB_LABEL_MAX_CONTEXT, true},
                                  {"max_sequences", WB_LABEL_MAX_SEQUENCES, true},
                                  {"prompt_tokens_per_second", WB_LABEL_DESIGN_PROMPT_RATE, true},
                                  {"tokens_per_second_per_sequence", WB_LABEL_DESIGN_RATE, true},
                                  {"config", WB_LABEL_DESIGN_WIDTH, false}};

static void plain_row(wb_out *out, wb_table *table, const wb_design_row *row) {
  const wb_design_figures *f = &row->figures;
  const wb_i128 numbers[] = {f->parameters, f->load.all.best, f->budget, f->load.parts[WB_PART_WEIGHTS].best,
                             f->token_bytes};
  wb_table_cell(table, row->name.len ? WB_STR("published") : WB_STR("proposed"));
  wb_table_cell(table, row->name.len ? row->name : wb_str_of(WB_DESIGN_ROLE_NAMES[row->role]));
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) wb_table_cell(table, wb_out_number(out, numbers[i]));
  wb_table_cell(table, wb_out_reach(out, f->max_context));
  wb_table_cell(table, f->made_for ? wb_out_number(out, f->made_for) : WB_STR(""));
  wb_table_cell(table, wb_out_reach(out, f->max_sequences));
  wb_table_cell(table, rate(table->ctx, f->prompt_rate.best));
  wb_table_cell(table, rate(table->ctx, f->per_sequence.best));
  wb_table_cell(table, row->name.len ? WB_STR("") : row->config);
}

static void write_plain(wb_out *out, const wb_design *d) {
  wb_table table = {out->text.ctx, PLAIN, sizeof PLAIN / sizeof *PLAIN, NULL, 0, 0};
  for (size_t i = 0; i < d->published_count; i++) {
    wb_design_row row = d->published[i];
    plain_row(out, &table, &row);
    for (size_t k = 0; k < d->published[i].alike_count; k++) {
      row.name = d->published[i].alike[k];
      plain_row(out, &table, &row);
    }
  }
  for (size_t i = 0; i < d->proposal_count; i++) plain_row(out, &table, &d->proposals[i]);
  wb_table_write(out, &table);
}

/* ---- the screen ---- */

static void title(wb_out *out, wb_message_id id, wb_str about) {
  wb_text_adds(&out->text, out->options->format == WEIGH_FORMAT_MARKDOWN ? "\n### " : "\n");
  wb_out_message(out, id, 1, &about);
  wb_text_adds(&out->text, out->options->format == WEIGH_FORMAT_MARKDOWN ? "\n\n" : "\n");
}

static wb_str listed(wb_ctx *ctx, wb_str names) {
  wb_text out = {.ctx = ctx};
  wb_str name;
  for (size_t at = 0; wb_str_next(names, '|', &at, &name);)
    wb_text_addf(&out, "%s%.*s", out.len ? ", " : "", WB_STR_ARG(name));
  return wb_text_str(&out);
}

#define COUNT(list) (sizeof(list) / sizeof *(list))

static void write_screen(wb_out *out, const wb_design *d) {
  static const wb_message_id sorts[] = {WB_LABEL_DESIGN_BY_SIZE, WB_LABEL_DESIGN_BY_CONTEXT, WB_LABEL_DESIGN_BY_SPEED};
  const bool markdown = out->options->format == WEIGH_FORMAT_MARKDOWN;
  const wb_str tokens = wb_str_fmt(out->text.ctx, "%.6g", wb_num_double(wb_design_rule("tokens_per_parameter")));
  write_head(out, d);
  title(out, WB_NOTE_DESIGN_PUBLISHED, wb_str_of(wb_out_label(out, sorts[d->sort])));
  if (d->published_count) write_rows(out, PUBLISHED, COUNT(PUBLISHED), published_row, d->published, d->published_count);
  else write_nearest(out, d);
  bool no_length = false;
  for (size_t i = 0; i < d->published_count; i++) no_length |= d->published[i].figures.no_length;
  if (no_length) wb_memory_line(out, WB_NOTE_DESIGN_NO_LENGTH, 0, NULL);
  if (!markdown) write_passed_over(out, d);
  title(out, WB_NOTE_DESIGN_PROPOSED, d->family.name);
  if (d->proposal_count) {
    write_rows(out, SHAPES, COUNT(SHAPES), shape_row, d->proposals, d->proposal_count);
    wb_text_addc(&out->text, '\n');
    write_rows(out, FIGURES, COUNT(FIGURES), figures_row, d->proposals, d->proposal_count);
  }
  if (markdown) wb_text_addc(&out->text, '\n');
  write_next(out, d);
  const wb_str bounds = d->proposal_count ? listed(out->text.ctx, d->proposals[0].bounds) : WB_STR("");
  if (d->proposal_count) wb_memory_line(out, WB_NOTE_DESIGN_BOUNDS, 1, &bounds);
  if (d->proposal_count) wb_memory_line(out, WB_NOTE_DESIGN_RULE, 1, &tokens);
  wb_memory_line(out, WB_NOTE_DESIGN_SPEED_NOTE, 0, NULL);
}

void wb_report_design(wb_out *out, const wb_design *d) {
  if (out->options->format == WEIGH_FORMAT_JSON) wb_design_json(out, d);
  else if (wb_out_plain(out)) write_plain(out, d);
  else write_screen(out, d);
}
