/* What programs that serve models are told on their command lines: data/engines/programs.tsv and flags.tsv. */
#ifndef WB_ESTIMATE_FLAGS_H
#define WB_ESTIMATE_FLAGS_H

#include "base/ctx.h"

/* A way to start an engine. */
typedef struct wb_program {
  wb_str words;     /* "vllm serve", "python* -m sglang.launch_server" */
  wb_str engine;    /* by its name in data/engines */
  wb_str flags;     /* whose rows of flags.tsv */
  wb_str model;     /* "word": the model is a word without a flag; else the flag that gives it */
  wb_str limit;     /* the option that bounds the sequences at once; "-": none */
  wb_str option;    /* of the engine, that it means ("program=cli"); "-": none */
  bool abbreviates; /* a flag may be cut short while only one begins so */
} wb_program;

/* The program that begins among the first of some words; `end`: the first word behind its own. False: there is none. */
bool wb_program_in(const wb_str *words, size_t count, wb_program *out, size_t *end);
bool wb_program_next(size_t *at, wb_program *out);
bool wb_program_of(wb_str engine, size_t *at, wb_program *out); /* the next of an engine or of a release of it */

/* A row of flags.tsv. */
typedef struct wb_flag {
  wb_str names; /* comma between */
  wb_str takes; /* flag not count human number fraction text json words maybe */
  wb_str sets;
  wb_str values; /* "-": any; else a list of `value` and `value=meaning` */
} wb_flag;

typedef struct wb_flags {
  wb_flag *items;
  size_t count;
  wb_program program;
} wb_flags;

wb_flags wb_flags_of(wb_ctx *ctx, const wb_program *program);

/* By name ("--max-model-len", "-tp"; _ in a long name is as good as -); NULL: there is none. */
const wb_flag *wb_flag_find(const wb_flags *flags, wb_str name);
wb_str wb_flag_first(const wb_flag *flag); /* the name that is written */

/* What a value means by the flag's list: false when the list does not have it. */
bool wb_flag_value(const wb_flag *flag, wb_str value, wb_str *meaning);
/* The value that a meaning is written as, meanings compared by `same`; false: there is none. */
typedef bool (*wb_same_fn)(wb_str a, wb_str b);
bool wb_flag_written(const wb_flag *flag, wb_same_fn same, wb_str meaning, wb_str *value);

#endif
