/* The k-th call of one function of the C library fails, for LD_PRELOAD: FAIL_CALL names it, FAIL_MATCH a text
 * that its path (or its descriptor's) has ("NAME$": at its end), FAIL_K the call, counted from 1 in every
 * process, FAIL_TO the last that fails, where there are more ("": all), FAIL_ERRNO the error number.
 * FAIL_AFTER names a file before whose appearance none is counted. FAIL_COUNT, a file, gets a byte for each
 * call that could have failed, so that a sweep knows its end. A close that fails has closed, as on Linux; a
 * write that fails has written half. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "next_of.h"

#define NEXT(name) ((__typeof__(&(name)))next_of(#name))

/* By system calls, so that it is not counted itself. */
static void count(void) {
  const char *file = getenv("FAIL_COUNT");
  long descriptor =
      file == NULL ? -1 : syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_APPEND | O_CREAT, 0666);
  if (descriptor >= 0) {
    syscall(SYS_write, descriptor, "x", (size_t)1);
    syscall(SYS_close, descriptor);
  }
}

static bool matches(const char *path, const char *match) {
  size_t length = strlen(match), whole = strlen(path);
  if (length == 0 || match[length - 1] != '$') {
    return strstr(path, match) != NULL;
  }
  return whole >= length - 1 && strncmp(path + whole - (length - 1), match, length - 1) == 0;
}

/* errno is the caller's where the call does not fail: readdir's says whether its end is one. */
static bool fails(const char *call, const char *path) {
  static atomic_long calls;
  const char *wanted = getenv("FAIL_CALL"), *match = getenv("FAIL_MATCH"), *after = getenv("FAIL_AFTER");
  const char *k = getenv("FAIL_K"), *to = getenv("FAIL_TO"), *number = getenv("FAIL_ERRNO");
  int before = errno;
  if (wanted == NULL || match == NULL || k == NULL || number == NULL || path == NULL ||
      strcmp(wanted, call) != 0 || !matches(path, match)) {
    return false;
  }
  if (after != NULL && syscall(SYS_access, after, F_OK) != 0) {
    errno = before;
    return false;
  }
  count();
  long call_number = ++calls, last = to == NULL ? atol(k) : to[0] == '\0' ? LONG_MAX : atol(to);
  bool meant = call_number >= atol(k) && call_number <= last;
  errno = meant ? atoi(number) : before;
  return meant;
}

static bool fails_at(const char *call, int descriptor) {
  char link[64], path[4096];
  int before = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, sizeof path - 1);
  errno = before;
  path[length > 0 ? length : 0] = '\0';
  return fails(call, path);
}

static mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name)                                                   \
  int name(const char *path, int flags, ...) {                       \
    va_list arguments;                                               \
    va_start(arguments, flags);                                      \
    mode_t mode = mode_of(flags, arguments);                         \
    va_end(arguments);                                               \
    return fails("open", path) ? -1 : NEXT(name)(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

int openat(int folder, const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  return fails("openat", path) ? -1 : NEXT(openat)(folder, path, flags, mode);
}

FILE *fopen(const char *path, const char *mode) {
  return fails("fopen", path) ? NULL : NEXT(fopen)(path, mode);
}

ssize_t read(int descriptor, void *out, size_t size) {
  return fails_at("read", descriptor) ? -1 : NEXT(read)(descriptor, out, size);
}

ssize_t pread(int descriptor, void *out, size_t size, off_t offset) {
  return fails_at("pread64", descriptor) ? -1 : NEXT(pread)(descriptor, out, size, offset);
}

ssize_t pread64(int descriptor, void *out, size_t size, off64_t offset) {
  return fails_at("pread64", descriptor) ? -1 : NEXT(pread64)(descriptor, out, size, offset);
}

size_t fread(void *out, size_t size, size_t n, FILE *stream) {
  if (fails_at("fread", fileno(stream))) {
    stream->_flags |= 0x20; /* glibc's mark of a failure, for ferror */
    return 0;
  }
  return NEXT(fread)(out, size, n, stream);
}

ssize_t write(int descriptor, const void *data, size_t size) {
  if (fails_at("write", descriptor)) {
    int reason = errno;
    ssize_t part = NEXT(write)(descriptor, data, size / 2);
    errno = reason;
    return part < 0 ? part : -1;
  }
  return NEXT(write)(descriptor, data, size);
}

ssize_t pwrite(int descriptor, const void *data, size_t size, off_t offset) {
  return fails_at("pwrite64", descriptor) ? -1 : NEXT(pwrite)(descriptor, data, size, offset);
}

ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t offset) {
  return fails_at("pwrite64", descriptor) ? -1 : NEXT(pwrite64)(descriptor, data, size, offset);
}

size_t fwrite(const void *data, size_t size, size_t n, FILE *stream) {
  if (fails_at("fwrite", fileno(stream))) {
    int reason = errno;
    size_t part = NEXT(fwrite)(data, size, n / 2, stream);
    errno = reason;
    return part;
  }
  return NEXT(fwrite)(data, size, n, stream);
}

int fsync(int descriptor) {
  return fails_at("fsync", descriptor) ? -1 : NEXT(fsync)(descriptor);
}

int ftruncate(int descriptor, off_t size) {
  return fails_at("ftruncate", descriptor) ? -1 : NEXT(ftruncate)(descriptor, size);
}

int close(int descriptor) {
  bool meant = fails_at("close", descriptor);
  int reason = errno, outcome = NEXT(close)(descriptor);
  if (meant) {
    errno = reason;
  }
  return meant ? -1 : outcome;
}

int fclose(FILE *stream) {
  bool meant = fails_at("close", fileno(stream));
  int reason = errno, outcome = NEXT(fclose)(stream);
  if (meant) {
    errno = reason;
  }
  return meant ? EOF : outcome;
}

int rename(const char *from, const char *to) {
  return fails("rename", to) ? -1 : NEXT(rename)(from, to);
}

int unlink(const char *path) {
  return fails("unlink", path) ? -1 : NEXT(unlink)(path);
}

int mkdir(const char *path, mode_t mode) {
  return fails("mkdir", path) ? -1 : NEXT(mkdir)(path, mode);
}

int stat(const char *restrict path, struct stat *restrict info) {
  return fails("stat", path) ? -1 : NEXT(stat)(path, info);
}

int fstat(int descriptor, struct stat *info) {
  return fails_at("fstat", descriptor) ? -1 : NEXT(fstat)(descriptor, info);
}

int access(const char *path, int mode) {
  return fails("access", path) ? -1 : NEXT(access)(path, mode);
}

DIR *opendir(const char *path) {
  return fails("opendir", path) ? NULL : NEXT(opendir)(path);
}

struct dirent *readdir(DIR *folder) {
  return fails_at("readdir", dirfd(folder)) ? NULL : NEXT(readdir)(folder);
}

pid_t fork(void) {
  return fails("fork", getenv("FAIL_MATCH")) ? -1 : NEXT(fork)();
}
