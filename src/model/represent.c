/* Finding the published model nearest to a size, and the configuration that its scaled shape makes. */
#include "model/represent.h"

#include "base/tsv.h"
#include "model/catalogue.h"

static bool is_key(wb_str key, const char *const *keys, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (wb_str_is(key, keys[i])) return true;
  return false;
}

/* The configuration without what a size says nothing of: a quantisation, layers that predict further tokens. */
static wb_json *plain(wb_ctx *ctx, const wb_json *from) {
  static const char *const left_out[] = {"quantization_config", "num_nextn_predict_layers"};
  wb_json *to = WB_NEW(ctx, wb_json);
  *to = (wb_json){.kind = WB_JSON_OBJECT};
  to->u.object.members = WB_NEWN(ctx, wb_json_member, from->u.object.count);
  for (size_t i = 0; i < from->u.object.count; i++) {
    if (is_key(from->u.object.members[i].key, left_out, 2)) continue;
    to->u.object.members[to->u.object.count++] = from->u.object.members[i];
  }
  return to;
}

double wb_knob(const wb_json *root, wb_str key, double absent) {
  const wb_json *value = wb_json_get(root, key);
  return value && value->kind == WB_JSON_INT ? (double)value->u.integer : absent;
}

void wb_turn(wb_knobs *knobs, wb_str key, double value) {
  wb_json *old = wb_json_get(knobs->root, key);
  if (old && old->kind == WB_JSON_INT && old->offset == 0) {
    old->u.integer = (wb_i128)value;
    return;
  }
  wb_json *node = WB_NEW(&knobs->model->ctx, wb_json);
  *node = (wb_json){.kind = WB_JSON_INT};
  node->u.integer = (wb_i128)value;
  knobs->root = wb_json_with(&knobs->model->ctx, knobs->root, key, node);
}

double wb_knobs_count(wb_knobs *knobs) {
  wb_model *m = knobs->model;
  const wb_mark mark = wb_arena_mark(m->ctx.arena);
  m->config.root = knobs->root;
  const wb_num total = wb_model_count(m);
  m->fields = m->all_fields = NULL;
  wb_arena_reset(m->ctx.arena, mark);
  return wb_num_double(total);
}

static wb_anchor anchor_of(wb_model *m, const wb_str *cells, double total, double active) {
  wb_anchor a = {.name = wb_str_copy(&m->ctx, cells[1]),
                 .experts_key = cells[4],
                 .width_key = cells[5],
                 .sold_as = cells[6],
                 .source = cells[7],
                 .table = cells[7],
                 .total = total,
                 .active = active};
  wb_str text = cells[8];
  if (!text.len) {
    const wb_catalogue_entry entry = wb_catalogue_find(&m->ctx, a.name);
    text = entry.config;
    a.source = entry.source;
  }
  a.config = wb_json_read(&m->ctx, text, a.name);
  return a;
}

static double number(wb_ctx *ctx, wb_str text) {
  wb_num n;
  if (!wb_num_parse(text, &n))
    WB_FAIL(ctx, WB_LANG_UNKNOWN_NAME, wb_in_file(WB_STR("representatives/anchors.tsv")), text);
  return wb_num_double(n);
}

/* The share of active parameters tells architectures apart more than size does, so it counts twice. */
static double distance(double total, double active, double of_total, double of_active) {
  const double share = wb_apart(active / total, of_active / of_total) + 1;
  return (wb_apart(total, of_total) + 1) * share * share;
}

static wb_anchor nearest(wb_model *m, wb_str kind, double total, double active) {
  wb_str cells[9], best_cells[9] = {{NULL, 0}};
  double least = 0, best[2] = {0, 0};
  for (size_t at = 0; wb_tsv_next(wb_data_text("representatives/anchors.tsv"), &at, cells, 9);) {
    if (!wb_str_eq(cells[0], kind)) continue;
    const double size[2] = {number(&m->ctx, cells[2]), number(&m->ctx, cells[3])};
    const double far = distance(total, active > 0 ? active : total, size[0], size[1]);
    if (best_cells[0].len && far >= least) continue;
    least = far;
    for (int i = 0; i < 9; i++) best_cells[i] = cells[i];
    for (int i = 0; i < 2; i++) best[i] = size[i];
  }
  return anchor_of(m, best_cells, best[0], best[1]);
}

/* The model that people mean by "8x7B". */
static bool sold_as(wb_model *m, const wb_sized *asked, wb_anchor *out) {
  wb_str cells[9];
  for (size_t at = 0; wb_tsv_next(wb_data_text("representatives/anchors.tsv"), &at, cells, 9);) {
    wb_sized name;
    if (!cells[6].len || !wb_sized_read(&m->ctx, cells[6], &name)) continue;
    if (name.experts.num != asked->experts.num || name.each.num != asked->each.num || name.each.den != asked->each.den)
      continue;
    *out = anchor_of(m, cells, number(&m->ctx, cells[2]), number(&m->ctx, cells[3]));
    return true;
  }
  return false;
}

static wb_json *text_node(wb_ctx *ctx, const char *text) {
  wb_json *node = WB_NEW(ctx, wb_json);
  *node = (wb_json){.kind = WB_JSON_STRING};
  node->u.text = wb_str_of(text);
  return node;
}

static wb_json *class_node(wb_ctx *ctx, const char *name) {
  wb_json *node = WB_NEW(ctx, wb_json);
  *node = (wb_json){.kind = WB_JSON_ARRAY};
  node->u.array.items = WB_NEW(ctx, wb_json *);
  node->u.array.items[0] = text_node(ctx, name);
  node->u.array.count = 1;
  return node;
}

static void begin(wb_knobs *knobs, const wb_anchor *anchor) {
  wb_model *m = knobs->model;
  knobs->root = plain(&m->ctx, anchor->config);
  const bool typed = wb_json_get(knobs->root, WB_STR("torch_dtype")) != NULL;
  if (!typed) /* the catalogue knows none for some; all of these are published in it */
    knobs->root = wb_json_with(&m->ctx, knobs->root, WB_STR("torch_dtype"), text_node(&m->ctx, "bfloat16"));
  m->config.root = knobs->root;
  wb_model_choose(m);
}

/* So many experts with what a dense model of the size has, two of them at work: as Mixtral (arXiv:2401.04088), whose
 * attention, norms and vocabulary are there once. */
static void make_mixture(wb_knobs *knobs, const wb_sized *asked) {
  wb_ctx *ctx = &knobs->model->ctx;
  knobs->root = wb_json_with(ctx, knobs->root, WB_STR("model_type"), text_node(ctx, "mixtral"));
  knobs->root = wb_json_with(ctx, knobs->root, WB_STR("architectures"), class_node(ctx, "MixtralForCausalLM"));
  wb_turn(knobs, WB_STR("num_local_experts"), (double)asked->experts.num);
  wb_turn(knobs, WB_STR("num_experts_per_tok"), 2);
}

static wb_anchor represent(wb_model *m, const wb_sized *asked, wb_knobs *knobs, bool *unchanged) {
  const double total = wb_num_double(asked->total), active = wb_num_double(asked->active);
  wb_anchor anchor;
  *unchanged = asked->kind == WB_SIZED_MIXTURE && sold_as(m, asked, &anchor);
  if (*unchanged) {
    begin(knobs, &anchor);
  } else if (asked->kind == WB_SIZED_MIXTURE) {
    const double each = wb_num_double(asked->each);
    anchor = nearest(m, WB_STR("dense"), each, each);
    begin(knobs, &anchor);
    wb_represent_decoder(knobs, &anchor, each, 0);
    make_mixture(knobs, asked);
  } else if (asked->kind == WB_SIZED_CNN) {
    anchor = nearest(m, WB_STR("cnn"), total, total);
    begin(knobs, &anchor);
    wb_represent_convnet(knobs, &anchor, total);
  } else {
    const bool moe = asked->kind == WB_SIZED_MOE;
    anchor = nearest(m, moe ? WB_STR("moe") : WB_STR("dense"), total, active);
    begin(knobs, &anchor);
    wb_represent_decoder(knobs, &anchor, total, moe ? active : 0);
  }
  return anchor;
}

wb_str wb_represent(wb_model *m, const wb_sized *asked) {
  const wb_config config = m->config;
  wb_knobs knobs = {m, NULL};
  wb_assumed *assumed = WB_NEW(&m->ctx, wb_assumed);
  const wb_anchor anchor = represent(m, asked, &knobs, &assumed->unchanged);
  m->config = config;
  m->family = NULL;
  m->warning_count = 0;
  assumed->asked = *asked;
  assumed->anchor = anchor.name;
  assumed->source = anchor.source;
  assumed->table = anchor.table;
  m->assumed = assumed;
  m->asked_total = asked->total;
  m->asked_active = asked->active;
  wb_text text = {.ctx = &m->ctx};
  wb_json_print(&text, knobs.root, (size_t)1 << 20);
  return wb_text_str(&text);
}

/* a/b - 1 as "+0.12 %". */
static wb_str off_by(wb_ctx *ctx, wb_num built, wb_num asked) {
  const double off = 100 * (wb_num_double(built) / wb_num_double(asked) - 1);
  if (off > -0.005 && off < 0.005) return WB_STR("±0.00 %");
  return wb_str_fmt(ctx, "%+.2f %%", off);
}

static wb_str grouped(wb_ctx *ctx, wb_num n) {
  wb_text text = {.ctx = ctx};
  wb_num_floor(n, &n);
  wb_i128_print_grouped(&text, n.num);
  return wb_text_str(&text);
}

/* hidden_size = 4096, …: the numbers of the configuration. */
static wb_str dimensions(wb_model *m) {
  wb_text list = {.ctx = &m->ctx};
  const wb_json *root = m->config.root;
  for (size_t i = 0; i < root->u.object.count; i++) {
    const wb_json_member *field = &root->u.object.members[i];
    if (field->value->kind != WB_JSON_INT && field->value->kind != WB_JSON_ARRAY) continue;
    if (field->value->kind == WB_JSON_ARRAY &&
        (!field->value->u.array.count || field->value->u.array.items[0]->kind != WB_JSON_INT))
      continue;
    wb_text_addf(&list, "%s%.*s = ", list.len ? ", " : "", WB_STR_ARG(field->key));
    wb_json_print(&list, field->value, 80);
  }
  return wb_text_str(&list);
}

void wb_assumed_warn(wb_model *m) {
  static const wb_message_id ids[] = {WB_ASSUMED_DENSE, WB_ASSUMED_MOE, WB_ASSUMED_MIXTURE, WB_ASSUMED_DENSE};
  wb_ctx *ctx = &m->ctx;
  const wb_assumed *a = m->assumed;
  wb_str active = grouped(ctx, m->active);
  if (a->asked.kind == WB_SIZED_MOE) {
    const wb_str off = off_by(ctx, m->active, m->asked_active);
    active = wb_str_fmt(ctx, "%.*s (%.*s)", WB_STR_ARG(active), WB_STR_ARG(off));
  }
  wb_str args[WB_MESSAGE_ARGS] = {m->name, wb_str_fmt(ctx, "%.*s [%.*s]", WB_STR_ARG(a->anchor), WB_STR_ARG(a->table)),
                                  grouped(ctx, m->total), off_by(ctx, m->total, m->asked_total), active};
  wb_model_warn(m, ids[a->asked.kind], WB_MESSAGE_ARGS, args);
  wb_model_warn(m, WB_ASSUMED_SHAPE, 1, (wb_str[]){dimensions(m)});
}
