/* The folder of checkpoints: their names and order, the newest whole one, and which to delete. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "checkpoint_content.h"
#include "gantrain/base/log.h"
#include "gantrain/base/patience.h"

Status checkpoint_path(char path[GT_PATH_MAX], const char *dir, int64_t step) {
  return path_format(path, "%s/step-%08lld.h5", dir, (long long)step);
}

/* The step in "step-00001200.h5"; -1 for a name that checkpoint_path does not make. */
static int64_t step_of_name(const char *name) {
  long long step = -1;
  char again[64];
  if (sscanf(name, "step-%18lld.h5", &step) != 1 || step < 0) {
    return -1;
  }
  snprintf(again, sizeof again, "step-%08lld.h5", step);
  return strcmp(again, name) == 0 ? (int64_t)step : -1;
}

/* The next entry. NULL with errno 0 after the last one; NULL with errno set where the folder cannot be read.
 */
static const struct dirent *next_entry(DIR *folder) {
  errno = 0;
  return readdir(folder);
}

static int newest_first(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? 1 : x > y ? -1 : 0;
}

static Status list_once(const char *dir, int64_t **steps, size_t *count) {
  *steps = NULL;
  *count = 0;
  DIR *folder = opendir(dir);
  if (folder == NULL) {
    return status_set(GT_FAILED, "%s: the folder of checkpoints cannot be opened (%s)", dir, strerror(errno));
  }
  size_t capacity = 0;
  Status status = GT_OK;
  for (const struct dirent *entry = next_entry(folder); entry != NULL; entry = next_entry(folder)) {
    int64_t step = step_of_name(entry->d_name);
    if (step < 0) {
      continue;
    }
    if (*count == capacity) {
      capacity = capacity == 0 ? 64 : 2 * capacity;
      int64_t *larger = realloc(*steps, capacity * sizeof **steps);
      if (larger == NULL) {
        status = status_set(GT_FAILED, "%s: " STATUS_NO_MEMORY " for the list of checkpoints", dir);
        break;
      }
      *steps = larger;
    }
    (*steps)[(*count)++] = step;
  }
  if (errno != 0 && status == GT_OK) {
    status = status_set(GT_FAILED, "%s: the folder of checkpoints cannot be read (%s)", dir, strerror(errno));
  }
  closedir(folder);
  if (*count > 1) {
    qsort(*steps, *count, sizeof **steps, newest_first);
  }
  return status;
}

Status checkpoint_list(const char *dir, int64_t **steps, size_t *count) {
  int tries = 0;
  Status status = list_once(dir, steps, count);
  while (status != GT_OK && patience_again_with(status_message(), &tries)) {
    free(*steps);
    status = list_once(dir, steps, count);
  }
  return status;
}

Status checkpoint_count(const char *dir, size_t *count) {
  int64_t *steps = NULL;
  *count = 0;
  bool there = false;
  GT_TRY(file_find(&there, dir));
  Status status = there ? checkpoint_list(dir, &steps, count) : GT_OK;
  free(steps);
  return status;
}

void checkpoint_prune(const char *dir, int keep, int64_t kept_to, const BestList *best) {
  int64_t *steps = NULL;
  size_t count = 0;
  if (keep <= 0) {
    return;
  }
  if (checkpoint_list(dir, &steps, &count) != GT_OK) {
    log_warn("old checkpoints are not deleted: %s", status_message());
  } else {
    for (size_t i = (size_t)keep; i < count && steps[i] > kept_to; i++) {
      char path[GT_PATH_MAX];
      if (!best_has(best, steps[i]) && checkpoint_path(path, dir, steps[i]) == GT_OK &&
          file_check_regular(path) == GT_OK && unlink(path) != 0) {
        log_warn("%s: the old checkpoint cannot be deleted (%s)", path, strerror(errno));
      }
    }
  }
  free(steps);
}

bool checkpoint_was_deleted(const char *path) {
  char reason[GT_MESSAGE_MAX];
  bool there = true;
  snprintf(reason, sizeof reason, "%s", status_message());
  bool gone = file_find(&there, path) == GT_OK && !there;
  status_set(GT_FAILED, "%s",
             reason); /* the message of the failure that the caller saw, which file_find may have replaced */
  return gone;
}

/* *gone: its run deleted the checkpoint meanwhile. Then another attempt is of no use, and GT_OK ends them. */
static Status verify(const char *path, void *argument) {
  bool *gone = argument;
  *gone = false;
  Status status = checkpoint_verify(path);
  *gone = status != GT_OK && checkpoint_was_deleted(path);
  return *gone ? GT_OK : status;
}

/* *found: the checkpoint is whole. A damaged one, or what is no file, is passed over with a warning.
 * GT_FAILED where it cannot be read now, so that nobody knows whether it is whole. */
static Status check_candidate(const char *path, bool *found, bool *gone) {
  bool damaged = false;
  Status status = patience_read(verify, path, gone, &damaged);
  *found = status == GT_OK && !*gone;
  if (*gone) {
    return status_set(GT_FAILED, "%s: was deleted by its run while it was read: try again", path);
  }
  if (status != GT_OK && !damaged) {
    return status_set(
        GT_FAILED,
        "%s; nothing was changed: start again when it can be read, or move it away to take an older "
        "checkpoint",
        status_message());
  }
  if (damaged) {
    log_warn("passed over a checkpoint: %s", status_message());
  }
  return GT_OK;
}

static Status find_newest(char path[GT_PATH_MAX], const char *dir, bool *gone) {
  int64_t *steps = NULL;
  size_t count = 0;
  *gone = false;
  Status status = checkpoint_list(dir, &steps, &count);
  if (status != GT_OK) {
    free(steps);
    return status;
  }
  for (size_t i = 0; i < count; i++) {
    status = checkpoint_path(path, dir, steps[i]);
    if (status != GT_OK) {
      break;
    }
    bool found = false;
    status = check_candidate(path, &found, gone);
    if (status != GT_OK || found) {
      break;
    }
    if (i + 1 == count) {
      path[0] = '\0';
    }
  }
  free(steps);
  GT_TRY(status);
  if (count > 0 && path[0] != '\0') {
    return GT_OK;
  }
  return count == 0 ? status_set(GT_FAILED, "%s: holds no checkpoint (step-NNNNNNNN.h5)", dir)
                    : status_set(GT_FAILED, "%s: holds no whole checkpoint: %zu damaged %s passed over", dir,
                                 count, count == 1 ? "one was" : "ones were");
}

Status checkpoint_find(char path[GT_PATH_MAX], const char *dir) {
  bool gone = true;
  Status status = GT_OK;
  for (int look = 0; look < CHECKPOINT_LOOKS && gone; look++) {
    status = find_newest(path, dir, &gone);
  }
  return status;
}

Status checkpoint_locate(char path[GT_PATH_MAX], const char *name) {
  char folder[GT_PATH_MAX];
  struct stat status;
  size_t count;
  GT_TRY(path_format(folder, "%s/checkpoints", name));
  bool there = false;
  GT_TRY(file_find(&there, folder));
  if (there) {
    return checkpoint_find(path, folder);
  }
  if (stat(name, &status) != 0 || !S_ISDIR(status.st_mode)) {
    return path_format(path, "%s", name);
  }
  GT_TRY(checkpoint_count(name, &count));
  return count > 0 ? checkpoint_find(path, name)
                   : status_set(GT_FAILED, "%s: is a folder, but no run: it has no checkpoints", name);
}

/* True for "step-00001200.h5.tmp". */
static bool is_unfinished(const char *name) {
  char stem[64];
  size_t length = strlen(name), tail = strlen(".tmp");
  if (length <= tail || length - tail >= sizeof stem || strcmp(name + length - tail, ".tmp") != 0) {
    return false;
  }
  snprintf(stem, sizeof stem, "%.*s", (int)(length - tail), name);
  return step_of_name(stem) >= 0;
}

static Status set_aside(const char *path) {
  char aside[GT_PATH_MAX];
  GT_TRY(file_set_aside(aside, path));
  log_warn("%s is kept as %s", path, aside);
  return GT_OK;
}

static Status cut_once(const char *dir, int64_t step) {
  DIR *folder = opendir(dir);
  if (folder == NULL) {
    return errno == ENOENT ? GT_OK
                           : status_set(GT_FAILED, "%s: the folder of checkpoints cannot be opened (%s)", dir,
                                        strerror(errno));
  }
  Status status = GT_OK;
  /* Files are deleted and renamed while the folder is read. POSIX does not say whether those are still
   * listed, but all others are. */
  for (const struct dirent *entry = next_entry(folder); entry != NULL && status == GT_OK;
       entry = next_entry(folder)) {
    char path[GT_PATH_MAX];
    if (step_of_name(entry->d_name) <= step && !is_unfinished(entry->d_name)) {
      continue;
    }
    status = path_format(path, "%s/%s", dir, entry->d_name);
    if (status == GT_OK && step_of_name(entry->d_name) >= 0) {
      status = set_aside(path);
    } else if (status == GT_OK && unlink(path) != 0) {
      status = status_set(GT_FAILED, "%s: cannot be deleted (%s)", path, strerror(errno));
    }
  }
  if (status == GT_OK && errno != 0) {
    status = status_set(GT_FAILED, "%s: the folder of checkpoints cannot be read (%s)", dir, strerror(errno));
  }
  closedir(folder);
  return status;
}

Status checkpoint_set_aside_later(const char *dir, int64_t step) {
  int tries = 0;
  Status status;
  do {
    status = cut_once(dir, step);
  } while (status != GT_OK && patience_again_with(status_message(), &tries));
  return status;
}
