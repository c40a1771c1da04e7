/* Which type each tensor of a GGUF file gets under a file type (Q4_K_M …), as llama.cpp's quantiser chooses.
 *
 * The rules are tables (data/formats/gguf_*.tsv); here is what reads them. A choice depends on the whole file: tensors of a
 * class are counted in the engine's order (by block, then by name), and a file without output.weight keeps its token
 * embedding in the type of the output.
 */
#ifndef WB_ESTIMATE_GGUF_RECIPE_H
#define WB_ESTIMATE_GGUF_RECIPE_H

#include "base/ctx.h"
#include "estimate/ggml.h"
#include "model/library.h"

typedef enum wb_gguf_class {
  WB_GGUF_OTHER,
  WB_GGUF_OUTPUT,
  WB_GGUF_TOKEN_EMBD,
  WB_GGUF_ATTN_V,
  WB_GGUF_ATTN_K,
  WB_GGUF_ATTN_Q,
  WB_GGUF_ATTN_OUTPUT,
  WB_GGUF_FFN_UP,
  WB_GGUF_FFN_GATE,
  WB_GGUF_FFN_DOWN,
  WB_GGUF_KEPT,
  WB_GGUF_CLASSES
} wb_gguf_class;

typedef struct wb_gguf_tensor {
  wb_str name;                /* blk.0.attn_v.weight */
  wb_i128 ne[WB_GGML_DIMS];   /* ne[0]: the length of a row; 1 where there is none */
  const wb_ggml_type *stored; /* as the converter wrote it */
  const wb_ggml_type *type;   /* chosen by wb_gguf_assign */
  const wb_ggml_type *other;  /* the caller's: another choice to compare with */
  size_t tag;                 /* the caller's, */
  int64_t block;              /* as this */
  wb_gguf_class class;        /* by wb_gguf_classify */
  int64_t layer;              /* by wb_gguf_sort; -1: of no block */
} wb_gguf_tensor;

typedef struct wb_gguf_facts {
  wb_str arch; /* general.architecture */
  wb_i128 layers, experts;
  wb_i128 gqa; /* query heads a KV head in layer 0; 0 without KV heads */
} wb_gguf_facts;

typedef struct wb_gguf_mode {
  bool imatrix;      /* an importance matrix is at hand */
  bool pure;         /* all tensors in the file's own type */
  bool leave_output; /* output.weight stays as it is */
} wb_gguf_mode;

typedef struct wb_gguf_recipe wb_gguf_recipe; /* the tables, read */
typedef struct wb_gguf_file {
  wb_str name;  /* Q4_K_M */
  wb_str alias; /* Q4_K; may be empty */
  uint32_t id;  /* general.file_type */
  const wb_ggml_type *type;
  wb_str rules;
} wb_gguf_file;

/* Reads the tables into the context. */
wb_gguf_recipe *wb_gguf_recipe_read(wb_ctx *ctx);

/* The same as it is kept with a library. */
const wb_gguf_recipe *wb_gguf_recipe_of(wb_library *lib, wb_ctx *ctx);

/* Rows of gguf_recipe.tsv that could not be read: none, a test sees to it. */
size_t wb_gguf_recipe_faults(const wb_gguf_recipe *recipe);

/* The file types in order of their ids. */
const wb_gguf_file *wb_gguf_files(const wb_gguf_recipe *recipe, size_t *count);

/* By name or alias without regard to case; NULL when there is none. */
const wb_gguf_file *wb_gguf_file_find(const wb_gguf_recipe *recipe, wb_str name);

/* A type by its name; NULL when there is none. Lives as long as the recipe. */
const wb_ggml_type *wb_gguf_type(const wb_gguf_recipe *recipe, wb_str name);

/* The class of a tensor, and as the converter writes it into an F16 file where `stored` is NULL. By name and dimensions. */
void wb_gguf_classify(const wb_gguf_recipe *recipe, wb_gguf_tensor *tensor);

/* Puts the tensors of one file into the engine's order, which wb_gguf_assign needs. */
void wb_gguf_sort(wb_gguf_tensor *tensors, size_t count);

/* Chooses the type of every tensor; may be called again for another file type. NULL, or the first tensor that makes the
 * quantiser refuse: rows that fit no type, or a block the model does not have. */
const wb_gguf_tensor *wb_gguf_assign(const wb_gguf_recipe *recipe, const wb_gguf_file *file, const wb_gguf_facts *facts,
                                     wb_gguf_mode mode, wb_gguf_tensor *tensors, size_t count);

#endif
