#include "estimate/adapter_target.h"

#include <string.h>

#include "base/tsv.h"

wb_names_list wb_names_split(wb_ctx *ctx, wb_str text) {
  wb_names_list out = {0};
  size_t at = 0;
  for (wb_str item; wb_str_next(text, text.len && memchr(text.ptr, ',', text.len) ? ',' : ' ', &at, &item);) {
    item = wb_str_trim(item);
    if (!item.len) continue;
    WB_PUSH_ROOM(ctx, out.items, out.count, out.cap);
    out.items[out.count++] = item;
  }
  return out;
}

static void add_name(wb_ctx *ctx, wb_names_list *list, wb_str name) {
  for (size_t i = 0; i < list->count; i++)
    if (wb_str_eq(list->items[i], name)) return;
  WB_PUSH_ROOM(ctx, list->items, list->count, list->cap);
  list->items[list->count++] = name;
}

bool wb_adapter_defaults(wb_model *m, wb_str list, wb_names_list *names, wb_str *within) {
  wb_str cells[4];
  for (size_t at = 0; wb_tsv_next(wb_data_text("adapters/targets.tsv"), &at, cells, 4);) {
    if (!wb_str_eq(cells[0], list) || !wb_str_eq(cells[1], m->model_type)) continue;
    *names = wb_names_split(&m->ctx, cells[2]);
    *within = cells[3];
    return true;
  }
  return false;
}

/* ---- one question ---- */

typedef struct targeting {
  wb_model *m;
  const wb_modules *all;
  const wb_targeting *asked;
  wb_names_list names, excluded, saved, layers;
  wb_names_list tensors; /* to be adapted as parameters */
  wb_str within, pattern;
  bool all_linear; /* by what it is, not by name */
  bool by_number;  /* names hold numbers of layers: each is looked at by itself */
  wb_modules out;
} targeting;

static bool is_matrix(const wb_module *module) {
  return (module->kind == WB_M_LINEAR || module->kind == WB_M_CONV1D) && module->rows->rank == 2;
}

static bool is_any_linear(const wb_module *module) { return is_matrix(module) && !module->is_output; }

/* ---- names ---- */

static bool ends_with_any(wb_str name, const wb_names_list *list) {
  for (size_t i = 0; i < list->count; i++)
    if (wb_module_is(name, list->items[i])) return true;
  return false;
}

/* Whether `part` stands in a name, whole components of it. */
static bool has_part(wb_str name, wb_str part) {
  for (size_t i = 0; i + part.len <= name.len; i++) {
    const size_t end = i + part.len;
    if ((i && name.ptr[i - 1] != '.') || (end < name.len && name.ptr[end] != '.')) continue;
    if (wb_str_eq(wb_str_slice(name, i, end), part)) return true;
  }
  return false;
}

static bool is_number(wb_str part) {
  for (size_t i = 0; i < part.len; i++)
    if (part.ptr[i] < '0' || part.ptr[i] > '9') return false;
  return part.len > 0;
}

static bool has_number(const wb_names_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    size_t at = 0;
    for (wb_str part; wb_str_next(list->items[i], '.', &at, &part);)
      if (is_number(part)) return true;
  }
  return false;
}

/* The first number of a name that stands after a component and before another: its layer. */
static bool in_layers(wb_str name, const wb_names_list *layers) {
  size_t at = 0, place = 0;
  for (wb_str part; wb_str_next(name, '.', &at, &part); place++) {
    if (place < 2 || !is_number(part) || at >= name.len) continue;
    for (size_t i = 0; i < layers->count; i++)
      if (wb_str_eq(part, layers->items[i])) return true;
    return false;
  }
  return false;
}

/* check_target_module_exists (tuners_utils.py), for lists. */
static bool is_target(const targeting *t, const wb_module *module, wb_str name) {
  if (ends_with_any(name, &t->excluded)) return false;
  for (size_t i = 0; i < t->saved.count; i++)
    if (has_part(name, t->saved.items[i])) return false;
  if (t->within.len && !has_part(name, t->within)) return false;
  if (!(t->all_linear ? is_any_linear(module) : ends_with_any(name, &t->names))) return false;
  return !t->layers.count || in_layers(name, &t->layers);
}

typedef struct counting {
  const targeting *t;
  const wb_module *module;
  wb_i128 count;
} counting;

static bool count_one(void *user, wb_str name) {
  counting *c = user;
  wb_step(&c->t->m->ctx, WB_NOWHERE);
  name = wb_module_name(c->t->m, name);
  const size_t leaf = wb_module_leaf(name).len;
  c->count += is_target(c->t, c->module, wb_str_slice(name, 0, name.len > leaf ? name.len - leaf - 1 : 0));
  return true;
}

/* How many of a module's copies are meant. Names without numbers mean all layers or none. */
static wb_num meant(const targeting *t, const wb_module *module) {
  if (!t->by_number) return is_target(t, module, module->name) ? module->copies : wb_num_int(0);
  counting c = {t, module, 0};
  wb_row_expand(&t->m->ctx, module->rows, count_one, &c);
  return wb_num_int(c.count);
}

/* ---- experts ---- */

/* The conversion of experts.tsv for the model's type. */
static wb_str pattern_of(const wb_model *m) {
  wb_str cells[2];
  for (size_t at = 0; wb_tsv_next(wb_data_text("adapters/patterns.tsv"), &at, cells, 2);)
    if (wb_str_eq(cells[0], m->model_type)) return wb_str_is(cells[1], "modules") ? WB_STR("") : cells[1];
  return WB_STR("");
}

typedef struct expert_row {
  wb_str cells[4]; /* pattern, name, tensor, fused */
} expert_row;

static bool next_expert(const targeting *t, size_t *at, expert_row *row) {
  while (wb_tsv_next(wb_data_text("adapters/experts.tsv"), at, row->cells, 4))
    if (wb_str_eq(row->cells[0], t->pattern)) return true;
  return false;
}

static bool names_expert(const targeting *t, wb_str name, expert_row *row) {
  for (size_t at = 0; next_expert(t, &at, row);)
    if (wb_module_is(name, row->cells[1])) return true;
  return false;
}

static bool is_listed(const wb_names_list *list, wb_str name) {
  for (size_t i = 0; i < list->count; i++)
    if (wb_module_is(list->items[i], name)) return true;
  return false;
}

/* Matrices that one tensor holds are adapted together or not at all. */
static void check_fused(const targeting *t, const wb_names_list *given) {
  expert_row row;
  for (size_t at = 0; next_expert(t, &at, &row);) {
    if (wb_str_is(row.cells[3], "1") || is_listed(given, row.cells[1]) || !is_listed(&t->tensors, row.cells[2]))
      continue;
    WB_FAIL(&t->m->ctx, WB_ADAPTER_FUSED, WB_NOWHERE, row.cells[1], row.cells[2]);
  }
}

/* _convert_peft_config_moe (transformers_weight_conversion.py): names of experts become tensors, others stay. */
static void convert_experts(targeting *t) {
  wb_ctx *ctx = &t->m->ctx;
  wb_names_list given = t->names, kept = {0};
  expert_row row;
  if (t->all_linear) {
    given = (wb_names_list){0};
    for (size_t i = 0; i < t->all->count; i++)
      if (is_any_linear(&t->all->items[i])) add_name(ctx, &given, wb_module_leaf(t->all->items[i].name));
    for (size_t at = 0; next_expert(t, &at, &row);) add_name(ctx, &given, row.cells[1]);
    t->all_linear = false;
  }
  for (size_t i = 0; i < given.count; i++)
    if (names_expert(t, given.items[i], &row)) add_name(ctx, &t->tensors, row.cells[2]);
    else add_name(ctx, &kept, given.items[i]);
  check_fused(t, &given);
  t->names = kept;
}

/* "…experts" of "…experts.#.gate_proj" and of "…experts.gate_up_proj". */
static wb_str container(wb_str name) {
  size_t end = name.len - wb_module_leaf(name).len;
  if (end) end--;
  while (end && (name.ptr[end - 1] == WB_INDEX_MARK || name.ptr[end - 1] == '.')) end--;
  return wb_str_slice(name, 0, end);
}

static wb_module router_parameter(const wb_module *router) {
  wb_module out = *router;
  out.kind = WB_M_PARAMETER;
  return out;
}

/* A tensor of all experts; what adapts the first tensor of a module stands inside what adapts the next. */
static wb_module expert_parameter(const targeting *t, const wb_module *expert, const expert_row *row) {
  wb_ctx *ctx = &t->m->ctx;
  wb_module out = *expert;
  const bool inner = wb_str_is(row->cells[2], "gate_up_proj") && is_listed(&t->tensors, WB_STR("down_proj"));
  out.kind = WB_M_PARAMETER;
  out.name = container(expert->name);
  if (inner) out.name = wb_str_fmt(ctx, "%.*s.base_layer", WB_STR_ARG(out.name));
  wb_num_parse(row->cells[3], &out.fused);
  out.experts = expert->rows->experts;
  const bool apart = expert->rows->rank == 2; /* one matrix, one tensor: a module of each expert */
  if (apart && out.experts.num && !wb_num_div(out.copies, out.experts, &out.copies)) out.copies = wb_num_int(0);
  wb_binding *wide = WB_NEW(ctx, wb_binding);
  wb_num outputs = out.out ? out.out->value.u.num : wb_num_int(0);
  if (apart && !wb_num_mul(outputs, out.fused, &outputs)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  *wide = (wb_binding){.value = wb_number(outputs), .state = WB_EVALUATED};
  out.out = wide;
  return out;
}

static void take(targeting *t, wb_module module) {
  if (module.copies.num <= 0) return;
  WB_PUSH_ROOM(&t->m->ctx, t->out.items, t->out.count, t->out.cap);
  t->out.items[t->out.count++] = module;
}

/* Of matrices that one tensor holds the first stands for it. */
static bool stands_first(const targeting *t, const expert_row *row) {
  expert_row first;
  for (size_t at = 0; next_expert(t, &at, &first);)
    if (wb_str_eq(first.cells[2], row->cells[2])) return wb_str_eq(first.cells[1], row->cells[1]);
  return false;
}

/* A name that ends a module's whole path but its last part or more: something that holds modules. */
static void refuse_holders(const targeting *t) {
  for (size_t i = 0; i < t->all->count && t->names.count; i++) {
    const wb_str name = t->all->items[i].name;
    for (size_t end = name.len; end > 0; end--) {
      const wb_str holder = wb_str_slice(name, 0, end - 1);
      if (name.ptr[end - 1] != '.' || ends_with_any(holder, &t->excluded) || !ends_with_any(holder, &t->names))
        continue;
      WB_FAIL(&t->m->ctx, WB_ADAPTER_HOLDER, WB_NOWHERE, wb_module_leaf(holder), wb_module_leaf(name));
    }
  }
}

static void take_tensors(targeting *t) {
  expert_row row;
  for (size_t i = 0; i < t->all->count && t->tensors.count; i++) {
    const wb_module *module = &t->all->items[i];
    const wb_str leaf = wb_module_leaf(module->name);
    const bool router = module->rows->group == WB_G_ROUTER && module->rows->rank == 2;
    if (module->kind != WB_M_EXPERT && !router) continue;
    if (!names_expert(t, leaf, &row) || !is_listed(&t->tensors, row.cells[2])) continue;
    if (router) take(t, router_parameter(module));
    else if (stands_first(t, &row)) take(t, expert_parameter(t, module, &row));
  }
}

/* ---- lists ---- */

/* Queries and values under the names that the model has for them: the first row of queries.tsv that names something. */
static wb_names_list queries_and_values(const targeting *t) {
  wb_str cell;
  for (size_t at = 0; wb_tsv_next(wb_data_text("adapters/queries.tsv"), &at, &cell, 1);) {
    const wb_names_list names = wb_names_split(&t->m->ctx, cell);
    size_t met = 0;
    for (size_t n = 0; n < names.count; n++) {
      bool any = false;
      for (size_t i = 0; i < t->all->count && !any; i++)
        any = is_matrix(&t->all->items[i]) && wb_str_eq(wb_module_leaf(t->all->items[i].name), names.items[n]);
      met += any;
    }
    if (met == names.count) return names;
  }
  WB_FAIL(&t->m->ctx, WB_ADAPTER_NO_MATCH, WB_NOWHERE, WB_STR("qv"));
}

static void read_names(targeting *t) {
  const wb_targeting *asked = t->asked;
  wb_ctx *ctx = &t->m->ctx;
  for (size_t i = 0; i < asked->asked.len; i++)
    if (strchr("*+?()[]|\\^$", asked->asked.ptr[i])) WB_FAIL(ctx, WB_ADAPTER_EXPRESSION, WB_NOWHERE, asked->asked);
  if (wb_str_is(asked->asked, "all-linear")) t->all_linear = true;
  else if (wb_str_is(asked->asked, "qv")) t->names = queries_and_values(t);
  else if (asked->asked.len) t->names = wb_names_split(ctx, asked->asked);
  else if (t->pattern.len) return; /* converted before the list is looked up: nothing is left to adapt */
  else if (!wb_adapter_defaults(t->m, asked->list, &t->names, &t->within))
    WB_FAIL(ctx, WB_ADAPTER_NO_DEFAULT, WB_NOWHERE, t->m->model_type, WB_STR("target_modules"));
}

/* What was looked for, with what narrows it down. */
static wb_str sought(const targeting *t) {
  const wb_targeting *asked = t->asked;
  wb_text out = {.ctx = &t->m->ctx};
  wb_text_add(&out, asked->asked);
  for (size_t i = 0; i < t->names.count && !asked->asked.len; i++)
    wb_text_addf(&out, "%s%.*s", out.len ? "," : "", WB_STR_ARG(t->names.items[i]));
  if (asked->excluded.len) wb_text_addf(&out, ", exclude_modules=%.*s", WB_STR_ARG(asked->excluded));
  if (asked->saved.len) wb_text_addf(&out, ", modules_to_save=%.*s", WB_STR_ARG(asked->saved));
  if (asked->layers.len) wb_text_addf(&out, ", layers_to_transform=%.*s", WB_STR_ARG(asked->layers));
  return wb_text_str(&out);
}

wb_modules wb_adapter_targets(wb_model *m, const wb_modules *all, const wb_targeting *asked) {
  wb_ctx *ctx = &m->ctx;
  targeting t = {.m = m, .all = all, .asked = asked};
  t.excluded = wb_names_split(ctx, asked->excluded);
  t.saved = wb_names_split(ctx, asked->saved);
  t.layers = wb_names_split(ctx, asked->layers);
  if (asked->parameters) t.pattern = pattern_of(m);
  read_names(&t);
  if (t.pattern.len) convert_experts(&t);
  t.by_number = t.layers.count || has_number(&t.names) || has_number(&t.excluded) || has_number(&t.saved);
  for (size_t i = 0; i < all->count; i++) {
    wb_module module = all->items[i];
    if (module.kind == WB_M_EXPERT) continue;
    module.copies = meant(&t, &module);
    take(&t, module);
  }
  refuse_holders(&t);
  take_tensors(&t);
  if (!t.out.count && !asked->asked.len && !t.names.count)
    WB_FAIL(ctx, WB_ADAPTER_NO_DEFAULT, WB_NOWHERE, m->model_type, WB_STR("target_modules"));
  if (!t.out.count) WB_FAIL(ctx, WB_ADAPTER_NO_MATCH, WB_NOWHERE, sought(&t));
  return t.out;
}
