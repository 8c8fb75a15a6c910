/* The judge: a classifier whose features and outputs eval measures with. It is trained on all ranks with
 * our own layers and exact sums, so the same recipe gives the same bits on any number of ranks. */
#ifndef GANTRAIN_JUDGE_H
#define GANTRAIN_JUDGE_H

#include "gantrain/base/attributes.h"
#include "gantrain/nn/network.h"
#include "gantrain/quality/images.h"

enum { JUDGE_CLASSES_MAX = 256, JUDGE_ROWS = 64, JUDGE_EPOCHS = 6, JUDGE_TRAINING_MIN = 1000 };

typedef struct Judge {
  Network network;
  float *params, *running;
  Tape tape; /* of JUDGE_ROWS rows, for judge_predict */
  Shape image;
  size_t classes;  /* 0: not a classifier but random features */
  int channels;    /* 1; or of images whose channels are judged one by one, each by itself */
  float *plane;    /* (JUDGE_ROWS, h, w): one channel of images */
  double accuracy; /* on the test part, or on the validation part if there is no test part; NaN: not known */
  uint64_t fingerprint; /* of the parameters */
  int64_t *confusion;   /* [true class, predicted class] after training or a test; else NULL */
} Judge;

typedef struct JudgePlan {
  int epochs;
  uint64_t seed;
  Images *test; /* whose test part it is tested on; NULL: that of the images to learn from */
} JudgePlan;

/* The accuracy and confusion matrix of the judge on one part, which must have labels. Collective. */
Status judge_test(Judge *judge, const World *world, Images *images, DatasetPart part);

/* Train a classifier on the training part and test it on the test part (or, if there is none, on the
 * validation part). Collective; the same outcome on all ranks. GT_USAGE where the training part has no
 * labels. */
Status judge_train(Judge *judge, const World *world, Images *images, JudgePlan plan);

/* Rank 0 reads the file and all ranks get the judge. `path` NULL: the embedded judge. Collective. */
Status judge_load(Judge *judge, const World *world, const char *path);

/* The file of a data set's judge: DATA.judge.h5 beside DATA.h5. GT_USAGE for the embedded data (NULL). */
Status judge_path(char path[GT_PATH_MAX], const char *data);

/* Write the judge, with `plan` and `data` in its attributes. Rank 0 alone. */
Status judge_write(const Judge *judge, const char *path, JudgePlan plan, const char *data);

/* Fixed random features, for images without labels: the same network before training. Not collective. */
Status judge_random(Judge *judge, Shape image, uint64_t seed);

void judge_free(Judge *judge);

/* From now on it is asked about images of so many channels, and judges each as an image of its own; the judge
 * is one of images of one channel. Not collective. */
Status judge_split(Judge *judge, int channels);

/* Features of a row, the input of the last layer, and its logits; those of all channels one after the other.
 */
size_t judge_features(const Judge *judge);
size_t judge_logits(const Judge *judge);

/* features (n, judge_features) and logits (n, judge_logits) of images x (n, image), as float64; either may be
 * NULL. Each row depends on its image alone. Not collective. */
void judge_predict(Judge *judge, double *features, double *logits, const float *x, size_t n);

#endif
