/* Which layer stands on which device: src/llama-model.cpp (load_tensors) of llama.cpp b10256. */
#include "estimate/llamacpp.h"

uint32_t wb_llama_device_of(const wb_llama_facts *f, const wb_llama_devices *d, uint32_t layer) {
  if (d->known && layer <= f->layer_count) return d->known[layer];
  const int64_t all = (int64_t)f->layer_count + 1, start = d->layers < all ? all - d->layers : 0;
  const int64_t on_devices = d->layers < all ? d->layers : all;
  if (!d->count || d->layers <= 0 || layer < start) return 0;
  float sum = 0, reached = 0;
  for (uint32_t i = 0; i < d->count; i++) sum += d->split[i];
  const float share = (float)(layer - start) / (float)on_devices;
  for (uint32_t i = 0; i < d->count; i++) {
    reached += d->split[i];
    if (!(reached / sum <= share)) return i + 1;
  }
  return d->count;
}

wb_i128 wb_llama_on_device(const wb_llama_facts *f, const wb_llama_context *c, wb_llama_kind kind,
                           const wb_llama_devices *d, uint32_t device, int64_t alignment) {
  wb_i128 sum = 0;
  for (uint32_t i = 0; i < f->layer_count; i++) {
    const uint32_t place = d->kv_on_host ? 0 : wb_llama_device_of(f, d, i);
    if (place == device) sum += wb_llama_layer_bytes(f, c, i, kind, alignment);
  }
  return sum;
}
