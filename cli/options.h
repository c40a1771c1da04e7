/* The command line as data: one row a command, one row an option. Parsing, help and completion come from the rows. */
#ifndef WEIGH_CLI_OPTIONS_H
#define WEIGH_CLI_OPTIONS_H

#include "weigh/registry.h"
#include "weigh/weigh.h"

#define CLI_MAX_LIST 64

typedef struct cli_options {
  const char *words[2]; /* MODEL, or A and B, or FOLDER, or SHELL, or COMMAND */
  size_t word_count;
  const char *settings[CLI_MAX_LIST];
  size_t setting_count;
  const char *data_dirs[CLI_MAX_LIST];
  size_t data_dir_count;
  const char *frozen[CLI_MAX_LIST];
  const char *draft; /* a second model of memory and fit */
  const char *vary[CLI_MAX_LIST];
  const char *engine_options[CLI_MAX_LIST];
  const char *optimizer_options[CLI_MAX_LIST], *adapter_options[CLI_MAX_LIST], *sharding_options[CLI_MAX_LIST];
  char engine_text[4096]; /* those that were put together */
  size_t engine_used;
  weigh_language language;
  bool help;
  bool local;                   /* gpus: those of this machine */
  const char *color;            /* auto, always, never */
  const char *registry;         /* its file; NULL: the usual one, "": none */
  weigh_registry_question kept; /* registry */
  const char *batch_command;    /* batch: of lines that are a model's name alone */
  weigh_count jobs;             /* batch: threads; 0: as many as cores */
  weigh_report_options report;
} cli_options;

typedef struct cli_command {
  const char *name;
  weigh_report_kind kind;
  size_t min_words, max_words;
  const char *words;   /* "MODEL [QUANTITY]" */
  const char *about;   /* message id */
  const char *options; /* letters of CLI_OPTIONS rows it takes, see `of` */
  size_t models;       /* words that name models */
} cli_command;

typedef enum cli_kind {
  CLI_FLAG,     /* bool */
  CLI_SWITCH,   /* bool: the second of two choices */
  CLI_CHOICE,   /* enumeration: the position of the choice */
  CLI_TEXT,     /* const char * */
  CLI_COUNT,    /* weigh_count */
  CLI_POSITIVE, /* weigh_count, not nought */
  CLI_DEPTH,    /* weigh_count, noted as given */
  CLI_SIZE,     /* WIDTHxHEIGHT */
  CLI_BYTES,    /* weigh_count, with a unit */
  CLI_REAL,     /* double, above nought */
  CLI_SECONDS,  /* weigh_count, in milliseconds */
  CLI_SETTING,  /* may stand several times */
  CLI_DATA,
  CLI_FREEZE,
  CLI_GPU_LAYERS, /* weigh_count, noted as given */
  CLI_ENGINE,     /* an option of the engine */
  CLI_OPTIMIZER,  /* an option of the optimizer, the adapter, the sharding */
  CLI_ADAPTER,
  CLI_SHARDING,
  CLI_GENERATIONS, /* a count, and that it was given */
  CLI_PERCENT,
  CLI_VARY /* a variable of a sweep with its values */
} cli_kind;

typedef struct cli_option {
  const char *name;    /* without -- */
  char letter;         /* one-letter form, 0: none */
  char of;             /* key in cli_command.options; '*': every command */
  const char *value;   /* name of its value in help; NULL: a flag */
  const char *choices; /* "text json csv": allowed values, for checking and completion; NULL: any */
  cli_kind kind;       /* what its value does */
  size_t at;           /* to which member of cli_options */
  const char *about;   /* message id */
} cli_option;

extern const cli_command CLI_COMMANDS[];
extern const size_t CLI_COMMAND_COUNT;
/* Commands that the command answers itself, without the library's reports; `kind` has no meaning. */
extern const cli_command CLI_OWN[];
extern const size_t CLI_OWN_COUNT;
extern const cli_option CLI_OPTIONS[];
extern const size_t CLI_OPTION_COUNT;

const cli_command *cli_find_command(const char *name);

/* A command that reports, by its name; NULL: none. */
const cli_command *cli_find_report(const char *name);

/* Sets one option of a command by its name on the command line (without --), as a line of a batch has it; `value` of a flag
 * is "true". What the command does not know is an option of its engine, where it has one. `value` must outlive `out`. */
weigh_status cli_set(const cli_command *command, const char *name, const char *value, cli_options *out,
                     weigh_error *err);
bool cli_is_flag(const cli_command *command, const char *name);

/* Whether there are as many words as the command needs. */
weigh_status cli_enough_words(const cli_command *command, const cli_options *o, weigh_error *err);

/* How answers and errors are to be written, wherever on the line it stands: --format and --lang, before anything else
 * is read. What is wrong with them is left to cli_parse. */
void cli_glance(int argc, char **argv, cli_options *out);

/* Options that every command takes may stand before it: moves the command to argv[1] and them behind it. --help and
 * --version there count as commands. Without any command, argv[1] is an option or missing. */
weigh_status cli_command_first(int argc, char **argv, const cli_options *o, weigh_error *err);

/* Reads the arguments after the command's name. On failure fills err (usage_*) and returns its status. */
weigh_status cli_parse(const cli_command *command, int argc, char **argv, cli_options *out, weigh_error *err);

/* --help of the program (command NULL) or of one command, and the completion scripts. */
void cli_print_help(const cli_command *command, weigh_language language);
bool cli_print_completion(const char *shell);

#endif
