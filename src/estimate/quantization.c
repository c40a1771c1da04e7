#include "estimate/quantization.h"

#include "base/tsv.h"

enum { METHOD, SIGN, NEVER, SKIPS, MATCH, ALWAYS, REST, HEAD, METHOD_COLUMNS };
enum { SCHEME_METHOD, CONDITIONS, GROUPS, FORMAT, SCHEME_COLUMNS };

typedef struct reading {
  wb_model *m;
  const wb_json *config; /* quantization_config */
  wb_str rule[METHOD_COLUMNS];
  wb_quantization *out;
  bool nested; /* … of the language model inside a composite: nothing is said of its towers */
  wb_names *skips;
  wb_str odd, unknown; /* a pattern; settings */
} reading;

static bool empty(wb_str cell) { return !cell.len || wb_str_is(cell, "-"); }

static wb_place place_of(const wb_model *m, const wb_json *json) {
  return json->offset ? wb_json_place(m->config.text, m->config.file, json) : WB_NOWHERE;
}

static _Noreturn void refuse(const reading *r, wb_str key, const wb_json *json, const char *expected) {
  wb_text shown = {.ctx = &r->m->ctx};
  wb_json_print(&shown, json, 40);
  WB_FAIL(&r->m->ctx, WB_FIELD_TYPE, place_of(r->m, json), wb_json_shown(&r->m->ctx, key), wb_text_str(&shown),
          wb_str_of(wb_json_kind_name(json)), wb_str_of(expected));
}

static bool given(const wb_json *json) { return json && json->kind != WB_JSON_NULL; }

/* ---- the method ---- */

static bool find_rule(wb_str method, wb_str *cells) {
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/methods.tsv"), &at, cells, METHOD_COLUMNS);) {
    size_t word = 0;
    for (wb_str name = wb_next_word(cells[METHOD], &word); name.len; name = wb_next_word(cells[METHOD], &word))
      if (wb_str_eq(name, method)) return true;
  }
  return false;
}

/* Without a quant_method a telling key shows whose settings these are. */
static bool find_by_sign(const wb_json *config, wb_str *cells) {
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/methods.tsv"), &at, cells, METHOD_COLUMNS);) {
    size_t word = 0;
    for (wb_str key = wb_next_word(cells[SIGN], &word); key.len; key = wb_next_word(cells[SIGN], &word))
      if (given(wb_json_get(config, key))) return true;
  }
  return false;
}

static uint32_t group_bits(wb_str cell) {
  uint32_t bits = 0;
  size_t at = 0;
  wb_group group;
  if (empty(cell)) return 0;
  for (wb_str word = wb_next_word(cell, &at); word.len; word = wb_next_word(cell, &at))
    if (wb_group_parse(word, &group)) bits |= 1u << group;
  return bits;
}

static void begin(reading *r) {
  wb_ctx *ctx = &r->m->ctx;
  size_t at = 0;
  r->out = WB_NEW(ctx, wb_quantization);
  r->skips = wb_names_new(ctx, r->rule[MATCH]);
  wb_names *always = wb_names_new(ctx, r->rule[MATCH]);
  if (!empty(r->rule[ALWAYS]))
    for (wb_str word = wb_next_word(r->rule[ALWAYS], &at); word.len; word = wb_next_word(r->rule[ALWAYS], &at))
      wb_names_add(always, word);
  at = 0;
  *r->out = (wb_quantization){.method = wb_next_word(r->rule[METHOD], &at),
                              .rest = r->rule[REST],
                              .never = group_bits(r->rule[NEVER]),
                              .skips = r->skips,
                              .always = always};
}

/* ---- lists of names ---- */

static void add_name(reading *r, wb_names *names, wb_str pattern) {
  if (!wb_names_add(names, pattern) && !r->odd.len) r->odd = wb_json_shown(&r->m->ctx, pattern);
}

static void add_names(reading *r, wb_names *names, wb_str key, const wb_json *list) {
  if (!given(list)) return;
  if (list->kind != WB_JSON_ARRAY) refuse(r, key, list, "list");
  for (size_t i = 0; i < list->u.array.count; i++) {
    const wb_json *name = list->u.array.items[i];
    if (name->kind != WB_JSON_STRING) refuse(r, key, name, "string");
    add_name(r, names, name->u.text);
  }
}

static void read_skips(reading *r) {
  size_t at = 0;
  if (empty(r->rule[SKIPS])) return;
  for (wb_str key = wb_next_word(r->rule[SKIPS], &at); key.len; key = wb_next_word(r->rule[SKIPS], &at))
    add_names(r, r->skips, key, wb_json_get(r->config, key));
}

/* ---- schemes ---- */

#define OBJECTS 4
typedef struct settings {
  const wb_json *objects[OBJECTS]; /* the most special first */
  size_t count;
} settings;

static const wb_json *look_up(const reading *r, const settings *s, wb_str key) {
  if (wb_str_starts(key, WB_STR("config."))) return wb_json_at(r->m->config.root, wb_str_slice(key, 7, key.len));
  for (size_t i = 0; i < s->count; i++) {
    const wb_json *found = wb_json_get(s->objects[i], key);
    if (given(found)) return found;
  }
  return NULL;
}

static bool is_set(const wb_json *json) { return given(json) && !(json->kind == WB_JSON_BOOL && !json->u.boolean); }

/* A text as it is; a whole number by its digits. */
static bool equals(wb_ctx *ctx, const wb_json *json, wb_str wanted) {
  if (!json) return false;
  if (json->kind == WB_JSON_STRING) return wb_str_eq(json->u.text, wanted);
  if (json->kind != WB_JSON_INT) return false;
  return wb_str_eq(wb_i128_str(ctx, json->u.integer), wanted);
}

static bool condition_holds(const reading *r, const settings *s, wb_str condition) {
  if (condition.ptr[0] == '!') return !is_set(look_up(r, s, wb_str_slice(condition, 1, condition.len)));
  for (size_t i = 0; i < condition.len; i++)
    if (condition.ptr[i] == '=')
      return equals(&r->m->ctx, look_up(r, s, wb_str_slice(condition, 0, i)),
                    wb_str_slice(condition, i + 1, condition.len));
  return is_set(look_up(r, s, condition));
}

static bool conditions_hold(const reading *r, const settings *s, wb_str cell) {
  size_t at = 0;
  if (empty(cell)) return true;
  for (wb_str word = wb_next_word(cell, &at); word.len; word = wb_next_word(cell, &at))
    if (!condition_holds(r, s, word)) return false;
  return true;
}

/* Adds a scheme of a method with its formats; false when the tables know none for these settings. */
static bool add_scheme(reading *r, wb_str method, wb_names *targets, const settings *s) {
  wb_model *m = r->m;
  wb_str cells[SCHEME_COLUMNS];
  wb_scheme scheme = {.targets = targets};
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/schemes.tsv"), &at, cells, SCHEME_COLUMNS);) {
    if (!wb_str_eq(cells[SCHEME_METHOD], method) || !conditions_hold(r, s, cells[CONDITIONS])) continue;
    const wb_decl *decl = wb_library_find(m->lib, &m->ctx, WB_D_FORMAT, cells[FORMAT]);
    if (!decl) WB_FAIL(&m->ctx, WB_LANG_UNKNOWN_NAME, WB_NOWHERE, cells[FORMAT]);
    const bool some = !empty(cells[GROUPS]);
    scheme.formats[scheme.format_count].groups = some ? group_bits(cells[GROUPS]) : UINT32_MAX;
    scheme.formats[scheme.format_count++].format = wb_format_new(m, decl, decl->name->name, s->objects, s->count);
    if (!some || scheme.format_count == WB_SCHEME_FORMATS) break;
  }
  if (!scheme.format_count) {
    wb_text text = {.ctx = &m->ctx};
    wb_text_addf(&text, "%.*s ", WB_STR_ARG(method));
    wb_json_print(&text, s->objects[0], 60);
    r->unknown = wb_text_str(&text);
    return false;
  }
  WB_PUSH_ROOM(&m->ctx, r->out->schemes, r->out->scheme_count, r->out->scheme_cap);
  r->out->schemes[r->out->scheme_count++] = scheme;
  return true;
}

/* config_groups: {"group_0": {"targets": […], "weights": {…}}}. */
static bool read_groups(reading *r, const wb_json *groups) {
  bool known = true;
  if (groups->kind != WB_JSON_OBJECT) refuse(r, WB_STR("config_groups"), groups, "object");
  for (size_t i = 0; i < groups->u.object.count; i++) {
    const wb_json *group = groups->u.object.members[i].value, *weights = wb_json_get(group, WB_STR("weights"));
    if (group->kind != WB_JSON_OBJECT) refuse(r, groups->u.object.members[i].key, group, "object");
    if (!given(weights)) continue; /* activations only */
    if (weights->kind != WB_JSON_OBJECT) refuse(r, WB_STR("weights"), weights, "object");
    const wb_json *list = wb_json_get(group, WB_STR("targets"));
    wb_names *targets = given(list) ? wb_names_new(&r->m->ctx, r->rule[MATCH]) : NULL;
    if (targets) add_names(r, targets, WB_STR("targets"), list);
    const settings s = {{weights, group, r->config}, 3};
    known = add_scheme(r, r->out->method, targets, &s) && known;
  }
  return known;
}

/* One of the differing settings of quantized_layers, and the modules that have them. */
typedef struct layer_kind {
  const wb_json *settings;
  wb_names *names;
} layer_kind;

#define LAYER_KINDS 32

static wb_names *names_of_kind(reading *r, layer_kind *kinds, size_t *count, const wb_json *layer) {
  for (size_t i = 0; i < *count; i++)
    if (wb_json_same(kinds[i].settings, layer)) return kinds[i].names;
  if (*count == LAYER_KINDS) return NULL;
  kinds[*count] = (layer_kind){layer, wb_names_new(&r->m->ctx, WB_STR("whole"))};
  return kinds[(*count)++].names;
}

/* quantized_layers: {"model.layers.0.mlp.down_proj": {"quant_algo": "NVFP4"}}: nothing else is quantised that way. */
static bool read_layers(reading *r, const wb_json *layers) {
  layer_kind kinds[LAYER_KINDS];
  size_t count = 0;
  bool known = true;
  if (layers->kind != WB_JSON_OBJECT) refuse(r, WB_STR("quantized_layers"), layers, "object");
  for (size_t i = 0; i < layers->u.object.count; i++) {
    const wb_json *layer = layers->u.object.members[i].value;
    if (layer->kind != WB_JSON_OBJECT) refuse(r, layers->u.object.members[i].key, layer, "object");
    wb_names *names = names_of_kind(r, kinds, &count, layer);
    if (names) add_name(r, names, layers->u.object.members[i].key);
    known = known && names;
  }
  for (size_t i = 0; i < count; i++) {
    const settings s = {{kinds[i].settings}, 1};
    known = add_scheme(r, WB_STR("modelopt"), kinds[i].names, &s) && known;
  }
  return known;
}

/* GPTQModel's dynamic: {"-:regex": {}, "regex": {"bits": 8}}; a + before the colon may stand too. */
static bool read_dynamic(reading *r, const wb_json *dynamic) {
  bool known = true;
  if (dynamic->kind != WB_JSON_OBJECT) refuse(r, WB_STR("dynamic"), dynamic, "object");
  for (size_t i = 0; i < dynamic->u.object.count; i++) {
    const wb_json_member *member = &dynamic->u.object.members[i];
    const bool minus = wb_str_starts(member->key, WB_STR("-:"));
    const bool marked = minus || wb_str_starts(member->key, WB_STR("+:"));
    wb_str regex = wb_str_slice(member->key, marked ? 2 : 0, member->key.len);
    regex = wb_str_fmt(&r->m->ctx, "re:%.*s", WB_STR_ARG(regex));
    wb_names *names = minus ? r->skips : wb_names_new(&r->m->ctx, r->rule[MATCH]);
    add_name(r, names, regex);
    const settings s = {{member->value, r->config}, 2};
    if (!minus) known = add_scheme(r, r->out->method, names, &s) && known;
  }
  return known;
}

static bool read_schemes(reading *r) {
  const wb_json *dynamic = wb_json_get(r->config, WB_STR("dynamic"));
  const wb_json *layers = wb_json_get(r->config, WB_STR("quantized_layers"));
  const wb_json *groups = wb_json_get(r->config, WB_STR("config_groups"));
  const bool modelopt = wb_str_is(r->out->method, "modelopt");
  bool known = true;
  if (given(dynamic)) known = read_dynamic(r, dynamic);
  if (given(layers)) known = read_layers(r, layers) && known;
  if (given(layers) && modelopt) return known;
  if (given(groups) && !given(layers)) return read_groups(r, groups) && known;
  const settings s = {{r->config}, 1};
  return add_scheme(r, r->out->method, NULL, &s) && known;
}

/* ---- the whole ---- */

/* quantization_config of the whole or of a part (`nested`); NULL when there is none. */
static const wb_json *find_config(wb_model *m, bool *nested) {
  static const char *const KEYS[] = {"quantization_config", "compression_config"};
  for (size_t k = 0; k < sizeof KEYS / sizeof *KEYS; k++) {
    const wb_str key = wb_str_of(KEYS[k]);
    const wb_json *found = wb_json_get(m->config.root, key);
    *nested = !given(found);
    for (const wb_fields *f = m->all_fields; f && !given(found); f = f->next)
      if (f->object) found = wb_json_get(f->object, key);
    if (!given(found)) continue;
    if (found->kind != WB_JSON_OBJECT)
      WB_FAIL(&m->ctx, WB_MODEL_NOT_OBJECT, place_of(m, found), key, wb_str_of(wb_json_kind_name(found)));
    return found;
  }
  return NULL;
}

static void finish(reading *r) {
  wb_quantization *q = r->out;
  const wb_json *head = empty(r->rule[HEAD]) ? NULL : wb_json_get(r->config, r->rule[HEAD]);
  if (r->nested) q->never |= group_bits(WB_STR("vision audio projector"));
  if (head && head->kind == WB_JSON_BOOL && head->u.boolean) q->never &= ~(1u << WB_G_HEAD);
  q->uniform = !q->skips->count && !q->always->count;
  q->by_expert = q->skips->by_expert;
  for (size_t i = 0; i < q->scheme_count; i++) {
    if (!q->schemes[i].targets) continue;
    q->uniform = false;
    q->by_expert = q->by_expert || q->schemes[i].targets->by_expert;
  }
}

wb_quantization *wb_quantization_read(wb_model *m, wb_str *unknown, wb_str *odd) {
  reading r = {.m = m, .odd = WB_STR("")};
  r.config = find_config(m, &r.nested);
  *unknown = *odd = WB_STR("");
  if (!r.config) return NULL;
  const wb_json *method = wb_json_get(r.config, WB_STR("quant_method"));
  if (given(method) && method->kind != WB_JSON_STRING) refuse(&r, WB_STR("quant_method"), method, "string");
  const bool known = given(method) ? find_rule(method->u.text, r.rule) : find_by_sign(r.config, r.rule);
  if (!known) {
    *unknown = given(method) ? wb_json_shown(&m->ctx, method->u.text) : WB_STR("quantization_config");
    return NULL;
  }
  begin(&r);
  read_skips(&r);
  if (!read_schemes(&r)) *unknown = r.unknown.len ? r.unknown : r.out->method;
  finish(&r);
  *odd = r.odd;
  return r.out;
}

wb_quantization *wb_quantization_of(wb_model *m, wb_str method, const wb_format *format) {
  reading r = {.m = m, .odd = WB_STR("")};
  if (!find_rule(method, r.rule)) WB_FAIL(&m->ctx, WB_LANG_UNKNOWN_NAME, WB_NOWHERE, method);
  begin(&r);
  r.out->schemes = WB_NEW(&m->ctx, wb_scheme);
  r.out->scheme_count = r.out->scheme_cap = r.out->schemes[0].format_count = 1;
  r.out->schemes[0].formats[0].groups = UINT32_MAX;
  r.out->schemes[0].formats[0].format = format;
  /* Whoever quantises a finished model leaves its head and its towers alone. */
  r.out->never |= group_bits(WB_STR("vision audio projector"));
  if (!wb_str_is(method, "mlx")) r.out->never |= group_bits(WB_STR("head"));
  finish(&r);
  return r.out;
}

static bool means(wb_names *names, wb_str module, wb_str other) {
  return wb_names_mean(names, module) || (other.len && wb_names_mean(names, other));
}

const wb_format *wb_quantization_format(const wb_quantization *q, wb_group group, wb_str module, wb_str other) {
  const uint32_t bit = 1u << group;
  if (means(q->skips, module, other) || means(q->always, module, other)) return NULL;
  for (size_t i = 0; i < q->scheme_count; i++) {
    const wb_scheme *scheme = &q->schemes[i];
    const bool named = scheme->targets && means(scheme->targets, module, other);
    const bool taken = named || !scheme->targets || scheme->targets->every;
    if (!taken || (!named && q->never & bit)) continue;
    for (size_t k = 0; k < scheme->format_count; k++)
      if (scheme->formats[k].groups & bit) return scheme->formats[k].format;
  }
  return NULL;
}
