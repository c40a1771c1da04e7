/* The question as asked: defaults, bounds, cards, layout, lengths. */
#include <string.h>

#include "estimate/serving.h"

/* ---- counts ---- */

#define PARALLEL_MOST 65536

typedef struct bounded {
  const char *option;
  weigh_count value, least, most;
} bounded;

static void check_counts(wb_ctx *ctx, const bounded *counts, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (counts[i].value < counts[i].least || counts[i].value > counts[i].most)
      WB_FAIL(ctx, WB_SERVING_COUNT, WB_NOWHERE, wb_str_of(counts[i].option), wb_i128_str(ctx, counts[i].value),
              wb_i128_str(ctx, counts[i].least), wb_i128_str(ctx, counts[i].most));
}

static void check_layout(wb_ctx *ctx, const weigh_serving *a) {
  const bounded counts[] = {{"--gpus", a->gpus, 1, PARALLEL_MOST},
                            {"--tp", a->tp, 1, PARALLEL_MOST},
                            {"--pp", a->pp, 1, PARALLEL_MOST},
                            {"--dp", a->dp, 1, PARALLEL_MOST},
                            {"--cp", a->cp, 1, PARALLEL_MOST},
                            {"--dcp", a->dcp, 1, PARALLEL_MOST},
                            {"--gpu-layers", a->gpu_layers, 0, (weigh_count)1 << 40}};
  check_counts(ctx, counts, sizeof counts / sizeof *counts);
}

/* As they were given, 0 where they were not. */
static void check_request(wb_ctx *ctx, const weigh_serving *a) {
  const weigh_count most = (weigh_count)WB_SERVING_MOST;
  const bounded counts[] = {{"--context", a->context, 0, most},
                            {"--sequences", a->sequences, 0, most},
                            {"--prompt", a->prompt, 0, most},
                            {"--output", a->output, 0, most},
                            {"--shared-prefix", a->shared_prefix, 0, most},
                            {"--images", a->images, 0, 1 << 20},
                            {"--loras", a->loras, 0, 1 << 20},
                            {"--lora-rank", a->lora_rank, 0, 1 << 16}};
  check_counts(ctx, counts, sizeof counts / sizeof *counts);
}

/* ---- lengths ---- */

/* A prompt that was not given follows the context. */
void wb_serving_fill_lengths(weigh_serving *a) {
  if (!a->context) a->context = a->prompt || a->output ? a->prompt + a->output : 4096;
  if (!a->prompt) a->prompt = a->output < a->context ? a->context - a->output : 1;
  if (!a->output) a->output = a->context > a->prompt ? a->context - a->prompt : 0;
  if (!a->sequences) a->sequences = 1;
  if (!a->lora_rank) a->lora_rank = 16;
}

/* "8x4096,1x32k": so many sequences of so many tokens. */
static void read_mix(wb_serving *s) {
  wb_ctx *ctx = &s->model->ctx;
  wb_str text = wb_str_of(s->asked.mix), item;
  for (size_t at = 0; wb_str_next(text, ',', &at, &item);) {
    const char *by = memchr(item.ptr, 'x', item.len);
    wb_num count = wb_num_int(1), tokens;
    wb_str length = by ? wb_str_slice(item, (size_t)(by - item.ptr) + 1, item.len) : item;
    bool good = wb_num_parse_units(length, true, &tokens) && wb_num_is_int(tokens) && tokens.num >= 1 &&
                tokens.num <= WB_SERVING_MOST;
    if (by) good = good && wb_num_parse(wb_str_slice(item, 0, (size_t)(by - item.ptr)), &count);
    good = good && wb_num_is_int(count) && count.num >= 1 && count.num <= WB_SERVING_MOST && s->mix_count < WB_MAX_MIX;
    if (!good) WB_FAIL(ctx, WB_SERVING_MIX, WB_NOWHERE, item);
    s->mix[s->mix_count++] = (wb_lengths){count.num, tokens.num};
  }
  if (!s->mix_count) WB_FAIL(ctx, WB_SERVING_MIX, WB_NOWHERE, text);
}

static void set_lengths(wb_serving *s) {
  weigh_serving *a = &s->asked;
  check_request(&s->model->ctx, a);
  s->rules.request = (wb_request){a->prompt, a->output};
  if (a->mix) read_mix(s);
  for (size_t i = 0; i < s->mix_count; i++) {
    if (s->mix[i].tokens > s->longest) s->longest = s->mix[i].tokens;
    s->in_all += s->mix[i].count;
  }
  if (s->mix_count) a->context = (weigh_count)s->longest;
  wb_serving_fill_lengths(a);
  if (s->mix_count) return;
  s->mix[s->mix_count++] = (wb_lengths){a->sequences, a->context};
  s->longest = a->context;
  s->in_all = a->sequences;
}

void wb_serving_lengths(wb_serving *s, const weigh_serving *asked) {
  s->asked.context = asked->context;
  s->asked.prompt = asked->prompt;
  s->asked.output = asked->output;
  s->asked.sequences = asked->sequences;
  s->mix_count = 0;
  s->longest = s->in_all = 0;
  set_lengths(s);
}

/* ---- cards and layout ---- */

/* "2xRTX 3090": how many, and the rest. */
static wb_str counted(wb_str item, wb_i128 *count) {
  size_t digits = 0;
  while (digits < item.len && item.ptr[digits] >= '0' && item.ptr[digits] <= '9') digits++;
  wb_num n;
  *count = 1;
  if (!digits || digits >= item.len || (item.ptr[digits] != 'x' && item.ptr[digits] != '*')) return item;
  if (!wb_num_parse(wb_str_slice(item, 0, digits), &n) || n.num < 1 || n.num > PARALLEL_MOST) return item;
  *count = n.num;
  return wb_str_trim(wb_str_slice(item, digits + 1, item.len));
}

typedef struct named_cards {
  wb_card kinds[16];
  wb_i128 counts[16];
  size_t count;
  wb_i128 in_all;
} named_cards;

static named_cards read_cards(wb_serving *s) {
  wb_ctx *ctx = &s->model->ctx;
  named_cards out = {.count = 0};
  wb_str item, text = wb_str_of(s->asked.gpu ? s->asked.gpu : "");
  for (size_t at = 0; wb_str_next(text, ',', &at, &item);) {
    if (out.count == 16) WB_FAIL(ctx, WB_TOO_DEEP, WB_NOWHERE, WB_STR("16"));
    wb_str name = counted(item, &out.counts[out.count]);
    wb_card *card = &out.kinds[out.count];
    *card = wb_card_of(s->model, name);
    if (s->asked.mig) wb_card_slice(ctx, card, wb_str_of(s->asked.mig));
    if (s->asked.gpu_memory_bytes) wb_card_limit(card, s->asked.gpu_memory_bytes);
    out.in_all += out.counts[out.count++];
  }
  if (s->asked.gpu && !out.count) wb_card_find(ctx, text); /* an empty name, as of an unset variable, is refused */
  if (s->asked.mig && !out.count) WB_FAIL(ctx, WB_MIG_NO_CARD, WB_NOWHERE, wb_str_of(s->asked.mig));
  if (!out.count && s->asked.gpu_memory_bytes) {
    out.kinds[0] = wb_card_of_bytes(s->asked.gpu_memory_bytes);
    out.counts[out.count++] = out.in_all = 1;
  }
  return out;
}

static bool all_equal(const named_cards *cards) {
  for (size_t i = 1; i < cards->count; i++)
    if (!wb_str_eq(cards->kinds[i].name, cards->kinds[0].name)) return false;
  return true;
}

static void set_layout(wb_serving *s, const named_cards *named) {
  weigh_serving *a = &s->asked;
  wb_ctx *ctx = &s->model->ctx;
  weigh_count *const one[] = {&a->dp, &a->cp, &a->dcp};
  s->layout_given = a->gpus || a->tp || a->pp || a->dp || a->cp || a->dcp;
  for (size_t i = 0; i < 3; i++)
    if (!*one[i]) *one[i] = 1;
  if (!a->gpus && named->in_all > 1) a->gpus = (weigh_count)named->in_all;
  const bool runs = s->by_layers || !all_equal(named); /* unequal cards hold runs of layers */
  if (!a->pp) a->pp = runs && !a->tp && a->gpus > 0 ? a->gpus : 1;
  const weigh_count others =
      a->pp > 0 && a->dp > 0 && a->cp > 0 && a->pp <= PARALLEL_MOST && a->dp <= PARALLEL_MOST && a->cp <= PARALLEL_MOST
          ? a->pp * a->dp * a->cp
          : 1;
  if (!a->tp) a->tp = a->gpus > 0 && a->gpus % others == 0 ? a->gpus / others : 1;
  if (!a->gpus) a->gpus = a->tp * others;
  check_layout(ctx, a);
  const bool adds_up = a->tp * others == a->gpus && (named->in_all <= 1 || named->in_all == a->gpus);
  if (!adds_up) {
    wb_text product = {.ctx = ctx};
    wb_text_addf(&product, "%lld × %lld × %lld × %lld", (long long)a->tp, (long long)a->pp, (long long)a->dp,
                 (long long)a->cp);
    WB_FAIL(ctx, WB_SERVING_LAYOUT, WB_NOWHERE, wb_text_str(&product), wb_i128_str(ctx, a->gpus),
            wb_i128_str(ctx, named->in_all ? named->in_all : a->gpus));
  }
  if (a->tp % a->dcp) WB_FAIL(ctx, WB_SERVING_DCP, WB_NOWHERE, wb_i128_str(ctx, a->dcp), wb_i128_str(ctx, a->tp));
  s->layout = (wb_layout){(uint32_t)a->tp, (uint32_t)a->pp,  (uint32_t)a->dp,
                          (uint32_t)a->cp, (uint32_t)a->dcp, a->expert_parallel};
}

static void set_cards(wb_serving *s, const named_cards *named) {
  s->cards = WB_NEWN(&s->model->ctx, wb_card, (size_t)s->asked.gpus);
  size_t n = 0;
  for (size_t k = 0; k < named->count; k++)
    for (wb_i128 i = 0; i < named->counts[k] && n < (size_t)s->asked.gpus; i++) s->cards[n++] = named->kinds[k];
  for (; n < (size_t)s->asked.gpus; n++) s->cards[n] = named->count ? named->kinds[0] : wb_card_of_bytes(0);
}

/* ---- dtypes ---- */

/* The file that an engine's converter makes of the checkpoint: llama.cpp keeps the blocks of MXFP4. */
static wb_str converted(wb_model *m, const wb_engine *engine) {
  const wb_str file = wb_engine_text(m, engine, "file_type");
  if (!file.len || !wb_engine_text(m, engine, "file_type_of_mxfp4").len) return file;
  const wb_loaded stored = wb_loaded_as(m, WB_STR(""), WB_STR(""), false);
  return wb_str_is(wb_loaded_name(&stored), "mxfp4") ? wb_engine_text(m, engine, "file_type_of_mxfp4") : file;
}

/* What an engine serves a float32 model, or one whose configuration does not say, in where it is not told; empty: as
 * it is. */
static wb_str halved(wb_model *m, const wb_engine *engine) {
  const wb_str unnamed = m->dtype_given ? WB_STR("") : wb_engine_text(m, engine, "unnamed_as");
  if (unnamed.len) return unnamed;
  return wb_str_is(m->dtype, "float32") ? wb_engine_text(m, engine, "float32_as") : WB_STR("");
}

/* What the weights may be asked to be held in where no other format is named. */
static bool is_format(wb_model *m, wb_str name) {
  bool imatrix;
  return wb_weights_known(name) || wb_gguf_file_asked(wb_gguf_recipe_read(&m->ctx), name, &imatrix);
}

/* Weights in eight bits or less are computed with in the model's dtype. */
static void set_weights(wb_serving *s) {
  wb_model *m = s->model;
  const weigh_serving *a = &s->asked;
  const wb_engine engine = wb_engine_new(m, s->engine, s->options, s->option_count);
  const wb_str half = a->dtype ? WB_STR("") : halved(m, &engine);
  const wb_str dtype = a->dtype ? wb_dtype_name(wb_str_of(a->dtype)) : half.len ? half : m->dtype;
  s->dtype = dtype.len && wb_dtype_bytes(dtype) > 1 ? dtype : m->dtype;
  if (a->dtype && !dtype.len && (a->quant || !is_format(m, wb_str_of(a->dtype))))
    WB_FAIL(&m->ctx, WB_PASS_DTYPE, WB_NOWHERE, wb_str_of(a->dtype));
  const wb_str rest = a->quant && a->dtype ? dtype : WB_STR("");
  wb_str asked = wb_str_of(a->quant ? a->quant : a->dtype);
  const wb_str file = asked.len ? wb_engine_text(m, &engine, "file_type") : converted(m, &engine);
  if (!asked.len) asked = file;
  s->loaded = wb_loaded_as(m, asked, rest, file.len > 0);
  if (!asked.len && half.len && !wb_loaded_quantized(&s->loaded)) s->loaded = wb_loaded_as(m, half, rest, false);
  s->loaded.with_mtp = a->with_mtp;
  if (!m->dtype_given && !a->dtype && wb_loaded_quantized(&s->loaded)) s->dtype = WB_STR("bfloat16");
}

static void set_dtypes(wb_serving *s) {
  wb_model *m = s->model;
  const weigh_serving *a = &s->asked;
  set_weights(s);
  if (a->state_dtype) {
    s->rules.state_dtype = wb_dtype_name(wb_str_of(a->state_dtype));
    if (!s->rules.state_dtype.len) WB_FAIL(&m->ctx, WB_PASS_DTYPE, WB_NOWHERE, wb_str_of(a->state_dtype));
  } else {
    s->rules.state_dtype = WB_STR("");
  }
}

static void find_engine(wb_serving *s) {
  wb_model *m = s->model;
  const weigh_serving *a = &s->asked;
  s->engine = wb_engine_find(m->lib, &m->ctx, wb_str_of(a->engine ? a->engine : "generic"));
  s->options = wb_engine_options(&m->ctx, s->engine, a->engine_options, a->engine_option_count);
  s->option_count = a->engine_option_count;
  const wb_engine engine = wb_engine_new(m, s->engine, s->options, s->option_count);
  s->by_layers = wb_str_is(wb_engine_text(m, &engine, "parallel"), "layers");
  const wb_i128 layers = wb_engine_whole(m, &engine, "n_gpu_layers", -1);
  if (layers < 0 || a->has_gpu_layers) return;
  s->asked.has_gpu_layers = true;
  s->asked.gpu_layers = layers > PARALLEL_MOST ? PARALLEL_MOST : (weigh_count)layers;
}

wb_serving *wb_serving_asked(wb_model *m, const weigh_serving *asked) {
  wb_ctx *ctx = &m->ctx;
  wb_serving *s = WB_NEW(ctx, wb_serving);
  s->model = m;
  s->asked = *asked;
  set_lengths(s);
  find_engine(s);
  const named_cards named = read_cards(s);
  set_layout(s, &named);
  set_cards(s, &named);
  set_dtypes(s);
  return s;
}
