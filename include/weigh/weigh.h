/* libweigh: know what a model weighs before you load it.
 *
 * This header reads as the manual. A question goes: open a library (the descriptions), open a model (a configuration
 * under a description), ask it. Everything a call returns is exact unless the text says otherwise.
 *
 * Conventions
 * - A call returns a weigh_status; results come through `out` parameters, which are untouched on failure.
 * - The last parameter of a call that can fail is a weigh_error, which may be NULL. It is held by the caller, filled
 *   on failure only, and needs no release.
 * - A handle is freed with its own free function; freeing NULL is fine. A model must be freed before its library.
 * - Strings are UTF-8 and NUL-terminated. Strings returned inside structs belong to the handle they came from.
 * - The library never prints, exits, aborts or keeps state outside its handles.
 * - Threads: one handle is used by one thread at a time; a library and its models count as one handle.
 * - Limits: one model may use 256 MiB of memory and 20,000,000 steps of evaluation (advice: for each card
 *   that it tries); more is an error.
 */
#ifndef WEIGH_H
#define WEIGH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weigh/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The product's version, "0.1.0", and the SHA-256 (hex) of the descriptions it was built with. */
const char *weigh_version(void);
const char *weigh_data_digest(void);

/* ---- Errors ---------------------------------------------------------------------------------------------------- */

/* One failure. `code` is stable ("field_type"); `message` is a whole sentence in the library's language that says
 * what was found, what was expected and what to try. `file`, `line` and `column` (from 1, in bytes; 0: unknown) say
 * where; `excerpt` is that line, for a caret. */
typedef struct weigh_error {
  weigh_status status;
  char code[48];
  char message[1024];
  char file[512];
  uint32_t line, column;
  char excerpt[256];
  char field[64]; /* the option at fault, as data/options/faults.tsv knows it: "context", "max_num_seqs"; else empty */
} weigh_error;

/* ---- The library of descriptions -------------------------------------------------------------------------------- */

typedef struct weigh_library weigh_library;

typedef enum weigh_language { WEIGH_ENGLISH = 0, WEIGH_CHINESE = 1 } weigh_language;

/* Zero is a good default for every member. */
typedef struct weigh_library_options {
  weigh_language language; /* of messages and of text, Markdown reports; never of JSON, CSV, TSV keys */
  const char *const
      *data_dirs; /* folders with *.weigh files of the user's own, which add to or replace the built-in ones */
  size_t data_dir_count;
  bool sealed; /* once opened, no file, folder or standard input is looked at: a name that would mean one is refused
                  (file_sealed), and messages name no folder of data_dirs. For questions from strangers */
} weigh_library_options;

/* Opens the built-in descriptions and the user's. Errors: WEIGH_ENVIRONMENT when a folder cannot be read; a faulty
 * description is reported by the first question that needs it (or by weigh_library_check). `options` may be NULL. */
weigh_status weigh_library_open(const weigh_library_options *options, weigh_library **out, weigh_error *err);
void weigh_library_free(weigh_library *library);

/* Bytes that a library holds: descriptions are parsed when they are first needed, and kept. */
size_t weigh_library_memory(const weigh_library *library);

/* Parses every description. Errors: WEIGH_REFUSED with file, line and column of the first fault. */
weigh_status weigh_library_check(weigh_library *library, weigh_error *err);

/* ---- A model ----------------------------------------------------------------------------------------------------- */

typedef struct weigh_model weigh_model;

/* What to open. Exactly one of `model` and `config` is given, or neither when `settings` type in the dimensions. */
typedef struct weigh_model_request {
  const char *model;  /* path of a config.json or of its folder, "-" for standard input, a catalogue name, a size ("7B
                         dense": a representative architecture is assumed, with a warning); or the command line of an
                         engine, "vllm serve …": it also answers what a weigh_serving leaves open */
  const char *config; /* the text of a config.json */
  size_t config_size;
  const char *const *settings; /* "num_hidden_layers=48", "text_config.hidden_size=64": edits on top, in order */
  size_t setting_count;
} weigh_model_request;

/* Opens a model. Errors: WEIGH_ENVIRONMENT when a file cannot be read; WEIGH_REFUSED for broken JSON, contradictory
 * or absurd fields (they are named with their values) and unknown names (with suggestions); WEIGH_USAGE for a bad
 * setting. */
weigh_status weigh_model_open(weigh_library *library, const weigh_model_request *request, weigh_model **out,
                              weigh_error *err);
void weigh_model_free(weigh_model *model);

/* Bytes that a model holds. Reports keep what they derived, so whoever asks one model many things opens it again when this
 * has grown too large. */
size_t weigh_model_memory(const weigh_model *model);

/* An exact count; no model overflows it. */
typedef int64_t weigh_count;

/* What a model has. Parameters are distinct trained tensors: buffers, tied copies and prediction layers (MTP) are
 * not in `total` but given beside it. */
typedef struct weigh_totals {
  weigh_count total_parameters;
  weigh_count active_parameters; /* total less the routed experts that a token does not take */
  weigh_count buffer_elements;
  weigh_count mtp_parameters;
  bool enumeration_available; /* the whole model is described */
  bool tied_embeddings;
} weigh_totals;

/* Errors: WEIGH_REFUSED when a count does not fit weigh_count. */
weigh_status weigh_model_totals(weigh_model *model, weigh_totals *out, weigh_error *err);

/* The total with some fields changed ("num_hidden_layers=48"), without opening anything again: for sweeps and sliders.
 * The model itself stays as it is. Takes microseconds. A change of `model_type` has no effect here.
 * Errors: like weigh_model_open for the same settings. */
weigh_status weigh_model_total_with(weigh_model *model, const char *const *settings, size_t setting_count,
                                    weigh_count *total, weigh_error *err);

/* One tensor as published in checkpoints. */
typedef struct weigh_tensor {
  const char *name;     /* valid during the call */
  const int64_t *shape; /* `rank` sizes */
  size_t rank;
  const char *dtype; /* torch's name: "bfloat16" */
  weigh_count elements, bytes;
  const char *group;   /* "attention", "routed_expert" … */
  const char *kind;    /* "param", "buffer", or "tied" */
  const char *tied_to; /* for "tied": the tensor that holds the data; else NULL */
} weigh_tensor;

/* Calls `each` for every tensor until it returns false. `with_mtp` adds the prediction layers. */
typedef bool (*weigh_tensor_fn)(void *user, const weigh_tensor *tensor);
weigh_status weigh_model_tensors(weigh_model *model, bool with_mtp, weigh_tensor_fn each, void *user, weigh_error *err);

/* ---- Compute ------------------------------------------------------------------------------------------------------ */

/* What is computed. FORWARD makes logits for every position, PREFILL for the last one only; DECODE is one new token for
 * each sequence; TRAIN is FORWARD and BACKWARD, STEP that and the optimizer's update (AdamW). */
typedef enum weigh_phase {
  WEIGH_PHASE_FORWARD,
  WEIGH_PHASE_PREFILL,
  WEIGH_PHASE_DECODE,
  WEIGH_PHASE_BACKWARD,
  WEIGH_PHASE_TRAIN,
  WEIGH_PHASE_STEP
} weigh_phase;

/* One pass through a model. Zero is a good default for every member. */
typedef struct weigh_pass {
  weigh_phase phase;
  weigh_count batch;  /* sequences (of an image model: images); 0: 1 */
  weigh_count prompt; /* tokens of each sequence, of both sides of an encoder-decoder; 0: 1024 */
  weigh_count depth;  /* decode: tokens cached before; with `has_depth`, else as many as `prompt` */
  bool has_depth;
  const char *mix;    /* sequences of several lengths, "4x128,32x1@4096" (count × new tokens @ cached); NULL: none */
  weigh_count images; /* pictures in each sequence of a model that takes some */
  weigh_count image_height, image_width; /* pixels; 0: the configuration's */
  weigh_count video_frames, audio_milliseconds;
  bool last_logits;          /* logits of the last position only */
  bool unmasked_pairs;       /* attention counts only pairs that the mask leaves */
  bool with_elementwise;     /* elementwise FLOPs count in the total */
  bool fused_attention;      /* its backward makes the scores again: 5 products for 2 */
  bool absorbed;             /* latent attention works on the cached latents */
  bool checkpointing;        /* backward runs each layer's forward again */
  bool with_mtp;             /* prediction layers take part */
  const char *dtype;         /* of weights and activations; NULL: the model's */
  const char *const *frozen; /* what does not train: groups, or beginnings of tensors' names */
  size_t frozen_count;
} weigh_pass;

/* An exact integer beyond 64 bits: high · 2^64 + low. */
typedef struct weigh_wide {
  uint64_t low;
  int64_t high;
} weigh_wide;

typedef struct weigh_compute_result {
  weigh_wide total_flops, matmul_flops, attention_flops, convolution_flops, other_flops;
  weigh_wide weight_bytes, read_bytes, written_bytes; /* moved, each operation alone */
} weigh_compute_result;

/* A model's compute as closed forms, for one choice of everything but the lengths. Owned by the caller; the model must
 * outlive it. Errors: WEIGH_USAGE for an unknown dtype or frozen name. */
typedef struct weigh_compute weigh_compute;
weigh_status weigh_compute_open(weigh_model *model, const weigh_pass *pass, weigh_compute **out, weigh_error *err);
void weigh_compute_free(weigh_compute *compute);

/* The figures for other lengths; allocates nothing and takes well under a microsecond. The phase's own rules hold:
 * `depth` is read for DECODE only. Errors: WEIGH_REFUSED when a figure does not fit 128 bits. */
weigh_status weigh_compute_at(const weigh_compute *compute, weigh_count batch, weigh_count prompt, weigh_count depth,
                              weigh_compute_result *out, weigh_error *err);

/* ---- Serving ------------------------------------------------------------------------------------------------------ */

/* A model at work on a machine. Zero is a good default for every member. */
typedef struct weigh_serving {
  /* the workload */
  weigh_count context;        /* tokens of one sequence, prompt and output; 0: prompt + output, else 4096 */
  weigh_count prompt, output; /* tokens of a request; 0: the context less the other */
  weigh_count sequences;      /* at once; 0: 1 */
  const char *mix;            /* sequences of several lengths, "8x4096,1x131072" (count × tokens); NULL: all alike */
  weigh_count shared_prefix;  /* tokens that all sequences begin with, kept once where the engine can */
  weigh_count images;         /* pictures in each sequence, for models with a described tower */
  weigh_count image_height, image_width; /* pixels; 0: the configuration's */
  weigh_count loras, lora_rank;          /* adapters loaded, on all linear layers of the text model; rank 0: 16 */
  bool with_mtp;                         /* prediction layers are loaded and keep caches */
  /* how it is held */
  const char *dtype;       /* of the weights, and of passes; NULL: the model's */
  const char *quant;       /* the weights' format, "int4", "gptq-8-128", "q4_k_m"; NULL: as the configuration says */
  const char *kv_dtype;    /* of the cache; NULL: as the weights */
  const char *state_dtype; /* of recurrent states; NULL: as described */
  /* the machine */
  const char *gpu; /* cards by name, "H100 SXM5 80GB", "2xRTX 3090,RTX 4090"; NULL: none, only bytes are told */
  weigh_count gpu_memory_bytes; /* instead of a name: what a process can use of one card */
  weigh_count gpus;             /* 0: what the layout takes */
  const char *mig;              /* a slice of a card, "3g.40gb"; NULL: all of it */
  weigh_count tp, pp, dp, cp;   /* tensor, pipeline, data and context parallel; 0: gpus / (pp · dp · cp), 1, 1, 1 */
  weigh_count dcp;              /* ranks within tp that share a sequence's tokens; 0: 1 */
  bool expert_parallel;         /* routed experts are spread whole over the tp · dp ranks instead of cut */
  bool has_gpu_layers;          /* `gpu_layers` is given */
  weigh_count gpu_layers;       /* so many layers, counted from the output, stand on cards, the others on the host */
  /* the engine */
  const char *engine;                /* "generic", "vllm", "vllm@2025", "llama.cpp" …; NULL: generic */
  const char *const *engine_options; /* "max_num_seqs=256": by the engine's own names, see weigh engines */
  size_t engine_option_count;
} weigh_serving;

/* Bytes of the fullest device, and of all devices together. */
typedef struct weigh_memory_result {
  weigh_count device_bytes, low_bytes, high_bytes;
  weigh_count weights_bytes, kv_cache_bytes, state_bytes; /* of which */
  weigh_count budget_bytes;                               /* that a device may take; 0: no card was named */
  weigh_count total_bytes;
  bool fits; /* every device keeps within its budget */
} weigh_memory_result;

/* A model's memory as closed forms of context and sequences, for one choice of everything else. It lives in its model.
 * Errors: WEIGH_USAGE for an unknown card, engine, option, dtype or a layout that does not add up. */
typedef struct weigh_memory weigh_memory;
weigh_status weigh_memory_open(weigh_model *model, const weigh_serving *serving, weigh_memory **out, weigh_error *err);
void weigh_memory_free(weigh_memory *memory);

/* The figures for other lengths; takes about a microsecond. Errors: WEIGH_USAGE for a length below 0 or beyond 2^40,
 * WEIGH_REFUSED when a figure does not fit. */
weigh_status weigh_memory_at(const weigh_memory *memory, weigh_count context, weigh_count sequences,
                             weigh_memory_result *out, weigh_error *err);

/* The longest context at the sequences asked for, and the most sequences at the context asked for, that keep within the
 * budget; 0: not even one, 2^40: memory sets no limit. */
weigh_status weigh_memory_reach(const weigh_memory *memory, weigh_count *max_context, weigh_count *max_sequences,
                                weigh_error *err);

/* The fewest cards of the kind that `serving` names first, up to 1,024, on which the question fits; 0: no number does. */
weigh_status weigh_memory_fewest(weigh_model *model, const weigh_serving *serving, weigh_count *gpus, weigh_error *err);

/* Calls `each` for the cards on which the question fits, with the fewest of each (at most `most`), least memory in all
 * first, until it returns false. */
typedef struct weigh_ranked {
  const char *gpu; /* valid during the call */
  weigh_count gpus, tp, pp;
  weigh_count device_bytes, budget_bytes;
  double usd_per_hour; /* of all of them; 0: no dated price is known */
} weigh_ranked;
typedef bool (*weigh_ranked_fn)(void *user, const weigh_ranked *card);
weigh_status weigh_memory_rank(weigh_model *model, const weigh_serving *serving, weigh_count most, weigh_ranked_fn each,
                               void *user, weigh_error *err);

/* ---- Training ----------------------------------------------------------------------------------------------------- */

/* A training run. Zero is a good default for every member. */
typedef struct weigh_training {
  const char *mode;            /* "full", "lora", "qlora8", "qlora4", "prefix", "grpo", "dpo", "pretrain"; NULL: all */
  weigh_count batch, sequence; /* sequences of a rank's pass (0: 1), tokens of each (0: 2048) */
  const char *optimizer;       /* NULL: "adamw"; see weigh optimizers */
  const char *const *optimizer_options; /* "amsgrad=true" */
  size_t optimizer_option_count;
  const char *precision;      /* a policy of data/precision; NULL: the mode's */
  bool checkpointing;         /* layers keep their input alone and are computed again */
  bool eager;                 /* attention keeps its scores */
  const char *adapter;        /* NULL: the mode's; see weigh adapters */
  weigh_count rank;           /* 0: the adapter's default */
  const char *target_modules; /* "q_proj,v_proj", "all-linear", "qv"; NULL: PEFT's for the model's type */
  const char *const *adapter_options;
  size_t adapter_option_count;
  bool has_generations;
  weigh_count generations; /* grpo: completions of each prompt; 0: 8 */
  bool reference;          /* grpo: a frozen reference model stands beside */
  weigh_count gpus;        /* ranks of data parallelism; 0: 1 */
  const char *sharding;    /* "0" … "3" (ZeRO), "fsdp" …; NULL: none */
  const char *const *sharding_options;
  size_t sharding_option_count;
  const char *gpu; /* a card by name; NULL: none */
  weigh_count gpu_memory_bytes;
  int reserve_percent; /* of the card's memory, kept free; 0: 20, below 0: none */
} weigh_training;

/* ---- Reports ------------------------------------------------------------------------------------------------------ */

typedef enum weigh_report_kind {
  WEIGH_REPORT_PARAMS,   /* total, active, groups, warnings */
  WEIGH_REPORT_TENSORS,  /* every tensor */
  WEIGH_REPORT_EXPLAIN,  /* a quantity's derivation down to fields and constants */
  WEIGH_REPORT_FLOPS,    /* what a pass computes and moves */
  WEIGH_REPORT_MEMORY,   /* bytes on each device while serving */
  WEIGH_REPORT_FIT,      /* the same, and whether it fits */
  WEIGH_REPORT_DIFF,     /* two models: fields, groups, tensors */
  WEIGH_REPORT_CHECK,    /* a folder's stored names against the predicted ones */
  WEIGH_REPORT_LOG,      /* what an engine printed against the prediction */
  WEIGH_REPORT_FAMILIES, /* what is described */
  WEIGH_REPORT_GPUS,     /* the accelerators that are known */
  WEIGH_REPORT_SPEED,    /* time to the first token and tokens per second, as bounds */
  WEIGH_REPORT_SWEEP,    /* the serving question for every combination of some of its variables' values */
  WEIGH_REPORT_TRAIN,    /* bytes on a rank while training, mode by mode */
  WEIGH_REPORT_ADVISE,  /* cards for a model's inference and training, what saves memory, what to do when it is short */
  WEIGH_REPORT_CASES,   /* worked cases of published calculators, by their methods and exactly */
  WEIGH_REPORT_COMPARE, /* what the rules of thumb say of a model beside the exact figures, and why */
  WEIGH_REPORT_METHODS, /* the published rules of thumb */
  WEIGH_REPORT_METHOD,  /* one of them: its functions, or what one of these answers to `input` */
  WEIGH_REPORT_ADAPTERS,   /* the adapters that are described; adapter: one of them with its formulas */
  WEIGH_REPORT_OPTIMIZERS, /* what optimizers keep; optimizer: one of them with its formulas */
  WEIGH_REPORT_DESIGN,     /* published models and proposed dimensions that a machine takes */
  WEIGH_REPORT_ENGINES     /* the engines that are described; serving.engine: one of them with its formulas */
} weigh_report_kind;

typedef enum weigh_format {
  WEIGH_FORMAT_TEXT,
  WEIGH_FORMAT_JSON,
  WEIGH_FORMAT_CSV,
  WEIGH_FORMAT_TSV,
  WEIGH_FORMAT_MARKDOWN
} weigh_format;

typedef enum weigh_by { WEIGH_BY_OPERATION, WEIGH_BY_LAYER, WEIGH_BY_GROUP } weigh_by;

/* Called after each point of a sweep, so that a face may show how far it is. */
typedef void (*weigh_progress_fn)(void *user, size_t done, size_t all);

/* Which variables of a serving question take which values; the first varies slowest. At most 16 variables and 1,000,000
 * points. */
typedef struct weigh_sweep {
  const char *const *vary; /* "context=4k,8k,32k", "sequences=1..256:x2", "tp=1..8:+1", "gpu=H100 SXM5 80GB|2xRTX 4090",
                              "max_num_seqs=64,256" (an option of the engine), "set:num_hidden_layers=16..64:+16" */
  size_t vary_count;
  bool with_reach;            /* longest context and most sequences of each point: takes longer */
  bool with_components;       /* JSON: every component of each point's fullest device */
  bool lines;                 /* JSON as lines: what all points share, then one line a point */
  bool with_speed;            /* time to the first token and tokens per second */
  weigh_progress_fn progress; /* NULL: none */
  void *progress_user;
} weigh_sweep;

/* A configuration for the hardware: what is asked beside the serving question, whose cards (or memory) are the machine. */
typedef struct weigh_design {
  const char *family;       /* of the proposed dimensions, "llama", "qwen3"; NULL: "llama" */
  const char *reserve;      /* share of a card that is kept free, "20%", "0.15"; NULL: 20 % */
  weigh_count vocab_size;   /* of the proposed dimensions; 0: the family's */
  weigh_count top;          /* so many published models at most; 0: 8 */
  double usd_per_hour;      /* at most for all cards: without `gpus` as many as that rents, without `gpu` any; 0: any */
  double tokens_per_second; /* of one sequence, at least; 0: any */
} weigh_design;

/* Zero is a good default for every member. */
typedef struct weigh_report_options {
  weigh_format format;
  bool color;              /* text only: ANSI colours */
  bool one_line;           /* JSON: without newlines, its end included */
  bool per_layer;          /* params: a row for each class of layers */
  bool with_mtp;           /* tensors: the prediction layers too */
  bool compact;            /* tensors: one row with index sets instead of every tensor */
  bool latex;              /* explain: formulas as LaTeX beside the text */
  const char *method;      /* a named rule of thumb beside the exact figures ("config"), see weigh methods */
  const char *function;    /* method: which of its functions; NULL: show all of them */
  const char *input;       /* method: a JSON object with the function's inputs; NULL: its defaults */
  const char *adapter;     /* adapters: "lora", …; NULL: all of them */
  const char *optimizer;   /* optimizers: one of them, by any of its names; serving.engine_options: its options */
  const char *worked_case; /* cases: one of them; NULL: all */
  const char *quantity;    /* explain: "total_parameters" (default), "active_parameters", a group, a tensor's name */
  const char
      *filter; /* tensors: only names that contain this text, or match it as a glob with * and ?; gpus: a vendor */
  weigh_count offset, limit; /* tensors: a page of them; limit 0: all */
  const char *sort;          /* tensors: "name", "elements", "bytes", "group"; NULL: order of the forward pass; design:
                       "parameters" (default), "context", "speed" */
  const char *folder;        /* check: the folder with *.index.json */
  const char *log;           /* log: the file, "-" for standard input */
  const char *log_text;      /* log: instead of a file its text */
  weigh_pass pass;           /* flops, and explain of its quantities */
  weigh_by by;               /* flops: what a row is */
  weigh_serving serving;     /* memory, fit, speed, sweep, design; gpus: with so much memory (gpu_memory_bytes) */
  weigh_sweep sweep;
  weigh_training training; /* train, advise */
  weigh_design design;     /* design */
  bool conventions;        /* flops: the published conventions side by side */
} weigh_report_options;

/* Receives a report in pieces; returns false to stop (the call then returns WEIGH_ENVIRONMENT). */
typedef bool (*weigh_write_fn)(void *user, const char *bytes, size_t size);

/* Writes a report. `a` is the model (NULL for kinds that list what is known; for LOG NULL means the model that the log names, if
 * the catalogue has it), `b` the second model of DIFF, the draft model of MEMORY and FIT (NULL: none), else NULL. Nothing
 * is written unless the whole answer is known, but for SWEEP, which writes each point as it is found; a point that cannot
 * be is a row that says why. Returns WEIGH_NO when the answer is no (check, log, diff, fit, design); nothing is wrong then.
 * Errors: WEIGH_USAGE for an unknown quantity, method or sort order. */
weigh_status weigh_report(weigh_library *library, weigh_report_kind kind, weigh_model *a, weigh_model *b,
                          const weigh_report_options *options, weigh_write_fn write, void *user, weigh_error *err);

/* ---- Texts for programs on top ------------------------------------------------------------------------------------ */

/* A text of the product by its id ("CLI_USAGE") in a language, for faces built on the library; NULL if unknown. */
const char *weigh_text(const char *id, weigh_language language);

/* Fills `err` with a message by id and up to five texts for its places, and returns the message's status: so that a
 * face reports its own failures in the same shape. */
weigh_status weigh_error_set(weigh_error *err, weigh_language language, const char *id, const char *const *args,
                             size_t arg_count);

/* Names that begin with `prefix` in the catalogue, one call each, for completion. */
typedef bool (*weigh_name_fn)(void *user, const char *name);
weigh_status weigh_catalogue_names(weigh_library *library, const char *prefix, weigh_name_fn each, void *user,
                                   weigh_error *err);

/* Testing: replaces the allocator behind the library; NULL restores malloc and free. Not for production. */
void weigh_set_allocator(void *(*alloc)(size_t size), void (*release)(void *block));

#ifdef __cplusplus
}
#endif
#endif
