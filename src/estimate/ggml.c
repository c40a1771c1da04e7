#include "estimate/ggml.h"

#include "base/tsv.h"

#define COLUMNS 8

static uint32_t number(wb_str cell) {
  wb_num n;
  return wb_num_parse(cell, &n) && n.num >= 0 && n.num <= UINT32_MAX ? (uint32_t)n.num : 0;
}

bool wb_ggml_next(size_t *at, wb_ggml_type *out) {
  wb_str c[COLUMNS];
  if (!wb_tsv_next(wb_data_text("formats/ggml.tsv"), at, c, COLUMNS)) return false;
  *out = (wb_ggml_type){.name = c[0],
                        .id = number(c[1]),
                        .elements = number(c[2]),
                        .bytes = number(c[3]),
                        .row_bytes = number(c[4]),
                        .fallback = wb_str_is(c[5], "-") ? WB_STR("") : c[5],
                        .cache = wb_str_is(c[6], "yes"),
                        .project = c[7]};
  return true;
}

bool wb_ggml_find(wb_str name, wb_ggml_type *out) {
  for (size_t at = 0; wb_ggml_next(&at, out);)
    if (name.len == out->name.len && wb_str_distance(name, out->name, 0) == 0) return true;
  return false;
}

bool wb_ggml_row_bytes(const wb_ggml_type *type, wb_i128 elements, wb_i128 *out) {
  wb_i128 bytes;
  if (elements < 0 || !type->elements || elements % type->elements) return false;
  if (__builtin_mul_overflow(elements / type->elements, (wb_i128)type->bytes, &bytes)) return false;
  return !__builtin_add_overflow(bytes, (wb_i128)type->row_bytes, out);
}

bool wb_ggml_bytes(const wb_ggml_type *type, const wb_i128 *ne, size_t dims, wb_i128 *out) {
  wb_i128 bytes;
  if (!wb_ggml_row_bytes(type, dims ? ne[0] : 1, &bytes)) return false;
  for (size_t i = 1; i < dims; i++)
    if (ne[i] < 0 || __builtin_mul_overflow(bytes, ne[i], &bytes)) return false;
  *out = bytes;
  return true;
}

wb_num wb_ggml_bits(const wb_ggml_type *type) {
  wb_num bits = wb_num_int(0);
  wb_num_div(wb_num_int((wb_i128)type->bytes * 8), wb_num_int(type->elements), &bits);
  return bits;
}
