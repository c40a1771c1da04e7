/* Accelerators: what a card holds and how fast it is, from data/accelerators or typed in. */
#ifndef WB_ESTIMATE_MACHINE_H
#define WB_ESTIMATE_MACHINE_H

#include "model/model.h"

/* How a figure is known. */
typedef enum wb_basis {
  WB_BASIS_STORED,
  WB_BASIS_EXACT,
  WB_BASIS_ENGINE,
  WB_BASIS_MEASURED,
  WB_BASIS_HEURISTIC,
  WB_BASIS_ASSUMED
} wb_basis;
const char *wb_basis_name(wb_basis basis);
bool wb_basis_parse(wb_str name, wb_basis *out);

typedef struct wb_card {
  wb_str vendor, name, aliases, interconnect, arch, source;
  wb_str
      kind; /* "consumer", "datacenter" … (data/accelerators/README.md); empty: a card of which only the memory is known */
  bool announced;
  wb_i128 vendor_bytes; /* as sold */
  wb_i128 driver_bytes; /* as the driver reports; 0: not known */
  wb_i128 usable_bytes; /* what a process can have */
  wb_i128 usable_low, usable_high;
  wb_basis usable_basis;
  wb_str usable_source;
  /* 0 where not known: GB/s; TFLOP/s and TOP/s, dense */
  double bandwidth, bf16, fp8, int8, fp4, fp32, interconnect_rate, tdp;
  int year;
  int pcie; /* generation; 0: not known */
} wb_card;

/* The next card at *at (start with 0); false at the end. */
bool wb_card_next(size_t *at, wb_card *out);

/* The card that a name means: exact or an alias without regard to case, else the one name that contains it. Fails with
 * gpu_unknown (near misses suggested) or gpu_ambiguous. */
wb_card wb_card_find(wb_ctx *ctx, wb_str name);

/* The same, remembered by the model that is to stand on it. */
wb_card wb_card_of(wb_model *model, wb_str name);

/* All of them, kept with a library. */
const wb_card *wb_cards(wb_library *lib, wb_ctx *ctx, size_t *count);

/* A card of which only the memory is known. */
wb_card wb_card_of_bytes(wb_i128 bytes);

/* A card of which a process may use no more than so much. */
void wb_card_limit(wb_card *card, wb_i128 bytes);

/* The first word of its name, by which engines tell generations apart: "H100", "A100". */
wb_str wb_card_line(const wb_card *card);

/* Sets what a process can use, by data/accelerators/usable.tsv; `seen`: what one was seen to have, 0: not known. */
void wb_card_set_usable(wb_card *card, wb_i128 seen);

/* Whether the card's name begins with one of several (separated by |), or they are *. */
bool wb_card_named(const wb_card *card, wb_str names);

/* A MIG slice of a card, "3g.40gb", by data/accelerators/slices.tsv; "1c.3g.40gb" is a part of its compute. Fails gpu_slice
 * with the slices that the card has. */
void wb_card_slice(wb_ctx *ctx, wb_card *card, wb_str profile);

#endif
