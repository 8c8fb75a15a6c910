/* Files that grow along an axis of training steps, as samples.h5 and metrics.h5 do. Internal to src/io. The
 * axis is a dataset of one int64 step per row, ascending. Every other dataset that grows has as many rows. */
#ifndef GANTRAIN_GROWING_H
#define GANTRAIN_GROWING_H

#include "h5/h5.h"

#define GROWING_CHUNK 1024 /* rows per chunk of the 1-D datasets */

/* Writes the attributes format, format_version = 1 and the recipe to the root group. */
Status growing_write_attributes(const char *path, hid_t file, const char *format, const Attributes *recipe);

/* GT_FAILED unless the file's format is `format` in version 1. */
Status growing_check_format(const char *path, hid_t file, const char *format);

/* Creates an empty 1-D dataset that grows. It is not compressed, since rows are added to the last chunk again
 * and again: a chunk of constant size keeps its place, and the file gets no holes. */
Status growing_create(hid_t *dataset, const char *path, hid_t file, const char *name, hid_t type);

/* *rows = the rows of the axis `name` (1-D, int64), *last = its last step (INT64_MIN: there are no rows). */
Status growing_find_end(const char *path, hid_t file, const char *name, size_t *rows, int64_t *last);

/* *rows = the rows of the axis `name` with a step <= `step`, *total = all of its rows. */
Status growing_count_rows(const char *path, hid_t file, const char *name, int64_t step, size_t *rows,
                          size_t *total);

/* Appends `count` rows of data to the dataset `name`, which must have `rows` rows. */
Status growing_append(const char *path, hid_t file, const char *name, hid_t type, size_t rows, size_t count,
                      const void *data);

/* Reads the file's attributes and the last step of its axis `name`. */
Status growing_inspect(const char *path, const char *format, const char *name, Attributes *attributes,
                       int64_t *last);

/* GT_FAILED unless the root group holds datasets only. */
Status growing_check_own(const char *path, hid_t file);

/* Shortens every growing dataset of an open file to `rows` rows. */
Status growing_cut_rows(const char *path, hid_t file, size_t rows);

/* Removes all rows whose step on the axis `name` is after `step`. Nothing happens where the file is absent or
 * has no such rows. Where no row is left, the file stays, with its shapes and its recipe. */
Status growing_cut(const char *path, const char *format, const char *name, int64_t step);

#endif
