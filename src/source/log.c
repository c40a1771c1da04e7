#include "source/log.h"

#include <stdio.h>
#include <string.h>

#include "base/tsv.h"
#include "source/json_internal.h"
#include "source/log_internal.h"

#define PLACE 64 /* bytes of a device's or a rank's name that are kept */

#define TAKEN 64

typedef struct reading {
  wb_ctx *ctx;
  wb_log *log;
  wb_log_patterns *patterns;
  wb_log_table table;
  char section[PLACE];      /* the device that facts are about from some line on */
  wb_str section_of;        /* by whose word */
  const char *taken[TAKEN]; /* where figures of this piece begin */
  size_t taken_count;
  uint32_t line; /* from 1 */
  uint32_t pass; /* from 1: pieces of lines looked at */
} reading;

/* ---- lines ---- */

/* Behind a colour or another terminal command at `at`: ESC [ … letter, also as syslog writes it, #033[…. */
static size_t skip_escape(wb_str text, size_t at) {
  const size_t from = at;
  if (text.ptr[at] == 0x1b) at++;
  else if (text.len - at > 4 && memcmp(text.ptr + at, "#033", 4) == 0) at += 4;
  else return from;
  if (at >= text.len || text.ptr[at] != '[') return text.ptr[from] == 0x1b ? at : from;
  for (at++; at < text.len && at < from + 32; at++)
    if (text.ptr[at] >= '@' && text.ptr[at] <= '~') return at + 1;
  return at;
}

/* The next piece of a line, without colours, with control characters as blanks, into `buffer`. A carriage return ends a
 * piece (progress bars), a newline a line. False at the end. */
static bool next_piece(reading *r, wb_str text, size_t *at, char *buffer, wb_str *piece, bool *line_ends) {
  size_t used = 0;
  bool cut = false;
  if (*at >= text.len) return false;
  *line_ends = false;
  while (*at < text.len) {
    const size_t behind = skip_escape(text, *at);
    if (behind != *at) {
      *at = behind;
      continue;
    }
    const unsigned char c = (unsigned char)text.ptr[(*at)++];
    if (c == '\n' || c == '\r') {
      *line_ends = c == '\n';
      break;
    }
    if (used < WB_LOG_LINE_MAX) buffer[used++] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
    else cut = true;
  }
  r->log->shortened += cut;
  *piece = (wb_str){buffer, used};
  return true;
}

/* ---- what was found ---- */

static bool has_room(reading *r, size_t count, size_t most) {
  r->log->dropped += count >= most;
  return count < most;
}

/* A copy that may go to a terminal: UTF-8 without control characters of the upper half, or plain ASCII. */
static wb_str kept_text(wb_ctx *ctx, wb_str text) {
  text = wb_str_trim(text);
  bool clean = wb_json_not_utf8(text) == text.len;
  for (size_t i = 0; clean && i + 1 < text.len; i++)
    clean = (unsigned char)text.ptr[i] != 0xC2 || (unsigned char)text.ptr[i + 1] >= 0xA0;
  char *bytes = wb_str_cstr(ctx, text);
  for (size_t i = 0; i < text.len; i++)
    if (!clean && (unsigned char)bytes[i] >= 0x80) bytes[i] = '?';
  return (wb_str){bytes, text.len};
}

/* Without commas between thousands; of other types as it stands. */
static wb_str setting_value(wb_ctx *ctx, const wb_log_capture *capture) {
  const wb_str text = capture->text;
  if (capture->hole->type != WB_LOG_AMOUNT) return kept_text(ctx, text);
  wb_text out = {.ctx = ctx};
  for (size_t i = 0; i < text.len; i++)
    if (text.ptr[i] != ',') wb_text_addc(&out, text.ptr[i]);
  return wb_text_str(&out);
}

static bool is_set(const wb_log *log, wb_str engine, wb_str name, wb_str value) {
  for (size_t i = 0; i < log->setting_count; i++) {
    const wb_log_setting *old = &log->settings[i];
    if (wb_str_eq(old->name, name) && wb_str_eq(old->value, value) && wb_str_eq(old->engine, engine)) return true;
  }
  return false;
}

static void add_setting(reading *r, wb_str engine, const wb_log_capture *capture) {
  wb_log *log = r->log;
  const wb_mark mark = wb_arena_mark(r->ctx->arena);
  const wb_str name = capture->hole->quantity->name, value = setting_value(r->ctx, capture);
  if (is_set(log, engine, name, value) || !has_room(r, log->setting_count, WB_LOG_SETTINGS_MAX)) {
    wb_arena_reset(r->ctx->arena, mark);
    return;
  }
  WB_PUSH_ROOM(r->ctx, log->settings, log->setting_count, log->setting_cap);
  log->settings[log->setting_count++] = (wb_log_setting){engine, name, value, r->line};
}

/* Two patterns may find the same figure of a piece; the one that stands first in the table is believed. */
static bool is_taken(reading *r, const wb_log_capture *capture) {
  for (size_t i = 0; i < r->taken_count; i++)
    if (r->taken[i] == capture->text.ptr) return true;
  if (r->taken_count < TAKEN) r->taken[r->taken_count++] = capture->text.ptr;
  return false;
}

static void add_fact(reading *r, wb_str engine, const wb_log_capture *capture, const char *device, const char *rank) {
  wb_log *log = r->log;
  if (is_taken(r, capture) || !has_room(r, log->fact_count, WB_LOG_FACTS_MAX)) return;
  WB_PUSH_ROOM(r->ctx, log->facts, log->fact_count, log->fact_cap);
  log->facts[log->fact_count++] = (wb_log_fact){.engine = engine,
                                                .quantity = capture->hole->quantity->name,
                                                .unit = capture->hole->quantity->unit,
                                                .device = kept_text(r->ctx, wb_str_of(device)),
                                                .rank = wb_str_copy(r->ctx, wb_str_of(rank)),
                                                .value = capture->value,
                                                .half = capture->half,
                                                .printed = kept_text(r->ctx, capture->shown),
                                                .line = r->line};
}

/* The engine starts anew: its figures of the run before go. Lines that repeat a start before any figure change nothing. */
static void start(reading *r, wb_str engine) {
  wb_log *log = r->log;
  size_t facts = 0, settings = 0;
  for (size_t i = 0; i < log->fact_count; i++)
    if (!wb_str_eq(log->facts[i].engine, engine)) log->facts[facts++] = log->facts[i];
  const bool again = facts < log->fact_count;
  log->starts += again || !log->starts;
  if (!again) return;
  for (size_t i = 0; i < log->setting_count; i++)
    if (!wb_str_eq(log->settings[i].engine, engine)) log->settings[settings++] = log->settings[i];
  log->fact_count = facts;
  log->setting_count = settings;
}

/* What one pattern or row of a table found: places first, as they belong to every fact of the line. */
static void keep(reading *r, wb_str engine, const wb_log_match *match, const char *rank) {
  char device[PLACE];
  snprintf(device, sizeof device, "%s", wb_str_eq(r->section_of, engine) ? r->section : "");
  for (size_t i = 0; i < match->count; i++) {
    const wb_log_capture *capture = &match->captures[i];
    const wb_log_kind kind = capture->hole->quantity->kind;
    if (kind != WB_LOG_PLACE && kind != WB_LOG_SECTION) continue;
    const char *what = capture->hole->type == WB_LOG_AMOUNT ? "GPU " : "";
    snprintf(device, sizeof device, "%s%.*s", what, WB_STR_ARG(capture->text));
    if (kind == WB_LOG_SECTION) {
      memcpy(r->section, device, sizeof device);
      r->section_of = engine;
    }
  }
  for (size_t i = 0; i < match->count; i++) {
    const wb_log_capture *capture = &match->captures[i];
    const wb_log_kind kind = capture->hole->quantity->kind;
    if (kind == WB_LOG_START) start(r, engine);
    if (kind == WB_LOG_SETTING) add_setting(r, engine, capture);
    if (kind == WB_LOG_FACT) add_fact(r, engine, capture, device, rank);
  }
}

/* ---- one piece ---- */

#define TOGETHER 64 /* patterns looked for in one piece */

/* Patterns to be tried on a piece, in the order of the table. */
typedef struct candidates {
  size_t items[TOGETHER];
  size_t count;
} candidates;

/* Adds the patterns of a bucket whose anchor stands here. */
static void add_candidates(reading *r, size_t bucket, wb_str here, candidates *found) {
  for (size_t i = bucket; i; i = r->patterns->items[i - 1].next) {
    wb_log_pattern *pattern = &r->patterns->items[i - 1];
    const wb_str anchor = pattern->anchor;
    if (pattern->seen == r->pass || here.len < anchor.len || found->count == TOGETHER) continue;
    if (memcmp(here.ptr, anchor.ptr, anchor.len) != 0) continue;
    pattern->seen = r->pass;
    size_t to = found->count++;
    for (; to > 0 && found->items[to - 1] > i - 1; to--) found->items[to] = found->items[to - 1];
    found->items[to] = i - 1;
  }
}

static void find_candidates(reading *r, wb_str piece, candidates *found) {
  const wb_log_patterns *all = r->patterns;
  found->count = 0;
  r->pass++;
  for (size_t at = 0; at + 2 <= piece.len; at++) {
    if (!all->begins[wb_log_pair(piece.ptr + at)]) continue;
    const wb_str here = wb_str_slice(piece, at, piece.len);
    add_candidates(r, all->brief, here, found);
    if (here.len >= 4) add_candidates(r, all->buckets[wb_log_bucket(here.ptr)], here, found);
  }
}

static bool is_rank(const wb_log_match *match) {
  return match->count > 0 && match->captures[0].hole->quantity->kind == WB_LOG_RANK;
}

/* "tp_rank 1", or "pp_rank 0 tp_rank 1". */
static void rank_of(const wb_log_match *match, char rank[PLACE]) {
  size_t used = 0;
  for (size_t i = 0; i < match->count && used < PLACE; i++) {
    const wb_str name = match->captures[i].hole->quantity->name;
    const int length = snprintf(rank + used, PLACE - used, "%s%.*s %.*s", i ? " " : "", WB_STR_ARG(name),
                                WB_STR_ARG(match->captures[i].text));
    used += length > 0 ? (size_t)length : PLACE;
  }
}

static void read_piece(reading *r, wb_str piece) {
  candidates found;
  wb_log_match match;
  char rank[PLACE] = "";
  bool any = false;
  find_candidates(r, piece, &found);
  r->taken_count = 0;
  for (size_t i = 0; i < found.count; i++) {
    const wb_log_pattern *pattern = &r->patterns->items[found.items[i]];
    if (!wb_log_find(pattern, piece, &match)) continue;
    any = any || !is_rank(&match);
    if (!is_rank(&match)) keep(r, pattern->engine, &match, rank);
    else if (!rank[0]) rank_of(&match, rank);
  }
  if (!any && wb_log_table_line(r->patterns, &r->table, piece, &match)) {
    any = true;
    keep(r, r->table.engine, &match, rank);
  }
  r->log->recognised += any;
}

/* ---- whose log it is ---- */

static size_t words_of(const wb_log *log, wb_str engine) {
  size_t count = 0;
  for (size_t i = 0; i < log->fact_count; i++) count += wb_str_eq(log->facts[i].engine, engine);
  for (size_t i = 0; i < log->setting_count; i++) count += wb_str_eq(log->settings[i].engine, engine);
  return count;
}

/* The engine with most facts and settings; one that wraps or forks it counts when it has said anything. */
static wb_str engine_of(const wb_log *log) {
  const wb_str text = wb_data_text("logs/engines.tsv");
  wb_str cells[3], best = WB_STR(""), winner;
  size_t most = 0;
  for (size_t at = 0; wb_tsv_next(text, &at, cells, 3);) {
    const size_t words = wb_str_is(cells[1], "engine") ? words_of(log, cells[0]) : 0;
    if (words <= most) continue;
    most = words;
    best = cells[0];
  }
  winner = best;
  for (size_t at = 0; best.len && wb_tsv_next(text, &at, cells, 3);)
    if (wb_str_eq(cells[2], best) && words_of(log, cells[0])) winner = cells[0];
  return winner;
}

/* What a Windows shell redirects may be UTF-16 with its mark; all that matters in it is ASCII. */
static wb_str without_utf16(wb_ctx *ctx, wb_str text) {
  if (text.len < 2 || memcmp(text.ptr, "\xff\xfe", 2) != 0) return text;
  char *out = WB_NEWN(ctx, char, text.len / 2);
  size_t length = 0;
  for (size_t at = 2; at + 1 < text.len; at += 2) out[length++] = text.ptr[at + 1] ? '?' : text.ptr[at];
  return (wb_str){out, length};
}

wb_log *wb_log_read(wb_ctx *ctx, wb_str text) {
  text = without_utf16(ctx, text);
  wb_log *log = WB_NEW(ctx, wb_log);
  reading r = {.ctx = ctx, .log = log, .patterns = wb_log_patterns_read(ctx), .line = 1};
  char *buffer = WB_NEWN(ctx, char, WB_LOG_LINE_MAX);
  bool line_ends = false;
  wb_str piece;
  for (size_t at = 0; next_piece(&r, text, &at, buffer, &piece, &line_ends);) {
    read_piece(&r, piece);
    r.line += line_ends;
  }
  log->lines = r.line - (text.len == 0 || line_ends);
  log->engine = engine_of(log);
  return log;
}

wb_str wb_log_setting_of(const wb_log *log, const char *name) {
  for (size_t i = 0; i < log->setting_count; i++)
    if (wb_str_is(log->settings[i].name, name)) return log->settings[i].value;
  return WB_STR("");
}
