/* A question as one line of text, and an option by name and text: what the API, links and `weigh open` read.
 *
 *   params?model=Qwen%2FQwen3-8B          a command, then its words and options by name, percent-encoded as in a URL
 *   memory?model=7B&context=8192&mtp      a flag needs no value
 *   diff?a=Qwen%2FQwen3-8B&b=Qwen%2FQwen3-4B
 *
 * Words have the names of the help in small letters: MODEL is `model`, A is `a`.
 */
#ifndef WEIGH_FACE_SHARE_H
#define WEIGH_FACE_SHARE_H

#include "face/options.h"

#define FACE_QUESTION_MAX ((size_t)32 << 10)

/* The name of a command's word, "model" of "MODEL [QUANTITY]", and its length; NULL: it has no such word. `optional` says
 * whether it stands in brackets. */
const char *face_word(const face_command *command, size_t index, size_t *length, bool *optional);

/* Sets a word or an option by name. `value` is as typed; of a flag "" and "true" set it, "false" leaves it. What is about
 * the machine that the command runs on (files, colours) is unknown here. Names that the command does not know are the
 * engine's where it takes a serving question. Texts must outlive the question. Fails with usage_*. */
weigh_status face_set_named(const face_command *command, const char *name, const char *value, face_question *o,
                            weigh_error *err);

/* Whether the command's word of that index goes by this name. */
bool face_is_word(const face_command *command, size_t index, const char *name);

/* Whether a word or an option of a command goes by this name, and may be said from elsewhere. */
bool face_is_named(const face_command *command, const char *name);

/* Options that mean nothing from elsewhere. */
bool face_is_of_here(const face_option *option);

/* Reads a question; a URL before it, up to its last / or #, is passed over. `room` (as long as the text and one more) keeps
 * its texts. Fails with usage_*. */
weigh_status face_read_question(const char *text, char *room, const face_command **command, face_question *o,
                                weigh_error *err);

/* Writes a question, NUL-terminated; false when it is longer than `size`. */
bool face_write_question(const face_command *command, const face_question *o, char *out, size_t size);

#endif
