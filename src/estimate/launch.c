#include "estimate/launch.h"

#include <stddef.h>
#include <string.h>

#include "estimate/flags.h"
#include "estimate/llamacpp.h"
#include "estimate/published.h"
#include "source/reader.h"
#include "source/shell.h"

typedef struct reading {
  wb_ctx *ctx;
  wb_model *model;
  wb_launch *out;
  wb_flags flags;
  const wb_decl *engine;
  wb_words words;
  size_t at;
  wb_text unknown, uncounted; /* lists */
  size_t unknown_count, uncounted_count;
  const char **options; /* of the engine */
  size_t option_count, option_cap, setting_cap;
  weigh_count total_context; /* of all slots */
  weigh_count expert_ranks;
  wb_str file;          /* of a repository */
  wb_str values_dtype;  /* the cache's type for V */
  weigh_count adapters; /* that there is room for by default */
  bool adapters_off_by_default;
  bool no_devices; /* all are hidden */
} reading;

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static bool next_raw(wb_str text, size_t *at, wb_str *word) {
  do {
    while (*at < text.len && is_blank(text.ptr[*at])) (*at)++;
    const size_t from = *at;
    while (*at < text.len && !is_blank(text.ptr[*at])) (*at)++;
    *word = wb_str_slice(text, from, *at);
  } while (wb_str_is(*word, "\\"));
  return word->len > 0;
}

/* Looked at before anything is read, so without quotes: the program's own words have none. */
bool wb_launch_is(wb_str text) {
  wb_str words[80], word;
  wb_program program;
  size_t count = 0, end;
  for (size_t at = 0; count < 80 && next_raw(text, &at, &word);) words[count++] = word;
  return count > 1 && wb_program_in(words, count, &program, &end) && end < count;
}

/* ---- what is not understood, or not counted ---- */

#define LISTED 12

static void note(wb_text *list, size_t *count, wb_str name) {
  if ((*count)++ == LISTED) wb_text_adds(list, ", …");
  if (*count > LISTED) return;
  wb_text_addf(list, "%s%.*s", list->len ? ", " : "", WB_STR_ARG(name.len > 80 ? wb_str_slice(name, 0, 80) : name));
}

static void note_unknown(reading *r, wb_str name) { note(&r->unknown, &r->unknown_count, name); }
static void note_uncounted(reading *r, wb_str name) { note(&r->uncounted, &r->uncounted_count, name); }

/* ---- values ---- */

static _Noreturn void refuse(reading *r, wb_message_id id, wb_str name, wb_str value) {
  WB_FAIL(r->ctx, id, WB_NOWHERE, name, wb_json_shown(r->ctx, value));
}

static wb_num number_of(reading *r, wb_message_id id, wb_str name, wb_str value) {
  wb_num n;
  if (!wb_num_parse(value, &n) || n.num < 0) refuse(r, id, name, value);
  return n;
}

#define COUNT_MOST ((wb_i128)1 << 50)

static wb_i128 whole_of(reading *r, wb_message_id id, wb_str name, wb_str value) {
  const wb_num n = number_of(r, id, name, value);
  if (!wb_num_is_int(n) || n.num > COUNT_MOST) refuse(r, id, name, value);
  return n.num;
}

/* vllm/engine/arg_utils.py, human_readable_int: 1k is 1000, 1K 1024; also m, g, t. */
static wb_i128 human_of(reading *r, wb_str name, wb_str value) {
  static const char suffixes[] = "kmgtKMGT";
  const char *suffix = value.len > 1 ? memchr(suffixes, value.ptr[value.len - 1], 8) : NULL;
  wb_num n, unit = wb_num_int(1);
  if (!suffix) return whole_of(r, WB_LAUNCH_VALUE_HUMAN, name, value);
  const size_t power = (size_t)(suffix - suffixes);
  for (size_t i = 0; i <= power % 4; i++) unit.num *= power < 4 ? 1000 : 1024;
  n = number_of(r, WB_LAUNCH_VALUE_HUMAN, name, wb_str_slice(value, 0, value.len - 1));
  if (!wb_num_mul(n, unit, &n) || n.num > COUNT_MOST * n.den) refuse(r, WB_LAUNCH_VALUE_HUMAN, name, value);
  wb_num_floor(n, &n);
  return n.num;
}

/* The value as it is kept: a number in digits, true or false, text. Fails when it is of another kind than the flag's. */
static wb_str checked(reading *r, const wb_flag *flag, wb_str name, wb_str value) {
  if (wb_str_is(flag->takes, "count"))
    return wb_str_fmt(r->ctx, "%lld", (long long)whole_of(r, WB_LAUNCH_VALUE_COUNT, name, value));
  if (wb_str_is(flag->takes, "human")) return wb_str_fmt(r->ctx, "%lld", (long long)human_of(r, name, value));
  if (wb_str_is(flag->takes, "number")) number_of(r, WB_LAUNCH_VALUE_NUMBER, name, value);
  if (wb_str_is(flag->takes, "fraction")) {
    const wb_num n = number_of(r, WB_LAUNCH_VALUE_FRACTION, name, value);
    if (n.num < 1 || n.num > n.den) refuse(r, WB_LAUNCH_VALUE_FRACTION, name, value);
  }
  return value;
}

/* ---- what flags set ---- */

static bool after(wb_str sets, wb_str kind, wb_str *rest) {
  if (!wb_str_starts(sets, kind)) return false;
  *rest = wb_str_trim(wb_str_slice(sets, kind.len, sets.len));
  return true;
}

static void set_option(reading *r, wb_str option, wb_str name, wb_str value) {
  if (!wb_engine_has_option(r->engine, option)) {
    note_uncounted(r, name);
    return;
  }
  WB_PUSH_ROOM(r->ctx, r->options, r->option_count, r->option_cap);
  wb_text text = {.ctx = r->ctx};
  wb_text_add(&text, option);
  wb_text_addc(&text, '=');
  wb_text_add(&text, value);
  r->options[r->option_count++] = wb_str_cstr(r->ctx, wb_text_str(&text));
}

static void add_setting(reading *r, wb_str path, wb_str value) {
  WB_PUSH_ROOM(r->ctx, r->out->settings, r->out->setting_count, r->setting_cap);
  wb_text text = {.ctx = r->ctx};
  wb_text_add(&text, path);
  wb_text_addc(&text, '=');
  wb_text_add(&text, value);
  r->out->settings[r->out->setting_count++] = wb_str_cstr(r->ctx, wb_text_str(&text));
}

static wb_json *object_of(reading *r, wb_str name, wb_str value) {
  wb_json *json = wb_json_typed(r->ctx, value, name);
  if (json->kind != WB_JSON_OBJECT) refuse(r, WB_LAUNCH_VALUE_OBJECT, name, value);
  return json;
}

#define JSON_LIMIT 65536

static wb_str printed(reading *r, const wb_json *json) {
  wb_text text = {.ctx = r->ctx};
  if (json->kind == WB_JSON_STRING) return json->u.text;
  wb_json_print(&text, json, JSON_LIMIT);
  return wb_text_str(&text);
}

/* vllm/config: members of nested configurations are updated one by one, other objects are replaced. */
static void add_settings(reading *r, wb_str prefix, const wb_json *object) {
  for (size_t i = 0; i < object->u.object.count; i++) {
    const wb_json_member *member = &object->u.object.members[i];
    wb_text path = {.ctx = r->ctx};
    wb_text_add(&path, prefix);
    wb_text_add(&path, member->key);
    if (member->value->kind == WB_JSON_OBJECT && wb_str_ends(member->key, WB_STR("_config"))) {
      wb_text_addc(&path, '.');
      add_settings(r, wb_text_str(&path), member->value);
    } else {
      wb_text value = {.ctx = r->ctx};
      wb_json_print(&value, member->value, JSON_LIMIT);
      add_setting(r, wb_text_str(&path), wb_text_str(&value));
    }
  }
}

static void set(reading *r, const wb_flag *flag, wb_str name, wb_str value);

/* {"method": "mtp", …}: a flag of its own for each member. */
static void set_parts(reading *r, wb_str name, const wb_json *object) {
  for (size_t i = 0; i < object->u.object.count; i++) {
    const wb_json_member *member = &object->u.object.members[i];
    wb_text part = {.ctx = r->ctx};
    wb_text_add(&part, name);
    wb_text_addc(&part, '.');
    wb_text_add(&part, member->key);
    const wb_flag *flag = wb_flag_find(&r->flags, wb_text_str(&part));
    if (!flag) note_unknown(r, wb_text_str(&part));
    else if (member->value->kind != WB_JSON_NULL) set(r, flag, wb_text_str(&part), printed(r, member->value));
  }
}

static void set_member(reading *r, const wb_member *member, wb_str name, wb_str value) {
  char *at = (char *)&r->out->serving + member->at;
  if (member->kind == WB_MEMBER_TEXT) *(const char **)(void *)at = wb_str_cstr(r->ctx, value);
  else if (member->kind == WB_MEMBER_FLAG) *(bool *)at = wb_str_is(value, "true");
  else *(weigh_count *)(void *)at = (weigh_count)whole_of(r, WB_LAUNCH_VALUE_COUNT, name, value);
  if (strcmp(member->name, "context") == 0) r->out->says_context = true;
  if (strcmp(member->name, "gpu_layers") == 0) r->out->serving.has_gpu_layers = true;
}

static void count_devices(reading *r, wb_str list) {
  wb_str item;
  r->no_devices = wb_str_is(list, "none");
  r->out->serving.gpus = 0;
  for (size_t at = 0; !r->no_devices && wb_str_next(list, ',', &at, &item);) r->out->serving.gpus++;
}

/* Heads that draft for one model only are no published models by themselves. */
static void name_draft(reading *r, wb_str name, wb_str value) {
  wb_str ends = WB_STR(""), found = wb_published_find(r->ctx, value, &ends);
  r->out->draft = found.len ? wb_str_cstr(r->ctx, found) : NULL;
  if (!found.len)
    note_uncounted(r, wb_str_fmt(r->ctx, "%.*s %.*s", WB_STR_ARG(name), WB_STR_ARG(wb_json_shown(r->ctx, value))));
}

static bool set_special(reading *r, wb_str sets, wb_str name, wb_str value) {
  wb_str rest;
  if (wb_str_is(sets, "none")) return true;
  if (wb_str_is(sets, "uncounted")) note_uncounted(r, name);
  else if (wb_str_is(sets, "model")) r->out->model = value;
  else if (wb_str_is(sets, "total_context"))
    r->total_context = (weigh_count)whole_of(r, WB_LAUNCH_VALUE_COUNT, name, value);
  else if (wb_str_is(sets, "adapters")) r->adapters = (weigh_count)whole_of(r, WB_LAUNCH_VALUE_COUNT, name, value);
  else if (wb_str_is(sets, "draft")) name_draft(r, name, value);
  else if (wb_str_is(sets, "file")) r->file = value;
  else if (wb_str_is(sets, "values_dtype")) r->values_dtype = value;
  else if (wb_str_is(sets, "expert_ranks"))
    r->expert_ranks = (weigh_count)whole_of(r, WB_LAUNCH_VALUE_COUNT, name, value);
  else if (wb_str_is(sets, "devices")) count_devices(r, value);
  else if (wb_str_is(sets, "adapter")) r->out->serving.loras++;
  else if (wb_str_is(sets, "settings")) add_settings(r, WB_STR(""), object_of(r, name, value));
  else if (wb_str_is(sets, "parts")) set_parts(r, name, object_of(r, name, value));
  else if (after(sets, WB_STR("setting "), &rest)) add_setting(r, rest, value);
  else if (after(sets, WB_STR("option "), &rest)) set_option(r, rest, name, value);
  else return false;
  return true;
}

static void set(reading *r, const wb_flag *flag, wb_str name, wb_str value) {
  wb_str meaning;
  if (!wb_flag_value(flag, value, &meaning)) {
    if (!wb_flag_value(flag, WB_STR("?"), &meaning))
      WB_FAIL(r->ctx, WB_LAUNCH_CHOICE, WB_NOWHERE, name, wb_json_shown(r->ctx, value), flag->values);
    meaning = WB_STR("?");
  }
  if (!meaning.len) return; /* as if it were not said */
  if (wb_str_is(meaning, "?")) {
    note_uncounted(r, wb_str_fmt(r->ctx, "%.*s %.*s", WB_STR_ARG(name), WB_STR_ARG(wb_json_shown(r->ctx, value))));
    return;
  }
  meaning = checked(r, flag, name, meaning);
  if (wb_str_is(flag->sets, "quant")) r->out->quant_of_config = true;
  if (set_special(r, flag->sets, name, meaning)) return;
  const wb_member *member = wb_member_find(flag->sets);
  if (!member) WB_FAIL(r->ctx, WB_LANG_UNKNOWN_NAME, wb_in_file(WB_STR("engines/flags.tsv")), flag->sets);
  set_member(r, member, name, meaning);
}

/* ---- words ---- */

static bool is_flag(wb_str word) {
  return word.len > 1 && word.ptr[0] == '-' && !(word.ptr[1] >= '0' && word.ptr[1] <= '9') && word.ptr[1] != '.';
}

static wb_str next_word(reading *r, wb_str name) {
  const bool missing =
      r->at >= r->words.count || (is_flag(r->words.items[r->at]) && wb_flag_find(&r->flags, r->words.items[r->at]));
  if (missing) WB_FAIL(r->ctx, WB_LAUNCH_NO_VALUE, WB_NOWHERE, name);
  return r->words.items[r->at++];
}

/* Words up to the next flag, each set by itself. */
static void set_words(reading *r, const wb_flag *flag, wb_str name) {
  while (r->at < r->words.count && !is_flag(r->words.items[r->at])) set(r, flag, name, r->words.items[r->at++]);
}

/* A flag that may stand alone takes a word that is one of its values. */
static wb_str perhaps(reading *r, const wb_flag *flag) {
  wb_str meaning;
  const bool more = r->at < r->words.count && !is_flag(r->words.items[r->at]);
  const bool value = more && wb_flag_value(flag, r->words.items[r->at], &meaning);
  return value ? r->words.items[r->at++] : WB_STR("true");
}

static void read_flag(reading *r, const wb_flag *flag, wb_str name, const wb_str *attached) {
  const bool off = wb_str_is(flag->takes, "not");
  if (off || wb_str_is(flag->takes, "flag")) {
    const bool no = attached && (wb_str_is(*attached, "false") || wb_str_is(*attached, "False"));
    set(r, flag, name, off != no ? WB_STR("false") : WB_STR("true"));
  } else if (attached) {
    set(r, flag, name, *attached);
  } else if (wb_str_is(flag->takes, "words")) {
    set_words(r, flag, name);
  } else {
    set(r, flag, name, wb_str_is(flag->takes, "maybe") ? perhaps(r, flag) : next_word(r, name));
  }
}

/* "--compilation-config.level": the part of a flag that has no effect has none either. */
static const wb_flag *whole_flag(const reading *r, wb_str name) {
  const char *dot = memchr(name.ptr, '.', name.len);
  const wb_flag *whole = dot ? wb_flag_find(&r->flags, wb_str_slice(name, 0, (size_t)(dot - name.ptr))) : NULL;
  return whole && wb_str_is(whole->takes, "json") && wb_str_is(whole->sets, "none") ? whole : NULL;
}

static void read_word(reading *r) {
  const wb_str word = r->words.items[r->at++];
  if (!is_flag(word)) {
    const bool takes_model = wb_str_is(r->flags.program.model, "word") && !r->out->model.len;
    if (takes_model) r->out->model = word;
    else note_unknown(r, word);
    return;
  }
  const char *equals = memchr(word.ptr, '=', word.len);
  const wb_str name = wb_str_slice(word, 0, equals ? (size_t)(equals - word.ptr) : word.len);
  const wb_str attached = equals ? wb_str_slice(word, name.len + 1, word.len) : WB_STR("");
  const wb_flag *flag = wb_flag_find(&r->flags, name);
  if (!flag) flag = whole_flag(r, name);
  if (flag) {
    read_flag(r, flag, name, equals ? &attached : NULL);
    return;
  }
  note_unknown(r, name);
  /* What follows is likely its value. */
  if (!equals && r->at < r->words.count && !is_flag(r->words.items[r->at])) r->at++;
}

/* What stands before the program: CUDA_VISIBLE_DEVICES=0,1 */
static void read_variables(reading *r) {
  for (size_t i = 0; i < r->at; i++) {
    const wb_str text = r->words.items[i];
    const char *equals = memchr(text.ptr, '=', text.len);
    if (!equals || equals == text.ptr) continue;
    const wb_str name = wb_str_slice(text, 0, (size_t)(equals - text.ptr));
    const wb_flag *flag = wb_flag_find(&r->flags, name);
    const wb_str value = wb_str_slice(text, name.len + 1, text.len);
    if (flag) set(r, flag, name, value.len ? value : WB_STR("-1")); /* an empty list hides all */
  }
}

/* ---- the model's name ---- */

/* A format that the end of a name names, "-Q4_K_M.gguf": the longest part of it that is one. */
static wb_str format_in(wb_ctx *ctx, wb_str ends) {
  wb_text text = {.ctx = ctx};
  for (size_t i = 0; i < ends.len; i++) {
    const char c = ends.ptr[i];
    wb_text_addc(&text, c >= 'A' && c <= 'Z' ? (char)(c + 32) : c == '.' ? '-' : c);
  }
  const wb_str all = wb_text_str(&text);
  const wb_gguf_recipe *recipe = wb_gguf_recipe_read(ctx);
  for (size_t length = all.len; length > 1; length--)
    for (size_t from = 0; from + length <= all.len; from++) {
      const bool left = from == 0 || all.ptr[from - 1] == '-';
      const bool right = from + length == all.len || all.ptr[from + length] == '-';
      const wb_str part = wb_str_slice(all, from, from + length);
      if (left && right && part.ptr[0] != '-' && (wb_gguf_file_find(recipe, part) || wb_weights_known(part)))
        return part;
    }
  return WB_STR("");
}

static void take_format(reading *r, wb_str ends) {
  const wb_str format = ends.len < 256 ? format_in(r->ctx, ends) : WB_STR("");
  if (!format.len || r->out->serving.quant) return;
  r->out->serving.quant = wb_str_cstr(r->ctx, format);
  r->out->quant_of_config = false;
}

/* "org/name-GGUF:Q4_K_M": a file of a repository by its type. */
static wb_str without_tag(reading *r, wb_str name) {
  const char *colon = memchr(name.ptr, ':', name.len);
  const size_t at = colon ? (size_t)(colon - name.ptr) : name.len;
  if (!colon || at < 2 || memchr(colon, '/', name.len - at) || memchr(colon, '\\', name.len - at)) return name;
  take_format(r, wb_str_slice(name, at + 1, name.len));
  return wb_str_slice(name, 0, at);
}

static void name_model(reading *r) {
  wb_ctx *ctx = r->ctx;
  wb_str name = r->out->model, ends = WB_STR("");
  if (!name.len) WB_FAIL(ctx, WB_LAUNCH_MODEL, WB_NOWHERE, r->flags.program.model);
  const bool file = wb_str_ends(name, WB_STR(".gguf"));
  if (!file && wb_path_exists(ctx, name)) return;
  name = without_tag(r, name);
  if (r->file.len) take_format(r, wb_str_slice(r->file, wb_str_starts(r->file, WB_STR("-")), r->file.len));
  const wb_str found = wb_published_find(ctx, name, &ends);
  if (found.len && ends.len) {
    take_format(r, ends);
    const char *quant = r->out->serving.quant;
    wb_model_warn(r->model, WB_LAUNCH_TAKEN_FOR, 3,
                  (wb_str[]){wb_json_shown(ctx, r->out->model), found, wb_str_of(quant ? quant : "-")});
  }
  r->out->model = found.len ? found : name;
}

/* ---- together ---- */

static bool has_option(const reading *r, const char *text) {
  for (size_t i = 0; i < r->option_count; i++)
    if (strcmp(r->options[i], text) == 0) return true;
  return false;
}

/* Experts are spread over all ranks or none, as far as they are modelled. */
static void share_experts(reading *r) {
  weigh_serving *s = &r->out->serving;
  const weigh_count tp = s->tp > 0 ? s->tp : 1, dp = s->dp > 0 ? s->dp : 1;
  if (r->expert_ranks > 1) s->expert_parallel = true;
  if (r->expert_ranks > 1 && r->expert_ranks != tp && r->expert_ranks != tp * dp)
    note_uncounted(r, wb_str_fmt(r->ctx, "expert parallel %lld", (long long)r->expert_ranks));
}

/* Where data-parallel attention runs within the tensor-parallel group (python/sglang/srt/layers/dp_attention.py), each
 * replica has tp / dp ranks, and the experts stay spread over all of them. */
static void share_ranks(reading *r) {
  weigh_serving *s = &r->out->serving;
  if (!has_option(r, "enable_dp_attention=true") || s->dp < 2 || s->tp % s->dp) return;
  s->tp /= s->dp;
  s->expert_parallel = true;
}

/* Keys and values have a flag each and are f16 without it (common/arg.cpp). */
static void compare_types(reading *r) {
  const wb_str keys = r->out->serving.kv_dtype ? wb_str_of(r->out->serving.kv_dtype) : WB_STR("float16");
  const wb_str values = r->values_dtype.len ? r->values_dtype : WB_STR("float16");
  if (!wb_str_eq(values, keys)) set_option(r, WB_STR("type_v"), WB_STR("-ctv"), values);
}

/* One cache of all slots may be taken by one of them; else each has its part. Without -np the server chooses how many
 * slots there are, and one cache (data/engines/llamacpp-programs.tsv). */
static void share_context(reading *r) {
  weigh_serving *s = &r->out->serving;
  const wb_str option = r->flags.program.option, cli = WB_STR("program=cli");
  wb_llama_asked usual = {.n_seq_max = 1};
  wb_llama_defaults(wb_str_eq(option, cli) ? WB_STR("cli") : WB_STR("server"), &usual);
  if (!s->sequences && usual.n_seq_max > 1 && !has_option(r, "kv_unified=false")) {
    s->sequences = usual.n_seq_max;
    if (!has_option(r, "kv_unified=true")) set_option(r, WB_STR("kv_unified"), WB_STR("-kvu"), WB_STR("true"));
  }
  if (s->sequences > 1 && has_option(r, "kv_unified=true")) {
    set_option(r, WB_STR("n_seq_max"), WB_STR("-np"), wb_str_fmt(r->ctx, "%lld", (long long)s->sequences));
    s->sequences = 1;
  }
  if (!r->total_context) return;
  const weigh_count slots = s->sequences > 0 ? s->sequences : 1;
  s->context = (r->total_context + slots - 1) / slots; /* so that the total is filled up as it was given */
  r->out->says_context = true;
}

static void finish(reading *r) {
  weigh_serving *s = &r->out->serving;
  const wb_str option = r->flags.program.option;
  const char *equals = option.len ? memchr(option.ptr, '=', option.len) : NULL;
  if (equals) {
    const wb_str name = wb_str_slice(option, 0, (size_t)(equals - option.ptr));
    set_option(r, name, name, wb_str_slice(option, name.len + 1, option.len));
  }
  if (r->out->per_slot) {
    compare_types(r);
    share_context(r);
  }
  if (r->no_devices) s->has_gpu_layers = true, s->gpu_layers = 0;
  if (r->adapters && !s->loras) s->loras = r->adapters;
  if (r->adapters_off_by_default && !r->adapters) s->loras = s->lora_rank = 0;
  share_experts(r);
  share_ranks(r);
  name_model(r);
  s->engine = wb_str_cstr(r->ctx, r->out->engine);
  s->engine_options = r->options;
  s->engine_option_count = r->option_count;
  if (r->unknown_count) wb_model_warn(r->model, WB_LAUNCH_UNKNOWN, 1, (wb_str[]){wb_text_str(&r->unknown)});
  if (r->uncounted_count) wb_model_warn(r->model, WB_LAUNCH_UNCOUNTED, 1, (wb_str[]){wb_text_str(&r->uncounted)});
}

static void look_at_flags(reading *r) {
  for (size_t i = 0; i < r->flags.count; i++) {
    const wb_flag *flag = &r->flags.items[i];
    if (wb_str_is(flag->sets, "adapters")) r->adapters_off_by_default = true;
    if (wb_str_is(flag->sets, "total_context")) r->out->per_slot = true;
    if (wb_str_is(flag->sets, "context") || wb_str_is(flag->sets, "total_context"))
      if (!r->out->length_flag.len) r->out->length_flag = wb_flag_first(flag);
  }
}

wb_launch *wb_launch_read(wb_model *m, wb_str text) {
  wb_program program;
  reading r = {.ctx = &m->ctx, .model = m, .out = WB_NEW(&m->ctx, wb_launch)};
  r.unknown.ctx = r.uncounted.ctx = &m->ctx;
  r.words = wb_shell_words(&m->ctx, text);
  if (!wb_program_in(r.words.items, r.words.count, &program, &r.at))
    WB_FAIL(&m->ctx, WB_LAUNCH_MODEL, WB_NOWHERE, WB_STR("vllm serve"));
  r.flags = wb_flags_of(&m->ctx, &program);
  r.out->engine = program.engine;
  r.engine = wb_engine_find(m->lib, &m->ctx, program.engine);
  look_at_flags(&r);
  read_variables(&r);
  while (r.at < r.words.count) read_word(&r);
  finish(&r);
  return r.out;
}
