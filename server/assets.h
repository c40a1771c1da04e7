/* The page, as it stood when the program was built: every file of web/dist, as it is and compressed. tools/pack.c. */
#ifndef WEIGH_SERVER_ASSETS_H
#define WEIGH_SERVER_ASSETS_H

#include <stddef.h>

typedef struct srv_asset {
  const char *path; /* "/index.html" */
  const char *type;
  const char *etag; /* quoted */
  const unsigned char *bytes;
  size_t size;
  const unsigned char *gzip; /* NULL where it would not be smaller */
  size_t gzip_size;
} srv_asset;

/* Sorted by path. */
extern const srv_asset srv_assets[];
extern const size_t srv_asset_count;

#endif
