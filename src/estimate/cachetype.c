#include "estimate/cachetype.h"

#include "base/tsv.h"

#define COLUMNS      7
#define GGML_COLUMNS 3

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

/* data/formats/ggml.tsv begins with name, elements and bytes of a block. */
static bool find_ggml(wb_str name, wb_cache_type *out) {
  wb_str c[GGML_COLUMNS];
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/ggml.tsv"), &at, c, GGML_COLUMNS);) {
    if (!same(c[0], name)) continue;
    *out = (wb_cache_type){.name = c[0],
                           .source = WB_STR("ggml/src/ggml-common.h"),
                           .others = WB_STR(""),
                           .block_elements = whole(c[1]),
                           .block_bytes = whole(c[2])};
    return out->block_elements > 0;
  }
  return false;
}

bool wb_cache_type_find(wb_str name, wb_cache_type *out) {
  wb_str c[COLUMNS];
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/cache.tsv"), &at, c, COLUMNS);) {
    if (!same(c[0], name) && !among(c[1], name)) continue;
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
  wb_text_adds(&out, ", q8_0, q5_1, q5_0, q4_1, q4_0, iq4_nl");
  return wb_text_str(&out);
}

wb_i128 wb_cache_type_bytes(const wb_cache_type *type, wb_i128 elements, wb_i128 heads) {
  return (elements + type->block_elements - 1) / type->block_elements * type->block_bytes + heads * type->head_bytes;
}
