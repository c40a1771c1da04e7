/* weigh_report for a design: published models, then dimensions, each tried in memory of its own. */
#include "api/design.h"

#include <stdlib.h>

#include "estimate/loaded.h"
#include "model/catalogue.h"

/* ---- one model ---- */

/* What is done with a model while it is open. */
typedef void (*visit)(wb_designing *w, wb_model *model);

/* Opens a configuration the ordinary way. WEIGH_OK: it was visited; else `error` says why not. */
static weigh_status open_and(wb_designing *w, wb_str config, visit what) {
  const weigh_model_request request = {.config = config.ptr, .config_size = config.len};
  weigh_model *volatile model = NULL;
  weigh_status status = weigh_model_open(w->library, &request, (weigh_model **)&model, &w->error);
  if (status != WEIGH_OK) return status;
  wb_ctx *ctx = &model->model.ctx;
  if (WB_BEGIN(ctx)) what(w, &model->model);
  else status = wb_report_failure(ctx, w->library, &w->error);
  weigh_model_free(model);
  return status;
}

static void try_model(wb_designing *w, wb_model *m) {
  wb_serving *serving = NULL;
  w->verdict = wb_design_fits(m, &w->design->question, w->work == WB_DESIGN_LOAD, &w->figures, &serving);
  if (w->verdict == WB_DESIGN_FITS && w->work == WB_DESIGN_HOW_FAR)
    wb_design_measure(&w->design->question, serving, &w->figures);
}

void wb_designing_stop(wb_designing *w, weigh_status status) {
  if (status == WEIGH_ENVIRONMENT) wb_fail(w->ctx, WB_OUT_OF_MEMORY, WB_NOWHERE, 0, NULL);
}

wb_design_verdict wb_designing_try(wb_designing *w, wb_str config, wb_design_work work) {
  w->work = work;
  const weigh_status status = open_and(w, config, try_model);
  wb_designing_stop(w, status);
  if (status != WEIGH_OK) w->verdict = WB_DESIGN_REFUSED;
  return w->verdict;
}

/* ---- the machine ---- */

/* What is the same for every model, and what is wrong with the question: an unknown card, a layout that does not add up. */
static void visit_first(wb_designing *w, wb_model *m) {
  wb_design *d = w->design;
  wb_ctx *ctx = w->ctx;
  const wb_serving *s = wb_serving_new(m, &d->question.asked);
  const wb_card *card = &s->cards[0];
  d->ranks = s->layout.tp;
  d->part_count = wb_serving_parts(s, d->parts);
  for (size_t i = 0; i < d->part_count; i++) d->parts[i] = wb_str_copy(ctx, d->parts[i]);
  d->longest = s->longest;
  d->sequences = s->in_all;
  d->engine = wb_str_copy(ctx, s->engine->name->name);
  d->kv_dtype = wb_str_copy(ctx, s->rules.type.name);
  d->quant = wb_str_copy(ctx, wb_loaded_name(&s->loaded));
  d->usable = card->usable_bytes;
  d->gpus = s->asked.gpus;
  for (weigh_count i = 0; i < s->asked.gpus; i++) w->room += s->cards[i].usable_bytes;
  if (s->by_layers || s->asked.has_gpu_layers || s->option_count > d->question.reserve_of_engine) w->room = 0;
  const bool asked = d->question.asked.quant || d->question.asked.dtype;
  w->least_bits = asked ? wb_loaded_bits(&s->loaded) / 2 : 1;
  bool equal = true;
  for (weigh_count i = 1; i < s->asked.gpus; i++) equal = equal && wb_str_eq(s->cards[i].name, card->name);
  d->machine = equal ? wb_str_fmt(ctx, "%lld × %.*s", (long long)s->asked.gpus, WB_STR_ARG(card->name))
                     : wb_str_copy(ctx, wb_str_of(s->asked.gpu));
  wb_design_price(ctx, &d->question, s->cards, (size_t)s->asked.gpus);
}

static weigh_status look_at_machine(wb_designing *w) {
  wb_design *d = w->design;
  size_t count;
  const wb_design_column *columns = wb_design_columns(w->ctx, &d->family, &d->question, 1, &count);
  const wb_design_shape *smallest = &columns[count - 1].shape;
  const wb_i128 context = d->question.asked.context ? d->question.asked.context : 4096;
  return open_and(w, wb_design_config(w->ctx, &d->family, smallest, context), visit_first);
}

/* ---- published models ---- */

typedef struct candidate {
  wb_catalogue_entry entry;
  wb_i128 total; /* 0: not recorded */
  size_t order;
  wb_design_verdict verdict;
  wb_design_figures figures;
} candidate;

static int largest_first(const void *a, const void *b) {
  const candidate *x = a, *y = b;
  if (!x->total != !y->total) return x->total ? 1 : -1; /* what is not recorded has to be asked */
  if (x->total != y->total) return x->total > y->total ? -1 : 1;
  return x->order < y->order ? -1 : 1;
}

static candidate *read_catalogue(wb_ctx *ctx, size_t *count) {
  candidate *out = NULL;
  size_t cap = 0;
  wb_catalogue_entry entry;
  wb_num total;
  *count = 0;
  for (size_t at = 0; wb_catalogue_next(&at, &entry);) {
    WB_PUSH_ROOM(ctx, out, *count, cap);
    out[*count] = (candidate){.entry = entry, .order = *count};
    if (wb_num_parse(entry.total, &total)) out[*count].total = total.num;
    ++*count;
  }
  if (*count) qsort(out, *count, sizeof *out, largest_first);
  return out;
}

/* Larger in the fewest bits than all cards together: it need not be opened. */
static bool is_hopeless(const wb_designing *w, const candidate *c) {
  return w->room && (double)c->total * w->least_bits / 8 > (double)w->room;
}

static void ask_candidate(wb_designing *w, candidate *all, size_t i) {
  candidate *c = &all[i];
  for (size_t k = i; k-- > 0 && all[k].total == c->total;) { /* the same under another name */
    if (!wb_str_eq(all[k].entry.config, c->entry.config)) continue;
    c->verdict = all[k].verdict;
    c->figures = all[k].figures;
    return;
  }
  if (is_hopeless(w, c)) {
    c->verdict = WB_DESIGN_TOO_LARGE;
    c->figures = (wb_design_figures){.parameters = c->total};
    return;
  }
  c->verdict = wb_designing_try(w, c->entry.config, WB_DESIGN_HOW_FAR);
  c->figures = w->figures;
}

static bool same_figures(const wb_design_figures *a, const wb_design_figures *b) {
  return a->parameters == b->parameters && a->load.all.best == b->load.all.best && a->max_context == b->max_context &&
         wb_design_reach(a) == wb_design_reach(b) && a->max_sequences == b->max_sequences;
}

/* Into its place; models that no figure tells apart share a row. */
static void add_published(wb_designing *w, const candidate *c) {
  wb_design *d = w->design;
  for (size_t i = 0; i < d->published_count; i++) {
    wb_design_row *row = &d->published[i];
    if (!same_figures(&row->figures, &c->figures)) continue;
    WB_PUSH_ROOM(w->ctx, row->alike, row->alike_count, row->alike_cap);
    row->alike[row->alike_count++] = c->entry.name;
    return;
  }
  WB_PUSH_ROOM(w->ctx, d->published, d->published_count, d->published_cap);
  size_t at = d->published_count++;
  for (; at && wb_design_before(d->sort, &c->figures, &d->published[at - 1].figures); at--)
    d->published[at] = d->published[at - 1];
  d->published[at] = (wb_design_row){.name = c->entry.name, .config = c->entry.config, .figures = c->figures};
}

/* What came nearest, should nothing do. */
static void note_missed(wb_designing *w, const candidate *c) {
  wb_design *d = w->design;
  const wb_design_row row = {.name = c->entry.name, .config = c->entry.config, .figures = c->figures};
  if (c->verdict == WB_DESIGN_TOO_SLOW && c->figures.per_sequence.best > d->fastest.figures.per_sequence.best)
    d->fastest = row;
  if (c->verdict == WB_DESIGN_TOO_SHORT && c->figures.made_for > d->lengthiest.figures.made_for) d->lengthiest = row;
}

/* By size the list is full once what follows is smaller than its last. */
static bool is_full(const wb_design *d, const candidate *next) {
  return d->sort == WB_DESIGN_PARAMETERS && d->published_count >= d->top && next->total &&
         next->total < d->published[d->top - 1].figures.parameters;
}

/* Bytes that a model surely needs: its load, or its weights, or those in the fewest bits. */
static wb_i128 least_bytes(const wb_designing *w, const candidate *c) {
  const wb_design_figures *f = &c->figures;
  if (f->load.all.best) return f->load.all.best;
  const wb_i128 weights = f->load.parts[WB_PART_WEIGHTS].best;
  return (weights ? weights : (wb_i128)((double)c->total * w->least_bits / 8)) / w->design->gpus;
}

/* Of those too large the one that needs least. What is only known from below is found out, the least first. */
static void find_smallest(wb_designing *w, candidate *all, size_t count) {
  for (;;) {
    candidate *least = NULL;
    for (size_t i = 0; i < count; i++)
      if (all[i].verdict == WB_DESIGN_TOO_LARGE && (!least || least_bytes(w, &all[i]) < least_bytes(w, least)))
        least = &all[i];
    if (!least) return;
    if (least->figures.load.all.best) {
      w->design->smallest =
          (wb_design_row){.name = least->entry.name, .config = least->entry.config, .figures = least->figures};
      return;
    }
    least->verdict = wb_designing_try(w, least->entry.config, WB_DESIGN_LOAD);
    least->figures = w->figures;
  }
}

static void search_published(wb_designing *w) {
  wb_design *d = w->design;
  size_t count;
  candidate *all = read_catalogue(w->ctx, &count);
  for (size_t i = 0; i < count && !is_full(d, &all[i]); i++) {
    ask_candidate(w, all, i);
    d->verdicts[all[i].verdict]++;
    if (all[i].verdict == WB_DESIGN_FITS) add_published(w, &all[i]);
    else note_missed(w, &all[i]);
  }
  if (d->published_count > d->top) d->published_count = d->top;
  if (!d->published_count && !d->verdicts[WB_DESIGN_TOO_SLOW]) find_smallest(w, all, count);
}

static void visit_smallest(wb_designing *w, wb_model *m) { wb_design_rescue(m, w->ctx, w->design); }

/* ---- the report ---- */

static weigh_status search(wb_designing *w, wb_out *out) {
  const weigh_report_options *o = out->options;
  wb_design *d = w->design;
  d->sort = wb_design_sort_of(w->ctx, o->sort);
  d->family = wb_design_family_of(w->ctx, wb_str_of(o->design.family ? o->design.family : "llama"));
  d->question = wb_design_ask(w->ctx, &w->library->lib, &o->serving, &o->design);
  d->top = o->design.top > 0 ? (size_t)o->design.top : 8;
  const weigh_status status = look_at_machine(w);
  if (status != WEIGH_OK) return status;
  search_published(w);
  if (!d->published_count && d->smallest.name.len)
    wb_designing_stop(w, open_and(w, d->smallest.config, visit_smallest));
  wb_designing_propose(w);
  wb_report_design(out, d);
  wb_out_flush(out, true);
  return d->published_count || d->proposal_count ? WEIGH_OK : WEIGH_NO;
}

static wb_designing *begin(wb_ctx *ctx, weigh_library *library) {
  wb_designing *w = WB_NEW(ctx, wb_designing);
  w->ctx = ctx;
  w->library = library;
  w->design = WB_NEW(ctx, wb_design);
  return w;
}

weigh_status wb_answer_design(wb_out *out, weigh_library *library, weigh_error *err) {
  wb_ctx *ctx = out->text.ctx;
  wb_designing *volatile w = NULL; /* its base is not of this context's memory */
  weigh_status status;
  if (WB_BEGIN(ctx)) {
    w = begin(ctx, library);
    status = search(w, out);
    if (status != WEIGH_OK && status != WEIGH_NO && err) *err = w->error;
  } else {
    status = wb_report_failure(ctx, library, err);
  }
  if (w) weigh_model_free(w->base);
  return status;
}
