#include "estimate/serving.h"

#include "estimate/compute.h"
#include "estimate/method.h"
#include "estimate/vllm.h"
#include "expr/eval.h"

#define MIB ((wb_i128)1 << 20)

static const char *const PARTS[] = {"weights", "kv_cache", "state",        "activations",
                                    "output",  "runtime",  "communication"};
const char *wb_part_name(wb_part part) { return PARTS[part]; }

/* ---- arithmetic on forms ---- */

static wb_value combine(wb_ctx *ctx, wb_op op, const wb_value *a, const wb_value *b) {
  return wb_binary(ctx, WB_NOWHERE, op, a, b);
}

static void add(wb_ctx *ctx, wb_value *sum, const wb_value *more) { *sum = combine(ctx, WB_OP_ADD, sum, more); }

static wb_value times(wb_ctx *ctx, const wb_value *a, wb_num factor) {
  const wb_value number = wb_number(factor);
  return combine(ctx, WB_OP_MUL, a, &number);
}

static wb_value ceiling(wb_ctx *ctx, const wb_value *a) {
  if (a->kind == WB_FORM) return wb_form_unary(ctx, WB_NOWHERE, WB_ATOM_CEIL, a);
  wb_value out = *a;
  wb_num_ceil(a->u.num, &out.u.num);
  return out;
}

static wb_component exactly(wb_value value, wb_basis basis) { return (wb_component){value, value, value, basis}; }

static wb_component between(wb_i128 low, wb_i128 best, wb_i128 high, wb_basis basis) {
  return (wb_component){wb_integer(low), wb_integer(best), wb_integer(high), basis};
}

/* ---- components ---- */

static wb_component weights_of(wb_serving *s, wb_stage stage) {
  wb_model *m = s->model;
  wb_num sum = wb_num_int(0), bytes;
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (row->kind == WB_TIED || row->mtp) continue;
    wb_str dtype = wb_str_eq(row->dtype, m->dtype) ? s->dtype : row->dtype;
    wb_num here = wb_row_on_rank(&m->ctx, m, row, &s->layout, stage);
    bool fits = wb_num_mul(here, wb_num_int((wb_i128)wb_dtype_bytes(dtype)), &bytes) && wb_num_add(sum, bytes, &sum);
    if (!fits) WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
  }
  return exactly(wb_number(sum), WB_BASIS_EXACT);
}

/* Entries of one sequence: its tokens, at most a window of them, one entry for so many. */
static wb_value entries(wb_serving *s, const wb_kept *kept, const wb_value *context) {
  wb_ctx *ctx = &s->model->ctx;
  wb_value out = *context;
  const wb_value *within = kept->within ? wb_force(ctx, kept->within) : NULL;
  const wb_value *every = kept->every ? wb_force(ctx, kept->every) : NULL;
  if (within && within->kind == WB_NUM) out = wb_form_function(ctx, WB_NOWHERE, WB_ATOM_MIN, &out, within, NULL);
  if (every && every->kind == WB_NUM && every->u.num.num > 1) {
    out = combine(ctx, WB_OP_DIV, &out, every);
    out = ceiling(ctx, &out);
  }
  return out;
}

static wb_component kept_of(wb_serving *s, wb_stage stage, bool per_token, const wb_value *context,
                            const wb_value *sequences) {
  wb_ctx *ctx = &s->model->ctx;
  wb_value sum = wb_integer(0);
  for (size_t i = 0; i < s->model->kept_count; i++) {
    const wb_kept *kept = &s->model->kept[i];
    if (kept->per_token != per_token || kept->mtp) continue;
    wb_str dtype = !per_token ? kept->dtype : wb_str_eq(kept->dtype, s->model->dtype) ? s->kv_dtype : kept->dtype;
    wb_num factor = wb_kept_share(ctx, kept, &s->layout);
    bool fits = wb_num_mul(factor, kept->elements, &factor);
    wb_num_ceil(factor, &factor);
    fits = fits && wb_num_mul(factor, wb_kept_layers(s->model, kept, stage), &factor) &&
           wb_num_mul(factor, wb_num_int((wb_i128)wb_dtype_bytes(dtype)), &factor);
    if (!fits) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
    wb_value bytes = per_token ? entries(s, kept, context) : wb_integer(1);
    bytes = times(ctx, &bytes, factor);
    bytes = combine(ctx, WB_OP_MUL, &bytes, sequences);
    add(ctx, &sum, &bytes);
  }
  return exactly(sum, WB_BASIS_EXACT);
}

/* What the widest operation reads and writes in a pass over a chunk of the prompt, with half of it (reused buffers) and
 * twice of it (two in flight) as bounds. */
#define CHUNK 2048
static wb_component activations_of(wb_serving *s) {
  wb_model *m = s->model;
  wb_ctx *ctx = &m->ctx;
  const wb_compute_options options = {.path = WB_STR("expanded")};
  wb_compute *compute = wb_compute_build(m, &options);
  wb_num open[WB_Q_COUNT], *atoms = WB_NEWN(ctx, wb_num, m->forms->count), most = wb_num_int(0);
  for (int i = 0; i < WB_Q_COUNT; i++) open[i] = wb_num_int(WB_QUANTITIES[i].fallback);
  wb_i128 chunk = s->asked.context < CHUNK ? s->asked.context : CHUNK;
  open[WB_Q_NEW] = open[WB_Q_SOURCE] = wb_num_int(chunk);
  if (!wb_forms_atoms(m->forms, open, atoms)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  for (size_t i = 0; i < compute->count; i++) {
    const wb_op_cost *op = &compute->ops[i];
    const wb_moves *moves = &op->cost.forward_moves;
    wb_num read = moves->reads.u.num, written = moves->writes.u.num, each;
    if (moves->reads.kind == WB_FORM && !wb_form_at(moves->reads.u.form, atoms, &read)) continue;
    if (moves->writes.kind == WB_FORM && !wb_form_at(moves->writes.u.form, atoms, &written)) continue;
    if (op->use->repeats.num < 1 || !wb_num_add(read, written, &each)) continue;
    wb_num_div(each, op->use->repeats, &each);
    if (wb_num_double(each) > wb_num_double(most)) most = each;
  }
  wb_num_ceil(most, &most);
  wb_i128 bytes = most.num * (wb_i128)wb_dtype_bytes(s->dtype);
  return between(bytes / 2, bytes, 2 * bytes, WB_BASIS_HEURISTIC);
}

static wb_num vocabulary(const wb_model *m) {
  wb_num out = wb_num_int(0);
  for (size_t i = 0; i < m->row_count; i++)
    if (m->rows[i].group == WB_G_EMBEDDING && m->rows[i].rank == 2 && m->rows[i].dims[0]->value.u.num.num > out.num)
      out = m->rows[i].dims[0]->value.u.num;
  return out;
}

/* Logits of each sequence's last position, in float32. */
static wb_component output_of(wb_serving *s, wb_stage stage, const wb_value *sequences) {
  if (stage.index + 1 != stage.count) return exactly(wb_integer(0), WB_BASIS_HEURISTIC);
  wb_num four;
  wb_num_mul(vocabulary(s->model), wb_num_int(4), &four);
  return exactly(times(&s->model->ctx, sequences, four), WB_BASIS_HEURISTIC);
}

wb_i128 wb_constant_of(wb_model *m, const char *name) {
  const wb_sym *sym = wb_intern(&m->lib->symbols, wb_str_of(name));
  wb_binding *binding = wb_scope_find(&m->ctx, m->root, sym);
  if (!binding) WB_FAIL(&m->ctx, WB_LANG_UNKNOWN_NAME, WB_NOWHERE, wb_str_of(name));
  return wb_force(&m->ctx, binding)->u.num.num;
}

static wb_component runtime_of(wb_serving *s) {
  wb_model *m = s->model;
  return between(wb_constant_of(m, "runtime_low_bytes"), wb_constant_of(m, "runtime_bytes"),
                 wb_constant_of(m, "runtime_high_bytes"), WB_BASIS_MEASURED);
}

static wb_component communication_of(wb_serving *s) {
  wb_model *m = s->model;
  if (s->layout.tp * s->layout.pp == 1) return exactly(wb_integer(0), WB_BASIS_MEASURED);
  return between(wb_constant_of(m, "communication_low_bytes"), wb_constant_of(m, "communication_bytes"),
                 wb_constant_of(m, "communication_high_bytes"), WB_BASIS_MEASURED);
}

/* ---- the question ---- */

static wb_str checked_dtype(wb_model *m, const char *asked, wb_str fallback) {
  wb_str dtype = asked ? wb_dtype_name(wb_str_of(asked)) : fallback;
  if (!dtype.len || !wb_dtype_bytes(dtype)) WB_FAIL(&m->ctx, WB_PASS_DTYPE, WB_NOWHERE, wb_str_of(asked ? asked : ""));
  return dtype;
}

static void check_counts(wb_model *m, const weigh_serving *a) {
  const struct {
    const char *option;
    weigh_count value, most;
  } counts[] = {{"--context", a->context, (weigh_count)1 << 40},
                {"--sequences", a->sequences, (weigh_count)1 << 40},
                {"--gpus", a->gpus, 65536},
                {"--tp", a->tp, 65536},
                {"--pp", a->pp, 65536}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    if (counts[i].value >= 1 && counts[i].value <= counts[i].most) continue;
    wb_text found = {.ctx = &m->ctx};
    wb_i128_print(&found, counts[i].value);
    WB_FAIL(&m->ctx, WB_PASS_COUNT, WB_NOWHERE, wb_str_of(counts[i].option), wb_text_str(&found), WB_STR("1"));
  }
}

/* "vllm" or "vllm@2025"; vLLM keeps free what its utilization leaves, and no other reserve. */
static void choose_engine(wb_serving *s) {
  wb_str engine = wb_str_of(s->asked.engine ? s->asked.engine : "generic");
  if (wb_str_is(engine, "generic")) return;
  s->is_vllm = true;
  s->release = wb_vllm_find(&s->model->ctx, engine);
  wb_vllm_defaults(s);
}

static void fill_in(wb_serving *s, const weigh_serving *asked) {
  wb_model *m = s->model;
  weigh_serving *a = &s->asked;
  *a = *asked;
  if (!a->context) a->context = 4096;
  if (!a->sequences) a->sequences = 1;
  if (!a->pp) a->pp = 1;
  if (!a->tp) a->tp = a->gpus > 0 && a->gpus % a->pp == 0 ? a->gpus / a->pp : 1;
  if (!a->gpus) a->gpus = a->tp * a->pp;
  check_counts(m, a);
  if (a->tp * a->pp != a->gpus) {
    wb_str args[3] = {wb_str_fmt(&m->ctx, "%lld", (long long)a->tp), wb_str_fmt(&m->ctx, "%lld", (long long)a->pp),
                      wb_str_fmt(&m->ctx, "%lld", (long long)a->gpus)};
    wb_fail(&m->ctx, WB_SERVING_LAYOUT, WB_NOWHERE, 3, args);
  }
  s->layout = (wb_layout){(uint32_t)a->tp, (uint32_t)a->pp, a->expert_parallel ? (uint32_t)a->tp : 1};
  s->dtype = checked_dtype(m, a->dtype, m->dtype);
  s->kv_dtype = checked_dtype(m, a->kv_dtype, s->dtype);
  if (a->gpu) s->card = wb_card_find(&m->ctx, wb_str_of(a->gpu));
  if (a->gpu_memory_bytes) s->card = wb_card_of_bytes(a->gpu_memory_bytes);
  s->reserve = s->card.usable_bytes / 10;
  s->budget = s->card.usable_bytes - s->reserve;
  choose_engine(s);
}

static void make_program(wb_serving *s) {
  wb_ctx *ctx = &s->model->ctx;
  const size_t count = (size_t)s->layout.pp * WB_PART_COUNT * 3;
  wb_value *outputs = WB_NEWN(ctx, wb_value, count);
  size_t n = 0;
  for (uint32_t stage = 0; stage < s->layout.pp; stage++)
    for (int i = 0; i < WB_PART_COUNT; i++) {
      outputs[n++] = s->stages[stage][i].low;
      outputs[n++] = s->stages[stage][i].best;
      outputs[n++] = s->stages[stage][i].high;
    }
  s->program = wb_program_new(ctx, s->forms, outputs, count, NULL);
}

wb_serving *wb_serving_new(wb_model *m, const weigh_serving *asked) {
  wb_ctx *ctx = &m->ctx;
  wb_serving *s = WB_NEW(ctx, wb_serving);
  s->model = m;
  fill_in(s, asked);
  s->forms = wb_forms_new(ctx);
  const wb_value context = wb_form_open(s->forms, wb_intern(&m->lib->symbols, WB_STR("context")));
  const wb_value sequences = wb_form_open(s->forms, wb_intern(&m->lib->symbols, WB_STR("sequences")));
  s->stages = (wb_component(*)[WB_PART_COUNT])WB_NEWN(ctx, wb_component, (size_t)s->layout.pp * WB_PART_COUNT);
  for (uint32_t i = 0; i < s->layout.pp; i++) {
    const wb_stage stage = {i, s->layout.pp};
    wb_component *parts = s->stages[i];
    parts[WB_PART_WEIGHTS] = weights_of(s, stage);
    parts[WB_PART_KV_CACHE] = kept_of(s, stage, true, &context, &sequences);
    parts[WB_PART_STATE] = kept_of(s, stage, false, &context, &sequences);
    parts[WB_PART_ACTIVATIONS] = s->is_vllm ? wb_vllm_activations(s) : activations_of(s);
    parts[WB_PART_OUTPUT] = output_of(s, stage, &sequences);
    parts[WB_PART_RUNTIME] = s->is_vllm ? wb_vllm_runtime(s) : runtime_of(s);
    parts[WB_PART_COMMUNICATION] = s->is_vllm ? wb_vllm_communication(s) : communication_of(s);
  }
  make_program(s);
  return s;
}

/* ---- answers ---- */

bool wb_serving_at(const wb_serving *s, uint32_t stage, wb_i128 context, wb_i128 sequences,
                   wb_bytes parts[WB_PART_COUNT + 1]) {
  const wb_num open[2] = {wb_num_int(context), wb_num_int(sequences)};
  wb_num *out = WB_NEWN(&s->model->ctx, wb_num, (size_t)s->layout.pp * WB_PART_COUNT * 3);
  wb_bytes *all = &parts[WB_PART_COUNT];
  if (!wb_program_run(s->program, open, out)) return false;
  *all = (wb_bytes){0, 0, 0};
  for (int i = 0; i < WB_PART_COUNT; i++) {
    const wb_num *figure = &out[((size_t)stage * WB_PART_COUNT + (size_t)i) * 3];
    parts[i] = (wb_bytes){figure[0].num, figure[1].num, figure[2].num};
    all->low += parts[i].low;
    all->best += parts[i].best;
    all->high += parts[i].high;
  }
  return true;
}

bool wb_serving_fits(const wb_serving *s, wb_i128 context, wb_i128 sequences) {
  for (uint32_t stage = 0; stage < s->layout.pp; stage++) {
    wb_bytes parts[WB_PART_COUNT + 1];
    if (!wb_serving_at(s, stage, context, sequences, parts)) return false;
    if (parts[WB_PART_COUNT].best > s->budget) return false;
  }
  return true;
}

/* The largest n up to 2^40 for which it fits, as memory only grows. */
static wb_i128 largest(const wb_serving *s, bool of_context) {
  wb_i128 low = 0, high = (wb_i128)1 << 40;
  while (low < high) {
    wb_i128 middle = (low + high + 1) / 2;
    bool fits =
        of_context ? wb_serving_fits(s, middle, s->asked.sequences) : wb_serving_fits(s, s->asked.context, middle);
    if (fits) low = middle;
    else high = middle - 1;
  }
  return low;
}

wb_i128 wb_serving_max_context(const wb_serving *s) { return largest(s, true); }
wb_i128 wb_serving_max_sequences(const wb_serving *s) { return largest(s, false); }
