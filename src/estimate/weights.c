#include "estimate/weights.h"

#include <string.h>

#include "base/tsv.h"
#include "estimate/quantization.h"

enum { NAME, ALIASES, AS, SETTINGS, NUMBERS, METHOD, LISTED, TEXT, COLUMNS };

static bool empty(wb_str cell) { return !cell.len || wb_str_is(cell, "-"); }

static _Noreturn void overflow(wb_ctx *ctx) { WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*")); }

static void warn(wb_weights *w, wb_message_id message, size_t count, const wb_str *args) {
  WB_PUSH_ROOM(&w->model->ctx, w->warnings, w->warning_count, w->warning_cap);
  wb_warning *warning = &w->warnings[w->warning_count++];
  *warning = (wb_warning){.message = message};
  for (size_t i = 0; i < count && i < WB_MESSAGE_ARGS; i++) warning->args[i] = args[i];
}

/* ---- plain numbers ---- */

/* Tensors whose description says a dtype keep it. */
static bool has_own_dtype(const wb_row *row) { return row->stmt && row->stmt->mod.dtype.len > 0; }

static wb_num plain_bytes(wb_ctx *ctx, wb_num elements, wb_str dtype) {
  wb_num bytes;
  if (!wb_num_mul(elements, wb_num_int((wb_i128)wb_dtype_bytes(dtype)), &bytes)) overflow(ctx);
  return bytes;
}

/* ---- one item ---- */

/* Sums of what could not be held, one warning for each reason. */
typedef struct left {
  wb_str format, reason, dtype, first;
  wb_num count;
} left;

#define REASONS 8

typedef struct planning {
  wb_weights *out;
  const wb_quantization *quantization;
  wb_str dtype; /* of rows that say none; empty: each its own */
  left left[REASONS];
  size_t left_count;
} planning;

static void note_left(planning *p, const wb_weight *item, const wb_format *format, wb_str reason) {
  size_t i = 0;
  while (i < p->left_count && !(wb_str_eq(p->left[i].reason, reason) && wb_str_eq(p->left[i].format, format->name)))
    i++;
  if (i == REASONS) return;
  if (i == p->left_count) {
    wb_text first = {.ctx = &p->out->model->ctx};
    wb_row_print(&first, &item->row);
    p->left[p->left_count++] = (left){format->name, reason, item->dtype, wb_text_str(&first), wb_num_int(0)};
  }
  wb_num_add(p->left[i].count, item->row.copies, &p->left[i].count);
}

static bool same_matrix(const wb_matrix *a, const wb_matrix *b) {
  return a->inputs.num == b->inputs.num && a->outputs.num == b->outputs.num && a->experts.num == b->experts.num;
}

/* Layers repeat: what was held lately in the same format is known. */
#define LATELY 32
static const wb_weight *held_before(const planning *p, const wb_weight *item, const wb_format *format) {
  const wb_weights *w = p->out;
  for (size_t back = 2; back <= LATELY && back <= w->count; back++) {
    const wb_weight *old = &w->items[w->count - back];
    if (old->format == format && same_matrix(&old->matrix, &item->matrix) && wb_str_eq(old->dtype, item->dtype))
      return old;
  }
  return NULL;
}

static void hold(planning *p, wb_weight *item, const wb_format *format) {
  wb_model *m = p->out->model;
  const wb_weight *before = held_before(p, item, format);
  if (before) {
    item->format = format;
    item->stored = before->stored;
    item->loaded = before->loaded;
    item->stored_elements = before->stored_elements;
    return;
  }
  const wb_held stored = wb_format_hold(m, format, item->matrix, false, item->dtype);
  const wb_held loaded = stored.fits ? wb_format_hold(m, format, item->matrix, true, item->dtype) : stored;
  if (!stored.fits) {
    note_left(p, item, format, stored.reason);
    return;
  }
  item->format = format;
  item->stored = stored.bytes;
  item->loaded = loaded.fits ? loaded.bytes : stored.bytes;
  item->stored_elements = stored.elements;
}

static void sum(wb_ctx *ctx, wb_num *total, wb_num each, wb_num copies) {
  wb_num all;
  if (!wb_num_mul(each, copies, &all) || !wb_num_add(*total, all, total)) overflow(ctx);
}

static void add_item(planning *p, const wb_row *row, const wb_format *format) {
  wb_weights *w = p->out;
  wb_ctx *ctx = &w->model->ctx;
  WB_PUSH_ROOM(ctx, w->items, w->count, w->cap);
  wb_weight *item = &w->items[w->count++];
  *item = (wb_weight){.row = *row, .stored_elements = row->elements};
  item->dtype = p->dtype.len && !has_own_dtype(row) ? p->dtype : row->dtype;
  item->stored = item->loaded = plain_bytes(ctx, row->elements, item->dtype);
  if (format && wb_row_matrix(w->model, row, &item->matrix)) hold(p, item, format);
  if (row->kind == WB_PARAM && !row->mtp) sum(ctx, &w->parameters, row->elements, row->copies);
  if (item->format && !row->mtp) sum(ctx, &w->quantized, row->elements, row->copies);
  sum(ctx, row->mtp ? &w->mtp_stored : &w->stored, item->stored, row->copies);
  sum(ctx, row->mtp ? &w->mtp_loaded : &w->loaded, item->loaded, row->copies);
  sum(ctx, row->mtp ? &w->mtp_stored_elements : &w->stored_elements, item->stored_elements, row->copies);
}

/* ---- rows that come apart ---- */

static bool same_numbers(const wb_number_set *a, const wb_number_set *b) {
  return a->size == b->size && a->range_count == b->range_count &&
         (!a->range_count || memcmp(a->ranges, b->ranges, a->range_count * sizeof *a->ranges) == 0);
}

/* Layers that have these experts (or all) in one format. */
typedef struct piece {
  const wb_format *format;
  wb_number_set layers;
  wb_number_set *inner; /* NULL: all */
} piece;

typedef struct splitting {
  wb_ctx *ctx;
  const wb_quantization *quantization;
  const wb_row *row;
  wb_group group;
  piece *pieces;
  size_t count, cap;
} splitting;

#define NAME_ROOM (WB_NAME_MAX + 64)

/* The module's name: its numbers put in, without `.weight`. */
static wb_str module_name(const wb_row *row, const uint32_t *numbers, char *room) {
  wb_str pattern = row->pattern;
  const wb_str end = WB_STR(".weight");
  if (wb_str_ends(pattern, end)) pattern.len -= end.len;
  size_t len = 0;
  uint32_t index = 0;
  for (size_t i = 0; i < pattern.len && len + 12 < NAME_ROOM; i++) {
    if (pattern.ptr[i] != WB_INDEX_MARK || index >= row->index_count) {
      room[len++] = pattern.ptr[i];
      continue;
    }
    char reversed[12];
    size_t n = 0;
    uint32_t number = numbers[index++];
    do reversed[n++] = (char)('0' + number % 10);
    while (number /= 10);
    while (n) room[len++] = reversed[--n];
  }
  return (wb_str){room, len};
}

static size_t find(wb_str text, wb_str part) {
  for (size_t i = 0; i + part.len <= text.len; i++)
    if (memcmp(text.ptr + i, part.ptr, part.len) == 0) return i;
  return SIZE_MAX;
}

/* Experts that a class keeps in one tensor are often written one by one: experts.gate_up_proj is experts.0.gate_proj. */
static wb_str single_expert(wb_ctx *ctx, const wb_row *row, wb_str module) {
  const wb_str experts = WB_STR("experts."), both = WB_STR("gate_up_proj");
  const size_t at = find(module, experts);
  if (row->rank != 3 || at == SIZE_MAX) return WB_STR("");
  const wb_str head = wb_str_slice(module, 0, at + experts.len),
               tail = wb_str_slice(module, at + experts.len, module.len);
  return wb_str_fmt(ctx, "%.*s0.%.*s", WB_STR_ARG(head),
                    WB_STR_ARG(wb_str_eq(tail, both) ? WB_STR("gate_proj") : tail));
}

/* Components at the end of two names that are alike, the numbers of layers among them. */
static size_t common_end(wb_str a, wb_str b) {
  size_t parts = 0;
  for (size_t i = 1; i <= a.len && i <= b.len && a.ptr[a.len - i] == b.ptr[b.len - i]; i++) {
    const bool whole = (i == a.len || a.ptr[a.len - i - 1] == '.') && (i == b.len || b.ptr[b.len - i - 1] == '.');
    parts += whole;
  }
  return parts;
}

/* What a row of a prediction layer would be in the layers before it: all of such a layer is one group. */
static wb_group own_group(const wb_model *m, const wb_row *row) {
  size_t best = 1; /* the tensor's own last name says nothing */
  wb_group group = row->routed ? WB_G_ROUTED_EXPERT : row->group;
  if (row->group != WB_G_MTP) return group;
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *other = &m->rows[i];
    if (other->mtp || other->group == WB_G_MTP || other->rank != row->rank) continue;
    const size_t parts = common_end(row->pattern, other->pattern);
    if (parts <= best) continue;
    best = parts;
    group = other->group;
  }
  return group;
}

static const wb_format *format_at(splitting *s, const uint32_t *numbers) {
  char room[NAME_ROOM];
  const wb_str module = module_name(s->row, numbers, room);
  return wb_quantization_format(s->quantization, s->group, module, single_expert(s->ctx, s->row, module));
}

static void add_piece(splitting *s, const wb_format *format, uint32_t layer, wb_number_set *inner) {
  for (size_t i = 0; i < s->count; i++) {
    piece *old = &s->pieces[i];
    const bool same = old->format == format && (inner ? old->inner && same_numbers(old->inner, inner) : !old->inner);
    if (!same) continue;
    wb_numbers_add(s->ctx, &old->layers, layer);
    return;
  }
  WB_PUSH_ROOM(s->ctx, s->pieces, s->count, s->cap);
  s->pieces[s->count] = (piece){.format = format, .inner = inner};
  wb_numbers_add(s->ctx, &s->pieces[s->count++].layers, layer);
}

#define INNER_FORMATS 8

/* One layer whose experts may differ: the experts of each format. */
static void split_experts(splitting *s, uint32_t *numbers) {
  const wb_format *formats[INNER_FORMATS];
  wb_number_set *sets[INNER_FORMATS];
  size_t count = 0;
  const wb_number_set *inner = s->row->indices[1];
  for (size_t r = 0; r < inner->range_count; r++)
    for (uint32_t n = inner->ranges[r].low; n <= inner->ranges[r].high; n++) {
      numbers[1] = n;
      const wb_format *format = format_at(s, numbers);
      size_t i = 0;
      while (i < count && formats[i] != format) i++;
      if (i == INNER_FORMATS) i--; /* more formats in one layer than any checkpoint has */
      if (i == count) {
        formats[count] = format;
        sets[count++] = WB_NEW(s->ctx, wb_number_set);
      }
      wb_numbers_add(s->ctx, sets[i], n);
    }
  for (size_t i = 0; i < count; i++)
    add_piece(s, formats[i], numbers[0], sets[i]->size == inner->size ? NULL : sets[i]);
}

static void split(splitting *s) {
  const wb_row *row = s->row;
  uint32_t numbers[WB_MAX_INDICES] = {0};
  for (uint32_t i = 0; i < row->index_count; i++)
    if (row->indices[i]->range_count) numbers[i] = row->indices[i]->ranges[0].low;
  for (size_t r = 0; r < row->indices[0]->range_count; r++)
    for (uint32_t n = row->indices[0]->ranges[r].low; n <= row->indices[0]->ranges[r].high; n++) {
      wb_step(s->ctx, WB_NOWHERE);
      numbers[0] = n;
      if (row->index_count > 1 && s->quantization->by_expert) split_experts(s, numbers);
      else add_piece(s, format_at(s, numbers), n, NULL);
    }
}

static void narrow(wb_ctx *ctx, wb_row *row, uint32_t index, const wb_number_set *set) {
  wb_num part;
  const uint64_t all = row->indices[index]->size;
  if (!all || all == set->size) return;
  const bool fits = wb_num_mul(row->copies, wb_num_int((wb_i128)set->size), &part) &&
                    wb_num_div(part, wb_num_int((wb_i128)all), &row->copies);
  if (!fits) overflow(ctx);
  row->indices[index] = set;
}

static void add_row(planning *p, const wb_row *row) {
  wb_ctx *ctx = &p->out->model->ctx;
  const wb_quantization *q = p->quantization;
  wb_matrix matrix;
  if (!q || !wb_row_matrix(p->out->model, row, &matrix)) {
    add_item(p, row, NULL);
    return;
  }
  splitting s = {.ctx = ctx, .quantization = q, .row = row, .group = own_group(p->out->model, row)};
  if (q->uniform || !row->index_count) {
    uint32_t numbers[WB_MAX_INDICES] = {0};
    add_item(p, row, format_at(&s, numbers));
    return;
  }
  split(&s);
  for (size_t i = 0; i < s.count; i++) {
    wb_row part = *row;
    narrow(ctx, &part, 0, &s.pieces[i].layers);
    if (s.pieces[i].inner) narrow(ctx, &part, 1, s.pieces[i].inner);
    add_item(p, &part, s.pieces[i].format);
  }
}

/* ---- what is asked ---- */

static wb_str known_choices(wb_ctx *ctx) {
  wb_str cells[COLUMNS];
  wb_text out = {.ctx = ctx};
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/choices.tsv"), &at, cells, COLUMNS);)
    wb_text_addf(&out, "%s%.*s", out.len ? ", " : "", WB_STR_ARG(cells[NAME]));
  return wb_text_str(&out);
}

static bool find_choice(wb_str name, wb_str *cells) {
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/choices.tsv"), &at, cells, COLUMNS);) {
    if (wb_str_eq(cells[NAME], name)) return true;
    size_t word = 0;
    for (wb_str alias = wb_next_word(cells[ALIASES], &word); alias.len; alias = wb_next_word(cells[ALIASES], &word))
      if (!wb_str_is(alias, "-") && wb_str_eq(alias, name)) return true;
  }
  return false;
}

/* "gptq-8-128" without the numbers at its end. */
static wb_str without_numbers(wb_str asked) {
  for (;;) {
    size_t at = asked.len;
    while (at && asked.ptr[at - 1] >= '0' && asked.ptr[at - 1] <= '9') at--;
    if (at == asked.len || at < 2 || asked.ptr[at - 1] != '-') return asked;
    asked = wb_str_slice(asked, 0, at - 1);
  }
}

bool wb_weights_known(wb_str name) {
  wb_str cells[COLUMNS];
  return find_choice(name, cells) || find_choice(without_numbers(name), cells);
}

static const wb_json *with_setting(wb_ctx *ctx, const wb_json *settings, wb_str key, wb_str value) {
  return wb_json_with(ctx, settings, key, wb_json_typed(ctx, value, key));
}

/* The settings of a choice: those of its row, and the numbers after its name. */
static const wb_json *settings_of(wb_ctx *ctx, const wb_str *cells, wb_str numbers) {
  const wb_json *out = wb_json_read(ctx, WB_STR("{}"), WB_STR("formats/choices.tsv"));
  size_t at = 0, key_at = 0;
  if (!empty(cells[SETTINGS]))
    for (wb_str word = wb_next_word(cells[SETTINGS], &at); word.len; word = wb_next_word(cells[SETTINGS], &at)) {
      const size_t sign = find(word, WB_STR("="));
      out = with_setting(ctx, out, wb_str_slice(word, 0, sign), wb_str_slice(word, sign + 1, word.len));
    }
  for (size_t from = 1; from < numbers.len;) { /* after the first dash */
    size_t to = from;
    while (to < numbers.len && numbers.ptr[to] != '-') to++;
    const wb_str key = empty(cells[NUMBERS]) ? WB_STR("") : wb_next_word(cells[NUMBERS], &key_at);
    if (!key.len) return NULL;
    out = with_setting(ctx, out, key, wb_str_slice(numbers, from, to));
    from = to + 1;
  }
  return out;
}

static void ask(planning *p, wb_str asked) {
  wb_model *m = p->out->model;
  wb_ctx *ctx = &m->ctx;
  wb_str cells[COLUMNS], name = asked;
  bool known = find_choice(asked, cells);
  if (!known) known = find_choice(name = without_numbers(asked), cells);
  const wb_str dtype = wb_dtype_name(known ? cells[AS] : asked);
  p->out->asked = true;
  p->out->name = known && name.len == asked.len ? cells[NAME] : asked;
  if (dtype.len && (!known || name.len == asked.len)) {
    p->dtype = dtype;
    return;
  }
  const wb_json *settings = known ? settings_of(ctx, cells, wb_str_slice(asked, name.len, asked.len)) : NULL;
  const wb_decl *decl = known ? wb_library_find(m->lib, ctx, WB_D_FORMAT, cells[AS]) : NULL;
  if (!settings || !decl) WB_FAIL(ctx, WB_WEIGHTS_UNKNOWN, WB_NOWHERE, wb_json_shown(ctx, asked), known_choices(ctx));
  const wb_format *format = wb_format_new(m, decl, p->out->name, &settings, 1);
  p->quantization = wb_quantization_of(m, cells[METHOD], format);
}

static void read_config(planning *p) {
  wb_str unknown, odd;
  p->quantization = wb_quantization_read(p->out->model, &unknown, &odd);
  p->out->name = p->quantization ? p->quantization->method : p->out->model->dtype;
  if (unknown.len) warn(p->out, WB_QUANTIZATION_UNKNOWN, 1, &unknown);
  if (odd.len) warn(p->out, WB_QUANTIZATION_PATTERN, 1, &odd);
}

/* ---- the plan ---- */

static void tell_left(planning *p) {
  for (size_t i = 0; i < p->left_count; i++) {
    const left *l = &p->left[i];
    wb_text count = {.ctx = &p->out->model->ctx};
    wb_num_print(&count, l->count);
    warn(p->out, WB_QUANTIZATION_LEFT, 5, (wb_str[]){wb_text_str(&count), l->dtype, l->format, l->reason, l->first});
  }
}

static wb_weights *plan(wb_model *m, wb_str asked, wb_str rest) {
  wb_ctx *ctx = &m->ctx;
  const wb_num zero = wb_num_int(0);
  wb_weights *out = WB_NEW(ctx, wb_weights);
  *out = (wb_weights){.model = m,
                      .parameters = zero,
                      .quantized = zero,
                      .stored = zero,
                      .loaded = zero,
                      .stored_elements = zero,
                      .mtp_stored = zero,
                      .mtp_loaded = zero,
                      .mtp_stored_elements = zero};
  planning p = {.out = out, .dtype = WB_STR("")};
  if (asked.len) ask(&p, asked);
  else read_config(&p);
  if (rest.len) {
    p.dtype = wb_dtype_name(rest);
    if (!p.dtype.len) WB_FAIL(ctx, WB_MODEL_DTYPE, WB_NOWHERE, rest);
  }
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (row->kind == WB_TIED) continue;
    /* torch's default stands in for a dtype that the configuration does not give; no quantised checkpoint has it */
    const wb_str before = p.dtype;
    if (p.quantization && !p.dtype.len && !m->dtype_given && wb_str_eq(row->dtype, m->dtype))
      p.dtype = p.quantization->rest;
    add_row(&p, row);
    p.dtype = before;
  }
  tell_left(&p);
  return out;
}

typedef struct kept_plan {
  wb_str asked, rest;
  const wb_weights *weights;
  const struct kept_plan *next;
} kept_plan;

const wb_weights *wb_weights_as(wb_model *m, wb_str asked, wb_str rest) {
  for (const kept_plan *known = m->plans; known; known = known->next)
    if (wb_str_eq(known->asked, asked) && wb_str_eq(known->rest, rest)) return known->weights;
  kept_plan *own = WB_NEW(&m->ctx, kept_plan);
  asked = wb_str_copy(&m->ctx, asked); /* what is kept must not point into the question */
  rest = wb_str_copy(&m->ctx, rest);
  *own = (kept_plan){asked, rest, plan(m, asked, rest), m->plans};
  m->plans = own;
  return own->weights;
}

/* ---- questions to a plan ---- */

static bool is_said(const wb_warning *warning, wb_message_id message, const wb_str *args) {
  bool same = warning->message == message;
  for (size_t i = 0; same && i < WB_MESSAGE_ARGS; i++) same = wb_str_eq(warning->args[i], args[i]);
  return same;
}

void wb_weights_warn_once(wb_model *m, wb_message_id message, const wb_str args[WB_MESSAGE_ARGS]) {
  for (size_t i = 0; i < m->warning_count; i++)
    if (is_said(&m->warnings[i], message, args)) return;
  wb_model_warn(m, message, WB_MESSAGE_ARGS, args);
}

void wb_weights_warn(const wb_weights *w) {
  for (size_t i = 0; i < w->warning_count; i++)
    wb_weights_warn_once(w->model, w->warnings[i].message, w->warnings[i].args);
}

static wb_num part_of(wb_ctx *ctx, wb_num whole, wb_num share) {
  if (!wb_num_mul(whole, share, &whole)) overflow(ctx);
  wb_num_ceil(whole, &whole);
  return whole;
}

wb_num wb_weight_share(const wb_weights *w, const wb_weight *item, wb_cut cut, wb_num share, bool loaded) {
  wb_ctx *ctx = &w->model->ctx;
  if (!item->format) return plain_bytes(ctx, part_of(ctx, item->row.elements, share), item->dtype);
  wb_matrix matrix = item->matrix;
  if (cut == WB_CUT_EXPERTS && matrix.experts.num > 1) matrix.experts = part_of(ctx, matrix.experts, share);
  else if (cut == WB_CUT_ROWS) matrix.inputs = part_of(ctx, matrix.inputs, share);
  else if (cut == WB_CUT_COLUMNS) matrix.outputs = part_of(ctx, matrix.outputs, share);
  else return part_of(ctx, loaded ? item->loaded : item->stored, share);
  const wb_held held = wb_format_hold(w->model, item->format, matrix, loaded, item->dtype);
  return held.fits ? held.bytes : part_of(ctx, loaded ? item->loaded : item->stored, share);
}

double wb_weights_bits(const wb_weights *w, bool loaded) {
  return w->parameters.num > 0 ? 8 * wb_num_double(loaded ? w->loaded : w->stored) / wb_num_double(w->parameters) : 0;
}

size_t wb_weights_parts(const wb_weights *w, wb_weights_part **parts) {
  wb_ctx *ctx = &w->model->ctx;
  size_t count = 0, cap = 0;
  *parts = NULL;
  for (size_t i = 0; i < w->count; i++) {
    const wb_weight *item = &w->items[i];
    if (item->row.mtp) continue;
    const wb_str name = item->format ? item->format->name : item->dtype;
    size_t k = 0;
    while (k < count && !wb_str_eq((*parts)[k].name, name)) k++;
    if (k == count) {
      WB_PUSH_ROOM(ctx, *parts, count, cap);
      (*parts)[count++] = (wb_weights_part){name, wb_num_int(0), wb_num_int(0), wb_num_int(0)};
    }
    if (item->row.kind == WB_PARAM) sum(ctx, &(*parts)[k].parameters, item->row.elements, item->row.copies);
    sum(ctx, &(*parts)[k].stored, item->stored, item->row.copies);
    sum(ctx, &(*parts)[k].loaded, item->loaded, item->row.copies);
  }
  return count;
}

bool wb_weights_listed(size_t i, wb_weights_choice *out) {
  wb_str cells[COLUMNS];
  for (size_t at = 0; wb_tsv_next(wb_data_text("formats/choices.tsv"), &at, cells, COLUMNS);) {
    if (!wb_str_is(cells[LISTED], "yes") || i-- > 0) continue;
    *out = (wb_weights_choice){cells[NAME], cells[TEXT]};
    return true;
  }
  return false;
}
