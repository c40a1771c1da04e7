#include "estimate/pass.h"

#include <string.h>

#include "expr/eval.h"

#define DEFAULT_PROMPT 1024
#define LARGEST        ((wb_i128)1 << 40) /* tokens, sequences, pixels: beyond it is a slip */

static const char *const PHASES[] = {"forward", "prefill", "decode", "backward", "train", "step"};
const char *wb_phase_name(weigh_phase phase) { return PHASES[phase]; }

/* ---- what was asked ---- */

static void check_count(wb_model *m, const char *option, wb_i128 value, wb_i128 least) {
  if (value >= least && value <= LARGEST) return;
  wb_text found = {.ctx = &m->ctx}, wanted = {.ctx = &m->ctx};
  wb_i128_print(&found, value);
  wb_i128_print(&wanted, least);
  WB_FAIL(&m->ctx, WB_PASS_COUNT, WB_NOWHERE, wb_str_of(option), wb_text_str(&found), wb_text_str(&wanted));
}

static wb_num part_of(wb_model *m, wb_str mix, wb_str text) {
  wb_num out;
  if (!wb_num_parse(wb_str_trim(text), &out) || out.den != 1 || out.num < 0 || out.num > LARGEST)
    WB_FAIL(&m->ctx, WB_PASS_MIX, WB_NOWHERE, mix);
  return out;
}

static size_t position_of(wb_str text, char c) {
  const char *found = text.len ? memchr(text.ptr, c, text.len) : NULL;
  return found ? (size_t)(found - text.ptr) : text.len;
}

/* "4x128@4096": count, new tokens, cached tokens; the count may be left out, and so may the cached ones. */
static void read_group(wb_model *m, wb_str mix, wb_str text, wb_num out[3]) {
  size_t at = position_of(text, '@'), x = position_of(text, 'x');
  wb_str sequences = wb_str_slice(text, 0, at);
  out[0] = x < at ? part_of(m, mix, wb_str_slice(sequences, 0, x)) : wb_num_int(1);
  out[1] = part_of(m, mix, x < at ? wb_str_slice(sequences, x + 1, at) : sequences);
  out[2] = at < text.len ? part_of(m, mix, wb_str_slice(text, at + 1, text.len)) : wb_num_int(0);
}

static void read_mix(wb_model *m, wb_pass *pass, wb_str mix) {
  for (wb_str rest = mix; rest.len;) {
    size_t comma = position_of(rest, ',');
    if (pass->sequence_count == sizeof pass->sequences / sizeof *pass->sequences)
      WB_FAIL(&m->ctx, WB_PASS_MIX, WB_NOWHERE, mix);
    read_group(m, mix, wb_str_slice(rest, 0, comma), pass->sequences[pass->sequence_count++]);
    rest = comma < rest.len ? wb_str_slice(rest, comma + 1, rest.len) : WB_STR("");
  }
  if (!pass->sequence_count) WB_FAIL(&m->ctx, WB_PASS_MIX, WB_NOWHERE, mix);
}

wb_pass wb_pass_new(wb_model *m, const weigh_pass *asked) {
  wb_pass pass = {.asked = *asked, .dtype = m->dtype};
  weigh_pass *a = &pass.asked;
  if (!a->batch) a->batch = 1;
  if (!a->prompt) a->prompt = DEFAULT_PROMPT;
  if (!a->has_depth) a->depth = a->prompt;
  const struct {
    const char *option;
    weigh_count value, least;
  } counts[] = {{"--batch", a->batch, 1},
                {"--prompt", a->prompt, 1},
                {"--depth", a->depth, 0},
                {"--images", a->images, 0},
                {"--image-size", a->image_height, 0},
                {"--image-size", a->image_width, 0},
                {"--video-frames", a->video_frames, 0},
                {"--audio-seconds", a->audio_milliseconds, 0}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    check_count(m, counts[i].option, counts[i].value, counts[i].least);
  if (a->mix) read_mix(m, &pass, wb_str_of(a->mix));
  if (a->dtype) pass.dtype = wb_dtype_name(wb_str_of(a->dtype));
  if (!pass.dtype.len || !wb_dtype_bytes(pass.dtype))
    WB_FAIL(&m->ctx, WB_PASS_DTYPE, WB_NOWHERE, wb_str_of(a->dtype ? a->dtype : ""));
  pass.dtype_bytes = wb_num_int((wb_i128)wb_dtype_bytes(pass.dtype));
  return pass;
}

wb_compute_options wb_pass_options(wb_model *m, const wb_pass *pass) {
  const weigh_pass *a = &pass->asked;
  wb_str *frozen = WB_NEWN(&m->ctx, wb_str, a->frozen_count);
  for (size_t i = 0; i < a->frozen_count; i++) frozen[i] = wb_str_of(a->frozen[i]);
  return (wb_compute_options){.path = a->absorbed ? WB_STR("absorbed") : WB_STR("expanded"),
                              .with_mtp = a->with_mtp,
                              .frozen = frozen,
                              .frozen_count = a->frozen_count};
}

/* ---- the workload's numbers ---- */

/* A decoded token sees what was cached; images and sources were read when the cache was filled. */
void wb_pass_open(const wb_pass *pass, size_t which, wb_num open[WB_Q_COUNT]) {
  const weigh_pass *a = &pass->asked;
  const bool decode = a->phase == WEIGH_PHASE_DECODE, mixed = pass->sequence_count > 0;
  const bool last = a->last_logits || a->phase == WEIGH_PHASE_PREFILL;
  wb_num new_tokens = mixed ? pass->sequences[which][1] : wb_num_int(decode ? 1 : a->prompt);
  open[WB_Q_BATCH] = mixed ? pass->sequences[which][0] : wb_num_int(a->batch);
  open[WB_Q_NEW] = new_tokens;
  open[WB_Q_PAST] = mixed ? pass->sequences[which][2] : wb_num_int(decode ? a->depth : 0);
  open[WB_Q_SOURCE] = wb_num_int(decode ? 0 : a->prompt);
  open[WB_Q_PAST_SOURCE] = wb_num_int(decode ? a->prompt : 0);
  open[WB_Q_LOGITS] = wb_num_int(last ? 1 : LARGEST); /* at most as many as there are positions */
  open[WB_Q_IMAGES] = wb_num_int(decode ? 0 : a->images);
  open[WB_Q_PAST_IMAGES] = wb_num_int(decode ? a->images : 0);
  open[WB_Q_IMAGE_HEIGHT] = wb_num_int(a->image_height);
  open[WB_Q_IMAGE_WIDTH] = wb_num_int(a->image_width);
  open[WB_Q_VIDEO_FRAMES] = wb_num_int(decode ? 0 : a->video_frames);
  open[WB_Q_AUDIO_SECONDS] = wb_num_int(0);
  if (!decode) wb_num_div(wb_num_int(a->audio_milliseconds), wb_num_int(1000), &open[WB_Q_AUDIO_SECONDS]);
  open[WB_Q_UNMASKED] = wb_num_int(a->unmasked_pairs);
}

/* ---- the forms' numbers ---- */

static bool at(const wb_value *value, const wb_num *atoms, wb_num *out) {
  *out = value->u.num;
  return value->kind != WB_FORM || wb_form_at(value->u.form, atoms, out);
}

static void plus(wb_ctx *ctx, wb_value *sum, const wb_value *value, wb_num factor) {
  wb_value times = wb_number(factor), part = wb_binary(ctx, WB_NOWHERE, WB_OP_MUL, value, &times);
  *sum = wb_binary(ctx, WB_NOWHERE, WB_OP_ADD, sum, &part);
}

static void plus_moves(wb_ctx *ctx, wb_value *out, const wb_moves *moves, wb_num bytes) {
  plus(ctx, &out[0], &moves->weights.elements, bytes);
  plus(ctx, &out[0], &moves->weights.bytes, wb_num_int(1));
  plus(ctx, &out[1], &moves->reads, bytes);
  plus(ctx, &out[2], &moves->writes, bytes);
  plus(ctx, &out[2], &moves->gradients.elements, bytes);
  plus(ctx, &out[2], &moves->gradients.bytes, wb_num_int(1));
}

void wb_pass_figures(wb_ctx *ctx, const wb_cost *cost, const wb_pass *pass, wb_value out[WB_PASS_FIGURES]) {
  const weigh_pass *asked = &pass->asked;
  const bool backward = asked->phase >= WEIGH_PHASE_BACKWARD, forward = asked->phase != WEIGH_PHASE_BACKWARD;
  for (int i = 0; i < WB_PASS_FIGURES; i++) out[i] = wb_integer(0);
  for (int i = 0; i < WB_FLOP_KINDS; i++) {
    if (forward) plus(ctx, &out[i], &cost->forward[i], wb_num_int(1));
    if (backward) plus(ctx, &out[i], &cost->backward[i], wb_num_int(1));
    if (backward && asked->checkpointing) plus(ctx, &out[i], &cost->again[i], wb_num_int(1));
  }
  if (backward && asked->fused_attention) plus(ctx, &out[WB_ATTENTION], &cost->recompute, wb_num_int(1));
  if (asked->phase == WEIGH_PHASE_STEP) {
    plus(ctx, &out[WB_OTHER_FLOPS], &cost->update, wb_num_int(1));
    plus(ctx, &out[WB_FLOP_KINDS + 1], &cost->update_reads, pass->dtype_bytes);
    plus(ctx, &out[WB_FLOP_KINDS + 2], &cost->update_writes, pass->dtype_bytes);
  }
  if (forward) plus_moves(ctx, &out[WB_FLOP_KINDS], &cost->forward_moves, pass->dtype_bytes);
  if (backward) plus_moves(ctx, &out[WB_FLOP_KINDS], &cost->backward_moves, pass->dtype_bytes);
}

static bool work_at(const wb_value figures[WB_PASS_FIGURES], const wb_num *atoms, wb_work *out) {
  wb_num *const numbers[WB_PASS_FIGURES] = {&out->flops[0],     &out->flops[1],   &out->flops[2],     &out->flops[3],
                                            &out->weight_bytes, &out->read_bytes, &out->written_bytes};
  for (int i = 0; i < WB_PASS_FIGURES; i++)
    if (!at(&figures[i], atoms, numbers[i])) return false;
  return true;
}

static bool add_work(wb_work *sum, const wb_work *more) {
  for (int i = 0; i < WB_FLOP_KINDS; i++)
    if (!wb_num_add(sum->flops[i], more->flops[i], &sum->flops[i])) return false;
  return wb_num_add(sum->read_bytes, more->read_bytes, &sum->read_bytes) &&
         wb_num_add(sum->written_bytes, more->written_bytes, &sum->written_bytes);
}

static _Noreturn void overflow(wb_model *m) { WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+")); }

/* Tokens of all sequences in one pass read the weights once: as one sequence of as many tokens would. */
static void all_tokens(const wb_pass *pass, wb_num open[WB_Q_COUNT]) {
  wb_num all = wb_num_int(0);
  for (size_t i = 0; i < pass->sequence_count; i++) {
    wb_num tokens;
    if (wb_num_mul(pass->sequences[i][0], pass->sequences[i][1], &tokens)) wb_num_add(all, tokens, &all);
  }
  wb_pass_open(pass, 0, open);
  open[WB_Q_BATCH] = all;
  open[WB_Q_NEW] = wb_num_int(1);
}

wb_work wb_pass_total(wb_model *m, const wb_cost *cost, const wb_pass *pass) {
  wb_num open[WB_Q_COUNT];
  const size_t groups = pass->sequence_count ? pass->sequence_count : 1;
  wb_work sum, one;
  wb_value figures[WB_PASS_FIGURES];
  wb_pass_figures(&m->ctx, cost, pass, figures);
  wb_num *atoms = WB_NEWN(&m->ctx, wb_num, m->forms->count);
  for (size_t i = 0; i < groups; i++) {
    wb_pass_open(pass, i, open);
    if (!wb_forms_atoms(m->forms, open, atoms) || !work_at(figures, atoms, &one)) overflow(m);
    if (i == 0) sum = one;
    else if (!add_work(&sum, &one)) overflow(m);
  }
  if (groups == 1) return sum;
  all_tokens(pass, open);
  if (!wb_forms_atoms(m->forms, open, atoms) || !work_at(figures, atoms, &one)) overflow(m);
  sum.weight_bytes = one.weight_bytes;
  return sum;
}

/* Whether a forward pass with one of them differs from one without. */
static bool is_read(wb_model *m, const wb_cost *cost, const wb_pass *with, weigh_count *option) {
  const weigh_count asked = *option;
  const wb_work one = wb_pass_total(m, cost, with);
  *option = 0;
  const wb_work other = wb_pass_total(m, cost, with);
  *option = asked;
  return memcmp(&one, &other, sizeof one) != 0; /* numbers are in lowest terms */
}

void wb_pass_warn(wb_model *m, const wb_cost *cost, const wb_pass *pass) {
  wb_pass forward = *pass;
  weigh_pass *a = &forward.asked;
  a->phase = WEIGH_PHASE_FORWARD; /* what was cached needs no picture any more */
  const struct {
    const char *name;
    weigh_count *count;
  } options[] = {{"images", &a->images}, {"video-frames", &a->video_frames}, {"audio-seconds", &a->audio_milliseconds}};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
    const wb_str name = wb_str_of(options[i].name);
    if (*options[i].count && !is_read(m, cost, &forward, options[i].count))
      wb_model_warn(m, WB_NOTHING_READS, 1, &name);
  }
}

bool wb_work_total(const wb_pass *pass, const wb_work *work, wb_num *out) {
  *out = wb_num_int(0);
  for (int i = 0; i < WB_FLOP_KINDS; i++) {
    if (i == WB_OTHER_FLOPS && !pass->asked.with_elementwise) continue;
    if (!wb_num_add(*out, work->flops[i], out)) return false;
  }
  return true;
}
