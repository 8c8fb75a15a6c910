#include "gantrain/base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "gantrain/base/fault.h"
#include "gantrain/base/patience.h"

Status path_format(char out[GT_PATH_MAX], const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(out, GT_PATH_MAX, format, arguments);
  va_end(arguments);
  if (length < 0 || length >= GT_PATH_MAX) {
    return status_set(GT_FAILED, "%.200s...: the path is longer than %d bytes", length < 0 ? "" : out,
                      GT_PATH_MAX - 1);
  }
  return GT_OK;
}

Status file_temporary(char out[GT_PATH_MAX], const char *path) {
  return path_format(out, "%s.tmp", path);
}

static int look_at(const char *path, struct stat *info) {
  int tries = 0, outcome;
  do {
    outcome = stat(path, info);
  } while (outcome != 0 && patience_again(&tries));
  return outcome;
}

static int open_descriptor(const char *path, int flags) {
  int tries = 0, descriptor;
  do {
    descriptor = open(path, flags | O_CLOEXEC, 0666);
  } while (descriptor < 0 && patience_again(&tries));
  return descriptor;
}

/* A signal that interrupts fsync is not a failure of the disk. */
static int sync_descriptor(int descriptor) {
  int outcome;
  do {
    outcome = fsync(descriptor);
  } while (outcome != 0 && errno == EINTR);
  return outcome;
}

/* Flush a file's content, or a folder's entries, to the disk. */
static Status sync_path(const char *path, int flags) {
  int descriptor = open_descriptor(path, flags);
  if (descriptor < 0) {
    return status_set(GT_FAILED, "%s: cannot be opened to flush it (%s)", path, strerror(errno));
  }
  Status status = GT_OK;
  /* Some file systems have no fsync for folders and return EINVAL; there is nothing more to do. */
  if (sync_descriptor(descriptor) != 0 && !((flags & O_DIRECTORY) != 0 && errno == EINVAL)) {
    status = status_set(GT_FAILED, "%s: cannot be flushed to the disk (%s)", path, strerror(errno));
  }
  if (close(descriptor) != 0 && errno != EINTR &&
      status == GT_OK) { /* interrupted: on Linux it is closed nevertheless */
    status = status_set(GT_FAILED, "%s: cannot be closed (%s)", path, strerror(errno));
  }
  return status;
}

Status file_sync_folder(const char *path) {
  char folder[GT_PATH_MAX];
  const char *slash = strrchr(path, '/');
  if (slash == NULL) {
    return sync_path(".", O_RDONLY | O_DIRECTORY);
  }
  int length = slash == path ? 1 : (int)(slash - path);
  GT_TRY(path_format(folder, "%.*s", length, path));
  return sync_path(folder, O_RDONLY | O_DIRECTORY);
}

Status file_commit(const char *path) {
  char temporary[GT_PATH_MAX];
  GT_TRY(file_temporary(temporary, path));
  if (fault_here("write")) {
    return status_set(GT_FAILED, "%s: cannot be written (injected fault)", path);
  }
  fault_die("die-before-fsync");
  GT_TRY(sync_path(temporary, O_WRONLY));
  fault_die("die-before-rename");
  if (rename(temporary, path) != 0) {
    return status_set(GT_FAILED, "%s: the finished file cannot be renamed to this name (%s)", path,
                      strerror(errno));
  }
  fault_die("die-after-rename");
  return file_sync_folder(path);
}

void file_discard(const char *path) {
  char temporary[GT_PATH_MAX];
  if (snprintf(temporary, sizeof temporary, "%s.tmp", path) < (int)sizeof temporary) {
    unlink(temporary);
  }
}

static Status create_one(const char *path) {
  struct stat info;
  int tries = 0, outcome;
  do {
    outcome = mkdir(path, 0777);
  } while (outcome != 0 && patience_again(&tries));
  if (outcome == 0) {
    return GT_OK;
  }
  int reason = errno;
  if (look_at(path, &info) == 0) {
    return S_ISDIR(info.st_mode)
               ? GT_OK
               : status_set(GT_FAILED, "%s: is a file, but a folder of that name is needed", path);
  }
  return status_set(GT_FAILED, "%s: the folder cannot be created (%s)", path, strerror(reason));
}

Status directory_create(const char *path) {
  char prefix[GT_PATH_MAX];
  GT_TRY(path_format(prefix, "%s", path));
  /* Starts at the second byte: the root folder and the empty path have no parents. */
  for (char *slash = path[0] != '\0' ? strchr(prefix + 1, '/') : NULL; slash != NULL;
       slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    GT_TRY(create_one(prefix));
    *slash = '/';
  }
  return create_one(prefix);
}

FileIdentity file_identity(const char *path) {
  struct stat info;
  FileIdentity identity = {0};
  if (look_at(path, &info) == 0) {
    identity = (FileIdentity){.inode = (uint64_t)info.st_ino,
                              .size = (uint64_t)info.st_size,
                              .seconds = (int64_t)info.st_ctim.tv_sec,
                              .nanoseconds = (int64_t)info.st_ctim.tv_nsec};
  }
  return identity;
}

Status file_find(bool *there, const char *path) {
  struct stat info;
  *there = look_at(path, &info) == 0;
  return *there || errno == ENOENT || errno == ENOTDIR
             ? GT_OK
             : status_set(GT_FAILED, "%s: cannot find out whether it exists (%s)", path, strerror(errno));
}

static const char *kind_of(mode_t mode) {
  return S_ISDIR(mode) ? "folder" : S_ISFIFO(mode) ? "FIFO" : S_ISSOCK(mode) ? "socket" : "device";
}

Status file_check_regular(const char *path) {
  struct stat info;
  if (look_at(path, &info) != 0) {
    return errno == ENOENT || errno == ENOTDIR
               ? GT_OK
               : status_set(GT_FAILED, "%s: cannot be examined (%s)", path, strerror(errno));
  }
  return S_ISREG(info.st_mode)
             ? GT_OK
             : status_set(GT_FAILED, "%s: is a %s, a regular file was expected", path, kind_of(info.st_mode));
}

Status file_set_aside(char aside[GT_PATH_MAX], const char *path) {
  bool taken = true;
  for (int n = 1; taken; n++) {
    GT_TRY(path_format(aside, "%s.aside-%d", path, n));
    GT_TRY(file_find(&taken, aside));
  }
  return rename(path, aside) == 0
             ? file_sync_folder(aside)
             : status_set(GT_FAILED, "%s: cannot be set aside as %s (%s)", path, aside, strerror(errno));
}

bool file_is_regular(const char *path) {
  struct stat info;
  return look_at(path, &info) == 0 && S_ISREG(info.st_mode);
}

Status file_hash(uint64_t *hash, const char *path) {
  static const size_t piece = 1 << 16;
  int descriptor = -1;
  ssize_t got = 1;
  GT_TRY(file_open(&descriptor, path, O_RDONLY));
  XXH3_state_t *state = XXH3_createState();
  unsigned char *buffer = malloc(piece);
  Status status = state == NULL || buffer == NULL
                      ? status_set(GT_FAILED, "%s: " STATUS_NO_MEMORY " to read it", path)
                      : GT_OK;
  if (status == GT_OK) {
    XXH3_64bits_reset(state);
  }
  while (status == GT_OK && got != 0) {
    got = read(descriptor, buffer, piece);
    if (got > 0) {
      XXH3_64bits_update(state, buffer, (size_t)got);
    } else if (got < 0 && errno != EINTR) {
      status = status_set(GT_FAILED, "%s: cannot be read (%s)", path, strerror(errno));
    }
  }
  *hash = status == GT_OK ? XXH3_64bits_digest(state) : 0;
  XXH3_freeState(state);
  free(buffer);
  close(descriptor);
  return status;
}

Status file_check_readable(const char *path) {
  uint64_t hash;
  return file_hash(&hash, path);
}

Status file_check_holds(const char *path, size_t bytes, const char *what) {
  FileIdentity identity = file_identity(path);
  return bytes <= identity.size ? GT_OK
                                : status_set(GT_FAILED,
                                             "%s: says that it holds %s of %zu bytes, but has only %llu: it "
                                             "is damaged, malicious, or of another architecture",
                                             path, what, bytes, (unsigned long long)identity.size);
}

Status file_check_writable(const char *path) {
  char temporary[GT_PATH_MAX];
  int descriptor = -1;
  GT_TRY(file_check_regular(path));
  int tries = 0, outcome;
  do {
    outcome = access(path, W_OK);
  } while (outcome != 0 && patience_again(&tries));
  if (outcome != 0 && errno != ENOENT) {
    return status_set(GT_FAILED, "%s: cannot be written (%s)", path, strerror(errno));
  }
  GT_TRY(file_temporary(temporary, path));
  GT_TRY(file_open(&descriptor, temporary, O_WRONLY | O_CREAT | O_TRUNC));
  close(descriptor);
  file_discard(path);
  return GT_OK;
}

Status file_open(int *descriptor, const char *path, int flags) {
  GT_TRY(file_check_regular(path));
  /* Does not block where a FIFO has taken the file's place. */
  *descriptor = open_descriptor(path, flags | O_NONBLOCK);
  return *descriptor >= 0 ? GT_OK
                          : status_set(GT_FAILED, "%s: cannot be %s (%s)", path,
                                       (flags & O_TRUNC) != 0            ? "created"
                                       : (flags & O_ACCMODE) == O_RDONLY ? "read"
                                                                         : "opened for writing",
                                       strerror(errno));
}

Status file_open_stream(FILE **stream, const char *path, int flags, const char *mode) {
  int descriptor = -1;
  *stream = NULL;
  GT_TRY(file_open(&descriptor, path, flags));
  *stream = fdopen(descriptor, mode);
  if (*stream == NULL) {
    Status status = status_set(GT_FAILED, "%s: cannot be opened (%s)", path, strerror(errno));
    close(descriptor);
    return status;
  }
  return GT_OK;
}

void file_disk(char *out, size_t room, const char *path) {
  char *whole = realpath(path, NULL);
  FILE *mounts = setmntent("/proc/self/mounts", "r");
  struct mntent *entry;
  size_t longest = 0;
  snprintf(out, room, "?");
  while (mounts != NULL && whole != NULL && (entry = getmntent(mounts)) != NULL) {
    size_t length = strlen(entry->mnt_dir);
    bool under = strncmp(whole, entry->mnt_dir, length) == 0 &&
                 (length == 1 || whole[length] == '/' || whole[length] == '\0');
    if (under && length >= longest) { /* of several mounts at one place, the last is visible */
      longest = length;
      snprintf(out, room, "%s (%s, at %s)", entry->mnt_fsname, entry->mnt_type, entry->mnt_dir);
    }
  }
  if (mounts != NULL) {
    endmntent(mounts);
  }
  free(whole);
}
