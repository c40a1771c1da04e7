#include "estimate/loaded.h"

static wb_num product(wb_ctx *ctx, wb_num a, wb_num b) {
  wb_num out;
  if (!wb_num_mul(a, b, &out)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  return out;
}

typedef struct memo {
  wb_str asked, rest;
  bool from_file;
  wb_loaded loaded;
  const struct memo *next;
} memo;

static wb_loaded weighed(wb_model *m, wb_str asked, wb_str rest, bool from_file) {
  wb_loaded out = {.model = m, .vocabulary_multiple = 1};
  const wb_gguf_recipe *recipe = asked.len ? wb_gguf_recipe_of(m->lib, &m->ctx) : NULL;
  const bool plain =
      !from_file && (wb_weights_known(asked) || wb_dtype_name(asked).len > 0); /* both know F16, BF16 and MXFP4 */
  bool imatrix;
  if (recipe && !plain && wb_gguf_file_asked(recipe, asked, &imatrix)) out.gguf = wb_gguf_plan_for(m, asked);
  out.weights = wb_weights_as(m, out.gguf ? WB_STR("") : asked, rest);
  out.shares = (wb_known_share(*)[WB_SHARES])WB_NEWN(&m->ctx, wb_known_share, out.weights->count * WB_SHARES);
  out.stages = WB_NEW(&m->ctx, wb_known_stages);
  return out;
}

wb_loaded wb_loaded_as(wb_model *m, wb_str asked, wb_str rest, bool from_file) {
  for (const memo *known = m->loaded; known; known = known->next)
    if (known->from_file == from_file && wb_str_eq(known->asked, asked) && wb_str_eq(known->rest, rest))
      return known->loaded;
  memo *own = WB_NEW(&m->ctx, memo);
  asked = wb_str_copy(&m->ctx, asked); /* what is kept must not point into the question */
  rest = wb_str_copy(&m->ctx, rest);
  *own = (memo){asked, rest, from_file, weighed(m, asked, rest, from_file), m->loaded};
  m->loaded = own;
  return own->loaded;
}

wb_str wb_loaded_name(const wb_loaded *l) { return l->gguf ? l->gguf->name : l->weights->name; }

double wb_loaded_bits(const wb_loaded *l) {
  return l->gguf ? wb_num_double(wb_gguf_plan_bits(l->gguf)) : wb_weights_bits(l->weights, true);
}

static void warn_of(const wb_loaded *l, wb_message_id message, wb_i128 count) {
  wb_text text = {.ctx = &l->model->ctx};
  wb_i128_print_grouped(&text, count);
  const wb_str args[WB_MESSAGE_ARGS] = {wb_text_str(&text), l->gguf->name};
  if (count) wb_weights_warn_once(l->model, message, args);
}

void wb_loaded_warn(const wb_loaded *l) {
  if (!l->gguf) {
    wb_weights_warn(l->weights);
    return;
  }
  warn_of(l, WB_GGUF_LEFT_OUT, l->gguf->left_out);
  warn_of(l, WB_GGUF_NAMES_UNKNOWN, (wb_i128)l->gguf->unknown);
}

bool wb_loaded_quantized(const wb_loaded *l) { return l->gguf || l->weights->quantized.num; }

/* Items of the format's plan come first, then the model's rows for the tied heads among them. Of a GGUF file: the
 * model's rows, then what no row stands for. */
size_t wb_loaded_count(const wb_loaded *l) {
  return l->gguf ? l->model->row_count + 1 : l->weights->count + l->model->row_count;
}

static bool is_vocabulary(const wb_row *row) {
  return (row->group == WB_G_EMBEDDING || row->group == WB_G_HEAD) && row->rank == 2;
}

static wb_num filled_up(const wb_loaded *l, const wb_row *row, wb_num bytes) {
  if (l->vocabulary_multiple <= 1 || !is_vocabulary(row)) return bytes;
  const wb_num rows = row->dims[0]->value.u.num;
  wb_num out = bytes;
  const wb_i128 more = (rows.num + l->vocabulary_multiple - 1) / l->vocabulary_multiple * l->vocabulary_multiple;
  if (rows.num > 0 && more != rows.num) wb_num_div(product(&l->model->ctx, bytes, wb_num_int(more)), rows, &out);
  return out;
}

static wb_num share_of(const wb_loaded *l, size_t i, wb_num share) {
  const wb_weight *w = &l->weights->items[i];
  wb_known_share *known = l->shares[i];
  int at = 0;
  if (l->as_stored) return wb_weight_share(l->weights, w, w->row.cut, share, false);
  if (share.num == share.den) return w->loaded;
  while (at < WB_SHARES && known[at].share.den &&
         (known[at].share.num != share.num || known[at].share.den != share.den))
    at++;
  if (at < WB_SHARES && known[at].share.den) return known[at].bytes;
  const wb_num bytes = wb_weight_share(l->weights, w, w->row.cut, share, true);
  if (at < WB_SHARES) known[at] = (wb_known_share){share, bytes};
  return bytes;
}

static wb_loaded_row of_plan(const wb_loaded *l, const wb_layout *layout, wb_stage stage, size_t i) {
  const wb_weight *w = &l->weights->items[i];
  wb_ctx *ctx = &l->model->ctx;
  const wb_num share = wb_row_share(ctx, &w->row, layout);
  wb_loaded_row out = {.row = &w->row, .format = w->format ? w->format->name : w->dtype};
  out.tensors = w->row.mtp && !l->with_mtp ? wb_num_int(0) : wb_row_copies(&w->row, stage);
  if (w->row.routed && layout->expert_parallel) { /* whole experts */
    out.tensors = product(ctx, out.tensors, share);
    out.bytes = l->as_stored ? w->stored : w->loaded;
  } else {
    out.bytes = share_of(l, i, share);
  }
  out.bytes = filled_up(l, &w->row, out.bytes);
  return out;
}

static bool stands(const wb_loaded *l, wb_str name, wb_stage stage) {
  for (size_t i = 0; i < l->model->row_count; i++) {
    const wb_row *row = &l->model->rows[i];
    if (!row->index_count && wb_str_eq(row->pattern, name)) return wb_row_copies(row, stage).num > 0;
  }
  return false;
}

/* The plan's item for what a head is tied to; NULL: it comes in parts. */
static const wb_weight *source_of(const wb_loaded *l, const wb_row *head) {
  for (size_t i = 0; i < l->weights->count; i++)
    if (wb_str_eq(l->weights->items[i].row.pattern, head->tied_to)) return &l->weights->items[i];
  return NULL;
}

/* A tied head is a tensor of its own, held as what it is tied to, where that stands on another device. */
static wb_loaded_row of_tied(const wb_loaded *l, const wb_layout *layout, wb_stage stage, const wb_row *row) {
  wb_ctx *ctx = &l->model->ctx;
  wb_loaded_row out = {.row = row, .tensors = wb_num_int(0), .bytes = wb_num_int(0), .format = row->dtype};
  if (row->kind != WB_TIED || row->mtp || row->group != WB_G_HEAD || !stage.last || stands(l, row->tied_to, stage))
    return out;
  out.tensors = wb_row_copies(row, stage);
  const wb_weight *source = source_of(l, row);
  if (source) {
    out.format = source->format ? source->format->name : source->dtype;
    out.bytes = l->as_stored ? source->stored : source->loaded;
  } else {
    out.bytes = product(ctx, row->elements, wb_num_int((wb_i128)wb_dtype_bytes(row->dtype)));
  }
  out.bytes = filled_up(l, row, product(ctx, out.bytes, wb_row_share(ctx, row, layout)));
  return out;
}

/* ---- GGUF ---- */

static wb_i128 of_layers(const wb_loaded *l, size_t row, wb_stage stage) {
  const int64_t layers = l->model->rows[row].index_count ? (int64_t)l->model->rows[row].stack_last + 1 : 0;
  const int64_t from = layers * stage.from / stage.total, to = layers * stage.to / stage.total;
  return to > from ? wb_gguf_row_bytes(l->gguf, row, from, to - 1) : 0;
}

/* A tied head is the embedding once more, in the embedding's type. */
static wb_i128 of_tied_file(const wb_loaded *l, const wb_row *head) {
  for (size_t i = 0; i < l->model->row_count; i++) {
    const wb_row *row = &l->model->rows[i];
    const bool same = row->group == WB_G_EMBEDDING && row->rank == 2 && row->elements.num == head->elements.num;
    if (same && row->kind == WB_PARAM) return wb_gguf_row_bytes(l->gguf, i, -1, -1);
  }
  return 0;
}

static wb_i128 file_bytes(const wb_loaded *l, size_t i, wb_stage stage) {
  const wb_row *row = &l->model->rows[i];
  if (row->mtp) return 0;
  if (row->kind == WB_TIED) return row->group == WB_G_HEAD && stage.last && !stage.first ? of_tied_file(l, row) : 0;
  if (row->index_count) return of_layers(l, i, stage);
  return wb_row_copies(row, stage).num ? wb_gguf_row_bytes(l->gguf, i, -1, -1) : 0;
}

static wb_loaded_row of_file(const wb_loaded *l, const wb_layout *layout, wb_stage stage, size_t i) {
  wb_ctx *ctx = &l->model->ctx;
  wb_loaded_row out = {.tensors = wb_num_int(1), .bytes = wb_num_int(0), .format = l->gguf->file->name};
  wb_i128 bytes = 0;
  if (i < l->model->row_count) {
    out.row = &l->model->rows[i];
    bytes = file_bytes(l, i, stage);
    out.bytes = product(ctx, wb_num_int(bytes), wb_row_share(ctx, out.row, layout));
  } else {
    bytes = wb_gguf_layer_bytes(l->gguf, -1, -1);
    for (size_t r = 0; r < l->model->row_count; r++) bytes -= wb_gguf_row_bytes(l->gguf, r, -1, -1);
    out.bytes = wb_num_int(stage.first ? bytes : 0);
  }
  if (!out.bytes.num) out.tensors = wb_num_int(0);
  return out;
}

wb_loaded_row wb_loaded_at(const wb_loaded *l, const wb_layout *layout, wb_stage stage, size_t i) {
  if (l->gguf) return of_file(l, layout, stage, i);
  const size_t items = l->weights->count;
  return i < items ? of_plan(l, layout, stage, i) : of_tied(l, layout, stage, &l->model->rows[i - items]);
}

wb_i128 wb_loaded_bytes(const wb_loaded *l, const wb_layout *layout, wb_stage stage) {
  wb_ctx *ctx = &l->model->ctx;
  wb_num sum = wb_num_int(0);
  for (size_t i = 0; i < wb_loaded_count(l); i++) {
    const wb_loaded_row row = wb_loaded_at(l, layout, stage, i);
    if (row.tensors.num && !wb_num_add(sum, product(ctx, row.tensors, row.bytes), &sum))
      WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
  }
  wb_num_ceil(sum, &sum);
  return sum.num;
}

static wb_i128 otherwise(const wb_loaded *l, const wb_layout *layout, wb_stage stage, wb_i128 best) {
  wb_loaded other = *l;
  if (!l->gguf) {
    other.as_stored = true;
    return l->weights->quantized.num ? wb_loaded_bytes(&other, layout, stage) : best;
  }
  if (!l->gguf->open) return best;
  wb_gguf_plan plan = *l->gguf;
  plan.others = true;
  other.gguf = &plan;
  return wb_loaded_bytes(&other, layout, stage);
}

static bool is_known(const wb_loaded *l, const wb_layout *layout, const wb_stage *stage, wb_loaded_range *out) {
  const wb_known_stages *known = l->stages;
  for (size_t i = 0; i < known->count && i < WB_KNOWN_STAGES; i++) {
    const struct wb_known_stage *k = &known->items[i];
    if (!wb_stage_eq(&k->stage, stage) || !wb_layout_eq(&k->layout, layout) || k->with_mtp != l->with_mtp ||
        k->vocabulary_multiple != l->vocabulary_multiple)
      continue;
    *out = (wb_loaded_range){k->low, k->best, k->high};
    return true;
  }
  return false;
}

wb_loaded_range wb_loaded_within(const wb_loaded *l, const wb_layout *layout, wb_stage stage) {
  wb_loaded_range out;
  if (is_known(l, layout, &stage, &out)) return out;
  const wb_i128 best = wb_loaded_bytes(l, layout, stage), other = otherwise(l, layout, stage, best);
  const bool may_be_less = l->gguf && other < best;
  out = (wb_loaded_range){may_be_less ? other : best, best, other > best ? other : best};
  l->stages->items[l->stages->count++ % WB_KNOWN_STAGES] =
      (struct wb_known_stage){*layout, stage, l->with_mtp, l->vocabulary_multiple, out.low, out.best, out.high};
  return out;
}

typedef struct reading {
  wb_model *model;
  const wb_weights *weights;
} reading;

static void read_stored(void *user) {
  reading *r = user;
  r->weights = wb_weights_as(r->model, WB_STR(""), WB_STR(""));
}

/* A configuration whose quantization cannot be read still has parameters to be counted. */
const wb_weights *wb_weights_stored(wb_model *m) {
  const wb_json *quantization = wb_json_get(m->config.root, WB_STR("quantization_config"));
  if (!quantization || quantization->kind != WB_JSON_OBJECT || !wb_model_enumerated(m)) return NULL;
  const reading *kept = m->stored;
  if (kept) return kept->weights;
  reading *r = WB_NEW(&m->ctx, reading);
  *r = (reading){m, NULL};
  if (!wb_try(&m->ctx, read_stored, r, NULL) || !r->weights->quantized.num) r->weights = NULL;
  m->stored = r;
  return r->weights;
}
