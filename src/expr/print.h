/* Expressions as text, as text with numbers put in, and as LaTeX. */
#ifndef WB_EXPR_PRINT_H
#define WB_EXPR_PRINT_H

#include "expr/ast.h"

typedef enum wb_style {
  WB_AS_FORMULA, /* heads * head_dim: parses back to the same tree */
  WB_AS_NUMBERS, /* 32 * 128: names replaced by their values in `scope`; parses and evaluates to the same value */
  WB_AS_LATEX,   /* \mathrm{heads} \cdot \mathrm{head\_dim} */
  /* The closed form: parameters of blocks and operations are followed to the expressions they were given, down to
   * names that have an origin (fields, constants): num_attention_heads * head_dim. Of conditions, the branch taken. */
  WB_AS_FIELDS,
  WB_AS_FIELD_NUMBERS,
  WB_AS_FIELD_LATEX,
  WB_AS_LABELS /* as WB_AS_FORMULA, but fields of a part by their dotted key: vision_config.hidden_size */
} wb_style;

/* The name that derivations give a binding: a field of a part has the part's key before it. */
wb_str wb_binding_label(wb_ctx *ctx, const wb_binding *binding);

/* `scope` is used by all but WB_AS_FORMULA and WB_AS_LATEX. */
void wb_expr_print(wb_text *out, const wb_expr *expr, wb_style style, wb_scope *scope);

/* The names an expression reads directly, in order of appearance, each once. */
size_t wb_expr_names(wb_ctx *ctx, const wb_expr *expr, const wb_sym ***names);

/* The bindings that WB_AS_FIELDS ends at, each once. */
size_t wb_expr_leaves(wb_ctx *ctx, const wb_expr *expr, wb_scope *scope, wb_binding ***leaves);

#endif
