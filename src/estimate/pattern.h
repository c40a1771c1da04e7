/* Names of modules as skip lists of quantised checkpoints write them: regular expressions and globs.
 *
 * The expressions are Python's `re` as far as such lists use them: literals, `.`, classes, \d \w \s and their opposites,
 * groups, `|`, `* + ? {m,n}` (greedy or not), `^ $`. No backtracking: time is bounded by name × program. What is not
 * understood (look-around, back references, flags) does not compile.
 */
#ifndef WB_ESTIMATE_PATTERN_H
#define WB_ESTIMATE_PATTERN_H

#include "base/ctx.h"

typedef struct wb_regex wb_regex;

#define WB_REGEX_MAX 1024 /* instructions; a longer expression is not understood */

/* NULL when the expression is not understood. */
wb_regex *wb_regex_new(wb_ctx *ctx, wb_str text);

/* Whether a beginning of the name matches (re.match). */
bool wb_regex_match(wb_ctx *ctx, const wb_regex *regex, wb_str name);

/* Whether it may match one of two names that differ in a digit alone, and not the other. */
bool wb_regex_tells_digits(const wb_regex *regex);

/* Whether the whole name, or all of it up to a dot, is like the glob: `*` any text, `?` any byte. */
bool wb_glob_match(wb_str glob, wb_str name);

#endif
