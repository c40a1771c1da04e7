/* Turns data/ into C, at build time.
 *
 *   embed DATA_FOLDER OUT_FOLDER    writes OUT/messages.inc and OUT/data.c, each only when it changed
 *   embed DATA_FOLDER               checks only
 *
 * messages.inc: one row a message of DATA/messages/(any).tsv, see src/base/message.h.
 * data.c:       every other file below DATA except README.md, and the digest of all, see src/base/data.h.
 *
 * A host program: it runs on the machine that builds and never ships, so it prints, exits and leaves its memory to
 * the system. Files whose names begin with a dot or end in ~ are not seen.
 */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <sha2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_PLACES 5 /* WB_MESSAGE_ARGS in src/base/ctx.h */
#define LINE_BYTES 100

typedef struct bytes {
  char *ptr;
  size_t len, cap;
} bytes;

typedef struct file {
  char *path; /* relative to the data folder */
  bytes content;
} file;

typedef struct message {
  char *id, *status, *en, *zh;
  const char *file;
  unsigned line;
} message;

static file *files;
static size_t file_count;
static message *messages;
static size_t message_count;

static _Noreturn void die(const char *format, ...) {
  va_list args;
  va_start(args, format);
  fputs("embed: ", stderr);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  exit(1);
}

static void *more(void *block, size_t size) {
  void *grown = realloc(block, size ? size : 1);
  if (!grown) die("out of memory");
  return grown;
}

static void add(bytes *b, const char *ptr, size_t len) {
  if (b->len + len + 1 > b->cap) {
    b->cap = (b->len + len + 1) * 2;
    b->ptr = more(b->ptr, b->cap);
  }
  if (len) memcpy(b->ptr + b->len, ptr, len);
  b->len += len;
  b->ptr[b->len] = '\0';
}

static void adds(bytes *b, const char *text) { add(b, text, strlen(text)); }

static void __attribute__((format(printf, 2, 3))) addf(bytes *b, const char *format, ...) {
  char line[512];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (n < 0 || (size_t)n >= sizeof line) die("a generated line is longer than %zu bytes", sizeof line);
  add(b, line, (size_t)n);
}

static char *join(const char *a, const char *b) {
  bytes out = {0};
  adds(&out, a);
  if (*a) adds(&out, "/");
  adds(&out, b);
  return out.ptr;
}

/* ---- files ---- */

static bool read_file(const char *path, bytes *out) {
  FILE *in = fopen(path, "rb");
  if (!in) return false;
  char block[65536];
  for (size_t n; (n = fread(block, 1, sizeof block, in)) > 0;) add(out, block, n);
  bool fine = !ferror(in);
  fclose(in);
  if (!out->ptr) add(out, "", 0);
  return fine;
}

static void write_if_changed(const char *path, const bytes *content) {
  bytes old = {0};
  if (read_file(path, &old) && old.len == content->len && !memcmp(old.ptr, content->ptr, old.len)) return;
  FILE *out = fopen(path, "wb");
  if (!out || fwrite(content->ptr, 1, content->len, out) != content->len || fclose(out))
    die("cannot write %s: %s", path, strerror(errno));
}

static void collect(const char *root, const char *folder) {
  char *at = *folder ? join(root, folder) : join("", root);
  DIR *dir = opendir(at);
  if (!dir) die("cannot open the folder %s: %s", at, strerror(errno));
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    const char *name = entry->d_name;
    if (name[0] == '.' || name[strlen(name) - 1] == '~' || !strcmp(name, "README.md")) continue;
    char *path = join(folder, name), *full = join(at, name);
    struct stat st;
    if (stat(full, &st)) die("cannot stat %s: %s", full, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
      collect(root, path);
      continue;
    }
    files = more(files, (file_count + 1) * sizeof *files);
    file *f = &files[file_count++];
    *f = (file){path, {0}};
    if (!read_file(full, &f->content)) die("cannot read %s: %s", full, strerror(errno));
  }
  closedir(dir);
}

static int by_path(const void *a, const void *b) { return strcmp(((const file *)a)->path, ((const file *)b)->path); }

static bool is_message_file(const file *f) { return !strncmp(f->path, "messages/", 9); }

/* ---- messages ---- */

static const struct {
  const char *word, *status;
} statuses[] = {{"text", "WEIGH_OK"},
                {"usage", "WEIGH_USAGE"},
                {"refused", "WEIGH_REFUSED"},
                {"no", "WEIGH_NO"},
                {"environment", "WEIGH_ENVIRONMENT"}};

static const char *status_of(const char *word) {
  for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
    if (!strcmp(word, statuses[i].word)) return statuses[i].status;
  return NULL;
}

/* The places {0}…{4} of a text as a set of bits. */
static unsigned places(const message *m, const char *text) {
  unsigned set = 0;
  for (const char *at = text; *at; at++) {
    if (at[0] != '{' || !isdigit((unsigned char)at[1]) || at[2] != '}') continue;
    int place = at[1] - '0';
    if (place >= MAX_PLACES)
      die("data/%s:%u: %s has the place {%d}; the last there is is {%d}", m->file, m->line, m->id, place,
          MAX_PLACES - 1);
    set |= 1u << place;
  }
  return set;
}

/* Resolves \n, \t and \\ in place. */
static void unescape(const message *m, char *text) {
  char *to = text;
  for (const char *from = text; *from; from++) {
    char c = *from;
    if (c == '\\') {
      c = *++from;
      if (c != 'n' && c != 't' && c != '\\')
        die("data/%s:%u: a backslash must be followed by n, t or a backslash", m->file, m->line);
      c = c == 'n' ? '\n' : c == 't' ? '\t' : '\\';
    }
    *to++ = c;
  }
  *to = '\0';
}

static void check_message(message *m) {
  if (!isupper((unsigned char)m->id[0]) || strspn(m->id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != strlen(m->id))
    die("data/%s:%u: the id \"%s\" must be upper-case letters, digits and _", m->file, m->line, m->id);
  if (!status_of(m->status))
    die("data/%s:%u: %s has the status \"%s\"; there are text, usage, refused, no, environment", m->file, m->line,
        m->id, m->status);
  unescape(m, m->en);
  unescape(m, m->zh);
  if (!*m->en || !*m->zh) die("data/%s:%u: %s has no %s text", m->file, m->line, m->id, *m->en ? "zh" : "en");
  if (places(m, m->en) != places(m, m->zh))
    die("data/%s:%u: the texts of %s differ in their places {0}, {1}, …", m->file, m->line, m->id);
}

static void read_line(const file *f, unsigned line, char *text) {
  char *column[4];
  size_t n = 0;
  for (char *at = text; at; n++) {
    char *tab = strchr(at, '\t');
    if (tab) *tab++ = '\0';
    if (n < 4) column[n] = at;
    at = tab;
  }
  if (n != 4) die("data/%s:%u: %zu columns instead of 4 (id, status, en, zh, with tabs between)", f->path, line, n);
  messages = more(messages, (message_count + 1) * sizeof *messages);
  message *m = &messages[message_count++];
  *m = (message){column[0], column[1], column[2], column[3], f->path, line};
  check_message(m);
}

static void read_messages(const file *f) {
  bytes copy = {0};
  add(&copy, f->content.ptr, f->content.len);
  if (strlen(copy.ptr) != copy.len) die("data/%s holds a NUL byte", f->path);
  unsigned line = 0;
  bool header = false;
  for (char *at = copy.ptr; *at;) {
    char *end = strchr(at, '\n');
    if (!end) die("data/%s: the last line does not end with a newline", f->path);
    *end = '\0';
    line++;
    if (*at && *at != '#') {
      if (header) read_line(f, line, at);
      else if (strcmp(at, "id\tstatus\ten\tzh"))
        die("data/%s:%u: the header must be: id, status, en, zh", f->path, line);
      header = true;
    }
    at = end + 1;
  }
}

static int by_id(const void *a, const void *b) { return strcmp(((const message *)a)->id, ((const message *)b)->id); }

static void refuse_duplicates(void) {
  qsort(messages, message_count, sizeof *messages, by_id);
  for (size_t i = 1; i < message_count; i++) {
    const message *a = &messages[i - 1], *b = &messages[i];
    if (!strcmp(a->id, b->id))
      die("the id %s stands twice: data/%s:%u and data/%s:%u", a->id, a->file, a->line, b->file, b->line);
  }
}

/* ---- C text ---- */

/* Appends the bytes as string literals, LINE_BYTES a line: compilers read literals far faster than number lists. */
static void add_literal(bytes *out, const char *ptr, size_t len) {
  adds(out, "\"");
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)ptr[i];
    if (i && i % LINE_BYTES == 0) adds(out, "\"\n\"");
    if (c == '\n') adds(out, "\\n");
    else if (c == '"' || c == '\\' || c == '?') addf(out, "\\%c", c); /* \? so that no trigraph can arise */
    else if (c >= 32 && c < 127) add(out, ptr + i, 1);
    else addf(out, "\\%03o", (unsigned)c);
  }
  adds(out, "\"");
}

static bytes message_rows(void) {
  bytes out = {0};
  adds(&out, "/* Generated by tools/embed.c from data/messages. */\n");
  for (size_t i = 0; i < message_count; i++) {
    const message *m = &messages[i];
    addf(&out, "WB_MESSAGE(%s, %s, ", m->id, status_of(m->status));
    add_literal(&out, m->en, strlen(m->en));
    adds(&out, ", ");
    add_literal(&out, m->zh, strlen(m->zh));
    adds(&out, ", \"");
    for (const char *c = m->id; *c; c++) addf(&out, "%c", tolower((unsigned char)*c));
    adds(&out, "\")\n");
  }
  return out;
}

static void digest(char hex[SHA256_DIGEST_STRING_LENGTH]) {
  SHA2_CTX sha;
  SHA256Init(&sha);
  for (size_t i = 0; i < file_count; i++) {
    const file *f = &files[i];
    char length[32];
    int n = snprintf(length, sizeof length, "%zu", f->content.len);
    SHA256Update(&sha, (const uint8_t *)f->path, strlen(f->path) + 1);
    SHA256Update(&sha, (const uint8_t *)length, (size_t)n + 1);
    SHA256Update(&sha, (const uint8_t *)f->content.ptr, f->content.len);
  }
  SHA256End(&sha, hex);
}

static bytes data_table(void) {
  bytes out = {0}, rows = {0};
  size_t count = 0;
  adds(&out, "/* Generated by tools/embed.c from data/. */\n#include \"base/data.h\"\n\n");
  for (size_t i = 0; i < file_count; i++) {
    const file *f = &files[i];
    if (is_message_file(f)) continue;
    addf(&out, "static const char file%zu[] =\n", count);
    add_literal(&out, f->content.ptr, f->content.len);
    adds(&out, ";\n\n");
    adds(&rows, "  {");
    add_literal(&rows, f->path, strlen(f->path));
    addf(&rows, ", file%zu, %zu},\n", count++, f->content.len);
  }
  if (!count) adds(&rows, "  {\"\", \"\", 0},\n"); /* C has no empty array; the count says 0 */
  char hex[SHA256_DIGEST_STRING_LENGTH];
  digest(hex);
  addf(&out, "const char wb_data_digest[65] = \"%s\";\nconst size_t wb_data_file_count = %zu;\n", hex, count);
  adds(&out, "const wb_data_file wb_data_files[] = {\n");
  add(&out, rows.ptr, rows.len);
  adds(&out, "};\n");
  return out;
}

int main(int argc, char **argv) {
  if (argc != 2 && argc != 3) die("usage: embed DATA_FOLDER [OUT_FOLDER]");
  collect(argv[1], "");
  qsort(files, file_count, sizeof *files, by_path);
  for (size_t i = 0; i < file_count; i++)
    if (is_message_file(&files[i])) read_messages(&files[i]);
  if (!message_count) die("%s/messages holds no messages", argv[1]);
  refuse_duplicates();
  if (argc == 2) return 0;
  bytes rows = message_rows(), table = data_table();
  write_if_changed(join(argv[2], "messages.inc"), &rows);
  write_if_changed(join(argv[2], "data.c"), &table);
  return 0;
}
