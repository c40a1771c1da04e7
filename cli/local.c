#include "local.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "run.h"

#define OUTPUT_MOST  ((size_t)1 << 18)
#define FOLDERS_MOST 64
#define PATH_SIZE    1024

typedef struct search {
  weigh_library *library;
  weigh_error *err;
  weigh_status status;
  char *output; /* of the tool asked last */
  size_t size;
  char tool[64], tried[512];
  weigh_local found;
} search;

/* ---- files ---- */

static void add(search *s, const char *text, size_t length) {
  if (length > OUTPUT_MOST - s->size) length = OUTPUT_MOST - s->size;
  memcpy(s->output + s->size, text, length);
  s->size += length;
}

/* Appends a file, with its name in front of what it says where it is one of several. */
static void add_file(search *s, const char *folder, const char *name, bool alone) {
  char path[PATH_SIZE], text[8192];
  const int length = snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = length > 0 && (size_t)length < sizeof path ? fopen(path, "r") : NULL;
  if (!file) return;
  const size_t read = fread(text, 1, sizeof text, file);
  fclose(file);
  if (!read) return;
  if (!alone) {
    add(s, name, strlen(name));
    add(s, ": ", 2);
  }
  add(s, text, read);
  if (text[read - 1] != '\n') add(s, "\n", 1);
}

static void add_folder(search *s, const char *folder, const char *files) {
  const bool alone = !strchr(files, ' ');
  while (*files) {
    char name[128];
    const size_t length = strcspn(files, " ");
    snprintf(name, sizeof name, "%.*s", (int)length, files);
    add_file(s, folder, name, alone);
    files += length + (files[length] == ' ');
  }
  add(s, "\n", 1);
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

/* Names in a folder that may stand for the * of "card*". */
static size_t list(const char *folder, const char *pattern, size_t pattern_length, char names[][256]) {
  const char *star = memchr(pattern, '*', pattern_length);
  const size_t before = (size_t)(star - pattern), after = pattern_length - before - 1;
  DIR *dir = opendir(folder);
  size_t count = 0;
  for (struct dirent *entry; dir && count < FOLDERS_MOST && (entry = readdir(dir));) {
    const size_t length = strlen(entry->d_name);
    if (entry->d_name[0] == '.' || length >= 256 || length < before + after) continue;
    if (strncmp(entry->d_name, pattern, before) != 0) continue;
    if (strncmp(entry->d_name + length - after, star + 1, after) != 0) continue;
    memcpy(names[count++], entry->d_name, length + 1);
  }
  if (dir) closedir(dir);
  qsort(names, count, sizeof *names, by_name);
  return count;
}

/* Reads the files of every folder that a pattern such as /sys/class/drm/card* /device means, below WEIGH_LOCAL_ROOT. */
static void read_files(search *s, const weigh_probe *probe) {
  static char names[FOLDERS_MOST][256];
  const char *root = getenv("WEIGH_LOCAL_ROOT"), *star = strchr(probe->asks, '*');
  char folder[PATH_SIZE];
  if (!star) {
    if (snprintf(folder, sizeof folder, "%s%s", root ? root : "", probe->asks) < PATH_SIZE)
      add_folder(s, folder, probe->of);
    return;
  }
  const char *from = star;
  while (from > probe->asks && from[-1] != '/') from--;
  const size_t length = strcspn(from, "/");
  if (snprintf(folder, sizeof folder, "%s%.*s", root ? root : "", (int)(from - probe->asks), probe->asks) >= PATH_SIZE)
    return;
  const size_t count = list(folder, from, length, names);
  for (size_t i = 0; i < count; i++) {
    char path[PATH_SIZE];
    if (snprintf(path, sizeof path, "%s%s%s", folder, names[i], from + length) < PATH_SIZE)
      add_folder(s, path, probe->of);
  }
}

/* ---- the search ---- */

static bool ask(void *user, const weigh_probe *probe) {
  search *s = user;
  s->size = 0;
  if (probe->program) s->size = cli_run_program(probe->asks, s->output, OUTPUT_MOST);
  else read_files(s, probe);
  const size_t used = strlen(s->tried);
  snprintf(s->tried + used, sizeof s->tried - used, "%s%s", used ? ", " : "", probe->tool);
  snprintf(s->tool, sizeof s->tool, "%s", probe->tool);
  if (s->size) s->status = weigh_local_find(s->library, probe->tool, s->output, s->size, &s->found, s->err);
  return s->status == WEIGH_OK && s->found.gpus == 0;
}

/* The first tool that names a card; its output stays in `s`. */
static weigh_status find(search *s, const face_question *o) {
  s->output = malloc(OUTPUT_MOST);
  if (!s->output) return weigh_error_set(s->err, o->language, "OUT_OF_MEMORY", NULL, 0);
  const weigh_status status = weigh_probes(s->library, ask, s, s->err);
  if (status != WEIGH_OK) return status;
  if (s->status == WEIGH_OK && s->found.gpus == 0)
    return weigh_error_set(s->err, o->language, "LOCAL_NONE", (const char *const[]){s->tried}, 1);
  return s->status;
}

weigh_status cli_report_local(weigh_library *library, face_question *o, weigh_error *err) {
  search s = {.library = library, .err = err};
  weigh_status status = find(&s, o);
  if (status == WEIGH_OK)
    status = weigh_local_report(library, s.tool, s.output, s.size, &o->report, cli_write_stdout, NULL, err);
  free(s.output);
  return status;
}

weigh_status cli_place_local(weigh_library *library, face_question *o, weigh_local *found, weigh_error *err) {
  weigh_serving *w = &o->report.serving;
  if (!w->gpu || strcmp(w->gpu, "local") != 0) return WEIGH_OK;
  search s = {.library = library, .err = err};
  const weigh_status status = find(&s, o);
  free(s.output);
  if (status != WEIGH_OK) return status;
  *found = s.found;
  w->gpu = found->gpu[0] ? found->gpu : NULL;
  if (!w->gpu_memory_bytes) w->gpu_memory_bytes = found->gpu_memory_bytes;
  if (!w->gpus && !w->tp && !w->pp && !w->dp && !w->cp) w->gpus = found->gpus;
  return WEIGH_OK;
}
