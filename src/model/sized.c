#include "model/sized.h"

#include <string.h>

#include "base/tsv.h"

#define MAX_TOKENS 16
#define MAX_DIGITS 20

typedef enum meaning { M_SIZE, M_TIMES, M_DENSE, M_MOE, M_CNN, M_ACTIVE, M_TOTAL, M_FILLER, M_UNKNOWN } meaning;

typedef struct token {
  meaning means;
  wb_str text;
  wb_num size;  /* M_SIZE; M_TIMES: of each */
  wb_num times; /* M_TIMES */
  bool tagged;  /* M_ACTIVE: written before its number, as in A37B */
} token;

typedef struct reading {
  wb_ctx *ctx;
  wb_str text;
  size_t at;
  token tokens[MAX_TOKENS];
  size_t count;
} reading;

typedef struct word {
  wb_str text;
  meaning means;
  wb_num factor;
  bool is_unit;
} word;

wb_num wb_sized_bound(wb_ctx *ctx, const char *name) {
  wb_str cells[2], parts[2] = {{NULL, 0}, WB_STR("1")};
  wb_num over, under, value;
  for (size_t at = 0; wb_tsv_next(wb_data_text("representatives/search.tsv"), &at, cells, 2);) {
    if (!wb_str_is(cells[0], name)) continue;
    for (size_t i = 0, from = 0; i < 2 && wb_str_next(cells[1], '/', &from, &parts[i]); i++) continue;
    if (wb_num_parse(parts[0], &over) && wb_num_parse(parts[1], &under) && wb_num_div(over, under, &value))
      return value;
  }
  WB_FAIL(ctx, WB_LANG_UNKNOWN_NAME, wb_in_file(WB_STR("representatives/search.tsv")), wb_str_of(name));
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

static meaning meaning_of(wb_str name) {
  static const char *const names[] = {"", "", "dense", "moe", "cnn", "active", "total", "filler"};
  for (int i = M_DENSE; i <= M_FILLER; i++)
    if (wb_str_is(name, names[i])) return (meaning)i;
  return M_UNKNOWN;
}

static bool same_here(wb_str text, size_t at, wb_str wanted) {
  return at + wanted.len <= text.len && wb_str_distance(wb_str_slice(text, at, at + wanted.len), wanted, 0) == 0;
}

/* A word of Latin letters ends where letters do; Chinese ones stand side by side. */
static bool ends_here(wb_str text, size_t end) {
  return end >= text.len || !is_letter(text.ptr[end - 1]) || !is_letter(text.ptr[end]);
}

/* The longest word of the table that stands at `at`. */
static bool word_at(wb_str text, size_t at, bool unit, word *out) {
  wb_str cells[3];
  out->text = WB_STR("");
  for (size_t row = 0; wb_tsv_next(wb_data_text("representatives/words.tsv"), &row, cells, 3);) {
    const bool is_unit = wb_str_is(cells[1], "unit");
    if (is_unit != unit || cells[0].len <= out->text.len || !same_here(text, at, cells[0])) continue;
    const size_t end = at + cells[0].len;
    if (!ends_here(text, end)) continue;
    *out = (word){cells[0], meaning_of(cells[1]), wb_num_int(0), is_unit};
    if (is_unit && !wb_num_parse(cells[2], &out->factor)) return false;
  }
  return out->text.len > 0;
}

/* Blanks and what people put between the parts of a name, the full-width forms among them; 0: none stands there. */
static size_t separator_at(wb_str text, size_t at) {
  static const char *const wide[] = {"，", "、", "（", "）", "；", "：", "　"};
  if (memchr(" \t-_,;:()+|", text.ptr[at], 11)) return 1;
  for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
    if (same_here(text, at, wb_str_of(wide[i]))) return wb_str_of(wide[i]).len;
  return 0;
}

static void skip_separators(reading *r) {
  for (size_t n; r->at < r->text.len && (n = separator_at(r->text, r->at)) > 0;) r->at += n;
}

static void skip_blanks(reading *r) {
  while (r->at < r->text.len && r->text.ptr[r->at] == ' ') r->at++;
}

static bool read_number(reading *r, wb_num *out) {
  const size_t from = r->at;
  size_t end = from, points = 0;
  while (end < r->text.len && (is_digit(r->text.ptr[end]) || (r->text.ptr[end] == '.' && points == 0)))
    points += r->text.ptr[end++] == '.';
  if (end == from || end - from > MAX_DIGITS || !is_digit(r->text.ptr[from]) || !is_digit(r->text.ptr[end - 1]))
    return false;
  r->at = end;
  return wb_num_parse(wb_str_slice(r->text, from, end), out);
}

/* 7B, 7 billion, 70亿; the unit of a number must stand at it. */
static bool read_size(reading *r, wb_num *out) {
  wb_num number;
  word unit;
  if (!read_number(r, &number)) return false;
  skip_blanks(r);
  if (!word_at(r->text, r->at, true, &unit)) return false;
  r->at += unit.text.len;
  if (r->at < r->text.len && is_digit(r->text.ptr[r->at])) return false;
  return wb_num_mul(number, unit.factor, out);
}

static bool read_times_sign(reading *r) {
  static const char *const signs[] = {"x", "*", "×", "✕"};
  skip_blanks(r);
  for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
    if (!same_here(r->text, r->at, wb_str_of(signs[i]))) continue;
    r->at += wb_str_of(signs[i]).len;
    skip_blanks(r);
    return true;
  }
  return false;
}

/* 8x7B */
static bool read_times(reading *r, token *t) {
  return read_number(r, &t->times) && read_times_sign(r) && read_size(r, &t->size);
}

/* To the next separator. */
static void read_unknown(reading *r, token *t) {
  const size_t from = r->at;
  while (r->at < r->text.len && !separator_at(r->text, r->at)) r->at++;
  *t = (token){.means = M_UNKNOWN, .text = wb_str_slice(r->text, from, r->at)};
}

static void read_token(reading *r, token *t) {
  const size_t from = r->at;
  word w;
  *t = (token){.means = M_TIMES};
  if (read_times(r, t)) return;
  r->at = from;
  t->means = M_SIZE;
  if (read_size(r, &t->size)) return;
  r->at = from;
  const bool known = word_at(r->text, from, false, &w);
  const bool digit_follows = known && from + w.text.len < r->text.len && is_digit(r->text.ptr[from + w.text.len]);
  if (!known || (w.text.len == 1 && !digit_follows)) { /* the letter of A37B is no word of its own */
    read_unknown(r, t);
    return;
  }
  r->at += w.text.len;
  *t = (token){.means = w.means, .text = w.text, .tagged = w.text.len == 1};
}

static void read_tokens(reading *r) {
  for (skip_separators(r); r->at < r->text.len && r->count < MAX_TOKENS; skip_separators(r))
    read_token(r, &r->tokens[r->count++]);
}

static size_t count_of(const reading *r, meaning means) {
  size_t n = 0;
  for (size_t i = 0; i < r->count; i++) n += r->tokens[i].means == means;
  return n;
}

static wb_str forms(void) { return wb_str_of(wb_message_text(WB_SIZED_FORMS, WB_LANG_EN)); }

static bool near_a_word(wb_str text) {
  wb_str cells[2];
  for (size_t at = 0; text.len > 3 && wb_tsv_next(wb_data_text("representatives/words.tsv"), &at, cells, 2);)
    if (cells[0].len > 3 && is_letter(cells[0].ptr[0]) && wb_str_distance(cells[0], text, 2) <= 2) return true;
  return false;
}

/* One word that is not understood beside others that are: a slip, unless it may be a name. */
static bool has_slip(const reading *r) {
  if (count_of(r, M_UNKNOWN) != 1) return false;
  for (size_t i = 0; i < r->count; i++) {
    const token *t = &r->tokens[i];
    if (t->means != M_UNKNOWN) continue;
    if (is_digit(t->text.ptr[0]) || near_a_word(t->text)) return true;
  }
  return false;
}

static _Noreturn void fail_slip(const reading *r) {
  for (size_t i = 0; i < r->count; i++) {
    const wb_str text = r->tokens[i].text;
    bool number = false;
    if (r->tokens[i].means != M_UNKNOWN) continue;
    for (size_t k = 0; k < text.len; k++) number = number || is_digit(text.ptr[k]) || text.ptr[k] == '.';
    WB_FAIL(r->ctx, number ? WB_SIZED_UNIT : WB_SIZED_WORD, WB_NOWHERE, r->text, text, forms());
  }
  WB_FAIL(r->ctx, WB_SIZED_NONE, WB_NOWHERE, r->text, forms());
}

static wb_str shown(wb_ctx *ctx, wb_num n) {
  wb_text text = {.ctx = ctx};
  if (wb_num_is_int(n)) wb_i128_print_grouped(&text, n.num);
  else wb_num_print(&text, n);
  return wb_text_str(&text);
}

static bool above(wb_num a, wb_num b) {
  int order = 0;
  return wb_num_cmp(a, b, &order) && order > 0;
}

/* Which of two sizes is the active one: the one marked (A37B), else the one that an `active` stands at on one side
 * only, else, with the word between both, the smaller. */
static size_t active_of(const reading *r, const size_t *sizes) {
  for (size_t i = 0; i < r->count; i++) {
    if (r->tokens[i].means != M_ACTIVE) continue;
    if (r->tokens[i].tagged) return i < sizes[0] ? 0 : 1;
    if (i < sizes[0]) return 0;
    if (i > sizes[1]) return 1;
  }
  return above(r->tokens[sizes[0]].size, r->tokens[sizes[1]].size) ? 1 : 0;
}

static void take_sizes(const reading *r, wb_sized *out) {
  size_t sizes[2] = {0, 0}, n = 0;
  const size_t active_words = count_of(r, M_ACTIVE);
  for (size_t i = 0; i < r->count; i++)
    if (r->tokens[i].means == M_SIZE && n < 2) sizes[n++] = i;
  if (count_of(r, M_SIZE) > 2 || active_words > 1 || (n == 2 && !active_words))
    WB_FAIL(r->ctx, WB_SIZED_SEVERAL, WB_NOWHERE, r->text, forms());
  if (n == 1 && active_words) WB_FAIL(r->ctx, WB_SIZED_NO_TOTAL, WB_NOWHERE, r->text, forms());
  out->total = r->tokens[sizes[0]].size;
  if (n < 2) return;
  const size_t active = active_of(r, sizes);
  out->active = r->tokens[sizes[active]].size;
  out->total = r->tokens[sizes[1 - active]].size;
  if (!out->active.num)
    WB_FAIL(r->ctx, WB_SIZED_SHARE, WB_NOWHERE, r->text, shown(r->ctx, out->active), shown(r->ctx, out->total));
  if (above(out->active, out->total))
    WB_FAIL(r->ctx, WB_SIZED_ACTIVE, WB_NOWHERE, r->text, shown(r->ctx, out->active), shown(r->ctx, out->total));
}

/* Two of the experts work on a token, as in the models that are named so (arXiv:2401.04088). */
static void take_times(const reading *r, wb_sized *out) {
  const token *t = NULL;
  for (size_t i = 0; i < r->count && !t; i++)
    if (r->tokens[i].means == M_TIMES) t = &r->tokens[i];
  const bool plain = t && count_of(r, M_TIMES) == 1 && !count_of(r, M_SIZE) && !count_of(r, M_ACTIVE) &&
                     !count_of(r, M_DENSE) && !count_of(r, M_CNN);
  if (!plain) WB_FAIL(r->ctx, WB_SIZED_SEVERAL, WB_NOWHERE, r->text, forms());
  if (!wb_num_is_int(t->times) || t->times.num < 2 || t->times.num > 4096)
    WB_FAIL(r->ctx, WB_SIZED_EXPERTS, WB_NOWHERE, r->text, shown(r->ctx, t->times));
  out->kind = WB_SIZED_MIXTURE;
  out->experts = t->times;
  out->each = t->size;
  if (!wb_num_mul(t->times, t->size, &out->total) || !wb_num_mul(wb_num_int(2), t->size, &out->active))
    WB_FAIL(r->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
}

static void take_kind(const reading *r, wb_sized *out) {
  const bool dense = count_of(r, M_DENSE) > 0, moe = count_of(r, M_MOE) > 0, cnn = count_of(r, M_CNN) > 0;
  const bool partly = out->active.num && above(out->total, out->active);
  if (dense + moe + cnn > 1) WB_FAIL(r->ctx, WB_SIZED_KINDS, WB_NOWHERE, r->text, forms());
  if ((dense || cnn) && partly) WB_FAIL(r->ctx, WB_SIZED_ALL_ACTIVE, WB_NOWHERE, r->text, forms());
  if (moe && !out->active.num) WB_FAIL(r->ctx, WB_SIZED_NO_ACTIVE, WB_NOWHERE, r->text, forms());
  out->kind = cnn ? WB_SIZED_CNN : moe || partly ? WB_SIZED_MOE : WB_SIZED_DENSE;
}

static void check_range(const reading *r, const wb_sized *s) {
  const wb_num least = wb_sized_bound(r->ctx, "least"), most = wb_sized_bound(r->ctx, "most");
  const wb_num size = s->kind == WB_SIZED_MIXTURE ? s->each : s->total;
  if (above(least, size) || above(s->total, most) || !wb_num_is_int(s->total))
    WB_FAIL(r->ctx, WB_SIZED_RANGE, WB_NOWHERE, r->text, shown(r->ctx, above(s->total, most) ? s->total : size),
            shown(r->ctx, least), shown(r->ctx, most));
  if (s->active.num == 0) return;
  wb_num hundredfold; /* below a hundredth there is no room for attention and vocabulary */
  if (!wb_num_mul(s->active, wb_num_int(100), &hundredfold) || above(s->total, hundredfold))
    WB_FAIL(r->ctx, WB_SIZED_SHARE, WB_NOWHERE, r->text, shown(r->ctx, s->active), shown(r->ctx, s->total));
}

bool wb_sized_read(wb_ctx *ctx, wb_str text, wb_sized *out) {
  if (!text.len || text.len > WB_SIZED_MAX_BYTES || memchr(text.ptr, '/', text.len)) return false;
  reading r = {.ctx = ctx, .text = text};
  read_tokens(&r);
  if (!r.count || r.at < text.len) return false;
  const size_t unknown = count_of(&r, M_UNKNOWN), sizes = count_of(&r, M_SIZE) + count_of(&r, M_TIMES);
  const size_t kinds = count_of(&r, M_DENSE) + count_of(&r, M_MOE) + count_of(&r, M_CNN);
  if (unknown) {
    if (has_slip(&r) && (sizes || kinds || r.count == 1)) fail_slip(&r);
    return false;
  }
  if (!sizes && !kinds && !count_of(&r, M_ACTIVE)) return false;
  if (!sizes) WB_FAIL(ctx, WB_SIZED_NONE, WB_NOWHERE, text, forms());
  *out = (wb_sized){.total = wb_num_int(0), .active = wb_num_int(0), .experts = wb_num_int(0), .each = wb_num_int(0)};
  if (count_of(&r, M_TIMES)) {
    take_times(&r, out);
  } else {
    take_sizes(&r, out);
    take_kind(&r, out);
  }
  check_range(&r, out);
  return true;
}
