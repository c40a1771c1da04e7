/* A line of a batch as a question. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "tree.h"

void cli_text_add(cli_text *t, const char *bytes, size_t size) {
  if (t->room - t->size < size) {
    size_t room = t->room ? t->room : 4096;
    while (room - t->size < size) room *= 2;
    char *grown = realloc(t->bytes, room);
    if (!grown) {
      t->failed = true;
      return;
    }
    t->bytes = grown;
    t->room = room;
  }
  memcpy(t->bytes + t->size, bytes, size);
  t->size += size;
}

/* No deeper than a tree may be. */
static bool is_flat(const char *line) {
  int depth = 0;
  bool inside = false;
  for (; *line; line++) {
    if (inside && *line == '\\' && line[1]) line++;
    else if (*line == '"') inside = !inside;
    else if (!inside && (*line == '{' || *line == '[') && ++depth > CLI_DEPTH_MOST) return false;
    else if (!inside && (*line == '}' || *line == ']')) depth--;
  }
  return true;
}

static weigh_status add_word(cli_question *q, const char *word, weigh_error *err) {
  if (q->options.word_count >= q->command->max_words)
    return face_fail(err, &q->options, "USAGE_WORD", word, q->command->name);
  q->options.words[q->options.word_count++] = word;
  return WEIGH_OK;
}

/* A value as it would stand on the command line; NULL: it could not. */
static const char *text_of(yajl_val value) {
  if (YAJL_IS_STRING(value)) return value->u.string;
  if (YAJL_IS_NUMBER(value)) return value->u.number.r;
  if (YAJL_IS_TRUE(value)) return "true";
  return YAJL_IS_FALSE(value) ? "false" : NULL;
}

static weigh_status set_one(cli_question *q, const char *name, yajl_val value, weigh_error *err) {
  const char *text = text_of(value);
  if (!text) return face_fail(err, &q->options, "BATCH_VALUE", name, "");
  if (strcmp(name, "model") == 0 || strcmp(name, "words") == 0) return add_word(q, text, err);
  if (YAJL_IS_FALSE(value) && cli_is_flag(q->command, name)) return WEIGH_OK;
  return cli_set(q->command, name, text, &q->options, err);
}

/* Past a string, whose first quote `at` is. */
static const char *past_string(const char *at) {
  for (at++; *at && *at != '"'; at++)
    if (*at == '\\' && at[1]) at++;
  return *at ? at + 1 : at;
}

/* Past a value that a comma or a bracket ends. The line is known to be JSON. */
static const char *past_value(const char *at) {
  int depth = 0;
  while (*at && (depth || (*at != ',' && *at != '}'))) {
    if (*at == '"') {
      at = past_string(at);
      continue;
    }
    if (*at == '{' || *at == '[') depth++;
    if (*at == '}' || *at == ']') depth--;
    at++;
  }
  return at;
}

/* The bytes of a member of the line's object, as they stand; NULL: it is written in another way. */
static const char *bytes_of(const char *line, const char *name, size_t *size) {
  const size_t length = strlen(name);
  const char *at = line + 1;
  while (*at && (at = strchr(at, '"')) != NULL) {
    const char *const key = at + 1, *const end = past_string(at);
    at = end + strspn(end, " \t:");
    const char *const value = at;
    at = past_value(at);
    *size = (size_t)(at - value);
    if ((size_t)(end - key) == length + 1 && strncmp(key, name, length) == 0) return value;
  }
  return NULL;
}

/* A configuration in place of the first word: an object, or its text. */
static weigh_status set_config(cli_question *q, const char *line, yajl_val value, weigh_error *err) {
  face_question *o = &q->options;
  if (!q->command->models) return face_fail(err, &q->options, "USAGE_OPTION", "config", q->command->name);
  o->config = YAJL_IS_STRING(value) ? value->u.string : NULL;
  o->config_size = o->config ? strlen(o->config) : 0;
  if (YAJL_IS_OBJECT(value)) o->config = bytes_of(line, "config", &o->config_size);
  if (!o->config) return face_fail(err, &q->options, "BATCH_VALUE", "config", "");
  o->words[0] = "";
  if (!o->word_count) o->word_count = 1;
  return WEIGH_OK;
}

static weigh_status set(cli_question *q, const char *name, yajl_val value, weigh_error *err) {
  static const char *const own[] = {"format", "lang", "color", "data", "registry", "help", "local"};
  if (strcmp(name, "command") == 0 || strcmp(name, "id") == 0 || YAJL_IS_NULL(value)) return WEIGH_OK;
  for (size_t i = 0; i < sizeof own / sizeof *own; i++)
    if (strcmp(name, own[i]) == 0) return face_fail(err, &q->options, "BATCH_OPTION", name, "");
  if (!YAJL_IS_ARRAY(value)) return set_one(q, name, value, err);
  for (size_t i = 0; i < value->u.array.len; i++) {
    const weigh_status status = set_one(q, name, value->u.array.values[i], err);
    if (status != WEIGH_OK) return status;
  }
  return WEIGH_OK;
}

static yajl_val member(yajl_val object, const char *name) {
  for (size_t i = 0; i < object->u.object.len; i++)
    if (strcmp(object->u.object.keys[i], name) == 0) return object->u.object.values[i];
  return NULL;
}

/* A number or a plain text goes back with the answer. */
static void note_id(cli_question *q, yajl_val id) {
  const char *text = YAJL_IS_STRING(id) || YAJL_IS_NUMBER(id) ? text_of(id) : NULL;
  if (!text) return;
  for (const unsigned char *c = (const unsigned char *)text; *c; c++)
    if (*c < 0x20 || *c == '"' || *c == '\\') return;
  const char *const quote = YAJL_IS_STRING(id) ? "\"" : "";
  if (snprintf(q->id, sizeof q->id, "%s%s%s", quote, text, quote) >= (int)sizeof q->id) q->id[0] = '\0';
}

static weigh_status read_object(cli_question *q, const char *line, weigh_error *err) {
  char said[256] = "";
  if (!is_flat(line)) return face_fail(err, &q->options, "BATCH_LINE", "", "");
  q->memory.arena = wb_arena_new(0);
  if (!q->memory.arena || !WB_GUARD(&q->memory)) return face_fail(err, &q->options, "OUT_OF_MEMORY", "", "");
  yajl_val root = cli_tree_read(&q->memory, line, said, sizeof said);
  if (!YAJL_IS_OBJECT(root)) {
    said[strcspn(said, "\n")] = '\0';
    return face_fail(err, &q->options, "BATCH_LINE", said, "");
  }
  note_id(q, member(root, "id"));
  yajl_val command = member(root, "command");
  if (command) {
    q->command = YAJL_IS_STRING(command) ? face_find_command(command->u.string) : NULL;
    if (!q->command) return face_fail(err, &q->options, "USAGE_COMMAND", text_of(command) ? text_of(command) : "", "");
  }
  for (size_t i = 0; i < root->u.object.len; i++) {
    const char *const name = root->u.object.keys[i];
    yajl_val value = root->u.object.values[i];
    const bool config = strcmp(name, "config") == 0 && !YAJL_IS_NULL(value);
    const weigh_status status = config ? set_config(q, line, value, err) : set(q, name, value, err);
    if (status != WEIGH_OK) return status;
  }
  return WEIGH_OK;
}

/* Standard input holds the questions, and the tools that look for cards are the command line's. */
static weigh_status check(const cli_question *q, weigh_error *err) {
  const face_question *o = &q->options;
  const char *const names[] = {o->words[0], o->words[1], o->draft, o->report.log};
  for (size_t i = 0; i < 4; i++)
    if (names[i] && strcmp(names[i], "-") == 0) return face_fail(err, &q->options, "BATCH_STDIN", "", "");
  const char *const cards[] = {o->report.serving.gpu, o->report.training.gpu};
  for (size_t i = 0; i < 2; i++)
    if (cards[i] && strcmp(cards[i], "local") == 0) return face_fail(err, &q->options, "BATCH_OPTION", "gpu=local", "");
  return face_check_words(q->command, o, err);
}

weigh_status cli_question_read(cli_question *q, char *line, const face_question *base, weigh_error *err) {
  memset(q, 0, sizeof *q);
  q->options.language = base->language;
  q->options.report.format = WEIGH_FORMAT_JSON;
  q->options.report.one_line = true;
  q->command = face_find_command(base->batch_command ? base->batch_command : "params");
  if (!q->command) return face_fail(err, &q->options, "USAGE_COMMAND", base->batch_command, "");
  if (strlen(line) >= CLI_LINE_MOST) return face_fail(err, &q->options, "BATCH_LONG", "1,048,576", "");
  const weigh_status status = line[0] == '{' ? read_object(q, line, err) : add_word(q, line, err);
  return status == WEIGH_OK ? check(q, err) : status;
}

void cli_question_free(cli_question *q) {
  wb_arena_free(q->memory.arena);
  q->memory.arena = NULL;
}
