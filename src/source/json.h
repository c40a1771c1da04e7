/* JSON from outside, as a tree with positions. Which JSON library reads it is known to json_read.c alone.
 *
 * Differences from strict JSON, on purpose: bare NaN, Infinity and -Infinity are read (Python's json writes them;
 * real configurations hold them) as WB_JSON_NONFINITE and refused by whoever uses the value. Integers of any
 * length up to 127 bits are exact; longer ones are kept as text (WB_JSON_BIG). A duplicate key in one object is
 * refused (json_duplicate_key), with the key and both lines. A byte order mark before the text is skipped. Half of a
 * surrogate pair in an escape is refused, because no UTF-8 can hold it. A number with a fraction or an exponent that
 * no double can hold is kept as text too (WB_JSON_BIG).
 */
#ifndef WB_SOURCE_JSON_H
#define WB_SOURCE_JSON_H

#include "base/ctx.h"
#include "base/num.h"

typedef enum wb_json_kind {
  WB_JSON_NULL,
  WB_JSON_BOOL,
  WB_JSON_INT,
  WB_JSON_REAL,
  WB_JSON_NONFINITE,
  WB_JSON_BIG,
  WB_JSON_STRING,
  WB_JSON_ARRAY,
  WB_JSON_OBJECT
} wb_json_kind;

typedef struct wb_json wb_json;

typedef struct wb_json_member {
  wb_str key;
  wb_json *value;
  uint32_t key_offset; /* of the key's opening quote; 0 for edited members */
} wb_json_member;

typedef struct wb_json_slot wb_json_slot; /* how a large object finds its members; see json_object.c */

struct wb_json {
  wb_json_kind kind;
  uint32_t offset; /* byte offset of the value in the text (0 for edited values); see wb_json_place */
  union {
    bool boolean;
    wb_i128 integer;
    double real;
    wb_str text; /* STRING: decoded UTF-8; NONFINITE, BIG: as written */
    struct {
      wb_json **items;
      size_t count;
    } array;
    struct {
      wb_json_member *members;
      size_t count;
    } object;
  } u;
  union {
    wb_str raw;                /* REAL only: the number as written, so that decimals can be read exactly */
    const wb_json_slot *slots; /* OBJECT only; NULL: the members are searched one by one */
  };
};

/* Limits on what is read; each has a test in tests/unit/test_json.c. */
#define WB_JSON_MAX_BYTES ((size_t)512 << 20)
#define WB_JSON_MAX_DEPTH 64u

/* Reads one JSON document. `file` names it in errors. Fails the context with json_* messages that give line and
 * column, what was found and what was expected. `text` must outlive the tree, whose strings are slices of it where
 * they hold no escapes. */
wb_json *wb_json_read(wb_ctx *ctx, wb_str text, wb_str file);

/* The member of an object, or NULL (also when `object` is not an object). */
wb_json *wb_json_get(const wb_json *object, wb_str key);

/* Whether two values say the same, whatever the order of their members; 1 and 1.0 do not. */
bool wb_json_same(const wb_json *a, const wb_json *b);

/* Line and column (from 1; column in bytes) of a value or of an offset, counted only when somebody asks. A byte order
 * mark is no column. */
wb_place wb_json_place(wb_str text, wb_str file, const wb_json *value);
wb_place wb_json_place_at(wb_str text, wb_str file, size_t offset);

/* The line that holds `offset`, for a caret, with control characters replaced; empty when the place is too far to the
 * right to be shown (a whole file in one line). */
wb_str wb_json_excerpt(wb_ctx *ctx, wb_str text, size_t offset);

/* The kind as a reader would call it: "string", "list", … for messages. Never NULL. */
const char *wb_json_kind_name(const wb_json *value);

/* Appends the value as compact JSON (for messages, at most `limit` bytes, then …). Control characters are escaped, so
 * what comes out may go to a terminal. */
void wb_json_print(wb_text *out, const wb_json *value, size_t limit);

/* A text from outside as messages show it: control characters escaped, at most 80 bytes, then …. */
wb_str wb_json_shown(wb_ctx *ctx, wb_str text);

/* Returns a copy of `root` in which the dotted `path` holds `value` ("text_config.num_hidden_layers"; missing
 * objects are made). The root and what is not on the path are shared with the original. Fails with set_path when a
 * part of the path is there and not an object, with set_syntax when a part is empty, with json_too_deep when there are
 * more than WB_JSON_MAX_DEPTH parts. */
wb_json *wb_json_with(wb_ctx *ctx, const wb_json *root, wb_str path, wb_json *value);

/* Reads what a user typed after `--set key=` (`name` stands for a file in errors): JSON if it parses as JSON, else the
 * bare word as a string; also True/False/None as Python writes them. What begins like a list, an object or a quoted string and is none
 * fails with the json_* message. The tree does not refer to `typed`. All its offsets are 0. */
wb_json *wb_json_typed(wb_ctx *ctx, wb_str typed, wb_str name);

#endif
