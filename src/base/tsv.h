/* Tables of data/: tab-separated, `#` comments, a header line first. */
#ifndef WB_BASE_TSV_H
#define WB_BASE_TSV_H

#include "base/str.h"

/* The text of an embedded file of data/ by its path below data/, empty when there is none. */
wb_str wb_data_text(const char *path);

/* The next row at *at (start with 0; the header is passed over): fills `cells` with `columns` cells, missing ones empty.
 * False at the end. */
bool wb_tsv_next(wb_str text, size_t *at, wb_str *cells, size_t columns);

/* The number in a cell; 0 where it is none. */
double wb_tsv_real(wb_str cell);

#endif
