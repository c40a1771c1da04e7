/* Sets of module names as quantisation settings write them: plain names, globs (`*`), `re:` expressions, and classes of
 * layers ("Linear"), which mean every matrix.
 *
 * Checkpoints, model classes and engines put different names before the same module (model., language_model.): such
 * leading parts are left out on both sides.
 */
#ifndef WB_ESTIMATE_NAMES_H
#define WB_ESTIMATE_NAMES_H

#include "estimate/pattern.h"

/* By hash. */
typedef struct wb_name_set {
  wb_str *slots;
  size_t slot_count, count;
} wb_name_set;

typedef struct wb_names {
  wb_ctx *ctx;
  bool ends;       /* a plain name also means modules that end with it: "gate" */
  bool substrings; /* … or that hold it anywhere */
  bool every;      /* a class stands in the list */
  bool by_expert;  /* may tell one expert of a layer from another */
  size_t count;    /* of everything below */
  wb_name_set plain, begins;
  wb_str *globs, *parts;
  size_t glob_count, glob_cap, part_count, part_cap;
  wb_regex **regexes;
  size_t regex_count, regex_cap;
  bool tells_digits; /* a pattern may mean one of two names that differ in a digit alone */
  struct wb_names_found *found;
} wb_names;

/* `match`: words of data/formats/methods.tsv. */
wb_names *wb_names_new(wb_ctx *ctx, wb_str match);

/* False when the pattern is not understood; it then means nothing. */
bool wb_names_add(wb_names *names, wb_str pattern);

/* Whether a pattern (not a class) means the module: the name of a tensor without its `.weight`. */
bool wb_names_mean(wb_names *names, wb_str module);

/* The next of the words in a cell of a table that are set apart by blanks; empty after the last. */
wb_str wb_next_word(wb_str cell, size_t *at);

#endif
