/* What the writers of published methods share: texts, formulas, inputs, errata. */
#ifndef WB_REPORT_METHODS_H
#define WB_REPORT_METHODS_H

#include "estimate/about.h"
#include "estimate/errata.h"
#include "expr/print.h"
#include "report/report.h"

/* What is said of a method or function, in the report's language; its name where there is no title. */
wb_str wb_about_title(wb_out *out, const wb_decl *decl);
/* Beside a result: when it may be used, and what is to know. A function's own after its method's. */
void wb_write_about(wb_out *out, const wb_decl *function);
void wb_json_about(wb_json_out *j, const wb_decl *function);
wb_str wb_input_meaning(wb_out *out, const wb_field *input);                            /* may be empty */
wb_str wb_input_no_effect(wb_out *out, const wb_decl *function, const wb_field *input); /* may be empty */
wb_str wb_cause_meaning(wb_out *out, wb_str name);             /* its name where nothing is said */
wb_str wb_choice_meaning(wb_out *out, const wb_value *choice); /* may be empty: it says itself what it is */

wb_str wb_formula_text(wb_ctx *ctx, const wb_expr *expr, wb_style style);
wb_str wb_names_joined(wb_ctx *ctx, wb_str before, wb_str name); /* "a, b" */

/* The inputs of a function, or of all functions with the function's name before them. */
void wb_write_inputs(wb_out *out, const wb_decl *method, const wb_decl *function);

/* An erratum's sentence; and what makes a figure: `pai.estimate:gpu_gb {"params_b": 7} = 13.86`. */
wb_str wb_erratum_text(wb_out *out, wb_library *lib, const wb_erratum *erratum);
wb_str wb_proof_text(wb_ctx *ctx, wb_library *lib, const wb_proof *proof);

void wb_json_method_about(wb_json_out *j, wb_library *lib, const wb_decl *method, bool with_errata);
/* A method as a page of Markdown: docs/methods is made of these. */
void wb_write_method_page(wb_out *out, wb_library *lib, const wb_decl *method);

#endif
