/* weigh tensors: the list as published in checkpoints. Rows are expanded as they are written, so 45,000 tensors take
 * no memory. */
#include <stdlib.h>

#include "report/report.h"

static const char *const KINDS[] = {"param", "buffer", "tied:"};

typedef struct line { /* one row's cells, made once for all its tensors */
  wb_out *out;
  wb_str tail; /* what follows the name in TSV or CSV */
  const wb_row *row;
  wb_table *table;
  wb_json_out *json;
} line;

static bool like(wb_str name, wb_str glob) {
  size_t n = 0, g = 0, star = (size_t)-1, mark = 0;
  while (n < name.len) {
    if (g < glob.len && (glob.ptr[g] == '?' || glob.ptr[g] == name.ptr[n])) {
      n++;
      g++;
    } else if (g < glob.len && glob.ptr[g] == '*') {
      star = g++;
      mark = n;
    } else if (star != (size_t)-1) {
      g = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (g < glob.len && glob.ptr[g] == '*') g++;
  return g == glob.len;
}

static bool contains(wb_str name, wb_str part) {
  for (size_t i = 0; i + part.len <= name.len; i++)
    if (wb_str_eq(wb_str_slice(name, i, i + part.len), part)) return true;
  return part.len == 0;
}

static bool wanted(const wb_out *out, wb_str name) {
  if (!out->options->filter) return true;
  wb_str filter = wb_str_of(out->options->filter);
  bool glob = contains(filter, WB_STR("*")) || contains(filter, WB_STR("?"));
  return glob ? like(name, filter) : contains(name, filter);
}

static wb_i128 row_bytes(const wb_row *row) { return row->elements.num * (wb_i128)wb_dtype_bytes(row->dtype); }

static wb_str kind_text(wb_ctx *ctx, const wb_row *row) {
  return row->kind == WB_TIED ? wb_str_fmt(ctx, "tied:%.*s", WB_STR_ARG(row->tied_to)) : wb_str_of(KINDS[row->kind]);
}

static void cells_after_name(line *l, wb_str *cells) {
  wb_ctx *ctx = l->out->text.ctx;
  cells[0] = wb_row_shape(ctx, l->row);
  cells[1] = l->row->dtype;
  cells[2] = wb_out_number(l->out, l->row->elements.num);
  cells[3] = wb_out_number(l->out, row_bytes(l->row));
  cells[4] = wb_str_of(wb_group_name(l->row->mtp ? WB_G_MTP : l->row->group));
  cells[5] = kind_text(ctx, l->row);
}

static bool write_line(void *user, wb_str name) {
  line *l = user;
  if (!wanted(l->out, name)) return true;
  wb_text_add(&l->out->text, name);
  wb_text_add(&l->out->text, l->tail);
  wb_out_flush(l->out, false);
  return true;
}

static bool write_cell(void *user, wb_str name) {
  line *l = user;
  wb_str cells[6];
  if (!wanted(l->out, name)) return true;
  cells_after_name(l, cells);
  wb_table_cell(l->table, wb_str_copy(l->out->text.ctx, name));
  for (int i = 0; i < 6; i++) wb_table_cell(l->table, cells[i]);
  return true;
}

static bool write_json(void *user, wb_str name) {
  line *l = user;
  wb_json_out *j = l->json;
  if (!wanted(l->out, name)) return true;
  wb_mark mark = wb_arena_mark(l->out->text.ctx->arena);
  (void)mark;
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "name", name);
  wb_jo_begin(j, "shape", '[');
  for (uint32_t i = 0; i < l->row->rank; i++) wb_jo_int(j, NULL, l->row->dims[i]->value.u.num.num);
  wb_jo_end(j, ']');
  wb_jo_str(j, "dtype", l->row->dtype);
  wb_jo_int(j, "elements", l->row->elements.num);
  wb_jo_int(j, "bytes", row_bytes(l->row));
  wb_jo_str(j, "group", wb_str_of(wb_group_name(l->row->mtp ? WB_G_MTP : l->row->group)));
  wb_jo_str(j, "kind", l->row->kind == WB_TIED ? WB_STR("tied") : wb_str_of(KINDS[l->row->kind]));
  if (l->row->kind == WB_TIED) wb_jo_str(j, "tied_to", l->row->tied_to);
  wb_jo_end(j, '}');
  return true;
}

static wb_str tail_of(line *l) {
  wb_text tail = {.ctx = l->out->text.ctx};
  wb_str cells[6];
  cells_after_name(l, cells);
  for (int i = 0; i < 6; i++) {
    wb_text_addc(&tail, l->out->options->format == WEIGH_FORMAT_TSV ? '\t' : ',');
    wb_text_add(&tail, cells[i]);
  }
  wb_text_addc(&tail, '\n');
  return wb_text_str(&tail);
}

typedef struct order {
  const wb_row *row;
  wb_str key;
  wb_i128 size;
  size_t at;
} order;

static int by_key(const void *a, const void *b) {
  const order *x = a, *y = b;
  if (x->size != y->size) return x->size > y->size ? -1 : 1; /* the largest first */
  int text = wb_str_cmp(x->key, y->key);
  return text ? text : x->at < y->at ? -1 : x->at > y->at;
}

/* Rows in the order asked for. By name, rows are ordered by their patterns, which start alike where names do. */
static order *ordered(wb_out *out, wb_model *m) {
  wb_ctx *ctx = out->text.ctx;
  const char *sort = out->options->sort;
  order *rows = WB_NEWN(ctx, order, m->row_count);
  for (size_t i = 0; i < m->row_count; i++) {
    rows[i] = (order){&m->rows[i], WB_STR(""), 0, i};
    if (!sort) continue;
    if (wb_str_is(WB_STR("name"), sort)) rows[i].key = m->rows[i].pattern;
    else if (wb_str_is(WB_STR("elements"), sort)) rows[i].size = m->rows[i].elements.num;
    else if (wb_str_is(WB_STR("bytes"), sort)) rows[i].size = row_bytes(&m->rows[i]);
    else if (wb_str_is(WB_STR("group"), sort)) rows[i].key = wb_str_of(wb_group_name(m->rows[i].group));
    else WB_FAIL(ctx, WB_SORT_UNKNOWN, WB_NOWHERE, wb_str_of(sort));
  }
  if (sort) qsort(rows, m->row_count, sizeof *rows, by_key);
  return rows;
}

static const wb_column COLUMNS[] = {
    {"name", WB_LABEL_NAME, false},        {"shape", WB_LABEL_SHAPE, true}, {"dtype", WB_LABEL_DTYPE, false},
    {"elements", WB_LABEL_ELEMENTS, true}, {"bytes", WB_LABEL_BYTES, true}, {"group", WB_LABEL_GROUP, false},
    {"kind", WB_LABEL_KIND, false},
};

static void each_row(wb_out *out, wb_model *m, line *l, wb_tensor_fn each) {
  order *rows = ordered(out, m);
  for (size_t i = 0; i < m->row_count; i++) {
    l->row = rows[i].row;
    if (l->row->mtp && !out->options->with_mtp) continue;
    if (each == write_line) l->tail = tail_of(l);
    if (out->options->compact) {
      wb_text name = {.ctx = out->text.ctx};
      wb_row_print(&name, l->row);
      each(l, wb_text_str(&name));
    } else {
      wb_row_expand(out->text.ctx, l->row, each, l);
    }
  }
}

void wb_report_tensors(wb_out *out, wb_model *m) {
  line l = {.out = out};
  if (wb_out_plain(out)) {
    wb_table header = {out->text.ctx, COLUMNS, 7, NULL, 0, 0};
    ordered(out, m); /* refuse a wrong order before anything is written */
    wb_table_write(out, &header);
    each_row(out, m, &l, write_line);
    return;
  }
  if (out->options->format == WEIGH_FORMAT_JSON) {
    wb_json_out j = {.out = out, .first = true};
    l.json = &j;
    ordered(out, m);
    wb_jo_begin(&j, NULL, '{');
    wb_json_head(&j, "tensors");
    wb_jo_str(&j, "model", m->name);
    wb_jo_begin(&j, "tensors", '[');
    each_row(out, m, &l, write_json);
    wb_jo_end(&j, ']');
    wb_jo_end(&j, '}');
    return;
  }
  wb_table table = {out->text.ctx, COLUMNS, 7, NULL, 0, 0};
  l.table = &table;
  each_row(out, m, &l, write_cell);
  wb_table_write(out, &table);
}
