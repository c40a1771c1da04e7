#include "estimate/errata.h"

#include "base/tsv.h"
#include "expr/eval.h"
#include "expr/parse.h"
#include "model/config.h"

/* id method kind right right_input correct beside wrong wrong_input published unit text */
#define COLUMNS 12

bool wb_erratum_next(const wb_decl *method, size_t *at, wb_erratum *out) {
  wb_str c[COLUMNS];
  if (method->is_override) return false;
  while (wb_tsv_next(wb_data_text("methods/errata.tsv"), at, c, COLUMNS)) {
    if (!wb_str_eq(c[1], method->name->name)) continue;
    *out = (wb_erratum){.id = c[0],
                        .method = c[1],
                        .kind = c[2],
                        .right = {c[3], c[4]},
                        .correct_text = c[5],
                        .beside = c[6],
                        .wrong = {c[7], c[8]},
                        .published_text = c[9],
                        .unit = c[10]};
    if (wb_num_parse(c[5], &out->correct) && wb_num_parse(c[9], &out->published) && wb_message_find(c[11], &out->text))
      return true;
  }
  return false;
}

wb_proof_kind wb_proof_kind_of(const wb_proof *proof) {
  static const char model[] = "model:";
  if (!proof->by.len) return WB_PROOF_NONE;
  if (wb_str_is(proof->by, "=")) return WB_PROOF_EXPRESSION;
  return wb_str_is(wb_str_slice(proof->by, 0, sizeof model - 1), model) ? WB_PROOF_MODEL : WB_PROOF_METHOD;
}

wb_option *wb_proof_inputs(wb_ctx *ctx, const wb_proof *proof, size_t *count) {
  const wb_json *json = wb_json_read(ctx, proof->input, WB_STR("methods/errata.tsv"));
  wb_option *out = WB_NEWN(ctx, wb_option, json->u.object.count + 1);
  *count = 0;
  for (size_t i = 0; json->kind == WB_JSON_OBJECT && i < json->u.object.count; i++)
    out[(*count)++] =
        (wb_option){json->u.object.members[i].key, wb_value_of_json(ctx, json->u.object.members[i].value)};
  return out;
}

static size_t find(wb_str text, char wanted) {
  size_t i = 0;
  while (i < text.len && text.ptr[i] != wanted) i++;
  return i;
}

static bool take(const wb_value *value, wb_num *out) {
  if (value->kind != WB_NUM) return false;
  *out = value->u.num;
  return true;
}

static bool ask(wb_ctx *ctx, wb_library *lib, const wb_proof *proof, wb_str quantity, wb_num *out) {
  const size_t dot = find(proof->by, '.'), colon = find(proof->by, ':');
  const wb_decl *method = wb_method_find(lib, ctx, wb_str_slice(proof->by, 0, dot));
  if (method->is_override) return false;
  const wb_decl *function = wb_method_function(ctx, method, wb_str_slice(proof->by, dot + 1, colon));
  size_t count = 0;
  wb_option *given = wb_proof_inputs(ctx, proof, &count);
  const wb_method_result result = wb_method_call(ctx, lib, function, given, count);
  const wb_str label = quantity.len ? quantity : wb_str_slice(proof->by, colon + 1, proof->by.len);
  const wb_node *node = wb_method_quantity(&result, wb_str_cstr(ctx, label));
  return node && take(&node->value, out);
}

bool wb_proof_figure(wb_ctx *ctx, wb_library *lib, const wb_proof *proof, wb_str quantity, wb_num *out) {
  const wb_proof_kind kind = wb_proof_kind_of(proof);
  if (kind == WB_PROOF_METHOD) return ask(ctx, lib, proof, quantity, out);
  if (kind != WB_PROOF_EXPRESSION) return false;
  const wb_expr *expr = wb_parse_formula(ctx, &lib->symbols, proof->input, WB_STR("methods/errata.tsv"));
  const wb_value value = wb_eval(ctx, expr, wb_library_scope(lib, ctx, NULL));
  return take(&value, out);
}
