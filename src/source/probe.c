#include "source/probe.h"

#include <string.h>

#include "base/tsv.h"
#include "source/log_internal.h"

enum { TOOL, KIND, ASKS, OF, READS, VENDOR, NAME, ID, TOTAL, USED, UNIT, LEAST, COLUMNS };

typedef struct reading {
  wb_str row[COLUMNS];
  wb_seen *out, at; /* `at`: the device being read */
  size_t count;
} reading;

static wb_i128 whole(wb_str text) {
  wb_num n;
  size_t digits = 0;
  while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') digits++;
  return digits && digits < 19 && wb_num_parse(wb_str_slice(text, 0, digits), &n) ? n.num : 0;
}

/* The device that was read, when it has a name or memory. */
static void finish(reading *r) {
  const wb_seen *s = &r->at;
  const bool small = s->total > 0 && s->total < whole(r->row[LEAST]) << 20;
  if ((s->name.len || s->total > 0) && !small && r->count < WB_SEEN_MOST) r->out[r->count++] = *s;
  r->at = (wb_seen){.vendor = r->row[VENDOR]};
}

/* ---- "key: value" ---- */

static void keyed(reading *r, wb_str line) {
  const char *colon = line.len ? memchr(line.ptr, ':', line.len) : NULL;
  if (!colon) {
    if (!wb_str_trim(line).len) finish(r);
    return;
  }
  const size_t at = (size_t)(colon - line.ptr);
  const wb_str key = wb_str_trim(wb_str_slice(line, 0, at)), value = wb_str_trim(wb_str_slice(line, at + 1, line.len));
  if (!key.len || !value.len) return;
  if (wb_str_eq(key, r->row[NAME])) r->at.name = value;
  else if (wb_str_eq(key, r->row[ID])) r->at.id = value;
  else if (wb_str_eq(key, r->row[TOTAL])) r->at.total = whole(value) * whole(r->row[UNIT]);
  else if (wb_str_eq(key, r->row[USED])) r->at.used = whole(value) * whole(r->row[UNIT]);
}

/* ---- tables ---- */

static wb_i128 bytes(const wb_log_capture *c) { return c->value.den > 0 ? c->value.num / c->value.den : 0; }

static void tabled(reading *r, const wb_log_patterns *all, wb_log_table *table, wb_str line) {
  wb_log_match match;
  if (!wb_log_table_line(all, table, line, &match)) return;
  for (size_t i = 0; i < match.count; i++) {
    const wb_log_capture *c = &match.captures[i];
    const wb_str quantity = c->hole->quantity->name;
    if (wb_str_is(quantity, "device_name")) r->at.name = c->text;
    else if (wb_str_is(quantity, "device_total")) r->at.total = bytes(c);
    else if (wb_str_is(quantity, "device_used")) r->at.used = bytes(c);
  }
  if (match.count) finish(r);
}

static bool find_tool(reading *r, wb_str tool) {
  for (size_t at = 0; wb_tsv_next(wb_data_text("accelerators/probes.tsv"), &at, r->row, COLUMNS);)
    if (wb_str_eq(r->row[TOOL], tool)) return true;
  return false;
}

wb_seen *wb_probe_read(wb_ctx *ctx, wb_str tool, wb_str text, size_t *count) {
  reading r = {.count = 0};
  *count = 0;
  if (!find_tool(&r, tool)) return NULL;
  const bool table = wb_str_is(r.row[READS], "table");
  const wb_log_patterns *all = table ? wb_log_patterns_read(ctx) : NULL;
  wb_log_table columns = {.count = 0};
  r.out = WB_NEWN(ctx, wb_seen, WB_SEEN_MOST);
  r.at.vendor = r.row[VENDOR];
  for (size_t from = 0; from < text.len;) {
    const char *end = memchr(text.ptr + from, '\n', text.len - from);
    const size_t to = end ? (size_t)(end - text.ptr) : text.len;
    const wb_str line = wb_str_trim(wb_str_slice(text, from, to));
    if (!table) keyed(&r, line);
    else if (line.len) tabled(&r, all, &columns, line);
    from = to + 1;
  }
  if (!table) finish(&r);
  *count = r.count;
  return r.out;
}
