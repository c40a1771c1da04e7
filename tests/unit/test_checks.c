/* Architectural checks: each fires where it should, stays silent where all is well, and is right about what is
 * published. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "api/handle.h"
#include "model/catalogue.h"

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

typedef struct check_case {
  const char *model;
  const char *settings[4];
  wb_message_id message; /* 0: none of a check */
  const char *suggested;
} check_case;

static bool is_check(wb_message_id id) { return strncmp(wb_message_code(id), "check_", 6) == 0; }

static void judge(const check_case *c) {
  size_t count = 0;
  weigh_model *model = NULL;
  weigh_error err = {0};
  while (count < 4 && c->settings[count]) count++;
  const weigh_model_request request = {.model = c->model, .settings = c->settings, .setting_count = count};
  if (weigh_model_open(library, &request, &model, &err) != WEIGH_OK) fail_msg("%s: %s", c->settings[0], err.message);
  const wb_model *m = &model->model;
  const wb_warning *fired = NULL;
  for (size_t i = 0; i < m->warning_count; i++)
    if (is_check(m->warnings[i].message)) {
      if (fired) fail_msg("%s: more than one check", c->settings[0]);
      fired = &m->warnings[i];
    }
  if (!c->suggested && fired) fail_msg("%s: %s", c->settings[0], wb_message_code(fired->message));
  if (c->suggested) {
    if (!fired) fail_msg("%s: no check", c->settings[0]);
    assert_int_equal(fired->message, c->message);
    if (!wb_str_is(fired->args[4], c->suggested))
      fail_msg("%s: suggests %.*s", c->settings[0], WB_STR_ARG(fired->args[4]));
  }
  weigh_model_free(model);
}

static void each_check_fires_and_stays_silent(void **state) {
  (void)state;
  static const char *const v3 = "deepseek-ai/DeepSeek-V3", *const qwen = "Qwen/Qwen3-8B";
  const check_case cases[] = {
      {"mistralai/Mistral-7B-v0.1", {"num_attention_heads=24"}, WB_CHECK_HEADS, "4080, 4104"},
      {"mistralai/Mistral-7B-v0.1", {"num_attention_heads=24", "head_dim=128"}, 0, NULL},
      {"mistralai/Mistral-7B-v0.1", {"num_attention_heads=16"}, 0, NULL},
      {NULL, {"model_type=vit", "image_size=225"}, WB_CHECK_PATCH, "224, 240"},
      {NULL, {"model_type=vit", "image_size=224"}, 0, NULL},
      {NULL, {"model_type=vit", "image_size=10"}, WB_CHECK_PATCH, "16"},
      {qwen, {"head_dim=127"}, WB_CHECK_ROPE, "126, 128"},
      {qwen, {"head_dim=96"}, 0, NULL},
      {v3, {"qk_rope_head_dim=63"}, WB_CHECK_ROPE, "62, 64"},
      {v3, {"n_group=7", "topk_group=4"}, WB_CHECK_GROUPS, "252, 259"},
      {v3, {"n_group=8", "topk_group=9"}, WB_CHECK_GROUPS_TAKEN, "8"},
      {v3, {"n_group=64", "topk_group=1"}, WB_CHECK_GROUP_ROOM, "4"},
      {v3, {"n_group=8", "topk_group=4"}, 0, NULL},
      {v3, {"n_group=1", "topk_group=1"}, 0, NULL},
      {v3, {"first_k_dense_replace=62"}, WB_CHECK_DENSE_FIRST, "61"},
      {v3, {"first_k_dense_replace=61"}, 0, NULL},
      {qwen, {"hidden_size=4100"}, WB_CHECK_TILES, "4096, 4160"},
      {qwen, {"intermediate_size=12300"}, WB_CHECK_TILES, "12288, 12352"},
      {qwen, {"intermediate_size=63"}, WB_CHECK_TILES, "64"},
      {qwen, {"hidden_size=4160", "intermediate_size=12352"}, 0, NULL},
      {qwen, {"vocab_size=151937"}, WB_CHECK_VOCABULARY, "152000"},
      {qwen, {"vocab_size=152000"}, 0, NULL},
      {"openai-community/gpt2", {"vocab_size=50257"}, WB_CHECK_VOCABULARY, "50304"},
      {"7B", {"vocab_size=50257"}, WB_CHECK_VOCABULARY, "50304"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) judge(&cases[i]);
}

/* Of all that is published here only towers after SigLIP so400m at 384 pixels speak up: 384 = 27 · 14 + 6. */
static void published_models_are_sound(void **state) {
  (void)state;
  wb_catalogue_entry entry;
  for (size_t at = 0; wb_catalogue_next(&at, &entry);) {
    char name[200];
    snprintf(name, sizeof name, "%.*s", WB_STR_ARG(entry.name));
    const weigh_model_request request = {.model = name};
    weigh_model *model = NULL;
    if (weigh_model_open(library, &request, &model, NULL) != WEIGH_OK) continue;
    for (size_t i = 0; i < model->model.warning_count; i++) {
      const wb_warning *w = &model->model.warnings[i];
      if (!is_check(w->message)) continue;
      if (w->message != WB_CHECK_PATCH || !wb_str_is(w->args[1], "384") || !wb_str_is(w->args[3], "14"))
        fail_msg("%s: %s", name, wb_message_code(w->message));
    }
    weigh_model_free(model);
  }
}

static void both_languages_say_it(void **state) {
  (void)state;
  wb_ctx ctx = {.arena = wb_arena_new(0)};
  if (!WB_GUARD(&ctx)) fail();
  const wb_str args[] = {WB_STR("image_size"), WB_STR("225"), WB_STR("patch_size"), WB_STR("16"), WB_STR("224, 240")};
  for (int lang = 0; lang < 2; lang++) {
    wb_text text = {.ctx = &ctx};
    wb_message_add(&text, WB_CHECK_PATCH, (wb_lang)lang, args, 5);
    for (int i = 0; i < 5; i++) assert_non_null(strstr(wb_str_cstr(&ctx, wb_text_str(&text)), args[i].ptr));
  }
  wb_arena_free(ctx.arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_check_fires_and_stays_silent),
      cmocka_unit_test(published_models_are_sound),
      cmocka_unit_test(both_languages_say_it),
  };
  return cmocka_run_group_tests(tests, open_library, close_library);
}
