/* Help as JSON: every command and option with what data/options knows of them. Cells of tables stay as they are typed. */
#include "help.h"

#include <stdio.h>
#include <string.h>

#include "face/ranges.h"

const cli_pair CLI_EXITS[] = {{"0", "EXIT_ANSWERED"}, {"1", "EXIT_USAGE"},       {"2", "EXIT_REFUSED"},
                              {"3", "EXIT_NO"},       {"4", "EXIT_ENVIRONMENT"}, {NULL, NULL}};
const cli_pair CLI_ENVIRONMENT[] = {{"WEIGH_DATA", "ENV_DATA"},
                                    {"WEIGH_REGISTRY", "ENV_REGISTRY"},
                                    {"WEIGH_TOKEN", "ENV_TOKEN"},
                                    {"XDG_DATA_HOME", "ENV_XDG"},
                                    {"LC_ALL, LC_MESSAGES, LANG", "ENV_LANG"},
                                    {"NO_COLOR", "ENV_NO_COLOR"},
                                    {NULL, NULL}};

void cli_print_quoted(FILE *to, const char *text, size_t size) {
  fputc('"', to);
  for (size_t taken, written; size; size -= taken, text += taken) {
    char bytes[8];
    taken = wb_str_json(text, size, bytes, &written);
    fwrite(bytes, 1, written, to);
  }
  fputc('"', to);
}

static void quoted(const char *text) { cli_print_quoted(stdout, text, strlen(text)); }

static void member(const char *name, wb_str cell) {
  if (!cell.len) return;
  printf(", \"%s\": ", name);
  cli_print_quoted(stdout, cell.ptr, cell.len);
}

static void print_range(const face_option *option) {
  face_range r;
  if (!face_range_find(option, &r)) return;
  member("default", r.assumed);
  member("low", r.low);
  member("high", r.high);
  member("step", r.step);
  member("examples", r.ticks);
  member("best", r.best);
  member("unit", r.unit);
  member("impact", r.impact);
  member("source", r.source);
}

static void print_choices(const face_option *option, weigh_language language) {
  wb_str choice, about;
  bool any = false;
  for (size_t at = 0; face_choice_next(option, &at, &choice, &about); any = true) {
    char id[64];
    snprintf(id, sizeof id, "%.*s", WB_STR_ARG(about));
    printf(any ? ", {\"value\": " : ", \"choices\": [{\"value\": ");
    cli_print_quoted(stdout, choice.ptr, choice.len);
    printf(", \"about\": ");
    quoted(cli_message(id, language));
    printf("}");
  }
  if (any) printf("]");
}

static void print_lists(const face_option *option) {
  face_list list;
  bool any = false;
  for (size_t at = 0; face_list_next(option, &at, &list); any = true) {
    printf(any ? ", {\"kind\": " : ", \"names_of\": [{\"kind\": ");
    cli_print_quoted(stdout, list.kind.ptr, list.kind.len);
    member("name", list.name);
    printf("}");
  }
  if (any) printf("]");
}

static void print_option(const face_option *option, weigh_language language) {
  printf("{\"name\": \"%s\"", option->name);
  if (option->letter) printf(", \"letter\": \"%c\"", option->letter);
  if (option->value) printf(", \"value\": \"%s\"", option->value);
  printf(", \"kind\": \"%s\", \"every_command\": %s, \"repeatable\": %s, \"about\": ", face_kind_name(option),
         option->of == '*' ? "true" : "false", face_is_repeatable(option) ? "true" : "false");
  quoted(cli_message(option->about, language));
  print_choices(option, language);
  print_lists(option);
  print_range(option);
  printf("}");
}

static void print_command(const face_command *command, const char *before, weigh_language language) {
  const char *between = "";
  printf("%s\n    {\"name\": \"%s\", \"words\": \"%s\", \"about\": ", before, command->name, command->words);
  quoted(cli_message(command->about, language));
  printf(", \"options\": [");
  for (size_t i = 0; i < FACE_OPTION_COUNT; i++) {
    if (!cli_is_listed(command, &FACE_OPTIONS[i])) continue;
    printf("%s\n      ", between);
    print_option(&FACE_OPTIONS[i], language);
    between = ",";
  }
  printf("]}");
}

static void print_pairs(const char *name, const cli_pair *pairs, weigh_language language) {
  printf(",\n  \"%s\": [", name);
  for (const cli_pair *p = pairs; p->name; p++) {
    printf("%s\n    {\"name\": \"%s\", \"about\": ", p == pairs ? "" : ",", p->name);
    quoted(cli_message(p->about, language));
    printf("}");
  }
  printf("]");
}

void cli_print_help_json(const face_command *command, weigh_language language) {
  const char *before = "";
  printf(
      "{\"schema_version\": 1, \"report\": \"help\", \"version\": \"%s\", \"data_digest\": \"%s\",\n  \"commands\": [",
      weigh_version(), weigh_data_digest());
  if (command) print_command(command, before, language);
  for (size_t i = 0; !command && i < FACE_COMMAND_COUNT; i++, before = ",")
    print_command(&FACE_COMMANDS[i], before, language);
  for (size_t i = 0; !command && i < CLI_OWN_COUNT; i++) print_command(&CLI_OWN[i], ",", language);
  printf("]");
  if (!command) {
    print_pairs("exits", CLI_EXITS, language);
    print_pairs("environment", CLI_ENVIRONMENT, language);
  }
  printf("}\n");
}
