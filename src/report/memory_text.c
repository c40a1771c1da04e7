/* The screen of weigh memory and weigh fit: at most 40 lines. */
#include "estimate/launch.h"
#include "estimate/price.h"
#include "report/memory.h"
#include "report/method.h"

#define LOAD 40

void wb_memory_line(wb_out *out, wb_message_id id, size_t count, const wb_str *args) {
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, id, count, args);
  wb_text_addc(&out->text, '\n');
}

/* The load against what a process can use, the budget as a mark. */
static void write_load(wb_out *out, const wb_memory_facts *f) {
  const double usable = (double)f->serving->places[f->worst].card.usable_bytes;
  const double used = (double)f->loads[f->worst].all.best / usable;
  const int full = used >= 1 ? LOAD : (int)(used * LOAD + 0.5);
  const int mark = (int)((double)f->loads[f->worst].budget / usable * LOAD);
  wb_text_adds(&out->text, "  [");
  for (int i = 0; i < LOAD; i++) wb_text_adds(&out->text, i < full ? "█" : i == mark ? "|" : "·");
  wb_text_addf(&out->text, "] %.1f %%\n", 100 * used);
}

/* "2 × H100 SXM5 80GB"; unequal cards as they were named. */
static wb_str machine(const wb_memory_facts *f) {
  const wb_serving *s = f->serving;
  for (weigh_count i = 1; i < s->asked.gpus; i++)
    if (!wb_str_eq(s->cards[i].name, s->cards[0].name)) return wb_str_of(s->asked.gpu);
  return wb_str_fmt(&f->model->ctx, "%lld × %.*s", (long long)s->asked.gpus, WB_STR_ARG(s->cards[0].name));
}

static void write_verdict(wb_out *out, const wb_memory_facts *f) {
  wb_ctx *ctx = out->text.ctx;
  const wb_card *card = &f->serving->places[f->worst].card;
  wb_str args[4] = {machine(f), wb_gib(ctx, card->usable_bytes), wb_gib(ctx, f->reserve),
                    wb_gib(ctx, f->loads[f->worst].all.best)};
  if (out->options->color) wb_text_adds(&out->text, f->fits ? "\033[32m" : "\033[31m");
  wb_memory_line(out, f->fits ? WB_NOTE_FITS : WB_NOTE_DOES_NOT_FIT, 4, args);
  write_load(out, f);
  if (out->options->color) wb_text_adds(&out->text, "\033[0m");
  if (f->serving->place_count > 1 && f->serving->asked.gpus > 1) {
    const uint32_t stage = f->worst - wb_memory_first(f);
    wb_str fullest[3] = {wb_str_fmt(ctx, "%lld", (long long)stage * f->serving->asked.gpus / f->serving->layout.pp),
                         wb_str_fmt(ctx, "%u", stage + 1), wb_str_fmt(ctx, "%u", f->serving->layout.pp)};
    wb_memory_line(out, WB_NOTE_FULLEST, 3, fullest);
  }
  const wb_i128 longest = wb_launch_longest(f->model);
  wb_str reach[5] = {wb_out_reach(out, f->max_context), wb_out_number(out, f->serving->in_all),
                     wb_out_reach(out, f->max_sequences), wb_out_number(out, f->serving->longest),
                     wb_out_number(out, longest)};
  wb_memory_line(out, longest && f->max_context > longest ? WB_NOTE_REACH_BEYOND : WB_NOTE_REACH, 5, reach);
}

/* The lines that the engine itself prints. */
static void write_pool(wb_out *out, const wb_memory_facts *f) {
  wb_ctx *ctx = out->text.ctx;
  const wb_str name = f->serving->engine->name->name;
  const wb_pool *p = &f->pool;
  wb_text_addf(&out->text, "  %.*s: Available KV cache memory: %.*s GiB", WB_STR_ARG(name),
               WB_STR_ARG(wb_gib(ctx, p->bytes)));
  if (p->tokens)
    wb_text_addf(&out->text, "; GPU KV cache size: %.*s tokens", WB_STR_ARG(wb_out_number(out, p->tokens)));
  wb_text_addc(&out->text, '\n');
  if (p->paged)
    wb_text_addf(&out->text, "  %.*s: Maximum concurrency for %.*s tokens per request: %.2fx\n", WB_STR_ARG(name),
                 WB_STR_ARG(wb_out_number(out, f->serving->longest)), p->pages.concurrency);
  else if (p->bytes <= 0) wb_memory_line(out, WB_NOTE_NO_POOL, 0, NULL);
  else if (p->unequal) wb_memory_line(out, WB_NOTE_NOT_PAGED, 0, NULL);
}

static void write_assumed(wb_out *out, const wb_memory_facts *f) {
  wb_ctx *ctx = out->text.ctx;
  const weigh_serving *a = &out->options->serving;
  const wb_text none = {.ctx = ctx};
  wb_text text = none;
  const struct {
    bool assumed;
    const char *name;
    wb_str value;
  } defaults[] = {
      {!a->context && !a->prompt && !a->output && !a->mix, "--context", wb_out_number(out, f->serving->longest)},
      {!a->sequences && !a->mix, "--sequences", wb_out_number(out, f->serving->in_all)},
      {!a->quant && !a->dtype, "--quant", wb_loaded_name(&f->serving->loaded)},
      {!a->kv_dtype, "--kv-dtype", f->serving->rules.type.name},
      {!a->engine, "--engine", f->serving->engine->name->name}};
  for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
    if (defaults[i].assumed)
      wb_text_addf(&text, "%s%s %.*s", text.len ? ", " : "", defaults[i].name, WB_STR_ARG(defaults[i].value));
  wb_str args[1] = {wb_text_str(&text)};
  wb_text_addc(&out->text, '\n');
  if (text.len) wb_memory_line(out, WB_NOTE_ASSUMED, 1, args);
  wb_memory_line(out, WB_NOTE_NOT_MODELLED, 0, NULL);
}

/* How to start it, and what it costs by the hour where that is known. */
static void write_launch(wb_out *out, const wb_memory_facts *f) {
  wb_ctx *ctx = out->text.ctx;
  const wb_serving *s = f->serving;
  wb_price p;
  wb_str command = wb_launch_text(ctx, s);
  if (command.len) wb_memory_line(out, WB_NOTE_COMMAND, 1, &command);
  if (!f->has_card || !wb_price_of_cards(ctx, s->cards, (size_t)s->asked.gpus, &p)) return;
  wb_str args[4] = {wb_str_fmt(ctx, "%.2f", p.usd_per_hour), wb_str_fmt(ctx, "%lld", (long long)p.cards), p.provider,
                    p.as_of};
  wb_memory_line(out, WB_NOTE_PRICE, 4, args);
}

void wb_memory_text(wb_out *out, const wb_memory_facts *f, bool first_screen) {
  wb_ctx *ctx = out->text.ctx;
  wb_text_addf(&out->text, "%.*s\n", WB_STR_ARG(f->model->name));
  wb_out_warnings(out, f->model);
  wb_str args[4] = {wb_out_number(out, f->serving->in_all), wb_out_number(out, f->serving->longest),
                    wb_loaded_name(&f->serving->loaded), f->serving->rules.type.name};
  wb_memory_line(out, WB_NOTE_SERVING, 4, args);
  if (f->has_card) write_verdict(out, f);
  if (f->has_pool && (f->has_card || f->pool.bytes > 0)) write_pool(out, f);
  if (f->host) {
    wb_str bytes = wb_gib(ctx, f->host);
    wb_memory_line(out, WB_NOTE_HOST, 1, &bytes);
  }
  if (first_screen && out->options->serving.gpu) wb_write_speed_line(out, f->model, &out->options->serving);
  wb_text_addc(&out->text, '\n');
  wb_memory_table(out, f);
  const wb_i128 kept = f->loads[f->worst].parts[WB_PART_KV_CACHE].best + f->loads[f->worst].parts[WB_PART_STATE].best;
  if (f->config_kv > kept + kept / 10 || f->config_kv < kept - kept / 10) {
    wb_str method[2] = {wb_gib(ctx, f->config_kv), wb_gib(ctx, kept)};
    if (f->config_kv && f->serving->layout.pp == 1 && !wb_memory_first(f))
      wb_memory_line(out, WB_NOTE_CONFIG_KV, 2, method);
  }
  if (f->method) {
    wb_given_option given[WB_MEMORY_GIVEN];
    wb_write_asked_method(out, f->method);
    wb_write_ignored(out, f->method->result, given, wb_memory_given(&out->options->serving, given));
  }
  if (!first_screen) return;
  wb_memory_whatif_text(out, f);
  write_assumed(out, f);
  write_launch(out, f);
}
