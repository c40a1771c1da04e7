#include "model/catalogue.h"

#include <string.h>

#include "base/tsv.h"

#define NEAR_MISSES 5

bool wb_catalogue_next(size_t *at, wb_catalogue_entry *out) {
  wb_str cells[7];
  if (!wb_tsv_next(wb_data_text("catalogue/models.tsv"), at, cells, 7)) return false;
  *out = (wb_catalogue_entry){cells[0], cells[1], cells[2], cells[3], cells[4], cells[5], cells[6]};
  return true;
}

static wb_str short_name(wb_str name) {
  const char *slash = memchr(name.ptr, '/', name.len);
  return slash ? wb_str_slice(name, (size_t)(slash - name.ptr) + 1, name.len) : name;
}

/* How well an entry answers: 3 exact, 2 but for case, 1 the part after the organisation, 0 not. */
static int answers(wb_str entry, wb_str asked) {
  if (wb_str_eq(entry, asked)) return 3;
  if (wb_str_distance(entry, asked, 0) == 0) return 2;
  return wb_str_distance(short_name(entry), asked, 0) == 0 ? 1 : 0;
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
  for (size_t at = 0; wb_catalogue_next(&at, &entry);) {
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

bool wb_catalogue_has(wb_str name) {
  wb_catalogue_entry entry;
  name = wb_catalogue_bare(name);
  for (size_t at = 0; wb_catalogue_next(&at, &entry);)
    if (answers(entry.name, name)) return true;
  return false;
}

wb_catalogue_entry wb_catalogue_find(wb_ctx *ctx, wb_str name) {
  wb_catalogue_entry entry, best = {{NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}, {NULL, 0}};
  int score = 0, equals = 0;
  wb_text names = {.ctx = ctx};
  name = wb_catalogue_bare(name);
  for (size_t at = 0; wb_catalogue_next(&at, &entry);) {
    int how = answers(entry.name, name);
    if (how == 0 || how < score) continue;
    if (how > score) {
      equals = 0;
      names.len = 0;
      best = entry;
    }
    score = how;
    wb_text_addf(&names, "%s%.*s", equals++ ? ", " : "", WB_STR_ARG(entry.name));
  }
  if (!score) unknown(ctx, name);
  if (equals > 1 && score == 1) WB_FAIL(ctx, WB_CATALOGUE_AMBIGUOUS, WB_NOWHERE, name, wb_text_str(&names));
  return best;
}
