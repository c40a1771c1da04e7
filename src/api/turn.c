#include "api/turn.h"

#include <string.h>

void wb_turn_begin(wb_turn *turn, wb_model *m) {
  m->ctx.turn++;
  m->ctx.lasting = 0;
  memcpy(&turn->before, m, sizeof *m); /* with what lies between its members */
  turn->mark = wb_arena_mark(m->ctx.arena);
}

void wb_turn_end(wb_turn *turn, wb_model *m) {
  const size_t from = offsetof(wb_model, lib);
  const wb_warning *const warnings = m->warnings;
  const size_t cap = m->warning_cap;
  m->warnings = turn->before.warnings;
  m->warning_cap = turn->before.warning_cap;
  m->warning_count = turn->before.warning_count;
  const bool same = memcmp((const char *)m + from, (const char *)&turn->before + from, sizeof *m - from) == 0;
  if (same && !m->ctx.lasting) {
    wb_arena_reset(m->ctx.arena, turn->mark);
    return;
  }
  m->warnings = (wb_warning *)warnings;
  m->warning_cap = cap;
}
