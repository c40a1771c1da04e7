#include <string.h>

#include "expr/eval.h"
#include "model/walk.h"

/* The longest rename that equals the path or a leading part of it, inner renames before outer ones. */
static const wb_rename *best(const wb_naming *naming, wb_str path) {
  const wb_rename *found = NULL;
  for (; naming && !found; naming = naming->outer) {
    for (size_t i = 0; i < naming->rename_count; i++) {
      const wb_rename *r = &naming->renames[i];
      bool whole = wb_str_starts(path, r->from) && (path.len == r->from.len || path.ptr[r->from.len] == '.');
      if (whole && (!found || r->from.len > found->from.len)) found = r;
    }
  }
  return found;
}

static void add_part(wb_text *out, wb_str part) {
  if (!part.len) return;
  if (out->len) wb_text_addc(out, '.');
  wb_text_add(out, part);
}

static void add_value(wb_text *out, wb_walk *w, const wb_path_part *part, wb_scope *scope) {
  if (!part->expr) {
    wb_text_add(out, part->text);
    return;
  }
  wb_value value = wb_eval(w->ctx, part->expr, scope);
  if (value.kind == WB_TEXT) wb_text_add(out, value.u.text);
  else wb_value_print(out, &value);
}

static wb_str evaluated(wb_walk *w, const wb_path *path, wb_scope *scope) {
  if (path->is_plain) return path->plain;
  wb_text out = {.ctx = w->ctx};
  for (size_t i = 0; i < path->count;) {
    wb_text one = {.ctx = w->ctx};
    do add_value(&one, w, &path->parts[i++], scope);
    while (i < path->count && path->parts[i].touches);
    add_part(&out, wb_text_str(&one));
  }
  return wb_text_str(&out);
}

wb_str wb_name_of(wb_walk *w, const wb_naming *naming, const wb_path *path, wb_scope *scope) {
  wb_str plain = evaluated(w, path, scope);
  const wb_rename *rename = best(naming, plain);
  wb_text out = {.ctx = w->ctx};
  add_part(&out, naming->prefix);
  if (rename) {
    add_part(&out, rename->to);
    plain = wb_str_slice(plain, rename->from.len + (plain.len > rename->from.len), plain.len);
  }
  add_part(&out, plain);
  return wb_text_str(&out);
}

wb_str wb_name_index(wb_walk *w, wb_str prefix) {
  wb_text out = {.ctx = w->ctx};
  add_part(&out, prefix);
  if (out.len && out.ptr[out.len - 1] == '_') wb_text_addc(&out, WB_INDEX_MARK); /* expert_0, not expert_.0 */
  else add_part(&out, (wb_str){(const char[]){WB_INDEX_MARK}, 1});
  return wb_text_str(&out);
}
