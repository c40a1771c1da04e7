/* The cards of this machine, for faces that look for them. The library starts no program and opens no file of the system:
 * a face runs the tools that data/accelerators/probes.tsv lists and hands over what they printed. */
#ifndef WEIGH_LOCAL_H
#define WEIGH_LOCAL_H

#include "weigh/weigh.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One row of the list, in order. The first whose output names a card answers. Strings live as long as the program. */
typedef struct weigh_probe {
  const char *tool; /* "nvidia-smi", the name that the calls below want */
  bool program;     /* `asks` is a command line without quoting; else folders, with one * for any name */
  const char *asks; /* "rocm-smi --showproductname …", or a pattern of folders */
  const char *of; /* files of each folder; what is handed over is "name: content" of each, a blank line between folders,
                        * and of one file alone its lines as they are */
} weigh_probe;

/* Calls `each` for every row until it returns false. */
typedef bool (*weigh_probe_fn)(void *user, const weigh_probe *probe);
weigh_status weigh_probes(weigh_library *library, weigh_probe_fn each, void *user, weigh_error *err);

/* What a tool's output names, ready for weigh_serving. */
typedef struct weigh_local {
  char gpu[1024];               /* `gpu`; empty: the cards have no row of their own, only memory is known */
  weigh_count gpus;             /* `gpus`: all of them; 0: nothing was found */
  weigh_count gpu_memory_bytes; /* `gpu_memory_bytes`, where a row does not say it; else 0 */
} weigh_local;

/* Any bytes are fine; what names no card gives gpus 0. */
weigh_status weigh_local_find(weigh_library *library, const char *tool, const char *output, size_t size,
                              weigh_local *out, weigh_error *err);

/* Writes them as a report: name, count, memory as reported and in use, what a process can use. */
weigh_status weigh_local_report(weigh_library *library, const char *tool, const char *output, size_t size,
                                const weigh_report_options *options, weigh_write_fn write, void *user,
                                weigh_error *err);

#ifdef __cplusplus
}
#endif
#endif
