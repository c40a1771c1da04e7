/* The one interface through which bytes enter: files, folders, standard input. URLs come with the hub layer. */
#ifndef WB_SOURCE_READER_H
#define WB_SOURCE_READER_H

#include "base/ctx.h"

/* In a sealed context there are no files: reading and listing fail with file_sealed, paths do not exist. */

/* The whole of a file, or of standard input for "-". Fails with file_open, file_read or file_too_big (`limit`
 * bytes, 0: WB_FILE_MAX). A folder fails with file_is_folder. Devices and pipes are read up to the limit. */
wb_str wb_read_file(wb_ctx *ctx, wb_str path, size_t limit);
#define WB_FILE_MAX ((size_t)512 << 20)

/* What stands at a path; nothing is opened. Fails with file_open where that cannot be known. */
typedef enum wb_file_kind { WB_FILE_ABSENT, WB_FILE_EMPTY, WB_FILE_REGULAR, WB_FILE_OTHER } wb_file_kind;
wb_file_kind wb_path_kind(wb_ctx *ctx, wb_str path);

/* False also for what the user may not look at. */
bool wb_path_exists(wb_ctx *ctx, wb_str path);
bool wb_path_is_folder(wb_ctx *ctx, wb_str path);
/* folder/name, with one slash between; the name alone when the folder is empty. */
wb_str wb_path_join(wb_ctx *ctx, wb_str folder, wb_str name);

/* The names in a folder (without those that begin with a dot), sorted by bytes. Fails with file_open, with file_read
 * when there are more than WB_FOLDER_MAX. */
size_t wb_list_folder(wb_ctx *ctx, wb_str path, wb_str **names);
#define WB_FOLDER_MAX ((size_t)100000)

#endif
