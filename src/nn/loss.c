#include "gantrain/nn/loss.h"

#include <string.h>

/* Cross-entropy of sigmoid(score) against a target t, in the form that cannot overflow:
 * max(s, 0) - s t + log(1 + exp(-|s|)). */
static double cross_entropy(const Score *score, double target, double *slope) {
  double s = score->value;
  *slope = score->probability - target;
  return (s > 0.0 ? s : 0.0 * s) - s * target + log1p(score->decay);
}

static double called_real(const Score *score, double *slope) {
  return cross_entropy(score, 1.0, slope);
}

static double called_fake(const Score *score, double *slope) {
  return cross_entropy(score, 0.0, slope);
}

/* log(1 - sigmoid(s)): the negative of D's loss on fakes, with vanishing gradients where D is sure. */
static double not_called_fake(const Score *score, double *slope) {
  double loss = cross_entropy(score, 0.0, slope);
  *slope = -*slope;
  return -loss;
}

static double squared_to_label(const Score *score, double label, double *slope) {
  *slope = 2.0 * (score->value - label);
  return (score->value - label) * (score->value - label);
}

static double squared_to_one(const Score *score, double *slope) {
  *slope = 2.0 * (score->value - 1.0);
  return (score->value - 1.0) * (score->value - 1.0);
}

static double squared_to_zero(const Score *score, double *slope) {
  *slope = 2.0 * score->value;
  return score->value * score->value;
}

static double half_squared_to_one(const Score *score, double *slope) {
  *slope = score->value - 1.0;
  return 0.5 * (score->value - 1.0) * (score->value - 1.0);
}

/* Written so that NaN stays NaN. */
static double above_one(const Score *score, double *slope) {
  *slope = score->value >= 1.0 ? 0.0 : -1.0;
  return score->value >= 1.0 ? 0.0 : 1.0 - score->value;
}

static double below_minus_one(const Score *score, double *slope) {
  *slope = score->value <= -1.0 ? 0.0 : 1.0;
  return score->value <= -1.0 ? 0.0 : 1.0 + score->value;
}

static double high(const Score *score, double *slope) {
  *slope = -1.0;
  return -score->value;
}

static double low(const Score *score, double *slope) {
  *slope = 1.0;
  return score->value;
}

static const Loss losses[] = {
    /* Goodfellow et al., "Generative adversarial nets" (2014): with the non-saturating loss of G, and as the
     * game of one value that both play for */
    {.name = "cross-entropy",
     .real = called_real,
     .fake = called_fake,
     .against = cross_entropy,
     .generator = called_real},
    {.name = "minimax",
     .real = called_real,
     .fake = called_fake,
     .against = cross_entropy,
     .generator = not_called_fake},
    /* Mao et al., "Least squares generative adversarial networks" (2017) */
    {.name = "least-squares",
     .real = squared_to_one,
     .fake = squared_to_zero,
     .against = squared_to_label,
     .generator = half_squared_to_one},
    /* Lim and Ye, "Geometric GAN" (2017) */
    {.name = "hinge", .real = above_one, .fake = below_minus_one, .generator = high},
    /* Arjovsky, Chintala and Bottou, "Wasserstein GAN" (2017) */
    {.name = "wasserstein", .real = high, .fake = low, .generator = high, .needs_penalty = true},
    /* Jolicoeur-Martineau, "The relativistic discriminator" (2019), with pairs */
    {.name = "rpgan", .real = called_real, .generator = called_real, .paired = true},
};

const Loss *loss_at(size_t index) {
  return index < sizeof losses / sizeof *losses ? &losses[index] : NULL;
}

const Loss *loss_find(const char *name) {
  size_t i = 0;
  while (loss_at(i) != NULL && strcmp(losses[i].name, name) != 0) {
    i++;
  }
  return loss_at(i);
}

double loss_sum(float *dscores, const float *scores, size_t N, LossFunction function, float scale,
                double *probabilities) {
  double loss = 0.0, slope;
  *probabilities = 0.0;
  for (size_t n = 0; n < N; n++) {
    Score score = score_of((double)scores[n]);
    loss += function(&score, &slope);
    *probabilities += score.probability;
    if (dscores != NULL) {
      dscores[n] = (float)((double)scale * slope);
    }
  }
  return loss;
}

double loss_sum_labelled(float *dscores, const float *scores, size_t N, LossLabels labels, float scale,
                         double *probabilities) {
  double loss = 0.0, slope;
  *probabilities = 0.0;
  for (size_t n = 0; n < N; n++) {
    Score score = score_of((double)scores[n]);
    loss += labels.loss(&score, (double)labels.labels[n], &slope);
    *probabilities += score.probability;
    dscores[n] = (float)((double)scale * slope);
  }
  return loss;
}
