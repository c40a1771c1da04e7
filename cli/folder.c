#include "folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MOST 16
#define PATH_MOST  4096

static bool is_folder(const char *path) {
  struct stat info;
  return lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static int add_all(const struct dirent *entry) { return entry->d_name[0] != '.'; }

/* A folder that one may not read, or that has gone, is passed over; one that the machine cannot read is none of these. */
static bool is_passed_over(int error) {
  return error == EACCES || error == EPERM || error == ENOENT || error == ENOTDIR;
}

/* A name with a line's end in it could not be told apart. */
static void visit(const char *folder, int depth, cli_text *out) {
  struct dirent **names = NULL;
  const int count = depth < DEPTH_MOST && !out->failed ? scandir(folder, &names, add_all, alphasort) : 0;
  if (count < 0 && !is_passed_over(errno)) out->failed = true;
  for (int i = 0; i < count; i++) {
    char path[PATH_MOST];
    const int length = snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
    const bool fits = length > 0 && (size_t)length < sizeof path && !strchr(names[i]->d_name, '\n');
    if (fits && strcmp(names[i]->d_name, "config.json") == 0) {
      path[length] = '\n';
      cli_text_add(out, path, (size_t)length + 1);
    } else if (fits && is_folder(path)) {
      visit(path, depth + 1, out);
    }
    free(names[i]);
  }
  free(names);
}

void cli_folder_configs(const char *folder, cli_text *out) {
  char path[PATH_MOST];
  size_t length = strlen(folder);
  while (length > 1 && folder[length - 1] == '/') length--;
  /* No line may read as an object. */
  const int size = snprintf(path, sizeof path, "%s%.*s", strchr("{[ -", folder[0]) ? "./" : "", (int)length, folder);
  if (size > 0 && (size_t)size < sizeof path) visit(strcmp(path, "/") == 0 ? "" : path, 0, out);
}
