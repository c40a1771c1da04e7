#include "expr/lex.h"

#define INDENT_LEVELS 32

wb_place wb_text_place(wb_str source, wb_str file, size_t offset) {
  wb_place place = {file, 1, 1};
  for (size_t i = 0; i < offset && i < source.len; i++) {
    place.column++;
    if (source.ptr[i] == '\n') {
      place.line++;
      place.column = 1;
    }
  }
  return place;
}

wb_str wb_text_line(wb_str source, size_t offset) {
  if (offset > source.len) offset = source.len;
  size_t from = offset, to = offset;
  while (from > 0 && source.ptr[from - 1] != '\n') from--;
  while (to < source.len && source.ptr[to] != '\n') to++;
  return wb_str_slice(source, from, to - from > 200 ? from + 200 : to);
}

wb_place wb_token_place(const wb_tokens *t, const wb_token *token) {
  return wb_text_place(t->source, t->file, token->offset);
}

static _Noreturn void fail_at(wb_tokens *t, size_t offset, wb_message_id id, wb_str found, const char *wanted) {
  t->ctx->failure.excerpt = wb_text_line(t->source, offset);
  WB_FAIL(t->ctx, id, wb_text_place(t->source, t->file, offset), found, wb_str_of(wanted));
}

static void push(wb_tokens *t, wb_token_kind kind, size_t from, size_t to, size_t offset) {
  WB_PUSH_ROOM(t->ctx, t->items, t->count, t->cap);
  t->items[t->count++] = (wb_token){kind, wb_str_slice(t->source, from, to), (uint32_t)offset};
}

static bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool digit(char c) { return c >= '0' && c <= '9'; }
static char at(const wb_tokens *t, size_t i) { return i < t->source.len ? t->source.ptr[i] : '\0'; }

static size_t lex_number(wb_tokens *t, size_t i) {
  size_t from = i;
  while (digit(at(t, i)) || (at(t, i) == '_' && digit(at(t, i + 1)))) i++;
  if (at(t, i) == '.' && digit(at(t, i + 1))) {
    i++;
    while (digit(at(t, i))) i++;
  }
  if (at(t, i) == 'e' && (digit(at(t, i + 1)) || (at(t, i + 1) == '-' && digit(at(t, i + 2))))) {
    i += 2;
    while (digit(at(t, i))) i++;
  }
  push(t, WB_T_NUMBER, from, i, from);
  return i;
}

static size_t lex_string(wb_tokens *t, size_t i) {
  size_t from = i++;
  while (at(t, i) != '"' && at(t, i) != '\n' && i < t->source.len) i++;
  if (at(t, i) != '"') fail_at(t, from, WB_LANG_SYNTAX, WB_STR("a string without end"), "a closing \"");
  push(t, WB_T_STRING, from + 1, i, from);
  return i + 1;
}

static size_t lex_punct(wb_tokens *t, size_t i) {
  static const char *const pairs[] = {"==", "!=", "<=", ">=", "//", "->", ".."};
  for (size_t p = 0; p < sizeof pairs / sizeof *pairs; p++) {
    if (at(t, i) == pairs[p][0] && at(t, i + 1) == pairs[p][1]) {
      push(t, WB_T_PUNCT, i, i + 2, i);
      return i + 2;
    }
  }
  for (const char *known = "()[]{},.=<>+-*/%^:;"; *known; known++) {
    if (at(t, i) == *known) {
      push(t, WB_T_PUNCT, i, i + 1, i);
      return i + 1;
    }
  }
  size_t end = i + 1; /* the whole of a UTF-8 sequence */
  while (end < t->source.len && ((unsigned char)t->source.ptr[end] & 0xC0) == 0x80) end++;
  if (t->source.ptr[i] == '\t') fail_at(t, i, WB_LANG_SYNTAX, WB_STR("a tab"), "spaces");
  fail_at(t, i, WB_LANG_SYNTAX, wb_str_slice(t->source, i, end), "a name, a number, a string or an operator");
}

/* Compares a line's indentation with the open levels and pushes INDENT or DEDENT tokens. */
static void lex_indent(wb_tokens *t, size_t start, size_t width, size_t *levels, size_t *depth) {
  if (width > levels[*depth]) {
    if (*depth + 1 == INDENT_LEVELS) fail_at(t, start, WB_TOO_DEEP, WB_STR("32"), "");
    levels[++*depth] = width;
    push(t, WB_T_INDENT, start, start, start);
  }
  while (width < levels[*depth]) {
    --*depth;
    push(t, WB_T_DEDENT, start, start, start);
  }
  if (width != levels[*depth])
    fail_at(t, start, WB_LANG_SYNTAX, WB_STR("an indentation that matches no open line"), "that of a line above");
}

static size_t lex_token(wb_tokens *t, size_t i, int *open) {
  char c = at(t, i);
  if (letter(c)) {
    size_t from = i;
    while (letter(at(t, i)) || digit(at(t, i))) i++;
    push(t, WB_T_NAME, from, i, from);
    return i;
  }
  if (digit(c)) return lex_number(t, i);
  if (c == '"') return lex_string(t, i);
  if (c == '(' || c == '[' || c == '{') ++*open;
  if ((c == ')' || c == ']' || c == '}') && *open > 0) --*open;
  return lex_punct(t, i);
}

void wb_lex(wb_tokens *t, wb_ctx *ctx, wb_symtab *symbols, wb_str source, wb_str file) {
  *t = (wb_tokens){.ctx = ctx, .symbols = symbols, .file = file, .source = source};
  if (source.len > WB_SOURCE_MAX) fail_at(t, 0, WB_LANG_TOO_LONG, WB_STR("1048576"), "");
  t->cap = source.len / 3 + 16;
  t->items = WB_NEWN(ctx, wb_token, t->cap);
  size_t levels[INDENT_LEVELS] = {0}, depth = 0, i = 0;
  int open = 0;
  bool fresh = true; /* at the start of a line */
  while (i < source.len) {
    char c = source.ptr[i];
    if (fresh && open == 0) {
      size_t start = i;
      while (at(t, i) == ' ') i++;
      if (i < source.len && at(t, i) != '\n' && at(t, i) != '#' && at(t, i) != '\r')
        lex_indent(t, i, i - start, levels, &depth);
      fresh = false;
    } else if (c == '#') {
      while (i < source.len && source.ptr[i] != '\n') i++;
    } else if (c == '\n') {
      bool content = t->count && t->items[t->count - 1].kind < WB_T_NEWLINE;
      if (open == 0 && content) push(t, WB_T_NEWLINE, i, i, i);
      fresh = open == 0;
      i++;
    } else if (c == ' ' || c == '\r') {
      i++;
    } else {
      i = lex_token(t, i, &open);
    }
  }
  if (t->count && t->items[t->count - 1].kind < WB_T_NEWLINE) push(t, WB_T_NEWLINE, i, i, i);
  while (depth-- > 0) push(t, WB_T_DEDENT, i, i, i);
  push(t, WB_T_END, i, i, i);
}

const wb_token *wb_peek_at(const wb_tokens *t, size_t ahead) {
  return &t->items[t->at + ahead < t->count ? t->at + ahead : t->count - 1];
}

const wb_token *wb_peek(const wb_tokens *t) { return wb_peek_at(t, 0); }

bool wb_is(const wb_tokens *t, wb_token_kind kind, const char *text) {
  const wb_token *token = wb_peek(t);
  return token->kind == kind && (!text || wb_str_is(token->text, text));
}

bool wb_accept(wb_tokens *t, wb_token_kind kind, const char *text) {
  if (!wb_is(t, kind, text)) return false;
  if (t->at + 1 < t->count) t->at++;
  return true;
}

const wb_token *wb_expect(wb_tokens *t, wb_token_kind kind, const char *text, const char *wanted) {
  const wb_token *token = wb_peek(t);
  if (!wb_accept(t, kind, text)) wb_syntax(t, wanted ? wanted : text);
  return token;
}

_Noreturn void wb_syntax(wb_tokens *t, const char *wanted) {
  static const char *const kinds[] = {"a name",
                                      "a number",
                                      "a string",
                                      "punctuation",
                                      "the end of the line",
                                      "a deeper line",
                                      "the end of the indented lines",
                                      "the end of the file"};
  const wb_token *token = wb_peek(t);
  wb_str found = token->kind < WB_T_NEWLINE ? wb_str_fmt(t->ctx, "`%.*s`", WB_STR_ARG(token->text))
                                            : wb_str_of(kinds[token->kind]);
  fail_at(t, token->offset, WB_LANG_SYNTAX, found, wanted);
}
