/* Questions as data: one row a command, one row an option. The command line with its help and completion, the API and
 * shared questions come from the rows, so that all of them take the same names. */
#ifndef WEIGH_FACE_OPTIONS_H
#define WEIGH_FACE_OPTIONS_H

#include "weigh/registry.h"
#include "weigh/weigh.h"

#define FACE_MAX_LIST  64
#define FACE_MAX_GIVEN 256

typedef struct face_option face_option;

/* An option as it was given. */
typedef struct face_given {
  const face_option *option;
  const char *value;
} face_given;

/* One question. Zero-initialised it is empty. Texts belong to whoever sets them. */
typedef struct face_question {
  const char *words[2]; /* MODEL, or A and B, or FOLDER, or SHELL, or COMMAND */
  size_t word_count;
  const char *config; /* the text of a configuration, instead of the first word; NULL: none */
  size_t config_size;
  const char *settings[FACE_MAX_LIST];
  size_t setting_count;
  const char *data_dirs[FACE_MAX_LIST];
  size_t data_dir_count;
  const char *frozen[FACE_MAX_LIST];
  const char *draft; /* a second model of memory and fit */
  const char *vary[FACE_MAX_LIST];
  const char *engine_options[FACE_MAX_LIST];
  const char *optimizer_options[FACE_MAX_LIST], *adapter_options[FACE_MAX_LIST], *sharding_options[FACE_MAX_LIST];
  char engine_text[4096]; /* those that were put together */
  size_t engine_used;
  weigh_language language;
  bool help;
  bool share;                       /* write the question down instead of answering it */
  bool local;                       /* gpus: those of this machine */
  const char *color;                /* auto, always, never */
  const char *registry;             /* its file; NULL: the usual one, "": none */
  weigh_registry_question kept;     /* registry */
  const char *batch_command;        /* batch: of lines that are a model's name alone */
  weigh_count jobs;                 /* batch: threads; 0: as many as cores */
  face_given given[FACE_MAX_GIVEN]; /* in order; without those that every command takes */
  size_t given_count;
  weigh_report_options report;
} face_question;

typedef struct face_command {
  const char *name;
  weigh_report_kind kind;
  size_t min_words, max_words;
  const char *words;   /* "MODEL [QUANTITY]" */
  const char *about;   /* message id */
  const char *options; /* letters of FACE_OPTIONS rows it takes, see `of` */
  size_t models;       /* words that name models */
} face_command;

typedef enum face_kind {
  FACE_FLAG,     /* bool */
  FACE_SWITCH,   /* bool: the second of two choices */
  FACE_CHOICE,   /* enumeration: the position of the choice */
  FACE_TEXT,     /* const char * */
  FACE_COUNT,    /* weigh_count */
  FACE_POSITIVE, /* weigh_count, not nought */
  FACE_DEPTH,    /* weigh_count, noted as given */
  FACE_SIZE,     /* WIDTHxHEIGHT */
  FACE_BYTES,    /* weigh_count, with a unit */
  FACE_REAL,     /* double, above nought */
  FACE_SECONDS,  /* weigh_count, in milliseconds */
  FACE_SETTING,  /* may stand several times */
  FACE_DATA,
  FACE_FREEZE,
  FACE_GPU_LAYERS, /* weigh_count, noted as given */
  FACE_ENGINE,     /* an option of the engine */
  FACE_OPTIMIZER,  /* an option of the optimizer, the adapter, the sharding */
  FACE_ADAPTER,
  FACE_SHARDING,
  FACE_GENERATIONS, /* a count, and that it was given */
  FACE_PERCENT,
  FACE_VARY /* a variable of a sweep with its values */
} face_kind;

struct face_option {
  const char *name;    /* without -- */
  char letter;         /* one-letter form, 0: none */
  char of;             /* key in face_command.options; '*': every command */
  const char *value;   /* name of its value in help; NULL: a flag */
  const char *choices; /* "text json csv": allowed values, for checking and completion; NULL: any */
  face_kind kind;      /* what its value does */
  size_t at;           /* to which member of face_question */
  const char *about;   /* message id */
};

extern const face_command FACE_COMMANDS[];
extern const size_t FACE_COMMAND_COUNT;
extern const face_option FACE_OPTIONS[];
extern const size_t FACE_OPTION_COUNT;

const face_command *face_find_command(const char *name);

/* An option of a command by its name or its letter; `command` NULL: of any. NULL: there is none. */
bool face_takes(const face_command *command, const face_option *option);
const face_option *face_find_option(const face_command *command, const char *name, size_t length);
const face_option *face_find_letter(const face_command *command, char letter);

/* Whether it may be given several times, each adding to the others. */
bool face_is_repeatable(const face_option *option);

/* Sets an option from its text ("" for a flag), which must outlive the question. Fails with usage_*. */
weigh_status face_set(const face_option *option, const char *value, face_question *o, weigh_error *err);

/* The same for a name that is the engine's own; `value` NULL: it stands in `name` behind a =. The texts are copied. */
weigh_status face_set_engine(const char *name, const char *value, face_question *o, weigh_error *err);

/* Whether there are words enough (usage_missing), and where they belong in the report's options; words that name models are
 * left to whoever opens them. */
weigh_status face_check_words(const face_command *command, const face_question *o, weigh_error *err);
void face_place_words(const face_command *command, face_question *o);

/* Fails with a message of usage or of batches, in the question's language; `b` "" where it has one place. */
weigh_status face_fail(weigh_error *err, const face_question *o, const char *id, const char *a, const char *b);

/* Says which option a failure is of, where only the asker knows: a draft model fails as every model does. */
void face_blame(weigh_error *err, const char *option);

#endif
