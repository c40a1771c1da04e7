#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "model/walk.h"

static const char *const GROUPS[WB_GROUP_COUNT] = {
    "embedding",   "attention",   "mlp",    "router", "routed_expert", "shared_expert", "norm", "head",
    "state_space", "convolution", "vision", "audio",  "projector",     "mtp",           "other"};

const char *wb_group_name(wb_group group) { return GROUPS[group]; }

bool wb_group_parse(wb_str name, wb_group *out) {
  for (int i = 0; i < WB_GROUP_COUNT; i++) {
    if (!wb_str_is(name, GROUPS[i])) continue;
    *out = (wb_group)i;
    return true;
  }
  return false;
}

bool wb_model_enumerated(const wb_model *m) { return !m->generic && m->undescribed_count == 0; }

wb_warning *wb_model_warn(wb_model *m, wb_message_id message, size_t count, const wb_str *args) {
  WB_PUSH_ROOM(&m->ctx, m->warnings, m->warning_count, m->warning_cap);
  wb_warning *warning = &m->warnings[m->warning_count++];
  *warning = (wb_warning){.message = message}; /* the place may have held another */
  for (size_t i = 0; i < WB_MESSAGE_ARGS; i++) warning->args[i] = i < count ? args[i] : WB_STR("");
  return warning;
}

void wb_warning_add(wb_text *out, const wb_warning *warning, wb_lang lang) {
  wb_message_add(out, warning->message, lang, warning->args, WB_MESSAGE_ARGS);
  for (size_t i = 0; i < warning->detail_count; i++)
    wb_text_addf(out, "%s%s", i ? (lang == WB_LANG_ZH ? "；" : "; ") : (lang == WB_LANG_ZH ? "：" : ": "),
                 wb_message_text(warning->details[i], lang));
}

wb_num wb_row_active(wb_ctx *ctx, const wb_row *row) {
  wb_num all, share;
  if (!wb_num_mul(row->elements, row->copies, &all)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  if (!row->routed || row->experts.num == 0) return all;
  if (!wb_num_div(row->top_k, row->experts, &share) || !wb_num_mul(all, share, &all))
    WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  return all;
}

static void add(wb_ctx *ctx, wb_num *sum, wb_num part) {
  if (!wb_num_add(*sum, part, sum)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
}

static void add_totals(wb_model *m, const wb_row *row) {
  wb_num all;
  if (!wb_num_mul(row->elements, row->copies, &all)) WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  if (row->kind == WB_TIED) return;
  if (row->mtp) {
    if (row->kind == WB_PARAM) add(&m->ctx, &m->mtp, all);
    return;
  }
  if (row->kind == WB_BUFFER) {
    add(&m->ctx, &m->buffers, all);
    return;
  }
  add(&m->ctx, &m->total, all);
  add(&m->ctx, &m->groups[row->group], all);
  add(&m->ctx, &m->active, wb_row_active(&m->ctx, row));
}

typedef struct seek {
  wb_str name;
  bool found;
} seek;

static bool match(void *user, wb_str name) {
  seek *s = user;
  s->found = wb_str_eq(s->name, name);
  return !s->found;
}

/* The text before the first index mark must agree before a row is expanded. */
static bool makes(wb_model *m, wb_str name) {
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (row->kind == WB_TIED) continue;
    const char *mark = memchr(row->pattern.ptr, WB_INDEX_MARK, row->pattern.len);
    size_t fixed = mark ? (size_t)(mark - row->pattern.ptr) : row->pattern.len;
    if (!wb_str_starts(name, wb_str_slice(row->pattern, 0, fixed))) continue;
    seek s = {name, false};
    wb_row_expand(&m->ctx, row, match, &s);
    if (s.found) return true;
  }
  return false;
}

static void check_ties(wb_model *m) {
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (row->kind != WB_TIED) continue;
    if (!makes(m, row->tied_to)) WB_FAIL(&m->ctx, WB_MODEL_TIED_TARGET, row->stmt->place, row->pattern, row->tied_to);
    if (row->group == WB_G_HEAD || row->group == WB_G_EMBEDDING) m->tied_embeddings = true;
  }
}

static bool same_tensor(const wb_row *a, const wb_row *b) {
  if (a->index_count != b->index_count || !wb_str_eq(a->pattern, b->pattern)) return false;
  for (uint32_t i = 0; i < a->index_count; i++)
    if (!wb_numbers_meet(a->indices[i], b->indices[i])) return false;
  return true;
}

static int by_pattern(const void *a, const void *b) {
  return wb_str_cmp((*(const wb_row *const *)a)->pattern, (*(const wb_row *const *)b)->pattern);
}

static wb_row **sorted_rows(wb_model *m) {
  wb_row **rows = WB_NEWN(&m->ctx, wb_row *, m->row_count);
  for (size_t i = 0; i < m->row_count; i++) rows[i] = &m->rows[i];
  if (m->row_count) qsort(rows, m->row_count, sizeof *rows, by_pattern);
  return rows;
}

/* What stands before the first index: "model.layers." of "model.layers.*.mlp". */
static wb_str stack_of(const wb_row *row) {
  const char *mark = memchr(row->pattern.ptr, WB_INDEX_MARK, row->pattern.len);
  return wb_str_slice(row->pattern, 0, mark ? (size_t)(mark - row->pattern.ptr) : row->pattern.len);
}

static uint32_t last_of(const wb_number_set *set) {
  return set->range_count ? set->ranges[set->range_count - 1].high : 0;
}

/* Rows of a stack stand together when sorted. */
static void measure_stacks(wb_row **rows, size_t count) {
  for (size_t i = 0, end; i < count; i = end) {
    uint32_t last = 0;
    const wb_str stack = stack_of(rows[i]);
    for (end = i; end < count && rows[end]->index_count && wb_str_eq(stack_of(rows[end]), stack); end++)
      if (last_of(rows[end]->indices[0]) > last) last = last_of(rows[end]->indices[0]);
    for (size_t k = i; k < end; k++) rows[k]->stack_last = last;
    if (end == i) end++;
  }
}

/* A tensor made twice would be counted twice. */
static void check_twice(wb_model *m, wb_row **rows) {
  for (size_t i = 0; i < m->row_count; i++)
    for (size_t k = i + 1; k < m->row_count && wb_str_eq(rows[i]->pattern, rows[k]->pattern); k++) {
      wb_step(&m->ctx, rows[i]->stmt->place);
      if (!same_tensor(rows[i], rows[k])) continue;
      wb_text name = {.ctx = &m->ctx};
      wb_row_print(&name, rows[k]);
      WB_FAIL(&m->ctx, WB_MODEL_TWICE, rows[k]->stmt->place, wb_text_str(&name));
    }
}

static wb_str config_dtype(wb_model *m, const wb_json *object) {
  static const char *const keys[] = {"dtype", "torch_dtype"};
  for (size_t i = 0; i < 2; i++) {
    const wb_json *value = wb_json_get(object, wb_str_of(keys[i]));
    if (!value || value->kind == WB_JSON_NULL) continue;
    wb_str name = value->kind == WB_JSON_STRING ? wb_dtype_name(value->u.text) : WB_STR("");
    if (name.len) return name;
    wb_text found = {.ctx = &m->ctx};
    wb_json_print(&found, value, 40);
    wb_model_warn(m, WB_DTYPE_UNKNOWN, 2, (wb_str[]){wb_str_of(keys[i]), wb_text_str(&found)});
  }
  return WB_STR("");
}

const wb_json *wb_language_config(const wb_model *m, size_t i) {
  static const char *const nested[WB_LANGUAGE_CONFIGS - 1] = {"text_config", "llm_config", "language_config",
                                                              "thinker_config", "thinker_config.text_config"};
  return i ? wb_json_at(m->config.root, wb_str_of(nested[i - 1])) : m->config.root;
}

/* The dtype a model is made in: the configuration's, else that of a nested one, else float32 (torch's default). */
static wb_str dtype_of(wb_model *m) {
  wb_str dtype = WB_STR("");
  for (size_t i = 0; !dtype.len && i < WB_LANGUAGE_CONFIGS; i++) {
    const wb_json *object = wb_language_config(m, i);
    if (object) dtype = config_dtype(m, object);
  }
  m->dtype_given = dtype.len != 0;
  return dtype.len ? dtype : WB_STR("float32");
}

static wb_walk start(wb_model *m, bool counting) {
  return (wb_walk){.ctx = &m->ctx,
                   .lib = m->lib,
                   .model = m,
                   .root = wb_library_scope(m->lib, &m->ctx, m->root),
                   .counting = counting,
                   .total = wb_num_int(0),
                   .copies = wb_num_int(1),
                   .repeats = wb_num_int(1),
                   .trained = wb_num_int(1),
                   .top_k = wb_num_int(0),
                   .experts = wb_num_int(0),
                   .dtype = m->dtype,
                   .path = WB_STR(""),
                   .part = WB_STR("")};
}

/* Of rows and of operations: most models have no more than this, so that nothing is copied as they grow. */
#define ROWS_USUAL 96

void wb_model_build(wb_model *m) {
  wb_naming *naming = WB_NEW(&m->ctx, wb_naming);
  m->total = m->buffers = m->mtp = m->active = wb_num_int(0);
  for (int i = 0; i < WB_GROUP_COUNT; i++) m->groups[i] = wb_num_int(0);
  m->dtype = dtype_of(m);
  m->rows = WB_NEWN(&m->ctx, wb_row, m->row_cap = ROWS_USUAL);
  m->ops = WB_NEWN(&m->ctx, wb_op_use, m->op_cap = ROWS_USUAL);
  wb_walk w = start(m, false);
  m->root = w.root;
  m->forms = wb_workload_open(&m->ctx, &m->lib->symbols, w.root);
  w.positions = wb_text_positions(&w);
  naming->prefix = naming->above = WB_STR("");
  wb_walk_family(&w, m->family, m->config.root, WB_STR(""), naming, WB_G_OTHER, NULL);
  for (size_t i = 0; i < m->row_count; i++) add_totals(m, &m->rows[i]);
  wb_row **rows = sorted_rows(m);
  check_twice(m, rows);
  measure_stacks(rows, m->row_count);
  check_ties(m);
  if (m->total.num == 0) WB_FAIL(&m->ctx, WB_MODEL_EMPTY, wb_in_file(m->config.file), m->model_type);
  if (m->total.num > INT64_MAX) WB_FAIL(&m->ctx, WB_MODEL_TOO_MANY, wb_in_file(m->config.file), WB_STR("2^63"));
}

/* The caller restores m->fields and releases the memory. */
wb_num wb_model_count(wb_model *m) {
  wb_walk w = start(m, true);
  wb_naming *naming = WB_NEW(&m->ctx, wb_naming);
  naming->prefix = naming->above = WB_STR("");
  m->fields = m->all_fields = NULL;
  wb_walk_family(&w, m->family, m->config.root, WB_STR(""), naming, WB_G_OTHER, NULL);
  return w.total;
}
