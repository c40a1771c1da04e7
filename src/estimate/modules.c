#include "estimate/modules.h"

#include <string.h>

#include "base/tsv.h"
#include "expr/eval.h"

const char *const wb_module_words[WB_MODULE_KINDS] = {"other", "linear", "conv1d", "conv",     "embedding",
                                                      "norm",  "router", "expert", "parameter"};

/* ---- names ---- */

wb_str wb_module_leaf(wb_str name) {
  size_t from = name.len;
  while (from && name.ptr[from - 1] != '.') from--;
  return wb_str_slice(name, from, name.len);
}

bool wb_module_is(wb_str name, wb_str target) {
  if (!target.len || !wb_str_ends(name, target)) return false;
  return name.len == target.len || name.ptr[name.len - target.len - 1] == '.';
}

/* "model.layers.#.mlp.up_proj.weight" without its last part. */
static wb_str above(wb_str name) {
  const size_t leaf = wb_module_leaf(name).len;
  return wb_str_slice(name, 0, name.len > leaf ? name.len - leaf - 1 : 0);
}

/* `from` put in the place of what it names, everywhere; after ^ at the beginning alone. */
static wb_str renamed(wb_ctx *ctx, wb_str name, wb_str from, wb_str to) {
  const bool at_start = from.len && from.ptr[0] == '^';
  const wb_str what = wb_str_slice(from, at_start, from.len);
  wb_text out = {.ctx = ctx};
  size_t at = 0;
  if (!what.len) return name;
  while (at < name.len) {
    const bool here = (!at_start || !at) && wb_str_starts(wb_str_slice(name, at, name.len), what);
    if (here) wb_text_add(&out, to);
    else wb_text_addc(&out, name.ptr[at]);
    at += here ? what.len : 1;
  }
  return wb_text_str(&out);
}

typedef struct renaming {
  wb_str from, to;
} renaming;

/* Of a model, found once. */
typedef struct renamings {
  renaming *items;
  size_t count, cap;
} renamings;

static const renamings *renamings_of(wb_model *m) {
  if (m->renamings) return m->renamings;
  const wb_str text = wb_data_text("adapters/names.tsv");
  renamings *found = WB_NEW(&m->ctx, renamings);
  wb_str cells[3];
  for (size_t at = 0; wb_tsv_next(text, &at, cells, 3);) {
    if (!wb_str_eq(cells[0], m->model_type)) continue;
    WB_PUSH_ROOM(&m->ctx, found->items, found->count, found->cap);
    found->items[found->count++] = (renaming){cells[1], cells[2]};
  }
  m->renamings = found;
  return found;
}

wb_str wb_module_name(wb_model *m, wb_str tensor) {
  const renamings *found = renamings_of(m);
  for (size_t i = 0; i < found->count; i++) tensor = renamed(&m->ctx, tensor, found->items[i].from, found->items[i].to);
  return tensor;
}

/* ---- kinds ---- */

static wb_module_kind kind_named(wb_str word) {
  for (int i = 0; i < WB_MODULE_KINDS; i++)
    if (wb_str_is(word, wb_module_words[i])) return (wb_module_kind)i;
  return WB_M_OTHER;
}

/* Of what an operation or a block is named. */
static wb_module_kind kind_of(wb_str name) {
  const wb_str text = wb_data_text("adapters/kinds.tsv");
  wb_str cells[2];
  for (size_t at = 0; wb_tsv_next(text, &at, cells, 2);)
    if (wb_str_eq(cells[0], name)) return kind_named(cells[1]);
  return WB_M_OTHER;
}

static bool is_matrix(wb_module_kind kind) { return kind == WB_M_LINEAR || kind == WB_M_CONV1D; }

static wb_num size_of(const wb_binding *dim) { return dim->value.u.num; }

/* A router is a class of its own unless routers.tsv says that it is a plain product. A gate with one output scales what
 * experts share: a plain product everywhere. */
static bool is_router(const wb_model *m, const wb_op_use *use, const wb_module *module) {
  wb_str cells[2];
  if (!is_matrix(module->kind) || use->group != WB_G_ROUTER || !module->out || size_of(module->out).num <= 1)
    return false;
  for (size_t at = 0; wb_tsv_next(wb_data_text("adapters/routers.tsv"), &at, cells, 2);)
    if (wb_str_eq(cells[0], m->model_type) && wb_str_eq(cells[1], wb_module_leaf(module->name))) return false;
  return true;
}

/* An argument of a convolution; 1 where it has none of that name. */
static wb_num argument(wb_model *m, const wb_op_use *use, const char *wanted) {
  for (size_t i = 0; use && i < use->operation->param_count; i++) {
    const wb_sym *name = use->operation->params[i].name;
    wb_binding *given = wb_str_is(name->name, wanted) ? wb_scope_find(&m->ctx, use->scope, name) : NULL;
    const wb_value *value = given ? wb_force(&m->ctx, given) : NULL;
    if (value && value->kind == WB_NUM && value->u.num.num > 0) return value->u.num;
  }
  return wb_num_int(1);
}

/* What it has in common with a product with its matrix: a convolution's first sides are [out, in / groups]. */
static void set_shape(wb_model *m, const wb_op_use *use, wb_module *module) {
  const wb_row *row = module->rows;
  if (row->rank < 2) return;
  const bool in_first = module->kind == WB_M_CONV1D || module->kind == WB_M_EMBEDDING;
  module->in = row->dims[in_first ? 0 : 1];
  module->out = row->dims[in_first ? 1 : 0];
  if (module->kind != WB_M_CONV) return;
  module->groups = argument(m, use, "groups");
  module->dilation = argument(m, use, "dilation");
  for (uint32_t i = 2; i < row->rank && module->sides < WB_MODULE_SIDES; i++)
    module->kernel[module->sides++] = row->dims[i];
}

/* torch counts the channels of all groups as inputs. */
static void widen_groups(wb_model *m, wb_module *module) {
  if (module->kind != WB_M_CONV || !module->in || module->groups.num == 1) return;
  wb_binding *whole = WB_NEW(&m->ctx, wb_binding);
  wb_num inputs;
  if (!wb_num_mul(size_of(module->in), module->groups, &inputs))
    WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  *whole = (wb_binding){.value = wb_number(inputs), .state = WB_EVALUATED};
  module->in = whole;
}

static wb_module module_of(wb_model *m, const wb_row *rows, size_t count, wb_module_kind kind) {
  wb_module out = {.kind = kind, .rows = rows, .row_count = count, .copies = rows->copies};
  out.name = above(wb_module_name(m, rows->pattern));
  out.groups = out.dilation = out.experts = out.fused = wb_num_int(1);
  for (size_t i = 0; i < count; i++) out.has_bias = out.has_bias || wb_str_is(wb_module_leaf(rows[i].pattern), "bias");
  return out;
}

static void push(wb_model *m, wb_modules *all, wb_module module) {
  WB_PUSH_ROOM(&m->ctx, all->items, all->count, all->cap);
  all->items[all->count++] = module;
}

/* Whether the library keeps each expert as a module of its own. */
static bool experts_apart(const wb_model *m) {
  wb_str cells[2];
  for (size_t at = 0; wb_tsv_next(wb_data_text("adapters/patterns.tsv"), &at, cells, 2);)
    if (wb_str_eq(cells[0], m->model_type)) return wb_str_is(cells[1], "modules");
  return false;
}

static void add(wb_model *m, wb_modules *all, const wb_op_use *use) {
  wb_module module =
      module_of(m, &m->rows[use->first_row], use->end_row - use->first_row, kind_of(use->operation->name->name));
  set_shape(m, use, &module);
  widen_groups(m, &module);
  if (use->routed && use->group == WB_G_ROUTED_EXPERT && !experts_apart(m)) module.kind = WB_M_EXPERT;
  else if (is_router(m, use, &module)) module.kind = WB_M_ROUTER;
  push(m, all, module);
}

/* A matrix that a block holds without an operation of its own: products read it where they stand. */
static void add_alone(wb_model *m, wb_modules *all, const wb_row *row) {
  wb_module_kind kind = kind_of(row->decl->name->name);
  if (row->group == WB_G_EMBEDDING) kind = WB_M_EMBEDDING;
  if (row->kind == WB_BUFFER || row->mtp || row->rank != 2 || !wb_str_is(wb_module_leaf(row->pattern), "weight"))
    return;
  wb_module module = module_of(m, row, 1, kind);
  set_shape(m, NULL, &module);
  push(m, all, module);
}

/* The head, as get_output_embeddings finds it: by its usual name, or as many scores as an embedding has rows. */
static bool scores_tokens(const wb_modules *all, const wb_module *module) {
  if (!is_matrix(module->kind) || module->rows->group != WB_G_HEAD) return false;
  if (wb_str_is(wb_module_leaf(module->name), "lm_head")) return true;
  for (size_t i = 0; i < all->count; i++) {
    const wb_module *table = &all->items[i];
    if (table->kind == WB_M_EMBEDDING && table->in && size_of(table->in).num == size_of(module->out).num) return true;
  }
  return false;
}

static wb_modules build(wb_model *m) {
  wb_modules out = {0};
  size_t next = 0; /* rows before it are done: alternative paths name the same rows again */
  for (size_t i = 0; i < m->op_count; i++) {
    const wb_op_use *use = &m->ops[i];
    if (use->end_row <= use->first_row || use->first_row < next) continue;
    for (; next < use->first_row; next++) add_alone(m, &out, &m->rows[next]);
    next = use->end_row;
    if (!use->mtp) add(m, &out, use);
  }
  for (; next < m->row_count; next++) add_alone(m, &out, &m->rows[next]);
  for (size_t i = 0; i < out.count; i++) out.items[i].is_output = scores_tokens(&out, &out.items[i]);
  return out;
}

/* Whoever asks may change them. */
wb_modules wb_modules_of(wb_model *m) {
  const wb_modules *kept = m->modules;
  if (!kept) {
    wb_modules *own = WB_NEW(&m->ctx, wb_modules);
    *own = build(m);
    m->modules = kept = own;
  }
  wb_modules out = {WB_NEWN(&m->ctx, wb_module, kept->count), kept->count, kept->count};
  if (out.count) memcpy(out.items, kept->items, out.count * sizeof *out.items);
  return out;
}
