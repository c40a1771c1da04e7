/* Every text that a person reads exists once, below data/messages, in English and Chinese; this is its table.
 *
 * A message has an id (stable: the `code` of errors and warnings is the id in lower case), a status and two texts
 * with places {0}, {1}, … The enum and the table are generated from the data when the program is built, by
 * tools/embed.c, which refuses a text that is empty and a pair of texts that differ in their places.
 */
#ifndef WB_BASE_MESSAGE_H
#define WB_BASE_MESSAGE_H

#include "base/str.h"
#include "weigh/status.h"

typedef enum wb_message_id {
#define WB_MESSAGE(id, status, en, zh, code) WB_##id,
#include "generated/messages.inc"
#undef WB_MESSAGE
  WB_MESSAGE_COUNT
} wb_message_id;

typedef enum wb_lang { WB_LANG_EN, WB_LANG_ZH } wb_lang;

/* An id outside the table reads as WEIGH_REFUSED, "unknown" and an empty text. */
weigh_status wb_message_status(wb_message_id id);
const char *wb_message_code(wb_message_id id);               /* "field_type" */
bool wb_message_find(wb_str code, wb_message_id *id);        /* by code, or by id in any case */
const char *wb_message_text(wb_message_id id, wb_lang lang); /* with its {0} places; Chinese falls back to English */

/* A part of a sentence ("a number", "the end of the line") in a language: the FRAGMENT_ row whose English text it is.
 * Other texts come back as they are. */
wb_str wb_message_fragment(wb_str text, wb_lang lang);
/* Whether a place of a message stands in backquotes: what is put there is a name, and stays as it is (an input may be called
 * `text`). */
bool wb_message_is_name(const char *text, const char *place);

/* Appends a message with its places filled. A place for which there is no argument stays as it is written, so that
 * the mistake shows; arguments are put in as they are and not searched for places. */
void wb_message_add(wb_text *out, wb_message_id id, wb_lang lang, const wb_str *args, size_t count);

#endif
