/* Files that are whole or absent: NAME.tmp, flush, fsync, rename, fsync of the folder. Not collective. */
#ifndef GANTRAIN_FILES_H
#define GANTRAIN_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/status.h"

#define GT_PATH_MAX 4096

/* out = path + ".tmp". GT_FAILED where it does not fit. */
Status file_temporary(char out[GT_PATH_MAX], const char *path);

/* Flush path.tmp to the disk and give it its final name. */
Status file_commit(const char *path);

/* Remove path.tmp, silently if it is absent. */
void file_discard(const char *path);

/* Create a directory and its parents. Nothing happens where it exists. */
Status directory_create(const char *path);

bool file_exists(const char *path);

/* What tells one version of a file from others, also as seen from several machines. All zero: unknown. */
typedef struct FileIdentity {
  uint64_t inode, size;
  int64_t seconds, nanoseconds; /* of the last change */
} FileIdentity;
FileIdentity file_identity(const char *path);

/* Join with snprintf into GT_PATH_MAX bytes; GT_FAILED naming the path where it is too long. */
Status path_format(char out[GT_PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
