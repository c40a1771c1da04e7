/* weigh explain: a quantity from the top down, then every name that its formulas use with where it came from. */
#include "estimate/derive_flops.h"
#include "report/report.h"

static wb_str number_text(wb_out *out, const wb_node *node) {
  wb_text text = {.ctx = out->text.ctx};
  if (node->value.kind == WB_NUM && wb_num_is_int(node->value.u.num))
    wb_i128_print_grouped(&text, node->value.u.num.num);
  else wb_value_print(&text, &node->value);
  return wb_text_str(&text);
}

static bool is_tensor(const wb_node *node) { return !node->key && node->count && node->children[0]->key; }

static uint32_t origin_line(const wb_model *m, const wb_origin *o) {
  return o->offset ? wb_text_place(m->config.text, m->config.file, o->offset).line : 0;
}

static void origin_text(wb_out *out, const wb_model *m, const wb_node *node) {
  const wb_origin *o = &node->origin;
  wb_text place = {.ctx = out->text.ctx};
  uint32_t line = origin_line(m, o);
  if (line) wb_text_addf(&place, ":%u", line);
  bool own = o->kind == WB_FROM_SET || o->kind >= WB_FROM_MODEL; /* the source is the user, or the model itself */
  wb_str args[3] = {o->key, own ? WB_STR("") : o->source, wb_text_str(&place)};
  static const wb_message_id ids[] = {WB_ORIGIN_FORMULA,  WB_ORIGIN_FIELD,   WB_ORIGIN_ALIAS,
                                      WB_ORIGIN_SET,      WB_ORIGIN_ASSUMED, WB_ORIGIN_DEFAULT,
                                      WB_ORIGIN_CONSTANT, WB_ORIGIN_MODEL,   WB_ORIGIN_WORKLOAD};
  if (o->kind != WB_FROM_FORMULA) wb_out_message(out, ids[o->kind], 3, args);
}

/* Formulas of many layers are longer than a printf place holds, so they are appended. */
static void formula_line(wb_text *t, size_t indent, const char *before, wb_str formula, const char *after) {
  wb_text_addn(t, ' ', indent);
  wb_text_adds(t, before);
  wb_text_add(t, formula);
  wb_text_adds(t, after);
}

static void write_step(wb_out *out, const wb_node *node, size_t indent) {
  wb_text *t = &out->text;
  if (node->formula.len) formula_line(t, indent, "= ", node->formula, "\n");
  if (out->options->latex && node->latex.len) formula_line(t, indent, "$", node->latex, "$\n");
  formula_line(t, indent, "= ", node->numbers, "\n");
  formula_line(t, indent, "= ", number_text(out, node), "\n");
  wb_out_flush(out, false);
}

static void write_tree(wb_out *out, const wb_node *node, size_t indent) {
  if (out->options->color) wb_text_adds(&out->text, "\033[1m");
  wb_text_addn(&out->text, ' ', indent);
  wb_text_add(&out->text, node->name);
  if (out->options->color) wb_text_adds(&out->text, "\033[0m");
  if (node->source.len) wb_text_addf(&out->text, "   [%.*s]", WB_STR_ARG(wb_out_told(out, node->source)));
  wb_text_addc(&out->text, '\n');
  write_step(out, node, indent + 2);
  if (is_tensor(node)) return;
  for (size_t i = 0; i < node->count; i++)
    if (!node->children[i]->key) write_tree(out, node->children[i], indent + 2);
}

static bool same_line(const wb_node *a, const wb_node *b) {
  return wb_str_eq(a->name, b->name) && wb_str_eq(a->formula, b->formula) && wb_value_eq(&a->value, &b->value);
}

/* Names bound in many places with one meaning are shown once. */
static void write_names(wb_out *out, const wb_model *m, const wb_derivation *d) {
  bool any = false;
  for (size_t i = 0; i < d->count; i++) {
    const wb_node *node = d->nodes[i];
    bool seen = !node->key;
    for (size_t k = 0; k < i && !seen; k++) seen = d->nodes[k]->key && same_line(d->nodes[k], node);
    if (seen) continue;
    if (!any) wb_text_addf(&out->text, "\n%s\n", wb_out_label(out, WB_LABEL_WHERE));
    any = true;
    wb_str value = number_text(out, node);
    bool steps = node->formula.len && !wb_str_eq(node->formula, node->numbers) && !wb_str_eq(node->numbers, value);
    formula_line(&out->text, 2, "", node->name, "");
    if (node->formula.len) formula_line(&out->text, 1, "= ", node->formula, "");
    if (steps) formula_line(&out->text, 1, "= ", node->numbers, "");
    formula_line(&out->text, 1, "= ", value, "");
    if (node->origin.kind != WB_FROM_FORMULA) {
      wb_text_adds(&out->text, "   (");
      origin_text(out, m, node);
      wb_text_addc(&out->text, ')');
    }
    wb_text_addc(&out->text, '\n');
    wb_out_flush(out, false);
  }
}

static size_t node_id(const wb_derivation *d, const wb_node *node) {
  for (size_t i = 0; i < d->count; i++)
    if (d->nodes[i] == node) return i;
  return 0;
}

static void write_value(wb_json_out *j, const wb_node *node) {
  wb_text text = {.ctx = j->out->text.ctx};
  switch (node->value.kind) {
    case WB_NUM:
      if (wb_num_is_int(node->value.u.num)) {
        wb_jo_int(j, "value", node->value.u.num.num);
        return;
      }
      wb_num_print(&text, node->value.u.num);
      wb_jo_str(j, "value", wb_text_str(&text));
      return;
    case WB_BOOL: wb_jo_bool(j, "value", node->value.u.boolean); return;
    case WB_NULL: wb_jo_null(j, "value"); return;
    default: wb_value_print(&text, &node->value); wb_jo_str(j, "value", wb_text_str(&text));
  }
}

static void write_node(wb_json_out *j, const wb_model *m, const wb_derivation *d, const wb_node *node) {
  wb_text unit = {.ctx = j->out->text.ctx};
  wb_unit_print(&unit, node->unit);
  wb_jo_begin(j, NULL, '{');
  wb_jo_int(j, "id", (wb_i128)node_id(d, node));
  wb_jo_str(j, "name", node->name);
  if (node->formula.len) wb_jo_str(j, "formula", node->formula);
  wb_jo_str(j, "numbers", node->numbers);
  if (j->out->options->latex && node->latex.len) wb_jo_str(j, "latex", node->latex);
  write_value(j, node);
  if (unit.len) wb_jo_str(j, "unit", wb_text_str(&unit));
  if (node->source.len) wb_jo_str(j, "source", wb_out_told(j->out, node->source));
  if (node->known.is_told) {
    wb_jo_str(j, "basis", wb_str_of(wb_basis_name(node->known.basis)));
    wb_jo_int(j, "low", node->known.low);
    wb_jo_int(j, "high", node->known.high);
  }
  if (node->origin.kind != WB_FROM_FORMULA) {
    wb_jo_begin(j, "origin", '{');
    wb_jo_str(j, "kind", wb_str_of(wb_origin_name(node->origin.kind)));
    wb_jo_str(j, "key", node->origin.key);
    wb_jo_str(j, "source", node->origin.source);
    uint32_t line = origin_line(m, &node->origin);
    if (line) wb_jo_int(j, "line", line);
    wb_jo_end(j, '}');
  }
  wb_jo_begin(j, "children", '[');
  for (size_t i = 0; i < node->count; i++) wb_jo_int(j, NULL, (wb_i128)node_id(d, node->children[i]));
  wb_jo_end(j, ']');
  wb_jo_end(j, '}');
}

static void write_json(wb_out *out, wb_model *m, const wb_derivation *d) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, "explain");
  wb_jo_str(&j, "model", m->name);
  wb_jo_str(&j, "quantity", d->root->name);
  wb_jo_int(&j, "root", (wb_i128)node_id(d, d->root));
  wb_jo_begin(&j, "nodes", '[');
  for (size_t i = 0; i < d->count; i++) write_node(&j, m, d, d->nodes[i]);
  wb_jo_end(&j, ']');
  wb_json_warnings(&j, m);
  wb_jo_end(&j, '}');
}

static const wb_column COLUMNS[] = {{"name", WB_LABEL_NAME, false},
                                    {"formula", WB_LABEL_FORMULA_COLUMN, false},
                                    {"numbers", WB_LABEL_NUMBERS, false},
                                    {"value", WB_LABEL_VALUE, true},
                                    {"origin", WB_LABEL_ORIGIN, false}};

static void write_table(wb_out *out, const wb_derivation *d) {
  wb_table table = {out->text.ctx, COLUMNS, 5, NULL, 0, 0};
  for (size_t i = 0; i < d->count; i++) {
    const wb_node *node = d->nodes[i];
    wb_text value = {.ctx = out->text.ctx};
    wb_value_print(&value, &node->value);
    wb_table_cell(&table, node->name);
    wb_table_cell(&table, node->formula);
    wb_table_cell(&table, node->numbers);
    wb_table_cell(&table, wb_text_str(&value));
    wb_table_cell(&table, node->origin.kind == WB_FROM_FORMULA
                              ? WB_STR("")
                              : wb_str_fmt(out->text.ctx, "%s:%.*s", wb_origin_name(node->origin.kind),
                                           WB_STR_ARG(node->origin.key)));
  }
  wb_table_write(out, &table);
}

void wb_report_derivation(wb_out *out, wb_model *m, const wb_derivation *d) {
  if (out->options->format == WEIGH_FORMAT_JSON) {
    write_json(out, m, d);
    return;
  }
  if (out->options->format != WEIGH_FORMAT_TEXT) {
    write_table(out, d);
    return;
  }
  wb_text_addf(&out->text, "%.*s\n", WB_STR_ARG(m->name));
  wb_out_warnings(out, m);
  write_tree(out, d->root, 0);
  write_names(out, m, d);
}

void wb_report_explain(wb_out *out, wb_model *m) {
  const char *quantity = out->options->quantity ? out->options->quantity : "total_parameters";
  const bool flops = wb_is_flops_quantity(wb_str_of(quantity));
  wb_report_derivation(
      out, m, flops ? wb_derive_flops(m, wb_str_of(quantity), &out->options->pass) : wb_derive(m, wb_str_of(quantity)));
}
