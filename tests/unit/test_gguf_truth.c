/* Every line of truth/llamacpp/quantize.tsv (the type that the engine's quantiser gives every tensor, and the bytes in all)
 * from the shapes of dims.tsv. Runs where WEIGH_TRUTH_DIR names the folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/tsv.h"
#include "estimate/gguf_recipe.h"

static wb_ctx ctx;
static const wb_gguf_recipe *recipe;

static wb_str read_all(const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "%s/truth/llamacpp/%s", getenv("WEIGH_TRUTH_DIR"), name);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  fseek(f, 0, SEEK_END);
  size_t size = (size_t)ftell(f);
  rewind(f);
  char *bytes = malloc(size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, size, f), size);
  fclose(f);
  bytes[size] = '\0';
  return (wb_str){bytes, size};
}

/* The part of *text before `mark`; *text becomes what follows. */
static wb_str before(wb_str *text, char mark) {
  const char *at = text->len ? memchr(text->ptr, mark, text->len) : NULL;
  size_t end = at ? (size_t)(at - text->ptr) : text->len;
  wb_str head = wb_str_slice(*text, 0, end);
  *text = wb_str_slice(*text, end + 1, text->len);
  return head;
}

static long number(wb_str text) {
  char digits[32] = "";
  size_t n = text.len < 31 ? text.len : 31;
  if (n) memcpy(digits, text.ptr, n);
  return strtol(digits, NULL, 10);
}

/* ---- dims.tsv ---- */

/* The value of arch.key among key=value;…: the first of a list; `absent` when there is none. */
static long key(wb_str keys, wb_str arch, const char *name, long absent) {
  wb_str full = wb_str_fmt(&ctx, "%.*s.%s", WB_STR_ARG(arch), name);
  while (keys.len) {
    wb_str value = before(&keys, ';'), k = before(&value, '=');
    if (!wb_str_eq(k, full)) continue;
    if (value.len && value.ptr[0] == '[') value = wb_str_slice(value, 1, value.len);
    return number(value);
  }
  return absent;
}

typedef struct model {
  wb_str name;
  wb_gguf_facts facts;
  wb_gguf_tensor *tensors;
  size_t count, cap;
} model;

static void add(model *m, wb_str name, wb_str shape, const wb_ggml_type *type) {
  wb_gguf_tensor t = {.name = name, .ne = {1, 1, 1, 1}, .stored = type};
  for (int i = 0; i < 4 && shape.len; i++) t.ne[i] = number(before(&shape, 'x'));
  WB_PUSH_ROOM(&ctx, m->tensors, m->count, m->cap);
  m->tensors[m->count++] = t;
}

/* name=DIMxDIM:type, or …blk.*.name=DIMxDIM:type@0-3,5|…@… */
static void add_entry(model *m, wb_str entry) {
  wb_str name = before(&entry, '=');
  const char *star = memchr(name.ptr, '*', name.len);
  while (entry.len) {
    wb_str variant = before(&entry, '|'), shape = before(&variant, ':'), type = before(&variant, '@');
    const wb_ggml_type *stored = wb_gguf_type(recipe, type);
    assert_non_null(stored);
    if (!star) add(m, name, shape, stored);
    while (star && variant.len) {
      wb_str range = before(&variant, ','), low = before(&range, '-');
      size_t at = (size_t)(star - name.ptr);
      for (long i = number(low), last = range.len ? number(range) : i; i <= last; i++)
        add(m, wb_str_fmt(&ctx, "%.*s%ld%.*s", (int)at, name.ptr, i, (int)(name.len - at - 1), star + 1), shape,
            stored);
    }
  }
}

static model read_model(const wb_str *c) {
  model m = {.name = c[0]};
  m.facts.arch = c[1];
  m.facts.layers = key(c[5], c[1], "block_count", 0) - key(c[5], c[1], "nextn_predict_layers", 0);
  m.facts.experts = key(c[5], c[1], "expert_count", 0);
  long heads = key(c[5], c[1], "attention.head_count", 0);
  long kv = key(c[5], c[1], "attention.head_count_kv", heads);
  m.facts.gqa = kv ? heads / kv : 0;
  for (wb_str tensors = c[6]; tensors.len;) add_entry(&m, before(&tensors, ';'));
  for (size_t i = 0; i < m.count; i++) {
    const wb_ggml_type *stored = m.tensors[i].stored;
    m.tensors[i].stored = NULL;
    wb_gguf_classify(recipe, &m.tensors[i]);
    assert_ptr_equal(m.tensors[i].stored, stored);
  }
  wb_gguf_sort(m.tensors, m.count);
  return m;
}

/* ---- quantize.tsv ---- */

static bool in_ranges(wb_str ranges, long layer) {
  while (ranges.len) {
    wb_str range = before(&ranges, ','), low = before(&range, '-');
    if (layer >= number(low) && layer <= (range.len ? number(range) : number(low))) return true;
  }
  return false;
}

/* What the list says of a tensor: f32 when it does not name it. */
static wb_str listed(wb_str types, wb_str name) {
  long layer = -1;
  wb_str pattern = name;
  const char *blk = strstr(wb_str_cstr(&ctx, name), "blk.");
  if (blk) {
    char *end;
    layer = strtol(blk + 4, &end, 10);
    size_t head = strlen(wb_str_cstr(&ctx, name)) - strlen(blk) + 4;
    pattern = wb_str_fmt(&ctx, "%.*s*%s", (int)head, name.ptr, end);
  }
  while (types.len) {
    wb_str entry = before(&types, ';');
    if (!wb_str_eq(before(&entry, '='), pattern)) continue;
    while (entry.len) {
      wb_str one = before(&entry, '|'), type = before(&one, '@');
      if (!one.len || in_ranges(one, layer)) return type;
    }
  }
  return WB_STR("f32");
}

/* True when a line of quantize.tsv is as predicted; says the first difference. */
static bool agrees(model *m, const wb_str *c) {
  wb_gguf_mode mode = {.imatrix = wb_str_is(c[3], "imatrix"),
                       .pure = wb_str_is(c[3], "pure"),
                       .leave_output = wb_str_is(c[3], "leave-output")};
  const wb_gguf_file *file = wb_gguf_file_find(recipe, c[2]);
  assert_non_null(file);
  const wb_gguf_tensor *refused = wb_gguf_assign(recipe, file, &m->facts, mode, m->tensors, m->count);
  if (refused) {
    print_message("# %.*s %.*s %.*s: refused for %.*s\n", WB_STR_ARG(c[0]), WB_STR_ARG(c[2]), WB_STR_ARG(c[3]),
                  WB_STR_ARG(refused->name));
    return false;
  }
  wb_i128 total = 0;
  for (size_t i = 0; i < m->count; i++) {
    wb_i128 bytes = 0;
    const wb_gguf_tensor *t = &m->tensors[i];
    wb_str type = listed(c[6], t->name);
    if (!wb_str_eq(type, t->type->name) || !wb_ggml_bytes(t->type, t->ne, WB_GGML_DIMS, &bytes)) {
      print_message("# %.*s %.*s %.*s: %.*s is %.*s, predicted %.*s\n", WB_STR_ARG(c[0]), WB_STR_ARG(c[2]),
                    WB_STR_ARG(c[3]), WB_STR_ARG(t->name), WB_STR_ARG(type), WB_STR_ARG(t->type->name));
      return false;
    }
    total += bytes;
  }
  if (total != number(c[5]))
    print_message("# %.*s %.*s: %ld bytes, predicted %ld\n", WB_STR_ARG(c[0]), WB_STR_ARG(c[2]), number(c[5]),
                  (long)total);
  return total == number(c[5]);
}

static void every_file_is_quantised_as_the_engine_does(void **state) {
  (void)state;
  const char *ci = getenv("CI");
  if (!getenv("WEIGH_TRUTH_DIR") && ci && strcmp(ci, "true") == 0) fail_msg("WEIGH_TRUTH_DIR is not set");
  if (!getenv("WEIGH_TRUTH_DIR")) return; /* the truth folder widens this test */
  ctx = (wb_ctx){.arena = wb_arena_new((size_t)1 << 30)};
  assert_true(WB_GUARD(&ctx));
  recipe = wb_gguf_recipe_read(&ctx);
  wb_str dims = read_all("dims.tsv"), lines = read_all("quantize.tsv"), c[7], d[7];
  model m = {.count = 0};
  size_t good = 0, all = 0;
  wb_mark mark = wb_arena_mark(ctx.arena);
  for (size_t at = 0; wb_tsv_next(lines, &at, c, 7); all++) {
    if (!wb_str_eq(m.name, c[0])) {
      wb_arena_reset(ctx.arena, mark);
      m = (model){.count = 0};
      for (size_t row = 0; !m.name.len && wb_tsv_next(dims, &row, d, 7);)
        if (wb_str_eq(d[0], c[0])) m = read_model(d);
      assert_true(m.name.len > 0);
    }
    good += agrees(&m, c);
  }
  print_message("# %zu of %zu files as the engine's\n", good, all);
  assert_int_equal(good, all);
  wb_arena_free(ctx.arena);
  free((void *)dims.ptr);
  free((void *)lines.ptr);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_file_is_quantised_as_the_engine_does)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
