/* Values, names and scopes of the formula language. */
#ifndef WB_EXPR_VALUE_H
#define WB_EXPR_VALUE_H

#include "base/ctx.h"
#include "base/num.h"
#include "expr/unit.h"

typedef struct wb_expr wb_expr;
typedef struct wb_scope wb_scope;
typedef struct wb_value wb_value;
typedef struct wb_form wb_form; /* a number that waits for a workload: form.h */

/* An interned name: equal names are the same pointer within one symbol table. */
typedef struct wb_sym {
  wb_str name;
  uint64_t hash;
  const void *rule; /* what data/fields says of fields with this name; set by the library, NULL for none */
  bool is_ignored;  /* a key of configurations that changes no tensor; set by the library too */
} wb_sym;

typedef struct wb_symtab {
  wb_ctx *ctx;
  const wb_sym **slots;
  size_t count;
  size_t cap; /* a power of two */
} wb_symtab;

const wb_sym *wb_intern(wb_symtab *table, wb_str name);
const wb_sym *wb_intern_find(const wb_symtab *table, wb_str name); /* NULL when never seen */

typedef enum wb_kind {
  WB_NULL,
  WB_BOOL,
  WB_NUM,
  WB_REAL,
  WB_TEXT,
  WB_LIST,
  WB_RECORD,
  WB_SHAPE,
  WB_CLOSURE,
  WB_FORM
} wb_kind;

/* The positions that operations run along: `segments` independent sequences (or images) of extents[0] × extents[1] × …
 * positions in one pass, each after `past` positions that were kept from passes before. */
#define WB_MAX_EXTENTS  3
#define WB_MAX_SEGMENTS 6
typedef struct wb_axis {
  struct wb_binding *segments[WB_MAX_SEGMENTS]; /* factors */
  uint32_t segment_count;
  struct wb_binding *extents[WB_MAX_EXTENTS];
  uint32_t rank;
  struct wb_binding *past; /* NULL: none */
} wb_axis;

/* What flows between operations: the trailing axes of an activation for one position, and its positions. Each axis is a
 * binding, so the derivation of a width leads back to the field it came from. */
#define WB_MAX_RANK 6
typedef struct wb_shape {
  struct wb_binding *axes[WB_MAX_RANK];
  uint32_t rank;
  const wb_axis *positions;
  const uint64_t *from; /* bit n: operation n of the model feeds into this; NULL: none (an input) */
  size_t from_words;
} wb_shape;

/* A block or operation with some arguments given already: `gqa(bias = true)`. `target` belongs to the model layer. */
typedef struct wb_argument {
  const wb_sym *name; /* NULL: by position */
  const wb_expr *expr;
} wb_argument;

typedef struct wb_rename {
  wb_str from, to;
} wb_rename;

typedef struct wb_closure {
  const void *target;
  wb_str name;
  const wb_argument *args;
  size_t arg_count;
  const wb_rename *renames;
  size_t rename_count;
  wb_scope *scope;               /* where the arguments are evaluated */
  const struct wb_closure *base; /* a closure applied again: its arguments come first */
} wb_closure;

struct wb_value {
  wb_kind kind;
  wb_unit unit; /* NUM, REAL */
  union {
    bool boolean;
    wb_num num;
    double real;
    wb_str text;
    struct {
      const wb_value *items;
      size_t count;
    } list;
    struct {
      const wb_str *keys;
      const wb_value *items;
      size_t count;
    } record;
    const wb_shape *shape;
    const wb_closure *closure;
    const wb_form *form;
  } u;
};

/* Where a leaf of a derivation comes from. */
typedef enum wb_origin_kind {
  WB_FROM_FORMULA,  /* bound by a description: its formula is the origin */
  WB_FROM_FIELD,    /* read from the configuration */
  WB_FROM_ALIAS,    /* read from the configuration under another name */
  WB_FROM_SET,      /* given by the user with --set */
  WB_FROM_ASSUMED,  /* of a representative architecture: nobody gave it */
  WB_FROM_DEFAULT,  /* the model class's published default */
  WB_FROM_CONSTANT, /* a named constant of data/ with its source */
  WB_FROM_MODEL,    /* a total of the model as described */
  WB_FROM_WORKLOAD  /* asked for: an option or its default */
} wb_origin_kind;

typedef struct wb_origin {
  wb_origin_kind kind;
  wb_str key;      /* the key in the configuration (dotted), or the constant's name */
  wb_str source;   /* file of the configuration, or the source cited */
  uint32_t offset; /* byte offset in that file, 0 if unknown: lines are counted when somebody asks */
} wb_origin;

typedef enum wb_state { WB_UNEVALUATED, WB_EVALUATING, WB_EVALUATED } wb_state;

/* A name with its value, computed when first asked for. */
typedef struct wb_binding {
  const wb_sym *name;
  const wb_expr *expr; /* NULL: value given */
  wb_scope *scope;     /* where expr is evaluated */
  wb_value value;
  unsigned state;          /* wb_state */
  uint32_t born;           /* in which turn of the context */
  const wb_origin *origin; /* NULL: WB_FROM_FORMULA */
} wb_binding;

/* Names visible at one point. Lookup goes outwards; the outermost scope may resolve names by a function. */
#define WB_SCOPE_FEW 4
struct wb_scope {
  wb_scope *parent;
  wb_binding **items;
  size_t count;
  size_t cap;
  wb_binding *(*resolve)(wb_ctx *ctx, wb_scope *scope, const wb_sym *name); /* NULL: none */
  /* Tells the names that resolve would find, for whoever mistyped one; NULL: it does not. */
  void (*offer)(const wb_scope *scope, void (*take)(void *taker, wb_str name), void *taker);
  void *user;
  const wb_scope *known;         /* for resolve: a scope that has found names before */
  wb_binding *few[WB_SCOPE_FEW]; /* the first items, as most scopes are small */
  uint32_t born;                 /* in which turn of the context */
};

wb_scope *wb_scope_new(wb_ctx *ctx, wb_scope *parent);
wb_binding *wb_scope_find_here(const wb_scope *scope, const wb_sym *name);
wb_binding *wb_scope_find(wb_ctx *ctx, wb_scope *scope, const wb_sym *name); /* NULL when unknown */
wb_binding *wb_bind_expr(wb_ctx *ctx, wb_scope *scope, const wb_sym *name, const wb_expr *expr, wb_scope *in);
void wb_scope_share(wb_ctx *ctx, wb_scope *scope,
                    wb_binding *binding); /* a binding of another scope, visible here too */
wb_binding *wb_bind_value(wb_ctx *ctx, wb_scope *scope, const wb_sym *name, wb_value value);

static inline wb_value wb_null(void) { return (wb_value){.kind = WB_NULL}; }
static inline wb_value wb_bool(bool b) { return (wb_value){.kind = WB_BOOL, .u.boolean = b}; }
static inline wb_value wb_number(wb_num n) { return (wb_value){.kind = WB_NUM, .u.num = n}; }
static inline wb_value wb_integer(wb_i128 n) { return wb_number(wb_num_int(n)); }
static inline wb_value wb_string(wb_str s) { return (wb_value){.kind = WB_TEXT, .u.text = s}; }

const char *wb_kind_name(const wb_value *value);          /* "integer", "text", "list" … for messages */
void wb_value_print(wb_text *out, const wb_value *value); /* as the language would write it; lists abridged */
bool wb_value_eq(const wb_value *a, const wb_value *b);
wb_num wb_shape_width(wb_ctx *ctx, const wb_shape *shape, wb_place place); /* product of the axes */

#endif
