/* Reports: each reads a model and writes it in every format. */
#ifndef WB_REPORT_REPORT_H
#define WB_REPORT_REPORT_H

#include "model/model.h"
#include "report/out.h"
#include "source/log.h"

void wb_report_params(wb_out *out, wb_model *model);
void wb_report_tensors(wb_out *out, wb_model *model);
void wb_report_explain(wb_out *out, wb_model *model);
/* A derivation in every format, as explain writes it. */
struct wb_derivation;
void wb_report_derivation(wb_out *out, wb_model *model, const struct wb_derivation *derivation);
void wb_report_flops(wb_out *out, wb_model *model);
void wb_report_families(wb_out *out, wb_library *lib);
void wb_report_gpus(wb_out *out);
bool wb_report_train(wb_out *out, wb_model *model); /* every mode asked for fits, or no card was named */
bool wb_report_advise(wb_out *out, wb_model *model);
void wb_report_compare_methods(wb_out *out, wb_model *model);
void wb_report_methods(wb_out *out, wb_library *lib);
void wb_report_method(wb_out *out, wb_library *lib); /* options->method, and its ->function with ->input */
void wb_report_one_method(wb_out *out, wb_library *lib, const wb_decl *method);
void wb_report_adapters(wb_out *out, wb_library *lib);   /* of options->adapter, or all */
void wb_report_engines(wb_out *out, wb_library *lib);    /* of options->serving.engine, or all */
void wb_report_optimizers(wb_out *out, wb_library *lib); /* of options->optimizer, or all */
struct wb_local;
void wb_report_local(wb_out *out, wb_str tool, const struct wb_local *cards, size_t count);
void wb_report_speed(wb_out *out, wb_model *model);
/* One line about speed for another report; nothing when no card is named or its rates are not known. */
void wb_write_speed_line(wb_out *out, wb_model *model, const weigh_serving *asked);
/* Each returns whether the answer is yes: nothing differs. */
bool wb_report_diff(wb_out *out, wb_model *a, wb_model *b);
bool wb_report_check(wb_out *out, wb_model *model);
bool wb_report_check_log(wb_out *out, const wb_log *log, wb_model *model); /* model NULL: nothing to compare with */
bool wb_report_memory(wb_out *out, wb_model *model, bool fit);             /* it fits, or nobody asked */

/* How far it goes: null, or words, where memory sets no limit (wb_serving_max_context). */
void wb_json_reach(wb_json_out *j, const char *key, wb_i128 reach);
wb_str wb_out_reach(wb_out *out, wb_i128 reach);

/* The parts of a load that weigh anything: `components` with name and bytes. Many loads are listed at once. */
struct wb_load;
void wb_json_load_parts(wb_json_out *j, const wb_str *names, size_t count, const struct wb_load *load);

/* What a process can use of a card: members of an object. */
struct wb_card;
void wb_json_usable(wb_json_out *j, const struct wb_card *card);
/* A sweep's rows, written as they are made, in the memory of `out` alone. `failed` NULL: the figures hold. */
struct wb_sweep;
struct wb_sweep_point;
struct wb_sweep_figures;
typedef struct wb_sweep_writer wb_sweep_writer;
wb_sweep_writer *wb_sweep_begin(wb_out *out, const wb_model *model, const struct wb_sweep *sweep);
void wb_sweep_row(wb_sweep_writer *writer, const struct wb_sweep_point *point, const struct wb_sweep_figures *figures,
                  const weigh_error *failed);
void wb_sweep_end(wb_sweep_writer *writer);

struct wb_design;
void wb_report_design(wb_out *out, const struct wb_design *design);

/* The members that every JSON answer begins with. */
void wb_json_head(wb_json_out *j, const char *report);
void wb_json_warnings(wb_json_out *j, wb_model *model);
void wb_json_unused(wb_json_out *j, wb_model *model);
/* Every field that the description read, with its value and origin; lists are abridged. */
void wb_json_fields(wb_json_out *j, const wb_model *model);
void wb_json_value(wb_json_out *j, const char *key, const wb_value *value);
const char *wb_origin_name(wb_origin_kind kind);
void wb_out_warnings(wb_out *out, wb_model *model);

#define WB_SCHEMA_VERSION 1

#endif
