/* Statements of a block, an operation or a family's model. */
#ifndef WB_MODEL_PARSE_STMT_H
#define WB_MODEL_PARSE_STMT_H

#include "model/lang.h"

/* The lines after a `:`-less head: NEWLINE INDENT statements DEDENT. */
void wb_parse_body(wb_tokens *t, wb_body *body);

#endif
