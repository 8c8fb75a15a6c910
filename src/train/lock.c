#define _GNU_SOURCE /* F_OFD_SETLK */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "gantrain/base/fault.h"
#include "gantrain/base/files.h"
#include "gantrain/base/log.h"

/* An open file description's lock: unlike a process's, it is not lost when the file is opened and closed
 * elsewhere in the process (log_open), and NFS and Lustre know it as they know any fcntl lock. */
static int lock_whole(int descriptor) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  return fault_here("lock") ? (errno = ENOLCK, -1) : fcntl(descriptor, F_OFD_SETLK, &whole);
}

Status lock_acquire(int *descriptor, const char *out) {
  char path[GT_PATH_MAX];
  GT_TRY(path_format(path, "%s/log.txt", out));
  GT_TRY(file_open(descriptor, path, O_WRONLY | O_APPEND | O_CREAT));
  if (lock_whole(*descriptor) == 0) {
    return GT_OK;
  }
  if (errno == EAGAIN || errno == EACCES) {
    lock_release(*descriptor);
    *descriptor = -1;
    return status_set(GT_FAILED,
                      "%s: another run is writing into this folder (%s names its process and host): wait for "
                      "its end or stop it, or choose another folder with --out",
                      out, path);
  }
  log_warn("%s cannot be locked on this file system (%s): going on, but nothing keeps a second run out of %s",
           path, strerror(errno), out);
  return GT_OK;
}

void lock_release(int descriptor) {
  if (descriptor >= 0) {
    close(descriptor);
  }
}
