/* The command line that starts an engine as a question says: rows of data/engines/flags.tsv, read from the other side. */
#include <string.h>

#include "estimate/flags.h"
#include "estimate/launch.h"
#include "estimate/published.h"
#include "source/shell.h"

typedef struct writing {
  wb_ctx *ctx;
  const wb_serving *s;
  wb_program program;
  wb_flags flags;
  wb_text out;
  wb_str quant; /* that a flag asks for; empty: the checkpoint is in its format */
} writing;

static void word(writing *w, wb_str text) {
  if (w->out.len) wb_text_addc(&w->out, ' ');
  wb_shell_quote(&w->out, text);
}

/* ---- the program ---- */

/* The first program of the engine, before it one that means an option that was given. */
static bool find_program(const wb_serving *s, wb_program *out) {
  wb_program program;
  bool found = false;
  for (size_t at = 0; wb_program_of(s->engine->name->name, &at, &program);) {
    bool given = false;
    for (size_t i = 0; i < s->option_count; i++) given = given || wb_str_is(program.option, s->asked.engine_options[i]);
    if (!given && (found || !wb_str_is(program.option, "-"))) continue;
    *out = program;
    found = true;
  }
  return found;
}

static void write_program(writing *w) {
  wb_str part;
  for (size_t at = 0; wb_str_next(w->program.words, ' ', &at, &part);)
    word(w, wb_str_ends(part, WB_STR("*")) ? wb_str_slice(part, 0, part.len - 1) : part);
}

/* ---- the model ---- */

static wb_str upper(wb_ctx *ctx, wb_str name) {
  wb_text out = {.ctx = ctx};
  for (size_t i = 0; i < name.len; i++)
    wb_text_addc(&out, name.ptr[i] >= 'a' && name.ptr[i] <= 'z' ? (char)(name.ptr[i] - 32) : name.ptr[i]);
  return wb_text_str(&out);
}

static wb_str last_part(wb_str name) {
  for (size_t i = name.len; i > 0; i--)
    if (name.ptr[i - 1] == '/') return wb_str_slice(name, i, name.len);
  return name;
}

/* What engines call the model: a name, or the folder of its configuration. */
static wb_str model_name(const wb_model *m) {
  wb_str name = m->name;
  if (wb_str_is(name, "-") || wb_str_is(name, "--set")) return WB_STR("MODEL");
  if (wb_str_ends(name, WB_STR("/config.json"))) name.len -= WB_STR("/config.json").len;
  return name;
}

/* Files of GGUF and checkpoints in a format are called after it. */
static wb_str checkpoint(writing *w) {
  wb_ctx *ctx = w->ctx;
  const wb_str name = model_name(w->s->model);
  if (wb_str_is(w->program.flags, "llama_cpp")) {
    wb_str type = wb_loaded_name(&w->s->loaded);
    if (wb_str_is(type, "bfloat16")) type = WB_STR("BF16");
    else if (wb_str_starts(type, WB_STR("float")))
      type = wb_str_fmt(ctx, "F%.*s", WB_STR_ARG(wb_str_slice(type, 5, type.len)));
    return wb_str_fmt(ctx, "%.*s-%.*s.gguf", WB_STR_ARG(last_part(name)), WB_STR_ARG(upper(ctx, type)));
  }
  const char *quant = w->s->asked.quant;
  if (!quant || w->quant.len) return name;
  return wb_str_fmt(ctx, "%.*s-%.*s", WB_STR_ARG(name), WB_STR_ARG(upper(ctx, wb_str_of(quant))));
}

static void write_model(writing *w) {
  if (!wb_str_is(w->program.model, "word")) word(w, w->program.model);
  word(w, checkpoint(w));
}

/* ---- values ---- */

static bool same_text(wb_str a, wb_str b) { return a.len == b.len && wb_str_distance(a, b, 0) == 0; }

static bool same_type(wb_str a, wb_str b) {
  wb_cache_type of_a, of_b;
  return same_text(a, b) ||
         (wb_cache_type_find(a, &of_a) && wb_cache_type_find(b, &of_b) && wb_str_eq(of_a.name, of_b.name));
}

/* The option as it was given, in the order in which the first counts; false: it was not. */
static bool given(const writing *w, wb_str option, size_t *at) {
  for (*at = 0; *at < w->s->option_count; (*at)++)
    if (wb_str_eq(w->s->options[*at].name, option)) return true;
  return false;
}

static wb_str option_text(const writing *w, size_t at) {
  const wb_value *value = &w->s->options[at].value;
  const char *text = w->s->asked.engine_options[at], *equals = strchr(text, '=');
  if (value->kind == WB_NUM && wb_num_is_int(value->u.num)) return wb_i128_str(w->ctx, value->u.num.num);
  if (value->kind == WB_BOOL) return value->u.boolean ? WB_STR("true") : WB_STR("false");
  return equals ? wb_str_trim(wb_str_of(equals + 1)) : WB_STR("true");
}

/* More sequences at once than the engine would run by itself. */
static wb_str more_sequences(const writing *w) {
  const wb_serving *s = w->s;
  const wb_i128 limit =
      wb_engine_whole(s->model, &s->places[0].engine, wb_str_cstr(w->ctx, w->program.limit), s->in_all);
  return s->in_all > limit ? wb_i128_str(w->ctx, s->in_all) : WB_STR("");
}

static bool within(const writing *w) {
  size_t at;
  return w->s->layout.dp > 1 && given(w, WB_STR("enable_dp_attention"), &at) &&
         w->s->options[at].value.kind == WB_BOOL && w->s->options[at].value.u.boolean;
}

static wb_str beyond(const writing *w, wb_i128 n, wb_i128 usual) {
  return n != usual ? wb_i128_str(w->ctx, n) : WB_STR("");
}

/* The cache's type where the question or an option of the engine names one. */
static wb_str cache_type(const writing *w, const char *own) {
  const char *const options[] = {own, "kv_cache_dtype"};
  size_t at;
  for (size_t i = 0; i < 2; i++) {
    const bool is_given = given(w, wb_str_of(options[i]), &at) && w->s->options[at].value.kind == WB_TEXT;
    const wb_str type = is_given ? w->s->options[at].value.u.text : WB_STR("auto");
    if (!wb_str_is(type, "auto")) return type;
  }
  return w->s->asked.kv_dtype ? wb_str_of(w->s->asked.kv_dtype) : WB_STR("");
}

/* Slots, which the server would choose itself. */
static wb_i128 slots(const writing *w) {
  const wb_i128 asked = wb_engine_whole(w->s->model, &w->s->places[0].engine, "n_seq_max", 0);
  return asked > 0 ? asked : w->s->in_all;
}

static wb_str draft_name(const writing *w) {
  const wb_model *draft = w->s->model->draft;
  if (!draft) return WB_STR("");
  const wb_str name = model_name(draft);
  if (!wb_str_is(w->program.flags, "llama_cpp")) return name;
  return wb_str_fmt(w->ctx, "%.*s-F16.gguf", WB_STR_ARG(last_part(name)));
}

/* What a member of the question is where it is not the engine's own choice; empty: nothing need be said. */
static wb_str member_text(const writing *w, wb_str sets) {
  const wb_serving *s = w->s;
  const wb_layout *l = &s->layout;
  const wb_i128 ranks = (wb_i128)l->tp * l->dp;
  if (wb_str_is(sets, "tp")) return beyond(w, within(w) ? ranks : l->tp, 1);
  if (wb_str_is(sets, "pp")) return beyond(w, l->pp, 1);
  if (wb_str_is(sets, "dp")) return beyond(w, l->dp, 1);
  if (wb_str_is(sets, "cp")) return beyond(w, l->cp, 1);
  if (wb_str_is(sets, "dcp")) return beyond(w, l->dcp, 1);
  if (wb_str_is(sets, "context")) return beyond(w, s->longest, wb_launch_longest(s->model));
  if (wb_str_is(sets, "total_context")) return wb_i128_str(w->ctx, s->longest * s->in_all);
  if (wb_str_is(sets, "sequences")) return wb_i128_str(w->ctx, slots(w));
  if (wb_str_is(sets, "gpu_layers"))
    return s->asked.has_gpu_layers ? wb_i128_str(w->ctx, s->asked.gpu_layers) : WB_STR("");
  if (wb_str_is(sets, "loras") || wb_str_is(sets, "adapters")) return beyond(w, s->asked.loras, 0);
  if (wb_str_is(sets, "lora_rank")) return s->asked.loras ? wb_i128_str(w->ctx, s->asked.lora_rank) : WB_STR("");
  if (wb_str_is(sets, "kv_dtype")) return cache_type(w, "type_k");
  if (wb_str_is(sets, "values_dtype")) return cache_type(w, "type_v");
  if (wb_str_is(sets, "state_dtype")) return wb_str_of(s->asked.state_dtype);
  if (wb_str_is(sets, "dtype")) return s->asked.dtype ? s->dtype : WB_STR("");
  if (wb_str_is(sets, "quant")) return w->quant;
  if (wb_str_is(sets, "draft")) return draft_name(w);
  if (wb_str_is(sets, "with_mtp")) return s->asked.with_mtp ? WB_STR("true") : WB_STR("");
  if (wb_str_is(sets, "expert_parallel") || wb_str_is(sets, "expert_ranks"))
    return l->expert_parallel && !within(w) && ranks > 1 ? wb_i128_str(w->ctx, ranks) : WB_STR("");
  return WB_STR("");
}

/* The edits of the model's configuration as one object; empty: there are none. */
static wb_str edits(const writing *w) {
  const wb_model *m = w->s->model;
  wb_text out = {.ctx = w->ctx};
  wb_json *object = wb_json_read(w->ctx, WB_STR("{}"), WB_STR("--set"));
  for (size_t i = 0; i < m->config.set_count; i++) {
    const wb_str path = m->config.set_paths[i];
    size_t dot = path.len;
    while (dot && path.ptr[dot - 1] != '.') dot--;
    const wb_json *parent = dot ? wb_json_at(m->config.root, wb_str_slice(path, 0, dot - 1)) : m->config.root;
    wb_json *value = parent ? wb_json_get(parent, wb_str_slice(path, dot, path.len)) : NULL;
    if (value) object = wb_json_with(w->ctx, object, path, value);
  }
  if (m->config.set_count) wb_json_print(&out, object, 65536);
  return wb_text_str(&out);
}

/* The value of a flag's row, as its program writes it; false: nothing is said. */
static bool value_of(const writing *w, const wb_flag *flag, wb_str *value) {
  wb_str option, text;
  size_t at;
  if (wb_str_starts(flag->sets, WB_STR("option "))) {
    option = wb_str_slice(flag->sets, 7, flag->sets.len);
    const bool is_given = given(w, option, &at);
    text = is_given ? option_text(w, at) : wb_str_eq(option, w->program.limit) ? more_sequences(w) : WB_STR("");
  } else {
    text = wb_str_is(flag->sets, "settings") ? edits(w) : member_text(w, flag->sets);
  }
  if (!text.len) return false;
  const bool none = wb_str_is(text, "none") && wb_str_starts(flag->sets, WB_STR("option ")); /* as by default */
  if (wb_str_is(flag->takes, "flag") || wb_str_is(flag->takes, "not")) {
    const bool off = wb_str_is(text, "false") || wb_str_is(text, "0");
    *value = WB_STR("");
    return off == wb_str_is(flag->takes, "not");
  }
  return !(none && wb_str_is(flag->takes, "human")) && wb_flag_written(flag, same_type, text, value);
}

/* ---- rows ---- */

/* A row whose meaning an earlier one has said. */
static bool is_second(const writing *w, size_t row) {
  const wb_flag *flag = &w->flags.items[row];
  const bool off = wb_str_is(flag->takes, "not");
  for (size_t i = 0; i < row; i++)
    if (wb_str_eq(w->flags.items[i].sets, flag->sets) && off == wb_str_is(w->flags.items[i].takes, "not")) return true;
  return false;
}

/* Members of the object that a flag takes: rows named after it. */
static wb_str parts_of(const writing *w, wb_str name) {
  wb_text out = {.ctx = w->ctx};
  for (size_t i = 0; i < w->flags.count; i++) {
    const wb_flag *flag = &w->flags.items[i];
    const wb_str own = wb_flag_first(flag);
    wb_str value;
    const bool part = own.len > name.len + 1 && wb_str_starts(own, name) && own.ptr[name.len] == '.';
    if (!part || is_second(w, i) || !value_of(w, flag, &value)) continue;
    wb_text_adds(&out, out.len ? ", " : "{");
    wb_text_addf(&out, "\"%.*s\": ", WB_STR_ARG(wb_str_slice(own, name.len + 1, own.len)));
    const bool number = wb_str_is(flag->takes, "count");
    wb_text_addf(&out, number ? "%.*s" : "\"%.*s\"", WB_STR_ARG(value));
  }
  if (out.len) wb_text_addc(&out, '}');
  return wb_text_str(&out);
}

static void write_row(writing *w, size_t row) {
  const wb_flag *flag = &w->flags.items[row];
  const wb_str name = wb_flag_first(flag);
  wb_str value;
  if (memchr(name.ptr, '.', name.len) || is_second(w, row)) return;
  if (wb_str_is(flag->sets, "parts")) {
    value = parts_of(w, name);
    if (!value.len) return;
  } else if (!value_of(w, flag, &value)) {
    return;
  }
  word(w, name);
  if (value.len) word(w, value);
}

/* The format that the engine makes of the weights as it loads them; empty: it reads them so. */
static wb_str made_by_flag(const writing *w) {
  const wb_str quant = wb_str_of(w->s->asked.quant);
  wb_str value;
  if (wb_json_get(w->s->model->config.root, WB_STR("quantization_config"))) return WB_STR("");
  for (size_t i = 0; i < w->flags.count; i++)
    if (wb_str_is(w->flags.items[i].sets, "quant") && wb_flag_written(&w->flags.items[i], same_text, quant, &value))
      return quant;
  return WB_STR("");
}

wb_str wb_launch_text(wb_ctx *ctx, const wb_serving *serving) {
  writing w = {.ctx = ctx, .s = serving, .out = {.ctx = ctx}};
  if (!find_program(serving, &w.program)) return WB_STR("");
  w.flags = wb_flags_of(ctx, &w.program);
  w.quant = made_by_flag(&w);
  write_program(&w);
  write_model(&w);
  for (size_t i = 0; i < w.flags.count; i++) write_row(&w, i);
  return wb_text_str(&w.out);
}
