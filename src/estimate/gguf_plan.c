#include "estimate/gguf_plan.h"

#include <string.h>

#include "base/tsv.h"
#include "expr/eval.h"
#include "model/config.h"

#define MAX_PARTS 4

/* ---- a row of the model, as the tables see it ---- */

typedef struct source {
  size_t row_index;
  const wb_row *row;
  wb_str stem;                 /* its name; numbers, marks too, are *; without .weight */
  bool bias;                   /* by its name: small whatever its rank */
  const wb_number_set *blocks; /* NULL: the first number is written out, or there is none */
  int64_t block;               /* then: that number, or -1 */
  wb_i128 others;              /* how many tensors its further numbers make: experts */
  wb_i128 ne[WB_GGML_DIMS];
} source;

/* A row of gguf_names.tsv that speaks of the model's family. */
typedef struct naming {
  wb_str name, targets, how;
} naming;

typedef struct maker {
  wb_ctx *ctx;
  wb_model *model;
  wb_gguf_plan *plan;
  naming *names;
  size_t name_count, name_cap;
  wb_str text_type; /* model_type of a composite's text part */
} maker;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* Writes the name with * for every number, notes the first. */
static void read_name(const maker *m, source *s) {
  wb_text text = {.ctx = m->ctx};
  wb_str p = s->row->pattern;
  uint32_t mark = 0, numbers = 0;
  for (size_t i = 0; i < p.len; i++) {
    bool begins = i == 0 || p.ptr[i - 1] == '.';
    size_t end = i;
    while (begins && end < p.len && is_digit(p.ptr[end])) end++;
    bool literal = end > i && (end == p.len || p.ptr[end] == '.');
    if (p.ptr[i] != WB_INDEX_MARK && !literal) {
      wb_text_addc(&text, p.ptr[i]);
      continue;
    }
    wb_text_addc(&text, '*');
    wb_num n = wb_num_int(0);
    if (literal) {
      if (!numbers && wb_num_parse(wb_str_slice(p, i, end), &n) && n.num <= INT32_MAX) s->block = (int64_t)n.num;
      i = end - 1;
    } else if (mark < s->row->index_count) {
      const wb_number_set *set = s->row->indices[mark++];
      if (!numbers) s->blocks = set;
      else s->others *= (wb_i128)set->size;
    }
    numbers++;
  }
  s->stem = wb_text_str(&text);
  s->bias = wb_str_ends(s->stem, WB_STR("bias"));
  if (wb_str_ends(s->stem, WB_STR(".weight"))) s->stem.len -= 7;
}

/* Dimensions from the row's length outwards; those of 1 in between are dropped ([channels, 1, kernel]). */
static void read_shape(wb_ctx *ctx, source *s) {
  size_t n = 0;
  for (size_t i = 0; i < WB_GGML_DIMS; i++) s->ne[i] = 1;
  for (uint32_t i = s->row->rank; i-- > 0;) {
    wb_i128 size = wb_force(ctx, s->row->dims[i])->u.num.num;
    if (size == 1) continue;
    if (n < WB_GGML_DIMS) s->ne[n++] = size;
    else s->ne[WB_GGML_DIMS - 1] *= size;
  }
}

/* ---- gguf_names.tsv ---- */

static bool listed(wb_str list, wb_str word) {
  if (!word.len) return false;
  for (size_t from = 0, i = 0; i <= list.len; i++) {
    if (i < list.len && list.ptr[i] != ' ') continue;
    if (wb_str_eq(wb_str_slice(list, from, i), word)) return true;
    from = i + 1;
  }
  return false;
}

static bool of_family(const maker *m, wb_str families) {
  return wb_str_is(families, "-") || listed(families, m->model->model_type) ||
         listed(families, m->model->family->name->name) || listed(families, m->text_type);
}

static bool ends_with(wb_str stem, wb_str name) {
  if (name.len && name.ptr[0] == '^') return wb_str_eq(stem, wb_str_slice(name, 1, name.len));
  if (!wb_str_ends(stem, name)) return false;
  return stem.len == name.len || stem.ptr[stem.len - name.len - 1] == '.';
}

static void read_names(maker *m) {
  wb_str c[4];
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/gguf_names.tsv"), &at, c, 4);) {
    if (!of_family(m, c[0])) continue;
    WB_PUSH_ROOM(m->ctx, m->names, m->name_count, m->name_cap);
    m->names[m->name_count++] = (naming){c[1], c[2], c[3]};
  }
}

static bool find_name(const maker *m, wb_str stem, naming *out) {
  for (size_t i = 0; i < m->name_count; i++)
    if (ends_with(stem, m->names[i].name)) return *out = m->names[i], true;
  return false;
}

/* The value of word=… in `how`; a bare word has an empty one. */
static bool how_says(wb_str how, const char *word, wb_str *value) {
  wb_str name = wb_str_of(word);
  for (size_t from = 0, i = 0; i <= how.len; i++) {
    if (i < how.len && how.ptr[i] != ' ') continue;
    wb_str one = wb_str_slice(how, from, i);
    from = i + 1;
    if (!wb_str_starts(one, name) || (one.len > name.len && one.ptr[name.len] != '=')) continue;
    *value = wb_str_slice(one, name.len + 1, one.len);
    return true;
  }
  return false;
}

/* ---- sums of products of fields ---- */

/* A field of the configuration that the description has read; 0 when it has not. */
static wb_i128 field(const maker *m, wb_str name) {
  wb_num n;
  if (wb_num_parse(name, &n)) return n.num;
  for (const wb_fields *f = m->model->all_fields; f; f = f->next)
    for (size_t i = 0; i < f->used_count; i++) {
      const wb_binding *b = f->used[i].binding;
      if (b->state == WB_EVALUATED && wb_str_eq(b->name->name, name) && b->value.kind == WB_NUM &&
          wb_num_is_int(b->value.u.num))
        return b->value.u.num.num;
    }
  return 0;
}

static wb_str cut(wb_str *text, char mark) {
  const char *at = text->len ? memchr(text->ptr, mark, text->len) : NULL;
  size_t end = at ? (size_t)(at - text->ptr) : text->len;
  wb_str head = wb_str_slice(*text, 0, end);
  *text = wb_str_slice(*text, end + 1, text->len);
  return head;
}

/* Sizes are far from 2^127: a field beyond 2^40 counts as none. */
static wb_i128 sum(const maker *m, wb_str text) {
  wb_i128 total = 0;
  while (text.len) {
    wb_str product = cut(&text, '+');
    wb_i128 value = 1;
    while (product.len) {
      wb_i128 factor = field(m, cut(&product, '*'));
      if (factor < 0 || factor > (wb_i128)1 << 40 || value > (wb_i128)1 << 60) return 0;
      value *= factor;
    }
    total += value;
  }
  return total;
}

static size_t sums(const maker *m, wb_str text, wb_i128 *out) {
  size_t count = 0;
  while (text.len && count < MAX_PARTS) out[count++] = sum(m, cut(&text, ':'));
  return count;
}

/* ---- shapes of what a tensor becomes ---- */

typedef struct shapes {
  size_t count;
  wb_i128 ne[MAX_PARTS][WB_GGML_DIMS];
} shapes;

static void swap(wb_i128 *a, wb_i128 *b) {
  wb_i128 c = *a;
  *a = *b;
  *b = c;
}

static bool share(const maker *m, wb_str text, shapes *out) {
  wb_i128 parts[MAX_PARTS], all = 0, rows = out->ne[0][1];
  size_t count = sums(m, text, parts);
  for (size_t i = 0; i < count; i++) all += parts[i];
  if (!all) return false;
  for (size_t i = count; i-- > 0;) {
    memcpy(out->ne[i], out->ne[0], sizeof out->ne[0]);
    wb_i128 scaled;
    if (__builtin_mul_overflow(rows, parts[i], &scaled) || scaled % all) return false;
    out->ne[i][1] = scaled / all;
  }
  out->count = count;
  return true;
}

/* kv_b holds, for each head, `nope` rows of keys and `value` rows of values, each of the rank's width. */
static bool latent(const maker *m, wb_str text, shapes *out) {
  wb_i128 parts[MAX_PARTS], rank = out->ne[0][0], rows = out->ne[0][1];
  if (sums(m, text, parts) != 2 || parts[0] + parts[1] == 0 || rows % (parts[0] + parts[1])) return false;
  wb_i128 heads = rows / (parts[0] + parts[1]);
  const wb_i128 k[WB_GGML_DIMS] = {parts[0], rank, heads, 1}, v[WB_GGML_DIMS] = {rank, parts[1], heads, 1};
  memcpy(out->ne[0], k, sizeof k);
  memcpy(out->ne[1], v, sizeof v);
  out->count = 2;
  return true;
}

static bool packed(const maker *m, wb_str text, bool transposed, shapes *out) {
  wb_i128 experts = sum(m, text), *ne = out->ne[0];
  if (!experts || ne[1] % experts) return false;
  ne[2] = experts;
  ne[1] /= experts;
  if (transposed) swap(&ne[0], &ne[1]);
  return true;
}

static bool shape(const maker *m, const source *s, wb_str how, shapes *out) {
  wb_str value;
  *out = (shapes){.count = 1};
  memcpy(out->ne[0], s->ne, sizeof s->ne);
  if (s->others > 1) {
    if (out->ne[0][2] > 1) out->ne[0][3] *= s->others;
    else out->ne[0][2] = s->others;
  }
  if (how_says(how, "transposed", &value)) swap(&out->ne[0][0], &out->ne[0][1]);
  if (how_says(how, "packed", &value)) return packed(m, value, false, out);
  if (how_says(how, "packed_t", &value)) return packed(m, value, true, out);
  if (how_says(how, "share", &value)) return share(m, value, out);
  if (how_says(how, "mla", &value)) return latent(m, value, out);
  return true;
}

/* ---- tensors ---- */

static wb_str full_name(const maker *m, wb_str target, int64_t block, const char *end) {
  const char *star = memchr(target.ptr, '*', target.len);
  if (!star) return wb_str_fmt(m->ctx, "%.*s%s", WB_STR_ARG(target), end);
  size_t at = (size_t)(star - target.ptr);
  return wb_str_fmt(m->ctx, "%.*s%lld%.*s%s", (int)at, target.ptr, (long long)block, (int)(target.len - at - 1),
                    star + 1, end);
}

/* One part of what a row becomes, in the blocks low..high: they differ in the number alone. */
static void add_range(maker *m, const source *s, wb_str target, const wb_i128 *ne, bool f32, int64_t low,
                      int64_t high) {
  wb_gguf_plan *p = m->plan;
  const char *end = s->bias ? ".bias" : f32 ? "" : ".weight";
  wb_gguf_tensor t = {.tag = s->row_index};
  memcpy(t.ne, ne, sizeof t.ne);
  for (t.block = low; t.block <= high; t.block++) {
    wb_step(m->ctx, WB_NOWHERE);
    t.name = full_name(m, target, t.block, end);
    if (!t.stored) wb_gguf_classify(p->recipe, &t);
    WB_PUSH_ROOM(m->ctx, p->tensors, p->count, p->cap);
    p->tensors[p->count++] = t;
  }
}

static void add(maker *m, wb_str target, int64_t block, const wb_i128 *ne) {
  const source none = {.row_index = WB_GGUF_NO_ROW};
  add_range(m, &none, target, ne, false, block, block);
}

static size_t rank_of(const source *s) { return (s->ne[1] > 1) + (size_t)(s->ne[2] > 1) + 1; }

static void add_all(maker *m, const source *s, const naming *name, const shapes *parts) {
  wb_str unused, targets = name->targets;
  bool f32 = how_says(name->how, "f32", &unused);
  for (size_t i = 0; i < parts->count; i++) {
    wb_str target = cut(&targets, ' ');
    if (!s->blocks) add_range(m, s, target, parts->ne[i], f32, s->block, s->block);
    for (size_t r = 0; s->blocks && r < s->blocks->range_count; r++)
      add_range(m, s, target, parts->ne[i], f32, (int64_t)s->blocks->ranges[r].low, (int64_t)s->blocks->ranges[r].high);
  }
}

/* A tensor outside the blocks: what number its name has, it is of one more among its kind. */
static void leave_block(source *s) {
  if (s->blocks) s->others *= (wb_i128)s->blocks->size;
  s->blocks = NULL;
  s->block = -1;
}

static bool is_prediction(const wb_row *row) { return row->mtp || row->group == WB_G_MTP; }

static bool outside(const wb_row *row) {
  return is_prediction(row) || row->group == WB_G_VISION || row->group == WB_G_AUDIO || row->group == WB_G_PROJECTOR;
}

static wb_i128 elements_of(const wb_row *row) {
  wb_num n;
  return wb_num_mul(row->elements, row->copies, &n) && wb_num_is_int(n) ? n.num : 0;
}

/* Small tensors need no name of their own; unknown ones keep theirs. */
static naming own_name(const maker *m, const source *s) {
  bool in_block = s->blocks || s->block >= 0;
  wb_str last = s->stem;
  for (size_t i = last.len; i-- > 0 && in_block;)
    if (s->stem.ptr[i] == '*') {
      last = wb_str_slice(s->stem, i + 1, s->stem.len);
      break;
    }
  return (naming){s->stem, in_block ? wb_str_fmt(m->ctx, "blk.*%.*s", WB_STR_ARG(last)) : s->stem, WB_STR("-")};
}

static void make_row(maker *m, size_t index) {
  const wb_row *row = &m->model->rows[index];
  source s = {.row_index = index, .row = row, .block = -1, .others = 1};
  wb_str unused;
  if (row->copies.num <= 0) return;
  if (outside(row)) {
    if (row->kind == WB_PARAM && !is_prediction(row)) m->plan->left_out += elements_of(row);
    return;
  }
  read_name(m, &s);
  read_shape(m->ctx, &s);
  naming name;
  shapes parts = {.count = 1};
  bool known = find_name(m, s.stem, &name);
  if (known && !memchr(name.targets.ptr, '*', name.targets.len)) leave_block(&s);
  if (row->kind == WB_BUFFER && !(known && how_says(name.how, "f32", &unused))) return;
  if (row->kind == WB_TIED && !(known && how_says(name.how, "untied", &unused))) return;
  if (known && how_says(name.how, "drop", &unused)) return;
  bool small = rank_of(&s) < 2 || s.bias;
  if (known && !shape(m, &s, name.how, &parts)) known = false;
  if (!known || (small && !wb_str_ends(s.stem, WB_STR("correction_bias")))) {
    name = own_name(m, &s);
    shape(m, &s, name.how, &parts);
  }
  if (!known && !small) m->plan->unknown += s.blocks ? (size_t)s.blocks->size : 1;
  add_all(m, &s, &name, &parts);
}

/* ---- facts of the file ---- */

static wb_str text_type(wb_model *model) {
  const wb_json *type = model->config.root ? wb_json_at(model->config.root, WB_STR("text_config.model_type")) : NULL;
  return type && type->kind == WB_JSON_STRING ? type->u.text : WB_STR("");
}

/* "llama3:head_dim" or "global_head_dim": so many halves stand beside the weights. */
static wb_i128 rope_freqs(const maker *m, wb_str says) {
  static const char *const PLACES[] = {"rope_scaling.rope_type", "rope_scaling.type", "rope_parameters.rope_type"};
  if (wb_str_is(says, "-")) return 0;
  if (!wb_str_starts(says, WB_STR("llama3:"))) return field(m, says) / 2;
  for (size_t i = 0; i < 6; i++) {
    wb_str path = wb_str_fmt(m->ctx, "%s%s", i < 3 ? "" : "text_config.", PLACES[i % 3]);
    const wb_json *type = m->model->config.root ? wb_json_at(m->model->config.root, path) : NULL;
    if (type && type->kind == WB_JSON_STRING && wb_str_is(type->u.text, "llama3"))
      return field(m, wb_str_slice(says, 7, says.len)) / 2;
  }
  return 0;
}

/* Query heads a KV head in the first layer that has attention, or in layer 0: the width of what goes into attn_output by that
 * of the values. The tensors stand in order of their layers. */
static wb_i128 heads_per_kv(const wb_gguf_plan *p, bool first_only) {
  wb_i128 out = 0, values = 0;
  int64_t layer = -1;
  for (size_t i = 0; i < p->count; i++) {
    const wb_gguf_tensor *t = &p->tensors[i];
    if (t->layer != layer) out = values = 0;
    layer = t->layer;
    if (layer < 0) continue;
    if (first_only && layer > 0) return 0;
    if (t->class == WB_GGUF_ATTN_OUTPUT) out = t->ne[0];
    else if (wb_str_ends(t->name, WB_STR("attn_v.weight"))) values = t->ne[1];
    else if (wb_str_ends(t->name, WB_STR("attn_qkv.weight"))) values = -t->ne[1]; /* q, k and v side by side */
    if (!out || !values) continue;
    wb_i128 width = values > 0 ? values : (-values - out) / 2;
    return width > 0 ? out / width : 0;
  }
  return 0;
}

/* The tensor of a block by what its name ends in. */
static const wb_gguf_tensor *of_block(const maker *m, int64_t block, wb_str end) {
  const wb_gguf_plan *p = m->plan;
  m->ctx->steps += p->count;
  wb_step(m->ctx, WB_NOWHERE);
  for (size_t i = 0; i < p->count; i++)
    if (p->tensors[i].block == block && wb_str_ends(p->tensors[i].name, end)) return &p->tensors[i];
  return NULL;
}

/* Gives a block what it lacks of keys and values, in the shape that they have in a block with the same queries. */
static void fill_block(maker *m, int64_t block, int64_t donor) {
  static const char *const STEMS[][2] = {
      {"attn_k", "attn_k.weight"}, {"attn_v", "attn_v.weight"}, {"attn_k_norm", "k_norm.weight"}};
  for (size_t i = 0; i < 3; i++) {
    const wb_gguf_tensor *t = of_block(m, donor, wb_str_of(STEMS[i][1]));
    wb_i128 ne[WB_GGML_DIMS];
    if (!t) continue;
    memcpy(ne, t->ne, sizeof ne);
    add(m, wb_str_fmt(m->ctx, "blk.*.%s", STEMS[i][0]), block, ne);
  }
}

static void fill_shared(maker *m, int64_t blocks) {
  const wb_str q_end = WB_STR("attn_q.weight"), k_end = WB_STR("attn_k.weight");
  for (int64_t block = 0; block < blocks; block++) {
    const wb_gguf_tensor *q = of_block(m, block, q_end);
    if (!q || of_block(m, block, k_end)) continue;
    wb_i128 width = q->ne[1];
    for (int64_t donor = 0; donor < block; donor++) {
      const wb_gguf_tensor *other = of_block(m, donor, q_end);
      if (!other || other->ne[1] != width || !of_block(m, donor, k_end)) continue;
      fill_block(m, block, donor);
      break;
    }
  }
}

static int64_t blocks_of(const wb_gguf_plan *p) {
  int64_t blocks = 0;
  for (size_t i = 0; i < p->count; i++)
    if (p->tensors[i].block >= blocks) blocks = p->tensors[i].block + 1;
  return blocks;
}

/* What gguf_archs.tsv knows of the model type; true where KV heads are listed by layer. */
static bool read_arch(maker *m) {
  wb_gguf_plan *p = m->plan;
  wb_str c[5], type = m->text_type.len ? m->text_type : m->model->model_type;
  p->facts.arch = type;
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/gguf_archs.tsv"), &at, c, 5);) {
    if (!wb_str_eq(c[0], m->model->model_type) && !wb_str_eq(c[0], type)) continue;
    p->facts.arch = c[1];
    const wb_i128 ne[WB_GGML_DIMS] = {rope_freqs(m, c[3]), 1, 1, 1};
    if (ne[0]) add(m, WB_STR("rope_freqs"), -1, ne);
    if (wb_str_is(c[4], "filled")) fill_shared(m, blocks_of(p));
    return wb_str_is(c[2], "list");
  }
  return false;
}

static void read_facts(maker *m) {
  wb_gguf_plan *p = m->plan;
  bool by_layer = read_arch(m);
  p->facts.layers = blocks_of(p);
  wb_gguf_sort(p->tensors, p->count);
  for (size_t i = 0; i < p->count; i++) {
    bool experts = wb_str_ends(p->tensors[i].name, WB_STR("_exps.weight"));
    if (experts && p->tensors[i].ne[2] > p->facts.experts) p->facts.experts = p->tensors[i].ne[2];
  }
  p->facts.gqa = heads_per_kv(p, by_layer);
}

/* No tensor may be so large that the sums of millions of them would not fit. */
#define MAX_ELEMENTS ((wb_i128)1 << 96)

static wb_i128 elements_in(wb_ctx *ctx, const wb_gguf_tensor *t) {
  wb_i128 elements = 1;
  for (size_t d = 0; d < WB_GGML_DIMS; d++)
    if (__builtin_mul_overflow(elements, t->ne[d], &elements) || elements > MAX_ELEMENTS)
      WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, t->name);
  return elements;
}

static wb_i128 bytes_in(const wb_gguf_tensor *t, const wb_ggml_type *type) {
  wb_i128 bytes = 0;
  return type && wb_ggml_bytes(type, t->ne, WB_GGML_DIMS, &bytes) ? bytes : 0;
}

static void link_rows(wb_ctx *ctx, wb_gguf_plan *plan, size_t rows) {
  plan->first = WB_NEWN(ctx, size_t, rows + 1); /* one more, for tensors of no row: empty */
  plan->next = WB_NEWN(ctx, size_t, plan->count);
  for (size_t i = 0; i <= rows; i++) plan->first[i] = plan->count;
  for (size_t i = plan->count; i-- > 0;) {
    const size_t row = plan->tensors[i].tag;
    if (row >= rows) continue;
    plan->next[i] = plan->first[row];
    plan->first[row] = i;
  }
}

wb_gguf_plan *wb_gguf_plan_of(wb_model *model, const wb_gguf_recipe *recipe) {
  maker m = {.ctx = &model->ctx, .model = model, .plan = WB_NEW(&model->ctx, wb_gguf_plan)};
  wb_gguf_plan *plan = m.plan;
  plan->recipe = recipe;
  m.text_type = text_type(model);
  read_names(&m);
  for (size_t i = 0; i < model->row_count; i++) make_row(&m, i);
  read_facts(&m);
  link_rows(m.ctx, plan, model->row_count);
  for (size_t i = 0; i < plan->count; i++) {
    const wb_gguf_tensor *t = &plan->tensors[i];
    plan->elements += elements_in(m.ctx, t);
    plan->stored_bytes += bytes_in(t, t->stored);
  }
  return plan;
}

/* ---- types and bytes ---- */

static wb_i128 bytes_of(const wb_gguf_plan *plan, const wb_gguf_tensor *t) {
  return bytes_in(t, plan->others ? t->other : t->type);
}

bool wb_gguf_plan_type(wb_gguf_plan *plan, const wb_gguf_file *file, wb_gguf_mode mode) {
  plan->file = file;
  plan->bytes = 0;
  plan->refused = wb_gguf_assign(plan->recipe, file, &plan->facts, mode, plan->tensors, plan->count);
  for (size_t i = 0; i < plan->count && !plan->refused; i++) plan->bytes += bytes_of(plan, &plan->tensors[i]);
  return !plan->refused;
}

const wb_gguf_file *wb_gguf_file_asked(const wb_gguf_recipe *recipe, wb_str asked, bool *imatrix) {
  const wb_str suffix = WB_STR("-imatrix");
  *imatrix = wb_str_ends(asked, suffix);
  return wb_gguf_file_find(recipe, *imatrix ? wb_str_slice(asked, 0, asked.len - suffix.len) : asked);
}

static wb_gguf_plan *unless_refused(wb_ctx *ctx, wb_gguf_plan *plan) {
  if (plan->refused) WB_FAIL(ctx, WB_GGUF_REFUSED, WB_NOWHERE, plan->name, plan->refused->name);
  return plan;
}

static void refuse_file(wb_ctx *ctx, const wb_gguf_recipe *recipe, wb_str asked) {
  wb_text names = {.ctx = ctx};
  size_t count;
  const wb_gguf_file *files = wb_gguf_files(recipe, &count);
  for (size_t i = 0; i < count; i++) wb_text_addf(&names, "%s%.*s", i ? ", " : "", WB_STR_ARG(files[i].name));
  WB_FAIL(ctx, WB_GGUF_TYPE_UNKNOWN, WB_NOWHERE, asked, wb_text_str(&names));
}

wb_gguf_plan *wb_gguf_plan_for(wb_model *model, wb_str file_type) {
  wb_ctx *ctx = &model->ctx;
  const wb_gguf_recipe *recipe = wb_gguf_recipe_of(model->lib, ctx);
  bool imatrix;
  const wb_gguf_file *file = wb_gguf_file_asked(recipe, file_type, &imatrix);
  if (!file) refuse_file(ctx, recipe, file_type);
  wb_gguf_plan *plan = wb_gguf_plan_of(model, recipe);
  plan->name = imatrix ? wb_str_fmt(ctx, "%.*s-imatrix", WB_STR_ARG(file->name)) : file->name;
  const bool with = wb_gguf_plan_type(plan, file, (wb_gguf_mode){.imatrix = true});
  if (imatrix) return unless_refused(ctx, plan);
  for (size_t i = 0; i < plan->count; i++) plan->tensors[i].other = plan->tensors[i].type;
  const wb_i128 bytes = plan->bytes;
  if (wb_gguf_plan_type(plan, file, (wb_gguf_mode){.imatrix = false})) plan->open = with && bytes != plan->bytes;
  else wb_gguf_plan_type(plan, file, (wb_gguf_mode){.imatrix = true});
  return unless_refused(ctx, plan);
}

static bool within(const wb_gguf_tensor *t, int64_t from, int64_t to) { return t->block >= from && t->block <= to; }

wb_i128 wb_gguf_row_bytes(const wb_gguf_plan *plan, size_t row, int64_t from, int64_t to) {
  wb_i128 bytes = 0;
  for (size_t i = plan->first[row]; i < plan->count; i = plan->next[i])
    if (within(&plan->tensors[i], from, to)) bytes += bytes_of(plan, &plan->tensors[i]);
  return bytes;
}

wb_i128 wb_gguf_layer_bytes(const wb_gguf_plan *plan, int64_t from, int64_t to) {
  wb_i128 bytes = 0;
  for (size_t i = 0; i < plan->count; i++)
    if (within(&plan->tensors[i], from, to)) bytes += bytes_of(plan, &plan->tensors[i]);
  return bytes;
}

wb_num wb_gguf_tensor_bytes(wb_model *model, const wb_gguf_plan *plan, size_t row, int64_t block) {
  wb_num one = wb_num_int(0);
  if (row >= model->row_count) return one;
  source s = {.row = &model->rows[row], .block = -1, .others = 1};
  const maker m = {.ctx = &model->ctx, .model = model};
  read_name(&m, &s);
  wb_num_div(wb_num_int(wb_gguf_row_bytes(plan, row, block, block)), wb_num_int(s.others ? s.others : 1), &one);
  return one;
}

wb_num wb_gguf_plan_bits(const wb_gguf_plan *plan) {
  wb_num bits = wb_num_int(0);
  if (wb_num_mul(wb_num_int(plan->bytes), wb_num_int(8), &bits)) wb_num_div(bits, wb_num_int(plan->elements), &bits);
  return bits;
}
