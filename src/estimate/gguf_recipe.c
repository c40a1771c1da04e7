#include "estimate/gguf_recipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/tsv.h"

/* ---- the tables, read ---- */

typedef enum word_kind {
  WORD_ARCH,
  WORD_NOW,
  WORD_GQA,
  WORD_EXPERTS,
  WORD_LAYERS,
  WORD_LAYER,
  WORD_COUNT,
  WORD_LAYER_MORE,
  WORD_COUNT_MORE,
  WORD_IMATRIX,
  WORD_NO_IMATRIX,
  WORD_UNEVEN,
  WORD_STACKED,
  WORD_KINDS
} word_kind;
static const char *const WORDS[WORD_KINDS] = {"arch",       "now",    "gqa",        "experts",    "layers",
                                              "layer",      "count",  "layer_more", "count_more", "imatrix",
                                              "no_imatrix", "uneven", "stacked"};

typedef enum relation { HOLDS, EQUAL, UNEQUAL, BELOW, FROM } relation;

/* One word of `when`: layer<7n/8, arch=falcon, imatrix. */
typedef struct condition {
  word_kind kind;
  relation relation;
  wb_str text;
  wb_i128 number;  /* a number, or with divisor: number · n / divisor, rounded down */
  wb_i128 divisor; /* 0: plain */
} condition;

#define MAX_CONDITIONS 4
#define MAX_STEPS      3
#define MAX_RULES      128 /* in all; more are faults */

typedef struct rule {
  uint32_t step;
  uint64_t files; /* bits by the order of gguf_files.tsv */
  bool any_class;
  wb_gguf_class class;
  condition when[MAX_CONDITIONS];
  size_t count;
  const wb_ggml_type *type;
} rule;

typedef struct class_row {
  bool whole; /* the text is the whole name, not a part of it */
  wb_str text;
  wb_gguf_class class;
  const wb_ggml_type *stored;
} class_row;

struct wb_gguf_recipe {
  wb_ggml_type *types;
  size_t type_count, type_cap;
  wb_gguf_file *files;
  size_t file_count, file_cap;
  class_row *classes;
  size_t class_count, class_cap;
  rule *rules;
  size_t rule_count, rule_cap;
  const wb_ggml_type *f32, *f16;
  size_t faults;
};

static const char *const CLASSES[WB_GGUF_CLASSES] = {"other",    "output",   "token_embd",  "attn_v",
                                                     "attn_k",   "attn_q",   "attn_output", "ffn_up",
                                                     "ffn_gate", "ffn_down", "kept"};

static bool class_parse(wb_str text, wb_gguf_class *out) {
  for (int i = 0; i < WB_GGUF_CLASSES; i++)
    if (wb_str_is(text, CLASSES[i])) return *out = (wb_gguf_class)i, true;
  return false;
}

static bool number_parse(wb_str text, wb_i128 *out) {
  wb_num n;
  if (!wb_num_parse(text, &n) || !wb_num_is_int(n)) return false;
  *out = n.num;
  return true;
}

static bool same(wb_str a, wb_str b) { return a.len == b.len && wb_str_distance(a, b, 0) == 0; }

const wb_ggml_type *wb_gguf_type(const wb_gguf_recipe *recipe, wb_str name) {
  for (size_t i = 0; i < recipe->type_count; i++)
    if (same(recipe->types[i].name, name)) return &recipe->types[i];
  return NULL;
}

/* "7n/8", "n/16" or "4". */
static bool operand_parse(wb_str text, condition *out) {
  const char *n = memchr(text.ptr, 'n', text.len);
  if (!n) return number_parse(text, &out->number);
  size_t at = (size_t)(n - text.ptr);
  out->number = 1;
  if (at && !number_parse(wb_str_slice(text, 0, at), &out->number)) return false;
  return number_parse(wb_str_slice(text, at + 2, text.len), &out->divisor) && out->divisor > 0;
}

static bool condition_parse(wb_str word, condition *out) {
  size_t end = 0;
  while (end < word.len && !strchr("<>=!", word.ptr[end])) end++;
  wb_str name = wb_str_slice(word, 0, end), rest = wb_str_slice(word, end, word.len);
  *out = (condition){.kind = WORD_KINDS};
  for (int i = 0; i < WORD_KINDS; i++)
    if (wb_str_is(name, WORDS[i])) out->kind = (word_kind)i;
  if (out->kind == WORD_KINDS) return false;
  if (!rest.len) return out->kind >= WORD_LAYER_MORE;
  static const struct {
    const char *sign;
    relation relation;
  } SIGNS[] = {{"!=", UNEQUAL}, {">=", FROM}, {"=", EQUAL}, {"<", BELOW}};
  for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++) {
    if (!wb_str_starts(rest, wb_str_of(SIGNS[i].sign))) continue;
    out->relation = SIGNS[i].relation;
    out->text = wb_str_slice(rest, strlen(SIGNS[i].sign), rest.len);
    return out->kind <= WORD_NOW || operand_parse(out->text, out);
  }
  return false;
}

/* The next word of a text, between blanks; false at its end. */
static bool next_word(wb_str *text, wb_str *word) {
  *text = wb_str_trim(*text);
  if (!text->len) return false;
  const char *blank = memchr(text->ptr, ' ', text->len);
  size_t end = blank ? (size_t)(blank - text->ptr) : text->len;
  *word = wb_str_slice(*text, 0, end);
  *text = wb_str_slice(*text, end, text->len);
  return true;
}

static bool when_parse(wb_str text, rule *out) {
  if (wb_str_is(text, "-")) return true;
  for (wb_str word; next_word(&text, &word);)
    if (out->count == MAX_CONDITIONS || !condition_parse(word, &out->when[out->count++])) return false;
  return true;
}

static uint64_t files_parse(const wb_gguf_recipe *recipe, wb_str text) {
  uint64_t bits = 0;
  for (wb_str word; next_word(&text, &word);)
    for (size_t i = 0; i < recipe->file_count && i < 64; i++) {
      const wb_gguf_file *f = &recipe->files[i];
      bool set = wb_str_starts(word, WB_STR("@"));
      if (wb_str_is(word, "*") || wb_str_eq(set ? wb_str_slice(word, 1, word.len) : word, set ? f->rules : f->name))
        bits |= UINT64_C(1) << i;
    }
  return bits;
}

static bool rule_parse(const wb_gguf_recipe *recipe, const wb_str *c, rule *out) {
  wb_i128 step;
  *out = (rule){.any_class = wb_str_is(c[2], "*"), .type = wb_gguf_type(recipe, c[4])};
  out->files = files_parse(recipe, c[1]);
  if (!number_parse(c[0], &step) || step < 1 || step > MAX_STEPS || !out->type || !out->files) return false;
  out->step = (uint32_t)step;
  return (out->any_class || class_parse(c[2], &out->class)) && when_parse(c[3], out);
}

static void read_files(wb_ctx *ctx, wb_gguf_recipe *r) {
  wb_str c[5];
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/gguf_files.tsv"), &at, c, 5);) {
    wb_i128 id = 0;
    wb_gguf_file file = {c[0], wb_str_is(c[4], "-") ? WB_STR("") : c[4], 0, wb_gguf_type(r, c[1]), c[2]};
    if (!file.type || !number_parse(c[3], &id)) r->faults++;
    file.id = (uint32_t)id;
    WB_PUSH_ROOM(ctx, r->files, r->file_count, r->file_cap);
    r->files[r->file_count++] = file;
  }
}

static void read_classes(wb_ctx *ctx, wb_gguf_recipe *r) {
  wb_str c[4];
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/gguf_classes.tsv"), &at, c, 4);) {
    class_row row = {.whole = wb_str_is(c[0], "equals"), .text = c[1], .stored = wb_gguf_type(r, c[3])};
    if (!class_parse(c[2], &row.class) || !row.stored) r->faults++;
    WB_PUSH_ROOM(ctx, r->classes, r->class_count, r->class_cap);
    r->classes[r->class_count++] = row;
  }
}

wb_gguf_recipe *wb_gguf_recipe_read(wb_ctx *ctx) {
  wb_gguf_recipe *r = WB_NEW(ctx, wb_gguf_recipe);
  wb_ggml_type type;
  for (size_t at = 0; wb_ggml_next(&at, &type);) {
    WB_PUSH_ROOM(ctx, r->types, r->type_count, r->type_cap);
    r->types[r->type_count++] = type;
  }
  r->f32 = wb_gguf_type(r, WB_STR("f32"));
  r->f16 = wb_gguf_type(r, WB_STR("f16"));
  read_files(ctx, r);
  read_classes(ctx, r);
  wb_str c[5];
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/gguf_recipe.tsv"), &at, c, 5);) {
    rule one;
    if (r->rule_count == MAX_RULES || !rule_parse(r, c, &one)) {
      r->faults++;
      continue;
    }
    WB_PUSH_ROOM(ctx, r->rules, r->rule_count, r->rule_cap);
    r->rules[r->rule_count++] = one;
  }
  return r;
}

static const void *make(wb_ctx *ctx) { return wb_gguf_recipe_read(ctx); }

const wb_gguf_recipe *wb_gguf_recipe_of(wb_library *lib, wb_ctx *ctx) { return wb_library_made(lib, ctx, make); }

size_t wb_gguf_recipe_faults(const wb_gguf_recipe *recipe) { return recipe->faults; }

const wb_gguf_file *wb_gguf_files(const wb_gguf_recipe *recipe, size_t *count) {
  *count = recipe->file_count;
  return recipe->files;
}

const wb_gguf_file *wb_gguf_file_find(const wb_gguf_recipe *recipe, wb_str name) {
  for (size_t i = 0; i < recipe->file_count; i++)
    if (same(recipe->files[i].name, name) || (name.len && same(recipe->files[i].alias, name))) return &recipe->files[i];
  return NULL;
}

/* ---- a file's tensors ---- */

static bool contains(wb_str text, wb_str part) {
  for (size_t i = 0; i + part.len <= text.len; i++) {
    const char *first = memchr(text.ptr + i, part.ptr[0], text.len - part.len - i + 1);
    if (!first) return false;
    if (memcmp(first, part.ptr, part.len) == 0) return true;
    i = (size_t)(first - text.ptr);
  }
  return false;
}

/* Trailing dimensions of 1 do not count. */
static size_t dims_of(const wb_gguf_tensor *t) {
  size_t dims = WB_GGML_DIMS;
  while (dims > 1 && t->ne[dims - 1] == 1) dims--;
  return dims;
}

/* Tensors of one dimension, and all that are no weights, are small and stay exact. */
static bool is_small(const wb_gguf_tensor *t) { return dims_of(t) < 2 || !wb_str_ends(t->name, WB_STR("weight")); }

static const class_row *row_of(const wb_gguf_recipe *recipe, wb_str name) {
  for (size_t i = 0; i < recipe->class_count; i++) {
    const class_row *row = &recipe->classes[i];
    if (row->whole ? wb_str_eq(name, row->text) : contains(name, row->text)) return row;
  }
  return NULL;
}

void wb_gguf_classify(const wb_gguf_recipe *recipe, wb_gguf_tensor *t) {
  const class_row *row = is_small(t) ? NULL : row_of(recipe, t->name);
  t->class = row ? row->class : is_small(t) ? WB_GGUF_KEPT : WB_GGUF_OTHER;
  if (!t->stored) t->stored = row ? row->stored : is_small(t) ? recipe->f32 : recipe->f16;
}

/* blk.12.… is of layer 12. Other names that hold a block's number (enc.blk.3.…) are of no layer to the engine. */
static int64_t layer_of(wb_str name) {
  int64_t layer = 0;
  size_t at = 4;
  if (!wb_str_starts(name, WB_STR("blk."))) return -1;
  for (; at < name.len && name.ptr[at] >= '0' && name.ptr[at] <= '9' && layer < 100000000; at++)
    layer = layer * 10 + (name.ptr[at] - '0');
  return at > 4 && at < name.len && name.ptr[at] == '.' ? layer : -1;
}

static int engine_order(const void *a, const void *b) {
  const wb_gguf_tensor *x = a, *y = b;
  if (x->layer != y->layer) return x->layer < y->layer ? -1 : 1;
  return wb_str_cmp(x->name, y->name);
}

void wb_gguf_sort(wb_gguf_tensor *tensors, size_t count) {
  for (size_t i = 0; i < count; i++) tensors[i].layer = layer_of(tensors[i].name);
  if (count) qsort(tensors, count, sizeof *tensors, engine_order);
}

/* ---- the choice ---- */

typedef struct chooser {
  const wb_gguf_recipe *recipe;
  const wb_gguf_file *file;
  const rule *rules[MAX_RULES]; /* of the file type */
  size_t rule_count;
  const wb_gguf_facts *facts;
  wb_gguf_mode mode;
  bool tied;                      /* there is no output.weight */
  wb_i128 count[WB_GGUF_CLASSES]; /* tensors of a class that came before */
  wb_i128 value_tensors;
  /* of the tensor in question */
  const wb_gguf_tensor *tensor;
  wb_gguf_class class;
  const wb_ggml_type *now;
} chooser;

/* A position a rule speaks of: the layer, or how many came before. */
static wb_i128 position(const chooser *c, bool layer) {
  return layer && c->facts->experts > 1 ? c->tensor->layer : c->count[c->class];
}

static wb_i128 positions(const chooser *c) { return c->class == WB_GGUF_ATTN_V ? c->value_tensors : c->facts->layers; }

static bool more(wb_i128 i, wb_i128 n) { return i < n / 8 || i >= 7 * n / 8 || (i - n / 8) % 3 == 2; }

static wb_i128 quantity(const chooser *c, word_kind kind) {
  switch (kind) {
    case WORD_GQA: return c->facts->gqa;
    case WORD_EXPERTS: return c->facts->experts;
    case WORD_LAYERS: return c->facts->layers;
    case WORD_LAYER: return position(c, true);
    default: return position(c, false);
  }
}

static bool compare(const chooser *c, const condition *w) {
  wb_i128 a = quantity(c, w->kind), b = w->divisor ? w->number * positions(c) / w->divisor : w->number;
  switch (w->relation) {
    case EQUAL: return a == b;
    case UNEQUAL: return a != b;
    case BELOW: return a < b;
    case FROM: return a >= b;
    default: return false;
  }
}

static bool holds(const chooser *c, const condition *w) {
  switch (w->kind) {
    case WORD_ARCH: return wb_str_eq(c->facts->arch, w->text) == (w->relation == EQUAL);
    case WORD_NOW: return wb_str_eq(c->now->name, w->text) == (w->relation == EQUAL);
    case WORD_LAYER_MORE: return more(position(c, true), positions(c));
    case WORD_COUNT_MORE: return more(position(c, false), positions(c));
    case WORD_IMATRIX: return c->mode.imatrix;
    case WORD_NO_IMATRIX: return !c->mode.imatrix;
    case WORD_UNEVEN: return c->tensor->ne[0] % c->file->type->elements != 0;
    case WORD_STACKED: return c->tensor->ne[2] > 1;
    default: return compare(c, w);
  }
}

static bool applies(const chooser *c, const rule *r, uint32_t step) {
  if (r->step != step || (!r->any_class && r->class != c->class)) return false;
  for (size_t i = 0; i < r->count; i++)
    if (!holds(c, &r->when[i])) return false;
  return true;
}

static void mixture(chooser *c) {
  for (uint32_t step = 1; step <= MAX_STEPS; step++)
    for (size_t i = 0; i < c->rule_count; i++)
      if (applies(c, c->rules[i], step)) {
        c->now = c->rules[i]->type;
        break;
      }
}

/* A type whose blocks fit the rows; NULL when there is none. */
static const wb_ggml_type *fitting(const chooser *c, const wb_ggml_type *type) {
  wb_i128 row = c->tensor->ne[0];
  if (row % type->elements == 0) return type;
  const wb_ggml_type *next = wb_gguf_type(c->recipe, type->fallback);
  if (!next) return NULL;
  return row % next->elements == 0 ? next : c->recipe->f16;
}

/* The engine asks for the layer of every feed-forward tensor of a model with experts. */
static bool layer_missing(const chooser *c) {
  bool asked = c->class == WB_GGUF_FFN_DOWN || c->class == WB_GGUF_FFN_GATE || c->class == WB_GGUF_FFN_UP;
  if (!asked || c->facts->experts <= 1 || !wb_str_is(c->file->rules, "mix")) return false;
  return c->tensor->layer < 0 || c->tensor->layer >= c->facts->layers;
}

static bool choose(chooser *c, wb_gguf_tensor *t) {
  c->tensor = t;
  c->class = c->tied && t->class == WB_GGUF_TOKEN_EMBD ? WB_GGUF_OUTPUT : t->class;
  c->now = c->file->type;
  t->type = t->stored;
  if (t->class == WB_GGUF_KEPT || (t->class == WB_GGUF_OUTPUT && c->mode.leave_output)) return true;
  t->type = c->now;
  if (c->now->elements == 1) return true;
  if (!c->mode.pure) {
    if (layer_missing(c)) return false;
    mixture(c);
    c->count[c->class]++;
  }
  t->type = fitting(c, c->now);
  return t->type != NULL;
}

const wb_gguf_tensor *wb_gguf_assign(const wb_gguf_recipe *recipe, const wb_gguf_file *file, const wb_gguf_facts *facts,
                                     wb_gguf_mode mode, wb_gguf_tensor *tensors, size_t count) {
  chooser c = {.recipe = recipe, .file = file, .facts = facts, .mode = mode, .tied = true};
  for (size_t i = 0; i < recipe->rule_count; i++)
    if (recipe->rules[i].files >> (file - recipe->files) & 1) c.rules[c.rule_count++] = &recipe->rules[i];
  for (size_t i = 0; i < count; i++) {
    c.value_tensors += tensors[i].class == WB_GGUF_ATTN_V;
    if (tensors[i].class == WB_GGUF_OUTPUT) c.tied = false;
  }
  for (size_t i = 0; i < count; i++)
    if (!choose(&c, &tensors[i])) return &tensors[i];
  return NULL;
}
