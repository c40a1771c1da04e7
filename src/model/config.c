#include "model/config.h"

#include "expr/eval.h"
#include "expr/print.h"

static wb_value list_value(wb_ctx *ctx, const wb_json *json) {
  size_t n = json->u.array.count;
  wb_value *items = WB_NEWN(ctx, wb_value, n);
  for (size_t i = 0; i < n; i++) items[i] = wb_value_of_json(ctx, json->u.array.items[i]);
  return (wb_value){.kind = WB_LIST, .u.list = {items, n}};
}

static wb_value record_value(wb_ctx *ctx, const wb_json *json) {
  size_t n = json->u.object.count;
  wb_value *items = WB_NEWN(ctx, wb_value, n);
  wb_str *keys = WB_NEWN(ctx, wb_str, n);
  for (size_t i = 0; i < n; i++) {
    keys[i] = json->u.object.members[i].key;
    items[i] = wb_value_of_json(ctx, json->u.object.members[i].value);
  }
  return (wb_value){.kind = WB_RECORD, .u.record = {keys, items, n}};
}

wb_value wb_value_of_json(wb_ctx *ctx, const wb_json *json) {
  wb_value value = {.kind = WB_REAL};
  switch (json->kind) {
    case WB_JSON_BOOL: return wb_bool(json->u.boolean);
    case WB_JSON_INT: return wb_integer(json->u.integer);
    case WB_JSON_STRING: return wb_string(json->u.text);
    case WB_JSON_ARRAY: return list_value(ctx, json);
    case WB_JSON_OBJECT: return record_value(ctx, json);
    case WB_JSON_REAL:
      value.kind = WB_NUM;
      if (json->raw.len && wb_num_parse(json->raw, &value.u.num)) return value;
      value.kind = WB_REAL;
      value.u.real = json->u.real;
      return value;
    case WB_JSON_NONFINITE:
    case WB_JSON_BIG: return wb_string(json->u.text); /* only inside lists and objects; fields refuse them */
    case WB_JSON_NULL: break;
  }
  return wb_null();
}

const wb_json *wb_json_at(const wb_json *root, wb_str path) {
  size_t from = 0;
  for (size_t i = 0; i <= path.len && root; i++) {
    if (i < path.len && path.ptr[i] != '.') continue;
    root = wb_json_get(root, wb_str_slice(path, from, i));
    from = i + 1;
  }
  return root;
}

typedef struct found {
  const wb_json *json;
  wb_str path; /* within the object */
  bool alias;
} found;

static bool is_set(const wb_fields *fields, wb_str path, bool mark) {
  const wb_config *config = fields->config;
  bool given = false;
  for (size_t i = 0; i < config->set_count; i++) {
    wb_str set = config->set_paths[i];
    if (!wb_str_starts(set, fields->prefix)) continue;
    wb_str rest = wb_str_slice(set, fields->prefix.len, set.len);
    bool same = wb_str_eq(rest, path);
    bool inside = wb_str_starts(rest, path) && rest.len > path.len && rest.ptr[path.len] == '.';
    if (!same && !inside) continue;
    given = true;
    if (mark) config->set_used[i] = true; /* a setting given twice: the last holds, both are used */
  }
  return given;
}

/* Another field of the family may bear a name that is elsewhere an alias; then it is not one here. */
static bool own_field(const wb_decl *family, const wb_sym *name) {
  for (size_t i = 0; i < family->field_count; i++)
    if (family->fields[i].name == name) return true;
  return false;
}

static size_t candidates(const wb_fields *fields, const wb_field *field, const wb_field_rule *rule, wb_str *out,
                         size_t max) {
  size_t n = 0;
  if (field->from.len) out[n++] = field->from;
  else out[n++] = field->name->name;
  for (size_t i = 0; i < field->alias_count && n < max; i++) out[n++] = field->aliases[i]->name;
  if (field->from.len || !rule) return n;
  if (rule->name != field->name && n < max && !own_field(fields->family, rule->name)) out[n++] = rule->name->name;
  for (size_t i = 0; i < rule->alias_count && n < max; i++)
    if (rule->aliases[i] != field->name && !own_field(fields->family, rule->aliases[i]))
      out[n++] = rule->aliases[i]->name;
  return n;
}

/* Which of a field's names the user set last; n for none. All that were set count as used. */
static size_t last_set(const wb_fields *fields, const wb_str *names, size_t n) {
  const wb_config *config = fields->config;
  size_t which = n;
  for (size_t s = 0; s < config->set_count; s++)
    for (size_t i = 0; i < n; i++) {
      wb_str set = config->set_paths[s];
      if (!wb_str_starts(set, fields->prefix)) continue;
      if (is_set(fields, names[i], true) && wb_str_eq(wb_str_slice(set, fields->prefix.len, set.len), names[i]))
        which = i;
    }
  return which;
}

bool wb_fields_flat(wb_ctx *ctx, const wb_fields *fields, wb_str key) {
  if (!wb_str_is(key, "text_config") || !fields->object || wb_json_get(fields->object, key)) return false;
  if (!wb_json_get(fields->object, WB_STR("hidden_size"))) return false;
  const wb_json *list = wb_json_get(fields->object, WB_STR("architectures"));
  if (!list || list->kind != WB_JSON_ARRAY || !list->u.array.count) return true;
  const wb_json *first = list->u.array.items[0];
  return first->kind != WB_JSON_STRING || wb_library_class(fields->lib, ctx, first->u.text) != fields->family;
}

#define CANDIDATES 32 /* and one for a flat file */
static wb_place place_of(const wb_fields *fields, const wb_json *json) {
  return json->offset ? wb_json_place(fields->config->text, fields->config->file, json) : WB_NOWHERE;
}

static wb_str full_key(wb_ctx *ctx, const wb_fields *fields, wb_str path) {
  if (!fields->prefix.len) return path;
  return wb_str_join(ctx, fields->prefix, path);
}

/* A nested field's outer object must be one: a list in its place is a fault, not an absence. */
static void check_path(wb_ctx *ctx, const wb_fields *fields, wb_str path) {
  for (size_t i = 0; i < path.len; i++) {
    if (path.ptr[i] != '.') continue;
    const wb_json *outer = wb_json_at(fields->object, wb_str_slice(path, 0, i));
    if (!outer || outer->kind == WB_JSON_NULL) return;
    if (outer->kind != WB_JSON_OBJECT)
      WB_FAIL(ctx, WB_MODEL_NOT_OBJECT, place_of(fields, outer), full_key(ctx, fields, wb_str_slice(path, 0, i)),
              wb_str_of(wb_json_kind_name(outer)));
  }
}

static found look(wb_ctx *ctx, const wb_fields *fields, const wb_field *field, const wb_field_rule *rule) {
  wb_str names[CANDIDATES + 1];
  size_t n = candidates(fields, field, rule, names, CANDIDATES);
  static const wb_str text_part = {"text_config.", 12};
  if (wb_str_starts(field->from, text_part) && wb_fields_flat(ctx, fields, WB_STR("text_config")))
    names[n++] = wb_str_slice(field->from, text_part.len, field->from.len);
  size_t last = last_set(fields, names, n); /* what the user set comes first, and of that the last */
  for (int pass = last < n ? 0 : 1; pass < 2; pass++) {
    for (size_t i = 0; i < n; i++) {
      if (pass == 0 && i != last) continue;
      const wb_json *json = fields->object ? wb_json_at(fields->object, names[i]) : NULL;
      if (!json && fields->object) check_path(ctx, fields, names[i]);
      if (!json || (json->kind == WB_JSON_NULL && !field->nullable)) continue;
      return (found){json, names[i], i > 0};
    }
  }
  return (found){NULL, names[0], false};
}

static _Noreturn void wrong(wb_ctx *ctx, const wb_fields *fields, const found *at, wb_message_id id, wb_str expected) {
  wb_text value = {.ctx = ctx};
  wb_json_print(&value, at->json, 60);
  if (at->json->offset) ctx->failure.excerpt = wb_text_line(fields->config->text, at->json->offset);
  WB_FAIL(ctx, id, place_of(fields, at->json), full_key(ctx, fields, at->path), wb_text_str(&value),
          wb_str_of(wb_json_kind_name(at->json)), expected);
}

static bool texts_only(const wb_json *json) {
  if (json->kind != WB_JSON_ARRAY) return false;
  for (size_t i = 0; i < json->u.array.count; i++)
    if (json->u.array.items[i]->kind != WB_JSON_STRING) return false;
  return true;
}

static bool type_fits(wb_field_type type, const wb_json *json) {
  bool integer = json->kind == WB_JSON_INT || json->kind == WB_JSON_BIG;
  switch (type) {
    case WB_FIELD_INTEGER: return integer;
    case WB_FIELD_BOOL: return json->kind == WB_JSON_BOOL || json->kind == WB_JSON_INT;
    case WB_FIELD_TEXT: return json->kind == WB_JSON_STRING;
    case WB_FIELD_NUMBER: return integer || json->kind == WB_JSON_REAL;
    case WB_FIELD_LIST: return json->kind == WB_JSON_ARRAY;
    case WB_FIELD_INTEGER_OR_LIST: return integer || json->kind == WB_JSON_ARRAY;
    case WB_FIELD_TEXT_LIST: return texts_only(json);
    case WB_FIELD_ANY: break;
  }
  return json->kind != WB_JSON_NONFINITE;
}

static void check_range(wb_ctx *ctx, const wb_fields *fields, const found *at, const wb_field_rule *rule,
                        const wb_json *json) {
  if (json->kind == WB_JSON_ARRAY) {
    for (size_t i = 0; i < json->u.array.count; i++) check_range(ctx, fields, at, rule, json->u.array.items[i]);
    return;
  }
  bool big = json->kind == WB_JSON_BIG;
  if (!big && json->kind != WB_JSON_INT) return;
  if (!big && json->u.integer >= rule->low && json->u.integer <= rule->high) return;
  wb_text range = {.ctx = ctx};
  wb_i128_print(&range, rule->low);
  wb_text_adds(&range, " … ");
  wb_i128_print(&range, rule->high);
  wrong(ctx, fields, at, WB_FIELD_RANGE, wb_text_str(&range));
}

/* A field without a rule is of the kind that its class's default is: a flag, or a number (or a list of them by layer). */
static void check_like_default(wb_ctx *ctx, const wb_fields *fields, const found *at, const wb_field *field) {
  if (!field->fallback || field->fallback->kind != WB_X_LITERAL) return;
  static const wb_field_rule flag = {.type = WB_FIELD_BOOL, .low = 0, .high = 1};
  const wb_value *value = &field->fallback->u.literal;
  wb_json_kind kind = at->json->kind;
  if (value->kind == WB_BOOL) {
    if (!type_fits(WB_FIELD_BOOL, at->json)) wrong(ctx, fields, at, WB_FIELD_TYPE, WB_STR("true or false"));
    check_range(ctx, fields, at, &flag, at->json);
  } else if (value->kind == WB_NUM && (kind == WB_JSON_STRING || kind == WB_JSON_OBJECT || kind == WB_JSON_BOOL)) {
    wrong(ctx, fields, at, WB_FIELD_TYPE, WB_STR("a number"));
  }
}

static void check(wb_ctx *ctx, const wb_fields *fields, const found *at, const wb_field *field,
                  const wb_field_rule *rule) {
  static const char *const wanted[] = {
      "a finite value", "an integer", "true or false", "text", "a number", "a list", "an integer or a list of integers",
      "a list of texts"};
  if (at->json->kind == WB_JSON_NULL) return;
  wb_field_type type = rule ? rule->type : WB_FIELD_ANY;
  if (!rule) check_like_default(ctx, fields, at, field);
  if (rule && type == WB_FIELD_BOOL) check_range(ctx, fields, at, rule, at->json); /* 0 and 1 */
  if (!rule) {
    static const wb_field_rule any = {.type = WB_FIELD_ANY, .low = 0, .high = WB_SIZE_MAX};
    check_range(ctx, fields, at, &any, at->json);
  }
  if (!type_fits(type, at->json)) wrong(ctx, fields, at, WB_FIELD_TYPE, wb_str_of(wanted[type]));
  if (rule && type != WB_FIELD_ANY && type != WB_FIELD_BOOL && type != WB_FIELD_TEXT)
    check_range(ctx, fields, at, rule, at->json);
}

static wb_origin *origin_of(wb_ctx *ctx, const wb_fields *fields, const found *at, const wb_field *field) {
  wb_origin *origin = WB_NEW(ctx, wb_origin);
  origin->key = full_key(ctx, fields, at->path);
  if (!at->json) {
    origin->kind = WB_FROM_DEFAULT;
    origin->source = fields->family->source;
  } else {
    origin->source = fields->config->file;
    origin->offset = at->json->offset;
    origin->kind = is_set(fields, at->path, false) ? WB_FROM_SET
                   : fields->config->assumed       ? WB_FROM_ASSUMED
                   : at->alias                     ? WB_FROM_ALIAS
                                                   : WB_FROM_FIELD;
  }
  if (field->derived) origin->kind = WB_FROM_FORMULA;
  return origin;
}

/* A default that is a division must come out whole; otherwise the fields it is made of contradict each other. */
static void check_default(wb_ctx *ctx, const wb_fields *fields, wb_binding *binding, const wb_field_rule *rule) {
  if (!rule || rule->type != WB_FIELD_INTEGER || binding->expr->kind == WB_X_LITERAL) return;
  const wb_value *value = wb_force(ctx, binding);
  if (value->kind != WB_NUM || value->u.num.den == 1) return;
  wb_text formula = {.ctx = ctx}, numbers = {.ctx = ctx};
  wb_expr_print(&formula, binding->expr, WB_AS_FORMULA, binding->scope);
  wb_expr_print(&numbers, binding->expr, WB_AS_NUMBERS, binding->scope);
  WB_FAIL(ctx, WB_FIELD_NOT_WHOLE, wb_in_file(fields->config->file), full_key(ctx, fields, binding->name->name),
          wb_text_str(&formula), wb_text_str(&numbers));
}

static void remember(wb_ctx *ctx, wb_fields *fields, const wb_binding *binding, const wb_field *field,
                     const wb_field_rule *rule) {
  WB_PUSH_ROOM(ctx, fields->used, fields->used_count, fields->used_cap);
  fields->used[fields->used_count++] = (wb_used_field){binding, field, fields->family, rule};
}

static const wb_expr *composite_default(const wb_fields *fields, const wb_sym *name) {
  for (size_t i = 0; i < fields->defaults.count; i++)
    if (fields->defaults.args[i].name == name) return fields->defaults.args[i].expr;
  return NULL;
}

static wb_binding *bind_default(wb_ctx *ctx, wb_fields *fields, const wb_field *field, wb_str key) {
  const wb_expr *expr = composite_default(fields, field->name);
  if (expr) return wb_bind_expr(ctx, &fields->scope, field->name, expr, fields->defaults.scope);
  if (!field->fallback)
    WB_FAIL(ctx, WB_FIELD_MISSING, wb_in_file(fields->config->file), full_key(ctx, fields, key),
            fields->family->name->name);
  return wb_bind_expr(ctx, &fields->scope, field->name, field->fallback, &fields->scope);
}

static wb_binding *bind_field(wb_ctx *ctx, wb_fields *fields, const wb_field *field) {
  const wb_field_rule *rule = wb_library_rule(field->name);
  found at = {NULL, field->name->name, false};
  /* What is built of a part is for the composite to say, not for the class that the nested configuration names. */
  bool composite_says = fields->prefix.len && wb_str_is(field->name->name, "architectures");
  if (!field->derived && !composite_says) at = look(ctx, fields, field, rule);
  wb_binding *binding;
  if (at.json) {
    check(ctx, fields, &at, field, rule);
    binding = wb_bind_value(ctx, &fields->scope, field->name, wb_value_of_json(ctx, at.json));
  } else {
    binding = bind_default(ctx, fields, field, at.path);
  }
  binding->origin = origin_of(ctx, fields, &at, field);
  if (!at.json) check_default(ctx, fields, binding, rule);
  remember(ctx, fields, binding, field, rule);
  return binding;
}

static wb_binding *resolve(wb_ctx *ctx, wb_scope *scope, const wb_sym *name) {
  wb_fields *fields = (wb_fields *)scope;
  if (fields->unknown[name->hash % WB_UNKNOWN] == name) return NULL;
  const wb_decl *families[2] = {fields->family, fields->common};
  for (int f = 0; f < 2 && families[f]; f++)
    for (size_t i = families[f]->field_count; i-- > 0;)
      if (families[f]->fields[i].name == name) return bind_field(ctx, fields, &families[f]->fields[i]);
  /* What a composite hands on beside fields: sizes of the picture that its processor makes, say. */
  const wb_expr *given = composite_default(fields, name);
  if (given) return wb_bind_expr(ctx, &fields->scope, name, given, fields->defaults.scope);
  fields->unknown[name->hash % WB_UNKNOWN] = name;
  return NULL;
}

static void offer(const wb_scope *scope, void (*take)(void *taker, wb_str name), void *taker) {
  const wb_fields *fields = (const wb_fields *)scope;
  const wb_decl *families[2] = {fields->family, fields->common};
  for (int f = 0; f < 2 && families[f]; f++)
    for (size_t i = 0; i < families[f]->field_count; i++) take(taker, families[f]->fields[i].name->name);
}

wb_fields *wb_fields_new(wb_ctx *ctx, wb_library *lib, wb_scope *root, wb_config *config, const wb_decl *family,
                         const wb_json *object, wb_str prefix) {
  wb_fields *fields = WB_NEW(ctx, wb_fields);
  fields->scope = (wb_scope){.parent = root, .resolve = resolve, .offer = offer, .born = ctx->turn};
  fields->lib = lib;
  fields->config = config;
  fields->family = family;
  if (!lib->common) lib->common = wb_library_find(lib, ctx, WB_D_FAMILY, WB_STR("common"));
  fields->common = lib->common;
  fields->object = object;
  fields->prefix = prefix;
  return fields;
}
