/* weigh flops --conventions: what published conventions count for the same pass, beside the exact count. */
#include "estimate/convention.h"
#include "report/flops.h"

static double against(const wb_convention *c, const wb_convention *exact) {
  double whole = wb_num_double(exact->flops);
  return whole > 0 ? wb_num_double(c->flops) / whole - 1 : 0;
}

static wb_num whole(wb_num n) {
  wb_num_floor(n, &n);
  return n;
}

void wb_json_conventions(wb_json_out *j, wb_model *m, const weigh_pass *pass) {
  wb_convention *all = NULL;
  size_t count = wb_conventions(m, pass, &all);
  wb_jo_begin(j, "conventions", '[');
  for (size_t i = 0; i < count; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", all[i].name);
    wb_jo_str(j, "source", all[i].source);
    if (all[i].applies) {
      wb_jo_num(j, "flops", whole(all[i].flops));
      wb_jo_real(j, "difference", against(&all[i], &all[0]));
      if (all[i].node) wb_jo_str(j, "formula", all[i].node->formula);
    } else {
      wb_jo_null(j, "flops");
    }
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static const wb_column COLUMNS[] = {{"convention", WB_LABEL_CONVENTION, false},
                                    {"flops", WB_LABEL_FLOPS, true},
                                    {"difference", WB_LABEL_DIFFERENCE, true},
                                    {"formula", WB_LABEL_FORMULA_COLUMN, false}};

static wb_str difference(wb_out *out, double ratio) {
  return wb_out_plain(out) ? wb_str_fmt(out->text.ctx, "%.6g", ratio)
                           : wb_str_fmt(out->text.ctx, "%+.2f %%", 100 * ratio);
}

void wb_write_conventions(wb_out *out, wb_model *m, const weigh_pass *pass) {
  wb_convention *all = NULL;
  size_t count = wb_conventions(m, pass, &all);
  wb_table table = {out->text.ctx, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, NULL, 0, 0};
  for (size_t i = 0; i < count; i++) {
    const wb_convention *c = &all[i];
    wb_table_cell(&table, c->name);
    wb_table_cell(&table, c->applies ? wb_out_number(out, whole(c->flops).num) : WB_STR("-"));
    wb_table_cell(&table, !c->applies ? WB_STR("-") : difference(out, against(c, &all[0])));
    wb_table_cell(&table, c->node ? c->node->formula : c->source);
  }
  wb_table_write(out, &table);
}
