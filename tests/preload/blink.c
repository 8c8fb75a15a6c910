/* A file server that does not answer for a moment, for LD_PRELOAD: the calls of BLINK_CALL ("stat",
 * "opendir", "readdir" or "open") on paths that end in BLINK_MATCH fail with the error number BLINK_ERRNO,
 * the BLINK_FROM-th to the BLINK_TO-th of them, counted from 1 (none: for ever); BLINK_AFTER names a file
 * before whose appearance none is counted. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "next_of.h"

static bool blinks(const char *call, const char *path) {
  static atomic_long calls;
  const char *wanted = getenv("BLINK_CALL"), *match = getenv("BLINK_MATCH"), *number = getenv("BLINK_ERRNO");
  const char *from = getenv("BLINK_FROM"), *to = getenv("BLINK_TO");
  if (wanted == NULL || match == NULL || number == NULL || from == NULL || strcmp(wanted, call) != 0 ||
      strlen(path) < strlen(match) || strcmp(path + strlen(path) - strlen(match), match) != 0) {
    return false;
  }
  if (getenv("BLINK_AFTER") != NULL && access(getenv("BLINK_AFTER"), F_OK) != 0) {
    return false;
  }
  long count = ++calls;
  errno = atoi(number);
  return count >= atol(from) && (to == NULL || count <= atol(to));
}

int stat(const char *restrict path, struct stat *restrict info) {
  int (*next)(const char *, struct stat *) = (int (*)(const char *, struct stat *))next_of("stat");
  return blinks("stat", path) ? -1 : next(path, info);
}

DIR *opendir(const char *path) {
  DIR *(*next)(const char *) = (DIR * (*)(const char *)) next_of("opendir");
  return blinks("opendir", path) ? NULL : next(path);
}

struct dirent *readdir(DIR *folder) {
  struct dirent *(*next)(DIR *) = (struct dirent * (*)(DIR *)) next_of("readdir");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd(folder));
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length > 0 ? length : 0] = '\0';
  int before = errno;
  if (blinks("readdir", path)) {
    return NULL;
  }
  errno = before;
  return next(folder);
}

int open(const char *path, int flags, ...) {
  int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))next_of("open");
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return blinks("open", path) ? -1 : next(path, flags, mode);
}
