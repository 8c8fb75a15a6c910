/* Files that are whole or absent: NAME.tmp, flush, fsync, rename, fsync of the folder. Not collective. */
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

/* Flush path.tmp to the disk and give it its final name. */
Status file_commit(const char *path);

/* Remove path.tmp, silently if it is absent. */
void file_discard(const char *path);

/* Create a directory and its parents. Nothing happens where it exists. */
Status directory_create(const char *path);

/* *there = is there something of that name? Absent is what the file system says is absent (ENOENT, ENOTDIR);
 * any other answer (a server that does not reply, no right to look) is GT_FAILED, since what cannot be seen
 * now may well be there. */
Status file_find(bool *there, const char *path);

/* GT_FAILED, saying what is there, where the path names a folder, FIFO, socket or device: opening those may
 * wait for ever. Absent is GT_OK. */
Status file_check_regular(const char *path);

/* Give what is at `path` (a folder, too) another name beside it, path.aside-1 or the first number that is
 * free: *aside. */
Status file_set_aside(char aside[GT_PATH_MAX], const char *path);

/* Is it a regular file, or a link to one? */
bool file_is_regular(const char *path);

/* XXH3-64 of all bytes of the file. GT_FAILED with the system's reason where it cannot be read now. */
Status file_hash(uint64_t *hash, const char *path);
Status file_check_readable(const char *path);

/* Can the file hold so many bytes, unpacked, as something in it claims? GT_FAILED where not: before memory is
 * taken for `what` it says that it holds. */
Status file_check_holds(const char *path, size_t bytes, const char *what);

/* Can the file be written, and path.tmp be created beside it? GT_FAILED with the reason where not. */
Status file_check_writable(const char *path);

/* open(2) of a regular file, to be closed by the caller; new files get the mode 0666. */
Status file_open(int *descriptor, const char *path, int flags);

/* The same as a stream; `mode` as in fdopen. */
Status file_open_stream(FILE **stream, const char *path, int flags, const char *mode);

/* What the file's first bytes are known for, with an article and what to do, such as "an HTML page, perhaps
 * an error page of the server: download it again"; NULL: nothing known. */
const char *file_kind(const char *path);
/* The same for bytes[size] from the beginning of a file or of what it holds. */
const char *bytes_kind(const void *bytes, size_t size);

/* "server:/export (nfs4, at /home)": the file system that the path lies on; "?" where that is not known. */
void file_disk(char *out, size_t size, const char *path);

/* What tells one version of a file from others, also as seen from several machines. All zero: unknown. */
typedef struct FileIdentity {
  uint64_t inode, size;
  int64_t seconds, nanoseconds; /* of the last change */
} FileIdentity;
FileIdentity file_identity(const char *path);

/* Join with snprintf into GT_PATH_MAX bytes; GT_FAILED naming the path where it is too long. */
Status path_format(char out[GT_PATH_MAX], const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
