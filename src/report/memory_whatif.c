/* What if: other formats, knobs that make room, other cards. */
#include "estimate/speed.h"
#include "estimate/whatif.h"
#include "report/memory.h"

#define RANKED 10
#define MOST   8 /* cards of a kind in the ranking */

static const wb_column CHOICES[] = {{"format", WB_LABEL_FORMAT, false},
                                    {"bits", WB_LABEL_BITS, true},
                                    {"weights_gib", WB_LABEL_WEIGHTS, true},
                                    {"device_gib", WB_LABEL_ON_DEVICE, true},
                                    {"fits", WB_LABEL_FITS, false},
                                    {"max_context", WB_LABEL_MAX_CONTEXT, true},
                                    {"max_sequences", WB_LABEL_MAX_SEQUENCES, true},
                                    {"max_context_2", WB_LABEL_MAX_CONTEXT_8, true},
                                    {"max_sequences_2", WB_LABEL_MAX_SEQUENCES_8, true}};

#define SCREEN  40
/* Lines after the table: the best, changes, what is assumed, how to start it; one more where it does not fit. */
#define BELOW   12
#define CHANGES 4

/* Rows of the table that keep the screen within its lines; the least usual formats come last. */
static size_t room_for_choices(const wb_out *out, const wb_memory_facts *f) {
  size_t lines = BELOW + !f->fits + 2;
  for (size_t i = 0; i < out->text.len; i++) lines += out->text.ptr[i] == '\n';
  return lines + 3 < SCREEN ? SCREEN - lines : 3;
}

static void choices_table(wb_out *out, const wb_choices *all, size_t most) {
  wb_ctx *ctx = out->text.ctx;
  const bool marks = out->options->format == WEIGH_FORMAT_TEXT;
  const size_t columns = all->caches[1].len ? 9 : 7;
  wb_table table = {ctx, CHOICES, columns, NULL, 0, 0};
  for (size_t i = 0; i < all->count && i < most; i++) {
    const wb_choice *c = &all->items[i];
    wb_table_cell(&table, wb_str_fmt(ctx, "%s%.*s", c->is_asked && marks ? "*" : "", WB_STR_ARG(c->quant)));
    wb_table_cell(&table, wb_str_fmt(ctx, "%.2f", c->bits));
    wb_table_cell(&table, wb_gib(ctx, c->weights));
    wb_table_cell(&table, wb_gib(ctx, c->device));
    wb_table_cell(&table, wb_str_of(wb_out_label(out, c->fits ? WB_LABEL_YES : WB_LABEL_NO)));
    for (size_t k = 0; k < (columns - 5) / 2; k++) {
      wb_table_cell(&table, wb_out_reach(out, c->max_context[k]));
      wb_table_cell(&table, wb_out_reach(out, c->max_sequences[k]));
    }
  }
  wb_table_write(out, &table);
}

static void write_choices(wb_out *out, const wb_memory_facts *f) {
  const wb_choices all = wb_whatif_choices(f->serving);
  const size_t most = room_for_choices(out, f);
  wb_text_addc(&out->text, '\n');
  choices_table(out, &all, most);
  int cache;
  const wb_choice *best = f->fits ? NULL : wb_whatif_best(f->serving, &all, &cache);
  if (!best) return;
  wb_str args[2] = {best->quant, all.caches[cache]};
  wb_memory_line(out, WB_NOTE_BEST, 2, args);
}

static void write_changes(wb_out *out, const wb_memory_facts *f) {
  wb_ctx *ctx = out->text.ctx;
  size_t count;
  const wb_change *changes = wb_whatif_changes(f->serving, &count);
  if (!count) return;
  wb_text_addc(&out->text, '\n');
  wb_memory_line(out, WB_NOTE_CHANGES, 0, NULL);
  for (size_t i = 0; i < count && i < CHANGES; i++)
    wb_text_addf(&out->text, "    %-32.*s  %8.*s GiB  %s\n", WB_STR_ARG(changes[i].text),
                 WB_STR_ARG(wb_gib(ctx, changes[i].saved)),
                 f->has_card && changes[i].fits && !f->fits ? wb_out_label(out, WB_NOTE_ENOUGH) : "");
}

/* ---- cards ---- */

static const wb_column CARDS[] = {{"gpu", WB_LABEL_NAME, false},
                                  {"gpus", WB_LABEL_CARDS, true},
                                  {"tp", WB_LABEL_TP, true},
                                  {"pp", WB_LABEL_PP, true},
                                  {"device_gib", WB_LABEL_ON_DEVICE, true},
                                  {"usable_gib", WB_LABEL_USABLE, true},
                                  {"usd_per_hour", WB_LABEL_USD_HOUR, true}};

static void card_row(wb_table *table, const wb_ranked *r) {
  wb_ctx *ctx = table->ctx;
  wb_table_cell(table, r->card.name);
  wb_table_cell(table, wb_str_fmt(ctx, "%lld", (long long)r->gpus));
  wb_table_cell(table, wb_str_fmt(ctx, "%u", r->layout.tp));
  wb_table_cell(table, wb_str_fmt(ctx, "%u", r->layout.pp));
  wb_table_cell(table, wb_gib(ctx, r->load.all.best));
  wb_table_cell(table, wb_gib(ctx, r->card.usable_bytes));
  wb_table_cell(table, r->price > 0 ? wb_str_fmt(ctx, "%.2f", r->price) : WB_STR(""));
}

static void cards_table(wb_out *out, const wb_ranked *ranked, size_t count) {
  wb_table table = {out->text.ctx, CARDS, sizeof CARDS / sizeof *CARDS, NULL, 0, 0};
  for (size_t i = 0; i < count; i++) card_row(&table, &ranked[i]);
  wb_table_write(out, &table);
}

static void write_cards(wb_out *out, const wb_memory_facts *f) {
  size_t count;
  const wb_ranked *ranked = wb_solve_rank(f->serving, MOST, RANKED, &count);
  const bool given = f->serving->layout_given;
  const wb_str most = wb_out_number(out, given ? f->serving->asked.gpus : MOST);
  wb_text_addc(&out->text, '\n');
  wb_memory_line(out, !count ? WB_NOTE_NO_CARD : given ? WB_NOTE_CARDS_GIVEN : WB_NOTE_CARDS, 1, &most);
  if (count) cards_table(out, ranked, count);
}

static void write_fewest(wb_out *out, const wb_memory_facts *f) {
  wb_layout layout;
  const wb_i128 gpus = wb_solve_fewest(f->serving, &f->serving->cards[0], &layout);
  if (!gpus) return;
  wb_ctx *ctx = out->text.ctx;
  wb_str args[4] = {wb_str_fmt(ctx, "%lld", (long long)gpus), f->serving->cards[0].name,
                    wb_str_fmt(ctx, "%u", layout.tp), wb_str_fmt(ctx, "%u", layout.pp)};
  wb_memory_line(out, WB_NOTE_FEWEST, 4, args);
}

void wb_memory_whatif_text(wb_out *out, const wb_memory_facts *f) {
  if (!f->has_card) {
    write_cards(out, f);
    return;
  }
  write_choices(out, f);
  write_changes(out, f);
  if (!f->fits) write_fewest(out, f);
}

/* Behind the components, set apart by an empty line. */
void wb_memory_whatif_tables(wb_out *out, const wb_memory_facts *f) {
  wb_text_addc(&out->text, '\n');
  if (f->has_card) {
    const wb_choices all = wb_whatif_choices(f->serving);
    choices_table(out, &all, SIZE_MAX);
    return;
  }
  size_t count;
  const wb_ranked *ranked = wb_solve_rank(f->serving, MOST, SIZE_MAX, &count);
  cards_table(out, ranked, count);
}

/* ---- JSON ---- */

static void json_best(wb_json_out *j, const wb_memory_facts *f, const wb_choices *all) {
  int cache;
  const wb_choice *best = f->has_card ? wb_whatif_best(f->serving, all, &cache) : NULL;
  if (!best) return;
  wb_jo_begin(j, "best", '{');
  wb_jo_str(j, "quant", best->quant);
  wb_jo_str(j, "kv_dtype", all->caches[cache]);
  wb_jo_end(j, '}');
}

static void json_choices(wb_json_out *j, const wb_memory_facts *f) {
  const wb_choices all = wb_whatif_choices(f->serving);
  wb_jo_begin(j, "choices", '[');
  for (size_t i = 0; i < all.count; i++)
    for (int k = 0; k < WB_CHOICE_CACHES && all.caches[k].len; k++) {
      const wb_choice *c = &all.items[i];
      wb_jo_begin(j, NULL, '{');
      wb_jo_str(j, "quant", c->quant);
      wb_jo_str(j, "kv_dtype", all.caches[k]);
      wb_jo_real(j, "bits_per_weight", c->bits);
      wb_jo_int(j, "weights_bytes", c->weights);
      if (!k) wb_jo_int(j, "device_bytes", c->device);
      if (f->has_card && !k) wb_jo_bool(j, "fits", c->fits);
      if (f->has_card) wb_json_reach(j, "max_context", c->max_context[k]);
      if (f->has_card) wb_json_reach(j, "max_sequences", c->max_sequences[k]);
      wb_jo_end(j, '}');
    }
  wb_jo_end(j, ']');
  json_best(j, f, &all);
}

static void json_changes(wb_json_out *j, const wb_memory_facts *f) {
  size_t count;
  const wb_change *changes = wb_whatif_changes(f->serving, &count);
  wb_jo_begin(j, "changes", '[');
  for (size_t i = 0; i < count; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "option", changes[i].text);
    wb_jo_int(j, "saved_bytes", changes[i].saved);
    if (f->has_card) wb_jo_bool(j, "fits", changes[i].fits);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_cards(wb_json_out *j, const wb_memory_facts *f) {
  size_t count;
  const wb_ranked *ranked = wb_solve_rank(f->serving, MOST, SIZE_MAX, &count);
  wb_str names[WB_MAX_PARTS];
  const size_t parts = wb_serving_parts(f->serving, names);
  wb_jo_begin(j, "cards", '[');
  for (size_t i = 0; i < count; i++) {
    const wb_ranked *r = &ranked[i];
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "gpu", r->card.name);
    wb_jo_int(j, "gpus", r->gpus);
    wb_jo_int(j, "tp", r->layout.tp);
    wb_jo_int(j, "pp", r->layout.pp);
    wb_jo_int(j, "device_bytes", r->load.all.best);
    wb_jo_int(j, "low_bytes", r->load.all.low);
    wb_jo_int(j, "high_bytes", r->load.all.high);
    wb_jo_int(j, "budget_bytes", r->load.budget);
    wb_json_load_parts(j, names, parts, &r->load);
    if (r->price > 0) wb_jo_real(j, "usd_per_hour", r->price);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void json_interval(wb_json_out *j, const char *name, wb_interval value) {
  wb_jo_begin(j, name, '{');
  wb_jo_real(j, "low", value.low);
  wb_jo_real(j, "best", value.best);
  wb_jo_real(j, "high", value.high);
  wb_jo_end(j, '}');
}

/* Bounds of speed, as weigh speed gives them with their reasons. */
static void json_speed(wb_json_out *j, const wb_memory_facts *f) {
  wb_speed_lengths lengths;
  wb_speed_answer answer;
  if (f->serving->places[f->worst].card.bandwidth <= 0 || !f->serving->asked.gpu) return;
  const wb_speed *speed = wb_speed_of(f->serving, &lengths);
  if (!wb_speed_at(speed, lengths.sequences, lengths.middle, lengths.prompt, &answer)) return;
  if (answer.step.bound == WB_BOUND_UNKNOWN) return;
  wb_jo_begin(j, "speed", '{');
  json_interval(j, "time_to_first_token_s", answer.first_token_s);
  json_interval(j, "tokens_per_second_per_sequence", answer.per_sequence);
  json_interval(j, "tokens_per_second", answer.total);
  wb_jo_str(j, "bound", wb_str_of(wb_bound_name(answer.step.bound)));
  wb_jo_end(j, '}');
}

void wb_memory_whatif_json(wb_json_out *j, const wb_memory_facts *f) {
  wb_layout layout;
  json_choices(j, f);
  json_changes(j, f);
  json_speed(j, f);
  if (f->has_card) wb_jo_int(j, "fewest_gpus", wb_solve_fewest(f->serving, &f->serving->cards[0], &layout));
  else json_cards(j, f);
}
