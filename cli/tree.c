/* yajl's own trees take memory by malloc and do not look whether there was any; these stand in a context's. */
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "tree.h"

typedef struct level {
  yajl_val value;
  size_t room;
} level;

typedef struct tree {
  wb_ctx *ctx;
  yajl_val root;
  const char *key; /* of the value that comes next */
  size_t depth;
  level levels[CLI_DEPTH_MOST];
} tree;

/* ---- values ---- */

/* Room for one more in arrays of pointers that grow twofold. */
static void *grown(wb_ctx *ctx, const void *had, size_t count, size_t room) {
  void *out = WB_NEWN(ctx, void *, room);
  if (count) memcpy(out, had, count * sizeof(void *));
  return out;
}

static void put(tree *t, yajl_val value) {
  if (!t->depth) {
    t->root = value;
    return;
  }
  level *top = &t->levels[t->depth - 1];
  const bool object = YAJL_IS_OBJECT(top->value);
  size_t *count = object ? &top->value->u.object.len : &top->value->u.array.len;
  yajl_val **values = object ? &top->value->u.object.values : &top->value->u.array.values;
  if (*count == top->room) {
    top->room = top->room ? top->room * 2 : 8;
    *values = grown(t->ctx, *values, *count, top->room);
    if (object) top->value->u.object.keys = grown(t->ctx, top->value->u.object.keys, *count, top->room);
  }
  if (object) top->value->u.object.keys[*count] = t->key;
  (*values)[(*count)++] = value;
}

static yajl_val added(tree *t, yajl_type type) {
  yajl_val value = WB_NEW(t->ctx, struct yajl_val_s);
  value->type = type;
  put(t, value);
  return value;
}

static char *copied(tree *t, const void *bytes, size_t size) { return wb_str_cstr(t->ctx, (wb_str){bytes, size}); }

static int begin(tree *t, yajl_type type) {
  yajl_val value = added(t, type);
  if (t->depth == CLI_DEPTH_MOST) return 0;
  t->levels[t->depth++] = (level){.value = value};
  return 1;
}

static int end(void *user) {
  ((tree *)user)->depth--;
  return 1;
}
static int on_null(void *user) { return added(user, yajl_t_null) != NULL; }
static int on_boolean(void *user, int yes) { return added(user, yes ? yajl_t_true : yajl_t_false) != NULL; }
static int on_number(void *user, const char *text, size_t size) {
  added(user, yajl_t_number)->u.number.r = copied(user, text, size);
  return 1;
}
static int on_string(void *user, const unsigned char *text, size_t size) {
  added(user, yajl_t_string)->u.string = copied(user, text, size);
  return 1;
}
static int on_key(void *user, const unsigned char *text, size_t size) {
  ((tree *)user)->key = copied(user, text, size);
  return 1;
}
static int on_object(void *user) { return begin(user, yajl_t_object); }
static int on_array(void *user) { return begin(user, yajl_t_array); }

yajl_val cli_tree_read(wb_ctx *ctx, const char *line, char *said, size_t room) {
  static const yajl_callbacks callbacks = {.yajl_null = on_null,
                                           .yajl_boolean = on_boolean,
                                           .yajl_number = on_number,
                                           .yajl_string = on_string,
                                           .yajl_start_map = on_object,
                                           .yajl_map_key = on_key,
                                           .yajl_end_map = end,
                                           .yajl_start_array = on_array,
                                           .yajl_end_array = end};
  yajl_alloc_funcs memory = {wb_block_new, wb_block_grow, wb_block_free, ctx};
  tree *t = WB_NEW(ctx, tree);
  t->ctx = ctx;
  yajl_handle yajl = yajl_alloc(&callbacks, &memory, t);
  yajl_config(yajl, yajl_allow_comments, 1);
  const unsigned char *bytes = (const unsigned char *)line;
  const size_t size = strlen(line);
  if (yajl_parse(yajl, bytes, size) == yajl_status_ok && yajl_complete_parse(yajl) == yajl_status_ok) return t->root;
  snprintf(said, room, "%s", (const char *)yajl_get_error(yajl, 1, bytes, size));
  return NULL;
}
