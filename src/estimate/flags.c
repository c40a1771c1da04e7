#include "estimate/flags.h"

#include <string.h>

#include "base/tsv.h"

/* ---- programs ---- */

#define PROGRAM_COLUMNS 7

static const char PROGRAMS[] = "engines/programs.tsv";

bool wb_program_next(size_t *at, wb_program *out) {
  wb_str c[PROGRAM_COLUMNS];
  if (!wb_tsv_next(wb_data_text(PROGRAMS), at, c, PROGRAM_COLUMNS)) return false;
  *out = (wb_program){c[0], c[1], c[2], c[3], c[4], c[5], wb_str_is(c[6], "yes")};
  return true;
}

/* "vllm" writes for the release "vllm_2025" too. */
static bool is_engine(wb_str engine, wb_str name) {
  return wb_str_eq(engine, name) ||
         (wb_str_starts(engine, name) && engine.len > name.len && engine.ptr[name.len] == '_');
}

bool wb_program_of(wb_str engine, size_t *at, wb_program *out) {
  const wb_str text = wb_data_text(PROGRAMS);
  wb_str c[2];
  for (size_t row = *at; wb_tsv_next(text, at, c, 2); row = *at)
    if (is_engine(engine, c[1])) return wb_program_next(&row, out);
  return false;
}

/* "/opt/bin/python3" is "python*", "C:\llama-server.exe" is "llama-server". */
static bool is_program(wb_str word, wb_str wanted) {
  for (size_t i = word.len; i > 0; i--)
    if (word.ptr[i - 1] == '/' || word.ptr[i - 1] == '\\') {
      word = wb_str_slice(word, i, word.len);
      break;
    }
  if (wb_str_ends(word, WB_STR(".exe"))) word.len -= 4;
  const bool open = wb_str_ends(wanted, WB_STR("*"));
  return open ? wb_str_starts(word, wb_str_slice(wanted, 0, wanted.len - 1)) : wb_str_eq(word, wanted);
}

/* How many words a program takes at the front of some; 0: it is not there. */
static size_t taken(const wb_str *words, size_t count, wb_str program) {
  size_t n = 0;
  wb_str wanted;
  for (size_t at = 0; wb_str_next(program, ' ', &at, &wanted); n++)
    if (n == count || !(n ? wb_str_eq(words[n], wanted) : is_program(words[n], wanted))) return 0;
  return n;
}

/* Before it stand variables, sudo, numactl … */
#define WORDS_BEFORE 64

bool wb_program_in(const wb_str *words, size_t count, wb_program *out, size_t *end) {
  size_t longest = 0;
  wb_program program;
  for (size_t i = 0; i < count && i < WORDS_BEFORE && !longest; i++)
    for (size_t row = 0; wb_program_next(&row, &program);) {
      const size_t n = taken(words + i, count - i, program.words);
      if (n <= longest) continue;
      longest = n;
      *out = program;
      *end = i + n;
    }
  return longest > 0;
}

/* ---- flags ---- */

#define FLAG_COLUMNS 6

wb_flags wb_flags_of(wb_ctx *ctx, const wb_program *program) {
  wb_flags out = {.program = *program};
  size_t cap = 0;
  wb_str c[FLAG_COLUMNS];
  for (size_t at = 0; wb_tsv_next(wb_data_text("engines/flags.tsv"), &at, c, FLAG_COLUMNS);) {
    if (!wb_str_eq(c[0], program->flags)) continue;
    WB_PUSH_ROOM(ctx, out.items, out.count, cap);
    out.items[out.count++] = (wb_flag){c[1], c[2], c[3], c[4]};
  }
  return out;
}

static char plain(char c) { return c == '_' ? '-' : c; }

/* 2: the name; 1: it begins so; 0: another. */
static int matches(wb_str name, wb_str asked) {
  if (asked.len > name.len) return 0;
  for (size_t i = 0; i < asked.len; i++)
    if (plain(name.ptr[i]) != plain(asked.ptr[i])) return 0;
  return name.len == asked.len ? 2 : 1;
}

const wb_flag *wb_flag_find(const wb_flags *flags, wb_str asked) {
  const wb_flag *begun = NULL;
  size_t several = 0;
  for (size_t i = 0; i < flags->count; i++) {
    int best = 0;
    wb_str name;
    for (size_t at = 0; wb_str_next(flags->items[i].names, ',', &at, &name);) {
      const int how = matches(name, asked);
      if (how > best) best = how;
    }
    if (best == 2) return &flags->items[i];
    if (best == 1) several++;
    if (best == 1) begun = &flags->items[i];
  }
  const bool cut = flags->program.abbreviates && asked.len > 3 && wb_str_starts(asked, WB_STR("--")) && several == 1;
  return cut ? begun : NULL;
}

wb_str wb_flag_first(const wb_flag *flag) {
  wb_str name = WB_STR("");
  size_t at = 0;
  wb_str_next(flag->names, ',', &at, &name);
  return name;
}

/* One `value=meaning` of a list; a value alone means itself; before a `~` stands what is read and never written. */
static bool next_value(wb_str list, size_t *at, wb_str *value, wb_str *meaning, bool *only_read) {
  wb_str item;
  if (wb_str_is(list, "-") || !wb_str_next(list, ' ', at, &item)) return false;
  *only_read = wb_str_starts(item, WB_STR("~"));
  if (*only_read) item = wb_str_slice(item, 1, item.len);
  *value = *meaning = item;
  const char *equals = memchr(item.ptr, '=', item.len);
  if (!equals) return true;
  *value = wb_str_slice(item, 0, (size_t)(equals - item.ptr));
  *meaning = wb_str_slice(item, value->len + 1, item.len);
  return true;
}

bool wb_flag_value(const wb_flag *flag, wb_str asked, wb_str *meaning) {
  wb_str value;
  bool only_read;
  *meaning = asked;
  if (wb_str_is(flag->values, "-")) return true;
  for (size_t at = 0; next_value(flag->values, &at, &value, meaning, &only_read);) {
    if (wb_str_eq(value, asked)) return true;
    if (!wb_str_is(value, "*")) continue;
    if (wb_str_is(*meaning, "*")) *meaning = asked;
    return true;
  }
  return false;
}

bool wb_flag_written(const wb_flag *flag, wb_same_fn same, wb_str meaning, wb_str *value) {
  wb_str means;
  bool only_read;
  *value = meaning;
  if (wb_str_is(flag->values, "-")) return true;
  for (size_t at = 0; next_value(flag->values, &at, value, &means, &only_read);) {
    const bool any = wb_str_is(*value, "*");
    if (only_read || !means.len || wb_str_is(*value, "?") || (any && !wb_str_is(means, "*"))) continue;
    if (!any && !same(means, meaning)) continue;
    if (any) *value = meaning;
    return true;
  }
  return false;
}
