#include "server/settings.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef enum kind { FLAG, TEXT, COUNT, ORIGIN, HOST, DATA, LANGUAGE } kind;

typedef struct row {
  const char *name, *value, *choices;
  kind kind;
  size_t at;
  weigh_count most; /* of a count */
  const char *about;
} row;

#define AT(member) offsetof(srv_settings, member)

static const row ROWS[] = {
    {"listen", "ADDRESS:PORT", NULL, TEXT, AT(listen), 0, "SERVE_OPT_LISTEN"},
    {"token-file", "FILE", NULL, TEXT, AT(token_file), 0, "SERVE_OPT_TOKEN"},
    {"registry", "FILE", NULL, TEXT, AT(registry), 0, "CLI_OPT_REGISTRY"},
    {"read-only", NULL, NULL, FLAG, AT(read_only), 0, "SERVE_OPT_READ_ONLY"},
    {"cors", "ORIGIN", NULL, ORIGIN, 0, 0, "SERVE_OPT_CORS"},
    {"host", "NAME", NULL, HOST, 0, 0, "SERVE_OPT_HOST"},
    {"proxy", NULL, NULL, FLAG, AT(proxy), 0, "SERVE_OPT_PROXY"},
    {"threads", "N", NULL, COUNT, AT(threads), 64, "SERVE_OPT_THREADS"},
    {"workers", "N", NULL, COUNT, AT(workers), 64, "SERVE_OPT_WORKERS"},
    {"connections", "N", NULL, COUNT, AT(connections), 65536, "SERVE_OPT_CONNECTIONS"},
    {"connections-per-client", "N", NULL, COUNT, AT(per_client), 65536, "SERVE_OPT_PER_CLIENT"},
    {"rate", "N", NULL, COUNT, AT(rate), 1000000, "SERVE_OPT_RATE"},
    {"log", "WHAT", "requests errors none", TEXT, AT(log), 0, "SERVE_OPT_LOG"},
    {"data", "DIR", NULL, DATA, 0, 0, "CLI_OPT_DATA"},
    {"lang", "LANG", "en zh", LANGUAGE, AT(language), 0, "CLI_OPT_LANG"},
    {"help", NULL, NULL, FLAG, AT(help), 0, "CLI_OPT_HELP"},
};
#define ROW_COUNT (sizeof ROWS / sizeof *ROWS)

static weigh_status fail(weigh_error *err, const srv_settings *s, const char *id, const char *a, const char *b,
                         const char *c) {
  return weigh_error_set(err, s->language, id, (const char *const[]){a, b, c}, 3);
}

static const row *find(const char *name, size_t length) {
  for (size_t i = 0; i < ROW_COUNT; i++)
    if (strlen(ROWS[i].name) == length && strncmp(ROWS[i].name, name, length) == 0) return &ROWS[i];
  return NULL;
}

static bool is_choice(const char *list, const char *word) {
  const size_t length = strlen(word);
  for (; *list; list += strcspn(list, " "), list += strspn(list, " "))
    if (strcspn(list, " ") == length && strncmp(list, word, length) == 0) return true;
  return false;
}

static weigh_count count_of(const char *text, weigh_count most) {
  weigh_count n = 0;
  if (!*text || strlen(text) > 7 || text[strspn(text, "0123456789")]) return -1;
  for (; *text; text++) n = n * 10 + (*text - '0');
  return n <= most ? n : -1;
}

static weigh_status push(const char **list, size_t *count, const char *value, srv_settings *s, weigh_error *err) {
  if (*count == SRV_MAX_LIST) return fail(err, s, "USAGE_TOO_MANY", value, "16", "");
  list[(*count)++] = value;
  return WEIGH_OK;
}

static weigh_status set(const row *r, const char *value, srv_settings *s, weigh_error *err) {
  void *at = (char *)s + r->at;
  weigh_count n;
  if (r->choices && !is_choice(r->choices, value)) return fail(err, s, "USAGE_CHOICE", value, r->name, r->choices);
  switch (r->kind) {
    case FLAG: *(bool *)at = true; break;
    case TEXT: *(const char **)at = value; break;
    case COUNT:
      n = count_of(value, r->most);
      if (n < 0) return fail(err, s, "USAGE_COUNT", value, r->name, "");
      *(weigh_count *)at = n;
      break;
    case ORIGIN: return push(s->origins, &s->origin_count, value, s, err);
    case HOST: return push(s->hosts, &s->host_count, value, s, err);
    case DATA: return push(s->data_dirs, &s->data_dir_count, value, s, err);
    case LANGUAGE: s->language = value[0] == 'z' ? WEIGH_CHINESE : WEIGH_ENGLISH; break;
  }
  return WEIGH_OK;
}

weigh_status srv_settings_read(int argc, char **argv, srv_settings *out, weigh_error *err) {
  for (int i = 1; i < argc; i++) {
    const char *name = argv[i] + 2, *equals = strchr(argv[i], '=');
    if (strcmp(argv[i], "-h") == 0) name = "help";
    else if (strncmp(argv[i], "--", 2) != 0) return fail(err, out, "USAGE_WORD", argv[i], "serve", "");
    const row *r = find(name, equals ? (size_t)(equals - name) : strlen(name));
    if (!r) return fail(err, out, "USAGE_OPTION", argv[i], "serve", "");
    const char *value = equals ? equals + 1 : NULL;
    if (!r->value && value) return fail(err, out, "USAGE_NO_VALUE", argv[i], r->name, "");
    if (r->value && !value) value = argv[++i];
    if (r->value && !value) return fail(err, out, "USAGE_VALUE", r->name, r->value, "");
    const weigh_status status = set(r, value ? value : "", out, err);
    if (status != WEIGH_OK) return status;
  }
  return WEIGH_OK;
}

void srv_settings_help(const srv_settings *s) {
  printf("weigh serve\n\n%s\n\n%s\n", weigh_text("CLI_ABOUT_SERVE", s->language),
         weigh_text("CLI_OPTIONS", s->language));
  for (size_t i = 0; i < ROW_COUNT; i++) {
    char head[64];
    const row *r = &ROWS[i];
    snprintf(head, sizeof head, "--%s%s%s", r->name, r->value ? " " : "", r->value ? r->value : "");
    printf("  %-28s %s", head, weigh_text(r->about, s->language));
    if (r->choices) printf(" [%s]", r->choices);
    printf("\n");
  }
  printf("\n%s\n", weigh_text("SERVE_TAIL", s->language));
}
