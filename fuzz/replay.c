/* Runs a fuzz target over the files and folders named on the command line (one level deep), so that inputs once
 * found are tried in every run of the tests, with any compiler. Speaks TAP: one point a file. */
#define _POSIX_C_SOURCE 200809L
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int count;

/* An input that crashes ends the program, which prove reports; the line before tells which input it was. */
static void replay(const char *path) {
  FILE *in = fopen(path, "rb");
  if (!in) {
    printf("not ok %d - %s cannot be opened\n", ++count, path);
    return;
  }
  uint8_t *data = NULL;
  size_t size = 0;
  for (size_t n = 1; n > 0; size += n) {
    uint8_t *grown = realloc(data, size + 65536);
    if (!grown) abort();
    data = grown;
    n = fread(data + size, 1, 65536, in);
  }
  fclose(in);
  printf("# %s\n", path);
  fflush(stdout);
  /* An exact block, so that AddressSanitizer sees one byte too far. */
  uint8_t *exact = realloc(data, size ? size : 1);
  LLVMFuzzerTestOneInput(exact ? exact : data, size);
  free(exact ? exact : data);
  printf("ok %d - %s\n", ++count, path);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    DIR *dir = opendir(argv[i]);
    if (!dir) {
      replay(argv[i]);
      continue;
    }
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
      if (entry->d_name[0] == '.') continue;
      char path[4096];
      int n = snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
      if (n > 0 && (size_t)n < sizeof path) replay(path);
    }
    closedir(dir);
  }
  if (count) printf("1..%d\n", count);
  else printf("1..0 # SKIP no inputs\n");
  return 0;
}
