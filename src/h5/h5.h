/* Small helpers over HDF5, for src/h5 and src/io only, since it shows HDF5's own types: every HDF5 call that
 * can fail becomes a Status whose message names the file, what was being done and HDF5's own innermost
 * reason.
 *
 * `path` is always the file's final name, for messages. Identifiers (hid_t) belong to the caller and are
 * given back with h5_close; an output identifier is H5I_INVALID_HID after a failure. The files are the same
 * bytes for the same content: no time stamps are kept. Not collective. Not thread-safe (Debian's serial
 * HDF5). */
#ifndef GANTRAIN_H5_H
#define GANTRAIN_H5_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

#include "gantrain/base/attributes.h"
#include "gantrain/base/files.h"
#include "gantrain/base/status.h"

#define H5_DIMS_MAX 8

/* "PATH: cannot WHAT (reason)", GT_FAILED. Call it right after the HDF5 call that failed, and before any
 * other: each HDF5 call clears the reason. */
Status h5_failure(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* No printing of error stacks by HDF5 itself. h5_file_* call it; needed before other first uses only. */
void h5_quiet(void);

/* How every file is opened: without file locks, which many shared file systems of clusters lack; whole-file
 * renames make them needless. For h5_close. */
hid_t h5_access_list(void);

/* Open the file read-only, whichever version of HDF5 wrote it, and also while another process writes it for
 * readers (SWMR). Negative where HDF5 cannot; the reason is on its stack. */
hid_t h5_file_read(const char *path);

/* Give back any identifier; invalid ones are ignored. */
void h5_close(hid_t id);

/* The group `name` (may be "a/b": parents are made), created in `parent`. */
Status h5_group_create(hid_t *group, const char *path, hid_t parent, const char *name);
/* True if the link and all on the way to it exist and lead to an object. `name` may start with '/'. */
bool h5_exists(hid_t parent, const char *name);

/* --- files (h5_file.c) --- */

/* Read-only. Its own message for: missing, a folder, unreadable, empty, not HDF5, damaged; the file is
 * checked first (trial.h). */
Status h5_file_open(hid_t *file, const char *path);
/* The same for a file of this run, which was checked when the run began or written by it: only its seal is
 * checked. What the writing thread uses, which is no place to fork. */
Status h5_file_open_own(hid_t *file, const char *path);
/* Read-only, from bytes[size], which are copied. `name` is for messages. */
Status h5_file_open_memory(hid_t *file, const char *name, const void *bytes, size_t size);
/* A new file in the format of HDF5 1.8, kept in memory until h5_file_finish writes it in one piece (path.tmp
 * is made at once, empty, to find out whether it can be). */
Status h5_file_create(hid_t *file, const char *path);
/* The same for a file that may be of any size: it grows on the disk, as path.tmp. */
Status h5_file_create_large(hid_t *file, const char *path);
/* Bytes of the largest file that is edited in memory. GT_IN_MEMORY: another number, for tests. */
uint64_t h5_in_memory_most(void);
/* The file `path`, in memory or, where it is too large for that, as a copy path.tmp on the disk, open for
 * reading and writing; its new version replaces it in h5_file_finish. Its seal is checked; it was checked
 * when the run began, or it is the run's own. */
Status h5_file_edit(hid_t *file, const char *path);
/* Where outcome is GT_OK write path.tmp with a seal (seal.h) and give it its final name; else remove it. In
 * any case close the file with all its objects. Returns the first failure. */
Status h5_file_finish(hid_t file, const char *path, Status outcome);

/* --- attributes (h5_attribute.c) --- */

/* Scalars: int64, double, fixed-length NUL-terminated text. An attribute of that name is replaced. */
Status h5_write_int(const char *path, hid_t object, const char *name, int64_t value);
Status h5_write_real(const char *path, hid_t object, const char *name, double value);
Status h5_write_text(const char *path, hid_t object, const char *name, const char *value);
/* values[n] in the file type `type` (H5T_IEEE_F64LE, H5T_STD_U8LE, ...). */
Status h5_write_reals(const char *path, hid_t object, const char *name, hid_t type, const double *values,
                      size_t n);
Status h5_write_attributes(const char *path, hid_t object, const Attributes *attributes);
/* Every scalar (or one-element) integer, real and string attribute of the object is set in `attributes`.
 * Skipped: other types and sizes, names that do not fit, and those of dimension scales and images. */
Status h5_read_attributes(const char *path, hid_t object, Attributes *attributes);
/* Exactly n numbers of any number type; *present = false where there is no such attribute. GT_FAILED where it
 * is there and is something else. */
Status h5_read_reals(const char *path, hid_t object, const char *name, double *values, size_t n,
                     bool *present);
/* The attributes of an image (stack) by the HDF5 Image specification 1.2: grey, or true colour where
 * channels = 3. Pixels are uint8, from 0 to 255. Call it after h5_scale_attach: HDF5 1.10 attaches
 * nothing to a dataset whose CLASS says that it is something else. */
Status h5_write_image(const char *path, hid_t dataset, size_t channels);

/* --- datasets and dimension scales (h5_dataset.c) --- */

typedef struct H5Layout {
  int dims_count;
  hsize_t dims[H5_DIMS_MAX];
  bool grows;                 /* the first dimension may grow and shrink later; needs chunks */
  hsize_t chunk[H5_DIMS_MAX]; /* chunk[0] = 0: contiguous */
  int gzip;                   /* 1..9 with chunks: shuffle, gzip, fletcher32; 0: fletcher32 only */
} H5Layout;

/* A chunk of whole rows of about 128 KiB for rows of row_bytes bytes: sets chunk[] from dims[]. */
void h5_layout_chunk_rows(H5Layout *layout, size_t element_bytes);

Status h5_dataset_create(hid_t *dataset, const char *path, hid_t parent, const char *name, hid_t type,
                         const H5Layout *layout);
/* Missing, and a group or something else under that name, each have their own message. */
Status h5_dataset_open(hid_t *dataset, const char *path, hid_t parent, const char *name);
/* Fails where there are more than H5_DIMS_MAX dimensions or no simple shape. */
Status h5_dataset_shape(const char *path, hid_t dataset, int *dims_count, hsize_t dims[H5_DIMS_MAX]);
/* GT_FAILED, saying both shapes, unless the dataset has this type class and shape. */
Status h5_dataset_check(const char *path, hid_t dataset, H5T_class_t type_class, int dims_count,
                        const hsize_t *dims);
/* All of it; `type` is the type in memory. */
Status h5_dataset_write(const char *path, hid_t dataset, hid_t type, const void *data);
Status h5_dataset_read(const char *path, hid_t dataset, hid_t type, void *data);
/* How many of the dataset's *pieces (chunks, or the whole of it) were never written. 0 where that is not
 * known: what lies in other files. */
uint64_t h5_dataset_missing(hid_t dataset, uint64_t *pieces);
/* Bytes that HDF5 unpacks for any row: a chunk, which it does anew for every call where it is large. */
size_t h5_dataset_unpacked(hid_t dataset);
/* Rows [first, first + count) of the first dimension, all of the others. count 0 does nothing. */
Status h5_rows_write(const char *path, hid_t dataset, hid_t type, size_t first, size_t count,
                     const void *data);
Status h5_rows_read(const char *path, hid_t dataset, hid_t type, size_t first, size_t count, void *data);
/* Set the number of rows of a dataset that grows: an append first, or a cut. */
Status h5_rows_resize(const char *path, hid_t dataset, size_t rows);

/* Make an existing 1-D dataset the coordinate of the dimension `name` (its own name, for xarray). */
Status h5_scale_make(const char *path, hid_t dataset, const char *name);
/* A dimension without coordinates, in netCDF-4's way. */
Status h5_scale_create(hid_t *scale, const char *path, hid_t parent, const char *name, size_t length);
Status h5_scale_attach(const char *path, hid_t dataset, int dimension, hid_t scale);

#endif
