#include "source/shell.h"

#include <string.h>

typedef struct reader {
  wb_ctx *ctx;
  wb_str text;
  size_t at;
} reader;

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static bool ends_command(char c) { return c == '|' || c == '&' || c == ';' || c == '<' || c == '>'; }

/* Behind a backslash at `at`: the length of blanks and the newline that it joins; 0: it joins nothing. */
static size_t joined(wb_str text, size_t at) {
  size_t i = at + 1;
  while (i < text.len && (text.ptr[i] == ' ' || text.ptr[i] == '\t' || text.ptr[i] == '\r')) i++;
  return i < text.len && text.ptr[i] == '\n' ? i - at : i == text.len && i > at + 1 ? i - at - 1 : 0;
}

static void skip_blanks(reader *r) {
  while (r->at < r->text.len) {
    const char c = r->text.ptr[r->at];
    if (is_blank(c)) r->at++;
    else if (c == '\\' && joined(r->text, r->at)) r->at += joined(r->text, r->at) + 1;
    else if (c == '\\' && r->at + 1 == r->text.len) r->at++; /* the last line's, left over */
    else if (c == '#')
      while (r->at < r->text.len && r->text.ptr[r->at] != '\n') r->at++;
    else return;
  }
}

/* From behind the quote to the closing one. */
static void read_quoted(reader *r, char quote, wb_text *word) {
  const size_t open = r->at - 1;
  for (; r->at < r->text.len; r->at++) {
    char c = r->text.ptr[r->at];
    if (c == quote) {
      r->at++;
      return;
    }
    if (c == '\\' && quote == '"' && r->at + 1 < r->text.len && strchr("\"\\$`\n", r->text.ptr[r->at + 1])) {
      c = r->text.ptr[++r->at];
      if (c == '\n') continue;
    }
    wb_text_addc(word, c);
  }
  WB_FAIL(r->ctx, WB_LAUNCH_QUOTE, WB_NOWHERE, (wb_str){&r->text.ptr[open], 1}, wb_str_fmt(r->ctx, "%zu", open + 1));
}

/* One word, its quotes taken off. */
static wb_str read_word(reader *r) {
  wb_text word = {.ctx = r->ctx};
  while (r->at < r->text.len) {
    const char c = r->text.ptr[r->at];
    if (is_blank(c) || ends_command(c)) break;
    r->at++;
    if (c == '\'' || c == '"') {
      read_quoted(r, c, &word);
    } else if (c == '\\') {
      const size_t skip = joined(r->text, r->at - 1);
      if (skip) r->at += skip;
      else if (r->at < r->text.len) wb_text_addc(&word, r->text.ptr[r->at++]);
    } else {
      wb_text_addc(&word, c);
    }
  }
  return wb_text_str(&word);
}

/* "2" of "2>&1" is no word of the command. */
static bool is_descriptor(const reader *r, wb_str word) {
  return word.len == 1 && word.ptr[0] >= '0' && word.ptr[0] <= '9' && r->at < r->text.len &&
         r->text.ptr[r->at] == '>' && r->at > 0 && r->text.ptr[r->at - 1] == word.ptr[0];
}

wb_words wb_shell_words(wb_ctx *ctx, wb_str text) {
  reader r = {ctx, text, 0};
  wb_words out = {NULL, 0};
  size_t cap = 0;
  if (text.len > WB_SHELL_MAX_BYTES)
    WB_FAIL(ctx, WB_LAUNCH_LONG, WB_NOWHERE, wb_str_fmt(ctx, "%zu", text.len), WB_STR("262144"));
  for (skip_blanks(&r); r.at < text.len && !ends_command(text.ptr[r.at]); skip_blanks(&r)) {
    const wb_str word = read_word(&r);
    if (is_descriptor(&r, word)) break;
    if (out.count == WB_SHELL_MAX_WORDS)
      WB_FAIL(ctx, WB_LAUNCH_LONG, WB_NOWHERE, wb_str_fmt(ctx, "%zu", text.len), WB_STR("4096 words, 262144"));
    WB_PUSH_ROOM(ctx, out.items, out.count, cap);
    out.items[out.count++] = word;
  }
  return out;
}

static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("-_./:=,+@%", c));
}

void wb_shell_quote(wb_text *out, wb_str word) {
  bool plain = word.len > 0;
  for (size_t i = 0; i < word.len && plain; i++) plain = is_plain(word.ptr[i]);
  if (plain) {
    wb_text_add(out, word);
    return;
  }
  wb_text_addc(out, '\'');
  for (size_t i = 0; i < word.len; i++) {
    if (word.ptr[i] == '\'') wb_text_adds(out, "'\\''");
    else wb_text_addc(out, word.ptr[i]);
  }
  wb_text_addc(out, '\'');
}
