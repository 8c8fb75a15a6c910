/* Differentiable augmentation (Zhao, Liu, Lin, Zhu and Han, "Differentiable augmentation for data-efficient
 * GAN training", 2020): D sees real images and fakes through the same kinds of random changes, which G's
 * gradients pass as well. All that these changes are is in a few numbers an image; an image is changed by a
 * function that is linear, but for a constant, in its pixels.
 *
 * Letters: N images, H, W, C. Pixels that come from outside of the image, and those that are cut out, are
 * background: -1, the lower end of the data's range. (The paper has 0, grey there.) */
#ifndef GANTRAIN_AUGMENT_H
#define GANTRAIN_AUGMENT_H

#include "gantrain/base/rng.h"
#include "gantrain/base/shape.h"
#include "gantrain/base/status.h"

/* The kinds, bits of a set, in the order in which they are done. */
enum {
  AUGMENT_BRIGHTNESS = 1,  /* plus a number in [-0.5, 0.5) */
  AUGMENT_TRANSLATION = 2, /* by up to an eighth of H and of W, whole pixels */
  AUGMENT_CUTOUT = 4       /* (H + 1)/2 x (W + 1)/2 pixels around any pixel of the image */
};

/* What happens to one image. */
typedef struct Augmentation {
  float brighter;
  int down, right;                     /* it moves so many pixels */
  int cut_top, cut_left, cut_h, cut_w; /* what is cut out, perhaps partly outside; 0 x 0: nothing */
} Augmentation;

/* The set of "translation,cutout", 0 of "none". GT_USAGE with the kinds there are, or where images of that
 * shape cannot be changed so; `option` is whose value it is. */
Status augment_find(unsigned *kinds, const char *names, Shape image, const char *option);

/* draws[N]: each kind of the set is done to an image with that probability, on its own; image n belongs to
 * sample `sample` + n. */
void augment_draw(Augmentation *draws, unsigned kinds, double probability, RngKey key, uint32_t sample,
                  size_t N, int H, int W);

/* y[N,H,W,C] = the changed x. They do not overlap. */
void augment_forward(float *y, const float *x, const Augmentation *draws, size_t N, int H, int W, int C);
/* dx[N,H,W,C] = the adjoint of the linear part applied to dy; overwrites. They do not overlap. */
void augment_backward(float *dx, const float *dy, const Augmentation *draws, size_t N, int H, int W, int C);

#endif
