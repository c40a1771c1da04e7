#include "face/share.h"

#include <ctype.h>
#include <string.h>

/* ---- names ---- */

const char *face_word(const face_command *command, size_t index, size_t *length, bool *optional) {
  const char *at = command->words;
  for (size_t i = 0; i <= index; i++) {
    at += strspn(at, " ");
    if (!*at) return NULL;
    if (i < index) at += strcspn(at, " ");
  }
  *optional = *at == '[';
  at += *optional;
  *length = strcspn(at, " ]");
  return at;
}

bool face_is_word(const face_command *command, size_t index, const char *name) {
  if (index == 0 && command->models == 1 && strcmp(name, "model") == 0) return true; /* also where it may be a folder */
  size_t length, i = 0;
  bool optional;
  const char *word = face_word(command, index, &length, &optional);
  if (!word || strlen(name) != length) return false;
  while (i < length && tolower((unsigned char)word[i]) == name[i]) i++;
  return i == length;
}

bool face_is_of_here(const face_option *option) {
  static const char *const names[] = {"data", "color", "help", "local", "log", "share", "registry"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(option->name, names[i]) == 0) return true;
  return false;
}

/* Also with _ for -, as names are written in programs: image_size. */
static const face_option *find_named(const face_command *command, const char *name) {
  char dashed[64];
  const size_t length = strlen(name);
  const face_option *option = face_find_option(command, name, length);
  if (option || length >= sizeof dashed) return option;
  for (size_t i = 0; i <= length; i++) dashed[i] = name[i] == '_' ? '-' : name[i];
  return face_find_option(command, dashed, length);
}

bool face_is_named(const face_command *command, const char *name) {
  for (size_t i = 0; i < command->max_words && i < 2; i++)
    if (face_is_word(command, i, name)) return true;
  const face_option *option = find_named(command, name);
  return option && !face_is_of_here(option);
}

weigh_status face_set_named(const face_command *command, const char *name, const char *value, face_question *o,
                            weigh_error *err) {
  for (size_t i = 0; i < command->max_words && i < 2; i++) {
    if (!face_is_word(command, i, name)) continue;
    o->words[i] = value;
    if (o->word_count <= i) o->word_count = i + 1;
    return WEIGH_OK;
  }
  const face_option *option = find_named(command, name);
  if (option && face_is_of_here(option)) option = NULL;
  else if (!option && strchr(command->options, 'S') && *value) /* as on the command line: also another command's name */
    return face_set_engine(name, value, o, err);
  if (!option) return face_fail(err, o, "USAGE_OPTION", name, command->name);
  if (option->value) return face_set(option, value, o, err);
  if (strcmp(value, "false") == 0) return WEIGH_OK;
  if (*value && strcmp(value, "true") != 0) return face_fail(err, o, "USAGE_NO_VALUE", name, option->name);
  return face_set(option, "", o, err);
}

/* ---- reading ---- */

static int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = (char)(c | 32);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes up to one of `ends`, which is passed over; NULL where a % means nothing or NUL. */
static const char *decode(const char *from, const char *ends, char **to) {
  for (; *from && !strchr(ends, *from); from++) {
    char c = *from == '+' ? ' ' : *from;
    if (c == '%') {
      const int high = hex(from[1]), low = high < 0 ? -1 : hex(from[2]);
      if (low < 0 || high + low == 0) return NULL;
      c = (char)(high * 16 + low);
      from += 2;
    }
    *(*to)++ = c;
  }
  *(*to)++ = '\0';
  return from;
}

static const char *after_url(const char *text) {
  const size_t length = strcspn(text, "?");
  const char *begin = text;
  for (size_t i = 0; i < length; i++)
    if (text[i] == '/' || text[i] == '#') begin = text + i + 1;
  return begin;
}

static weigh_status read_pair(const char **at, char **room, const face_command *command, face_question *o,
                              weigh_error *err) {
  const char *text = *at, *name = *room, *value = "", *end = decode(text, "=&;", room);
  if (end && *end == '=') {
    value = *room;
    end = decode(end + 1, "&;", room);
  }
  if (!end) return face_fail(err, o, "USAGE_QUESTION", text, "");
  *at = end + (*end == '&');
  return *name ? face_set_named(command, name, value, o, err) : WEIGH_OK;
}

weigh_status face_read_question(const char *text, char *room, const face_command **command, face_question *o,
                                weigh_error *err) {
  char *name = room;
  const char *at = decode(after_url(text), "?&=", &room);
  if (!at || (*at && *at != '?')) return face_fail(err, o, "USAGE_QUESTION", text, "");
  *command = face_find_command(name);
  if (!*command) return face_fail(err, o, "USAGE_COMMAND", name, "");
  at += *at == '?';
  while (*at && *at != ';') { /* what follows a semicolon is the page's own */
    const weigh_status status = read_pair(&at, &room, *command, o, err);
    if (status != WEIGH_OK) return status;
  }
  return face_check_words(*command, o, err);
}

/* ---- writing ---- */

typedef struct writing {
  char *out;
  size_t size, used;
} writing;

static void put(writing *w, char c) {
  if (w->used < w->size) w->out[w->used] = c;
  w->used++;
}

static void put_text(writing *w, const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) put(w, (char)tolower((unsigned char)text[i]));
}

/* What RFC 3986 leaves unreserved stays. */
static void put_encoded(writing *w, const char *text) {
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    if (isalnum(*c) || strchr("-._~:,", *c)) {
      put(w, (char)*c);
    } else {
      put(w, '%');
      put(w, "0123456789ABCDEF"[*c >> 4]);
      put(w, "0123456789ABCDEF"[*c & 15]);
    }
  }
}

bool face_write_question(const face_command *command, const face_question *o, char *out, size_t size) {
  writing w = {out, size, 0};
  char mark = '?';
  put_text(&w, command->name, strlen(command->name));
  for (size_t i = 0; i < o->word_count; i++) {
    size_t length;
    bool optional;
    const char *word = face_word(command, i, &length, &optional);
    if (!o->words[i] || !word) continue;
    put(&w, mark);
    put_text(&w, word, length);
    put(&w, '=');
    put_encoded(&w, o->words[i]);
    mark = '&';
  }
  for (size_t i = 0; i < o->given_count; i++) {
    const face_given *g = &o->given[i];
    if (face_is_of_here(g->option)) continue;
    put(&w, mark);
    put_encoded(&w, g->option->name);
    if (g->option->value) put(&w, '=');
    put_encoded(&w, g->value);
    mark = '&';
  }
  put(&w, '\0');
  return w.used <= size;
}
