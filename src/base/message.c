#include "base/message.h"

#include <string.h>

typedef struct message {
  const char *code;
  const char *en;
  const char *zh;
  weigh_status status;
} message;

static const message messages[] = {
#define WB_MESSAGE(id, status, en, zh, code) {code, en, zh, status},
#include "generated/messages.inc"
#undef WB_MESSAGE
};

_Static_assert(sizeof messages / sizeof *messages == WB_MESSAGE_COUNT, "one row a message");

static const message *find(wb_message_id id) {
  static const message unknown = {"unknown", "", "", WEIGH_REFUSED};
  return (size_t)id < WB_MESSAGE_COUNT ? &messages[id] : &unknown;
}

weigh_status wb_message_status(wb_message_id id) { return find(id)->status; }

const char *wb_message_code(wb_message_id id) { return find(id)->code; }

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool wb_message_find(wb_str code, wb_message_id *id) {
  for (int n = 0; n < WB_MESSAGE_COUNT; n++) {
    const char *own = find((wb_message_id)n)->code;
    size_t i = 0;
    while (i < code.len && own[i] && lower(code.ptr[i]) == own[i]) i++;
    if (i < code.len || own[i]) continue;
    *id = (wb_message_id)n;
    return true;
  }
  return false;
}

const char *wb_message_text(wb_message_id id, wb_lang lang) {
  const message *row = find(id);
  return lang == WB_LANG_ZH && *row->zh ? row->zh : row->en;
}

wb_str wb_message_fragment(wb_str text, wb_lang lang) {
  static const char prefix[] = "fragment_";
  if (lang == WB_LANG_EN) return text;
  for (size_t i = 0; i < sizeof messages / sizeof *messages; i++)
    if (strncmp(messages[i].code, prefix, sizeof prefix - 1) == 0 && wb_str_is(text, messages[i].en))
      return wb_str_of(messages[i].zh);
  return text;
}

bool wb_message_is_name(const char *text, const char *place) { return place > text && place[-1] == '`'; }

void wb_message_add(wb_text *out, wb_message_id id, wb_lang lang, const wb_str *args, size_t count) {
  const char *text = wb_message_text(id, lang);
  const char *plain = text; /* start of what is not yet copied */
  for (const char *at = text; (at = strchr(at, '{')) != NULL;) {
    if (at[1] < '0' || at[1] > '9' || at[2] != '}' || (size_t)(at[1] - '0') >= count) {
      at++;
      continue;
    }
    wb_text_add(out, (wb_str){plain, (size_t)(at - plain)});
    const wb_str arg = args[at[1] - '0'];
    wb_text_add(out, wb_message_is_name(text, at) ? arg : wb_message_fragment(arg, lang));
    at += 3;
    plain = at;
  }
  wb_text_adds(out, plain);
}
