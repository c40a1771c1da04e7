/* Members by name, and keys that stand twice.
 *
 * A header of a checkpoint is one object of up to 100,000 members, so neither may take quadratic time, and since
 * objects come from strangers, not for chosen keys either. Large objects therefore carry their members sorted by
 * (hash, key): sorting the hashes by digits takes the same time for any keys, and keys that share a hash are sorted
 * by comparing them. A lookup is a binary search. (A plain hash table would be quadratic for keys made to collide.)
 */
#include <stdlib.h>
#include <string.h>

#include "source/json_internal.h"

#define INSERTED_MOST 80u

struct wb_json_slot {
  uint32_t hash;
  uint32_t member;
};

/* Eight bytes at a time: names of tensors are long, and wb_str_hash takes as long for them as reading the JSON. */
static uint32_t hash_of(wb_str key) {
  const uint64_t prime = 0x9e3779b97f4a7c15u;
  uint64_t h = key.len * prime;
  for (size_t at = 0; at < key.len; at += 8) {
    uint64_t word = 0;
    memcpy(&word, key.ptr + at, key.len - at < 8 ? key.len - at : 8);
    h = (h ^ word) * prime;
    h ^= h >> 29;
  }
  return (uint32_t)(h >> 32);
}

/* Least significant digit first, so members with the same hash keep their order. Four passes: the result is back in
 * `slots`. */
static void sort_by_hash(wb_json_slot *slots, wb_json_slot *other, size_t count) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    size_t starts[257] = {0};
    for (size_t i = 0; i < count; i++) starts[((slots[i].hash >> shift) & 255) + 1]++;
    for (size_t d = 1; d < 256; d++) starts[d] += starts[d - 1];
    for (size_t i = 0; i < count; i++) other[starts[(slots[i].hash >> shift) & 255]++] = slots[i];
    wb_json_slot *swap = slots;
    slots = other;
    other = swap;
  }
}

/* The same for few: less than the counting of digits takes. */
static void insert_by_hash(wb_json_slot *slots, size_t count) {
  for (size_t i = 1; i < count; i++) {
    const wb_json_slot slot = slots[i];
    size_t at = i;
    for (; at > 0 && slots[at - 1].hash > slot.hash; at--) slots[at] = slots[at - 1];
    slots[at] = slot;
  }
}

static int by_key(const void *a, const void *b) {
  const wb_json_member *x = *(const wb_json_member *const *)a, *y = *(const wb_json_member *const *)b;
  int order = wb_str_cmp(x->key, y->key);
  return order ? order : x < y ? -1 : x > y;
}

/* Sorts by key the slots of members that share one hash; usually there are none. */
static void sort_equal_hashes(wb_ctx *ctx, wb_json_slot *slots, size_t count, const wb_json_member *members) {
  wb_mark mark = wb_arena_mark(ctx->arena);
  const wb_json_member **run = WB_NEWN(ctx, const wb_json_member *, count);
  for (size_t i = 0; i < count; i++) run[i] = members + slots[i].member;
  qsort(run, count, sizeof *run, by_key);
  for (size_t i = 0; i < count; i++) slots[i].member = (uint32_t)(run[i] - members);
  wb_arena_reset(ctx->arena, mark);
}

static wb_json_slot *sorted_slots(wb_ctx *ctx, const wb_json *object) {
  size_t count = object->u.object.count;
  const wb_json_member *members = object->u.object.members;
  wb_json_slot *slots = WB_NEWN(ctx, wb_json_slot, count);
  for (size_t i = 0; i < count; i++) slots[i] = (wb_json_slot){hash_of(members[i].key), (uint32_t)i};
  if (count <= INSERTED_MOST) {
    insert_by_hash(slots, count);
  } else {
    wb_mark mark = wb_arena_mark(ctx->arena);
    sort_by_hash(slots, WB_NEWN(ctx, wb_json_slot, count), count);
    wb_arena_reset(ctx->arena, mark);
  }
  for (size_t from = 0, to; from < count; from = to) {
    for (to = from + 1; to < count && slots[to].hash == slots[from].hash;) to++;
    if (to - from > 1) sort_equal_hashes(ctx, slots + from, to - from, members);
  }
  return slots;
}

static bool few_are_unique(const wb_json *object, size_t *first, size_t *second) {
  const wb_json_member *members = object->u.object.members;
  for (size_t i = 1; i < object->u.object.count; i++) {
    for (size_t j = 0; j < i; j++) {
      if (!wb_str_eq(members[i].key, members[j].key)) continue;
      *first = j;
      *second = i;
      return false;
    }
  }
  return true;
}

/* Of several keys that stand twice, the one whose second stands first. */
static bool slots_are_unique(const wb_json *object, const wb_json_slot *slots, size_t *first, size_t *second) {
  const wb_json_member *members = object->u.object.members;
  bool unique = true;
  for (size_t i = 1; i < object->u.object.count; i++) {
    size_t a = slots[i - 1].member, b = slots[i].member;
    if (slots[i - 1].hash != slots[i].hash || !wb_str_eq(members[a].key, members[b].key)) continue;
    if (!unique && b > *second) continue;
    *first = a;
    *second = b;
    unique = false;
  }
  return unique;
}

bool wb_json_index(wb_ctx *ctx, wb_json *object, size_t *first, size_t *second) {
  if (object->u.object.count <= WB_JSON_FEW) return few_are_unique(object, first, second);
  wb_json_slot *slots = sorted_slots(ctx, object);
  object->slots = slots;
  return slots_are_unique(object, slots, first, second);
}

static size_t find_slot(const wb_json *object, wb_str key) {
  uint32_t hash = hash_of(key);
  const wb_json_member *members = object->u.object.members;
  size_t from = 0, to = object->u.object.count;
  while (from < to) {
    size_t middle = from + (to - from) / 2;
    const wb_json_slot *slot = &object->slots[middle];
    int order = slot->hash < hash ? -1 : slot->hash > hash ? 1 : wb_str_cmp(members[slot->member].key, key);
    if (order == 0) return slot->member;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return object->u.object.count;
}

size_t wb_json_find(const wb_json *object, wb_str key) {
  if (object->slots) return find_slot(object, key);
  size_t i = 0;
  while (i < object->u.object.count && !wb_str_eq(object->u.object.members[i].key, key)) i++;
  return i;
}

wb_json *wb_json_get(const wb_json *object, wb_str key) {
  if (!object || object->kind != WB_JSON_OBJECT) return NULL;
  size_t i = wb_json_find(object, key);
  return i < object->u.object.count ? object->u.object.members[i].value : NULL;
}

static bool same_items(const wb_json *a, const wb_json *b) {
  if (a->u.array.count != b->u.array.count) return false;
  for (size_t i = 0; i < a->u.array.count; i++)
    if (!wb_json_same(a->u.array.items[i], b->u.array.items[i])) return false;
  return true;
}

static bool same_members(const wb_json *a, const wb_json *b) {
  if (a->u.object.count != b->u.object.count) return false;
  for (size_t i = 0; i < a->u.object.count; i++) {
    const wb_json *other = wb_json_get(b, a->u.object.members[i].key);
    if (!other || !wb_json_same(a->u.object.members[i].value, other)) return false;
  }
  return true;
}

bool wb_json_same(const wb_json *a, const wb_json *b) {
  if (a->kind != b->kind) return false;
  switch (a->kind) {
    case WB_JSON_NULL: return true;
    case WB_JSON_BOOL: return a->u.boolean == b->u.boolean;
    case WB_JSON_INT: return a->u.integer == b->u.integer;
    case WB_JSON_REAL: return wb_str_eq(a->raw, b->raw) || !(a->u.real < b->u.real || a->u.real > b->u.real);
    case WB_JSON_ARRAY: return same_items(a, b);
    case WB_JSON_OBJECT: return same_members(a, b);
    default: return wb_str_eq(a->u.text, b->u.text);
  }
}
