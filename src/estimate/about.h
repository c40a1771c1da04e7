/* What is said of published methods beside their formulas: titles, when they may be used, what their inputs mean
 * (data/methods/about.tsv and the INPUT_ messages). Methods of the user's own have none of it. */
#ifndef WB_ESTIMATE_ABOUT_H
#define WB_ESTIMATE_ABOUT_H

#include "model/lang.h"

/* A method, or a function of one: the texts of a kind ("title", "validity", "accuracy", "property") that are said of it
 * itself, in order; start with *at 0. False: no more. */
bool wb_about_next(const wb_decl *decl, const char *kind, size_t *at, wb_message_id *out);

/* What an input of a function means, and why it has no effect where that is on purpose. False: nothing is said. */
bool wb_about_input(wb_ctx *ctx, const wb_field *input, wb_message_id *out);
bool wb_about_no_effect(const wb_decl *function, const wb_field *input, wb_message_id *out);

#endif
