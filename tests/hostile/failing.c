/* A machine at fault, put before the C library (LD_PRELOAD) by failing.t. FAILING="CALL:HOW":
 *
 *   read:short    each read gives a few bytes        read:eintr    each read is interrupted once first
 *   CALL:N        the N-th call of its kind fails: read (EIO), open (EMFILE), write (ENOSPC), sync (EIO), memory (none)
 *
 * FAILING_COUNT names a file to which the number of such calls is written at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char call[16];
static unsigned long wanted, seen;
static int is_short, is_interrupted;

__attribute__((constructor)) static void begin(void) {
  const char *said = getenv("FAILING"), *colon = said ? strchr(said, ':') : NULL;
  if (!colon || (size_t)(colon - said) >= sizeof call) return;
  memcpy(call, said, (size_t)(colon - said));
  is_short = strcmp(colon + 1, "short") == 0;
  is_interrupted = strcmp(colon + 1, "eintr") == 0;
  wanted = strtoul(colon + 1, NULL, 10);
}

__attribute__((destructor)) static void end(void) {
  const char *name = getenv("FAILING_COUNT");
  char text[32];
  const int length = snprintf(text, sizeof text, "%lu", __atomic_load_n(&seen, __ATOMIC_RELAXED));
  call[0] = '\0';
  const int fd = name ? open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
  if (fd < 0 || write(fd, text, (size_t)length) != length || close(fd)) _exit(99);
}

static int fails(const char *kind, int error) {
  if (strcmp(call, kind) != 0) return 0;
  if (__atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED) != wanted) return 0;
  errno = error;
  return 1;
}

#define REAL(name)               \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, #name)

static int interrupted(void) {
  static __thread int was;
  if (!is_interrupted || (was = !was) == 0) return 0;
  errno = EINTR;
  return 1;
}
static size_t few(size_t size) { return is_short && size > 3 ? 3 : size; }

ssize_t read(int fd, void *to, size_t size) {
  REAL(read);
  if (fails("read", EIO) || interrupted()) return -1;
  return real(fd, to, few(size));
}
ssize_t pread64(int fd, void *to, size_t size, off64_t at) {
  REAL(pread64);
  if (fails("read", EIO) || interrupted()) return -1;
  return real(fd, to, few(size), at);
}
ssize_t write(int fd, const void *from, size_t size) {
  REAL(write);
  return fails("write", ENOSPC) ? -1 : real(fd, from, size);
}
ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
  REAL(pwrite64);
  return fails("write", ENOSPC) ? -1 : real(fd, from, size, at);
}
int fsync(int fd) {
  REAL(fsync);
  return fails("sync", EIO) ? -1 : real(fd);
}
int fdatasync(int fd) {
  REAL(fdatasync);
  return fails("sync", EIO) ? -1 : real(fd);
}

static int mode_of(int flags, va_list more) { return flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, int) : 0; }
int open(const char *path, int flags, ...) {
  REAL(open);
  va_list more;
  va_start(more, flags);
  const int mode = mode_of(flags, more);
  va_end(more);
  return fails("open", EMFILE) ? -1 : real(path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  REAL(open64);
  va_list more;
  va_start(more, flags);
  const int mode = mode_of(flags, more);
  va_end(more);
  return fails("open", EMFILE) ? -1 : real(path, flags, mode);
}

/* glibc's own names, since dlsym may allocate. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *malloc(size_t size) { return fails("memory", ENOMEM) ? NULL : __libc_malloc(size); }
void *calloc(size_t count, size_t size) { return fails("memory", ENOMEM) ? NULL : __libc_calloc(count, size); }
void *realloc(void *block, size_t size) { return fails("memory", ENOMEM) ? NULL : __libc_realloc(block, size); }
