/* Gradient penalties of a discriminator that is linear in pieces: with g = d s / d x of a row's output s
 * (where there are several values, of their sum, or of another that the caller wants), a penalty is strength
 * times the mean over the batch of p(|g|^2).
 *
 * Where activations are LeakyReLU, ReLU, dropout or max pooling, a network is linear in a neighbourhood of
 * almost every point: with delta_l = d s / d a_l at the output a_l of layer l, h its input, and t the tangent
 * that the vector c g, c = strength / batch 2 p'(|g|^2), becomes on its way up (layers without their biases,
 * the same masks), the gradients of  sum over rows of (w s + penalty)  are, with one product a layer for
 * both,
 *
 *     d kernel_l = sum over rows of delta_l (x) (w h + t),      d bias_l = sum over rows of w delta_l.
 *
 * So a penalty costs one pass down that is needed anyway, and one pass up; double backward takes three times
 * that.
 *
 *     R1, R2        p = |g|^2 / 2             Mescheder, Geiger and Nowozin (2018): on real images, on fakes
 *     one-sided cap p = max(0, |g| - 1)^2     Petzka, Fischer and Lukovnikov (2018)
 *     gradient penalty  p = (|g| - 1)^2       Gulrajani et al. (2017): between real images and fakes */
#ifndef GANTRAIN_PENALTY_H
#define GANTRAIN_PENALTY_H

#include "gantrain/nn/network.h"

/* p of |g|^2, and *slope = p'. */
typedef double (*PenaltyFunction)(double squared, double *slope);

double penalty_squared(double squared, double *slope);
double penalty_cap(double squared, double *slope);
double penalty_centred(double squared, double *slope);

/* What the passes of a penalty keep, beside the network's tape. */
typedef struct PenaltyTape {
  size_t rows; /* at most this many images */
  float
      *delta[GT_LAYERS_MAX + 1]; /* (rows, in of layer i): d s / d that; the last: at the network's output */
  float *tangent[GT_LAYERS_MAX]; /* (rows, in of layer i), up to the last layer with parameters */
  double *squared;               /* (rows): |g|^2 */
  double *values;                /* (rows): p */
  float *block;                  /* the one allocation */
  const float *seed;             /* (rows, out), the caller's: d s / d the outputs; NULL: ones */
} PenaltyTape;

/* GT_USAGE that names the layer where the network is not linear in pieces, or couples rows; `option` is whose
 * wish it is. */
Status penalty_check(const Network *network, const char *option);

/* One allocation for all of it. GT_FAILED: memory. */
Status penalty_tape_create(PenaltyTape *tape, const Network *network, size_t rows);
void penalty_tape_free(PenaltyTape *tape);

/* At the point of the tape's last forward pass, in training: g and its tangent. `strength` is that of one
 * row: strength / batch. Writes squared and values. */
void penalty_tangent(const Network *network, const float *params, const Tape *tape, PenaltyTape *penalty_tape,
                     PenaltyFunction penalty, double strength, const Pass *pass);

/* After it: the gradients of the sum over rows of weights[N] s + penalty. grads accumulates; the hooks get
 * them from the arena's tail to its head. Uses what penalty_tangent left up. */
void penalty_backward(const Network *network, const float *params, GradientSum grads, const Tape *tape,
                      PenaltyTape *penalty_tape, const float *x, const float *weights, const Pass *pass);

#endif
