/* weigh registry: carries what is asked to weigh/registry.h. */
#include "registry.h"

#include <signal.h>
#include <string.h>

#include "ask.h"

static const struct {
  const char *name;
  weigh_registry_action action;
  bool named, writes;
} ACTIONS[] = {
    {"list", WEIGH_REGISTRY_LIST, false, false},     {"show", WEIGH_REGISTRY_SHOW, true, false},
    {"add", WEIGH_REGISTRY_ADD, true, true},         {"remove", WEIGH_REGISTRY_REMOVE, true, true},
    {"export", WEIGH_REGISTRY_EXPORT, false, false}, {"import", WEIGH_REGISTRY_IMPORT, true, true},
    {"verify", WEIGH_REGISTRY_VERIFY, false, false},
};
#define ACTION_COUNT (sizeof ACTIONS / sizeof *ACTIONS)
#define ACTION_WORDS "list, show, add, remove, export, import, verify"

weigh_status cli_registry(face_question *o, weigh_error *err) {
  char path[FACE_PATH_SIZE];
  size_t at = 0;
  while (at < ACTION_COUNT && strcmp(ACTIONS[at].name, o->words[0]) != 0) at++;
  if (at == ACTION_COUNT) return face_fail(err, o, "USAGE_ACTION", o->words[0], ACTION_WORDS);
  o->kept.action = ACTIONS[at].action;
  o->kept.name = o->word_count > 1 ? o->words[1] : NULL;
  if (ACTIONS[at].named && !o->kept.name) return face_fail(err, o, "REGISTRY_NAME_MISSING", o->words[0], "");
  if (!face_registry_path(o->registry, path, sizeof path, ACTIONS[at].writes))
    return face_fail(err, o, "REGISTRY_NO_HOME", "", "");
  signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is an error to tell */
  const weigh_registry_options options = {.path = path, .read_only = !ACTIONS[at].writes, .language = o->language};
  weigh_registry *registry = NULL;
  weigh_status status = weigh_registry_open(&options, &registry, err);
  if (status == WEIGH_OK) status = weigh_registry_report(registry, &o->kept, &o->report, cli_write_stdout, NULL, err);
  weigh_registry_free(registry);
  return status;
}
