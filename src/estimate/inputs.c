#include "estimate/inputs.h"

#include <string.h>

#include "expr/eval.h"

/* Dimensions of the model as built, for formulas that know one kind of layer. */
typedef struct built {
  wb_num vocabulary, hidden, inner;
  uint64_t layers;
  bool applies, rms;
} built;

static bool in_stack(const wb_row *row) {
  return row->kind == WB_PARAM && !row->mtp && row->index_count && row->group < WB_G_VISION && row->group != WB_G_HEAD;
}

static size_t stack_prefix(const wb_row *row) {
  const char *mark = memchr(row->pattern.ptr, WB_INDEX_MARK, row->pattern.len);
  return mark ? (size_t)(mark - row->pattern.ptr) : row->pattern.len;
}

/* Distinct layer numbers under one prefix: the highest ends of the index sets, as layers are numbered without gaps. */
static uint64_t layers_of(const wb_model *m, wb_str prefix) {
  uint64_t low = UINT64_MAX, high = 0;
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (!in_stack(row) || !wb_str_eq(wb_str_slice(row->pattern, 0, stack_prefix(row)), prefix)) continue;
    const wb_number_set *index = row->indices[0];
    if (!index->range_count) continue;
    if (index->ranges[0].low < low) low = index->ranges[0].low;
    uint64_t last = (uint64_t)index->ranges[index->range_count - 1].high + 1;
    if (last > high) high = last;
  }
  return high > low ? high - low : 0;
}

static uint64_t count_layers(const wb_model *m) {
  uint64_t layers = 0;
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (!in_stack(row)) continue;
    wb_str prefix = wb_str_slice(row->pattern, 0, stack_prefix(row));
    bool seen = false;
    for (size_t k = 0; k < i && !seen; k++)
      seen = in_stack(&m->rows[k]) && wb_str_eq(wb_str_slice(m->rows[k].pattern, 0, stack_prefix(&m->rows[k])), prefix);
    if (!seen) layers += layers_of(m, prefix);
  }
  return layers;
}

static void see_feed_forward(built *b, const wb_row *row) {
  if (row->rank != 2) return;
  wb_num rows = row->dims[0]->value.u.num, columns = row->dims[1]->value.u.num, other = rows;
  if (rows.num == b->hidden.num) other = columns;
  if (!b->inner.num || other.num < b->inner.num) b->inner = other;
}

static built measure(const wb_model *m) {
  built b = {wb_num_int(0), wb_num_int(0), wb_num_int(0), 0, false, true};
  bool attention = false, feed_forward = false;
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (row->group == WB_G_EMBEDDING && row->kind == WB_PARAM && row->rank == 2 && !b.hidden.num) {
      b.vocabulary = row->dims[0]->value.u.num;
      b.hidden = row->dims[1]->value.u.num;
    }
    if (row->kind != WB_PARAM || row->mtp) continue;
    attention = attention || row->group == WB_G_ATTENTION;
    feed_forward = feed_forward || row->group == WB_G_MLP || row->group == WB_G_ROUTED_EXPERT;
    if (row->group == WB_G_MLP) see_feed_forward(&b, row);
    if (row->group == WB_G_NORM && wb_str_ends(row->pattern, WB_STR(".bias"))) b.rms = false;
  }
  b.layers = count_layers(m);
  b.applies = attention && feed_forward && b.hidden.num && b.layers;
  return b;
}

/* The part with the decoder: of a multimodal model the one whose embedding was measured, which is the last family
 * walked that has a vocabulary; for a flat configuration the only one. */
static wb_fields *text_fields(const wb_model *m, wb_library *lib) {
  const wb_sym *vocabulary = wb_intern_find(&lib->symbols, WB_STR("vocab_size"));
  wb_fields *found = m->fields;
  for (wb_fields *f = m->all_fields; f; f = f->next)
    for (size_t i = 0; i < f->family->field_count; i++)
      if (f != m->fields && f->family->fields[i].name == vocabulary && found == m->fields) found = f;
  return found;
}

static bool has_field(const wb_decl *family, const wb_sym *name) {
  for (size_t i = 0; i < family->field_count; i++)
    if (family->fields[i].name == name) return true;
  return false;
}

/* A field of the family as the model was built with it, unless it is null. What the family does not read is no
 * dimension of this model. */
static wb_binding *read_input(wb_ctx *ctx, wb_inputs *in, const wb_sym *name) {
  if (!in->fields || !has_field(in->fields->family, name)) return NULL;
  wb_binding *binding = wb_scope_find(ctx, &in->fields->scope, name);
  return binding && wb_force(ctx, binding)->kind != WB_NULL ? binding : NULL;
}

bool wb_option_is(const wb_field *field, wb_str name) {
  if (wb_str_eq(field->name->name, name)) return true;
  for (size_t i = 0; i < field->alias_count; i++)
    if (wb_str_eq(field->aliases[i]->name, name)) return true;
  return false;
}

void wb_inputs_give(wb_ctx *ctx, wb_inputs *in, const wb_sym *name, wb_value value, wb_origin_kind kind) {
  wb_origin *origin = WB_NEW(ctx, wb_origin);
  *origin = (wb_origin){kind, kind == WB_FROM_MODEL ? WB_STR("model") : name->name, WB_STR(""), 0};
  wb_bind_value(ctx, &in->scope, name, value)->origin = origin;
}

static const wb_option *option_given(const wb_inputs *in, const wb_field *field) {
  for (size_t i = 0; i < in->option_count; i++)
    if (wb_option_is(field, in->options[i].name)) return &in->options[i];
  return NULL;
}

/* Of the configuration, by the first of its names that the family reads. */
static wb_binding *field_of(wb_ctx *ctx, wb_inputs *in, const wb_field *field) {
  wb_binding *found = NULL;
  for (size_t a = 0; a < field->alias_count && !found; a++) found = read_input(ctx, in, field->aliases[a]);
  if (!found) return NULL;
  wb_binding *own = wb_bind_value(ctx, &in->scope, field->name, found->value); /* with the origin of what was found */
  own->origin = found->origin;
  return own;
}

/* The width that the family was built with, where it has the field (of a list, the first layer's); else what the
 * feed-forward tensors show. */
static wb_binding *inner_field(wb_model *m, wb_inputs *in) {
  const wb_sym *name = wb_intern_find(&m->lib->symbols, WB_STR("intermediate_size"));
  return name ? read_input(&m->ctx, in, name) : NULL;
}

static wb_num inner_width(wb_model *m, wb_inputs *in, const built *b) {
  wb_binding *field = inner_field(m, in);
  const wb_value *value = field ? wb_force(&m->ctx, field) : NULL;
  if (value && value->kind == WB_LIST && value->u.list.count) value = &value->u.list.items[0];
  return value && value->kind == WB_NUM && value->u.num.num > 0 ? value->u.num : b->inner;
}

/* Exact parts of the whole, by which a rule of thumb's deviation is told. A part's biases stand apart. */
typedef struct parts {
  wb_num biases[WB_GROUP_COUNT], all_biases;
  bool latent;
} parts;

static parts see_parts(const wb_model *m) {
  parts out = {.all_biases = wb_num_int(0)};
  for (int g = 0; g < WB_GROUP_COUNT; g++) out.biases[g] = wb_num_int(0);
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    wb_num all;
    if (row->kind != WB_PARAM || row->mtp) continue;
    out.latent = out.latent || (row->group == WB_G_ATTENTION && wb_str_holds(row->pattern, WB_STR("kv_a_proj")));
    if (row->group >= WB_G_VISION || row->group == WB_G_NORM || !wb_str_ends(row->pattern, WB_STR("bias"))) continue;
    wb_num_mul(row->elements, row->copies, &all); /* fits: part of the total */
    wb_num_add(out.all_biases, all, &out.all_biases);
    wb_num_add(out.biases[row->group], all, &out.biases[row->group]);
  }
  return out;
}

/* What rows show of a model, measured once. */
typedef struct measured {
  built dimensions;
  parts parts;
} measured;

static const measured *measured_of(wb_model *m) {
  if (m->measured) return m->measured;
  measured *out = WB_NEW(&m->ctx, measured);
  *out = (measured){measure(m), see_parts(m)};
  m->measured = out;
  return out;
}

typedef enum dimension {
  D_VOCABULARY,
  D_HIDDEN,
  D_INNER,
  D_LAYERS,
  D_TIED,
  D_RMS,
  D_TOTAL,
  D_ACTIVE,
  D_EXACT,
  D_ENDS,
  D_BIASES,
  D_QKV_BIAS,
  D_LATENT,
  D_GROUP /* and more: matrices of a group */
} dimension;

static const struct {
  const char *name;
  int which;
} DIMENSIONS[] = {{"V", D_VOCABULARY},
                  {"H", D_HIDDEN},
                  {"I", D_INNER},
                  {"L", D_LAYERS},
                  {"tied", D_TIED},
                  {"rms", D_RMS},
                  {"total_parameters", D_TOTAL},
                  {"active_parameters", D_ACTIVE},
                  {"exact_parameters", D_EXACT},
                  {"embedding_parameters", D_ENDS},
                  {"exact_biases", D_BIASES},
                  {"qkv_bias", D_QKV_BIAS},
                  {"latent", D_LATENT},
                  {"exact_embedding", D_GROUP + WB_G_EMBEDDING},
                  {"exact_head", D_GROUP + WB_G_HEAD},
                  {"exact_attention", D_GROUP + WB_G_ATTENTION},
                  {"exact_mlp", D_GROUP + WB_G_MLP},
                  {"exact_experts", D_GROUP + WB_G_ROUTED_EXPERT},
                  {"exact_shared", D_GROUP + WB_G_SHARED_EXPERT},
                  {"exact_router", D_GROUP + WB_G_ROUTER},
                  {"exact_norms", D_GROUP + WB_G_NORM},
                  {"exact_recurrent", D_GROUP + WB_G_STATE_SPACE},
                  {"exact_convolution", D_GROUP + WB_G_CONVOLUTION},
                  {"exact_vision", D_GROUP + WB_G_VISION},
                  {"exact_audio", D_GROUP + WB_G_AUDIO},
                  {"exact_projector", D_GROUP + WB_G_PROJECTOR}};

/* A rule of thumb takes a size as it was typed; its causes are told against what was built for it. */
static wb_num typed(const wb_model *m, wb_num exact, wb_num asked) {
  if (m->asked_total.num <= 0) return exact;
  return asked.num ? asked : m->asked_total;
}

static wb_value dimension_of(wb_model *m, wb_inputs *in, int which) {
  const measured *all = measured_of(m);
  const built *b = &all->dimensions;
  wb_num n;
  switch (which) {
    case D_VOCABULARY: return wb_number(b->vocabulary);
    case D_HIDDEN: return wb_number(b->hidden);
    case D_INNER: return wb_number(inner_width(m, in, b));
    case D_LAYERS: return wb_integer((wb_i128)b->layers);
    case D_TIED: return wb_bool(m->tied_embeddings);
    case D_RMS: return wb_bool(b->rms);
    case D_TOTAL: return wb_number(typed(m, m->total, m->asked_total));
    case D_ACTIVE: return wb_number(typed(m, m->active, m->asked_active));
    case D_EXACT: return wb_number(m->total);
    case D_ENDS: wb_num_add(m->groups[WB_G_EMBEDDING], m->groups[WB_G_HEAD], &n); break; /* fits: the total does */
    case D_BIASES: return wb_number(all->parts.all_biases);
    case D_QKV_BIAS: return wb_bool(all->parts.biases[WB_G_ATTENTION].num > 0);
    case D_LATENT: return wb_bool(all->parts.latent);
    default: wb_num_sub(m->groups[which - D_GROUP], all->parts.biases[which - D_GROUP], &n);
  }
  return wb_number(n);
}

/* What the model as built gives by a name; false: nothing. */
static bool give_dimension(wb_ctx *ctx, wb_inputs *in, const wb_sym *name) {
  for (size_t i = 0; in->model && i < sizeof DIMENSIONS / sizeof *DIMENSIONS; i++) {
    if (DIMENSIONS[i].name[0] != name->name.ptr[0] || !wb_str_is(name->name, DIMENSIONS[i].name)) continue;
    wb_inputs_give(ctx, in, name, dimension_of(in->model, in, DIMENSIONS[i].which), WB_FROM_MODEL);
    return true;
  }
  return false;
}

static wb_binding *resolve(wb_ctx *ctx, wb_scope *scope, const wb_sym *name) {
  wb_inputs *in = (wb_inputs *)scope;
  if (give_dimension(ctx, in, name)) return wb_scope_find_here(scope, name);
  for (size_t i = 0; i < in->decl->field_count; i++) {
    const wb_field *field = &in->decl->fields[i];
    if (field->name != name) continue;
    const wb_option *given = field->option ? option_given(in, field) : NULL;
    if (given) {
      wb_inputs_give(ctx, in, name, given->value, WB_FROM_WORKLOAD);
      return wb_scope_find_here(scope, name);
    }
    wb_binding *found = field->option ? NULL : field_of(ctx, in, field);
    if (found) return found;
    wb_scope *at = in->formulas ? in->formulas : scope;
    return field->fallback ? wb_bind_expr(ctx, scope, name, field->fallback, at) : NULL;
  }
  return NULL;
}

wb_inputs *wb_inputs_new(wb_model *m, const wb_decl *decl) {
  wb_inputs *in = WB_NEW(&m->ctx, wb_inputs);
  in->decl = decl;
  in->model = m;
  in->fields = text_fields(m, m->lib);
  in->scope.resolve = resolve;
  in->scope.born = m->ctx.turn;
  in->scope.parent = m->root; /* constants, and the open quantities of the workload */
  inner_field(m, in);         /* whichever formulas are asked, it is one of the fields that answers show */
  return in;
}

bool wb_inputs_apply(wb_model *m) { return measured_of(m)->dimensions.applies; }

wb_dimensions wb_model_dimensions(wb_model *m) {
  const built *b = &measured_of(m)->dimensions;
  wb_inputs in = {.fields = text_fields(m, m->lib)};
  return (wb_dimensions){b->vocabulary, b->hidden, inner_width(m, &in, b), b->layers};
}

wb_inputs *wb_inputs_bare(wb_library *lib, wb_ctx *ctx, const wb_decl *decl) {
  wb_inputs *in = WB_NEW(ctx, wb_inputs);
  in->decl = decl;
  in->scope.resolve = resolve;
  in->scope.born = ctx->turn;
  in->scope.parent = wb_library_scope(lib, ctx, NULL); /* constants */
  return in;
}
