/* Whole files: opened after a check, made or edited, and given their final names. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gantrain/base/fault.h"
#include "gantrain/base/memory.h"
#include "gantrain/base/patience.h"
#include "gantrain/h5/seal.h"
#include "gantrain/h5/trial.h"
#include "h5.h"
#include "steady.h"

/* Names what the file is instead of HDF5. */
static Status refuse_other(const char *path, long long bytes) {
  const char *kind = file_kind(path);
  return status_set(GT_FAILED, "%s: is %s%snot an HDF5 file (%lld bytes)", path, kind != NULL ? kind : "",
                    kind != NULL ? ", " : "", bytes);
}

static Status open_once(hid_t *file, const char *path, Status (*check)(const char *)) {
  struct stat info;
  *file = H5I_INVALID_HID;
  if (stat(path, &info) != 0) {
    return status_set(GT_FAILED, "%s: cannot be opened (%s)", path, strerror(errno));
  }
  GT_TRY(file_check_regular(path));
  if (access(path, R_OK) != 0) {
    return status_set(GT_FAILED, "%s: cannot be read (%s)", path, strerror(errno));
  }
  if (info.st_size == 0) {
    return status_set(GT_FAILED, "%s: is empty, an HDF5 file was expected", path);
  }
  GT_TRY(check(path));
  *file = h5_file_read(path);
  if (*file < 0) {
    *file = H5I_INVALID_HID;
    Status status = h5_failure(path, "open it as HDF5; it is damaged or cut short");
    return H5Fis_hdf5(path) == 0 ? refuse_other(path, (long long)info.st_size) : status;
  }
  return GT_OK;
}

static Status open_read_only(hid_t *file, const char *path, Status (*check)(const char *)) {
  int tries = 0;
  Status status;
  do {
    status = open_once(file, path, check);
  } while (status != GT_OK && patience_again_with(status_message(), &tries));
  return status;
}

Status h5_file_open(hid_t *file, const char *path) {
  return open_read_only(file, path, trial_check);
}

static Status check_own(const char *path) {
  bool sealed = false;
  return seal_check(path, &sealed);
}

Status h5_file_open_own(hid_t *file, const char *path) {
  return open_read_only(file, path, check_own);
}

static hid_t writing_access_list(void) {
  hid_t list = h5_access_list();
#if H5_VERSION_GE(1, 10, 2)
  H5Pset_libver_bounds(list, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18); /* what we write, HDF5 1.8 reads */
#endif
  return list;
}

/* Files are made and changed in memory and written by us in one piece at the end: HDF5 1.10 that meets a full
 * disk cannot close the file any more, and ends the program with a segmentation fault at its exit. Those that
 * are too large for that are changed on the disk (steady.h). */
static hid_t memory_access_list(void) {
  hid_t list = writing_access_list();
  H5Pset_fapl_core(list, 1 << 20, false);
  return list;
}

uint64_t h5_in_memory_most(void) {
  const char *most = getenv("GT_IN_MEMORY");
  return most != NULL ? strtoull(most, NULL, 10) : (uint64_t)8 << 20;
}

Status h5_file_open_memory(hid_t *file, const char *name, const void *bytes, size_t size) {
  hid_t list = memory_access_list();
  Status status = GT_OK;
  *file = H5I_INVALID_HID;
  /* HDF5 does not change the bytes, it only lacks the const. */
  if (H5Pset_file_image(list, (void *)bytes, size) < 0 || (*file = H5Fopen(name, H5F_ACC_RDONLY, list)) < 0) {
    status = h5_failure(name, "open it as HDF5");
    *file = H5I_INVALID_HID;
  }
  h5_close(list);
  return status;
}

/* Creates path.tmp: a folder that cannot be written to is better found before the work than after it, with
 * the system's own reason. */
static Status touch_temporary(char temporary[GT_PATH_MAX], const char *path) {
  GT_TRY(file_temporary(temporary, path));
  int descriptor = -1;
  GT_TRY(file_open(&descriptor, temporary, O_WRONLY | O_CREAT | O_TRUNC));
  close(descriptor);
  return GT_OK;
}

/* path.tmp, by HDF5's access to memory or to the disk, which is given back. */
static Status create_file(hid_t *file, const char *path, hid_t access_properties) {
  char temporary[GT_PATH_MAX];
  *file = H5I_INVALID_HID;
  Status status = touch_temporary(temporary, path);
  if (status != GT_OK) {
    h5_close(access_properties);
    return status;
  }
  hid_t create_properties = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_link_creation_order(create_properties, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED);
  H5Pset_obj_track_times(create_properties, false);
  *file = H5Fcreate(temporary, H5F_ACC_TRUNC, create_properties, access_properties);
  if (*file < 0) {
    *file = H5I_INVALID_HID;
    status = h5_failure(path, "create the file");
    file_discard(path);
  }
  h5_close(create_properties);
  h5_close(access_properties);
  return status;
}

Status h5_file_create(hid_t *file, const char *path) {
  return create_file(file, path, memory_access_list());
}

Status h5_file_create_large(hid_t *file, const char *path) {
  hid_t list = writing_access_list();
  *file = H5I_INVALID_HID;
  Status status = steady_select(path, list);
  if (status != GT_OK) {
    h5_close(list);
    return status;
  }
  return create_file(file, path, list);
}

/* A copy of the whole file, its seal included, which HDF5 cuts off. */
static Status copy_file(const char *to_path, const char *from_path) {
  FILE *from = NULL, *to = NULL;
  unsigned char piece[1 << 16];
  size_t got;
  GT_TRY(file_open_stream(&from, from_path, O_RDONLY, "rb"));
  Status status = file_open_stream(&to, to_path, O_WRONLY | O_CREAT | O_TRUNC, "wb");
  while (status == GT_OK && (got = fread(piece, 1, sizeof piece, from)) > 0) {
    if (fwrite(piece, 1, got, to) != got) {
      status = status_set(GT_FAILED, "%s: cannot be written (%s)", from_path, strerror(errno));
    }
  }
  if (status == GT_OK && ferror(from)) {
    status = status_set(GT_FAILED, "%s: cannot be read (%s)", from_path, strerror(errno));
  }
  fclose(from);
  if (to != NULL && fclose(to) != 0 && status == GT_OK) {
    status = status_set(GT_FAILED, "%s: cannot be written (%s)", from_path, strerror(errno));
  }
  return status;
}

/* path.tmp, and the access by which HDF5 is to edit the file *opened. */
static Status prepare_edit(char temporary[GT_PATH_MAX], const char *path, const char **opened, hid_t *list) {
  if (file_identity(path).size <= h5_in_memory_most()) {
    GT_TRY(touch_temporary(temporary, path));
    *opened = path;
    *list = memory_access_list();
    return GT_OK;
  }
  GT_TRY(file_temporary(temporary, path));
  GT_TRY(copy_file(temporary, path));
  fault_die("die-in-write");
  *opened = temporary;
  *list = writing_access_list();
  return steady_select(path, *list);
}

Status h5_file_edit(hid_t *file, const char *path) {
  char temporary[GT_PATH_MAX];
  bool sealed = false;
  const char *opened = NULL;
  hid_t list = H5I_INVALID_HID;
  *file = H5I_INVALID_HID;
  GT_TRY(seal_check(path, &sealed));
  Status status = prepare_edit(temporary, path, &opened, &list);
  if (status == GT_OK && (*file = H5Fopen(opened, H5F_ACC_RDWR, list)) < 0) {
    *file = H5I_INVALID_HID;
    status = h5_failure(path, "open it as HDF5; it is missing, damaged or not HDF5");
  }
  if (status != GT_OK) {
    file_discard(path);
  }
  h5_close(list);
  return status;
}

static Status write_temporary(const char *path, const unsigned char *bytes, size_t size) {
  char temporary[GT_PATH_MAX];
  GT_TRY(file_temporary(temporary, path));
  FILE *stream = fopen(temporary, "wb");
  if (stream == NULL) {
    return status_set(GT_FAILED, "%s: cannot be created (%s)", path, strerror(errno));
  }
  Status status = GT_OK;
  if (fault_here("die-in-write")) { /* a part of the bytes has reached the file */
    fwrite(bytes, 1, size / 2, stream);
    fflush(stream);
    raise(SIGKILL);
  }
  if (fwrite(bytes, 1, size, stream) != size) {
    status = status_set(GT_FAILED, "%s: cannot be written (%s)", path, strerror(errno));
  }
  if (fclose(stream) != 0 && status == GT_OK) {
    status = status_set(GT_FAILED, "%s: cannot be written (%s)", path, strerror(errno));
  }
  return status;
}

/* The open file's bytes, as they stand in memory, and their seal, into path.tmp. The seal that an edited file
 * had is not among them: to HDF5 a file ends where its superblock says. */
static Status write_image_of(hid_t file, const char *path) {
  if (fault_here("hdf5") || H5Fflush(file, H5F_SCOPE_GLOBAL) < 0) {
    return h5_failure(path, "complete the file");
  }
  ssize_t size = H5Fget_file_image(file, NULL, 0);
  if (size < 0) {
    return h5_failure(path, "find the size of the file");
  }
  unsigned char *bytes = memory_alloc((size_t)size + SEAL_BYTES, 1);
  if (bytes == NULL) {
    return GT_FAILED;
  }
  Status status = GT_OK;
  if (H5Fget_file_image(file, bytes, (size_t)size) != size) {
    status = h5_failure(path, "take the bytes of the file");
  } else {
    seal_append(bytes, (size_t)size);
    status = write_temporary(path, bytes, (size_t)size + SEAL_BYTES);
  }
  memory_free(bytes);
  return status;
}

/* The file was edited on the disk and is closed. A write that failed says more than what HDF5 made of it. */
static Status finish_on_disk(const char *path, Status outcome) {
  char temporary[GT_PATH_MAX];
  GT_TRY(steady_outcome(path));
  GT_TRY(outcome);
  GT_TRY(file_temporary(temporary, path));
  return seal_file(temporary);
}

Status h5_file_finish(hid_t file, const char *path, Status outcome) {
  if (file >= 0) {
    bool on_disk = steady_used(file);
    if (outcome == GT_OK && on_disk) {
      outcome = fault_here("hdf5") ? h5_failure(path, "complete the file") : GT_OK;
    } else if (outcome == GT_OK) {
      outcome = write_image_of(file, path);
    }
    if (H5Fclose(file) < 0 && outcome == GT_OK) {
      outcome = h5_failure(path, "close the file");
    }
    outcome = on_disk ? finish_on_disk(path, outcome) : outcome;
  } else if (outcome == GT_OK) {
    outcome = status_set(GT_FAILED, "%s: was never opened for writing", path);
  }
  if (outcome == GT_OK) {
    outcome = file_commit(path);
  }
  if (outcome != GT_OK) {
    file_discard(path);
  }
  return outcome;
}
