#include "expr/parse.h"

/* Indexed by wb_op; a static assert below keeps the two in step. */
const wb_op_info wb_ops[] = {
    {"or", 1, "\\lor"}, {"and", 2, "\\land"}, {"==", 4, "="},     {"!=", 4, "\\neq"}, {"<", 4, "<"},
    {"<=", 4, "\\leq"}, {">", 4, ">"},        {">=", 4, "\\geq"}, {"in", 4, "\\in"},  {"+", 5, "+"},
    {"-", 5, "-"},      {"*", 6, "\\cdot"},   {"/", 6, "/"},      {"//", 6, "\\div"}, {"%", 6, "\\bmod"},
    {"^", 8, "^"},      {"not", 3, "\\lnot"}, {"-", 7, "-"},
};
_Static_assert(sizeof wb_ops / sizeof *wb_ops == WB_OP_NEG + 1, "one row per operator");

static wb_expr *node(wb_tokens *t, wb_expr_kind kind, const wb_token *token) {
  wb_expr *expr = WB_NEW(t->ctx, wb_expr);
  expr->kind = kind;
  expr->place = (wb_place){t->file, 0, token->offset}; /* line and column in a failure only: wb_library_locate */
  return expr;
}

#define TREE_DEPTH 1000u

static uint32_t deeper(const wb_expr *a, const wb_expr *b) { return a->depth > b->depth ? a->depth : b->depth; }

/* Trees made by loops (1 + 1 + …) have a limit too, as all that walk them recurse. */
static const wb_expr *finished(wb_tokens *t, wb_expr *expr, uint32_t below) {
  expr->depth = below + 1;
  if (expr->depth > TREE_DEPTH) wb_too_deep(t->ctx, expr->place, TREE_DEPTH);
  return expr;
}

static uint32_t deepest(const wb_expr *const *items, size_t count) {
  uint32_t depth = 0;
  for (size_t i = 0; i < count; i++) depth = items[i]->depth > depth ? items[i]->depth : depth;
  return depth;
}

const wb_sym *wb_parse_name(wb_tokens *t, const char *wanted) {
  return wb_intern(t->symbols, wb_expect(t, WB_T_NAME, NULL, wanted)->text);
}

static const wb_expr *literal(wb_tokens *t, const wb_token *token, wb_value value) {
  wb_expr *expr = node(t, WB_X_LITERAL, token);
  expr->u.literal = value;
  return expr;
}

static const wb_expr *binary(wb_tokens *t, wb_op op, const wb_token *token, const wb_expr *a, const wb_expr *b) {
  wb_expr *expr = node(t, WB_X_BINARY, token);
  expr->u.op.op = op;
  expr->u.op.a = a;
  expr->u.op.b = b;
  return finished(t, expr, deeper(a, b));
}

static const wb_expr *unary(wb_tokens *t, wb_op op, const wb_token *token, const wb_expr *a) {
  wb_expr *expr = node(t, WB_X_UNARY, token);
  expr->u.op.op = op;
  expr->u.op.a = a;
  return finished(t, expr, a->depth);
}

static void push_expr(wb_tokens *t, const wb_expr ***items, size_t *count, size_t *cap, const wb_expr *item) {
  WB_PUSH_ROOM(t->ctx, *items, *count, *cap);
  (*items)[(*count)++] = item;
}

static wb_str unit_text(wb_tokens *t) {
  wb_text text = {.ctx = t->ctx};
  while (!wb_is(t, WB_T_PUNCT, "]")) {
    const wb_token *token = wb_peek(t);
    if (token->kind >= WB_T_NEWLINE) wb_syntax(t, "a unit such as [bytes/elements]");
    wb_text_add(&text, token->text);
    t->at++;
  }
  return wb_text_str(&text);
}

static const wb_expr *number(wb_tokens *t) {
  const wb_token *token = wb_expect(t, WB_T_NUMBER, NULL, "a number");
  wb_value value = wb_integer(0);
  if (!wb_num_parse(token->text, &value.u.num)) wb_syntax(t, "a number of at most 38 digits");
  if (wb_accept(t, WB_T_PUNCT, "[")) {
    if (!wb_unit_parse(unit_text(t), &value.unit)) wb_syntax(t, "a unit such as [bytes/elements]");
    wb_expect(t, WB_T_PUNCT, "]", NULL);
  }
  return literal(t, token, value);
}

static const wb_expr *list(wb_tokens *t) {
  wb_expr *expr = node(t, WB_X_LIST, wb_expect(t, WB_T_PUNCT, "[", NULL));
  size_t cap = 0;
  while (!wb_is(t, WB_T_PUNCT, "]")) {
    push_expr(t, &expr->u.list.items, &expr->u.list.count, &cap, wb_parse_expr(t));
    if (!wb_accept(t, WB_T_PUNCT, ",")) break;
  }
  wb_expect(t, WB_T_PUNCT, "]", NULL);
  return finished(t, expr, deepest(expr->u.list.items, expr->u.list.count));
}

static const wb_expr *each(wb_tokens *t, wb_each what) {
  wb_expr *expr = node(t, WB_X_EACH, wb_peek(t));
  t->at++;
  wb_expect(t, WB_T_PUNCT, "(", NULL);
  expr->u.each.what = what;
  expr->u.each.name = wb_parse_name(t, "a name to count with");
  wb_expect(t, WB_T_NAME, "in", "`in`");
  expr->u.each.over = wb_parse_expr(t);
  wb_expect(t, WB_T_PUNCT, ":", "`:` and what to take for each");
  expr->u.each.body = wb_parse_expr(t);
  wb_expect(t, WB_T_PUNCT, ")", NULL);
  return finished(t, expr, deeper(expr->u.each.over, expr->u.each.body));
}

size_t wb_parse_args(wb_tokens *t, const wb_argument **out) {
  wb_argument *args = NULL;
  size_t count = 0, cap = 0;
  wb_expect(t, WB_T_PUNCT, "(", "`(` and arguments");
  while (!wb_is(t, WB_T_PUNCT, ")")) {
    wb_argument arg = {0};
    const wb_token *next = wb_peek_at(t, 1);
    if (wb_is(t, WB_T_NAME, NULL) && next->kind == WB_T_PUNCT && wb_str_is(next->text, "=")) {
      arg.name = wb_intern(t->symbols, wb_peek(t)->text);
      t->at += 2;
    }
    arg.expr = wb_parse_expr(t);
    WB_PUSH_ROOM(t->ctx, args, count, cap);
    args[count++] = arg;
    if (!wb_accept(t, WB_T_PUNCT, ",")) break;
  }
  wb_expect(t, WB_T_PUNCT, ")", "`,` or `)`");
  *out = args;
  return count;
}

wb_str wb_parse_dotted(wb_tokens *t) {
  if (wb_is(t, WB_T_STRING, NULL)) return wb_str_copy(t->ctx, wb_expect(t, WB_T_STRING, NULL, NULL)->text);
  wb_text text = {.ctx = t->ctx};
  do {
    const wb_token *token = wb_peek(t);
    if (token->kind != WB_T_NAME && token->kind != WB_T_NUMBER) wb_syntax(t, "a name such as self_attn.q_proj");
    if (text.len) wb_text_addc(&text, '.');
    wb_text_add(&text, token->text);
    t->at++;
  } while (wb_accept(t, WB_T_PUNCT, "."));
  return wb_text_str(&text);
}

size_t wb_parse_renames(wb_tokens *t, const wb_rename **out) {
  wb_rename *renames = NULL;
  size_t count = 0, cap = 0;
  *out = NULL;
  if (!wb_accept(t, WB_T_NAME, "named")) return 0;
  wb_expect(t, WB_T_PUNCT, "{", NULL);
  while (!wb_is(t, WB_T_PUNCT, "}")) {
    WB_PUSH_ROOM(t->ctx, renames, count, cap);
    renames[count].from = wb_parse_dotted(t);
    wb_expect(t, WB_T_PUNCT, ":", NULL);
    renames[count++].to = wb_parse_dotted(t);
    if (!wb_accept(t, WB_T_PUNCT, ",")) break;
  }
  wb_expect(t, WB_T_PUNCT, "}", NULL);
  *out = renames;
  return count;
}

static const wb_expr *call(wb_tokens *t, const wb_token *token, const wb_builtin *function) {
  wb_expr *expr = node(t, WB_X_CALL, token);
  size_t cap = 0;
  expr->u.call.function = function;
  wb_expect(t, WB_T_PUNCT, "(", NULL);
  while (!wb_is(t, WB_T_PUNCT, ")")) {
    push_expr(t, &expr->u.call.args, &expr->u.call.count, &cap, wb_parse_expr(t));
    if (!wb_accept(t, WB_T_PUNCT, ",")) break;
  }
  wb_expect(t, WB_T_PUNCT, ")", "`,` or `)`");
  int n = (int)expr->u.call.count;
  if (n < function->min_args || (function->max_args >= 0 && n > function->max_args))
    wb_syntax(t, "another number of arguments for this function");
  return finished(t, expr, deepest(expr->u.call.args, expr->u.call.count));
}

static const wb_expr *apply(wb_tokens *t, const wb_token *token) {
  wb_expr *expr = node(t, WB_X_APPLY, token);
  expr->u.apply.name = wb_intern(t->symbols, token->text);
  expr->u.apply.arg_count = wb_parse_args(t, &expr->u.apply.args);
  expr->u.apply.rename_count = wb_parse_renames(t, &expr->u.apply.renames);
  uint32_t depth = 0;
  for (size_t i = 0; i < expr->u.apply.arg_count; i++) {
    const wb_expr *arg = expr->u.apply.args[i].expr;
    depth = arg->depth > depth ? arg->depth : depth;
  }
  return finished(t, expr, depth);
}

/* Words that join or begin expressions are no values; `sum`, `count` and `each` are names unless "(" follows. */
static bool reserved(wb_str word) {
  static const char *const words[] = {"not", "and", "or", "in", "if", "then", "else", "named"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (wb_str_is(word, words[i])) return true;
  return false;
}

static const wb_expr *name(wb_tokens *t) {
  if (reserved(wb_peek(t)->text) && wb_is(t, WB_T_NAME, NULL)) wb_syntax(t, "a value");
  const wb_token *token = wb_expect(t, WB_T_NAME, NULL, "a value");
  if (wb_str_is(token->text, "true")) return literal(t, token, wb_bool(true));
  if (wb_str_is(token->text, "false")) return literal(t, token, wb_bool(false));
  if (wb_str_is(token->text, "null")) return literal(t, token, wb_null());
  if (wb_is(t, WB_T_PUNCT, "(")) {
    const wb_builtin *function = wb_builtin_find(token->text);
    return function ? call(t, token, function) : apply(t, token);
  }
  wb_expr *expr = node(t, WB_X_NAME, token);
  expr->u.name = wb_intern(t->symbols, token->text);
  return expr;
}

static const wb_expr *primary(wb_tokens *t) {
  const wb_token *token = wb_peek(t), *next = wb_peek_at(t, 1);
  if (token->kind == WB_T_NUMBER) return number(t);
  if (token->kind == WB_T_STRING) {
    t->at++;
    return literal(t, token, wb_string(token->text));
  }
  if (wb_is(t, WB_T_PUNCT, "[")) return list(t);
  if (wb_accept(t, WB_T_PUNCT, "(")) {
    const wb_expr *inner = wb_parse_expr(t);
    wb_expect(t, WB_T_PUNCT, ")", NULL);
    return inner;
  }
  bool opened = next->kind == WB_T_PUNCT && wb_str_is(next->text, "(");
  if (opened && wb_is(t, WB_T_NAME, "sum") && wb_str_is(wb_peek_at(t, 3)->text, "in")) return each(t, WB_EACH_SUM);
  if (opened && wb_is(t, WB_T_NAME, "count")) return each(t, WB_EACH_COUNT);
  if (opened && wb_is(t, WB_T_NAME, "each")) return each(t, WB_EACH_LIST);
  return name(t);
}

static const wb_expr *postfix(wb_tokens *t) {
  const wb_expr *a = primary(t);
  for (;;) {
    const wb_token *token = wb_peek(t);
    if (wb_accept(t, WB_T_PUNCT, "[")) {
      wb_expr *expr = node(t, WB_X_INDEX, token);
      expr->u.index.a = a;
      expr->u.index.index = wb_parse_expr(t);
      wb_expect(t, WB_T_PUNCT, "]", NULL);
      a = finished(t, expr, deeper(a, expr->u.index.index));
    } else if (wb_accept(t, WB_T_PUNCT, ".")) {
      wb_expr *expr = node(t, WB_X_MEMBER, token);
      expr->u.member.a = a;
      expr->u.member.name = wb_expect(t, WB_T_NAME, NULL, "a member's name")->text;
      a = finished(t, expr, a->depth);
    } else {
      return a;
    }
  }
}

static const wb_expr *prefix(wb_tokens *t);

static const wb_expr *power(wb_tokens *t) {
  const wb_expr *a = postfix(t);
  const wb_token *token = wb_peek(t);
  if (!wb_accept(t, WB_T_PUNCT, "^")) return a;
  return binary(t, WB_OP_POW, token, a, prefix(t));
}

static const wb_expr *prefix(wb_tokens *t) {
  const wb_token *token = wb_peek(t);
  wb_enter(t->ctx, ((wb_place){t->file, 0, token->offset}));
  const wb_expr *out = wb_accept(t, WB_T_PUNCT, "-") ? unary(t, WB_OP_NEG, token, prefix(t)) : power(t);
  wb_leave(t->ctx);
  return out;
}

static bool operator_here(const wb_tokens *t, wb_op *op) {
  const wb_token *token = wb_peek(t);
  if (token->kind != WB_T_PUNCT && token->kind != WB_T_NAME) return false;
  for (int i = WB_OP_OR; i <= WB_OP_MOD; i++) {
    if (!wb_str_is(token->text, wb_ops[i].text)) continue;
    *op = (wb_op)i;
    return true;
  }
  return false;
}

/* Precedence climbing: everything that binds at least as strongly as `least`. */
static const wb_expr *climb(wb_tokens *t, int least) {
  const wb_token *start = wb_peek(t);
  wb_enter(t->ctx, ((wb_place){t->file, 0, start->offset}));
  const wb_expr *a = least <= 3 && wb_accept(t, WB_T_NAME, "not") ? unary(t, WB_OP_NOT, start, climb(t, 3)) : prefix(t);
  wb_op op = WB_OP_OR;
  while (operator_here(t, &op) && wb_ops[op].precedence >= least) {
    const wb_token *token = wb_peek(t);
    t->at++;
    a = binary(t, op, token, a, climb(t, wb_ops[op].precedence + 1));
  }
  wb_leave(t->ctx);
  return a;
}

const wb_expr *wb_parse_expr(wb_tokens *t) {
  const wb_token *token = wb_peek(t);
  if (!wb_accept(t, WB_T_NAME, "if")) return climb(t, 1);
  wb_enter(t->ctx, ((wb_place){t->file, 0, token->offset}));
  wb_expr *expr = node(t, WB_X_IF, token);
  expr->u.branch.cond = wb_parse_expr(t);
  wb_expect(t, WB_T_NAME, "then", "`then`");
  expr->u.branch.yes = wb_parse_expr(t);
  wb_expect(t, WB_T_NAME, "else", "`else`");
  expr->u.branch.no = wb_parse_expr(t);
  wb_leave(t->ctx);
  uint32_t depth = deeper(expr->u.branch.yes, expr->u.branch.no);
  if (expr->u.branch.cond->depth > depth) depth = expr->u.branch.cond->depth;
  return finished(t, expr, depth);
}

const wb_expr *wb_parse_formula(wb_ctx *ctx, wb_symtab *symbols, wb_str text, wb_str file) {
  wb_tokens tokens;
  wb_lex(&tokens, ctx, symbols, text, file);
  const wb_expr *expr = wb_parse_expr(&tokens);
  wb_accept(&tokens, WB_T_NEWLINE, NULL);
  if (!wb_is(&tokens, WB_T_END, NULL)) wb_syntax(&tokens, "an operator or the end of the formula");
  return expr;
}
