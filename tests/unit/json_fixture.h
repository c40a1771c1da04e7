/* What the tests of the JSON reader share: a context for each test, and what the reader says as one line of text. */
#ifndef WEIGH_TESTS_JSON_FIXTURE_H
#define WEIGH_TESTS_JSON_FIXTURE_H

#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "source/json.h"

static const wb_str named = {"t.json", 6};

static inline const char *printed(const wb_json *value) {
  wb_text out = {.ctx = &ctx};
  wb_json_print(&out, value, 4000);
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

static inline const char *failure_line(void) {
  wb_failure f = ctx.failure;
  wb_text out = {.ctx = &ctx};
  wb_text_addf(&out, "%u:%u %s", f.place.line, f.place.column, wb_message_code(f.message));
  for (size_t i = 0; i < 2 && f.args[i].len; i++) wb_text_addf(&out, " | %.*s", WB_STR_ARG(f.args[i]));
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

static inline wb_json *tree_of(const char *text) {
  if (WB_GUARD(&ctx)) return wb_json_read(&ctx, wb_str_of(text), named);
  fail_msg("%s: %s", text, failure_line());
  return NULL;
}

static inline char *nested(size_t depth, const char *open, const char *close) {
  wb_text out = {.ctx = &ctx};
  for (size_t i = 0; i < depth; i++) wb_text_adds(&out, open);
  wb_text_adds(&out, "1");
  for (size_t i = 0; i < depth; i++) wb_text_adds(&out, close);
  return wb_str_cstr(&ctx, wb_text_str(&out));
}

static inline const char *read_back(const char *text) {
  if (!WB_GUARD(&ctx)) return failure_line();
  return printed(wb_json_read(&ctx, wb_str_of(text), named));
}

static inline wb_str numbered_object(size_t count, const char *last) {
  wb_text out = {.ctx = &ctx};
  for (size_t i = 0; i < count; i++)
    wb_text_addf(&out, "%s\"model.layers.%zu.weight\": %zu", i ? ",\n" : "{", i * 7919, i);
  wb_text_adds(&out, last);
  return wb_text_str(&out);
}

#define READS(text, back) assert_string_equal(read_back(text), back)
#define SAME(text)        READS(text, text)

#endif
