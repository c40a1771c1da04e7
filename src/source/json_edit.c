/* Trees that differ from what was read: --set KEY=VALUE. A tree is never changed; what an edit leaves alone is
 * shared with the original. */
#include <string.h>

#include "source/json_internal.h"

/* A copy of `object` (NULL: an empty one) in which `key` has a new, empty place. */
static wb_json *with_place(wb_ctx *ctx, const wb_json *object, wb_str key, wb_json ***place) {
  wb_json *copy = WB_NEW(ctx, wb_json);
  if (object) *copy = *object;
  else copy->kind = WB_JSON_OBJECT;
  size_t count = copy->u.object.count, at = wb_json_find(copy, key);
  wb_json_member *members = WB_NEWN(ctx, wb_json_member, count + 1);
  if (count) memcpy(members, copy->u.object.members, count * sizeof *members);
  copy->u.object.members = members;
  if (at == count) {
    size_t unused;
    members[at].key = key;
    copy->u.object.count++;
    copy->slots = NULL;
    wb_json_index(ctx, copy, &unused, &unused);
  }
  *place = &members[at].value;
  return copy;
}

static _Noreturn void not_an_object(wb_ctx *ctx, wb_str path, const wb_json *found) {
  const char *kind = wb_json_kind_name(found);
  const char *article = found->kind == WB_JSON_NONFINITE ? "" : found->kind == WB_JSON_INT ? "an " : "a ";
  if (found->kind == WB_JSON_NULL) article = "";
  WB_FAIL(ctx, WB_SET_PATH, WB_NOWHERE, wb_json_shown(ctx, path), wb_str_fmt(ctx, "%s%s", article, kind));
}

wb_json *wb_json_with(wb_ctx *ctx, const wb_json *root, wb_str path, wb_json *value) {
  wb_json *edited = NULL, **place = &edited;
  const wb_json *object = root;
  path = wb_str_copy(ctx, path);
  size_t parts = 0;
  for (size_t from = 0, to; from <= path.len; from = to + 1) {
    for (to = from; to < path.len && path.ptr[to] != '.';) to++;
    wb_str key = wb_str_slice(path, from, to);
    if (!key.len) WB_FAIL(ctx, WB_SET_SYNTAX, WB_NOWHERE, wb_json_shown(ctx, path));
    if (++parts > WB_JSON_MAX_DEPTH)
      WB_FAIL(ctx, WB_JSON_TOO_DEEP, WB_NOWHERE, wb_str_fmt(ctx, "%u", WB_JSON_MAX_DEPTH));
    if (object && object->kind != WB_JSON_OBJECT) not_an_object(ctx, path, object);
    const wb_json *next = object ? wb_json_get(object, key) : NULL;
    wb_json **inside = NULL;
    *place = with_place(ctx, object, key, &inside);
    place = inside;
    object = next;
  }
  *place = value;
  return edited;
}

static void forget_offsets(wb_json *value) {
  value->offset = 0;
  if (value->kind == WB_JSON_ARRAY) {
    for (size_t i = 0; i < value->u.array.count; i++) forget_offsets(value->u.array.items[i]);
  } else if (value->kind == WB_JSON_OBJECT) {
    for (size_t i = 0; i < value->u.object.count; i++) {
      value->u.object.members[i].key_offset = 0;
      forget_offsets(value->u.object.members[i].value);
    }
  }
}

wb_json *wb_json_typed(wb_ctx *ctx, wb_str typed, wb_str name) {
  wb_json_fault fault;
  typed = wb_str_copy(ctx, typed);
  if (wb_str_is(typed, "True")) typed = WB_STR("true");
  if (wb_str_is(typed, "False")) typed = WB_STR("false");
  if (wb_str_is(typed, "None")) typed = WB_STR("null");
  wb_json *value = wb_json_parse(ctx, typed, &fault);
  if (value) {
    forget_offsets(value);
    return value;
  }
  size_t start = wb_json_skip_blanks(typed, 0);
  bool meant_json = start < typed.len && typed.ptr[start] && strchr("{[\"", typed.ptr[start]);
  if (meant_json || fault.id == WB_JSON_ENCODING) wb_json_fail(ctx, typed, name, &fault);
  value = WB_NEW(ctx, wb_json);
  value->kind = WB_JSON_STRING;
  value->u.text = typed;
  return value;
}
