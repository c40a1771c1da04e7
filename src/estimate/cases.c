#include "estimate/cases.h"

#include "base/tsv.h"
#include "estimate/exact.h"

#define COLUMNS 13
#define RESERVE 20

static weigh_count count_of(wb_str text) {
  wb_num n = wb_num_int(1);
  wb_num_parse(text, &n);
  return (weigh_count)n.num;
}

/* GB as printed on the card, which is what the sources compare with. */
static bool said_fits(const wb_case *one) {
  wb_num room;
  int order;
  const wb_i128 bytes = one->card.vendor_bytes * one->gpus;
  if (!wb_num_div(wb_num_int(bytes), wb_num_int(1000000000), &room)) return false;
  return wb_num_cmp(one->said_with_reserve, room, &order) && order <= 0;
}

static void read_row(wb_ctx *ctx, wb_library *lib, const wb_str *c, wb_case *out) {
  *out = (wb_case){.name = c[0], .model = c[2], .scenario = c[3], .printed = c[10], .erratum = c[11], .source = c[12]};
  wb_message_find(c[1], &out->title);
  out->batch = count_of(c[4]);
  out->sequences = count_of(c[5]);
  out->card = wb_card_find(ctx, c[6]);
  out->gpus = count_of(c[7]);
  out->method = (wb_proof){c[8], c[9]};
  out->said = wb_num_int(0);
  wb_proof_figure(ctx, lib, &out->method, WB_STR(""), &out->said);
  if (!wb_num_mul(out->said, (wb_num){100 + RESERVE, 100}, &out->said_with_reserve)) out->said_with_reserve = out->said;
  out->said_fits = said_fits(out);
}

static _Noreturn void unknown(wb_ctx *ctx, wb_str name) {
  wb_str c[COLUMNS], last = WB_STR("");
  wb_text known = {.ctx = ctx};
  for (size_t at = 0; wb_tsv_next(wb_data_text("cases/cases.tsv"), &at, c, COLUMNS); last = c[0])
    if (!wb_str_eq(c[0], last)) wb_text_addf(&known, "%.*s, ", WB_STR_ARG(c[0]));
  wb_text_adds(&known, WB_CASES_QUICK);
  WB_FAIL(ctx, WB_CASE_UNKNOWN, WB_NOWHERE, name, wb_text_str(&known));
}

wb_case *wb_cases_read(wb_ctx *ctx, wb_library *lib, wb_str name, size_t *count) {
  wb_str c[COLUMNS];
  wb_case *out = NULL;
  size_t cap = 0;
  *count = 0;
  for (size_t at = 0; wb_tsv_next(wb_data_text("cases/cases.tsv"), &at, c, COLUMNS);) {
    if (name.len && !wb_str_eq(name, c[0])) continue;
    WB_PUSH_ROOM(ctx, out, *count, cap);
    read_row(ctx, lib, c, &out[(*count)++]);
  }
  if (!*count && !wb_str_is(name, WB_CASES_QUICK)) unknown(ctx, name);
  return out;
}

static bool way_of(wb_advice *a, wb_case *one, wb_way *way) {
  wb_str c[4];
  for (size_t at = 0; wb_tsv_next(wb_data_text("advice/scenarios.tsv"), &at, c, 4);) {
    if (!wb_str_eq(c[0], one->scenario)) continue;
    *way = wb_str_is(c[1], "train") ? a->train : a->serve;
    return wb_way_change(a, way, c[2]) && wb_message_find(c[3], &one->scenario_title);
  }
  return false;
}

void wb_case_weigh(wb_model *m, wb_ctx *ctx, wb_case *one) {
  const weigh_training training = {.batch = one->batch, .reserve_percent = RESERVE};
  const weigh_serving serving = {.context = 2048, .sequences = one->sequences};
  wb_advice *a = wb_advice_begin(m, &training, &serving, NULL);
  wb_way way;
  if (!way_of(a, one, &way)) return;
  const wb_way_held alone = wb_way_weigh(a, &way);
  one->known = alone.known;
  if (!alone.known) return;
  one->total = alone.total;
  const wb_way there = wb_way_on(a, &way, &one->card, one->gpus, NULL);
  const wb_way_held held = wb_way_weigh(a, &there);
  one->fits = held.fits;
  one->device = held.total;
  const wb_cards_needed fewest = wb_way_fewest(a, &way, &one->card);
  one->fewest = fewest.gpus;
  one->checkpointing = fewest.checkpointing;
  const wb_str *words = wb_way_words(a, &there, &one->word_count);
  one->words = WB_NEWN(ctx, wb_str, one->word_count);
  for (size_t i = 0; i < one->word_count; i++) one->words[i] = wb_str_copy(ctx, words[i]);
}

bool wb_batch_advice_next(size_t *at, wb_batch_advice *out) {
  wb_str c[5];
  if (!wb_tsv_next(wb_data_text("advice/batches.tsv"), at, c, 5)) return false;
  *out = (wb_batch_advice){c[0], c[1], c[2], c[3], c[4]};
  return true;
}
