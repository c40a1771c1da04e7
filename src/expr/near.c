/* What somebody may have meant by a name that is not known where it stands. */
#include "expr/eval.h"

typedef struct near {
  wb_str name, best;
  size_t least; /* closer than this */
} near;

static void take(void *taker, wb_str name) {
  near *n = taker;
  const size_t distance = n->least ? wb_str_distance(name, n->name, n->least - 1) : 0;
  if (distance >= n->least) return;
  n->least = distance;
  n->best = name;
}

_Noreturn void wb_unknown_name(wb_ctx *ctx, wb_place place, const wb_scope *scope, wb_str name) {
  near n = {.name = name, .least = 1 + (name.len < 3 ? 0 : name.len < 6 ? 1 : 2)};
  for (; scope; scope = scope->parent) {
    for (size_t i = 0; i < scope->count; i++) take(&n, scope->items[i]->name->name);
    if (scope->offer) scope->offer(scope, take, &n);
  }
  size_t count;
  const wb_builtin *functions = wb_builtin_all(&count);
  for (size_t i = 0; i < count; i++) take(&n, wb_str_of(functions[i].name));
  WB_FAIL(ctx, n.best.len ? WB_LANG_UNKNOWN_NEAR : WB_LANG_UNKNOWN_NAME, place, name, n.best);
}
