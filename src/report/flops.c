/* weigh flops: what a pass computes and moves, by operation, layer or group. */
#include "report/flops.h"

#include "estimate/convention.h"

static double ratio(wb_num part, wb_num all) { return all.num ? wb_num_double(part) / wb_num_double(all) : 0; }

/* ---- JSON ---- */

static void json_work(wb_json_out *j, const wb_work *work, wb_num total, wb_num bytes) {
  static const char *const keys[] = {"matmul_flops", "attention_flops", "convolution_flops", "other_flops"};
  wb_jo_num(j, "total_flops", total);
  for (int i = 0; i < WB_FLOP_KINDS; i++) wb_jo_num(j, keys[i], work->flops[i]);
  wb_jo_num(j, "weight_bytes", work->weight_bytes);
  wb_jo_num(j, "read_bytes", work->read_bytes);
  wb_jo_num(j, "written_bytes", work->written_bytes);
  wb_jo_num(j, "total_bytes", bytes);
  wb_jo_real(j, "arithmetic_intensity", ratio(total, bytes));
}

static void json_question(wb_json_out *j, const wb_pass *pass) {
  const weigh_pass *a = &pass->asked;
  wb_jo_str(j, "phase", wb_str_of(wb_phase_name(a->phase)));
  wb_jo_int(j, "batch", a->batch);
  wb_jo_int(j, "prompt", a->prompt);
  if (a->phase == WEIGH_PHASE_DECODE) wb_jo_int(j, "depth", a->depth);
  if (a->mix) wb_jo_str(j, "mix", wb_str_of(a->mix));
  wb_jo_str(j, "dtype", pass->dtype);
  wb_jo_str(j, "pairs", wb_str_of(a->unmasked_pairs ? "unmasked" : "all"));
  wb_jo_str(j, "logits", wb_str_of(a->last_logits || a->phase == WEIGH_PHASE_PREFILL ? "last" : "all"));
  wb_jo_bool(j, "elementwise_in_total", a->with_elementwise);
}

static void json_active(wb_json_out *j, const wb_flops_facts *f) {
  wb_jo_begin(j, "active_parameters", '{');
  wb_jo_num(j, "routed", f->routed);
  wb_jo_num(j, "shared", f->shared);
  wb_jo_num(j, "dense", f->dense);
  wb_jo_end(j, '}');
}

static void json_rows(wb_json_out *j, const wb_flops_facts *f, weigh_by by) {
  static const char *const lists[] = {"operations", "layers", "groups"};
  wb_jo_begin(j, lists[by], '[');
  for (size_t i = 0; i < f->row_count; i++) {
    const wb_flops_row *row = &f->rows[i];
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", row->name);
    if (row->operation.len) wb_jo_str(j, "operation", row->operation);
    if (row->count.num) wb_jo_num(j, "count", row->count);
    json_work(j, &row->work, row->flops, row->bytes);
    wb_jo_real(j, "share_of_flops", ratio(row->flops, f->total));
    wb_jo_real(j, "share_of_bytes", ratio(row->bytes, f->bytes));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_method(wb_json_out *j, wb_model *m, const weigh_report_options *options) {
  wb_convention chosen = wb_convention_named(m, &options->pass, wb_str_of(options->method));
  wb_jo_begin(j, "method", '{');
  wb_jo_str(j, "name", chosen.name);
  wb_jo_str(j, "source", chosen.source);
  if (chosen.applies) wb_jo_num(j, "total_flops", chosen.flops);
  else wb_jo_null(j, "total_flops");
  wb_jo_end(j, '}');
}

static void write_json(wb_out *out, wb_model *m, const wb_flops_facts *f) {
  wb_json_out j = {.out = out, .first = true};
  wb_num macs;
  wb_num_div(f->total, wb_num_int(2), &macs);
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "flops");
  wb_jo_str(&j, "model", m->name);
  wb_jo_str(&j, "model_type", m->model_type);
  json_question(&j, &f->pass);
  json_work(&j, &f->work, f->total, f->bytes);
  wb_jo_num(&j, "total_macs", macs);
  wb_jo_num(&j, "saved_bytes", f->saved_bytes);
  wb_jo_num(&j, "largest_temporary_bytes", f->temp_bytes);
  json_active(&j, f);
  wb_jo_bool(&j, "complete", wb_model_enumerated(m));
  json_rows(&j, f, out->options->by);
  if (out->options->conventions) wb_json_conventions(&j, m, &out->options->pass);
  if (out->options->method) json_method(&j, m, out->options);
  wb_json_warnings(&j, m);
  wb_jo_end(&j, '}');
}

/* ---- text and tables ---- */

/* 1.93 T, with the unit that follows. */
static wb_str short_number(wb_ctx *ctx, wb_num n, const char *unit) {
  static const char *const names[] = {"", "k", "M", "G", "T", "P", "E", "Z", "Y"};
  double value = wb_num_double(n);
  size_t at = 0;
  while (value >= 999.995 && at + 1 < sizeof names / sizeof *names) value /= 1000, at++;
  return wb_str_fmt(ctx, at ? "%.2f %s%s" : "%.0f %s%s", value, names[at], unit);
}

#define BAR 16
/* A bar of eighths of blocks. */
static wb_str bar(wb_ctx *ctx, double share) {
  static const char *const parts[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  wb_text text = {.ctx = ctx};
  int eighths = (int)(share * BAR * 8 + 0.5);
  for (int i = 0; i < eighths / 8; i++) wb_text_adds(&text, "█");
  wb_text_adds(&text, parts[eighths % 8]);
  return text.len ? wb_text_str(&text) : WB_STR("");
}

static wb_str share_text(wb_ctx *ctx, double share) {
  wb_str drawn = bar(ctx, share);
  return wb_str_fmt(ctx, "%5.1f %% %.*s", 100 * share, WB_STR_ARG(drawn));
}

#define SHARED_COLUMNS                                                                                         \
  {"flops", WB_LABEL_FLOPS, true}, {"share_of_flops", WB_LABEL_SHARE, false}, {"bytes", WB_LABEL_BYTES, true}, \
      {"share_of_bytes", WB_LABEL_SHARE, false}, {                                                             \
    "intensity", WB_LABEL_INTENSITY, true                                                                      \
  }
static const wb_column OPERATION_COLUMNS[] = {
    {"name", WB_LABEL_NAME, false}, {"operation", WB_LABEL_OPERATION, false}, SHARED_COLUMNS};
static const wb_column LAYER_COLUMNS[] = {
    {"name", WB_LABEL_LAYERS, false}, {"count", WB_LABEL_COUNT, true}, SHARED_COLUMNS};
static const wb_column GROUP_COLUMNS[] = {{"name", WB_LABEL_GROUP, false}, SHARED_COLUMNS};

static void write_rows(wb_out *out, const wb_flops_facts *f) {
  static const struct {
    const wb_column *columns;
    size_t count;
  } tables[] = {{OPERATION_COLUMNS, 7}, {LAYER_COLUMNS, 7}, {GROUP_COLUMNS, 6}};
  const weigh_by by = out->options->by;
  wb_ctx *ctx = out->text.ctx;
  wb_table table = {ctx, tables[by].columns, tables[by].count, NULL, 0, 0};
  for (size_t i = 0; i < f->row_count; i++) {
    const wb_flops_row *row = &f->rows[i];
    wb_table_cell(&table, row->name);
    if (by == WEIGH_BY_OPERATION) wb_table_cell(&table, row->operation);
    if (by == WEIGH_BY_LAYER) wb_table_cell(&table, wb_out_number(out, row->count.num));
    wb_table_cell(&table, short_number(ctx, row->flops, ""));
    wb_table_cell(&table, share_text(ctx, ratio(row->flops, f->total)));
    wb_table_cell(&table, short_number(ctx, row->bytes, "B"));
    wb_table_cell(&table, share_text(ctx, ratio(row->bytes, f->bytes)));
    wb_table_cell(&table, wb_str_fmt(ctx, "%.1f", ratio(row->flops, row->bytes)));
  }
  wb_table_write(out, &table);
}

static const wb_column PLAIN_COLUMNS[] = {{"name", WB_LABEL_NAME, false},
                                          {"operation", WB_LABEL_OPERATION, false},
                                          {"count", WB_LABEL_COUNT, true},
                                          {"total_flops", WB_LABEL_FLOPS, true},
                                          {"matmul_flops", WB_LABEL_FLOPS, true},
                                          {"attention_flops", WB_LABEL_FLOPS, true},
                                          {"convolution_flops", WB_LABEL_FLOPS, true},
                                          {"other_flops", WB_LABEL_FLOPS, true},
                                          {"weight_bytes", WB_LABEL_BYTES, true},
                                          {"read_bytes", WB_LABEL_BYTES, true},
                                          {"written_bytes", WB_LABEL_BYTES, true},
                                          {"arithmetic_intensity", WB_LABEL_INTENSITY, true}};

static void plain_number(wb_table *table, wb_num n) {
  wb_text text = {.ctx = table->ctx};
  wb_num_print(&text, n);
  wb_table_cell(table, wb_text_str(&text));
}

static void write_plain(wb_out *out, const wb_flops_facts *f) {
  wb_table table = {out->text.ctx, PLAIN_COLUMNS, sizeof PLAIN_COLUMNS / sizeof *PLAIN_COLUMNS, NULL, 0, 0};
  for (size_t i = 0; i < f->row_count; i++) {
    const wb_flops_row *row = &f->rows[i];
    wb_table_cell(&table, row->name);
    wb_table_cell(&table, row->operation);
    plain_number(&table, row->count);
    plain_number(&table, row->flops);
    for (int k = 0; k < WB_FLOP_KINDS; k++) plain_number(&table, row->work.flops[k]);
    plain_number(&table, row->work.weight_bytes);
    plain_number(&table, row->work.read_bytes);
    plain_number(&table, row->work.written_bytes);
    wb_table_cell(&table, wb_str_fmt(out->text.ctx, "%.6g", ratio(row->flops, row->bytes)));
  }
  wb_table_write(out, &table);
}

/* Half of an odd count ends in .5; other parts of a whole are left out. */
static wb_str number_text(wb_out *out, wb_num value) {
  wb_num whole = value;
  wb_num_floor(value, &whole);
  const wb_str number = wb_out_number(out, whole.num);
  return value.den == 2 ? wb_str_fmt(out->text.ctx, "%.*s.5", WB_STR_ARG(number)) : number;
}

static void figure(wb_out *out, wb_message_id label, wb_num value, wb_str note) {
  wb_str name = wb_str_of(wb_out_label(out, label)), number = number_text(out, value);
  size_t used = wb_text_columns(name);
  wb_text_addn(&out->text, ' ', 2);
  wb_text_add(&out->text, name);
  wb_text_addn(&out->text, ' ', used < 24 ? 24 - used : 1);
  wb_text_addn(&out->text, ' ', number.len < 26 ? 26 - number.len : 0);
  wb_text_add(&out->text, number);
  wb_text_addf(&out->text, "   %.*s\n", WB_STR_ARG(note));
}

static void write_question(wb_out *out, const wb_flops_facts *f) {
  const weigh_pass *a = &f->pass.asked;
  wb_ctx *ctx = out->text.ctx;
  const bool last = a->last_logits || a->phase == WEIGH_PHASE_PREFILL || a->phase == WEIGH_PHASE_DECODE;
  wb_str args[4] = {wb_str_of(wb_phase_name(a->phase)), wb_str_fmt(ctx, "%lld", (long long)a->batch),
                    wb_str_fmt(ctx, "%lld", (long long)(a->phase == WEIGH_PHASE_DECODE ? a->depth : a->prompt)),
                    f->pass.dtype};
  wb_text_adds(&out->text, "  ");
  if (a->mix) {
    args[1] = wb_str_of(a->mix);
    wb_out_message(out, WB_NOTE_MIX, 4, args);
  } else {
    wb_out_message(out, a->phase == WEIGH_PHASE_DECODE ? WB_NOTE_DECODE : WB_NOTE_TOKENS, 4, args);
  }
  wb_text_adds(&out->text, "; ");
  wb_text_adds(&out->text, wb_out_label(out, last ? WB_NOTE_LAST_LOGITS : WB_NOTE_ALL_LOGITS));
  wb_text_adds(&out->text, "; ");
  wb_text_adds(&out->text, wb_out_label(out, a->unmasked_pairs ? WB_NOTE_UNMASKED : WB_NOTE_ALL_PAIRS));
  wb_text_addc(&out->text, '\n');
}

static void write_figures(wb_out *out, const wb_flops_facts *f) {
  static const wb_message_id kinds[] = {WB_LABEL_MATMUL, WB_LABEL_ATTENTION_FLOPS, WB_LABEL_CONVOLUTION_FLOPS,
                                        WB_LABEL_ELEMENTWISE};
  wb_ctx *ctx = out->text.ctx;
  wb_num macs;
  wb_num_div(f->total, wb_num_int(2), &macs);
  figure(out, WB_LABEL_TOTAL_FLOPS, f->total, short_number(ctx, f->total, "FLOPs"));
  for (int i = 0; i < WB_FLOP_KINDS; i++) {
    if (!f->work.flops[i].num) continue;
    const bool apart = i == WB_OTHER_FLOPS && !f->pass.asked.with_elementwise;
    figure(out, kinds[i], f->work.flops[i],
           apart ? wb_str_of(wb_out_label(out, WB_NOTE_NOT_IN_TOTAL))
                 : wb_str_fmt(ctx, "%.2f %%", 100 * ratio(f->work.flops[i], f->total)));
  }
  figure(out, WB_LABEL_MACS, macs, short_number(ctx, macs, "MACs"));
  if (f->routed.num) {
    wb_str parts[3] = {short_number(ctx, f->routed, ""), short_number(ctx, f->shared, ""),
                       short_number(ctx, f->dense, "")};
    wb_num active = f->dense;
    wb_num_add(active, f->shared, &active); /* fit: the model's total does */
    wb_num_add(active, f->routed, &active);
    wb_num_floor(active, &active);
    wb_text note = {.ctx = ctx};
    wb_message_add(&note, WB_NOTE_ACTIVE_PARTS, out->lang, parts, 3);
    figure(out, WB_LABEL_ACTIVE, active, wb_text_str(&note));
  }
  figure(out, WB_LABEL_WEIGHTS_READ, f->work.weight_bytes, short_number(ctx, f->work.weight_bytes, "B"));
  figure(out, WB_LABEL_READ, f->work.read_bytes, short_number(ctx, f->work.read_bytes, "B"));
  figure(out, WB_LABEL_WRITTEN, f->work.written_bytes, short_number(ctx, f->work.written_bytes, "B"));
  figure(out, WB_LABEL_INTENSITY, wb_num_int((wb_i128)(ratio(f->total, f->bytes) + 0.5)),
         wb_str_of(wb_out_label(out, WB_NOTE_INTENSITY)));
}

/* A convention's count, its formula, and the same with numbers. */
static void write_method(wb_out *out, wb_model *m) {
  wb_convention chosen = wb_convention_named(m, &out->options->pass, wb_str_of(out->options->method));
  wb_text_addf(&out->text, "  %s `%.*s`   [%.*s]\n", wb_out_label(out, WB_LABEL_METHOD), WB_STR_ARG(chosen.name),
               WB_STR_ARG(chosen.source));
  if (!chosen.applies) {
    wb_text_addf(&out->text, "  %s\n", wb_out_label(out, WB_NOTE_NO_FORMULA));
    return;
  }
  figure(out, WB_LABEL_TOTAL_FLOPS, chosen.flops, short_number(out->text.ctx, chosen.flops, "FLOPs"));
  if (!chosen.node) return;
  wb_text_addf(&out->text, "    = %.*s\n    = %.*s\n", WB_STR_ARG(chosen.node->formula),
               WB_STR_ARG(chosen.node->numbers));
}

static void write_text(wb_out *out, wb_model *m, const wb_flops_facts *f) {
  const bool markdown = out->options->format == WEIGH_FORMAT_MARKDOWN;
  wb_text_addf(&out->text, markdown ? "## %.*s\n\n" : "%.*s\n", WB_STR_ARG(m->name));
  wb_out_warnings(out, m);
  if (markdown) wb_text_adds(&out->text, m->warning_count ? "\n```text\n" : "```text\n");
  write_question(out, f);
  write_figures(out, f);
  if (out->options->method) write_method(out, m);
  if (markdown) wb_text_adds(&out->text, "```\n");
  wb_text_addc(&out->text, '\n');
  if (out->options->conventions) wb_write_conventions(out, m, &out->options->pass);
  else write_rows(out, f);
}

void wb_report_flops(wb_out *out, wb_model *m) {
  wb_flops_facts f = wb_flops_gather(m, out->options);
  if (out->options->format == WEIGH_FORMAT_JSON) write_json(out, m, &f);
  else if (wb_out_plain(out) && out->options->conventions) wb_write_conventions(out, m, &out->options->pass);
  else if (wb_out_plain(out)) write_plain(out, &f);
  else write_text(out, m, &f);
}
