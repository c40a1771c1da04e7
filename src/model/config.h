/* Fields: from a configuration's JSON to bound names, each with its origin. */
#ifndef WB_MODEL_CONFIG_H
#define WB_MODEL_CONFIG_H

#include "model/library.h"
#include "source/json.h"

/* A configuration as read, with what the user set on top of it. */
typedef struct wb_config {
  wb_json *root;
  wb_str file;       /* its name, for origins and errors */
  wb_str text;       /* its bytes, for places */
  bool assumed;      /* no file: a representative architecture */
  wb_str *set_paths; /* dotted paths given with --set */
  bool *set_used;
  size_t set_count;
} wb_config;

/* A field that a description read, in the order of reading. */
typedef struct wb_used_field {
  const wb_binding *binding;
  const wb_field *field;
  const wb_decl *family;
  const wb_field_rule *rule;
} wb_used_field;

/* What a composite says of its part's fields where the nested configuration is silent: before the class's defaults. */
typedef struct wb_part_defaults {
  const wb_argument *args;
  size_t count;
  wb_scope *scope; /* of the composite */
} wb_part_defaults;

#define WB_UNKNOWN 64

/* One family on one (nested) configuration: the scope whose names are its fields. */
typedef struct wb_fields {
  wb_scope scope; /* first, so that the scope's address is this one */
  wb_library *lib;
  wb_config *config;
  const wb_decl *family;
  const wb_decl *common;             /* the fields that every family has */
  const wb_sym *unknown[WB_UNKNOWN]; /* names lately found to be no fields */
  const wb_json *object;             /* NULL: the nested configuration is absent; defaults hold */
  wb_str prefix;                     /* "text_config." or "" */
  wb_part_defaults defaults;
  wb_used_field *used;
  size_t used_count, used_cap;
  struct wb_fields *next; /* all of a model, in order */
} wb_fields;

wb_fields *wb_fields_new(wb_ctx *ctx, wb_library *lib, wb_scope *root, wb_config *config, const wb_decl *family,
                         const wb_json *object, wb_str prefix);

/* True for a file written for another program than the class of the family (LLaVA's own, for one), in which the fields
 * of the text part stand at the outside. The class would read its defaults; whoever has such a file wants the model that
 * it describes. `key`: the missing object, "text_config". */
bool wb_fields_flat(wb_ctx *ctx, const wb_fields *fields, wb_str key);

/* A value of the configuration as a value of the language. */
wb_value wb_value_of_json(wb_ctx *ctx, const wb_json *json);

/* An object at a dotted path, NULL when absent. */
const wb_json *wb_json_at(const wb_json *root, wb_str path);

#endif
