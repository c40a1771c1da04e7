#include "face/ranges.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"

static bool is_of(const face_option *option, wb_str name, wb_str of) {
  return wb_str_is(name, option->name) && of.len == 1 && of.ptr[0] == option->of;
}

bool face_range_next(size_t *at, face_range *out) {
  wb_str c[11];
  if (!wb_tsv_next(wb_data_text("options/ranges.tsv"), at, c, 11)) return false;
  *out = (face_range){c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10]};
  return true;
}

bool face_range_find(const face_option *option, face_range *out) {
  for (size_t at = 0; face_range_next(&at, out);)
    if (is_of(option, out->option, out->of)) return true;
  return false;
}

/* A unit in words: UNIT_TOKENS of "tokens"; what has no message stands as it is. */
static wb_str unit_of(wb_str unit, weigh_language language) {
  char id[32] = "UNIT_";
  size_t at = strlen(id);
  for (size_t i = 0; i < unit.len && at < sizeof id - 1; i++, at++)
    id[at] = (char)(unit.ptr[i] >= 'a' && unit.ptr[i] <= 'z' ? unit.ptr[i] - 'a' + 'A' : unit.ptr[i]);
  id[at] = '\0';
  const char *word = weigh_text(id, language);
  return word ? wb_str_of(word) : unit;
}

bool face_range_text(const face_option *option, weigh_language language, char *out, size_t size) {
  face_range r;
  char bounds[64] = "", assumed[64] = "";
  if (!face_range_find(option, &r)) return false;
  const wb_str unit = unit_of(r.unit, language);
  if (r.low.len)
    snprintf(bounds, sizeof bounds, "%.*s..%.*s%s%.*s", WB_STR_ARG(r.low), WB_STR_ARG(r.high), unit.len ? " " : "",
             WB_STR_ARG(unit));
  if (r.assumed.len && option->value) /* a flag that is not given is off */
    snprintf(assumed, sizeof assumed, "%s %.*s", weigh_text("OPTION_DEFAULT", language), WB_STR_ARG(r.assumed));
  const char *between = !bounds[0] || !assumed[0] ? "" : language == WEIGH_CHINESE ? "；" : "; ";
  return snprintf(out, size, "%s%s%s", assumed, between, bounds) > 0;
}

bool face_choice_next(const face_option *option, size_t *at, wb_str *choice, wb_str *about) {
  wb_str c[4];
  while (wb_tsv_next(wb_data_text("options/choices.tsv"), at, c, 4)) {
    if (!is_of(option, c[0], c[1])) continue;
    *choice = c[2];
    *about = c[3];
    return true;
  }
  return false;
}

bool face_list_next(const face_option *option, size_t *at, face_list *out) {
  wb_str c[4];
  while (wb_tsv_next(wb_data_text("options/lists.tsv"), at, c, 4))
    if (is_of(option, c[0], c[1])) return *out = (face_list){c[2], c[3]}, true;
  return false;
}

bool face_range_number(wb_str cell, double *out) {
  char text[32], *end = NULL;
  if (!cell.len || cell.len >= sizeof text || !strchr("0123456789", cell.ptr[0])) return false;
  memcpy(text, cell.ptr, cell.len);
  text[cell.len] = '\0';
  *out = strtod(text, &end);
  static const char suffixes[] = "kMG";
  const char *suffix = *end ? strchr(suffixes, *end) : NULL;
  for (long i = 0; suffix && i <= suffix - suffixes; i++) *out *= 1024;
  return !end[suffix ? 1 : 0];
}

const char *face_kind_name(const face_option *o) {
  switch (o->kind) {
    case FACE_FLAG: return "flag";
    case FACE_SWITCH:
    case FACE_CHOICE: return "choice";
    case FACE_COUNT:
    case FACE_POSITIVE:
    case FACE_DEPTH:
    case FACE_GPU_LAYERS:
    case FACE_GENERATIONS: return "count";
    case FACE_SIZE: return "size";
    case FACE_BYTES: return "bytes";
    case FACE_REAL:
    case FACE_SECONDS: return "number";
    case FACE_PERCENT: return "percent";
    case FACE_SETTING:
    case FACE_ENGINE:
    case FACE_OPTIMIZER:
    case FACE_ADAPTER:
    case FACE_SHARDING: return "members";
    case FACE_DATA:
    case FACE_FREEZE:
    case FACE_VARY: return "list";
    case FACE_TEXT: break;
  }
  return o->choices ? "choice" : "text";
}

bool face_is_number(const face_option *o) {
  const char *kind = face_kind_name(o);
  return strcmp(kind, "count") == 0 || strcmp(kind, "number") == 0 || strcmp(kind, "percent") == 0;
}
