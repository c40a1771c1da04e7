/* Which family a configuration means: by model_type, else by class name, else the generic decoder, and loudly. */
#include "model/model.h"

static const wb_decl *family_of_class(wb_model *m) {
  const wb_json *list = wb_json_get(m->config.root, WB_STR("architectures"));
  if (!list || list->kind != WB_JSON_ARRAY || !list->u.array.count) return NULL;
  const wb_json *first = list->u.array.items[0];
  return first->kind == WB_JSON_STRING ? wb_library_class(m->lib, &m->ctx, first->u.text) : NULL;
}

static _Noreturn void refuse_type(wb_model *m, const wb_json *type) {
  wb_text value = {.ctx = &m->ctx};
  wb_json_print(&value, type, 60);
  WB_FAIL(&m->ctx, WB_FIELD_TYPE, wb_json_place(m->config.text, m->config.file, type), WB_STR("model_type"),
          wb_text_str(&value), wb_str_of(wb_json_kind_name(type)), WB_STR("text"));
}

/* The described type whose name is closest, empty when none is close. */
static wb_str near_type(const wb_model *m) {
  wb_str best = WB_STR("");
  size_t limit = m->model_type.len < 8 ? 1 : 2, least = limit + 1;
  for (size_t i = 0; i < m->lib->type_count; i++) {
    size_t distance = wb_str_distance(m->lib->types[i].type, m->model_type, limit);
    if (distance >= least) continue;
    least = distance;
    best = m->lib->types[i].type;
  }
  return best;
}

static bool has_any(wb_library *lib, const wb_json *object, const char *name) {
  const wb_sym *sym = wb_intern_find(&lib->symbols, wb_str_of(name));
  const wb_field_rule *rule = sym ? wb_library_rule(sym) : NULL;
  if (wb_json_get(object, wb_str_of(name))) return true;
  for (size_t i = 0; rule && i < rule->alias_count; i++)
    if (wb_json_get(object, rule->aliases[i]->name)) return true;
  return false;
}

/* Fields that a decoder cannot do without; a vision or audio model lacks one of them. */
static bool like_a_decoder(wb_library *lib, const wb_json *object) {
  static const char *const needed[] = {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads"};
  for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
    if (!has_any(lib, object, needed[i])) return false;
  return true;
}

static bool has_text_part(const wb_json *root) {
  static const char *const parts[] = {"text_config", "llm_config", "language_config"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (wb_json_get(root, wb_str_of(parts[i]))) return true;
  return false;
}

/* The class, where it is named, must generate text. */
static bool of_a_generator(const wb_json *root) {
  const wb_json *list = wb_json_get(root, WB_STR("architectures"));
  if (!list || list->kind != WB_JSON_ARRAY || !list->u.array.count) return true;
  const wb_json *first = list->u.array.items[0];
  return first->kind != WB_JSON_STRING || wb_str_ends(first->u.text, WB_STR("CausalLM")) ||
         wb_str_ends(first->u.text, WB_STR("LMHeadModel"));
}

static void guess(wb_model *m) {
  wb_str near = near_type(m);
  wb_str args[2] = {m->model_type, near};
  bool decoder = like_a_decoder(m->lib, m->config.root) && of_a_generator(m->config.root);
  if (m->model_type.len && !has_text_part(m->config.root) && !decoder)
    WB_FAIL(&m->ctx, near.len ? WB_MODEL_UNKNOWN_NEAR : WB_MODEL_UNKNOWN, wb_in_file(m->config.file), m->model_type,
            near);
  m->generic = true;
  m->family = wb_library_find(m->lib, &m->ctx, WB_D_FAMILY, WB_STR("generic"));
  if (!m->family) WB_FAIL(&m->ctx, WB_LANG_UNKNOWN_NAME, WB_NOWHERE, WB_STR("generic"));
  if (!m->model_type.len) wb_model_warn(m, WB_MODEL_UNTYPED, 0, NULL);
  else if (near.len) wb_model_warn(m, WB_MODEL_GENERIC_NEAR, 2, args);
  else wb_model_warn(m, WB_MODEL_GENERIC, 1, args);
}

/* Without type and class, a key that only one kind of configuration has. */
static const wb_decl *family_of_marker(wb_model *m) {
  wb_str key;
  const wb_decl *family;
  for (size_t i = 0; (family = wb_library_marker(m->lib, &m->ctx, i, &key)) != NULL; i++)
    if (wb_json_get(m->config.root, key)) return family;
  return NULL;
}

void wb_model_choose(wb_model *m) {
  const wb_json *type = wb_json_get(m->config.root, WB_STR("model_type"));
  if (type && type->kind != WB_JSON_STRING && type->kind != WB_JSON_NULL) refuse_type(m, type);
  m->model_type = type && type->kind == WB_JSON_STRING ? type->u.text : WB_STR("");
  if (m->model_type.len) m->family = wb_library_type(m->lib, &m->ctx, m->model_type);
  if (m->family) return;
  m->family = family_of_class(m);
  if (!m->family && !m->model_type.len) m->family = family_of_marker(m);
  if (!m->family) guess(m);
  else if (m->model_type.len) wb_model_warn(m, WB_MODEL_BY_CLASS, 2, (wb_str[]){m->model_type, m->family->name->name});
}
