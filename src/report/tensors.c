/* weigh tensors: the list as published in checkpoints. Rows are expanded as they are written, so 45,000 tensors take
 * no memory; only an order of names and a table as text need all of them at once. */
#include <stdlib.h>
#include <string.h>

#include "estimate/stored.h"
#include "report/report.h"

static const char *const KINDS[] = {"param", "buffer", "tied:"};

#define CELLS 9 /* behind the name, at most */

typedef struct entry { /* a row in the order asked for, with its cells once they are needed */
  const wb_row *row;
  wb_str format; /* with --quant: of what is stored */
  wb_i128 bytes;
  wb_str key;
  wb_i128 size;
  size_t at;
  wb_str *cells;
  wb_str tail; /* what follows the name in TSV or CSV */
} entry;

/* Parameters of a group in one place: "model.layers.{0-35}"; outside of layers the place is empty. */
typedef struct place {
  wb_group group;
  wb_str name;
  wb_num elements, bytes;
} place;

typedef struct line { /* where tensors go, one after another */
  wb_out *out;
  entry *entry;
  wb_table *table;
  wb_json_out *json;
  size_t cell_count;         /* behind the name */
  bool kept;                 /* names outlive the call */
  weigh_count seen, written; /* of those that are wanted */
  place *places;             /* with --compact, as JSON */
  size_t place_count, place_cap;
} line;

typedef struct named { /* a tensor, when names are put in order */
  wb_str name;
  entry *entry;
} named;

typedef struct naming {
  wb_out *out;
  entry *entry;
  named *items; /* NULL: only counting */
  size_t count, bytes;
  char *text;
} naming;

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

static wb_group shown_group(const wb_row *row) { return row->mtp ? WB_G_MTP : row->group; }

static bool stored_otherwise(const wb_out *out) { return out->options->serving.quant != NULL; }

static wb_num bits_of(const entry *e) {
  wb_num bits = wb_num_int(0);
  const bool any = e->row->elements.num > 0 && wb_num_mul(wb_num_int(e->bytes), wb_num_int(8), &bits);
  return any && wb_num_div(bits, e->row->elements, &bits) ? bits : wb_num_int(0);
}

static const wb_str *cells_of(line *l) {
  const wb_row *row = l->entry->row;
  wb_ctx *ctx = l->out->text.ctx;
  if (l->entry->cells) return l->entry->cells;
  wb_str *cells = l->entry->cells = WB_NEWN(ctx, wb_str, CELLS);
  size_t n = 0;
  cells[n++] = wb_row_shape(ctx, row);
  cells[n++] = row->dtype;
  cells[n++] = wb_out_number(l->out, row->elements.num);
  cells[n++] = wb_out_number(l->out, l->entry->bytes);
  cells[n++] = wb_str_of(wb_group_name(shown_group(row)));
  cells[n++] = kind_text(ctx, row);
  if (stored_otherwise(l->out)) {
    cells[n++] = l->entry->format;
    cells[n++] = wb_str_fmt(ctx, "%.6g", wb_num_double(bits_of(l->entry)));
  }
  if (l->out->options->compact) cells[n++] = wb_out_number(l->out, row->copies.num);
  return cells;
}

static wb_str tail_of(line *l) {
  if (l->entry->tail.len) return l->entry->tail;
  wb_text tail = {.ctx = l->out->text.ctx};
  const wb_str *cells = cells_of(l);
  for (size_t i = 0; i < l->cell_count; i++) {
    wb_text_addc(&tail, l->out->options->format == WEIGH_FORMAT_TSV ? '\t' : ',');
    wb_text_add(&tail, cells[i]);
  }
  wb_text_addc(&tail, '\n');
  return l->entry->tail = wb_text_str(&tail);
}

/* Whether a tensor is wanted and on the page asked for. */
static bool on_page(line *l, wb_str name) {
  const weigh_report_options *o = l->out->options;
  if (!wanted(l->out, name) || l->seen++ < o->offset || (o->limit && l->written == o->limit)) return false;
  l->written++;
  return true;
}

static bool write_line(void *user, wb_str name) {
  line *l = user;
  if (!on_page(l, name)) return true;
  wb_out_cell(l->out, name);
  wb_text_add(&l->out->text, tail_of(l));
  wb_out_flush(l->out, false);
  return true;
}

static bool write_cell(void *user, wb_str name) {
  line *l = user;
  if (!on_page(l, name)) return true;
  const wb_str *cells = cells_of(l);
  wb_table_cell(l->table, l->kept ? name : wb_str_copy(l->out->text.ctx, name));
  for (size_t i = 0; i < l->cell_count; i++) wb_table_cell(l->table, cells[i]);
  return true;
}

/* Up to the first index, "model.layers.{0-35}" of "model.layers.{0-35}.mlp.up_proj.weight". */
static wb_str place_name(wb_str name) {
  for (size_t from = 0, to; from < name.len; from = to + 1) {
    for (to = from; to < name.len && name.ptr[to] != '.';) to++;
    if (name.ptr[from] == '{' || (name.ptr[from] >= '0' && name.ptr[from] <= '9')) return wb_str_slice(name, 0, to);
  }
  return WB_STR("");
}

static void add_times(wb_ctx *ctx, wb_num *sum, wb_i128 each, wb_num copies) {
  wb_num all;
  if (!wb_num_mul(wb_num_int(each), copies, &all) || !wb_num_add(*sum, all, sum))
    WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
}

static void add_to_place(line *l, wb_str name) {
  wb_ctx *ctx = l->out->text.ctx;
  const wb_row *row = l->entry->row;
  const wb_str where = place_name(name);
  size_t i = 0;
  while (i < l->place_count && (l->places[i].group != shown_group(row) || !wb_str_eq(l->places[i].name, where))) i++;
  if (i == l->place_count) {
    WB_PUSH_ROOM(ctx, l->places, l->place_count, l->place_cap);
    l->places[l->place_count++] = (place){shown_group(row), where, wb_num_int(0), wb_num_int(0)};
  }
  add_times(ctx, &l->places[i].elements, row->elements.num, row->copies);
  add_times(ctx, &l->places[i].bytes, l->entry->bytes, row->copies);
}

static void write_json_copies(line *l, wb_str name) {
  const wb_row *row = l->entry->row;
  wb_num elements = wb_num_int(0), bytes = wb_num_int(0);
  add_times(l->out->text.ctx, &elements, row->elements.num, row->copies);
  add_times(l->out->text.ctx, &bytes, l->entry->bytes, row->copies);
  wb_jo_int(l->json, "copies", row->copies.num);
  wb_jo_num(l->json, "all_elements", elements);
  wb_jo_num(l->json, "all_bytes", bytes);
  if (row->kind == WB_PARAM) add_to_place(l, name);
}

static void write_json_places(const line *l) {
  wb_json_out *j = l->json;
  wb_jo_begin(j, "places", '[');
  for (size_t i = 0; i < l->place_count; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "group", wb_str_of(wb_group_name(l->places[i].group)));
    wb_jo_str(j, "place", l->places[i].name);
    wb_jo_num(j, "elements", l->places[i].elements);
    wb_jo_num(j, "bytes", l->places[i].bytes);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static bool write_json(void *user, wb_str name) {
  line *l = user;
  wb_json_out *j = l->json;
  const wb_row *row = l->entry->row;
  if (!on_page(l, name)) return true;
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "name", name);
  wb_jo_begin(j, "shape", '[');
  for (uint32_t i = 0; i < row->rank; i++) wb_jo_int(j, NULL, row->dims[i]->value.u.num.num);
  wb_jo_end(j, ']');
  wb_jo_str(j, "dtype", row->dtype);
  wb_jo_int(j, "elements", row->elements.num);
  wb_jo_int(j, "bytes", l->entry->bytes);
  if (stored_otherwise(l->out)) {
    wb_jo_str(j, "format", l->entry->format);
    wb_jo_num(j, "bits_per_weight", bits_of(l->entry));
  }
  wb_jo_str(j, "group", wb_str_of(wb_group_name(shown_group(row))));
  wb_jo_str(j, "kind", row->kind == WB_TIED ? WB_STR("tied") : wb_str_of(KINDS[row->kind]));
  if (row->kind == WB_TIED) wb_jo_str(j, "tied_to", row->tied_to);
  if (l->out->options->compact) write_json_copies(l, name);
  wb_jo_end(j, '}');
  return true;
}

static int by_key(const void *a, const void *b) {
  const entry *x = a, *y = b;
  if (x->size != y->size) return x->size > y->size ? -1 : 1; /* the largest first */
  int text = wb_str_cmp(x->key, y->key);
  return text ? text : x->at < y->at ? -1 : x->at > y->at;
}

static bool shown(const wb_out *out, const wb_row *row) { return !row->mtp || out->options->with_mtp; }

static void set_key(wb_ctx *ctx, const char *sort, entry *e) {
  if (wb_str_is(WB_STR("name"), sort)) e->key = e->row->pattern;
  else if (wb_str_is(WB_STR("elements"), sort)) e->size = e->row->elements.num;
  else if (wb_str_is(WB_STR("bytes"), sort)) e->size = e->bytes;
  else if (wb_str_is(WB_STR("group"), sort)) e->key = wb_str_of(wb_group_name(shown_group(e->row)));
  else WB_FAIL(ctx, WB_SORT_UNKNOWN, WB_NOWHERE, wb_str_of(sort));
}

/* All rows: as published, or as a format stores them. */
static entry *entries_of(wb_out *out, wb_model *m, size_t *count) {
  wb_ctx *ctx = out->text.ctx;
  *count = m->row_count;
  const wb_stored *stored =
      stored_otherwise(out) ? wb_stored_rows(m, wb_str_of(out->options->serving.quant), count) : NULL;
  entry *rows = WB_NEWN(ctx, entry, *count + 1);
  for (size_t i = 0; i < *count; i++) {
    if (stored) rows[i] = (entry){.row = &stored[i].row, .format = stored[i].format, .bytes = stored[i].bytes};
    else rows[i] = (entry){.row = &m->rows[i], .bytes = row_bytes(&m->rows[i])};
    rows[i].at = i;
  }
  return rows;
}

/* The rows that are shown, in the order asked for; by name in that of their patterns. */
static entry *ordered(wb_out *out, wb_model *m, size_t *count) {
  const char *sort = out->options->sort;
  size_t all;
  entry *rows = entries_of(out, m, &all);
  *count = 0;
  for (size_t i = 0; i < all; i++) {
    if (!shown(out, rows[i].row)) continue;
    entry *e = &rows[(*count)++];
    *e = rows[i];
    if (sort) set_key(out->text.ctx, sort, e);
  }
  if (sort) qsort(rows, *count, sizeof *rows, by_key);
  return rows;
}

static bool add_name(void *user, wb_str name) {
  naming *n = user;
  if (!wanted(n->out, name)) return true;
  if (n->items) {
    char *copy = memcpy(n->text + n->bytes, name.ptr, name.len);
    n->items[n->count] = (named){{copy, name.len}, n->entry};
  }
  n->count++;
  n->bytes += name.len;
  return true;
}

static int by_name(const void *a, const void *b) {
  return wb_str_cmp(((const named *)a)->name, ((const named *)b)->name);
}

/* Every name in the order of its bytes. Names are counted first, so that they take no more memory than they are long. */
static named *sorted_names(wb_out *out, entry *rows, size_t row_count, size_t *count) {
  wb_ctx *ctx = out->text.ctx;
  naming n = {.out = out};
  for (int pass = 0; pass < 2; pass++) {
    if (pass) n = (naming){out, NULL, WB_NEWN(ctx, named, n.count + 1), 0, 0, WB_NEWN(ctx, char, n.bytes + 1)};
    for (size_t i = 0; i < row_count; i++) {
      n.entry = &rows[i];
      wb_row_expand(ctx, rows[i].row, add_name, &n);
    }
  }
  if (n.count) qsort(n.items, n.count, sizeof *n.items, by_name);
  *count = n.count;
  return n.items;
}

static const wb_column COLUMNS[] = {
    {"name", WB_LABEL_NAME, false},        {"shape", WB_LABEL_SHAPE, true}, {"dtype", WB_LABEL_DTYPE, false},
    {"elements", WB_LABEL_ELEMENTS, true}, {"bytes", WB_LABEL_BYTES, true}, {"group", WB_LABEL_GROUP, false},
    {"kind", WB_LABEL_KIND, false},
};
static const wb_column STORED[] = {{"format", WB_LABEL_STORED_AS, false}, {"bits_per_weight", WB_LABEL_BITS, true}};
static const wb_column COPIES = {"copies", WB_LABEL_COPIES, true};

static wb_column *columns_of(const wb_out *out, size_t *count) {
  wb_column *columns = WB_NEWN(out->text.ctx, wb_column, CELLS + 1);
  size_t n = sizeof COLUMNS / sizeof *COLUMNS;
  memcpy(columns, COLUMNS, sizeof COLUMNS);
  if (stored_otherwise(out)) {
    columns[n++] = STORED[0];
    columns[n++] = STORED[1];
  }
  if (out->options->compact) columns[n++] = COPIES;
  *count = n;
  return columns;
}

/* What is to be written: rows, or with `names` every tensor in the order of names. */
typedef struct plan {
  entry *rows;
  named *names;
  size_t count;
} plan;

static plan make_plan(wb_out *out, wb_model *m) {
  plan p = {0};
  p.rows = ordered(out, m, &p.count);
  bool names = out->options->sort && wb_str_is(WB_STR("name"), out->options->sort);
  if (names && !out->options->compact) p.names = sorted_names(out, p.rows, p.count, &p.count);
  return p;
}

static void each_tensor(line *l, const plan *p, wb_tensor_fn each) {
  wb_ctx *ctx = l->out->text.ctx;
  l->kept = p->names || l->out->options->compact;
  for (size_t i = 0; i < p->count; i++) {
    l->entry = p->names ? p->names[i].entry : &p->rows[i];
    if (p->names) {
      each(l, p->names[i].name);
    } else if (l->out->options->compact) {
      wb_text name = {.ctx = ctx};
      wb_row_print(&name, l->entry->row);
      each(l, wb_text_str(&name));
    } else {
      wb_row_expand(ctx, l->entry->row, each, l);
    }
  }
}

void wb_report_tensors(wb_out *out, wb_model *m) {
  line l = {.out = out};
  plan p = make_plan(out, m); /* refuses a wrong order before anything is written */
  wb_table table = {.ctx = out->text.ctx};
  table.columns = columns_of(out, &table.column_count);
  l.cell_count = table.column_count - 1;
  if (wb_out_plain(out)) {
    wb_table_write(out, &table);
    each_tensor(&l, &p, write_line);
    return;
  }
  if (out->options->format == WEIGH_FORMAT_JSON) {
    wb_json_out j = {.out = out, .first = true};
    l.json = &j;
    wb_jo_begin(&j, NULL, '{');
    wb_json_head(&j, "tensors");
    wb_jo_str(&j, "model", m->name);
    wb_jo_begin(&j, "tensors", '[');
    each_tensor(&l, &p, write_json);
    wb_jo_end(&j, ']');
    if (out->options->compact) write_json_places(&l);
    if (out->options->limit || out->options->offset) wb_jo_int(&j, "tensor_count", l.seen);
    wb_jo_end(&j, '}');
    return;
  }
  l.table = &table;
  each_tensor(&l, &p, write_cell);
  wb_table_write(out, &table);
}
