/* GET /api/v1/ranges: what a page needs for a control of each option, of each engine's own options and of each method's
 * inputs. Made when it is first asked for, of the tables of face/ and of the library's own reports. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_tree.h>

#include "base/tsv.h"
#include "face/ranges.h"
#include "server/describe.h"
#include "server/server.h"

/* ---- texts and numbers ---- */

static void write_str(srv_bytes *out, wb_str text) {
  char room[512];
  const size_t length = text.len < sizeof room - 1 ? text.len : sizeof room - 1;
  if (length) memcpy(room, text.ptr, length);
  room[length] = '\0';
  srv_bytes_json(out, room);
}

static void write_both(srv_bytes *out, const char *en, const char *zh) {
  srv_bytes_adds(out, "{\"en\": ");
  srv_bytes_json(out, en);
  srv_bytes_adds(out, ", \"zh\": ");
  srv_bytes_json(out, zh);
  srv_bytes_adds(out, "}");
}

static void write_message(srv_bytes *out, const char *id) {
  const char *en = weigh_text(id, WEIGH_ENGLISH), *zh = weigh_text(id, WEIGH_CHINESE);
  write_both(out, en ? en : id, zh ? zh : id);
}

static void write_number(srv_bytes *out, wb_str cell) {
  double number;
  if (!face_range_number(cell, &number)) write_str(out, cell);
  else srv_bytes_addf(out, "%.15g", number);
}

/* What is a text stays as it is typed: a size with its unit, a stage of ZeRO. */
static void write_cell(srv_bytes *out, wb_str cell, bool number) {
  if (wb_str_is(cell, "true") || wb_str_is(cell, "false")) srv_bytes_add(out, cell.ptr, cell.len);
  else if (number) write_number(out, cell);
  else write_str(out, cell);
}

/* ---- a range ---- */

static void write_member(srv_bytes *out, const char *name, wb_str cell, bool number) {
  if (!cell.len) return;
  srv_bytes_addf(out, ", \"%s\": ", name);
  write_cell(out, cell, number);
}

static wb_str next_word(wb_str *list) {
  size_t from = 0, to;
  while (from < list->len && list->ptr[from] == ' ') from++;
  for (to = from; to < list->len && list->ptr[to] != ' ';) to++;
  const wb_str word = wb_str_slice(*list, from, to);
  *list = wb_str_slice(*list, to, list->len);
  return word;
}

static void write_words(srv_bytes *out, const char *name, wb_str list, bool number) {
  bool first = true;
  if (!list.len) return;
  srv_bytes_addf(out, ", \"%s\": [", name);
  for (wb_str word; (word = next_word(&list)).len; first = false) {
    if (!first) srv_bytes_adds(out, ", ");
    write_cell(out, word, number);
  }
  srv_bytes_adds(out, "]");
}

static void write_best(srv_bytes *out, wb_str best, bool number) {
  size_t dots = 0;
  while (dots + 1 < best.len && strncmp(best.ptr + dots, "..", 2) != 0) dots++;
  if (dots + 2 >= best.len) return;
  srv_bytes_adds(out, ", \"best\": {\"low\": ");
  write_cell(out, wb_str_slice(best, 0, dots), number);
  srv_bytes_adds(out, ", \"high\": ");
  write_cell(out, wb_str_slice(best, dots + 2, best.len), number);
  srv_bytes_adds(out, "}");
}

static void write_range(srv_bytes *out, const face_range *r, bool number) {
  write_member(out, "default", r->assumed, number);
  write_member(out, "low", r->low, number);
  write_member(out, "high", r->high, number);
  write_member(out, "step", r->step, number);
  write_words(out, number ? "ticks" : "examples", r->ticks, number);
  write_best(out, r->best, number);
  write_member(out, "unit", r->unit, false);
  write_member(out, "impact", r->impact, false);
  write_member(out, "source", r->source, false);
}

/* ---- options ---- */

static void write_choices(srv_bytes *out, const face_option *o) {
  wb_str choice, about;
  bool any = false;
  for (size_t at = 0; face_choice_next(o, &at, &choice, &about); any = true) {
    char id[64] = "";
    if (about.len < sizeof id) memcpy(id, about.ptr, about.len);
    srv_bytes_adds(out, any ? ", {\"value\": " : ", \"choices\": [{\"value\": ");
    write_str(out, choice);
    srv_bytes_adds(out, ", \"about\": ");
    write_message(out, id);
    srv_bytes_adds(out, "}");
  }
  if (any) srv_bytes_adds(out, "]");
}

/* The key under which the names of a list stand. */
static wb_str key_of(const face_list *list) {
  const bool table = wb_str_is(list->kind, "table");
  return table                             ? wb_str_slice(list->name, 0, list->name.len - strlen(".tsv"))
         : wb_str_is(list->kind, "models") ? list->kind
                                           : list->name;
}

static void write_lists(srv_bytes *out, const face_option *o) {
  face_list list;
  bool any = false;
  for (size_t at = 0; face_list_next(o, &at, &list); any = true) {
    srv_bytes_adds(out, any ? ", " : ", \"names_of\": [");
    write_str(out, key_of(&list));
  }
  if (any) srv_bytes_adds(out, "]");
}

static void write_option(srv_bytes *out, const srv_item *it, bool first) {
  const face_option *o = it->option;
  face_range range;
  srv_bytes_addf(out, "%s\n        {\"name\": \"%s\", \"word\": %s, \"required\": %s, \"repeatable\": %s, ",
                 first ? "" : ",", it->name, o ? "false" : "true", it->required ? "true" : "false",
                 o && face_is_repeatable(o) ? "true" : "false");
  srv_bytes_addf(out, "\"kind\": \"%s\", \"value\": ", o ? face_kind_name(o) : it->is_model ? "model" : "text");
  srv_bytes_json(out, o ? o->value : "TEXT");
  srv_bytes_adds(out, ", \"schema\": ");
  srv_item_schema(out, it, false);
  srv_bytes_adds(out, ", \"about\": ");
  write_message(out, it->about);
  if (o) write_choices(out, o);
  if (o) write_lists(out, o);
  if (o && face_range_find(o, &range)) write_range(out, &range, face_is_number(o));
  srv_bytes_adds(out, "}");
}

static void write_commands(srv_bytes *out) {
  bool first_command = true;
  srv_bytes_adds(out, ",\n  \"commands\": [");
  for (size_t i = 0; i < FACE_COMMAND_COUNT; i++) {
    const face_command *c = &FACE_COMMANDS[i];
    srv_item it;
    bool first = true;
    srv_bytes_addf(out, "%s\n    {\n      \"name\": \"%s\",\n      \"about\": ", first_command ? "" : ",", c->name);
    write_message(out, c->about);
    srv_bytes_adds(out, ",\n      \"options\": [");
    for (size_t at = 0; srv_item_next(c, &at, &it); first = false) write_option(out, &it, first);
    srv_bytes_adds(out, "\n      ]\n    }");
    first_command = false;
  }
  srv_bytes_adds(out, "\n  ]");
}

/* ---- reports, read back ---- */

static bool collect(void *user, const char *bytes, size_t size) { return srv_bytes_add(user, bytes, size); }

/* NULL: it cannot be made. Freed with yajl_tree_free. */
static yajl_val report(weigh_library *library, const char *name, const weigh_report_options *options) {
  const face_command *command = face_find_command(name);
  srv_bytes text = {.ptr = NULL};
  weigh_status status = weigh_report(library, command->kind, NULL, NULL, options, collect, &text, NULL);
  srv_bytes_add(&text, "", 1);
  yajl_val tree = status == WEIGH_OK && !text.failed ? yajl_tree_parse(text.ptr, NULL, 0) : NULL;
  free(text.ptr);
  return tree;
}

static yajl_val member(yajl_val object, const char *name) {
  for (size_t i = 0; YAJL_IS_OBJECT(object) && i < object->u.object.len; i++)
    if (strcmp(object->u.object.keys[i], name) == 0) return object->u.object.values[i];
  return NULL;
}

static size_t length_of(yajl_val list) { return YAJL_IS_ARRAY(list) ? list->u.array.len : 0; }
static yajl_val item_of(yajl_val list, size_t i) { return i < length_of(list) ? list->u.array.values[i] : NULL; }
static const char *text_of(yajl_val v) { return YAJL_IS_STRING(v) ? v->u.string : ""; }

/* ---- names ---- */

static void write_table_names(srv_bytes *out, wb_str file) {
  char path[128];
  wb_str cell;
  bool first = true;
  snprintf(path, sizeof path, "%.*s", WB_STR_ARG(file));
  for (size_t at = 0; wb_tsv_next(wb_data_text(path), &at, &cell, 1); first = false) {
    if (!first) srv_bytes_adds(out, ", ");
    write_str(out, cell);
  }
}

static void write_report_names(srv_bytes *out, weigh_library *library, wb_str name) {
  char key[64];
  snprintf(key, sizeof key, "%.*s", WB_STR_ARG(name));
  yajl_val tree = report(library, key, &(weigh_report_options){.format = WEIGH_FORMAT_JSON});
  yajl_val list = member(tree, key);
  for (size_t i = 0; i < length_of(list); i++) {
    if (i) srv_bytes_adds(out, ", ");
    srv_bytes_json(out, text_of(member(item_of(list, i), "name")));
  }
  yajl_tree_free(tree);
}

static bool is_written(const face_list *lists, size_t count, const face_list *list) {
  for (size_t i = 0; i < count; i++)
    if (wb_str_eq(lists[i].name, list->name)) return true;
  return false;
}

static void write_names(srv_bytes *out, weigh_library *library) {
  face_list lists[32], list;
  size_t count = 0;
  srv_bytes_adds(out, ",\n  \"names\": {");
  for (size_t i = 0; i < FACE_OPTION_COUNT; i++)
    for (size_t at = 0; face_list_next(&FACE_OPTIONS[i], &at, &list);) {
      if (!list.name.len || count == 32 || is_written(lists, count, &list)) continue;
      srv_bytes_adds(out, count ? ",\n    " : "\n    ");
      write_str(out, key_of(&list));
      srv_bytes_adds(out, ": [");
      if (wb_str_is(list.kind, "table")) write_table_names(out, list.name);
      else write_report_names(out, library, list.name);
      srv_bytes_adds(out, "]");
      lists[count++] = list;
    }
  srv_bytes_adds(out, "\n  }");
}

/* ---- options of engines ---- */

/* A release, vllm_2026, is of its engine. */
static bool find_engine_range(const char *engine, const char *option, face_range *out) {
  for (size_t at = 0; face_range_next(&at, out);) {
    if (!wb_str_is(out->option, option) || strncmp(out->of.ptr, engine, out->of.len) != 0) continue;
    if (!engine[out->of.len] || engine[out->of.len] == '_') return true;
  }
  return false;
}

static void write_engine_option(srv_bytes *out, const char *engine, yajl_val option) {
  const char *name = text_of(member(option, "name")), *formula = text_of(member(option, "default"));
  const bool flag = strcmp(formula, "true") == 0 || strcmp(formula, "false") == 0;
  face_range range;
  double number;
  srv_bytes_adds(out, "{\"name\": ");
  srv_bytes_json(out, name);
  srv_bytes_adds(out, ", \"default_formula\": ");
  srv_bytes_json(out, formula);
  if (member(option, "aliases")) {
    srv_bytes_adds(out, ", \"aliases\": ");
    srv_bytes_json(out, text_of(member(option, "aliases")));
  }
  const bool known = find_engine_range(engine, name, &range);
  if (known && !range.assumed.len && face_range_number(wb_str_of(formula), &number)) range.assumed = wb_str_of(formula);
  const bool is_count = known && range.low.len;
  srv_bytes_addf(out, ", \"kind\": \"%s\"", flag ? "flag" : is_count ? "number" : "text");
  if (known) write_range(out, &range, is_count);
  srv_bytes_adds(out, "}");
}

static void write_engine(srv_bytes *out, weigh_library *library, const char *name) {
  const weigh_report_options options = {.format = WEIGH_FORMAT_JSON, .serving = {.engine = name}};
  yajl_val tree = report(library, "engines", &options), list = member(tree, "options");
  srv_bytes_adds(out, "{\"name\": ");
  srv_bytes_json(out, name);
  srv_bytes_adds(out, ", \"options\": [");
  for (size_t i = 0; i < length_of(list); i++) {
    srv_bytes_adds(out, i ? ",\n      " : "\n      ");
    write_engine_option(out, name, item_of(list, i));
  }
  srv_bytes_adds(out, "]}");
  yajl_tree_free(tree);
}

static void write_engines(srv_bytes *out, weigh_library *library) {
  yajl_val tree = report(library, "engines", &(weigh_report_options){.format = WEIGH_FORMAT_JSON});
  yajl_val list = member(tree, "engines");
  srv_bytes_adds(out, ",\n  \"engines\": [");
  for (size_t i = 0; i < length_of(list); i++) {
    srv_bytes_adds(out, i ? ",\n    " : "\n    ");
    write_engine(out, library, text_of(member(item_of(list, i), "name")));
  }
  srv_bytes_adds(out, "\n  ]");
  yajl_tree_free(tree);
}

/* ---- methods ---- */

/* What is said in a language. All else is the same in both. */
static bool is_said(const char *key) {
  static const char *const said[] = {"title", "meaning", "validity", "accuracy", "no_effect_because"};
  for (size_t i = 0; i < sizeof said / sizeof *said; i++)
    if (strcmp(said[i], key) == 0) return true;
  return false;
}

/* Bounds that are numbers are written as numbers; others are formulas. */
static bool is_bound(const char *key) {
  static const char *const bounds[] = {"default", "low", "high", "step", "best_low", "best_high"};
  for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
    if (strcmp(bounds[i], key) == 0) return true;
  return false;
}

static void write_value(srv_bytes *out, yajl_val v) {
  if (YAJL_IS_ARRAY(v)) {
    srv_bytes_adds(out, "[");
    for (size_t i = 0; i < v->u.array.len; i++) {
      if (i) srv_bytes_adds(out, ", ");
      write_value(out, v->u.array.values[i]);
    }
    srv_bytes_adds(out, "]");
  } else if (YAJL_IS_NUMBER(v)) {
    srv_bytes_adds(out, v->u.number.r);
  } else if (YAJL_IS_STRING(v)) {
    srv_bytes_json(out, v->u.string);
  } else {
    srv_bytes_adds(out, YAJL_IS_TRUE(v) ? "true" : YAJL_IS_FALSE(v) ? "false" : "null");
  }
}

/* The plain members of an object, in both languages; what holds objects is passed over. */
static void write_plain(srv_bytes *out, yajl_val en, yajl_val zh) {
  bool first = true;
  for (size_t i = 0; YAJL_IS_OBJECT(en) && i < en->u.object.len; i++) {
    const char *key = en->u.object.keys[i];
    yajl_val v = en->u.object.values[i];
    if (YAJL_IS_OBJECT(v) || YAJL_IS_OBJECT(item_of(v, 0)) || strcmp(key, "properties") == 0) continue;
    if (!first) srv_bytes_adds(out, ", ");
    first = false;
    srv_bytes_json(out, key);
    srv_bytes_adds(out, ": ");
    if (is_said(key)) write_both(out, text_of(v), text_of(member(zh, key)));
    else if (is_bound(key)) write_cell(out, wb_str_of(text_of(v)), true);
    else write_value(out, v);
  }
}

typedef void (*write_fn)(srv_bytes *out, yajl_val en, yajl_val zh);

/* The members of a list that is a member, in braces. */
static void write_list(srv_bytes *out, const char *name, const char *indent, yajl_val en, yajl_val zh, write_fn each) {
  yajl_val list = member(en, name), other = member(zh, name);
  srv_bytes_addf(out, ", \"%s\": [", name);
  for (size_t i = 0; i < length_of(list); i++) {
    srv_bytes_addf(out, "%s\n%s{", i ? "," : "", indent);
    each(out, item_of(list, i), item_of(other, i));
    srv_bytes_adds(out, "}");
  }
  srv_bytes_adds(out, "]");
}

static void write_function(srv_bytes *out, yajl_val en, yajl_val zh) {
  write_plain(out, en, zh);
  write_list(out, "answers", "         ", en, zh, write_plain);
  write_list(out, "inputs", "         ", en, zh, write_plain);
}

static void write_method(srv_bytes *out, yajl_val en, yajl_val zh) {
  write_plain(out, en, zh);
  write_list(out, "functions", "      ", en, zh, write_function);
}

static void write_methods(srv_bytes *out, weigh_library *library, weigh_library *chinese) {
  const weigh_report_options options = {.format = WEIGH_FORMAT_JSON};
  yajl_val en = report(library, "methods", &options), zh = report(chinese, "methods", &options);
  write_list(out, "methods", "    ", en, zh, write_method);
  yajl_tree_free(en);
  yajl_tree_free(zh);
}

/* ---- all of it ---- */

static void write_all(const srv_server *s, srv_bytes *out, weigh_library *const libraries[2]) {
  const bool there = srv_registry_is_there(&s->settings);
  const bool open = s->token[0] || (s->local && !s->settings.proxy);
  srv_bytes_addf(out, "{\n  \"schema_version\": 1,\n  \"version\": \"%s\",\n  \"data_digest\": \"%s\",\n",
                 weigh_version(), weigh_data_digest());
  srv_bytes_addf(out, "  \"registry\": {\"there\": %s, \"writable\": %s}", there ? "true" : "false",
                 there && open && !s->settings.read_only ? "true" : "false");
  write_commands(out);
  write_names(out, libraries[0]);
  write_engines(out, libraries[0]);
  write_methods(out, libraries[0], libraries[1]);
  srv_bytes_adds(out, "\n}\n");
}

static bool make(const srv_server *s, srv_bytes *out) {
  weigh_library *libraries[2] = {NULL, NULL};
  bool fine = true;
  for (int i = 0; i < 2; i++) {
    const weigh_library_options options = {.language = i ? WEIGH_CHINESE : WEIGH_ENGLISH,
                                           .data_dirs = s->settings.data_dirs,
                                           .data_dir_count = s->settings.data_dir_count};
    fine = fine && weigh_library_open(&options, &libraries[i], NULL) == WEIGH_OK;
  }
  if (fine) write_all(s, out, libraries);
  for (int i = 0; i < 2; i++) weigh_library_free(libraries[i]);
  return fine && !out->failed;
}

bool srv_ranges_are_made(srv_server *s) { return s->ranges_made; }

const srv_bytes *srv_ranges(srv_server *s) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&lock);
  if (!s->ranges.size && !make(s, &s->ranges)) {
    free(s->ranges.ptr);
    s->ranges = (srv_bytes){.ptr = NULL};
  }
  s->ranges_made = s->ranges.size > 0;
  pthread_mutex_unlock(&lock);
  return s->ranges_made ? &s->ranges : NULL;
}
