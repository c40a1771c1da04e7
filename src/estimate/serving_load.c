/* What the forms answer: loads of devices, whether they fit, how far they go. */
#include "estimate/cache.h"
#include "estimate/exact.h"
#include "estimate/llamacpp_serving.h"
#include "estimate/serving.h"

size_t wb_serving_outputs(const wb_serving *s) { return s->place_count * (s->part_count * 3 + 1); }

bool wb_draft_bytes(const wb_serving *s, wb_i128 context, wb_i128 sequences, wb_i128 *out) {
  wb_load own;
  if (!wb_serving_at(s->draft, 0, context, sequences, &own)) return false;
  *out = 0;
  for (int part = WB_PART_WEIGHTS; part <= WB_PART_STATE; part++)
    if (__builtin_add_overflow(*out, own.parts[part].best, out)) return false;
  return true;
}

static bool load_draft(const wb_serving *s, uint32_t place, wb_i128 context, wb_i128 sequences, wb_load *out) {
  wb_i128 sum;
  if (!s->draft || place + 1 != s->place_count) return true;
  if (!wb_draft_bytes(s, context, sequences, &sum)) return false;
  out->parts[s->draft_part] = (wb_bytes){sum, sum, sum};
  return true;
}

/* ---- answers ---- */

static bool add_part(wb_bytes *sum, const wb_bytes *more) {
  return !__builtin_add_overflow(sum->low, more->low, &sum->low) &&
         !__builtin_add_overflow(sum->best, more->best, &sum->best) &&
         !__builtin_add_overflow(sum->high, more->high, &sum->high);
}

static wb_i128 rounded_up(wb_num n) {
  wb_num_ceil(n, &n);
  return n.num;
}

static bool sum_up(const wb_serving *s, wb_load *out) {
  out->all = (wb_bytes){0, 0, 0};
  for (size_t i = 0; i < s->part_count; i++)
    if (!add_part(&out->all, &out->parts[i])) return false;
  return true;
}

/* The figures of a place: of each part low, best, high, then the budget. NULL on overflow. */
static const wb_num *figures_at(const wb_serving *s, uint32_t place, wb_i128 context, wb_i128 sequences,
                                wb_num few[WB_MOST_OUTPUTS]) {
  const wb_num open[2] = {wb_num_int(context), wb_num_int(sequences)};
  wb_num *all = s->figures ? s->figures : few;
  return wb_program_run(s->program, open, all) ? &all[place * (s->part_count * 3 + 1)] : NULL;
}

/* The load of a place by its figures. */
static bool load_of(const wb_serving *s, uint32_t place, wb_i128 context, wb_i128 sequences, const wb_num *figure,
                    wb_load *out) {
  for (size_t i = 0; i < s->part_count; i++, figure += 3)
    out->parts[i] = (wb_bytes){rounded_up(figure[0]), rounded_up(figure[1]), rounded_up(figure[2])};
  out->budget = figure->num / figure->den;
  if (!load_draft(s, place, context, sequences, out)) return false;
  if (!sum_up(s, out)) return false;
  return !s->llama || wb_llama_load(s, place, context, sequences, out);
}

bool wb_serving_at(const wb_serving *s, uint32_t place, wb_i128 context, wb_i128 sequences, wb_load *out) {
  wb_num few[WB_MOST_OUTPUTS];
  const wb_num *figure = figures_at(s, place, context, sequences, few);
  return figure && load_of(s, place, context, sequences, figure, out);
}

/* Low, best and high of the caches of sequences of one length, not rounded where an engine gives fractions. */
static bool caches_at(const wb_serving *s, uint32_t place, const wb_lengths *some, wb_num out[3]) {
  wb_num few[WB_MOST_OUTPUTS];
  wb_load load;
  if (s->llama) {
    if (!wb_serving_at(s, place, some->tokens, some->count, &load)) return false;
    const wb_bytes *caches = &load.parts[WB_PART_KV_CACHE];
    const wb_i128 bytes[] = {caches->low, caches->best, caches->high};
    for (int i = 0; i < 3; i++) out[i] = wb_num_int(bytes[i]);
    return true;
  }
  const wb_num *figure = figures_at(s, place, some->tokens, some->count, few);
  for (int i = 0; figure && i < 3; i++) out[i] = figure[WB_PART_KV_CACHE * 3 + i];
  return figure != NULL;
}

/* Adds (or with −1 takes off) the caches of sequences of one length. */
static bool add_caches(const wb_serving *s, uint32_t place, const wb_lengths *some, wb_i128 times, wb_num sum[3]) {
  wb_num caches[3];
  if (!caches_at(s, place, some, caches)) return false;
  for (int i = 0; i < 3; i++) {
    wb_num more;
    if (!wb_num_mul(caches[i], wb_num_int(times), &more) || !wb_num_add(sum[i], more, &sum[i])) return false;
  }
  return true;
}

/* The caches of each length hold the prefix once: of all but one of the longest it goes. It is what one sequence of a
 * rank takes beyond what each further one adds: 2 · f(1) − f(2). */
static bool keep_prefix_once(const wb_serving *s, uint32_t place, wb_num caches[3]) {
  bool kept = false;
  for (size_t i = 0; i < s->mix_count; i++) {
    const wb_lengths one = {s->layout.dp, s->mix[i].tokens}, two = {2 * (wb_i128)s->layout.dp, s->mix[i].tokens};
    const bool keeps = !kept && one.tokens == s->longest;
    kept = kept || keeps;
    if (!keeps && !(add_caches(s, place, &one, -2, caches) && add_caches(s, place, &two, 1, caches))) return false;
  }
  return true;
}

/* Of sequences of several lengths, caches add up; all else is as for the longest of them. */
bool wb_serving_now(const wb_serving *s, uint32_t place, wb_load *out) {
  if (!wb_serving_at(s, place, s->longest, s->in_all, out)) return false;
  if (s->mix_count == 1) return true;
  wb_num caches[3] = {wb_num_int(0), wb_num_int(0), wb_num_int(0)};
  for (size_t i = 0; i < s->mix_count; i++)
    if (!add_caches(s, place, &s->mix[i], 1, caches)) return false;
  if (s->rules.shared_prefix && !keep_prefix_once(s, place, caches)) return false;
  out->parts[WB_PART_KV_CACHE] = (wb_bytes){rounded_up(caches[0]), rounded_up(caches[1]), rounded_up(caches[2])};
  return sum_up(s, out);
}

wb_num wb_serving_number(const wb_serving *s, const wb_value *value) {
  wb_num out = wb_num_int(0), open[2] = {wb_num_int(s->longest), wb_num_int(s->in_all)};
  if (value->kind == WB_NUM) return value->u.num;
  if (value->kind != WB_FORM) return out;
  wb_num *atoms = WB_NEWN(&s->model->ctx, wb_num, s->forms->count);
  if (!wb_forms_atoms(s->forms, open, atoms) || !wb_form_at(value->u.form, atoms, &out)) return wb_num_int(0);
  return out;
}

/* ---- does it fit ---- */

static bool within(const wb_serving *s, uint32_t place, const wb_load *load) {
  return s->places[place].stage.host || load->all.best <= load->budget;
}

bool wb_serving_room(const wb_serving *s, wb_i128 context, wb_i128 sequences, wb_i128 *room) {
  wb_num few[WB_MOST_OUTPUTS];
  const wb_num *figure = figures_at(s, 0, context, sequences, few);
  *room = (wb_i128)1 << 126; /* of hosts, which take whatever comes */
  for (uint32_t place = 0; figure && place < s->place_count; place++, figure += s->part_count * 3 + 1) {
    wb_load load;
    wb_i128 here;
    if (!load_of(s, place, context, sequences, figure, &load)) return false;
    if (__builtin_sub_overflow(load.budget, load.all.best, &here)) return false;
    if (!s->places[place].stage.host && here < *room) *room = here;
  }
  return figure != NULL;
}

bool wb_serving_fits_now(const wb_serving *s) {
  for (uint32_t place = 0; place < s->place_count; place++) {
    wb_load load;
    if (!wb_serving_now(s, place, &load) || !within(s, place, &load)) return false;
  }
  return true;
}

size_t wb_serving_parts(const wb_serving *s, wb_str names[WB_MAX_PARTS]) {
  const wb_place_on *last = &s->places[s->place_count - 1];
  for (size_t i = 0; i < s->part_count; i++) names[i] = last->parts[i].name;
  return s->part_count;
}

uint32_t wb_serving_worst(const wb_serving *s) {
  uint32_t worst = s->place_count - 1;
  double most = -1;
  for (uint32_t place = 0; place < s->place_count; place++) {
    wb_load load;
    if ((s->places[place].stage.host && s->place_count > 1) || !wb_serving_now(s, place, &load)) continue;
    const double bytes = (double)load.all.best, full = load.budget > 0 ? bytes / (double)load.budget : bytes;
    if (full <= most) continue;
    most = full;
    worst = place;
  }
  return worst;
}

/* ---- of one sequence ---- */

static wb_i128 per_sequence(const wb_serving *s, uint32_t place, bool growing) {
  wb_ctx *ctx = &s->model->ctx;
  const wb_place_on *p = &s->places[place];
  const wb_value longest = wb_integer(s->longest), most = wb_integer(WB_SERVING_MOST);
  wb_i128 sum = 0;
  for (size_t i = 0; i < p->kind_count; i++) {
    const wb_cache_kind *kind = &p->kinds[i];
    const bool grows = kind->grows && !kind->window;
    if (grows != growing) continue;
    const wb_value *length = kind->of_source ? &longest : &most;
    wb_value entries = wb_integer(kind->copies);
    if (!grows && kind->kept->per_token) entries = wb_cache_entries(ctx, kind, &s->rules, &s->layout, length);
    const wb_i128 of_layers = wb_times(ctx, kind->layers, kind->entry_bytes);
    const wb_i128 all = wb_times(ctx, of_layers, grows ? 1 : entries.u.num.num);
    sum = wb_plus(ctx, sum, grows ? all / ((wb_i128)s->layout.cp * s->layout.dcp) / kind->every : all);
  }
  return sum;
}

wb_i128 wb_serving_token_bytes(const wb_serving *s, uint32_t place) { return per_sequence(s, place, true); }
wb_i128 wb_serving_fixed_bytes(const wb_serving *s, uint32_t place) { return per_sequence(s, place, false); }
