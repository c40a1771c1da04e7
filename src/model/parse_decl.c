#include "expr/parse.h"
#include "model/parse_method.h"
#include "model/parse_stmt.h"

typedef struct reader {
  wb_tokens t;
  const wb_decl_sink *sink;
} reader;

/* "(" name ["=" expr] , … ")" */
static void parameters(wb_tokens *t, wb_decl *decl) {
  size_t cap = 0;
  wb_expect(t, WB_T_PUNCT, "(", "`(` and parameters");
  while (!wb_is(t, WB_T_PUNCT, ")")) {
    WB_PUSH_ROOM(t->ctx, decl->params, decl->param_count, cap);
    wb_parameter *param = &decl->params[decl->param_count++];
    *param = (wb_parameter){wb_parse_name(t, "a parameter's name"), NULL};
    if (wb_accept(t, WB_T_PUNCT, "=")) param->fallback = wb_parse_expr(t);
    if (!wb_accept(t, WB_T_PUNCT, ",")) break;
  }
  wb_expect(t, WB_T_PUNCT, ")", "`,` or `)`");
}

static wb_field *field_slot(wb_tokens *t, wb_decl *decl, size_t *cap, const wb_sym *name) {
  for (size_t i = 0; i < decl->field_count; i++)
    if (decl->fields[i].name == name) return &decl->fields[i];
  if (decl->field_count == *cap) decl->fields = wb_grow(t->ctx, decl->fields, cap, sizeof *decl->fields);
  return &decl->fields[decl->field_count++];
}

static void aliases(wb_tokens *t, wb_field *field) {
  size_t cap = 0;
  do {
    WB_PUSH_ROOM(t->ctx, field->aliases, field->alias_count, cap);
    field->aliases[field->alias_count++] = wb_parse_name(t, "another name of the field");
  } while (wb_accept(t, WB_T_PUNCT, ","));
}

/* name ["nullable"] ["from" dotted] ["aliases" a, b] ["=" expr]  |  "let" name "=" expr */
static void field(wb_tokens *t, wb_decl *decl, size_t *cap, bool option) {
  bool derived = wb_accept(t, WB_T_NAME, "let");
  wb_place place = {t->file, 0, wb_peek(t)->offset};
  const wb_sym *name = wb_parse_name(t, "a field's name");
  wb_field *slot = field_slot(t, decl, cap, name);
  *slot = (wb_field){.name = name, .derived = derived, .option = option, .place = place, .from = WB_STR("")};
  for (;;) {
    if (wb_accept(t, WB_T_NAME, "nullable")) slot->nullable = true;
    else if (wb_accept(t, WB_T_NAME, "from")) slot->from = wb_parse_dotted(t);
    else if (wb_accept(t, WB_T_NAME, "aliases")) aliases(t, slot);
    else break;
  }
  if (wb_accept(t, WB_T_PUNCT, "=")) slot->fallback = wb_parse_expr(t);
  wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
}

static void fields(wb_tokens *t, wb_decl *decl, bool options) {
  size_t cap = decl->field_count;
  wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
  wb_expect(t, WB_T_INDENT, NULL, "an indented field");
  while (!wb_accept(t, WB_T_DEDENT, NULL)) field(t, decl, &cap, options);
}

static void inherit(reader *r, wb_decl *decl) {
  wb_place place = wb_token_place(&r->t, wb_peek(&r->t));
  wb_str name = wb_expect(&r->t, WB_T_NAME, NULL, "the name of what it is like")->text;
  const wb_decl *like = r->sink->like(r->sink->user, decl->kind, name, place);
  if (!like) WB_FAIL(r->t.ctx, WB_LANG_UNKNOWN_NAME, place, name);
  decl->like = like;
  decl->body = like->body;
  decl->source = like->source;
  decl->field_count = like->field_count;
  decl->fields = WB_NEWN(r->t.ctx, wb_field, like->field_count);
  for (size_t i = 0; i < like->field_count; i++) decl->fields[i] = like->fields[i];
}

static void model_types(wb_tokens *t, wb_decl *decl) {
  size_t cap = decl->model_type_count;
  do {
    const wb_token *token = wb_peek(t);
    if (token->kind != WB_T_NAME && token->kind != WB_T_STRING) wb_syntax(t, "a model_type");
    t->at++;
    if (decl->model_type_count == cap)
      decl->model_types = wb_grow(t->ctx, decl->model_types, &cap, sizeof *decl->model_types);
    decl->model_types[decl->model_type_count++] = token->text;
  } while (wb_accept(t, WB_T_PUNCT, ","));
}

/* The first is the class that the defaults and heads are of; further ones lead here too. */
static void class_names(wb_tokens *t, wb_decl *decl) {
  decl->class_name = wb_expect(t, WB_T_NAME, NULL, "a class name")->text;
  while (wb_accept(t, WB_T_PUNCT, ",")) wb_expect(t, WB_T_NAME, NULL, "a class name");
}

/* Formulas of a method or an engine are names and what they are; nothing is walked. */
void wb_check_formulas(wb_tokens *t, const wb_decl *decl) {
  static const struct {
    wb_decl_kind kind;
    wb_stmt_kind also, or_else;
    const char *wanted;
  } rules[] = {{WB_D_METHOD, WB_S_CHECK, WB_S_CHECK, "let, quantity, require or check"},
               {WB_D_ENGINE, WB_S_COMPONENT, WB_S_COMPONENT, "let, quantity, component or require"},
               {WB_D_OPTIMIZER, WB_S_REQUIRE, WB_S_REQUIRE, "let, quantity or require"},
               {WB_D_ADAPTER, WB_S_PARAM, WB_S_BUFFER, "let, quantity, require, param or buffer"},
               {WB_D_SHARDING, WB_S_COMPONENT, WB_S_COMPONENT, "let, quantity, component or require"}};
  for (size_t r = 0; r < sizeof rules / sizeof *rules; r++)
    for (size_t i = 0; decl->kind == rules[r].kind && i < decl->body.count; i++) {
      const wb_stmt *stmt = decl->body.items[i];
      const wb_stmt_kind kind = stmt->kind;
      if (kind == WB_S_LET || kind == WB_S_QUANTITY || kind == WB_S_REQUIRE) continue;
      if (kind == rules[r].also || kind == rules[r].or_else) continue;
      WB_FAIL(t->ctx, WB_LANG_SYNTAX, stmt->place, WB_STR("another statement"), wb_str_of(rules[r].wanted));
    }
}

static void family_line(reader *r, wb_decl *decl) {
  wb_tokens *t = &r->t;
  if (decl->kind == WB_D_METHOD && wb_is(t, WB_T_NAME, "function")) {
    wb_parse_function(t, decl);
    return;
  }
  const bool options = decl->kind >= WB_D_ENGINE && wb_is(t, WB_T_NAME, "options");
  if (options || wb_is(t, WB_T_NAME, "fields")) {
    t->at++;
    fields(t, decl, options);
    return;
  }
  if (wb_accept(t, WB_T_NAME, decl->kind == WB_D_FAMILY ? "model" : "formula")) {
    decl->body = (wb_body){0};
    wb_parse_body(t, &decl->body);
    wb_check_formulas(t, decl);
    return;
  }
  if (wb_accept(t, WB_T_NAME, "model_type")) model_types(t, decl);
  else if (wb_accept(t, WB_T_NAME, "class")) class_names(t, decl);
  else if (wb_accept(t, WB_T_NAME, "source")) decl->source = wb_expect(t, WB_T_STRING, NULL, "a citation")->text;
  else if (wb_accept(t, WB_T_NAME, "marker"))
    wb_expect(t, WB_T_NAME, NULL, "a key of configurations without model_type");
  else if (wb_accept(t, WB_T_NAME, "generic")) decl->is_generic = true;
  else if (decl->kind == WB_D_FAMILY) wb_syntax(t, "model_type, class, source, fields, model or generic");
  else if (decl->kind == WB_D_METHOD) wb_syntax(t, "source, fields, formula or function");
  else wb_syntax(t, "source, options, fields or formula");
  wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
}

static void family(reader *r, wb_decl *decl) {
  wb_tokens *t = &r->t;
  if (wb_accept(t, WB_T_NAME, "like")) inherit(r, decl);
  wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
  wb_expect(t, WB_T_INDENT, NULL, "an indented line");
  while (!wb_accept(t, WB_T_DEDENT, NULL)) family_line(r, decl);
  if (!decl->body.count && decl->kind != WB_D_METHOD)
    wb_syntax(t, decl->kind == WB_D_FAMILY ? "a model section in the family above" : "a formula section");
}

/* Cost lines are read when somebody asks what an operation costs; a walk passes over none of them. */
static void set_costs_apart(wb_ctx *ctx, wb_decl *decl) {
  wb_body all = decl->body;
  decl->body.count = 0;
  for (size_t i = 0; i < all.count; i++) {
    wb_stmt *stmt = all.items[i];
    if (stmt->kind != WB_S_COST && stmt->kind != WB_S_TRAINING) {
      decl->body.items[decl->body.count++] = stmt;
      continue;
    }
    WB_PUSH_ROOM(ctx, decl->costs.items, decl->costs.count, decl->costs.cap);
    decl->costs.items[decl->costs.count++] = stmt;
  }
}

static void block(wb_tokens *t, wb_decl *decl) {
  parameters(t, decl);
  if (wb_accept(t, WB_T_NAME, "source")) decl->source = wb_expect(t, WB_T_STRING, NULL, "a citation")->text;
  wb_parse_body(t, &decl->body);
  if (decl->kind == WB_D_OPERATION) set_costs_apart(t->ctx, decl);
}

/* constant gib = 1073741824 [bytes] source "IEC 80000-13": a number is worth as much as its source. */
static void constant(wb_tokens *t, wb_decl *decl) {
  wb_expect(t, WB_T_PUNCT, "=", NULL);
  decl->value = wb_parse_expr(t);
  wb_expect(t, WB_T_NAME, "source", "`source` and a citation");
  decl->source = wb_expect(t, WB_T_STRING, NULL, "a citation")->text;
  wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
}

bool wb_decl_kind_named(wb_str word, wb_decl_kind *kind) {
  static const struct {
    const char *word;
    wb_decl_kind kind;
  } kinds[] = {{"operation", WB_D_OPERATION}, {"block", WB_D_BLOCK},       {"family", WB_D_FAMILY},
               {"method", WB_D_METHOD},       {"engine", WB_D_ENGINE},     {"optimizer", WB_D_OPTIMIZER},
               {"adapter", WB_D_ADAPTER},     {"sharding", WB_D_SHARDING}, {"constant", WB_D_CONSTANT},
               {"format", WB_D_FORMAT}};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (!wb_str_is(word, kinds[i].word)) continue;
    *kind = kinds[i].kind;
    return true;
  }
  return false;
}

static wb_decl *declaration(reader *r) {
  wb_tokens *t = &r->t;
  wb_decl *decl = WB_NEW(t->ctx, wb_decl);
  decl->place = (wb_place){t->file, 0, wb_peek(t)->offset};
  decl->source = WB_STR("");
  if (wb_peek(t)->kind != WB_T_NAME || !wb_decl_kind_named(wb_peek(t)->text, &decl->kind))
    wb_syntax(t, "operation, block, family, method, engine, optimizer, adapter, sharding, constant or format");
  t->at++;
  decl->name = wb_parse_name(t, "a name");
  if (decl->kind == WB_D_CONSTANT) constant(t, decl);
  else if (decl->kind >= WB_D_FAMILY && decl->kind <= WB_D_SHARDING) family(r, decl);
  else block(t, decl);
  return decl;
}

void wb_parse_descriptions(wb_ctx *ctx, wb_symtab *symbols, wb_str source, wb_str file, const wb_decl_sink *sink) {
  reader r = {.sink = sink};
  wb_lex(&r.t, ctx, symbols, source, file);
  while (!wb_is(&r.t, WB_T_END, NULL)) sink->found(sink->user, declaration(&r));
}
