/* The growing files of a run: samples.h5 and metrics.h5. Not collective: rank 0 (its worker).
 *
 * Every append makes a new complete file (copy, extend, fsync, rename), so a killed run leaves either the old
 * or the new one. Beside a metrics.h5 of more than 8 MiB new rows go to a journal first, metrics.h5.new, and
 * are put into the file when they are a quarter of it, and by metrics_merge. All dimensions carry scales:
 * xarray.open_dataset opens both. A file that was there before the run is to pass trial_check_present first.
 */
#ifndef GANTRAIN_OUTPUTS_H
#define GANTRAIN_OUTPUTS_H

#include <stdint.h>

#include "gantrain/base/attributes.h"
#include "gantrain/base/files.h"
#include "gantrain/base/shape.h"
#include "gantrain/base/status.h"

/* Images of samples, and what they are made of. */
typedef struct SampleSet {
  Shape image;
  size_t n, latent, condition; /* images; floats of each. condition 0: there is none */
  const float *latents;        /* (n, latent) */
  const float *conditions;     /* (n, condition) */
} SampleSet;

/* Append one time to /samples [time, n, H, W(, C)] uint8, /step, /epoch; the first append creates the file
 * with /latent [n, latent], /condition [n, condition] and the recipe. Image attributes per the HDF5 Image
 * specification 1.2. /time is the coordinate (its values are the steps). GT_FAILED where `step` is not beyond
 * the last one in the file.
 */
Status samples_append(const char *path, const Attributes *recipe, int64_t step, double epoch,
                      const uint8_t *images, const SampleSet *set);

/* A single file of samples, what `gantrain sample -o FILE.h5` writes: /samples [n, H, W(, C)], /latent, and
 * with a condition /condition and /labels [n] uint8. Then it is a data set as well: /train/images and
 * /train/labels are the same arrays under another name. The packed file is in memory until it is whole. */
typedef struct SampleWriter SampleWriter;

/* `set` says how many of what, without the numbers. */
Status sample_writer_open(SampleWriter **writer, const char *path, const Attributes *recipe,
                          const SampleSet *set);
/* The next rows of it, samples_piece() at once, but for the last ones. `labels` with a condition. */
Status sample_writer_rows(SampleWriter *writer, const uint8_t *images, const uint8_t *labels,
                          const SampleSet *rows);
/* Writes the file under its name when `outcome` is GT_OK; returns the first failure. */
Status sample_writer_close(SampleWriter *writer, Status outcome);

/* Images that are packed together. */
size_t samples_piece(Shape image);

/* What the file says of itself, and the last step it holds (INT64_MIN: none). GT_FAILED where it is no whole
 * file of this kind. */
Status samples_look(const char *path, Attributes *attributes, int64_t *last);
Status metrics_look(const char *path, Attributes *attributes, int64_t *last);

/* GT_FAILED, naming it, where the file holds something that is not ours and that appending cannot carry on.
 */
Status samples_check_own(const char *path);
Status metrics_check_own(const char *path, const char *const *names, int series);

/* Remove the times with step > `step`. Nothing happens where the file is absent; where no time is left, an
 * empty file stays that can be appended to. */
Status samples_cut(const char *path, int64_t step);

#define GT_SERIES_MAX 32

/* Append `rows` rows to the 1-D series `names[series]` over /step; values[rows, series], steps[rows]. A NaN
 * means "not measured at this step". The first append creates the file with the recipe. GT_FAILED where the
 * steps do not ascend from the last one in the file on, or the file holds other series; those that it lacks
 * are added, NaN at the steps before. */
Status metrics_append(const char *path, const Attributes *recipe, const char *const *names, int series,
                      const int64_t *steps, const double *values, size_t rows);
Status metrics_cut(const char *path, int64_t step);

/* Put the rows of the journal into the file; nothing happens where there is no journal. What cannot be used
 * of it is set aside, with a warning, as all of it is where there is no file. */
Status metrics_merge(const char *path);
Status metrics_journal(char out[GT_PATH_MAX], const char *path);

/* PNG grid of n images uint8 [n,H,W,C], `columns` wide (0: as square as it goes), one pixel between them, and
 * all of it enlarged `scale` times (0: so that a small picture can be seen). C = 3 is colour, any other C
 * shows its channels side by side in grey. Written whole or not at all. */
Status image_grid_write(const char *path, const uint8_t *images, size_t n, Shape image, size_t columns,
                        size_t scale);
/* Of images that come from `classes` classes in turn, n / classes of each class, class by class: with so many
 * columns the grid has a row for each class. out[classes * (n / classes), bytes]. */
void image_sort_turns(uint8_t *out, const uint8_t *images, size_t n, size_t classes, size_t bytes);

/* The same failure, before anything is drawn, where the picture would be too large. */
Status image_grid_check(const char *path, size_t n, Shape image, size_t columns, size_t scale);

/* One paragraph in words on what an HDF5 file of ours is and holds, to standard output; for a run directory,
 * its parts. */
Status file_describe(const char *path);

#endif
