/* Conditions of data/checks on the configurations that a model was read from, and what would meet them. */
#include "base/tsv.h"
#include "expr/eval.h"
#include "model/model.h"

typedef struct subject { /* a name of a check's formulas, and the field that it stands for */
  wb_str key;
  const wb_value *value;
  bool set;
} subject;

#define MAX_SUBJECTS 6
#define COLUMNS      5

typedef struct check {
  wb_model *model;
  const wb_fields *fields;
  wb_scope *scope;
  subject subjects[MAX_SUBJECTS];
  size_t count;
} check;

static bool is_set(const check *c, wb_str name) {
  const wb_config *config = &c->model->config;
  const wb_str key = wb_str_join(&c->model->ctx, c->fields->prefix, name);
  for (size_t i = 0; i < config->set_count; i++)
    if (wb_str_eq(config->set_paths[i], key)) return true;
  return false;
}

static bool is_derived(const wb_used_field *used) {
  const wb_expr *fallback = used->field->fallback;
  return used->binding->origin->kind == WB_FROM_DEFAULT && fallback && fallback->kind != WB_X_LITERAL;
}

/* As the family read it; a field that no family reads (groups of experts are none of its sizes) as the file has it. */
static const wb_value *field_value(check *c, wb_str name, bool derived) {
  const wb_fields *f = c->fields;
  for (size_t i = 0; i < f->used_count; i++) {
    const wb_used_field *used = &f->used[i];
    if (!wb_str_eq(used->field->name->name, name) || used->binding->state != WB_EVALUATED) continue;
    return derived || !is_derived(used) ? &used->binding->value : NULL;
  }
  const wb_json *json = f->object ? wb_json_get(f->object, name) : NULL;
  if (!json || json->kind != WB_JSON_INT) return NULL;
  wb_value *value = WB_NEW(&c->model->ctx, wb_value);
  *value = wb_value_of_json(&c->model->ctx, json);
  return value;
}

static bool is_whole(const wb_value *value) {
  return value && value->kind == WB_NUM && wb_num_is_int(value->u.num) && value->u.num.num >= 0;
}

/* name=field|field or name?=field|field; false when the configuration has none of them as a whole number. */
static bool bind_subject(check *c, wb_str item) {
  size_t at = 0, alternatives = 0;
  wb_str name = WB_STR(""), fields = WB_STR(""), field;
  if (c->count == MAX_SUBJECTS || !wb_str_next(item, '=', &at, &name) || !wb_str_next(item, '=', &at, &fields))
    return false;
  const bool optional = wb_str_ends(name, WB_STR("?"));
  if (optional) name.len--;
  subject *s = &c->subjects[c->count++];
  *s = (subject){.key = WB_STR("")};
  while (!s->value && wb_str_next(fields, '|', &alternatives, &field)) {
    const wb_value *value = field_value(c, field, !optional);
    if (is_whole(value)) *s = (subject){field, value, is_set(c, field)};
  }
  wb_model *m = c->model;
  const wb_sym *sym = wb_library_name(m->lib, &m->ctx, name);
  wb_bind_value(&m->ctx, c->scope, sym, s->value ? *s->value : wb_null());
  return s->value || optional;
}

static wb_value formula(check *c, wb_str text) {
  wb_model *m = c->model;
  return wb_eval(&m->ctx, wb_library_formula(m->lib, &m->ctx, text, WB_STR("checks/checks.tsv")), c->scope);
}

static wb_str suggestions(check *c, wb_str text) {
  const wb_value list = formula(c, text);
  wb_text out = {.ctx = &c->model->ctx};
  for (size_t i = 0; list.kind == WB_LIST && i < list.u.list.count; i++) {
    const wb_value *value = &list.u.list.items[i];
    if (!is_whole(value) || value->u.num.num < 1) continue;
    if (out.len) wb_text_adds(&out, ", ");
    wb_i128_print(&out, value->u.num.num);
  }
  return wb_text_str(&out);
}

static wb_str key_of(const check *c, const subject *s) {
  return wb_str_join(&c->model->ctx, c->fields->prefix, s->key);
}

static wb_str value_of(const check *c, const subject *s) {
  wb_text out = {.ctx = &c->model->ctx};
  if (s->value) wb_i128_print(&out, s->value->u.num.num);
  return wb_text_str(&out);
}

static wb_message_id message_of(wb_ctx *ctx, wb_str name) {
  wb_message_id id;
  if (wb_message_find(name, &id)) return id;
  WB_FAIL(ctx, WB_LANG_UNKNOWN_NAME, wb_in_file(WB_STR("checks/checks.tsv")), name);
}

/* cells: message, fields, when, holds, suggest */
static void run(wb_model *m, const wb_fields *fields, const wb_str *cells) {
  check c = {.model = m, .fields = fields, .scope = wb_scope_new(&m->ctx, NULL)};
  wb_str item;
  for (size_t at = 0; wb_str_next(cells[1], ' ', &at, &item);)
    if (!bind_subject(&c, item)) return;
  if (wb_str_is(cells[2], "set") && !c.subjects[0].set) return;
  for (size_t i = 1; i < c.count; i++) /* what divides is judged by the family */
    if (c.subjects[i].value && c.subjects[i].value->u.num.num == 0) return;
  const wb_value holds = formula(&c, cells[3]);
  if (wb_truth(&holds)) return;
  const wb_str args[WB_MESSAGE_ARGS] = {key_of(&c, &c.subjects[0]), value_of(&c, &c.subjects[0]),
                                        key_of(&c, &c.subjects[1]), value_of(&c, &c.subjects[1]),
                                        suggestions(&c, cells[4])};
  wb_model_warn(m, message_of(&m->ctx, cells[0]), WB_MESSAGE_ARGS, args);
}

void wb_model_check(wb_model *m) {
  wb_str cells[COLUMNS];
  for (const wb_fields *f = m->all_fields; f; f = f->next)
    for (size_t at = 0; wb_tsv_next(wb_data_text("checks/checks.tsv"), &at, cells, COLUMNS);) run(m, f, cells);
}
