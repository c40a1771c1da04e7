#include "estimate/speed.h"

#include "estimate/pass.h"
#include "expr/axis.h"
#include "expr/eval.h"

#define MOST ((wb_i128)1 << 20) /* sequences among which a turn is looked for */

static const char *const BOUNDS[] = {"unknown", "compute", "bandwidth", "link", "overhead"};
const char *wb_bound_name(wb_bound bound) { return BOUNDS[bound]; }

static const char *const SORTS[] = {"dense", "routed", "attention"};
const char *wb_sort_name(wb_sort sort) { return SORTS[sort]; }

/* What the program of a phase gives, whole model on one device. */
enum {
  FLOPS,
  WEIGHTS = FLOPS + WB_SORT_COUNT,
  KEPT = WEIGHTS + WB_SORT_COUNT, /* every entry of the caches once: bytes */
  READ,                           /* what attention reads: bytes */
  STATES,
  TOKENS,   /* that run through the experts */
  PRODUCTS, /* what products with weights read and write: bytes */
  ALONE,    /* what every operation but attention does */
  SUMMED,   /* results that ranks sum up: bytes */
  FIGURES
};

typedef enum speed_phase { PREFILL, DECODE, PHASES } speed_phase;

struct wb_speed {
  wb_model *model;
  wb_speed_question question;
  wb_rates rates;
  const wb_program *programs[PHASES];
  double parts[WB_SORT_COUNT]; /* of the weights on one rank of tensor parallelism */
  double cache_part;
  double sums;   /* over ranks, in one pass */
  double active; /* parameters of routed experts that one token meets */
  double weight_bytes, kv_bytes, activation_bytes;
};

const wb_rates *wb_speed_rates(const wb_speed *s) { return &s->rates; }
const wb_speed_question *wb_speed_asked(const wb_speed *s) { return &s->question; }

bool wb_speed_generates(const wb_speed *s) { return s->model->kept_count > 0; }

/* ---- forms ---- */

static void plus(wb_ctx *ctx, wb_value *sum, const wb_value *more, wb_num factor) {
  const wb_value times = wb_number(factor), part = wb_binary(ctx, WB_NOWHERE, WB_OP_MUL, more, &times);
  *sum = wb_binary(ctx, WB_NOWHERE, WB_OP_ADD, sum, &part);
}

/* Bits as bytes, to a thousandth of a bit. */
static wb_num bytes_of_bits(double bits) {
  wb_num out;
  wb_num_div(wb_num_int((wb_i128)(bits * 1000 + 0.5)), wb_num_int(8000), &out); /* no zero */
  return out;
}

static bool is_zero(const wb_value *v) { return v->kind == WB_NUM && v->u.num.num == 0; }

static wb_sort sort_of(const wb_op_cost *op) {
  if (!is_zero(&op->cost.forward[WB_ATTENTION])) return WB_SORT_ATTENTION;
  return op->use->routed ? WB_SORT_ROUTED : WB_SORT_DENSE;
}

/* A product whose weights are cut by rows gives each rank a part of a sum; shared experts join the sum of the others. */
static bool is_summed(const wb_model *m, const wb_op_use *use) {
  if (use->group == WB_G_SHARED_EXPERT || !use->output_count || !use->outputs[0]) return false;
  for (size_t i = use->first_row; i < use->end_row; i++)
    if (m->rows[i].cut == WB_CUT_ROWS && m->rows[i].rank > 1) return true;
  return false;
}

static void add_operation(wb_speed *s, const wb_op_cost *op, wb_value out[FIGURES]) {
  wb_ctx *ctx = &s->model->ctx;
  const wb_moves *moves = &op->cost.forward_moves;
  const wb_sort sort = sort_of(op);
  const wb_num one = wb_num_int(1), activation = wb_num_int((wb_i128)s->activation_bytes);
  static const int kinds[] = {WB_MATMUL, WB_ATTENTION, WB_CONVOLUTION};
  for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
    plus(ctx, &out[FLOPS + sort], &op->cost.forward[kinds[k]], one);
  plus(ctx, &out[WEIGHTS + sort], &moves->weights.elements, bytes_of_bits(s->weight_bytes * 8));
  plus(ctx, &out[WEIGHTS + sort], &moves->weights.bytes, one);
  if (sort == WB_SORT_ATTENTION) {
    plus(ctx, &out[READ], &moves->reads, wb_num_int((wb_i128)s->kv_bytes));
    return;
  }
  plus(ctx, &out[ALONE], &moves->reads, activation);
  plus(ctx, &out[ALONE], &moves->writes, activation);
  if (is_zero(&op->cost.forward[WB_MATMUL])) return;
  plus(ctx, &out[PRODUCTS], &moves->reads, activation);
  plus(ctx, &out[PRODUCTS], &moves->writes, activation);
  if (!is_summed(s->model, op->use)) return;
  const wb_value result = wb_shape_elements(ctx, op->use->operation->place, op->use->outputs[0]);
  wb_num bytes;
  if (wb_num_mul(op->use->repeats, activation, &bytes)) plus(ctx, &out[SUMMED], &result, bytes);
}

static wb_num kept_bytes(const wb_speed *s, const wb_kept *kept) {
  const bool own = wb_str_eq(kept->dtype, s->model->dtype);
  const double each = kept->per_token && own ? s->kv_bytes : (double)wb_dtype_bytes(kept->dtype);
  wb_num out = kept->elements;
  if (!wb_num_mul(out, kept->copies, &out) || !wb_num_mul(out, wb_num_int((wb_i128)each), &out))
    WB_FAIL(&s->model->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  return out;
}

/* Entries that a step reads: of all tokens there are, at most a window, one for so many. */
static wb_value entries_of(wb_ctx *ctx, const wb_kept *kept, const wb_value *tokens) {
  wb_value out = *tokens;
  const wb_value *within = kept->within ? wb_force(ctx, kept->within) : NULL;
  const wb_value *every = kept->every ? wb_force(ctx, kept->every) : NULL;
  if (within && within->kind == WB_NUM) out = wb_form_function(ctx, WB_NOWHERE, WB_ATOM_MIN, &out, within, NULL);
  if (every && every->kind == WB_NUM && every->u.num.num > 1) out = wb_binary(ctx, WB_NOWHERE, WB_OP_DIV, &out, every);
  return out;
}

/* A step reads every entry and reads and writes every state; a prompt writes both. */
static void add_kept(wb_speed *s, speed_phase phase, wb_value out[FIGURES]) {
  wb_ctx *ctx = &s->model->ctx;
  wb_forms *forms = s->model->forms;
  const wb_value batch = wb_form_atom(forms, WB_Q_BATCH), now = wb_form_atom(forms, WB_Q_NEW);
  const wb_value past = wb_form_atom(forms, WB_Q_PAST);
  const wb_value tokens = wb_binary(ctx, WB_NOWHERE, WB_OP_ADD, &past, &now);
  out[TOKENS] = wb_binary(ctx, WB_NOWHERE, WB_OP_MUL, &batch, &now);
  for (size_t i = 0; i < s->model->kept_count; i++) {
    const wb_kept *kept = &s->model->kept[i];
    if (kept->mtp) continue;
    wb_value amount = batch;
    if (kept->per_token) {
      const wb_value each = entries_of(ctx, kept, &tokens);
      amount = wb_binary(ctx, WB_NOWHERE, WB_OP_MUL, &batch, &each);
    }
    wb_num bytes = kept_bytes(s, kept);
    if (!kept->per_token && phase == DECODE) wb_num_mul(bytes, wb_num_int(2), &bytes);
    plus(ctx, &out[kept->per_token ? KEPT : STATES], &amount, bytes);
  }
}

static bool has_ways(const wb_model *m) {
  for (size_t i = 0; i < m->op_count; i++)
    if (m->ops[i].path.len) return true;
  return false;
}

static const wb_compute *compute_of(wb_speed *s, speed_phase phase) {
  /* Engines keep latent attention on the latents while they decode, and expand it for a prompt. */
  const wb_compute_options options = {.path = phase == DECODE ? WB_STR("absorbed") : WB_STR("expanded")};
  return wb_compute_build(s->model, &options);
}

static const wb_program *program_of(wb_speed *s, speed_phase phase, const wb_compute *compute) {
  wb_ctx *ctx = &s->model->ctx;
  wb_value out[FIGURES];
  for (int i = 0; i < FIGURES; i++) out[i] = wb_integer(0);
  for (size_t i = 0; i < compute->count; i++) add_operation(s, &compute->ops[i], out);
  add_kept(s, phase, out);
  const wb_pass pass = {.asked = {.phase = phase == DECODE ? WEIGH_PHASE_DECODE : WEIGH_PHASE_PREFILL}};
  wb_num fixed[WB_Q_COUNT];
  wb_pass_open(&pass, 0, fixed);
  for (int i = 0; i <= WB_Q_PAST_SOURCE; i++) fixed[i].den = 0;
  fixed[WB_Q_UNMASKED].den = 0;
  return wb_program_new(ctx, s->model->forms, out, FIGURES, fixed);
}

/* ---- one rank ---- */

static double ratio(wb_num part, wb_num all) { return all.num ? wb_num_double(part) / wb_num_double(all) : 1; }

static void weigh_parts(wb_speed *s) {
  wb_model *m = s->model;
  wb_num here[2] = {wb_num_int(0), wb_num_int(0)}, whole[2] = {wb_num_int(0), wb_num_int(0)};
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    wb_num all;
    if (row->kind != WB_PARAM || row->mtp || (row->group == WB_G_EMBEDDING && !m->tied_embeddings)) continue;
    if (row->routed) s->active += wb_num_double(wb_row_active(&m->ctx, row));
    const wb_num share = wb_row_share(&m->ctx, row, &s->question.layout);
    wb_num part;
    bool fits = wb_num_mul(row->elements, row->copies, &all) && wb_num_mul(all, share, &part) &&
                wb_num_add(whole[row->routed], all, &whole[row->routed]) &&
                wb_num_add(here[row->routed], part, &here[row->routed]);
    if (!fits) WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
  }
  s->parts[WB_SORT_DENSE] = ratio(here[0], whole[0]);
  s->parts[WB_SORT_ROUTED] = ratio(here[1], whole[1]);
  s->parts[WB_SORT_ATTENTION] = 1.0 / s->question.layout.tp;
}

static void weigh_cache(wb_speed *s) {
  wb_model *m = s->model;
  double here = 0, whole = 0;
  for (size_t i = 0; i < m->kept_count; i++) {
    if (m->kept[i].mtp) continue;
    const double bytes = wb_num_double(kept_bytes(s, &m->kept[i]));
    here += bytes * wb_num_double(wb_kept_share(&m->ctx, &m->kept[i], &s->question.layout));
    whole += bytes;
  }
  s->cache_part = whole > 0 ? here / whole : 1;
}

static void count_sums(wb_speed *s) {
  for (size_t i = 0; s->question.layout.tp > 1 && i < s->model->op_count; i++) {
    const wb_op_use *use = &s->model->ops[i];
    if (!use->mtp && (!use->path.len || wb_str_is(use->path, "expanded")) && is_summed(s->model, use))
      s->sums += wb_num_double(use->repeats);
  }
}

static void check_dtype(wb_model *m, wb_str *dtype, wb_str fallback) {
  if (!dtype->len) *dtype = fallback;
  if (!dtype->len || !wb_dtype_bytes(*dtype)) WB_FAIL(&m->ctx, WB_PASS_DTYPE, WB_NOWHERE, *dtype);
}

wb_speed *wb_speed_new(wb_model *m, const wb_speed_question *question) {
  wb_speed *s = WB_NEW(&m->ctx, wb_speed);
  s->model = m;
  s->question = *question;
  wb_speed_question *q = &s->question;
  check_dtype(m, &q->dtype, m->dtype);
  check_dtype(m, &q->kv_dtype, q->dtype);
  if (!(q->weight_bits > 0)) q->weight_bits = 8 * (double)wb_dtype_bytes(q->dtype);
  if (!q->layout.tp) q->layout = (wb_layout){1, 1, 1, 1, 1, false};
  s->weight_bytes = q->weight_bits / 8;
  s->kv_bytes = (double)wb_dtype_bytes(q->kv_dtype);
  s->activation_bytes = q->weight_bits >= 32 ? 4 : 2;
  s->rates = wb_rates_of(&q->card, q->dtype, q->weight_bits);
  weigh_parts(s);
  weigh_cache(s);
  count_sums(s);
  const wb_compute *prefill = compute_of(s, PREFILL);
  s->programs[PREFILL] = program_of(s, PREFILL, prefill);
  s->programs[DECODE] = program_of(s, DECODE, has_ways(m) ? compute_of(s, DECODE) : prefill);
  return s;
}

/* ---- a pass ---- */

static bool figures_at(const wb_speed *s, speed_phase phase, wb_i128 batch, wb_i128 tokens, bool skipped,
                       double out[FIGURES]) {
  const weigh_count length = (weigh_count)tokens;
  const wb_pass pass = {.asked = {.phase = phase == DECODE ? WEIGH_PHASE_DECODE : WEIGH_PHASE_PREFILL,
                                  .batch = (weigh_count)batch,
                                  .prompt = length,
                                  .depth = length - 1,
                                  .unmasked_pairs = skipped}};
  wb_num open[WB_Q_COUNT], figures[FIGURES];
  wb_pass_open(&pass, 0, open);
  if (!wb_program_run(s->programs[phase], open, figures)) return false;
  for (int i = 0; i < FIGURES; i++) out[i] = wb_num_double(figures[i]);
  return true;
}

static void fill_work(const wb_speed *s, speed_phase phase, const double f[FIGURES], wb_pass_speed *out) {
  const double ranks = s->question.layout.tp;
  /* Some reference code runs every expert over every token; engines run those that a token is sent to. */
  const double chosen = 2 * s->active * f[TOKENS];
  for (int i = 0; i < WB_SORT_COUNT; i++) {
    const double flops = f[FLOPS + i];
    out->flops[i] = (i == WB_SORT_ROUTED && flops > chosen ? chosen : flops) * s->parts[i];
    out->weight_bytes[i] = f[WEIGHTS + i] * s->parts[i];
  }
  /* Attention over picked entries reads fewer than there are; layers that share a cache read it more than once. */
  const double states = f[STATES] * s->cache_part;
  const double kept = f[KEPT] * s->cache_part, read = f[READ] * s->cache_part;
  const double best = phase == DECODE ? read : kept;
  if (phase == DECODE) out->unskipped_flops = out->flops[WB_SORT_ATTENTION];
  out->cache_bytes = (wb_interval){kept < read ? kept : read, best, kept > read ? kept : read};
  out->cache_bytes.low += states;
  out->cache_bytes.best += states;
  out->cache_bytes.high += states;
  out->activation_bytes = (wb_interval){0, f[PRODUCTS] / ranks, f[ALONE]};
  out->link_bytes = ranks > 1 ? f[SUMMED] * 2 * (ranks - 1) / ranks : 0; /* a ring */
  out->sums = s->sums;
}

typedef enum reading { LOW, BEST, HIGH, READINGS } reading;

static double pick(const wb_interval *i, reading r) { return r == LOW ? i->low : r == BEST ? i->best : i->high; }
static double against(const wb_interval *i, reading r) { return r == LOW ? i->high : r == BEST ? i->best : i->low; }
static void put(wb_interval *i, reading r, double value) {
  *(r == LOW ? &i->low : r == BEST ? &i->best : &i->high) = value;
}

static double over(double amount, double rate) { return amount > 0 && rate > 0 ? amount / rate : 0; }

/* Seconds of a pass in one reading: the lowest time takes the highest rates. */
static void time_reading(const wb_speed *s, speed_phase phase, reading r, wb_pass_speed *p) {
  const wb_share *shares = s->rates.shares;
  const double bandwidth = s->rates.bandwidth * against(&shares[WB_SHARE_BANDWIDTH].value, r);
  const double rate = against(&s->rates.compute, r) * against(&shares[WB_SHARE_COMPUTE].value, r);
  const double link = s->rates.link * against(&shares[WB_SHARE_ALL_REDUCE].value, r);
  /* What products read and write goes on beside them; what other operations do alone does not. */
  double compute = 0, memory = r == HIGH ? over(p->activation_bytes.high, bandwidth) : 0;
  for (int i = 0; i < WB_SORT_COUNT; i++) {
    double bytes = p->weight_bytes[i], flops = p->flops[i];
    if (i == WB_SORT_DENSE && r == BEST) bytes += p->activation_bytes.best;
    if (i == WB_SORT_ATTENTION) bytes += pick(&p->cache_bytes, r);
    if (i == WB_SORT_ATTENTION && r == HIGH) flops = p->unskipped_flops;
    const double computing = over(flops, rate), moving = over(bytes, bandwidth);
    if (computing > moving) compute += computing;
    else memory += moving;
  }
  const double hops = s->question.layout.pp - 1;
  const double sent =
      s->question.layout.tp > 1 || hops > 0
          ? over(p->link_bytes, link) + (p->sums + hops) * pick(&shares[WB_SHARE_ALL_REDUCE_SECONDS].value, r)
          : 0;
  const double overhead = pick(&shares[phase == DECODE ? WB_SHARE_DECODE_SECONDS : WB_SHARE_PREFILL_SECONDS].value, r);
  put(&p->compute_s, r, compute);
  put(&p->memory_s, r, memory);
  put(&p->link_s, r, sent);
  put(&p->overhead_s, r, overhead);
  put(&p->seconds, r, compute + memory + sent + overhead);
}

static wb_bound bound_of(const wb_pass_speed *p) {
  const double sides[] = {p->compute_s.best, p->memory_s.best, p->link_s.best, p->overhead_s.best};
  int most = 0;
  for (int i = 1; i < 4; i++)
    if (sides[i] > sides[most]) most = i;
  return (wb_bound)(WB_BOUND_COMPUTE + most);
}

/* A prompt needs to be computed; a step may do without a known rate, as its traffic binds it at few sequences. */
static bool is_known(const wb_speed *s, speed_phase phase) {
  if (phase == DECODE && !wb_speed_generates(s)) return false;
  const bool computes = s->rates.compute.low > 0;
  const bool linked = s->question.layout.tp == 1 || s->rates.link > 0;
  return s->rates.bandwidth > 0 && linked && (computes || phase == DECODE);
}

static bool pass_at(const wb_speed *s, speed_phase phase, wb_i128 batch, wb_i128 tokens, wb_pass_speed *out) {
  double figures[FIGURES];
  *out = (wb_pass_speed){.bound = WB_BOUND_UNKNOWN};
  if (phase == PREFILL) { /* a step has no mask to speak of */
    if (!figures_at(s, phase, batch, tokens, false, figures)) return false;
    out->unskipped_flops = figures[FLOPS + WB_SORT_ATTENTION] * s->parts[WB_SORT_ATTENTION];
  }
  if (!figures_at(s, phase, batch, tokens, true, figures)) return false;
  fill_work(s, phase, figures, out);
  if (!is_known(s, phase)) return true;
  for (int r = LOW; r < READINGS; r++) time_reading(s, phase, (reading)r, out);
  out->bound = bound_of(out);
  return true;
}

static wb_interval rate_of(double tokens, const wb_interval *seconds) {
  return (wb_interval){over(tokens, seconds->high), over(tokens, seconds->best), over(tokens, seconds->low)};
}

/* Stages of a pipeline work on parts of the sequences at once; in the slowest reading one after the other. A part takes
 * the time of the whole model for it: its way through all stages, while the next parts follow. */
static bool step_at(const wb_speed *s, wb_i128 sequences, wb_i128 context, wb_speed_answer *out) {
  const wb_i128 stages = s->question.layout.pp;
  wb_pass_speed together;
  if (!pass_at(s, DECODE, (sequences + stages - 1) / stages, context, &out->step)) return false;
  out->step_s = out->step.seconds;
  if (stages == 1 || sequences == 1) return true;
  if (!pass_at(s, DECODE, sequences, context, &together)) return false;
  if (together.seconds.high > out->step_s.high) out->step_s.high = together.seconds.high;
  return true;
}

bool wb_speed_at(const wb_speed *s, wb_i128 sequences, wb_i128 context, wb_i128 prompt, wb_speed_answer *out) {
  if (!pass_at(s, PREFILL, 1, prompt, &out->first) || !pass_at(s, PREFILL, sequences, prompt, &out->all)) return false;
  if (!step_at(s, sequences, context, out)) return false;
  out->first_token_s = out->first.seconds;
  out->all_first_tokens_s = out->all.seconds;
  out->per_sequence = rate_of(1, &out->step_s);
  out->total = rate_of((double)sequences, &out->step_s);
  out->prompt_rate = rate_of((double)prompt, &out->first_token_s);
  return true;
}

/* Whether a step, or of it the products with weights that every token meets, takes longer to compute than to move. */
static bool computes(const wb_speed *s, wb_i128 sequences, wb_i128 context, bool only_weights) {
  wb_pass_speed step;
  if (!pass_at(s, DECODE, sequences, context, &step)) return false;
  if (!only_weights) return step.compute_s.best > step.memory_s.best;
  const double rate = s->rates.compute.best * s->rates.shares[WB_SHARE_COMPUTE].value.best;
  const double bandwidth = s->rates.bandwidth * s->rates.shares[WB_SHARE_BANDWIDTH].value.best;
  return over(step.flops[WB_SORT_DENSE], rate) > over(step.weight_bytes[WB_SORT_DENSE], bandwidth);
}

wb_i128 wb_speed_turning(const wb_speed *s, wb_i128 context, bool only_weights) {
  wb_i128 high = 1;
  if (!is_known(s, DECODE) || !(s->rates.compute.best > 0)) return 0;
  while (high <= MOST && !computes(s, high, context, only_weights)) high *= 2;
  if (high > MOST) return 0;
  wb_i128 low = high / 2 + 1;
  while (low < high) {
    const wb_i128 middle = (low + high) / 2;
    if (computes(s, middle, context, only_weights)) high = middle;
    else low = middle + 1;
  }
  return high;
}
