/* weigh: carries questions to libweigh and reports back. Knows no formulas. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "face/share.h"

#include "ask.h"
#include "batch.h"
#include "help.h"
#include "local.h"
#include "parse.h"
#include "progress.h"
#include "registry.h"
#include "serve.h"

static void print_quoted(const char *text) { cli_print_quoted(stderr, text, strlen(text)); }

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

static int fail(const face_question *o, const weigh_error *err) {
  if (o->report.format == WEIGH_FORMAT_JSON) print_error_json(err);
  else print_error_text(err);
  return (int)err->status;
}

static bool wants_color(const face_question *o) {
  if (o->color && strcmp(o->color, "always") == 0) return true;
  if (o->color && strcmp(o->color, "never") == 0) return false;
  const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
  return !(no && *no) && isatty(STDOUT_FILENO) && !(term && strcmp(term, "dumb") == 0);
}

/* --data, then WEIGH_DATA, then weighbridge/ in the XDG data folder if it is there: the first named wins. */
static void add_data_dirs(face_question *o, char *buffer, size_t size) {
  const char *env = getenv("WEIGH_DATA"), *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
  if (env && *env && o->data_dir_count < FACE_MAX_LIST) o->data_dirs[o->data_dir_count++] = env;
  if (xdg && *xdg) snprintf(buffer, size, "%s/weighbridge", xdg);
  else if (home && *home) snprintf(buffer, size, "%s/.local/share/weighbridge", home);
  else return;
  if (access(buffer, R_OK) == 0 && o->data_dir_count < FACE_MAX_LIST) o->data_dirs[o->data_dir_count++] = buffer;
  /* Later folders override earlier ones in the library, so the most specific goes last. */
  for (size_t i = 0; i < o->data_dir_count / 2; i++) {
    const char *swap = o->data_dirs[i];
    o->data_dirs[i] = o->data_dirs[o->data_dir_count - 1 - i];
    o->data_dirs[o->data_dir_count - 1 - i] = swap;
  }
}

static weigh_status ask(const face_command *command, face_question *o, weigh_library *library, weigh_error *err) {
  if (o->local) return cli_report_local(library, o, err);
  const cli_models models = cli_models_of(library);
  cli_progress progress;
  cli_progress_begin(&progress);
  o->report.sweep.progress = cli_progress_show;
  o->report.sweep.progress_user = &progress;
  const weigh_status status = cli_ask(command, o, library, &models, cli_write_stdout, NULL, err);
  cli_progress_end(&progress);
  return status;
}

/* The exit status of what was done; a failure is told. */
static int ended(const face_question *o, weigh_status status, const weigh_error *err) {
  return status != WEIGH_OK && err->code[0] ? fail(o, err) : (int)status;
}

static int run(const face_command *command, face_question *o) {
  char xdg[4096], registry[FACE_PATH_SIZE];
  weigh_error err = {0};
  o->report.color = o->report.format == WEIGH_FORMAT_TEXT && wants_color(o);
  add_data_dirs(o, xdg, sizeof xdg);
  weigh_library *library = NULL;
  weigh_library_options options = {
      .language = o->language, .data_dirs = o->data_dirs, .data_dir_count = o->data_dir_count};
  weigh_status status = weigh_library_open(&options, &library, &err);
  if (status == WEIGH_OK && face_registry_path(o->registry, registry, sizeof registry, false))
    status = weigh_library_use_registry(library, registry, &err);
  if (status == WEIGH_OK) status = ask(command, o, library, &err);
  weigh_library_free(library);
  return ended(o, status, &err);
}

static int refuse(const face_question *o, const char *id, const char *word) {
  weigh_error err = {0};
  weigh_error_set(&err, o->language, id, (const char *const[]){word}, 1);
  return fail(o, &err);
}

static int help(const char *about, const face_question *o) {
  const face_command *command = about ? cli_find_command(about) : NULL;
  if (about && !command) return refuse(o, "USAGE_COMMAND", about);
  if (o->report.format == WEIGH_FORMAT_JSON) cli_print_help_json(command, o->language);
  else cli_print_help(command, o->language);
  return 0;
}

static int completion(const char *shell, const face_question *o) {
  return cli_print_completion(shell) ? 0 : refuse(o, "USAGE_SHELL", shell);
}

static int version(void) {
  printf("weigh %s (data %.12s)\n", weigh_version(), weigh_data_digest());
  return 0;
}

static int batch(face_question *o) {
  char xdg[4096];
  weigh_error err = {0};
  add_data_dirs(o, xdg, sizeof xdg);
  return ended(o, cli_batch(o, &err), &err);
}

static int share(const face_command *command, const face_question *o) {
  static char text[FACE_QUESTION_MAX];
  if (!face_write_question(command, o, text, sizeof text)) return refuse(o, "USAGE_QUESTION_LONG", command->name);
  puts(text);
  return 0;
}

static int run_or_share(const face_command *command, face_question *o) {
  return o->share ? share(command, o) : run(command, o);
}

/* A question that somebody wrote down; how to answer is said on the command line. */
static int open_question(const char *text, face_question *o) {
  static char room[FACE_QUESTION_MAX + 1];
  const face_command *command = NULL;
  weigh_error err = {0};
  if (strlen(text) >= sizeof room) return refuse(o, "USAGE_QUESTION_LONG", "open");
  o->word_count = 0;
  if (face_read_question(text, room, &command, o, &err) != WEIGH_OK) return fail(o, &err);
  return run_or_share(command, o);
}

static int answer(const face_command *command, int argc, char **argv, face_question *o) {
  weigh_error err = {0};
  if (cli_parse(command, argc, argv, o, &err) != WEIGH_OK) return fail(o, &err);
  const char *word = o->word_count ? o->words[0] : NULL;
  if (strcmp(command->name, "help") == 0) return help(word, o);
  if (o->help) return help(command->name, o);
  if (strcmp(command->name, "version") == 0) return version();
  if (strcmp(command->name, "completion") == 0) return completion(word ? word : "", o);
  if (strcmp(command->name, "registry") == 0) return ended(o, cli_registry(o, &err), &err);
  if (strcmp(command->name, "batch") == 0) return batch(o);
  if (strcmp(command->name, "open") == 0) return open_question(word, o);
  return run_or_share(command, o);
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
static int obey(int argc, char **argv, face_question *o) {
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
  if (strcmp(name, "serve") == 0) {
    cli_serve(argv + 1);
    return refuse(o, "SERVE_MISSING", "weigh-serve");
  }
  const face_command *command = cli_find_command(name);
  return command ? answer(command, argc - 2, argv + 2, o) : refuse(o, "USAGE_COMMAND", name);
}

int main(int argc, char **argv) {
  face_question o = {.language = face_locale_language()};
  cli_glance(argc, argv, &o);
  int status = obey(argc, argv, &o);
  if (fflush(stdout) == 0 && !ferror(stdout)) return status;
  weigh_error err = {0};
  if (status == WEIGH_ENVIRONMENT) return status; /* said already */
  weigh_error_set(&err, o.language, "WRITE_FAILED", NULL, 0);
  return fail(&o, &err);
}
