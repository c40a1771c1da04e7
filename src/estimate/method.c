#include "estimate/method.h"

#include "estimate/inputs.h"
#include "expr/eval.h"

wb_method_result wb_method_run(wb_model *m, wb_str name) {
  wb_ctx *ctx = &m->ctx;
  wb_method_result result = {.method = wb_library_method(m->lib, ctx, name)};
  if (!result.method) WB_FAIL(ctx, WB_METHOD_UNKNOWN, WB_NOWHERE, name);
  wb_inputs *inputs = wb_inputs_new(m, result.method);
  if (!inputs->applies) return result;
  wb_scope *scope = wb_scope_new(ctx, &inputs->scope);
  result.derivation = WB_NEW(ctx, wb_derivation);
  result.derivation->ctx = ctx;
  result.quantities = WB_NEWN(ctx, const wb_node *, result.method->body.count);
  for (size_t i = 0; i < result.method->body.count; i++) {
    const wb_stmt *stmt = result.method->body.items[i];
    wb_binding *binding = wb_bind_expr(ctx, scope, stmt->name, stmt->expr, scope);
    if (stmt->kind != WB_S_QUANTITY) continue;
    wb_node *node = (wb_node *)wb_derive_binding(result.derivation, binding);
    node->unit = stmt->unit;
    node->value = wb_settled(&node->value);
    node->source = result.method->source;
    result.quantities[result.count++] = node;
  }
  return result;
}

const wb_node *wb_method_quantity(const wb_method_result *result, const char *name) {
  for (size_t i = 0; i < result->count; i++)
    if (wb_str_is(result->quantities[i]->name, name)) return result->quantities[i];
  return NULL;
}
