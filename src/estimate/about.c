#include "estimate/about.h"

#include "base/tsv.h"

#define COLUMNS 5 /* method, function, input, kind, text */

static bool next(const wb_decl *decl, wb_str input, const char *kind, size_t *at, wb_message_id *out) {
  const wb_decl *method = decl->method ? decl->method : decl;
  const wb_str function = decl->method ? decl->name->name : WB_STR("*");
  wb_str c[COLUMNS];
  if (method->is_override) return false;
  const wb_str text = wb_data_text("methods/about.tsv");
  while (wb_tsv_next(text, at, c, COLUMNS))
    if (wb_str_eq(c[0], method->name->name) && wb_str_eq(c[1], function) && wb_str_eq(c[2], input) &&
        wb_str_is(c[3], kind) && wb_message_find(c[4], out))
      return true;
  return false;
}

bool wb_about_next(const wb_decl *decl, const char *kind, size_t *at, wb_message_id *out) {
  return next(decl, WB_STR("*"), kind, at, out);
}

bool wb_about_input(wb_ctx *ctx, const wb_field *input, wb_message_id *out) {
  return wb_message_find(wb_str_fmt(ctx, "INPUT_%.*s", WB_STR_ARG(input->name->name)), out);
}

bool wb_about_no_effect(const wb_decl *function, const wb_field *input, wb_message_id *out) {
  size_t at = 0;
  return next(function, input->name->name, "no_effect", &at, out);
}
