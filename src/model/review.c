/* What a stranger should be told about how a configuration was read. */
#include "base/tsv.h"
#include "model/represent.h"

static bool from_constant(const wb_used_field *used) {
  return used->binding->origin->kind == WB_FROM_DEFAULT && used->field->fallback &&
         used->field->fallback->kind == WB_X_LITERAL && used->field->fallback->u.literal.kind == WB_NUM &&
         used->field->fallback->u.literal.u.num.num != 0; /* none of something is no dimension */
}

/* Dimensions that the configuration leaves to the class: more often a broken file than a wish. */
static void warn_defaults(wb_model *m) {
  wb_text list = {.ctx = &m->ctx};
  for (const wb_fields *f = m->all_fields; f; f = f->next)
    for (size_t i = 0; i < f->used_count; i++) {
      const wb_used_field *used = &f->used[i];
      if (!used->rule || !used->rule->is_dimension || !from_constant(used)) continue;
      wb_text_addf(&list, "%s%.*s%.*s = ", list.len ? ", " : "", WB_STR_ARG(f->prefix),
                   WB_STR_ARG(used->field->name->name));
      wb_value_print(&list, &used->binding->value);
    }
  wb_str args[2] = {wb_text_str(&list), m->family->name->name};
  if (list.len) wb_model_warn(m, WB_DEFAULT_DIMENSION, 2, args);
}

/* Read when a model is opened, by the formats of weights, or for the length that engines take from a configuration: not by a
 * description. */
static bool is_read_without_one(wb_str path) {
  static const char *const keys[] = {"model_type", "architectures", "dtype", "torch_dtype"};
  static const char *const objects[] = {"quantization_config", "compression_config", "rope_scaling", "rope_parameters"};
  wb_str part, length[2];
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    if (wb_str_ends(path, wb_str_of(keys[i]))) return true;
  for (size_t at = 0; wb_str_next(path, '.', &at, &part);)
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
      if (wb_str_is(part, objects[i])) return true;
  for (size_t at = 0; wb_tsv_next(wb_data_text("engines/lengths.tsv"), &at, length, 2);)
    if (wb_str_eq(part, length[0])) return true; /* the path's last */
  return false;
}

/* A nested configuration set as a whole. */
static bool is_object_read(const wb_model *m, wb_str path) {
  for (const wb_fields *f = m->all_fields; f; f = f->next)
    if (wb_str_starts(f->prefix, path) && f->prefix.len > path.len && f->prefix.ptr[path.len] == '.') return true;
  return false;
}

static void warn_setting(wb_model *m, wb_str path) {
  wb_str args[2] = {path, WB_STR("")};
  size_t least = path.len / 3 + 1;
  for (const wb_fields *f = m->all_fields; f; f = f->next)
    for (size_t i = 0; i < f->used_count; i++) {
      wb_str name = wb_str_fmt(&m->ctx, "%.*s%.*s", WB_STR_ARG(f->prefix), WB_STR_ARG(f->used[i].field->name->name));
      size_t distance = wb_str_distance(name, path, least);
      if (wb_str_ends(name, path)) distance = 0; /* the part was left out */
      if (distance >= least) continue;
      least = distance;
      args[1] = name;
    }
  wb_model_warn(m, args[1].len ? WB_SETTING_NEAR : WB_SETTING_UNUSED, 2, args);
}

static void warn_settings(wb_model *m) {
  for (size_t i = 0; i < m->config.set_count; i++)
    if (!m->config.set_used[i] && !is_read_without_one(m->config.set_paths[i]) &&
        !is_object_read(m, m->config.set_paths[i]))
      warn_setting(m, m->config.set_paths[i]);
}

static void warn_undescribed(wb_model *m) {
  wb_text list = {.ctx = &m->ctx};
  for (size_t i = 0; i < m->undescribed_count; i++)
    wb_text_addf(&list, "%s%.*s", i ? ", " : "", WB_STR_ARG(m->undescribed[i]));
  wb_str args[1] = {wb_text_str(&list)};
  if (list.len) wb_model_warn(m, WB_UNDESCRIBED_PARTS, 1, args);
}

/* A key that speaks of the model's size and that nobody read: the file may mean another model than the type says. */
static bool is_size(const wb_model *m, wb_str key) {
  const wb_sym *sym = wb_intern_find(&m->lib->symbols, key);
  const wb_field_rule *rule = sym ? wb_library_rule(sym) : NULL;
  return rule && rule->is_size;
}

/* A list with such a member, or a list or pattern of such a length, says the size too. */
static bool holds_size(const wb_value *value, wb_i128 size) {
  if (value->kind == WB_TEXT) return (wb_i128)value->u.text.len == size;
  if (value->kind != WB_LIST) return false;
  wb_value wanted = wb_integer(size);
  for (size_t i = 0; i < value->u.list.count; i++)
    if (wb_value_eq(&value->u.list.items[i], &wanted)) return true;
  return (wb_i128)value->u.list.count == size;
}

/* A size that was read under another name or in a part is only said twice. */
static bool read_elsewhere(const wb_model *m, const wb_json *value) {
  for (const wb_fields *f = m->all_fields; f && value->kind == WB_JSON_INT; f = f->next)
    for (size_t i = 0; i < f->used_count; i++) {
      const wb_value *read = &f->used[i].binding->value;
      if (f->used[i].binding->state == WB_EVALUATED && read->kind == WB_NUM && wb_num_is_int(read->u.num) &&
          read->u.num.num == value->u.integer)
        return true;
      if (f->used[i].binding->state == WB_EVALUATED && holds_size(read, value->u.integer)) return true;
    }
  return false;
}

/* A family that has a field of this name knows it and has its reasons. */
static bool is_known(const wb_model *m, wb_str key) {
  for (const wb_fields *f = m->all_fields; f; f = f->next)
    for (size_t i = 0; i < f->family->field_count; i++) {
      const wb_field *field = &f->family->fields[i];
      if (wb_str_eq(field->name->name, key)) return true;
      for (size_t a = 0; a < field->alias_count; a++)
        if (wb_str_eq(field->aliases[a]->name, key)) return true;
    }
  return false;
}

static void warn_unused(wb_model *m) {
  wb_str *keys = NULL;
  size_t count = wb_unused_keys(m, &keys);
  wb_text list = {.ctx = &m->ctx};
  for (size_t i = 0; i < count; i++) {
    const wb_json *value = wb_json_at(m->config.root, keys[i]);
    size_t dot = keys[i].len;
    while (dot > 0 && keys[i].ptr[dot - 1] != '.') dot--;
    bool counts = value && ((value->kind == WB_JSON_INT && value->u.integer > 1) || value->kind == WB_JSON_ARRAY);
    wb_str key = wb_str_slice(keys[i], dot, keys[i].len);
    if (!counts || read_elsewhere(m, value) || is_known(m, key) || !is_size(m, key)) continue;
    wb_text_addf(&list, "%s%.*s = ", list.len ? ", " : "", WB_STR_ARG(keys[i]));
    wb_json_print(&list, value, 40);
  }
  wb_str args[2] = {wb_text_str(&list), m->family->name->name};
  if (list.len) wb_model_warn(m, WB_UNUSED_SIZE, 2, args);
}

static void warn_quantized(wb_model *m) {
  const wb_json *quantization = wb_json_get(m->config.root, WB_STR("quantization_config"));
  const wb_json *method = quantization ? wb_json_get(quantization, WB_STR("quant_method")) : NULL;
  wb_str name = method && method->kind == WB_JSON_STRING ? method->u.text : WB_STR("quantization_config");
  if (quantization && quantization->kind == WB_JSON_OBJECT) wb_model_warn(m, WB_QUANTIZED, 1, &name);
}

void wb_model_review(wb_model *m) {
  if (m->assumed) wb_assumed_warn(m);
  warn_unused(m);
  warn_quantized(m);
  warn_defaults(m);
  warn_settings(m);
  warn_undescribed(m);
  wb_model_check(m);
  if (m->family->is_override)
    wb_model_warn(m, WB_USER_FAMILY, 2, (wb_str[]){m->family->name->name, m->family->place.file});
}

static bool was_read(const wb_fields *f, wb_str key) {
  for (size_t i = 0; i < f->used_count; i++) {
    wb_str path = f->used[i].binding->origin->key;
    path = wb_str_slice(path, f->prefix.len, path.len);
    bool inside = wb_str_starts(path, key) && (path.len == key.len || path.ptr[key.len] == '.');
    if (inside && f->used[i].binding->origin->kind != WB_FROM_DEFAULT) return true;
  }
  return false;
}

static bool is_part(const wb_model *m, const wb_fields *f, wb_str key) {
  for (const wb_fields *part = m->all_fields; part; part = part->next)
    if (part != f && wb_str_starts(part->prefix, f->prefix) && part->prefix.len > f->prefix.len &&
        wb_str_starts(wb_str_slice(part->prefix, f->prefix.len, part->prefix.len), key))
      return true;
  return false;
}

size_t wb_unused_keys(wb_model *m, wb_str **out) {
  size_t count = 0, cap = 0;
  *out = NULL;
  for (const wb_fields *f = m->all_fields; f; f = f->next) {
    if (!f->object || f->object->kind != WB_JSON_OBJECT) continue;
    for (size_t i = 0; i < f->object->u.object.count; i++) {
      wb_str key = f->object->u.object.members[i].key;
      bool read = wb_library_ignores(m->lib, key) || is_part(m, f, key);
      for (const wb_fields *other = m->all_fields; other && !read; other = other->next)
        read = other->object == f->object && was_read(other, key); /* a flat file is read by two families */
      if (read) continue;
      WB_PUSH_ROOM(&m->ctx, *out, count, cap);
      (*out)[count++] = wb_str_join(&m->ctx, f->prefix, key);
    }
  }
  return count;
}
