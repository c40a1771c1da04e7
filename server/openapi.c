/* The API's description, made from what it is made of: the commands and options of face/options.c, the routes. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "face/ranges.h"
#include "server/describe.h"
#include "server/server.h"

/* ---- the schema of an option's value ---- */

#define COUNT_MOST "999999999999999"

static void write_choices(srv_bytes *out, const char *choices) {
  srv_bytes_adds(out, "{\"type\": \"string\", \"enum\": [");
  for (bool first = true; *choices; first = false) {
    const size_t n = strcspn(choices, " ");
    srv_bytes_addf(out, "%s\"%.*s\"", first ? "" : ", ", (int)n, choices);
    choices += n + strspn(choices + n, " ");
  }
  srv_bytes_adds(out, "]}");
}

static const char *schema_of(face_kind kind) {
  switch (kind) {
    case FACE_FLAG: return "{\"type\": \"boolean\"}";
    case FACE_COUNT:
    case FACE_DEPTH:
    case FACE_GPU_LAYERS:
    case FACE_GENERATIONS:
      return "{\"type\": [\"integer\", \"string\"], \"minimum\": 0, \"maximum\": " COUNT_MOST
             ", \"pattern\": \"^[0-9]{1,6}[kKMG]?$\"}";
    case FACE_POSITIVE:
      return "{\"type\": [\"integer\", \"string\"], \"minimum\": 1, \"maximum\": " COUNT_MOST
             ", \"pattern\": \"^[1-9][0-9]{0,5}[kKMG]?$\"}";
    case FACE_SIZE: return "{\"type\": \"string\", \"pattern\": \"^[1-9][0-9]{0,4}(x[1-9][0-9]{0,4})?$\"}";
    case FACE_BYTES: return "{\"type\": \"string\", \"pattern\": \"^[1-9][0-9]{0,4} ?(GiB|GB|MiB|MB|G|M)$\"}";
    case FACE_REAL: return "{\"type\": \"number\", \"exclusiveMinimum\": 0, \"maximum\": 1e15}";
    case FACE_SECONDS: return "{\"type\": \"number\", \"minimum\": 0, \"maximum\": 1e9}";
    case FACE_PERCENT: return "{\"type\": \"integer\", \"minimum\": 0, \"maximum\": 99}";
    case FACE_SETTING:
    case FACE_ENGINE:
    case FACE_OPTIMIZER:
    case FACE_ADAPTER:
    case FACE_SHARDING:
      return "{\"oneOf\": [{\"type\": \"string\"}, {\"type\": \"array\", \"items\": {\"type\": \"string\"}, "
             "\"maxItems\": 64}, "
             "{\"type\": \"object\", \"additionalProperties\": {\"type\": [\"string\", \"number\", \"boolean\", "
             "\"null\"]}}]}";
    case FACE_DATA:
    case FACE_FREEZE:
    case FACE_VARY:
      return "{\"oneOf\": [{\"type\": \"string\"}, {\"type\": \"array\", \"items\": {\"type\": \"string\"}, "
             "\"maxItems\": 64}]}";
    case FACE_SWITCH:
    case FACE_CHOICE: return "{\"type\": \"string\"}";
    case FACE_TEXT: return "{\"type\": [\"string\", \"number\"]}"; /* a number is taken as it is written */
  }
  return "{}";
}

static void write_schema(srv_bytes *out, const face_option *o) {
  if (o->choices) write_choices(out, o->choices);
  else srv_bytes_adds(out, schema_of(o->kind));
}

/* ---- what a command takes ---- */

static bool word_at(const face_command *c, size_t i, srv_item *out) {
  size_t length;
  bool optional;
  const char *word = i < c->max_words ? face_word(c, i, &length, &optional) : NULL;
  if (!word) return false;
  const bool folder = c->kind == WEIGH_REPORT_CHECK; /* from elsewhere it is a model's name, or the log says it */
  *out = (srv_item){.about = "API_WORD", .required = i < c->min_words && !folder, .is_model = i < c->models};
  if (folder) word = "MODEL", length = strlen(word);
  for (size_t k = 0; k < length && k < sizeof out->name - 1; k++) out->name[k] = (char)tolower((unsigned char)word[k]);
  return true;
}

bool srv_item_next(const face_command *c, size_t *at, srv_item *out) {
  for (; *at < 2; ++*at)
    if (word_at(c, *at, out)) return ++*at, true;
  for (; *at < 2 + FACE_OPTION_COUNT; ++*at) {
    const face_option *o = &FACE_OPTIONS[*at - 2];
    if (!face_takes(c, o) || face_is_of_here(o)) continue;
    *out = (srv_item){.about = o->about, .option = o};
    snprintf(out->name, sizeof out->name, "%s", o->name);
    ++*at;
    return true;
  }
  return false;
}

static void write_about(srv_bytes *out, const char *id) {
  const char *text = weigh_text(id, WEIGH_ENGLISH);
  srv_bytes_json(out, text ? text : id);
}

/* With default and bounds, as help says them. */
static void write_described(srv_bytes *out, const srv_item *it) {
  char text[512], range[160];
  if (!it->option || !face_range_text(it->option, WEIGH_ENGLISH, range, sizeof range)) {
    write_about(out, it->about);
    return;
  }
  snprintf(text, sizeof text, "%s (%s)", weigh_text(it->about, WEIGH_ENGLISH), range);
  srv_bytes_json(out, text);
}

void srv_item_schema(srv_bytes *out, const srv_item *it, bool in_query) {
  if (it->option) write_schema(out, it->option);
  else if (it->is_model && !in_query) srv_bytes_adds(out, "{\"type\": [\"string\", \"object\"]}");
  else srv_bytes_adds(out, "{\"type\": \"string\"}");
}

static void write_parameters(srv_bytes *out, const face_command *c) {
  srv_item it;
  bool first = true;
  srv_bytes_adds(out, "\"parameters\": [");
  for (size_t at = 0; srv_item_next(c, &at, &it); first = false) {
    srv_bytes_addf(out,
                   "%s{\"name\": \"%s\", \"in\": \"query\", \"required\": %s, \"description\": ", first ? "" : ", ",
                   it.name, it.required ? "true" : "false");
    write_described(out, &it);
    srv_bytes_adds(out, ", \"schema\": ");
    if (it.option && face_is_repeatable(it.option))
      srv_bytes_adds(out, "{\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"maxItems\": 64}");
    else srv_item_schema(out, &it, true);
    srv_bytes_adds(out, "}");
  }
  srv_bytes_adds(out, "]");
}

/* A model is named, sent, or made of settings alone; other words are needed as on the command line. */
static void write_required(srv_bytes *out, const face_command *c) {
  srv_item it;
  bool any = false;
  for (size_t at = 0; srv_item_next(c, &at, &it);) {
    if (!it.required) continue;
    srv_bytes_addf(out, "%s\"%s\"", any ? ", " : ", \"required\": [", it.name);
    any = true;
  }
  if (any) srv_bytes_adds(out, "]");
  if (c->models == 1 && c->kind != WEIGH_REPORT_CHECK)
    srv_bytes_adds(out,
                   ", \"anyOf\": [{\"required\": [\"model\"]}, {\"required\": [\"config\"]}, {\"required\": "
                   "[\"set\"]}]");
}

static void write_body(srv_bytes *out, const face_command *c) {
  srv_item it;
  bool first = true;
  srv_bytes_adds(out,
                 "\"requestBody\": {\"content\": {\"application/json\": {\"schema\": {\"type\": \"object\", "
                 "\"properties\": {");
  for (size_t at = 0; srv_item_next(c, &at, &it); first = false) {
    srv_bytes_addf(out, it.required ? "%s\"%s\": " : "%s\"%s\": {\"anyOf\": [", first ? "" : ", ", it.name);
    srv_item_schema(out, &it, false);
    if (!it.required) srv_bytes_adds(out, ", {\"type\": \"null\"}]}"); /* as if it were not there */
  }
  if (c->models) srv_bytes_adds(out, ", \"config\": {\"type\": [\"string\", \"object\", \"null\"]}");
  /* Options of engines go by their own names. */
  srv_bytes_addf(out, "}, \"additionalProperties\": %s",
                 strchr(c->options, 'S') ? "{\"type\": [\"string\", \"number\", \"boolean\"]}" : "false");
  write_required(out, c);
  srv_bytes_adds(out, "}}}}");
}

#define PROBLEMS \
  "\"4XX\": {\"$ref\": \"#/components/responses/Problem\"}, \"5XX\": {\"$ref\": \"#/components/responses/Problem\"}"

static void write_answers(srv_bytes *out, const face_command *c) {
  static const char *const others[] = {"text/plain", "text/csv", "text/tab-separated-values", "text/markdown"};
  srv_bytes_adds(out,
                 "\"responses\": {\"200\": {\"description\": \"The answer of the command line.\", "
                 "\"content\": {\"application/json\": {\"schema\": {\"type\": \"object\"}}");
  for (size_t i = 0; i < 4; i++) srv_bytes_addf(out, ", \"%s\": {\"schema\": {\"type\": \"string\"}}", others[i]);
  if (c->kind == WEIGH_REPORT_SWEEP)
    srv_bytes_adds(out, ", \"application/x-ndjson\": {\"schema\": {\"type\": \"string\"}}");
  srv_bytes_adds(out, "}}, " PROBLEMS "}");
}

static void write_command(srv_bytes *out, const face_command *c) {
  srv_bytes_addf(out, ",\n    \"/api/v1/%s\": {\n      \"get\": {\"operationId\": \"%s\", \"summary\": ", c->name,
                 c->name);
  write_about(out, c->about);
  srv_bytes_adds(out, ", ");
  write_parameters(out, c);
  srv_bytes_adds(out, ", ");
  write_answers(out, c);
  srv_bytes_addf(out, "},\n      \"post\": {\"operationId\": \"ask-%s\", \"summary\": ", c->name);
  write_about(out, c->about);
  srv_bytes_adds(out, ", ");
  write_body(out, c);
  srv_bytes_adds(out, ", ");
  write_answers(out, c);
  srv_bytes_adds(out, "}\n    }");
}

/* ---- the server's own ---- */

typedef enum answer_kind { JSON, TEXT, NOTHING } answer_kind;

/* Their operations. A test holds them against the routes. */
typedef struct own {
  const char *method, *path, *summary;
  answer_kind content;
  const char *answer, *made; /* what 200 (of NOTHING 204) means, and 201; NULL: never */
  bool open;                 /* needs no token */
} own;

static const own OWN[] = {
    {"GET", "/healthz", "Whether the server answers", JSON, "It does.", NULL, true},
    {"GET", "/metrics", "Counters for Prometheus", TEXT, "Text.", NULL, false},
    {"GET", "/api/v1/openapi.json", "This document", JSON, "It.", NULL, true},
    {"GET", "/api/v1/ranges", "Commands and options with their kinds, choices and ranges", JSON, "The tables.", NULL,
     false},
    {"GET", "/api/v1/ask", "Answer a shared question, as weigh --share writes it", JSON, "The answer.", NULL, false},
    {"GET", "/api/v1/difference",
     "Every number of the answers to two shared questions of one command, and what they differ by", JSON,
     "The figures.", NULL, false},
    {"GET", "/api/v1/models", "Search the models that are known: sent, in the registry, in the catalogue", JSON,
     "A page of them.", NULL, false},
    {"POST", "/api/v1/models", "Send a config.json, to be asked about by its id; with `id` it is kept in the registry",
     JSON, "It was there before.", "It is kept.", false},
    {"GET", "/api/v1/models/{id}", "What a model is, and its configuration", JSON, "It.", NULL, false},
    {"DELETE", "/api/v1/models/{id}", "Forget a configuration that was sent, or take one out of the registry", NOTHING,
     "It is forgotten.", NULL, false},
};
#define OWN_COUNT (sizeof OWN / sizeof *OWN)

static const struct {
  const char *method, *path, *name, *schema;
  bool required;
} PARAMETERS[] = {
    {"GET", "/api/v1/ask", "q", "\"type\": \"string\"", true},
    {"GET", "/api/v1/difference", "a", "\"type\": \"string\"", true},
    {"GET", "/api/v1/difference", "b", "\"type\": \"string\"", true},
    {"GET", "/api/v1/models", "q", "\"type\": \"string\"", false},
    {"GET", "/api/v1/models", "offset", "\"type\": \"integer\", \"minimum\": 0, \"maximum\": 999999999", false},
    {"GET", "/api/v1/models", "limit", "\"type\": \"integer\", \"minimum\": 0, \"maximum\": 1000", false},
    {"POST", "/api/v1/models", "name", "\"type\": \"string\", \"maxLength\": 128", false},
    {"POST", "/api/v1/models", "id", "\"type\": \"string\", \"minLength\": 1, \"maxLength\": 200", false},
    {"POST", "/api/v1/models", "source", "\"type\": \"string\", \"maxLength\": 1000", false},
    {"POST", "/api/v1/models", "revision", "\"type\": \"string\", \"maxLength\": 1000", false},
    {"GET", "/api/v1/models/{id}", "id", "\"type\": \"string\", \"minLength\": 1", true},
    {"DELETE", "/api/v1/models/{id}", "id", "\"type\": \"string\", \"minLength\": 1", true},
};

static void write_own_parameters(srv_bytes *out, const own *o) {
  const char *before = "\"parameters\": [";
  for (size_t i = 0; i < sizeof PARAMETERS / sizeof *PARAMETERS; i++) {
    if (strcmp(PARAMETERS[i].method, o->method) != 0 || strcmp(PARAMETERS[i].path, o->path) != 0) continue;
    srv_bytes_addf(out, "%s{\"name\": \"%s\", \"in\": \"%s\", \"schema\": {%s}%s}", before, PARAMETERS[i].name,
                   strchr(o->path, '{') ? "path" : "query", PARAMETERS[i].schema,
                   PARAMETERS[i].required ? ", \"required\": true" : "");
    before = ", ";
  }
  if (*before == ',') srv_bytes_adds(out, "], ");
}

static void write_own_answer(srv_bytes *out, int status, const char *about, answer_kind content) {
  static const char *const types[] = {[JSON] = "application/json", [TEXT] = "text/plain"};
  static const char *const schemas[] = {[JSON] = "object", [TEXT] = "string"};
  srv_bytes_addf(out, "\"%d\": {\"description\": \"%s\"", status, about);
  if (content != NOTHING)
    srv_bytes_addf(out, ", \"content\": {\"%s\": {\"schema\": {\"type\": \"%s\"}}}", types[content], schemas[content]);
  srv_bytes_adds(out, "}, ");
}

static void write_operation(srv_bytes *out, const own *o) {
  srv_bytes_addf(out, "\"summary\": \"%s\", ", o->summary);
  if (o->open) srv_bytes_adds(out, "\"security\": [], ");
  write_own_parameters(out, o);
  if (strcmp(o->method, "POST") == 0)
    srv_bytes_adds(out,
                   "\"requestBody\": {\"required\": true, \"content\": {\"application/json\": {\"schema\": "
                   "{\"type\": \"object\"}}}}, ");
  srv_bytes_adds(out, "\"responses\": {");
  write_own_answer(out, o->content == NOTHING ? 204 : 200, o->answer, o->content);
  if (o->made) write_own_answer(out, 201, o->made, o->content);
  srv_bytes_adds(out, PROBLEMS "}");
}

static void write_own(srv_bytes *out) {
  for (size_t i = 0; i < OWN_COUNT; i++) {
    const bool same = i && strcmp(OWN[i].path, OWN[i - 1].path) == 0;
    if (same) srv_bytes_adds(out, ",\n");
    else srv_bytes_addf(out, "%s    \"%s\": {\n", i ? "\n    },\n" : "", OWN[i].path);
    srv_bytes_adds(out, "      \"");
    for (const char *c = OWN[i].method; *c; c++) srv_bytes_addf(out, "%c", tolower((unsigned char)*c));
    srv_bytes_adds(out, "\": {");
    write_operation(out, &OWN[i]);
    srv_bytes_adds(out, "}");
  }
  srv_bytes_adds(out, "\n    }");
}

static const char COMPONENTS[] =
    "\n  },\n  \"components\": {\n    \"responses\": {\"Problem\": {\"description\": \"What is wrong (RFC 9457); "
    "`code` is that of "
    "the command line's errors.\", \"content\": {\"application/problem+json\": {\"schema\": {\"$ref\": "
    "\"#/components/schemas/Problem\"}}}}},\n    \"schemas\": {\"Problem\": {\"type\": \"object\", \"required\": "
    "[\"type\", \"title\", "
    "\"status\", \"code\", \"detail\"], \"properties\": {\"type\": {\"type\": \"string\"}, \"title\": {\"type\": "
    "\"string\"}, "
    "\"status\": {\"type\": \"integer\"}, \"code\": {\"type\": \"string\"}, \"exit\": {\"type\": \"integer\"}, "
    "\"detail\": {\"type\": "
    "\"string\"}, \"field\": {\"type\": \"string\"}, \"file\": {\"type\": \"string\"}, \"line\": {\"type\": "
    "\"integer\"}, \"column\": {\"type\": "
    "\"integer\"}, "
    "\"instance\": {\"type\": \"string\"}}}},\n    \"securitySchemes\": {\"token\": {\"type\": \"http\", \"scheme\": "
    "\"bearer\"}}\n  },\n"
    "  \"security\": [{}, {\"token\": []}]\n}\n";

bool srv_openapi_write(srv_bytes *out) {
  srv_bytes_adds(out, "{\n  \"openapi\": \"3.1.0\",\n  \"info\": {\"title\": \"Weighbridge\", \"version\": ");
  srv_bytes_json(out, weigh_version());
  srv_bytes_adds(
      out,
      ", \"description\": \"What a neural network weighs. Keys are the option names of the command line.\"},\n"
      "  \"paths\": {\n");
  write_own(out);
  for (size_t i = 0; i < FACE_COMMAND_COUNT; i++) write_command(out, &FACE_COMMANDS[i]);
  srv_bytes_add(out, COMPONENTS, sizeof COMPONENTS - 1);
  return !out->failed;
}
