/* Sizes in the place of models: how they are read, and how near the representative architectures come to them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/handle.h"
#include "base/tsv.h"
#include "model/represent.h"

static weigh_library *library;

static int open_library(void **state) {
  (void)state;
  return weigh_library_open(NULL, &library, NULL) != WEIGH_OK;
}

static int close_library(void **state) {
  (void)state;
  weigh_library_free(library);
  return 0;
}

static weigh_model *open_sized(const char *text) {
  weigh_model *model = NULL;
  weigh_error err = {0};
  const weigh_model_request request = {.model = text};
  if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) fail_msg("%s: %s", text, err.message);
  return model;
}

static void the_ways_to_write_a_size(void **state) {
  (void)state;
  static const struct {
    const char *text;
    wb_sized_kind kind;
    double total, active;
  } cases[] = {
      {"7B", WB_SIZED_DENSE, 7e9, 0},
      {"7b dense", WB_SIZED_DENSE, 7e9, 0},
      {"Dense, 7 B", WB_SIZED_DENSE, 7e9, 0},
      {"0.5 billion parameters", WB_SIZED_DENSE, 5e8, 0},
      {"7B 稠密", WB_SIZED_DENSE, 7e9, 0},
      {"70亿稠密模型", WB_SIZED_DENSE, 7e9, 0},
      {"671B with 37B active", WB_SIZED_MOE, 671e9, 37e9},
      {"671B-A37B", WB_SIZED_MOE, 671e9, 37e9},
      {"671b_a37b", WB_SIZED_MOE, 671e9, 37e9},
      {"A37B 671B", WB_SIZED_MOE, 671e9, 37e9},
      {"56B 14B active", WB_SIZED_MOE, 56e9, 14e9},
      {"56B (14B activated)", WB_SIZED_MOE, 56e9, 14e9},
      {"37B active of 671B total", WB_SIZED_MOE, 671e9, 37e9},
      {"671B 激活 37B", WB_SIZED_MOE, 671e9, 37e9},
      {"混合专家，671B（激活37B）", WB_SIZED_MOE, 671e9, 37e9},
      {"1.5T MoE 40B active", WB_SIZED_MOE, 1.5e12, 4e10},
      {"7B 7B active", WB_SIZED_DENSE, 7e9, 7e9},
      {"Mixture 8x7B", WB_SIZED_MIXTURE, 56e9, 14e9},
      {"8 × 22B", WB_SIZED_MIXTURE, 176e9, 44e9},
      {"CNN 25M", WB_SIZED_CNN, 25e6, 0},
      {"25M CNN", WB_SIZED_CNN, 25e6, 0},
      {"0.05B cnn", WB_SIZED_CNN, 50e6, 0},
      {"卷积网络 2500万", WB_SIZED_CNN, 25e6, 0},
  };
  wb_ctx *ctx = &library->lib.ctx;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    wb_sized got;
    if (!WB_BEGIN(ctx)) fail_msg("%s: %s", cases[i].text, wb_message_code(ctx->failure.message));
    if (!wb_sized_read(ctx, wb_str_of(cases[i].text), &got)) fail_msg("%s: not read", cases[i].text);
    if (got.kind != cases[i].kind || wb_num_double(got.total) != cases[i].total ||
        wb_num_double(got.active) != cases[i].active)
      fail_msg("%s: kind %d, %g, %g", cases[i].text, (int)got.kind, wb_num_double(got.total),
               wb_num_double(got.active));
  }
}

static void what_is_nearly_a_size_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    wb_message_id message;
  } cases[] = {
      {"7", WB_SIZED_UNIT},
      {"7G", WB_SIZED_UNIT},
      {"7BB dense", WB_SIZED_UNIT},
      {"1.5.5B", WB_SIZED_UNIT},
      {"99999999999999999999999B", WB_SIZED_UNIT},
      {"7B dnese", WB_SIZED_WORD},
      {"671B actve 37B", WB_SIZED_WORD},
      {"cnn", WB_SIZED_NONE},
      {"56B 14B", WB_SIZED_SEVERAL},
      {"1B 2B 3B active", WB_SIZED_SEVERAL},
      {"8x7B 14B active", WB_SIZED_SEVERAL},
      {"37B active", WB_SIZED_NO_TOTAL},
      {"moe 30B", WB_SIZED_NO_ACTIVE},
      {"7B dense 3B active", WB_SIZED_ALL_ACTIVE},
      {"7B cnn dense", WB_SIZED_KINDS},
      {"7B with 9B active", WB_SIZED_ACTIVE},
      {"7B with 0B active", WB_SIZED_SHARE},
      {"7B-A0.01B", WB_SIZED_SHARE},
      {"1x7B", WB_SIZED_EXPERTS},
      {"1.5x7B", WB_SIZED_EXPERTS},
      {"0B", WB_SIZED_RANGE},
      {"1K", WB_SIZED_RANGE},
      {"9999T", WB_SIZED_RANGE},
      {"1.0000000001M", WB_SIZED_RANGE},
      {"4096x7T", WB_SIZED_RANGE},
  };
  wb_ctx *ctx = &library->lib.ctx;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    wb_sized got;
    if (WB_BEGIN(ctx)) {
      const bool read = wb_sized_read(ctx, wb_str_of(cases[i].text), &got);
      fail_msg("%s: %s", cases[i].text, read ? "read" : "no size");
    }
    if (ctx->failure.message != cases[i].message)
      fail_msg("%s: %s", cases[i].text, wb_message_code(ctx->failure.message));
  }
}

static void names_and_noise_are_no_sizes(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",  " ",          "Qwen3-9999B", "llama-7B", "models/7B", "x7B", "7B\xff\xfe\x80 z",
      "a", "7B; rm -rf", "\xe6\xbf",    "----",     "model",     "A-B", "a a a a a a a a a a a a a a a a a a"};
  wb_ctx *ctx = &library->lib.ctx;
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    wb_sized got;
    if (!WB_BEGIN(ctx)) fail_msg("%s: %s", texts[i], wb_message_code(ctx->failure.message));
    if (wb_sized_read(ctx, wb_str_of(texts[i]), &got)) fail_msg("%s: read as a size", texts[i]);
  }
}

static void survive(wb_ctx *ctx, const char *text) {
  wb_sized got;
  const wb_mark mark = wb_arena_mark(ctx->arena);
  if (WB_BEGIN(ctx) && wb_sized_read(ctx, wb_str_of(text), &got)) assert_true(got.total.num > 0);
  wb_arena_reset(ctx->arena, mark);
}

/* Any bytes either are a size, are none, or fail with a message: they never crash. */
static void noise_is_survived(void **state) {
  (void)state;
  static const char alphabet[] = "0123456789..BbMTkxaA -,()cndesmo\xe4\xba\xbf\xff";
  uint64_t seed = 11;
  for (int round = 0; round < 4000; round++) {
    char text[24];
    size_t n = 0;
    for (; n < (size_t)(round % 22) + 1; n++) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      text[n] = alphabet[(seed >> 33) % (sizeof alphabet - 1)];
    }
    text[n] = '\0';
    survive(&library->lib.ctx, text);
  }
}

static void near(const char *text, double total, double active, double promised) {
  weigh_model *model = open_sized(text);
  const wb_model *m = &model->model;
  assert_non_null(m->assumed);
  assert_true(wb_num_double(m->asked_total) == total && wb_num_double(m->asked_active) == active);
  double off = fabs(wb_num_double(m->total) / total - 1);
  if (active > 0) off = fmax(off, fabs(wb_num_double(m->active) / active - 1));
  if (off > promised) fail_msg("%s: off by %g", text, off);
  for (size_t i = 0; i < m->fields->used_count; i++)
    assert_true(m->fields->used[i].binding->origin->kind != WB_FROM_FIELD);
  weigh_model_free(model);
}

/* 100 sizes from 10 million to 3 trillion, each dense and as a mixture of experts; as many convolutional ones from one
 * million to one billion. */
static void what_is_built_is_as_near_as_promised(void **state) {
  (void)state;
  static const double shares[] = {0.03, 0.05, 0.08, 0.13, 0.2, 0.28, 0.4};
  char text[80];
  for (int i = 0; i < 100; i++) {
    const long long total = (long long)pow(10, 4 + 5.4771 * i / 99) * 1000,
                    cnn = (long long)pow(10, 3 + 3.0 * i / 99) * 1000;
    const long long active = (long long)((double)total / 1000 * shares[i % 7]) * 1000;
    snprintf(text, sizeof text, "%lld.%03lldM dense", total / 1000000, total / 1000 % 1000);
    near(text, (double)total, 0, 0.005);
    snprintf(text, sizeof text, "%lld.%03lldM with %lld.%03lldM active", total / 1000000, total / 1000 % 1000,
             active / 1000000, active / 1000 % 1000);
    near(text, (double)total, (double)active, 0.01);
    snprintf(text, sizeof text, "cnn %lld.%03lldM", cnn / 1000000, cnn / 1000 % 1000);
    near(text, (double)cnn, 0, 0.01);
  }
}

static void an_anchor_has_the_total_that_is_written_for_it(void **state) {
  (void)state;
  wb_str cells[9];
  for (size_t at = 0; wb_tsv_next(wb_data_text("representatives/anchors.tsv"), &at, cells, 9);) {
    char config[800], name[80];
    snprintf(config, sizeof config, "%.*s", WB_STR_ARG(cells[8]));
    snprintf(name, sizeof name, "%.*s", WB_STR_ARG(cells[1]));
    const bool own = config[0] != '\0';
    const weigh_model_request request = {
        .model = own ? NULL : name, .config = own ? config : NULL, .config_size = strlen(config)};
    weigh_model *model = NULL;
    weigh_error err = {0};
    weigh_totals totals;
    if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) fail_msg("%s: %s", name, err.message);
    assert_int_equal(weigh_model_totals(model, &totals, NULL), WEIGH_OK);
    wb_num total, active;
    assert_true(wb_num_parse(cells[2], &total) && wb_num_parse(cells[3], &active));
    if (totals.total_parameters != (int64_t)total.num || totals.active_parameters != (int64_t)active.num)
      fail_msg("%s: %lld, %lld", name, (long long)totals.total_parameters, (long long)totals.active_parameters);
    weigh_model_free(model);
  }
}

static void eight_times_seven_is_the_published_one(void **state) {
  (void)state;
  weigh_model *model = open_sized("8x7B");
  assert_true(model->model.total.num == 46702792704); /* mistralai/Mixtral-8x7B-v0.1 */
  assert_true(model->model.assumed->unchanged);
  assert_true(model->model.asked_total.num == 56000000000 && model->model.asked_active.num == 14000000000);
  weigh_model_free(model);
  model = open_sized("4x7B"); /* attention, norms and vocabulary are there once: less than four times seven */
  assert_true(model->model.total.num < 28000000000 && model->model.total.num > 21000000000);
  weigh_model_free(model);
}

static void a_setting_stands_above_what_is_assumed(void **state) {
  (void)state;
  const char *const settings[] = {"num_hidden_layers=10"};
  const weigh_model_request request = {.model = "7B", .settings = settings, .setting_count = 1};
  weigh_model *model = NULL;
  assert_int_equal(weigh_model_open(library, &request, &model, NULL), WEIGH_OK);
  assert_true(model->model.total.num < 3000000000);
  weigh_model_free(model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_ways_to_write_a_size),
      cmocka_unit_test(what_is_nearly_a_size_is_refused),
      cmocka_unit_test(names_and_noise_are_no_sizes),
      cmocka_unit_test(noise_is_survived),
      cmocka_unit_test(what_is_built_is_as_near_as_promised),
      cmocka_unit_test(an_anchor_has_the_total_that_is_written_for_it),
      cmocka_unit_test(eight_times_seven_is_the_published_one),
      cmocka_unit_test(a_setting_stands_above_what_is_assumed),
  };
  return cmocka_run_group_tests(tests, open_library, close_library);
}
