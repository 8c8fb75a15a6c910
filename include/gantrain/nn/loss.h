/* Losses of the two players of a GAN, one row each in a table from which --loss chooses. Here a loss is a sum
 * over rows; the mean over the batch of all ranks is taken later.
 *
 * To add one: a row in src/nn/loss.c, its name among the choices of --loss (src/options/option_table.c; a
 * test compares them), its formulas in tests/unit/test_loss.c. */
#ifndef GANTRAIN_LOSS_H
#define GANTRAIN_LOSS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

/* D's score of an image, a logit, with values that several losses need. */
typedef struct Score {
  double value;
  double decay;       /* exp(-|value|), in (0, 1]: nothing made of it overflows */
  double probability; /* sigmoid(value): the probability that the image is real */
} Score;

static inline Score score_of(double value) {
  double decay = exp(-fabs(value));
  return (Score){value, decay, (value >= 0.0 ? 1.0 : decay) / (1.0 + decay)};
}

/* A loss of one score; *slope = its derivative. */
typedef double (*LossFunction)(const Score *score, double *slope);

/* A loss of one score against a label, from 0 (fake) to 1 (real); *slope = its derivative by the score. */
typedef double (*LabelLoss)(const Score *score, double label, double *slope);

typedef struct Loss {
  const char *name;
  LossFunction real,
      fake;          /* D's loss on a real image and on a fake; its loss is their mean over both kinds */
  LabelLoss against; /* D's against any label, as `real` is against 1 and `fake` against 0; NULL: no labels */
  LossFunction generator; /* G's loss on its fakes */
  bool paired; /* the score is a difference: for D of a real image's and the fake's of the same row (`real`;
                  not halved, and `fake` is NULL), for G of the fake's and the real image's */
  bool needs_penalty; /* D's scores grow without bound unless a gradient penalty limits them */
} Loss;

/* The row at an index, NULL behind the last; the first is the default. */
const Loss *loss_at(size_t index);
/* The row of that name, NULL where there is none. */
const Loss *loss_find(const char *name);

/* The sum over N rows of the function at scores[N]. dscores[N] = scale times its derivatives, overwritten;
 * NULL: not computed. *probabilities = the sum of sigmoid(score). */
double loss_sum(float *dscores, const float *scores, size_t N, LossFunction function, float scale,
                double *probabilities);

/* labels[N], and the loss to take against them. */
typedef struct LossLabels {
  LabelLoss loss;
  const float *labels;
} LossLabels;

/* As loss_sum, against labels. */
double loss_sum_labelled(float *dscores, const float *scores, size_t N, LossLabels labels, float scale,
                         double *probabilities);

#endif
