/* Weights as llama.cpp reads them: src/llama-model.cpp (load_tensors), src/llama-model-loader.cpp of b10256. */
#include "estimate/llamacpp.h"

#define TENSOR_MAX ((wb_i128)1 << 60) /* sums of so many stay far below wb_i128 */

static wb_i128 padded(wb_i128 value, wb_i128 to) { return (value + to - 1) / to * to; }

/* -1 when the type is not known, a row is no multiple of its blocks, or it is too large. */
static wb_i128 tensor_bytes(const wb_llama_tensor *t) {
  wb_ggml_type type;
  wb_i128 ne[WB_GGML_DIMS], size;
  if (!t->rank || t->rank > WB_GGML_DIMS || !wb_ggml_find(t->type, &type)) return -1;
  for (uint32_t i = 0; i < t->rank; i++) ne[i] = t->dims[i];
  return wb_ggml_bytes(&type, ne, t->rank, &size) && size >= 0 && size <= TENSOR_MAX ? size : -1;
}

/* ---- where a tensor belongs ---- */

/* layer_count for those of the output, -1 for those of the input. */
static int64_t tensor_layer(const wb_llama_facts *f, wb_str name) {
  const wb_str block = WB_STR("blk.");
  int64_t layer = 0;
  if (wb_str_starts(name, WB_STR("output"))) return f->layer_count;
  if (wb_str_starts(name, WB_STR("enc.")) || wb_str_starts(name, WB_STR("dec.")))
    name = wb_str_slice(name, 4, name.len);
  if (wb_str_starts(name, WB_STR("output"))) return f->layer_count;
  if (!wb_str_starts(name, block)) return -1;
  for (size_t i = block.len; i < name.len && name.ptr[i] >= '0' && name.ptr[i] <= '9'; i++) {
    layer = layer * 10 + (name.ptr[i] - '0');
    if (layer > f->layer_count) return f->layer_count;
  }
  return layer;
}

/* Prediction layers are skipped unless they are asked for. */
static bool is_read(const wb_llama_facts *f, wb_str name, bool mtp) {
  const int64_t layer = tensor_layer(f, name);
  return mtp || layer < 0 || layer >= f->layer_count || !f->layers[layer].nextn;
}

static bool is_tied(const wb_llama_tensor *tensors, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (wb_str_is(tensors[i].name, "output.weight")) return false;
  return true;
}

static wb_i128 bytes_of(const wb_llama_tensor *tensors, size_t count, const char *name, int64_t alignment) {
  for (size_t i = 0; i < count; i++)
    if (wb_str_is(tensors[i].name, name)) return padded(tensor_bytes(&tensors[i]), alignment);
  return 0;
}

/* ---- one device ---- */

wb_i128 wb_llama_weights(const wb_llama_facts *f, const wb_llama_tensor *tensors, size_t count, bool mtp,
                         int64_t alignment) {
  wb_i128 sum = 0;
  for (size_t i = 0; i < count; i++)
    if (is_read(f, tensors[i].name, mtp)) sum += padded(tensor_bytes(&tensors[i]), alignment);
  if (f->rules.embedding_twice && is_tied(tensors, count))
    sum += bytes_of(tensors, count, "token_embd.weight", alignment);
  return sum;
}

wb_i128 wb_llama_mapped(const wb_llama_facts *f, const wb_llama_tensor *tensors, size_t count, bool mtp, int64_t build,
                        int64_t alignment) {
  wb_i128 at = 0, first = -1, last = 0;
  for (size_t i = 0; i < count; i++) {
    const wb_i128 size = tensor_bytes(&tensors[i]);
    if (is_read(f, tensors[i].name, mtp)) {
      if (first < 0) first = at;
      last = at + size;
    }
    at += padded(size, alignment);
  }
  /* b11434 maps that tensor of gemma4 a second time: recorded, cause not read in the source. */
  if (build >= 11434 && wb_str_is(f->rules.architecture, "gemma4"))
    last += bytes_of(tensors, count, "per_layer_token_embd.weight", 1);
  return first < 0 ? 0 : last - first;
}

/* ---- several devices ---- */

wb_i128 wb_llama_weights_on(const wb_llama_facts *f, const wb_llama_tensor *tensors, size_t count, bool mtp,
                            const wb_llama_devices *devices, uint32_t device, int64_t alignment) {
  wb_i128 sum = 0;
  for (size_t i = 0; i < count; i++) {
    const int64_t layer = tensor_layer(f, tensors[i].name);
    const uint32_t place = layer < 0 ? 0 : wb_llama_device_of(f, devices, (uint32_t)layer);
    if (place == device && is_read(f, tensors[i].name, mtp)) sum += padded(tensor_bytes(&tensors[i]), alignment);
  }
  const uint32_t output = wb_llama_device_of(f, devices, f->layer_count);
  if (device == output && is_tied(tensors, count) && (output || f->rules.embedding_twice))
    sum += bytes_of(tensors, count, "token_embd.weight", alignment);
  return sum;
}
