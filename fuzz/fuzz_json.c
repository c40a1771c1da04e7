/* Any bytes as a JSON text: read, looked up, printed, edited, and read again as an index. */
#include <stdint.h>
#include <stdlib.h>

#include "source/index.h"
#include "source/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const wb_str named = {"fuzz.json", 9};

/* What holds for every value that was read. */
static void check(wb_ctx *ctx, const wb_json *value, size_t size) {
  if (value->offset >= size) abort();
  if (value->kind == WB_JSON_ARRAY)
    for (size_t i = 0; i < value->u.array.count; i++) check(ctx, value->u.array.items[i], size);
  if (value->kind != WB_JSON_OBJECT) return;
  for (size_t i = 0; i < value->u.object.count; i++) {
    const wb_json_member *member = &value->u.object.members[i];
    if (wb_json_get(value, member->key) != member->value) abort();
    check(ctx, member->value, size);
  }
}

static void read_and_edit(wb_ctx *ctx, wb_str text) {
  if (!WB_GUARD(ctx)) {
    if (ctx->failure.place.line > text.len + 1 || ctx->failure.place.column > text.len + 1) abort();
    return;
  }
  wb_json *root = wb_json_read(ctx, text, named);
  check(ctx, root, text.len);
  wb_text printed = {.ctx = ctx};
  wb_json_print(&printed, root, 1u << 20);
  if (printed.len < 1u << 20) { /* what is printed reads as the same */
    wb_text again = {.ctx = ctx};
    wb_json_print(&again, wb_json_read(ctx, wb_text_str(&printed), named), 1u << 20);
    if (!wb_str_eq(wb_text_str(&again), wb_text_str(&printed))) abort();
  }
  if (root->kind == WB_JSON_OBJECT && root->u.object.count) {
    wb_str key = root->u.object.members[0].key;
    wb_json_get(wb_json_with(ctx, root, key, root), key);
  }
}

static void with_guard(wb_ctx *ctx, wb_str text, bool index) {
  if (!WB_GUARD(ctx)) return;
  if (index) wb_index_read(ctx, text, named);
  else wb_json_typed(ctx, text, WB_STR("typed"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  wb_ctx ctx = {.arena = wb_arena_new((size_t)64 << 20)};
  if (!ctx.arena) return 0;
  wb_str text = {(const char *)data, size};
  read_and_edit(&ctx, text);
  with_guard(&ctx, text, true);
  with_guard(&ctx, text, false);
  wb_arena_free(ctx.arena);
  return 0;
}
