/* Sections of an advice: what saves memory, what to do when it does not suffice, optimizers, what makes training faster. */
#include <string.h>

#include "base/tsv.h"
#include "estimate/advise.h"

/* ---- trade-offs ---- */

static wb_i128 part_of(const wb_way_held *h, wb_str part) {
  return wb_str_is(part, "activations") ? h->activations : wb_str_is(part, "weights") ? h->weights : h->total;
}

/* More cards than one: those asked for, else what a machine usually has. */
#define USUAL_CARDS 8

void wb_advise_tradeoffs(wb_advice *a) {
  wb_str c[9];
  const wb_i128 asked = a->gpus;
  if (a->gpus == 1) a->gpus = USUAL_CARDS;
  for (size_t at = 0;
       a->tradeoff_count < WB_ADVICE_ROWS && wb_tsv_next(wb_data_text("advice/tradeoffs.tsv"), &at, c, 9);) {
    wb_tradeoff *t = &a->tradeoffs[a->tradeoff_count];
    *t = (wb_tradeoff){.name = c[0], .part = c[4], .saves = c[5], .slower = c[6], .by = c[7], .source = c[8]};
    t->before_way = t->after_way = wb_str_is(c[1], "train") ? a->train : a->serve;
    if (!wb_way_change(a, &t->before_way, c[2]) || !wb_way_change(a, &t->after_way, c[3])) continue;
    t->before = wb_way_weigh(a, &t->before_way);
    t->after = wb_way_weigh(a, &t->after_way);
    if (!t->before.known || !t->after.known) continue;
    t->before_part = part_of(&t->before, t->part);
    t->after_part = part_of(&t->after, t->part);
    a->tradeoff_count++;
  }
  a->gpus = asked;
}

/* ---- out of memory ---- */

static bool is_for(wb_str modes, const char *mode) {
  wb_str item;
  if (wb_str_is(modes, "*")) return true;
  for (size_t at = 0; wb_str_next(modes, ',', &at, &item);)
    if (wb_str_is(item, mode)) return true;
  return false;
}

/* On the cards asked for, where there are such. */
static wb_way_held weigh_there(wb_advice *a, const wb_way *way, wb_way *there) {
  *there = *way;
  if (a->has_card) {
    *there = wb_way_on(a, way, &a->card, way->training.gpus, NULL);
    there->training.sharding = way->training.sharding; /* none is added for nothing */
  }
  return wb_way_weigh(a, there);
}

/* Where one card was asked for, as many as it takes; where none was, a machine's. */
static weigh_count spread(wb_advice *a, const wb_way *way) {
  wb_way one = *way;
  if (a->gpus > 1) return (weigh_count)a->gpus;
  one.training.gpus = 1;
  if (!a->has_card) return USUAL_CARDS;
  const wb_cards_needed found = wb_way_fewest(a, &one, &a->card);
  return found.gpus > 1 ? (weigh_count)found.gpus : USUAL_CARDS;
}

/* A smaller batch need not be one: the largest that fits. */
static void enlarge(wb_advice *a, wb_way *with, weigh_count most) {
  weigh_count low = with->training.batch, high = most;
  while (high - low > 1) {
    wb_way there;
    with->training.batch = low + (high - low) / 2;
    if (weigh_there(a, with, &there).fits) low = with->training.batch;
    else high = with->training.batch;
  }
  with->training.batch = low;
}

static void try_remedy(wb_advice *a, wb_way *way, wb_i128 *bytes, wb_remedy *r) {
  wb_way with = *way, there;
  wb_way_change(a, &with, r->change);
  if (wb_str_ends(r->change, WB_STR("gpus=@"))) with.training.gpus = spread(a, &with);
  wb_way_held held = weigh_there(a, &with, &there);
  if (held.fits && with.training.batch < way->training.batch) {
    enlarge(a, &with, way->training.batch);
    held = weigh_there(a, &with, &there);
  }
  r->fits = held.fits;
  r->way = there;
  r->before = r->after = *bytes;
  r->state = WB_REMEDY_REFUSED;
  if (!held.known) return;
  r->after = held.total;
  r->state = held.total < *bytes ? WB_REMEDY_HELPS : WB_REMEDY_NOTHING;
  if (r->state == WB_REMEDY_NOTHING) {
    r->after = *bytes;
    r->fits = false;
    return;
  }
  *way = with;
  *bytes = held.total;
}

/* The first card of the list that all remedies together fit on. */
static void find_last(wb_advice *a, const wb_way *way) {
  wb_str c[2];
  wb_way one = *way;
  one.training.gpus = 1;
  one.training.sharding = a->train.training.sharding;
  for (size_t at = 0; wb_tsv_next(wb_data_text("advice/cards.tsv"), &at, c, 2);) {
    const wb_card card = wb_card_find(&a->model->ctx, c[0]);
    const wb_cards_needed found = wb_way_fewest(a, &one, &card);
    if (found.gpus && (!a->last.gpus || found.gpus < a->last.gpus)) a->last = found;
    if (a->last.gpus == 1) return;
  }
}

void wb_advise_remedies(wb_advice *a) {
  wb_str c[4];
  wb_way way = a->train, there;
  way.training.gpus = (weigh_count)a->gpus;
  a->as_asked = weigh_there(a, &way, &there);
  a->fits = a->as_asked.fits && a->has_card;
  wb_i128 bytes = a->as_asked.total;
  if (!a->as_asked.known || a->fits) return;
  for (size_t at = 0;
       a->remedy_count < WB_ADVICE_ROWS && wb_tsv_next(wb_data_text("advice/remedies.tsv"), &at, c, 4);) {
    if (!is_for(c[1], way.training.mode)) continue;
    wb_remedy *r = &a->remedies[a->remedy_count++];
    *r = (wb_remedy){.name = c[0], .change = c[2], .source = c[3]};
    try_remedy(a, &way, &bytes, r);
    a->remedied = a->has_card && r->fits;
    if (a->remedied) return;
  }
  find_last(a, &way);
}

/* ---- optimizers ---- */

static void choose_optimizers(wb_advice *a) {
  wb_str c[6];
  wb_ctx *ctx = &a->model->ctx;
  for (size_t at = 0;
       a->optimizer_count < WB_ADVICE_ROWS && wb_tsv_next(wb_data_text("advice/optimizers.tsv"), &at, c, 6);) {
    wb_optimizer_choice *o = &a->optimizers[a->optimizer_count];
    *o = (wb_optimizer_choice){.name = c[0], .source = c[5], .way = a->train};
    weigh_training *t = &o->way.training;
    t->optimizer = wb_str_cstr(ctx, c[1]);
    t->optimizer_option_count = wb_str_is(c[2], "-") ? 0 : 1;
    const char **options = WB_NEWN(ctx, const char *, 1);
    options[0] = wb_str_cstr(ctx, c[2]);
    t->optimizer_options = options;
    const bool called = !wb_str_is(c[3], "-");
    wb_said said[WB_ADVICE_METHODS] = {{0}};
    o->held = wb_way_compare(a, &o->way, wb_str_cstr(ctx, c[3]), said);
    if (!o->held.known || !wb_message_find(c[4], &o->text)) continue;
    for (size_t i = 0; i < a->method_count && !o->said.known && called; i++)
      if (said[i].known && said[i].has_states) o->said = said[i];
    a->optimizer_count++;
  }
}

/* ---- faster ---- */

#define USUAL_STEPS 8 /* of accumulation, where one sequence at a time was asked for */

static void faster(wb_advice *a, const char *name, const wb_way *way, wb_i128 number) {
  wb_faster *f = &a->faster[a->faster_count];
  *f = (wb_faster){.name = wb_str_of(name), .way = *way, .number = number, .held = wb_way_weigh(a, way)};
  f->instead = a->alone.total;
  a->faster_count += f->held.known && a->faster_count < WB_ADVICE_ROWS - 1;
}

static void choose_faster(wb_advice *a) {
  wb_way way = a->train;
  a->alone = wb_way_weigh(a, &way);
  if (!a->alone.known) return;
  way.training.batch = 2 * a->train.training.batch;
  faster(a, "batch", &way, way.training.batch);
  way = a->train;
  way.training.batch = a->train.training.batch > 1 ? a->train.training.batch : USUAL_STEPS;
  const wb_i128 steps = way.training.batch, at_once = wb_way_weigh(a, &way).total;
  way.training.batch = 1;
  faster(a, "accumulation", &way, steps);
  a->faster[a->faster_count - 1].instead = at_once;
  way = a->train;
  way.training.sequence = (a->train.training.sequence + 1) / 2;
  faster(a, "sequence", &way, way.training.sequence);
  way = a->train;
  way.training.gpus = (weigh_count)(a->gpus > 1 ? a->gpus : USUAL_CARDS);
  way.training.sharding = "zero_2";
  faster(a, "distributed", &way, way.training.gpus);
}

void wb_advise_choices(wb_advice *a) {
  choose_optimizers(a);
  choose_faster(a);
}
