/* weigh compare-methods: what each published rule of thumb says of a model, beside the exact figure, and why it differs. */
#include "estimate/side_by_side.h"
#include "report/method.h"
#include "report/methods.h"

static bool counts_bytes(const wb_deviation *d) { return wb_str_is(d->unit, "bytes"); }

static wb_num rounded(wb_num n) {
  wb_num half = {1, 2};
  if (!wb_num_add(n, half, &n)) return n;
  wb_num_floor(n, &n);
  return n;
}

/* "14.96 GiB", "8,030,261,248"; plain: bytes, elements, FLOPs. */
static wb_str amount(wb_out *out, const wb_deviation *d, wb_num n, bool sign) {
  wb_ctx *ctx = out->text.ctx;
  if (wb_out_plain(out)) return wb_out_number(out, rounded(n).num);
  if (counts_bytes(d)) return wb_str_fmt(ctx, sign ? "%+.3f GiB" : "%.3f GiB", wb_num_double(n) / WB_GIB);
  const wb_str number = wb_out_number(out, rounded(n).num);
  return sign && n.num > 0 ? wb_str_fmt(ctx, "+%.*s", WB_STR_ARG(number)) : number;
}

static double magnitude(const wb_deviation_cause *c) {
  const double n = wb_num_double(c->amount);
  return n < 0 ? -n : n;
}

/* The causes that weigh most, until little is left; the others stand in JSON and under --method. */
static wb_str because(wb_out *out, const wb_deviation *d) {
  wb_text text = {.ctx = out->text.ctx};
  bool told[WB_DEVIATION_CAUSES] = {false};
  for (int n = 0; n < 2; n++) {
    size_t best = WB_DEVIATION_CAUSES;
    for (size_t i = 0; i < d->cause_count; i++)
      if (!told[i] && (best == WB_DEVIATION_CAUSES || magnitude(&d->causes[i]) > magnitude(&d->causes[best]))) best = i;
    if (best == WB_DEVIATION_CAUSES) break;
    told[best] = true;
    const wb_str name = wb_cause_meaning(out, d->causes[best].name), by = amount(out, d, d->causes[best].amount, true);
    wb_text_addf(&text, "%s%.*s %.*s", n ? ", " : "", WB_STR_ARG(name), WB_STR_ARG(by));
  }
  return wb_text_str(&text);
}

static wb_str percent(wb_out *out, const wb_deviation *d) {
  return wb_out_plain(out) ? wb_str_fmt(out->text.ctx, "%.6g", d->relative)
                           : wb_str_fmt(out->text.ctx, "%+.1f %%", 100 * d->relative);
}

static wb_str name_of(wb_ctx *ctx, const wb_deviation *d) {
  const wb_decl *f = d->result->function;
  return wb_str_fmt(ctx, "%.*s.%.*s", WB_STR_ARG(f->method->name->name), WB_STR_ARG(f->name->name));
}

static wb_str asked_of(wb_ctx *ctx, const wb_deviation *d) {
  return d->mode.len ? wb_str_fmt(ctx, "%.*s %.*s", WB_STR_ARG(d->question), WB_STR_ARG(d->mode)) : d->question;
}

static const wb_column COLUMNS[] = {{"question", WB_LABEL_ASKED_FOR, false},  {"method", WB_LABEL_METHOD, false},
                                    {"figure", WB_LABEL_SAYS, true},          {"exact", WB_LABEL_EXACT, true},
                                    {"deviation", WB_LABEL_DIFFERENCE, true}, {"causes", WB_LABEL_BECAUSE, false}};

void wb_write_deviations(wb_out *out, const wb_deviation *items, size_t count) {
  wb_table table = {out->text.ctx, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, NULL, 0, 0};
  for (size_t i = 0; i < count; i++) {
    const wb_deviation *d = &items[i];
    wb_table_cell(&table, asked_of(out->text.ctx, d));
    wb_table_cell(&table, name_of(out->text.ctx, d));
    wb_table_cell(&table, amount(out, d, d->figure, false));
    wb_table_cell(&table, amount(out, d, d->exact, false));
    wb_table_cell(&table, percent(out, d));
    wb_table_cell(&table, because(out, d));
  }
  wb_table_write(out, &table);
}

static void json_causes(wb_json_out *j, const wb_deviation *d) {
  wb_jo_begin(j, "causes", '[');
  for (size_t i = 0; i < d->cause_count; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", d->causes[i].name);
    wb_jo_num(j, "amount", d->causes[i].amount);
    if (d->causes[i].formula.len) wb_jo_str(j, "formula", d->causes[i].formula);
    wb_jo_str(j, "text", wb_cause_meaning(j->out, d->causes[i].name));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_figures(wb_json_out *j, const wb_deviation *d) {
  wb_jo_str(j, "quantity", d->label);
  wb_jo_str(j, "unit", d->unit);
  wb_jo_num(j, "figure", d->figure);
  wb_jo_num(j, "exact", d->exact);
  wb_jo_num(j, "difference", d->difference);
  wb_jo_real(j, "deviation", d->relative);
  json_causes(j, d);
}

void wb_json_asked_method(wb_json_out *j, const wb_deviation *d) {
  wb_json_method(j, "method", d->result);
  wb_jo_begin(j, "method_deviation", '{');
  json_figures(j, d);
  wb_jo_end(j, '}');
}

void wb_json_deviations(wb_json_out *j, const wb_deviation *items, size_t count) {
  wb_jo_begin(j, "methods", '[');
  for (size_t i = 0; i < count; i++) {
    const wb_deviation *d = &items[i];
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "question", d->question);
    if (d->mode.len) wb_jo_str(j, "mode", d->mode);
    wb_jo_str(j, "method", d->result->function->method->name->name);
    wb_jo_str(j, "function", d->result->function->name->name);
    json_figures(j, d);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

/* One method was asked about: all of its causes. */
static void write_causes(wb_out *out, const wb_deviation *d) {
  wb_ctx *ctx = out->text.ctx;
  const wb_str name = name_of(ctx, d), asked = asked_of(ctx, d), exact = amount(out, d, d->exact, false),
               figure = amount(out, d, d->figure, false), by = amount(out, d, d->difference, true);
  wb_text_addf(&out->text, "\n%.*s, %.*s: %.*s - %.*s = %.*s\n", WB_STR_ARG(name), WB_STR_ARG(asked),
               WB_STR_ARG(figure), WB_STR_ARG(exact), WB_STR_ARG(by));
  for (size_t i = 0; i < d->cause_count; i++) {
    const wb_str text = wb_cause_meaning(out, d->causes[i].name), n = amount(out, d, d->causes[i].amount, true);
    wb_text_addf(&out->text, "  %.*s  %.*s", WB_STR_ARG(n), WB_STR_ARG(text));
    if (d->causes[i].formula.len) wb_text_addf(&out->text, "   = %.*s", WB_STR_ARG(d->causes[i].formula));
    wb_text_addc(&out->text, '\n');
  }
}

void wb_write_asked_method(wb_out *out, const wb_deviation *d) {
  const wb_decl *f = d->result->function;
  wb_text_addf(&out->text, "\n  %s `%.*s`, %.*s\n", wb_out_label(out, WB_LABEL_METHOD),
               WB_STR_ARG(f->method->name->name), WB_STR_ARG(f->name->name));
  wb_write_notes(out, d->result);
  wb_write_method(out, d->result);
  if (d->cause_count) write_causes(out, d);
}

void wb_report_compare_methods(wb_out *out, wb_model *m) {
  const weigh_report_options *o = out->options;
  const wb_side_by_side all = wb_compare_methods(m, &o->serving, o->method);
  out->figures_are_loaded = true;
  if (o->format == WEIGH_FORMAT_JSON) {
    wb_json_out j = {.out = out, .first = true};
    wb_jo_begin(&j, NULL, '{');
    wb_json_head(&j, "compare-methods");
    wb_jo_str(&j, "model", m->name);
    wb_jo_int(&j, "context", all.serving->longest);
    wb_jo_int(&j, "sequences", all.serving->in_all);
    wb_json_deviations(&j, all.items, all.count);
    wb_json_warnings(&j, m);
    wb_jo_end(&j, '}');
    return;
  }
  if (o->format == WEIGH_FORMAT_TEXT) {
    const wb_str lengths[] = {m->name, wb_out_number(out, all.serving->longest),
                              wb_out_number(out, all.serving->in_all)};
    wb_out_message(out, WB_NOTE_COMPARED_AT, 3, lengths);
    wb_text_addc(&out->text, '\n');
    wb_out_warnings(out, m);
    wb_text_addc(&out->text, '\n');
  }
  wb_write_deviations(out, all.items, all.count);
  for (size_t i = 0; o->method && o->format == WEIGH_FORMAT_TEXT && i < all.count; i++)
    write_causes(out, &all.items[i]);
}
