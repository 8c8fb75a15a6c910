/* Files that grow along one axis of training steps: what samples.h5 and metrics.h5 have in common. Internal
 * to src/io. The axis dataset holds one int64 step a row, ascending; every other dataset that grows has as
 * many rows. */
#ifndef GANTRAIN_GROWING_H
#define GANTRAIN_GROWING_H

#include "h5/h5.h"

#define GROWING_CHUNK 1024 /* rows a chunk of the 1-D datasets */

/* The attributes format, format_version = 1 and the recipe, on the root. */
Status growing_describe(const char *path, hid_t file, const char *format, const Attributes *recipe);

/* GT_FAILED unless the file's format is `format` in version 1. */
Status growing_check(const char *path, hid_t file, const char *format);

/* A 1-D dataset that grows, still empty. No compression: rows are added to the last chunk again and again,
 * and a chunk that keeps its size keeps its place, so that the file does not fill up with holes. */
Status growing_create(hid_t *dataset, const char *path, hid_t file, const char *name, hid_t type);

/* Rows of the axis `name` (1-D, int64), and its last step (INT64_MIN where there are no rows). */
Status growing_end(const char *path, hid_t file, const char *name, size_t *rows, int64_t *last);

/* Rows of the axis with a step <= `step`. */
Status growing_count(const char *path, hid_t file, const char *name, int64_t step, size_t *rows,
                     size_t *total);

/* Lengthen the dataset `name`, which must have `rows` rows, by `count` rows of data. */
Status growing_append(const char *path, hid_t file, const char *name, hid_t type, size_t rows, size_t count,
                      const void *data);

/* The file's attributes and the last step of its axis `name`. */
Status growing_look(const char *path, const char *format, const char *name, Attributes *attributes,
                    int64_t *last);

/* GT_FAILED unless the root group holds datasets only. */
Status growing_check_own(const char *path, hid_t file);

/* Cut every dataset of an open file that grows back to `rows` rows. */
Status growing_cut_rows(const char *path, hid_t file, size_t rows);

/* Cut every dataset whose axis is `name` back to the rows with a step <= `step`. Nothing happens where the
 * file is absent; nothing is written where nothing is cut. Cut to before the first row, an empty file stays,
 * with its shape and recipe. */
Status growing_cut(const char *path, const char *format, const char *name, int64_t step);

#endif
