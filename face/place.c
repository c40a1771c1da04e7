#include "face/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define NAME "registry.sqlite"

/* Makes the folders above a file, from the first that is missing. One that cannot be made shows when the file is opened. */
static void make_folders(char *path) {
  for (char *c = path + 1; *c; c++) {
    if (*c != '/') continue;
    *c = '\0';
    mkdir(path, 0777);
    *c = '/';
  }
}

bool face_registry_path(const char *named, char *path, size_t size, bool made) {
  const char *given = named ? named : getenv("WEIGH_REGISTRY");
  const char *xdg = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
  int length;
  if (given) length = snprintf(path, size, "%s", given);
  else if (xdg && *xdg == '/') length = snprintf(path, size, "%s/weigh/" NAME, xdg);
  else if (home && *home) length = snprintf(path, size, "%s/.local/share/weigh/" NAME, home);
  else return false;
  if (length <= 0 || (size_t)length >= size) return false;
  if (made && !given) make_folders(path);
  return true;
}

weigh_language face_locale_language(void) {
  static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
  for (size_t i = 0; i < 3; i++) {
    const char *value = getenv(names[i]);
    if (value && *value) return strncmp(value, "zh", 2) == 0 ? WEIGH_CHINESE : WEIGH_ENGLISH;
  }
  return WEIGH_ENGLISH;
}
