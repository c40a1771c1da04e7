#include "estimate/format.h"

#include <string.h>

#include "base/tsv.h"
#include "estimate/names.h"
#include "expr/eval.h"

/* ---- settings ---- */

static wb_place place_of(const wb_model *m, const wb_json *json) {
  return json->offset ? wb_json_place(m->config.text, m->config.file, json) : WB_NOWHERE;
}

static void refuse(wb_model *m, const wb_sym *name, const wb_json *json, const char *expected) {
  wb_text shown = {.ctx = &m->ctx};
  wb_json_print(&shown, json, 40);
  WB_FAIL(&m->ctx, WB_FIELD_TYPE, place_of(m, json), name->name, wb_text_str(&shown),
          wb_str_of(wb_json_kind_name(json)), wb_str_of(expected));
}

/* A setting is of the kind of its default; whole numbers within the range that data/fields knows. */
static void check(wb_model *m, const wb_parameter *param, const wb_json *json) {
  const wb_expr *fallback = param->fallback;
  const wb_field_rule *rule = wb_library_rule(param->name);
  const bool integer = rule && rule->type == WB_FIELD_INTEGER;
  const wb_kind kind = fallback && fallback->kind == WB_X_LITERAL ? fallback->u.literal.kind : WB_NULL;
  if ((integer || kind == WB_NUM) && json->kind != WB_JSON_INT) refuse(m, param->name, json, "integer");
  if (integer && (json->u.integer < rule->low || json->u.integer > rule->high)) {
    wb_text shown = {.ctx = &m->ctx}, range = {.ctx = &m->ctx};
    wb_json_print(&shown, json, 40);
    wb_i128_print(&range, rule->low);
    wb_text_adds(&range, "..");
    wb_i128_print(&range, rule->high);
    WB_FAIL(&m->ctx, WB_FIELD_RANGE, place_of(m, json), param->name->name, wb_text_str(&shown), WB_STR(""),
            wb_text_str(&range));
  }
  if (kind == WB_BOOL && json->kind != WB_JSON_BOOL) refuse(m, param->name, json, "boolean");
  if (kind == WB_TEXT && json->kind != WB_JSON_STRING) refuse(m, param->name, json, "string");
  if (!fallback || fallback->kind != WB_X_LIST) return;
  if (json->kind != WB_JSON_ARRAY || json->u.array.count > 16) refuse(m, param->name, json, "list");
}

const wb_format *wb_format_new(wb_model *m, const wb_decl *decl, wb_str name, const wb_json *const *objects,
                               size_t count) {
  wb_format *format = WB_NEW(&m->ctx, wb_format);
  *format = (wb_format){decl, name, WB_NEWN(&m->ctx, const wb_value *, decl->param_count)};
  for (size_t p = 0; p < decl->param_count; p++)
    for (size_t i = 0; i < count && !format->values[p]; i++) {
      const wb_json *found = wb_json_get(objects[i], decl->params[p].name->name);
      if (!found || found->kind == WB_JSON_NULL) continue;
      check(m, &decl->params[p], found);
      wb_value *value = WB_NEW(&m->ctx, wb_value);
      *value = wb_value_of_json(&m->ctx, found);
      format->values[p] = value;
    }
  return format;
}

/* ---- tensors ---- */

typedef struct holding {
  wb_model *m;
  wb_scope *scope;
  wb_matrix matrix;
  wb_str dtype;
  wb_held out;
} holding;

static void overflow(wb_ctx *ctx, wb_place place) { WB_FAIL(ctx, WB_LANG_OVERFLOW, place, WB_STR("*")); }

static void add_tensor(holding *h, const wb_stmt *stmt) {
  wb_ctx *ctx = &h->m->ctx;
  if (stmt->mod.when && !wb_eval_bool(ctx, stmt->mod.when, h->scope)) return;
  wb_num elements = h->matrix.experts, bytes;
  for (size_t i = 0; i < stmt->arg_count; i++)
    if (!wb_num_mul(elements, wb_eval_size(ctx, stmt->args[i].expr, h->scope), &elements)) overflow(ctx, stmt->place);
  const wb_str dtype = stmt->mod.dtype.len ? wb_dtype_name(stmt->mod.dtype) : h->dtype;
  const size_t size = wb_dtype_bytes(dtype);
  if (!size) WB_FAIL(ctx, WB_MODEL_DTYPE, stmt->place, stmt->mod.dtype);
  const bool fits = wb_num_mul(elements, wb_num_int((wb_i128)size), &bytes) &&
                    wb_num_add(h->out.bytes, bytes, &h->out.bytes) &&
                    wb_num_add(h->out.elements, elements, &h->out.elements);
  if (!fits) overflow(ctx, stmt->place);
}

static void add_body(holding *h, const wb_body *body) {
  wb_ctx *ctx = &h->m->ctx;
  for (size_t i = 0; i < body->count && h->out.fits; i++) {
    const wb_stmt *stmt = body->items[i];
    switch (stmt->kind) {
      case WB_S_LET: wb_bind_expr(ctx, h->scope, stmt->name, stmt->expr, h->scope); break;
      case WB_S_PARAM: add_tensor(h, stmt); break;
      case WB_S_WHEN: add_body(h, wb_eval_bool(ctx, stmt->expr, h->scope) ? &stmt->body : &stmt->other); break;
      case WB_S_REQUIRE:
        h->out.fits = wb_eval_bool(ctx, stmt->expr, h->scope);
        h->out.reason = stmt->text;
        break;
      default: WB_FAIL(ctx, WB_LANG_SYNTAX, stmt->place, WB_STR("this line"), WB_STR("let, require, when or param"));
    }
  }
}

static void bind(holding *h, const wb_format *format, bool loaded) {
  wb_ctx *ctx = &h->m->ctx;
  for (size_t i = 0; i < format->decl->param_count; i++) {
    const wb_parameter *param = &format->decl->params[i];
    const wb_str name = param->name->name;
    if (wb_str_is(name, "inputs")) wb_bind_value(ctx, h->scope, param->name, wb_number(h->matrix.inputs));
    else if (wb_str_is(name, "outputs")) wb_bind_value(ctx, h->scope, param->name, wb_number(h->matrix.outputs));
    else if (wb_str_is(name, "loaded")) wb_bind_value(ctx, h->scope, param->name, wb_bool(loaded));
    else if (format->values[i]) wb_bind_value(ctx, h->scope, param->name, *format->values[i]);
    else if (param->fallback) wb_bind_expr(ctx, h->scope, param->name, param->fallback, h->m->root);
    else WB_FAIL(ctx, WB_MODEL_MISSING_ARGUMENT, format->decl->place, format->decl->name->name, name);
  }
}

wb_held wb_format_hold(wb_model *m, const wb_format *format, wb_matrix matrix, bool loaded, wb_str dtype) {
  holding h = {m, wb_scope_new(&m->ctx, m->root), matrix, dtype, {true, WB_STR(""), wb_num_int(0), wb_num_int(0)}};
  bind(&h, format, loaded);
  add_body(&h, &format->decl->body);
  return h.out;
}

/* ---- which rows are matrices ---- */

enum { DECLARED, AXES, WHEN, SWAPPED, COLUMNS };

static bool is_true(wb_model *m, const wb_row *row, wb_str name) {
  const wb_sym *sym = wb_intern_find(&m->lib->symbols, name);
  wb_binding *binding = sym && row->rank ? wb_scope_find(&m->ctx, row->dims[0]->scope, sym) : NULL;
  return binding && wb_truth(wb_force(&m->ctx, binding));
}

static bool sides(const wb_row *row, wb_str axes, wb_matrix *out) {
  size_t at = 0;
  uint32_t rank = 0;
  *out = (wb_matrix){wb_num_int(0), wb_num_int(0), wb_num_int(1)};
  for (wb_str axis = wb_next_word(axes, &at); axis.len; axis = wb_next_word(axes, &at), rank++) {
    if (rank >= row->rank) return false;
    const wb_num size = row->dims[rank]->value.u.num;
    if (wb_str_is(axis, "inputs")) out->inputs = size;
    else if (wb_str_is(axis, "outputs")) out->outputs = size;
    else out->experts = size;
  }
  return rank == row->rank && out->inputs.num > 0 && out->outputs.num > 0;
}

bool wb_row_matrix(wb_model *m, const wb_row *row, wb_matrix *out) {
  wb_str cells[COLUMNS];
  if (row->kind != WB_PARAM || row->rank < 2 || !row->decl || !row->decl->name) return false;
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/matrices.tsv"), &at, cells, COLUMNS);) {
    if (!wb_str_eq(cells[DECLARED], row->decl->name->name)) continue;
    const bool swapped = !wb_str_is(cells[WHEN], "-") && is_true(m, row, cells[WHEN]);
    return sides(row, swapped ? cells[SWAPPED] : cells[AXES], out);
  }
  return false;
}
