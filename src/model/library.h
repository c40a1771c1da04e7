/* The descriptions that are known: those built into the program, and a user's folder on top of them.
 *
 * Opening a library only finds where each declaration stands (a scan for lines that begin a declaration); a file is
 * parsed when something of it is first needed, so that a cold start pays for one family and its blocks.
 */
#ifndef WB_MODEL_LIBRARY_H
#define WB_MODEL_LIBRARY_H

#include "model/lang.h"
#include "model/workload.h"

/* One row of data/fields: what a field of a configuration is called and may hold. */
typedef enum wb_field_type {
  WB_FIELD_ANY,
  WB_FIELD_INTEGER,
  WB_FIELD_BOOL,
  WB_FIELD_TEXT,
  WB_FIELD_NUMBER,
  WB_FIELD_LIST,
  WB_FIELD_INTEGER_OR_LIST,
  WB_FIELD_TEXT_LIST
} wb_field_type;

/* No size of a model is above 2^40 or below 0; a field without a rule may hold no more. */
#define WB_SIZE_MAX ((wb_i128)1 << 40)

typedef struct wb_field_rule {
  const wb_sym *name;
  wb_field_type type;
  wb_i128 low, high;
  bool is_size;      /* unread, it is worth a warning: hidden_size, num_experts … */
  bool is_dimension; /* a dimension that came from a default is said in the first lines of an answer */
  const wb_sym **aliases;
  size_t alias_count;
} wb_field_rule;

typedef struct wb_source_file {
  wb_str path;
  wb_str text;
  bool is_override;
  enum { WB_UNPARSED, WB_PARSING, WB_PARSED } state;
} wb_source_file;

typedef struct wb_entry { /* where a declaration stands, and the declaration once parsed */
  wb_decl_kind kind;
  wb_str name;
  size_t file;
  wb_decl *decl;
} wb_entry;

typedef struct wb_key {
  wb_str type;
  uint64_t hash;
  size_t entry;
} wb_key;

/* Reads something out of tables of data/, in the context that it is given. */
typedef const void *(*wb_make_fn)(wb_ctx *ctx);

typedef struct wb_library {
  wb_ctx ctx;
  wb_symtab symbols;
  wb_source_file *files;
  size_t file_count, file_cap;
  wb_entry *entries;
  size_t entry_count, entry_cap;
  uint32_t *slots; /* hash of names: entry + 1, 0 for empty */
  size_t slot_count;
  wb_key *types, *classes, *markers; /* model types, class names, telling keys to families */
  size_t type_count, type_cap, class_count, class_cap, marker_count, marker_cap;
  wb_field_rule *rules;
  size_t rule_count, rule_cap;
  struct wb_formula_text {
    const char *text;
    const wb_expr *expr;
  } * formulas; /* of tables, parsed so far */
  size_t formula_count, formula_cap;
  struct wb_kept_table {
    wb_make_fn make;
    const void *made;
  } * made; /* of tables, read so far */
  size_t made_count, made_cap;
  const wb_sym *weight;  /* "weight" */
  const wb_sym *here;    /* an operation's own positions */
  const wb_decl *common; /* the family whose fields all have; NULL until it is needed */
} wb_library;

/* Finds the built-in declarations. `lib->ctx` must be ready (arena, guard). */
void wb_library_init(wb_library *lib);

/* Adds a user's file: a description (*.weigh) whose declarations come before the built-in ones of the same name. */
void wb_library_add(wb_library *lib, wb_str path, wb_str text);

/* Parses the user's files at once, so that a fault in one is told before any question. Fails lib->ctx. */
void wb_library_parse_added(wb_library *lib);

/* The declaration of that kind and name (WB_D_BLOCK finds operations too); NULL if there is none. Fails the caller's context
 * when its file is faulty. */
const wb_decl *wb_library_find(wb_library *lib, wb_ctx *ctx, wb_decl_kind kind, wb_str name);
/* A name as the library's scopes know it; where nothing has it yet, the library takes it up. */
const wb_sym *wb_library_name(wb_library *lib, wb_ctx *ctx, wb_str name);
/* Those of a kind in order of files; NULL after the last. */
const wb_decl *wb_library_at(wb_library *lib, wb_ctx *ctx, wb_decl_kind kind, size_t i);
/* The family for a `model_type`; NULL when the type is unknown. */
const wb_decl *wb_library_type(wb_library *lib, wb_ctx *ctx, wb_str model_type);
const wb_decl *wb_library_class(wb_library *lib, wb_ctx *ctx, wb_str class_name); /* by architectures[0] */
/* For a configuration without a type: the family whose telling key stands in it. */
const wb_decl *wb_library_marker(wb_library *lib, wb_ctx *ctx, size_t i, wb_str *key); /* NULL past the last */

/* An outermost scope, in the caller's context, that knows every operation and block by name. `known`: an earlier such
 * scope whose findings may be used, or NULL. */
wb_scope *wb_library_scope(wb_library *lib, wb_ctx *ctx, const wb_scope *known);

const wb_field_rule *wb_library_rule(const wb_sym *name); /* by name or alias; NULL if none */
bool wb_library_ignores(const wb_library *lib, wb_str key);

/* A formula of a table of data/, parsed when it is first asked for. `text` is embedded: its address stands for it. */
const wb_expr *wb_library_formula(wb_library *lib, wb_ctx *ctx, wb_str text, wb_str file);

/* What `make` reads out of data/, read when it is first asked for and kept with the library. */
const void *wb_library_made(wb_library *lib, wb_ctx *ctx, wb_make_fn make);

/* Parses every file, as `make check` and tests do; fails the caller's context at the first fault. */
void wb_library_parse_all(wb_library *lib, wb_ctx *ctx);

/* Turns an offset kept in a place (line 0) into line and column, and finds the line's text. */
void wb_library_locate(const wb_library *lib, wb_failure *failure);

#endif
