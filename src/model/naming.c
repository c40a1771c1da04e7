#include <string.h>

#include "expr/eval.h"
#include "model/walk.h"

static bool begins(wb_str path, wb_str with) {
  return wb_str_starts(path, with) && (path.len == with.len || path.ptr[with.len] == '.');
}

/* The longest rename that equals the path or a leading part of it, inner renames before outer ones. */
static const wb_rename *best(const wb_naming **naming, wb_str path) {
  const wb_rename *found = NULL;
  for (const wb_naming *n = *naming; n && !found; n = n->outer) {
    for (size_t i = 0; i < n->rename_count; i++) {
      const wb_rename *r = &n->renames[i];
      if (begins(path, r->from) && (!found || r->from.len > found->from.len)) found = r;
    }
    if (found) *naming = n;
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
  const wb_naming *at = naming;
  const wb_rename *rename = best(&at, plain);
  wb_text out = {.ctx = w->ctx};
  add_part(&out, rename ? at->above : naming->prefix);
  if (rename) {
    add_part(&out, rename->to);
    plain = wb_str_slice(plain, rename->from.len + (plain.len > rename->from.len), plain.len);
  }
  add_part(&out, plain);
  return wb_text_str(&out);
}

/* `mlp.fc1: first` below mlp is `fc1: first`, with a name that counts from where mlp stands. */
static const wb_naming *left_over(wb_walk *w, const wb_naming *naming, wb_str path, const wb_naming *plain) {
  if (!naming) return plain;
  const wb_naming *outer = left_over(w, naming->outer, path, plain);
  wb_rename *renames = NULL;
  size_t count = 0, cap = 0;
  for (size_t i = 0; i < naming->rename_count; i++) {
    const wb_rename *r = &naming->renames[i];
    if (r->from.len == path.len || !begins(r->from, path)) continue;
    WB_PUSH_ROOM(w->ctx, renames, count, cap);
    renames[count++] = (wb_rename){wb_str_slice(r->from, path.len + 1, r->from.len), r->to};
  }
  if (!count) return outer;
  wb_naming *more = WB_NEW(w->ctx, wb_naming);
  *more = (wb_naming){plain->prefix, naming->above, renames, count, outer};
  return more;
}

const wb_naming *wb_naming_below(wb_walk *w, const wb_naming *naming, const wb_path *path, wb_scope *scope) {
  wb_naming *plain = WB_NEW(w->ctx, wb_naming);
  plain->prefix = plain->above = wb_name_of(w, naming, path, scope);
  return left_over(w, naming, evaluated(w, path, scope), plain);
}

wb_str wb_name_index(wb_walk *w, wb_str prefix) {
  wb_text out = {.ctx = w->ctx};
  add_part(&out, prefix);
  if (out.len && out.ptr[out.len - 1] == '_') wb_text_addc(&out, WB_INDEX_MARK); /* expert_0, not expert_.0 */
  else add_part(&out, (wb_str){(const char[]){WB_INDEX_MARK}, 1});
  return wb_text_str(&out);
}
