/* Patterns of data/logs: read from the table, found in a line.
 *
 * A pattern is text in which a blank stands for any number of blanks (one at least), ~ for any number or none, {*} for
 * anything, {type:quantity} for a value that is kept and {type} for one that is not. */
#include <string.h>

#include "base/tsv.h"
#include "source/log_internal.h"

#define GIB ((wb_i128)1 << 30)

static const struct {
  const char *name;
  wb_log_type type;
  wb_i128 scale;
  bool counts;
} TYPES[] = {
    {"gib", WB_LOG_AMOUNT, GIB, false},
    {"mib", WB_LOG_AMOUNT, GIB >> 10, false},
    {"kib", WB_LOG_AMOUNT, 1024, false},
    {"bytes", WB_LOG_AMOUNT, 1, true},
    {"gb", WB_LOG_AMOUNT, 1000000000, false},
    {"mb", WB_LOG_AMOUNT, 1000000, false},
    {"billion", WB_LOG_AMOUNT, 1000000000, false},
    {"million", WB_LOG_AMOUNT, 1000000, false},
    {"count", WB_LOG_AMOUNT, 1, true},
    {"number", WB_LOG_AMOUNT, 1, false},
    {"size", WB_LOG_SIZE, 1, false},
    {"word", WB_LOG_WORD, 1, false},
    {"name", WB_LOG_NAME, 1, false},
    {"device", WB_LOG_DEVICE, 1, false},
    {"text", WB_LOG_TEXT, 1, false},
};

static const struct {
  const char *name;
  wb_log_kind kind;
} KINDS[] = {{"fact", WB_LOG_FACT},      {"setting", WB_LOG_SETTING}, {"rank", WB_LOG_RANK},
             {"place", WB_LOG_PLACE},    {"section", WB_LOG_SECTION}, {"start", WB_LOG_START},
             {"ignored", WB_LOG_IGNORED}};

static bool is_blank(char c) { return c == ' ' || c == '\t'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/* ---- reading the tables ---- */

static void read_quantities(wb_ctx *ctx, wb_log_patterns *all) {
  const wb_str text = wb_data_text("logs/quantities.tsv");
  wb_str cells[3];
  for (size_t at = 0; wb_tsv_next(text, &at, cells, 3);) {
    WB_PUSH_ROOM(ctx, all->quantities, all->quantity_count, all->quantity_cap);
    wb_log_quantity *quantity = &all->quantities[all->quantity_count++];
    *quantity = (wb_log_quantity){.name = cells[0], .kind = WB_LOG_IGNORED, .unit = cells[2]};
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
      if (wb_str_is(cells[1], KINDS[i].name)) quantity->kind = KINDS[i].kind;
  }
}

static const wb_log_quantity *quantity_of(const wb_log_patterns *all, wb_str name) {
  for (size_t i = 0; i < all->quantity_count; i++)
    if (wb_str_eq(all->quantities[i].name, name)) return &all->quantities[i];
  return NULL;
}

/* What is between the brackets: *, type, or type:quantity. False when it is none of them. */
static bool read_hole(const wb_log_patterns *all, wb_str inside, wb_log_token *token) {
  token->step = WB_LOG_ANYTHING;
  if (wb_str_is(inside, "*")) return true;
  token->step = WB_LOG_HOLE;
  const char *colon = memchr(inside.ptr, ':', inside.len);
  const size_t end = colon ? (size_t)(colon - inside.ptr) : inside.len;
  if (colon) token->quantity = quantity_of(all, wb_str_slice(inside, end + 1, inside.len));
  if (colon && !token->quantity) return false;
  for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
    if (!wb_str_is(wb_str_slice(inside, 0, end), TYPES[i].name)) continue;
    token->type = TYPES[i].type;
    token->scale = TYPES[i].scale;
    token->counts = TYPES[i].counts;
    return true;
  }
  return false;
}

/* The token at *at, which moves behind it. */
static bool read_token(const wb_log_patterns *all, wb_str text, size_t *at, wb_log_token *token) {
  const size_t from = *at;
  *token = (wb_log_token){.step = WB_LOG_LITERAL};
  if (text.ptr[from] == '{') {
    const char *close = memchr(text.ptr + from, '}', text.len - from);
    if (!close) return false;
    *at = (size_t)(close - text.ptr) + 1;
    return read_hole(all, wb_str_slice(text, from + 1, *at - 1), token);
  }
  if (text.ptr[from] == ' ' || text.ptr[from] == '~') {
    token->step = text.ptr[from] == '~' ? WB_LOG_MAYBE_BLANKS : WB_LOG_BLANKS;
    ++*at;
    return true;
  }
  while (*at < text.len && !memchr("{ ~", text.ptr[*at], 3)) ++*at;
  token->text = wb_str_slice(text, from, *at);
  return true;
}

static bool read_pattern(wb_ctx *ctx, wb_log_patterns *all, wb_str text, wb_log_pattern *out) {
  wb_log_token tokens[WB_LOG_TOKENS];
  size_t holes = 0;
  for (size_t at = 0; at < text.len;) {
    wb_log_token *token = &tokens[out->count];
    if (out->count++ == WB_LOG_TOKENS || !read_token(all, text, &at, token)) return false;
    if (token->step == WB_LOG_LITERAL && token->text.len > out->anchor.len) out->anchor = token->text;
    holes += token->quantity != NULL;
  }
  out->tokens = WB_NEWN(ctx, wb_log_token, out->count);
  memcpy(out->tokens, tokens, out->count * sizeof *tokens);
  return out->anchor.len >= 2 && holes > 0 && holes <= WB_LOG_HOLES;
}

static void read_columns(wb_ctx *ctx, wb_log_patterns *all) {
  const wb_str text = wb_data_text("logs/columns.tsv");
  wb_str cells[3];
  for (size_t at = 0; wb_tsv_next(text, &at, cells, 3);) {
    wb_log_column column = {.engine = cells[0], .header = cells[1]};
    if (!read_hole(all, cells[2], &column.hole) || !column.hole.quantity) {
      wb_text_addf(&all->faulty, "%.*s\n", WB_STR_ARG(cells[1]));
      continue;
    }
    WB_PUSH_ROOM(ctx, all->columns, all->column_count, all->column_cap);
    all->columns[all->column_count++] = column;
  }
}

wb_log_patterns *wb_log_patterns_read(wb_ctx *ctx) {
  wb_log_patterns *all = WB_NEW(ctx, wb_log_patterns);
  const wb_str text = wb_data_text("logs/patterns.tsv");
  wb_str cells[2];
  all->faulty = (wb_text){.ctx = ctx};
  read_quantities(ctx, all);
  read_columns(ctx, all);
  for (size_t at = 0; wb_tsv_next(text, &at, cells, 2);) {
    wb_log_pattern pattern = {.engine = cells[0]};
    if (!read_pattern(ctx, all, cells[1], &pattern)) {
      wb_text_addf(&all->faulty, "%.*s\n", WB_STR_ARG(cells[1]));
      continue;
    }
    const char *anchor = pattern.anchor.ptr;
    size_t *bucket = pattern.anchor.len < 4 ? &all->brief : &all->buckets[wb_log_bucket(anchor)];
    all->begins[wb_log_pair(anchor)] = true;
    WB_PUSH_ROOM(ctx, all->items, all->count, all->cap);
    pattern.next = *bucket;
    all->items[all->count++] = pattern;
    *bucket = all->count;
  }
  return all;
}

wb_str wb_log_faulty_patterns(wb_ctx *ctx) { return wb_text_str(&wb_log_patterns_read(ctx)->faulty); }

/* ---- values ---- */

/* Digits in groups of three behind commas, or without any. */
static size_t whole_digits(wb_str text, size_t at, char *digits, size_t *count, size_t room) {
  for (size_t run = 0; at < text.len; at++) {
    const bool group = text.ptr[at] == ',' && run > 0 && run <= 3 && at + 3 < text.len && is_digit(text.ptr[at + 1]) &&
                       is_digit(text.ptr[at + 2]) && is_digit(text.ptr[at + 3]) &&
                       (at + 4 == text.len || !is_digit(text.ptr[at + 4]));
    if (group) {
      run = 0;
      continue;
    }
    if (!is_digit(text.ptr[at]) || *count == room) break;
    digits[(*count)++] = text.ptr[at];
    run++;
  }
  return at;
}

/* More digits than this are no figure of any log. */
#define DIGITS 30

/* As logs print it, at the start of `text`: "-7.83", "1,687,476". 0 when there is none, else its length. */
static size_t read_number(wb_str text, wb_num *value, wb_num *half) {
  char digits[DIGITS + 4];
  size_t count = 0, at = 0, decimals = 0;
  if (text.len && text.ptr[0] == '-') digits[count++] = text.ptr[at++];
  const size_t sign = count;
  at = whole_digits(text, at, digits, &count, DIGITS);
  if (count == sign) return 0;
  if (at + 1 < text.len && text.ptr[at] == '.' && is_digit(text.ptr[at + 1])) {
    digits[count++] = '.';
    for (at++; at < text.len && is_digit(text.ptr[at]) && count < DIGITS + 2; at++, decimals++)
      digits[count++] = text.ptr[at];
  }
  if (at < text.len && is_digit(text.ptr[at])) return 0;
  wb_num unit;
  const bool fits = wb_num_parse((wb_str){digits, count}, value) &&
                    wb_num_pow(wb_num_int(10), wb_num_int(-(wb_i128)decimals), &unit) &&
                    wb_num_div(unit, wb_num_int(2), half);
  return fits ? at : 0;
}

static size_t unit_at(wb_str text, wb_i128 *scale) {
  static const char prefixes[] = "KMGT";
  const char *prefix = text.len ? memchr(prefixes, text.ptr[0], 4) : NULL;
  size_t at = prefix != NULL;
  const bool binary = prefix && at < text.len && text.ptr[at] == 'i';
  at += binary;
  if (at >= text.len || text.ptr[at] != 'B' || (at + 1 < text.len && is_word(text.ptr[at + 1]))) return 0;
  *scale = 1;
  for (ptrdiff_t i = 0; prefix && i <= prefix - prefixes; i++) *scale *= binary ? 1024 : 1000;
  return at + 1;
}

static size_t letters_at(wb_str line, size_t at) {
  const size_t from = at;
  while (at < line.len && at < from + 4 && is_word(line.ptr[at]) && !is_digit(line.ptr[at])) at++;
  return at < line.len && is_word(line.ptr[at]) ? from : at;
}

static size_t take_amount(const wb_log_token *hole, wb_str line, size_t at, wb_log_capture *out) {
  wb_i128 scale = hole->scale;
  const size_t length = read_number(wb_str_slice(line, at, line.len), &out->value, &out->half);
  if (!length) return 0;
  size_t end = at + length, unit = end;
  while (unit < line.len && unit < end + 2 && is_blank(line.ptr[unit])) unit++;
  size_t shown = letters_at(line, unit);
  if (hole->type == WB_LOG_SIZE) {
    const size_t letters = unit_at(wb_str_slice(line, unit, line.len), &scale);
    if (!letters) return 0;
    end = shown = unit + letters;
  }
  if (hole->counts && wb_num_is_int(out->value)) out->half = wb_num_int(0);
  if (!wb_num_mul(out->value, wb_num_int(scale), &out->value) || !wb_num_mul(out->half, wb_num_int(scale), &out->half))
    return 0;
  out->shown = wb_str_slice(line, at, shown > unit ? shown : at + length);
  return end;
}

static size_t take_run(wb_log_type type, wb_str line, size_t at) {
  for (; at < line.len; at++) {
    const char c = line.ptr[at];
    if (type == WB_LOG_DEVICE && !is_word(c) && c != '-') break;
    if (type == WB_LOG_WORD && (is_blank(c) || memchr(",;'\")]}|", c, 8))) break;
    if (type == WB_LOG_NAME && (c == '|' || (is_blank(c) && at + 1 < line.len && is_blank(line.ptr[at + 1])))) break;
  }
  return at;
}

size_t wb_log_take(const wb_log_token *hole, wb_str line, size_t at, wb_log_capture *out) {
  size_t end = hole->type <= WB_LOG_SIZE   ? take_amount(hole, line, at, out)
               : hole->type == WB_LOG_TEXT ? line.len
                                           : take_run(hole->type, line, at);
  if (end <= at) return at;
  out->hole = hole;
  out->text = wb_str_slice(line, at, end);
  if (hole->type > WB_LOG_SIZE) out->shown = out->text;
  return end;
}

/* ---- finding ---- */

typedef struct search {
  const wb_log_pattern *pattern;
  wb_str line;
  wb_log_match *match;
  size_t steps;
  bool reached; /* a {*} or {text}: what begins further right cannot do better */
} search;

/* A line is given up after so many comparisons. */
#define STEPS ((size_t)400000)

static bool match_from(search *s, size_t token, size_t at);

/* Something of any length, as short as possible: the rest decides. */
static bool match_open(search *s, size_t token, size_t at) {
  const wb_log_token *open = &s->pattern->tokens[token];
  const bool kept = open->step == WB_LOG_HOLE;
  const size_t count = s->match->count;
  s->reached = true;
  for (size_t end = at + kept; end <= s->line.len && s->steps < STEPS; end++) {
    s->match->count = count;
    if (kept && open->quantity) {
      const wb_str text = wb_str_slice(s->line, at, end);
      s->match->captures[s->match->count++] = (wb_log_capture){.hole = open, .text = text, .shown = text};
    }
    s->reached = false;
    if (match_from(s, token + 1, end)) return true;
    if (s->reached) return false;
  }
  s->reached = true;
  return false;
}

static bool match_from(search *s, size_t token, size_t at) {
  const wb_str line = s->line;
  for (; token < s->pattern->count; token++) {
    const wb_log_token *t = &s->pattern->tokens[token];
    if (++s->steps > STEPS) return false;
    if (t->step == WB_LOG_ANYTHING || (t->step == WB_LOG_HOLE && t->type == WB_LOG_TEXT))
      return match_open(s, token, at);
    if (t->step == WB_LOG_LITERAL) {
      if (line.len - at < t->text.len || memcmp(line.ptr + at, t->text.ptr, t->text.len) != 0) return false;
      at += t->text.len;
      continue;
    }
    const size_t from = at;
    if (t->step == WB_LOG_HOLE) {
      wb_log_capture capture = {0};
      at = wb_log_take(t, line, at, &capture);
      if (t->quantity && at > from) s->match->captures[s->match->count++] = capture;
    } else {
      while (at < line.len && is_blank(line.ptr[at])) at++;
    }
    if (at == from && t->step != WB_LOG_MAYBE_BLANKS) return false;
  }
  return true;
}

bool wb_log_find(const wb_log_pattern *pattern, wb_str line, wb_log_match *match) {
  search s = {.pattern = pattern, .line = line, .match = match};
  const wb_log_token *first = &pattern->tokens[0];
  for (size_t at = 0; at < line.len && s.steps < STEPS && !s.reached; at++) {
    match->count = 0;
    s.steps++;
    if (first->step == WB_LOG_LITERAL) {
      const char *found = memchr(line.ptr + at, first->text.ptr[0], line.len - at);
      if (!found) return false;
      at = (size_t)(found - line.ptr);
    } else if (at > 0 && (is_word(line.ptr[at - 1]) || line.ptr[at - 1] == '.')) {
      continue; /* values begin where words begin */
    }
    if (match_from(&s, 0, at)) return true;
  }
  return false;
}
