#include "report/out.h"

#include <math.h>
#include <string.h>

#define PAGE 32768

void wb_out_flush(wb_out *out, bool all) {
  if (!out->text.len || (!all && out->text.len < PAGE)) return;
  bool taken = out->write(out->user, out->text.ptr, out->text.len);
  out->text.len = 0;
  if (!taken) WB_FAIL(out->text.ctx, WB_WRITE_FAILED, WB_NOWHERE, WB_STR(""));
}

void wb_out_message(wb_out *out, wb_message_id id, size_t count, const wb_str *args) {
  wb_message_add(&out->text, id, out->lang, args, count);
}

const char *wb_out_label(const wb_out *out, wb_message_id id) { return wb_message_text(id, out->lang); }

wb_str wb_out_told(const wb_out *out, wb_str source) { return wb_message_fragment(source, out->lang); }

bool wb_out_plain(const wb_out *out) {
  return out->options->format == WEIGH_FORMAT_CSV || out->options->format == WEIGH_FORMAT_TSV;
}

wb_str wb_out_number(const wb_out *out, wb_i128 value) {
  wb_text text = {.ctx = out->text.ctx};
  if (wb_out_plain(out)) wb_i128_print(&text, value);
  else wb_i128_print_grouped(&text, value);
  return wb_text_str(&text);
}

wb_str wb_gib(wb_ctx *ctx, wb_i128 bytes) { return wb_str_fmt(ctx, "%.2f", (double)bytes / WB_GIB); }

wb_str wb_out_bytes(const wb_out *out, wb_i128 bytes) {
  return wb_out_plain(out) ? wb_out_number(out, bytes) : wb_gib(out->text.ctx, bytes);
}

/* Room for so many bytes: where they go. */
static char *room(wb_text *out, size_t more) {
  wb_text_room(out, more);
  return out->ptr + out->len;
}

/* A path may hold any bytes; JSON may not. */
void wb_json_string(wb_text *out, wb_str value) {
  size_t at = wb_str_plain(value.ptr, value.len), written;
  char *to = room(out, at + 2);
  *to++ = '"';
  if (at) memcpy(to, value.ptr, at);
  out->len += at + 1;
  while (at < value.len) {
    char bytes[8];
    at += wb_str_json(value.ptr + at, value.len - at, bytes, &written);
    wb_text_add(out, (wb_str){bytes, written});
    const size_t plain = wb_str_plain(value.ptr + at, value.len - at);
    wb_text_add(out, wb_str_slice(value, at, at + plain));
    at += plain;
  }
  wb_text_addc(out, '"');
}

static char *new_line(const wb_json_out *j, char *to) {
  if (j->out->one_line) return to;
  *to++ = '\n';
  memset(to, ' ', (size_t)j->depth * 2);
  return to + (size_t)j->depth * 2;
}

/* Keys are names of tables and descriptions: nothing in them is escaped. */
static void lead(wb_json_out *j, const char *key) {
  wb_text *t = &j->out->text;
  const size_t length = key ? strlen(key) : 0;
  char *const from = room(t, length + (size_t)j->depth * 2 + 6), *to = from;
  if (j->depth && !j->first) *to++ = ',';
  if (j->depth) to = new_line(j, to);
  j->first = false;
  if (key) {
    *to++ = '"';
    memcpy(to, key, length);
    to += length;
    *to++ = '"';
    *to++ = ':';
    if (!j->out->one_line) *to++ = ' ';
  }
  t->len += (size_t)(to - from);
  if (t->len >= PAGE) wb_out_flush(j->out, false);
}

void wb_jo_begin(wb_json_out *j, const char *key, char bracket) {
  lead(j, key);
  wb_text_addc(&j->out->text, bracket);
  j->depth++;
  j->first = true;
}

void wb_jo_end(wb_json_out *j, char bracket) {
  j->depth--;
  wb_text *t = &j->out->text;
  char *const from = room(t, (size_t)j->depth * 2 + 2), *to = from;
  if (!j->first) to = new_line(j, to);
  j->first = false;
  *to++ = bracket;
  t->len += (size_t)(to - from);
  if (!j->depth && !j->out->one_line) wb_text_addc(&j->out->text, '\n');
}

void wb_jo_str(wb_json_out *j, const char *key, wb_str value) {
  lead(j, key);
  wb_json_string(&j->out->text, value);
}

void wb_jo_int(wb_json_out *j, const char *key, wb_i128 value) {
  lead(j, key);
  wb_i128_print(&j->out->text, value);
}

void wb_jo_num(wb_json_out *j, const char *key, wb_num value) {
  if (wb_num_is_int(value)) wb_jo_int(j, key, value.num);
  else {
    lead(j, key);
    wb_text_addf(&j->out->text, "%.15g", wb_num_double(value)); /* finite: a quotient of 128-bit integers */
  }
}

void wb_jo_real(wb_json_out *j, const char *key, double value) {
  lead(j, key);
  if (isfinite(value)) wb_text_addf(&j->out->text, "%.12g", value);
  else wb_text_adds(&j->out->text, "null");
}

void wb_jo_bool(wb_json_out *j, const char *key, bool value) {
  lead(j, key);
  wb_text_adds(&j->out->text, value ? "true" : "false");
}

void wb_jo_null(wb_json_out *j, const char *key) {
  lead(j, key);
  wb_text_adds(&j->out->text, "null");
}
