/* Named methods: published rules of thumb, written in the language (data/methods), beside the exact figures.
 *
 * A method has functions. A function is asked with inputs by name, or on a model: then each input that was not given is
 * taken from the model and the question by its `from`, else its default holds.
 */
#ifndef WB_ESTIMATE_METHOD_H
#define WB_ESTIMATE_METHOD_H

#include "estimate/derive.h"
#include "estimate/inputs.h"

/* What a question says beside the model. Zero: unsaid, so that the defaults of the inputs hold. */
typedef struct wb_method_question {
  const char *mode; /* of training: "full", "lora", "qlora8", "qlora4", "prefix", "grpo", "dpo", "pretrain" */
  wb_i128 context, sequences, rank, generations, tp;
  wb_num weight_bytes, kv_bytes; /* of an element */
  const char *optimizer, *precision, *weights_as;
  bool offload, reference;
  const struct wb_exact_figures *exact; /* what causes are told by; NULL: of the parameters alone */
  bool has_checkpointing, checkpointing, has_fused, fused_attention, has_8bit, optimizer_8bit;
} wb_method_question;

/* An input as it was used. */
typedef struct wb_used_input {
  const wb_field *field;
  wb_binding *binding;
  bool is_read; /* false: no formula of the function contains it */
} wb_used_input;

/* What a function computed: its quantities, each derived. `applies` false, with no quantities: the model is no stack of
 * attention and feed-forward layers. */
typedef struct wb_method_result {
  const wb_decl *function;
  wb_derivation *derivation;
  const wb_node **quantities;
  const wb_stmt **stmts; /* of the quantities */
  size_t count;
  wb_used_input *inputs;
  size_t input_count;
  const wb_warning *notes; /* inputs outside of their ranges, checks that fired */
  size_t note_count;
  wb_scope *scope;  /* of its formulas */
  wb_scope *reader; /* of the model and the question; NULL: none was asked about */
  bool applies;
} wb_method_result;

/* By name. Fail with method_unknown, method_function_unknown (with the list). */
const wb_decl *wb_method_find(wb_library *lib, wb_ctx *ctx, wb_str name);
const wb_decl *wb_method_function(wb_ctx *ctx, const wb_decl *method, wb_str name);

/* In order; NULL after the last. Descriptions without functions are no methods. */
const wb_decl *wb_method_at(wb_library *lib, wb_ctx *ctx, size_t i);

/* The function of a method that answers a question ("parameters", "memory", "train" in a mode …); NULL: none. */
const wb_decl *wb_method_answering(const wb_decl *method, const char *question, const char *mode);
/* The same by the method's name. Fails with method_unknown, or with method_no_answer, which names those that answer. */
const wb_decl *wb_method_for(wb_model *model, const char *method, const char *question, const char *mode);
/* The label of the quantity that answers it. */
wb_str wb_method_answer(const wb_decl *function, const char *question, const char *mode);

/* Asks with inputs alone. Fails with method_input_unknown, method_input_value, method_input_missing. */
wb_method_result wb_method_call(wb_ctx *ctx, wb_library *lib, const wb_decl *function, const wb_option *given,
                                size_t count);

/* Asks on a model; inputs given come before what the model says. `asked` NULL: nothing beside the model. */
wb_method_result wb_method_on(wb_model *model, const wb_decl *function, const wb_method_question *asked,
                              const wb_option *given, size_t count);

/* The function of a method by its names, on a model, for whoever wants its figures alone: without formulas and notes, and
 * all inputs count as read. */
wb_method_result wb_method_figures(wb_model *model, const char *method, const char *function);

/* Whether any formula of the function, its inputs' defaults or the method's shared formulas contain an input. */
bool wb_input_has_effect(wb_ctx *ctx, const wb_decl *function, const wb_sym *name);

/* Whether a formula of the function contains an input that is taken from this name of the question ("context"). */
bool wb_method_reads(wb_ctx *ctx, const wb_method_result *result, const char *name);

/* A quantity of a result by its label; NULL when the method did not apply or has none of that name. */
const wb_node *wb_method_quantity(const wb_method_result *result, const char *label);

/* A quantity in its base unit: bytes of a GiB, elements of billions. False: it is no number, or does not fit. */
bool wb_method_base(const wb_method_result *result, const char *label, wb_num *out);

/* What a quantity is called in answers, and its unit as written ("GiB"; empty for a plain number). */
wb_str wb_quantity_label(const wb_stmt *stmt);
wb_str wb_quantity_unit(wb_ctx *ctx, const wb_stmt *stmt);

#endif
