#include "report/memory.h"

#define LOAD 40

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

static void line(wb_out *out, wb_message_id id, size_t count, const wb_str *args) {
  wb_text_adds(&out->text, "  ");
  wb_out_message(out, id, count, args);
  wb_text_addc(&out->text, '\n');
}

static void write_verdict(wb_out *out, const wb_memory_facts *f) {
  wb_ctx *ctx = out->text.ctx;
  const wb_card *card = &f->serving->places[f->worst].card;
  wb_str args[5] = {wb_str_fmt(ctx, "%lld", (long long)f->serving->asked.gpus), card->name,
                    wb_gib(ctx, card->usable_bytes), wb_gib(ctx, f->reserve), wb_gib(ctx, f->loads[f->worst].all.best)};
  line(out, f->fits ? WB_NOTE_FITS : WB_NOTE_DOES_NOT_FIT, 5, args);
  write_load(out, f);
  wb_str reach[4] = {wb_out_number(out, f->max_context), wb_out_number(out, f->serving->in_all),
                     wb_out_number(out, f->max_sequences), wb_out_number(out, f->serving->longest)};
  line(out, WB_NOTE_REACH, 4, reach);
}

/* The lines that the engine itself prints. */
static void write_pool(wb_out *out, const wb_memory_facts *f) {
  wb_ctx *ctx = out->text.ctx;
  const wb_str name = f->serving->engine->name->name;
  const wb_pool *p = &f->pool;
  wb_text_addf(&out->text, "  %.*s: Available KV cache memory: %.*s GiB\n", WB_STR_ARG(name),
               WB_STR_ARG(wb_gib(ctx, p->bytes)));
  if (p->tokens)
    wb_text_addf(&out->text, "  %.*s: GPU KV cache size: %.*s tokens\n", WB_STR_ARG(name),
                 WB_STR_ARG(wb_out_number(out, p->tokens)));
  if (p->paged)
    wb_text_addf(&out->text, "  %.*s: Maximum concurrency for %.*s tokens per request: %.2fx\n", WB_STR_ARG(name),
                 WB_STR_ARG(wb_out_number(out, f->serving->longest)), p->pages.concurrency);
  else if (!p->tokens) wb_text_addf(&out->text, "  %s\n", wb_out_label(out, WB_NOTE_NOT_PAGED));
}

void wb_memory_text(wb_out *out, const wb_memory_facts *f, bool first_screen) {
  wb_ctx *ctx = out->text.ctx;
  (void)first_screen;
  wb_text_addf(&out->text, "%.*s\n", WB_STR_ARG(f->model->name));
  wb_out_warnings(out, f->model);
  wb_str args[4] = {wb_out_number(out, f->serving->in_all), wb_out_number(out, f->serving->longest),
                    wb_loaded_name(&f->serving->loaded), f->serving->rules.type.name};
  line(out, WB_NOTE_SERVING, 4, args);
  if (f->has_card) write_verdict(out, f);
  if (f->has_pool) write_pool(out, f);
  if (f->host) {
    wb_str bytes = wb_gib(ctx, f->host);
    line(out, WB_NOTE_HOST, 1, &bytes);
  }
  wb_text_addc(&out->text, '\n');
  wb_memory_table(out, f);
}
