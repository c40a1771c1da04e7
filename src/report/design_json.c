/* weigh design -f json. */
#include "report/design.h"

static void interval(wb_json_out *j, const char *name, const wb_interval *value) {
  if (value->best <= 0) return;
  wb_jo_begin(j, name, '{');
  wb_jo_real(j, "low", value->low);
  wb_jo_real(j, "best", value->best);
  wb_jo_real(j, "high", value->high);
  wb_jo_end(j, '}');
}

static void figures(wb_json_out *j, const wb_design *d, const wb_design_figures *f) {
  wb_jo_int(j, "total_parameters", f->parameters);
  if (f->active && f->active != f->parameters) wb_jo_int(j, "active_parameters", f->active);
  wb_jo_int(j, "device_bytes", f->load.all.best);
  wb_jo_int(j, "low_bytes", f->load.all.low);
  wb_jo_int(j, "high_bytes", f->load.all.high);
  wb_jo_int(j, "budget_bytes", f->budget);
  wb_jo_int(j, "headroom_bytes", f->usable - f->load.all.best);
  wb_jo_int(j, "weights_bytes", f->load.parts[WB_PART_WEIGHTS].best);
  wb_jo_int(j, "kv_cache_bytes", f->load.parts[WB_PART_KV_CACHE].best);
  wb_jo_int(j, "state_bytes", f->load.parts[WB_PART_STATE].best);
  if (!f->gpus) return; /* not measured further */
  wb_json_load_parts(j, d->parts, d->part_count, &f->load);
  wb_jo_int(j, "kv_bytes_per_token", f->token_bytes);
  wb_json_reach(j, "max_context", f->max_context);
  if (f->made_for) wb_jo_int(j, "made_for_context", f->made_for);
  wb_json_reach(j, "max_sequences", f->max_sequences);
  interval(j, "time_to_first_token_s", &f->first_token_s);
  interval(j, "prompt_tokens_per_second", &f->prompt_rate);
  interval(j, "tokens_per_second_per_sequence", &f->per_sequence);
  interval(j, "tokens_per_second", &f->rate);
}

/* USD for a million tokens at the rate of all sequences. */
static void cost(wb_json_out *j, const wb_design *d, const wb_design_figures *f) {
  if (d->question.usd > 0 && f->rate.best > 0)
    wb_jo_real(j, "usd_per_million_tokens", d->question.usd / 3600 / f->rate.best * 1e6);
}

static void published(wb_json_out *j, const wb_design *d, const wb_design_row *row) {
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "name", row->name);
  wb_jo_begin(j, "alike", '[');
  for (size_t i = 0; i < row->alike_count; i++) wb_jo_str(j, NULL, row->alike[i]);
  wb_jo_end(j, ']');
  figures(j, d, &row->figures);
  cost(j, d, &row->figures);
  wb_jo_end(j, '}');
}

static void member(wb_json_out *j, const wb_json_member *m) {
  const char *key = wb_str_cstr(j->out->text.ctx, m->key);
  const wb_json *v = m->value;
  switch (v->kind) {
    case WB_JSON_BOOL: wb_jo_bool(j, key, v->u.boolean); break;
    case WB_JSON_INT: wb_jo_int(j, key, v->u.integer); break;
    case WB_JSON_REAL: wb_jo_real(j, key, v->u.real); break;
    case WB_JSON_STRING: wb_jo_str(j, key, v->u.text); break;
    case WB_JSON_ARRAY:
      wb_jo_begin(j, key, '[');
      for (size_t i = 0; i < v->u.array.count; i++) wb_jo_str(j, NULL, v->u.array.items[i]->u.text);
      wb_jo_end(j, ']');
      break;
    default: wb_jo_null(j, key);
  }
}

static void shape(wb_json_out *j, const wb_design_row *row) {
  const wb_json *config = wb_json_read(j->out->text.ctx, row->config, WB_STR("config.json"));
  wb_jo_begin(j, "config", '{');
  for (size_t i = 0; i < config->u.object.count; i++) member(j, &config->u.object.members[i]);
  wb_jo_end(j, '}');
  wb_str name;
  wb_jo_begin(j, "bounded_by", '[');
  for (size_t at = 0; wb_str_next(row->bounds, '|', &at, &name);) wb_jo_str(j, NULL, name);
  wb_jo_end(j, ']');
}

static void proposal(wb_json_out *j, const wb_design *d, const wb_design_row *row) {
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "role", wb_str_of(WB_DESIGN_ROLE_NAMES[row->role]));
  figures(j, d, &row->figures);
  cost(j, d, &row->figures);
  wb_jo_int(j, "training_tokens", wb_design_training_tokens(row));
  shape(j, row);
  wb_jo_end(j, '}');
}

static void question(wb_json_out *j, const wb_design *d) {
  const weigh_serving *a = &d->question.asked;
  wb_jo_begin(j, "machine", '{');
  wb_jo_str(j, "gpu", wb_str_of(a->gpu ? a->gpu : ""));
  wb_jo_int(j, "gpus", d->gpus);
  wb_jo_int(j, "usable_bytes", d->usable);
  wb_jo_real(j, "reserve", wb_num_double(d->question.reserve));
  if (d->question.usd > 0) wb_jo_real(j, "usd_per_hour", d->question.usd);
  wb_jo_end(j, '}');
  wb_jo_begin(j, "engine", '{');
  wb_jo_str(j, "name", d->engine);
  wb_jo_begin(j, "options", '[');
  for (size_t i = 0; i < a->engine_option_count; i++) wb_jo_str(j, NULL, wb_str_of(a->engine_options[i]));
  wb_jo_end(j, ']');
  wb_jo_end(j, '}');
  wb_jo_int(j, "context", d->longest);
  wb_jo_int(j, "sequences", d->sequences);
  if (a->quant || a->dtype) wb_jo_str(j, "quant", d->quant);
  if (a->kv_dtype) wb_jo_str(j, "kv_dtype", d->kv_dtype);
  if (d->question.least_rate > 0) wb_jo_real(j, "tokens_per_second_at_least", d->question.least_rate);
}

static const char *const VERDICTS[WB_DESIGN_VERDICTS] = {"fit",       "too_large",   "too_slow",        "too_short",
                                                         "no_tokens", "undescribed", "heads_undivided", "refused"};

static void nearest(wb_json_out *j, const wb_design *d) {
  const struct {
    const char *key;
    const wb_design_row *row;
  } rows[] = {{"smallest", &d->smallest}, {"fastest", &d->fastest}, {"longest", &d->lengthiest}};
  wb_jo_begin(j, "nearest", '{');
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (!rows[i].row->name.len) continue;
    wb_jo_begin(j, rows[i].key, '{');
    wb_jo_str(j, "name", rows[i].row->name);
    figures(j, d, &rows[i].row->figures);
    if (!rows[i].row->figures.gpus && rows[i].row->figures.made_for)
      wb_jo_int(j, "made_for_context", rows[i].row->figures.made_for);
    wb_jo_end(j, '}');
  }
  wb_jo_begin(j, "changes", '[');
  for (size_t i = 0; i < d->change_count; i++) wb_jo_str(j, NULL, d->changes[i]);
  wb_jo_end(j, ']');
  wb_jo_int(j, "least_usable_bytes", d->least_usable);
  wb_jo_int(j, "fewest_gpus", d->fewest);
  if (d->fewest) {
    wb_jo_int(j, "fewest_tp", d->fewest_layout.tp);
    wb_jo_int(j, "fewest_pp", d->fewest_layout.pp);
  }
  wb_jo_end(j, '}');
}

void wb_design_json(wb_out *out, const wb_design *d) {
  static const char *const sorts[] = {"parameters", "context", "speed"};
  wb_json_out json = {.out = out, .first = true}, *j = &json;
  wb_jo_begin(j, NULL, '{');
  wb_json_head(j, "design");
  question(j, d);
  wb_jo_str(j, "sort", wb_str_of(sorts[d->sort]));
  wb_jo_begin(j, "published", '[');
  for (size_t i = 0; i < d->published_count; i++) published(j, d, &d->published[i]);
  wb_jo_end(j, ']');
  wb_jo_begin(j, "verdicts", '{');
  for (int i = 0; i < WB_DESIGN_VERDICTS; i++) wb_jo_int(j, VERDICTS[i], (wb_i128)d->verdicts[i]);
  wb_jo_end(j, '}');
  if (!d->published_count) nearest(j, d);
  wb_jo_str(j, "family", d->family.name);
  wb_jo_begin(j, "proposals", '[');
  for (size_t i = 0; i < d->proposal_count; i++) proposal(j, d, &d->proposals[i]);
  wb_jo_end(j, ']');
  if (d->has_next) {
    wb_jo_begin(j, "next", '{');
    wb_jo_str(j, "verdict", wb_str_of(VERDICTS[d->next_verdict]));
    figures(j, d, &d->next.figures);
    shape(j, &d->next);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, '}');
}
