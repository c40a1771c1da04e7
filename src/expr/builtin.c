/* The functions of the formula language, one row each. All are total: each ends or fails. */
#include "expr/ast.h"
#include "expr/axis.h"
#include "expr/eval.h"
#include "expr/form.h"

static _Noreturn void bad(wb_ctx *ctx, wb_place place, const char *function, const wb_value *found, const char *want) {
  WB_FAIL(ctx, WB_LANG_TYPE, place, wb_str_of(function), wb_str_of(wb_kind_name(found)), wb_str_of(want));
}

static wb_num num_arg(wb_ctx *ctx, wb_place place, const char *function, const wb_value *value) {
  if (value->kind != WB_NUM) bad(ctx, place, function, value, "a number");
  return value->u.num;
}

/* A number, or what is one once a workload is known. */
static void must_count(wb_ctx *ctx, wb_place place, const char *function, const wb_value *value) {
  if (value->kind != WB_FORM) num_arg(ctx, place, function, value);
}

static wb_value rounded(wb_ctx *ctx, wb_place place, const char *name, const wb_value *value,
                        bool (*round)(wb_num, wb_num *)) {
  wb_value out = *value;
  round(num_arg(ctx, place, name, value), &out.u.num);
  return out;
}

static wb_value run_floor(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  if (args[0].kind == WB_FORM) return wb_form_unary(ctx, place, WB_ATOM_FLOOR, &args[0]);
  return rounded(ctx, place, "floor", &args[0], wb_num_floor);
}

static wb_value run_ceil(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  if (args[0].kind == WB_FORM) return wb_form_unary(ctx, place, WB_ATOM_CEIL, &args[0]);
  return rounded(ctx, place, "ceil", &args[0], wb_num_ceil);
}

static wb_value run_round_up(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  must_count(ctx, place, "round_up", &args[0]);
  must_count(ctx, place, "round_up", &args[1]);
  if (!wb_unit_plain(args[1].unit)) wb_same_unit(ctx, place, "round_up", &args[0], &args[1]);
  if (args[1].kind == WB_NUM && args[1].u.num.num <= 0) bad(ctx, place, "round_up", &args[1], "a number above 0");
  if (args[0].kind == WB_FORM || args[1].kind == WB_FORM) {
    wb_value parts = wb_binary(ctx, place, WB_OP_DIV, &args[0], &args[1]);
    parts = wb_form_unary(ctx, place, WB_ATOM_CEIL, &parts);
    return wb_binary(ctx, place, WB_OP_MUL, &parts, &args[1]);
  }
  wb_value out = args[0];
  wb_num parts, to = args[1].u.num;
  if (!wb_num_div(args[0].u.num, to, &parts)) WB_FAIL(ctx, WB_LANG_OVERFLOW, place, WB_STR("round_up"));
  wb_num_ceil(parts, &parts);
  if (!wb_num_mul(parts, to, &out.u.num)) WB_FAIL(ctx, WB_LANG_OVERFLOW, place, WB_STR("round_up"));
  return out;
}

static wb_value extreme(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count, wb_op op, const char *name) {
  if (count == 1 && args[0].kind == WB_LIST) {
    count = args[0].u.list.count;
    args = args[0].u.list.items;
  }
  if (count == 0) WB_FAIL(ctx, WB_LANG_TYPE, place, wb_str_of(name), WB_STR("an empty list"), WB_STR("a number"));
  wb_value best = args[0];
  must_count(ctx, place, name, &best);
  for (size_t i = 1; i < count; i++) {
    if (best.kind == WB_FORM || args[i].kind == WB_FORM) {
      must_count(ctx, place, name, &args[i]);
      wb_same_unit(ctx, place, name, &args[i], &best);
      best = wb_form_function(ctx, place, op == WB_OP_LT ? WB_ATOM_MIN : WB_ATOM_MAX, &args[i], &best, NULL);
      continue;
    }
    wb_value better = wb_binary(ctx, place, op, &args[i], &best);
    if (better.u.boolean) best = args[i];
  }
  return best;
}

static wb_value run_min(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  return extreme(ctx, place, args, count, WB_OP_LT, "min");
}

static wb_value run_max(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  return extreme(ctx, place, args, count, WB_OP_GT, "max");
}

/* log2 of a power of two is exact; of anything else it is rounded up, as table sizes need. */
static wb_value run_log2(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  wb_num n = num_arg(ctx, place, "log2", &args[0]);
  if (n.num <= 0 || n.den != 1) bad(ctx, place, "log2", &args[0], "an integer above 0");
  int bits = 0;
  for (wb_u128 power = 1; power < (wb_u128)n.num; power *= 2) bits++; /* at most 127 */
  return wb_integer(bits);
}

/* The largest integer whose square is not above n. */
static wb_value run_isqrt(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  if (args[0].kind == WB_FORM) return wb_form_unary(ctx, place, WB_ATOM_ISQRT, &args[0]);
  wb_num n = num_arg(ctx, place, "isqrt", &args[0]);
  if (n.num < 0 || n.num / n.den > (wb_i128)1 << 62) bad(ctx, place, "isqrt", &args[0], "a number from 0 to 2^62");
  return wb_number(wb_isqrt(n));
}

static wb_value run_abs(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  wb_value out = args[0];
  if (num_arg(ctx, place, "abs", &out).num < 0) out.u.num.num = -out.u.num.num;
  return out;
}

static wb_value run_len(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  if (args[0].kind == WB_LIST) return wb_integer((wb_i128)args[0].u.list.count);
  if (args[0].kind == WB_TEXT) return wb_integer((wb_i128)args[0].u.text.len);
  if (args[0].kind == WB_RECORD) return wb_integer((wb_i128)args[0].u.record.count);
  bad(ctx, place, "len", &args[0], "a list");
}

static wb_value run_total(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  if (args[0].kind != WB_LIST) bad(ctx, place, "total", &args[0], "a list of numbers");
  wb_value sum = wb_integer(0);
  for (size_t i = 0; i < args[0].u.list.count; i++) {
    const wb_value *item = &args[0].u.list.items[i];
    sum = i ? wb_binary(ctx, place, WB_OP_ADD, &sum, item) : *item;
  }
  return sum;
}

static wb_value run_width(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  if (args[0].kind != WB_SHAPE) bad(ctx, place, "width", &args[0], "an activation");
  return wb_number(wb_shape_width(ctx, args[0].u.shape, place));
}

static const wb_axis *axis_arg(wb_ctx *ctx, wb_place place, const char *name, const wb_value *value) {
  if (value->kind != WB_SHAPE) bad(ctx, place, name, value, "an activation");
  return value->u.shape->positions;
}

static wb_value run_length(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  return wb_axis_length(ctx, place, axis_arg(ctx, place, "length", &args[0]));
}

static wb_value run_extent(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  wb_num i = num_arg(ctx, place, "extent", &args[1]);
  if (i.den != 1 || i.num < 0 || i.num >= WB_MAX_EXTENTS) bad(ctx, place, "extent", &args[1], "0, 1 or 2");
  return wb_axis_extent(ctx, axis_arg(ctx, place, "extent", &args[0]), (uint32_t)i.num);
}

static wb_value run_segments(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  return wb_axis_segments(ctx, place, axis_arg(ctx, place, "segments", &args[0]));
}

static wb_value run_past(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  return wb_axis_past(ctx, axis_arg(ctx, place, "past", &args[0]));
}

static wb_value run_rows(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  return wb_axis_rows(ctx, place, axis_arg(ctx, place, "rows", &args[0]));
}

/* distinct(all, take, draws): see wb_distinct. */
static wb_value run_distinct(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  for (size_t i = 0; i < count; i++) must_count(ctx, place, "distinct", &args[i]);
  for (size_t i = 0; i < count; i++)
    if (args[i].kind == WB_FORM) return wb_form_function(ctx, place, WB_ATOM_DISTINCT, &args[0], &args[1], &args[2]);
  return wb_number(wb_distinct(num_arg(ctx, place, "distinct", &args[0]), num_arg(ctx, place, "distinct", &args[1]),
                               num_arg(ctx, place, "distinct", &args[2])));
}

static wb_value run_is_list(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)ctx, (void)place, (void)count;
  return wb_bool(args[0].kind == WB_LIST);
}

static wb_value run_is_text(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)ctx, (void)place, (void)count;
  return wb_bool(args[0].kind == WB_TEXT);
}

/* A list again and again, up to a length: cycle([s, s, f], 8). */
static wb_value run_cycle(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  if (args[0].kind != WB_LIST || !args[0].u.list.count) bad(ctx, place, "cycle", &args[0], "a list with members");
  wb_num n = num_arg(ctx, place, "cycle", &args[1]);
  if (n.den != 1 || n.num < 0 || n.num > 100000) bad(ctx, place, "cycle", &args[1], "a length of at most 100000");
  wb_value *items = WB_NEWN(ctx, wb_value, (size_t)n.num);
  for (size_t i = 0; i < (size_t)n.num; i++) items[i] = args[0].u.list.items[i % args[0].u.list.count];
  return (wb_value){.kind = WB_LIST, .u.list = {items, (size_t)n.num}};
}

static wb_value run_default(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)ctx, (void)place, (void)count;
  return args[0].kind == WB_NULL ? args[1] : args[0];
}

/* The characters of a text: chars("M-M*E"). */
static wb_value run_chars(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  if (args[0].kind != WB_TEXT) bad(ctx, place, "chars", &args[0], "a text");
  wb_str text = args[0].u.text;
  if (text.len > 100000) bad(ctx, place, "chars", &args[0], "a text of at most 100000 characters");
  wb_value *items = WB_NEWN(ctx, wb_value, text.len);
  for (size_t i = 0; i < text.len; i++) items[i] = wb_string(wb_str_slice(text, i, i + 1));
  return (wb_value){.kind = WB_LIST, .u.list = {items, text.len}};
}

/* The integers that a text holds: numbers("3,4, 5") is [3, 4, 5]. */
static wb_value run_numbers(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  if (args[0].kind != WB_TEXT) bad(ctx, place, "numbers", &args[0], "a text");
  wb_str text = args[0].u.text;
  if (text.len > 100000) bad(ctx, place, "numbers", &args[0], "a text of at most 100000 characters");
  wb_value *items = WB_NEWN(ctx, wb_value, text.len / 2 + 1);
  size_t n = 0;
  for (size_t i = 0; i < text.len;) {
    size_t from = i;
    while (i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9') i++;
    wb_num number;
    if (i == from) i++;
    else if (wb_num_parse(wb_str_slice(text, from, i), &number)) items[n++] = wb_number(number);
  }
  return (wb_value){.kind = WB_LIST, .u.list = {items, n}};
}

/* Whether a text begins or ends with another; null does neither. */
static wb_value affix(wb_ctx *ctx, wb_place place, const wb_value *args, const char *name,
                      bool (*has)(wb_str, wb_str)) {
  if (args[0].kind == WB_NULL) return wb_bool(false);
  for (int i = 0; i < 2; i++)
    if (args[i].kind != WB_TEXT) bad(ctx, place, name, &args[i], "a text");
  return wb_bool(has(args[0].u.text, args[1].u.text));
}

static wb_value run_starts(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  return affix(ctx, place, args, "starts_with", wb_str_starts);
}

static wb_value run_ends(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  return affix(ctx, place, args, "ends_with", wb_str_ends);
}

/* A member of an object by name, or by the number that its key reads as ("05" is 5); null when it is not there. */
static wb_value run_get(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  if (args[0].kind == WB_NULL) return wb_null();
  if (args[0].kind != WB_RECORD) bad(ctx, place, "get", &args[0], "an object");
  if (args[1].kind != WB_TEXT && args[1].kind != WB_NUM) bad(ctx, place, "get", &args[1], "a text or a number");
  for (size_t i = 0; i < args[0].u.record.count; i++) {
    wb_value key = wb_string(args[0].u.record.keys[i]);
    if (args[1].kind == WB_NUM && wb_num_parse(key.u.text, &key.u.num)) key.kind = WB_NUM;
    if (wb_value_eq(&key, &args[1])) return args[0].u.record.items[i];
  }
  return wb_null();
}

static wb_value run_int(wb_ctx *ctx, wb_place place, const wb_value *args, size_t count) {
  (void)count;
  if (args[0].kind == WB_BOOL) return wb_integer(args[0].u.boolean);
  wb_value out = args[0];
  wb_num n = num_arg(ctx, place, "int", &out);
  out.u.num = wb_num_int(n.num / n.den); /* towards zero, as Python's int() */
  return out;
}

static const wb_builtin BUILTINS[] = {
    {"floor", 1, 1, run_floor, "\\lfloor %s \\rfloor"},
    {"ceil", 1, 1, run_ceil, "\\lceil %s \\rceil"},
    {"round_up", 2, 2, run_round_up, NULL},
    {"min", 1, -1, run_min, "\\min\\left(%s\\right)"},
    {"max", 1, -1, run_max, "\\max\\left(%s\\right)"},
    {"log2", 1, 1, run_log2, "\\log_2\\left(%s\\right)"},
    {"isqrt", 1, 1, run_isqrt, "\\lfloor\\sqrt{%s}\\rfloor"},
    {"abs", 1, 1, run_abs, "\\left|%s\\right|"},
    {"int", 1, 1, run_int, NULL},
    {"len", 1, 1, run_len, NULL},
    {"total", 1, 1, run_total, NULL},
    {"width", 1, 1, run_width, NULL},
    {"length", 1, 1, run_length, NULL},
    {"extent", 2, 2, run_extent, NULL},
    {"segments", 1, 1, run_segments, NULL},
    {"past", 1, 1, run_past, NULL},
    {"rows", 1, 1, run_rows, NULL},
    {"distinct", 3, 3, run_distinct, NULL},
    {"is_list", 1, 1, run_is_list, NULL},
    {"is_text", 1, 1, run_is_text, NULL},
    {"cycle", 2, 2, run_cycle, NULL},
    {"default", 2, 2, run_default, NULL},
    {"chars", 1, 1, run_chars, NULL},
    {"numbers", 1, 1, run_numbers, NULL},
    {"starts_with", 2, 2, run_starts, NULL},
    {"ends_with", 2, 2, run_ends, NULL},
    {"get", 2, 2, run_get, NULL},
};

const wb_builtin *wb_builtin_all(size_t *count) {
  *count = sizeof BUILTINS / sizeof *BUILTINS;
  return BUILTINS;
}

const wb_builtin *wb_builtin_find(wb_str name) {
  for (size_t i = 0; i < sizeof BUILTINS / sizeof *BUILTINS; i++)
    if (wb_str_is(name, BUILTINS[i].name)) return &BUILTINS[i];
  return NULL;
}
