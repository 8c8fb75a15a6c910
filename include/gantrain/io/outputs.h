/* The growing files of a run: samples.h5 and metrics.h5. Not collective: rank 0 (its worker).
 *
 * Every append makes a new complete file (copy, extend, fsync, rename), so a killed run leaves either the old
 * or the new one. Beside a metrics.h5 of more than 8 MiB new rows go to a journal first, metrics.h5.new, and
 * are put into the file when they are a quarter of it, and by metrics_merge. All dimensions carry scales:
 * xarray.open_dataset opens both. A file that was there before the run is to pass trial_check first.
 */
#ifndef GANTRAIN_OUTPUTS_H
#define GANTRAIN_OUTPUTS_H

#include <stdint.h>

#include "gantrain/base/attributes.h"
#include "gantrain/base/files.h"
#include "gantrain/base/shape.h"
#include "gantrain/base/status.h"

/* Images of samples, and the inputs that they are made of. */
typedef struct SampleSet {
  Shape image;
  size_t n, latent, condition; /* images; floats of each one's noise and condition. 0: no condition */
  const float *latents;        /* (n, latent) */
  const float *conditions;     /* (n, condition) */
} SampleSet;

/* Appends one time to /samples [time, n, H, W(, C)] uint8, /step, /epoch; the first append creates the file
 * with /latent [n, latent], /condition [n, condition] and the recipe. Image attributes per the HDF5 Image
 * specification 1.2. /time is the coordinate (its values are the steps). GT_FAILED where `step` is not beyond
 * the last one in the file.
 */
Status samples_append(const char *path, const Attributes *recipe, int64_t step, double epoch,
                      const uint8_t *images, const SampleSet *set);

/* A single file of samples, as `gantrain sample -o FILE.h5` writes it: /samples [n, H, W(, C)], /latent, and
 * with a condition /condition and /labels [n] uint8. A file with labels is a data set as well: /train/images
 * and /train/labels are links to the same arrays. The compressed file stays in memory until it is whole. */
typedef struct SampleWriter SampleWriter;

/* `set` has the shapes of the file's arrays; its pointers are not used. */
Status sample_writer_open(SampleWriter **writer, const char *path, const Attributes *recipe,
                          const SampleSet *set);
/* Writes the next rows, samples_chunk_rows() at a time but for the last ones. labels[rows->n] with a
 * condition, else NULL. */
Status sample_writer_write(SampleWriter *writer, const uint8_t *images, const uint8_t *labels,
                           const SampleSet *rows);
/* Writes the file under its name when `outcome` is GT_OK; returns the first failure. */
Status sample_writer_close(SampleWriter *writer, Status outcome);

/* The images of a chunk, which HDF5 compresses together. */
size_t samples_chunk_rows(Shape image);

/* Reads the attributes of a file and the last step that it has rows of (INT64_MIN: none). GT_FAILED where it
 * is no whole file of this kind. */
Status samples_inspect(const char *path, Attributes *attributes, int64_t *last);
Status metrics_inspect(const char *path, Attributes *attributes, int64_t *last);

/* GT_FAILED, with its name, where the file has an object that no run writes and that appending would leave
 * behind. */
Status samples_check_own(const char *path);
Status metrics_check_own(const char *path, const char *const *names, int series);

/* Removes the times, or rows, after `step`. Nothing happens where the file is absent. Where nothing is left,
 * an empty file stays, to which rows can be appended. */
Status samples_cut(const char *path, int64_t step);
Status metrics_cut(const char *path, int64_t step);

#define GT_SERIES_MAX 32

/* Rows of metrics. A NaN means "not measured at this step". */
typedef struct MetricsRows {
  const char *const *names; /* of the series */
  int series;
  size_t count;         /* rows */
  const int64_t *steps; /* (count) */
  const double *values; /* (count, series) */
} MetricsRows;

/* Appends rows to the 1-D series of their names over /step. The first append creates the file with the
 * recipe. GT_FAILED where the steps do not ascend from the last one in the file on, or the file has other
 * series; those that it lacks are added, with NaN at the steps before. */
Status metrics_append(const char *path, const Attributes *recipe, const MetricsRows *rows);

/* Merges the rows of the journal into the file; nothing happens where there is no journal. A damaged journal,
 * or one without a file, is set aside with a warning. */
Status metrics_merge(const char *path);
/* The journal's path. */
Status metrics_journal_path(char out[GT_PATH_MAX], const char *path);

/* Writes a PNG of a grid of n images uint8 [n,H,W,C], `columns` wide (0: as square as possible), with one
 * pixel between them, all enlarged `scale` times (0: so that a small picture can be seen). 3 channels are
 * colours; any other number of channels stand side by side in grey. The file is written whole or not at all.
 */
Status image_grid_write(const char *path, const uint8_t *images, size_t n, Shape image, size_t columns,
                        size_t scale);
/* out[classes * (n / classes), bytes] = n / classes images of each class, class by class, of n images that
 * come from `classes` classes in turn. With n / classes columns a grid has a row for each class. */
void image_group_by_class(uint8_t *out, const uint8_t *images, size_t n, size_t classes, size_t bytes);

/* GT_FAILED where the picture would be too large: the same failure as of image_grid_write, before anything is
 * drawn. */
Status image_grid_check(const char *path, size_t n, Shape image, size_t columns, size_t scale);

/* Prints what an HDF5 file of ours is and holds to standard output, in one paragraph; for a run directory,
 * one for each of its files. */
Status file_describe(const char *path);

#endif
