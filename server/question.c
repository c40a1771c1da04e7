#include "server/question.h"
#include "server/models.h"

#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#define EXAMPLE "{\"model\": \"Qwen/Qwen3-8B\", \"context\": 8192}"

typedef struct reading {
  wb_ctx *ctx;
  srv_question *q;
  weigh_error *err;
  weigh_status status;
  const char *body;
  yajl_handle parser;
  uint32_t depth;     /* of objects and lists that are open */
  const char *key;    /* of the body's member that is being read */
  const char *member; /* of an object in its place */
  bool in_list, whole;
  size_t from; /* where an object that is taken as it stands began; (size_t)-1: none */
} reading;

#define NOT_TAKEN ((size_t)-1)

static int refuse(reading *r, const char *why) {
  r->status = weigh_error_set(r->err, r->q->asked.language, "SERVER_BODY", (const char *const[]){why, EXAMPLE}, 2);
  return 0;
}

static const char *text_of(reading *r, const char *bytes, size_t size) {
  return wb_str_cstr(r->ctx, (wb_str){bytes, size});
}

/* Which word a key is, if it names a model; 2: none. */
static size_t model_word(const reading *r) {
  if (strcmp(r->key, "config") == 0) return r->q->command->models ? 0 : 2;
  for (size_t i = 0; i < r->q->command->models; i++)
    if (face_is_word(r->q->command, i, r->key)) return i;
  return 2;
}

static int set(reading *r, const char *value) {
  r->status = face_set_named(r->q->command, r->key, value, &r->q->asked, r->err);
  return r->status == WEIGH_OK;
}

static int take_config(reading *r, const char *bytes, size_t size) {
  const size_t word = model_word(r);
  r->q->configs[word] = bytes;
  r->q->config_sizes[word] = size;
  return 1;
}

/* A value, or the value of a member: NAME=VALUE. */
static int take(reading *r, const char *bytes, size_t size) {
  if (r->from != NOT_TAKEN) return 1;
  if (!r->whole) return refuse(r, "it is not an object");
  if (size && memchr(bytes, '\0', size)) return refuse(r, "a text holds a NUL");
  if (strcmp(r->key, "config") == 0 && model_word(r) < 2) return take_config(r, text_of(r, bytes, size), size);
  if (!r->member) return set(r, text_of(r, bytes, size));
  return set(r, wb_str_cstr(r->ctx, wb_str_fmt(r->ctx, "%s=%.*s", r->member, (int)size, bytes)));
}

/* What may stand in the body and is null is not given. */
static bool is_known(const reading *r) { return model_word(r) < 2 || face_is_named(r->q->command, r->key); }

static int on_null(void *user) {
  reading *r = user;
  const bool value = r->whole && !r->member && !r->in_list && r->from == NOT_TAKEN;
  return value && is_known(r) ? 1 : take(r, "null", 4);
}

/* What may be true or false: flags, members of options, options of engines by their own names. */
static bool takes_boolean(const reading *r) {
  const face_option *option = face_find_option(r->q->command, r->key, strlen(r->key));
  return r->member || (option ? option->kind == FACE_FLAG : model_word(r) == 2);
}

static int on_boolean(void *user, int value) {
  reading *r = user;
  const bool read = r->whole && r->from == NOT_TAKEN;
  if (read && !takes_boolean(r)) return refuse(r, "true or false where a text or a number was expected");
  return value ? take(r, "true", 4) : take(r, "false", 5);
}

static int on_number(void *user, const char *bytes, size_t size) { return take(user, bytes, size); }

static int on_string(void *user, const unsigned char *bytes, size_t size) {
  return take(user, (const char *)bytes, size);
}

static int on_key(void *user, const unsigned char *bytes, size_t size) {
  reading *r = user;
  if (r->from != NOT_TAKEN) return 1;
  if (size && memchr(bytes, '\0', size)) return refuse(r, "a key holds a NUL");
  const char *key = text_of(r, (const char *)bytes, size);
  if (r->depth == 1) r->key = key;
  else r->member = key;
  return 1;
}

/* Options that take NAME=VALUE several times may be written as an object. */
static bool takes_members(const reading *r) {
  const face_option *option = face_find_option(r->q->command, r->key, strlen(r->key));
  return option && option->value && strchr(option->value, '=');
}

static int on_object(void *user) {
  reading *r = user;
  r->depth++;
  if (r->from != NOT_TAKEN) return 1;
  if (r->depth == 1) {
    r->whole = true;
    return 1;
  }
  if (r->depth > 2 || r->in_list) return refuse(r, "an object where a value was expected");
  if (takes_members(r)) return 1;
  if (model_word(r) == 2 && strcmp(r->key, "input") != 0) return refuse(r, "an object where a value was expected");
  r->from = yajl_get_bytes_consumed(r->parser) - 1;
  return 1;
}

static int on_object_end(void *user) {
  reading *r = user;
  r->depth--;
  if (r->depth == 1 && r->from != NOT_TAKEN) {
    const char *bytes = r->body + r->from;
    const size_t size = yajl_get_bytes_consumed(r->parser) - r->from;
    r->from = NOT_TAKEN;
    return model_word(r) < 2 ? take_config(r, bytes, size) : set(r, text_of(r, bytes, size));
  }
  if (r->depth == 1) r->member = NULL;
  return 1;
}

static bool is_repeatable(const reading *r) {
  const face_option *option = face_find_option(r->q->command, r->key, strlen(r->key));
  return option && face_is_repeatable(option);
}

static int on_list(void *user) {
  reading *r = user;
  r->depth++;
  if (r->from != NOT_TAKEN) return 1;
  if (r->depth != 2 || !is_repeatable(r)) return refuse(r, "a list where a value was expected");
  r->in_list = true;
  return 1;
}

static int on_list_end(void *user) {
  reading *r = user;
  r->depth--;
  if (r->from == NOT_TAKEN) r->in_list = false;
  return 1;
}

static weigh_status broken(reading *r, const char *body, size_t size) {
  if (r->status != WEIGH_OK) return r->status;
  unsigned char *said = yajl_get_error(r->parser, 0, (const unsigned char *)body, size);
  char why[120] = "it is not JSON";
  if (said) snprintf(why, sizeof why, "%.*s", (int)strcspn((const char *)said, "\n"), (const char *)said);
  yajl_free_error(r->parser, said);
  refuse(r, why);
  return r->status;
}

/* A configuration stands in place of its word. */
static void settle(srv_question *q) {
  for (size_t i = 0; i < 2; i++) {
    if (!q->configs[i]) continue;
    q->asked.words[i] = "";
    if (q->asked.word_count <= i) q->asked.word_count = i + 1;
  }
}

weigh_status srv_question_body(wb_ctx *ctx, const char *body, size_t size, srv_question *out, weigh_error *err) {
  static const yajl_callbacks callbacks = {.yajl_null = on_null,
                                           .yajl_boolean = on_boolean,
                                           .yajl_number = on_number,
                                           .yajl_string = on_string,
                                           .yajl_start_map = on_object,
                                           .yajl_map_key = on_key,
                                           .yajl_end_map = on_object_end,
                                           .yajl_start_array = on_list,
                                           .yajl_end_array = on_list_end};
  reading r = {.ctx = ctx, .q = out, .err = err, .body = body, .from = NOT_TAKEN, .key = ""};
  yajl_alloc_funcs memory = {wb_block_new, wb_block_grow, wb_block_free, ctx};
  r.parser = yajl_alloc(&callbacks, &memory, &r);
  bool fine = yajl_parse(r.parser, (const unsigned char *)body, size) == yajl_status_ok &&
              yajl_complete_parse(r.parser) == yajl_status_ok;
  weigh_status status = fine ? WEIGH_OK : broken(&r, body, size);
  yajl_free(r.parser);
  if (status != WEIGH_OK) return status;
  settle(out);
  if (out->command->kind == WEIGH_REPORT_CHECK) return WEIGH_OK; /* the log may name its model */
  return face_check_words(out->command, &out->asked, err);
}

bool srv_question_is_quick(const srv_question *q) {
  const weigh_report_kind kind = q->command->kind;
  if (kind == WEIGH_REPORT_ADVISE || kind == WEIGH_REPORT_CASES || kind == WEIGH_REPORT_SWEEP ||
      kind == WEIGH_REPORT_DESIGN || kind == WEIGH_REPORT_COMPARE || kind == WEIGH_REPORT_CHECK)
    return false;
  if (kind == WEIGH_REPORT_TENSORS && !q->asked.report.limit) return false;
  return !q->asked.setting_count && !srv_question_is_of_sent(q);
}

bool srv_question_is_of_sent(const srv_question *q) {
  for (size_t i = 0; i < q->asked.word_count; i++)
    if (q->configs[i] || (q->asked.words[i] && srv_models_is_id(q->asked.words[i]))) return true;
  return q->asked.draft && srv_models_is_id(q->asked.draft);
}
