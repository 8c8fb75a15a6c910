/* A disk quota (or QUOTA_ERRNO, or a disk that hangs for QUOTA_HANG seconds), for LD_PRELOAD: files whose
 * path holds QUOTA_MATCH meet it. QUOTA_AT says where a file system tells: "write", "close" (NFS) or "fsync";
 * QUOTA_FROM and QUOTA_TO (none: for ever) in which of those calls, counted from 1. Half of the bytes of a
 * write that fails still reach the file. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "next_of.h"

static bool exceeded(const char *where, int descriptor) {
  static atomic_long calls;
  const char *at = getenv("QUOTA_AT"), *match = getenv("QUOTA_MATCH"), *to = getenv("QUOTA_TO"),
             *from = getenv("QUOTA_FROM");
  char link[64], path[4096];
  if (at == NULL || match == NULL || from == NULL || strcmp(at, where) != 0) {
    return false;
  }
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length > 0 ? length : 0] = '\0';
  if (strstr(path, match) == NULL) {
    return false;
  }
  long call = ++calls;
  bool meant = call >= atol(from) && (to == NULL || call <= atol(to));
  if (meant && getenv("QUOTA_HANG") != NULL) {
    sleep((unsigned)atoi(getenv("QUOTA_HANG")));
    meant = false;
  }
  return meant;
}

static int reason(void) {
  return getenv("QUOTA_ERRNO") != NULL ? atoi(getenv("QUOTA_ERRNO")) : EDQUOT;
}

size_t fwrite(const void *data, size_t size, size_t count, FILE *stream) {
  size_t (*next)(const void *, size_t, size_t, FILE *) =
      (size_t(*)(const void *, size_t, size_t, FILE *))next_of("fwrite");
  if (exceeded("write", fileno(stream))) {
    size_t part = next(data, size, count / 2, stream);
    errno = reason();
    return part;
  }
  return next(data, size, count, stream);
}

int fclose(FILE *stream) {
  int (*next)(FILE *) = (int (*)(FILE *))next_of("fclose");
  bool fails = exceeded("close", fileno(stream));
  int outcome = next(stream);
  if (fails) {
    errno = reason();
  }
  return fails ? EOF : outcome;
}

int fsync(int descriptor) {
  int (*next)(int) = (int (*)(int))next_of("fsync");
  if (exceeded("fsync", descriptor)) {
    errno = reason();
    return -1;
  }
  return next(descriptor);
}
