/* Tokens of a description file. Indentation matters: INDENT and DEDENT enclose the lines that belong to a line.
 * `#` starts a comment. Inside brackets, line ends do not count, so long argument lists may be broken anywhere. */
#ifndef WB_EXPR_LEX_H
#define WB_EXPR_LEX_H

#include "expr/value.h"

typedef enum wb_token_kind {
  WB_T_NAME,
  WB_T_NUMBER,
  WB_T_STRING,
  WB_T_PUNCT,
  WB_T_NEWLINE,
  WB_T_INDENT,
  WB_T_DEDENT,
  WB_T_END
} wb_token_kind;

typedef struct wb_token {
  wb_token_kind kind;
  wb_str text;     /* of STRING: without the quotes */
  uint32_t offset; /* in the file's text */
} wb_token;

typedef struct wb_tokens {
  wb_ctx *ctx;
  wb_symtab *symbols;
  wb_str file;
  wb_str source;
  wb_token *items;
  size_t count;
  size_t cap;
  size_t at; /* the parser's position */
} wb_tokens;

#define WB_SOURCE_MAX ((size_t)1 << 20) /* bytes of one description */

/* Reads the tokens of `source` (which must outlive them). Fails with lang_* messages that give line and column. */
void wb_lex(wb_tokens *tokens, wb_ctx *ctx, wb_symtab *symbols, wb_str source, wb_str file);

/* The parser's small vocabulary. */
const wb_token *wb_peek(const wb_tokens *t);
const wb_token *wb_peek_at(const wb_tokens *t, size_t ahead);
bool wb_is(const wb_tokens *t, wb_token_kind kind, const char *text); /* text NULL: any */
bool wb_accept(wb_tokens *t, wb_token_kind kind, const char *text);
const wb_token *wb_expect(wb_tokens *t, wb_token_kind kind, const char *text, const char *wanted);
wb_place wb_token_place(const wb_tokens *t, const wb_token *token);
_Noreturn void wb_syntax(wb_tokens *t, const char *wanted); /* fails at the present token */

/* Line and column of an offset, and the line's text for the caret. */
wb_place wb_text_place(wb_str source, wb_str file, size_t offset);
wb_str wb_text_line(wb_str source, size_t offset);

#endif
