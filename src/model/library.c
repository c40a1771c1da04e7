#include "model/library.h"

#include <string.h>

#include "base/data.h"
#include "base/tsv.h"
#include "expr/parse.h"

static size_t line_end(wb_str text, size_t at) {
  const char *end = at < text.len ? memchr(text.ptr + at, '\n', text.len - at) : NULL;
  return end ? (size_t)(end - text.ptr) : text.len;
}

static wb_str word(wb_str line, size_t *at) {
  while (*at < line.len && (line.ptr[*at] == ' ' || line.ptr[*at] == ',' || line.ptr[*at] == '"')) ++*at;
  size_t from = *at;
  while (*at < line.len && line.ptr[*at] != ' ' && line.ptr[*at] != '(' && line.ptr[*at] != ',' &&
         line.ptr[*at] != '"' && line.ptr[*at] != '\r' && line.ptr[*at] != '#')
    ++*at;
  return wb_str_slice(line, from, *at);
}

/* Blocks and operations share their names; families and methods have their own. */
static uint64_t name_hash(wb_decl_kind kind, wb_str name) {
  return wb_str_hash(name) + (kind == WB_D_OPERATION ? WB_D_BLOCK : kind);
}

static void index_entry(wb_library *lib, size_t entry) {
  const wb_entry *e = &lib->entries[entry];
  size_t at = name_hash(e->kind, e->name) & (lib->slot_count - 1);
  while (lib->slots[at]) at = (at + 1) & (lib->slot_count - 1);
  lib->slots[at] = (uint32_t)entry + 1;
}

static void add_entry(wb_library *lib, wb_decl_kind kind, wb_str name, size_t file) {
  WB_PUSH_ROOM(&lib->ctx, lib->entries, lib->entry_count, lib->entry_cap);
  lib->entries[lib->entry_count++] = (wb_entry){kind, name, file, NULL};
  if (lib->entry_count * 2 < lib->slot_count) {
    index_entry(lib, lib->entry_count - 1);
    return;
  }
  lib->slot_count = lib->slot_count ? lib->slot_count * 2 : 2048;
  lib->slots = WB_NEWN(&lib->ctx, uint32_t, lib->slot_count);
  for (size_t i = 0; i < lib->entry_count; i++) index_entry(lib, i);
}

/* The entry of that kind and name added last, as a user's comes after the built-in one; `file` SIZE_MAX: of any file. */
static wb_entry *find_in(wb_library *lib, wb_str name, wb_decl_kind kind, size_t file) {
  wb_entry *found = NULL;
  if (!lib->slot_count) return NULL;
  uint64_t hash = name_hash(kind, name);
  for (size_t at = hash & (lib->slot_count - 1); lib->slots[at]; at = (at + 1) & (lib->slot_count - 1)) {
    wb_entry *e = &lib->entries[lib->slots[at] - 1];
    bool same = name_hash(e->kind, e->name) == hash && wb_str_eq(e->name, name);
    if (same && (file == SIZE_MAX || e->file == file) && (!found || e > found)) found = e;
  }
  return found;
}

static wb_entry *find(wb_library *lib, wb_str name, wb_decl_kind kind) { return find_in(lib, name, kind, SIZE_MAX); }

/* The words of a `model_type` or `class` line lead to the family above it. */
static void add_keys(wb_library *lib, wb_str line, size_t at, wb_key **keys, size_t *count, size_t *cap) {
  for (;;) {
    wb_str type = word(line, &at);
    if (!type.len) return;
    WB_PUSH_ROOM(&lib->ctx, *keys, *count, *cap);
    (*keys)[(*count)++] = (wb_key){type, wb_str_hash(type), lib->entry_count - 1};
  }
}

/* Most lines are statements: one look at their first letter (of model_type, class, marker) is enough. */
static bool may_hold_keys(wb_str line) {
  size_t at = 0;
  while (at < line.len && line.ptr[at] == ' ') at++;
  return at < line.len && (line.ptr[at] == 'm' || line.ptr[at] == 'c');
}

/* Finds the lines that begin a declaration, and the model types of families, without parsing. */
static void scan(wb_library *lib, size_t file) {
  wb_str text = lib->files[file].text;
  const size_t before = lib->entry_count; /* keys belong to a family of this file */
  for (size_t at = 0; at < text.len;) {
    size_t end = line_end(text, at), from = 0;
    wb_str line = wb_str_slice(text, at, end);
    at = end + 1;
    if (!line.len || line.ptr[0] == '#') continue;
    bool top = line.ptr[0] != ' ';
    if (!top && !may_hold_keys(line)) continue;
    wb_str first = word(line, &from);
    wb_decl_kind kind = WB_D_OPERATION;
    if (top && wb_decl_kind_named(first, &kind)) add_entry(lib, kind, word(line, &from), file);
    else if (!top && lib->entry_count > before && wb_str_is(first, "model_type"))
      add_keys(lib, line, from, &lib->types, &lib->type_count, &lib->type_cap);
    else if (!top && lib->entry_count > before && wb_str_is(first, "class"))
      add_keys(lib, line, from, &lib->classes, &lib->class_count, &lib->class_cap);
    else if (!top && lib->entry_count > before && wb_str_is(first, "marker"))
      add_keys(lib, line, from, &lib->markers, &lib->marker_count, &lib->marker_cap);
  }
}

static void add_file(wb_library *lib, wb_str path, wb_str text, bool is_override) {
  WB_PUSH_ROOM(&lib->ctx, lib->files, lib->file_count, lib->file_cap);
  lib->files[lib->file_count++] = (wb_source_file){path, text, is_override, WB_UNPARSED};
  scan(lib, lib->file_count - 1);
}

typedef struct parsing {
  wb_library *lib;
  size_t file;
} parsing;

static wb_decl *closest(wb_library *lib, wb_decl_kind kind, wb_str name, wb_place place);

static wb_decl *like(void *user, wb_decl_kind kind, wb_str name, wb_place place) {
  return closest(((parsing *)user)->lib, kind, name, place);
}

static void found(void *user, wb_decl *decl) {
  wb_library *lib = ((parsing *)user)->lib;
  size_t file = ((parsing *)user)->file;
  decl->is_override = lib->files[file].is_override;
  wb_entry *entry = find_in(lib, decl->name->name, decl->kind, file);
  if (entry) entry->decl = decl;
}

static void parse_file(wb_library *lib, size_t file) {
  if (lib->files[file].state != WB_UNPARSED) return;
  lib->files[file].state = WB_PARSING;
  parsing p = {lib, file};
  wb_decl_sink sink = {like, found, &p};
  wb_enter(&lib->ctx, WB_NOWHERE);
  wb_parse_descriptions(&lib->ctx, &lib->symbols, lib->files[file].text, lib->files[file].path, &sink);
  wb_leave(&lib->ctx);
  lib->files[file].state = WB_PARSED;
}

/* Work in the library's own context, which serves many callers, begins with this and ends in pass_on where it fails. */
static void begin_anew(wb_library *lib) { lib->ctx.depth = lib->ctx.eval_depth = 0; }

static _Noreturn void pass_on(const wb_library *lib, wb_ctx *ctx) {
  ctx->failure = lib->ctx.failure;
  wb_unwind(ctx);
}

/* Files are parsed in the library's own context; a fault there becomes the caller's. What was begun is begun anew the
 * next time: the fault may have been a shortage of memory. */
static void parse_for(wb_library *lib, wb_ctx *ctx, size_t file) {
  if (lib->files[file].state == WB_PARSED) return;
  begin_anew(lib);
  if (WB_GUARD(&lib->ctx)) {
    parse_file(lib, file);
    return;
  }
  for (size_t i = 0; i < lib->file_count; i++)
    if (lib->files[i].state == WB_PARSING) lib->files[i].state = WB_UNPARSED;
  pass_on(lib, ctx);
}

/* `like` inside a file being parsed: a family of another file, or one above in the same file. */
static wb_decl *closest(wb_library *lib, wb_decl_kind kind, wb_str name, wb_place place) {
  wb_entry *entry = find(lib, name, kind);
  if (!entry) return NULL;
  if (!entry->decl) parse_file(lib, entry->file);
  if (!entry->decl) WB_FAIL(&lib->ctx, WB_LANG_LIKE_CIRCLE, place, name);
  return entry->decl;
}

const wb_sym *wb_library_name(wb_library *lib, wb_ctx *ctx, wb_str name) {
  const wb_sym *known = wb_intern_find(&lib->symbols, name);
  if (known) return known;
  begin_anew(lib);
  if (WB_GUARD(&lib->ctx)) return wb_intern(&lib->symbols, name);
  pass_on(lib, ctx);
}

const wb_decl *wb_library_find(wb_library *lib, wb_ctx *ctx, wb_decl_kind kind, wb_str name) {
  wb_entry *entry = find(lib, name, kind);
  if (!entry) return NULL;
  parse_for(lib, ctx, entry->file);
  return entry->decl;
}

/* Of the keys that are alike, the one added last. */
static const wb_decl *keyed(wb_library *lib, wb_ctx *ctx, const wb_key *keys, size_t count, wb_str name) {
  const uint64_t hash = wb_str_hash(name);
  for (size_t i = count; i-- > 0;) {
    if (keys[i].hash != hash || !wb_str_eq(keys[i].type, name)) continue;
    wb_entry *entry = &lib->entries[keys[i].entry];
    parse_for(lib, ctx, entry->file);
    return entry->decl;
  }
  return NULL;
}

const wb_decl *wb_library_type(wb_library *lib, wb_ctx *ctx, wb_str model_type) {
  return keyed(lib, ctx, lib->types, lib->type_count, model_type);
}

const wb_decl *wb_library_class(wb_library *lib, wb_ctx *ctx, wb_str class_name) {
  return keyed(lib, ctx, lib->classes, lib->class_count, class_name);
}

/* One that a user's of the same name stands before is not there. */
const wb_decl *wb_library_at(wb_library *lib, wb_ctx *ctx, wb_decl_kind kind, size_t i) {
  for (size_t n = 0; n < lib->entry_count; n++) {
    wb_entry *entry = &lib->entries[n];
    if (entry->kind != kind || find(lib, entry->name, kind) != entry || i-- > 0) continue;
    parse_for(lib, ctx, entry->file);
    return entry->decl;
  }
  return NULL;
}

const wb_decl *wb_library_marker(wb_library *lib, wb_ctx *ctx, size_t i, wb_str *key) {
  if (i >= lib->marker_count) return NULL;
  *key = lib->markers[i].type;
  wb_entry *entry = &lib->entries[lib->markers[i].entry];
  parse_for(lib, ctx, entry->file);
  return entry->decl;
}

/* A named constant, with its citation for the derivation. */
static wb_binding *constant(wb_ctx *ctx, wb_scope *scope, const wb_sym *name) {
  const wb_decl *decl = wb_library_find(scope->user, ctx, WB_D_CONSTANT, name->name);
  if (!decl) return NULL;
  wb_origin *origin = WB_NEW(ctx, wb_origin);
  *origin = (wb_origin){WB_FROM_CONSTANT, decl->name->name, decl->source, 0};
  wb_binding *binding = wb_bind_expr(ctx, scope, name, decl->value, scope);
  binding->origin = origin;
  return binding;
}

/* Names that no scope knows: an operation or block becomes a closure without arguments. */
static wb_binding *resolve(wb_ctx *ctx, wb_scope *scope, const wb_sym *name) {
  const wb_scope *known = scope->known;
  for (size_t i = 0; known && i < known->count; i++)
    if (known->items[i]->name == name) return known->items[i];
  const wb_decl *decl = wb_library_find(scope->user, ctx, WB_D_BLOCK, name->name);
  if (!decl) return constant(ctx, scope, name);
  wb_closure *closure = WB_NEW(ctx, wb_closure);
  *closure = (wb_closure){.target = decl, .name = name->name, .scope = scope};
  return wb_bind_value(ctx, scope, name, (wb_value){.kind = WB_CLOSURE, .u.closure = closure});
}

static void offer(const wb_scope *scope, void (*take)(void *taker, wb_str name), void *taker) {
  const wb_library *lib = scope->user;
  for (size_t i = 0; scope->known && i < scope->known->count; i++) take(taker, scope->known->items[i]->name->name);
  for (size_t i = 0; i < lib->entry_count; i++) {
    const wb_decl_kind kind = lib->entries[i].kind;
    if (kind == WB_D_BLOCK || kind == WB_D_OPERATION || kind == WB_D_CONSTANT) take(taker, lib->entries[i].name);
  }
}

wb_scope *wb_library_scope(wb_library *lib, wb_ctx *ctx, const wb_scope *known) {
  wb_scope *scope = wb_scope_new(ctx, NULL);
  scope->known = known;
  scope->resolve = resolve;
  scope->offer = offer;
  scope->user = lib;
  return scope;
}

static size_t split(wb_str line, char separator, wb_str *parts, size_t max) {
  size_t n = 0, from = 0;
  for (size_t i = 0; i <= line.len && n < max; i++) {
    if (i < line.len && line.ptr[i] != separator) continue;
    parts[n++] = wb_str_trim(wb_str_slice(line, from, i));
    from = i + 1;
  }
  return n;
}

static wb_field_type field_type(wb_str name) {
  static const struct {
    const char *name;
    wb_field_type type;
  } types[] = {{"integer", WB_FIELD_INTEGER},    {"bool", WB_FIELD_BOOL}, {"text", WB_FIELD_TEXT},
               {"number", WB_FIELD_NUMBER},      {"list", WB_FIELD_LIST}, {"integer_or_list", WB_FIELD_INTEGER_OR_LIST},
               {"text_list", WB_FIELD_TEXT_LIST}};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (wb_str_is(name, types[i].name)) return types[i].type;
  return WB_FIELD_ANY;
}

static wb_i128 bound(wb_str text, wb_i128 fallback) {
  wb_num n;
  return wb_num_parse(text, &n) && n.den == 1 ? n.num : fallback;
}

/* name, type, low, high, dimension, aliases */
static void add_rule(wb_library *lib, const wb_str *cells) {
  wb_str names[24];
  WB_PUSH_ROOM(&lib->ctx, lib->rules, lib->rule_count, lib->rule_cap);
  wb_field_rule *rule = &lib->rules[lib->rule_count++];
  *rule = (wb_field_rule){.name = wb_intern(&lib->symbols, cells[0]),
                          .type = field_type(cells[1]),
                          .low = bound(cells[2], 0),
                          .high = bound(cells[3], INT64_MAX),
                          .is_dimension = wb_str_is(cells[4], "dimension") || wb_str_is(cells[4], "size"),
                          .is_size = wb_str_is(cells[4], "size")};
  size_t n = cells[5].len ? split(cells[5], ',', names, 24) : 0;
  rule->aliases = WB_NEWN(&lib->ctx, const wb_sym *, n);
  rule->alias_count = n;
  for (size_t i = 0; i < n; i++) rule->aliases[i] = wb_intern(&lib->symbols, names[i]);
}

static void add_ignored(wb_library *lib, const wb_str *cells) {
  ((wb_sym *)wb_intern(&lib->symbols, cells[0]))->is_ignored = true; /* the library owns its names */
}

static void read_rows(wb_library *lib, wb_str text, void (*add)(wb_library *, const wb_str *)) {
  wb_str cells[6];
  for (size_t at = 0; wb_tsv_next(text, &at, cells, 6);) add(lib, cells);
}

/* Notes at each name the rule that speaks of it: its own before one that has it as an alias. */
static void link_rules(wb_library *lib) {
  for (size_t i = 0; i < lib->rule_count; i++) ((wb_sym *)lib->rules[i].name)->rule = &lib->rules[i];
  for (size_t i = 0; i < lib->rule_count; i++)
    for (size_t a = 0; a < lib->rules[i].alias_count; a++) {
      wb_sym *alias = (wb_sym *)lib->rules[i].aliases[a]; /* the library owns its names */
      if (!alias->rule) alias->rule = &lib->rules[i];
    }
}

void wb_library_init(wb_library *lib) {
  lib->symbols = (wb_symtab){.ctx = &lib->ctx};
  lib->weight = wb_intern(&lib->symbols, WB_STR("weight"));
  lib->here = wb_intern(&lib->symbols, WB_STR("here"));
  wb_workload_names(&lib->symbols);
  for (size_t i = 0; i < wb_data_file_count; i++) {
    wb_str path = wb_str_of(wb_data_files[i].path), text = {wb_data_files[i].bytes, wb_data_files[i].length};
    if (wb_str_ends(path, WB_STR(".weigh"))) add_file(lib, path, text, false);
    else if (wb_str_is(path, "fields/ignored.tsv")) read_rows(lib, text, add_ignored);
    else if (wb_str_starts(path, WB_STR("fields/"))) read_rows(lib, text, add_rule);
  }
  link_rules(lib);
}

void wb_library_add(wb_library *lib, wb_str path, wb_str text) {
  const size_t before = lib->entry_count;
  add_file(lib, path, text, true);
  if (lib->entry_count == before) WB_FAIL(&lib->ctx, WB_LANG_NO_DECLARATION, wb_in_file(path), path);
}

void wb_library_parse_added(wb_library *lib) {
  for (size_t i = 0; i < lib->file_count; i++)
    if (lib->files[i].is_override) parse_file(lib, i);
}

const wb_field_rule *wb_library_rule(const wb_sym *name) { return name->rule; }

bool wb_library_ignores(const wb_library *lib, wb_str key) {
  const wb_sym *sym = wb_intern_find(&lib->symbols, key);
  return sym && sym->is_ignored;
}

const wb_expr *wb_library_formula(wb_library *lib, wb_ctx *ctx, wb_str text, wb_str file) {
  for (size_t i = 0; i < lib->formula_count; i++)
    if (lib->formulas[i].text == text.ptr) return lib->formulas[i].expr;
  begin_anew(lib);
  if (WB_GUARD(&lib->ctx)) {
    WB_PUSH_ROOM(&lib->ctx, lib->formulas, lib->formula_count, lib->formula_cap);
    const wb_expr *expr = wb_parse_formula(&lib->ctx, &lib->symbols, text, file);
    lib->formulas[lib->formula_count++] = (struct wb_formula_text){text.ptr, expr};
    return expr;
  }
  pass_on(lib, ctx);
}

const void *wb_library_made(wb_library *lib, wb_ctx *ctx, wb_make_fn make) {
  for (size_t i = 0; i < lib->made_count; i++)
    if (lib->made[i].make == make) return lib->made[i].made;
  begin_anew(lib);
  if (WB_GUARD(&lib->ctx)) {
    WB_PUSH_ROOM(&lib->ctx, lib->made, lib->made_count, lib->made_cap);
    const void *made = make(&lib->ctx);
    lib->made[lib->made_count++] = (struct wb_kept_table){make, made};
    return made;
  }
  pass_on(lib, ctx);
}

void wb_library_parse_all(wb_library *lib, wb_ctx *ctx) {
  for (size_t i = 0; i < lib->file_count; i++) parse_for(lib, ctx, i);
}

/* Readers of a built-in description have no use for where it was used. */
static void locate_use(const wb_library *lib, wb_place *used) {
  for (size_t i = lib->file_count; i-- > 0 && used->file.len && !used->line;) {
    if (!lib->files[i].is_override || !wb_str_eq(lib->files[i].path, used->file)) continue;
    *used = wb_text_place(lib->files[i].text, used->file, used->column);
  }
}

void wb_library_locate(const wb_library *lib, wb_failure *failure) {
  locate_use(lib, &failure->used);
  if (failure->place.line || !failure->place.file.len) return;
  for (size_t i = lib->file_count; i-- > 0;) {
    if (!wb_str_eq(lib->files[i].path, failure->place.file)) continue;
    size_t offset = failure->place.column;
    failure->excerpt = wb_text_line(lib->files[i].text, offset);
    failure->place = wb_text_place(lib->files[i].text, failure->place.file, offset);
    return;
  }
}
