#define _DEFAULT_SOURCE
/* llama.cpp's buffers against those that the engine allocated.
 *
 * tests/vectors/llamacpp.tsv is always compared; the recorded files of WEIGH_TRUTH_DIR/truth/llamacpp too, where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/handle.h"
#include "base/tsv.h"
#include "estimate/llamacpp.h"

/* ---- files ---- */

static wb_str read_whole(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) return WB_STR("");
  fseek(file, 0, SEEK_END);
  const long size = ftell(file);
  rewind(file);
  char *bytes = malloc((size_t)size + 1);
  assert_non_null(bytes);
  assert_int_equal(fread(bytes, 1, (size_t)size, file), (size_t)size);
  fclose(file);
  return (wb_str){bytes, (size_t)size};
}

static wb_str read_truth(const char *name) {
  const char *folder = getenv("WEIGH_TRUTH_DIR");
  char path[1024];
  if (!folder) return WB_STR("");
  snprintf(path, sizeof path, "%s/truth/llamacpp/%s", folder, name);
  return read_whole(path);
}

/* ---- the keys of dims.tsv: name=value;… ---- */

typedef struct key_text {
  wb_str keys, architecture;
  int64_t values[WB_LLAMA_LAYERS_MAX];
} key_text;

static bool value_text(const key_text *t, wb_str key, wb_str *out) {
  for (size_t from = 0, to; from < t->keys.len; from = to + 1) {
    for (to = from; to < t->keys.len && t->keys.ptr[to] != ';';) to++;
    wb_str item = wb_str_slice(t->keys, from, to);
    if (t->architecture.len && !wb_str_starts(item, t->architecture)) continue;
    if (t->architecture.len) item = wb_str_slice(item, t->architecture.len + 1, item.len);
    if (!wb_str_starts(item, key) || item.len <= key.len || item.ptr[key.len] != '=') continue;
    *out = wb_str_slice(item, key.len + 1, item.len);
    return true;
  }
  return false;
}

static bool find_key(void *user, wb_str key, wb_llama_value *out) {
  key_text *t = user;
  wb_str text;
  if (!value_text(t, key, &text)) return false;
  *out = (wb_llama_value){.values = t->values, .list = text.ptr[0] == '['};
  for (size_t i = out->list; i < text.len && text.ptr[i] != ']';) {
    char *end;
    const char *at = text.ptr + i;
    int64_t value = strtoll(at, &end, 10);
    if (strncmp(at, "true", 4) == 0 || strncmp(at, "false", 5) == 0) {
      value = *at == 't';
      end = (char *)(uintptr_t)at + (value ? 4 : 5);
    }
    if (end == at || *end == '.' || *end == 'e') return false;
    if (out->count < WB_LLAMA_LAYERS_MAX) t->values[out->count++] = value;
    i = (size_t)(end - text.ptr);
    while (i < text.len && (text.ptr[i] == ',' || text.ptr[i] == ' ')) i++;
  }
  return out->count > 0;
}

/* ---- models ---- */

typedef struct model {
  wb_str name;
  wb_llama_facts *facts;
  wb_llama_tensor *tensors;
  size_t tensor_count;
} model;

static wb_ctx ctx;
static model *models;
static size_t model_count;

enum { D_NAME, D_ARCHITECTURE, D_ORIGIN, D_PARAMS, D_BYTES, D_KEYS, D_TENSORS, D_COUNT };

/* "blk.*.attn_q.weight=64x64:f16@0-3,5|64x32:f16@4": layer `layer`, or a tensor outside of layers (-1). */
static bool tensor_at(wb_str item, int64_t layer, wb_llama_tensor *out) {
  char text[256], *at = text;
  snprintf(text, sizeof text, "%.*s", WB_STR_ARG(item));
  char *name = strsep(&at, "=");
  char *star = strchr(name, '*');
  if (!star != (layer < 0)) return false;
  for (char *shape; (shape = strsep(&at, "|"));) {
    char *dims = strsep(&shape, "@");
    bool here = layer < 0;
    for (char *range; shape && !here && (range = strsep(&shape, ","));) {
      char *end;
      const long low = strtol(range, &end, 10), high = *end == '-' ? strtol(end + 1, NULL, 10) : low;
      here = low <= layer && layer <= high;
    }
    if (!here) continue;
    *out = (wb_llama_tensor){.name = wb_str_copy(&ctx, wb_str_of(name))};
    if (star) out->name = wb_str_fmt(&ctx, "%.*s%lld%s", (int)(star - name), name, (long long)layer, star + 1);
    for (char *dim, *sizes = strsep(&dims, ":"); (dim = strsep(&sizes, "x"));) out->dims[out->rank++] = atoll(dim);
    out->type = wb_str_copy(&ctx, wb_str_of(dims));
    return true;
  }
  return false;
}

/* In the order of the file: outside of blocks, then block after block. */
static void read_tensors(wb_str text, model *m) {
  m->tensors = calloc(8192, sizeof *m->tensors);
  for (int64_t layer = -1; layer < (int64_t)m->facts->layer_count; layer++)
    for (size_t from = 0, to; from < text.len; from = to + 1) {
      for (to = from; to < text.len && text.ptr[to] != ';';) to++;
      if (tensor_at(wb_str_slice(text, from, to), layer, &m->tensors[m->tensor_count])) m->tensor_count++;
      assert_true(m->tensor_count < 8192);
    }
}

static void read_models(wb_str text) {
  wb_str cells[D_COUNT];
  models = calloc(1024, sizeof *models);
  model_count = 0;
  for (size_t at = 0; wb_tsv_next(text, &at, cells, D_COUNT);) {
    key_text *t = calloc(1, sizeof *t);
    t->keys = cells[D_KEYS];
    t->architecture = cells[D_ARCHITECTURE];
    if (WB_GUARD(&ctx)) {
      const wb_llama_keys keys = {find_key, t};
      wb_llama_facts *facts = wb_llama_facts_of_keys(&ctx, cells[D_ARCHITECTURE], &keys);
      models[model_count] = (model){.name = cells[D_NAME], .facts = facts};
      read_tensors(cells[D_TENSORS], &models[model_count++]);
    } else {
      fail_msg("%.*s: %.*s", WB_STR_ARG(cells[D_NAME]), WB_STR_ARG(ctx.failure.args[0]));
    }
    free(t);
  }
}

static void free_text(wb_str text) {
  if (text.len) free((void *)(uintptr_t)text.ptr);
}

static void free_models(wb_str dims) {
  for (size_t i = 0; i < model_count; i++) free(models[i].tensors);
  free(models);
  free_text(dims);
}

static const model *model_of(wb_str name) {
  for (size_t i = 0; i < model_count; i++)
    if (wb_str_eq(models[i].name, name)) return &models[i];
  fail_msg("no model %.*s", WB_STR_ARG(name));
  return NULL;
}

/* ---- rows ---- */

enum {
  B_CASE,
  B_DIMS,
  B_ARCH,
  B_MIX,
  B_REQ_CTX,
  B_REQ_BATCH,
  B_REQ_UBATCH,
  B_REQ_OUTPUTS,
  B_CTX,
  B_CTX_SEQ,
  B_BATCH,
  B_UBATCH,
  B_SEQ,
  B_RS_SEQ,
  B_OUTPUTS,
  B_FA,
  B_TYPE_K,
  B_TYPE_V,
  B_SWA_FULL,
  B_UNIFIED,
  B_EMBEDDINGS,
  B_MTP,
  B_NODES_PP,
  B_NODES_TG,
  B_SPLITS,
  B_BACKEND,
  B_KIND,
  B_BYTES,
  B_DETAIL,
  B_COUNT
};

static int64_t number(wb_str cell) {
  wb_num n = {0, 1};
  return wb_num_parse(cell, &n) ? (int64_t)n.num : 0;
}

static wb_llama_asked asked_of(const wb_str *c, int64_t build) {
  return (wb_llama_asked){.n_ctx = number(c[B_REQ_CTX]),
                          .n_batch = number(c[B_REQ_BATCH]),
                          .n_ubatch = number(c[B_REQ_UBATCH]),
                          .n_outputs_max = number(c[B_REQ_OUTPUTS]),
                          .n_seq_max = number(c[B_SEQ]),
                          .n_rs_seq = number(c[B_RS_SEQ]),
                          .flash = number(c[B_FA]) ? WB_LLAMA_AUTO : WB_LLAMA_OFF,
                          .type_k = c[B_TYPE_K],
                          .type_v = c[B_TYPE_V],
                          .swa_full = number(c[B_SWA_FULL]) != 0,
                          .unified = number(c[B_UNIFIED]) != 0,
                          .embeddings = number(c[B_EMBEDDINGS]) != 0,
                          .mtp = number(c[B_MTP]) != 0,
                          .build = build};
}

static bool kind_of(wb_str name, wb_llama_kind *kind) {
  static const char *const names[WB_LLAMA_KINDS] = {"kv", "kv_swa", "kv_indexer", "rs"};
  for (size_t i = 0; i < WB_LLAMA_KINDS; i++)
    if (wb_str_is(name, names[i])) return *kind = (wb_llama_kind)i, true;
  return false;
}

typedef struct tally {
  size_t equal, weights, different, refused, not_refused, wrongly_refused, contexts;
} tally;

static void report(const wb_str *c, const char *what, wb_i128 ours) {
  print_message("# %.*s %.*s: %s %lld, recorded %.*s (%.*s)\n", WB_STR_ARG(c[B_CASE]), WB_STR_ARG(c[B_KIND]), what,
                (long long)ours, WB_STR_ARG(c[B_BYTES]), WB_STR_ARG(c[B_DETAIL]));
}

static void compare_context(const wb_str *c, const wb_llama_context *context, tally *t) {
  const wb_llama_asked *a = &context->asked;
  const bool same = a->n_ctx == number(c[B_CTX]) && context->n_ctx_seq == number(c[B_CTX_SEQ]) &&
                    a->n_batch == number(c[B_BATCH]) && a->n_ubatch == number(c[B_UBATCH]) &&
                    a->n_outputs_max == number(c[B_OUTPUTS]) && context->flash == (number(c[B_FA]) != 0);
  t->contexts += same;
  if (!same) report(c, "another context; n_ctx", a->n_ctx);
}

static void compare_row(const wb_str *c, int64_t build, tally *t) {
  const wb_llama_facts *facts = model_of(c[B_DIMS])->facts;
  const bool refused = wb_str_is(c[B_KIND], "refused");
  wb_llama_kind kind = WB_LLAMA_KINDS;
  if (!refused && !kind_of(c[B_KIND], &kind) && !wb_str_is(c[B_KIND], "output")) return;
  const wb_llama_asked asked = asked_of(c, build);
  if (!WB_GUARD(&ctx)) {
    t->refused += refused;
    t->wrongly_refused += !refused;
    if (!refused) report(c, "refused", (wb_i128)ctx.failure.message);
    return;
  }
  const wb_llama_context context = wb_llama_context_of(&ctx, facts, &asked);
  if (refused) {
    t->not_refused++;
    report(c, "not refused", 0);
    return;
  }
  const wb_i128 ours =
      kind == WB_LLAMA_KINDS ? wb_llama_output(facts, &context) : wb_llama_buffer(facts, &context, kind, 32);
  if (kind == WB_LLAMA_KINDS) compare_context(c, &context, t);
  t->equal += ours == number(c[B_BYTES]);
  t->different += ours != number(c[B_BYTES]);
  if (ours != number(c[B_BYTES])) report(c, "ours", ours);
}

/* Weights of F16 files: of other mixes the quantiser decides the types. */
static void compare_weights(const wb_str *c, int64_t build, tally *t) {
  const bool mapped = wb_str_is(c[B_KIND], "model_mmap"), mtp = wb_str_is(c[B_MIX], "F16+mtp");
  if ((!mapped && !wb_str_is(c[B_KIND], "model")) || (!mtp && !wb_str_is(c[B_MIX], "F16"))) return;
  const model *m = model_of(c[B_DIMS]);
  const wb_i128 ours = mapped ? wb_llama_mapped(m->facts, m->tensors, m->tensor_count, mtp, build, 32)
                              : wb_llama_weights(m->facts, m->tensors, m->tensor_count, mtp, 32);
  t->weights += ours == number(c[B_BYTES]);
  t->different += ours != number(c[B_BYTES]);
  if (ours != number(c[B_BYTES])) report(c, "ours", ours);
}

/* ---- devices ---- */

static wb_llama_facts *llama_of(key_text *t) {
  const wb_llama_keys keys = {find_key, t};
  return wb_llama_facts_of_keys(&ctx, WB_STR("llama"), &keys);
}

static wb_llama_facts *small_model(key_text *t) {
  *t = (key_text){.keys = WB_STR("block_count=4;embedding_length=64;vocab_size=100;attention.head_count=4;"
                                 "attention.head_count_kv=2;context_length=1024")};
  return llama_of(t);
}

/* src/llama-model.cpp: of 5 places (4 layers and the output) the last ngl are spread by upper_bound over the shares. */
static void layers_stand_on_devices(void **state) {
  (void)state;
  static const struct {
    int64_t layers;
    float split[2];
    uint32_t places[5];
  } rows[] = {
      {0, {1, 1}, {0, 0, 0, 0, 0}}, {1, {1, 1}, {0, 0, 0, 0, 1}},  {3, {1, 1}, {0, 0, 1, 1, 2}},
      {5, {1, 1}, {1, 1, 1, 2, 2}}, {99, {3, 1}, {1, 1, 1, 1, 2}}, {99, {0, 1}, {2, 2, 2, 2, 2}},
  };
  key_text t;
  const wb_llama_facts *facts = small_model(&t);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const wb_llama_devices devices = {2, {rows[i].split[0], rows[i].split[1]}, rows[i].layers, false, NULL};
    for (uint32_t l = 0; l < 5; l++) assert_int_equal(wb_llama_device_of(facts, &devices, l), rows[i].places[l]);
  }
}

/* Parts sum to the whole; with the output on an accelerator tied embeddings stand twice. */
static void devices_share_what_there_is(void **state) {
  (void)state;
  const wb_llama_tensor tensors[] = {{WB_STR("token_embd.weight"), WB_STR("f16"), 2, {64, 100}},
                                     {WB_STR("output_norm.weight"), WB_STR("f32"), 1, {64}},
                                     {WB_STR("blk.0.attn_q.weight"), WB_STR("q8_0"), 2, {64, 64}},
                                     {WB_STR("blk.3.attn_q.weight"), WB_STR("Q4_K"), 2, {256, 16}}};
  key_text t;
  wb_llama_asked asked;
  const wb_llama_facts *facts = small_model(&t);
  assert_true(wb_llama_defaults(WB_STR("bench"), &asked));
  const wb_llama_context context = wb_llama_context_of(&ctx, facts, &asked);
  assert_int_equal((int64_t)wb_llama_weights(facts, tensors, 4, false, 32), 12800 + 256 + 64 * 68 + 16 * 144);
  for (int64_t ngl = 0; ngl < 7; ngl++) {
    const wb_llama_devices devices = {2, {2, 1}, ngl, false, NULL};
    wb_i128 caches = 0, weights = 0;
    for (uint32_t d = 0; d < 3; d++) {
      caches += wb_llama_on_device(facts, &context, WB_LLAMA_KV, &devices, d, 32);
      weights += wb_llama_weights_on(facts, tensors, 4, false, &devices, d, 32);
    }
    assert_int_equal((int64_t)caches, (int64_t)wb_llama_buffer(facts, &context, WB_LLAMA_KV, 32));
    assert_int_equal((int64_t)weights, 12800 + 256 + 64 * 68 + 16 * 144 + (ngl ? 12800 : 0));
  }
}

static bool loads(key_text *t) {
  if (WB_GUARD(&ctx)) return llama_of(t) != NULL;
  assert_int_equal(ctx.failure.message, WB_LLAMA_KEY_BAD);
  return false;
}

/* What no engine could load is refused, whatever it holds. */
static void hostile_keys_are_refused(void **state) {
  (void)state;
  static const char *const rows[] = {
      "",
      "block_count=-1;embedding_length=64",
      "block_count=2000;embedding_length=64",
      "block_count=2",
      "block_count=2;embedding_length=64;attention.head_count=[4]",
      "block_count=2;embedding_length=9999999999",
      "block_count=2;embedding_length=64;nextn_predict_layers=3",
      "block_count=2;embedding_length=64;attention.head_count=2000000000;attention.key_length=2000000000",
      "block_count=2;embedding_length=64;ssm.inner_size=2000000000;ssm.state_size=2000000000",
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    key_text t = {.keys = wb_str_of(rows[i])};
    if (loads(&t)) fail_msg("%s", rows[i]);
  }
}

/* ---- the compute buffer ---- */

static int by_size(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static bool compute_of_row(const wb_str *c, int64_t build, wb_llama_compute *out) {
  const model *m = model_of(c[B_DIMS]);
  const wb_llama_asked asked = asked_of(c, build);
  if (!WB_GUARD(&ctx)) return false;
  const wb_llama_context context = wb_llama_context_of(&ctx, m->facts, &asked);
  *out = wb_llama_compute_of(m->facts, &context);
  return true;
}

static double compute_share(wb_str text, int64_t build) {
  static double widths[16384];
  wb_str c[B_COUNT];
  size_t count = 0, inside = 0, below = 0;
  const bool verbose = getenv("LLAMA_VERBOSE") != NULL;
  for (size_t at = 0; wb_tsv_next(text, &at, c, B_COUNT);) {
    if (!wb_str_is(c[B_KIND], "compute") || count == sizeof widths / sizeof *widths) continue;
    wb_llama_compute ours;
    if (!compute_of_row(c, build, &ours)) continue;
    const double bytes = (double)number(c[B_BYTES]);
    const bool within = (double)ours.low <= bytes && bytes <= (double)ours.high;
    widths[count++] = (double)(ours.high - ours.low) / bytes;
    inside += within;
    below += bytes > (double)ours.high;
    if (verbose && !within)
      print_message("# OUT %.*s %.3f %.3f %.3f %.*s\n", WB_STR_ARG(c[B_CASE]), (double)ours.low / bytes,
                    (double)ours.best / bytes, (double)ours.high / bytes, WB_STR_ARG(ours.phase));
  }
  if (!count) return 1;
  qsort(widths, count, sizeof *widths, by_size);
  print_message("# b%lld: %zu of %zu compute buffers inside, %zu above; median width %.3f\n", (long long)build, inside,
                count, below, widths[count / 2]);
  return (double)inside / (double)count;
}

static void compute_buffers_lie_in_the_interval(void **state) {
  (void)state;
  const wb_str dims = read_truth("dims.tsv");
  if (!dims.len) return; /* the truth folder widens this test */
  read_models(dims);
  const wb_str older = read_truth("buffers.tsv"), newer = read_truth("buffers-b11434.tsv");
  const double share_older = compute_share(older, 10261), share_newer = compute_share(newer, 11434);
  free_text(older);
  free_text(newer);
  free_models(dims);
  assert_true(share_older >= 0.95);
  assert_true(share_newer >= 0.95);
}

static void compare_file(wb_str text, int64_t build) {
  tally t = {0};
  wb_str cells[B_COUNT];
  const wb_mark mark = wb_arena_mark(ctx.arena);
  for (size_t at = 0; wb_tsv_next(text, &at, cells, B_COUNT);) {
    compare_row(cells, build, &t);
    compare_weights(cells, build, &t);
    wb_arena_reset(ctx.arena, mark);
  }
  print_message(
      "# b%lld: %zu buffers and %zu weights equal, %zu not; %zu contexts as recorded; %zu refusals named, %zu not, %zu "
      "too many\n",
      (long long)build, t.equal, t.weights, t.different, t.contexts, t.refused, t.not_refused, t.wrongly_refused);
  assert_int_equal(t.different + t.not_refused + t.wrongly_refused, 0);
}

/* ---- our own vectors ---- */

enum { V_MODEL, V_ARCHITECTURE, V_KEYS, V_BUILD, V_ASKED, V_KIND, V_BYTES, V_SOURCE, V_COUNT };

static wb_llama_asked asked_in(wb_str text, int64_t build) {
  static const char *const names[] = {"n_ctx",  "n_batch", "n_ubatch", "n_seq_max", "n_rs_seq",   "fa",
                                      "type_k", "type_v",  "swa_full", "unified",   "embeddings", "mtp"};
  static const size_t cells_of[] = {B_REQ_CTX, B_REQ_BATCH, B_REQ_UBATCH, B_SEQ,     B_RS_SEQ,     B_FA,
                                    B_TYPE_K,  B_TYPE_V,    B_SWA_FULL,   B_UNIFIED, B_EMBEDDINGS, B_MTP};
  wb_str cells[B_COUNT] = {{0}};
  const key_text t = {.keys = text};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) value_text(&t, wb_str_of(names[i]), &cells[cells_of[i]]);
  return asked_of(cells, build);
}

static bool vector_holds(const wb_str *c, key_text *t) {
  const bool refused = wb_str_is(c[V_KIND], "refused");
  const wb_llama_keys keys = {find_key, t};
  const wb_llama_asked asked = asked_in(c[V_ASKED], number(c[V_BUILD]));
  wb_llama_kind kind;
  *t = (key_text){.keys = c[V_KEYS]};
  if (!WB_GUARD(&ctx)) return refused;
  const wb_llama_facts *facts = wb_llama_facts_of_keys(&ctx, c[V_ARCHITECTURE], &keys);
  const wb_llama_context context = wb_llama_context_of(&ctx, facts, &asked);
  if (wb_str_is(c[V_KIND], "compute")) {
    const wb_llama_compute compute = wb_llama_compute_of(facts, &context);
    return compute.low <= number(c[V_BYTES]) && number(c[V_BYTES]) <= compute.high;
  }
  const wb_i128 ours =
      kind_of(c[V_KIND], &kind) ? wb_llama_buffer(facts, &context, kind, 32) : wb_llama_output(facts, &context);
  if (ours != number(c[V_BYTES]))
    print_message("# %.*s %.*s: ours %lld\n", WB_STR_ARG(c[V_MODEL]), WB_STR_ARG(c[V_KIND]), (long long)ours);
  return !refused && ours == number(c[V_BYTES]);
}

static void vectors_of_our_own(void **state) {
  (void)state;
  const wb_str text = read_whole("tests/vectors/llamacpp.tsv");
  key_text *t = calloc(1, sizeof *t);
  wb_str cells[V_COUNT];
  size_t count = 0, held = 0;
  for (size_t at = 0; wb_tsv_next(text, &at, cells, V_COUNT); count++) held += vector_holds(cells, t);
  free(t);
  free_text(text);
  assert_true(count > 50);
  assert_int_equal(held, count);
}

static void buffers_that_the_engine_allocated(void **state) {
  (void)state;
  const wb_str dims = read_truth("dims.tsv");
  if (!dims.len) return; /* the truth folder widens this test */
  read_models(dims);
  const wb_str older = read_truth("buffers.tsv"), newer = read_truth("buffers-b11434.tsv");
  compare_file(older, 10261);
  compare_file(newer, 11434);
  free_text(older);
  free_text(newer);
  free_models(dims);
}

/* ---- from configurations ---- */

static size_t compare_model(wb_str name, const wb_llama_facts *facts, wb_str text, int64_t build) {
  wb_str cells[B_COUNT];
  tally t = {0};
  model *m = (model *)(uintptr_t)model_of(name);
  const wb_llama_facts *own = m->facts;
  const wb_mark mark = wb_arena_mark(ctx.arena);
  m->facts = (wb_llama_facts *)(uintptr_t)facts;
  for (size_t at = 0; wb_tsv_next(text, &at, cells, B_COUNT) && t.different + t.wrongly_refused < 2;) {
    if (wb_str_eq(cells[B_DIMS], name) && !wb_str_is(cells[B_MIX], "F16+mtp")) compare_row(cells, build, &t);
    wb_arena_reset(ctx.arena, mark);
  }
  m->facts = (wb_llama_facts *)(uintptr_t)own;
  return t.different + t.not_refused + t.wrongly_refused;
}

static const wb_llama_facts *facts_of_model(weigh_model *opened, const char *path) {
  if (!WB_GUARD(&opened->model.ctx)) {
    print_message("# %s: %.*s\n", path, WB_STR_ARG(opened->model.ctx.failure.args[0]));
    return NULL;
  }
  const wb_llama_facts *facts = wb_llama_facts_of_model(&opened->model);
  if (!facts->known) print_message("# %s: no architecture of llama.cpp\n", path);
  return facts;
}

/* Facts of a configuration give the buffers of the file that was made of it. */
static void facts_of_configurations(void **state) {
  (void)state;
  const char *folder = getenv("WEIGH_TRUTH_DIR");
  const wb_str dims = read_truth("dims.tsv");
  if (!folder || !dims.len) return; /* the truth folder widens this test */
  const wb_str buffers = read_truth("buffers.tsv");
  const wb_str list = read_whole("tests/vectors/llamacpp-models.tsv");
  wb_str cells[2];
  size_t equal = 0, count = 0;
  weigh_library *library;
  weigh_error err = {0};
  assert_int_equal(weigh_library_open(NULL, &library, &err), WEIGH_OK);
  read_models(dims);
  for (size_t at = 0; wb_tsv_next(list, &at, cells, 2); count++) {
    char path[1024];
    snprintf(path, sizeof path, "%s/models/%.*s/config.json", folder, WB_STR_ARG(cells[1]));
    const weigh_model_request request = {.model = path};
    weigh_model *opened;
    if (weigh_model_open(library, &request, &opened, &err) != WEIGH_OK) {
      print_message("# %s: %s\n", path, err.message);
      continue;
    }
    const wb_llama_facts *facts = facts_of_model(opened, path);
    if (facts) equal += compare_model(cells[0], facts, buffers, 10261) == 0;
    weigh_model_free(opened);
  }
  print_message("# %zu of %zu configurations give the recorded buffers\n", equal, count);
  weigh_library_free(library);
  free_text(list);
  free_text(buffers);
  free_models(dims);
  assert_int_equal(equal, count);
}

int main(void) {
  ctx.arena = wb_arena_new(0);
  const struct CMUnitTest tests[] = {cmocka_unit_test(vectors_of_our_own),
                                     cmocka_unit_test(layers_stand_on_devices),
                                     cmocka_unit_test(devices_share_what_there_is),
                                     cmocka_unit_test(hostile_keys_are_refused),
                                     cmocka_unit_test(buffers_that_the_engine_allocated),
                                     cmocka_unit_test(facts_of_configurations),
                                     cmocka_unit_test(compute_buffers_lie_in_the_interval)};
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  wb_arena_free(ctx.arena);
  return failed;
}
