/* Rows and the tensors they stand for. */
#include "model/model.h"

#include <string.h>

#define NAME_MAX_BYTES 1024

static size_t put_number(char *out, uint32_t n) {
  char reversed[12];
  size_t len = 0;
  do {
    reversed[len++] = (char)('0' + n % 10);
    n /= 10;
  } while (n);
  for (size_t i = 0; i < len; i++) out[i] = reversed[len - 1 - i];
  return len;
}

typedef struct expansion {
  const wb_row *row;
  wb_tensor_fn each;
  void *user;
  char name[NAME_MAX_BYTES];
  bool stopped;
} expansion;

static void expand(expansion *e, size_t at, size_t len, uint32_t index) {
  wb_str pattern = e->row->pattern;
  while (at < pattern.len && pattern.ptr[at] != WB_INDEX_MARK && len < NAME_MAX_BYTES - 16)
    e->name[len++] = pattern.ptr[at++];
  if (at >= pattern.len || pattern.ptr[at] != WB_INDEX_MARK || index >= e->row->index_count) {
    e->stopped = !e->each(e->user, (wb_str){e->name, len});
    return;
  }
  const wb_number_set *set = e->row->indices[index];
  for (size_t r = 0; r < set->range_count; r++)
    for (uint32_t n = set->ranges[r].low; n <= set->ranges[r].high && !e->stopped; n++)
      expand(e, at + 1, len + put_number(e->name + len, n), index + 1);
}

void wb_row_expand(wb_ctx *ctx, const wb_row *row, wb_tensor_fn each, void *user) {
  (void)ctx;
  expansion e = {.row = row, .each = each, .user = user};
  if (row->copies.num > 0) expand(&e, 0, 0, 0);
}

static void print_set(wb_text *out, const wb_number_set *set) {
  bool braces = set->size != 1;
  if (braces) wb_text_addc(out, '{');
  for (size_t r = 0; r < set->range_count; r++) {
    if (r) wb_text_addc(out, ',');
    wb_text_addf(out, "%u", set->ranges[r].low);
    if (set->ranges[r].high > set->ranges[r].low) wb_text_addf(out, "-%u", set->ranges[r].high);
  }
  if (braces) wb_text_addc(out, '}');
}

void wb_pattern_print(wb_text *out, wb_str pattern, const wb_number_set *const *indices, uint32_t count) {
  uint32_t index = 0;
  for (size_t i = 0; i < pattern.len; i++) {
    if (pattern.ptr[i] == WB_INDEX_MARK && index < count) print_set(out, indices[index++]);
    else wb_text_addc(out, pattern.ptr[i]);
  }
}

void wb_row_print(wb_text *out, const wb_row *row) {
  wb_pattern_print(out, row->pattern, row->indices, row->index_count);
}

wb_str wb_row_shape(wb_ctx *ctx, const wb_row *row) {
  wb_text text = {.ctx = ctx};
  if (!row->rank) wb_text_adds(&text, "scalar");
  for (uint32_t i = 0; i < row->rank; i++) {
    if (i) wb_text_addc(&text, 'x');
    wb_i128_print(&text, row->dims[i]->value.u.num.num);
  }
  return wb_text_str(&text);
}

void wb_numbers_add(wb_ctx *ctx, wb_number_set *set, uint32_t n) {
  wb_range *last = set->range_count ? &set->ranges[set->range_count - 1] : NULL;
  set->size++;
  if (last && last->high + 1 == n) {
    last->high = n;
    return;
  }
  WB_PUSH_ROOM(ctx, set->ranges, set->range_count, set->range_cap);
  set->ranges[set->range_count++] = (wb_range){n, n};
}

bool wb_numbers_meet(const wb_number_set *a, const wb_number_set *b) {
  for (size_t i = 0, k = 0; i < a->range_count && k < b->range_count;) {
    if (a->ranges[i].high < b->ranges[k].low) i++;
    else if (b->ranges[k].high < a->ranges[i].low) k++;
    else return true;
  }
  return false;
}
