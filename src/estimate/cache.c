#include "estimate/cache.h"

#include "estimate/exact.h"
#include "expr/axis.h"

/* ---- arithmetic on forms ---- */

static wb_value combine(wb_ctx *ctx, wb_op op, const wb_value *a, const wb_value *b) {
  return wb_binary(ctx, WB_NOWHERE, op, a, b);
}

static wb_value with_number(wb_ctx *ctx, wb_op op, const wb_value *a, wb_i128 b) {
  const wb_value number = wb_integer(b);
  return combine(ctx, op, a, &number);
}

static wb_value ceiling(wb_ctx *ctx, const wb_value *a) {
  if (a->kind == WB_FORM) return wb_form_unary(ctx, WB_NOWHERE, WB_ATOM_CEIL, a);
  wb_value out = *a;
  wb_num_ceil(a->u.num, &out.u.num);
  return out;
}

/* In units of n, the last one whole. */
static wb_value units(wb_ctx *ctx, const wb_value *a, wb_i128 n) {
  if (n <= 1) return *a;
  wb_value out = with_number(ctx, WB_OP_DIV, a, n);
  return ceiling(ctx, &out);
}

static wb_value at_most(wb_ctx *ctx, const wb_value *a, wb_i128 most) {
  const wb_value number = wb_integer(most);
  if (a->kind == WB_FORM) return wb_form_function(ctx, WB_NOWHERE, WB_ATOM_MIN, a, &number, NULL);
  return a->u.num.num > most ? number : *a;
}

wb_value wb_prompt_of(wb_ctx *ctx, const wb_request *request, const wb_value *context) {
  if (request->prompt) return wb_integer(request->prompt);
  if (!request->output) return *context;
  const wb_value rest = with_number(ctx, WB_OP_SUB, context, request->output), one = wb_integer(1);
  if (rest.kind == WB_FORM) return wb_form_function(ctx, WB_NOWHERE, WB_ATOM_MAX, &rest, &one, NULL);
  return rest.u.num.num < 1 ? one : rest;
}

/* ---- kinds ---- */

static wb_i128 whole(wb_ctx *ctx, wb_num a, wb_num b) {
  wb_num out;
  if (!wb_num_mul(a, b, &out)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  wb_num_ceil(out, &out);
  return out.num;
}

static wb_cache_type type_of(wb_model *m, const wb_kept *kept, const wb_cache_rules *rules) {
  wb_cache_type own;
  if (rules->indexer.name.len && wb_str_is(kept->name, "indexer")) return rules->indexer;
  if (wb_str_eq(kept->dtype, m->dtype)) return rules->type;
  if (!wb_cache_type_find(kept->dtype, &own)) WB_FAIL(&m->ctx, WB_PASS_DTYPE, WB_NOWHERE, kept->dtype);
  return own;
}

/* Only latents, which every rank holds whole, have a part that may be held otherwise. */
static bool is_latent(const wb_kept *kept) {
  return kept->width_count == 2 && (kept->cut == WB_CUT_NONE || kept->cut == WB_CUT_REPLICATE) && !kept->every;
}

/* Keys and values of every head in the place of latents. */
static wb_i128 expanded_bytes(const wb_cache_rules *rules, const wb_layout *layout, const wb_cache_type *type) {
  const wb_i128 heads = rules->latent_heads > 0 ? rules->latent_heads : 1;
  const wb_i128 here = (heads + layout->tp - 1) / layout->tp;
  return wb_cache_type_bytes(type, rules->latent_elements / heads * here, 2 * here);
}

static wb_i128 token_bytes(wb_model *m, const wb_kept *kept, const wb_layout *layout, const wb_cache_type *type) {
  const wb_num share = wb_kept_share(&m->ctx, kept, layout), heads = wb_kept_heads(&m->ctx, kept, layout);
  wb_cache_type others = *type;
  if (type->others.len && kept->width_count > 1) wb_cache_type_find(type->others, &others);
  wb_i128 sum = 0;
  for (uint32_t i = 0; i < kept->width_count; i++)
    sum += wb_cache_type_bytes(i ? &others : type, whole(&m->ctx, kept->widths[i], share), heads.num);
  return sum;
}

static wb_i128 state_bytes(wb_model *m, const wb_kept *kept, const wb_layout *layout, const wb_cache_rules *rules,
                           wb_str dtype) {
  wb_i128 elements = whole(&m->ctx, kept->elements, wb_kept_share(&m->ctx, kept, layout));
  if (kept->over.num)
    elements = wb_times(&m->ctx, elements, wb_plus(&m->ctx, kept->over.num - 1, rules->state_columns));
  return wb_times(&m->ctx, elements, (wb_i128)wb_dtype_bytes(dtype));
}

static wb_i128 number_of(wb_ctx *ctx, wb_binding *binding, wb_i128 fallback) {
  const wb_value *value = binding ? wb_force(ctx, binding) : NULL;
  return value && value->kind == WB_NUM ? value->u.num.num : fallback;
}

/* Positions that a cache has entries for, with so many new tokens on either side. */
static wb_i128 span(wb_model *m, const wb_axis *axis, wb_i128 tokens, wb_i128 source) {
  wb_ctx *ctx = &m->ctx;
  wb_num open[WB_Q_COUNT], *atoms = WB_NEWN(ctx, wb_num, m->forms->count), sum = wb_num_int(0);
  const wb_value parts[2] = {wb_axis_length(ctx, WB_NOWHERE, axis), wb_axis_past(ctx, axis)};
  for (int i = 0; i < WB_Q_COUNT; i++) open[i] = wb_num_int(WB_QUANTITIES[i].fallback);
  open[WB_Q_NEW] = wb_num_int(tokens);
  open[WB_Q_PAST] = wb_num_int(0);
  open[WB_Q_SOURCE] = wb_num_int(source);
  open[WB_Q_PAST_SOURCE] = wb_num_int(0);
  if (!wb_forms_atoms(m->forms, open, atoms)) return 0;
  for (int i = 0; i < 2; i++) {
    wb_num n = parts[i].u.num;
    if (parts[i].kind == WB_FORM && !wb_form_at(parts[i].u.form, atoms, &n)) return 0;
    if ((parts[i].kind == WB_FORM || parts[i].kind == WB_NUM) && !wb_num_add(sum, n, &sum)) return 0;
  }
  wb_num_ceil(sum, &sum);
  return sum.num;
}

/* Whether a cache grows with the context; one of what an encoder made has as many entries as that has positions. */
static void see_entries(wb_model *m, wb_kept *kept) {
  const wb_axis *axis = kept->positions;
  const wb_i128 once = axis ? span(m, axis, 1, 1) : 0;
  kept->grows = !axis || span(m, axis, 2, 1) > once;
  kept->of_source = !kept->grows && span(m, axis, 1, 2) > once;
  if (!kept->grows && !kept->of_source) kept->entries = once;
  kept->span_known = true;
}

static wb_str name_of(const wb_cache_kind *kind) {
  if (!wb_str_is(kind->kept->name, "cache")) return kind->kept->name;
  return !kind->grows ? WB_STR("cross") : kind->window ? WB_STR("kv_swa") : WB_STR("kv");
}

static wb_cache_kind kind_of(wb_model *m, wb_kept *kept, const wb_layout *layout, wb_stage stage,
                             const wb_cache_rules *rules) {
  wb_cache_kind out = {
      .kept = kept, .name = kept->name, .layers = wb_kept_layers(m, kept, stage).num, .every = 1, .copies = 1};
  if (!kept->per_token) {
    out.copies = rules->state_copies;
    /* inputs of a convolution stay in the model's dtype whatever the states are in */
    out.dtype = rules->state_dtype.len && !kept->over.num ? rules->state_dtype : kept->dtype;
    out.entry_bytes = state_bytes(m, kept, layout, rules, out.dtype);
    return out;
  }
  const wb_cache_type type = type_of(m, kept, rules);
  out.dtype = type.name;
  const bool expanded = rules->latent_elements > 0 && is_latent(kept);
  out.entry_bytes = expanded ? expanded_bytes(rules, layout, &type) : token_bytes(m, kept, layout, &type);
  out.window = rules->whole_windows ? 0 : number_of(&m->ctx, kept->within, 0);
  out.every = number_of(&m->ctx, kept->every, 1);
  if (!kept->span_known) see_entries(m, kept);
  out.grows = kept->grows;
  out.of_source = kept->of_source;
  out.entries = kept->entries;
  out.name = name_of(&out);
  return out;
}

wb_cache_kind *wb_cache_kinds(wb_model *m, const wb_layout *layout, wb_stage stage, const wb_cache_rules *rules,
                              bool mtp, size_t *count) {
  wb_cache_kind *out = WB_NEWN(&m->ctx, wb_cache_kind, m->kept_count);
  *count = 0;
  for (size_t i = 0; i < m->kept_count; i++) {
    if (m->kept[i].mtp && !mtp) continue;
    wb_cache_kind kind = kind_of(m, &m->kept[i], layout, stage, rules);
    if (kind.layers) out[(*count)++] = kind;
  }
  return out;
}

/* ---- bytes ---- */

/* Context parallel ranks take turns with the tokens of a sequence. */
static wb_value own_tokens(wb_ctx *ctx, const wb_layout *layout, const wb_value *context) {
  return units(ctx, context, (wb_i128)layout->cp * layout->dcp);
}

wb_value wb_cache_entries(wb_ctx *ctx, const wb_cache_kind *kind, const wb_cache_rules *rules, const wb_layout *layout,
                          const wb_value *context) {
  const wb_value made = kind->of_source ? wb_prompt_of(ctx, &rules->request, context) : wb_integer(kind->entries);
  wb_value out = own_tokens(ctx, layout, kind->grows ? context : &made);
  if (kind->window)
    out = at_most(ctx, &out, rules->paged_windows ? wb_plus(ctx, kind->window - 1, rules->in_flight) : kind->window);
  out = units(ctx, &out, kind->every);
  if (rules->page > 1) {
    out = units(ctx, &out, rules->page);
    if (kind->window && rules->paged_windows) out = with_number(ctx, WB_OP_ADD, &out, 1);
    out = with_number(ctx, WB_OP_MUL, &out, rules->page);
  }
  return out;
}

/* What all sequences have in common stands once; windows have moved past it. */
static wb_value shared(wb_ctx *ctx, const wb_cache_kind *kind, const wb_cache_rules *rules, const wb_layout *layout,
                       const wb_value *context, const wb_value *sequences) {
  const wb_value each = wb_cache_entries(ctx, kind, rules, layout, context);
  wb_value out = combine(ctx, WB_OP_MUL, &each, sequences);
  if (!rules->shared_prefix || kind->window || !kind->grows) return out;
  const wb_value prefix = at_most(ctx, context, rules->shared_prefix / rules->page * rules->page);
  const wb_value once = wb_cache_entries(ctx, kind, rules, layout, &prefix);
  const wb_value others = with_number(ctx, WB_OP_SUB, sequences, 1);
  const wb_value saved = combine(ctx, WB_OP_MUL, &once, &others);
  return combine(ctx, WB_OP_SUB, &out, &saved);
}

wb_value wb_cache_bytes(wb_ctx *ctx, const wb_cache_kind *kinds, size_t count, const wb_cache_rules *rules,
                        const wb_layout *layout, bool per_token, const wb_value *context, const wb_value *sequences) {
  const wb_value here = units(ctx, sequences, layout->dp);
  wb_value sum = wb_integer(0);
  for (size_t i = 0; i < count; i++) {
    const wb_cache_kind *kind = &kinds[i];
    if (kind->kept->per_token != per_token) continue;
    wb_value bytes = per_token ? shared(ctx, kind, rules, layout, context, &here) : here;
    const wb_i128 of_layer = wb_times(ctx, kind->entry_bytes, kind->copies);
    bytes = with_number(ctx, WB_OP_MUL, &bytes, wb_times(ctx, kind->layers, of_layer));
    sum = combine(ctx, WB_OP_ADD, &sum, &bytes);
  }
  return sum;
}
