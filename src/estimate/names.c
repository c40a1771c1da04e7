#include "estimate/names.h"

#include <string.h>

#include "model/model.h"

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
  static const wb_str OUTER[] = {
      {"model.", 6}, {"language_model.", 15}, {"text_model.", 11}, {"thinker.", 8}, {"module.", 7}};
  for (size_t i = 0; i < sizeof OUTER / sizeof *OUTER; i++) {
    const wb_str outer = OUTER[i];
    if (name.len <= outer.len || name.ptr[0] != outer.ptr[0] || !wb_str_starts(name, outer)) continue;
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

static bool in_set(const wb_name_set *set, wb_str name, uint64_t hash) {
  if (!set->count) return false;
  for (size_t at = hash & (set->slot_count - 1); set->slots[at].len; at = (at + 1) & (set->slot_count - 1))
    if (wb_str_eq(set->slots[at], name)) return true;
  return false;
}

static void put(wb_name_set *set, wb_str name) {
  size_t at = wb_str_hash(name) & (set->slot_count - 1);
  while (set->slots[at].len && !wb_str_eq(set->slots[at], name)) at = (at + 1) & (set->slot_count - 1);
  set->slots[at] = name;
}

static void add_to_set(wb_ctx *ctx, wb_name_set *set, wb_str name) {
  if (set->count * 2 >= set->slot_count) {
    const wb_str *old = set->slots;
    const size_t count = set->slot_count;
    set->slot_count = count ? count * 2 : 64;
    set->slots = WB_NEWN(ctx, wb_str, set->slot_count);
    for (size_t i = 0; i < count; i++)
      if (old[i].len) put(set, old[i]);
  }
  set->count++; /* no fewer than there are */
  put(set, name);
}

static bool holds_digit(wb_str text) {
  for (size_t i = 0; i < text.len; i++)
    if (is_digit(text.ptr[i])) return true;
  return false;
}

static void add_part(wb_names *names, wb_str part) {
  names->tells_digits = names->tells_digits || holds_digit(part);
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
  names->tells_digits = names->tells_digits || wb_regex_tells_digits(regex);
  WB_PUSH_ROOM(names->ctx, names->regexes, names->regex_count, names->regex_cap);
  names->regexes[names->regex_count++] = regex;
  return true;
}

/* `layers.0.self_attn*`, the commonest glob, asks how a name begins. */
static void add_glob(wb_names *names, wb_str glob) {
  const wb_str begin = wb_str_slice(glob, 0, glob.len - 1);
  if (begin.len && glob.ptr[begin.len] == '*' && !memchr(begin.ptr, '*', begin.len) &&
      !memchr(begin.ptr, '?', begin.len)) {
    add_to_set(names->ctx, &names->begins, begin);
    return;
  }
  names->tells_digits = names->tells_digits || holds_digit(glob);
  WB_PUSH_ROOM(names->ctx, names->globs, names->glob_count, names->glob_cap);
  names->globs[names->glob_count++] = glob;
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
    add_glob(names, bare(pattern));
    return true;
  }
  if (is_class(pattern)) names->every = true;
  if (names->substrings) add_part(names, pattern);
  add_to_set(names->ctx, &names->plain, bare(pattern));
  return true;
}

/* The module itself, what it is below of, how it begins, and, where ends count, its last parts. */
static bool means_plain(const wb_names *names, wb_str module) {
  uint64_t hash = WB_HASH_BEGIN; /* of what stands before the place */
  if (!names->plain.count && !names->begins.count) return false;
  for (size_t i = 0; i < module.len; i++) {
    const wb_str before = {module.ptr, i};
    if (in_set(&names->begins, before, hash)) return true;
    if (module.ptr[i] == '.') {
      const wb_str end = wb_str_slice(module, i + 1, module.len);
      if (in_set(&names->plain, before, hash)) return true;
      if (names->ends && in_set(&names->plain, end, wb_str_hash(end))) return true;
    }
    hash = wb_hash_on(hash, module.ptr[i]);
  }
  return in_set(&names->plain, module, hash) || in_set(&names->begins, module, hash);
}

static bool means_pattern(const wb_names *names, wb_str module) {
  const wb_str own = bare(module);
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

#define FOUND 8

/* What the patterns said of a module lately; for all whose names differ in digits only. */
struct wb_names_found {
  size_t len;
  bool means;
  char name[WB_NAME_MAX]; /* a 0 for every digit */
};

/* Layers are many and their names alike: where no pattern tells one digit from another, each kind of name is tried once. */
static bool means_pattern_of_kind(wb_names *names, wb_str module) {
  if (names->tells_digits || module.len > WB_NAME_MAX) return means_pattern(names, module);
  names->ctx->lasting += !names->found;
  if (!names->found) names->found = WB_NEWN(names->ctx, struct wb_names_found, FOUND);
  struct wb_names_found *found = &names->found[module.len % FOUND];
  bool same = found->len == module.len;
  for (size_t i = 0; i < module.len; i++) {
    const char c = is_digit(module.ptr[i]) ? '0' : module.ptr[i];
    same = same && found->name[i] == c;
    found->name[i] = c;
  }
  found->len = module.len;
  if (!same) found->means = means_pattern(names, module);
  return found->means;
}

bool wb_names_mean(wb_names *names, wb_str module) {
  if (!names || !names->count) return false;
  if (means_plain(names, bare(module))) return true;
  const bool patterns = names->part_count || names->glob_count || names->regex_count;
  return patterns && means_pattern_of_kind(names, module);
}
