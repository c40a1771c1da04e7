/* One question, many lengths: what may be shared between points, and what each comes to. */
#include "estimate/pool.h"
#include "estimate/sweep.h"

/* ---- what is shared ---- */

static bool reads(const wb_serving *s, const char *name) {
  return wb_engine_reads(s->model->lib, &s->model->ctx, s->engine, name);
}

/* A cache of what an encoder made has the prompt's length. */
static bool keeps_source(const wb_serving *s) {
  for (uint32_t place = 0; place < s->place_count; place++)
    for (size_t i = 0; i < s->places[place].kind_count; i++) {
      const wb_cache_kind *kind = &s->places[place].kinds[i];
      if (kind->kept->per_token && !kind->grows) return true;
    }
  return false;
}

wb_sweep_reads wb_sweep_reads_of(const wb_serving *s) {
  return (wb_sweep_reads){.pass = reads(s, "widest_operation"),
                          .prompt = reads(s, "prompt") || keeps_source(s),
                          .context = reads(s, "longest_context"),
                          .sequences = reads(s, "all_sequences")};
}

wb_sweep_key wb_sweep_key_of(const wb_sweep_reads *r, const weigh_serving *asked) {
  const weigh_count pass = asked->prompt < WB_SERVING_PASS ? asked->prompt : WB_SERVING_PASS;
  return (wb_sweep_key){.pass = r->pass ? pass : 0,
                        .prompt = r->prompt ? asked->prompt : 0,
                        .context = r->context ? asked->context : 0,
                        .sequences = r->sequences ? asked->sequences : 0};
}

static bool within(weigh_count n, weigh_count least) { return n >= least && n <= WB_SERVING_MOST; }

bool wb_sweep_may_share(const weigh_serving *a) {
  return !a->mix && within(a->context, 1) && within(a->sequences, 1) && within(a->prompt, 0) && within(a->output, 0);
}

/* ---- figures ---- */

static void move_to(wb_serving *s, const weigh_serving *asked) {
  if (asked->mix) return; /* built for this point alone */
  s->asked.context = asked->context;
  s->asked.sequences = asked->sequences;
  s->asked.prompt = asked->prompt;
  s->asked.output = asked->output;
  s->longest = asked->context;
  s->in_all = asked->sequences;
  s->mix[0] = (wb_lengths){asked->sequences, asked->context};
}

static void take_device(const wb_place_on *place, const wb_load *load, wb_sweep_figures *out) {
  out->place = place;
  for (size_t i = 0; i < out->part_count; i++) out->parts[i] = load->parts[i].best;
  out->device = load->all;
  out->weights = load->parts[WB_PART_WEIGHTS].best;
  out->kv_cache = load->parts[WB_PART_KV_CACHE].best;
  out->state = load->parts[WB_PART_STATE].best;
  out->budget = load->budget;
  out->has_card = place->card.usable_bytes > 0;
}

/* The fullest device as wb_serving_worst finds it, all of them together, and whether each keeps within its budget. */
static bool measure_devices(const wb_serving *s, wb_sweep_figures *out) {
  const wb_i128 ranks = (wb_i128)s->layout.tp * s->layout.dp * s->layout.cp;
  double most = -1;
  out->fits = true;
  for (uint32_t i = 0; i < s->place_count; i++) {
    wb_load load;
    if (!wb_serving_now(s, i, &load)) return false;
    const wb_place_on *place = &s->places[i];
    if (!place->stage.host) out->total += load.all.best * ranks;
    out->fits = out->fits && (place->stage.host || load.all.best <= load.budget);
    if (place->stage.host && s->place_count > 1) continue;
    const double bytes = (double)load.all.best, full = load.budget > 0 ? bytes / (double)load.budget : bytes;
    if (full <= most) continue;
    most = full;
    take_device(place, &load, out);
  }
  return true;
}

static bool pool_is_number(const wb_serving *s) {
  for (uint32_t i = 0; i < s->place_count; i++) {
    const wb_value *pool = wb_engine_value(s->model, &s->places[i].engine, "pool");
    if (pool && pool->kind != WB_NUM) return false;
  }
  return true;
}

static wb_i128 tokens_of(const wb_serving *s, bool has_card, wb_sweep_pool *known) {
  if (known->of == s && known->longest == s->longest) return known->tokens;
  wb_pool pool;
  const bool has_pool = wb_pool_of(s, &pool) && (has_card || pool.bytes > 0);
  *known = (wb_sweep_pool){pool_is_number(s) ? s : NULL, s->longest, has_pool ? pool.tokens : 0};
  return known->tokens;
}

static void measure_speed(wb_serving *s, const weigh_serving *asked, const wb_speed *speed, wb_sweep_figures *out) {
  wb_speed_lengths lengths;
  wb_speed_answer answer;
  wb_speed_fill_lengths(s->model, asked, &lengths);
  if (!wb_speed_at(speed, lengths.sequences, lengths.middle, lengths.prompt, &answer))
    WB_FAIL(&s->model->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  out->first_token_s = answer.first_token_s;
  if (!wb_speed_generates(speed)) return;
  out->per_sequence = answer.per_sequence;
  out->rate = answer.total;
}

void wb_sweep_measure(wb_serving *s, const weigh_serving *asked, bool reach, const wb_speed *speed, wb_sweep_pool *pool,
                      wb_sweep_figures *out) {
  wb_arena *arena = s->model->ctx.arena;
  weigh_serving filled = *asked;
  *out = (wb_sweep_figures){.part_count = s->part_count};
  wb_serving_fill_lengths(&filled);
  move_to(s, &filled);
  const wb_mark mark = wb_arena_mark(arena); /* what runs a program leaves nothing behind */
  const bool good = measure_devices(s, out);
  if (good && reach && out->has_card) {
    out->max_context = wb_serving_max_context(s);
    out->max_sequences = wb_serving_max_sequences(s);
  }
  wb_arena_reset(arena, mark);
  if (!good) WB_FAIL(&s->model->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  out->tokens = tokens_of(s, out->has_card, pool);
  if (speed) measure_speed(s, asked, speed, out);
}
