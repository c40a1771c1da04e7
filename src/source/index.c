#include "source/index.h"

#include <stdlib.h>
#include <string.h>

#include "source/json.h"
#include "source/reader.h"

typedef struct text_of {
  wb_str text, file;
} text_of;

static _Noreturn void wrong_field(wb_ctx *ctx, const text_of *in, wb_str field, const wb_json *found,
                                  const char *expected) {
  wb_str kind = found ? wb_str_of(wb_json_kind_name(found)) : WB_STR("missing");
  size_t offset = found ? found->offset : 0;
  ctx->failure.excerpt = found ? wb_json_excerpt(ctx, in->text, offset) : WB_STR("");
  wb_place place = found ? wb_json_place_at(in->text, in->file, offset) : wb_in_file(in->file);
  WB_FAIL(ctx, WB_INDEX_FIELD, place, field, kind, wb_str_of(expected));
}

/* A shard lies beside its index. A name from a stranger must not reach other files. */
static void check_file_name(wb_ctx *ctx, const text_of *in, const wb_json *value) {
  wb_str name = value->u.text;
  bool good = name.len > 0 && name.len < 256 && !wb_str_is(name, ".") && !wb_str_is(name, "..");
  for (size_t i = 0; i < name.len && good; i++)
    good = (unsigned char)name.ptr[i] >= ' ' && !strchr("/\\:\x7f", name.ptr[i]);
  if (good) return;
  wb_text shown = {.ctx = ctx};
  wb_json_print(&shown, value, 80);
  ctx->failure.excerpt = wb_json_excerpt(ctx, in->text, value->offset);
  WB_FAIL(ctx, WB_INDEX_FILE_NAME, wb_json_place(in->text, in->file, value), wb_text_str(&shown));
}

static void check_members(wb_ctx *ctx, const text_of *in, const wb_json_member *members, size_t count) {
  wb_str good = WB_STR("");
  for (size_t i = 0; i < count; i++) {
    const wb_json *value = members[i].value;
    if (value->kind != WB_JSON_STRING) {
      wb_str key = wb_json_shown(ctx, members[i].key);
      wrong_field(ctx, in, wb_str_fmt(ctx, "weight_map.%.*s", WB_STR_ARG(key)), value, "the name of a file");
    }
    if (good.len && wb_str_eq(value->u.text, good)) continue;
    check_file_name(ctx, in, value);
    good = value->u.text;
  }
}

static int by_name(const void *a, const void *b) { return wb_str_cmp(*(const wb_str *)a, *(const wb_str *)b); }

static int by_entry(const void *a, const void *b) {
  return wb_str_cmp(((const wb_index_entry *)a)->name, ((const wb_index_entry *)b)->name);
}

static int by_member(const void *a, const void *b) {
  return wb_str_cmp(((const wb_json_member *)a)->key, ((const wb_json_member *)b)->key);
}

/* Writers sort the names, so there is usually nothing to do. */
static void sort_members(wb_json_member *members, size_t count) {
  size_t i = 1;
  while (i < count && by_member(&members[i - 1], &members[i]) < 0) i++;
  if (i < count) qsort(members, count, sizeof *members, by_member);
}

/* Neighbours usually lie in the same file, so of each run of equal names one goes into the list that is sorted. */
static void collect_shards(wb_ctx *ctx, wb_index *index, const wb_json_member *members) {
  size_t cap = 0, runs = 0;
  wb_str *shards = NULL;
  for (size_t i = 0; i < index->count; i++) {
    wb_str name = members[i].value->u.text;
    if (i && wb_str_eq(name, shards[runs - 1])) continue;
    WB_PUSH_ROOM(ctx, shards, runs, cap);
    shards[runs++] = name;
  }
  if (runs) qsort(shards, runs, sizeof *shards, by_name);
  size_t count = 0;
  for (size_t i = 0; i < runs; i++)
    if (!count || !wb_str_eq(shards[i], shards[count - 1])) shards[count++] = shards[i];
  index->shards = shards;
  index->shard_count = count;
}

static void fill_tensors(wb_ctx *ctx, wb_index *index, const wb_json_member *members) {
  index->tensors = WB_NEWN(ctx, wb_index_entry, index->count);
  uint32_t shard = 0;
  for (size_t i = 0; i < index->count; i++) {
    wb_str name = members[i].value->u.text;
    if (!wb_str_eq(name, index->shards[shard])) {
      const wb_str *at = bsearch(&name, index->shards, index->shard_count, sizeof name, by_name);
      shard = (uint32_t)(at - index->shards);
    }
    index->tensors[i] = (wb_index_entry){members[i].key, shard};
  }
}

/* Some writers give it with a fraction of zero, some not at all. */
static void read_total_size(wb_ctx *ctx, const text_of *in, const wb_json *root, wb_index *index) {
  const wb_json *metadata = wb_json_get(root, WB_STR("metadata"));
  const wb_json *size = wb_json_get(metadata, WB_STR("total_size"));
  if (!size || size->kind == WB_JSON_NULL) return;
  wb_num number = wb_num_int(-1);
  if (size->kind == WB_JSON_INT) number = wb_num_int(size->u.integer);
  if (size->kind == WB_JSON_REAL && !wb_num_parse(size->raw, &number)) number = wb_num_int(-1);
  if (!wb_num_is_int(number) || number.num < 0)
    wrong_field(ctx, in, WB_STR("metadata.total_size"), size, "a whole number of bytes");
  index->has_total_size = true;
  index->total_size = number.num;
}

wb_index *wb_index_read(wb_ctx *ctx, wb_str text, wb_str file) {
  text_of in = {text, file};
  const wb_json *root = wb_json_read(ctx, text, file);
  const wb_json *map = wb_json_get(root, WB_STR("weight_map"));
  if (root->kind != WB_JSON_OBJECT) wrong_field(ctx, &in, WB_STR("index"), root, "an object with weight_map");
  if (!map || map->kind != WB_JSON_OBJECT)
    wrong_field(ctx, &in, WB_STR("weight_map"), map, "an object that maps names of tensors to files");
  wb_index *index = WB_NEW(ctx, wb_index);
  index->path = file;
  index->count = map->u.object.count;
  wb_json_member *members = WB_NEWN(ctx, wb_json_member, index->count);
  if (index->count) memcpy(members, map->u.object.members, index->count * sizeof *members);
  check_members(ctx, &in, members, index->count);
  sort_members(members, index->count);
  collect_shards(ctx, index, members);
  fill_tensors(ctx, index, members);
  read_total_size(ctx, &in, root, index);
  return index;
}

wb_index *wb_index_open(wb_ctx *ctx, wb_str path) {
  path = wb_str_copy(ctx, path);
  return wb_index_read(ctx, wb_read_file(ctx, path, WB_INDEX_MAX_BYTES), path);
}

/* The smaller, the likelier; diffusers writes a variant between: model.safetensors.index.fp16.json. */
static int rank_of(wb_str name) {
  if (wb_str_is(name, "model.safetensors.index.json")) return 0;
  if (wb_str_holds(name, WB_STR(".safetensors.index."))) return 1;
  return wb_str_is(name, "pytorch_model.bin.index.json") ? 2 : 3;
}

size_t wb_index_find(wb_ctx *ctx, wb_str folder, wb_str **paths) {
  wb_str *names = NULL;
  size_t count = wb_list_folder(ctx, folder, &names), found = 0;
  for (size_t i = 0; i < count; i++)
    if (wb_str_holds(names[i], WB_STR(".index.")) && wb_str_ends(names[i], WB_STR(".json"))) names[found++] = names[i];
  *paths = WB_NEWN(ctx, wb_str, found);
  size_t n = 0;
  for (int rank = 0; rank <= 3; rank++)
    for (size_t i = 0; i < found; i++)
      if (rank_of(names[i]) == rank) (*paths)[n++] = wb_path_join(ctx, folder, names[i]);
  return found;
}

const wb_index_entry *wb_index_get(const wb_index *index, wb_str name) {
  wb_index_entry wanted = {name, 0};
  if (!index->count) return NULL;
  return bsearch(&wanted, index->tensors, index->count, sizeof wanted, by_entry);
}
