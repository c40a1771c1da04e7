#include "model/parse_stmt.h"

#include "expr/parse.h"

static wb_stmt *statement(wb_tokens *t, wb_stmt_kind kind) {
  wb_stmt *stmt = WB_NEW(t->ctx, wb_stmt);
  stmt->kind = kind;
  stmt->place = (wb_place){t->file, 0, wb_peek(t)->offset};
  return stmt;
}

static bool path_here(const wb_tokens *t) {
  return wb_is(t, WB_T_NAME, NULL) || wb_is(t, WB_T_NUMBER, NULL) || wb_is(t, WB_T_PUNCT, "{") ||
         wb_is(t, WB_T_STRING, NULL);
}

/* A name and a `{…}`, or two of these, without a space between. */
static bool touching(const wb_tokens *t) {
  const wb_token *next = wb_peek(t), *before = next - 1;
  if (before->offset + before->text.len != next->offset || before->kind == WB_T_STRING) return false;
  const bool closed = before->kind == WB_T_PUNCT && wb_str_is(before->text, "}");
  if (wb_is(t, WB_T_PUNCT, "{")) return closed || before->kind == WB_T_NAME;
  return closed && wb_is(t, WB_T_NAME, NULL);
}

static wb_path *path(wb_tokens *t) {
  wb_path *out = WB_NEW(t->ctx, wb_path);
  wb_text plain = {.ctx = t->ctx};
  out->is_plain = true;
  do {
    wb_path_part part = {.touches = out->count && touching(t)};
    if (wb_accept(t, WB_T_PUNCT, "{")) {
      part.expr = wb_parse_expr(t);
      out->is_plain = false;
      wb_expect(t, WB_T_PUNCT, "}", NULL);
    } else {
      if (!path_here(t)) wb_syntax(t, "a tensor name such as self_attn.q_proj");
      part.text = wb_peek(t)->text;
      t->at++;
    }
    if (plain.len) wb_text_addc(&plain, '.');
    wb_text_add(&plain, part.text);
    WB_PUSH_ROOM(t->ctx, out->parts, out->count, out->cap);
    out->parts[out->count++] = part;
  } while (wb_accept(t, WB_T_PUNCT, ".") || touching(t));
  out->plain = wb_text_str(&plain);
  return out;
}

static void cut(wb_tokens *t, wb_modifiers *mod) {
  static const struct {
    const char *word;
    wb_cut cut;
  } cuts[] = {
      {"columns", WB_CUT_COLUMNS}, {"rows", WB_CUT_ROWS}, {"experts", WB_CUT_EXPERTS}, {"none", WB_CUT_REPLICATE}};
  for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
    if (!wb_accept(t, WB_T_NAME, cuts[i].word)) continue;
    mod->cut = cuts[i].cut;
    if (wb_accept(t, WB_T_NAME, "by")) mod->cut_by = wb_parse_expr(t);
    return;
  }
  wb_syntax(t, "columns, rows, experts or none");
}

static void routed(wb_tokens *t, wb_modifiers *mod) {
  mod->routed_top_k = wb_parse_expr(t);
  wb_expect(t, WB_T_NAME, "of", "`of` and the number of experts");
  mod->routed_of = wb_parse_expr(t);
}

static void modifiers(wb_tokens *t, wb_modifiers *mod) {
  for (;;) {
    if (wb_accept(t, WB_T_NAME, "when")) {
      mod->when = wb_parse_expr(t);
    } else if (wb_accept(t, WB_T_NAME, "group")) {
      mod->group = wb_parse_name(t, "a group's name");
    } else if (wb_accept(t, WB_T_NAME, "cut")) {
      cut(t, mod);
    } else if (wb_accept(t, WB_T_NAME, "dtype")) {
      mod->dtype = wb_expect(t, WB_T_NAME, NULL, "a dtype such as int64")->text;
    } else if (wb_accept(t, WB_T_NAME, "routed")) {
      routed(t, mod);
    } else if (wb_accept(t, WB_T_NAME, "tied")) {
      wb_expect(t, WB_T_NAME, "to", "`to` and a tensor's name");
      mod->tied_to = path(t);
      if (wb_accept(t, WB_T_NAME, "when")) mod->tied_when = wb_parse_expr(t);
    } else if (wb_is(t, WB_T_NAME, "named")) {
      mod->rename_count = wb_parse_renames(t, &mod->renames);
    } else {
      return;
    }
  }
}

/* `[a, b]`: dimensions, as arguments without names. */
static void dims(wb_tokens *t, wb_stmt *stmt) {
  size_t cap = 0;
  wb_argument *args = NULL;
  wb_expect(t, WB_T_PUNCT, "[", "`[` and dimensions");
  while (!wb_is(t, WB_T_PUNCT, "]")) {
    WB_PUSH_ROOM(t->ctx, args, stmt->arg_count, cap);
    args[stmt->arg_count++] = (wb_argument){NULL, wb_parse_expr(t)};
    if (!wb_accept(t, WB_T_PUNCT, ",")) break;
  }
  wb_expect(t, WB_T_PUNCT, "]", "`,` or `]`");
  if (stmt->arg_count > WB_MAX_RANK) wb_syntax(t, "at most 6 dimensions");
  stmt->args = args;
}

static void values(wb_tokens *t, wb_stmt *stmt) {
  size_t cap = 0;
  wb_argument *args = NULL;
  do {
    WB_PUSH_ROOM(t->ctx, args, stmt->arg_count, cap);
    args[stmt->arg_count++] = (wb_argument){NULL, wb_parse_expr(t)};
  } while (wb_accept(t, WB_T_PUNCT, ","));
  stmt->args = args;
}

static wb_stmt *call(wb_tokens *t, const wb_sym **targets, size_t target_count) {
  wb_stmt *stmt = statement(t, WB_S_CALL);
  stmt->targets = targets;
  stmt->target_count = target_count;
  stmt->name = wb_parse_name(t, "an operation or a block");
  if (path_here(t)) stmt->path = path(t);
  stmt->arg_count = wb_parse_args(t, &stmt->args);
  modifiers(t, &stmt->mod);
  return stmt;
}

static wb_stmt *tensor(wb_tokens *t, wb_stmt_kind kind) {
  wb_stmt *stmt = statement(t, kind);
  t->at++;
  stmt->path = path(t);
  dims(t, stmt);
  modifiers(t, &stmt->mod);
  return stmt;
}

static wb_stmt *when(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_WHEN);
  t->at++;
  stmt->expr = wb_parse_expr(t);
  wb_parse_body(t, &stmt->body);
  if (!wb_is(t, WB_T_NAME, "else")) return stmt;
  t->at++;
  if (wb_is(t, WB_T_NAME, "when")) { /* else when: a chain */
    stmt->other.items = WB_NEWN(t->ctx, wb_stmt *, 1);
    stmt->other.items[0] = when(t);
    stmt->other.count = stmt->other.cap = 1;
  } else {
    wb_parse_body(t, &stmt->other);
  }
  return stmt;
}

/* stack model.layers[i] of num_hidden_layers from 0 */
static wb_stmt *stack(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_STACK);
  t->at++;
  if (!wb_is(t, WB_T_PUNCT, "[")) stmt->path = path(t);
  wb_expect(t, WB_T_PUNCT, "[", "`[` and a name for the layer's number");
  stmt->name = wb_parse_name(t, "a name for the layer's number");
  wb_expect(t, WB_T_PUNCT, "]", NULL);
  wb_expect(t, WB_T_NAME, "of", "`of` and the number of layers");
  stmt->expr = wb_parse_expr(t);
  if (wb_accept(t, WB_T_NAME, "from")) stmt->second = wb_parse_expr(t);
  wb_parse_body(t, &stmt->body);
  return stmt;
}

/* dispatch experts[e] of num_experts take num_experts_per_tok */
static wb_stmt *dispatch(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_DISPATCH);
  t->at++;
  if (!wb_is(t, WB_T_PUNCT, "[")) stmt->path = path(t);
  wb_expect(t, WB_T_PUNCT, "[", "`[` and a name for the expert's number");
  stmt->name = wb_parse_name(t, "a name for the expert's number");
  wb_expect(t, WB_T_PUNCT, "]", NULL);
  wb_expect(t, WB_T_NAME, "of", "`of` and the number of experts");
  stmt->expr = wb_parse_expr(t);
  wb_expect(t, WB_T_NAME, "take", "`take` and the number of experts for each token");
  stmt->second = wb_parse_expr(t);
  if (wb_accept(t, WB_T_NAME, "from")) {
    wb_argument *from = WB_NEW(t->ctx, wb_argument);
    from->expr = wb_parse_expr(t);
    stmt->args = from;
    stmt->arg_count = 1;
  }
  wb_parse_body(t, &stmt->body);
  return stmt;
}

/* What a cache statement does to a name: k = cached(k, within = …, every = …), positions kept before included. */
static void add_cached(wb_tokens *t, wb_stmt *cache, const wb_expr *kept) {
  wb_stmt *stmt = WB_NEW(t->ctx, wb_stmt);
  wb_argument *args = WB_NEWN(t->ctx, wb_argument, 3);
  *stmt = (wb_stmt){.kind = WB_S_CALL, .place = cache->place, .args = args, .target_count = 1};
  stmt->targets = WB_NEW(t->ctx, const wb_sym *);
  stmt->targets[0] = kept->u.name;
  stmt->name = wb_intern(t->symbols, WB_STR("cached"));
  args[stmt->arg_count++] = (wb_argument){NULL, kept};
  if (cache->second) args[stmt->arg_count++] = (wb_argument){wb_intern(t->symbols, WB_STR("within")), cache->second};
  if (cache->every) args[stmt->arg_count++] = (wb_argument){wb_intern(t->symbols, WB_STR("every")), cache->every};
  WB_PUSH_ROOM(t->ctx, cache->body.items, cache->body.count, cache->body.cap);
  cache->body.items[cache->body.count++] = stmt;
}

static wb_stmt *cache(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_CACHE);
  t->at++;
  values(t, stmt);
  if (wb_accept(t, WB_T_NAME, "as")) stmt->name = wb_parse_name(t, "the cache's name");
  if (wb_accept(t, WB_T_NAME, "every")) stmt->every = wb_parse_expr(t);
  if (wb_accept(t, WB_T_NAME, "within")) stmt->second = wb_parse_expr(t);
  modifiers(t, &stmt->mod);
  for (size_t i = 0; i < stmt->arg_count; i++)
    if (stmt->args[i].expr->kind == WB_X_NAME) add_cached(t, stmt, stmt->args[i].expr);
  return stmt;
}

static wb_stmt *state(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_STATE);
  t->at++;
  stmt->name = wb_parse_name(t, "the state's name");
  dims(t, stmt);
  if (wb_accept(t, WB_T_NAME, "over")) stmt->second = wb_parse_expr(t);
  modifiers(t, &stmt->mod);
  return stmt;
}

static wb_stmt *repeat(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_REPEAT);
  t->at++;
  stmt->expr = wb_parse_expr(t);
  if (wb_accept(t, WB_T_NAME, "training")) stmt->second = wb_parse_expr(t);
  wb_parse_body(t, &stmt->body);
  return stmt;
}

static wb_stmt *scope(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_SCOPE);
  t->at++;
  stmt->path = path(t);
  wb_parse_body(t, &stmt->body);
  return stmt;
}

static wb_stmt *give_back(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_RETURN);
  t->at++;
  if (!wb_is(t, WB_T_NEWLINE, NULL)) values(t, stmt);
  return stmt;
}

const char *const wb_cost_words[WB_COST_COUNT] = {"flops",  "recompute", "backward", "reads",
                                                  "writes", "weights",   "temp",     "saves"};
const char *const wb_flop_words[WB_FLOP_KINDS] = {"matmul", "attention", "convolution", "other"};

/* after `on`: extents, `after` past, `times` how many such in each segment */
static const wb_on *positions(wb_tokens *t) {
  wb_on *on = WB_NEW(t->ctx, wb_on);
  do {
    if (on->rank == WB_MAX_EXTENTS) wb_syntax(t, "at most 3 extents");
    on->extents[on->rank++] = wb_parse_expr(t);
  } while (wb_accept(t, WB_T_PUNCT, ","));
  if (wb_accept(t, WB_T_NAME, "after")) on->past = wb_parse_expr(t);
  if (wb_accept(t, WB_T_NAME, "times")) on->times = wb_parse_expr(t);
  return on;
}

static wb_stmt *on(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_ON);
  t->at++;
  stmt->on = positions(t);
  wb_parse_body(t, &stmt->body);
  return stmt;
}

static wb_stmt *without_gradient(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_WITHOUT_GRADIENT);
  t->at += 2;
  wb_parse_body(t, &stmt->body);
  return stmt;
}

/* flops matmul expr when cond; saves expr dtype float32 */
static wb_stmt *cost(wb_tokens *t, wb_cost_kind kind) {
  wb_stmt *stmt = statement(t, WB_S_COST);
  t->at++;
  stmt->cost = kind;
  if (kind <= WB_COST_BACKWARD) {
    int word = 0;
    while (word < WB_FLOP_KINDS && !wb_accept(t, WB_T_NAME, wb_flop_words[word])) word++;
    if (word == WB_FLOP_KINDS) wb_syntax(t, "matmul, attention, convolution or other");
    stmt->flops = (wb_flop_kind)word;
  }
  stmt->expr = wb_parse_expr(t);
  modifiers(t, &stmt->mod);
  return stmt;
}

/* returns [out]; returns [out] on length; yields widths */
static wb_stmt *returns(wb_tokens *t) {
  bool many = wb_is(t, WB_T_NAME, "yields");
  wb_stmt *stmt = statement(t, WB_S_YIELD);
  t->at++;
  if (many) stmt->expr = wb_parse_expr(t);
  else dims(t, stmt);
  if (wb_accept(t, WB_T_NAME, "on")) stmt->on = positions(t);
  return stmt;
}

static wb_stmt *require(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_REQUIRE);
  t->at++;
  stmt->expr = wb_parse_expr(t);
  stmt->text = WB_STR("");
  if (wb_accept(t, WB_T_PUNCT, ",")) stmt->text = wb_expect(t, WB_T_STRING, NULL, "a sentence in quotes")->text;
  return stmt;
}

/* check resolution % patch == 0 tells CHECK_PATCH try resolution // patch * patch */
static wb_stmt *check(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_CHECK);
  t->at++;
  stmt->expr = wb_parse_expr(t);
  wb_expect(t, WB_T_NAME, "tells", "`tells` and a message");
  stmt->text = wb_expect(t, WB_T_NAME, NULL, "the id of a message")->text;
  if (wb_accept(t, WB_T_NAME, "try")) stmt->second = wb_parse_expr(t);
  return stmt;
}

static wb_stmt *named(wb_tokens *t, wb_stmt_kind kind, bool body) {
  wb_stmt *stmt = statement(t, kind);
  t->at++;
  stmt->name = wb_parse_name(t, "a name");
  if (body) wb_parse_body(t, &stmt->body);
  return stmt;
}

/* "with" "{" field ":" expr, … "}": what the part's fields are where the nested configuration is silent. */
static void part_defaults(wb_tokens *t, wb_stmt *stmt) {
  wb_argument *args = NULL;
  size_t cap = 0;
  wb_expect(t, WB_T_PUNCT, "{", NULL);
  while (!wb_is(t, WB_T_PUNCT, "}")) {
    WB_PUSH_ROOM(t->ctx, args, stmt->arg_count, cap);
    args[stmt->arg_count].name = wb_parse_name(t, "a field's name");
    wb_expect(t, WB_T_PUNCT, ":", NULL);
    args[stmt->arg_count++].expr = wb_parse_expr(t);
    if (!wb_accept(t, WB_T_PUNCT, ",")) break;
  }
  wb_expect(t, WB_T_PUNCT, "}", NULL);
  stmt->args = args;
}

/* part text_config default llama named {…} group vision: another family on a nested configuration; `as llama`: that
 * family whatever the configuration says of its type */
static wb_stmt *part(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_PART);
  t->at++;
  stmt->text = WB_STR("");
  stmt->path = path(t);
  stmt->is_fixed = wb_is(t, WB_T_NAME, "as");
  if (wb_accept(t, WB_T_NAME, "default") || wb_accept(t, WB_T_NAME, "as"))
    stmt->text = wb_expect(t, WB_T_NAME, NULL, "a family's name")->text;
  if (wb_accept(t, WB_T_NAME, "with")) part_defaults(t, stmt);
  modifiers(t, &stmt->mod);
  return stmt;
}

/* undescribed vision_tower */
static wb_stmt *undescribed(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_UNDESCRIBED);
  t->at++;
  stmt->path = path(t);
  modifiers(t, &stmt->mod);
  return stmt;
}

static wb_stmt *let(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_LET);
  t->at++;
  stmt->name = wb_parse_name(t, "a name");
  wb_expect(t, WB_T_PUNCT, "=", NULL);
  stmt->expr = wb_parse_expr(t);
  return stmt;
}

/* quantity total_parameters [elements] = expr; quantity held as weights [GiB] = expr */
static wb_stmt *quantity(wb_tokens *t) {
  wb_stmt *stmt = statement(t, WB_S_QUANTITY);
  t->at++;
  stmt->text = stmt->label = WB_STR("");
  stmt->name = wb_parse_name(t, "a quantity's name");
  if (wb_accept(t, WB_T_NAME, "as")) stmt->label = wb_parse_dotted(t);
  if (wb_accept(t, WB_T_PUNCT, "[")) {
    wb_str unit = wb_expect(t, WB_T_NAME, NULL, "a unit")->text;
    if (wb_unit_scaled(unit)) stmt->text = unit;
    else if (!wb_unit_parse(unit, &stmt->unit)) wb_syntax(t, "elements, bytes, FLOPs, tokens, seconds, USD, GB or GiB");
    wb_expect(t, WB_T_PUNCT, "]", NULL);
  }
  wb_expect(t, WB_T_PUNCT, "=", NULL);
  stmt->expr = wb_parse_expr(t);
  return stmt;
}

/* component runtime = best from low to high basis measured source "where" */
static wb_stmt *component(wb_tokens *t) {
  wb_stmt *stmt = quantity(t);
  stmt->kind = WB_S_COMPONENT;
  stmt->text = WB_STR("");
  if (wb_accept(t, WB_T_NAME, "from")) {
    stmt->second = wb_parse_expr(t);
    wb_expect(t, WB_T_NAME, "to", "`to` and the highest");
    stmt->every = wb_parse_expr(t);
  }
  wb_expect(t, WB_T_NAME, "basis", "`basis` and how it is known");
  stmt->basis = wb_expect(t, WB_T_NAME, NULL, "exact, engine, measured, heuristic or assumed")->text;
  if (wb_accept(t, WB_T_NAME, "source")) stmt->text = wb_expect(t, WB_T_STRING, NULL, "a citation")->text;
  return stmt;
}

/* k = given [kv_heads, head_dim]: an activation that comes from elsewhere (a donor layer, pixels); `like x`: with the
 * positions of x, and gradients flow back to what x was made from. */
static wb_stmt *given(wb_tokens *t, const wb_sym **targets, size_t count) {
  wb_stmt *stmt = statement(t, WB_S_GIVEN);
  t->at++;
  stmt->targets = targets;
  stmt->target_count = count;
  dims(t, stmt);
  if (wb_accept(t, WB_T_NAME, "like")) stmt->expr = wb_parse_expr(t);
  return stmt;
}

/* y = x; y = if c then a else b: what is there already, under a name of its own. */
static bool same_here(wb_tokens *t) {
  if (wb_is(t, WB_T_NAME, "if")) return true;
  const wb_token *next = wb_peek_at(t, 1);
  return wb_peek_at(t, 0)->kind == WB_T_NAME && (next->kind == WB_T_NEWLINE || wb_str_is(next->text, "when"));
}

static wb_stmt *same(wb_tokens *t, const wb_sym *target) {
  wb_stmt *stmt = statement(t, WB_S_SAME);
  stmt->name = target;
  stmt->expr = wb_parse_expr(t);
  modifiers(t, &stmt->mod);
  return stmt;
}

static wb_stmt *assigned(wb_tokens *t) {
  const wb_sym **targets = NULL;
  size_t count = 0, cap = 0;
  do {
    WB_PUSH_ROOM(t->ctx, targets, count, cap);
    targets[count++] = wb_parse_name(t, "a name");
  } while (wb_accept(t, WB_T_PUNCT, ","));
  wb_expect(t, WB_T_PUNCT, "=", "`=` and a call");
  if (wb_is(t, WB_T_NAME, "given")) return given(t, targets, count);
  if (wb_is(t, WB_T_NAME, "part")) {
    wb_stmt *stmt = part(t);
    stmt->targets = targets;
    stmt->target_count = count;
    return stmt;
  }
  if (wb_is(t, WB_T_NAME, "param")) {
    wb_stmt *stmt = tensor(t, WB_S_PARAM);
    stmt->targets = targets;
    stmt->target_count = count;
    return stmt;
  }
  if (count == 1 && same_here(t)) return same(t, targets[0]);
  return call(t, targets, count);
}

static wb_stmt *keyword(wb_tokens *t) {
  if (wb_is(t, WB_T_NAME, "let")) return let(t);
  if (wb_is(t, WB_T_NAME, "when")) return when(t);
  if (wb_is(t, WB_T_NAME, "quantity")) return quantity(t);
  if (wb_is(t, WB_T_NAME, "component")) return component(t);
  if (wb_is(t, WB_T_NAME, "check") && wb_peek_at(t, 1)->kind == WB_T_NAME) return check(t);
  if (wb_is(t, WB_T_NAME, "param")) return tensor(t, WB_S_PARAM);
  if (wb_is(t, WB_T_NAME, "buffer")) return tensor(t, WB_S_BUFFER);
  if (wb_is(t, WB_T_NAME, "cache")) return cache(t);
  if (wb_is(t, WB_T_NAME, "state")) return state(t);
  if (wb_is(t, WB_T_NAME, "stack")) return stack(t);
  if (wb_is(t, WB_T_NAME, "repeat")) return repeat(t);
  if (wb_is(t, WB_T_NAME, "scope")) return scope(t);
  if (wb_is(t, WB_T_NAME, "dispatch")) return dispatch(t);
  if (wb_is(t, WB_T_NAME, "return")) return give_back(t);
  if (wb_is(t, WB_T_NAME, "returns") || wb_is(t, WB_T_NAME, "yields")) return returns(t);
  if (wb_is(t, WB_T_NAME, "require")) return require(t);
  if (wb_is(t, WB_T_NAME, "group")) return named(t, WB_S_GROUP, false);
  if (wb_is(t, WB_T_NAME, "path")) return named(t, WB_S_PATH, true);
  if (wb_is(t, WB_T_NAME, "apart")) return named(t, WB_S_APART, true);
  if (wb_is(t, WB_T_NAME, "part")) return part(t);
  if (wb_is(t, WB_T_NAME, "undescribed")) return undescribed(t);
  if (wb_is(t, WB_T_NAME, "on")) return on(t);
  if (wb_is(t, WB_T_NAME, "without") && wb_str_is(wb_peek_at(t, 1)->text, "gradient")) return without_gradient(t);
  if (wb_is(t, WB_T_NAME, "training") && wb_peek_at(t, 1)->kind == WB_T_NEWLINE) {
    wb_stmt *stmt = statement(t, WB_S_TRAINING);
    t->at++;
    return stmt;
  }
  for (int i = 0; i < WB_COST_COUNT; i++)
    if (wb_is(t, WB_T_NAME, wb_cost_words[i])) return cost(t, (wb_cost_kind)i);
  return NULL;
}

static wb_stmt *parse_statement(wb_tokens *t) {
  const wb_token *next = wb_peek_at(t, 1);
  bool assigns = next->kind == WB_T_PUNCT && (wb_str_is(next->text, "=") || wb_str_is(next->text, ","));
  if (wb_is(t, WB_T_NAME, NULL) && assigns) return assigned(t);
  wb_stmt *stmt = keyword(t);
  return stmt ? stmt : call(t, NULL, 0);
}

static bool has_lines(const wb_stmt *stmt) {
  return stmt->kind == WB_S_WHEN || stmt->kind == WB_S_STACK || stmt->kind == WB_S_REPEAT || stmt->kind == WB_S_SCOPE ||
         stmt->kind == WB_S_DISPATCH || stmt->kind == WB_S_PATH || stmt->kind == WB_S_APART || stmt->kind == WB_S_ON ||
         stmt->kind == WB_S_WITHOUT_GRADIENT;
}

void wb_parse_body(wb_tokens *t, wb_body *body) {
  wb_enter(t->ctx, WB_NOWHERE);
  wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
  wb_expect(t, WB_T_INDENT, NULL, "an indented line");
  while (!wb_accept(t, WB_T_DEDENT, NULL)) {
    WB_PUSH_ROOM(t->ctx, body->items, body->count, body->cap);
    wb_stmt *stmt = parse_statement(t);
    body->items[body->count++] = stmt;
    if (!has_lines(stmt)) wb_expect(t, WB_T_NEWLINE, NULL, "the end of the line");
    if (wb_is(t, WB_T_END, NULL)) break;
  }
  wb_leave(t->ctx);
}
