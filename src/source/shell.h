/* Words of a command line as a POSIX shell sees them, of text that was pasted: nothing is expanded or run. */
#ifndef WB_SOURCE_SHELL_H
#define WB_SOURCE_SHELL_H

#include "base/ctx.h"

/* What is longer is no command line that anybody typed; each limit has a test in tests/unit/test_launch.c. */
#define WB_SHELL_MAX_BYTES ((size_t)256 << 10)
#define WB_SHELL_MAX_WORDS ((size_t)4096)

typedef struct wb_words {
  wb_str *items;
  size_t count;
} wb_words;

/* Blanks and newlines part words; '…', "…" and \ quote as in sh; a backslash joins the next line, also with blanks behind
 * it; # begins a comment; `|`, `&`, `;`, `<`, `>` outside quotes end the command. Words do not refer to the text. Fails launch_quote for a quote that is not closed, launch_long beyond the limits. */
wb_words wb_shell_words(wb_ctx *ctx, wb_str text);

/* Appends a word so that wb_shell_words and a shell read it back: in quotes where it needs them. */
void wb_shell_quote(wb_text *out, wb_str word);

#endif
