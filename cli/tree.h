/* One line of JSON as values. */
#ifndef WEIGH_CLI_TREE_H
#define WEIGH_CLI_TREE_H

#include <yajl/yajl_tree.h>

#include "base/ctx.h"

#define CLI_DEPTH_MOST 32 /* of JSON: a question needs three, a configuration in it a few more */

/* NULL: `said` has why. The values live as long as the context, which fails when memory is short. */
yajl_val cli_tree_read(wb_ctx *ctx, const char *line, char *said, size_t room);

#endif
