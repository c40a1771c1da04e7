/* Engine command lines, `vllm serve MODEL --max-model-len 8192 …`: read as a serving question, and written from one. */
#ifndef WB_ESTIMATE_LAUNCH_H
#define WB_ESTIMATE_LAUNCH_H

#include "estimate/serving.h"

/* What flags set of a serving question, by the name that flags.tsv has for it. */
typedef enum wb_member_kind { WB_MEMBER_COUNT, WB_MEMBER_TEXT, WB_MEMBER_FLAG } wb_member_kind;
typedef struct wb_member {
  const char *name;
  size_t at; /* in weigh_serving */
  wb_member_kind kind;
} wb_member;
const wb_member *wb_member_find(wb_str name); /* NULL: there is none */

/* A command line as read. What it does not say is 0 or NULL. */
typedef struct wb_launch {
  wb_str model;          /* a path, or a name for the catalogue */
  const char *draft;     /* the published model that drafts for it; NULL: none, or one that is not known */
  const char **settings; /* "rope_theta=1000000": edits on its configuration */
  size_t setting_count;
  weigh_serving serving;
  bool says_context;
  bool per_slot;        /* the context of the configuration is that of all slots together */
  bool quant_of_config; /* --quantization names what the configuration says itself, if that says anything */
  wb_str engine;        /* by its name in data/engines */
  wb_str length_flag;   /* the flag that would give the context */
} wb_launch;

/* Whether a text is a command line of a program in data/engines/programs.tsv. */
bool wb_launch_is(wb_str text);

/* Reads one; warns on the model (which needs its context and library only) about what is unknown or not counted. Fails
 * launch_quote, launch_long, launch_model, launch_value_*, launch_choice. */
wb_launch *wb_launch_read(wb_model *model, wb_str text);

/* How long a sequence the model's configuration says it is for; 0: it does not. */
wb_i128 wb_launch_longest(wb_model *model);

/* Once the model is built: what the command leaves to the model's configuration. */
void wb_launch_settle(wb_launch *launch, wb_model *model);

/* A question with the command's answers where it has none of its own. `launch` NULL: the question. */
weigh_serving wb_launch_over(wb_model *model, const wb_launch *launch, const weigh_serving *asked);

/* The command line that starts the engine as the question says, with the flags that differ from its defaults; empty for
 * engines without one. What wb_launch_read makes of it is the same set-up. */
wb_str wb_launch_text(wb_ctx *ctx, const wb_serving *serving);

#endif
