/* weigh diff: fields, figures and tensors that differ between two models. */
#include <stdlib.h>

#include "report/report.h"

typedef struct change {
  const char *what; /* field, figure, tensor */
  wb_str name, a, b;
} change;

typedef struct changes {
  wb_ctx *ctx;
  change *items;
  size_t count, cap;
} changes;

static void note(changes *c, const char *what, wb_str name, wb_str a, wb_str b) {
  if (wb_str_eq(a, b)) return;
  WB_PUSH_ROOM(c->ctx, c->items, c->count, c->cap);
  c->items[c->count++] = (change){what, name, a, b};
}

static wb_str number(wb_ctx *ctx, wb_i128 n) {
  wb_text text = {.ctx = ctx};
  wb_i128_print(&text, n);
  return wb_text_str(&text);
}

static wb_str value_text(wb_ctx *ctx, const wb_value *value) {
  wb_text text = {.ctx = ctx};
  wb_value_print(&text, value);
  return wb_text_str(&text);
}

static wb_str field_name(wb_ctx *ctx, const wb_fields *f, const wb_used_field *used) {
  return wb_str_fmt(ctx, "%.*s%.*s", WB_STR_ARG(f->prefix), WB_STR_ARG(used->field->name->name));
}

static const wb_used_field *find_field(wb_ctx *ctx, const wb_model *m, wb_str name) {
  for (const wb_fields *f = m->all_fields; f; f = f->next)
    for (size_t i = 0; i < f->used_count; i++)
      if (wb_str_eq(field_name(ctx, f, &f->used[i]), name)) return &f->used[i];
  return NULL;
}

static void diff_fields(changes *c, const wb_model *a, const wb_model *b, bool back) {
  for (const wb_fields *f = a->all_fields; f; f = f->next)
    for (size_t i = 0; i < f->used_count; i++) {
      wb_str name = field_name(c->ctx, f, &f->used[i]);
      const wb_used_field *other = find_field(c->ctx, b, name);
      if (f->used[i].binding->state != WB_EVALUATED || (back && other)) continue;
      wb_str own = value_text(c->ctx, &f->used[i].binding->value), theirs = WB_STR("");
      if (other && other->binding->state == WB_EVALUATED) theirs = value_text(c->ctx, &other->binding->value);
      note(c, "field", name, back ? theirs : own, back ? own : theirs);
    }
}

static void diff_figures(changes *c, const wb_model *a, const wb_model *b) {
  note(c, "figure", WB_STR("model_type"), a->model_type, b->model_type);
  note(c, "figure", WB_STR("total_parameters"), number(c->ctx, a->total.num), number(c->ctx, b->total.num));
  wb_num active_a = a->active, active_b = b->active;
  wb_num_floor(active_a, &active_a);
  wb_num_floor(active_b, &active_b);
  note(c, "figure", WB_STR("active_parameters"), number(c->ctx, active_a.num), number(c->ctx, active_b.num));
  for (int g = 0; g < WB_GROUP_COUNT; g++)
    note(c, "figure", wb_str_of(wb_group_name((wb_group)g)), number(c->ctx, a->groups[g].num),
         number(c->ctx, b->groups[g].num));
}

typedef struct line {
  wb_str name, shape;
} line;

static int by_name(const void *a, const void *b) {
  return wb_str_cmp(((const line *)a)->name, ((const line *)b)->name);
}

static size_t lines_of(wb_ctx *ctx, const wb_model *m, line **out) {
  size_t n = 0;
  line *lines = WB_NEWN(ctx, line, m->row_count);
  for (size_t i = 0; i < m->row_count; i++) {
    if (m->rows[i].mtp) continue;
    wb_text name = {.ctx = ctx};
    wb_row_print(&name, &m->rows[i]);
    lines[n++] = (line){wb_text_str(&name), wb_row_shape(ctx, &m->rows[i])};
  }
  if (n) qsort(lines, n, sizeof *lines, by_name);
  *out = lines;
  return n;
}

static void diff_tensors(changes *c, const wb_model *a, const wb_model *b) {
  line *x = NULL, *y = NULL;
  size_t n = lines_of(c->ctx, a, &x), m = lines_of(c->ctx, b, &y), i = 0, k = 0;
  while (i < n || k < m) {
    int order = i == n ? 1 : k == m ? -1 : wb_str_cmp(x[i].name, y[k].name);
    if (order == 0) note(c, "tensor", x[i].name, x[i].shape, y[k].shape);
    else if (order < 0) note(c, "tensor", x[i].name, x[i].shape, WB_STR(""));
    else note(c, "tensor", y[k].name, WB_STR(""), y[k].shape);
    i += order <= 0;
    k += order >= 0;
  }
}

static const wb_column COLUMNS[] = {
    {"what", WB_LABEL_WHAT, false}, {"name", WB_LABEL_NAME, false}, {"a", WB_LABEL_A, true}, {"b", WB_LABEL_B, true}};

static void write_json(wb_out *out, const changes *c, const wb_model *a, const wb_model *b) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "diff");
  wb_jo_str(&j, "a", a->name);
  wb_jo_str(&j, "b", b->name);
  wb_jo_bool(&j, "equal", c->count == 0);
  wb_jo_begin(&j, "differences", '[');
  for (size_t i = 0; i < c->count; i++) {
    wb_jo_begin(&j, NULL, '{');
    wb_jo_str(&j, "what", wb_str_of(c->items[i].what));
    wb_jo_str(&j, "name", c->items[i].name);
    wb_jo_str(&j, "a", c->items[i].a);
    wb_jo_str(&j, "b", c->items[i].b);
    wb_jo_end(&j, '}');
  }
  wb_jo_end(&j, ']');
  wb_jo_end(&j, '}');
}

bool wb_report_diff(wb_out *out, wb_model *a, wb_model *b) {
  changes c = {.ctx = out->text.ctx};
  diff_fields(&c, a, b, false);
  diff_fields(&c, b, a, true);
  diff_figures(&c, a, b);
  diff_tensors(&c, a, b);
  if (out->options->format == WEIGH_FORMAT_JSON) {
    write_json(out, &c, a, b);
    return c.count == 0;
  }
  wb_table table = {out->text.ctx, COLUMNS, 4, NULL, 0, 0};
  for (size_t i = 0; i < c.count; i++) {
    wb_table_cell(&table, wb_str_of(c.items[i].what));
    wb_table_cell(&table, c.items[i].name);
    wb_table_cell(&table, c.items[i].a);
    wb_table_cell(&table, c.items[i].b);
  }
  if (out->options->format == WEIGH_FORMAT_TEXT) {
    wb_text_addf(&out->text, "a: %.*s\nb: %.*s\n", WB_STR_ARG(a->name), WB_STR_ARG(b->name));
    if (!c.count) {
      wb_text_addf(&out->text, "%s\n", wb_out_label(out, WB_DIFF_EQUAL));
      return true;
    }
  }
  wb_table_write(out, &table);
  return c.count == 0;
}
