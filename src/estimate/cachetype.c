#include "estimate/cachetype.h"

#include "base/tsv.h"
#include "estimate/ggml.h"

#define COLUMNS 7

static bool same(wb_str a, wb_str b) { return a.len == b.len && wb_str_distance(a, b, 0) == 0; }

static bool among(wb_str aliases, wb_str name) {
  size_t from = 0;
  for (size_t i = 0; i <= aliases.len; i++) {
    if (i < aliases.len && aliases.ptr[i] != '|') continue;
    if (same(wb_str_slice(aliases, from, i), name)) return true;
    from = i + 1;
  }
  return false;
}

static wb_i128 whole(wb_str cell) {
  wb_num n;
  return wb_num_parse(cell, &n) ? n.num : 0;
}

static bool find_ggml(wb_str name, wb_cache_type *out) {
  wb_ggml_type type;
  if (!wb_ggml_find(name, &type) || !type.cache) return false;
  *out = (wb_cache_type){.name = type.name,
                         .source = WB_STR("ggml/src/ggml-common.h"),
                         .others = WB_STR(""),
                         .block_elements = type.elements,
                         .block_bytes = type.bytes};
  return true;
}

bool wb_cache_type_find(wb_str name, wb_cache_type *out) {
  if (!name.len) return false;
  wb_str c[COLUMNS];
  const wb_str rows = wb_data_text("formats/cache.tsv");
  for (size_t at = 0, from = 0; wb_tsv_next(rows, &at, c, 2);
       from = at) { /* names first: they are asked all the time */
    if (!same(c[0], name) && !among(c[1], name)) continue;
    if (!wb_tsv_next(rows, &from, c, COLUMNS)) return false;
    *out = (wb_cache_type){.name = c[0],
                           .block_elements = whole(c[2]),
                           .block_bytes = whole(c[3]),
                           .head_bytes = whole(c[4]),
                           .others = c[5],
                           .source = c[6]};
    return true;
  }
  return find_ggml(name, out);
}

wb_str wb_cache_type_names(wb_ctx *ctx) {
  wb_text out = {.ctx = ctx};
  wb_str c[COLUMNS];
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/cache.tsv"), &at, c, COLUMNS);)
    wb_text_addf(&out, "%s%.*s", out.len ? ", " : "", WB_STR_ARG(c[0]));
  wb_ggml_type type;
  for (size_t at = 0; wb_ggml_next(&at, &type);)
    if (type.cache && type.elements > 1) wb_text_addf(&out, ", %.*s", WB_STR_ARG(type.name));
  return wb_text_str(&out);
}

wb_i128 wb_cache_type_bytes(const wb_cache_type *type, wb_i128 elements, wb_i128 heads) {
  return (elements + type->block_elements - 1) / type->block_elements * type->block_bytes + heads * type->head_bytes;
}
