#include "estimate/names.h"

#include <string.h>

wb_str wb_next_word(wb_str cell, size_t *at) {
  while (*at < cell.len && cell.ptr[*at] == ' ') ++*at;
  const size_t from = *at;
  while (*at < cell.len && cell.ptr[*at] != ' ') ++*at;
  return wb_str_slice(cell, from, *at);
}

static bool has_word(wb_str cell, const char *word) {
  size_t at = 0;
  for (wb_str each = wb_next_word(cell, &at); each.len; each = wb_next_word(cell, &at))
    if (wb_str_is(each, word)) return true;
  return false;
}

wb_names *wb_names_new(wb_ctx *ctx, wb_str match) {
  wb_names *names = WB_NEW(ctx, wb_names);
  names->ctx = ctx;
  names->ends = has_word(match, "end");
  names->substrings = has_word(match, "substring");
  return names;
}

/* Without what different programs put before the same module. */
static wb_str bare(wb_str name) {
  static const char *const OUTER[] = {"model.", "language_model.", "text_model.", "thinker.", "module."};
  for (size_t i = 0; i < sizeof OUTER / sizeof *OUTER; i++) {
    const wb_str outer = wb_str_of(OUTER[i]);
    if (name.len <= outer.len || !wb_str_starts(name, outer)) continue;
    name = wb_str_slice(name, outer.len, name.len);
    i = SIZE_MAX; /* from the first again */
  }
  return name;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool holds(wb_str text, wb_str part, size_t *at) {
  for (size_t i = 0; i + part.len <= text.len; i++)
    if (memcmp(text.ptr + i, part.ptr, part.len) == 0) {
      if (at) *at = i;
      return true;
    }
  return false;
}

/* An expert's number stands behind the word "experts", as a part of its own or behind a wildcard; in an expression any
 * digit there may be one, and any at all where the expression names no layers. */
static bool tells_experts(wb_str pattern, bool expression) {
  size_t at = 0;
  const bool named = holds(pattern, WB_STR("expert"), &at);
  if (!named && (!expression || holds(pattern, WB_STR("layers"), NULL))) return false;
  for (; at < pattern.len; at++) {
    const char before = at ? pattern.ptr[at - 1] : '.';
    const bool begins = before == '.' || before == '*' || before == '?';
    if (is_digit(pattern.ptr[at]) && (expression || begins)) return true;
  }
  return false;
}

static void put_plain(wb_names *names, wb_str name) {
  size_t at = wb_str_hash(name) & (names->slot_count - 1);
  while (names->slots[at].len && !wb_str_eq(names->slots[at], name)) at = (at + 1) & (names->slot_count - 1);
  names->slots[at] = name;
}

static void add_plain(wb_names *names, wb_str name) {
  if (names->plain_count * 2 >= names->slot_count) {
    const wb_str *old = names->slots;
    const size_t count = names->slot_count;
    names->slot_count = count ? count * 2 : 64;
    names->slots = WB_NEWN(names->ctx, wb_str, names->slot_count);
    for (size_t i = 0; i < count; i++)
      if (old[i].len) put_plain(names, old[i]);
  }
  names->plain_count++; /* no fewer than there are */
  put_plain(names, name);
}

static void add_part(wb_names *names, wb_str part) {
  WB_PUSH_ROOM(names->ctx, names->parts, names->part_count, names->part_cap);
  names->parts[names->part_count++] = part;
}

/* `.*self_attn.*`, the commonest expression, only looks for a text: true, and the text is added as such. */
static bool add_literal(wb_names *names, wb_str text) {
  wb_text out = {.ctx = names->ctx};
  if (!wb_str_starts(text, WB_STR(".*"))) return false;
  text = wb_str_slice(text, 2, text.len);
  if (wb_str_ends(text, WB_STR(".*"))) text.len -= 2; /* a beginning of the name is enough for a match anyway */
  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == '.') i++;
    else if (memchr(".^$*+?()[]{}|\\", text.ptr[i], 14)) return false;
    wb_text_addc(&out, text.ptr[i]);
  }
  if (out.len) add_part(names, wb_text_str(&out));
  return out.len > 0;
}

static bool add_regex(wb_names *names, wb_str text) {
  if (add_literal(names, text)) return true;
  wb_regex *regex = wb_regex_new(names->ctx, text);
  if (!regex) return false;
  WB_PUSH_ROOM(names->ctx, names->regexes, names->regex_count, names->regex_cap);
  names->regexes[names->regex_count++] = regex;
  return true;
}

/* "Linear", "ReplicatedLinear": a class of layers has a capital letter and no dot. */
static bool is_class(wb_str pattern) {
  return pattern.ptr[0] >= 'A' && pattern.ptr[0] <= 'Z' && !holds(pattern, WB_STR("."), NULL);
}

bool wb_names_add(wb_names *names, wb_str pattern) {
  const bool expression = wb_str_starts(pattern, WB_STR("re:"));
  if (!pattern.len) return true;
  names->by_expert = names->by_expert || tells_experts(pattern, expression);
  names->count++;
  if (expression) return add_regex(names, wb_str_slice(pattern, 3, pattern.len));
  if (holds(pattern, WB_STR("*"), NULL)) {
    WB_PUSH_ROOM(names->ctx, names->globs, names->glob_count, names->glob_cap);
    names->globs[names->glob_count++] = bare(pattern);
    return true;
  }
  if (is_class(pattern)) names->every = true;
  if (names->substrings) add_part(names, pattern);
  add_plain(names, bare(pattern));
  return true;
}

static bool has_plain(const wb_names *names, wb_str name) {
  if (!names->plain_count) return false;
  for (size_t at = wb_str_hash(name) & (names->slot_count - 1); names->slots[at].len;
       at = (at + 1) & (names->slot_count - 1))
    if (wb_str_eq(names->slots[at], name)) return true;
  return false;
}

/* The module itself, what it is below of, and, where ends count, its last parts. */
static bool means_plain(const wb_names *names, wb_str module) {
  if (has_plain(names, module)) return true;
  for (size_t i = 0; i < module.len && names->plain_count; i++) {
    if (module.ptr[i] != '.') continue;
    if (has_plain(names, wb_str_slice(module, 0, i))) return true;
    if (names->ends && has_plain(names, wb_str_slice(module, i + 1, module.len))) return true;
  }
  return false;
}

bool wb_names_mean(const wb_names *names, wb_str module) {
  if (!names || !names->count) return false;
  const wb_str own = bare(module);
  if (means_plain(names, own)) return true;
  for (size_t i = 0; i < names->part_count; i++) {
    wb_step(names->ctx, WB_NOWHERE);
    if (holds(module, names->parts[i], NULL)) return true;
  }
  for (size_t i = 0; i < names->glob_count; i++) {
    wb_step(names->ctx, WB_NOWHERE);
    if (wb_glob_match(names->globs[i], own)) return true;
  }
  for (size_t i = 0; i < names->regex_count; i++)
    if (wb_regex_match(names->ctx, names->regexes[i], module)) return true;
  return false;
}
