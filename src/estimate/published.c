#include "estimate/published.h"

#include <string.h>

#include "base/tsv.h"
#include "model/catalogue.h"

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c == ' ' || c == '_' ? '-' : c; }

/* Without regard to case; a blank and _ are as good as -. */
static bool same_name(wb_str a, wb_str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++)
    if (lower(a.ptr[i]) != lower(b.ptr[i])) return false;
  return true;
}

/* Behind the n-th slash (or backslash) from the end; the whole text when there are fewer. */
static wb_str last_parts(wb_str path, int parts) {
  for (size_t i = path.len; i > 0; i--)
    if ((path.ptr[i - 1] == '/' || path.ptr[i - 1] == '\\') && --parts == 0) return wb_str_slice(path, i, path.len);
  return path;
}

/* …/models--Qwen--Qwen3-8B/snapshots/… is how the hub's cache calls Qwen/Qwen3-8B. */
static wb_str from_cache(wb_ctx *ctx, wb_str path) {
  static const char mark[] = "models--";
  for (size_t at = 0; at + 8 < path.len; at++) {
    if (memcmp(path.ptr + at, mark, 8) != 0) continue;
    wb_str name = wb_str_slice(path, at + 8, path.len);
    const char *slash = memchr(name.ptr, '/', name.len);
    if (slash) name.len = (size_t)(slash - name.ptr);
    for (size_t i = 0; i + 1 < name.len; i++)
      if (memcmp(name.ptr + i, "--", 2) == 0)
        return wb_str_fmt(ctx, "%.*s/%.*s", WB_STR_ARG(wb_str_slice(name, 0, i)),
                          WB_STR_ARG(wb_str_slice(name, i + 2, name.len)));
  }
  return path;
}

static bool is_suffix(wb_str part, bool formats_only) {
  const wb_str text = wb_data_text("logs/suffixes.tsv");
  wb_str row[2];
  for (size_t at = 0; part.len && wb_tsv_next(text, &at, row, 2);) {
    if (formats_only && !wb_str_is(row[1], "format")) continue;
    const bool open = wb_str_ends(row[0], WB_STR("*"));
    const size_t length = row[0].len - open;
    if ((open ? part.len >= length : part.len == length) &&
        same_name(wb_str_slice(part, 0, length), wb_str_slice(row[0], 0, length)))
      return true;
  }
  return false;
}

/* The name without one end that names no other model (data/logs/suffixes.tsv); the name itself when it has none. */
static wb_str without_suffix(wb_str name, bool formats_only) {
  size_t at = name.len;
  while (at > 0 && name.ptr[at - 1] != '-' && name.ptr[at - 1] != '.' && name.ptr[at - 1] != '/') at--;
  const bool cut = at > 1 && name.ptr[at - 1] != '/' && is_suffix(wb_str_slice(name, at, name.len), formats_only);
  return cut ? wb_str_slice(name, 0, at - 1) : name;
}

/* The entry whose last `parts` the name has; empty when it is not exactly one. */
static wb_str entry_of(wb_str name, int parts) {
  wb_catalogue_entry entry;
  wb_str found = WB_STR("");
  const wb_str wanted = last_parts(name, parts);
  for (size_t at = 0; wanted.len && wb_catalogue_next(&at, &entry);) {
    if (!same_name(last_parts(entry.name, parts), wanted)) continue;
    if (found.len) return WB_STR("");
    found = entry.name;
  }
  return found;
}

static wb_str without_slashes(wb_str path) {
  while (path.len && (path.ptr[path.len - 1] == '/' || path.ptr[path.len - 1] == '\\')) path.len--;
  return path;
}

wb_str wb_published_find(wb_ctx *ctx, wb_str name, wb_str *ends) {
  const wb_str whole = without_slashes(from_cache(ctx, name));
  wb_str rest = whole, longer;
  do {
    wb_str found = entry_of(rest, 2);
    if (!found.len) found = entry_of(rest, 1);
    if (ends) *ends = wb_str_slice(whole, rest.len, whole.len);
    if (found.len) return found;
    longer = rest;
    rest = without_suffix(rest, false);
  } while (rest.len < longer.len);
  return WB_STR("");
}

bool wb_published_names_format(wb_str name) {
  name = without_slashes(name);
  return without_suffix(name, true).len < name.len;
}
