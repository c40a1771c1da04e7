/* A model's tensors as they stand in a GGUF file: names, shapes, the type each gets under a file type, bytes.
 *
 * Made from the described model (its published names), not from a file: data/formats/gguf_names.tsv says what becomes of a
 * tensor. Experts are stacked, fused projections cut where llama.cpp cuts them. Vision and audio towers and prediction
 * layers are not in the file and are counted apart.
 */
#ifndef WB_ESTIMATE_GGUF_PLAN_H
#define WB_ESTIMATE_GGUF_PLAN_H

#include "estimate/gguf_recipe.h"
#include "model/model.h"

#define WB_GGUF_NO_ROW ((size_t)-1) /* the tag of tensors that no row of the model stands for: rope_freqs */

typedef struct wb_gguf_plan {
  const wb_gguf_recipe *recipe;
  wb_gguf_facts facts;
  wb_gguf_tensor *tensors; /* tag: the row of the model; block: its layer, -1 outside */
  size_t count, cap;
  size_t *first, *next; /* tensors of each row of the model, of each tensor the next of its row; `count`: no more */
  size_t unknown;       /* tensors of two and more dimensions whose names are not known: treated as "other" */
  wb_i128 elements;     /* in the file */
  wb_i128 left_out;     /* elements of towers, which are not */
  wb_i128 stored_bytes; /* as the converter writes them into an F16 file */
  /* of the last file type */
  const wb_gguf_file *file;
  const wb_gguf_tensor *refused; /* the quantiser would refuse because of this tensor; its bytes are not counted */
  wb_str name;                   /* of the file type, as asked: with -imatrix where one was at hand */
  wb_i128 bytes;                 /* of all tensors, without padding and header */
  bool open;   /* an importance matrix, of which nothing is said, would change types: `other` of tensors */
  bool others; /* count those */
} wb_gguf_plan;

/* The tensors, with no types yet; everything lives in the model's context. */
wb_gguf_plan *wb_gguf_plan_of(wb_model *model, const wb_gguf_recipe *recipe);

/* Chooses all types for a file type, again and again if wanted. False when the quantiser would refuse. */
bool wb_gguf_plan_type(wb_gguf_plan *plan, const wb_gguf_file *file, wb_gguf_mode mode);

/* The file type that "IQ4_XS" means, or "IQ4_XS-imatrix" for a file made with an importance matrix; NULL when there is none. */
const wb_gguf_file *wb_gguf_file_asked(const wb_gguf_recipe *recipe, wb_str asked, bool *imatrix);

/* Both, for one file type by such a name. What the quantiser refuses without an importance matrix is taken as made with
 * one. Fails with gguf_type_unknown, gguf_refused. */
wb_gguf_plan *wb_gguf_plan_for(wb_model *model, wb_str file_type);

/* Bytes of what became of a row, in the layers from..to; -1 stands for outside layers. */
wb_i128 wb_gguf_row_bytes(const wb_gguf_plan *plan, size_t row, int64_t from, int64_t to);

/* Bytes of one tensor of a row (one expert's, one layer's), in layer `block`; 0 when the row has none there. */
wb_num wb_gguf_tensor_bytes(wb_model *model, const wb_gguf_plan *plan, size_t row, int64_t block);

/* Bytes of everything in the layers from..to; -1 stands for outside layers. */
wb_i128 wb_gguf_layer_bytes(const wb_gguf_plan *plan, int64_t from, int64_t to);

/* Bits an element, all tensors together. */
wb_num wb_gguf_plan_bits(const wb_gguf_plan *plan);

#endif
