/* Expressions of the formula language.
 *
 *   expr    = "if" expr "then" expr "else" expr | or
 *   or      = and ("or" and)* ; and = not ("and" not)* ; not = "not" not | compare
 *   compare = sum (("==" | "!=" | "<" | "<=" | ">" | ">=" | "in") sum)?
 *   sum     = product (("+" | "-") product)* ; product = unary (("*" | "/" | "//" | "%") unary)*
 *   unary   = "-" unary | power ; power = postfix ("^" unary)?
 *   postfix = primary ("[" expr "]" | "." NAME)*
 *   primary = NUMBER ("[" unit "]")? | STRING | "true" | "false" | "null" | "(" expr ")" | "[" list "]"
 *           | ("sum" | "count" | "each") "(" NAME "in" expr ":" expr ")"
 *           | FUNCTION "(" args ")" | NAME ("(" args ")" ("named" "{" renames "}")?)? | NAME
 *
 * A name followed by "(" that is no function of the language is a block with some arguments given: a closure.
 */
#ifndef WB_EXPR_PARSE_H
#define WB_EXPR_PARSE_H

#include "expr/ast.h"
#include "expr/lex.h"

const wb_expr *wb_parse_expr(wb_tokens *t);

/* A whole text that is one expression (a formula typed by a user, or a derivation read back). */
const wb_expr *wb_parse_formula(wb_ctx *ctx, wb_symtab *symbols, wb_str text, wb_str file);

const wb_sym *wb_parse_name(wb_tokens *t, const char *wanted);

/* "(" args ")": each `expr` or `name = expr`. */
size_t wb_parse_args(wb_tokens *t, const wb_argument **args);

/* "named" "{" path ":" path, … "}" if it stands here; a path may be "" on the right. */
size_t wb_parse_renames(wb_tokens *t, const wb_rename **renames);

/* a.b.0 as written, without blanks. */
wb_str wb_parse_dotted(wb_tokens *t);

/* Operator table shared with the printers. */
typedef struct wb_op_info {
  const char *text;
  int precedence;
  const char *latex;
} wb_op_info;
extern const wb_op_info wb_ops[];

#endif
