/* weigh advise as JSON: every row with what asks it again. */
#include "report/advise.h"

static void json_way(wb_json_out *j, const char *key, const wb_advice *a, const wb_way *way) {
  size_t count;
  const wb_str *words = wb_way_words(a, way, &count);
  wb_jo_begin(j, key, '[');
  for (size_t i = 0; i < count; i++) wb_jo_str(j, NULL, words[i]);
  wb_jo_end(j, ']');
}

static void json_parts(wb_json_out *j, const wb_way_held *h, bool trains) {
  wb_jo_begin(j, "components", '{');
  wb_jo_int(j, "weights", h->weights);
  if (!trains) wb_jo_int(j, "cache", h->cache);
  if (trains) wb_jo_int(j, "gradients", h->gradients);
  if (trains) wb_jo_int(j, "optimizer", h->optimizer);
  wb_jo_int(j, "activations", h->activations);
  wb_jo_int(j, "other", h->other);
  wb_jo_end(j, '}');
}

static void json_said(wb_json_out *j, const wb_advice *a, const wb_scenario *s) {
  wb_ctx *ctx = j->out->text.ctx;
  wb_jo_begin(j, "methods", '[');
  for (size_t i = 0; i < a->method_count; i++) {
    const wb_said *said = &s->said[i];
    if (!said->known) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "method", said->method->name->name);
    wb_jo_int(j, "total_bytes", said->bytes);
    wb_jo_int(j, "with_reserve_bytes", wb_with_reserve(ctx, said->bytes, a->reserve));
    wb_jo_int(j, "activation_bytes", said->activations);
    if (said->has_factor && s->way.trains) wb_jo_num(j, "activation_factor", said->factor);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_card(wb_json_out *j, const char *key, const wb_advice *a, const wb_cards_needed *c) {
  wb_jo_begin(j, key, '{');
  wb_jo_str(j, "gpu", c->card.name);
  wb_jo_int(j, "usable_bytes", c->card.usable_bytes);
  if (c->gpus) wb_jo_int(j, "gpus", c->gpus);
  else wb_jo_null(j, "gpus");
  if (c->gpus) {
    wb_jo_int(j, "device_bytes", c->device);
    wb_jo_bool(j, "checkpointing_added", c->checkpointing);
    json_way(j, "confirm", a, &c->way);
    if (c->has_fewer) json_way(j, "fewer", a, &c->fewer);
  }
  wb_jo_end(j, '}');
}

static void json_largest(wb_json_out *j, const wb_advice *a, const wb_scenario *s) {
  if (!s->has_largest) return;
  wb_jo_begin(j, "largest_batch", '{');
  wb_jo_int(j, "batch", s->largest);
  if (s->largest) json_way(j, "confirm", a, &s->largest_way);
  if (s->largest && s->largest_said.known) {
    wb_jo_str(j, "method", s->largest_said.method->name->name);
    wb_jo_int(j, "activation_bytes", s->largest_said.activations);
    if (s->largest_said.has_factor && s->way.trains) wb_jo_num(j, "activation_factor", s->largest_said.factor);
  }
  wb_jo_end(j, '}');
}

static void json_scenario(wb_json_out *j, const wb_advice *a, const wb_scenario *s) {
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "name", s->name);
  wb_jo_bool(j, "available", s->held.known);
  if (!s->held.known) wb_jo_str(j, "reason", wb_refusal(j->out, &s->held.refused));
  if (s->held.known) {
    wb_jo_int(j, "total_bytes", s->held.total);
    wb_jo_int(j, "with_reserve_bytes", wb_with_reserve(j->out->text.ctx, s->held.total, a->reserve));
    json_parts(j, &s->held, s->way.trains);
    json_way(j, "confirm", a, &s->way);
    json_said(j, a, s);
    wb_jo_begin(j, "cards", '[');
    for (size_t i = 0; i < a->card_count; i++) json_card(j, NULL, a, &s->cards[i]);
    wb_jo_end(j, ']');
    json_largest(j, a, s);
  }
  wb_jo_end(j, '}');
}

void wb_advise_json_scenarios(wb_json_out *j, const wb_advice *a) {
  wb_jo_begin(j, "scenarios", '[');
  for (size_t i = 0; i < a->scenario_count; i++) json_scenario(j, a, &a->scenarios[i]);
  wb_jo_end(j, ']');
}

static void json_claim(wb_json_out *j, const char *key, const wb_tradeoff *t, wb_str claim) {
  double low, high;
  if (!wb_claim_range(t, claim, &low, &high)) return;
  wb_jo_begin(j, key, '[');
  wb_jo_real(j, NULL, low);
  wb_jo_real(j, NULL, high);
  wb_jo_end(j, ']');
}

static void json_tradeoffs(wb_json_out *j, const wb_advice *a) {
  wb_jo_begin(j, "tradeoffs", '[');
  for (size_t i = 0; i < a->tradeoff_count; i++) {
    const wb_tradeoff *t = &a->tradeoffs[i];
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "measure", t->name);
    wb_jo_str(j, "part", t->part);
    wb_jo_int(j, "before_bytes", t->before_part);
    wb_jo_int(j, "after_bytes", t->after_part);
    wb_jo_int(j, "saved_bytes", t->before_part - t->after_part);
    wb_jo_real(j, "saved_percent", wb_saved_percent(t));
    wb_jo_int(j, "before_total_bytes", t->before.total);
    wb_jo_int(j, "after_total_bytes", t->after.total);
    json_claim(j, "claimed_percent", t, t->saves);
    json_claim(j, "slower_percent", t, t->slower);
    wb_jo_str(j, "by", t->by);
    wb_jo_str(j, "source", t->source);
    json_way(j, "confirm_before", a, &t->before_way);
    json_way(j, "confirm_after", a, &t->after_way);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_remedies(wb_json_out *j, const wb_advice *a) {
  static const char *const states[] = {"helps", "nothing", "refused"};
  wb_jo_begin(j, "out_of_memory", '{');
  wb_jo_str(j, "mode", wb_str_of(a->train.training.mode));
  if (a->as_asked.known) wb_jo_int(j, "as_asked_bytes", a->as_asked.total);
  if (a->has_card) wb_jo_bool(j, "fits_as_asked", a->fits);
  wb_jo_begin(j, "steps", '[');
  for (size_t i = 0; i < a->remedy_count; i++) {
    const wb_remedy *r = &a->remedies[i];
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "remedy", r->name);
    wb_jo_str(j, "change", r->change);
    wb_jo_str(j, "state", wb_str_of(states[r->state]));
    wb_jo_int(j, "before_bytes", r->before);
    wb_jo_int(j, "after_bytes", r->after);
    wb_jo_int(j, "saved_bytes", r->before - r->after);
    if (a->has_card) wb_jo_bool(j, "fits", r->fits);
    wb_jo_str(j, "source", r->source);
    if (r->state == WB_REMEDY_HELPS) json_way(j, "confirm", a, &r->way);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
  if (a->remedy_count && !a->remedied && a->last.gpus) json_card(j, "card", a, &a->last);
  wb_jo_end(j, '}');
}

void wb_advise_json_optimizers(wb_json_out *j, const wb_advice *a) {
  wb_jo_begin(j, "optimizers", '[');
  for (size_t i = 0; i < a->optimizer_count; i++) {
    const wb_optimizer_choice *o = &a->optimizers[i];
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "optimizer", o->name);
    wb_jo_int(j, "state_bytes", o->held.states);
    wb_jo_int(j, "total_bytes", o->held.total);
    if (o->said.known) {
      wb_jo_str(j, "method", o->said.method->name->name);
      wb_jo_int(j, "method_state_bytes", o->said.states);
    }
    wb_jo_str(j, "note", wb_str_of(wb_out_label(j->out, o->text)));
    wb_jo_str(j, "source", o->source);
    json_way(j, "confirm", a, &o->way);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_faster(wb_json_out *j, const wb_advice *a) {
  wb_jo_begin(j, "slow", '[');
  for (size_t i = 0; i < a->faster_count; i++) {
    const wb_faster *f = &a->faster[i];
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "advice", f->name);
    wb_jo_int(j, "number", f->number);
    wb_jo_int(j, "total_bytes", f->held.total);
    wb_jo_int(j, "more_bytes", f->held.total - f->instead);
    json_way(j, "confirm", a, &f->way);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
  wb_jo_begin(j, "no_effect", '[');
  for (size_t i = 0; i < a->no_effect_count; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "parameter", a->no_effect[i].name);
    wb_jo_str(j, "reason", wb_str_of(wb_out_label(j->out, a->no_effect[i].reason)));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

void wb_advise_json(wb_out *out, const wb_advice *a) {
  wb_json_out j = {.out = out, .first = true};
  const weigh_training *t = &a->train.training;
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "advise");
  wb_jo_str(&j, "model", a->model->name);
  wb_jo_str(&j, "mode", wb_str_of(t->mode));
  wb_jo_int(&j, "batch", t->batch);
  wb_jo_int(&j, "sequence", t->sequence);
  wb_jo_str(&j, "optimizer", wb_str_of(t->optimizer));
  wb_jo_int(&j, "context", a->serve.serving.context);
  wb_jo_int(&j, "sequences", a->serve.serving.sequences);
  wb_jo_int(&j, "reserve_percent", a->reserve);
  if (a->has_card) {
    wb_jo_str(&j, "gpu", a->card.name);
    wb_jo_int(&j, "gpus", a->gpus);
    wb_jo_int(&j, "usable_bytes", a->card.usable_bytes);
  }
  wb_advise_json_scenarios(&j, a);
  json_tradeoffs(&j, a);
  json_remedies(&j, a);
  wb_advise_json_optimizers(&j, a);
  json_faster(&j, a);
  wb_json_warnings(&j, a->model);
  wb_jo_end(&j, '}');
}
