/* What the files of the JSON reader share; nobody else includes this. */
#ifndef WB_SOURCE_JSON_INTERNAL_H
#define WB_SOURCE_JSON_INTERNAL_H

#include "source/json.h"

/* Why a text is not read, before it becomes a failure of the context: wb_json_typed must be able to go on. */
typedef struct wb_json_fault {
  wb_message_id id;
  size_t offset;
  wb_str args[2];
} wb_json_fault;

/* Where reading stopped: what may stand next. */
typedef enum wb_json_expect {
  WB_EXPECT_VALUE,
  WB_EXPECT_FIRST_ITEM, /* or ] */
  WB_EXPECT_NEXT_ITEM,  /* after a comma, or ] */
  WB_EXPECT_FIRST_KEY,  /* or } */
  WB_EXPECT_NEXT_KEY,   /* after a comma, or } */
  WB_EXPECT_COLON,
  WB_EXPECT_END
} wb_json_expect;

/* ---- json_tree.c: the tree as it grows ---- */

typedef struct wb_json_frame {
  wb_json *container;
  size_t first; /* its members begin here among the pending */
} wb_json_frame;

typedef struct wb_json_tree {
  wb_ctx *ctx;
  size_t end; /* of the last token */
  wb_json *root;
  wb_json_member *pending; /* of all open containers, the innermost last; items of lists have no key */
  size_t count, cap;
  wb_json *nodes; /* made in advance */
  size_t node_count;
  wb_json_frame frames[WB_JSON_MAX_DEPTH];
  size_t depth;
} wb_json_tree;

/* Hangs a new value, whose token begins at `start` and has `length` bytes, where the next one belongs. */
wb_json *wb_json_tree_add(wb_json_tree *tree, wb_json_kind kind, size_t start, size_t length);
/* The same of a number: an integer, a real, or what is too big for them. */
void wb_json_tree_number(wb_json_tree *tree, wb_str digits, size_t start);
void wb_json_tree_key(wb_json_tree *tree, wb_str key, size_t start, size_t length);
bool wb_json_tree_open(wb_json_tree *tree, wb_json_kind kind, size_t start); /* false: too deep */
/* The innermost container ends before `end`. Of an object false when a key stands twice: then both members. */
void wb_json_tree_end_array(wb_json_tree *tree, size_t end);
bool wb_json_tree_end_object(wb_json_tree *tree, size_t end, wb_json_member *first, wb_json_member *second);

/* json_quick.c: the tree of a text that holds no escapes and no fault; NULL: the library must look at it. */
wb_json *wb_json_quick(wb_ctx *ctx, wb_str text);

/* The tree, or NULL and *fault. Fails the context only when memory runs out. */
wb_json *wb_json_parse(wb_ctx *ctx, wb_str text, wb_json_fault *fault);
_Noreturn void wb_json_fail(wb_ctx *ctx, wb_str text, wb_str file, const wb_json_fault *fault);

/* Finds out what is wrong at or after `at`, the end of the last token that was right. */
void wb_json_explain(wb_ctx *ctx, wb_str text, size_t at, wb_json_expect expect, wb_json_fault *fault);

/* ---- json_text.c: the text before it is read ---- */

#define WB_JSON_BOM "\xef\xbb\xbf"
size_t wb_json_start(wb_str text); /* behind a byte order mark */
size_t wb_json_skip_blanks(wb_str text, size_t at);
size_t wb_json_not_utf8(wb_str text);                 /* offset of the first wrong byte, or text.len */
size_t wb_json_string_end(wb_str text, size_t quote); /* offset behind the closing quote, or text.len */
/* Offset of an escape in the string at `quote` that is half of a surrogate pair, or text.len. */
size_t wb_json_lone_surrogate(wb_str text, size_t quote);
/* Length of NaN, Infinity or -Infinity at `at`, or 0. */
size_t wb_json_nonfinite(wb_str text, size_t at);
/* A copy in which each bare NaN, Infinity and -Infinity is an integer of the same length; false when none is there. */
bool wb_json_without_nonfinite(wb_ctx *ctx, wb_str text, wb_str *out);

/* ---- json_object.c: finding members ---- */

/* Up to so many members are searched one by one. */
#define WB_JSON_FEW 16u
/* Makes the members findable. False when a key stands twice: *first and *second are its two members. */
bool wb_json_index(wb_ctx *ctx, wb_json *object, size_t *first, size_t *second);
/* The place of a key among the members, or the number of members. */
size_t wb_json_find(const wb_json *object, wb_str key);

#endif
