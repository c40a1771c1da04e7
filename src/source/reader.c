/* The only file of the library that opens files. A descriptor is never held while something may unwind: what can fail
 * the context happens before opening or after closing, and in between failures are values. */
#define _POSIX_C_SOURCE 200809L

#include "source/reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static wb_str reason_of(wb_ctx *ctx, int error) {
  char text[256] = "";
  if (strerror_r(error, text, sizeof text) != 0 || !text[0]) return wb_str_fmt(ctx, "error %d", error);
  return wb_str_copy(ctx, wb_str_of(text));
}

static _Noreturn void cannot(wb_ctx *ctx, wb_message_id id, wb_str path, wb_str reason) {
  WB_FAIL(ctx, id, wb_in_file(path), path, reason);
}

/* As the system wants it. A name that holds a NUL would be cut short there and mean another file. */
static const char *system_path(wb_ctx *ctx, wb_str path) {
  if (path.len && memchr(path.ptr, '\0', path.len)) {
    wb_str shown = wb_str_of(wb_str_cstr(ctx, path));
    cannot(ctx, WB_FILE_OPEN, shown, WB_STR("the path holds a NUL byte"));
  }
  return wb_str_cstr(ctx, path);
}

/* ---- the bytes of a file ---- */

typedef enum outcome { READ_OK, READ_ERROR, READ_TOO_BIG, READ_NO_MEMORY } outcome;

typedef struct input {
  wb_ctx *ctx;
  int fd;
  size_t limit;
  int error; /* errno of READ_ERROR */
  char *bytes;
  size_t len, cap;
} input;

static ssize_t read_some(int fd, char *to, size_t room) {
  ssize_t n;
  do n = read(fd, to, room);
  while (n < 0 && errno == EINTR);
  return n;
}

static bool make_room(input *in) {
  if (in->len < in->cap) return true;
  size_t cap = in->cap * 2;
  char *grown = wb_arena_try(in->ctx->arena, cap);
  if (!grown) return false;
  memcpy(grown, in->bytes, in->len);
  in->bytes = grown;
  in->cap = cap;
  return true;
}

/* Begins with room for `expected` bytes and one more, which shows that the file has ended. */
static outcome read_all(input *in, size_t expected) {
  in->cap = (expected < in->limit ? expected : in->limit) + 1;
  in->bytes = wb_arena_try(in->ctx->arena, in->cap);
  if (!in->bytes) return READ_NO_MEMORY;
  for (;;) {
    if (!make_room(in)) return READ_NO_MEMORY;
    ssize_t n = read_some(in->fd, in->bytes + in->len, in->cap - in->len);
    if (n < 0) {
      in->error = errno;
      return READ_ERROR;
    }
    if (n == 0) return READ_OK;
    in->len += (size_t)n;
    if (in->len > in->limit) return READ_TOO_BIG;
  }
}

#define STREAM_ROOM ((size_t)64 << 10)

/* A file below its own limit may still be more than the rest of the context's memory. */
static _Noreturn void cannot_keep(wb_ctx *ctx, wb_str path, size_t bytes) {
  ctx->at = wb_in_file(path);
  wb_no_room(ctx, bytes);
}

static wb_str read_input(wb_ctx *ctx, wb_str path, int fd, size_t limit) {
  input in = {.ctx = ctx, .fd = fd, .limit = limit};
  struct stat info;
  outcome result = READ_ERROR;
  bool folder = false;
  if (fstat(fd, &info) != 0) {
    in.error = errno;
  } else if (S_ISDIR(info.st_mode)) {
    folder = true;
  } else if (S_ISREG(info.st_mode) && (uintmax_t)info.st_size > limit) {
    result = READ_TOO_BIG;
  } else {
    bool sized = S_ISREG(info.st_mode) && info.st_size > 0; /* some that are not say 0, as in /proc */
    result = read_all(&in, sized ? (size_t)info.st_size : STREAM_ROOM - 1);
  }
  if (fd != STDIN_FILENO) close(fd);
  if (folder) WB_FAIL(ctx, WB_FILE_IS_FOLDER, wb_in_file(path), path);
  if (result == READ_ERROR) cannot(ctx, WB_FILE_READ, path, reason_of(ctx, in.error));
  if (result == READ_TOO_BIG) cannot(ctx, WB_FILE_TOO_BIG, path, wb_str_fmt(ctx, "%zu", limit));
  if (result == READ_NO_MEMORY) cannot_keep(ctx, path, in.len ? in.cap * 2 : in.cap);
  return (wb_str){in.bytes, in.len};
}

static void need_files(wb_ctx *ctx, wb_str path) {
  if (ctx->sealed) WB_FAIL(ctx, WB_FILE_SEALED, WB_NOWHERE, path);
}

wb_str wb_read_file(wb_ctx *ctx, wb_str path, size_t limit) {
  need_files(ctx, path);
  if (!limit) limit = WB_FILE_MAX;
  if (wb_str_is(path, "-")) return read_input(ctx, path, STDIN_FILENO, limit);
  const char *name = system_path(ctx, path);
  int fd;
  do fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) cannot(ctx, WB_FILE_OPEN, path, reason_of(ctx, errno));
  return read_input(ctx, path, fd, limit);
}

/* ---- paths and folders ---- */

wb_file_kind wb_path_kind(wb_ctx *ctx, wb_str path) {
  struct stat info;
  if (stat(system_path(ctx, path), &info) != 0) {
    if (errno != ENOENT && errno != ENOTDIR) cannot(ctx, WB_FILE_OPEN, path, reason_of(ctx, errno));
    return WB_FILE_ABSENT;
  }
  if (!S_ISREG(info.st_mode)) return WB_FILE_OTHER;
  return info.st_size ? WB_FILE_REGULAR : WB_FILE_EMPTY;
}

bool wb_path_exists(wb_ctx *ctx, wb_str path) {
  struct stat info;
  return !ctx->sealed && stat(system_path(ctx, path), &info) == 0;
}

bool wb_path_is_folder(wb_ctx *ctx, wb_str path) {
  struct stat info;
  return !ctx->sealed && stat(system_path(ctx, path), &info) == 0 && S_ISDIR(info.st_mode);
}

wb_str wb_path_join(wb_ctx *ctx, wb_str folder, wb_str name) {
  const char *slash = folder.len && folder.ptr[folder.len - 1] != '/' ? "/" : "";
  wb_text path = {.ctx = ctx};
  wb_text_add(&path, folder);
  wb_text_adds(&path, slash);
  wb_text_add(&path, name);
  return wb_text_str(&path);
}

static int by_bytes(const void *a, const void *b) { return wb_str_cmp(*(const wb_str *)a, *(const wb_str *)b); }

typedef struct listing {
  wb_str *names;
  size_t count, cap;
} listing;

/* False when memory is short. */
static bool list_name(wb_arena *arena, listing *list, const char *name) {
  if (list->count == list->cap) {
    size_t cap = list->cap ? list->cap * 2 : 64;
    wb_str *grown = wb_arena_try(arena, cap * sizeof *grown);
    if (!grown) return false;
    if (list->count) memcpy(grown, list->names, list->count * sizeof *grown);
    list->names = grown;
    list->cap = cap;
  }
  size_t len = strlen(name);
  char *copy = wb_arena_try(arena, len + 1);
  if (!copy) return false;
  memcpy(copy, name, len);
  list->names[list->count++] = (wb_str){copy, len};
  return true;
}

size_t wb_list_folder(wb_ctx *ctx, wb_str path, wb_str **names) {
  listing list = {NULL, 0, 0};
  need_files(ctx, path);
  DIR *folder = opendir(system_path(ctx, path));
  if (!folder) cannot(ctx, WB_FILE_OPEN, path, reason_of(ctx, errno));
  bool memory = true;
  const struct dirent *entry;
  int error;
  for (;;) {
    errno = 0;
    entry = readdir(folder);
    error = errno;
    if (!entry || list.count > WB_FOLDER_MAX || !memory) break;
    if (entry->d_name[0] != '.') memory = list_name(ctx->arena, &list, entry->d_name);
  }
  closedir(folder);
  if (!memory) WB_FAIL(ctx, WB_OUT_OF_MEMORY, wb_in_file(path), WB_STR(""));
  if (error) cannot(ctx, WB_FILE_READ, path, reason_of(ctx, error));
  if (list.count > WB_FOLDER_MAX)
    cannot(ctx, WB_FILE_READ, path, wb_str_fmt(ctx, "the folder holds more than %zu names", WB_FOLDER_MAX));
  if (list.count) qsort(list.names, list.count, sizeof *list.names, by_bytes);
  *names = list.names;
  return list.count;
}
