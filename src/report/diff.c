/* weigh diff: fields, figures and tensors that differ between two models. Tensors are compared by the index sets of
 * their rows: what is in both, what is in one alone. */
#include <stdlib.h>

#include "report/report.h"

static const char FIELD[] = "field", FIGURE[] = "figure", TENSOR[] = "tensor";
static const char *const WHATS[] = {FIELD, FIGURE, TENSOR};
static const wb_message_id LABELS[] = {WB_LABEL_DIFF_FIELD, WB_LABEL_DIFF_FIGURE, WB_LABEL_DIFF_TENSOR};

typedef struct change {
  const char *what; /* one of WHATS */
  wb_str name, a, b;
} change;

typedef struct changes {
  wb_ctx *ctx;
  const wb_out *out;
  change *items;
  size_t count, cap;
} changes;

static void note(changes *c, const char *what, wb_str name, wb_str a, wb_str b) {
  if (wb_str_eq(a, b)) return;
  WB_PUSH_ROOM(c->ctx, c->items, c->count, c->cap);
  c->items[c->count++] = (change){what, name, a, b};
}

/* Without separators wherever a program may read it. */
static wb_str number(const changes *c, wb_i128 n) {
  wb_text text = {.ctx = c->ctx};
  if (c->out->options->format != WEIGH_FORMAT_JSON) return wb_out_number(c->out, n);
  wb_i128_print(&text, n);
  return wb_text_str(&text);
}

static void note_count(changes *c, const char *name, wb_num a, wb_num b) {
  note(c, FIGURE, wb_str_of(name), number(c, a.num), number(c, b.num));
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

static void note_value(changes *c, wb_str name, const wb_value *a, const wb_value *b);

static void note_members(changes *c, wb_str name, const wb_value *a, const wb_value *b, bool back) {
  for (size_t i = 0; i < a->u.record.count; i++) {
    wb_str key = a->u.record.keys[i], member = wb_str_fmt(c->ctx, "%.*s.%.*s", WB_STR_ARG(name), WB_STR_ARG(key));
    size_t k = 0;
    while (k < b->u.record.count && !wb_str_eq(b->u.record.keys[k], key)) k++;
    wb_step(c->ctx, WB_NOWHERE);
    if (k < b->u.record.count && !back) note_value(c, member, &a->u.record.items[i], &b->u.record.items[k]);
    if (k < b->u.record.count) continue;
    wb_str own = value_text(c->ctx, &a->u.record.items[i]);
    note(c, FIELD, member, back ? WB_STR("") : own, back ? own : WB_STR(""));
  }
}

/* Values that are written alike because they are abridged are told apart by what is in them. */
static void note_value(changes *c, wb_str name, const wb_value *a, const wb_value *b) {
  if (wb_value_eq(a, b)) return;
  wb_str x = value_text(c->ctx, a), y = value_text(c->ctx, b);
  if (!wb_str_eq(x, y)) {
    note(c, FIELD, name, x, y);
  } else if (a->kind == WB_RECORD && b->kind == WB_RECORD) {
    note_members(c, name, a, b, false);
    note_members(c, name, b, a, true);
  } else if (a->kind == WB_LIST && b->kind == WB_LIST && a->u.list.count != b->u.list.count) {
    note(c, FIELD, name, wb_str_fmt(c->ctx, "%.*s (%zu)", WB_STR_ARG(x), a->u.list.count),
         wb_str_fmt(c->ctx, "%.*s (%zu)", WB_STR_ARG(y), b->u.list.count));
  } else if (a->kind == WB_LIST && b->kind == WB_LIST) {
    for (size_t i = 0; i < a->u.list.count; i++)
      note_value(c, wb_str_fmt(c->ctx, "%.*s.%zu", WB_STR_ARG(name), i), &a->u.list.items[i], &b->u.list.items[i]);
  }
}

/* What a description works out for itself ("is_reader") is no field that anybody could give. */
static bool is_field(const wb_used_field *used) {
  return used && used->binding->state == WB_EVALUATED && used->binding->origin->kind != WB_FROM_FORMULA;
}

static void diff_fields(changes *c, const wb_model *a, const wb_model *b, bool back) {
  for (const wb_fields *f = a->all_fields; f; f = f->next)
    for (size_t i = 0; i < f->used_count; i++) {
      wb_str name = field_name(c->ctx, f, &f->used[i]);
      const wb_used_field *other = find_field(c->ctx, b, name);
      const bool in_both = is_field(other);
      if (!is_field(&f->used[i]) || (back && in_both)) continue;
      if (in_both) {
        note_value(c, name, &f->used[i].binding->value, &other->binding->value);
        continue;
      }
      wb_str own = value_text(c->ctx, &f->used[i].binding->value);
      note(c, FIELD, name, back ? WB_STR("") : own, back ? own : WB_STR(""));
    }
}

/* How a checkpoint says that its weights are quantised, which no field of a description holds. */
static wb_str quantization(changes *c, const wb_model *m) {
  const wb_json *config = wb_json_get(m->config.root, WB_STR("quantization_config"));
  wb_text text = {.ctx = c->ctx};
  if (config) wb_json_print(&text, config, 4096);
  return wb_text_str(&text);
}

static void diff_figures(changes *c, const wb_model *a, const wb_model *b) {
  note(c, FIGURE, WB_STR("model_type"), a->model_type, b->model_type);
  note(c, FIGURE, WB_STR("dtype"), a->dtype, b->dtype);
  note(c, FIGURE, WB_STR("quantization_config"), quantization(c, a), quantization(c, b));
  note_count(c, "total_parameters", a->total, b->total);
  wb_num active_a = a->active, active_b = b->active;
  wb_num_floor(active_a, &active_a);
  wb_num_floor(active_b, &active_b);
  note_count(c, "active_parameters", active_a, active_b);
  note_count(c, "buffer_elements", a->buffers, b->buffers);
  note_count(c, "mtp_parameters", a->mtp, b->mtp);
  for (int g = 0; g < WB_GROUP_COUNT; g++) note_count(c, wb_group_name((wb_group)g), a->groups[g], b->groups[g]);
}

/* ---- Tensors: boxes of index sets ---- */

/* Some tensors of one name pattern, a box in its indices: what both models have otherwise, or one alone has. */
typedef struct piece {
  const wb_row *row; /* names the pattern */
  size_t rank;       /* of the pattern, in the order of the forward pass */
  const wb_number_set *indices[WB_MAX_INDICES];
  uint32_t apart; /* the index that merging looks along; WB_MAX_INDICES: none */
  wb_str a, b;
} piece;

typedef struct pieces {
  piece *items;
  size_t count, cap;
} pieces;

/* The rows of both models under one pattern stand side by side. */
typedef struct sided_row {
  const wb_row *row;
  size_t at; /* in the forward pass; rows of b come after all of a */
  bool is_b;
} sided_row;

static void add_range(wb_ctx *ctx, wb_number_set *set, uint32_t low, uint32_t high) {
  WB_PUSH_ROOM(ctx, set->ranges, set->range_count, set->range_cap);
  set->ranges[set->range_count++] = (wb_range){low, high};
  set->size += (uint64_t)high - low + 1;
}

/* The numbers of `set` that are in `other` (common) or that are not. */
static wb_number_set *cut_set(wb_ctx *ctx, const wb_number_set *set, const wb_number_set *other, bool common) {
  wb_number_set *out = WB_NEW(ctx, wb_number_set);
  for (size_t i = 0, k = 0; i < set->range_count; i++) {
    uint64_t from = set->ranges[i].low, high = set->ranges[i].high;
    while (k < other->range_count && other->ranges[k].high < from) k++;
    for (size_t n = k; n < other->range_count && other->ranges[n].low <= high; n++) {
      uint64_t low = other->ranges[n].low > from ? other->ranges[n].low : from;
      uint64_t end = other->ranges[n].high < high ? other->ranges[n].high : high;
      if (common) add_range(ctx, out, (uint32_t)low, (uint32_t)end);
      else if (low > from) add_range(ctx, out, (uint32_t)from, (uint32_t)(low - 1));
      from = end + 1;
    }
    if (!common && from <= high) add_range(ctx, out, (uint32_t)from, (uint32_t)high);
  }
  return out;
}

static void add_piece(wb_ctx *ctx, pieces *list, const piece *p) {
  WB_PUSH_ROOM(ctx, list->items, list->count, list->cap);
  list->items[list->count++] = *p;
}

/* The part of a box that lies in a row, as `common`; what lies outside goes to `outside` (NULL: nowhere), cut along one
 * index after another. */
static bool cut_piece(wb_ctx *ctx, const piece *box, const wb_row *row, piece *common, pieces *outside) {
  piece rest = *box;
  wb_step(ctx, WB_NOWHERE);
  for (uint32_t d = 0; d < row->index_count; d++)
    if (!wb_numbers_meet(box->indices[d], row->indices[d])) return false;
  for (uint32_t d = 0; d < row->index_count; d++) {
    const wb_number_set *both = cut_set(ctx, box->indices[d], row->indices[d], true);
    piece beside = rest;
    beside.indices[d] = cut_set(ctx, rest.indices[d], both, false);
    if (outside && beside.indices[d]->size) add_piece(ctx, outside, &beside);
    rest.indices[d] = both;
  }
  *common = rest;
  return true;
}

static piece whole_row(const sided_row *r, size_t rank) {
  piece out = {.row = r->row, .rank = rank, .apart = WB_MAX_INDICES};
  for (uint32_t d = 0; d < r->row->index_count; d++) out.indices[d] = r->row->indices[d];
  return out;
}

static wb_str tensor_text(wb_ctx *ctx, const wb_row *row, bool dtype, bool kind) {
  wb_text text = {.ctx = ctx};
  wb_text_add(&text, wb_row_shape(ctx, row));
  if (dtype) wb_text_addf(&text, " %.*s", WB_STR_ARG(row->dtype));
  if (kind && row->kind == WB_BUFFER) wb_text_adds(&text, " buffer");
  if (kind && row->kind == WB_TIED) wb_text_addf(&text, " tied:%.*s", WB_STR_ARG(row->tied_to));
  return wb_text_str(&text);
}

/* Both shapes, with the dtype and the kind where these differ. Models of different dtypes are told once, as a figure. */
static bool differ(wb_ctx *ctx, const wb_model *const *models, const wb_row *x, const wb_row *y, piece *out) {
  bool usual = wb_str_eq(x->dtype, models[0]->dtype) && wb_str_eq(y->dtype, models[1]->dtype);
  bool dtype = !usual && !wb_str_eq(x->dtype, y->dtype);
  bool kind = x->kind != y->kind || !wb_str_eq(x->tied_to, y->tied_to);
  out->a = tensor_text(ctx, x, dtype, kind);
  out->b = tensor_text(ctx, y, dtype, kind);
  return !wb_str_eq(out->a, out->b);
}

/* One row against the other model's rows of the same pattern. Common tensors are told once, from the side of a. */
static void diff_row(changes *c, const wb_model *const *models, const sided_row *own, const sided_row *all,
                     size_t count, pieces *out) {
  pieces left = {0}, next = {0};
  piece whole = whole_row(own, all->at), common;
  add_piece(c->ctx, &left, &whole);
  for (size_t i = 0; i < count; i++) {
    if (all[i].is_b == own->is_b) continue;
    if (!own->is_b && cut_piece(c->ctx, &whole, all[i].row, &common, NULL) &&
        differ(c->ctx, models, own->row, all[i].row, &common))
      add_piece(c->ctx, out, &common);
    for (size_t k = 0; k < left.count; k++)
      if (!cut_piece(c->ctx, &left.items[k], all[i].row, &common, &next)) add_piece(c->ctx, &next, &left.items[k]);
    pieces spare = left;
    left = next;
    next = (pieces){spare.items, 0, spare.cap};
  }
  for (size_t k = 0; k < left.count; k++) {
    *(own->is_b ? &left.items[k].b : &left.items[k].a) = tensor_text(c->ctx, own->row, false, true);
    add_piece(c->ctx, out, &left.items[k]);
  }
}

static int set_cmp(const wb_number_set *a, const wb_number_set *b) {
  for (size_t i = 0; i < a->range_count && i < b->range_count; i++) {
    if (a->ranges[i].low != b->ranges[i].low) return a->ranges[i].low < b->ranges[i].low ? -1 : 1;
    if (a->ranges[i].high != b->ranges[i].high) return a->ranges[i].high < b->ranges[i].high ? -1 : 1;
  }
  return a->range_count < b->range_count ? -1 : a->range_count > b->range_count;
}

/* Pieces that agree in everything but the index they may merge along. */
static int but_apart(const piece *x, const piece *y) {
  int order = x->rank < y->rank ? -1 : x->rank > y->rank;
  if (!order) order = wb_str_cmp(x->a, y->a);
  if (!order) order = wb_str_cmp(x->b, y->b);
  for (uint32_t d = 0; !order && d < x->row->index_count; d++)
    if (d != x->apart) order = set_cmp(x->indices[d], y->indices[d]);
  return order;
}

static int to_merge(const void *a, const void *b) {
  const piece *x = a, *y = b;
  int order = but_apart(x, y);
  return order || x->apart >= x->row->index_count ? order : set_cmp(x->indices[x->apart], y->indices[x->apart]);
}

static int to_show(const void *a, const void *b) {
  const piece *x = a, *y = b;
  int order = x->rank < y->rank ? -1 : x->rank > y->rank;
  for (uint32_t d = 0; !order && d < x->row->index_count; d++) order = set_cmp(x->indices[d], y->indices[d]);
  return order;
}

static int by_low(const void *a, const void *b) {
  const wb_range *x = a, *y = b;
  return x->low < y->low ? -1 : x->low > y->low;
}

/* The union of the sets of pieces that share no tensor. */
static wb_number_set *united(wb_ctx *ctx, const piece *items, size_t count, uint32_t d) {
  wb_number_set all = {0}, *out = WB_NEW(ctx, wb_number_set);
  for (size_t i = 0; i < count; i++)
    for (size_t r = 0; r < items[i].indices[d]->range_count; r++)
      add_range(ctx, &all, items[i].indices[d]->ranges[r].low, items[i].indices[d]->ranges[r].high);
  if (all.range_count) qsort(all.ranges, all.range_count, sizeof *all.ranges, by_low);
  for (size_t r = 0; r < all.range_count; r++) {
    if (out->range_count && out->ranges[out->range_count - 1].high + 1 == all.ranges[r].low)
      out->ranges[out->range_count - 1].high = all.ranges[r].high;
    else add_range(ctx, out, all.ranges[r].low, all.ranges[r].high);
  }
  out->size = all.size;
  return out;
}

/* Layers of several classes that differ in the same way become one piece again, along one index after another. */
static void merge(wb_ctx *ctx, pieces *list) {
  for (uint32_t d = 0; d < WB_MAX_INDICES && list->count; d++) {
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) list->items[i].apart = d;
    qsort(list->items, list->count, sizeof *list->items, to_merge);
    for (size_t i = 0, n; i < list->count; i += n) {
      for (n = 1; i + n < list->count && but_apart(&list->items[i], &list->items[i + n]) == 0;) n++;
      piece one = list->items[i];
      if (n > 1 && d < one.row->index_count) one.indices[d] = united(ctx, &list->items[i], n, d);
      list->items[kept++] = one;
    }
    list->count = kept;
  }
}

static int pattern_cmp(const sided_row *x, const sided_row *y) {
  int order = wb_str_cmp(x->row->pattern, y->row->pattern);
  return order ? order : (x->row->index_count > y->row->index_count) - (x->row->index_count < y->row->index_count);
}

static int by_pattern(const void *a, const void *b) {
  const sided_row *x = a, *y = b;
  int order = pattern_cmp(x, y);
  return order ? order : x->at < y->at ? -1 : x->at > y->at;
}

static void diff_tensors(changes *c, const wb_model *a, const wb_model *b) {
  const wb_model *const models[2] = {a, b};
  sided_row *rows = WB_NEWN(c->ctx, sided_row, a->row_count + b->row_count + 1);
  size_t count = 0;
  pieces found = {0};
  for (size_t s = 0; s < 2; s++)
    for (size_t i = 0; i < models[s]->row_count; i++) {
      const wb_row *row = &models[s]->rows[i];
      if (!row->mtp && row->copies.num > 0) rows[count++] = (sided_row){row, s ? a->row_count + i : i, s == 1};
    }
  qsort(rows, count, sizeof *rows, by_pattern);
  for (size_t i = 0, n; i < count; i += n) {
    for (n = 1; i + n < count && pattern_cmp(&rows[i], &rows[i + n]) == 0;) n++;
    for (size_t k = 0; k < n; k++) diff_row(c, models, &rows[i + k], &rows[i], n, &found);
  }
  merge(c->ctx, &found);
  if (found.count) qsort(found.items, found.count, sizeof *found.items, to_show);
  for (size_t i = 0; i < found.count; i++) {
    wb_row named = *found.items[i].row;
    wb_text name = {.ctx = c->ctx};
    for (uint32_t d = 0; d < named.index_count; d++) named.indices[d] = found.items[i].indices[d];
    wb_row_print(&name, &named);
    note(c, TENSOR, wb_text_str(&name), found.items[i].a, found.items[i].b);
  }
}

static const wb_column COLUMNS[] = {
    {"what", WB_LABEL_WHAT, false}, {"name", WB_LABEL_NAME, false}, {"a", WB_LABEL_A, true}, {"b", WB_LABEL_B, true}};

/* A program reads one word in every language. */
static wb_str what_text(const wb_out *out, const char *what) {
  size_t i = 0;
  while (WHATS[i] != what) i++;
  return wb_str_of(wb_out_plain(out) ? what : wb_out_label(out, LABELS[i]));
}

/* The rows of one kind, or of all (`what` NULL). As text each kind has a table of its own, so that a long value of a
 * field does not widen the table of tensors. */
static void write_table(wb_out *out, const changes *c, const char *what) {
  wb_table table = {out->text.ctx, COLUMNS, 4, NULL, 0, 0};
  for (size_t i = 0; i < c->count; i++) {
    if (what && c->items[i].what != what) continue;
    wb_table_cell(&table, what_text(out, c->items[i].what));
    wb_table_cell(&table, c->items[i].name);
    wb_table_cell(&table, c->items[i].a);
    wb_table_cell(&table, c->items[i].b);
  }
  if (what && !table.count) return;
  if (what) wb_text_addc(&out->text, '\n');
  wb_table_write(out, &table);
}

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
  changes c = {.ctx = out->text.ctx, .out = out};
  diff_fields(&c, a, b, false);
  diff_fields(&c, b, a, true);
  diff_figures(&c, a, b);
  diff_tensors(&c, a, b);
  if (out->options->format == WEIGH_FORMAT_JSON) {
    write_json(out, &c, a, b);
    return c.count == 0;
  }
  if (out->options->format != WEIGH_FORMAT_TEXT) {
    write_table(out, &c, NULL);
    return c.count == 0;
  }
  wb_text_addf(&out->text, "a: %.*s\nb: %.*s\n", WB_STR_ARG(a->name), WB_STR_ARG(b->name));
  if (!c.count) wb_text_addf(&out->text, "%s\n", wb_out_label(out, WB_DIFF_EQUAL));
  for (size_t i = 0; i < sizeof WHATS / sizeof *WHATS; i++) write_table(out, &c, WHATS[i]);
  return c.count == 0;
}
