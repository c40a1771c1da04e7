#include "estimate/derive_flops.h"

#include "estimate/derive_parts.h"
#include "expr/eval.h"

static const wb_unit FLOPS = {{0, 0, 1, 0, 0, 0}};
static const char *const QUANTITIES[] = {"matmul_flops", "attention_flops", "convolution_flops", "other_flops"};

bool wb_is_flops_quantity(wb_str quantity) {
  for (int i = 0; i < WB_FLOP_KINDS; i++)
    if (wb_str_is(quantity, QUANTITIES[i])) return true;
  return wb_str_is(quantity, "total_flops");
}

typedef struct deriving {
  wb_derivation *d;
  const wb_pass *pass;
  const wb_compute *compute;
} deriving;

/* How often a line counts in the phase: its forward, the gradients, the second forward of checkpointed layers, the
 * scores made again. */
static wb_num times_of(const deriving *g, const wb_op_cost *op, const wb_stmt *line) {
  const weigh_pass *a = &g->pass->asked;
  const bool backward = a->phase >= WEIGH_PHASE_BACKWARD, forward = a->phase != WEIGH_PHASE_BACKWARD;
  const wb_num none = wb_num_int(0);
  if (op->is_update) return wb_num_int(a->phase == WEIGH_PHASE_STEP);
  if (line->cost == WB_COST_BACKWARD) return backward ? op->input_grad : none;
  if (line->cost == WB_COST_RECOMPUTE) return backward && a->fused_attention ? op->input_grad : none;
  wb_num times =
      wb_num_int((op->only_training ? backward : forward) + (backward && a->checkpointing && op->use->index_count));
  if (!backward) return times;
  wb_num_add(times, op->input_grad, &times); /* shares of layers: they fit */
  wb_num_add(times, line->flops == WB_ATTENTION ? op->input_grad : op->weight_grad, &times);
  return times;
}

static size_t layer_indices(const wb_op_use *use) {
  size_t n = use->index_count;
  if (n && use->routed && use->indices[n - 1]->size == (uint64_t)use->experts.num) n--; /* the experts' own */
  return n;
}

/* Layers by the expressions that count them; what else repeats, and experts taken, by number. */
static void factor_runs(deriving *g, wb_node *node, wb_formula *f, const wb_op_use *use) {
  wb_num rest = use->repeats;
  for (size_t i = 0; i < layer_indices(use); i++) {
    const wb_number_set *set = use->indices[i];
    wb_num_div(rest, wb_num_int((wb_i128)set->size), &rest);
    if (!set->expr && set->size == 1) continue;
    if (!set->expr) {
      wb_d_factor_number(f, NULL, wb_num_int((wb_i128)set->size));
      continue;
    }
    wb_binding count = {.expr = set->expr, .scope = set->scope};
    wb_d_factor_expr(g->d, f, &count);
    wb_d_add_leaves(g->d, node, &count);
  }
  if (rest.num != rest.den) wb_d_factor_number(f, NULL, rest);
  if (use->routed) wb_d_factor_number(f, NULL, use->top_k);
}

/* model.layers.{0-31}.self_attn.attention; the second such line of a sum ends in _2. */
wb_str wb_d_operation_name(wb_derivation *d, const wb_node *parent, const wb_op_use *use) {
  wb_text text = {.ctx = d->ctx};
  wb_pattern_print(&text, use->pattern, use->indices, use->index_count);
  wb_text_addf(&text, "%s%.*s", text.len ? "." : "", WB_STR_ARG(use->operation->name->name));
  return wb_d_unlike(d, parent, wb_text_str(&text));
}

/* times × layers × the line's own formula. */
static void derive_line(deriving *g, wb_node *parent, const wb_op_cost *op, const wb_stmt *line) {
  wb_ctx *ctx = g->d->ctx;
  const wb_num times = times_of(g, op, line);
  const wb_value open = wb_eval(ctx, line->expr, op->use->scope), each = wb_settled(&open);
  if (!times.num || !each.u.num.num) return;
  wb_formula f = wb_d_new_formula(g->d);
  wb_node *node = wb_d_new_node(g->d, wb_d_operation_name(g->d, parent, op->use), NULL);
  wb_binding own = {.expr = line->expr, .scope = op->use->scope};
  if (times.num != times.den) wb_d_factor_number(&f, NULL, times);
  factor_runs(g, node, &f, op->use);
  wb_d_factor_expr(g->d, &f, &own);
  wb_d_add_leaves(g->d, node, &own);
  wb_d_take(node, &f);
  wb_num value = each.u.num;
  bool fits = wb_num_mul(value, times, &value) && wb_num_mul(value, op->use->repeats, &value) &&
              (!op->use->routed || wb_num_mul(value, op->use->top_k, &value));
  if (!fits) WB_FAIL(ctx, WB_LANG_OVERFLOW, line->place, WB_STR("*"));
  node->value = wb_number(value);
  node->unit = FLOPS;
  node->source = op->use->operation->source;
  wb_d_add_child(g->d, parent, node);
}

static wb_node *derive_kind(deriving *g, wb_flop_kind kind) {
  wb_node *node = wb_d_new_node(g->d, wb_str_of(QUANTITIES[kind]), NULL);
  for (size_t i = 0; i < g->compute->count; i++) {
    const wb_op_cost *op = &g->compute->ops[i];
    const wb_body *body = &op->use->operation->costs;
    for (size_t k = 0; k < body->count; k++) {
      const wb_stmt *line = body->items[k];
      const bool counts = line->kind == WB_S_COST && line->cost <= WB_COST_BACKWARD && line->flops == kind;
      if (!counts || (line->mod.when && !wb_eval_bool(g->d->ctx, line->mod.when, op->use->scope))) continue;
      derive_line(g, node, op, line);
    }
  }
  wb_d_sum_up(g->d, node, FLOPS);
  return node;
}

static const wb_node *derive_total(deriving *g) {
  wb_node *node = wb_d_new_node(g->d, WB_STR("total_flops"), NULL);
  for (int i = 0; i < WB_FLOP_KINDS; i++) {
    if (i == WB_OTHER_FLOPS && !g->pass->asked.with_elementwise) continue;
    wb_node *kind = derive_kind(g, (wb_flop_kind)i);
    if (kind->value.u.num.num) wb_d_add_child(g->d, node, kind);
  }
  wb_d_sum_up(g->d, node, FLOPS);
  return node;
}

wb_derivation *wb_derive_flops(wb_model *m, wb_str quantity, const weigh_pass *asked) {
  wb_ctx *ctx = &m->ctx;
  wb_pass pass = wb_pass_new(m, asked);
  if (pass.sequence_count) WB_FAIL(ctx, WB_PASS_MIX_EXPLAIN, WB_NOWHERE, wb_str_of(asked->mix));
  wb_compute_options options = wb_pass_options(m, &pass);
  wb_num open[WB_Q_COUNT];
  deriving g = {WB_NEW(ctx, wb_derivation), &pass, wb_compute_build(m, &options)};
  g.d->ctx = ctx;
  wb_pass_open(&pass, 0, open);
  if (!wb_forms_set(m->forms, open)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  if (wb_str_is(quantity, "total_flops")) g.d->root = derive_total(&g);
  for (int i = 0; i < WB_FLOP_KINDS; i++)
    if (wb_str_is(quantity, QUANTITIES[i])) g.d->root = derive_kind(&g, (wb_flop_kind)i);
  return g.d;
}
