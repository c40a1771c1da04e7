#include "model/catalogue.h"

#include <string.h>

#include "base/tsv.h"

#define NEAR_MISSES 5

/* Finding the table among all of them takes longer than reading a row: who reads many finds it once. */
static wb_str table(void) { return wb_data_text("catalogue/models.tsv"); }

static bool next_of(wb_str text, size_t *at, wb_catalogue_entry *out) {
  wb_str cells[7];
  if (!wb_tsv_next(text, at, cells, 7)) return false;
  *out = (wb_catalogue_entry){cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6]};
  return true;
}

bool wb_catalogue_next(size_t *at, wb_catalogue_entry *out) { return next_of(table(), at, out); }

static wb_str short_name(wb_str name) {
  const char *slash = memchr(name.ptr, '/', name.len);
  return slash ? wb_str_slice(name, (size_t)(slash - name.ptr) + 1, name.len) : name;
}

static bool same_but_for_case(wb_str a, wb_str b) { return a.len == b.len && wb_str_distance(a, b, 0) == 0; }

/* How well an entry answers: 3 exact, 2 but for case, 1 the part after the organisation, 0 not. */
static int answers(wb_str entry, wb_str asked) {
  if (wb_str_eq(entry, asked)) return 3;
  if (same_but_for_case(entry, asked)) return 2;
  return same_but_for_case(short_name(entry), asked) ? 1 : 0;
}

typedef struct near {
  wb_str name;
  size_t distance;
} near;

static void note_near(near *list, size_t *count, wb_str name, size_t distance) {
  size_t at = *count < NEAR_MISSES ? (*count)++ : NEAR_MISSES;
  while (at > 0 && list[at - 1].distance > distance) {
    if (at < NEAR_MISSES) list[at] = list[at - 1];
    at--;
  }
  if (at < NEAR_MISSES) list[at] = (near){name, distance};
}

static bool contains(wb_str text, wb_str part) {
  for (size_t i = 0; i + part.len <= text.len; i++)
    if (wb_str_distance(wb_str_slice(text, i, i + part.len), part, 0) == 0) return true;
  return false;
}

wb_str wb_catalogue_bare(wb_str name) {
  static const char *const hosts[] = {"https://huggingface.co/", "https://hf.co/", "https://www.modelscope.cn/models/"};
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++)
    if (wb_str_starts(name, wb_str_of(hosts[i]))) name = wb_str_slice(name, wb_str_of(hosts[i]).len, name.len);
  while (name.len && name.ptr[name.len - 1] == '/') name.len--;
  return name;
}

static _Noreturn void unknown(wb_ctx *ctx, wb_str asked) {
  near list[NEAR_MISSES];
  size_t count = 0, limit = asked.len / 3 + 1;
  wb_catalogue_entry entry;
  const wb_str text = table();
  for (size_t at = 0; next_of(text, &at, &entry);) {
    size_t whole = wb_str_distance(entry.name, asked, limit),
           part = wb_str_distance(short_name(entry.name), asked, limit);
    size_t distance = whole < part ? whole : part;
    if (distance > 1 && asked.len > 2 && contains(entry.name, asked)) distance = 1;
    if (distance <= limit) note_near(list, &count, entry.name, distance);
  }
  wb_text names = {.ctx = ctx};
  for (size_t i = 0; i < count; i++) wb_text_addf(&names, "%s%.*s", i ? ", " : "", WB_STR_ARG(list[i].name));
  if (count) WB_FAIL(ctx, WB_CATALOGUE_NEAR, WB_NOWHERE, asked, wb_text_str(&names));
  WB_FAIL(ctx, WB_CATALOGUE_UNKNOWN, WB_NOWHERE, asked);
}

bool wb_catalogue_look(wb_ctx *ctx, wb_str name, wb_catalogue_entry *out) {
  wb_catalogue_entry entry;
  int score = 0, equals = 0;
  wb_text names = {.ctx = ctx};
  const wb_str text = table();
  name = wb_catalogue_bare(name);
  for (size_t at = 0; score < 3 && next_of(text, &at, &entry);) {
    int how = answers(entry.name, name);
    if (how == 0 || how < score) continue;
    if (how > score) {
      equals = 0;
      names.len = 0;
      *out = entry;
    }
    score = how;
    wb_text_addf(&names, "%s%.*s", equals++ ? ", " : "", WB_STR_ARG(entry.name));
  }
  if (equals > 1 && score == 1) WB_FAIL(ctx, WB_CATALOGUE_AMBIGUOUS, WB_NOWHERE, name, wb_text_str(&names));
  return score > 0;
}

wb_catalogue_entry wb_catalogue_find(wb_ctx *ctx, wb_str name) {
  wb_catalogue_entry entry;
  if (!wb_catalogue_look(ctx, name, &entry)) unknown(ctx, wb_catalogue_bare(name));
  return entry;
}
