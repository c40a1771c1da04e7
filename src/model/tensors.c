#include "expr/eval.h"
#include "model/walk.h"

static const struct {
  wb_str name, alias;
  size_t bytes;
} DTYPES[] = {
    {{"float64", 7}, {"double", 6}, 8},
    {{"float32", 7}, {"fp32", 4}, 4},
    {{"float32", 7}, {"float", 5}, 4},
    {{"float32", 7}, {"f32", 3}, 4},
    {{"float16", 7}, {"fp16", 4}, 2},
    {{"float16", 7}, {"half", 4}, 2},
    {{"float16", 7}, {"f16", 3}, 2},
    {{"bfloat16", 8}, {"bf16", 4}, 2},
    {{"float8_e4m3fn", 13}, {"fp8", 3}, 1},
    {{"float8_e5m2", 11}, {"fp8_e5m2", 8}, 1},
    {{"float8_e8m0fnu", 14}, {"ue8m0", 5}, 1},
    {{"int64", 5}, {"long", 4}, 8},
    {{"int32", 5}, {"int", 3}, 4},
    {{"int16", 5}, {"short", 5}, 2},
    {{"int8", 4}, {"i8", 2}, 1},
    {{"uint8", 5}, {"u8", 2}, 1},
    {{"bool", 4}, {"bool", 4}, 1},
};

size_t wb_dtype_bytes(wb_str dtype) {
  for (size_t i = 0; i < sizeof DTYPES / sizeof *DTYPES; i++)
    if (wb_str_eq(dtype, DTYPES[i].name)) return DTYPES[i].bytes;
  return 0;
}

wb_str wb_dtype_name(wb_str name) {
  if (wb_str_starts(name, WB_STR("torch."))) name = wb_str_slice(name, 6, name.len);
  for (size_t i = 0; i < sizeof DTYPES / sizeof *DTYPES; i++)
    if (wb_str_eq(name, DTYPES[i].name) || wb_str_eq(name, DTYPES[i].alias)) return DTYPES[i].name;
  return WB_STR("");
}

static wb_num product(wb_walk *w, wb_num a, wb_num b, wb_place place) {
  wb_num out;
  if (!wb_num_mul(a, b, &out)) WB_FAIL(w->ctx, WB_LANG_OVERFLOW, place, WB_STR("*"));
  return out;
}

static wb_num plain_elements(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_num elements = wb_num_int(1);
  for (size_t i = 0; i < stmt->arg_count; i++)
    elements = product(w, elements, wb_eval_size(w->ctx, stmt->args[i].expr, f->scope), stmt->place);
  return elements;
}

static bool is_weight(const wb_walk *w, const wb_stmt *stmt) {
  return stmt->kind == WB_S_PARAM && stmt->path->is_plain && wb_str_eq(stmt->path->plain, w->lib->weight->name);
}

/* `tied to` stands either on the tensor or on the call of the operation that has it. */
static bool tie_of(wb_walk *w, wb_frame *f, const wb_stmt *stmt, wb_tie *tie) {
  if (stmt->mod.tied_to) {
    *tie = (wb_tie){stmt->mod.tied_to, f->scope, f->root};
    return !stmt->mod.tied_when || wb_eval_bool(w->ctx, stmt->mod.tied_when, f->scope);
  }
  if (!f->tie || !is_weight(w, stmt)) return false;
  *tie = *f->tie;
  return true;
}

static void dimension(wb_walk *w, wb_frame *f, const wb_stmt *stmt, wb_row *row, uint32_t i) {
  wb_binding *dim = WB_NEW(w->ctx, wb_binding);
  *dim = (wb_binding){.expr = stmt->args[i].expr, .scope = f->scope, .state = WB_EVALUATED};
  dim->value = wb_number(wb_eval_size(w->ctx, dim->expr, dim->scope));
  row->dims[i] = dim;
  row->elements = product(w, row->elements, dim->value.u.num, stmt->place);
}

/* A binding that is evaluated when somebody asks; NULL for no expression. */
static wb_binding *lazily(wb_walk *w, wb_scope *scope, const wb_expr *expr) {
  if (!expr) return NULL;
  wb_binding *binding = WB_NEW(w->ctx, wb_binding);
  *binding = (wb_binding){.expr = expr, .scope = scope};
  return binding;
}

/* The cut stands on the tensor or on the call of the operation that has it. A bias is cut with the columns; where rows
 * are cut, every device adds it once, so it is whole. */
static void set_cut(wb_walk *w, wb_frame *f, const wb_stmt *stmt, wb_row *row) {
  const wb_modifiers *mod = stmt->mod.cut == WB_CUT_NONE && f->call ? f->call : &stmt->mod;
  row->cut = mod->cut == WB_CUT_ROWS && row->rank < 2 ? WB_CUT_REPLICATE : mod->cut;
  if (row->cut != WB_CUT_REPLICATE) row->cut_by = lazily(w, mod == f->call ? f->call_scope : f->scope, mod->cut_by);
}

static void routing(wb_walk *w, wb_frame *f, const wb_stmt *stmt, wb_row *row) {
  row->routed = w->routed || stmt->mod.routed_of;
  row->top_k = w->top_k;
  row->experts = w->experts;
  if (!stmt->mod.routed_of) return;
  row->top_k = wb_eval_size(w->ctx, stmt->mod.routed_top_k, f->scope);
  row->experts = wb_eval_size(w->ctx, stmt->mod.routed_of, f->scope);
}

static wb_row *new_row(wb_walk *w) {
  wb_model *m = w->model;
  WB_PUSH_ROOM(w->ctx, m->rows, m->row_count, m->row_cap);
  return &m->rows[m->row_count++];
}

static wb_group row_group(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_group group = f->group;
  if (!w->grouped && !f->grouped && stmt->mod.group && !wb_group_parse(stmt->mod.group->name, &group))
    WB_FAIL(w->ctx, WB_MODEL_GROUP, stmt->place, stmt->mod.group->name);
  return group;
}

static void add_row(wb_walk *w, wb_frame *f, const wb_stmt *stmt, const wb_tie *tie) {
  wb_row *row = new_row(w);
  *row = (wb_row){.rank = (uint32_t)stmt->arg_count,
                  .elements = wb_num_int(1),
                  .copies = w->copies,
                  .stmt = stmt,
                  .decl = f->decl,
                  .mtp = w->mtp};
  row->pattern = wb_name_of(w, f->naming, stmt->path, f->scope);
  if (row->pattern.len > WB_NAME_MAX)
    WB_FAIL(w->ctx, WB_NAME_TOO_LONG, stmt->place, wb_str_slice(row->pattern, 0, 60), WB_STR("900"));
  for (uint32_t i = 0; i < w->index_count; i++) row->indices[i] = w->indices[i];
  row->index_count = w->index_count;
  for (uint32_t i = 0; i < row->rank; i++) dimension(w, f, stmt, row, i);
  row->kind = stmt->kind == WB_S_BUFFER ? WB_BUFFER : tie ? WB_TIED : WB_PARAM;
  if (f->donor) {
    row->kind = row->kind == WB_PARAM ? WB_TIED : row->kind;
    row->tied_to = wb_str_fmt(w->ctx, "%.*s%.*s", WB_STR_ARG(f->donor->other),
                              WB_STR_ARG(wb_str_slice(row->pattern, f->donor->own.len, row->pattern.len)));
  }
  if (tie) row->tied_to = wb_name_of(w, tie->root, tie->to, tie->scope);
  row->group = row_group(w, f, stmt);
  row->dtype = stmt->mod.dtype.len ? wb_dtype_name(stmt->mod.dtype) : w->dtype;
  if (!row->dtype.len) WB_FAIL(w->ctx, WB_MODEL_DTYPE, stmt->place, stmt->mod.dtype);
  routing(w, f, stmt, row);
  set_cut(w, f, stmt, row);
}

void wb_walk_tensor(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  if (stmt->mod.when && !wb_eval_bool(w->ctx, stmt->mod.when, f->scope)) return;
  wb_tie tie;
  bool tied = tie_of(w, f, stmt, &tie);
  if (!w->counting) {
    add_row(w, f, stmt, tied ? &tie : NULL);
    return;
  }
  if (tied || f->donor || stmt->kind == WB_S_BUFFER) return;
  wb_num all = product(w, plain_elements(w, f, stmt), w->copies, stmt->place);
  if (!wb_num_add(w->total, all, &w->total)) WB_FAIL(w->ctx, WB_LANG_OVERFLOW, stmt->place, WB_STR("+"));
}

static wb_num cached_elements(wb_walk *w, wb_frame *f, const wb_stmt *stmt, wb_kept *kept) {
  wb_num sum = wb_num_int(0);
  if (stmt->arg_count > WB_KEPT_WIDTHS) WB_FAIL(w->ctx, WB_TOO_DEEP, stmt->place, WB_STR("4"));
  for (size_t i = 0; i < stmt->arg_count; i++) {
    wb_value value = wb_eval(w->ctx, stmt->args[i].expr, f->scope);
    if (value.kind != WB_SHAPE)
      WB_FAIL(w->ctx, WB_LANG_TYPE, stmt->place, WB_STR("cache"), wb_str_of(wb_kind_name(&value)),
              WB_STR("an activation"));
    wb_num width = wb_shape_width(w->ctx, value.u.shape, stmt->place);
    if (!wb_num_add(sum, width, &sum)) WB_FAIL(w->ctx, WB_LANG_OVERFLOW, stmt->place, WB_STR("+"));
    if (!i) kept->positions = value.u.shape->positions;
    kept->widths[kept->width_count++] = width;
  }
  return sum;
}

/* `dtype float32`, or a field that says which: `dtype mamba_ssm_dtype`; null is the model's. */
static wb_str kept_dtype(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_str dtype = stmt->mod.dtype;
  if (!dtype.len) return w->dtype;
  const wb_sym *name = wb_intern_find(&w->model->lib->symbols, dtype);
  wb_binding *field = name ? wb_scope_find(w->ctx, f->scope, name) : NULL;
  const wb_value *value = field ? wb_force(w->ctx, field) : NULL;
  if (value && value->kind == WB_NULL) return w->dtype;
  if (value && value->kind == WB_TEXT) dtype = value->u.text;
  wb_str known = wb_dtype_name(dtype);
  return known.len ? known : dtype;
}

static wb_num kernel_of(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  wb_value kernel = wb_eval(w->ctx, stmt->second, f->scope);
  if (kernel.kind != WB_NUM || kernel.u.num.den != 1 || kernel.u.num.num < 1)
    WB_FAIL(w->ctx, WB_LANG_TYPE, stmt->place, WB_STR("over"), wb_str_of(wb_kind_name(&kernel)),
            WB_STR("a kernel of at least 1"));
  return kernel.u.num;
}

void wb_walk_kept(wb_walk *w, wb_frame *f, const wb_stmt *stmt) {
  if (w->counting || (stmt->mod.when && !wb_eval_bool(w->ctx, stmt->mod.when, f->scope))) return;
  wb_model *m = w->model;
  WB_PUSH_ROOM(w->ctx, m->kept, m->kept_count, m->kept_cap);
  wb_kept *kept = &m->kept[m->kept_count++];
  *kept = (wb_kept){.per_token = stmt->kind == WB_S_CACHE,
                    .mtp = w->mtp,
                    .name = stmt->name ? stmt->name->name : WB_STR("cache"),
                    .copies = w->repeats,
                    .over = wb_num_int(0),
                    .index_count = w->index_count,
                    .dtype = kept_dtype(w, f, stmt)};
  for (uint32_t i = 0; i < w->index_count; i++) kept->indices[i] = w->indices[i];
  kept->elements = kept->per_token ? cached_elements(w, f, stmt, kept) : plain_elements(w, f, stmt);
  if (!kept->per_token && stmt->second) kept->over = kernel_of(w, f, stmt);
  kept->within = kept->per_token ? lazily(w, f->scope, stmt->second) : NULL;
  kept->every = lazily(w, f->scope, stmt->every);
  kept->cut = stmt->mod.cut;
  kept->cut_by = lazily(w, f->scope, stmt->mod.cut_by);
  wb_walk_body(w, f, &stmt->body);
}

/* Assignments open scopes inwards; the parameters stand in the outermost of the operation's own. */
static const wb_binding *own_parameter(const wb_frame *f, const wb_sym *name) {
  for (wb_scope *scope = f->scope; scope && scope != f->fields; scope = scope->parent) {
    const wb_binding *found = wb_scope_find_here(scope, name);
    if (found) return found;
  }
  return NULL;
}

/* Marks the results of an operation with all that feeds into them. */
static void trace(wb_walk *w, wb_frame *f, size_t number) {
  if (w->no_gradient) return;
  const size_t words = number / 64 + 1;
  uint64_t *from = WB_NEWN(w->ctx, uint64_t, words);
  from[number / 64] |= (uint64_t)1 << (number % 64);
  for (size_t i = 0; i < f->decl->param_count; i++) {
    const wb_binding *input = own_parameter(f, f->decl->params[i].name);
    if (!input || input->state != WB_EVALUATED || input->value.kind != WB_SHAPE) continue;
    for (size_t k = 0; k < input->value.u.shape->from_words; k++) from[k] |= input->value.u.shape->from[k];
  }
  for (size_t i = 0; i < f->result_count; i++) {
    if (f->results[i].kind != WB_SHAPE) continue;
    wb_shape *shape = (wb_shape *)f->results[i].u.shape; /* made by the operation just now */
    shape->from = from;
    shape->from_words = words;
  }
}

void wb_walk_learned(wb_walk *w, wb_frame *f, const wb_stmt *stmt, wb_value activation) {
  const bool stored = !stmt->mod.when || wb_eval_bool(w->ctx, stmt->mod.when, f->scope);
  if (w->counting || !stored) return;
  const size_t row = w->model->row_count - 1;
  wb_frame inner = {.decl = wb_library_find(w->lib, w->ctx, WB_D_BLOCK, WB_STR("learned")),
                    .scope = f->scope,
                    .fields = f->fields,
                    .naming = f->naming,
                    .group = w->model->rows[row].group,
                    .results = &activation,
                    .result_count = 1,
                    .positions = activation.u.shape->positions,
                    .first_row = row};
  wb_walk_operation(w, &inner);
}

void wb_walk_operation(wb_walk *w, wb_frame *f) {
  if (w->counting) return;
  wb_model *m = w->model;
  WB_PUSH_ROOM(w->ctx, m->ops, m->op_count, m->op_cap);
  wb_op_use *use = &m->ops[m->op_count++];
  *use = (wb_op_use){.operation = f->decl,
                     .pattern = f->naming->prefix,
                     .index_count = w->index_count,
                     .scope = f->scope,
                     .group = f->group,
                     .positions = f->positions,
                     .first_row = f->first_row,
                     .end_row = m->row_count,
                     .repeats = w->repeats,
                     .routed = w->routed,
                     .mtp = w->mtp,
                     .no_gradient = w->no_gradient,
                     .trained = w->trained,
                     .top_k = w->top_k,
                     .experts = w->experts,
                     .path = w->path,
                     .output_count = f->result_count};
  for (uint32_t i = 0; i < w->index_count; i++) use->indices[i] = w->indices[i];
  use->outputs = WB_NEWN(w->ctx, const wb_shape *, f->result_count);
  for (size_t i = 0; i < f->result_count; i++)
    use->outputs[i] = f->results[i].kind == WB_SHAPE ? f->results[i].u.shape : NULL;
  trace(w, f, m->op_count - 1);
}
