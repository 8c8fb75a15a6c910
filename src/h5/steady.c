#include "steady.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if H5_VERSION_GE(1, 13, 2)
#include <H5FDdevelop.h>
#endif

typedef struct Steady {
  H5FD_t common; /* HDF5's own part, first */
  int descriptor;
  haddr_t allocated, end; /* bytes: what HDF5 has given out, and what the file has */
} Steady;

static hid_t driver = H5I_INVALID_HID;
static _Thread_local int reason; /* errno of the first failure */

static void note(int error) {
  reason = reason == 0 ? error : reason;
}

static H5FD_t *open_steady(const char *name, unsigned flags, hid_t list, haddr_t most) {
  Steady *steady = calloc(1, sizeof *steady);
  off_t end = -1;
  (void)list;
  (void)most;
  reason = 0;
  if (steady == NULL) {
    return NULL;
  }
  steady->descriptor = open(name, ((flags & H5F_ACC_RDWR) != 0 ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (steady->descriptor >= 0) {
    end = lseek(steady->descriptor, 0, SEEK_END);
  }
  if (end < 0) {
    note(errno);
    if (steady->descriptor >= 0) {
      close(steady->descriptor);
    }
    free(steady);
    return NULL;
  }
  steady->end = (haddr_t)end;
  return &steady->common;
}

static herr_t close_steady(H5FD_t *file) {
  Steady *steady = (Steady *)file;
  if (close(steady->descriptor) != 0 && errno != EINTR) {
    note(errno);
  }
  free(steady);
  return 0;
}

static herr_t query(const H5FD_t *file, unsigned long *flags) {
  (void)file;
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}

static haddr_t get_allocated(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const Steady *)file)->allocated;
}

static herr_t set_allocated(H5FD_t *file, H5FD_mem_t type, haddr_t allocated) {
  (void)type;
  ((Steady *)file)->allocated = allocated;
  return 0;
}

static haddr_t get_end(const H5FD_t *file, H5FD_mem_t type) {
  (void)type;
  return ((const Steady *)file)->end;
}

/* Zeros behind the end. */
static herr_t read_steady(H5FD_t *file, H5FD_mem_t type, hid_t list, haddr_t from, size_t size, void *out) {
  char *next = out;
  (void)type;
  (void)list;
  while (size > 0) {
    ssize_t got = pread(((Steady *)file)->descriptor, next, size, (off_t)from);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      note(errno);
      return -1;
    }
    if (got == 0) {
      memset(next, 0, size);
      return 0;
    }
    next += got;
    from += (haddr_t)got;
    size -= (size_t)got;
  }
  return 0;
}

static herr_t write_steady(H5FD_t *file, H5FD_mem_t type, hid_t list, haddr_t to, size_t size,
                           const void *bytes) {
  Steady *steady = (Steady *)file;
  const char *next = bytes;
  (void)type;
  (void)list;
  while (size > 0 && reason == 0) {
    ssize_t put = pwrite(steady->descriptor, next, size, (off_t)to);
    if (put <= 0 && !(put < 0 && errno == EINTR)) {
      note(put < 0 ? errno : EIO);
    } else if (put > 0) {
      next += put;
      to += (haddr_t)put;
      size -= (size_t)put;
    }
  }
  to += size; /* of what was not written as well: HDF5 is to believe it */
  steady->end = to > steady->end ? to : steady->end;
  return 0;
}

static herr_t truncate_steady(H5FD_t *file, hid_t list, hbool_t closing) {
  Steady *steady = (Steady *)file;
  (void)list;
  (void)closing;
  if (steady->end != steady->allocated && ftruncate(steady->descriptor, (off_t)steady->allocated) != 0) {
    note(errno);
  }
  steady->end = steady->allocated;
  return 0;
}

static const H5FD_class_t steady_class = {
#if H5_VERSION_GE(1, 13, 2)
    .version = H5FD_CLASS_VERSION,
    .value = (H5FD_class_value_t)600, /* of those for one's own use */
#endif
    .name = "gantrain-steady",
    .maxaddr = (haddr_t)INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .open = open_steady,
    .close = close_steady,
    .query = query,
    .get_eoa = get_allocated,
    .set_eoa = set_allocated,
    .get_eof = get_end,
    .read = read_steady,
    .write = write_steady,
    .truncate = truncate_steady,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

Status steady_select(const char *path, hid_t access_list) {
  if (driver < 0) {
    driver = H5FDregister(&steady_class);
  }
  return driver >= 0 && H5Pset_driver(access_list, driver, NULL) >= 0
             ? GT_OK
             : h5_failure(path, "give HDF5 its access to the disk");
}

bool steady_used(hid_t file) {
  hid_t list = H5Fget_access_plist(file);
  bool used = driver >= 0 && H5Pget_driver(list) == driver;
  h5_close(list);
  return used;
}

Status steady_outcome(const char *path) {
  return reason == 0 ? GT_OK : status_set(GT_FAILED, "%s: cannot be written (%s)", path, strerror(reason));
}
