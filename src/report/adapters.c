/* weigh adapters: which adapters are described, their options, the tensors that they put beside a model's and by which
 * formulas. */
#include "estimate/adapter.h"
#include "expr/print.h"
#include "report/report.h"

static wb_str printed(wb_ctx *ctx, const wb_expr *expr) {
  wb_text out = {.ctx = ctx};
  if (expr) wb_expr_print(&out, expr, WB_AS_FORMULA, NULL);
  return wb_text_str(&out);
}

static bool is_tensor(const wb_stmt *stmt) { return stmt->kind == WB_S_PARAM || stmt->kind == WB_S_BUFFER; }

/* "[rank, in_features]" */
static wb_str shape_of(wb_ctx *ctx, const wb_stmt *stmt) {
  wb_text out = {.ctx = ctx};
  wb_text_addc(&out, '[');
  for (size_t i = 0; i < stmt->arg_count; i++) {
    if (i) wb_text_adds(&out, ", ");
    wb_expr_print(&out, stmt->args[i].expr, WB_AS_FORMULA, NULL);
  }
  wb_text_addc(&out, ']');
  return wb_text_str(&out);
}

static bool named_before(const wb_decl *a, size_t end, wb_str name) {
  for (size_t i = 0; i < end; i++)
    if (is_tensor(a->body.items[i]) && wb_str_eq(a->body.items[i]->path->plain, name)) return true;
  return false;
}

/* The names of what it makes, each once. */
static wb_str tensors_of(wb_ctx *ctx, const wb_decl *a, wb_stmt_kind kind) {
  wb_text out = {.ctx = ctx};
  for (size_t i = 0; i < a->body.count; i++) {
    const wb_stmt *stmt = a->body.items[i];
    if (stmt->kind != kind || named_before(a, i, stmt->path->plain)) continue;
    wb_text_addf(&out, "%s%.*s", out.len ? ", " : "", WB_STR_ARG(stmt->path->plain));
  }
  return wb_text_str(&out);
}

static wb_str options_of(wb_ctx *ctx, const wb_decl *a) {
  wb_text out = {.ctx = ctx};
  for (size_t i = 0; i < a->field_count; i++)
    if (a->fields[i].option)
      wb_text_addf(&out, "%s%.*s=%.*s", out.len ? ", " : "", WB_STR_ARG(a->fields[i].name->name),
                   WB_STR_ARG(printed(ctx, a->fields[i].fallback)));
  return wb_text_str(&out);
}

/* ---- all of them ---- */

static const wb_column COLUMNS[] = {{"adapter", WB_LABEL_ADAPTER, false},
                                    {"options", WB_LABEL_OPTION_DEFAULTS, false},
                                    {"trains", WB_LABEL_TRAINS, false},
                                    {"keeps", WB_LABEL_KEEPS, false},
                                    {"source", WB_LABEL_SOURCE, false}};

static const wb_column SHORT_COLUMNS[] = {{"adapter", WB_LABEL_ADAPTER, false}, {"source", WB_LABEL_SOURCE, false}};

/* On a terminal: names and where they come from; `weigh adapters NAME` has the rest. */
static void list_text(wb_out *out, wb_library *lib) {
  wb_table table = {out->text.ctx, SHORT_COLUMNS, sizeof SHORT_COLUMNS / sizeof *SHORT_COLUMNS, NULL, 0, 0};
  const wb_decl *a;
  for (size_t i = 0; (a = wb_library_at(lib, out->text.ctx, WB_D_ADAPTER, i)) != NULL; i++) {
    wb_table_cell(&table, a->name->name);
    wb_table_cell(&table, a->source);
  }
  wb_table_write(out, &table);
}

static void list(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  wb_table table = {ctx, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, NULL, 0, 0};
  const wb_decl *a;
  if (out->options->format == WEIGH_FORMAT_TEXT) {
    list_text(out, lib);
    return;
  }
  for (size_t i = 0; (a = wb_library_at(lib, ctx, WB_D_ADAPTER, i)) != NULL; i++) {
    wb_table_cell(&table, a->name->name);
    wb_table_cell(&table, options_of(ctx, a));
    wb_table_cell(&table, tensors_of(ctx, a, WB_S_PARAM));
    wb_table_cell(&table, tensors_of(ctx, a, WB_S_BUFFER));
    wb_table_cell(&table, a->source);
  }
  wb_table_write(out, &table);
}

static void json_options(wb_json_out *j, wb_ctx *ctx, const wb_decl *a) {
  wb_jo_begin(j, "options", '[');
  for (size_t i = 0; i < a->field_count; i++) {
    if (!a->fields[i].option) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", a->fields[i].name->name);
    wb_jo_str(j, "default", printed(ctx, a->fields[i].fallback));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_head(wb_json_out *j, const wb_decl *a) {
  wb_jo_str(j, "name", a->name->name);
  if (a->like) wb_jo_str(j, "like", a->like->name->name);
  wb_jo_str(j, "source", a->source);
  wb_jo_str(j, "origin", a->is_override ? WB_STR("user") : WB_STR("built-in"));
}

static void list_json(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  wb_json_out j = {.out = out, .first = true};
  const wb_decl *a;
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "adapters");
  wb_jo_begin(&j, "adapters", '[');
  for (size_t i = 0; (a = wb_library_at(lib, ctx, WB_D_ADAPTER, i)) != NULL; i++) {
    wb_jo_begin(&j, NULL, '{');
    json_head(&j, a);
    json_options(&j, ctx, a);
    wb_jo_end(&j, '}');
  }
  wb_jo_end(&j, ']');
  wb_jo_end(&j, '}');
}

/* ---- one of them ---- */

typedef enum part { PART_OPTION, PART_FIELD, PART_TRAINS, PART_KEEPS, PART_REFUSES, PART_LET, PARTS } part;
static const char *const PART_NAMES[PARTS] = {"option", "field", "trains", "keeps", "requires", "let"};
static const char *const PART_KEYS[PARTS] = {"options", "fields", "tensors", "frozen", "requirements", "lets"};

typedef struct entry {
  part part;
  wb_str name, formula, when, aliases;
} entry;

static entry entry_of_field(wb_ctx *ctx, const wb_field *f) {
  wb_text aliases = {.ctx = ctx};
  for (size_t i = 0; i < f->alias_count; i++)
    wb_text_addf(&aliases, "%s%.*s", i ? ", " : "", WB_STR_ARG(f->aliases[i]->name));
  return (entry){f->option ? PART_OPTION : PART_FIELD, f->name->name, printed(ctx, f->fallback), WB_STR(""),
                 wb_text_str(&aliases)};
}

static entry entry_of_stmt(wb_ctx *ctx, const wb_stmt *stmt) {
  if (is_tensor(stmt))
    return (entry){stmt->kind == WB_S_PARAM ? PART_TRAINS : PART_KEEPS, stmt->path->plain, shape_of(ctx, stmt),
                   printed(ctx, stmt->mod.when), WB_STR("")};
  if (stmt->kind == WB_S_REQUIRE)
    return (entry){PART_REFUSES, stmt->text, printed(ctx, stmt->expr), WB_STR(""), WB_STR("")};
  return (entry){PART_LET, stmt->name->name, printed(ctx, stmt->expr), WB_STR(""), WB_STR("")};
}

static entry *entries_of(wb_ctx *ctx, const wb_decl *a, size_t *count) {
  entry *out = WB_NEWN(ctx, entry, a->field_count + a->body.count);
  *count = 0;
  for (size_t i = 0; i < a->field_count; i++) out[(*count)++] = entry_of_field(ctx, &a->fields[i]);
  for (size_t i = 0; i < a->body.count; i++) out[(*count)++] = entry_of_stmt(ctx, a->body.items[i]);
  return out;
}

static void json_part(wb_json_out *j, part which, const entry *all, size_t count) {
  wb_jo_begin(j, PART_KEYS[which], '[');
  for (size_t i = 0; i < count; i++) {
    if (all[i].part != which) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, which == PART_REFUSES ? "why" : "name", all[i].name);
    wb_jo_str(j,
              which == PART_TRAINS || which == PART_KEEPS ? "shape"
              : which == PART_OPTION                      ? "default"
                                                          : "formula",
              all[i].formula);
    if (all[i].when.len) wb_jo_str(j, "when", all[i].when);
    if (all[i].aliases.len) wb_jo_str(j, "aliases", all[i].aliases);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void one_json(wb_out *out, const wb_decl *a, const entry *all, size_t count) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "adapter");
  json_head(&j, a);
  for (int p = 0; p < PARTS; p++) json_part(&j, (part)p, all, count);
  wb_jo_end(&j, '}');
}

static const wb_column ENTRY_COLUMNS[] = {{"part", WB_LABEL_KIND, false},
                                          {"name", WB_LABEL_NAME, false},
                                          {"formula", WB_LABEL_FORMULA_COLUMN, false},
                                          {"when", WB_LABEL_WHEN, false},
                                          {"aliases", WB_LABEL_ALSO, false}};

static void one_table(wb_out *out, const entry *all, size_t count) {
  wb_table table = {out->text.ctx, ENTRY_COLUMNS, sizeof ENTRY_COLUMNS / sizeof *ENTRY_COLUMNS, NULL, 0, 0};
  for (size_t i = 0; i < count; i++) {
    const wb_str cells[] = {wb_str_of(PART_NAMES[all[i].part]), all[i].name, all[i].formula, all[i].when,
                            all[i].aliases};
    for (size_t c = 0; c < sizeof cells / sizeof *cells; c++) wb_table_cell(&table, cells[c]);
  }
  wb_table_write(out, &table);
}

static void text_part(wb_out *out, wb_message_id head, part which, const entry *all, size_t count) {
  bool any = false;
  for (size_t i = 0; i < count; i++) {
    const entry *e = &all[i];
    if (e->part != which) continue;
    if (!any) wb_text_addf(&out->text, "\n%s\n", wb_out_label(out, head));
    any = true;
    if (which == PART_REFUSES) {
      wb_text_addf(&out->text, "  %.*s\n    %.*s\n", WB_STR_ARG(e->formula), WB_STR_ARG(e->name));
      continue;
    }
    const bool tensor = which == PART_TRAINS || which == PART_KEEPS;
    wb_text_addf(&out->text, "  %.*s%s%.*s\n", WB_STR_ARG(e->name), tensor ? " " : " = ", WB_STR_ARG(e->formula));
    if (e->when.len) wb_text_addf(&out->text, "    %s: %.*s\n", wb_out_label(out, WB_LABEL_WHEN), WB_STR_ARG(e->when));
    if (e->aliases.len)
      wb_text_addf(&out->text, "    %s: %.*s\n", wb_out_label(out, WB_LABEL_ALSO), WB_STR_ARG(e->aliases));
  }
}

static void one_text(wb_out *out, const wb_decl *a, const entry *all, size_t count) {
  static const wb_message_id heads[PARTS] = {WB_HEAD_OPTIONS, WB_HEAD_FIELDS,  WB_HEAD_TRAINS,
                                             WB_HEAD_KEEPS,   WB_HEAD_REFUSES, WB_HEAD_LETS};
  wb_text_addf(&out->text, "%.*s\n  %s: %.*s\n", WB_STR_ARG(a->name->name), wb_out_label(out, WB_LABEL_SOURCE),
               WB_STR_ARG(a->source));
  for (int p = 0; p < PARTS; p++) text_part(out, heads[p], (part)p, all, count);
}

void wb_report_adapters(wb_out *out, wb_library *lib) {
  wb_ctx *ctx = out->text.ctx;
  const weigh_format format = out->options->format;
  if (!out->options->adapter) {
    if (format == WEIGH_FORMAT_JSON) list_json(out, lib);
    else list(out, lib);
    return;
  }
  const wb_decl *a = wb_adapter_find(lib, ctx, wb_str_of(out->options->adapter));
  size_t count;
  const entry *all = entries_of(ctx, a, &count);
  if (format == WEIGH_FORMAT_JSON) one_json(out, a, all, count);
  else if (format == WEIGH_FORMAT_TEXT) one_text(out, a, all, count);
  else one_table(out, all, count);
}
