#include "report/flops.h"

static wb_flops_row *new_row(wb_ctx *ctx, wb_flops_facts *f, wb_str name) {
  WB_PUSH_ROOM(ctx, f->rows, f->row_count, f->row_cap);
  wb_flops_row *row = &f->rows[f->row_count++];
  *row = (wb_flops_row){.name = name, .operation = WB_STR(""), .count = wb_num_int(0)};
  wb_cost_zero(&row->cost);
  return row;
}

static wb_flops_row *find_row(wb_flops_facts *f, wb_str name, wb_str operation) {
  for (size_t i = 0; i < f->row_count; i++)
    if (wb_str_eq(f->rows[i].name, name) && wb_str_eq(f->rows[i].operation, operation)) return &f->rows[i];
  return NULL;
}

/* model.layers.{0-31}.self_attn.q_proj, or what encloses an operation without a name of its own. */
static wb_str place_of(wb_ctx *ctx, const wb_op_use *use) {
  wb_text text = {.ctx = ctx};
  wb_pattern_print(&text, use->pattern, use->indices, use->index_count);
  return text.len ? wb_text_str(&text) : WB_STR("-");
}

/* The class of layers that an operation stands in: its name up to the first index; "-" outside of layers. */
static wb_str layer_of(wb_ctx *ctx, const wb_op_use *use, wb_num *count) {
  *count = wb_num_int(1);
  if (!use->index_count) return WB_STR("-");
  size_t end = 0;
  while (use->pattern.ptr[end] != WB_INDEX_MARK) end++;
  *count = wb_num_int((wb_i128)use->indices[0]->size);
  wb_text text = {.ctx = ctx};
  wb_pattern_print(&text, wb_str_slice(use->pattern, 0, end + 1), use->indices, 1);
  return wb_text_str(&text);
}

static wb_flops_row *row_for(wb_ctx *ctx, wb_flops_facts *f, const wb_op_use *use, weigh_by by) {
  wb_str name, operation = WB_STR("");
  wb_num count = use->repeats;
  if (by == WEIGH_BY_GROUP) {
    name = wb_str_of(wb_group_name(use->group));
  } else if (by == WEIGH_BY_LAYER) {
    name = layer_of(ctx, use, &count);
  } else {
    name = place_of(ctx, use);
    operation = use->operation->name->name;
  }
  wb_flops_row *row = find_row(f, name, operation);
  if (row) return row;
  row = new_row(ctx, f, name);
  row->operation = operation;
  row->count = by == WEIGH_BY_GROUP ? wb_num_int(0) : count;
  return row;
}

static void total_bytes(wb_model *m, const wb_work *work, wb_num *out) {
  if (!wb_num_add(work->weight_bytes, work->read_bytes, out) || !wb_num_add(*out, work->written_bytes, out))
    WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
}

static void count_total(wb_model *m, const wb_pass *pass, const wb_work *work, wb_num *flops, wb_num *bytes) {
  if (!wb_work_total(pass, work, flops)) WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("+"));
  total_bytes(m, work, bytes);
}

static void drop_idle_rows(wb_flops_facts *f) {
  size_t n = 0;
  for (size_t i = 0; i < f->row_count; i++)
    if (f->rows[i].flops.num || f->rows[i].bytes.num || f->rows[i].work.flops[WB_OTHER_FLOPS].num)
      f->rows[n++] = f->rows[i];
  f->row_count = n;
}

static void gather_rows(wb_model *m, wb_flops_facts *f, weigh_by by) {
  wb_ctx *ctx = &m->ctx;
  for (size_t i = 0; i < f->compute->count; i++) {
    wb_op_cost *op = &f->compute->ops[i];
    wb_cost_add(ctx, &row_for(ctx, f, op->use, by)->cost, &op->cost);
  }
  for (size_t i = 0; i < f->row_count; i++) {
    wb_flops_row *row = &f->rows[i];
    row->work = wb_pass_total(m, &row->cost, &f->pass);
    count_total(m, &f->pass, &row->work, &row->flops, &row->bytes);
  }
  drop_idle_rows(f);
}

static wb_num whole(const wb_value *value, wb_num factor) {
  wb_value number = wb_settled(value);
  wb_num out = wb_num_int(0);
  if (wb_num_mul(number.u.num, factor, &out)) wb_num_ceil(out, &out);
  return out;
}

static void gather_memory(wb_model *m, wb_flops_facts *f) {
  wb_num open[WB_Q_COUNT], more;
  wb_pass_open(&f->pass, 0, open);
  if (!wb_forms_set(m->forms, open)) WB_FAIL(&m->ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
  f->saved_bytes = whole(&f->compute->total.saves.elements, f->pass.dtype_bytes);
  more = whole(&f->compute->total.saves.bytes, wb_num_int(1));
  wb_num_add(f->saved_bytes, more, &f->saved_bytes);
  f->temp_bytes = wb_num_int(0);
  for (size_t i = 0; i < f->compute->count; i++) {
    wb_num temp = whole(&f->compute->ops[i].temp, f->pass.dtype_bytes);
    if (temp.num > f->temp_bytes.num) f->temp_bytes = temp;
  }
}

/* Active parameters: what routed experts, shared experts and everything else give a token. */
static void gather_active(wb_model *m, wb_flops_facts *f) {
  f->routed = f->shared = f->dense = wb_num_int(0);
  for (size_t i = 0; i < m->row_count; i++) {
    const wb_row *row = &m->rows[i];
    if (row->kind != WB_PARAM || row->mtp) continue;
    wb_num *part = row->routed ? &f->routed : row->group == WB_G_SHARED_EXPERT ? &f->shared : &f->dense;
    wb_num_add(*part, wb_row_active(&m->ctx, row), part); /* fits: the model's totals do */
  }
}

wb_flops_facts wb_flops_gather(wb_model *m, const weigh_report_options *options) {
  wb_flops_facts f = {.pass = wb_pass_new(m, &options->pass)};
  wb_compute_options choices = wb_pass_options(m, &f.pass);
  f.compute = wb_compute_build(m, &choices);
  f.work = wb_pass_total(m, &f.compute->total, &f.pass);
  count_total(m, &f.pass, &f.work, &f.total, &f.bytes);
  gather_rows(m, &f, options->by);
  gather_memory(m, &f);
  gather_active(m, &f);
  wb_pass_warn(m, &f.compute->total, &f.pass);
  return f;
}
