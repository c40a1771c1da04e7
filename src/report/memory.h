/* What the reports on serving memory share: the question answered, before it is written. Internal to src/report. */
#ifndef WB_REPORT_MEMORY_H
#define WB_REPORT_MEMORY_H

#include "estimate/pool.h"
#include "report/report.h"

typedef struct wb_memory_facts {
  wb_model *model;
  wb_serving *serving;
  wb_load *loads; /* of each place */
  uint32_t worst;
  wb_i128 total, host; /* bytes of all devices; of the host, for layers that stand there */
  bool has_card, fits;
  wb_i128 reserve; /* kept free on the fullest device */
  wb_i128 max_context, max_sequences;
  wb_i128 token_bytes, fixed_bytes; /* of one sequence on the fullest device */
  wb_i128 config_kv;                /* what the "config" method says of the cache; 0: it does not apply */
  bool has_pool;
  wb_pool pool;
  const struct wb_deviation *method; /* what the method that --method names says of the same; NULL: none was named */
} wb_memory_facts;

/* What was given, with the name under which a method may take it. */
#define WB_MEMORY_GIVEN 12
struct wb_given_option;
size_t wb_memory_given(const weigh_serving *asked, struct wb_given_option *out);

void wb_memory_json(wb_out *out, const wb_memory_facts *facts, const char *report);
void wb_memory_text(wb_out *out, const wb_memory_facts *facts, bool first_screen);
void wb_memory_table(wb_out *out, const wb_memory_facts *facts);

/* Other formats, knobs, cards: of the first screen, and of weigh fit's JSON; as tables, formats or cards. */
void wb_memory_whatif_tables(wb_out *out, const wb_memory_facts *facts);
void wb_memory_whatif_text(wb_out *out, const wb_memory_facts *facts);
void wb_memory_whatif_json(wb_json_out *j, const wb_memory_facts *facts);

/* A message as a line of its own, indented. */
void wb_memory_line(wb_out *out, wb_message_id id, size_t count, const wb_str *args);

/* The first place that is no host. */
uint32_t wb_memory_first(const wb_memory_facts *facts);

#endif
