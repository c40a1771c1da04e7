/* weigh engines: which serving programs are described, their options, what they take of a device and by which formulas. */
#include "estimate/engine.h"
#include "expr/print.h"
#include "report/report.h"

static wb_str formula(wb_ctx *ctx, const wb_expr *expr) {
  wb_text out = {.ctx = ctx};
  if (expr) wb_expr_print(&out, expr, WB_AS_FORMULA, NULL);
  return wb_text_str(&out);
}

/* A text that a description writes itself: `let releases = "0.8"`; empty for none. */
static wb_str literal(const wb_expr *expr) {
  const bool text = expr && expr->kind == WB_X_LITERAL && expr->u.literal.kind == WB_TEXT;
  return text ? expr->u.literal.u.text : WB_STR("");
}

static wb_str own_text(const wb_decl *e, const char *name) {
  for (size_t i = e->field_count; i-- > 0;)
    if (e->fields[i].derived && wb_str_is(e->fields[i].name->name, name)) return literal(e->fields[i].fallback);
  for (size_t i = 0; i < e->body.count; i++) {
    const wb_stmt *s = e->body.items[i];
    if (s->kind == WB_S_LET && s->name && wb_str_is(s->name->name, name)) return literal(s->expr);
  }
  return WB_STR("");
}

static void add_name(wb_text *out, wb_str name) {
  if (out->len) wb_text_adds(out, ", ");
  wb_text_add(out, name);
}

static wb_str aliases_of(wb_ctx *ctx, const wb_field *option) {
  wb_text out = {.ctx = ctx};
  for (size_t i = 0; i < option->alias_count; i++) add_name(&out, option->aliases[i]->name);
  return wb_text_str(&out);
}

static wb_str components_of(wb_ctx *ctx, const wb_decl *e) {
  wb_text out = {.ctx = ctx};
  for (size_t i = 0; i < e->body.count; i++)
    if (e->body.items[i]->kind == WB_S_COMPONENT) add_name(&out, e->body.items[i]->name->name);
  return wb_text_str(&out);
}

static size_t options_of(const wb_decl *e) {
  size_t n = 0;
  for (size_t i = 0; i < e->field_count; i++) n += e->fields[i].option;
  return n;
}

/* ---- all of them ---- */

static const wb_column COLUMNS[] = {{"engine", WB_LABEL_ENGINE, false},     {"release", WB_LABEL_RELEASE, false},
                                    {"releases", WB_LABEL_RELEASES, false}, {"options", WB_LABEL_OPTIONS, true},
                                    {"components", WB_LABEL_TAKES, false},  {"allocation", WB_LABEL_ALLOCATION, false},
                                    {"source", WB_LABEL_SOURCE, false}};

static void list_json(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  wb_json_out j = {.out = out, .first = true};
  const wb_decl *e;
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "engines");
  wb_jo_begin(&j, "engines", '[');
  for (size_t i = 0; (e = wb_library_at(lib, ctx, WB_D_ENGINE, i)) != NULL; i++) {
    wb_jo_begin(&j, NULL, '{');
    wb_jo_str(&j, "name", e->name->name);
    if (e->like) wb_jo_str(&j, "like", e->like->name->name);
    wb_jo_str(&j, "release", own_text(e, "release"));
    wb_jo_str(&j, "releases", wb_out_told(out, own_text(e, "releases")));
    wb_jo_str(&j, "allocation", own_text(e, "allocation"));
    wb_jo_int(&j, "option_count", (wb_i128)options_of(e));
    wb_jo_begin(&j, "components", '[');
    for (size_t k = 0; k < e->body.count; k++)
      if (e->body.items[k]->kind == WB_S_COMPONENT) wb_jo_str(&j, NULL, e->body.items[k]->name->name);
    wb_jo_end(&j, ']');
    wb_jo_str(&j, "source", e->source);
    wb_jo_str(&j, "origin", e->is_override ? WB_STR("user") : WB_STR("built-in"));
    wb_jo_end(&j, '}');
  }
  wb_jo_end(&j, ']');
  wb_jo_end(&j, '}');
}

static void list(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  wb_table table = {ctx, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, NULL, 0, 0};
  const wb_decl *e;
  for (size_t i = 0; (e = wb_library_at(lib, ctx, WB_D_ENGINE, i)) != NULL; i++) {
    wb_table_cell(&table, e->name->name);
    wb_table_cell(&table, own_text(e, "release"));
    wb_table_cell(&table, wb_out_told(out, own_text(e, "releases")));
    wb_table_cell(&table, wb_out_number(out, (wb_i128)options_of(e)));
    wb_table_cell(&table, components_of(ctx, e));
    wb_table_cell(&table, own_text(e, "allocation"));
    wb_table_cell(&table, e->source);
  }
  wb_table_write(out, &table);
}

/* ---- one of them ---- */

typedef enum part { PART_OPTION, PART_RELEASE, PART_LET, PART_QUANTITY, PART_COMPONENT, PART_CONSTANT } part;
static const char *const PARTS[] = {"option", "release", "let", "quantity", "component", "constant"};

/* A line of an engine's description. */
typedef struct entry {
  part part;
  wb_str name, formula, low, high, basis, aliases, source;
} entry;

typedef struct entries {
  wb_ctx *ctx;
  wb_scope *known; /* constants, by name */
  entry *items;
  size_t count, cap;
} entries;

static void add(entries *all, entry e) {
  for (size_t i = 0; e.part == PART_CONSTANT && i < all->count; i++)
    if (all->items[i].part == PART_CONSTANT && wb_str_eq(all->items[i].name, e.name)) return;
  WB_PUSH_ROOM(all->ctx, all->items, all->count, all->cap);
  all->items[all->count++] = e;
}

/* The constants that a formula reads, each once; returns the citation of the first. */
static wb_str add_constants(entries *all, const wb_decl *e, const wb_expr *expr) {
  const wb_sym **names = NULL;
  const size_t n = expr ? wb_expr_names(all->ctx, expr, &names) : 0;
  wb_str source = WB_STR("");
  for (size_t i = 0; i < n; i++) {
    bool own = false;
    for (size_t k = 0; k < e->field_count && !own; k++) own = e->fields[k].name == names[i];
    for (size_t k = 0; k < e->body.count && !own; k++) own = e->body.items[k]->name == names[i];
    const wb_binding *b = own ? NULL : wb_scope_find(all->ctx, all->known, names[i]);
    if (!b || !b->origin || b->origin->kind != WB_FROM_CONSTANT) continue;
    add(all, (entry){.part = PART_CONSTANT,
                     .name = names[i]->name,
                     .formula = formula(all->ctx, b->expr),
                     .source = b->origin->source});
    if (!source.len) source = b->origin->source;
  }
  return source;
}

static entry entry_of_field(wb_ctx *ctx, const wb_field *f) {
  return (entry){.part = f->option ? PART_OPTION : PART_RELEASE,
                 .name = f->name->name,
                 .formula = formula(ctx, f->fallback),
                 .aliases = aliases_of(ctx, f)};
}

static entry entry_of_stmt(wb_ctx *ctx, const wb_stmt *s) {
  const bool component = s->kind == WB_S_COMPONENT;
  return (entry){.part = component                  ? PART_COMPONENT
                         : s->kind == WB_S_QUANTITY ? PART_QUANTITY
                                                    : PART_LET,
                 .name = s->name->name,
                 .formula = formula(ctx, s->expr),
                 .low = formula(ctx, component ? s->second : NULL),
                 .high = formula(ctx, component ? s->every : NULL),
                 .basis = s->basis,
                 .source = s->text};
}

/* What a component does not cite itself, the constants that it reads do. */
static void add_stmt(entries *all, const wb_decl *e, const wb_stmt *s) {
  entry out = entry_of_stmt(all->ctx, s);
  const wb_str cited = add_constants(all, e, s->expr);
  add_constants(all, e, s->kind == WB_S_COMPONENT ? s->second : NULL);
  add_constants(all, e, s->kind == WB_S_COMPONENT ? s->every : NULL);
  if (out.part == PART_COMPONENT && !out.source.len) out.source = cited.len ? cited : e->source;
  add(all, out);
}

static entries entries_of(wb_ctx *ctx, wb_library *lib, const wb_decl *e) {
  entries all = {.ctx = ctx, .known = wb_library_scope(lib, ctx, NULL)};
  for (int option = 1; option >= 0; option--)
    for (size_t i = 0; i < e->field_count; i++) {
      if (e->fields[i].option != option) continue;
      add(&all, entry_of_field(ctx, &e->fields[i]));
      add_constants(&all, e, e->fields[i].fallback);
    }
  for (size_t i = 0; i < e->body.count; i++)
    if (e->body.items[i]->name) add_stmt(&all, e, e->body.items[i]);
  return all;
}

static void json_text(wb_json_out *j, const char *key, wb_str value) {
  if (value.len) wb_jo_str(j, key, value);
}

static void json_part(wb_json_out *j, const char *key, part which, const entries *all) {
  wb_jo_begin(j, key, '[');
  for (size_t i = 0; i < all->count; i++) {
    const entry *e = &all->items[i];
    if (e->part != which) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", e->name);
    wb_jo_str(j, which == PART_OPTION ? "default" : "formula", e->formula);
    json_text(j, "low", e->low);
    json_text(j, "high", e->high);
    json_text(j, "basis", e->basis);
    json_text(j, "aliases", e->aliases);
    json_text(j, "source", e->source);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void one_json(wb_out *out, const wb_decl *e, const entries *all) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "engine");
  wb_jo_str(&j, "name", e->name->name);
  if (e->like) wb_jo_str(&j, "like", e->like->name->name);
  wb_jo_str(&j, "release", own_text(e, "release"));
  wb_jo_str(&j, "releases", wb_out_told(out, own_text(e, "releases")));
  wb_jo_str(&j, "source", e->source);
  json_part(&j, "options", PART_OPTION, all);
  json_part(&j, "fields", PART_RELEASE, all);
  json_part(&j, "lets", PART_LET, all);
  json_part(&j, "quantities", PART_QUANTITY, all);
  json_part(&j, "components", PART_COMPONENT, all);
  json_part(&j, "constants", PART_CONSTANT, all);
  wb_jo_end(&j, '}');
}

static const wb_column ENTRY_COLUMNS[] = {
    {"part", WB_LABEL_KIND, false},    {"name", WB_LABEL_NAME, false},    {"formula", WB_LABEL_FORMULA_COLUMN, false},
    {"low", WB_LABEL_LOW, false},      {"high", WB_LABEL_HIGH, false},    {"basis", WB_LABEL_BASIS, false},
    {"aliases", WB_LABEL_ALSO, false}, {"source", WB_LABEL_SOURCE, false}};

static void one_table(wb_out *out, const entries *all) {
  wb_table table = {out->text.ctx, ENTRY_COLUMNS, sizeof ENTRY_COLUMNS / sizeof *ENTRY_COLUMNS, NULL, 0, 0};
  for (size_t i = 0; i < all->count; i++) {
    const entry *e = &all->items[i];
    const wb_str cells[] = {
        wb_str_of(PARTS[e->part]), e->name, e->formula, e->low, e->high, e->basis, e->aliases, e->source};
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) wb_table_cell(&table, cells[c]);
  }
  wb_table_write(out, &table);
}

static void text_line(wb_out *out, const char *label, wb_str value) {
  if (value.len) wb_text_addf(&out->text, "    %s: %.*s\n", label, WB_STR_ARG(value));
}

/* As the command line takes it: --max-num-seqs. */
static void option_name(wb_text *out, wb_str name) {
  wb_text_adds(out, "--");
  for (size_t i = 0; i < name.len; i++) wb_text_addc(out, name.ptr[i] == '_' ? '-' : name.ptr[i]);
}

static void text_part(wb_out *out, wb_message_id head, part which, const entries *all) {
  bool any = false;
  for (size_t i = 0; i < all->count; i++) {
    const entry *e = &all->items[i];
    if (e->part != which) continue;
    if (!any) wb_text_addf(&out->text, "\n%s\n", wb_out_label(out, head));
    any = true;
    wb_text_adds(&out->text, "  ");
    if (which == PART_OPTION) option_name(&out->text, e->name);
    else wb_text_add(&out->text, e->name);
    wb_text_addf(&out->text, " = %.*s", WB_STR_ARG(e->formula));
    if (e->basis.len) wb_text_addf(&out->text, " (%.*s)", WB_STR_ARG(e->basis));
    wb_text_addc(&out->text, '\n');
    text_line(out, wb_out_label(out, WB_LABEL_LOW), e->low);
    text_line(out, wb_out_label(out, WB_LABEL_HIGH), e->high);
    text_line(out, wb_out_label(out, WB_LABEL_ALSO), e->aliases);
    text_line(out, wb_out_label(out, WB_LABEL_SOURCE), e->source);
  }
}

static void one_text(wb_out *out, const wb_decl *e, const entries *all) {
  wb_text_addf(&out->text, "%.*s", WB_STR_ARG(e->name->name));
  const wb_str releases = wb_out_told(out, own_text(e, "releases"));
  if (releases.len) wb_text_addf(&out->text, " (%.*s)", WB_STR_ARG(releases));
  wb_text_addf(&out->text, "\n  %s: %.*s\n", wb_out_label(out, WB_LABEL_SOURCE), WB_STR_ARG(e->source));
  text_part(out, WB_HEAD_OPTIONS, PART_OPTION, all);
  text_part(out, WB_HEAD_COMPONENTS, PART_COMPONENT, all);
  text_part(out, WB_HEAD_QUANTITIES, PART_QUANTITY, all);
  text_part(out, WB_HEAD_RELEASE, PART_RELEASE, all);
  text_part(out, WB_HEAD_LETS, PART_LET, all);
  text_part(out, WB_HEAD_CONSTANTS, PART_CONSTANT, all);
}

void wb_report_engines(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  const weigh_format format = out->options->format;
  if (!out->options->serving.engine) {
    if (format == WEIGH_FORMAT_JSON) list_json(out, lib);
    else list(out, lib);
    return;
  }
  const wb_decl *e = wb_engine_find(lib, ctx, wb_str_of(out->options->serving.engine));
  const entries all = entries_of(ctx, lib, e);
  if (format == WEIGH_FORMAT_JSON) one_json(out, e, &all);
  else if (format == WEIGH_FORMAT_TEXT) one_text(out, e, &all);
  else one_table(out, &all);
}
