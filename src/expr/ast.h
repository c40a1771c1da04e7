/* The tree of an expression, as parsed from a description. Immutable once built. */
#ifndef WB_EXPR_AST_H
#define WB_EXPR_AST_H

#include "expr/value.h"

typedef enum wb_expr_kind {
  WB_X_LITERAL,
  WB_X_NAME,
  WB_X_UNARY,
  WB_X_BINARY,
  WB_X_IF,
  WB_X_CALL,
  WB_X_APPLY,
  WB_X_INDEX,
  WB_X_MEMBER,
  WB_X_LIST,
  WB_X_EACH
} wb_expr_kind;

/* Operators in order of binding strength; the table in parse.c gives text and precedence. */
typedef enum wb_op {
  WB_OP_OR,
  WB_OP_AND,
  WB_OP_EQ,
  WB_OP_NE,
  WB_OP_LT,
  WB_OP_LE,
  WB_OP_GT,
  WB_OP_GE,
  WB_OP_IN,
  WB_OP_ADD,
  WB_OP_SUB,
  WB_OP_MUL,
  WB_OP_DIV,
  WB_OP_FLOORDIV,
  WB_OP_MOD,
  WB_OP_POW,
  WB_OP_NOT,
  WB_OP_NEG
} wb_op;

typedef enum wb_each { WB_EACH_LIST, WB_EACH_SUM, WB_EACH_COUNT } wb_each;

struct wb_builtin;

struct wb_expr {
  wb_expr_kind kind;
  uint32_t depth; /* of the tree below: whoever walks it recurses so often */
  wb_place place;
  union {
    wb_value literal;
    const wb_sym *name;
    struct {
      wb_op op;
      const wb_expr *a, *b;
    } op; /* UNARY uses a */
    struct {
      const wb_expr *cond, *yes, *no;
    } branch;
    struct {
      const struct wb_builtin *function;
      const wb_expr **args;
      size_t count;
    } call;
    struct {
      const wb_sym *name;
      const wb_argument *args;
      size_t arg_count;
      const wb_rename *renames;
      size_t rename_count;
    } apply;
    struct {
      const wb_expr *a, *index;
    } index;
    struct {
      const wb_expr *a;
      wb_str name;
    } member;
    struct {
      const wb_expr **items;
      size_t count;
    } list;
    struct {
      wb_each what;
      const wb_sym *name;
      const wb_expr *over, *body;
    } each; /* over: a count or a list */
  } u;
};

/* Functions known to the language: one table in builtin.c. */
typedef struct wb_builtin {
  const char *name;
  int min_args, max_args; /* max -1: any */
  wb_value (*run)(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count);
  const char *latex; /* how LaTeX writes it, NULL: \operatorname{name} */
} wb_builtin;

const wb_builtin *wb_builtin_find(wb_str name);
const wb_builtin *wb_builtin_all(size_t *count);

#endif
