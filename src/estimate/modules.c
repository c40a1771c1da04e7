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

/* ---- kinds ---- */

static wb_module_kind kind_named(wb_str word) {
  for (int i = 0; i < WB_MODULE_KINDS; i++)
    if (wb_str_is(word, wb_module_words[i])) return (wb_module_kind)i;
  return WB_M_OTHER;
}

static wb_module_kind kind_of(const wb_op_use *use) {
  wb_str cells[2];
  for (size_t at = 0; wb_tsv_next(wb_data_text("adapters/kinds.tsv"), &at, cells, 2);)
    if (wb_str_eq(cells[0], use->operation->name->name)) return kind_named(cells[1]);
  return WB_M_OTHER;
}

static bool is_matrix(wb_module_kind kind) { return kind == WB_M_LINEAR || kind == WB_M_CONV1D; }

static wb_num size_of(const wb_binding *dim) { return dim->value.u.num; }

/* What it has in common with a product with its matrix: a convolution's first sides are [out, in / groups]. */
static void set_shape(wb_model *m, const wb_op_use *use, wb_module *module) {
  const wb_row *row = module->rows;
  if (row->rank < 2) return;
  const bool in_first = module->kind == WB_M_CONV1D || module->kind == WB_M_EMBEDDING;
  module->in = row->dims[in_first ? 0 : 1];
  module->out = row->dims[in_first ? 1 : 0];
  if (module->kind != WB_M_CONV) return;
  const wb_sym *groups = wb_intern_find(&m->lib->symbols, WB_STR("groups"));
  wb_binding *given = groups ? wb_scope_find_here(use->scope, groups) : NULL;
  const wb_value *value = given ? wb_force(&m->ctx, given) : NULL;
  if (value && value->kind == WB_NUM && value->u.num.num > 0) module->groups = value->u.num;
  for (uint32_t i = 2; i < row->rank && module->sides < WB_MODULE_SIDES; i++)
    module->kernel[module->sides++] = row->dims[i];
}

/* torch counts the channels of all groups as inputs. */
static void widen_groups(wb_model *m, wb_module *module) {
  if (module->kind != WB_M_CONV || !module->in || module->groups.num == 1) return;
  wb_binding *whole = WB_NEW(&m->ctx, wb_binding);
  wb_num inputs;
  if (!wb_num_mul(size_of(module->in), module->groups, &inputs)) WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  *whole = (wb_binding){.value = wb_number(inputs), .state = WB_EVALUATED};
  module->in = whole;
}

static void add(wb_model *m, wb_modules *all, const wb_op_use *use) {
  const wb_row *row = &m->rows[use->first_row];
  wb_module module = {.name = above(row->pattern), .kind = kind_of(use), .rows = row, .copies = row->copies};
  module.row_count = use->end_row - use->first_row;
  module.groups = module.experts = module.fused = wb_num_int(1);
  for (size_t i = 0; i < module.row_count; i++)
    module.has_bias = module.has_bias || wb_str_is(wb_module_leaf(row[i].pattern), "bias");
  set_shape(m, use, &module);
  widen_groups(m, &module);
  if (use->routed && use->group == WB_G_ROUTED_EXPERT) module.kind = WB_M_EXPERT;
  /* a gate with one output scales what experts share: a plain product */
  else if (is_matrix(module.kind) && use->group == WB_G_ROUTER && size_of(module.out).num > 1) module.kind = WB_M_ROUTER;
  WB_PUSH_ROOM(&m->ctx, all->items, all->count, all->cap);
  all->items[all->count++] = module;
}

/* The head: as many scores as an embedding has rows. */
static bool scores_tokens(const wb_modules *all, const wb_module *module) {
  if (!is_matrix(module->kind) || module->rows->group != WB_G_HEAD) return false;
  for (size_t i = 0; i < all->count; i++) {
    const wb_module *table = &all->items[i];
    if (table->kind == WB_M_EMBEDDING && table->in && size_of(table->in).num == size_of(module->out).num) return true;
  }
  return false;
}

wb_modules wb_modules_of(wb_model *m) {
  wb_modules out = {0};
  size_t taken = 0; /* alternative paths name the same rows again */
  for (size_t i = 0; i < m->op_count; i++) {
    const wb_op_use *use = &m->ops[i];
    if (use->mtp || use->end_row <= use->first_row || use->first_row < taken) continue;
    taken = use->end_row;
    add(m, &out, use);
  }
  for (size_t i = 0; i < out.count; i++) out.items[i].is_output = scores_tokens(&out, &out.items[i]);
  return out;
}
