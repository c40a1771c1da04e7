/* Functions of a method: what they may be given, what they compute, and why it differs from the exact figure. */
#ifndef WB_MODEL_PARSE_METHOD_H
#define WB_MODEL_PARSE_METHOD_H

#include "model/lang.h"

/* "function" name, and its indented lines: answers, source, inputs, formula, compare. */
void wb_parse_function(wb_tokens *t, wb_decl *method);

/* Refuses statements that have no place in formulas of this kind of declaration. */
void wb_check_formulas(wb_tokens *t, const wb_decl *decl);

#endif
