/* How many parameters has a model, and where do they sit?
 *
 *   cc examples/params.c $(pkg-config --cflags --libs weigh) -o params
 *   ./params path/to/config.json [num_hidden_layers=48 …]
 *
 * Prints the exact total, the active parameters, and the total of each group of tensors. */
#include <stdio.h>
#include <string.h>
#include <weigh/weigh.h>

#define GROUPS 32

typedef struct sums {
  const char *name[GROUPS]; /* texts of the library: they live as long as it does */
  weigh_count elements[GROUPS];
  size_t count;
} sums;

/* Called for each tensor. Buffers and tied copies are no parameters of their own. */
static bool add(void *user, const weigh_tensor *tensor) {
  sums *s = user;
  size_t i = 0;
  if (strcmp(tensor->kind, "param") != 0) return true;
  while (i < s->count && strcmp(s->name[i], tensor->group) != 0) i++;
  if (i == GROUPS) return false;
  if (i == s->count) s->name[s->count++] = tensor->group;
  s->elements[i] += tensor->elements;
  return true;
}

/* Every failure is a status and a sentence; `status` is a good exit code too. */
static weigh_status weigh_it(weigh_library *library, int count, char **words, weigh_error *err) {
  weigh_model *model = NULL;
  weigh_totals totals = {0};
  sums groups = {.count = 0};
  weigh_model_request request = {
      .model = words[0], .settings = (const char *const *)words + 1, .setting_count = (size_t)count - 1};
  weigh_status status = weigh_model_open(library, &request, &model, err);
  if (status == WEIGH_OK) status = weigh_model_totals(model, &totals, err);
  if (status == WEIGH_OK) status = weigh_model_tensors(model, false, add, &groups, err);
  if (status == WEIGH_OK) {
    printf("total %lld\nactive %lld\n", (long long)totals.total_parameters, (long long)totals.active_parameters);
    for (size_t i = 0; i < groups.count; i++) printf("  %s %lld\n", groups.name[i], (long long)groups.elements[i]);
    if (!totals.enumeration_available) printf("(not all of this model is described: the figures are incomplete)\n");
  }
  weigh_model_free(model); /* NULL is fine; before its library */
  return status;
}

int main(int argc, char **argv) {
  weigh_library *library = NULL;
  weigh_error err = {0};
  weigh_status status = WEIGH_USAGE;
  if (argc < 2) snprintf(err.message, sizeof err.message, "usage: params CONFIG [FIELD=VALUE…]");
  else if ((status = weigh_library_open(NULL, &library, &err)) == WEIGH_OK)
    status = weigh_it(library, argc - 1, argv + 1, &err);
  if (status != WEIGH_OK) fprintf(stderr, "params: %s\n", err.message);
  weigh_library_free(library);
  return (int)status;
}
