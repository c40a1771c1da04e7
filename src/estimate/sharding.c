#include "estimate/sharding.h"

#include <string.h>

#include "base/tsv.h"
#include "estimate/derive_parts.h"
#include "expr/eval.h"

static const wb_unit BYTES = {{0, 1, 0, 0, 0, 0}};

/* ---- exact sums ---- */

static _Noreturn void overflow(wb_ctx *ctx) { WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*")); }

static wb_num times(wb_ctx *ctx, wb_num a, wb_num b) {
  if (!wb_num_mul(a, b, &a)) overflow(ctx);
  return a;
}

static void add(wb_ctx *ctx, wb_num *sum, wb_num a) {
  if (!wb_num_add(*sum, a, sum)) overflow(ctx);
}

/* ---- by name ---- */

const wb_decl *wb_sharding_find(wb_library *lib, wb_ctx *ctx, wb_str asked) {
  wb_str name = asked.len < 64 ? wb_engine_plain(ctx, wb_str_trim(asked)) : WB_STR("?"), c[2];
  if (!name.len) name = WB_STR("none");
  for (size_t at = 0; wb_tsv_next(wb_data_text("sharding/names.tsv"), &at, c, 2);)
    if (wb_str_eq(c[0], name)) name = c[1];
  const wb_decl *decl = wb_library_find(lib, ctx, WB_D_SHARDING, name);
  if (decl) return decl;
  wb_text known = {.ctx = ctx};
  for (size_t i = 0; (decl = wb_library_at(lib, ctx, WB_D_SHARDING, i)) != NULL; i++)
    wb_text_addf(&known, "%s%.*s", i ? ", " : "", WB_STR_ARG(decl->name->name));
  WB_FAIL(ctx, WB_SHARDING_UNKNOWN, WB_NOWHERE, asked, wb_text_str(&known));
}

/* ---- one run ---- */

typedef struct sharing {
  const wb_sharding_ask *ask;
  wb_ctx *ctx;
  const wb_decl *decl;
  const wb_option *options;
  wb_num trained, frozen, held, largest; /* elements */
  wb_gathered unit, all;
  wb_precision types; /* of the tensors in question */
  wb_num weights, gradients, master, persistent;
  wb_trained_list stepped;
  wb_sharded *out;
  wb_derived_of derived; /* whose weights are derived */
} sharing;

static void give(sharing *s, wb_engine *to, const char *name, wb_value value) {
  const wb_sym *sym = wb_intern_find(&s->ask->lib->symbols, wb_str_of(name));
  if (sym) wb_inputs_give(s->ctx, to->inputs, sym, value, WB_FROM_WORKLOAD);
}

static wb_value width(wb_str dtype) { return wb_integer((wb_i128)(dtype.len ? wb_dtype_bytes(dtype) : 0)); }

static wb_engine bind(sharing *s, const wb_trained *t) {
  wb_engine out = wb_engine_bare(s->ask->lib, s->ctx, s->decl, s->options, s->ask->option_count);
  give(s, &out, "gpus", wb_integer(s->ask->gpus));
  give(s, &out, "trained", wb_number(s->trained));
  give(s, &out, "frozen", wb_number(s->frozen));
  give(s, &out, "held", wb_number(s->held));
  give(s, &out, "unit", wb_number(s->unit.trained));
  give(s, &out, "unit_held", wb_number(s->unit.held));
  give(s, &out, "unit_computed", wb_number(s->unit.computed));
  give(s, &out, "all_held", wb_number(s->all.held));
  give(s, &out, "all_computed", wb_number(s->all.computed));
  give(s, &out, "largest", wb_number(s->largest));
  give(s, &out, "weight_width", width(s->types.weights));
  give(s, &out, "gradient_width", width(s->types.gradients));
  give(s, &out, "compute_width", width(s->types.compute.len ? s->types.compute : s->types.weights));
  give(s, &out, "master_width", width(s->types.master));
  give(s, &out, "master_bytes", wb_number(s->master));
  if (!t) return out;
  wb_value *dims = WB_NEWN(s->ctx, wb_value, t->rank + 1);
  for (size_t i = 0; i < t->rank; i++) dims[i] = wb_number(t->dims[i]);
  wb_value list = {.kind = WB_LIST};
  list.u.list.items = dims;
  list.u.list.count = t->rank;
  give(s, &out, "dims", list);
  give(s, &out, "ndim", wb_integer((wb_i128)t->rank));
  give(s, &out, "numel", wb_number(wb_trained_elements(s->ctx, t)));
  return out;
}

static const wb_value *value_of(sharing *s, const wb_engine *bound, const char *name) {
  const wb_sym *sym = wb_intern_find(&s->ask->lib->symbols, wb_str_of(name));
  wb_binding *binding = sym ? wb_scope_find_here(bound->scope, sym) : NULL;
  const wb_value *value = binding ? wb_force(s->ctx, binding) : NULL;
  return value && value->kind != WB_NULL ? value : NULL;
}

/* A count of the description; false where it has none. */
static bool count_of(sharing *s, const wb_engine *bound, const char *name, wb_num *out) {
  const wb_value *value = value_of(s, bound, name);
  if (!value) return false;
  if (value->kind == WB_NUM && wb_num_is_int(value->u.num) && value->u.num.num >= 0) {
    *out = value->u.num;
    return true;
  }
  wb_text found = {.ctx = s->ctx};
  wb_value_print(&found, value);
  WB_FAIL(s->ctx, WB_SHARDING_VALUE, WB_NOWHERE, s->decl->name->name, wb_str_of(name), wb_text_str(&found));
}

static bool flag(sharing *s, const wb_engine *bound, const char *name) {
  const wb_value *value = value_of(s, bound, name);
  return value && wb_truth(value);
}

static wb_num bytes_in(sharing *s, wb_num elements, wb_str dtype) {
  return dtype.len ? times(s->ctx, elements, width(dtype).u.num) : wb_num_int(0);
}

/* ---- per tensor ---- */

static wb_num elements_of(sharing *s, const wb_engine *bound, const char *name, const wb_trained *t) {
  wb_num one = wb_num_int(0);
  count_of(s, bound, name, &one);
  return times(s->ctx, one, t->copies);
}

static void step_over(sharing *s, wb_trained t) {
  t.dtype = s->types.stepped;
  WB_PUSH_ROOM(s->ctx, s->stepped.items, s->stepped.count, s->stepped.cap);
  s->stepped.items[s->stepped.count++] = t;
}

static void add_stepped(sharing *s, const wb_engine *bound, const wb_trained *t) {
  wb_num one, first;
  if (!count_of(s, bound, "stepped_elements", &one)) return;
  wb_trained part = *t;
  if (t->rank && count_of(s, bound, "stepped_first", &first)) {
    part.dims[0] = first;
  } else if (t->rank) {
    part.rank = 1;
    part.dims[0] = one;
  }
  step_over(s, part);
  add(s->ctx, &s->master, bytes_in(s, times(s->ctx, one, t->copies), s->types.master));
}

static void add_persistent(sharing *s, const wb_engine *bound, const wb_trained *t, wb_str dtype) {
  add(s->ctx, &s->persistent, bytes_in(s, elements_of(s, bound, "persistent_elements", t), dtype));
}

static bool same_types(const wb_precision *a, const wb_precision *b) {
  return wb_str_eq(a->weights, b->weights) && wb_str_eq(a->gradients, b->gradients) &&
         wb_str_eq(a->master, b->master) && wb_str_eq(a->stepped, b->stepped);
}

static bool in_group(const sharing *s, const wb_trained *t) {
  const wb_precision types = wb_precision_of(s->ask->precision, t);
  return same_types(&types, &s->types);
}

/* Elements of the tensors of the present types, and what a rank holds of them. */
static void measure_group(sharing *s) {
  const wb_trained_list *list = s->ask->trained;
  s->trained = s->held = wb_num_int(0);
  for (size_t i = 0; i < list->count; i++) {
    const wb_trained *t = &list->items[i];
    if (!in_group(s, t)) continue;
    add(s->ctx, &s->trained, times(s->ctx, wb_trained_elements(s->ctx, t), t->copies));
    const wb_engine bound = bind(s, t);
    add(s->ctx, &s->held, elements_of(s, &bound, "weight_elements", t));
  }
}

/* Tensors of one set of types: laid flat where the description says so, else one by one. */
static void add_group(sharing *s) {
  measure_group(s);
  const wb_engine whole = bind(s, NULL);
  wb_num total;
  const bool weights = count_of(s, &whole, "weight_total", &total);
  add(s->ctx, &s->weights, bytes_in(s, weights ? total : s->held, s->types.weights));
  const bool gradients = count_of(s, &whole, "gradient_total", &total);
  if (gradients) add(s->ctx, &s->gradients, bytes_in(s, total, s->types.gradients));
  if (count_of(s, &whole, "stepped_total", &total)) {
    step_over(s, (wb_trained){.pattern = WB_STR("flat"), .dims = {total}, .rank = 1, .copies = wb_num_int(1)});
    add(s->ctx, &s->master, bytes_in(s, total, s->types.master));
  }
  for (size_t i = 0; i < s->ask->trained->count; i++) {
    const wb_trained *t = &s->ask->trained->items[i];
    if (!in_group(s, t)) continue;
    const wb_engine bound = bind(s, t);
    if (!gradients)
      add(s->ctx, &s->gradients, bytes_in(s, elements_of(s, &bound, "gradient_elements", t), s->types.gradients));
    add_stepped(s, &bound, t);
    add_persistent(s, &bound, t, s->types.weights);
  }
}

/* Takes up the types of tensor `i`; false where an earlier one has the same. */
static bool begin_group(sharing *s, size_t i) {
  const wb_trained_list *list = s->ask->trained;
  s->types = wb_precision_of(s->ask->precision, &list->items[i]);
  for (size_t k = 0; k < i; k++)
    if (in_group(s, &list->items[k])) return false;
  return true;
}

static void add_groups(sharing *s) {
  for (size_t i = 0; i < s->ask->trained->count; i++)
    if (begin_group(s, i)) add_group(s);
}

static void add_frozen(sharing *s) {
  const wb_trained_list *list = s->ask->frozen;
  for (size_t i = 0; list && i < list->count; i++) {
    const wb_engine bound = bind(s, &list->items[i]);
    const wb_num held = elements_of(s, &bound, "weight_elements", &list->items[i]);
    add(s->ctx, &s->weights, bytes_in(s, held, list->items[i].dtype));
    add_persistent(s, &bound, &list->items[i], list->items[i].dtype);
  }
}

/* ---- the rank ---- */

static void put(sharing *s, wb_share share) {
  wb_sharded *out = s->out;
  if (!share.high) return;
  out->items[out->count++] = share;
  wb_i128 *sum = share.host ? &out->host : &out->device;
  wb_num total = wb_num_int(*sum);
  add(s->ctx, &total, wb_num_int(share.best));
  *sum = total.num;
}

static void put_plain(sharing *s, const char *name, wb_i128 bytes, bool host, wb_basis basis, wb_str source) {
  put(s, (wb_share){wb_str_of(name), bytes, bytes, bytes, host, basis, source, NULL});
}

static void put_states(sharing *s, bool on_host, wb_basis basis) {
  if (!s->ask->optimizer) return;
  const wb_optimizer_bytes states = wb_optimizer_over(s->ask->optimizer, &s->stepped);
  const wb_i128 on_card = states.state - states.host + states.shared;
  const wb_str source = s->ask->optimizer->decl->source;
  put_plain(s, "states", on_card, on_host, basis, source);
  put_plain(s, "host_states", states.host, true, basis, source);
}

static wb_i128 up(sharing *s, const wb_expr *expr, wb_scope *scope, const wb_sym *name) {
  const wb_value value = wb_eval(s->ctx, expr, scope);
  wb_num n = value.u.num;
  if (value.kind == WB_NUM && n.num >= 0 && wb_num_ceil(n, &n)) return n.num;
  wb_text found = {.ctx = s->ctx};
  wb_value_print(&found, &value);
  WB_FAIL(s->ctx, WB_SHARDING_VALUE, WB_NOWHERE, s->decl->name->name, name->name, wb_text_str(&found));
}

static void put_buffers(sharing *s, const wb_engine *whole) {
  for (size_t i = 0; i < s->decl->body.count; i++) {
    const wb_stmt *stmt = s->decl->body.items[i];
    if (stmt->kind != WB_S_COMPONENT) continue;
    wb_share share = {.name = stmt->name->name, .source = stmt->text.len ? stmt->text : s->decl->source};
    share.best = share.low = share.high = up(s, stmt->expr, whole->scope, stmt->name);
    if (stmt->second) share.low = up(s, stmt->second, whole->scope, stmt->name);
    if (stmt->every) share.high = up(s, stmt->every, whole->scope, stmt->name);
    if (!wb_basis_parse(stmt->basis, &share.basis)) share.basis = WB_BASIS_ENGINE;
    share.host = wb_str_starts(share.name, WB_STR("host_"));
    share.binding = wb_scope_find_here(whole->scope, stmt->name);
    put(s, share);
  }
}

static wb_basis basis_of(sharing *s, const wb_engine *whole) {
  const wb_value *value = value_of(s, whole, "basis");
  wb_basis basis = WB_BASIS_EXACT;
  if (value && value->kind == WB_TEXT) wb_basis_parse(value->u.text, &basis);
  return basis;
}

static void put_all(sharing *s) {
  s->types = s->ask->trained->count ? wb_precision_of(s->ask->precision, &s->ask->trained->items[0]) : s->types;
  s->trained = wb_trained_total(s->ctx, s->ask->trained);
  const wb_engine whole = bind(s, NULL);
  const wb_basis basis = basis_of(s, &whole);
  const bool states_out = flag(s, &whole, "states_on_host"), weights_out = flag(s, &whole, "weights_on_host");
  put_plain(s, "weights", s->weights.num, weights_out, basis, s->decl->source);
  put_plain(s, "persistent_weights", s->persistent.num, false, WB_BASIS_ENGINE, s->decl->source);
  put_plain(s, "gradients", s->gradients.num, false, basis, s->decl->source);
  put_plain(s, "master", s->master.num, states_out, basis, s->decl->source);
  put_states(s, states_out, basis);
  put_buffers(s, &whole);
}

static wb_num largest_of(wb_ctx *ctx, const wb_trained_list *list) {
  wb_num most = wb_num_int(0);
  for (size_t i = 0; i < list->count; i++) {
    const wb_num one = wb_trained_elements(ctx, &list->items[i]);
    int order = 0;
    if (wb_num_cmp(one, most, &order) && order > 0) most = one;
  }
  return most;
}

static sharing begin(const wb_sharding_ask *ask, wb_sharded *out) {
  sharing s = {.ask = ask, .ctx = ask->ctx, .out = out};
  s.decl = wb_sharding_find(ask->lib, ask->ctx, ask->sharding);
  s.options = wb_engine_options(ask->ctx, s.decl, ask->options, ask->option_count);
  wb_options_once(ask->ctx, s.decl, s.options, ask->option_count);
  s.weights = s.gradients = s.master = s.persistent = s.held = s.trained = s.frozen = wb_num_int(0);
  if (ask->frozen) s.frozen = wb_trained_total(ask->ctx, ask->frozen);
  s.unit = wb_largest_unit(ask);
  s.all = wb_gathered_whole(ask);
  s.largest = largest_of(ask->ctx, ask->trained);
  return s;
}

#define OWN_PARTS 6

wb_sharded wb_shard(const wb_sharding_ask *ask) {
  wb_sharded out = {0};
  sharing s = begin(ask, &out);
  out.decl = s.decl;
  out.items = WB_NEWN(ask->ctx, wb_share, s.decl->body.count + OWN_PARTS);
  const wb_engine whole = bind(&s, NULL);
  wb_engine_check_bare(ask->ctx, &whole);
  add_groups(&s);
  add_frozen(&s);
  put_all(&s);
  return out;
}

const wb_share *wb_sharded_part(const wb_sharded *sharded, const char *name) {
  for (size_t i = 0; i < sharded->count; i++)
    if (wb_str_is(sharded->items[i].name, name)) return &sharded->items[i];
  return NULL;
}

/* ---- derived ---- */

/* A part that is summed over tensors: what of one, or of all of them laid flat, a rank holds. */
typedef struct summed {
  const char *name, *each, *total;
} summed;

static const summed SUMMED[] = {{"weights", "weight_elements", "weight_total"},
                                {"gradients", "gradient_elements", "gradient_total"},
                                {"master", "stepped_elements", "stepped_total"},
                                {"persistent_weights", "persistent_elements", "persistent_total"}};

static wb_str type_of(const sharing *s, const summed *part) {
  if (part == &SUMMED[1]) return s->types.gradients;
  return part == &SUMMED[2] ? s->types.master : s->types.weights;
}

/* copies × elements × bytes of one, with the rule for the elements below. */
static void derive_elements(sharing *s, const wb_engine *bound, const char *rule, wb_str name, wb_num copies,
                            wb_str dtype, wb_derivation *d, wb_node *parent) {
  wb_num elements;
  if (!dtype.len || !count_of(s, bound, rule, &elements) || !elements.num) return;
  const wb_num bytes = width(dtype).u.num;
  wb_node *node = wb_d_new_node(d, name, NULL);
  wb_formula f = wb_d_new_formula(d);
  wb_d_factor_number(&f, NULL, copies);
  wb_d_factor_number(&f, rule, elements);
  wb_d_factor_number(&f, NULL, bytes);
  wb_d_take(node, &f);
  node->value = wb_number(times(s->ctx, times(s->ctx, copies, elements), bytes));
  node->unit = BYTES;
  node->source = s->decl->source;
  wb_d_add_child(
      d, node,
      wb_derive_binding(d, wb_scope_find_here(bound->scope, wb_intern_find(&s->ask->lib->symbols, wb_str_of(rule)))));
  wb_d_add_child(d, parent, node);
}

/* What an adapter makes and does not train stands among the frozen weights. */
static bool is_derived(const sharing *s, const wb_trained *t, bool trains) {
  return s->derived == WB_OF_ALL || (t->is_adapter && trains) == (s->derived == WB_OF_ADAPTER);
}

static void derive_group(sharing *s, const summed *part, wb_derivation *d, wb_node *parent) {
  measure_group(s);
  const wb_engine whole = bind(s, NULL);
  const wb_str dtype = type_of(s, part);
  wb_num total;
  if (count_of(s, &whole, part->total, &total)) {
    derive_elements(s, &whole, part->total, WB_STR("flat"), wb_num_int(1), dtype, d, parent);
    return;
  }
  for (size_t i = 0; i < s->ask->trained->count; i++) {
    const wb_trained *t = &s->ask->trained->items[i];
    if (!in_group(s, t) || !is_derived(s, t, true)) continue;
    const wb_engine bound = bind(s, t);
    derive_elements(s, &bound, part->each, wb_d_tensor_name(d, parent, t), t->copies, dtype, d, parent);
  }
}

static void derive_frozen(sharing *s, const summed *part, wb_derivation *d, wb_node *parent) {
  const wb_trained_list *list = s->ask->frozen;
  for (size_t i = 0; list && i < list->count; i++) {
    const wb_trained *t = &list->items[i];
    if (!is_derived(s, t, false)) continue;
    const wb_engine bound = bind(s, t);
    derive_elements(s, &bound, part->each, wb_d_tensor_name(d, parent, t), t->copies, t->dtype, d, parent);
  }
}

static wb_node *derive_summed(sharing *s, const summed *part, wb_derivation *d) {
  wb_node *node = wb_d_new_node(d, wb_str_of(part->name), NULL);
  for (size_t i = 0; i < s->ask->trained->count; i++)
    if (begin_group(s, i)) derive_group(s, part, d, node);
  if (part == &SUMMED[0] || part == &SUMMED[3]) derive_frozen(s, part, d, node);
  wb_d_sum_up(d, node, BYTES);
  return node;
}

static bool is_states(const wb_share *share) {
  return wb_str_is(share->name, "states") || wb_str_is(share->name, "host_states");
}

/* Of states those on the card and those on the host are one sum. */
static const wb_node *derive_share(sharing *s, const wb_share *share, wb_derivation *d) {
  wb_node *node = NULL;
  for (size_t i = 0; i < sizeof SUMMED / sizeof *SUMMED && !node; i++)
    if (wb_str_is(share->name, SUMMED[i].name)) node = derive_summed(s, &SUMMED[i], d);
  if (!node && is_states(share))
    node = (wb_node *)wb_optimizer_derive(s->ask->optimizer, &s->stepped, WB_STATES_ON_BOTH, d);
  else if (!node) node = (wb_node *)wb_derive_binding(d, share->binding);
  node->unit = BYTES;
  node->source = share->source;
  return node;
}

const wb_node *wb_sharded_derive(const wb_sharding_ask *ask, const wb_sharded *sharded, wb_derivation *d) {
  wb_sharded again = {.items = WB_NEWN(ask->ctx, wb_share, sharded->count + OWN_PARTS + 1)};
  sharing s = begin(ask, &again);
  add_groups(&s);
  wb_node *root = wb_d_new_node(d, WB_STR("rank_bytes"), NULL);
  bool states = false;
  for (size_t i = 0; i < sharded->count; i++) {
    const wb_share *share = &sharded->items[i];
    if (!share->best || (states && is_states(share))) continue;
    states = states || is_states(share);
    wb_d_add_child(d, root, derive_share(&s, share, d));
  }
  wb_d_sum_up(d, root, BYTES);
  return root;
}

static bool lays_weights_flat(sharing *s) {
  bool flat = false;
  wb_num total;
  for (size_t i = 0; i < s->ask->trained->count && !flat; i++) {
    if (!begin_group(s, i)) continue;
    measure_group(s);
    const wb_engine whole = bind(s, NULL);
    flat = count_of(s, &whole, "weight_total", &total);
  }
  return flat;
}

const wb_node *wb_sharded_derive_part(const wb_sharding_ask *ask, const wb_share *share, wb_derived_of of,
                                      wb_derivation *d) {
  wb_sharded again = {.items = NULL};
  sharing s = begin(ask, &again);
  s.derived = of;
  if (of != WB_OF_ALL && lays_weights_flat(&s)) return NULL;
  add_groups(&s);
  if (!is_states(share)) return derive_share(&s, share, d);
  const bool host = wb_str_is(share->name, "host_states");
  wb_node *node =
      (wb_node *)wb_optimizer_derive(ask->optimizer, &s.stepped, host ? WB_STATES_ON_HOST : WB_STATES_ON_CARD, d);
  node->source = share->source;
  return node;
}
