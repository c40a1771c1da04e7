#include "estimate/placement.h"

#include "expr/eval.h"

bool wb_layout_eq(const wb_layout *a, const wb_layout *b) {
  return a->tp == b->tp && a->pp == b->pp && a->dp == b->dp && a->cp == b->cp && a->dcp == b->dcp &&
         a->expert_parallel == b->expert_parallel;
}

bool wb_stage_eq(const wb_stage *a, const wb_stage *b) {
  return a->index == b->index && a->from == b->from && a->to == b->to && a->total == b->total && a->first == b->first &&
         a->last == b->last && a->host == b->host;
}

/* How many numbers of a set lie in a stage's share of the stack. */
static uint64_t on_stage(const wb_number_set *set, uint32_t from, uint32_t to) {
  uint64_t count = 0;
  for (size_t i = 0; i < set->range_count; i++) {
    uint32_t low = set->ranges[i].low > from ? set->ranges[i].low : from;
    uint32_t high = set->ranges[i].high < to ? set->ranges[i].high : to; /* inclusive */
    if (low <= high) count += (uint64_t)high - low + 1;
  }
  return count;
}

uint32_t wb_model_depth(const wb_model *m) {
  uint32_t depth = 0;
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (!row->index_count || row->mtp || row->group >= WB_G_VISION) continue;
    const wb_number_set *set = row->indices[0];
    if (set->range_count && set->ranges[set->range_count - 1].high >= depth)
      depth = set->ranges[set->range_count - 1].high + 1;
  }
  return depth;
}

/* Numbers of a set on a stage, of a stack whose last layer is `last`. */
static uint64_t on_share(const wb_number_set *set, uint32_t last, wb_stage stage) {
  const uint64_t layers = (uint64_t)last + 1;
  const uint64_t from = layers * stage.from / stage.total, to = layers * stage.to / stage.total;
  return to > from ? on_stage(set, (uint32_t)from, (uint32_t)to - 1) : 0;
}

/* Copies of a row on a stage. A tied head is a copy of its own where the embedding stands elsewhere. */
wb_num wb_row_copies(const wb_row *row, wb_stage stage) {
  const bool whole = stage.first && stage.last;
  if (whole && stage.from == 0 && stage.to == stage.total) return row->copies;
  if (!row->index_count) {
    const bool last = row->group == WB_G_HEAD || row->group == WB_G_NORM;
    return (last ? stage.last : stage.first) ? row->copies : wb_num_int(0);
  }
  wb_num out, here = wb_num_int((wb_i128)on_share(row->indices[0], row->stack_last, stage));
  wb_num_div(row->copies, wb_num_int((wb_i128)row->indices[0]->size), &out);
  wb_num_mul(out, here, &out); /* no more than copies */
  return out;
}

/* Parts of `units` on the rank that holds most: cut evenly, at least one each. */
static wb_num part(wb_num units, uint32_t ranks) {
  wb_num out = wb_num_int(1);
  if (ranks <= 1 || units.num <= 0) return out;
  wb_num each;
  wb_num_div(units, wb_num_int(ranks), &each);
  wb_num_ceil(each, &each);
  wb_num_div(each, units, &out);
  return out;
}

/* Vocabulary tables are cut by rows of the vocabulary, whether a description says so or not, as all engines do. Routed
 * experts are cut over the replicas too: over tp · dp ranks. */
wb_num wb_row_share(wb_ctx *ctx, const wb_row *row, const wb_layout *layout) {
  const uint32_t ranks = row->routed ? layout->tp * layout->dp : layout->tp;
  if (row->routed && layout->expert_parallel) return part(row->experts, ranks);
  const bool vocabulary = (row->group == WB_G_EMBEDDING || row->group == WB_G_HEAD) && row->rank == 2;
  if (row->cut == WB_CUT_COLUMNS || row->cut == WB_CUT_ROWS || row->cut == WB_CUT_EXPERTS) {
    wb_num units = row->cut_by ? wb_force(ctx, row->cut_by)->u.num : row->elements;
    if (row->cut == WB_CUT_EXPERTS) units = row->experts;
    if (row->cut == WB_CUT_ROWS && row->rank == 1) return wb_num_int(1); /* the bias of a summed product */
    return part(units, ranks);
  }
  return vocabulary ? part(row->elements, layout->tp) : wb_num_int(1);
}

wb_num wb_kept_layers(const wb_model *m, const wb_kept *kept, wb_stage stage) {
  if ((stage.first && stage.last) || !kept->index_count) return stage.first ? kept->copies : wb_num_int(0);
  uint32_t last = 0;
  for (size_t i = 0; i < m->kept_count; i++) {
    const wb_number_set *set = m->kept[i].index_count ? m->kept[i].indices[0] : NULL;
    if (set && set->range_count && set->ranges[set->range_count - 1].high > last)
      last = set->ranges[set->range_count - 1].high;
  }
  return wb_num_int((wb_i128)on_share(kept->indices[0], last, stage));
}

wb_num wb_kept_share(wb_ctx *ctx, const wb_kept *kept, const wb_layout *layout) {
  if (kept->cut == WB_CUT_NONE || kept->cut == WB_CUT_REPLICATE) return wb_num_int(1);
  return part(kept->cut_by ? wb_force(ctx, kept->cut_by)->u.num : kept->elements, layout->tp);
}

wb_num wb_kept_heads(wb_ctx *ctx, const wb_kept *kept, const wb_layout *layout) {
  wb_num out = wb_num_int(1);
  if (kept->cut == WB_CUT_COLUMNS && kept->cut_by)
    wb_num_mul(wb_force(ctx, kept->cut_by)->u.num, wb_kept_share(ctx, kept, layout), &out);
  return out;
}
