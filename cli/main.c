/* weigh: carries questions to libweigh and reports back. Knows no formulas. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "local.h"
#include "options.h"
#include "progress.h"

static bool write_stdout(void *user, const char *bytes, size_t size) {
  (void)user;
  return fwrite(bytes, 1, size, stdout) == size;
}

static void print_quoted(const char *text) {
  fputc('"', stderr);
  for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
    if (*c == '"' || *c == '\\') fprintf(stderr, "\\%c", *c);
    else if (*c < 0x20 || *c == 0x7f) fprintf(stderr, "\\u%04x", *c);
    else fputc(*c, stderr);
  }
  fputc('"', stderr);
}

static void print_error_json(const weigh_error *err) {
  fprintf(stderr,
          "{\"schema_version\": 1, \"error\": {\"status\": %d, \"code\": \"%s\", \"message\": ", (int)err->status,
          err->code);
  print_quoted(err->message);
  if (err->file[0]) {
    fprintf(stderr, ", \"file\": ");
    print_quoted(err->file);
  }
  if (err->line) fprintf(stderr, ", \"line\": %u, \"column\": %u", err->line, err->column);
  fprintf(stderr, "}}\n");
}

/* file:line:column: message, then the line and a caret under the column. */
static void print_error_text(const weigh_error *err) {
  fprintf(stderr, "weigh: ");
  if (err->file[0]) fprintf(stderr, "%s:", err->file);
  if (err->line) fprintf(stderr, "%u:%u:", err->line, err->column);
  fprintf(stderr, "%s%s\n", err->file[0] ? " " : "", err->message);
  if (!err->line || !err->excerpt[0] || err->column > strlen(err->excerpt) + 1) return;
  fprintf(stderr, "  %s\n  ", err->excerpt);
  for (uint32_t i = 1; i < err->column; i++)
    if (((unsigned char)err->excerpt[i - 1] & 0xC0) != 0x80) fputc(err->excerpt[i - 1] == '\t' ? '\t' : ' ', stderr);
  fprintf(stderr, "^\n");
}

static int fail(const cli_options *o, const weigh_error *err) {
  if (o->report.format == WEIGH_FORMAT_JSON) print_error_json(err);
  else print_error_text(err);
  return (int)err->status;
}

static weigh_language locale_language(void) {
  static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
  for (size_t i = 0; i < 3; i++) {
    const char *value = getenv(names[i]);
    if (value && *value) return strncmp(value, "zh", 2) == 0 ? WEIGH_CHINESE : WEIGH_ENGLISH;
  }
  return WEIGH_ENGLISH;
}

static bool wants_color(const cli_options *o) {
  if (o->color && strcmp(o->color, "always") == 0) return true;
  if (o->color && strcmp(o->color, "never") == 0) return false;
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
  return !(no && *no) && isatty(STDOUT_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

/* --data, then WEIGH_DATA, then weighbridge/ in the XDG data folder if it is there: the first named wins. */
static void add_data_dirs(cli_options *o, char *buffer, size_t size) {
  const char *env = getenv("WEIGH_DATA"), *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
  if (env && *env && o->data_dir_count < CLI_MAX_LIST) o->data_dirs[o->data_dir_count++] = env;
  if (xdg && *xdg) snprintf(buffer, size, "%s/weighbridge", xdg);
  else if (home && *home) snprintf(buffer, size, "%s/.local/share/weighbridge", home);
  else return;
  if (access(buffer, R_OK) == 0 && o->data_dir_count < CLI_MAX_LIST) o->data_dirs[o->data_dir_count++] = buffer;
  /* Later folders override earlier ones in the library, so the most specific goes last. */
  for (size_t i = 0; i < o->data_dir_count / 2; i++) {
    const char *swap = o->data_dirs[i];
    o->data_dirs[i] = o->data_dirs[o->data_dir_count - 1 - i];
    o->data_dirs[o->data_dir_count - 1 - i] = swap;
  }
}

static weigh_status ask(const cli_command *command, cli_options *o, weigh_library *library, weigh_error *err) {
  weigh_model *models[2] = {NULL, NULL};
  weigh_local found;
  if (o->local) return cli_report_local(library, o, err);
  weigh_status status = cli_place_local(library, o, &found, err);
  const weigh_report_kind kind = o->report.log ? WEIGH_REPORT_LOG : command->kind;
  const size_t count = o->report.log && !o->word_count && !o->setting_count ? 0 : command->models;
  if (kind == WEIGH_REPORT_ENGINES && o->word_count) o->report.serving.engine = o->words[0];
  if (kind == WEIGH_REPORT_ADAPTERS && o->word_count) o->report.adapter = o->words[0];
  if (kind == WEIGH_REPORT_METHOD) o->report.method = o->words[0];
  if (kind == WEIGH_REPORT_METHOD && o->word_count > 1) o->report.function = o->words[1];
  if (kind == WEIGH_REPORT_CASES && o->word_count) o->report.worked_case = o->words[0];
  if (kind == WEIGH_REPORT_OPTIMIZERS && o->word_count) o->report.optimizer = o->words[0];
  if (kind == WEIGH_REPORT_CHECK) o->report.folder = o->words[0];
  if (command->kind == WEIGH_REPORT_EXPLAIN && o->word_count > 1) o->report.quantity = o->words[1];
  for (size_t i = 0; i < count && status == WEIGH_OK; i++) {
    weigh_model_request request = {
        .model = i < o->word_count ? o->words[i] : NULL, .settings = o->settings, .setting_count = o->setting_count};
    status = weigh_model_open(library, &request, &models[i], err);
  }
  if (status == WEIGH_OK && o->draft && count == 1) {
    const weigh_model_request draft = {.model = o->draft};
    status = weigh_model_open(library, &draft, &models[1], err);
  }
  cli_progress progress;
  cli_progress_begin(&progress);
  o->report.sweep.progress = cli_progress_show;
  o->report.sweep.progress_user = &progress;
  if (status == WEIGH_OK)
    status = weigh_report(library, kind, models[0], models[1], &o->report, write_stdout, NULL, err);
  cli_progress_end(&progress);
  weigh_model_free(models[0]);
  weigh_model_free(models[1]);
  return status;
}

static int run(const cli_command *command, cli_options *o) {
  char xdg[4096];
  weigh_error err = {0};
  o->report.color = o->report.format == WEIGH_FORMAT_TEXT && wants_color(o);
  add_data_dirs(o, xdg, sizeof xdg);
  weigh_library *library = NULL;
  weigh_library_options options = {o->language, o->data_dirs, o->data_dir_count};
  weigh_status status = weigh_library_open(&options, &library, &err);
  if (status == WEIGH_OK) status = ask(command, o, library, &err);
  weigh_library_free(library);
  if (status != WEIGH_OK && err.code[0]) return fail(o, &err);
  return (int)status;
}

static int refuse(const cli_options *o, const char *id, const char *word) {
  weigh_error err = {0};
  weigh_error_set(&err, o->language, id, (const char *const[]){word}, 1);
  return fail(o, &err);
}

static int help(const char *about, const cli_options *o) {
  const cli_command *command = about ? cli_find_command(about) : NULL;
  if (about && !command) return refuse(o, "USAGE_COMMAND", about);
  cli_print_help(command, o->language);
  return 0;
}

static int completion(const char *shell, const cli_options *o) {
  return cli_print_completion(shell) ? 0 : refuse(o, "USAGE_SHELL", shell);
}

static int version(void) {
  printf("weigh %s (data %.12s)\n", weigh_version(), weigh_data_digest());
  return 0;
}

static int answer(const cli_command *command, int argc, char **argv, cli_options *o) {
  weigh_error err = {0};
  if (cli_parse(command, argc, argv, o, &err) != WEIGH_OK) return fail(o, &err);
  const char *word = o->word_count ? o->words[0] : NULL;
  if (strcmp(command->name, "help") == 0) return help(word, o);
  if (o->help) return help(command->name, o);
  if (strcmp(command->name, "version") == 0) return version();
  if (strcmp(command->name, "completion") == 0) return completion(word ? word : "", o);
  return run(command, o);
}

static bool print_name(void *user, const char *name) {
  (void)user;
  return puts(name) >= 0;
}

/* For completion scripts: catalogue names that begin with a text. */
static int complete(const char *prefix) {
  weigh_library *library = NULL;
  if (weigh_library_open(NULL, &library, NULL) != WEIGH_OK) return WEIGH_ENVIRONMENT;
  weigh_catalogue_names(library, prefix, print_name, NULL, NULL);
  weigh_library_free(library);
  return 0;
}

/* The words of the line, and what comes of them. */
static int obey(int argc, char **argv, cli_options *o) {
  weigh_error err = {0};
  if (argc > 1 && strcmp(argv[1], "complete") == 0) return complete(argc > 2 ? argv[2] : "");
  if (cli_command_first(argc, argv, o, &err) != WEIGH_OK) return fail(o, &err);
  const char *name = argc > 1 ? argv[1] : "--";
  if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) name = "help";
  if (strcmp(name, "--version") == 0) name = "version";
  if (name[0] == '-' && name[1]) { /* no command at all */
    cli_print_help(NULL, o->language);
    return WEIGH_USAGE;
  }
  const cli_command *command = cli_find_command(name);
  return command ? answer(command, argc - 2, argv + 2, o) : refuse(o, "USAGE_COMMAND", name);
}

int main(int argc, char **argv) {
  cli_options o = {.language = locale_language()};
  cli_glance(argc, argv, &o);
  int status = obey(argc, argv, &o);
  if (fflush(stdout) == 0 && !ferror(stdout)) return status;
  weigh_error err = {0};
  if (status == WEIGH_ENVIRONMENT) return status; /* said already */
  weigh_error_set(&err, o.language, "WRITE_FAILED", NULL, 0);
  return fail(&o, &err);
}
