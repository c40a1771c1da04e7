/* The facts of a model from its configuration: the keys that llama.cpp's converter would write, and where those depend on
 * the layer, what the description keeps there. */
#include <string.h>

#include "base/tsv.h"
#include "estimate/inputs.h"
#include "estimate/llamacpp.h"
#include "expr/eval.h"

typedef struct source {
  wb_model *model;
  wb_fields *fields; /* of the decoder */
  wb_llama_rules rules;
  wb_dimensions dims;
  uint32_t layers; /* prediction layers among them, where the converter keeps them */
  uint32_t nextn;
  uint32_t first;      /* the number of the first layer in the description */
  wb_str table;        /* keys and fields */
  const wb_kept *last; /* the cache that was looked at last, and its heads */
  int64_t last_heads;
  int64_t values[WB_LLAMA_LAYERS_MAX];
} source;

/* ---- fields ---- */

/* The part with the decoder: the last family walked that has a vocabulary; of a flat configuration the only one. */
static wb_fields *decoder_fields(const wb_model *m) {
  const wb_sym *vocabulary = wb_intern_find(&m->lib->symbols, WB_STR("vocab_size"));
  wb_fields *found = m->fields;
  for (wb_fields *f = m->all_fields; f; f = f->next)
    for (size_t i = 0; i < f->family->field_count; i++)
      if (f != m->fields && f->family->fields[i].name == vocabulary && found == m->fields) found = f;
  return found;
}

/* As the model was built with it. What the description did not read may hold anything and is not asked for here. */
static const wb_value *field_of(const source *s, wb_str name) {
  for (size_t i = 0; i < s->fields->used_count; i++) {
    const wb_binding *binding = s->fields->used[i].binding;
    if (wb_str_eq(binding->name->name, name))
      return binding->value.kind == WB_NUM || binding->value.kind == WB_LIST ? &binding->value : NULL;
  }
  return NULL;
}

static bool whole(const wb_value *v, int64_t *out) {
  if (v->kind != WB_NUM || v->u.num.den != 1 || v->u.num.num < 0 || v->u.num.num > WB_LLAMA_VALUE_MAX) return false;
  *out = (int64_t)v->u.num.num;
  return true;
}

static bool read_value(source *s, const wb_value *v, wb_llama_value *out) {
  *out = (wb_llama_value){.values = s->values, .count = 1};
  if (v->kind == WB_NUM) return whole(v, s->values);
  out->list = true;
  out->count = v->u.list.count < WB_LLAMA_LAYERS_MAX ? v->u.list.count : WB_LLAMA_LAYERS_MAX;
  for (size_t i = 0; i < out->count; i++)
    if (!whole(&v->u.list.items[i], &s->values[i])) return false;
  return out->count > 0;
}

/* A number of the configuration that no description needs: max_position_embeddings, for one. */
static bool unread(source *s, wb_str name, wb_llama_value *out) {
  const wb_json *json = s->fields->object ? wb_json_get(s->fields->object, name) : NULL;
  if (!json || json->kind != WB_JSON_INT || json->u.integer < 0 || json->u.integer > WB_LLAMA_VALUE_MAX) return false;
  s->values[0] = (int64_t)json->u.integer;
  *out = (wb_llama_value){.values = s->values, .count = 1};
  return true;
}

/* A key by the table of fields. */
static bool by_field(source *s, wb_str key, wb_llama_value *out) {
  wb_str cells[2];
  for (size_t at = 0; wb_tsv_next(s->table, &at, cells, 2);) {
    if (!wb_str_eq(cells[0], key)) continue;
    for (size_t from = 0, to; from < cells[1].len; from = to + 1) {
      for (to = from; to < cells[1].len && cells[1].ptr[to] != ' ';) to++;
      const wb_str name = wb_str_slice(cells[1], from, to);
      const wb_value *value = field_of(s, name);
      if (value ? read_value(s, value, out) : unread(s, name, out)) return true;
    }
  }
  return false;
}

static int64_t number_of(source *s, const char *key, int64_t otherwise) {
  wb_llama_value v;
  return by_field(s, wb_str_of(key), &v) && !v.list ? v.values[0] : otherwise;
}

/* ---- what the description keeps ---- */

static bool covers(const source *s, const wb_kept *kept, uint32_t layer) {
  if (!kept->index_count) return false;
  layer += s->first;
  for (size_t i = 0; i < kept->indices[0]->range_count; i++)
    if (kept->indices[0]->ranges[i].low <= layer && layer <= kept->indices[0]->ranges[i].high) return true;
  return false;
}

/* The n-th cache (or state) of a layer; NULL past the last. */
static const wb_kept *kept_at(const source *s, uint32_t layer, bool per_token, size_t n) {
  for (size_t i = 0; i < s->model->kept_count; i++) {
    const wb_kept *kept = &s->model->kept[i];
    if (kept->per_token == per_token && !kept->mtp && covers(s, kept, layer) && n-- == 0) return kept;
  }
  return NULL;
}

static int64_t elements_of(const wb_kept *kept) {
  return kept && kept->elements.den == 1 && kept->elements.num <= WB_LLAMA_VALUE_MAX ? (int64_t)kept->elements.num : 0;
}

static bool has_window(const source *s, uint32_t layer) {
  const wb_kept *kept = kept_at(s, layer, true, 0);
  return kept && kept->within && wb_force(&s->model->ctx, kept->within)->kind == WB_NUM;
}

/* ---- keys that depend on the layer ---- */

static int64_t even_head(source *s) {
  const int64_t heads = number_of(s, "attention.head_count", 0);
  return heads ? (int64_t)s->dims.hidden.num / heads : 0;
}

static int64_t head_length(source *s, const char *sliding, const char *key, uint32_t layer) {
  const bool windowed = has_window(s, layer);
  int64_t length = number_of(s, key, even_head(s));
  if (windowed && wb_str_is(s->rules.period, "list")) {
    const wb_value *other = field_of(s, WB_STR("global_head_dim")), *own = field_of(s, WB_STR("head_dim"));
    if (other && own) whole(own, &length);
    length = number_of(s, sliding, length);
  }
  return length;
}

static int64_t heads_of(source *s, uint32_t layer, int64_t elements) {
  const int64_t given = number_of(s, "attention.head_count_kv", 0);
  if (s->rules.latent.len) return given;
  const int64_t one = head_length(s, "sliding_head_dim", "attention.key_length", layer) +
                      head_length(s, "sliding_value_dim", "attention.value_length", layer);
  return one && elements % one == 0 ? elements / one : given;
}

/* Heads of the cache: its elements over those of one head of K and V. Prediction layers are as the last layer. */
static int64_t cache_heads(source *s, uint32_t layer) {
  if (layer + s->nextn >= s->layers && s->nextn && s->layers > s->nextn) layer = s->layers - s->nextn - 1;
  const wb_kept *kept = kept_at(s, layer, true, 0);
  const int64_t elements = elements_of(kept);
  if (!elements) return 0;
  if (wb_str_is(s->rules.latent, "yes") || s->rules.indexer == WB_LLAMA_DSV4) return 1;
  if (kept != s->last) s->last_heads = heads_of(s, layer, elements);
  s->last = kept;
  return s->last_heads;
}

static bool per_layer(source *s, wb_str key, wb_llama_value *out) {
  const bool heads = wb_str_is(key, "attention.head_count_kv");
  const bool pattern = wb_str_is(key, "attention.sliding_window_pattern") && wb_str_is(s->rules.period, "list");
  const bool recurrent = wb_str_is(key, "attention.recurrent_layers");
  const bool indexer = wb_str_is(key, "attention.indexer.types") && s->rules.indexer == WB_LLAMA_DSA;
  const bool ff = wb_str_is(key, "feed_forward_length") && wb_str_is(s->rules.recurrent, "no_kv_heads_no_ff");
  if (!heads && !pattern && !recurrent && !indexer && !ff) return false;
  int64_t values[WB_LLAMA_LAYERS_MAX];
  for (uint32_t i = 0; i < s->layers; i++) {
    if (heads) values[i] = cache_heads(s, i);
    else if (pattern) values[i] = has_window(s, i);
    else if (recurrent) values[i] = kept_at(s, i, false, 0) != NULL;
    else if (indexer) values[i] = kept_at(s, i, true, 1) != NULL;
    else values[i] = !kept_at(s, i, false, 0) && !kept_at(s, i, true, 0);
  }
  memcpy(s->values, values, s->layers * sizeof *values);
  *out = (wb_llama_value){.values = s->values, .count = s->layers, .list = true};
  return s->layers > 0;
}

/* ---- keys of the whole model ---- */

static bool one(source *s, int64_t value, wb_llama_value *out) {
  s->values[0] = value;
  *out = (wb_llama_value){.values = s->values, .count = 1};
  return value > 0;
}

static bool latent_key(source *s, wb_str key, wb_llama_value *out) {
  const int64_t rope = number_of(s, "qk_rope_head_dim", 0), full = rope + number_of(s, "qk_nope_head_dim", 0);
  const int64_t rank = number_of(s, "attention.kv_lora_rank", 0);
  const bool as_one = wb_str_is(s->rules.latent, "yes");
  if (!rank || !s->rules.latent.len) return false;
  if (wb_str_is(key, "attention.key_length")) return one(s, as_one ? rank + rope : full, out);
  if (as_one && wb_str_is(key, "attention.value_length")) return one(s, rank, out);
  if (as_one && wb_str_is(key, "attention.key_length_mla")) return one(s, full, out);
  if (as_one && wb_str_is(key, "attention.value_length_mla"))
    return one(s, number_of(s, "attention.value_length", full), out);
  return false;
}

static bool sliding_key(source *s, wb_str key, wb_llama_value *out) {
  const bool v = wb_str_is(key, "attention.value_length_swa");
  if ((!v && !wb_str_is(key, "attention.key_length_swa")) || !wb_str_is(s->rules.period, "list")) return false;
  for (uint32_t i = 0; i < s->layers; i++)
    if (has_window(s, i))
      return one(s,
                 head_length(s, v ? "sliding_value_dim" : "sliding_head_dim",
                             v ? "attention.value_length" : "attention.key_length", i),
                 out);
  return false;
}

/* The window of the first layer that has one; 0 where none has. */
static bool window_kept(source *s, wb_str key, wb_llama_value *out) {
  if (!wb_str_is(key, "attention.sliding_window")) return false;
  one(s, 0, out);
  for (uint32_t i = 0; i < s->layers; i++)
    if (has_window(s, i)) return whole(wb_force(&s->model->ctx, kept_at(s, i, true, 0)->within), s->values);
  return wb_str_is(s->rules.window, "key");
}

static bool find_key(void *user, wb_str key, wb_llama_value *out) {
  source *s = user;
  if (wb_str_is(key, "block_count")) return one(s, s->layers, out) || !s->layers;
  if (wb_str_is(key, "embedding_length")) return one(s, (int64_t)s->dims.hidden.num, out) || !s->dims.hidden.num;
  if (wb_str_is(key, "vocab_size")) return one(s, (int64_t)s->dims.vocabulary.num, out);
  if (wb_str_is(key, "attention.causal")) {
    one(s, s->rules.memory != WB_LLAMA_NO_MEMORY || !s->rules.encoder, out);
    return true;
  }
  if (wb_str_is(key, "nextn_predict_layers")) return one(s, s->nextn, out);
  return latent_key(s, key, out) || sliding_key(s, key, out) || per_layer(s, key, out) || by_field(s, key, out) ||
         window_kept(s, key, out);
}

/* ---- facts ---- */

/* Of a convolution the engine keeps all inputs but the newest. */
static void read_states(source *s, wb_llama_facts *f) {
  for (uint32_t i = 0; i < f->layer_count && i < s->layers; i++) {
    wb_llama_layer *l = &f->layers[i];
    const wb_kept *kept;
    if (!l->recurrent) continue;
    l->state_r = l->state_s = 0;
    for (size_t n = 0; (kept = kept_at(s, i, false, n)); n++) {
      int64_t kernel = 0;
      const wb_value over = wb_number(kept->over);
      if (whole(&over, &kernel) && kernel) l->state_r += elements_of(kept) * (kernel - 1);
      else l->state_s += elements_of(kept);
      if (l->state_r > WB_LLAMA_VALUE_MAX << 8) l->state_r = WB_LLAMA_VALUE_MAX << 8;
    }
  }
}

/* An architecture that llama.cpp does not have: what the description keeps. */
static void read_kept(source *s, wb_llama_facts *f) {
  for (uint32_t i = 0; i < f->layer_count && i < s->layers; i++) {
    wb_llama_layer *l = &f->layers[i];
    const wb_kept *kept = kept_at(s, i, true, 0);
    const int64_t elements = elements_of(kept);
    l->attends = l->owns = elements > 0;
    l->v_width = kept && kept->width_count > 1 ? (int64_t)kept->widths[1].num : 0;
    l->k_width = elements - l->v_width;
    l->sliding = has_window(s, i);
    l->recurrent = kept_at(s, i, false, 0) != NULL;
    if (l->sliding) whole(wb_force(&s->model->ctx, kept->within), &f->window);
  }
}

/* Descriptions of an older layout number all modules, so that the layers begin later. */
static uint32_t first_layer(const source *s) {
  uint32_t low = UINT32_MAX, high = 0;
  for (size_t i = 0; i < s->model->kept_count; i++) {
    const wb_kept *kept = &s->model->kept[i];
    if (kept->mtp || !kept->index_count || !kept->indices[0]->range_count) continue;
    const wb_number_set *set = kept->indices[0];
    if (set->ranges[0].low < low) low = set->ranges[0].low;
    if (set->ranges[set->range_count - 1].high > high) high = set->ranges[set->range_count - 1].high;
  }
  return low != UINT32_MAX && high >= s->layers ? low : 0;
}

static void count_layers(source *s) {
  const wb_str nextn = s->rules.nextn;
  const int64_t layers = number_of(s, "block_count", (int64_t)s->dims.layers);
  s->layers = layers < WB_LLAMA_LAYERS_MAX / 2 ? (uint32_t)layers : WB_LLAMA_LAYERS_MAX / 2;
  s->first = first_layer(s);
  if (!nextn.len || wb_str_is(nextn, "0")) return;
  const int64_t more = number_of(s, "nextn_predict_layers", 0);
  s->nextn = more < WB_LLAMA_LAYERS_MAX / 2 ? (uint32_t)more : 0;
  s->layers += s->nextn;
}

/* The first part that llama.cpp has an architecture for, else the decoder. */
static bool choose_part(source *s) {
  const wb_model *m = s->model;
  s->fields = decoder_fields(m);
  if (wb_llama_rules_for_type(s->fields->family->name->name, &s->rules)) return true;
  for (wb_fields *f = m->all_fields; f; f = f->next)
    if (wb_llama_rules_for_type(f->family->name->name, &s->rules)) {
      s->fields = f;
      return true;
    }
  return wb_llama_rules_for_type(m->model_type, &s->rules);
}

wb_llama_facts *wb_llama_facts_of_model(wb_model *m) {
  source *s = WB_NEW(&m->ctx, source);
  s->model = m;
  s->table = wb_data_text("engines/llamacpp-keys.tsv");
  const bool known = choose_part(s);
  s->dims = wb_model_dimensions(m);
  count_layers(s);
  const wb_llama_keys keys = {find_key, s};
  wb_llama_facts *f = wb_llama_facts_of_keys(&m->ctx, s->rules.architecture, &keys);
  f->known = known;
  if (!known) read_kept(s, f);
  read_states(s, f);
  wb_llama_prepare(&m->ctx, f);
  return f;
}
