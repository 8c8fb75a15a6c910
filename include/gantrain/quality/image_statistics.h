/* Statistics of images that need no classifier: their pixels, their spectrum, and the nearest training
 * image of each. Images are float32 (n, H, W, C) in [-1, 1]; every rank has its own rows. */
#ifndef GANTRAIN_IMAGE_STATISTICS_H
#define GANTRAIN_IMAGE_STATISTICS_H

#include "gantrain/quality/images.h"

enum { HISTOGRAM_BINS = 64 };

/* counts[HISTOGRAM_BINS] += pixels in equal bins of [-1, 1]; values outside count in the first or last
 * bin. Not collective; sum the counts over all ranks. */
void pixel_histogram(int64_t *counts, const float *images, size_t pixels);

/* Bins of the radial spectrum: half of the smaller side, at least 1 where there is more than one pixel. */
size_t spectrum_bins(Shape image);

/* spectrum[spectrum_bins] = the power |DFT|^2 / (H W) of this image (H, W, C), averaged over channels and
 * over all frequencies whose distance from zero, in cycles per image, rounds to 1, 2, ...; zero frequency
 * is omitted. `scratch` has spectrum_scratch(image) doubles. Not collective. */
void radial_spectrum(double *spectrum, const float *image, Shape shape, double *scratch);
size_t spectrum_scratch(Shape image);

typedef struct Nearest {
  size_t n;         /* images of this rank */
  uint32_t *row;    /* [n] the nearest row of the training part */
  double *distance; /* [n] Euclidean, over all pixels */
} Nearest;

/* The nearest training image of every image of this rank (n, image). Every rank reads the whole training
 * part block by block. Float32 products find a few candidates, and float64 distances decide among them.
 * Not collective: agree on the outcome afterwards. Free with nearest_free. */
Status nearest_find(Nearest *nearest, Images *images, const float *x, size_t n);
void nearest_free(Nearest *nearest);

/* The probability that one of a[n] is smaller than one of b[m], equal ones counting half. With the
 * distances of samples and of test images to their nearest training images it is 0.5 where samples are as
 * new as test images, and near 1 where they are copies. Sorts both arrays. */
double memorisation(double *a, size_t n, double *b, size_t m);

#endif
