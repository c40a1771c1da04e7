#include "estimate/serving.h"

#include <string.h>

#include "estimate/compute.h"
#include "estimate/llamacpp_serving.h"
#include "estimate/pool.h"
#include "expr/eval.h"

/* ---- weights ---- */

static wb_num product(wb_ctx *ctx, wb_num a, wb_num b) {
  wb_num out;
  if (!wb_num_mul(a, b, &out)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  return out;
}

static void add_to(wb_ctx *ctx, wb_num *sum, wb_num more) {
  if (!wb_num_add(*sum, more, sum)) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
}

/* ---- adapters ---- */

/* LoRA (arXiv:2106.09685): A [rank, in] and B [out, rank] beside each linear layer of the text model, in 16 bits. Of a
 * layer cut by columns a rank holds all of A, of one cut by rows all of B. */
static wb_i128 adapters_of(wb_serving *s, wb_stage stage) {
  wb_model *m = s->model;
  wb_ctx *ctx = &m->ctx;
  wb_num sum = wb_num_int(0);
  for (size_t i = 0; i < m->row_count && s->asked.loras; i++) {
    const wb_row *row = &m->rows[i];
    const bool linear = row->kind == WB_PARAM && row->rank == 2 && !row->mtp && row->index_count && !row->routed &&
                        (row->group == WB_G_ATTENTION || row->group == WB_G_MLP || row->group == WB_G_SHARED_EXPERT);
    if (!linear) continue;
    const wb_num copies = wb_row_copies(row, stage);
    const wb_num here = product(ctx, copies, wb_row_share(ctx, row, &s->layout));
    const bool rows = row->cut == WB_CUT_ROWS;
    add_to(ctx, &sum, product(ctx, row->dims[0]->value.u.num, rows ? copies : here));
    add_to(ctx, &sum, product(ctx, row->dims[1]->value.u.num, rows ? here : copies));
  }
  sum = product(ctx, sum, wb_num_int(2 * (wb_i128)s->asked.loras * (wb_i128)s->asked.lora_rank));
  wb_num_ceil(sum, &sum);
  return sum.num;
}

/* ---- what engines read ---- */

/* Bytes that the widest operation of a pass over `tokens` tokens reads and writes, unfused. */
static wb_num widest_operation(wb_serving *s, wb_i128 tokens) {
  wb_model *m = s->model;
  const wb_num width = wb_num_int((wb_i128)wb_dtype_bytes(s->dtype));
  wb_num open[WB_Q_COUNT];
  for (int i = 0; i < WB_Q_COUNT; i++) open[i] = wb_num_int(WB_QUANTITIES[i].fallback);
  open[WB_Q_NEW] = open[WB_Q_SOURCE] = wb_num_int(tokens);
  open[WB_Q_IMAGES] = wb_num_int(s->asked.images);
  open[WB_Q_IMAGE_HEIGHT] = wb_num_int(s->asked.image_height);
  open[WB_Q_IMAGE_WIDTH] = wb_num_int(s->asked.image_width);
  return product(&m->ctx, wb_pass_widest(m, open), width);
}

/* Of a prompt that follows the context: in proportion to its tokens up to a chunk, but never below that of one token. */
static wb_value widest_in_a_pass(wb_serving *s) {
  wb_ctx *ctx = &s->model->ctx;
  const wb_i128 fixed = s->rules.request.prompt;
  if (fixed) return wb_number(widest_operation(s, fixed < WB_SERVING_PASS ? fixed : WB_SERVING_PASS));
  const wb_value one = wb_number(widest_operation(s, 1)), all = wb_number(widest_operation(s, WB_SERVING_PASS));
  const wb_value chunk = wb_integer(WB_SERVING_PASS), prompt = wb_prompt_of(ctx, &s->rules.request, &s->context);
  const wb_value tokens = wb_form_function(ctx, WB_NOWHERE, WB_ATOM_MIN, &prompt, &chunk, NULL);
  const wb_value each = wb_binary(ctx, WB_NOWHERE, WB_OP_DIV, &all, &chunk);
  const wb_value in_proportion = wb_binary(ctx, WB_NOWHERE, WB_OP_MUL, &each, &tokens);
  if (in_proportion.kind != WB_FORM) return one; /* no operation is known: 0 */
  return wb_form_function(ctx, WB_NOWHERE, WB_ATOM_MAX, &in_proportion, &one, NULL);
}

static void give_whole(wb_serving *s, wb_engine *e, const char *name, wb_i128 value) {
  wb_engine_give(s->model, e, name, wb_integer(value), WB_FROM_WORKLOAD);
}

static void give_machine(wb_serving *s, wb_engine *e, const wb_card *card) {
  wb_model *m = s->model;
  wb_engine_give(m, e, "gpu_memory", wb_integer(card->usable_bytes), WB_FROM_WORKLOAD);
  wb_engine_give(m, e, "gpu_line", wb_string(wb_card_line(card)), WB_FROM_WORKLOAD);
  wb_engine_give(m, e, "gpu_vendor", wb_string(card->vendor), WB_FROM_WORKLOAD);
}

static void give_question(wb_serving *s, wb_engine *e, wb_stage stage) {
  wb_model *m = s->model;
  const wb_layout *l = &s->layout;
  const struct {
    const char *name;
    wb_i128 value;
  } counts[] = {{"tp", l->tp},
                {"pp", l->pp},
                {"dp", l->dp},
                {"cp", l->cp},
                {"gpus", s->asked.gpus},
                {"longest_context", s->longest},
                {"all_sequences", s->in_all},
                {"weight_bytes", (wb_i128)wb_dtype_bytes(s->dtype)},
                {"loras", s->asked.loras}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) give_whole(s, e, counts[i].name, counts[i].value);
  wb_engine_give(m, e, "first_stage", wb_bool(stage.first), WB_FROM_WORKLOAD);
  wb_engine_give(m, e, "last_stage", wb_bool(stage.last), WB_FROM_WORKLOAD);
  wb_engine_give(m, e, "on_host", wb_bool(stage.host), WB_FROM_WORKLOAD);
  wb_engine_give(m, e, "context", s->context, WB_FROM_WORKLOAD);
  wb_engine_give(m, e, "sequences", s->sequences, WB_FROM_WORKLOAD);
  wb_engine_give(m, e, "prompt", wb_prompt_of(&m->ctx, &s->rules.request, &s->context), WB_FROM_WORKLOAD);
}

/* ---- places ---- */

static void read_rules(wb_serving *s, const wb_engine *e) {
  wb_model *m = s->model;
  wb_cache_rules *r = &s->rules;
  wb_str type = wb_str_of(s->asked.kv_dtype);
  if (!type.len) type = wb_engine_text(m, e, "kv_dtype");
  if (!type.len) type = wb_engine_text(m, e, "type_k");
  if (!type.len && wb_engine_text(m, e, "file_type").len) type = WB_STR("float16");
  if (!type.len || wb_str_is(type, "auto")) type = s->dtype;
  if (!wb_cache_type_find(type, &r->type))
    WB_FAIL(&m->ctx, WB_SERVING_KV_DTYPE, WB_NOWHERE, type, wb_cache_type_names(&m->ctx));
  wb_str indexer = wb_engine_text(m, e, "indexer_dtype");
  if (indexer.len) wb_cache_type_find(indexer, &r->indexer);
  if (!r->state_dtype.len) r->state_dtype = wb_engine_text(m, e, "state_dtype");
  if (wb_str_is(r->state_dtype, "auto")) r->state_dtype = WB_STR("");
  s->loaded.vocabulary_multiple = wb_engine_whole(m, e, "vocabulary_multiple", 1);
  r->latent_elements = wb_engine_whole(m, e, "latent_elements", 0);
  r->latent_heads = wb_engine_whole(m, e, "latent_heads", 1);
  r->page = wb_engine_whole(m, e, "page_tokens", 1);
  r->in_flight = wb_engine_whole(m, e, "window_tokens", 0);
  r->paged_windows = r->page > 1;
  r->state_columns = wb_engine_whole(m, e, "state_columns", 0);
  r->state_copies = wb_engine_whole(m, e, "state_copies", 1);
  r->whole_windows = wb_engine_flag(m, e, "whole_windows");
  r->shared_prefix = wb_engine_flag(m, e, "shares_prefixes") ? s->asked.shared_prefix : 0;
  if (r->page < 1 || r->page > 1 << 24)
    WB_FAIL(&m->ctx, WB_SERVING_COUNT, WB_NOWHERE, WB_STR("page_tokens"), wb_i128_str(&m->ctx, r->page), WB_STR("1"),
            WB_STR("2^24"));
}

static const char *const COUNTED[WB_PART_ENGINE] = {"weights", "kv_cache", "state", "adapters"};

static wb_component counted(const char *name, wb_value value) {
  return (wb_component){wb_str_of(name), value, value, value, WB_BASIS_EXACT, WB_STR(""), NULL};
}

static wb_component weights_on(const wb_serving *s, wb_stage stage, wb_i128 offloaded) {
  const wb_loaded_range bytes = wb_loaded_within(&s->loaded, &s->layout, stage);
  wb_component out = counted(COUNTED[WB_PART_WEIGHTS], wb_integer(bytes.best - offloaded));
  if (bytes.low == bytes.high) return out;
  out.low = wb_integer(bytes.low - offloaded);
  out.high = wb_integer(bytes.high - offloaded);
  out.basis = WB_BASIS_ENGINE;
  out.source = s->loaded.gguf ? WB_STR("data/formats/gguf_recipe.tsv: with and without an importance matrix")
                              : WB_STR("low: what kernels need; high: what the file holds");
  return out;
}

/* Caches and states as forms; an engine of its own layout (pages of equal bytes, GGML rows) takes their place later. */
static void count_model(wb_serving *s, wb_place_on *p) {
  wb_ctx *ctx = &s->model->ctx;
  wb_component *parts = p->parts;
  const bool mtp = s->asked.with_mtp || wb_engine_flag(s->model, &p->engine, "caches_mtp");
  s->loaded.with_mtp = mtp; /* a prediction layer that drafts is loaded, and keeps a cache */
  p->kinds = wb_cache_kinds(s->model, &s->layout, p->stage, &s->rules, mtp, &p->kind_count);
  parts[WB_PART_WEIGHTS] = weights_on(s, p->stage, 0);
  for (int part = WB_PART_KV_CACHE; part <= WB_PART_STATE; part++)
    parts[part] = counted(COUNTED[part], wb_cache_bytes(ctx, p->kinds, p->kind_count, &s->rules, &s->layout,
                                                        part == WB_PART_KV_CACHE, &s->context, &s->sequences));
  parts[WB_PART_ADAPTERS] = counted(COUNTED[WB_PART_ADAPTERS], wb_integer(adapters_of(s, p->stage)));
  wb_pool_allocate(s, p);
}

static void give_counted(wb_serving *s, wb_place_on *p) {
  wb_model *m = s->model;
  for (int i = 0; i < WB_PART_ENGINE; i++) wb_engine_give(m, &p->engine, COUNTED[i], p->parts[i].best, WB_FROM_MODEL);
}

static void ask_engine(wb_serving *s, wb_place_on *p) {
  wb_model *m = s->model;
  size_t count;
  const wb_component *components = wb_engine_components(m, &p->engine, &count);
  const size_t room = WB_MAX_PARTS - WB_PART_ENGINE;
  if (count > room)
    WB_FAIL(&m->ctx, WB_ENGINE_COMPONENT_MANY, WB_NOWHERE, wb_i128_str(&m->ctx, (wb_i128)count),
            wb_i128_str(&m->ctx, (wb_i128)room));
  for (size_t i = 0; i < count; i++) {
    for (size_t k = 0; k < WB_PART_ENGINE + i; k++)
      if (wb_str_eq(p->parts[k].name, components[i].name))
        WB_FAIL(&m->ctx, WB_ENGINE_COMPONENT_TWICE, WB_NOWHERE, components[i].name);
    p->parts[WB_PART_ENGINE + i] = components[i];
  }
  s->part_count = WB_PART_ENGINE + count;
  p->offloaded = wb_engine_whole(m, &p->engine, "offloaded", 0);
  if (p->offloaded > 0) p->parts[WB_PART_WEIGHTS] = weights_on(s, p->stage, p->offloaded);
  const wb_value *budget = p->card.usable_bytes ? wb_engine_value(m, &p->engine, "budget") : NULL;
  p->budget = budget ? *budget : wb_integer(p->card.usable_bytes);
}

static void build_place(wb_serving *s, wb_place_on *p, wb_value widest) {
  p->engine = wb_engine_new(s->model, s->engine, s->options, s->option_count);
  give_question(s, &p->engine, p->stage);
  give_machine(s, &p->engine, &p->card);
  wb_engine_give(s->model, &p->engine, "widest_operation", widest, WB_FROM_MODEL);
  static const char *const later[] = {"compute_bytes", "compute_low_bytes", "compute_high_bytes", "output_bytes"};
  for (size_t i = 0; i < sizeof later / sizeof *later; i++) /* llama.cpp's buffers take their place */
    wb_engine_give(s->model, &p->engine, later[i], wb_integer(0), WB_FROM_MODEL);
  wb_engine_check(s->model, &p->engine);
  read_rules(s, &p->engine);
  count_model(s, p);
  give_counted(s, p);
  ask_engine(s, p);
}

static wb_card smallest_of(const wb_serving *s, uint32_t stage) {
  const size_t group = (size_t)s->layout.tp * s->layout.dp * s->layout.cp;
  wb_card out = s->cards[stage * group];
  for (size_t i = 1; i < group; i++)
    if (s->cards[stage * group + i].usable_bytes < out.usable_bytes) out = s->cards[stage * group + i];
  return out;
}

/* Layers in proportion to the memory of their cards, MiB by MiB; equal cards have equal shares. */
static uint32_t weight_of(const wb_card *card) {
  const wb_i128 mib = card->usable_bytes >> 20;
  return mib < 1 ? 1 : mib > 1 << 20 ? 1 << 20 : (uint32_t)mib;
}

static wb_engine probe_of(wb_serving *s) {
  wb_engine probe = wb_engine_new(s->model, s->engine, s->options, s->option_count);
  give_machine(s, &probe, &s->cards[0]);
  return probe;
}

static bool needs_host(wb_serving *s) {
  const wb_engine probe = probe_of(s);
  return s->asked.has_gpu_layers || wb_engine_flag(s->model, &probe, "input_on_host");
}

/* Layers count from the output, which is the first of them (llama.cpp's --n-gpu-layers). */
static void set_host(wb_serving *s, uint64_t all, uint64_t depth) {
  const uint64_t wanted = s->asked.has_gpu_layers ? (uint64_t)s->asked.gpu_layers : depth + 1;
  const uint64_t on_cards = wanted > depth ? depth : wanted ? wanted - 1 : 0;
  wb_place_on *host = &s->places[0];
  host->stage = (wb_stage){.to = (uint32_t)((depth - on_cards) * all), .first = true, .last = !wanted, .host = true};
  host->card = wb_card_of_bytes(0);
}

static void set_stages(wb_serving *s) {
  const bool host = needs_host(s);
  const uint32_t layers = host ? wb_model_depth(s->model) : 1, depth = layers ? layers : 1, stages = s->layout.pp;
  uint64_t all = 0, at = 0;
  bool equal = true;
  s->places = WB_NEWN(&s->model->ctx, wb_place_on, (size_t)stages + host);
  s->place_count = stages + host;
  for (uint32_t i = 0; i < stages; i++) {
    wb_place_on *p = &s->places[i + host];
    p->card = smallest_of(s, i);
    equal = equal && p->card.usable_bytes == s->places[host].card.usable_bytes;
  }
  for (uint32_t i = 0; i < stages; i++) all += equal ? 1 : weight_of(&s->places[i + host].card);
  if (all * depth > UINT32_MAX) WB_FAIL(&s->model->ctx, WB_TOO_DEEP, WB_NOWHERE, WB_STR("65536"));
  if (host) set_host(s, all, depth);
  const uint64_t from = host ? s->places[0].stage.to : 0, here = all * depth - from;
  for (uint32_t i = 0; i < stages; i++) {
    wb_stage *stage = &s->places[i + host].stage;
    stage->from = (uint32_t)(from + here * at / all);
    at += equal ? 1 : weight_of(&s->places[i + host].card);
    stage->to = (uint32_t)(from + here * at / all);
    stage->first = !host && i == 0;
    stage->last = i + 1 == stages && !(host && s->places[0].stage.last);
  }
  for (uint32_t i = 0; i < s->place_count; i++) {
    s->places[i].stage.index = i;
    s->places[i].stage.total = (uint32_t)(all * depth);
  }
}

/* ---- the draft model ---- */

/* It is served beside: its weights and caches on the same ranks, what else it needs is its master's. A failure in its
 * memory is one of the question. */
static void add_draft(wb_serving *s) {
  wb_model *m = s->model, *draft = m->draft;
  s->draft = NULL;
  if (!draft) return;
  weigh_serving asked = {.context = (weigh_count)s->longest,
                         .sequences = (weigh_count)s->in_all,
                         .tp = s->layout.tp,
                         .dp = s->layout.dp,
                         .cp = s->layout.cp,
                         .dcp = s->layout.dcp};
  if (WB_GUARD(&draft->ctx)) {
    s->draft = wb_serving_new(draft, &asked);
  } else {
    m->ctx.failure = draft->ctx.failure;
    longjmp(m->ctx.guard, 1);
  }
  s->draft_part = s->part_count++;
  for (uint32_t i = 0; i < s->place_count; i++) {
    wb_load now;
    const bool here = i + 1 == s->place_count && wb_draft_bytes(s, s->longest, s->in_all, &now.all.best);
    s->places[i].parts[s->draft_part] = counted("draft", wb_integer(here ? now.all.best : 0));
  }
}

static void make_program(wb_serving *s) {
  wb_ctx *ctx = &s->model->ctx;
  const size_t count = wb_serving_outputs(s);
  wb_value *outputs = WB_NEWN(ctx, wb_value, count);
  size_t n = 0;
  for (uint32_t place = 0; place < s->place_count; place++) {
    const wb_place_on *p = &s->places[place];
    for (size_t i = 0; i < s->part_count; i++) {
      outputs[n++] = p->parts[i].low;
      outputs[n++] = p->parts[i].best;
      outputs[n++] = p->parts[i].high;
    }
    outputs[n++] = p->budget;
  }
  s->program = wb_program_new(ctx, s->forms, outputs, count, NULL);
  s->figures = count > WB_MOST_OUTPUTS ? WB_NEWN(ctx, wb_num, count) : NULL;
}

void wb_serving_build(wb_serving *s) {
  wb_model *m = s->model;
  s->forms = wb_forms_new(&m->ctx);
  s->context = wb_form_open(s->forms, wb_library_name(m->lib, &m->ctx, WB_STR("context")));
  s->sequences = wb_form_open(s->forms, wb_library_name(m->lib, &m->ctx, WB_STR("sequences")));
  set_stages(s);
  const wb_engine probe = probe_of(s);
  const bool llama = wb_llama_serves(m, &probe);
  s->llama = NULL;
  if (llama) wb_llama_place(s);
  wb_value widest = wb_integer(0);
  if (wb_engine_reads(m->lib, &m->ctx, s->engine, "widest_operation")) widest = widest_in_a_pass(s);
  for (uint32_t i = 0; i < s->place_count; i++) build_place(s, &s->places[i], widest);
  add_draft(s);
  make_program(s);
  if (llama) wb_llama_attach(s, &s->places[s->place_count - 1].engine);
}

/* A description may say anything; what it says of this question must be bytes. */
void wb_serving_check(const wb_serving *s) {
  wb_ctx *ctx = &s->model->ctx;
  wb_load load;
  for (uint32_t place = 0; place < s->place_count; place++) {
    if (!wb_serving_now(s, place, &load)) continue; /* the answer says so */
    for (size_t i = WB_PART_ENGINE; i < s->part_count; i++) {
      const wb_bytes *b = &load.parts[i];
      if (b->low < 0 || b->low > b->best || b->best > b->high)
        WB_FAIL(ctx, WB_ENGINE_COMPONENT, WB_NOWHERE, s->places[place].parts[i].name, wb_i128_str(ctx, b->low),
                wb_i128_str(ctx, b->best), wb_i128_str(ctx, b->high));
    }
  }
}

wb_serving *wb_serving_new(wb_model *m, const weigh_serving *asked) {
  wb_serving *s = wb_serving_asked(m, asked);
  wb_serving_build(s);
  wb_serving_check(s);
  return s;
}
