#include "estimate/sweep.h"

#include <stddef.h>
#include <string.h>

/* ---- variables ---- */

#define AT(member) offsetof(weigh_serving, member)

static const wb_sweep_name NAMES[] = {
    {"context", WB_SWEEP_COUNT, WB_SWEEP_LENGTH, AT(context), 1},
    {"sequences", WB_SWEEP_COUNT, WB_SWEEP_LENGTH, AT(sequences), 1},
    {"prompt", WB_SWEEP_COUNT, WB_SWEEP_LENGTH, AT(prompt), 1},
    {"output", WB_SWEEP_COUNT, WB_SWEEP_LENGTH, AT(output), 1},
    {"mix", WB_SWEEP_TEXT, WB_SWEEP_QUESTION, AT(mix), 0},
    {"shared-prefix", WB_SWEEP_COUNT, WB_SWEEP_QUESTION, AT(shared_prefix), 0},
    {"images", WB_SWEEP_COUNT, WB_SWEEP_QUESTION, AT(images), 0},
    {"loras", WB_SWEEP_COUNT, WB_SWEEP_QUESTION, AT(loras), 0},
    {"lora-rank", WB_SWEEP_COUNT, WB_SWEEP_QUESTION, AT(lora_rank), 1},
    {"mtp", WB_SWEEP_FLAG, WB_SWEEP_QUESTION, AT(with_mtp), 0},
    {"dtype", WB_SWEEP_TEXT, WB_SWEEP_QUESTION, AT(dtype), 0},
    {"quant", WB_SWEEP_TEXT, WB_SWEEP_QUESTION, AT(quant), 0},
    {"kv-dtype", WB_SWEEP_TEXT, WB_SWEEP_QUESTION, AT(kv_dtype), 0},
    {"state-dtype", WB_SWEEP_TEXT, WB_SWEEP_QUESTION, AT(state_dtype), 0},
    {"gpu", WB_SWEEP_TEXT, WB_SWEEP_QUESTION, AT(gpu), 0},
    {"gpu-memory", WB_SWEEP_BYTES, WB_SWEEP_QUESTION, AT(gpu_memory_bytes), 1},
    {"mig", WB_SWEEP_TEXT, WB_SWEEP_QUESTION, AT(mig), 0},
    {"gpus", WB_SWEEP_COUNT, WB_SWEEP_QUESTION, AT(gpus), 1},
    {"tp", WB_SWEEP_COUNT, WB_SWEEP_QUESTION, AT(tp), 1},
    {"pp", WB_SWEEP_COUNT, WB_SWEEP_QUESTION, AT(pp), 1},
    {"dp", WB_SWEEP_COUNT, WB_SWEEP_QUESTION, AT(dp), 1},
    {"cp", WB_SWEEP_COUNT, WB_SWEEP_QUESTION, AT(cp), 1},
    {"dcp", WB_SWEEP_COUNT, WB_SWEEP_QUESTION, AT(dcp), 1},
    {"expert-parallel", WB_SWEEP_FLAG, WB_SWEEP_QUESTION, AT(expert_parallel), 0},
    {"gpu-layers", WB_SWEEP_COUNT, WB_SWEEP_QUESTION, AT(gpu_layers), 0},
    {"engine", WB_SWEEP_TEXT, WB_SWEEP_QUESTION, AT(engine), 0},
};
#define NAME_COUNT (sizeof NAMES / sizeof *NAMES)

/* As written, but for `-` and `_`, which stand for each other. */
static bool same_name(wb_str a, wb_str b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++)
    if (a.ptr[i] != b.ptr[i] && !((a.ptr[i] == '-' || a.ptr[i] == '_') && (b.ptr[i] == '-' || b.ptr[i] == '_')))
      return false;
  return true;
}

static const wb_sweep_name *member_of(wb_str name) {
  for (size_t i = 0; i < NAME_COUNT; i++)
    if (same_name(wb_str_of(NAMES[i].name), name)) return &NAMES[i];
  return NULL;
}

static bool is_option(const wb_decl *engine, wb_str name) {
  for (size_t i = 0; i < engine->field_count; i++) {
    const wb_field *f = &engine->fields[i];
    if (!f->option) continue;
    if (same_name(f->name->name, name)) return true;
    for (size_t a = 0; a < f->alias_count; a++)
      if (same_name(f->aliases[a]->name, name)) return true;
  }
  return false;
}

static bool is_any_option(wb_ctx *ctx, wb_library *lib, wb_str name) {
  const wb_decl *engine;
  for (size_t i = 0; (engine = wb_library_at(lib, ctx, WB_D_ENGINE, i)) != NULL; i++)
    if (is_option(engine, name)) return true;
  return false;
}

static _Noreturn void unknown_variable(wb_ctx *ctx, wb_str name) {
  wb_text known = {.ctx = ctx};
  for (size_t i = 0; i < NAME_COUNT; i++) wb_text_addf(&known, "%s%s", i ? ", " : "", NAMES[i].name);
  WB_FAIL(ctx, WB_SWEEP_UNKNOWN, WB_NOWHERE, name, wb_text_str(&known));
}

static wb_sweep_variable variable_of(wb_ctx *ctx, wb_library *lib, wb_str name) {
  const wb_str set = WB_STR("set:");
  const wb_sweep_name *member = member_of(name);
  if (member)
    return (wb_sweep_variable){
        .name = wb_str_of(member->name), .member = member, .kind = member->kind, .depth = member->depth};
  const bool field = wb_str_starts(name, set) && name.len > set.len;
  if (!field && !is_any_option(ctx, lib, name)) unknown_variable(ctx, name);
  return (wb_sweep_variable){.name = wb_str_copy(ctx, name),
                             .key = wb_str_copy(ctx, field ? wb_str_slice(name, set.len, name.len) : name),
                             .kind = WB_SWEEP_TEXT,
                             .depth = field ? WB_SWEEP_MODEL : WB_SWEEP_QUESTION};
}

/* ---- values ---- */

static void add_value(wb_ctx *ctx, wb_sweep_variable *v, wb_sweep_value value) {
  if (v->count == WB_SWEEP_POINTS) WB_FAIL(ctx, WB_SWEEP_MANY, WB_NOWHERE, v->name);
  WB_PUSH_ROOM(ctx, v->values, v->count, v->cap);
  v->values[v->count++] = value;
}

/* Of an option or a field: "NAME=VALUE". */
static const char *text_of(wb_ctx *ctx, const wb_sweep_variable *v, wb_str value) {
  wb_text out = {.ctx = ctx};
  if (!v->member) {
    wb_text_add(&out, v->key);
    wb_text_addc(&out, '=');
  }
  wb_text_add(&out, value);
  return wb_str_cstr(ctx, wb_text_str(&out));
}

static bool whole(const wb_sweep_variable *v, wb_str text, wb_i128 *out) {
  wb_num n;
  if (!wb_num_parse_units(text, v->kind == WB_SWEEP_COUNT, &n) || !wb_num_is_int(n)) return false;
  if (n.num < 0 || n.num > (wb_i128)1 << 50) return false;
  *out = n.num;
  return true;
}

static _Noreturn void bad_value(wb_ctx *ctx, const wb_sweep_variable *v, wb_str item) {
  static const char *const expected[] = {"a number such as 4096 or 4k", "a size such as 24GiB", "true or false",
                                         "text"};
  WB_FAIL(ctx, WB_SWEEP_VALUE, WB_NOWHERE, item, v->name, wb_str_of(expected[v->kind]));
}

static void add_number(wb_ctx *ctx, wb_sweep_variable *v, wb_i128 n, wb_str item) {
  const bool good = v->kind == WB_SWEEP_BYTES || n <= WB_SERVING_MOST;
  if (v->member && (n < v->member->least || !good)) bad_value(ctx, v, item);
  wb_sweep_value value = {.number = (weigh_count)n};
  if (!v->member) {
    wb_text digits = {.ctx = ctx};
    wb_i128_print(&digits, n);
    value.text = text_of(ctx, v, wb_text_str(&digits));
  }
  add_value(ctx, v, value);
}

/* "1k..8k:+1k", "1..256:x2", "1..8"; false: it is no range. */
static bool add_range(wb_ctx *ctx, wb_sweep_variable *v, wb_str item) {
  size_t dots = 0, colon;
  while (dots + 1 < item.len && !(item.ptr[dots] == '.' && item.ptr[dots + 1] == '.')) dots++;
  wb_i128 from, to, by = 1;
  if (dots + 1 >= item.len || v->kind == WB_SWEEP_FLAG) return false;
  if (v->kind == WB_SWEEP_TEXT && v->member) return false;
  for (colon = dots + 2; colon < item.len && item.ptr[colon] != ':'; colon++) {}
  const wb_str step = wb_str_trim(wb_str_slice(item, colon < item.len ? colon + 1 : colon, item.len));
  const bool starts = whole(v, wb_str_slice(item, 0, dots), &from);
  if (!starts && !v->member) return false; /* a text with dots */
  const bool times = step.len && (step.ptr[0] == 'x' || step.ptr[0] == '*');
  const bool good = starts && whole(v, wb_str_slice(item, dots + 2, colon), &to) && from <= to &&
                    (colon == item.len ||
                     (step.len && (times || step.ptr[0] == '+') && whole(v, wb_str_slice(step, 1, step.len), &by))) &&
                    by >= (times ? 2 : 1) && !(times && from == 0);
  if (!good) WB_FAIL(ctx, WB_SWEEP_RANGE, WB_NOWHERE, item, v->name);
  for (wb_i128 n = from; n <= to; n = times ? n * by : n + by) add_number(ctx, v, n, item);
  return true;
}

static void add_item(wb_ctx *ctx, wb_sweep_variable *v, wb_str item) {
  wb_i128 n;
  if (add_range(ctx, v, item)) return;
  switch (v->kind) {
    case WB_SWEEP_COUNT:
    case WB_SWEEP_BYTES:
      if (!whole(v, item, &n)) bad_value(ctx, v, item);
      add_number(ctx, v, n, item);
      break;
    case WB_SWEEP_FLAG:
      if (!wb_str_is(item, "true") && !wb_str_is(item, "false")) bad_value(ctx, v, item);
      add_value(ctx, v, (wb_sweep_value){.number = wb_str_is(item, "true")});
      break;
    case WB_SWEEP_TEXT: add_value(ctx, v, (wb_sweep_value){.text = text_of(ctx, v, item)}); break;
  }
}

static char separator_of(const wb_sweep_variable *v, wb_str values) {
  const bool with_commas = v->member && (v->member->at == AT(gpu) || v->member->at == AT(mix));
  return with_commas || (values.len && memchr(values.ptr, '|', values.len)) ? '|' : ',';
}

static void add_variable(wb_ctx *ctx, wb_library *lib, wb_sweep *sweep, wb_str text) {
  const char *equals = text.len ? memchr(text.ptr, '=', text.len) : NULL;
  if (!equals || equals == text.ptr) WB_FAIL(ctx, WB_SWEEP_SYNTAX, WB_NOWHERE, text);
  const size_t at = (size_t)(equals - text.ptr);
  const wb_str values = wb_str_slice(text, at + 1, text.len);
  if (sweep->count == WB_SWEEP_VARIABLES) WB_FAIL(ctx, WB_USAGE_TOO_MANY, WB_NOWHERE, text, WB_STR("16"));
  wb_sweep_variable *v = &sweep->variables[sweep->count];
  *v = variable_of(ctx, lib, wb_str_trim(wb_str_slice(text, 0, at)));
  for (size_t i = 0; i < sweep->count; i++)
    if (same_name(sweep->variables[i].name, v->name)) WB_FAIL(ctx, WB_SWEEP_TWICE, WB_NOWHERE, v->name);
  wb_str item;
  for (size_t next = 0; wb_str_next(values, separator_of(v, values), &next, &item);) add_item(ctx, v, item);
  if (!v->count) WB_FAIL(ctx, WB_SWEEP_SYNTAX, WB_NOWHERE, text);
  sweep->count++;
  sweep->points *= v->count;
  if (sweep->points > WB_SWEEP_POINTS) WB_FAIL(ctx, WB_SWEEP_MANY, WB_NOWHERE, v->name);
}

wb_sweep *wb_sweep_new(wb_ctx *ctx, wb_library *lib, const char *const *vary, size_t count) {
  wb_sweep *sweep = WB_NEW(ctx, wb_sweep);
  sweep->points = 1;
  for (size_t i = 0; i < count; i++) add_variable(ctx, lib, sweep, wb_str_of(vary[i]));
  if (!count) wb_fail(ctx, WB_SWEEP_NOTHING, WB_NOWHERE, 0, NULL);
  return sweep;
}

/* ---- points ---- */

/* How many variables before this one are of its sort, among options or among fields. */
static size_t slot_of(const wb_sweep *sweep, size_t variable) {
  size_t slot = 0;
  for (size_t i = 0; i < variable; i++)
    slot += !sweep->variables[i].member && sweep->variables[i].depth == sweep->variables[variable].depth;
  return slot;
}

static void put_value(wb_sweep_point *point, size_t variable) {
  const wb_sweep_variable *v = &point->sweep->variables[variable];
  const wb_sweep_value *value = &v->values[point->at[variable]];
  const char **list = v->depth == WB_SWEEP_MODEL ? point->settings : point->options;
  if (!v->member) {
    list[slot_of(point->sweep, variable)] = value->text;
    return;
  }
  void *member = (char *)&point->asked + v->member->at;
  switch (v->kind) {
    case WB_SWEEP_COUNT:
    case WB_SWEEP_BYTES: *(weigh_count *)member = value->number; break;
    case WB_SWEEP_FLAG: *(bool *)member = value->number != 0; break;
    case WB_SWEEP_TEXT: *(const char **)member = value->text; break;
  }
  if (v->member->at == AT(gpu_layers)) point->asked.has_gpu_layers = true;
}

wb_sweep_point wb_sweep_first(wb_ctx *ctx, const wb_sweep *sweep, const weigh_serving *asked) {
  wb_sweep_point point = {.sweep = sweep, .asked = *asked};
  size_t varied = 0;
  for (size_t i = 0; i < sweep->count; i++) {
    if (sweep->variables[i].member) continue;
    if (sweep->variables[i].depth == WB_SWEEP_MODEL) point.setting_count++;
    else varied++;
  }
  point.options = WB_NEWN(ctx, const char *, varied + asked->engine_option_count);
  for (size_t i = 0; i < asked->engine_option_count; i++) point.options[varied + i] = asked->engine_options[i];
  point.asked.engine_options = point.options;
  point.asked.engine_option_count += varied;
  for (size_t i = 0; i < sweep->count; i++) put_value(&point, i);
  return point;
}

bool wb_sweep_next(wb_sweep_point *point, wb_sweep_depth *depth) {
  const wb_sweep *sweep = point->sweep;
  *depth = WB_SWEEP_LENGTH;
  if (++point->number >= sweep->points) return false;
  for (size_t i = sweep->count; i-- > 0;) {
    const bool around = ++point->at[i] == sweep->variables[i].count;
    if (around) point->at[i] = 0;
    if (sweep->variables[i].count > 1 && sweep->variables[i].depth > *depth) *depth = sweep->variables[i].depth;
    put_value(point, i);
    if (!around) break;
  }
  return true;
}

void wb_sweep_show(wb_text *out, const wb_sweep_variable *v, size_t value) {
  const wb_sweep_value *at = &v->values[value];
  if (v->kind == WB_SWEEP_FLAG) wb_text_adds(out, at->number ? "true" : "false");
  else if (!at->text) wb_i128_print(out, at->number);
  else wb_text_adds(out, at->text + (v->member ? 0 : v->key.len + 1));
}
