/* weigh memory, weigh fit: bytes on each device while serving, what fits, how far. */
#include "report/memory.h"

#include "report/method.h"

#include "estimate/compare.h"
#include "estimate/derive_memory.h"
#include "estimate/launch.h"
#include "estimate/pass.h"
#include "estimate/placement.h"
#include "estimate/side_by_side.h"
#include "estimate/solve.h"

/* The "config" method's cache: of every layer and head, over the ranks of tensor parallelism. */
static wb_i128 config_kv(const wb_serving *s) {
  wb_num bytes = wb_compare_config_kv(s->model), element;
  const wb_num tokens = wb_num_int(s->longest * s->in_all);
  wb_num_div(wb_num_int(s->rules.type.block_bytes), wb_num_int(s->rules.type.block_elements), &element);
  if (!wb_num_mul(bytes, tokens, &bytes) || !wb_num_mul(bytes, element, &bytes)) return 0;
  wb_num_div(bytes, wb_num_int(s->layout.tp), &bytes);
  return bytes.num / bytes.den;
}

/* Fails the model's context as wb_serving_new does. */
static wb_memory_facts gather(wb_model *m, const weigh_serving *asked) {
  wb_ctx *ctx = &m->ctx;
  wb_memory_facts f = {.model = m, .serving = wb_serving_again(m, asked)};
  const wb_serving *s = f.serving;
  const wb_i128 ranks = (wb_i128)s->layout.tp * s->layout.dp * s->layout.cp;
  f.loads = WB_NEWN(ctx, wb_load, s->place_count);
  for (uint32_t i = 0; i < s->place_count; i++) {
    if (!wb_serving_now(s, i, &f.loads[i])) WB_FAIL(ctx, WB_LANG_OVERFLOW, WB_NOWHERE, WB_STR("*"));
    if (s->places[i].stage.host) f.host += f.loads[i].all.best;
    else f.total += f.loads[i].all.best * ranks;
    f.host += s->places[i].offloaded * ranks;
  }
  f.worst = wb_serving_worst(s);
  f.config_kv = s->mix_count == 1 ? config_kv(s) : 0;
  f.token_bytes = wb_serving_token_bytes(s, f.worst);
  f.fixed_bytes = wb_serving_fixed_bytes(s, f.worst);
  f.has_card = s->places[f.worst].card.usable_bytes > 0;
  f.has_pool = wb_pool_of(s, &f.pool);
  if (!f.has_card) return f;
  const wb_i128 rest = s->places[f.worst].card.usable_bytes - f.loads[f.worst].budget;
  f.reserve = rest > 0 ? rest : 0;
  f.fits = wb_serving_fits_now(s);
  f.max_context = wb_serving_max_context(s);
  f.max_sequences = wb_serving_max_sequences(s);
  return f;
}

void wb_json_reach(wb_json_out *j, const char *key, wb_i128 reach) {
  if (reach < WB_SERVING_MOST) wb_jo_int(j, key, reach);
  else wb_jo_null(j, key);
}

wb_str wb_out_reach(wb_out *out, wb_i128 reach) {
  if (reach < WB_SERVING_MOST) return wb_out_number(out, reach);
  return wb_str_of(out->options->format == WEIGH_FORMAT_TEXT ? wb_out_label(out, WB_LABEL_NO_LIMIT) : "");
}

uint32_t wb_memory_first(const wb_memory_facts *f) {
  return f->serving->places[0].stage.host && f->serving->place_count > 1;
}

static const wb_column COLUMNS[] = {{"component", WB_LABEL_COMPONENT, false},
                                    {"bytes", WB_LABEL_GIB, true},
                                    {"low_bytes", WB_LABEL_LOW, true},
                                    {"high_bytes", WB_LABEL_HIGH, true},
                                    {"basis", WB_LABEL_BASIS, false}};

static void row(wb_out *out, wb_table *table, wb_str name, const wb_bytes *bytes, wb_str basis) {
  wb_table_cell(table, name);
  wb_table_cell(table, wb_out_bytes(out, bytes->best));
  wb_table_cell(table, wb_out_bytes(out, bytes->low));
  wb_table_cell(table, wb_out_bytes(out, bytes->high));
  wb_table_cell(table, basis);
}

/* As people read it; in plain forms the name that JSON has. */
static wb_str basis(const wb_out *out, wb_basis known) {
  static const wb_message_id NAMES[] = {WB_LABEL_BASIS_STORED,   WB_LABEL_BASIS_EXACT,     WB_LABEL_BASIS_ENGINE,
                                        WB_LABEL_BASIS_MEASURED, WB_LABEL_BASIS_HEURISTIC, WB_LABEL_BASIS_ASSUMED};
  return wb_str_of(out->options->format == WEIGH_FORMAT_TEXT ? wb_out_label(out, NAMES[known]) : wb_basis_name(known));
}

void wb_memory_table(wb_out *out, const wb_memory_facts *f) {
  const wb_load *load = &f->loads[f->worst];
  wb_table table = {out->text.ctx, COLUMNS, sizeof COLUMNS / sizeof *COLUMNS, NULL, 0, 0};
  for (size_t i = 0; i < f->serving->part_count; i++) {
    const wb_component *part = &f->serving->places[f->worst].parts[i];
    if (load->parts[i].high) row(out, &table, part->name, &load->parts[i], basis(out, part->basis));
  }
  row(out, &table, WB_STR("total"), &load->all, WB_STR(""));
  wb_table_write(out, &table);
}

/* Pictures widen operations: neither every model has such, nor every engine's description asks for the widest. */
static void warn_of_images(wb_model *m, const wb_serving *s) {
  const weigh_pass seen = {
      .images = s->asked.images, .image_height = s->asked.image_height, .image_width = s->asked.image_width};
  if (!seen.images) return;
  const wb_pass pass = wb_pass_new(m, &seen);
  wb_pass_warn(m, &wb_forward_passes(m)->total, &pass);
  if (!wb_engine_reads(m->lib, &m->ctx, s->engine, "widest_operation"))
    wb_model_warn(m, WB_ENGINE_COUNTS_NONE, 1, &s->engine->name->name);
}

static void warn(const wb_out *out, wb_model *m, const wb_memory_facts *f) {
  const wb_serving *s = f->serving;
  const wb_i128 longest = wb_launch_longest(m);
  const wb_str lengths[] = {wb_out_number(out, s->longest), wb_out_number(out, longest)};
  if (longest && s->longest > longest) wb_model_warn(m, WB_BEYOND_LENGTH, 2, lengths);
  if (!m->dtype_given && !s->asked.dtype && !wb_loaded_quantized(&s->loaded))
    wb_model_warn(m, WB_DTYPE_ASSUMED, 1, &s->dtype);
  const wb_i128 heads = wb_solve_heads(m);
  const wb_str shares[] = {wb_out_number(out, heads), wb_out_number(out, s->layout.tp)};
  if (heads % s->layout.tp) wb_model_warn(m, WB_TP_HEADS, 2, shares);
  const wb_i128 layers = wb_model_depth(m);
  const wb_str stages[] = {wb_out_number(out, s->layout.pp), wb_out_number(out, layers)};
  if (layers && s->layout.pp > layers) wb_model_warn(m, WB_PP_LAYERS, 2, stages);
  warn_of_images(m, s);
  wb_loaded_warn(&s->loaded);
}

size_t wb_memory_given(const weigh_serving *a, wb_given_option *out) {
  const wb_given_option all[WB_MEMORY_GIVEN] = {{"context", "context", a->context > 0},
                                                {"sequences", "sequences", a->sequences > 0},
                                                {"quant", "weight_bytes", a->quant != NULL},
                                                {"dtype", "weight_bytes", a->dtype != NULL},
                                                {"kv-dtype", "kv_bytes", a->kv_dtype != NULL},
                                                {"engine", NULL, a->engine != NULL},
                                                {"gpus", NULL, a->gpus > 0},
                                                {"tp", NULL, a->tp > 0},
                                                {"pp", NULL, a->pp > 0},
                                                {"dp", NULL, a->dp > 0},
                                                {"gpu-layers", NULL, a->has_gpu_layers},
                                                {"loras", NULL, a->loras > 0}};
  for (size_t i = 0; i < WB_MEMORY_GIVEN; i++) out[i] = all[i];
  return WB_MEMORY_GIVEN;
}

/* A method's figure for the whole, or for the cache where it has no other. */
static const wb_deviation *asked_method(const wb_serving *s, const char *name) {
  wb_model *m = s->model;
  if (!name) return NULL;
  wb_deviation *out = WB_NEW(&m->ctx, wb_deviation);
  const wb_decl *method = wb_method_find(m->lib, &m->ctx, wb_str_of(name));
  const char *question = wb_method_answering(method, "memory", NULL) ? "memory" : "cache";
  const wb_decl *function = wb_method_answering(method, question, NULL);
  if (!function) function = wb_method_for(m, name, "memory", NULL);
  const wb_method_question asked = wb_question_of_serving(s);
  const wb_exact_figures exact = wb_exact_serving(s);
  wb_deviate(m, function, question, &asked, &exact, out);
  return out;
}

bool wb_report_memory(wb_out *out, wb_model *m, bool fit) {
  if (out->options->quantity) {
    const wb_serving *s = wb_serving_new(m, &out->options->serving);
    wb_report_derivation(out, m, wb_derive_memory(s, wb_str_of(out->options->quantity)));
    return true;
  }
  out->figures_are_loaded = true;
  wb_memory_facts f = gather(m, &out->options->serving);
  f.method = asked_method(f.serving, out->options->method);
  warn(out, m, &f);
  if (out->options->format == WEIGH_FORMAT_JSON) wb_memory_json(out, &f, fit ? "fit" : "memory");
  else if (out->options->format == WEIGH_FORMAT_TEXT) wb_memory_text(out, &f, fit);
  else {
    wb_memory_table(out, &f);
    if (fit) wb_memory_whatif_tables(out, &f);
  }
  return !fit || !f.has_card || f.fits;
}
