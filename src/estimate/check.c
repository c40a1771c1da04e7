#include "estimate/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"
#include "source/index.h"

typedef struct prediction {
  wb_str name;
  const wb_row *row;
  bool stored;
} prediction;

typedef struct list {
  wb_ctx *ctx;
  prediction *items;
  size_t count, cap;
  const wb_row *row;
} list;

static bool add_prediction(void *user, wb_str name) {
  list *l = user;
  WB_PUSH_ROOM(l->ctx, l->items, l->count, l->cap);
  l->items[l->count++] = (prediction){wb_str_copy(l->ctx, name), l->row, false};
  return true;
}

static int by_name(const void *a, const void *b) {
  return wb_str_cmp(((const prediction *)a)->name, ((const prediction *)b)->name);
}

static list predict(wb_model *m) {
  list l = {.ctx = &m->ctx};
  for (size_t i = 0; i < m->row_count; i++) {
    l.row = &m->rows[i];
    wb_row_expand(&m->ctx, l.row, add_prediction, &l);
  }
  if (l.count) qsort(l.items, l.count, sizeof *l.items, by_name);
  return l;
}

static prediction *find(const list *l, wb_str name) {
  prediction key = {name, NULL, false};
  return l->count ? bsearch(&key, l->items, l->count, sizeof *l->items, by_name) : NULL;
}

static void note(wb_ctx *ctx, wb_names *names, wb_str name) {
  WB_PUSH_ROOM(ctx, names->items, names->count, names->cap);
  names->items[names->count++] = name;
}

typedef enum stored_kind { STORED_UNKNOWN, STORED_STALE, STORED_COMPANION, STORED_PACKED } stored_kind;

/* What the ending of a stored name says, by data/checkpoints; *base is the name without it. */
static stored_kind explain(wb_str name, wb_str *base) {
  wb_str text = wb_data_text("checkpoints/stored.tsv"), cells[2];
  for (size_t at = 0; wb_tsv_next(text, &at, cells, 2);) {
    if (!cells[0].len || !wb_str_ends(name, cells[0])) continue;
    *base = wb_str_slice(name, 0, name.len - cells[0].len);
    if (wb_str_is(cells[1], "stale")) return STORED_STALE;
    if (wb_str_is(cells[1], "companion")) return STORED_COMPANION;
    if (wb_str_is(cells[1], "packed")) return STORED_PACKED;
  }
  return STORED_UNKNOWN;
}

/* Whether any predicted name begins so. The list is sorted: the first name not below the prefix decides. */
static bool any_below(const list *l, wb_str prefix) {
  size_t low = 0, high = l->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (wb_str_cmp(l->items[middle].name, prefix) < 0) low = middle + 1;
    else high = middle;
  }
  return low < l->count && wb_str_starts(l->items[low].name, prefix);
}

/* True when the model has undescribed parts and nothing predicted shares the name's first two components. */
static bool below_undescribed(const wb_model *m, const list *l, wb_str name) {
  size_t dots = 0, end = 0;
  if (!m->undescribed_count) return false;
  while (end < name.len && (name.ptr[end] != '.' || ++dots < 2)) end++;
  return !any_below(l, wb_str_slice(name, 0, end));
}

/* A scale or a stale buffer belongs to a module that is predicted. */
static bool has_module(const list *l, wb_str base) {
  if (find(l, base)) return true;
  while (base.len && base.ptr[base.len - 1] != '.') base.len--;
  return base.len && any_below(l, base);
}

static prediction *find_packed(wb_ctx *ctx, const list *l, wb_str base) {
  prediction *p = find(l, base);
  return p ? p : find(l, wb_str_fmt(ctx, "%.*s.weight", WB_STR_ARG(base)));
}

static void see_match(wb_check *c, prediction *p) {
  p->stored = true;
  c->matched++;
  c->tied_stored += p->row->kind == WB_TIED;
  c->mtp_stored += p->row->mtp;
}

static void see_stored(wb_model *m, wb_check *c, const list *l, wb_str stored) {
  wb_str name = c->prefix.len ? wb_str_fmt(&m->ctx, "%.*s%.*s", WB_STR_ARG(c->prefix), WB_STR_ARG(stored)) : stored;
  wb_str base = WB_STR("");
  prediction *p = find(l, name);
  if (!p && c->prefix.len) p = find(l, stored); /* the head has no prefix */
  if (p) {
    see_match(c, p);
    return;
  }
  switch (explain(name, &base)) {
    case STORED_STALE:
    case STORED_COMPANION:
      if (!has_module(l, base)) break;
      if (explain(name, &base) == STORED_STALE) c->stale++;
      else c->companions++;
      return;
    case STORED_PACKED:
      p = find_packed(&m->ctx, l, base);
      if (p) {
        see_match(c, p);
        c->packed++;
        return;
      }
      break;
    case STORED_UNKNOWN: break;
  }
  if (below_undescribed(m, l, name)) c->undescribed++;
  else note(&m->ctx, &c->extra, stored);
}

/* Base models are saved without the prefix that the whole model has: the first component of most predicted names. */
static wb_str missing_prefix(wb_model *m, const list *l, const wb_index *index) {
  size_t direct = 0, prefixed = 0;
  if (!l->count || !index->count) return WB_STR("");
  for (size_t i = 0; i < l->count; i++) {
    wb_str name = l->items[i].name;
    const char *dot = memchr(name.ptr, '.', name.len);
    if (!dot) continue;
    size_t head = (size_t)(dot - name.ptr) + 1;
    direct += wb_index_get(index, name) != NULL;
    prefixed += wb_index_get(index, wb_str_slice(name, head, name.len)) != NULL;
  }
  if (direct * 2 >= prefixed) return WB_STR("");
  for (size_t i = 0; i < l->count; i++) {
    wb_str name = l->items[i].name;
    const char *dot = memchr(name.ptr, '.', name.len);
    size_t head = dot ? (size_t)(dot - name.ptr) + 1 : 0;
    if (head && wb_index_get(index, wb_str_slice(name, head, name.len)))
      return wb_str_copy(&m->ctx, wb_str_slice(name, 0, head));
  }
  return WB_STR("");
}

wb_check wb_check_folder(wb_model *m, wb_str folder) {
  wb_check c = {.prefix = WB_STR("")};
  wb_str *paths = NULL;
  if (!wb_index_find(&m->ctx, folder, &paths)) WB_FAIL(&m->ctx, WB_CHECK_NO_INDEX, WB_NOWHERE, folder);
  const wb_index *index = wb_index_open(&m->ctx, paths[0]);
  list l = predict(m);
  c.index = paths[0];
  c.stored = index->count;
  c.has_total_size = index->has_total_size;
  c.total_size = index->total_size;
  c.prefix = missing_prefix(m, &l, index);
  for (size_t i = 0; i < index->count; i++) see_stored(m, &c, &l, index->tensors[i].name);
  for (size_t i = 0; i < l.count; i++) {
    const prediction *p = &l.items[i];
    c.predicted += !p->row->mtp && p->row->kind == WB_PARAM;
    if (p->stored || p->row->mtp || p->row->kind == WB_TIED) continue;
    note(&m->ctx, p->row->kind == WB_BUFFER ? &c.buffers : &c.missing, p->name);
  }
  return c;
}
