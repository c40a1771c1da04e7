/* What a folder holds for a batch. */
#ifndef WEIGH_CLI_FOLDER_H
#define WEIGH_CLI_FOLDER_H

#include "batch.h"

/* Appends the path of every config.json in a folder and below it, sorted, a line each. Links to folders are not followed. */
void cli_folder_configs(const char *folder, cli_text *out);

#endif
