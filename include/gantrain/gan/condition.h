/* Condition: what an image is conditioned on, a vector of floats for each. G gets it beside the noise; D's
 * score is a_0 + sum_k c_k a_k of its 1 + length outputs a (Miyato and Koyama, "cGANs with projection
 * discriminator", 2018). One source of vectors so far: labels, one-hot.
 *
 * Not collective. Which class an image that is made gets is a pure function of its key and its index. */
#ifndef GANTRAIN_CONDITION_H
#define GANTRAIN_CONDITION_H

#include <stddef.h>
#include <stdint.h>

#include "gantrain/base/attributes.h"
#include "gantrain/base/rng.h"
#include "gantrain/base/status.h"

#define CONDITION_CLASSES_MAX 256

typedef struct Condition {
  size_t length;                         /* floats of a vector; 0: there is no condition */
  int64_t counts[CONDITION_CLASSES_MAX]; /* training images of each class */
} Condition;

/* Of which class images are to be: a number, or */
enum {
  CONDITION_DRAWN = -1,  /* drawn as often as training images are of it */
  CONDITION_IN_TURN = -2 /* image i of the i-th class that there is, and so on from the first again */
};

/* Classes that there are images of. */
size_t condition_classes(const Condition *condition);

/* classes[n] of images first .. first + n - 1, whose noise comes from `key`. */
void condition_choose(uint8_t *classes, const Condition *condition, int wanted, RngKey key, uint32_t first,
                      size_t n);

/* Rows of `stride` floats, of which condition->length are written: the vectors of classes[n]. */
void condition_encode(float *out, size_t stride, const Condition *condition, const uint8_t *classes,
                      size_t n);

/* Both together. */
void condition_fill(float *out, size_t stride, const Condition *condition, int wanted, RngKey key,
                    uint32_t first, size_t n);

/* D's scores[N] of its outputs (N, 1 + length) under conditions (N, length). With length 0 the outputs
 * themselves are returned, else `scores`. */
const float *condition_scores(float *scores, const float *outputs, const float *conditions, size_t N,
                              size_t length);

/* The other way: doutputs (N, 1 + length) of dscores[N], where NULL stands for ones. With length 0 dscores
 * itself is returned, else `doutputs`. */
const float *condition_slopes(float *doutputs, const float *dscores, const float *conditions, size_t N,
                              size_t length);

/* To the attributes of a run's files and back. condition->length is 0 where the attributes have none;
 * GT_FAILED where they contradict each other; `path` is whose they are. */
void condition_record(const Condition *condition, Attributes *attributes);
Status condition_recorded(Condition *condition, const Attributes *attributes, const char *path);

#endif
