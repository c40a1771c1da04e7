#include "report/memory.h"
#include "report/method.h"

#include <string.h>

#include "estimate/launch.h"
#include "estimate/llamacpp_serving.h"
#include "estimate/price.h"

static void bytes(wb_json_out *j, const wb_bytes *b) {
  wb_jo_int(j, "bytes", b->best);
  wb_jo_int(j, "low_bytes", b->low);
  wb_jo_int(j, "high_bytes", b->high);
}

void wb_json_load_parts(wb_json_out *j, const wb_str *names, size_t count, const wb_load *load) {
  wb_jo_begin(j, "components", '[');
  for (size_t i = 0; i < count; i++) {
    if (!load->parts[i].best) continue;
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", names[i]);
    wb_jo_int(j, "bytes", load->parts[i].best);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void components(wb_json_out *j, const wb_memory_facts *f, uint32_t place) {
  wb_jo_begin(j, "components", '[');
  for (size_t i = 0; i < f->serving->part_count; i++) {
    const wb_component *part = &f->serving->places[place].parts[i];
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", part->name);
    bytes(j, &f->loads[place].parts[i]);
    wb_jo_str(j, "basis", wb_str_of(wb_basis_name(part->basis)));
    if (part->source.len) wb_jo_str(j, "source", wb_out_told(j->out, part->source));
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void one_device(wb_json_out *j, const wb_memory_facts *f, uint32_t place, wb_i128 number, wb_i128 in_stage) {
  const wb_serving *s = f->serving;
  const wb_place_on *p = &s->places[place];
  wb_jo_begin(j, NULL, '{');
  wb_jo_int(j, "device", number);
  if (f->has_card && p->card.name.len) wb_jo_str(j, "gpu", s->cards[number].name);
  wb_jo_int(j, "pipeline_stage", (wb_i128)(place - wb_memory_first(f)));
  wb_jo_int(j, "tensor_rank", in_stage % s->layout.tp);
  wb_jo_int(j, "data_rank", in_stage / s->layout.tp / s->layout.cp);
  wb_jo_int(j, "context_rank", in_stage / s->layout.tp % s->layout.cp);
  bytes(j, &f->loads[place].all);
  if (f->has_card) {
    wb_jo_int(j, "budget_bytes", f->loads[place].budget);
    wb_jo_bool(j, "fits", f->loads[place].all.best <= f->loads[place].budget);
    const wb_i128 usable = p->card.usable_bytes, budget = f->loads[place].budget;
    const wb_i128 capacity = usable > budget ? usable : budget;
    wb_jo_int(j, "capacity_bytes", capacity);
    wb_jo_int(j, "spare_bytes", capacity - f->loads[place].all.best);
  }
  components(j, f, place);
  wb_jo_end(j, '}');
}

static void devices(wb_json_out *j, const wb_memory_facts *f) {
  const wb_layout *l = &f->serving->layout;
  const wb_i128 group = (wb_i128)l->tp * l->dp * l->cp;
  wb_jo_begin(j, "per_device", '[');
  for (wb_i128 i = 0; i < f->serving->asked.gpus; i++)
    one_device(j, f, (uint32_t)(i / group) + wb_memory_first(f), i, i % group);
  wb_jo_end(j, ']');
  wb_jo_int(j, "worst_device", (wb_i128)(f->worst - wb_memory_first(f)) * group);
}

static void host(wb_json_out *j, const wb_memory_facts *f) {
  wb_jo_begin(j, "host", '{');
  wb_jo_int(j, "bytes", f->host);
  if (wb_memory_first(f)) components(j, f, 0);
  wb_jo_end(j, '}');
}

/* Bytes of one sequence of the longest length in all layers of a kind. */
static wb_i128 of_sequence(const wb_memory_facts *f, const wb_cache_kind *kind, wb_i128 *cells) {
  const wb_serving *s = f->serving;
  const wb_value length = wb_integer(s->longest);
  *cells = kind->copies;
  if (kind->kept->per_token) *cells = wb_cache_entries(&f->model->ctx, kind, &s->rules, &s->layout, &length).u.num.num;
  return kind->layers * kind->entry_bytes * *cells;
}

/* All kinds of one name together, on the fullest device. */
static void cache(wb_json_out *j, const wb_memory_facts *f, const wb_cache_kind *first) {
  const wb_place_on *p = &f->serving->places[f->worst];
  wb_i128 layers = 0, token = 0, sequence = 0, cells = 0, own;
  for (const wb_cache_kind *k = first; k < p->kinds + p->kind_count; k++) {
    if (!wb_str_eq(k->name, first->name)) continue;
    layers += k->layers;
    if (k->grows && !k->window) token += k->layers * k->entry_bytes / k->every;
    sequence += of_sequence(f, k, &own);
    if (own > cells) cells = own;
  }
  wb_jo_begin(j, NULL, '{');
  wb_jo_str(j, "name", first->name);
  wb_jo_int(j, "layers", layers);
  wb_jo_str(j, "dtype", first->dtype);
  if (first->window) wb_jo_int(j, "window", first->window);
  if (first->every > 1) wb_jo_int(j, "tokens_per_entry", first->every);
  wb_jo_int(j, "cells", cells);
  wb_jo_int(j, "bytes_per_token", token);
  wb_jo_int(j, "bytes_per_sequence", sequence);
  wb_jo_int(j, "bytes", sequence * ((f->serving->in_all + f->serving->layout.dp - 1) / f->serving->layout.dp));
  wb_jo_end(j, '}');
}

static void buffers(wb_json_out *j, const wb_memory_facts *f) {
  wb_llama_cache all[WB_LLAMA_KINDS];
  const size_t count = wb_llama_caches(f->serving, f->worst, all);
  wb_jo_begin(j, "caches", '[');
  for (size_t i = 0; i < count; i++) {
    wb_jo_begin(j, NULL, '{');
    wb_jo_str(j, "name", wb_str_of(all[i].name));
    if (all[i].cells) wb_jo_int(j, "cells", all[i].cells);
    wb_jo_int(j, "bytes", all[i].bytes);
    wb_jo_end(j, '}');
  }
  wb_jo_end(j, ']');
}

static void caches(wb_json_out *j, const wb_memory_facts *f) {
  const wb_place_on *p = &f->serving->places[f->worst];
  if (f->serving->llama) {
    buffers(j, f);
    return;
  }
  wb_jo_begin(j, "caches", '[');
  for (size_t i = 0; i < p->kind_count; i++) {
    bool seen = false;
    for (size_t k = 0; k < i && !seen; k++) seen = wb_str_eq(p->kinds[k].name, p->kinds[i].name);
    if (!seen) cache(j, f, &p->kinds[i]);
  }
  wb_jo_end(j, ']');
}

/* What the cards of the layout cost, where a dated price is known. */
static void price(wb_json_out *j, const wb_memory_facts *f) {
  const wb_serving *s = f->serving;
  wb_price p;
  if (!wb_price_of_cards(&f->model->ctx, s->cards, (size_t)s->asked.gpus, &p)) return;
  wb_jo_begin(j, "price", '{');
  wb_jo_real(j, "usd_per_hour", p.usd_per_hour);
  wb_jo_int(j, "gpus", p.cards);
  wb_jo_str(j, "provider", p.provider);
  wb_jo_str(j, "instance", p.instance);
  wb_jo_str(j, "as_of", p.as_of);
  wb_jo_str(j, "source", p.source);
  wb_jo_end(j, '}');
}

static void card(wb_json_out *j, const wb_memory_facts *f) {
  const wb_card *c = &f->serving->places[f->worst].card;
  wb_jo_begin(j, "gpu", '{');
  wb_jo_str(j, "name", c->name);
  wb_jo_int(j, "vendor_bytes", c->vendor_bytes);
  wb_json_usable(j, c);
  wb_jo_end(j, '}');
  wb_jo_bool(j, "fits", f->fits);
  wb_jo_int(j, "reserve_bytes", f->reserve);
  wb_json_reach(j, "max_context", f->max_context);
  wb_json_reach(j, "max_sequences", f->max_sequences);
}

/* The members that a card would answer stand there without one, so that readers find them. */
static void no_card(wb_json_out *j) {
  static const char *const NAMES[] = {"fits", "reserve_bytes", "max_context", "max_sequences"};
  for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) wb_jo_null(j, NAMES[i]);
}

static void vllm_pages(wb_json_out *j, const wb_memory_facts *f) {
  const wb_pool *p = &f->pool;
  wb_jo_int(j, "num_gpu_blocks", p->blocks);
  wb_jo_int(j, "block_size", p->block_tokens);
  wb_jo_int(j, "page_bytes", p->pages.cut.page_bytes);
  wb_jo_int(j, "blocks_per_request", p->pages.request_blocks);
  wb_jo_int(j, "fixed_bytes_per_request", f->fixed_bytes);
  wb_jo_int(j, "kv_cache_tokens", p->tokens);
  wb_jo_int(j, "kv_cache_tokens_by_blocks", p->pages.tokens_old);
  wb_jo_int(j, "kv_cache_tokens_by_concurrency", p->pages.tokens_new);
  wb_jo_real(j, "max_concurrency", p->pages.concurrency);
}

static void tokens(wb_json_out *j, const wb_memory_facts *f) {
  const wb_pool *p = &f->pool;
  const wb_value *fraction = wb_engine_value(f->model, &f->serving->places[f->worst].engine, "fraction");
  if (fraction && fraction->kind == WB_NUM) wb_jo_num(j, "mem_fraction_static", fraction->u.num);
  wb_jo_int(j, "kv_cache_tokens", p->tokens);
  wb_jo_int(j, "max_total_num_tokens", p->tokens);
  wb_jo_int(j, "kv_pool_bytes", p->tokens * p->token_bytes);
  wb_jo_int(j, "num_gpu_blocks", p->blocks);
  wb_jo_int(j, "block_size", p->block_tokens);
  wb_jo_int(j, "token_bytes", p->token_bytes);
  if (!p->state_bytes) return;
  wb_jo_int(j, "state_slots", p->state_slots);
  wb_jo_int(j, "state_pool_bytes", p->state_bytes);
}

/* What the engine makes of its pool. */
static void pool(wb_json_out *j, const wb_memory_facts *f) {
  const wb_engine *e = &f->serving->places[f->worst].engine;
  const wb_value *requested = wb_engine_value(f->model, e, "requested");
  wb_str release = wb_engine_text(f->model, e, "release");
  wb_jo_begin(j, wb_str_cstr(&f->model->ctx, wb_engine_text(f->model, e, "allocation")), '{');
  if (release.len) wb_jo_str(j, "version", release);
  if (release.len) wb_jo_str(j, "releases", wb_out_told(j->out, wb_engine_text(f->model, e, "releases")));
  wb_jo_str(j, "source", e->decl->source);
  if (requested && requested->kind == WB_NUM) wb_jo_num(j, "requested_bytes", requested->u.num);
  wb_jo_int(j, "kv_cache_bytes", f->pool.bytes);
  if (f->pool.paged) vllm_pages(j, f);
  else if (f->pool.tokens) tokens(j, f);
  wb_jo_end(j, '}');
}

static void option(wb_json_out *j, const char *name, const wb_value *value) {
  if (value->kind == WB_BOOL) wb_jo_bool(j, name, value->u.boolean);
  else if (value->kind == WB_TEXT) wb_jo_str(j, name, value->u.text);
  else if (value->kind == WB_NUM) wb_jo_num(j, name, value->u.num);
  else wb_jo_null(j, name);
}

static void engine(wb_json_out *j, const wb_memory_facts *f) {
  const wb_decl *decl = f->serving->engine;
  const wb_engine *e = &f->serving->places[f->worst].engine;
  wb_jo_str(j, "engine", decl->name->name);
  wb_jo_begin(j, "engine_options", '{');
  for (size_t i = 0; i < decl->field_count; i++) {
    if (!decl->fields[i].option) continue;
    const wb_value *value = wb_engine_value(f->model, e, wb_str_cstr(&f->model->ctx, decl->fields[i].name->name));
    const wb_value none = wb_null();
    option(j, wb_str_cstr(&f->model->ctx, decl->fields[i].name->name), value ? value : &none);
  }
  wb_jo_end(j, '}');
}

static void question(wb_json_out *j, const wb_memory_facts *f) {
  const wb_serving *s = f->serving;
  engine(j, f);
  const wb_str command = wb_launch_text(&f->model->ctx, s);
  if (command.len) wb_jo_str(j, "command", command);
  const wb_i128 made_for = wb_launch_longest(f->model);
  wb_jo_int(j, "context", s->longest);
  if (made_for) wb_jo_int(j, "model_context", made_for);
  wb_jo_int(j, "sequences", s->in_all);
  wb_jo_str(j, "dtype", s->dtype);
  wb_jo_str(j, "weights_format", wb_loaded_name(&s->loaded));
  if (!s->loaded.gguf) wb_jo_num(j, "checkpoint_bytes", s->loaded.weights->stored);
  wb_jo_real(j, "bits_per_weight", wb_loaded_bits(&s->loaded));
  wb_jo_str(j, "kv_dtype", s->rules.type.name);
  const struct {
    const char *name;
    wb_i128 value;
  } counts[] = {{"gpus", s->asked.gpus}, {"tp", s->layout.tp},   {"pp", s->layout.pp},     {"dp", s->layout.dp},
                {"cp", s->layout.cp},    {"dcp", s->layout.dcp}, {"total_bytes", f->total}};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) wb_jo_int(j, counts[i].name, counts[i].value);
}

void wb_memory_json(wb_out *out, const wb_memory_facts *f, const char *report) {
  wb_json_out j = {.out = out, .first = true};
  wb_jo_begin(&j, NULL, '{');
  wb_json_head(&j, report);
  wb_jo_str(&j, "model", f->model->name);
  wb_jo_str(&j, "model_type", f->model->model_type);
  question(&j, f);
  devices(&j, f);
  if (f->host) host(&j, f);
  wb_jo_int(&j, "kv_bytes_per_token", f->token_bytes);
  wb_jo_int(&j, "fixed_bytes_per_sequence", f->fixed_bytes);
  caches(&j, f);
  if (f->method) {
    wb_given_option given[WB_MEMORY_GIVEN];
    wb_json_asked_method(&j, f->method);
    wb_json_ignored(&j, f->method->result, given, wb_memory_given(&out->options->serving, given));
  }
  if (f->config_kv) {
    wb_jo_begin(&j, "methods", '{');
    wb_jo_begin(&j, "config", '{');
    wb_jo_int(&j, "kv_cache_bytes", f->config_kv);
    wb_jo_end(&j, '}');
    wb_jo_end(&j, '}');
  }
  if (f->has_card) card(&j, f);
  else no_card(&j);
  if (f->has_card) price(&j, f);
  if (f->has_pool) pool(&j, f);
  if (strcmp(report, "fit") == 0) wb_memory_whatif_json(&j, f);
  wb_json_fields(&j, f->model);
  wb_jo_bool(&j, "complete", wb_model_enumerated(f->model));
  wb_json_warnings(&j, f->model);
  wb_jo_end(&j, '}');
}
