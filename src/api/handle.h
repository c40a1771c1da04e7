/* What the opaque handles of the public API hold, and how work inside them becomes a status. */
#ifndef WB_API_HANDLE_H
#define WB_API_HANDLE_H

#include "estimate/launch.h"
#include "model/model.h"
#include "report/out.h"
#include "weigh/weigh.h"

struct weigh_library {
  wb_library lib;
  weigh_language language;
  bool sealed;                     /* see weigh_library_options */
  const char *registry_path;       /* where names are looked up first; NULL: nowhere */
  struct weigh_registry *registry; /* opened when a name is first asked for */
  uint64_t registry_opened;        /* how often it was */
};

struct weigh_model {
  wb_model model;
  weigh_library *library;
  wb_launch *launch;  /* the command line that named it; NULL: none */
  weigh_model *draft; /* that the command line names too; freed with it */
};

#define WEIGH_MAX_STEPS 20000000u

/* Makes a context's memory; false when there is none. */
bool wb_ctx_open(wb_ctx *ctx, size_t cap);
void wb_ctx_close(wb_ctx *ctx);

/* Begins a piece of work on a context: a fresh budget. Use as: if (WB_BEGIN(ctx)) { …; return WEIGH_OK; } */
void wb_ctx_begin(wb_ctx *ctx);
#define WB_BEGIN(context) (wb_ctx_begin(context), WB_GUARD(context))

/* Turns the context's failure into the caller's error and returns its status. `library` locates descriptions. */
weigh_status wb_report_failure(wb_ctx *ctx, const weigh_library *library, weigh_error *err);
weigh_status wb_failure_in(const wb_ctx *ctx, weigh_language language, weigh_error *err); /* of no description */
weigh_status wb_no_memory(weigh_language language, weigh_error *err);

/* weigh_report for a log: it opens the model that the log names where none is given. */
weigh_status wb_answer_log(wb_out *out, weigh_library *library, weigh_model *model, weigh_error *err);

/* weigh_report for a sweep. */
weigh_status wb_answer_sweep(wb_out *out, weigh_library *library, const weigh_model *model, weigh_error *err);

/* weigh_report for a design. */
weigh_status wb_answer_design(wb_out *out, weigh_library *library, weigh_error *err);

/* weigh_report for worked cases. */
weigh_status wb_answer_cases(wb_out *out, weigh_library *library, weigh_error *err);

/* The same model in memory of its own, with further settings on top; `base` must outlive it. */
weigh_status wb_model_again(const weigh_model *base, const char *const *settings, size_t setting_count,
                            weigh_model **out, weigh_error *err);

/* Finds the configuration that a request names and fills model->config, name. Fails the model's context. */
void wb_open_source(weigh_model *model, const weigh_model_request *request);

/* A serving question about a model, with the answers of the command line that named it. Fails the model's context. */
weigh_serving wb_asked(weigh_model *model, const weigh_serving *asked);

/* One "path=value" on top of the model's configuration. Fails with set_syntax, set_path. */
void wb_apply_setting(wb_model *model, const char *setting);

#endif
