/* Dimensions that published practice bounds: data/design. */
#include <string.h>

#include "base/tsv.h"
#include "estimate/design.h"

/* ---- families ---- */

static wb_i128 number(wb_str cell) {
  wb_num n;
  return wb_num_parse(cell, &n) ? n.num : 0;
}

wb_design_family wb_design_family_of(wb_ctx *ctx, wb_str name) {
  wb_str c[5];
  wb_text known = {.ctx = ctx};
  for (size_t at = 0; wb_tsv_next(wb_data_text("design/families.tsv"), &at, c, 5);) {
    if (wb_str_eq(c[0], name))
      return (wb_design_family){
          .name = c[0], .config = c[3], .source = c[4], .head_dim = number(c[1]), .vocabulary = number(c[2])};
    wb_text_addf(&known, "%s%.*s", known.len ? ", " : "", WB_STR_ARG(c[0]));
  }
  WB_FAIL(ctx, WB_DESIGN_FAMILY, WB_NOWHERE, name, wb_text_str(&known));
}

wb_str wb_design_config(wb_ctx *ctx, const wb_design_family *family, const wb_design_shape *s, wb_i128 context) {
  wb_text out = {.ctx = ctx};
  const struct {
    const char *key;
    wb_i128 value;
  } members[] = {{"vocab_size", s->vocabulary},     {"hidden_size", s->width},
                 {"intermediate_size", s->ffn},     {"num_hidden_layers", s->depth},
                 {"num_attention_heads", s->heads}, {"num_key_value_heads", s->kv_heads},
                 {"head_dim", s->head_dim},         {"max_position_embeddings", context}};
  wb_text_add(&out, wb_str_slice(family->config, 0, family->config.len - 1)); /* its closing brace */
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    wb_text_addf(&out, ",\"%s\":", members[i].key);
    wb_i128_print(&out, members[i].value);
  }
  wb_text_addf(&out, ",\"tie_word_embeddings\":%s}", s->tied ? "true" : "false");
  return wb_text_str(&out);
}

/* ---- the grid ---- */

enum { FROM, BELOW, STEP, HEAD_DIM, KV_HEADS, FEWEST_KV, TIED, WIDEST, DEEPEST, FFN, MODELS, COLUMNS };

static wb_i128 common_divisor(wb_i128 a, wb_i128 b) { return b ? common_divisor(b, a % b) : a; }

static wb_i128 rounded(wb_num n, wb_i128 multiple, bool up) {
  wb_num_div(n, wb_num_int(multiple), &n);
  if (up) wb_num_ceil(n, &n);
  else wb_num_floor(n, &n);
  return n.num * multiple;
}

static wb_num over(wb_i128 n, wb_num by) {
  wb_num out = wb_num_int(0);
  wb_num_div(wb_num_int(n), by, &out);
  return out;
}

/* One width with one feed-forward. */
static wb_design_column column_of(const wb_str *c, wb_i128 width, wb_i128 head_dim, wb_num ffn, wb_i128 vocabulary) {
  const wb_i128 heads = width / head_dim;
  wb_design_column out = {.models = c[MODELS], .step = wb_design_rule("depth_step").num};
  wb_num wide;
  wb_design_ratio(c[WIDEST], &out.widest);
  wb_design_ratio(c[DEEPEST], &out.deepest);
  if (!wb_num_mul(ffn, wb_num_int(width), &wide)) wide = wb_num_int(width);
  out.least = rounded(over(width, out.widest), out.step, true);
  out.most = rounded(over(width, out.deepest), out.step, false);
  out.fewest_kv_heads = common_divisor(heads, number(c[FEWEST_KV]));
  out.shape = (wb_design_shape){.width = width,
                                .depth = out.least,
                                .heads = heads,
                                .kv_heads = common_divisor(heads, number(c[KV_HEADS])),
                                .head_dim = head_dim,
                                .ffn = rounded(wide, wb_design_rule("ffn_multiple").num, true),
                                .vocabulary = vocabulary,
                                .tied = wb_str_is(c[TIED], "true")};
  return out;
}

typedef struct columns {
  wb_design_column *items;
  size_t count, cap;
} columns;

/* Of one row of the table: every width with every feed-forward. */
static void add_row(wb_ctx *ctx, columns *out, const wb_str *c, const wb_design_family *family, wb_i128 vocabulary,
                    wb_i128 ranks) {
  const wb_i128 head_dim = family->head_dim ? family->head_dim : number(c[HEAD_DIM]);
  for (wb_i128 width = number(c[FROM]); width < number(c[BELOW]); width += number(c[STEP])) {
    if (width % head_dim || width / head_dim % ranks) continue;
    wb_str item;
    wb_num ffn;
    for (size_t at = 0; wb_str_next(c[FFN], ' ', &at, &item);) {
      if (!wb_design_ratio(item, &ffn)) continue;
      WB_PUSH_ROOM(ctx, out->items, out->count, out->cap);
      out->items[out->count++] = column_of(c, width, head_dim, ffn, vocabulary);
    }
  }
}

wb_design_column *wb_design_columns(wb_ctx *ctx, const wb_design_family *family, const wb_design_question *q,
                                    wb_i128 ranks, size_t *count) {
  columns out = {.count = 0};
  wb_str c[COLUMNS];
  const wb_i128 vocabulary = q->vocabulary ? q->vocabulary : family->vocabulary;
  for (size_t at = 0; wb_tsv_next(wb_data_text("design/shapes.tsv"), &at, c, COLUMNS);)
    add_row(ctx, &out, c, family, vocabulary, ranks);
  for (size_t i = 0; i < out.count / 2; i++) {
    const wb_design_column swap = out.items[i];
    out.items[i] = out.items[out.count - 1 - i];
    out.items[out.count - 1 - i] = swap;
  }
  *count = out.count;
  return out.items;
}

/* ---- thirds ---- */

static wb_i128 third(const wb_design_column *c, int i) {
  return c->least + rounded(wb_num_int((c->most - c->least) * i / 3), c->step, false);
}

bool wb_design_band(const wb_design_column *c, wb_design_role role, wb_i128 *least, wb_i128 *most) {
  const int from = role == WB_DESIGN_WIDER ? 0 : role == WB_DESIGN_BALANCED ? 1 : 2;
  *least = from ? third(c, from) + c->step : c->least;
  *most = from == 2 ? c->most : third(c, from + 1);
  return *least <= *most;
}
