/* Files that are whole or absent: write NAME.tmp, flush, fsync, rename, fsync the folder. Not collective. */
#ifndef GANTRAIN_FILES_H
#define GANTRAIN_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "gantrain/base/status.h"

#define GT_PATH_MAX 4096

/* out = path + ".tmp". GT_FAILED where it does not fit. */
Status file_temporary(char out[GT_PATH_MAX], const char *path);

/* Flush path.tmp to the disk and rename it to `path`. */
Status file_commit(const char *path);

/* The entries of the folder that the path lies in reach the disk. */
Status file_sync_folder(const char *path);

/* Remove path.tmp if it exists. */
void file_discard(const char *path);

/* Create a directory and its parents, where they do not exist. */
Status directory_create(const char *path);

/* *there = does something of that name exist? It is absent only where the file system says so (ENOENT,
 * ENOTDIR). Any other failure (a file server that does not answer, no permission) is GT_FAILED, because
 * the file may well exist. */
Status file_find(bool *there, const char *path);

/* GT_FAILED, naming what is there, where the path is a folder, FIFO, socket or device, since opening these
 * may block for ever. An absent file is GT_OK. */
Status file_check_regular(const char *path);

/* Rename the file or folder `path` to *aside: path.aside-1, or the first such number that is free. */
Status file_set_aside(char aside[GT_PATH_MAX], const char *path);

/* Is it a regular file, or a link to one? */
bool file_is_regular(const char *path);

/* XXH3-64 of all bytes of the file. GT_FAILED with the system's reason where it cannot be read. */
Status file_hash(uint64_t *hash, const char *path);
Status file_check_readable(const char *path);

/* Can the file hold so many bytes, unpacked, as something in it claims? GT_FAILED where not: before memory is
 * taken for `what` it says that it holds. */
Status file_check_holds(const char *path, size_t bytes, const char *what);

/* Can the file be written, and path.tmp be created beside it? GT_FAILED with the reason where not. */
Status file_check_writable(const char *path);

/* open(2) for regular files only. The caller closes the descriptor; new files get the mode 0666. */
Status file_open(int *descriptor, const char *path, int flags);

/* The same as a stream; `mode` as for fdopen. */
Status file_open_stream(FILE **stream, const char *path, int flags, const char *mode);

/* The kind of the file by its first bytes, with an article and what to do, such as "an HTML page, perhaps
 * an error page of the server: download it again"; NULL where the kind is not known. */
const char *file_kind(const char *path);
/* The same for the first bytes[size] of a file or of its content. */
const char *bytes_kind(const void *bytes, size_t size);

/* "server:/export (nfs4, at /home)": the file system that the path lies on; "?" where that is not known. */
void file_disk(char *out, size_t room, const char *path);

/* Tells one version of a file from others, also from other machines. All zero: unknown. */
typedef struct FileIdentity {
  uint64_t inode, size;
  int64_t seconds, nanoseconds; /* of the last change */
} FileIdentity;
FileIdentity file_identity(const char *path);

/* snprintf into GT_PATH_MAX bytes. GT_FAILED, naming the path, where it does not fit. */
Status path_format(char out[GT_PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
