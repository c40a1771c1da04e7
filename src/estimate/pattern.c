#include "estimate/pattern.h"

#include <string.h>

typedef enum code { CODE_SET, CODE_SPLIT, CODE_JUMP, CODE_BEGIN, CODE_END, CODE_MATCH } code;

/* Jumps are relative, so that a piece of program may be moved and copied. */
typedef struct instruction {
  code what;
  int16_t a, b;
  uint8_t set[32]; /* bytes that SET takes */
} instruction;

struct wb_regex {
  size_t count;
  instruction *program;
};

typedef struct compiler {
  wb_ctx *ctx;
  wb_str text;
  size_t at;
  size_t count;
  bool fault;
  uint32_t depth;
  instruction program[WB_REGEX_MAX];
} compiler;

static bool more(const compiler *c) { return !c->fault && c->at < c->text.len; }
static char peek(const compiler *c) { return more(c) ? c->text.ptr[c->at] : '\0'; }

static bool take(compiler *c, char wanted) {
  if (!more(c) || peek(c) != wanted) return false;
  c->at++;
  return true;
}

/* Opens `n` places at `from`; a program that grows too long is a fault. */
static instruction *open_places(compiler *c, size_t from, size_t n) {
  if (c->count + n > WB_REGEX_MAX) {
    c->fault = true;
    return &c->program[0];
  }
  memmove(&c->program[from + n], &c->program[from], (c->count - from) * sizeof *c->program);
  c->count += n;
  memset(&c->program[from], 0, n * sizeof *c->program);
  return &c->program[from];
}

static void put(compiler *c, size_t from, code what, size_t a, size_t b, bool back) {
  instruction *i = open_places(c, from, 1);
  i->what = what;
  i->a = (int16_t)(back ? -(int)a : (int)a);
  i->b = (int16_t)b;
}

/* ---- sets of bytes ---- */

static void add_byte(uint8_t *set, unsigned char byte) { set[byte / 8] |= (uint8_t)(1u << byte % 8); }

static void add_range(uint8_t *set, unsigned char low, unsigned char high) {
  for (unsigned byte = low; byte <= high; byte++) add_byte(set, (unsigned char)byte);
}

static void invert(uint8_t *set) {
  for (size_t i = 0; i < 32; i++) set[i] = (uint8_t)~set[i];
}

/* What follows a backslash; false where it is no class and no plain byte. */
static bool escaped(uint8_t *set, char letter) {
  const bool opposite = letter == 'D' || letter == 'W' || letter == 'S';
  switch (letter) {
    case 'd':
    case 'D': add_range(set, '0', '9'); break;
    case 'w':
    case 'W':
      add_range(set, '0', '9');
      add_range(set, 'a', 'z');
      add_range(set, 'A', 'Z');
      add_byte(set, '_');
      break;
    case 's':
    case 'S':
      add_byte(set, ' ');
      add_range(set, '\t', '\r');
      break;
    default:
      if ((letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'))
        return false; /* back references, \b and the like */
      add_byte(set, (unsigned char)letter);
  }
  if (opposite) invert(set);
  return true;
}

static void add_class(compiler *c, uint8_t *set) {
  const bool opposite = take(c, '^');
  bool first = true;
  for (; more(c) && (first || peek(c) != ']'); first = false) {
    const unsigned char low = (unsigned char)c->text.ptr[c->at++];
    if (low == '\\') {
      uint8_t part[32] = {0};
      c->fault = c->fault || !more(c) || !escaped(part, c->text.ptr[c->at++]);
      for (size_t i = 0; i < 32; i++) set[i] |= part[i];
      continue;
    }
    const bool range = peek(c) == '-' && c->at + 1 < c->text.len && c->text.ptr[c->at + 1] != ']';
    if (!range) {
      add_byte(set, low);
      continue;
    }
    const unsigned char high = (unsigned char)c->text.ptr[c->at + 1];
    c->at += 2;
    c->fault = c->fault || high < low || high == '\\';
    add_range(set, low, high);
  }
  c->fault = c->fault || !take(c, ']');
  if (opposite) invert(set);
}

/* ---- the grammar ---- */

static void alternatives(compiler *c);

static void group(compiler *c) {
  if (take(c, '?') && !take(c, ':')) c->fault = true; /* look-around, names, flags */
  if (++c->depth > 50) c->fault = true;
  if (!c->fault) alternatives(c);
  c->depth--;
  c->fault = c->fault || !take(c, ')');
}

static void atom(compiler *c) {
  const char letter = c->text.ptr[c->at++];
  if (letter == '(') {
    group(c);
    return;
  }
  if (letter == '*' || letter == '+' || letter == '?' || letter == '{') {
    c->fault = true; /* nothing to repeat */
    return;
  }
  instruction *i = open_places(c, c->count, 1);
  i->what = letter == '^' ? CODE_BEGIN : letter == '$' ? CODE_END : CODE_SET;
  if (letter == '.') memset(i->set, 0xff, sizeof i->set);
  else if (letter == '[') add_class(c, i->set);
  else if (letter == '\\') c->fault = c->fault || !more(c) || !escaped(i->set, c->text.ptr[c->at++]);
  else add_byte(i->set, (unsigned char)letter);
}

static uint32_t digits(compiler *c, uint32_t fallback) {
  uint32_t n = 0;
  if (peek(c) < '0' || peek(c) > '9') return fallback;
  while (peek(c) >= '0' && peek(c) <= '9' && n <= WB_REGEX_MAX) n = n * 10 + (uint32_t)(c->text.ptr[c->at++] - '0');
  return n;
}

#define ENDLESS UINT32_MAX

/* * + ? {m} {m,} {,n} {m,n}; false when none stands here. */
static bool quantifier(compiler *c, uint32_t *least, uint32_t *most) {
  *least = 0;
  *most = ENDLESS;
  if (take(c, '*')) return true;
  if (take(c, '+')) return (*least = 1) != 0;
  if (take(c, '?')) return (*most = 1) != 0;
  if (!take(c, '{')) return false;
  *least = digits(c, 0);
  *most = take(c, ',') ? digits(c, ENDLESS) : *least;
  if (!take(c, '}') || *least > *most || *least > WB_REGEX_MAX) c->fault = true;
  return true;
}

static void copy_block(compiler *c, const instruction *block, size_t length) {
  instruction *at = open_places(c, c->count, length);
  if (!c->fault) memcpy(at, block, length * sizeof *block);
}

static void repeated(compiler *c, size_t from) {
  uint32_t least, most;
  if (!quantifier(c, &least, &most) || c->fault) return;
  take(c, '?'); /* the order of trying does not matter to whether it matches */
  const size_t length = c->count - from;
  instruction *block = WB_NEWN(c->ctx, instruction, length + 1);
  memcpy(block, &c->program[from], length * sizeof *block);
  c->count = from;
  for (uint32_t i = 0; i < least && !c->fault; i++) copy_block(c, block, length);
  if (most == ENDLESS) {
    const size_t at = c->count;
    copy_block(c, block, length);
    put(c, at, CODE_SPLIT, 1, length + 2, false);
    put(c, c->count, CODE_JUMP, length + 1, 0, true);
    return;
  }
  for (uint32_t i = least; i < most && !c->fault; i++) {
    const size_t at = c->count;
    copy_block(c, block, length);
    put(c, at, CODE_SPLIT, 1, length + 1, false);
  }
}

static void alternatives(compiler *c) {
  const size_t from = c->count;
  while (more(c) && peek(c) != '|' && peek(c) != ')') {
    const size_t here = c->count;
    atom(c);
    if (!c->fault) repeated(c, here);
  }
  if (!take(c, '|')) return;
  const size_t length = c->count - from;
  put(c, from, CODE_SPLIT, 1, length + 2, false);
  const size_t jump = c->count;
  put(c, jump, CODE_JUMP, 0, 0, false);
  if (++c->depth > 50) c->fault = true;
  if (!c->fault) alternatives(c);
  c->depth--;
  c->program[jump].a = (int16_t)(c->count - jump);
}

wb_regex *wb_regex_new(wb_ctx *ctx, wb_str text) {
  compiler *c = WB_NEW(ctx, compiler);
  c->ctx = ctx;
  c->text = text;
  alternatives(c);
  if (c->fault || c->at < text.len) return NULL;
  put(c, c->count, CODE_MATCH, 0, 0, false);
  if (c->fault) return NULL;
  wb_regex *regex = WB_NEW(ctx, wb_regex);
  regex->count = c->count;
  regex->program = c->program;
  return regex;
}

bool wb_regex_tells_digits(const wb_regex *r) {
  for (size_t i = 0; i < r->count; i++) {
    const uint8_t *set = r->program[i].set; /* bytes 0x30 to 0x39 stand in two places of it */
    const unsigned digits = set['0' / 8] | (set['8' / 8] & 3u) << 8;
    if (r->program[i].what == CODE_SET && digits && digits != 0x3ff) return true;
  }
  return false;
}

/* ---- running: all states at once ---- */

typedef struct states {
  uint16_t items[WB_REGEX_MAX];
  size_t count;
} states;

/* Adds a place and all that is reached from it without a byte; true when that is the end. `seen`: stamps of places. */
static bool add_state(const wb_regex *r, states *s, uint32_t *seen, uint32_t stamp, size_t from, bool begin, bool end) {
  uint16_t stack[WB_REGEX_MAX + 2];
  size_t depth = 0;
  stack[depth++] = (uint16_t)from;
  while (depth) {
    const size_t at = stack[--depth];
    if (seen[at] == stamp) continue;
    seen[at] = stamp;
    const instruction *i = &r->program[at];
    const bool passes = (i->what == CODE_BEGIN && begin) || (i->what == CODE_END && end);
    if (i->what == CODE_MATCH) return true;
    if (i->what == CODE_SET) s->items[s->count++] = (uint16_t)at;
    if (passes) stack[depth++] = (uint16_t)(at + 1);
    if (i->what == CODE_JUMP || i->what == CODE_SPLIT) stack[depth++] = (uint16_t)((int)at + i->a);
    if (i->what == CODE_SPLIT && seen[(int)at + i->b] != stamp && depth <= WB_REGEX_MAX)
      stack[depth++] = (uint16_t)((int)at + i->b);
  }
  return false;
}

bool wb_regex_match(wb_ctx *ctx, const wb_regex *r, wb_str name) {
  uint32_t seen[WB_REGEX_MAX];
  states now, next;
  now.count = 0;
  memset(seen, 0, r->count * sizeof *seen);
  if (add_state(r, &now, seen, 1, 0, true, name.len == 0)) return true;
  for (size_t i = 0; i < name.len && now.count; i++) {
    const unsigned char byte = (unsigned char)name.ptr[i];
    next.count = 0;
    for (size_t k = 0; k < now.count; k++) {
      wb_step(ctx, WB_NOWHERE);
      const size_t at = now.items[k];
      if (!(r->program[at].set[byte / 8] & 1u << byte % 8)) continue;
      if (add_state(r, &next, seen, (uint32_t)i + 2, at + 1, false, i + 1 == name.len)) return true;
    }
    now.count = next.count;
    memcpy(now.items, next.items, next.count * sizeof *next.items);
  }
  return false;
}

bool wb_glob_match(wb_str glob, wb_str name) {
  size_t g = 0, n = 0, star = SIZE_MAX, resume = 0;
  for (;;) {
    if (g == glob.len && (n == name.len || name.ptr[n] == '.')) return true;
    if (g < glob.len && glob.ptr[g] == '*') {
      star = g++;
      resume = n;
    } else if (g < glob.len && n < name.len && (glob.ptr[g] == '?' || glob.ptr[g] == name.ptr[n])) {
      g++;
      n++;
    } else if (star != SIZE_MAX && resume < name.len) {
      g = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
}
