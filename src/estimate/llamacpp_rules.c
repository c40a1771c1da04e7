/* Tables of llama.cpp: architectures and programs. */
#include "base/tsv.h"
#include "estimate/llamacpp.h"

/* ---- architectures ---- */

enum {
  C_ARCHITECTURE,
  C_MEMORY,
  C_RECURRENT,
  C_PERIOD,
  C_DENSE,
  C_WINDOW,
  C_ONLY_IF,
  C_OWNERS,
  C_INDEXER,
  C_NEXTN,
  C_FLASH,
  C_OUTPUTS,
  C_TIED,
  C_LATENT,
  C_GRAPH,
  C_MODEL_TYPES,
  C_SOURCE,
  C_COUNT
};

static wb_llama_memory memory_of(wb_str cell) {
  if (wb_str_is(cell, "none")) return WB_LLAMA_NO_MEMORY;
  if (wb_str_is(cell, "recurrent")) return WB_LLAMA_RECURRENT;
  return wb_str_is(cell, "hybrid") ? WB_LLAMA_HYBRID : WB_LLAMA_ATTENTION;
}

static wb_llama_indexer indexer_of(wb_str cell) {
  if (wb_str_is(cell, "dsa")) return WB_LLAMA_DSA;
  if (wb_str_is(cell, "msa")) return WB_LLAMA_MSA;
  return wb_str_is(cell, "dsv4") ? WB_LLAMA_DSV4 : WB_LLAMA_NO_INDEXER;
}

static wb_str unless_dash(wb_str cell) { return wb_str_is(cell, "-") ? WB_STR("") : cell; }

static wb_llama_rules rules_of_row(const wb_str *cells) {
  return (wb_llama_rules){.architecture = cells[C_ARCHITECTURE],
                          .memory = memory_of(cells[C_MEMORY]),
                          .indexer = indexer_of(cells[C_INDEXER]),
                          .recurrent = unless_dash(cells[C_RECURRENT]),
                          .period = unless_dash(cells[C_PERIOD]),
                          .window = unless_dash(cells[C_WINDOW]),
                          .only_if = unless_dash(cells[C_ONLY_IF]),
                          .owners = unless_dash(cells[C_OWNERS]),
                          .nextn = unless_dash(cells[C_NEXTN]),
                          .model_types = unless_dash(cells[C_MODEL_TYPES]),
                          .source = cells[C_SOURCE],
                          .dense_first = wb_str_is(cells[C_DENSE], "first"),
                          .no_flash = wb_str_is(cells[C_FLASH], "off"),
                          .encoder = wb_str_is(cells[C_OUTPUTS], "encoder"),
                          .embedding_twice = wb_str_is(cells[C_TIED], "twice"),
                          .latent = unless_dash(cells[C_LATENT]),
                          .graph = unless_dash(cells[C_GRAPH])};
}

bool wb_llama_has_word(wb_str list, wb_str word) {
  for (size_t from = 0, to; from < list.len; from = to + 1) {
    for (to = from; to < list.len && list.ptr[to] != ' ';) to++;
    if (wb_str_eq(wb_str_slice(list, from, to), word)) return true;
  }
  return false;
}

static bool find_row(wb_str name, bool by_type, wb_llama_rules *rules) {
  const wb_str text = wb_data_text("engines/llamacpp-architectures.tsv");
  wb_str cells[C_COUNT];
  for (size_t at = 0; wb_tsv_next(text, &at, cells, C_COUNT);) {
    if (by_type ? !wb_llama_has_word(cells[C_MODEL_TYPES], name) : !wb_str_eq(cells[C_ARCHITECTURE], name)) continue;
    *rules = rules_of_row(cells);
    return true;
  }
  *rules = (wb_llama_rules){.architecture = name};
  return false;
}

bool wb_llama_rules_of(wb_str architecture, wb_llama_rules *rules) { return find_row(architecture, false, rules); }

bool wb_llama_rules_for_type(wb_str model_type, wb_llama_rules *rules) { return find_row(model_type, true, rules); }

/* ---- numbers ---- */

static int64_t whole(wb_str cell) {
  wb_num n;
  return wb_num_parse(cell, &n) && wb_num_is_int(n) ? (int64_t)n.num : 0;
}

/* ---- programs and builds ---- */

enum { P_PROGRAM, P_BATCH, P_UBATCH, P_SEQUENCES, P_UNIFIED, P_OUTPUTS, P_EMBEDDINGS, P_MMAP, P_SOURCE, P_COUNT };

bool wb_llama_defaults(wb_str program, wb_llama_asked *asked) {
  wb_str cells[P_COUNT];
  for (size_t at = 0; wb_tsv_next(wb_data_text("engines/llamacpp-programs.tsv"), &at, cells, P_COUNT);) {
    if (!wb_str_eq(cells[P_PROGRAM], program)) continue;
    *asked = (wb_llama_asked){.n_batch = whole(cells[P_BATCH]),
                              .n_ubatch = whole(cells[P_UBATCH]),
                              .n_seq_max = whole(cells[P_SEQUENCES]),
                              .one_each = wb_str_is(cells[P_OUTPUTS], "sequences"),
                              .flash = WB_LLAMA_AUTO,
                              .type_k = WB_STR("f16"),
                              .type_v = WB_STR("f16"),
                              .unified = wb_str_is(cells[P_UNIFIED], "yes"),
                              .embeddings = wb_str_is(cells[P_EMBEDDINGS], "yes"),
                              .build = WB_LLAMA_NEWEST};
    return true;
  }
  return false;
}
