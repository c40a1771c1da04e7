/* weigh optimizers: what optimizers keep for a parameter; of one its options, states, formulas, and examples computed. */
#include "estimate/optimizer.h"
#include "expr/eval.h"
#include "expr/print.h"
#include "report/report.h"

/* A matrix as large models have them: what belongs to its sides or to a whole tensor is little beside it. */
#define SIDE 4096

static wb_str formula(wb_ctx *ctx, const wb_expr *expr) {
  wb_text out = {.ctx = ctx};
  if (expr) wb_expr_print(&out, expr, WB_AS_FORMULA, NULL);
  return wb_text_str(&out);
}

static void add_name(wb_text *out, wb_str name) { wb_text_addf(out, "%s%.*s", out->len ? ", " : "", WB_STR_ARG(name)); }

static bool is_sum(wb_str name) {
  return wb_str_is(name, "state_bytes") || wb_str_is(name, "host_bytes") || wb_str_is(name, "paged_bytes") ||
         wb_str_is(name, "shared_bytes");
}

static bool is_state(const wb_stmt *s) { return s->kind == WB_S_QUANTITY && !is_sum(s->name->name); }

/* Names that mean this optimizer, with what they set. */
static wb_str names_of(wb_ctx *ctx, const wb_decl *o) {
  wb_text out = {.ctx = ctx};
  wb_optimizer_name row;
  for (size_t at = 0; wb_optimizer_name_next(&at, &row);) {
    if (!wb_str_eq(row.optimizer, o->name->name)) continue;
    add_name(&out, row.name);
    if (row.options.len) wb_text_addf(&out, " (%.*s)", WB_STR_ARG(row.options));
  }
  return wb_text_str(&out);
}

/* ---- examples ---- */

typedef struct example {
  const char *name, *dtype;
  wb_i128 dims[2];
  size_t rank;
} example;

static const example EXAMPLES[] = {{"matrix", "bfloat16", {SIDE, SIDE}, 2},
                                   {"matrix", "float32", {SIDE, SIDE}, 2},
                                   {"vector", "bfloat16", {SIDE, 1}, 1},
                                   {"vector", "float32", {SIDE, 1}, 1}};
#define EXAMPLE_COUNT (sizeof EXAMPLES / sizeof *EXAMPLES)

static wb_trained tensor_of(const example *e) {
  wb_trained t = {.pattern = wb_str_of(e->name), .rank = e->rank, .copies = wb_num_int(1)};
  t.dtype = wb_str_of(e->dtype);
  for (size_t i = 0; i < e->rank; i++) t.dims[i] = wb_num_int(e->dims[i]);
  return t;
}

static wb_num each_of(wb_i128 bytes, const example *e) {
  wb_num out = wb_num_int(0);
  wb_num_div(wb_num_int(bytes), wb_num_int(e->dims[0] * e->dims[1]), &out); /* no example is empty */
  return out;
}

/* An optimizer of matrices refuses vectors. */
static bool takes(const wb_optimizer *o, const example *e) {
  const wb_trained t = tensor_of(e);
  return wb_optimizer_takes(o, &t);
}

static wb_optimizer_bytes bytes_of(const wb_optimizer *o, const example *e) {
  const wb_trained t = tensor_of(e);
  return wb_optimizer_of(o, &t, wb_trained_elements(o->ctx, &t));
}

static wb_str rate(wb_ctx *ctx, wb_num bytes) { return wb_str_fmt(ctx, "%.6g", wb_num_double(bytes)); }

/* ---- all of them ---- */

static const wb_column COLUMNS[] = {{"optimizer", WB_LABEL_OPTIMIZER, false},
                                    {"bytes_per_parameter_bf16", WB_LABEL_PER_PARAMETER_BF16, true},
                                    {"bytes_per_parameter_fp32", WB_LABEL_PER_PARAMETER_FP32, true},
                                    {"shared_bytes", WB_LABEL_SHARED_BYTES, true},
                                    {"states", WB_LABEL_STATES, false},
                                    {"source", WB_LABEL_SOURCE, false}};

static wb_str parts_of(wb_ctx *ctx, const wb_optimizer_bytes *bytes) {
  wb_text out = {.ctx = ctx};
  for (size_t i = 0; i < bytes->part_count; i++) add_name(&out, bytes->parts[i].name);
  return wb_text_str(&out);
}

static void list_json(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  wb_json_out j = {.out = out, .first = true};
  const wb_decl *decl;
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "optimizers");
  wb_jo_int(&j, "side", SIDE);
  wb_jo_begin(&j, "optimizers", '[');
  for (size_t i = 0; (decl = wb_library_at(lib, ctx, WB_D_OPTIMIZER, i)) != NULL; i++) {
    const wb_optimizer o = wb_optimizer_find(lib, ctx, decl->name->name, NULL, 0);
    if (!takes(&o, &EXAMPLES[0])) continue; /* a user's own, of something else than matrices */
    const wb_optimizer_bytes half = bytes_of(&o, &EXAMPLES[0]), full = bytes_of(&o, &EXAMPLES[1]);
    wb_jo_begin(&j, NULL, '{');
    wb_jo_str(&j, "name", decl->name->name);
    wb_jo_num(&j, "bytes_per_parameter_bf16", each_of(half.state, &EXAMPLES[0]));
    wb_jo_num(&j, "bytes_per_parameter_fp32", each_of(full.state, &EXAMPLES[1]));
    wb_jo_int(&j, "shared_bytes", half.shared);
    wb_jo_begin(&j, "states", '[');
    for (size_t k = 0; k < half.part_count; k++) wb_jo_str(&j, NULL, half.parts[k].name);
    wb_jo_end(&j, ']');
    wb_jo_str(&j, "names", names_of(ctx, decl));
    wb_jo_str(&j, "source", decl->source);
    wb_jo_str(&j, "origin", decl->is_override ? WB_STR("user") : WB_STR("built-in"));
    wb_jo_end(&j, '}');
  }
  wb_jo_end(&j, ']');
  wb_jo_end(&j, '}');
}

static void list(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  const bool narrow = out->options->format == WEIGH_FORMAT_TEXT; /* `weigh optimizers NAME` has the source */
  wb_table table = {ctx, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS - narrow, NULL, 0, 0};
  const wb_decl *decl;
  for (size_t i = 0; (decl = wb_library_at(lib, ctx, WB_D_OPTIMIZER, i)) != NULL; i++) {
    const wb_optimizer o = wb_optimizer_find(lib, ctx, decl->name->name, NULL, 0);
    if (!takes(&o, &EXAMPLES[0])) continue; /* a user's own, of something else than matrices */
    const wb_optimizer_bytes half = bytes_of(&o, &EXAMPLES[0]), full = bytes_of(&o, &EXAMPLES[1]);
    wb_table_cell(&table, decl->name->name);
    wb_table_cell(&table, rate(ctx, each_of(half.state, &EXAMPLES[0])));
    wb_table_cell(&table, rate(ctx, each_of(full.state, &EXAMPLES[1])));
    wb_table_cell(&table, wb_out_number(out, half.shared));
    wb_table_cell(&table, parts_of(ctx, &half));
    if (!narrow) wb_table_cell(&table, decl->source);
  }
  wb_table_write(out, &table);
  if (out->options->format != WEIGH_FORMAT_TEXT) return;
  wb_text_addc(&out->text, '\n');
  wb_out_message(out, WB_NOTE_OPTIMIZER_MATRIX, 1, (wb_str[]){wb_str_fmt(ctx, "%d", SIDE)});
  wb_text_addc(&out->text, '\n');
}

/* ---- one of them ---- */

typedef enum part { PART_OPTION, PART_LET, PART_STATE, PART_SUM, PART_REQUIRE } part;
static const char *const PARTS[] = {"option", "let", "state", "sum", "require"};

typedef struct line {
  part part;
  wb_str name, formula;
  wb_i128 bytes[EXAMPLE_COUNT]; /* of a state or a sum; -1: the optimizer does not take the example */
} line;

typedef struct lines {
  line *items;
  size_t count;
  wb_optimizer_bytes examples[EXAMPLE_COUNT];
} lines;

static wb_i128 in_example(const wb_optimizer *o, const wb_optimizer_bytes *bytes, const wb_sym *name) {
  wb_binding *binding = wb_scope_find_here(bytes->bound.scope, name);
  const wb_value *value = binding ? wb_force(o->ctx, binding) : NULL;
  return value && value->kind == WB_NUM ? value->u.num.num : 0;
}

static line line_of(const wb_optimizer *o, const lines *all, const wb_stmt *s) {
  line out = {.part = is_state(s)                ? PART_STATE
                      : s->kind == WB_S_QUANTITY ? PART_SUM
                      : s->kind == WB_S_REQUIRE  ? PART_REQUIRE
                                                 : PART_LET,
              .name = s->name ? s->name->name : WB_STR(""),
              .formula = formula(o->ctx, s->expr)};
  for (size_t i = 0; i < EXAMPLE_COUNT && s->kind == WB_S_QUANTITY; i++)
    out.bytes[i] = takes(o, &EXAMPLES[i]) ? in_example(o, &all->examples[i], s->name) : -1;
  if (s->kind == WB_S_REQUIRE) out.name = s->text;
  return out;
}

/* Options that were given stand in the place of their defaults. */
static wb_str option_value(const wb_optimizer *o, const wb_field *f) {
  for (size_t i = 0; i < o->option_count; i++) {
    if (!wb_option_is(f, o->options[i].name)) continue;
    wb_text out = {.ctx = o->ctx};
    wb_value_print(&out, &o->options[i].value);
    return wb_text_str(&out);
  }
  return formula(o->ctx, f->fallback);
}

static lines lines_of(const wb_optimizer *o) {
  const wb_decl *decl = o->decl;
  lines all = {.items = WB_NEWN(o->ctx, line, decl->field_count + decl->body.count)};
  for (size_t i = 0; i < EXAMPLE_COUNT; i++) /* the first must be: what refuses it says why */
    if (!i || takes(o, &EXAMPLES[i])) all.examples[i] = bytes_of(o, &EXAMPLES[i]);
  for (size_t i = 0; i < decl->field_count; i++) {
    const wb_field *f = &decl->fields[i];
    if (f->option) all.items[all.count++] = (line){PART_OPTION, f->name->name, option_value(o, f), {0}};
  }
  for (size_t i = 0; i < decl->body.count; i++) all.items[all.count++] = line_of(o, &all, decl->body.items[i]);
  return all;
}

static void json_lines(wb_json_out *j, const char *key, part which, const lines *all) {
  wb_jo_begin(j, key, '[');
  for (size_t i = 0; i < all->count; i++) {
    const line *l = &all->items[i];
    if (l->part != which) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, which == PART_REQUIRE ? "why" : "name", l->name);
    wb_jo_str(j, which == PART_OPTION ? "value" : "formula", l->formula);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_examples(wb_json_out *j, const lines *all, const wb_optimizer *o) {
  wb_jo_begin(j, "examples", '[');
  for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
    const example *e = &EXAMPLES[i];
    const wb_optimizer_bytes *bytes = &all->examples[i];
    if (!takes(o, e)) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_begin(j, "shape", '[');
    for (size_t d = 0; d < e->rank; d++) wb_jo_int(j, NULL, e->dims[d]);
    wb_jo_end(j, ']');
    wb_jo_str(j, "dtype", wb_str_of(e->dtype));
    wb_jo_int(j, "state_bytes", bytes->state);
    wb_jo_int(j, "host_bytes", bytes->host);
    wb_jo_int(j, "paged_bytes", bytes->paged);
    wb_jo_int(j, "shared_bytes", bytes->shared);
    wb_jo_num(j, "bytes_per_parameter", each_of(bytes->state, e));
    wb_jo_begin(j, "states", '{');
    for (size_t k = 0; k < bytes->part_count; k++)
      wb_jo_int(j, wb_str_cstr(j->out->text.ctx, bytes->parts[k].name), bytes->parts[k].bytes);
    wb_jo_end(j, '}');
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void one_json(wb_out *out, const wb_optimizer *o, const lines *all) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "optimizer");
  wb_jo_str(&j, "name", o->decl->name->name);
  if (o->decl->like) wb_jo_str(&j, "like", o->decl->like->name->name);
  wb_jo_str(&j, "names", names_of(o->ctx, o->decl));
  wb_jo_str(&j, "source", o->decl->source);
  json_lines(&j, "options", PART_OPTION, all);
  json_lines(&j, "states", PART_STATE, all);
  json_lines(&j, "sums", PART_SUM, all);
  json_lines(&j, "lets", PART_LET, all);
  json_lines(&j, "requires", PART_REQUIRE, all);
  json_examples(&j, all, o);
  wb_jo_end(&j, '}');
}

static const wb_column LINE_COLUMNS[] = {{"part", WB_LABEL_KIND, false},
                                         {"name", WB_LABEL_NAME, false},
                                         {"formula", WB_LABEL_FORMULA_COLUMN, false},
                                         {"bytes_bf16", WB_LABEL_PER_PARAMETER_BF16, true},
                                         {"bytes_fp32", WB_LABEL_PER_PARAMETER_FP32, true}};

static void one_table(wb_out *out, const lines *all) {
  wb_ctx *ctx = out->text.ctx;
  wb_table table = {ctx, LINE_COLUMNS, sizeof LINE_COLUMNS / sizeof *LINE_COLUMNS, NULL, 0, 0};
  for (size_t i = 0; i < all->count; i++) {
    const line *l = &all->items[i];
    const bool counts = l->part == PART_STATE || l->part == PART_SUM;
    wb_table_cell(&table, wb_str_of(PARTS[l->part]));
    wb_table_cell(&table, l->name);
    wb_table_cell(&table, l->formula);
    for (size_t e = 0; e < 2; e++)
      wb_table_cell(&table, counts ? rate(ctx, each_of(l->bytes[e], &EXAMPLES[e])) : WB_STR(""));
  }
  wb_table_write(out, &table);
}

static void text_lines(wb_out *out, wb_message_id head, part which, const lines *all) {
  bool any = false;
  for (size_t i = 0; i < all->count; i++) {
    const line *l = &all->items[i];
    if (l->part != which) continue;
    if (!any) wb_text_addf(&out->text, "\n%s\n", wb_out_label(out, head));
    any = true;
    if (which == PART_REQUIRE)
      wb_text_addf(&out->text, "  %.*s\n    %.*s\n", WB_STR_ARG(l->formula), WB_STR_ARG(l->name));
    else wb_text_addf(&out->text, "  %.*s = %.*s\n", WB_STR_ARG(l->name), WB_STR_ARG(l->formula));
  }
}

static void text_examples(wb_out *out, const wb_optimizer *o, const lines *all) {
  wb_text_addf(&out->text, "\n%s\n", wb_out_label(out, WB_HEAD_EXAMPLES));
  for (size_t i = 0; i < EXAMPLE_COUNT; i++) {
    const example *e = &EXAMPLES[i];
    const wb_optimizer_bytes *bytes = &all->examples[i];
    if (!takes(o, e)) continue;
    wb_text_addf(&out->text, "  %d", SIDE);
    if (e->rank == 2) wb_text_addf(&out->text, " x %d", SIDE);
    wb_text_addf(&out->text, " %s: %.*s %s", e->dtype, WB_STR_ARG(wb_out_number(out, bytes->state)),
                 wb_out_label(out, WB_LABEL_BYTES));
    wb_text_addf(&out->text, " = %.*s × %.*s", WB_STR_ARG(rate(o->ctx, each_of(bytes->state, e))),
                 WB_STR_ARG(wb_out_number(out, e->dims[0] * e->dims[1])));
    for (size_t k = 0; k < bytes->part_count; k++)
      wb_text_addf(&out->text, "%s%.*s %.*s", k ? ", " : "  (", WB_STR_ARG(bytes->parts[k].name),
                   WB_STR_ARG(wb_out_number(out, bytes->parts[k].bytes)));
    if (bytes->part_count) wb_text_addc(&out->text, ')');
    if (bytes->shared)
      wb_text_addf(&out->text, "; %s: %.*s", wb_out_label(out, WB_LABEL_SHARED_BYTES),
                   WB_STR_ARG(wb_out_number(out, bytes->shared)));
    wb_text_addc(&out->text, '\n');
  }
}

static void one_text(wb_out *out, const wb_optimizer *o, const lines *all) {
  const wb_str names = names_of(o->ctx, o->decl);
  wb_text_addf(&out->text, "%.*s\n  %s: %.*s\n", WB_STR_ARG(o->decl->name->name), wb_out_label(out, WB_LABEL_SOURCE),
               WB_STR_ARG(o->decl->source));
  if (names.len) wb_text_addf(&out->text, "  %s: %.*s\n", wb_out_label(out, WB_LABEL_ALSO), WB_STR_ARG(names));
  text_lines(out, WB_HEAD_OPTIONS, PART_OPTION, all);
  text_lines(out, WB_HEAD_STATES, PART_STATE, all);
  text_lines(out, WB_HEAD_SUMS, PART_SUM, all);
  text_lines(out, WB_HEAD_REFUSES, PART_REQUIRE, all);
  text_lines(out, WB_HEAD_LETS, PART_LET, all);
  text_examples(out, o, all);
}

void wb_report_optimizers(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  const weigh_report_options *asked = out->options;
  if (!asked->optimizer) {
    if (asked->format == WEIGH_FORMAT_JSON) list_json(out, lib);
    else list(out, lib);
    return;
  }
  const weigh_serving *options = &asked->serving;
  const wb_optimizer o =
      wb_optimizer_find(lib, ctx, wb_str_of(asked->optimizer), options->engine_options, options->engine_option_count);
  const lines all = lines_of(&o);
  if (asked->format == WEIGH_FORMAT_JSON) one_json(out, &o, &all);
  else if (asked->format == WEIGH_FORMAT_TEXT) one_text(out, &o, &all);
  else one_table(out, &all);
}
